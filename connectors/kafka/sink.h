/* Kafka sink: a writer to one topic. */
#ifndef LEAT_KAFKA_SINK_H
#define LEAT_KAFKA_SINK_H

#include "connectors/connector.h"

Status kafka_sink_open(const ConnectorDefinition *definition, SinkWriter **writer, Error *error);
/* CREATE SINK: the topic's partitions, and marker 0 in the sink's group. */
Status kafka_sink_prepare(const ConnectorDefinition *definition, int *partition_count, Error *error);

#endif
