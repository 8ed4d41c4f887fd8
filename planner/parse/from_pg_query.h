/* Conversion of libpg_query's protobuf tree into ours. Only from_pg_query*.c include this: nobody else sees
   protobuf. */
#ifndef LEAT_PARSE_FROM_PG_QUERY_H
#define LEAT_PARSE_FROM_PG_QUERY_H

#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>

#include "planner/parse/parser.h"

#define NODE(kind) PG_QUERY__NODE__NODE_##kind

/* The alias given to a derived table that has none; no user writes such a name. */
#define ANONYMOUS_ALIAS "\x01"

enum { DERIVED_TABLES_MAX = 64, CONVERSION_DEPTH_MAX = 20000 };

typedef struct Conversion {
    Parser *parser;
    Arena *arena;
    Error *error;
    int base; /* a location plus base, less what was inserted before it, is the user's byte */
    int insertions[DERIVED_TABLES_MAX]; /* places in the user's text, ascending */
    int insertion_count;
    int depth;
    int first, end;                 /* the statement's tokens */
    SyntaxExpression *multi_assign; /* the source of the SET (a, b) = … at hand */
} Conversion;

/* The user's byte of a node's location. */
int convert_position(const Conversion *conversion, int location);
/* A copy; NULL for protobuf's empty string, which stands for none. */
const char *convert_text(const Conversion *conversion, const char *text);
/* 0A000 "… is not supported" at a node's location. */
Status convert_unsupported(Conversion *conversion, int location, const char *what);

/* The EMIT clause that was cut off the statement is this query's. */
void convert_emit(Conversion *conversion, SyntaxSelect *query);

/* from_pg_query_expression.c. A NULL node gives NULL. */
Status convert_expression(Conversion *conversion, const PgQuery__Node *node, SyntaxExpression **expression);
Status convert_expressions(Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count,
    SyntaxExpression ***expressions, int *count);
/* The syntax error PostgreSQL raises where libpg_query accepts a parameter in a constant's place. */
Status convert_refuse_parameter(Conversion *conversion, const PgQuery__Node *node);
Status convert_type(Conversion *conversion, const PgQuery__TypeName *name, SyntaxType **type);
Status convert_sorts(
    Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count, SyntaxSort **sorts, int *count);
Status convert_window(Conversion *conversion, const PgQuery__WindowDef *definition, SyntaxWindow *window);
Status convert_steps(
    Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count, SyntaxStep **steps, int *count);
/* A list of String nodes. */
void convert_strings(Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count,
    const char ***strings, int *count);
SyntaxName convert_name(Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count, int location);

/* from_pg_query_select.c */
Status convert_select(Conversion *conversion, const PgQuery__SelectStmt *statement, SyntaxSelect **select);
Status convert_with(Conversion *conversion, const PgQuery__WithClause *clause, SyntaxWith **with);
Status convert_tables(Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count,
    SyntaxTable ***tables, int *count);
Status convert_targets(Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count,
    SyntaxTarget **targets, int *count);
SyntaxName convert_relation_name(Conversion *conversion, const PgQuery__RangeVar *relation);
SyntaxTable *convert_relation(Conversion *conversion, const PgQuery__RangeVar *relation);

/* from_pg_query_role.c: CREATE, ALTER and DROP ROLE, GRANT, REVOKE. NULL in *statement: another kind. */
Status convert_privileges(Conversion *conversion, const PgQuery__Node *node, SyntaxStatement **statement);
SyntaxRoleName convert_role(Conversion *conversion, const PgQuery__RoleSpec *from);

/* from_pg_query_modify.c: INSERT, UPDATE, DELETE, MERGE; also inside WITH. NULL in *statement: another kind.
 */
Status convert_modify(Conversion *conversion, const PgQuery__Node *node, SyntaxStatement **statement);

/* from_pg_query_define.c: CREATE TABLE, VIEW, INDEX, SCHEMA and DROP. NULL in *statement: another kind. */
Status convert_define(Conversion *conversion, const PgQuery__Node *node, SyntaxStatement **statement);
/* A list of DefElem. */
Status convert_options(
    Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count, SyntaxOptions *options);

/* from_pg_query_function.c: CREATE FUNCTION; a function that DROP names. */
Status convert_create_function(
    Conversion *conversion, const PgQuery__CreateFunctionStmt *from, SyntaxStatement **statement);
Status convert_signature(Conversion *conversion, const PgQuery__ObjectWithArgs *from, SyntaxName *name,
    SyntaxSignature *signature);

/* from_pg_query_comment.c: COMMENT ON; NULL in *statement: of another kind of object. */
Status convert_comment(Conversion *conversion, const PgQuery__CommentStmt *from, SyntaxStatement **statement);

/* from_pg_query_type.c: CREATE TYPE. */
Status convert_create_row_type(
    Conversion *conversion, const PgQuery__CompositeTypeStmt *from, SyntaxStatement **statement);
Status convert_create_enum(
    Conversion *conversion, const PgQuery__CreateEnumStmt *from, SyntaxStatement **statement);

/* from_pg_query_statement.c: any statement. */
Status convert_statement(Conversion *conversion, const PgQuery__Node *node, SyntaxStatement **statement);
SyntaxStatement *convert_new_statement(Conversion *conversion, SyntaxStatementKind kind, const char *tag);

#endif
