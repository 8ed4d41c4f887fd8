/* Expressions, types, sort keys and window definitions out of protobuf. */
#include <string.h>

#include "planner/parse/from_pg_query.h"
#include "planner/parse/parse.h"

/* PostgreSQL's FRAMEOPTION_* bits (parsenodes.h). */
enum {
    FRAME_NONDEFAULT = 0x1,
    FRAME_ROWS = 0x4,
    FRAME_GROUPS = 0x8,
    FRAME_START_UNBOUNDED_PRECEDING = 0x20,
    FRAME_END_UNBOUNDED_FOLLOWING = 0x100,
    FRAME_START_CURRENT_ROW = 0x200,
    FRAME_END_CURRENT_ROW = 0x400,
    FRAME_START_OFFSET_PRECEDING = 0x800,
    FRAME_END_OFFSET_PRECEDING = 0x1000,
    FRAME_EXCLUDE_CURRENT_ROW = 0x8000,
    FRAME_EXCLUDE_GROUP = 0x10000,
    FRAME_EXCLUDE_TIES = 0x20000
};

void convert_strings(Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count,
    const char ***strings, int *count) {
    *strings = node_count == 0 ? NULL : ARENA_ARRAY(conversion->arena, const char *, node_count);
    *count = 0;
    for (size_t i = 0; i < node_count; i++)
        if (nodes[i]->node_case == NODE(STRING))
            (*strings)[(*count)++] = arena_strdup(conversion->arena, nodes[i]->string->sval);
}

SyntaxName convert_name(
    Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count, int location) {
    SyntaxName name = {.position = convert_position(conversion, location)};
    convert_strings(conversion, nodes, node_count, &name.parts, &name.part_count);
    return name;
}

Status convert_expressions(Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count,
    SyntaxExpression ***expressions, int *count) {
    *expressions = node_count == 0 ? NULL : ARENA_ARRAY(conversion->arena, SyntaxExpression *, node_count);
    *count = 0;
    for (size_t i = 0; i < node_count; i++)
        TRY(convert_expression(conversion, nodes[i], &(*expressions)[(*count)++]));
    return OK;
}

Status convert_type(Conversion *conversion, const PgQuery__TypeName *name, SyntaxType **result) {
    SyntaxType *type = *result = ARENA_NEW(conversion->arena, SyntaxType);
    if (name->pct_type)
        return convert_unsupported(conversion, name->location, "%TYPE");
    type->position = convert_position(conversion, name->location);
    type->name = convert_name(conversion, name->names, name->n_names, name->location);
    type->is_set = name->setof;
    type->array_dimensions = (int)name->n_array_bounds;
    const DialectFragment *structured = dialect_find(&conversion->parser->dialect.types, type->position);
    if (structured != NULL) {
        type->structured = structured->text;
        char *word = arena_copy(conversion->arena, structured->text, strcspn(structured->text, "<( \t\r\n"));
        for (char *c = word; *c != 0; c++)
            *c |= 0x20;
        type->name.parts[0] = word;
    }
    return convert_expressions(
        conversion, name->typmods, name->n_typmods, &type->modifiers, &type->modifier_count);
}

static Status convert_sort(Conversion *conversion, const PgQuery__SortBy *node, SyntaxSort *sort) {
    sort->position = convert_position(conversion, node->location);
    sort->direction = node->sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_ASC     ? SYNTAX_SORT_ASCENDING
                      : node->sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_DESC  ? SYNTAX_SORT_DESCENDING
                      : node->sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_USING ? SYNTAX_SORT_USING
                                                                                : SYNTAX_SORT_DEFAULT;
    sort->nulls = node->sortby_nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_FIRST  ? SYNTAX_NULLS_FIRST
                  : node->sortby_nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_LAST ? SYNTAX_NULLS_LAST
                                                                                     : SYNTAX_NULLS_DEFAULT;
    if (node->n_use_op > 0)
        sort->operator_name = arena_strdup(conversion->arena, node->use_op[node->n_use_op - 1]->string->sval);
    TRY(convert_expression(conversion, node->node, &sort->expression));
    if (sort->position < 0)
        sort->position = sort->expression->position;
    return OK;
}

Status convert_sorts(
    Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count, SyntaxSort **sorts, int *count) {
    *sorts = node_count == 0 ? NULL : ARENA_ARRAY(conversion->arena, SyntaxSort, node_count);
    *count = 0;
    for (size_t i = 0; i < node_count; i++) {
        SyntaxSort *sort = &(*sorts)[(*count)++];
        if (nodes[i]->node_case == NODE(SORT_BY))
            TRY(convert_sort(conversion, nodes[i]->sort_by, sort));
        else {
            TRY(convert_expression(conversion, nodes[i], &sort->expression));
            sort->position = sort->expression->position;
        }
    }
    return OK;
}

static SyntaxBound frame_start(int options) {
    return options & FRAME_START_UNBOUNDED_PRECEDING ? SYNTAX_BOUND_UNBOUNDED_PRECEDING
           : options & FRAME_START_CURRENT_ROW       ? SYNTAX_BOUND_CURRENT_ROW
           : options & FRAME_START_OFFSET_PRECEDING  ? SYNTAX_BOUND_PRECEDING
                                                     : SYNTAX_BOUND_FOLLOWING;
}

static SyntaxBound frame_end(int options) {
    return options & FRAME_END_UNBOUNDED_FOLLOWING ? SYNTAX_BOUND_UNBOUNDED_FOLLOWING
           : options & FRAME_END_CURRENT_ROW       ? SYNTAX_BOUND_CURRENT_ROW
           : options & FRAME_END_OFFSET_PRECEDING  ? SYNTAX_BOUND_PRECEDING
                                                   : SYNTAX_BOUND_FOLLOWING;
}

Status convert_window(Conversion *conversion, const PgQuery__WindowDef *definition, SyntaxWindow *window) {
    int options = definition->frame_options;
    window->name = convert_text(conversion, definition->name);
    window->reference = convert_text(conversion, definition->refname);
    window->position = convert_position(conversion, definition->location);
    window->has_frame = options & FRAME_NONDEFAULT;
    window->mode = options & FRAME_ROWS     ? SYNTAX_FRAME_ROWS
                   : options & FRAME_GROUPS ? SYNTAX_FRAME_GROUPS
                                            : SYNTAX_FRAME_RANGE;
    window->start = frame_start(options);
    window->end = frame_end(options);
    window->exclude = options & FRAME_EXCLUDE_CURRENT_ROW ? SYNTAX_EXCLUDE_CURRENT_ROW
                      : options & FRAME_EXCLUDE_GROUP     ? SYNTAX_EXCLUDE_GROUP
                      : options & FRAME_EXCLUDE_TIES      ? SYNTAX_EXCLUDE_TIES
                                                          : SYNTAX_EXCLUDE_NONE;
    TRY(convert_expression(conversion, definition->start_offset, &window->start_offset));
    TRY(convert_expression(conversion, definition->end_offset, &window->end_offset));
    TRY(convert_expressions(conversion, definition->partition_clause, definition->n_partition_clause,
        &window->partition_by, &window->partition_count));
    return convert_sorts(conversion, definition->order_clause, definition->n_order_clause, &window->order_by,
        &window->order_count);
}

static Status convert_constant(
    Conversion *conversion, const PgQuery__AConst *node, SyntaxExpression *expression) {
    expression->position = convert_position(conversion, node->location);
    if (node->isnull)
        return OK; /* CONSTANT_NULL is 0 */
    switch (node->val_case) {
    case PG_QUERY__A__CONST__VAL_IVAL:
        expression->constant.kind = SYNTAX_CONSTANT_INTEGER;
        expression->constant.integer = node->ival->ival;
        return OK;
    case PG_QUERY__A__CONST__VAL_FVAL:
        expression->constant.kind = SYNTAX_CONSTANT_FLOAT;
        expression->constant.text = arena_strdup(conversion->arena, node->fval->fval);
        return OK;
    case PG_QUERY__A__CONST__VAL_BOOLVAL:
        expression->constant.kind = SYNTAX_CONSTANT_BOOLEAN;
        expression->constant.integer = node->boolval->boolval;
        return OK;
    case PG_QUERY__A__CONST__VAL_SVAL:
        expression->constant.kind = SYNTAX_CONSTANT_STRING;
        expression->constant.text = arena_strdup(conversion->arena, node->sval->sval);
        return OK;
    case PG_QUERY__A__CONST__VAL_BSVAL:
        expression->constant.kind = SYNTAX_CONSTANT_BIT;
        expression->constant.text = arena_strdup(conversion->arena, node->bsval->bsval);
        return OK;
    default:
        return convert_unsupported(conversion, node->location, "this constant");
    }
}

/* libpg_query takes a parameter where PostgreSQL wants a constant: interval $1, extract($1 FROM a), SET a =
   $1. */
Status convert_refuse_parameter(Conversion *conversion, const PgQuery__Node *node) {
    if (node == NULL || node->node_case != NODE(PARAM_REF))
        return OK;
    return syntax_error_at(&conversion->parser->dialect.list,
        convert_position(conversion, node->param_ref->location), conversion->error);
}

static Status convert_cast(
    Conversion *conversion, const PgQuery__TypeCast *node, SyntaxExpression *expression) {
    /* TRUE and FALSE come as casts of a boolean constant to bool without a place of their own. */
    if (node->location < 0 && node->arg->node_case == NODE(A_CONST) &&
        node->arg->a_const->val_case == PG_QUERY__A__CONST__VAL_BOOLVAL) {
        expression->kind = SYNTAX_CONSTANT;
        return convert_constant(conversion, node->arg->a_const, expression);
    }
    expression->kind = SYNTAX_CAST;
    int position = convert_position(conversion, node->location);
    if (position < 0) /* t 'x', not CAST(x AS t) or x::t */
        TRY(convert_refuse_parameter(conversion, node->arg));
    TRY(convert_expression(conversion, node->arg, &expression->cast.argument));
    TRY(convert_type(conversion, node->type_name, &expression->cast.type));
    expression->cast.is_try =
        position >= 0 && dialect_find(&conversion->parser->dialect.try_casts, position) != NULL;
    expression->position = position >= 0 ? position : expression->cast.argument->position;
    return OK;
}

static Status convert_column(
    Conversion *conversion, const PgQuery__ColumnRef *node, SyntaxExpression *expression) {
    expression->position = convert_position(conversion, node->location);
    expression->column.name = convert_name(conversion, node->fields, node->n_fields, node->location);
    expression->column.is_star =
        node->n_fields > 0 && node->fields[node->n_fields - 1]->node_case == NODE(A_STAR);
    if (!expression->column.is_star)
        return OK;
    const DialectFragment *except = dialect_find(&conversion->parser->dialect.excepts, expression->position);
    return except == NULL ? OK : pg_query_expression(conversion->parser, except, &expression->column.except);
}

static SyntaxOperatorKind operator_kind(PgQuery__AExprKind kind) {
    static const SyntaxOperatorKind kinds[] = {
        [PG_QUERY__A__EXPR__KIND__AEXPR_OP] = SYNTAX_OPERATOR_PLAIN,
        [PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY] = SYNTAX_OPERATOR_ANY,
        [PG_QUERY__A__EXPR__KIND__AEXPR_OP_ALL] = SYNTAX_OPERATOR_ALL,
        [PG_QUERY__A__EXPR__KIND__AEXPR_DISTINCT] = SYNTAX_OPERATOR_DISTINCT,
        [PG_QUERY__A__EXPR__KIND__AEXPR_NOT_DISTINCT] = SYNTAX_OPERATOR_NOT_DISTINCT,
        [PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF] = SYNTAX_OPERATOR_NULLIF,
        [PG_QUERY__A__EXPR__KIND__AEXPR_IN] = SYNTAX_OPERATOR_IN,
        [PG_QUERY__A__EXPR__KIND__AEXPR_LIKE] = SYNTAX_OPERATOR_LIKE,
        [PG_QUERY__A__EXPR__KIND__AEXPR_ILIKE] = SYNTAX_OPERATOR_ILIKE,
        [PG_QUERY__A__EXPR__KIND__AEXPR_SIMILAR] = SYNTAX_OPERATOR_SIMILAR,
        [PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN] = SYNTAX_OPERATOR_BETWEEN,
        [PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN] = SYNTAX_OPERATOR_NOT_BETWEEN,
        [PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN_SYM] = SYNTAX_OPERATOR_BETWEEN_SYMMETRIC,
        [PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM] = SYNTAX_OPERATOR_NOT_BETWEEN_SYMMETRIC,
    };
    return kinds[kind];
}

static Status convert_operator(
    Conversion *conversion, const PgQuery__AExpr *node, SyntaxExpression *expression) {
    SyntaxOperator *operation = &expression->operation;
    expression->position = convert_position(conversion, node->location);
    operation->kind = operator_kind(node->kind);
    operation->name = convert_name(conversion, node->name, node->n_name, node->location);
    TRY(convert_expression(conversion, node->lexpr, &operation->left));
    if (node->rexpr != NULL && node->rexpr->node_case == NODE(LIST))
        return convert_expressions(conversion, node->rexpr->list->items, node->rexpr->list->n_items,
            &operation->list, &operation->list_count);
    return convert_expression(conversion, node->rexpr, &operation->right);
}

static Status convert_argument(Conversion *conversion, const PgQuery__Node *node, SyntaxArgument *argument) {
    if (node->node_case != NODE(NAMED_ARG_EXPR))
        return convert_expression(conversion, node, &argument->expression);
    argument->name = convert_text(conversion, node->named_arg_expr->name);
    return convert_expression(conversion, node->named_arg_expr->arg, &argument->expression);
}

static Status convert_function(
    Conversion *conversion, const PgQuery__FuncCall *node, SyntaxExpression *expression) {
    SyntaxFunction *function = &expression->function;
    expression->position = convert_position(conversion, node->location);
    function->name = convert_name(conversion, node->funcname, node->n_funcname, node->location);
    function->arguments = ARENA_ARRAY(conversion->arena, SyntaxArgument, node->n_args + 1);
    for (size_t i = 0; i < node->n_args; i++)
        TRY(convert_argument(conversion, node->args[i], &function->arguments[function->argument_count++]));
    function->is_star = node->agg_star;
    function->is_distinct = node->agg_distinct;
    function->is_variadic = node->func_variadic;
    function->is_within_group = node->agg_within_group;
    function->is_special = node->funcformat == PG_QUERY__COERCION_FORM__COERCE_SQL_SYNTAX;
    if (function->is_special && strcmp(function->name.parts[function->name.part_count - 1], "extract") == 0)
        TRY(convert_refuse_parameter(conversion, node->args[0]));
    TRY(convert_sorts(
        conversion, node->agg_order, node->n_agg_order, &function->order_by, &function->order_count));
    TRY(convert_expression(conversion, node->agg_filter, &function->filter));
    if (node->over == NULL)
        return OK;
    function->over = ARENA_NEW(conversion->arena, SyntaxWindow);
    return convert_window(conversion, node->over, function->over);
}

/* JSON_VALUE(… RETURNING t) is TRY_CAST of what it gives without. */
static Status convert_call(
    Conversion *conversion, const PgQuery__FuncCall *node, SyntaxExpression *expression) {
    TRY(convert_function(conversion, node, expression));
    const DialectFragment *returning =
        dialect_find(&conversion->parser->dialect.json_calls, expression->position);
    if (returning == NULL)
        return OK;
    SyntaxExpression *call = ARENA_NEW(conversion->arena, SyntaxExpression);
    *call = *expression;
    *expression = (SyntaxExpression){.kind = SYNTAX_CAST, .position = call->position};
    expression->cast.argument = call;
    expression->cast.is_try = true;
    return pg_query_type(conversion->parser, returning, &expression->cast.type);
}

static Status convert_boolean(
    Conversion *conversion, const PgQuery__BoolExpr *node, SyntaxExpression *expression) {
    expression->position = convert_position(conversion, node->location);
    expression->boolean.kind = node->boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR  ? SYNTAX_AND
                               : node->boolop == PG_QUERY__BOOL_EXPR_TYPE__OR_EXPR ? SYNTAX_OR
                                                                                   : SYNTAX_NOT;
    return convert_expressions(
        conversion, node->args, node->n_args, &expression->boolean.arguments, &expression->boolean.count);
}

static Status convert_case(
    Conversion *conversion, const PgQuery__CaseExpr *node, SyntaxExpression *expression) {
    SyntaxCase *choice = &expression->choice;
    expression->position = convert_position(conversion, node->location);
    TRY(convert_expression(conversion, node->arg, &choice->argument));
    TRY(convert_expression(conversion, node->defresult, &choice->otherwise));
    choice->whens = ARENA_ARRAY(conversion->arena, SyntaxWhen, node->n_args);
    for (size_t i = 0; i < node->n_args; i++) {
        const PgQuery__CaseWhen *from = node->args[i]->case_when;
        SyntaxWhen *when = &choice->whens[choice->when_count++];
        when->position = convert_position(conversion, from->location);
        TRY(convert_expression(conversion, from->expr, &when->condition));
        TRY(convert_expression(conversion, from->result, &when->result));
    }
    return OK;
}

Status convert_steps(
    Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count, SyntaxStep **steps, int *count) {
    *steps = node_count == 0 ? NULL : ARENA_ARRAY(conversion->arena, SyntaxStep, node_count);
    *count = 0;
    for (size_t i = 0; i < node_count; i++) {
        SyntaxStep *step = &(*steps)[(*count)++];
        switch (nodes[i]->node_case) {
        case NODE(STRING):
            step->field = arena_strdup(conversion->arena, nodes[i]->string->sval);
            break;
        case NODE(A_STAR):
            step->is_star = true;
            break;
        case NODE(A_INDICES):
            step->is_slice = nodes[i]->a_indices->is_slice;
            TRY(convert_expression(conversion, nodes[i]->a_indices->lidx, &step->lower));
            TRY(convert_expression(conversion, nodes[i]->a_indices->uidx, &step->upper));
            break;
        default:
            return convert_unsupported(conversion, -1, "this selection from a value");
        }
    }
    return OK;
}

static Status convert_indirection(
    Conversion *conversion, const PgQuery__AIndirection *node, SyntaxExpression *expression) {
    TRY(convert_expression(conversion, node->arg, &expression->indirection.argument));
    expression->position = expression->indirection.argument->position;
    return convert_steps(conversion, node->indirection, node->n_indirection, &expression->indirection.steps,
        &expression->indirection.count);
}

static Status convert_sublink(
    Conversion *conversion, const PgQuery__SubLink *node, SyntaxExpression *expression) {
    SyntaxSublink *sublink = &expression->sublink;
    expression->position = convert_position(conversion, node->location);
    switch ((int)node->sub_link_type) {
    case PG_QUERY__SUB_LINK_TYPE__EXISTS_SUBLINK:
        sublink->kind = SYNTAX_SUBLINK_EXISTS;
        break;
    case PG_QUERY__SUB_LINK_TYPE__ALL_SUBLINK:
        sublink->kind = SYNTAX_SUBLINK_ALL;
        break;
    case PG_QUERY__SUB_LINK_TYPE__ANY_SUBLINK:
        sublink->kind = SYNTAX_SUBLINK_ANY;
        break;
    case PG_QUERY__SUB_LINK_TYPE__ARRAY_SUBLINK:
        sublink->kind = SYNTAX_SUBLINK_ARRAY;
        break;
    case PG_QUERY__SUB_LINK_TYPE__EXPR_SUBLINK:
        sublink->kind = SYNTAX_SUBLINK_SCALAR;
        break;
    default:
        return convert_unsupported(conversion, node->location, "this kind of subquery");
    }
    sublink->operator_name = convert_name(conversion, node->oper_name, node->n_oper_name, node->location);
    TRY(convert_expression(conversion, node->testexpr, &sublink->test));
    if (node->subselect->node_case != NODE(SELECT_STMT))
        return convert_unsupported(conversion, node->location, "this kind of subquery");
    TRY(convert_select(conversion, node->subselect->select_stmt, &sublink->query));
    if (sublink->query->position < 0)
        sublink->query->position = expression->position;
    return OK;
}

static Status convert_sql_value(
    Conversion *conversion, const PgQuery__SQLValueFunction *node, SyntaxExpression *expression) {
    static const SyntaxSqlValueKind kinds[] = {
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_DATE] = SYNTAX_CURRENT_DATE,
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME] = SYNTAX_CURRENT_TIME,
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME_N] = SYNTAX_CURRENT_TIME,
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP] = SYNTAX_CURRENT_TIMESTAMP,
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP_N] = SYNTAX_CURRENT_TIMESTAMP,
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME] = SYNTAX_LOCALTIME,
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME_N] = SYNTAX_LOCALTIME,
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP] = SYNTAX_LOCALTIMESTAMP,
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP_N] = SYNTAX_LOCALTIMESTAMP,
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_ROLE] = SYNTAX_CURRENT_ROLE,
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_USER] = SYNTAX_CURRENT_USER,
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_USER] = SYNTAX_USER,
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_SESSION_USER] = SYNTAX_SESSION_USER,
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_CATALOG] = SYNTAX_CURRENT_CATALOG,
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_SCHEMA] = SYNTAX_CURRENT_SCHEMA,
    };
    bool has_precision = node->op == PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME_N ||
                         node->op == PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP_N ||
                         node->op == PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME_N ||
                         node->op == PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP_N;
    expression->position = convert_position(conversion, node->location);
    expression->sql_value.kind = kinds[node->op];
    expression->sql_value.precision = has_precision ? node->typmod : -1;
    return OK;
}

static Status convert_list(Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count,
    int location, SyntaxExpression *expression) {
    expression->position = convert_position(conversion, location);
    return convert_expressions(
        conversion, nodes, node_count, &expression->list.items, &expression->list.count);
}

/* x IS JSON kind: is_json(x::text, 'kind'). */
static Status convert_json_test(Conversion *conversion, const PgQuery__NullTest *node,
    const DialectFragment *kind, SyntaxExpression *expression) {
    SyntaxExpression *call = expression;
    if (node->nulltesttype != PG_QUERY__NULL_TEST_TYPE__IS_NULL) {
        call = ARENA_NEW(conversion->arena, SyntaxExpression);
        expression->kind = SYNTAX_BOOLEAN;
        expression->boolean.kind = SYNTAX_NOT;
        expression->boolean.count = 1;
        expression->boolean.arguments = ARENA_ARRAY(conversion->arena, SyntaxExpression *, 1);
        expression->boolean.arguments[0] = call;
    }
    const char *text = arena_printf(conversion->arena, "is_json(NULL::text, '%s')", kind->text);
    SyntaxExpression *made;
    TRY(parse_expression(text, strlen(text), conversion->arena, &made, conversion->error));
    *call = *made;
    call->position = convert_position(conversion, node->location);
    return convert_expression(conversion, node->arg, &call->function.arguments[0].expression->cast.argument);
}

static Status convert_null_test(
    Conversion *conversion, const PgQuery__NullTest *node, SyntaxExpression *expression) {
    expression->position = convert_position(conversion, node->location);
    const DialectFragment *kind = dialect_find(&conversion->parser->dialect.json_tests, expression->position);
    if (kind != NULL)
        return convert_json_test(conversion, node, kind, expression);
    expression->test.kind =
        node->nulltesttype == PG_QUERY__NULL_TEST_TYPE__IS_NULL ? SYNTAX_IS_NULL : SYNTAX_IS_NOT_NULL;
    return convert_expression(conversion, node->arg, &expression->test.argument);
}

static Status convert_boolean_test(
    Conversion *conversion, const PgQuery__BooleanTest *node, SyntaxExpression *expression) {
    expression->position = convert_position(conversion, node->location);
    expression->test.kind =
        SYNTAX_IS_TRUE + (SyntaxTestKind)(node->booltesttype - PG_QUERY__BOOL_TEST_TYPE__IS_TRUE);
    return convert_expression(conversion, node->arg, &expression->test.argument);
}

static Status convert_collate(
    Conversion *conversion, const PgQuery__CollateClause *node, SyntaxExpression *expression) {
    expression->position = convert_position(conversion, node->location);
    expression->collate.name = convert_name(conversion, node->collname, node->n_collname, node->location);
    return convert_expression(conversion, node->arg, &expression->collate.argument);
}

static Status convert_kind(Conversion *conversion, const PgQuery__Node *node, SyntaxExpression *expression) {
    switch (node->node_case) {
    case NODE(A_CONST):
        expression->kind = SYNTAX_CONSTANT;
        return convert_constant(conversion, node->a_const, expression);
    case NODE(COLUMN_REF):
        expression->kind = SYNTAX_COLUMN;
        return convert_column(conversion, node->column_ref, expression);
    case NODE(PARAM_REF):
        expression->kind = SYNTAX_PARAMETER;
        expression->position = convert_position(conversion, node->param_ref->location);
        expression->parameter = node->param_ref->number;
        return OK;
    case NODE(TYPE_CAST):
        return convert_cast(conversion, node->type_cast, expression);
    case NODE(A_EXPR):
        expression->kind = SYNTAX_OPERATOR;
        return convert_operator(conversion, node->a_expr, expression);
    case NODE(FUNC_CALL):
        expression->kind = SYNTAX_FUNCTION;
        return convert_call(conversion, node->func_call, expression);
    case NODE(BOOL_EXPR):
        expression->kind = SYNTAX_BOOLEAN;
        return convert_boolean(conversion, node->bool_expr, expression);
    case NODE(CASE_EXPR):
        expression->kind = SYNTAX_CASE;
        return convert_case(conversion, node->case_expr, expression);
    case NODE(COALESCE_EXPR):
        expression->kind = SYNTAX_COALESCE;
        return convert_list(conversion, node->coalesce_expr->args, node->coalesce_expr->n_args,
            node->coalesce_expr->location, expression);
    case NODE(MIN_MAX_EXPR):
        expression->kind =
            node->min_max_expr->op == PG_QUERY__MIN_MAX_OP__IS_GREATEST ? SYNTAX_GREATEST : SYNTAX_LEAST;
        return convert_list(conversion, node->min_max_expr->args, node->min_max_expr->n_args,
            node->min_max_expr->location, expression);
    case NODE(NULL_TEST):
        expression->kind = SYNTAX_TEST;
        return convert_null_test(conversion, node->null_test, expression);
    case NODE(BOOLEAN_TEST):
        expression->kind = SYNTAX_TEST;
        return convert_boolean_test(conversion, node->boolean_test, expression);
    case NODE(A_ARRAY_EXPR):
        expression->kind = SYNTAX_ARRAY;
        return convert_list(conversion, node->a_array_expr->elements, node->a_array_expr->n_elements,
            node->a_array_expr->location, expression);
    case NODE(ROW_EXPR):
        expression->kind = SYNTAX_ROW;
        expression->list.is_explicit =
            node->row_expr->row_format == PG_QUERY__COERCION_FORM__COERCE_EXPLICIT_CALL;
        return convert_list(
            conversion, node->row_expr->args, node->row_expr->n_args, node->row_expr->location, expression);
    case NODE(A_INDIRECTION):
        expression->kind = SYNTAX_INDIRECTION;
        return convert_indirection(conversion, node->a_indirection, expression);
    case NODE(SUB_LINK):
        expression->kind = SYNTAX_SUBLINK;
        return convert_sublink(conversion, node->sub_link, expression);
    case NODE(SQLVALUE_FUNCTION):
        expression->kind = SYNTAX_SQL_VALUE;
        return convert_sql_value(conversion, node->sqlvalue_function, expression);
    case NODE(COLLATE_CLAUSE):
        expression->kind = SYNTAX_COLLATE;
        return convert_collate(conversion, node->collate_clause, expression);
    case NODE(GROUPING_FUNC):
        expression->kind = SYNTAX_GROUPING;
        return convert_list(conversion, node->grouping_func->args, node->grouping_func->n_args,
            node->grouping_func->location, expression);
    case NODE(SET_TO_DEFAULT):
        expression->kind = SYNTAX_DEFAULT;
        expression->position = convert_position(conversion, node->set_to_default->location);
        return OK;
    case NODE(CURRENT_OF_EXPR):
        return convert_unsupported(conversion, -1, "WHERE CURRENT OF");
    case NODE(XML_EXPR):
        return convert_unsupported(conversion, node->xml_expr->location, "XML");
    case NODE(XML_SERIALIZE):
        return convert_unsupported(conversion, node->xml_serialize->location, "XML");
    default:
        return convert_unsupported(conversion, -1, "an expression of this kind");
    }
}

Status convert_expression(Conversion *conversion, const PgQuery__Node *node, SyntaxExpression **result) {
    *result = NULL;
    if (node == NULL)
        return OK;
    if (++conversion->depth > CONVERSION_DEPTH_MAX)
        return error_set(conversion->error, STATUS_STATEMENT_TOO_COMPLEX, "stack depth limit exceeded");
    *result = ARENA_NEW(conversion->arena, SyntaxExpression);
    TRY(convert_kind(conversion, node, *result));
    conversion->depth--;
    return OK;
}
