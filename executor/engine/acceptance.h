/* Acceptance: what transactions did to stored tables is checked against the newest state between two steps,
   and all of it enters the next one, or none. The coordinator's thread. */
#ifndef LEAT_ENGINE_ACCEPTANCE_H
#define LEAT_ENGINE_ACCEPTANCE_H

#include "executor/engine/job/home.h"

/* Checks and applies: 40001 a row has changed meanwhile, 23505 a key is taken, and nothing was applied. */
Status acceptance_take(Home *home, TableChange *changes, int count, Error *error);
/* 23505 when rows of the relation are equal in the unique index. */
Status acceptance_check_unique_index(const Job *job, const RelationIndexSpec *index, Error *error);

#endif
