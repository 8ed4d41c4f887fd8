/* Events: failed and late rows of a step become signed rows of two relations that are read like views. */
#include "executor/engine/commit/events.h"

#include <assert.h>
#include <string.h>

#include "executor/base/memory.h"
#include "executor/engine/commit/event_store.h"
#include "executor/engine/job/job.h"

/* What is kept of each object; counters in the jobs stay exact beyond it. */
enum { EVENT_ROWS_MAX = 100000, EVENT_BYTES_MAX = 64 << 20, INPUT_BYTES_MAX = 65536 };

static const TypeId error_types[] = {
    TYPE_INT8, TYPE_TEXT, TYPE_INT4, TYPE_INT8, TYPE_TEXT, TYPE_TEXT, TYPE_TEXT};
static const TypeId late_types[] = {
    TYPE_INT8, TYPE_TEXT, TYPE_TIMESTAMP, TYPE_TIMESTAMP, TYPE_TIMESTAMP, TYPE_TEXT};
enum { ERROR_COLUMNS = 7, LATE_COLUMNS = 6 };

/* Rows of a step, collected by one worker. */
typedef struct Collected {
    Events *events;
    BatchList errors, late;
} Collected;

struct Events {
    Home *home;
    int64_t row_max;
    EventStore *errors, *late;
    Collected *collected; /* by worker */
};

static Status open_store(
    Events *events, uint32_t object_id, const TypeId *ids, int count, EventStore **store, Error *error) {
    const Home *home = events->home;
    Type types[ERROR_COLUMNS];
    for (int i = 0; i < count; i++)
        types[i] = type_of(ids[i]);
    EventStoreSpec spec = {
        .object_id = object_id,
        .column_count = count,
        .types = types,
        .part_count = home->spec->worker_count,
        .store = home->spec->store,
        .budget = home->spec->budget,
        .epoch = open_epoch_number(home->open) - 1,
        .row_max = events->row_max,
        .byte_max = EVENT_BYTES_MAX,
    };
    TRY(event_store_open(&spec, store, error));
    jobs_set_relation(home->jobs, object_id, event_store_relation(*store));
    return OK;
}

Status events_open(Home *home, Events **out, Error *error) {
    Events *events = NEW(Events);
    events->home = home;
    events->row_max = home->spec->event_rows_max != 0 ? home->spec->event_rows_max : EVENT_ROWS_MAX;
    events->collected = NEW_ARRAY(Collected, home->spec->worker_count);
    for (int w = 0; w < home->spec->worker_count; w++)
        events->collected[w].events = events;
    Status status = open_store(events, OBJECT_ERRORS, error_types, ERROR_COLUMNS, &events->errors, error);
    if (status == OK)
        status = open_store(events, OBJECT_LATE, late_types, LATE_COLUMNS, &events->late, error);
    if (status != OK)
        events_close(events);
    else
        *out = events;
    return status;
}

void events_close(Events *events) {
    if (events == NULL)
        return;
    jobs_set_relation(events->home->jobs, OBJECT_ERRORS, NULL);
    jobs_set_relation(events->home->jobs, OBJECT_LATE, NULL);
    for (int w = 0; w < events->home->spec->worker_count; w++) {
        batch_list_clear(&events->collected[w].errors);
        batch_list_clear(&events->collected[w].late);
    }
    memory_free(events->collected);
    event_store_close(events->errors);
    event_store_close(events->late);
    memory_free(events);
}

/* A step that fails throughout must not hold all its rows; what is taken back of rows never kept is not
   missed. */
static bool is_over(const Collected *collected, const BatchList *list, int64_t diff) {
    return diff > 0 &&
           (int64_t)list->count * BATCH_ROWS_MAX > 2 * collected->events->row_max + BATCH_ROWS_MAX;
}

static void count_event(const Collected *collected, uint32_t object_id, bool is_late, int64_t diff) {
    Job *job = jobs_find_any(collected->events->home->jobs, object_id);
    if (job != NULL)
        job_count_event(job, is_late, diff);
}

/* The builder at the list's end, with room for one more row. */
static Batch *builder_of(BatchList *list, const TypeId *ids, int count) {
    if (list->count > 0 && list->batches[list->count - 1]->row_count < BATCH_ROWS_MAX)
        return list->batches[list->count - 1];
    Type types[ERROR_COLUMNS];
    for (int i = 0; i < count; i++)
        types[i] = type_of(ids[i]);
    Batch *builder = batch_builder(types, count, BATCH_ROWS_MAX);
    batch_need_diffs(builder, BATCH_ROWS_MAX);
    batch_list_add(list, builder);
    return builder;
}

static void finish_row(Batch *builder, int64_t diff) {
    builder->diffs[builder->row_count] = diff;
    builder->row_count++;
    builder->selected_count = builder->row_count;
}

static void set_text(Batch *builder, int column, const char *text, size_t length) {
    column_set_bytes(builder->columns[column], builder->row_count, text,
        (uint32_t)(length < INPUT_BYTES_MAX ? length : INPUT_BYTES_MAX));
}

static void set_int8(Batch *builder, int column, int64_t value) {
    ((int64_t *)builder->columns[column]->values)[builder->row_count] = value;
}

static void set_time(Batch *builder, int column, int64_t value) {
    if (value == INT64_MIN || value == INT64_MAX)
        column_set_null(builder->columns[column], builder->row_count);
    else
        set_int8(builder, column, value);
}

/* The row as PostgreSQL writes a record: (1,abc,). */
static void row_text(const Batch *batch, int row, Text *out) {
    text_add_char(out, '(');
    for (int c = 0; c < batch->column_count; c++) {
        const Column *column = batch->columns[c];
        if (c > 0)
            text_add_char(out, ',');
        if (!column_is_null(column, row))
            datum_format(column->type, column_at(column, row), &type_settings_default, out);
    }
    text_add_char(out, ')');
}

static void on_row_failed(void *argument, uint32_t object_id, const Operator *from, const Batch *batch,
    int row, Status status, const char *message) {
    Collected *collected = argument;
    count_event(collected, object_id, false, batch_diff(batch, row));
    if (is_over(collected, &collected->errors, batch_diff(batch, row)))
        return;
    Batch *builder = builder_of(&collected->errors, error_types, ERROR_COLUMNS);
    Text text = {0};
    row_text(batch, row, &text);
    set_int8(builder, 0, object_id);
    set_text(builder, 1, from->type->name, strlen(from->type->name));
    column_set_null(builder->columns[2], builder->row_count);
    column_set_null(builder->columns[3], builder->row_count);
    set_text(builder, 4, status_sqlstate(status), 5);
    set_text(builder, 5, message, strlen(message));
    set_text(builder, 6, text_string(&text), text.length);
    finish_row(builder, batch_diff(batch, row));
    text_free(&text);
}

static void on_row_late(void *argument, uint32_t object_id, const Operator *from, const Batch *batch, int row,
    int64_t window_start, int64_t window_end, int64_t arrival) {
    Collected *collected = argument;
    count_event(collected, object_id, true, batch_diff(batch, row));
    if (is_over(collected, &collected->late, batch_diff(batch, row)))
        return;
    Batch *builder = builder_of(&collected->late, late_types, LATE_COLUMNS);
    Text text = {0};
    row_text(batch, row, &text);
    set_int8(builder, 0, object_id);
    set_text(builder, 1, from->type->name, strlen(from->type->name));
    set_time(builder, 2, window_start);
    set_time(builder, 3, window_end);
    set_time(builder, 4, arrival);
    set_text(builder, 5, text_string(&text), text.length);
    finish_row(builder, batch_diff(batch, row));
    text_free(&text);
}

GraphEvents events_of(Events *events, int worker) {
    return (GraphEvents){
        .argument = &events->collected[worker], .row_failed = on_row_failed, .row_late = on_row_late};
}

void events_record_failed(
    void *argument, int worker, const SourceState *source, int partition, const SourceError *failure) {
    Collected *collected = &((Events *)argument)->collected[worker];
    count_event(collected, source->object_id, false, 1);
    if (is_over(collected, &collected->errors, 1))
        return;
    Batch *builder = builder_of(&collected->errors, error_types, ERROR_COLUMNS);
    set_int8(builder, 0, source->object_id);
    set_text(builder, 1, "source", 6);
    ((int32_t *)builder->columns[2]->values)[builder->row_count] = partition;
    if (failure->offset < 0)
        column_set_null(builder->columns[3], builder->row_count);
    else
        set_int8(builder, 3, failure->offset);
    set_text(builder, 4, status_sqlstate(failure->status), 5);
    set_text(builder, 5, failure->message, strlen(failure->message));
    if (failure->payload == NULL)
        column_set_null(builder->columns[6], builder->row_count);
    else
        set_text(builder, 6, failure->payload, failure->payload_length);
    finish_row(builder, 1);
}

/* All workers' rows together: one may withdraw what another has recorded. */
static Status apply_all(Events *events, bool is_late, Error *error) {
    BatchList all = {0};
    for (int w = 0; w < events->home->spec->worker_count; w++) {
        BatchList *own = is_late ? &events->collected[w].late : &events->collected[w].errors;
        for (int i = 0; i < own->count; i++)
            batch_list_add(&all, own->batches[i]);
        memory_free(own->batches);
        *own = (BatchList){0};
    }
    Status status = event_store_apply(
        is_late ? events->late : events->errors, &all, open_epoch_number(events->home->open), error);
    batch_list_clear(&all);
    return status;
}

Status events_apply(Events *events, Error *error) {
    TRY(apply_all(events, false, error));
    return apply_all(events, true, error);
}

Status events_forget(Events *events, uint32_t object_id, Error *error) {
    uint64_t epoch = open_epoch_number(events->home->open);
    TRY(event_store_forget(events->errors, object_id, epoch, error));
    return event_store_forget(events->late, object_id, epoch, error);
}

int64_t events_discarded(const Events *events, uint32_t object_id) {
    return event_store_discarded(events->errors, object_id) + event_store_discarded(events->late, object_id);
}

Relation *events_relation(const Events *events, bool is_late) {
    return event_store_relation(is_late ? events->late : events->errors);
}

Status events_cut(Events *events, Cut *facts, Error *error) {
    uint64_t epoch = open_epoch_number(events->home->open);
    for (int w = 0; w < events->home->spec->worker_count; w++) {
        TRY(relation_cut(events_relation(events, false), w, epoch, facts, error));
        TRY(relation_cut(events_relation(events, true), w, epoch, facts, error));
    }
    return OK;
}
