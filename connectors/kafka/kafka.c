/* Kafka: topics as sources and sinks. */
#include "connectors/formats/format.h"
#include "connectors/kafka/connection.h"
#include "connectors/kafka/sink.h"
#include "connectors/kafka/source.h"

const ConnectorType kafka_connector = {
    .name = "kafka",
    .options = kafka_options,
    .open_source = kafka_source_open,
    .open_sink = kafka_sink_open,
    .prepare_sink = kafka_sink_prepare,
    .carries_changes = true,
    .accepts = format_accepts,
    .create_share = kafka_connections_create,
    .destroy_share = kafka_connections_destroy,
};
