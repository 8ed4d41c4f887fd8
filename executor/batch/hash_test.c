/* Key hashes: on-disk format, so the vectors must never change. */
#include "executor/base/hash.h"

#include <check.h>
#include <string.h>

#include "executor/batch/batch.h"
#include "executor/types/key.h"

static uint64_t key_hash(const char *text, int column_count) {
    Batch *batch = batch_from_text(text);
    int columns[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    uint64_t hashes[8];
    batch_hash_keys(batch, columns, column_count, hashes);
    Text scratch = {0};
    for (int row = 0; row < batch->row_count; row++)
        ck_assert_uint_eq(batch_hash_key(batch, columns, column_count, row, &scratch), hashes[row]);
    text_free(&scratch);
    batch_release(batch);
    return hashes[0];
}

START_TEST(vectors) {
    ck_assert_uint_eq(key_hash("int8\n+1 5\n", 1), 0xe46bbacf3e340f49);
    ck_assert_uint_eq(key_hash("int8\n+1 NULL\n", 1), 0xc44bdff4074eecdb);
    ck_assert_uint_eq(key_hash("int8 text\n+1 -1 abc\n", 2), 0x785cf17e6d3c06d2);
    ck_assert_uint_eq(key_hash("text\n+1 \"a text that does not fit inside\"\n", 1), 0xa63e627ba2a07f17);
    ck_assert_uint_eq(key_hash("bool float8\n+1 true 1.5\n", 2), 0xe84ad0af2b17e0c1);
}
END_TEST

START_TEST(integers_of_all_widths_agree) {
    uint64_t wide = key_hash("int8\n+1 -7\n", 1);
    ck_assert_uint_eq(key_hash("int4\n+1 -7\n", 1), wide);
    ck_assert_uint_eq(key_hash("int2\n+1 -7\n", 1), wide);
    char key[10] = {1};
    key_write_integer(key + 1, -7);
    ck_assert_uint_eq(hash_bytes_64(key, sizeof key), wide);
}
END_TEST

/* One element of each type, by its bytes, against datum_add_key. */
START_TEST(every_type_agrees_with_its_key) {
    static const char *const samples[][2] = {
        {"bool", "true"},
        {"int2", "-300"},
        {"int4", "70000"},
        {"int8", "-5000000000"},
        {"float4", "1.5"},
        {"float8", "-0"},
        {"text", "abc"},
        {"text", "\"longer than twelve bytes\""},
        {"varchar", "abc"},
        {"bpchar", "\"ab  \""},
        {"name", "n"},
        {"bytea", "\\x0102"},
        {"uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
        {"oid", "17"},
        {"date", "2023-05-06"},
        {"time", "01:02:03.5"},
        {"timestamp", "\"2023-05-06 01:02:03\""},
        {"timestamptz", "\"2023-05-06 01:02:03+02\""},
        {"interval", "\"1 mon 2 days\""},
        {"numeric", "17"},
        {"numeric", "17.50"},
        {"numeric", "-3.00"},
        {"numeric", "NaN"},
        {"numeric", "123456789012345678901234567890123456789012345678901234567890"},
        {"jsonb", "{}"},
        {"int4[]", "{1,2}"},
        {"char", "x"},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        Text text = {0}, key = {0}, row_key = {0};
        text_printf(&text, "%s\n+1 %s\n+1 NULL\n", samples[i][0], samples[i][1]);
        Batch *batch = batch_from_text(text_string(&text));
        text_add_u8(&key, 1);
        datum_add_key(batch->columns[0]->type, column_at(batch->columns[0], 0), &key);
        int columns[] = {0};
        batch_add_key(batch, columns, 1, 0, &row_key);
        ck_assert_uint_eq(key.length, row_key.length);
        ck_assert_msg(memcmp(key.bytes, row_key.bytes, key.length) == 0, "key of %s", samples[i][0]);
        uint64_t hashes[2];
        batch_hash_keys(batch, columns, 1, hashes);
        ck_assert_uint_eq(hashes[0], hash_bytes_64(key.bytes, key.length));
        ck_assert_uint_eq(hashes[1], hash_bytes_64("", 1));
        text_free(&text);
        text_free(&key);
        text_free(&row_key);
        batch_release(batch);
    }
}
END_TEST

START_TEST(numbers_of_all_types_agree) {
    Column *column = column_create(type_of(TYPE_NUMERIC), 2);
    Numeric five = {.low = 5}, minus = {.low = (uint64_t)-9, .high = 0x0000ffffffffffff};
    column_set_datum(column, 0, &five);
    column_set_datum(column, 1, &minus);
    Batch *batch = batch_create(2, 1, &column);
    int columns[] = {0};
    uint64_t hashes[2];
    batch_hash_keys(batch, columns, 1, hashes);
    ck_assert_uint_eq(hashes[0], key_hash("int8\n+1 5\n", 1));
    ck_assert_uint_eq(hashes[1], key_hash("int2\n+1 -9\n", 1));
    batch_release(batch);
}
END_TEST

START_TEST(identical_is_not_equal) {
    Batch *batch = batch_from_text("float8 text\n+1 0 a\n+1 -0 a\n+1 0 a\n");
    int columns[] = {0, 1};
    uint64_t equal[3], identical[3];
    batch_hash_keys(batch, columns, 2, equal);
    batch_hash_identical(batch, columns, 2, identical);
    ck_assert_uint_eq(equal[0], equal[1]);
    ck_assert_uint_ne(identical[0], identical[1]);
    ck_assert_uint_eq(identical[0], identical[2]);
    batch_release(batch);
}
END_TEST

START_TEST(known_hashes_follow_their_columns) {
    Batch *batch = batch_from_text("int8 text float8\n+1 5 a 1\n+1 6 b 2\n");
    int keys[] = {2, 0}, other[] = {0, 2}, kept[] = {0, 1, 2}, moved[] = {2, 1, 0}, fewer[] = {2, 1};
    uint64_t computed[2], hashes[2];
    batch_hash_keys(batch, other, 2, computed);
    batch_need_hashes(batch, keys, 2, 2);
    /* Told apart from those that would be computed. */
    memcpy(batch->hashes.values->values, (uint64_t[]){71, 72}, 16);
    batch_hash_keys(batch, keys, 2, hashes);
    ck_assert(hashes[0] == 71 && hashes[1] == 72);
    batch_hash_keys(batch, other, 2, hashes);
    ck_assert(hashes[0] == computed[0] && hashes[1] == computed[1]);
    Batch *same = batch_project(batch, kept, 3), *turned = batch_project(batch, moved, 3),
          *lost = batch_project(batch, fewer, 2);
    batch_hash_keys(same, keys, 2, hashes);
    ck_assert(hashes[0] == 71 && hashes[1] == 72);
    batch_hash_keys(turned, other, 2, hashes);
    ck_assert(hashes[0] == 71 && hashes[1] == 72);
    batch_hash_keys(turned, keys, 2, hashes);
    ck_assert(hashes[0] == computed[0] && hashes[1] == computed[1]);
    ck_assert_ptr_null(lost->hashes.values);
    /* Rows that are chosen have other numbers. */
    Batch *second = batch_select(batch, (uint16_t[]){1}, 1), *dense = batch_dense(second);
    batch_hash_keys(dense, other, 2, hashes);
    ck_assert(hashes[0] == computed[1]);
    ck_assert_ptr_null(dense->hashes.values);
    Batch *all[] = {batch, same, turned, lost, second, dense};
    for (int i = 0; i < 6; i++)
        batch_release(all[i]);
}
END_TEST

int main(void) {
    TCase *cases = tcase_create("hash");
    tcase_add_test(cases, vectors);
    tcase_add_test(cases, integers_of_all_widths_agree);
    tcase_add_test(cases, every_type_agrees_with_its_key);
    tcase_add_test(cases, numbers_of_all_types_agree);
    tcase_add_test(cases, identical_is_not_equal);
    tcase_add_test(cases, known_hashes_follow_their_columns);
    Suite *suite = suite_create("hash");
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
