/* Notifications between sessions: what the engine calls at the ends of transactions and sessions. */
#ifndef LEAT_COMMANDS_NOTIFY_H
#define LEAT_COMMANDS_NOTIFY_H

#include "server/commands/command.h"

typedef struct Notices Notices;

/* LISTEN, UNLISTEN, NOTIFY: noted for the transaction's commit. */
Status notify_run(SimpleExecution *execution, Error *error);
/* The transaction has committed. */
void notify_commit(Session *session);
/* … or has not. */
void notify_forget(SessionState *state);
void notify_close(SessionState *state);
/* At once, outside a transaction block. */
void notify_unlisten(Session *session);
bool notify_take(void *context, Session *session, Notification *notification);
/* Fills the session's functions. */
void notify_facts(SessionFacts *facts);

#endif
