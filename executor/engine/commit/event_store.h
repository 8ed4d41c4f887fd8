/* EventStore: the newest failed or late rows of each object, as a relation of signed rows.

   Rows may be withdrawn long after they were discarded, so what is not there any more is not missed.
   Coordinator's thread. */
#ifndef LEAT_ENGINE_EVENT_STORE_H
#define LEAT_ENGINE_EVENT_STORE_H

#include "executor/state/relation.h"

typedef struct EventStore EventStore;

typedef struct EventStoreSpec {
    uint32_t object_id;
    int column_count;
    const Type *types; /* the first column is an object's id, int8 */
    int part_count;
    Store *store;
    MemoryBudget *budget;
    uint64_t epoch;  /* to load */
    int64_t row_max; /* kept of each object */
    size_t byte_max;
} EventStoreSpec;

Status event_store_open(const EventStoreSpec *spec, EventStore **store, Error *error);
void event_store_close(EventStore *store); /* NULL is fine */
Relation *event_store_relation(EventStore *store);
/* Adds a step's signed rows (dense batches) at the open epoch; beyond the limits the oldest rows go. */
Status event_store_apply(EventStore *store, const BatchList *rows, uint64_t epoch, Error *error);
/* Forgets a dropped object's rows. */
Status event_store_forget(EventStore *store, uint32_t object_id, uint64_t epoch, Error *error);
/* Rows of the object that were discarded since this start. */
int64_t event_store_discarded(const EventStore *store, uint32_t object_id);

#endif
