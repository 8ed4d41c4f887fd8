/* Tests of random numbers: the published sequence, evenness, and that secure bytes are all written. */
#include "executor/base/random.h"

#include <check.h>
#include <stdbool.h>
#include <string.h>

/* The first numbers of seed 1234567, as splitmix64's implementations in other languages test them. */
START_TEST(test_is_splitmix64) {
    static const uint64_t wanted[] = {UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
        UINT64_C(9817491932198370423), UINT64_C(4593380528125082431), UINT64_C(16408922859458223821)};
    Random random = {1234567};
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(random_next(&random), wanted[i]);
        ck_assert_uint_eq(random_mix(1234567 + (uint64_t)(i + 1) * RANDOM_STEP), wanted[i]);
    }
}
END_TEST

START_TEST(test_numbers_are_even) {
    enum { NUMBERS = 64000, BINS = 64 };
    int counts[BINS] = {0}, bits[64] = {0};
    Random random = {0};
    for (int i = 0; i < NUMBERS; i++) {
        uint64_t number = random_next(&random);
        double fraction = random_fraction(number);
        ck_assert(fraction >= 0 && fraction < 1);
        counts[(int)(fraction * BINS)]++;
        for (int b = 0; b < 64; b++)
            bits[b] += number >> b & 1;
    }
    for (int i = 0; i < 64; i++) { /* more than six deviations off would be a fault */
        ck_assert_int_gt(counts[i], 800);
        ck_assert_int_lt(counts[i], 1200);
        ck_assert_int_gt(bits[i], 31200);
        ck_assert_int_lt(bits[i], 32800);
    }
    ck_assert(random_fraction(0) == 0);
    ck_assert(random_fraction(UINT64_MAX) < 1);
}
END_TEST

START_TEST(test_secure_bytes_fill_all) {
    unsigned char once[4099] = {0}, again[4099] = {0};
    bool is_set[4099] = {0};
    Error error = {0};
    for (int round = 0; round < 8; round++) {
        ck_assert_int_eq(random_secure(once, sizeof once, &error), OK);
        for (size_t i = 0; i < sizeof once; i++)
            is_set[i] |= once[i] != 0;
    }
    for (size_t i = 0; i < sizeof once; i++)
        ck_assert_msg(is_set[i], "byte %zu was never written", i);
    ck_assert_int_eq(random_secure(again, sizeof again, &error), OK);
    ck_assert_int_ne(memcmp(once, again, sizeof once), 0);
    ck_assert_int_eq(random_secure(NULL, 0, &error), OK);
}
END_TEST

START_TEST(test_uuid_is_of_version_4) {
    unsigned char bytes[16], other[16];
    Error error = {0};
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(random_secure(bytes, sizeof bytes, &error), OK);
        memcpy(other, bytes, sizeof other);
        random_mark_uuid(bytes);
        ck_assert_int_eq(bytes[6] >> 4, 4);
        ck_assert_int_eq(bytes[8] >> 6, 2);
        ck_assert_int_eq((bytes[6] ^ other[6]) & 0x0f, 0);
        ck_assert_int_eq((bytes[8] ^ other[8]) & 0x3f, 0);
        bytes[6] = other[6];
        bytes[8] = other[8];
        ck_assert_mem_eq(bytes, other, sizeof bytes);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("random");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_is_splitmix64);
    tcase_add_test(all, test_numbers_are_even);
    tcase_add_test(all, test_secure_bytes_fill_all);
    tcase_add_test(all, test_uuid_is_of_version_4);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
