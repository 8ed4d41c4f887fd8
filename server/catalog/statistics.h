/* Statistics: what a sample of a relation's rows says of its columns; kept for each object until its data has
   changed. Any thread. */
#ifndef LEAT_CATALOG_STATISTICS_H
#define LEAT_CATALOG_STATISTICS_H

#include <stdatomic.h>

#include "executor/engine/coordinator.h"
#include "server/catalog/object.h"

typedef struct Statistics Statistics;

/* One object's; immutable. */
typedef struct ObjectStatistics {
    atomic_int reference_count;
    struct ObjectStatistics *next; /* in the table */
    uint32_t object_id;
    Arena *arena;
    double row_count;          /* when the sample was taken; sources: rows per second */
    int64_t time_us;           /* of the sample, monotonic */
    double read_count;         /* sources: rows that had been read then */
    ColumnStatistics *columns; /* NULL: none */
    Batch *sample;
    bool is_whole;
} ObjectStatistics;

Statistics *statistics_create(Coordinator *coordinator);
void statistics_destroy(Statistics *statistics);
void statistics_forget(Statistics *statistics, uint32_t object_id);
/* The object's (a reference), sampled anew when the number of rows has changed by more than a fifth or the
 *sample is old; NULL: nothing is known. row_count is the present one; *read_count: rows that were read from a
 *source so far. */
ObjectStatistics *statistics_of(
    Statistics *statistics, const Object *object, double *row_count, double *read_count);
void object_statistics_release(ObjectStatistics *object);

#endif
