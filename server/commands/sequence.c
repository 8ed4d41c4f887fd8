/* Sequences: entries of the catalog; their values are the instance's, what a session has seen of them its own. */
#include "server/commands/sequence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "executor/base/memory.h"
#include "planner/parse/deparse.h"

typedef struct SequenceOptions {
    bool has_start, has_minimum, has_maximum, has_increment;
} SequenceOptions;

static Status read_number(const SyntaxOption *option, int64_t *number, Error *error) {
    char *end;
    errno = 0;
    *number = strtoll(option->value, &end, 10);
    return *end == 0 && errno == 0
               ? OK
               : error_set(error, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "value \"%s\" is out of range for type bigint", option->value);
}

static Status read_type(const char *name, Type *type, Error *error) {
    TypeId id = type_by_name(name);
    if (id != TYPE_INT2 && id != TYPE_INT4 && id != TYPE_INT8)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "sequence type must be smallint, integer, or bigint");
    *type = type_of(id);
    return OK;
}

static Status read_option(const SyntaxOption *option, SequenceSpec *spec, SequenceOptions *has, Error *error) {
    if (strcmp(option->name, "as") == 0)
        return read_type(option->value, &spec->type, error);
    if (strcmp(option->name, "cycle") == 0) {
        spec->is_cycle = option->value == NULL || strcmp(option->value, "true") == 0 || strcmp(option->value, "1") == 0;
        return OK;
    }
    if (strcmp(option->name, "minvalue") == 0 && option->value != NULL) {
        has->has_minimum = true;
        return read_number(option, &spec->minimum, error);
    }
    if (strcmp(option->name, "maxvalue") == 0 && option->value != NULL) {
        has->has_maximum = true;
        return read_number(option, &spec->maximum, error);
    }
    if (strcmp(option->name, "minvalue") == 0 || strcmp(option->name, "maxvalue") == 0) /* NO MINVALUE */
        return OK;
    if (strcmp(option->name, "start") == 0) {
        has->has_start = true;
        return read_number(option, &spec->start, error);
    }
    if (strcmp(option->name, "increment") == 0)
        return read_number(option, &spec->increment, error);
    if (strcmp(option->name, "cache") == 0)
        return read_number(option, &spec->cache, error);
    return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "option \"%s\" of a sequence is not supported", option->name);
}

static int64_t type_limit(Type type, bool is_maximum) {
    int64_t maximum = type.id == TYPE_INT2 ? INT16_MAX : type.id == TYPE_INT4 ? INT32_MAX : INT64_MAX;
    return is_maximum ? maximum : -maximum - 1;
}

static Status check_spec(const SequenceSpec *spec, Error *error) {
    if (spec->increment == 0)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "INCREMENT must not be zero");
    if (spec->minimum >= spec->maximum)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "MINVALUE (%lld) must be less than MAXVALUE (%lld)", (long long)spec->minimum,
            (long long)spec->maximum);
    if (spec->start < spec->minimum)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "START value (%lld) cannot be less than MINVALUE (%lld)", (long long)spec->start,
            (long long)spec->minimum);
    if (spec->start > spec->maximum)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "START value (%lld) cannot be greater than MAXVALUE (%lld)", (long long)spec->start,
            (long long)spec->maximum);
    return spec->cache > 0 ? OK : error_set(error, STATUS_INVALID_PARAMETER_VALUE, "CACHE (%lld) must be greater than zero", (long long)spec->cache);
}

static Status read_options(const SyntaxOptions *options, Type type, SequenceSpec *spec, Error *error) {
    SequenceOptions has = {0};
    *spec = (SequenceSpec){.type = type, .increment = 1, .cache = 1};
    for (int i = 0; i < options->count; i++)
        TRY(read_option(&options->items[i], spec, &has, error));
    bool is_up = spec->increment > 0;
    if (!has.has_minimum)
        spec->minimum = is_up ? 1 : type_limit(spec->type, false);
    if (!has.has_maximum)
        spec->maximum = is_up ? type_limit(spec->type, true) : -1;
    if (!has.has_start)
        spec->start = is_up ? spec->minimum : spec->maximum;
    return check_spec(spec, error);
}

static Status create_run(SimpleExecution *execution, Error *error) {
    Statement *statement = execution->statement;
    const SyntaxCreateSequence *syntax = statement->syntax->create_sequence;
    const char *schema, *name;
    SequenceSpec spec;
    Status status;
    if (syntax->is_temporary)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "temporary sequences are not supported");
    TRY(statement_new_name(statement, &syntax->name, &schema, &name, error));
    if (ddl_skips(execution->session, schema, name, syntax->if_not_exists, &status, error))
        return OK;
    TRY(status);
    TRY(read_options(&syntax->options, type_of(TYPE_INT8), &spec, error));
    Object *object = object_create(catalog_next_id(statement->instance->catalog), RELATION_SEQUENCE, schema, name);
    object->sql = arena_copy(object->arena, statement->sql + statement->syntax->start, (size_t)statement->syntax->length);
    object->sequence = spec;
    status = ddl_add(execution->session, object, NULL, error);
    object_release(object);
    return status;
}

static Status create_execute(Statement *statement, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(statement, session, parameters, create_run);
    return OK;
}

const Command create_sequence_command = {.kind = SYNTAX_STATEMENT_CREATE_SEQUENCE, .is_definition = true, .execute = create_execute};

/* Columns. */

static Status reserve_name(Session *session, Object *table, const char *column, const char **name, Error *error) {
    const CatalogRelation *relation = &table->relation;
    *name = arena_printf(table->arena, "%s_%s_seq", relation->name, column);
    Status status = ddl_reserve_name(session, relation->schema, *name, error);
    for (int i = 1; status == STATUS_DUPLICATE_TABLE; i++) {
        error_clear(error);
        *name = arena_printf(table->arena, "%s_%s_seq%d", relation->name, column, i);
        status = ddl_reserve_name(session, relation->schema, *name, error);
    }
    return status;
}

static void add_quoted(const char *schema, const char *name, Text *out) {
    if (strcmp(schema, "public") != 0) {
        deparse_identifier(schema, out);
        text_add_char(out, '.');
    }
    deparse_identifier(name, out);
}

Status sequence_for_column(Session *session, Object *table, CatalogColumn *column, const SyntaxOptions *options, Error *error) {
    SequenceSpec spec;
    const char *name;
    TRY(read_options(options, column->type, &spec, error));
    TRY(reserve_name(session, table, column->name, &name, error));
    Object *object = object_create(catalog_next_id(session_state(session)->instance->catalog), RELATION_SEQUENCE, table->relation.schema, name);
    object->sql = arena_printf(object->arena, "CREATE SEQUENCE %s", name);
    object->sequence = spec;
    object->sequence.owner_id = table->relation.id;
    object->sequence.owner_column = arena_strdup(object->arena, column->name);
    object->dependencies = ARENA_ARRAY(object->arena, uint32_t, 1);
    object->dependencies[object->dependency_count++] = table->relation.id;
    Text quoted = {0};
    add_quoted(object->relation.schema, name, &quoted);
    column->default_text = arena_printf(table->arena, "nextval('%s'::regclass)", text_string(&quoted));
    column->is_not_null = true;
    text_free(&quoted);
    Status status = ddl_add(session, object, NULL, error);
    object_release(object);
    return status;
}

/* What functions ask. */

static Status find_sequence(SessionState *state, uint32_t id, Object **object, Error *error) {
    CatalogSnapshot *snapshot = session_catalog(state);
    Object *found = catalog_find_id(snapshot, id);
    Status status = OK;
    if (found == NULL)
        status = error_set(error, STATUS_UNDEFINED_TABLE, "could not open relation with OID %u", id);
    else if (found->relation.kind != RELATION_SEQUENCE)
        status = error_set(error, STATUS_WRONG_OBJECT_TYPE, "\"%s\" is not a sequence", found->relation.name);
    else
        *object = object_retain(found);
    catalog_snapshot_release(snapshot);
    return status;
}

static void remember(SessionState *state, uint32_t id, int64_t value, bool is_last) {
    int i = 0;
    while (i < state->seen_count && state->seen[i].id != id)
        i++;
    if (i == state->seen_count) {
        GROW(state->seen, state->seen_capacity, state->seen_count + 1);
        state->seen_count++;
    }
    state->seen[i].id = id;
    state->seen[i].value = value;
    if (is_last)
        state->last_sequence = id;
}

static Status current(const SessionState *state, uint32_t id, const char *name, int64_t *value, Error *error) {
    for (int i = 0; i < state->seen_count; i++)
        if (state->seen[i].id == id) {
            *value = state->seen[i].value;
            return OK;
        }
    if (name == NULL)
        return error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "lastval is not yet defined in this session");
    return error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "currval of sequence \"%s\" is not yet defined in this session", name);
}

static Status act(SessionState *state, SequenceAction action, const Object *object, int64_t *value, Error *error) {
    Sequences *sequences = state->instance->sequences;
    uint32_t id = object->relation.id;
    switch (action) {
    case SEQUENCE_NEXT:
        TRY(sequence_next(sequences, object, value, error));
        remember(state, id, *value, true);
        return OK;
    case SEQUENCE_SET:
        TRY(sequence_set(sequences, object, *value, true, error));
        remember(state, id, *value, false);
        return OK;
    case SEQUENCE_SET_UNCALLED:
        return sequence_set(sequences, object, *value, false, error);
    case SEQUENCE_CURRENT:
    case SEQUENCE_LAST:
        return current(state, id, object->relation.name, value, error);
    }
    return OK;
}

static SessionState *state_of(void *owner) {
    return session_state(((SystemFacts *)owner)->session);
}

static Status ask(void *owner, SequenceAction action, uint32_t relation, int64_t *value, Error *error) {
    SessionState *state = state_of(owner);
    Object *object = NULL;
    if (action == SEQUENCE_LAST)
        return current(state, state->last_sequence, NULL, value, error);
    TRY(find_sequence(state, relation, &object, error));
    Status status = act(state, action, object, value, error);
    object_release(object);
    return status;
}

static Status serial_sequence(void *owner, const char *table, const char *column, Text *out, Error *error) {
    SessionState *state = state_of(owner);
    const TypeNames *names = &state->names;
    int64_t oid;
    TRY(names->oid_of(names->catalog, TYPE_REGCLASS, table, strlen(table), &oid, error));
    CatalogSnapshot *snapshot = session_catalog(state);
    const Object *object = catalog_find_id(snapshot, (uint32_t)oid);
    bool is_found = false;
    for (int i = 0; object != NULL && i < object->relation.column_count; i++)
        is_found |= strcmp(object->relation.columns[i].name, column) == 0;
    for (int i = 0; i < snapshot->count && is_found; i++) {
        const SequenceSpec *spec = &snapshot->objects[i]->sequence;
        if (snapshot->objects[i]->relation.kind != RELATION_SEQUENCE || spec->owner_id != object->relation.id ||
            strcmp(spec->owner_column, column) != 0)
            continue;
        deparse_identifier(snapshot->objects[i]->relation.schema, out);
        text_add_char(out, '.');
        deparse_identifier(snapshot->objects[i]->relation.name, out);
    }
    catalog_snapshot_release(snapshot);
    return is_found ? OK : error_set(error, STATUS_UNDEFINED_COLUMN, "column \"%s\" of relation \"%s\" does not exist", column, table);
}

void sequence_facts(SessionFacts *facts) {
    facts->sequence = ask;
    facts->serial_sequence = serial_sequence;
}
