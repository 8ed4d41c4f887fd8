/* JsonScan: simdjson's On-Demand reader, walked so that nothing malformed passes.

   On-Demand checks only what is asked for. So every field is visited in document order, every key that is not
   plainly the expected one is unescaped, every scalar is read, and nested values are handed to a full check.
   Numbers are read from their text, so that a numeric keeps its scale. */
#include "connectors/formats/json_scan.h"

#include <simdjson.h>

#include <string.h>

extern "C" {
#include "executor/base/memory.h"
}

using namespace simdjson;

namespace {

enum {
    NAME_MAX_PLAIN = 256,
    TAIL = SIMDJSON_PADDING + NAME_MAX_PLAIN
}; /* a plain name may be compared with what stands behind the record */

struct Name {
    char *bytes;
    size_t length;
    bool is_plain; /* stands between quotes as it is */
    bool is_raw;
};

} // namespace

struct JsonScanner {
    ondemand::parser parser;
    int count;
    Name *names;
    int *table; /* open addressing by hash of the name: number + 1 */
    size_t mask;
    char *scratch; /* a record and its padding */
    size_t capacity;
};

static size_t hash_name(const char *bytes, size_t length) {
    uint64_t hash = 1469598103934665603u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 1099511628211u;
    return (size_t)(hash ^ hash >> 32);
}

static int find_name(const JsonScanner *scanner, const char *bytes, size_t length) {
    for (size_t at = hash_name(bytes, length) & scanner->mask;; at = (at + 1) & scanner->mask) {
        int number = scanner->table[at] - 1;
        if (number < 0)
            return -1;
        if (scanner->names[number].length == length &&
            memcmp(scanner->names[number].bytes, bytes, length) == 0)
            return number;
    }
}

extern "C" JsonScanner *json_scanner_create(const char *const *names, const bool *is_raw, int count) {
    JsonScanner *scanner = new JsonScanner();
    scanner->count = count;
    scanner->names = (Name *)memory_allocate_zero(sizeof(Name) * (size_t)(count + 1));
    size_t size = 8;
    while (size < (size_t)count * 2)
        size *= 2;
    scanner->mask = size - 1;
    scanner->table = (int *)memory_allocate_zero(sizeof(int) * size);
    for (int i = 0; i < count; i++) {
        size_t length = strlen(names[i]);
        bool is_plain = length < NAME_MAX_PLAIN && strpbrk(names[i], "\"\\") == NULL;
        for (size_t c = 0; c < length; c++)
            is_plain = is_plain && (unsigned char)names[i][c] >= 32;
        scanner->names[i] = Name{memory_copy_text(names[i], length), length, is_plain, is_raw[i]};
        size_t at = hash_name(names[i], length) & scanner->mask;
        while (scanner->table[at] != 0)
            at = (at + 1) & scanner->mask;
        scanner->table[at] = i + 1;
    }
    return scanner;
}

extern "C" void json_scanner_destroy(JsonScanner *scanner) {
    if (scanner == NULL)
        return;
    for (int i = 0; i < scanner->count; i++)
        memory_free(scanner->names[i].bytes);
    memory_free(scanner->names);
    memory_free(scanner->table);
    memory_free(scanner->scratch);
    delete scanner;
}

/* JSON's grammar of a number, the token's white space behind it excepted. */
static bool read_number(std::string_view text, JsonToken *token) {
    const char *at = text.data(), *end = at + text.size();
    while (end > at && (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\r' || end[-1] == '\t'))
        end--;
    token->bytes = at;
    token->length = (size_t)(end - at);
    bool is_negative = at < end && *at == '-';
    at += is_negative;
    const char *digits = at;
    uint64_t value = 0;
    while (at < end && (unsigned char)(*at - '0') < 10)
        value = value * 10 + (uint64_t)(*at++ - '0');
    size_t count = (size_t)(at - digits);
    if (count == 0 || (*digits == '0' && count > 1))
        return false;
    if (at == end && (count < 19 || (count == 19 && value <= (uint64_t)INT64_MAX + is_negative))) {
        token->kind = JSON_TOKEN_INTEGER;
        token->integer = (int64_t)(is_negative ? 0 - value : value);
        return true;
    }
    token->kind = JSON_TOKEN_NUMBER;
    if (at < end && *at == '.') {
        const char *fraction = ++at;
        while (at < end && (unsigned char)(*at - '0') < 10)
            at++;
        if (at == fraction)
            return false;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < end && (*at == '+' || *at == '-');
        const char *exponent = at;
        while (at < end && (unsigned char)(*at - '0') < 10)
            at++;
        if (at == exponent)
            return false;
    }
    return at == end;
}

static void set_raw(JsonToken *token, std::string_view text) {
    while (!text.empty() &&
           (text.back() == ' ' || text.back() == '\n' || text.back() == '\r' || text.back() == '\t'))
        text.remove_suffix(1);
    *token = JsonToken{JSON_TOKEN_RAW, text.data(), text.size(), 0};
}

static error_code nested_text(ondemand::value &value, ondemand::json_type type, std::string_view *text) {
    if (type == ondemand::json_type::object) {
        ondemand::object object;
        if (error_code error = value.get_object().get(object))
            return error;
        return object.raw_json().get(*text);
    }
    ondemand::array array;
    if (error_code error = value.get_array().get(array))
        return error;
    return array.raw_json().get(*text);
}

/* Reads a value completely. */
static error_code read_value(ondemand::value &value, bool is_raw, bool is_wanted, JsonToken *token) {
    ondemand::json_type type;
    std::string_view text;
    if (error_code error = value.type().get(type))
        return error;
    if (type == ondemand::json_type::object || type == ondemand::json_type::array) {
        if (error_code error = nested_text(value, type, &text))
            return error;
        set_raw(token, text);
        return is_wanted || json_scan_is_valid(token->bytes, token->length) ? SUCCESS : TAPE_ERROR;
    }
    if (is_raw) {
        set_raw(token, value.raw_json_token());
        if (token->length == 4 && memcmp(token->bytes, "null", 4) == 0)
            token->kind = JSON_TOKEN_NULL;
        return SUCCESS;
    }
    switch (type) {
    case ondemand::json_type::string:
        if (error_code error = value.get_string().get(text))
            return error;
        *token = JsonToken{JSON_TOKEN_STRING, text.data(), text.size(), 0};
        return SUCCESS;
    case ondemand::json_type::number:
        return read_number(value.raw_json_token(), token) ? SUCCESS : NUMBER_ERROR;
    case ondemand::json_type::boolean: {
        bool truth;
        if (error_code error = value.get_bool().get(truth))
            return error;
        *token = JsonToken{
            truth ? JSON_TOKEN_TRUE : JSON_TOKEN_FALSE, truth ? "true" : "false", (size_t)(truth ? 4 : 5), 0};
        return SUCCESS;
    }
    default: {
        bool is_null;
        if (error_code error = value.is_null().get(is_null))
            return error;
        *token = JsonToken{JSON_TOKEN_NULL, "null", 4, 0};
        return is_null ? SUCCESS : N_ATOM_ERROR;
    }
    }
}

/* The field's number, or −1. `expected` stands next in most records. */
static error_code find_field(const JsonScanner *scanner, ondemand::field &field, int expected, int *number) {
    const char *raw = field.key().raw();
    if (expected < scanner->count) {
        const Name *name = &scanner->names[expected];
        if (name->is_plain && memcmp(raw, name->bytes, name->length) == 0 && raw[name->length] == '"') {
            *number = expected;
            return SUCCESS;
        }
    }
    std::string_view key;
    if (error_code error = field.unescaped_key().get(key))
        return error;
    *number = find_name(scanner, key.data(), key.size());
    return SUCCESS;
}

static error_code scan_object(JsonScanner *scanner, ondemand::object &object, JsonToken *tokens) {
    int expected = 0;
    for (auto result : object) {
        ondemand::field field;
        if (error_code error = std::move(result).get(field))
            return error;
        int number;
        if (error_code error = find_field(scanner, field, expected, &number))
            return error;
        JsonToken unwanted;
        bool is_wanted = number >= 0;
        if (error_code error = read_value(field.value(), is_wanted && scanner->names[number].is_raw,
                is_wanted, is_wanted ? &tokens[number] : &unwanted))
            return error;
        if (is_wanted)
            expected = number + 1;
    }
    return SUCCESS;
}

extern "C" const char *json_scan(
    JsonScanner *scanner, const char *bytes, size_t length, JsonToken *tokens, bool *is_malformed) {
    if (scanner->capacity < length + TAIL) {
        memory_free(scanner->scratch);
        scanner->capacity = 2 * length + TAIL;
        scanner->scratch = (char *)memory_allocate_zero(scanner->capacity);
    }
    memcpy(scanner->scratch, bytes, length);
    memset(scanner->scratch + length, 0, SIMDJSON_PADDING);
    memset(tokens, 0, sizeof *tokens * (size_t)scanner->count);
    *is_malformed = true;
    ondemand::document document;
    if (error_code error = scanner->parser.iterate(scanner->scratch, length, scanner->capacity).get(document))
        return error_message(error);
    ondemand::object object;
    if (error_code error = document.get_object().get(object)) {
        *is_malformed = error != INCORRECT_TYPE || !json_scan_is_valid(bytes, length);
        return error_message(error);
    }
    if (error_code error = scan_object(scanner, object, tokens))
        return error_message(error);
    if (document.current_location().error() != OUT_OF_BOUNDS)
        return "something follows the object";
    return NULL;
}
