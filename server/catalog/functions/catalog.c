/* Functions about the session, and texts, visibility and sizes of catalog objects: what psql and drivers ask
   when they describe a database. All but a few read SessionFacts, so they are not for views. */
#include <strings.h>

#include "executor/base/clock.h"
#include "executor/functions/text/string_kernel.h"
#include "executor/types/array.h"
#include "server/catalog/functions/library.h"
#include "server/catalog/functions/session_facts.h"

/* NULL where there is no session, after marking every row as failed. */
static const SessionFacts *facts_of(KernelContext *context, int row_count) {
    const SessionFacts *facts = session_facts(context);
    for (int i = 0; facts == NULL && i < row_count; i++)
        KERNEL_FAIL(
            context, i, STATUS_FEATURE_NOT_SUPPORTED, "functions about the session are not supported here");
    return facts;
}

static uint32_t argument_oid(const Column *const *arguments, int argument, int row) {
    return (uint32_t)column_int8(arguments[argument], row);
}

static const char *argument_text(
    KernelContext *context, const Column *const *arguments, int argument, int row) {
    const View *view = argument_view(arguments, argument, row);
    return arena_copy(context->scratch, view_bytes(view), view->length);
}

static void set_string(Column *result, int row, const char *string) {
    if (string == NULL)
        column_set_null(result, row);
    else
        column_set_bytes(result, row, string, (uint32_t)strlen(string));
}

/* The session. */

#define SESSION_TEXT(name, expression)                            \
    static void name(KERNEL_PARAMETERS) {                         \
        const SessionFacts *facts = facts_of(context, row_count); \
        for (int i = 0; facts != NULL && i < row_count; i++)      \
            set_string(result, i, expression);                    \
    }

#define SESSION_NUMBER(name, type, expression)                    \
    static void name(KERNEL_PARAMETERS) {                         \
        const SessionFacts *facts = facts_of(context, row_count); \
        for (int i = 0; facts != NULL && i < row_count; i++)      \
            ((type *)result->values)[i] = expression;             \
    }

static const char *version_text(KernelContext *context, const SessionFacts *facts) {
    return arena_printf(context->scratch, "PostgreSQL %s (Leat) on %s, compiled by gcc %s, 64-bit",
        facts->setting(facts->owner, "server_version"),
#if defined __x86_64__
        "x86_64-pc-linux-gnu",
#else
        "aarch64-unknown-linux-gnu",
#endif
        __VERSION__);
}

SESSION_TEXT(current_user_name, facts->user(facts->owner, false))
SESSION_TEXT(session_user_name, facts->user(facts->owner, true))
SESSION_TEXT(database_name, facts->database)
SESSION_TEXT(version, version_text(context, facts))
SESSION_NUMBER(process_id, int32_t, facts->process_id)
SESSION_NUMBER(transaction_id, int64_t, facts->transaction_id(facts->owner))
SESSION_NUMBER(start_time, int64_t, facts->server_start)

/* Schemas of the search path that exist, in order; pg_catalog, searched first unless it is named, only when
   asked for. */
static void visit_schemas(const SessionFacts *facts, Arena *arena, bool with_implicit,
    void (*visit)(void *argument, const char *schema), void *argument) {
    const char *path = facts->setting(facts->owner, "search_path");
    char *copy = arena_strdup(arena, path == NULL ? "" : path);
    uint32_t oid;
    const char *temporary = with_implicit ? facts->temporary_schema(facts->owner, &oid) : NULL;
    if (temporary != NULL)
        visit(argument, temporary);
    if (with_implicit && strstr(copy, "pg_catalog") == NULL)
        visit(argument, "pg_catalog");
    char *rest = copy, *part;
    while ((part = strsep(&rest, ",")) != NULL) {
        part += strspn(part, " \"");
        part[strcspn(part, " \"")] = 0;
        const char *schema = strcmp(part, "$user") == 0 ? facts->user(facts->owner, false) : part;
        if (*schema != 0 && facts->schema_exists(facts->owner, schema))
            visit(argument, schema);
    }
}

static void temporary_schema(KERNEL_PARAMETERS) {
    const SessionFacts *facts = facts_of(context, row_count);
    uint32_t oid;
    for (int i = 0; facts != NULL && i < row_count; i++) {
        facts->temporary_schema(facts->owner, &oid);
        ((int64_t *)result->values)[i] = oid;
    }
}

static void is_other_temporary(KERNEL_PARAMETERS) {
    const SessionFacts *facts = facts_of(context, row_count);
    for (int i = 0; facts != NULL && i < row_count; i++) {
        uint32_t oid, own;
        if (row_is_null(context, i))
            continue;
        oid = argument_oid(arguments, 0, i);
        facts->temporary_schema(facts->owner, &own);
        ((uint8_t *)result->values)[i] = oid != own && facts->is_temporary_schema(facts->owner, oid);
    }
}

static void keep_first(void *argument, const char *schema) {
    const char **first = argument;
    if (*first == NULL)
        *first = schema;
}

static void add_name(void *argument, const char *schema) {
    array_builder_add_string(argument, schema, strlen(schema));
}

static void current_schema(KERNEL_PARAMETERS) {
    const SessionFacts *facts = facts_of(context, row_count);
    const char *first = NULL;
    if (facts != NULL)
        visit_schemas(facts, context->scratch, false, keep_first, &first);
    for (int i = 0; i < row_count; i++)
        set_string(result, i, first);
}

static void current_schemas(KERNEL_PARAMETERS) {
    const SessionFacts *facts = facts_of(context, row_count);
    Text bytes = {0};
    for (int i = 0; facts != NULL && i < row_count; i++) {
        ArrayBuilder builder = {.element = type_of(TYPE_NAME)};
        visit_schemas(facts, context->scratch, KERNEL_AT(uint8_t, arguments[0], i), add_name, &builder);
        array_builder_finish(&builder, &bytes);
        array_builder_free(&builder);
        result_take_text(result, i, &bytes);
    }
    text_free(&bytes);
}

static void current_setting(KERNEL_PARAMETERS) {
    const SessionFacts *facts = facts_of(context, row_count);
    for (int i = 0; facts != NULL && i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const char *name = argument_text(context, arguments, 0, i);
        const char *text = facts->setting(facts->owner, name);
        if (text == NULL && !(argument_count == 2 && KERNEL_AT(uint8_t, arguments[1], i)))
            KERNEL_FAIL(
                context, i, STATUS_UNDEFINED_OBJECT, "unrecognized configuration parameter \"%s\"", name);
        else
            set_string(result, i, text);
    }
}

static void set_config(KERNEL_PARAMETERS) {
    const SessionFacts *facts = facts_of(context, row_count);
    for (int i = 0; facts != NULL && i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Error error = {0};
        const char *name = argument_text(context, arguments, 0, i),
                   *text = argument_text(context, arguments, 1, i);
        if (facts->set(facts->owner, name, text, KERNEL_AT(uint8_t, arguments[2], i), &error) != OK)
            KERNEL_FAIL(context, i, error.status, "%s", error.message);
        else
            set_string(result, i, facts->setting(facts->owner, name));
        error_clear(&error);
    }
}

/* Sequences. */

static void ask_sequence(KernelContext *context, SequenceAction action, uint32_t relation, int64_t value,
    int row, Column *result) {
    const SessionFacts *facts = session_facts(context);
    Error error = {0};
    if (facts->sequence(facts->owner, action, relation, &value, &error) != OK)
        KERNEL_FAIL(context, row, error.status, "%s", error.message);
    else
        ((int64_t *)result->values)[row] = value;
    error_clear(&error);
}

static void nextval(KERNEL_PARAMETERS) {
    for (int i = 0; facts_of(context, row_count) != NULL && i < row_count; i++)
        if (!row_is_null(context, i))
            ask_sequence(context, SEQUENCE_NEXT, argument_oid(arguments, 0, i), 0, i, result);
}

static void currval(KERNEL_PARAMETERS) {
    for (int i = 0; facts_of(context, row_count) != NULL && i < row_count; i++)
        if (!row_is_null(context, i))
            ask_sequence(context, SEQUENCE_CURRENT, argument_oid(arguments, 0, i), 0, i, result);
}

static void lastval(KERNEL_PARAMETERS) {
    for (int i = 0; facts_of(context, row_count) != NULL && i < row_count; i++)
        ask_sequence(context, SEQUENCE_LAST, 0, 0, i, result);
}

static void setval(KERNEL_PARAMETERS) {
    for (int i = 0; facts_of(context, row_count) != NULL && i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        bool is_called = argument_count < 3 || KERNEL_AT(uint8_t, arguments[2], i);
        ask_sequence(context, is_called ? SEQUENCE_SET : SEQUENCE_SET_UNCALLED, argument_oid(arguments, 0, i),
            column_int8(arguments[1], i), i, result);
    }
}

static void notify(KERNEL_PARAMETERS) {
    const SessionFacts *facts = facts_of(context, row_count);
    for (int i = 0; facts != NULL && i < row_count; i++) {
        Error error = {0};
        const char *channel = column_is_null(arguments[0], i) ? "" : argument_text(context, arguments, 0, i);
        const char *payload = column_is_null(arguments[1], i) ? "" : argument_text(context, arguments, 1, i);
        if (facts->notify(facts->owner, channel, payload, &error) != OK)
            KERNEL_FAIL(context, i, error.status, "%s", error.message);
        error_clear(&error);
    }
}

static void serial_sequence(KERNEL_PARAMETERS) {
    const SessionFacts *facts = facts_of(context, row_count);
    for (int i = 0; facts != NULL && i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Error error = {0};
        Text text = {0};
        const char *table = argument_text(context, arguments, 0, i),
                   *column = argument_text(context, arguments, 1, i);
        if (facts->serial_sequence(facts->owner, table, column, &text, &error) != OK)
            KERNEL_FAIL(context, i, error.status, "%s", error.message);
        else
            set_string(result, i, text.length > 0 ? text_string(&text) : NULL);
        text_free(&text);
        error_clear(&error);
    }
}

/* What is always so: one server that never recovers while it answers, without sequences, triggers, rules,
   advisory locks. */

static void always_null(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++)
        column_set_null(result, i);
}

static void always_zero(KERNEL_PARAMETERS) {
    memset(result->values, 0, (size_t)row_count * layout_width((Layout)result->layout));
}

static void always_true(KERNEL_PARAMETERS) {
    memset(result->values, 1, (size_t)row_count);
    for (int i = 0; i < row_count; i++)
        if (row_is_null(context, i))
            ((uint8_t *)result->values)[i] = 0;
}

static void always_empty(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++)
        result_set_view(result, i, "", 0);
}

static void encoding_name(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        int32_t encoding = argument_int4(arguments, 0, i);
        set_string(result, i,
            row_is_null(context, i) ? NULL
            : encoding == 6         ? "UTF8"
            : encoding == 0         ? "SQL_ASCII"
                                    : "");
    }
}

static void encoding_number(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        const char *name = argument_text(context, arguments, 0, i);
        bool is_utf8 = strcasecmp(name, "utf8") == 0 || strcasecmp(name, "utf-8") == 0 ||
                       strcasecmp(name, "unicode") == 0;
        ((int32_t *)result->values)[i] = row_is_null(context, i)              ? 0
                                         : is_utf8                            ? 6
                                         : strcasecmp(name, "sql_ascii") == 0 ? 0
                                                                              : -1;
    }
}

static void client_encoding(KERNEL_PARAMETERS) {
    const SessionFacts *facts = facts_of(context, row_count);
    for (int i = 0; facts != NULL && i < row_count; i++)
        set_string(result, i, facts->setting(facts->owner, "client_encoding"));
}

/* Objects. */

static void role_name(KERNEL_PARAMETERS) {
    const SessionFacts *facts = facts_of(context, row_count);
    for (int i = 0; facts != NULL && i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        uint32_t oid = argument_oid(arguments, 0, i);
        const char *name = facts->role_name(facts->owner, oid);
        set_string(result, i, name != NULL ? name : arena_printf(context->scratch, "unknown (OID=%u)", oid));
    }
}

static void table_is_visible(KERNEL_PARAMETERS) {
    const SessionFacts *facts = facts_of(context, row_count);
    for (int i = 0; facts != NULL && i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Visibility visibility = facts->visibility(facts->owner, argument_oid(arguments, 0, i));
        if (visibility == VISIBILITY_NONE)
            column_set_null(result, i);
        else
            ((uint8_t *)result->values)[i] = visibility == VISIBILITY_VISIBLE;
    }
}

/* Also one that a user has made. */
static Type any_type(const KernelContext *context, uint32_t oid) {
    const TypeNames *names = context->settings->names;
    Type type = type_from_oid(oid);
    return type_oid(type) == oid || names == NULL || names->type_of == NULL
               ? type
               : names->type_of(names->catalog, oid);
}

static void type_is_visible(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        uint32_t oid = argument_oid(arguments, 0, i);
        if (row_is_null(context, i))
            continue;
        if (type_oid(any_type(context, oid)) != oid)
            column_set_null(result, i);
        else
            ((uint8_t *)result->values)[i] = 1;
    }
}

static void is_publishable(KERNEL_PARAMETERS) {
    const SessionFacts *facts = facts_of(context, row_count);
    for (int i = 0; facts != NULL && i < row_count; i++) {
        uint32_t oid = argument_oid(arguments, 0, i);
        if (row_is_null(context, i))
            continue;
        if (facts->visibility(facts->owner, oid) == VISIBILITY_NONE)
            column_set_null(result, i);
        else
            ((uint8_t *)result->values)[i] = oid >= 16384;
    }
}

/* The modifier may be NULL: "character" then, not the "bpchar" of modifier -1. */
static void format_type(KERNEL_PARAMETERS) {
    Text text = {0};
    for (int i = 0; i < row_count; i++) {
        if (column_is_null(arguments[0], i)) {
            column_set_null(result, i);
            continue;
        }
        uint32_t oid = argument_oid(arguments, 0, i);
        Type type = any_type(context, oid);
        bool has_modifier = !column_is_null(arguments[1], i);
        type.modifier = has_modifier ? argument_int4(arguments, 1, i) : -1;
        if (oid == 0)
            text_add_char(&text, '-');
        else if (type_oid(type) != oid)
            text_add_string(&text, "???");
        else if (type.id == TYPE_BPCHAR && has_modifier && type.modifier < 0)
            text_add_string(&text, type.is_array ? "bpchar[]" : "bpchar");
        else
            type_add_name(type, &text);
        result_take_text(result, i, &text);
    }
    text_free(&text);
}

static void type_of_argument(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++)
        ((int64_t *)result->values)[i] = type_oid(arguments[0]->type);
}

/* Stored expressions are kept as their text. */
static void expression_text(KERNEL_PARAMETERS) {
    column_keep_buffers_of(result, arguments[0]);
    for (int i = 0; i < row_count; i++)
        if (!row_is_null(context, i))
            ((View *)result->values)[i] = *argument_view(arguments, 0, i);
}

static void define(KernelContext *context, int row_count, const Column *const *arguments,
    DefinitionRequest definition, int column_argument, int pretty_argument, Column *result) {
    const SessionFacts *facts = facts_of(context, row_count);
    Text text = {0};
    for (int i = 0; facts != NULL && i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        definition.oid = argument_oid(arguments, 0, i);
        definition.column = column_argument > 0 ? argument_int4(arguments, column_argument, i) : 0;
        definition.is_pretty = pretty_argument > 0 && KERNEL_AT(uint8_t, arguments[pretty_argument], i);
        if (facts->define(facts->owner, &definition, &text))
            result_take_text(result, i, &text);
        else
            column_set_null(result, i);
    }
    text_free(&text);
}

#define DEFINE(name, kind_, column_argument, pretty_argument)                                      \
    static void name(KERNEL_PARAMETERS) {                                                          \
        define(context, row_count, arguments, (DefinitionRequest){.kind = kind_}, column_argument, \
            pretty_argument, result);                                                              \
    }
DEFINE(view_text, DEFINITION_VIEW, 0, 0)
DEFINE(view_text_pretty, DEFINITION_VIEW, 0, 1)
DEFINE(index_text, DEFINITION_INDEX, 0, 0)
DEFINE(index_text_pretty, DEFINITION_INDEX, 1, 2)
DEFINE(constraint_text, DEFINITION_CONSTRAINT, 0, 0)
DEFINE(constraint_text_pretty, DEFINITION_CONSTRAINT, 0, 1)
DEFINE(function_text, DEFINITION_FUNCTION, 0, 0)
DEFINE(function_arguments, DEFINITION_FUNCTION_ARGUMENTS, 0, 0)
DEFINE(function_identity, DEFINITION_FUNCTION_IDENTITY, 0, 0)
DEFINE(function_result, DEFINITION_FUNCTION_RESULT, 0, 0)

/* Of an oid in any catalog, in the one that is named, or of a relation's column. */
static void comment(KERNEL_PARAMETERS) {
    const SessionFacts *facts = facts_of(context, row_count);
    bool is_column = argument_count > 1 && arguments[1]->type.id == TYPE_INT4;
    Text text = {0};
    for (int i = 0; facts != NULL && i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        DefinitionRequest definition = {.kind = DEFINITION_COMMENT, .oid = argument_oid(arguments, 0, i)};
        definition.column = is_column ? argument_int4(arguments, 1, i) : 0;
        definition.catalog = is_column            ? "pg_class"
                             : argument_count > 1 ? argument_text(context, arguments, 1, i)
                                                  : NULL;
        if ((!is_column || definition.column != 0) && facts->define(facts->owner, &definition, &text))
            result_take_text(result, i, &text);
        else
            column_set_null(result, i);
    }
    text_free(&text);
}

/* A name's oid; NULL when nothing has the name. */
static void find_name(
    KernelContext *context, int row_count, const Column *const *arguments, TypeId type, Column *result) {
    const TypeNames *names = context->settings->names;
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *name = argument_view(arguments, 0, i);
        Error error = {0};
        int64_t oid = 0;
        if (names == NULL ||
            names->oid_of(names->catalog, type, view_bytes(name), name->length, &oid, &error) != OK)
            column_set_null(result, i);
        else
            ((int64_t *)result->values)[i] = oid;
        error_clear(&error);
    }
}

#define FIND_NAME(name, type)                                   \
    static void name(KERNEL_PARAMETERS) {                       \
        find_name(context, row_count, arguments, type, result); \
    }
FIND_NAME(to_regclass, TYPE_REGCLASS)
FIND_NAME(to_regtype, TYPE_REGTYPE)
FIND_NAME(to_regproc, TYPE_REGPROC)
FIND_NAME(to_regnamespace, TYPE_REGNAMESPACE)
FIND_NAME(to_regrole, TYPE_REGROLE)

/* Sizes. */

static void relation_size(KERNEL_PARAMETERS) {
    const SessionFacts *facts = facts_of(context, row_count);
    for (int i = 0; facts != NULL && i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        int64_t size = facts->size(facts->owner, argument_oid(arguments, 0, i));
        if (size < 0)
            column_set_null(result, i);
        else
            ((int64_t *)result->values)[i] = size;
    }
}

static void database_size(KERNEL_PARAMETERS) {
    const SessionFacts *facts = facts_of(context, row_count);
    for (int i = 0; facts != NULL && i < row_count; i++)
        if (!row_is_null(context, i))
            ((int64_t *)result->values)[i] = facts->size(facts->owner, 0);
}

/* From ten thousand on in the next unit, with one more bit so that the last step rounds; what is shifted out
   truncates, as in PostgreSQL. */
static void add_size(int64_t size, Text *out) {
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
    uint64_t magnitude = size < 0 ? 0 - (uint64_t)size : (uint64_t)size;
    int unit = 0;
    for (; unit < 5 && magnitude >= (unit == 0 ? 10 * 1024 : 20 * 1024 - 1); unit++)
        magnitude >>= unit == 0 ? 9 : 10;
    if (unit > 0)
        magnitude = (magnitude + 1) / 2;
    text_printf(out, "%s%llu %s", size < 0 ? "-" : "", (unsigned long long)magnitude, units[unit]);
}

static void size_pretty(KERNEL_PARAMETERS) {
    Text text = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        add_size(column_int8(arguments[0], i), &text);
        result_take_text(result, i, &text);
    }
    text_free(&text);
}

/* In short naps: a cancelled statement ends at once. */
static void sleep_until(const SessionFacts *facts, int64_t (*clock)(void), int64_t end) {
    enum { NAP = 10000 };
    for (int64_t now; (now = clock()) < end && !facts->is_cancelled(facts->owner);)
        clock_sleep(end - now < NAP ? end - now : NAP);
}

static void sleep_seconds(KERNEL_PARAMETERS) {
    const SessionFacts *facts = facts_of(context, row_count);
    for (int i = 0; facts != NULL && i < row_count; i++) {
        double seconds = *(const double *)column_at(arguments[0], i);
        if (!row_is_null(context, i) && seconds > 0)
            sleep_until(facts, clock_monotonic,
                seconds < 1e9 ? clock_monotonic() + (int64_t)(seconds * 1e6) : INT64_MAX);
    }
}

static void sleep_for(KERNEL_PARAMETERS) {
    const SessionFacts *facts = facts_of(context, row_count);
    for (int i = 0; facts != NULL && i < row_count; i++) {
        const Interval *interval = column_at(arguments[0], i);
        if (!row_is_null(context, i))
            sleep_until(facts, clock_monotonic,
                clock_monotonic() + interval->microseconds +
                    (interval->days + 30 * (int64_t)interval->months) * 86400000000LL);
    }
}

static void sleep_to(KERNEL_PARAMETERS) {
    const SessionFacts *facts = facts_of(context, row_count);
    for (int i = 0; facts != NULL && i < row_count; i++)
        if (!row_is_null(context, i))
            sleep_until(facts, clock_wall, column_int8(arguments[0], i));
}

enum {
    CATALOG = FUNCTION_CATALOG | FUNCTION_STABLE,
    WAITS = FUNCTION_CATALOG | FUNCTION_VOLATILE | FUNCTION_WAITS
};

#define NEVER_ABOUT(signature) \
    { signature, always_null, FUNCTION_NOT_STRICT }
#define VISIBLE(what) \
    { "pg_" what "_is_visible(oid) -> bool", always_true, FUNCTION_STABLE }

const FunctionRow catalog_functions[] = {
    {"current_user() -> name", current_user_name, CATALOG},
    {"session_user() -> name", session_user_name, CATALOG},
    {"current_database() -> name", database_name, CATALOG},
    {"version() -> text", version, CATALOG},
    {"pg_backend_pid() -> int4", process_id, CATALOG},
    {"txid_current() -> int8", transaction_id, CATALOG},
    {"pg_postmaster_start_time() -> timestamptz", start_time, CATALOG},
    {"pg_conf_load_time() -> timestamptz", start_time, CATALOG},
    {"current_schema() -> name", current_schema, CATALOG},
    {"current_schemas(bool) -> name[]", current_schemas, CATALOG},
    {"current_setting(text) -> text", current_setting, CATALOG},
    {"current_setting(text, bool) -> text", current_setting, CATALOG},
    {"set_config(text, text, bool) -> text", set_config, CATALOG | FUNCTION_VOLATILE},
    {"pg_sleep(float8) -> void", sleep_seconds, WAITS},
    {"pg_sleep_for(interval) -> void", sleep_for, WAITS},
    {"pg_sleep_until(timestamptz) -> void", sleep_to, WAITS},
    {"pg_is_in_recovery() -> bool", always_zero, FUNCTION_STABLE},
    {"pg_advisory_unlock_all() -> void", always_zero, FUNCTION_VOLATILE},
    {"pg_my_temp_schema() -> oid", temporary_schema, CATALOG},
    {"pg_is_other_temp_schema(oid) -> bool", is_other_temporary, CATALOG},
    {"row_security_active(oid) -> bool", always_zero, FUNCTION_STABLE},
    {"inet_client_addr() -> text", always_null, FUNCTION_STABLE},
    {"inet_server_addr() -> text", always_null, FUNCTION_STABLE},
    {"inet_client_port() -> int4", always_null, FUNCTION_STABLE},
    {"inet_server_port() -> int4", always_null, FUNCTION_STABLE},
    {"pg_encoding_to_char(int4) -> name", encoding_name},
    {"pg_char_to_encoding(name) -> int4", encoding_number},
    {"pg_client_encoding() -> name", client_encoding, CATALOG},
    {"getdatabaseencoding() -> name", client_encoding, CATALOG},
    {"pg_get_userbyid(oid) -> name", role_name, CATALOG},
    {"pg_table_is_visible(oid) -> bool", table_is_visible, CATALOG},
    {"pg_type_is_visible(oid) -> bool", type_is_visible, FUNCTION_STABLE},
    VISIBLE("function"),
    VISIBLE("operator"),
    VISIBLE("opclass"),
    VISIBLE("opfamily"),
    VISIBLE("collation"),
    VISIBLE("conversion"),
    VISIBLE("ts_parser"),
    VISIBLE("ts_dict"),
    VISIBLE("ts_template"),
    VISIBLE("ts_config"),
    VISIBLE("statistics_obj"),
    {"pg_relation_is_publishable(regclass) -> bool", is_publishable, CATALOG},
    {"format_type(oid, int4) -> text", format_type, FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    {"pg_typeof(any) -> regtype", type_of_argument, FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    {"pg_get_expr(text, oid) -> text", expression_text, FUNCTION_STABLE},
    {"pg_get_expr(text, oid, bool) -> text", expression_text, FUNCTION_STABLE},
    {"pg_get_viewdef(oid) -> text", view_text, CATALOG},
    {"pg_get_viewdef(oid, bool) -> text", view_text_pretty, CATALOG},
    {"pg_get_viewdef(oid, int4) -> text", view_text, CATALOG},
    {"pg_get_indexdef(oid) -> text", index_text, CATALOG},
    {"pg_get_indexdef(oid, int4, bool) -> text", index_text_pretty, CATALOG},
    {"pg_get_constraintdef(oid) -> text", constraint_text, CATALOG},
    {"pg_get_constraintdef(oid, bool) -> text", constraint_text_pretty, CATALOG},
    {"pg_get_functiondef(oid) -> text", function_text, CATALOG},
    {"pg_get_function_arguments(oid) -> text", function_arguments, CATALOG},
    {"pg_get_function_identity_arguments(oid) -> text", function_identity, CATALOG},
    {"pg_get_function_result(oid) -> text", function_result, CATALOG},
    NEVER_ABOUT("pg_get_function_sqlbody(oid) -> text"),
    NEVER_ABOUT("pg_get_ruledef(oid) -> text"),
    NEVER_ABOUT("pg_get_ruledef(oid, bool) -> text"),
    NEVER_ABOUT("pg_get_triggerdef(oid) -> text"),
    NEVER_ABOUT("pg_get_triggerdef(oid, bool) -> text"),
    NEVER_ABOUT("pg_get_partkeydef(oid) -> text"),
    NEVER_ABOUT("pg_get_partition_constraintdef(oid) -> text"),
    NEVER_ABOUT("pg_get_statisticsobjdef(oid) -> text"),
    NEVER_ABOUT("pg_get_statisticsobjdef_columns(oid) -> text"),
    NEVER_ABOUT("pg_get_statisticsobjdef_expressions(oid) -> text[]"),
    {"pg_notify(text, text) -> void", notify, CATALOG | FUNCTION_VOLATILE | FUNCTION_NOT_STRICT},
    {"pg_get_serial_sequence(text, text) -> text", serial_sequence, CATALOG},
    {"nextval(regclass) -> int8", nextval, WAITS},
    {"currval(regclass) -> int8", currval, CATALOG | FUNCTION_VOLATILE},
    {"lastval() -> int8", lastval, CATALOG | FUNCTION_VOLATILE},
    {"setval(regclass, int8) -> int8", setval, WAITS},
    {"setval(regclass, int8, bool) -> int8", setval, WAITS},
    NEVER_ABOUT("pg_stat_get_numscans(oid) -> int8"),
    {"obj_description(oid) -> text", comment, CATALOG},
    {"obj_description(oid, name) -> text", comment, CATALOG},
    {"col_description(oid, int4) -> text", comment, CATALOG},
    {"shobj_description(oid, name) -> text", comment, CATALOG},
    {"to_regclass(text) -> regclass", to_regclass, CATALOG},
    {"to_regtype(text) -> regtype", to_regtype, CATALOG},
    {"to_regproc(text) -> regproc", to_regproc, CATALOG},
    {"to_regnamespace(text) -> regnamespace", to_regnamespace, CATALOG},
    {"to_regrole(text) -> regrole", to_regrole, CATALOG},
    {"pg_relation_size(regclass) -> int8", relation_size, CATALOG},
    {"pg_relation_size(regclass, text) -> int8", relation_size, CATALOG},
    {"pg_table_size(regclass) -> int8", relation_size, CATALOG},
    {"pg_total_relation_size(regclass) -> int8", relation_size, CATALOG},
    {"pg_indexes_size(regclass) -> int8", always_zero, CATALOG},
    {"pg_database_size(name) -> int8", database_size, CATALOG},
    {"pg_database_size(oid) -> int8", database_size, CATALOG},
    {"pg_tablespace_size(name) -> int8", database_size, CATALOG},
    {"pg_tablespace_size(oid) -> int8", database_size, CATALOG},
    {"pg_tablespace_location(oid) -> text", always_empty, CATALOG},
    {"pg_size_pretty(int8) -> text", size_pretty},
    {0},
};
