/* Tests of texts: growing, and the integers and bytes of everything on disk, also when they are cut short. */
#include "executor/base/text.h"

#include <check.h>
#include <string.h>

START_TEST(test_texts_grow) {
    Text text = {0};
    ck_assert_str_eq(text_string(&text), "");
    text_reset(&text);
    for (int i = 0; i < 1000; i++) {
        text_add_char(&text, 'a');
        text_add_string(&text, "bc");
        text_add(&text, "def", 1);
        text_printf(&text, "%d", i % 10);
        ck_assert_uint_eq(text.length, (size_t)(i + 1) * 5);
        ck_assert_int_eq(text.bytes[text.length], 0);
    }
    ck_assert_uint_eq(strlen(text_string(&text)), 5000);
    ck_assert_int_eq(strncmp(text.bytes + 4995, "abcd9", 5), 0);
    text_printf(&text, "%*s", 100000, "");
    ck_assert_uint_eq(text.length, 105000);
    text_add(&text, NULL, 0);
    text_reset(&text);
    ck_assert_str_eq(text_string(&text), "");
    memcpy(text_reserve(&text, 3), "xyz", 4);
    text.length += 3;
    ck_assert_str_eq(text_string(&text), "xyz");
    text_free(&text);
    ck_assert_ptr_null(text.bytes);
}
END_TEST

START_TEST(test_numbers_are_little_endian) {
    Text text = {0};
    text_add_u8(&text, 0xfe);
    text_add_u16(&text, 0x0102);
    text_add_u32(&text, 0x01020304);
    text_add_u64(&text, UINT64_C(0x0102030405060708));
    text_add_bytes(&text, "ab", 2);
    ck_assert_uint_eq(text.length, 1 + 2 + 4 + 8 + 4 + 2);
    ck_assert_mem_eq(text.bytes, "\xfe\2\1\4\3\2\1\x8\7\6\5\4\3\2\1\2\0\0\0ab", text.length);
    TextReader reader = {text.bytes, text.bytes + text.length, 0};
    uint32_t length;
    ck_assert_uint_eq(text_read_u8(&reader), 0xfe);
    ck_assert_uint_eq(text_read_u16(&reader), 0x0102);
    ck_assert_uint_eq(text_read_u32(&reader), 0x01020304);
    ck_assert_uint_eq(text_read_u64(&reader), UINT64_C(0x0102030405060708));
    ck_assert_mem_eq(text_read_bytes(&reader, &length), "ab", 2);
    ck_assert_uint_eq(length, 2);
    ck_assert_ptr_eq(reader.cursor, reader.end);
    ck_assert_int_eq(reader.is_bad, 0);
    text_free(&text);
}
END_TEST

/* However much is missing: zeros, and the reader says so for ever. */
START_TEST(test_reading_stops_at_the_end) {
    Text text = {0};
    uint32_t length;
    text_add_u64(&text, UINT64_MAX);
    text_add_bytes(&text, "abcdef", 6);
    for (size_t cut = 0; cut < text.length; cut++) {
        TextReader reader = {text.bytes, text.bytes + cut, 0};
        uint64_t number = text_read_u64(&reader);
        const char *bytes = text_read_bytes(&reader, &length);
        ck_assert_int_eq(reader.is_bad, 1);
        ck_assert(number == (cut < 8 ? 0 : UINT64_MAX));
        ck_assert_ptr_null(bytes);
        ck_assert_uint_eq(length, 0);
        ck_assert_uint_eq(text_read_u8(&reader), 0);
        ck_assert_ptr_null(text_read_raw(&reader, 0));
    }
    text_free(&text);
}
END_TEST

START_TEST(test_a_lying_length_is_refused) {
    Text text = {0};
    uint32_t length = 1;
    text_add_u32(&text, UINT32_MAX);
    text_add_string(&text, "abc");
    TextReader reader = {text.bytes, text.bytes + text.length, 0};
    ck_assert_ptr_null(text_read_bytes(&reader, &length));
    ck_assert_uint_eq(length, 0);
    ck_assert_int_eq(reader.is_bad, 1);
    text_free(&text);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("base_text");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_texts_grow);
    tcase_add_test(all, test_numbers_are_little_endian);
    tcase_add_test(all, test_reading_stops_at_the_end);
    tcase_add_test(all, test_a_lying_length_is_refused);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
