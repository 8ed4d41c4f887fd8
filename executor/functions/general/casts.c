/* Casts among boolean, integers, floats, numeric, oid and the reg* types, and between every type and the
   string types. A cast applies the result type's modifier as an explicit cast does; "cast_assignment" to
   varchar and bpchar refuses to cut more than blanks. */
#include <math.h>
#include <string.h>

#include "executor/functions/number/numeric_kernel.h"
#include "executor/types/character.h"
#include "executor/types/number/float.h"

enum { IMPLICIT = FUNCTION_CAST_IMPLICIT, ASSIGNMENT = FUNCTION_CAST_ASSIGNMENT, EXPLICIT = 0 };

/* Never fails and vectorises. */
#define CONVERT(name, R, A)        \
    static inline R name##_(A a) { \
        return (R)a;               \
    }                              \
    KERNEL_1(name, R, A, name##_)
CONVERT(int2_to_int4, int32_t, int16_t)
CONVERT(int2_to_int8, int64_t, int16_t)
CONVERT(int4_to_int8, int64_t, int32_t)
CONVERT(int8_same, int64_t, int64_t)
CONVERT(int2_to_float4, float, int16_t)
CONVERT(int2_to_float8, double, int16_t)
CONVERT(int4_to_float4, float, int32_t)
CONVERT(int4_to_float8, double, int32_t)
CONVERT(int8_to_float4, float, int64_t)
CONVERT(int8_to_float8, double, int64_t)
CONVERT(float4_to_float8, double, float)
CONVERT(bool_to_int4, int32_t, uint8_t)
static inline uint8_t is_not_zero(int32_t a) {
    return a != 0;
}
KERNEL_1(int4_to_bool, uint8_t, int32_t, is_not_zero)
static inline int64_t unsigned_of(int32_t a) {
    return (uint32_t)a;
}
KERNEL_1(int4_to_oid, int64_t, int32_t, unsigned_of)
static inline int32_t signed_of(int64_t a) {
    return (int32_t)(uint32_t)a;
}
KERNEL_1(oid_to_int4, int32_t, int64_t, signed_of)
static inline int64_t unsigned_of_int2(int16_t a) {
    return (uint32_t)(int32_t)a;
}
KERNEL_1(int2_to_oid, int64_t, int16_t, unsigned_of_int2)

/* is_good stands before the conversion: converting what doesn't fit is undefined. */
#define CHECKED(name, R, A, prepare, is_good, type_name)                                               \
    static void name(KernelContext *context, int row_count, const Column *const *arguments,            \
        int argument_count, Column *result) {                                                          \
        (void)argument_count;                                                                          \
        R *r = result->values;                                                                         \
        for (int i = 0; i < row_count; i++) {                                                          \
            A a = prepare(KERNEL_AT(A, arguments[0], i));                                              \
            if (is_good)                                                                               \
                r[i] = (R)a;                                                                           \
            else                                                                                       \
                KERNEL_FAIL(context, i, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, type_name " out of range"); \
        }                                                                                              \
    }
CHECKED(int4_to_int2, int16_t, int32_t, , a == (int16_t)a, "smallint")
CHECKED(int8_to_int2, int16_t, int64_t, , a == (int16_t)a, "smallint")
CHECKED(int8_to_int4, int32_t, int64_t, , a == (int32_t)a, "integer")
CHECKED(int8_to_oid, int64_t, int64_t, , a >= 0 && a <= UINT32_MAX, "OID")
CHECKED(float4_to_int2, int16_t, float, rintf, a >= -0x1p15f && a < 0x1p15f, "smallint")
CHECKED(float4_to_int4, int32_t, float, rintf, a >= -0x1p31f && a < 0x1p31f, "integer")
CHECKED(float4_to_int8, int64_t, float, rintf, a >= -0x1p63f && a < 0x1p63f, "bigint")
CHECKED(float8_to_int2, int16_t, double, rint, a >= -0x1p15 && a < 0x1p15, "smallint")
CHECKED(float8_to_int4, int32_t, double, rint, a >= -0x1p31 && a < 0x1p31, "integer")
CHECKED(float8_to_int8, int64_t, double, rint, a >= -0x1p63 && a < 0x1p63, "bigint")

static void float8_to_float4(KernelContext *context, int row_count, const Column *const *arguments,
    int argument_count, Column *result) {
    for (int i = 0; i < row_count; i++) {
        double a = KERNEL_AT(double, arguments[0], i);
        float r = (float)a;
        ((float *)result->values)[i] = r;
        if (isinf(r) && !isinf(a))
            KERNEL_FAIL(context, i, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: overflow");
        else if (r == 0 && a != 0)
            KERNEL_FAIL(context, i, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: underflow");
    }
}

/* Emits a numeric after the result type's modifier. */
static void emit_modified(KernelContext *context, Column *result, int row, const Numeric *value) {
    if (context->result_type.modifier < 4) {
        numeric_emit(context, result, row, OK, value, NULL);
        return;
    }
    Error error = {0};
    Numeric fitted;
    Status status =
        numeric_apply_modifier(value, context->result_type.modifier, context->scratch, &fitted, &error);
    numeric_emit(context, result, row, status, &fitted, &error);
}

#define TO_NUMERIC(name, A, make)                                                           \
    static void name(KernelContext *context, int row_count, const Column *const *arguments, \
        int argument_count, Column *result) {                                               \
        (void)argument_count;                                                               \
        for (int i = 0; i < row_count; i++) {                                               \
            A a = KERNEL_AT(A, arguments[0], i);                                            \
            Numeric value = make;                                                           \
            emit_modified(context, result, i, &value);                                      \
        }                                                                                   \
    }
TO_NUMERIC(int2_to_numeric, int16_t, numeric_from_int8(a))
TO_NUMERIC(int4_to_numeric, int32_t, numeric_from_int8(a))
TO_NUMERIC(int8_to_numeric, int64_t, numeric_from_int8(a))
TO_NUMERIC(float4_to_numeric, float, numeric_from_float4(a, context->scratch))
TO_NUMERIC(float8_to_numeric, double, numeric_from_float8(a, context->scratch))
TO_NUMERIC(numeric_to_numeric, Numeric, a)

#define FROM_NUMERIC(name, R, min, max, type_name)                                                      \
    static void name(KernelContext *context, int row_count, const Column *const *arguments,             \
        int argument_count, Column *result) {                                                           \
        (void)argument_count;                                                                           \
        Error error = {0};                                                                              \
        for (int i = 0; i < row_count; i++) {                                                           \
            int64_t value = 0;                                                                          \
            if (numeric_to_integer(                                                                     \
                    &KERNEL_AT(Numeric, arguments[0], i), min, max, type_name, &value, &error) != OK) { \
                KERNEL_FAIL(context, i, error.status, "%s", error.message);                             \
                error_clear(&error);                                                                    \
            }                                                                                           \
            ((R *)result->values)[i] = (R)value;                                                        \
        }                                                                                               \
    }
FROM_NUMERIC(numeric_to_int2, int16_t, INT16_MIN, INT16_MAX, "smallint")
FROM_NUMERIC(numeric_to_int4, int32_t, INT32_MIN, INT32_MAX, "integer")
FROM_NUMERIC(numeric_to_int8, int64_t, INT64_MIN, INT64_MAX, "bigint")

static void numeric_to_double(KernelContext *context, int row_count, const Column *const *arguments,
    int argument_count, Column *result) {
    for (int i = 0; i < row_count; i++) {
        const Numeric *a = &KERNEL_AT(Numeric, arguments[0], i);
        double r = numeric_to_float8(a);
        ((double *)result->values)[i] = r;
        if ((isinf(r) && numeric_tag(a) <= NUMERIC_LARGE) || (r == 0 && numeric_sign(a) != 0)) {
            Text text = {0};
            numeric_format(a, &text);
            KERNEL_FAIL(context, i, STATUS_NUMERIC_VALUE_OUT_OF_RANGE,
                "\"%s\" is out of range for type double precision", text_string(&text));
            text_free(&text);
        }
    }
}

static void numeric_to_float(KernelContext *context, int row_count, const Column *const *arguments,
    int argument_count, Column *result) {
    Text text = {0};
    Error error = {0};
    for (int i = 0; i < row_count; i++) {
        text_reset(&text);
        numeric_format(&KERNEL_AT(Numeric, arguments[0], i), &text);
        if (float4_parse(text_string(&text), text.length, &((float *)result->values)[i], &error) != OK) {
            KERNEL_FAIL(context, i, error.status, "%s", error.message);
            error_clear(&error);
        }
    }
    text_free(&text);
}

/* Sets a row of a string column, fitted into the result type's modifier. */
static void emit_string(
    KernelContext *context, Column *result, int row, const char *bytes, uint32_t length, bool is_explicit) {
    View view = view_of(bytes, length);
    Error error = {0};
    Status status =
        character_apply_modifier(context->result_type, is_explicit, view, context->scratch, &view, &error);
    if (status == OK) {
        column_set_bytes(result, row, view_bytes(&view), view.length);
    } else {
        KERNEL_FAIL(context, row, status, "%s", error.message);
        error_clear(&error);
    }
}

static bool is_null_row(const KernelContext *context, int row) {
    return context->nulls != NULL && (context->nulls[row >> 6] >> (row & 63) & 1);
}

/* Any type -> string through its output function; boolean spells its words, char(n) loses its padding. */
static void to_string(
    KernelContext *context, int row_count, const Column *argument, Column *result, bool is_explicit) {
    Text text = {0};
    bool is_boolean = type_is_same(argument->type, type_of(TYPE_BOOL));
    bool is_padded = type_is_same(argument->type, type_of(TYPE_BPCHAR));
    for (int i = 0; i < row_count; i++) {
        if (is_null_row(context, i))
            continue;
        const void *element = column_at(argument, i);
        text_reset(&text);
        if (is_boolean)
            text_add_string(&text, *(const uint8_t *)element ? "true" : "false");
        else
            datum_format(argument->type, element, context->settings, &text);
        emit_string(context, result, i, text_string(&text),
            is_padded ? bpchar_true_length(element) : (uint32_t)text.length, is_explicit);
    }
    text_free(&text);
}

static void any_to_string(KernelContext *context, int row_count, const Column *const *arguments,
    int argument_count, Column *result) {
    to_string(context, row_count, arguments[0], result, true);
}

static void any_to_string_assigned(KernelContext *context, int row_count, const Column *const *arguments,
    int argument_count, Column *result) {
    to_string(context, row_count, arguments[0], result, false);
}

/* Strings that differ in name only share their bytes. */
static void string_same(KernelContext *context, int row_count, const Column *const *arguments,
    int argument_count, Column *result) {
    if (context->result_type.modifier >= 4) {
        to_string(context, row_count, arguments[0], result, true);
        return;
    }
    column_keep_buffers_of(result, arguments[0]);
    for (int i = 0; i < row_count; i++)
        ((View *)result->values)[i] = *column_view(arguments[0], i);
}

/* String -> any type through its input function. */
static void string_to_any(KernelContext *context, int row_count, const Column *const *arguments,
    int argument_count, Column *result) {
    Error error = {0};
    bool is_padded = arguments[0]->type.id == TYPE_BPCHAR && context->result_type.id == TYPE_NAME;
    for (int i = 0; i < row_count; i++) {
        if (is_null_row(context, i))
            continue;
        const View *view = column_view(arguments[0], i);
        Datum datum;
        uint32_t length = is_padded ? bpchar_true_length(view) : view->length;
        Status status = datum_parse(context->result_type, view_bytes(view), length, context->settings,
            context->scratch, &datum, &error);
        if (status == OK) {
            column_set_datum(result, i, &datum);
        } else {
            KERNEL_FAIL(context, i, status, "%s", error.message);
            error_clear(&error);
        }
    }
}

/* "char" is one byte, signed as a number; 0 is the empty one. */
static void int4_to_char(KernelContext *context, int row_count, const Column *const *arguments,
    int argument_count, Column *result) {
    for (int i = 0; i < row_count; i++) {
        int32_t a = KERNEL_AT(int32_t, arguments[0], i);
        char byte = (char)a;
        if (a < INT8_MIN || a > INT8_MAX)
            KERNEL_FAIL(context, i, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "\"char\" out of range");
        else
            column_set_bytes(result, i, &byte, byte != 0);
    }
}

static void char_to_int4(KernelContext *context, int row_count, const Column *const *arguments,
    int argument_count, Column *result) {
    for (int i = 0; i < row_count; i++) {
        const View *view = column_view(arguments[0], i);
        ((int32_t *)result->values)[i] = view->length == 0 ? 0 : (int8_t)view_bytes(view)[0];
    }
}

#define STRINGS(type, flags)                                                                               \
    {"cast(" type ") -> text", any_to_string, flags}, {"cast(" type ") -> varchar", any_to_string, flags}, \
        {"cast(" type ") -> bpchar", any_to_string, flags},                                                \
        {"cast(text) -> " type, string_to_any, EXPLICIT},                                                  \
        {"cast(varchar) -> " type, string_to_any, EXPLICIT}, {                                             \
        "cast(bpchar) -> " type, string_to_any, EXPLICIT                                                   \
    }
#define STABLE_OUTPUT(type)                                                           \
    {"cast(" type ") -> text", any_to_string, ASSIGNMENT | FUNCTION_STABLE},          \
        {"cast(" type ") -> varchar", any_to_string, ASSIGNMENT | FUNCTION_STABLE}, { \
        "cast(" type ") -> bpchar", any_to_string, ASSIGNMENT | FUNCTION_STABLE       \
    }
#define STABLE_STRINGS(type)                                                      \
    STABLE_OUTPUT(type), {"cast(text) -> " type, string_to_any, FUNCTION_STABLE}, \
        {"cast(varchar) -> " type, string_to_any, FUNCTION_STABLE}, {             \
        "cast(bpchar) -> " type, string_to_any, FUNCTION_STABLE                   \
    }
#define REG(type, strings)                                                                                 \
    {"cast(oid) -> " type, int8_same, IMPLICIT}, {"cast(" type ") -> oid", int8_same, IMPLICIT},           \
        {"cast(int8) -> " type, int8_to_oid, IMPLICIT}, {"cast(int4) -> " type, int4_to_oid, IMPLICIT},    \
        {"cast(int2) -> " type, int2_to_oid, IMPLICIT}, {"cast(" type ") -> int8", int8_same, ASSIGNMENT}, \
        {"cast(" type ") -> int4", oid_to_int4, ASSIGNMENT}, strings

const FunctionRow casts_functions[] = {
    {"cast(int2) -> int4", int2_to_int4, IMPLICIT | FUNCTION_MONOTONE},
    {"cast(int2) -> int8", int2_to_int8, IMPLICIT | FUNCTION_MONOTONE},
    {"cast(int2) -> float4", int2_to_float4, IMPLICIT | FUNCTION_MONOTONE},
    {"cast(int2) -> float8", int2_to_float8, IMPLICIT | FUNCTION_MONOTONE},
    {"cast(int2) -> numeric", int2_to_numeric, IMPLICIT | FUNCTION_MONOTONE},
    {"cast(int2) -> oid", int2_to_oid, IMPLICIT},
    {"cast(int4) -> int2", int4_to_int2, ASSIGNMENT | FUNCTION_MONOTONE},
    {"cast(int4) -> int8", int4_to_int8, IMPLICIT | FUNCTION_MONOTONE},
    {"cast(int4) -> float4", int4_to_float4, IMPLICIT | FUNCTION_MONOTONE},
    {"cast(int4) -> float8", int4_to_float8, IMPLICIT | FUNCTION_MONOTONE},
    {"cast(int4) -> numeric", int4_to_numeric, IMPLICIT | FUNCTION_MONOTONE},
    {"cast(int4) -> oid", int4_to_oid, IMPLICIT},
    {"cast(int4) -> bool", int4_to_bool, EXPLICIT},
    {"cast(bool) -> int4", bool_to_int4, EXPLICIT},
    {"cast(int8) -> int2", int8_to_int2, ASSIGNMENT | FUNCTION_MONOTONE},
    {"cast(int8) -> int4", int8_to_int4, ASSIGNMENT | FUNCTION_MONOTONE},
    {"cast(int8) -> float4", int8_to_float4, IMPLICIT | FUNCTION_MONOTONE},
    {"cast(int8) -> float8", int8_to_float8, IMPLICIT | FUNCTION_MONOTONE},
    {"cast(int8) -> numeric", int8_to_numeric, IMPLICIT | FUNCTION_MONOTONE},
    {"cast(int8) -> oid", int8_to_oid, IMPLICIT},
    {"cast(float4) -> int2", float4_to_int2, ASSIGNMENT | FUNCTION_MONOTONE},
    {"cast(float4) -> int4", float4_to_int4, ASSIGNMENT | FUNCTION_MONOTONE},
    {"cast(float4) -> int8", float4_to_int8, ASSIGNMENT | FUNCTION_MONOTONE},
    {"cast(float4) -> float8", float4_to_float8, IMPLICIT | FUNCTION_MONOTONE},
    {"cast(float4) -> numeric", float4_to_numeric, ASSIGNMENT | FUNCTION_MONOTONE},
    {"cast(float8) -> int2", float8_to_int2, ASSIGNMENT | FUNCTION_MONOTONE},
    {"cast(float8) -> int4", float8_to_int4, ASSIGNMENT | FUNCTION_MONOTONE},
    {"cast(float8) -> int8", float8_to_int8, ASSIGNMENT | FUNCTION_MONOTONE},
    {"cast(float8) -> float4", float8_to_float4, ASSIGNMENT | FUNCTION_MONOTONE},
    {"cast(float8) -> numeric", float8_to_numeric, ASSIGNMENT | FUNCTION_MONOTONE},
    {"cast(numeric) -> int2", numeric_to_int2, ASSIGNMENT | FUNCTION_MONOTONE},
    {"cast(numeric) -> int4", numeric_to_int4, ASSIGNMENT | FUNCTION_MONOTONE},
    {"cast(numeric) -> int8", numeric_to_int8, ASSIGNMENT | FUNCTION_MONOTONE},
    {"cast(numeric) -> float4", numeric_to_float, IMPLICIT | FUNCTION_MONOTONE},
    {"cast(numeric) -> float8", numeric_to_double, IMPLICIT | FUNCTION_MONOTONE},
    {"cast(numeric) -> numeric", numeric_to_numeric, IMPLICIT | FUNCTION_MONOTONE},
    {"cast(oid) -> int8", int8_same, ASSIGNMENT},
    {"cast(oid) -> int4", oid_to_int4, ASSIGNMENT},
    REG("regclass", STABLE_OUTPUT("regclass")),
    {"cast(text) -> regclass", string_to_any, IMPLICIT | FUNCTION_STABLE},
    {"cast(varchar) -> regclass", string_to_any, IMPLICIT | FUNCTION_STABLE},
    {"cast(bpchar) -> regclass", string_to_any, FUNCTION_STABLE},
    REG("regtype", STABLE_STRINGS("regtype")),
    REG("regproc", STABLE_STRINGS("regproc")),
    REG("regnamespace", STABLE_STRINGS("regnamespace")),
    REG("regrole", STABLE_STRINGS("regrole")),
    {"cast(text) -> varchar", string_same, IMPLICIT},
    {"cast(text) -> bpchar", string_same, IMPLICIT},
    {"cast(varchar) -> text", string_same, IMPLICIT},
    {"cast(varchar) -> varchar", string_same, IMPLICIT},
    {"cast(varchar) -> bpchar", string_same, IMPLICIT},
    {"cast(bpchar) -> text", any_to_string, IMPLICIT},
    {"cast(bpchar) -> varchar", any_to_string, IMPLICIT},
    {"cast(bpchar) -> bpchar", string_same, IMPLICIT},
    {"cast(text) -> name", string_to_any, IMPLICIT},
    {"cast(varchar) -> name", string_to_any, IMPLICIT},
    {"cast(bpchar) -> name", string_to_any, IMPLICIT},
    {"cast(name) -> text", string_same, IMPLICIT},
    {"cast(name) -> varchar", string_same, ASSIGNMENT},
    {"cast(name) -> bpchar", string_same, ASSIGNMENT},
    {"cast(text) -> char", string_to_any, ASSIGNMENT},
    {"cast(varchar) -> char", string_to_any, ASSIGNMENT},
    {"cast(bpchar) -> char", string_to_any, ASSIGNMENT},
    {"cast(int4) -> char", int4_to_char, EXPLICIT},
    {"cast(char) -> int4", char_to_int4, EXPLICIT},
    {"cast(char) -> text", string_same, IMPLICIT},
    {"cast(char) -> varchar", string_same, ASSIGNMENT},
    {"cast(char) -> bpchar", string_same, ASSIGNMENT},
    {"cast_assignment(anyelement) -> varchar", any_to_string_assigned},
    {"cast_assignment(anyelement) -> bpchar", any_to_string_assigned},
    STRINGS("bool", ASSIGNMENT),
    STRINGS("int2", ASSIGNMENT),
    STRINGS("int4", ASSIGNMENT),
    STRINGS("int8", ASSIGNMENT),
    STRINGS("float4", ASSIGNMENT),
    STRINGS("float8", ASSIGNMENT),
    STRINGS("numeric", ASSIGNMENT),
    STRINGS("bytea", ASSIGNMENT),
    STRINGS("uuid", ASSIGNMENT),
    STRINGS("oid", ASSIGNMENT),
    STRINGS("xid", ASSIGNMENT),
    STRINGS("json", ASSIGNMENT),
    STRINGS("jsonb", ASSIGNMENT),
    STRINGS("jsonpath", ASSIGNMENT),
    STRINGS("int2vector", ASSIGNMENT),
    STRINGS("oidvector", ASSIGNMENT),
    STRINGS("aclitem", ASSIGNMENT),
    STABLE_STRINGS("date"),
    STABLE_STRINGS("time"),
    STABLE_STRINGS("timestamp"),
    STABLE_STRINGS("timestamptz"),
    STABLE_STRINGS("interval"),
    STABLE_STRINGS("anyarray"),
    STABLE_STRINGS("record"),
    STRINGS("anyenum", ASSIGNMENT),
    STRINGS("bit", ASSIGNMENT),
    STRINGS("varbit", ASSIGNMENT),
    {0},
};
