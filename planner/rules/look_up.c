/* Lookup: equality of a stored relation's whole key with constants or parameters reads one row instead of
   all. One-shot only; in a continuous query changes come by themselves. */
#include "planner/rules/rules.h"

static bool is_integer(Type type) {
    return !type.is_array && (type.id == TYPE_INT2 || type.id == TYPE_INT4 || type.id == TYPE_INT8);
}

static Expression *compare(Arena *arena, FunctionMeaning meaning, Expression *value, int64_t limit) {
    Value constant = {.type = value->type};
    if (value->type.id == TYPE_INT8)
        constant.datum.int8 = limit;
    else
        constant.datum.int4 = (int32_t)limit;
    Expression *both[] = {value, expression_constant(arena, &constant)};
    return expression_call(
        arena, function_meaning(meaning, value->type, value->type), type_of(TYPE_BOOL), 2, both);
}

/* CASE WHEN value >= min AND value <= max THEN value::type END: what does not fit is found nowhere, as NULL
   is. */
static Expression *narrow(Arena *arena, Expression *value, Expression *cast) {
    bool is_short = cast->type.id == TYPE_INT2;
    Expression *limits[] = {compare(arena, MEANING_GREATER_OR_EQUAL, value, is_short ? INT16_MIN : INT32_MIN),
        compare(arena, MEANING_LESS_OR_EQUAL, value, is_short ? INT16_MAX : INT32_MAX)};
    Value null = value_null(cast->type);
    Expression *branches[] = {expression_of(arena, EXPRESSION_AND, type_of(TYPE_BOOL), 2, limits), cast,
        expression_constant(arena, &null)};
    return expression_of(arena, EXPRESSION_CASE, cast->type, 3, branches);
}

/* The value in the key's own type; NULL when equality across the types is more than that. */
static Expression *as_key(RuleContext *context, Expression *value, Type type) {
    if (type_is_same(value->type, type))
        return value;
    bool is_text =
        type.id == TYPE_VARCHAR && value->type.id == TYPE_TEXT && !type.is_array && !value->type.is_array;
    if (!is_text && (!is_integer(type) || !is_integer(value->type)))
        return NULL;
    type.modifier = -1;
    Expression *key = expression_call(context->arena, function_cast(value->type, type), type, 1, &value);
    if (is_integer(type) && type_layout(value->type) > type_layout(type))
        key = narrow(context->arena, value, key);
    return value->kind == EXPRESSION_CONSTANT ? rule_evaluate(context, key) : key;
}

/* A varchar column compared as the text that it is. */
static const Expression *bare_column(const Expression *expression) {
    bool is_cast = expression->kind == EXPRESSION_CALL &&
                   expression->function == function_cast(type_of(TYPE_VARCHAR), type_of(TYPE_TEXT));
    return is_cast ? expression->arguments[0] : expression;
}

static Expression *key_value(RuleContext *context, const Conjuncts *conjuncts, int column, bool *used) {
    for (int i = 0; i < conjuncts->count; i++) {
        const Expression *conjunct = conjuncts->items[i];
        if (!expression_means(conjunct, MEANING_EQUAL))
            continue;
        for (int side = 0; side < 2; side++) {
            const Expression *place = bare_column(conjunct->arguments[side]);
            Expression *value = conjunct->arguments[1 - side];
            bool is_key =
                place->kind == EXPRESSION_COLUMN && place->column == column && expression_is_fixed(value);
            Expression *key = is_key ? as_key(context, value, place->type) : NULL;
            if (key != NULL) {
                used[i] = true;
                return key;
            }
        }
    }
    return NULL;
}

static void look_up(RuleContext *context, LogicalNode **node) {
    LogicalNode *scan = (*node)->inputs[0];
    const CatalogRelation *relation = scan->scan.relation;
    if ((relation->kind != RELATION_TABLE && relation->kind != RELATION_MATERIALIZED_VIEW) ||
        relation->key_count <= 0 || scan->scan.key_count > 0)
        return;
    Conjuncts conjuncts = predicate_split(context->arena, (*node)->filter.predicate), kept = {0};
    bool *used = ARENA_ARRAY(context->arena, bool, conjuncts.count + 1);
    Expression **key = ARENA_ARRAY(context->arena, Expression *, relation->key_count);
    for (int k = 0; k < relation->key_count; k++)
        for (int i = 0; i < scan->column_count; i++)
            if (scan->scan.positions[i] == relation->key[k])
                key[k] = key_value(context, &conjuncts, scan->columns[i], used);
    for (int k = 0; k < relation->key_count; k++)
        if (key[k] == NULL)
            return;
    for (int i = 0; i < conjuncts.count; i++)
        if (!used[i])
            ARENA_APPEND(context->arena, kept.items, kept.count, conjuncts.items[i]);
    scan->scan.key = key;
    scan->scan.key_count = relation->key_count;
    *node = logical_filter(context->plan, scan, predicate_join(context->arena, &kept));
}

static Status apply(RuleContext *context, LogicalNode **node) {
    if (context->plan->mode != PLAN_ONE_SHOT)
        return OK;
    for (int i = 0; i < (*node)->input_count; i++)
        TRY(apply(context, &(*node)->inputs[i]));
    if ((*node)->type == &filter_node && (*node)->inputs[0]->type == &scan_node)
        look_up(context, node);
    return OK;
}

const Rule look_up_rule = {apply};
