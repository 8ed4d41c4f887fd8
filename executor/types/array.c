/* Arrays: storage, the text form "{…}", wire form, order. */
#include "executor/types/array.h"

#include <stdlib.h>
#include <string.h>

#include "executor/types/number/integer.h"
#include "executor/types/operations.h"

static Type element_of(Type type) {
    return (Type){.id = type.id, .modifier = type.modifier, .definition = type.definition};
}

static int32_t read_int(const char *at) {
    int32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

void array_open(Type type, const View *view, Array *array) {
    *array = (Array){.element = element_of(type)};
    array->layout = type_layout(array->element);
    if (view->length == 0)
        return;
    const char *at = view_bytes(view);
    array->dimensions = read_int(at);
    bool has_nulls = read_int(at + 4) & 1;
    at += 8;
    array->count = 1;
    for (int i = 0; i < array->dimensions; i++, at += 8) {
        array->lengths[i] = read_int(at);
        array->lowers[i] = read_int(at + 4);
        array->count *= array->lengths[i];
    }
    if (has_nulls) {
        array->nulls = at;
        at += (array->count + 7) / 8;
    }
    array->values = at;
}

static bool has_ends(Layout layout) {
    return layout == LAYOUT_VIEW || layout == LAYOUT_NUMERIC;
}

bool array_get(const Array *array, int index, Datum *out) {
    memset(out, 0, sizeof *out);
    if (array->nulls != NULL && (array->nulls[index >> 3] >> (index & 7) & 1))
        return false;
    if (!has_ends(array->layout)) {
        size_t width = layout_width(array->layout);
        memcpy(out, array->values + (size_t)index * width, width);
        return true;
    }
    uint32_t start = index == 0 ? 0 : (uint32_t)read_int(array->values + 4 * (index - 1));
    uint32_t length = (uint32_t)read_int(array->values + 4 * index) - start;
    const char *bytes = array->values + 4 * (size_t)array->count + start;
    if (array->layout == LAYOUT_VIEW) {
        out->view = view_of(bytes, length);
    } else {
        memcpy(&out->numeric, bytes, sizeof out->numeric);
        if (length > sizeof out->numeric)
            datum_rebase(LAYOUT_NUMERIC, out, bytes + sizeof out->numeric);
    }
    return true;
}

/* ---- building ---- */

void array_builder_add(ArrayBuilder *b, const void *element) {
    Layout layout = type_layout(b->element);
    text_add_u8(&b->nulls, element == NULL);
    b->has_nulls |= element == NULL;
    b->count++;
    if (!has_ends(layout)) {
        static const char zeros[16];
        text_add(&b->values, element == NULL ? zeros : element, layout_width(layout));
        return;
    }
    if (element != NULL && layout == LAYOUT_VIEW) {
        text_add(&b->values, view_bytes(element), ((const View *)element)->length);
    } else if (element != NULL) {
        uint32_t length;
        const char *heap = datum_heap(LAYOUT_NUMERIC, element, &length);
        Numeric numeric = *(const Numeric *)element;
        if (heap != NULL)
            numeric.low = 0;
        text_add(&b->values, (const char *)&numeric, sizeof numeric);
        text_add(&b->values, heap, length);
    }
    text_add_u32(&b->ends, (uint32_t)b->values.length);
}

void array_builder_add_string(ArrayBuilder *builder, const char *bytes, size_t length) {
    View view = view_of(bytes, (uint32_t)length);
    array_builder_add(builder, &view);
}

int array_bounds_check(int dimensions, const int32_t *lengths, const int32_t *lowers) {
    for (int i = 0; i < dimensions; i++)
        if (lowers[i] > INT32_MAX - lengths[i])
            return i;
    return -1;
}

void array_builder_finish_shaped(
    ArrayBuilder *b, int dimensions, const int32_t *lengths, const int32_t *lowers, Text *out) {
    if (b->count > 0) {
        text_add_u32(out, (uint32_t)dimensions);
        text_add_u32(out, b->has_nulls);
        for (int i = 0; i < dimensions; i++) {
            text_add_u32(out, (uint32_t)lengths[i]);
            text_add_u32(out, (uint32_t)lowers[i]);
        }
        for (int i = 0; b->has_nulls && i < b->count; i += 8) {
            uint8_t bits = 0;
            for (int k = i; k < i + 8 && k < b->count; k++)
                bits |= (uint8_t)(b->nulls.bytes[k] << (k - i));
            text_add_u8(out, bits);
        }
        text_add(out, b->ends.bytes, b->ends.length);
        text_add(out, b->values.bytes, b->values.length);
    }
    b->count = 0;
    b->has_nulls = false;
    text_reset(&b->nulls);
    text_reset(&b->values);
    text_reset(&b->ends);
}

void array_builder_finish(ArrayBuilder *builder, Text *out) {
    int32_t length = builder->count, lower = 1;
    array_builder_finish_shaped(builder, 1, &length, &lower, out);
}

void array_builder_free(ArrayBuilder *builder) {
    text_free(&builder->nulls);
    text_free(&builder->values);
    text_free(&builder->ends);
    builder->count = 0;
}

/* ---- text in ---- */

typedef struct Parser {
    Type element;
    const TypeSettings *settings;
    Arena *arena;
    Error *error;
    const char *text, *end, *at;
    size_t length;
    ArrayBuilder builder;
    int dimensions;
    int32_t lengths[ARRAY_DIMENSIONS_MAX];
    Text item;
} Parser;

static Status malformed(Parser *p, const char *detail) {
    error_set(p->error, STATUS_INVALID_TEXT_REPRESENTATION, "malformed array literal: \"%.*s\"",
        (int)p->length, p->text);
    if (p->error != NULL && detail != NULL)
        error_detail(p->error, "%s", detail);
    return STATUS_INVALID_TEXT_REPRESENTATION;
}

static void skip_spaces(Parser *p) {
    while (p->at < p->end && is_space(*p->at))
        p->at++;
}

/* One item up to the mark that ends it: quoted parts and escapes resolved, outer blanks dropped. */
static Status parse_item(Parser *p) {
    bool is_quoted = false, has_escape = false;
    size_t kept = 0; /* up to here nothing is trimmed */
    text_reset(&p->item);
    while (p->at < p->end && *p->at != ',' && *p->at != '}') {
        char c = *p->at++;
        if (c == '{')
            return malformed(p, "Unexpected \"{\" character.");
        if (c == '"') {
            if (is_quoted || p->item.length > 0)
                return malformed(p, "Unexpected array element.");
            is_quoted = true;
            for (;;) {
                if (p->at >= p->end)
                    return malformed(p, "Unexpected end of input.");
                c = *p->at++;
                if (c == '"')
                    break;
                if (c == '\\') {
                    if (p->at >= p->end)
                        return malformed(p, "Unexpected end of input.");
                    c = *p->at++;
                }
                text_add_char(&p->item, c);
            }
            kept = p->item.length;
            skip_spaces(p);
            if (p->at < p->end && *p->at != ',' && *p->at != '}')
                return malformed(p, "Unexpected array element.");
            break;
        }
        if (c == '\\') {
            if (p->at >= p->end)
                return malformed(p, "Unexpected end of input.");
            has_escape = true;
            text_add_char(&p->item, *p->at++);
            kept = p->item.length;
        } else {
            text_add_char(&p->item, c);
            if (!is_space(c))
                kept = p->item.length;
        }
    }
    p->item.length = kept;
    if (!is_quoted && kept == 0)
        return malformed(p,
            p->at < p->end ? (*p->at == ',' ? "Unexpected \",\" character." : "Unexpected \"}\" character.")
                           : "Unexpected end of input.");
    if (!is_quoted && !has_escape && kept == 4 && strncasecmp(p->item.bytes, "null", 4) == 0) {
        array_builder_add(&p->builder, NULL);
        return OK;
    }
    Datum datum;
    TRY(datum_parse(p->element, text_string(&p->item), kept, p->settings, p->arena, &datum, p->error));
    array_builder_add(&p->builder, &datum);
    return OK;
}

static Status parse_level(Parser *p, int level) {
    int32_t count = 0;
    p->at++; /* { */
    skip_spaces(p);
    if (level + 1 > p->dimensions) {
        if (p->builder.count > 0)
            return malformed(p, "Multidimensional arrays must have sub-arrays with matching dimensions.");
        if (level >= ARRAY_DIMENSIONS_MAX)
            return error_set(p->error, STATUS_PROGRAM_LIMIT_EXCEEDED,
                "number of array dimensions (%d) exceeds the maximum allowed (%d)", level + 1,
                ARRAY_DIMENSIONS_MAX);
        p->dimensions = level + 1;
        p->lengths[level] = -1;
    }
    while (p->at < p->end && *p->at != '}') {
        if (*p->at == '{') {
            TRY(parse_level(p, level + 1));
        } else {
            if (p->dimensions > level + 1)
                return malformed(p, "Unexpected array element.");
            TRY(parse_item(p));
        }
        count++;
        skip_spaces(p);
        if (p->at < p->end && *p->at == ',') {
            p->at++;
            skip_spaces(p);
            if (p->at < p->end && *p->at == '}')
                return malformed(p, "Unexpected \"}\" character.");
        } else if (p->at < p->end && *p->at != '}') {
            return malformed(p, "Unexpected array element.");
        }
    }
    if (p->at >= p->end)
        return malformed(p, "Unexpected end of input.");
    if (level > 0 && count == 0)
        return malformed(p, "Unexpected \"}\" character.");
    p->at++; /* } */
    if (p->lengths[level] >= 0 && p->lengths[level] != count)
        return malformed(p, "Multidimensional arrays must have sub-arrays with matching dimensions.");
    p->lengths[level] = count;
    return OK;
}

/* "[1:3][0:1]=" before the braces. */
static Status parse_bounds(Parser *p, int *dimensions, int32_t *lowers, int32_t *uppers) {
    *dimensions = 0;
    while (p->at < p->end && *p->at == '[') {
        char *end;
        if (*dimensions == ARRAY_DIMENSIONS_MAX)
            return error_set(p->error, STATUS_PROGRAM_LIMIT_EXCEEDED,
                "number of array dimensions (%d) exceeds the maximum allowed (%d)", *dimensions + 1,
                ARRAY_DIMENSIONS_MAX);
        long first = strtol(p->at + 1, &end, 10), last = first;
        if (end == p->at + 1)
            return malformed(p, "\"[\" must introduce explicitly-specified array dimensions.");
        if (*end == ':') {
            const char *start = end + 1;
            last = strtol(start, &end, 10);
            if (end == start)
                return malformed(p, "Missing array dimension value.");
        } else {
            first = 1;
        }
        if (*end != ']')
            return malformed(p, "Missing \"]\" after array dimensions.");
        if (last < first)
            return error_set(
                p->error, STATUS_ARRAY_SUBSCRIPT_ERROR, "upper bound cannot be less than lower bound");
        lowers[*dimensions] = (int32_t)first;
        uppers[*dimensions] = (int32_t)last;
        ++*dimensions;
        p->at = end + 1;
        skip_spaces(p);
    }
    if (*dimensions == 0)
        return OK;
    if (p->at >= p->end || *p->at != '=')
        return malformed(p, "Missing \"=\" after array dimensions.");
    p->at++;
    skip_spaces(p);
    return OK;
}

static Status parse_array(Parser *p, Text *out) {
    int bounds;
    int32_t lowers[ARRAY_DIMENSIONS_MAX] = {1, 1, 1, 1, 1, 1}, uppers[ARRAY_DIMENSIONS_MAX];
    skip_spaces(p);
    TRY(parse_bounds(p, &bounds, lowers, uppers));
    if (p->at >= p->end || *p->at != '{')
        return malformed(p, bounds > 0 ? "Array contents must start with \"{\"."
                                       : "Array value must start with \"{\" or dimension information.");
    TRY(parse_level(p, 0));
    skip_spaces(p);
    if (p->at < p->end)
        return malformed(p, "Junk after closing right brace.");
    if (bounds > 0) {
        bool fits = bounds == p->dimensions && p->builder.count > 0;
        for (int i = 0; fits && i < bounds; i++)
            fits = (int64_t)uppers[i] - lowers[i] + 1 == p->lengths[i];
        if (!fits)
            return malformed(p, "Specified array dimensions do not match array contents.");
    }
    array_builder_finish_shaped(&p->builder, p->dimensions, p->lengths, lowers, out);
    return OK;
}

static Status parse(Type type, const char *text, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    const char *copy = arena_copy(arena, text, length); /* NUL-terminated, for strtol */
    Parser p = {.element = element_of(type),
        .settings = settings,
        .arena = arena,
        .error = error,
        .text = copy,
        .length = length,
        .at = copy,
        .end = copy + length};
    p.builder.element = p.element;
    Text bytes = {0};
    Status status = parse_array(&p, &bytes);
    if (status == OK)
        out->view = view_of(arena_copy(arena, text_string(&bytes), bytes.length), (uint32_t)bytes.length);
    text_free(&bytes);
    text_free(&p.item);
    array_builder_free(&p.builder);
    return status;
}

/* ---- text out ---- */

static void add_item(Text *out, const char *bytes, size_t length) {
    bool needs_quotes = length == 0 || (length == 4 && strncasecmp(bytes, "null", 4) == 0);
    for (size_t i = 0; i < length && !needs_quotes; i++)
        needs_quotes = bytes[i] == '"' || bytes[i] == '\\' || bytes[i] == '{' || bytes[i] == '}' ||
                       bytes[i] == ',' || is_space(bytes[i]);
    if (!needs_quotes) {
        text_add(out, bytes, length);
        return;
    }
    text_add_char(out, '"');
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '"' || bytes[i] == '\\')
            text_add_char(out, '\\');
        text_add_char(out, bytes[i]);
    }
    text_add_char(out, '"');
}

static void add_level(
    const Array *array, int level, int *index, const TypeSettings *settings, Text *item, Text *out) {
    text_add_char(out, '{');
    for (int i = 0; i < array->lengths[level]; i++) {
        if (i > 0)
            text_add_char(out, ',');
        if (level + 1 < array->dimensions) {
            add_level(array, level + 1, index, settings, item, out);
            continue;
        }
        Datum datum;
        if (!array_get(array, (*index)++, &datum)) {
            text_add_string(out, "NULL");
            continue;
        }
        text_reset(item);
        datum_format(array->element, &datum, settings, item);
        add_item(out, text_string(item), item->length);
    }
    text_add_char(out, '}');
}

static void format(Type type, const void *element, const TypeSettings *settings, Text *out) {
    Array array;
    array_open(type, element, &array);
    if (array.count == 0) {
        text_add_string(out, "{}");
        return;
    }
    bool is_plain = true;
    for (int i = 0; i < array.dimensions; i++)
        is_plain = is_plain && array.lowers[i] == 1;
    if (!is_plain) {
        for (int i = 0; i < array.dimensions; i++)
            text_printf(out, "[%d:%d]", array.lowers[i], array.lowers[i] + array.lengths[i] - 1);
        text_add_char(out, '=');
    }
    Text item = {0};
    int index = 0;
    add_level(&array, 0, &index, settings, &item, out);
    text_free(&item);
}

/* ---- wire ---- */

static void send(Type type, const void *element, const TypeSettings *settings, Text *out) {
    Array array;
    array_open(type, element, &array);
    wire_add_u32(out, (uint32_t)array.dimensions);
    wire_add_u32(out, array.nulls != NULL);
    wire_add_u32(out, type_oid(array.element));
    for (int i = 0; i < array.dimensions; i++) {
        wire_add_u32(out, (uint32_t)array.lengths[i]);
        wire_add_u32(out, (uint32_t)array.lowers[i]);
    }
    Text item = {0};
    for (int i = 0; i < array.count; i++) {
        Datum datum;
        if (!array_get(&array, i, &datum)) {
            wire_add_u32(out, UINT32_MAX);
            continue;
        }
        text_reset(&item);
        datum_send(array.element, &datum, settings, &item);
        wire_add_u32(out, (uint32_t)item.length);
        text_add(out, text_string(&item), item.length);
    }
    text_free(&item);
}

static Status receive_elements(Parser *p, int count) {
    for (int i = 0; i < count; i++) {
        if (p->end - p->at < 4)
            return type_binary_short(p->error);
        int32_t length = (int32_t)wire_u32(p->at);
        p->at += 4;
        if (length == -1) {
            array_builder_add(&p->builder, NULL);
            continue;
        }
        if (length < 0 || length > p->end - p->at)
            return error_set(
                p->error, STATUS_INVALID_BINARY_REPRESENTATION, "insufficient data left in message");
        Datum datum;
        TRY(datum_receive(p->element, p->at, (size_t)length, p->settings, p->arena, &datum, p->error));
        array_builder_add(&p->builder, &datum);
        p->at += length;
    }
    return OK;
}

static Status receive_array(Parser *p, Text *out) {
    int32_t lowers[ARRAY_DIMENSIONS_MAX];
    if (p->end - p->at < 12)
        return type_binary_short(p->error);
    p->dimensions = (int32_t)wire_u32(p->at);
    if (p->dimensions < 0)
        return error_set(p->error, STATUS_INVALID_BINARY_REPRESENTATION, "invalid number of dimensions: %d",
            p->dimensions);
    if (p->dimensions > ARRAY_DIMENSIONS_MAX)
        return error_set(p->error, STATUS_PROGRAM_LIMIT_EXCEEDED,
            "number of array dimensions (%d) exceeds the maximum allowed (%d)", p->dimensions,
            ARRAY_DIMENSIONS_MAX);
    if (wire_u32(p->at + 4) > 1)
        return error_set(p->error, STATUS_INVALID_BINARY_REPRESENTATION, "invalid array flags");
    uint32_t element = wire_u32(p->at + 8);
    if (element != type_oid(p->element))
        return error_set(p->error, STATUS_DATATYPE_MISMATCH,
            "binary data has array element type %u (%s) instead of expected %u (%s)", element,
            type_sql_name((TypeId)type_from_oid(element).id), type_oid(p->element),
            type_sql_name((TypeId)p->element.id));
    p->at += 12;
    int64_t count = p->dimensions > 0;
    for (int i = 0; i < p->dimensions; i++, p->at += 8) {
        if (p->end - p->at < 8)
            return type_binary_short(p->error);
        p->lengths[i] = (int32_t)wire_u32(p->at);
        lowers[i] = (int32_t)wire_u32(p->at + 4);
        count *= p->lengths[i];
        if (p->lengths[i] < 0)
            return error_set(p->error, STATUS_PROGRAM_LIMIT_EXCEEDED,
                "array size exceeds the maximum allowed (134217727)");
        if (lowers[i] > INT32_MAX - p->lengths[i])
            return error_set(
                p->error, STATUS_PROGRAM_LIMIT_EXCEEDED, "array lower bound is too large: %d", lowers[i]);
        if (count > (int64_t)p->length)
            return type_binary_short(p->error);
    }
    TRY(receive_elements(p, (int)count));
    if (p->at < p->end)
        return type_binary_error(p->error);
    array_builder_finish_shaped(&p->builder, p->dimensions, p->lengths, lowers, out);
    return OK;
}

static Status receive(Type type, const char *bytes, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    Parser p = {.element = element_of(type),
        .settings = settings,
        .arena = arena,
        .error = error,
        .at = bytes,
        .end = bytes + length,
        .length = length};
    p.builder.element = p.element;
    Text array = {0};
    Status status = receive_array(&p, &array);
    if (status == OK)
        out->view = view_of(arena_copy(arena, text_string(&array), array.length), (uint32_t)array.length);
    text_free(&array);
    array_builder_free(&p.builder);
    return status;
}

/* ---- order, key ---- */

/* By elements first, then by count, then by shape. NULL elements are equal to each other and greatest. */
static int compare(Type type, const void *a, const void *b) {
    Array x, y;
    array_open(type, a, &x);
    array_open(type, b, &y);
    for (int i = 0; i < x.count && i < y.count; i++) {
        Datum p, q;
        bool has_p = array_get(&x, i, &p), has_q = array_get(&y, i, &q);
        if (!has_p || !has_q) {
            if (has_p != has_q)
                return has_p ? -1 : 1;
            continue;
        }
        int order = datum_compare(x.element, &p, &q);
        if (order != 0)
            return order;
    }
    if (x.count != y.count)
        return x.count < y.count ? -1 : 1;
    if (x.dimensions != y.dimensions)
        return x.dimensions < y.dimensions ? -1 : 1;
    for (int i = 0; i < x.dimensions; i++)
        if (x.lengths[i] != y.lengths[i])
            return x.lengths[i] < y.lengths[i] ? -1 : 1;
    for (int i = 0; i < x.dimensions; i++)
        if (x.lowers[i] != y.lowers[i])
            return x.lowers[i] < y.lowers[i] ? -1 : 1;
    return 0;
}

static void add_key(Type type, const void *element, Text *out) {
    Array array;
    array_open(type, element, &array);
    text_add_u8(out, (uint8_t)array.dimensions);
    for (int i = 0; i < array.dimensions; i++) {
        text_add_u32(out, (uint32_t)array.lengths[i]);
        text_add_u32(out, (uint32_t)array.lowers[i]);
    }
    for (int i = 0; i < array.count; i++) {
        Datum datum;
        bool is_there = array_get(&array, i, &datum);
        text_add_u8(out, is_there);
        if (is_there)
            datum_add_key(array.element, &datum, out);
    }
}

const TypeOperations array_operations = {parse, format, receive, send, compare, add_key};
