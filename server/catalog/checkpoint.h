/* Checkpoints: named copies of everything durable, made of hard links, from which another data folder can be
   begun. Users call them savepoints (CREATE SAVEPOINT); here that word is a transaction's.

   A checkpoint is a folder <data>/savepoints/<name>: a store that nobody opens for writing, and a file that
   says which epoch it holds. It can be copied elsewhere with any tool. Restoring makes a new data folder from
   it, any number of times, whether or not the server that made it still runs. */
#ifndef LEAT_CATALOG_CHECKPOINT_H
#define LEAT_CATALOG_CHECKPOINT_H

#include "executor/state/store.h"

typedef struct CheckpointStatus {
    char *name;
    uint64_t epoch;
    int64_t created; /* microseconds since 2000-01-01 UTC */
    int64_t bytes;   /* of its files, those too that the live data shares */
} CheckpointStatus;

/* Holds at least what is committed now. 42710: the name is taken; 42602: it cannot be one. */
Status checkpoint_create(const char *data_directory, Store *store, const char *name, Error *error);
/* 42704: there is none. */
Status checkpoint_drop(const char *data_directory, const char *name, Error *error);
bool checkpoint_exists(const char *data_directory, const char *name);
/* By name; the caller frees with checkpoint_list_free. */
Status checkpoint_list(const char *data_directory, CheckpointStatus **checkpoints, int *count, Error *error);
void checkpoint_list_free(CheckpointStatus *checkpoints, int count);

/* Makes the folder `data_directory`, which must not exist or be empty, from a savepoint's. The server that is
   started on it has a name of its own outside, and its sinks are paused until ALTER SINK says how each goes
   on. */
Status checkpoint_restore(
    const char *checkpoint, const char *data_directory, uint64_t *epoch, int *paused_sinks, Error *error);

#endif
