/* Secondary indexes of a relation: its rows by the hash of some of their columns. In memory only, beside the
   rows, which say what is durable: filled when added. */
#ifndef LEAT_STATE_RELATION_INDEX_H
#define LEAT_STATE_RELATION_INDEX_H

#include "executor/state/relation.h"

typedef struct RelationIndexSpec {
    uint32_t id;
    bool is_unique;   /* write sets are checked against it; rows with a NULL among its columns are not */
    const char *name; /* the constraint's or index's, for messages */
    int count;
    const int *columns;
} RelationIndexSpec;

/* Adds an index (copied) over all rows that are there; one of the same id is replaced. The writers stand
   still. */
Status relation_add_index(Relation *relation, const RelationIndexSpec *spec, Error *error);
/* Unknown ids are fine. The writers stand still. */
void relation_drop_index(Relation *relation, uint32_t id);
/* By the writers, or while they stand still. */
const RelationIndexSpec *relation_indexes(const Relation *relation, int *count);

/* Any thread. Appends copies of the rows visible at `epoch` whose indexed columns equal the key's (no NULLs),
   at most `row_max` of them. *is_known false: there is no such index any more, and nothing was looked for. */
Status relation_index_find(Relation *relation, uint32_t id, uint64_t epoch, const Value *key, int64_t row_max,
    BatchList *found, bool *is_known, Error *error);

#endif
