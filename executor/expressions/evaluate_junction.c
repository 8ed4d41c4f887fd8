/* AND and OR: a later operand is evaluated only for the rows that the earlier ones left open. */
#include <string.h>

#include "executor/expressions/evaluator.h"

static void junction_start(Junction *junction, const Column *column) {
    bool is_null = column_is_null(column, 0);
    if (column->is_constant) {
        memset(junction->values, *(const uint8_t *)column->values, (size_t)junction->count);
        for (int row = 0; is_null && row < junction->count; row++)
            bit_set(junction->nulls, row);
        junction->has_nulls = is_null;
        return;
    }
    memcpy(junction->values, column->values, (size_t)junction->count);
    junction->has_nulls = column->nulls != NULL;
    if (junction->has_nulls)
        memcpy(junction->nulls, column->nulls, (size_t)(junction->count + 63) / 64 * sizeof(uint64_t));
}

int junction_open_rows(const void *argument, uint16_t *rows) {
    const Junction *junction = argument;
    int found = 0;
    for (int i = 0; i < junction->count; i++) {
        bool is_open = junction->is_and ? junction->values[i] : !junction->values[i];
        rows[found] = (uint16_t)i;
        found += is_open || (junction->has_nulls && bit_is_set(junction->nulls, i));
    }
    return found;
}

int junction_open_count(const Junction *junction) {
    const uint8_t *values = junction->values;
    int trues = 0, nulls = 0;
    for (int i = 0; i < junction->count; i++)
        trues += values[i];
    for (int w = 0; junction->has_nulls && junction->is_and && w * 64 < junction->count; w++)
        nulls += __builtin_popcountll(junction->nulls[w]);
    return junction->is_and ? trues + nulls : junction->count - trues;
}

void junction_fold_whole(Junction *junction, const Column *column) {
    uint8_t *restrict values = junction->values;
    const uint8_t *restrict more = column->values;
    const int count = junction->count;
    if (junction->has_nulls || column->nulls != NULL) {
        for (int w = 0; w * 64 < count; w++) {
            int rows = count - w * 64 < 64 ? count - w * 64 : 64;
            uint64_t a = pack_bytes(values + w * 64, rows), b = pack_bytes(more + w * 64, rows);
            uint64_t a_nulls = junction->nulls[w], b_nulls = column->nulls == NULL ? 0 : column->nulls[w];
            junction->nulls[w] =
                junction->is_and ? (a_nulls | a) & (b_nulls | b) & ~(a & b) : (a_nulls | b_nulls) & ~(a | b);
        }
        junction->has_nulls = true;
    }
    if (junction->is_and)
        for (int i = 0; i < count; i++)
            values[i] &= more[i];
    else
        for (int i = 0; i < count; i++)
            values[i] |= more[i];
}

/* A row that is still open is neutral or NULL. */
static void junction_fold_row(Junction *junction, int row, uint8_t value, bool is_null) {
    uint64_t bit = (uint64_t)1 << (row & 63), *word = &junction->nulls[row >> 6];
    bool was_null = *word & bit, is_decisive = !is_null && value != junction->is_and;
    *word &= ~bit;
    if (!is_decisive && (was_null || is_null))
        *word |= bit;
    junction->values[row] = is_decisive ? !junction->is_and : !(was_null || is_null) && junction->is_and;
}

void junction_fold(Junction *junction, const Column *column, const uint16_t *rows, int count, bool is_whole) {
    if (is_whole && !column->is_constant) {
        junction_fold_whole(junction, column);
        return;
    }
    for (int i = 0; i < count; i++) {
        int at = is_whole ? rows[i] : i;
        junction_fold_row(
            junction, rows[i], *(const uint8_t *)column_at(column, at), column_is_null(column, at));
    }
    junction->has_nulls |= column->nulls != NULL;
}

void junction_finish(const Junction *junction, Column *result) {
    uint64_t any = 0;
    for (int w = 0; w * 64 < junction->count; w++)
        any |= junction->nulls[w];
    if (any == 0)
        return;
    column_need_nulls(result);
    memcpy(result->nulls, junction->nulls, (size_t)(junction->count + 63) / 64 * sizeof(uint64_t));
}

static void evaluate_operand(
    Evaluator *evaluator, Node *operand, Frame *frame, Junction *junction, int open) {
    if (node_prefers_whole(operand, frame, open)) {
        Column *column = node_evaluate_muted(evaluator, operand, frame, junction_open_rows, junction);
        if (column->is_constant) {
            uint16_t *rows = scratch_rows(evaluator);
            junction_fold(junction, column, rows, junction_open_rows(junction, rows), true);
        } else {
            junction_fold_whole(junction, column);
        }
        column_release(column);
        return;
    }
    uint16_t *rows = scratch_rows(evaluator);
    bool is_whole;
    junction_open_rows(junction, rows);
    Column *column = node_evaluate_some(evaluator, operand, frame, rows, open, &is_whole);
    junction_fold(junction, column, rows, open, is_whole);
    column_release(column);
}

Column *node_evaluate_junction(Evaluator *evaluator, Node *node, Frame *frame) {
    Column *first = node_evaluate(evaluator, node->arguments[0], frame),
           *result = column_create(type_of(TYPE_BOOL), frame->count);
    Junction junction = {
        .is_and = node->expression->kind == EXPRESSION_AND, .count = frame->count, .values = result->values};
    junction_start(&junction, first);
    column_release(first);
    for (int a = 1; a < node->expression->argument_count; a++) {
        int open = junction_open_count(&junction);
        if (open == 0)
            break;
        evaluate_operand(evaluator, node->arguments[a], frame, &junction, open);
    }
    junction_finish(&junction, result);
    return result;
}
