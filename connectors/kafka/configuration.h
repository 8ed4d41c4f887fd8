/* Kafka's configuration: from a statement's options to the client library's. */
#ifndef LEAT_KAFKA_CONFIGURATION_H
#define LEAT_KAFKA_CONFIGURATION_H

#include <librdkafka/rdkafka.h>

#include "connectors/connector.h"

typedef enum KafkaRole { KAFKA_CONSUMER = 1, KAFKA_PRODUCER = 2 } KafkaRole;

extern const ConnectorOption kafka_options[];

/* The library's settings for one role. identity, when not NULL, receives a text that two definitions share
   iff their settings are the same; it holds passwords. 22023 naming the option when a value is not one; the
   hint is the library's own word. */
Status kafka_configure(const ConnectorDefinition *definition, KafkaRole role, rd_kafka_conf_t **configuration,
    Text *identity, Error *error);
/* One setting of our own. */
void kafka_configure_set(rd_kafka_conf_t *configuration, const char *name, const char *value);
/* The addresses given; NULL when none were. */
const char *kafka_brokers(const ConnectorDefinition *definition);

#endif
