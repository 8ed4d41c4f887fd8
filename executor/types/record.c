/* Records, kept as their text and their fields' types, and PostgreSQL's two vector types, kept as their text: forms of the wire protocol. */
#include "executor/types/record.h"

#include <stdlib.h>
#include <string.h>

#include "executor/types/operations.h"

void record_add_field(const char *bytes, size_t length, Text *out) {
    bool needs_quotes = length == 0;
    for (size_t i = 0; i < length && !needs_quotes; i++)
        needs_quotes = strchr("\"\\(), \t\n\r\v\f", bytes[i]) != NULL;
    if (needs_quotes)
        text_add_char(out, '"');
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '"' || bytes[i] == '\\')
            text_add_char(out, bytes[i]);
        text_add_char(out, bytes[i]);
    }
    if (needs_quotes)
        text_add_char(out, '"');
}

bool record_take_field(const char **at, const char *end, Text *out) {
    bool is_quoted = false, is_given = false;
    const char *c = *at;
    for (; c < end && (is_quoted || (*c != ',' && *c != ')')); c++) {
        is_given = true;
        if (*c == '"' && is_quoted && c + 1 < end && c[1] == '"')
            text_add_char(out, *c++);
        else if (*c == '"')
            is_quoted = !is_quoted;
        else
            text_add_char(out, *c == '\\' && c + 1 < end ? *++c : *c);
    }
    *at = c + 1;
    return is_given;
}

size_t record_text_length(const View *record) {
    const char *bytes = view_bytes(record), *zero = memchr(bytes, 0, record->length);
    return zero == NULL ? record->length : (size_t)(zero - bytes);
}

void record_add_type(Type type, const void *element, Text *out) {
    text_add_char(out, (char)type.id);
    text_add_char(out, (char)type.is_array);
    if (type.id != TYPE_RECORD || type.is_array)
        return;
    size_t at = element == NULL ? 0 : record_text_length(element) + 1;
    uint32_t length = element == NULL || at > ((const View *)element)->length ? 0 : ((const View *)element)->length - (uint32_t)at;
    text_add(out, (const char *)&length, sizeof length);
    text_add(out, length == 0 ? "" : view_bytes(element) + at, length);
}

static Status parse(Type type, const char *text, size_t length, const TypeSettings *settings, Arena *arena, Datum *out, Error *error) {
    return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "input of anonymous composite types is not implemented");
}

static void format(Type type, const void *element, const TypeSettings *settings, Text *out) {
    text_add(out, view_bytes(element), record_text_length(element));
}

static int compare(Type type, const void *a, const void *b) {
    return view_compare(a, b);
}

static void add_key(Type type, const void *element, Text *out) {
    text_operations.add_key(type_of(TYPE_TEXT), element, out);
}

static void set_length(Text *out, size_t start) {
    char number[4];
    for (int i = 0; i < 4; i++)
        number[i] = (char)((out->length - start - 4) >> (24 - 8 * i));
    memcpy(out->bytes + start, number, sizeof number);
}

static void send_fields(const char *text, size_t length, const char *types, const char *types_end, const TypeSettings *settings, Text *out);

/* A field's length and value. One whose text its type doesn't read (a record within an array) goes out as text. */
static void send_field(Type type, const char *nested, uint32_t nested_length, Text *field, const TypeSettings *settings, Text *out) {
    Arena *arena = arena_create();
    Datum datum = {0};
    bool is_record = type.id == TYPE_RECORD && !type.is_array && nested_length > 0, is_typed = is_record;
    Error error = {0};
    if (!is_record)
        is_typed = datum_parse(type, text_string(field), field->length, settings, arena, &datum, &error) == OK;
    error_clear(&error);
    wire_add_u32(out, type_oid(is_typed ? type : type_of(TYPE_TEXT)));
    size_t start = out->length;
    wire_add_u32(out, 0);
    if (is_record)
        send_fields(text_string(field), field->length, nested, nested + nested_length, settings, out);
    else if (is_typed)
        datum_send(type, &datum, settings, out);
    else
        text_add(out, text_string(field), field->length);
    set_length(out, start);
    arena_destroy(arena);
}

static void send_fields(const char *text, size_t length, const char *types, const char *types_end, const TypeSettings *settings, Text *out) {
    size_t start = out->length;
    uint32_t count = 0;
    wire_add_u32(out, 0);
    Text field = {0};
    for (const char *at = text + 1, *end = text + length; types < types_end; count++) {
        Type type = {.id = (uint8_t)types[0], .is_array = types[1] != 0, .modifier = -1};
        uint32_t nested = 0;
        types += 2;
        if (type.id == TYPE_RECORD && !type.is_array) {
            memcpy(&nested, types, sizeof nested);
            types += sizeof nested;
        }
        text_reset(&field);
        if (record_take_field(&at, end, &field))
            send_field(type, types, nested, &field, settings, out);
        else {
            wire_add_u32(out, type_oid(type));
            wire_add_u32(out, UINT32_MAX);
        }
        types += nested;
    }
    text_free(&field);
    for (int i = 0; i < 4; i++)
        out->bytes[start + (size_t)i] = (char)(count >> (24 - 8 * i));
}

static void send(Type type, const void *element, const TypeSettings *settings, Text *out) {
    const View *view = element;
    size_t length = record_text_length(view);
    const char *bytes = view_bytes(view);
    send_fields(bytes, length, bytes + (length < view->length ? length + 1 : length), bytes + view->length, settings, out);
}

const TypeOperations record_operations = {parse, format, parse, send, compare, add_key};

/* int2vector, oidvector: on the wire arrays of one dimension from 0. */

static void vector_send(Type type, const void *element, const TypeSettings *settings, Text *out) {
    bool is_oid = type.id == TYPE_OIDVECTOR;
    const View *view = element;
    Text text = {0};
    text_add(&text, view_bytes(view), view->length);
    const char *cursor = text_string(&text);
    char *end;
    size_t start = out->length;
    uint32_t count = 0;
    uint32_t head[] = {1, 0, type_oid(type_of(is_oid ? TYPE_OID : TYPE_INT2)), 0, 0};
    for (int i = 0; i < 5; i++)
        wire_add_u32(out, head[i]);
    for (;; count++, cursor = end) {
        long long number = strtoll(cursor, &end, 10);
        if (end == cursor)
            break;
        wire_add_u32(out, is_oid ? 4 : 2);
        if (is_oid)
            wire_add_u32(out, (uint32_t)number);
        else
            wire_add_u16(out, (uint16_t)number);
    }
    for (int i = 0; i < 4; i++)
        out->bytes[start + 12 + (size_t)i] = (char)(count >> (24 - 8 * i));
    text_free(&text);
}

static Status vector_receive(Type type, const char *bytes, size_t length, const TypeSettings *settings, Arena *arena, Datum *out, Error *error) {
    bool is_oid = type.id == TYPE_OIDVECTOR;
    size_t width = is_oid ? 4 : 2;
    if (length < 20 || wire_u32(bytes) != 1 || wire_u32(bytes + 4) != 0 || wire_u32(bytes + 8) != type_oid(type_of(is_oid ? TYPE_OID : TYPE_INT2)) ||
        length != 20 + (4 + width) * (size_t)wire_u32(bytes + 12))
        return error_set(error, STATUS_INVALID_BINARY_REPRESENTATION, "invalid %s data", type_pg_name((TypeId)type.id));
    Text text = {0};
    for (size_t at = 20; at < length; at += 4 + width)
        text_printf(&text, "%s%lld", at > 20 ? " " : "", is_oid ? (long long)wire_u32(bytes + at + 4) : (long long)(int16_t)wire_u16(bytes + at + 4));
    Status status = text_operations.parse(type_of(TYPE_TEXT), text_string(&text), text.length, settings, arena, out, error);
    text_free(&text);
    return status;
}

static Status vector_parse(Type type, const char *text, size_t length, const TypeSettings *settings, Arena *arena, Datum *out, Error *error) {
    return text_operations.parse(type_of(TYPE_TEXT), text, length, settings, arena, out, error);
}

static void vector_format(Type type, const void *element, const TypeSettings *settings, Text *out) {
    text_operations.format(type_of(TYPE_TEXT), element, settings, out);
}

const TypeOperations vector_operations = {vector_parse, vector_format, vector_receive, vector_send, compare, add_key};
