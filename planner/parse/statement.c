/* Statements: cuts the text at semicolons and sends each statement to its own parser or, rewritten, to
   libpg_query. */
#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "planner/parse/parse.h"
#include "planner/parse/parser.h"

TokenCursor parser_cursor(Parser *parser, int first, int end) {
    return (TokenCursor){.dialect = &parser->dialect, .index = first, .end = end, .error = parser->error};
}

SyntaxStatement *parser_new_statement(
    Parser *parser, SyntaxStatementKind kind, const char *tag, int first, int end) {
    const TokenList *list = &parser->dialect.list;
    SyntaxStatement *statement = ARENA_NEW(parser->arena, SyntaxStatement);
    statement->kind = kind;
    statement->tag = tag;
    statement->start = list->tokens[first].start;
    statement->length = tokens_text_end(list, end) - statement->start;
    return statement;
}

const char *parser_command_name(const Parser *parser, int first, int end) {
    static const char *const qualifiers[] = {"or", "replace", "temporary", "temp", "unlogged", "unique",
        "recursive", "global", "local", "trusted", "procedural"};
    static const char *const pairs[] = {
        "create", "drop", "alter", "security", "import", "reassign", "prepare", "commit", "rollback"};
    static const char *const second_words[] = {
        "materialized", "foreign", "event", "operator", "text", "user", "access", "default", "large"};
    const TokenList *list = &parser->dialect.list;
    int wanted = 1, taken = 0;
    char *name = NULL;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        wanted += token_is(list, first, pairs[i]);
    for (int i = first; i < end && taken < wanted && list->tokens[i].kind == TOKEN_WORD; i++) {
        bool is_qualifier = false;
        for (size_t k = 0; k < sizeof qualifiers / sizeof *qualifiers && i > first; k++)
            is_qualifier |= token_is(list, i, qualifiers[k]);
        if (is_qualifier)
            continue;
        for (size_t k = 0; k < sizeof second_words / sizeof *second_words && taken == 1; k++)
            wanted +=
                token_is(list, i, second_words[k]) && i + 1 < end && list->tokens[i + 1].kind == TOKEN_WORD;
        const char *word = token_identifier(list, i, parser->arena);
        name = taken++ == 0 ? arena_strdup(parser->arena, word)
                            : arena_printf(parser->arena, "%s %s", name, word);
    }
    for (char *c = name; c != NULL && *c != 0; c++)
        *c = (char)toupper((unsigned char)*c);
    return name == NULL ? "this statement" : name;
}

/* DECLARE … FOR SUBSCRIBE … and COPY (SUBSCRIBE …): the subscription is parsed here and SELECT stands in its
   place. */
static Status set_subscription_aside(Parser *parser, int first, int end) {
    TokenList *list = &parser->dialect.list;
    TRY(parse_subscribe(parser, first, end, &parser->clauses.subscribe));
    dialect_blank(&parser->dialect, first, end);
    memcpy(list->text + list->tokens[first].start, "SELECT", 6);
    return OK;
}

static void set_query_range(Parser *parser, int first, int end) {
    const TokenList *list = &parser->dialect.list;
    parser->clauses.query_start = list->tokens[first].start;
    parser->clauses.query_length = tokens_text_end(list, end) - parser->clauses.query_start;
}

static Status rewrite_declare(Parser *parser, int first, int *end) {
    const TokenList *list = &parser->dialect.list;
    for (int i = first; i < *end; i++)
        if (token_is(list, i, "for")) {
            if (i + 1 < *end)
                set_query_range(parser, i + 1, *end);
            if (token_is(list, i + 1, "subscribe") && i + 1 < *end)
                return set_subscription_aside(parser, i + 1, *end);
            break;
        }
    parser->clauses.emit = dialect_cut_emit(&parser->dialect, first, end, &parser->clauses.emit_position);
    return OK;
}

static Status rewrite_copy(Parser *parser, int first, int end) {
    const TokenList *list = &parser->dialect.list;
    if (!token_is_symbol(list, first + 1, '('))
        return OK;
    int close = token_closing(list, first + 1, end);
    if (close < 0)
        return OK;
    if (first + 2 < close)
        set_query_range(parser, first + 2, close);
    if (token_is(list, first + 2, "subscribe"))
        return set_subscription_aside(parser, first + 2, close);
    parser->clauses.emit =
        dialect_cut_emit(&parser->dialect, first + 2, &close, &parser->clauses.emit_position);
    return OK;
}

/* FETCH … WITH (timeout = …). */
static Status rewrite_fetch(Parser *parser, int first, int *end) {
    const TokenList *list = &parser->dialect.list;
    for (int i = first; i < *end; i++)
        if (token_is(list, i, "with") && token_is_symbol(list, i + 1, '(')) {
            TokenCursor cursor = parser_cursor(parser, i + 1, *end);
            TRY(clause_options(&cursor, &parser->clauses.options));
            TRY(cursor_expect_end(&cursor));
            dialect_blank(&parser->dialect, i, *end);
            *end = i;
        }
    return OK;
}

/* The query of an INSERT: behind the table's name and column list, up to ON CONFLICT or RETURNING. */
static void rewrite_insert(Parser *parser, int first, int *end) {
    static const char *const starts[] = {"select", "values", "with", "table"};
    const TokenList *list = &parser->dialect.list;
    int whole_end = *end, query = -1, depth = 0;
    parser->clauses.emit = dialect_cut_emit(&parser->dialect, first, end, &parser->clauses.emit_position);
    for (int i = first + 1; i < *end; i++) {
        bool is_start = query < 0 && depth == 0 && token_is_symbol(list, i, '(') &&
                        (token_is(list, i + 1, "select") || token_is(list, i + 1, "with") ||
                            token_is_symbol(list, i + 1, '('));
        depth += token_is_symbol(list, i, '(') - token_is_symbol(list, i, ')');
        for (size_t k = 0; k < sizeof starts / sizeof *starts && query < 0 && depth == 0; k++)
            is_start |= token_is(list, i, starts[k]);
        if (is_start)
            query = i;
        bool is_stop = depth == 0 && (token_is(list, i, "returning") ||
                                         (token_is(list, i, "on") && token_is(list, i + 1, "conflict")));
        if (is_stop || i + 1 == *end) {
            if (query >= 0)
                set_query_range(parser, query, is_stop ? i : whole_end);
            return;
        }
    }
}

/* CREATE's second word behind OR REPLACE, TEMP and the like. */
static int create_object(const Parser *parser, int first, int end) {
    static const char *const qualifiers[] = {
        "or", "replace", "temporary", "temp", "unlogged", "local", "global", "recursive"};
    for (int i = first + 1; i < end; i++) {
        bool is_qualifier = false;
        for (size_t k = 0; k < sizeof qualifiers / sizeof *qualifiers; k++)
            is_qualifier |= token_is(&parser->dialect.list, i, qualifiers[k]);
        if (!is_qualifier)
            return i;
    }
    return end;
}

static Status parse_create(Parser *parser, int first, int end, SyntaxStatement **statement) {
    const TokenList *list = &parser->dialect.list;
    int object = create_object(parser, first, end);
    if (token_is(list, object, "table") || (token_is(list, object, "source") && object == first + 1))
        TRY(rewrite_create_table(parser, first, &end));
    else if (token_is(list, object, "view") || token_is(list, object, "materialized")) {
        TRY(cut_placement(parser, first, &end));
        TRY(rewrite_create_view(parser, first, &end));
    } else if (token_is(list, object, "index") || token_is(list, object, "unique"))
        TRY(cut_placement(parser, first, &end));
    return pg_query_statement(parser, first, end, statement);
}

/* DROP and COMMENT ON. */
static Status parse_drop(Parser *parser, int first, int end, SyntaxStatement **statement) {
    TokenList *list = &parser->dialect.list;
    if (token_is(list, first + 1, "temporary") &&
        (token_is(list, first + 2, "table") || token_is(list, first + 2, "view"))) {
        dialect_blank(
            &parser->dialect, first + 1, first + 2); /* as others write it: temporary ones are found first */
        return pg_query_statement(parser, first, end, statement);
    }
    int kind = first + 1 + token_is(list, first + 1, "on");
    char *object = list->text + list->tokens[kind].start;
    if (token_is(list, kind, "source")) {
        memcpy(object, "TABLE ", 6);
        parser->clauses.drop_kind = "SOURCE";
    } else if (token_is(list, kind, "sink")) {
        memcpy(object, "VIEW", 4);
        parser->clauses.drop_kind = "SINK";
    }
    return pg_query_statement(parser, first, end, statement);
}

static Status parse_rewritten(Parser *parser, int first, int end, SyntaxStatement **statement) {
    const TokenList *list = &parser->dialect.list;
    if (token_is(list, first, "declare"))
        TRY(rewrite_declare(parser, first, &end));
    else if (token_is(list, first, "copy"))
        TRY(rewrite_copy(parser, first, end));
    else if (token_is(list, first, "fetch") || token_is(list, first, "move"))
        TRY(rewrite_fetch(parser, first, &end));
    else if (token_is(list, first, "insert"))
        rewrite_insert(parser, first, &end);
    else
        parser->clauses.emit =
            dialect_cut_emit(&parser->dialect, first, &end, &parser->clauses.emit_position);
    return pg_query_statement(parser, first, end, statement);
}

static Status parse_any(Parser *parser, int first, int end, SyntaxStatement **statement) {
    const TokenList *list = &parser->dialect.list;
    StatementParser own = token_statement_parser(parser, first, end);
    if (own != NULL)
        return own(parser, first, end, statement);
    if (token_is(list, first, "create"))
        return parse_create(parser, first, end, statement);
    if (token_is(list, first, "drop") || token_is(list, first, "comment"))
        return parse_drop(parser, first, end, statement);
    return parse_rewritten(parser, first, end, statement);
}

Status parser_statement(Parser *parser, int first, int end, SyntaxStatement **statement) {
    int start = parser->dialect.list.tokens[first].start,
        text_end = tokens_text_end(&parser->dialect.list, end);
    parser->clauses = (StatementClauses){0};
    TRY(parse_foreign(parser, first, end, statement));
    if (*statement == NULL)
        TRY(parse_any(parser, first, end, statement));
    (*statement)->notices = parser->clauses.notices;
    (*statement)->notice_count = parser->clauses.notice_count;
    if (parser->clauses.emit != SYNTAX_EMIT_DEFAULT) /* it was cut off blindly, and no query took it */
        return syntax_error_at(&parser->dialect.list, parser->clauses.emit_position, parser->error);
    (*statement)->start = start;
    (*statement)->length = text_end - start;
    return OK;
}

Status parser_query(Parser *parser, int first, int end, SyntaxSelect **query) {
    parser->clauses = (StatementClauses){0};
    SyntaxStatement *statement;
    int start = first;
    if (start >= end)
        return syntax_error_token(&parser->dialect.list, end, parser->error);
    parser->clauses.emit = dialect_cut_emit(&parser->dialect, first, &end, &parser->clauses.emit_position);
    const TokenList *list = &parser->dialect.list;
    while (token_is_symbol(list, start, '('))
        start++;
    if (!token_is(list, start, "select") && !token_is(list, start, "values") &&
        !token_is(list, start, "with") && !token_is(list, start, "table"))
        return syntax_error_token(list, start, parser->error);
    TRY(pg_query_statement(parser, first, end, &statement));
    if (statement->kind != SYNTAX_STATEMENT_SELECT) {
        error_set(parser->error, STATUS_FEATURE_NOT_SUPPORTED, "%s is not supported here", statement->tag);
        return error_at(parser->error, syntax_character(list->sql, list->tokens[first].start));
    }
    *query = statement->select;
    return OK;
}

static Status parse_all(
    Parser *parser, const char *sql, size_t length, SyntaxStatement ***statements, int *count) {
    Arena *arena = parser->arena;
    *statements = NULL;
    *count = 0;
    TRY(dialect_open(&parser->dialect, sql, length, arena, parser->error));
    const TokenList *list = &parser->dialect.list;
    int first = 0, depth = 0;
    for (int i = 0; i <= list->count; i++) {
        depth += token_is_symbol(list, i, '(') - token_is_symbol(list, i, ')');
        if (i < list->count && !(token_is_symbol(list, i, ';') && depth <= 0))
            continue;
        if (i > first) {
            SyntaxStatement *statement;
            TRY(parser_statement(parser, first, i, &statement));
            ARENA_APPEND(arena, *statements, *count, statement);
        }
        first = i + 1;
        depth = 0;
    }
    return dialect_check_found(&parser->dialect, parser->error);
}

Status parse_statements(
    const char *sql, size_t length, Arena *arena, SyntaxStatement ***statements, int *count, Error *error) {
    Parser parser = {.arena = arena, .error = error};
    return parse_all(&parser, sql, length, statements, count);
}

Status parse_own_query(Parser *parser, const char *sql, SyntaxSelect **query) {
    Parser own = {.arena = parser->arena, .error = parser->error, .is_own = true};
    SyntaxStatement **statements;
    int count;
    TRY(parse_all(&own, sql, strlen(sql), &statements, &count));
    assert(count == 1 && statements[0]->kind == SYNTAX_STATEMENT_SELECT);
    *query = statements[0]->select;
    return OK;
}

/* Opens a text that must be one expression or type; an empty text or a semicolon is a syntax error. */
static Status open_fragment(Parser *parser, const char *text, size_t length, DialectFragment *fragment) {
    TRY(dialect_open(&parser->dialect, text, length, parser->arena, parser->error));
    const TokenList *list = &parser->dialect.list;
    int depth = 0;
    for (int i = 0; i < list->count; i++) {
        depth += token_is_symbol(list, i, '(') - token_is_symbol(list, i, ')');
        if (depth < 0 || token_is_symbol(list, i, ';'))
            return syntax_error_token(list, i, parser->error);
    }
    if (list->count == 0)
        return syntax_error_token(list, 0, parser->error);
    *fragment = dialect_copy(&parser->dialect, 0, list->count);
    return OK;
}

Status parse_expression(
    const char *text, size_t length, Arena *arena, SyntaxExpression **expression, Error *error) {
    Parser parser = {.arena = arena, .error = error};
    DialectFragment fragment;
    TRY(open_fragment(&parser, text, length, &fragment));
    TRY(pg_query_expression(&parser, &fragment, expression));
    return dialect_check_found(&parser.dialect, error);
}

Status parse_type(const char *text, size_t length, Arena *arena, SyntaxType **type, Error *error) {
    Parser parser = {.arena = arena, .error = error};
    DialectFragment fragment;
    TRY(open_fragment(&parser, text, length, &fragment));
    TRY(pg_query_type(&parser, &fragment, type));
    return dialect_check_found(&parser.dialect, error);
}
