/* A table's job, beyond what all jobs do: it takes rows of transactions. The coordinator's thread. */
#ifndef LEAT_ENGINE_JOB_TABLE_H
#define LEAT_ENGINE_JOB_TABLE_H

#include "executor/engine/job/job.h"

bool job_is_table(const Job *job);
/* The version of its definition before which rows may not have been checked: 0, until it is set. */
uint64_t table_defined_at(const Job *job);
void table_redefine(Job *job, uint64_t version);
/* The last epoch in which rows were accepted; 0: none since the start. */
uint64_t table_written_at(const Job *job);
/* It has more columns behind the others; the definition's spec and relation say which. */
void table_widen(Job *job, const JobDefinition *definition);
/* Stamps "$arrival", if it has that, with the watermark before the transaction; *watermark: what it becomes
   after. */
Status table_stamp_arrival(Job *job, BatchList *added, int64_t *watermark, Error *error);
/* The rows, checked and dense, enter its relation and the next step; its watermark becomes that. */
Status table_apply(Job *job, const TableChange *change, int64_t watermark, Error *error);

#endif
