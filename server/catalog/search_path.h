/* SearchPath: the schemas in which a session looks for names that say none. */
#ifndef LEAT_CATALOG_SEARCH_PATH_H
#define LEAT_CATALOG_SEARCH_PATH_H

#include "server/catalog/catalog_store.h"

struct Session;

/* Temporary objects stand in a schema of their session's own, which goes with it; nobody else finds it by
   name. */
void schema_name_temporary(const struct Session *session, char name[SCHEMA_NAME_SIZE]);
bool schema_is_temporary(const char *schema);
/* Reads the session's setting; schemas that do not exist, or that its role may not use, are left out. The
   temporary one comes first, unless it is named. */
void search_path_read(SearchPath *path, const struct Session *session, const CatalogSnapshot *snapshot);
/* schema NULL: the first along the path. */
Object *search_path_find(
    const SearchPath *path, const CatalogSnapshot *snapshot, const char *schema, const char *name);
/* As catalog_find_index. */
Object *search_path_find_index(const SearchPath *path, const CatalogSnapshot *snapshot, const char *schema,
    const char *name, int *index);
/* Whether the name alone finds what is called so in the schema. */
bool search_path_shows(
    const SearchPath *path, const CatalogSnapshot *snapshot, const char *schema, const char *name);

/* How objects are named to whom: without their schemas where his path leads to them. */
typedef struct Naming {
    const CatalogSnapshot *snapshot; /* borrowed */
    SearchPath path;
} Naming;
Naming naming_of(const struct Session *session, const CatalogSnapshot *snapshot);
void naming_add(const Naming *naming, const char *schema, const char *name, Text *out);

#endif
