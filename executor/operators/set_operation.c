/* SetOperation: INTERSECT and EXCEPT by counting a row's copies on both sides. Rows are compared by SQL
   equality; the image shown is the least that the left input has, so where a column's type has images a
   second table keeps the left rows as they look. */
#include "executor/operators/set_operation.h"

#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/operators/operator.h"
#include "executor/operators/rows/row_table.h"
#include "executor/operators/rows/slot_list.h"
#include "executor/operators/rows/slot_output.h"

enum { TABLE_COUNTS = 0, TABLE_IMAGES = 1 };

typedef struct SetOperation {
    Operator base;
    const SetOperationParameters *parameters;
    const Schema *schema;
    StateTable *table; /* row -> copies left, copies right */
    int count_offsets[2];
    int *columns;
    TouchedSlots touched; /* with the copies shown before the step */
    RowTable *images;
    SlotOrder *order;
    Slot *old_images; /* by place: what was shown; SLOT_NONE: nothing */
    int old_capacity;
    SlotOutput *output;
    BatchQueue queue;
    bool is_finished;
} SetOperation;

static Status set_operation_open(Operator *instance, Error *error) {
    SetOperation *set = (SetOperation *)instance;
    const Schema *schema = set->schema = &instance->spec->output;
    set->parameters = instance->spec->parameters;
    Type cells[schema->count + 2];
    bool has_images = false;
    set->columns = NEW_ARRAY(int, schema->count + 1);
    for (int i = 0; i < schema->count; i++) {
        cells[i] = schema->types[i];
        set->columns[i] = i;
        has_images |= type_has_images(cells[i]);
    }
    cells[schema->count] = cells[schema->count + 1] = type_of(TYPE_INT8);
    set->table = state_table_open(instance->context->state, &(StateTableSpec){.number = TABLE_COUNTS,
                                                                .relation = KEY_EQUAL,
                                                                .key_count = schema->count,
                                                                .cell_count = schema->count + 2,
                                                                .cells = cells,
                                                                .shard_key_count = schema->count});
    for (int i = 0; i < 2; i++)
        set->count_offsets[i] = state_table_cell_offset(set->table, schema->count + i);
    if (has_images) {
        set->images = NEW(RowTable);
        TRY(row_table_open(set->images, instance->context->state,
            &(RowTableSpec){TABLE_IMAGES, schema->count, schema->types, schema->count, set->columns, 0},
            error));
        set->order = slot_order_create(set->images->table, NULL, 0, 0, schema->count, schema->types);
    }
    set->output = NEW(SlotOutput);
    set->output->table = has_images ? set->images->table : set->table;
    set->output->queue = &set->queue;
    set->output->cells = set->columns;
    set->output->cell_count = schema->count;
    return OK;
}

static int64_t *side_count(const SetOperation *set, Slot slot, int side) {
    return slot_cell(state_table_slot(set->table, slot), set->count_offsets[side]);
}

static int64_t shown_copies(const SetOperation *set, Slot slot) {
    int64_t left = *side_count(set, slot, 0), right = *side_count(set, slot, 1);
    switch ((SetOperationKind)set->parameters->kind) {
    case SET_INTERSECT:
        return set->parameters->is_all ? (left < right ? left : right) : left > 0 && right > 0;
    case SET_EXCEPT:
        return set->parameters->is_all && !MUTANT("except-all-is-except") ? (left > right ? left - right : 0)
                                                                          : left > 0 && right == 0;
    }
    return 0;
}

/* The least image of each row of a batch that the left input has. */
static Status find_images(SetOperation *set, const Batch *rows, Slot *least, Error *error) {
    RowTable *images = set->images;
    state_index_hash(images->index, rows, set->columns, images->hashes);
    TRY(state_index_load(images->index, rows, set->columns, images->hashes, error));
    state_index_find(images->index, rows, set->columns, images->hashes, images->slots);
    for (int i = 0; i < rows->row_count; i++) {
        least[i] = SLOT_NONE;
        for (Slot slot = images->slots[i]; slot != SLOT_NONE; slot = state_index_next(images->index, slot))
            if (*row_table_count(images, slot) > 0 &&
                (least[i] == SLOT_NONE || slot_order_compare(set->order, slot, least[i]) < 0))
                least[i] = slot;
    }
    return OK;
}

static Status take_rows(SetOperation *set, int input, const Batch *dense, Error *error) {
    uint64_t hashes[BATCH_ROWS_MAX];
    Slot slots[BATCH_ROWS_MAX], least[BATCH_ROWS_MAX];
    if (set->images != NULL)
        TRY(find_images(set, dense, least, error));
    state_table_hash(set->table, dense, set->columns, hashes);
    TRY(state_table_load(set->table, dense, set->columns, hashes, error));
    state_table_insert(set->table, dense, set->columns, hashes, slots, NULL);
    for (int i = 0; i < dense->row_count; i++)
        if (touched_add(&set->touched, slots[i], shown_copies(set, slots[i]))) {
            GROW(set->old_images, set->old_capacity, set->touched.count);
            set->old_images[set->touched.count - 1] = set->images != NULL ? least[i] : slots[i];
            state_table_touch(set->table, slots[i]);
        }
    for (int i = 0; i < dense->row_count; i++)
        *side_count(set, slots[i], input) += batch_diff(dense, i);
    if (set->images != NULL && input == 0) {
        TRY(row_table_load(set->images, dense, error));
        row_table_apply(set->images, dense);
    }
    return OK;
}

static Status set_operation_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    if (batch->selected_count == 0)
        return OK;
    Batch *dense = batch_dense(batch);
    Status status = take_rows((SetOperation *)instance, input, dense, error);
    batch_release(dense);
    return status;
}

static Status emit_change(SetOperation *set, int from, int count, Error *error) {
    Slot now_images[BATCH_ROWS_MAX];
    const Slot *slots = set->touched.slots + from;
    memcpy(now_images, slots, sizeof(Slot) * (size_t)count);
    if (set->images != NULL) {
        Column *columns[set->schema->count + 1];
        for (int i = 0; i < set->schema->count; i++)
            columns[i] = state_table_gather(set->table, i, slots, count);
        Batch *rows = batch_create(count, set->schema->count, columns);
        Status status = find_images(set, rows, now_images, error);
        batch_release(rows);
        TRY(status);
    }
    for (int i = 0; i < count; i++) {
        int64_t old = set->touched.old[from + i], now = shown_copies(set, slots[i]);
        Slot old_image = set->old_images[from + i];
        if (old_image == now_images[i]) {
            if (old_image != SLOT_NONE)
                slot_output_add(set->output, old_image, now - old, 0);
            continue;
        }
        if (old != 0)
            slot_output_add(set->output, old_image, -old, 0);
        if (now != 0)
            slot_output_add(set->output, now_images[i], now, 0);
    }
    slot_output_flush(set->output);
    return OK;
}

static Status finalise(SetOperation *set, Error *error) {
    TouchedSlots *touched = &set->touched;
    for (int i = 0; i < touched->count; i++)
        if (*side_count(set, touched->slots[i], 0) < 0 || *side_count(set, touched->slots[i], 1) < 0)
            return error_set(error, STATUS_INTERNAL_ERROR, "a row was taken away that was not there");
    for (int from = 0; from < touched->count; from += BATCH_ROWS_MAX)
        TRY(emit_change(set, from,
            touched->count - from < BATCH_ROWS_MAX ? touched->count - from : BATCH_ROWS_MAX, error));
    for (int i = 0; i < touched->count; i++)
        if (*side_count(set, touched->slots[i], 0) == 0 && *side_count(set, touched->slots[i], 1) == 0)
            state_table_delete(set->table, touched->slots[i]);
    touched_clear(touched);
    set->is_finished = true;
    return set->images != NULL ? row_table_settle(set->images, error) : OK;
}

static Status set_operation_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    SetOperation *set = (SetOperation *)instance;
    *batch = NULL;
    *progress = PROGRESS_IDLE;
    if (!operator_is_sealed(instance))
        return OK;
    if (!set->is_finished)
        TRY(finalise(set, error));
    *batch = queue_pop(&set->queue);
    *progress = *batch != NULL ? PROGRESS_MORE : PROGRESS_DONE;
    if (*batch == NULL)
        set->is_finished = false;
    return OK;
}

/* A row's change needs a change of that row on one side. */
static void set_operation_derive_watermarks(Operator *instance) {
    for (int i = 0; i < instance->spec->output.count; i++) {
        int64_t left = instance->input_watermarks[0][i], right = instance->input_watermarks[1][i];
        instance->watermarks[i] = left < right ? left : right;
    }
}

static void set_operation_reset(Operator *instance) {
    SetOperation *set = (SetOperation *)instance;
    touched_clear(&set->touched);
    state_table_delete_all(set->table);
    if (set->images != NULL)
        row_table_reset(set->images);
    queue_clear(&set->queue);
    set->is_finished = false;
}

static void set_operation_close(Operator *instance) {
    SetOperation *set = (SetOperation *)instance;
    touched_free(&set->touched);
    if (set->images != NULL)
        row_table_close(set->images);
    memory_free(set->images);
    slot_order_destroy(set->order);
    memory_free(set->columns);
    memory_free(set->old_images);
    memory_free(set->output);
    queue_clear(&set->queue);
}

static const char *const kind_names[] = {"intersect", "except", NULL};

static const Field set_operation_fields[] = {
    FIELD_NAMED(SetOperationParameters, kind, kind_names),
    FIELD(BOOL, SetOperationParameters, is_all, "all"),
    FIELDS_END,
};

const OperatorType set_operation_operator = {
    .name = "SetOperation",
    .version = 1,
    .fields = set_operation_fields,
    .parameters_size = sizeof(SetOperationParameters),
    .reads_first = 1 << 0 | 1 << 1,
    .size = sizeof(SetOperation),
    .open = set_operation_open,
    .on_batch = set_operation_on_batch,
    .produce = set_operation_produce,
    .derive_watermarks = set_operation_derive_watermarks,
    .reset = set_operation_reset,
    .close = set_operation_close,
};
