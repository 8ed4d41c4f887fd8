/* DROP TABLE, SOURCE, VIEW, MATERIALIZED VIEW, SINK … [CASCADE]; TRUNCATE. */
#include <string.h>

#include "executor/base/memory.h"
#include "executor/dataflow/query.h"
#include "server/commands/dml.h"

/* What a kind's word may drop: a source made by CREATE TABLE … WITH (connector) answers to both. */
static bool kind_matches(const char *word, const Object *object) {
    RelationKind kind = object->relation.kind;
    if (strcmp(word, "TABLE") == 0)
        return kind == RELATION_TABLE || (kind == RELATION_SOURCE && strncasecmp(object->sql, "CREATE TABLE", 12) == 0);
    if (strcmp(word, "SOURCE") == 0)
        return kind == RELATION_SOURCE;
    if (strcmp(word, "SINK") == 0)
        return kind == RELATION_SINK;
    if (strcmp(word, "VIEW") == 0)
        return kind == RELATION_VIEW;
    return strcmp(word, "MATERIALIZED VIEW") == 0 && kind == RELATION_MATERIALIZED_VIEW;
}

static const char *kind_word(const char *word, char *lower) {
    size_t i = 0;
    for (; word[i] != 0 && i < 31; i++)
        lower[i] = word[i] >= 'A' && word[i] <= 'Z' ? (char)(word[i] + 32) : word[i];
    lower[i] = 0;
    return lower;
}

/* The ids to drop: dependents before what they read. */
typedef struct DropList {
    const CatalogSnapshot *snapshot;
    uint32_t *ids;
    int count;
    Text dependents; /* "view v depends on table t" lines */
} DropList;

static bool list_has(const DropList *list, uint32_t id) {
    for (int i = 0; i < list->count; i++)
        if (list->ids[i] == id)
            return true;
    return false;
}

static void add_with_dependents(DropList *list, const Object *object, bool is_cascade) {
    if (list_has(list, object->relation.id))
        return;
    uint32_t *ids = NEW_ARRAY(uint32_t, list->snapshot->count + 1);
    int count = catalog_dependents(list->snapshot, object->relation.id, ids);
    for (int i = 0; i < count; i++) {
        const Object *dependent = catalog_find_id(list->snapshot, ids[i]);
        if (list_has(list, ids[i]))
            continue;
        text_printf(&list->dependents, "%s%s %s depends on %s %s", list->dependents.length > 0 ? "\n" : "",
            relation_kind_name(dependent->relation.kind), dependent->relation.name, relation_kind_name(object->relation.kind), object->relation.name);
        if (is_cascade)
            add_with_dependents(list, dependent, true);
    }
    memory_free(ids);
    list->ids[list->count++] = object->relation.id;
}

typedef struct CancelArgument {
    const char *name;
    bool is_cancelled;
} CancelArgument;

static Status cancel_build(Coordinator *coordinator, void *argument, Error *error) {
    CancelArgument *cancel = argument;
    cancel->is_cancelled = coordinator_cancel_build_named(coordinator, cancel->name);
    return OK;
}

/* What is still being built in the background, or failed to be, is in no catalog. */
static Status drop_build(SimpleExecution *execution, const char *name, bool *is_dropped, Error *error) {
    const char *kind = execution->statement->syntax->drop->kind;
    CancelArgument cancel = {.name = name};
    *is_dropped = false;
    if (strcmp(kind, "MATERIALIZED VIEW") != 0 && strcmp(kind, "SINK") != 0)
        return OK;
    TRY(coordinator_call(execution->statement->instance->coordinator, cancel_build, &cancel, error));
    *is_dropped = cancel.is_cancelled;
    return OK;
}

static Status resolve(SimpleExecution *execution, const SyntaxName *name, Object **object, Error *error) {
    const SyntaxDrop *syntax = execution->statement->syntax->drop;
    char lower[32];
    const char *last = name->parts[name->part_count - 1];
    const char *schema = name->part_count > 1 ? name->parts[name->part_count - 2] : NULL;
    kind_word(syntax->kind, lower);
    bool is_dropped = false;
    *object = catalog_find(execution->statement->snapshot, schema, last);
    if (*object == NULL)
        TRY(drop_build(execution, last, &is_dropped, error));
    if (is_dropped)
        return OK;
    if (*object == NULL && syntax->if_exists) {
        session_notice(execution->session, SEVERITY_NOTICE, OK, "%s \"%s\" does not exist, skipping", lower, last);
        return OK;
    }
    if (*object == NULL)
        return error_set(error, STATUS_UNDEFINED_TABLE, "%s \"%s\" does not exist", lower, last);
    if (kind_matches(syntax->kind, *object))
        return OK;
    RelationKind kind = (*object)->relation.kind;
    error_set(error, STATUS_WRONG_OBJECT_TYPE, "\"%s\" is not a %s", last, lower);
    const char *right = kind == RELATION_TABLE    ? "TABLE"
                        : kind == RELATION_SOURCE ? "SOURCE"
                        : kind == RELATION_SINK   ? "SINK"
                        : kind == RELATION_VIEW   ? "VIEW"
                                                  : "MATERIALIZED VIEW";
    return error_hint(error, "Use DROP %s to remove a %s.", right, relation_kind_name(kind));
}

typedef struct DropArgument {
    Instance *instance;
    DropList *list;
    Error trouble;      /* what a sink could not clean up outside */
    uint64_t discarded; /* batches of sinks that were not delivered */
} DropArgument;

static Status drop_objects(Coordinator *coordinator, void *argument, Error *error) {
    DropArgument *drop = argument;
    TRY(coordinator_may_remove(coordinator, drop->list->ids, drop->list->count, error));
    for (int i = 0; i < drop->list->count; i++) {
        Error trouble = {0};
        drop->discarded += coordinator_undelivered(coordinator, drop->list->ids[i]);
        if (instance_remove(drop->instance, drop->list->ids[i], &trouble) != OK && drop->trouble.status == OK)
            error_copy(&drop->trouble, &trouble);
        error_clear(&trouble);
        catalog_remove(drop->instance->catalog, drop->list->ids[i], coordinator_stage(coordinator));
    }
    return OK;
}

static Status drop_all(SimpleExecution *execution, DropList *list, Error *error) {
    Instance *instance = execution->statement->instance;
    DropArgument argument = {.instance = instance, .list = list};
    TRY(coordinator_call(instance->coordinator, drop_objects, &argument, error));
    if (argument.discarded > 0)
        session_notice(execution->session, SEVERITY_NOTICE, OK, "%llu staged batch%s that had not been delivered %s discarded",
            (unsigned long long)argument.discarded, argument.discarded == 1 ? "" : "es", argument.discarded == 1 ? "was" : "were");
    if (argument.trouble.status != OK)
        session_notice_full(execution->session, SEVERITY_WARNING, &argument.trouble);
    error_clear(&argument.trouble);
    execution->await = await_create(&execution->base);
    coordinator_wait_commit(instance->coordinator, await_completion(execution->await));
    return OK;
}

static Status check_kind(const SyntaxDrop *syntax, Error *error) {
    static const char *const kinds[] = {"TABLE", "SOURCE", "SINK", "VIEW", "MATERIALIZED VIEW"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i], syntax->kind) == 0)
            return OK;
    return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "DROP %s is not supported", syntax->kind);
}

static Status collect(SimpleExecution *execution, DropList *list, Error *error) {
    const SyntaxDrop *syntax = execution->statement->syntax->drop;
    for (int i = 0; i < syntax->count; i++) {
        Object *object;
        TRY(resolve(execution, &syntax->names[i], &object, error));
        if (object != NULL)
            add_with_dependents(list, object, syntax->is_cascade);
    }
    if (list->dependents.length == 0 || syntax->is_cascade)
        return OK;
    const char *last = syntax->names[0].parts[syntax->names[0].part_count - 1];
    char lower[32];
    error_set(
        error, STATUS_DEPENDENT_OBJECTS_STILL_EXIST, "cannot drop %s %s because other objects depend on it", kind_word(syntax->kind, lower), last);
    error_detail(error, "%s", text_string(&list->dependents));
    return error_hint(error, "Use DROP ... CASCADE to drop the dependent objects too.");
}

static Status drop_run(SimpleExecution *execution, Error *error) {
    const SyntaxDrop *syntax = execution->statement->syntax->drop;
    TRY(check_kind(syntax, error));
    DropList list = {
        .snapshot = execution->statement->snapshot, .ids = NEW_ARRAY(uint32_t, execution->statement->snapshot->count + syntax->count + 1)};
    Status status = collect(execution, &list, error);
    if (status == OK && syntax->is_cascade && list.dependents.length > 0) {
        Error notice = {0};
        error_set(&notice, OK, "drop cascades to %d other object%s", list.count - syntax->count, list.count - syntax->count == 1 ? "" : "s");
        error_detail(&notice, "%s", text_string(&list.dependents));
        session_notice_full(execution->session, SEVERITY_NOTICE, &notice);
        error_clear(&notice);
    }
    if (status == OK && list.count > 0)
        status = drop_all(execution, &list, error);
    text_free(&list.dependents);
    memory_free(list.ids);
    return status;
}

static Status drop_execute(Statement *statement, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(statement, session, parameters, drop_run);
    return OK;
}

const Command drop_command = {.kind = SYNTAX_STATEMENT_DROP, .is_forbidden_in_block = true, .execute = drop_execute};

/* TRUNCATE: deletes every row that the transaction sees. */

static Status truncate_table(SimpleExecution *execution, const Object *object, Error *error) {
    Statement *statement = execution->statement;
    const CatalogRelation *table = &object->relation;
    if (table->kind != RELATION_TABLE)
        return error_set(error, STATUS_WRONG_OBJECT_TYPE, "\"%s\" is not a table", table->name);
    if (table->is_append_only)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "table \"%s\" is append only", table->name);
    return dml_delete_all(statement, execution->session, table, error);
}

static Status truncate_run(SimpleExecution *execution, Error *error) {
    const SyntaxDrop *syntax = execution->statement->syntax->drop;
    for (int i = 0; i < syntax->count; i++) {
        Object *object;
        TRY(statement_find(execution->statement, &syntax->names[i], &object, error));
        TRY(truncate_table(execution, object, error));
    }
    return OK;
}

static Status truncate_execute(Statement *statement, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(statement, session, parameters, truncate_run);
    return OK;
}

const Command truncate_command = {.kind = SYNTAX_STATEMENT_TRUNCATE, .execute = truncate_execute};
