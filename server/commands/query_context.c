/* QueryContext: what a one-shot query sees: relations at a pinned epoch, sources as far as that epoch had read them, the transaction's own writes. */
#include <string.h>

#include "executor/base/memory.h"
#include "server/catalog/system_catalog.h"
#include "server/commands/command.h"

struct QueryContext {
    Environment environment;
    Statement *statement;
    Session *session;
    const Published *published;
    struct {
        uint32_t object_id;
        Relation *relation;
    } * relations;
    int relation_count, relation_capacity;
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
    if (coordinator_relation(context->statement->instance->coordinator, object_id, &relation, &error) != OK)
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
    Statement *statement = context->statement;
    const Object *object = catalog_find_id(statement->snapshot, object_id);
    if (object == NULL)
        return error_set(error, STATUS_UNDEFINED_TABLE, "source %u does not exist", object_id);
    ConnectorDefinition connector;
    instance_connector_definition(statement->instance, object, context->arena, &connector);
    const ConnectorType *type = connector_by_name(object->connector);
    OperatorSpec *spec;
    SourceReader *reader;
    TRY(spec_decode(object->spec, object->spec_length, context->arena, &spec, error));
    TRY(type->open_source(&connector, &reader, error));
    JobDefinition *definition = ARENA_NEW(context->arena, JobDefinition);
    *definition = (JobDefinition){
        .object_id = object_id,
        .kind = JOB_SOURCE,
        .name = object->relation.name,
        .spec = spec,
        .start_offsets = object->start_offsets,
        .partition_count = object->partition_count,
        .idle_timeout = object->idle_timeout,
    };
    return source_scan_open(definition, reader, context->published, session_type_settings(context->session), scan, error);
}

static int64_t watermark_of(Environment *environment, uint32_t object_id, int column) {
    const QueryContext *context = environment->owner;
    const PublishedObject *object = published_object(context->published, object_id);
    return object == NULL || column >= object->column_count ? WATERMARK_NONE : object->watermarks[column];
}

static Status overlay(Environment *environment, uint32_t object_id, BatchList *rows, Error *error) {
    const QueryContext *context = environment->owner;
    const SessionState *state = session_state(context->session);
    write_set_rows(state->writes, object_id, rows);
    Relation *relation = rows->count == 0 ? NULL : find_relation(environment, object_id);
    if (relation != NULL && rows->batches[0]->column_count != relation_spec(relation)->column_count)
        return error_set(error, STATUS_SERIALIZATION_FAILURE, "could not serialize access due to concurrent update");
    return OK;
}

static Status system_rows(Environment *environment, const char *relation, BatchList *rows, Error *error) {
    QueryContext *context = environment->owner;
    Instance *instance = context->statement->instance;
    SystemFacts facts = {context->statement->snapshot, instance->coordinator, context->session, &instance->sessions, instance->sequences,
        instance->options.data_directory};
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

QueryContext *query_context_create(Statement *statement, Session *session) {
    SessionState *state = session_state(session);
    Epochs *epochs = coordinator_epochs(statement->instance->coordinator);
    QueryContext *context = NEW(QueryContext);
    context->statement = statement;
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
    context->environment = (Environment){
        .owner = context,
        .epoch = context->published->epoch,
        .relation = find_relation,
        .open_source = open_source,
        .watermark = watermark_of,
        .overlay = overlay,
        .system_rows = system_rows,
    };
    return context;
}

void query_context_destroy(QueryContext *context) {
    if (context == NULL)
        return;
    for (int i = 0; i < context->relation_count; i++)
        relation_release(context->relations[i].relation);
    memory_free(context->relations);
    epochs_unpin(coordinator_epochs(context->statement->instance->coordinator), context->published);
    arena_destroy(context->arena);
    memory_free(context);
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
