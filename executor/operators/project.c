/* Project: one evaluator an output column. Columns that are only passed on are shared with the input. */
#include "executor/operators/project.h"

#include <string.h>

#include "executor/base/memory.h"
#include "executor/operators/rows/failures.h"
#include "executor/operators/rows/queue.h"

typedef struct Project {
    Operator base;
    Evaluator **evaluators;
    int *columns; /* when every expression is a column: which; else NULL */
    Arena *arena; /* messages of failed rows */
    BatchQueue queue;
} Project;

static Status project_open(Operator *instance, Error *error) {
    Project *project = (Project *)instance;
    const ProjectParameters *parameters = instance->spec->parameters;
    int count = parameters->expression_count;
    project->arena = arena_create();
    project->evaluators = NEW_ARRAY(Evaluator *, count + 1);
    project->columns = NEW_ARRAY(int, count + 1);
    bool is_rearranging = true;
    for (int i = 0; i < count; i++) {
        const Expression *expression = parameters->expressions[i];
        project->evaluators[i] =
            evaluator_create(expression, instance->context->settings, instance->context->session);
        is_rearranging &= expression->kind == EXPRESSION_COLUMN;
        project->columns[i] = expression->column;
    }
    if (!is_rearranging) {
        memory_free(project->columns);
        project->columns = NULL;
    }
    return OK;
}

static Status project_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    queue_push(&((Project *)instance)->queue, batch_retain(batch));
    return OK;
}

static void copy_diffs(Batch *to, const Batch *from) {
    if (from->diffs == NULL)
        return;
    batch_need_diffs(to, to->row_count);
    for (int i = 0; i < to->row_count; i++)
        to->diffs[i] = from->diffs[batch_row(from, i)];
}

static Status compute(Project *project, Batch *batch, Batch **out, Error *error) {
    const ProjectParameters *parameters = project->base.spec->parameters;
    RowErrors errors = {.arena = project->arena};
    Column **columns = NEW_ARRAY(Column *, parameters->expression_count + 1);
    Status status = OK;
    for (int i = 0; i < parameters->expression_count && status == OK; i++)
        status = evaluator_run(project->evaluators[i], batch, &errors, &columns[i], error);
    if (status == OK) {
        *out = batch_create(batch->selected_count, parameters->expression_count, columns);
        copy_diffs(*out, batch);
    }
    if (status == OK && errors.count > 0) {
        uint16_t rows[BATCH_ROWS_MAX];
        int count = failures_others(batch, &errors, rows);
        failures_report(&project->base, batch, &errors);
        Batch *all = *out;
        *out = count == 0 ? NULL : batch_select(all, rows, count);
        batch_release(all);
    }
    row_errors_free(&errors);
    arena_reset(project->arena);
    memory_free(columns);
    return status;
}

static Status project_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    Project *project = (Project *)instance;
    const ProjectParameters *parameters = instance->spec->parameters;
    *batch = NULL;
    Batch *input = queue_pop(&project->queue);
    if (input == NULL) {
        *progress = operator_is_sealed(instance) ? PROGRESS_DONE : PROGRESS_IDLE;
        return OK;
    }
    *progress = PROGRESS_MORE;
    Status status = OK;
    if (input->selected_count > 0 && project->columns != NULL)
        *batch = batch_project(input, project->columns, parameters->expression_count);
    else if (input->selected_count > 0)
        status = compute(project, input, batch, error);
    batch_release(input);
    return status;
}

/* The column, or the clock, at the end of a chain of monotone functions, each with its other arguments
   constant; NULL when it is no such chain. */
static const Expression *monotone_source(const Expression *expression) {
    enum { MONOTONE = FUNCTION_MONOTONE | FUNCTION_MONOTONE_SECOND };
    while (expression->kind == EXPRESSION_CALL && expression->function->flags & MONOTONE &&
           expression->argument_count > 0) {
        int place = expression->function->flags & FUNCTION_MONOTONE ? 0 : 1;
        for (int i = 0; i < expression->argument_count; i++)
            if (i != place && expression->arguments[i]->kind != EXPRESSION_CONSTANT)
                return NULL;
        expression = expression->arguments[place];
    }
    bool is_clock = expression->kind == EXPRESSION_CALL && expression->function->flags & FUNCTION_CLOCK;
    return expression->kind == EXPRESSION_COLUMN || is_clock ? expression : NULL;
}

static bool set_integer(Datum *datum, Layout layout, int64_t value) {
    memset(datum, 0, sizeof *datum);
    if (layout == LAYOUT_INT8)
        datum->int8 = value;
    else if (layout == LAYOUT_INT4)
        datum->int4 = (int32_t)value;
    else if (layout == LAYOUT_INT2)
        datum->int2 = (int16_t)value;
    else
        return false;
    return true;
}

static int64_t integer_of(const Column *column) {
    Value value = column_value(column, 0);
    if (value.is_null)
        return WATERMARK_NONE;
    switch ((Layout)column->layout) {
    case LAYOUT_INT8:
        return value.datum.int8;
    case LAYOUT_INT4:
        return value.datum.int4;
    case LAYOUT_INT2:
        return value.datum.int2;
    default:
        return WATERMARK_NONE;
    }
}

/* The expression's value where the column stands at its watermark, or the clock where it stands. */
static int64_t watermark_image(Project *project, int output, const Expression *source) {
    const OperatorSpec *input = project->base.spec->inputs[0];
    const Expression *column = source->kind == EXPRESSION_COLUMN ? source : NULL;
    int64_t watermark = column == NULL ? 0 : project->base.input_watermarks[0][column->column];
    bool is_itself =
        column != NULL &&
        column == ((const ProjectParameters *)project->base.spec->parameters)->expressions[output];
    if (watermark == WATERMARK_NONE || watermark == WATERMARK_END || is_itself)
        return watermark;
    Value value = {.type = source->type};
    if (!set_integer(&value.datum, type_layout(source->type), watermark))
        return WATERMARK_NONE;
    Column **columns = NEW_ARRAY(Column *, input->output.count + 1);
    for (int i = 0; i < input->output.count; i++) {
        Value null = value_null(input->output.types[i]);
        columns[i] = column_constant(column != NULL && i == column->column ? &value : &null);
    }
    Batch *row = batch_create(1, input->output.count, columns);
    memory_free(columns);
    Column *result = NULL;
    Error error = {0};
    int64_t image = WATERMARK_NONE;
    /* A watermark that the functions cannot take (out of range) promises nothing for their result. */
    if (evaluator_run(project->evaluators[output], row, NULL, &result, &error) == OK)
        image = integer_of(result);
    error_clear(&error);
    column_release(result);
    batch_release(row);
    return image;
}

static void project_derive_watermarks(Operator *instance) {
    Project *project = (Project *)instance;
    const ProjectParameters *parameters = instance->spec->parameters;
    for (int i = 0; i < parameters->expression_count; i++) {
        const Expression *source =
            spec_has_watermark(instance->spec, i) ? monotone_source(parameters->expressions[i]) : NULL;
        instance->watermarks[i] = source == NULL ? WATERMARK_NONE : watermark_image(project, i, source);
    }
}

static bool project_is_clock(const Operator *instance) {
    const ProjectParameters *parameters = instance->spec->parameters;
    for (int i = 0; i < parameters->expression_count; i++) {
        const Expression *source =
            spec_has_watermark(instance->spec, i) ? monotone_source(parameters->expressions[i]) : NULL;
        if (source != NULL && source->kind != EXPRESSION_COLUMN)
            return true;
    }
    return false;
}

static void project_reset(Operator *instance) {
    queue_clear(&((Project *)instance)->queue);
}

static void project_close(Operator *instance) {
    Project *project = (Project *)instance;
    const ProjectParameters *parameters = instance->spec->parameters;
    queue_clear(&project->queue);
    for (int i = 0; project->evaluators != NULL && i < parameters->expression_count; i++)
        evaluator_destroy(project->evaluators[i]);
    memory_free(project->evaluators);
    memory_free(project->columns);
    arena_destroy(project->arena);
}

static const Field project_fields[] = {
    FIELD_LIST(EXPRESSIONS, ProjectParameters, expressions, expression_count, ""),
    FIELDS_END,
};

const OperatorType project_operator = {
    .name = "Project",
    .version = 1,
    .fields = project_fields,
    .parameters_size = sizeof(ProjectParameters),
    .size = sizeof(Project),
    .open = project_open,
    .on_batch = project_on_batch,
    .produce = project_produce,
    .derive_watermarks = project_derive_watermarks,
    .is_clock = project_is_clock,
    .reset = project_reset,
    .close = project_close,
};
