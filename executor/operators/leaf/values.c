/* Values: constant rows, emitted once. */
#include "executor/operators/leaf/values.h"

#include "executor/operators/operator.h"

typedef struct Values {
    Operator base;
    int next_row;
} Values;

static Status values_open(Operator *instance, Error *error) {
    const ValuesParameters *parameters = instance->spec->parameters;
    /* The rows exist once, whatever the number of workers, and not again after a restart. */
    if (instance->context->worker > 0 || instance->context->is_restored)
        ((Values *)instance)->next_row = parameters->row_count;
    return OK;
}

static Status fill_row(Values *values, Batch *batch, int row, Arena *arena, Error *error) {
    const ValuesParameters *parameters = values->base.spec->parameters;
    const OperatorContext *context = values->base.context;
    for (int c = 0; c < batch->column_count; c++) {
        const Expression *expression =
            parameters->expressions[(size_t)values->next_row * (size_t)batch->column_count + (size_t)c];
        Value value = expression->value;
        if (expression->kind != EXPRESSION_CONSTANT)
            TRY(expression_evaluate_constant(
                expression, context->settings, context->session, arena, &value, error));
        column_set_value(batch->columns[c], row, &value);
    }
    return OK;
}

static Status values_produce(Operator *instance, Batch **out, Progress *progress, Error *error) {
    Values *values = (Values *)instance;
    const ValuesParameters *parameters = instance->spec->parameters;
    const Schema *output = &instance->spec->output;
    int count = parameters->row_count - values->next_row;
    *out = NULL;
    *progress = PROGRESS_DONE;
    if (count <= 0)
        return OK;
    count = count > BATCH_ROWS_MAX ? BATCH_ROWS_MAX : count;
    Batch *batch = batch_builder(output->types, output->count, count);
    Arena *arena = arena_create();
    Status status = OK;
    for (int row = 0; row < count && status == OK; row++, values->next_row++)
        status = fill_row(values, batch, row, arena, error);
    arena_destroy(arena);
    batch->row_count = batch->selected_count = count;
    *progress = PROGRESS_MORE;
    if (status == OK)
        *out = batch;
    else
        batch_release(batch);
    return status;
}

/* Nothing more will ever come. */
static void values_derive_watermarks(Operator *instance) {
    for (int i = 0; i < instance->spec->output.count; i++)
        instance->watermarks[i] = spec_has_watermark(instance->spec, i) ? WATERMARK_END : WATERMARK_NONE;
}

static void values_reset(Operator *instance) {
    ((Values *)instance)->next_row = 0;
}

static const Field values_fields[] = {
    FIELD(INT, ValuesParameters, row_count, "rows"),
    FIELD_LIST_OF(INPUT_NONE, EXPRESSIONS, ValuesParameters, expressions, expression_count, NULL),
    FIELDS_END,
};

const OperatorType values_operator = {
    .name = "Values",
    .version = 1,
    .fields = values_fields,
    .parameters_size = sizeof(ValuesParameters),
    .size = sizeof(Values),
    .open = values_open,
    .produce = values_produce,
    .derive_watermarks = values_derive_watermarks,
    .reset = values_reset,
};
