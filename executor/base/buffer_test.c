/* Tests of buffers: bytes are handed out once, and live as long as anybody holds them. */
#include "executor/base/buffer.h"

#include <check.h>
#include <string.h>

START_TEST(test_bytes_are_taken_until_none_are_left) {
    Buffer *buffer = buffer_create(100);
    char *first = buffer_take(buffer, 60), *second = buffer_take(buffer, 40);
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_eq(second, first + 60);
    ck_assert_ptr_null(buffer_take(buffer, 1));
    ck_assert_ptr_nonnull(buffer_take(buffer, 0));
    ck_assert_uint_eq(buffer->length, 100);
    ck_assert_ptr_null(buffer_take(NULL, 1));
    buffer_release(buffer);
    buffer_release(NULL);
}
END_TEST

START_TEST(test_bytes_live_until_the_last_release) {
    Buffer *buffer = buffer_create(8);
    memcpy(buffer_take(buffer, 4), "abc", 4);
    ck_assert_ptr_eq(buffer_retain(buffer), buffer);
    ck_assert_int_eq(atomic_load(&buffer->reference_count), 2);
    buffer_release(buffer);
    ck_assert_str_eq(buffer->bytes, "abc");
    buffer_release(buffer);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("buffer");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_bytes_are_taken_until_none_are_left);
    tcase_add_test(all, test_bytes_live_until_the_last_release);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
