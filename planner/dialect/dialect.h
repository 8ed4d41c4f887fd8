/* Dialect: our clauses inside expressions and FROM are taken out of the text before libpg_query sees it.
 *
 * Every rewrite keeps the text's length, so byte offsets in parse trees and errors stay those of the user's
 * text. What was taken out stands in side tables keyed by the byte offset that the surrounding node will
 * carry. */
#ifndef LEAT_DIALECT_DIALECT_H
#define LEAT_DIALECT_DIALECT_H

#include "planner/dialect/token.h"
#include "planner/parse/syntax.h"

/* Text set aside; it starts at byte `start` of the user's text. */
typedef struct DialectFragment {
    int key;
    int clause; /* where the whole clause starts */
    int start, length;
    const char *text;
    bool is_found; /* some node took it */
} DialectFragment;

typedef struct DialectFragments {
    DialectFragment *items; /* by key, ascending */
    int count;
} DialectFragments;

typedef struct Dialect {
    Arena *arena;
    TokenList list;
    DialectFragments as_of;      /* FOR SYSTEM_TIME AS OF e; key: the table name's start */
    DialectFragments partitions; /* SESSION(TABLE t PARTITION BY a, …); key: the function name's start */
    DialectFragments types;      /* STRUCT<…> and its like; key: the type's start */
    DialectFragments excepts;    /* * EXCEPT (a, b); key: where t.* starts */
    DialectFragments json_tests; /* IS [NOT] JSON kind; key: IS; text: the kind */
    DialectFragments qualifies;  /* QUALIFY …, now HAVING; no text, but start and length */
    DialectFragments try_casts;  /* TRY_CAST(x AS t), now CAST; key: CAST; no text */
    DialectFragments json_calls; /* JSON_VALUE(x, p RETURNING t …): the clauses; key: the function's name */
    DialectFragments asof_joins; /* ASOF JOIN; key: the joined table's start; no text */
} Dialect;

/* Scans the text and rewrites what can stand in any query: INTERVAL '1' MINUTES, TABLE(F(TABLE t …)), FOR
   SYSTEM_TIME AS OF, STRUCT<…>, OFFSET => … . */
Status dialect_open(Dialect *dialect, const char *sql, size_t length, Arena *arena, Error *error);

/* The fragment of that key, or NULL; marks it as found. */
const DialectFragment *dialect_find(DialectFragments *fragments, int key);
/* The QUALIFY in which that byte lies, or NULL; marks it as found. */
const DialectFragment *dialect_find_qualify(Dialect *dialect, int position);
/* A syntax error at a fragment that no node took: its clause stands where none can. To be called when all is
   parsed. */
Status dialect_check_found(const Dialect *dialect, Error *error);
/* Copies the rewritten text of the tokens [first, end). */
DialectFragment dialect_copy(const Dialect *dialect, int first, int end);
/* Blanks the tokens [first, end) in the text; the tokens themselves stay. */
void dialect_blank(Dialect *dialect, int first, int end);

/* Takes a trailing EMIT ON WINDOW CLOSE or EMIT CHANGES, at byte *position, off the query in tokens [first,
 *end). */
SyntaxEmit dialect_cut_emit(Dialect *dialect, int first, int *end, int *position);

#endif
