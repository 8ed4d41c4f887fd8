/* The coordinator's parts: for coordinator.c, objects.c and status.c alone. */
#ifndef LEAT_ENGINE_COORDINATOR_STATE_H
#define LEAT_ENGINE_COORDINATOR_STATE_H

#include <pthread.h>

#include "executor/engine/build.h"
#include "executor/engine/coordinator.h"
#include "executor/engine/recovery.h"
#include "executor/engine/step.h"

struct Coordinator {
    CoordinatorSpec spec;
    Home home;
    Publisher *publisher;
    Commit *commit;
    Sources *sources;
    Stepper *stepper;
    Builds *builds;
    Recovery *recovery;
    pthread_t thread;
    bool is_started; /* the thread runs, or has run */
};

#endif
