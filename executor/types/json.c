/* JSON: the checker that writes jsonb's canonical text, steps through values, and the two types. */
#include "executor/types/json.h"

#include <stdio.h>
#include <string.h>

#include "executor/base/memory.h"
#include "executor/types/character.h"
#include "executor/types/key.h"
#include "executor/types/operations.h"

enum { DEPTH_MAX = 6000 };

/* ---- checking ---- */

/* One pair of an object being read: its key in `keys`, its text in `out`. */
typedef struct Member {
    size_t key, key_length;
    size_t start, end;
    int order;
} Member;

typedef struct Parser {
    const char *at, *end;
    bool is_jsonb;
    Text *out; /* NULL: only check */
    Text keys;
    Member *members;
    int member_count, member_capacity;
    int depth;
    Error *error;
} Parser;

static Status fail(Parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static Status fail(Parser *p, const char *format, ...) {
    error_set(p->error, STATUS_INVALID_TEXT_REPRESENTATION, "invalid input syntax for type json");
    if (p->error != NULL) {
        va_list arguments;
        va_start(arguments, format);
        char *detail = memory_vprintf(format, arguments);
        va_end(arguments);
        error_detail(p->error, "%s", detail);
        memory_free(detail);
    }
    return STATUS_INVALID_TEXT_REPRESENTATION;
}

const char *json_skip_space(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 128;
}

/* The token at the cursor, as errors quote it. */
static int token_length(const Parser *p) {
    const char *at = p->at;
    while (at < p->end && is_word(*at))
        at++;
    if (at == p->at && at < p->end) {
        at++;
        if (*p->at == '"') {
            while (at < p->end && *at != '"')
                at += *at == '\\' && at + 1 < p->end ? 2 : 1;
            at += at < p->end;
        }
    }
    return (int)(at - p->at);
}

static Status unexpected(Parser *p, const char *expected) {
    p->at = json_skip_space(p->at, p->end);
    if (p->at >= p->end)
        return fail(p, "The input string ended unexpectedly.");
    bool is_token = strchr("{}[],:\"-0123456789", *p->at) != NULL;
    static const char *const words[] = {"true", "false", "null"};
    int length = token_length(p);
    for (int i = 0; i < 3 && !is_token; i++)
        is_token = (int)strlen(words[i]) == length && memcmp(p->at, words[i], (size_t)length) == 0;
    if (!is_token)
        return fail(p, "Token \"%.*s\" is invalid.", length, p->at);
    return fail(p, "%s, but found \"%.*s\".", expected, length, p->at);
}

static void add_escaped(Text *out, unsigned char c) {
    switch (c) {
    case '"':
        text_add(out, "\\\"", 2);
        return;
    case '\\':
        text_add(out, "\\\\", 2);
        return;
    case '\b':
        text_add(out, "\\b", 2);
        return;
    case '\f':
        text_add(out, "\\f", 2);
        return;
    case '\n':
        text_add(out, "\\n", 2);
        return;
    case '\r':
        text_add(out, "\\r", 2);
        return;
    case '\t':
        text_add(out, "\\t", 2);
        return;
    }
    if (c < 32)
        text_printf(out, "\\u%04x", c);
    else
        text_add_char(out, (char)c);
}

void json_add_quoted(Text *out, const char *bytes, size_t length) {
    text_add_char(out, '"');
    size_t run = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c >= 32 && c != '"' && c != '\\')
            continue;
        text_add(out, bytes + run, i - run);
        add_escaped(out, c);
        run = i + 1;
    }
    text_add(out, bytes + run, length - run);
    text_add_char(out, '"');
}

static size_t encode_code_point(uint32_t code, char bytes[4]) {
    size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, code >>= 6)
        bytes[i] = (char)(0x80 | (code & 0x3f));
    bytes[0] = (char)(length == 1 ? code : (0xf00u >> length & 0xf0) | code);
    return length;
}

static void add_code_point(Text *text, uint32_t code) {
    char bytes[4];
    text_add(text, bytes, encode_code_point(code, bytes));
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Four hexadecimal digits; -1 otherwise. */
static int32_t read_hex(const char *at, const char *end) {
    int32_t code = 0;
    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0)
            return -1;
        code = code << 4 | digit;
    }
    return code;
}

static Status parse_unicode(Parser *p, Text *out, uint32_t *high) {
    int32_t code = read_hex(p->at, p->end);
    if (code < 0)
        return p->end - p->at < 4 ? fail(p, "The input string ended unexpectedly.")
                                  : fail(p, "\"\\u\" must be followed by four hexadecimal digits.");
    p->at += 4;
    if (!p->is_jsonb)
        return OK;
    if (code >= 0xd800 && code <= 0xdbff) {
        if (*high != 0)
            return fail(p, "Unicode high surrogate must not follow a high surrogate.");
        *high = (uint32_t)code;
        return OK;
    }
    if (code >= 0xdc00 && code <= 0xdfff) {
        if (*high == 0)
            return fail(p, "Unicode low surrogate must follow a high surrogate.");
        add_code_point(out, 0x10000 + ((*high - 0xd800) << 10) + ((uint32_t)code - 0xdc00));
        *high = 0;
        return OK;
    }
    if (*high != 0)
        return fail(p, "Unicode low surrogate must follow a high surrogate.");
    if (code == 0) {
        error_set(p->error, STATUS_UNTRANSLATABLE_CHARACTER, "unsupported Unicode escape sequence");
        return p->error == NULL ? STATUS_UNTRANSLATABLE_CHARACTER
                                : error_detail(p->error, "\\u0000 cannot be converted to text.");
    }
    add_code_point(out, (uint32_t)code);
    return OK;
}

/* Reads a string at '"'; its text is added to `text` (ignored when only checking). */
static Status parse_string(Parser *p, Text *text) {
    uint32_t high = 0;
    p->at++;
    for (;;) {
        const char *run = p->at;
        while (p->at < p->end && (unsigned char)*p->at >= 32 && *p->at != '"' && *p->at != '\\')
            p->at++;
        if (p->at > run) {
            if (high != 0)
                return fail(p, "Unicode low surrogate must follow a high surrogate.");
            text_add(text, run, (size_t)(p->at - run));
        }
        if (p->at >= p->end)
            return fail(p, "Token \"%.*s\" is invalid.", (int)(p->end - run) + 1, run - 1);
        char c = *p->at++;
        if (c == '"')
            break;
        if (c != '\\')
            return fail(p, "Character with value 0x%02x must be escaped.", (unsigned char)c);
        if (p->at >= p->end)
            return fail(p, "The input string ended unexpectedly.");
        c = *p->at++;
        if (c == 'u') {
            TRY(parse_unicode(p, text, &high));
            continue;
        }
        static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
        const char *found = c == 0 ? NULL : strchr(from, c);
        if (found == NULL)
            return fail(p, "Escape sequence \"\\%c\" is invalid.", c);
        if (high != 0)
            return fail(p, "Unicode low surrogate must follow a high surrogate.");
        text_add_char(text, to[found - from]);
    }
    return high == 0 ? OK : fail(p, "Unicode low surrogate must follow a high surrogate.");
}

/* Adds a number without exponent, and zero without sign. */
static Status add_number(Parser *p, const char *text, size_t length) {
    bool is_plain = length <= 1000, is_zero = true;
    for (size_t i = 0; i < length; i++) {
        if ((text[i] | 32) == 'e')
            is_plain = false;
        is_zero = is_zero && (text[i] < '1' || text[i] > '9');
    }
    if (is_plain) {
        bool is_signed_zero = is_zero && text[0] == '-';
        text_add(p->out, text + is_signed_zero, length - is_signed_zero);
        return OK;
    }
    Arena *arena = arena_create();
    Numeric numeric;
    Status status = numeric_parse(text, length, arena, &numeric, p->error);
    if (status == OK)
        numeric_format(&numeric, p->out);
    arena_destroy(arena);
    return status;
}

static Status parse_number(Parser *p) {
    const char *start = p->at, *at = p->at;
    bool is_bad = false;
    at += *at == '-';
    if (at < p->end && *at == '0')
        at++;
    else if (at < p->end && *at >= '1' && *at <= '9')
        while (at < p->end && *at >= '0' && *at <= '9')
            at++;
    else
        is_bad = true;
    if (!is_bad && at < p->end && *at == '.') {
        const char *digits = ++at;
        while (at < p->end && *at >= '0' && *at <= '9')
            at++;
        is_bad = at == digits;
    }
    if (!is_bad && at < p->end && (*at | 32) == 'e') {
        at++;
        at += at < p->end && (*at == '+' || *at == '-');
        const char *digits = at;
        while (at < p->end && *at >= '0' && *at <= '9')
            at++;
        is_bad = at == digits;
    }
    if (is_bad || (at < p->end && is_word(*at))) {
        while (at < p->end && is_word(*at))
            at++;
        return fail(p, "Token \"%.*s\" is invalid.", (int)(at - start), start);
    }
    p->at = at;
    return p->out == NULL ? OK : add_number(p, start, (size_t)(at - start));
}

static Status parse_value(Parser *p);

static Status parse_array(Parser *p) {
    p->at++;
    if (p->out != NULL)
        text_add_char(p->out, '[');
    p->at = json_skip_space(p->at, p->end);
    for (bool is_first = true; p->at >= p->end || *p->at != ']'; is_first = false) {
        if (!is_first) {
            if (p->at >= p->end || *p->at != ',')
                return unexpected(p, "Expected \",\" or \"]\"");
            p->at++;
            if (p->out != NULL)
                text_add(p->out, ", ", 2);
        }
        TRY(parse_value(p));
        p->at = json_skip_space(p->at, p->end);
    }
    p->at++;
    if (p->out != NULL)
        text_add_char(p->out, ']');
    return OK;
}

static int compare_members(const char *keys, const Member *a, const Member *b) {
    if (a->key_length != b->key_length)
        return a->key_length < b->key_length ? -1 : 1;
    int order = memcmp(keys + a->key, keys + b->key, a->key_length);
    return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

static void sort_members(const char *keys, Member *members, Member *spare, int count) {
    if (count < 2)
        return;
    int half = count / 2;
    sort_members(keys, members, spare, half);
    sort_members(keys, members + half, spare, count - half);
    for (int i = 0, a = 0, b = half; i < count; i++)
        spare[i] = b >= count || (a < half && compare_members(keys, &members[a], &members[b]) <= 0)
                       ? members[a++]
                       : members[b++];
    memcpy(members, spare, (size_t)count * sizeof *members);
}

/* Rewrites the pairs that begin at `start` in order, without the earlier ones of equal keys. */
static void order_members(Parser *p, Member *members, int count, size_t start) {
    const char *keys = text_string(&p->keys);
    bool is_sorted = true;
    for (int i = 1; i < count && is_sorted; i++)
        is_sorted = members[i - 1].key_length < members[i].key_length ||
                    (members[i - 1].key_length == members[i].key_length &&
                        memcmp(keys + members[i - 1].key, keys + members[i].key, members[i].key_length) < 0);
    if (is_sorted)
        return;
    Member *spare = NEW_ARRAY(Member, count);
    sort_members(keys, members, spare, count);
    memory_free(spare);
    char *copy = memory_copy_text(p->out->bytes + start, p->out->length - start);
    p->out->length = start;
    bool is_first = true;
    for (int i = 0; i < count; i++) {
        const Member *m = &members[i], *next = m + 1;
        if (i + 1 < count && m->key_length == next->key_length &&
            memcmp(keys + m->key, keys + next->key, m->key_length) == 0)
            continue;
        if (!is_first)
            text_add(p->out, ", ", 2);
        text_add(p->out, copy + (m->start - start), m->end - m->start);
        is_first = false;
    }
    memory_free(copy);
}

static Status parse_member(Parser *p, int order) {
    Member member = {.key = p->keys.length, .order = order};
    TRY(parse_string(p, &p->keys));
    member.key_length = p->keys.length - member.key;
    if (p->out != NULL) {
        member.start = p->out->length;
        json_add_quoted(p->out, p->keys.bytes + member.key, member.key_length);
        text_add(p->out, ": ", 2);
    } else {
        p->keys.length = member.key;
    }
    p->at = json_skip_space(p->at, p->end);
    if (p->at >= p->end || *p->at != ':')
        return unexpected(p, "Expected \":\"");
    p->at++;
    TRY(parse_value(p));
    if (p->out != NULL) {
        member.end = p->out->length;
        GROW(p->members, p->member_capacity, p->member_count + 1);
        p->members[p->member_count++] = member;
    }
    return OK;
}

static Status parse_object(Parser *p) {
    int first_member = p->member_count;
    size_t first_key = p->keys.length;
    p->at++;
    if (p->out != NULL)
        text_add_char(p->out, '{');
    size_t start = p->out == NULL ? 0 : p->out->length;
    p->at = json_skip_space(p->at, p->end);
    for (int count = 0; p->at >= p->end || *p->at != '}'; count++) {
        if (count > 0) {
            if (p->at >= p->end || *p->at != ',')
                return unexpected(p, "Expected \",\" or \"}\"");
            p->at = json_skip_space(p->at + 1, p->end);
            if (p->out != NULL)
                text_add(p->out, ", ", 2);
        }
        if (p->at >= p->end || *p->at != '"')
            return unexpected(p, count == 0 ? "Expected string or \"}\"" : "Expected string");
        TRY(parse_member(p, count));
        p->at = json_skip_space(p->at, p->end);
    }
    p->at++;
    if (p->out != NULL) {
        order_members(p, p->members + first_member, p->member_count - first_member, start);
        text_add_char(p->out, '}');
    }
    p->member_count = first_member;
    p->keys.length = first_key;
    return OK;
}

static Status parse_word(Parser *p) {
    static const char *const words[] = {"true", "false", "null"};
    for (int i = 0; i < 3; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(p->end - p->at) >= length && memcmp(p->at, words[i], length) == 0 &&
            (p->at + length == p->end || !is_word(p->at[length]))) {
            if (p->out != NULL)
                text_add(p->out, words[i], length);
            p->at += length;
            return OK;
        }
    }
    return unexpected(p, "Expected JSON value");
}

static Status parse_value(Parser *p) {
    p->at = json_skip_space(p->at, p->end);
    if (p->at >= p->end)
        return fail(p, "The input string ended unexpectedly.");
    if (p->depth >= DEPTH_MAX)
        return error_set(p->error, STATUS_STATEMENT_TOO_COMPLEX, "stack depth limit exceeded");
    Status status;
    p->depth++;
    if (*p->at == '{') {
        status = parse_object(p);
    } else if (*p->at == '[') {
        status = parse_array(p);
    } else if (*p->at == '"') {
        size_t key = p->keys.length;
        status = parse_string(p, &p->keys);
        if (status == OK && p->out != NULL)
            json_add_quoted(p->out, text_string(&p->keys) + key, p->keys.length - key);
        p->keys.length = key;
    } else if (*p->at == '-' || (*p->at >= '0' && *p->at <= '9')) {
        status = parse_number(p);
    } else {
        status = parse_word(p);
    }
    p->depth--;
    return status;
}

Status json_check(const char *text, size_t length, bool is_jsonb, Text *out, Error *error) {
    Parser p = {.at = text, .end = text + length, .is_jsonb = is_jsonb, .out = out, .error = error};
    Status status = parse_value(&p);
    if (status == OK) {
        p.at = json_skip_space(p.at, p.end);
        if (p.at < p.end)
            status = unexpected(&p, "Expected end of input");
    }
    text_free(&p.keys);
    memory_free(p.members);
    return status;
}

/* ---- steps ---- */

static const char *skip_string(const char *at, const char *end) {
    for (at++; at < end && *at != '"'; at++)
        if (*at == '\\')
            at++;
    return at < end ? at + 1 : end;
}

const char *json_skip(const char *at, const char *end) {
    if (*at == '"')
        return skip_string(at, end);
    if (*at != '{' && *at != '[') {
        while (at < end && *at != ',' && *at != ']' && *at != '}' && *at != ' ' && *at != '\n' &&
               *at != '\t' && *at != '\r')
            at++;
        return at;
    }
    int depth = 0;
    while (at < end) {
        char c = *at;
        if (c == '"') {
            at = skip_string(at, end);
            continue;
        }
        at++;
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && --depth == 0)
            return at;
    }
    return end;
}

JsonIterator json_iterate(const char *container, const char *end) {
    return (JsonIterator){.at = container + 1, .end = end, .is_object = *container == '{'};
}

bool json_next(JsonIterator *it) {
    it->at = json_skip_space(it->at, it->end);
    if (it->at < it->end && *it->at == ',')
        it->at = json_skip_space(it->at + 1, it->end);
    if (it->at >= it->end || *it->at == ']' || *it->at == '}')
        return false;
    if (it->is_object) {
        it->key = it->at;
        it->key_end = it->at = skip_string(it->at, it->end);
        it->at = json_skip_space(json_skip_space(it->at, it->end) + 1, it->end);
    }
    it->value = it->at;
    it->value_end = it->at = json_skip(it->at, it->end);
    return true;
}

int json_count(const char *container, const char *end) {
    int count = 0;
    for (JsonIterator it = json_iterate(container, end); json_next(&it);)
        count++;
    return count;
}

/* Decodes one character of a string that has been checked, \u escapes with surrogates included; returns how
   many bytes it wrote. */
static size_t decode_character(const char **at, const char *end, char bytes[4]) {
    char c = *(*at)++;
    if (c != '\\') {
        bytes[0] = c;
        return 1;
    }
    c = *(*at)++;
    if (c == 'u') {
        uint32_t code = (uint32_t)read_hex(*at, end);
        *at += 4;
        if (code >= 0xd800 && code <= 0xdbff && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
            uint32_t low = (uint32_t)read_hex(*at + 2, end);
            if (low >= 0xdc00 && low <= 0xdfff) {
                code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                *at += 6;
            }
        }
        return encode_code_point(code, bytes);
    }
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *found = strchr(from, c);
    bytes[0] = found == NULL ? c : to[found - from];
    return 1;
}

void json_add_unquoted(Text *out, const char *string, const char *string_end) {
    const char *at = string + 1, *end = string_end - 1;
    while (at < end) {
        const char *stop = memchr(at, '\\', (size_t)(end - at));
        stop = stop == NULL ? end : stop;
        text_add(out, at, (size_t)(stop - at));
        at = stop;
        if (at < end) {
            char bytes[4];
            text_add(out, bytes, decode_character(&at, end, bytes));
        }
    }
}

bool json_string_is(const char *string, const char *string_end, const char *bytes, size_t length) {
    const char *at = string + 1, *end = string_end - 1, *other = bytes + length;
    if ((size_t)(end - at) == length && memchr(at, '\\', length) == NULL)
        return memcmp(at, bytes, length) == 0;
    while (at < end) {
        char character[4];
        size_t size = decode_character(&at, end, character);
        if ((size_t)(other - bytes) < size || memcmp(character, bytes, size) != 0)
            return false;
        bytes += size;
    }
    return bytes == other;
}

/* Order of two strings' texts; key order when `by_length`. */
static int compare_strings(
    const char *a, const char *a_end, const char *b, const char *b_end, bool by_length) {
    const char *p = a + 1, *p_end = a_end - 1, *q = b + 1, *q_end = b_end - 1;
    size_t n = (size_t)(p_end - p), m = (size_t)(q_end - q);
    Text x = {0}, y = {0};
    if (memchr(p, '\\', n) != NULL || memchr(q, '\\', m) != NULL) {
        json_add_unquoted(&x, a, a_end);
        json_add_unquoted(&y, b, b_end);
        p = text_string(&x), n = x.length;
        q = text_string(&y), m = y.length;
    }
    int order = 0;
    if (!by_length || n == m)
        order = memcmp(p, q, n < m ? n : m);
    if (order == 0)
        order = (n > m) - (n < m);
    text_free(&x);
    text_free(&y);
    return order;
}

int json_compare_keys(const char *a, const char *a_end, const char *b, const char *b_end) {
    return compare_strings(a, a_end, b, b_end, true);
}

bool json_find(const char *object, const char *end, bool is_jsonb, const char *key, size_t length,
    const char **value, const char **value_end) {
    bool found = false;
    for (JsonIterator it = json_iterate(object, end); json_next(&it);) {
        if (json_string_is(it.key, it.key_end, key, length)) {
            *value = it.value;
            *value_end = it.value_end;
            found = true;
            if (is_jsonb)
                break;
        } else if (is_jsonb && (size_t)(it.key_end - it.key) - 2 > length &&
                   memchr(it.key, '\\', (size_t)(it.key_end - it.key)) == NULL) {
            break; /* keys go by length */
        }
    }
    return found;
}

bool json_element(
    const char *array, const char *end, int64_t index, const char **value, const char **value_end) {
    if (index < 0)
        index += json_count(array, end);
    if (index < 0)
        return false;
    for (JsonIterator it = json_iterate(array, end); json_next(&it); index--)
        if (index == 0) {
            *value = it.value;
            *value_end = it.value_end;
            return true;
        }
    return false;
}

/* ---- order ---- */

/* Decimal texts without exponent. */
static int compare_numbers(const char *a, const char *a_end, const char *b, const char *b_end) {
    int sign = 1;
    if (*a == '-' || *b == '-') {
        if (*a != *b)
            return *a == '-' ? -1 : 1;
        sign = -1;
        a++, b++;
    }
    const char *a_point = memchr(a, '.', (size_t)(a_end - a)), *b_point = memchr(b, '.', (size_t)(b_end - b));
    a_point = a_point == NULL ? a_end : a_point;
    b_point = b_point == NULL ? b_end : b_point;
    if (a_point - a != b_point - b)
        return a_point - a < b_point - b ? -sign : sign;
    int order = memcmp(a, b, (size_t)(a_point - a));
    if (order != 0)
        return order < 0 ? -sign : sign;
    a = a_point + (a_point < a_end), b = b_point + (b_point < b_end);
    while (a < a_end || b < b_end) {
        char x = a < a_end ? *a++ : '0', y = b < b_end ? *b++ : '0';
        if (x != y)
            return x < y ? -sign : sign;
    }
    return 0;
}

static int compare_values(const char *a, const char *a_end, const char *b, const char *b_end) {
    JsonKind kind = json_kind(a), other = json_kind(b);
    if (kind != other)
        return kind < other ? -1 : 1;
    switch (kind) {
    case JSON_NULL:
        return 0;
    case JSON_BOOL:
        return (*a == 't') - (*b == 't');
    case JSON_NUMBER:
        return compare_numbers(a, a_end, b, b_end);
    case JSON_STRING:
        return compare_strings(a, a_end, b, b_end, false);
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    int x = json_count(a, a_end), y = json_count(b, b_end);
    if (x != y)
        return x < y ? -1 : 1;
    JsonIterator p = json_iterate(a, a_end), q = json_iterate(b, b_end);
    while (json_next(&p) && json_next(&q)) {
        int order = kind == JSON_OBJECT ? compare_strings(p.key, p.key_end, q.key, q.key_end, false) : 0;
        if (order == 0)
            order = compare_values(p.value, p.value_end, q.value, q.value_end);
        if (order != 0)
            return order;
    }
    return 0;
}

/* At the top a scalar counts as an array of one element, which is why it is greater than an empty array. */
int json_compare(const char *a, const char *a_end, const char *b, const char *b_end) {
    JsonKind kind = json_kind(a), other = json_kind(b);
    if (kind < JSON_ARRAY && other == JSON_ARRAY)
        return json_count(b, b_end) == 0 ? 1 : -1;
    if (kind == JSON_ARRAY && other < JSON_ARRAY)
        return json_count(a, a_end) == 0 ? -1 : 1;
    return compare_values(a, a_end, b, b_end);
}

/* ---- the types ---- */

static Status parse_json(Type type, const char *text, size_t length, const TypeSettings *settings,
    Arena *arena, Datum *out, Error *error) {
    TRY(json_check(text, length, false, NULL, error));
    out->view = view_of(length > VIEW_INLINE_MAX ? arena_copy(arena, text, length) : text, (uint32_t)length);
    return OK;
}

static Status parse_jsonb(Type type, const char *text, size_t length, const TypeSettings *settings,
    Arena *arena, Datum *out, Error *error) {
    Text canonical = {0};
    Status status = json_check(text, length, true, &canonical, error);
    if (status == OK)
        out->view =
            view_of(arena_copy(arena, text_string(&canonical), canonical.length), (uint32_t)canonical.length);
    text_free(&canonical);
    return status;
}

static void format(Type type, const void *element, const TypeSettings *settings, Text *out) {
    const View *view = element;
    text_add(out, view_bytes(view), view->length);
}

static Status receive_json(Type type, const char *bytes, size_t length, const TypeSettings *settings,
    Arena *arena, Datum *out, Error *error) {
    size_t bad;
    if (!utf8_is_valid(bytes, length, &bad))
        return error_set(error, STATUS_CHARACTER_NOT_IN_REPERTOIRE,
            "invalid byte sequence for encoding \"UTF8\": 0x%02x", (unsigned char)bytes[bad]);
    return parse_json(type, bytes, length, settings, arena, out, error);
}

static Status receive_jsonb(Type type, const char *bytes, size_t length, const TypeSettings *settings,
    Arena *arena, Datum *out, Error *error) {
    size_t bad;
    if (length == 0)
        return type_binary_short(error);
    if (bytes[0] != 1)
        return error_set(error, STATUS_INTERNAL_ERROR, "unsupported jsonb version number %d", bytes[0]);
    if (!utf8_is_valid(bytes + 1, length - 1, &bad))
        return error_set(error, STATUS_CHARACTER_NOT_IN_REPERTOIRE,
            "invalid byte sequence for encoding \"UTF8\": 0x%02x", (unsigned char)bytes[1 + bad]);
    return parse_jsonb(type, bytes + 1, length - 1, settings, arena, out, error);
}

static void send_jsonb(Type type, const void *element, const TypeSettings *settings, Text *out) {
    text_add_u8(out, 1);
    format(type, element, settings, out);
}

static int compare_json(Type type, const void *a, const void *b) {
    return view_compare(a, b);
}

static int compare_jsonb(Type type, const void *a, const void *b) {
    const View *x = a, *y = b;
    if (x->length == 0 || y->length == 0 || view_is_identical(x, y))
        return view_is_identical(x, y) ? 0 : x->length == 0 ? -1 : 1;
    const char *p = view_bytes(x), *q = view_bytes(y);
    return json_compare(p, p + x->length, q, q + y->length);
}

static void add_key_json(Type type, const void *element, Text *out) {
    const View *view = element;
    key_add_bytes(out, view_bytes(view), view->length);
}

/* The text with the zeros at the end of fractions cut, so that equal numbers are the same bytes. */
static void add_key_jsonb(Type type, const void *element, Text *out) {
    const View *view = element;
    const char *at = view_bytes(view), *end = at + view->length;
    size_t length_at = out->length;
    text_add_u32(out, 0);
    while (at < end) {
        const char *start = at;
        if (*at == '"') {
            at = skip_string(at, end);
        } else if (*at == '-' || (*at >= '0' && *at <= '9')) {
            at = json_skip(at, end);
            const char *stop = at;
            if (memchr(start, '.', (size_t)(at - start)) != NULL) {
                while (stop[-1] == '0')
                    stop--;
                stop -= stop[-1] == '.';
            }
            text_add(out, start, (size_t)(stop - start));
            continue;
        } else {
            at++;
        }
        text_add(out, start, (size_t)(at - start));
    }
    uint32_t length = (uint32_t)(out->length - length_at - sizeof length);
    memcpy(out->bytes + length_at, &length, sizeof length);
}

const TypeOperations json_operations = {parse_json, format, receive_json, format, compare_json, add_key_json};
const TypeOperations jsonb_operations = {
    parse_jsonb, format, receive_jsonb, send_jsonb, compare_jsonb, add_key_jsonb};
