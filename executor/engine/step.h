/* Step: one evaluation of the live graphs over the input taken for it, and their part of a commit. The
   coordinator's thread. */
#ifndef LEAT_ENGINE_STEP_H
#define LEAT_ENGINE_STEP_H

#include "executor/engine/commit/commit.h"
#include "executor/engine/job/sources.h"

typedef struct Stepper Stepper;

/* Registers the part of the live graphs and their jobs. */
Stepper *stepper_create(Home *home, Sources *sources, Publisher *publisher, Commit *commit);
void stepper_destroy(Stepper *stepper); /* NULL is fine */
/* Evaluates what is at hand; *did_step false when nothing was. */
Status step_run(Stepper *stepper, bool *did_step, Error *error);
/* When a step will be due although nothing comes, monotonic microseconds; INT64_MAX: never. */
int64_t step_deadline(const Stepper *stepper);
/* Steps since the start; wide: two or more tables or sources had rows. Any thread. */
void step_counts(const Stepper *stepper, int64_t *steps, int64_t *wide_steps);

#endif
