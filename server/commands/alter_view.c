/* ALTER MATERIALIZED VIEW … RESUME: builds a suspended view again, then the suspended views that read it, one
   after the other.

   A sink among those begins anew on its own statement only, since it delivers again what it has delivered. */
#include "server/commands/alter_view.h"
#include "server/commands/role.h"

#include <stdlib.h>

#include "executor/base/memory.h"

typedef struct Resume {
    CatalogSnapshot *snapshot;
    uint32_t *ids; /* a view before what reads it; the first is the named one */
    int count, next;
} Resume;

static bool is_listed(const Resume *resume, uint32_t id) {
    for (int i = 0; i < resume->count; i++)
        if (resume->ids[i] == id)
            return true;
    return false;
}

static int compare_ids(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

/* Whoever reads has the higher id. */
static void list_readers(Resume *resume, uint32_t id) {
    uint32_t *ids = NEW_ARRAY(uint32_t, resume->snapshot->count + 1);
    int count = catalog_dependents(resume->snapshot, id, ids);
    for (int i = 0; i < count; i++) {
        if (is_listed(resume, ids[i]))
            continue;
        resume->ids[resume->count++] = ids[i];
        list_readers(resume, ids[i]);
    }
    memory_free(ids);
}

typedef struct Question {
    uint32_t object_id;
    bool is_suspended;
} Question;

static Status ask_suspended(Coordinator *coordinator, void *argument, Error *error) {
    Question *question = argument;
    question->is_suspended = coordinator_is_suspended(coordinator, question->object_id);
    return OK;
}

static Status is_suspended(const SimpleExecution *execution, uint32_t id, bool *is_suspended, Error *error) {
    Question question = {.object_id = id};
    TRY(coordinator_call(execution->analysis->instance->coordinator, ask_suspended, &question, error));
    *is_suspended = question.is_suspended;
    return OK;
}

/* A view that reads something else, too, which is still suspended. */
static void stay_suspended(const SimpleExecution *execution, const Object *object, Error *why) {
    session_notice(execution->session, SEVERITY_NOTICE, OK, "materialized view \"%s\" stays suspended: %s",
        object->relation.name, why->message);
    error_clear(why);
}

/* Begins the next build that there is to wait for. */
static Status build_next(SimpleExecution *execution, Resume *resume, Error *error) {
    while (resume->next < resume->count && execution->await == NULL) {
        const Object *object = catalog_find_id(resume->snapshot, resume->ids[resume->next++]);
        bool is_to_build = resume->next == 1, is_view = object->relation.kind == RELATION_MATERIALIZED_VIEW;
        if (!is_to_build && object_has_job(object))
            TRY(is_suspended(execution, object->relation.id, &is_to_build, error));
        if (is_to_build && !is_view)
            session_notice(execution->session, SEVERITY_NOTICE, OK,
                "sink \"%s\" stays suspended: ALTER SINK ... RESUME FROM SNAPSHOT begins it anew",
                object->relation.name);
        Status status = is_to_build && is_view ? ddl_rebuild(execution, object, error) : OK;
        if (status == STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE && resume->next > 1)
            stay_suspended(execution, object, error);
        else
            TRY(status);
    }
    return OK;
}

static Status on_built(SimpleExecution *execution, const Error *outcome, Error *error) {
    Resume *resume = execution->finish_state;
    if (outcome != NULL) {
        error_copy(error, outcome);
        return error->status;
    }
    return build_next(execution, resume, error);
}

static void resume_free(void *argument) {
    Resume *resume = argument;
    catalog_snapshot_release(resume->snapshot);
    memory_free(resume->ids);
    memory_free(resume);
}

Status alter_view_resume(SimpleExecution *execution, Error *error) {
    const Analysis *analysis = execution->analysis;
    const SyntaxAlter *syntax = analysis->syntax->alter;
    Object *object;
    Status status = analysis_find(analysis, &syntax->name, &object, error);
    if (status == STATUS_UNDEFINED_TABLE && syntax->if_exists) {
        error_clear(error);
        session_notice(execution->session, SEVERITY_NOTICE, OK, "relation \"%s\" does not exist, skipping",
            syntax->name.parts[syntax->name.part_count - 1]);
        return OK;
    }
    TRY(status);
    if (object->relation.kind != RELATION_MATERIALIZED_VIEW)
        return error_set(
            error, STATUS_WRONG_OBJECT_TYPE, "\"%s\" is not a materialized view", object->relation.name);
    if (session_is_in_block(execution->session))
        return error_set(error, STATUS_ACTIVE_SQL_TRANSACTION,
            "ALTER MATERIALIZED VIEW ... RESUME cannot run inside a transaction block");
    TRY(analysis_check_owner(analysis, object, error));
    Resume *resume = NEW(Resume);
    resume->snapshot = catalog_snapshot_retain(analysis->snapshot);
    resume->ids = NEW_ARRAY(uint32_t, resume->snapshot->count + 1);
    resume->ids[resume->count++] = object->relation.id;
    list_readers(resume, object->relation.id);
    qsort(resume->ids + 1, (size_t)resume->count - 1, sizeof *resume->ids, compare_ids);
    execution->finish = on_built;
    execution->finish_state = resume;
    execution->finish_free = resume_free;
    return build_next(execution, resume, error);
}
