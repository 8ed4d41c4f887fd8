/* TableFunction: runs a set function, alone or once for each input row. */
#include "executor/operators/table_function.h"

#include <string.h>

#include "executor/base/memory.h"
#include "executor/functions/set.h"
#include "executor/operators/failures.h"
#include "executor/operators/queue.h"

typedef struct TableFunction {
    Operator base;
    const SetFunction *function;
    Evaluator **evaluators;
    BatchQueue queue;
    Arena *arena;                         /* of the call */
    Arena *messages;                      /* of failed rows */
    Batch *input;                         /* whose rows are at work; a leaf works on one row without columns */
    Column **arguments;                   /* over the input's selected rows */
    uint64_t failed[BATCH_ROWS_MAX / 64]; /* input rows whose arguments failed */
    int next_row;                         /* position in the selection */
    SetContext call;                      /* of row next_row, when is_calling */
    bool is_calling;
    int64_t row_ordinal; /* rows of the call so far */
    bool is_finished;    /* a leaf that has emitted its rows */
} TableFunction;

static Status table_function_open(Operator *operator, Error * error) {
    TableFunction *self = (TableFunction *)operator;
    const TableFunctionParameters *parameters = operator->spec->parameters;
    const OperatorContext *context = operator->context;
    Type types[8];
    int count = parameters->argument_count;
    if (operator->spec->input_count == 0 && !context->is_one_shot)
        return error_set(error, STATUS_INTERNAL_ERROR, "TableFunction in a continuous query needs an input");
    for (int i = 0; i < count && i < 8; i++)
        types[i] = parameters->arguments[i]->type;
    self->arena = arena_create();
    self->messages = arena_create();
    self->function = count > 8 ? NULL : set_function_find(parameters->function, types, count);
    if (self->function == NULL)
        return error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "this server has no set-returning function %s with these arguments", parameters->function);
    const char *names[8];
    Type results[8];
    if (set_function_columns(self->function, types, count, self->arena, names, results) != parameters->columns.count)
        return error_set(error, STATUS_INTERNAL_ERROR, "function %s does not return %d columns", parameters->function, parameters->columns.count);
    self->call.name = function_by_signature(self->function->signature)->name;
    self->evaluators = NEW_ARRAY(Evaluator *, count + 1);
    self->arguments = NEW_ARRAY(Column *, count + 1);
    for (int i = 0; i < count; i++)
        self->evaluators[i] = evaluator_create(parameters->arguments[i], context->settings, context->session);
    return OK;
}

static Status table_function_on_batch(Operator *operator, int input, Batch *batch, Error *error) {
    if (batch->selected_count > 0)
        queue_push(&((TableFunction *)operator)->queue, batch_retain(batch));
    return OK;
}

static void end_input(TableFunction *self) {
    const TableFunctionParameters *parameters = self->base.spec->parameters;
    for (int i = 0; self->arguments != NULL && i < parameters->argument_count; i++) {
        column_release(self->arguments[i]);
        self->arguments[i] = NULL;
    }
    batch_release(self->input);
    self->input = NULL;
    self->is_calling = false;
    self->next_row = 0;
}

static Status begin_input(TableFunction *self, Batch *input, Error *error) {
    const TableFunctionParameters *parameters = self->base.spec->parameters;
    RowErrors errors = {.arena = self->messages};
    Status status = OK;
    self->input = input;
    self->next_row = 0;
    memset(self->failed, 0, sizeof self->failed);
    for (int i = 0; i < parameters->argument_count && status == OK; i++)
        status = evaluator_run(self->evaluators[i], input, &errors, &self->arguments[i], error);
    for (int i = 0; i < errors.count; i++)
        self->failed[errors.rows[i].row >> 6] |= (uint64_t)1 << (errors.rows[i].row & 63);
    if (status == OK && errors.count > 0)
        failures_report(&self->base, input, &errors);
    row_errors_free(&errors);
    arena_reset(self->messages);
    return status;
}

/* One output batch while it is filled. */
typedef struct Output {
    Column *columns[8]; /* the function's */
    int64_t *ordinals;  /* NULL: not wanted */
    Column *ordinal_column;
    uint16_t *rows; /* physical input row of each output row */
    int count;
} Output;

static void output_open(const TableFunction *self, Output *output) {
    const TableFunctionParameters *parameters = self->base.spec->parameters;
    *output = (Output){.rows = memory_allocate(BATCH_ROWS_MAX * sizeof(uint16_t))};
    for (int i = 0; i < parameters->columns.count; i++)
        output->columns[i] = column_create(parameters->columns.types[i], BATCH_ROWS_MAX);
    if (parameters->with_ordinality) {
        output->ordinal_column = column_create(type_of(TYPE_INT8), BATCH_ROWS_MAX);
        output->ordinals = output->ordinal_column->values;
    }
}

/* Gives the batch, or NULL when no row came; frees the rest. */
static Batch *output_close(TableFunction *self, Output *output) {
    const TableFunctionParameters *parameters = self->base.spec->parameters;
    int input_count = self->input->column_count, function_count = parameters->columns.count,
        total = input_count + function_count + (output->ordinals != NULL);
    Batch *batch = NULL;
    Column **columns = NEW_ARRAY(Column *, total + 1);
    for (int i = 0; i < input_count && output->count > 0; i++)
        columns[i] = column_gather(self->input->columns[i], output->rows, output->count);
    memcpy(columns + input_count, output->columns, (size_t)function_count * sizeof *columns);
    if (output->ordinals != NULL)
        columns[total - 1] = output->ordinal_column;
    if (output->count > 0) {
        batch = batch_create(output->count, total, columns);
        if (self->input->diffs != NULL) {
            batch_need_diffs(batch, output->count);
            for (int i = 0; i < output->count; i++)
                batch->diffs[i] = self->input->diffs[output->rows[i]];
        }
    } else {
        for (int i = input_count; i < total; i++)
            column_release(columns[i]);
    }
    memory_free(columns);
    memory_free(output->rows);
    return batch;
}

static void pad_row(const TableFunction *self, Output *output) {
    const TableFunctionParameters *parameters = self->base.spec->parameters;
    for (int i = 0; i < parameters->columns.count; i++)
        column_set_null(output->columns[i], output->count);
    if (output->ordinals != NULL)
        column_set_null(output->ordinal_column, output->count);
    output->rows[output->count++] = (uint16_t)batch_row(self->input, self->next_row);
}

/* Prepares the call of row next_row; *has_rows false: it gives none. */
static Status start_call(TableFunction *self, bool *has_rows, Error *error) {
    const TableFunctionParameters *parameters = self->base.spec->parameters;
    arena_reset(self->arena);
    self->call.settings = self->base.context->settings;
    self->call.arena = self->arena;
    self->call.argument_count = parameters->argument_count;
    self->row_ordinal = 0;
    *has_rows = true;
    for (int i = 0; i < parameters->argument_count; i++) {
        self->call.arguments[i] = column_value(self->arguments[i], self->next_row);
        if (self->call.arguments[i].is_null && self->function->is_strict)
            *has_rows = false;
    }
    return *has_rows ? self->function->start(&self->call, error) : OK;
}

/* A failing call ends; its row is reported. */
static void report_call(TableFunction *self, Status status, Error *error) {
    OperatorContext *context = self->base.context;
    context->row_failed(
        context, &self->base, self->input, batch_row(self->input, self->next_row), status, error->message == NULL ? "" : error->message);
    error_clear(error);
}

static void add_rows(TableFunction *self, Output *output, int added) {
    uint16_t row = (uint16_t)batch_row(self->input, self->next_row);
    for (int i = 0; i < added; i++) {
        output->rows[output->count + i] = row;
        if (output->ordinals != NULL)
            output->ordinals[output->count + i] = self->row_ordinal + i + 1;
    }
    self->row_ordinal += added;
    output->count += added;
}

/* Works on row next_row until it has ended (then goes on to the next) or the output is full. */
static void run_row(TableFunction *self, Output *output) {
    const TableFunctionParameters *parameters = self->base.spec->parameters;
    Error error = {0};
    Status status = OK;
    bool has_rows = true;
    if (self->failed[self->next_row >> 6] >> (self->next_row & 63) & 1) {
        self->next_row++;
        return;
    }
    if (!self->is_calling)
        status = start_call(self, &has_rows, &error);
    int room = BATCH_ROWS_MAX - output->count, added = 0;
    if (status == OK && has_rows)
        status = self->function->next(&self->call, output->columns, output->count, room, &added, &error);
    if (status != OK)
        report_call(self, status, &error);
    else
        add_rows(self, output, added);
    self->is_calling = status == OK && has_rows && added == room;
    if (self->is_calling)
        return;
    if (status == OK && parameters->is_outer && self->row_ordinal == 0)
        pad_row(self, output);
    self->next_row++;
}

static Status next_input(TableFunction *self, bool *has_input, Error *error) {
    Batch *input = queue_pop(&self->queue);
    if (self->base.spec->input_count == 0 && !self->is_finished) {
        input = batch_create(1, 0, NULL);
        self->is_finished = true;
    }
    *has_input = input != NULL;
    return input == NULL ? OK : begin_input(self, input, error);
}

static Status table_function_produce(Operator *operator, Batch ** batch, Progress *progress, Error *error) {
    TableFunction *self = (TableFunction *)operator;
    *batch = NULL;
    bool has_input = self->input != NULL;
    if (!has_input)
        TRY(next_input(self, &has_input, error));
    if (!has_input) {
        *progress = operator->spec->input_count == 0 || operator_is_sealed(operator) ? PROGRESS_DONE : PROGRESS_IDLE;
        return OK;
    }
    *progress = PROGRESS_MORE;
    Output output;
    output_open(self, &output);
    while (self->next_row < self->input->selected_count && output.count < BATCH_ROWS_MAX)
        run_row(self, &output);
    *batch = output_close(self, &output);
    if (self->next_row == self->input->selected_count)
        end_input(self);
    return OK;
}

static void table_function_derive_watermarks(Operator *operator) {
    const OperatorSpec *spec = operator->spec;
    int input_count = spec->input_count == 0 ? 0 : spec->inputs[0]->output.count;
    for (int i = 0; i < spec->output.count; i++)
        operator->watermarks[i] = i<input_count && spec_has_watermark(spec, i) ? operator->input_watermarks[0][i] : WATERMARK_NONE;
}

static void table_function_reset(Operator *operator) {
    TableFunction *self = (TableFunction *)operator;
    queue_clear(&self->queue);
    end_input(self);
    self->is_finished = false;
}

static void table_function_close(Operator *operator) {
    TableFunction *self = (TableFunction *)operator;
    const TableFunctionParameters *parameters = operator->spec->parameters;
    table_function_reset(operator);
    for (int i = 0; self->evaluators != NULL && i < parameters->argument_count; i++)
        evaluator_destroy(self->evaluators[i]);
    memory_free(self->evaluators);
    memory_free(self->arguments);
    arena_destroy(self->arena);
    arena_destroy(self->messages);
}

static const Field table_function_fields[] = {
    FIELD(TEXT, TableFunctionParameters, function, ""),
    FIELD_LIST(EXPRESSIONS, TableFunctionParameters, arguments, argument_count, "arguments"),
    FIELD(SCHEMA, TableFunctionParameters, columns, NULL),
    FIELD(BOOL, TableFunctionParameters, with_ordinality, "with ordinality"),
    FIELD(BOOL, TableFunctionParameters, is_outer, "outer"),
    FIELDS_END,
};

const OperatorType table_function_operator = {
    .name = "TableFunction",
    .version = 1,
    .fields = table_function_fields,
    .parameters_size = sizeof(TableFunctionParameters),
    .size = sizeof(TableFunction),
    .open = table_function_open,
    .on_batch = table_function_on_batch,
    .produce = table_function_produce,
    .derive_watermarks = table_function_derive_watermarks,
    .reset = table_function_reset,
    .close = table_function_close,
};
