/* Scroll: FETCH and MOVE in any direction over a SCROLL cursor, which keeps the rows that it has given. */
#ifndef LEAT_SESSION_SCROLL_H
#define LEAT_SESSION_SCROLL_H

#include "server/session/session_internal.h"

/* What gives the rows that `fetch` asks for of a started cursor with portal->scroll. The name is looked up at
   each step. */
Execution *scroll_fetch(Session *session, const SyntaxFetch *fetch);

#endif
