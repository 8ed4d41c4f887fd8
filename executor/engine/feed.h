/* Feed: one input of a build, given to its graphs' leaves until it stands where the live jobs stand. The
   coordinator's thread, between two live steps. */
#ifndef LEAT_ENGINE_FEED_H
#define LEAT_ENGINE_FEED_H

#include "executor/engine/job/job_source.h"

/* Of feed.c alone, but for is_source and state's limits. Zeroed before it is opened. */
typedef struct Feed {
    Home *home;
    Flow *flow; /* the build's graphs */
    Job *input;
    /* A stored relation: what is being read, the state that is reached when it ends, and the one reached
       before. */
    RelationScan *scan;
    const Published *reached, *reaching;
    bool is_at_open_epoch;
    /* A source. */
    SourceState state;
    SourceEvaluators *evaluators;
    bool is_source;
    int64_t *ends; /* by partition: where the source ended when the build began, as far as its reader knows */
} Feed;

/* 42P01 when the object is gone, 55000 when it is suspended. To be closed also then. */
Status feed_open(Feed *feed, Home *home, Flow *flow, uint32_t object_id, Error *error);
void feed_close(Feed *feed);
/* What has become of the input since the last slice: it fails with it, and has all of its partitions. */
Status feed_follow(Feed *feed, Error *error);

/* A slice. Lets the feed go on: a source to where the live job stands now, a relation to the newest published
   epoch. */
Status feed_extend(Feed *feed, Error *error);
/* Up to `budget` rows of a relation; at the end of what it was to read, that state is reached. */
Status feed_relation(Feed *feed, int *budget, Error *error);
/* One batch of each of the source's partitions that may be read; *is_any: there was one. */
Status feed_source(Feed *feed, int *budget, bool *is_any, Error *error);
/* The least watermark that holds others up, for drift; WATERMARK_END: none. now: monotonic microseconds. */
int64_t feed_slowest(Feed *feed, int64_t now);
/* Whether the rest can be read now, at once; and that: a relation's changes from the published to the open
   epoch, since nobody writes between two steps. */
bool feed_is_near(const Feed *feed);
Status feed_rest(Feed *feed, Error *error);
/* Seals the leaves that read it with what may be promised. */
Status feed_seal(Feed *feed, Error *error);

bool feed_is_level(const Feed *feed);       /* it stands where the live job stands */
bool feed_has_rows(const Feed *feed);       /* of a source that is not level, at hand */
int64_t feed_rows_behind(const Feed *feed); /* a source's */
/* The build is linked: the first job of a source takes the live position along. */
Status feed_link(Feed *feed, Error *error);

#endif
