/* Scan and SystemScan: changes passed on, rows read at an epoch, lookups, sources, system relations. */
#include <check.h>
#include <string.h>

#include "executor/expressions/test/testing.h"
#include "executor/operators/leaf/scan.h"
#include "executor/operators/leaf/system_scan.h"
#include "executor/operators/test/testing.h"

static Arena *arena;
static Relation *relation;

static void setup(void) {
    arena = arena_create();
    static Type types[3];
    types[0] = type_of(TYPE_INT8);
    types[1] = type_of(TYPE_TEXT);
    types[2] = type_of(TYPE_INT8);
    static const int key[] = {0};
    relation = relation_create(&(RelationSpec){
        .object_id = 7, .column_count = 3, .types = types, .key_count = 1, .key = key, .part_count = 1});
}
static void teardown(void) {
    relation_release(relation);
    arena_destroy(arena);
}

static void apply(const char *text, uint64_t epoch) {
    Batch *batch = batch_from_text(text);
    Error error = {0};
    ck_assert_int_eq(relation_apply(relation, 0, &batch, 1, epoch, NULL, &error), OK);
    batch_release(batch);
}

static Relation *find_relation(Environment *environment, uint32_t object_id) {
    return object_id == 7 ? relation : NULL;
}

/* A source of two batches with a pause between them. */
typedef struct TwoBatches {
    SourceScan base;
    int calls;
} TwoBatches;

static int closed_count;

static Status next_batch(SourceScan *scan, Batch **batch, bool *is_end, Error *error) {
    int call = ((TwoBatches *)scan)->calls++;
    *batch = call == 0   ? batch_from_text("int8 text\n+1 1 a\n")
             : call == 2 ? batch_from_text("int8 text\n+1 2 b\n")
                         : NULL;
    *is_end = call == 2;
    return OK;
}
static void close_batches(SourceScan *scan) {
    closed_count++;
}
static TwoBatches two_batches = {{.next = next_batch, .close = close_batches}, 0};

static Status open_source(Environment *environment, uint32_t object_id, SourceScan **scan, Error *error) {
    two_batches.calls = 0;
    *scan = &two_batches.base;
    return OK;
}

static Status system_rows(Environment *environment, const char *name, BatchList *rows, Error *error) {
    if (strcmp(name, "pg_catalog.pg_things") != 0)
        return error_set(error, STATUS_UNDEFINED_TABLE, "relation \"%s\" does not exist", name);
    batch_list_add(rows, batch_from_text("int8 text\n+1 1 a\n+1 2 b\n"));
    batch_list_add(rows, batch_from_text("int8 text\n+1 3 c\n"));
    return OK;
}

static Environment environment(uint64_t epoch) {
    static QueryEnvironment query = {.open_source = open_source, .system_rows = system_rows};
    return (Environment){.epoch = epoch, .relation = find_relation, .query = &query};
}

static const char *one_shot(ScanParameters *parameters, uint64_t epoch, const char *types) {
    static Text out;
    Environment at = environment(epoch);
    Testbed *bed = testbed_create(&scan_operator, parameters, 0, NULL, types,
        &(TestbedOptions){.is_one_shot = true, .environment = &at});
    text_reset(&out);
    text_add_string(&out, testbed_collect(bed));
    ck_assert(testbed_is_done(bed));
    testbed_destroy(bed);
    return text_string(&out);
}

START_TEST(changes_pass_through) {
    ScanParameters parameters = {.name = "t", .object_id = 7, .column_count = 2, .columns = (int[]){2, 0}};
    Testbed *bed = testbed_create(&scan_operator, &parameters, 0, NULL, "int8 int8", NULL);
    testbed_spec(bed)->has_watermark[1] = true;
    testbed_feed(bed, 0, "int8 text int8\n+1 1 a 10\n-1 2 b 20\n");
    ck_assert_str_eq(testbed_collect(bed), "int8 int8\n+1 10 1\n-1 20 2\n");
    ck_assert(!testbed_is_done(bed));
    testbed_operator(bed)->input_watermarks[0][1] = 5; /* by output column */
    testbed_seal(bed, 0, NULL);
    testbed_collect(bed);
    ck_assert(testbed_is_done(bed));
    ck_assert_int_eq(testbed_watermark(bed, 0), WATERMARK_NONE);
    ck_assert_int_eq(testbed_watermark(bed, 1), 5);
    testbed_destroy(bed);
}
END_TEST

START_TEST(rows_are_read_at_the_epoch) {
    apply("int8 text int8\n+1 1 a 10\n+1 2 b 20\n", 1);
    apply("int8 text int8\n-1 2 b 20\n+1 2 B 21\n+1 3 c 30\n", 2);
    ScanParameters parameters = {.name = "t", .object_id = 7, .column_count = 2, .columns = (int[]){1, 0}};
    ck_assert_str_eq(one_shot(&parameters, 1, "text int8"), "text int8\n+1 a 1\n+1 b 2\n");
    ck_assert_str_eq(one_shot(&parameters, 2, "text int8"), "text int8\n+1 B 2\n+1 a 1\n+1 c 3\n");
    ScanParameters none = {.name = "t", .object_id = 7};
    ck_assert_str_eq(one_shot(&none, 2, ""), "\n+3\n");
}
END_TEST

START_TEST(keys_are_looked_up) {
    apply("int8 text int8\n+1 1 a 10\n+1 2 b 20\n", 1);
    Expression *key[] = {test_call(arena, &test_plus, test_int8(arena, 1), test_int8(arena, 1))};
    ScanParameters parameters = {
        .name = "t", .object_id = 7, .column_count = 2, .columns = (int[]){2, 1}, .key_count = 1, .key = key};
    ck_assert_str_eq(one_shot(&parameters, 1, "int8 text"), "int8 text\n+1 20 b\n");
    key[0] = test_int8(arena, 9);
    ck_assert_str_eq(one_shot(&parameters, 1, "int8 text"), "int8 text\n");
    key[0] = test_null(arena, TYPE_INT8);
    ck_assert_str_eq(one_shot(&parameters, 1, "int8 text"), "int8 text\n");
}
END_TEST

START_TEST(missing_relations_are_named) {
    ScanParameters parameters = {.name = "gone", .object_id = 8, .column_count = 1, .columns = (int[]){0}};
    Environment at = environment(1);
    Testbed *bed = testbed_create(&scan_operator, &parameters, 0, NULL, "int8",
        &(TestbedOptions){.is_one_shot = true, .environment = &at});
    Error error = {0};
    ck_assert_int_eq(testbed_try(bed, &error), STATUS_UNDEFINED_TABLE);
    ck_assert_str_eq(error.message, "relation \"gone\" does not exist");
    error_clear(&error);
    testbed_destroy(bed);
}
END_TEST

START_TEST(sources_are_read_to_their_end) {
    closed_count = 0;
    ScanParameters parameters = {
        .name = "s", .object_id = 9, .is_source = true, .column_count = 1, .columns = (int[]){1}};
    ck_assert_str_eq(one_shot(&parameters, 1, "text"), "text\n+1 a\n+1 b\n");
    ck_assert_int_eq(closed_count, 1);
}
END_TEST

START_TEST(system_relations) {
    SystemScanParameters parameters = {"pg_catalog.pg_things", 1, (int[]){1}};
    Environment at = environment(1);
    TestbedOptions options = {.is_one_shot = true, .environment = &at};
    Testbed *bed = testbed_create(&system_scan_operator, &parameters, 0, NULL, "text", &options);
    ck_assert_str_eq(testbed_collect(bed), "text\n+1 a\n+1 b\n+1 c\n");
    ck_assert(testbed_is_done(bed));
    testbed_destroy(bed);
    options.is_one_shot = false;
    bed = testbed_create(&system_scan_operator, &parameters, 0, NULL, "text", &options);
    Error error = {0};
    ck_assert_int_eq(testbed_try(bed, &error), STATUS_FEATURE_NOT_SUPPORTED);
    error_clear(&error);
    testbed_destroy(bed);
}
END_TEST

static Suite *suite(void) {
    Suite *suite = suite_create("scan");
    TCase *tests = tcase_create("scan");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, changes_pass_through);
    tcase_add_test(tests, rows_are_read_at_the_epoch);
    tcase_add_test(tests, keys_are_looked_up);
    tcase_add_test(tests, missing_relations_are_named);
    tcase_add_test(tests, sources_are_read_to_their_end);
    tcase_add_test(tests, system_relations);
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
