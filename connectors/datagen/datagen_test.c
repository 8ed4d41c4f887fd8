/* Datagen: sequences, random values within their bounds, restarts, wrong options. */
#include <check.h>
#include <string.h>

#include "connectors/connector.h"
#include "executor/base/memory.h"

static Arena *arena;

static void setup(void) {
    arena = arena_create();
}
static void teardown(void) {
    arena_destroy(arena);
}

typedef struct Given {
    int count;
    const char *names[16], *values[16];
    int column_count;
    const char *columns[8];
    Type types[8];
} Given;

static Status open_reader(Given *given, SourceReader **reader, Error *error) {
    ConnectorDefinition definition = {.connector = "datagen",
        .option_count = given->count,
        .option_names = given->names,
        .option_values = given->values,
        .columns = {given->column_count, given->columns, given->types}};
    TRY(connector_validate(&definition, false, error));
    return connector_by_name("datagen")->open_source(&definition, reader, error);
}

static const char *read_all(SourceReader *reader, int row_max) {
    Text out = {0};
    Error error = {0};
    int64_t offset = 0;
    for (bool is_finished = false; !is_finished;) {
        SourceRows rows = {.arena = arena};
        ck_assert_int_eq(reader->type->assign(reader, 0, offset, INT64_MAX, &error), OK);
        ck_assert_int_eq(reader->type->read(reader, 0, row_max, &rows, &error), OK);
        if (rows.batch != NULL) {
            Text text = {0};
            batch_add_text(rows.batch, &text);
            text_add_string(&out, strchr(text.bytes, '\n') + 1);
            text_free(&text);
        }
        batch_release(rows.batch);
        offset = rows.next_offset;
        is_finished = rows.is_finished;
    }
    const char *text = arena_strdup(arena, text_string(&out));
    text_free(&out);
    return text;
}

START_TEST(sequences) {
    Given given = {7,
        {"fields.a.kind", "fields.a.start", "fields.a.end", "fields.t.kind", "fields.t.step", "fields.n.kind",
            "fields.s.kind"},
        {"sequence", "7", "9", "sequence", "1 hour", "sequence", "sequence"}, 4, {"a", "t", "n", "s"},
        {type_of(TYPE_INT4), type_of(TYPE_TIMESTAMP), type_of(TYPE_NUMERIC), type_of(TYPE_TEXT)}};
    SourceReader *reader;
    Error error = {0};
    ck_assert_int_eq(open_reader(&given, &reader, &error), OK);
    ck_assert_str_eq(read_all(reader, 2), "+1 7 \"2020-01-01 00:00:00\" 0.00 0\n+1 8 \"2020-01-01 01:00:00\" "
                                          "1.00 1\n+1 9 \"2020-01-01 02:00:00\" 2.00 2\n");
    reader->type->close(reader);
}
END_TEST

START_TEST(random_values) {
    Given given = {7,
        {"rows", "fields.a.min", "fields.a.max", "fields.s.length", "fields.n.min", "fields.n.max",
            "fields.f.seed"},
        {"5000", "-3", "3", "20", "1.5", "1.7", "9"}, 5, {"a", "s", "n", "f", "b"},
        {type_of(TYPE_INT8), type_of(TYPE_TEXT), {.id = TYPE_NUMERIC, .modifier = numeric_modifier(10, 1)},
            type_of(TYPE_FLOAT8), type_of(TYPE_BOOL)}};
    SourceReader *reader;
    Error error = {0};
    ck_assert_int_eq(open_reader(&given, &reader, &error), OK);
    ck_assert_str_eq(read_all(reader, 4096), read_all(reader, 13));
    SourceRows rows = {.arena = arena};
    int seen[7] = {0};
    ck_assert_int_eq(reader->type->assign(reader, 0, 0, INT64_MAX, &error), OK);
    ck_assert_int_eq(reader->type->read(reader, 0, 4096, &rows, &error), OK);
    ck_assert_int_eq(rows.batch->row_count, 4096);
    for (int i = 0; i < 4096; i++) {
        int64_t a = column_int8(rows.batch->columns[0], i);
        ck_assert(a >= -3 && a <= 3);
        seen[a + 3]++;
        ck_assert_int_eq(column_view(rows.batch->columns[1], i)->length, 20);
        const Numeric *n = column_at(rows.batch->columns[2], i);
        ck_assert_int_eq(numeric_small_scale(n), 1);
        ck_assert(numeric_small_mantissa(n) >= 15 && numeric_small_mantissa(n) <= 17);
        double f = *(const double *)column_at(rows.batch->columns[3], i);
        ck_assert(f >= 0 && f < 1);
    }
    for (int i = 0; i < 7; i++)
        ck_assert(seen[i] > 400);
    batch_release(rows.batch);
    reader->type->close(reader);
}
END_TEST

START_TEST(wrong_options) {
    static const char *const cases[][3] = {
        {"fields.a.kind", "sequenz", "invalid value for option \"fields.a.kind\": \"sequenz\""},
        {"fields.a.min", "x", "invalid value for option \"fields.a.min\": \"x\""},
        {"fields.a.max", "99999999999", "invalid value for option \"fields.a.max\": \"99999999999\""},
        {"fields.a.start", "1", "option \"fields.a.start\" does not go with kind \"random\""},
        {"fields.z.kind", "random", "connector \"datagen\" has no option \"fields.z.kind\""},
        {"fields.a.color", "red", "connector \"datagen\" has no option \"fields.a.color\""},
        {"rows", "-1", "invalid value for option \"rows\": \"-1\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Given given = {1, {cases[i][0]}, {cases[i][1]}, 1, {"a"}, {type_of(TYPE_INT4)}};
        SourceReader *reader;
        Error error = {0};
        ck_assert_int_eq(open_reader(&given, &reader, &error), STATUS_INVALID_PARAMETER_VALUE);
        ck_assert_str_eq(error.message, cases[i][2]);
        error_clear(&error);
    }
    Given given = {0, {NULL}, {NULL}, 1, {"a"}, {type_of(TYPE_JSONB)}};
    SourceReader *reader;
    Error error = {0};
    ck_assert_int_eq(open_reader(&given, &reader, &error), STATUS_FEATURE_NOT_SUPPORTED);
    error_clear(&error);
}
END_TEST

START_TEST(sequence_ends_with_its_type) {
    Given given = {
        2, {"fields.a.kind", "fields.a.start"}, {"sequence", "32766"}, 1, {"a"}, {type_of(TYPE_INT2)}};
    SourceReader *reader;
    Error error = {0};
    ck_assert_int_eq(open_reader(&given, &reader, &error), OK);
    ck_assert_str_eq(read_all(reader, 100), "+1 32766\n+1 32767\n");
    reader->type->close(reader);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("datagen");
    TCase *tests = tcase_create("datagen");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, sequences);
    tcase_add_test(tests, random_values);
    tcase_add_test(tests, wrong_options);
    tcase_add_test(tests, sequence_ends_with_its_type);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
