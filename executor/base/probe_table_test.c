/* Tests of the table: against a plain list, with hashes that are even, few, and all the same. */
#include "executor/base/probe_table.h"

#include <check.h>

#include "executor/base/memory.h"
#include "executor/base/random.h"

enum { ITEMS = 3000, ITEMS_MET = 200 };

/* Every item is found under its hash just once, and no other is. */
static void expect(const ProbeTable *table, const uint64_t *hashes, uint64_t count) {
    uint8_t *found = NEW_ARRAY(uint8_t, ITEMS);
    for (uint64_t i = 0; i < count; i++) {
        bool is_met = false;
        for (ProbeWalk walk = probe_table_walk(table, hashes[i]); probe_walk_next(&walk);) {
            ck_assert_uint_lt(walk.item, count);
            ck_assert_uint_eq(hashes[walk.item], hashes[i]);
            is_met |= walk.item == i;
            found[i] += walk.item == i;
        }
        ck_assert(is_met);
        ck_assert_int_eq(found[i], 1);
    }
    memory_free(found);
}

static void run(uint64_t (*hash)(uint64_t item), uint64_t items, uint64_t reserved) {
    ProbeTable table = {0};
    uint64_t *hashes = NEW_ARRAY(uint64_t, items);
    if (reserved > 0)
        probe_table_reserve(&table, reserved);
    const ProbePlace *places = table.places;
    for (int round = 0; round < 2; round++) {
        for (uint64_t i = 0; i < items; i++) {
            hashes[i] = hash(i);
            ProbeWalk walk = probe_table_walk(&table, hashes[i]);
            while (probe_walk_next(&walk))
                ck_assert_uint_lt(walk.item, i);
            if (i % 3 == 0)
                probe_table_add(&table, hashes[i], i);
            else
                probe_walk_add(&walk, &table, i);
            if ((i & (i - 1)) == 0)
                expect(&table, hashes, i + 1);
        }
        expect(&table, hashes, items);
        ck_assert_uint_eq(table.count, items);
        ck_assert_uint_ge(probe_table_bytes(&table), 2 * items * sizeof(ProbePlace));
        ck_assert_uint_lt(probe_table_bytes(&table), 5 * items * sizeof(ProbePlace));
        if (reserved > 0)
            ck_assert_ptr_eq(table.places, places);
        probe_table_clear(&table);
        ProbeWalk walk = probe_table_walk(&table, hashes[0]);
        ck_assert(!probe_walk_next(&walk));
    }
    probe_table_free(&table);
    memory_free(hashes);
}

static uint64_t even(uint64_t item) {
    return random_mix(item);
}
static uint64_t few(uint64_t item) {
    return item % 7 * UINT64_C(0x8000000000000001);
}
static uint64_t equal(uint64_t item) {
    return UINT64_MAX;
}

START_TEST(test_even_hashes) {
    run(even, ITEMS, 0);
}
END_TEST
START_TEST(test_few_hashes) {
    run(few, ITEMS_MET, 0);
}
END_TEST
START_TEST(test_equal_hashes) {
    run(equal, ITEMS_MET, 0);
}
END_TEST
START_TEST(test_reserved_does_not_move) {
    run(even, ITEMS, ITEMS);
}
END_TEST

START_TEST(test_empty_table_has_nobody) {
    ProbeTable table = {0};
    for (uint64_t hash = 0; hash < 100; hash++) {
        ProbeWalk walk = probe_table_walk(&table, hash);
        ck_assert(!probe_walk_next(&walk));
        ck_assert(!probe_walk_next(&walk));
    }
    probe_table_clear(&table);
    ck_assert_uint_eq(probe_table_bytes(&table), 0);
    probe_table_add(&table, 5, UINT64_MAX - 1);
    ProbeWalk walk = probe_table_walk(&table, 5);
    ck_assert(probe_walk_next(&walk));
    ck_assert_uint_eq(walk.item, UINT64_MAX - 1);
    ck_assert(!probe_walk_next(&walk));
    ck_assert(!probe_walk_next(&walk));
    probe_table_free(&table);
    probe_table_free(&table);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("probe_table");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, test_even_hashes);
    tcase_add_test(all, test_few_hashes);
    tcase_add_test(all, test_equal_hashes);
    tcase_add_test(all, test_reserved_does_not_move);
    tcase_add_test(all, test_empty_table_has_nobody);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
