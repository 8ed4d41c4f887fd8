/* What kernels over strings share: rows of views, a reused text to build results in, UTF-8 steps. */
#ifndef LEAT_FUNCTIONS_STRING_KERNEL_H
#define LEAT_FUNCTIONS_STRING_KERNEL_H

#include <string.h>

#include "executor/functions/kernel.h"
#include "executor/types/character.h"

/* The parameters of every kernel. */
#define KERNEL_PARAMETERS \
    KernelContext *context, int row_count, const Column *const *arguments, int argument_count, Column *result

static inline bool row_is_null(const KernelContext *context, int row) {
    return context->nulls != NULL && (context->nulls[row >> 6] >> (row & 63) & 1);
}
/* The i-th row of an argument. */
static inline const View *argument_view(const Column *const *arguments, int argument, int row) {
    return column_view(arguments[argument], row);
}
static inline int32_t argument_int4(const Column *const *arguments, int argument, int row) {
    return KERNEL_AT(int32_t, arguments[argument], row);
}
static inline void result_set_view(Column *result, int row, const char *bytes, size_t length) {
    ((View *)result->values)[row] = view_of(bytes, (uint32_t)length);
}
/* Copies what was built and empties it. */
static inline void result_take_text(Column *result, int row, Text *text) {
    column_set_bytes(result, row, text_string(text), (uint32_t)text->length);
    text_reset(text);
}
/* `length` bytes for a row's result; result_finish makes the view once they are filled. Short ones go to
   `inline_bytes`. */
static inline char *result_reserve(Column *result, size_t length, char *inline_bytes) {
    return length <= VIEW_INLINE_MAX ? inline_bytes : column_store(result, length);
}

/* Bytes of the character that starts with this byte. */
static inline int utf8_step(char lead) {
    unsigned char c = (unsigned char)lead;
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}
static inline bool utf8_is_continuation(char c) {
    return ((unsigned char)c & 0xc0) == 0x80;
}
static inline bool bytes_are_ascii(const char *bytes, size_t length) {
    uint64_t any = 0;
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, 8);
        any |= word;
    }
    for (; i < length; i++)
        any |= (unsigned char)bytes[i] & 0x80;
    return (any & UINT64_C(0x8080808080808080)) == 0;
}

/* The value's text as a cast to text gives it: as output, but for booleans and blank-padded strings. */
static inline void text_add_cast(Text *out, const Column *column, int row, const TypeSettings *settings) {
    const void *element = column_at(column, row);
    if (!column->type.is_array && column->type.id == TYPE_BOOL)
        text_add_string(out, *(const uint8_t *)element ? "true" : "false");
    else if (!column->type.is_array && column->type.id == TYPE_BPCHAR)
        text_add(out, view_bytes(element), bpchar_true_length(element));
    else if (column->layout == LAYOUT_VIEW && !column->type.is_array && column->type.id <= TYPE_NAME &&
             column->type.id != TYPE_BYTEA)
        text_add(out, view_bytes(element), ((const View *)element)->length);
    else
        datum_format(column->type, element, settings, out);
}

#endif
