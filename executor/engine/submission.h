/* Submission: what a transaction did to stored tables, on its way to the coordinator. */
#ifndef LEAT_ENGINE_SUBMISSION_H
#define LEAT_ENGINE_SUBMISSION_H

#include "executor/engine/commit/completion.h"
#include "executor/state/relation.h"

/* One table's part of it: the rows as stored, hidden columns included; $arrival is filled in on acceptance.
 */
typedef struct TableChange {
    uint32_t object_id;
    uint64_t defined_at; /* the version of the table's definition that its rows were checked against: see
                            coordinator_redefine */
    BatchList removed;   /* rows that must be there exactly so, else it is refused with 40001 */
    BatchList added;
} TableChange;

typedef struct Submission {
    struct Submission *next;
    TableChange *changes; /* its own, with all rows */
    int count;
    Completion done;
} Submission;

/* Takes the changes over. */
Submission *submission_create(TableChange *changes, int count, Completion done);
void submission_free(Submission *submission);

#endif
