/* System catalog: finds system relations and makes their rows. */
#include "server/catalog/system/system_catalog.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executor/base/memory.h"
#include "planner/parse/deparse.h"
#include "server/catalog/system/class_entries.h"
#include "server/catalog/made_types.h"
#include "server/catalog/role.h"
#include "server/catalog/search_path.h"
#include "server/catalog/system/system_rows.h"
#include "server/session/session.h"

enum {
    RELATIONS = 0
#define SYSTEM_RELATION(file, name) +1
#include "server/catalog/system/system_relations.def"
#undef SYSTEM_RELATION
};

static const SystemRelation *const relations[] = {
#define SYSTEM_RELATION(file, name) &name##_relation,
#include "server/catalog/system/system_relations.def"
#undef SYSTEM_RELATION
};

/* The planner's records, made once from the column texts; live as long as the process. */
static CatalogRelation described[RELATIONS];
static pthread_once_t described_once = PTHREAD_ONCE_INIT;

/* "relname name!" -> a column. */
static void describe_column(Arena *arena, const char *text, size_t length, CatalogColumn *column) {
    const char *blank = memchr(text, ' ', length);
    const char *type = blank + 1;
    size_t type_length = length - (size_t)(type - text);
    if (type[type_length - 1] == '!') {
        column->is_not_null = true;
        type_length--;
    }
    bool is_array = type_length > 2 && type[type_length - 1] == ']';
    column->name = arena_copy(arena, text, (size_t)(blank - text));
    TypeId id = type_by_name(arena_copy(arena, type, is_array ? type_length - 2 : type_length));
    column->type = is_array ? type_array_of(id) : type_of(id);
}

static void describe(Arena *arena, const SystemRelation *relation, CatalogRelation *out) {
    int count = 1;
    for (const char *c = relation->columns; *c != 0; c++)
        count += *c == ',';
    CatalogColumn *columns = ARENA_ARRAY(arena, CatalogColumn, count + 1);
    const char *at = relation->columns;
    for (int i = 0; i < count; i++) {
        const char *end = strchr(at, ',');
        size_t length = end == NULL ? strlen(at) : (size_t)(end - at);
        describe_column(arena, at, length, &columns[i]);
        at += length + 2;
    }
    columns[count++] = (CatalogColumn){.name = "tableoid", .type = type_of(TYPE_OID), .is_hidden = true};
    *out = (CatalogRelation){
        .id = relation->id,
        .kind = RELATION_SYSTEM,
        .schema = relation->schema,
        .name = relation->name,
        .column_count = count,
        .columns = columns,
        .key_count = -1,
        .watermark_column = -1,
        .row_count = 100,
    };
}

static void describe_all(void) {
    static Arena *arena;
    arena = arena_create();
    for (int i = 0; i < RELATIONS; i++)
        describe(arena, relations[i], &described[i]);
}

const SystemRelation *const *system_relations(int *count) {
    *count = RELATIONS;
    return relations;
}

const CatalogRelation *system_relation_by_name(const char *schema, const char *name) {
    pthread_once(&described_once, describe_all);
    if (schema == NULL)
        schema = "pg_catalog";
    for (int i = 0; i < RELATIONS; i++)
        if (strcmp(relations[i]->name, name) == 0 && strcmp(relations[i]->schema, schema) == 0)
            return &described[i];
    return NULL;
}

const CatalogRelation *system_relation_by_id(uint32_t id) {
    pthread_once(&described_once, describe_all);
    for (int i = 0; i < RELATIONS; i++)
        if (relations[i]->id == id)
            return &described[i];
    return NULL;
}

bool system_schema_exists(const char *schema) {
    for (int i = 0; i < RELATIONS; i++)
        if (strcmp(relations[i]->schema, schema) == 0)
            return true;
    return strcmp(schema, "pg_catalog") == 0 || strcmp(schema, "information_schema") == 0;
}

Status system_relation_rows(
    const SystemFacts *facts, const char *relation, BatchList *batches, Error *error) {
    pthread_once(&described_once, describe_all);
    const char *dot = strchr(relation, '.');
    for (int i = 0; i < RELATIONS; i++) {
        if (strncmp(relations[i]->schema, relation, (size_t)(dot - relation)) != 0 ||
            strcmp(relations[i]->name, dot + 1) != 0)
            continue;
        Type types[described[i].column_count];
        for (int c = 0; c < described[i].column_count; c++)
            types[c] = described[i].columns[c].type;
        SystemRows rows = {.facts = facts,
            .naming = naming_of(facts->session, facts->snapshot),
            .relation_id = described[i].id,
            .column_count = described[i].column_count,
            .types = types,
            .batches = batches};
        TRY(relations[i]->give(&rows, error));
        assert(rows.column == 0);
        return OK;
    }
    return sequence_rows(facts, relation, batches, error);
}

/* The writer. */

/* Most relations are short, and a query may read very many of them. */
static int capacity_of(int batch) {
    return batch == 0 ? 32 : batch == 1 ? 512 : BATCH_ROWS_MAX;
}

static Batch *current(SystemRows *rows) {
    BatchList *list = rows->batches;
    if (rows->column == 0 &&
        (list->count == 0 || list->batches[list->count - 1]->row_count == capacity_of(list->count - 1)))
        batch_list_add(list, batch_builder(rows->types, rows->column_count, capacity_of(list->count)));
    return list->batches[list->count - 1];
}

static void end_column(SystemRows *rows, Batch *batch) {
    if (++rows->column < rows->column_count - 1)
        return;
    ((int64_t *)batch->columns[rows->column]->values)[batch->row_count] = rows->relation_id;
    rows->column = 0;
    batch->row_count++;
    batch->selected_count = batch->row_count;
}

void row_int(SystemRows *rows, int64_t value) {
    Batch *batch = current(rows);
    Column *column = batch->columns[rows->column];
    switch ((Layout)column->layout) {
    case LAYOUT_INT2:
        ((int16_t *)column->values)[batch->row_count] = (int16_t)value;
        break;
    case LAYOUT_INT4:
        ((int32_t *)column->values)[batch->row_count] = (int32_t)value;
        break;
    case LAYOUT_FLOAT4:
        ((float *)column->values)[batch->row_count] = (float)value;
        break;
    default:
        ((int64_t *)column->values)[batch->row_count] = value;
        break;
    }
    end_column(rows, batch);
}

void row_bool(SystemRows *rows, bool value) {
    Batch *batch = current(rows);
    ((uint8_t *)batch->columns[rows->column]->values)[batch->row_count] = value;
    end_column(rows, batch);
}

void row_float(SystemRows *rows, double value) {
    Batch *batch = current(rows);
    Column *column = batch->columns[rows->column];
    if (column->layout == LAYOUT_FLOAT4)
        ((float *)column->values)[batch->row_count] = (float)value;
    else
        ((double *)column->values)[batch->row_count] = value;
    end_column(rows, batch);
}

void row_text(SystemRows *rows, const char *value) {
    if (value == NULL) {
        row_null(rows);
        return;
    }
    Batch *batch = current(rows);
    assert(batch->columns[rows->column]->layout == LAYOUT_VIEW);
    column_set_bytes(batch->columns[rows->column], batch->row_count, value, (uint32_t)strlen(value));
    end_column(rows, batch);
}

void row_parse(SystemRows *rows, const char *value) {
    Batch *batch = current(rows);
    Arena *arena = arena_create();
    Datum datum;
    Error error = {0};
    if (datum_parse(rows->types[rows->column], value, strlen(value), &type_settings_default, arena, &datum,
            &error) == OK)
        column_set_datum(batch->columns[rows->column], batch->row_count, &datum);
    else
        column_set_null(batch->columns[rows->column], batch->row_count);
    error_clear(&error);
    arena_destroy(arena);
    end_column(rows, batch);
}

static void row_field(SystemRows *rows, const char *value) {
    Type type = rows->types[rows->column];
    if (strcmp(value, "NULL") == 0)
        row_null(rows);
    else if (type.is_array)
        row_parse(rows, value);
    else if (type.id == TYPE_BOOL)
        row_bool(rows, value[0] == 't');
    else if (type.id == TYPE_TEXT || type.id == TYPE_NAME || type.id == TYPE_CHAR || type.id == TYPE_VARCHAR)
        row_text(rows, value);
    else if (type.id == TYPE_INT2 || type.id == TYPE_INT4 || type.id == TYPE_INT8 || type.id == TYPE_OID ||
             type.id == TYPE_XID)
        row_int(rows, strtoll(value, NULL, 10));
    else
        row_parse(rows, value);
}

void row_fields(SystemRows *rows, const char *fields) {
    char field[256];
    for (;;) {
        size_t length = strcspn(fields, "|");
        assert(length < sizeof field);
        memcpy(field, fields, length);
        field[length] = 0;
        row_field(rows, field);
        if (fields[length] == 0)
            return;
        fields += length + 1;
    }
}

void row_null(SystemRows *rows) {
    Batch *batch = current(rows);
    column_set_null(batch->columns[rows->column], batch->row_count);
    end_column(rows, batch);
}

void row_number_text(SystemRows *rows, int64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    row_text(rows, text);
}

void row_nulls(SystemRows *rows, int count) {
    while (count-- > 0)
        row_null(rows);
}

/* Names of objects by oid and back, for the reg* types. */

static const char *class_name(const SystemFacts *facts, uint32_t oid, Arena *arena) {
    ClassEntry entry;
    if (!class_find(facts->snapshot, oid, &entry))
        return NULL;
    Text text = {0};
    Naming naming = naming_of(facts->session, facts->snapshot);
    naming_add(&naming, entry.relation->schema, entry.name, &text);
    const char *name = arena_strdup(arena, text_string(&text));
    text_free(&text);
    return name;
}

static Type made_type(void *owner, uint32_t oid) {
    return made_type_of(((const SystemFacts *)owner)->snapshot, oid);
}

static const char *type_name(const SystemFacts *facts, uint32_t oid, Arena *arena) {
    Type type = type_from_oid(oid);
    if (type.id == TYPE_UNKNOWN && oid != type_oid(type))
        type = made_type_of(facts->snapshot, oid);
    Text text = {0};
    if (type.id == TYPE_UNKNOWN && oid != type_oid(type))
        return NULL;
    type_add_name(type, &text);
    const char *name = arena_strdup(arena, text_string(&text));
    text_free(&text);
    return name;
}

const char *system_role_name(const SystemFacts *facts, uint32_t oid) {
    Role role;
    if (role_find_id(facts->snapshot, oid, &role))
        return role.name;
    return oid == ROLE_SESSION && session_is_guest(facts->session) ? session_login(facts->session) : NULL;
}

uint32_t system_role_oid(const SystemFacts *facts, const char *name) {
    Role role;
    if (role_find(facts->snapshot, name, &role))
        return role.id;
    return session_is_guest(facts->session) && strcmp(name, session_login(facts->session)) == 0 ? ROLE_SESSION
                                                                                                : 0;
}

static const char *name_of(void *owner, TypeId reg_type, int64_t number, Arena *arena) {
    const SystemFacts *facts = owner;
    uint32_t oid = (uint32_t)number;
    if (reg_type == TYPE_REGTYPE)
        return type_name(facts, oid, arena);
    if (reg_type == TYPE_REGCLASS)
        return class_name(facts, oid, arena);
    if (reg_type == TYPE_REGPROC) {
        const Function *function = function_of_oid(oid);
        const Object *made = function != NULL ? NULL : catalog_find_id(facts->snapshot, oid);
        if (made != NULL && made->relation.kind == RELATION_FUNCTION)
            return made->relation.function.name;
        return function != NULL ? function->name : type_proc_name(oid);
    }
    if (reg_type == TYPE_REGROLE)
        return system_role_name(facts, oid);
    int next = 0;
    for (const char *schema;
         reg_type == TYPE_REGNAMESPACE && (schema = schema_next(facts->snapshot, &next)) != NULL;)
        if (schema_oid(facts->snapshot, schema) == oid)
            return schema;
    return NULL;
}

/* Folds and unquotes "schema.name" or "name" into parts; how many there are. */
static int split_name(const char *database, const char *name, size_t length, char parts[2][256]) {
    int part = 0;
    size_t qualifier = strlen(database);
    if (length > qualifier && name[qualifier] == '.' && memcmp(name, database, qualifier) == 0 &&
        memchr(name + qualifier + 1, '.', length - qualifier - 1) != NULL) {
        name += qualifier + 1; /* database.schema.name */
        length -= qualifier + 1;
    }
    size_t at = 0;
    bool is_quoted = false;
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        if (c == '"' && !(is_quoted && i + 1 < length && name[i + 1] == '"'))
            is_quoted = !is_quoted;
        else if (c == '.' && !is_quoted && part == 0) {
            parts[part++][at] = 0;
            at = 0;
        } else if (at < 255) {
            i += c == '"';
            parts[part][at++] = !is_quoted && c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
        }
    }
    parts[part][at] = 0;
    return part + 1;
}

/* An index of the schema by its name; 0: none. */
static uint32_t index_oid(const CatalogSnapshot *snapshot, const char *schema, const char *name) {
    ClassIterator iterator = {.snapshot = snapshot};
    ClassEntry entry;
    while (class_next(&iterator, &entry))
        if (entry.kind == 'i' && strcmp(entry.name, name) == 0 && strcmp(entry.relation->schema, schema) == 0)
            return entry.oid;
    return 0;
}

static uint32_t relation_oid(const CatalogSnapshot *snapshot, const char *schema, const char *name) {
    const CatalogRelation *relation = system_relation_by_name(schema, name);
    const Object *object = relation == NULL ? catalog_find(snapshot, schema, name) : NULL;
    if (object != NULL && object->relation.kind != RELATION_ROLE)
        relation = &object->relation;
    return relation != NULL ? relation->id : index_oid(snapshot, schema, name);
}

static Status class_oid(
    const SystemFacts *facts, const char *name, size_t length, int64_t *oid, Error *error) {
    char parts[2][256];
    int count = split_name(session_database(facts->session), name, length, parts);
    const char *schema = count == 2 ? parts[0] : NULL, *last = parts[count - 1];
    SearchPath path;
    search_path_read(&path, facts->session, facts->snapshot);
    *oid = relation_oid(facts->snapshot,
        schema == NULL                   ? "pg_catalog"
        : strcmp(schema, "pg_temp") == 0 ? path.temporary
                                         : schema,
        last);
    for (int i = 0; i < path.count && schema == NULL && *oid == 0; i++)
        *oid = relation_oid(facts->snapshot, path.schemas[i], last);
    /* Defaults name sequences of public so, whatever the path is when they are evaluated. */
    if (*oid == 0 && schema == NULL)
        *oid = relation_oid(facts->snapshot, "public", last);
    if (*oid == 0)
        return error_set(
            error, STATUS_UNDEFINED_TABLE, "relation \"%.*s\" does not exist", (int)length, name);
    return OK;
}

static Status find_type(
    const SystemFacts *facts, const char *name, size_t length, int64_t *oid, Error *error) {
    char parts[2][256];
    bool is_array = length > 2 && memcmp(name + length - 2, "[]", 2) == 0;
    int count = split_name(session_database(facts->session), name, length - (is_array ? 2 : 0), parts);
    const char *last = parts[count - 1];
    TypeId id = type_by_name(last);
    if (id == TYPE_UNKNOWN && last[0] == '_') {
        id = type_by_name(last + 1);
        is_array = true;
    }
    if (id == TYPE_UNKNOWN) {
        SearchPath path;
        search_path_read(&path, facts->session, facts->snapshot);
        const char *schema = count == 2 ? parts[0] : NULL;
        const Object *object = search_path_find(&path, facts->snapshot, schema, last);
        if (object == NULL && last[0] == '_') {
            object = search_path_find(&path, facts->snapshot, schema, last + 1);
            is_array = true;
        }
        if (object != NULL && object_has_type(object)) {
            *oid = catalog_type_oid(object->relation.id) + is_array;
            return OK;
        }
    }
    if (id == TYPE_UNKNOWN)
        return error_set(error, STATUS_UNDEFINED_OBJECT, "type \"%.*s\" does not exist", (int)length, name);
    *oid = type_oid(is_array ? type_array_of(id) : type_of(id));
    return OK;
}

static Status oid_of(
    void *owner, TypeId reg_type, const char *name, size_t length, int64_t *oid, Error *error) {
    const SystemFacts *facts = owner;
    char parts[2][256];
    const char *last = parts[split_name(session_database(facts->session), name, length, parts) - 1];
    *oid = 0;
    if (reg_type == TYPE_REGCLASS)
        return class_oid(facts, name, length, oid, error);
    if (reg_type == TYPE_REGTYPE)
        return find_type(facts, name, length, oid, error);
    if (reg_type == TYPE_REGNAMESPACE) {
        if (catalog_schema_exists(facts->snapshot, last))
            *oid = schema_oid(facts->snapshot, last);
        return *oid != 0 ? OK
                         : error_set(error, STATUS_INVALID_SCHEMA_NAME, "schema \"%.*s\" does not exist",
                               (int)length, name);
    }
    if (reg_type == TYPE_REGROLE) {
        *oid = system_role_oid(facts, last);
        return *oid != 0 ? OK
                         : error_set(error, STATUS_UNDEFINED_OBJECT, "role \"%.*s\" does not exist",
                               (int)length, name);
    }
    int made = 0;
    for (int i = 0; i < facts->snapshot->count; i++)
        if (facts->snapshot->objects[i]->relation.kind == RELATION_FUNCTION &&
            strcmp(facts->snapshot->objects[i]->relation.function.name, last) == 0) {
            *oid = facts->snapshot->objects[i]->relation.id;
            made++;
        }
    if (functions_count(last) + made > 1)
        return error_set(
            error, STATUS_AMBIGUOUS_FUNCTION, "more than one function named \"%.*s\"", (int)length, name);
    if (made == 0)
        *oid = function_oid_by_name(last);
    return *oid != 0 ? OK
                     : error_set(error, STATUS_UNDEFINED_FUNCTION, "function \"%.*s\" does not exist",
                           (int)length, name);
}

TypeNames system_type_names(SystemFacts *facts) {
    return (TypeNames){facts, name_of, oid_of, made_type};
}
