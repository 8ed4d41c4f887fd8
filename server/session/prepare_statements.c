/* PREPARE, EXECUTE, DEALLOCATE. */
#include <string.h>

#include "executor/base/memory.h"
#include "planner/parse/build.h"
#include "server/session/own_statement.h"

/* PREPARE */

static Status declared_type(const SyntaxType *syntax, Type *out, Error *error) {
    const char *name = syntax->name.parts[syntax->name.part_count - 1];
    TypeId id = type_by_name(name);
    if (id == TYPE_UNKNOWN && strcmp(name, "unknown") != 0)
        return error_set(error, STATUS_UNDEFINED_OBJECT, "type \"%s\" does not exist", name);
    *out = syntax->array_dimensions > 0 ? type_array_of(id) : type_of(id);
    return OK;
}

static Status run_prepare(
    Session *session, const OwnPrepared *prepared, const Value *parameters, Execution **out, Error *error) {
    (void)parameters;
    const SyntaxPrepare *prepare = prepared->syntax->prepare;
    if (session_statement(session, prepare->name) != NULL)
        return error_set(error, STATUS_DUPLICATE_PREPARED_STATEMENT,
            "prepared statement \"%s\" already exists", prepare->name);
    Type *types = ARENA_ARRAY(prepared->arena, Type, prepare->type_count + 1);
    for (int i = 0; i < prepare->type_count; i++)
        TRY(declared_type(prepare->types[i], &types[i], error));
    Statement *statement;
    TRY(statement_create(session, prepared->script, prepare->statement, prepare->name, types,
        prepare->type_count, &statement, error));
    statement->is_from_sql = true;
    Status status = session_keep_statement(session, statement, error);
    statement_release(statement);
    TRY(status);
    *out = own_execution(NULL, "PREPARE");
    return OK;
}

const OwnStatement own_prepare = {.run = run_prepare};

/* EXECUTE */

static Status find_statement(Session *session, const char *name, Statement **out, Error *error) {
    *out = session_statement(session, name);
    return *out != NULL ? OK
                        : error_set(error, STATUS_INVALID_SQL_STATEMENT_NAME,
                              "prepared statement \"%s\" does not exist", name);
}

static Status describe_execute(
    Session *session, OwnPrepared *prepared, const Type *types, int type_count, Error *error) {
    (void)types, (void)type_count;
    Statement *statement;
    TRY(find_statement(session, prepared->syntax->execute->name, &statement, error));
    TRY(statement_refresh(session, statement, error));
    if (statement->prepared == NULL)
        return OK;
    own_copy_columns(prepared, statement->prepared);
    prepared->base.tag = arena_strdup(
        prepared->arena, statement->prepared->tag); /* the client is told SELECT 5, not EXECUTE */
    prepared->base.is_bounded = statement->prepared->is_bounded;
    prepared->base.is_endless = statement->prepared->is_endless;
    return OK;
}

/* Runs EXECUTE's own statement with its arguments. */
typedef struct ExecuteExecution {
    Execution base;
    Arena *arena; /* the values */
    Statement *statement;
    Execution *inner;
} ExecuteExecution;

static Status execute_step(
    Execution *execution, int row_max, Batch **batch, ExecutionState *state, Error *error) {
    ExecuteExecution *execute = (ExecuteExecution *)execution;
    TRY(execute->inner->type->step(execute->inner, row_max, batch, state, error));
    if (*state == EXECUTION_DONE)
        memcpy(execution->tag, execute->inner->tag, sizeof execution->tag);
    return OK;
}

static void execute_close(Execution *execution) {
    ExecuteExecution *execute = (ExecuteExecution *)execution;
    if (execute->inner != NULL)
        execute->inner->type->close(execute->inner);
    statement_release(execute->statement);
    arena_destroy(execute->arena);
    memory_free(execute);
}

static const ExecutionType execute_type = {.step = execute_step, .close = execute_close};

/* A value of one type as a parameter of another, by its text. */
static Status convert(
    Session *session, const Value *value, Type type, Arena *arena, Value *out, Error *error) {
    *out = value_null(type);
    if (value->is_null)
        return OK;
    if (type_is_same(value->type, type)) {
        *out = value_copy(value, arena);
        return OK;
    }
    const TypeSettings *settings = session_type_settings(session);
    Text text = {0};
    datum_format(value->type, &value->datum, settings, &text);
    Status status = datum_parse(type, text_string(&text), text.length, settings, arena, &out->datum, error);
    text_free(&text);
    out->is_null = false;
    return status;
}

/* The arguments are the one row of SELECT arguments: the engine knows how to evaluate any expression. */
static const SyntaxStatement *arguments_syntax(const SyntaxExecute *execute, Arena *arena) {
    SyntaxStatement *statement = syntax_statement(arena, SYNTAX_STATEMENT_SELECT, "SELECT");
    statement->select = syntax_select(arena, &(SyntaxName){.position = -1});
    for (int i = 0; i < execute->argument_count; i++)
        syntax_add_target(arena, statement->select, execute->arguments[i]);
    return statement;
}

static Status convert_row(
    Session *session, const Batch *row, ExecuteExecution *execute, Value *out, Error *error) {
    for (int i = 0; i < row->column_count; i++) {
        Value value = column_value(row->columns[i], batch_row(row, 0));
        TRY(convert(session, &value, execute->statement->prepared->parameter_types[i], execute->arena,
            &out[i], error));
    }
    return OK;
}

static Status evaluate_arguments(
    Session *session, const OwnPrepared *own, ExecuteExecution *execute, Value *out, Error *error) {
    const SyntaxStatement *syntax = arguments_syntax(own->syntax->execute, execute->arena);
    Prepared *prepared;
    TRY(session_prepare(session, own->script, syntax, NULL, 0, &prepared, error));
    Execution *execution = NULL;
    Status status = session_execute(session, prepared, NULL, &execution, error);
    ExecutionState state = EXECUTION_WAIT;
    Batch *row = NULL;
    if (status == OK)
        status = execution->type->step(execution, 0, &row, &state, error);
    if (status == OK && (state != EXECUTION_ROWS || row->selected_count != 1))
        status = error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "cannot use subquery in EXECUTE parameter");
    if (status == OK)
        status = convert_row(session, row, execute, out, error);
    batch_release(row);
    if (execution != NULL)
        execution->type->close(execution);
    prepared_release(prepared);
    return status;
}

static Status start_execute(
    Session *session, const OwnPrepared *own, ExecuteExecution *execute, Error *error) {
    const SyntaxExecute *syntax = own->syntax->execute;
    Statement *statement;
    TRY(find_statement(session, syntax->name, &statement, error));
    execute->statement = statement_retain(statement);
    TRY(statement_refresh(session, statement, error));
    Prepared *prepared = statement->prepared;
    if (prepared == NULL)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "cannot execute an empty prepared statement");
    if (prepared->parameter_count != syntax->argument_count) {
        error_set(error, STATUS_SYNTAX_ERROR, "wrong number of parameters for prepared statement \"%s\"",
            syntax->name);
        return error_detail(
            error, "Expected %d parameters but got %d.", prepared->parameter_count, syntax->argument_count);
    }
    TRY(transaction_enter(session, prepared, error));
    Value *values = ARENA_ARRAY(execute->arena, Value, syntax->argument_count + 1);
    if (syntax->argument_count > 0)
        TRY(evaluate_arguments(session, own, execute, values, error));
    TRY(session_execute(session, prepared, values, &execute->inner, error));
    execute->base.is_bounded = prepared->is_bounded;
    return OK;
}

static Status run_execute(
    Session *session, const OwnPrepared *own, const Value *parameters, Execution **out, Error *error) {
    (void)parameters;
    ExecuteExecution *execute = NEW(ExecuteExecution);
    execute->base.type = &execute_type;
    execute->arena = arena_create();
    Status status = start_execute(session, own, execute, error);
    if (status != OK)
        execute_close(&execute->base);
    else
        *out = &execute->base;
    return status;
}

const OwnStatement own_execute = {.describe = describe_execute, .run = run_execute};

/* DEALLOCATE */

static Status run_deallocate(
    Session *session, const OwnPrepared *prepared, const Value *parameters, Execution **out, Error *error) {
    (void)parameters;
    const char *name = prepared->syntax->deallocate;
    if (name == NULL) {
        statements_drop_all(session);
        *out = own_execution(NULL, "DEALLOCATE ALL");
        return OK;
    }
    Statement *statement;
    TRY(find_statement(session, name, &statement, error));
    session_drop_statement(session, name);
    *out = own_execution(NULL, "DEALLOCATE");
    return OK;
}

const OwnStatement own_deallocate = {.run = run_deallocate};
