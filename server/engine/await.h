/* Await: what an execution waits for, and the coordinator completes. */
#ifndef LEAT_ENGINE_AWAIT_H
#define LEAT_ENGINE_AWAIT_H

#include "executor/engine/coordinator.h"
#include "server/session/execution.h"

/* Something that the coordinator completes later. Reference counted: by the execution and by the completion.
 */
typedef struct Await Await;
Await *await_create(Execution *execution);        /* NULL: nobody is woken */
Completion await_completion(Await *await);        /* takes one reference over */
bool await_is_done(Await *await, Error *outcome); /* outcome: copied, empty when well */
/* Blocks the thread, which may be any that waits, until it is done or the session's statement is cancelled.
 */
Status await_block(Await *await, const Session *session, Error *error);
enum { CANCEL_SEEN_US = 10000 }; /* how often who blocks looks whether he is cancelled */
void await_detach(Await *await); /* no wake from now on; drops the execution's reference */

#endif
