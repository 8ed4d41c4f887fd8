/* Events: failed and late rows of a step become signed rows of two relations that are read like views
   (OBJECT_ERRORS, OBJECT_LATE). The coordinator's thread, unless it says otherwise. */
#ifndef LEAT_ENGINE_EVENTS_H
#define LEAT_ENGINE_EVENTS_H

#include "executor/dataflow/graph.h"
#include "executor/operators/leaf/stream_source.h"

typedef struct Events Events;
struct Home;

/* As they were last committed; their relations are found among all jobs until they are closed. */
Status events_open(struct Home *home, Events **events, Error *error);
void events_close(Events *events); /* NULL is fine */

/* What a worker's graphs call, in a step. */
GraphEvents events_of(Events *events, int worker);
/* A bad record, in a step, by the worker that read it. argument: the events. */
void events_record_failed(
    void *argument, int worker, const SourceState *source, int partition, const SourceError *failure);
/* A step has ended: what came enters the relations. */
Status events_apply(Events *events, Error *error);
/* The object is gone, or begins anew. */
Status events_forget(Events *events, uint32_t object_id, Error *error);

/* Of its failed and late rows, since this start. */
int64_t events_discarded(const Events *events, uint32_t object_id);
Relation *events_relation(const Events *events, bool is_late); /* borrowed */
/* What has changed since the last cut. */
Status events_cut(Events *events, Cut *facts, Error *error);

#endif
