/* OpenEpoch: what will go with the next commit: its number, the time P of its last step, facts, who waits for
   it, and the row ids that it makes durable. The coordinator's thread, unless it says otherwise. */
#ifndef LEAT_ENGINE_OPEN_EPOCH_H
#define LEAT_ENGINE_OPEN_EPOCH_H

#include "executor/engine/commit/completion.h"
#include "executor/state/store.h"

typedef struct OpenEpoch OpenEpoch;

typedef struct OpenEpochSpec {
    Store *store;                     /* NULL: nothing is durable */
    int64_t (*clock)(void *argument); /* microseconds since 2000-01-01 UTC */
    void *clock_argument;
    uint64_t *shown; /* where operators read the epoch's number */
} OpenEpochSpec;

OpenEpoch *open_epoch_create(const OpenEpochSpec *spec);
void open_epoch_destroy(OpenEpoch *open); /* NULL is fine */
/* Begins after the last committed epoch, if there is one: at a start, and after a failed commit. Row ids go
   on behind all that were given. */
Status open_epoch_load(OpenEpoch *open, Error *error);

uint64_t open_epoch_number(const OpenEpoch *open);
int64_t open_epoch_time(const OpenEpoch *open);
/* P becomes the clock's time, if that is later. */
void open_epoch_take_time(OpenEpoch *open);
int64_t open_epoch_clock(const OpenEpoch *open);

/* Facts are appended here. They stand behind all other parts of the commit. */
Cut *open_epoch_stage(OpenEpoch *open);
/* There is something to commit. */
void open_epoch_touch(OpenEpoch *open);
bool open_epoch_is_touched(const OpenEpoch *open); /* or has facts */
void open_epoch_wait(OpenEpoch *open, Completion completion);
void open_epoch_wait_all(OpenEpoch *open, Waiters *waiters);
bool open_epoch_is_awaited(const OpenEpoch *open);

/* What was cut is handed over (both appended to, or taken), and the next epoch is open. */
void open_epoch_close(OpenEpoch *open, Cut *facts, Waiters *waiters);
/* Nothing changed: who waits is answered without a commit. error: or with that. */
void open_epoch_answer(OpenEpoch *open, const Error *error);
/* The facts will not be committed. */
void open_epoch_drop(OpenEpoch *open);

/* The first of `count` fresh row ids, never given twice. Any thread. */
int64_t open_epoch_next_row_id(OpenEpoch *open, int count);

#endif
