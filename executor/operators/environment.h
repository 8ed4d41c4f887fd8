/* Environment: how operators reach what lives outside their graph. The coordinator, or an ad-hoc query, fills
   it. */
#ifndef LEAT_OPERATORS_ENVIRONMENT_H
#define LEAT_OPERATORS_ENVIRONMENT_H

#include "executor/operators/sink.h"
#include "executor/operators/leaf/source.h"
#include "executor/state/relation.h"

/* What a recursive query's last round made; inner recursions come first. */
typedef struct WorkingTable {
    const struct WorkingTable *outer;
    int number;
    const BatchList *rows;
} WorkingTable;

typedef struct Environment Environment;

/* What only a query that runs once has. */
typedef struct QueryEnvironment {
    /* A private reader of a source from its start: positions up to where `epoch` has read. */
    Status (*open_source)(Environment *environment, uint32_t object_id, SourceScan **scan, Error *error);
    /* The watermark that a column of an object had when the snapshot was committed; NULL: none has any. */
    int64_t (*watermark)(Environment *environment, uint32_t object_id, int column);
    /* What the running transaction itself has changed in a table, as signed rows with all columns; NULL:
       nothing. */
    Status (*overlay)(Environment *environment, uint32_t object_id, BatchList *rows, Error *error);
    /* Rows of a system relation (pg_catalog, information_schema, leat_catalog) as batches; its columns are
       fixed by the catalog. */
    Status (*system_rows)(Environment *environment, const char *relation, BatchList *rows, Error *error);
    /* All rows of a plan beside the graph's, in this environment; set by the query itself. */
    Status (*evaluate)(
        Environment *environment, const struct OperatorSpec *plan, BatchList *rows, Error *error);
    const WorkingTable *working;
} QueryEnvironment;

struct Environment {
    void *owner;
    uint64_t epoch; /* the pinned epoch that scans read at; in a continuous job the open one */
    /* A stored table or view; NULL when there is none. Borrowed for the life of the graph. */
    Relation *(*relation)(Environment *environment, uint32_t object_id);
    /* Continuous jobs: a sink's writer and what its workers have encoded since the last cut; NULL when there
       is none. */
    SinkOutput *(*sink)(Environment *environment, uint32_t object_id);
    QueryEnvironment *query; /* NULL in a continuous job */
};

#endif
