/* Staged records: written by workers, read by delivery. */
#include "connectors/kafka/staged.h"

#include <string.h>

#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "executor/base/probe_table.h"

enum { HAS_KEY = 1, HAS_VALUE = 2, HAS_BEFORE = 4 };

void kafka_record_add(const KafkaRecord *record, Text *staged) {
    int flags = (record->key != NULL ? HAS_KEY : 0) | (record->value != NULL ? HAS_VALUE : 0) |
                (record->before != NULL ? HAS_BEFORE : 0);
    text_add_u8(staged, (uint8_t)flags);
    text_add_u32(staged, (uint32_t)record->partition);
    text_add_u64(staged, (uint64_t)record->timestamp);
    if (record->key != NULL)
        text_add_bytes(staged, record->key, record->key_length);
    if (record->value != NULL)
        text_add_bytes(staged, record->value, record->value_length);
    if (record->before != NULL)
        text_add_bytes(staged, record->before, record->before_length);
}

static KafkaRecord read_record(TextReader *reader) {
    KafkaRecord record = {0};
    uint8_t flags = text_read_u8(reader);
    record.partition = (int32_t)text_read_u32(reader);
    record.timestamp = (int64_t)text_read_u64(reader);
    if (flags & HAS_KEY)
        record.key = text_read_bytes(reader, &record.key_length);
    if (flags & HAS_VALUE)
        record.value = text_read_bytes(reader, &record.value_length);
    if (flags & HAS_BEFORE)
        record.before = text_read_bytes(reader, &record.before_length);
    return record;
}

static bool is_same_key(const KafkaRecord *a, const KafkaRecord *b) {
    return a->key_length == b->key_length && memcmp(a->key, b->key, a->key_length) == 0;
}

static uint64_t hash_of(const KafkaRecord *record) {
    return hash_bytes_64(record->key, record->key_length);
}

/* Drops the tombstones of keys that also have a value; what they say was there before goes with the value. */
static void drop_replaced(KafkaRecords *all) {
    KafkaRecord *records = all->records;
    ProbeTable with_value = {0};
    for (int i = 0; i < all->count; i++)
        if (records[i].value != NULL)
            probe_table_add(&with_value, hash_of(&records[i]), (uint64_t)i);
    bool *is_replaced = NEW_ARRAY(bool, all->count);
    for (int i = 0; i < all->count; i++) {
        if (records[i].value != NULL)
            continue;
        ProbeWalk walk = probe_table_walk(&with_value, hash_of(&records[i]));
        while (!is_replaced[i] && probe_walk_next(&walk)) {
            KafkaRecord *replacing = &records[walk.item];
            is_replaced[i] = is_same_key(&records[i], replacing);
            if (is_replaced[i]) {
                replacing->before = records[i].before;
                replacing->before_length = records[i].before_length;
            }
        }
    }
    int kept = 0;
    for (int i = 0; i < all->count; i++)
        if (!is_replaced[i])
            records[kept++] = records[i];
    all->count = kept;
    memory_free(is_replaced);
    probe_table_free(&with_value);
}

static void add_image(Text *out, const char *label, const char *image, uint32_t length) {
    text_add_string(out, label);
    if (image == NULL)
        text_add_string(out, "null");
    else
        text_add(out, image, length);
}

static void make_envelopes(KafkaRecords *all) {
    Text *out = &all->envelopes;
    size_t *starts = NEW_ARRAY(size_t, all->count + 1);
    for (int i = 0; i < all->count; i++) {
        const KafkaRecord *record = &all->records[i];
        starts[i] = out->length;
        add_image(out, "{\"before\":", record->before, record->before_length);
        add_image(out, ",\"after\":", record->value, record->value_length);
        text_printf(out, ",\"op\":\"%s\"}", record->value == NULL ? "d" : record->before == NULL ? "c" : "u");
    }
    starts[all->count] = out->length;
    for (int i = 0; i < all->count; i++) {
        all->records[i].value = out->bytes + starts[i];
        all->records[i].value_length = (uint32_t)(starts[i + 1] - starts[i]);
    }
    memory_free(starts);
}

Status kafka_records_read(
    const char *staged, size_t length, ChangesKind kind, KafkaRecords *out, Error *error) {
    TextReader reader = {staged, staged + length, 0};
    int capacity = 0;
    *out = (KafkaRecords){0};
    bool is_any_tombstone = false;
    while (reader.cursor < reader.end && !reader.is_bad) {
        GROW(out->records, capacity, out->count + 1);
        out->records[out->count] = read_record(&reader);
        is_any_tombstone |= out->records[out->count].value == NULL;
        ++out->count;
    }
    if (reader.is_bad) {
        kafka_records_free(out);
        return error_set(error, STATUS_DATA_CORRUPTED, "a staged batch of a Kafka sink is damaged");
    }
    if (kind != CHANGES_NONE && is_any_tombstone)
        drop_replaced(out);
    if (kind == CHANGES_DEBEZIUM)
        make_envelopes(out);
    return OK;
}

void kafka_records_free(KafkaRecords *records) {
    memory_free(records->records);
    text_free(&records->envelopes);
    *records = (KafkaRecords){0};
}
