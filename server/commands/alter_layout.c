/* Changes of a table's columns: a new table takes the old one's rows and place, in the same transaction. */
#include <string.h>

#include "executor/base/memory.h"
#include "executor/dataflow/query.h"
#include "planner/parse/deparse.h"
#include "server/commands/alter_table.h"

/* Runs to the first row. */
static Status find_row(
    const OperatorSpec *root, QueryContext *context, const SessionContext *facts, bool *has, Error *error) {
    QuerySpec spec = {.root = root,
        .settings = query_context_settings(context),
        .session = facts,
        .environment = query_context_environment(context)};
    Query *query;
    Status status = OK;
    TRY(query_open(&spec, &query, error));
    for (bool is_done = false; !is_done && !*has && status == OK;) {
        Batch *batch = NULL;
        status = query_next(query, &batch, &is_done, error);
        *has |= batch != NULL && batch->selected_count > 0;
        batch_release(batch);
    }
    query_close(query);
    return status;
}

Status alter_has_rows(const Alteration *alteration, const CatalogRelation *relation,
    SyntaxExpression *condition, bool *has, Error *error) {
    SimpleExecution *execution = alteration->execution;
    Arena *arena = alteration->arena;
    SyntaxName name = syntax_name(arena, relation->schema, relation->name, -1);
    SyntaxStatement *syntax = syntax_statement(arena, SYNTAX_STATEMENT_SELECT, "SELECT");
    syntax->select = syntax_select(arena, &name);
    syntax->select->limit = syntax_integer(arena, 1);
    syntax_add_condition(arena, syntax->select, condition);
    Prepared *prepared;
    TRY(leat_engine.prepare(execution->analysis->instance, execution->session, execution->analysis->script,
        syntax, NULL, 0, &prepared, error));
    Analysis *analysis = (Analysis *)prepared;
    PlannerContext planner;
    Plan plan;
    analysis_context(analysis, execution->session, NULL, &planner);
    QueryContext *context = query_context_create(analysis, execution->session);
    *has = false;
    Status status = plan_query(&planner, syntax->select, PLAN_ONE_SHOT, &plan, error);
    if (status == OK)
        status =
            find_row(plan.root, context, &session_state(execution->session)->session_context, has, error);
    query_context_destroy(context);
    prepared_release(prepared);
    return status;
}

static const int *renumber(Arena *arena, const int *numbers, int count, const int *map) {
    int *renumbered = ARENA_ARRAY(arena, int, count + 1);
    for (int i = 0; i < count; i++)
        renumbered[i] = map[numbers[i]];
    return renumbered;
}

typedef struct Renumbering {
    uint32_t id;
    const int *map;
    int count;
} Renumbering;

static const CatalogDefinition *renumber_definition(
    Arena *arena, const CatalogDefinition *definition, void *argument) {
    const Renumbering *renumbering = argument;
    return definition_renumber(arena, definition, renumbering->id, renumbering->map, renumbering->count);
}

void alter_renumber(Object *object, uint32_t id, const int *map, int count) {
    Renumbering renumbering = {id, map, count};
    object_map_definitions(object, renumber_definition, &renumbering);
}

/* Visible columns, then the row id of a table without key; keys, indexes and the sources follow. */
static void order_columns(Object *object, SyntaxExpression **sources) {
    CatalogRelation *relation = &object->relation;
    CatalogIndex *indexes = (CatalogIndex *)relation->indexes;
    CatalogColumn *columns = ARENA_ARRAY(object->arena, CatalogColumn, relation->column_count + 2);
    int map[relation->column_count + 1], count = 0;
    for (int i = 0; i < relation->column_count; i++) {
        map[i] = relation->columns[i].is_hidden ? -1 : count;
        if (relation->columns[i].is_hidden)
            continue;
        sources[count] = sources[i];
        columns[count] = relation->columns[i];
        columns[count].missing = NULL;
        columns[count++].missing_length = 0;
    }
    if (relation->key_count < 0)
        columns[count++] = (CatalogColumn){
            .name = "$row_id", .type = type_of(TYPE_INT8), .is_hidden = true, .is_not_null = true};
    if (relation->key_count > 0)
        relation->key = renumber(object->arena, relation->key, relation->key_count, map);
    for (int i = 0; i < relation->index_count; i++) {
        indexes[i].key = renumber(object->arena, indexes[i].key, indexes[i].key_count, map);
        indexes[i].included = renumber(object->arena, indexes[i].included, indexes[i].included_count, map);
    }
    relation->columns = columns;
    relation->column_count = count;
    alter_renumber(object, 0, map, count);
}

static Status refuse_dependent(
    const Alteration *alteration, const Object *table, const Object *dependent, bool is_used, Error *error) {
    const SyntaxAlterAction *step = alteration->step;
    const CatalogRelation *relation = &table->relation;
    const char *kind = relation_kind_name(dependent->relation.kind);
    if (is_used) {
        error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "cannot alter type of a column used by a view or rule");
        return error_detail(error, "rule _RETURN on %s %s depends on column \"%s\"", kind,
            dependent->relation.name, step->name);
    }
    error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
        "cannot change the columns of table \"%s\" because %s \"%s\" depends on it", relation->name, kind,
        dependent->relation.name);
    return error_hint(error, "Drop it first, and create it again behind the change.");
}

static const CatalogDefinition *move_definition(
    Arena *arena, const CatalogDefinition *definition, void *argument) {
    const uint32_t *ids = argument;
    return definition_replace(arena, definition, ids[0], ids[1]);
}

/* The object as it is, over the new table in the old one's place: columns of one name are the same. */
static Object *move_dependent(const Object *dependent, const Object *old, const Object *new) {
    Object *copy = object_copy(dependent);
    uint32_t ids[] = {old->relation.id, new->relation.id};
    int map[old->relation.column_count + 1];
    for (int i = 0; i < old->relation.column_count; i++) {
        map[i] = -1;
        for (int c = 0; c < new->relation.column_count; c++)
            if (strcmp(old->relation.columns[i].name, new->relation.columns[c].name) == 0)
                map[i] = c;
    }
    alter_renumber(copy, ids[0], map, new->relation.column_count);
    object_map_definitions(copy, move_definition, ids);
    if (copy->sequence.owner_id == ids[0])
        copy->sequence.owner_id = ids[1];
    for (int i = 0; i < copy->dependency_count; i++)
        if (copy->dependencies[i] == ids[0])
            copy->dependencies[i] = ids[1];
    return copy;
}

static bool has_column(const CatalogRelation *relation, const char *name) {
    bool has = false;
    for (int i = 0; i < relation->column_count; i++)
        has |= strcmp(relation->columns[i].name, name) == 0;
    return has;
}

/* A column that becomes another type is one that the dependent's definition uses. */
static bool is_in_use(const Alteration *alteration, const Object *old, const Object *dependent) {
    const SyntaxAlterAction *step = alteration->step;
    bool is_used = false;
    for (int i = 0; i < old->relation.column_count && step->name != NULL; i++)
        is_used |= step->kind == SYNTAX_ALTER_TYPE &&
                   strcmp(old->relation.columns[i].name, step->name) == 0 &&
                   definition_uses(dependent->relation.definition, old->relation.id, i);
    return is_used;
}

static Status move_dependents(Alteration *alteration, const CatalogSnapshot *snapshot, const Object *old,
    const Object *new, Error *error) {
    uint32_t *ids = ARENA_ARRAY(alteration->arena, uint32_t, snapshot->count + 1);
    int count = catalog_dependents(snapshot, old->relation.id, ids);
    for (int i = 0; i < count; i++) {
        Object *dependent = catalog_find_id(snapshot, ids[i]);
        if (dependent->is_transient)
            continue;
        if (dependent->relation.kind == RELATION_SEQUENCE &&
            !has_column(&new->relation, dependent->sequence.owner_column)) {
            ddl_remove(alteration->execution->session, ids[i]);
            continue;
        }
        bool is_used = is_in_use(alteration, old, dependent);
        if (is_used ||
            (dependent->relation.kind != RELATION_VIEW && dependent->relation.kind != RELATION_SEQUENCE))
            return refuse_dependent(alteration, old, dependent, is_used, error);
        Object *moved = move_dependent(dependent, old, new);
        Status status = ddl_replace(alteration->execution->session, moved, NULL, error);
        object_release(moved);
        TRY(status);
    }
    return OK;
}

/* INSERT INTO new (…) OVERRIDING SYSTEM VALUE SELECT sources FROM old. The sources may name the table as the
   user does, although it stands aside. */
static SyntaxStatement *copy_statement(const Alteration *alteration, const Object *new,
    const CatalogRelation *from, SyntaxExpression *const *sources) {
    Arena *arena = alteration->arena;
    SyntaxName old_name = syntax_name(arena, from->schema, from->name, -1);
    SyntaxName new_name = syntax_name(arena, new->relation.schema, new->relation.name, -1);
    SyntaxSelect *select = syntax_select(arena, &old_name);
    select->from[0]->alias = ARENA_NEW(arena, SyntaxAlias);
    select->from[0]->alias->name = new->relation.name;
    SyntaxStatement *statement = syntax_statement(arena, SYNTAX_STATEMENT_INSERT, "INSERT");
    SyntaxInsert *insert = statement->insert = syntax_insert(arena, &new_name, select);
    insert->overriding = SYNTAX_OVERRIDING_SYSTEM;
    for (int i = 0; i < new->relation.column_count; i++) {
        const CatalogColumn *column = &new->relation.columns[i];
        if (sources[i] == NULL || column->is_hidden || column->computed != NULL)
            continue;
        SyntaxAssignment target = {.column = column->name, .position = -1};
        ARENA_APPEND(arena, insert->columns, insert->column_count, target);
        syntax_add_target(arena, select, sources[i]);
    }
    return statement;
}

Status alter_layout(
    Alteration *alteration, const Object *old, Object *new, SyntaxExpression **sources, Error *error) {
    Session *session = alteration->execution->session;
    Instance *instance = alteration->execution->analysis->instance;
    if (old->relation.watermark_column >= 0)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
            "cannot change the columns of table \"%s\", which has a WATERMARK", old->relation.name);
    int64_t row_count;
    CatalogIndex *indexes = (CatalogIndex *)new->relation.indexes;
    new->relation.id = catalog_next_id(instance->catalog);
    for (int i = 0; i < new->relation.index_count; i++)
        indexes[i].id = catalog_next_id(instance->catalog);
    order_columns(new, sources);
    Object *aside = object_copy(old);
    aside->relation.name = arena_printf(aside->arena, "$%u", old->relation.id);
    CatalogSnapshot *snapshot = session_catalog(session_state(session));
    ddl_guard_rows(session, old->relation.id);
    Status status = ddl_replace(session, aside, NULL, error);
    if (status == OK)
        status = ddl_add(session, new, NULL, error);
    if (status == OK)
        status = ddl_evaluate(alteration->execution,
            copy_statement(alteration, new, &aside->relation, sources), &row_count, error);
    if (status == OK)
        status = move_dependents(alteration, snapshot, old, new, error);
    if (status == OK)
        ddl_remove(session, old->relation.id);
    alteration->id = new->relation.id;
    catalog_snapshot_release(snapshot);
    object_release(aside);
    return status;
}
