/* Sources: all that are read, as one: they grow, keep together in event time, and wait for others. The
   coordinator's thread, between two steps or two rounds; times are monotonic microseconds. */
#ifndef LEAT_ENGINE_SOURCES_H
#define LEAT_ENGINE_SOURCES_H

#include "executor/engine/job/home.h"

typedef struct Sources Sources;

Sources *sources_create(Home *home);
void sources_destroy(Sources *sources); /* NULL is fine */
/* Takes in the partitions that readers have found since, and tries those again that failed. */
void sources_grow(Sources *sources);
/* Sets how far each may be read: see source_state.c on drift. */
void sources_align(Sources *sources);
/* They stand still because nobody reads: that is not to be idle. */
void sources_rest(Sources *sources);
/* Nothing is read until then; 0: go on. */
void sources_hold(Sources *sources, int64_t until);
int64_t sources_held_until(const Sources *sources);
/* When something is to be looked at although nobody wakes us; INT64_MAX: never. */
int64_t sources_deadline(const Sources *sources);

#endif
