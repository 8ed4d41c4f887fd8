/* ScriptRun: the statements of one text, one after the other, in one implicit transaction. */
#ifndef LEAT_CONVERSATION_SCRIPT_RUN_H
#define LEAT_CONVERSATION_SCRIPT_RUN_H

#include "server/conversation/conversation.h"

/* Begins to run the text, which is not kept; the protocol's `ready` ends it, or its `recover`. */
Need script_run_begin(Conversation *conversation, const char *text);

#endif
