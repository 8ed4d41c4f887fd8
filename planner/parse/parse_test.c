/* Queries and expressions: what the tree says, printed as text again, and where errors point. */
#include "planner/parse/parse.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "planner/parse/deparse.h"

static SyntaxStatement *parse_one(Arena *arena, const char *sql) {
    Error error = {0};
    SyntaxStatement **statements;
    int count;
    Status status = parse_statements(sql, strlen(sql), arena, &statements, &count, &error);
    ck_assert_msg(status == OK, "%s: %s", sql, error.message);
    ck_assert_int_eq(count, 1);
    return statements[0];
}

/* Parsing prints as `expected`, and that prints as itself. */
static void assert_query(const char *sql, const char *expected) {
    Arena *arena = arena_create();
    Error error = {0};
    for (int round = 0; round < 2; round++) {
        SyntaxStatement *statement = parse_one(arena, round == 0 ? sql : expected);
        Text text = {0};
        ck_assert_int_eq(statement->kind, SYNTAX_STATEMENT_SELECT);
        ck_assert_int_eq(deparse_select(statement->select, &text, &error), OK);
        ck_assert_str_eq(text_string(&text), expected);
        text_free(&text);
    }
    arena_destroy(arena);
}

/* The error of before + rest stands where `rest` starts, counted in characters. */
static void assert_error(const char *before, const char *rest, const char *sqlstate, const char *message) {
    Arena *arena = arena_create();
    Error error = {0};
    SyntaxStatement **statements;
    int count, position = 1;
    const char *sql = arena_printf(arena, "%s%s", before, rest);
    for (const char *c = before; *c != 0; c++)
        position += ((unsigned char)*c & 0xC0) != 0x80;
    Status status = parse_statements(sql, strlen(sql), arena, &statements, &count, &error);
    ck_assert_str_eq(status_sqlstate(status), sqlstate);
    ck_assert_str_eq(error.message, message);
    ck_assert_msg(error.position == position, "%s: %d", sql, error.position);
    error_clear(&error);
    arena_destroy(arena);
}

START_TEST(expressions) {
    assert_query("select a.b.*, *, -1, 1.5, 3000000000, 'it''s', true, null, b'10', x'1F', $1",
        "SELECT a.b.*, *, -1, 1.5, 3000000000, 'it''s', true, NULL, b'10', x'1F', $1");
    assert_query("SELECT a+b*c, -a, a||b, a OPERATOR(pg_catalog.+) b",
        "SELECT (a + (b * c)), (- a), (a || b), (a OPERATOR(pg_catalog.+) b)");
    assert_query("SELECT a = ANY(b), a <> ALL (c), a IN (1, 2), a NOT IN (3), a LIKE b, a NOT ILIKE b, a "
                 "SIMILAR TO b ESCAPE 'x'",
        "SELECT (a = ANY (b)), (a <> ALL (c)), (a IN (1, 2)), (a NOT IN (3)), (a LIKE b), (a NOT ILIKE b), "
        "(a SIMILAR TO b ESCAPE 'x')");
    assert_query("SELECT a BETWEEN 1 AND 2, a NOT BETWEEN SYMMETRIC 1 AND 2, a IS DISTINCT FROM b, a IS NOT "
                 "DISTINCT FROM b, NULLIF(a, b)",
        "SELECT (a BETWEEN 1 AND 2), (a NOT BETWEEN SYMMETRIC 1 AND 2), (a IS DISTINCT FROM b), (a IS NOT "
        "DISTINCT FROM b), NULLIF(a, b)");
    assert_query("SELECT a AND b AND NOT c OR d, a IS NULL, b IS NOT UNKNOWN, c ISNULL, d IS FALSE",
        "SELECT ((a AND b AND (NOT c)) OR d), (a IS NULL), (b IS NOT UNKNOWN), (c IS NULL), (d IS FALSE)");
    assert_query("SELECT CASE a WHEN 1 THEN 2 ELSE 3 END, CASE WHEN b THEN c END, COALESCE(a, b), "
                 "GREATEST(a, b), LEAST(a)",
        "SELECT CASE a WHEN 1 THEN 2 ELSE 3 END, CASE WHEN b THEN c END, COALESCE(a, b), GREATEST(a, b), "
        "LEAST(a)");
    assert_query("SELECT ARRAY[1, 2], ROW(1), (a, b), a[1][2:3][:], (r).x.y, (f(a)).*",
        "SELECT ARRAY[1, 2], ROW(1), (a, b), (a)[1][2:3][:], (r).x.y, (f(a)).*");
    assert_query("SELECT a::int[], CAST(b AS numeric(10, 2)), c::\"Weird\".t, date '2020-01-01'",
        "SELECT CAST(a AS pg_catalog.int4[]), CAST(b AS pg_catalog.\"numeric\"(10, 2)), CAST(c AS "
        "\"Weird\".t), CAST('2020-01-01' AS date)");
    assert_query("SELECT $1::int, CAST($2 AS int), CAST ( $3 AS int), 1 + $4",
        "SELECT CAST($1 AS pg_catalog.int4), CAST($2 AS pg_catalog.int4), CAST($3 AS pg_catalog.int4), (1 + "
        "$4)");
    assert_query("SELECT current_date, current_timestamp(3), localtime, user, a COLLATE \"C\"",
        "SELECT current_date, current_timestamp(3), localtime, user, (a COLLATE \"C\")");
    assert_query("SELECT a AT TIME ZONE 'utc', extract(day FROM a)",
        "SELECT pg_catalog.timezone('utc', a), pg_catalog.\"extract\"('day', a)");
    assert_query("SELECT (SELECT 1), EXISTS (SELECT 2), a IN (SELECT 3), a NOT IN (SELECT 4), a < ALL "
                 "(SELECT 5), ARRAY(SELECT 6)",
        "SELECT (SELECT 1), EXISTS (SELECT 2), (a IN (SELECT 3)), (NOT (a IN (SELECT 4))), (a < ALL (SELECT "
        "5)), ARRAY(SELECT 6)");
}
END_TEST

START_TEST(functions) {
    assert_query("SELECT count(*), count(DISTINCT a), s.f(x => 1, VARIADIC y), array_agg(a ORDER BY b DESC "
                 "NULLS LAST) FILTER (WHERE c)",
        "SELECT count(*), count(DISTINCT a), s.f(x => 1, VARIADIC y), array_agg(a ORDER BY b DESC NULLS "
        "LAST) FILTER (WHERE c)");
    assert_query("SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a)",
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a)");
    assert_query("SELECT sum(a) OVER w, rank() OVER (PARTITION BY b ORDER BY c) FROM t WINDOW w AS (ORDER BY "
                 "d ROWS BETWEEN 1 PRECEDING AND "
                 "UNBOUNDED FOLLOWING EXCLUDE TIES)",
        "SELECT sum(a) OVER w, rank() OVER (PARTITION BY b ORDER BY c) FROM t WINDOW w AS (ORDER BY d ROWS "
        "BETWEEN 1 PRECEDING AND UNBOUNDED "
        "FOLLOWING EXCLUDE TIES)");
    assert_query("SELECT sum(a) OVER (w RANGE INTERVAL '1' HOUR PRECEDING) FROM t WINDOW w AS (ORDER BY d)",
        "SELECT sum(a) OVER (w RANGE BETWEEN CAST('1' AS pg_catalog.\"interval\"(1024)) PRECEDING AND "
        "CURRENT ROW) FROM t WINDOW w AS (ORDER BY d)");
}
END_TEST

START_TEST(queries) {
    assert_query("SELECT DISTINCT ON (a) a AS x FROM ONLY s.t AS y (b, c), LATERAL (SELECT 1) z ORDER BY a "
                 "USING < LIMIT 1 OFFSET 2",
        "SELECT DISTINCT ON (a) a AS x FROM ONLY s.t AS y(b, c), LATERAL (SELECT 1) AS z ORDER BY a USING < "
        "OFFSET 2 LIMIT 1");
    assert_query("SELECT DISTINCT a FROM t GROUP BY a, ROLLUP (b, (c, d)), CUBE (e), GROUPING SETS ((), (f)) "
                 "HAVING count(*) > 1",
        "SELECT DISTINCT a FROM t GROUP BY a, ROLLUP (b, (c, d)), CUBE (e), GROUPING SETS ((), f) HAVING "
        "(count(*) > 1)");
    assert_query("SELECT * FROM a JOIN b USING (x, y) LEFT JOIN c ON a.z = c.z NATURAL FULL JOIN d CROSS "
                 "JOIN (e RIGHT JOIN f ON true) AS g",
        "SELECT * FROM ((((a JOIN b USING (x, y)) LEFT JOIN c ON (a.z = c.z)) NATURAL FULL JOIN d) CROSS "
        "JOIN (e RIGHT JOIN f ON true) AS g)");
    assert_query("VALUES (1, 2), (3, DEFAULT)", "VALUES (1, 2), (3, DEFAULT)");
    assert_query("SELECT 1 UNION ALL SELECT 2 INTERSECT SELECT 3 EXCEPT (SELECT 4 ORDER BY 1) LIMIT 5",
        "((SELECT 1) UNION ALL ((SELECT 2) INTERSECT (SELECT 3))) EXCEPT (SELECT 4 ORDER BY 1) LIMIT 5");
    assert_query("WITH RECURSIVE r (n) AS NOT MATERIALIZED (SELECT 1 UNION ALL SELECT n + 1 FROM r) TABLE r",
        "WITH RECURSIVE r(n) AS NOT MATERIALIZED ((SELECT 1) UNION ALL (SELECT (n + 1) FROM r)) SELECT * "
        "FROM r");
    assert_query("SELECT * FROM generate_series(1, 2) WITH ORDINALITY AS g (a, b), ROWS FROM (f(1), g(2)) h, "
                 "jsonb_to_record('{}') AS x (a int, b text)",
        "SELECT * FROM generate_series(1, 2) WITH ORDINALITY AS g(a, b), ROWS FROM (f(1), g(2)) AS h, "
        "jsonb_to_record('{}') AS x(a pg_catalog.int4, "
        "b text)");
    assert_query("SELECT a FROM t ORDER BY a FETCH FIRST 3 ROWS WITH TIES",
        "SELECT a FROM t ORDER BY a FETCH FIRST (3) ROWS WITH TIES");
    assert_query("SELECT", "SELECT");
}
END_TEST

static const SyntaxTable *only_table(const SyntaxStatement *statement) {
    ck_assert_int_eq(statement->select->from_count, 1);
    return statement->select->from[0];
}

START_TEST(window_spellings_are_one_node) {
    static const char *const spellings[] = {
        "SELECT * FROM HOP(s.bid, ts, INTERVAL '1' MINUTE, INTERVAL '5' MINUTE) w",
        "SELECT * FROM TABLE(HOP(TABLE s.bid, DESCRIPTOR(ts), INTERVAL '1' MINUTES, INTERVAL '5' MINUTES)) "
        "AS w",
        "SELECT * FROM TABLE(HOP(DATA => TABLE s.bid, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '5' "
        "MINUTE, SLIDE => INTERVAL '1' MINUTES)) w",
    };
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        Arena *arena = arena_create();
        const SyntaxTable *table = only_table(parse_one(arena, spellings[i]));
        ck_assert_int_eq(table->kind, SYNTAX_TABLE_WINDOW);
        ck_assert_int_eq(table->window.kind, SYNTAX_HOP);
        ck_assert_str_eq(table->alias->name, "w");
        ck_assert_int_eq(table->window.input->kind, SYNTAX_TABLE_RELATION);
        ck_assert_str_eq(table->window.input->relation.name.parts[1], "bid");
        ck_assert_str_eq(table->window.time->column.name.parts[0], "ts");
        ck_assert_str_eq(table->window.slide->cast.argument->constant.text, "1");
        ck_assert_str_eq(table->window.size->cast.argument->constant.text, "5");
        ck_assert_ptr_null(table->window.offset);
        arena_destroy(arena);
    }
}
END_TEST

START_TEST(window_inputs) {
    assert_query("SELECT * FROM TUMBLE((SELECT * FROM bid), ts, INTERVAL '1 hour', INTERVAL '1 minute')",
        "SELECT * FROM TUMBLE((SELECT * FROM bid), ts, CAST('1 hour' AS pg_catalog.\"interval\"), CAST('1 "
        "minute' AS pg_catalog.\"interval\"))");
    assert_query("SELECT * FROM TABLE(SESSION(TABLE bid PARTITION BY a, b.c, DESCRIPTOR(ts), $1))",
        "SELECT * FROM SESSION(bid PARTITION BY (a, b.c), ts, $1)");
    assert_query("SELECT * FROM SESSION(bid PARTITION BY a, ts, $1), CUMULATE(bid, ts, $2, $3) c",
        "SELECT * FROM SESSION(bid PARTITION BY (a), ts, $1), CUMULATE(bid, ts, $2, $3) AS c");
    assert_query("SELECT count(*) FROM bid GROUP BY TUMBLE(ts, $1)",
        "SELECT count(*) FROM bid GROUP BY tumble(ts, $1)");
    assert_error("SELECT * FROM ", "TUMBLE(bid, ts)", "42601", "invalid arguments of window function tumble");
    assert_error(
        "SELECT * FROM TUMBLE(", "1, ts, $1)", "42601", "invalid arguments of window function tumble");
    assert_error("SELECT * FROM TUMBLE(bid, ts, gap => ", "$1)", "42601",
        "invalid arguments of window function tumble");
}
END_TEST

START_TEST(our_clauses_in_queries) {
    assert_query(
        "SELECT * FROM a JOIN b FOR SYSTEM_TIME AS OF a.t - INTERVAL '1' DAYS AS d ON a.x = d.x EMIT CHANGES",
        "SELECT * FROM (a JOIN b FOR SYSTEM_TIME AS OF (a.t - CAST('1' AS pg_catalog.\"interval\"(8))) AS d "
        "ON (a.x = d.x)) EMIT CHANGES");
    assert_query("SELECT a FROM t EMIT ON WINDOW CLOSE", "SELECT a FROM t EMIT ON WINDOW CLOSE");
    assert_query("SELECT emit changes", "SELECT emit AS changes");
    assert_query(
        "SELECT * FROM (SELECT a FROM (VALUES (1))), (SELECT 2) WHERE EXISTS (SELECT 1 FROM (SELECT 3))",
        "SELECT * FROM (SELECT a FROM (VALUES (1))), (SELECT 2) WHERE EXISTS (SELECT 1 FROM (SELECT 3))");
    assert_query("SELECT `a b`, CAST(`c` AS STRUCT<x int>) FROM `T`",
        "SELECT \"a b\", CAST(c AS STRUCT<x int>) FROM \"T\"");
}
END_TEST

START_TEST(positions_in_tree) {
    const char *sql = "SELECT '\xc3\xa9', a FROM (SELECT 1), (SELECT 2), bcd";
    Arena *arena = arena_create();
    const SyntaxSelect *select = parse_one(arena, sql)->select;
    ck_assert_int_eq(select->targets[1].position, (int)(strchr(sql, 'a') - sql));
    ck_assert_ptr_null(select->from[0]->alias);
    ck_assert_int_eq(select->from[1]->position, (int)(strchr(sql, '2') - sql));
    ck_assert_int_eq(select->from[2]->position, (int)(strstr(sql, "bcd") - sql));
    arena_destroy(arena);
}
END_TEST

START_TEST(errors) {
    assert_error("SELECT '\xc3\xa9\xe2\x82\xac', ", "FROM t", "42601", "syntax error at or near \"FROM\"");
    assert_error("SELECT 1; SELECT \xc3\xa9 +", ";", "42601", "syntax error at or near \";\"");
    assert_error("SELECT 1 +", "", "42601", "syntax error at end of input");
    assert_error(
        "SELECT \"\xc3\xa9\" FROM (SELECT 1), (SELECT a,", ", b)", "42601", "syntax error at or near \",\"");
    assert_error("SELECT '\xc3\xa9' FROM a JOIN b FOR SYSTEM_TIME AS OF a.", "+ ON true", "42601",
        "syntax error at or near \"+\"");
    assert_error("SELECT '\xc3\xa9' FROM a JOIN b FOR SYSTEM_TIME AS OF a + ", "ON true", "42601",
        "syntax error at or near \"ON\"");
    assert_error("SELECT '\xc3\xa9' FROM b FOR ", "SYSTEM_TIMES AS OF a", "42601",
        "syntax error at or near \"SYSTEM_TIMES\"");
    assert_error("SELECT '\xc3\xa9' FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(a), ", ",))", "42601",
        "syntax error at or near \",\"");
    assert_error(
        "SELECT '\xc3\xa9' FROM t EMIT ", "ON WINDOW CLOSES", "42601", "syntax error at or near \"ON\"");
    assert_error(
        "SELECT '\xc3\xa9' FROM ", "EMIT ON WINDOW CLOSE", "42601", "syntax error at or near \"EMIT\"");
    assert_error("SELECT '\xc3\xa9', ", "'a", "42601", "unterminated quoted string at or near \"'a\"");
    assert_error("DELETE FROM t ", "FOR SYSTEM_TIME AS OF now()", "42601", "syntax error at or near \"FOR\"");
    assert_error(
        "DELETE FROM t WHERE \xc3\xa9 ", "EMIT CHANGES", "42601", "syntax error at or near \"EMIT\"");
    assert_error("SELECT '\xc3\xa9', interval ", "$1", "42601", "syntax error at or near \"$1\"");
    assert_error("SELECT extract(", "$1 FROM a)", "42601", "syntax error at or near \"$1\"");
    assert_error("SET a = ", "$1", "42601", "syntax error at or near \"$1\"");
    assert_error("SELECT sum(a) OVER (ROWS ", "UNBOUNDED FOLLOWING)", "42P20",
        "frame start cannot be UNBOUNDED FOLLOWING");
    assert_error("SELECT CAST('\xc3\xa9' AS STRUCT<int>", ", 1)", "42601", "syntax error at or near \",\"");
}
END_TEST

START_TEST(stored_expressions) {
    Arena *arena = arena_create();
    Error error = {0};
    SyntaxExpression *expression;
    SyntaxType *type;
    Text text = {0};
    ck_assert_int_eq(parse_expression("`a` - INTERVAL '5' SECONDS", 26, arena, &expression, &error), OK);
    ck_assert_int_eq(deparse_expression(expression, &text, &error), OK);
    ck_assert_str_eq(text_string(&text), "(a - CAST('5' AS pg_catalog.\"interval\"(4096)))");
    ck_assert_int_eq(expression->position, 4);
    ck_assert_int_eq(parse_type("numeric(3)[][]", 14, arena, &type, &error), OK);
    ck_assert_int_eq(type->array_dimensions, 2);
    ck_assert_int_eq(type->modifiers[0]->constant.integer, 3);
    ck_assert_int_eq(parse_expression("a FROM t", 8, arena, &expression, &error), STATUS_SYNTAX_ERROR);
    ck_assert_int_eq(error.position, 3);
    ck_assert_int_eq(parse_expression("a) + (b", 7, arena, &expression, &error), STATUS_SYNTAX_ERROR);
    ck_assert_int_eq(error.position, 2);
    ck_assert_int_eq(parse_expression("", 0, arena, &expression, &error), STATUS_SYNTAX_ERROR);
    ck_assert_int_eq(parse_expression("a -- b", 6, arena, &expression, &error), OK);
    error_clear(&error);
    text_free(&text);
    arena_destroy(arena);
}
END_TEST

static char *repeated(
    const char *head, const char *unit, int count, const char *middle, const char *tail_unit) {
    Text text = {0};
    text_add_string(&text, head);
    for (int i = 0; i < count; i++)
        text_add_string(&text, unit);
    text_add_string(&text, middle);
    for (int i = 0; i < count; i++)
        text_add_string(&text, tail_unit);
    return text.bytes;
}

static void *parse_deep(void *unused) {
    char *const statements[] = {
        repeated("SELECT 1", "+1", 4900, "", ""),
        repeated("SELECT ", "(", 4900, "1", ")"),
        repeated("SELECT ", "f(", 4900, "1", ")"),
        repeated("SELECT 1", " UNION SELECT 1", 4900, "", ""),
        repeated("SELECT * FROM a", " JOIN b ON true", 4900, "", ""),
        repeated("SELECT ", "(SELECT ", 2400, "1", ")"),
    };
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        Arena *arena = arena_create();
        parse_one(arena, statements[i]);
        arena_destroy(arena);
        free(statements[i]);
    }
    return unused;
}

START_TEST(deepest_accepted_nesting_fits_the_stack) {
    pthread_attr_t attributes;
    pthread_t threads[2];
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 << 20);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], &attributes, parse_deep, NULL), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pthread_attr_destroy(&attributes);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("parse");
    TCase *tests = tcase_create("parse");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, expressions);
    tcase_add_test(tests, functions);
    tcase_add_test(tests, queries);
    tcase_add_test(tests, window_spellings_are_one_node);
    tcase_add_test(tests, window_inputs);
    tcase_add_test(tests, our_clauses_in_queries);
    tcase_add_test(tests, positions_in_tree);
    tcase_add_test(tests, errors);
    tcase_add_test(tests, stored_expressions);
    tcase_add_test(tests, deepest_accepted_nesting_fits_the_stack);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
