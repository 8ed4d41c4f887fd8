/* Batches: selecting, appending, text form, comparison. */
#include "executor/batch/batch.h"

#include <check.h>
#include <string.h>

static void assert_text(const Batch *batch, const char *expected) {
    Text out = {0};
    batch_add_text(batch, &out);
    ck_assert_str_eq(text_string(&out), expected);
    text_free(&out);
}

START_TEST(text_round_trip) {
    const char *text = "int8 text bool\n+1 10 a true\n-2 NULL \"two words\" NULL\n+1 -5 \"\" false\n+1 6 "
                       "\"NULL\" true\n+1 7 \"a \"\"b\"\"\" true\n";
    Batch *batch = batch_from_text(text);
    ck_assert_int_eq(batch->row_count, 5);
    ck_assert_int_eq(batch_diff(batch, 1), -2);
    ck_assert(column_is_null(batch->columns[0], 1));
    Text out = {0};
    batch_add_text(batch, &out);
    Batch *again = batch_from_text(text_string(&out));
    Text second = {0};
    batch_add_text(again, &second);
    ck_assert_str_eq(text_string(&out), text_string(&second));
    text_free(&out);
    text_free(&second);
    batch_release(again);
    batch_release(batch);
}
END_TEST

START_TEST(select_dense_project) {
    Batch *batch =
        batch_from_text("int8 text\n+1 1 a\n+3 NULL \"a text that does not fit\"\n+1 3 c\n-1 4 NULL\n");
    uint16_t rows[] = {1, 3};
    Batch *selected = batch_select(batch, rows, 2);
    batch_release(batch);
    assert_text(selected, "int8 text\n+3 NULL \"a text that does not fit\"\n-1 4 NULL\n");
    Batch *dense = batch_dense(selected);
    batch_release(selected);
    ck_assert_int_eq(dense->row_count, 2);
    ck_assert_ptr_null(dense->selection);
    assert_text(dense, "int8 text\n+3 NULL \"a text that does not fit\"\n-1 4 NULL\n");
    ck_assert_int_eq(column_int8(dense->columns[0], 0), 0);
    Batch *same = batch_dense(dense);
    ck_assert_ptr_eq(same, dense);
    batch_release(same);
    int columns[] = {1, 0, 1};
    Batch *projected = batch_project(dense, columns, 3);
    batch_release(dense);
    assert_text(projected, "text int8 text\n+3 \"a text that does not fit\" NULL \"a text that does not "
                           "fit\"\n-1 NULL 4 NULL\n");
    batch_release(projected);
}
END_TEST

START_TEST(constants) {
    Value values[3] = {{.type = type_of(TYPE_INT4), .datum.int4 = 7},
        {.type = type_of(TYPE_TEXT), .is_null = true}, {.type = type_of(TYPE_TEXT)}};
    values[2].datum.view = view_of("thirteen chars", 14);
    Column *columns[3];
    for (int i = 0; i < 3; i++)
        columns[i] = column_constant(&values[i]);
    Batch *batch = batch_create(2, 3, columns);
    assert_text(batch, "int4 text text\n+1 7 NULL \"thirteen chars\"\n+1 7 NULL \"thirteen chars\"\n");
    Batch *dense = batch_dense(batch);
    ck_assert(!dense->columns[0]->is_constant);
    assert_text(dense, "int4 text text\n+1 7 NULL \"thirteen chars\"\n+1 7 NULL \"thirteen chars\"\n");
    batch_release(batch);
    batch_release(dense);
}
END_TEST

START_TEST(append_to_builder) {
    Batch *batch =
        batch_from_text("int8 text\n+1 1 a\n+1 NULL \"a text that does not fit\"\n+1 3 NULL\n+2 4 d\n");
    Type types[] = {type_of(TYPE_INT8), type_of(TYPE_TEXT)};
    Batch *builder = batch_builder(types, 2, 6);
    uint16_t rows[] = {0, 1, 2};
    Batch *selected = batch_select(batch, rows, 3);
    ck_assert_int_eq(batch_append(builder, selected, 0, 6), 3);
    ck_assert_int_eq(batch_append(builder, batch, 1, 6), 3);
    ck_assert_int_eq(batch_append(builder, batch, 0, 6), 0);
    batch_release(selected);
    batch_release(batch);
    assert_text(builder, "int8 text\n+1 1 a\n+1 NULL \"a text that does not fit\"\n+1 3 NULL\n"
                         "+1 NULL \"a text that does not fit\"\n+1 3 NULL\n+2 4 d\n");
    Batch *single = batch_builder(types, 2, 2);
    batch_append_row(single, builder, 1, 1);
    batch_append_row(single, builder, 5, -4);
    batch_release(builder);
    assert_text(single, "int8 text\n+1 NULL \"a text that does not fit\"\n-4 4 d\n");
    batch_release(single);
}
END_TEST

START_TEST(retype_shares_values) {
    Batch *batch = batch_from_text("int8\n+1 1\n+1 NULL\n");
    Column *retyped = column_retype(batch->columns[0], type_of(TYPE_TIMESTAMP));
    batch_release(batch);
    ck_assert_int_eq(retyped->type.id, TYPE_TIMESTAMP);
    ck_assert_int_eq(column_int8(retyped, 0), 1);
    ck_assert(column_is_null(retyped, 1));
    column_release(retyped);
}
END_TEST

START_TEST(comparison) {
    Batch *batch = batch_from_text("int8 text float8\n+1 1 b 0\n+1 1 a -0\n+1 NULL a NaN\n+1 2 NULL NaN\n");
    Batch *other = batch_from_text("int4 text\n+1 1 b\n+1 2 NULL\n");
    int columns[] = {0, 1}, floats[] = {2};
    ck_assert(batch_keys_equal(batch, columns, 0, other, columns, 0, 2));
    ck_assert(!batch_keys_equal(batch, columns, 1, other, columns, 0, 2));
    ck_assert(batch_keys_equal(batch, columns, 3, other, columns, 1, 2));
    ck_assert(batch_keys_equal(batch, floats, 0, batch, floats, 1, 1));
    ck_assert(!batch_rows_identical(batch, 0, batch, 1, floats, 1));
    ck_assert(batch_rows_identical(batch, 2, batch, 3, floats, 1));
    SortKey keys[] = {{.column = 0, .is_descending = true, .is_nulls_first = false}, {.column = 1}};
    ck_assert_int_lt(batch_compare_rows(batch, 3, batch, 0, keys, 2), 0);
    ck_assert_int_gt(batch_compare_rows(batch, 0, batch, 1, keys, 2), 0);
    ck_assert_int_lt(batch_compare_rows(batch, 0, batch, 2, keys, 2), 0);
    keys[0].is_nulls_first = true;
    ck_assert_int_gt(batch_compare_rows(batch, 0, batch, 2, keys, 2), 0);
    ck_assert_int_eq(batch_compare_rows(batch, 0, batch, 0, keys, 2), 0);
    batch_release(batch);
    batch_release(other);
}
END_TEST

int main(void) {
    TCase *cases = tcase_create("batch");
    tcase_add_test(cases, text_round_trip);
    tcase_add_test(cases, select_dense_project);
    tcase_add_test(cases, constants);
    tcase_add_test(cases, append_to_builder);
    tcase_add_test(cases, retype_shares_values);
    tcase_add_test(cases, comparison);
    Suite *suite = suite_create("batch");
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
