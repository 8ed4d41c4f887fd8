/* Instance: starts from the data folder, and turns catalog objects into the coordinator's jobs. */
#include "server/engine/instance.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "executor/base/clock.h"
#include "executor/base/fault.h"
#include "executor/base/log.h"
#include "executor/base/memory.h"
#include "executor/base/random.h"
#include "executor/functions/function.h"
#include "executor/operators/materialize.h"
#include "executor/operators/operator.h"
#include "planner/planner.h"
#include "server/catalog/search_path.h"
#include "server/catalog/functions/library.h"

/* An object whose job runs or is being built: what the coordinator borrows. */
typedef struct RunningJob {
    struct RunningJob *next;
    Instance *instance;
    Object *object;
    Object **older; /* entries that it was defined by before, and still borrows from */
    int older_count;
    Arena *arena;
    JobDefinition definition;
} RunningJob;

static void job_free(RunningJob *job) {
    for (int i = 0; i < job->older_count; i++)
        object_release(job->older[i]);
    object_release(job->object);
    arena_destroy(job->arena);
    memory_free(job);
}

void instance_connector_definition(
    const Instance *instance, const Object *object, Arena *arena, ConnectorDefinition *definition) {
    const CatalogRelation *relation = &object->relation;
    *definition = (ConnectorDefinition){
        .object_id = relation->id,
        .name = relation->name,
        .connector = object->connector,
        .option_count = object->option_count,
        .option_names = object->option_names,
        .option_values = object->option_values,
        .format = object->format,
        .encode = object->encode,
        .encode_option_count = object->encode_option_count,
        .encode_option_names = object->encode_option_names,
        .encode_option_values = object->encode_option_values,
        .key_count = relation->key_count,
        .is_append_only = object->is_sink_append_only,
        .files_directory = instance->options.files_directory,
        .data_directory = instance->options.data_directory,
        .server_uuid = instance->uuid,
        .shares = instance->shares,
        .partition_count = object->partition_count,
    };
    const char **names = ARENA_ARRAY(arena, const char *, relation->column_count + 1);
    const char **metadata = ARENA_ARRAY(arena, const char *, relation->column_count + 1);
    Type *types = ARENA_ARRAY(arena, Type, relation->column_count + 1);
    int count = 0;
    int *key = ARENA_ARRAY(arena, int, relation->key_count > 0 ? relation->key_count : 1);
    for (int i = 0; i < relation->column_count; i++) {
        const CatalogColumn *column = &relation->columns[i];
        for (int k = 0; k < relation->key_count; k++)
            if (relation->key[k] == i)
                key[k] = count;
        if (column->is_hidden || (relation->kind != RELATION_SINK && column->computed != NULL))
            continue;
        names[count] = column->name;
        types[count] = column->type;
        metadata[count++] = object->metadata == NULL ? NULL : object->metadata[i];
    }
    definition->key = key;
    definition->columns = (Schema){count, names, types};
    definition->metadata = metadata;
}

static Status open_reader(void *argument, SourceReader **reader, Error *error) {
    RunningJob *job = argument;
    Arena *arena = arena_create();
    ConnectorDefinition definition;
    instance_connector_definition(job->instance, job->object, arena, &definition);
    const ConnectorType *type = connector_by_name(job->object->connector);
    Status status = type == NULL || type->open_source == NULL
                        ? error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
                              "this server has no source connector \"%s\"", job->object->connector)
                        : type->open_source(&definition, reader, error);
    arena_destroy(arena);
    return status;
}

static Status open_writer(RunningJob *job, SinkWriter **writer, Error *error) {
    Arena *arena = arena_create();
    ConnectorDefinition definition;
    instance_connector_definition(job->instance, job->object, arena, &definition);
    const ConnectorType *type = connector_by_name(job->object->connector);
    Status status = type == NULL || type->open_sink == NULL
                        ? error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
                              "this server has no sink connector \"%s\"", job->object->connector)
                        : type->open_sink(&definition, writer, error);
    arena_destroy(arena);
    return status;
}

static int find_column(const CatalogRelation *relation, const char *name) {
    for (int i = 0; i < relation->column_count; i++)
        if (strcmp(relation->columns[i].name, name) == 0)
            return i;
    return -1;
}

/* What rows have in columns that were added after them. */
static Status define_missing(RunningJob *job, Error *error) {
    const CatalogRelation *relation = &job->object->relation;
    Value *missing = ARENA_ARRAY(job->arena, Value, relation->column_count + 1);
    bool is_any = false;
    for (int i = 0; i < relation->column_count; i++) {
        const CatalogColumn *column = &relation->columns[i];
        missing[i] = value_null(column->type);
        if (column->missing == NULL)
            continue;
        TextReader reader = {column->missing, column->missing + column->missing_length, 0};
        Expression *constant;
        TRY(expression_decode(&reader, job->arena, &constant, error));
        missing[i] = constant->value;
        is_any = true;
    }
    job->definition.stored.relation.missing = is_any ? missing : NULL;
    return OK;
}

/* A table's rows are found by primary key, or by hidden row id. */
static Status define_table(RunningJob *job, Error *error) {
    const CatalogRelation *relation = &job->object->relation;
    JobDefinition *definition = &job->definition;
    definition->kind = JOB_TABLE;
    definition->spec = plan_table(job->arena, relation);
    int *row_id = ARENA_NEW(job->arena, int);
    *row_id = find_column(relation, "$row_id");
    definition->stored.relation = (RelationSpec){
        .column_count = relation->column_count,
        .types = definition->spec->output.types,
        .key_count = *row_id >= 0 ? 1 : relation->key_count,
        .key = *row_id >= 0 ? row_id : relation->key,
    };
    TRY(define_missing(job, error));
    definition->table.watermark_column = relation->watermark_column;
    definition->table.arrival_column = find_column(relation, "$arrival");
    const Object *object = job->object;
    if (object->watermark_length == 0)
        return OK;
    TextReader reader = {object->watermark, object->watermark + object->watermark_length, 0};
    Expression *watermark;
    TRY(expression_decode(&reader, job->arena, &watermark, error));
    definition->table.watermark = watermark;
    return OK;
}

static Status define_from_spec(RunningJob *job, JobKind kind, Error *error) {
    OperatorSpec *spec;
    JobDefinition *definition = &job->definition;
    definition->kind = kind;
    TRY(spec_decode(job->object->spec, job->object->spec_length, job->arena, &spec, error));
    definition->spec = spec;
    definition->stored.relation = (RelationSpec){
        .column_count = spec->output.count,
        .types = spec->output.types,
        .key_count = spec->key_count > 0 ? spec->key_count : 0,
        .key = spec->key,
    };
    return OK;
}

/* What the object reads while it runs: plain views, functions and types are in its plan already, and have no
   job. */
static void find_inputs(const Instance *instance, const Object *object, RunningJob *job) {
    JobDefinition *definition = &job->definition;
    CatalogSnapshot *snapshot = catalog_snapshot(instance->catalog);
    uint32_t *inputs = ARENA_ARRAY(job->arena, uint32_t, object->dependency_count + 1);
    for (int i = 0; i < object->dependency_count; i++) {
        const Object *read = catalog_find_id(snapshot, object->dependencies[i]);
        RelationKind kind = read == NULL ? RELATION_TABLE : read->relation.kind;
        if (kind != RELATION_VIEW && kind != RELATION_FUNCTION && kind != RELATION_TYPE)
            inputs[definition->dependency_count++] = object->dependencies[i];
    }
    definition->dependencies = inputs;
    catalog_snapshot_release(snapshot);
}

static void define_indexes(RunningJob *job) {
    const CatalogRelation *relation = &job->object->relation;
    RelationIndexSpec *indexes = ARENA_ARRAY(job->arena, RelationIndexSpec, relation->index_count + 1);
    for (int i = 0; i < relation->index_count; i++)
        indexes[i] = object_index_spec(&relation->indexes[i]);
    job->definition.stored.indexes = indexes;
    job->definition.stored.index_count = relation->index_count;
}

static Status define(Instance *instance, Object *object, RunningJob **out, Error *error) {
    RunningJob *job = NEW(RunningJob);
    job->instance = instance;
    job->object = object_retain(object);
    job->arena = arena_create();
    JobDefinition *definition = &job->definition;
    *definition = (JobDefinition){
        .object_id = object->relation.id,
        .name = object->relation.name,
        .settings = object_settings(object),
        .table = {.key_name = object->relation.key_name, .watermark_column = -1, .arrival_column = -1},
        .source = {.start_offsets = object->start_offsets,
            .partition_count = object->partition_count,
            .idle_timeout = object->idle_timeout,
            .drift_max = object->drift_max,
            .open_reader = open_reader,
            .open_argument = job},
        .is_transient = object->is_transient,
        .is_background = object->is_background,
    };
    find_inputs(instance, object, job);
    define_indexes(job);
    Status status = OK;
    switch (object->relation.kind) {
    case RELATION_TABLE:
        status =
            object->connector == NULL ? define_table(job, error) : define_from_spec(job, JOB_SOURCE, error);
        break;
    case RELATION_SOURCE:
        status = define_from_spec(job, JOB_SOURCE, error);
        break;
    case RELATION_MATERIALIZED_VIEW:
        status = define_from_spec(job, JOB_VIEW, error);
        break;
    case RELATION_SINK:
        status = define_from_spec(job, JOB_SINK, error);
        if (status == OK)
            status = open_writer(job, &definition->writer, error);
        break;
    case RELATION_VIEW:
    case RELATION_INDEX:
    case RELATION_SEQUENCE:
    case RELATION_FUNCTION:
    case RELATION_SYSTEM:
    case RELATION_SCHEMA:
    case RELATION_ROLE:
    case RELATION_TYPE:
        status = error_set(
            error, STATUS_INTERNAL_ERROR, "a %s does not run", relation_kind_name(object->relation.kind));
        break;
    }
    if (status != OK) {
        job_free(job);
        return status;
    }
    *out = job;
    return OK;
}

static void remember(RunningJob *job) {
    job->next = job->instance->jobs;
    job->instance->jobs = job;
}

static Status run(Instance *instance, Object *object, SourceReader *reader, bool is_restored, Error *error) {
    RunningJob *job;
    Status status = define(instance, object, &job, error);
    if (status == OK && job->definition.kind == JOB_SOURCE && reader == NULL) {
        status = open_reader(job, &reader, error);
        if (status != OK) {
            job_free(job);
            reader = NULL;
        }
    }
    if (status != OK) {
        if (reader != NULL)
            reader->type->close(reader);
        return status;
    }
    job->definition.source.reader = reader;
    status = coordinator_add(instance->coordinator, &job->definition, is_restored, error);
    if (status != OK)
        job_free(job);
    else
        remember(job);
    return status;
}

Status instance_run(Instance *instance, Object *object, SourceReader *reader, Error *error) {
    return run(instance, object, reader, false, error);
}

Status instance_build(Instance *instance, Object *object, Status (*linked)(void *argument, Error *error),
    Completion done, Error *error) {
    RunningJob *job;
    TRY(define(instance, object, &job, error));
    remember(job);
    Status status = coordinator_build(instance->coordinator, &job->definition, linked, done, error);
    if (status != OK)
        instance_forget(instance, object->relation.id);
    return status;
}

/* The newest first. */
static void forget(Instance *instance, uint32_t object_id, int number) {
    for (RunningJob **at = &instance->jobs; *at != NULL; at = &(*at)->next)
        if ((*at)->definition.object_id == object_id && number-- == 0) {
            RunningJob *job = *at;
            *at = job->next;
            job_free(job);
            return;
        }
}

void instance_forget(Instance *instance, uint32_t object_id) {
    forget(instance, object_id, 0);
}

void instance_forget_older(Instance *instance, uint32_t object_id) {
    forget(instance, object_id, 1);
}

Status instance_remove(Instance *instance, uint32_t object_id, Error *error) {
    Status status = coordinator_remove(instance->coordinator, object_id, error);
    statistics_forget(instance->statistics, object_id);
    instance_forget(instance, object_id);
    return status;
}

static void widen(RunningJob *job, Object *object) {
    Error error = {0};
    ARENA_APPEND(job->arena, job->older, job->older_count, job->object);
    job->object = object_retain(object);
    if (define_table(job, &error) == OK)
        coordinator_widen(job->instance->coordinator, &job->definition);
    assert(error.status == OK); /* it was encoded by this process */
}

/* The definition goes on borrowing from the first object. */
void instance_replace(Instance *instance, Object *object) {
    for (RunningJob *job = instance->jobs; job != NULL; job = job->next)
        if (job->definition.object_id == object->relation.id) {
            job->definition.name = arena_strdup(job->arena, object->relation.name);
            job->definition.table.key_name = arena_strdup(job->arena, object->relation.key_name);
            coordinator_rename(instance->coordinator, object->relation.id, job->definition.name,
                job->definition.table.key_name);
            if (object->relation.kind == RELATION_TABLE &&
                object->relation.column_count > job->definition.stored.relation.column_count)
                widen(job, object);
        }
}

/* The server's own name for ever: read, or made and stored. */
static Status establish_uuid(Instance *instance, Error *error) {
    char *value;
    size_t length;
    TRY(store_get(instance->store, FAMILY_FACTS, "uuid", 4, &value, &length, error));
    if (value != NULL) {
        memcpy(instance->uuid, value, length < 36 ? length : 36);
        memory_free(value);
        return OK;
    }
    unsigned char bytes[16];
    TRY(random_secure(bytes, sizeof bytes, error));
    random_mark_uuid(bytes);
    Text text = {0};
    for (int i = 0; i < 16; i++)
        text_printf(&text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", bytes[i]);
    memcpy(instance->uuid, text.bytes, 36);
    text_free(&text);
    Cut cut = {0};
    cut_put(&cut, FAMILY_FACTS, "uuid", 4, instance->uuid, 36);
    Status status = store_commit(instance->store, (Cut *[]){&cut}, 1, error);
    cut_free(&cut);
    return status;
}

/* Objects in order of their ids: whatever reads comes after what it reads. */
static Status restore_objects(Instance *instance, Error *error) {
    CatalogSnapshot *snapshot = catalog_snapshot(instance->catalog);
    Status status = OK;
    for (int i = 0; i < snapshot->count && status == OK; i++) {
        Object *object = snapshot->objects[i];
        FAILPOINT("recovery.object");
        if (object_has_job(object))
            status = run(instance, object, NULL, true, error);
        if (status != OK)
            error_detail(error, "while restoring %s \"%s\"", relation_kind_name(object->relation.kind),
                object->relation.name);
    }
    catalog_snapshot_release(snapshot);
    return status;
}

static void forget_all(Instance *instance) {
    while (instance->jobs != NULL)
        instance_forget(instance, instance->jobs->definition.object_id);
}

static Status reload(void *argument, Error *error) {
    Instance *instance = argument;
    forget_all(instance);
    TRY(catalog_store_reload(instance->catalog, instance->store, error));
    TRY(restore_objects(instance, error));
    log_info("the store is open again: everything goes on from the last commit");
    return OK;
}

/* What sessions left that did not end. */
static Status drop_temporaries(Coordinator *coordinator, void *argument, Error *error) {
    Instance *instance = argument;
    CatalogSnapshot *snapshot = catalog_snapshot(instance->catalog);
    Status status = OK;
    for (int i = snapshot->count - 1; i >= 0 && status == OK; i--) {
        const CatalogRelation *relation = &snapshot->objects[i]->relation;
        bool is_schema = relation->kind == RELATION_SCHEMA && schema_is_temporary(relation->name);
        if (!is_schema && !schema_is_temporary(relation->schema))
            continue;
        if (relation->kind == RELATION_SEQUENCE)
            sequence_forget(instance->sequences, relation->id);
        status = instance_remove(instance, relation->id, error);
        catalog_remove(instance->catalog, relation->id, coordinator_stage(coordinator));
    }
    catalog_snapshot_release(snapshot);
    return status;
}

static Status resume_builds(Coordinator *coordinator, void *argument, Error *error) {
    Instance *instance = argument;
    return instance->options.resume_builds(instance, error);
}

static void on_resumed(void *argument) {
    Error error = {0};
    Instance *instance = argument;
    if (instance->options.resume_builds(instance, &error) != OK)
        log_error("builds in the background could not begin again: %s", error.message);
    error_clear(&error);
}

static Status start(Instance *instance, Error *error) {
    TRY(store_open_within(instance->options.data_directory, instance->budget.limit, &instance->store, error));
    FAILPOINT("recovery.opened");
    if (store_condition(instance->store) != OK)
        log_error("the disk is full: what is stored can be read, and nothing written until there is space");
    TRY(establish_uuid(instance, error));
    TRY(catalog_store_load(instance->catalog, instance->store, error));
    CoordinatorSpec spec = {
        .store = instance->store,
        .worker_count = instance->options.worker_count,
        .budget = &instance->budget,
        .memory_max = instance->options.memory_max,
        .rounds = instance->options.rounds,
        .rounds_argument = instance->options.rounds_argument,
        .sink_stage_max = instance->options.sink_stage_max,
        .reload = reload,
        .reload_argument = instance,
        .resumed = on_resumed,
        .resumed_argument = instance,
    };
    TRY(coordinator_start(&spec, &instance->coordinator, error));
    instance->sequences = sequences_create(instance->store, instance->coordinator);
    instance->statistics = statistics_create(instance->coordinator);
    TRY(restore_objects(instance, error));
    FAILPOINT("recovery.restored");
    TRY(coordinator_open(instance->coordinator, error));
    TRY(coordinator_call(instance->coordinator, drop_temporaries, instance, error));
    if (store_condition(instance->store) != OK)
        return OK; /* once it can be written */
    return coordinator_call(instance->coordinator, resume_builds, instance, error);
}

Status instance_start(const InstanceOptions *options, Instance **out, Error *error) {
    functions_add(&catalog_library);
    functions_start();
    Instance *instance = NEW(Instance);
    instance->options = *options;
    instance->budget.limit = options->memory_limit;
    instance->start_time = clock_wall();
    session_list_init(&instance->sessions);
    instance->catalog = catalog_store_create();
    instance->shares = connector_shares_create();
    Status status = start(instance, error);
    if (status != OK) {
        instance_stop(instance);
        return status;
    }
    *out = instance;
    return OK;
}

void instance_stop(Instance *instance) {
    if (instance == NULL)
        return;
    if (instance->coordinator != NULL)
        coordinator_stop(instance->coordinator);
    forget_all(instance);
    connector_shares_destroy(instance->shares);
    statistics_destroy(instance->statistics);
    sequences_destroy(instance->sequences);
    catalog_store_destroy(instance->catalog);
    store_close(instance->store);
    session_list_destroy(&instance->sessions);
    memory_free(instance);
}
