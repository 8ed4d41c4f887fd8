/* DROP TABLE, SOURCE, VIEW, MATERIALIZED VIEW, SINK, INDEX … [CASCADE]; TRUNCATE. */
#include <string.h>

#include "executor/base/memory.h"
#include "executor/dataflow/query.h"
#include "server/commands/ddl.h"
#include "server/commands/role.h"
#include "server/commands/dml.h"
#include "server/commands/sequence.h"

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
    const SearchPath *path;
    uint32_t *ids;
    int count;
    uint32_t *named; /* by the statement */
    int named_count;
    int dependent_count;
    Text dependents; /* "view v depends on table t" lines */
    Text cascades;   /* "drop cascades to view v" lines */
} DropList;

static bool is_among(uint32_t id, const uint32_t *ids, int count) {
    for (int i = 0; i < count; i++)
        if (ids[i] == id)
            return true;
    return false;
}

/* "table t", or "table s.t" when the path does not lead there. */
static void add_shown(const DropList *list, const CatalogRelation *relation, Text *out) {
    text_printf(out, "%s ", relation_kind_name(relation->kind));
    if (relation->kind != RELATION_SCHEMA &&
        !search_path_shows(list->path, list->snapshot, relation->schema, relation->name))
        text_printf(out, "%s.", relation->schema);
    text_add_string(out, relation->name);
}

static void tell_dependent(DropList *list, const CatalogRelation *dependent, const CatalogRelation *on) {
    const char *end = list->dependent_count++ > 0 ? "\n" : "";
    text_add_string(&list->dependents, end);
    add_shown(list, dependent, &list->dependents);
    text_add_string(&list->dependents, " depends on ");
    add_shown(list, on, &list->dependents);
    text_printf(&list->cascades, "%sdrop cascades to ", end);
    add_shown(list, dependent, &list->cascades);
}

static void tell_default(DropList *list, const CatalogRelation *table, const CatalogColumn *column,
    const CatalogRelation *sequence) {
    const char *end = list->dependent_count++ > 0 ? "\n" : "";
    text_printf(&list->dependents, "%sdefault value for column %s of ", end, column->name);
    add_shown(list, table, &list->dependents);
    text_add_string(&list->dependents, " depends on ");
    add_shown(list, sequence, &list->dependents);
    text_printf(&list->cascades, "%sdrop cascades to default value for column %s of ", end, column->name);
    add_shown(list, table, &list->cascades);
}

static void add_with_dependents(DropList *list, const Object *object, bool is_cascade) {
    if (is_among(object->relation.id, list->ids, list->count))
        return;
    uint32_t *ids = NEW_ARRAY(uint32_t, list->snapshot->count + 1);
    int count = catalog_dependents(list->snapshot, object->relation.id, ids);
    for (int i = 0; i < count; i++) {
        const Object *dependent = catalog_find_id(list->snapshot, ids[i]);
        bool is_named = is_among(ids[i], list->named, list->named_count) ||
                        dependent->sequence.owner_id == object->relation.id ||
                        (object->relation.kind == RELATION_SCHEMA && dependent->sequence.owner_id != 0);
        if (is_among(ids[i], list->ids, list->count))
            continue;
        if (!is_named)
            tell_dependent(list, &dependent->relation, &object->relation);
        if (is_named || is_cascade)
            add_with_dependents(list, dependent, is_cascade);
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
    const char *kind = execution->analysis->syntax->drop->kind;
    CancelArgument cancel = {.name = name};
    *is_dropped = false;
    if (strcmp(kind, "MATERIALIZED VIEW") != 0 && strcmp(kind, "SINK") != 0)
        return OK;
    TRY(coordinator_call(execution->analysis->instance->coordinator, cancel_build, &cancel, error));
    *is_dropped = cancel.is_cancelled;
    return OK;
}

static Status resolve(SimpleExecution *execution, const SyntaxName *name, Object **object, Error *error) {
    const SyntaxDrop *syntax = execution->analysis->syntax->drop;
    char lower[32];
    const char *last = name->parts[name->part_count - 1];
    const char *schema = name->part_count > 1 ? name->parts[name->part_count - 2] : NULL;
    kind_word(syntax->kind, lower);
    bool is_dropped = false;
    const Analysis *analysis = execution->analysis;
    bool is_schema = strcmp(syntax->kind, "SCHEMA") == 0, is_type = strcmp(syntax->kind, "TYPE") == 0;
    int index;
    if (is_schema && (strcmp(last, "public") == 0 || system_schema_exists(last)))
        return error_set(error, STATUS_DEPENDENT_OBJECTS_STILL_EXIST,
            "cannot drop schema %s because it is required by the database system", last);
    *object = is_schema ? catalog_find(analysis->snapshot, "", last)
                        : search_path_find(&analysis->view.path, analysis->snapshot, schema, last);
    if (*object == NULL && !is_schema &&
        search_path_find_index(&analysis->view.path, analysis->snapshot, schema, last, &index) != NULL) {
        error_set(error, STATUS_WRONG_OBJECT_TYPE, "\"%s\" is not a %s", last, lower);
        return error_hint(error, "Use DROP INDEX to remove an index.");
    }
    if (*object == NULL)
        TRY(drop_build(execution, last, &is_dropped, error));
    if (is_dropped)
        return OK;
    if (*object == NULL && syntax->if_exists) {
        session_notice(
            execution->session, SEVERITY_NOTICE, OK, "%s \"%s\" does not exist, skipping", lower, last);
        return OK;
    }
    if (*object == NULL)
        return error_set(error,
            is_schema ? STATUS_INVALID_SCHEMA_NAME
            : is_type ? STATUS_UNDEFINED_OBJECT
                      : STATUS_UNDEFINED_TABLE,
            "%s \"%s\" does not exist", lower, last);
    if (ddl_kind_matches(syntax->kind, *object))
        return OK;
    error_set(error, STATUS_WRONG_OBJECT_TYPE, "\"%s\" is not a %s", last, lower);
    return ddl_hint_drop(*object, error);
}

static Status check_kind(const SyntaxDrop *syntax, Error *error) {
    static const char *const kinds[] = {
        "TABLE", "SOURCE", "SINK", "VIEW", "MATERIALIZED VIEW", "SEQUENCE", "SCHEMA", "FUNCTION", "TYPE"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i], syntax->kind) == 0)
            return OK;
    return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "DROP %s is not supported", syntax->kind);
}

static Status refuse_dependents(const SyntaxDrop *syntax, const DropList *list, Error *error) {
    const char *last = catalog_find_id(list->snapshot, list->named[0])->relation.name;
    char lower[32];
    if (syntax->count > 1)
        error_set(error, STATUS_DEPENDENT_OBJECTS_STILL_EXIST,
            "cannot drop desired object(s) because other objects depend on them");
    else
        error_set(error, STATUS_DEPENDENT_OBJECTS_STILL_EXIST,
            "cannot drop %s %s because other objects depend on it", kind_word(syntax->kind, lower), last);
    error_detail(error, "%s", text_string(&list->dependents));
    return error_hint(error, "Use DROP ... CASCADE to drop the dependent objects too.");
}

/* Defaults, of tables that stay, that ask a sequence that goes. */
static Status add_defaults(DropList *list, const Object *sequence, Error *error) {
    for (int i = 0; i < list->snapshot->count; i++) {
        const CatalogRelation *table = &list->snapshot->objects[i]->relation;
        for (int c = 0; c < table->column_count; c++) {
            if (is_among(table->id, list->ids, list->count) ||
                !definition_names(table->columns[c].default_value, sequence->relation.id))
                continue;
            if (table->columns[c].identity != 0) {
                error_set(error, STATUS_DEPENDENT_OBJECTS_STILL_EXIST,
                    "cannot drop sequence %s because column %s of table %s requires it",
                    sequence->relation.name, table->columns[c].name, table->name);
                return error_hint(error, "You can drop column %s of table %s instead.",
                    table->columns[c].name, table->name);
            }
            tell_default(list, table, &table->columns[c], &sequence->relation);
        }
    }
    return OK;
}

/* PostgreSQL drops the columns of the type; here whole tables would go. */
static Status keep_stored(const SyntaxDrop *syntax, const DropList *list, Error *error) {
    for (int i = 0; i < list->count && strcmp(syntax->kind, "TYPE") == 0; i++) {
        const CatalogRelation *relation = &catalog_find_id(list->snapshot, list->ids[i])->relation;
        bool has_columns = relation->kind == RELATION_TABLE || relation->kind == RELATION_SOURCE ||
                           relation->kind == RELATION_TYPE;
        if (has_columns && !is_among(relation->id, list->named, list->named_count))
            return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
                "DROP TYPE ... CASCADE is not supported while %s \"%s\" has a column of the type",
                relation_kind_name(relation->kind), relation->name);
    }
    return OK;
}

static Status forget_defaults(
    SimpleExecution *execution, const DropList *list, const Object *sequence, Error *error) {
    CatalogSnapshot *snapshot = session_catalog(session_state(execution->session));
    Status status = OK;
    for (int i = 0; i < snapshot->count && status == OK; i++) {
        Object *object = NULL;
        for (int c = 0; c < snapshot->objects[i]->relation.column_count; c++) {
            if (is_among(snapshot->objects[i]->relation.id, list->ids, list->count) ||
                !definition_names(
                    snapshot->objects[i]->relation.columns[c].default_value, sequence->relation.id))
                continue;
            object = object == NULL ? object_copy(snapshot->objects[i]) : object;
            ((CatalogColumn *)object->relation.columns)[c].default_value = NULL;
        }
        if (object != NULL)
            status = ddl_replace(execution->session, object, NULL, error);
        object_release(object);
    }
    catalog_snapshot_release(snapshot);
    return status;
}

/* Its owner may, and that of the schema it stands in. */
static Status check_may_drop(const Analysis *analysis, const Object *object, Error *error) {
    Role role = analysis_role(analysis);
    const Object *schema = catalog_find(analysis->snapshot, "", object->relation.schema);
    return schema != NULL && role_owns(&role, schema) ? OK : role_check_owner(&role, object, error);
}

static Status collect(SimpleExecution *execution, DropList *list, Error *error) {
    const SyntaxDrop *syntax = execution->analysis->syntax->drop;
    Object **objects = ARENA_ARRAY(execution->analysis->arena, Object *, syntax->count + 1);
    for (int i = 0; i < syntax->count; i++) {
        if (syntax->signatures != NULL)
            TRY(function_resolve(
                execution, &syntax->names[i], &syntax->signatures[i], syntax->if_exists, &objects[i], error));
        else
            TRY(resolve(execution, &syntax->names[i], &objects[i], error));
        if (objects[i] != NULL)
            list->named[list->named_count++] = objects[i]->relation.id;
    }
    for (int i = 0; i < syntax->count; i++)
        if (objects[i] != NULL)
            TRY(check_may_drop(execution->analysis, objects[i], error));
    for (int i = 0; i < syntax->count; i++)
        if (objects[i] != NULL)
            add_with_dependents(list, objects[i], syntax->is_cascade);
    for (int i = 0; i < list->count; i++) {
        const Object *object = catalog_find_id(list->snapshot, list->ids[i]);
        if (object->relation.kind == RELATION_SEQUENCE)
            TRY(add_defaults(list, object, error));
    }
    return list->dependent_count == 0 || syntax->is_cascade ? keep_stored(syntax, list, error)
                                                            : refuse_dependents(syntax, list, error);
}

static void tell_cascade(Session *session, const DropList *list) {
    Error notice = {0};
    if (list->dependent_count > 1) {
        error_set(&notice, OK, "drop cascades to %d other objects", list->dependent_count);
        error_detail(&notice, "%s", text_string(&list->cascades));
    } else {
        error_set(&notice, OK, "%s", text_string(&list->cascades));
    }
    session_notice_full(session, SEVERITY_NOTICE, &notice);
    error_clear(&notice);
}

static Status drop_indexes(SimpleExecution *execution, const SyntaxDrop *syntax, Error *error) {
    for (int i = 0; i < syntax->count; i++) {
        const SyntaxName *name = &syntax->names[i];
        CatalogSnapshot *snapshot = session_catalog(session_state(execution->session));
        Status status = ddl_drop_index(execution->session, &execution->analysis->view.path, snapshot,
            name->part_count > 1 ? name->parts[name->part_count - 2] : NULL,
            name->parts[name->part_count - 1], syntax->if_exists, error);
        catalog_snapshot_release(snapshot);
        TRY(status);
    }
    return OK;
}

static Status drop_run(SimpleExecution *execution, Error *error) {
    const Analysis *analysis = execution->analysis;
    const SyntaxDrop *syntax = analysis->syntax->drop;
    if (strcmp(syntax->kind, "INDEX") == 0)
        return drop_indexes(execution, syntax, error);
    TRY(check_kind(syntax, error));
    int room = analysis->snapshot->count + syntax->count + 1;
    DropList list = {.snapshot = analysis->snapshot,
        .path = &analysis->view.path,
        .ids = NEW_ARRAY(uint32_t, room),
        .named = NEW_ARRAY(uint32_t, room)};
    Status status = collect(execution, &list, error);
    if (status == OK && list.dependent_count > 0)
        tell_cascade(execution->session, &list);
    for (int i = 0; i < list.count && status == OK; i++) {
        const Object *object = catalog_find_id(list.snapshot, list.ids[i]);
        if (object->relation.kind == RELATION_SEQUENCE)
            status = forget_defaults(execution, &list, object, error);
        if (status == OK)
            ddl_remove(execution->session, list.ids[i]);
    }
    text_free(&list.dependents);
    text_free(&list.cascades);
    memory_free(list.ids);
    memory_free(list.named);
    return status;
}

static Status drop_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(analysis, session, parameters, drop_run);
    return OK;
}

const Command drop_command = {.is_definition = true, .execute = drop_execute};

/* ALTER TABLE … DROP COLUMN */

static void tell_column(
    DropList *list, const CatalogRelation *dependent, const CatalogRelation *table, const char *column) {
    const char *end = list->dependent_count++ > 0 ? "\n" : "";
    text_add_string(&list->dependents, end);
    add_shown(list, dependent, &list->dependents);
    text_printf(&list->dependents, " depends on column %s of ", column);
    add_shown(list, table, &list->dependents);
    text_printf(&list->cascades, "%sdrop cascades to ", end);
    add_shown(list, dependent, &list->cascades);
}

static void tell_computed(
    DropList *list, const CatalogRelation *table, const char *dependent, const char *column) {
    const char *end = list->dependent_count++ > 0 ? "\n" : "";
    text_printf(&list->dependents, "%scolumn %s of ", end, dependent);
    add_shown(list, table, &list->dependents);
    text_printf(&list->dependents, " depends on column %s of ", column);
    add_shown(list, table, &list->dependents);
    text_printf(&list->cascades, "%sdrop cascades to column %s of ", end, dependent);
    add_shown(list, table, &list->cascades);
}

static void add_column_users(DropList *list, const CatalogRelation *table, int column, bool is_cascade) {
    for (int i = 0; i < list->snapshot->count; i++) {
        const Object *object = list->snapshot->objects[i];
        if (object->is_transient || !definition_uses(object->relation.definition, table->id, column) ||
            is_among(object->relation.id, list->ids, list->count))
            continue;
        tell_column(list, &object->relation, table, table->columns[column].name);
        if (is_cascade)
            add_with_dependents(list, object, true);
    }
}

Status ddl_drop_column_users(
    SimpleExecution *execution, const Object *object, int column, bool is_cascade, Error *error) {
    const CatalogRelation *table = &object->relation;
    CatalogSnapshot *snapshot = session_catalog(session_state(execution->session));
    DropList list = {.snapshot = snapshot,
        .path = &execution->analysis->view.path,
        .ids = NEW_ARRAY(uint32_t, snapshot->count + 1)};
    Status status = OK;
    add_column_users(&list, table, column, is_cascade);
    for (int i = 0; i < table->column_count; i++)
        if (i != column && definition_uses(table->columns[i].computed, 0, column)) {
            tell_computed(&list, table, table->columns[i].name, table->columns[column].name);
            add_column_users(&list, table, i, is_cascade);
        }
    if (list.dependent_count > 0 && is_cascade)
        tell_cascade(execution->session, &list);
    else if (list.dependent_count > 0) {
        error_set(error, STATUS_DEPENDENT_OBJECTS_STILL_EXIST,
            "cannot drop column %s of table %s because other objects depend on it",
            table->columns[column].name, table->name);
        error_detail(error, "%s", text_string(&list.dependents));
        status = error_hint(error, "Use DROP ... CASCADE to drop the dependent objects too.");
    }
    for (int i = 0; i < list.count; i++)
        ddl_remove(execution->session, list.ids[i]);
    text_free(&list.dependents);
    text_free(&list.cascades);
    memory_free(list.ids);
    catalog_snapshot_release(snapshot);
    return status;
}

/* TRUNCATE: deletes every row that the transaction sees. */

static Status truncate_table(SimpleExecution *execution, const Object *object, Error *error) {
    Analysis *analysis = execution->analysis;
    const CatalogRelation *table = &object->relation;
    if (table->kind != RELATION_TABLE)
        return error_set(error, STATUS_WRONG_OBJECT_TYPE, "\"%s\" is not a table", table->name);
    if (table->has_connector)
        return error_set(error, STATUS_WRONG_OBJECT_TYPE,
            "cannot truncate table \"%s\": its rows come from its connector", table->name);
    if (table->is_append_only)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "table \"%s\" is append only", table->name);
    return dml_delete_all(analysis, execution->session, table, error);
}

static Status truncate_run(SimpleExecution *execution, Error *error) {
    const SyntaxDrop *syntax = execution->analysis->syntax->truncate;
    for (int i = 0; i < syntax->count; i++) {
        Object *object;
        TRY(analysis_find(execution->analysis, &syntax->names[i], &object, error));
        TRY(analysis_check_may(execution->analysis, object, PRIVILEGE_TRUNCATE, error));
        TRY(truncate_table(execution, object, error));
        if (syntax->restarts_identity)
            TRY(sequence_restart_owned(execution->session, object->relation.id, error));
    }
    return OK;
}

static Status truncate_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(analysis, session, parameters, truncate_run);
    return OK;
}

const Command truncate_command = {.execute = truncate_execute};
