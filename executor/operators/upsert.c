/* Upsert: the newest row of each key in a state table.

   A batch is worked on by key: what a key showed before it is gathered once, and only the key's last change
   is applied, whatever stands between. The row that a key showed at the step's start is copied out when the
   step changes it first; the row it shows at the end is read from the table after the seal. */
#include "executor/operators/upsert.h"

#include <string.h>

#include "executor/base/memory.h"
#include "executor/operators/operator.h"
#include "executor/operators/rows/row_table.h"
#include "executor/operators/rows/slot_output.h"

typedef struct Upsert {
    Operator base;
    const UpsertParameters *parameters;
    const Schema *columns;
    StateTable *table;
    int *cell_columns;    /* cell -> column; the key's first */
    int *column_cells;    /* column -> cell */
    int shown_cell;       /* int8: whether the key has a row */
    TouchedSlots touched; /* in this step, with whether the key had a row */
    TouchedSlots here;    /* in this batch, with the number of its last change; −1: none yet */
    SlotOutput *output;
    BatchQueue queue;
    bool is_finished;
} Upsert;

static int64_t *shown(const Upsert *upsert, Slot slot) {
    return slot_cell(
        state_table_slot(upsert->table, slot), state_table_cell_offset(upsert->table, upsert->shown_cell));
}

static Status upsert_open(Operator *instance, Error *error) {
    Upsert *upsert = (Upsert *)instance;
    const UpsertParameters *parameters = upsert->parameters = instance->spec->parameters;
    const Schema *columns = upsert->columns = &instance->spec->output;
    upsert->cell_columns = NEW_ARRAY(int, columns->count + 1);
    upsert->column_cells = NEW_ARRAY(int, columns->count + 1);
    Type *types = NEW_ARRAY(Type, columns->count + 1);
    int count = 0;
    for (int i = 0; i < columns->count; i++)
        upsert->column_cells[i] = -1;
    for (int k = 0; k < parameters->key_count; k++) {
        upsert->cell_columns[count] = parameters->keys[k];
        upsert->column_cells[parameters->keys[k]] = count++;
    }
    for (int i = 0; i < columns->count; i++)
        if (upsert->column_cells[i] < 0) {
            upsert->cell_columns[count] = i;
            upsert->column_cells[i] = count++;
        }
    for (int i = 0; i < count; i++)
        types[i] = columns->types[upsert->cell_columns[i]];
    types[upsert->shown_cell = count] = type_of(TYPE_INT8);
    upsert->table =
        state_table_open(instance->context->state, &(StateTableSpec){.key_count = parameters->key_count,
                                                       .cell_count = count + 1,
                                                       .cells = types,
                                                       .shard_key_count = parameters->key_count});
    memory_free(types);
    upsert->output = NEW(SlotOutput);
    *upsert->output = (SlotOutput){.table = upsert->table,
        .queue = &upsert->queue,
        .cells = upsert->column_cells,
        .cell_count = columns->count};
    return OK;
}

/* What the batch's keys showed before it: their rows, and by the key's place in `here` the row's number, −1
   for none. */
static Batch *gather_shown(const Upsert *upsert, int *rows) {
    Slot slots[BATCH_ROWS_MAX];
    int count = 0;
    for (int i = 0; i < upsert->here.count; i++) {
        Slot slot = upsert->here.slots[i];
        rows[i] = *shown(upsert, slot) != 0 ? count : -1;
        if (rows[i] >= 0)
            slots[count++] = slot;
    }
    Column *columns[upsert->columns->count + 1];
    for (int i = 0; i < upsert->columns->count; i++)
        columns[i] = state_table_gather(upsert->table, upsert->column_cells[i], slots, count);
    return batch_create(count, upsert->columns->count, columns);
}

/* The change's own row takes the place of whatever the slot held. */
static void apply(Upsert *upsert, Slot slot, const Batch *dense, int row) {
    bool is_deletion = batch_diff(dense, row) < 0;
    *shown(upsert, slot) = !is_deletion;
    for (int cell = upsert->parameters->key_count; !is_deletion && cell < upsert->columns->count; cell++) {
        const Column *column = dense->columns[upsert->cell_columns[cell]];
        bool is_null = column_is_null(column, row);
        if (!is_null)
            state_table_set_cell(upsert->table, slot, cell, column_at(column, row));
        state_table_set_null(upsert->table, slot, cell, is_null);
    }
    state_table_touch(upsert->table, slot);
}

/* Counts what changes nothing: a row that was there so already, a deletion of what was not there. */
static void count_idle(
    Upsert *upsert, const Batch *dense, const Slot *slots, const Batch *before, const int *before_rows) {
    int columns[upsert->columns->count + 1], column_count = upsert->columns->count;
    for (int i = 0; i < column_count; i++)
        columns[i] = i;
    for (int i = 0; i < dense->row_count; i++) {
        int place = touched_place(&upsert->here, slots[i]), last = (int)upsert->here.old[place];
        bool is_first = last < 0;
        bool was_there = is_first ? *shown(upsert, slots[i]) != 0 : batch_diff(dense, last) > 0,
             is_deletion = batch_diff(dense, i) < 0;
        upsert->here.old[place] = i;
        if (!was_there)
            upsert->base.changes_unmatched += is_deletion;
        else if (!is_deletion)
            upsert->base.changes_repeated +=
                is_first ? batch_rows_identical(dense, i, before, before_rows[place], columns, column_count)
                         : batch_rows_identical(dense, i, dense, last, columns, column_count);
    }
}

static void take_back(Upsert *upsert, Batch *before, const uint16_t *rows, int count) {
    if (count == 0)
        return;
    Batch *gone = batch_select(before, rows, count);
    batch_need_diffs(gone, gone->row_count);
    for (int i = 0; i < count; i++)
        gone->diffs[rows[i]] = -1;
    queue_push(&upsert->queue, gone);
}

static void apply_last(Upsert *upsert, const Batch *dense, Batch *before, const int *before_rows) {
    int columns[upsert->columns->count + 1], column_count = upsert->columns->count, count = 0;
    uint16_t changed[BATCH_ROWS_MAX];
    for (int i = 0; i < column_count; i++)
        columns[i] = i;
    for (int i = 0; i < upsert->here.count; i++) {
        Slot slot = upsert->here.slots[i];
        int last = (int)upsert->here.old[i], old = before_rows[i];
        if (last < 0 && old < 0)
            touched_add(&upsert->touched, slot, false);
        if (last < 0) /* all its changes were late */
            continue;
        bool is_deletion = batch_diff(dense, last) < 0;
        if (old >= 0 && !is_deletion && batch_rows_identical(dense, last, before, old, columns, column_count))
            continue;
        if (touched_add(&upsert->touched, slot, old >= 0) && old >= 0)
            changed[count++] = (uint16_t)old;
        apply(upsert, slot, dense, last);
    }
    take_back(upsert, before, changed, count);
}

/* The rows as such, for the record of late ones: a deletion that is late is one of them, too. */
static void report_late(
    Upsert *upsert, const Batch *dense, const int *rows, const int64_t *times, int count) {
    Batch *plain = batch_create(dense->row_count, dense->column_count, dense->columns);
    OperatorContext *context = upsert->base.context;
    const Column *arrivals = dense->columns[upsert->parameters->arrival_column];
    for (int i = 0; i < dense->column_count; i++)
        column_retain(dense->columns[i]);
    for (int i = 0; i < count; i++)
        context->row_late(
            context, &upsert->base, plain, rows[i], times[i], times[i], column_int8(arrivals, rows[i]));
    batch_release(plain);
}

/* What is stored does not hold the arrival watermark: the same row is the same whenever it came. */
static Batch *without_arrival(const Upsert *upsert, Batch *batch) {
    Value none = value_null(upsert->columns->types[upsert->parameters->arrival_column]);
    Column *columns[batch->column_count];
    for (int i = 0; i < batch->column_count; i++)
        columns[i] = i == upsert->parameters->arrival_column ? column_constant(&none)
                                                             : column_retain(batch->columns[i]);
    Batch *without = batch_create(batch->row_count, batch->column_count, columns);
    if (batch->diffs != NULL) {
        batch_need_diffs(without, batch->row_count);
        memcpy(without->diffs, batch->diffs, sizeof *batch->diffs * (size_t)batch->row_count);
    }
    batch_release(batch);
    return without;
}

/* The least time that the change is about: of its row, and of the one that it would change. */
static int64_t time_of_change(
    const Upsert *upsert, const Batch *dense, int row, int last, const Batch *before, int before_row) {
    int column = upsert->parameters->time_column;
    bool has_row = last < 0 ? before_row >= 0 : batch_diff(dense, last) > 0;
    int64_t old = !has_row   ? INT64_MAX
                  : last < 0 ? column_int8(before->columns[column], before_row)
                             : column_int8(dense->columns[column], last);
    int64_t own = batch_diff(dense, row) > 0 ? column_int8(dense->columns[column], row) : INT64_MAX;
    return own < old ? own : old;
}

/* Takes the late changes out, each key's in its order: what a change would change is what those before it
   have left. Consumes dense. */
static Batch *leave_out_late(
    Upsert *upsert, Batch *dense, Slot *slots, const Batch *before, const int *before_rows) {
    const Column *arrivals = dense->columns[upsert->parameters->arrival_column];
    uint16_t kept[BATCH_ROWS_MAX];
    int late[BATCH_ROWS_MAX], count = 0, late_count = 0;
    int64_t late_times[BATCH_ROWS_MAX];
    for (int i = 0; i < dense->row_count; i++) {
        int place = touched_place(&upsert->here, slots[i]);
        int64_t time =
            time_of_change(upsert, dense, i, (int)upsert->here.old[place], before, before_rows[place]);
        if (time < column_int8(arrivals, i)) {
            late_times[late_count] = time;
            late[late_count++] = i;
            continue;
        }
        upsert->here.old[place] = i;
        slots[count] = slots[i];
        kept[count++] = (uint16_t)i;
    }
    for (int i = 0; i < upsert->here.count; i++)
        upsert->here.old[i] = -1;
    if (late_count > 0) {
        report_late(upsert, dense, late, late_times, late_count);
        Batch *selected = batch_select(dense, kept, count);
        batch_release(dense);
        dense = batch_dense(selected);
        batch_release(selected);
    }
    return without_arrival(upsert, dense);
}

static Status upsert_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    Upsert *upsert = (Upsert *)instance;
    uint64_t hashes[BATCH_ROWS_MAX];
    Slot slots[BATCH_ROWS_MAX];
    int before_rows[BATCH_ROWS_MAX];
    if (batch->selected_count == 0)
        return OK;
    Batch *dense = batch_dense(batch);
    state_table_hash(upsert->table, dense, upsert->cell_columns, hashes);
    Status status = state_table_load(upsert->table, dense, upsert->cell_columns, hashes, error);
    if (status == OK) {
        state_table_insert(upsert->table, dense, upsert->cell_columns, hashes, slots, NULL);
        for (int i = 0; i < dense->row_count; i++)
            touched_add(&upsert->here, slots[i], -1);
        Batch *before = gather_shown(upsert, before_rows);
        if (upsert->parameters->tells_late)
            dense = leave_out_late(upsert, dense, slots, before, before_rows);
        count_idle(upsert, dense, slots, before, before_rows);
        apply_last(upsert, dense, before, before_rows);
        touched_clear(&upsert->here);
        batch_release(before);
    }
    batch_release(dense);
    return status;
}

/* A key that the step has only deleted, or never had, goes. */
static void finalise(Upsert *upsert) {
    const TouchedSlots *touched = &upsert->touched;
    Slot *gone = NEW_ARRAY(Slot, touched->count + 1);
    int count = 0;
    for (int i = 0; i < touched->count; i++)
        if (*shown(upsert, touched->slots[i]) != 0)
            slot_output_add(upsert->output, touched->slots[i], 1, 0);
        else
            gone[count++] = touched->slots[i];
    slot_output_flush(upsert->output);
    state_table_delete_many(upsert->table, gone, count);
    memory_free(gone);
    touched_clear(&upsert->touched);
    upsert->is_finished = true;
}

static Status upsert_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    Upsert *upsert = (Upsert *)instance;
    *batch = NULL;
    *progress = PROGRESS_IDLE;
    if (!operator_is_sealed(instance))
        return OK;
    if (!upsert->is_finished)
        finalise(upsert);
    *batch = queue_pop(&upsert->queue);
    *progress = *batch != NULL ? PROGRESS_MORE : PROGRESS_DONE;
    if (*batch == NULL)
        upsert->is_finished = false;
    return OK;
}

static void upsert_derive_watermarks(Operator *instance) {
    for (int i = 0; i < instance->spec->output.count; i++)
        instance->watermarks[i] =
            spec_has_watermark(instance->spec, i) ? instance->input_watermarks[0][i] : WATERMARK_NONE;
}

static void upsert_reset(Operator *instance) {
    Upsert *upsert = (Upsert *)instance;
    state_table_delete_all(upsert->table);
    touched_clear(&upsert->touched);
    queue_clear(&upsert->queue);
    upsert->is_finished = false;
}

static void upsert_close(Operator *instance) {
    Upsert *upsert = (Upsert *)instance;
    touched_free(&upsert->touched);
    touched_free(&upsert->here);
    queue_clear(&upsert->queue);
    memory_free(upsert->output);
    memory_free(upsert->cell_columns);
    memory_free(upsert->column_cells);
}

static const Field upsert_fields[] = {
    FIELD_LIST(COLUMNS, UpsertParameters, keys, key_count, "keys"),
    FIELD(BOOL, UpsertParameters, tells_late, "late changes left out"),
    FIELD(COLUMN, UpsertParameters, time_column, NULL),
    FIELD(COLUMN, UpsertParameters, arrival_column, NULL),
    FIELDS_END,
};

const OperatorType upsert_operator = {
    .name = "Upsert",
    .version = 2,
    .fields = upsert_fields,
    .parameters_size = sizeof(UpsertParameters),
    .size = sizeof(Upsert),
    .open = upsert_open,
    .on_batch = upsert_on_batch,
    .produce = upsert_produce,
    .derive_watermarks = upsert_derive_watermarks,
    .reset = upsert_reset,
    .close = upsert_close,
};
