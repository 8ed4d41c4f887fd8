/* Object: a catalog entry and its stored form. */
#include "server/catalog/object.h"

#include <string.h>

#include "executor/base/memory.h"
#include "executor/types/definition.h"

enum { FORMAT_VERSION = 13 };

Object *object_create(uint32_t id, RelationKind kind, const char *schema, const char *name) {
    Object *object = NEW(Object);
    atomic_init(&object->reference_count, 1);
    object->arena = arena_create();
    object->relation.id = id;
    object->relation.kind = kind;
    object->relation.schema = arena_strdup(object->arena, schema);
    object->relation.name = arena_strdup(object->arena, name);
    object->relation.key_count = -1;
    object->relation.watermark_column = -1;
    object->idle_timeout = object->drift_max = INT64_MAX;
    object->time_zone = "UTC";
    object->date_style = "ISO, MDY";
    object->interval_style = "postgres";
    object->extra_float_digits = 1;
    return object;
}

Object *object_retain(Object *object) {
    atomic_fetch_add(&object->reference_count, 1);
    return object;
}

void object_release(Object *object) {
    if (object == NULL || atomic_fetch_sub(&object->reference_count, 1) != 1)
        return;
    arena_destroy(object->arena);
    memory_free(object);
}

/* NULL is stored as length UINT32_MAX. */
static void add_string(Text *out, const char *string) {
    if (string == NULL)
        text_add_u32(out, UINT32_MAX);
    else
        text_add_bytes(out, string, (uint32_t)strlen(string));
}

static const char *read_string(TextReader *reader, Arena *arena) {
    uint32_t length = text_read_u32(reader);
    if (length == UINT32_MAX)
        return NULL;
    const char *bytes = text_read_raw(reader, length);
    return bytes == NULL ? "" : arena_copy(arena, bytes, length);
}

static void add_strings(Text *out, const char *const *strings, int count) {
    text_add_u32(out, (uint32_t)count);
    for (int i = 0; i < count; i++)
        add_string(out, strings[i]);
}

/* A count that cannot be more than the bytes left. */
static int read_count(TextReader *reader) {
    uint32_t count = text_read_u32(reader);
    if (count > (size_t)(reader->end - reader->cursor))
        reader->is_bad = 1;
    return reader->is_bad ? 0 : (int)count;
}

static const char **read_strings(TextReader *reader, Arena *arena, int *count) {
    *count = read_count(reader);
    const char **strings = ARENA_ARRAY(arena, const char *, *count + 1);
    for (int i = 0; i < *count; i++)
        strings[i] = read_string(reader, arena);
    return strings;
}

/* Definitions */

static void add_reference(Text *out, const CatalogReference *reference) {
    add_string(out, reference->schema);
    add_string(out, reference->name);
    text_add_u32(out, reference->id);
    text_add_u8(out, (uint8_t)(reference->is_function | reference->is_constant << 1 |
                               reference->is_whole << 2 | reference->is_implicit << 3));
    text_add_u32(out, (uint32_t)reference->column_count);
    for (int i = 0; i < reference->column_count; i++) {
        add_string(out, reference->columns[i].name);
        text_add_u8(out, reference->columns[i].is_used);
    }
}

static void read_reference(TextReader *reader, Arena *arena, CatalogReference *reference) {
    reference->schema = read_string(reader, arena);
    reference->name = read_string(reader, arena);
    reference->id = text_read_u32(reader);
    uint8_t flags = text_read_u8(reader);
    reference->is_function = flags & 1;
    reference->is_constant = flags >> 1 & 1;
    reference->is_whole = flags >> 2 & 1;
    reference->is_implicit = flags >> 3 & 1;
    reference->column_count = read_count(reader);
    reference->columns = ARENA_ARRAY(arena, KnownColumn, reference->column_count + 1);
    for (int i = 0; i < reference->column_count; i++) {
        reference->columns[i].name = read_string(reader, arena);
        reference->columns[i].is_used = text_read_u8(reader);
    }
}

static void add_mark(Text *out, const CatalogMark *mark) {
    text_add_u8(out, (uint8_t)mark->kind);
    text_add_u32(out, (uint32_t)mark->start);
    text_add_u32(out, (uint32_t)mark->end);
    text_add_u32(out, (uint32_t)mark->reference);
    text_add_u32(out, (uint32_t)mark->column);
}

static void read_mark(TextReader *reader, const CatalogDefinition *definition, CatalogMark *mark) {
    mark->kind = (MarkKind)text_read_u8(reader);
    mark->start = (int32_t)text_read_u32(reader);
    mark->end = (int32_t)text_read_u32(reader);
    mark->reference = (int32_t)text_read_u32(reader);
    mark->column = (int32_t)text_read_u32(reader);
    if (mark->reference < 0 || mark->reference >= definition->reference_count || mark->start < 0 ||
        mark->start > mark->end || (size_t)mark->end > strlen(definition->text) ||
        mark->column >= definition->references[mark->reference].column_count)
        reader->is_bad = 1;
}

static void add_definition(Text *out, const CatalogDefinition *definition) {
    add_string(out, definition == NULL ? NULL : definition->text);
    if (definition == NULL)
        return;
    text_add_u32(out, (uint32_t)definition->reference_count);
    for (int i = 0; i < definition->reference_count; i++)
        add_reference(out, &definition->references[i]);
    text_add_u32(out, (uint32_t)definition->mark_count);
    for (int i = 0; i < definition->mark_count; i++)
        add_mark(out, &definition->marks[i]);
    add_strings(out, definition->results, definition->result_count);
}

static const CatalogDefinition *read_definition(TextReader *reader, Arena *arena) {
    const char *text = read_string(reader, arena);
    if (text == NULL)
        return NULL;
    CatalogDefinition *definition = ARENA_NEW(arena, CatalogDefinition);
    definition->text = text;
    definition->reference_count = read_count(reader);
    definition->references = ARENA_ARRAY(arena, CatalogReference, definition->reference_count + 1);
    for (int i = 0; i < definition->reference_count; i++)
        read_reference(reader, arena, &definition->references[i]);
    definition->mark_count = read_count(reader);
    definition->marks = ARENA_ARRAY(arena, CatalogMark, definition->mark_count + 1);
    for (int i = 0; i < definition->mark_count; i++)
        read_mark(reader, definition, &definition->marks[i]);
    definition->results = read_strings(reader, arena, &definition->result_count);
    return definition;
}

static void add_column(Text *out, const CatalogColumn *column) {
    add_string(out, column->name);
    text_add_u8(out, column->type.id);
    text_add_u8(out, column->type.is_array);
    text_add_u32(out, (uint32_t)column->type.modifier);
    type_add_definition(column->type, out);
    text_add_u8(out, (uint8_t)(column->is_not_null | column->is_hidden << 1 | column->has_watermark << 2 |
                               (column->identity == 'a') << 4 | (column->identity == 'd') << 5 |
                               column->is_clock << 3 | column->is_window_bound << 6));
    text_add_u16(out, (uint16_t)column->arrival);
    add_definition(out, column->default_value);
    add_definition(out, column->computed);
    text_add_bytes(out, column->missing, column->missing_length);
}

static void read_column(TextReader *reader, Arena *arena, CatalogColumn *column) {
    column->name = read_string(reader, arena);
    column->type.id = text_read_u8(reader);
    column->type.is_array = text_read_u8(reader);
    column->type.modifier = (int32_t)text_read_u32(reader);
    if (column->type.id < TYPE_COUNT)
        type_read_definition(reader, &column->type);
    uint8_t flags = text_read_u8(reader);
    column->is_not_null = flags & 1;
    column->is_hidden = flags >> 1 & 1;
    column->has_watermark = flags >> 2 & 1;
    column->identity = flags >> 4 & 1 ? 'a' : flags >> 5 & 1 ? 'd' : 0;
    column->is_clock = flags >> 3 & 1;
    column->is_window_bound = flags >> 6 & 1;
    column->arrival = text_read_u16(reader);
    column->default_value = read_definition(reader, arena);
    column->computed = read_definition(reader, arena);
    const char *missing = text_read_bytes(reader, &column->missing_length);
    column->missing = missing == NULL || column->missing_length == 0
                          ? NULL
                          : arena_copy(arena, missing, column->missing_length);
    if (column->type.id >= TYPE_COUNT)
        reader->is_bad = 1;
}

static void add_numbers(Text *out, const int *numbers, int count) {
    text_add_u32(out, (uint32_t)count);
    for (int i = 0; i < count; i++)
        text_add_u32(out, (uint32_t)numbers[i]);
}

/* Numbers of columns. */
static const int *read_numbers(TextReader *reader, Arena *arena, int column_count, int *count) {
    *count = read_count(reader);
    int *numbers = ARENA_ARRAY(arena, int, *count + 1);
    for (int i = 0; i < *count && !reader->is_bad; i++) {
        numbers[i] = (int)text_read_u32(reader);
        if (numbers[i] < 0 || numbers[i] >= column_count)
            reader->is_bad = 1;
    }
    return numbers;
}

static void add_indexes(Text *out, const CatalogRelation *relation) {
    text_add_u32(out, (uint32_t)relation->index_count);
    for (int i = 0; i < relation->index_count; i++) {
        const CatalogIndex *index = &relation->indexes[i];
        text_add_u32(out, index->id);
        add_string(out, index->name);
        text_add_u8(out, (uint8_t)(index->is_unique | index->is_constraint << 1));
        add_numbers(out, index->key, index->key_count);
        add_numbers(out, index->included, index->included_count);
    }
}

static void read_indexes(TextReader *reader, Arena *arena, CatalogRelation *relation) {
    relation->index_count = read_count(reader);
    CatalogIndex *indexes = ARENA_ARRAY(arena, CatalogIndex, relation->index_count + 1);
    for (int i = 0; i < relation->index_count && !reader->is_bad; i++) {
        indexes[i].id = text_read_u32(reader);
        indexes[i].name = read_string(reader, arena);
        uint8_t flags = text_read_u8(reader);
        indexes[i].is_unique = flags & 1;
        indexes[i].is_constraint = flags >> 1 & 1;
        indexes[i].key = read_numbers(reader, arena, relation->column_count, &indexes[i].key_count);
        indexes[i].included = read_numbers(reader, arena, relation->column_count, &indexes[i].included_count);
    }
    relation->indexes = indexes;
}

static void add_relation(Text *out, const CatalogRelation *relation) {
    text_add_u32(out, relation->id);
    text_add_u8(out, (uint8_t)relation->kind);
    add_string(out, relation->schema);
    add_string(out, relation->name);
    text_add_u32(out, (uint32_t)relation->column_count);
    for (int i = 0; i < relation->column_count; i++)
        add_column(out, &relation->columns[i]);
    text_add_u32(out, (uint32_t)relation->key_count);
    for (int i = 0; i < relation->key_count; i++)
        text_add_u32(out, (uint32_t)relation->key[i]);
    add_numbers(out, relation->declared, relation->declared_count);
    text_add_u8(out, relation->is_append_only);
    text_add_u32(out, (uint32_t)relation->watermark_column);
    add_definition(out, relation->watermark);
    add_strings(out, relation->check_names, relation->check_count);
    for (int i = 0; i < relation->check_count; i++)
        add_definition(out, relation->checks[i]);
    add_definition(out, relation->definition);
    add_indexes(out, relation);
}

static void read_relation(TextReader *reader, Arena *arena, CatalogRelation *relation) {
    relation->id = text_read_u32(reader);
    relation->kind = (RelationKind)text_read_u8(reader);
    relation->schema = read_string(reader, arena);
    relation->name = read_string(reader, arena);
    relation->column_count = read_count(reader);
    CatalogColumn *columns = ARENA_ARRAY(arena, CatalogColumn, relation->column_count + 1);
    for (int i = 0; i < relation->column_count; i++)
        read_column(reader, arena, &columns[i]);
    relation->columns = columns;
    relation->key_count = (int32_t)text_read_u32(reader);
    if (relation->key_count > relation->column_count)
        reader->is_bad = 1;
    int *key = ARENA_ARRAY(arena, int, relation->column_count + 1);
    for (int i = 0; i < relation->key_count && !reader->is_bad; i++)
        key[i] = (int)text_read_u32(reader);
    relation->key = key;
    relation->declared = read_numbers(reader, arena, relation->column_count, &relation->declared_count);
    relation->is_append_only = text_read_u8(reader);
    relation->watermark_column = (int32_t)text_read_u32(reader);
    relation->watermark = read_definition(reader, arena);
    relation->check_names = read_strings(reader, arena, &relation->check_count);
    const CatalogDefinition **checks =
        ARENA_ARRAY(arena, const CatalogDefinition *, relation->check_count + 1);
    for (int i = 0; i < relation->check_count; i++)
        checks[i] = read_definition(reader, arena);
    relation->checks = checks;
    relation->definition = read_definition(reader, arena);
    read_indexes(reader, arena, relation);
}

static void add_sequence(Text *out, const SequenceSpec *sequence) {
    const int64_t numbers[] = {
        sequence->start, sequence->increment, sequence->minimum, sequence->maximum, sequence->cache};
    text_add_u8(out, sequence->type.id);
    for (int i = 0; i < 5; i++)
        text_add_u64(out, (uint64_t)numbers[i]);
    text_add_u8(out, sequence->is_cycle);
    text_add_u32(out, sequence->owner_id);
    add_string(out, sequence->owner_column);
    text_add_u32(out, sequence->generation);
    text_add_u32(out, sequence->restarted);
    text_add_u64(out, (uint64_t)sequence->restart);
}

static void read_sequence(TextReader *reader, Arena *arena, SequenceSpec *sequence) {
    int64_t *numbers[] = {
        &sequence->start, &sequence->increment, &sequence->minimum, &sequence->maximum, &sequence->cache};
    sequence->type = type_of((TypeId)text_read_u8(reader));
    for (int i = 0; i < 5; i++)
        *numbers[i] = (int64_t)text_read_u64(reader);
    sequence->is_cycle = text_read_u8(reader);
    sequence->owner_id = text_read_u32(reader);
    sequence->owner_column = read_string(reader, arena);
    sequence->generation = text_read_u32(reader);
    sequence->restarted = text_read_u32(reader);
    sequence->restart = (int64_t)text_read_u64(reader);
}

static void add_function(Text *out, const CatalogFunction *function) {
    add_string(out, function->name);
    text_add_u32(out, (uint32_t)function->argument_count);
    text_add_u8(out, function->is_set);
    text_add_u8(out, function->is_table);
    add_string(out, function->row_type);
    text_add_u8(out, function->is_strict);
    text_add_u8(out, (uint8_t)function->volatility);
}

static void read_function(TextReader *reader, Arena *arena, CatalogFunction *function) {
    function->name = read_string(reader, arena);
    function->argument_count = (int)text_read_u32(reader);
    function->is_set = text_read_u8(reader);
    function->is_table = text_read_u8(reader);
    function->row_type = read_string(reader, arena);
    function->is_strict = text_read_u8(reader);
    function->volatility = (char)text_read_u8(reader);
}

static void add_comments(Text *out, const Object *object) {
    text_add_u32(out, (uint32_t)object->comment_count);
    for (int i = 0; i < object->comment_count; i++) {
        text_add_u8(out, (uint8_t)object->comments[i].part);
        add_string(out, object->comments[i].name);
        add_string(out, object->comments[i].text);
    }
}

static void read_comments(TextReader *reader, Object *object) {
    object->comment_count = read_count(reader);
    object->comments = ARENA_ARRAY(object->arena, ObjectComment, object->comment_count + 1);
    for (int i = 0; i < object->comment_count; i++) {
        object->comments[i].part = text_read_u8(reader);
        object->comments[i].name = read_string(reader, object->arena);
        object->comments[i].text = read_string(reader, object->arena);
    }
}

static void add_role(Text *out, const RoleSpec *role) {
    text_add_u8(out, (uint8_t)(role->is_superuser | role->inherits << 1 | role->can_create_roles << 2 |
                               role->can_create_databases << 3 | role->can_log_in << 4 |
                               role->can_replicate << 5 | role->bypasses_row_security << 6));
    text_add_u32(out, (uint32_t)role->connection_limit);
    text_add_u64(out, (uint64_t)role->valid_until);
    add_string(out, role->verifier);
    text_add_u32(out, (uint32_t)role->membership_count);
    for (int i = 0; i < role->membership_count; i++) {
        text_add_u32(out, role->memberships[i].role);
        text_add_u32(out, role->memberships[i].grantor);
        text_add_u8(out, role->memberships[i].is_admin);
    }
}

static void read_role(TextReader *reader, Arena *arena, RoleSpec *role) {
    uint8_t flags = text_read_u8(reader);
    role->is_superuser = flags & 1;
    role->inherits = flags >> 1 & 1;
    role->can_create_roles = flags >> 2 & 1;
    role->can_create_databases = flags >> 3 & 1;
    role->can_log_in = flags >> 4 & 1;
    role->can_replicate = flags >> 5 & 1;
    role->bypasses_row_security = flags >> 6 & 1;
    role->connection_limit = (int32_t)text_read_u32(reader);
    role->valid_until = (int64_t)text_read_u64(reader);
    role->verifier = read_string(reader, arena);
    role->membership_count = read_count(reader);
    role->memberships = ARENA_ARRAY(arena, Membership, role->membership_count + 1);
    for (int i = 0; i < role->membership_count; i++) {
        role->memberships[i].role = text_read_u32(reader);
        role->memberships[i].grantor = text_read_u32(reader);
        role->memberships[i].is_admin = text_read_u8(reader);
    }
}

static void add_acl(Text *out, const Object *object) {
    text_add_u32(out, object->owner_id);
    text_add_u8(out, object->has_acl);
    text_add_u32(out, (uint32_t)object->acl_count);
    for (int i = 0; i < object->acl_count; i++) {
        const AclEntry *entry = &object->acl[i];
        const uint32_t numbers[] = {entry->grantee, entry->grantor, entry->privileges, entry->options};
        for (int n = 0; n < 4; n++)
            text_add_u32(out, numbers[n]);
    }
}

static void read_acl(TextReader *reader, Object *object) {
    object->owner_id = text_read_u32(reader);
    object->has_acl = text_read_u8(reader);
    object->acl_count = read_count(reader);
    object->acl = ARENA_ARRAY(object->arena, AclEntry, object->acl_count + 1);
    for (int i = 0; i < object->acl_count; i++) {
        AclEntry *entry = &object->acl[i];
        uint32_t *const numbers[] = {&entry->grantee, &entry->grantor, &entry->privileges, &entry->options};
        for (int n = 0; n < 4; n++)
            *numbers[n] = text_read_u32(reader);
    }
}

void object_encode(const Object *object, Text *out) {
    text_add_u16(out, FORMAT_VERSION);
    add_relation(out, &object->relation);
    add_string(out, object->connector);
    add_strings(out, object->option_names, object->option_count);
    add_strings(out, object->option_values, object->option_count);
    add_string(out, object->format);
    add_string(out, object->encode);
    add_strings(out, object->encode_option_names, object->encode_option_count);
    add_strings(out, object->encode_option_values, object->encode_option_count);
    add_strings(out, object->metadata, object->metadata == NULL ? 0 : object->relation.column_count);
    text_add_u32(out, (uint32_t)object->partition_count);
    for (int p = 0; p < object->partition_count; p++)
        text_add_u64(out, (uint64_t)object->start_offsets[p]);
    text_add_u64(out, (uint64_t)object->idle_timeout);
    text_add_u64(out, (uint64_t)object->drift_max);
    text_add_bytes(out, object->spec, object->spec_length);
    text_add_bytes(out, object->watermark, object->watermark_length);
    text_add_u32(out, (uint32_t)object->dependency_count);
    for (int i = 0; i < object->dependency_count; i++)
        text_add_u32(out, object->dependencies[i]);
    text_add_u8(out, object->is_sink_append_only);
    if (object->relation.kind == RELATION_SEQUENCE)
        add_sequence(out, &object->sequence);
    if (object->relation.kind == RELATION_FUNCTION)
        add_function(out, &object->relation.function);
    if (object->relation.kind == RELATION_TYPE)
        text_add_u8(out, object->relation.is_enum);
    add_string(out, object->time_zone);
    add_string(out, object->date_style);
    add_string(out, object->interval_style);
    text_add_u32(out, (uint32_t)object->extra_float_digits);
    add_acl(out, object);
    if (object->relation.kind == RELATION_ROLE)
        add_role(out, &object->role);
    add_comments(out, object);
    add_string(out, object->relation.key_name);
    text_add_u8(out, (uint8_t)object->on_commit);
}

void object_read_options(Object *object) {
    for (int i = 0; i < object->option_count && object->connector == NULL; i++)
        if (strcmp(object->option_names[i], "on_conflict") == 0)
            object->relation.on_conflict = object->option_values[i];
}

Status object_decode(const char *bytes, size_t length, Object **out, Error *error) {
    TextReader reader = {bytes, bytes + length, 0};
    if (text_read_u16(&reader) != FORMAT_VERSION)
        return error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "a catalog entry was written by another version");
    Object *object = object_create(0, RELATION_TABLE, "", "");
    Arena *arena = object->arena;
    read_relation(&reader, arena, &object->relation);
    object->connector = read_string(&reader, arena);
    object->option_names = read_strings(&reader, arena, &object->option_count);
    object->option_values = read_strings(&reader, arena, &object->option_count);
    object_read_options(object);
    object->format = read_string(&reader, arena);
    object->encode = read_string(&reader, arena);
    object->encode_option_names = read_strings(&reader, arena, &object->encode_option_count);
    object->encode_option_values = read_strings(&reader, arena, &object->encode_option_count);
    int metadata_count;
    object->metadata = read_strings(&reader, arena, &metadata_count);
    if (metadata_count == 0)
        object->metadata = NULL;
    object->relation.has_connector = object->relation.kind == RELATION_TABLE && object->connector != NULL;
    object->partition_count = read_count(&reader);
    object->start_offsets = ARENA_ARRAY(arena, int64_t, object->partition_count + 1);
    for (int p = 0; p < object->partition_count; p++)
        object->start_offsets[p] = (int64_t)text_read_u64(&reader);
    object->idle_timeout = (int64_t)text_read_u64(&reader);
    object->drift_max = (int64_t)text_read_u64(&reader);
    const char *spec = text_read_bytes(&reader, &object->spec_length);
    object->spec = spec == NULL ? NULL : arena_copy(arena, spec, object->spec_length);
    const char *watermark = text_read_bytes(&reader, &object->watermark_length);
    object->watermark = watermark == NULL ? NULL : arena_copy(arena, watermark, object->watermark_length);
    object->dependency_count = read_count(&reader);
    object->dependencies = ARENA_ARRAY(arena, uint32_t, object->dependency_count + 1);
    for (int i = 0; i < object->dependency_count; i++)
        object->dependencies[i] = text_read_u32(&reader);
    object->is_sink_append_only = text_read_u8(&reader);
    if (object->relation.kind == RELATION_SEQUENCE)
        read_sequence(&reader, arena, &object->sequence);
    if (object->relation.kind == RELATION_FUNCTION)
        read_function(&reader, arena, &object->relation.function);
    if (object->relation.kind == RELATION_TYPE)
        object->relation.is_enum = text_read_u8(&reader);
    object->time_zone = read_string(&reader, arena);
    object->date_style = read_string(&reader, arena);
    object->interval_style = read_string(&reader, arena);
    object->extra_float_digits = (int32_t)text_read_u32(&reader);
    read_acl(&reader, object);
    if (object->relation.kind == RELATION_ROLE)
        read_role(&reader, arena, &object->role);
    read_comments(&reader, object);
    object->relation.key_name = read_string(&reader, arena);
    object->on_commit = text_read_u8(&reader);
    if (reader.is_bad || (metadata_count != 0 && metadata_count != object->relation.column_count)) {
        object_release(object);
        return error_set(error, STATUS_DATA_CORRUPTED, "a catalog entry is damaged");
    }
    *out = object;
    return OK;
}

Object *object_copy(const Object *object) {
    Text bytes = {0};
    Object *copy = NULL;
    Error error = {0};
    object_encode(object, &bytes);
    if (object_decode(bytes.bytes, bytes.length, &copy, &error) != OK)
        error_clear(&error);
    text_free(&bytes);
    return copy;
}

const char *relation_kind_name(RelationKind kind) {
    static const char *const names[] = {
        [RELATION_TABLE] = "table",
        [RELATION_SOURCE] = "source",
        [RELATION_VIEW] = "view",
        [RELATION_MATERIALIZED_VIEW] = "materialized view",
        [RELATION_SINK] = "sink",
        [RELATION_INDEX] = "index",
        [RELATION_SEQUENCE] = "sequence",
        [RELATION_FUNCTION] = "function",
        [RELATION_SYSTEM] = "system relation",
        [RELATION_SCHEMA] = "schema",
        [RELATION_ROLE] = "role",
        [RELATION_TYPE] = "type",
    };
    return names[kind];
}

TypeSettings object_settings(const Object *object) {
    TypeSettings settings = type_settings_default;
    settings.time_zone = object->time_zone;
    settings.date_style = object->date_style;
    settings.interval_style = object->interval_style;
    settings.extra_float_digits = object->extra_float_digits;
    return settings;
}

RelationIndexSpec object_index_spec(const CatalogIndex *index) {
    return (RelationIndexSpec){.id = index->id,
        .is_unique = index->is_unique,
        .name = index->name,
        .count = index->key_count,
        .columns = index->key};
}

bool object_has_job(const Object *object) {
    RelationKind kind = object->relation.kind;
    return kind == RELATION_TABLE || kind == RELATION_SOURCE || kind == RELATION_MATERIALIZED_VIEW ||
           kind == RELATION_SINK;
}

void object_set_sequence(Object *object, const SequenceSpec *sequence) {
    static const CatalogColumn columns[] = {
        {.name = "last_value", .type = {.id = TYPE_INT8, .modifier = -1}, .is_not_null = true},
        {.name = "log_cnt", .type = {.id = TYPE_INT8, .modifier = -1}, .is_not_null = true},
        {.name = "is_called", .type = {.id = TYPE_BOOL, .modifier = -1}, .is_not_null = true}};
    object->sequence = *sequence;
    object->relation.columns = columns;
    object->relation.column_count = 3;
}

void object_set_comment(Object *object, CommentPart part, const char *name, const char *text) {
    object_rename_comment(object, part, name, NULL);
    if (text == NULL)
        return;
    ObjectComment *comments = ARENA_ARRAY(object->arena, ObjectComment, object->comment_count + 1);
    for (int i = 0; i < object->comment_count; i++)
        comments[i] = object->comments[i];
    object->comments = comments;
    object->comments[object->comment_count++] =
        (ObjectComment){part, arena_strdup(object->arena, name), arena_strdup(object->arena, text)};
}

void object_rename_comment(Object *object, CommentPart part, const char *name, const char *new_name) {
    int kept = 0;
    for (int i = 0; i < object->comment_count; i++) {
        ObjectComment comment = object->comments[i];
        bool is_it = comment.part == part && strcmp(comment.name, name) == 0;
        if (is_it && new_name == NULL)
            continue;
        if (is_it)
            comment.name = arena_strdup(object->arena, new_name);
        object->comments[kept++] = comment;
    }
    object->comment_count = kept;
}

void object_map_definitions(Object *object, DefinitionMap map, void *argument) {
    CatalogRelation *relation = &object->relation;
    CatalogColumn *columns = (CatalogColumn *)relation->columns;
    for (int i = 0; i < relation->column_count && relation->kind != RELATION_SEQUENCE; i++) {
        columns[i].default_value = map(object->arena, columns[i].default_value, argument);
        columns[i].computed = map(object->arena, columns[i].computed, argument);
    }
    for (int i = 0; i < relation->check_count; i++)
        ((const CatalogDefinition **)relation->checks)[i] = map(object->arena, relation->checks[i], argument);
    relation->watermark = map(object->arena, relation->watermark, argument);
    relation->definition = map(object->arena, relation->definition, argument);
}

bool object_names(const Object *object, uint32_t id) {
    const CatalogRelation *relation = &object->relation;
    bool names = definition_names(relation->definition, id) || definition_names(relation->watermark, id);
    for (int i = 0; i < relation->column_count && !names; i++)
        names = definition_names(relation->columns[i].default_value, id) ||
                definition_names(relation->columns[i].computed, id);
    for (int i = 0; i < relation->check_count && !names; i++)
        names = definition_names(relation->checks[i], id);
    return names;
}
