/* Evaluation: three-valued logic, branches under selection, failures by row, constants. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "executor/expressions/test/testing.h"

static Arena *arena;

static void setup(void) {
    arena = arena_create();
}
static void teardown(void) {
    arena_destroy(arena);
}

#define C0                   test_column(arena, 0, TYPE_INT8)
#define C1                   test_column(arena, 1, TYPE_INT8)
#define INT(n)               test_int8(arena, (n))
#define CALL(f, a, b)        test_call(arena, &test_##f, (a), (b))
#define OF(kind, type, a, b) test_of(arena, EXPRESSION_##kind, TYPE_##type, (a), (b))

/* The values of the selected rows, separated by blanks; then " !position message" for each failure. */
static void assert_values(const Expression *expression, Batch *batch, const char *expected) {
    Evaluator *evaluator = evaluator_create(expression, &type_settings_default, NULL);
    RowErrors errors = {.arena = arena};
    Column *column;
    Error error = {0};
    ck_assert_int_eq(evaluator_run(evaluator, batch, &errors, &column, &error), OK);
    Text out = {0};
    for (int i = 0; i < batch->selected_count; i++) {
        text_add_string(&out, i == 0 ? "" : " ");
        if (column_is_null(column, i))
            text_add_string(&out, "-");
        else
            datum_format(column->type, column_at(column, i), &type_settings_default, &out);
    }
    for (int i = 0; i < errors.count; i++)
        text_printf(&out, " !%d %s", errors.rows[i].row, errors.rows[i].message);
    ck_assert_str_eq(text_string(&out), expected);
    text_free(&out);
    row_errors_free(&errors);
    column_release(column);
    evaluator_destroy(evaluator);
}

static Batch *odd_rows(Batch *batch) {
    uint16_t rows[BATCH_ROWS_MAX];
    int count = 0;
    for (int i = 1; i < batch->row_count; i += 2)
        rows[count++] = (uint16_t)i;
    return batch_select(batch, rows, count);
}

static const char *const truth_text =
    "bool bool\n+1 t t\n+1 t f\n+1 t NULL\n+1 f t\n+1 f f\n+1 f NULL\n+1 NULL t\n+1 NULL f\n+1 NULL NULL\n";

START_TEST(junctions_have_three_values) {
    Batch *batch = batch_from_text(truth_text);
    Expression *a = test_column(arena, 0, TYPE_BOOL), *b = test_column(arena, 1, TYPE_BOOL);
    assert_values(OF(AND, BOOL, a, b), batch, "t f - f f f - f -");
    assert_values(OF(OR, BOOL, a, b), batch, "t t t t f - t - -");
    Batch *odd = odd_rows(batch);
    assert_values(OF(AND, BOOL, a, b), odd, "f f f f");
    assert_values(OF(OR, BOOL, a, b), odd, "t t - -");
    assert_values(OF(AND, BOOL, a, test_null(arena, TYPE_BOOL)), batch, "- - - f f f - - -");
    assert_values(OF(OR, BOOL, a, test_null(arena, TYPE_BOOL)), batch, "t t t - - - - - -");
    assert_values(OF(NOT, BOOL, a, NULL), batch, "f f f t t t - - -");
    assert_values(OF(IS_NULL, BOOL, b, NULL), batch, "f f t f f t f f t");
    assert_values(OF(IS_NOT_NULL, BOOL, b, NULL), odd, "t t f t");
    assert_values(OF(IS_TRUE, BOOL, b, NULL), batch, "t f f t f f t f f");
    assert_values(OF(IS_NOT_TRUE, BOOL, b, NULL), batch, "f t t f t t f t t");
    assert_values(OF(IS_FALSE, BOOL, b, NULL), batch, "f t f f t f f t f");
    assert_values(OF(IS_NOT_FALSE, BOOL, b, NULL), batch, "t f t t f t t f t");
    batch_release(odd);
    batch_release(batch);
}
END_TEST

/* Large batches take the word-wise path: every row must agree with a row alone. */
START_TEST(junctions_agree_with_single_rows) {
    Text text = {0};
    text_add_string(&text, "bool bool bool\n");
    const char *values[] = {"t", "f", "NULL"};
    for (int i = 0; i < 1000; i++)
        text_printf(&text, "+1 %s %s %s\n", values[i % 3], values[i / 3 % 3], values[i / 9 % 3]);
    Batch *batch = batch_from_text(text_string(&text));
    for (int k = 0; k < 2; k++) {
        Expression *arguments[] = {test_column(arena, 0, TYPE_BOOL), test_column(arena, 1, TYPE_BOOL),
            test_column(arena, 2, TYPE_BOOL)};
        Expression *junction =
            expression_of(arena, k ? EXPRESSION_OR : EXPRESSION_AND, type_of(TYPE_BOOL), 3, arguments);
        Evaluator *evaluator = evaluator_create(junction, &type_settings_default, NULL);
        Column *column;
        ck_assert_int_eq(evaluator_run(evaluator, batch, NULL, &column, NULL), OK);
        for (int i = 0; i < 1000; i++) {
            int trues = 0, falses = 0, nulls = 0;
            for (int c = 0; c < 3; c++) {
                bool is_null = column_is_null(batch->columns[c], i),
                     value = ((uint8_t *)batch->columns[c]->values)[i];
                nulls += is_null, trues += !is_null && value, falses += !is_null && !value;
            }
            bool is_decided = k ? trues : falses;
            ck_assert_int_eq(column_is_null(column, i), !is_decided && nulls > 0);
            ck_assert_int_eq(((uint8_t *)column->values)[i], k ? trues > 0 : falses == 0 && nulls == 0);
        }
        column_release(column);
        evaluator_destroy(evaluator);
    }
    batch_release(batch);
    text_free(&text);
}
END_TEST

START_TEST(calls_are_strict_and_report_rows) {
    Batch *batch = batch_from_text("int8 int8\n+1 10 2\n+1 7 0\n+1 NULL 0\n+1 8 NULL\n+1 1 0\n");
    assert_values(CALL(over, C0, C1), batch, "5 - - - - !1 division by zero !4 division by zero");
    assert_values(
        CALL(plus, CALL(over, C0, C1), INT(1)), batch, "6 - - - - !1 division by zero !4 division by zero");
    assert_values(CALL(over, CALL(over, C0, C1), CALL(over, C0, C1)), batch,
        "1 - - - - !1 division by zero !4 division by zero");
    Batch *odd = odd_rows(batch);
    assert_values(CALL(over, C0, C1), odd, "- - !0 division by zero");
    batch_release(odd);
    Evaluator *evaluator = evaluator_create(CALL(over, C0, C1), &type_settings_default, NULL);
    Column *column = NULL;
    Error error = {0};
    ck_assert_int_eq(evaluator_run(evaluator, batch, NULL, &column, &error), STATUS_DIVISION_BY_ZERO);
    ck_assert_ptr_null(column);
    ck_assert_str_eq(error.message, "division by zero");
    error_clear(&error);
    evaluator_destroy(evaluator);
    batch_release(batch);
}
END_TEST

START_TEST(guards_keep_rows_from_failing) {
    Batch *batch = batch_from_text("int8 int8\n+1 10 2\n+1 7 0\n+1 9 3\n+1 8 NULL\n+1 1 0\n+1 6 2\n");
    Expression *is_zero = CALL(same, C1, INT(0)), *quotient = CALL(over, C0, C1);
    Expression *guarded = OF(AND, BOOL, OF(NOT, BOOL, is_zero, NULL), CALL(under, INT(3), quotient));
    assert_values(guarded, batch, "t f f - f f");
    assert_values(OF(OR, BOOL, is_zero, CALL(under, INT(3), quotient)), batch, "t t f - t f");
    Expression *branches[] = {
        is_zero, INT(-1), CALL(under, C0, INT(10)), quotient, test_null(arena, TYPE_INT8)};
    Expression *choice = expression_of(arena, EXPRESSION_CASE, type_of(TYPE_INT8), 5, branches);
    assert_values(choice, batch, "- -1 3 - -1 3");
    Batch *odd = odd_rows(batch);
    assert_values(guarded, odd, "f - f");
    assert_values(choice, odd, "-1 - 3");
    batch_release(odd);
    /* A failing condition; the other rows go on. */
    Expression *failing[] = {CALL(under, quotient, INT(4)), INT(1), INT(2)};
    assert_values(expression_of(arena, EXPRESSION_CASE, type_of(TYPE_INT8), 3, failing), batch,
        "2 2 1 2 2 1 !1 division by zero !4 division by zero");
    batch_release(batch);
}
END_TEST

START_TEST(one_choice_blends) {
    Batch *batch = batch_from_text("int8 int8\n+1 1 7\n+1 5 8\n+1 NULL 9\n+1 2 NULL\n+1 6 0\n");
    Expression *condition = CALL(under, C0, INT(3));
    Expression *sum[] = {condition, C1, INT(0)};
    assert_values(expression_of(arena, EXPRESSION_CASE, type_of(TYPE_INT8), 3, sum), batch, "7 0 0 - 0");
    Expression *nulled[] = {condition, test_null(arena, TYPE_INT8), C1};
    assert_values(expression_of(arena, EXPRESSION_CASE, type_of(TYPE_INT8), 3, nulled), batch, "- 8 9 - 0");
    /* Only the last row reaches the division by zero. */
    Expression *failing[] = {condition, CALL(plus, C1, INT(1)), CALL(over, INT(8), C1)};
    assert_values(expression_of(arena, EXPRESSION_CASE, type_of(TYPE_INT8), 3, failing), batch,
        "8 1 0 - - !4 division by zero");
    Expression *guarded[] = {CALL(same, C1, INT(0)), C0, CALL(over, INT(72), C1)};
    assert_values(expression_of(arena, EXPRESSION_CASE, type_of(TYPE_INT8), 3, guarded), batch, "10 9 8 - 6");
    Expression *always[] = {test_of(arena, EXPRESSION_IS_NULL, TYPE_BOOL, INT(1), NULL), C0, C1};
    assert_values(expression_of(arena, EXPRESSION_CASE, type_of(TYPE_INT8), 3, always), batch, "7 8 9 - 0");
    batch_release(batch);
}
END_TEST

START_TEST(case_and_coalesce_of_texts) {
    Batch *batch = batch_from_text("int8 text text\n+1 1 NULL \"a text longer than twelve\"\n+1 2 b c\n+1 3 "
                                   "NULL NULL\n+1 4 \"another long text, this\" d\n");
    Expression *b = test_column(arena, 1, TYPE_TEXT), *c = test_column(arena, 2, TYPE_TEXT);
    Expression *three[] = {b, c, test_text(arena, "a constant longer than twelve")};
    assert_values(expression_of(arena, EXPRESSION_COALESCE, type_of(TYPE_TEXT), 3, three), batch,
        "a text longer than twelve b a constant longer than twelve another long text, this");
    Expression *pick[] = {CALL(under, C0, INT(2)), c, CALL(under, C0, INT(4)), test_text(arena, "const"), b};
    Expression *choice = expression_of(arena, EXPRESSION_CASE, type_of(TYPE_TEXT), 5, pick);
    assert_values(choice, batch, "a text longer than twelve const const another long text, this");
    Batch *odd = odd_rows(batch);
    assert_values(choice, odd, "const another long text, this");
    Expression *only[] = {b};
    assert_values(expression_of(arena, EXPRESSION_COALESCE, type_of(TYPE_TEXT), 1, only), odd,
        "b another long text, this");
    batch_release(odd);
    batch_release(batch);
}
END_TEST

START_TEST(nullif_clears_equal_rows) {
    Batch *batch = batch_from_text("int8 int8\n+1 1 1\n+1 2 1\n+1 NULL 1\n+1 3 NULL\n");
    Expression *nullif = OF(NULLIF, INT8, C0, C1);
    nullif->function = &test_same;
    assert_values(nullif, batch, "- 2 - 3");
    nullif = OF(NULLIF, INT8, INT(1), C1);
    nullif->function = &test_same;
    assert_values(nullif, batch, "- - - 1");
    batch_release(batch);
}
END_TEST

START_TEST(constants_fold_and_fail_late) {
    Batch *batch = batch_from_text("int8 int8\n+1 1 1\n+1 2 0\n"), *none = batch_from_text("int8 int8\n");
    Expression *two = CALL(plus, INT(1), INT(1)), *bad = CALL(over, INT(1), INT(0));
    assert_values(CALL(plus, two, C0), batch, "3 4");
    assert_values(two, batch, "2 2");
    assert_values(bad, none, "");
    assert_values(bad, batch, "- - !0 division by zero !1 division by zero");
    assert_values(
        OF(AND, BOOL, CALL(same, C1, INT(0)), CALL(same, bad, INT(0))), batch, "f - !1 division by zero");
    assert_values(CALL(plus, C0, test_null(arena, TYPE_INT8)), batch, "- -");
    Value value;
    Error error = {0};
    ck_assert_int_eq(
        expression_evaluate_constant(two, &type_settings_default, NULL, arena, &value, &error), OK);
    ck_assert_int_eq(value.datum.int8, 2);
    ck_assert_int_eq(expression_evaluate_constant(bad, &type_settings_default, NULL, arena, &value, &error),
        STATUS_DIVISION_BY_ZERO);
    error_clear(&error);
    batch_release(none);
    batch_release(batch);
}
END_TEST

START_TEST(filter_gives_positions) {
    Batch *batch = batch_from_text(
        "int8 int8\n+1 5 1\n+1 1 1\n+1 NULL 1\n+1 2 1\n+1 9 1\n+1 3 1\n+1 3 1\n+1 3 1\n+1 4 1\n+1 3 0\n");
    Evaluator *evaluator = evaluator_create(CALL(under, C0, INT(4)), &type_settings_default, NULL);
    uint16_t rows[BATCH_ROWS_MAX];
    int count;
    ck_assert_int_eq(evaluator_filter(evaluator, batch, NULL, rows, &count, NULL), OK);
    ck_assert_int_eq(count, 6);
    ck_assert(memcmp(rows, (uint16_t[]){1, 3, 5, 6, 7, 9}, 12) == 0);
    Batch *odd = odd_rows(batch);
    ck_assert_int_eq(evaluator_filter(evaluator, odd, NULL, rows, &count, NULL), OK);
    ck_assert_int_eq(count, 5);
    evaluator_destroy(evaluator);
    batch_release(odd);
    batch_release(batch);
}
END_TEST

static Expression *array(TypeId element, const char *text) {
    Value value = {.type = type_array_of(element)};
    ck_assert_int_eq(
        datum_parse(value.type, text, strlen(text), &type_settings_default, arena, &value.datum, NULL), OK);
    return expression_constant(arena, &value);
}

static Expression *quantified(
    ExpressionKind kind, const Function *function, Expression *scalar, Expression *elements) {
    Expression *expression = test_of(arena, kind, TYPE_BOOL, scalar, elements);
    expression->function = function;
    return expression;
}

START_TEST(any_and_all_of_constants) {
    Batch *batch = batch_from_text("int8 int8\n+1 1 1\n+1 5 1\n+1 NULL 1\n+1 3 3\n");
    const char *lists[] = {"{1,3}", "{1,3,10,11,12,13,14,15,16,17,3}"};
    for (int i = 0; i < 2; i++) {
        assert_values(
            quantified(EXPRESSION_ANY, &test_same, C0, array(TYPE_INT8, lists[i])), batch, "t f - t");
        assert_values(
            quantified(EXPRESSION_ALL, &test_under, C0, array(TYPE_INT8, lists[i])), batch, "f f - f");
    }
    assert_values(
        quantified(EXPRESSION_ANY, &test_same, C0, array(TYPE_INT8, "{1,NULL,3}")), batch, "t - - t");
    assert_values(
        quantified(EXPRESSION_ANY, &test_same, C0, array(TYPE_INT8, "{1,3,10,11,12,NULL,14,15,16}")), batch,
        "t - - t");
    assert_values(
        quantified(EXPRESSION_ALL, &test_under, C0, array(TYPE_INT8, "{4,NULL,9}")), batch, "- f - -");
    assert_values(quantified(EXPRESSION_ANY, &test_same, C0, array(TYPE_INT8, "{}")), batch, "f f f f");
    assert_values(quantified(EXPRESSION_ALL, &test_same, C0, array(TYPE_INT8, "{}")), batch, "t t t t");
    Expression *null = test_null(arena, TYPE_INT8);
    null->type.is_array = null->value.type.is_array = true;
    assert_values(quantified(EXPRESSION_ANY, &test_same, C0, null), batch, "- - - -");
    assert_values(
        quantified(EXPRESSION_ANY, &test_same, INT(3), array(TYPE_INT8, "{1,3}")), batch, "t t t t");
    Batch *odd = odd_rows(batch);
    assert_values(quantified(EXPRESSION_ANY, &test_same, C0, array(TYPE_INT8, lists[1])), odd, "f t");
    batch_release(odd);
    batch_release(batch);
}
END_TEST

START_TEST(any_of_texts_probes) {
    Batch *batch =
        batch_from_text("text\n+1 a\n+1 \"a text that is longer than twelve\"\n+1 NULL\n+1 z\n+1 \"\"\n");
    const Function *same = function_by_signature("=(text, text) -> bool");
    ck_assert_ptr_nonnull(same);
    const char *lists[] = {"{a,\"a text that is longer than twelve\"}",
        "{a,b,c,d,e,f,g,h,i,\"a text that is longer than twelve\"}"};
    for (int i = 0; i < 2; i++)
        assert_values(
            quantified(EXPRESSION_ANY, same, test_column(arena, 0, TYPE_TEXT), array(TYPE_TEXT, lists[i])),
            batch, "t t - f f");
    const Function *differs = function_by_signature("<>(text, text) -> bool");
    for (int i = 0; i < 2; i++)
        assert_values(
            quantified(EXPRESSION_ALL, differs, test_column(arena, 0, TYPE_TEXT), array(TYPE_TEXT, lists[i])),
            batch, "f f - t t");
    batch_release(batch);
}
END_TEST

START_TEST(any_of_columns) {
    Batch *batch = batch_from_text(
        "int8 int8[]\n+1 1 {1,2}\n+1 5 {1,NULL}\n+1 NULL {}\n+1 3 NULL\n+1 4 {1,2,3,4}\n+1 0 {7}\n");
    Expression *arrays = expression_column(arena, 1, type_array_of(TYPE_INT8));
    assert_values(quantified(EXPRESSION_ANY, &test_same, C0, arrays), batch, "t - f - t f");
    assert_values(quantified(EXPRESSION_ALL, &test_under, C0, arrays), batch, "f f t - f t");
    Batch *odd = odd_rows(batch);
    assert_values(quantified(EXPRESSION_ANY, &test_same, C0, arrays), odd, "- - f");
    assert_values(quantified(EXPRESSION_ANY, &test_same, INT(7), arrays), odd, "- - t");
    batch_release(odd);
    batch_release(batch);
}
END_TEST

START_TEST(arrays_are_built) {
    Batch *batch = batch_from_text("int8 int8\n+1 1 2\n+1 5 NULL\n");
    Expression *pair[] = {C0, C1};
    Expression *row = expression_of(arena, EXPRESSION_ARRAY, type_array_of(TYPE_INT8), 2, pair);
    assert_values(row, batch, "{1,2} {5,NULL}");
    Expression *rows[] = {row, array(TYPE_INT8, "{8,9}")};
    assert_values(expression_of(arena, EXPRESSION_ARRAY, type_array_of(TYPE_INT8), 2, rows), batch,
        "{{1,2},{8,9}} {{5,NULL},{8,9}}");
    Expression *uneven[] = {row, array(TYPE_INT8, "{8}")};
    assert_values(expression_of(arena, EXPRESSION_ARRAY, type_array_of(TYPE_INT8), 2, uneven), batch,
        "- - !0 multidimensional arrays must have array expressions with matching dimensions !1 "
        "multidimensional arrays must have array expressions "
        "with matching dimensions");
    assert_values(expression_of(arena, EXPRESSION_ARRAY, type_array_of(TYPE_INT8), 0, NULL), batch, "{} {}");
    Expression *constants[] = {test_text(arena, "x"), test_text(arena, "a text that is longer than twelve")};
    assert_values(expression_of(arena, EXPRESSION_ARRAY, type_array_of(TYPE_TEXT), 2, constants), batch,
        "{x,\"a text that is longer than twelve\"} {x,\"a text that is longer than twelve\"}");
    batch_release(batch);
}
END_TEST

static unsigned seed = 7;

static Expression *random_int8(int depth);

static Expression *random_bool(int depth) {
    Expression *arguments[3] = {NULL};
    int kind = depth <= 0 ? 0 : (int)(rand_r(&seed) % 10);
    switch (kind) {
    case 0:
        return test_column(arena, 2, TYPE_BOOL);
    case 1:
        return OF(NOT, BOOL, random_bool(depth - 1), NULL);
    case 2:
        return OF(IS_NULL, BOOL, random_int8(depth - 1), NULL);
    case 3:
        return OF(IS_NOT_TRUE, BOOL, random_bool(depth - 1), NULL);
    case 4:
    case 5:
        for (int i = 0; i < 3; i++)
            arguments[i] = random_bool(depth - 1);
        return expression_of(
            arena, kind == 4 ? EXPRESSION_AND : EXPRESSION_OR, type_of(TYPE_BOOL), 3, arguments);
    case 6:
        return quantified(EXPRESSION_ANY, &test_same, random_int8(depth - 1),
            array(TYPE_INT8, rand_r(&seed) % 2 ? "{1,3,NULL}" : "{2,4,6,8,10,12,14,16}"));
    default:
        return rand_r(&seed) % 2 ? CALL(under, random_int8(depth - 1), random_int8(depth - 1))
                                 : CALL(same, random_int8(depth - 1), random_int8(depth - 1));
    }
}

static Expression *random_int8(int depth) {
    Expression *arguments[5];
    switch (depth <= 0 ? rand_r(&seed) % 3 : rand_r(&seed) % 9) {
    case 0:
        return INT(rand_r(&seed) % 4);
    case 1:
    case 2:
        return rand_r(&seed) % 2 ? C0 : C1;
    case 3:
        return CALL(plus, random_int8(depth - 1), random_int8(depth - 1));
    case 4:
    case 5:
        return CALL(over, random_int8(depth - 1), random_int8(depth - 1));
    case 6:
        arguments[0] = OF(NULLIF, INT8, random_int8(depth - 1), random_int8(depth - 1));
        arguments[0]->function = &test_same;
        arguments[1] = random_int8(depth - 1);
        return expression_of(arena, EXPRESSION_COALESCE, type_of(TYPE_INT8), 2, arguments);
    default:
        for (int i = 0; i < 5; i++)
            arguments[i] = i == 4 || i % 2 ? random_int8(depth - 1) : random_bool(depth - 1);
        if (rand_r(&seed) % 2)
            return expression_of(arena, EXPRESSION_CASE, type_of(TYPE_INT8), 5, arguments);
        return expression_of(arena, EXPRESSION_CASE, type_of(TYPE_INT8), 3,
            (Expression *[]){arguments[0], arguments[1], arguments[3]});
    }
}

static Batch *random_batch(int rows) {
    Batch *batch =
        batch_builder((Type[]){type_of(TYPE_INT8), type_of(TYPE_INT8), type_of(TYPE_BOOL)}, 3, rows);
    for (int i = 0; i < rows; i++) {
        for (int c = 0; c < 2; c++)
            ((int64_t *)batch->columns[c]->values)[i] = rand_r(&seed) % 4;
        ((uint8_t *)batch->columns[2]->values)[i] = rand_r(&seed) % 2;
        for (int c = 0; c < 3; c++)
            if (rand_r(&seed) % 5 == 0)
                column_set_null(batch->columns[c], i);
    }
    batch->row_count = batch->selected_count = rows;
    return batch;
}

/* "value" or "-", or "!" of the row at a position, given all failures. */
static void add_outcome(const Column *column, const RowErrors *errors, int position, Text *out) {
    for (int i = 0; i < errors->count; i++)
        if (errors->rows[i].row == position) {
            text_add_string(out, "! ");
            return;
        }
    if (column_is_null(column, position))
        text_add_string(out, "-");
    else
        datum_format(column->type, column_at(column, position), &type_settings_default, out);
    text_add_char(out, ' ');
}

static void add_outcomes(Evaluator *evaluator, Batch *batch, Text *out) {
    RowErrors errors = {.arena = arena};
    Column *column;
    ck_assert_int_eq(evaluator_run(evaluator, batch, &errors, &column, NULL), OK);
    for (int i = 0; i < batch->selected_count; i++)
        add_outcome(column, &errors, i, out);
    row_errors_free(&errors);
    column_release(column);
}

/* Branches, muting, gathering and folding must not be seen: whole batches give what each row alone gives. */
START_TEST(batches_agree_with_single_rows) {
    for (int round = 0; round < 400; round++) {
        Batch *all = random_batch(1 + (int)(rand_r(&seed) % 200)),
              *batch = round % 2 ? odd_rows(all) : batch_retain(all);
        Evaluator *evaluator = evaluator_create(random_int8(5), &type_settings_default, NULL);
        Text together = {0}, apart = {0};
        add_outcomes(evaluator, batch, &together);
        for (int i = 0; i < batch->selected_count; i++) {
            uint16_t row = (uint16_t)batch_row(batch, i);
            Batch *one = batch_select(all, &row, 1);
            add_outcomes(evaluator, one, &apart);
            batch_release(one);
        }
        ck_assert_str_eq(text_string(&together), text_string(&apart));
        text_free(&together);
        text_free(&apart);
        evaluator_destroy(evaluator);
        batch_release(batch);
        batch_release(all);
    }
}
END_TEST

static Suite *suite(void) {
    Suite *suite = suite_create("evaluate");
    TCase *tests = tcase_create("evaluate");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, junctions_have_three_values);
    tcase_add_test(tests, junctions_agree_with_single_rows);
    tcase_add_test(tests, calls_are_strict_and_report_rows);
    tcase_add_test(tests, guards_keep_rows_from_failing);
    tcase_add_test(tests, one_choice_blends);
    tcase_add_test(tests, case_and_coalesce_of_texts);
    tcase_add_test(tests, nullif_clears_equal_rows);
    tcase_add_test(tests, constants_fold_and_fail_late);
    tcase_add_test(tests, filter_gives_positions);
    tcase_add_test(tests, any_and_all_of_constants);
    tcase_add_test(tests, any_of_texts_probes);
    tcase_add_test(tests, any_of_columns);
    tcase_add_test(tests, arrays_are_built);
    tcase_add_test(tests, batches_agree_with_single_rows);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void) {
    SRunner *runner = srunner_create(suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
