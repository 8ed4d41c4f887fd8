/* Build: a new view or sink catches up beside the running jobs, and joins them between two steps.

   It has graphs of its own, fed from snapshots of stored relations (at a pinned epoch, then the changes to
   later published epochs) and from private readers of sources (from their first record). The coordinator
   gives it a slice between live steps; each slice is one step of the build's graphs. The open epoch may still
   grow, so it is read once only, whole, in the last slice: when all relations were read to the newest
   published epoch and all sources to where the live job stands. Then everything stands where the live jobs
   stand now: the nodes move behind theirs, the leaves are connected to their ports, and the next commit makes
   it visible. Its state goes out with the live jobs' commits meanwhile, whenever enough of it is dirty; a
   fact remembers that it is nobody's yet. What is built anew under an id that had state before (a suspended
   view, a build in the background that a crash ended) begins once a commit has dropped that, and takes the
   suspended job's place at the end. */
#include <stdlib.h>
#include <string.h>

#include "executor/base/fault.h"
#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "executor/engine/job.h"
#include "executor/operators/join/join.h"
#include "executor/operators/leaf/scan.h"

enum {
    SLICE_ROWS = 262144,
    HOLD_ROWS = 1000000, /* less behind a source than this: live sources wait */
    HOLD_MICROSECONDS = 2000000,
    CUT_SHARE = 4 /* of dirty_bytes_max is what a build keeps until a commit takes it */
};

typedef struct Feed {
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
    int64_t watermark;
} Feed;

struct Build {
    Build *next;
    Job *job;
    Flow *flow;
    Feed *feeds;
    int feed_count;
    bool is_begun;
    bool is_cut;          /* some of its state is durable */
    uint64_t after_epoch; /* begins in a later one */
    Status (*linked)(void *argument, Error *error);
    Completion done;
};

static void feed_close(Coordinator *coordinator, Feed *feed) {
    if (feed->scan != NULL)
        relation_scan_close(feed->scan);
    epochs_unpin(coordinator->epochs, feed->reached);
    epochs_unpin(coordinator->epochs, feed->reaching);
    source_evaluators_destroy(feed->evaluators);
    if (feed->is_source)
        source_state_close(&feed->state);
    memory_free(feed->ends);
}

static void build_destroy(Build *build, bool with_job) {
    Coordinator *coordinator = build->job->coordinator;
    for (int i = 0; i < build->feed_count; i++)
        feed_close(coordinator, &build->feeds[i]);
    flow_destroy(build->flow);
    memory_free(build->feeds);
    if (with_job)
        job_destroy(build->job);
    memory_free(build);
}

static bool forget_failure(Coordinator *coordinator, const char *name) {
    int kept = 0, count = coordinator->failure_count;
    for (int i = 0; i < count; i++) {
        BuildFailure *failure = &coordinator->failures[i];
        if (name != NULL && strcmp(failure->name, name) != 0) {
            coordinator->failures[kept++] = *failure;
            continue;
        }
        memory_free(failure->name);
        memory_free(failure->trouble);
    }
    coordinator->failure_count = kept;
    return kept < count;
}

void build_failures_forget(Coordinator *coordinator, const char *name) {
    forget_failure(coordinator, name);
}

static void build_fail(Build *build, const Error *error);

void coordinator_keep_failure(
    Coordinator *coordinator, uint32_t object_id, JobKind kind, const char *name, const Error *error) {
    if (coordinator->failure_count == BUILD_FAILURES_MAX) {
        memory_free(coordinator->failures[0].name);
        memory_free(coordinator->failures[0].trouble);
        memmove(coordinator->failures, coordinator->failures + 1,
            sizeof(BuildFailure) * (size_t)--coordinator->failure_count);
    }
    coordinator->failures[coordinator->failure_count++] =
        (BuildFailure){object_id, kind, memory_strdup(name), memory_strdup(error->message)};
}

static void keep_failure(const Job *job, const Error *error) {
    const JobDefinition *definition = &job->definition;
    bool is_suspended = job_find(job->coordinator, definition->object_id) != NULL;
    if (definition->is_background && !is_suspended && error->status != STATUS_QUERY_CANCELED &&
        error->status != STATUS_ADMIN_SHUTDOWN)
        coordinator_keep_failure(
            job->coordinator, definition->object_id, definition->kind, definition->name, error);
}

/* Durable as long as a build's state may be that no catalog object owns. */
static void build_fact(uint32_t object_id, Text *key) {
    text_printf(key, "building/%08x", object_id);
}

static void forget_fact(Build *build) {
    Text key = {0};
    build_fact(build->job->definition.object_id, &key);
    cut_delete(coordinator_stage(build->job->coordinator), FAMILY_FACTS, key.bytes, key.length);
    text_free(&key);
}

static void drop_state(Build *build) {
    if (!build->is_cut)
        return;
    state_drop_object(build->job->definition.object_id, coordinator_stage(build->job->coordinator));
    forget_fact(build);
}

static size_t build_dirty_bytes(const Build *build) {
    const Job *job = build->job;
    return (job->relation == NULL ? 0 : relation_dirty_bytes(job->relation)) + flow_dirty_bytes(build->flow);
}

/* A sink's output is staged whole. */
static bool wants_cut(const Build *build) {
    const Job *job = build->job;
    if (build->flow == NULL || job->definition.is_transient || job->definition.kind != JOB_VIEW ||
        job->coordinator->spec.store == NULL)
        return false;
    return build_dirty_bytes(build) > job->coordinator->spec.dirty_bytes_max / CUT_SHARE ||
           relation_wants_cut(job->relation);
}

bool builds_want_cut(Coordinator *coordinator) {
    for (const Build *build = coordinator->builds; build != NULL; build = build->next)
        if (wants_cut(build))
            return true;
    return false;
}

static Status cut_build(Build *build, Cut *const *cuts, Error *error) {
    Coordinator *coordinator = build->job->coordinator;
    for (int w = 0; w < coordinator->spec.worker_count; w++)
        TRY(graph_cut(flow_graph(build->flow, w), coordinator->open_epoch, cuts[w], error));
    for (int w = 0; w < coordinator->spec.worker_count && relation_wants_cut(build->job->relation); w++)
        TRY(relation_cut(build->job->relation, w, coordinator->open_epoch, cuts[w], error));
    return OK;
}

void builds_cut(Coordinator *coordinator, Cut *const *cuts, Cut *facts) {
    for (Build *build = coordinator->builds, *next; build != NULL; build = next) {
        next = build->next;
        if (!wants_cut(build))
            continue;
        Error error = {0};
        Status status = cut_build(build, cuts, &error);
        FAILPOINT("build.cut");
        Text key = {0};
        build_fact(build->job->definition.object_id, &key);
        if (!build->is_cut)
            cut_put(facts, FAMILY_FACTS, key.bytes, key.length, "", 0);
        text_free(&key);
        build->is_cut = true;
        if (status != OK)
            build_fail(build, &error);
        error_clear(&error);
    }
}

static Status drop_unfinished(void *argument, const char *key, size_t key_length, const char *value,
    size_t value_length, Error *error) {
    Coordinator *coordinator = argument;
    char digits[9] = {0};
    memcpy(digits, key + key_length - 8, 8);
    state_drop_object((uint32_t)strtoul(digits, NULL, 16), coordinator_stage(coordinator));
    cut_delete(coordinator_stage(coordinator), FAMILY_FACTS, key, key_length);
    return OK;
}

Status builds_drop_unfinished(Coordinator *coordinator, Error *error) {
    if (coordinator->spec.store == NULL)
        return OK;
    return store_scan(
        coordinator->spec.store, FAMILY_FACTS, "building/", 9, drop_unfinished, coordinator, error);
}

/* The suspended job whose place it is to take; NULL: none. */
static Job *suspended_job(const Build *build) {
    return job_find(build->job->coordinator, build->job->definition.object_id);
}

static void set_rebuilt(Job *suspended, bool is_rebuilt) {
    pthread_mutex_lock(&suspended->coordinator->registry_lock);
    suspended->is_rebuilt = is_rebuilt;
    pthread_mutex_unlock(&suspended->coordinator->registry_lock);
}

static void leave_suspended(Build *build, const Error *cause) {
    Job *suspended = suspended_job(build);
    if (suspended == NULL)
        return;
    set_rebuilt(suspended, false);
    if (cause->status != STATUS_QUERY_CANCELED && cause->status != STATUS_ADMIN_SHUTDOWN)
        suspension_explain(suspended, cause);
}

static void take_place(Build *build) {
    Job *suspended = suspended_job(build);
    if (suspended == NULL)
        return;
    suspension_forget(suspended);
    job_withdraw(suspended);
    job_destroy(suspended);
}

static void build_fail(Build *build, const Error *error) {
    Build **at = &build->job->coordinator->builds;
    while (*at != build)
        at = &(*at)->next;
    *at = build->next;
    Completion done = build->done;
    keep_failure(build->job, error);
    drop_state(build);
    leave_suspended(build, error);
    Error unused = {0};
    if (events_forget(build->job->coordinator, build->job->definition.object_id, &unused) != OK)
        error_clear(&unused); /* its error rows stay behind */
    build_destroy(build, true);
    done.done(done.argument, error);
}

static void on_source_wake(void *argument) {
    Coordinator *coordinator = argument;
    pthread_mutex_lock(&coordinator->lock);
    coordinator->is_woken = true;
    pthread_cond_signal(&coordinator->arrived);
    pthread_mutex_unlock(&coordinator->lock);
}

static void ignore_failure(
    void *argument, int worker, const SourceState *source, int partition, const SourceError *failure) {
    /* Recorded once already, by the running source. */
}

/* Where the feed is to get to: the live position. Nobody reads a source without jobs: its first one takes in
   what is there before it counts as built. */
static int64_t feed_end(const Feed *feed, int partition) {
    int64_t live = feed->input->source.partitions[partition].offset;
    const SourcePartition *own = &feed->state.partitions[partition];
    /* Kafka's end may lie behind markers that are no records: then the reader says that it stands there. */
    if (feed->input->reader_count == 0 && own->is_at_end && own->offset >= live)
        return own->offset;
    return feed->input->reader_count > 0 || feed->ends[partition] < live ? live : feed->ends[partition];
}

/* What waits in the source now, asked of the live reader, which stands at its position. */
static void note_ends(Feed *feed) {
    const SourceState *live = &feed->input->source;
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
    const SourceState *live = &feed->input->source;
    SourceState *own = &feed->state;
    for (int p = own->partition_count; p < live->partition_count; p++)
        source_state_grow(own, p + 1, live->partitions[p].first_watermark);
    for (int p = from; p < own->partition_count; p++)
        TRY(own->reader->type->assign(own->reader, p, own->partitions[p].offset, feed_end(feed, p), error));
    return OK;
}

static Status open_source_feed(Coordinator *coordinator, const Graph *graph, Feed *feed, Error *error) {
    const JobDefinition *definition = &feed->input->definition;
    SourceReader *reader;
    TRY(definition->open_reader(definition->open_argument, &reader, error));
    reader->wake = on_source_wake;
    reader->wake_argument = coordinator;
    SourceStateSpec spec = job_source_spec(definition);
    source_state_open(&feed->state, &spec, reader);
    feed->is_source = true;
    /* A source without jobs has not been read yet: what fails now would be recorded by nobody else. */
    feed->state.record_failed = feed->input->reader_count > 0 ? ignore_failure : events_record_failed;
    feed->state.argument = coordinator;
    feed->evaluators = source_evaluators_create(definition->spec, &feed->input->settings);
    source_state_want(&feed->state, graph);
    note_ends(feed);
    return grow_feed(feed, 0, error);
}

/* Whether a lookup reads the object: it is fed first, so that the rows that look it up find all of it. */
static bool is_looked_up(const OperatorSpec *spec, uint32_t object_id, bool is_below) {
    if (spec->type == &scan_operator)
        return is_below && (uint32_t)((const ScanParameters *)spec->parameters)->object_id == object_id;
    bool is_lookup = spec->type == &join_operator && ((const JoinParameters *)spec->parameters)->is_lookup;
    for (int i = 0; i < spec->input_count; i++)
        if (is_looked_up(spec->inputs[i], object_id, is_below || (is_lookup && i == 1)))
            return true;
    return false;
}

static Status open_feed(
    Coordinator *coordinator, const Graph *graph, Feed *feed, uint32_t object_id, Error *error) {
    feed->watermark = WATERMARK_NONE;
    feed->input = job_find(coordinator, object_id);
    if (feed->input == NULL)
        return error_set(error, STATUS_UNDEFINED_TABLE, "object %u was dropped meanwhile", object_id);
    if (feed->input->is_suspended)
        return error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "\"%s\" is suspended: %s",
            feed->input->definition.name, feed->input->trouble.message);
    if (feed->input->relation == NULL)
        return open_source_feed(coordinator, graph, feed, error);
    feed->reaching = epochs_pin(coordinator->epochs);
    feed->scan = relation_scan_open(feed->input->relation, feed->reaching->epoch, NULL, 0);
    return OK;
}

static Status may_build(Coordinator *coordinator, const JobDefinition *definition, Error *error) {
    TRY(coordinator_may_change(coordinator, error));
    const Job *old = job_find(coordinator, definition->object_id);
    if (old == NULL)
        return OK;
    if (!old->is_suspended)
        return error_set(
            error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "\"%s\" is not suspended", definition->name);
    if (old->is_rebuilt)
        return error_set(
            error, STATUS_OBJECT_IN_USE, "\"%s\" is being built again already", definition->name);
    return OK;
}

/* What was kept under its id before goes with the commit that comes. */
static Status forget_earlier(Build *build, Error *error) {
    Job *suspended = suspended_job(build);
    Coordinator *coordinator = build->job->coordinator;
    if (suspended == NULL && !build->job->definition.is_background)
        return OK;
    build->after_epoch = coordinator->open_epoch;
    coordinator->is_dirty = true;
    if (suspended != NULL)
        set_rebuilt(suspended, true);
    return events_forget(coordinator, build->job->definition.object_id, error);
}

Status coordinator_build(Coordinator *coordinator, const JobDefinition *definition,
    Status (*linked)(void *argument, Error *error), Completion done, Error *error) {
    Status status = may_build(coordinator, definition, error);
    if (status != OK) {
        if (definition->writer != NULL)
            definition->writer->type->close(definition->writer);
        return status;
    }
    Build *build = NEW(Build);
    status = job_create(coordinator, definition, false, NULL, &build->job, error);
    if (status != OK) {
        memory_free(build);
        return status;
    }
    build->job->is_building = true;
    build_failures_forget(coordinator, definition->name);
    build->linked = linked;
    build->done = done;
    build->flow = coordinator_create_flow(coordinator);
    build->next = coordinator->builds;
    coordinator->builds = build; /* so that its relation can be found while its nodes open */
    status = job_add_nodes(build->job, build->flow, false, false, error);
    build->feeds = NEW_ARRAY(Feed, definition->dependency_count + 1);
    for (int is_later = 0; is_later < 2; is_later++)
        for (int i = 0; i < definition->dependency_count && status == OK; i++)
            if (is_looked_up(definition->spec, definition->dependencies[i], false) == !is_later)
                status = open_feed(coordinator, flow_graph(build->flow, 0),
                    &build->feeds[build->feed_count++], definition->dependencies[i], error);
    if (status == OK)
        status = forget_earlier(build, error);
    if (status != OK) {
        coordinator->builds = build->next;
        build_destroy(build, true);
    }
    return status;
}

/* Gives the rows to every leaf that reads the object, on the worker that owns them. */
static Status give_rows(Build *build, Feed *feed, Batch *batch, int worker, Error *error) {
    Graph *graph = flow_graph(build->flow, worker);
    Node *leaf;
    for (int n = 0; (leaf = graph_leaf(graph, feed->input->definition.object_id, n)) != NULL; n++)
        TRY(graph_feed(graph, leaf, batch_retain(batch), error));
    return OK;
}

static Status give_relation_rows(Build *build, Feed *feed, Batch *batch, Error *error) {
    int workers = build->job->coordinator->spec.worker_count;
    if (workers == 1)
        return give_rows(build, feed, batch, 0, error);
    const RelationSpec *spec = relation_spec(feed->input->relation);
    int all[spec->column_count];
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
        status = give_rows(build, feed, part, w, error);
        batch_release(part);
    }
    batch_release(dense);
    return status;
}

static void end_scan(Build *build, Feed *feed) {
    relation_scan_close(feed->scan);
    feed->scan = NULL;
    if (feed->reaching == NULL)
        return;
    epochs_unpin(build->job->coordinator->epochs, feed->reached);
    feed->reached = feed->reaching;
    feed->reaching = NULL;
}

/* Up to `budget` rows of a relation; at the end of what it was to read, that state is reached. */
static Status feed_relation(Build *build, Feed *feed, int *budget, Error *error) {
    while (feed->scan != NULL && *budget > 0) {
        Batch *batch;
        TRY(relation_scan_next(feed->scan, &batch, error));
        if (batch == NULL) {
            end_scan(build, feed);
            break;
        }
        *budget -= batch->selected_count;
        if (MUTANT("backfill-skips-a-batch") && feed->is_source == false && batch->selected_count < 8) {
            batch_release(batch);
            continue;
        }
        Status status = give_relation_rows(build, feed, batch, error);
        batch_release(batch);
        TRY(status);
    }
    return OK;
}

/* One batch of each of the source's partitions that may be read. */
static Status feed_source(Build *build, Feed *feed, int *budget, bool *is_any, Error *error) {
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
        Status status = give_rows(build, feed, batch, p % build->job->coordinator->spec.worker_count, error);
        batch_release(batch);
        TRY(status);
    }
    return OK;
}

static void align_feeds(Build *build) {
    int64_t now = monotonic_now(), slowest = WATERMARK_END;
    for (int i = 0; i < build->feed_count; i++) {
        Feed *feed = &build->feeds[i];
        for (int p = 0; feed->is_source && p < feed->state.partition_count; p++)
            feed->state.partitions[p].end = feed_end(feed, p);
        int64_t own = feed->is_source ? source_slowest(&feed->state, now) : WATERMARK_END;
        slowest = own < slowest ? own : slowest;
    }
    for (int i = 0; i < build->feed_count; i++)
        if (build->feeds[i].is_source)
            source_limit(&build->feeds[i].state, slowest);
}

static Status feed_sources(Build *build, int *budget, Error *error) {
    for (bool is_any = true; is_any && *budget > 0;) {
        is_any = false;
        align_feeds(build);
        for (int i = 0; i < build->feed_count; i++)
            if (build->feeds[i].is_source)
                TRY(feed_source(build, &build->feeds[i], budget, &is_any, error));
    }
    return OK;
}

/* Lets the feed go on: a source to where the live job stands now, a relation to the newest published epoch.
 */
static Status extend_feed(Build *build, Feed *feed, Error *error) {
    Coordinator *coordinator = build->job->coordinator;
    if (feed->is_source) {
        SourceState *state = &feed->state;
        for (int p = 0; p < state->partition_count; p++)
            TRY(state->reader->type->assign(
                state->reader, p, state->partitions[p].offset, feed_end(feed, p), error));
        return OK;
    }
    if (feed->scan != NULL || feed->reached->epoch == epochs_published(coordinator->epochs))
        return OK;
    feed->reaching = epochs_pin(coordinator->epochs);
    feed->scan =
        relation_changes_open(feed->input->relation, feed->reached->epoch, feed->reaching->epoch, NULL, 0);
    return OK;
}

/* Whether the rest can be read now, at once. */
static bool feed_is_near(const Build *build, const Feed *feed) {
    if (!feed->is_source)
        return feed->scan == NULL &&
               feed->reached->epoch == epochs_published(build->job->coordinator->epochs);
    for (int p = 0; p < feed->state.partition_count; p++)
        if (feed->state.partitions[p].offset != feed_end(feed, p))
            return false;
    return true;
}

static bool is_near(const Build *build) {
    for (int i = 0; i < build->feed_count; i++)
        if (!feed_is_near(build, &build->feeds[i]))
            return false;
    return true;
}

/* The changes from the published to the open epoch: nobody writes between two steps. */
static Status feed_open_epoch(Build *build, Error *error) {
    for (int i = 0; i < build->feed_count; i++) {
        Feed *feed = &build->feeds[i];
        if (feed->is_source)
            continue;
        feed->scan = relation_changes_open(
            feed->input->relation, feed->reached->epoch, build->job->coordinator->open_epoch, NULL, 0);
        while (feed->scan != NULL) {
            int budget = INT32_MAX;
            TRY(feed_relation(build, feed, &budget, error));
        }
        feed->is_at_open_epoch = true;
    }
    return OK;
}

static bool feed_is_level(const Build *build, const Feed *feed) {
    return feed->is_source ? feed_is_near(build, feed) : feed->is_at_open_epoch;
}

static int64_t rows_behind(const Feed *feed) {
    int64_t rows = 0;
    for (int p = 0; feed->is_source && p < feed->state.partition_count; p++)
        rows += feed->input->source.partitions[p].offset - feed->state.partitions[p].offset;
    return rows;
}

/* What a leaf may be promised: a relation gives its rows in no order, so nothing until all were read; then
   what the live job last promised. */
static int64_t feed_watermark(Build *build, Feed *feed) {
    if (feed->is_source && feed->input->reader_count > 0 && feed_is_level(build, feed))
        return feed->input->sealed_watermark;
    if (feed->is_source)
        return source_advance_watermark(&feed->state, monotonic_now());
    return feed_is_level(build, feed) ? INT64_MAX : WATERMARK_NONE;
}

static void port_watermarks(Build *build, Feed *feed, int worker, int64_t *watermarks) {
    const OperatorSpec *spec = feed->input->definition.spec;
    const Operator *port = node_operator(feed->input->roots[worker]);
    int64_t own = feed_watermark(build, feed);
    int source_column =
        feed->is_source ? ((const StreamSourceParameters *)spec->parameters)->watermark_column : -1;
    for (int c = 0; c < spec->output.count; c++) {
        if (feed->is_source)
            watermarks[c] = c == source_column ? own : WATERMARK_NONE;
        else
            watermarks[c] = own == INT64_MAX ? port->watermarks[c] : WATERMARK_NONE;
    }
}

static Status seal_feed(Build *build, Feed *feed, Error *error) {
    for (int w = 0; w < build->job->coordinator->spec.worker_count; w++) {
        int64_t watermarks[feed->input->definition.spec->output.count + 1];
        port_watermarks(build, feed, w, watermarks);
        Node *leaf;
        for (int n = 0;
             (leaf = graph_leaf(flow_graph(build->flow, w), feed->input->definition.object_id, n)) != NULL;
             n++) {
            const OperatorSpec *spec = node_operator(leaf)->spec;
            int64_t projected[spec->output.count + 1];
            scan_project_watermarks(spec, watermarks, projected);
            TRY(graph_seal(flow_graph(build->flow, w), leaf, projected, error));
        }
    }
    return OK;
}

/* What fails, or holds too much, ends the build. */
static Status run_flow(Build *build, bool is_inline, Error *error) {
    Coordinator *coordinator = build->job->coordinator;
    size_t memory_max = coordinator->spec.memory_max;
    for (;;) {
        Error errors[flow_worker_count(build->flow)];
        memset(errors, 0, sizeof errors);
        FlowRun run = {true, is_inline, memory_max, errors};
        FlowEnd end = flow_run(build->flow, &run);
        Status status = OK;
        for (int w = 0; w < flow_worker_count(build->flow); w++) {
            if (status == OK && (status = errors[w].status) != OK)
                error_move(error, &errors[w]);
            error_clear(&errors[w]);
        }
        TRY(status);
        if (end.unfinished != 0)
            return error_set(error, STATUS_INTERNAL_ERROR, "a step has come to a standstill before its end");
        if (!end.is_over)
            return OK;
        size_t bytes = job_pinned_bytes(build->job, build->flow);
        if (memory_is_much(coordinator, bytes)) {
            memory_error(coordinator, bytes, error);
            return error->status;
        }
        memory_max = 0;
    }
}

/* *is_last: the build stands where the live jobs stand. */
static Status run_slice(Build *build, bool *is_last, Error *error) {
    Coordinator *coordinator = build->job->coordinator;
    flow_begin_step(build->flow);
    for (int w = 0; w < flow_worker_count(build->flow); w++)
        graph_activate_leaves(flow_graph(build->flow, w), !build->is_begun);
    build->is_begun = true;
    int budget = SLICE_ROWS;
    for (int i = 0; i < build->feed_count; i++) {
        Feed *feed = &build->feeds[i];
        TRY(extend_feed(build, feed, error));
        if (!feed->is_source)
            TRY(feed_relation(build, feed, &budget, error));
    }
    TRY(feed_sources(build, &budget, error));
    *is_last = is_near(build);
    if (*is_last)
        TRY(feed_open_epoch(build, error));
    for (int i = 0; i < build->feed_count; i++)
        TRY(seal_feed(build, &build->feeds[i], error));
    bool is_small = SLICE_ROWS - budget < coordinator->spec.inline_rows;
    TRY(run_flow(build, is_small, error));
    flow_end_step(build->flow);
    return events_apply(coordinator, error);
}

/* The first job of a source takes the live position along. */
static Status move_source(Feed *feed, Error *error) {
    SourceState *live = &feed->input->source;
    if (!feed->is_source || feed->input->reader_count > 0)
        return OK;
    for (int p = 0; p < live->partition_count; p++) {
        live->partitions[p] = feed->state.partitions[p];
        live->partitions[p].end = INT64_MAX;
        TRY(live->reader->type->assign(live->reader, p, live->partitions[p].offset, INT64_MAX, error));
    }
    live->watermark = feed->state.watermark;
    live->rows_read += feed->state.rows_read;
    job_changed(feed->input);
    return OK;
}

static Status link_build(Build *build, Error *error) {
    Coordinator *coordinator = build->job->coordinator;
    Job *job = build->job;
    for (int i = 0; i < build->feed_count; i++)
        TRY(move_source(&build->feeds[i], error));
    take_place(build);
    JobSpec spec;
    job_job_spec(job, &spec, false, true);
    flow_adopt(coordinator->flow, build->flow, &spec);
    job->is_building = false;
    job_register(job);
    FAILPOINT("build.link");
    Status status = job->definition.kind == JOB_SINK ? delivery_start(job, error) : OK;
    if (status == OK && build->linked != NULL)
        status = build->linked(build->done.argument, error);
    if (status == OK && build->is_cut)
        forget_fact(build);
    if (status != OK)
        job_withdraw(job);
    return status;
}

static void finish_build(Build *build) {
    Coordinator *coordinator = build->job->coordinator;
    Build **at = &coordinator->builds;
    while (*at != build)
        at = &(*at)->next;
    *at = build->next;
    coordinator->hold_sources_until = 0;
    coordinator->is_dirty = true;
    GROW(coordinator->waiting.items, coordinator->waiting.capacity, coordinator->waiting.count + 1);
    coordinator->waiting.items[coordinator->waiting.count++] = build->done;
    build_destroy(build, false);
}

/* Sources that are nearly caught up wait a little, so that the gap closes however fast they run. */
static void maybe_hold(Build *build) {
    Coordinator *coordinator = build->job->coordinator;
    int64_t behind = 0;
    for (int i = 0; i < build->feed_count; i++)
        behind += rows_behind(&build->feeds[i]);
    int64_t now = monotonic_now();
    if (behind > 0 && behind < HOLD_ROWS && now > coordinator->hold_sources_until + HOLD_MICROSECONDS)
        coordinator->hold_sources_until = now + HOLD_MICROSECONDS;
}

static bool has_rows(Build *build) {
    bool is_level = true;
    align_feeds(build);
    for (int i = 0; i < build->feed_count; i++) {
        const Feed *feed = &build->feeds[i];
        if (!feed->is_source || feed_is_level(build, feed))
            continue;
        is_level = false;
        for (int p = 0; p < feed->state.partition_count; p++)
            if (feed->state.partitions[p].offset < feed->state.partitions[p].end &&
                source_may_read(&feed->state, p))
                return true;
    }
    return is_level;
}

void builds_advance(Coordinator *coordinator, bool *is_busy) {
    *is_busy = false;
    for (Build *build = coordinator->builds, *next; build != NULL; build = next) {
        next = build->next;
        if (build->is_begun && !has_rows(build))
            continue; /* records are on their way: the reader wakes us */
        if (wants_cut(build) && commit_is_busy(coordinator))
            continue; /* its end wakes us */
        if (coordinator->open_epoch <= build->after_epoch)
            continue;
        Error error = {0};
        build->job->settings.now = coordinator->time;
        bool is_last;
        Status status = run_slice(build, &is_last, &error);
        if (status == OK && is_last) {
            status = link_build(build, &error);
            if (status == OK) {
                finish_build(build);
                continue;
            }
        }
        if (status != OK) {
            build_fail(build, &error);
            error_clear(&error);
            continue;
        }
        maybe_hold(build);
        *is_busy = true;
    }
}

static Status grow_feeds(Build *build, const Job *source, Error *error) {
    for (int i = 0; i < build->feed_count; i++) {
        Feed *feed = &build->feeds[i];
        int had = feed->state.partition_count;
        if (feed->input != source)
            continue;
        feed->ends =
            memory_resize(feed->ends, sizeof *feed->ends * (size_t)(source->source.partition_count + 1));
        memset(feed->ends + had, 0, sizeof *feed->ends * (size_t)(source->source.partition_count - had));
        TRY(grow_feed(feed, had, error));
    }
    return OK;
}

void builds_grow(const Job *source) {
    for (Build *build = source->coordinator->builds, *next; build != NULL; build = next) {
        Error error = {0};
        next = build->next;
        if (grow_feeds(build, source, &error) != OK)
            build_fail(build, &error);
        error_clear(&error);
    }
}

static void cancel_build(Build *build) {
    Error error = {0};
    error_set(&error, STATUS_QUERY_CANCELED, "canceling statement due to user request");
    build_fail(build, &error);
    error_clear(&error);
}

bool coordinator_cancel_build(Coordinator *coordinator, uint32_t object_id) {
    for (Build *build = coordinator->builds; build != NULL; build = build->next)
        if (build->job->definition.object_id == object_id) {
            cancel_build(build);
            return true;
        }
    return false;
}

bool coordinator_cancel_build_named(Coordinator *coordinator, const char *name) {
    for (Build *build = coordinator->builds; build != NULL; build = build->next)
        if (build->job->definition.is_background && strcmp(build->job->definition.name, name) == 0) {
            cancel_build(build);
            return true;
        }
    return forget_failure(coordinator, name);
}

void builds_fail_all(Coordinator *coordinator, const Error *error) {
    while (coordinator->builds != NULL)
        build_fail(coordinator->builds, error);
}

void builds_fail_reading(Coordinator *coordinator, uint32_t object_id, const Error *error) {
    for (Build *build = coordinator->builds, *next; build != NULL; build = next) {
        next = build->next;
        if (job_reads(build->job, object_id))
            build_fail(build, error);
    }
}

void builds_fail_of(Coordinator *coordinator, uint32_t object_id, const Error *error) {
    for (Build *build = coordinator->builds, *next; build != NULL; build = next) {
        next = build->next;
        if (build->job->definition.object_id == object_id)
            build_fail(build, error);
    }
}

Job *build_job(const Build *build) {
    return build->job;
}

Build *build_next(const Build *build) {
    return build->next;
}
