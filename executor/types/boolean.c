/* boolean: text and binary form. */
#include <string.h>
#include <strings.h>

#include "executor/types/operations.h"

/* A non-empty beginning of the word, in any case. */
static bool begins(const char *word, const char *text, size_t length, size_t at_least) {
    return length >= at_least && length <= strlen(word) && strncasecmp(text, word, length) == 0;
}

static Status parse(Type type, const char *text, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    const char *begin = text, *end = text + length;
    while (begin < end && is_space(*begin))
        begin++;
    while (end > begin && is_space(end[-1]))
        end--;
    size_t size = (size_t)(end - begin);
    if (begins("true", begin, size, 1) || begins("yes", begin, size, 1) || begins("on", begin, size, 2) ||
        begins("1", begin, size, 1))
        out->boolean = 1;
    else if (!begins("false", begin, size, 1) && !begins("no", begin, size, 1) &&
             !begins("off", begin, size, 2) && !begins("0", begin, size, 1))
        return type_syntax_error(type, text, length, error);
    return OK;
}

static void format(Type type, const void *element, const TypeSettings *settings, Text *out) {
    text_add_char(out, *(const uint8_t *)element ? 't' : 'f');
}

static Status receive(Type type, const char *bytes, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    if (length != 1)
        return type_binary_error(error);
    out->boolean = bytes[0] != 0;
    return OK;
}

static void send(Type type, const void *element, const TypeSettings *settings, Text *out) {
    text_add_u8(out, *(const uint8_t *)element);
}

static int compare(Type type, const void *a, const void *b) {
    return *(const uint8_t *)a - *(const uint8_t *)b;
}

static void add_key(Type type, const void *element, Text *out) {
    text_add_u8(out, *(const uint8_t *)element);
}

const TypeOperations boolean_operations = {parse, format, receive, send, compare, add_key};
