/* TokenCursor: reads tokens one after another for the clauses and statements that libpg_query doesn't know.
 */
#ifndef LEAT_DIALECT_CURSOR_H
#define LEAT_DIALECT_CURSOR_H

#include "planner/dialect/dialect.h"

typedef struct TokenCursor {
    Dialect *dialect;
    int index;
    int end; /* one behind the last token it may read */
    Error *error;
} TokenCursor;

/* Where the next token stands in the user's text. */
int cursor_position(const TokenCursor *cursor);
bool cursor_at_end(const TokenCursor *cursor);
/* True when the next token is that word. */
bool cursor_is(const TokenCursor *cursor, const char *word);
bool cursor_is_symbol(const TokenCursor *cursor, char symbol);
/* Reads the words, separated by blanks in `words`, if they are next in that order. */
bool cursor_accept(TokenCursor *cursor, const char *words);
bool cursor_accept_symbol(TokenCursor *cursor, char symbol);
/* The same, or a syntax error at the next token. */
Status cursor_expect(TokenCursor *cursor, const char *words);
Status cursor_expect_symbol(TokenCursor *cursor, char symbol);
Status cursor_expect_end(TokenCursor *cursor);
Status cursor_identifier(TokenCursor *cursor, const char **name);
/* Any word, reserved or not, folded; or a quoted identifier. */
Status cursor_word(TokenCursor *cursor, const char **word);
/* [catalog.][schema.]name */
Status cursor_name(TokenCursor *cursor, SyntaxName *name);
Status cursor_string(TokenCursor *cursor, const char **string);
/* The syntax error at the next token. */
Status cursor_error(const TokenCursor *cursor);

#endif
