/* ALTER SINK … RESUME FROM MARKER | SKIP TO n: the ways past a stop. Each says what it promises. */
#include "server/commands/alter_sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct Resume {
    uint32_t object_id;
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

/* 0: from the marker. */
static Status read_action(const SyntaxAlter *syntax, uint64_t *skip_to, Error *error) {
    *skip_to = 0;
    if (syntax->action_count == 3 && words_are(syntax, (const char *[]){"resume", "from", "marker"}, 3))
        return OK;
    if (syntax->action_count == 3 && words_are(syntax, (const char *[]){"resume", "from", "snapshot"}, 3)) {
        error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "RESUME FROM SNAPSHOT is not supported");
        return error_hint(error, "DROP SINK and CREATE SINK deliver the whole view again.");
    }
    if (syntax->action_count == 3 && words_are(syntax, (const char *[]){"skip", "to"}, 2)) {
        char *end;
        errno = 0;
        unsigned long long number = strtoull(syntax->actions[2].text, &end, 10);
        if (*end != 0 || errno != 0 || number == 0 || number > INT64_MAX)
            return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "SKIP TO needs the number of a batch, not \"%s\"", syntax->actions[2].text);
        *skip_to = number;
        return OK;
    }
    error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "this form of ALTER SINK is not supported");
    return error_hint(error, "Supported are: ALTER SINK name RESUME FROM MARKER, ALTER SINK name SKIP TO number.");
}

Status alter_sink_run(SimpleExecution *execution, Error *error) {
    Statement *statement = execution->statement;
    const SyntaxAlter *syntax = statement->syntax->alter;
    const SyntaxName *name = &syntax->name;
    const char *last = name->parts[name->part_count - 1];
    Object *object = catalog_find(statement->snapshot, name->part_count > 1 ? name->parts[name->part_count - 2] : NULL, last);
    if (object == NULL && syntax->if_exists) {
        session_notice(execution->session, SEVERITY_NOTICE, OK, "sink \"%s\" does not exist, skipping", last);
        return OK;
    }
    if (object == NULL)
        return error_set(error, STATUS_UNDEFINED_TABLE, "sink \"%s\" does not exist", last);
    if (object->relation.kind != RELATION_SINK)
        return error_set(error, STATUS_WRONG_OBJECT_TYPE, "\"%s\" is not a sink", last);
    Resume argument = {.object_id = object->relation.id};
    TRY(read_action(syntax, &argument.skip_to, error));
    TRY(coordinator_call(statement->instance->coordinator, resume, &argument, error));
    if (argument.skip_to == 0)
        session_notice(execution->session, SEVERITY_NOTICE, OK,
            "sink \"%s\" goes on behind its marker: nothing is delivered twice; batches up to the marker that this server made differently, or no "
            "longer has, are missing",
            last);
    else
        session_notice(execution->session, SEVERITY_NOTICE, OK,
            "sink \"%s\" goes on with batch %llu: what the batches before it held and was not delivered is missing", last,
            (unsigned long long)argument.skip_to);
    return OK;
}
