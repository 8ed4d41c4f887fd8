/* Events: what a statement answers, as server-sent events with lines of JSON:

     event: columns   [{"name": "a", "type": 23}, …]
     (no event name)  a row: ["1", null, …]
     event: copy      a line of COPY … TO STDOUT
     event: notice, event: error
                      {"severity": …, "code": …, "message": …, "detail": …, "hint": …, "position": …}
     event: complete  "SELECT 2"
     event: end       the last */
#ifndef LEAT_HTTP_EVENTS_H
#define LEAT_HTTP_EVENTS_H

#include "server/conversation/protocol.h"

/* The functions of a Protocol. */
void events_add_columns(Conversation *conversation, const Prepared *prepared, const int16_t *formats);
void events_add_row(RowWriter *writer, int row, Text *out);
size_t events_begin_copy(Text *out);
void events_end_copy(Text *out, size_t start);
void events_add_complete(Conversation *conversation, const char *tag);
void events_add_empty(Conversation *conversation);
void events_add_error(Conversation *conversation, const Error *error, bool is_fatal);
void events_add_notice(Conversation *conversation, Severity severity, const Error *notice);
void events_add_end(Text *out);

#endif
