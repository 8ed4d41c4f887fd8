/* Blackhole: sums are those of the content, whatever the order and the batching. */
#include <check.h>

#include "connectors/connector.h"
#include "executor/batch/batch.h"

static SinkWriter *writer;

static void setup(void) {
    static const char *names[] = {"a", "b", "n"};
    static Type types[3];
    types[0] = type_of(TYPE_INT8);
    types[1] = type_of(TYPE_TEXT);
    types[2] = type_of(TYPE_NUMERIC);
    ConnectorDefinition definition = {.connector = "blackhole", .columns = {3, names, types}};
    Error error = {0};
    ck_assert_int_eq(connector_by_name("blackhole")->open_sink(&definition, &writer, &error), OK);
}

static void teardown(void) {
    writer->type->close(writer);
}

static void add(Text *staged, const char *text) {
    Batch *batch = batch_from_text(text);
    Error error = {0};
    ck_assert_int_eq(writer->type->encode(writer, batch, staged, &error), OK);
    batch_release(batch);
}

static SinkSum sum_of(const Text *staged, int index) {
    SinkSum sum;
    ck_assert(writer->type->sum(writer, text_string(staged), staged->length, index, &sum));
    return sum;
}

#define HEAD "int8 text numeric\n"

START_TEST(content_not_changelog) {
    Text one = {0}, two = {0}, folded = {0};
    add(&one, HEAD "+1 1 x 1.0\n+1 2 \"a long enough text\" NULL\n+2 NULL y "
                   "12345678901234567890123456789012345678901234567890.5\n");
    add(&two, HEAD "+3 2 \"a long enough text\" NULL\n+1 7 z 3\n");
    add(&two, HEAD "+1 NULL y 12345678901234567890123456789012345678901234567890.5\n-2 2 \"a long enough "
                   "text\" NULL\n-1 7 z 3\n");
    writer->type->fold(&folded, two.bytes, two.length);
    Text rest = {0};
    add(&rest, HEAD "+1 NULL y 12345678901234567890123456789012345678901234567890.5\n+1 1 x 1.0\n");
    writer->type->fold(&folded, rest.bytes, rest.length);
    for (int i = 0; i <= 3; i++) {
        ck_assert_int_eq(sum_of(&one, i).count, sum_of(&folded, i).count);
        ck_assert_uint_eq(sum_of(&one, i).checksum, sum_of(&folded, i).checksum);
    }
    ck_assert_int_eq(sum_of(&one, 0).count, 4);
    ck_assert_ptr_null(sum_of(&one, 0).column);
    ck_assert_int_eq(sum_of(&one, 1).count, 2);
    ck_assert_str_eq(sum_of(&one, 1).column, "a");
    ck_assert_int_eq(sum_of(&one, 3).count, 3);
    SinkSum sum;
    ck_assert(!writer->type->sum(writer, one.bytes, one.length, 4, &sum));
    text_free(&one);
    text_free(&two);
    text_free(&rest);
    text_free(&folded);
}
END_TEST

START_TEST(selections_and_constants) {
    Text plain = {0}, other = {0};
    add(&plain, HEAD "+1 5 x 1\n+1 5 z 3\n");
    Batch *batch = batch_from_text(HEAD "+1 9 x 1\n+1 9 y 2\n+1 9 z 3\n");
    Batch *selected = batch_select(batch, (const uint16_t[]){0, 2}, 2);
    Value five = {.type = type_of(TYPE_INT8), .datum = {.int8 = 5}};
    Column *columns[] = {
        column_constant(&five), column_retain(selected->columns[1]), column_retain(selected->columns[2])};
    Batch *constant = batch_create(3, 3, columns);
    Batch *both = batch_select(constant, (const uint16_t[]){0, 2}, 2);
    Error error = {0};
    ck_assert_int_eq(writer->type->encode(writer, both, &other, &error), OK);
    for (int i = 0; i <= 3; i++)
        ck_assert_uint_eq(sum_of(&plain, i).checksum, sum_of(&other, i).checksum);
    ck_assert_int_eq(sum_of(&other, 0).count, 2);
    batch_release(batch);
    batch_release(selected);
    batch_release(constant);
    batch_release(both);
    text_free(&plain);
    text_free(&other);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("blackhole");
    TCase *tests = tcase_create("blackhole");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, content_not_changelog);
    tcase_add_test(tests, selections_and_constants);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
