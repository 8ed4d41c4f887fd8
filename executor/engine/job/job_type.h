/* JobType: what is particular to a kind of job. For job*.c and jobs.c alone: to all others a Job is
   opaque. */
#ifndef LEAT_ENGINE_JOB_TYPE_H
#define LEAT_ENGINE_JOB_TYPE_H

#include "executor/engine/commit/facts.h"
#include "executor/engine/job/job.h"

/* One constant record a kind, at the foot of its file. NULL: nothing is to be done. */
typedef struct JobType {
    size_t size; /* of its own struct, which begins with a Job */
    JobTraits traits;
    bool has_leaves;        /* that are fed, or read from outside */
    bool has_rows;          /* that others read: what is known of its watermarks is published */
    JobListName list;       /* of all its kind; LIST_COUNT: none */
    FactKind fact;          /* that restore reads */
    void (*open)(Job *job); /* its own part, from the definition */
    void (*close)(Job *job);
    void (*restore)(Job *job, TextReader *fact);
    Status (*restore_more)(Job *job, Error *error); /* from other keys than its fact */
    void (*use_leaf)(Job *job, Node *leaf);
    Status (*start)(Job *job, Error *error);
    void (*end)(Job *job);          /* withdrawn: begins nothing more */
    void (*read_changed)(Job *job); /* others have begun or ceased to read it */
    /* A step. */
    bool (*takes_part)(Job *job, int64_t now);
    Status (*feed)(Job *job, int64_t *rows, Error *error);
    bool (*grant)(Job *job, int rows);
    int64_t (*fix_watermark)(Job *job, int64_t now, int *column);
    int64_t (*rows_taken)(const Job *job); /* since the start */
    /* A commit. */
    Status (*cut)(Job *job, Cut *facts, Error *error);        /* when it has changed */
    void (*publish)(const Job *job, PublishedObject *object); /* set: published even without watermarks */
    void (*drop)(Job *job);                                   /* in memory: it is suspended */
    void (*forget)(const Job *job, Cut *facts);               /* durable */
    void (*describe)(Job *job, JobStatus *status);
} JobType;

extern const JobType table_job, source_job, view_job, sink_job;

/* A row from far in the future makes those behind it late. */
void job_describe_future(const Job *job, int64_t greatest_watermark, Text *out);

typedef struct JobHub {
    const OperatorSpec *spec;
    ExchangeHub *hub;
} JobHub;

struct Job {
    const JobType *type;
    Home *home;
    JobDefinition definition;
    TypeSettings settings;
    Relation *relation; /* TABLE, VIEW, stored SOURCE */
    Node **roots;       /* by worker; the port that others read */
    Node **leaves;      /* TABLE, SOURCE: by worker; what is fed, or reads: the root too, unless the source is
                           stored */
    JobHub *hubs;
    int hub_count, hub_capacity;
    PublishedObject *published; /* as last made; NULL: to be made, if it is published at all */
    int64_t sealed_watermark;   /* as last sealed: a step is due when it moved */
    int64_t rows_stepped;       /* taken up to the last step */
    int64_t errors, late_rows;  /* atomic adds */
    /* Of jobs.c. */
    unsigned lists;   /* a bit each */
    int reader_count; /* continuous leaves that read it, and a stored source itself; a source without any is
                         not read */
    bool is_registered, is_suspended, is_rebuilt;
    Error trouble;
};

#endif
