/* Text: a growing string, always NUL-terminated. Zero bytes are a valid, empty Text. */
#ifndef LEAT_BASE_TEXT_H
#define LEAT_BASE_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Text {
    char *bytes; /* NULL while nothing was ever added */
    size_t length;
    size_t capacity;
} Text;

void text_add(Text *text, const char *bytes, size_t length);
void text_add_string(Text *text, const char *string);
void text_add_char(Text *text, char c);
void text_printf(Text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vprintf(Text *text, const char *format, va_list arguments);
/* Room for `size` more bytes at the returned place; the caller then adds to length. */
char *text_reserve(Text *text, size_t size);
/* The bytes so far, never NULL. */
const char *text_string(const Text *text);
void text_reset(Text *text); /* length 0, memory kept */
void text_free(Text *text);

/* Fixed-width integers, little endian, and length-prefixed bytes: the shapes of everything stored on disk. */
void text_add_u8(Text *text, uint8_t value);
void text_add_u16(Text *text, uint16_t value);
void text_add_u32(Text *text, uint32_t value);
void text_add_u64(Text *text, uint64_t value);
void text_add_bytes(Text *text, const void *bytes, uint32_t length); /* u32 length, bytes */

/* Reads what text_add_* wrote. is_bad is set, and zeros come back, once anything reaches beyond the end. */
typedef struct TextReader {
    const char *cursor;
    const char *end;
    int is_bad;
} TextReader;

uint8_t text_read_u8(TextReader *reader);
uint16_t text_read_u16(TextReader *reader);
uint32_t text_read_u32(TextReader *reader);
uint64_t text_read_u64(TextReader *reader);
const char *text_read_bytes(TextReader *reader, uint32_t *length); /* points into the input */
const char *text_read_raw(TextReader *reader, size_t length);      /* NULL when too short */

#endif
