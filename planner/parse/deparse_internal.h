/* What deparse.c and deparse_select.c share. */
#ifndef LEAT_PARSE_DEPARSE_INTERNAL_H
#define LEAT_PARSE_DEPARSE_INTERNAL_H

#include "planner/parse/deparse.h"

Status deparse_list(SyntaxExpression *const *items, int count, Text *text, Error *error);
Status deparse_sorts(const SyntaxSort *sorts, int count, Text *text, Error *error);
Status deparse_window(const SyntaxWindow *window, Text *text, Error *error);

#endif
