/* HashJoin: equi-join with a residual condition, or with no keys (cross, range). Output: left columns, right
   columns (semi and anti: left only). */
#ifndef LEAT_OPERATORS_JOIN_H
#define LEAT_OPERATORS_JOIN_H

#include "executor/operators/spec.h"

typedef enum JoinType { JOIN_INNER, JOIN_LEFT, JOIN_RIGHT, JOIN_FULL, JOIN_SEMI, JOIN_ANTI } JoinType;

typedef struct JoinParameters {
    int type; /* JoinType */
    int key_count;
    int *left_keys;
    int right_key_count; /* = key_count */
    int *right_keys;
    bool is_null_aware; /* JOIN_ANTI for NOT IN: a NULL on either side counts as SQL says */
    bool is_null_safe;  /* keys match by IS NOT DISTINCT FROM */
    bool is_lookup; /* JOIN_INNER, JOIN_LEFT of append-only rows: each meets the right rows of its own step's
                       end, once, and is not kept */
    Expression *residual; /* over left then right columns; may be NULL */
    /* State that can be freed: rows of a side whose column lies below the watermark of the other side's
       column (−1: never). */
    int left_expiry_column, left_expiry_watermark; /* left row freed when left[column] + left_expiry_delay <
                                                      watermark of right[…watermark]; of an updating input not
                                                      before left[column] < its own watermark */
    int right_expiry_column, right_expiry_watermark;
    int64_t left_expiry_delay, right_expiry_delay;
} JoinParameters;

#endif
