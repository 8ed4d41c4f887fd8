/* Events: failed and late rows of a step become signed rows of two relations that are read like views. */
#include <string.h>

#include "executor/base/memory.h"
#include "executor/engine/job.h"

/* What is kept of each object; counters in the jobs stay exact beyond it. */
enum { EVENT_ROWS_MAX = 100000, EVENT_BYTES_MAX = 64 << 20, INPUT_BYTES_MAX = 65536 };

static const TypeId error_types[] = {
    TYPE_INT8, TYPE_TEXT, TYPE_INT4, TYPE_INT8, TYPE_TEXT, TYPE_TEXT, TYPE_TEXT};
static const TypeId late_types[] = {
    TYPE_INT8, TYPE_TEXT, TYPE_TIMESTAMP, TYPE_TIMESTAMP, TYPE_TIMESTAMP, TYPE_TEXT};
enum { ERROR_COLUMNS = 7, LATE_COLUMNS = 6 };

static Status open_store(Coordinator *coordinator, uint32_t object_id, const TypeId *ids, int count,
    EventStore **store, Error *error) {
    Type types[ERROR_COLUMNS];
    for (int i = 0; i < count; i++)
        types[i] = type_of(ids[i]);
    EventStoreSpec spec = {
        .object_id = object_id,
        .column_count = count,
        .types = types,
        .part_count = coordinator->spec.worker_count,
        .store = coordinator->spec.store,
        .budget = coordinator->spec.budget,
        .epoch = coordinator->open_epoch - 1,
        .row_max = coordinator->spec.event_rows_max,
        .byte_max = EVENT_BYTES_MAX,
    };
    return event_store_open(&spec, store, error);
}

Status events_open(Coordinator *coordinator, Error *error) {
    if (coordinator->spec.event_rows_max == 0)
        coordinator->spec.event_rows_max = EVENT_ROWS_MAX;
    coordinator->events = NEW_ARRAY(Events, coordinator->spec.worker_count);
    for (int w = 0; w < coordinator->spec.worker_count; w++)
        coordinator->events[w] = (Events){.coordinator = coordinator, .worker = w};
    TRY(open_store(coordinator, OBJECT_ERRORS, error_types, ERROR_COLUMNS, &coordinator->errors, error));
    return open_store(coordinator, OBJECT_LATE, late_types, LATE_COLUMNS, &coordinator->late, error);
}

void events_close(Coordinator *coordinator) {
    for (int w = 0; w < coordinator->spec.worker_count && coordinator->events != NULL; w++) {
        batch_list_clear(&coordinator->events[w].errors);
        batch_list_clear(&coordinator->events[w].late);
    }
    memory_free(coordinator->events);
    event_store_close(coordinator->errors);
    event_store_close(coordinator->late);
}

/* A step that fails throughout must not hold all its rows; what is taken back of rows never kept is not
   missed. */
static bool is_over(const Events *events, const BatchList *list, int64_t diff) {
    return diff > 0 && (int64_t)list->count * BATCH_ROWS_MAX >
                           2 * events->coordinator->spec.event_rows_max + BATCH_ROWS_MAX;
}

static void count_failed(Events *events, uint32_t object_id, int64_t diff) {
    Job *job = job_find_any(events->coordinator, object_id);
    if (job != NULL)
        __atomic_fetch_add(&job->errors, diff, __ATOMIC_RELAXED);
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
    Events *events = argument;
    count_failed(events, object_id, batch_diff(batch, row));
    if (is_over(events, &events->errors, batch_diff(batch, row)))
        return;
    Batch *builder = builder_of(&events->errors, error_types, ERROR_COLUMNS);
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
    Events *events = argument;
    Job *job = job_find_any(events->coordinator, object_id);
    if (job != NULL)
        __atomic_fetch_add(&job->late_rows, batch_diff(batch, row), __ATOMIC_RELAXED);
    if (is_over(events, &events->late, batch_diff(batch, row)))
        return;
    Batch *builder = builder_of(&events->late, late_types, LATE_COLUMNS);
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

GraphEvents events_of(Events *events) {
    return (GraphEvents){.argument = events, .row_failed = on_row_failed, .row_late = on_row_late};
}

void events_record_failed(
    void *argument, int worker, const SourceState *source, int partition, const SourceError *failure) {
    Coordinator *coordinator = argument;
    Events *events = &coordinator->events[worker];
    count_failed(events, source->object_id, 1);
    if (is_over(events, &events->errors, 1))
        return;
    Batch *builder = builder_of(&events->errors, error_types, ERROR_COLUMNS);
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
static Status apply_all(Coordinator *coordinator, bool is_late, Error *error) {
    BatchList all = {0};
    for (int w = 0; w < coordinator->spec.worker_count; w++) {
        BatchList *own = is_late ? &coordinator->events[w].late : &coordinator->events[w].errors;
        for (int i = 0; i < own->count; i++)
            batch_list_add(&all, own->batches[i]);
        memory_free(own->batches);
        *own = (BatchList){0};
    }
    Status status = event_store_apply(
        is_late ? coordinator->late : coordinator->errors, &all, coordinator->open_epoch, error);
    batch_list_clear(&all);
    return status;
}

Status events_apply(Coordinator *coordinator, Error *error) {
    TRY(apply_all(coordinator, false, error));
    return apply_all(coordinator, true, error);
}

Status events_forget(Coordinator *coordinator, uint32_t object_id, Error *error) {
    TRY(event_store_forget(coordinator->errors, object_id, coordinator->open_epoch, error));
    return event_store_forget(coordinator->late, object_id, coordinator->open_epoch, error);
}
