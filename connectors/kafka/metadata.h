/* Metadata: columns that hold what a record carries besides its value. */
#ifndef LEAT_KAFKA_METADATA_H
#define LEAT_KAFKA_METADATA_H

#include <librdkafka/rdkafka.h>

#include "connectors/connector.h"

typedef struct KafkaMetadata KafkaMetadata;

/* 22023 for a metadata name that records do not have, 42804 for a column whose type cannot hold it. */
Status kafka_metadata_create(const ConnectorDefinition *definition, KafkaMetadata **metadata, Error *error);
void kafka_metadata_destroy(KafkaMetadata *metadata); /* NULL is fine */
/* Whether every metadata column can take the record: texts must be UTF-8. */
Status kafka_metadata_check(const KafkaMetadata *metadata, const rd_kafka_message_t *message, Error *error);
/* Sets the metadata columns of one row. */
void kafka_metadata_fill(
    const KafkaMetadata *metadata, const rd_kafka_message_t *message, Batch *builder, int row);
/* The record's timestamp, microseconds since 2000, or INT64_MIN when it has none. */
int64_t kafka_message_time(const rd_kafka_message_t *message);

#endif
