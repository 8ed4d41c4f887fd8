/* Clauses that stand behind a table, view or sink: WITH (…), FORMAT … ENCODE …, INCLUDE … . */
#include <string.h>

#include "executor/base/text.h"
#include "planner/parse/parser.h"

enum { OPTIONS_MAX = 1000 };

static const Token *next_token(const TokenCursor *cursor) {
    return &cursor->dialect->list.tokens[cursor->index];
}

/* 'key', or words and numbers joined by dots and dashes: properties.bootstrap.server, scan-mode. */
static Status option_name(TokenCursor *cursor, const char **name) {
    const TokenList *list = &cursor->dialect->list;
    Arena *arena = cursor->dialect->arena;
    if (!cursor_at_end(cursor) && next_token(cursor)->kind == TOKEN_STRING)
        return cursor_string(cursor, name);
    TRY(cursor_word(cursor, name));
    while (cursor_is_symbol(cursor, '.') || cursor_is_symbol(cursor, '-')) {
        char joint = next_token(cursor)->symbol;
        cursor->index++;
        TokenKind kind = next_token(cursor)->kind;
        if (cursor_at_end(cursor) || (kind != TOKEN_WORD && kind != TOKEN_QUOTED && kind != TOKEN_NUMBER))
            return cursor_error(cursor);
        *name = arena_printf(arena, "%s%c%s", *name, joint, token_identifier(list, cursor->index++, arena));
    }
    return OK;
}

static Status option_value(TokenCursor *cursor, SyntaxOption *option) {
    const TokenList *list = &cursor->dialect->list;
    Arena *arena = cursor->dialect->arena;
    const Token *token = next_token(cursor);
    option->value_position = token->start;
    if (!cursor_at_end(cursor) && token->kind == TOKEN_STRING) {
        option->is_string = true;
        return cursor_string(cursor, &option->value);
    }
    const char *sign = cursor_accept_symbol(cursor, '-')   ? "-"
                       : cursor_accept_symbol(cursor, '+') ? ""
                                                           : NULL;
    token = next_token(cursor);
    if (!cursor_at_end(cursor) && token->kind == TOKEN_NUMBER) {
        option->value = arena_printf(
            arena, "%s%.*s", sign == NULL ? "" : sign, token->end - token->start, list->text + token->start);
        cursor->index++;
        return OK;
    }
    if (sign != NULL)
        return cursor_error(cursor);
    return option_name(cursor, &option->value);
}

Status clause_options(TokenCursor *cursor, SyntaxOptions *options) {
    TRY(cursor_expect_symbol(cursor, '('));
    if (cursor_accept_symbol(cursor, ')'))
        return OK;
    do {
        SyntaxOption option = {.position = next_token(cursor)->start, .value_position = -1};
        TRY(option_name(cursor, &option.name));
        if (cursor_accept_symbol(cursor, '='))
            TRY(option_value(cursor, &option));
        for (int i = 0; i < options->count; i++)
            if (strcmp(options->items[i].name, option.name) == 0) {
                error_set(cursor->error, STATUS_SYNTAX_ERROR, "option \"%s\" specified more than once",
                    option.name);
                return error_at(cursor->error, syntax_character(cursor->dialect->list.sql, option.position));
            }
        if (options->count == OPTIONS_MAX)
            return error_set(
                cursor->error, STATUS_PROGRAM_LIMIT_EXCEEDED, "more than %d options", OPTIONS_MAX);
        ARENA_APPEND(cursor->dialect->arena, options->items, options->count, option);
    } while (cursor_accept_symbol(cursor, ','));
    return cursor_expect_symbol(cursor, ')');
}

static Status optional_options(TokenCursor *cursor, SyntaxOptions *options) {
    return cursor_is_symbol(cursor, '(') ? clause_options(cursor, options) : OK;
}

static bool is_next_word(const TokenCursor *cursor, int ahead) {
    int index = cursor->index + ahead;
    return index < cursor->end && cursor->dialect->list.tokens[index].kind == TOKEN_WORD;
}

Status clause_format(TokenCursor *cursor, SyntaxFormat *format, bool *is_read) {
    *is_read = true;
    int position = next_token(cursor)->start;
    if (cursor_is(cursor, "format") && is_next_word(cursor, 1) && format->format == NULL) {
        cursor->index++;
        format->position = next_token(cursor)->start;
        TRY(cursor_word(cursor, &format->format));
        return optional_options(cursor, &format->format_options);
    }
    if (cursor_is(cursor, "encode") && is_next_word(cursor, 1) && format->encode == NULL) {
        cursor->index++;
        format->encode_position = next_token(cursor)->start;
        TRY(cursor_word(cursor, &format->encode));
        if (format->format == NULL)
            format->position = position;
        return optional_options(cursor, &format->encode_options);
    }
    if (cursor_is(cursor, "key") && format->encode != NULL && format->key_encode == NULL) {
        TRY(cursor_expect(cursor, "key encode"));
        TRY(cursor_word(cursor, &format->key_encode));
        return optional_options(cursor, &format->key_encode_options);
    }
    *is_read = false;
    return OK;
}

/* A type goes up to AS or the next clause. */
static int include_type_end(const TokenCursor *cursor) {
    TokenCursor end = *cursor;
    static const char *const stops[] = {
        "as", "include", "with", "format", "encode", "append", "partitioned", "comment"};
    for (; !cursor_at_end(&end); end.index++)
        for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
            if (cursor_is(&end, stops[i]))
                return end.index;
    return end.end;
}

Status clause_include(Parser *parser, TokenCursor *cursor, SyntaxInclude *include) {
    include->position = next_token(cursor)->start;
    TRY(cursor_word(cursor, &include->what));
    if (!cursor_at_end(cursor) && next_token(cursor)->kind == TOKEN_STRING)
        TRY(cursor_string(cursor, &include->argument));
    int end = include_type_end(cursor);
    if (end > cursor->index) {
        DialectFragment fragment = dialect_copy(&parser->dialect, cursor->index, end);
        TRY(pg_query_type(parser, &fragment, &include->type));
        cursor->index = end;
    }
    if (cursor_accept(cursor, "as"))
        TRY(cursor_identifier(cursor, &include->alias));
    return OK;
}
