/* url functions: percent-encoding of form fields, and the parts of an address. */
#include <ctype.h>
#include <strings.h>

#include "executor/functions/text/string_kernel.h"

static void url_encode(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i);
        text_reset(&out);
        for (uint32_t k = 0; k < view->length; k++) {
            unsigned char c = (unsigned char)view_bytes(view)[k];
            if (c < 0x80 && (isalnum(c) || strchr("-_.*", c) != NULL) && c != 0)
                text_add_char(&out, (char)c);
            else if (c == ' ')
                text_add_char(&out, '+');
            else
                text_printf(&out, "%%%02X", c);
        }
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

static int hex_value(char c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* False where a % is not followed by two digits, or the bytes are no text. */
static bool decode(const View *view, Text *out) {
    const char *bytes = view_bytes(view);
    for (uint32_t k = 0; k < view->length; k++) {
        if (bytes[k] != '%') {
            text_add_char(out, bytes[k] == '+' ? ' ' : bytes[k]);
            continue;
        }
        if (k + 2 >= view->length || hex_value(bytes[k + 1]) < 0 || hex_value(bytes[k + 2]) < 0)
            return false;
        char c = (char)(hex_value(bytes[k + 1]) * 16 + hex_value(bytes[k + 2]));
        if (c == 0)
            return false;
        text_add_char(out, c);
        k += 2;
    }
    size_t bad;
    return utf8_is_valid(text_string(out), out->length, &bad);
}

static void url_decode(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        text_reset(&out);
        if (row_is_null(context, i))
            continue;
        if (decode(argument_view(arguments, 0, i), &out))
            result_take_text(result, i, &out);
        else
            column_set_null(result, i);
    }
    text_free(&out);
}

/* A part of an address; bytes NULL: it has none. */
typedef struct Part {
    const char *bytes;
    size_t length;
} Part;

typedef struct Address {
    Part protocol, authority, user, host, path, query, reference, file;
} Address;

static Part part_between(const char *from, const char *to) {
    return (Part){from, (size_t)(to - from)};
}

static const char *find_any(const char *at, const char *end, const char *stops) {
    while (at < end && strchr(stops, *at) == NULL)
        at++;
    return at;
}

/* protocol://user@host:port/path?query#reference */
static bool read_address(const char *at, const char *end, Address *address) {
    *address = (Address){0};
    const char *colon = find_any(at, end, ":/?#");
    if (colon == end || *colon != ':' || colon == at)
        return false;
    address->protocol = part_between(at, colon);
    at = colon + 1;
    if (end - at >= 2 && at[0] == '/' && at[1] == '/') {
        const char *from = at + 2, *to = find_any(from, end, "/?#"),
                   *sign = memchr(from, '@', (size_t)(to - from));
        address->authority = part_between(from, to);
        if (sign != NULL)
            address->user = part_between(from, sign);
        from = sign == NULL ? from : sign + 1;
        address->host = part_between(from, find_any(from, to, from < to && *from == '[' ? "]" : ":"));
        if (from < to && *from == '[' && address->host.length < (size_t)(to - from))
            address->host.length++;
        at = to;
    }
    const char *path_end = find_any(at, end, "?#"), *query_end = find_any(path_end, end, "#");
    address->path = part_between(at, path_end);
    if (query_end > path_end)
        address->query = part_between(path_end + 1, query_end);
    address->file = part_between(at, query_end);
    if (query_end < end)
        address->reference = part_between(query_end + 1, end);
    return true;
}

static Part named_part(const Address *address, const View *name) {
    const struct {
        const char *name;
        Part part;
    } parts[] = {{"HOST", address->host}, {"PATH", address->path}, {"QUERY", address->query},
        {"REF", address->reference}, {"PROTOCOL", address->protocol}, {"AUTHORITY", address->authority},
        {"FILE", address->file}, {"USERINFO", address->user}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strlen(parts[i].name) == name->length &&
            strncasecmp(parts[i].name, view_bytes(name), name->length) == 0)
            return parts[i].part;
    return (Part){0};
}

/* The value of key=value in a query. */
static Part query_value(Part query, const View *key) {
    const char *end = query.bytes + query.length;
    for (const char *at = query.bytes; at != NULL && at < end;) {
        const char *stop = find_any(at, end, "&"), *sign = find_any(at, stop, "=");
        if (sign < stop && (size_t)(sign - at) == key->length &&
            memcmp(at, view_bytes(key), key->length) == 0)
            return part_between(sign + 1, stop);
        at = stop + 1;
    }
    return (Part){0};
}

static void parse_url(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *view = argument_view(arguments, 0, i);
        Address address;
        Part part = {0};
        if (read_address(view_bytes(view), view_bytes(view) + view->length, &address))
            part = named_part(&address, argument_view(arguments, 1, i));
        if (argument_count > 2)
            part = part.bytes != address.query.bytes ? (Part){0}
                                                     : query_value(part, argument_view(arguments, 2, i));
        if (part.bytes == NULL)
            column_set_null(result, i);
        else
            column_set_bytes(result, i, part.bytes, (uint32_t)part.length);
    }
}

const FunctionRow url_functions[] = {
    {"url_encode(text) -> text", url_encode},
    {"url_decode(text) -> text", url_decode},
    {"parse_url(text, text) -> text", parse_url},
    {"parse_url(text, text, text) -> text", parse_url},
    {0},
};
