/* Bit strings: operators, single bits, lengths, casts from and to integers. */
#include "executor/functions/text/string_kernel.h"

static inline uint32_t length_of(const Column *const *arguments, int row) {
    return argument_view(arguments, 0, row)->length;
}

/* Both sides bit by bit: `table` holds the result for 00, 01, 10, 11. */
static void combine(KERNEL_PARAMETERS, const char *table, const char *word) {
    for (int i = 0; i < row_count; i++) {
        const View *a = argument_view(arguments, 0, i), *b = argument_view(arguments, 1, i);
        if (row_is_null(context, i))
            continue;
        if (a->length != b->length) {
            KERNEL_FAIL(context, i, STATUS_STRING_DATA_LENGTH_MISMATCH,
                "cannot %s bit strings of different sizes", word);
            continue;
        }
        char *bits = arena_allocate(context->scratch, a->length + 1);
        for (uint32_t k = 0; k < a->length; k++)
            bits[k] = table[2 * (view_bytes(a)[k] - '0') + view_bytes(b)[k] - '0'];
        column_set_bytes(result, i, bits, a->length);
    }
}
static void bit_and(KERNEL_PARAMETERS) {
    combine(context, row_count, arguments, argument_count, result, "0001", "AND");
}
static void bit_or(KERNEL_PARAMETERS) {
    combine(context, row_count, arguments, argument_count, result, "0111", "OR");
}
static void bit_xor(KERNEL_PARAMETERS) {
    combine(context, row_count, arguments, argument_count, result, "0110", "XOR");
}

static void bit_not(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        const View *a = argument_view(arguments, 0, i);
        char *bits = arena_allocate(context->scratch, a->length + 1);
        for (uint32_t k = 0; k < a->length; k++)
            bits[k] = view_bytes(a)[k] == '0' ? '1' : '0';
        if (!row_is_null(context, i))
            column_set_bytes(result, i, bits, a->length);
    }
}

/* Zeros come in; the length stays. */
static void shift(KERNEL_PARAMETERS, int sign) {
    for (int i = 0; i < row_count; i++) {
        const View *a = argument_view(arguments, 0, i);
        int64_t by = (int64_t)sign * argument_int4(arguments, 1, i);
        if (row_is_null(context, i))
            continue;
        char *bits = arena_allocate(context->scratch, a->length + 1);
        for (int64_t k = 0; k < a->length; k++)
            bits[k] = k + by >= 0 && k + by < a->length ? view_bytes(a)[k + by] : '0';
        column_set_bytes(result, i, bits, a->length);
    }
}
static void shift_left(KERNEL_PARAMETERS) {
    shift(context, row_count, arguments, argument_count, result, 1);
}
static void shift_right(KERNEL_PARAMETERS) {
    shift(context, row_count, arguments, argument_count, result, -1);
}

static void length(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++)
        ((int32_t *)result->values)[i] = (int32_t)length_of(arguments, i);
}
static void octet_length(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++)
        ((int32_t *)result->values)[i] = (int32_t)((length_of(arguments, i) + 7) / 8);
}
static void bit_count(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++)
        for (uint32_t k = 0; k < length_of(arguments, i); k++)
            ((int64_t *)result->values)[i] += view_bytes(argument_view(arguments, 0, i))[k] == '1';
}

static bool check_place(KernelContext *context, int row, int32_t place, uint32_t count) {
    if (place >= 0 && (uint32_t)place < count)
        return true;
    KERNEL_FAIL(context, row, STATUS_ARRAY_SUBSCRIPT_ERROR, "bit index %d out of valid range (0..%d)", place,
        (int)count - 1);
    return false;
}

static void get_bit(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        int32_t place = argument_int4(arguments, 1, i);
        if (!row_is_null(context, i) && check_place(context, i, place, length_of(arguments, i)))
            ((int32_t *)result->values)[i] = view_bytes(argument_view(arguments, 0, i))[place] - '0';
    }
}

static void set_bit(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        const View *a = argument_view(arguments, 0, i);
        int32_t place = argument_int4(arguments, 1, i), bit = argument_int4(arguments, 2, i);
        if (row_is_null(context, i) || !check_place(context, i, place, a->length))
            continue;
        if (bit != 0 && bit != 1) {
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE, "new bit must be 0 or 1");
            continue;
        }
        char *bits = arena_copy(context->scratch, view_bytes(a), a->length);
        bits[place] = (char)('0' + bit);
        column_set_bytes(result, i, bits, a->length);
    }
}

/* ---- casts ---- */

static void same(KERNEL_PARAMETERS) {
    column_keep_buffers_of(result, arguments[0]);
    for (int i = 0; i < row_count; i++)
        ((View *)result->values)[i] = *argument_view(arguments, 0, i);
}

/* To the type's length: bit is cut or filled up on the right, bit varying cut; on assignment another length
   is an error. */
static void resize(KERNEL_PARAMETERS, bool is_assignment) {
    int32_t wanted = context->result_type.modifier;
    bool is_fixed = context->result_type.id == TYPE_BIT;
    for (int i = 0; i < row_count; i++) {
        const View *a = argument_view(arguments, 0, i);
        uint32_t size =
            wanted < 0 || (!is_fixed && a->length <= (uint32_t)wanted) ? a->length : (uint32_t)wanted;
        if (row_is_null(context, i))
            continue;
        if (is_assignment && size != a->length && is_fixed)
            KERNEL_FAIL(context, i, STATUS_STRING_DATA_LENGTH_MISMATCH,
                "bit string length %u does not match type bit(%d)", a->length, wanted);
        else if (is_assignment && size != a->length)
            KERNEL_FAIL(context, i, STATUS_STRING_DATA_RIGHT_TRUNCATION,
                "bit string too long for type bit varying(%d)", wanted);
        char *bits = arena_allocate(context->scratch, (size_t)size + 1);
        memset(bits, '0', size);
        memcpy(bits, view_bytes(a), size < a->length ? size : a->length);
        column_set_bytes(result, i, bits, size);
    }
}
static void resize_explicit(KERNEL_PARAMETERS) {
    resize(context, row_count, arguments, argument_count, result, false);
}
static void resize_assigned(KERNEL_PARAMETERS) {
    resize(context, row_count, arguments, argument_count, result, true);
}

/* The lowest bits, the sign before them. */
static void from_integer(KERNEL_PARAMETERS) {
    int32_t wanted = context->result_type.modifier;
    uint32_t size = wanted < 0 ? 1 : (uint32_t)wanted;
    for (int i = 0; i < row_count; i++) {
        int64_t value = arguments[0]->type.id == TYPE_INT4 ? argument_int4(arguments, 0, i)
                                                           : column_int8(arguments[0], i);
        if (row_is_null(context, i))
            continue;
        char *bits = arena_allocate(context->scratch, (size_t)size + 1);
        for (uint32_t k = 0; k < size; k++)
            bits[size - 1 - k] = (char)('0' + (value >> (k < 63 ? k : 63) & 1));
        column_set_bytes(result, i, bits, size);
    }
}

static void to_integer(KERNEL_PARAMETERS) {
    bool is_int4 = result->type.id == TYPE_INT4;
    for (int i = 0; i < row_count; i++) {
        const View *a = argument_view(arguments, 0, i);
        uint64_t value = 0;
        if (row_is_null(context, i))
            continue;
        if (a->length > (is_int4 ? 32 : 64))
            KERNEL_FAIL(context, i, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "%s out of range",
                is_int4 ? "integer" : "bigint");
        for (uint32_t k = 0; k < a->length; k++)
            value = value << 1 | (uint64_t)(view_bytes(a)[k] - '0');
        if (is_int4)
            ((int32_t *)result->values)[i] = (int32_t)(uint32_t)value;
        else
            ((int64_t *)result->values)[i] = (int64_t)value;
    }
}

const FunctionRow bits_functions[] = {
    {"&(bit, bit) -> bit", bit_and},
    {"|(bit, bit) -> bit", bit_or},
    {"#(bit, bit) -> bit", bit_xor},
    {"~(bit) -> bit", bit_not},
    {"<<(bit, int4) -> bit", shift_left},
    {">>(bit, int4) -> bit", shift_right},
    {"length(bit) -> int4", length},
    {"bit_length(bit) -> int4", length},
    {"octet_length(bit) -> int4", octet_length},
    {"bit_count(bit) -> int8", bit_count},
    {"get_bit(bit, int4) -> int4", get_bit},
    {"set_bit(bit, int4, int4) -> bit", set_bit},
    {"cast(bit) -> varbit", same, FUNCTION_CAST_IMPLICIT},
    {"cast(varbit) -> bit", same, FUNCTION_CAST_IMPLICIT},
    {"cast(bit) -> bit", resize_explicit, FUNCTION_CAST_IMPLICIT},
    {"cast(varbit) -> varbit", resize_explicit, FUNCTION_CAST_IMPLICIT},
    {"cast_assignment(bit) -> bit", resize_assigned},
    {"cast_assignment(varbit) -> varbit", resize_assigned},
    {"cast(int4) -> bit", from_integer},
    {"cast(int8) -> bit", from_integer},
    {"cast(bit) -> int4", to_integer},
    {"cast(bit) -> int8", to_integer},
    {0},
};
