/* SET, RESET, SHOW of settings; DISCARD, by which connection pools clean a session. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "server/session/own_statement.h"

/* SET TIME ZONE INTERVAL '+02:00' HOUR TO MINUTE: a POSIX zone, whose sign is the other way round. */
static Status add_zone_of_interval(const SyntaxExpression *value, Text *out, Error *error) {
    if (value->kind != SYNTAX_CONSTANT || value->constant.kind != SYNTAX_CONSTANT_STRING)
        return error_set(error, STATUS_SYNTAX_ERROR, "SET timezone takes only constants");
    const char *text = value->constant.text;
    Arena *arena = arena_create();
    Datum datum;
    Status status =
        datum_parse(type_of(TYPE_INTERVAL), text, strlen(text), &type_settings_default, arena, &datum, error);
    arena_destroy(arena);
    TRY(status);
    if (datum.interval.months != 0 || datum.interval.days != 0)
        return error_set(
            error, STATUS_INVALID_PARAMETER_VALUE, "invalid interval value for time zone: \"%s\"", text);
    int64_t minutes = datum.interval.microseconds / 60000000;
    int64_t size = minutes < 0 ? -minutes : minutes;
    char digits[16] = "";
    snprintf(
        digits, sizeof digits, size % 60 == 0 ? "%02d" : "%02d:%02d", (int)(size / 60), (int)(size % 60));
    text_printf(out, "<%c%s>%c%s", minutes < 0 ? '-' : '+', digits, minutes < 0 ? '+' : '-', digits);
    return OK;
}

/* One value of SET: a constant, or a cast of one to interval. */
static Status add_value(
    const char *name, const SyntaxExpression *value, bool is_list, Text *out, Error *error) {
    if (value->kind == SYNTAX_CAST && strcasecmp(name, "timezone") == 0)
        return add_zone_of_interval(value->cast.argument, out, error);
    if (value->kind == SYNTAX_CAST)
        return add_value(name, value->cast.argument, is_list, out, error);
    if (value->kind != SYNTAX_CONSTANT)
        return error_set(error, STATUS_SYNTAX_ERROR, "SET %s takes only constants", name);
    switch (value->constant.kind) {
    case SYNTAX_CONSTANT_INTEGER:
        text_printf(out, "%lld", (long long)value->constant.integer);
        return OK;
    case SYNTAX_CONSTANT_BOOLEAN:
        text_add_string(out, value->constant.integer ? "true" : "false");
        return OK;
    case SYNTAX_CONSTANT_FLOAT:
        text_add_string(out, value->constant.text);
        return OK;
    case SYNTAX_CONSTANT_STRING:
        break;
    case SYNTAX_CONSTANT_NULL:
    case SYNTAX_CONSTANT_BIT:
        return error_set(error, STATUS_SYNTAX_ERROR, "SET %s takes only constants", name);
    }
    const char *text = value->constant.text;
    bool is_plain = *text == '_' || islower((unsigned char)*text);
    for (const char *c = text; *c != 0; c++)
        is_plain =
            is_plain && (islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_' || *c == '$');
    if (!is_list || is_plain) {
        text_add_string(out, text);
        return OK;
    }
    text_add_char(out, '"');
    for (const char *c = text; *c != 0; c++)
        text_add_string(out, *c == '"' ? "\"\"" : (const char[]){*c, 0});
    text_add_char(out, '"');
    return OK;
}

static Status flatten(const SyntaxSet *set, Text *out, Error *error) {
    bool is_list = strcasecmp(set->name, "search_path") == 0;
    if (set->value_count > 1 && !is_list && strcasecmp(set->name, "datestyle") != 0)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "SET %s takes only one argument", set->name);
    for (int i = 0; i < set->value_count; i++) {
        if (i > 0)
            text_add_string(out, ", ");
        TRY(add_value(set->name, set->values[i], is_list, out, error));
    }
    return OK;
}

/* SET TRANSACTION ISOLATION LEVEL and its relatives by name. */
static Status check_isolation(const Session *session, const char *name, const char *text, Error *error) {
    if (strcasecmp(name, "transaction_isolation") == 0 && session->is_engine_begun &&
        strcmp(text, session_variable(session, name)) != 0)
        return error_set(error, STATUS_ACTIVE_SQL_TRANSACTION,
            "SET TRANSACTION ISOLATION LEVEL must be called before any query");
    return OK;
}

static Status set_checked(
    Session *session, const char *name, const char *text, VariableScope scope, Error *error) {
    bool is_foreign = false;
    TRY(session_check_role(session, name, text, error));
    TRY(check_isolation(session, name, text, error));
    if (strcasecmp(name, "session_authorization") == 0)
        TRY(variables_reset(session->variables, "role", scope, error));
    if (strcasecmp(name, "transaction_isolation") == 0 &&
        strcasecmp(text, "strict serializable") ==
            0) /* one server: a commit is seen by all who begin after it */
        text = "serializable";
    TRY(variables_set(session->variables, name, text, scope, &is_foreign, error));
    if (is_foreign)
        session_notice(session, SEVERITY_NOTICE, STATUS_SUCCESSFUL_COMPLETION,
            "setting \"%s\" has no effect here", name);
    return OK;
}

static Status assign(Session *session, const SyntaxSet *set, Error *error) {
    bool is_characteristic = strncasecmp(set->name, "transaction_", 12) == 0;
    VariableScope scope =
        set->scope == SYNTAX_SET_LOCAL || is_characteristic ? VARIABLE_LOCAL : VARIABLE_SESSION;
    if (set->scope == SYNTAX_SET_LOCAL && !session_is_in_block(session))
        session_notice(session, SEVERITY_WARNING, STATUS_NO_ACTIVE_SQL_TRANSACTION,
            "SET LOCAL can only be used in transaction blocks");
    if (set->is_reset && strcasecmp(set->name, "session_authorization") == 0)
        TRY(variables_reset(session->variables, "role", scope, error));
    if (set->is_reset)
        return variables_reset(session->variables, set->name, scope, error);
    Text text = {0};
    Status status = flatten(set, &text, error);
    if (status == OK)
        status = set_checked(session, set->name, text_string(&text), scope, error);
    text_free(&text);
    return status;
}

Status session_set_variable(
    Session *session, const char *name, const char *text, bool is_local, Error *error) {
    bool is_characteristic = strncasecmp(name, "transaction_", 12) == 0;
    Status status = set_checked(
        session, name, text, is_local || is_characteristic ? VARIABLE_LOCAL : VARIABLE_SESSION, error);
    session_type_settings(session); /* what is running holds on to these: their texts are others now */
    return status;
}

static Status run_set(
    Session *session, const OwnPrepared *prepared, const Value *parameters, Execution **out, Error *error) {
    (void)parameters;
    const SyntaxSet *set = prepared->syntax->set;
    if (set->name == NULL)
        variables_reset_all(session->variables);
    else
        TRY(assign(session, set, error));
    *out = own_execution(NULL, set->is_reset_word ? "RESET" : "SET");
    return OK;
}

const OwnStatement own_set = {.run = run_set};

/* SHOW */

/* What PostgreSQL's grammar spells in several words. */
static const char *shown_name(const SyntaxShow *show) {
    const char *first = show->words[0];
    if (show->word_count == 1)
        return first;
    if (show->word_count == 2 && strcmp(first, "time") == 0 && strcmp(show->words[1], "zone") == 0)
        return "TimeZone";
    if (show->word_count == 2 && strcmp(first, "session") == 0 &&
        strcmp(show->words[1], "authorization") == 0)
        return "session_authorization";
    if (show->word_count == 3 && strcmp(first, "transaction") == 0 &&
        strcmp(show->words[1], "isolation") == 0 && strcmp(show->words[2], "level") == 0)
        return "transaction_isolation";
    return NULL;
}

static bool show_claims(const Session *session, const SyntaxStatement *syntax) {
    const SyntaxShow *show = syntax->show;
    if (show->word_count == 0 || show->name.part_count > 0)
        return false;
    const char *name = shown_name(show);
    if (name == NULL)
        return false;
    /* SHOW TABLES, SHOW VIEWS and the like are the engine's; an unknown word is its error too, unless it
       looks like a setting. */
    return strcmp(name, "all") == 0 || session_variable(session, name) != NULL || strchr(name, '.') != NULL ||
           strchr(name, '_') != NULL;
}

static Status describe_show(
    Session *session, OwnPrepared *prepared, const Type *types, int type_count, Error *error) {
    (void)types, (void)type_count;
    const char *name = shown_name(prepared->syntax->show);
    if (strcmp(name, "all") == 0) {
        own_text_columns(prepared, 3, (const char *const[]){"name", "setting", "description"});
        return OK;
    }
    const char *listed = variables_listed_name(session->variables, name);
    if (listed == NULL)
        return error_set(error, STATUS_UNDEFINED_OBJECT, "unrecognized configuration parameter \"%s\"", name);
    own_text_columns(prepared, 1, (const char *const[]){arena_strdup(prepared->arena, listed)});
    return OK;
}

static void set_text(Batch *batch, int column, int row, const char *text) {
    column_set_bytes(batch->columns[column], row, text, (uint32_t)strlen(text));
}

static Batch *text_batch(int column_count, int row_count) {
    Type types[3] = {type_of(TYPE_TEXT), type_of(TYPE_TEXT), type_of(TYPE_TEXT)};
    Batch *batch = batch_builder(types, column_count, row_count);
    batch->row_count = batch->selected_count = row_count;
    return batch;
}

static Status run_show(
    Session *session, const OwnPrepared *prepared, const Value *parameters, Execution **out, Error *error) {
    (void)parameters;
    if (prepared->base.column_count == 1) {
        const char *name = prepared->base.columns[0].name;
        const char *text = session_variable(session, name);
        if (text == NULL)
            return error_set(
                error, STATUS_UNDEFINED_OBJECT, "unrecognized configuration parameter \"%s\"", name);
        Batch *batch = text_batch(1, 1);
        set_text(batch, 0, 0, text);
        *out = own_execution(batch, "SHOW");
        return OK;
    }
    VariableView view;
    int count = 0;
    while (count < BATCH_ROWS_MAX && variables_view(session->variables, count, &view))
        count++;
    Batch *batch = text_batch(3, count);
    for (int i = 0; i < count; i++) {
        variables_view(session->variables, i, &view);
        set_text(batch, 0, i, view.name);
        set_text(batch, 1, i, view.text);
        set_text(batch, 2, i, view.description);
    }
    *out = own_execution(batch, "SHOW");
    return OK;
}

const OwnStatement own_show = {.claims = show_claims, .describe = describe_show, .run = run_show};

/* DISCARD */

static Status run_discard(
    Session *session, const OwnPrepared *prepared, const Value *parameters, Execution **out, Error *error) {
    (void)parameters;
    const char *what = prepared->syntax->discard;
    bool is_all = what == NULL || strcasecmp(what, "all") == 0;
    if (is_all) {
        if (session_is_in_block(session))
            return error_set(
                error, STATUS_ACTIVE_SQL_TRANSACTION, "DISCARD ALL cannot run inside a transaction block");
        TRY(variables_reset(session->variables, "role", VARIABLE_SESSION, error));
        TRY(variables_reset(session->variables, "session_authorization", VARIABLE_SESSION, error));
        variables_reset_all(session->variables);
        statements_drop_all(session);
        portals_drop_cursors(session);
    }
    if ((is_all || strcasecmp(what, "temp") == 0) && session->engine->discard != NULL)
        session->engine->discard(session->engine->context, session, is_all);
    char tag[64];
    snprintf(tag, sizeof tag, "DISCARD %s", is_all ? "ALL" : what);
    for (char *c = tag; *c != 0; c++)
        *c = (char)toupper((unsigned char)*c);
    *out = own_execution(NULL, tag);
    return OK;
}

const OwnStatement own_discard = {.run = run_discard};
