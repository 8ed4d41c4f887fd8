/* Messages: fields in network byte order; every frame is a type, a length that counts itself, a body. */
#include "server/pgwire/message.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

size_t message_begin(Text *out, char type) {
    size_t start = out->length;
    text_add_char(out, type);
    wire_add_int32(out, 0);
    return start;
}

void message_end(Text *out, size_t start) {
    uint32_t length = htobe32((uint32_t)(out->length - start - 1));
    memcpy(out->bytes + start + 1, &length, sizeof length);
}

void message_plain(Text *out, char type) {
    message_end(out, message_begin(out, type));
}

void message_authentication_ok(Text *out) {
    size_t start = message_begin(out, 'R');
    wire_add_int32(out, 0);
    message_end(out, start);
}

void message_authentication_sasl(Text *out, const char *const *mechanisms, int count) {
    size_t start = message_begin(out, 'R');
    wire_add_int32(out, 10);
    for (int i = 0; i < count; i++)
        wire_add_string(out, mechanisms[i]);
    text_add_char(out, 0);
    message_end(out, start);
}

void message_authentication_sasl_data(Text *out, bool is_final, const char *bytes, size_t length) {
    size_t start = message_begin(out, 'R');
    wire_add_int32(out, is_final ? 12 : 11);
    text_add(out, bytes, length);
    message_end(out, start);
}

void message_backend_key(Text *out, int process_id, uint32_t key) {
    size_t start = message_begin(out, 'K');
    wire_add_int32(out, process_id);
    wire_add_int32(out, (int32_t)key);
    message_end(out, start);
}

void message_parameter_status(Text *out, const char *name, const char *text) {
    size_t start = message_begin(out, 'S');
    wire_add_string(out, name);
    wire_add_string(out, text);
    message_end(out, start);
}

void message_negotiate_version(Text *out, int version, const char *const *options, int option_count) {
    size_t start = message_begin(out, 'v');
    wire_add_int32(out, version);
    wire_add_int32(out, option_count);
    for (int i = 0; i < option_count; i++)
        wire_add_string(out, options[i]);
    message_end(out, start);
}

void message_ready(Text *out, char transaction_status) {
    size_t start = message_begin(out, 'Z');
    text_add_char(out, transaction_status);
    message_end(out, start);
}

static void add_field(Text *out, char code, const char *text) {
    if (text == NULL)
        return;
    text_add_char(out, code);
    wire_add_string(out, text);
}

static void add_report(Text *out, char type, const char *severity, const Error *error) {
    size_t start = message_begin(out, type);
    add_field(out, 'S', severity);
    add_field(out, 'V', severity);
    add_field(out, 'C', status_sqlstate(error->status));
    add_field(out, 'M', error->message == NULL ? "" : error->message);
    add_field(out, 'D', error->detail);
    add_field(out, 'H', error->hint);
    if (error->position > 0) {
        char position[16];
        snprintf(position, sizeof position, "%d", error->position);
        add_field(out, 'P', position);
    }
    for (int i = 0; i < ERROR_NAME_COUNT; i++)
        add_field(out, "stcnR"[i], error -> names[i]);
    text_add_char(out, 0);
    message_end(out, start);
}

void message_error(Text *out, const Error *error) {
    add_report(out, 'E', "ERROR", error);
}

void message_fatal(Text *out, const Error *error) {
    add_report(out, 'E', "FATAL", error);
}

void message_notice(Text *out, Severity severity, const Error *notice) {
    add_report(out, 'N', severity_name(severity), notice);
}

void message_notification(Text *out, const Notification *notification) {
    size_t start = message_begin(out, 'A');
    wire_add_int32(out, notification->process_id);
    wire_add_string(out, notification->channel);
    wire_add_string(out, notification->payload);
    message_end(out, start);
}

void message_command_complete(Text *out, const char *tag) {
    size_t start = message_begin(out, 'C');
    wire_add_string(out, tag);
    message_end(out, start);
}

void message_parameter_description(Text *out, const Type *types, int count) {
    size_t start = message_begin(out, 't');
    wire_add_int16(out, count);
    for (int i = 0; i < count; i++)
        wire_add_int32(out, (int32_t)type_oid(types[i]));
    message_end(out, start);
}

void message_row_description(Text *out, const ResultColumn *columns, int count, const int16_t *formats) {
    size_t start = message_begin(out, 'T');
    wire_add_int16(out, count);
    for (int i = 0; i < count; i++) {
        wire_add_string(out, columns[i].name);
        wire_add_int32(out, (int32_t)columns[i].relation_oid);
        wire_add_int16(out, columns[i].column_number);
        wire_add_int32(out, (int32_t)type_oid(columns[i].type));
        wire_add_int16(out, type_length(columns[i].type));
        wire_add_int32(out, columns[i].type.modifier);
        wire_add_int16(out, formats == NULL ? 0 : formats[i]);
    }
    message_end(out, start);
}

void message_copy_response(Text *out, char type, bool is_binary, int column_count) {
    size_t start = message_begin(out, type);
    text_add_char(out, is_binary);
    wire_add_int16(out, column_count);
    for (int i = 0; i < column_count; i++)
        wire_add_int16(out, is_binary);
    message_end(out, start);
}
