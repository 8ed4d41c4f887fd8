/* Entrances of the binder: whole queries, stored expressions, type names. */
#include "planner/bind/binder.h"

#include <string.h>

Status bind_root(Planning *plan, const SyntaxSelect *select, BoundRoot *root, Error *error) {
    Binder binder = binder_of(plan, error);
    BoundQuery query;
    TRY(bind_query(&binder, select, (QueryRequest){.is_top = true}, &query));
    *root = (BoundRoot){query.node, query.count, query.columns, query.names};
    return OK;
}

Status bind_type_name(Planning *plan, const SyntaxType *name, Type *type, Error *error) {
    Binder binder = binder_of(plan, error);
    return bind_type(&binder, name, type);
}

static Status bind_text(Binder *binder, const CatalogDefinition *definition, const CatalogRelation *relation,
    Type target, Expression **expression) {
    Planning *plan = binder->plan;
    const char *text = definition->text;
    bool is_default = relation == NULL || relation->column_count == 0;
    bool is_check = false;
    for (int i = 0; !is_default && i < relation->check_count; i++)
        is_check |= relation->checks[i] == definition;
    Scope scope = {.clause = is_default ? CLAUSE_DEFAULT : is_check ? CLAUSE_CHECK : CLAUSE_EXPRESSION};
    binder->scope = &scope;
    binder->sql = text;
    SyntaxExpression *syntax;
    TRY(parse_expression(text, strlen(text), plan->arena, &syntax, binder->error));
    int *positions = NULL, count = relation == NULL ? 0 : relation->column_count;
    Expression **to = ARENA_ARRAY(plan->arena, Expression *, count + 1);
    if (relation != NULL) {
        ScopeItem *item;
        LogicalNode *scan = scan_relation(binder, relation, relation->name, true, &item);
        know_own(binder, item);
        note_item(item, note_own(binder, relation));
        scope_add(binder, item);
        positions = scan->columns;
        for (int i = 0; i < count; i++)
            to[i] = expression_column(plan->arena, i, relation->columns[i].type);
    }
    Expression *bound;
    TRY(bind_expression(binder, syntax, &bound));
    if (is_check)
        TRY(coerce_boolean(binder, bound, "CHECK", &bound));
    else if (target.id == TYPE_UNKNOWN)
        TRY(coerce_unknown(binder, bound, &bound));
    else if (!can_coerce(bound->type, target, COERCE_ASSIGNMENT))
        return bind_error(binder, bound->position, STATUS_DATATYPE_MISMATCH,
            "expression is of type %s but type %s is needed", type_text(plan->arena, bound->type),
            type_text(plan->arena, target));
    else
        TRY(coerce(binder, bound, target, COERCE_ASSIGNMENT, &bound));
    *expression = expression_replace_columns(plan->arena, bound, positions, to, count);
    return OK;
}

Status bind_relation_expression(Planning *plan, const CatalogDefinition *definition,
    const CatalogRelation *relation, Type target, Expression **expression, Error *error) {
    Binder binder = binder_of(plan, error);
    binder.definition = definition;
    return bind_text(&binder, definition, relation, target, expression);
}

Status bind_new_expression(Planning *plan, const CatalogDefinition *definition,
    const CatalogRelation *relation, Type target, Expression **expression, Error *error) {
    Binder binder = binder_of(plan, error);
    return bind_text(&binder, definition, relation, target, expression);
}

LogicalNode *bind_scan(Planning *plan, const CatalogRelation *relation, Error *error) {
    Binder binder = binder_of(plan, error);
    Scope scope = {0};
    ScopeItem *item;
    binder.scope = &scope;
    return read_relation(&binder, relation, relation->name, true, &item);
}
