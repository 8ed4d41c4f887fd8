/* TableFunction: series and parts, alone, lateral, padded, with ordinality. */
#include <check.h>
#include <string.h>

#include "executor/expressions/test/testing.h"
#include "executor/operators/leaf/table_function.h"
#include "executor/operators/test/testing.h"

static Arena *arena;

static void setup(void) {
    arena = arena_create();
}
static void teardown(void) {
    arena_destroy(arena);
}

static Expression *constant(TypeId type, const char *text) {
    Value value = {.type = type_of(type)};
    ck_assert_int_eq(
        datum_parse(value.type, text, strlen(text), &type_settings_default, arena, &value.datum, NULL), OK);
    return expression_constant(arena, &value);
}

static Schema one_column(TypeId type) {
    static const char *names[] = {"value"};
    static Type types[1];
    types[0] = type_of(type);
    return (Schema){1, names, types};
}

static void assert_leaf(const char *function, TypeId result, int argument_count, Expression **arguments,
    const char *types, const char *expected) {
    TableFunctionParameters parameters = {
        function, argument_count, arguments, one_column(result), false, false};
    Testbed *bed = testbed_create(
        &table_function_operator, &parameters, 0, NULL, types, &(TestbedOptions){.is_one_shot = true});
    ck_assert_str_eq(testbed_collect_in_order(bed), expected);
    ck_assert(testbed_is_done(bed));
    testbed_destroy(bed);
}

#define LEAF(function, result, types, expected, ...)                                                   \
    assert_leaf(function, result, (int)(sizeof((Expression *[]){__VA_ARGS__}) / sizeof(Expression *)), \
        (Expression *[]){__VA_ARGS__}, types, expected)

START_TEST(series_of_numbers) {
    LEAF("generate_series", TYPE_INT4, "int4", "int4\n+1 -1\n+1 0\n+1 1\n", constant(TYPE_INT4, "-1"),
        constant(TYPE_INT4, "1"));
    LEAF("generate_series", TYPE_INT8, "int8", "int8\n+1 5\n+1 3\n+1 1\n", constant(TYPE_INT8, "5"),
        constant(TYPE_INT8, "0"), constant(TYPE_INT8, "-2"));
    LEAF("generate_series", TYPE_INT8, "int8", "int8\n", constant(TYPE_INT8, "5"), constant(TYPE_INT8, "0"));
    LEAF("generate_series", TYPE_INT8, "int8", "int8\n+1 9223372036854775806\n+1 9223372036854775807\n",
        constant(TYPE_INT8, "9223372036854775806"), constant(TYPE_INT8, "9223372036854775807"));
    LEAF("generate_series", TYPE_NUMERIC, "numeric", "numeric\n+1 1\n+1 1.5\n+1 2.0\n",
        constant(TYPE_NUMERIC, "1"), constant(TYPE_NUMERIC, "2.2"), constant(TYPE_NUMERIC, "0.5"));
    LEAF("generate_series", TYPE_INT8, "int8", "int8\n", constant(TYPE_INT8, "5"),
        test_null(arena, TYPE_INT8));
    LEAF("generate_series(int4, int4) -> setof int4", TYPE_INT4, "int4", "int4\n+1 1\n",
        constant(TYPE_INT4, "1"), constant(TYPE_INT4, "1"));
}
END_TEST

START_TEST(series_of_moments) {
    LEAF("generate_series", TYPE_TIMESTAMP, "timestamp",
        "timestamp\n+1 \"2024-01-31 00:00:00\"\n+1 \"2024-02-29 00:00:00\"\n+1 \"2024-03-29 00:00:00\"\n",
        constant(TYPE_TIMESTAMP, "2024-01-31"), constant(TYPE_TIMESTAMP, "2024-04-01"),
        constant(TYPE_INTERVAL, "1 month"));
    LEAF("generate_series", TYPE_TIMESTAMP, "timestamp",
        "timestamp\n+1 \"2024-01-02 00:00:00\"\n+1 \"2024-01-01 12:00:00\"\n",
        constant(TYPE_TIMESTAMP, "2024-01-02"), constant(TYPE_TIMESTAMP, "2024-01-01 06:00"),
        constant(TYPE_INTERVAL, "-12 hours"));
}
END_TEST

START_TEST(parts_of_strings) {
    LEAF("string_to_table", TYPE_TEXT, "text",
        "text\n+1 a\n+1 \"\"\n+1 \"a long part of a string\"\n+1 \"\"\n",
        constant(TYPE_TEXT, "a,,a long part of a string,"), constant(TYPE_TEXT, ","));
    LEAF("string_to_table", TYPE_TEXT, "text", "text\n+1 a\n+1 NULL\n", constant(TYPE_TEXT, "a--x"),
        constant(TYPE_TEXT, "--"), constant(TYPE_TEXT, "x"));
    LEAF("string_to_table", TYPE_TEXT, "text", "text\n+1 ä\n+1 b\n", constant(TYPE_TEXT, "äb"),
        test_null(arena, TYPE_TEXT));
    LEAF("string_to_table", TYPE_TEXT, "text", "text\n+1 a,b\n", constant(TYPE_TEXT, "a,b"),
        constant(TYPE_TEXT, ""));
    LEAF("string_to_table", TYPE_TEXT, "text", "text\n", constant(TYPE_TEXT, ""), constant(TYPE_TEXT, ","));
}
END_TEST

static Expression *array_constant(TypeId element, const char *text) {
    Value value = {.type = type_array_of(element)};
    ck_assert_int_eq(
        datum_parse(value.type, text, strlen(text), &type_settings_default, arena, &value.datum, NULL), OK);
    return expression_constant(arena, &value);
}

START_TEST(sets_of_arrays) {
    LEAF("unnest", TYPE_INT8, "int8", "int8\n+1 1\n+1 NULL\n+1 3\n+1 4\n",
        array_constant(TYPE_INT8, "{{1,NULL},{3,4}}"));
    LEAF("unnest", TYPE_TEXT, "text", "text\n+1 \"a text that is longer than twelve\"\n+1 b\n",
        array_constant(TYPE_TEXT, "{a text that is longer than twelve,b}"));
    LEAF("unnest", TYPE_INT8, "int8", "int8\n", array_constant(TYPE_INT8, "{}"));
    LEAF("generate_subscripts", TYPE_INT4, "int4", "int4\n+1 1\n+1 2\n+1 3\n",
        array_constant(TYPE_INT8, "{{1,2,3},{4,5,6}}"), constant(TYPE_INT4, "2"));
    LEAF("generate_subscripts", TYPE_INT4, "int4", "int4\n+1 0\n+1 -1\n",
        array_constant(TYPE_INT8, "[-1:0]={4,5}"), constant(TYPE_INT4, "1"), constant(TYPE_BOOL, "t"));
    LEAF("generate_subscripts", TYPE_INT4, "int4", "int4\n", array_constant(TYPE_INT8, "{4,5}"),
        constant(TYPE_INT4, "2"));
}
END_TEST

static void assert_failure(
    const char *function, Expression *argument, TypeId result, const char *type, const char *expected) {
    TableFunctionParameters parameters = {function, 1, &argument, one_column(result), false, false};
    Testbed *bed = testbed_create(
        &table_function_operator, &parameters, 0, NULL, type, &(TestbedOptions){.is_one_shot = true});
    testbed_collect(bed);
    ck_assert_str_eq(testbed_failures(bed), expected);
    testbed_destroy(bed);
}

START_TEST(sets_of_json) {
    LEAF("jsonb_array_elements", TYPE_JSONB, "jsonb",
        "jsonb\n+1 1\n+1 \"\"\"a\\\"\"b\"\"\"\n+1 null\n+1 \"{\"\"k\"\": [2, 3]}\"\n",
        constant(TYPE_JSONB, "[1, \"a\\\"b\", null, {\"k\":[2,3]}]"));
    LEAF("jsonb_array_elements_text", TYPE_TEXT, "text", "text\n+1 1\n+1 \"a\"\"b\"\n+1 NULL\n+1 true\n",
        constant(TYPE_JSONB, "[1, \"a\\\"b\", null, true]"));
    LEAF("json_array_elements_text", TYPE_TEXT, "text", "text\n+1 1e1\n+1 \"[ 2 ]\"\n",
        constant(TYPE_JSON, " [1e1 , [ 2 ] ] "));
    LEAF("jsonb_object_keys", TYPE_TEXT, "text", "text\n+1 a\n+1 bb\n",
        constant(TYPE_JSONB, "{\"bb\":1,\"a\":2}"));
    assert_failure("jsonb_array_elements", constant(TYPE_JSONB, "{}"), TYPE_JSONB, "jsonb",
        "22023 cannot extract elements from an object: +1\n");
    assert_failure("json_array_elements", constant(TYPE_JSON, "{}"), TYPE_JSON, "json",
        "22023 cannot call json_array_elements on a non-array: +1\n");
    assert_failure("jsonb_object_keys", constant(TYPE_JSONB, "1"), TYPE_TEXT, "text",
        "22023 cannot call jsonb_object_keys on a scalar: +1\n");
}
END_TEST

START_TEST(sets_of_matches) {
    LEAF("regexp_split_to_table", TYPE_TEXT, "text", "text\n+1 a\n+1 b\n+1 \"\"\n",
        constant(TYPE_TEXT, "a, b,"), constant(TYPE_TEXT, ",\\s*"));
    LEAF("regexp_split_to_table", TYPE_TEXT, "text", "text\n+1 a\n+1 ä\n+1 c\n", constant(TYPE_TEXT, "aäc"),
        constant(TYPE_TEXT, ""));
    LEAF("regexp_split_to_table", TYPE_TEXT, "text", "text\n+1 1\n+1 2\n", constant(TYPE_TEXT, "1X2"),
        constant(TYPE_TEXT, "x"), constant(TYPE_TEXT, "i"));
    static const char *names[] = {"regexp_matches"};
    static Type types[1];
    types[0] = type_array_of(TYPE_TEXT);
    Expression *arguments[] = {
        constant(TYPE_TEXT, "a1b2c"), constant(TYPE_TEXT, "([a-z])([0-9])?"), constant(TYPE_TEXT, "g")};
    TableFunctionParameters parameters = {"regexp_matches", 3, arguments, {1, names, types}, false, false};
    Testbed *bed = testbed_create(
        &table_function_operator, &parameters, 0, NULL, "text[]", &(TestbedOptions){.is_one_shot = true});
    ck_assert_str_eq(testbed_collect_in_order(bed), "text[]\n+1 {a,1}\n+1 {b,2}\n+1 {c,NULL}\n");
    testbed_destroy(bed);
}
END_TEST

static Schema two_columns(TypeId second) {
    static const char *names[] = {"key", "value"};
    static Type types[2];
    types[0] = type_of(TYPE_TEXT);
    types[1] = type_of(second);
    return (Schema){2, names, types};
}

START_TEST(sets_with_two_columns) {
    Expression *arguments[] = {test_column(arena, 0, TYPE_JSONB)};
    TableFunctionParameters parameters = {"jsonb_each", 1, arguments, two_columns(TYPE_JSONB), false, true};
    Testbed *bed = testbed_create(
        &table_function_operator, &parameters, 1, (const char *const[]){"jsonb"}, "jsonb text jsonb", NULL);
    testbed_feed(bed, 0, "jsonb\n+1 \"{\"\"b\"\":1,\"\"a\"\":\"\"x\"\"}\"\n+1 {}\n+1 [1]\n");
    ck_assert_str_eq(testbed_collect_in_order(bed),
        "jsonb text jsonb\n+1 \"{\"\"a\"\": \"\"x\"\", \"\"b\"\": 1}\" a \"\"\"x\"\"\"\n+1 \"{\"\"a\"\": "
        "\"\"x\"\", \"\"b\"\": 1}\" b 1\n+1 {} NULL NULL\n");
    ck_assert_str_eq(testbed_failures(bed), "22023 cannot call jsonb_each on a non-object: +1 [1]\n");
    testbed_destroy(bed);
    Expression *options[] = {array_constant(TYPE_TEXT, "{a=1,b,c=d=e}")};
    parameters =
        (TableFunctionParameters){"pg_options_to_table", 1, options, two_columns(TYPE_TEXT), false, false};
    bed = testbed_create(
        &table_function_operator, &parameters, 0, NULL, "text text", &(TestbedOptions){.is_one_shot = true});
    ck_assert_str_eq(testbed_collect_in_order(bed), "text text\n+1 a 1\n+1 b NULL\n+1 c d=e\n");
    testbed_destroy(bed);
}
END_TEST

/* As many rows as the longest gives; a strict one without its argument gives none. */
START_TEST(several_run_in_step) {
    static const char *names[] = {"a", "b", "b"};
    Type types[] = {type_of(TYPE_INT8), type_of(TYPE_TEXT), type_of(TYPE_TEXT)};
    Expression *arguments[] = {
        test_int8(arena, 1), test_column(arena, 0, TYPE_INT8), array_constant(TYPE_TEXT, "{x=1,y}")};
    TableFunctionParameters parameters = {
        "generate_series(int8, int8) -> setof int8;pg_options_to_table(text[]) -> setof record", 3, arguments,
        (Schema){3, names, types}, false, false};
    Testbed *bed = testbed_create(
        &table_function_operator, &parameters, 1, (const char *const[]){"int8"}, "int8 int8 text text", NULL);
    testbed_feed(bed, 0, "int8\n+1 3\n-1 0\n+1 NULL\n");
    ck_assert_str_eq(testbed_collect_in_order(bed),
        "int8 int8 text text\n+1 3 1 x 1\n+1 3 2 y NULL\n+1 3 3 NULL NULL\n-1 0 NULL x 1\n-1 0 NULL y NULL\n"
        "+1 NULL NULL x 1\n+1 NULL NULL y NULL\n");
    testbed_destroy(bed);
}
END_TEST

START_TEST(huge_series_come_batch_by_batch) {
    Expression *arguments[] = {test_int8(arena, 1), test_int8(arena, 100000)};
    TableFunctionParameters parameters = {
        "generate_series", 2, arguments, one_column(TYPE_INT8), true, false};
    Testbed *bed = testbed_create(
        &table_function_operator, &parameters, 0, NULL, "int8 int8", &(TestbedOptions){.is_one_shot = true});
    Operator *instance = testbed_operator(bed);
    int64_t rows = 0;
    Progress progress = PROGRESS_MORE;
    while (progress == PROGRESS_MORE) {
        Batch *batch;
        ck_assert_int_eq(instance->type->produce(instance, &batch, &progress, NULL), OK);
        for (int i = 0; batch != NULL && i < batch->row_count; i++) {
            rows++;
            ck_assert_int_eq(column_int8(batch->columns[0], i), rows);
            ck_assert_int_eq(column_int8(batch->columns[1], i), rows);
        }
        batch_release(batch);
    }
    ck_assert_int_eq(rows, 100000);
    testbed_destroy(bed);
}
END_TEST

START_TEST(lateral_repeats_rows) {
    Expression *arguments[] = {
        test_int8(arena, 1), test_column(arena, 0, TYPE_INT8), test_column(arena, 1, TYPE_INT8)};
    TableFunctionParameters parameters = {
        "generate_series", 3, arguments, one_column(TYPE_INT8), true, false};
    const char *input = "int8 int8 text\n+1 2 1 a\n-2 3 2 b\n+1 0 1 c\n+1 NULL 1 d\n+1 5 0 e\n+1 1 1 f\n";
    Testbed *bed = testbed_create(&table_function_operator, &parameters, 1,
        (const char *const[]){"int8 int8 text"}, "int8 int8 text int8 int8", NULL);
    testbed_spec(bed)->has_watermark[0] = true;
    testbed_feed(bed, 0, input);
    testbed_seal(bed, 0, (int64_t[]){7, 7, 7});
    ck_assert_str_eq(testbed_collect_in_order(bed),
        "int8 int8 text int8 int8\n+1 2 1 a 1 1\n+1 2 1 a 2 2\n-2 3 2 b 1 1\n-2 3 2 b 3 2\n+1 1 1 f 1 1\n");
    ck_assert_str_eq(testbed_failures(bed), "22023 step size cannot equal zero: +1 5 0 e\n");
    ck_assert_int_eq(testbed_watermark(bed, 0), 7);
    ck_assert_int_eq(testbed_watermark(bed, 3), WATERMARK_NONE);
    testbed_destroy(bed);
    parameters.is_outer = true;
    bed = testbed_create(&table_function_operator, &parameters, 1, (const char *const[]){"int8 int8 text"},
        "int8 int8 text int8 int8", NULL);
    testbed_feed_selected(bed, 0, input);
    ck_assert_str_eq(testbed_collect_in_order(bed),
        "int8 int8 text int8 int8\n+1 2 1 a 1 1\n+1 2 1 a 2 2\n+1 0 1 c NULL NULL\n");
    ck_assert(!testbed_is_done(bed));
    testbed_destroy(bed);
}
END_TEST

START_TEST(failing_arguments_leave_the_row_out) {
    Expression *arguments[] = {test_int8(arena, 1),
        test_call(arena, &test_over, test_int8(arena, 2), test_column(arena, 0, TYPE_INT8))};
    TableFunctionParameters parameters = {
        "generate_series", 2, arguments, one_column(TYPE_INT8), false, true};
    Testbed *bed = testbed_create(
        &table_function_operator, &parameters, 1, (const char *const[]){"int8"}, "int8 int8", NULL);
    testbed_feed(bed, 0, "int8\n+1 0\n+1 1\n+1 2\n");
    ck_assert_str_eq(testbed_collect_in_order(bed), "int8 int8\n+1 1 1\n+1 1 2\n+1 2 1\n");
    ck_assert_str_eq(testbed_failures(bed), "22012 division by zero: +1 0\n");
    testbed_destroy(bed);
}
END_TEST

static Suite *suite(void) {
    Suite *suite = suite_create("table_function");
    TCase *tests = tcase_create("table_function");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, series_of_numbers);
    tcase_add_test(tests, series_of_moments);
    tcase_add_test(tests, parts_of_strings);
    tcase_add_test(tests, sets_of_arrays);
    tcase_add_test(tests, sets_of_json);
    tcase_add_test(tests, sets_of_matches);
    tcase_add_test(tests, sets_with_two_columns);
    tcase_add_test(tests, several_run_in_step);
    tcase_add_test(tests, huge_series_come_batch_by_batch);
    tcase_add_test(tests, lateral_repeats_rows);
    tcase_add_test(tests, failing_arguments_leave_the_row_out);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void) {
    SRunner *runner = srunner_create(suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
