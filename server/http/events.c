/* Events: one PostgreSQL message after the other; what says nothing to a reader of results is left out. */
#include "server/http/events.h"

#include <endian.h>
#include <string.h>

#include "executor/types/json.h"

static uint32_t read_u32(const char *bytes) {
    uint32_t network;
    memcpy(&network, bytes, sizeof network);
    return be32toh(network);
}

static uint16_t read_u16(const char *bytes) {
    uint16_t network;
    memcpy(&network, bytes, sizeof network);
    return be16toh(network);
}

static void add_quoted(Text *out, const char *text) {
    json_add_quoted(out, text, strlen(text));
}

static void add_columns(const char *body, Text *out) {
    int count = read_u16(body);
    text_add_string(out, "event: columns\ndata: [");
    body += 2;
    for (int i = 0; i < count; i++) {
        text_add_string(out, i > 0 ? ",{\"name\":" : "{\"name\":");
        add_quoted(out, body);
        body += strlen(body) + 1;
        text_printf(out, ",\"type\":%u}", read_u32(body + 6));
        body += 18;
    }
    text_add_string(out, "]\n\n");
}

static void add_row(const char *body, Text *out) {
    int count = read_u16(body);
    text_add_string(out, "data: [");
    body += 2;
    for (int i = 0; i < count; i++) {
        int32_t length = (int32_t)read_u32(body);
        text_add_string(out, i > 0 ? "," : "");
        body += 4;
        if (length < 0)
            text_add_string(out, "null");
        else
            json_add_quoted(out, body, (size_t)length);
        body += length < 0 ? 0 : length;
    }
    text_add_string(out, "]\n\n");
}

static void add_report(const char *name, const char *body, Text *out) {
    static const struct {
        char field;
        const char *name;
    } fields[] = {{'V', "severity"}, {'C', "code"}, {'M', "message"}, {'D', "detail"}, {'H', "hint"},
        {'P', "position"}};
    text_printf(out, "event: %s\ndata: {", name);
    bool is_first = true;
    for (; *body != 0; body += strlen(body) + 1)
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
            if (*body == fields[i].field) {
                text_printf(out, "%s\"%s\":", is_first ? "" : ",", fields[i].name);
                add_quoted(out, body + 1);
                is_first = false;
            }
    text_add_string(out, "}\n\n");
}

static void add_text(const char *name, const char *body, size_t length, Text *out) {
    text_printf(out, "event: %s\ndata: ", name);
    json_add_quoted(out, body, length);
    text_add_string(out, "\n\n");
}

void events_add(const Text *messages, Text *out, bool *is_over) {
    const char *at = messages->bytes, *end = at + messages->length;
    *is_over = false;
    while (at < end && !*is_over) {
        const char *body = at + 5;
        size_t length = read_u32(at + 1) - 4;
        switch (*at) {
        case 'T':
            add_columns(body, out);
            break;
        case 'D':
            add_row(body, out);
            break;
        case 'd':
            add_text("copy", body, length - (length > 0 && body[length - 1] == '\n'), out);
            break;
        case 'C':
            add_text("complete", body, length - 1, out);
            break;
        case 'I':
            add_text("complete", "", 0, out);
            break;
        case 'N':
            add_report("notice", body, out);
            break;
        case 'E':
            add_report("error", body, out);
            break;
        case 'G':
            text_add_string(out,
                "event: error\ndata: {\"severity\":\"ERROR\",\"code\":\"0A000\",\"message\":\"COPY FROM "
                "STDIN is not supported over HTTP\"}\n\n");
            *is_over = true;
            break;
        case 'Z':
            text_add_string(out, "event: end\ndata: {}\n\n");
            *is_over = true;
            break;
        }
        at = body + length;
    }
}
