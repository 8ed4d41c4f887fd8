/* SystemScan: reads a catalog relation through the environment. */
#include "executor/operators/leaf/system_scan.h"

#include "executor/base/memory.h"
#include "executor/operators/environment.h"
#include "executor/operators/operator.h"

typedef struct SystemScan {
    Operator base;
    BatchList rows;
    int next;
    bool is_started;
} SystemScan;

static Status system_scan_open(Operator *instance, Error *error) {
    const SystemScanParameters *parameters = instance->spec->parameters;
    if (!instance->context->is_one_shot)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
            "continuous queries cannot read the system relation \"%s\"", parameters->relation);
    return OK;
}

static Status system_scan_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    SystemScan *scan = (SystemScan *)instance;
    const SystemScanParameters *parameters = instance->spec->parameters;
    Environment *environment = instance->context->environment;
    *batch = NULL;
    if (environment->query == NULL)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
            "a continuous query cannot read the system relation \"%s\"", parameters->relation);
    if (!scan->is_started)
        TRY(environment->query->system_rows(environment, parameters->relation, &scan->rows, error));
    scan->is_started = true;
    *progress = PROGRESS_DONE;
    if (scan->next == scan->rows.count)
        return OK;
    *progress = PROGRESS_MORE;
    *batch = batch_project(scan->rows.batches[scan->next++], parameters->columns, parameters->column_count);
    return OK;
}

static void system_scan_clear(Operator *instance) {
    SystemScan *scan = (SystemScan *)instance;
    for (int i = 0; i < scan->rows.count; i++)
        batch_release(scan->rows.batches[i]);
    memory_free(scan->rows.batches);
    scan->rows = (BatchList){0};
    scan->next = 0;
    scan->is_started = false;
}

static const Field system_scan_fields[] = {
    FIELD(TEXT, SystemScanParameters, relation, ""),
    FIELD_LIST_OF(INPUT_NONE, COLUMNS, SystemScanParameters, columns, column_count, NULL),
    FIELDS_END,
};

const OperatorType system_scan_operator = {
    .name = "SystemScan",
    .version = 1,
    .fields = system_scan_fields,
    .parameters_size = sizeof(SystemScanParameters),
    .size = sizeof(SystemScan),
    .open = system_scan_open,
    .produce = system_scan_produce,
    .reset = system_scan_clear,
    .close = system_scan_clear,
};
