/* Session: a partition's rows in the order of time; those of partitions touched in a step get their bounds
   twice at its end, as they were and as they are, and the difference is emitted: late rows that join two
   sessions, and deletions that split one, come out exactly.

   A session that ends at the watermark W or before is closed: an accepted row has a time of at least W, which
   is no session's that ended. Closed sessions are the first of their partition. Each row stands in a queue by
   its time: when the watermark has passed it by a gap its partition is looked at. */
#include "executor/operators/window/session.h"

#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/operators/rows/expiry_queue.h"
#include "executor/operators/rows/partitions.h"
#include "executor/operators/rows/queue.h"
#include "executor/operators/window/window_time.h"

enum { OLD, NOW };

/* A row of the partition that is being looked at: counts and bounds as before the step and as now. */
typedef struct SessionRow {
    Slot slot;
    int64_t time;
    int64_t counts[2], starts[2], ends[2];
} SessionRow;

typedef struct Session {
    Operator base;
    const SessionParameters *parameters;
    const Schema *input;
    int64_t unit;
    Partitions partitions;
    ExpiryQueue expiry;
    BatchQueue queue;
    SessionRow *rows;
    int row_count, row_capacity;
    /* Output rows on their way. */
    int output_count;
    Slot *slots;
    int64_t *diffs, *starts, *ends;
    bool is_checked; /* this step's finalisation has begun */
    int next_partition;
    bool is_finished;
} Session;

static Status session_open(Operator *instance, Error *error) {
    Session *session = (Session *)instance;
    const SessionParameters *parameters = session->parameters = instance->spec->parameters;
    const Schema *input = session->input = &instance->spec->inputs[0]->output;
    session->unit = window_time_unit(instance, parameters->time_column);
    session->slots = NEW_ARRAY(Slot, BATCH_ROWS_MAX);
    session->diffs = NEW_ARRAY(int64_t, BATCH_ROWS_MAX);
    session->starts = NEW_ARRAY(int64_t, BATCH_ROWS_MAX);
    session->ends = NEW_ARRAY(int64_t, BATCH_ROWS_MAX);
    SortKey by_time = {.column = parameters->time_column};
    return partitions_open(&session->partitions, instance->context->state,
        &(RowTableSpec){0, input->count, input->types, parameters->partition_count, parameters->partition, 0},
        &by_time, 1, error);
}

static int64_t slot_time(const Session *session, Slot slot) {
    const RowTable *rows = &session->partitions.rows;
    int cell = rows->column_cells[session->parameters->time_column];
    return cell_integer(rows->types[cell],
               state_table_slot(rows->table, slot) + state_table_cell_offset(rows->table, cell)) *
           session->unit;
}

static bool row_time(void *argument, Slot slot, int64_t *time) {
    *time = slot_time(argument, slot);
    return true;
}

static void refresh_expiry(Session *session) {
    if (session->parameters->closes)
        expiry_queue_refresh(&session->expiry, session->partitions.rows.table, row_time, session);
}

/* The rows that have a time, dense. */
static Batch *take_usable(Session *session, Batch *batch) {
    int column = session->parameters->time_column, count = 0;
    uint16_t rows[BATCH_ROWS_MAX];
    for (int i = 0; i < batch->selected_count; i++)
        if (window_time_is_usable(batch->columns[column], batch_row(batch, i), session->unit))
            rows[count++] = (uint16_t)batch_row(batch, i);
    if (count == batch->selected_count)
        return batch_dense(batch);
    window_time_report(&session->base, batch, column);
    if (count == 0)
        return NULL;
    Batch *selected = batch_select(batch, rows, count), *dense = batch_dense(selected);
    batch_release(selected);
    return dense;
}

static Status session_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    Session *session = (Session *)instance;
    Batch *dense = batch->selected_count == 0 ? NULL : take_usable(session, batch);
    if (dense == NULL)
        return OK;
    refresh_expiry(session);
    Status status = partitions_apply(&session->partitions, dense, error);
    const RowTable *rows = &session->partitions.rows;
    for (int i = 0; status == OK && session->parameters->closes && i < dense->row_count; i++)
        if (rows->is_new[i])
            expiry_queue_add(&session->expiry, slot_time(session, rows->slots[i]), rows->slots[i]);
    batch_release(dense);
    return status;
}

static void collect_rows(Session *session, const Partition *partition) {
    const RowTable *rows = &session->partitions.rows;
    SlotCursor cursor = {0};
    session->row_count = 0;
    for (Slot slot; (slot = slot_list_next(&partition->list, &cursor)) != SLOT_NONE;) {
        GROW(session->rows, session->row_capacity, session->row_count + 1);
        int64_t now = *row_table_count(rows, slot);
        session->rows[session->row_count++] = (SessionRow){.slot = slot,
            .time = slot_time(session, slot),
            .counts = {touched_old(&rows->touched, slot, now), now}};
    }
}

static void set_ends(Session *session, int from, int to, int which, int64_t end) {
    for (int i = from; i < to; i++)
        session->rows[i].ends[which] = end;
}

static void find_bounds(Session *session, int which) {
    int64_t gap = session->parameters->gap, last = 0, start = 0;
    int first = -1;
    for (int i = 0; i < session->row_count; i++) {
        SessionRow *row = &session->rows[i];
        if (row->counts[which] == 0)
            continue;
        if (first < 0 || row->time - last >= gap) {
            if (first >= 0)
                set_ends(session, first, i, which, last + gap);
            first = i;
            start = row->time;
        }
        row->starts[which] = start;
        last = row->time;
    }
    if (first >= 0)
        set_ends(session, first, session->row_count, which, last + gap);
}

static void flush_rows(Session *session) {
    int count = session->output_count, column_count = 0;
    if (count == 0)
        return;
    const OperatorSpec *spec = session->base.spec;
    const RowTable *rows = &session->partitions.rows;
    Column *columns[session->input->count + 2];
    for (int i = 0; i < session->input->count; i++)
        columns[column_count++] =
            state_table_gather(rows->table, rows->column_cells[i], session->slots, count);
    for (int i = 0; i < 2; i++, column_count++) {
        columns[column_count] = column_create(spec->output.types[column_count], count);
        memcpy(columns[column_count]->values, i == 0 ? session->starts : session->ends,
            sizeof(int64_t) * (size_t)count);
    }
    Batch *batch = batch_create(count, column_count, columns);
    batch_need_diffs(batch, count);
    memcpy(batch->diffs, session->diffs, sizeof(int64_t) * (size_t)count);
    session->output_count = 0;
    queue_push(&session->queue, batch);
}

static void add_row(Session *session, const SessionRow *row, int which, int64_t diff) {
    if (diff == 0)
        return;
    int at = session->output_count++;
    session->slots[at] = row->slot;
    session->starts[at] = row->starts[which];
    session->ends[at] = row->ends[which];
    session->diffs[at] = diff;
    if (session->output_count == BATCH_ROWS_MAX)
        flush_rows(session);
}

static void emit_partition(Session *session, const Partition *partition) {
    collect_rows(session, partition);
    find_bounds(session, OLD);
    find_bounds(session, NOW);
    for (int i = 0; i < session->row_count; i++) {
        const SessionRow *row = &session->rows[i];
        if (row->starts[OLD] == row->starts[NOW] && row->ends[OLD] == row->ends[NOW]) {
            add_row(session, row, NOW, row->counts[NOW] - row->counts[OLD]);
        } else {
            add_row(session, row, OLD, MUTANT("session-old-bounds-stay") ? 0 : -row->counts[OLD]);
            add_row(session, row, NOW, row->counts[NOW]);
        }
    }
}

/* Where sessions are closed: WATERMARK_NONE: nowhere. */
static int64_t closing_time(const Session *session) {
    int64_t watermark = session->base.input_watermarks[0][session->parameters->time_column];
    bool is_finite = watermark != WATERMARK_NONE && watermark != WATERMARK_END;
    return is_finite ? watermark * session->unit : watermark;
}

static bool is_over(const Session *session, int64_t last, int64_t closing) {
    return closing == WATERMARK_END ||
           (closing != WATERMARK_NONE && last + session->parameters->gap <= closing);
}

/* Lets the partition's closed sessions go, which are its first. */
static void close_sessions(Session *session, Partition *partition, int64_t closing) {
    SlotCursor cursor = {0};
    Slot slot = slot_list_next(&partition->list, &cursor);
    while (slot != SLOT_NONE) {
        int64_t last = slot_time(session, slot);
        session->row_count = 0;
        for (int64_t time;
             slot != SLOT_NONE && (time = slot_time(session, slot)) - last < session->parameters->gap &&
             is_over(session, time, closing);
             slot = slot_list_next(&partition->list, &cursor)) {
            GROW(session->rows, session->row_capacity, session->row_count + 1);
            session->rows[session->row_count++].slot = slot;
            last = time;
        }
        if (session->row_count == 0 ||
            (slot != SLOT_NONE && slot_time(session, slot) - last < session->parameters->gap))
            return;
        for (int i = 0; i < session->row_count; i++)
            partitions_forget_row(&session->partitions, partition, session->rows[i].slot);
    }
}

/* The partition keys of slots. */
static Batch *gather_keys(const Session *session, const Slot *slots, int count) {
    int key_count = session->parameters->partition_count;
    Column *columns[key_count + 1];
    for (int i = 0; i < key_count; i++)
        columns[i] = state_table_gather(session->partitions.rows.table, i, slots, count);
    return batch_create(count, key_count, columns);
}

static Status close_partitions(Session *session, const Batch *keys, int64_t closing, Error *error) {
    Partitions *partitions = &session->partitions;
    int places[keys->column_count + 1];
    for (int i = 0; i < keys->column_count; i++)
        places[i] = i;
    TRY(partitions_locate_keys(partitions, keys, places, error));
    for (int i = 0; i < keys->row_count; i++)
        if (i == 0 || partitions->found[i] != partitions->found[i - 1])
            close_sessions(session, partitions->found[i], closing);
    return partitions_settle(partitions, error);
}

/* Looks at the partitions of the rows that the watermark has passed by a gap. All keys are gathered before
   any row goes. */
static Status close_passed(Session *session, Error *error) {
    int64_t closing = closing_time(session), passed = closing;
    if (closing != WATERMARK_NONE && closing != WATERMARK_END)
        passed = closing - session->parameters->gap + 1;
    BatchQueue keys = {0};
    ExpiryBucket bucket;
    refresh_expiry(session);
    while (expiry_queue_take(&session->expiry, passed, &bucket)) {
        for (int from = 0; from < bucket.count; from += BATCH_ROWS_MAX)
            queue_push(
                &keys, gather_keys(session, bucket.slots + from,
                           bucket.count - from < BATCH_ROWS_MAX ? bucket.count - from : BATCH_ROWS_MAX));
        memory_free(bucket.slots);
    }
    Status status = OK;
    for (Batch *batch; (batch = queue_pop(&keys)) != NULL; batch_release(batch))
        if (status == OK)
            status = close_partitions(session, batch, closing, error);
    queue_clear(&keys);
    return status;
}

static Status settle(Session *session, Error *error) {
    RowTable *rows = &session->partitions.rows;
    for (int i = 0; session->parameters->closes && i < rows->touched.count; i++)
        if (*row_table_count(rows, rows->touched.slots[i]) == 0)
            expiry_queue_remove(
                &session->expiry, slot_time(session, rows->touched.slots[i]), rows->touched.slots[i]);
    TRY(partitions_settle(&session->partitions, error));
    return session->parameters->closes ? close_passed(session, error) : OK;
}

static Status finalise_more(Session *session, Error *error) {
    Partitions *partitions = &session->partitions;
    if (!session->is_checked) {
        session->is_checked = true;
        return row_table_check(&partitions->rows, error);
    }
    if (session->next_partition < partitions->touched_count) {
        emit_partition(session, partitions->touched[session->next_partition++]);
        return OK;
    }
    flush_rows(session);
    session->is_checked = false;
    session->next_partition = 0;
    session->is_finished = true;
    return settle(session, error);
}

static Status session_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    Session *session = (Session *)instance;
    *batch = NULL;
    *progress = PROGRESS_IDLE;
    if (!operator_is_sealed(instance))
        return OK;
    *progress = PROGRESS_MORE;
    while ((*batch = queue_pop(&session->queue)) == NULL) {
        if (session->is_finished) {
            session->is_finished = false;
            *progress = PROGRESS_DONE;
            return OK;
        }
        TRY(finalise_more(session, error));
    }
    return OK;
}

/* A later change is to a session that ends behind the watermark. */
static void session_derive_watermarks(Operator *instance) {
    const Session *session = (Session *)instance;
    const OperatorSpec *spec = instance->spec;
    int64_t closing = closing_time(session);
    bool is_finite = closing != WATERMARK_NONE && closing != WATERMARK_END;
    for (int i = 0; i < spec->output.count; i++)
        instance->watermarks[i] = !spec_has_watermark(spec, i)  ? WATERMARK_NONE
                                  : i == spec->output.count - 1 ? closing + is_finite
                                                                : instance->input_watermarks[0][i];
}

/* The time at which the earliest row may end its session, as far from the clock as the time column is. */
static int64_t session_deadline(const Operator *instance) {
    const Session *session = (const Session *)instance;
    const ExpiryQueue *expiry = &session->expiry;
    int64_t now = instance->context->settings->now, closing = closing_time(session);
    if (!session->parameters->follows_clock || expiry->head == expiry->count)
        return INT64_MAX;
    int64_t wait = expiry->buckets[expiry->head].time + session->parameters->gap -
                   (closing == WATERMARK_NONE ? now : closing);
    return now + (wait > 0 ? wait : 1);
}

static Status session_on_load(Operator *instance, Error *error) {
    refresh_expiry((Session *)instance);
    return OK;
}

static void session_reset(Operator *instance) {
    Session *session = (Session *)instance;
    partitions_reset(&session->partitions);
    expiry_queue_free(&session->expiry);
    queue_clear(&session->queue);
    session->output_count = session->next_partition = 0;
    session->is_checked = session->is_finished = false;
}

static void session_close(Operator *instance) {
    Session *session = (Session *)instance;
    partitions_close(&session->partitions);
    expiry_queue_free(&session->expiry);
    queue_clear(&session->queue);
    memory_free(session->rows);
    memory_free(session->slots);
    memory_free(session->diffs);
    memory_free(session->starts);
    memory_free(session->ends);
}

static const Field session_fields[] = {
    FIELD_LIST(COLUMNS, SessionParameters, partition, partition_count, "partition by"),
    FIELD(COLUMN, SessionParameters, time_column, "time"),
    FIELD(DURATION, SessionParameters, gap, "gap"),
    FIELD(BOOL, SessionParameters, closes, NULL),
    FIELD(BOOL, SessionParameters, follows_clock, "processing time"),
    FIELDS_END,
};

const OperatorType session_operator = {
    .name = "Session",
    .version = 1,
    .fields = session_fields,
    .parameters_size = sizeof(SessionParameters),
    .size = sizeof(Session),
    .open = session_open,
    .on_batch = session_on_batch,
    .produce = session_produce,
    .derive_watermarks = session_derive_watermarks,
    .deadline = session_deadline,
    .on_load = session_on_load,
    .reset = session_reset,
    .close = session_close,
};
