/* has_table_privilege and its like. */

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "executor/functions/text/string_kernel.h"
#include "server/catalog/functions/library.h"
#include "server/catalog/functions/session_facts.h"
#include "server/catalog/privilege.h"

static bool is_string(const Column *column) {
    return column->layout == LAYOUT_VIEW;
}

static const char *word_argument(KernelContext *context, const Column *argument, int row) {
    const View *view = column_view(argument, row);
    return arena_copy(context->scratch, view_bytes(view), view->length);
}

/* Comma-separated words, each perhaps WITH GRANT OPTION: whether one of them is among what is held. */
static bool any_is_held(KernelContext *context, const char *allowed, const Column *argument, int row,
    uint32_t held, uint32_t grantable, bool *is_any, bool *has_failed) {
    char *text = (char *)word_argument(context, argument, row), *rest = arena_strdup(context->scratch, text),
         *part;
    *is_any = false;
    while ((part = strsep(&rest, ",")) != NULL) {
        static const char grant[] = " WITH GRANT OPTION";
        char word[64];
        part += strspn(part, " ");
        size_t length = strlen(part);
        while (length > 0 && part[length - 1] == ' ')
            length--;
        bool is_option =
            length > strlen(grant) && strncasecmp(part + length - strlen(grant), grant, strlen(grant)) == 0;
        length -= is_option ? strlen(grant) : 0;
        snprintf(word, sizeof word, "|%.*s|", (int)length, part);
        for (char *c = word; *c != 0; c++)
            *c = (char)toupper((unsigned char)*c);
        if (strstr(allowed, word) == NULL) {
            KERNEL_FAIL(
                context, row, STATUS_INVALID_PARAMETER_VALUE, "unrecognized privilege type: \"%s\"", text);
            *has_failed = true;
            return false;
        }
        word[length + 1] = 0;
        uint32_t privilege =
            strcmp(word + 1, "MEMBER") == 0 ? PRIVILEGE_CONNECT : privilege_by_word(word + 1);
        *is_any |= ((is_option ? grantable : held) & privilege) != 0;
    }
    return true;
}

/* An object or a role as an argument names it: a text, or an oid. */
static void read_name(
    KernelContext *context, const Column *argument, int row, const char **name, uint32_t *oid) {
    if (is_string(argument))
        *name = word_argument(context, argument, row);
    else
        *oid = (uint32_t)column_int8(argument, row);
}

/* The last argument says what for; `object` is the argument that names it; one before that names the role. */
static void allow(KernelContext *context, int row_count, const Column *const *arguments, int argument_count,
    int object, PrivilegeSubject subject, const char *allowed, Column *result) {
    const SessionFacts *facts = session_facts(context);
    for (int i = 0; i < row_count; i++) {
        PrivilegeQuestion question = {.subject = subject, .has_role = object > 0};
        uint32_t held = 0, grantable = 0;
        bool exists = true, is_any = false, has_failed = false;
        Error error = {0};
        if (row_is_null(context, i))
            continue;
        if (facts == NULL) {
            KERNEL_FAIL(context, i, STATUS_FEATURE_NOT_SUPPORTED,
                "functions about the session are not supported here");
            continue;
        }
        read_name(context, arguments[object], i, &question.name, &question.oid);
        if (question.has_role)
            read_name(context, arguments[0], i, &question.role, &question.role_oid);
        if (facts->privileges(facts->owner, &question, &held, &grantable, &exists, &error) != OK) {
            KERNEL_FAIL(context, i, error.status, "%s", error.message);
            error_clear(&error);
            continue;
        }
        if (!any_is_held(
                context, allowed, arguments[argument_count - 1], i, held, grantable, &is_any, &has_failed))
            continue;
        if (!exists)
            column_set_null(result, i);
        else
            ((uint8_t *)result->values)[i] = is_any;
    }
}

#define ALLOW(name, object, subject, allowed)                                                   \
    static void name(KERNEL_PARAMETERS) {                                                       \
        allow(context, row_count, arguments, argument_count, object, subject, allowed, result); \
    }
ALLOW(table_privilege, argument_count - 2, PRIVILEGES_ON_RELATION,
    "|SELECT|INSERT|UPDATE|DELETE|TRUNCATE|REFERENCES|TRIGGER|RULE|")
ALLOW(any_column_privilege, argument_count - 2, PRIVILEGES_ON_RELATION, "|SELECT|INSERT|UPDATE|REFERENCES|")
ALLOW(column_privilege, argument_count - 3, PRIVILEGES_ON_RELATION, "|SELECT|INSERT|UPDATE|REFERENCES|")
ALLOW(sequence_privilege, argument_count - 2, PRIVILEGES_ON_RELATION, "|USAGE|SELECT|UPDATE|")
ALLOW(database_privilege, argument_count - 2, PRIVILEGES_ON_OTHERS, "|CREATE|TEMPORARY|TEMP|CONNECT|")
ALLOW(schema_privilege, argument_count - 2, PRIVILEGES_ON_SCHEMA, "|CREATE|USAGE|")
ALLOW(tablespace_privilege, argument_count - 2, PRIVILEGES_ON_OTHERS, "|CREATE|")
ALLOW(function_privilege, argument_count - 2, PRIVILEGES_ON_OTHERS, "|EXECUTE|")
ALLOW(usage_privilege, argument_count - 2, PRIVILEGES_ON_OTHERS, "|USAGE|")
ALLOW(role_privilege, argument_count - 2, PRIVILEGES_ON_ROLE, "|USAGE|MEMBER|")

/* What an object's creator and everyone else may do when nothing was granted, as aclitem[]. */
static void default_acl(KERNEL_PARAMETERS) {
    static const struct {
        char kind;
        const char *everyone, *owner;
    } defaults[] = {{'r', "", "arwdDxt"}, {'s', "", "rwU"}, {'d', "Tc", "CTc"}, {'f', "X", "X"},
        {'l', "U", "U"}, {'L', "", "rw"}, {'n', "", "UC"}, {'t', "", "C"}, {'F', "", "U"}, {'S', "", "U"},
        {'T', "U", "U"}, {'p', "", "sA"}};
    const SessionFacts *facts = session_facts(context);
    Text text = {0};
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i);
        const char *role =
            facts == NULL ? NULL : facts->role_name(facts->owner, (uint32_t)column_int8(arguments[1], i));
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
        if (datum_parse(type_array_of(TYPE_ACLITEM), text_string(&text), text.length, context->settings,
                context->scratch, &datum, &error) == OK)
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
#define PRIVILEGE(name, kernel)                                                                    \
    {name "(text, text) -> bool", kernel, CATALOG}, {name "(oid, text) -> bool", kernel, CATALOG}, \
        {name "(name, text, text) -> bool", kernel, CATALOG},                                      \
        {name "(name, oid, text) -> bool", kernel, CATALOG},                                       \
        {name "(oid, text, text) -> bool", kernel, CATALOG}, {                                     \
        name "(oid, oid, text) -> bool", kernel, CATALOG                                           \
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
