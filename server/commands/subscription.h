/* Subscription: a relation's content and then its changes, epoch by epoch: SUBSCRIBE, SELECT … EMIT CHANGES.
 */
#ifndef LEAT_COMMANDS_SUBSCRIPTION_H
#define LEAT_COMMANDS_SUBSCRIPTION_H

#include "server/commands/command.h"

/* To a named relation, or (name NULL) to a query, which becomes a transient job. options may be NULL:
   SNAPSHOT, no PROGRESS. */
Status subscription_prepare(Analysis *analysis, const SyntaxName *name, const SyntaxSelect *query, int start,
    int length, const SyntaxOptions *options, Error *error);
Status subscription_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error);

#endif
