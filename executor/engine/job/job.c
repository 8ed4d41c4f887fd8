/* Job: what all kinds have in common: nodes, relation, times, figures. */
#include "executor/engine/job/job.h"

#include <assert.h>

#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/engine/job/job_type.h"
#include "executor/operators/materialize.h"

static const JobType *const types[] = {
    [JOB_TABLE] = &table_job, [JOB_SOURCE] = &source_job, [JOB_VIEW] = &view_job, [JOB_SINK] = &sink_job};

const JobTraits *job_kind_traits(JobKind kind) {
    return &types[kind]->traits;
}

static Status create_relation(Job *job, bool is_restored, Error *error) {
    const CoordinatorSpec *options = job->home->spec;
    RelationSpec spec = job->definition.stored.relation;
    spec.object_id = job_id(job);
    spec.part_count = options->worker_count;
    spec.store = job->definition.is_transient ? NULL : options->store;
    spec.budget = options->budget;
    job->relation = relation_create(&spec);
    if (is_restored)
        TRY(relation_load(job->relation, open_epoch_number(job->home->open) - 1, error));
    for (int i = 0; i < job->definition.stored.index_count; i++)
        TRY(relation_add_index(job->relation, &job->definition.stored.indexes[i], error));
    return OK;
}

static Status restore(Job *job, Error *error) {
    const JobType *type = job->type;
    char *value = NULL;
    size_t length;
    if (type->restore_more != NULL)
        TRY(type->restore_more(job, error));
    if (type->restore == NULL)
        return OK;
    TRY(fact_get(job->home->spec->store, type->fact, job_id(job), &value, &length, error));
    if (value == NULL)
        return OK;
    TextReader reader = {value, value + length, 0};
    type->restore(job, &reader);
    memory_free(value);
    return reader.is_bad ? error_set(error, STATUS_DATA_CORRUPTED, "stored position of object %u is damaged",
                               job_id(job))
                         : OK;
}

Status job_create(Home *home, const JobDefinition *definition, bool is_restored, const Error *trouble,
    Job **out, Error *error) {
    const JobType *type = types[definition->kind];
    Job *job = memory_allocate_zero(type->size);
    job->type = type;
    job->home = home;
    job->definition = *definition;
    job->settings = definition->settings;
    job->sealed_watermark = WATERMARK_NONE;
    job->roots = NEW_ARRAY(Node *, home->spec->worker_count);
    job->leaves = NEW_ARRAY(Node *, home->spec->worker_count);
    job_set_time(job);
    if (type->open != NULL)
        type->open(job);
    job->is_suspended = trouble != NULL;
    if (trouble != NULL)
        error_copy(&job->trouble, trouble);
    bool is_stored = type == &table_job || definition->spec->type == &materialize_operator;
    Status status = is_stored && !job->is_suspended ? create_relation(job, is_restored, error) : OK;
    if (status == OK && is_restored && home->spec->store != NULL)
        status = restore(job, error);
    if (status != OK)
        job_destroy(job);
    else
        *out = job;
    return status;
}

void job_destroy(Job *job) {
    if (job == NULL)
        return;
    assert(!job->is_registered && job->lists == 0);
    if (job->type->close != NULL)
        job->type->close(job);
    if (job->relation != NULL)
        relation_release(job->relation);
    for (int i = 0; i < job->hub_count; i++)
        exchange_hub_destroy(job->hubs[i].hub);
    memory_free(job->hubs);
    published_object_release(job->published);
    memory_free(job->roots);
    memory_free(job->leaves);
    error_clear(&job->trouble);
    memory_free(job);
}

/* A node of the job takes part in the step that begins. */
static void on_active(void *argument) {
    Job *job = argument;
    job_set_time(job);
    if (job->is_registered)
        job_changed(job);
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
    const CoordinatorSpec *options = job->home->spec;
    ExchangeSpec exchange = {
        .worker_count = options->worker_count, .wake = wake_worker, .argument = job->home->workers};
    exchange.rows_max = options->rounds == NULL
                            ? EXCHANGE_ROWS_MAX
                            : options->rounds->exchange_rows(options->rounds_argument, job->hub_count);
    ExchangeHub *hub = exchange_hub_create(&exchange);
    job->hubs[job->hub_count++] = (JobHub){spec, hub};
    return hub;
}

static Node *port_of(void *argument, uint32_t object_id) {
    return graph_root_of(argument, object_id);
}

static JobSpec node_spec(Job *job, bool is_restored, bool with_ports) {
    return (JobSpec){
        .object_id = job_id(job),
        .settings = &job->settings,
        .environment = &job->home->environment,
        .is_restored = is_restored,
        .is_transient = job->definition.is_transient,
        .port = with_ports ? port_of : NULL,
        .on_active = on_active,
        .on_active_argument = job,
        .hub = hub_of,
        .hub_argument = job,
    };
}

/* Upstream comes first. */
static void find_leaf(void *argument, Node *node) {
    Node **leaf = argument;
    if (*leaf == NULL)
        *leaf = node;
}

Status job_add_nodes(Job *job, Flow *flow, bool is_restored, bool with_ports, Error *error) {
    for (int w = 0; w < flow_worker_count(flow); w++) {
        JobSpec spec = node_spec(job, is_restored, with_ports);
        Graph *graph = spec.port_argument = flow_graph(flow, w);
        TRY(graph_add(graph, &spec, job->definition.spec, &job->roots[w], error));
        if (job->type->has_leaves)
            graph_visit(graph, job_id(job), find_leaf, &job->leaves[w]);
        if (job->type->use_leaf != NULL)
            job->type->use_leaf(job, job->leaves[w]);
    }
    return OK;
}

void job_adopt_nodes(Job *job, Flow *from) {
    JobSpec spec = node_spec(job, false, true);
    flow_adopt(job->home->flow, from, &spec);
}

Status job_start(Job *job, Error *error) {
    return job->type->start == NULL ? OK : job->type->start(job, error);
}

static bool has_watermark(const OperatorSpec *spec) {
    for (int c = 0; spec->has_watermark != NULL && c < spec->output.count; c++)
        if (spec->has_watermark[c])
            return true;
    return false;
}

void job_register(Job *job) {
    bool is_published = job->type->publish != NULL || has_watermark(job->definition.spec);
    jobs_add(job->home->jobs, job);
    if (job->type->has_rows && is_published && !job->is_suspended)
        jobs_enlist(job->home->jobs, LIST_PUBLISHED, job);
    job_changed(job);
}

void job_withdraw(Job *job) {
    flow_remove(job->home->flow, job_id(job));
    jobs_remove(job->home->jobs, job);
    if (job->type->end != NULL)
        job->type->end(job);
}

Home *job_home(const Job *job) {
    return job->home;
}

uint32_t job_id(const Job *job) {
    return job->definition.object_id;
}

const JobDefinition *job_definition(const Job *job) {
    return &job->definition;
}

Relation *job_relation(const Job *job) {
    return job->relation;
}

const TypeSettings *job_settings(const Job *job) {
    return &job->settings;
}

const Operator *job_root(const Job *job, int worker) {
    assert(!job->is_suspended);
    return node_operator(job->roots[worker]);
}

bool job_is_suspended(const Job *job) {
    return job->is_suspended;
}

bool job_is_rebuilt(const Job *job) {
    return job->is_rebuilt;
}

const Error *job_trouble(const Job *job) {
    return &job->trouble;
}

bool job_reads(const Job *job, uint32_t object_id) {
    for (int i = 0; i < job->definition.dependency_count; i++)
        if (job->definition.dependencies[i] == object_id)
            return true;
    return false;
}

bool job_is_read(const Job *job) {
    return job->reader_count > 0 && !job->is_suspended;
}

const JobTraits *job_traits(const Job *job) {
    return &job->type->traits;
}

bool job_is_durable(const Job *job) {
    return job->home->spec->store != NULL && !job->definition.is_transient;
}

Status job_suspended_error(const Job *job, Error *error) {
    error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "\"%s\" is suspended", job->definition.name);
    return error_detail(error, "%s", job->trouble.message);
}

static void add_pinned(void *argument, Node *node) {
    *(size_t *)argument += node_pinned_bytes(node);
}

size_t job_pinned_bytes(const Job *job, const Flow *flow) {
    size_t bytes = job->relation == NULL ? 0 : relation_dirty_bytes(job->relation);
    flow_visit(flow, job_id(job), add_pinned, &bytes);
    return bytes;
}

/* A step. */

void job_set_time(Job *job) {
    job->settings.now = open_epoch_time(job->home->open);
}

void job_changed(Job *job) {
    assert(job->is_registered);
    jobs_enlist(job->home->jobs, LIST_CHANGED, job);
    if (job->relation != NULL)
        jobs_enlist(job->home->jobs, LIST_TRIMMED, job);
}

bool job_takes_part(Job *job, int64_t now) {
    if (job->is_suspended || !job->type->takes_part(job, now))
        return false;
    flow_activate(job->home->flow, job->leaves);
    return true;
}

Status job_feed(Job *job, int64_t *rows, Error *error) {
    return job->type->feed == NULL ? OK : job->type->feed(job, rows, error);
}

bool job_grant(Job *job, int rows) {
    return job->type->grant != NULL && !job->is_suspended && job->type->grant(job, rows);
}

Status job_seal(Job *job, int64_t now, Error *error) {
    if (job->is_suspended)
        return OK;
    int column;
    int64_t watermark = job->type->fix_watermark(job, now, &column);
    if (MUTANT("watermark-high") && watermark != WATERMARK_NONE && watermark != WATERMARK_END)
        watermark++;
    job->sealed_watermark = watermark;
    int count = node_operator(job->leaves[0])->spec->output.count;
    int64_t watermarks[count + 1];
    for (int c = 0; c < count; c++)
        watermarks[c] = c == column ? watermark : WATERMARK_NONE;
    for (int w = 0; w < job->home->spec->worker_count; w++)
        TRY(graph_seal(flow_graph(job->home->flow, w), job->leaves[w], watermarks, error));
    return OK;
}

bool job_took_rows(Job *job) {
    int64_t rows = job->type->rows_taken(job);
    bool has_more = rows != job->rows_stepped;
    job->rows_stepped = rows;
    return has_more;
}

int64_t job_sealed_watermark(const Job *job) {
    return job->sealed_watermark;
}

/* A commit. */

Status job_cut(Job *job, Error *error) {
    return job->type->cut == NULL ? OK : job->type->cut(job, open_epoch_stage(job->home->open), error);
}

/* The least over the workers' roots. */
static void publish_watermarks(const Job *job, PublishedObject *object) {
    object->column_count = job->definition.spec->output.count;
    object->watermarks = NEW_ARRAY(int64_t, object->column_count + 1);
    for (int c = 0; c < object->column_count; c++) {
        object->watermarks[c] = WATERMARK_END;
        for (int w = 0; w < job->home->spec->worker_count; w++) {
            int64_t own = job_root(job, w)->watermarks[c];
            object->watermarks[c] = own < object->watermarks[c] ? own : object->watermarks[c];
        }
    }
}

PublishedObject *job_published(Job *job) {
    if (job->type->publish != NULL && job->reader_count == 0)
        return NULL;
    if (job->published != NULL)
        return job->published;
    job->published = published_object_create(job_id(job));
    publish_watermarks(job, job->published);
    if (job->type->publish != NULL)
        job->type->publish(job, job->published);
    return job->published;
}

bool job_moved(Job *job) {
    bool is_published = job->published != NULL || job->type->publish != NULL;
    published_object_release(job->published);
    job->published = NULL;
    return is_published;
}

void job_drop_state(Job *job) {
    if (job->type->drop != NULL)
        job->type->drop(job);
    for (int i = 0; i < job->hub_count; i++)
        exchange_hub_reset(job->hubs[i].hub);
    jobs_delist(job->home->jobs, LIST_TRIMMED, job);
    jobs_delist(job->home->jobs, LIST_CHANGED, job);
    jobs_drop_relation(job->home->jobs, job);
}

void job_forget_state(const Job *job) {
    if (job_is_durable(job))
        state_drop_object(job_id(job), open_epoch_stage(job->home->open));
}

void job_forget(const Job *job) {
    job_forget_state(job);
    if (job->type->forget != NULL && job->home->spec->store != NULL)
        job->type->forget(job, open_epoch_stage(job->home->open));
}

void job_count_event(Job *job, bool is_late, int64_t diff) {
    __atomic_fetch_add(is_late ? &job->late_rows : &job->errors, diff, __ATOMIC_RELAXED);
}

void job_describe_future(const Job *job, int64_t greatest, Text *out) {
    const int64_t day = INT64_C(86400000000);
    if (greatest < open_epoch_time(job->home->open) + day)
        return;
    text_add_string(out, out->length > 0 ? "; watermark " : "watermark ");
    datum_format(type_of(TYPE_TIMESTAMP), &greatest, &type_settings_default, out);
    text_add_string(out, " is ahead of the clock: earlier rows are late");
}

static void add_node(void *argument, Node *node) {
    JobStatus *status = argument;
    status->state_bytes += node_state_bytes(node);
    status->repeated_changes += node_operator(node)->changes_repeated;
    status->unmatched_changes += node_operator(node)->changes_unmatched;
}

void job_describe(Job *job, JobStatus *status) {
    *status = (JobStatus){
        .object_id = job_id(job),
        .kind = job->definition.kind,
        .name = memory_strdup(job->definition.name),
        .is_building = !job->is_registered,
        .is_suspended = job->is_suspended,
        .errors = job->errors,
        .late_rows = job->late_rows,
        .watermark = WATERMARK_NONE,
    };
    flow_visit(job->home->flow, job_id(job), add_node, status);
    if (job->relation != NULL) {
        status->rows = relation_row_count(job->relation);
        status->state_bytes += relation_bytes(job->relation);
    }
    if (job->is_suspended)
        text_add_string(&status->trouble, job->trouble.message);
    if (job->type->describe != NULL)
        job->type->describe(job, status);
}
