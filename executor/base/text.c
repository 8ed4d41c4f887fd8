/* Text: a growing string. */
#include "executor/base/text.h"

#include <stdio.h>
#include <string.h>

#include "executor/base/memory.h"

char *text_reserve(Text *text, size_t size) {
    size_t needed = text->length + size + 1;
    if (needed > text->capacity) {
        size_t capacity = text->capacity < 64 ? 64 : text->capacity * 2;
        if (capacity < needed)
            capacity = needed;
        text->bytes = memory_resize(text->bytes, capacity);
        text->capacity = capacity;
    }
    return text->bytes + text->length;
}

void text_add(Text *text, const char *bytes, size_t length) {
    char *to = text_reserve(text, length);
    if (length)
        memcpy(to, bytes, length);
    to[length] = 0;
    text->length += length;
}

void text_add_string(Text *text, const char *string) {
    text_add(text, string, strlen(string));
}

void text_add_char(Text *text, char c) {
    text_add(text, &c, 1);
}

void text_vprintf(Text *text, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *to = text_reserve(text, (size_t)length);
    vsnprintf(to, (size_t)length + 1, format, arguments);
    text->length += (size_t)length;
}

void text_printf(Text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    text_vprintf(text, format, arguments);
    va_end(arguments);
}

const char *text_string(const Text *text) {
    return text->bytes == NULL ? "" : text->bytes;
}

void text_reset(Text *text) {
    text->length = 0;
    if (text->bytes != NULL)
        text->bytes[0] = 0;
}

void text_free(Text *text) {
    memory_free(text->bytes);
    memset(text, 0, sizeof *text);
}

void text_add_u8(Text *text, uint8_t value) {
    text_add(text, (const char *)&value, sizeof value);
}

void text_add_u16(Text *text, uint16_t value) {
    text_add(text, (const char *)&value, sizeof value);
}

void text_add_u32(Text *text, uint32_t value) {
    text_add(text, (const char *)&value, sizeof value);
}

void text_add_u64(Text *text, uint64_t value) {
    text_add(text, (const char *)&value, sizeof value);
}

void text_add_bytes(Text *text, const void *bytes, uint32_t length) {
    text_add_u32(text, length);
    text_add(text, bytes, length);
}

const char *text_read_raw(TextReader *reader, size_t length) {
    if (reader->is_bad || (size_t)(reader->end - reader->cursor) < length) {
        reader->is_bad = 1;
        return NULL;
    }
    const char *bytes = reader->cursor;
    reader->cursor += length;
    return bytes;
}

#define READ_INTEGER(name, type)                                 \
    type name(TextReader *reader) {                              \
        type value = 0;                                          \
        const char *bytes = text_read_raw(reader, sizeof value); \
        if (bytes != NULL)                                       \
            memcpy(&value, bytes, sizeof value);                 \
        return value;                                            \
    }

READ_INTEGER(text_read_u8, uint8_t)
READ_INTEGER(text_read_u16, uint16_t)
READ_INTEGER(text_read_u32, uint32_t)
READ_INTEGER(text_read_u64, uint64_t)

const char *text_read_bytes(TextReader *reader, uint32_t *length) {
    *length = text_read_u32(reader);
    const char *bytes = text_read_raw(reader, *length);
    if (bytes == NULL)
        *length = 0;
    return bytes;
}
