/* Plans: stored form and back, damage, EXPLAIN lines. */
#include <check.h>
#include <string.h>

#include "executor/base/memory.h"
#include "executor/expressions/test/testing.h"
#include "executor/operators/filter.h"
#include "executor/operators/operator.h"
#include "executor/operators/project.h"
#include "executor/operators/leaf/scan.h"
#include "executor/operators/sort/sort.h"
#include "executor/operators/leaf/table_function.h"
#include "executor/operators/union_all.h"
#include "executor/operators/window/window.h"

static Arena *arena;

static void setup(void) {
    arena = arena_create();
}
static void teardown(void) {
    arena_destroy(arena);
}

static void set_output(OperatorSpec *spec, int count, const char **names, const TypeId *types) {
    spec->output = (Schema){count, ARENA_ARRAY(arena, const char *, count), ARENA_ARRAY(arena, Type, count)};
    spec->has_watermark = ARENA_ARRAY(arena, bool, count);
    for (int i = 0; i < count; i++) {
        spec->output.names[i] = names[i];
        spec->output.types[i] = type_of(types[i]);
    }
    spec->has_watermark[0] = true;
}

static OperatorSpec *scan(void) {
    OperatorSpec *spec = spec_create(arena, &scan_operator, 0);
    ScanParameters *parameters = spec->parameters;
    *parameters = (ScanParameters){
        .name = "bids", .object_id = 7, .column_count = 2, .columns = ARENA_ARRAY(arena, int, 2)};
    parameters->columns[1] = 5;
    set_output(spec, 2, (const char *[]){"ts", "price"}, (TypeId[]){TYPE_TIMESTAMP, TYPE_INT8});
    return spec;
}

static OperatorSpec *window(OperatorSpec *input) {
    OperatorSpec *spec = spec_create(arena, &window_operator, 1);
    WindowParameters *parameters = spec->parameters;
    *parameters = (WindowParameters){
        .kind = WINDOW_HOP, .size = INT64_C(600000000), .slide = 60000000, .arrival_column = -1};
    spec->inputs[0] = input;
    set_output(spec, 4, (const char *[]){"ts", "price", "window_start", "window_end"},
        (TypeId[]){TYPE_TIMESTAMP, TYPE_INT8, TYPE_TIMESTAMP, TYPE_TIMESTAMP});
    return spec;
}

static OperatorSpec *sort(OperatorSpec *input) {
    OperatorSpec *spec = spec_create(arena, &sort_operator, 1);
    SortParameters *parameters = spec->parameters;
    parameters->key_count = 2;
    parameters->keys = ARENA_ARRAY(arena, SortKey, 2);
    parameters->keys[0] = (SortKey){1, true, true};
    parameters->keys[1] = (SortKey){0, false, true};
    parameters->limit = test_int8(arena, 10);
    spec->inputs[0] = input;
    spec->output = input->output;
    spec->key_count = 1;
    spec->key = ARENA_ARRAY(arena, int, 1);
    spec->is_updating = true;
    spec->row_estimate = 12.5;
    return spec;
}

static OperatorSpec *tree(void) {
    OperatorSpec *both = spec_create(arena, &union_all_operator, 2);
    both->inputs[0] = window(scan());
    both->inputs[1] = sort(window(scan()));
    both->output = both->inputs[0]->output;
    spec_number(both);
    return both;
}

static void assert_text(const OperatorSpec *spec, const char *expected) {
    Text out = {0};
    spec_add_text(spec, &out);
    ck_assert_str_eq(text_string(&out), expected);
    text_free(&out);
}

START_TEST(lines_of_explain) {
    OperatorSpec *plan = tree();
    assert_text(plan, "UnionAll");
    assert_text(plan->inputs[0], "Window HOP time: ts size: 00:10:00 slide: 00:01:00");
    assert_text(plan->inputs[0]->inputs[0], "Scan bids");
    assert_text(plan->inputs[1], "Sort keys: price DESC, ts NULLS FIRST limit: '10'::bigint");
    ((SortParameters *)plan->inputs[1]->parameters)->key_count = 0;
    assert_text(plan->inputs[1], "Limit limit: '10'::bigint");
    OperatorSpec *filter = spec_create(arena, &filter_operator, 1);
    filter->inputs[0] = scan();
    ((FilterParameters *)filter->parameters)->predicate =
        test_call(arena, &test_under, test_column(arena, 1, TYPE_INT8), test_int8(arena, 3));
    assert_text(filter, "Filter condition: (price < '3'::bigint)");
    OperatorSpec *project = spec_create(arena, &project_operator, 1);
    Expression *expressions[] = {test_column(arena, 0, TYPE_TIMESTAMP),
        test_call(arena, &test_plus, test_column(arena, 1, TYPE_INT8), test_column(arena, 1, TYPE_INT8))};
    project->inputs[0] = scan();
    *(ProjectParameters *)project->parameters = (ProjectParameters){2, expressions};
    assert_text(project, "Project ts, (price + price)");
}
END_TEST

START_TEST(numbers_are_preorder) {
    OperatorSpec *plan = tree();
    ck_assert_int_eq(plan->id, 1);
    ck_assert_int_eq(plan->inputs[0]->id, 2);
    ck_assert_int_eq(plan->inputs[0]->inputs[0]->id, 3);
    ck_assert_int_eq(plan->inputs[1]->id, 4);
}
END_TEST

START_TEST(stored_form_comes_back) {
    OperatorSpec *plan = tree(), *decoded;
    Text stored = {0}, again = {0};
    Error error = {0};
    spec_encode(plan, &stored);
    ck_assert_int_eq(spec_decode(stored.bytes, stored.length, arena, &decoded, &error), OK);
    spec_encode(decoded, &again);
    ck_assert(stored.length == again.length && memcmp(stored.bytes, again.bytes, stored.length) == 0);
    const ScanParameters *scan = decoded->inputs[0]->inputs[0]->parameters;
    ck_assert_str_eq(scan->name, "bids");
    ck_assert_int_eq(scan->columns[1], 5);
    ck_assert_ptr_eq(decoded->inputs[1]->type, &sort_operator);
    ck_assert(decoded->inputs[1]->is_updating && decoded->inputs[1]->key_count == 1 &&
              decoded->inputs[1]->row_estimate == 12.5);
    ck_assert(decoded->inputs[0]->has_watermark[0] && !decoded->inputs[0]->has_watermark[1]);
    text_free(&stored);
    text_free(&again);
}
END_TEST

START_TEST(damage_is_an_error) {
    Text stored = {0};
    spec_encode(tree(), &stored);
    for (size_t i = 0; i < stored.length; i++) {
        Error error = {0};
        OperatorSpec *decoded;
        ck_assert_int_ne(spec_decode(stored.bytes, i, arena, &decoded, &error), OK);
        error_clear(&error);
        for (int bit = 0; bit < 8; bit++) {
            char *damaged = memory_copy_text(stored.bytes, stored.length);
            damaged[i] ^= (char)(1 << bit);
            if (spec_decode(damaged, stored.length, arena, &decoded, &error) == OK) {
                Text text = {0};
                spec_add_text(decoded, &text);
                text_free(&text);
            }
            error_clear(&error);
            memory_free(damaged);
        }
    }
    text_free(&stored);
}
END_TEST

START_TEST(unknown_operators_are_named) {
    Text stored = {0};
    OperatorType foreign = {.name = "Teleport", .version = 1, .parameters_size = 8};
    OperatorSpec *spec = spec_create(arena, &foreign, 0), *decoded;
    Error error = {0};
    spec_encode(spec, &stored);
    ck_assert_int_eq(
        spec_decode(stored.bytes, stored.length, arena, &decoded, &error), STATUS_FEATURE_NOT_SUPPORTED);
    ck_assert_str_eq(error.message, "this server has no operator \"Teleport\"");
    error_clear(&error);
    text_free(&stored);
}
END_TEST

static Suite *suite(void) {
    Suite *suite = suite_create("spec");
    TCase *tests = tcase_create("spec");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, lines_of_explain);
    tcase_add_test(tests, numbers_are_preorder);
    tcase_add_test(tests, stored_form_comes_back);
    tcase_add_test(tests, damage_is_an_error);
    tcase_add_test(tests, unknown_operators_are_named);
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
