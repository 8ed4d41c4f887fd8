/* TypeDefinition: interned in one table, which only grows, by as much as there are different types. */
#include "executor/types/definition.h"

#include <pthread.h>
#include <string.h>

#include "executor/base/hash.h"
#include "executor/base/memory.h"

/* Deeper than any definition that the binder lets pass: only corrupted bytes get there. */
enum { DEPTH_MAX = 1000 };

typedef struct Entry {
    TypeDefinition definition;
    uint64_t hash;
    size_t key_length;
    char *key;
    struct Entry *next;
} Entry;

static struct {
    pthread_mutex_t lock;
    Arena *arena;
    Entry **buckets;
    size_t bucket_count, count;
} interned = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void add_string(Text *out, const char *string) {
    if (string == NULL)
        text_add_u32(out, UINT32_MAX);
    else
        text_add_bytes(out, string, (uint32_t)strlen(string));
}

/* Field types by the address of their definitions, which are interned. */
static void add_key(const TypeDefinition *definition, Text *out) {
    text_add_u32(out, definition->oid);
    add_string(out, definition->name);
    text_add_u8(out, definition->types == NULL);
    for (int i = 0; i < definition->count; i++) {
        add_string(out, definition->names[i]);
        if (definition->types == NULL)
            continue;
        text_add_u8(out, definition->types[i].id);
        text_add_u8(out, definition->types[i].is_array);
        text_add_u32(out, (uint32_t)definition->types[i].modifier);
        text_add_u64(out, (uint64_t)(uintptr_t)definition->types[i].definition);
    }
}

static Entry *find(const Text *key, uint64_t hash) {
    if (interned.bucket_count == 0)
        return NULL;
    for (Entry *entry = interned.buckets[hash & (interned.bucket_count - 1)]; entry != NULL;
         entry = entry->next)
        if (entry->hash == hash && entry->key_length == key->length &&
            memcmp(entry->key, key->bytes, key->length) == 0)
            return entry;
    return NULL;
}

static void grow(void) {
    size_t count = interned.bucket_count == 0 ? 64 : 2 * interned.bucket_count;
    Entry **buckets = NEW_ARRAY(Entry *, count);
    for (size_t i = 0; i < interned.bucket_count; i++)
        for (Entry *entry = interned.buckets[i], *next; entry != NULL; entry = next) {
            next = entry->next;
            entry->next = buckets[entry->hash & (count - 1)];
            buckets[entry->hash & (count - 1)] = entry;
        }
    memory_free(interned.buckets);
    interned.buckets = buckets;
    interned.bucket_count = count;
}

static Entry *insert(const TypeDefinition *definition, const Text *key, uint64_t hash) {
    if (interned.arena == NULL)
        interned.arena = arena_create();
    if (interned.count >= interned.bucket_count)
        grow();
    Arena *arena = interned.arena;
    Entry *entry = ARENA_NEW(arena, Entry);
    const char **names = ARENA_ARRAY(arena, const char *, definition->count + 1);
    Type *types = definition->types == NULL ? NULL : ARENA_ARRAY(arena, Type, definition->count + 1);
    int nested = definition->count;
    for (int i = 0; i < definition->count; i++) {
        names[i] = arena_strdup(arena, definition->names[i]);
        if (types == NULL)
            continue;
        types[i] = definition->types[i];
        if (types[i].definition != NULL && nested < NESTED_FIELDS_MAX)
            nested += types[i].definition->nested_count;
    }
    entry->definition = (TypeDefinition){
        definition->oid, arena_strdup(arena, definition->name), definition->count, names, types, nested};
    entry->hash = hash;
    entry->key = arena_copy(arena, key->bytes, key->length);
    entry->key_length = key->length;
    Entry **bucket = &interned.buckets[hash & (interned.bucket_count - 1)];
    entry->next = *bucket;
    *bucket = entry;
    interned.count++;
    return entry;
}

const TypeDefinition *type_define(const TypeDefinition *definition) {
    Text key = {0};
    add_key(definition, &key);
    uint64_t hash = hash_bytes_64(key.bytes, key.length);
    pthread_mutex_lock(&interned.lock);
    Entry *entry = find(&key, hash);
    if (entry == NULL)
        entry = insert(definition, &key, hash);
    pthread_mutex_unlock(&interned.lock);
    text_free(&key);
    return &entry->definition;
}

int definition_find(const TypeDefinition *definition, const char *name, size_t length) {
    for (int i = 0; i < definition->count; i++)
        if (strlen(definition->names[i]) == length && memcmp(definition->names[i], name, length) == 0)
            return i;
    return -1;
}

/* ---- stored form ---- */

static bool may_have_definition(Type type) {
    return type.id == TYPE_RECORD || type.id == TYPE_ENUM;
}

void type_add_definition(Type type, Text *out) {
    const TypeDefinition *definition = type.definition;
    if (!may_have_definition(type))
        return;
    text_add_u8(out, definition != NULL);
    if (definition == NULL)
        return;
    text_add_u32(out, definition->oid);
    add_string(out, definition->name);
    text_add_u32(out, (uint32_t)definition->count);
    for (int i = 0; i < definition->count; i++) {
        add_string(out, definition->names[i]);
        if (definition->types == NULL)
            continue;
        text_add_u8(out, definition->types[i].id);
        text_add_u8(out, definition->types[i].is_array);
        text_add_u32(out, (uint32_t)definition->types[i].modifier);
        type_add_definition(definition->types[i], out);
    }
}

static const char *read_string(TextReader *reader, Arena *arena) {
    uint32_t length = text_read_u32(reader);
    if (length == UINT32_MAX)
        return NULL;
    const char *bytes = text_read_raw(reader, length);
    return bytes == NULL ? NULL : arena_copy(arena, bytes, length);
}

static void read_definition(TextReader *reader, Arena *arena, int depth, Type *type);

static void read_fields(TextReader *reader, Arena *arena, int depth, TypeId id, TypeDefinition *definition) {
    const char **names = ARENA_ARRAY(arena, const char *, definition->count + 1);
    Type *types = id == TYPE_ENUM ? NULL : ARENA_ARRAY(arena, Type, definition->count + 1);
    for (int i = 0; i < definition->count && !reader->is_bad; i++) {
        names[i] = read_string(reader, arena);
        reader->is_bad |= names[i] == NULL;
        if (types == NULL)
            continue;
        types[i].id = text_read_u8(reader);
        types[i].is_array = text_read_u8(reader) != 0;
        types[i].modifier = (int32_t)text_read_u32(reader);
        if (types[i].id >= TYPE_COUNT)
            reader->is_bad = 1;
        else
            read_definition(reader, arena, depth + 1, &types[i]);
    }
    definition->names = names;
    definition->types = types;
}

static void read_definition(TextReader *reader, Arena *arena, int depth, Type *type) {
    type->definition = NULL;
    if (!may_have_definition(*type) || text_read_u8(reader) == 0)
        return;
    TypeDefinition definition = {.oid = text_read_u32(reader), .name = read_string(reader, arena)};
    uint32_t count = text_read_u32(reader);
    /* A name takes at least four bytes. */
    if (reader->is_bad || depth > DEPTH_MAX || count > (size_t)(reader->end - reader->cursor) / 4) {
        reader->is_bad = 1;
        return;
    }
    definition.count = (int)count;
    read_fields(reader, arena, depth, (TypeId)type->id, &definition);
    if (!reader->is_bad)
        type->definition = type_define(&definition);
}

void type_read_definition(TextReader *reader, Type *type) {
    type->definition = NULL;
    if (!may_have_definition(*type))
        return;
    Arena *arena = arena_create();
    read_definition(reader, arena, 0, type);
    arena_destroy(arena);
}
