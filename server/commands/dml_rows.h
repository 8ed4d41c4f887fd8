/* The rows of INSERT, UPDATE, DELETE and MERGE: checked against the table's constraints, into the
   transaction's write set. */
#ifndef LEAT_COMMANDS_DML_ROWS_H
#define LEAT_COMMANDS_DML_ROWS_H

#include "server/commands/command.h"

/* Everything a statement needs while its rows come in. */
typedef struct Dml {
    Analysis *analysis;
    Session *session;
    SessionContext facts; /* with the statement's parameters */
    const DmlPlan *plan;
    QueryContext *context;
    WriteSet *writes;
    Relation *relation;
    uint64_t epoch;
    const int *key;
    int key_count;
    Evaluator **checks, **returning;
    int row_id_column, arrival_column;
    int64_t count;
    BatchList *returned;
    bool may_conflict;        /* a new row may meet one that is there */
    WriteSet *touched;        /* ON CONFLICT DO UPDATE: rows that this statement has written */
    BatchList removed, added; /* UPDATE: applied at the end, all removals first */
    BatchList results;        /* UPDATE with RETURNING: of the same rows */
    BatchList merged;         /* MERGE: rows to be inserted when all others are changed */
    BatchList inserted;       /* for a RETURNING that has a plan of its own */
} Dml;

/* Of an index (its number), or (PRIMARY) of the key. */
enum { PRIMARY = -1, NO_CONFLICT = -2 };

/* A hidden column's number; −1: the table has none of that name. */
int dml_hidden_column(const CatalogRelation *table, const char *name);
/* Evaluators of checks and of INSERT's RETURNING, in the arena. */
Status dml_open(Dml *dml, Arena *arena, Error *error);
void dml_close(Dml *dml);
/* Dense batches of what the plan gives. */
Status dml_take_inserted(Dml *dml, Batch *rows, Error *error);
void dml_take_deleted(Dml *dml, Batch *rows);
Status dml_take_updated(Dml *dml, Batch *rows, Error *error);
Status dml_apply_updates(Dml *dml, Error *error);
/* The number of an action, an old row and a new one. */
Status dml_take_merged(Dml *dml, Batch *rows, Error *error);
Status dml_apply_merged(Dml *dml, Error *error);
void dml_remove_row(Dml *dml, Batch *batch, int row);
/* Adds dense rows to the list that is the argument. */
Status dml_collect(void *argument, Batch *batch, Error *error);

#endif
