/* array functions that take an array as a collection of values: order, distinct values, extremes, sums, union
   and difference of two. PostgreSQL 15 has none of them; NULL elements are equal to each other and come last,
   as PostgreSQL 18's array_sort has them. */
#include <math.h>
#include <stdlib.h>

#include "executor/functions/text/string_kernel.h"
#include "executor/types/array.h"
#include "executor/types/number/numeric.h"

typedef struct Element {
    Datum datum;
    bool is_null;
    int place;
} Element;

typedef struct Elements {
    Type type;
    Element *items;
    int count;
} Elements;

/* Adds the elements of a row's array, of whatever shape. */
static void read_elements(Arena *arena, const Column *column, int row, Elements *elements) {
    Array array;
    array_open(column->type, column_view(column, row), &array);
    Element *items = ARENA_ARRAY(arena, Element, elements->count + array.count + 1);
    for (int i = 0; i < elements->count; i++)
        items[i] = elements->items[i];
    for (int i = 0; i < array.count; i++) {
        Element *item = &items[elements->count + i];
        item->place = elements->count + i;
        item->is_null = !array_get(&array, i, &item->datum);
    }
    *elements =
        (Elements){(Type){.id = column->type.id, .modifier = -1}, items, elements->count + array.count};
}

static int compare_values(const Element *a, const Element *b, Type type) {
    if (a->is_null || b->is_null)
        return (int)a->is_null - (int)b->is_null;
    return datum_compare(type, &a->datum, &b->datum);
}

static int compare_elements(const void *a, const void *b, void *type) {
    int order = compare_values(a, b, *(const Type *)type);
    return order != 0 ? order : ((const Element *)a)->place - ((const Element *)b)->place;
}

static int compare_places(const void *a, const void *b) {
    return ((const Element *)a)->place - ((const Element *)b)->place;
}

static void sort_elements(Elements *elements) {
    qsort_r(elements->items, (size_t)elements->count, sizeof(Element), compare_elements, &elements->type);
}

/* The first of equal ones stays where it was. */
static void keep_distinct(Elements *elements) {
    int kept = 0;
    sort_elements(elements);
    for (int i = 0; i < elements->count; i++)
        if (i == 0 || compare_values(&elements->items[kept - 1], &elements->items[i], elements->type) != 0)
            elements->items[kept++] = elements->items[i];
    elements->count = kept;
    qsort(elements->items, (size_t)kept, sizeof(Element), compare_places);
}

static bool has_value(const Elements *sorted, const Element *value) {
    int low = 0, high = sorted->count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (compare_values(&sorted->items[middle], value, sorted->type) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sorted->count && compare_values(&sorted->items[low], value, sorted->type) == 0;
}

static void finish_elements(Column *result, int row, const Elements *elements) {
    ArrayBuilder builder = {.element = elements->type};
    Text bytes = {0};
    for (int i = 0; i < elements->count; i++)
        array_builder_add(&builder, elements->items[i].is_null ? NULL : &elements->items[i].datum);
    array_builder_finish(&builder, &bytes);
    result_take_text(result, row, &bytes);
    array_builder_free(&builder);
    text_free(&bytes);
}

#define ROWS_OF_ELEMENTS(name, change)                                   \
    static void name(KERNEL_PARAMETERS) {                                \
        for (int i = 0; i < row_count; i++) {                            \
            if (row_is_null(context, i))                                 \
                continue;                                                \
            Elements elements = {0};                                     \
            read_elements(context->scratch, arguments[0], i, &elements); \
            change(context, arguments, argument_count, i, &elements);    \
            finish_elements(result, i, &elements);                       \
        }                                                                \
    }
#define CHANGE_PARAMETERS \
    KernelContext *context, const Column *const *arguments, int argument_count, int row, Elements *elements

static void change_distinct(CHANGE_PARAMETERS) {
    (void)context, (void)arguments, (void)argument_count, (void)row;
    keep_distinct(elements);
}

static void change_flatten(CHANGE_PARAMETERS) {
    (void)context, (void)arguments, (void)argument_count, (void)row, (void)elements;
}

static void change_reverse(CHANGE_PARAMETERS) {
    (void)context, (void)arguments, (void)argument_count, (void)row;
    for (int i = 0, k = elements->count - 1; i < k; i++, k--) {
        Element swap = elements->items[i];
        elements->items[i] = elements->items[k];
        elements->items[k] = swap;
    }
}

/* array_sort(a [, descending [, nulls first]]); NULLs come first in descending order unless said. */
static void change_sort(CHANGE_PARAMETERS) {
    bool is_descending = argument_count > 1 && KERNEL_AT(uint8_t, arguments[1], row);
    bool are_nulls_first = argument_count > 2 ? KERNEL_AT(uint8_t, arguments[2], row) : is_descending;
    sort_elements(elements);
    int nulls = 0;
    while (nulls < elements->count && elements->items[elements->count - 1 - nulls].is_null)
        nulls++;
    Elements values = {elements->type, elements->items, elements->count - nulls};
    if (is_descending)
        change_reverse(context, arguments, argument_count, row, &values);
    if (!are_nulls_first || nulls == 0)
        return;
    Element *items = ARENA_ARRAY(context->scratch, Element, elements->count);
    for (int i = 0; i < elements->count; i++)
        items[(i + nulls) % elements->count] = elements->items[i];
    elements->items = items;
}

static void change_union(CHANGE_PARAMETERS) {
    (void)argument_count;
    read_elements(context->scratch, arguments[1], row, elements);
    keep_distinct(elements);
}

static void keep_by_other(CHANGE_PARAMETERS, bool is_kept) {
    (void)argument_count;
    Elements other = {0};
    int kept = 0;
    read_elements(context->scratch, arguments[1], row, &other);
    sort_elements(&other);
    keep_distinct(elements);
    for (int i = 0; i < elements->count; i++)
        if (has_value(&other, &elements->items[i]) == is_kept)
            elements->items[kept++] = elements->items[i];
    elements->count = kept;
}
static void change_intersect(CHANGE_PARAMETERS) {
    keep_by_other(context, arguments, argument_count, row, elements, true);
}
static void change_except(CHANGE_PARAMETERS) {
    keep_by_other(context, arguments, argument_count, row, elements, false);
}

ROWS_OF_ELEMENTS(distinct, change_distinct)
ROWS_OF_ELEMENTS(flatten, change_flatten)
ROWS_OF_ELEMENTS(reverse, change_reverse)
ROWS_OF_ELEMENTS(sort, change_sort)
ROWS_OF_ELEMENTS(union_of, change_union)
ROWS_OF_ELEMENTS(intersect, change_intersect)
ROWS_OF_ELEMENTS(except, change_except)

static void extreme(KernelContext *context, int row_count, const Column *argument, Column *result, int sign) {
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Elements elements = {0};
        const Element *best = NULL;
        read_elements(context->scratch, argument, i, &elements);
        for (int k = 0; k < elements.count; k++) {
            const Element *one = &elements.items[k];
            if (!one->is_null &&
                (best == NULL || sign * datum_compare(elements.type, &one->datum, &best->datum) > 0))
                best = one;
        }
        if (best == NULL)
            column_set_null(result, i);
        else
            column_set_datum(result, i, &best->datum);
    }
}
static void greatest(KERNEL_PARAMETERS) {
    extreme(context, row_count, arguments[0], result, 1);
}
static void least(KERNEL_PARAMETERS) {
    extreme(context, row_count, arguments[0], result, -1);
}

/* Whether the array holds the value; NULL when it may be the NULL in it. */
static void contains_element(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Elements elements = {0};
        bool is_found = false;
        read_elements(context->scratch, arguments[0], i, &elements);
        for (int k = 0; k < elements.count && !is_found; k++)
            is_found = !elements.items[k].is_null && datum_compare(elements.type, &elements.items[k].datum,
                                                         column_at(arguments[1], i)) == 0;
        ((uint8_t *)result->values)[i] = is_found;
    }
}

/* The only element of an array. */
static void only_element(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Elements elements = {0};
        read_elements(context->scratch, arguments[0], i, &elements);
        if (elements.count > 1)
            KERNEL_FAIL(context, i, STATUS_CARDINALITY_VIOLATION, "array has more than one element");
        if (elements.count != 1 || elements.items[0].is_null)
            column_set_null(result, i);
        else
            column_set_datum(result, i, &elements.items[0].datum);
    }
}

static Numeric numeric_of(Type type, const Datum *datum) {
    return type.id == TYPE_NUMERIC ? datum->numeric : numeric_from_int8(datum->int8);
}

static void sum_numeric(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Elements elements = {0};
        Datum sum = {0};
        int values = 0;
        Error error = {0};
        read_elements(context->scratch, arguments[0], i, &elements);
        for (int k = 0; k < elements.count; k++) {
            if (elements.items[k].is_null)
                continue;
            Numeric value = numeric_of(elements.type, &elements.items[k].datum), before = sum.numeric;
            if (values++ == 0)
                sum.numeric = value;
            else if (numeric_add(&before, &value, context->scratch, &sum.numeric, &error) != OK)
                KERNEL_FAIL(context, i, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "value overflows numeric format");
        }
        if (values == 0)
            column_set_null(result, i);
        else
            column_set_datum(result, i, &sum);
    }
}

#define SUM_KERNEL(name, R, field)                                                       \
    static void name(KERNEL_PARAMETERS) {                                                \
        for (int i = 0; i < row_count; i++) {                                            \
            if (row_is_null(context, i))                                                 \
                continue;                                                                \
            Elements elements = {0};                                                     \
            R sum = 0;                                                                   \
            bool has_values = false;                                                     \
            read_elements(context->scratch, arguments[0], i, &elements);                 \
            for (int k = 0; k < elements.count; k++) {                                   \
                sum += elements.items[k].is_null ? 0 : (R)elements.items[k].datum.field; \
                has_values |= !elements.items[k].is_null;                                \
            }                                                                            \
            if (has_values)                                                              \
                ((R *)result->values)[i] = sum;                                          \
            else                                                                         \
                column_set_null(result, i);                                              \
        }                                                                                \
    }
SUM_KERNEL(sum_int2, int64_t, int2)
SUM_KERNEL(sum_int4, int64_t, int4)
SUM_KERNEL(sum_float4, double, float4)
SUM_KERNEL(sum_float8, double, float8)

const FunctionRow array_set_functions[] = {
    {"array_distinct(anyarray) -> anyarray", distinct},
    {"array_flatten(anyarray) -> anyarray", flatten},
    {"array_reverse(anyarray) -> anyarray", reverse},
    {"array_sort(anyarray) -> anyarray", sort},
    {"array_sort(anyarray, bool) -> anyarray", sort},
    {"array_sort(anyarray, bool, bool) -> anyarray", sort},
    {"array_union(anyarray, anyarray) -> anyarray", union_of},
    {"array_intersect(anyarray, anyarray) -> anyarray", intersect},
    {"array_except(anyarray, anyarray) -> anyarray", except},
    {"array_max(anyarray) -> anyelement", greatest},
    {"array_min(anyarray) -> anyelement", least},
    {"array_contains(anyarray, anyelement) -> bool", contains_element},
    {"element(anyarray) -> anyelement", only_element},
    {"array_sum(int2[]) -> int8", sum_int2},
    {"array_sum(int4[]) -> int8", sum_int4},
    {"array_sum(int8[]) -> numeric", sum_numeric},
    {"array_sum(numeric[]) -> numeric", sum_numeric},
    {"array_sum(float4[]) -> float8", sum_float4},
    {"array_sum(float8[]) -> float8", sum_float8},
    {0},
};
