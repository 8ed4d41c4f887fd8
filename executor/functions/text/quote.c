/* Quoting and encoding of strings: quote_*, format(), encode() and decode(). */
#include <stdlib.h>

#include "executor/functions/text/string_kernel.h"

/* Words that cannot stand bare as a name. */
static const char *const reserved[] = {
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
};

static bool name_is_plain(const char *bytes, size_t length) {
    if (length == 0 || !((bytes[0] >= 'a' && bytes[0] <= 'z') || bytes[0] == '_'))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!((bytes[i] >= 'a' && bytes[i] <= 'z') || (bytes[i] >= '0' && bytes[i] <= '9') ||
                bytes[i] == '_'))
            return false;
    int low = 0, high = (int)(sizeof reserved / sizeof *reserved);
    while (low < high) {
        int middle = (low + high) / 2, order = strncmp(reserved[middle], bytes, length);
        if (order == 0)
            order = reserved[middle][length] != 0;
        if (order == 0)
            return false;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return true;
}

static void add_doubled(Text *out, const char *bytes, size_t length, char quote) {
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == quote || (quote == '\'' && bytes[i] == '\\'))
            text_add_char(out, bytes[i]);
        text_add_char(out, bytes[i]);
    }
}

static void add_name(Text *out, const char *bytes, size_t length) {
    if (name_is_plain(bytes, length)) {
        text_add(out, bytes, length);
        return;
    }
    text_add_char(out, '"');
    add_doubled(out, bytes, length, '"');
    text_add_char(out, '"');
}

static void add_literal(Text *out, const char *bytes, size_t length) {
    if (memchr(bytes, '\\', length) != NULL)
        text_add_char(out, 'E');
    text_add_char(out, '\'');
    add_doubled(out, bytes, length, '\'');
    text_add_char(out, '\'');
}

static void quote_ident(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *view = argument_view(arguments, 0, i);
        add_name(&out, view_bytes(view), view->length);
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

static void quote_literal(KERNEL_PARAMETERS) {
    Text out = {0}, value = {0};
    for (int i = 0; i < row_count; i++) {
        if (column_is_null(arguments[0], i)) {
            if (context->nulls == NULL) /* quote_nullable */
                text_add_string(&out, "NULL");
        } else {
            text_add_cast(&value, arguments[0], i, context->settings);
            add_literal(&out, text_string(&value), value.length);
            text_reset(&value);
        }
        result_take_text(result, i, &out);
        if (row_is_null(context, i))
            column_set_null(result, i);
    }
    text_free(&out);
    text_free(&value);
}

/* ---- format() ---- */

typedef struct Specifier {
    int argument;       /* 0: the next */
    int width_argument; /* -1: none, 0: the next */
    int64_t width;
    bool is_left;
    char type;
} Specifier;

static bool read_digits(const char **at, const char *end, int64_t *number) {
    bool found = false;
    *number = 0;
    for (; *at < end && **at >= '0' && **at <= '9'; ++*at, found = true)
        if (*number <= INT32_MAX)
            *number = *number * 10 + (**at - '0');
    return found;
}

enum { TOO_SHORT = 1, OUT_OF_RANGE, ZERO_POSITION, WIDTH_UNTERMINATED };

static int read_specifier(const char **at, const char *end, Specifier *s) {
    int64_t number;
    *s = (Specifier){.width_argument = -1};
    const char *start = *at;
    if (read_digits(at, end, &number)) {
        if (number > INT32_MAX)
            return OUT_OF_RANGE;
        if (*at < end && **at == '$') {
            if (number == 0)
                return ZERO_POSITION;
            s->argument = (int)number;
            ++*at;
        } else if (start < end && *start != '0') {
            s->width = number;
            return *at >= end ? TOO_SHORT : (s->type = *(*at)++, 0);
        } else {
            s->width = number;
            return *at >= end ? TOO_SHORT : (s->type = *(*at)++, 0);
        }
    }
    while (*at < end && **at == '-') {
        s->is_left = true;
        ++*at;
    }
    if (*at < end && **at == '*') {
        ++*at;
        s->width_argument = 0;
        if (read_digits(at, end, &number)) {
            if (number > INT32_MAX)
                return OUT_OF_RANGE;
            if (*at >= end || **at != '$')
                return WIDTH_UNTERMINATED;
            if (number == 0)
                return ZERO_POSITION;
            s->width_argument = (int)number;
            ++*at;
        }
    } else if (read_digits(at, end, &number)) {
        if (number > INT32_MAX)
            return OUT_OF_RANGE;
        s->width = number;
    }
    if (*at >= end)
        return TOO_SHORT;
    s->type = *(*at)++;
    return 0;
}

static void add_padded(Text *out, const char *bytes, size_t length, int64_t width, bool is_left) {
    int64_t missing = width - (int64_t)utf8_count(bytes, length);
    if (is_left)
        text_add(out, bytes, length);
    for (; missing > 0; missing--)
        text_add_char(out, ' ');
    if (!is_left)
        text_add(out, bytes, length);
}

static Status read_width(const Column *column, int row, int64_t *width, Error *error) {
    *width = 0;
    if (column_is_null(column, row))
        return OK;
    Text text = {0};
    Datum datum;
    datum_format(column->type, column_at(column, row), &type_settings_default, &text);
    Status status = datum_parse(
        type_of(TYPE_INT4), text_string(&text), text.length, &type_settings_default, NULL, &datum, error);
    *width = datum.int4;
    text_free(&text);
    return status;
}

#define FORMAT_FAIL(...)                                   \
    do {                                                   \
        row_errors_add(context->errors, row, __VA_ARGS__); \
        return false;                                      \
    } while (0)

/* One row of format(); false when it failed. */
static bool format_row(KernelContext *context, int row, const Column *const *arguments, int argument_count,
    Text *out, Text *value) {
    const View *view = column_view(arguments[0], row);
    const char *at = view_bytes(view), *end = at + view->length;
    int next = 1;
    while (at < end) {
        if (*at != '%') {
            const char *stop = memchr(at, '%', (size_t)(end - at));
            stop = stop == NULL ? end : stop;
            text_add(out, at, (size_t)(stop - at));
            at = stop;
            continue;
        }
        if (++at < end && *at == '%') {
            text_add_char(out, *at++);
            continue;
        }
        Specifier s;
        int problem = at >= end ? TOO_SHORT : read_specifier(&at, end, &s);
        if (problem == TOO_SHORT)
            FORMAT_FAIL(STATUS_INVALID_PARAMETER_VALUE, "unterminated format() type specifier");
        if (problem == OUT_OF_RANGE)
            FORMAT_FAIL(STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "number is out of range");
        if (problem == ZERO_POSITION)
            FORMAT_FAIL(STATUS_INVALID_PARAMETER_VALUE,
                "format specifies argument 0, but arguments are numbered from 1");
        if (problem == WIDTH_UNTERMINATED)
            FORMAT_FAIL(STATUS_INVALID_PARAMETER_VALUE, "width argument position must be ended by \"$\"");
        if (strchr("sIL", s.type) == NULL || s.type == 0)
            FORMAT_FAIL(STATUS_INVALID_PARAMETER_VALUE, "unrecognized format() type specifier \"%.*s\"",
                utf8_step(s.type), at - 1);
        if (s.width_argument >= 0) {
            int which = s.width_argument > 0 ? s.width_argument : next;
            next = which + 1;
            if (which >= argument_count)
                FORMAT_FAIL(STATUS_INVALID_PARAMETER_VALUE, "too few arguments for format()");
            Error error = {0};
            Status status = read_width(arguments[which], row, &s.width, &error);
            if (status != OK)
                row_errors_add(context->errors, row, status, "%s", error.message);
            error_clear(&error);
            if (status != OK)
                return false;
        }
        if (s.width < 0) {
            s.is_left = true;
            s.width = -s.width;
        }
        if (s.argument > 0)
            next = s.argument;
        if (next >= argument_count)
            FORMAT_FAIL(STATUS_INVALID_PARAMETER_VALUE, "too few arguments for format()");
        const Column *argument = arguments[next++];
        text_reset(value);
        if (column_is_null(argument, row)) {
            if (s.type == 'I')
                FORMAT_FAIL(
                    STATUS_NULL_VALUE_NOT_ALLOWED, "null values cannot be formatted as an SQL identifier");
            add_padded(out, "NULL", s.type == 'L' ? 4 : 0, s.width, s.is_left);
            continue;
        }
        datum_format(argument->type, column_at(argument, row), context->settings, value);
        if (s.type != 's') {
            Text quoted = {0};
            (s.type == 'I' ? add_name : add_literal)(&quoted, text_string(value), value->length);
            add_padded(out, text_string(&quoted), quoted.length, s.width, s.is_left);
            text_free(&quoted);
        } else {
            add_padded(out, text_string(value), value->length, s.width, s.is_left);
        }
    }
    return true;
}

static void format(KERNEL_PARAMETERS) {
    Text out = {0}, value = {0};
    for (int i = 0; i < row_count; i++) {
        if (column_is_null(arguments[0], i))
            column_set_null(result, i);
        else if (format_row(context, i, arguments, argument_count, &out, &value))
            result_take_text(result, i, &out);
        text_reset(&out);
    }
    text_free(&out);
    text_free(&value);
}

/* ---- encode, decode ---- */

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode_base64(const unsigned char *bytes, size_t length, Text *out) {
    size_t on_line = 0;
    for (size_t i = 0; i < length; i += 3) {
        uint32_t group = (uint32_t)bytes[i] << 16 | (i + 1 < length ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (i + 2 < length ? bytes[i + 2] : 0);
        text_add_char(out, base64_digits[group >> 18]);
        text_add_char(out, base64_digits[group >> 12 & 63]);
        text_add_char(out, i + 1 < length ? base64_digits[group >> 6 & 63] : '=');
        text_add_char(out, i + 2 < length ? base64_digits[group & 63] : '=');
        on_line += 4;
        if (on_line == 76 && i + 2 < length) {
            text_add_char(out, '\n');
            on_line = 0;
        }
    }
}

static void encode_hex(const unsigned char *bytes, size_t length, Text *out) {
    char *to = text_reserve(out, 2 * length);
    for (size_t i = 0; i < length; i++) {
        *to++ = "0123456789abcdef"[bytes[i] >> 4];
        *to++ = "0123456789abcdef"[bytes[i] & 15];
    }
    *to = 0;
    out->length += 2 * length;
}

static void encode_escape(const unsigned char *bytes, size_t length, Text *out) {
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == 0 || bytes[i] > 127)
            text_printf(out, "\\%03o", bytes[i]);
        else if (bytes[i] == '\\')
            text_add_string(out, "\\\\");
        else
            text_add_char(out, (char)bytes[i]);
    }
}

static int hex_value(char c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

static bool decode_hex(KernelContext *context, int row, const char *at, const char *end, Text *out) {
    while (at < end) {
        if (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') {
            at++;
            continue;
        }
        int high = hex_value(*at);
        if (high < 0)
            FORMAT_FAIL(
                STATUS_INVALID_PARAMETER_VALUE, "invalid hexadecimal digit: \"%.*s\"", utf8_step(*at), at);
        if (++at >= end)
            FORMAT_FAIL(STATUS_INVALID_PARAMETER_VALUE, "invalid hexadecimal data: odd number of digits");
        int low = hex_value(*at);
        if (low < 0)
            FORMAT_FAIL(
                STATUS_INVALID_PARAMETER_VALUE, "invalid hexadecimal digit: \"%.*s\"", utf8_step(*at), at);
        at++;
        text_add_char(out, (char)(high << 4 | low));
    }
    return true;
}

static bool decode_base64(KernelContext *context, int row, const char *at, const char *end, Text *out) {
    uint32_t group = 0;
    int position = 0, pads = 0;
    for (; at < end; at++) {
        if (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')
            continue;
        uint32_t digit = 0;
        if (*at == '=') {
            if (pads == 0) {
                if (position < 2)
                    FORMAT_FAIL(
                        STATUS_INVALID_PARAMETER_VALUE, "unexpected \"=\" while decoding base64 sequence");
                pads = position == 2 ? 1 : 2;
            }
        } else {
            const char *found = *at == 0 ? NULL : strchr(base64_digits, *at);
            if (found == NULL)
                FORMAT_FAIL(STATUS_INVALID_PARAMETER_VALUE,
                    "invalid symbol \"%.*s\" found while decoding base64 sequence", utf8_step(*at), at);
            digit = (uint32_t)(found - base64_digits);
        }
        group = group << 6 | digit;
        if (++position == 4) {
            text_add_char(out, (char)(group >> 16));
            if (pads == 0 || pads > 1)
                text_add_char(out, (char)(group >> 8));
            if (pads == 0 || pads > 2)
                text_add_char(out, (char)group);
            position = 0;
            group = 0;
        }
    }
    if (position != 0) {
        row_errors_add(context->errors, row, STATUS_INVALID_PARAMETER_VALUE, "invalid base64 end sequence");
        return false;
    }
    return true;
}

static bool decode_escape(KernelContext *context, int row, const char *at, const char *end, Text *out) {
    while (at < end) {
        if (*at != '\\') {
            text_add_char(out, *at++);
        } else if (end - at >= 4 && at[1] >= '0' && at[1] <= '3' && at[2] >= '0' && at[2] <= '7' &&
                   at[3] >= '0' && at[3] <= '7') {
            text_add_char(out, (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0')));
            at += 4;
        } else if (end - at >= 2 && at[1] == '\\') {
            text_add_char(out, '\\');
            at += 2;
        } else {
            FORMAT_FAIL(STATUS_INVALID_TEXT_REPRESENTATION, "invalid input syntax for type %s", "bytea");
        }
    }
    return true;
}

typedef enum Encoding { ENCODING_UNKNOWN, ENCODING_HEX, ENCODING_BASE64, ENCODING_ESCAPE } Encoding;

static Encoding encoding_of(const View *name) {
    static const char *const names[] = {"hex", "base64", "escape"};
    for (int i = 0; i < 3; i++)
        if (strlen(names[i]) == name->length && strncasecmp(names[i], view_bytes(name), name->length) == 0)
            return (Encoding)(i + 1);
    return ENCODING_UNKNOWN;
}

static void encode(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i), *name = argument_view(arguments, 1, i);
        const unsigned char *bytes = (const unsigned char *)view_bytes(view);
        switch (encoding_of(name)) {
        case ENCODING_UNKNOWN:
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE, "unrecognized encoding: \"%.*s\"",
                (int)name->length, view_bytes(name));
            continue;
        case ENCODING_HEX:
            encode_hex(bytes, view->length, &out);
            break;
        case ENCODING_BASE64:
            encode_base64(bytes, view->length, &out);
            break;
        case ENCODING_ESCAPE:
            encode_escape(bytes, view->length, &out);
            break;
        }
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

static void decode(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *view = argument_view(arguments, 0, i), *name = argument_view(arguments, 1, i);
        const char *at = view_bytes(view), *end = at + view->length;
        bool is_fine = false;
        switch (encoding_of(name)) {
        case ENCODING_UNKNOWN:
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE, "unrecognized encoding: \"%.*s\"",
                (int)name->length, view_bytes(name));
            break;
        case ENCODING_HEX:
            is_fine = decode_hex(context, i, at, end, &out);
            break;
        case ENCODING_BASE64:
            is_fine = decode_base64(context, i, at, end, &out);
            break;
        case ENCODING_ESCAPE:
            is_fine = decode_escape(context, i, at, end, &out);
            break;
        }
        if (is_fine)
            result_take_text(result, i, &out);
        text_reset(&out);
    }
    text_free(&out);
}

const FunctionRow quote_functions[] = {
    {"quote_ident(text) -> text", quote_ident},
    {"quote_literal(text) -> text", quote_literal},
    {"quote_literal(anyelement) -> text", quote_literal, FUNCTION_STABLE},
    {"quote_nullable(text) -> text", quote_literal, FUNCTION_NOT_STRICT},
    {"quote_nullable(anyelement) -> text", quote_literal, FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    {"format(text, any...) -> text", format, FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    {"format(text) -> text", format, FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    {"encode(bytea, text) -> text", encode},
    {"decode(text, text) -> bytea", decode},
    {0},
};
