/* Recursion: WITH RECURSIVE. The term is evaluated by whoever drives the query (Environment.evaluate), over a
   working table that it finds there. */
#include "executor/operators/recursion.h"

#include "executor/base/memory.h"
#include "executor/operators/environment.h"
#include "executor/operators/operator.h"
#include "executor/operators/rows/queue.h"

typedef struct Recursion {
    Operator base;
    const RecursionParameters *parameters;
    BatchList working; /* rows of the round that is being made, or was made last */
    BatchQueue output;
    StateTable *seen; /* UNION: all rows so far */
    int *columns;
} Recursion;

static Status recursion_open(Operator *instance, Error *error) {
    Recursion *recursion = (Recursion *)instance;
    const Schema *output = &instance->spec->output;
    recursion->parameters = instance->spec->parameters;
    recursion->columns = NEW_ARRAY(int, output->count + 1);
    for (int i = 0; i < output->count; i++)
        recursion->columns[i] = i;
    if (recursion->parameters->is_distinct)
        recursion->seen = state_table_open(instance->context->state,
            &(StateTableSpec){
                .key_count = output->count, .cell_count = output->count, .cells = output->types});
    return OK;
}

/* Of a dense batch the rows that were not seen before, once each. */
static Status keep_unseen(Recursion *recursion, Batch **batch, Error *error) {
    uint64_t hashes[BATCH_ROWS_MAX];
    Slot slots[BATCH_ROWS_MAX];
    uint8_t is_new[BATCH_ROWS_MAX];
    uint16_t rows[BATCH_ROWS_MAX];
    int count = 0;
    state_table_hash(recursion->seen, *batch, recursion->columns, hashes);
    TRY(state_table_load(recursion->seen, *batch, recursion->columns, hashes, error));
    state_table_insert(recursion->seen, *batch, recursion->columns, hashes, slots, is_new);
    for (int row = 0; row < (*batch)->row_count; row++)
        if (is_new[row])
            rows[count++] = (uint16_t)row;
    Column *columns[(*batch)->column_count + 1];
    for (int c = 0; c < (*batch)->column_count; c++)
        columns[c] = column_gather((*batch)->columns[c], rows, count);
    Batch *kept = batch_create(count, (*batch)->column_count, columns);
    batch_release(*batch);
    *batch = kept;
    return OK;
}

static Status take(Recursion *recursion, Batch *batch, Error *error) {
    Batch *dense = batch_dense(batch);
    Status status = recursion->seen == NULL ? OK : keep_unseen(recursion, &dense, error);
    if (status == OK && dense->row_count > 0) {
        batch_list_add(&recursion->working, batch_retain(dense));
        queue_push(&recursion->output, batch_retain(dense));
    }
    batch_release(dense);
    return status;
}

static Status recursion_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    return batch->selected_count == 0 ? OK : take((Recursion *)instance, batch, error);
}

static Status run_round(Recursion *recursion, Error *error) {
    Environment *environment = recursion->base.context->environment;
    QueryEnvironment *query = environment->query;
    if (query == NULL || query->evaluate == NULL)
        return error_set(error, STATUS_INTERNAL_ERROR, "nothing evaluates a recursive query here");
    BatchList rows = {0}, before = recursion->working;
    WorkingTable table = {query->working, recursion->parameters->number, &before};
    recursion->working = (BatchList){0};
    query->working = &table;
    Status status = query->evaluate(environment, recursion->parameters->term, &rows, error);
    query->working = table.outer;
    for (int i = 0; i < rows.count && status == OK; i++)
        status = take(recursion, rows.batches[i], error);
    batch_list_clear(&rows);
    batch_list_clear(&before);
    return status;
}

static Status recursion_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    Recursion *recursion = (Recursion *)instance;
    *batch = queue_pop(&recursion->output);
    *progress = PROGRESS_MORE;
    if (*batch != NULL)
        return OK;
    *progress = !operator_is_sealed(instance)   ? PROGRESS_IDLE
                : recursion->working.count == 0 ? PROGRESS_DONE
                                                : PROGRESS_MORE;
    return *progress == PROGRESS_MORE ? run_round(recursion, error) : OK;
}

static void recursion_reset(Operator *instance) {
    Recursion *recursion = (Recursion *)instance;
    batch_list_clear(&recursion->working);
    queue_clear(&recursion->output);
}

static void recursion_close(Operator *instance) {
    recursion_reset(instance);
    memory_free(((Recursion *)instance)->columns);
}

static const Field recursion_fields[] = {
    FIELD(INT, RecursionParameters, number, NULL),
    FIELD(BOOL, RecursionParameters, is_distinct, "distinct"),
    FIELDS_END,
};

const OperatorType recursion_operator = {
    .name = "Recursion",
    .version = 1,
    .fields = recursion_fields,
    .parameters_size = sizeof(RecursionParameters),
    .size = sizeof(Recursion),
    .open = recursion_open,
    .on_batch = recursion_on_batch,
    .produce = recursion_produce,
    .reset = recursion_reset,
    .close = recursion_close,
};
