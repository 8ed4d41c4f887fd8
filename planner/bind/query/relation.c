/* Relations of the catalog: found, allowed, scanned; and the expressions that are stored over their columns.
 */
#include <string.h>

#include "planner/bind/bind.h"
#include "planner/bind/binder.h"

Status find_relation(Binder *binder, const SyntaxName *name, const CatalogRelation **relation) {
    const char *schema = name->part_count > 1 ? name->parts[name->part_count - 2] : NULL,
               *last = name->parts[name->part_count - 1];
    *relation = known_relation(binder, name);
    if (*relation != NULL)
        return OK;
    if (schema != NULL)
        return bind_error(binder, name->position, STATUS_UNDEFINED_TABLE, "relation \"%s.%s\" does not exist",
            schema, last);
    return bind_error(binder, name->position, STATUS_UNDEFINED_TABLE, "relation \"%s\" does not exist", last);
}

Status check_access(Binder *binder, const CatalogRelation *relation, uint32_t privileges) {
    Catalog *catalog = binder->context->catalog;
    return catalog->check_access == NULL
               ? OK
               : catalog->check_access(catalog, relation, privileges, binder->error);
}

LogicalNode *single_empty_row(Binder *binder) {
    LogicalNode *node = logical_create(binder->plan, &values_node, 0, NULL);
    node->values.row_count = 1;
    return node;
}

LogicalNode *scan_relation(
    Binder *binder, const CatalogRelation *relation, const char *alias, bool with_hidden, ScopeItem **item) {
    int count = relation->column_count;
    const char **names = ARENA_ARRAY(binder->arena, const char *, count + 1);
    LogicalNode *node = logical_create(binder->plan, &scan_node, 0, NULL);
    node->scan.relation = relation;
    node->scan.alias = alias;
    node->scan.positions = ARENA_ARRAY(binder->arena, int, count + 1);
    node->columns = ARENA_ARRAY(binder->arena, int, count + 1);
    node->column_count = count;
    for (int i = 0; i < count; i++) {
        names[i] = relation->columns[i].name;
        node->scan.positions[i] = i;
        node->columns[i] = plan_column_add(binder->plan, names[i], relation->columns[i].type);
        binder->plan->columns[node->columns[i]].origin = (ColumnOrigin){relation->id, i + 1};
    }
    *item = scope_item_of(binder, alias, node, names, count);
    for (int i = 0; i < count; i++)
        (*item)->columns[i].is_hidden = relation->columns[i].is_hidden && !with_hidden;
    (*item)->relation = relation;
    if (relation->kind != RELATION_SYSTEM)
        plan_add_dependency(binder->plan, relation->id);
    return node;
}

static void forget_position(Expression *expression, void *argument) {
    expression->position = -1;
}

LogicalNode *read_relation(
    Binder *binder, const CatalogRelation *relation, const char *alias, bool with_hidden, ScopeItem **item) {
    LogicalNode *scan = scan_relation(binder, relation, alias, with_hidden, item);
    int count = relation->column_count;
    bool is_any = false;
    Expression **expressions = ARENA_ARRAY(binder->arena, Expression *, count + 1);
    const char **names = ARENA_ARRAY(binder->arena, const char *, count + 1);
    for (int i = 0; i < count; i++) {
        const CatalogColumn *column = &relation->columns[i];
        names[i] = column->name;
        expressions[i] = plan_column(binder->plan, scan->columns[i]);
        if (!column->is_clock || column->computed == NULL)
            continue;
        Expression *bound;
        if (bind_relation_expression(
                binder->plan, column->computed, relation, column->type, &bound, binder->error) != OK)
            return NULL;
        Expression **columns = ARENA_ARRAY(binder->arena, Expression *, count);
        for (int c = 0; c < count; c++)
            columns[c] = plan_column(binder->plan, scan->columns[c]);
        expressions[i] = expression_copy(binder->arena, bound, columns);
        expression_walk(expressions[i], forget_position, NULL);
        is_any = true;
    }
    if (!is_any)
        return scan;
    LogicalNode *node = logical_project(binder->plan, scan, count, expressions, names);
    for (int i = 0; i < count; i++)
        (*item)->columns[i].expression = plan_column(binder->plan, node->columns[i]);
    return node;
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

Status rename_columns(Binder *binder, ScopeItem *item, const SyntaxAlias *alias, int position) {
    if (alias == NULL)
        return OK;
    int visible = 0;
    for (int i = 0; i < item->column_count; i++)
        visible += !item->columns[i].is_hidden;
    if (alias->column_count > visible)
        return bind_error(binder, -1, STATUS_INVALID_COLUMN_REFERENCE,
            "table \"%s\" has %d columns available but %d columns specified", alias->name, visible,
            alias->column_count);
    for (int i = 0, next = 0; i < item->column_count && next < alias->column_count; i++)
        if (!item->columns[i].is_hidden) {
            note_implicit(binder, &item->columns[i], false);
            item->columns[i].is_own_name = false;
            item->columns[i].name = alias->columns[next++];
        }
    return OK;
}

Status add_query_item(
    Binder *binder, const SyntaxTable *table, const BoundQuery *query, const char *name, ScopeItem **item) {
    LogicalNode picked = {.columns = query->columns};
    *item = scope_item_of(
        binder, table->alias != NULL ? table->alias->name : name, &picked, query->names, query->count);
    return rename_columns(binder, *item, table->alias, table->position);
}
