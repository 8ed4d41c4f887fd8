/* Aggregates that join all values of a group in order: string_agg, array_agg, json_agg, bit_and, bit_or,
   approx_count_distinct. */
#include <string.h>

#include "executor/functions/aggregates/fold.h"
#include "executor/functions/json/json_build.h"
#include "executor/types/array.h"

/* Values with their delimiters behind them, see $delimited: the first one's is not used. */
static void string_agg_delimited(AggregateContext *context, AggregateValues *values,
    const Column *const *arguments, Column *result, int row) {
    Text text = {0};
    const void *element;
    int64_t count;
    bool is_first = true;
    while (values->next(values, &element, &count))
        for (; count > 0; count--, is_first = false) {
            const char *bytes = view_bytes(element);
            uint32_t length = ((const View *)element)->length - (uint32_t)sizeof length, delimiter;
            memcpy(&delimiter, bytes + length, sizeof delimiter);
            if (!is_first)
                text_add(&text, bytes + length - delimiter, delimiter);
            text_add(&text, bytes, length - delimiter);
        }
    if (is_first)
        column_set_null(result, row);
    else
        column_set_bytes(result, row, text_string(&text), (uint32_t)text.length);
    text_free(&text);
}

/* The delimiter is constant; a NULL one is empty. */
static void string_agg(AggregateContext *context, AggregateValues *values, const Column *const *arguments,
    Column *result, int row) {
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

/* An array of one more dimension. */
static void collect_arrays(AggregateContext *context, AggregateValues *values, Column *result, int row) {
    Type element = type_element(context->argument_types[0]);
    ArrayBuilder builder = {.element = element};
    const void *value;
    int64_t count;
    int32_t lengths[ARRAY_DIMENSIONS_MAX] = {0}, lowers[ARRAY_DIMENSIONS_MAX] = {1, 1, 1, 1, 1, 1};
    int dimensions = 0;
    const char *failure = NULL;
    while (values->next(values, &value, &count) && failure == NULL) {
        Array array = {0};
        if (value != NULL)
            array_open(context->argument_types[0], value, &array);
        bool fits = dimensions == 0 || dimensions == array.dimensions;
        for (int d = 0; d < array.dimensions && fits && dimensions > 0; d++)
            fits = lengths[d + 1] == array.lengths[d];
        failure = value == NULL           ? "cannot accumulate null arrays"
                  : array.dimensions == 0 ? "cannot accumulate empty arrays"
                  : !fits || array.dimensions == ARRAY_DIMENSIONS_MAX
                      ? "cannot accumulate arrays of different dimensionality"
                      : NULL;
        if (failure != NULL) {
            row_errors_add(context->errors, row,
                value == NULL ? STATUS_NULL_VALUE_NOT_ALLOWED : STATUS_ARRAY_SUBSCRIPT_ERROR, "%s", failure);
            break;
        }
        dimensions = array.dimensions;
        memcpy(lengths + 1, array.lengths, sizeof(int32_t) * (size_t)(ARRAY_DIMENSIONS_MAX - 1));
        lengths[0] += (int32_t)count;
        for (; count > 0; count--)
            for (int k = 0; k < array.count; k++) {
                Datum datum;
                array_builder_add(&builder, array_get(&array, k, &datum) ? &datum : NULL);
            }
    }
    Text bytes = {0};
    if (dimensions == 0 || failure != NULL)
        column_set_null(result, row);
    else {
        array_builder_finish_shaped(&builder, dimensions + 1, lengths, lowers, &bytes);
        column_set_bytes(result, row, text_string(&bytes), (uint32_t)bytes.length);
    }
    text_free(&bytes);
    array_builder_free(&builder);
}

static void array_agg(AggregateContext *context, AggregateValues *values, const Column *const *arguments,
    Column *result, int row) {
    if (context->argument_types[0].is_array) {
        collect_arrays(context, values, result, row);
        return;
    }
    ArrayBuilder builder = {.element = context->argument_types[0]};
    const void *element;
    int64_t count;
    while (values->next(values, &element, &count))
        for (; count > 0; count--)
            array_builder_add(&builder, element);
    Text bytes = {0};
    bool is_empty = builder.count == 0;
    array_builder_finish(&builder, &bytes);
    if (is_empty)
        column_set_null(result, row);
    else
        column_set_bytes(result, row, text_string(&bytes), (uint32_t)bytes.length);
    text_free(&bytes);
    array_builder_free(&builder);
}

static void collect_json(
    AggregateContext *context, AggregateValues *values, Column *result, int row, bool is_jsonb) {
    Text text = {0};
    const void *element;
    int64_t count;
    Type type = context->argument_types[0];
    bool has_lines = !is_jsonb && (type.is_array || type.id == TYPE_RECORD);
    Status status = OK;
    while (status == OK && values->next(values, &element, &count))
        for (; status == OK && count > 0; count--) {
            text_add_string(&text, text.length == 0 ? "[" : has_lines && element != NULL ? ", \n " : ", ");
            if (element == NULL)
                text_add_string(&text, "null");
            else
                status = json_add_value(&text, type, element, is_jsonb, context->settings);
        }
    if (status != OK) {
        row_errors_add(context->errors, row, status, "a value of type %s cannot become JSON",
            type_sql_name((TypeId)context->argument_types[0].id));
    } else if (text.length == 0) {
        column_set_null(result, row);
    } else {
        text_add_char(&text, ']');
        column_set_bytes(result, row, text.bytes, (uint32_t)text.length);
    }
    text_free(&text);
}

static void json_agg(AggregateContext *context, AggregateValues *values, const Column *const *arguments,
    Column *result, int row) {
    collect_json(context, values, result, row, false);
}

static void jsonb_agg(AggregateContext *context, AggregateValues *values, const Column *const *arguments,
    Column *result, int row) {
    collect_json(context, values, result, row, true);
}

/* Members, see $json_member; of equal keys in a jsonb object the last counts. */
static void collect_members(AggregateValues *values, Column *result, int row, bool is_jsonb) {
    Text text = {0}, canonical = {0};
    const void *element;
    int64_t count;
    while (values->next(values, &element, &count))
        for (; count > 0; count--) {
            text_add_string(&text, text.length > 0 ? ", " : is_jsonb ? "{" : "{ ");
            text_add(&text, view_bytes(element), ((const View *)element)->length);
        }
    if (text.length == 0) {
        column_set_null(result, row);
    } else {
        text_add_string(&text, is_jsonb ? "}" : " }");
        const Text *out = is_jsonb && json_check(text.bytes, text.length, true, &canonical, NULL) == OK
                              ? &canonical
                              : &text;
        column_set_bytes(result, row, out->bytes, (uint32_t)out->length);
    }
    text_free(&text);
    text_free(&canonical);
}

static void json_object_agg(AggregateContext *context, AggregateValues *values,
    const Column *const *arguments, Column *result, int row) {
    collect_members(values, result, row, false);
}

static void jsonb_object_agg(AggregateContext *context, AggregateValues *values,
    const Column *const *arguments, Column *result, int row) {
    collect_members(values, result, row, true);
}

/* Exact, since the values are at hand; equal ones (1.0, 1.00) count once. */
static void count_distinct(AggregateContext *context, AggregateValues *values, const Column *const *arguments,
    Column *result, int row) {
    Type type = context->argument_types[0];
    const void *element;
    Datum last = {0};
    int64_t count, distinct = 0;
    while (values->next(values, &element, &count)) {
        if (distinct == 0 || datum_compare(type, element, &last) != 0)
            distinct++;
        last = datum_copy(type, element, context->scratch);
    }
    ((int64_t *)result->values)[row] = distinct;
}

#define BITS(name, T, operation)                                                                         \
    static void name(AggregateContext *context, AggregateValues *values, const Column *const *arguments, \
        Column *result, int row) {                                                                       \
        const void *element;                                                                             \
        int64_t count;                                                                                   \
        T *out = &((T *)result->values)[row];                                                            \
        bool is_first = true;                                                                            \
        for (; values->next(values, &element, &count); is_first = false)                                 \
            *out = (T)(is_first ? *(const T *)element : *out operation * (const T *)element);            \
        if (is_first)                                                                                    \
            column_set_null(result, row);                                                                \
    }
BITS(and_int2, int16_t, &)
BITS(and_int4, int32_t, &)
BITS(and_int8, int64_t, &)
BITS(or_int2, int16_t, |)
BITS(or_int4, int32_t, |)
BITS(or_int8, int64_t, |)

#define VALUES(signature, function) \
    { signature, AGGREGATE_VALUES, "", NULL, NULL, NULL, function }

/* A delimiter that changes is packed with its text. */
#define STRINGS(signature, function)                                                          \
    {                                                                                         \
        signature, AGGREGATE_VALUES, "", NULL, NULL, NULL, function, .packing = "$delimited", \
                                                                     .takes_constant = true   \
    }

const Aggregate collecting_aggregates[] = {
    STRINGS("string_agg(text, text) -> text", string_agg),
    VALUES("$string_agg(text) -> text", string_agg_delimited),
    VALUES("$string_agg(bytea) -> bytea", string_agg_delimited),
    STRINGS("string_agg(bytea, bytea) -> bytea", string_agg),
    {"array_agg(anyelement) -> anyarray", AGGREGATE_VALUES, "", NULL, NULL, NULL, array_agg,
        FUNCTION_NOT_STRICT},
    {"json_agg(anyelement) -> json", AGGREGATE_VALUES, "", NULL, NULL, NULL, json_agg,
        FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    {"jsonb_agg(anyelement) -> jsonb", AGGREGATE_VALUES, "", NULL, NULL, NULL, jsonb_agg,
        FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    /* Calls of these are bound to the following two, over members. */
    {"json_object_agg(any, any) -> json", AGGREGATE_VALUES, "", NULL, NULL, NULL, json_object_agg,
        FUNCTION_NOT_STRICT | FUNCTION_STABLE, .packing = "$json_member"},
    {"jsonb_object_agg(any, any) -> jsonb", AGGREGATE_VALUES, "", NULL, NULL, NULL, jsonb_object_agg,
        FUNCTION_NOT_STRICT | FUNCTION_STABLE, .packing = "$jsonb_member"},
    VALUES("$json_object_agg(text) -> json", json_object_agg),
    VALUES("$jsonb_object_agg(text) -> jsonb", jsonb_object_agg),
    {"approx_count_distinct(any) -> int8", AGGREGATE_VALUES, "", .result_of_values = count_distinct,
        .is_count = true},
    VALUES("bit_and(int2) -> int2", and_int2),
    VALUES("bit_and(int4) -> int4", and_int4),
    VALUES("bit_and(int8) -> int8", and_int8),
    VALUES("bit_or(int2) -> int2", or_int2),
    VALUES("bit_or(int4) -> int4", or_int4),
    VALUES("bit_or(int8) -> int8", or_int8),
    {0},
};
