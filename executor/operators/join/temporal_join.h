/* TemporalJoin: each left row, once, with the version of its key that was valid at its time: the last right
   row whose time is not after it. Both inputs are append-only, or the right one's −rows are deletions by key,
   behind which there is no version; and they have no late rows. Output: the left's columns, then the right's.
 */
#ifndef LEAT_OPERATORS_TEMPORAL_JOIN_H
#define LEAT_OPERATORS_TEMPORAL_JOIN_H

#include "executor/operators/join/join.h"

typedef struct TemporalJoinParameters {
    int type; /* JOIN_INNER, JOIN_LEFT */
    int key_count;
    int *left_keys;
    int right_key_count; /* = key_count */
    int *right_keys;
    int left_time;     /* microseconds, as is the right's */
    int version_count; /* how the versions of a key follow each other, the newest first: the first one is
                          their time, descending */
    SortKey *versions;
    bool are_changes;     /* the right side's are changes by key */
    Expression *residual; /* over left then right columns, of the version that was valid; may be NULL */
} TemporalJoinParameters;

#endif
