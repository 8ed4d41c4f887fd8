/* Extended query: Parse, Bind, Describe, Execute, Close, Sync. */
#include <string.h>

#include "executor/base/memory.h"
#include "server/conversation/portal_run.h"
#include "server/pgwire/pgwire.h"
#include "server/session/shape.h"

/* Parse */

static Status read_types(
    Session *session, WireReader *reader, Type **types, int *count, Arena *arena, Error *error) {
    if (reader->is_bad)
        return wire_read_end(reader, error);
    *count = wire_read_int16(reader);
    if (*count < 0 || (size_t)*count * 4 > (size_t)(reader->end - reader->cursor))
        return error_set(error, STATUS_PROTOCOL_VIOLATION, "insufficient data left in message");
    *types = ARENA_ARRAY(arena, Type, *count + 1);
    for (int i = 0; i < *count; i++) {
        uint32_t oid = (uint32_t)wire_read_int32(reader);
        (*types)[i] = oid == 0 ? type_of(TYPE_UNKNOWN) : type_from_oid(oid);
        const TypeNames *names =
            oid != 0 && (*types)[i].id == TYPE_UNKNOWN ? session_type_settings(session)->names : NULL;
        if (names != NULL)
            (*types)[i] = names->type_of(names->catalog, oid);
        if (oid != 0 && oid != type_oid(type_of(TYPE_UNKNOWN)) && (*types)[i].id == TYPE_UNKNOWN)
            return error_set(error, STATUS_UNDEFINED_OBJECT, "type with OID %u does not exist", oid);
    }
    return wire_read_end(reader, error);
}

/* shape: to keep it by as well; NULL: none. */
static Status make_statement(Conversation *conversation, Script *script, const char *name, const Type *types,
    int type_count, const Shape *shape, Error *error) {
    if (script->count > 1)
        return error_set(
            error, STATUS_SYNTAX_ERROR, "cannot insert multiple commands into a prepared statement");
    const SyntaxStatement *syntax = script->count == 0 ? NULL : script->statements[0];
    Statement *statement;
    TRY(statement_create(conversation->session, script, syntax, name, types, type_count, &statement, error));
    Status status = session_keep_statement(conversation->session, statement, error);
    if (status == OK && shape != NULL)
        session_keep_shaped(conversation->session, shape, statement);
    statement_release(statement);
    return status;
}

static Status parse(Conversation *conversation, const Message *message, Arena *arena, Error *error) {
    WireReader reader = message_reader(message);
    const char *name = wire_read_string(&reader);
    const char *text = wire_read_string(&reader);
    Type *types = NULL;
    int type_count = 0;
    Session *session = conversation->session;
    TRY(read_types(session, &reader, &types, &type_count, arena, error));
    Shape shape;
    bool has_shape = *name == 0 && shape_read(text, strlen(text), &shape) &&
                     shape_of_parse(&shape, types, type_count),
         may_make = false;
    if (*name == 0)
        session_drop_statement(session, "");
    Statement *shaped = has_shape ? session_shaped(session, &shape, &may_make) : NULL;
    if (shaped != NULL) {
        TRY(statement_check(session, shaped, error));
        return session_keep_statement(session, shaped, error);
    }
    Script *script;
    TRY(script_parse(text, strlen(text), &script, error));
    Status status =
        make_statement(conversation, script, name, types, type_count, may_make ? &shape : NULL, error);
    script_release(script);
    return status;
}

Need pgwire_parse(Conversation *conversation, const Message *message) {
    Error error = {0};
    Arena *arena = arena_create();
    Status status = parse(conversation, message, arena, &error);
    arena_destroy(arena);
    if (status != OK)
        return conversation_fail(conversation, &error);
    conversation_add_notices(conversation);
    message_plain(&conversation->output, '1');
    return NEED_NOTHING;
}

/* Bind */

static Status find_statement(Conversation *conversation, const char *name, Statement **out, Error *error) {
    *out = session_statement(conversation->session, name);
    if (*out != NULL)
        return OK;
    if (*name == 0)
        return error_set(
            error, STATUS_INVALID_SQL_STATEMENT_NAME, "unnamed prepared statement does not exist");
    return error_set(
        error, STATUS_INVALID_SQL_STATEMENT_NAME, "prepared statement \"%s\" does not exist", name);
}

/* Format codes: none = all text, one = for all, else one each. */
static Status read_formats(WireReader *reader, int16_t **formats, int *count, Arena *arena, Error *error) {
    *count = wire_read_int16(reader);
    if (*count < 0 || (size_t)*count * 2 > (size_t)(reader->end - reader->cursor))
        return error_set(error, STATUS_PROTOCOL_VIOLATION, "insufficient data left in message");
    *formats = ARENA_ARRAY(arena, int16_t, *count + 1);
    for (int i = 0; i < *count; i++) {
        (*formats)[i] = (int16_t)wire_read_int16(reader);
        if ((*formats)[i] != 0 && (*formats)[i] != 1)
            return error_set(
                error, STATUS_INVALID_PARAMETER_VALUE, "unsupported format code: %d", (*formats)[i]);
    }
    return OK;
}

static Status read_value(
    Session *session, WireReader *reader, Type type, bool is_binary, Arena *arena, Value *out, Error *error) {
    int32_t length = wire_read_int32(reader);
    *out = value_null(type);
    if (length == -1)
        return OK;
    const char *bytes = length < 0 ? NULL : wire_read_bytes(reader, (size_t)length);
    if (bytes == NULL)
        return error_set(error, STATUS_PROTOCOL_VIOLATION, "insufficient data left in message");
    /* The value outlives the message it came in. */
    const char *copy = arena_copy(arena, bytes, (size_t)length);
    const TypeSettings *settings = session_type_settings(session);
    out->is_null = false;
    return is_binary ? datum_receive(type, copy, (size_t)length, settings, arena, &out->datum, error)
                     : datum_parse(type, copy, (size_t)length, settings, arena, &out->datum, error);
}

static Status read_parameters(Conversation *conversation, WireReader *reader, const Statement *statement,
    Portal *portal, Error *error) {
    int16_t *formats;
    int format_count;
    TRY(read_formats(reader, &formats, &format_count, portal->arena, error));
    int count = wire_read_int16(reader) & 0xffff;
    if (format_count > 1 && format_count != count)
        return error_set(error, STATUS_PROTOCOL_VIOLATION,
            "bind message has %d parameter formats but %d parameters", format_count, count);
    int needed = portal->prepared == NULL ? 0 : portal->prepared->parameter_count;
    if (count != needed)
        return error_set(error, STATUS_PROTOCOL_VIOLATION,
            "bind message supplies %d parameters, but prepared statement \"%s\" requires %d", count,
            statement->name, needed);
    Value *values = ARENA_ARRAY(portal->arena, Value, count + 1);
    for (int i = 0; i < count; i++) {
        bool is_binary = format_count == 0 ? false : formats[format_count == 1 ? 0 : i] == 1;
        Status status = read_value(conversation->session, reader, portal->prepared->parameter_types[i],
            is_binary, portal->arena, &values[i], error);
        if (status == STATUS_INVALID_BINARY_REPRESENTATION &&
            strcmp(error->message, "incorrect binary data format") == 0)
            return error_set(error, status, "incorrect binary data format in bind parameter %d", i + 1);
        if (status != OK)
            return status;
    }
    portal->parameters = values;
    return OK;
}

static Status read_result_formats(WireReader *reader, Portal *portal, Error *error) {
    int16_t *formats;
    int count;
    TRY(read_formats(reader, &formats, &count, portal->arena, error));
    TRY(wire_read_end(reader, error));
    int columns =
        portal->prepared == NULL || !portal->prepared->returns_rows ? 0 : portal->prepared->column_count;
    if (count > 1 && count != columns)
        return error_set(error, STATUS_PROTOCOL_VIOLATION,
            "bind message has %d result formats but query has %d columns", count, columns);
    if (count == 0)
        return OK;
    portal->formats = ARENA_ARRAY(portal->arena, int16_t, columns + 1);
    for (int i = 0; i < columns; i++)
        portal->formats[i] = formats[count == 1 ? 0 : i];
    return OK;
}

static Status make_portal(Conversation *conversation, const Message *message, Error *error) {
    WireReader reader = message_reader(message);
    const char *portal_name = wire_read_string(&reader);
    const char *statement_name = wire_read_string(&reader);
    if (reader.is_bad)
        return wire_read_end(&reader, error);
    Statement *statement;
    TRY(find_statement(conversation, statement_name, &statement, error));
    TRY(statement_check(conversation->session, statement, error));
    TRY(statement_refresh(conversation->session, statement, error));
    Portal *portal;
    TRY(portal_create(conversation->session, portal_name, statement, &portal, error));
    Status status = read_parameters(conversation, &reader, statement, portal, error);
    if (status == OK)
        status = read_result_formats(&reader, portal, error);
    if (status != OK)
        portal_drop(portal);
    return status;
}

Need pgwire_bind(Conversation *conversation, const Message *message) {
    Error error = {0};
    if (make_portal(conversation, message, &error) != OK)
        return conversation_fail(conversation, &error);
    message_plain(&conversation->output, '2');
    return NEED_NOTHING;
}

/* Describe, Close: both name a statement ('S') or a portal ('P'). */

static Status read_target(const Message *message, int *kind, const char **name, Error *error) {
    WireReader reader = message_reader(message);
    *kind = wire_read_byte(&reader);
    *name = wire_read_string(&reader);
    TRY(wire_read_end(&reader, error));
    if (*kind != 'S' && *kind != 'P')
        return error_set(error, STATUS_PROTOCOL_VIOLATION, "invalid %s message subtype %d",
            message->type == 'D' ? "DESCRIBE" : "CLOSE", *kind);
    return OK;
}

static void describe_rows(Conversation *conversation, const Prepared *prepared, const int16_t *formats) {
    if (prepared == NULL || !prepared->returns_rows)
        message_plain(&conversation->output, 'n');
    else
        message_row_description(&conversation->output, prepared->columns, prepared->column_count, formats);
}

static Status describe(Conversation *conversation, const Message *message, Error *error) {
    int kind;
    const char *name;
    TRY(read_target(message, &kind, &name, error));
    if (kind == 'P') {
        Portal *portal = session_portal(conversation->session, name);
        if (portal == NULL)
            return error_set(error, STATUS_INVALID_CURSOR_NAME, "portal \"%s\" does not exist", name);
        describe_rows(conversation, portal->prepared, portal->formats);
        return OK;
    }
    Statement *statement;
    TRY(find_statement(conversation, name, &statement, error));
    if (statement->prepared != NULL && statement->prepared->returns_rows)
        TRY(statement_check(conversation->session, statement, error));
    TRY(statement_refresh(conversation->session, statement, error));
    const Prepared *prepared = statement->prepared;
    message_parameter_description(&conversation->output, prepared == NULL ? NULL : prepared->parameter_types,
        prepared == NULL ? 0 : prepared->parameter_count);
    describe_rows(conversation, prepared, NULL);
    return OK;
}

Need pgwire_describe(Conversation *conversation, const Message *message) {
    Error error = {0};
    return describe(conversation, message, &error) == OK ? NEED_NOTHING
                                                         : conversation_fail(conversation, &error);
}

Need pgwire_close_named(Conversation *conversation, const Message *message) {
    Error error = {0};
    int kind;
    const char *name;
    if (read_target(message, &kind, &name, &error) != OK)
        return conversation_fail(conversation, &error);
    Portal *portal = kind == 'P' ? session_portal(conversation->session, name) : NULL;
    if (portal != NULL)
        portal_drop(portal);
    if (kind == 'S')
        session_drop_statement(conversation->session, name);
    message_plain(&conversation->output, '3');
    return NEED_NOTHING;
}

/* Execute */

/* A portal that is over: its rows are all gone, or it was never to give any. */
static Need execute_again(Conversation *conversation, const Portal *portal) {
    Error error = {0};
    if (portal->prepared->returns_rows) {
        char tag[TAG_SIZE];
        portal_tag(portal->prepared, 0, tag);
        message_command_complete(&conversation->output, tag);
        return NEED_NOTHING;
    }
    error_set(&error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "portal \"%s\" cannot be run", portal->name);
    return conversation_fail(conversation, &error);
}

static Need after_commit(Conversation *conversation) {
    (void)conversation;
    return NEED_NOTHING;
}

/* What commits by itself does so now. Else the tag is kept for the next message: a Sync commits first, which
   may evaluate the statement again. */
static Need execute_done(Conversation *conversation, Portal *portal) {
    bool is_committing = portal->prepared->is_forbidden_in_block || portal->prepared->ends_implicit_block;
    return is_committing ? commit_run_begin(conversation, after_commit) : NEED_NOTHING;
}

static Need execute_suspended(Conversation *conversation, Portal *portal) {
    (void)portal;
    conversation_add_notices(conversation);
    message_plain(&conversation->output, 's');
    return NEED_NOTHING;
}

static Need execute(Conversation *conversation, const char *name, int64_t row_max) {
    Error error = {0};
    Portal *portal = session_portal(conversation->session, name);
    if (portal == NULL) {
        error_set(&error, STATUS_INVALID_CURSOR_NAME, "portal \"%s\" does not exist", name);
        return conversation_fail(conversation, &error);
    }
    if (portal->prepared == NULL) {
        message_plain(&conversation->output, 'I');
        return NEED_NOTHING;
    }
    if (portal->is_done && portal->batch == NULL)
        return execute_again(conversation, portal);
    if (!portal->is_started && portal_start(portal, &error) != OK)
        return conversation_fail(conversation, &error);
    return portal_run_begin(conversation, &(PortalRun){.portal = portal,
                                              .row_max = row_max < 0 ? 0 : row_max,
                                              .done = execute_done,
                                              .suspended = execute_suspended});
}

Need pgwire_execute(Conversation *conversation, const Message *message) {
    Error error = {0};
    WireReader reader = message_reader(message);
    const char *name = wire_read_string(&reader);
    int32_t row_max = wire_read_int32(&reader);
    if (wire_read_end(&reader, &error) != OK)
        return conversation_fail(conversation, &error);
    return execute(conversation, name, row_max);
}

/* Sync */

static Need after_sync(Conversation *conversation) {
    conversation->protocol->ready(conversation);
    return NEED_NOTHING;
}

Need pgwire_sync(Conversation *conversation, const Message *message) {
    (void)message;
    pgwire(conversation)->skips_to_sync = false;
    /* An error of the commit is reported at once and followed by ReadyForQuery, as after a Query message. */
    pgwire(conversation)->is_extended = false;
    return commit_run_begin(conversation, after_sync);
}
