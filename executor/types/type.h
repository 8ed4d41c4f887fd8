/* Type: SQL types by id, their layout in columns, and what each type can do. */
#ifndef LEAT_TYPES_TYPE_H
#define LEAT_TYPES_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "executor/base/arena.h"
#include "executor/base/error.h"
#include "executor/base/text.h"
#include "executor/types/number/numeric.h"
#include "executor/types/view.h"

typedef enum TypeId {
#define TYPE(id, ...) TYPE_##id,
#include "executor/types/types.def"
#undef TYPE
    TYPE_COUNT
} TypeId;

/* How an element lies in a column. */
typedef enum Layout {
    LAYOUT_BOOL,
    LAYOUT_INT2,
    LAYOUT_INT4,
    LAYOUT_INT8,
    LAYOUT_FLOAT4,
    LAYOUT_FLOAT8,
    LAYOUT_NUMERIC,
    LAYOUT_INTERVAL,
    LAYOUT_VIEW
} Layout;

typedef struct Type {
    uint8_t id;                              /* TypeId; of the element when is_array */
    bool is_array;                           /* layout VIEW, see array.h */
    int32_t modifier;                        /* PostgreSQL's typmod; -1 = none */
    const struct TypeDefinition *definition; /* of RECORD and ENUM, or NULL: any of them (definition.h) */
} Type;

static inline Type type_of(TypeId id) {
    return (Type){.id = (uint8_t)id, .modifier = -1};
}
static inline Type type_array_of(TypeId id) {
    return (Type){.id = (uint8_t)id, .is_array = true, .modifier = -1};
}
/* Both without modifier. */
static inline Type type_element(Type array) {
    return (Type){.id = array.id, .modifier = -1, .definition = array.definition};
}
static inline Type type_array(Type element) {
    return (Type){.id = element.id, .is_array = true, .modifier = -1, .definition = element.definition};
}
/* Modifiers do not count. */
static inline bool type_is_same(Type a, Type b) {
    return a.id == b.id && a.is_array == b.is_array && a.definition == b.definition;
}

/* record and anyenum: any of their kind. */
static inline bool type_is_generic(Type type) {
    return (type.id == TYPE_RECORD || type.id == TYPE_ENUM) && type.definition == NULL;
}
/* Whether a declared type takes the given one as it is. */
static inline bool type_takes(Type declared, Type given) {
    return declared.id == given.id && declared.is_array == given.is_array &&
           (declared.definition == given.definition || type_is_generic(declared));
}

typedef struct Interval {
    int64_t microseconds;
    int32_t days;
    int32_t months;
} Interval;

/* One element; the value lies at offset 0 exactly as in a column. Zero bytes stand under a NULL. */
typedef union Datum {
    uint8_t boolean;
    int16_t int2;
    int32_t int4; /* date: days since 2000-01-01 */
    int64_t int8; /* timestamp(tz): microseconds since 2000-01-01 (UTC); time: microseconds of the day; oid */
    float float4;
    double float8;
    Numeric numeric;
    Interval interval;
    View view;
} Datum;

/* A scalar outside any column. What a view or large numeric points to belongs to an arena that the context
   names. */
typedef struct Value {
    Type type;
    bool is_null;
    Datum datum;
} Value;

/* What parsing and formatting depend on besides the value: frozen into a view at its creation. */
typedef struct TypeSettings {
    const char *time_zone;      /* "UTC", "Europe/Vienna", "+02" */
    const char *date_style;     /* "ISO, MDY" */
    const char *interval_style; /* "postgres" */
    int extra_float_digits;     /* 1 */
    int64_t now;                /* P(s), for 'now', 'today' in input; microseconds since 2000-01-01 UTC */
    const char *bytea_output;   /* "hex" */
    /* Resolves reg* names; NULL where there is no catalog. */
    const struct TypeNames *names;
} TypeSettings;

/* Text and number of catalog objects, for the reg* types. */
typedef struct TypeNames {
    void *catalog;
    /* The object's name as PostgreSQL prints it (quoted, qualified only when not visible), in the arena; NULL
       when there is none. */
    const char *(*name_of)(void *catalog, TypeId reg_type, int64_t oid, Arena *arena);
    Status (*oid_of)(
        void *catalog, TypeId reg_type, const char *name, size_t length, int64_t *oid, Error *error);
    /* The type that a user has made under that number, or its array; UNKNOWN: none. */
    Type (*type_of)(void *catalog, uint32_t oid);
} TypeNames;

extern const TypeSettings type_settings_default; /* UTC, ISO MDY, postgres, 1, hex */

Layout type_layout(Type type);
/* 1, 2, 4, 8 or 16 bytes: a hexadecimal digit of the constant is the power of two, BOOL's the last. */
static inline size_t layout_width(Layout layout) {
    return (size_t)1 << (0x444323210u >> (4 * layout) & 15);
}
const char *type_sql_name(TypeId id);
const char *type_pg_name(TypeId id);
uint32_t type_oid(Type type);
Type type_from_oid(uint32_t oid); /* UNKNOWN when there is none, or it is one that a user has made */
int type_length(Type type);       /* pg_type.typlen */
char type_category(Type type);    /* pg_type.typcategory; 'A' for arrays */
bool type_is_preferred(Type type);
/* By SQL or pg name, lower case, without modifier or brackets, aliases (int, float, decimal, string, …)
   included; UNKNOWN when there is none. */
TypeId type_by_name(const char *name);
/* As format_type() prints it: "numeric(10,2)", "character varying(20)", "integer[]". */
void type_add_name(Type type, Text *out);
bool type_has_heap(Type type); /* layout VIEW or NUMERIC: elements may point outside */

/* Bytes that the element refers to outside itself; *length 0 and NULL when it has none. */
static inline const char *datum_heap(Layout layout, const void *element, uint32_t *length) {
    *length = 0;
    if (layout == LAYOUT_VIEW) {
        const View *view = element;
        if (view->length <= VIEW_INLINE_MAX)
            return NULL;
        *length = view->length;
        return view->pointer;
    }
    if (layout == LAYOUT_NUMERIC) {
        const Numeric *numeric = element;
        if (numeric_tag(numeric) != NUMERIC_LARGE)
            return NULL;
        *length = (uint32_t)numeric->high;
        return (const char *)(uintptr_t)numeric->low;
    }
    return NULL;
}
/* Points the element at a copy of its heap bytes. */
void datum_rebase(Layout layout, void *element, const char *copy);

/* Text -> element, as PostgreSQL's input function, typmod applied (as an explicit cast would: varchar(n) cuts
   only spaces on input). New heap bytes are in the arena. */
Status datum_parse(Type type, const char *text, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error);
/* Adds the output function's text. */
void datum_format(Type type, const void *element, const TypeSettings *settings, Text *out);
/* Binary send and receive forms of the wire protocol. */
Status datum_receive(Type type, const char *bytes, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error);
void datum_send(Type type, const void *element, const TypeSettings *settings, Text *out);
/* The type's btree order: < 0, 0, > 0. NaN is greatest; float -0 equals 0. Types without an order (json)
   compare by bytes. */
int datum_compare(Type type, const void *a, const void *b);
/* The canonical key encoding: equal values (SQL =) of all types that can be compared are the same bytes,
   different ones differ, no encoding is another's beginning. Part of the disk format. Nulls are the caller's.
 */
void datum_add_key(Type type, const void *element, Text *out);
/* Same bytes of value, scale and sign included. */
bool datum_is_identical(Layout layout, const void *a, const void *b);
/* Deep copy into the arena. */
Datum datum_copy(Type type, const void *element, Arena *arena);

Value value_null(Type type);
Value value_copy(const Value *value, Arena *arena);

#endif
