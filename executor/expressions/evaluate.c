/* Evaluates expressions a batch at a time: nodes give whole columns, constants stay constant, failures are
   collected by row. */
#include "executor/expressions/evaluator.h"

#include <assert.h>
#include <string.h>

#include "executor/base/memory.h"
#include "executor/expressions/probe.h"

uint16_t *scratch_rows(Evaluator *evaluator) {
    return ARENA_ARRAY(evaluator->scratch, uint16_t, BATCH_ROWS_MAX);
}

void column_clear_nulls(Column *column, int count) {
    if (column->nulls == NULL)
        return;
    size_t width = layout_width((Layout)column->layout);
    for (int word = 0; word * 64 < count; word++)
        for (uint64_t bits = column->nulls[word]; bits != 0; bits &= bits - 1) {
            int row = word * 64 + __builtin_ctzll(bits);
            if (row < count)
                memset((char *)column->values + (size_t)row * width, 0, width);
        }
}

static void record_failure(
    Evaluator *evaluator, const Frame *frame, int row, Status status, const char *message) {
    int position = frame->positions == NULL ? row : frame->positions[row];
    if (bit_is_set(evaluator->failed, position))
        return;
    bit_set(evaluator->failed, position);
    row_errors_add(evaluator->errors, position, status, "%s", message);
}

static Column *null_constant(Type type) {
    Value value = value_null(type);
    return column_constant(&value);
}

Column *node_fail(Evaluator *evaluator, Node *node, Frame *frame, Status status, const char *message) {
    for (int i = 0; i < frame->count; i++)
        record_failure(evaluator, frame, i, status, message);
    return null_constant(node->expression->type);
}

void node_take_failures(Evaluator *evaluator, const Frame *frame, const RowErrors *local, Column *result) {
    for (int i = 0; i < local->count; i++) {
        const RowError *failure = &local->rows[i];
        if (result->is_constant)
            for (int row = 0; row < frame->count; row++)
                record_failure(evaluator, frame, row, failure->status, failure->message);
        else
            record_failure(evaluator, frame, failure->row, failure->status, failure->message);
        column_set_null(result, failure->row);
    }
}

static void unite_nulls(Column *const *arguments, int argument_count, int count, Column *result) {
    uint64_t united[BATCH_WORDS] = {0}, any = 0;
    int words = (count + 63) / 64;
    for (int a = 0; a < argument_count; a++) {
        const Column *argument = arguments[a];
        if (argument->is_constant || argument->nulls == NULL)
            continue;
        for (int w = 0; w < words; w++)
            any |= united[w] |= argument->nulls[w];
    }
    if (any == 0)
        return;
    if (count % 64 != 0)
        united[words - 1] &= ((uint64_t)1 << count % 64) - 1;
    column_need_nulls(result);
    for (int w = 0; w < words; w++)
        result->nulls[w] |= united[w];
}

Column *node_apply(Evaluator *evaluator, Node *node, Type result_type, Column *const *arguments,
    int argument_count, Frame *frame) {
    const Function *function = node->expression->function;
    bool is_strict = !(function->flags & FUNCTION_NOT_STRICT),
         is_constant = !(function->flags & FUNCTION_VOLATILE);
    for (int a = 0; a < argument_count; a++) {
        is_constant &= arguments[a]->is_constant;
        if (is_strict && arguments[a]->is_constant && column_is_null(arguments[a], 0))
            return null_constant(result_type);
    }
    int count = is_constant ? 1 : frame->count;
    Column *result = column_create(result_type, count);
    result->is_constant = is_constant;
    if (is_strict)
        unite_nulls(arguments, argument_count, count, result);
    RowErrors local = {.arena = evaluator->scratch};
    KernelContext context = {
        .settings = evaluator->settings,
        .scratch = evaluator->scratch,
        .nulls = is_strict ? result->nulls : NULL,
        .errors = &local,
        .cache = &node->cache,
        .cache_free = &node->cache_free,
        .result_type = result_type,
        .session = evaluator->session,
    };
    function->kernel(&context, count, (const Column *const *)arguments, argument_count, result);
    /* A kernel that sets its results one by one takes the bits away again. */
    if (is_strict)
        unite_nulls(arguments, argument_count, count, result);
    if (local.count > 0)
        node_take_failures(evaluator, frame, &local, result);
    column_clear_nulls(result, count);
    row_errors_free(&local);
    return result;
}

static Column *evaluate_call(Evaluator *evaluator, Node *node, Frame *frame) {
    int count = node->expression->argument_count;
    Column **arguments = ARENA_ARRAY(evaluator->scratch, Column *, count + 1);
    for (int i = 0; i < count; i++)
        arguments[i] = node_evaluate(evaluator, node->arguments[i], frame);
    Column *result = node_apply(evaluator, node, node->expression->type, arguments, count, frame);
    for (int i = 0; i < count; i++)
        column_release(arguments[i]);
    return result;
}

static Column *evaluate_column(Node *node, Frame *frame) {
    int index = node->expression->column;
    assert(index < frame->batch->column_count);
    Column *column = frame->batch->columns[index];
    if (frame->rows == NULL || column->is_constant)
        return column_retain(column);
    if (frame->gathered[index] == NULL)
        frame->gathered[index] = column_gather(column, frame->rows, frame->count);
    return column_retain(frame->gathered[index]);
}

/* What one of NOT, IS NULL, … makes of a value (0, 1) and a null bit. */
static uint8_t test_truth(ExpressionKind kind, uint8_t value, bool is_null) {
    switch (kind) {
    case EXPRESSION_NOT:
        return !is_null && !value;
    case EXPRESSION_IS_NULL:
        return is_null;
    case EXPRESSION_IS_NOT_NULL:
        return !is_null;
    case EXPRESSION_IS_TRUE:
        return !is_null && value;
    case EXPRESSION_IS_NOT_TRUE:
        return is_null || !value;
    case EXPRESSION_IS_FALSE:
        return !is_null && !value;
    case EXPRESSION_IS_NOT_FALSE:
        return is_null || value;
    default:
        assert(false);
        return 0;
    }
}

static Column *evaluate_test(Evaluator *evaluator, Node *node, Frame *frame) {
    ExpressionKind kind = node->expression->kind;
    Column *argument = node_evaluate(evaluator, node->arguments[0], frame);
    int count = argument->is_constant ? 1 : frame->count;
    bool is_null_test = kind == EXPRESSION_IS_NULL || kind == EXPRESSION_IS_NOT_NULL;
    Column *result = column_create(type_of(TYPE_BOOL), count);
    result->is_constant = argument->is_constant;
    uint8_t *restrict out = result->values;
    const uint8_t *restrict in = is_null_test ? NULL : argument->values;
    const uint8_t of_false = test_truth(kind, 0, false), of_true = test_truth(kind, 1, false),
                  of_null = test_truth(kind, 0, true);
    if (is_null_test)
        memset(out, of_false, (size_t)count);
    else
        for (int i = 0; i < count; i++)
            out[i] = in[i] ? of_true : of_false;
    if (argument->nulls != NULL) {
        for (int i = 0; i < count; i++)
            out[i] = bit_is_set(argument->nulls, i) ? of_null : out[i];
        if (kind == EXPRESSION_NOT) {
            column_need_nulls(result);
            memcpy(result->nulls, argument->nulls, (size_t)(count + 63) / 64 * sizeof *result->nulls);
        }
    }
    column_release(argument);
    return result;
}

Column *node_evaluate(Evaluator *evaluator, Node *node, Frame *frame) {
    if (node->constant != NULL)
        return column_retain(node->constant);
    if (frame->count == 0)
        return null_constant(node->expression->type);
    switch (node->expression->kind) {
    case EXPRESSION_COLUMN:
        return evaluate_column(node, frame);
    case EXPRESSION_CONSTANT:
        return column_constant(&node->expression->value);
    case EXPRESSION_CALL:
        return evaluate_call(evaluator, node, frame);
    case EXPRESSION_AND:
    case EXPRESSION_OR:
        return node_evaluate_junction(evaluator, node, frame);
    case EXPRESSION_NOT:
    case EXPRESSION_IS_NULL:
    case EXPRESSION_IS_NOT_NULL:
    case EXPRESSION_IS_TRUE:
    case EXPRESSION_IS_NOT_TRUE:
    case EXPRESSION_IS_FALSE:
    case EXPRESSION_IS_NOT_FALSE:
        return evaluate_test(evaluator, node, frame);
    case EXPRESSION_CASE:
        return node_evaluate_case(evaluator, node, frame);
    case EXPRESSION_COALESCE:
        return node_evaluate_coalesce(evaluator, node, frame);
    case EXPRESSION_NULLIF:
        return node_evaluate_nullif(evaluator, node, frame);
    case EXPRESSION_ANY:
    case EXPRESSION_ALL:
        return node_evaluate_quantified(evaluator, node, frame);
    case EXPRESSION_ARRAY:
        return node_evaluate_array(evaluator, node, frame);
    case EXPRESSION_PARAMETER:
        return node_fail(evaluator, node, frame, STATUS_UNDEFINED_PARAMETER,
            arena_printf(evaluator->scratch, "there is no parameter $%d", node->expression->column + 1));
    case EXPRESSION_OUTER:
    case EXPRESSION_SUBQUERY:
    case EXPRESSION_AGGREGATE:
    case EXPRESSION_WINDOW:
        break;
    }
    return node_fail(evaluator, node, frame, STATUS_INTERNAL_ERROR,
        "an expression of the planner's own reached execution");
}

static void frame_end(Frame *frame) {
    for (int i = 0; frame->gathered != NULL && i < frame->batch->column_count; i++)
        column_release(frame->gathered[i]);
}

static Column *evaluate_gathered(
    Evaluator *evaluator, Node *node, Frame *frame, const uint16_t *rows, int count) {
    uint16_t *physical = scratch_rows(evaluator), *positions = scratch_rows(evaluator);
    for (int i = 0; i < count; i++) {
        physical[i] = frame->rows == NULL ? rows[i] : frame->rows[rows[i]];
        positions[i] = frame->positions == NULL ? rows[i] : frame->positions[rows[i]];
    }
    Frame some = {frame->batch, physical, positions, count,
        ARENA_ARRAY(evaluator->scratch, Column *, frame->batch->column_count + 1)};
    Column *result = node_evaluate(evaluator, node, &some);
    frame_end(&some);
    return result;
}

Column *node_evaluate_muted(Evaluator *evaluator, Node *node, Frame *frame,
    int (*list)(const void *argument, uint16_t *rows), const void *argument) {
    RowErrors *errors = evaluator->errors, local = {.arena = evaluator->scratch};
    uint64_t failed[BATCH_WORDS];
    memcpy(failed, evaluator->failed, sizeof failed);
    evaluator->errors = &local;
    Column *result = node_evaluate(evaluator, node, frame);
    evaluator->errors = errors;
    if (local.count > 0) {
        uint64_t needed[BATCH_WORDS] = {0};
        uint16_t *rows = scratch_rows(evaluator);
        int count = list(argument, rows);
        for (int i = 0; i < count; i++)
            bit_set(needed, frame->positions == NULL ? rows[i] : frame->positions[rows[i]]);
        for (int i = 0; i < local.count; i++)
            if (bit_is_set(needed, local.rows[i].row))
                row_errors_add(errors, local.rows[i].row, local.rows[i].status, "%s", local.rows[i].message);
        for (int w = 0; w < BATCH_WORDS; w++)
            evaluator->failed[w] = failed[w] | (evaluator->failed[w] & needed[w]);
    }
    row_errors_free(&local);
    return result;
}

bool node_prefers_whole(const Node *node, const Frame *frame, int count) {
    if (node->constant != NULL || count == frame->count)
        return true;
    /* A gathered column costs about as much as two cheap calls. */
    int64_t cost_whole = (int64_t)frame->count * node->calls,
            cost_some = (int64_t)count * (node->calls + 2 * node->columns + 1);
    return node->is_light && cost_whole <= cost_some;
}

typedef struct RowList {
    const uint16_t *rows;
    int count;
} RowList;

static int list_rows(const void *argument, uint16_t *rows) {
    const RowList *list = argument;
    memcpy(rows, list->rows, (size_t)list->count * sizeof *rows);
    return list->count;
}

Column *node_evaluate_some(
    Evaluator *evaluator, Node *node, Frame *frame, const uint16_t *rows, int count, bool *is_whole) {
    *is_whole = node_prefers_whole(node, frame, count);
    if (!*is_whole)
        return evaluate_gathered(evaluator, node, frame, rows, count);
    if (count == frame->count)
        return node_evaluate(evaluator, node, frame);
    RowList list = {rows, count};
    return node_evaluate_muted(evaluator, node, frame, list_rows, &list);
}

/* Folds a node whose arguments are all constant, unless that fails: then whatever row needs it fails. */
static void fold(Evaluator *evaluator, Node *node) {
    const Expression *expression = node->expression;
    int flags = expression->function == NULL ? 0 : expression->function->flags;
    if (node->constant != NULL || expression->kind == EXPRESSION_COLUMN ||
        expression->kind >= EXPRESSION_OUTER || expression->kind == EXPRESSION_PARAMETER ||
        flags & (FUNCTION_STABLE | FUNCTION_VOLATILE | FUNCTION_CATALOG))
        return;
    for (int i = 0; i < expression->argument_count; i++)
        if (node->arguments[i]->constant == NULL)
            return;
    RowErrors errors = {.arena = evaluator->scratch};
    evaluator->errors = &errors;
    evaluator->failed[0] = 0;
    Frame frame = {.count = 1};
    Column *column = node_evaluate(evaluator, node, &frame);
    if (errors.count == 0) {
        Value value = column_value(column, 0);
        node->constant = column_constant(&value);
    }
    column_release(column);
    row_errors_free(&errors);
    evaluator->errors = NULL;
    arena_reset(evaluator->scratch);
}

/* The value of a constant, or of a parameter of the running statement: an evaluator lives no longer than one
   execution. */
static bool leaf_value(const Expression *expression, const SessionContext *session, Value *out) {
    bool is_parameter =
        expression->kind == EXPRESSION_PARAMETER && session != NULL && session->parameters != NULL;
    if (!is_parameter && expression->kind != EXPRESSION_CONSTANT)
        return false;
    *out = is_parameter ? session->parameters[expression->column] : expression->value;
    if (is_parameter)
        out->type = expression->type;
    return true;
}

static Node *create_node(Evaluator *evaluator, const Expression *expression) {
    Node *node = ARENA_NEW(evaluator->arena, Node);
    node->expression = expression;
    Value value;
    if (leaf_value(expression, evaluator->session, &value))
        node->constant = column_constant(&value);
    Layout layout = type_layout(expression->type);
    bool is_leaf = expression->kind == EXPRESSION_COLUMN || node->constant != NULL;
    node->is_light = layout != LAYOUT_VIEW && (is_leaf || layout != LAYOUT_NUMERIC);
    node->calls = !is_leaf;
    node->columns = expression->kind == EXPRESSION_COLUMN;
    node->is_volatile = expression->function != NULL && expression->function->flags & FUNCTION_VOLATILE;
    node->arguments = ARENA_ARRAY(evaluator->arena, Node *, expression->argument_count + 1);
    for (int i = 0; i < expression->argument_count; i++) {
        Node *argument = create_node(evaluator, expression->arguments[i]);
        node->arguments[i] = argument;
        node->is_volatile |= argument->is_volatile;
        node->is_light &= argument->is_light;
        node->calls += argument->calls;
        node->columns += argument->columns;
    }
    node->is_light &= !node->is_volatile;
    fold(evaluator, node);
    return node;
}

Evaluator *evaluator_create(
    const Expression *expression, const TypeSettings *settings, const SessionContext *session) {
    Evaluator *evaluator = NEW(Evaluator);
    evaluator->settings = settings;
    evaluator->session = session;
    evaluator->arena = arena_create();
    evaluator->scratch = arena_create();
    evaluator->root = create_node(evaluator, expression);
    return evaluator;
}

static void node_close(Node *node) {
    for (int i = 0; i < node->expression->argument_count; i++)
        node_close(node->arguments[i]);
    column_release(node->constant);
    probe_destroy(node->probe);
    if (node->cache != NULL && node->cache_free != NULL)
        node->cache_free(node->cache);
}

void evaluator_destroy(Evaluator *evaluator) {
    if (evaluator == NULL)
        return;
    node_close(evaluator->root);
    arena_destroy(evaluator->arena);
    arena_destroy(evaluator->scratch);
    memory_free(evaluator);
}

static Status first_failure(const RowErrors *errors, Error *error) {
    const RowError *first = &errors->rows[0];
    for (int i = 1; i < errors->count; i++)
        if (errors->rows[i].row < first->row)
            first = &errors->rows[i];
    return error_set(error, first->status, "%s", first->message);
}

Status evaluator_run(
    Evaluator *evaluator, const Batch *batch, RowErrors *errors, Column **out, Error *error) {
    RowErrors own = {.arena = evaluator->scratch};
    evaluator->errors = errors == NULL ? &own : errors;
    memset(evaluator->failed, 0, sizeof evaluator->failed);
    Frame frame = {.batch = batch, .rows = batch->selection, .count = batch->selected_count};
    frame.gathered = ARENA_ARRAY(evaluator->scratch, Column *, batch->column_count + 1);
    Column *result = node_evaluate(evaluator, evaluator->root, &frame);
    frame_end(&frame);
    Status status = OK;
    if (own.count > 0) {
        status = first_failure(&own, error);
        column_release(result);
        result = NULL;
    }
    row_errors_free(&own);
    arena_reset(evaluator->scratch);
    evaluator->errors = NULL;
    *out = result;
    return status;
}

/* Values under NULL are zero bytes, so that the byte alone says true. */
static int true_rows(const uint8_t *values, int count, uint16_t *rows) {
    int found = 0, i = 0;
    for (; i + 8 <= count; i += 8) {
        uint64_t eight;
        memcpy(&eight, values + i, 8);
        if (eight == 0)
            continue;
        for (int k = 0; k < 8; k++) {
            rows[found] = (uint16_t)(i + k);
            found += values[i + k];
        }
    }
    for (; i < count; i++) {
        rows[found] = (uint16_t)i;
        found += values[i];
    }
    return found;
}

Status evaluator_filter(
    Evaluator *evaluator, const Batch *batch, RowErrors *errors, uint16_t *rows, int *count, Error *error) {
    Column *column;
    *count = 0;
    TRY(evaluator_run(evaluator, batch, errors, &column, error));
    if (!column->is_constant)
        *count = true_rows(column->values, batch->selected_count, rows);
    else if (((const uint8_t *)column->values)[0])
        for (; *count < batch->selected_count; ++*count)
            rows[*count] = (uint16_t)*count;
    column_release(column);
    return OK;
}

Status expression_evaluate_constant(const Expression *expression, const TypeSettings *settings,
    const SessionContext *session, Arena *arena, Value *out, Error *error) {
    Value leaf;
    if (leaf_value(expression, session, &leaf)) {
        *out = value_copy(&leaf, arena);
        return OK;
    }
    Evaluator *evaluator = evaluator_create(expression, settings, session);
    Batch *one_row = batch_create(1, 0, NULL);
    Column *column;
    Status status = evaluator_run(evaluator, one_row, NULL, &column, error);
    if (status == OK) {
        Value value = column_value(column, 0);
        *out = value_copy(&value, arena);
        column_release(column);
    }
    batch_release(one_row);
    evaluator_destroy(evaluator);
    return status;
}
