/* CREATE FUNCTION in SQL: an object that holds the body's text and is named by its signature; the binder puts
   the body in place of each call. */
#include <string.h>

#include "executor/types/definition.h"
#include "server/commands/ddl.h"

static const char *type_name(Arena *arena, Type type) {
    Text text = {0};
    type_add_name(type, &text);
    const char *name = arena_strdup(arena, text_string(&text));
    text_free(&text);
    return name;
}

const char *function_signature(Arena *arena, const char *name, const Type *types, int count) {
    const char *list = "";
    for (int i = 0; i < count; i++)
        list = arena_printf(arena, "%s%s%s", list, i > 0 ? ", " : "", type_name(arena, types[i]));
    return arena_printf(arena, "%s(%s)", name, list);
}

static Status plain_type(PlannerContext *planner, const SyntaxType *syntax, Type *type, Error *error) {
    SyntaxType one = *syntax;
    one.is_set = false;
    TRY(plan_type(planner, &one, type, error));
    type->modifier = -1; /* as in PostgreSQL, a parameter has none */
    return OK;
}

/* SETOF a row type has its fields as columns. */
static void row_results(Object *object, const TypeDefinition *row, CatalogColumn *columns) {
    object->relation.function.is_table = true;
    object->relation.function.row_type = arena_strdup(object->arena, row->name);
    for (int i = 0; i < row->count; i++)
        columns[object->relation.column_count++] =
            (CatalogColumn){arena_strdup(object->arena, row->names[i]), row->types[i]};
}

enum { RESULTS_MAX = FIELDS_MAX };

static Status define_parameters(
    PlannerContext *planner, const SyntaxCreateFunction *syntax, Object *object, Error *error) {
    CatalogRelation *relation = &object->relation;
    CatalogColumn *columns = ARENA_ARRAY(object->arena, CatalogColumn, syntax->parameter_count + RESULTS_MAX);
    relation->columns = columns;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < syntax->parameter_count; i++) {
            const SyntaxParameter *parameter = &syntax->parameters[i];
            if (parameter->is_result != (pass == 1))
                continue;
            CatalogColumn *column = &columns[relation->column_count++];
            *column = (CatalogColumn){
                .name = parameter->name == NULL ? "" : arena_strdup(object->arena, parameter->name),
                .default_value = parameter->default_text == NULL
                                     ? NULL
                                     : definition_of_text(object->arena, parameter->default_text,
                                           strlen(parameter->default_text))};
            for (int before = 0; before < relation->column_count - 1 && parameter->name != NULL; before++)
                if (strcmp(columns[before].name, parameter->name) == 0)
                    return error_set(error, STATUS_INVALID_FUNCTION_DEFINITION,
                        "parameter name \"%s\" used more than once", parameter->name);
            TRY(plain_type(planner, parameter->type, &column->type, error));
            Expression *ignored;
            if (column->default_value != NULL)
                TRY(plan_definition(planner, &column->default_value, NULL, column->type, &ignored, error));
            if (pass == 0 && column->default_value == NULL && relation->column_count > 1 &&
                columns[relation->column_count - 2].default_value != NULL)
                return error_set(error, STATUS_INVALID_FUNCTION_DEFINITION,
                    "input parameters after one with a default value must also have defaults");
            relation->function.argument_count += pass == 0;
        }
    return OK;
}

static Status define_result(
    PlannerContext *planner, const SyntaxCreateFunction *syntax, Object *object, Error *error) {
    CatalogRelation *relation = &object->relation;
    int results = relation->column_count - relation->function.argument_count;
    CatalogColumn *columns = (CatalogColumn *)relation->columns;
    relation->function.is_set = syntax->result != NULL && syntax->result->is_set;
    if (results > 1 && !relation->function.is_set)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
            "several OUT parameters of a function that returns one row are not supported");
    if (results > 0) {
        relation->function.is_table = relation->function.is_set;
        return OK;
    }
    if (syntax->result == NULL)
        return error_set(error, STATUS_INVALID_FUNCTION_DEFINITION, "function result type must be specified");
    CatalogColumn *column = &columns[relation->column_count];
    *column = (CatalogColumn){.name = relation->function.name};
    TRY(plain_type(planner, syntax->result, &column->type, error));
    if (relation->function.is_set && !column->type.is_array && type_category(column->type) == 'C')
        row_results(object, column->type.definition, columns);
    else
        relation->column_count++;
    return OK;
}

static Status check_replacement(const CatalogRelation *old, const CatalogRelation *new, Error *error) {
    bool is_same = old->column_count == new->column_count && old->function.is_set == new->function.is_set;
    for (int i = new->function.argument_count; i < new->column_count &&is_same; i++)
        is_same = type_is_same(old->columns[i].type, new->columns[i].type);
    if (!is_same) {
        error_set(
            error, STATUS_INVALID_FUNCTION_DEFINITION, "cannot change return type of existing function");
        return error_hint(error, "Use DROP FUNCTION %s first.", old->name);
    }
    for (int i = 0; i < new->function.argument_count; i++)
        if (old->columns[i].name[0] != 0 && strcmp(old->columns[i].name, new->columns[i].name) != 0) {
            error_set(error, STATUS_INVALID_FUNCTION_DEFINITION,
                "cannot change name of input parameter \"%s\"", old->columns[i].name);
            return error_hint(error, "Use DROP FUNCTION %s first.", old->name);
        }
    return OK;
}

static Status define(SimpleExecution *execution, Object *object, Error *error) {
    Analysis *analysis = execution->analysis;
    const SyntaxCreateFunction *syntax = analysis->syntax->create_function;
    PlannerContext planner;
    analysis_context(analysis, execution->session, NULL, &planner);
    planner.arena = object->arena;
    planner.sql = NULL;
    TRY(define_parameters(&planner, syntax, object, error));
    TRY(define_result(&planner, syntax, object, error));
    CatalogRelation *relation = &object->relation;
    Type *types = ARENA_ARRAY(object->arena, Type, relation->function.argument_count + 1);
    for (int i = 0; i < relation->function.argument_count; i++)
        types[i] = relation->columns[i].type;
    relation->name =
        function_signature(object->arena, relation->function.name, types, relation->function.argument_count);
    return plan_function(&planner, relation, error);
}

static Status put(SimpleExecution *execution, Object *object, Error *error) {
    const SyntaxCreateFunction *syntax = execution->analysis->syntax->create_function;
    CatalogRelation *relation = &object->relation;
    const Object *old = catalog_find(execution->analysis->snapshot, relation->schema, relation->name);
    if (old == NULL) {
        TRY(ddl_reserve_name(execution->session, relation->schema, relation->name, error));
        return ddl_add(execution->session, object, NULL, error);
    }
    if (!syntax->or_replace)
        return error_set(error, STATUS_DUPLICATE_FUNCTION,
            "function \"%s\" already exists with same argument types", relation->function.name);
    TRY(check_replacement(&old->relation, relation, error));
    relation->id = old->relation.id;
    return ddl_replace(execution->session, object, NULL, error);
}

static Status create_run(SimpleExecution *execution, Error *error) {
    Analysis *analysis = execution->analysis;
    const SyntaxCreateFunction *syntax = analysis->syntax->create_function;
    const char *schema, *name;
    TRY(analysis_new_name(analysis, &syntax->name, &schema, &name, error));
    if (syntax->language == NULL ? strncmp(syntax->body == NULL ? "" : syntax->body, "SELECT ", 7) != 0
                                 : strcasecmp(syntax->language, "sql") != 0) {
        if (syntax->language == NULL)
            return error_set(error, STATUS_INVALID_FUNCTION_DEFINITION, "no language specified");
        return error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "language \"%s\" is not supported", syntax->language);
    }
    if (syntax->body == NULL)
        return error_set(error, STATUS_INVALID_FUNCTION_DEFINITION, "no function body specified");
    Object *object =
        object_create(catalog_next_id(analysis->instance->catalog), RELATION_FUNCTION, schema, name);
    CatalogRelation *relation = &object->relation;
    relation->key_count = -1;
    relation->definition = definition_of_text(object->arena, syntax->body, strlen(syntax->body));
    relation->function = (CatalogFunction){.name = arena_strdup(object->arena, name),
        .is_strict = syntax->is_strict,
        .volatility = syntax->volatility};
    Status status = define(execution, object, error);
    if (status == OK)
        status = put(execution, object, error);
    object_release(object);
    return status;
}

static Status create_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(analysis, session, parameters, create_run);
    return OK;
}

const Command create_function_command = {.is_definition = true, .execute = create_execute};

/* DROP FUNCTION's. */

static Status missing(SimpleExecution *execution, bool if_exists, const char *what, Error *error) {
    if (!if_exists)
        return error_set(error, STATUS_UNDEFINED_FUNCTION, "%s does not exist", what);
    session_notice(execution->session, SEVERITY_NOTICE, OK, "%s does not exist, skipping", what);
    return OK;
}

Status function_resolve(SimpleExecution *execution, const SyntaxName *name, const SyntaxSignature *signature,
    bool if_exists, Object **object, Error *error) {
    Analysis *analysis = execution->analysis;
    const char *last = name->parts[name->part_count - 1];
    *object = NULL;
    if (signature->is_unspecified) {
        for (int i = 0; i < analysis->snapshot->count; i++) {
            Object *other = analysis->snapshot->objects[i];
            if (other->relation.kind != RELATION_FUNCTION || strcmp(other->relation.function.name, last) != 0)
                continue;
            if (*object != NULL) {
                error_set(error, STATUS_AMBIGUOUS_FUNCTION, "function name \"%s\" is not unique", last);
                return error_hint(error, "Specify the argument list to select the function unambiguously.");
            }
            *object = other;
        }
        if (*object != NULL || if_exists)
            return *object != NULL ? OK
                                   : missing(execution, if_exists,
                                         arena_printf(analysis->arena, "function %s()", last), error);
        return error_set(error, STATUS_UNDEFINED_FUNCTION, "could not find a function named \"%s\"", last);
    }
    Type *types = ARENA_ARRAY(analysis->arena, Type, signature->count + 1);
    PlannerContext planner;
    analysis_context(analysis, execution->session, NULL, &planner);
    for (int i = 0; i < signature->count; i++)
        TRY(plain_type(&planner, signature->types[i], &types[i], error));
    const char *text = function_signature(analysis->arena, last, types, signature->count);
    *object = search_path_find(&analysis->view.path, analysis->snapshot,
        name->part_count > 1 ? name->parts[name->part_count - 2] : NULL, text);
    return *object != NULL
               ? OK
               : missing(execution, if_exists, arena_printf(analysis->arena, "function %s", text), error);
}
