/* Over: partitions in order; those touched in a step are computed twice at its end, as they were and as they
   are, and the difference is emitted. */
#include "executor/operators/over/over.h"

#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/operators/operator.h"
#include "executor/operators/over/over_run.h"
#include "executor/operators/rows/queue.h"

typedef struct Over {
    Operator base;
    const OverParameters *parameters;
    const Schema *input;
    Partitions partitions;
    OverCallState *calls;
    OverRun old, now;
    Arena *scratch;
    BatchQueue queue;
    /* Output rows on their way: a slot, and a row of one of the runs. */
    int row_count;
    Slot *slots;
    int64_t *diffs;
    Column **results;
    bool is_checked; /* this step's finalisation has begun */
    int next_partition;
    bool is_finished;
} Over;

static Status open_call(Over *over, int index, int *argument, Error *error) {
    const OverParameters *parameters = over->parameters;
    OverCallState *call = &over->calls[index];
    call->argument_count = parameters->argument_counts[index];
    if (call->argument_count > 4)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
            "window functions with more than four arguments are not supported");
    for (int i = 0; i < call->argument_count; i++) {
        call->arguments[i] = parameters->arguments[(*argument)++];
        call->context.argument_types[i] = over->input->types[call->arguments[i]];
    }
    call->filter = parameters->filter_count > 0 ? parameters->filters[index] : -1;
    call->result_type = over->base.spec->output.types[over->input->count + index];
    call->function = over_function_by_name(parameters->functions[index]);
    if (call->function != NULL)
        return OK;
    call->aggregate = aggregate_by_signature(parameters->functions[index]);
    if (call->aggregate == NULL)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "window function %s is not supported",
            parameters->functions[index]);
    over_aggregate_open(call, over->base.context->settings, over->scratch, over->partitions.rows.table);
    return OK;
}

/* RANGE with an offset adds it to the sort key. */
static Status check_range(const Over *over, Error *error) {
    const OverParameters *parameters = over->parameters;
    bool has_offset = parameters->start == BOUND_PRECEDING || parameters->start == BOUND_FOLLOWING ||
                      parameters->end == BOUND_PRECEDING || parameters->end == BOUND_FOLLOWING;
    if (parameters->frame_mode != FRAME_RANGE || !has_offset || parameters->bound_count > 0)
        return OK;
    if (parameters->key_count != 1)
        return error_set(error, STATUS_WINDOWING_ERROR,
            "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column");
    switch (type_layout(over->input->types[parameters->keys[0].column])) {
    case LAYOUT_INT2:
    case LAYOUT_INT4:
    case LAYOUT_INT8:
        return OK;
    default: {
        Text name = {0};
        type_add_name(over->input->types[parameters->keys[0].column], &name);
        Status status = error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
            "RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s", text_string(&name));
        text_free(&name);
        return status;
    }
    }
}

static Status over_open(Operator *instance, Error *error) {
    Over *over = (Over *)instance;
    const OverParameters *parameters = over->parameters = instance->spec->parameters;
    const Schema *input = over->input = &instance->spec->inputs[0]->output;
    over->scratch = arena_create();
    over->calls = NEW_ARRAY(OverCallState, parameters->call_count + 1);
    over->slots = NEW_ARRAY(Slot, BATCH_ROWS_MAX);
    over->diffs = NEW_ARRAY(int64_t, BATCH_ROWS_MAX);
    over->results = NEW_ARRAY(Column *, parameters->call_count + 1);
    TRY(partitions_open(&over->partitions, instance->context->state,
        &(RowTableSpec){0, input->count, input->types, parameters->partition_count, parameters->partition, 0},
        parameters->keys, parameters->key_count, error));
    over->old = over->now = (OverRun){.parameters = parameters, .partitions = &over->partitions};
    TRY(check_range(over, error));
    int argument = 0;
    for (int i = 0; i < parameters->call_count; i++)
        TRY(open_call(over, i, &argument, error));
    return OK;
}

static Status over_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    if (batch->selected_count == 0)
        return OK;
    Batch *dense = batch_dense(batch);
    Status status = partitions_apply(&((Over *)instance)->partitions, dense, error);
    batch_release(dense);
    return status;
}

static void flush_rows(Over *over) {
    int call_count = over->parameters->call_count, column_count = 0;
    if (over->row_count == 0)
        return;
    Column *columns[over->input->count + call_count + 1];
    const RowTable *rows = &over->partitions.rows;
    for (int i = 0; i < over->input->count; i++)
        columns[column_count++] =
            state_table_gather(rows->table, rows->column_cells[i], over->slots, over->row_count);
    for (int i = 0; i < call_count; i++) {
        columns[column_count++] = over->results[i];
        over->results[i] = NULL;
    }
    Batch *batch = batch_create(over->row_count, column_count, columns);
    batch_need_diffs(batch, over->row_count);
    memcpy(batch->diffs, over->diffs, sizeof(int64_t) * (size_t)over->row_count);
    over->row_count = 0;
    queue_push(&over->queue, batch);
}

static void add_row(Over *over, const OverRun *run, int row, int64_t diff) {
    for (int i = 0; i < over->parameters->call_count; i++) {
        if (over->results[i] == NULL)
            over->results[i] = column_create(over->calls[i].result_type, BATCH_ROWS_MAX);
        if (column_is_null(run->results[i], row))
            column_set_null(over->results[i], over->row_count);
        else
            column_set_datum(over->results[i], over->row_count, column_at(run->results[i], row));
    }
    over->slots[over->row_count] = run->slots[row];
    over->diffs[over->row_count] = diff;
    if (++over->row_count == BATCH_ROWS_MAX)
        flush_rows(over);
}

static bool results_are_identical(const Over *over, int old, int now) {
    for (int i = 0; i < over->parameters->call_count; i++) {
        const Column *a = over->old.results[i], *b = over->now.results[i];
        if (column_is_null(a, old) != column_is_null(b, now) ||
            !datum_is_identical((Layout)a->layout, column_at(a, old), column_at(b, now)))
            return false;
    }
    return true;
}

/* Both runs are in the same order, so rows of one slot stand at both merge points together. */
static void emit_difference(Over *over) {
    const OverRun *old = &over->old, *now = &over->now;
    int i = 0, j = 0;
    while (i < old->count || j < now->count) {
        int order = i == old->count ? 1
                    : j == now->count
                        ? -1
                        : slot_order_compare(over->partitions.order, old->slots[i], now->slots[j]);
        if (order == 0 && (results_are_identical(over, i, j) || MUTANT("over-neighbours-stay"))) {
            i++;
            j++;
            continue;
        }
        if (order <= 0)
            add_row(over, old, i++, -1);
        if (order >= 0)
            add_row(over, now, j++, 1);
    }
}

static void report(Over *over, const OverRun *run, Slot slot, int64_t diff) {
    int key_count = over->parameters->partition_count;
    Column *columns[key_count + 1];
    for (int i = 0; i < key_count; i++)
        columns[i] = state_table_gather(over->partitions.rows.table, i, &slot, 1);
    Batch *key = batch_create(1, key_count, columns);
    batch_need_diffs(key, 1);
    key->diffs[0] = diff;
    over->base.context->row_failed(over->base.context, &over->base, key, 0, run->failure, run->message);
    batch_release(key);
}

static void compute_run(Over *over, OverRun *run, const Partition *partition, bool is_old) {
    over_run_begin(run, partition, is_old);
    over_run_compute(run, over->calls, over->parameters->call_count);
    arena_reset(over->scratch);
}

static void emit_partition(Over *over, const Partition *partition) {
    OverRun *old = &over->old, *now = &over->now;
    if (slot_list_is_empty(&partition->list))
        return;
    compute_run(over, old, partition, true);
    compute_run(over, now, partition, false);
    bool is_same =
        old->failure != OK && old->failure == now->failure && strcmp(old->message, now->message) == 0;
    if (old->failure != OK) {
        if (!is_same)
            report(over, old, slot_list_last(&partition->list), -1);
        old->count = 0;
    }
    if (now->failure != OK) {
        if (!is_same)
            report(over, now, slot_list_last(&partition->list), 1);
        now->count = 0;
    }
    emit_difference(over);
    over_run_end(old);
    over_run_end(now);
}

static Status finalise_more(Over *over, Error *error) {
    Partitions *partitions = &over->partitions;
    if (!over->is_checked) {
        over->is_checked = true;
        return row_table_check(&partitions->rows, error);
    }
    if (over->next_partition < partitions->touched_count) {
        emit_partition(over, partitions->touched[over->next_partition++]);
        return OK;
    }
    flush_rows(over);
    over->is_checked = false;
    over->next_partition = 0;
    over->is_finished = true;
    return partitions_settle(partitions, error);
}

static Status over_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    Over *over = (Over *)instance;
    *batch = NULL;
    *progress = PROGRESS_IDLE;
    if (!operator_is_sealed(instance))
        return OK;
    *progress = PROGRESS_MORE;
    while ((*batch = queue_pop(&over->queue)) == NULL) {
        if (over->is_finished) {
            over->is_finished = false;
            *progress = PROGRESS_DONE;
            return OK;
        }
        TRY(finalise_more(over, error));
    }
    return OK;
}

static void over_derive_watermarks(Operator *instance) {
    const OverParameters *parameters = instance->spec->parameters;
    for (int i = 0; i < instance->spec->output.count; i++)
        instance->watermarks[i] = WATERMARK_NONE;
    for (int i = 0; i < parameters->partition_count; i++)
        instance->watermarks[parameters->partition[i]] =
            instance->input_watermarks[0][parameters->partition[i]];
}

static void clear_rows(Over *over) {
    for (int i = 0; i < over->parameters->call_count; i++) {
        column_release(over->results[i]);
        over->results[i] = NULL;
    }
    over->row_count = 0;
    queue_clear(&over->queue);
}

static void over_reset(Operator *instance) {
    Over *over = (Over *)instance;
    partitions_reset(&over->partitions);
    clear_rows(over);
    over->is_checked = over->is_finished = false;
    over->next_partition = 0;
}

static void over_close(Operator *instance) {
    Over *over = (Over *)instance;
    clear_rows(over);
    partitions_close(&over->partitions);
    over_run_free(&over->old);
    over_run_free(&over->now);
    for (int i = 0; i < over->parameters->call_count; i++)
        memory_free(over->calls[i].state);
    memory_free(over->calls);
    memory_free(over->slots);
    memory_free(over->diffs);
    memory_free(over->results);
    arena_destroy(over->scratch);
}

static const char *const mode_names[] = {"range", "rows", "groups", NULL};
static const char *const bound_names[] = {
    "unbounded preceding", "preceding", "current row", "following", "unbounded following", NULL};

static const Field over_fields[] = {
    FIELD_LIST(TEXTS, OverParameters, functions, call_count, "functions"),
    FIELD_LIST(COLUMNS, OverParameters, arguments, argument_total, "arguments"),
    FIELD_LIST_OF(INPUT_NONE, COLUMNS, OverParameters, argument_counts, argument_count_count, NULL),
    FIELD_LIST_OF(INPUT_NONE, COLUMNS, OverParameters, filters, filter_count, NULL),
    FIELD_LIST(COLUMNS, OverParameters, partition, partition_count, "partition by"),
    FIELD_LIST(SORT_KEYS, OverParameters, keys, key_count, "order by"),
    FIELD_NAMED(OverParameters, frame_mode, mode_names),
    FIELD_NAMED(OverParameters, start, bound_names),
    FIELD_NAMED(OverParameters, end, bound_names),
    FIELD(INT8, OverParameters, start_offset, NULL),
    FIELD(INT8, OverParameters, end_offset, NULL),
    FIELD_LIST(COLUMNS, OverParameters, bounds, bound_count, "bounds"),
    FIELD(INT, OverParameters, exclude, NULL),
    FIELDS_END,
};

const OperatorType over_operator = {
    .name = "Over",
    .version = 1,
    .fields = over_fields,
    .parameters_size = sizeof(OverParameters),
    .reads_first = 1,
    .size = sizeof(Over),
    .open = over_open,
    .on_batch = over_on_batch,
    .produce = over_produce,
    .derive_watermarks = over_derive_watermarks,
    .reset = over_reset,
    .close = over_close,
};
