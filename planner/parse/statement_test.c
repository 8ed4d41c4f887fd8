/* Statements: what each kind's tree holds, and where errors in our own clauses point. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include "planner/parse/deparse.h"
#include "planner/parse/parse.h"

static Arena *arena;

static void setup(void) {
    arena = arena_create();
}

static void teardown(void) {
    arena_destroy(arena);
}

static SyntaxStatement *parse_kind(const char *sql, SyntaxStatementKind kind, const char *tag) {
    Error error = {0};
    SyntaxStatement **statements;
    int count;
    Status status = parse_statements(sql, strlen(sql), arena, &statements, &count, &error);
    ck_assert_msg(status == OK, "%s: %s", sql, error.message);
    ck_assert_int_eq(count, 1);
    ck_assert_int_eq(statements[0]->kind, kind);
    ck_assert_str_eq(statements[0]->tag, tag);
    return statements[0];
}

static void assert_error(const char *before, const char *rest, const char *sqlstate, const char *message) {
    Error error = {0};
    SyntaxStatement **statements;
    int count, position = 1;
    const char *sql = arena_printf(arena, "%s%s", before, rest);
    for (const char *c = before; *c != 0; c++)
        position += ((unsigned char)*c & 0xC0) != 0x80;
    Status status = parse_statements(sql, strlen(sql), arena, &statements, &count, &error);
    ck_assert_msg(status != OK, "%s", sql);
    ck_assert_str_eq(status_sqlstate(status), sqlstate);
    ck_assert_str_eq(error.message, message);
    ck_assert_msg(error.position == position, "%s: %d", sql, error.position);
    error_clear(&error);
}

static void assert_unsupported(const char *sql, const char *message) {
    Error error = {0};
    SyntaxStatement **statements;
    int count;
    ck_assert_int_eq(
        parse_statements(sql, strlen(sql), arena, &statements, &count, &error), STATUS_FEATURE_NOT_SUPPORTED);
    ck_assert_str_eq(error.message, message);
    error_clear(&error);
}

static void assert_expression(const SyntaxExpression *expression, const char *expected) {
    Text text = {0};
    Error error = {0};
    ck_assert_int_eq(deparse_expression(expression, &text, &error), OK);
    ck_assert_str_eq(text_string(&text), expected);
    text_free(&text);
}

static void assert_select(const SyntaxSelect *select, const char *expected) {
    Text text = {0};
    Error error = {0};
    ck_assert_int_eq(deparse_select(select, &text, &error), OK);
    ck_assert_str_eq(text_string(&text), expected);
    text_free(&text);
}

static void assert_bytes(const char *sql, int start, int length, const char *expected) {
    ck_assert_str_eq(arena_copy(arena, sql + start, (size_t)length), expected);
}

static void assert_option(const SyntaxOptions *options, int index, const char *name, const char *value) {
    ck_assert_int_lt(index, options->count);
    ck_assert_str_eq(options->items[index].name, name);
    if (value == NULL)
        ck_assert_ptr_null(options->items[index].value);
    else
        ck_assert_str_eq(options->items[index].value, value);
}

START_TEST(create_table) {
    const char *sql =
        "CREATE TABLE IF NOT EXISTS s.`t` (WATERMARK FOR ts AS ts - INTERVAL '5' SECONDS, `a` int NOT NULL "
        "DEFAULT 1 + 2 CHECK (a > 0) COMMENT 'x', "
        "ts TIMESTAMP(3) METADATA FROM 'timestamp' VIRTUAL, k text METADATA, b AS a * 2, c numeric GENERATED "
        "ALWAYS AS (a + 1) STORED, "
        "d MAP<text, int>[] UNIQUE, CONSTRAINT pk PRIMARY KEY (a, `b`) NOT ENFORCED, CHECK (a < 9))";
    const SyntaxCreateTable *table =
        parse_kind(sql, SYNTAX_STATEMENT_CREATE_TABLE, "CREATE TABLE")->create_table;
    const SyntaxColumn *columns = table->columns;
    ck_assert(table->if_not_exists && !table->is_source && !table->is_append_only);
    ck_assert_str_eq(table->name.parts[0], "s");
    ck_assert_str_eq(table->name.parts[1], "t");
    ck_assert_int_eq(table->column_count, 6);
    ck_assert(columns[0].is_not_null && columns[0].is_enforced && !columns[0].is_primary_key);
    assert_expression(columns[0].default_value, "(1 + 2)");
    assert_bytes(sql, columns[0].default_start, columns[0].default_length, "1 + 2");
    assert_expression(columns[0].checks[0].expression, "(a > 0)");
    assert_bytes(sql, columns[0].checks[0].start, columns[0].checks[0].length, "a > 0");
    ck_assert(columns[1].is_metadata && columns[2].is_metadata && !columns[3].is_metadata);
    ck_assert_str_eq(columns[1].metadata_key, "timestamp");
    ck_assert_ptr_null(columns[2].metadata_key);
    ck_assert_ptr_null(columns[3].type);
    assert_expression(columns[3].computed, "(a * 2)");
    ck_assert_int_eq(columns[3].computed->operation.left->position, (int)(strstr(sql, "a * 2") - sql));
    assert_bytes(sql, columns[3].computed_start, columns[3].computed_length, "a * 2");
    assert_bytes(sql, columns[4].computed_start, columns[4].computed_length, "a + 1");
    ck_assert_str_eq(columns[5].type->structured, "MAP<text, int>");
    ck_assert_str_eq(columns[5].type->name.parts[0], "map");
    ck_assert_int_eq(columns[5].type->array_dimensions, 1);
    ck_assert(columns[5].is_unique);
    ck_assert_int_eq(table->constraint_count, 2);
    ck_assert_str_eq(table->constraints[0].name, "pk");
    ck_assert_str_eq(table->constraints[0].columns[1], "b");
    ck_assert(!table->constraints[0].is_enforced && table->constraints[1].is_enforced);
    ck_assert_int_eq(table->constraints[1].kind, SYNTAX_CONSTRAINT_CHECK);
    ck_assert_str_eq(table->watermark->column, "ts");
    assert_expression(table->watermark->expression, "(ts - CAST('5' AS pg_catalog.\"interval\"(4096)))");
    assert_bytes(sql, table->watermark->start, table->watermark->length, "ts - INTERVAL '5' SECONDS");
}
END_TEST

START_TEST(computed_column_with_a_type) {
    const char *sql = "CREATE SOURCE s (a int, ts timestamp(3) AS CAST(a AS timestamp), b AS (SELECT 1)) "
                      "WITH (connector = 'x')";
    const SyntaxCreateTable *source =
        parse_kind(sql, SYNTAX_STATEMENT_CREATE_TABLE, "CREATE SOURCE")->create_table;
    ck_assert_int_eq(source->columns[1].type->modifiers[0]->constant.integer, 3);
    assert_expression(source->columns[1].computed, "CAST(a AS pg_catalog.\"timestamp\")");
    assert_bytes(
        sql, source->columns[1].computed_start, source->columns[1].computed_length, "CAST(a AS timestamp)");
    ck_assert_ptr_null(source->columns[2].type);
}
END_TEST

START_TEST(create_source) {
    const char *sql = "CREATE SOURCE s (*, a int, WATERMARK FOR a AS a) APPEND ONLY INCLUDE header 'h' "
                      "varchar(3) AS x INCLUDE KEY INCLUDE timestamp AS ts "
                      "WITH ('connector' = 'kafka', properties.bootstrap.server = E'a\\tb', scan-mode = "
                      "Latest, n = -5, flag) "
                      "FORMAT UPSERT ENCODE AVRO (schema.registry = 'u') KEY ENCODE TEXT COMMENT 'c' "
                      "PARTITIONED BY (a, \"B\")";
    const SyntaxCreateTable *source =
        parse_kind(sql, SYNTAX_STATEMENT_CREATE_TABLE, "CREATE SOURCE")->create_table;
    ck_assert(source->is_source && source->has_star && source->is_append_only);
    ck_assert_int_eq(source->column_count, 1);
    ck_assert_int_eq(source->include_count, 3);
    ck_assert_str_eq(source->includes[0].what, "header");
    ck_assert_str_eq(source->includes[0].argument, "h");
    ck_assert_str_eq(source->includes[0].type->name.parts[1], "varchar");
    ck_assert_str_eq(source->includes[0].alias, "x");
    ck_assert_str_eq(source->includes[1].what, "key");
    ck_assert_ptr_null(source->includes[1].alias);
    assert_option(&source->options, 0, "connector", "kafka");
    assert_option(&source->options, 1, "properties.bootstrap.server", "a\tb");
    assert_option(&source->options, 2, "scan-mode", "latest");
    assert_option(&source->options, 3, "n", "-5");
    assert_option(&source->options, 4, "flag", NULL);
    ck_assert_str_eq(source->format.format, "upsert");
    ck_assert_str_eq(source->format.encode, "avro");
    assert_option(&source->format.encode_options, 0, "schema.registry", "u");
    ck_assert_str_eq(source->format.key_encode, "text");
    ck_assert_str_eq(source->comment, "c");
    ck_assert_str_eq(source->partitioned_by.parts[1], "B");
    ck_assert_int_eq(parse_kind("CREATE SOURCE s WITH (connector = 'nexmark')", SYNTAX_STATEMENT_CREATE_TABLE,
                         "CREATE SOURCE")
                         ->create_table->column_count,
        0);
}
END_TEST

START_TEST(create_views) {
    const char *sql = "CREATE MATERIALIZED VIEW IF NOT EXISTS v (a, b) WITH (isolated, x = 1) AS SELECT 1, 2 "
                      "EMIT ON WINDOW CLOSE ;";
    const SyntaxCreateView *view =
        parse_kind(sql, SYNTAX_STATEMENT_CREATE_VIEW, "CREATE MATERIALIZED VIEW")->create_view;
    ck_assert_int_eq(view->kind, SYNTAX_MATERIALIZED_VIEW);
    ck_assert(view->if_not_exists && !view->is_without_data);
    ck_assert_int_eq(view->column_count, 2);
    assert_option(&view->options, 1, "x", "1");
    assert_select(view->query, "SELECT 1, 2 EMIT ON WINDOW CLOSE");
    assert_bytes(sql, view->query_start, view->query_length, "SELECT 1, 2 EMIT ON WINDOW CLOSE");
    sql = "CREATE OR REPLACE VIEW v AS SELECT * FROM a JOIN b FOR SYSTEM_TIME AS OF PROCTIME()";
    assert_error(sql, "", "42601", "syntax error at end of input");
    sql = "CREATE OR REPLACE VIEW v AS SELECT * FROM b FOR SYSTEM_TIME AS OF PROCTIME()";
    view = parse_kind(sql, SYNTAX_STATEMENT_CREATE_VIEW, "CREATE VIEW")->create_view;
    ck_assert(view->or_replace && view->kind == SYNTAX_VIEW);
    assert_bytes(
        sql, view->query_start, view->query_length, "SELECT * FROM b FOR SYSTEM_TIME AS OF PROCTIME()");
    ck_assert(
        parse_kind("CREATE VIEW IF NOT EXISTS v AS SELECT 1", SYNTAX_STATEMENT_CREATE_VIEW, "CREATE VIEW")
            ->create_view->if_not_exists);
    view =
        parse_kind("CREATE TABLE t WITH (connector = 'x') FORMAT PLAIN ENCODE JSON AS SELECT 1 WITH NO DATA",
            SYNTAX_STATEMENT_CREATE_VIEW, "CREATE TABLE AS")
            ->create_view;
    ck_assert(view->kind == SYNTAX_TABLE_AS && view->is_without_data);
    assert_option(&view->options, 0, "connector", "x");
    ck_assert_str_eq(view->format.encode, "json");
    assert_unsupported("CREATE RECURSIVE VIEW v (a) AS SELECT 1", "CREATE RECURSIVE VIEW is not supported");
    assert_unsupported("CREATE VIEW v AS SELECT 1 WITH CHECK OPTION", "WITH CHECK OPTION is not supported");
}
END_TEST

START_TEST(create_sinks) {
    const SyntaxCreateSink *sink = parse_kind("CREATE SINK IF NOT EXISTS a.s FROM b.v WITH (connector = "
                                              "'kafka') FORMAT PLAIN ENCODE JSON (x = true)",
        SYNTAX_STATEMENT_CREATE_SINK, "CREATE SINK")
                                       ->create_sink;
    ck_assert(sink->if_not_exists);
    ck_assert_str_eq(sink->name.parts[1], "s");
    ck_assert_str_eq(sink->from.parts[1], "v");
    assert_option(&sink->options, 0, "connector", "kafka");
    assert_option(&sink->format.encode_options, 0, "x", "true");
    const char *sql =
        "CREATE SINK s AS SELECT * FROM (SELECT 1) EMIT ON WINDOW CLOSE WITH (connector = 'blackhole')";
    sink = parse_kind(sql, SYNTAX_STATEMENT_CREATE_SINK, "CREATE SINK")->create_sink;
    assert_select(sink->query, "SELECT * FROM (SELECT 1) EMIT ON WINDOW CLOSE");
    assert_bytes(sql, sink->query_start, sink->query_length, "SELECT * FROM (SELECT 1) EMIT ON WINDOW CLOSE");
    assert_option(&sink->options, 0, "connector", "blackhole");
}
END_TEST

START_TEST(modifications) {
    const char *sql = "INSERT INTO s.t AS x (a, b) SELECT 1, 2 FROM u EMIT CHANGES";
    const SyntaxInsert *insert = parse_kind(sql, SYNTAX_STATEMENT_INSERT, "INSERT")->insert;
    ck_assert_str_eq(insert->table->alias->name, "x");
    ck_assert_str_eq(insert->columns[1].column, "b");
    assert_select(insert->query, "SELECT 1, 2 FROM u EMIT CHANGES");
    assert_bytes(sql, insert->query_start, insert->query_length, "SELECT 1, 2 FROM u EMIT CHANGES");
    insert = parse_kind("INSERT INTO t VALUES (1, DEFAULT) ON CONFLICT (a) DO UPDATE SET b = excluded.b "
                        "WHERE t.a > 1 RETURNING a AS z",
        SYNTAX_STATEMENT_INSERT, "INSERT")
                 ->insert;
    ck_assert_int_eq(insert->conflict, SYNTAX_CONFLICT_UPDATE);
    assert_expression(insert->conflict_keys[0], "a");
    assert_expression(insert->conflict_set[0].value, "excluded.b");
    assert_expression(insert->conflict_where, "(t.a > 1)");
    ck_assert_str_eq(insert->returning[0].name, "z");
    ck_assert_ptr_null(
        parse_kind("INSERT INTO t DEFAULT VALUES", SYNTAX_STATEMENT_INSERT, "INSERT")->insert->query);
    const SyntaxUpdate *update = parse_kind(
        "WITH w AS (DELETE FROM q RETURNING 1) UPDATE t SET (a, b) = (1, DEFAULT), (c, d) = (SELECT 1, 2), "
        "e[1].f = 3 FROM u WHERE t.a = u.a RETURNING *",
        SYNTAX_STATEMENT_UPDATE, "UPDATE")
                                     ->update;
    ck_assert_int_eq(update->with->ctes[0].statement->kind, SYNTAX_STATEMENT_DELETE);
    ck_assert_int_eq(update->assignment_count, 5);
    assert_expression(update->assignments[1].value, "DEFAULT");
    ck_assert_int_eq(update->assignments[3].value->multi_assign.column, 1);
    ck_assert_ptr_eq(
        update->assignments[2].value->multi_assign.source, update->assignments[3].value->multi_assign.source);
    ck_assert_int_eq(update->assignments[4].step_count, 2);
    const SyntaxDelete *deletion =
        parse_kind("DELETE FROM t USING u, v WHERE CURRENT OF c", SYNTAX_STATEMENT_DELETE, "DELETE")->delete_;
    ck_assert_int_eq(deletion->from_count, 2);
    ck_assert_str_eq(deletion->current_of, "c");
}
END_TEST

START_TEST(indexes_drops_and_alters) {
    const SyntaxCreateIndex *index =
        parse_kind("CREATE UNIQUE INDEX IF NOT EXISTS i ON s.t (a DESC, lower(b)) INCLUDE (c) WHERE a > 1",
            SYNTAX_STATEMENT_CREATE_INDEX, "CREATE INDEX")
            ->create_index;
    ck_assert(index->is_unique && index->if_not_exists);
    ck_assert_int_eq(index->columns[0].direction, SYNTAX_SORT_DESCENDING);
    assert_expression(index->columns[1].expression, "lower(b)");
    ck_assert_str_eq(index->included[0], "c");
    const SyntaxDrop *drop =
        parse_kind("DROP SOURCE IF EXISTS a, s.b CASCADE", SYNTAX_STATEMENT_DROP, "DROP SOURCE")->drop;
    ck_assert(drop->if_exists && drop->is_cascade && drop->count == 2);
    ck_assert_str_eq(drop->names[1].parts[1], "b");
    ck_assert_str_eq(parse_kind("DROP SINK s", SYNTAX_STATEMENT_DROP, "DROP SINK")->drop->kind, "SINK");
    ck_assert_str_eq(
        parse_kind("DROP MATERIALIZED VIEW v", SYNTAX_STATEMENT_DROP, "DROP MATERIALIZED VIEW")->drop->kind,
        "MATERIALIZED VIEW");
    ck_assert_int_eq(
        parse_kind("TRUNCATE a, b", SYNTAX_STATEMENT_TRUNCATE, "TRUNCATE TABLE")->truncate->count, 2);
    const SyntaxAlter *alter =
        parse_kind("ALTER SINK IF EXISTS s.x SKIP TO 'a''b' 5", SYNTAX_STATEMENT_ALTER, "ALTER SINK")->alter;
    ck_assert(alter->if_exists && alter->action_count == 4);
    ck_assert_str_eq(alter->name.parts[1], "x");
    ck_assert_str_eq(alter->actions[0].text, "skip");
    ck_assert_str_eq(alter->actions[2].text, "a'b");
    ck_assert_int_eq(alter->actions[3].kind, SYNTAX_WORD_NUMBER);
    alter = parse_kind(
        "ALTER MATERIALIZED VIEW IF EXISTS s.v RESUME;", SYNTAX_STATEMENT_ALTER, "ALTER MATERIALIZED VIEW")
                ->alter;
    ck_assert(alter->if_exists && alter->action_count == 1);
    ck_assert_str_eq(alter->name.parts[1], "v");
    alter = parse_kind(
        "ALTER MATERIALIZED VIEW v RENAME TO resume", SYNTAX_STATEMENT_ALTER, "ALTER MATERIALIZED VIEW")
                ->alter;
    ck_assert_int_eq(alter->step_count, 1);
    ck_assert_int_eq(
        parse_kind("ALTER SYSTEM SET a = 1", SYNTAX_STATEMENT_ALTER, "ALTER SYSTEM")->alter->name.part_count,
        0);
}
END_TEST

START_TEST(sessions) {
    const SyntaxShow *show =
        parse_kind("SHOW CREATE MATERIALIZED VIEW s.v", SYNTAX_STATEMENT_SHOW, "SHOW")->show;
    ck_assert_int_eq(show->word_count, 3);
    ck_assert_str_eq(show->name.parts[1], "v");
    parse_kind("SHOW COLUMNS FROM t LIKE 'a%'", SYNTAX_STATEMENT_SELECT, "SELECT");
    ck_assert_int_eq(
        parse_kind("SHOW TRANSACTION ISOLATION LEVEL", SYNTAX_STATEMENT_SHOW, "SHOW")->show->word_count, 3);
    ck_assert_str_eq(parse_kind("SHOW a.B", SYNTAX_STATEMENT_SHOW, "SHOW")->show->words[0], "a.b");
    ck_assert_str_eq(parse_kind("DESC s.t", SYNTAX_STATEMENT_DESCRIBE, "DESCRIBE")->describe->parts[1], "t");
    parse_kind("FLUSH;", SYNTAX_STATEMENT_FLUSH, "FLUSH");
    const SyntaxSet *set = parse_kind("SET LOCAL search_path TO a, 'b'", SYNTAX_STATEMENT_SET, "SET")->set;
    ck_assert_int_eq(set->scope, SYNTAX_SET_LOCAL);
    ck_assert_int_eq(set->position, 10);
    assert_expression(set->values[1], "'b'");
    ck_assert_str_eq(parse_kind("SET 'a.b' = 'c'", SYNTAX_STATEMENT_SET, "SET")->set->name, "a.b");
    ck_assert_str_eq(parse_kind("SET TIME ZONE 'utc'", SYNTAX_STATEMENT_SET, "SET")->set->name, "timezone");
    ck_assert(parse_kind("SET a.b TO DEFAULT", SYNTAX_STATEMENT_SET, "SET")->set->is_reset);
    ck_assert_ptr_null(parse_kind("RESET ALL", SYNTAX_STATEMENT_SET, "RESET")->set->name);
    const SyntaxTransaction *transaction =
        parse_kind("START TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            SYNTAX_STATEMENT_TRANSACTION, "START TRANSACTION")
            ->transaction;
    ck_assert_str_eq(transaction->isolation, "repeatable read");
    ck_assert_int_eq(transaction->read_only, 1);
    ck_assert_int_eq(transaction->deferrable, -1);
    ck_assert_str_eq(parse_kind("ROLLBACK TO SAVEPOINT x", SYNTAX_STATEMENT_TRANSACTION, "ROLLBACK")
                         ->transaction->savepoint,
        "x");
    ck_assert_int_eq(
        parse_kind("SET TRANSACTION READ WRITE", SYNTAX_STATEMENT_TRANSACTION, "SET")->transaction->read_only,
        0);
    ck_assert_int_eq(parse_kind("LISTEN x", SYNTAX_STATEMENT_OTHER, "LISTEN")->other->word_count, 2);
    ck_assert_str_eq(parse_kind("DISCARD ALL", SYNTAX_STATEMENT_DISCARD, "DISCARD ALL")->discard, "all");
    parse_kind("ANALYZE t", SYNTAX_STATEMENT_OTHER, "ANALYZE");
}
END_TEST

START_TEST(cursors_and_subscriptions) {
    const SyntaxDeclare *declare = parse_kind(
        "DECLARE c NO SCROLL CURSOR WITH HOLD FOR SUBSCRIBE TO v WITH (SNAPSHOT, progress = false)",
        SYNTAX_STATEMENT_DECLARE, "DECLARE CURSOR")
                                       ->declare;
    ck_assert(declare->is_no_scroll && declare->is_hold && declare->query == NULL);
    ck_assert_str_eq(declare->subscribe->name.parts[0], "v");
    assert_option(&declare->subscribe->options, 0, "snapshot", NULL);
    assert_option(&declare->subscribe->options, 1, "progress", "false");
    const char *sql = "DECLARE c CURSOR FOR SELECT * FROM v EMIT CHANGES";
    declare = parse_kind(sql, SYNTAX_STATEMENT_DECLARE, "DECLARE CURSOR")->declare;
    ck_assert_int_eq(declare->query->emit, SYNTAX_EMIT_CHANGES);
    assert_bytes(sql, declare->query_start, declare->query_length, "SELECT * FROM v EMIT CHANGES");
    sql = "SUBSCRIBE TO (SELECT a FROM (SELECT 1)) WITH (snapshot)";
    const SyntaxSubscribe *subscribe = parse_kind(sql, SYNTAX_STATEMENT_SUBSCRIBE, "SUBSCRIBE")->subscribe;
    assert_select(subscribe->query, "SELECT a FROM (SELECT 1)");
    assert_bytes(sql, subscribe->query_start, subscribe->query_length, "SELECT a FROM (SELECT 1)");
    const SyntaxFetch *fetch =
        parse_kind("FETCH BACKWARD ALL FROM c", SYNTAX_STATEMENT_FETCH, "FETCH")->fetch;
    ck_assert_int_eq(fetch->direction, SYNTAX_FETCH_BACKWARD);
    ck_assert(fetch->count == INT64_MAX);
    fetch = parse_kind("FETCH 10 c WITH (timeout = '1s')", SYNTAX_STATEMENT_FETCH, "FETCH")->fetch;
    ck_assert_int_eq(fetch->count, 10);
    assert_option(&fetch->options, 0, "timeout", "1s");
    ck_assert_ptr_null(parse_kind("CLOSE ALL", SYNTAX_STATEMENT_CLOSE, "CLOSE CURSOR ALL")->close);
    sql = "COPY (SUBSCRIBE TO v) TO STDOUT (FORMAT csv, FORCE_QUOTE (a, b))";
    const SyntaxCopy *copy = parse_kind(sql, SYNTAX_STATEMENT_COPY, "COPY")->copy;
    ck_assert_str_eq(copy->statement->subscribe->name.parts[0], "v");
    assert_bytes(sql, copy->statement->start, copy->statement->length, "SUBSCRIBE TO v");
    assert_option(&copy->options, 1, "force_quote", "a,b");
    copy = parse_kind("COPY s.t (a, b) FROM STDIN CSV HEADER", SYNTAX_STATEMENT_COPY, "COPY")->copy;
    ck_assert(copy->is_from && copy->file == NULL && copy->column_count == 2);
    assert_option(&copy->options, 1, "header", "true");
    ck_assert_ptr_null(
        parse_kind("COPY (SELECT substring(a from 'x') FROM t) TO STDOUT", SYNTAX_STATEMENT_COPY, "COPY")
            ->copy->file);
    ck_assert_str_eq(parse_kind("COPY t FROM ''", SYNTAX_STATEMENT_COPY, "COPY")->copy->file, "");
}
END_TEST

START_TEST(nested_statements) {
    const SyntaxExplain *explain =
        parse_kind("EXPLAIN (ANALYZE, COSTS off, FORMAT JSON) CREATE SINK s AS SELECT 1 EMIT CHANGES",
            SYNTAX_STATEMENT_EXPLAIN, "EXPLAIN")
            ->explain;
    assert_option(&explain->options, 0, "analyze", NULL);
    assert_option(&explain->options, 2, "format", "json");
    ck_assert_int_eq(explain->statement->create_sink->query->emit, SYNTAX_EMIT_CHANGES);
    ck_assert_int_eq(
        parse_kind("EXPLAIN (SELECT 1)", SYNTAX_STATEMENT_EXPLAIN, "EXPLAIN")->explain->options.count, 0);
    ck_assert_int_eq(parse_kind("EXPLAIN ANALYZE VERBOSE SELECT 1", SYNTAX_STATEMENT_EXPLAIN, "EXPLAIN")
                         ->explain->options.count,
        2);
    const SyntaxPrepare *prepare =
        parse_kind("PREPARE p (int, numeric(3, 2)) AS SELECT $1", SYNTAX_STATEMENT_PREPARE, "PREPARE")
            ->prepare;
    ck_assert_int_eq(prepare->type_count, 2);
    ck_assert_int_eq(prepare->types[1]->modifier_count, 2);
    ck_assert_int_eq(prepare->statement->start, 34);
    assert_expression(
        parse_kind("EXECUTE p (1, 'a')", SYNTAX_STATEMENT_EXECUTE, "EXECUTE")->execute->arguments[1], "'a'");
    parse_kind("DEALLOCATE ALL", SYNTAX_STATEMENT_DEALLOCATE, "DEALLOCATE ALL");
}
END_TEST

START_TEST(several_statements) {
    const char *sql = " -- nothing\n; SELECT 1 ;; SELECT 'a;b' -- end\n;BEGIN";
    Error error = {0};
    SyntaxStatement **statements;
    int count;
    ck_assert_int_eq(parse_statements(sql, strlen(sql), arena, &statements, &count, &error), OK);
    ck_assert_int_eq(count, 3);
    assert_bytes(sql, statements[0]->start, statements[0]->length, "SELECT 1");
    assert_bytes(sql, statements[1]->start, statements[1]->length, "SELECT 'a;b'");
    ck_assert_int_eq(parse_statements("", 0, arena, &statements, &count, &error), OK);
    ck_assert_int_eq(count, 0);
}
END_TEST

START_TEST(errors_in_our_clauses) {
    assert_error("CREATE TABLE \xc3\xa9 (a int, WATERMARK FOR a AS a + ", ")", "42601",
        "syntax error at or near \")\"");
    assert_error(
        "CREATE TABLE \xc3\xa9 (a int, WATERMARK FOR ", "5 AS a)", "42601", "syntax error at or near \"5\"");
    assert_error(
        "CREATE TABLE \xc3\xa9 (a int, WATERMARK FOR a ", "IS a)", "42601", "syntax error at or near \"IS\"");
    assert_error("CREATE TABLE \xc3\xa9 (b AS a + + ", ", c int)", "42601", "syntax error at or near \",\"");
    assert_error("CREATE TABLE \xc3\xa9 (b AS ", ", c int)", "42601", "syntax error at or near \",\"");
    assert_error("CREATE TABLE \xc3\xa9 (a int, ", ", b int)", "42601", "syntax error at or near \",\"");
    assert_error(
        "CREATE TABLE \xc3\xa9 (a int METADATA FROM ", "b)", "42601", "syntax error at or near \"b\"");
    assert_error("CREATE TABLE \xc3\xa9 (a int PRIMARY KEY NOT ", "ENFORCE)", "42601",
        "syntax error at or near \"ENFORCE\"");
    assert_error(
        "CREATE TABLE \xc3\xa9 (a int) ", "APPENDS ONLY", "42601", "syntax error at or near \"APPENDS\"");
    assert_error(
        "CREATE TABLE \xc3\xa9 (a int) WITH (connector = ", ")", "42601", "syntax error at or near \")\"");
    assert_error(
        "CREATE TABLE \xc3\xa9 (a int) WITH (connector ", "'x')", "42601", "syntax error at or near \"'x'\"");
    assert_error("CREATE TABLE \xc3\xa9 (a int) WITH (a = 1, ", "a = 2)", "42601",
        "option \"a\" specified more than once");
    assert_error("CREATE TABLE \xc3\xa9 (a int) FORMAT PLAIN ", "ENCODES JSON", "42601",
        "syntax error at or near \"ENCODES\"");
    assert_error("CREATE TABLE \xc3\xa9 (a int) INCLUDE ", "5", "42601", "syntax error at or near \"5\"");
    assert_error("CREATE SINK \xc3\xa9", "", "42601", "syntax error at end of input");
    assert_error("CREATE SINK \xc3\xa9 ", "FORM v", "42601", "syntax error at or near \"FORM\"");
    assert_error("CREATE SINK \xc3\xa9 AS ", "DELETE FROM t", "42601", "syntax error at or near \"DELETE\"");
    assert_error("CREATE SINK \xc3\xa9 AS SELECT a FROM ", "WITH (x = 1)", "42601",
        "syntax error at or near \"WITH\"");
    assert_error("SUBSCRIBE TO \xc3\xa9 ", "WHERE a", "42601", "syntax error at or near \"WHERE\"");
    assert_error(
        "SUBSCRIBE (SELECT '\xc3\xa9' FROM ", ") WITH (SNAPSHOT)", "42601", "syntax error at or near \")\"");
    assert_error("SHOW \"\xc3\xa9\" ", "5", "42601", "syntax error at or near \"5\"");
    assert_error("DROP SOURCE \xc3\xa9 ", "b", "42601", "syntax error at or near \"b\"");
    assert_error("EXPLAIN ", "EXPLAIN SELECT 1", "42601", "syntax error at or near \"EXPLAIN\"");
    assert_error("SHOW TABLES /* \xc3\xa9 */ LIKE ", "5", "42601", "syntax error at or near \"5\"");
    assert_error("SHOW CREATE INDEX i ", "j", "42601", "syntax error at or near \"j\"");
    assert_error("CREATE SOURCE \xc3\xa9 FROM LOAD GENERATOR ", "tpch", "0A000",
        "load generator tpch is not supported");
    assert_error("CREATE SOURCE \xc3\xa9 FROM LOAD GENERATOR COUNTER (TICK INTERVAL ", "'-1 s')", "22023",
        "invalid tick interval: \"-1 s\"");
    assert_error("", "SELEC 1", "42601", "syntax error at or near \"SELEC\"");
}
END_TEST

START_TEST(unsupported_statements) {
    assert_unsupported("CREATE FUNCTION f(VARIADIC a int[]) RETURNS int AS 'x' LANGUAGE sql",
        "a VARIADIC parameter is not supported");
    assert_unsupported("CREATE FUNCTION f() RETURNS int AS 'x' LANGUAGE sql SECURITY DEFINER",
        "option \"security\" of CREATE FUNCTION is not supported");
    assert_unsupported("CREATE PROCEDURE f() AS 'x' LANGUAGE sql", "CREATE PROCEDURE is not supported");
    assert_unsupported("DO $$ begin end $$", "DO is not supported");
    assert_unsupported("DROP DOMAIN t", "DROP DOMAIN is not supported");
    assert_unsupported("ALTER TYPE t ADD VALUE 'x'", "ALTER TYPE is not supported");
    assert_unsupported("CREATE TABLE t (a int REFERENCES u)", "FOREIGN KEY is not supported");
    assert_unsupported(
        "CREATE TABLE t (a int) PARTITION BY LIST (a)", "PARTITION BY of a table is not supported");
    assert_unsupported("PREPARE TRANSACTION 'x'", "PREPARE TRANSACTION is not supported");
    assert_unsupported("SELECT * FROM t TABLESAMPLE system (1)", "TABLESAMPLE is not supported");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("statement");
    TCase *tests = tcase_create("statement");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, create_table);
    tcase_add_test(tests, computed_column_with_a_type);
    tcase_add_test(tests, create_source);
    tcase_add_test(tests, create_views);
    tcase_add_test(tests, create_sinks);
    tcase_add_test(tests, modifications);
    tcase_add_test(tests, indexes_drops_and_alters);
    tcase_add_test(tests, sessions);
    tcase_add_test(tests, cursors_and_subscriptions);
    tcase_add_test(tests, nested_statements);
    tcase_add_test(tests, several_statements);
    tcase_add_test(tests, errors_in_our_clauses);
    tcase_add_test(tests, unsupported_statements);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
