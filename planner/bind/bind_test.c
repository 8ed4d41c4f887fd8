/* Errors of binding: code, position, text and hint as PostgreSQL 15 answers over the same tables. */
#include "planner/test/testing.h"

static const struct {
    const char *sql, *answer;
} errors[] = {
    {"select nope from t", "42703 at 8: column \"nope\" does not exist"},
    {"select t.nope from t", "42703 at 8: column t.nope does not exist"},
    {"select q.a from t", "42P01 at 8: missing FROM-clause entry for table \"q\""},
    {"select * from nosuch", "42P01 at 15: relation \"nosuch\" does not exist"},
    {"select * from pub.nosuch", "42P01 at 15: relation \"pub.nosuch\" does not exist"},
    {"select a from t, u", "42702 at 8: column reference \"a\" is ambiguous"},
    {"select foo(1)", "42883 at 8: function foo(integer) does not exist HINT: No function matches the given "
                      "name and argument types. You might need "
                      "to add explicit type casts."},
    {"select foo(a, 'x', c) from t", "42883 at 8: function foo(integer, unknown, text) does not exist HINT: "
                                     "No function matches the given name and "
                                     "argument types. You might need to add explicit type casts."},
    {"select c + 1 from t", "42883 at 10: operator does not exist: text + integer HINT: No operator matches "
                            "the given name and argument types. You "
                            "might need to add explicit type casts."},
    {"select a + 'x' from t", "22P02 at 12: invalid input syntax for type integer: \"x\""},
    {"select -c from t", "42883 at 8: operator does not exist: - text HINT: No operator matches the given "
                         "name and argument type. You might need to "
                         "add an explicit type cast."},
    {"select a from t where b = 'x'", "22P02 at 27: invalid input syntax for type integer: \"x\""},
    {"select a from t where b", "42804 at 23: argument of WHERE must be type boolean, not type integer"},
    {"select a from t where c = 5", "42883 at 25: operator does not exist: text = integer HINT: No operator "
                                    "matches the given name and argument "
                                    "types. You might need to add explicit type casts."},
    {"select b from t group by a + 1",
        "42803 at 8: column \"t.b\" must appear in the GROUP BY clause or be used in an aggregate function"},
    {"select b, count(*) from t",
        "42803 at 8: column \"t.b\" must appear in the GROUP BY clause or be used in an aggregate function"},
    {"select t.b, count(*) from t group by c",
        "42803 at 8: column \"t.b\" must appear in the GROUP BY clause or be used in an aggregate function"},
    {"select a from t group by 3", "42P10 at 26: GROUP BY position 3 is not in select list"},
    {"select a from t order by 3", "42P10 at 26: ORDER BY position 3 is not in select list"},
    {"select count(count(*)) from t", "42803 at 14: aggregate function calls cannot be nested"},
    {"select a from t where count(*) > 1", "42803 at 23: aggregate functions are not allowed in WHERE"},
    {"select a from t having b > 1",
        "42803 at 8: column \"t.a\" must appear in the GROUP BY clause or be used in an aggregate function"},
    {"select sum(a) over () from t where sum(a) over () > 1",
        "42P20 at 36: window functions are not allowed in WHERE"},
    {"select row_number() from t", "42809 at 8: window function row_number requires an OVER clause"},
    {"select * from generate_series(1, generate_series(1, 2))",
        "0A000 at 34: set-returning functions must appear at top level of FROM"},
    {"select * from cast(generate_series(1, 2) as text)",
        "0A000 at 20: set-returning functions must appear at top level of FROM"},
    {"select * from t for system_time as of proctime()",
        "0A000 at 15: FOR SYSTEM_TIME AS OF is supported on the right side of a join only"},
    {"select a from t t, u t", "42712 at 0: table name \"t\" specified more than once"},
    {"select * from t join u using (nope)",
        "42703 at 0: column \"nope\" specified in USING clause does not exist in left table"},
    {"select * from t join u using (b)",
        "42703 at 0: column \"b\" specified in USING clause does not exist in right table"},
    {"select a from t union select c from t", "42804 at 30: UNION types integer and text cannot be matched"},
    {"select a, b from t union select a from u",
        "42601 at 33: each UNION query must have the same number of columns"},
    {"select a from t union select d from u order by b", "42703 at 48: column \"b\" does not exist"},
    {"select 1 union select 'x'", "22P02 at 23: invalid input syntax for type integer: \"x\""},
    {"select (select a, b from t)", "42601 at 8: subquery must return only one column"},
    {"select a from t where a in (select a, d from u)", "42601 at 25: subquery has too many columns"},
    {"select case when 1 then 2 end",
        "42804 at 18: argument of CASE/WHEN must be type boolean, not type integer"},
    {"select case when true then 1 else 'x' end",
        "22P02 at 35: invalid input syntax for type integer: \"x\""},
    {"select coalesce(1, 'x', 2)", "22P02 at 20: invalid input syntax for type integer: \"x\""},
    {"select '12'::int4 + 'q'::int4", "22P02 at 21: invalid input syntax for type integer: \"q\""},
    {"select 'abc'::date", "22007 at 8: invalid input syntax for type date: \"abc\""},
    {"select cast(true as date)", "42846 at 8: cannot cast type boolean to date"},
    {"select a::nosuchtype from t", "42704 at 11: type \"nosuchtype\" does not exist"},
    {"select 1::varchar(0)", "22023 at 11: length for type varchar must be at least 1"},
    {"select 1::numeric(2000)", "22023 at 11: NUMERIC precision 2000 must be between 1 and 1000"},
    {"select distinct a from t order by b",
        "42P10 at 35: for SELECT DISTINCT, ORDER BY expressions must appear in select list"},
    {"select distinct on (a) a from t order by b",
        "42P10 at 21: SELECT DISTINCT ON expressions must match initial ORDER BY expressions"},
    {"select a from t limit 'x'", "22P02 at 23: invalid input syntax for type bigint: \"x\""},
    {"select a from t limit a", "42P10 at 23: argument of LIMIT must not contain variables"},
    {"select array[1,'x']", "22P02 at 16: invalid input syntax for type integer: \"x\""},
    {"select array[]", "42P18 at 8: cannot determine type of empty array HINT: Explicitly cast to the "
                       "desired type, for example ARRAY[]::integer[]."},
    {"select t.a from t join u on t.a = u.a and zz = 1", "42703 at 43: column \"zz\" does not exist"},
    {"select (1,2) = (1,2,3)", "42601 at 14: unequal number of entries in row expressions"},
    {"select a from t group by rollup(a), b having c = 'x'",
        "42803 at 46: column \"t.c\" must appear in the GROUP BY clause or be used in an aggregate function"},
    {"insert into t values (1,2,3,4)", "42601 at 29: INSERT has more expressions than target columns"},
    {"insert into t (a, b) values (1)", "42601 at 19: INSERT has more target columns than expressions"},
    {"insert into t (a, nope) values (1, 2)",
        "42703 at 19: column \"nope\" of relation \"t\" does not exist"},
    {"insert into t (a, a) values (1, 2)", "42701 at 19: column \"a\" specified more than once"},
    {"insert into t values ('x')", "22P02 at 23: invalid input syntax for type integer: \"x\""},
    {"insert into orders (id, twice) values (1, 2)",
        "428C9 at 0: cannot insert a non-DEFAULT value into column \"twice\""},
    {"update t set nope = 1", "42703 at 14: column \"nope\" of relation \"t\" does not exist"},
    {"update t set a = 'x'", "22P02 at 18: invalid input syntax for type integer: \"x\""},
    {"update t set a = c", "42804 at 18: column \"a\" is of type integer but expression is of type text "
                           "HINT: You will need to rewrite or cast the expression."},
    {"update t set a = 1, a = 2", "42601 at 0: multiple assignments to same column \"a\""},
    {"update orders set twice = 3", "428C9 at 0: column \"twice\" can only be updated to DEFAULT"},
    {"delete from t where nope = 1", "42703 at 21: column \"nope\" does not exist"},
    {"insert into t values (1) on conflict do update set b = 2",
        "42601 at 26: ON CONFLICT DO UPDATE requires inference specification or constraint name HINT: For "
        "example, ON CONFLICT (column_name)."},
    {"select * from t, (select t.a) x", "42P01 at 26: invalid reference to FROM-clause entry for table \"t\" "
                                        "HINT: There is an entry for table "
                                        "\"t\", but it cannot be referenced from this part of the query."},
    {"select a from t where exists (select 1 from u where u.a = t.nope)",
        "42703 at 59: column t.nope does not exist"},
    {"select max(a) filter (where b) from t",
        "42804 at 29: argument of FILTER must be type boolean, not type integer"},
    {"select lag(a) from t", "42809 at 8: window function lag requires an OVER clause"},
    {"select abs() from t", "42883 at 8: function abs() does not exist HINT: No function matches the given "
                            "name and argument types. You might need "
                            "to add explicit type casts."},
    {"select abs('x') from t", "22P02 at 12: invalid input syntax for type double precision: \"x\""},
    {"select length(1)", "42883 at 8: function length(integer) does not exist HINT: No function matches the "
                         "given name and argument types. You might "
                         "need to add explicit type casts."},
    {"select substring(1 from 2)", "42883 at 8: function pg_catalog.substring(integer, integer) does not "
                                   "exist HINT: No function matches the given "
                                   "name and argument types. You might need to add explicit type casts."},
    {"select a, sum(b) over (partition by nope) from t", "42703 at 37: column \"nope\" does not exist"},
    {"select rank() over w from t", "42704 at 20: window \"w\" does not exist"},
    {"select 'a' < 1", "22P02 at 8: invalid input syntax for type integer: \"a\""},
    {"select 1 = any(2)", "42809 at 10: op ANY/ALL (array) requires array on right side"},
    {"select 1 = any(array['x'])", "42883 at 10: operator does not exist: integer = text HINT: No operator "
                                   "matches the given name and argument "
                                   "types. You might need to add explicit type casts."},
    {"select now() + 1", "42883 at 14: operator does not exist: timestamp with time zone + integer HINT: No "
                         "operator matches the given name and "
                         "argument types. You might need to add explicit type casts."},
    {"select interval '1 day' * 'x'", "22P02 at 27: invalid input syntax for type double precision: \"x\""},
    {"select current_date + c from t", "42883 at 21: operator does not exist: date + text HINT: No operator "
                                       "matches the given name and argument "
                                       "types. You might need to add explicit type casts."},
    {"select upper(a) from t", "42883 at 8: function upper(integer) does not exist HINT: No function matches "
                               "the given name and argument types. You "
                               "might need to add explicit type casts."},
    {"select t from nosuch t", "42P01 at 15: relation \"nosuch\" does not exist"},
    {"select nullif(1, 'x')", "22P02 at 18: invalid input syntax for type integer: \"x\""},
    {"select greatest(1, 'x')", "22P02 at 20: invalid input syntax for type integer: \"x\""},
    {"select x.* from t", "42P01 at 8: missing FROM-clause entry for table \"x\""},
    {"select *", "42601 at 8: SELECT * with no tables specified is not valid"},
    {"select generate_series(1,2) from t where generate_series(1,2) = 1",
        "0A000 at 42: set-returning functions are not allowed in WHERE"},
    {"select sum(distinct) from t", "42601 at 20: syntax error at or near \")\""},
    {"select sum(*) from t", "42883 at 8: function sum() does not exist HINT: No function matches the given "
                             "name and argument types. You might need "
                             "to add explicit type casts."},
    {"values (1,2),(3)", "42601 at 15: VALUES lists must all be the same length"},
    {"values (1),('x')", "22P02 at 13: invalid input syntax for type integer: \"x\""},
    {"select a from (values (1,2)) as v(a,b,c)",
        "42P10 at 0: table \"v\" has 2 columns available but 3 columns specified"},
    {"with q as (select 1 as a) select b from q", "42703 at 34: column \"b\" does not exist"},
    {"with q(a,b) as (select 1) select * from q",
        "42P10 at 6: WITH query \"q\" has 1 columns available but 2 columns specified"},
    {"select c collate \"nope\" from t",
        "42704 at 10: collation \"nope\" for encoding \"UTF8\" does not exist"},
    {"select b as a, a as a from t order by a", "42702 at 39: ORDER BY \"a\" is ambiguous"},
    {"select a from t group by a having sum(b)",
        "42804 at 35: argument of HAVING must be type boolean, not type bigint"},
    {"select not 1", "42804 at 12: argument of NOT must be type boolean, not type integer"},
    {"select true and 1", "42804 at 17: argument of AND must be type boolean, not type integer"},
    {"select 1 is true", "42804 at 8: argument of IS TRUE must be type boolean, not type integer"},
    {"insert into t (a) select c from t", "42804 at 26: column \"a\" is of type integer but expression is of "
                                          "type text HINT: You will need to rewrite or cast the expression."},
    {"select grouping(a) from t group by b",
        "42803 at 17: arguments to GROUPING must be grouping expressions of the associated query level"},
    {"select a from t where grouping(a) = 1", "42803 at 23: grouping operations are not allowed in WHERE"},
};

START_TEST(errors_are_those_of_postgresql) {
    Arena *arena = arena_create();
    ck_assert_str_eq(plan_text(errors[_i].sql, PLAN_ONE_SHOT, arena), errors[_i].answer);
    arena_destroy(arena);
}
END_TEST

/* Types of result columns. */
static const struct {
    const char *sql, *types;
} results[] = {
    {"select 1, 3000000000, 1.5, 'x', null, true", "integer bigint numeric text text boolean"},
    {"select a + 1, a + 1.5, b / 2, -a from t", "integer numeric integer integer"},
    {"select 1 union select 2.5", "numeric"},
    {"select '1' union select 2", "integer"},
    {"select case when a > 1 then 1 else 2.5 end, coalesce(b, 1.0) from t", "numeric numeric"},
    {"select count(*), sum(b), max(c), avg(a) from t", "bigint bigint text numeric"},
    {"select '5' + a, a || c, 'x' || c from t", "integer text text"},
    {"select '2020-01-01'::date + 1, now() - interval '1 day', z - z from r",
        "date timestamp with time zone interval"},
    {"values (1, 'a'), (2.5, null)", "numeric text"},
    {"select array[1, 2.5], '{1}'::int[], array(select c from t)", "numeric[] integer[] text[]"},
    {"select row_number() over (), sum(b) over (order by a), lag(c) over (order by a) from t",
        "bigint bigint text"},
    {"select name, amount from orders", "character varying(5) numeric(10,2)"},
    {"select exists (select 1 from t), (select max(d) from u), 1 in (select a from t)",
        "boolean bigint boolean"},
    {"select g, o from generate_series(1, 3) with ordinality as x(g, o)", "integer bigint"},
};

START_TEST(results_have_postgresqls_types) {
    Arena *arena = arena_create();
    SyntaxStatement **statements;
    int count;
    Error error = {0};
    Plan plan;
    const char *sql = results[_i].sql;
    PlannerContext context = {
        .arena = arena, .catalog = &test_catalog, .settings = &type_settings_default, .sql = sql};
    ck_assert_int_eq(parse_statements(sql, strlen(sql), arena, &statements, &count, &error), OK);
    Status status = plan_query(&context, statements[0]->select, PLAN_ONE_SHOT, &plan, &error);
    ck_assert_msg(status == OK, "%s", error.message);
    Text types = {0};
    for (int i = 0; i < plan.visible_count; i++) {
        text_add_string(&types, i ? " " : "");
        type_add_name(plan.root->output.types[i], &types);
    }
    ck_assert_str_eq(text_string(&types), results[_i].types);
    text_free(&types);
    arena_destroy(arena);
}
END_TEST

/* Parameters take the type that their place gives them. */
START_TEST(parameters_are_inferred) {
    Arena *arena = arena_create();
    SyntaxStatement **statements;
    int count;
    Error error = {0};
    Plan plan;
    const char *sql = "select $3 || c from t where a = $1 and b = any($2) limit $4";
    PlannerContext context = {
        .arena = arena, .catalog = &test_catalog, .settings = &type_settings_default, .sql = sql};
    ck_assert_int_eq(parse_statements(sql, strlen(sql), arena, &statements, &count, &error), OK);
    ck_assert_int_eq(plan_query(&context, statements[0]->select, PLAN_ONE_SHOT, &plan, &error), OK);
    ck_assert_int_eq(context.parameter_count, 4);
    ck_assert_int_eq(type_oid(context.parameter_types[0]), 23);
    ck_assert_int_eq(type_oid(context.parameter_types[1]), 1007);
    ck_assert_int_eq(type_oid(context.parameter_types[2]), 25);
    ck_assert_int_eq(type_oid(context.parameter_types[3]), 20);
    arena_destroy(arena);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("bind");
    TCase *cases = tcase_create("bind");
    tcase_add_loop_test(cases, errors_are_those_of_postgresql, 0, COUNT(errors));
    tcase_add_loop_test(cases, results_have_postgresqls_types, 0, COUNT(results));
    tcase_add_test(cases, parameters_are_inferred);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
