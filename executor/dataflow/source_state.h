/* SourceState's life beside the reading itself (executor/operators/leaf/stream_source.h): opening, growing,
   watermark, idleness, retries, drift. Between two steps, by the thread that steps; times are monotonic
   microseconds. */
#ifndef LEAT_DATAFLOW_SOURCE_STATE_H
#define LEAT_DATAFLOW_SOURCE_STATE_H

#include "executor/dataflow/graph.h"
#include "executor/operators/leaf/stream_source.h"

typedef struct SourceStateSpec {
    uint32_t object_id;
    const OperatorSpec *plan;     /* its leaf is the StreamSource; borrowed */
    const int64_t *start_offsets; /* by partition */
    int partition_count;
    int64_t idle_timeout, drift_max; /* microseconds; INT64_MAX: none */
} SourceStateSpec;

/* Takes the reader over; record_failed is the caller's to set. */
void source_state_open(SourceState *state, const SourceStateSpec *spec, SourceReader *reader);
/* Makes room for partitions that came later: they begin at offset 0 with this watermark. */
void source_state_grow(SourceState *state, int count, int64_t watermark);
/* Its reader makes what the graph's leaves read. */
void source_state_want(SourceState *state, const Graph *graph);
void source_state_close(SourceState *state);

bool source_is_ready(const SourceState *source); /* whether any partition may be read now */
/* W(s) from the partitions, never decreasing: to be called after a step's last read. */
int64_t source_advance_watermark(SourceState *source, int64_t now);
/* When an idle timeout will make the watermark move next, or a reader that failed is tried again; INT64_MAX:
   never. */
int64_t source_deadline(const SourceState *source);
/* Lets a reader that failed begin again where it stood, once it is time. */
void source_retry(SourceState *source, int64_t now);

/* The least watermark of the partitions that are behind; WATERMARK_END: none is. */
int64_t source_slowest(const SourceState *source, int64_t now);
/* Sets how far the source's partitions may be read. */
void source_limit(SourceState *source, int64_t slowest);
/* When those that are held up need wait no longer for records on their way; INT64_MAX: they don't. */
int64_t source_patience_end(const SourceState *source, int64_t now);

#endif
