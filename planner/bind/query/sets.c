/* Set-returning functions of the select list: one lateral table function below the projection, which runs
   them in step. */
#include "planner/bind/binder.h"

enum { CALLS_MAX = 8, COLUMNS_MAX = 8 };

/* The different calls, and what stands for each. */
typedef struct Sets {
    const Expression *calls[CALLS_MAX];
    Expression *results[CALLS_MAX];
    int count;
    bool has_too_many;
} Sets;

/* Several columns come out of it, which its type tells; json_to_recordset and unnest of an array of records
   give one. */
static bool is_table(const Expression *call) {
    return call->function->result.id == TYPE_RECORD && call->type.definition != NULL;
}

static int find_call(const Sets *sets, const Expression *call) {
    for (int i = 0; i < sets->count; i++)
        if (expression_is_equal(sets->calls[i], call))
            return i;
    return -1;
}

static Expression *collect_set(const Expression *node, void *argument) {
    Sets *sets = argument;
    if (!call_is_set(node) || find_call(sets, node) >= 0)
        return NULL;
    if (sets->count == CALLS_MAX)
        sets->has_too_many = true;
    else
        sets->calls[sets->count++] = node;
    return NULL;
}

static Expression *replace_set(const Expression *node, void *argument) {
    const Sets *sets = argument;
    return call_is_set(node) ? sets->results[find_call(sets, node)] : NULL;
}

static Status check_calls(Binder *binder, const Sets *sets) {
    for (int i = 0; i < sets->count; i++) {
        const Expression *call = sets->calls[i];
        if (type_is_generic(call->type))
            return bind_error(binder, call->position, STATUS_FEATURE_NOT_SUPPORTED,
                "set-returning functions that return records are not supported in the select list");
        for (int a = 0; a < call->argument_count; a++) {
            Sets inner = {0};
            expression_rewrite(binder->arena, call->arguments[a], collect_set, &inner);
            if (inner.count > 0)
                return bind_error(binder, call->position, STATUS_FEATURE_NOT_SUPPORTED,
                    "set-returning functions as arguments of set-returning functions are not supported");
        }
    }
    if (sets->has_too_many)
        return bind_error(binder, sets->calls[0]->position, STATUS_FEATURE_NOT_SUPPORTED,
            "more than %d set-returning functions in the select list are not supported", CALLS_MAX);
    return OK;
}

/* The columns that the call gives, behind those of the calls before it. */
static Status add_call(Binder *binder, LogicalNode *function, const Expression *call, int *first) {
    const char *const *names = is_table(call) ? call->type.definition->names : &call->function->name;
    const Type *types = is_table(call) ? call->type.definition->types : &call->type;
    int count = is_table(call) ? call->type.definition->count : 1;
    *first = function->own_count;
    if (*first + count > COLUMNS_MAX)
        return bind_error(binder, call->position, STATUS_FEATURE_NOT_SUPPORTED,
            "set-returning functions of more than %d columns in the select list are not supported",
            COLUMNS_MAX);
    for (int i = 0; i < count; i++)
        ARENA_APPEND(binder->arena, function->columns, function->own_count,
            plan_column_add(binder->plan, names[i], types[i]));
    function->column_count = function->own_count;
    const char *before = function->table_function.function;
    function->table_function.function =
        before == NULL ? call->function->signature
                       : arena_printf(binder->arena, "%s;%s", before, call->function->signature);
    for (int i = 0; i < call->argument_count; i++)
        ARENA_APPEND(binder->arena, function->table_function.arguments,
            function->table_function.argument_count, call->arguments[i]);
    return OK;
}

/* What stands for a call: its column, or a record of its columns. */
static Status make_result(Binder *binder, const LogicalNode *function, const Expression *call, int first,
    int count, Expression **out) {
    Expression *fields[COLUMNS_MAX];
    for (int i = 0; i < count; i++)
        fields[i] = plan_column(
            binder->plan, function->columns[function->column_count - function->own_count + first + i]);
    *out = fields[0];
    if (!is_table(call))
        return OK;
    return make_record(binder, fields, call->type.definition->names, count, call->position, out);
}

Status attach_sets(Binder *binder, LogicalNode **node, Expression **expressions, int count) {
    Sets sets = {0};
    int firsts[CALLS_MAX + 1];
    for (int i = 0; i < count; i++)
        expression_rewrite(binder->arena, expressions[i], collect_set, &sets);
    if (sets.count == 0)
        return OK;
    TRY(check_calls(binder, &sets));
    LogicalNode *function = logical_create(binder->plan, &table_function_node, 1, node);
    for (int i = 0; i < sets.count; i++)
        TRY(add_call(binder, function, sets.calls[i], &firsts[i]));
    firsts[sets.count] = function->own_count;
    logical_refresh(binder->plan, function);
    *node = function;
    for (int i = 0; i < sets.count; i++)
        TRY(make_result(
            binder, function, sets.calls[i], firsts[i], firsts[i + 1] - firsts[i], &sets.results[i]));
    for (int i = 0; i < count; i++)
        expressions[i] = expression_rewrite(binder->arena, expressions[i], replace_set, &sets);
    return OK;
}
