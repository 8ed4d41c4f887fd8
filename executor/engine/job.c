/* Job: makes, registers and removes the objects that run. */
#include "executor/engine/job.h"

#include <string.h>

#include "executor/base/memory.h"
#include "executor/operators/materialize.h"

/* The first place in by_id whose id is not below. */
static int place_of(const Coordinator *coordinator, uint32_t object_id) {
    int low = 0, high = coordinator->job_count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (coordinator->by_id[middle]->definition.object_id < object_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

Job *job_find(Coordinator *coordinator, uint32_t object_id) {
    int place = place_of(coordinator, object_id);
    bool is_there =
        place < coordinator->job_count && coordinator->by_id[place]->definition.object_id == object_id;
    return is_there ? coordinator->by_id[place] : NULL;
}

void job_list_add(JobList *list, Job *job) {
    GROW(list->jobs, list->capacity, list->count + 1);
    list->jobs[list->count++] = job;
}

void job_list_remove(JobList *list, const Job *job) {
    int kept = 0;
    for (int i = 0; i < list->count; i++)
        if (list->jobs[i] != job)
            list->jobs[kept++] = list->jobs[i];
    list->count = kept;
}

void job_changed(Job *job) {
    Coordinator *coordinator = job->coordinator;
    if (!job->is_changed)
        job_list_add(&coordinator->changed, job);
    if (!job->is_trimmed && job->relation != NULL)
        job_list_add(&coordinator->trimmed, job);
    job->is_changed = true;
    job->is_trimmed = job->is_trimmed || job->relation != NULL;
}

void job_queue(Job *job) {
    if (!job->is_queued)
        job_list_add(&job->coordinator->queued, job);
    job->is_queued = true;
}

/* A node of the job takes part in the step that begins. */
static void on_active(void *argument) {
    Job *job = argument;
    job->settings.now = job->coordinator->time;
    if (!job->is_building)
        job_changed(job);
}

Job *job_find_any(Coordinator *coordinator, uint32_t object_id) {
    Job *registered = job_find(coordinator, object_id),
        *job = registered != NULL && registered->is_suspended ? NULL : registered;
    for (Build *build = coordinator->builds; job == NULL && build != NULL; build = build_next(build))
        if (build_job(build)->definition.object_id == object_id)
            job = build_job(build);
    if (job == NULL && coordinator->opening != NULL &&
        coordinator->opening->definition.object_id == object_id)
        job = coordinator->opening;
    return job == NULL ? registered : job;
}

enum { EXCHANGE_ROWS_MAX = 65536 };

static void wake_worker(void *argument, int from, int to, bool is_urgent) {
    if (is_urgent)
        workers_signal(argument, to);
    else
        workers_owe(argument, from, to);
}

static ExchangeHub *hub_of(void *argument, const OperatorSpec *spec) {
    Job *job = argument;
    for (int i = 0; i < job->hub_count; i++)
        if (job->hubs[i].spec == spec)
            return job->hubs[i].hub;
    GROW(job->hubs, job->hub_capacity, job->hub_count + 1);
    const CoordinatorSpec *group = &job->coordinator->spec;
    ExchangeSpec exchange = {
        .worker_count = group->worker_count, .wake = wake_worker, .argument = job->coordinator->workers};
    /* With rounds of random sizes, a few rows: so that producers meet the limit. */
    exchange.rows_max = group->random_seed == 0
                            ? EXCHANGE_ROWS_MAX
                            : 1 + (int)((group->random_seed + (uint64_t)job->hub_count) * 7 % 32);
    ExchangeHub *hub = exchange_hub_create(&exchange);
    job->hubs[job->hub_count++] = (JobHub){spec, hub};
    return hub;
}

static Node *port_of(void *argument, uint32_t object_id) {
    Graph *graph = argument;
    return graph_root_of(graph, object_id);
}

void job_job_spec(Job *job, JobSpec *spec, bool is_restored, bool with_ports) {
    *spec = (JobSpec){
        .object_id = job->definition.object_id,
        .settings = &job->settings,
        .environment = &job->coordinator->environment,
        .is_restored = is_restored,
        .is_transient = job->definition.is_transient,
        .port = with_ports ? port_of : NULL,
        .on_active = on_active,
        .on_active_argument = job,
        .hub = hub_of,
        .hub_argument = job,
    };
}

static Status create_relation(Job *job, bool is_restored, Error *error) {
    Coordinator *coordinator = job->coordinator;
    RelationSpec spec = job->definition.relation;
    spec.object_id = job->definition.object_id;
    spec.part_count = coordinator->spec.worker_count;
    spec.store = job->definition.is_transient ? NULL : coordinator->spec.store;
    spec.budget = coordinator->spec.budget;
    job->relation = relation_create(&spec);
    if (is_restored)
        TRY(relation_load(job->relation, coordinator->open_epoch - 1, error));
    for (int i = 0; i < job->definition.index_count; i++)
        TRY(relation_add_index(job->relation, &job->definition.indexes[i], error));
    return OK;
}

static void on_source_wake(void *argument) {
    Coordinator *coordinator = argument;
    pthread_mutex_lock(&coordinator->lock);
    coordinator->is_woken = true;
    pthread_cond_signal(&coordinator->arrived);
    pthread_mutex_unlock(&coordinator->lock);
}

SourceStateSpec job_source_spec(const JobDefinition *definition) {
    return (SourceStateSpec){
        .object_id = definition->object_id,
        .plan = definition->spec,
        .start_offsets = definition->start_offsets,
        .partition_count = definition->partition_count,
        .idle_timeout = definition->idle_timeout,
        .drift_max = definition->drift_max,
    };
}

static Status open_source(Job *job, Error *error) {
    Coordinator *coordinator = job->coordinator;
    const JobDefinition *definition = &job->definition;
    SourceStateSpec spec = job_source_spec(definition);
    source_state_open(&job->source, &spec, definition->reader);
    job->source.record_failed = events_record_failed;
    job->source.argument = coordinator;
    job->source.reader->wake = on_source_wake;
    job->source.reader->wake_argument = coordinator;
    return OK;
}

static Status open_sink(Job *job) {
    job->output.writer = job->definition.writer;
    job->part_count = job->coordinator->spec.worker_count;
    job->output.staged = NEW_ARRAY(Text, job->coordinator->spec.worker_count);
    return OK;
}

static Status open_table(Job *job) {
    job->queue = NEW_ARRAY(BatchList, job->coordinator->spec.worker_count);
    if (job->definition.watermark != NULL)
        job->watermark = evaluator_create(job->definition.watermark, &job->settings, NULL);
    return OK;
}

Status job_create(Coordinator *coordinator, const JobDefinition *definition, bool is_restored,
    const Error *trouble, Job **out, Error *error) {
    Job *job = NEW(Job);
    job->coordinator = coordinator;
    job->definition = *definition;
    job->settings = definition->settings;
    job->settings.now = coordinator->time;
    job->watermark_value = job->sealed_watermark = WATERMARK_NONE;
    job->roots = NEW_ARRAY(Node *, coordinator->spec.worker_count);
    job->leaves = NEW_ARRAY(Node *, coordinator->spec.worker_count);
    Status status = OK;
    switch (definition->kind) {
    case JOB_TABLE:
        status = open_table(job);
        break;
    case JOB_SOURCE:
        status = open_source(job, error);
        break;
    case JOB_SINK:
        status = open_sink(job);
        break;
    case JOB_VIEW:
        break;
    }
    job->is_suspended = trouble != NULL;
    if (trouble != NULL)
        error_copy(&job->trouble, trouble);
    if (status == OK && !job->is_suspended &&
        (definition->kind == JOB_TABLE || definition->spec->type == &materialize_operator))
        status = create_relation(job, is_restored, error);
    if (status == OK && is_restored && coordinator->spec.store != NULL)
        status = commit_restore_job(job, error);
    if (status != OK) {
        job_destroy(job);
        return status;
    }
    *out = job;
    return OK;
}

void job_destroy(Job *job) {
    if (job == NULL)
        return;
    int workers = job->coordinator->spec.worker_count;
    if (job->delivery != NULL)
        delivery_stop(job->delivery);
    if (job->relation != NULL)
        relation_release(job->relation);
    for (int i = 0; i < job->hub_count; i++)
        exchange_hub_destroy(job->hubs[i].hub);
    memory_free(job->hubs);
    if (job->definition.kind == JOB_SOURCE)
        source_state_close(&job->source);
    for (int i = 0; job->queue != NULL && i < workers; i++)
        batch_list_clear(&job->queue[i]);
    memory_free(job->queue);
    for (int i = 0; job->output.staged != NULL && i < workers; i++)
        text_free(&job->output.staged[i]);
    memory_free(job->output.staged);
    if (job->output.writer != NULL)
        job->output.writer->type->close(job->output.writer);
    published_object_release(job->published);
    evaluator_destroy(job->watermark);
    memory_free(job->roots);
    memory_free(job->leaves);
    error_clear(&job->trouble);
    memory_free(job);
}

void job_count_reads(Job *job, int by) {
    job->coordinator->are_sources_grouped = false;
    for (int i = 0; i < job->definition.dependency_count; i++) {
        Job *read = job_find(job->coordinator, job->definition.dependencies[i]);
        if (read == NULL)
            continue;
        read->reader_count += by;
        if (read->definition.kind != JOB_SOURCE || read->relation != NULL)
            continue;
        job_changed(read);
        source_state_want(&read->source, flow_graph(job->coordinator->flow, 0));
    }
}

/* Upstream comes first. */
static void find_leaf(void *argument, Node *node) {
    Node **leaf = argument;
    if (*leaf == NULL)
        *leaf = node;
}

Status job_add_nodes(Job *job, Flow *flow, bool is_restored, bool with_ports, Error *error) {
    Status status = OK;
    job->coordinator->opening = job;
    for (int w = 0; w < job->coordinator->spec.worker_count && status == OK; w++) {
        JobSpec spec;
        job_job_spec(job, &spec, is_restored, with_ports);
        Graph *graph = spec.port_argument = flow_graph(flow, w);
        status = graph_add(graph, &spec, job->definition.spec, &job->roots[w], error);
        if (status == OK && (job->definition.kind == JOB_SOURCE || job->definition.kind == JOB_TABLE))
            graph_visit(graph, job->definition.object_id, find_leaf, &job->leaves[w]);
        if (status == OK && job->definition.kind == JOB_SOURCE)
            stream_source_use(node_operator(job->leaves[w]), &job->source);
    }
    job->coordinator->opening = NULL;
    return status;
}

static bool has_watermark(const OperatorSpec *spec) {
    for (int c = 0; spec->has_watermark != NULL && c < spec->output.count; c++)
        if (spec->has_watermark[c])
            return true;
    return false;
}

static bool is_published(const Job *job) {
    return job->definition.kind != JOB_SINK &&
           (job->definition.kind == JOB_SOURCE || has_watermark(job->definition.spec));
}

void job_forget_published(Coordinator *coordinator) {
    published_set_release(coordinator->published_set);
    coordinator->published_set = NULL;
}

static void insert_by_id(Job *job) {
    Coordinator *coordinator = job->coordinator;
    int capacity = coordinator->job_capacity;
    GROW(coordinator->jobs, coordinator->job_capacity, coordinator->job_count + 1);
    if (coordinator->job_capacity != capacity)
        coordinator->by_id =
            memory_resize(coordinator->by_id, sizeof(Job *) * (size_t)coordinator->job_capacity);
    int place = place_of(coordinator, job->definition.object_id);
    memmove(coordinator->by_id + place + 1, coordinator->by_id + place,
        sizeof(Job *) * (size_t)(coordinator->job_count - place));
    coordinator->by_id[place] = job;
}

void job_register(Job *job) {
    Coordinator *coordinator = job->coordinator;
    pthread_mutex_lock(&coordinator->registry_lock);
    insert_by_id(job);
    coordinator->jobs[coordinator->job_count++] = job;
    pthread_mutex_unlock(&coordinator->registry_lock);
    if (job->definition.kind == JOB_SOURCE)
        job_list_add(&coordinator->sources, job);
    if (job->definition.kind == JOB_SINK)
        job_list_add(&coordinator->sinks, job);
    if (job->watermark_value > job->sealed_watermark)
        job_queue(job);
    if (is_published(job) && !job->is_suspended) {
        job_list_add(&coordinator->published, job);
        job_forget_published(coordinator);
    }
    job_changed(job);
    if (!job->is_suspended)
        job_count_reads(job, 1);
}

static Status assign_partitions(Job *job, Error *error) {
    SourceState *source = &job->source;
    for (int p = 0; p < source->partition_count; p++)
        TRY(source->reader->type->assign(source->reader, p, source->partitions[p].offset, INT64_MAX, error));
    return OK;
}

int64_t job_waiting_bytes(const Job *job) {
    if (job->delivery == NULL || delivery_confirmed(job->delivery) >= job->staged)
        return 0;
    int64_t waiting = job->staged_bytes - delivery_bytes(job->delivery);
    return waiting > 0 ? waiting : 0;
}

const Job *jobs_full_sink(const Coordinator *coordinator) {
    for (int i = 0; i < coordinator->sinks.count; i++)
        if (!coordinator->sinks.jobs[i]->is_suspended &&
            job_waiting_bytes(coordinator->sinks.jobs[i]) >= coordinator->spec.sink_stage_max)
            return coordinator->sinks.jobs[i];
    return NULL;
}

/* New partitions are read from their beginning, whatever the source's start was: they came after it. */
static Status grow_source(Job *job, Error *error) {
    SourceState *source = &job->source;
    const SourceType *type = source->reader->type;
    int known = type->known_partitions(source->reader), had = source->partition_count;
    if (known <= had)
        return OK;
    source_state_grow(source, known, source->watermark);
    job_changed(job);
    job->coordinator->is_dirty = true;
    builds_grow(job);
    for (int p = had; p < known; p++)
        TRY(type->assign(source->reader, p, 0, INT64_MAX, error));
    return OK;
}

void sources_grow(Coordinator *coordinator) {
    for (int i = 0; i < coordinator->sources.count; i++) {
        Job *job = coordinator->sources.jobs[i];
        Error error = {0};
        if (job->is_suspended)
            continue;
        if (job->source.reader->type->known_partitions != NULL && !job->source.is_stopped &&
            grow_source(job, &error) != OK)
            source_stop(&job->source, &error);
        source_retry(&job->source, monotonic_now());
    }
}

static Status add(Coordinator *coordinator, const JobDefinition *definition, bool is_restored,
    const Error *trouble, Error *error) {
    Job *job;
    TRY(job_create(coordinator, definition, is_restored, trouble, &job, error));
    Status status = OK;
    if (!job->is_suspended)
        status = job_add_nodes(job, coordinator->flow, is_restored, true, error);
    if (status == OK && definition->kind == JOB_SOURCE)
        status = assign_partitions(job, error);
    if (status == OK && definition->kind == JOB_SINK)
        status = delivery_start(job, error);
    if (status != OK) {
        flow_remove(coordinator->flow, definition->object_id);
        job_destroy(job);
        return status;
    }
    job_register(job);
    if (is_restored)
        coordinator_start_reading(coordinator, definition->object_id);
    return OK;
}

void coordinator_start_reading(Coordinator *coordinator, uint32_t object_id) {
    Job *job = job_find(coordinator, object_id);
    if (job == NULL || job->definition.kind != JOB_SOURCE || job->relation == NULL || job->is_reading)
        return;
    job->is_reading = true;
    job->reader_count++;
    job_changed(job);
}

Status coordinator_add(
    Coordinator *coordinator, const JobDefinition *definition, bool is_restored, Error *error) {
    Error trouble = {0};
    if (is_restored)
        TRY(suspension_restore(coordinator, definition, &trouble, error));
    Status status = add(coordinator, definition, is_restored, trouble.status == OK ? NULL : &trouble, error);
    if (status == STATUS_DATA_CORRUPTED && is_restored && definition->kind == JOB_VIEW) {
        /* What a view holds can be made again of what it reads. */
        error_move(&trouble, error);
        status = add(coordinator, definition, true, &trouble, error);
        if (status == OK)
            suspension_store(job_find(coordinator, definition->object_id));
    }
    error_clear(&trouble);
    return status;
}

static void unregister(Job *job) {
    Coordinator *coordinator = job->coordinator;
    pthread_mutex_lock(&coordinator->registry_lock);
    JobList all = {coordinator->jobs, coordinator->job_count, 0},
            by_id = {coordinator->by_id, coordinator->job_count, 0};
    job_list_remove(&all, job);
    job_list_remove(&by_id, job);
    coordinator->job_count = all.count;
    pthread_mutex_unlock(&coordinator->registry_lock);
    JobList *lists[] = {&coordinator->sources, &coordinator->sinks, &coordinator->queued,
        &coordinator->stepping, &coordinator->changed, &coordinator->trimmed, &coordinator->published};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        job_list_remove(lists[i], job);
    job_forget_published(coordinator);
    if (!job->is_suspended)
        job_count_reads(job, -1);
}

void job_withdraw(Job *job) {
    Coordinator *coordinator = job->coordinator;
    flow_remove(coordinator->flow, job->definition.object_id);
    unregister(job);
    if (job->delivery != NULL)
        delivery_ask_to_stop(job->delivery);
}

bool job_is_read(const Job *job) {
    return job->reader_count > 0 && !job->is_suspended;
}

bool job_reads(const Job *job, uint32_t object_id) {
    for (int i = 0; i < job->definition.dependency_count; i++)
        if (job->definition.dependencies[i] == object_id)
            return true;
    return false;
}

static bool is_among(uint32_t object_id, const uint32_t *ids, int count) {
    for (int i = 0; i < count; i++)
        if (ids[i] == object_id)
            return true;
    return false;
}

Status coordinator_may_remove(Coordinator *coordinator, const uint32_t *ids, int count, Error *error) {
    TRY(coordinator_may_change(coordinator, error));
    for (int i = 0; i < coordinator->job_count; i++) {
        const JobDefinition *definition = &coordinator->jobs[i]->definition;
        for (int d = 0; d < definition->dependency_count && !definition->is_transient &&
                        !is_among(definition->object_id, ids, count);
             d++)
            if (is_among(definition->dependencies[d], ids, count))
                return error_set(error, STATUS_DEPENDENT_OBJECTS_STILL_EXIST,
                    "cannot drop it because \"%s\", just created, depends on it", definition->name);
    }
    return OK;
}

Status coordinator_remove(Coordinator *coordinator, uint32_t object_id, Error *error) {
    Job *job = job_find(coordinator, object_id);
    if (job == NULL)
        return OK;
    Error dropped = {0};
    error_set(&dropped, STATUS_UNDEFINED_TABLE, "\"%s\" was dropped meanwhile", job->definition.name);
    builds_fail_reading(coordinator, object_id, &dropped);
    builds_fail_of(coordinator, object_id, &dropped);
    /* Only subscriptions' transient views may still read it: they end with the reason. */
    job_suspend_readers(job, &dropped);
    error_clear(&dropped);
    job_withdraw(job);
    if (coordinator->spec.store != NULL && !job->definition.is_transient)
        state_drop_object(object_id, coordinator_stage(coordinator));
    if (job->is_suspended)
        suspension_forget(job);
    if (coordinator->spec.store != NULL && job->definition.kind == JOB_SINK)
        commit_forget_sink(job, coordinator_stage(coordinator));
    Status status = events_forget(coordinator, object_id, error);
    if (job->definition.kind == JOB_SINK)
        job_leave(job);
    else
        job_destroy(job);
    return status;
}

void job_leave(Job *job) {
    Coordinator *coordinator = job->coordinator;
    pthread_mutex_lock(&coordinator->registry_lock);
    job->next_leaving = coordinator->leaving;
    coordinator->leaving = job;
    pthread_mutex_unlock(&coordinator->registry_lock);
}

Status coordinator_clean_up(Coordinator *coordinator, Error *error) {
    Status status = OK;
    pthread_mutex_lock(&coordinator->registry_lock);
    Job *job = coordinator->leaving;
    coordinator->leaving = NULL;
    pthread_mutex_unlock(&coordinator->registry_lock);
    for (Job *next; job != NULL; job = next) {
        SinkWriter *writer = job->output.writer;
        next = job->next_leaving;
        delivery_stop(job->delivery);
        job->delivery = NULL;
        if (writer->type->drop != NULL && status == OK)
            status = writer->type->drop(writer, error);
        else if (writer->type->drop != NULL) {
            Error more = {0};
            (void)!writer->type->drop(writer, &more);
            error_clear(&more);
        }
        job_destroy(job);
    }
    return status;
}

void coordinator_rename(
    Coordinator *coordinator, uint32_t object_id, const char *name, const char *key_name) {
    Job *job = job_find(coordinator, object_id);
    if (job == NULL)
        return;
    pthread_mutex_lock(&coordinator->registry_lock);
    if (job_find_any(coordinator, object_id) != job)
        job_find_any(coordinator, object_id)->definition.name = name;
    job->definition.name = name;
    job->definition.key_name = key_name;
    pthread_mutex_unlock(&coordinator->registry_lock);
}

void coordinator_widen(Coordinator *coordinator, const JobDefinition *definition) {
    Job *job = job_find(coordinator, definition->object_id);
    if (job == NULL)
        return;
    relation_widen(job->relation, &definition->relation);
    for (int w = 0; w < coordinator->spec.worker_count; w++) {
        if (!job->is_suspended)
            node_widen(job->roots[w], definition->spec);
        for (int i = 0; i < job->queue[w].count; i++)
            job->queue[w].batches[i] = relation_pad(job->relation, job->queue[w].batches[i]);
    }
    pthread_mutex_lock(&coordinator->registry_lock);
    job->definition.spec = definition->spec;
    job->definition.relation = definition->relation;
    pthread_mutex_unlock(&coordinator->registry_lock);
}

void coordinator_redefine(Coordinator *coordinator, uint32_t object_id, uint64_t version) {
    Job *job = job_find(coordinator, object_id);
    if (job != NULL)
        job->defined_at = version;
}

Status coordinator_check_unchanged(
    Coordinator *coordinator, uint32_t object_id, uint64_t epoch, Error *error) {
    const Job *job = job_find(coordinator, object_id);
    if (job == NULL || job->written_at <= epoch)
        return OK;
    return error_set(
        error, STATUS_SERIALIZATION_FAILURE, "could not serialize access due to concurrent update");
}
