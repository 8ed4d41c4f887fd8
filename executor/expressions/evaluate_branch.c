/* CASE, COALESCE, NULLIF: what takes a row's value from one of several arguments, evaluated only for the rows
   that reach them. */
#include "executor/expressions/evaluator.h"

#include <assert.h>
#include <string.h>

#define SCATTER(T)                  \
    for (int i = 0; i < count; i++) \
    ((T *)to->values)[rows[i]] = ((const T *)from->values)[from->is_constant ? 0 : is_whole ? rows[i] : i]

typedef struct Wide {
    uint64_t words[2];
} Wide;

/* Puts a branch's values where its rows stand. */
static void scatter(Column *to, const Column *from, const uint16_t *rows, int count, bool is_whole) {
    assert(to->layout == from->layout);
    switch (layout_width((Layout)to->layout)) {
    case 1:
        SCATTER(uint8_t);
        break;
    case 2:
        SCATTER(uint16_t);
        break;
    case 4:
        SCATTER(uint32_t);
        break;
    case 8:
        SCATTER(uint64_t);
        break;
    default:
        SCATTER(Wide);
        break;
    }
    if (type_has_heap(to->type))
        column_keep_buffers_of(to, from);
    if (from->nulls == NULL)
        return;
    for (int i = 0; i < count; i++)
        if (column_is_null(from, is_whole ? rows[i] : i)) {
            column_need_nulls(to);
            bit_set(to->nulls, rows[i]);
        }
}

static void evaluate_into(
    Evaluator *evaluator, Node *node, Frame *frame, const uint16_t *rows, int count, Column *result) {
    bool is_whole;
    Column *column = node_evaluate_some(evaluator, node, frame, rows, count, &is_whole);
    scatter(result, column, rows, count, is_whole);
    column_release(column);
}

static int all_rows(uint16_t *rows, int count) {
    for (int i = 0; i < count; i++)
        rows[i] = (uint16_t)i;
    return count;
}

/* Splits rows into those where the condition is true, and the rest, which stays in rows. */
static int split_rows(
    const Column *condition, uint16_t *rows, int count, bool is_whole, uint16_t *taken, int *taken_count) {
    int rest = 0, hits = 0;
    for (int i = 0; i < count; i++) {
        uint16_t row = rows[i];
        bool is_true = *(const uint8_t *)column_at(condition, is_whole ? row : i);
        taken[hits] = row;
        rows[rest] = row;
        hits += is_true;
        rest += !is_true;
    }
    *taken_count = hits;
    return rest;
}

/* The rows for which a condition of one value a row is true, or not true. */
typedef struct Choice {
    const Column *condition;
    int count;
    bool wants_true;
} Choice;

static int choice_rows(const void *argument, uint16_t *rows) {
    const Choice *choice = argument;
    const uint8_t *values = choice->condition->values;
    int found = 0;
    for (int i = 0; i < choice->count; i++) {
        rows[found] = (uint16_t)i;
        found += values[i] == choice->wants_true;
    }
    return found;
}

#define BLEND(T)                                                             \
    do {                                                                     \
        const T *restrict a = then->values, *restrict b = otherwise->values; \
        T *restrict r = result->values;                                      \
        for (int i = 0; i < count; i++)                                      \
            r[i] = conditions[i] ? a[i * step_a] : b[i * step_b];            \
    } while (0)

static uint64_t null_word(const Column *column, int word) {
    if (column->nulls == NULL)
        return 0;
    return column->is_constant ? -(column->nulls[0] & 1) : column->nulls[word];
}

/* Takes each row's value from one of two columns that have one for every row. */
static Column *blend(
    Type type, const uint8_t *restrict conditions, const Column *then, const Column *otherwise, int count) {
    Column *result = column_create(type, count);
    const int step_a = !then->is_constant, step_b = !otherwise->is_constant;
    switch (layout_width((Layout)result->layout)) {
    case 1:
        BLEND(uint8_t);
        break;
    case 2:
        BLEND(uint16_t);
        break;
    case 4:
        BLEND(uint32_t);
        break;
    default:
        BLEND(uint64_t);
        break;
    }
    if (then->nulls == NULL && otherwise->nulls == NULL)
        return result;
    column_need_nulls(result);
    for (int w = 0; w * 64 < count; w++) {
        int rows = count - w * 64 < 64 ? count - w * 64 : 64;
        uint64_t chosen = pack_bytes(conditions + w * 64, rows),
                 all = rows == 64 ? ~(uint64_t)0 : ((uint64_t)1 << rows) - 1;
        result->nulls[w] = ((chosen & null_word(then, w)) | (~chosen & null_word(otherwise, w))) & all;
    }
    return result;
}

static Column *evaluate_blend(Evaluator *evaluator, Node *node, Frame *frame, const Column *condition) {
    Choice taken = {condition, frame->count, true}, rest = {condition, frame->count, false};
    Column *then = node_evaluate_muted(evaluator, node->arguments[1], frame, choice_rows, &taken);
    Column *otherwise = node_evaluate_muted(evaluator, node->arguments[2], frame, choice_rows, &rest);
    Column *result = blend(node->expression->type, condition->values, then, otherwise, frame->count);
    column_release(then);
    column_release(otherwise);
    return result;
}

static Column *evaluate_scattered(Evaluator *evaluator, Node *node, Frame *frame, const Column *condition) {
    uint16_t *rows = scratch_rows(evaluator);
    Column *result = column_create(node->expression->type, frame->count);
    Choice taken = {condition, frame->count, true}, rest = {condition, frame->count, false};
    evaluate_into(evaluator, node->arguments[1], frame, rows, choice_rows(&taken, rows), result);
    evaluate_into(evaluator, node->arguments[2], frame, rows, choice_rows(&rest, rows), result);
    return result;
}

/* CASE WHEN a THEN b ELSE c END. */
static Column *evaluate_choice(Evaluator *evaluator, Node *node, Frame *frame) {
    Column *condition = node_evaluate(evaluator, node->arguments[0], frame), *result;
    const uint8_t *values = condition->values;
    int hits = 0;
    for (int i = 0; !condition->is_constant && i < frame->count; i++)
        hits += values[i];
    if (condition->is_constant)
        hits = values[0] ? frame->count : 0;
    bool is_narrow = layout_width(type_layout(node->expression->type)) <= 8;
    if (hits == frame->count || hits == 0)
        result = node_evaluate(evaluator, node->arguments[hits == 0 ? 2 : 1], frame);
    else if (is_narrow && node_prefers_whole(node->arguments[1], frame, hits) &&
             node_prefers_whole(node->arguments[2], frame, frame->count - hits))
        result = evaluate_blend(evaluator, node, frame, condition);
    else
        result = evaluate_scattered(evaluator, node, frame, condition);
    column_release(condition);
    return result;
}

Column *node_evaluate_case(Evaluator *evaluator, Node *node, Frame *frame) {
    int pairs = node->expression->argument_count / 2, open;
    if (pairs == 1)
        return evaluate_choice(evaluator, node, frame);
    Node *otherwise = node->arguments[pairs * 2];
    uint16_t *rows = scratch_rows(evaluator), *taken = scratch_rows(evaluator);
    Column *result = NULL;
    open = all_rows(rows, frame->count);
    for (int p = 0; p < pairs && open > 0; p++) {
        bool is_whole;
        int hits;
        Column *condition =
            node_evaluate_some(evaluator, node->arguments[p * 2], frame, rows, open, &is_whole);
        open = split_rows(condition, rows, open, is_whole, taken, &hits);
        column_release(condition);
        if (hits == frame->count)
            return node_evaluate(evaluator, node->arguments[p * 2 + 1], frame);
        if (hits == 0)
            continue;
        if (result == NULL)
            result = column_create(node->expression->type, frame->count);
        evaluate_into(evaluator, node->arguments[p * 2 + 1], frame, taken, hits, result);
    }
    if (open == frame->count)
        return node_evaluate(evaluator, otherwise, frame);
    if (open > 0)
        evaluate_into(evaluator, otherwise, frame, rows, open, result);
    return result;
}

static int null_rows(const Column *column, uint16_t *rows, int count, bool is_whole) {
    int found = 0;
    for (int i = 0; i < count; i++) {
        uint16_t row = rows[i];
        rows[found] = row;
        found += column_is_null(column, is_whole ? row : i);
    }
    return found;
}

Column *node_evaluate_coalesce(Evaluator *evaluator, Node *node, Frame *frame) {
    Column *column = node_evaluate(evaluator, node->arguments[0], frame);
    uint16_t *rows = scratch_rows(evaluator), *before = scratch_rows(evaluator);
    int open = null_rows(column, rows, all_rows(rows, frame->count), true);
    if (open == 0 || node->expression->argument_count == 1)
        return column;
    Column *result = column_create(node->expression->type, frame->count);
    if (open < frame->count)
        scatter(result, column, before, all_rows(before, frame->count), true);
    column_release(column);
    for (int a = 1; a < node->expression->argument_count && open > 0; a++) {
        bool is_whole;
        column = node_evaluate_some(evaluator, node->arguments[a], frame, rows, open, &is_whole);
        if (result->nulls != NULL)
            for (int i = 0; i < open; i++)
                result->nulls[rows[i] >> 6] &= ~((uint64_t)1 << (rows[i] & 63));
        scatter(result, column, rows, open, is_whole);
        open = null_rows(column, rows, open, is_whole);
        column_release(column);
    }
    return result;
}

Column *node_evaluate_nullif(Evaluator *evaluator, Node *node, Frame *frame) {
    Column *sides[2] = {node_evaluate(evaluator, node->arguments[0], frame),
        node_evaluate(evaluator, node->arguments[1], frame)};
    Column *equal = node_apply(evaluator, node, type_of(TYPE_BOOL), sides, 2, frame), *result;
    uint16_t *rows = scratch_rows(evaluator), *taken = scratch_rows(evaluator);
    int hits;
    split_rows(equal, rows, all_rows(rows, frame->count), true, taken, &hits);
    if (hits == 0) {
        result = column_retain(sides[0]);
    } else {
        all_rows(rows, frame->count);
        result = column_gather(sides[0], rows, frame->count);
        for (int i = 0; i < hits; i++)
            column_set_null(result, taken[i]);
    }
    column_release(equal);
    column_release(sides[0]);
    column_release(sides[1]);
    return result;
}
