/* JsonScan: splits a JSON object into the values of wanted fields. The one place that knows simdjson. */
#ifndef LEAT_FORMATS_JSON_SCAN_H
#define LEAT_FORMATS_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum JsonTokenKind {
    JSON_TOKEN_MISSING,
    JSON_TOKEN_NULL,
    JSON_TOKEN_TRUE,
    JSON_TOKEN_FALSE,
    JSON_TOKEN_INTEGER, /* integer holds it; bytes its text */
    JSON_TOKEN_NUMBER,  /* any other number: its text, checked */
    JSON_TOKEN_STRING,  /* escapes resolved */
    JSON_TOKEN_RAW,     /* an object or an array, or any value of a field asked for as raw: its text, not yet
                           checked */
} JsonTokenKind;

typedef struct JsonToken {
    JsonTokenKind kind;
    const char *bytes; /* valid until the next scan */
    size_t length;
    int64_t integer;
} JsonToken;

typedef struct JsonScanner JsonScanner;

/* Names are copied. is_raw: fields whose values are wanted as text. */
JsonScanner *json_scanner_create(const char *const *names, const bool *is_raw, int count);
void json_scanner_destroy(JsonScanner *scanner);
/* A token for each name; of equal keys the last counts. The whole object is checked, unwanted values too, but
   RAW tokens are left to the caller. NULL when all is well, else what is wrong; *is_malformed tells malformed
   JSON from JSON that is no object. */
const char *json_scan(
    JsonScanner *scanner, const char *bytes, size_t length, JsonToken *tokens, bool *is_malformed);

/* The scanner's view of the rest of the program: whether the bytes are one valid JSON value. */
bool json_scan_is_valid(const char *bytes, size_t length);

#ifdef __cplusplus
}
#endif

#endif
