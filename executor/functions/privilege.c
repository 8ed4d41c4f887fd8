/* Privileges: there is no authorisation between users, so whoever is connected may do what can be done at all; what is asked about must exist. */
#include <ctype.h>
#include <strings.h>

#include "executor/functions/session_facts.h"
#include "executor/functions/string_kernel.h"

static bool is_string(const Column *column) {
    return column->layout == LAYOUT_VIEW;
}

/* Whether the relation, by name or oid, exists: an unknown name is an error, an unknown oid gives NULL. */
static bool relation_exists(KernelContext *context, const Column *argument, int row, bool *has_failed) {
    if (!is_string(argument))
        return context->session->visibility(context->session->owner, (uint32_t)column_int8(argument, row)) != VISIBILITY_NONE;
    const View *name = column_view(argument, row);
    const TypeNames *names = context->settings->names;
    Error error = {0};
    int64_t oid = 0;
    if (names != NULL && names->oid_of(names->catalog, TYPE_REGCLASS, view_bytes(name), name->length, &oid, &error) != OK) {
        KERNEL_FAIL(context, row, error.status, "%s", error.message);
        *has_failed = true;
    }
    error_clear(&error);
    return !*has_failed;
}

/* Comma-separated words, each perhaps WITH GRANT OPTION. */
static bool privilege_is_known(KernelContext *context, const char *allowed, const Column *argument, int row) {
    const View *view = column_view(argument, row);
    char *rest = arena_copy(context->scratch, view_bytes(view), view->length), *part;
    while ((part = strsep(&rest, ",")) != NULL) {
        char word[64] = "|";
        size_t length = 1;
        for (part += strspn(part, " "); *part != 0 && length < sizeof word - 2; part++)
            word[length++] = (char)toupper((unsigned char)*part);
        while (word[length - 1] == ' ')
            length--;
        const char *grant = " WITH GRANT OPTION";
        if (length > strlen(grant) && memcmp(word + length - strlen(grant), grant, strlen(grant)) == 0)
            length -= strlen(grant);
        word[length++] = '|';
        word[length] = 0;
        if (strstr(allowed, word) == NULL) {
            KERNEL_FAIL(context, row, STATUS_INVALID_PARAMETER_VALUE, "unrecognized privilege type: \"%.*s\"", (int)view->length, view_bytes(view));
            return false;
        }
    }
    return true;
}

/* The last argument says what for; `relation` is the argument that names a relation, −1: none does. */
static void allow(
    KernelContext *context, int row_count, const Column *const *arguments, int argument_count, int relation, const char *allowed, Column *result) {
    for (int i = 0; i < row_count; i++) {
        bool has_failed = false;
        if (row_is_null(context, i))
            continue;
        if (context->session == NULL) {
            KERNEL_FAIL(context, i, STATUS_FEATURE_NOT_SUPPORTED, "functions about the session are not supported here");
            continue;
        }
        if (!privilege_is_known(context, allowed, arguments[argument_count - 1], i))
            continue;
        bool exists = relation < 0 || relation_exists(context, arguments[relation], i, &has_failed);
        if (has_failed)
            continue;
        if (!exists)
            column_set_null(result, i);
        else
            ((uint8_t *)result->values)[i] = 1;
    }
}

#define ALLOW(name, relation, allowed)                                                   \
    static void name(KERNEL_PARAMETERS) {                                                \
        allow(context, row_count, arguments, argument_count, relation, allowed, result); \
    }
ALLOW(table_privilege, argument_count - 2, "|SELECT|INSERT|UPDATE|DELETE|TRUNCATE|REFERENCES|TRIGGER|RULE|")
ALLOW(any_column_privilege, argument_count - 2, "|SELECT|INSERT|UPDATE|REFERENCES|")
ALLOW(column_privilege, argument_count - 3, "|SELECT|INSERT|UPDATE|REFERENCES|")
ALLOW(sequence_privilege, argument_count - 2, "|USAGE|SELECT|UPDATE|")
ALLOW(database_privilege, -1, "|CREATE|TEMPORARY|TEMP|CONNECT|")
ALLOW(schema_privilege, -1, "|CREATE|USAGE|")
ALLOW(tablespace_privilege, -1, "|CREATE|")
ALLOW(function_privilege, -1, "|EXECUTE|")
ALLOW(usage_privilege, -1, "|USAGE|")
ALLOW(role_privilege, -1, "|USAGE|MEMBER|")

/* What an object's creator and everyone else may do when nothing was granted, as aclitem[]. */
static void default_acl(KERNEL_PARAMETERS) {
    static const struct {
        char kind;
        const char *everyone, *owner;
    } defaults[] = {{'r', "", "arwdDxt"}, {'s', "", "rwU"}, {'d', "Tc", "CTc"}, {'f', "X", "X"}, {'l', "U", "U"}, {'L', "", "rw"}, {'n', "", "UC"},
        {'t', "", "C"}, {'F', "", "U"}, {'S', "", "U"}, {'T', "U", "U"}, {'p', "", "sA"}};
    Text text = {0};
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i);
        const char *role =
            context->session == NULL ? NULL : context->session->role_name(context->session->owner, (uint32_t)column_int8(arguments[1], i));
        char kind = view->length > 0 ? view_bytes(view)[0] : 0;
        size_t entry = 0;
        while (entry < sizeof defaults / sizeof *defaults && defaults[entry].kind != kind)
            entry++;
        if (row_is_null(context, i))
            continue;
        if (role == NULL || entry == sizeof defaults / sizeof *defaults) {
            column_set_null(result, i);
            continue;
        }
        text_add_char(&text, '{');
        if (defaults[entry].everyone[0] != 0)
            text_printf(&text, "=%s/%s,", defaults[entry].everyone, role);
        text_printf(&text, "%s=%s/%s}", role, defaults[entry].owner, role);
        Datum datum;
        Error error = {0};
        if (datum_parse(type_array_of(TYPE_ACLITEM), text_string(&text), text.length, context->settings, context->scratch, &datum, &error) == OK)
            column_set_datum(result, i, &datum);
        else
            KERNEL_FAIL(context, i, error.status, "%s", error.message);
        error_clear(&error);
        text_reset(&text);
    }
    text_free(&text);
}

enum { CATALOG = FUNCTION_CATALOG | FUNCTION_STABLE };

/* The user may be left out, or be a name or oid; the object is a name or an oid. */
#define PRIVILEGE(name, kernel)                                                                                    \
    {name "(text, text) -> bool", kernel, CATALOG}, {name "(oid, text) -> bool", kernel, CATALOG},                 \
        {name "(name, text, text) -> bool", kernel, CATALOG}, {name "(name, oid, text) -> bool", kernel, CATALOG}, \
        {name "(oid, text, text) -> bool", kernel, CATALOG}, {                                                     \
        name "(oid, oid, text) -> bool", kernel, CATALOG                                                           \
    }

const FunctionRow privilege_functions[] = {
    PRIVILEGE("has_table_privilege", table_privilege),
    PRIVILEGE("has_any_column_privilege", any_column_privilege),
    PRIVILEGE("has_sequence_privilege", sequence_privilege),
    PRIVILEGE("has_database_privilege", database_privilege),
    PRIVILEGE("has_schema_privilege", schema_privilege),
    PRIVILEGE("has_tablespace_privilege", tablespace_privilege),
    PRIVILEGE("has_function_privilege", function_privilege),
    PRIVILEGE("has_language_privilege", usage_privilege),
    PRIVILEGE("has_type_privilege", usage_privilege),
    PRIVILEGE("has_server_privilege", usage_privilege),
    PRIVILEGE("has_foreign_data_wrapper_privilege", usage_privilege),
    {"has_column_privilege(text, text, text) -> bool", column_privilege, CATALOG},
    {"has_column_privilege(text, int2, text) -> bool", column_privilege, CATALOG},
    {"has_column_privilege(oid, text, text) -> bool", column_privilege, CATALOG},
    {"has_column_privilege(oid, int2, text) -> bool", column_privilege, CATALOG},
    {"has_column_privilege(name, text, text, text) -> bool", column_privilege, CATALOG},
    {"has_column_privilege(name, oid, text, text) -> bool", column_privilege, CATALOG},
    {"has_column_privilege(name, oid, int2, text) -> bool", column_privilege, CATALOG},
    {"pg_has_role(name, text) -> bool", role_privilege, CATALOG},
    {"pg_has_role(oid, text) -> bool", role_privilege, CATALOG},
    {"pg_has_role(name, name, text) -> bool", role_privilege, CATALOG},
    {"pg_has_role(name, oid, text) -> bool", role_privilege, CATALOG},
    {"pg_has_role(oid, name, text) -> bool", role_privilege, CATALOG},
    {"pg_has_role(oid, oid, text) -> bool", role_privilege, CATALOG},
    {"acldefault(char, oid) -> aclitem[]", default_acl, CATALOG},
    {0},
};
