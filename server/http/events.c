/* Events: one line of JSON each. */
#include "server/http/events.h"

#include <stdio.h>
#include <string.h>

#include "executor/types/json.h"

static void add_quoted(Text *out, const char *text) {
    json_add_quoted(out, text, strlen(text));
}

void events_add_columns(Conversation *conversation, const Prepared *prepared, const int16_t *formats) {
    (void)formats;
    Text *out = &conversation->output;
    text_add_string(out, "event: columns\ndata: [");
    for (int i = 0; i < prepared->column_count; i++) {
        text_add_string(out, i > 0 ? ",{\"name\":" : "{\"name\":");
        add_quoted(out, prepared->columns[i].name);
        text_printf(out, ",\"type\":%u}", type_oid(prepared->columns[i].type));
    }
    text_add_string(out, "]\n\n");
}

void events_add_row(RowWriter *writer, int row, Text *out) {
    text_add_string(out, "data: [");
    for (int i = 0; i < writer->column_count; i++) {
        text_add_string(out, i > 0 ? "," : "");
        if (row_column_is_null(&writer->columns[i], row)) {
            text_add_string(out, "null");
            continue;
        }
        text_reset(&writer->value);
        row_column_add(&writer->columns[i], row, &writer->value);
        json_add_quoted(out, text_string(&writer->value), writer->value.length);
    }
    text_add_string(out, "]\n\n");
}

size_t events_begin_copy(Text *out) {
    text_add_string(out, "event: copy\ndata: ");
    return out->length;
}

/* The line's own end is the event's. */
void events_end_copy(Text *out, size_t start) {
    Text line = {0};
    size_t length = out->length - start;
    bool has_end = length > 0 && out->bytes[out->length - 1] == '\n';
    text_add(&line, out->bytes + start, length - has_end);
    out->length = start;
    json_add_quoted(out, text_string(&line), line.length);
    text_add_string(out, "\n\n");
    text_free(&line);
}

static void add_tag(Text *out, const char *tag) {
    text_add_string(out, "event: complete\ndata: ");
    add_quoted(out, tag);
    text_add_string(out, "\n\n");
}

void events_add_complete(Conversation *conversation, const char *tag) {
    add_tag(&conversation->output, tag);
}

void events_add_empty(Conversation *conversation) {
    add_tag(&conversation->output, "");
}

static void add_field(Text *out, const char *name, const char *text) {
    if (text == NULL)
        return;
    text_printf(out, ",\"%s\":", name);
    add_quoted(out, text);
}

static void add_report(Text *out, const char *event, const char *severity, const Error *error) {
    char position[16];
    snprintf(position, sizeof position, "%d", error->position);
    text_printf(out, "event: %s\ndata: {\"severity\":\"%s\"", event, severity);
    add_field(out, "code", status_sqlstate(error->status));
    add_field(out, "message", error->message == NULL ? "" : error->message);
    add_field(out, "detail", error->detail);
    add_field(out, "hint", error->hint);
    add_field(out, "position", error->position > 0 ? position : NULL);
    text_add_string(out, "}\n\n");
}

void events_add_error(Conversation *conversation, const Error *error, bool is_fatal) {
    add_report(&conversation->output, "error", is_fatal ? "FATAL" : "ERROR", error);
}

void events_add_notice(Conversation *conversation, Severity severity, const Error *notice) {
    add_report(&conversation->output, "notice", severity_name(severity), notice);
}

void events_add_end(Text *out) {
    text_add_string(out, "event: end\ndata: {}\n\n");
}
