/* FlowBed: a coordinator over hand-made specs, with a model of what its tables and sources hold. For the unit
   tests of this folder.

   Two tables t(id key, g, v) and u(id key, g, v), a source s(k, v, ts; watermark ts − 5 s) of three
   partitions, its records stored once more by key (k of each partition for itself), and views over them.
   Every view knows how to compute itself from the model; bed_check compares all that exist. */
#ifndef LEAT_ENGINE_FLOW_BED_H
#define LEAT_ENGINE_FLOW_BED_H

#include "executor/engine/coordinator.h"
#include "executor/operators/test/history.h"

enum { TABLE_T = 20000, TABLE_U, SOURCE_S, STORED_S, VIEW_FIRST, BED_PARTITIONS = 3 };

typedef enum BedView {
    VIEW_SUM,    /* t: g, count(*), sum(v) where v > 2 */
    VIEW_SELF,   /* t a join t b on a.g = b.g */
    VIEW_LEFT,   /* t left join VIEW_SUM on g: a view on a view */
    VIEW_TOP,    /* t: the first two of each g by v desc, id */
    VIEW_INNER,  /* t join u on g */
    VIEW_TUMBLE, /* s: k, 10 s window, count(*), sum(v) */
    VIEW_FINAL,  /* the same, each window once it is closed */
    VIEW_COUNT   /* s: count(*) of each k */
} BedView;
enum { BED_VIEWS = VIEW_COUNT + 1 };

typedef struct FlowBed FlowBed;

typedef struct BedOptions {
    int workers;
    uint64_t seed; /* of rounds and of random operations */
    bool is_durable;
    bool is_memory_zero; /* everything is evicted after each step */
} BedOptions;

FlowBed *bed_create(const BedOptions *options);
void bed_destroy(FlowBed *bed);
/* A bed over a folder that outlives it, in whatever state the last process left it; *step: how many of its
   steps were committed, at least those acknowledged. */
FlowBed *bed_recover(const BedOptions *options, const char *directory, int *step);
/* Step number `step` of the seed's own history: records and a write set, without waiting. In their order. */
void bed_step(FlowBed *bed, int step);
/* Waits for all, and remembers in the folder that so many steps were answered. */
void bed_acknowledge(FlowBed *bed, int steps);
Coordinator *bed_coordinator(FlowBed *bed);
uint32_t bed_random(FlowBed *bed, uint32_t below);

/* Stops the coordinator and starts it again over the same store. */
void bed_restart(FlowBed *bed, int workers);
/* Random write set on t or u; waits for nothing. Its completion is counted. */
void bed_write(FlowBed *bed);
/* One row (id, g, v) of t added, waiting for the commit; its outcome. */
Status bed_insert(FlowBed *bed, int64_t id, int64_t g, int64_t v, Error *error);
/* Lets the source have more records. */
void bed_feed(FlowBed *bed, int records);
/* From now on commits fail, until a restart. */
void bed_fill_disk(FlowBed *bed);
/* From now on reads of the source fail, or not. */
void bed_break_source(FlowBed *bed, bool is_broken);
/* Begins to build a view, its inputs first if need be. */
void bed_build(FlowBed *bed, BedView view);
/* The same without its inputs; the view is not known to bed_check. What coordinator_build says. */
Status bed_build_nowait(FlowBed *bed, BedView view);
uint32_t bed_view_id(BedView view);
/* Waits until everything that was begun is committed, builds included. */
void bed_settle(FlowBed *bed);
/* Waits for completions alone. */
void bed_wait(FlowBed *bed);
/* Every view equals its recomputation, after bed_settle, or as it stands. */
void bed_check(FlowBed *bed);
void bed_check_now(FlowBed *bed);
/* bed_restart without waiting for anything. */
void bed_restart_now(FlowBed *bed, int workers);
Status bed_drop(FlowBed *bed, uint32_t object_id, Error *error);
/* Outcomes of builds and writes that failed since the last call. */
int bed_failures(FlowBed *bed);
void bed_last_failure(FlowBed *bed, Error *error);

#endif
