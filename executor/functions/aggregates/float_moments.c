/* Variance, standard deviation, covariance, correlation and regression of floats, from exact sums: the
   centred sums are computed as integers and rounded once, so they depend on no order and are exactly
   retractable. */
#include <math.h>

#include "executor/functions/aggregates/float_accumulator.h"
#include "executor/functions/aggregates/fold.h"

/* Cells: count of rows; the encoded sums. */
enum { SUMS_CELL = 8 };
enum { SUM_X, SUM_XX, VARIANCE_SUMS, SUM_Y = VARIANCE_SUMS, SUM_YY, SUM_XY, REGRESSION_SUMS };

static View *sums_cell(char *state) {
    return (View *)(void *)(state + SUMS_CELL);
}

static void save(AggregateContext *context, char *state, const FloatAccumulator *sums, int count) {
    View bytes = float_accumulators_encode(sums, count, context->scratch);
    context->store(context->owner, LAYOUT_VIEW, sums_cell(state), &bytes);
}

static void add_variance(AggregateContext *context, char *state, double x, int64_t times) {
    FloatAccumulator sums[VARIANCE_SUMS];
    float_accumulators_decode(sums_cell(state), sums, VARIANCE_SUMS);
    *cell_int8(state, 0) += times;
    float_accumulator_add(&sums[SUM_X], x, times);
    float_accumulator_add_product(&sums[SUM_XX], x, x, times);
    save(context, state, sums, VARIANCE_SUMS);
}

#define UPDATE(name, T)                                                                              \
    static void name(AggregateContext *context, int count, char *const *states,                      \
        const Column *const *arguments, const int64_t *diffs) {                                      \
        for (int i = 0; i < count; i++)                                                              \
            if (!column_is_null(arguments[0], i))                                                    \
                add_variance(                                                                        \
                    context, states[i], (double)KERNEL_AT(T, arguments[0], i), fold_diff(diffs, i)); \
    }
UPDATE(float4_update, float)
UPDATE(float8_update, double)

/* The first argument is Y, as in the SQL standard. */
static void regression_update(AggregateContext *context, int count, char *const *states,
    const Column *const *arguments, const int64_t *diffs) {
    for (int i = 0; i < count; i++) {
        if (column_is_null(arguments[0], i) || column_is_null(arguments[1], i))
            continue;
        double y = KERNEL_AT(double, arguments[0], i), x = KERNEL_AT(double, arguments[1], i);
        int64_t times = fold_diff(diffs, i);
        FloatAccumulator sums[REGRESSION_SUMS];
        float_accumulators_decode(sums_cell(states[i]), sums, REGRESSION_SUMS);
        *cell_int8(states[i], 0) += times;
        float_accumulator_add(&sums[SUM_X], x, times);
        float_accumulator_add(&sums[SUM_Y], y, times);
        float_accumulator_add_product(&sums[SUM_XX], x, x, times);
        float_accumulator_add_product(&sums[SUM_YY], y, y, times);
        float_accumulator_add_product(&sums[SUM_XY], x, y, times);
        save(context, states[i], sums, REGRESSION_SUMS);
    }
}

static void merge(
    AggregateContext *context, int count, char *const *into, const char *const *from, int sum_count) {
    FloatAccumulator sums[REGRESSION_SUMS], others[REGRESSION_SUMS];
    for (int i = 0; i < count; i++) {
        *cell_int8(into[i], 0) += *(const int64_t *)(const void *)from[i];
        float_accumulators_decode(sums_cell(into[i]), sums, sum_count);
        float_accumulators_decode((const View *)(const void *)(from[i] + SUMS_CELL), others, sum_count);
        for (int s = 0; s < sum_count; s++)
            float_accumulator_merge(&sums[s], &others[s]);
        save(context, into[i], sums, sum_count);
    }
}

static void variance_merge(AggregateContext *context, int count, char *const *into, const char *const *from) {
    merge(context, count, into, from, VARIANCE_SUMS);
}

static void regression_merge(
    AggregateContext *context, int count, char *const *into, const char *const *from) {
    merge(context, count, into, from, REGRESSION_SUMS);
}

/* (n * sum(ab) - sum(a) * sum(b)) / divisor; NaN when a term is NaN or infinite. */
static double centred(int64_t n, const FloatAccumulator *a, const FloatAccumulator *b,
    const FloatAccumulator *ab, int64_t divisor) {
    if (float_accumulator_is_special(a) || float_accumulator_is_special(b) ||
        float_accumulator_is_special(ab))
        return NAN;
    mpz_t x, y, numerator, denominator;
    mpz_inits(x, y, numerator, NULL);
    mpz_init_set_si(denominator, divisor);
    float_accumulator_get(a, x);
    float_accumulator_get(b, y);
    float_accumulator_get(ab, numerator);
    mpz_mul_si(numerator, numerator, n);
    mpz_mul_2exp(numerator, numerator, -FLOAT_ACCUMULATOR_UNIT); /* to the unit of the product below */
    mpz_submul(numerator, x, y);
    double value = mpz_ratio(numerator, denominator, 2 * FLOAT_ACCUMULATOR_UNIT);
    mpz_clears(x, y, numerator, denominator, NULL);
    return value;
}

static void emit(AggregateContext *context, Column *result, int row, double value, bool is_special) {
    if (isinf(value) && !is_special)
        row_errors_add(
            context->errors, row, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: overflow");
    ((double *)result->values)[row] = value;
}

static void variance_result(
    AggregateContext *context, int count, char *const *states, Column *result, bool is_sample, bool is_root) {
    for (int i = 0; i < count; i++) {
        int64_t n = *cell_int8(states[i], 0);
        if (n <= is_sample) {
            column_set_null(result, i);
            continue;
        }
        FloatAccumulator sums[VARIANCE_SUMS];
        float_accumulators_decode(sums_cell(states[i]), sums, VARIANCE_SUMS);
        double variance = centred(n, &sums[SUM_X], &sums[SUM_X], &sums[SUM_XX], n * (is_sample ? n - 1 : n));
        emit(context, result, i, is_root ? sqrt(variance) : variance, false);
    }
}

#define VARIANCE_RESULT(name, is_sample, is_root)                                                 \
    static void name(AggregateContext *context, int count, char *const *states, Column *result) { \
        variance_result(context, count, states, result, is_sample, is_root);                      \
    }
VARIANCE_RESULT(var_samp, true, false)
VARIANCE_RESULT(var_pop, false, false)
VARIANCE_RESULT(stddev_samp, true, true)
VARIANCE_RESULT(stddev_pop, false, true)

/* What the regression functions are made of: the count, the averages' sums, and the centred sums. */
typedef struct Moments {
    int64_t n;
    double x, y, xx, yy, xy;
    const FloatAccumulator *sums;
} Moments;

/* Each result: the least n for a value, and the value; NaN with *is_null set where it is undefined. */
typedef double (*MomentFunction)(const Moments *m, bool *is_null);

static void regression_result(AggregateContext *context, int count, char *const *states, Column *result,
    MomentFunction function, int n_min) {
    FloatAccumulator sums[REGRESSION_SUMS];
    for (int i = 0; i < count; i++) {
        Moments m = {.n = *cell_int8(states[i], 0), .sums = sums};
        if (m.n < n_min) {
            column_set_null(result, i);
            continue;
        }
        float_accumulators_decode(sums_cell(states[i]), sums, REGRESSION_SUMS);
        m.x = float_accumulator_total(&sums[SUM_X]);
        m.y = float_accumulator_total(&sums[SUM_Y]);
        m.xx = centred(m.n, &sums[SUM_X], &sums[SUM_X], &sums[SUM_XX], m.n);
        m.yy = centred(m.n, &sums[SUM_Y], &sums[SUM_Y], &sums[SUM_YY], m.n);
        m.xy = centred(m.n, &sums[SUM_X], &sums[SUM_Y], &sums[SUM_XY], m.n);
        bool is_null = false;
        double value = function(&m, &is_null);
        if (is_null)
            column_set_null(result, i);
        else
            emit(context, result, i, value,
                float_accumulator_is_special(&sums[SUM_X]) || float_accumulator_is_special(&sums[SUM_Y]));
    }
}

static double sxx_of(const Moments *m, bool *is_null) {
    return m->xx;
}
static double syy_of(const Moments *m, bool *is_null) {
    return m->yy;
}
static double sxy_of(const Moments *m, bool *is_null) {
    return m->xy;
}
static double average_x_of(const Moments *m, bool *is_null) {
    return m->x / (double)m->n;
}
static double average_y_of(const Moments *m, bool *is_null) {
    return m->y / (double)m->n;
}
static double covar_pop_of(const Moments *m, bool *is_null) {
    return centred(m->n, &m->sums[SUM_X], &m->sums[SUM_Y], &m->sums[SUM_XY], m->n * m->n);
}
static double covar_samp_of(const Moments *m, bool *is_null) {
    return centred(m->n, &m->sums[SUM_X], &m->sums[SUM_Y], &m->sums[SUM_XY], m->n * (m->n - 1));
}
static double corr_of(const Moments *m, bool *is_null) {
    *is_null = m->xx == 0 || m->yy == 0;
    return m->xy / sqrt(m->xx * m->yy);
}
static double r2_of(const Moments *m, bool *is_null) {
    *is_null = m->xx == 0;
    return m->yy == 0 ? 1 : m->xy * m->xy / (m->xx * m->yy);
}
static double slope_of(const Moments *m, bool *is_null) {
    *is_null = m->xx == 0;
    return m->xy / m->xx;
}
static double intercept_of(const Moments *m, bool *is_null) {
    *is_null = m->xx == 0;
    return (m->y - m->x * m->xy / m->xx) / (double)m->n;
}

#define REGRESSION_RESULT(name, n_min)                                                            \
    static void name(AggregateContext *context, int count, char *const *states, Column *result) { \
        regression_result(context, count, states, result, name##_of, n_min);                      \
    }
REGRESSION_RESULT(sxx, 1)
REGRESSION_RESULT(syy, 1)
REGRESSION_RESULT(sxy, 1)
REGRESSION_RESULT(average_x, 1)
REGRESSION_RESULT(average_y, 1)
REGRESSION_RESULT(covar_pop, 1)
REGRESSION_RESULT(covar_samp, 2)
REGRESSION_RESULT(corr, 1)
REGRESSION_RESULT(r2, 1)
REGRESSION_RESULT(slope, 1)
REGRESSION_RESULT(intercept, 1)

static void regression_count(AggregateContext *context, int count, char *const *states, Column *result) {
    for (int i = 0; i < count; i++)
        ((int64_t *)result->values)[i] = *cell_int8(states[i], 0);
}

#define CELLS "int8 bytea"
#define VARIANCES(type, update)                                                                            \
    {"variance(" type ") -> float8", AGGREGATE_FOLD, CELLS, update, variance_merge, var_samp},             \
        {"var_samp(" type ") -> float8", AGGREGATE_FOLD, CELLS, update, variance_merge, var_samp},         \
        {"var_pop(" type ") -> float8", AGGREGATE_FOLD, CELLS, update, variance_merge, var_pop},           \
        {"stddev(" type ") -> float8", AGGREGATE_FOLD, CELLS, update, variance_merge, stddev_samp},        \
        {"stddev_samp(" type ") -> float8", AGGREGATE_FOLD, CELLS, update, variance_merge, stddev_samp}, { \
        "stddev_pop(" type ") -> float8", AGGREGATE_FOLD, CELLS, update, variance_merge, stddev_pop        \
    }
#define REGRESSION(name, result) \
    { name "(float8, float8) -> float8", AGGREGATE_FOLD, CELLS, regression_update, regression_merge, result }

const Aggregate float_moments_aggregates[] = {
    VARIANCES("float4", float4_update),
    VARIANCES("float8", float8_update),
    {"regr_count(float8, float8) -> int8", AGGREGATE_FOLD, CELLS, regression_update, regression_merge,
        regression_count, .is_count = true},
    REGRESSION("regr_sxx", sxx),
    REGRESSION("regr_syy", syy),
    REGRESSION("regr_sxy", sxy),
    REGRESSION("regr_avgx", average_x),
    REGRESSION("regr_avgy", average_y),
    REGRESSION("regr_r2", r2),
    REGRESSION("regr_slope", slope),
    REGRESSION("regr_intercept", intercept),
    REGRESSION("covar_pop", covar_pop),
    REGRESSION("covar_samp", covar_samp),
    REGRESSION("corr", corr),
    {0},
};
