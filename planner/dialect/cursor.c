/* TokenCursor: see cursor.h. */
#include "planner/dialect/cursor.h"

#include <stdint.h>
#include <string.h>

static const TokenList *tokens_of(const TokenCursor *cursor) {
    return &cursor->dialect->list;
}

int cursor_position(const TokenCursor *cursor) {
    return tokens_of(cursor)->tokens[cursor->index].start;
}

bool cursor_at_end(const TokenCursor *cursor) {
    return cursor->index >= cursor->end;
}

bool cursor_is(const TokenCursor *cursor, const char *word) {
    return !cursor_at_end(cursor) && token_is(tokens_of(cursor), cursor->index, word);
}

bool cursor_is_symbol(const TokenCursor *cursor, char symbol) {
    return !cursor_at_end(cursor) && token_is_symbol(tokens_of(cursor), cursor->index, symbol);
}

bool cursor_accept(TokenCursor *cursor, const char *words) {
    int index = cursor->index;
    while (*words != 0) {
        char word[32];
        size_t length = strcspn(words, " ");
        memcpy(word, words, length);
        word[length] = 0;
        if (index >= cursor->end || !token_is(tokens_of(cursor), index, word))
            return false;
        index++;
        words += length + (words[length] == ' ');
    }
    cursor->index = index;
    return true;
}

bool cursor_accept_symbol(TokenCursor *cursor, char symbol) {
    bool is_next = cursor_is_symbol(cursor, symbol);
    cursor->index += is_next;
    return is_next;
}

Status cursor_error(const TokenCursor *cursor) {
    return syntax_error_token(tokens_of(cursor), cursor->index, cursor->error);
}

Status cursor_expect(TokenCursor *cursor, const char *words) {
    while (*words != 0) {
        char word[32];
        size_t length = strcspn(words, " ");
        memcpy(word, words, length);
        word[length] = 0;
        if (!cursor_accept(cursor, word))
            return cursor_error(cursor);
        words += length + (words[length] == ' ');
    }
    return OK;
}

Status cursor_expect_symbol(TokenCursor *cursor, char symbol) {
    return cursor_accept_symbol(cursor, symbol) ? OK : cursor_error(cursor);
}

Status cursor_expect_end(TokenCursor *cursor) {
    return cursor_at_end(cursor) ? OK : cursor_error(cursor);
}

Status cursor_identifier(TokenCursor *cursor, const char **name) {
    if (cursor_at_end(cursor) || !token_is_name(tokens_of(cursor), cursor->index))
        return cursor_error(cursor);
    *name = token_identifier(tokens_of(cursor), cursor->index++, cursor->dialect->arena);
    return OK;
}

Status cursor_word(TokenCursor *cursor, const char **word) {
    TokenKind kind = tokens_of(cursor)->tokens[cursor->index].kind;
    if (cursor_at_end(cursor) || (kind != TOKEN_WORD && kind != TOKEN_QUOTED))
        return cursor_error(cursor);
    *word = token_identifier(tokens_of(cursor), cursor->index++, cursor->dialect->arena);
    return OK;
}

Status cursor_name(TokenCursor *cursor, SyntaxName *name) {
    *name = (SyntaxName){.position = tokens_of(cursor)->tokens[cursor->index].start};
    const char *part;
    TRY(cursor_identifier(cursor, &part));
    ARENA_APPEND(cursor->dialect->arena, name->parts, name->part_count, part);
    while (cursor_accept_symbol(cursor, '.')) {
        TRY(cursor_word(cursor, &part));
        ARENA_APPEND(cursor->dialect->arena, name->parts, name->part_count, part);
    }
    return OK;
}

static int hex_value(char c) {
    return c >= '0' && c <= '9'                     ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                    : -1;
}

static char *add_character(char *to, uint32_t code) {
    if (code < 0x80)
        *to++ = (char)code;
    else if (code < 0x800)
        *to++ = (char)(0xC0 | code >> 6), *to++ = (char)(0x80 | (code & 0x3F));
    else if (code < 0x10000)
        *to++ = (char)(0xE0 | code >> 12), *to++ = (char)(0x80 | (code >> 6 & 0x3F)),
        *to++ = (char)(0x80 | (code & 0x3F));
    else
        *to++ = (char)(0xF0 | code >> 18), *to++ = (char)(0x80 | (code >> 12 & 0x3F)),
        *to++ = (char)(0x80 | (code >> 6 & 0x3F)), *to++ = (char)(0x80 | (code & 0x3F));
    return to;
}

/* Decodes the escape behind the \ at *from; the result is never longer than the escape. */
static char *decode_escape(char *to, const char **from) {
    const char *c = *from + 1;
    static const char letters[] = "bfnrt", values[] = "\b\f\n\r\t";
    const char *letter = *c == 0 ? NULL : strchr(letters, *c);
    int digits = *c == 'x' ? 2 : *c == 'u' ? 4 : *c == 'U' ? 8 : 0, read = 0;
    uint32_t code = 0;
    if (digits > 0 && hex_value(c[1]) >= 0) {
        for (c++; read < digits && hex_value(*c) >= 0; read++)
            code = code << 4 | (uint32_t)hex_value(*c++);
        to = digits == 2 ? (*to = (char)code, to + 1) : add_character(to, code);
    } else if (*c >= '0' && *c <= '7') {
        for (; read < 3 && *c >= '0' && *c <= '7'; read++)
            code = code << 3 | (uint32_t)(*c++ - '0');
        *to++ = (char)code;
    } else {
        *to++ = letter != NULL ? values[letter - letters] : *c;
        c++;
    }
    *from = c;
    return to;
}

/* '…' and E'…'; parts on several lines are one string. */
static const char *decode_quoted(Arena *arena, const char *bytes, size_t length) {
    bool has_escapes = bytes[0] != '\'';
    const char *from = arena_copy(arena, bytes + has_escapes, length - has_escapes);
    char *result = arena_copy(arena, from, strlen(from)), *to = result;
    for (from++; *from != 0;) {
        if (*from == '\'' && from[1] == '\'') {
            *to++ = '\'';
            from += 2;
        } else if (*from == '\'') {
            from++;
            from += strcspn(from, "'");
            from += *from == '\'';
        } else if (*from == '\\' && has_escapes && from[1] != 0)
            to = decode_escape(to, &from);
        else
            *to++ = *from++;
    }
    *to = 0;
    return result;
}

Status cursor_string(TokenCursor *cursor, const char **string) {
    const TokenList *list = tokens_of(cursor);
    const Token *token = &list->tokens[cursor->index];
    if (cursor_at_end(cursor) || token->kind != TOKEN_STRING)
        return cursor_error(cursor);
    const char *bytes = list->text + token->start;
    size_t length = (size_t)(token->end - token->start);
    if (bytes[0] == '$') {
        size_t tag = (size_t)((const char *)memchr(bytes + 1, '$', length - 1) - bytes) + 1;
        *string = arena_copy(cursor->dialect->arena, bytes + tag, length - 2 * tag);
    } else if (bytes[0] == '\'' || bytes[0] == 'E' || bytes[0] == 'e') {
        *string = decode_quoted(cursor->dialect->arena, bytes, length);
    } else {
        error_set(cursor->error, STATUS_FEATURE_NOT_SUPPORTED,
            "string constants of this form are not supported here");
        return error_at(cursor->error, syntax_character(list->sql, token->start));
    }
    cursor->index++;
    return OK;
}
