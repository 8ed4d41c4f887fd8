/* Kafka's configuration: the table of options, and their way into the client library. */
#include "connectors/kafka/configuration.h"

#include <assert.h>
#include <string.h>

enum { CONSUMER = KAFKA_CONSUMER, PRODUCER = KAFKA_PRODUCER, BOTH = KAFKA_CONSUMER | KAFKA_PRODUCER };

static const char *const security_protocols[] = {
    "plaintext", "ssl", "sasl_plaintext", "sasl_ssl", "PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL", NULL};
/* No GSSAPI: the library would run a command of the statement's choice for its tickets. */
static const char *const sasl_mechanisms[] = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", NULL};
static const char *const endpoint_identifications[] = {"https", "none", NULL};
static const char *const address_families[] = {"any", "v4", "v6", NULL};
static const char *const truths[] = {"true", "false", NULL};
static const char *const isolation_levels[] = {"read_committed", "read_uncommitted", NULL};
static const char *const compressions[] = {"none", "gzip", "snappy", "lz4", "zstd", NULL};
static const char *const startup_modes[] = {
    "earliest", "earliest-offset", "latest", "latest-offset", "timestamp", "specific-offsets", NULL};
static const char *const deliveries[] = {"exactly-once", "at-least-once", NULL};
static const char *const key_formats[] = {"json", NULL};
static const char *const field_choices[] = {"ALL", "EXCEPT_KEY", NULL};
static const char *const partitioners[] = {"default", NULL};
static const char *const sink_types[] = {"append-only", "upsert", "debezium", NULL};

typedef struct Property {
    const char *name;
    const char *library_name;
    int roles;
} Property;

static const Property properties[] = {
#define PROPERTY(name, library_name, roles, is_secret, words, meaning) {name, library_name, roles},
#include "connectors/kafka/properties.def"
#undef PROPERTY
    {0},
};

#define BROKERS_MEANING "addresses of brokers, host:port, with commas"

const ConnectorOption kafka_options[] = {
    {.name = "topic", .type = OPTION_TEXT, .meaning = "the topic's name", .is_required = true},
    {.name = "properties.bootstrap.server", .type = OPTION_TEXT, .meaning = BROKERS_MEANING},
    {.name = "properties.bootstrap.servers", .type = OPTION_TEXT, .meaning = BROKERS_MEANING},
    {.name = "properties.group.id",
        .type = OPTION_TEXT,
        .meaning = "names this client to the broker (as client.id); positions are kept by this server, not "
                   "by a group"},
    {.name = "scan.startup.mode",
        .type = OPTION_ENUM,
        .words = startup_modes,
        .default_text = "earliest",
        .meaning = "where reading begins",
        .is_source_only = true},
    {.name = "scan.startup.timestamp-millis",
        .type = OPTION_INT,
        .meaning = "begin at the first records of this time, milliseconds since 1970",
        .is_source_only = true},
    {.name = "scan.startup.timestamp.millis",
        .type = OPTION_INT,
        .meaning = "the same as scan.startup.timestamp-millis",
        .is_source_only = true},
    {.name = "scan.startup.specific-offsets",
        .type = OPTION_TEXT,
        .meaning = "begin at these offsets: 'partition:0,offset:42;partition:1,offset:300'",
        .is_source_only = true},
    {.name = "scan.topic-partition-discovery.interval",
        .type = OPTION_DURATION,
        .default_text = "1 minute",
        .meaning = "how often new partitions are looked for; 0: never",
        .is_source_only = true},
    {.name = "delivery",
        .type = OPTION_ENUM,
        .words = deliveries,
        .meaning = "exactly-once (by transactions, the default) or at-least-once",
        .is_sink_only = true},
    {.name = "sink.delivery-guarantee",
        .type = OPTION_ENUM,
        .words = deliveries,
        .meaning = "the same as delivery",
        .is_sink_only = true},
    {.name = "type",
        .type = OPTION_ENUM,
        .words = sink_types,
        .meaning = "append-only, upsert by the query's key, or debezium",
        .is_sink_only = true},
    {.name = "key.format",
        .type = OPTION_ENUM,
        .words = key_formats,
        .meaning = "how a record's key is written: json"},
    {.name = "value.fields-include",
        .type = OPTION_ENUM,
        .words = field_choices,
        .meaning = "whether the value has the key's columns, too: ALL, or for sources EXCEPT_KEY"},
    {.name = "sink.partitioner",
        .type = OPTION_ENUM,
        .words = partitioners,
        .meaning = "default: the partition is chosen by the key, else by the value",
        .is_sink_only = true},
    {.name = "key.fields",
        .type = OPTION_TEXT,
        .meaning = "columns that make a record's key, with semicolons or commas",
        .is_sink_only = true},
#define PROPERTY(name_, library_name, roles, is_secret_, words_, meaning_) \
    {.name = name_,                                                        \
        .type = (words_) == NULL ? OPTION_TEXT : OPTION_ENUM,              \
        .words = words_,                                                   \
        .meaning = meaning_,                                               \
        .is_secret = is_secret_,                                           \
        .is_source_only = (roles) == CONSUMER,                             \
        .is_sink_only = (roles) == PRODUCER},
#include "connectors/kafka/properties.def"
#undef PROPERTY
    {0},
};

const char *kafka_brokers(const ConnectorDefinition *definition) {
    const char *brokers = connector_text(definition, "properties.bootstrap.server");
    return brokers != NULL ? brokers : connector_text(definition, "properties.bootstrap.servers");
}

void kafka_configure_set(rd_kafka_conf_t *configuration, const char *name, const char *value) {
    char message[256];
    rd_kafka_conf_res_t result = rd_kafka_conf_set(configuration, name, value, message, sizeof message);
    assert(result == RD_KAFKA_CONF_OK);
}

static void configure_role(rd_kafka_conf_t *configuration, KafkaRole role) {
    kafka_configure_set(configuration, "log.connection.close", "false");
    if (role == KAFKA_PRODUCER) {
        kafka_configure_set(configuration, "linger.ms", "5");
        return;
    }
    kafka_configure_set(configuration, "enable.auto.commit", "false");
    kafka_configure_set(configuration, "enable.auto.offset.store", "false");
    kafka_configure_set(configuration, "auto.offset.reset", "error");
    kafka_configure_set(configuration, "enable.partition.eof", "true");
    kafka_configure_set(configuration, "isolation.level", "read_committed");
    kafka_configure_set(configuration, "allow.auto.create.topics", "false");
    /* The limit of what is fetched ahead is bytes, a partition. */
    kafka_configure_set(configuration, "queued.min.messages", "1000000");
    kafka_configure_set(configuration, "queued.max.messages.kbytes", "16384");
    kafka_configure_set(configuration, "fetch.wait.max.ms", "100");
}

static Status configure_given(
    const ConnectorDefinition *definition, KafkaRole role, rd_kafka_conf_t *configuration, Error *error) {
    char message[512];
    for (const Property *property = properties; property->name != NULL; property++) {
        const char *value = connector_text(definition, property->name);
        if (value == NULL || !(property->roles & (int)role))
            continue;
        if (rd_kafka_conf_set(configuration, property->library_name, value, message, sizeof message) ==
            RD_KAFKA_CONF_OK)
            continue;
        error_set(error, STATUS_INVALID_PARAMETER_VALUE, "invalid value for option \"%s\"", property->name);
        return error_hint(error, "%s", message);
    }
    return OK;
}

static void describe(
    const ConnectorDefinition *definition, const char *brokers, const char *group, Text *identity) {
    text_printf(identity, "%s\n%s\n", brokers, group == NULL ? "" : group);
    for (const Property *property = properties; property->name != NULL; property++) {
        const char *value = connector_text(definition, property->name);
        if (value != NULL)
            text_printf(identity, "%s=%s\n", property->library_name, value);
    }
}

Status kafka_configure(const ConnectorDefinition *definition, KafkaRole role, rd_kafka_conf_t **out,
    Text *identity, Error *error) {
    const char *brokers = kafka_brokers(definition);
    if (brokers == NULL) {
        error_set(error, STATUS_INVALID_PARAMETER_VALUE,
            "connector \"kafka\" needs option \"properties.bootstrap.server\"");
        return error_hint(error, "%s.", BROKERS_MEANING);
    }
    rd_kafka_conf_t *configuration = rd_kafka_conf_new();
    configure_role(configuration, role);
    const char *group = connector_text(definition, "properties.group.id");
    if (group != NULL)
        kafka_configure_set(configuration, "client.id", group);
    Status status = configure_given(definition, role, configuration, error);
    if (status == OK &&
        rd_kafka_conf_set(configuration, "bootstrap.servers", brokers, NULL, 0) != RD_KAFKA_CONF_OK)
        status = error_set(
            error, STATUS_INVALID_PARAMETER_VALUE, "invalid addresses of Kafka brokers: \"%s\"", brokers);
    if (status != OK) {
        rd_kafka_conf_destroy(configuration);
        return status;
    }
    if (identity != NULL)
        describe(definition, brokers, group, identity);
    *out = configuration;
    return OK;
}
