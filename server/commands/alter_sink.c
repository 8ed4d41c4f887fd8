/* ALTER SINK … RESUME FROM MARKER | RESUME FROM SNAPSHOT | SKIP TO n: the ways past a stop. Each says what it
   promises. */
#include "server/commands/alter_sink.h"
#include "server/commands/role.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "executor/operators/operator.h"
#include "executor/operators/sink_operator.h"

typedef enum Way { FROM_MARKER, FROM_SNAPSHOT, SKIP_TO } Way;

typedef struct Resume {
    uint32_t object_id;
    Way way;
    uint64_t skip_to;
} Resume;

static Status resume(Coordinator *coordinator, void *argument, Error *error) {
    const Resume *resume = argument;
    return coordinator_resume_sink(coordinator, resume->object_id, resume->skip_to, error);
}

static bool words_are(const SyntaxAlter *syntax, const char *const *words, int count) {
    if (syntax->action_count < count)
        return false;
    for (int i = 0; i < count; i++)
        if (strcasecmp(syntax->actions[i].text, words[i]) != 0)
            return false;
    return true;
}

static Status read_action(const SyntaxAlter *syntax, Resume *resume, Error *error) {
    resume->way = FROM_MARKER;
    if (syntax->action_count == 3 && words_are(syntax, (const char *[]){"resume", "from", "marker"}, 3))
        return OK;
    if (syntax->action_count == 3 && words_are(syntax, (const char *[]){"resume", "from", "snapshot"}, 3)) {
        resume->way = FROM_SNAPSHOT;
        return OK;
    }
    if (syntax->action_count == 3 && words_are(syntax, (const char *[]){"skip", "to"}, 2)) {
        char *end;
        errno = 0;
        unsigned long long number = strtoull(syntax->actions[2].text, &end, 10);
        if (*end != 0 || errno != 0 || number == 0 || number > INT64_MAX)
            return error_set(error, STATUS_INVALID_PARAMETER_VALUE,
                "SKIP TO needs the number of a batch, not \"%s\"", syntax->actions[2].text);
        resume->way = SKIP_TO;
        resume->skip_to = number;
        return OK;
    }
    error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "this form of ALTER SINK is not supported");
    return error_hint(error, "Supported are: ALTER SINK name RESUME FROM MARKER, ALTER SINK name RESUME FROM "
                             "SNAPSHOT, ALTER SINK name SKIP TO number.");
}

/* What the replaced sink had outside goes, once the new one has begun. */
static Status clean_up(SimpleExecution *execution, const Error *outcome, Error *error) {
    if (outcome != NULL) {
        error_copy(error, outcome);
        return error->status;
    }
    Error left = {0};
    if (coordinator_clean_up(execution->analysis->instance->coordinator, &left) != OK)
        session_notice_full(execution->session, SEVERITY_WARNING, &left);
    error_clear(&left);
    return OK;
}

/* A sink of the same name and plan, whose first batches are the whole of what it reads. It has an id of its
   own, so that nothing outside, whoever wrote it, is taken for its own; the old one goes in the commit that
   makes the new one visible. */
static Status begin_anew(SimpleExecution *execution, const Object *old, Error *error) {
    Instance *instance = execution->analysis->instance;
    const ConnectorType *type = connector_by_name(old->connector);
    if (session_is_in_block(execution->session))
        return error_set(error, STATUS_ACTIVE_SQL_TRANSACTION,
            "ALTER SINK ... RESUME FROM SNAPSHOT cannot run inside a transaction block");
    Object *object = object_copy(old);
    OperatorSpec *root;
    ConnectorDefinition connector;
    object->relation.id = catalog_next_id(instance->catalog);
    Status status = spec_decode(object->spec, object->spec_length, object->arena, &root, error);
    if (status == OK) {
        ((SinkOperatorParameters *)root->parameters)->object_id = (int)object->relation.id;
        ddl_set_spec(object, root);
        instance_connector_definition(instance, object, object->arena, &connector);
    }
    if (status == OK && type->prepare_sink != NULL)
        status = type->prepare_sink(&connector, &object->partition_count, error);
    if (status == OK) {
        object->start_offsets = ARENA_ARRAY(object->arena, int64_t, object->partition_count + 1);
        session_notice(execution->session, SEVERITY_NOTICE, OK,
            "sink \"%s\" delivers again all that its query holds now: records may be there twice, and keys "
            "deleted since the last delivery get no "
            "tombstone",
            object->relation.name);
        execution->finish = clean_up;
        return ddl_build_instead(execution, object, old->relation.id, error);
    }
    object_release(object);
    return status;
}

Status alter_sink_run(SimpleExecution *execution, Error *error) {
    Analysis *analysis = execution->analysis;
    const SyntaxAlter *syntax = analysis->syntax->alter;
    const SyntaxName *name = &syntax->name;
    const char *last = name->parts[name->part_count - 1];
    Object *object = search_path_find(&analysis->view.path, analysis->snapshot,
        name->part_count > 1 ? name->parts[name->part_count - 2] : NULL, last);
    if (object == NULL && syntax->if_exists) {
        session_notice(execution->session, SEVERITY_NOTICE, OK, "sink \"%s\" does not exist, skipping", last);
        return OK;
    }
    if (object == NULL)
        return error_set(error, STATUS_UNDEFINED_TABLE, "sink \"%s\" does not exist", last);
    if (object->relation.kind != RELATION_SINK)
        return error_set(error, STATUS_WRONG_OBJECT_TYPE, "\"%s\" is not a sink", last);
    TRY(analysis_check_owner(analysis, object, error));
    Resume argument = {.object_id = object->relation.id};
    TRY(read_action(syntax, &argument, error));
    if (argument.way == FROM_SNAPSHOT)
        return begin_anew(execution, object, error);
    TRY(coordinator_call(analysis->instance->coordinator, resume, &argument, error));
    if (argument.way == FROM_MARKER)
        session_notice(execution->session, SEVERITY_NOTICE, OK,
            "sink \"%s\" goes on behind its marker: nothing is delivered twice; batches up to the marker "
            "that this server made differently, or no "
            "longer has, are missing",
            last);
    else
        session_notice(execution->session, SEVERITY_NOTICE, OK,
            "sink \"%s\" goes on with batch %llu: what the batches before it held and was not delivered is "
            "missing",
            last, (unsigned long long)argument.skip_to);
    return OK;
}
