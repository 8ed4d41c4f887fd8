/* Upsert: changes by key become rows: keeps key -> row, and gives the difference between what a key shows and
   what it showed. Input: for each key, in the order they happened, new rows (+1) and deletions (−1, of which
   the key columns alone count); batches of one key must come from one producer. */
#ifndef LEAT_OPERATORS_UPSERT_H
#define LEAT_OPERATORS_UPSERT_H

#include "executor/operators/spec.h"

typedef struct UpsertParameters {
    int key_count;
    int *keys;
    bool tells_late; /* a change of a row below the change's arrival watermark, or to such a row, is late, and
                        not applied */
    int time_column, arrival_column;
} UpsertParameters;

#endif
