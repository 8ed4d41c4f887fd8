/* StateSpace: the state tables of one operator instance, how they are cut and loaded, and the memory they may
   use. */
#ifndef LEAT_STATE_STATE_SPACE_H
#define LEAT_STATE_STATE_SPACE_H

#include <stdatomic.h>

#include "executor/state/state_table.h"
#include "executor/state/store.h"

/* Shared by all spaces of a server. Beyond the limit, state_space_end_step evicts what was not touched
   lately. A limit of 0 evicts everything at every step's end: results must be the same. */
typedef struct MemoryBudget {
    atomic_size_t used;
    size_t limit; /* SIZE_MAX: none */
} MemoryBudget;

/* Bytes that should be evicted: down to nine tenths of the limit once it is passed. NULL: none. */
static inline size_t budget_excess(const MemoryBudget *budget) {
    if (budget == NULL || budget->limit == SIZE_MAX)
        return 0;
    size_t used = atomic_load_explicit(&((MemoryBudget *)budget)->used, memory_order_relaxed);
    return used > budget->limit ? used - (budget->limit - budget->limit / 10) : 0;
}

/* Which of `count` parts (workers) owns a shard, and the first shard of a part. */
static inline int shard_part(uint32_t shard, int count) {
    return (int)((uint64_t)shard * (uint32_t)count >> 16);
}
static inline uint32_t part_shard_begin(int part, int count) {
    return (uint32_t)((((uint64_t)part << 16) + (uint32_t)count - 1) / (uint32_t)count);
}

typedef struct StateSpaceSpec {
    uint32_t object_id;   /* the job; 32 bit, never reused */
    uint32_t operator_id; /* OperatorSpec.id */
    uint32_t worker;      /* part of the keys of the blocks it writes */
    uint32_t shard_begin; /* shards this instance owns: [begin, end) of 0 … 65536 */
    uint32_t shard_end;
    bool is_one_shot;     /* no dirty marks, no store, no eviction */
    Store *store;         /* NULL when one-shot, or in tests without durability */
    MemoryBudget *budget; /* NULL: none */
} StateSpaceSpec;

StateSpace *state_space_create(const StateSpaceSpec *spec);
void state_space_destroy(StateSpace *space);
/* Reads the blocks of its shards from the store into the tables as they are opened; call before
   Operator.open. */
Status state_space_load(StateSpace *space, Error *error);
/* Between steps: encodes what changed since the last cut as column blocks of at most 1 MB, sorted by shard,
   key (object, operator, table, epoch, worker, n); rewrites a stretch of a log that exceeds twice its live
   size and deletes blocks that it replaces; clears the marks. The cut before this one has been committed: one
   commit is in flight. A cut that is not committed leaves the space of no use: it is loaded anew. */
void state_space_cut(StateSpace *space, uint64_t epoch, Cut *cut);
bool state_space_is_dirty(const StateSpace *space);
size_t state_space_dirty_bytes(const StateSpace *space);
/* A step pins every slot it finds or inserts until its end; then eviction may run (writing to the next cut
   what is dirty, to COLD what leaves). */
void state_space_begin_step(StateSpace *space);
void state_space_end_step(StateSpace *space);
/* Tells the budget what it holds now; the end of a step does, too. */
void state_space_account(StateSpace *space);
/* Adds the deletion of all durable state of the object: DROP. */
void state_drop_object(uint32_t object_id, Cut *cut);
size_t state_space_bytes(const StateSpace *space);
int64_t state_space_rows(const StateSpace *space);

#endif
