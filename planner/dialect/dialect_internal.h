/* Dialect, internal: what its passes share. */
#ifndef LEAT_DIALECT_DIALECT_INTERNAL_H
#define LEAT_DIALECT_DIALECT_INTERNAL_H

#include "planner/dialect/dialect.h"

/* Blanks a token; tokens_compact drops it. */
void token_remove(TokenList *list, int index);
void tokens_compact(TokenList *list);
/* One of the words, which a NULL ends. */
bool token_any_word(const TokenList *list, int index, const char *const *words);
void fragment_add(Dialect *dialect, DialectFragments *fragments, DialectFragment fragment);

/* foreign.c: the clauses of other systems. */
void rewrite_foreign(Dialect *dialect);

#endif
