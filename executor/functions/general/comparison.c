/* Comparison operators of every type, IS DISTINCT FROM, greatest and least. */
#include <string.h>

#include "executor/functions/kernel.h"
#include "executor/types/number/float.h"
#include "executor/types/number/numeric.h"

/* The six operators over two C types, by C's own comparison. */
#define PLAIN_SCALARS(name, A, B)                \
    static inline uint8_t name##_eq_(A a, B b) { \
        return a == b;                           \
    }                                            \
    static inline uint8_t name##_ne_(A a, B b) { \
        return a != b;                           \
    }                                            \
    static inline uint8_t name##_lt_(A a, B b) { \
        return a < b;                            \
    }                                            \
    static inline uint8_t name##_le_(A a, B b) { \
        return a <= b;                           \
    }                                            \
    static inline uint8_t name##_gt_(A a, B b) { \
        return a > b;                            \
    }                                            \
    static inline uint8_t name##_ge_(A a, B b) { \
        return a >= b;                           \
    }
/* … and by a function of two values that returns < 0, 0, > 0. */
#define ORDERED_SCALARS(name, A, B, compare)     \
    static inline uint8_t name##_eq_(A a, B b) { \
        return compare(a, b) == 0;               \
    }                                            \
    static inline uint8_t name##_ne_(A a, B b) { \
        return compare(a, b) != 0;               \
    }                                            \
    static inline uint8_t name##_lt_(A a, B b) { \
        return compare(a, b) < 0;                \
    }                                            \
    static inline uint8_t name##_le_(A a, B b) { \
        return compare(a, b) <= 0;               \
    }                                            \
    static inline uint8_t name##_gt_(A a, B b) { \
        return compare(a, b) > 0;                \
    }                                            \
    static inline uint8_t name##_ge_(A a, B b) { \
        return compare(a, b) >= 0;               \
    }
#define KERNELS(name, A, B)                        \
    KERNEL_2(name##_eq, uint8_t, A, B, name##_eq_) \
    KERNEL_2(name##_ne, uint8_t, A, B, name##_ne_) \
    KERNEL_2(name##_lt, uint8_t, A, B, name##_lt_) \
    KERNEL_2(name##_le, uint8_t, A, B, name##_le_) \
    KERNEL_2(name##_gt, uint8_t, A, B, name##_gt_) \
    KERNEL_2(name##_ge, uint8_t, A, B, name##_ge_)
#define PLAIN(name, A, B)     \
    PLAIN_SCALARS(name, A, B) \
    KERNELS(name, A, B)

PLAIN(boolean, uint8_t, uint8_t)
PLAIN(int2, int16_t, int16_t)
PLAIN(int4, int32_t, int32_t)
PLAIN(int8, int64_t, int64_t)
PLAIN(int24, int16_t, int32_t)
PLAIN(int42, int32_t, int16_t)
PLAIN(int28, int16_t, int64_t)
PLAIN(int82, int64_t, int16_t)
PLAIN(int48, int32_t, int64_t)
PLAIN(int84, int64_t, int32_t)

/* Without branches, so that the loops vectorise: NaN equals NaN and is above the rest. */
#define FLOAT(name, A, B)                        \
    static inline uint8_t name##_eq_(A a, B b) { \
        return (a == b) | ((a != a) & (b != b)); \
    }                                            \
    static inline uint8_t name##_lt_(A a, B b) { \
        return (a < b) | ((a == a) & (b != b));  \
    }                                            \
    static inline uint8_t name##_ne_(A a, B b) { \
        return !name##_eq_(a, b);                \
    }                                            \
    static inline uint8_t name##_ge_(A a, B b) { \
        return !name##_lt_(a, b);                \
    }                                            \
    static inline uint8_t name##_gt_(A a, B b) { \
        return (a > b) | ((a != a) & (b == b));  \
    }                                            \
    static inline uint8_t name##_le_(A a, B b) { \
        return !name##_gt_(a, b);                \
    }                                            \
    KERNELS(name, A, B)

FLOAT(float4, float, float)
FLOAT(float8, double, double)
FLOAT(float48, float, double)
FLOAT(float84, double, float)

static inline int compare_numeric(Numeric a, Numeric b) {
    return numeric_compare(&a, &b);
}
ORDERED_SCALARS(numeric, Numeric, Numeric, compare_numeric)
KERNELS(numeric, Numeric, Numeric)

static inline int compare_view(View a, View b) {
    return view_compare(&a, &b);
}
static inline uint8_t view_is_same(View a, View b) {
    return (uint8_t)view_is_identical(&a, &b);
}
static inline uint8_t view_is_other(View a, View b) {
    return !view_is_identical(&a, &b);
}
ORDERED_SCALARS(view, View, View, compare_view)
KERNEL_2(view_eq, uint8_t, View, View, view_is_same)
KERNEL_2(view_ne, uint8_t, View, View, view_is_other)
KERNEL_2(view_lt, uint8_t, View, View, view_lt_)
KERNEL_2(view_le, uint8_t, View, View, view_le_)
KERNEL_2(view_gt, uint8_t, View, View, view_gt_)
KERNEL_2(view_ge, uint8_t, View, View, view_ge_)

/* By the type's own order. NULL slots are skipped: zero bytes need not be a value of such a type. */
#define GENERIC(name, operation)                                                                             \
    static void name(KernelContext *context, int row_count, const Column *const *arguments,                  \
        int argument_count, Column *result) {                                                                \
        (void)argument_count;                                                                                \
        uint8_t *r = result->values;                                                                         \
        for (int i = 0; i < row_count; i++)                                                                  \
            if (context->nulls == NULL || !(context->nulls[i >> 6] >> (i & 63) & 1))                         \
                r[i] = datum_compare(                                                                        \
                    arguments[0]->type, column_at(arguments[0], i), column_at(arguments[1], i)) operation 0; \
    }
GENERIC(generic_eq, ==)
GENERIC(generic_ne, !=)
GENERIC(generic_lt, <)
GENERIC(generic_le, <=)
GENERIC(generic_gt, >)
GENERIC(generic_ge, >=)

static void is_distinct(KernelContext *context, int row_count, const Column *const *arguments,
    int argument_count, Column *result) {
    const Column *a = arguments[0], *b = arguments[1];
    uint8_t *r = result->values;
    for (int i = 0; i < row_count; i++) {
        bool a_is_null = column_is_null(a, i), b_is_null = column_is_null(b, i);
        r[i] = a_is_null || b_is_null ? a_is_null != b_is_null
                                      : datum_compare(a->type, column_at(a, i), column_at(b, i)) != 0;
    }
}

/* The argument with the extreme value that is not NULL; NULL when all are. */
static void extreme(
    int row_count, const Column *const *arguments, int argument_count, Column *result, int sign) {
    for (int a = 0; a < argument_count; a++)
        column_keep_buffers_of(result, arguments[a]);
    size_t width = layout_width((Layout)result->layout);
    for (int i = 0; i < row_count; i++) {
        const void *best = NULL;
        for (int a = 0; a < argument_count; a++) {
            const void *element = column_at(arguments[a], i);
            if (!column_is_null(arguments[a], i) &&
                (best == NULL || datum_compare(arguments[0]->type, element, best) * sign > 0))
                best = element;
        }
        if (best == NULL)
            column_set_null(result, i);
        else
            memcpy((char *)result->values + (size_t)i * width, best, width);
    }
}

static void greatest(KernelContext *context, int row_count, const Column *const *arguments,
    int argument_count, Column *result) {
    extreme(row_count, arguments, argument_count, result, 1);
}

static void least(KernelContext *context, int row_count, const Column *const *arguments, int argument_count,
    Column *result) {
    extreme(row_count, arguments, argument_count, result, -1);
}

#define ROWS(a, b, name)                                                   \
    {"=(" a ", " b ") -> bool", name##_eq, 0, MEANING_EQUAL},              \
        {"<>(" a ", " b ") -> bool", name##_ne, 0, MEANING_NOT_EQUAL},     \
        {"<(" a ", " b ") -> bool", name##_lt, 0, MEANING_LESS},           \
        {"<=(" a ", " b ") -> bool", name##_le, 0, MEANING_LESS_OR_EQUAL}, \
        {">(" a ", " b ") -> bool", name##_gt, 0, MEANING_GREATER}, {      \
        ">=(" a ", " b ") -> bool", name##_ge, 0, MEANING_GREATER_OR_EQUAL \
    }

const FunctionRow comparison_functions[] = {
    ROWS("bool", "bool", boolean),
    ROWS("int2", "int2", int2),
    ROWS("int4", "int4", int4),
    ROWS("int8", "int8", int8),
    ROWS("int2", "int4", int24),
    ROWS("int4", "int2", int42),
    ROWS("int2", "int8", int28),
    ROWS("int8", "int2", int82),
    ROWS("int4", "int8", int48),
    ROWS("int8", "int4", int84),
    ROWS("float4", "float4", float4),
    ROWS("float8", "float8", float8),
    ROWS("float4", "float8", float48),
    ROWS("float8", "float4", float84),
    ROWS("numeric", "numeric", numeric),
    ROWS("text", "text", view),
    ROWS("varchar", "varchar", view),
    ROWS("name", "name", view),
    ROWS("char", "char", view),
    ROWS("bytea", "bytea", view),
    ROWS("uuid", "uuid", view),
    ROWS("bit", "bit", view),
    ROWS("varbit", "varbit", view),
    ROWS("bpchar", "bpchar", generic),
    ROWS("oid", "oid", int8),
    {"=(xid, xid) -> bool", int8_eq, 0, MEANING_EQUAL},
    {"<>(xid, xid) -> bool", int8_ne, 0, MEANING_NOT_EQUAL},
    ROWS("date", "date", int4),
    ROWS("time", "time", int8),
    ROWS("timestamp", "timestamp", int8),
    ROWS("timestamptz", "timestamptz", int8),
    ROWS("interval", "interval", generic),
    ROWS("jsonb", "jsonb", generic),
    ROWS("oidvector", "oidvector", generic),
    ROWS("anyarray", "anyarray", generic),
    ROWS("record", "record", generic),
    ROWS("anyenum", "anyenum", int4),
    {"$same(anyelement, anyelement) -> bool", generic_eq, 0, MEANING_SAME},
    {"is_distinct(anyelement, anyelement) -> bool", is_distinct, FUNCTION_NOT_STRICT},
    {"greatest(anyelement...) -> anyelement", greatest, FUNCTION_NOT_STRICT},
    {"least(anyelement...) -> anyelement", least, FUNCTION_NOT_STRICT},
    {0},
};
