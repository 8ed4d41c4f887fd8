/* Events: what a statement answers, as server-sent events: PostgreSQL's messages, which the conversation
   writes, become lines of JSON. */
#ifndef LEAT_HTTP_EVENTS_H
#define LEAT_HTTP_EVENTS_H

#include <stdbool.h>

#include "executor/base/text.h"

/* Reads whole messages and adds their events; *is_over when the query has ended, or wants what HTTP can't
   bring. event: columns   [{"name": "a", "type": 23}, …] (no event name)  a row: ["1", null, …] event: copy
   a line of COPY … TO STDOUT event: notice, event: error   {"severity": …, "code": …, "message": …, "detail":
   …, "hint": …, "position": …} event: complete  "SELECT 2" event: end       the last */
void events_add(const Text *messages, Text *out, bool *is_over);

#endif
