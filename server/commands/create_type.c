/* CREATE TYPE: a row's fields or an enum's labels under a name. */
#include <string.h>

#include "executor/types/definition.h"
#include "server/commands/ddl.h"

enum { LABEL_LENGTH_MAX = 63 };

static Status add_label(
    const SyntaxCreateType *syntax, int number, CatalogColumn *column, Arena *arena, Error *error) {
    const char *label = syntax->fields[number].name;
    if (strlen(label) > LABEL_LENGTH_MAX) {
        error_set(error, STATUS_INVALID_NAME, "invalid enum label \"%s\"", label);
        return error_detail(error, "Labels must be %d bytes or less.", LABEL_LENGTH_MAX);
    }
    for (int i = 0; i < number; i++)
        if (strcmp(syntax->fields[i].name, label) == 0)
            return error_set(error, STATUS_UNIQUE_VIOLATION,
                "duplicate key value violates unique constraint \"pg_enum_typid_label_index\"");
    *column = (CatalogColumn){.name = arena_strdup(arena, label), .type = type_of(TYPE_TEXT)};
    return OK;
}

static Status add_field(PlannerContext *planner, const SyntaxCreateType *syntax, int number,
    CatalogColumn *column, Error *error) {
    const SyntaxColumnType *field = &syntax->fields[number];
    *column = (CatalogColumn){.name = arena_strdup(planner->arena, field->name)};
    for (int i = 0; i < number; i++)
        if (strcmp(syntax->fields[i].name, field->name) == 0)
            return error_set(
                error, STATUS_DUPLICATE_COLUMN, "column \"%s\" specified more than once", field->name);
    TRY(plan_type(planner, field->type, &column->type, error));
    if (type_category(column->type) != 'P' || column->type.definition != NULL)
        return OK;
    Text type = {0};
    type_add_name(column->type, &type);
    error_set(error, STATUS_INVALID_TABLE_DEFINITION, "column \"%s\" has pseudo-type %s", field->name,
        text_string(&type));
    text_free(&type);
    return STATUS_INVALID_TABLE_DEFINITION;
}

static Status define(SimpleExecution *execution, Object *object, Error *error) {
    const SyntaxCreateType *syntax = execution->analysis->syntax->create_type;
    PlannerContext planner;
    analysis_context(execution->analysis, execution->session, NULL, &planner);
    planner.arena = object->arena;
    if (!syntax->is_enum && syntax->count > FIELDS_MAX)
        return error_set(error, STATUS_TOO_MANY_COLUMNS, "tables can have at most %d columns", FIELDS_MAX);
    CatalogColumn *columns = ARENA_ARRAY(object->arena, CatalogColumn, syntax->count + 1);
    int nested = syntax->count;
    for (int i = 0; i < syntax->count; i++) {
        if (syntax->is_enum)
            TRY(add_label(syntax, i, &columns[i], object->arena, error));
        else
            TRY(add_field(&planner, syntax, i, &columns[i], error));
        const TypeDefinition *definition = columns[i].type.definition;
        nested += definition == NULL ? 0 : definition->nested_count;
        if (nested > NESTED_FIELDS_MAX)
            return error_set(error, STATUS_TOO_MANY_COLUMNS,
                "a row can have at most %d fields, those of nested rows included", NESTED_FIELDS_MAX);
    }
    object->relation.columns = columns;
    object->relation.column_count = syntax->count;
    object->relation.is_enum = syntax->is_enum;
    return OK;
}

static Status create_run(SimpleExecution *execution, Error *error) {
    const Analysis *analysis = execution->analysis;
    const SyntaxCreateType *syntax = analysis->syntax->create_type;
    const char *schema, *name;
    TRY(analysis_new_name(analysis, &syntax->name, &schema, &name, error));
    if (ddl_reserve_name(execution->session, schema, name, NULL) != OK)
        return error_set(error, STATUS_DUPLICATE_OBJECT, "type \"%s\" already exists", name);
    Object *object = object_create(catalog_next_id(analysis->instance->catalog), RELATION_TYPE, schema, name);
    Status status = define(execution, object, error);
    if (status == OK)
        status = ddl_add(execution->session, object, NULL, error);
    object_release(object);
    return status;
}

static Status create_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(analysis, session, parameters, create_run);
    return OK;
}

const Command create_type_command = {.is_definition = true, .execute = create_execute};
