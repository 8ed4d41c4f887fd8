/* Facts: every durable key of the engine, spelled once. What a fact holds, its owner says. */
#ifndef LEAT_ENGINE_FACTS_H
#define LEAT_ENGINE_FACTS_H

#include "executor/state/store.h"

typedef enum FactKind {
    FACT_EPOCH,     /* of no object: the last committed epoch, P, row ids (open_epoch.c) */
    FACT_TABLE,     /* its watermark (job_table.c) */
    FACT_SOURCE,    /* how far it was read (job_source.c) */
    FACT_SINK,      /* which batches were staged and delivered (job_sink.c) */
    FACT_PAUSED,    /* a sink that waits since a savepoint was restored: its value says which (job_sink.c) */
    FACT_SUSPENDED, /* SQLSTATE and message (suspension.c) */
    FACT_BUILDING   /* a build has state that nobody owns yet (build.c) */
} FactKind;

/* Adds the key; object_id is 0 for FACT_EPOCH. */
void fact_key(FactKind kind, uint32_t object_id, Text *key);
void fact_put(Cut *cut, FactKind kind, uint32_t object_id, const Text *value);
void fact_delete(Cut *cut, FactKind kind, uint32_t object_id);
/* *value NULL when there is none; else the caller's, by memory_free. */
Status fact_get(Store *store, FactKind kind, uint32_t object_id, char **value, size_t *length, Error *error);
/* The objects that have the fact. */
Status fact_objects(Store *store, FactKind kind,
    Status (*visit)(void *argument, uint32_t object_id, Error *error), void *argument, Error *error);

/* A sink's output: batches of parts in the log, one of each worker that had some; or (discarding) a sum a
   worker. */
void stage_key(uint32_t object_id, uint64_t number, int part, Text *key);
void discard_key(uint32_t object_id, int worker, Text *key);
Status discard_sums(Store *store, uint32_t object_id,
    Status (*visit)(void *argument, int worker, const char *sum, size_t length, Error *error), void *argument,
    Error *error);
/* All of it. */
void output_delete(Cut *cut, uint32_t object_id);

#endif
