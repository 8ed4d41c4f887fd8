/* Staged records: the final bytes of a sink's records, as they stand in a commit and go to Kafka, however
   often. */
#ifndef LEAT_KAFKA_STAGED_H
#define LEAT_KAFKA_STAGED_H

#include <stdbool.h>
#include <stdint.h>

#include "connectors/connector.h"
#include "executor/base/error.h"
#include "executor/base/text.h"

typedef struct KafkaRecord {
    int32_t partition;
    int64_t timestamp; /* milliseconds since 1970 */
    const char *key;   /* NULL: none */
    uint32_t key_length;
    const char *value; /* NULL: a tombstone */
    uint32_t value_length;
    const char *before; /* CHANGES_DEBEZIUM: the row that is gone, in a record without value */
    uint32_t before_length;
} KafkaRecord;

typedef struct KafkaRecords {
    KafkaRecord *records; /* pointing into the staged bytes, or into envelopes */
    int count;
    Text envelopes;
} KafkaRecords;

void kafka_record_add(const KafkaRecord *record, Text *staged);
/* All records of a batch. Of changes by key at most one record a key is left: where a key has a value, its
   tombstone (the row it had before) goes. For DEBEZIUM values become envelopes: of a row that came, that
   changed, or that is gone. XX001 when the bytes are damaged. */
Status kafka_records_read(
    const char *staged, size_t length, ChangesKind kind, KafkaRecords *records, Error *error);
void kafka_records_free(KafkaRecords *records);

#endif
