/* PortalRun: a portal's rows to the client, then the commit that a statement ends with. */
#ifndef LEAT_CONVERSATION_PORTAL_RUN_H
#define LEAT_CONVERSATION_PORTAL_RUN_H

#include "server/conversation/conversation.h"

/* Makes the portal's rows the activity; the run's portal, row_max, is_described, done and suspended are set.
   Announces COPY, or its columns. */
Need portal_run_begin(Conversation *conversation, const PortalRun *run);
/* The activity: sends rows until the portal is done or suspended, or something has to be waited for. */
Need portal_run(Conversation *conversation);
/* The tag of a statement whose execution gave none: with the number of rows for those that PostgreSQL counts.
 */
void portal_tag(const Prepared *prepared, int64_t row_count, char *tag);

/* Makes the activity: commit the implicit transaction, if there is one; say the kept tag, if there is one;
   then `after`. */
Need commit_run_begin(Conversation *conversation, Activity after);

#endif
