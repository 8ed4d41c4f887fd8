/* sum, avg, variance and stddev of numeric, and variance and stddev of integers.

   The result's display scale is the greatest among the values present, so the state keeps how many values
   have which scale: the greatest scale and its count packed in one cell, which is all there is for a column
   of one scale, and the others in a sorted list of entries. NaN and the infinities are entries beyond every
   scale; they are counted there and not summed. */
#include <assert.h>

#include "executor/functions/aggregates/fold.h"

/* Cells: count of the greatest scale << 14 | that scale; sum; (sum of squares;) the entries of other scales.
 */
enum { SUM_CELL = 8, SQUARES_CELL = 24, SUM_SCALES_CELL = 24, VARIANCE_SCALES_CELL = 40 };
enum { SCALE_BITS = 14, SCALE_MASK = (1 << SCALE_BITS) - 1 };
enum { KEY_NAN = 0x8000, KEY_PLUS_INFINITY, KEY_MINUS_INFINITY };

typedef struct ScaleCount {
    int64_t key; /* a scale, or one of KEY_… */
    int64_t count;
} ScaleCount;

static int64_t top_count(const char *state) {
    return *(const int64_t *)(const void *)state >> SCALE_BITS;
}

static int top_scale(const char *state) {
    return (int)(*(const int64_t *)(const void *)state & SCALE_MASK);
}

static void set_top(char *state, int scale, int64_t count) {
    *cell_int8(state, 0) = count * (1 << SCALE_BITS) + (count == 0 ? 0 : scale);
}

/* A view's bytes need not be aligned. */
static ScaleCount entry_at(const View *entries, int index) {
    ScaleCount entry;
    memcpy(&entry, view_bytes(entries) + (size_t)index * sizeof entry, sizeof entry);
    return entry;
}

static int entry_count(const View *entries) {
    return (int)(entries->length / sizeof(ScaleCount));
}

static int64_t count_of(const View *entries, int64_t key) {
    for (int i = 0; i < entry_count(entries); i++)
        if (entry_at(entries, i).key == key)
            return entry_at(entries, i).count;
    return 0;
}

/* Adds to one entry; entries with count 0 are dropped. */
static void add_entry(AggregateContext *context, View *entries, int64_t key, int64_t diff) {
    int count = entry_count(entries), kept = 0;
    ScaleCount *list = ARENA_ARRAY(context->scratch, ScaleCount, count + 1);
    bool is_added = false;
    for (int i = 0; i < count; i++) {
        ScaleCount entry = entry_at(entries, i);
        if (!is_added && entry.key >= key) {
            is_added = true;
            if (entry.key == key)
                entry.count += diff;
            else
                list[kept++] = (ScaleCount){key, diff};
        }
        if (entry.count != 0)
            list[kept++] = entry;
    }
    if (!is_added)
        list[kept++] = (ScaleCount){key, diff};
    View view = view_of((const char *)list, (uint32_t)((size_t)kept * sizeof *list));
    context->store(context->owner, LAYOUT_VIEW, entries, &view);
}

/* Moves the greatest scale among the entries to the packed cell, which has run empty. */
static void pull_top(AggregateContext *context, char *state, View *entries) {
    for (int i = entry_count(entries) - 1; i >= 0; i--) {
        ScaleCount entry = entry_at(entries, i);
        if (entry.key < KEY_NAN) {
            set_top(state, (int)entry.key, entry.count);
            add_entry(context, entries, entry.key, -entry.count);
            return;
        }
    }
}

static void add_scale(AggregateContext *context, char *state, size_t entries_cell, int scale, int64_t diff) {
    View *entries = (View *)(void *)(state + entries_cell);
    int64_t count = top_count(state);
    int top = top_scale(state);
    if (count == 0 || scale == top) {
        set_top(state, scale, count + diff);
        if (count + diff == 0)
            pull_top(context, state, entries);
    } else if (scale < top) {
        add_entry(context, entries, scale, diff);
    } else {
        add_entry(context, entries, top, count);
        set_top(state, scale, diff);
    }
}

static void add_value(
    AggregateContext *context, int row, char *state, bool has_squares, const Numeric *value, int64_t diff) {
    size_t entries_cell = has_squares ? VARIANCE_SCALES_CELL : SUM_SCALES_CELL;
    int tag = numeric_tag(value);
    if (tag > NUMERIC_LARGE) {
        int key = tag == NUMERIC_NAN             ? KEY_NAN
                  : tag == NUMERIC_PLUS_INFINITY ? KEY_PLUS_INFINITY
                                                 : KEY_MINUS_INFINITY;
        add_entry(context, (View *)(void *)(state + entries_cell), key, diff);
        return;
    }
    add_scale(context, state, entries_cell, numeric_scale(value), diff);
    cell_add_numeric(context, row, cell_numeric(state, SUM_CELL), value, diff);
    if (!has_squares)
        return;
    Error error = {0};
    Numeric square;
    if (numeric_multiply(value, value, context->scratch, &square, &error) == OK)
        cell_add_numeric(context, row, cell_numeric(state, SQUARES_CELL), &square, diff);
    else
        fold_fail(context, row, &error);
}

#define UPDATE(name, T, has_squares, make)                                              \
    static void name(AggregateContext *context, int count, char *const *states,         \
        const Column *const *arguments, const int64_t *diffs) {                         \
        for (int i = 0; i < count; i++) {                                               \
            if (column_is_null(arguments[0], i))                                        \
                continue;                                                               \
            T element = KERNEL_AT(T, arguments[0], i);                                  \
            Numeric value = make;                                                       \
            add_value(context, i, states[i], has_squares, &value, fold_diff(diffs, i)); \
        }                                                                               \
    }
UPDATE(sum_update, Numeric, false, element)
UPDATE(variance_update, Numeric, true, element)
UPDATE(variance_int2_update, int16_t, true, numeric_from_int8(element))
UPDATE(variance_int4_update, int32_t, true, numeric_from_int8(element))
UPDATE(variance_int8_update, int64_t, true, numeric_from_int8(element))

static void merge(AggregateContext *context, int row, char *into, const char *from, bool has_squares) {
    size_t entries_cell = has_squares ? VARIANCE_SCALES_CELL : SUM_SCALES_CELL;
    const View *entries = (const View *)(const void *)(from + entries_cell);
    if (top_count(from) != 0)
        add_scale(context, into, entries_cell, top_scale(from), top_count(from));
    for (int i = 0; i < entry_count(entries); i++) {
        ScaleCount entry = entry_at(entries, i);
        if (entry.key >= KEY_NAN)
            add_entry(context, (View *)(void *)(into + entries_cell), entry.key, entry.count);
        else
            add_scale(context, into, entries_cell, (int)entry.key, entry.count);
    }
    cell_add_numeric(
        context, row, cell_numeric(into, SUM_CELL), (const Numeric *)(const void *)(from + SUM_CELL), 1);
    if (has_squares)
        cell_add_numeric(context, row, cell_numeric(into, SQUARES_CELL),
            (const Numeric *)(const void *)(from + SQUARES_CELL), 1);
}

static void sum_merge(AggregateContext *context, int count, char *const *into, const char *const *from) {
    for (int i = 0; i < count; i++)
        merge(context, i, into[i], from[i], false);
}

static void variance_merge(AggregateContext *context, int count, char *const *into, const char *const *from) {
    for (int i = 0; i < count; i++)
        merge(context, i, into[i], from[i], true);
}

/* Values of every kind, and whether they sum up to NaN or an infinity. */
static int64_t total_count(char *state, const View *entries, bool *is_special, Numeric *special) {
    int64_t total = top_count(state);
    for (int i = 0; i < entry_count(entries); i++)
        total += entry_at(entries, i).count;
    bool has_nan = count_of(entries, KEY_NAN) != 0, has_plus = count_of(entries, KEY_PLUS_INFINITY) != 0,
         has_minus = count_of(entries, KEY_MINUS_INFINITY) != 0;
    *is_special = has_nan || has_plus || has_minus;
    int tag = has_nan || (has_plus && has_minus) ? NUMERIC_NAN
              : has_plus                         ? NUMERIC_PLUS_INFINITY
                                                 : NUMERIC_MINUS_INFINITY;
    *special = (Numeric){.high = (uint64_t)tag << 56};
    return total;
}

static void sum_or_average(
    AggregateContext *context, int count, char *const *states, Column *result, bool is_average) {
    Error error = {0};
    for (int i = 0; i < count; i++) {
        const View *entries = (const View *)(void *)(states[i] + SUM_SCALES_CELL);
        bool is_special;
        Numeric value;
        int64_t total = total_count(states[i], entries, &is_special, &value);
        if (total == 0) {
            column_set_null(result, i);
            continue;
        }
        Status status = OK;
        if (!is_special) {
            status = numeric_rescale(
                cell_numeric(states[i], SUM_CELL), top_scale(states[i]), context->scratch, &value, &error);
            Numeric divisor = numeric_from_int8(total), sum = value;
            if (status == OK && is_average)
                status = numeric_divide(&sum, &divisor, context->scratch, &value, &error);
        }
        fold_emit(context, result, i, status, &value, &error);
    }
}

static void sum_result(AggregateContext *context, int count, char *const *states, Column *result) {
    sum_or_average(context, count, states, result, false);
}

static void average_result(AggregateContext *context, int count, char *const *states, Column *result) {
    sum_or_average(context, count, states, result, true);
}

static Status variance_of(AggregateContext *context, char *state, int64_t total, bool is_sample, bool is_root,
    Numeric *value, Error *error) {
    Numeric sum, squares;
    int scale = top_scale(state);
    TRY(numeric_rescale(cell_numeric(state, SUM_CELL), scale, context->scratch, &sum, error));
    TRY(numeric_rescale(cell_numeric(state, SQUARES_CELL), 2 * scale, context->scratch, &squares, error));
    return numeric_variance(total, &sum, &squares, is_sample, is_root, context->scratch, value, error);
}

static void variance_result(
    AggregateContext *context, int count, char *const *states, Column *result, bool is_sample, bool is_root) {
    Error error = {0};
    for (int i = 0; i < count; i++) {
        const View *entries = (const View *)(void *)(states[i] + VARIANCE_SCALES_CELL);
        bool is_special;
        Numeric value;
        int64_t total = total_count(states[i], entries, &is_special, &value);
        if (total <= is_sample) {
            column_set_null(result, i);
            continue;
        }
        Status status = OK;
        if (is_special)
            value = (Numeric){.high = (uint64_t)NUMERIC_NAN << 56};
        else
            status = variance_of(context, states[i], total, is_sample, is_root, &value, &error);
        fold_emit(context, result, i, status, &value, &error);
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

#define VARIANCE_CELLS "int8 numeric numeric bytea"
#define VARIANCES(type, update)                                                                              \
    {"variance(" type ") -> numeric", AGGREGATE_FOLD, VARIANCE_CELLS, update, variance_merge, var_samp},     \
        {"var_samp(" type ") -> numeric", AGGREGATE_FOLD, VARIANCE_CELLS, update, variance_merge, var_samp}, \
        {"var_pop(" type ") -> numeric", AGGREGATE_FOLD, VARIANCE_CELLS, update, variance_merge, var_pop},   \
        {"stddev(" type ") -> numeric", AGGREGATE_FOLD, VARIANCE_CELLS, update, variance_merge,              \
            stddev_samp},                                                                                    \
        {"stddev_samp(" type ") -> numeric", AGGREGATE_FOLD, VARIANCE_CELLS, update, variance_merge,         \
            stddev_samp},                                                                                    \
    {                                                                                                        \
        "stddev_pop(" type ") -> numeric", AGGREGATE_FOLD, VARIANCE_CELLS, update, variance_merge,           \
            stddev_pop                                                                                       \
    }

const Aggregate numeric_sum_aggregates[] = {
    {"sum(numeric) -> numeric", AGGREGATE_FOLD, "int8 numeric bytea", sum_update, sum_merge, sum_result},
    {"avg(numeric) -> numeric", AGGREGATE_FOLD, "int8 numeric bytea", sum_update, sum_merge, average_result},
    VARIANCES("numeric", variance_update),
    VARIANCES("int2", variance_int2_update),
    VARIANCES("int4", variance_int4_update),
    VARIANCES("int8", variance_int8_update),
    {0},
};
