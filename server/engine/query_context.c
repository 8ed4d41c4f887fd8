/* QueryContext: what a one-shot query sees: relations at a pinned epoch, sources as far as that epoch had
   read them, the transaction's own writes. */
#include "server/engine/query_context.h"

#include <string.h>

#include "executor/base/memory.h"
#include "executor/dataflow/source_scan.h"
#include "server/catalog/system/system_catalog.h"
#include "server/engine/session_state.h"

struct QueryContext {
    Environment environment;
    QueryEnvironment query;
    Analysis *analysis;
    Session *session;
    const Published *published;
    struct {
        uint32_t object_id;
        Relation *relation;
    } * relations;
    int relation_count, relation_capacity;
    struct {
        uint32_t object_id;
        BatchList rows;
    } * written; /* frozen: by the transaction before */
    int written_count;
    bool is_frozen;
    struct {
        char *relation;
        BatchList rows;
    } * given;
    int given_count, given_capacity;
    Arena *arena; /* specs of sources, texts of settings */
    TypeSettings settings;
};

static Relation *find_relation(Environment *environment, uint32_t object_id) {
    QueryContext *context = environment->owner;
    for (int i = 0; i < context->relation_count; i++)
        if (context->relations[i].object_id == object_id)
            return context->relations[i].relation;
    Relation *relation = NULL;
    Error error = {0};
    if (coordinator_relation(context->analysis->instance->coordinator, object_id, &relation, &error) != OK)
        error_clear(&error); /* reported by query_context_create for all that the plan reads */
    if (relation == NULL)
        return NULL;
    GROW(context->relations, context->relation_capacity, context->relation_count + 1);
    context->relations[context->relation_count].object_id = object_id;
    context->relations[context->relation_count++].relation = relation;
    return relation;
}

/* A source's scan together with its reader's definition. */
static Status open_source(Environment *environment, uint32_t object_id, SourceScan **scan, Error *error) {
    QueryContext *context = environment->owner;
    Analysis *analysis = context->analysis;
    const Object *object = catalog_find_id(analysis->snapshot, object_id);
    if (object == NULL)
        return error_set(error, STATUS_UNDEFINED_TABLE, "source %u does not exist", object_id);
    ConnectorDefinition connector;
    instance_connector_definition(analysis->instance, object, context->arena, &connector);
    const ConnectorType *type = connector_by_name(object->connector);
    OperatorSpec *plan;
    SourceReader *reader;
    TRY(spec_decode(object->spec, object->spec_length, context->arena, &plan, error));
    TRY(type->open_source(&connector, &reader, error));
    SourceStateSpec source = {
        .object_id = object_id,
        .plan = plan,
        .start_offsets = object->start_offsets,
        .partition_count = object->partition_count,
        .idle_timeout = object->idle_timeout,
    };
    const PublishedObject *read = published_object(context->published, object_id);
    bool is_read = read != NULL && read->partition_count > 0;
    SourcePosition end;
    if (is_read)
        end = (SourcePosition){read->partition_count, read->offsets, read->first_watermarks};
    return source_scan_open(
        &source, reader, is_read ? &end : NULL, session_type_settings(context->session), scan, error);
}

static int64_t watermark_of(Environment *environment, uint32_t object_id, int column) {
    const QueryContext *context = environment->owner;
    const PublishedObject *object = published_object(context->published, object_id);
    return object == NULL || column >= object->column_count ? WATERMARK_NONE : object->watermarks[column];
}

static void add_batches(BatchList *list, const BatchList *more) {
    for (int i = 0; i < more->count; i++)
        batch_list_add(list, batch_retain(more->batches[i]));
}

static Status overlay(Environment *environment, uint32_t object_id, BatchList *rows, Error *error) {
    const QueryContext *context = environment->owner;
    const SessionState *state = session_state(context->session);
    if (!context->is_frozen)
        write_set_rows(state->writes, object_id, rows);
    for (int i = 0; i < context->written_count; i++)
        if (context->written[i].object_id == object_id)
            add_batches(rows, &context->written[i].rows);
    Relation *relation = rows->count == 0 ? NULL : find_relation(environment, object_id);
    if (relation != NULL && rows->batches[0]->column_count != relation_spec(relation)->column_count)
        return error_set(
            error, STATUS_SERIALIZATION_FAILURE, "could not serialize access due to concurrent update");
    return OK;
}

static Status system_rows(Environment *environment, const char *relation, BatchList *rows, Error *error) {
    QueryContext *context = environment->owner;
    Instance *instance = context->analysis->instance;
    for (int i = 0; i < context->given_count; i++)
        if (strcmp(context->given[i].relation, relation) == 0) {
            add_batches(rows, &context->given[i].rows);
            return OK;
        }
    SystemFacts facts = {context->analysis->snapshot, instance->coordinator, context->session,
        &instance->sessions, instance->sequences, instance->options.data_directory};
    return system_relation_rows(&facts, relation, rows, error);
}

static TypeSettings copy_settings(Session *session, Arena *arena) {
    TypeSettings settings = *session_type_settings(session);
    settings.now = session_transaction_time(session);
    settings.time_zone = arena_strdup(arena, settings.time_zone);
    settings.date_style = arena_strdup(arena, settings.date_style);
    settings.interval_style = arena_strdup(arena, settings.interval_style);
    settings.bytea_output = arena_strdup(arena, settings.bytea_output);
    return settings;
}

QueryContext *query_context_create(Analysis *analysis, Session *session) {
    SessionState *state = session_state(session);
    Epochs *epochs = coordinator_epochs(analysis->instance->coordinator);
    QueryContext *context = NEW(QueryContext);
    context->analysis = analysis;
    context->session = session;
    context->arena = arena_create();
    context->settings = copy_settings(session, context->arena);
    if (session_isolation(session) != READ_COMMITTED && session_is_in_block(session)) {
        if (state->pinned == NULL)
            state->pinned = epochs_pin(epochs);
        context->published = epochs_pin_again(epochs, state->pinned);
    } else {
        context->published = epochs_pin(epochs);
    }
    context->query = (QueryEnvironment){
        .open_source = open_source,
        .watermark = watermark_of,
        .overlay = overlay,
        .system_rows = system_rows,
    };
    context->environment = (Environment){
        .owner = context,
        .epoch = context->published->epoch,
        .relation = find_relation,
        .query = &context->query,
    };
    return context;
}

void query_context_destroy(QueryContext *context) {
    if (context == NULL)
        return;
    for (int i = 0; i < context->relation_count; i++)
        relation_release(context->relations[i].relation);
    memory_free(context->relations);
    for (int i = 0; i < context->written_count; i++)
        batch_list_clear(&context->written[i].rows);
    memory_free(context->written);
    for (int i = 0; i < context->given_count; i++) {
        batch_list_clear(&context->given[i].rows);
        memory_free(context->given[i].relation);
    }
    memory_free(context->given);
    epochs_unpin(coordinator_epochs(context->analysis->instance->coordinator), context->published);
    arena_destroy(context->arena);
    memory_free(context);
}

void query_context_freeze(QueryContext *context) {
    const WriteSet *writes = session_state(context->session)->writes;
    if (context->is_frozen)
        return;
    context->is_frozen = true;
    int count = write_set_count(writes);
    context->written = memory_allocate(sizeof *context->written * (size_t)(count + 1));
    for (int i = 0; i < count; i++) {
        context->written[i].object_id = write_set_object(writes, i);
        context->written[i].rows = (BatchList){0};
        write_set_rows(writes, context->written[i].object_id, &context->written[i].rows);
    }
    context->written_count = count;
}

void query_context_give(QueryContext *context, const char *relation, BatchList *rows) {
    int i = 0;
    while (i < context->given_count && strcmp(context->given[i].relation, relation) != 0)
        i++;
    if (i == context->given_count) {
        GROW(context->given, context->given_capacity, context->given_count + 1);
        context->given[context->given_count++].relation = memory_strdup(relation);
    } else {
        batch_list_clear(&context->given[i].rows);
    }
    context->given[i].rows = *rows;
    *rows = (BatchList){0};
}

Status query_context_run(QueryContext *context, const OperatorSpec *root, const SessionContext *facts,
    const Execution *execution, Status (*take)(void *argument, Batch *batch, Error *error), void *argument,
    Error *error) {
    QuerySpec spec = {
        .root = root, .settings = &context->settings, .session = facts, .environment = &context->environment};
    Query *query;
    TRY(query_open(&spec, &query, error));
    Status status = OK;
    for (bool is_done = false; !is_done && status == OK;) {
        Batch *batch = NULL;
        if (execution != NULL && execution_is_cancelled(execution))
            status = execution_cancelled(execution, error);
        if (status == OK)
            status = query_next(query, &batch, &is_done, error);
        if (status == OK && batch != NULL)
            status = take(argument, batch, error);
        batch_release(batch);
    }
    query_close(query);
    return status;
}

Environment *query_context_environment(QueryContext *context) {
    return &context->environment;
}

const TypeSettings *query_context_settings(const QueryContext *context) {
    return &context->settings;
}

const Published *query_context_published(const QueryContext *context) {
    return context->published;
}
