/* Records: a row of values as one value, and its fields; what string_agg collects; and PostgreSQL's two
   vector types as arrays. */
#include <stdlib.h>

#include "executor/functions/text/string_kernel.h"
#include "executor/types/array.h"
#include "executor/types/record.h"

static void record_make(KERNEL_PARAMETERS) {
    Text bytes = {0};
    for (int i = 0; i < row_count; i++) {
        RecordBuilder builder = record_begin(argument_count, &bytes);
        for (int a = 0; a < argument_count; a++)
            record_add(&builder, arguments[a]->type,
                column_is_null(arguments[a], i) ? NULL : column_at(arguments[a], i));
        result_take_text(result, i, &bytes);
    }
    text_free(&bytes);
}

/* Heap bytes stay the record's. */
static void record_field(KERNEL_PARAMETERS) {
    size_t width = layout_width((Layout)result->layout);
    column_keep_buffers_of(result, arguments[0]);
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        RecordReader reader;
        Datum datum = {0};
        bool is_there = false;
        record_open(arguments[0]->type, column_view(arguments[0], i), &reader);
        for (int field = argument_int4(arguments, 1, i); field > 0; field--)
            is_there = record_next(&reader, &datum);
        if (is_there)
            memcpy((char *)result->values + (size_t)i * width, &datum, width);
        else
            column_set_null(result, i);
    }
}

/* A value with its delimiter behind it, and its length: what string_agg collects where delimiters differ. */
static void delimited(KERNEL_PARAMETERS) {
    Text text = {0};
    for (int i = 0; i < row_count; i++) {
        if (column_is_null(arguments[0], i)) {
            column_set_null(result, i);
            continue;
        }
        const View *value = argument_view(arguments, 0, i), *delimiter = argument_view(arguments, 1, i);
        uint32_t length = column_is_null(arguments[1], i) ? 0 : delimiter->length;
        text_add(&text, view_bytes(value), value->length);
        text_add(&text, view_bytes(delimiter), length);
        text_add(&text, (const char *)&length, sizeof length);
        result_take_text(result, i, &text);
    }
    text_free(&text);
}

/* "1 2" as an array, whose first element has the number 0. */
static void vector_to_array(KERNEL_PARAMETERS) {
    Type element = type_of((TypeId)context->result_type.id);
    Text bytes = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *view = argument_view(arguments, 0, i);
        char *cursor = arena_copy(context->scratch, view_bytes(view), view->length), *end;
        ArrayBuilder builder = {.element = element};
        for (;; cursor = end) {
            long long number = strtoll(cursor, &end, 10);
            if (end == cursor)
                break;
            Datum datum = {0};
            if (element.id == TYPE_INT2)
                datum.int2 = (int16_t)number;
            else
                datum.int8 = number;
            array_builder_add(&builder, &datum);
        }
        if (builder.count > 0)
            array_builder_finish_shaped(&builder, 1, &builder.count, (const int32_t[]){0}, &bytes);
        array_builder_free(&builder);
        result_take_text(result, i, &bytes);
    }
    text_free(&bytes);
}

/* A name as PostgreSQL subscripts it: its bytes, the first of which has the number 0. */
static void name_letter(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i);
        int32_t number = argument_int4(arguments, 1, i);
        if (!row_is_null(context, i) && number >= 0 && (uint32_t)number < view->length)
            result_set_view(result, i, view_bytes(view) + number, 1);
    }
}

const FunctionRow record_functions[] = {
    {"array_subscript(name, int4) -> char", name_letter},
    {"$record(any...) -> record", record_make, FUNCTION_NOT_STRICT, MEANING_RECORD},
    {"$record_field(record, int4) -> any", record_field},
    {"$delimited(text, text) -> text", delimited, FUNCTION_NOT_STRICT},
    {"$delimited(bytea, bytea) -> bytea", delimited, FUNCTION_NOT_STRICT},
    {"cast(int2vector) -> int2[]", vector_to_array},
    {"cast(oidvector) -> oid[]", vector_to_array},
    {0},
};
