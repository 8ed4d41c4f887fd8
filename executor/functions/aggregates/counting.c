/* Aggregates that count: count, bool_and, bool_or, every, and bit_xor, which counts modulo 2. */
#include "executor/functions/aggregates/fold.h"

/* Cell: the count. */
static void count_rows(AggregateContext *context, int count, char *const *states,
    const Column *const *arguments, const int64_t *diffs) {
    for (int i = 0; i < count; i++)
        *cell_int8(states[i], 0) += fold_diff(diffs, i);
}

static void count_values(AggregateContext *context, int count, char *const *states,
    const Column *const *arguments, const int64_t *diffs) {
    for (int i = 0; i < count; i++)
        if (!column_is_null(arguments[0], i))
            *cell_int8(states[i], 0) += fold_diff(diffs, i);
}

static void count_merge(AggregateContext *context, int count, char *const *into, const char *const *from) {
    for (int i = 0; i < count; i++)
        *cell_int8(into[i], 0) += *(const int64_t *)(const void *)from[i];
}

static void count_result(AggregateContext *context, int count, char *const *states, Column *result) {
    for (int i = 0; i < count; i++)
        ((int64_t *)result->values)[i] = *cell_int8(states[i], 0);
}

/* Cells: how many are true, how many are false. */
static void truth_update(AggregateContext *context, int count, char *const *states,
    const Column *const *arguments, const int64_t *diffs) {
    for (int i = 0; i < count; i++)
        if (!column_is_null(arguments[0], i))
            *cell_int8(states[i], KERNEL_AT(uint8_t, arguments[0], i) ? 0 : 8) += fold_diff(diffs, i);
}

static void truth_merge(AggregateContext *context, int count, char *const *into, const char *const *from) {
    for (int i = 0; i < count; i++) {
        *cell_int8(into[i], 0) += *(const int64_t *)(const void *)from[i];
        *cell_int8(into[i], 8) += *(const int64_t *)(const void *)(from[i] + 8);
    }
}

static void truth_result(char *const *states, int count, Column *result, bool is_and) {
    for (int i = 0; i < count; i++) {
        bool has_true = *cell_int8(states[i], 0) != 0, has_false = *cell_int8(states[i], 8) != 0;
        if (!has_true && !has_false)
            column_set_null(result, i);
        else
            ((uint8_t *)result->values)[i] = is_and ? !has_false : has_true;
    }
}

static void and_result(AggregateContext *context, int count, char *const *states, Column *result) {
    truth_result(states, count, result, true);
}

static void or_result(AggregateContext *context, int count, char *const *states, Column *result) {
    truth_result(states, count, result, false);
}

/* Cells: count, exclusive or of the values with an odd count. */
#define BIT_XOR(name, T)                                                                                   \
    static void name##_update(AggregateContext *context, int count, char *const *states,                   \
        const Column *const *arguments, const int64_t *diffs) {                                            \
        for (int i = 0; i < count; i++) {                                                                  \
            if (column_is_null(arguments[0], i))                                                           \
                continue;                                                                                  \
            int64_t diff = fold_diff(diffs, i);                                                            \
            *cell_int8(states[i], 0) += diff;                                                              \
            if (diff & 1)                                                                                  \
                *cell_int8(states[i], 8) ^= KERNEL_AT(T, arguments[0], i);                                 \
        }                                                                                                  \
    }                                                                                                      \
    static void name##_result(AggregateContext *context, int count, char *const *states, Column *result) { \
        for (int i = 0; i < count; i++) {                                                                  \
            if (*cell_int8(states[i], 0) == 0)                                                             \
                column_set_null(result, i);                                                                \
            else                                                                                           \
                ((T *)result->values)[i] = (T)*cell_int8(states[i], 8);                                    \
        }                                                                                                  \
    }
BIT_XOR(xor_int2, int16_t)
BIT_XOR(xor_int4, int32_t)
BIT_XOR(xor_int8, int64_t)

static void xor_merge(AggregateContext *context, int count, char *const *into, const char *const *from) {
    for (int i = 0; i < count; i++) {
        *cell_int8(into[i], 0) += *(const int64_t *)(const void *)from[i];
        *cell_int8(into[i], 8) ^= *(const int64_t *)(const void *)(from[i] + 8);
    }
}

const Aggregate counting_aggregates[] = {
    {"count() -> int8", AGGREGATE_FOLD, "int8", count_rows, count_merge, count_result, .is_count = true},
    {"count(any) -> int8", AGGREGATE_FOLD, "int8", count_values, count_merge, count_result, .is_count = true},
    {"bool_and(bool) -> bool", AGGREGATE_FOLD, "int8 int8", truth_update, truth_merge, and_result},
    {"every(bool) -> bool", AGGREGATE_FOLD, "int8 int8", truth_update, truth_merge, and_result},
    {"bool_or(bool) -> bool", AGGREGATE_FOLD, "int8 int8", truth_update, truth_merge, or_result},
    {"bit_xor(int2) -> int2", AGGREGATE_FOLD, "int8 int8", xor_int2_update, xor_merge, xor_int2_result},
    {"bit_xor(int4) -> int4", AGGREGATE_FOLD, "int8 int8", xor_int4_update, xor_merge, xor_int4_result},
    {"bit_xor(int8) -> int8", AGGREGATE_FOLD, "int8 int8", xor_int8_update, xor_merge, xor_int8_result},
    {0},
};
