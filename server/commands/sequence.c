/* Sequences: entries of the catalog; their values are the instance's, what a session has seen of them its
   own. */
#include "server/commands/sequence.h"
#include "server/commands/role.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "executor/base/memory.h"
#include "planner/parse/deparse.h"
#include "server/catalog/search_path.h"

static Status read_number(const SyntaxOption *option, int64_t *number, Error *error) {
    char *end;
    errno = 0;
    *number = strtoll(option->value, &end, 10);
    return *end == 0 && errno == 0 ? OK
                                   : error_set(error, STATUS_NUMERIC_VALUE_OUT_OF_RANGE,
                                         "value \"%s\" is out of range for type bigint", option->value);
}

static Status read_type(const char *name, Type *type, Error *error) {
    TypeId id = type_by_name(name);
    if (id != TYPE_INT2 && id != TYPE_INT4 && id != TYPE_INT8)
        return error_set(
            error, STATUS_INVALID_PARAMETER_VALUE, "sequence type must be smallint, integer, or bigint");
    *type = type_of(id);
    return OK;
}

static const SyntaxOption *find_option(const SyntaxOptions *options, const char *name) {
    for (int i = 0; i < options->count; i++)
        if (strcmp(options->items[i].name, name) == 0)
            return &options->items[i];
    return NULL;
}

static Status check_names(const SyntaxOptions *options, Error *error) {
    static const char *const names[] = {"as", "cycle", "minvalue", "maxvalue", "start", "increment", "cache",
        "restart", "owned_by", "sequence_name"};
    for (int i = 0; i < options->count; i++) {
        bool is_known = false;
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            is_known |= strcmp(options->items[i].name, names[k]) == 0;
        if (!is_known)
            return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
                "option \"%s\" of a sequence is not supported", options->items[i].name);
        if (find_option(options, options->items[i].name) != &options->items[i])
            return error_set(error, STATUS_SYNTAX_ERROR, "conflicting or redundant options");
    }
    return OK;
}

static int64_t type_limit(Type type, bool is_maximum) {
    int64_t maximum = type.id == TYPE_INT2 ? INT16_MAX : type.id == TYPE_INT4 ? INT32_MAX : INT64_MAX;
    return is_maximum ? maximum : -maximum - 1;
}

/* The end of a sequence: as said, as it was, or (is_reset) as it is when nothing is said. */
static Status read_limit(const SyntaxOption *option, const SequenceSpec *spec, bool is_maximum, bool is_reset,
    int64_t *limit, Error *error) {
    if (option != NULL && option->value != NULL)
        TRY(read_number(option, limit, error));
    else if (option != NULL || is_reset)
        *limit = is_maximum == (spec->increment > 0) ? type_limit(spec->type, is_maximum)
                 : is_maximum                        ? -1
                                                     : 1;
    if (*limit >= type_limit(spec->type, false) && *limit <= type_limit(spec->type, true))
        return OK;
    Text type = {0};
    type_add_name(spec->type, &type);
    error_set(error, STATUS_INVALID_PARAMETER_VALUE, "%s (%lld) is out of range for sequence data type %s",
        is_maximum ? "MAXVALUE" : "MINVALUE", (long long)*limit, text_string(&type));
    text_free(&type);
    return error->status;
}

static Status check_value(const SequenceSpec *spec, const char *what, int64_t value, Error *error) {
    if (value < spec->minimum)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE,
            "%s value (%lld) cannot be less than MINVALUE (%lld)", what, (long long)value,
            (long long)spec->minimum);
    if (value > spec->maximum)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE,
            "%s value (%lld) cannot be greater than MAXVALUE (%lld)", what, (long long)value,
            (long long)spec->maximum);
    return OK;
}

static Status check_spec(const SequenceSpec *spec, int64_t last, Error *error) {
    if (spec->minimum >= spec->maximum)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE,
            "MINVALUE (%lld) must be less than MAXVALUE (%lld)", (long long)spec->minimum,
            (long long)spec->maximum);
    TRY(check_value(spec, "START", spec->start, error));
    TRY(check_value(spec, "RESTART", last, error));
    return spec->cache > 0 ? OK
                           : error_set(error, STATUS_INVALID_PARAMETER_VALUE,
                                 "CACHE (%lld) must be greater than zero", (long long)spec->cache);
}

Status sequence_define(const SyntaxOptions *options, SequenceSpec *spec, const int64_t *last, Error *error) {
    bool is_new = last == NULL, was_up = spec->increment >= 0;
    Type type = spec->type;
    const SyntaxOption *option;
    TRY(check_names(options, error));
    if ((option = find_option(options, "as")) != NULL)
        TRY(read_type(option->value, &type, error));
    bool resets_maximum =
        is_new || (type.id != spec->type.id && was_up && spec->maximum == type_limit(spec->type, true));
    bool resets_minimum =
        is_new || (type.id != spec->type.id && !was_up && spec->minimum == type_limit(spec->type, false));
    spec->type = type;
    if ((option = find_option(options, "increment")) != NULL)
        TRY(read_number(option, &spec->increment, error));
    if (spec->increment == 0)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "INCREMENT must not be zero");
    if ((option = find_option(options, "cycle")) != NULL)
        spec->is_cycle =
            option->value == NULL || strcmp(option->value, "true") == 0 || strcmp(option->value, "1") == 0;
    TRY(read_limit(find_option(options, "maxvalue"), spec, true, resets_maximum, &spec->maximum, error));
    TRY(read_limit(find_option(options, "minvalue"), spec, false, resets_minimum, &spec->minimum, error));
    if ((option = find_option(options, "start")) != NULL)
        TRY(read_number(option, &spec->start, error));
    else if (is_new)
        spec->start = spec->increment > 0 ? spec->minimum : spec->maximum;
    if ((option = find_option(options, "cache")) != NULL)
        TRY(read_number(option, &spec->cache, error));
    int64_t next = is_new ? spec->start : *last;
    if (!is_new)
        spec->generation++;
    if (!is_new && (option = find_option(options, "restart")) != NULL) {
        spec->restart = spec->start;
        if (option->value != NULL)
            TRY(read_number(option, &spec->restart, error));
        spec->restarted = spec->generation;
        next = spec->restart;
    }
    return check_spec(spec, next, error);
}

static SequenceSpec new_spec(Type type) {
    return (SequenceSpec){.type = type, .increment = 1, .cache = 1};
}

static Status create_run(SimpleExecution *execution, Error *error) {
    Analysis *analysis = execution->analysis;
    const SyntaxCreateSequence *syntax = analysis->syntax->create_sequence;
    const char *schema, *name;
    SequenceSpec spec = new_spec(type_of(TYPE_INT8));
    Status status;
    bool is_temporary = syntax->is_temporary;
    TRY(ddl_new_name(execution, &syntax->name, &is_temporary, &schema, &name, error));
    if (ddl_skips(execution->session, schema, name, syntax->if_not_exists, &status, error))
        return OK;
    TRY(status);
    TRY(sequence_define(&syntax->options, &spec, NULL, error));
    Object *object =
        object_create(catalog_next_id(analysis->instance->catalog), RELATION_SEQUENCE, schema, name);
    object_set_sequence(object, &spec);
    const SyntaxOption *owner = find_option(&syntax->options, "owned_by");
    if (owner != NULL)
        status = sequence_set_owner(execution->session, &analysis->view.path, object, owner->value, error);
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

const Command create_sequence_command = {.is_definition = true, .execute = create_execute};

/* Columns. */

static Status reserve_name(Session *session, Object *table, const char *column, const SyntaxOption *option,
    const char **name, Error *error) {
    const CatalogRelation *relation = &table->relation;
    if (option != NULL &&
        option->value != NULL) { /* SEQUENCE NAME of an identity, whose schema is its table's */
        const char *dot = strrchr(option->value, ',');
        *name = arena_strdup(table->arena, dot == NULL ? option->value : dot + 1);
        return ddl_reserve_name(session, relation->schema, *name, error);
    }
    *name = arena_printf(table->arena, "%s_%s_seq", relation->name, column);
    Status status = ddl_reserve_name(session, relation->schema, *name, error);
    for (int i = 1; status == STATUS_DUPLICATE_TABLE; i++) {
        error_clear(error);
        *name = arena_printf(table->arena, "%s_%s_seq%d", relation->name, column, i);
        status = ddl_reserve_name(session, relation->schema, *name, error);
    }
    return status;
}

/* nextval('name') */
static const CatalogDefinition *next_value(Arena *arena, const CatalogRelation *sequence) {
    enum { BEGIN = sizeof "nextval(" - 1 };
    CatalogDefinition *definition = ARENA_NEW(arena, CatalogDefinition);
    Text text = {0};
    text_add_string(&text, "nextval(");
    deparse_string(sequence->name, &text);
    definition->reference_count = definition->mark_count = 1;
    definition->references = ARENA_NEW(arena, CatalogReference);
    *definition->references = (CatalogReference){
        .name = arena_strdup(arena, sequence->name), .id = sequence->id, .is_constant = true};
    definition->marks = ARENA_NEW(arena, CatalogMark);
    *definition->marks = (CatalogMark){MARK_CONSTANT, BEGIN, (int)text.length, 0, -1};
    text_add_char(&text, ')');
    definition->text = arena_strdup(arena, text_string(&text));
    text_free(&text);
    return definition;
}

Status sequence_for_column(
    Session *session, Object *table, CatalogColumn *column, const SyntaxOptions *options, Error *error) {
    SequenceSpec spec = new_spec(column->type);
    const char *name;
    TRY(sequence_define(options, &spec, NULL, error));
    TRY(reserve_name(session, table, column->name, find_option(options, "sequence_name"), &name, error));
    Object *object = object_create(catalog_next_id(session_state(session)->instance->catalog),
        RELATION_SEQUENCE, table->relation.schema, name);
    object_set_sequence(object, &spec);
    sequence_own(object, table->relation.id, column->name);
    column->default_value = next_value(table->arena, &object->relation);
    column->is_not_null = true;
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

static Status current(
    const SessionState *state, uint32_t id, const char *name, int64_t *value, Error *error) {
    for (int i = 0; i < state->seen_count; i++)
        if (state->seen[i].id == id) {
            *value = state->seen[i].value;
            return OK;
        }
    if (name == NULL)
        return error_set(
            error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "lastval is not yet defined in this session");
    return error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE,
        "currval of sequence \"%s\" is not yet defined in this session", name);
}

static Status act(
    const Session *session, SequenceAction action, const Object *object, int64_t *value, Error *error) {
    SessionState *state = session_state(session);
    Sequences *sequences = state->instance->sequences;
    uint32_t id = object->relation.id;
    switch (action) {
    case SEQUENCE_NEXT:
        TRY(sequence_next(sequences, session, object, value, error));
        remember(state, id, *value, true);
        return OK;
    case SEQUENCE_SET:
        TRY(sequence_set(sequences, session, object, (SequenceValue){*value, true}, error));
        remember(state, id, *value, false);
        return OK;
    case SEQUENCE_SET_UNCALLED:
        return sequence_set(sequences, session, object, (SequenceValue){*value, false}, error);
    case SEQUENCE_CURRENT:
    case SEQUENCE_LAST:
        return current(state, id, object->relation.name, value, error);
    }
    return OK;
}

/* Any of the privileges will do; an identity column's sequence is its table's affair. */
static Status check_access(SessionState *state, SequenceAction action, const Object *object, Error *error) {
    CatalogSnapshot *snapshot = session_catalog(state);
    Role role = role_current(state->system.session, snapshot);
    const Object *table = catalog_find_id(snapshot, object->sequence.owner_id);
    bool is_identity = false;
    for (int i = 0; table != NULL && i < table->relation.column_count; i++)
        is_identity |= table->relation.columns[i].identity != 0 &&
                       strcmp(table->relation.columns[i].name, object->sequence.owner_column) == 0;
    uint32_t wanted = action == SEQUENCE_NEXT      ? PRIVILEGE_USAGE | PRIVILEGE_UPDATE
                      : action == SEQUENCE_CURRENT ? PRIVILEGE_USAGE | PRIVILEGE_SELECT
                                                   : PRIVILEGE_UPDATE;
    bool is_allowed =
        (action == SEQUENCE_NEXT && is_identity) || (role_privileges(&role, object, NULL) & wanted) != 0;
    catalog_snapshot_release(snapshot);
    return is_allowed ? OK
                      : error_set(error, STATUS_INSUFFICIENT_PRIVILEGE, "permission denied for sequence %s",
                            object->relation.name);
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
    Status status = check_access(state, action, object, error);
    if (status == OK)
        status = act(((SystemFacts *)owner)->session, action, object, value, error);
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
    const Object *sequence = is_found ? catalog_find_owned(snapshot, object->relation.id, column) : NULL;
    if (sequence != NULL) {
        deparse_identifier(sequence->relation.schema, out);
        text_add_char(out, '.');
        deparse_identifier(sequence->relation.name, out);
    }
    catalog_snapshot_release(snapshot);
    return is_found ? OK
                    : error_set(error, STATUS_UNDEFINED_COLUMN,
                          "column \"%s\" of relation \"%s\" does not exist", column, table);
}

void sequence_facts(SessionFacts *facts) {
    facts->sequence = ask;
    facts->serial_sequence = serial_sequence;
}
