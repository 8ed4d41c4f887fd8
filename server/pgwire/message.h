/* Messages: PostgreSQL protocol 3, framed: what is written, one line a message, and how the fields of one
   received are read. */
#ifndef LEAT_PGWIRE_MESSAGE_H
#define LEAT_PGWIRE_MESSAGE_H

#include <stdbool.h>

#include "executor/base/text.h"
#include "server/session/session.h"

/* Writing: every function adds whole messages to `out`. */

void message_authentication_ok(Text *out);
/* The mechanisms that may be chosen from. */
void message_authentication_sasl(Text *out, const char *const *mechanisms, int count);
/* What the mechanism says next; is_final: nothing more is expected. */
void message_authentication_sasl_data(Text *out, bool is_final, const char *bytes, size_t length);
void message_backend_key(Text *out, int process_id, uint32_t key);
void message_parameter_status(Text *out, const char *name, const char *text);
/* version: the newest supported, as in a startup packet (PostgreSQL sends all of it, though its manual says
   the minor only). */
void message_negotiate_version(Text *out, int version, const char *const *options, int option_count);
void message_ready(Text *out, char transaction_status);
void message_error(Text *out, const Error *error); /* severity ERROR */
void message_fatal(Text *out, const Error *error);
void message_notice(Text *out, Severity severity, const Error *notice);
void message_notification(Text *out, const Notification *notification);
void message_command_complete(Text *out, const char *tag);
/* Messages without a body: '1' ParseComplete, '2' BindComplete, '3' CloseComplete, 'n' NoData, 's'
   PortalSuspended, 'I' EmptyQueryResponse, 'c' CopyDone. */
void message_plain(Text *out, char type);
void message_parameter_description(Text *out, const Type *types, int count);
/* formats: a code a column; NULL = text. */
void message_row_description(Text *out, const ResultColumn *columns, int count, const int16_t *formats);
/* 'G' CopyInResponse or 'H' CopyOutResponse. */
void message_copy_response(Text *out, char type, bool is_binary, int column_count);

/* A message of the caller's own: begin, add fields in network order, end. */
size_t message_begin(Text *out, char type);
void message_end(Text *out, size_t start);
void wire_add_int16(Text *out, int value);
void wire_add_int32(Text *out, int32_t value);
void wire_add_string(Text *out, const char *string); /* with its NUL */

/* Reading. is_bad is set, and zeros come back, once anything reaches beyond the end; is_bad_string if that
   was a string. */
typedef struct WireReader {
    const char *cursor;
    const char *end;
    bool is_bad;
    bool is_bad_string;
} WireReader;

int wire_read_byte(WireReader *reader);
int wire_read_int16(WireReader *reader);
int32_t wire_read_int32(WireReader *reader);
const char *wire_read_string(WireReader *reader);               /* "" when it has no end */
const char *wire_read_bytes(WireReader *reader, size_t length); /* NULL when too short */
/* All read, nothing left, nothing bad; else 08P01. */
Status wire_read_end(const WireReader *reader, Error *error);

#endif
