/* Build: syntax trees of what nobody wrote as SQL: statements of other systems, and what one statement of
 * ours does by another. All lies in the arena; names and texts are borrowed. `position` is where in the
 * user's text the words stand that mean it, −1 when there are none. */
#ifndef LEAT_PARSE_BUILD_H
#define LEAT_PARSE_BUILD_H

#include "executor/base/arena.h"
#include "planner/parse/syntax_statement.h"

SyntaxStatement *syntax_statement(Arena *arena, SyntaxStatementKind kind, const char *tag);

/* [schema.]name; NULL: no schema. */
SyntaxName syntax_name(Arena *arena, const char *schema, const char *name, int position);
/* A type by its name in pg_catalog: "text", "regclass". */
SyntaxType *syntax_type(Arena *arena, const char *name);

/* [table.]name; NULL: no table. */
SyntaxExpression *syntax_column(Arena *arena, const char *table, const char *name, int position);
SyntaxExpression *syntax_string(Arena *arena, const char *text, int position);
SyntaxExpression *syntax_integer(Arena *arena, int64_t value);
SyntaxExpression *syntax_cast(Arena *arena, SyntaxExpression *argument, const char *type);
/* The name of a relation as a constant of its oid: 's.t'::regclass. */
SyntaxExpression *syntax_relation_oid(Arena *arena, const SyntaxName *name);
/* The name of a schema, its last part, as a constant of its oid. */
SyntaxExpression *syntax_schema_oid(Arena *arena, const SyntaxName *name);
/* A function of pg_catalog. */
SyntaxExpression *syntax_call(Arena *arena, const char *name, SyntaxExpression *argument);
SyntaxExpression *syntax_operator(
    Arena *arena, SyntaxOperatorKind kind, const char *name, SyntaxExpression *left, SyntaxExpression *right);
SyntaxExpression *syntax_test(Arena *arena, SyntaxTestKind kind, SyntaxExpression *argument);
SyntaxExpression *syntax_not(Arena *arena, SyntaxExpression *argument);
SyntaxExpression *syntax_coalesce(Arena *arena, SyntaxExpression *first, SyntaxExpression *second);

/* SELECT FROM a relation, or of no table (part_count 0): targets and conditions are to be added. */
SyntaxSelect *syntax_select(Arena *arena, const SyntaxName *from);
void syntax_add_target(Arena *arena, SyntaxSelect *select, SyntaxExpression *expression);
void syntax_add_star(Arena *arena, SyntaxSelect *select);
/* AND condition. */
void syntax_add_condition(Arena *arena, SyntaxSelect *select, SyntaxExpression *condition);
/* name = 'value' of a WITH list. */
void syntax_add_option(Arena *arena, SyntaxOptions *options, const char *name, const char *value);
/* INSERT INTO a relation, all of its columns. */
SyntaxInsert *syntax_insert(Arena *arena, const SyntaxName *into, SyntaxSelect *query);

#endif
