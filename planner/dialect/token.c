/* Tokens: see token.h. */
#include "planner/dialect/token.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "executor/base/memory.h"
#include "planner/dialect/library_status.h"
#include "planner/dialect/nesting.h"
#include "planner/parse/syntax.h"

/* The bytes of the character at `bytes`, 0 when it isn't valid UTF-8. */
static int character_length(const unsigned char *bytes, size_t left) {
    unsigned char c = bytes[0];
    int length = c < 0x80                ? 1
                 : c >= 0xC2 && c < 0xE0 ? 2
                 : c >= 0xE0 && c < 0xF0 ? 3
                 : c >= 0xF0 && c < 0xF5 ? 4
                                         : 0;
    if (length == 0 || (size_t)length > left)
        return 0;
    for (int i = 1; i < length; i++)
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
    if ((c == 0xE0 && bytes[1] < 0xA0) || (c == 0xED && bytes[1] > 0x9F) || (c == 0xF0 && bytes[1] < 0x90) ||
        (c == 0xF4 && bytes[1] > 0x8F))
        return 0;
    return length;
}

static Status encoding_error(const unsigned char *bytes, size_t left, Error *error) {
    static const char digits[] = "0123456789abcdef";
    int shown = bytes[0] < 0xC0 || bytes[0] >= 0xF8 ? 1
                : bytes[0] < 0xE0                   ? 2
                : bytes[0] < 0xF0                   ? 3
                                                    : 4; /* pg_utf_mblen */
    char text[4 * 5 + 1];
    char *end = text;
    for (int i = 0; i < shown && (size_t)i < left; i++) {
        if (i > 0)
            *end++ = ' ';
        *end++ = '0', *end++ = 'x', *end++ = digits[bytes[i] >> 4], *end++ = digits[bytes[i] & 15];
    }
    *end = 0;
    return error_set(
        error, STATUS_CHARACTER_NOT_IN_REPERTOIRE, "invalid byte sequence for encoding \"UTF8\": %s", text);
}

static Status check_encoding(const char *sql, size_t length, Error *error) {
    const unsigned char *bytes = (const unsigned char *)sql;
    for (size_t i = 0; i < length;) {
        int size = bytes[i] == 0 ? 0 : character_length(bytes + i, length - i);
        if (size == 0)
            return encoding_error(bytes + i, length - i, error);
        i += (size_t)size;
    }
    return OK;
}

/* Skips a quoted thing that starts at text[i]; a quote is doubled inside, or escaped by \ where has_escapes.
 */
static int skip_quoted(const char *text, int length, int i, bool has_escapes) {
    char quote = text[i++];
    for (; i < length; i++) {
        if (has_escapes && text[i] == '\\')
            i++;
        else if (text[i] == quote)
            return i + 1;
    }
    return length;
}

static bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (c & 0x80);
}

/* The end of $tag$…$tag$ that starts at text[i], or i when it isn't one. */
static int skip_dollar(const char *text, int length, int i) {
    int tag = i + 1;
    while (tag < length && is_word_byte(text[tag]) && text[tag] != '$')
        tag++;
    if (tag >= length || text[tag] != '$' || (text[i + 1] >= '0' && text[i + 1] <= '9'))
        return i;
    size_t size = (size_t)(tag + 1 - i);
    const char *end = memmem(text + tag + 1, (size_t)(length - tag - 1), text + i, size);
    return end == NULL ? length : (int)(end - text) + (int)size;
}

static int skip_comment(const char *text, int length, int i) {
    if (text[i] == '-') {
        while (i < length && text[i] != '\n')
            i++;
        return i;
    }
    int depth = 0;
    for (; i + 1 < length; i++) {
        if (text[i] == '/' && text[i + 1] == '*')
            depth++, i++;
        else if (text[i] == '*' && text[i + 1] == '/') {
            i++;
            if (--depth == 0)
                return i + 1;
        }
    }
    return length;
}

static Status rewrite_backtick(TokenList *list, int *i, Error *error) {
    char *text = list->text;
    int close = *i + 1;
    while (close < list->length && text[close] != '`' && text[close] != '"')
        close++;
    if (close >= list->length) {
        error_set(error, STATUS_SYNTAX_ERROR, "unterminated quoted identifier at or near \"%.*s\"",
            list->length - *i, list->sql + *i);
        return error_at(error, syntax_character(list->sql, *i));
    }
    if (text[close] == '"' || (close + 1 < list->length && text[close + 1] == '`')) {
        error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "quotes inside a name in backticks are not supported");
        error_hint(error, "Write the name in double quotes.");
        return error_at(error, syntax_character(list->sql, *i));
    }
    text[*i] = text[close] = '"';
    *i = close + 1;
    return OK;
}

/* Backticks make PostgreSQL's scanner see operators, so they go before it runs, on raw bytes. */
/* The bytes of a number written as 0xff, 0b101, 0o17 or 1_000.5, PostgreSQL 16's way; 0: it is none. */
static int number_length(const char *text, int length, bool *has_base) {
    int i = 0, digits = 0;
    *has_base = length > 2 && text[0] == '0' && strchr("xXbBoO", text[1]) != NULL;
    for (i = *has_base ? 2 : 0; i < length && is_word_byte(text[i]); i++) {
        bool is_separator = text[i] == '_' && i + 1 < length && isalnum((unsigned char)text[i + 1]);
        if (!is_separator &&
            !(*has_base ? isxdigit((unsigned char)text[i]) : isdigit((unsigned char)text[i])))
            return 0;
        digits += !is_separator;
    }
    return digits > 0 ? i : 0;
}

/* Writes it with decimal digits alone, where these have room, behind blanks. */
static void rewrite_number(char *text, int length, bool has_base) {
    char digits[64], plain[64];
    int count = 0;
    for (int i = has_base ? 2 : 0; i < length && count < 63; i++)
        if (text[i] != '_')
            digits[count++] = text[i];
    digits[count] = 0;
    if (has_base) {
        char *end;
        errno = 0;
        uint64_t value = strtoull(digits, &end,
            strchr("xX", text[1]) != NULL   ? 16
            : strchr("bB", text[1]) != NULL ? 2
                                            : 8);
        if (errno != 0 || *end != 0)
            return;
        count = snprintf(plain, sizeof plain, "%llu", (unsigned long long)value);
    } else {
        memcpy(plain, digits, sizeof plain);
    }
    if (count > length || count >= 63)
        return;
    memset(text, ' ', (size_t)length);
    memcpy(text + length - count, plain, (size_t)count); /* at the end: a point may follow */
}

static void rewrite_number_at(TokenList *list, int *i) {
    bool has_base;
    int length = number_length(list->text + *i, list->length - *i, &has_base);
    if (length > 0)
        rewrite_number(list->text + *i, length, has_base);
    for (*i += length; length == 0 && *i < list->length && is_word_byte(list->text[*i]); (*i)++)
        continue;
}

/* What is rewritten byte by byte, outside strings, quoted names and comments: names in backticks, or numbers.
 */
static Status rewrite_bytes(TokenList *list, bool are_numbers, Error *error) {
    char *text = list->text;
    int length = list->length;
    for (int i = 0; i < length;) {
        char c = text[i];
        if (c == '`')
            TRY(rewrite_backtick(list, &i, error));
        else if (are_numbers && isdigit((unsigned char)c) &&
                 (i == 0 || (!is_word_byte(text[i - 1]) && text[i - 1] != '.')))
            rewrite_number_at(list, &i);
        else if (c == '\'') {
            bool is_word = i >= 2 && is_word_byte(text[i - 2]);
            i = skip_quoted(text, length, i, i > 0 && (text[i - 1] == 'E' || text[i - 1] == 'e') && !is_word);
        } else if (c == '"')
            i = skip_quoted(text, length, i, false);
        else if (c == '$' && (i == 0 || !is_word_byte(text[i - 1]))) {
            int end = skip_dollar(text, length, i);
            i = end > i ? end : i + 1;
        } else if (i + 1 < length && ((c == '-' && text[i + 1] == '-') || (c == '/' && text[i + 1] == '*')))
            i = skip_comment(text, length, i);
        else
            i++;
    }
    return OK;
}

static Token token_of(const TokenList *list, const PgQuery__ScanToken *scanned) {
    Token token = {.start = scanned->start, .end = scanned->end};
    char first = list->text[token.start];
    switch ((int)scanned->token) {
    case PG_QUERY__TOKEN__IDENT:
    case PG_QUERY__TOKEN__UIDENT:
        token.kind = first == '"' || scanned->token == PG_QUERY__TOKEN__UIDENT ? TOKEN_QUOTED : TOKEN_WORD;
        break;
    case PG_QUERY__TOKEN__SCONST:
    case PG_QUERY__TOKEN__USCONST:
        token.kind = TOKEN_STRING;
        break;
    case PG_QUERY__TOKEN__FCONST:
    case PG_QUERY__TOKEN__ICONST:
        token.kind = TOKEN_NUMBER;
        break;
    case PG_QUERY__TOKEN__BCONST:
    case PG_QUERY__TOKEN__XCONST:
        token.kind = TOKEN_BIT;
        break;
    case PG_QUERY__TOKEN__PARAM:
        token.kind = TOKEN_PARAMETER;
        break;
    default:
        if (scanned->keyword_kind != PG_QUERY__KEYWORD_KIND__NO_KEYWORD) {
            token.kind = TOKEN_WORD;
            token.is_reserved = scanned->keyword_kind == PG_QUERY__KEYWORD_KIND__RESERVED_KEYWORD ||
                                scanned->keyword_kind == PG_QUERY__KEYWORD_KIND__TYPE_FUNC_NAME_KEYWORD;
        } else {
            bool is_single = token.end - token.start == 1 && strchr("()[],;.<>=+-*/%^:", first) != NULL;
            token.kind = is_single ? TOKEN_SYMBOL : TOKEN_OPERATOR;
            token.symbol = is_single ? first : 0;
        }
    }
    return token;
}

static void collect_tokens(TokenList *list, const PgQuery__ScanResult *scanned, Arena *arena) {
    list->original = ARENA_ARRAY(arena, Token, scanned->n_tokens + 1);
    int count = 0;
    for (size_t i = 0; i < scanned->n_tokens; i++) {
        const PgQuery__ScanToken *token = scanned->tokens[i];
        if (token->token == PG_QUERY__TOKEN__SQL_COMMENT || token->token == PG_QUERY__TOKEN__C_COMMENT)
            continue;
        list->original[count] = token_of(list, token);
        /* The scanner's ends of U&'…' are wrong: such a token goes up to the next, less the blanks between.
         */
        if (token->token == PG_QUERY__TOKEN__USCONST || token->token == PG_QUERY__TOKEN__UIDENT) {
            int end = i + 1 < scanned->n_tokens ? scanned->tokens[i + 1]->start : list->length;
            while (end > token->start && strchr(" \t\r\n\f\v", list->text[end - 1]) != NULL)
                end--;
            list->original[count].end = end;
        }
        count++;
    }
    list->original[count] = (Token){.kind = TOKEN_END, .start = list->length, .end = list->length};
    list->original_count = count;
    list->tokens = ARENA_ARRAY(arena, Token, count + 1);
    memcpy(list->tokens, list->original, sizeof(Token) * (size_t)(count + 1));
    list->count = count;
}

Status tokens_scan(const char *sql, size_t length, Arena *arena, TokenList *list, Error *error) {
    if (length > QUERY_SIZE_MAX) {
        error_set(error, STATUS_PROGRAM_LIMIT_EXCEEDED, "query text of %zu bytes is too long", length);
        return error_detail(error, "The limit is %d bytes.", QUERY_SIZE_MAX);
    }
    TRY(check_encoding(sql, length, error));
    *list = (TokenList){.length = (int)length};
    list->sql = arena_copy(arena, sql, length);
    list->text = arena_copy(arena, sql, length);
    if (memchr(list->text, '`', (size_t)list->length) != NULL)
        TRY(rewrite_bytes(list, false, error));
    PgQueryScanResult result = pg_query_scan(list->text);
    if (result.error != NULL &&
        strncmp(result.error->message, "trailing junk after numeric literal", 35) == 0) {
        pg_query_free_scan_result(result);
        TRY(rewrite_bytes(list, true, error));
        result = pg_query_scan(list->text);
    }
    if (result.error != NULL) {
        Status status =
            error_set(error, library_status(result.error->message, true), "%s", result.error->message);
        error_at(error, result.error->cursorpos); /* in characters, as the parser's */
        pg_query_free_scan_result(result);
        return status;
    }
    PgQuery__ScanResult *scanned =
        pg_query__scan_result__unpack(NULL, result.pbuf.len, (const uint8_t *)result.pbuf.data);
    assert(scanned != NULL);
    collect_tokens(list, scanned, arena);
    pg_query__scan_result__free_unpacked(scanned, NULL);
    pg_query_free_scan_result(result);
    tokens_match(list);
    return nesting_check(list, NESTING_MAX, error);
}

bool token_is(const TokenList *list, int index, const char *word) {
    if (index < 0 || index > list->count || list->tokens[index].kind != TOKEN_WORD)
        return false;
    const Token *token = &list->tokens[index];
    size_t length = (size_t)(token->end - token->start);
    return strncasecmp(list->text + token->start, word, length) == 0 && word[length] == 0;
}

bool token_is_symbol(const TokenList *list, int index, char symbol) {
    return index >= 0 && index <= list->count && list->tokens[index].kind == TOKEN_SYMBOL &&
           list->tokens[index].symbol == symbol;
}

bool token_is_operator(const TokenList *list, int index, const char *text) {
    if (index < 0 || index > list->count || list->tokens[index].kind != TOKEN_OPERATOR)
        return false;
    const Token *token = &list->tokens[index];
    size_t length = (size_t)(token->end - token->start);
    return strncmp(list->text + token->start, text, length) == 0 && text[length] == 0;
}

bool token_is_name(const TokenList *list, int index) {
    if (index < 0 || index >= list->count)
        return false;
    const Token *token = &list->tokens[index];
    return token->kind == TOKEN_QUOTED || (token->kind == TOKEN_WORD && !token->is_reserved);
}

bool token_ends_operand(const TokenList *list, int index) {
    if (index < 0 || index >= list->count)
        return false;
    const Token *token = &list->tokens[index];
    switch (token->kind) {
    case TOKEN_QUOTED:
    case TOKEN_STRING:
    case TOKEN_NUMBER:
    case TOKEN_BIT:
    case TOKEN_PARAMETER:
        return true;
    case TOKEN_SYMBOL:
        return token->symbol == ')' || token->symbol == ']';
    case TOKEN_WORD:
        if (!token->is_reserved)
            return true;
        for (const char *const *word = (const char *const[]){"null", "true", "false", "end", "asc", "desc",
                 "default", "all", "current_date", "current_time", "current_timestamp", "localtime",
                 "localtimestamp", "current_user", "session_user", "user", "current_role", "current_schema",
                 "current_catalog", NULL};
             *word != NULL; word++)
            if (token_is(list, index, *word))
                return true;
        return false;
    case TOKEN_OPERATOR:
    case TOKEN_END:
        return false;
    }
    return false;
}

void tokens_match(TokenList *list) {
    int *open = NULL, count = 0, capacity = 0;
    for (int i = 0; i < list->count; i++) {
        list->tokens[i].match = -1;
        if (token_is_symbol(list, i, '(')) {
            GROW(open, capacity, count + 1);
            open[count++] = i;
        } else if (token_is_symbol(list, i, ')') && count > 0)
            list->tokens[open[--count]].match = i;
        else if (token_is_symbol(list, i, ';'))
            count = 0;
    }
    memory_free(open);
}

int token_closing(const TokenList *list, int index, int end) {
    int match = token_is_symbol(list, index, '(') ? list->tokens[index].match : -1;
    return match < end ? match : -1;
}

const char *token_identifier(const TokenList *list, int index, Arena *arena) {
    const Token *token = &list->tokens[index];
    const char *bytes = list->text + token->start;
    int length = token->end - token->start;
    char *name;
    if (token->kind == TOKEN_QUOTED && bytes[0] == '"') {
        name = arena_copy(arena, bytes + 1, (size_t)(length - 2));
        char *to = name;
        for (const char *from = name; *from != 0; from++) {
            *to++ = *from;
            if (from[0] == '"' && from[1] == '"')
                from++;
        }
        *to = 0;
    } else {
        name = arena_copy(arena, bytes, (size_t)length);
        for (char *c = name; *c != 0; c++)
            if (*c >= 'A' && *c <= 'Z')
                *c = (char)(*c + ('a' - 'A'));
    }
    if (strlen(name) >= 64) { /* NAMEDATALEN: cut at a character, as PostgreSQL does */
        size_t cut = 63;
        while (((unsigned char)name[cut] & 0xC0) == 0x80)
            cut--;
        name[cut] = 0;
    }
    return name;
}

void tokens_blank(TokenList *list, int start, int end) {
    for (int i = start; i < end; i++)
        if (list->text[i] != '\n')
            list->text[i] = ' ';
}

Status syntax_error_at(const TokenList *list, int position, Error *error) {
    int low = 0, high = list->original_count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (list->original[middle].end > position)
            high = middle;
        else
            low = middle + 1;
    }
    const Token *token = &list->original[low];
    if (token->kind == TOKEN_END)
        error_set(error, STATUS_SYNTAX_ERROR, "syntax error at end of input");
    else
        error_set(error, STATUS_SYNTAX_ERROR, "syntax error at or near \"%.*s\"", token->end - token->start,
            list->sql + token->start);
    return error_at(error, syntax_character(list->sql, token->start));
}

Status syntax_error_token(const TokenList *list, int index, Error *error) {
    return syntax_error_at(list, list->tokens[index].start, error);
}

int tokens_text_end(const TokenList *list, int end) {
    int limit = list->tokens[end].start, low = 0, high = list->original_count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (list->original[middle].start < limit)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? 0 : list->original[low - 1].end;
}

bool is_plain_identifier(const char *name) {
    bool is_plain = (*name >= 'a' && *name <= 'z') || *name == '_';
    for (const char *c = name; *c != 0 && is_plain; c++)
        is_plain = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '_';
    if (!is_plain)
        return false;
    PgQueryScanResult result = pg_query_scan(name); /* PostgreSQL's own list of keywords */
    assert(result.error == NULL);
    PgQuery__ScanResult *scanned =
        pg_query__scan_result__unpack(NULL, result.pbuf.len, (const uint8_t *)result.pbuf.data);
    PgQuery__KeywordKind kind = scanned->tokens[0]->keyword_kind;
    pg_query__scan_result__free_unpacked(scanned, NULL);
    pg_query_free_scan_result(result);
    return kind == PG_QUERY__KEYWORD_KIND__NO_KEYWORD || kind == PG_QUERY__KEYWORD_KIND__UNRESERVED_KEYWORD;
}
