/* SHOW of objects (settings are the session's own), DESCRIBE, FLUSH, and statements that ask for nothing we do. */
#include <stdlib.h>
#include <string.h>

#include "executor/base/memory.h"
#include "server/catalog/class_entries.h"
#include "server/catalog/savepoint.h"
#include "server/commands/alter_sink.h"
#include "server/commands/alter_table.h"
#include "server/commands/alter_view.h"
#include "server/commands/command.h"
#include "server/commands/role.h"

/* SHOW TABLES | SOURCES | VIEWS | MATERIALIZED VIEWS | SINKS | SEQUENCES. */
static bool shown_kind(const SyntaxShow *show, RelationKind *kind) {
    static const struct {
        const char *first, *second;
        RelationKind kind;
    } kinds[] = {{"tables", NULL, RELATION_TABLE}, {"sources", NULL, RELATION_SOURCE}, {"views", NULL, RELATION_VIEW},
        {"materialized", "views", RELATION_MATERIALIZED_VIEW}, {"sinks", NULL, RELATION_SINK}, {"sequences", NULL, RELATION_SEQUENCE}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (show->word_count == (kinds[i].second == NULL ? 1 : 2) && strcmp(show->words[0], kinds[i].first) == 0 &&
            (kinds[i].second == NULL || strcmp(show->words[1], kinds[i].second) == 0)) {
            *kind = kinds[i].kind;
            return true;
        }
    return false;
}

static bool is_create(const SyntaxShow *show) {
    return show->word_count >= 2 && strcmp(show->words[0], "create") == 0 && show->name.part_count > 0;
}

static bool is_columns(const SyntaxShow *show) {
    return show->word_count == 1 && strcmp(show->words[0], "columns") == 0 && show->name.part_count > 0;
}

/* SHOW INDEXES [FROM t]. */
static bool is_indexes(const SyntaxShow *show) {
    return show->word_count == 1 && (strcmp(show->words[0], "indexes") == 0 || strcmp(show->words[0], "index") == 0);
}

static Status show_indexes(SimpleExecution *execution, const SyntaxShow *show, Error *error) {
    const Statement *statement = execution->statement;
    Object *table = NULL;
    if (show->name.part_count > 0)
        TRY(statement_find(statement, &show->name, &table, error));
    ClassIterator iterator = {.snapshot = statement->snapshot};
    for (ClassEntry entry; class_next(&iterator, &entry);) {
        if (entry.kind != 'i' || (table != NULL && entry.object != table))
            continue;
        Text definition = {0};
        index_define(&entry, 0, false, &definition);
        simple_add_row(execution, 3, (const char *const[]){entry.name, entry.relation->name, text_string(&definition)});
        text_free(&definition);
    }
    return OK;
}

static bool is_schemas(const SyntaxShow *show) {
    return show->word_count == 1 && strcmp(show->words[0], "schemas") == 0;
}

static bool is_savepoints(const SyntaxShow *show) {
    return show->word_count == 1 && strcmp(show->words[0], "savepoints") == 0;
}

static bool is_databases(const SyntaxShow *show) {
    return show->word_count == 1 && strcmp(show->words[0], "databases") == 0;
}

/* Of the schema that FROM names, or of those in the search path. */
static Status show_objects(SimpleExecution *execution, const SyntaxShow *show, RelationKind kind, Error *error) {
    const Statement *statement = execution->statement;
    const CatalogSnapshot *snapshot = statement->snapshot;
    const char *schema = show->name.part_count > 0 ? show->name.parts[show->name.part_count - 1] : NULL;
    if (schema != NULL && !catalog_schema_exists(snapshot, schema))
        return error_set(error, STATUS_INVALID_SCHEMA_NAME, "schema \"%s\" does not exist", schema);
    for (int i = 0; i < snapshot->count; i++) {
        const CatalogRelation *relation = &snapshot->objects[i]->relation;
        bool is_there = schema != NULL ? strcmp(relation->schema, schema) == 0
                                       : search_path_shows(&statement->view.path, snapshot, relation->schema, relation->name);
        if (relation->kind == kind && is_there)
            simple_add_row(execution, 1, &relation->name);
    }
    return OK;
}

static Status show_prepare(Statement *statement, Error *error) {
    const SyntaxShow *show = statement->syntax->show;
    RelationKind kind;
    if (show->like != NULL)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "SHOW … LIKE is not supported");
    if (shown_kind(show, &kind) || is_schemas(show) || is_databases(show))
        statement_set_text_columns(statement, 1, (const char *const[]){"Name"});
    else if (is_create(show))
        statement_set_text_columns(statement, 2, (const char *const[]){"Name", "Create Sql"});
    else if (is_savepoints(show))
        statement_set_text_columns(statement, 1, (const char *const[]){"Name"});
    else if (is_indexes(show))
        statement_set_text_columns(statement, 3, (const char *const[]){"Name", "On", "Definition"});
    else if (is_columns(show))
        statement_set_text_columns(statement, 3, (const char *const[]){"Name", "Type", "Is Nullable"});
    else
        return error_set(error, STATUS_UNDEFINED_OBJECT, "unrecognized configuration parameter \"%s\"", show->words[0]);
    return OK;
}

static void show_columns(SimpleExecution *execution, const CatalogRelation *relation) {
    for (int i = 0; i < relation->column_count; i++) {
        const CatalogColumn *column = &relation->columns[i];
        if (column->is_hidden)
            continue;
        Text type = {0};
        type_add_name(column->type, &type);
        simple_add_row(execution, 3, (const char *const[]){column->name, text_string(&type), column->is_not_null ? "false" : "true"});
        text_free(&type);
    }
}

/* The statement with the values of secret options hidden: 'password' = '***'. */
static char *redacted(const Object *object) {
    char *sql = memory_strdup(object->sql);
    const ConnectorType *type = object->connector == NULL ? NULL : connector_by_name(object->connector);
    for (int i = 0; type != NULL && i < object->option_count; i++)
        for (const ConnectorOption *option = type->options; option->name != NULL; option++) {
            if (!option->is_secret || strcmp(option->name, object->option_names[i]) != 0 || object->option_values[i][0] == 0)
                continue;
            for (char *at = sql; (at = strstr(at, object->option_values[i])) != NULL;) {
                Text text = {0};
                text_add(&text, sql, (size_t)(at - sql));
                text_add_string(&text, "***");
                size_t resume = text.length;
                text_add_string(&text, at + strlen(object->option_values[i]));
                memory_free(sql);
                sql = text.bytes;
                at = sql + resume;
            }
        }
    return sql;
}

static Status show_run(SimpleExecution *execution, Error *error) {
    const Statement *statement = execution->statement;
    const SyntaxShow *show = statement->syntax->show;
    RelationKind kind;
    Object *object;
    if (shown_kind(show, &kind)) {
        TRY(show_objects(execution, show, kind, error));
    } else if (is_schemas(show)) {
        int next = 0;
        for (const char *name; (name = schema_next(statement->snapshot, &next)) != NULL;)
            simple_add_row(execution, 1, &name);
    } else if (is_databases(show)) {
        simple_add_row(execution, 1, (const char *const[]){session_database(execution->session)});
    } else if (is_savepoints(show)) {
        SavepointStatus *savepoints;
        int count;
        Status status = savepoint_list(statement->instance->options.data_directory, &savepoints, &count, error);
        for (int i = 0; i < count; i++)
            simple_add_row(execution, 1, (const char *const[]){savepoints[i].name});
        savepoint_list_free(savepoints, count);
        TRY(status);
    } else if (is_indexes(show)) {
        TRY(show_indexes(execution, show, error));
    } else if (is_create(show)) {
        TRY(statement_find(statement, &show->name, &object, error));
        char *sql = redacted(object);
        simple_add_row(execution, 2, (const char *const[]){object->relation.name, sql});
        memory_free(sql);
    } else {
        TRY(statement_find(statement, &show->name, &object, error));
        show_columns(execution, &object->relation);
    }
    simple_tag(execution, "SHOW");
    return OK;
}

static Status show_execute(Statement *statement, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(statement, session, parameters, show_run);
    return OK;
}

const Command show_command = {.kind = SYNTAX_STATEMENT_SHOW, .is_read_only = true, .prepare = show_prepare, .execute = show_execute};

static Status describe_prepare(Statement *statement, Error *error) {
    statement_set_text_columns(statement, 3, (const char *const[]){"Name", "Type", "Is Nullable"});
    return OK;
}

static Status describe_run(SimpleExecution *execution, Error *error) {
    Object *object;
    TRY(statement_find(execution->statement, execution->statement->syntax->describe, &object, error));
    show_columns(execution, &object->relation);
    simple_tag(execution, "DESCRIBE");
    return OK;
}

static Status describe_execute(Statement *statement, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(statement, session, parameters, describe_run);
    return OK;
}

const Command describe_command = {.kind = SYNTAX_STATEMENT_DESCRIBE, .is_read_only = true, .prepare = describe_prepare, .execute = describe_execute};

/* FLUSH: waits for a commit that holds everything accepted up to now. */
static Status flush_run(SimpleExecution *execution, Error *error) {
    execution->await = await_create(&execution->base);
    coordinator_wait_commit(execution->statement->instance->coordinator, await_completion(execution->await));
    return OK;
}

static Status flush_execute(Statement *statement, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(statement, session, parameters, flush_run);
    return OK;
}

const Command flush_command = {.kind = SYNTAX_STATEMENT_FLUSH, .is_read_only = true, .execute = flush_execute};

/* VACUUM and ANALYZE have nothing to do here: statistics and space are kept as data arrives. */
static Status other_prepare(Statement *statement, Error *error) {
    const char *tag = statement->syntax->tag;
    if (strcmp(tag, "VACUUM") == 0 || strcmp(tag, "ANALYZE") == 0 || strcmp(tag, "CHECKPOINT") == 0)
        return OK;
    return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "%s is not supported", tag);
}

static Status other_run(SimpleExecution *execution, Error *error) {
    return OK;
}

static Status other_execute(Statement *statement, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(statement, session, parameters, other_run);
    return OK;
}

const Command other_command = {.kind = SYNTAX_STATEMENT_OTHER, .prepare = other_prepare, .execute = other_execute};

/* ALTER SYSTEM HOLD STEPS | RELEASE STEPS: what comes meanwhile enters one step together. For tests; gone with the session. */
static Status alter_run(SimpleExecution *execution, Error *error) {
    const SyntaxAlter *syntax = execution->statement->syntax->alter;
    bool is_rename = syntax->action_count > 0 && strcmp(syntax->actions[0].text, "rename") == 0;
    if (strcmp(syntax->kind, "SINK") == 0 && !is_rename)
        return alter_sink_run(execution, error);
    if (strcmp(syntax->kind, "MATERIALIZED VIEW") == 0 && syntax->action_count > 0)
        return alter_view_resume(execution, error);
    if (strcmp(syntax->kind, "SCHEMA") == 0)
        return ddl_alter_schema(execution, error);
    if (strcmp(syntax->kind, "SYSTEM") != 0)
        return alter_table_run(execution, error);
    if (!statement_role(execution->statement).spec.is_superuser)
        return error_set(error, STATUS_INSUFFICIENT_PRIVILEGE, "must be superuser to execute ALTER SYSTEM command");
    SessionState *state = session_state(execution->session);
    const char *word = syntax->action_count == 2 && strcmp(syntax->actions[1].text, "steps") == 0 ? syntax->actions[0].text : "";
    if (strcmp(word, "hold") == 0) {
        state->held++;
        coordinator_hold(state->instance->coordinator);
    } else if (strcmp(word, "release") == 0 && state->held > 0) {
        state->held--;
        coordinator_release(state->instance->coordinator);
    } else {
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "this form of ALTER SYSTEM is not supported");
    }
    return OK;
}

static Status alter_prepare(Statement *statement, Error *error) {
    static const char *const kinds[] = {"SYSTEM", "SCHEMA", "SINK", "SOURCE", "TABLE", "VIEW", "MATERIALIZED VIEW", "INDEX", "SEQUENCE"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(statement->syntax->alter->kind, kinds[i]) == 0)
            return OK;
    return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "ALTER %s is not supported", statement->syntax->alter->kind);
}

static Status alter_execute(Statement *statement, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(statement, session, parameters, alter_run);
    return OK;
}

const Command alter_command = {.kind = SYNTAX_STATEMENT_ALTER, .is_definition = true, .prepare = alter_prepare, .execute = alter_execute};
