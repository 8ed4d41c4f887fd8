/* Tests of memory: what is zero, what is copied, and how arrays grow. */
#include "executor/base/memory.h"

#include <check.h>
#include <stdint.h>
#include <string.h>

START_TEST(test_new_memory_is_zero) {
    int64_t *number = NEW(int64_t), *numbers = NEW_ARRAY(int64_t, 1000);
    ck_assert_int_eq(*number, 0);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(numbers[i], 0);
    memory_free(number);
    memory_free(numbers);
    memory_free(NULL);
    memory_free(memory_allocate(0)); /* as any size */
}
END_TEST

START_TEST(test_texts_are_copied) {
    char bytes[] = {'a', 'b', 0, 'c'};
    char *copy = memory_copy_text(bytes, sizeof bytes), *none = memory_copy_text(NULL, 0);
    char *text = memory_strdup("xyz"), *number = memory_printf("%05d|%s", 42, text);
    ck_assert_mem_eq(copy, "ab\0c", 5);
    ck_assert_str_eq(none, "");
    ck_assert_str_eq(number, "00042|xyz");
    ck_assert_ptr_null(memory_strdup(NULL));
    memory_free(copy);
    memory_free(none);
    memory_free(text);
    memory_free(number);
}
END_TEST

START_TEST(test_arrays_grow_and_keep_what_they_hold) {
    int *numbers = NULL, capacity = 0, moves = 0;
    for (int i = 0; i < 100000; i++) {
        int before = capacity;
        GROW(numbers, capacity, i + 1);
        moves += capacity != before;
        ck_assert_int_gt(capacity, i);
        numbers[i] = i;
    }
    ck_assert_int_lt(moves, 20); /* it doubles */
    for (int i = 0; i < 100000; i++)
        ck_assert_int_eq(numbers[i], i);
    GROW(numbers, capacity, 1000000);
    ck_assert_int_ge(capacity, 1000000);
    int kept = capacity;
    GROW(numbers, capacity, 5);
    ck_assert_int_eq(capacity, kept);
    ck_assert_int_eq(numbers[99999], 99999);
    memory_free(numbers);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("memory");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_new_memory_is_zero);
    tcase_add_test(all, test_texts_are_copied);
    tcase_add_test(all, test_arrays_grow_and_keep_what_they_hold);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
