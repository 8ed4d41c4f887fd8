/* Kafka source: a reader of one topic. */
#ifndef LEAT_KAFKA_SOURCE_H
#define LEAT_KAFKA_SOURCE_H

#include "connectors/connector.h"

Status kafka_source_open(const ConnectorDefinition *definition, SourceReader **reader, Error *error);

#endif
