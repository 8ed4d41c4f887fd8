/* Tests of arenas: what they give is zero, aligned, apart from all else, and again after a reset. */
#include "executor/base/arena.h"

#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { BLOCKS = 500 };

static bool is_zero(const char *block, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (block[i] != 0)
            return false;
    return true;
}

START_TEST(test_blocks_are_zero_aligned_and_apart) {
    Arena *arena = arena_create();
    for (int round = 0; round < 3; round++) {
        char *blocks[BLOCKS];
        for (int i = 0; i < BLOCKS; i++) {
            size_t size = (size_t)i * 37 % 3000;
            blocks[i] = arena_allocate(arena, size);
            ck_assert_uint_eq((uintptr_t)blocks[i] % 16, 0);
            ck_assert(is_zero(blocks[i], size));
            memset(blocks[i], i % 255 + 1, size);
        }
        for (int i = 0; i < BLOCKS; i++)
            for (size_t at = 0; at < (size_t)i * 37 % 3000; at++)
                ck_assert_int_eq((unsigned char)blocks[i][at], i % 255 + 1);
        arena_reset(arena);
    }
    arena_destroy(arena);
    arena_destroy(NULL);
}
END_TEST

START_TEST(test_reset_keeps_the_first_chunk) {
    Arena *arena = arena_create();
    ck_assert_uint_eq(arena_size(arena), 0);
    char *first = arena_allocate(arena, 100);
    size_t one_chunk = arena_size(arena);
    char *large = arena_allocate(arena, 5 << 20); /* more than a chunk has at most */
    memset(large, 1, 5 << 20);
    ck_assert_uint_ge(arena_size(arena), one_chunk + (5 << 20));
    arena_reset(arena);
    ck_assert_uint_eq(arena_size(arena), one_chunk);
    ck_assert_ptr_eq(arena_allocate(arena, 100), first);
    arena_destroy(arena);
}
END_TEST

START_TEST(test_texts_are_copied) {
    Arena *arena = arena_create();
    char text[] = "abc";
    char *copy = arena_strdup(arena, text), *part = arena_copy(arena, text, 2);
    char *empty = arena_copy(arena, NULL, 0), *number = arena_printf(arena, "%s-%d", text, 7);
    text[0] = 'x';
    ck_assert_str_eq(copy, "abc");
    ck_assert_str_eq(part, "ab");
    ck_assert_str_eq(empty, "");
    ck_assert_str_eq(number, "abc-7");
    ck_assert_ptr_null(arena_strdup(arena, NULL));
    char *wide = arena_printf(arena, "%*d", 10000, 1);
    ck_assert_uint_eq(strlen(wide), 10000);
    arena_destroy(arena);
}
END_TEST

START_TEST(test_lists_grow) {
    Arena *arena = arena_create();
    int *list = NULL, count = 0, *other = NULL, other_count = 0;
    for (int i = 0; i < 1000; i++) {
        ARENA_APPEND(arena, list, count, i);
        if (i % 3 == 0)
            ARENA_APPEND(arena, other, other_count, -i);
    }
    ck_assert_int_eq(count, 1000);
    ck_assert_int_eq(other_count, 334);
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(list[i], i);
    for (int i = 0; i < other_count; i++)
        ck_assert_int_eq(other[i], -3 * i);
    ck_assert_int_eq(*ARENA_NEW(arena, int), 0);
    ck_assert(is_zero((char *)ARENA_ARRAY(arena, int64_t, 9), 9 * sizeof(int64_t)));
    arena_destroy(arena);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("arena");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_blocks_are_zero_aligned_and_apart);
    tcase_add_test(all, test_reset_keeps_the_first_chunk);
    tcase_add_test(all, test_texts_are_copied);
    tcase_add_test(all, test_lists_grow);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
