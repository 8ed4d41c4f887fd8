/* sum and avg of float4 and float8: exact whatever the order, rounded once.

   Values of similar size fit a window of 256 bits in the slot, placed by the first of them. What doesn't fit
   the window (1e200 beside 1, NaN, an infinity) moves the state for good into a FloatAccumulator in the last
   cell. */
#include <math.h>

#include "executor/functions/aggregates/float_accumulator.h"
#include "executor/functions/aggregates/fold.h"

enum { WINDOW_LIMBS = 4, TIMES_MAX = 1 << 10 };

typedef struct FloatState {
    int64_t count;
    int64_t base; /* the window's first limb in the accumulator's numbering, + 1; 0: no window yet */
    uint64_t window[WINDOW_LIMBS]; /* two's complement */
    View accumulator;              /* empty, or the sum, and then the window is not in use */
} FloatState;
#define FLOAT_STATE_CELLS "int8 int8 interval interval bytea"

static void window_to_accumulator(const FloatState *state, FloatAccumulator *sum) {
    memset(sum, 0, sizeof *sum);
    if (state->base == 0)
        return;
    int first = (int)state->base - 1;
    memcpy(sum->limbs + first, state->window, sizeof state->window);
    if (state->window[WINDOW_LIMBS - 1] >> 63)
        memset(sum->limbs + first + WINDOW_LIMBS, 0xff,
            8 * (size_t)(FLOAT_ACCUMULATOR_LIMBS - first - WINDOW_LIMBS));
}

static void load(const FloatState *state, FloatAccumulator *sum) {
    if (state->accumulator.length != 0)
        float_accumulators_decode(&state->accumulator, sum, 1);
    else
        window_to_accumulator(state, sum);
}

/* Once the sum is nothing at all, the window starts anew. */
static void save(AggregateContext *context, FloatState *state, const FloatAccumulator *sum) {
    View bytes = float_accumulators_encode(sum, 1, context->scratch);
    context->store(context->owner, LAYOUT_VIEW, &state->accumulator, &bytes);
    state->base = 0;
    memset(state->window, 0, sizeof state->window);
}

/* False when the value doesn't fit the window; nothing has changed then. */
static bool add_to_window(FloatState *state, double value, int64_t times) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int exponent = (int)(bits >> 52 & 0x7ff), position = exponent == 0 ? 0 : exponent - 1;
    uint64_t mantissa = (bits & 0xfffffffffffffu) | (exponent == 0 ? 0 : (uint64_t)1 << 52);
    if (mantissa == 0)
        return true;
    int limb = position >> 6, shift = position & 63;
    int64_t base = state->base != 0 ? state->base : limb > 0 ? limb : 1;
    int64_t at = limb - (base - 1);
    if (exponent == 0x7ff || at < 0 || at > WINDOW_LIMBS - 2 ||
        base - 1 + WINDOW_LIMBS > FLOAT_ACCUMULATOR_LIMBS || times > TIMES_MAX || times < -TIMES_MAX)
        return false;
    /* The sum stays below 2^254 and a term below 2^254, so that the top limb cannot overflow. */
    int64_t top = (int64_t)state->window[WINDOW_LIMBS - 1];
    if (top >= (int64_t)1 << 62 || top < -((int64_t)1 << 62))
        return false;
    state->base = base;
    unsigned __int128 term = (unsigned __int128)(mantissa * (uint64_t)(times < 0 ? -times : times)) << shift;
    uint64_t terms[WINDOW_LIMBS] = {0};
    terms[at] = (uint64_t)term;
    terms[at + 1] = (uint64_t)(term >> 64);
    uint64_t flip = (value < 0) != (times < 0) ? UINT64_MAX : 0; /* two's complement: invert and add one */
    unsigned __int128 carry = flip & 1;
    for (int i = 0; i < WINDOW_LIMBS; i++) {
        carry += (unsigned __int128)state->window[i] + (terms[i] ^ flip);
        state->window[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return true;
}

static void add(AggregateContext *context, char *cells, double value, int64_t times) {
    FloatState *state = (FloatState *)(void *)cells;
    state->count += times;
    if (state->accumulator.length == 0 && add_to_window(state, value, times))
        return;
    FloatAccumulator sum;
    load(state, &sum);
    float_accumulator_add(&sum, value, times);
    save(context, state, &sum);
}

#define UPDATE(name, T)                                                                              \
    static void name(AggregateContext *context, int count, char *const *states,                      \
        const Column *const *arguments, const int64_t *diffs) {                                      \
        for (int i = 0; i < count; i++)                                                              \
            if (!column_is_null(arguments[0], i))                                                    \
                add(context, states[i], (double)KERNEL_AT(T, arguments[0], i), fold_diff(diffs, i)); \
    }
UPDATE(float4_update, float)
UPDATE(float8_update, double)

static void merge(AggregateContext *context, int count, char *const *into, const char *const *from) {
    for (int i = 0; i < count; i++) {
        FloatState *state = (FloatState *)(void *)into[i];
        const FloatState *other = (const FloatState *)(const void *)from[i];
        FloatAccumulator sum, addend;
        state->count += other->count;
        if (state->base == 0 && state->accumulator.length == 0 && other->accumulator.length == 0) {
            state->base = other->base;
            memcpy(state->window, other->window, sizeof state->window);
            continue;
        }
        load(state, &sum);
        load(other, &addend);
        float_accumulator_merge(&sum, &addend);
        save(context, state, &sum);
    }
}

static bool read_total(AggregateContext *context, int row, const char *cells, Column *result, double *total) {
    const FloatState *state = (const FloatState *)(const void *)cells;
    if (state->count == 0) {
        column_set_null(result, row);
        return false;
    }
    FloatAccumulator sum;
    load(state, &sum);
    *total = float_accumulator_total(&sum);
    if (isinf(*total) && !float_accumulator_is_special(&sum)) {
        row_errors_add(
            context->errors, row, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: overflow");
        return false;
    }
    return true;
}

static void float8_sum(AggregateContext *context, int count, char *const *states, Column *result) {
    double total;
    for (int i = 0; i < count; i++)
        if (read_total(context, i, states[i], result, &total))
            ((double *)result->values)[i] = total;
}

static void float4_sum(AggregateContext *context, int count, char *const *states, Column *result) {
    double total;
    for (int i = 0; i < count; i++) {
        if (!read_total(context, i, states[i], result, &total))
            continue;
        ((float *)result->values)[i] = (float)total;
        if (isinf((float)total) && !isinf(total))
            row_errors_add(
                context->errors, i, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: overflow");
    }
}

static void average(AggregateContext *context, int count, char *const *states, Column *result) {
    double total;
    for (int i = 0; i < count; i++)
        if (read_total(context, i, states[i], result, &total))
            ((double *)result->values)[i] = total / (double)*cell_int8(states[i], 0);
}

const Aggregate float_sum_aggregates[] = {
    {"sum(float4) -> float4", AGGREGATE_FOLD, FLOAT_STATE_CELLS, float4_update, merge, float4_sum},
    {"sum(float8) -> float8", AGGREGATE_FOLD, FLOAT_STATE_CELLS, float8_update, merge, float8_sum},
    {"avg(float4) -> float8", AGGREGATE_FOLD, FLOAT_STATE_CELLS, float4_update, merge, average},
    {"avg(float8) -> float8", AGGREGATE_FOLD, FLOAT_STATE_CELLS, float8_update, merge, average},
    {0},
};
