/* Publisher: what readers see: where everything stood at an epoch, and the row versions that are kept for
   those who still read an older one. The coordinator's thread. */
#ifndef LEAT_ENGINE_PUBLISHED_H
#define LEAT_ENGINE_PUBLISHED_H

#include "executor/engine/job/home.h"

typedef struct Publisher Publisher;

Publisher *publisher_create(Home *home);
void publisher_destroy(Publisher *publisher); /* NULL is fine */
/* The job has taken part in a step since it was last published. */
void publisher_note(Publisher *publisher, Job *job);
/* What is published once the open epoch is committed, as the jobs stand now. */
Published *publisher_make(Publisher *publisher);
/* Publishes at once an epoch that is committed, as the jobs stand now. */
void publisher_publish(Publisher *publisher, uint64_t epoch);
/* All jobs have gone. */
void publisher_forget(Publisher *publisher);

/* Lets go of row versions that nobody reads any more, and of readers for whom too much is kept. Before a
   cut. */
void publisher_trim(Publisher *publisher);
/* Lets go of rows while more is in memory than may be: what was cut so far is committed. The next commit then
   has more to let go of. */
void publisher_evict(Publisher *publisher);
/* Whether relations have rows to be written together, to be evicted then; and that. */
bool publisher_has_scattered(const Publisher *publisher);
Status publisher_cut_scattered(Publisher *publisher, Error *error);

#endif
