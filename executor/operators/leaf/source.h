/* Source: what a connector's reader must do. Connectors fill SourceType records; the source operator drives
   them. */
#ifndef LEAT_OPERATORS_SOURCE_H
#define LEAT_OPERATORS_SOURCE_H

#include "executor/operators/spec.h"

/* A record that could not become a row: kept in the source's errors relation. */
typedef struct SourceError {
    int64_t offset;
    int64_t timestamp; /* the broker's, microseconds since 2000-01-01, or INT64_MIN */
    Status status;
    char *message;       /* in the rows' arena */
    const char *payload; /* the first 64 kB at most */
    uint32_t payload_length;
    int row; /* how many good rows of this read stand before it */
} SourceError;

/* One read of one partition, in the partition's order. Zeroed before the call. */
typedef struct SourceRows {
    Batch *batch; /* all columns of the source, without a selection; diffs of −1 delete by the source's key;
                     NULL when no good row came */
    Arena *arena; /* for errors; the caller's */
    SourceError *errors;
    int error_count;
    int64_t next_offset; /* where the next read continues: durable with the step */
    bool is_at_end;      /* nothing more is there now (an idle partition may be declared only so) */
    bool is_finished;    /* bounded input: nothing will ever come */
} SourceRows;

typedef struct SourceReader SourceReader;

/* A reader serves all partitions of one source. Each partition is read by one thread at a time; different
   ones in parallel. */
typedef struct SourceType {
    /* The partitions that exist now (a bounded generator: as many as its option says; a file: 1). Partition
       numbers are 0 … count − 1. */
    Status (*partition_count)(SourceReader *reader, int *count, Error *error);
    /* How many are known to be there by now; never fewer than before, never waits. With the first call the
       reader begins to look for new ones now and then, and wakes its owner when there are: only the reader of
       a running source is asked. NULL: there are always as many. */
    int (*known_partitions)(SourceReader *reader);
    /* Where the source starts, by its options (earliest, latest, timestamp): asked once, at CREATE, stored.
     */
    Status (*start_offset)(SourceReader *reader, int partition, int64_t *offset, Error *error);
    /* Begins (or begins anew) reading a partition at an offset; end_offset: stop before it (INT64_MAX: none).
       Does not block. */
    Status (*assign)(SourceReader *reader, int partition, int64_t offset, int64_t end_offset, Error *error);
    /* Which columns anybody reads, until it is called again; all before the first call. The others may come
       as constant NULLs. Not while a partition is read. NULL: every column is made always, as those are whose
       records could fail. */
    void (*want)(SourceReader *reader, const bool *columns);
    /* Up to row_max rows that are at hand; never waits. */
    Status (*read)(SourceReader *reader, int partition, int row_max, SourceRows *rows, Error *error);
    /* Whether read would give something now. Any thread. */
    bool (*is_ready)(SourceReader *reader, int partition);
    /* Rows that wait behind where the partition stands, as far as is known, or −1: not known yet. Never
       waits. NULL: nobody can know. */
    int64_t (*lag)(SourceReader *reader, int partition);
    /* The current trouble ("broker … unreachable"), or an empty text: status in a system view. Any thread;
       caller frees nothing (copied to out). */
    void (*status)(SourceReader *reader, Text *out);
    void (*close)(SourceReader *reader);
} SourceType;

struct SourceReader {
    const SourceType *type;
    /* Called (any thread) when a partition may have become ready. Set by the opener. */
    void (*wake)(void *wake_argument);
    void *wake_argument;
};

typedef struct SourceScan SourceScan;

/* One pass over a source's records between fixed positions: for ad-hoc queries and backfill. */
struct SourceScan {
    /* Before the first `next`: only these columns are looked at. */
    void (*want)(SourceScan *scan, const int *columns, int count);
    /* A batch with the source's columns (arrival watermark included when it has one); *batch NULL: nothing
       now; *is_end: no more at all. */
    Status (*next)(SourceScan *scan, Batch **batch, bool *is_end, Error *error);
    void (*close)(SourceScan *scan);
};

#endif
