/* Drift: who holds whom up, and who does not. */
#include <check.h>
#include <stdlib.h>

#include "executor/dataflow/source_state.h"

typedef struct Partitions {
    SourceReader base;
    bool is_ready[4];
} Partitions;

static bool is_ready(SourceReader *reader, int partition) {
    return ((Partitions *)reader)->is_ready[partition];
}

static const SourceType type = {.is_ready = is_ready};
static Expression expression;
static const StreamSourceParameters parameters = {.watermark = &expression};
static const OperatorSpec spec = {.parameters = (void *)&parameters};

static SourcePartition at(int64_t watermark) {
    return (SourcePartition){.end = INT64_MAX, .watermark = watermark};
}

#define SOURCE(reader, partitions, drift)                                                       \
    {                                                                                           \
        .spec = &spec, .reader = &(reader).base,                                                \
        .partition_count = sizeof(partitions) / sizeof *(partitions), .partitions = partitions, \
        .watermark = WATERMARK_NONE, .drift_max = drift, .reach = INT64_MAX                     \
    }

START_TEST(a_partition_waits_for_the_slowest_that_has_records) {
    Partitions reader = {{&type}, {true, true, false}};
    SourcePartition partitions[] = {at(100), at(50), at(0)};
    partitions[2].is_at_end = true;
    SourceState source = SOURCE(reader, partitions, 10);
    ck_assert_int_eq(source_slowest(&source, 1), 50);
    source_limit(&source, 50);
    ck_assert(!source_may_read(&source, 0) && source_may_read(&source, 1));
    source_limit(&source, 90);
    ck_assert(source_may_read(&source, 0));
    partitions[1].is_finished = true;
    ck_assert_int_eq(source_slowest(&source, 1), 100);
    partitions[0].end = 0;
    ck_assert_int_eq(source_slowest(&source, 1), WATERMARK_END);
    source_limit(&source, WATERMARK_END);
    ck_assert_int_eq(source.reach, INT64_MAX);
}
END_TEST

START_TEST(records_on_their_way_are_waited_for_but_not_for_ever) {
    Partitions reader = {{&type}, {true, false}};
    SourcePartition partitions[] = {at(100), at(WATERMARK_NONE)};
    SourceState source = SOURCE(reader, partitions, 10);
    ck_assert_int_eq(source_slowest(&source, 5), WATERMARK_NONE);
    source_limit(&source, WATERMARK_NONE);
    ck_assert(!source_may_read(&source, 0));
    int64_t end = source_patience_end(&source, 6);
    ck_assert(end > 6 && end != INT64_MAX);
    ck_assert_int_eq(source_slowest(&source, end), 100);
    reader.is_ready[1] = true;
    ck_assert_int_eq(source_slowest(&source, end), WATERMARK_NONE);
    source_limit(&source, WATERMARK_NONE);
    ck_assert(source_may_read(&source, 1));
}
END_TEST

START_TEST(to_be_held_up_is_not_to_be_idle) {
    Partitions reader = {{&type}, {true, true}};
    SourcePartition partitions[] = {at(100), at(0)};
    partitions[0].is_at_end = true;
    partitions[0].at_end_since = 7;
    SourceState source = SOURCE(reader, partitions, 10);
    source_limit(&source, source_slowest(&source, 8));
    ck_assert(!partitions[0].is_at_end && partitions[0].at_end_since == 0);
}
END_TEST

START_TEST(who_may_drift_any_far_is_not_held_up) {
    Partitions reader = {{&type}, {true, true}};
    SourcePartition partitions[] = {at(100), at(WATERMARK_NONE)};
    SourceState source = SOURCE(reader, partitions, INT64_MAX);
    source_limit(&source, 0);
    ck_assert(source_may_read(&source, 0) && source_may_read(&source, 1));
    source_limit(&source, WATERMARK_NONE);
    ck_assert(source_may_read(&source, 0));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("drift");
    TCase *tests = tcase_create("drift");
    tcase_add_test(tests, a_partition_waits_for_the_slowest_that_has_records);
    tcase_add_test(tests, records_on_their_way_are_waited_for_but_not_for_ever);
    tcase_add_test(tests, to_be_held_up_is_not_to_be_idle);
    tcase_add_test(tests, who_may_drift_any_far_is_not_held_up);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
