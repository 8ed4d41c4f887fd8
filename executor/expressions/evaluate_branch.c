/* AND, OR, CASE, COALESCE, NULLIF: what evaluates a later argument only for the rows that need it. */
#include "executor/expressions/evaluator.h"

#include <assert.h>
#include <string.h>

/* Eight 0/1 bytes to eight bits. */
static uint64_t pack_bytes(const uint8_t *bytes, int count) {
    uint64_t bits = 0;
    int i = 0;
    for (; i + 8 <= count; i += 8) {
        uint64_t eight;
        memcpy(&eight, bytes + i, 8);
        bits |= (eight * 0x0102040810204080u >> 56) << i;
    }
    for (; i < count; i++)
        bits |= (uint64_t)bytes[i] << i;
    return bits;
}

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
            junction->nulls[w] = junction->is_and ? (a_nulls | a) & (b_nulls | b) & ~(a & b) : (a_nulls | b_nulls) & ~(a | b);
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
        junction_fold_row(junction, rows[i], *(const uint8_t *)column_at(column, at), column_is_null(column, at));
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

static void evaluate_operand(Evaluator *evaluator, Node *operand, Frame *frame, Junction *junction, int open) {
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
    Column *first = node_evaluate(evaluator, node->arguments[0], frame), *result = column_create(type_of(TYPE_BOOL), frame->count);
    Junction junction = {.is_and = node->expression->kind == EXPRESSION_AND, .count = frame->count, .values = result->values};
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

static void evaluate_into(Evaluator *evaluator, Node *node, Frame *frame, const uint16_t *rows, int count, Column *result) {
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
static int split_rows(const Column *condition, uint16_t *rows, int count, bool is_whole, uint16_t *taken, int *taken_count) {
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

Column *node_evaluate_case(Evaluator *evaluator, Node *node, Frame *frame) {
    int pairs = node->expression->argument_count / 2, open;
    Node *otherwise = node->arguments[pairs * 2];
    uint16_t *rows = scratch_rows(evaluator), *taken = scratch_rows(evaluator);
    Column *result = NULL;
    open = all_rows(rows, frame->count);
    for (int p = 0; p < pairs && open > 0; p++) {
        bool is_whole;
        int hits;
        Column *condition = node_evaluate_some(evaluator, node->arguments[p * 2], frame, rows, open, &is_whole);
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
    Column *sides[2] = {node_evaluate(evaluator, node->arguments[0], frame), node_evaluate(evaluator, node->arguments[1], frame)};
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
