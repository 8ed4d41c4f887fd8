/* Home: what all jobs live in: made by the coordinator, which outlives them. The parts are opaque; each is
   changed through its own functions alone. */
#ifndef LEAT_ENGINE_HOME_H
#define LEAT_ENGINE_HOME_H

#include "executor/dataflow/flow.h"
#include "executor/engine/job/definition.h"
#include "executor/engine/commit/epochs.h"
#include "executor/engine/commit/events.h"
#include "executor/engine/mailbox.h"
#include "executor/engine/commit/open_epoch.h"
#include "executor/engine/options.h"
#include "executor/engine/job/jobs.h"
#include "executor/operators/environment.h"

typedef struct Home {
    const CoordinatorSpec *spec;
    Workers *workers;
    Flow *flow; /* the live graphs; others after a recovery */
    Environment environment;
    Mailbox *mailbox;
    OpenEpoch *open;
    Jobs *jobs;
    Epochs *epochs;
    Events *events;
} Home;

/* Fills the environment: relations and sinks of jobs. */
void home_furnish(Home *home);
/* Graphs without nodes, live ones or a build's. */
Flow *home_create_flow(const Home *home);

#endif
