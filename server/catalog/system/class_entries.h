/* ClassEntry: what pg_class has a row for: objects, the indexes of their primary keys, system relations; and
   the oids that catalogs derive from them. */
#ifndef LEAT_CATALOG_CLASS_ENTRIES_H
#define LEAT_CATALOG_CLASS_ENTRIES_H

#include "executor/functions/function.h"
#include "server/catalog/search_path.h"
#include "server/catalog/system/system_catalog.h"

enum {
    ROLE_OWNER = 10,      /* owns everything */
    ROLE_SESSION = 16383, /* whoever is connected under another name */
    SCHEMA_CATALOG = 11,
    SCHEMA_PUBLIC = 2200,
    SCHEMA_INFORMATION = 13000,
    SCHEMA_LEAT = 9000,
    DATABASE_OID = 5,
    ACCESS_HEAP = 2,
    ACCESS_BTREE = 403,
    COLLATION_DEFAULT = 100,
    COLLATION_C = 950,
    CLASS_RELATION = 1259, /* pg_class, as others refer to it */
    CLASS_CONSTRAINT = 2606,
    CLASS_FUNCTION = 1255,
    CLASS_SCHEMA = 2615,
    CLASS_DATABASE = 1262,
    CLASS_EXTENSION = 3079,
    CLASS_DEFAULT = 2604,
    CLASS_WRAPPER = 2328,
    CLASS_SERVER = 1417,
    EXTENSION_LEAT = 9200,
    FOREIGN_WRAPPER = 9100, /* connectors are its foreign servers, numbered from FOREIGN_SERVERS */
    FOREIGN_SERVERS = 9101,
    FUNCTIONS = 10000, /* the registry's functions are numbered from here */
};
#define ROLE_OWNER_NAME "leat"

/* The number is a column's or check's; unique for the first half million objects. */
typedef enum DerivedKind {
    DERIVED_KEY_INDEX,
    DERIVED_KEY,
    DERIVED_CHECK,
    DERIVED_DEFAULT,
    DERIVED_UNIQUE,
    DERIVED_ENUM_LABEL
} DerivedKind;
uint32_t derived_oid(DerivedKind kind, uint32_t object_id, int number);

typedef struct ClassEntry {
    uint32_t oid;
    char kind;                       /* pg_class.relkind */
    const CatalogRelation *relation; /* an index's: its table's */
    const Object *object;            /* NULL: a system relation */
    const CatalogIndex *index;       /* NULL: the primary key's, or no index */
    int key_count;                   /* of an index */
    const int *key;
    char name[256];
} ClassEntry;

/* All of them: zero bytes with the snapshot set are ready. */
typedef struct ClassIterator {
    const CatalogSnapshot *snapshot;
    int next;
    int index_next; /* of the last object: 0: none left, 1: the primary key's, 2 …: the others */
} ClassIterator;
bool class_next(ClassIterator *iterator, ClassEntry *entry);
bool class_find(const CatalogSnapshot *snapshot, uint32_t oid, ClassEntry *entry);

bool relation_has_key(const CatalogRelation *relation); /* a primary key that was declared */
uint32_t schema_oid(const CatalogSnapshot *snapshot, const char *schema);
/* One after the other, from *next = 0 on; NULL at the end. */
const char *schema_next(const CatalogSnapshot *snapshot, int *next);
/* Visible columns. */
int relation_visible_count(const CatalogRelation *relation);
/* It has a default, or is computed. */
bool column_has_expression(const CatalogColumn *column);
/* The default's text; a plain string with its type behind it, as PostgreSQL shows it. */
void column_add_default(const Naming *naming, const CatalogColumn *column, Text *out);
/* Values of secret options are hidden. */
const char *object_option_shown(const Object *object, int option);
int connector_number(const char *name); /* −1: none */

/* The CREATE INDEX statement (pretty: the table unqualified), or only the name of its column-th column; false
   when there is none such. */
bool index_define(const ClassEntry *index, int column, bool is_pretty, Text *out);
void key_constraint_define(const CatalogRelation *relation, Text *out);
void unique_constraint_define(const CatalogRelation *relation, const CatalogIndex *index, Text *out);
void check_constraint_define(
    const Naming *naming, const CatalogRelation *relation, int check, bool is_pretty, Text *out);
bool constraint_define(const Naming *naming, uint32_t oid, bool is_pretty, Text *out);
/* The query of a view, ended by a semicolon. */
/* The whole text stands in one pair of parentheses. */
bool text_is_wrapped(const char *text);
/* Whether columns have other names than the query's results. */
bool view_is_renamed(const CatalogRelation *view);
void view_add_columns(const CatalogRelation *view, Text *out); /* (a, b) */
bool view_define(const Naming *naming, const ClassEntry *view, Text *out);

/* What COMMENT ON said (comments.c); class: the catalog that the oid is of, 0: any; number: a column's,
   from 1. NULL: nothing. */
const char *comment_text(const CatalogSnapshot *snapshot, uint32_t class, uint32_t oid, int number);

/* Functions by pg_proc's oids, those that read and print types included. */
const Function *function_of_oid(uint32_t oid); /* NULL: none in the registry */
uint32_t function_oid(const Function *function);
const char *type_proc_name(uint32_t oid);          /* NULL: none */
uint32_t function_oid_by_name(const char *name);   /* the first; 0: none */
int functions_count(const char *name);             /* in the registry, listed */
bool function_is_listed(const Function *function); /* in pg_proc: not an operator, not a cast */
bool function_is_operator(const Function *function);
void function_add_arguments(const Function *function, Text *out);
void function_add_result(const Function *function, Text *out);
bool function_define(uint32_t oid, Text *out);

#endif
