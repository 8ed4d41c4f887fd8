/* Aggregates over all values of a group in ascending order: string_agg, bit_and, bit_or. */
#include "executor/functions/fold.h"

/* The delimiter is constant; a NULL one is empty. */
static void string_agg(AggregateContext *context, AggregateValues *values, const Column *const *arguments, Column *result, int row) {
    View delimiter = column_is_null(arguments[1], 0) ? (View){0} : *column_view(arguments[1], 0);
    Text text = {0};
    const void *element;
    int64_t count;
    bool is_first = true;
    while (values->next(values, &element, &count))
        for (; count > 0; count--, is_first = false) {
            if (!is_first)
                text_add(&text, view_bytes(&delimiter), delimiter.length);
            text_add(&text, view_bytes(element), ((const View *)element)->length);
        }
    if (is_first)
        column_set_null(result, row);
    else
        column_set_bytes(result, row, text_string(&text), (uint32_t)text.length);
    text_free(&text);
}

#define BITS(name, T, operator)                                                                                                              \
    static void name(AggregateContext *context, AggregateValues *values, const Column *const *arguments, Column *result, int row) {          \
        const void *element;                                                                                                                 \
        int64_t count;                                                                                                                       \
        T *out = &((T *)result->values)[row];                                                                                                \
        bool is_first = true;                                                                                                                \
        for (; values->next(values, &element, &count); is_first = false)                                                                     \
            *out = (T)(is_first ? *(const T *)element : *out operator *(const T *)element);                                                  \
        if (is_first)                                                                                                                        \
            column_set_null(result, row);                                                                                                    \
    }
BITS(and_int2, int16_t, &)
BITS(and_int4, int32_t, &)
BITS(and_int8, int64_t, &)
BITS(or_int2, int16_t, |)
BITS(or_int4, int32_t, |)
BITS(or_int8, int64_t, |)

#define VALUES(signature, function) {signature, AGGREGATE_VALUES, "", NULL, NULL, NULL, function}

const Aggregate collecting_aggregates[] = {
    VALUES("string_agg(text, text) -> text", string_agg),
    VALUES("string_agg(bytea, bytea) -> bytea", string_agg),
    VALUES("bit_and(int2) -> int2", and_int2),
    VALUES("bit_and(int4) -> int4", and_int4),
    VALUES("bit_and(int8) -> int8", and_int8),
    VALUES("bit_or(int2) -> int2", or_int2),
    VALUES("bit_or(int4) -> int4", or_int4),
    VALUES("bit_or(int8) -> int8", or_int8),
    {0},
};
