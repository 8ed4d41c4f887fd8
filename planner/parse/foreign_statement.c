/* Statements of other systems that ask for what a query over the catalogs tells, or that mean a statement of
   ours: they are parsed as that one. */
#include <string.h>
#include <strings.h>

#include "executor/base/text.h"
#include "executor/types/interval.h"
#include "planner/dialect/dialect_internal.h"
#include "planner/parse/parse.h"
#include "planner/parse/parser.h"

/* The statement that the text is. Its positions mean nothing to the user. */
static Status parse_instead(Parser *parser, const char *sql, SyntaxStatement **statement) {
    SyntaxStatement **statements;
    int count;
    TRY(parse_statements(sql, strlen(sql), parser->arena, &statements, &count, parser->error));
    *statement = statements[0];
    return OK;
}

static const char *literal(Arena *arena, const char *text) {
    char *out = arena_allocate(arena, 2 * strlen(text) + 3), *to = out;
    *to++ = '\'';
    for (; *text != 0; text++) {
        if (*text == '\'')
            *to++ = '\'';
        *to++ = *text;
    }
    *to++ = '\'';
    *to = 0;
    return out;
}

void parser_notice(Parser *parser, const char *text) {
    ARENA_APPEND(parser->arena, parser->clauses.notices, parser->clauses.notice_count, text);
}

/* SHOW */

#define OF_KIND(kind) "SELECT name AS \"Name\" FROM leat_catalog.objects WHERE " kind
#define VISIBLE       "pg_catalog.pg_table_is_visible(id::oid)"

static const struct {
    const char *words;
    const char *query;
    const char *name;    /* what LIKE looks at */
    const char *schema;  /* what FROM a schema looks at; NULL: the list is of no schema */
    const char *visible; /* without FROM */
} lists[] = {
    {"tables", OF_KIND("kind = 'table'"), "name", "schema_name", VISIBLE},
    {"sources", OF_KIND("kind = 'source'"), "name", "schema_name", VISIBLE},
    {"views", OF_KIND("kind = 'view'"), "name", "schema_name", VISIBLE},
    {"materialized views", OF_KIND("kind = 'materialized view'"), "name", "schema_name", VISIBLE},
    {"sinks", OF_KIND("kind = 'sink'"), "name", "schema_name", VISIBLE},
    {"objects", "SELECT name AS \"Name\", kind AS \"Type\" FROM leat_catalog.objects WHERE true", "name",
        "schema_name", VISIBLE},
    {"sequences", "SELECT relname::text AS \"Name\" FROM pg_catalog.pg_class WHERE relkind = 'S'", "relname",
        "relnamespace::regnamespace::text", "pg_catalog.pg_table_is_visible(oid)"},
    {"schemas", "SELECT nspname::text AS \"Name\" FROM pg_catalog.pg_namespace WHERE true", "nspname", NULL,
        NULL},
    {"databases", "SELECT datname::text AS \"Name\" FROM pg_catalog.pg_database WHERE true", "datname", NULL,
        NULL},
    {"catalogs", "SELECT datname::text AS \"Name\" FROM pg_catalog.pg_database WHERE true", "datname", NULL,
        NULL},
    {"current database", "SELECT current_database()::text AS \"Name\"", NULL, NULL, NULL},
    {"current catalog", "SELECT current_database()::text AS \"Name\"", NULL, NULL, NULL},
    {"functions",
        "SELECT proname::text AS \"Name\", pg_catalog.pg_get_function_arguments(oid) AS \"Arguments\", "
        "pg_catalog.pg_get_function_result(oid) AS \"Return Type\" FROM pg_catalog.pg_proc WHERE oid >= "
        "16384",
        "proname", "pronamespace::regnamespace::text", NULL},
    {"types", "SELECT typname::text AS \"Name\" FROM pg_catalog.pg_type WHERE typtype <> 'c'", "typname",
        "typnamespace::regnamespace::text", "pg_catalog.pg_type_is_visible(oid)"},
    {"roles", "SELECT rolname::text AS \"Name\" FROM pg_catalog.pg_roles WHERE true", "rolname", NULL, NULL},
    {"users", "SELECT rolname::text AS \"Name\" FROM pg_catalog.pg_roles WHERE true", "rolname", NULL, NULL},
    {"jobs",
        "SELECT id AS \"Id\", name AS \"Name\", kind AS \"Type\", state AS \"State\", trouble AS \"Trouble\" "
        "FROM leat_catalog.jobs WHERE true",
        "name", NULL, NULL},
    {"processlist",
        "SELECT pid AS \"Id\", usename::text AS \"User\", client_addr::text AS \"Host\", datname::text AS "
        "\"Database\", state AS \"State\", query AS "
        "\"Info\" FROM pg_catalog.pg_stat_activity WHERE true",
        "usename", NULL, NULL},
    {"savepoints", "SELECT name AS \"Name\" FROM leat_catalog.savepoints WHERE true", "name", NULL, NULL},
    {"cursors", "SELECT name AS \"Name\", statement AS \"Statement\" FROM pg_catalog.pg_cursors WHERE true",
        "name", NULL, NULL},
    {"parameters",
        "SELECT name AS \"Name\", setting AS \"Value\", short_desc AS \"Description\" FROM "
        "pg_catalog.pg_settings WHERE true",
        "name", NULL, NULL},
};

/* Words that only say which of the same things. */
static void skip_show_words(TokenCursor *cursor) {
    static const char *const fillers[] = {
        "user functions", "all functions", "all objects", "full tables", NULL};
    for (const char *const *filler = fillers; *filler != NULL; filler++)
        if (cursor_accept(cursor, *filler)) {
            cursor->index--;
            return;
        }
}

/* [FROM schema] [[NOT] LIKE | ILIKE pattern] */
static Status show_filters(TokenCursor *cursor, size_t list, Text *sql) {
    Arena *arena = cursor->dialect->arena;
    if (cursor_accept(cursor, "from") || cursor_accept(cursor, "in")) {
        SyntaxName schema;
        if (lists[list].schema == NULL)
            return cursor_error(cursor);
        TRY(cursor_name(cursor, &schema));
        text_printf(sql, " AND %s = %s::pg_catalog.regnamespace::text", lists[list].schema,
            literal(arena, schema.parts[schema.part_count - 1]));
    } else if (lists[list].visible != NULL) {
        text_printf(sql, " AND %s", lists[list].visible);
    }
    bool is_negated = cursor_accept(cursor, "not"), is_folded = cursor_is(cursor, "ilike");
    if (is_negated || is_folded || cursor_is(cursor, "like")) {
        const char *pattern;
        TRY(cursor_expect(cursor, is_folded ? "ilike" : "like"));
        TRY(cursor_string(cursor, &pattern));
        text_printf(sql, " AND %s %s %s", lists[list].name,
            is_negated  ? is_folded ? "NOT ILIKE" : "NOT LIKE"
            : is_folded ? "ILIKE"
                        : "LIKE",
            literal(arena, pattern));
    }
    text_add_string(sql, " ORDER BY 1");
    return OK;
}

/* A relation's or index's name as an expression of its oid. */
static Status show_relation(TokenCursor *cursor, const char **oid) {
    Arena *arena = cursor->dialect->arena;
    SyntaxName name;
    const char *text = NULL;
    TRY(cursor_name(cursor, &name));
    for (int i = name.part_count > 2 ? name.part_count - 2 : 0; i < name.part_count; i++) {
        const char *part = arena_printf(arena, "pg_catalog.quote_ident(%s)", literal(arena, name.parts[i]));
        text = text == NULL ? part : arena_printf(arena, "%s || '.' || %s", text, part);
    }
    *oid = arena_printf(arena, "(%s)::pg_catalog.regclass", text);
    return OK;
}

/* SHOW INDEXES [FROM t]. */
static Status show_indexes(TokenCursor *cursor, Text *sql) {
    const char *table;
    text_add_string(sql, "SELECT c.relname::text AS \"Name\", t.relname::text AS \"On\", "
                         "pg_catalog.pg_get_indexdef(c.oid) AS \"Definition\" FROM "
                         "pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN "
                         "pg_catalog.pg_class t ON t.oid = i.indrelid "
                         "WHERE i.indrelid >= 16384");
    if (cursor_accept(cursor, "from") || cursor_accept(cursor, "in") || cursor_accept(cursor, "on")) {
        TRY(show_relation(cursor, &table));
        text_printf(sql, " AND t.oid = %s", table);
    }
    text_add_string(sql, " ORDER BY 1");
    return OK;
}

/* SHOW CREATE INDEX i. */
static Status show_create_index(TokenCursor *cursor, Text *sql) {
    const char *index;
    TRY(show_relation(cursor, &index));
    text_printf(sql,
        "SELECT relname::text AS \"Name\", pg_catalog.pg_get_indexdef(oid) AS \"Create Sql\" FROM "
        "pg_catalog.pg_class WHERE oid = %s",
        index);
    return OK;
}

/* SHOW COLUMNS FROM t [LIKE pattern]. */
static Status show_columns(Parser *parser, TokenCursor *cursor, Text *sql) {
    const char *pattern, *table;
    TRY(show_relation(cursor, &table));
    text_printf(sql,
        "SELECT attname::text AS \"Name\", pg_catalog.format_type(atttypid, atttypmod) AS \"Type\", (NOT "
        "attnotnull)::text AS \"Is Nullable\" "
        "FROM pg_catalog.pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped",
        table);
    if (cursor_accept(cursor, "like")) {
        TRY(cursor_string(cursor, &pattern));
        text_printf(sql, " AND attname LIKE %s", literal(parser->arena, pattern));
    }
    text_add_string(sql, " ORDER BY attnum");
    return OK;
}

static Status show_query(Parser *parser, TokenCursor *cursor, Text *sql) {
    skip_show_words(cursor);
    if (cursor_accept(cursor, "columns from") || cursor_accept(cursor, "columns in"))
        return show_columns(parser, cursor, sql);
    if (cursor_accept(cursor, "indexes") || cursor_accept(cursor, "index"))
        return show_indexes(cursor, sql);
    if (cursor_accept(cursor, "create index"))
        return show_create_index(cursor, sql);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (!cursor_accept(cursor, lists[i].words))
            continue;
        text_add_string(sql, lists[i].query);
        return lists[i].name == NULL ? OK : show_filters(cursor, i, sql);
    }
    return OK;
}

/* *statement stays NULL when it is none of these. */
static Status parse_foreign_show(Parser *parser, int first, int end, SyntaxStatement **statement) {
    TokenCursor cursor = parser_cursor(parser, first + 1, end);
    Text sql = {0};
    *statement = NULL;
    Status status = show_query(parser, &cursor, &sql);
    if (status == OK && sql.length > 0)
        status = cursor_expect_end(&cursor);
    if (status == OK && sql.length > 0)
        status = parse_instead(parser, text_string(&sql), statement);
    text_free(&sql);
    return status;
}

/* EXPLAIN */

/* PLAN FOR, OPTIMIZED PLAN WITH (…) AS TEXT FOR, ESTIMATED_COST, CHANGELOG_MODE: there is one plan, and it
   shows all of it. */
Status parse_explain_prefix(Parser *parser, TokenCursor *cursor) {
    static const char *const stages[] = {
        "raw", "decorrelated", "locally optimized", "optimized", "physical", "logical", NULL};
    static const char *const details[] = {
        "estimated_cost", "changelog_mode", "json_execution_plan", "plan_advice", NULL};
    for (const char *const *detail = details; *detail != NULL; detail++)
        if (cursor_accept(cursor, *detail)) {
            cursor_accept_symbol(cursor, ',');
            detail = details - 1;
        }
    int start = cursor->index;
    for (const char *const *stage = stages; *stage != NULL && cursor->index == start; stage++)
        cursor_accept(cursor, *stage);
    if (!cursor_accept(cursor, "plan")) {
        cursor->index = start;
        return OK;
    }
    if (cursor_accept(cursor, "with")) {
        int close = token_closing(&parser->dialect.list, cursor->index, cursor->end);
        if (close < 0)
            return cursor_error(cursor);
        cursor->index = close + 1;
    }
    cursor_accept(cursor, "as text");
    return cursor_expect(cursor, "for");
}

/* EXPLAIN [ANALYZE] MATERIALIZED VIEW v: how it runs; VIEW v: the plan of its query. */
Status parse_explained_object(Parser *parser, TokenCursor *cursor, SyntaxExplain *explain) {
    bool is_running = cursor_is(cursor, "materialized") || cursor_is(cursor, "sink");
    if (!cursor_accept(cursor, "materialized view") && !cursor_accept(cursor, "view") &&
        !cursor_accept(cursor, "sink"))
        return OK;
    int start = cursor->index;
    SyntaxName name;
    TRY(cursor_name(cursor, &name));
    TRY(cursor_expect_end(cursor));
    const TokenList *list = &parser->dialect.list;
    const char *written = arena_copy(parser->arena, list->text + list->tokens[start].start,
        (size_t)(list->tokens[cursor->end - 1].end - list->tokens[start].start));
    SyntaxOption analyze = {.name = "analyze", .position = list->tokens[start].start, .value_position = -1};
    if (is_running)
        ARENA_APPEND(parser->arena, explain->options.items, explain->options.count, analyze);
    return parse_instead(
        parser, arena_printf(parser->arena, "SELECT * FROM %s", written), &explain->statement);
}

/* What only tunes */

static const char *const knobs[] = {"parallelism", "backfill_parallelism", "source_rate_limit",
    "backfill_rate_limit", "sink_rate_limit", "dml_rate_limit", "streaming_parallelism", "max_parallelism",
    "resource_group", "streaming_rate_limit", NULL};

bool is_knob(const char *name) {
    for (const char *const *knob = knobs; *knob != NULL; knob++)
        if (strcasecmp(*knob, name) == 0)
            return true;
    return false;
}

/* ALTER … SET PARALLELISM = 4 [DEFERRED]: the place of SET; 0: nothing of this. */
int find_knob(const TokenList *list, int first, int end) {
    for (int i = first; i + 1 < end; i++)
        if (token_is(list, i, "set") && token_any_word(list, i + 1, knobs))
            return i;
    return 0;
}

/* IN CLUSTER c: taken out of CREATE INDEX and CREATE MATERIALIZED VIEW. */
static Status cut_cluster(Parser *parser, int first, int end) {
    for (int i = first; i + 2 < end && !token_is(&parser->dialect.list, i, "as") &&
                        !token_is_symbol(&parser->dialect.list, i, '(');
         i++) {
        if (!token_is(&parser->dialect.list, i, "in") || !token_is(&parser->dialect.list, i + 1, "cluster"))
            continue;
        const char *name;
        TokenCursor cursor = parser_cursor(parser, i + 2, end);
        TRY(cursor_identifier(&cursor, &name));
        dialect_blank(&parser->dialect, i, i + 3);
        for (int k = i; k < i + 3; k++)
            parser->dialect.list.tokens[k].kind = TOKEN_END;
        tokens_compact(&parser->dialect.list);
        parser_notice(parser, "IN CLUSTER has no effect: all views run in this server");
        return OK;
    }
    return OK;
}

/* DISTRIBUTED BY (…) behind an index's columns. */
static Status cut_distribution(Parser *parser, int first, int *end) {
    TokenList *list = &parser->dialect.list;
    for (int i = first; i + 2 < *end; i++) {
        int close = token_closing(list, i + 2, *end);
        if (!token_is(list, i, "distributed") || !token_is(list, i + 1, "by") || close + 1 != *end)
            continue;
        dialect_blank(&parser->dialect, i, *end);
        *end = i;
        parser_notice(parser, "DISTRIBUTED BY has no effect: an index stands beside its rows");
    }
    return OK;
}

Status cut_placement(Parser *parser, int first, int *end) {
    int count = parser->dialect.list.count;
    TRY(cut_cluster(parser, first, *end));
    *end -= count - parser->dialect.list.count;
    return cut_distribution(parser, first, end);
}

/* Others */

/* SET and RESET alone; RESET 'key'; USE [CATALOG] name. */
static Status parse_short(Parser *parser, int first, int end, SyntaxStatement **statement) {
    const TokenList *list = &parser->dialect.list;
    TokenCursor cursor = parser_cursor(parser, first + 1, end);
    const char *name;
    if (token_is(list, first, "set"))
        return parse_instead(parser, "SHOW ALL", statement);
    if (token_is(list, first, "reset") && cursor_at_end(&cursor))
        return parse_instead(parser, "RESET ALL", statement);
    TRY(cursor_string(&cursor, &name));
    TRY(cursor_expect_end(&cursor));
    Text sql = {0};
    text_add_string(&sql, "RESET \"");
    for (; *name != 0; name++) {
        if (*name == '"')
            text_add_char(&sql, '"');
        text_add_char(&sql, *name);
    }
    text_add_char(&sql, '"');
    Status status = parse_instead(parser, text_string(&sql), statement);
    text_free(&sql);
    return status;
}

/* CREATE SOURCE [IF NOT EXISTS] s FROM LOAD GENERATOR COUNTER [(TICK INTERVAL '1s')]: datagen counts as well.
 */
static Status parse_load_generator(Parser *parser, int first, int end, SyntaxStatement **statement) {
    const TokenList *list = &parser->dialect.list;
    TokenCursor cursor = parser_cursor(parser, first + 2, end);
    SyntaxName name;
    const char *tick = "1 second", *kind;
    bool if_not_exists = cursor_accept(&cursor, "if not exists");
    int start = cursor.index;
    if (cursor_at_end(&cursor) || cursor_name(&cursor, &name) != OK ||
        !cursor_accept(&cursor, "from load generator"))
        return OK;
    int name_end = cursor.index - 3;
    TRY(cursor_word(&cursor, &kind));
    if (strcmp(kind, "counter") != 0)
        return error_set(
            parser->error, STATUS_FEATURE_NOT_SUPPORTED, "load generator %s is not supported", kind);
    if (cursor_accept_symbol(&cursor, '(')) {
        TRY(cursor_expect(&cursor, "tick interval"));
        cursor_accept_symbol(&cursor, '=');
        TRY(cursor_string(&cursor, &tick));
        TRY(cursor_expect_symbol(&cursor, ')'));
    }
    TRY(cursor_expect_end(&cursor));
    Interval interval;
    TRY(interval_read(tick, strlen(tick), -1, &type_settings_default, &interval, parser->error));
    if (interval.months != 0 || interval.days != 0 || interval.microseconds <= 0)
        return error_set(
            parser->error, STATUS_INVALID_PARAMETER_VALUE, "invalid tick interval: \"%s\"", tick);
    const char *sql = arena_printf(parser->arena,
        "CREATE SOURCE %s%.*s (counter bigint) WITH (connector = 'datagen', 'rows-per-second' = '%.9g', "
        "fields.counter.kind = 'sequence', "
        "fields.counter.start = '1')",
        if_not_exists ? "IF NOT EXISTS " : "", list->tokens[name_end - 1].end - list->tokens[start].start,
        list->text + list->tokens[start].start, 1e6 / (double)interval.microseconds);
    return parse_instead(parser, sql, statement);
}

/* CREATE CLUSTER and its like: named, rather than a syntax error at the second word. */
static bool is_unsupported(const Parser *parser, int first) {
    static const char *const verbs[] = {"create", "alter", "drop", "validate", "use", NULL};
    static const char *const objects[] = {
        "cluster", "connection", "secret", "catalog", "module", "connector", "stream", "subscription", NULL};
    const TokenList *list = &parser->dialect.list;
    bool is_verb = false, is_object = false;
    for (const char *const *verb = verbs; *verb != NULL; verb++)
        is_verb |= token_is(list, first, *verb);
    for (const char *const *object = objects; *object != NULL; object++)
        is_object |= token_is(list, first + 1, *object);
    return is_verb && is_object;
}

static const char *unsupported_hint(const Parser *parser, int first) {
    static const struct {
        const char *object, *hint;
    } hints[] = {{"cluster", "All views run in this server, on the threads that --workers names."},
        {"connection", "Give the connector's options in WITH (…) of each source and sink."},
        {"secret", "Options of connectors that are secret are shown as ***."},
        {"catalog", "A server has one database; CREATE SCHEMA makes a namespace in it."},
        {"subscription", "DECLARE c CURSOR FOR SUBSCRIBE TO v reads the changes of a view or query."},
        {"stream", "CREATE SOURCE makes a stream, CREATE MATERIALIZED VIEW what is computed from it."}};
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (token_is(&parser->dialect.list, first + 1, hints[i].object))
            return hints[i].hint;
    return NULL;
}

Status parse_foreign(Parser *parser, int first, int end, SyntaxStatement **statement) {
    const TokenList *list = &parser->dialect.list;
    *statement = NULL;
    if (token_is(list, first, "show"))
        return parse_foreign_show(parser, first, end, statement);
    if ((token_is(list, first, "set") && first + 1 == end) ||
        (token_is(list, first, "reset") &&
            (first + 1 == end || list->tokens[first + 1].kind == TOKEN_STRING)))
        return parse_short(parser, first, end, statement);
    if (token_is(list, first, "create") && token_is(list, first + 1, "source"))
        return parse_load_generator(parser, first, end, statement);
    if (!is_unsupported(parser, first))
        return OK;
    const char *name = arena_printf(parser->arena, "%s %s", token_identifier(list, first, parser->arena),
        token_identifier(list, first + 1, parser->arena));
    char *upper = arena_strdup(parser->arena, name);
    for (char *c = upper; *c != 0; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
    error_set(parser->error, STATUS_FEATURE_NOT_SUPPORTED, "%s is not supported", upper);
    const char *hint = unsupported_hint(parser, first);
    return hint == NULL ? STATUS_FEATURE_NOT_SUPPORTED : error_hint(parser->error, "%s", hint);
}
