/* Feed: one input of a build, read for it alone: a relation at pinned epochs, then the changes to later ones;
   a source from its first record, by a reader of its own. */
#include "executor/engine/feed.h"

#include <assert.h>
#include <string.h>

#include "executor/base/clock.h"
#include "executor/base/fault.h"
#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "executor/operators/leaf/scan.h"

void feed_close(Feed *feed) {
    Epochs *epochs = feed->home->epochs;
    if (feed->scan != NULL)
        relation_scan_close(feed->scan);
    epochs_unpin(epochs, feed->reached);
    epochs_unpin(epochs, feed->reaching);
    source_evaluators_destroy(feed->evaluators);
    if (feed->is_source)
        source_state_close(&feed->state);
    memory_free(feed->ends);
}

static void ignore_failure(
    void *argument, int worker, const SourceState *source, int partition, const SourceError *failure) {
    /* Recorded once already, by the running source. */
}

/* Where the feed is to get to: the live position. Nobody reads a source without jobs: its first one takes in
   what is there before it counts as built. */
static int64_t feed_end(const Feed *feed, int partition) {
    int64_t live = source_state(feed->input)->partitions[partition].offset;
    const SourcePartition *own = &feed->state.partitions[partition];
    /* Kafka's end may lie behind markers that are no records: then the reader says that it stands there. */
    if (!job_is_read(feed->input) && own->is_at_end && own->offset >= live)
        return own->offset;
    return job_is_read(feed->input) || feed->ends[partition] < live ? live : feed->ends[partition];
}

/* What waits in the source now, asked of the live reader, which stands at its position. */
static void note_ends(Feed *feed) {
    const SourceState *live = source_state(feed->input);
    feed->ends = NEW_ARRAY(int64_t, live->partition_count + 1);
    for (int p = 0; p < live->partition_count; p++) {
        int64_t lag = live->reader->type->lag == NULL ? 0 : live->reader->type->lag(live->reader, p);
        feed->ends[p] = lag < 0 ? INT64_MAX
                                : live->partitions[p].offset +
                                      lag; /* not known: until the own reader stands at the end */
    }
}

/* Assigns the partitions from the numbered one on, those too that the source has found since its CREATE. */
static Status grow_feed(Feed *feed, int from, Error *error) {
    const SourceState *live = source_state(feed->input);
    SourceState *own = &feed->state;
    for (int p = own->partition_count; p < live->partition_count; p++)
        source_state_grow(own, p + 1, live->partitions[p].first_watermark);
    for (int p = from; p < own->partition_count; p++)
        TRY(own->reader->type->assign(own->reader, p, own->partitions[p].offset, feed_end(feed, p), error));
    return OK;
}

static Status open_source(Feed *feed, Error *error) {
    Home *home = feed->home;
    const JobDefinition *definition = job_definition(feed->input);
    SourceReader *reader;
    TRY(definition->source.open_reader(definition->source.open_argument, &reader, error));
    reader->wake = mailbox_wake;
    reader->wake_argument = home->mailbox;
    SourceStateSpec spec = source_state_spec(definition);
    source_state_open(&feed->state, &spec, reader);
    feed->is_source = true;
    /* A source without jobs has not been read yet: what fails now would be recorded by nobody else. */
    feed->state.record_failed = job_is_read(feed->input) ? ignore_failure : events_record_failed;
    feed->state.argument = home->events;
    feed->evaluators = source_evaluators_create(definition->spec, job_settings(feed->input));
    source_state_want(&feed->state, flow_graph(feed->flow, 0));
    note_ends(feed);
    return grow_feed(feed, 0, error);
}

/* Of an input that has failed meanwhile. */
static Status check_input(const Feed *feed, Error *error) {
    if (!job_is_suspended(feed->input))
        return OK;
    return error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "\"%s\" is suspended: %s",
        job_definition(feed->input)->name, job_trouble(feed->input)->message);
}

Status feed_open(Feed *feed, Home *home, Flow *flow, uint32_t object_id, Error *error) {
    feed->home = home;
    feed->flow = flow;
    feed->input = jobs_find(home->jobs, object_id);
    if (feed->input == NULL)
        return error_set(error, STATUS_UNDEFINED_TABLE, "object %u was dropped meanwhile", object_id);
    TRY(check_input(feed, error));
    if (job_relation(feed->input) == NULL)
        return open_source(feed, error);
    feed->reaching = epochs_pin(home->epochs);
    feed->scan = relation_scan_open(job_relation(feed->input), feed->reaching->epoch, NULL, 0);
    return OK;
}

/* Gives the rows to every leaf that reads the object, on the worker that owns them. */
static Status give_rows(Feed *feed, Batch *batch, int worker, Error *error) {
    Graph *graph = flow_graph(feed->flow, worker);
    Node *leaf;
    for (int n = 0; (leaf = graph_leaf(graph, job_id(feed->input), n)) != NULL; n++)
        TRY(graph_feed(graph, leaf, batch_retain(batch), error));
    return OK;
}

static Status give_relation_rows(Feed *feed, Batch *batch, Error *error) {
    int workers = flow_worker_count(feed->flow);
    if (workers == 1)
        return give_rows(feed, batch, 0, error);
    const RelationSpec *spec = relation_spec(job_relation(feed->input));
    int all[spec->column_count + 1];
    for (int i = 0; i < spec->column_count; i++)
        all[i] = i;
    Batch *dense = batch_dense(batch);
    uint64_t hashes[BATCH_ROWS_MAX];
    uint16_t rows[BATCH_ROWS_MAX];
    batch_hash_keys(dense, spec->key_count > 0 ? spec->key : all,
        spec->key_count > 0 ? spec->key_count : spec->column_count, hashes);
    Status status = OK;
    for (int w = 0; w < workers && status == OK; w++) {
        int count = 0;
        for (int i = 0; i < dense->row_count; i++)
            if (shard_worker(hash_shard(hashes[i]), workers) == w)
                rows[count++] = (uint16_t)i;
        if (count == 0)
            continue;
        Batch *part = batch_select(dense, rows, count);
        status = give_rows(feed, part, w, error);
        batch_release(part);
    }
    batch_release(dense);
    return status;
}

static void end_scan(Feed *feed) {
    relation_scan_close(feed->scan);
    feed->scan = NULL;
    if (feed->reaching == NULL)
        return;
    epochs_unpin(feed->home->epochs, feed->reached);
    feed->reached = feed->reaching;
    feed->reaching = NULL;
}

/* Up to `budget` rows of a relation; at the end of what it was to read, that state is reached. */
Status feed_relation(Feed *feed, int *budget, Error *error) {
    while (feed->scan != NULL && *budget > 0) {
        Batch *batch;
        TRY(relation_scan_next(feed->scan, &batch, error));
        if (batch == NULL) {
            end_scan(feed);
            break;
        }
        *budget -= batch->selected_count;
        if (MUTANT("backfill-skips-a-batch") && feed->is_source == false && batch->selected_count < 8) {
            batch_release(batch);
            continue;
        }
        Status status = give_relation_rows(feed, batch, error);
        batch_release(batch);
        TRY(status);
    }
    return OK;
}

/* One batch of each of the source's partitions that may be read. */
Status feed_source(Feed *feed, int *budget, bool *is_any, Error *error) {
    SourceState *state = &feed->state;
    for (int p = 0; p < state->partition_count; p++) {
        SourcePartition *at = &state->partitions[p];
        if (at->offset >= at->end || !source_may_read(state, p))
            continue;
        int64_t left = at->end - at->offset;
        Batch *batch;
        TRY(source_partition_read(state, feed->evaluators, 0, p,
            left < BATCH_ROWS_MAX ? (int)left : BATCH_ROWS_MAX, &batch, error));
        *is_any = true;
        if (batch == NULL)
            continue;
        *budget -= batch->row_count;
        Status status = give_rows(feed, batch, p % flow_worker_count(feed->flow), error);
        batch_release(batch);
        TRY(status);
    }
    return OK;
}

/* Lets the feed go on: a source to where the live job stands now, a relation to the newest published epoch.
 */
Status feed_extend(Feed *feed, Error *error) {
    Epochs *epochs = feed->home->epochs;
    if (feed->is_source) {
        SourceState *state = &feed->state;
        for (int p = 0; p < state->partition_count; p++)
            TRY(state->reader->type->assign(
                state->reader, p, state->partitions[p].offset, feed_end(feed, p), error));
        return OK;
    }
    if (feed->scan != NULL || feed->reached->epoch == epochs_published(epochs))
        return OK;
    feed->reaching = epochs_pin(epochs);
    feed->scan = relation_changes_open(
        job_relation(feed->input), feed->reached->epoch, feed->reaching->epoch, NULL, 0);
    return OK;
}

/* Whether the rest can be read now, at once. */
bool feed_is_near(const Feed *feed) {
    if (!feed->is_source)
        return feed->scan == NULL && feed->reached->epoch == epochs_published(feed->home->epochs);
    for (int p = 0; p < feed->state.partition_count; p++)
        if (feed->state.partitions[p].offset != feed_end(feed, p))
            return false;
    return true;
}

bool feed_is_level(const Feed *feed) {
    return feed->is_source ? feed_is_near(feed) : feed->is_at_open_epoch;
}

int64_t feed_rows_behind(const Feed *feed) {
    int64_t rows = 0;
    for (int p = 0; feed->is_source && p < feed->state.partition_count; p++)
        rows += source_state(feed->input)->partitions[p].offset - feed->state.partitions[p].offset;
    return rows;
}

/* What a leaf may be promised: a relation gives its rows in no order, so nothing until all were read; then
   what the live job last promised. */
static int64_t promised_watermark(Feed *feed) {
    if (feed->is_source && job_is_read(feed->input) && feed_is_level(feed))
        return job_sealed_watermark(feed->input);
    if (feed->is_source)
        return source_advance_watermark(&feed->state, clock_monotonic());
    return feed_is_level(feed) ? INT64_MAX : WATERMARK_NONE;
}

static void port_watermarks(Feed *feed, int worker, int64_t *watermarks) {
    const OperatorSpec *spec = job_definition(feed->input)->spec;
    const Operator *port = job_root(feed->input, worker);
    int64_t own = promised_watermark(feed);
    int source_column =
        feed->is_source ? ((const StreamSourceParameters *)spec->parameters)->watermark_column : -1;
    for (int c = 0; c < spec->output.count; c++) {
        if (feed->is_source)
            watermarks[c] = c == source_column ? own : WATERMARK_NONE;
        else
            watermarks[c] = own == INT64_MAX ? port->watermarks[c] : WATERMARK_NONE;
    }
}

Status feed_seal(Feed *feed, Error *error) {
    for (int w = 0; w < flow_worker_count(feed->flow); w++) {
        int64_t watermarks[job_definition(feed->input)->spec->output.count + 1];
        port_watermarks(feed, w, watermarks);
        Node *leaf;
        for (int n = 0; (leaf = graph_leaf(flow_graph(feed->flow, w), job_id(feed->input), n)) != NULL; n++) {
            const OperatorSpec *spec = node_operator(leaf)->spec;
            int64_t projected[spec->output.count + 1];
            scan_project_watermarks(spec, watermarks, projected);
            TRY(graph_seal(flow_graph(feed->flow, w), leaf, projected, error));
        }
    }
    return OK;
}

/* Takes in the partitions that the source has found since. */
static Status follow_source(Feed *feed, Error *error) {
    int had = feed->state.partition_count, has = source_state(feed->input)->partition_count;
    if (has <= had)
        return OK;
    feed->ends = memory_resize(feed->ends, sizeof *feed->ends * (size_t)(has + 1));
    memset(feed->ends + had, 0, sizeof *feed->ends * (size_t)(has - had));
    return grow_feed(feed, had, error);
}

Status feed_follow(Feed *feed, Error *error) {
    TRY(check_input(feed, error));
    return feed->is_source ? follow_source(feed, error) : OK;
}

Status feed_rest(Feed *feed, Error *error) {
    if (feed->is_source)
        return OK;
    feed->scan = relation_changes_open(
        job_relation(feed->input), feed->reached->epoch, open_epoch_number(feed->home->open), NULL, 0);
    while (feed->scan != NULL) {
        int budget = INT32_MAX;
        TRY(feed_relation(feed, &budget, error));
    }
    feed->is_at_open_epoch = true;
    return OK;
}

int64_t feed_slowest(Feed *feed, int64_t now) {
    if (!feed->is_source)
        return WATERMARK_END;
    for (int p = 0; p < feed->state.partition_count; p++)
        feed->state.partitions[p].end = feed_end(feed, p);
    return source_slowest(&feed->state, now);
}

bool feed_has_rows(const Feed *feed) {
    if (!feed->is_source || feed_is_level(feed))
        return false;
    for (int p = 0; p < feed->state.partition_count; p++)
        if (feed->state.partitions[p].offset < feed->state.partitions[p].end &&
            source_may_read(&feed->state, p))
            return true;
    return false;
}

Status feed_link(Feed *feed, Error *error) {
    assert(feed_is_level(feed));
    if (!feed->is_source || job_is_read(feed->input))
        return OK;
    return source_take_position(feed->input, &feed->state, error);
}
