/* Set-returning functions of the select list: a lateral table function below the projection. */
#include "executor/functions/set.h"
#include "planner/bind/binder.h"

typedef struct Sets {
    Binder *binder;
    const Expression *call;
    Expression *result;
    bool has_several;
} Sets;

static Expression *find_set(const Expression *node, void *argument) {
    Sets *sets = argument;
    if (!call_is_set(node))
        return NULL;
    if (sets->call != NULL && !expression_is_equal(sets->call, node))
        sets->has_several = true;
    sets->call = node;
    return NULL;
}

static Expression *replace_set(const Expression *node, void *argument) {
    const Sets *sets = argument;
    return call_is_set(node) ? sets->result : NULL;
}

Status attach_sets(Binder *binder, LogicalNode **node, Expression **expressions, int count, Error *error) {
    Sets sets = {.binder = binder};
    for (int i = 0; i < count; i++)
        expression_rewrite(binder->arena, expressions[i], find_set, &sets);
    if (sets.call == NULL)
        return OK;
    if (sets.has_several)
        return bind_error(
            binder, sets.call->position, STATUS_FEATURE_NOT_SUPPORTED, error, "several set-returning functions in the select list are not supported");
    bool is_record = sets.call->type.id == TYPE_RECORD && !sets.call->type.is_array;
    if (is_record && (binder->plan->mode == PLAN_CONTINUOUS || sets.call->type.modifier < 0))
        return bind_error(binder, sets.call->position, STATUS_FEATURE_NOT_SUPPORTED, error,
            "set-returning functions that return records are not supported in the select list");
    LogicalNode *function = logical_create(binder->plan, LOGICAL_TABLE_FUNCTION, 1, node);
    function->table_function.function = sets.call->function->signature;
    function->table_function.argument_count = sets.call->argument_count;
    function->table_function.arguments = sets.call->arguments;
    const char *names[8] = {sets.call->function->name};
    Type types[8] = {sets.call->type};
    int column_count = is_record ? set_function_columns(set_function_of_shape(sets.call->type.modifier), NULL, 0, binder->arena, names, types) : 1;
    function->columns = ARENA_ARRAY(binder->arena, int, column_count);
    for (int i = 0; i < column_count; i++)
        function->columns[i] = plan_column_add(binder->plan, names[i], types[i]);
    function->column_count = function->own_count = column_count;
    logical_refresh(binder->plan, function);
    *node = function;
    Expression *fields[8];
    for (int i = 0; i < column_count; i++)
        fields[i] = plan_column(binder->plan, function->columns[function->column_count - column_count + i]);
    sets.result = fields[0];
    if (is_record) {
        TRY(bind_named_call(binder, "$record", fields, column_count, sets.call->position, &sets.result, error));
        sets.result->type.modifier = sets.call->type.modifier;
    }
    for (int i = 0; i < count; i++)
        expressions[i] = expression_rewrite(binder->arena, expressions[i], replace_set, &sets);
    return OK;
}
