/* CREATE TABLE, VIEW, INDEX, SCHEMA and DROP out of protobuf, with what the dialect pass had set aside. */
#include <string.h>

#include "planner/parse/from_pg_query.h"

/* PostgreSQL's CREATE_TABLE_LIKE_* bits. */
enum {
    LIKE_COMMENTS = 1 << 0,
    LIKE_CONSTRAINTS = 1 << 2,
    LIKE_DEFAULTS = 1 << 3,
    LIKE_GENERATED = 1 << 4,
    LIKE_IDENTITY = 1 << 5,
    LIKE_INDEXES = 1 << 6
};

/* The value of a DefElem as text. */
static Status convert_option_value(Conversion *conversion, const PgQuery__Node *node, SyntaxOption *option) {
    Arena *arena = conversion->arena;
    switch (node->node_case) {
    case NODE(STRING):
        option->value = arena_strdup(arena, node->string->sval);
        option->is_string = true;
        return OK;
    case NODE(INTEGER):
        option->value = arena_printf(arena, "%d", node->integer->ival);
        return OK;
    case NODE(FLOAT):
        option->value = arena_strdup(arena, node->float_->fval);
        return OK;
    case NODE(BOOLEAN):
        option->value = node->boolean->boolval ? "true" : "false";
        return OK;
    case NODE(A_STAR):
        option->value = "*";
        return OK;
    case NODE(TYPE_NAME):
        option->value =
            arena_strdup(arena, node->type_name->names[node->type_name->n_names - 1]->string->sval);
        return OK;
    case NODE(LIST): {
        const char *joined = NULL;
        for (size_t i = 0; i < node->list->n_items; i++) {
            SyntaxOption item = {0};
            TRY(convert_option_value(conversion, node->list->items[i], &item));
            joined = joined == NULL ? item.value : arena_printf(arena, "%s,%s", joined, item.value);
        }
        option->value = joined;
        return OK;
    }
    default:
        return convert_unsupported(
            conversion, -1, arena_printf(arena, "the value of option \"%s\"", option->name));
    }
}

Status convert_options(
    Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count, SyntaxOptions *options) {
    for (size_t i = 0; i < node_count; i++) {
        const PgQuery__DefElem *from = nodes[i]->def_elem;
        SyntaxOption option = {.name = arena_strdup(conversion->arena, from->defname),
            .position = convert_position(conversion, from->location),
            .value_position = -1};
        if (from->arg != NULL)
            TRY(convert_option_value(conversion, from->arg, &option));
        ARENA_APPEND(conversion->arena, options->items, options->count, option);
    }
    return OK;
}

static Status convert_check(Conversion *conversion, const PgQuery__Constraint *from, SyntaxCheck *check) {
    check->name = convert_text(conversion, from->conname);
    expression_range(
        conversion->parser, convert_position(conversion, from->location), &check->start, &check->length);
    return convert_expression(conversion, from->raw_expr, &check->expression);
}

static Status convert_generated(
    Conversion *conversion, const PgQuery__Constraint *from, SyntaxColumn *column) {
    expression_range(conversion->parser, convert_position(conversion, from->location),
        &column->computed_start, &column->computed_length);
    return convert_expression(conversion, from->raw_expr, &column->computed);
}

static Status convert_column_constraint(
    Conversion *conversion, const PgQuery__Constraint *from, SyntaxColumn *column) {
    SyntaxCheck check = {0};
    switch ((int)from->contype) {
    case PG_QUERY__CONSTR_TYPE__CONSTR_NULL:
        column->is_null = true;
        return OK;
    case PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL:
        column->is_not_null = true;
        return OK;
    case PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT:
        expression_range(conversion->parser, convert_position(conversion, from->location),
            &column->default_start, &column->default_length);
        return convert_expression(conversion, from->raw_expr, &column->default_value);
    case PG_QUERY__CONSTR_TYPE__CONSTR_GENERATED:
        return convert_generated(conversion, from, column);
    case PG_QUERY__CONSTR_TYPE__CONSTR_CHECK:
        TRY(convert_check(conversion, from, &check));
        ARENA_APPEND(conversion->arena, column->checks, column->check_count, check);
        return OK;
    case PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY:
        column->is_primary_key = true;
        column->key_name = convert_text(conversion, from->conname);
        return OK;
    case PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE:
        column->is_unique = true;
        column->unique_name = convert_text(conversion, from->conname);
        return from->nulls_not_distinct
                   ? convert_unsupported(conversion, from->location, "NULLS NOT DISTINCT")
                   : OK;
    case PG_QUERY__CONSTR_TYPE__CONSTR_IDENTITY:
        column->identity = from->generated_when[0];
        return convert_options(conversion, from->options, from->n_options, &column->identity_options);
    case PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN:
        return convert_unsupported(conversion, from->location, "FOREIGN KEY");
    default:
        return convert_unsupported(conversion, from->location, "a constraint of this kind");
    }
}

static Status add_column_clause(Conversion *conversion, SyntaxColumn *column) {
    const ColumnClause *clause = column_clause_find(conversion->parser, column->position);
    column->is_enforced = clause == NULL || !clause->is_not_enforced;
    column->comment = clause == NULL ? NULL : clause->comment;
    if (clause == NULL)
        return OK;
    column->is_metadata = clause->is_metadata;
    column->metadata_key = clause->metadata_key;
    if (!clause->is_computed)
        return OK;
    if (!clause->has_type)
        column->type = NULL;
    column->computed_start = clause->computed.start;
    column->computed_length = clause->computed.length;
    return pg_query_expression(conversion->parser, &clause->computed, &column->computed);
}

static Status convert_column_definition(
    Conversion *conversion, const PgQuery__ColumnDef *from, SyntaxCreateTable *table) {
    SyntaxColumn column = {.name = convert_text(conversion, from->colname),
        .position = convert_position(conversion, from->location)};
    if (from->type_name != NULL)
        TRY(convert_type(conversion, from->type_name, &column.type));
    if (from->coll_clause != NULL)
        column.collation = arena_strdup(
            conversion->arena, from->coll_clause->collname[from->coll_clause->n_collname - 1]->string->sval);
    if (from->compression[0] != 0 || from->storage[0] != 0)
        return convert_unsupported(conversion, from->location, "STORAGE or COMPRESSION of a column");
    for (size_t i = 0; i < from->n_constraints; i++)
        TRY(convert_column_constraint(conversion, from->constraints[i]->constraint, &column));
    if (column.is_null && column.is_not_null)
        return error_set(conversion->error, STATUS_SYNTAX_ERROR,
            "conflicting NULL/NOT NULL declarations for column \"%s\" of table \"%s\"", column.name,
            table->name.parts[table->name.part_count - 1]);
    TRY(add_column_clause(conversion, &column));
    ARENA_APPEND(conversion->arena, table->columns, table->column_count, column);
    return OK;
}

static Status convert_table_constraint(
    Conversion *conversion, const PgQuery__Constraint *from, SyntaxCreateTable *table) {
    SyntaxConstraint constraint = {.name = convert_text(conversion, from->conname),
        .position = convert_position(conversion, from->location)};
    const ColumnClause *clause = column_clause_find(conversion->parser, constraint.position);
    constraint.is_enforced = clause == NULL || !clause->is_not_enforced;
    switch ((int)from->contype) {
    case PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY:
        constraint.kind = SYNTAX_CONSTRAINT_PRIMARY_KEY;
        break;
    case PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE:
        constraint.kind = SYNTAX_CONSTRAINT_UNIQUE;
        break;
    case PG_QUERY__CONSTR_TYPE__CONSTR_CHECK:
        constraint.kind = SYNTAX_CONSTRAINT_CHECK;
        TRY(convert_check(conversion, from, &constraint.check));
        break;
    case PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN:
        return convert_unsupported(conversion, from->location, "FOREIGN KEY");
    case PG_QUERY__CONSTR_TYPE__CONSTR_EXCLUSION:
        return convert_unsupported(conversion, from->location, "EXCLUDE");
    default:
        return convert_unsupported(conversion, from->location, "a constraint of this kind");
    }
    if (from->nulls_not_distinct || from->n_including > 0 || from->deferrable || from->initdeferred)
        return convert_unsupported(
            conversion, from->location, "NULLS NOT DISTINCT, INCLUDE or DEFERRABLE of a constraint");
    convert_strings(conversion, from->keys, from->n_keys, &constraint.columns, &constraint.column_count);
    ARENA_APPEND(conversion->arena, table->constraints, table->constraint_count, constraint);
    return OK;
}

/* Parts of CREATE TABLE that Leat has no counterpart for. */
static Status refuse_table_clauses(Conversion *conversion, const PgQuery__CreateStmt *from) {
    int location = from->relation->location;
    if (from->n_inh_relations > 0)
        return convert_unsupported(
            conversion, location, from->partbound != NULL ? "PARTITION OF" : "INHERITS");
    if (from->partspec != NULL)
        return convert_unsupported(conversion, location, "PARTITION BY of a table");
    if (from->of_typename != NULL)
        return convert_unsupported(conversion, location, "CREATE TABLE OF");
    if (from->tablespacename[0] != 0)
        return convert_unsupported(conversion, location, "TABLESPACE");
    if (from->access_method[0] != 0)
        return convert_unsupported(conversion, location, "USING of a table");
    return from->relation->relpersistence[0] == 'u' ? convert_unsupported(conversion, location, "UNLOGGED")
                                                    : OK;
}

static Status convert_table_elements(
    Conversion *conversion, const PgQuery__CreateStmt *from, SyntaxCreateTable *table) {
    for (size_t i = 0; i < from->n_table_elts; i++) {
        const PgQuery__Node *element = from->table_elts[i];
        if (element->node_case == NODE(COLUMN_DEF))
            TRY(convert_column_definition(conversion, element->column_def, table));
        else if (element->node_case == NODE(CONSTRAINT))
            TRY(convert_table_constraint(conversion, element->constraint, table));
        else if (element->node_case == NODE(TABLE_LIKE_CLAUSE)) {
            uint32_t options = element->table_like_clause->options;
            SyntaxLike like = {
                .name = convert_relation_name(conversion, element->table_like_clause->relation),
                .before = table->column_count,
                .with_constraints = options & LIKE_CONSTRAINTS,
                .with_defaults = options & LIKE_DEFAULTS,
                .with_generated = options & LIKE_GENERATED,
                .with_identity = options & LIKE_IDENTITY,
                .with_indexes = options & LIKE_INDEXES,
                .with_comments = options & LIKE_COMMENTS};
            ARENA_APPEND(conversion->arena, table->likes, table->like_count, like);
        } else
            return convert_unsupported(
                conversion, from->relation->location, "an element of this kind in CREATE TABLE");
    }
    return OK;
}

static char on_commit(PgQuery__OnCommitAction action) {
    return action == PG_QUERY__ON_COMMIT_ACTION__ONCOMMIT_DROP            ? 'r'
           : action == PG_QUERY__ON_COMMIT_ACTION__ONCOMMIT_DELETE_ROWS   ? 'd'
           : action == PG_QUERY__ON_COMMIT_ACTION__ONCOMMIT_PRESERVE_ROWS ? 'p'
                                                                          : 0;
}

static Status convert_create_table(
    Conversion *conversion, const PgQuery__CreateStmt *from, SyntaxStatement **statement) {
    StatementClauses *clauses = &conversion->parser->clauses;
    SyntaxCreateTable *table = ARENA_NEW(conversion->arena, SyntaxCreateTable);
    TRY(refuse_table_clauses(conversion, from));
    *table = clauses->table;
    table->if_not_exists = from->if_not_exists;
    table->is_temporary = from->relation->relpersistence[0] == 't';
    table->on_commit = on_commit(from->oncommit);
    table->name = convert_relation_name(conversion, from->relation);
    if (clauses->has_watermark) {
        table->watermark = ARENA_NEW(conversion->arena, SyntaxWatermark);
        *table->watermark = clauses->watermark;
    }
    TRY(convert_table_elements(conversion, from, table));
    TRY(convert_options(conversion, from->options, from->n_options, &table->options));
    *statement = convert_new_statement(
        conversion, SYNTAX_STATEMENT_CREATE_TABLE, table->is_source ? "CREATE SOURCE" : "CREATE TABLE");
    (*statement)->create_table = table;
    return OK;
}

static void view_query(Conversion *conversion, SyntaxCreateView *view) {
    const StatementClauses *clauses = &conversion->parser->clauses;
    view->query_start = clauses->query_start;
    view->query_length = clauses->query_length;
    convert_emit(conversion, view->query);
}

/* Of CREATE TABLE AS, clauses that only make sense beside column definitions. */
static Status refuse_table_as_clauses(Conversion *conversion, int location) {
    const StatementClauses *clauses = &conversion->parser->clauses;
    const SyntaxCreateTable *table = &clauses->table;
    if (table->is_source)
        return convert_unsupported(conversion, location, "CREATE SOURCE AS");
    if (table->is_append_only || table->include_count > 0 || table->comment != NULL ||
        table->partitioned_by.part_count > 0 || clauses->has_watermark || clauses->column_count > 0 ||
        table->has_star)
        return convert_unsupported(conversion, location,
            "WATERMARK, APPEND ONLY, INCLUDE, COMMENT or PARTITIONED BY in CREATE TABLE AS");
    return OK;
}

static Status convert_table_as(
    Conversion *conversion, const PgQuery__CreateTableAsStmt *from, SyntaxStatement **statement) {
    const StatementClauses *clauses = &conversion->parser->clauses;
    const PgQuery__IntoClause *into = from->into;
    int location = into->rel->location;
    bool is_view = from->objtype == PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW;
    SyntaxCreateView *view = ARENA_NEW(conversion->arena, SyntaxCreateView);
    if (!is_view)
        TRY(refuse_table_as_clauses(conversion, location));
    if (into->access_method[0] != 0 || into->table_space_name[0] != 0)
        return convert_unsupported(conversion, location, "USING, TABLESPACE or ON COMMIT");
    if (into->rel->relpersistence[0] == 'u')
        return convert_unsupported(conversion, location, "UNLOGGED");
    view->kind = is_view ? SYNTAX_MATERIALIZED_VIEW : SYNTAX_TABLE_AS;
    view->if_not_exists = from->if_not_exists;
    view->is_temporary = into->rel->relpersistence[0] == 't';
    view->on_commit = on_commit(into->on_commit);
    view->is_without_data = into->skip_data;
    view->name = convert_relation_name(conversion, into->rel);
    convert_strings(conversion, into->col_names, into->n_col_names, &view->columns, &view->column_count);
    view->options = is_view ? clauses->options : clauses->table.options;
    view->format = clauses->table.format;
    TRY(convert_options(conversion, into->options, into->n_options, &view->options));
    *statement = convert_new_statement(
        conversion, SYNTAX_STATEMENT_CREATE_VIEW, is_view ? "CREATE MATERIALIZED VIEW" : "CREATE TABLE AS");
    (*statement)->create_view = view;
    if (from->query->node_case != NODE(SELECT_STMT))
        return convert_statement(conversion, from->query, &view->execute);
    TRY(convert_select(conversion, from->query->select_stmt, &view->query));
    view_query(conversion, view);
    return OK;
}

static Status convert_view(
    Conversion *conversion, const PgQuery__ViewStmt *from, SyntaxStatement **statement) {
    const StatementClauses *clauses = &conversion->parser->clauses;
    SyntaxCreateView *view = ARENA_NEW(conversion->arena, SyntaxCreateView);
    if (from->with_check_option > PG_QUERY__VIEW_CHECK_OPTION__NO_CHECK_OPTION)
        return convert_unsupported(conversion, from->view->location, "WITH CHECK OPTION");
    for (int i = conversion->first; conversion->parser->dialect.list.tokens[i].start <
                                    convert_position(conversion, from->view->location);
         i++)
        if (token_is(&conversion->parser->dialect.list, i,
                "recursive")) /* the text behind AS would not be the query */
            return convert_unsupported(conversion, from->view->location, "CREATE RECURSIVE VIEW");
    view->or_replace = from->replace;
    view->if_not_exists = clauses->if_not_exists;
    view->is_temporary = from->view->relpersistence[0] == 't';
    view->name = convert_relation_name(conversion, from->view);
    convert_strings(conversion, from->aliases, from->n_aliases, &view->columns, &view->column_count);
    view->options = clauses->options;
    TRY(convert_options(conversion, from->options, from->n_options, &view->options));
    TRY(convert_select(conversion, from->query->select_stmt, &view->query));
    view_query(conversion, view);
    *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_CREATE_VIEW, "CREATE VIEW");
    (*statement)->create_view = view;
    return OK;
}

static Status convert_index_column(
    Conversion *conversion, const PgQuery__IndexElem *from, int position, SyntaxSort *column) {
    if (from->n_collation > 0 || from->n_opclass > 0)
        return convert_unsupported(conversion, -1, "a collation or operator class of an index");
    column->position = position;
    column->direction = from->ordering == PG_QUERY__SORT_BY_DIR__SORTBY_ASC    ? SYNTAX_SORT_ASCENDING
                        : from->ordering == PG_QUERY__SORT_BY_DIR__SORTBY_DESC ? SYNTAX_SORT_DESCENDING
                                                                               : SYNTAX_SORT_DEFAULT;
    column->nulls = from->nulls_ordering == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_FIRST ? SYNTAX_NULLS_FIRST
                    : from->nulls_ordering == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_LAST
                        ? SYNTAX_NULLS_LAST
                        : SYNTAX_NULLS_DEFAULT;
    if (from->expr != NULL)
        return convert_expression(conversion, from->expr, &column->expression);
    column->expression = ARENA_NEW(conversion->arena, SyntaxExpression);
    column->expression->kind = SYNTAX_COLUMN;
    column->expression->position = column->expression->column.name.position = position;
    ARENA_APPEND(conversion->arena, column->expression->column.name.parts,
        column->expression->column.name.part_count, convert_text(conversion, from->name));
    return OK;
}

static Status convert_index(
    Conversion *conversion, const PgQuery__IndexStmt *from, SyntaxStatement **statement) {
    SyntaxCreateIndex *index = ARENA_NEW(conversion->arena, SyntaxCreateIndex);
    int location = from->relation->location;
    if (from->nulls_not_distinct || from->table_space[0] != 0 || from->n_options > 0)
        return convert_unsupported(
            conversion, location, "NULLS NOT DISTINCT, TABLESPACE or WITH of an index");
    index->name = convert_text(conversion, from->idxname);
    index->if_not_exists = from->if_not_exists;
    index->is_unique = from->unique;
    index->table = convert_relation_name(conversion, from->relation);
    index->method = convert_text(conversion, from->access_method);
    for (size_t i = 0; i < from->n_index_params; i++) {
        SyntaxSort column = {0};
        TRY(convert_index_column(
            conversion, from->index_params[i]->index_elem, index->table.position, &column));
        ARENA_APPEND(conversion->arena, index->columns, index->column_count, column);
    }
    for (size_t i = 0; i < from->n_index_including_params; i++) {
        const char *name = convert_text(conversion, from->index_including_params[i]->index_elem->name);
        if (name == NULL)
            return convert_unsupported(conversion, location, "an expression in INCLUDE");
        ARENA_APPEND(conversion->arena, index->included, index->included_count, name);
    }
    TRY(convert_expression(conversion, from->where_clause, &index->where));
    *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_CREATE_INDEX, "CREATE INDEX");
    (*statement)->create_index = index;
    return OK;
}

static Status convert_schema(
    Conversion *conversion, const PgQuery__CreateSchemaStmt *from, SyntaxStatement **statement) {
    if (from->n_schema_elts > 0)
        return convert_unsupported(conversion, -1, "CREATE SCHEMA with elements");
    SyntaxCreateSchema *schema = ARENA_NEW(conversion->arena, SyntaxCreateSchema);
    schema->name = convert_text(conversion, from->schemaname);
    if (from->authrole != NULL) {
        schema->owner = ARENA_NEW(conversion->arena, SyntaxRoleName);
        *schema->owner = convert_role(conversion, from->authrole);
    }
    schema->if_not_exists = from->if_not_exists;
    *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_CREATE_SCHEMA, "CREATE SCHEMA");
    (*statement)->create_schema = schema;
    return OK;
}

static Status convert_sequence(
    Conversion *conversion, const PgQuery__CreateSeqStmt *from, SyntaxStatement **statement) {
    SyntaxCreateSequence *sequence = ARENA_NEW(conversion->arena, SyntaxCreateSequence);
    sequence->if_not_exists = from->if_not_exists;
    sequence->is_temporary = from->sequence->relpersistence[0] == 't';
    sequence->name = convert_relation_name(conversion, from->sequence);
    TRY(convert_options(conversion, from->options, from->n_options, &sequence->options));
    *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_CREATE_SEQUENCE, "CREATE SEQUENCE");
    (*statement)->create_sequence = sequence;
    return OK;
}

static const char *drop_kind(PgQuery__ObjectType type) {
    switch ((int)type) {
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABLE:
        return "TABLE";
    case PG_QUERY__OBJECT_TYPE__OBJECT_VIEW:
        return "VIEW";
    case PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW:
        return "MATERIALIZED VIEW";
    case PG_QUERY__OBJECT_TYPE__OBJECT_INDEX:
        return "INDEX";
    case PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA:
        return "SCHEMA";
    case PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE:
        return "SEQUENCE";
    case PG_QUERY__OBJECT_TYPE__OBJECT_FUNCTION:
        return "FUNCTION";
    case PG_QUERY__OBJECT_TYPE__OBJECT_TYPE:
        return "TYPE";
    default:
        return NULL;
    }
}

static Status convert_drop(
    Conversion *conversion, const PgQuery__DropStmt *from, SyntaxStatement **statement) {
    const char *kind = drop_kind(from->remove_type);
    if (kind == NULL) /* convert_statement names the command */
        return OK;
    SyntaxDrop *drop = ARENA_NEW(conversion->arena, SyntaxDrop);
    drop->kind = conversion->parser->clauses.drop_kind != NULL ? conversion->parser->clauses.drop_kind : kind;
    drop->if_exists = from->missing_ok;
    drop->is_cascade = from->behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
    drop->is_concurrent = from->concurrent;
    for (size_t i = 0; i < from->n_objects; i++) {
        const PgQuery__Node *object = from->objects[i];
        SyntaxSignature signature = {0};
        SyntaxName name;
        if (object->node_case == NODE(OBJECT_WITH_ARGS)) {
            TRY(convert_signature(conversion, object->object_with_args, &name, &signature));
            int before = drop->count;
            ARENA_APPEND(conversion->arena, drop->signatures, before, signature);
            ARENA_APPEND(conversion->arena, drop->names, drop->count, name);
            continue;
        }
        if (object->node_case == NODE(TYPE_NAME))
            name = convert_name(conversion, object->type_name->names, object->type_name->n_names, -1);
        else
            name = object->node_case == NODE(LIST)
                       ? convert_name(conversion, object->list->items, object->list->n_items, -1)
                       : convert_name(conversion, &from->objects[i], 1, -1);
        ARENA_APPEND(conversion->arena, drop->names, drop->count, name);
    }
    *statement = convert_new_statement(
        conversion, SYNTAX_STATEMENT_DROP, arena_printf(conversion->arena, "DROP %s", drop->kind));
    (*statement)->drop = drop;
    return OK;
}

/* The tokens of the number-th action, between commas, behind the altered table's name. */
static void find_action(const Conversion *conversion, int location, size_t number, int *first, int *end) {
    const TokenList *list = &conversion->parser->dialect.list;
    int depth = 0;
    *first = conversion->first;
    while (*first < conversion->end && list->tokens[*first].start < location)
        ++*first;
    for (*end = *first; *end < conversion->end; ++*end) {
        depth += token_is_symbol(list, *end, '(') - token_is_symbol(list, *end, ')');
        if (depth > 0 || !token_is_symbol(list, *end, ','))
            continue;
        if (number-- == 0)
            return;
        *first = *end + 1;
    }
}

/* The text behind a word of an action, up to its end. */
static void text_behind(
    const Conversion *conversion, const char *word, int first, int end, SyntaxAlterAction *action) {
    const TokenList *list = &conversion->parser->dialect.list;
    for (int i = first; i + 1 < end; i++)
        if (token_is(list, i, word)) {
            action->start = list->tokens[i + 1].start;
            action->length = tokens_text_end(list, end) - action->start;
            return;
        }
}

static Status convert_alter_constraint(
    Conversion *conversion, const PgQuery__Constraint *from, SyntaxAlterAction *action) {
    SyntaxCreateTable table = {0};
    TRY(convert_table_constraint(conversion, from, &table));
    if (from->indexname[0] != 0)
        return convert_unsupported(conversion, from->location, "USING INDEX");
    action->constraint = table.constraints;
    return OK;
}

static Status convert_alter_type(
    Conversion *conversion, const PgQuery__ColumnDef *from, int first, int end, SyntaxAlterAction *action) {
    if (from->raw_default != NULL)
        text_behind(conversion, "using", first, end, action);
    TRY(convert_expression(conversion, from->raw_default, &action->expression));
    return convert_type(conversion, from->type_name, &action->type);
}

static Status convert_set_identity(
    Conversion *conversion, const PgQuery__List *options, SyntaxAlterAction *action) {
    action->kind = SYNTAX_ALTER_SET_IDENTITY;
    for (size_t i = 0; i < options->n_items; i++)
        if (strcmp(options->items[i]->def_elem->defname, "generated") == 0)
            action->identity = (char)options->items[i]->def_elem->arg->integer->ival;
        else
            TRY(convert_options(conversion, &options->items[i], 1, &action->options));
    return OK;
}

static Status convert_alter_action(Conversion *conversion, const PgQuery__AlterTableCmd *from, int first,
    int end, SyntaxAlterAction *action) {
    SyntaxCreateTable table = {0};
    action->name = convert_text(conversion, from->name);
    action->is_missing_ok = from->missing_ok;
    action->is_cascade = from->behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
    switch ((int)from->subtype) {
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AddColumn:
        action->kind = SYNTAX_ALTER_ADD_COLUMN;
        TRY(convert_column_definition(conversion, from->def->column_def, &table));
        action->column = table.columns;
        return OK;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropColumn:
        action->kind = SYNTAX_ALTER_DROP_COLUMN;
        return OK;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ColumnDefault:
        action->kind = SYNTAX_ALTER_DEFAULT;
        if (from->def != NULL)
            text_behind(conversion, "default", first, end, action);
        return convert_expression(conversion, from->def, &action->expression);
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetNotNull:
        action->kind = SYNTAX_ALTER_SET_NOT_NULL;
        return OK;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropNotNull:
        action->kind = SYNTAX_ALTER_DROP_NOT_NULL;
        return OK;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AlterColumnType:
        action->kind = SYNTAX_ALTER_TYPE;
        return convert_alter_type(conversion, from->def->column_def, first, end, action);
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AddConstraint:
        action->kind = SYNTAX_ALTER_ADD_CONSTRAINT;
        return convert_alter_constraint(conversion, from->def->constraint, action);
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropConstraint:
        action->kind = SYNTAX_ALTER_DROP_CONSTRAINT;
        return OK;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AddIdentity:
        action->kind = SYNTAX_ALTER_ADD_IDENTITY;
        action->identity = from->def->constraint->generated_when[0];
        return convert_options(
            conversion, from->def->constraint->options, from->def->constraint->n_options, &action->options);
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetIdentity:
        return convert_set_identity(conversion, from->def->list, action);
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropIdentity:
        action->kind = SYNTAX_ALTER_DROP_IDENTITY;
        return OK;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ChangeOwner:
        action->kind = SYNTAX_ALTER_OWNER;
        action->owner = convert_role(conversion, from->newowner);
        return OK;
    default:
        return convert_unsupported(conversion, -1, "this form of ALTER TABLE");
    }
}

static SyntaxAlter *new_alter(Conversion *conversion, const char *kind, const PgQuery__RangeVar *relation,
    bool is_missing_ok, SyntaxStatement **statement) {
    SyntaxAlter *alter = ARENA_NEW(conversion->arena, SyntaxAlter);
    alter->kind = kind;
    alter->if_exists = is_missing_ok;
    alter->name = convert_relation_name(conversion, relation);
    *statement = convert_new_statement(
        conversion, SYNTAX_STATEMENT_ALTER, arena_printf(conversion->arena, "ALTER %s", kind));
    (*statement)->alter = alter;
    return alter;
}

static Status convert_alter_table(
    Conversion *conversion, const PgQuery__AlterTableStmt *from, SyntaxStatement **statement) {
    const char *kind = drop_kind(from->objtype);
    if (kind == NULL)
        return OK;
    SyntaxAlter *alter = new_alter(conversion, kind, from->relation, from->missing_ok, statement);
    for (size_t i = 0; i < from->n_cmds; i++) {
        SyntaxAlterAction action = {0};
        int first, end;
        find_action(conversion, convert_position(conversion, from->relation->location), i, &first, &end);
        TRY(convert_alter_action(conversion, from->cmds[i]->alter_table_cmd, first, end, &action));
        ARENA_APPEND(conversion->arena, alter->steps, alter->step_count, action);
    }
    return OK;
}

static Status convert_alter_sequence(
    Conversion *conversion, const PgQuery__AlterSeqStmt *from, SyntaxStatement **statement) {
    SyntaxAlter *alter = new_alter(conversion, "SEQUENCE", from->sequence, from->missing_ok, statement);
    SyntaxAlterAction action = {.kind = SYNTAX_ALTER_SEQUENCE};
    TRY(convert_options(conversion, from->options, from->n_options, &action.options));
    ARENA_APPEND(conversion->arena, alter->steps, alter->step_count, action);
    return OK;
}

static Status convert_alter_schema(
    Conversion *conversion, const PgQuery__AlterObjectSchemaStmt *from, SyntaxStatement **statement) {
    const char *kind = drop_kind(from->object_type);
    if (kind == NULL || from->relation == NULL)
        return OK;
    SyntaxAlter *alter = new_alter(conversion, kind, from->relation, from->missing_ok, statement);
    SyntaxAlterAction action = {
        .kind = SYNTAX_ALTER_SET_SCHEMA, .new_name = convert_text(conversion, from->newschema)};
    ARENA_APPEND(conversion->arena, alter->steps, alter->step_count, action);
    return OK;
}

static Status convert_rename(
    Conversion *conversion, const PgQuery__RenameStmt *from, SyntaxStatement **statement) {
    bool is_column = from->rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN;
    bool is_constraint = from->rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_TABCONSTRAINT;
    const char *kind = drop_kind(is_column       ? from->relation_type
                                 : is_constraint ? PG_QUERY__OBJECT_TYPE__OBJECT_TABLE
                                                 : from->rename_type);
    if (kind == NULL || from->relation == NULL)
        return OK;
    SyntaxAlter *alter = new_alter(conversion, kind, from->relation, from->missing_ok, statement);
    SyntaxAlterAction action = {.kind = is_column       ? SYNTAX_ALTER_RENAME_COLUMN
                                        : is_constraint ? SYNTAX_ALTER_RENAME_CONSTRAINT
                                                        : SYNTAX_ALTER_RENAME,
        .name = convert_text(conversion, from->subname),
        .new_name = convert_text(conversion, from->newname)};
    ARENA_APPEND(conversion->arena, alter->steps, alter->step_count, action);
    return OK;
}

Status convert_define(Conversion *conversion, const PgQuery__Node *node, SyntaxStatement **statement) {
    *statement = NULL;
    switch (node->node_case) {
    case NODE(CREATE_STMT):
        return convert_create_table(conversion, node->create_stmt, statement);
    case NODE(CREATE_TABLE_AS_STMT):
        return convert_table_as(conversion, node->create_table_as_stmt, statement);
    case NODE(VIEW_STMT):
        return convert_view(conversion, node->view_stmt, statement);
    case NODE(INDEX_STMT):
        return convert_index(conversion, node->index_stmt, statement);
    case NODE(CREATE_SCHEMA_STMT):
        return convert_schema(conversion, node->create_schema_stmt, statement);
    case NODE(CREATE_SEQ_STMT):
        return convert_sequence(conversion, node->create_seq_stmt, statement);
    case NODE(CREATE_FUNCTION_STMT):
        return convert_create_function(conversion, node->create_function_stmt, statement);
    case NODE(COMMENT_STMT):
        return convert_comment(conversion, node->comment_stmt, statement);
    case NODE(COMPOSITE_TYPE_STMT):
        return convert_create_row_type(conversion, node->composite_type_stmt, statement);
    case NODE(CREATE_ENUM_STMT):
        return convert_create_enum(conversion, node->create_enum_stmt, statement);
    case NODE(DROP_STMT):
        return convert_drop(conversion, node->drop_stmt, statement);
    case NODE(ALTER_TABLE_STMT):
        return convert_alter_table(conversion, node->alter_table_stmt, statement);
    case NODE(ALTER_SEQ_STMT):
        return convert_alter_sequence(conversion, node->alter_seq_stmt, statement);
    case NODE(ALTER_OBJECT_SCHEMA_STMT):
        return convert_alter_schema(conversion, node->alter_object_schema_stmt, statement);
    case NODE(RENAME_STMT):
        return convert_rename(conversion, node->rename_stmt, statement);
    default:
        return OK;
    }
}
