/* DDL: names, frozen settings, stored plans, builds. */
#include "server/commands/ddl.h"

#include <string.h>

#include "executor/base/memory.h"
#include "server/commands/dml.h"
#include "server/commands/role.h"

bool ddl_kind_matches(const char *word, const Object *object) {
    RelationKind kind = object->relation.kind;
    if (strcmp(word, "TABLE") == 0)
        return kind == RELATION_TABLE;
    if (strcmp(word, "SOURCE") == 0)
        return kind == RELATION_SOURCE;
    if (strcmp(word, "FOREIGN TABLE") == 0)
        return kind == RELATION_SOURCE || kind == RELATION_SINK;
    if (strcmp(word, "SINK") == 0)
        return kind == RELATION_SINK;
    if (strcmp(word, "SEQUENCE") == 0)
        return kind == RELATION_SEQUENCE;
    if (strcmp(word, "SCHEMA") == 0)
        return kind == RELATION_SCHEMA;
    if (strcmp(word, "TYPE") == 0)
        return kind == RELATION_TYPE;
    if (strcmp(word, "VIEW") == 0)
        return kind == RELATION_VIEW;
    return strcmp(word, "MATERIALIZED VIEW") == 0 && kind == RELATION_MATERIALIZED_VIEW;
}

Status ddl_hint_drop(const Object *object, Error *error) {
    RelationKind kind = object->relation.kind;
    const char *right = kind == RELATION_TABLE      ? "TABLE"
                        : kind == RELATION_SOURCE   ? "SOURCE"
                        : kind == RELATION_SINK     ? "SINK"
                        : kind == RELATION_VIEW     ? "VIEW"
                        : kind == RELATION_SEQUENCE ? "SEQUENCE"
                        : kind == RELATION_FUNCTION ? "FUNCTION"
                        : kind == RELATION_TYPE     ? "TYPE"
                                                    : "MATERIALIZED VIEW";
    return error_hint(error, "Use DROP %s to remove a %s.", right, relation_kind_name(kind));
}

bool ddl_skips(Session *session, const char *schema, const char *name, bool if_not_exists, Status *status,
    Error *error) {
    *status = ddl_reserve_name(session, schema, name, error);
    if (*status != STATUS_DUPLICATE_TABLE || !if_not_exists)
        return false;
    *status = OK;
    error_clear(error);
    session_notice(
        session, SEVERITY_NOTICE, STATUS_DUPLICATE_TABLE, "relation \"%s\" already exists, skipping", name);
    return true;
}

Status ddl_evaluate(
    SimpleExecution *execution, const SyntaxStatement *syntax, int64_t *row_count, Error *error) {
    Prepared *prepared;
    const Analysis *outer = execution->analysis;
    TRY(leat_engine.prepare(
        outer->instance, execution->session, outer->script, syntax, NULL, 0, &prepared, error));
    ((Analysis *)prepared)->fills_table = true;
    Status status = dml_evaluate(
        (Analysis *)prepared, execution->session, NULL, &execution->base, row_count, NULL, error);
    prepared_release(prepared);
    return status;
}

Status ddl_reserve(SimpleExecution *execution, const char *schema, const char *name, bool if_not_exists,
    bool *is_done, Error *error) {
    Status status = catalog_reserve(execution->analysis->instance->catalog, schema, name, false, error);
    *is_done = status != OK && if_not_exists;
    if (!*is_done)
        return status;
    error_clear(error);
    session_notice(execution->session, SEVERITY_NOTICE, STATUS_DUPLICATE_TABLE,
        "relation \"%s\" already exists, skipping", name);
    return OK;
}

void ddl_freeze_settings(Object *object, Session *session) {
    const TypeSettings *settings = session_type_settings(session);
    object->time_zone = arena_strdup(object->arena, settings->time_zone);
    object->date_style = arena_strdup(object->arena, settings->date_style);
    object->interval_style = arena_strdup(object->arena, settings->interval_style);
    object->extra_float_digits = settings->extra_float_digits;
}

static Status set_columns(
    Object *object, const Plan *plan, const char *const *names, int name_count, Error *error) {
    const OperatorSpec *root = plan->root;
    if (name_count > plan->visible_count)
        return error_set(error, STATUS_SYNTAX_ERROR,
            object->relation.kind == RELATION_VIEW ? "CREATE VIEW specifies more column names than columns"
                                                   : "too many column names were specified");
    CatalogColumn *columns = ARENA_ARRAY(object->arena, CatalogColumn, root->output.count + 1);
    for (int i = 0; i < root->output.count; i++) {
        const char *name = i < name_count ? names[i] : root->output.names[i];
        columns[i] = (CatalogColumn){
            .name = arena_strdup(object->arena, name),
            .type = root->output.types[i],
            .is_hidden = i >= plan->visible_count,
            .is_clock = plan->traits[i].is_clock,
            .is_window_bound = plan->traits[i].is_window_bound,
            .arrival = plan->traits[i].arrival,
            .has_watermark = root->has_watermark != NULL && root->has_watermark[i],
        };
        for (int before = 0; before < i && i < plan->visible_count; before++)
            if (strcmp(columns[before].name, columns[i].name) == 0)
                return error_set(error, STATUS_DUPLICATE_COLUMN, "column \"%s\" specified more than once",
                    columns[i].name);
    }
    object->relation.columns = columns;
    object->relation.column_count = root->output.count;
    return OK;
}

Status ddl_plan_query(Analysis *analysis, Session *session, Object *object, PlanMode mode,
    PlannerContext *planner, Plan *plan, Error *error) {
    const SyntaxCreateView *syntax = analysis->syntax->create_view;
    analysis_context(analysis, session, NULL, planner);
    planner->arena = object->arena;
    return ddl_define_query(planner, object,
        &(DefiningQuery){syntax->query, syntax->query_start, syntax->query_length, mode}, plan, error);
}

Status ddl_define_query(
    PlannerContext *planner, Object *object, const DefiningQuery *query, Plan *plan, Error *error) {
    DefinitionNotes notes = {.start = query->start};
    const char *text = arena_copy(object->arena, planner->sql + query->start, (size_t)query->length);
    planner->notes = &notes;
    Status status = plan_query(planner, query->select, query->mode, plan, error);
    planner->notes = NULL;
    TRY(status);
    if (planner->parameter_count > 0)
        return error_set(error, STATUS_UNDEFINED_PARAMETER, "there is no parameter $1");
    notes.definition.result_count = plan->visible_count;
    notes.definition.results = ARENA_ARRAY(object->arena, const char *, plan->visible_count + 1);
    for (int i = 0; i < plan->visible_count; i++)
        notes.definition.results[i] = arena_strdup(object->arena, plan->root->output.names[i]);
    return definition_finish(&notes, text, object->arena, &object->relation.definition, error);
}

void ddl_set_spec(Object *object, const OperatorSpec *spec) {
    Text bytes = {0};
    spec_encode(spec, &bytes);
    object->spec = arena_copy(object->arena, bytes.bytes, bytes.length);
    object->spec_length = (uint32_t)bytes.length;
    text_free(&bytes);
}

Status ddl_set_plan(
    Object *object, const Plan *plan, const char *const *names, int name_count, Error *error) {
    TRY(set_columns(object, plan, names, name_count, error));
    const OperatorSpec *root = plan->root;
    object->relation.is_append_only =
        root->input_count > 0 ? !root->inputs[0]->is_updating : !root->is_updating;
    object->relation.key_count = root->key_count;
    int *key = ARENA_ARRAY(object->arena, int, root->key_count > 0 ? root->key_count : 1);
    for (int i = 0; i < root->key_count; i++)
        key[i] = root->key[i];
    object->relation.key = key;
    object->dependency_count = plan->depend_count;
    object->dependencies = ARENA_ARRAY(object->arena, uint32_t, plan->depend_count + 1);
    for (int i = 0; i < plan->depend_count; i++)
        object->dependencies[i] = plan->depends[i];
    ddl_set_spec(object, root);
    return OK;
}

typedef struct BeginArgument {
    Instance *instance;
    ObjectBuildSpec spec;
    Completion done;
} BeginArgument;

static Status begin_build(Coordinator *coordinator, void *argument, Error *error) {
    const BeginArgument *begin = argument;
    return object_build_begin(begin->instance, &begin->spec, begin->done, error);
}

typedef struct CancelArgument {
    Instance *instance;
    uint32_t object_id;
} CancelArgument;

static Status cancel_build(Coordinator *coordinator, void *argument, Error *error) {
    CancelArgument *cancel = argument;
    coordinator_cancel_build(coordinator, cancel->object_id);
    return OK;
}

static void on_cancel(SimpleExecution *execution) {
    CancelArgument cancel = {execution->analysis->instance, (uint32_t)(uintptr_t)execution->state};
    Error error = {0};
    (void)coordinator_call(cancel.instance->coordinator, cancel_build, &cancel, &error);
    error_clear(&error);
}

/* Awaits the build, or (in the background) the commit that stores it. */
static Status begin(SimpleExecution *execution, const ObjectBuildSpec *spec, Error *error) {
    Instance *instance = execution->analysis->instance;
    BeginArgument begin = {instance, *spec, {0}};
    bool is_background = spec->object->is_background;
    execution->await = await_create(&execution->base);
    if (!is_background) {
        execution->state = (void *)(uintptr_t)spec->object->relation.id;
        execution->cancel = on_cancel;
        begin.done = await_completion(execution->await);
    }
    Status status = coordinator_call(instance->coordinator, begin_build, &begin, error);
    if (status == OK && is_background)
        coordinator_wait_commit(instance->coordinator, await_completion(execution->await));
    if (status == OK)
        return OK;
    if (begin.done.done != NULL)
        begin.done.done(begin.done.argument, NULL);
    await_detach(execution->await);
    execution->await = NULL;
    return status;
}

Status ddl_build(SimpleExecution *execution, Object *object, Error *error) {
    return ddl_build_instead(execution, object, 0, error);
}

Status ddl_build_instead(SimpleExecution *execution, Object *object, uint32_t replaced, Error *error) {
    Role role = analysis_role(execution->analysis);
    if (object->owner_id == 0)
        object_set_owner(object, &role);
    object->is_background =
        replaced == 0 && session_variable_bool(execution->session, VARIABLE_background_ddl);
    return begin(execution, &(ObjectBuildSpec){.object = object, .replaced = replaced}, error);
}

Status ddl_rebuild(SimpleExecution *execution, const Object *object, Error *error) {
    return begin(execution, &(ObjectBuildSpec){.object = object_copy(object), .is_again = true}, error);
}

static bool has_check(const CatalogRelation *relation, const char *name) {
    for (int i = 0; i < relation->check_count; i++)
        if (relation->check_names[i] != NULL && strcmp(relation->check_names[i], name) == 0)
            return true;
    return false;
}

const char *ddl_name_check(const Object *object, const CatalogDefinition *check) {
    const CatalogRelation *relation = &object->relation;
    const char *stem = relation->name;
    int count = 0, last = 0;
    for (int i = 0; i < relation->column_count; i++)
        if (definition_uses(check, 0, i)) {
            count++;
            last = i;
        }
    if (count == 1)
        stem = arena_printf(object->arena, "%s_%s", stem, relation->columns[last].name);
    const char *name = arena_printf(object->arena, "%s_check", stem);
    for (int i = 1; has_check(relation, name); i++)
        name = arena_printf(object->arena, "%s_check%d", stem, i);
    return name;
}
