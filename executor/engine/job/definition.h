/* JobDefinition and JobStatus: what the coordinator is told of an object, and what it tells. */
#ifndef LEAT_ENGINE_DEFINITION_H
#define LEAT_ENGINE_DEFINITION_H

#include "executor/operators/leaf/stream_source.h"
#include "executor/operators/sink.h"
#include "executor/state/relation_index.h"

/* Specs, settings and names are borrowed until the object is removed. */
typedef enum JobKind { JOB_TABLE, JOB_SOURCE, JOB_VIEW, JOB_SINK } JobKind;

/* A table, a view, a source that is stored. */
typedef struct StoredDefinition {
    RelationSpec relation;            /* part_count, store and budget are filled in by the job */
    const RelationIndexSpec *indexes; /* as it begins; borrowed until then */
    int index_count;
} StoredDefinition;

typedef struct TableDefinition {
    const char *key_name;        /* of its primary key */
    const Expression *watermark; /* over its visible columns; NULL: none */
    int watermark_column;
    int arrival_column; /* "$arrival", or −1 */
} TableDefinition;

typedef struct SourceDefinition {
    SourceReader *reader;   /* taken over */
    int64_t *start_offsets; /* by partition, as resolved at CREATE; borrowed */
    int partition_count;
    int64_t idle_timeout, drift_max; /* microseconds */
    /* A private reader from its first record, for builds. */
    Status (*open_reader)(void *argument, SourceReader **reader, Error *error);
    void *open_argument;
} SourceDefinition;

typedef struct JobDefinition {
    uint32_t object_id;
    JobKind kind;
    const char *name;
    const OperatorSpec *spec; /* a Table; a StreamSource; a Materialize root of a view or stored source; a
                                 Sink root */
    TypeSettings settings;    /* as frozen; now is set by each step */
    bool is_transient;        /* of a subscription: nothing of it is durable */
    bool is_background;       /* nobody waits for its build: a failure is kept for coordinator_status */
    int dependency_count;     /* objects that it reads */
    const uint32_t *dependencies;
    StoredDefinition stored;
    TableDefinition table;
    SourceDefinition source;
    SinkWriter *writer; /* of a sink; taken over */
} JobDefinition;

/* Errors, late rows: relations with reserved object ids, readable like views.
   errors: object int8, operator text, partition int4, record_offset int8, sqlstate text, message text, input
   text (count = diff) late:   object int8, operator text, window_start timestamp, window_end timestamp,
   arrival timestamp, input text */
enum { OBJECT_ERRORS = 1, OBJECT_LATE = 2, OBJECT_FIRST_USER = 16384 };

/* Status of one object, for system views. Copies; free texts with text_free. */
typedef struct JobStatus {
    uint32_t object_id;
    JobKind kind;
    const char *name;
    bool is_building, is_suspended, is_failed; /* is_failed: a background build */
    bool is_stored;  /* SOURCE: `rows` are those that it holds, else those that it has read */
    bool is_stopped; /* a source whose reader failed, and is tried again now and then */
    Text trouble;
    int64_t rows, errors, late_rows,
        rows_discarded; /* rows_discarded: of its failed and late rows, since this start */
    int64_t repeated_changes,
        unmatched_changes; /* of changes by key: those that changed nothing, since this start */
    size_t state_bytes;
    int64_t watermark;
    int partition_count;
    SourcePartition *partitions;
    int64_t
        *lags; /* by partition: rows that wait, as far as is known; −1: not known. NULL: nobody can know */
    uint64_t staged, delivered;
    SinkSum *sums; /* of a sink that discards; columns' names are the status's own */
    int sum_count;
} JobStatus;
/* Of all commits since the start. */
typedef struct CommitStatus {
    uint64_t epoch;
    bool is_failed;                                    /* a commit could not be written, and nothing steps */
    int64_t commits, steps, wide_steps, bytes_written; /* wide: two or more tables or sources had rows */
    int64_t held_write_sets;                           /* that wait because steps are held */
    int64_t last_microseconds, p50_microseconds, p95_microseconds,
        max_microseconds; /* of a commit's write and publication; shares to an eighth */
    int64_t rows_written; /* rows of state, tables and views in the blocks that were written */
    int64_t
        cpu_microseconds; /* of making and writing commits, without what RocksDB does in its own threads */
} CommitStatus;

#endif
