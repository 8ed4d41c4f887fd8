/* WorkingTable: the rows of a recursion's last round. */
#include "executor/operators/environment.h"
#include "executor/operators/operator.h"
#include "executor/operators/recursion.h"

typedef struct WorkingScan {
    Operator base;
    int next;
} WorkingScan;

static Status working_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    WorkingScan *scan = (WorkingScan *)instance;
    const WorkingTableParameters *parameters = instance->spec->parameters;
    const QueryEnvironment *query = instance->context->environment->query;
    const WorkingTable *table = query == NULL ? NULL : query->working;
    while (table != NULL && table->number != parameters->number)
        table = table->outer;
    *batch = NULL;
    *progress = PROGRESS_DONE;
    if (table == NULL)
        return error_set(
            error, STATUS_INTERNAL_ERROR, "the working table of a recursive query is read outside of it");
    if (scan->next == table->rows->count)
        return OK;
    *batch = batch_retain(table->rows->batches[scan->next++]);
    *progress = PROGRESS_MORE;
    return OK;
}

static void working_reset(Operator *instance) {
    ((WorkingScan *)instance)->next = 0;
}

static const Field working_fields[] = {
    FIELD(INT, WorkingTableParameters, number, NULL),
    FIELDS_END,
};

const OperatorType working_table_operator = {
    .name = "WorkingTable",
    .version = 1,
    .fields = working_fields,
    .parameters_size = sizeof(WorkingTableParameters),
    .size = sizeof(WorkingScan),
    .produce = working_produce,
    .reset = working_reset,
};
