/* Aggregates against PostgreSQL 15's recorded answers; folding ones with retracted noise, in any order and in
   two phases. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "executor/base/memory.h"
#include "executor/functions/aggregate.h"

typedef struct Recorded {
    const char *signature;
    const char *values; /* separated by | */
    const char *answer;
} Recorded;

static const Recorded recorded[] = {
#define RECORDED(signature, values, answer) {signature, values, answer},
#include "executor/functions/test/recorded_aggregates.def"
#undef RECORDED
};

enum { VALUES_MAX = 64, FOLDS_MAX = 4 * VALUES_MAX };

/* As a slot does: heap bytes belong to the cell. */
static void store(void *owner, Layout layout, void *cell, const void *element) {
    Datum datum;
    uint32_t length;
    memcpy(&datum, element, layout_width(layout));
    const char *heap = datum_heap(layout, &datum, &length);
    if (heap != NULL)
        datum_rebase(layout, &datum, memory_copy_text(heap, length));
    heap = datum_heap(layout, cell, &length);
    memory_free((char *)heap);
    memcpy(cell, &datum, layout_width(layout));
}

static void free_cells(char *state, const Type *cells, int count) {
    for (char *cell = state; count-- > 0; cell += cell_width(*cells++)) {
        uint32_t length;
        memory_free((char *)datum_heap(type_layout(*cells), cell, &length));
    }
    memory_free(state);
}

typedef struct Fold {
    int value;
    int state;
    int64_t diff;
} Fold;

/* Every value once, and for half of them as much added as taken away, shuffled. */
static int make_folds(Fold *folds, int count, bool is_retractable, unsigned seed) {
    int fold_count = 0;
    for (int i = 0; i < count; i++) {
        folds[fold_count++] = (Fold){i, i % 3 == 0, 1};
        if (is_retractable && i % 2 == 0) {
            folds[fold_count++] = (Fold){i, 0, 1 + i % 3};
            folds[fold_count++] = (Fold){i, i % 4 == 0, -(1 + i % 3)};
        }
    }
    for (int i = fold_count - 1; i > 0; i--) {
        int other = (int)(rand_r(&seed) % (unsigned)(i + 1));
        Fold swapped = folds[i];
        folds[i] = folds[other];
        folds[other] = swapped;
    }
    return fold_count;
}

static void set_argument(Column *column, int row, const char *text, size_t length, Arena *arena) {
    Datum datum;
    if (length == 4 && memcmp(text, "NULL", 4) == 0) {
        column_set_null(column, row);
        return;
    }
    ck_assert_int_eq(
        datum_parse(column->type, text, length, &type_settings_default, arena, &datum, NULL), OK);
    column_set_datum(column, row, &datum);
}

/* Texts of the values, argument by argument within each row. */
static int split(const char *values, int argument_count, const char **texts, size_t *lengths) {
    int count = 0;
    for (const char *cursor = values; *values != 0; cursor++) {
        size_t length = strcspn(cursor, "|");
        texts[count] = cursor;
        lengths[count++] = length;
        cursor += length;
        if (*cursor == 0)
            break;
    }
    return count / argument_count;
}

static void run(const Recorded *record, unsigned seed, Text *answer) {
    const Aggregate *aggregate = aggregate_by_signature(record->signature);
    ck_assert_msg(aggregate != NULL, "%s", record->signature);
    const Function *function = aggregate_function(aggregate);
    Arena *arena = arena_create();
    Type cells[AGGREGATE_CELLS_MAX];
    int cell_count = aggregate_cell_types(aggregate, function->arguments, cells), size = 0;
    for (int i = 0; i < cell_count; i++)
        size += cell_width(cells[i]);
    char *states[2] = {memory_allocate_zero((size_t)size), memory_allocate_zero((size_t)size)};
    const char *texts[VALUES_MAX];
    size_t lengths[VALUES_MAX];
    int count = split(record->values, function->argument_count, texts, lengths);
    Fold folds[FOLDS_MAX];
    int fold_count = make_folds(folds, count, aggregate->kind == AGGREGATE_FOLD, seed);
    Column *arguments[2] = {0};
    for (int a = 0; a < function->argument_count; a++) {
        arguments[a] = column_create(function->arguments[a], FOLDS_MAX);
        for (int i = 0; i < fold_count; i++) {
            int text = folds[i].value * function->argument_count + a;
            set_argument(arguments[a], i, texts[text], lengths[text], arena);
        }
    }
    char *row_states[FOLDS_MAX];
    int64_t diffs[FOLDS_MAX];
    for (int i = 0; i < fold_count; i++) {
        row_states[i] = states[folds[i].state];
        diffs[i] = folds[i].diff;
    }
    RowErrors errors = {.arena = arena};
    AggregateContext context = {.settings = &type_settings_default,
        .scratch = arena,
        .result_type = function->result,
        .errors = &errors,
        .store = store};
    memcpy(context.argument_types, function->arguments, sizeof context.argument_types);
    aggregate->update(&context, fold_count, row_states, (const Column *const *)arguments,
        aggregate->kind == AGGREGATE_FOLD ? diffs : NULL);
    aggregate->merge(&context, 1, &states[0], (const char *const *)&states[1]);
    Column *result = column_create(function->result, 1);
    aggregate->result(&context, 1, &states[0], result);
    if (errors.count > 0)
        text_printf(answer, "%s %s", status_sqlstate(errors.rows[0].status), errors.rows[0].message);
    else if (column_is_null(result, 0))
        text_add_string(answer, "NULL");
    else
        datum_format(function->result, column_at(result, 0), &type_settings_default, answer);
    for (int i = 0; i < 2; i++) {
        free_cells(states[i], cells, cell_count);
        column_release(arguments[i]);
    }
    column_release(result);
    row_errors_free(&errors);
    arena_destroy(arena);
}

START_TEST(answers) {
    for (size_t i = 0; i < sizeof recorded / sizeof *recorded; i++) {
        for (unsigned seed = 1; seed <= 3; seed++) {
            Text answer = {0};
            run(&recorded[i], seed, &answer);
            ck_assert_msg(strcmp(text_string(&answer), recorded[i].answer) == 0, "%s of %s: %s, not %s",
                recorded[i].signature, recorded[i].values, recorded[i].answer, text_string(&answer));
            text_free(&answer);
        }
    }
}
END_TEST

/* Values in order, from a list that ends with count 0. */
typedef struct Listed {
    const char *text; /* NULL: SQL NULL */
    int64_t count;
} Listed;
typedef struct ListedValues {
    AggregateValues values;
    Type type;
    const Listed *next;
    Arena *arena;
    Datum datum;
} ListedValues;

static bool listed_next(AggregateValues *values, const void **element, int64_t *count) {
    ListedValues *listed = (ListedValues *)values;
    const Listed *next = listed->next;
    if (next->count == 0)
        return false;
    listed->next++;
    *count = next->count;
    *element = NULL;
    if (next->text != NULL) {
        ck_assert_int_eq(datum_parse(listed->type, next->text, strlen(next->text), &type_settings_default,
                             listed->arena, &listed->datum, NULL),
            OK);
        *element = &listed->datum;
    }
    return true;
}

static void check_values(const char *signature, TypeId type, TypeId second_type, const char *second,
    const Listed *list, Type result_type, const char *expected) {
    Arena *arena = arena_create();
    const Aggregate *aggregate = aggregate_by_signature(signature);
    ck_assert_msg(aggregate != NULL, "%s", signature);
    Column *arguments[] = {NULL, column_create(type_of(second_type), 1)},
           *result = column_create(result_type, 1);
    if (second != NULL)
        set_argument(arguments[1], 0, second, strlen(second), arena);
    RowErrors errors = {.arena = arena};
    AggregateContext context = {.settings = &type_settings_default,
        .scratch = arena,
        .argument_types = {type_of(type), type_of(second_type)},
        .result_type = result_type,
        .errors = &errors};
    ListedValues values = {{listed_next}, type_of(type), list, arena, {0}};
    aggregate->result_of_values(&context, &values.values, (const Column *const *)arguments, result, 0);
    Text answer = {0};
    if (errors.count > 0)
        text_add_string(&answer, errors.rows[0].message);
    else if (column_is_null(result, 0))
        text_add_string(&answer, "NULL");
    else
        datum_format(result_type, column_at(result, 0), &type_settings_default, &answer);
    ck_assert_str_eq(text_string(&answer), expected);
    text_free(&answer);
    row_errors_free(&errors);
    column_release(arguments[1]);
    column_release(result);
    arena_destroy(arena);
}

START_TEST(aggregates_over_values) {
    static const Listed none[] = {{0}}, texts[] = {{"", 2}, {"b", 1}, {0}},
                        nullable[] = {{"1", 2}, {"3", 1}, {NULL, 1}, {0}},
                        ints[] = {{"1", 1}, {"3", 3}, {"6", 3}, {0}},
                        floats[] = {{"1", 1}, {"2", 1}, {"4", 2}, {0}},
                        intervals[] = {{"1 day", 1}, {"2 days", 1}, {0}};
    Type text = type_of(TYPE_TEXT), int4 = type_of(TYPE_INT4), float8 = type_of(TYPE_FLOAT8),
         interval = type_of(TYPE_INTERVAL);
    check_values("string_agg(text, text) -> text", TYPE_TEXT, TYPE_TEXT, ", ", texts, text, ", , b");
    check_values("string_agg(text, text) -> text", TYPE_TEXT, TYPE_TEXT, "NULL", texts, text, "b");
    check_values("string_agg(text, text) -> text", TYPE_TEXT, TYPE_TEXT, ", ", none, text, "NULL");
    check_values("array_agg(anyelement) -> anyarray", TYPE_INT4, TYPE_INT4, NULL, nullable,
        type_array_of(TYPE_INT4), "{1,1,3,NULL}");
    check_values("array_agg(anyelement) -> anyarray", TYPE_INT4, TYPE_INT4, NULL, none,
        type_array_of(TYPE_INT4), "NULL");
    check_values("json_agg(anyelement) -> json", TYPE_INT4, TYPE_INT4, NULL, nullable, type_of(TYPE_JSON),
        "[1, 1, 3, null]");
    check_values("jsonb_agg(anyelement) -> jsonb", TYPE_TEXT, TYPE_INT4, NULL, texts, type_of(TYPE_JSONB),
        "[\"\", \"\", \"b\"]");
    check_values("bit_and(int4) -> int4", TYPE_INT4, TYPE_INT4, NULL, ints, int4, "0");
    check_values("bit_or(int4) -> int4", TYPE_INT4, TYPE_INT4, NULL, ints, int4, "7");
    check_values("mode(anyelement) -> anyelement", TYPE_INT4, TYPE_INT4, NULL, ints, int4, "3");
    check_values("last(anyelement) -> anyelement", TYPE_INT4, TYPE_INT4, NULL, ints, int4, "6");
    check_values(
        "percentile_disc(anyelement, float8) -> anyelement", TYPE_INT4, TYPE_FLOAT8, "0.5", ints, int4, "3");
    check_values(
        "percentile_disc(anyelement, float8) -> anyelement", TYPE_INT4, TYPE_FLOAT8, "0", ints, int4, "1");
    check_values(
        "percentile_cont(float8, float8) -> float8", TYPE_FLOAT8, TYPE_FLOAT8, "0.5", floats, float8, "3");
    check_values(
        "percentile_cont(float8, float8) -> float8", TYPE_FLOAT8, TYPE_FLOAT8, "1", floats, float8, "4");
    check_values("percentile_cont(float8, float8) -> float8", TYPE_FLOAT8, TYPE_FLOAT8, "2", floats, float8,
        "percentile value 2 is not between 0 and 1");
    check_values("percentile_cont(interval, float8) -> interval", TYPE_INTERVAL, TYPE_FLOAT8, "0.25",
        intervals, interval, "1 day 06:00:00");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("aggregate");
    TCase *cases = tcase_create("aggregate");
    tcase_add_test(cases, answers);
    tcase_add_test(cases, aggregates_over_values);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
