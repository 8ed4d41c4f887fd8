/* Type: the table behind types.def, and the datum functions that dispatch through it. */
#include "executor/types/type.h"

#include <string.h>

#include "executor/types/definition.h"
#include "executor/types/operations.h"

typedef struct TypeInfo {
    const char *sql_name;
    const char *pg_name;
    uint32_t oid;
    uint32_t array_oid;
    uint8_t layout;
    bool is_preferred;
    char category;
    int16_t length;
    const TypeOperations *operations;
} TypeInfo;

static const TypeInfo types[TYPE_COUNT] = {
#define TYPE(                                                                                          \
    id, sql_name, pg_name, oid, array_oid, layout, length, category, is_preferred, operations, file)   \
    [TYPE_##id] = {sql_name, pg_name, oid, array_oid, LAYOUT_##layout, is_preferred, category, length, \
        &operations##_operations},
#include "executor/types/types.def"
#undef TYPE
};

/* Names that neither column of types.def has. */
static const struct {
    const char *name;
    TypeId id;
} aliases[] = {
    {"int", TYPE_INT4},
    {"tinyint", TYPE_INT2},
    {"double", TYPE_FLOAT8},
    {"float", TYPE_FLOAT8},
    {"decimal", TYPE_NUMERIC},
    {"dec", TYPE_NUMERIC},
    {"string", TYPE_TEXT},
    {"bytes", TYPE_BYTEA},
    {"varbinary", TYPE_BYTEA},
    {"time", TYPE_TIME},
    {"datetime", TYPE_TIMESTAMP},
    {"timestamp_ltz", TYPE_TIMESTAMPTZ},
    {"timestamp with local time zone", TYPE_TIMESTAMPTZ},
    {"char varying", TYPE_VARCHAR},
};

const TypeSettings type_settings_default = {
    .time_zone = "UTC",
    .date_style = "ISO, MDY",
    .interval_style = "postgres",
    .extra_float_digits = 1,
    .bytea_output = "hex",
};

Layout type_layout(Type type) {
    return type.is_array ? LAYOUT_VIEW : (Layout)types[type.id].layout;
}

_Static_assert(LAYOUT_BOOL == 0 && LAYOUT_INT4 == 2 && LAYOUT_FLOAT8 == 5 && LAYOUT_VIEW == 8,
    "layout_width's constant follows the order of Layout");

const char *type_sql_name(TypeId id) {
    return types[id].sql_name;
}

Status type_syntax_error(Type type, const char *text, size_t length, Error *error) {
    return error_set(error, STATUS_INVALID_TEXT_REPRESENTATION, "invalid input syntax for type %s: \"%.*s\"",
        type_sql_name((TypeId)type.id), (int)length, text);
}

Status type_range_error(Type type, const char *text, size_t length, Error *error) {
    return error_set(error, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "value \"%.*s\" is out of range for type %s",
        (int)length, text, type_sql_name((TypeId)type.id));
}

const char *type_pg_name(TypeId id) {
    return types[id].pg_name;
}

uint32_t type_oid(Type type) {
    if (type.definition != NULL && type.definition->oid != 0)
        return type.definition->oid + type.is_array;
    return type.is_array ? types[type.id].array_oid : types[type.id].oid;
}

Type type_from_oid(uint32_t oid) {
    for (int i = 0; oid != 0 && i < TYPE_COUNT; i++) {
        if (types[i].oid == oid)
            return type_of((TypeId)i);
        if (types[i].array_oid == oid)
            return type_array_of((TypeId)i);
    }
    return type_of(TYPE_UNKNOWN);
}

int type_length(Type type) {
    return type.is_array ? -1 : types[type.id].length;
}

char type_category(Type type) {
    if (!type.is_array && type.definition != NULL && type.definition->oid != 0)
        return type.id == TYPE_ENUM ? 'E' : 'C';
    return type.is_array ? 'A' : types[type.id].category;
}

bool type_is_preferred(Type type) {
    return !type.is_array && types[type.id].is_preferred;
}

TypeId type_by_name(const char *name) {
    for (int i = 0; i < TYPE_COUNT; i++)
        if (strcmp(types[i].pg_name, name) == 0 || strcmp(types[i].sql_name, name) == 0)
            return (TypeId)i;
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (strcmp(aliases[i].name, name) == 0)
            return aliases[i].id;
    return TYPE_UNKNOWN;
}

/* "interval day to second(3)": PostgreSQL keeps the fields as a mask above the precision. */
static void add_interval_name(int32_t modifier, Text *out) {
    enum { MONTH = 1 << 1, YEAR = 1 << 2, DAY = 1 << 3, HOUR = 1 << 10, MINUTE = 1 << 11, SECOND = 1 << 12 };
    static const struct {
        int mask;
        const char *words;
    } fields[] = {
        {YEAR, " year"},
        {MONTH, " month"},
        {DAY, " day"},
        {HOUR, " hour"},
        {MINUTE, " minute"},
        {SECOND, " second"},
        {YEAR | MONTH, " year to month"},
        {DAY | HOUR, " day to hour"},
        {DAY | HOUR | MINUTE, " day to minute"},
        {DAY | HOUR | MINUTE | SECOND, " day to second"},
        {HOUR | MINUTE, " hour to minute"},
        {HOUR | MINUTE | SECOND, " hour to second"},
        {MINUTE | SECOND, " minute to second"},
    };
    int mask = modifier >> 16 & 0x7fff, precision = modifier & 0xffff;
    text_add_string(out, "interval");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].mask == mask)
            text_add_string(out, fields[i].words);
    if (precision != 0xffff)
        text_printf(out, "(%d)", precision);
}

static void add_name_with_modifier(Type type, Text *out) {
    const char *name = types[type.id].sql_name;
    switch (type.id) {
    case TYPE_NUMERIC:
        text_printf(out, "numeric(%d,%d)", numeric_modifier_precision(type.modifier),
            numeric_modifier_scale(type.modifier));
        return;
    case TYPE_VARCHAR:
    case TYPE_BPCHAR:
        text_printf(out, "%s(%d)", name, type.modifier - 4);
        return;
    case TYPE_BIT:
    case TYPE_VARBIT:
        text_printf(out, "%s(%d)", name, type.modifier);
        return;
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ: {
        size_t word = strcspn(name, " ");
        text_printf(out, "%.*s(%d)%s", (int)word, name, type.modifier, name + word);
        return;
    }
    case TYPE_INTERVAL:
        add_interval_name(type.modifier, out);
        return;
    default:
        text_add_string(out, name);
    }
}

void type_add_name(Type type, Text *out) {
    if (type.definition != NULL && type.definition->name != NULL)
        text_add_string(out, type.definition->name);
    else if (type.modifier < 0)
        text_add_string(out, types[type.id].sql_name);
    else
        add_name_with_modifier(type, out);
    if (type.is_array)
        text_add_string(out, "[]");
}

bool type_has_heap(Type type) {
    Layout layout = type_layout(type);
    return layout == LAYOUT_VIEW || layout == LAYOUT_NUMERIC;
}

void datum_rebase(Layout layout, void *element, const char *copy) {
    if (layout == LAYOUT_VIEW)
        ((View *)element)->pointer = copy;
    else if (layout == LAYOUT_NUMERIC)
        ((Numeric *)element)->low = (uint64_t)(uintptr_t)copy;
}

const TypeOperations *type_operations(Type type) {
    return type.is_array ? &array_operations : types[type.id].operations;
}

Status datum_parse(Type type, const char *text, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    memset(out, 0, sizeof *out);
    return type_operations(type)->parse(type, text, length, settings, arena, out, error);
}

void datum_format(Type type, const void *element, const TypeSettings *settings, Text *out) {
    type_operations(type)->format(type, element, settings, out);
}

Status datum_receive(Type type, const char *bytes, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    memset(out, 0, sizeof *out);
    bool is_fixed = !type.is_array &&
                    (type_layout(type) != LAYOUT_VIEW || type.id == TYPE_UUID || type.id == TYPE_CHAR) &&
                    type_length(type) > 0;
    if (is_fixed && length < (size_t)type_length(type))
        return length == 0 && type_length(type) == 1
                   ? error_set(error, STATUS_PROTOCOL_VIOLATION, "no data left in message")
                   : type_binary_short(error);
    if (is_fixed && length > (size_t)type_length(type))
        return type_binary_error(error);
    return type_operations(type)->receive(type, bytes, length, settings, arena, out, error);
}

void datum_send(Type type, const void *element, const TypeSettings *settings, Text *out) {
    type_operations(type)->send(type, element, settings, out);
}

int datum_compare(Type type, const void *a, const void *b) {
    return type_operations(type)->compare(type, a, b);
}

void datum_add_key(Type type, const void *element, Text *out) {
    type_operations(type)->add_key(type, element, out);
}

bool datum_is_identical(Layout layout, const void *a, const void *b) {
    if (layout == LAYOUT_VIEW)
        return view_is_identical(a, b);
    if (layout == LAYOUT_NUMERIC && numeric_tag(a) == NUMERIC_LARGE && numeric_tag(b) == NUMERIC_LARGE) {
        uint32_t a_length, b_length;
        const char *a_bytes = datum_heap(layout, a, &a_length), *b_bytes = datum_heap(layout, b, &b_length);
        return a_length == b_length && memcmp(a_bytes, b_bytes, a_length) == 0;
    }
    return memcmp(a, b, layout_width(layout)) == 0;
}

Datum datum_copy(Type type, const void *element, Arena *arena) {
    Layout layout = type_layout(type);
    Datum copy = {0};
    memcpy(&copy, element, layout_width(layout));
    uint32_t length;
    const char *heap = datum_heap(layout, element, &length);
    if (heap != NULL)
        datum_rebase(layout, &copy, arena_copy(arena, heap, length));
    return copy;
}

Value value_null(Type type) {
    return (Value){.type = type, .is_null = true};
}

Value value_copy(const Value *value, Arena *arena) {
    Value copy = *value;
    if (!value->is_null)
        copy.datum = datum_copy(value->type, &value->datum, arena);
    return copy;
}
