/* Tests of the index: against a plain list, with even tags and with equal ones. */
#include "executor/state/slot_index.h"

#include <check.h>

#include "executor/base/memory.h"

enum { SLOTS = 3000 };

/* Every slot is found under its tag just once, or not at all. */
static void expect(const SlotIndex *index, const uint32_t *tags, const bool *is_in) {
    for (Slot slot = 0; slot < SLOTS; slot++) {
        int found = 0, strangers = 0;
        for (SlotProbe probe = slot_probe(index, tags[slot]); slot_probe_next(&probe);) {
            strangers += tags[probe.slot] != tags[slot];
            found += probe.slot == slot;
        }
        ck_assert_int_eq(strangers, 0);
        ck_assert_int_eq(found, is_in[slot]);
    }
}

static void run(uint32_t (*tag)(uint32_t slot)) {
    SlotIndex index;
    slot_index_init(&index);
    uint32_t *tags = NEW_ARRAY(uint32_t, SLOTS);
    bool *is_in = NEW_ARRAY(bool, SLOTS);
    for (Slot slot = 0; slot < SLOTS; slot++) {
        tags[slot] = tag(slot);
        if (slot % 3 != 2) {
            slot_index_insert(&index, tags[slot], slot);
            is_in[slot] = true;
        }
    }
    expect(&index, tags, is_in);
    for (Slot slot = 0; slot + 2 < SLOTS; slot += 3) {
        if (slot % 2 == 0) {
            slot_index_remove(&index, tags[slot], slot);
            is_in[slot] = false;
        }
        if (tags[slot + 1] == tags[slot + 2]) {
            slot_index_replace(&index, tags[slot + 1], slot + 1, slot + 2);
            is_in[slot + 1] = false;
            is_in[slot + 2] = true;
        }
    }
    expect(&index, tags, is_in);
    ck_assert_uint_lt(slot_index_bytes(&index), 1 << 20);
    uint64_t dropped[SLOTS / 64 + 1] = {0};
    for (Slot slot = 0; slot < SLOTS; slot++)
        if (slot % 5 < 3) {
            dropped[slot / 64] |= UINT64_C(1) << slot % 64;
            is_in[slot] = false;
        }
    slot_index_sweep(&index, dropped);
    expect(&index, tags, is_in);
    for (Slot slot = 0; slot < SLOTS; slot++)
        if (!is_in[slot] && slot % 2 == 0) {
            slot_index_insert(&index, tags[slot], slot);
            is_in[slot] = true;
        }
    expect(&index, tags, is_in);
    slot_index_destroy(&index);
    memory_free(tags);
    memory_free(is_in);
}

static uint32_t even_tag(uint32_t slot) {
    return slot / 3 * 2654435761u;
}

static uint32_t equal_tag(uint32_t slot) {
    (void)slot;
    return 0xdeadbeef;
}

/* Many equal ones among others, also with the tags that mark empty places. */
static uint32_t mixed_tag(uint32_t slot) {
    static const uint32_t tags[] = {0, UINT32_MAX, 7};
    return slot / 3 % 4 == 3 ? slot / 3 * 2654435761u : tags[slot / 3 % 4 % 3];
}

START_TEST(test_even_tags) {
    run(even_tag);
}
END_TEST

START_TEST(test_equal_tags) {
    run(equal_tag);
}
END_TEST

START_TEST(test_mixed_tags) {
    run(mixed_tag);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("slot_index");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, test_even_tags);
    tcase_add_test(all, test_equal_tags);
    tcase_add_test(all, test_mixed_tags);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
