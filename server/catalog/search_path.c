/* SearchPath: a setting's list of identifiers, "$user" among them. */
#include "server/catalog/search_path.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "planner/parse/deparse.h"
#include "server/catalog/role.h"
#include "server/session/session.h"

/* The identifier that begins here, folded and without its quotes; where it ends. */
static const char *read_name(const char *at, char *name, size_t size) {
    bool is_quoted = *at == '"';
    size_t length = 0;
    for (at += is_quoted; *at != 0; at++) {
        if (is_quoted ? *at == '"' && at[1] != '"' : *at == ',' || isspace((unsigned char)*at))
            break;
        at += is_quoted && *at == '"';
        if (length + 1 < size)
            name[length++] = is_quoted ? *at : (char)tolower((unsigned char)*at);
    }
    name[length] = 0;
    return is_quoted && *at != 0 ? at + 1 : at;
}

bool schema_is_temporary(const char *schema) {
    return strncmp(schema, "pg_temp_", 8) == 0;
}

void schema_name_temporary(const Session *session, char name[SCHEMA_NAME_SIZE]) {
    snprintf(name, SCHEMA_NAME_SIZE, "pg_temp_%d", session_process_id(session));
}

static void put_temporary_first(SearchPath *path) {
    for (int i = 0; i < path->count; i++)
        if (strcmp(path->schemas[i], path->temporary) == 0)
            return;
    path->count -= path->count == SEARCH_PATH_MAX;
    memmove(path->schemas[1], path->schemas[0], (size_t)path->count * SCHEMA_NAME_SIZE);
    memcpy(path->schemas[0], path->temporary, SCHEMA_NAME_SIZE);
    path->count++;
    path->target = 1;
}

void search_path_read(SearchPath *path, const Session *session, const CatalogSnapshot *snapshot) {
    Role role = role_current(session, snapshot);
    path->count = path->target = 0;
    schema_name_temporary(session, path->temporary);
    for (const char *at = variables_text(session_variables(session), VARIABLE_search_path);
         *at != 0 && path->count < SEARCH_PATH_MAX;) {
        char name[SCHEMA_NAME_SIZE];
        if (*at == ',' || isspace((unsigned char)*at)) {
            at++;
            continue;
        }
        at = read_name(at, name, sizeof name);
        if (strcmp(name, "$user") == 0)
            snprintf(name, sizeof name, "%s", session_role(session));
        if (strcmp(name, "pg_temp") == 0)
            memcpy(name, path->temporary, sizeof name);
        if (catalog_schema_exists(snapshot, name) &&
            role_check_schema(&role, snapshot, name, PRIVILEGE_USAGE, NULL) == OK)
            memcpy(path->schemas[path->count++], name, sizeof name);
    }
    if (catalog_find(snapshot, "", path->temporary) != NULL)
        put_temporary_first(path);
}

/* The schema that a name says: that of other sessions' temporary objects is none. */
static const char *meant_schema(const SearchPath *path, const char *schema) {
    if (strcmp(schema, "pg_temp") == 0)
        return path->temporary;
    return schema_is_temporary(schema) && strcmp(schema, path->temporary) != 0 ? "pg_temp" : schema;
}

Object *search_path_find(
    const SearchPath *path, const CatalogSnapshot *snapshot, const char *schema, const char *name) {
    if (schema != NULL)
        return strcmp(schema, ROLE_SCHEMA) == 0 ? NULL
                                                : catalog_find(snapshot, meant_schema(path, schema), name);
    Object *object = NULL;
    for (int i = 0; i < path->count && object == NULL; i++)
        object = catalog_find(snapshot, path->schemas[i], name);
    return object;
}

Object *search_path_find_index(const SearchPath *path, const CatalogSnapshot *snapshot, const char *schema,
    const char *name, int *index) {
    if (schema != NULL)
        return catalog_find_index(snapshot, meant_schema(path, schema), name, index);
    Object *object = NULL;
    for (int i = 0; i < path->count && object == NULL; i++)
        object = catalog_find_index(snapshot, path->schemas[i], name, index);
    return object;
}

bool search_path_shows(
    const SearchPath *path, const CatalogSnapshot *snapshot, const char *schema, const char *name) {
    int index;
    for (int i = 0; i < path->count; i++) {
        if (strcmp(path->schemas[i], schema) == 0)
            return true;
        if (catalog_find(snapshot, path->schemas[i], name) != NULL ||
            catalog_find_index(snapshot, path->schemas[i], name, &index) != NULL)
            return false;
    }
    return strcmp(schema, "pg_catalog") == 0;
}

Naming naming_of(const Session *session, const CatalogSnapshot *snapshot) {
    Naming naming = {.snapshot = snapshot};
    search_path_read(&naming.path, session, snapshot);
    return naming;
}

void naming_add(const Naming *naming, const char *schema, const char *name, Text *out) {
    if (!search_path_shows(&naming->path, naming->snapshot, schema, name)) {
        deparse_identifier(schema, out);
        text_add_char(out, '.');
    }
    deparse_identifier(name, out);
}
