/* CREATE VIEW, CREATE MATERIALIZED VIEW; what their syntax shares with CREATE TABLE AS is sent on to
   create_table_as.c. */
#include <string.h>

#include "executor/base/memory.h"
#include "planner/parse/parse.h"
#include "server/commands/ddl.h"

/* A plain view is its text; the columns are found out once, so that errors come now. */
static Status define_view(Analysis *analysis, Session *session, Object *object, Error *error) {
    const SyntaxCreateView *syntax = analysis->syntax->create_view;
    PlannerContext planner;
    Plan plan;
    TRY(ddl_plan_query(analysis, session, object, PLAN_ONE_SHOT, &planner, &plan, error));
    if (plan.part_count > 0)
        return error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "views must not contain data-modifying statements in WITH");
    TRY(ddl_set_plan(object, &plan, syntax->columns, syntax->column_count, error));
    object->spec = NULL;
    object->spec_length = 0;
    int visible = 0;
    for (int i = 0; i < object->relation.column_count; i++)
        visible += !object->relation.columns[i].is_hidden;
    object->relation.column_count = visible;
    object->relation.key_count = -1;
    return OK;
}

static Status define_materialized(Analysis *analysis, Session *session, Object *object, Error *error) {
    const SyntaxCreateView *syntax = analysis->syntax->create_view;
    PlannerContext planner;
    Plan plan;
    TRY(ddl_plan_query(analysis, session, object, PLAN_CONTINUOUS, &planner, &plan, error));
    plan_add_materialize(&planner, &plan, object->relation.id);
    TRY(ddl_set_plan(object, &plan, syntax->columns, syntax->column_count, error));
    return OK;
}

/* OR REPLACE of a plain view keeps its id, so that what reads it goes on. */
static Status replaced_id(
    const Analysis *analysis, const char *schema, const char *name, uint32_t *id, Error *error) {
    const Object *old = catalog_find(analysis->snapshot, schema, name);
    if (old == NULL)
        return OK;
    if (old->relation.kind != RELATION_VIEW)
        return error_set(error, STATUS_WRONG_OBJECT_TYPE, "\"%s\" is not a view", name);
    *id = old->relation.id;
    return OK;
}

static void add_dependencies(const Object *object, uint32_t *ids, int *count) {
    for (int d = 0; d < object->dependency_count; d++) {
        bool is_new = true;
        for (int i = 0; i < *count && is_new; i++)
            is_new = ids[i] != object->dependencies[d];
        if (is_new)
            ids[(*count)++] = object->dependencies[d];
    }
}

/* Whether what the view reads, and what that reads, leads back to it. */
static bool reads_itself(const CatalogSnapshot *snapshot, const Object *view) {
    uint32_t *ids = NEW_ARRAY(uint32_t, snapshot->count + view->dependency_count + 1);
    int count = 0;
    bool is_circle = false;
    add_dependencies(view, ids, &count);
    for (int i = 0; i < count && !is_circle; i++) {
        const Object *read = catalog_find_id(snapshot, ids[i]);
        is_circle = ids[i] == view->relation.id;
        if (!is_circle && read != NULL)
            add_dependencies(read, ids, &count);
    }
    memory_free(ids);
    return is_circle;
}

/* PostgreSQL says so when the view is read; whoever follows dependencies here counts on an end. */
static Status check_circle(const Analysis *analysis, const Object *view, Error *error) {
    return !reads_itself(analysis->snapshot, view)
               ? OK
               : error_set(error, STATUS_INVALID_OBJECT_DEFINITION,
                     "infinite recursion detected in rules for relation \"%s\"", view->relation.name);
}

/* A replacement may add columns; those that readers know stay as they are. */
static Status check_replacement(const CatalogRelation *old, const CatalogRelation *new, Error *error) {
    if (new->column_count < old->column_count)
        return error_set(error, STATUS_INVALID_TABLE_DEFINITION, "cannot drop columns from view");
    for (int i = 0; i < old->column_count; i++) {
        const CatalogColumn *was = &old->columns[i], *is = &new->columns[i];
        if (strcmp(was->name, is->name) != 0) {
            error_set(error, STATUS_INVALID_TABLE_DEFINITION,
                "cannot change name of view column \"%s\" to \"%s\"", was->name, is->name);
            return error_hint(
                error, "Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.");
        }
        if (!type_is_same(was->type, is->type) || was->type.modifier != is->type.modifier) {
            Text from = {0}, to = {0};
            type_add_name(was->type, &from);
            type_add_name(is->type, &to);
            error_set(error, STATUS_INVALID_TABLE_DEFINITION,
                "cannot change data type of view column \"%s\" from %s to %s", was->name, text_string(&from),
                text_string(&to));
            text_free(&from);
            text_free(&to);
            return STATUS_INVALID_TABLE_DEFINITION;
        }
    }
    return OK;
}

static Status check_clauses(Session *session, const SyntaxCreateView *syntax, Error *error) {
    for (int i = 0; i < syntax->options.count; i++) {
        if (!is_knob(syntax->options.items[i].name))
            return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "option \"%s\" of a view is not supported",
                syntax->options.items[i].name);
        session_notice(session, SEVERITY_NOTICE, OK, "option \"%s\" of a view has no effect",
            syntax->options.items[i].name);
    }
    if (syntax->is_without_data)
        session_notice(session, SEVERITY_NOTICE, OK,
            "WITH NO DATA has no effect: a materialized view is always up to date");
    if (syntax->kind == SYNTAX_MATERIALIZED_VIEW && syntax->or_replace)
        return error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "OR REPLACE of a materialized view is not supported");
    return OK;
}

static Status create_run(SimpleExecution *execution, Error *error) {
    Analysis *analysis = execution->analysis;
    const SyntaxCreateView *syntax = analysis->syntax->create_view;
    Instance *instance = analysis->instance;
    const char *schema, *name;
    bool is_done = false, is_plain = syntax->kind == SYNTAX_VIEW;
    uint32_t id = 0;
    Status status = OK;
    if (syntax->kind == SYNTAX_TABLE_AS)
        return ddl_create_table_as(execution, error);
    TRY(check_clauses(execution->session, syntax, error));
    bool is_temporary = syntax->is_temporary;
    TRY(is_plain ? ddl_new_name(execution, &syntax->name, &is_temporary, &schema, &name, error)
                 : analysis_new_name(analysis, &syntax->name, &schema, &name, error));
    if (syntax->or_replace)
        TRY(replaced_id(analysis, schema, name, &id, error));
    if (id == 0 && is_plain)
        is_done = ddl_skips(execution->session, schema, name, syntax->if_not_exists, &status, error);
    else if (id == 0)
        status = ddl_reserve(execution, schema, name, syntax->if_not_exists, &is_done, error);
    if (is_done || status != OK)
        return status;
    Object *object = object_create(id != 0 ? id : catalog_next_id(instance->catalog),
        is_plain ? RELATION_VIEW : RELATION_MATERIALIZED_VIEW, schema, name);
    ddl_freeze_settings(object, execution->session);
    status = is_plain ? define_view(analysis, execution->session, object, error)
                      : define_materialized(analysis, execution->session, object, error);
    if (status == OK)
        status = ddl_follow_temporary(execution, object, error);
    if (status == OK && !is_plain)
        return ddl_build(execution, object, error);
    if (status == OK && id != 0)
        status = check_circle(analysis, object, error);
    if (status == OK && id != 0)
        status =
            check_replacement(&catalog_find_id(analysis->snapshot, id)->relation, &object->relation, error);
    if (status == OK)
        status = id != 0    ? ddl_replace(execution->session, object, NULL, error)
                 : is_plain ? ddl_add(execution->session, object, NULL, error)
                            : OK;
    if (!is_plain)
        catalog_unreserve(instance->catalog, schema, name);
    object_release(object);
    return status;
}

static Status create_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(analysis, session, parameters, create_run);
    return OK;
}

const Command create_view_command = {
    .is_forbidden_in_block = true, .is_definition = true, .execute = create_execute};
