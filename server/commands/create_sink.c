/* CREATE SINK. */
#include <string.h>

#include "executor/base/memory.h"
#include "executor/operators/operator.h"
#include "server/commands/ddl.h"
#include "server/commands/role.h"

static Status make_plan(Analysis *analysis, Session *session, Object *object, Plan *plan, Error *error) {
    const SyntaxCreateSink *syntax = analysis->syntax->create_sink;
    PlannerContext planner;
    analysis_context(analysis, session, NULL, &planner);
    planner.arena = object->arena;
    if (syntax->query != NULL)
        return ddl_define_query(&planner, object,
            &(DefiningQuery){syntax->query, syntax->query_start, syntax->query_length, PLAN_CONTINUOUS}, plan,
            error);
    const SyntaxName *name = &syntax->from;
    const char *schema = name->part_count > 1 ? name->parts[name->part_count - 2] : NULL;
    const CatalogRelation *relation = analysis->view.catalog.relation_by_name(
        &analysis->view.catalog, schema, name->parts[name->part_count - 1], object->arena);
    if (relation == NULL) {
        error_set(error, STATUS_UNDEFINED_TABLE, "relation \"%s\" does not exist",
            name->parts[name->part_count - 1]);
        return analysis_error_at(analysis, name->position, error);
    }
    TRY(analysis->view.catalog.check_access(&analysis->view.catalog, relation, PRIVILEGE_SELECT, error));
    return plan_relation(&planner, relation, plan, error);
}

/* What RisingWave's sinks are told besides: force_append_only = 'true' would drop withdrawals, which is no
   result; primary_key must be the key that the query has. A sink is always given what is there first. */
static Status take_foreign(Object *object, const char **primary_key, Error *error) {
    int kept = 0;
    *primary_key = NULL;
    for (int i = 0; i < object->option_count; i++) {
        const char *name = object->option_names[i], *value = object->option_values[i];
        bool is_forced = strcmp(name, "force_append_only") == 0, is_snapshot = strcmp(name, "snapshot") == 0;
        if (is_snapshot && strcmp(value, "true") != 0)
            return error_set(
                error, STATUS_FEATURE_NOT_SUPPORTED, "a sink without a snapshot is not supported");
        if (strcmp(name, "primary_key") == 0) {
            *primary_key = value;
            continue;
        }
        if (is_forced || is_snapshot ||
            (strcmp(name, "type") == 0 && connector_by_name(object->connector)->discards))
            continue;
        object->option_names[kept] = name;
        object->option_values[kept++] = value;
    }
    object->option_count = kept;
    return OK;
}

/* WITH (type = 'upsert') is another way to write FORMAT UPSERT. */
static Status take_type(Object *object, Error *error) {
    for (int i = 0; i < object->option_count; i++) {
        if (strcmp(object->option_names[i], "type") != 0)
            continue;
        const char *format =
            strcmp(object->option_values[i], "append-only") == 0 ? "plain" : object->option_values[i];
        if (object->format != NULL && strcmp(object->format, format) != 0)
            return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "type = '%s' contradicts FORMAT %s",
                object->option_values[i], object->format);
        object->format = format;
    }
    return OK;
}

/* primary_key = 'a, b' must name the key that the query has. */
static Status check_primary_key(const Plan *plan, const char *primary_key, Error *error) {
    int count = 0;
    bool is_key = true;
    for (const char *at = primary_key; is_key && *(at += strspn(at, ", ")) != 0; count++) {
        size_t length = strcspn(at, ", ");
        is_key = false;
        for (int k = 0; k < plan->root->key_count && !is_key; k++) {
            const char *name = plan->root->output.names[plan->root->key[k]];
            is_key = strlen(name) == length && strncmp(name, at, length) == 0;
        }
        at += length;
    }
    if (is_key && count == plan->root->key_count)
        return OK;
    error_set(error, STATUS_INVALID_COLUMN_REFERENCE, "primary_key = '%s' is not the key of the sink's query",
        primary_key);
    return error_hint(error, "Group by these columns, or select the primary key.");
}

/* An append sink refuses what may be withdrawn; one of changes by key needs a key for them. */
static Status check_changes(Object *object, const Plan *plan, Error *error) {
    ChangesKind changes = changes_kind(object->format);
    bool is_upsert = changes == CHANGES_UPSERT, has_changes = changes_are_by_key(changes);
    const ConnectorType *type = connector_by_name(object->connector);
    object->is_sink_append_only = !plan->root->is_updating;
    if (type->discards)
        return OK;
    if (plan->root->is_updating && !has_changes) {
        error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
            "sink \"%s\" only appends, but its query updates and deletes rows", object->relation.name);
        return error_hint(
            error, "Use FORMAT UPSERT or DEBEZIUM, or EMIT ON WINDOW CLOSE for final rows only.");
    }
    if ((is_upsert || (has_changes && plan->root->is_updating)) && plan->root->key_count <= 0) {
        error_set(error, STATUS_INVALID_COLUMN_REFERENCE,
            "sink \"%s\" %s, but its query has no key that can be proven", object->relation.name,
            is_upsert ? "upserts" : "tells of changes by key");
        return error_hint(error, "Group by the key columns, or select the primary key.");
    }
    return OK;
}

static Status define(Analysis *analysis, Session *session, Object *object, Error *error) {
    const SyntaxCreateSink *syntax = analysis->syntax->create_sink;
    Plan plan;
    PlannerContext planner;
    TRY(ddl_set_connector(object, &syntax->options, &syntax->format, error));
    TRY(ddl_check_connector(analysis, object, error));
    if (object->connector == NULL)
        return error_set(error, STATUS_INVALID_TABLE_DEFINITION, "CREATE SINK needs WITH (connector = …)");
    const char *primary_key;
    TRY(take_foreign(object, &primary_key, error));
    TRY(take_type(object, error));
    TRY(make_plan(analysis, session, object, &plan, error));
    analysis_context(analysis, session, NULL, &planner);
    planner.arena = object->arena;
    plan_add_sink(&planner, &plan, object->relation.id);
    if (primary_key != NULL)
        TRY(check_primary_key(&plan, primary_key, error));
    TRY(check_changes(object, &plan, error));
    TRY(ddl_set_plan(object, &plan, NULL, 0, error));
    ConnectorDefinition connector;
    instance_connector_definition(analysis->instance, object, object->arena, &connector);
    TRY(connector_validate(&connector, true, error));
    const ConnectorType *type = connector_by_name(object->connector);
    if (type->prepare_sink == NULL)
        return OK;
    TRY(type->prepare_sink(&connector, &object->partition_count, error));
    object->start_offsets = ARENA_ARRAY(object->arena, int64_t, object->partition_count + 1);
    return OK;
}

static Status create_run(SimpleExecution *execution, Error *error) {
    Analysis *analysis = execution->analysis;
    const SyntaxCreateSink *syntax = analysis->syntax->create_sink;
    Instance *instance = analysis->instance;
    const char *schema, *name;
    bool is_done;
    TRY(analysis_new_name(analysis, &syntax->name, &schema, &name, error));
    TRY(ddl_reserve(execution, schema, name, syntax->if_not_exists, &is_done, error));
    if (is_done)
        return OK;
    Object *object = object_create(catalog_next_id(instance->catalog), RELATION_SINK, schema, name);
    ddl_freeze_settings(object, execution->session);
    Status status = define(analysis, execution->session, object, error);
    if (status == OK)
        status = ddl_follow_temporary(execution, object, error);
    if (status == OK)
        return ddl_build(execution, object, error);
    catalog_unreserve(instance->catalog, schema, name);
    object_release(object);
    return status;
}

static Status create_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(analysis, session, parameters, create_run);
    return OK;
}

const Command create_sink_command = {.is_forbidden_in_block = true, .execute = create_execute};
