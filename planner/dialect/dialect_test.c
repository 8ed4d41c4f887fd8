/* The dialect pass: what it leaves alone, what it rewrites, what it refuses before libpg_query is called. */
#include "planner/dialect/dialect.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "executor/base/text.h"

static void assert_rewritten(const char *sql, const char *expected) {
    Arena *arena = arena_create();
    Error error = {0};
    Dialect dialect;
    Status status = dialect_open(&dialect, sql, strlen(sql), arena, &error);
    ck_assert_msg(status == OK, "%s: %s", sql, error.message);
    ck_assert_str_eq(dialect.list.text, expected);
    ck_assert_uint_eq(strlen(sql), strlen(expected));
    arena_destroy(arena);
}

static void assert_refused(const char *sql, size_t length, const char *sqlstate, const char *message) {
    Arena *arena = arena_create();
    Error error = {0};
    Dialect dialect;
    Status status = dialect_open(&dialect, sql, length, arena, &error);
    ck_assert_str_eq(status_sqlstate(status), sqlstate);
    ck_assert_str_eq(error.message, message);
    error_clear(&error);
    arena_destroy(arena);
}

START_TEST(postgres_statements_stay) {
    static const char *const statements[] = {
        "SELECT 1",
        "SELECT a AS \"`\", '`', $$ ` $$, $x$ `a` $x$, E'\\'`' /* ` /* ` */ */ FROM t -- `\n",
        "SELECT map < 5, struct > 3, x.map<2 FROM t WHERE map<5 AND 3>2 ORDER BY map < 5",
        "SELECT count(*) FILTER (WHERE a) OVER (PARTITION BY b), row(1) < row(2), array[1] < array[2] FROM t",
        "TABLE t",
        "SELECT * FROM (TABLE t) x WHERE 1 IN (TABLE u) AND EXISTS (TABLE v)",
        "SELECT interval '1' day, interval '1 days', interval '1' day to second, days FROM t",
        "SELECT * FROM t FOR UPDATE OF t",
        "SELECT session, hop, tumble FROM emit changes",
        "SELECT a->>'b', a #>> '{c}', a >>= b, 1 << 2 >> 3 FROM t OFFSET 2",
        "CREATE TABLE t (a timestamp with time zone, b int[], PRIMARY KEY (a))",
        "SELECT d&\"\xc3\xa9\", U&'d\\0061t', 'a'\n'b'",
        "SELECT f(\"offset\" => 1, size => 2)",
    };
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        assert_rewritten(statements[i], statements[i]);
}
END_TEST

START_TEST(backticks) {
    assert_rewritten(
        "SELECT `a`>=1 FROM `x y` WHERE `b`=`c`", "SELECT \"a\">=1 FROM \"x y\" WHERE \"b\"=\"c\"");
    assert_rewritten("SELECT `it's` FROM t", "SELECT \"it's\" FROM t");
    assert_refused("SELECT `a\"b`", 12, "0A000", "quotes inside a name in backticks are not supported");
    assert_refused("SELECT `a", 9, "42601", "unterminated quoted identifier at or near \"`a\"");
}
END_TEST

START_TEST(interval_units) {
    assert_rewritten("SELECT INTERVAL '1' MINUTES, interval '2' Years to Months, days",
        "SELECT INTERVAL '1' MINUTE , interval '2' Year  to Month , days");
}
END_TEST

START_TEST(structured_types) {
    assert_rewritten(
        "CREATE TABLE t (a STRUCT<x int, y ARRAY<int>>, b ROW<a int>[], c MAP<text, MAP<text,int>>)",
        "CREATE TABLE t (a x                          , b x         [], c x                       )");
    assert_rewritten("SELECT CAST(a AS MAP<int, int>), b::struct<c int>",
        "SELECT CAST(a AS x            ), b::x            ");
    assert_rewritten("CREATE TABLE t (a TIMESTAMP(3) WITH LOCAL TIME ZONE)",
        "CREATE TABLE t (a TIMESTAMP(3) WITH       TIME ZONE)");
}
END_TEST

START_TEST(window_functions) {
    assert_rewritten("SELECT * FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(t), INTERVAL '1' DAYS)) w",
        "SELECT * FROM       TUMBLE(      b, DESCRIPTOR(t), INTERVAL '1' DAY )  w");
    assert_rewritten("SELECT * FROM SESSION(TABLE b PARTITION BY x, y, DESCRIPTOR(t), g)",
        "SELECT * FROM SESSION(      b                  , DESCRIPTOR(t), g)");
    assert_rewritten(
        "SELECT * FROM SESSION(b PARTITION BY x, t, g)", "SELECT * FROM SESSION(b               , t, g)");
    assert_rewritten("SELECT * FROM TUMBLE(DATA => TABLE b, OFFSET => 1)",
        "SELECT * FROM TUMBLE(DATA =>       b, _FFSET => 1)");
}
END_TEST

START_TEST(system_time) {
    static const struct {
        const char *sql, *expression, *table;
    } cases[] = {
        {"SELECT * FROM a JOIN s.b FOR SYSTEM_TIME AS OF a.p AS d ON true", "a.p", "s.b"},
        {"SELECT * FROM a JOIN b FOR SYSTEM_TIME AS OF PROCTIME() ON true", "PROCTIME()", "b"},
        {"SELECT * FROM a JOIN b c FOR SYSTEM_TIME AS OF a.t - INTERVAL '1' MINUTE d ON true",
            "a.t - INTERVAL '1' MINUTE", "b c"},
        {"SELECT * FROM a LEFT JOIN b AS c FOR SYSTEM_TIME AS OF left(x, 1) LEFT JOIN d ON true ON true",
            "left(x, 1)", "b AS c"},
        {"SELECT * FROM b FOR SYSTEM_TIME AS OF timestamp '2020-01-01' AT TIME ZONE 'utc' WHERE true",
            "timestamp '2020-01-01' AT TIME ZONE 'utc'", "b"},
        {"SELECT * FROM (SELECT * FROM b FOR SYSTEM_TIME AS OF (SELECT max(t) FROM c)) d, e",
            "(SELECT max(t) FROM c)", "b FOR"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Arena *arena = arena_create();
        Error error = {0};
        Dialect dialect;
        ck_assert_int_eq(dialect_open(&dialect, cases[i].sql, strlen(cases[i].sql), arena, &error), OK);
        ck_assert_int_eq(dialect.as_of.count, 1);
        ck_assert_str_eq(dialect.as_of.items[0].text, cases[i].expression);
        ck_assert_int_eq(
            dialect.as_of.items[0].start, (int)(strstr(cases[i].sql, " OF ") + 4 - cases[i].sql));
        ck_assert_int_eq(
            strncmp(cases[i].sql + dialect.as_of.items[0].key, cases[i].table, strlen(cases[i].table)), 0);
        arena_destroy(arena);
    }
    assert_refused("SELECT * FROM b FOR SYSTEM_TIME AS OF", 37, "42601", "syntax error at end of input");
    assert_refused("SELECT * FROM b FOR SYSTEM_TIME OF x", 36, "42601", "syntax error at or near \"OF\"");
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

static void assert_too_deep(char *sql) {
    assert_refused(sql, strlen(sql), "54001", "stack depth limit exceeded");
    free(sql);
}

static void assert_not_too_deep(char *sql) {
    Arena *arena = arena_create();
    Error error = {0};
    Dialect dialect;
    ck_assert_int_eq(dialect_open(&dialect, sql, strlen(sql), arena, &error), OK);
    arena_destroy(arena);
    free(sql);
}

START_TEST(nesting) {
    assert_too_deep(repeated("SELECT 1", "+1", 50000, "", ""));
    assert_too_deep(repeated("SELECT 1", "+1", 500000, "", ""));
    assert_too_deep(repeated("SELECT ", "(", 10000, "1", ")"));
    assert_too_deep(repeated("SELECT '1'", "::text", 10000, "", ""));
    assert_too_deep(repeated("SELECT 1, 2 WHERE a AND b", " UNION SELECT 1, 2 WHERE a AND b", 6000, "", ""));
    assert_too_deep(repeated("SELECT * FROM a", " JOIN b ON x AND y", 6000, "", ""));
    assert_too_deep(repeated("SELECT ", "CASE WHEN a AND b THEN ", 6000, "1", " END"));
    assert_too_deep(repeated("SELECT ", "NOT ", 6000, "true", ""));
    assert_too_deep(repeated("SELECT ", "f(1 + ", 3000, "1", ")"));
    assert_not_too_deep(repeated("SELECT 1 WHERE a = 0", " OR a = 1 AND b = 2", 20000, "", ""));
    assert_not_too_deep(repeated("SELECT 1", ", a + 1", 20000, "", ""));
    assert_not_too_deep(repeated("INSERT INTO t VALUES (1, -1)", ", (2, 3 + 4)", 20000, "", ""));
    assert_not_too_deep(repeated("SELECT 1", "; SELECT 1 UNION SELECT 2", 6000, "", ""));
    assert_not_too_deep(repeated("SELECT CASE", " WHEN a = 1 THEN b + 1", 6000, " END", ""));
}
END_TEST

START_TEST(limits_and_encoding) {
    char *sql = malloc((8 << 20) + 1);
    memset(sql, ' ', (8 << 20) + 1);
    assert_refused(sql, (8 << 20) + 1, "54000", "query text of 8388609 bytes is too long");
    free(sql);
    assert_refused("SELECT 'a\0b'", 12, "22021", "invalid byte sequence for encoding \"UTF8\": 0x00");
    assert_refused("SELECT '\xff'", 10, "22021", "invalid byte sequence for encoding \"UTF8\": 0xff");
    assert_refused(
        "SELECT '\xe2\x28\xa1'", 12, "22021", "invalid byte sequence for encoding \"UTF8\": 0xe2 0x28 0xa1");
    assert_refused(
        "SELECT '\xed\xa0\x80'", 12, "22021", "invalid byte sequence for encoding \"UTF8\": 0xed 0xa0 0x80");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("dialect");
    TCase *tests = tcase_create("dialect");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, postgres_statements_stay);
    tcase_add_test(tests, backticks);
    tcase_add_test(tests, interval_units);
    tcase_add_test(tests, structured_types);
    tcase_add_test(tests, window_functions);
    tcase_add_test(tests, system_time);
    tcase_add_test(tests, nesting);
    tcase_add_test(tests, limits_and_encoding);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
