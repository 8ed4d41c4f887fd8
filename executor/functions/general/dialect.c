/* Functions that other streaming systems have and PostgreSQL has not, where no expression of PostgreSQL's
   says the same: patterns of Java's date formats, whole units between two times, digits of numbers in other
   bases, checks of JSON. planner/bind/expression/foreign_calls.def builds their functions on these. */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <ctype.h>
#include <strings.h>

#include "executor/functions/time/datetime_math.h"
#include "executor/functions/time/format_template.h"
#include "executor/types/json.h"

static void java_template(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i);
        int bad, bad_length;
        text_reset(&out);
        if (!template_add_java(view, &out, &bad, &bad_length))
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE, "unknown field \"%.*s\" in date pattern",
                bad_length, view_bytes(view) + bad);
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

/* Whole units from one time to another; a part of one does not count. */

enum { MONTHS_PER_QUARTER = 3 };

static bool count_units(const View *name, int64_t from, int64_t to, int64_t *count) {
    static const struct {
        const char *name;
        int64_t microseconds;
        int months;
    } units[] = {{"MICROSECOND", 1, 0}, {"MILLISECOND", 1000, 0}, {"SECOND", USECS_PER_SECOND, 0},
        {"MINUTE", 60 * USECS_PER_SECOND, 0}, {"HOUR", 3600 * USECS_PER_SECOND, 0}, {"DAY", USECS_PER_DAY, 0},
        {"WEEK", 7 * USECS_PER_DAY, 0}, {"MONTH", 0, 1}, {"QUARTER", 0, MONTHS_PER_QUARTER},
        {"YEAR", 0, MONTHS_PER_YEAR}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strlen(units[i].name) != name->length ||
            strncasecmp(units[i].name, view_bytes(name), name->length) != 0)
            continue;
        if (units[i].months == 0) {
            *count = (to - from) / units[i].microseconds;
        } else {
            Interval age;
            timestamp_age(to, from, &age);
            *count = age.months / units[i].months;
        }
        return true;
    }
    return false;
}

static void timestampdiff(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *unit = argument_view(arguments, 0, i);
        int64_t from = KERNEL_AT(int64_t, arguments[1], i), to = KERNEL_AT(int64_t, arguments[2], i),
                count = 0;
        if (!timestamp_is_finite(from) || !timestamp_is_finite(to))
            KERNEL_FAIL(
                context, i, STATUS_DATETIME_FIELD_OVERFLOW, "cannot count units between infinite timestamps");
        else if (!count_units(unit, from, to, &count))
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE, "unit \"%.*s\" not recognized",
                (int)unit->length, view_bytes(unit));
        ((int64_t *)result->values)[i] = count;
    }
}

/* The value that the text is of the call's type; NULL when it is none. */
static void try_cast(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *view = argument_view(arguments, 0, i);
        Error error = {0};
        Datum datum = {0};
        if (datum_parse(context->result_type, view_bytes(view), view->length, context->settings,
                context->scratch, &datum, &error) == OK)
            column_set_datum(result, i, &datum);
        else
            column_set_null(result, i);
        error_clear(&error);
    }
}

/* Digits. */

static void binary_digits(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        uint64_t value = (uint64_t)KERNEL_AT(int64_t, arguments[0], i);
        char digits[64];
        int first = 64;
        do
            digits[--first] = (char)('0' + (value & 1));
        while ((value >>= 1) != 0);
        column_set_bytes(result, i, digits + first, (uint32_t)(64 - first));
    }
}

static void hex_digits(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        text_printf(&out, "%lX", (unsigned long)KERNEL_AT(int64_t, arguments[0], i));
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

static void hex_bytes(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i);
        text_reset(&out);
        for (uint32_t k = 0; k < view->length; k++)
            text_printf(&out, "%02X", (unsigned char)view_bytes(view)[k]);
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

/* hmac(data, key, method). */
static void hmac_rows(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *data = argument_view(arguments, 0, i), *key = argument_view(arguments, 1, i),
                   *name = argument_view(arguments, 2, i);
        char method[32];
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned length = 0;
        snprintf(method, sizeof method, "%.*s", (int)name->length, view_bytes(name));
        const EVP_MD *type = EVP_get_digestbyname(method);
        if (type == NULL ||
            HMAC(type, view_bytes(key), (int)key->length, (const unsigned char *)view_bytes(data),
                data->length, digest, &length) == NULL)
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE,
                "cannot use \"%s\": no such hash algorithm", method);
        column_set_bytes(result, i, (const char *)digest, length);
    }
}

/* The reversed polynomial of IEEE 802.3, or Castagnoli's. */
static int64_t checksum(const View *view, uint32_t polynomial) {
    uint32_t sum = ~0u;
    for (uint32_t i = 0; i < view->length; i++) {
        sum ^= (unsigned char)view_bytes(view)[i];
        for (int bit = 0; bit < 8; bit++)
            sum = sum >> 1 ^ (polynomial & -(sum & 1));
    }
    return ~sum;
}
static void crc32_rows(KERNEL_PARAMETERS) {
    (void)context, (void)argument_count;
    for (int i = 0; i < row_count; i++)
        ((int64_t *)result->values)[i] = checksum(argument_view(arguments, 0, i), 0xedb88320);
}
static void crc32c_rows(KERNEL_PARAMETERS) {
    (void)context, (void)argument_count;
    for (int i = 0; i < row_count; i++)
        ((int64_t *)result->values)[i] = checksum(argument_view(arguments, 0, i), 0x82f63b78);
}

/* JSON. */

static bool is_of_kind(char first, const View *kind) {
    static const struct {
        const char *name;
        bool is_object, is_array, is_scalar;
    } kinds[] = {{"value", true, true, true}, {"object", true, false, false}, {"array", false, true, false},
        {"scalar", false, false, true}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strlen(kinds[i].name) == kind->length &&
            strncasecmp(kinds[i].name, view_bytes(kind), kind->length) == 0)
            return first == '{' ? kinds[i].is_object : first == '[' ? kinds[i].is_array : kinds[i].is_scalar;
    return false;
}

/* is_json(text [, 'object' | 'array' | 'scalar' | 'value']). */
static void is_json(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *view = argument_view(arguments, 0, i);
        Error error = {0};
        text_reset(&out);
        bool is_valid = json_check(view_bytes(view), view->length, false, &out, &error) == OK;
        const char *at = view_bytes(view), *end = at + view->length;
        while (at < end && isspace((unsigned char)*at))
            at++;
        ((uint8_t *)result->values)[i] =
            is_valid && at < end && (argument_count < 2 || is_of_kind(*at, argument_view(arguments, 1, i)));
        error_clear(&error);
    }
    text_free(&out);
}

/* NULL for an object or array. */
static void json_scalar(KERNEL_PARAMETERS) {
    column_keep_buffers_of(result, arguments[0]);
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i);
        ((View *)result->values)[i] = *view;
        if (view->length > 0 && strchr("{[", view_bytes(view)[0]) != NULL)
            column_set_null(result, i);
    }
}

const FunctionRow dialect_functions[] = {
    {"java_template(text) -> text", java_template},
    {"timestampdiff(text, timestamp, timestamp) -> int8", timestampdiff},
    {"$try_cast(text) -> anyelement", try_cast, FUNCTION_STABLE}, /* the call has the wanted type */
    {"bin(int8) -> text", binary_digits},
    {"hex(int8) -> text", hex_digits},
    {"hex(text) -> text", hex_bytes},
    {"hex(bytea) -> text", hex_bytes},
    {"hmac(bytea, bytea, text) -> bytea", hmac_rows},
    {"hmac(text, bytea, text) -> bytea", hmac_rows},
    {"crc32(bytea) -> int8", crc32_rows},
    {"crc32(text) -> int8", crc32_rows},
    {"crc32c(bytea) -> int8", crc32c_rows},
    {"crc32c(text) -> int8", crc32c_rows},
    {"is_json(text) -> bool", is_json},
    {"is_json(text, text) -> bool", is_json},
    {"json_scalar(jsonb) -> jsonb", json_scalar},
    {0},
};
