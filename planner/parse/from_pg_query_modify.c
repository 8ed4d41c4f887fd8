/* INSERT, UPDATE, DELETE and MERGE out of protobuf. */
#include "planner/parse/from_pg_query.h"

/* SET (a, b) = …: a row's items go to their columns; a subquery is one node that its columns share. */
static Status convert_multi_assign(
    Conversion *conversion, const PgQuery__MultiAssignRef *node, SyntaxExpression **value) {
    if (node->source->node_case == NODE(ROW_EXPR)) {
        const PgQuery__RowExpr *row = node->source->row_expr;
        if ((int)row->n_args != node->ncolumns) {
            error_set(
                conversion->error, STATUS_SYNTAX_ERROR, "number of columns does not match number of values");
            return error_at(conversion->error, syntax_character(conversion->parser->dialect.list.sql,
                                                   convert_position(conversion, row->location)));
        }
        return convert_expression(conversion, row->args[node->colno - 1], value);
    }
    if (node->source->node_case != NODE(SUB_LINK))
        return convert_unsupported(conversion, -1,
            "a source for a multiple-column UPDATE item that is neither a sub-SELECT nor a ROW() expression");
    if (node->colno == 1)
        TRY(convert_expression(conversion, node->source, &conversion->multi_assign));
    *value = ARENA_NEW(conversion->arena, SyntaxExpression);
    (*value)->kind = SYNTAX_MULTI_ASSIGN;
    (*value)->position = conversion->multi_assign->position;
    (*value)->multi_assign.source = conversion->multi_assign;
    (*value)->multi_assign.column = node->colno - 1;
    (*value)->multi_assign.column_count = node->ncolumns;
    return OK;
}

static Status convert_assignments(Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count,
    SyntaxAssignment **assignments, int *count) {
    *assignments = node_count == 0 ? NULL : ARENA_ARRAY(conversion->arena, SyntaxAssignment, node_count);
    *count = 0;
    for (size_t i = 0; i < node_count; i++) {
        const PgQuery__ResTarget *from = nodes[i]->res_target;
        SyntaxAssignment *assignment = &(*assignments)[(*count)++];
        assignment->column = convert_text(conversion, from->name);
        assignment->position = convert_position(conversion, from->location);
        TRY(convert_steps(
            conversion, from->indirection, from->n_indirection, &assignment->steps, &assignment->step_count));
        if (from->val != NULL && from->val->node_case == NODE(MULTI_ASSIGN_REF))
            TRY(convert_multi_assign(conversion, from->val->multi_assign_ref, &assignment->value));
        else
            TRY(convert_expression(conversion, from->val, &assignment->value));
    }
    return OK;
}

static Status convert_conflict_keys(
    Conversion *conversion, const PgQuery__InferClause *infer, SyntaxInsert *insert) {
    insert->conflict_constraint = convert_text(conversion, infer->conname);
    for (size_t i = 0; i < infer->n_index_elems; i++) {
        const PgQuery__IndexElem *element = infer->index_elems[i]->index_elem;
        SyntaxExpression *key;
        if (element->n_collation > 0 || element->n_opclass > 0)
            return convert_unsupported(
                conversion, infer->location, "a collation or operator class in ON CONFLICT");
        if (element->expr != NULL)
            TRY(convert_expression(conversion, element->expr, &key));
        else {
            key = ARENA_NEW(conversion->arena, SyntaxExpression);
            key->kind = SYNTAX_COLUMN;
            key->position = key->column.name.position = convert_position(conversion, infer->location);
            ARENA_APPEND(conversion->arena, key->column.name.parts, key->column.name.part_count,
                convert_text(conversion, element->name));
        }
        ARENA_APPEND(conversion->arena, insert->conflict_keys, insert->conflict_key_count, key);
    }
    return convert_expression(conversion, infer->where_clause, &insert->conflict_key_where);
}

static Status convert_conflict(
    Conversion *conversion, const PgQuery__OnConflictClause *clause, SyntaxInsert *insert) {
    insert->conflict = clause->action == PG_QUERY__ON_CONFLICT_ACTION__ONCONFLICT_UPDATE
                           ? SYNTAX_CONFLICT_UPDATE
                           : SYNTAX_CONFLICT_NOTHING;
    insert->conflict_position = convert_position(conversion, clause->location);
    if (clause->infer != NULL)
        TRY(convert_conflict_keys(conversion, clause->infer, insert));
    TRY(convert_assignments(conversion, clause->target_list, clause->n_target_list, &insert->conflict_set,
        &insert->conflict_set_count));
    return convert_expression(conversion, clause->where_clause, &insert->conflict_where);
}

static SyntaxOverriding overriding(PgQuery__OverridingKind kind) {
    return kind == PG_QUERY__OVERRIDING_KIND__OVERRIDING_USER_VALUE     ? SYNTAX_OVERRIDING_USER
           : kind == PG_QUERY__OVERRIDING_KIND__OVERRIDING_SYSTEM_VALUE ? SYNTAX_OVERRIDING_SYSTEM
                                                                        : SYNTAX_OVERRIDING_NONE;
}

static Status convert_insert(Conversion *conversion, const PgQuery__InsertStmt *from, SyntaxInsert **result) {
    const StatementClauses *clauses = &conversion->parser->clauses;
    SyntaxInsert *insert = *result = ARENA_NEW(conversion->arena, SyntaxInsert);
    TRY(convert_with(conversion, from->with_clause, &insert->with));
    insert->table = convert_relation(conversion, from->relation);
    TRY(convert_assignments(conversion, from->cols, from->n_cols, &insert->columns, &insert->column_count));
    insert->overriding = overriding(from->override);
    if (from->select_stmt != NULL) {
        TRY(convert_select(conversion, from->select_stmt->select_stmt, &insert->query));
        insert->query_start = clauses->query_start;
        insert->query_length = clauses->query_length;
    }
    if (from->on_conflict_clause != NULL)
        TRY(convert_conflict(conversion, from->on_conflict_clause, insert));
    return convert_targets(conversion, from->returning_list, from->n_returning_list, &insert->returning,
        &insert->returning_count);
}

/* WHERE, or the cursor of WHERE CURRENT OF. */
static Status convert_where(
    Conversion *conversion, const PgQuery__Node *node, SyntaxExpression **where, const char **current_of) {
    if (node == NULL || node->node_case != NODE(CURRENT_OF_EXPR))
        return convert_expression(conversion, node, where);
    *current_of = convert_text(conversion, node->current_of_expr->cursor_name);
    return OK;
}

static Status convert_update(Conversion *conversion, const PgQuery__UpdateStmt *from, SyntaxUpdate **result) {
    SyntaxUpdate *update = *result = ARENA_NEW(conversion->arena, SyntaxUpdate);
    TRY(convert_with(conversion, from->with_clause, &update->with));
    update->table = convert_relation(conversion, from->relation);
    TRY(convert_assignments(
        conversion, from->target_list, from->n_target_list, &update->assignments, &update->assignment_count));
    TRY(convert_tables(
        conversion, from->from_clause, from->n_from_clause, &update->from, &update->from_count));
    TRY(convert_where(conversion, from->where_clause, &update->where, &update->current_of));
    return convert_targets(conversion, from->returning_list, from->n_returning_list, &update->returning,
        &update->returning_count);
}

static Status convert_delete(Conversion *conversion, const PgQuery__DeleteStmt *from, SyntaxDelete **result) {
    SyntaxDelete *delete_ = *result = ARENA_NEW(conversion->arena, SyntaxDelete);
    TRY(convert_with(conversion, from->with_clause, &delete_->with));
    delete_->table = convert_relation(conversion, from->relation);
    TRY(convert_tables(
        conversion, from->using_clause, from->n_using_clause, &delete_->from, &delete_->from_count));
    TRY(convert_where(conversion, from->where_clause, &delete_->where, &delete_->current_of));
    return convert_targets(conversion, from->returning_list, from->n_returning_list, &delete_->returning,
        &delete_->returning_count);
}

static Status convert_when(
    Conversion *conversion, const PgQuery__MergeWhenClause *from, SyntaxMergeWhen *when) {
    when->is_matched = from->matched;
    when->action = from->command_type == PG_QUERY__CMD_TYPE__CMD_UPDATE   ? SYNTAX_MERGE_UPDATE
                   : from->command_type == PG_QUERY__CMD_TYPE__CMD_DELETE ? SYNTAX_MERGE_DELETE
                   : from->command_type == PG_QUERY__CMD_TYPE__CMD_INSERT ? SYNTAX_MERGE_INSERT
                                                                          : SYNTAX_MERGE_NOTHING;
    when->overriding = overriding(from->override);
    TRY(convert_expression(conversion, from->condition, &when->condition));
    TRY(convert_assignments(
        conversion, from->target_list, from->n_target_list, &when->assignments, &when->assignment_count));
    return convert_expressions(
        conversion, from->values, from->n_values, &when->values.items, &when->values.count);
}

static Status convert_merge(Conversion *conversion, const PgQuery__MergeStmt *from, SyntaxMerge **result) {
    SyntaxMerge *merge = *result = ARENA_NEW(conversion->arena, SyntaxMerge);
    SyntaxTable **sources;
    int count;
    TRY(convert_with(conversion, from->with_clause, &merge->with));
    merge->table = convert_relation(conversion, from->relation);
    TRY(convert_tables(conversion, &((PgQuery__MergeStmt *)from)->source_relation, 1, &sources, &count));
    merge->source = sources[0];
    TRY(convert_expression(conversion, from->join_condition, &merge->condition));
    merge->whens = ARENA_ARRAY(conversion->arena, SyntaxMergeWhen, from->n_merge_when_clauses);
    for (size_t i = 0; i < from->n_merge_when_clauses; i++)
        TRY(convert_when(
            conversion, from->merge_when_clauses[i]->merge_when_clause, &merge->whens[merge->when_count++]));
    return OK;
}

Status convert_modify(Conversion *conversion, const PgQuery__Node *node, SyntaxStatement **statement) {
    *statement = NULL;
    switch (node->node_case) {
    case NODE(INSERT_STMT):
        *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_INSERT, "INSERT");
        return convert_insert(conversion, node->insert_stmt, &(*statement)->insert);
    case NODE(UPDATE_STMT):
        *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_UPDATE, "UPDATE");
        return convert_update(conversion, node->update_stmt, &(*statement)->update);
    case NODE(DELETE_STMT):
        *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_DELETE, "DELETE");
        return convert_delete(conversion, node->delete_stmt, &(*statement)->delete_);
    case NODE(MERGE_STMT):
        *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_MERGE, "MERGE");
        return convert_merge(conversion, node->merge_stmt, &(*statement)->merge);
    default:
        return OK;
    }
}
