/* TableFunction: runs a set function, or several in step, alone or once for each input row. */
#include "executor/operators/leaf/table_function.h"

#include <string.h>

#include "executor/base/memory.h"
#include "executor/functions/set.h"
#include "executor/operators/rows/failures.h"
#include "executor/operators/rows/queue.h"

enum { FUNCTIONS_MAX = 8, ARGUMENTS_MAX = 8, COLUMNS_MAX = 8 };

/* One function and its call for row next_row. */
typedef struct Member {
    const SetFunction *function;
    int first_argument, argument_count; /* of the operator's */
    int first_column, column_count;
    SetContext call;
    bool is_calling; /* has more rows */
} Member;

typedef struct TableFunction {
    Operator base;
    Member members[FUNCTIONS_MAX];
    int member_count;
    Evaluator **evaluators;
    BatchQueue queue;
    Arena *arena;       /* of the call */
    Arena *messages;    /* of failed rows */
    Batch *input;       /* whose rows are at work; a leaf works on one row without columns */
    Column **arguments; /* over the input's selected rows */
    uint64_t failed[BATCH_ROWS_MAX / 64]; /* input rows whose arguments failed */
    int next_row;                         /* position in the selection */
    bool is_calling;                      /* row next_row has more rows */
    int64_t row_ordinal;                  /* rows of the call so far */
    bool is_finished;                     /* a leaf that has emitted its rows */
} TableFunction;

static Status find_member(
    Member *member, const TableFunctionParameters *parameters, const char *name, Arena *arena, Error *error) {
    Type types[ARGUMENTS_MAX], results[COLUMNS_MAX];
    const char *names[COLUMNS_MAX];
    /* Alone it has all arguments; one of several is named by its signature, which says how many. */
    const Function *known = function_by_signature(name);
    int count = parameters->argument_count - member->first_argument;
    if (known != NULL && known->argument_count < count)
        count = known->argument_count;
    for (int i = 0; i < count && i < ARGUMENTS_MAX; i++)
        types[i] = parameters->arguments[member->first_argument + i]->type;
    member->argument_count = count;
    member->function = count > ARGUMENTS_MAX ? NULL : set_function_find(name, types, count);
    if (member->function == NULL)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
            "this server has no set-returning function %s with these arguments", name);
    member->column_count = set_function_columns(member->function, types, count, arena, names, results);
    member->call.name = function_by_signature(member->function->signature)->name;
    return OK;
}

/* "f(int4) -> setof int4;g(text) -> setof text": their arguments and columns follow each other. */
static Status find_members(TableFunction *self, const TableFunctionParameters *parameters, Error *error) {
    char *rest = arena_strdup(self->messages, parameters->function), *name;
    int argument = 0, column = 0;
    while ((name = strsep(&rest, ";")) != NULL && self->member_count < FUNCTIONS_MAX) {
        Member *member = &self->members[self->member_count++];
        member->first_argument = argument;
        member->first_column = column;
        TRY(find_member(member, parameters, name, self->messages, error));
        argument += member->argument_count;
        column += member->column_count;
    }
    if (name != NULL || argument != parameters->argument_count || column != parameters->columns.count ||
        column > COLUMNS_MAX)
        return error_set(error, STATUS_INTERNAL_ERROR, "%s does not take %d arguments or return %d columns",
            parameters->function, parameters->argument_count, parameters->columns.count);
    return OK;
}

static Status table_function_open(Operator *instance, Error *error) {
    TableFunction *self = (TableFunction *)instance;
    const TableFunctionParameters *parameters = instance->spec->parameters;
    const OperatorContext *context = instance->context;
    int count = parameters->argument_count;
    if (instance->spec->input_count == 0 && !context->is_one_shot)
        return error_set(error, STATUS_INTERNAL_ERROR, "TableFunction in a continuous query needs an input");
    self->arena = arena_create();
    self->messages = arena_create();
    TRY(find_members(self, parameters, error));
    self->evaluators = NEW_ARRAY(Evaluator *, count + 1);
    self->arguments = NEW_ARRAY(Column *, count + 1);
    for (int i = 0; i < count; i++)
        self->evaluators[i] = evaluator_create(parameters->arguments[i], context->settings, context->session);
    return OK;
}

static Status table_function_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    if (batch->selected_count > 0)
        queue_push(&((TableFunction *)instance)->queue, batch_retain(batch));
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
    Column *columns[COLUMNS_MAX]; /* the functions' */
    int64_t *ordinals;            /* NULL: not wanted */
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

/* Prepares the calls of row next_row: a strict function without one of its arguments gives no rows. */
static Status start_calls(TableFunction *self, Error *error) {
    arena_reset(self->arena);
    self->row_ordinal = 0;
    for (int m = 0; m < self->member_count; m++) {
        Member *member = &self->members[m];
        SetContext *call = &member->call;
        call->settings = self->base.context->settings;
        call->arena = self->arena;
        call->argument_count = member->argument_count;
        member->is_calling = true;
        for (int i = 0; i < member->argument_count; i++) {
            call->arguments[i] = column_value(self->arguments[member->first_argument + i], self->next_row);
            if (call->arguments[i].is_null && member->function->is_strict)
                member->is_calling = false;
        }
        if (member->is_calling)
            TRY(member->function->start(call, error));
    }
    return OK;
}

/* Rows of all functions side by side, as many as the longest gives; the others are padded. */
static Status next_rows(TableFunction *self, Output *output, int room, int *longest, Error *error) {
    int added[FUNCTIONS_MAX] = {0};
    *longest = 0;
    for (int m = 0; m < self->member_count; m++) {
        Member *member = &self->members[m];
        if (!member->is_calling)
            continue;
        TRY(member->function->next(
            &member->call, output->columns + member->first_column, output->count, room, &added[m], error));
        member->is_calling = added[m] == room;
        if (added[m] > *longest)
            *longest = added[m];
    }
    for (int m = 0; m < self->member_count; m++)
        for (int c = 0; c < self->members[m].column_count; c++)
            for (int row = added[m]; row < *longest; row++)
                column_set_null(output->columns[self->members[m].first_column + c], output->count + row);
    return OK;
}

/* A failing call ends; its row is reported. */
static void report_call(TableFunction *self, Status status, Error *error) {
    OperatorContext *context = self->base.context;
    context->row_failed(context, &self->base, self->input, batch_row(self->input, self->next_row), status,
        error->message == NULL ? "" : error->message);
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
    if (self->failed[self->next_row >> 6] >> (self->next_row & 63) & 1) {
        self->next_row++;
        return;
    }
    if (!self->is_calling)
        status = start_calls(self, &error);
    int added = 0;
    if (status == OK)
        status = next_rows(self, output, BATCH_ROWS_MAX - output->count, &added, &error);
    if (status != OK)
        report_call(self, status, &error);
    else
        add_rows(self, output, added);
    self->is_calling = false;
    for (int m = 0; m < self->member_count && status == OK; m++)
        self->is_calling |= self->members[m].is_calling;
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

static Status table_function_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    TableFunction *self = (TableFunction *)instance;
    *batch = NULL;
    bool has_input = self->input != NULL;
    if (!has_input)
        TRY(next_input(self, &has_input, error));
    if (!has_input) {
        *progress =
            instance->spec->input_count == 0 || operator_is_sealed(instance) ? PROGRESS_DONE : PROGRESS_IDLE;
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

static void table_function_derive_watermarks(Operator *instance) {
    const OperatorSpec *spec = instance->spec;
    int input_count = spec->input_count == 0 ? 0 : spec->inputs[0]->output.count;
    for (int i = 0; i < spec->output.count; i++)
        instance->watermarks[i] = i < input_count && spec_has_watermark(spec, i)
                                      ? instance->input_watermarks[0][i]
                                      : WATERMARK_NONE;
}

static void table_function_reset(Operator *instance) {
    TableFunction *self = (TableFunction *)instance;
    queue_clear(&self->queue);
    end_input(self);
    self->is_finished = false;
}

static void table_function_close(Operator *instance) {
    TableFunction *self = (TableFunction *)instance;
    const TableFunctionParameters *parameters = instance->spec->parameters;
    table_function_reset(instance);
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
