/* Parse: the user's text to syntax trees.
 *
 * Safe on any number of threads at once. The calling thread needs a stack of 64 MB (libpg_query recurses;
 * nesting is bounded by the dialect pass so that this is enough). Text must be UTF-8. Trees live in the
 * arena, nothing else remains. */
#ifndef LEAT_PARSE_PARSE_H
#define LEAT_PARSE_PARSE_H

#include "executor/base/arena.h"
#include "executor/base/error.h"
#include "planner/parse/syntax.h"
#include "planner/parse/syntax_statement.h"

/* Parses all statements of `sql`; *count is 0 for blank text. Positions in *error are 1-based characters of
   `sql`. Errors: 42601 syntax, 54000 text too long, 54001 too deep, 22021 not UTF-8, 0A000 a statement or
   clause that isn't supported. */
Status parse_statements(
    const char *sql, size_t length, Arena *arena, SyntaxStatement ***statements, int *count, Error *error);

/* Parses one expression, as stored for defaults, checks, computed columns and watermarks. */
Status parse_expression(
    const char *text, size_t length, Arena *arena, SyntaxExpression **expression, Error *error);

/* Parses one type name, as of 'int4[]'::regtype. */
Status parse_type(const char *text, size_t length, Arena *arena, SyntaxType **type, Error *error);

/* An option of an object that only tunes another system: parallelism, rates. */
bool is_knob(const char *name);

#endif
