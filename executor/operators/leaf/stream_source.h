/* StreamSource: the leaf that reads a source's partitions. Output: the source's columns, then "$arrival" when
   it has a watermark. */
#ifndef LEAT_OPERATORS_STREAM_SOURCE_H
#define LEAT_OPERATORS_STREAM_SOURCE_H

#include <stdatomic.h>

#include "executor/operators/operator.h"
#include "executor/operators/leaf/source.h"

typedef struct StreamSourceParameters {
    int object_id;
    Schema physical;      /* what the connector's reader fills */
    int expression_count; /* the source's visible columns over the physical ones: identity for most, computed
                             ones else */
    Expression **expressions;
    Expression *watermark; /* over the visible columns, timestamp layout; NULL: none */
    int watermark_column;
} StreamSourceParameters;

/* One partition's progress: durable with each commit. */
typedef struct SourcePartition {
    int64_t offset;          /* next record */
    int64_t end;             /* nothing from here on is waited for; INT64_MAX: read on and on */
    int64_t watermark;       /* running maximum of the watermark expression; WATERMARK_END once finished */
    int64_t first_watermark; /* as it began: of a partition that came later, what the source had promised by
                                then */
    bool is_at_end, is_finished, is_idle;
    int64_t at_end_since;  /* monotonic microseconds; 0: not at the end */
    int64_t waiting_since; /* the same, for records that are on their way; 0: not waiting */
} SourcePartition;

/* A source that is being read: shared by the workers' leaves. Partition p is read by worker p mod
   worker_count. */
typedef struct SourceState {
    uint32_t object_id;
    const OperatorSpec *spec;
    SourceReader *reader;
    int partition_count;
    SourcePartition *partitions;
    int64_t watermark;    /* W(s) */
    int64_t idle_timeout; /* microseconds; INT64_MAX: never */
    int64_t drift_max;    /* microseconds of event time; INT64_MAX: any */
    int64_t
        reach; /* a partition whose watermark is greater is not read: see executor/dataflow/source_state.c */
    int64_t rows_read, errors_seen;
    /* A reader that failed: nothing is read until it is asked again. What was read, and what reads it, stays
       as it is. */
    atomic_bool is_stopped;
    Error trouble;       /* why; between two steps */
    int64_t retry_at;    /* monotonic microseconds; 0: not yet decided */
    int64_t retry_pause; /* the last one, doubled while nothing is read in between */
    int64_t retry_rows;  /* rows_read at the last failure */
    /* Keeps a bad record (any worker's thread). */
    void (*record_failed)(void *argument, int worker, const struct SourceState *source, int partition,
        const SourceError *failure);
    void *argument;
} SourceState;

/* Reads the partition's next rows through the expressions and adds arrival watermarks; *batch NULL when none
   came. `evaluators` by source_evaluators. */
typedef struct SourceEvaluators SourceEvaluators;
SourceEvaluators *source_evaluators_create(const OperatorSpec *spec, const TypeSettings *settings);
void source_evaluators_destroy(SourceEvaluators *evaluators);
Status source_partition_read(SourceState *source, SourceEvaluators *evaluators, int worker, int partition,
    int row_max, Batch **batch, Error *error);
/* Says which of the source's visible columns anybody reads; between two reads. */
void source_want(SourceState *source, const bool *columns);
bool source_may_read(const SourceState *source, int partition);
/* The reader has failed (any worker's thread); the error is taken over. */
void source_stop(SourceState *source, Error *error);
/* Links a leaf to its state, and lets it read up to `row_max` rows in the next round. */
void stream_source_use(Operator *instance, SourceState *source);
void stream_source_grant(Operator *instance, int row_max);

#endif
