/* Savepoints: named copies of everything durable, made of hard links, from which another data folder can be
   begun.

   A savepoint is a folder <data>/savepoints/<name>: a store that nobody opens for writing, and a file that
   says which epoch it holds. It can be copied elsewhere with any tool. Restoring makes a new data folder from
   it, any number of times, whether or not the server that made it still runs. */
#ifndef LEAT_CATALOG_SAVEPOINT_H
#define LEAT_CATALOG_SAVEPOINT_H

#include "executor/state/store.h"

typedef struct SavepointStatus {
    char *name;
    uint64_t epoch;
    int64_t created; /* microseconds since 2000-01-01 UTC */
    int64_t bytes;   /* of its files, those too that the live data shares */
} SavepointStatus;

/* Holds at least what is committed now. 42710: the name is taken; 42602: it cannot be one. */
Status savepoint_create(const char *data_directory, Store *store, const char *name, Error *error);
/* 42704: there is none. */
Status savepoint_drop(const char *data_directory, const char *name, Error *error);
bool savepoint_exists(const char *data_directory, const char *name);
/* By name; the caller frees with savepoint_list_free. */
Status savepoint_list(const char *data_directory, SavepointStatus **savepoints, int *count, Error *error);
void savepoint_list_free(SavepointStatus *savepoints, int count);

/* Makes the folder `data_directory`, which must not exist or be empty, from a savepoint's. The server that is
   started on it has a name of its own outside, and its sinks are paused until ALTER SINK says how each goes
   on. */
Status savepoint_restore(
    const char *savepoint, const char *data_directory, uint64_t *epoch, int *paused_sinks, Error *error);

#endif
