/* The store: commits, reads, scans, a second opener, a savepoint. */
#include "executor/state/store.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executor/base/memory.h"

static char folder[64];

static void make_folder(void) {
    snprintf(folder, sizeof folder, "/tmp/leat_store_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s %s.savepoint", folder, folder);
    ck_assert_int_eq(system(command), 0);
}

static Store *open_store(const char *path) {
    Store *store;
    Error error = {0};
    ck_assert_msg(store_open(path, &store, &error) == OK, "%s", error.message);
    return store;
}

static Status add_key(void *argument, const char *key, size_t key_length, const char *value,
    size_t value_length, Error *error) {
    (void)error;
    text_printf(argument, "%.*s=%.*s ", (int)key_length, key, (int)value_length, value);
    return OK;
}

static Status stop_at_once(void *argument, const char *key, size_t key_length, const char *value,
    size_t value_length, Error *error) {
    (void)argument, (void)key, (void)key_length, (void)value, (void)value_length;
    return error_set(error, STATUS_QUERY_CANCELED, "enough");
}

static void assert_scan(Store *store, Family family, const char *prefix, const char *expected) {
    Text seen = {0};
    Error error = {0};
    ck_assert_int_eq(store_scan(store, family, prefix, strlen(prefix), add_key, &seen, &error), OK);
    ck_assert_str_eq(text_string(&seen), expected);
    text_free(&seen);
}

START_TEST(commit_joins_cuts) {
    Store *store = open_store(folder);
    Cut first = {0}, second = {0};
    char *large = memory_allocate(200000);
    memset(large, 'x', 200000);
    cut_put(&first, FAMILY_FACTS, "a/1", 3, "one", 3);
    cut_put(&first, FAMILY_LOG, "block", 5, large, 200000);
    cut_put(&first, FAMILY_FACTS, "b", 1, "", 0);
    cut_put(&second, FAMILY_FACTS, "a/2", 3, "two", 3);
    cut_put(&second, FAMILY_COLD, "a/2", 3, "cold", 4);
    Cut *cuts[] = {&first, &second};
    Error error = {0};
    ck_assert_int_eq(store_commit(store, cuts, 2, &error), OK);
    assert_scan(store, FAMILY_FACTS, "a/", "a/1=one a/2=two ");
    store_close(store);

    store = open_store(folder);
    assert_scan(store, FAMILY_FACTS, "", "a/1=one a/2=two b= ");
    assert_scan(store, FAMILY_COLD, "", "a/2=cold ");
    char *value;
    size_t length;
    ck_assert_int_eq(store_get(store, FAMILY_LOG, "block", 5, &value, &length, &error), OK);
    ck_assert_uint_eq(length, 200000);
    ck_assert_int_eq(memcmp(value, large, length), 0);
    memory_free(value);
    memory_free(large);
    ck_assert_int_eq(store_get(store, FAMILY_LOG, "blocks", 6, &value, &length, &error), OK);
    ck_assert_ptr_null(value);
    cut_reset(&first);
    cut_delete(&first, FAMILY_FACTS, "b", 1);
    cut_delete_range(&first, FAMILY_FACTS, "a/", 2, "a/2", 3);
    ck_assert_int_eq(store_commit(store, cuts, 1, &error), OK);
    assert_scan(store, FAMILY_FACTS, "", "a/2=two ");
    ck_assert_int_eq(
        store_scan(store, FAMILY_FACTS, "", 0, stop_at_once, NULL, &error), STATUS_QUERY_CANCELED);
    error_clear(&error);
    store_close(store);
    cut_free(&first);
    cut_free(&second);
}
END_TEST

START_TEST(many_at_once) {
    Store *store = open_store(folder);
    Cut cut = {0}, *cuts[] = {&cut};
    for (int i = 0; i < 1000; i += 2) {
        char key[16];
        int length = snprintf(key, sizeof key, "%d", i);
        cut_put(&cut, FAMILY_COLD, key, (size_t)length, key, (size_t)length);
    }
    Error error = {0};
    ck_assert_int_eq(store_commit(store, cuts, 1, &error), OK);
    static char keys[1000][16];
    const char *pointers[1000];
    size_t lengths[1000], value_lengths[1000];
    char *values[1000];
    for (int i = 0; i < 1000; i++) {
        pointers[i] = keys[i];
        lengths[i] = (size_t)snprintf(keys[i], 16, "%d", 999 - i);
    }
    ck_assert_int_eq(
        store_get_many(store, FAMILY_COLD, 1000, pointers, lengths, values, value_lengths, &error), OK);
    for (int i = 0; i < 1000; i++) {
        if ((999 - i) % 2 == 1) {
            ck_assert_ptr_null(values[i]);
        } else {
            ck_assert_uint_eq(value_lengths[i], lengths[i]);
            ck_assert_int_eq(memcmp(values[i], keys[i], lengths[i]), 0);
            memory_free(values[i]);
        }
    }
    cut_free(&cut);
    store_close(store);
}
END_TEST

START_TEST(second_opener_is_refused) {
    Store *store = open_store(folder), *second;
    Error error = {0};
    ck_assert_int_eq(store_open(folder, &second, &error), STATUS_OBJECT_IN_USE);
    ck_assert_ptr_null(second);
    ck_assert_int_eq(store_open("/proc/no/such", &second, &error), STATUS_IO_ERROR);
    error_clear(&error);
    store_close(store);
}
END_TEST

START_TEST(checkpoint_is_a_store) {
    Store *store = open_store(folder);
    Cut cut = {0}, *cuts[] = {&cut};
    cut_put(&cut, FAMILY_FACTS, "k", 1, "before", 6);
    Error error = {0};
    ck_assert_int_eq(store_commit(store, cuts, 1, &error), OK);
    char path[96];
    snprintf(path, sizeof path, "%s.savepoint", folder);
    ck_assert_int_eq(store_checkpoint(store, path, &error), OK);
    cut_reset(&cut);
    cut_put(&cut, FAMILY_FACTS, "k", 1, "after", 5);
    ck_assert_int_eq(store_commit(store, cuts, 1, &error), OK);
    Store *saved = open_store(path);
    assert_scan(saved, FAMILY_FACTS, "", "k=before ");
    assert_scan(store, FAMILY_FACTS, "", "k=after ");
    store_close(saved);
    store_close(store);
    cut_free(&cut);
}
END_TEST

int main(void) {
    TCase *cases = tcase_create("store");
    tcase_add_checked_fixture(cases, make_folder, remove_folder);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, commit_joins_cuts);
    tcase_add_test(cases, many_at_once);
    tcase_add_test(cases, second_opener_is_refused);
    tcase_add_test(cases, checkpoint_is_a_store);
    Suite *suite = suite_create("store");
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
