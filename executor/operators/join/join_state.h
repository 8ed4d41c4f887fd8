/* What the files of HashJoin share: its two sides, and the probe of one batch against the other side's rows.
 */
#ifndef LEAT_OPERATORS_JOIN_STATE_H
#define LEAT_OPERATORS_JOIN_STATE_H

#include "executor/operators/rows/expiry_queue.h"
#include "executor/operators/join/join.h"
#include "executor/operators/operator.h"
#include "executor/operators/rows/row_table.h"
#include "executor/operators/rows/slot_output.h"

/* One input's rows. Of a preserved side each row has a match count: how many rows of the other side it meets;
   what it means for the output is decided at finalisation. */
typedef struct JoinSide {
    RowTable rows;
    const Schema *schema;
    const int *keys;
    bool is_preserved;
    int64_t *old_matches; /* by place in rows.touched */
    int old_capacity;
    ExpiryQueue expiry;
    int expiry_column;    /* −1: never */
    int expiry_watermark; /* of the other side's columns */
    int64_t expiry_delay;
} JoinSide;

typedef struct PendingBatch {
    Batch *batch; /* dense */
    int input;
    bool is_streaming; /* one-shot and the other side was complete: nothing of it is kept */
} PendingBatch;

/* Candidates of one batch: each row with each row of the other side that may match, resumable anywhere. */
typedef struct JoinProbe {
    Batch *batch; /* NULL: no probe is on */
    int input;
    bool is_streaming;
    int row;
    int stage;      /* which list of the row is being walked */
    Slot slot;      /* the next of a chain */
    int place;      /* the next of `all` */
    Slot *heads;    /* by row */
    Slot null_head; /* null-aware: the rows without a key */
    Slot *all;      /* every row of the other side, where all are candidates */
    int all_count;
    int all_capacity;
    bool has_all;
    int64_t *matches; /* by row, when the batch's side is preserved */
    int pair_count;
    uint16_t *pair_rows;
    Slot *pair_slots;
    int64_t *pair_diffs;
} JoinProbe;

typedef struct Join {
    Operator base;
    const JoinParameters *parameters;
    JoinSide sides[2];
    Evaluator *residual;
    Arena *messages;
    bool emits_pairs;
    bool is_keyed;    /* candidates come from chains; else every row is one */
    bool checks_keys; /* null-aware over several keys: candidates are checked key by key */
    bool is_sealed[2];
    BatchQueue held; /* a lookup's left rows, until the right ones of this step are complete */
    PendingBatch *pending;
    int pending_head, pending_count, pending_capacity;
    JoinProbe probe;
    BatchQueue output;
    SlotOutput *padding; /* scratch of the finalisation */
    bool is_checked;     /* this step's finalisation has begun */
    int final_side, final_place;
    bool is_finished;
} Join;

/* join_probe.c */
void join_probe_open(Join *join);
void join_probe_close(Join *join);
/* Takes over the pending batch. */
Status join_probe_begin(Join *join, PendingBatch pending, Error *error);
/* Works on up to BATCH_ROWS_MAX candidates; output goes to the queue. At the end the batch's rows are added
   to its side. */
Status join_probe_step(Join *join, Error *error);

/* Remembers what a row of a preserved side was before the step. */
void join_side_touch(JoinSide *side, Slot slot);

#endif
