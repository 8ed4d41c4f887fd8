/* Delivery: one thread a sink carries staged batches outside, in order, after the commits that hold them. Any
   thread, unless it says otherwise. */
#ifndef LEAT_ENGINE_DELIVERY_H
#define LEAT_ENGINE_DELIVERY_H

#include "executor/engine/commit/epochs.h"
#include "executor/operators/sink.h"
#include "executor/state/store.h"

typedef struct Delivery Delivery;

typedef struct DeliverySpec {
    uint32_t object_id;
    SinkWriter *writer; /* outlives it */
    Store *store;
    Epochs *epochs;               /* whose publications wake it */
    void (*wake)(void *argument); /* something was delivered */
    void *wake_argument;
    int part_count;      /* of which a batch may consist, at most */
    uint64_t delivered;  /* as committed */
    uint64_t staged;     /* committed: no later batch can have been begun */
    const Error *paused; /* why nothing is delivered before delivery_resume; NULL: it begins at once */
} DeliverySpec;

Delivery *delivery_start(const DeliverySpec *spec);
/* Begins nothing more; delivery_stop then waits for what it is at. */
void delivery_ask_to_stop(Delivery *delivery);
void delivery_stop(Delivery *delivery); /* NULL is fine; frees it */
/* Lets it go on behind skip_to − 1, or (0) behind what stands outside. 55000 when it has not stopped. `name`
   is the sink's, for errors. */
Status delivery_resume(Delivery *delivery, uint64_t skip_to, const char *name, Error *error);
/* The last batch that counts as delivered. */
uint64_t delivery_confirmed(Delivery *delivery);
int64_t delivery_bytes(Delivery *delivery); /* of the batches delivered since the start */
void delivery_trouble(Delivery *delivery, Text *out);

#endif
