/* TemporalFilter: rows wait in a state table for the times at which they come into sight and go out of it.

   A row whose time is over is let in no more, whatever its sign: if it was shown, the timer takes it out. So
   a retraction that comes late finds nothing to do, and what can never be shown is not kept. */
#include "executor/operators/window/temporal_filter.h"

#include "executor/base/memory.h"
#include "executor/operators/operator.h"
#include "executor/operators/rows/row_table.h"
#include "executor/operators/rows/slot_output.h"
#include "executor/operators/rows/slot_timer.h"

enum { CHUNK = 4096 };

typedef struct TemporalFilter {
    Operator base;
    RowTable rows; /* the value: how many copies are shown */
    SlotTimer timer;
    SlotOutput *output;
    BatchQueue queue;
    int settled;      /* of the touched rows */
    bool is_settling; /* this step's finalisation has begun */
    Slot *deleted;
    int deleted_count;
} TemporalFilter;

typedef struct Sight {
    int64_t from, until; /* [from, until) */
} Sight;

static int bound_count(const TemporalFilter *filter) {
    const TemporalFilterParameters *parameters = filter->base.spec->parameters;
    return parameters->from_count + parameters->until_count;
}

static int first_bound(const TemporalFilter *filter) {
    return filter->base.spec->inputs[0]->output.count - bound_count(filter);
}

static void narrow(Sight *sight, bool is_from, int64_t time) {
    if (is_from)
        sight->from = time > sight->from ? time : sight->from;
    else
        sight->until = time < sight->until ? time : sight->until;
}

static Sight slot_sight(TemporalFilter *filter, Slot slot) {
    const TemporalFilterParameters *parameters = filter->base.spec->parameters;
    Sight sight = {INT64_MIN, INT64_MAX};
    for (int i = 0; i < bound_count(filter); i++) {
        int cell = filter->rows.column_cells[first_bound(filter) + i];
        const int64_t *time = slot_cell(
            state_table_slot(filter->rows.table, slot), state_table_cell_offset(filter->rows.table, cell));
        narrow(&sight, i < parameters->from_count, *time);
    }
    return sight;
}

static bool row_sight(const TemporalFilter *filter, const Batch *batch, int row, Sight *sight) {
    const TemporalFilterParameters *parameters = filter->base.spec->parameters;
    *sight = (Sight){INT64_MIN, INT64_MAX};
    for (int i = 0; i < bound_count(filter); i++) {
        const Column *times = batch->columns[first_bound(filter) + i];
        if (column_is_null(times, row))
            return false;
        narrow(sight, i < parameters->from_count, column_int8(times, row));
    }
    return true;
}

static int64_t next_look(void *argument, Slot slot) {
    TemporalFilter *filter = argument;
    Sight sight = slot_sight(filter, slot);
    return *row_table_value(&filter->rows, slot) == 0 ? sight.from : sight.until;
}

static Status temporal_filter_open(Operator *instance, Error *error) {
    TemporalFilter *filter = (TemporalFilter *)instance;
    const TemporalFilterParameters *parameters = instance->spec->parameters;
    const Schema *input = &instance->spec->inputs[0]->output;
    TRY(row_table_open(&filter->rows, instance->context->state,
        &(RowTableSpec){.column_count = input->count,
            .types = input->types,
            .key_count = parameters->key_count,
            .keys = parameters->keys,
            .value_count = 1,
            .is_unchained = true},
        error));
    slot_timer_open(&filter->timer);
    filter->output = NEW(SlotOutput);
    filter->output->table = filter->rows.table;
    filter->output->queue = &filter->queue;
    filter->output->cells = filter->rows.column_cells;
    filter->output->cell_count = instance->spec->output.count;
    filter->deleted = NEW_ARRAY(Slot, CHUNK);
    return OK;
}

/* The rows that may be shown now or later, dense. */
static Batch *select_rows(const TemporalFilter *filter, Batch *batch) {
    uint16_t rows[BATCH_ROWS_MAX];
    int count = 0;
    int64_t now = filter->base.context->settings->now;
    Sight sight;
    for (int i = 0; i < batch->selected_count; i++) {
        int row = batch_row(batch, i);
        if (row_sight(filter, batch, row, &sight) && sight.until > now && sight.from < sight.until)
            rows[count++] = (uint16_t)row;
    }
    if (count == 0)
        return NULL;
    Batch *selected = batch_select(batch, rows, count), *dense = batch_dense(selected);
    batch_release(selected);
    return dense;
}

static Status temporal_filter_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    TemporalFilter *filter = (TemporalFilter *)instance;
    slot_timer_refresh(&filter->timer, filter->rows.table, next_look, filter);
    Batch *dense = select_rows(filter, batch);
    if (dense == NULL)
        return OK;
    Status status = row_table_load(&filter->rows, dense, error);
    if (status == OK)
        row_table_apply(&filter->rows, dense);
    batch_release(dense);
    return status;
}

static void forget(TemporalFilter *filter, Slot slot) {
    slot_timer_set(&filter->timer, slot, INT64_MAX);
    filter->deleted[filter->deleted_count++] = slot;
}

/* Shows what is in sight now, and sets the time of the next look. */
static void look(TemporalFilter *filter, Slot slot) {
    Sight sight = slot_sight(filter, slot);
    int64_t now = filter->base.context->settings->now, count = *row_table_count(&filter->rows, slot);
    int64_t *shown = row_table_value(&filter->rows, slot),
            wanted = sight.from <= now && now < sight.until ? count : 0;
    slot_output_add(filter->output, slot, wanted - *shown, 0);
    /* Nothing will take it away again. */
    bool is_final =
        sight.from <= now && sight.until == INT64_MAX && !filter->base.spec->inputs[0]->is_updating;
    if (count == 0 || now >= sight.until || is_final) {
        forget(filter, slot);
        return;
    }
    if (*shown != wanted) {
        *shown = wanted;
        state_table_touch(filter->rows.table, slot);
    }
    slot_timer_set(&filter->timer, slot, now < sight.from ? sight.from : sight.until);
}

/* One chunk of what has changed, then of what is due; false when nothing is left. */
static bool look_at_some(TemporalFilter *filter) {
    TouchedSlots *touched = &filter->rows.touched;
    int64_t now = filter->base.context->settings->now;
    Slot slot;
    int count = 0;
    filter->deleted_count = 0;
    for (; count < CHUNK && filter->settled < touched->count; count++)
        look(filter, touched->slots[filter->settled++]);
    if (filter->settled == touched->count) {
        touched_clear(touched);
        filter->settled = 0;
        for (; count < CHUNK && slot_timer_take(&filter->timer, now, &slot); count++)
            look(filter, slot);
    }
    slot_output_flush(filter->output);
    state_table_delete_many(filter->rows.table, filter->deleted, filter->deleted_count);
    return count > 0;
}

static Status temporal_filter_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    TemporalFilter *filter = (TemporalFilter *)instance;
    *batch = NULL;
    *progress = PROGRESS_IDLE;
    if (!operator_is_sealed(instance))
        return OK;
    if (!filter->is_settling) {
        slot_timer_refresh(&filter->timer, filter->rows.table, next_look, filter);
        TRY(row_table_check(&filter->rows, error));
    }
    filter->is_settling = true;
    *progress = PROGRESS_MORE;
    while ((*batch = queue_pop(&filter->queue)) == NULL)
        if (!look_at_some(filter)) {
            filter->is_settling = false;
            *progress = PROGRESS_DONE;
            return OK;
        }
    return OK;
}

static int64_t temporal_filter_deadline(const Operator *instance) {
    return slot_timer_next(&((TemporalFilter *)instance)->timer);
}

static Status temporal_filter_on_load(Operator *instance, Error *error) {
    TemporalFilter *filter = (TemporalFilter *)instance;
    slot_timer_refresh(&filter->timer, filter->rows.table, next_look, filter);
    return OK;
}

static void temporal_filter_reset(Operator *instance) {
    TemporalFilter *filter = (TemporalFilter *)instance;
    row_table_reset(&filter->rows);
    slot_timer_clear(&filter->timer);
    queue_clear(&filter->queue);
    filter->is_settling = false;
    filter->settled = 0;
}

static void temporal_filter_close(Operator *instance) {
    TemporalFilter *filter = (TemporalFilter *)instance;
    row_table_close(&filter->rows);
    slot_timer_free(&filter->timer);
    queue_clear(&filter->queue);
    memory_free(filter->output);
    memory_free(filter->deleted);
}

static const Field temporal_filter_fields[] = {
    FIELD(INT, TemporalFilterParameters, from_count, "from"),
    FIELD(INT, TemporalFilterParameters, until_count, "until"),
    FIELD_LIST(COLUMNS, TemporalFilterParameters, keys, key_count, NULL),
    FIELDS_END,
};

const OperatorType temporal_filter_operator = {
    .name = "TemporalFilter",
    .version = 1,
    .fields = temporal_filter_fields,
    .parameters_size = sizeof(TemporalFilterParameters),
    .size = sizeof(TemporalFilter),
    .open = temporal_filter_open,
    .on_batch = temporal_filter_on_batch,
    .produce = temporal_filter_produce,
    .deadline = temporal_filter_deadline,
    .on_load = temporal_filter_on_load,
    .reset = temporal_filter_reset,
    .close = temporal_filter_close,
};
