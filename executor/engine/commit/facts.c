/* Facts: keys are "<kind>/<object id in hexadecimal>", so that an object's stand together in order. */
#include "executor/engine/commit/facts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ID_DIGITS = 8, WORKER_DIGITS = 4 };

static const char *const kinds[] = {
    [FACT_EPOCH] = "epoch",
    [FACT_TABLE] = "table",
    [FACT_SOURCE] = "source",
    [FACT_SINK] = "sink",
    [FACT_PAUSED] = "paused",
    [FACT_SUSPENDED] = "suspended",
    [FACT_BUILDING] = "building",
};

void fact_key(FactKind kind, uint32_t object_id, Text *key) {
    assert((kind == FACT_EPOCH) == (object_id == 0));
    if (kind == FACT_EPOCH)
        text_add_string(key, kinds[kind]);
    else
        text_printf(key, "%s/%08x", kinds[kind], object_id);
}

void fact_put(Cut *cut, FactKind kind, uint32_t object_id, const Text *value) {
    Text key = {0};
    fact_key(kind, object_id, &key);
    cut_put(cut, FAMILY_FACTS, key.bytes, key.length, text_string(value), value->length);
    text_free(&key);
}

void fact_delete(Cut *cut, FactKind kind, uint32_t object_id) {
    Text key = {0};
    fact_key(kind, object_id, &key);
    cut_delete(cut, FAMILY_FACTS, key.bytes, key.length);
    text_free(&key);
}

Status fact_get(Store *store, FactKind kind, uint32_t object_id, char **value, size_t *length, Error *error) {
    Text key = {0};
    fact_key(kind, object_id, &key);
    Status status = store_get(store, FAMILY_FACTS, key.bytes, key.length, value, length, error);
    text_free(&key);
    return status;
}

/* The number that the key's last digits make. */
static unsigned long last_digits(const char *key, size_t length, size_t digits) {
    char text[ID_DIGITS + 1] = {0};
    assert(length > digits && digits <= ID_DIGITS);
    memcpy(text, key + length - digits, digits);
    return strtoul(text, NULL, 16);
}

typedef struct ObjectVisit {
    Status (*visit)(void *argument, uint32_t object_id, Error *error);
    void *argument;
} ObjectVisit;

static Status visit_object(void *argument, const char *key, size_t key_length, const char *value,
    size_t value_length, Error *error) {
    const ObjectVisit *objects = argument;
    return objects->visit(objects->argument, (uint32_t)last_digits(key, key_length, ID_DIGITS), error);
}

Status fact_objects(Store *store, FactKind kind,
    Status (*visit)(void *argument, uint32_t object_id, Error *error), void *argument, Error *error) {
    ObjectVisit objects = {visit, argument};
    Text prefix = {0};
    text_printf(&prefix, "%s/", kinds[kind]);
    Status status =
        store_scan(store, FAMILY_FACTS, prefix.bytes, prefix.length, visit_object, &objects, error);
    text_free(&prefix);
    return status;
}

void stage_key(uint32_t object_id, uint64_t number, int part, Text *key) {
    text_printf(key, "stage/%08x/%016llx/%04x", object_id, (unsigned long long)number, (unsigned)part);
}

void discard_key(uint32_t object_id, int worker, Text *key) {
    text_printf(key, "discard/%08x/%04x", object_id, (unsigned)worker);
}

typedef struct SumVisit {
    Status (*visit)(void *argument, int worker, const char *sum, size_t length, Error *error);
    void *argument;
} SumVisit;

static Status visit_sum(void *argument, const char *key, size_t key_length, const char *value,
    size_t value_length, Error *error) {
    const SumVisit *sums = argument;
    int worker = (int)last_digits(key, key_length, WORKER_DIGITS);
    return sums->visit(sums->argument, worker, value, value_length, error);
}

Status discard_sums(Store *store, uint32_t object_id,
    Status (*visit)(void *argument, int worker, const char *sum, size_t length, Error *error), void *argument,
    Error *error) {
    SumVisit sums = {visit, argument};
    Text prefix = {0};
    text_printf(&prefix, "discard/%08x/", object_id);
    Status status = store_scan(store, FAMILY_FACTS, prefix.bytes, prefix.length, visit_sum, &sums, error);
    text_free(&prefix);
    return status;
}

static void delete_all(Cut *cut, Family family, const char *kind, uint32_t object_id) {
    Text from = {0}, to = {0};
    text_printf(&from, "%s/%08x/", kind, object_id);
    text_printf(&to, "%s/%08x0", kind, object_id); /* '0' comes after '/' */
    cut_delete_range(cut, family, from.bytes, from.length, to.bytes, to.length);
    text_free(&from);
    text_free(&to);
}

void output_delete(Cut *cut, uint32_t object_id) {
    delete_all(cut, FAMILY_LOG, "stage", object_id);
    delete_all(cut, FAMILY_FACTS, "discard", object_id);
}
