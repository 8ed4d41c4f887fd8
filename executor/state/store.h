/* Store: everything durable, in one RocksDB. store.c is the only file that knows RocksDB. */
#ifndef LEAT_STATE_STORE_H
#define LEAT_STATE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "executor/base/error.h"
#include "executor/base/text.h"

typedef struct Store Store;

/* Column families. FACTS: small keyed facts (catalog, epoch, positions). LOG: state blocks and staged sink
   output (blob files). COLD: evicted rows. */
typedef enum Family { FAMILY_FACTS, FAMILY_LOG, FAMILY_COLD, FAMILY_COUNT } Family;

/* Opens or creates the folder. A second process on it: 55006. One that has lost commits which were
   acknowledged: XX001. On a full disk one that exists is opened for reading alone: store_condition says so.
 */
Status store_open(const char *directory, Store **store, Error *error);
/* The same with write buffers and caches that are a small part of `memory` bytes. */
Status store_open_within(const char *directory, size_t memory, Store **store, Error *error);
/* What is there, without changing a byte: of a checkpoint that nobody else has open. Commits fail. */
Status store_open_to_read(const char *directory, Store **store, Error *error);
/* How many changes can be read, and how many were acknowledged (0: nothing tells). Changes nothing. */
Status store_examine(const char *directory, uint64_t *readable, uint64_t *acknowledged, Error *error);
/* Forgets what was acknowledged, so that a folder which has lost some of it opens with what is left. Nobody
   has it open. */
Status store_accept_loss(const char *directory, Error *error);
void store_close(Store *store); /* NULL is fine */
const char *store_directory(const Store *store);

/* The changes that one thread contributes to a commit, as RocksDB write-batch bytes. Zeroed is empty. */
typedef struct Cut {
    Text bytes;
    uint32_t count;
    int64_t rows; /* in its blocks of state */
} Cut;
void cut_put(
    Cut *cut, Family family, const char *key, size_t key_length, const char *value, size_t value_length);
/* The same for a value that the caller writes before it adds anything else. */
char *cut_put_room(Cut *cut, Family family, const char *key, size_t key_length, size_t value_length);
void cut_delete(Cut *cut, Family family, const char *key, size_t key_length);
void cut_delete_range(
    Cut *cut, Family family, const char *from, size_t from_length, const char *to, size_t to_length);
void cut_reset(Cut *cut);
void cut_free(Cut *cut);

/* Writes the cuts together, atomically, and syncs; the first takes in the others on the way. 53100 on a full
   disk, 58030 otherwise; then nothing was applied for sure, and the store must be reopened. */
Status store_commit(Store *store, Cut *const *cuts, int count, Error *error);

/* After a failed commit, by the thread that commits: opens the database anew, if the disk takes anything;
   reads of other threads wait meanwhile. On failure they go on from what is there, and another attempt may be
   made. */
Status store_reopen(Store *store, Error *error);
/* OK, or why nothing can be committed: the disk was full at the opening, or a commit has failed. */
Status store_condition(const Store *store);

#ifdef LEAT_TESTING
/* Lets every commit from now on fail, as after one that met a full disk. */
void store_break(Store *store);
#endif

/* *value NULL when there is none; else the caller frees it with memory_free. */
Status store_get(Store *store, Family family, const char *key, size_t key_length, char **value,
    size_t *value_length, Error *error);
/* The same for many keys in one call (batched). */
Status store_get_many(Store *store, Family family, int count, const char *const *keys,
    const size_t *key_lengths, char **values, size_t *value_lengths, Error *error);
/* Calls visit for every key with the prefix, ascending; a non-OK status stops. */
Status store_scan(Store *store, Family family, const char *prefix, size_t prefix_length,
    Status (*visit)(void *argument, const char *key, size_t key_length, const char *value,
        size_t value_length, Error *error),
    void *argument, Error *error);
/* A checkpoint by hard links into a folder that must not exist: a savepoint. */
Status store_checkpoint(Store *store, const char *directory, Error *error);

#endif
