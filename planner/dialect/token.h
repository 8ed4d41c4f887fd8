/* Tokens: the user's text checked, with backticks made into quotes, and cut into tokens by libpg_query's own
   scanner. */
#ifndef LEAT_DIALECT_TOKEN_H
#define LEAT_DIALECT_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "executor/base/arena.h"
#include "executor/base/error.h"

typedef enum TokenKind {
    TOKEN_END,    /* one behind the last */
    TOKEN_WORD,   /* an unquoted identifier or keyword */
    TOKEN_QUOTED, /* "x" */
    TOKEN_STRING, /* '…', E'…', $$…$$, U&'…' */
    TOKEN_NUMBER,
    TOKEN_BIT,
    TOKEN_PARAMETER,
    TOKEN_SYMBOL,  /* one character, in `symbol`: ( ) [ ] , ; . < > = + - * / % ^ : */
    TOKEN_OPERATOR /* several characters; also the one-character ones that are none of the above */
} TokenKind;

typedef struct Token {
    TokenKind kind;
    char symbol;
    bool is_reserved; /* a keyword that can't be a column's or table's name without quotes */
    int start, end;   /* bytes of the user's text */
    int match;        /* of ( : the index of its ), or -1 */
} Token;

typedef struct TokenList {
    const char *sql; /* the user's text */
    int length;
    char *text;    /* the same length; the pass rewrites it in place */
    Token *tokens; /* what is left for parsers; tokens[count] is an END */
    int count;
    Token *original; /* all of them, for error texts */
    int original_count;
} TokenList;

enum { QUERY_SIZE_MAX = 8 << 20, NESTING_MAX = 5000 };

/* Checks the text (54000 too long, 22021 NUL or invalid UTF-8), scans it (42601) and bounds its nesting
   (54001). */
Status tokens_scan(const char *sql, size_t length, Arena *arena, TokenList *list, Error *error);

/* True for an unquoted word, whatever its case; `word` is in lower case. Index may be the END. */
bool token_is(const TokenList *list, int index, const char *word);
bool token_is_symbol(const TokenList *list, int index, char symbol);
bool token_is_operator(const TokenList *list, int index, const char *text);
/* A quoted identifier, or a word that isn't reserved. */
bool token_is_name(const TokenList *list, int index);
/* An operand could end here: a name, a constant, a closing parenthesis … . */
bool token_ends_operand(const TokenList *list, int index);
/* Finds each parenthesis's match; to be called again when tokens have moved. */
void tokens_match(TokenList *list);
/* The index of the ) that closes the ( at `index`, or -1. */
int token_closing(const TokenList *list, int index, int end);
/* The identifier a word or quoted token stands for: folded, unquoted. */
const char *token_identifier(const TokenList *list, int index, Arena *arena);
/* The byte behind the last original token before tokens[end]; tokens that a rewrite took out count. */
int tokens_text_end(const TokenList *list, int end);
/* Turns the bytes [start, end) of the rewritten text into blanks; line ends stay. */
void tokens_blank(TokenList *list, int start, int end);

/* True for a name that needs no quotes: lower case, and at most an unreserved keyword. */
bool is_plain_identifier(const char *name);

/* "syntax error at or near …" for the original token at or after the byte `position`; at the text's end "… at
   end of input". */
Status syntax_error_at(const TokenList *list, int position, Error *error);
/* The same for tokens[index]. */
Status syntax_error_token(const TokenList *list, int index, Error *error);

#endif
