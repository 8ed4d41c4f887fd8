/* System catalog: finds system relations and makes their rows. */
#include "server/catalog/system_catalog.h"

#include <pthread.h>
#include <string.h>

#include "executor/base/memory.h"
#include "server/catalog/system_rows.h"

enum { RELATIONS = 0
#define SYSTEM_RELATION(name) +1
#include "server/catalog/system_relations.def"
#undef SYSTEM_RELATION
};

static const SystemRelation *const relations[] = {
#define SYSTEM_RELATION(name) &name##_relation,
#include "server/catalog/system_relations.def"
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
    CatalogColumn *columns = ARENA_ARRAY(arena, CatalogColumn, count);
    const char *at = relation->columns;
    for (int i = 0; i < count; i++) {
        const char *end = strchr(at, ',');
        size_t length = end == NULL ? strlen(at) : (size_t)(end - at);
        describe_column(arena, at, length, &columns[i]);
        at += length + 2;
    }
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
    Arena *arena = arena_create();
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

Status system_relation_rows(const SystemFacts *facts, const char *relation, BatchList *batches, Error *error) {
    pthread_once(&described_once, describe_all);
    const char *dot = strchr(relation, '.');
    for (int i = 0; i < RELATIONS; i++) {
        if (strncmp(relations[i]->schema, relation, (size_t)(dot - relation)) != 0 || strcmp(relations[i]->name, dot + 1) != 0)
            continue;
        Type types[described[i].column_count];
        for (int c = 0; c < described[i].column_count; c++)
            types[c] = described[i].columns[c].type;
        SystemRows rows = {.facts = facts, .column_count = described[i].column_count, .types = types, .batches = batches};
        return relations[i]->give(&rows, error);
    }
    return error_set(error, STATUS_UNDEFINED_TABLE, "relation \"%s\" does not exist", relation);
}

/* The writer. */

static Batch *current(SystemRows *rows) {
    BatchList *list = rows->batches;
    if (rows->column == 0 && (list->count == 0 || list->batches[list->count - 1]->row_count == BATCH_ROWS_MAX))
        batch_list_add(list, batch_builder(rows->types, rows->column_count, BATCH_ROWS_MAX));
    return list->batches[list->count - 1];
}

static void end_column(SystemRows *rows, Batch *batch) {
    if (++rows->column < rows->column_count)
        return;
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
    column_set_bytes(batch->columns[rows->column], batch->row_count, value, (uint32_t)strlen(value));
    end_column(rows, batch);
}

void row_parse(SystemRows *rows, const char *value) {
    Batch *batch = current(rows);
    Arena *arena = arena_create();
    Datum datum;
    Error error = {0};
    if (datum_parse(rows->types[rows->column], value, strlen(value), &type_settings_default, arena, &datum, &error) == OK)
        column_set_datum(batch->columns[rows->column], batch->row_count, &datum);
    else
        column_set_null(batch->columns[rows->column], batch->row_count);
    error_clear(&error);
    arena_destroy(arena);
    end_column(rows, batch);
}

void row_null(SystemRows *rows) {
    Batch *batch = current(rows);
    column_set_null(batch->columns[rows->column], batch->row_count);
    end_column(rows, batch);
}

void row_nulls(SystemRows *rows, int count) {
    while (count-- > 0)
        row_null(rows);
}

/* Names of objects by oid and back, for the reg* types. */

static const char *name_of(void *catalog, TypeId reg_type, int64_t oid, Arena *arena) {
    if (reg_type == TYPE_REGTYPE) {
        Type type = type_from_oid((uint32_t)oid);
        Text text = {0};
        if (type.id == TYPE_UNKNOWN && oid != type_oid(type))
            return NULL;
        type_add_name(type, &text);
        const char *name = arena_strdup(arena, text_string(&text));
        text_free(&text);
        return name;
    }
    if (reg_type != TYPE_REGCLASS)
        return NULL;
    const Object *object = catalog_find_id(catalog, (uint32_t)oid);
    const CatalogRelation *relation = object != NULL ? &object->relation : system_relation_by_id((uint32_t)oid);
    if (relation == NULL)
        return NULL;
    bool is_visible = object != NULL || strcmp(relation->schema, "pg_catalog") == 0;
    return is_visible ? arena_strdup(arena, relation->name) : arena_printf(arena, "%s.%s", relation->schema, relation->name);
}

/* "schema.name" or "name", with or without double quotes. */
static Status class_oid(const CatalogSnapshot *snapshot, const char *name, size_t length, int64_t *oid, Error *error) {
    char parts[2][256];
    int part = 0;
    size_t at = 0;
    bool is_quoted = false;
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        if (c == '"')
            is_quoted = !is_quoted;
        else if (c == '.' && !is_quoted && part == 0) {
            parts[part++][at] = 0;
            at = 0;
        } else if (at < 255)
            parts[part][at++] = !is_quoted && c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    parts[part][at] = 0;
    const char *schema = part == 1 ? parts[0] : NULL;
    const Object *object = schema == NULL || strcmp(schema, "public") == 0 ? catalog_find(snapshot, NULL, parts[part]) : NULL;
    const CatalogRelation *relation = object != NULL ? &object->relation : system_relation_by_name(schema, parts[part]);
    if (relation == NULL)
        return error_set(error, STATUS_UNDEFINED_TABLE, "relation \"%.*s\" does not exist", (int)length, name);
    *oid = relation->id;
    return OK;
}

static Status oid_of(void *catalog, TypeId reg_type, const char *name, size_t length, int64_t *oid, Error *error) {
    if (reg_type == TYPE_REGCLASS)
        return class_oid(catalog, name, length, oid, error);
    if (reg_type == TYPE_REGTYPE) {
        char *copy = memory_copy_text(name, length);
        bool is_array = length > 2 && name[length - 1] == ']';
        if (is_array)
            copy[length - 2] = 0;
        TypeId id = type_by_name(copy);
        memory_free(copy);
        if (id == TYPE_UNKNOWN)
            return error_set(error, STATUS_UNDEFINED_OBJECT, "type \"%.*s\" does not exist", (int)length, name);
        *oid = type_oid(is_array ? type_array_of(id) : type_of(id));
        return OK;
    }
    if (reg_type == TYPE_REGNAMESPACE) {
        bool is_public = length == 6 && memcmp(name, "public", 6) == 0, is_catalog = length == 10 && memcmp(name, "pg_catalog", 10) == 0;
        *oid = is_public ? 2200 : 11;
        return is_public || is_catalog ? OK : error_set(error, STATUS_INVALID_SCHEMA_NAME, "schema \"%.*s\" does not exist", (int)length, name);
    }
    return error_set(error, STATUS_UNDEFINED_OBJECT, "\"%.*s\" does not exist", (int)length, name);
}

TypeNames system_type_names(CatalogSnapshot *snapshot) {
    return (TypeNames){snapshot, name_of, oid_of};
}
