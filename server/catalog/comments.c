/* Comments: what COMMENT ON said of objects and their parts, by the oids that pg_description uses. */
#include <string.h>

#include "server/catalog/system/class_entries.h"
#include "server/catalog/system/system_rows.h"

typedef struct CommentEntry {
    uint32_t oid, class;
    int number; /* of a column, from 1; 0: the whole */
    const char *text;
} CommentEntry;

static uint32_t object_class(const Object *object) {
    return object->relation.kind == RELATION_FUNCTION ? CLASS_FUNCTION
           : object->relation.kind == RELATION_SCHEMA ? CLASS_SCHEMA
                                                      : CLASS_RELATION;
}

static int index_of(const CatalogRelation *relation, const char *name) {
    for (int i = 0; i < relation->index_count; i++)
        if (strcmp(relation->indexes[i].name, name) == 0)
            return i;
    return -1;
}

static uint32_t constraint_of(const CatalogRelation *relation, const char *name) {
    for (int i = 0; i < relation->check_count; i++)
        if (strcmp(relation->check_names[i], name) == 0)
            return derived_oid(DERIVED_CHECK, relation->id, i);
    int index = index_of(relation, name);
    return index < 0 ? derived_oid(DERIVED_KEY, relation->id, 0)
                     : derived_oid(DERIVED_UNIQUE, relation->id, index);
}

static CommentEntry comment_entry(
    const CatalogSnapshot *snapshot, const Object *object, const ObjectComment *comment) {
    const CatalogRelation *relation = &object->relation;
    CommentEntry entry = {.oid = relation->id, .class = object_class(object), .text = comment->text};
    int index = index_of(relation, comment->name);
    switch (comment->part) {
    case COMMENT_OBJECT:
        if (relation->kind == RELATION_SCHEMA)
            entry.oid = schema_oid(snapshot, relation->name);
        break;
    case COMMENT_COLUMN:
        for (int i = 0; i < relation->column_count; i++)
            if (strcmp(relation->columns[i].name, comment->name) == 0)
                entry.number = i + 1;
        break;
    case COMMENT_CONSTRAINT:
        entry.oid = constraint_of(relation, comment->name);
        entry.class = CLASS_CONSTRAINT;
        break;
    case COMMENT_INDEX:
        entry.oid = index < 0 ? derived_oid(DERIVED_KEY_INDEX, relation->id, 0) : relation->indexes[index].id;
        break;
    case COMMENT_DATABASE:
        entry.oid = DATABASE_OID;
        entry.class = CLASS_DATABASE;
        break;
    }
    return entry;
}

/* What PostgreSQL says of schemas from the start. */
static const CommentEntry given[] = {
    {SCHEMA_CATALOG, CLASS_SCHEMA, 0, "system catalog schema"},
    {SCHEMA_PUBLIC, CLASS_SCHEMA, 0, "standard public schema"},
};

/* One after the other, from zero bytes on; a comment on the schema public takes the place of the given one.
 */
typedef struct CommentIterator {
    int object, comment, given;
} CommentIterator;

/* One that took the given one away is empty. */
static bool has_comment(const Object *public) {
    for (int i = 0; public != NULL && i < public->comment_count; i++)
        if (public->comments[i].part == COMMENT_OBJECT)
            return true;
    return false;
}

static bool comment_next(const CatalogSnapshot *snapshot, CommentIterator *at, CommentEntry *entry) {
    for (; at->object < snapshot->count; at->object++, at->comment = 0) {
        const Object *object = snapshot->objects[at->object];
        while (at->comment < object->comment_count) {
            *entry = comment_entry(snapshot, object, &object->comments[at->comment++]);
            if (entry->text[0] != 0)
                return true;
        }
    }
    while (at->given < (int)(sizeof given / sizeof *given)) {
        *entry = given[at->given++];
        if (entry->oid != SCHEMA_PUBLIC || !has_comment(catalog_find(snapshot, "", "public")))
            return true;
    }
    return false;
}

const char *comment_text(const CatalogSnapshot *snapshot, uint32_t class, uint32_t oid, int number) {
    CommentIterator at = {0};
    CommentEntry entry;
    while (comment_next(snapshot, &at, &entry))
        if (entry.oid == oid && entry.number == number && (class == 0 || entry.class == class))
            return entry.text;
    return NULL;
}

static Status give_description(SystemRows *rows, Error *error) {
    CommentIterator at = {0};
    CommentEntry entry;
    while (comment_next(rows->facts->snapshot, &at, &entry)) {
        if (entry.class == CLASS_DATABASE)
            continue;
        row_int(rows, entry.oid);
        row_int(rows, entry.class);
        row_int(rows, entry.number);
        row_text(rows, entry.text);
    }
    return OK;
}

const SystemRelation pg_description_relation = {2609, "pg_catalog", "pg_description",
    "objoid oid!, classoid oid!, objsubid int4!, description text!", give_description};

static Status give_shared_description(SystemRows *rows, Error *error) {
    CommentIterator at = {0};
    CommentEntry entry;
    while (comment_next(rows->facts->snapshot, &at, &entry)) {
        if (entry.class != CLASS_DATABASE)
            continue;
        row_int(rows, entry.oid);
        row_int(rows, entry.class);
        row_text(rows, entry.text);
    }
    return OK;
}

const SystemRelation pg_shdescription_relation = {2396, "pg_catalog", "pg_shdescription",
    "objoid oid!, classoid oid!, description text!", give_shared_description};
