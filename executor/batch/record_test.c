/* Records and enums: text and wire forms, order, and the bytes that stand on disk: values, keys, definitions.
 */
#include <check.h>
#include <string.h>

#include "executor/batch/batch.h"
#include "executor/batch/codec.h"
#include "executor/types/definition.h"
#include "executor/types/record.h"

static Arena *arena;

static Type spot(void) {
    const char *names[] = {"x", "name", "at"};
    Type types[] = {type_of(TYPE_INT4), type_of(TYPE_TEXT), type_of(TYPE_NUMERIC)};
    return type_of_definition(type_define(
        &(TypeDefinition){.oid = 268468224, .name = "spot", .count = 3, .names = names, .types = types}));
}

static Type nested(void) {
    const char *names[] = {"s", "list"};
    Type types[] = {spot(), type_array(spot())};
    return type_of_definition(type_define(&(TypeDefinition){.count = 2, .names = names, .types = types}));
}

static Type color(void) {
    const char *names[] = {"red", "green"};
    return type_of_definition(
        type_define(&(TypeDefinition){.oid = 268468300, .name = "color", .count = 2, .names = names}));
}

static Datum parsed(Type type, const char *text) {
    Datum datum;
    Error error = {0};
    ck_assert_msg(datum_parse(type, text, strlen(text), &type_settings_default, arena, &datum, &error) == OK,
        "%s: %s", text, error.message);
    return datum;
}

static void assert_text(Type type, const void *element, const char *expected) {
    Text text = {0};
    datum_format(type, element, &type_settings_default, &text);
    ck_assert_str_eq(text_string(&text), expected);
    text_free(&text);
}

static void assert_hex(const void *bytes, size_t length, const char *expected) {
    Text hex = {0};
    for (size_t i = 0; i < length; i++)
        text_printf(&hex, "%02x", ((const unsigned char *)bytes)[i]);
    ck_assert_str_eq(text_string(&hex), expected);
    text_free(&hex);
}

START_TEST(definitions_are_interned) {
    ck_assert_ptr_eq(spot().definition, spot().definition);
    ck_assert(type_is_same(nested(), nested()) && !type_is_same(spot(), nested()) &&
              !type_is_same(spot(), type_array(spot())));
    ck_assert_int_eq(nested().definition->nested_count, 8);
    ck_assert(type_takes(type_of(TYPE_RECORD), spot()) && !type_takes(spot(), type_of(TYPE_RECORD)));
    ck_assert_uint_eq(type_oid(spot()), 268468224);
    ck_assert_uint_eq(type_oid(type_array(spot())), 268468225);
    ck_assert_uint_eq(type_oid(nested()), 2249);
    ck_assert_int_eq(type_category(spot()), 'C');
    ck_assert_int_eq(type_category(color()), 'E');
}
END_TEST

START_TEST(text_round_trip) {
    static const char *const texts[] = {"(1,a,2.50)", "(,,)", "(,\"\",NaN)",
        "(-1,\"a,\"\"b\"\" (c)\\\\\",123456789012345678901234567890.5)", "(5,\" \",)"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Datum datum = parsed(spot(), texts[i]);
        assert_text(spot(), &datum, texts[i]);
    }
    Datum datum = parsed(nested(), " (\"(1,a,2)\",\"{\"\"(3,b,4)\"\",NULL}\") ");
    assert_text(nested(), &datum, "(\"(1,a,2)\",\"{\"\"(3,b,4)\"\",NULL}\")");
    Datum label = parsed(color(), "green");
    ck_assert_int_eq(label.int4, 1);
    assert_text(color(), &label, "green");
}
END_TEST

static void assert_refused(
    Type type, const char *text, Status status, const char *message, const char *detail) {
    Datum datum;
    Error error = {0};
    ck_assert_int_eq(
        datum_parse(type, text, strlen(text), &type_settings_default, arena, &datum, &error), status);
    ck_assert_str_eq(error.message, message);
    if (detail != NULL)
        ck_assert_str_eq(error.detail, detail);
    error_clear(&error);
}

START_TEST(bad_text) {
    assert_refused(spot(), "1", STATUS_INVALID_TEXT_REPRESENTATION, "malformed record literal: \"1\"",
        "Missing left parenthesis.");
    assert_refused(spot(), "(1,a)", STATUS_INVALID_TEXT_REPRESENTATION, "malformed record literal: \"(1,a)\"",
        "Too few columns.");
    assert_refused(spot(), "(1,a,2,3)", STATUS_INVALID_TEXT_REPRESENTATION,
        "malformed record literal: \"(1,a,2,3)\"", "Too many columns.");
    assert_refused(spot(), "(1,a,2", STATUS_INVALID_TEXT_REPRESENTATION,
        "malformed record literal: \"(1,a,2\"", "Unexpected end of input.");
    assert_refused(spot(), "(1,a,2\\", STATUS_INVALID_TEXT_REPRESENTATION,
        "malformed record literal: \"(1,a,2\\\"", "Unexpected end of input.");
    assert_refused(spot(), "(1,a,2)x", STATUS_INVALID_TEXT_REPRESENTATION,
        "malformed record literal: \"(1,a,2)x\"", "Junk after right parenthesis.");
    assert_refused(spot(), "(x,a,2)", STATUS_INVALID_TEXT_REPRESENTATION,
        "invalid input syntax for type integer: \"x\"", NULL);
    assert_refused(color(), "blue", STATUS_INVALID_TEXT_REPRESENTATION,
        "invalid input value for enum color: \"blue\"", NULL);
}
END_TEST

START_TEST(wire_round_trip) {
    Datum datum = parsed(nested(), "(\"(1,a,2.5)\",\"{\"\"(,b,)\"\",NULL}\")"), back;
    Text wire = {0};
    Error error = {0};
    datum_send(nested(), &datum, &type_settings_default, &wire);
    ck_assert_int_eq(
        datum_receive(nested(), wire.bytes, wire.length, &type_settings_default, arena, &back, &error), OK);
    ck_assert(datum_is_identical(LAYOUT_VIEW, &datum, &back));
    for (size_t length = 0; length < wire.length; length++) {
        ck_assert_int_ne(
            datum_receive(nested(), wire.bytes, length, &type_settings_default, arena, &back, &error), OK);
        error_clear(&error);
    }
    text_free(&wire);
}
END_TEST

START_TEST(order) {
    static const char *const ascending[] = {"(1,a,)", "(1,b,1)", "(1,b,)", "(2,,)", "(,a,1)", "(,,)"};
    int count = sizeof ascending / sizeof *ascending;
    for (int i = 0; i < count; i++)
        for (int k = 0; k < count; k++) {
            Datum a = parsed(spot(), ascending[i]), b = parsed(spot(), ascending[k]);
            int order = datum_compare(spot(), &a, &b);
            ck_assert_int_eq((order > 0) - (order < 0), (i > k) - (i < k));
        }
    Datum a = parsed(spot(), "(1,a,2.0)"), b = parsed(spot(), "(1,a,2)");
    Text x = {0}, y = {0};
    ck_assert_int_eq(datum_compare(spot(), &a, &b), 0);
    datum_add_key(spot(), &a, &x);
    datum_add_key(spot(), &b, &y);
    ck_assert(x.length == y.length && memcmp(x.bytes, y.bytes, x.length) == 0);
    text_free(&x);
    text_free(&y);
}
END_TEST

/* What stands on disk: these bytes change with a new version of the store only. */
START_TEST(stored_bytes) {
    Datum datum = parsed(spot(), "(258,ab,)");
    Text key = {0}, definition = {0};
    assert_hex(view_bytes(&datum.view), datum.view.length, "0402010000020000006162");
    datum_add_key(spot(), &datum, &key);
    assert_hex(key.bytes, key.length,
        "0100020100000000000001020000006162"
        "00");
    Datum label = parsed(color(), "green");
    text_reset(&key);
    datum_add_key(color(), &label, &key);
    assert_hex(key.bytes, key.length, "000100000000000000");
    type_add_definition(color(), &definition);
    assert_hex(definition.bytes, definition.length,
        "014c80001005000000636f6c6f7202000000030000007265640500000067"
        "7265656e");
    TextReader reader = {definition.bytes, definition.bytes + definition.length, 0};
    Type type = {.id = TYPE_ENUM, .modifier = -1};
    type_read_definition(&reader, &type);
    ck_assert(!reader.is_bad && type_is_same(type, color()));
    text_free(&key);
    text_free(&definition);
}
END_TEST

START_TEST(stored_definitions) {
    Text text = {0};
    type_add_definition(nested(), &text);
    Type type = {.id = TYPE_RECORD, .modifier = -1};
    TextReader reader = {text.bytes, text.bytes + text.length, 0};
    type_read_definition(&reader, &type);
    ck_assert(!reader.is_bad && reader.cursor == reader.end && type_is_same(type, nested()));
    for (size_t length = 0; length < text.length; length++) {
        TextReader shorter = {text.bytes, text.bytes + length, 0};
        type_read_definition(&shorter, &type);
        ck_assert(shorter.is_bad);
    }
    for (size_t i = 0; i < text.length; i++) { /* any damage is told, or gives some type */
        text.bytes[i] ^= 0x55;
        TextReader damaged = {text.bytes, text.bytes + text.length, 0};
        type_read_definition(&damaged, &type);
        text.bytes[i] ^= 0x55;
    }
    text_free(&text);
}
END_TEST

START_TEST(column_blocks) {
    Column *columns[] = {column_create(nested(), 3), column_create(color(), 3)};
    Datum row = parsed(nested(), "(\"(1,a,2.5)\",{})"), label = parsed(color(), "green");
    column_set_datum(columns[0], 0, &row);
    column_set_null(columns[0], 1);
    column_set_datum(columns[0], 2, &row);
    column_set_datum(columns[1], 2, &label);
    Batch *batch = batch_create(3, 2, columns), *back;
    Text text = {0};
    Error error = {0};
    batch_encode(batch, &text);
    TextReader reader = {text.bytes, text.bytes + text.length, 0};
    ck_assert_int_eq(batch_decode(&reader, &back, &error), OK);
    ck_assert(
        type_is_same(back->columns[0]->type, nested()) && type_is_same(back->columns[1]->type, color()));
    for (int i = 0; i < 3; i++)
        ck_assert(batch_rows_identical(batch, i, back, i, (const int[]){0, 1}, 2));
    batch_release(batch);
    batch_release(back);
    text_free(&text);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("record");
    TCase *tests = tcase_create("record");
    arena = arena_create();
    tcase_add_test(tests, definitions_are_interned);
    tcase_add_test(tests, text_round_trip);
    tcase_add_test(tests, bad_text);
    tcase_add_test(tests, wire_round_trip);
    tcase_add_test(tests, order);
    tcase_add_test(tests, stored_bytes);
    tcase_add_test(tests, stored_definitions);
    tcase_add_test(tests, column_blocks);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    arena_destroy(arena);
    return failed != 0;
}
