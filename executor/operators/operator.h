/* Operator: the contract between the driver and everything that computes. One set of operators serves
   continuous and one-shot queries.

   Life of an instance in one step: on_batch for each input batch, in any order; produce is called whenever
   the driver chooses; on_seal once per input, after its last batch; then produce until DONE. An operator is
   finalised after all inputs are sealed; what is not linear (aggregates, outer padding, TopN, DISTINCT, …) is
   emitted only then, as new minus old. Counts may be negative until the seal. The driver moves batches, never
   an operator, and may stop between any two calls. Each worker has its own instance, for its own shards; no
   operator asks how many there are. */
#ifndef LEAT_OPERATORS_OPERATOR_H
#define LEAT_OPERATORS_OPERATOR_H

#include "executor/operators/spec.h"
#include "executor/state/state_space.h"

/* A watermark is a value of its column, as an integer: microseconds of a timestamp, days of a date. */
#define WATERMARK_NONE INT64_MIN /* nothing promised; also -infinity */
#define WATERMARK_END  INT64_MAX /* the input has ended */
/* Times beyond (some 73 000 years) are infinite, or so near to the ends of int64 that a window could
   overflow. */
#define EVENT_TIME_MAX (INT64_MAX / 4)

/* A partition's watermark behind a row: NULL, and what is out of range, does not move it. */
static inline int64_t watermark_after(int64_t watermark, const Column *marks, int row) {
    int64_t mark = column_int8(marks, row);
    return column_is_null(marks, row) || mark > EVENT_TIME_MAX || mark < watermark ? watermark : mark;
}

typedef struct Operator Operator;

typedef enum Progress {
    PROGRESS_MORE, /* call produce again */
    PROGRESS_IDLE, /* nothing until another batch or seal comes */
    PROGRESS_DONE  /* this step's output is complete; only after all inputs were sealed */
} Progress;

/* What an instance may use. Outlives it. */
typedef struct OperatorContext {
    uint32_t object_id;            /* the job */
    const TypeSettings *settings;  /* settings.now is P(s) of the current step */
    const SessionContext *session; /* NULL in continuous queries */
    StateSpace *state;             /* where it opens its state tables */
    bool is_one_shot;              /* evaluated once: no dirty marks, no old values needed */
    bool is_restored; /* continuous, and its state was loaded: leaves without an input (Values, TableFunction)
                         have emitted already */
    struct Environment
        *environment; /* relations, sources, sinks by object id: executor/operators/environment.h */
    int worker;       /* index of the instance, for sources and exchange only */
    int worker_count;
    /* Records the failure of an expression over row `row` of `batch` (physical row), diff as the row's. In a
       view it becomes a signed row of the errors relation; in an ad-hoc query it ends the query. */
    void (*row_failed)(struct OperatorContext *context, const Operator *from, const Batch *batch, int row,
        Status status, const char *message);
    /* Records a late row: window_end is the end of the window that it came too late for (or its time). */
    void (*row_late)(struct OperatorContext *context, const Operator *from, const Batch *batch, int row,
        int64_t window_start, int64_t window_end, int64_t arrival);
    void *owner;
} OperatorContext;

/* open, on_batch (of leaves), on_seal, derive_watermarks, deadline, is_clock, on_load, reset, close and cut
   may be NULL: nothing to do. */
struct OperatorType {
    const char *name; /* as EXPLAIN prints and plans store it: "HashJoin" */
    /* What EXPLAIN prints instead of the name, where that depends on the parameters; NULL: the name. */
    const char *(*label)(const void *parameters);
    uint16_t version;    /* of its parameters and state */
    const Field *fields; /* ends with FIELDS_END; NULL: no parameters */
    size_t parameters_size;
    unsigned reads_first; /* bit i: it gives nothing before it has read all of input i */
    size_t size;          /* of the instance struct, which begins with an Operator; zeroed */
    Status (*open)(Operator *instance, Error *error);
    /* Takes the batch in (retain what is kept); emits nothing. The batch may have a selection and constant
       columns. */
    Status (*on_batch)(Operator *instance, int input, Batch *batch, Error *error);
    /* watermarks: one an input column, WATERMARK_NONE where there is none; valid during the call (kept
       copies: instance->input_watermarks). NULL: nothing to do. */
    Status (*on_seal)(Operator *instance, int input, const int64_t *watermarks, Error *error);
    /* At most one batch of at most BATCH_ROWS_MAX rows; the caller owns *batch (NULL: none this time). On
       DONE the output watermarks are set. */
    Status (*produce)(Operator *instance, Batch **batch, Progress *progress, Error *error);
    /* Sets instance->watermarks from operator->input_watermarks; NULL: no column has one. Called by the
       driver before DONE is taken over. */
    void (*derive_watermarks)(Operator *instance);
    /* The time (settings.now) at which it is to take part in a step although nothing has come, asked after
       each step of its own and after on_load; INT64_MAX: none. NULL: never. Whatever is upstream and is_clock
       takes part with it. */
    int64_t (*deadline)(const Operator *instance);
    /* Whether a watermark of it moves with the clock alone; NULL: none does. */
    bool (*is_clock)(const Operator *instance);
    /* After state tables were loaded: rebuild what is derived from them. NULL: nothing is. */
    Status (*on_load)(Operator *instance, Error *error);
    /* Forget everything, as after open with empty state (recursion, tests). NULL: has no state. */
    void (*reset)(Operator *instance);
    void (*close)(Operator *instance);
    /* Bytes it holds outside its state tables, for the memory limit of a query; NULL: nothing worth counting.
     */
    size_t (*held_bytes)(const Operator *instance);
    /* Effects of an epoch beyond state tables (view rows, staged sink output): adds them to the cut, between
       steps. NULL: none. */
    Status (*cut)(Operator *instance, uint64_t epoch, Cut *cut, Error *error);
};

/* A continuous leaf that the driver or another job feeds (Scan, Source, Table) has one implicit input
   although spec->input_count is 0: batches and the seal of input 0 come to it as to any other. Other leaves
   (Values, …) have none and come to DONE by themselves. */

/* The head of every instance. Filled by the driver before open. */
struct Operator {
    const OperatorType *type;
    const OperatorSpec *spec;
    OperatorContext *context;
    int64_t **input_watermarks; /* by input, by column; as last sealed, never decreasing */
    int64_t *watermarks;        /* by output column */
    int input_count;            /* spec->input_count, or 1 for a continuous leaf with its implicit input */
    int sealed_count; /* inputs sealed in this step; reset by the driver at a step's beginning (inputs that
                         are not active count as sealed) */
    /* For EXPLAIN ANALYZE, kept by the driver. */
    int64_t rows_in, rows_out, nanoseconds;
    int64_t changes_repeated,
        changes_unmatched; /* of changes by key: those that changed nothing, since the start */
};

static inline bool operator_is_sealed(const Operator *instance) {
    return instance->sealed_count >= instance->input_count;
}

/* All operators of operators.def, by name; NULL when there is none. */
const OperatorType *operator_type_by_name(const char *name);
#define OPERATOR(folder, name) extern const OperatorType name##_operator;
#include "executor/operators/operators.def"
#undef OPERATOR

#endif
