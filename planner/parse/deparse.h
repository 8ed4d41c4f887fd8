/* Deparse: a syntax tree back to SQL text, fully parenthesised, in the form that parses to an equal tree. */
#ifndef LEAT_PARSE_DEPARSE_H
#define LEAT_PARSE_DEPARSE_H

#include "executor/base/error.h"
#include "executor/base/text.h"
#include "planner/parse/syntax.h"

/* Append to `text`. 0A000 for INSERT, UPDATE and DELETE in WITH. */
Status deparse_expression(const SyntaxExpression *expression, Text *text, Error *error);
Status deparse_select(const SyntaxSelect *select, Text *text, Error *error);
void deparse_identifier(const char *name, Text *text); /* in quotes where PostgreSQL needs them */
void deparse_string(const char *value, Text *text);    /* as a literal */
void deparse_name(const SyntaxName *name, Text *text);
Status deparse_type(const SyntaxType *type, Text *text, Error *error);

#endif
