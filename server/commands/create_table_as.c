/* CREATE TABLE AS and SELECT INTO: a table of the query's columns, filled by an INSERT of the same query in
   the same transaction. */
#include <string.h>

#include "executor/base/memory.h"
#include "planner/parse/build.h"
#include "server/commands/ddl.h"

static Status set_columns(Object *object, const Plan *plan, const SyntaxCreateView *syntax, Error *error) {
    int count = plan->visible_count;
    if (syntax->column_count > count)
        return error_set(error, STATUS_SYNTAX_ERROR, "too many column names were specified");
    CatalogColumn *columns = ARENA_ARRAY(object->arena, CatalogColumn, count + 1);
    for (int i = 0; i < count; i++) {
        Type type = plan->root->output.types[i];
        const char *name = i < syntax->column_count ? syntax->columns[i] : plan->root->output.names[i];
        columns[i] = (CatalogColumn){.name = arena_strdup(object->arena, name),
            .type = type.id == TYPE_UNKNOWN ? type_of(TYPE_TEXT) : type};
        for (int before = 0; before < i; before++)
            if (strcmp(columns[before].name, name) == 0)
                return error_set(
                    error, STATUS_DUPLICATE_COLUMN, "column \"%s\" specified more than once", name);
    }
    columns[count] = (CatalogColumn){
        .name = "$row_id", .type = type_of(TYPE_INT8), .is_hidden = true, .is_not_null = true};
    object->relation.columns = columns;
    object->relation.column_count = count + 1;
    return OK;
}

static Status define(Analysis *analysis, Session *session, Object *object, Error *error) {
    const SyntaxCreateView *syntax = analysis->syntax->create_view;
    PlannerContext planner;
    Plan plan;
    analysis_context(analysis, session, NULL, &planner);
    planner.arena = object->arena;
    TRY(plan_query(&planner, syntax->query, PLAN_ONE_SHOT, &plan, error));
    if (planner.parameter_count > 0)
        return error_set(error, STATUS_UNDEFINED_PARAMETER, "there is no parameter $1");
    return set_columns(object, &plan, syntax, error);
}

static Status fill(SimpleExecution *execution, const Object *object, int64_t *row_count, Error *error) {
    const Analysis *analysis = execution->analysis;
    SyntaxName name = syntax_name(analysis->arena, object->relation.schema, object->relation.name, -1);
    SyntaxStatement *syntax = syntax_statement(analysis->arena, SYNTAX_STATEMENT_INSERT, "INSERT");
    syntax->insert = syntax_insert(analysis->arena, &name, analysis->syntax->create_view->query);
    return ddl_evaluate(execution, syntax, row_count, error);
}

Status ddl_create_table_as(SimpleExecution *execution, Error *error) {
    Analysis *analysis = execution->analysis;
    const SyntaxCreateView *syntax = analysis->syntax->create_view;
    const char *schema, *name;
    Status status;
    int64_t row_count = 0;
    if (syntax->execute != NULL)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "CREATE TABLE AS EXECUTE is not supported");
    if (syntax->options.count > 0)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
            "option \"%s\" of CREATE TABLE AS is not supported", syntax->options.items[0].name);
    bool is_temporary = syntax->is_temporary;
    TRY(ddl_new_name(execution, &syntax->name, &is_temporary, &schema, &name, error));
    simple_tag(execution, "CREATE TABLE AS");
    if (ddl_skips(execution->session, schema, name, syntax->if_not_exists, &status, error))
        return OK;
    TRY(status);
    Object *object =
        object_create(catalog_next_id(analysis->instance->catalog), RELATION_TABLE, schema, name);
    ddl_freeze_settings(object, execution->session);
    status = ddl_set_on_commit(object, syntax->on_commit, error);
    if (status == OK)
        status = define(analysis, execution->session, object, error);
    if (status == OK)
        status = ddl_add(execution->session, object, NULL, error);
    if (status == OK && !syntax->is_without_data)
        status = fill(execution, object, &row_count, error);
    object_release(object);
    if (status == OK && !syntax->is_without_data)
        simple_tag(execution, "SELECT %lld", (long long)row_count);
    return status;
}
