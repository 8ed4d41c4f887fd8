/* Sequences: their present values, durable without a commit a value: a commit sets a stretch aside before its
   first value is given. So a value that was given is never given again, whatever happens. */
#ifndef LEAT_ENGINE_SEQUENCES_H
#define LEAT_ENGINE_SEQUENCES_H

#include "executor/engine/coordinator.h"
#include "server/catalog/object.h"
#include "server/session/session.h"

typedef struct Sequences Sequences;

Sequences *sequences_create(Store *store, Coordinator *coordinator);
void sequences_destroy(Sequences *sequences); /* NULL is fine */

/* Any thread that may wait for a commit; cancelling the session's statement ends it. Values are not taken
   back by a rollback, and those set aside are passed over after a restart. 2200H at the end of one that does
   not cycle. */
Status sequence_next(
    Sequences *sequences, const Session *session, const Object *object, int64_t *value, Error *error);
typedef struct SequenceValue {
    int64_t value;
    bool is_called; /* the next one is that behind it */
} SequenceValue;
Status sequence_set(
    Sequences *sequences, const Session *session, const Object *object, SequenceValue set, Error *error);
/* set_aside: how many values may follow without a commit. */
Status sequence_read(Sequences *sequences, const Object *object, int64_t *last, bool *is_called,
    int64_t *set_aside, Error *error);
/* Its fact goes with the next commit. Coordinator's thread. */
void sequence_forget(Sequences *sequences, uint32_t id);

#endif
