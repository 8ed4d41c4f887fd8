/* Staged records: written by workers, read by delivery. */
#include "connectors/kafka/staged.h"

#include <string.h>

#include "executor/base/hash.h"
#include "executor/base/memory.h"

enum { HAS_KEY = 1, HAS_VALUE = 2 };

void kafka_record_add(const KafkaRecord *record, Text *staged) {
    text_add_u8(staged, (uint8_t)((record->key != NULL ? HAS_KEY : 0) | (record->value != NULL ? HAS_VALUE : 0)));
    text_add_u32(staged, (uint32_t)record->partition);
    text_add_u64(staged, (uint64_t)record->timestamp);
    if (record->key != NULL)
        text_add_bytes(staged, record->key, record->key_length);
    if (record->value != NULL)
        text_add_bytes(staged, record->value, record->value_length);
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
    return record;
}

static bool is_same_key(const KafkaRecord *a, const KafkaRecord *b) {
    return a->key_length == b->key_length && memcmp(a->key, b->key, a->key_length) == 0;
}

/* Drops the tombstones of keys that also have a value. */
static void drop_replaced(KafkaRecord *records, int *count) {
    uint32_t mask = 15;
    while (mask < 2 * (uint32_t)*count)
        mask = 2 * mask + 1;
    int *slots = NEW_ARRAY(int, mask + 1); /* record number + 1 */
    for (int i = 0; i < *count; i++) {
        if (records[i].value == NULL)
            continue;
        uint32_t at = (uint32_t)hash_bytes_64(records[i].key, records[i].key_length) & mask;
        while (slots[at] != 0)
            at = (at + 1) & mask;
        slots[at] = i + 1;
    }
    bool *is_replaced = NEW_ARRAY(bool, *count);
    for (int i = 0; i < *count; i++) {
        if (records[i].value != NULL)
            continue;
        uint32_t at = (uint32_t)hash_bytes_64(records[i].key, records[i].key_length) & mask;
        for (; slots[at] != 0 && !is_replaced[i]; at = (at + 1) & mask)
            is_replaced[i] = is_same_key(&records[i], &records[slots[at] - 1]);
    }
    int kept = 0;
    for (int i = 0; i < *count; i++)
        if (!is_replaced[i])
            records[kept++] = records[i];
    *count = kept;
    memory_free(is_replaced);
    memory_free(slots);
}

Status kafka_records_read(const char *staged, size_t length, bool is_upsert, KafkaRecord **out, int *count, Error *error) {
    TextReader reader = {staged, staged + length, 0};
    KafkaRecord *records = NULL;
    int capacity = 0;
    *count = 0;
    bool is_any_tombstone = false;
    while (reader.cursor < reader.end && !reader.is_bad) {
        GROW(records, capacity, *count + 1);
        records[*count] = read_record(&reader);
        is_any_tombstone |= records[*count].value == NULL;
        ++*count;
    }
    if (reader.is_bad) {
        memory_free(records);
        return error_set(error, STATUS_DATA_CORRUPTED, "a staged batch of a Kafka sink is damaged");
    }
    if (is_upsert && is_any_tombstone)
        drop_replaced(records, count);
    *out = records;
    return OK;
}
