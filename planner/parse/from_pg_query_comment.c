/* Conversion of COMMENT ON. */
#include <string.h>

#include "planner/parse/from_pg_query.h"

static const char *comment_kind(PgQuery__ObjectType type) {
    switch ((int)type) {
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABLE:
        return "TABLE";
    case PG_QUERY__OBJECT_TYPE__OBJECT_FOREIGN_TABLE:
        return "FOREIGN TABLE";
    case PG_QUERY__OBJECT_TYPE__OBJECT_VIEW:
        return "VIEW";
    case PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW:
        return "MATERIALIZED VIEW";
    case PG_QUERY__OBJECT_TYPE__OBJECT_INDEX:
        return "INDEX";
    case PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA:
        return "SCHEMA";
    case PG_QUERY__OBJECT_TYPE__OBJECT_DATABASE:
        return "DATABASE";
    case PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE:
        return "SEQUENCE";
    case PG_QUERY__OBJECT_TYPE__OBJECT_FUNCTION:
    case PG_QUERY__OBJECT_TYPE__OBJECT_ROUTINE:
        return "FUNCTION";
    case PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN:
        return "COLUMN";
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABCONSTRAINT:
        return "CONSTRAINT";
    default:
        return NULL;
    }
}

static Status convert_target(Conversion *conversion, const PgQuery__Node *object, SyntaxComment *comment) {
    if (object->node_case == NODE(OBJECT_WITH_ARGS)) {
        comment->signature = ARENA_NEW(conversion->arena, SyntaxSignature);
        return convert_signature(conversion, object->object_with_args, &comment->name, comment->signature);
    }
    comment->name = object->node_case == NODE(LIST)
                        ? convert_name(conversion, object->list->items, object->list->n_items, -1)
                        : convert_name(conversion, (PgQuery__Node *const *)&object, 1, -1);
    bool is_part = strcmp(comment->kind, "COLUMN") == 0 || strcmp(comment->kind, "CONSTRAINT") == 0;
    if (is_part && comment->name.part_count < 2)
        return error_set(conversion->error, STATUS_SYNTAX_ERROR, "column name must be qualified");
    if (is_part)
        comment->part = comment->name.parts[--comment->name.part_count];
    return OK;
}

Status convert_comment(
    Conversion *conversion, const PgQuery__CommentStmt *from, SyntaxStatement **statement) {
    SyntaxComment *comment = ARENA_NEW(conversion->arena, SyntaxComment);
    const char *rewritten = conversion->parser->clauses.drop_kind;
    comment->kind = rewritten != NULL ? rewritten : comment_kind(from->objtype);
    if (comment->kind == NULL)
        return OK; /* convert_statement names the command */
    comment->text = convert_text(conversion, from->comment);
    TRY(convert_target(conversion, from->object, comment));
    *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_COMMENT, "COMMENT");
    (*statement)->comment = comment;
    return OK;
}
