/* Records: storage, the text form (1,"a b"), wire form, order; and the two vector types, kept as their text.
 */
#include "executor/types/record.h"

#include <stdlib.h>
#include <string.h>

#include "executor/types/operations.h"

static bool has_length(Layout layout) {
    return layout == LAYOUT_VIEW || layout == LAYOUT_NUMERIC;
}

void record_open(Type type, const View *record, RecordReader *reader) {
    *reader = (RecordReader){.definition = type.definition, .nulls = view_bytes(record)};
    reader->at = reader->nulls + (type.definition->count + 7) / 8;
}

bool record_next(RecordReader *reader, Datum *out) {
    int field = reader->field++;
    memset(out, 0, sizeof *out);
    if (reader->nulls[field >> 3] >> (field & 7) & 1)
        return false;
    Layout layout = type_layout(reader->definition->types[field]);
    if (!has_length(layout)) {
        memcpy(out, reader->at, layout_width(layout));
        reader->at += layout_width(layout);
        return true;
    }
    uint32_t length;
    memcpy(&length, reader->at, sizeof length);
    const char *bytes = reader->at + sizeof length;
    reader->at = bytes + length;
    if (layout == LAYOUT_VIEW) {
        out->view = view_of(bytes, length);
        return true;
    }
    memcpy(&out->numeric, bytes, sizeof out->numeric);
    if (length > sizeof out->numeric)
        datum_rebase(LAYOUT_NUMERIC, out, bytes + sizeof out->numeric);
    return true;
}

RecordBuilder record_begin(int field_count, Text *out) {
    RecordBuilder builder = {.out = out, .start = out->length};
    size_t size = (size_t)(field_count + 7) / 8;
    memset(text_reserve(out, size), 0, size);
    out->length += size;
    return builder;
}

void record_add(RecordBuilder *builder, Type type, const void *element) {
    Text *out = builder->out;
    int field = builder->field++;
    if (element == NULL) {
        out->bytes[builder->start + (size_t)(field >> 3)] |= (char)(1 << (field & 7));
        return;
    }
    Layout layout = type_layout(type);
    if (layout == LAYOUT_VIEW) {
        text_add_bytes(out, view_bytes(element), ((const View *)element)->length);
    } else if (layout == LAYOUT_NUMERIC) {
        uint32_t length;
        const char *heap = datum_heap(layout, element, &length);
        Numeric numeric = *(const Numeric *)element;
        if (heap != NULL)
            numeric.low = 0; /* the address */
        text_add_u32(out, (uint32_t)sizeof numeric + length);
        text_add(out, (const char *)&numeric, sizeof numeric);
        text_add(out, heap, length);
    } else {
        text_add(out, element, layout_width(layout));
    }
}

static void take_record(Text *bytes, Arena *arena, Datum *out) {
    out->view = view_of(arena_copy(arena, text_string(bytes), bytes->length), (uint32_t)bytes->length);
}

/* ---- text in ---- */

typedef struct Parser {
    Type type;
    const TypeSettings *settings;
    Arena *arena;
    Error *error;
    const char *text, *at, *end;
} Parser;

static Status malformed(Parser *p, const char *detail) {
    error_set(p->error, STATUS_INVALID_TEXT_REPRESENTATION, "malformed record literal: \"%.*s\"",
        (int)(p->end - p->text), p->text);
    error_detail(p->error, "%s", detail);
    return STATUS_INVALID_TEXT_REPRESENTATION;
}

static void skip_spaces(Parser *p) {
    while (p->at < p->end && is_space(*p->at))
        p->at++;
}

static Status take_field(Parser *p, Text *field) {
    bool is_quoted = false;
    text_reset(field);
    while (p->at < p->end && (is_quoted || (*p->at != ',' && *p->at != ')'))) {
        char c = *p->at++;
        if (c == '"' && !is_quoted) {
            is_quoted = true;
        } else if (c == '"' && (p->at == p->end || *p->at != '"')) {
            is_quoted = false;
        } else {
            if ((c == '"' || c == '\\') && p->at < p->end)
                c = *p->at++;
            else if (c == '\\')
                return malformed(p, "Unexpected end of input.");
            text_add_char(field, c);
        }
    }
    return p->at == p->end ? malformed(p, "Unexpected end of input.") : OK;
}

static Status parse_fields(Parser *p, Text *field, Text *out) {
    const TypeDefinition *definition = p->type.definition;
    RecordBuilder builder = record_begin(definition->count, out);
    skip_spaces(p);
    if (p->at == p->end || *p->at++ != '(')
        return malformed(p, "Missing left parenthesis.");
    for (int i = 0; i < definition->count; i++) {
        if (i > 0 && (p->at == p->end || *p->at++ != ','))
            return malformed(p, "Too few columns.");
        if (p->at < p->end && (*p->at == ',' || *p->at == ')')) {
            record_add(&builder, definition->types[i], NULL);
            continue;
        }
        TRY(take_field(p, field));
        Datum datum;
        TRY(datum_parse(definition->types[i], text_string(field), field->length, p->settings, p->arena,
            &datum, p->error));
        record_add(&builder, definition->types[i], &datum);
    }
    if (p->at == p->end || *p->at++ != ')')
        return malformed(p, "Too many columns.");
    skip_spaces(p);
    return p->at < p->end ? malformed(p, "Junk after right parenthesis.") : OK;
}

static Status anonymous_input(Error *error) {
    return error_set(
        error, STATUS_FEATURE_NOT_SUPPORTED, "input of anonymous composite types is not implemented");
}

static Status parse(Type type, const char *text, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    if (type.definition == NULL)
        return anonymous_input(error);
    Parser p = {type, settings, arena, error, text, text, text + length};
    Text field = {0}, bytes = {0};
    Status status = parse_fields(&p, &field, &bytes);
    if (status == OK)
        take_record(&bytes, arena, out);
    text_free(&field);
    text_free(&bytes);
    return status;
}

/* ---- text out ---- */

static void add_field(const char *bytes, size_t length, Text *out) {
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

static void format(Type type, const void *element, const TypeSettings *settings, Text *out) {
    RecordReader reader;
    Text field = {0};
    Datum datum;
    record_open(type, element, &reader);
    text_add_char(out, '(');
    for (int i = 0; i < type.definition->count; i++) {
        if (i > 0)
            text_add_char(out, ',');
        if (!record_next(&reader, &datum))
            continue;
        text_reset(&field);
        datum_format(type.definition->types[i], &datum, settings, &field);
        add_field(text_string(&field), field.length, out);
    }
    text_add_char(out, ')');
    text_free(&field);
}

/* ---- wire ---- */

static void send(Type type, const void *element, const TypeSettings *settings, Text *out) {
    RecordReader reader;
    Text field = {0};
    Datum datum;
    record_open(type, element, &reader);
    wire_add_u32(out, (uint32_t)type.definition->count);
    for (int i = 0; i < type.definition->count; i++) {
        wire_add_u32(out, type_oid(type.definition->types[i]));
        if (!record_next(&reader, &datum)) {
            wire_add_u32(out, UINT32_MAX);
            continue;
        }
        text_reset(&field);
        datum_send(type.definition->types[i], &datum, settings, &field);
        wire_add_u32(out, (uint32_t)field.length);
        text_add(out, text_string(&field), field.length);
    }
    text_free(&field);
}

static Status receive_field(Parser *p, int number, RecordBuilder *builder) {
    Type type = p->type.definition->types[number];
    Datum datum;
    if (p->end - p->at < 8)
        return type_binary_short(p->error);
    uint32_t oid = wire_u32(p->at);
    int32_t length = (int32_t)wire_u32(p->at + 4);
    p->at += 8;
    if (oid != type_oid(type)) {
        Text expected = {0};
        type_add_name(type, &expected);
        error_set(p->error, STATUS_DATATYPE_MISMATCH,
            "binary data has type %u (%s) instead of expected %u (%s) in record column %d", oid,
            type_sql_name((TypeId)type_from_oid(oid).id), type_oid(type), text_string(&expected), number + 1);
        text_free(&expected);
        return STATUS_DATATYPE_MISMATCH;
    }
    if (length == -1) {
        record_add(builder, type, NULL);
        return OK;
    }
    if (length < 0 || length > p->end - p->at)
        return error_set(p->error, STATUS_INVALID_BINARY_REPRESENTATION, "insufficient data left in message");
    TRY(datum_receive(type, p->at, (size_t)length, p->settings, p->arena, &datum, p->error));
    record_add(builder, type, &datum);
    p->at += length;
    return OK;
}

static Status receive_fields(Parser *p, Text *out) {
    int count = p->type.definition->count;
    RecordBuilder builder = record_begin(count, out);
    if (p->end - p->at < 4)
        return type_binary_short(p->error);
    int32_t given = (int32_t)wire_u32(p->at);
    p->at += 4;
    if (given != count)
        return error_set(
            p->error, STATUS_DATATYPE_MISMATCH, "wrong number of columns: %d, expected %d", given, count);
    for (int i = 0; i < count; i++)
        TRY(receive_field(p, i, &builder));
    return p->at < p->end ? type_binary_error(p->error) : OK;
}

static Status receive(Type type, const char *bytes, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    if (type.definition == NULL)
        return anonymous_input(error);
    Parser p = {type, settings, arena, error, bytes, bytes, bytes + length};
    Text record = {0};
    Status status = receive_fields(&p, &record);
    if (status == OK)
        take_record(&record, arena, out);
    text_free(&record);
    return status;
}

/* ---- order, key ---- */

/* The first field that differs decides. NULL fields are equal to each other and greatest. */
static int record_compare(Type type, const void *a, const void *b) {
    RecordReader x, y;
    Datum p, q;
    record_open(type, a, &x);
    record_open(type, b, &y);
    for (int i = 0; i < type.definition->count; i++) {
        bool has_p = record_next(&x, &p), has_q = record_next(&y, &q);
        int order = has_p && has_q ? datum_compare(type.definition->types[i], &p, &q) : has_q - has_p;
        if (order != 0)
            return order;
    }
    return 0;
}

static void record_add_key(Type type, const void *element, Text *out) {
    RecordReader reader;
    Datum datum;
    record_open(type, element, &reader);
    for (int i = 0; i < type.definition->count; i++) {
        bool is_there = record_next(&reader, &datum);
        text_add_u8(out, is_there);
        if (is_there)
            datum_add_key(type.definition->types[i], &datum, out);
    }
}

const TypeOperations record_operations = {parse, format, receive, send, record_compare, record_add_key};

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

static Status vector_receive(Type type, const char *bytes, size_t length, const TypeSettings *settings,
    Arena *arena, Datum *out, Error *error) {
    bool is_oid = type.id == TYPE_OIDVECTOR;
    size_t width = is_oid ? 4 : 2;
    if (length < 20 || wire_u32(bytes) != 1 || wire_u32(bytes + 4) != 0 ||
        wire_u32(bytes + 8) != type_oid(type_of(is_oid ? TYPE_OID : TYPE_INT2)) ||
        length != 20 + (4 + width) * (size_t)wire_u32(bytes + 12))
        return error_set(
            error, STATUS_INVALID_BINARY_REPRESENTATION, "invalid %s data", type_pg_name((TypeId)type.id));
    Text text = {0};
    for (size_t at = 20; at < length; at += 4 + width)
        text_printf(&text, "%s%lld", at > 20 ? " " : "",
            is_oid ? (long long)wire_u32(bytes + at + 4) : (long long)(int16_t)wire_u16(bytes + at + 4));
    Status status = text_operations.parse(
        type_of(TYPE_TEXT), text_string(&text), text.length, settings, arena, out, error);
    text_free(&text);
    return status;
}

static Status vector_parse(Type type, const char *text, size_t length, const TypeSettings *settings,
    Arena *arena, Datum *out, Error *error) {
    return text_operations.parse(type_of(TYPE_TEXT), text, length, settings, arena, out, error);
}

static void vector_format(Type type, const void *element, const TypeSettings *settings, Text *out) {
    text_operations.format(type_of(TYPE_TEXT), element, settings, out);
}

static int vector_compare(Type type, const void *a, const void *b) {
    return view_compare(a, b);
}

static void vector_add_key(Type type, const void *element, Text *out) {
    text_operations.add_key(type_of(TYPE_TEXT), element, out);
}

const TypeOperations vector_operations = {
    vector_parse, vector_format, vector_receive, vector_send, vector_compare, vector_add_key};
