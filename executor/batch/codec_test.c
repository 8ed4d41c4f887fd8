/* Encoded batches: round trip, and bytes that are damaged. */
#include "executor/batch/codec.h"

#include <check.h>
#include <string.h>

#include "executor/base/memory.h"

static const char *const texts[] = {
    "int8\n",
    "int8 int4 int2 bool float8\n+1 1 2 3 true 1.5\n+1 NULL NULL NULL NULL NULL\n-3 -1 -2 -3 false NaN\n",
    "text uuid bytea\n+1 a a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11 \\x00ff\n+1 \"a text that does not fit "
    "inside\" NULL NULL\n+1 NULL NULL \\x\n",
};

static Batch *decode(const char *bytes, size_t length, Status *status) {
    TextReader reader = {bytes, bytes + length, 0};
    Batch *batch;
    Error error = {0};
    *status = batch_decode(&reader, &batch, &error);
    if (*status != OK)
        ck_assert_int_eq(*status, STATUS_DATA_CORRUPTED);
    error_clear(&error);
    return batch;
}

START_TEST(round_trip) {
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Batch *batch = batch_from_text(texts[i]);
        Text bytes = {0}, again = {0}, a = {0}, b = {0};
        batch_encode(batch, &bytes);
        Status status;
        Batch *decoded = decode(bytes.bytes, bytes.length, &status);
        ck_assert_int_eq(status, OK);
        batch_encode(decoded, &again);
        ck_assert_uint_eq(bytes.length, again.length);
        ck_assert_int_eq(memcmp(bytes.bytes, again.bytes, again.length), 0);
        batch_add_text(batch, &a);
        batch_add_text(decoded, &b);
        ck_assert_str_eq(text_string(&a), text_string(&b));
        text_free(&a);
        text_free(&b);
        text_free(&again);
        text_free(&bytes);
        batch_release(batch);
        batch_release(decoded);
    }
}
END_TEST

START_TEST(large_numeric_keeps_its_bytes) {
    Column *column = column_create(type_of(TYPE_NUMERIC), 2);
    const char heap[] = "digits of a number beyond 112 bits";
    Numeric large = {.low = (uint64_t)(uintptr_t)heap, .high = (uint64_t)NUMERIC_LARGE << 56 | sizeof heap};
    column_set_datum(column, 1, &large);
    Batch *batch = batch_create(2, 1, &column);
    Text bytes = {0};
    batch_encode(batch, &bytes);
    batch_release(batch);
    Status status;
    Batch *decoded = decode(bytes.bytes, bytes.length, &status);
    ck_assert_int_eq(status, OK);
    ck_assert(datum_is_identical(LAYOUT_NUMERIC, column_at(decoded->columns[0], 1), &large));
    batch_release(decoded);
    text_free(&bytes);
}
END_TEST

/* Whatever decodes can be walked and encoded again. */
static void try_damaged(const char *bytes, size_t length) {
    Status status;
    Batch *batch = decode(bytes, length, &status);
    if (batch != NULL) {
        Text again = {0};
        batch_encode(batch, &again);
        text_free(&again);
        batch_release(batch);
    }
}

START_TEST(damaged_bytes) {
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Batch *batch = batch_from_text(texts[i]);
        Text bytes = {0};
        batch_encode(batch, &bytes);
        batch_release(batch);
        for (size_t at = 0; at < bytes.length; at++) {
            /* A block of its own length, so that a read beyond the end is seen by the sanitizer. */
            char *copy = memory_allocate(bytes.length);
            memcpy(copy, bytes.bytes, bytes.length);
            for (int value = 0; value < 256; value++) {
                copy[at] = (char)value;
                try_damaged(copy, bytes.length);
            }
            memory_free(copy);
            copy = memory_allocate(at + 1);
            memcpy(copy, bytes.bytes, at);
            Status status;
            ck_assert_ptr_null(decode(copy, at, &status));
            memory_free(copy);
        }
        text_free(&bytes);
    }
}
END_TEST

int main(void) {
    TCase *cases = tcase_create("codec");
    tcase_add_test(cases, round_trip);
    tcase_add_test(cases, large_numeric_keeps_its_bytes);
    tcase_add_test(cases, damaged_bytes);
    Suite *suite = suite_create("codec");
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
