/* Analysis: names, positions, roles and result columns of one statement. */
#include "server/engine/analysis.h"

#include "planner/parse/parse.h"
#include "server/catalog/system/system_catalog.h"
#include "server/engine/session_state.h"

static void give_notice(void *session, Status status, const char *message, const char *hint) {
    Error notice = {0};
    error_set(&notice, status, "%s", message);
    if (hint != NULL)
        error_hint(&notice, "%s", hint);
    session_notice_full(session, SEVERITY_NOTICE, &notice);
    error_clear(&notice);
}

void analysis_context(
    Analysis *analysis, Session *session, const Value *parameters, PlannerContext *context) {
    catalog_view_renew(&analysis->view);
    *context = (PlannerContext){
        .arena = analysis->arena,
        .catalog = &analysis->view.catalog,
        .settings = session_type_settings(session),
        .session = &session_state(session)->session_context,
        .sql = analysis->sql,
        .parameter_count = analysis->parameter_count,
        .parameter_types = analysis->parameter_types,
        .parameters = parameters,
        .notice = give_notice,
        .notice_argument = session,
    };
}

void analysis_keep_parameters(Analysis *analysis, const PlannerContext *context) {
    analysis->parameter_count = context->parameter_count;
    analysis->parameter_types = context->parameter_types;
}

void analysis_set_columns(Analysis *analysis, const Schema *schema, const ColumnOrigin *origins, int count) {
    ResultColumn *columns = ARENA_ARRAY(analysis->arena, ResultColumn, count + 1);
    for (int i = 0; i < count; i++)
        columns[i] = (ResultColumn){.name = schema->names[i],
            .type = schema->types[i],
            .relation_oid = origins == NULL ? 0 : origins[i].relation_id,
            .column_number = origins == NULL ? 0 : (int16_t)origins[i].number};
    analysis->prepared.returns_rows = true;
    analysis->prepared.column_count = count;
    analysis->prepared.columns = columns;
}

void analysis_set_text_columns(Analysis *analysis, int count, const char *const *names) {
    Type types[count + 1];
    for (int i = 0; i < count; i++)
        types[i] = type_of(TYPE_TEXT);
    Schema schema = {count, (const char **)names, types};
    analysis_set_columns(analysis, &schema, NULL, count);
}

const char *analysis_text(const Analysis *analysis, int start, int length) {
    return arena_copy(analysis->arena, analysis->sql + start, (size_t)length);
}

Status analysis_error_at(const Analysis *analysis, int position, Error *error) {
    return error_at(error, syntax_character(analysis->sql, position));
}

Status analysis_find(const Analysis *analysis, const SyntaxName *name, Object **object, Error *error) {
    const char *schema = name->part_count > 1 ? name->parts[name->part_count - 2] : NULL;
    const char *last = name->parts[name->part_count - 1];
    *object = search_path_find(&analysis->view.path, analysis->snapshot, schema, last);
    if (*object != NULL)
        return role_check_schema(
            analysis->role, analysis->snapshot, (*object)->relation.schema, PRIVILEGE_USAGE, error);
    if (schema != NULL && !catalog_schema_exists(analysis->snapshot, schema))
        error_set(error, STATUS_INVALID_SCHEMA_NAME, "schema \"%s\" does not exist", schema);
    else if (schema != NULL)
        error_set(error, STATUS_UNDEFINED_TABLE, "relation \"%s.%s\" does not exist", schema, last);
    else
        error_set(error, STATUS_UNDEFINED_TABLE, "relation \"%s\" does not exist", last);
    return analysis_error_at(analysis, name->position, error);
}

Status analysis_new_name(
    const Analysis *analysis, const SyntaxName *name, const char **schema, const char **out, Error *error) {
    const SearchPath *path = &analysis->view.path;
    *out = name->parts[name->part_count - 1];
    if (name->part_count == 1 && path->target >= path->count) {
        error_set(error, STATUS_INVALID_SCHEMA_NAME, "no schema has been selected to create in");
        return analysis_error_at(analysis, name->position, error);
    }
    *schema = name->part_count > 1 ? name->parts[name->part_count - 2] : path->schemas[path->target];
    if (system_schema_exists(*schema)) {
        error_set(
            error, STATUS_INSUFFICIENT_PRIVILEGE, "permission denied to create \"%s.%s\"", *schema, *out);
        return error_detail(error, "System catalog modifications are currently disallowed.");
    }
    if (schema_is_temporary(*schema))
        return error_set(error, STATUS_INVALID_TABLE_DEFINITION,
            "cannot create relations in temporary schemas of other sessions");
    if (catalog_schema_exists(analysis->snapshot, *schema))
        return role_check_schema(analysis->role, analysis->snapshot, *schema, PRIVILEGE_CREATE, error);
    error_set(error, STATUS_INVALID_SCHEMA_NAME, "schema \"%s\" does not exist", *schema);
    return analysis_error_at(analysis, name->position, error);
}

Role analysis_role(const Analysis *analysis) {
    return *analysis->role;
}

Status analysis_find_role(const Analysis *analysis, const SyntaxRoleName *name, Role *role, Error *error) {
    switch (name->kind) {
    case SYNTAX_ROLE_CURRENT:
        *role = *analysis->role;
        return OK;
    case SYNTAX_ROLE_SESSION:
        *role = role_of_session(analysis->session, analysis->snapshot);
        return OK;
    case SYNTAX_ROLE_PUBLIC:
        *role = (Role){.id = ROLE_PUBLIC, .name = "public"};
        return OK;
    case SYNTAX_ROLE_NAMED:
        break;
    }
    if (role_find(analysis->snapshot, name->name, role))
        return OK;
    return error_set(error, STATUS_UNDEFINED_OBJECT, "role \"%s\" does not exist", name->name);
}

Status analysis_check_owner(const Analysis *analysis, const Object *object, Error *error) {
    Role role = analysis_role(analysis);
    return role_check_owner(&role, object, error);
}

Status analysis_check_may(const Analysis *analysis, const Object *object, uint32_t privileges, Error *error) {
    Role role = analysis_role(analysis);
    return role_check(&role, object, privileges, error);
}
