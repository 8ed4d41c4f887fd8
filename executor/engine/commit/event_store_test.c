/* EventStore: keeps the newest rows, and does not miss what has gone. */
#include "executor/engine/commit/event_store.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "executor/base/memory.h"
#include "executor/operators/test/history.h"

static MemoryBudget budget = {.limit = SIZE_MAX};

static EventStore *open_store(Store *durable, int parts, uint64_t epoch, int64_t row_max) {
    Type types[2] = {type_of(TYPE_INT8), type_of(TYPE_TEXT)};
    EventStoreSpec spec = {.object_id = 1,
        .column_count = 2,
        .types = types,
        .part_count = parts,
        .store = durable,
        .budget = &budget,
        .epoch = epoch,
        .row_max = row_max,
        .byte_max = 1 << 20};
    EventStore *store;
    Error error = {0};
    ck_assert_int_eq(event_store_open(&spec, &store, &error), OK);
    return store;
}

static void apply(EventStore *store, uint64_t epoch, const char *rows) {
    BatchList list = {0};
    Error error = {0};
    Text text = {0};
    text_printf(&text, "int8 text\n%s", rows);
    batch_list_add(&list, batch_from_text(text_string(&text)));
    ck_assert_int_eq(event_store_apply(store, &list, epoch, &error), OK);
    batch_list_clear(&list);
    text_free(&text);
}

static int64_t copies(EventStore *store, uint64_t epoch, int64_t object, const char *text) {
    Value key[2] = {{.type = type_of(TYPE_INT8), .datum.int8 = object}};
    Batch *wanted = batch_from_text(text), *found;
    key[1] = column_value(wanted->columns[0], 0);
    Error error = {0};
    ck_assert_int_eq(relation_lookup(event_store_relation(store), epoch, key, &found, &error), OK);
    int64_t count = found == NULL ? 0 : batch_diff(found, 0);
    batch_release(found);
    batch_release(wanted);
    return count;
}

START_TEST(withdrawals_of_what_is_not_there_are_nothing) {
    EventStore *store = open_store(NULL, 2, 0, 100);
    apply(store, 1, "-1 7 a\n+2 7 b\n");
    ck_assert_int_eq(copies(store, 1, 7, "text\n+1 a\n"), 0);
    ck_assert_int_eq(copies(store, 1, 7, "text\n+1 b\n"), 2);
    apply(store, 2, "-5 7 b\n+1 7 c\n-1 7 c\n+1 7 NULL\n");
    ck_assert_int_eq(relation_row_count(event_store_relation(store)), 1);
    apply(store, 3, "-1 7 NULL\n");
    ck_assert_int_eq(relation_row_count(event_store_relation(store)), 0);
    event_store_close(store);
}
END_TEST

START_TEST(the_newest_rows_of_each_object_stay) {
    enum { ROWS = 30000, KEPT = 8000 };
    EventStore *store = open_store(NULL, 4, 0, KEPT);
    apply(store, 1, "+1 8 quiet\n");
    for (int i = 0; i < ROWS; i += 10) {
        Text rows = {0};
        for (int j = i; j < i + 10; j++)
            text_printf(&rows, "+1 7 row%d\n", j);
        apply(store, 1 + (uint64_t)i, text_string(&rows));
        text_free(&rows);
    }
    uint64_t epoch = 1 + ROWS;
    int64_t count = relation_row_count(event_store_relation(store)) - 1;
    ck_assert_int_le(count, KEPT);
    ck_assert_int_ge(count, KEPT - BATCH_ROWS_MAX);
    ck_assert_int_eq(event_store_discarded(store, 7), ROWS - count);
    ck_assert_int_eq(event_store_discarded(store, 8), 0);
    ck_assert_int_eq(copies(store, epoch, 8, "text\n+1 quiet\n"), 1);
    ck_assert_int_eq(copies(store, epoch, 7, "text\n+1 row0\n"), 0);
    ck_assert_int_eq(copies(store, epoch, 7, "text\n+1 row29999\n"), 1);
    Error error = {0};
    ck_assert_int_eq(event_store_forget(store, 7, epoch, &error), OK);
    ck_assert_int_eq(relation_row_count(event_store_relation(store)), 1);
    event_store_close(store);
}
END_TEST

/* A row may be withdrawn by another worker than recorded it, and after a restart with another number of them.
 */
START_TEST(rows_outlive_the_number_of_parts) {
    char directory[] = "/tmp/event-store-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(directory));
    Store *durable;
    Error error = {0};
    ck_assert_int_eq(store_open(directory, &durable, &error), OK);
    EventStore *store = open_store(durable, 4, 0, 1000);
    Text rows = {0}, gone = {0};
    for (int i = 0; i < 300; i++) {
        text_printf(&rows, "+2 9 row%d\n", i);
        text_printf(&gone, "-%d 9 row%d\n", 1 + i % 2, i);
    }
    apply(store, 1, text_string(&rows));
    Cut cut = {0};
    for (int part = 0; part < 4; part++)
        ck_assert_int_eq(relation_cut(event_store_relation(store), part, 1, &cut, NULL), OK);
    ck_assert_int_eq(store_commit(durable, (Cut *[]){&cut}, 1, &error), OK);
    cut_free(&cut);
    event_store_close(store);
    store = open_store(durable, 3, 1, 1000);
    apply(store, 2, text_string(&gone));
    ck_assert_int_eq(relation_row_count(event_store_relation(store)), 150);
    event_store_close(store);
    store_close(durable);
    text_free(&rows);
    text_free(&gone);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("event_store");
    TCase *tests = tcase_create("event_store");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, withdrawals_of_what_is_not_there_are_nothing);
    tcase_add_test(tests, the_newest_rows_of_each_object_stay);
    tcase_add_test(tests, rows_outlive_the_number_of_parts);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
