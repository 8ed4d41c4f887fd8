/* SELECT, VALUES, set operations, WITH and what stands in FROM, out of protobuf. */
#include <string.h>

#include "planner/parse/from_pg_query.h"
#include "planner/parse/parse.h"

SyntaxName convert_relation_name(Conversion *conversion, const PgQuery__RangeVar *relation) {
    SyntaxName name = {.position = convert_position(conversion, relation->location)};
    const char *parts[] = {relation->catalogname, relation->schemaname, relation->relname};
    for (int i = 0; i < 3; i++) {
        const char *part = convert_text(conversion, parts[i]);
        if (part != NULL)
            ARENA_APPEND(conversion->arena, name.parts, name.part_count, part);
    }
    return name;
}

static SyntaxAlias *convert_alias(Conversion *conversion, const PgQuery__Alias *from) {
    if (from == NULL || strcmp(from->aliasname, ANONYMOUS_ALIAS) == 0)
        return NULL;
    SyntaxAlias *alias = ARENA_NEW(conversion->arena, SyntaxAlias);
    alias->name = convert_text(conversion, from->aliasname);
    convert_strings(conversion, from->colnames, from->n_colnames, &alias->columns, &alias->column_count);
    return alias;
}

SyntaxTable *convert_relation(Conversion *conversion, const PgQuery__RangeVar *relation) {
    SyntaxTable *table = ARENA_NEW(conversion->arena, SyntaxTable);
    table->kind = SYNTAX_TABLE_RELATION;
    table->position = convert_position(conversion, relation->location);
    table->alias = convert_alias(conversion, relation->alias);
    table->relation.name = convert_relation_name(conversion, relation);
    table->relation.is_only = !relation->inh;
    return table;
}

static Status convert_table(Conversion *conversion, const PgQuery__Node *node, SyntaxTable **table);

static Status convert_from_relation(
    Conversion *conversion, const PgQuery__RangeVar *relation, SyntaxTable **table) {
    *table = convert_relation(conversion, relation);
    const DialectFragment *as_of = dialect_find(&conversion->parser->dialect.as_of, (*table)->position);
    return as_of == NULL ? OK : pg_query_expression(conversion->parser, as_of, &(*table)->relation.as_of);
}

static Status convert_subselect(
    Conversion *conversion, const PgQuery__RangeSubselect *node, SyntaxTable **result) {
    SyntaxTable *table = *result = ARENA_NEW(conversion->arena, SyntaxTable);
    table->kind = SYNTAX_TABLE_SUBSELECT;
    table->is_lateral = node->lateral;
    table->alias = convert_alias(conversion, node->alias);
    TRY(convert_select(conversion, node->subquery->select_stmt, &table->subselect));
    table->position = table->subselect->position;
    return OK;
}

/* Window table functions */

typedef enum WindowRole {
    ROLE_DATA,
    ROLE_TIME,
    ROLE_SIZE,
    ROLE_SLIDE,
    ROLE_GAP,
    ROLE_OFFSET,
    ROLE_COUNT
} WindowRole;

typedef struct WindowSignature {
    const char *name;
    SyntaxWindowKind kind;
    int required, count;
    WindowRole roles[5];
    const char *usage;
} WindowSignature;

static const WindowSignature window_signatures[] = {
    {"tumble", SYNTAX_TUMBLE, 3, 4, {ROLE_DATA, ROLE_TIME, ROLE_SIZE, ROLE_OFFSET},
        "TUMBLE(table, time column, size [, offset])"},
    {"hop", SYNTAX_HOP, 4, 5, {ROLE_DATA, ROLE_TIME, ROLE_SLIDE, ROLE_SIZE, ROLE_OFFSET},
        "HOP(table, time column, slide, size [, offset])"},
    {"cumulate", SYNTAX_CUMULATE, 4, 5, {ROLE_DATA, ROLE_TIME, ROLE_SLIDE, ROLE_SIZE, ROLE_OFFSET},
        "CUMULATE(table, time column, step, size [, offset])"},
    {"session", SYNTAX_SESSION, 3, 3, {ROLE_DATA, ROLE_TIME, ROLE_GAP},
        "SESSION(table [PARTITION BY column], time column, gap)"},
};

static const WindowSignature *window_signature(const SyntaxFunction *function) {
    for (size_t i = 0; i < sizeof window_signatures / sizeof *window_signatures; i++)
        if (function->name.part_count == 1 && strcmp(function->name.parts[0], window_signatures[i].name) == 0)
            return &window_signatures[i];
    return NULL;
}

/* The role of a named argument; "_ffset" is what the dialect pass makes of OFFSET, which is reserved. */
static WindowRole role_of_name(const char *name) {
    static const struct {
        const char *name;
        WindowRole role;
    } roles[] = {{"data", ROLE_DATA}, {"timecol", ROLE_TIME}, {"size", ROLE_SIZE}, {"slide", ROLE_SLIDE},
        {"step", ROLE_SLIDE}, {"gap", ROLE_GAP}, {"_ffset", ROLE_OFFSET}, {"offset", ROLE_OFFSET}};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (strcmp(name, roles[i].name) == 0)
            return roles[i].role;
    return ROLE_COUNT;
}

static Status window_error(Conversion *conversion, const WindowSignature *signature, int position) {
    error_set(
        conversion->error, STATUS_SYNTAX_ERROR, "invalid arguments of window function %s", signature->name);
    error_hint(conversion->error, "Write %s.", signature->usage);
    return error_at(conversion->error, syntax_character(conversion->parser->dialect.list.sql, position));
}

static Status window_roles(Conversion *conversion, const WindowSignature *signature,
    const SyntaxExpression *call, SyntaxExpression **by_role) {
    const SyntaxFunction *function = &call->function;
    bool is_plain = !function->is_star && !function->is_distinct && function->order_count == 0 &&
                    function->filter == NULL && function->over == NULL;
    if (!is_plain || function->argument_count < signature->required ||
        function->argument_count > signature->count)
        return window_error(conversion, signature, call->position);
    for (int i = 0; i < function->argument_count; i++) {
        const SyntaxArgument *argument = &function->arguments[i];
        WindowRole role = argument->name == NULL ? signature->roles[i] : role_of_name(argument->name);
        bool is_known = false;
        for (int k = 0; k < signature->count; k++)
            is_known |= signature->roles[k] == role;
        if (!is_known || by_role[role] != NULL)
            return window_error(conversion, signature, argument->expression->position);
        by_role[role] = argument->expression;
    }
    for (int k = 0; k < signature->required; k++)
        if (by_role[signature->roles[k]] == NULL)
            return window_error(conversion, signature, call->position);
    return OK;
}

/* The input, parsed as a column or scalar subquery, as the table it is. NULL: it is neither. */
static SyntaxTable *window_input(Conversion *conversion, const SyntaxExpression *expression) {
    SyntaxTable *table = ARENA_NEW(conversion->arena, SyntaxTable);
    table->position = expression->position;
    if (expression->kind == SYNTAX_COLUMN && !expression->column.is_star) {
        table->kind = SYNTAX_TABLE_RELATION;
        table->relation.name = expression->column.name;
        return table;
    }
    if (expression->kind == SYNTAX_SUBLINK && expression->sublink.kind == SYNTAX_SUBLINK_SCALAR) {
        table->kind = SYNTAX_TABLE_SUBSELECT;
        table->subselect = expression->sublink.query;
        return table;
    }
    return NULL;
}

/* DESCRIPTOR(c) is c. */
static SyntaxExpression *without_descriptor(SyntaxExpression *expression) {
    bool is_descriptor = expression->kind == SYNTAX_FUNCTION && expression->function.name.part_count == 1 &&
                         strcmp(expression->function.name.parts[0], "descriptor") == 0 &&
                         expression->function.argument_count == 1;
    return is_descriptor ? expression->function.arguments[0].expression : expression;
}

static Status window_partition(Conversion *conversion, SyntaxTable *table) {
    const DialectFragment *fragment = dialect_find(&conversion->parser->dialect.partitions, table->position);
    SyntaxTableWindow *window = &table->window;
    SyntaxExpression *list;
    if (fragment == NULL)
        return OK;
    TRY(pg_query_expression(conversion->parser, fragment, &list));
    if (list->kind == SYNTAX_ROW && !list->list.is_explicit) {
        window->partition_by = list->list.items;
        window->partition_count = list->list.count;
    } else
        ARENA_APPEND(conversion->arena, window->partition_by, window->partition_count, list);
    return OK;
}

static Status convert_window_table(Conversion *conversion, const WindowSignature *signature,
    const SyntaxExpression *call, SyntaxTable *table) {
    SyntaxExpression *by_role[ROLE_COUNT + 1] = {0};
    TRY(window_roles(conversion, signature, call, by_role));
    table->kind = SYNTAX_TABLE_WINDOW;
    table->window = (SyntaxTableWindow){
        .kind = signature->kind,
        .input = window_input(conversion, by_role[ROLE_DATA]),
        .time = without_descriptor(by_role[ROLE_TIME]),
        .size = by_role[ROLE_SIZE],
        .slide = by_role[ROLE_SLIDE],
        .gap = by_role[ROLE_GAP],
        .offset = by_role[ROLE_OFFSET],
    };
    if (table->window.input == NULL)
        return window_error(conversion, signature, by_role[ROLE_DATA]->position);
    if (table->window.time->kind != SYNTAX_COLUMN)
        return window_error(conversion, signature, table->window.time->position);
    return window_partition(conversion, table);
}

static Status convert_column_types(
    Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count, SyntaxTableFunction *function) {
    for (size_t i = 0; i < node_count; i++) {
        SyntaxColumnType column = {.name = arena_strdup(conversion->arena, nodes[i]->column_def->colname)};
        TRY(convert_type(conversion, nodes[i]->column_def->type_name, &column.type));
        ARENA_APPEND(conversion->arena, function->columns, function->column_count, column);
    }
    return OK;
}

static Status convert_table_function(
    Conversion *conversion, const PgQuery__RangeFunction *node, SyntaxTable **result) {
    SyntaxTable *table = *result = ARENA_NEW(conversion->arena, SyntaxTable);
    SyntaxTableFunction function = {.has_ordinality = node->ordinality};
    table->kind = SYNTAX_TABLE_FUNCTION;
    table->is_lateral = node->lateral;
    table->alias = convert_alias(conversion, node->alias);
    for (size_t i = 0; i < node->n_functions; i++) {
        const PgQuery__List *pair =
            node->functions[i]->list; /* the call and, in ROWS FROM, its column definitions */
        SyntaxExpression *call;
        TRY(convert_expression(conversion, pair->items[0], &call));
        ARENA_APPEND(conversion->arena, function.functions, function.function_count, call);
        if (pair->n_items > 1 && pair->items[1]->node_case == NODE(LIST) && pair->items[1]->list->n_items > 0)
            return convert_unsupported(conversion, -1, "a column definition list in ROWS FROM");
    }
    TRY(convert_column_types(conversion, node->coldeflist, node->n_coldeflist, &function));
    table->position = function.functions[0]->position;
    const SyntaxExpression *first = function.functions[0];
    const WindowSignature *signature = first->kind == SYNTAX_FUNCTION && function.function_count == 1 &&
                                               !function.has_ordinality && function.column_count == 0
                                           ? window_signature(&first->function)
                                           : NULL;
    if (signature != NULL)
        return convert_window_table(conversion, signature, first, table);
    table->function = function;
    return OK;
}

/* Whether the expression has a column written with that table's name. */
static bool mentions(const SyntaxExpression *expression, const char *table) {
    bool is_found = false;
    if (expression == NULL)
        return false;
    if (expression->kind == SYNTAX_COLUMN)
        return expression->column.name.part_count > 1 &&
               strcmp(expression->column.name.parts[expression->column.name.part_count - 2], table) == 0;
    if (expression->kind == SYNTAX_CAST)
        return mentions(expression->cast.argument, table);
    if (expression->kind == SYNTAX_OPERATOR)
        return mentions(expression->operation.left, table) || mentions(expression->operation.right, table);
    for (int i = 0; expression->kind == SYNTAX_FUNCTION && i < expression->function.argument_count; i++)
        is_found |= mentions(expression->function.arguments[i].expression, table);
    return is_found;
}

/* The one comparison by order among the conjuncts: the joined table's side, and whether its greatest value is
   the nearest. */
static int find_nearest(
    const SyntaxExpression *condition, const char *table, SyntaxExpression **side, bool *is_greatest) {
    int count = 0;
    if (condition->kind == SYNTAX_BOOLEAN && condition->boolean.kind == SYNTAX_AND)
        for (int i = 0; i < condition->boolean.count; i++)
            count += find_nearest(condition->boolean.arguments[i], table, side, is_greatest);
    if (condition->kind != SYNTAX_OPERATOR || condition->operation.kind != SYNTAX_OPERATOR_PLAIN ||
        condition->operation.left == NULL)
        return count;
    const char *name = condition->operation.name.parts[0];
    bool is_less = strcmp(name, "<") == 0 || strcmp(name, "<=") == 0,
         is_more = strcmp(name, ">") == 0 || strcmp(name, ">=") == 0;
    bool is_left = mentions(condition->operation.left, table);
    if ((!is_less && !is_more) || is_left == mentions(condition->operation.right, table))
        return count;
    *side = is_left ? condition->operation.left : condition->operation.right;
    *is_greatest = is_left == is_less;
    return count + 1;
}

/* l ASOF JOIN r ON c: l JOIN LATERAL (SELECT * FROM r WHERE c ORDER BY r's time LIMIT 1) ON true. */
static Status make_asof_join(Conversion *conversion, int position, SyntaxJoin *join) {
    SyntaxTable *table = join->right, *lateral = ARENA_NEW(conversion->arena, SyntaxTable);
    SyntaxAlias *alias = ARENA_NEW(conversion->arena, SyntaxAlias);
    alias->name = table->alias != NULL ? table->alias->name
                                       : table->relation.name.parts[table->relation.name.part_count - 1];
    SyntaxExpression *side = NULL;
    bool is_greatest = false;
    if (table->kind != SYNTAX_TABLE_RELATION || join->condition == NULL ||
        (join->kind != SYNTAX_JOIN_INNER && join->kind != SYNTAX_JOIN_LEFT))
        return syntax_error_at(&conversion->parser->dialect.list, position, conversion->error);
    if (find_nearest(join->condition, alias->name, &side, &is_greatest) != 1) {
        error_set(conversion->error, STATUS_FEATURE_NOT_SUPPORTED,
            "ASOF JOIN needs exactly one comparison by <, <=, > or >= with a column of \"%s\", written with "
            "that name",
            alias->name);
        return error_at(conversion->error, syntax_character(conversion->parser->dialect.list.sql, position));
    }
    SyntaxSelect *select = lateral->subselect = ARENA_NEW(conversion->arena, SyntaxSelect);
    *select = (SyntaxSelect){.position = position, .where = join->condition};
    ARENA_APPEND(conversion->arena, select->from, select->from_count, table);
    SyntaxTarget all = {.expression = ARENA_NEW(conversion->arena, SyntaxExpression), .position = position};
    *all.expression = (SyntaxExpression){.kind = SYNTAX_COLUMN, .position = position};
    all.expression->column.is_star = true;
    ARENA_APPEND(conversion->arena, select->targets, select->target_count, all);
    SyntaxSort sort = {.expression = side,
        .direction = is_greatest ? SYNTAX_SORT_DESCENDING : SYNTAX_SORT_ASCENDING,
        .position = position};
    ARENA_APPEND(conversion->arena, select->order_by, select->order_count, sort);
    TRY(parse_expression("1", 1, conversion->arena, &select->limit, conversion->error));
    lateral->kind = SYNTAX_TABLE_SUBSELECT;
    lateral->position = table->position;
    lateral->alias = alias;
    lateral->is_lateral = true;
    join->right = lateral;
    return parse_expression("true", 4, conversion->arena, &join->condition, conversion->error);
}

static Status convert_join(Conversion *conversion, const PgQuery__JoinExpr *node, SyntaxTable **result) {
    SyntaxTable *table = *result = ARENA_NEW(conversion->arena, SyntaxTable);
    SyntaxJoin *join = &table->join;
    table->kind = SYNTAX_TABLE_JOIN;
    table->alias = convert_alias(conversion, node->alias);
    join->kind = node->jointype == PG_QUERY__JOIN_TYPE__JOIN_LEFT    ? SYNTAX_JOIN_LEFT
                 : node->jointype == PG_QUERY__JOIN_TYPE__JOIN_RIGHT ? SYNTAX_JOIN_RIGHT
                 : node->jointype == PG_QUERY__JOIN_TYPE__JOIN_FULL  ? SYNTAX_JOIN_FULL
                                                                     : SYNTAX_JOIN_INNER;
    join->is_natural = node->is_natural;
    TRY(convert_table(conversion, node->larg, &join->left));
    TRY(convert_table(conversion, node->rarg, &join->right));
    table->position = join->left->position;
    convert_strings(
        conversion, node->using_clause, node->n_using_clause, &join->using_columns, &join->using_count);
    if (node->join_using_alias != NULL)
        join->using_alias = convert_text(conversion, node->join_using_alias->aliasname);
    TRY(convert_expression(conversion, node->quals, &join->condition));
    const DialectFragment *asof =
        dialect_find(&conversion->parser->dialect.asof_joins, join->right->position);
    return asof == NULL ? OK : make_asof_join(conversion, asof->clause, join);
}

static Status convert_table_kind(Conversion *conversion, const PgQuery__Node *node, SyntaxTable **table) {
    switch (node->node_case) {
    case NODE(RANGE_VAR):
        return convert_from_relation(conversion, node->range_var, table);
    case NODE(RANGE_SUBSELECT):
        return convert_subselect(conversion, node->range_subselect, table);
    case NODE(RANGE_FUNCTION):
        return convert_table_function(conversion, node->range_function, table);
    case NODE(JOIN_EXPR):
        return convert_join(conversion, node->join_expr, table);
    case NODE(RANGE_TABLE_SAMPLE):
        return convert_unsupported(conversion, node->range_table_sample->location, "TABLESAMPLE");
    case NODE(RANGE_TABLE_FUNC):
        return convert_unsupported(conversion, node->range_table_func->location, "XMLTABLE");
    default:
        return convert_unsupported(conversion, -1, "this kind of table reference");
    }
}

static Status convert_table(Conversion *conversion, const PgQuery__Node *node, SyntaxTable **table) {
    if (++conversion->depth > CONVERSION_DEPTH_MAX)
        return error_set(conversion->error, STATUS_STATEMENT_TOO_COMPLEX, "stack depth limit exceeded");
    TRY(convert_table_kind(conversion, node, table));
    conversion->depth--;
    return OK;
}

Status convert_tables(Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count,
    SyntaxTable ***tables, int *count) {
    *tables = node_count == 0 ? NULL : ARENA_ARRAY(conversion->arena, SyntaxTable *, node_count);
    *count = 0;
    for (size_t i = 0; i < node_count; i++)
        TRY(convert_table(conversion, nodes[i], &(*tables)[(*count)++]));
    return OK;
}

Status convert_targets(Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count,
    SyntaxTarget **targets, int *count) {
    *targets = node_count == 0 ? NULL : ARENA_ARRAY(conversion->arena, SyntaxTarget, node_count);
    *count = 0;
    for (size_t i = 0; i < node_count; i++) {
        const PgQuery__ResTarget *from = nodes[i]->res_target;
        SyntaxTarget *target = &(*targets)[(*count)++];
        target->name = convert_text(conversion, from->name);
        target->position = convert_position(conversion, from->location);
        TRY(convert_expression(conversion, from->val, &target->expression));
    }
    return OK;
}

static Status convert_groups(Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count,
    SyntaxGroup **groups, int *count) {
    *groups = node_count == 0 ? NULL : ARENA_ARRAY(conversion->arena, SyntaxGroup, node_count);
    *count = 0;
    for (size_t i = 0; i < node_count; i++) {
        SyntaxGroup *group = &(*groups)[(*count)++];
        if (nodes[i]->node_case != NODE(GROUPING_SET)) {
            TRY(convert_expression(conversion, nodes[i], &group->expression));
            group->position = group->expression->position;
            continue;
        }
        const PgQuery__GroupingSet *set = nodes[i]->grouping_set;
        group->kind = set->kind == PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_EMPTY    ? SYNTAX_GROUP_EMPTY
                      : set->kind == PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_ROLLUP ? SYNTAX_GROUP_ROLLUP
                      : set->kind == PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_CUBE   ? SYNTAX_GROUP_CUBE
                                                                                      : SYNTAX_GROUP_SETS;
        group->position = convert_position(conversion, set->location);
        TRY(convert_groups(conversion, set->content, set->n_content, &group->items, &group->item_count));
    }
    return OK;
}

static Status convert_cte(Conversion *conversion, const PgQuery__CommonTableExpr *from, SyntaxCte *cte) {
    cte->name = convert_text(conversion, from->ctename);
    cte->position = convert_position(conversion, from->location);
    convert_strings(
        conversion, from->aliascolnames, from->n_aliascolnames, &cte->columns, &cte->column_count);
    cte->materialized = from->ctematerialized == PG_QUERY__CTEMATERIALIZE__CTEMaterializeAlways
                            ? SYNTAX_MATERIALIZED_ALWAYS
                        : from->ctematerialized == PG_QUERY__CTEMATERIALIZE__CTEMaterializeNever
                            ? SYNTAX_MATERIALIZED_NEVER
                            : SYNTAX_MATERIALIZED_DEFAULT;
    if (from->search_clause != NULL)
        return convert_unsupported(conversion, from->search_clause->location, "SEARCH in WITH");
    if (from->cycle_clause != NULL)
        return convert_unsupported(conversion, from->cycle_clause->location, "CYCLE in WITH");
    if (from->ctequery->node_case == NODE(SELECT_STMT))
        return convert_select(conversion, from->ctequery->select_stmt, &cte->query);
    TRY(convert_modify(conversion, from->ctequery, &cte->statement));
    return cte->statement != NULL ? OK
                                  : convert_unsupported(conversion, from->location, "this statement in WITH");
}

Status convert_with(Conversion *conversion, const PgQuery__WithClause *clause, SyntaxWith **result) {
    *result = NULL;
    if (clause == NULL)
        return OK;
    SyntaxWith *with = *result = ARENA_NEW(conversion->arena, SyntaxWith);
    with->is_recursive = clause->recursive;
    with->ctes = ARENA_ARRAY(conversion->arena, SyntaxCte, clause->n_ctes);
    for (size_t i = 0; i < clause->n_ctes; i++)
        TRY(convert_cte(conversion, clause->ctes[i]->common_table_expr, &with->ctes[with->count++]));
    return OK;
}

static Status convert_windows(Conversion *conversion, const PgQuery__SelectStmt *from, SyntaxSelect *select) {
    select->windows = ARENA_ARRAY(conversion->arena, SyntaxWindow, from->n_window_clause);
    for (size_t i = 0; i < from->n_window_clause; i++)
        TRY(convert_window(
            conversion, from->window_clause[i]->window_def, &select->windows[select->window_count++]));
    return OK;
}

static Status convert_core(Conversion *conversion, const PgQuery__SelectStmt *from, SyntaxSelect *select) {
    if (from->into_clause != NULL) {
        TRY(convert_unsupported(conversion, from->into_clause->rel->location, "SELECT INTO"));
    }
    select->is_distinct = from->n_distinct_clause > 0;
    /* Plain DISTINCT is a list of one empty node. */
    if (select->is_distinct && from->distinct_clause[0]->node_case != NODE(_NOT_SET))
        TRY(convert_expressions(conversion, from->distinct_clause, from->n_distinct_clause,
            &select->distinct_on, &select->distinct_on_count));
    TRY(convert_targets(
        conversion, from->target_list, from->n_target_list, &select->targets, &select->target_count));
    TRY(convert_tables(
        conversion, from->from_clause, from->n_from_clause, &select->from, &select->from_count));
    TRY(convert_expression(conversion, from->where_clause, &select->where));
    TRY(convert_groups(
        conversion, from->group_clause, from->n_group_clause, &select->group_by, &select->group_count));
    select->is_group_distinct = from->group_distinct;
    TRY(convert_expression(conversion, from->having_clause, &select->having));
    if (select->having != NULL &&
        dialect_find_qualify(&conversion->parser->dialect, select->having->position) != NULL) {
        select->qualify = select->having;
        select->having = NULL;
    }
    select->position = select->target_count > 0 ? select->targets[0].position
                       : select->from_count > 0 ? select->from[0]->position
                                                : -1;
    return from->n_window_clause > 0 ? convert_windows(conversion, from, select) : OK;
}

static Status convert_values(Conversion *conversion, const PgQuery__SelectStmt *from, SyntaxSelect *select) {
    select->kind = SYNTAX_VALUES;
    select->rows = ARENA_ARRAY(conversion->arena, SyntaxRow, from->n_values_lists);
    for (size_t i = 0; i < from->n_values_lists; i++) {
        const PgQuery__List *list = from->values_lists[i]->list;
        SyntaxRow *row = &select->rows[select->row_count++];
        TRY(convert_expressions(conversion, list->items, list->n_items, &row->items, &row->count));
    }
    select->position = select->rows[0].count > 0 ? select->rows[0].items[0]->position : -1;
    return OK;
}

static Status convert_set_operation(
    Conversion *conversion, const PgQuery__SelectStmt *from, SyntaxSelect *select) {
    select->kind = from->op == PG_QUERY__SET_OPERATION__SETOP_UNION       ? SYNTAX_UNION
                   : from->op == PG_QUERY__SET_OPERATION__SETOP_INTERSECT ? SYNTAX_INTERSECT
                                                                          : SYNTAX_EXCEPT;
    select->is_all = from->all;
    TRY(convert_select(conversion, from->larg, &select->left));
    TRY(convert_select(conversion, from->rarg, &select->right));
    select->position = select->left->position;
    return OK;
}

static Status convert_select_kind(
    Conversion *conversion, const PgQuery__SelectStmt *from, SyntaxSelect *select) {
    TRY(convert_with(conversion, from->with_clause, &select->with));
    if (from->op != PG_QUERY__SET_OPERATION__SETOP_NONE &&
        from->op != PG_QUERY__SET_OPERATION__SET_OPERATION_UNDEFINED)
        TRY(convert_set_operation(conversion, from, select));
    else if (from->n_values_lists > 0)
        TRY(convert_values(conversion, from, select));
    else
        TRY(convert_core(conversion, from, select));
    TRY(convert_sorts(
        conversion, from->sort_clause, from->n_sort_clause, &select->order_by, &select->order_count));
    TRY(convert_expression(conversion, from->limit_count, &select->limit));
    TRY(convert_expression(conversion, from->limit_offset, &select->offset));
    select->is_limit_with_ties = from->limit_option == PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_WITH_TIES;
    select->has_row_locks = from->n_locking_clause > 0;
    return OK;
}

Status convert_select(Conversion *conversion, const PgQuery__SelectStmt *from, SyntaxSelect **select) {
    if (++conversion->depth > CONVERSION_DEPTH_MAX)
        return error_set(conversion->error, STATUS_STATEMENT_TOO_COMPLEX, "stack depth limit exceeded");
    *select = ARENA_NEW(conversion->arena, SyntaxSelect);
    TRY(convert_select_kind(conversion, from, *select));
    conversion->depth--;
    return OK;
}
