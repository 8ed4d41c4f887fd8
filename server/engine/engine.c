/* Engine: what sessions call: analysis by command, execution, and transactions by write sets. */
#include "server/engine/engine.h"

#include <string.h>

#include "executor/base/clock.h"
#include "executor/base/memory.h"
#include "server/catalog/search_path.h"
#include "server/catalog/system/system_catalog.h"
#include "server/commands/ddl.h"
#include "server/commands/dml.h"
#include "server/commands/notify.h"
#include "server/commands/sequence.h"
#include "server/engine/login.h"
#include "server/engine/metrics.h"

enum { RETRIES_MAX = 100 };

/* By the kind of statement; those without are the session's own (own_statement.h). */
static const Command *const commands[SYNTAX_STATEMENT_KIND_COUNT] = {
#define COMMAND(file, name, kind) [SYNTAX_STATEMENT_##kind] = &name##_command,
#include "server/commands/commands.def"
#undef COMMAND
};

static Status engine_session_open(void *context, Session *session, Error *error) {
    TRY(login_check(session, context, error));
    SessionState *state = NEW(SessionState);
    state->instance = context;
    state->system = (SystemFacts){.coordinator = state->instance->coordinator,
        .session = session,
        .sessions = &state->instance->sessions,
        .sequences = state->instance->sequences,
        .data_directory = state->instance->options.data_directory};
    state->names = system_type_names(&state->system);
    state->facts = system_session_facts(&state->system, state->instance->start_time);
    sequence_facts(&state->facts);
    notify_facts(&state->facts);
    state->session_context = (SessionContext){.facts = &state->facts};
    session_set_engine_state(session, state);
    state->link = (SessionLink){.session = session, .start_time = clock_wall()};
    session_list_add(&state->instance->sessions, &state->link);
    return OK;
}

static void forget_retry(SessionState *state) {
    prepared_release(state->retry);
    arena_destroy(state->retry_arena);
    state->retry = NULL;
    state->retry_arena = NULL;
    state->is_retriable = false;
}

static void end_transaction(SessionState *state) {
    write_set_destroy(state->writes);
    state->writes = NULL;
    epochs_unpin(coordinator_epochs(state->instance->coordinator), state->pinned);
    state->pinned = NULL;
    forget_retry(state);
    notify_forget(state);
    ddl_go_back(state, 0);
}

/* At once: nobody waits for the commit; should it fail, the next start drops them. */
static void drop_temporary(Session *session) {
    Error error = {0};
    if (!session_state(session)->has_temporary)
        return;
    temporary_drop(session);
    if (ddl_publish(session, &error) != OK)
        ddl_go_back(session_state(session), 0);
    error_clear(&error);
}

static void engine_discard(void *context, Session *session, bool is_all) {
    if (is_all)
        notify_unlisten(session);
    if (session_state(session)->has_temporary && session_is_in_block(session))
        temporary_drop(session);
    else
        drop_temporary(session);
}

static void engine_session_close(void *context, Session *session) {
    SessionState *state = session_state(session);
    session_list_remove(&state->instance->sessions, &state->link);
    end_transaction(state);
    drop_temporary(session);
    notify_close(state);
    for (; state->held > 0; state->held--)
        coordinator_release(state->instance->coordinator);
    catalog_snapshot_release(state->system.snapshot);
    memory_free(state->changes);
    memory_free(state->seen);
    memory_free(state);
}

static void analysis_destroy(Prepared *prepared) {
    Analysis *analysis = (Analysis *)prepared;
    prepared_release(analysis->inner);
    catalog_view_clear(&analysis->view);
    catalog_snapshot_release(analysis->snapshot);
    script_release(analysis->script);
    arena_destroy(analysis->arena);
}

/* One command makes both kinds of views and tables of queries: only a materialized view is built outside its
   transaction. */
static bool is_plain_view(const SyntaxStatement *syntax) {
    return syntax->kind == SYNTAX_STATEMENT_CREATE_VIEW &&
           syntax->create_view->kind != SYNTAX_MATERIALIZED_VIEW;
}

static Status engine_prepare(void *context, Session *session, Script *script, const SyntaxStatement *syntax,
    const Type *types, int type_count, Prepared **out, Error *error) {
    const Command *command = commands[syntax->kind];
    if (command == NULL)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "%s is not supported", syntax->tag);
    Arena *arena = arena_create();
    Analysis *analysis = ARENA_NEW(arena, Analysis);
    *analysis = (Analysis){
        .prepared = {.reference_count = 1,
            .tag = syntax->tag,
            .is_read_only = command->is_read_only,
            .is_forbidden_in_block = command->is_forbidden_in_block && !is_plain_view(syntax),
            .ends_implicit_block = command->is_definition,
            .destroy = analysis_destroy},
        .command = command,
        .instance = context,
        .session = session,
        .arena = arena,
        .syntax = syntax,
        .script = script_retain(script),
        .sql = script->text,
    };
    analysis->snapshot = session_catalog(session_state(session));
    catalog_for_planner(&analysis->view, analysis->snapshot, analysis->instance->statistics);
    search_path_read(&analysis->view.path, session, analysis->snapshot);
    analysis->role_name = arena_strdup(arena, session_role(session));
    analysis->role = ARENA_NEW(arena, Role);
    *analysis->role = role_current(session, analysis->snapshot);
    analysis->role->name = analysis->role_name;
    analysis->view.role = analysis->role;
    analysis->search_path =
        arena_strdup(arena, variables_text(session_variables(session), VARIABLE_search_path));
    analysis->parameter_count = type_count;
    analysis->parameter_types = ARENA_ARRAY(arena, Type, type_count + 1);
    for (int i = 0; i < type_count; i++)
        analysis->parameter_types[i] = types[i];
    Status status = command->prepare == NULL ? OK : command->prepare(analysis, error);
    analysis->prepared.parameter_count = analysis->parameter_count;
    analysis->prepared.parameter_types = analysis->parameter_types;
    if (status != OK) {
        prepared_release(&analysis->prepared);
        return status;
    }
    *out = &analysis->prepared;
    return OK;
}

static bool is_newest(SessionState *state, const CatalogSnapshot *snapshot) {
    if (state->change_count == 0)
        return snapshot->version == catalog_version(state->instance->catalog);
    CatalogSnapshot *newest = session_catalog(state);
    bool is_same = newest->version == snapshot->version;
    catalog_snapshot_release(newest);
    return is_same;
}

static bool engine_is_current(void *context, Session *session, const Prepared *prepared) {
    const Analysis *analysis = (const Analysis *)prepared;
    return is_newest(session_state(session), analysis->snapshot) &&
           strcmp(analysis->role_name, session_role(session)) == 0 &&
           strcmp(analysis->search_path, variables_text(session_variables(session), VARIABLE_search_path)) ==
               0;
}

static Status engine_execute(void *context, Session *session, Prepared *prepared, const Value *parameters,
    Execution **out, Error *error) {
    Analysis *analysis = (Analysis *)prepared;
    session_state(session)->is_retriable =
        false; /* the client has seen what the statement before did: only the last may be evaluated again */
    for (int i = 0; i < analysis->syntax->notice_count; i++)
        session_notice(session, SEVERITY_NOTICE, OK, "%s", analysis->syntax->notices[i]);
    return analysis->command->execute(analysis, session, parameters, out, error);
}

static Status engine_transaction_begin(void *context, Session *session, Error *error) {
    return OK;
}

/* The commit: submits the write set and waits until it is durable; a refused single statement is evaluated
   again. */

typedef struct EngineCommit {
    Execution base;
    Session *session;
    Await *await;
    bool is_submitted;
    int retries;
    bool is_stale; /* what is awaited is the commit that shows the row which was in the way */
} EngineCommit;

static Status submit(EngineCommit *self, Error *error) {
    SessionState *state = session_state(self->session);
    self->is_submitted = true;
    if (state->change_count > 0) {
        TRY(ddl_publish(self->session, error));
        self->await = await_create(&self->base);
        coordinator_wait_commit(state->instance->coordinator, await_completion(self->await));
        return OK;
    }
    TableChange *changes;
    int count;
    write_set_take_changes(state->writes, &changes, &count);
    self->await = await_create(&self->base);
    coordinator_submit(state->instance->coordinator, changes, count, await_completion(self->await));
    return OK;
}

/* Analysed anew, should the catalog have changed meanwhile. */
static Status refresh_retry(EngineCommit *self, Error *error) {
    SessionState *state = session_state(self->session);
    const Analysis *analysis = (const Analysis *)state->retry;
    if (engine_is_current(state->instance, self->session, state->retry))
        return OK;
    Prepared *fresh;
    TRY(engine_prepare(state->instance, self->session, analysis->script, analysis->syntax,
        analysis->parameter_types, analysis->parameter_count, &fresh, error));
    prepared_release(state->retry);
    state->retry = fresh;
    return OK;
}

static Status evaluate_again(EngineCommit *self, Error *error) {
    SessionState *state = session_state(self->session);
    int64_t row_count;
    write_set_destroy(state->writes);
    state->writes = NULL;
    TRY(refresh_retry(self, error));
    Analysis *analysis = (Analysis *)state->retry;
    TRY(dml_evaluate(analysis, self->session, state->retry_parameters, &self->base, &row_count, NULL, error));
    dml_tag(analysis, row_count, &self->base);
    return state->writes == NULL || write_set_is_empty(state->writes) ? OK : submit(self, error);
}

static bool is_retriable(EngineCommit *self, Status status) {
    bool is_conflict = status == STATUS_SERIALIZATION_FAILURE || status == STATUS_UNIQUE_VIOLATION;
    return is_conflict && session_state(self->session)->is_retriable && self->retries++ < RETRIES_MAX;
}

static void wait_for_newer(EngineCommit *self) {
    self->is_stale = true;
    self->await = await_create(&self->base);
    coordinator_wait_commit(
        session_state(self->session)->instance->coordinator, await_completion(self->await));
}

static Status commit_step(
    Execution *execution, int row_max, Batch **batch, ExecutionState *result, Error *error) {
    EngineCommit *self = (EngineCommit *)execution;
    SessionState *state = session_state(self->session);
    Error outcome = {0};
    Status status = OK;
    *result = EXECUTION_DONE;
    if (!self->is_submitted)
        status = submit(self, error);
    while (self->await != NULL) {
        if (!await_is_done(self->await, &outcome)) {
            *result = EXECUTION_WAIT;
            return OK;
        }
        await_detach(self->await);
        self->await = NULL;
        if (self->is_stale && outcome.status == OK) {
            self->is_stale = false;
            status = evaluate_again(self, error);
            if (status != OK)
                break;
            continue;
        }
        if (is_retriable(self, outcome.status)) {
            error_clear(&outcome);
            wait_for_newer(self);
            continue;
        }
        if (outcome.status != OK) {
            status = outcome.status;
            error_move(error, &outcome);
        }
    }
    error_clear(&outcome);
    if (status == OK)
        notify_commit(self->session);
    end_transaction(state);
    return status;
}

static void commit_close(Execution *execution) {
    EngineCommit *self = (EngineCommit *)execution;
    await_detach(self->await);
    memory_free(self);
}

static const ExecutionType commit_type = {.step = commit_step, .close = commit_close};

static Status engine_transaction_commit(void *context, Session *session, Execution **out, Error *error) {
    SessionState *state = session_state(session);
    *out = NULL;
    temporary_commit(session);
    if (state->change_count == 0 && (state->writes == NULL || write_set_is_empty(state->writes))) {
        notify_commit(session);
        end_transaction(state);
        return OK;
    }
    EngineCommit *self = NEW(EngineCommit);
    self->base.type = &commit_type;
    self->session = session;
    *out = &self->base;
    return OK;
}

static void engine_transaction_rollback(void *context, Session *session) {
    end_transaction(session_state(session));
}

static Status engine_savepoint(void *context, Session *session, EngineMark *mark, Error *error) {
    SessionState *state = session_state(session);
    if (state->writes == NULL)
        state->writes = write_set_create();
    *mark = (EngineMark){write_set_mark(state->writes), state->change_count};
    return OK;
}

static Status engine_rollback_to(void *context, Session *session, const EngineMark *mark, Error *error) {
    write_set_go_back(session_state(session)->writes, mark->row_changes);
    ddl_go_back(session_state(session), mark->catalog_changes);
    return OK;
}

static const TypeNames *engine_type_names(void *context, Session *session) {
    SessionState *state = session_state(session);
    if (state->system.snapshot == NULL || !is_newest(state, state->system.snapshot)) {
        catalog_snapshot_release(state->system.snapshot);
        state->system.snapshot = session_catalog(state);
    }
    return &state->names;
}

const Engine leat_engine = {
    .login = engine_login,
    .check_role = engine_check_role,
    .is_superuser = engine_is_superuser,
    .add_metrics = engine_add_metrics,
    .is_healthy = engine_is_healthy,
    .session_open = engine_session_open,
    .session_close = engine_session_close,
    .prepare = engine_prepare,
    .is_current = engine_is_current,
    .execute = engine_execute,
    .transaction_begin = engine_transaction_begin,
    .transaction_commit = engine_transaction_commit,
    .transaction_rollback = engine_transaction_rollback,
    .savepoint = engine_savepoint,
    .rollback_to = engine_rollback_to,
    .type_names = engine_type_names,
    .discard = engine_discard,
    .take_notification = notify_take,
};
