/* Statements of other systems that ask for what a query over the catalogs tells, or that mean a statement of
   ours: they become its syntax tree, with the positions of the user's words. */
#include <string.h>
#include <strings.h>

#include "executor/types/time/interval.h"
#include "planner/dialect/dialect_internal.h"
#include "planner/parse/build.h"
#include "planner/parse/parse.h"
#include "planner/parse/parser.h"

void parser_notice(Parser *parser, const char *text) {
    ARENA_APPEND(parser->arena, parser->clauses.notices, parser->clauses.notice_count, text);
}

/* SHOW */

#define OF_KIND(kind) "SELECT name AS \"Name\" FROM leat_catalog.objects WHERE kind = '" kind "' ORDER BY 1"

/* A list of what there is, with the columns of its query that a filter looks at. */
typedef struct List {
    const char *words;
    const char *query;
    const char *name;    /* LIKE; NULL: no filter at all */
    const char *schema;  /* FROM a schema; NULL: the list is of no schema */
    const char *id;      /* without FROM: what the search path shows, by this object id; NULL: all */
    const char *visible; /* and this function */
} List;

static const List lists[] = {
    {"tables", OF_KIND("table"), "name", "schema_name", "id", "pg_table_is_visible"},
    {"sources", OF_KIND("source"), "name", "schema_name", "id", "pg_table_is_visible"},
    {"views", OF_KIND("view"), "name", "schema_name", "id", "pg_table_is_visible"},
    {"materialized views", OF_KIND("materialized view"), "name", "schema_name", "id", "pg_table_is_visible"},
    {"sinks", OF_KIND("sink"), "name", "schema_name", "id", "pg_table_is_visible"},
    {"objects", "SELECT name AS \"Name\", kind AS \"Type\" FROM leat_catalog.objects ORDER BY 1", "name",
        "schema_name", "id", "pg_table_is_visible"},
    {"sequences", "SELECT relname::text AS \"Name\" FROM pg_catalog.pg_class WHERE relkind = 'S' ORDER BY 1",
        "relname", "relnamespace", "oid", "pg_table_is_visible"},
    {"schemas", "SELECT nspname::text AS \"Name\" FROM pg_catalog.pg_namespace ORDER BY 1", "nspname"},
    {"databases", "SELECT datname::text AS \"Name\" FROM pg_catalog.pg_database ORDER BY 1", "datname"},
    {"catalogs", "SELECT datname::text AS \"Name\" FROM pg_catalog.pg_database ORDER BY 1", "datname"},
    {"current database", "SELECT current_database()::text AS \"Name\""},
    {"current catalog", "SELECT current_database()::text AS \"Name\""},
    {"functions",
        "SELECT proname::text AS \"Name\", pg_catalog.pg_get_function_arguments(oid) AS \"Arguments\", "
        "pg_catalog.pg_get_function_result(oid) AS \"Return Type\" FROM pg_catalog.pg_proc WHERE oid >= "
        "16384 ORDER BY 1",
        "proname", "pronamespace"},
    {"types", "SELECT typname::text AS \"Name\" FROM pg_catalog.pg_type WHERE typtype <> 'c' ORDER BY 1",
        "typname", "typnamespace", "oid", "pg_type_is_visible"},
    {"roles", "SELECT rolname::text AS \"Name\" FROM pg_catalog.pg_roles ORDER BY 1", "rolname"},
    {"users", "SELECT rolname::text AS \"Name\" FROM pg_catalog.pg_roles ORDER BY 1", "rolname"},
    {"jobs",
        "SELECT id AS \"Id\", name AS \"Name\", kind AS \"Type\", state AS \"State\", trouble AS \"Trouble\" "
        "FROM leat_catalog.jobs ORDER BY 1",
        "name"},
    {"processlist",
        "SELECT pid AS \"Id\", usename::text AS \"User\", client_addr::text AS \"Host\", datname::text AS "
        "\"Database\", state AS \"State\", query AS \"Info\" FROM pg_catalog.pg_stat_activity ORDER BY 1",
        "usename"},
    {"savepoints", "SELECT name AS \"Name\" FROM leat_catalog.savepoints ORDER BY 1", "name"},
    {"cursors", "SELECT name AS \"Name\", statement AS \"Statement\" FROM pg_catalog.pg_cursors ORDER BY 1",
        "name"},
    {"parameters",
        "SELECT name AS \"Name\", setting AS \"Value\", short_desc AS \"Description\" FROM "
        "pg_catalog.pg_settings ORDER BY 1",
        "name"},
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

/* [[NOT] LIKE | ILIKE pattern] */
static Status show_like(TokenCursor *cursor, const char *column, SyntaxSelect *query) {
    Arena *arena = cursor->dialect->arena;
    bool is_negated = cursor_accept(cursor, "not"), is_folded = cursor_is(cursor, "ilike");
    if (!is_negated && !is_folded && !cursor_is(cursor, "like"))
        return OK;
    const char *pattern;
    TRY(cursor_expect(cursor, is_folded ? "ilike" : "like"));
    int position = cursor_position(cursor);
    TRY(cursor_string(cursor, &pattern));
    SyntaxExpression *like = syntax_operator(arena, is_folded ? SYNTAX_OPERATOR_ILIKE : SYNTAX_OPERATOR_LIKE,
        is_folded ? "~~*" : "~~", syntax_column(arena, NULL, column, -1),
        syntax_string(arena, pattern, position));
    syntax_add_condition(arena, query, is_negated ? syntax_not(arena, like) : like);
    return OK;
}

/* [FROM schema] [[NOT] LIKE | ILIKE pattern] */
static Status show_filters(TokenCursor *cursor, const List *list, SyntaxSelect *query) {
    Arena *arena = cursor->dialect->arena;
    if (cursor_accept(cursor, "from") || cursor_accept(cursor, "in")) {
        SyntaxName schema;
        if (list->schema == NULL)
            return cursor_error(cursor);
        TRY(cursor_name(cursor, &schema));
        SyntaxExpression *asked = syntax_schema_oid(arena, &schema),
                         *column = syntax_column(arena, NULL, list->schema, -1);
        if (strcmp(list->schema, "schema_name") == 0)
            asked = syntax_cast(arena, asked, "text");
        syntax_add_condition(arena, query, syntax_operator(arena, SYNTAX_OPERATOR_PLAIN, "=", column, asked));
    } else if (list->visible != NULL) {
        SyntaxExpression *id = syntax_cast(arena, syntax_column(arena, NULL, list->id, -1), "oid");
        syntax_add_condition(arena, query, syntax_call(arena, list->visible, id));
    }
    return show_like(cursor, list->name, query);
}

/* Of the relation or index that is named next. */
static Status show_one(TokenCursor *cursor, const char *table, const char *oid, SyntaxSelect *query) {
    Arena *arena = cursor->dialect->arena;
    SyntaxName name;
    TRY(cursor_name(cursor, &name));
    syntax_add_condition(arena, query,
        syntax_operator(arena, SYNTAX_OPERATOR_PLAIN, "=", syntax_column(arena, table, oid, -1),
            syntax_relation_oid(arena, &name)));
    return OK;
}

/* SHOW INDEXES [FROM t]. */
static Status show_indexes(Parser *parser, TokenCursor *cursor, SyntaxSelect **query) {
    TRY(parse_own_query(parser,
        "SELECT c.relname::text AS \"Name\", t.relname::text AS \"On\", "
        "pg_catalog.pg_get_indexdef(c.oid) AS \"Definition\" FROM pg_catalog.pg_index i JOIN "
        "pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_class t ON t.oid = i.indrelid "
        "WHERE i.indrelid >= 16384 ORDER BY 1",
        query));
    if (!cursor_accept(cursor, "from") && !cursor_accept(cursor, "in") && !cursor_accept(cursor, "on"))
        return OK;
    return show_one(cursor, "t", "oid", *query);
}

/* SHOW CREATE INDEX i. */
static Status show_create_index(Parser *parser, TokenCursor *cursor, SyntaxSelect **query) {
    TRY(parse_own_query(parser,
        "SELECT relname::text AS \"Name\", pg_catalog.pg_get_indexdef(oid) AS \"Create Sql\" FROM "
        "pg_catalog.pg_class",
        query));
    return show_one(cursor, NULL, "oid", *query);
}

/* SHOW COLUMNS FROM t [LIKE pattern]. */
static Status show_columns(Parser *parser, TokenCursor *cursor, SyntaxSelect **query) {
    TRY(parse_own_query(parser,
        "SELECT attname::text AS \"Name\", pg_catalog.format_type(atttypid, atttypmod) AS \"Type\", (NOT "
        "attnotnull)::text AS \"Is Nullable\" FROM pg_catalog.pg_attribute WHERE attnum > 0 AND NOT "
        "attisdropped ORDER BY attnum",
        query));
    TRY(show_one(cursor, NULL, "attrelid", *query));
    return show_like(cursor, "attname", *query);
}

static Status show_query(Parser *parser, TokenCursor *cursor, SyntaxSelect **query) {
    *query = NULL;
    skip_show_words(cursor);
    if (cursor_accept(cursor, "columns from") || cursor_accept(cursor, "columns in"))
        return show_columns(parser, cursor, query);
    if (cursor_accept(cursor, "indexes") || cursor_accept(cursor, "index"))
        return show_indexes(parser, cursor, query);
    if (cursor_accept(cursor, "create index"))
        return show_create_index(parser, cursor, query);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (!cursor_accept(cursor, lists[i].words))
            continue;
        TRY(parse_own_query(parser, lists[i].query, query));
        return lists[i].name == NULL ? OK : show_filters(cursor, &lists[i], *query);
    }
    return OK;
}

/* *statement stays NULL when it is none of these. */
static Status parse_foreign_show(Parser *parser, int first, int end, SyntaxStatement **statement) {
    TokenCursor cursor = parser_cursor(parser, first + 1, end);
    SyntaxSelect *query;
    TRY(show_query(parser, &cursor, &query));
    if (query == NULL)
        return OK;
    *statement = syntax_statement(parser->arena, SYNTAX_STATEMENT_SELECT, "SELECT");
    (*statement)->select = query;
    return cursor_expect_end(&cursor);
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
    SyntaxOption analyze = {.name = "analyze", .position = cursor_position(cursor), .value_position = -1};
    SyntaxName name;
    TRY(cursor_name(cursor, &name));
    if (is_running)
        ARENA_APPEND(parser->arena, explain->options.items, explain->options.count, analyze);
    explain->statement = syntax_statement(parser->arena, SYNTAX_STATEMENT_SELECT, "SELECT");
    explain->statement->select = syntax_select(parser->arena, &name);
    syntax_add_star(parser->arena, explain->statement->select);
    return cursor_expect_end(cursor);
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

/* SET and RESET alone; RESET 'key'. */
static Status parse_short(Parser *parser, int first, int end, SyntaxStatement **statement) {
    TokenCursor cursor = parser_cursor(parser, first + 1, end);
    Arena *arena = parser->arena;
    if (token_is(&parser->dialect.list, first, "set")) {
        *statement = syntax_statement(arena, SYNTAX_STATEMENT_SHOW, "SHOW");
        SyntaxShow *show = (*statement)->show = ARENA_NEW(arena, SyntaxShow);
        ARENA_APPEND(arena, show->words, show->word_count, "all");
        return OK;
    }
    *statement = syntax_statement(arena, SYNTAX_STATEMENT_SET, "RESET");
    SyntaxSet *set = (*statement)->set = ARENA_NEW(arena, SyntaxSet);
    set->is_reset = set->is_reset_word = true;
    set->position = cursor_position(&cursor);
    if (cursor_at_end(&cursor))
        return OK;
    TRY(cursor_string(&cursor, &set->name));
    return cursor_expect_end(&cursor);
}

/* CREATE SOURCE [IF NOT EXISTS] s FROM LOAD GENERATOR COUNTER [(TICK INTERVAL '1s')]: datagen counts as well.
 */
static Status parse_load_generator(Parser *parser, int first, int end, SyntaxStatement **statement) {
    Arena *arena = parser->arena;
    TokenCursor cursor = parser_cursor(parser, first + 2, end);
    SyntaxName name;
    const char *tick = "1 second", *kind;
    bool if_not_exists = cursor_accept(&cursor, "if not exists");
    if (cursor_at_end(&cursor) || cursor_name(&cursor, &name) != OK ||
        !cursor_accept(&cursor, "from load generator"))
        return OK;
    int kind_at = cursor_position(&cursor), tick_at = -1;
    TRY(cursor_word(&cursor, &kind));
    if (strcmp(kind, "counter") != 0) {
        error_set(parser->error, STATUS_FEATURE_NOT_SUPPORTED, "load generator %s is not supported", kind);
        return error_at(parser->error, syntax_character(parser->dialect.list.sql, kind_at));
    }
    if (cursor_accept_symbol(&cursor, '(')) {
        TRY(cursor_expect(&cursor, "tick interval"));
        cursor_accept_symbol(&cursor, '=');
        tick_at = cursor_position(&cursor);
        TRY(cursor_string(&cursor, &tick));
        TRY(cursor_expect_symbol(&cursor, ')'));
    }
    TRY(cursor_expect_end(&cursor));
    Interval interval;
    TRY(interval_read(tick, strlen(tick), -1, &type_settings_default, &interval, parser->error));
    if (interval.months != 0 || interval.days != 0 || interval.microseconds <= 0) {
        error_set(parser->error, STATUS_INVALID_PARAMETER_VALUE, "invalid tick interval: \"%s\"", tick);
        return error_at(parser->error, syntax_character(parser->dialect.list.sql, tick_at));
    }
    *statement = syntax_statement(arena, SYNTAX_STATEMENT_CREATE_TABLE, "CREATE SOURCE");
    SyntaxCreateTable *table = (*statement)->create_table = ARENA_NEW(arena, SyntaxCreateTable);
    *table = (SyntaxCreateTable){.is_source = true, .if_not_exists = if_not_exists, .name = name};
    SyntaxColumn counter = {.name = "counter", .type = syntax_type(arena, "int8"), .position = -1};
    ARENA_APPEND(arena, table->columns, table->column_count, counter);
    const char *rate = arena_printf(arena, "%.9g", 1e6 / (double)interval.microseconds);
    syntax_add_option(arena, &table->options, "connector", "datagen");
    syntax_add_option(arena, &table->options, "rows-per-second", rate);
    syntax_add_option(arena, &table->options, "fields.counter.kind", "sequence");
    syntax_add_option(arena, &table->options, "fields.counter.start", "1");
    return OK;
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
