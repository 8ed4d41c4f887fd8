/* TopN: each partition's rows in order; one walk over its beginning sees the step's old and new windows side
   by side and emits the difference.

   Over append-only input a row that falls behind the last visible one never comes back: it is not kept, and
   rows behind that bound are refused at once. */
#include "executor/operators/sort/top_n.h"

#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/operators/operator.h"
#include "executor/operators/rows/partitions.h"
#include "executor/operators/rows/slot_output.h"

typedef struct TopN {
    Operator base;
    const TopNParameters *parameters;
    Partitions partitions;
    int64_t end;     /* offset + limit; INT64_MAX: none */
    bool is_bounded; /* append-only, with a limit */
    bool with_number;
    SlotOutput *output;
    BatchQueue queue;
    bool is_checked; /* this step's finalisation has begun */
    int next_partition;
    bool is_finished;
} TopN;

static Status top_n_open(Operator *instance, Error *error) {
    TopN *top = (TopN *)instance;
    const TopNParameters *parameters = top->parameters = instance->spec->parameters;
    const Schema *input = &instance->spec->inputs[0]->output;
    if (parameters->limit < 0 || __builtin_add_overflow(parameters->limit, parameters->offset, &top->end))
        top->end = INT64_MAX;
    top->is_bounded =
        top->end < INT32_MAX && (!instance->spec->inputs[0]->is_updating || MUTANT("top-n-forgets-the-rest"));
    top->with_number = instance->spec->output.count > input->count;
    TRY(partitions_open(&top->partitions, instance->context->state,
        &(RowTableSpec){0, input->count, input->types, parameters->partition_count, parameters->partition, 0},
        parameters->keys, parameters->key_count, error));
    top->output = NEW(SlotOutput);
    top->output->table = top->partitions.rows.table;
    top->output->queue = &top->queue;
    top->output->cells = top->partitions.rows.column_cells;
    top->output->cell_count = input->count;
    top->output->with_number = top->with_number;
    return OK;
}

/* The parts of [old, old + old_count) and [now, now + now_count) that differ, as one row a number. */
static void emit_numbers(TopN *top, Slot slot, int64_t old, int64_t old_end, int64_t now, int64_t now_end) {
    for (int64_t i = old; i < old_end; i++)
        if (i < now || i >= now_end)
            slot_output_add(top->output, slot, -1, i + 1);
    for (int64_t i = now; i < now_end; i++)
        if (i < old || i >= old_end)
            slot_output_add(top->output, slot, 1, i + 1);
}

static int64_t clip(const TopN *top, int64_t number) {
    int64_t from = top->parameters->offset;
    int64_t end = top->end + (MUTANT("top-n-one-more") ? 1 : 0);
    return number < from ? from : number > end ? end : number;
}

static void emit_rows(TopN *top, Slot slot, int64_t old, int64_t old_count, int64_t now, int64_t now_count) {
    int64_t old_from = clip(top, old), old_end = clip(top, old + old_count), now_from = clip(top, now),
            now_end = clip(top, now + now_count);
    if (top->with_number)
        emit_numbers(top, slot, old_from, old_end, now_from, now_end);
    else
        slot_output_add(top->output, slot, (now_end - now_from) - (old_end - old_from), 0);
}

/* Rows with RANK(): all copies of a row have the rank of their peers. */
static void emit_ranked(
    TopN *top, Slot slot, int64_t old_rank, int64_t old_count, int64_t now_rank, int64_t now_count) {
    bool is_old = old_count != 0 && old_rank > top->parameters->offset && old_rank <= top->end;
    bool is_now = now_count != 0 && now_rank > top->parameters->offset && now_rank <= top->end;
    if (is_old && is_now && (old_rank == now_rank || !top->with_number)) {
        slot_output_add(top->output, slot, now_count - old_count, now_rank);
        return;
    }
    if (is_old)
        slot_output_add(top->output, slot, -old_count, old_rank);
    if (is_now)
        slot_output_add(top->output, slot, now_count, now_rank);
}

static void emit_partition(TopN *top, const Partition *partition) {
    const RowTable *rows = &top->partitions.rows;
    int64_t old = 0, now = 0, old_peers = 0, now_peers = 0;
    Slot peer = SLOT_NONE;
    SlotCursor cursor = {0};
    for (Slot slot; (slot = slot_list_next(&partition->list, &cursor)) != SLOT_NONE;) {
        int64_t now_count = *row_table_count(rows, slot),
                old_count = touched_old(&rows->touched, slot, now_count);
        if (top->parameters->with_ties_rank) {
            if (peer == SLOT_NONE || slot_order_compare_sort(top->partitions.order, peer, slot) != 0) {
                old_peers = old;
                now_peers = now;
            }
            peer = slot;
            if (old_peers >= top->end && now_peers >= top->end)
                return;
            emit_ranked(top, slot, old_peers + 1, old_count, now_peers + 1, now_count);
        } else {
            if (old >= top->end && now >= top->end)
                return;
            emit_rows(top, slot, old, old_count, now, now_count);
        }
        old += old_count;
        now += now_count;
    }
}

static void set_bound(TopN *top, Partition *partition, Slot slot) {
    partition->bound = slot;
    partition->bound_prefix = slot_order_prefix(top->partitions.order, slot);
}

/* Each listed row counts at least once, so the slot at the window's last place is a bound as soon as there
   are so many; cheap while they are one block. */
static void tighten_bound(TopN *top, Partition *partition) {
    const SlotList *list = &partition->list;
    if (list->chunk_count != 1 || list->slot_count < top->end)
        return;
    partition->bound = list->chunks[0]->slots[top->end - 1];
    partition->bound_prefix = list->chunks[0]->prefixes[top->end - 1];
}

/* Append-only, at the step's end: lets rows behind the window go. */
static void prune(TopN *top, Partition *partition) {
    RowTable *rows = &top->partitions.rows;
    int64_t now = 0;
    bool with_ties = top->parameters->with_ties_rank;
    SlotCursor cursor = {0};
    for (Slot slot; (slot = slot_list_next(&partition->list, &cursor)) != SLOT_NONE;) {
        int64_t count = *row_table_count(rows, slot);
        if (now < top->end) {
            now += count;
            if (now >= top->end)
                set_bound(top, partition, slot);
        } else if (with_ties && partition->bound != SLOT_NONE &&
                   slot_order_compare_sort(top->partitions.order, partition->bound, slot) == 0) {
            continue;
        } else {
            partitions_forget_row(&top->partitions, partition, slot);
        }
    }
}

/* The same inside a step, so that a long one does not pile up rows: only for rows that came in it, as the
   others are still in the old window. */
static void prune_early(TopN *top, Partition *partition) {
    RowTable *rows = &top->partitions.rows;
    Slot *hopeless = memory_allocate(sizeof(Slot) * (size_t)partition->list.slot_count);
    int64_t now = 0;
    int count = 0;
    SlotCursor cursor = {0};
    for (Slot slot; (slot = slot_list_next(&partition->list, &cursor)) != SLOT_NONE;) {
        int64_t copies = *row_table_count(rows, slot);
        if (now >= top->end && touched_old(&rows->touched, slot, copies) == 0)
            hopeless[count++] = slot;
        if (now < top->end && now + copies >= top->end)
            set_bound(top, partition, slot);
        now += copies;
    }
    for (int i = 0; i < count; i++)
        partitions_remove_row(&top->partitions, partition, hopeless[i]);
    memory_free(hopeless);
}

static bool is_behind(const TopN *top, const Partition *partition, const Batch *dense, int row) {
    const Partitions *partitions = &top->partitions;
    if (partition->bound == SLOT_NONE)
        return false;
    uint64_t prefix = slot_order_prefix_row(partitions->order, dense, partitions->rows.cell_columns, row);
    if (prefix != partition->bound_prefix)
        return prefix > partition->bound_prefix;
    return slot_order_compare_row(
               partitions->order, dense, partitions->rows.cell_columns, row, partition->bound) > 0;
}

/* Keeps the rows that may still be seen; found moves with them. */
static Batch *refuse_hopeless(TopN *top, Batch *dense) {
    Partitions *partitions = &top->partitions;
    uint16_t kept[BATCH_ROWS_MAX];
    int count = 0;
    for (int i = 0; i < dense->row_count; i++) {
        Partition *partition = partitions->found[i];
        if (is_behind(top, partition, dense, i))
            continue;
        partitions->found[count] = partition;
        kept[count++] = (uint16_t)i;
    }
    if (count == dense->row_count)
        return batch_retain(dense);
    Batch *selected = batch_select(dense, kept, count), *result = batch_dense(selected);
    batch_release(selected);
    return result;
}

static Status top_n_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    TopN *top = (TopN *)instance;
    Partitions *partitions = &top->partitions;
    if (batch->selected_count == 0)
        return OK;
    Batch *dense = batch_dense(batch);
    Status status = partitions_locate(partitions, dense, error);
    if (status == OK && top->is_bounded && top->end > 0) {
        Batch *kept = top->parameters->with_ties_rank ? batch_retain(dense) : refuse_hopeless(top, dense);
        partitions_count(partitions, kept);
        for (int i = 0; i < kept->row_count && !top->parameters->with_ties_rank; i++) {
            tighten_bound(top, partitions->found[i]);
            if (partitions->found[i]->list.slot_count / 3 > top->end + 5)
                prune_early(top, partitions->found[i]);
        }
        batch_release(kept);
    } else if (status == OK) {
        partitions_count(partitions, dense);
    }
    batch_release(dense);
    return status;
}

static Status finalise_more(TopN *top, Error *error) {
    Partitions *partitions = &top->partitions;
    if (!top->is_checked) {
        top->is_checked = true;
        return row_table_check(&partitions->rows, error);
    }
    if (top->next_partition < partitions->touched_count) {
        emit_partition(top, partitions->touched[top->next_partition++]);
        return OK;
    }
    slot_output_flush(top->output);
    for (int i = 0; top->is_bounded && i < partitions->touched_count; i++)
        prune(top, partitions->touched[i]);
    top->is_checked = false;
    top->next_partition = 0;
    top->is_finished = true;
    return partitions_settle(partitions, error);
}

static Status top_n_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    TopN *top = (TopN *)instance;
    *batch = NULL;
    *progress = PROGRESS_IDLE;
    if (!operator_is_sealed(instance))
        return OK;
    *progress = PROGRESS_MORE;
    while ((*batch = queue_pop(&top->queue)) == NULL) {
        if (top->is_finished) {
            top->is_finished = false;
            *progress = PROGRESS_DONE;
            return OK;
        }
        TRY(finalise_more(top, error));
    }
    return OK;
}

static void top_n_derive_watermarks(Operator *instance) {
    const TopNParameters *parameters = instance->spec->parameters;
    for (int i = 0; i < instance->spec->output.count; i++)
        instance->watermarks[i] = WATERMARK_NONE;
    for (int i = 0; i < parameters->partition_count; i++)
        instance->watermarks[parameters->partition[i]] =
            instance->input_watermarks[0][parameters->partition[i]];
}

static void top_n_reset(Operator *instance) {
    TopN *top = (TopN *)instance;
    partitions_reset(&top->partitions);
    queue_clear(&top->queue);
    top->output->count = 0;
    top->is_checked = top->is_finished = false;
    top->next_partition = 0;
}

static void top_n_close(Operator *instance) {
    TopN *top = (TopN *)instance;
    partitions_close(&top->partitions);
    queue_clear(&top->queue);
    memory_free(top->output);
}

static const Field top_n_fields[] = {
    FIELD_LIST(COLUMNS, TopNParameters, partition, partition_count, "partition by"),
    FIELD_LIST(SORT_KEYS, TopNParameters, keys, key_count, "order by"),
    FIELD(INT8, TopNParameters, limit, "limit"),
    FIELD(INT8, TopNParameters, offset, "offset"),
    FIELD(BOOL, TopNParameters, with_rank, "with row number"),
    FIELD(BOOL, TopNParameters, with_ties_rank, "with rank"),
    FIELDS_END,
};

const OperatorType top_n_operator = {
    .name = "TopN",
    .version = 1,
    .fields = top_n_fields,
    .parameters_size = sizeof(TopNParameters),
    .reads_first = 1,
    .size = sizeof(TopN),
    .open = top_n_open,
    .on_batch = top_n_on_batch,
    .produce = top_n_produce,
    .derive_watermarks = top_n_derive_watermarks,
    .reset = top_n_reset,
    .close = top_n_close,
};
