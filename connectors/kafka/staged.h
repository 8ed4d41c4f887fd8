/* Staged records: the final bytes of a sink's records, as they stand in a commit and go to Kafka, however often. */
#ifndef LEAT_KAFKA_STAGED_H
#define LEAT_KAFKA_STAGED_H

#include <stdbool.h>
#include <stdint.h>

#include "executor/base/error.h"
#include "executor/base/text.h"

typedef struct KafkaRecord {
    int32_t partition;
    int64_t timestamp; /* milliseconds since 1970 */
    const char *key;   /* NULL: none */
    uint32_t key_length;
    const char *value; /* NULL: a tombstone */
    uint32_t value_length;
} KafkaRecord;

void kafka_record_add(const KafkaRecord *record, Text *staged);
/* All records of a batch; *records is memory_free'd by the caller and points into the bytes. XX001 when they are damaged.
   is_upsert: at most one record a key is left: where a key has a value, its tombstone (the row it had before) goes. */
Status kafka_records_read(const char *staged, size_t length, bool is_upsert, KafkaRecord **records, int *count, Error *error);

#endif
