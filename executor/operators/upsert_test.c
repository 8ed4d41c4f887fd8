/* Upsert against a model: random changes by key, what it gives adds up to the newest row of each key. */
#include "executor/operators/upsert.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "executor/base/memory.h"
#include "executor/operators/test/testing.h"

static UpsertParameters by_key = {.key_count = 1, .keys = (int[]){1}};

START_TEST(the_newest_row_counts) {
    StateSpace *space =
        state_space_create(&(StateSpaceSpec){.object_id = 1, .operator_id = 1, .shard_end = 65536});
    Testbed *bed = testbed_create(&upsert_operator, &by_key, 1, (const char *[]){"text int8"}, "text int8",
        &(TestbedOptions){.state = space});
    testbed_feed(bed, 0, "text int8\n+1 a 1\n+1 b 1\n+1 x 2\n-1 NULL 2\n+1 y 3\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "text int8\n+1 b 1\n+1 y 3\n");
    testbed_next_step(bed);
    testbed_feed(bed, 0, "text int8\n+1 b 1\n+1 NULL 3\n-1 NULL 7\n");
    testbed_feed(bed, 0, "text int8\n+1 z 3\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "text int8\n-1 y 3\n+1 z 3\n");
    ck_assert_int_eq(testbed_operator(bed)->changes_repeated, 1);
    ck_assert_int_eq(testbed_operator(bed)->changes_unmatched, 1);
    testbed_next_step(bed);
    testbed_feed(bed, 0, "text int8\n-1 NULL 3\n");
    testbed_feed(bed, 0, "text int8\n+1 z 3\n");
    testbed_feed(bed, 0, "text int8\n-1 NULL 1\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "text int8\n-1 b 1\n");
    ck_assert_int_eq(state_space_rows(space), 1);
    testbed_destroy(bed);
    state_space_destroy(space);
}
END_TEST

/* Columns: key, time, value, arrival watermark. */
START_TEST(late_changes_are_not_applied) {
    UpsertParameters parameters = {
        .key_count = 1, .keys = (int[]){0}, .tells_late = true, .time_column = 1, .arrival_column = 3};
    const char *types[] = {"int8 int8 text int8"};
    StateSpace *space =
        state_space_create(&(StateSpaceSpec){.object_id = 1, .operator_id = 1, .shard_end = 65536});
    Testbed *bed =
        testbed_create(&upsert_operator, &parameters, 1, types, types[0], &(TestbedOptions){.state = space});
    /* 1 moves on and is then as old as the watermark; 2 comes too late, and as a deletion changes nothing; 3
       is deleted in time. */
    testbed_feed(bed, 0,
        "int8 int8 text int8\n+1 1 10 a NULL\n+1 3 12 c 5\n+1 1 20 b 10\n+1 2 9 x 10\n-1 2 NULL NULL 10\n-1 "
        "3 NULL NULL 12\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8 int8 text int8\n+1 1 20 b NULL\n");
    ck_assert_int_eq(state_space_rows(space), 1);
    testbed_next_step(bed);
    /* The row that is there is too old to be changed, by whatever. */
    testbed_feed(
        bed, 0, "int8 int8 text int8\n+1 1 30 c 21\n-1 1 NULL NULL 21\n+1 4 25 d 21\n+1 4 22 e 25\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8 int8 text int8\n+1 4 25 d NULL\n");
    testbed_next_step(bed);
    testbed_feed(bed, 0, "int8 int8 text int8\n+1 4 25 d 25\n-1 4 NULL NULL 25\n+1 5 1 f 30\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8 int8 text int8\n-1 4 25 d NULL\n");
    ck_assert_int_eq(testbed_operator(bed)->changes_repeated, 1);
    ck_assert_int_eq(state_space_rows(space), 1);
    testbed_destroy(bed);
    state_space_destroy(space);
}
END_TEST

enum { KEYS = 6 };

/* What each key shows: 0 nothing, else a letter. */
START_TEST(random_changes_add_up) {
    for (unsigned seed = 1; seed <= 20; seed++) {
        unsigned random = seed;
        char shown[KEYS] = {0};
        StateSpace *space =
            state_space_create(&(StateSpaceSpec){.object_id = 1, .operator_id = 1, .shard_end = 65536});
        Testbed *bed = testbed_create(&upsert_operator, &by_key, 1, (const char *[]){"text int8"},
            "text int8", &(TestbedOptions){.state = space});
        for (int step = 0; step < 20; step++) {
            char before[KEYS];
            memcpy(before, shown, sizeof before);
            for (int batch = rand_r(&random) % 4; batch > 0; batch--) {
                Text text = {0};
                text_add_string(&text, "text int8\n");
                for (int i = rand_r(&random) % 8; i >= 0; i--) {
                    int key = rand_r(&random) % KEYS;
                    shown[key] = rand_r(&random) % 3 == 0 ? 0 : (char)('a' + rand_r(&random) % 3);
                    if (shown[key] == 0)
                        text_printf(&text, "-1 NULL %d\n", key);
                    else
                        text_printf(&text, "+1 %c %d\n", shown[key], key);
                }
                testbed_feed(bed, 0, text_string(&text));
                text_free(&text);
            }
            testbed_seal(bed, 0, NULL);
            Text found = {0};
            text_add_string(&found, testbed_collect(bed));
            int lines = 0;
            for (int key = 0; key < KEYS; key++) {
                char line[32];
                if (before[key] == shown[key])
                    continue;
                sprintf(line, "-1 %c %d\n", before[key], key);
                ck_assert(before[key] == 0 || strstr(text_string(&found), line) != NULL);
                lines += before[key] != 0;
                sprintf(line, "+1 %c %d\n", shown[key], key);
                ck_assert(shown[key] == 0 || strstr(text_string(&found), line) != NULL);
                lines += shown[key] != 0;
            }
            for (const char *at = text_string(&found); (at = strchr(at, '\n')) != NULL; at++)
                lines--;
            ck_assert_int_eq(lines, found.length == 0 ? 0 : -1);
            text_free(&found);
            testbed_next_step(bed);
        }
        testbed_destroy(bed);
        state_space_destroy(space);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("upsert");
    TCase *tests = tcase_create("upsert");
    tcase_add_test(tests, the_newest_row_counts);
    tcase_add_test(tests, late_changes_are_not_applied);
    tcase_add_test(tests, random_changes_add_up);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
