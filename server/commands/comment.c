/* COMMENT ON an object or a part of it. */
#include <ctype.h>
#include <string.h>

#include "server/catalog/system/class_entries.h"
#include "server/commands/ddl.h"
#include "server/commands/role.h"
#include "server/commands/role.h"

typedef struct Target {
    Object *object; /* NULL: the schema public, which is in no catalog yet */
    CommentPart part;
    const char *name;
} Target;

static const char *lower(Arena *arena, const char *word) {
    char *copy = arena_strdup(arena, word);
    for (char *c = copy; *c != 0; c++)
        *c = (char)tolower((unsigned char)*c);
    return copy;
}

static Status find_schema(const Analysis *analysis, const char *name, Target *target, Error *error) {
    if (system_schema_exists(name))
        return error_set(error, STATUS_INSUFFICIENT_PRIVILEGE, "must be owner of schema %s", name);
    if (!catalog_schema_exists(analysis->snapshot, name))
        return error_set(error, STATUS_INVALID_SCHEMA_NAME, "schema \"%s\" does not exist", name);
    target->object = catalog_find(analysis->snapshot, "", name);
    return OK;
}

/* Another database than this one is left alone. */
static void find_database(
    const Analysis *analysis, const Session *session, const char *name, Target *target) {
    if (strcmp(name, session_database(session)) != 0)
        return;
    target->object = catalog_find(analysis->snapshot, "", "public");
    target->part = COMMENT_DATABASE;
}

static Status find_index(const Analysis *analysis, const SyntaxName *name, Target *target, Error *error) {
    const char *last = name->parts[name->part_count - 1],
               *schema = name->part_count > 1 ? name->parts[name->part_count - 2] : NULL;
    int index;
    Object *other;
    target->object = search_path_find_index(&analysis->view.path, analysis->snapshot, schema, last, &index);
    target->part = COMMENT_INDEX;
    target->name = last;
    if (target->object != NULL)
        return OK;
    TRY(analysis_find(analysis, name, &other, error));
    return error_set(error, STATUS_WRONG_OBJECT_TYPE, "\"%s\" is not an index", last);
}

static Status check_column(const Analysis *analysis, const Target *target, Error *error) {
    const CatalogRelation *relation = &target->object->relation;
    if (relation->kind == RELATION_SEQUENCE || relation->kind == RELATION_FUNCTION) {
        error_set(error, STATUS_WRONG_OBJECT_TYPE, "cannot set comment on relation \"%s\"", relation->name);
        return error_detail(
            error, "This operation is not supported for %ss.", relation_kind_name(relation->kind));
    }
    for (int i = 0; i < relation->column_count; i++)
        if (!relation->columns[i].is_hidden && strcmp(relation->columns[i].name, target->name) == 0)
            return OK;
    return error_set(error, STATUS_UNDEFINED_COLUMN, "column \"%s\" of relation \"%s\" does not exist",
        target->name, relation->name);
}

static Status check_constraint(const Target *target, Error *error) {
    const CatalogRelation *relation = &target->object->relation;
    for (int i = 0; i < relation->check_count; i++)
        if (strcmp(relation->check_names[i], target->name) == 0)
            return OK;
    for (int i = 0; i < relation->index_count; i++)
        if (relation->indexes[i].is_constraint && strcmp(relation->indexes[i].name, target->name) == 0)
            return OK;
    if (relation_has_key(relation) && strcmp(relation->key_name, target->name) == 0)
        return OK;
    return error_set(error, STATUS_UNDEFINED_OBJECT, "constraint \"%s\" for table \"%s\" does not exist",
        target->name, relation->name);
}

static Status find_target(
    SimpleExecution *execution, const SyntaxComment *syntax, Target *target, Error *error) {
    const Analysis *analysis = execution->analysis;
    const char *last = syntax->name.parts[syntax->name.part_count - 1];
    if (strcmp(syntax->kind, "SCHEMA") == 0)
        return find_schema(analysis, last, target, error);
    if (strcmp(syntax->kind, "DATABASE") == 0) {
        find_database(analysis, execution->session, last, target);
        return OK;
    }
    if (strcmp(syntax->kind, "INDEX") == 0)
        return find_index(analysis, &syntax->name, target, error);
    if (syntax->signature != NULL)
        return function_resolve(execution, &syntax->name, syntax->signature, false, &target->object, error);
    TRY(analysis_find(analysis, &syntax->name, &target->object, error));
    if (syntax->part == NULL && ddl_kind_matches(syntax->kind, target->object))
        return OK;
    if (syntax->part == NULL)
        return error_set(error, STATUS_WRONG_OBJECT_TYPE, "\"%s\" is not a %s", last,
            lower(analysis->arena, syntax->kind));
    target->name = syntax->part;
    target->part = strcmp(syntax->kind, "COLUMN") == 0 ? COMMENT_COLUMN : COMMENT_CONSTRAINT;
    return target->part == COMMENT_COLUMN ? check_column(analysis, target, error)
                                          : check_constraint(target, error);
}

static Status comment_run(SimpleExecution *execution, Error *error) {
    const Analysis *analysis = execution->analysis;
    const SyntaxComment *syntax = analysis->syntax->comment;
    Target target = {.name = ""};
    TRY(find_target(execution, syntax, &target, error));
    if (strcmp(syntax->kind, "DATABASE") == 0 && target.part != COMMENT_DATABASE) {
        session_notice(execution->session, SEVERITY_WARNING, STATUS_INVALID_CATALOG_NAME,
            "database \"%s\" does not exist", syntax->name.parts[0]);
        return OK;
    }
    if (target.object != NULL)
        TRY(analysis_check_owner(analysis, target.object, error));
    bool is_new = target.object == NULL;
    Role role = analysis_role(analysis);
    if (!is_new)
        TRY(role_check_owner(&role, target.object, error));
    else if (!role.spec.is_superuser)
        return error_set(error, STATUS_INSUFFICIENT_PRIVILEGE, "must be owner of schema public");
    Object *object =
        !is_new ? object_copy(target.object)
                : object_create(catalog_next_id(analysis->instance->catalog), RELATION_SCHEMA, "", "public");
    bool is_public = object->relation.kind == RELATION_SCHEMA &&
                     strcmp(object->relation.name, "public") == 0; /* which has one from the start */
    object_set_comment(
        object, target.part, target.name, syntax->text == NULL && is_public ? "" : syntax->text);
    Status status = is_new ? ddl_add(execution->session, object, NULL, error)
                           : ddl_replace(execution->session, object, NULL, error);
    object_release(object);
    return status;
}

static Status comment_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(analysis, session, parameters, comment_run);
    return OK;
}

const Command comment_command = {.is_definition = true, .execute = comment_execute};
