/* ClassEntry: walks objects and system relations; texts of their constraints, indexes and views. */
#include "server/catalog/system/class_entries.h"

#include <stdio.h>
#include <string.h>

#include "executor/base/memory.h"
#include "planner/parse/deparse.h"
#include "server/catalog/definition_text.h"
#include "server/catalog/system/system_rows.h"

uint32_t derived_oid(DerivedKind kind, uint32_t object_id, int number) {
    return ((uint32_t)kind + 1) << 29 | ((object_id << 10 | (uint32_t)number) & 0x1fffffff);
}

bool relation_has_key(const CatalogRelation *relation) {
    if (relation->key_count <= 0 || (relation->kind != RELATION_TABLE && relation->kind != RELATION_SOURCE))
        return false;
    for (int i = 0; i < relation->key_count; i++)
        if (relation->columns[relation->key[i]].is_hidden)
            return false;
    return true;
}

int relation_visible_count(const CatalogRelation *relation) {
    int count = 0;
    for (int i = 0; i < relation->column_count; i++)
        count += !relation->columns[i].is_hidden;
    return count;
}

bool column_has_expression(const CatalogColumn *column) {
    return (column->default_value != NULL && column->identity == 0) || column->computed != NULL;
}

static bool is_plain_string(const char *text) {
    size_t length = strlen(text);
    if (length < 2 || text[0] != '\'' || text[length - 1] != '\'')
        return false;
    for (size_t i = 1; i + 1 < length; i++)
        if (text[i] == '\'' && text[++i] != '\'')
            return false;
    return true;
}

void column_add_default(const Naming *naming, const CatalogColumn *column, Text *out) {
    definition_add(naming, NULL, column->default_value, out);
    if (!is_plain_string(column->default_value->text))
        return;
    Type type = column->type;
    type.modifier = -1;
    text_add_string(out, "::");
    type_add_name(type, out);
}

uint32_t schema_oid(const CatalogSnapshot *snapshot, const char *schema) {
    const Object *object = strcmp(schema, "public") == 0 ? NULL : catalog_find(snapshot, "", schema);
    if (object != NULL)
        return object->relation.id;
    if (strcmp(schema, "pg_catalog") == 0)
        return SCHEMA_CATALOG;
    if (strcmp(schema, "information_schema") == 0)
        return SCHEMA_INFORMATION;
    return strcmp(schema, "leat_catalog") == 0 ? SCHEMA_LEAT : SCHEMA_PUBLIC;
}

const char *schema_next(const CatalogSnapshot *snapshot, int *next) {
    static const char *const own[] = {"pg_catalog", "public", "information_schema", "leat_catalog"};
    enum { COUNT = sizeof own / sizeof *own };
    if (*next < COUNT)
        return own[(*next)++];
    while (*next - COUNT < snapshot->count) {
        const CatalogRelation *relation = &snapshot->objects[(*next)++ - COUNT]->relation;
        if (relation->kind == RELATION_SCHEMA && strcmp(relation->name, "public") != 0)
            return relation->name;
    }
    return NULL;
}

/* PostgreSQL makes its views after its catalogs, with oids from 12000 on. */
static char relation_letter(const CatalogRelation *relation) {
    switch (relation->kind) {
    case RELATION_TABLE:
        return 'r';
    case RELATION_SOURCE:
    case RELATION_SINK:
        return 'f';
    case RELATION_VIEW:
        return 'v';
    case RELATION_MATERIALIZED_VIEW:
        return 'm';
    case RELATION_SEQUENCE:
        return 'S';
    case RELATION_INDEX:
        return 'i';
    case RELATION_TYPE:
        return 'c';
    case RELATION_SCHEMA: /* these have no entry */
    case RELATION_ROLE:
    case RELATION_FUNCTION:
        break;
    case RELATION_SYSTEM:
        return relation->id < 12000 && strcmp(relation->schema, "pg_catalog") == 0 ? 'r' : 'v';
    }
    return 'r';
}

static void describe(const CatalogRelation *relation, const Object *object, ClassEntry *entry) {
    *entry = (ClassEntry){
        .oid = relation->id, .kind = relation_letter(relation), .relation = relation, .object = object};
    snprintf(entry->name, sizeof entry->name, "%s", relation->name);
}

static void describe_key_index(const Object *object, ClassEntry *entry) {
    const CatalogRelation *relation = &object->relation;
    *entry = (ClassEntry){.oid = derived_oid(DERIVED_KEY_INDEX, relation->id, 0),
        .kind = 'i',
        .relation = relation,
        .object = object,
        .key_count = relation->key_count,
        .key = relation->key};
    snprintf(entry->name, sizeof entry->name, "%s", relation->key_name);
}

static void describe_index(const Object *object, int number, ClassEntry *entry) {
    const CatalogIndex *index = &object->relation.indexes[number];
    *entry = (ClassEntry){.oid = index->id,
        .kind = 'i',
        .relation = &object->relation,
        .object = object,
        .index = index,
        .key_count = index->key_count,
        .key = index->key};
    snprintf(entry->name, sizeof entry->name, "%s", index->name);
}

/* The next index of the last object; false when there is none. */
static bool next_index(ClassIterator *iterator, ClassEntry *entry) {
    if (iterator->index_next == 0)
        return false;
    const Object *object = iterator->snapshot->objects[iterator->next - 1];
    if (iterator->index_next == 1) {
        iterator->index_next = 2;
        if (relation_has_key(&object->relation)) {
            describe_key_index(object, entry);
            return true;
        }
    }
    if (iterator->index_next - 2 < object->relation.index_count) {
        describe_index(object, iterator->index_next++ - 2, entry);
        return true;
    }
    iterator->index_next = 0;
    return false;
}

static bool has_entry(const CatalogRelation *relation) {
    return relation->kind != RELATION_SCHEMA && relation->kind != RELATION_FUNCTION &&
           relation->kind != RELATION_ROLE && !(relation->kind == RELATION_TYPE && relation->is_enum);
}

bool class_next(ClassIterator *iterator, ClassEntry *entry) {
    const CatalogSnapshot *snapshot = iterator->snapshot;
    if (next_index(iterator, entry))
        return true;
    while (iterator->next < snapshot->count && (snapshot->objects[iterator->next]->is_transient ||
                                                   !has_entry(&snapshot->objects[iterator->next]->relation)))
        iterator->next++;
    if (iterator->next < snapshot->count) {
        const Object *object = snapshot->objects[iterator->next++];
        describe(&object->relation, object, entry);
        iterator->index_next = 1;
        return true;
    }
    int count, at = iterator->next - snapshot->count;
    const SystemRelation *const *relations = system_relations(&count);
    if (at >= count)
        return false;
    iterator->next++;
    describe(system_relation_by_id(relations[at]->id), NULL, entry);
    return true;
}

bool class_find(const CatalogSnapshot *snapshot, uint32_t oid, ClassEntry *entry) {
    if (oid >> 29 == DERIVED_KEY_INDEX + 1) {
        const Object *object = catalog_find_id(snapshot, oid >> 10 & 0x7ffff);
        if (object == NULL || !relation_has_key(&object->relation))
            return false;
        describe_key_index(object, entry);
        return entry->oid == oid;
    }
    for (int i = 0; i < snapshot->count; i++)
        for (int k = 0; k < snapshot->objects[i]->relation.index_count; k++)
            if (snapshot->objects[i]->relation.indexes[k].id == oid) {
                describe_index(snapshot->objects[i], k, entry);
                return true;
            }
    const Object *object = catalog_find_id(snapshot, oid);
    const CatalogRelation *relation = object != NULL ? &object->relation : system_relation_by_id(oid);
    if (relation == NULL || !has_entry(relation))
        return false;
    describe(relation, object, entry);
    return true;
}

const char *object_option_shown(const Object *object, int option) {
    const ConnectorType *type = object->connector == NULL ? NULL : connector_by_name(object->connector);
    for (const ConnectorOption *known = type == NULL ? NULL : type->options;
         known != NULL && known->name != NULL; known++)
        if (known->is_secret && strcmp(known->name, object->option_names[option]) == 0)
            return "***";
    return object->option_values[option];
}

int connector_number(const char *name) {
    const ConnectorType *const *all = connectors_all();
    for (int i = 0; all[i] != NULL; i++)
        if (strcmp(all[i]->name, name) == 0)
            return i;
    return -1;
}

static void add_columns(const CatalogRelation *relation, const int *columns, int count, Text *out) {
    text_add_char(out, '(');
    for (int i = 0; i < count; i++) {
        text_add_string(out, i == 0 ? "" : ", ");
        deparse_identifier(relation->columns[columns[i]].name, out);
    }
    text_add_char(out, ')');
}

void view_add_columns(const CatalogRelation *view, Text *out) {
    int columns[view->column_count + 1], count = relation_visible_count(view);
    for (int i = 0; i < count; i++)
        columns[i] = i;
    add_columns(view, columns, count, out);
}

bool index_define(const ClassEntry *index, int column, bool is_pretty, Text *out) {
    const CatalogRelation *table = index->relation;
    if (index->kind != 'i' || index->oid == table->id)
        return false;
    if (column > index->key_count || column < 0)
        return column > 0; /* an empty text, as PostgreSQL gives */
    if (column > 0) {
        deparse_identifier(table->columns[index->key[column - 1]].name, out);
        return true;
    }
    text_add_string(
        out, index->index == NULL || index->index->is_unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ");
    deparse_identifier(index->name, out);
    text_add_string(out, " ON ");
    if (!is_pretty)
        text_printf(out, "%s.", table->schema);
    deparse_identifier(table->name, out);
    text_add_string(out, " USING btree ");
    add_columns(table, index->key, index->key_count, out);
    if (index->index != NULL && index->index->included_count > 0) {
        text_add_string(out, " INCLUDE ");
        add_columns(table, index->index->included, index->index->included_count, out);
    }
    return true;
}

void key_constraint_define(const CatalogRelation *relation, Text *out) {
    text_add_string(out, "PRIMARY KEY ");
    add_columns(relation, relation->key, relation->key_count, out);
}

void unique_constraint_define(const CatalogRelation *relation, const CatalogIndex *index, Text *out) {
    text_add_string(out, "UNIQUE ");
    add_columns(relation, index->key, index->key_count, out);
}

bool text_is_wrapped(const char *text) {
    size_t length = strlen(text);
    int depth = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\'' || text[i] == '"')
            i += 1 + strcspn(text + i + 1, text[i] == '"' ? "\"" : "'");
        else
            depth += (text[i] == '(') - (text[i] == ')');
        if (depth == 0)
            return length > 1 && i + 1 == length;
    }
    return false;
}

void check_constraint_define(
    const Naming *naming, const CatalogRelation *relation, int check, bool is_pretty, Text *out) {
    Text text = {0};
    definition_add(naming, relation, relation->checks[check], &text);
    if (text_is_wrapped(text_string(&text)))
        text_printf(out, is_pretty ? "CHECK %s" : "CHECK (%s)", text_string(&text));
    else
        text_printf(out, is_pretty ? "CHECK (%s)" : "CHECK ((%s))", text_string(&text));
    text_free(&text);
}

bool constraint_define(const Naming *naming, uint32_t oid, bool is_pretty, Text *out) {
    uint32_t kind = oid >> 29;
    const Object *object = kind == 0 ? NULL : catalog_find_id(naming->snapshot, oid >> 10 & 0x7ffff);
    int number = (int)(oid & 1023);
    if (object == NULL)
        return false;
    if (kind == DERIVED_KEY + 1 && relation_has_key(&object->relation)) {
        key_constraint_define(&object->relation, out);
        return true;
    }
    if (kind == DERIVED_UNIQUE + 1 && number < object->relation.index_count) {
        unique_constraint_define(&object->relation, &object->relation.indexes[number], out);
        return true;
    }
    if (kind != DERIVED_CHECK + 1 || number >= object->relation.check_count)
        return false;
    check_constraint_define(naming, &object->relation, number, is_pretty, out);
    return true;
}

bool view_is_renamed(const CatalogRelation *view) {
    const CatalogDefinition *definition = view->definition;
    for (int i = 0; i < definition->result_count && i < view->column_count; i++)
        if (strcmp(definition->results[i], view->columns[i].name) != 0)
            return true;
    return false;
}

/* As PostgreSQL has them: the names of the columns stand in the query. */
static void add_query(const Naming *naming, const CatalogRelation *view, Text *out) {
    bool is_renamed = view->kind == RELATION_VIEW && view_is_renamed(view);
    text_add_string(out, is_renamed ? "SELECT * FROM (" : "");
    definition_add(naming, NULL, view->definition, out);
    if (!is_renamed)
        return;
    text_add_string(out, ") AS ");
    deparse_identifier(view->name, out);
    view_add_columns(view, out);
}

bool view_define(const Naming *naming, const ClassEntry *view, Text *out) {
    if (view->object == NULL || (view->kind != 'v' && view->kind != 'm'))
        return false;
    text_add_char(out, ' ');
    add_query(naming, view->relation, out);
    text_add_char(out, ';');
    return true;
}
