/* Messages: what is written of PostgreSQL protocol 3, framed, one line a message. */
#ifndef LEAT_PGWIRE_MESSAGE_H
#define LEAT_PGWIRE_MESSAGE_H

#include "executor/base/text.h"
#include "server/network/wire.h"
#include "server/session/session.h"

/* Every function adds whole messages to `out`. */

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

#endif
