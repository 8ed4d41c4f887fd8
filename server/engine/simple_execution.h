/* SimpleExecution: statements that run once, may wait for the coordinator, and may give a few rows. */
#ifndef LEAT_ENGINE_SIMPLE_EXECUTION_H
#define LEAT_ENGINE_SIMPLE_EXECUTION_H

#include "server/engine/analysis.h"
#include "server/engine/await.h"

/* A statement that is not a query. run is called once, on a thread that may block for a moment: it may add
   result rows, and may leave something to await. */
typedef struct SimpleExecution SimpleExecution;
struct SimpleExecution {
    Execution base;
    Analysis *analysis;
    Session *session;
    const Value *parameters;
    Status (*run)(SimpleExecution *execution, Error *error);
    void (*cancel)(SimpleExecution *execution); /* while awaiting; NULL: only stops waiting */
    Status (*finish)(SimpleExecution *execution, const Error *outcome,
        Error *error);  /* after what was awaited; NULL: passes outcome on; may leave more to await */
    void *finish_state; /* its own */
    void (*finish_free)(void *finish_state); /* NULL: nothing to free */
    bool has_run;
    Await *await;
    BatchList rows;
    int row;
    void *state;
};
Execution *simple_execution(Analysis *analysis, Session *session, const Value *parameters,
    Status (*run)(SimpleExecution *execution, Error *error));
/* Appends one row of texts (NULL: NULL). */
void simple_add_row(SimpleExecution *execution, int count, const char *const *texts);
void simple_tag(SimpleExecution *execution, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
