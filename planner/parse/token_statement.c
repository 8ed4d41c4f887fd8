/* Statements with a small token parser of their own, because libpg_query doesn't know them or knows too
   little of them. */
#include <ctype.h>
#include <string.h>

#include "planner/parse/build.h"
#include "planner/parse/parser.h"

static const TokenList *tokens_of(const Parser *parser) {
    return &parser->dialect.list;
}

Status parse_words(Parser *parser, int first, int end, SyntaxWord **words, int *count) {
    const TokenList *list = tokens_of(parser);
    for (int i = first; i < end; i++) {
        const Token *token = &list->tokens[i];
        SyntaxWord word = {.position = token->start};
        TokenCursor cursor = parser_cursor(parser, i, end);
        if (token->kind == TOKEN_WORD || token->kind == TOKEN_QUOTED) {
            word.kind = token->kind == TOKEN_WORD ? SYNTAX_WORD_IDENTIFIER : SYNTAX_WORD_QUOTED;
            TRY(cursor_word(&cursor, &word.text));
        } else if (token->kind == TOKEN_STRING) {
            word.kind = SYNTAX_WORD_STRING;
            TRY(cursor_string(&cursor, &word.text));
        } else {
            word.kind = token->kind == TOKEN_NUMBER ? SYNTAX_WORD_NUMBER : SYNTAX_WORD_OTHER;
            word.text =
                arena_copy(parser->arena, list->text + token->start, (size_t)(token->end - token->start));
        }
        ARENA_APPEND(parser->arena, *words, *count, word);
    }
    return OK;
}

/* A word of SHOW; the parts of a dotted name are one word. */
static Status show_word(TokenCursor *cursor, SyntaxShow *show) {
    const char *word, *part;
    TRY(cursor_word(cursor, &word));
    while (cursor_accept_symbol(cursor, '.')) {
        TRY(cursor_word(cursor, &part));
        word = arena_printf(cursor->dialect->arena, "%s.%s", word, part);
    }
    ARENA_APPEND(cursor->dialect->arena, show->words, show->word_count, word);
    return OK;
}

static Status parse_show(Parser *parser, int first, int end, SyntaxStatement **statement) {
    SyntaxShow *show = ARENA_NEW(parser->arena, SyntaxShow);
    TokenCursor cursor = parser_cursor(parser, first + 1, end);
    bool is_create = cursor_is(&cursor, "create");
    do
        TRY(show_word(&cursor, show));
    while (!cursor_at_end(&cursor) && !(is_create && show->word_count > 1 &&
                                          !(show->word_count == 2 && cursor_is(&cursor, "view") &&
                                              strcmp(show->words[1], "materialized") == 0)));
    if (is_create)
        TRY(cursor_name(&cursor, &show->name));
    *statement = parser_new_statement(parser, SYNTAX_STATEMENT_SHOW, "SHOW", first, end);
    (*statement)->show = show;
    return cursor_expect_end(&cursor);
}

static Status parse_describe(Parser *parser, int first, int end, SyntaxStatement **statement) {
    TokenCursor cursor = parser_cursor(parser, first + 1, end);
    if (cursor_is(&cursor, "table") || cursor_is(&cursor, "extended"))
        cursor.index += cursor.index + 1 < end;
    *statement = parser_new_statement(parser, SYNTAX_STATEMENT_DESCRIBE, "DESCRIBE", first, end);
    (*statement)->describe = ARENA_NEW(parser->arena, SyntaxName);
    TRY(cursor_name(&cursor, (*statement)->describe));
    return cursor_expect_end(&cursor);
}

static Status parse_flush(Parser *parser, int first, int end, SyntaxStatement **statement) {
    TokenCursor cursor = parser_cursor(parser, first + 1, end);
    *statement = parser_new_statement(parser, SYNTAX_STATEMENT_FLUSH, "FLUSH", first, end);
    return cursor_expect_end(&cursor);
}

/* CREATE SAVEPOINT [IF NOT EXISTS] name, DROP SAVEPOINT [IF EXISTS] name. */
static Status parse_savepoint(Parser *parser, int first, int end, SyntaxStatement **statement) {
    TokenCursor cursor = parser_cursor(parser, first, end);
    SyntaxSavepoint *savepoint = ARENA_NEW(parser->arena, SyntaxSavepoint);
    savepoint->is_drop = cursor_accept(&cursor, "drop");
    TRY(cursor_expect(&cursor, savepoint->is_drop ? "savepoint" : "create savepoint"));
    savepoint->is_conditional = cursor_accept(&cursor, savepoint->is_drop ? "if exists" : "if not exists");
    TRY(cursor_identifier(&cursor, &savepoint->name));
    *statement = parser_new_statement(parser, SYNTAX_STATEMENT_STATE_SAVEPOINT,
        savepoint->is_drop ? "DROP SAVEPOINT" : "CREATE SAVEPOINT", first, end);
    (*statement)->savepoint = savepoint;
    return cursor_expect_end(&cursor);
}

/* SET 'name' = 'value'. */
static Status parse_set(Parser *parser, int first, int end, SyntaxStatement **statement) {
    TokenCursor cursor = parser_cursor(parser, first + 1, end);
    if (cursor_at_end(&cursor) || tokens_of(parser)->tokens[cursor.index].kind != TOKEN_STRING)
        return pg_query_statement(parser, first, end, statement);
    SyntaxSet *set = ARENA_NEW(parser->arena, SyntaxSet);
    const char *text;
    set->position = cursor_position(&cursor);
    TRY(cursor_string(&cursor, &set->name));
    TRY(cursor_expect_symbol(&cursor, '='));
    int position = cursor_position(&cursor);
    TRY(cursor_string(&cursor, &text));
    ARENA_APPEND(parser->arena, set->values, set->value_count, syntax_string(parser->arena, text, position));
    *statement = parser_new_statement(parser, SYNTAX_STATEMENT_SET, "SET", first, end);
    (*statement)->set = set;
    return cursor_expect_end(&cursor);
}

/* SUBSCRIBE [TO] name | (query) [WITH (…)] */
Status parse_subscribe(Parser *parser, int first, int end, SyntaxSubscribe **result) {
    TokenCursor cursor = parser_cursor(parser, first, end);
    SyntaxSubscribe *subscribe = *result = ARENA_NEW(parser->arena, SyntaxSubscribe);
    TRY(cursor_expect(&cursor, "subscribe"));
    cursor_accept(&cursor, "to");
    if (cursor_is_symbol(&cursor, '(')) {
        const TokenList *list = tokens_of(parser);
        int open = cursor.index, close = token_closing(list, open, end);
        if (close < 0)
            return syntax_error_token(list, end, parser->error);
        StatementClauses outer = parser->clauses;
        TRY(parser_query(parser, open + 1, close, &subscribe->query));
        parser->clauses = outer;
        subscribe->query_start = list->tokens[open + 1].start;
        subscribe->query_length = tokens_text_end(list, close) - subscribe->query_start;
        cursor.index = close + 1;
    } else
        TRY(cursor_name(&cursor, &subscribe->name));
    if (cursor_accept(&cursor, "with"))
        TRY(clause_options(&cursor, &subscribe->options));
    return cursor_expect_end(&cursor);
}

static Status parse_subscribe_statement(Parser *parser, int first, int end, SyntaxStatement **statement) {
    *statement = parser_new_statement(parser, SYNTAX_STATEMENT_SUBSCRIBE, "SUBSCRIBE", first, end);
    return parse_subscribe(parser, first, end, &(*statement)->subscribe);
}

/* The token at which the query of CREATE SINK … AS ends: WITH ( or FORMAT … ENCODE at depth 0. */
static int sink_query_end(const TokenList *list, int first, int end) {
    for (int i = first, depth = 0; i < end; i++) {
        depth += token_is_symbol(list, i, '(') - token_is_symbol(list, i, ')');
        if (depth > 0 || i == first)
            continue;
        if (token_is(list, i, "with") && token_is_symbol(list, i + 1, '('))
            return i;
        if (token_is(list, i, "format") && token_is(list, i + 2, "encode"))
            return i;
    }
    return end;
}

static Status sink_clauses(TokenCursor *cursor, SyntaxCreateSink *sink) {
    for (;;) {
        bool is_read;
        if (cursor_accept(cursor, "with")) {
            TRY(clause_options(cursor, &sink->options));
            continue;
        }
        TRY(clause_format(cursor, &sink->format, &is_read));
        if (!is_read)
            return OK;
    }
}

static Status parse_create_sink(Parser *parser, int first, int end, SyntaxStatement **statement) {
    const TokenList *list = tokens_of(parser);
    TokenCursor cursor = parser_cursor(parser, first, end);
    SyntaxCreateSink *sink = ARENA_NEW(parser->arena, SyntaxCreateSink);
    TRY(cursor_expect(&cursor, "create sink"));
    sink->if_not_exists = cursor_accept(&cursor, "if not exists");
    TRY(cursor_name(&cursor, &sink->name));
    TRY(sink_clauses(&cursor, sink));
    if (cursor_accept(&cursor, "from"))
        TRY(cursor_name(&cursor, &sink->from));
    else {
        TRY(cursor_expect(&cursor, "as"));
        int query_end = sink_query_end(list, cursor.index, end);
        sink->query_start = list->tokens[cursor.index].start;
        sink->query_length = tokens_text_end(list, query_end) - sink->query_start;
        TRY(parser_query(parser, cursor.index, query_end, &sink->query));
        cursor.index = query_end;
    }
    TRY(sink_clauses(&cursor, sink));
    *statement = parser_new_statement(parser, SYNTAX_STATEMENT_CREATE_SINK, "CREATE SINK", first, end);
    (*statement)->create_sink = sink;
    return cursor_expect_end(&cursor);
}

/* [IF EXISTS] name RESUME is ours. */
static bool is_resume(const TokenList *list, int index, int end) {
    if (token_is(list, index, "if") && token_is(list, index + 1, "exists"))
        index += 2;
    while (index + 2 < end && token_is_symbol(list, index + 1, '.'))
        index += 2;
    return index + 2 == end && token_is(list, index + 1, "resume");
}

static Status parse_alter(Parser *parser, int first, int end, SyntaxStatement **statement) {
    static const char *const kinds[] = {"table", "source", "sink", "materialized view", "view", "index",
        "schema", "sequence", "database", "system", NULL};
    TokenCursor cursor = parser_cursor(parser, first + 1, end);
    SyntaxAlter *alter = ARENA_NEW(parser->arena, SyntaxAlter);
    char *kind = NULL;
    for (const char *const *candidate = kinds; *candidate != NULL && kind == NULL; candidate++)
        if (cursor_accept(&cursor, *candidate))
            kind = arena_strdup(parser->arena, *candidate);
    bool is_parsed = kind != NULL;
    for (const char *const *other = (const char *const[]){"source", "sink", "database", "system", NULL};
         *other != NULL && is_parsed; other++)
        is_parsed = strcmp(kind, *other) != 0;
    if (is_parsed && strcmp(kind, "materialized view") == 0)
        is_parsed = !is_resume(tokens_of(parser), cursor.index, end);
    alter->is_knob = kind != NULL && find_knob(tokens_of(parser), cursor.index, end) > 0;
    if (kind == NULL ||
        (is_parsed &&
            !alter->is_knob)) /* libpg_query tells a syntax error from a statement that isn't supported */
        return pg_query_statement(parser, first, end, statement);
    for (char *c = kind; *c != 0; c++)
        *c = (char)toupper((unsigned char)*c);
    alter->kind = kind;
    alter->if_exists = cursor_accept(&cursor, "if exists");
    cursor_accept(&cursor, "only");
    if (strcmp(kind, "SYSTEM") != 0)
        TRY(cursor_name(&cursor, &alter->name));
    if (cursor_at_end(&cursor))
        return cursor_error(&cursor);
    TRY(parse_words(parser, cursor.index, end, &alter->actions, &alter->action_count));
    *statement = parser_new_statement(
        parser, SYNTAX_STATEMENT_ALTER, arena_printf(parser->arena, "ALTER %s", kind), first, end);
    (*statement)->alter = alter;
    return OK;
}

/* EXPLAIN's ( opens options unless a query stands in it. */
static bool is_query_start(const TokenList *list, int index) {
    while (token_is_symbol(list, index, '('))
        index++;
    return token_is(list, index, "select") || token_is(list, index, "values") ||
           token_is(list, index, "with") || token_is(list, index, "table");
}

static Status explain_options(TokenCursor *cursor, SyntaxOptions *options) {
    TRY(cursor_expect_symbol(cursor, '('));
    do {
        const Token *tokens = cursor->dialect->list.tokens;
        SyntaxOption option = {.position = tokens[cursor->index].start, .value_position = -1};
        TRY(cursor_word(cursor, &option.name));
        option.value_position = tokens[cursor->index].start;
        TokenKind kind = tokens[cursor->index].kind;
        if (kind == TOKEN_STRING) {
            option.is_string = true;
            TRY(cursor_string(cursor, &option.value));
        } else if (kind == TOKEN_NUMBER)
            option.value = token_identifier(&cursor->dialect->list, cursor->index++, cursor->dialect->arena);
        else if (kind == TOKEN_WORD || kind == TOKEN_QUOTED)
            TRY(cursor_word(cursor, &option.value));
        ARENA_APPEND(cursor->dialect->arena, options->items, options->count, option);
    } while (cursor_accept_symbol(cursor, ','));
    return cursor_expect_symbol(cursor, ')');
}

static Status parse_explain(Parser *parser, int first, int end, SyntaxStatement **statement) {
    const TokenList *list = tokens_of(parser);
    TokenCursor cursor = parser_cursor(parser, first + 1, end);
    SyntaxExplain *explain = ARENA_NEW(parser->arena, SyntaxExplain);
    if (cursor_is_symbol(&cursor, '(') && !is_query_start(list, cursor.index))
        TRY(explain_options(&cursor, &explain->options));
    else
        for (const char *const *word = (const char *const[]){"analyze", "analyse", "verbose", NULL};
             *word != NULL; word++) {
            SyntaxOption option = {.name = strcmp(*word, "analyse") == 0 ? "analyze" : *word,
                .position = list->tokens[cursor.index].start,
                .value_position = -1};
            if (cursor_accept(&cursor, *word))
                ARENA_APPEND(parser->arena, explain->options.items, explain->options.count, option);
        }
    TRY(parse_explain_prefix(parser, &cursor));
    if (cursor_at_end(&cursor) || cursor_is(&cursor, "explain"))
        return cursor_error(&cursor);
    TRY(parse_explained_object(parser, &cursor, explain));
    if (explain->statement == NULL)
        TRY(parser_statement(parser, cursor.index, end, &explain->statement));
    *statement = parser_new_statement(parser, SYNTAX_STATEMENT_EXPLAIN, "EXPLAIN", first, end);
    (*statement)->explain = explain;
    return OK;
}

/* The types of PREPARE name (…); the cursor stands behind the (. */
static Status prepare_types(Parser *parser, TokenCursor *cursor, int close, SyntaxPrepare *prepare) {
    for (int start = cursor->index, depth = 0; cursor->index <= close; cursor->index++) {
        int i = cursor->index;
        if (i == close || (depth == 0 && cursor_is_symbol(cursor, ','))) {
            SyntaxType *type;
            if (i == start)
                return cursor_error(cursor);
            DialectFragment fragment = dialect_copy(&parser->dialect, start, i);
            TRY(pg_query_type(parser, &fragment, &type));
            ARENA_APPEND(parser->arena, prepare->types, prepare->type_count, type);
            start = i + 1;
        }
        depth += cursor_is_symbol(cursor, '(') - cursor_is_symbol(cursor, ')');
    }
    return OK;
}

static Status parse_prepare(Parser *parser, int first, int end, SyntaxStatement **statement) {
    TokenCursor cursor = parser_cursor(parser, first + 1, end);
    if (cursor_is(&cursor, "transaction"))
        return pg_query_statement(parser, first, end, statement);
    SyntaxPrepare *prepare = ARENA_NEW(parser->arena, SyntaxPrepare);
    TRY(cursor_identifier(&cursor, &prepare->name));
    if (cursor_is_symbol(&cursor, '(')) {
        int close = token_closing(tokens_of(parser), cursor.index, end);
        if (close < 0)
            return syntax_error_token(tokens_of(parser), end, parser->error);
        cursor.index++;
        TRY(prepare_types(parser, &cursor, close, prepare));
        cursor.index = close + 1;
    }
    TRY(cursor_expect(&cursor, "as"));
    static const char *const starts[] = {
        "select", "insert", "update", "delete", "merge", "values", "with", "table", "subscribe"};
    bool is_preparable = cursor_is_symbol(&cursor, '(');
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        is_preparable |= cursor_is(&cursor, starts[i]);
    if (!is_preparable)
        return cursor_error(&cursor);
    TRY(parser_statement(parser, cursor.index, end, &prepare->statement));
    *statement = parser_new_statement(parser, SYNTAX_STATEMENT_PREPARE, "PREPARE", first, end);
    (*statement)->prepare = prepare;
    return OK;
}

StatementParser token_statement_parser(Parser *parser, int first, int end) {
    static const struct {
        const char *words;
        StatementParser parse;
    } parsers[] = {{"show", parse_show}, {"describe", parse_describe}, {"desc", parse_describe},
        {"flush", parse_flush}, {"alter", parse_alter}, {"explain", parse_explain},
        {"prepare", parse_prepare}, {"set", parse_set}, {"subscribe", parse_subscribe_statement},
        {"create sink", parse_create_sink}, {"create savepoint", parse_savepoint},
        {"drop savepoint", parse_savepoint}};
    for (size_t i = 0; i < sizeof parsers / sizeof *parsers; i++) {
        TokenCursor cursor = parser_cursor(parser, first, end);
        if (cursor_accept(&cursor, parsers[i].words))
            return parsers[i].parse;
    }
    return NULL;
}
