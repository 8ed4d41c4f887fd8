/* Kafka sink: encodes rows into staged records on the workers, and delivers staged batches, each exactly
   once.

   Batch n is visible outside iff the marker is at least n. So whatever failed, the answer is the same: a new
   producer (which ends the old one's transaction), the marker read again, and batch n sent again unless the
   marker has it. What the marker cannot explain stops the sink: it never guesses. */
#include "connectors/kafka/sink.h"

#include <string.h>

#include "connectors/formats/format.h"
#include "connectors/kafka/connection.h"
#include "connectors/kafka/producer.h"
#include "executor/base/clock.h"
#include "executor/base/memory.h"

enum { BACKOFF_MS_MIN = 50, BACKOFF_MS_MAX = 2000, FENCED_MAX = 3 };

typedef struct KafkaSink {
    SinkWriter base;
    Arena *arena;
    ConnectorDefinition *definition;
    ChangesKind kind;
    bool is_exactly_once;
    Encoder *key, *value; /* key NULL: records have none */
    KafkaProducer producer;
    uint64_t confirmed, begun; /* delivered for certain; the last that may ever have been sent */
    bool is_marker_known;      /* read since the producer was made */
} KafkaSink;

/* Encoding. */

static int partition_of(const KafkaSink *sink, const Text *bytes) {
    /* Java's own default for keys; a record without one is placed by its value. */
    return rd_kafka_msg_partitioner_murmur2(
        NULL, text_string(bytes), bytes->length, sink->definition->partition_count, NULL, NULL);
}

static int64_t now_milliseconds(void) {
    return clock_wall() / 1000 + EPOCH_SECONDS * 1000;
}

static Status sink_encode(SinkWriter *writer, const Batch *batch, Text *staged, Error *error) {
    const KafkaSink *sink = (const KafkaSink *)writer;
    Text key = {0}, value = {0};
    bool has_key = sink->kind != CHANGES_NONE && sink->definition->key_count > 0;
    KafkaRecord record = {.timestamp = now_milliseconds()};
    for (int row = 0; row < batch->row_count; row++) {
        int64_t diff = batch_diff(batch, row);
        text_reset(&key);
        text_reset(&value);
        if (sink->key != NULL)
            encoder_row(sink->key, batch, row, &key);
        encoder_row(sink->value, batch, row, &value);
        record.partition = partition_of(sink, sink->key != NULL ? &key : &value);
        record.key = sink->key == NULL ? NULL : text_string(&key);
        record.key_length = (uint32_t)key.length;
        record.value = diff < 0 ? NULL : text_string(&value);
        record.value_length = (uint32_t)value.length;
        record.before = diff < 0 && sink->kind == CHANGES_DEBEZIUM ? text_string(&value) : NULL;
        record.before_length = (uint32_t)value.length;
        int64_t copies = has_key ? 1 : diff;
        for (int64_t copy = 0; copy < copies; copy++)
            kafka_record_add(&record, staged);
    }
    text_free(&key);
    text_free(&value);
    return OK;
}

/* Delivery. */

static bool never(void *argument) {
    return false;
}

static Status stopped(Error *error) {
    return error_set(error, STATUS_QUERY_CANCELED, "delivery was stopped");
}

static void wait_before_retry(int attempt, bool (*is_stopping)(void *), void *argument) {
    int left = BACKOFF_MS_MIN << (attempt < 6 ? attempt : 6);
    left = left > BACKOFF_MS_MAX ? BACKOFF_MS_MAX : left;
    for (; left > 0 && !is_stopping(argument); left -= BACKOFF_MS_MIN)
        clock_sleep(BACKOFF_MS_MIN * 1000);
}

/* What the marker says against what this server knows; number is the batch to deliver next. */
static KafkaOutcome check_marker(KafkaSink *sink, uint64_t number, int64_t marker, Error *error) {
    const char *name = sink->definition->name;
    uint64_t limit = sink->begun > number ? sink->begun : number;
    if (marker < 0) {
        error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "sink \"%s\" stopped: its marker in Kafka's group \"%s\" is gone, and the newest records of "
            "topic \"%s\" do not tell what was delivered",
            name, sink->producer.name, sink->producer.topic);
    } else if ((uint64_t)marker > limit) {
        error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "sink \"%s\" stopped: Kafka already has its batch %lld, which this server has not made yet (%llu "
            "is its last)",
            name, (long long)marker, (unsigned long long)limit);
        error_detail(
            error, "The data folder is older than the topic, or another server runs on a copy of it.");
    } else if ((uint64_t)marker + 1 < number) {
        error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "sink \"%s\" stopped: Kafka has its batch %lld as the last, but this server knows batch %llu as "
            "delivered",
            name, (long long)marker, (unsigned long long)(number - 1));
        error_detail(error, "The topic or the group was deleted or restored.");
    } else {
        sink->confirmed = (uint64_t)marker;
        sink->is_marker_known = true;
        return KAFKA_DONE;
    }
    return KAFKA_REFUSED;
}

/* A producer whose position is known. */
static KafkaOutcome make_ready(KafkaSink *sink, uint64_t number, Error *error) {
    KafkaOutcome outcome = KAFKA_DONE;
    if (sink->producer.client == NULL) {
        sink->is_marker_known = false;
        outcome = kafka_producer_open(&sink->producer, error);
    }
    if (outcome != KAFKA_DONE || sink->is_marker_known || !sink->is_exactly_once)
        return outcome;
    int64_t marker;
    outcome = kafka_producer_read_marker(&sink->producer, &marker);
    if (outcome == KAFKA_DONE && marker == KAFKA_MARKER_NONE)
        outcome = kafka_producer_search_tail(&sink->producer, sink->definition->partition_count, &marker);
    return outcome == KAFKA_DONE ? check_marker(sink, number, marker, error) : outcome;
}

/* One attempt. */
static KafkaOutcome attempt(KafkaSink *sink, uint64_t number, const KafkaRecord *records, int count,
    bool (*is_stopping)(void *), void *argument, Error *error) {
    KafkaOutcome outcome = make_ready(sink, number, error);
    if (outcome != KAFKA_DONE)
        return outcome;
    if (!sink->is_exactly_once)
        return kafka_producer_send(&sink->producer, number, records, count, is_stopping, argument, error);
    if (sink->confirmed >= number)
        return KAFKA_DONE;
    outcome = kafka_producer_transact(&sink->producer, number, records, count, is_stopping, argument, error);
    if (outcome == KAFKA_DONE)
        sink->confirmed = number;
    return outcome;
}

static Status deliver_records(KafkaSink *sink, uint64_t number, const KafkaRecord *records, int count,
    bool (*is_stopping)(void *), void *argument, Error *error) {
    int fenced = 0;
    for (int tries = 0;; tries++) {
        KafkaOutcome outcome = attempt(sink, number, records, count, is_stopping, argument, error);
        if (outcome == KAFKA_DONE)
            return OK;
        kafka_producer_close(&sink->producer, is_stopping(argument) || outcome == KAFKA_REFUSED);
        if (outcome == KAFKA_REFUSED)
            return error->status;
        if (is_stopping(argument))
            return stopped(error);
        if (outcome == KAFKA_FENCED && ++fenced == FENCED_MAX) {
            error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE,
                "sink \"%s\" stopped: another producer uses its name \"%s\"", sink->definition->name,
                sink->producer.name);
            return error_detail(error, "Another server runs on a copy of this data folder.");
        }
        wait_before_retry(tries, is_stopping, argument);
        if (is_stopping(argument))
            return stopped(error);
    }
}

static Status sink_deliver(SinkWriter *writer, uint64_t number, const char *staged, size_t length,
    bool (*is_stopping)(void *), void *argument, Error *error) {
    KafkaSink *sink = (KafkaSink *)writer;
    KafkaRecords all;
    TRY(kafka_records_read(staged, length, sink->kind, &all, error));
    Status status = deliver_records(sink, number, all.records, all.count, is_stopping, argument, error);
    kafka_records_free(&all);
    return status;
}

/* Nobody is asked before there is something to deliver: batches that the marker has are then passed over. */
static Status sink_last_delivered(
    SinkWriter *writer, uint64_t confirmed, uint64_t staged, uint64_t *number, Error *error) {
    KafkaSink *sink = (KafkaSink *)writer;
    sink->confirmed = confirmed;
    sink->begun = staged;
    *number = confirmed;
    return OK;
}

/* One attempt to learn the marker, or to set it. */
static KafkaOutcome settle_marker(KafkaSink *sink, uint64_t skip_to, int64_t *marker, Error *error) {
    KafkaOutcome outcome = kafka_producer_open(&sink->producer, error);
    if (outcome != KAFKA_DONE || skip_to > 0) {
        *marker = (int64_t)skip_to - 1;
        return outcome == KAFKA_DONE && sink->is_exactly_once
                   ? kafka_producer_transact(&sink->producer, skip_to - 1, NULL, 0, never, NULL, error)
                   : outcome;
    }
    outcome = kafka_producer_read_marker(&sink->producer, marker);
    if (outcome == KAFKA_DONE && *marker == KAFKA_MARKER_NONE)
        outcome = kafka_producer_search_tail(&sink->producer, sink->definition->partition_count, marker);
    if (outcome != KAFKA_DONE || *marker != KAFKA_MARKER_NONE)
        return outcome;
    error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE,
        "sink \"%s\" stopped: Kafka knows no marker of it", sink->definition->name);
    error_hint(error, "ALTER SINK … SKIP TO n sets one.");
    return KAFKA_REFUSED;
}

static Status sink_resume(SinkWriter *writer, uint64_t skip_to, uint64_t *number, bool (*is_stopping)(void *),
    void *argument, Error *error) {
    KafkaSink *sink = (KafkaSink *)writer;
    if (!sink->is_exactly_once) {
        *number = skip_to > 0 ? skip_to - 1 : *number;
        return OK;
    }
    for (int tries = 0; !is_stopping(argument); tries++) {
        int64_t marker;
        kafka_producer_close(&sink->producer, false);
        KafkaOutcome outcome = settle_marker(sink, skip_to, &marker, error);
        if (outcome == KAFKA_REFUSED)
            return error->status;
        if (outcome == KAFKA_DONE) {
            *number = sink->confirmed = sink->begun = (uint64_t)marker;
            sink->is_marker_known = true;
            return OK;
        }
        wait_before_retry(tries, is_stopping, argument);
    }
    return stopped(error);
}

/* Kafka forgets a group's numbers after a week without a new one. */
static bool sink_refresh(SinkWriter *writer) {
    KafkaSink *sink = (KafkaSink *)writer;
    Error error = {0};
    if (!sink->is_exactly_once)
        return true;
    KafkaOutcome outcome = make_ready(sink, sink->confirmed + 1, &error);
    if (outcome == KAFKA_DONE)
        outcome = kafka_producer_transact(&sink->producer, sink->confirmed, NULL, 0, never, NULL, &error);
    if (outcome != KAFKA_DONE)
        kafka_producer_close(&sink->producer, false);
    error_clear(&error); /* what is wrong stops the next delivery, which says so */
    return outcome == KAFKA_DONE;
}

static Status sink_drop(SinkWriter *writer, Error *error) {
    return kafka_producer_forget(&((KafkaSink *)writer)->producer, error);
}

static void sink_status(SinkWriter *writer, Text *out) {
    kafka_producer_status(&((KafkaSink *)writer)->producer, out);
}

static void sink_close(SinkWriter *writer) {
    KafkaSink *sink = (KafkaSink *)writer;
    kafka_producer_free(&sink->producer);
    encoder_destroy(sink->key);
    encoder_destroy(sink->value);
    arena_destroy(sink->arena);
    memory_free(sink);
}

static const SinkType kafka_sink_type = {
    .encode = sink_encode,
    .deliver = sink_deliver,
    .last_delivered = sink_last_delivered,
    .resume = sink_resume,
    .refresh = sink_refresh,
    .drop = sink_drop,
    .status = sink_status,
    .close = sink_close,
};

/* Opening. */

static int find_column(const ConnectorDefinition *definition, const char *name, size_t length) {
    for (int i = 0; i < definition->columns.count; i++)
        if (strlen(definition->columns.names[i]) == length &&
            strncmp(definition->columns.names[i], name, length) == 0)
            return i;
    return -1;
}

/* The columns of key.fields, or the query's key for upserts; count 0: no key. */
static Status find_key(const KafkaSink *sink, int *columns, int *count, Error *error) {
    const ConnectorDefinition *definition = sink->definition;
    const char *fields = connector_text(definition, "key.fields");
    *count = 0;
    if (fields != NULL && sink->kind != CHANGES_NONE)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE,
            "option \"key.fields\" does not go with FORMAT %s: its key is the query's",
            sink->kind == CHANGES_UPSERT ? "UPSERT" : "DEBEZIUM");
    for (int i = 0; sink->kind != CHANGES_NONE && i < definition->key_count; i++)
        columns[(*count)++] = definition->key[i];
    for (const char *at = fields; at != NULL && *at != 0;) {
        size_t length = strcspn(at, ";,");
        int column = find_column(definition, at, length);
        if (column < 0 || *count == definition->columns.count)
            return error_set(error, STATUS_UNDEFINED_COLUMN,
                "option \"key.fields\" names column \"%.*s\", which the sink does not have", (int)length, at);
        columns[(*count)++] = column;
        at += length + (at[length] != 0);
    }
    return OK;
}

static Status open_parts(KafkaSink *sink, Error *error) {
    const ConnectorDefinition *definition = sink->definition;
    const char *delivery = connector_text(definition, "delivery");
    delivery = delivery != NULL ? delivery : connector_text(definition, "sink.delivery-guarantee");
    sink->is_exactly_once = delivery == NULL || strcmp(delivery, "exactly-once") == 0;
    kafka_producer_init(&sink->producer, definition, sink->is_exactly_once);
    sink->kind = changes_kind(definition->format);
    if (sink->kind == CHANGES_UNKNOWN)
        return changes_refuse(definition->format, "sinks", error);
    const char *included = connector_text(definition, "value.fields-include");
    if (included != NULL && strcmp(included, "ALL") != 0)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
            "value.fields-include = '%s' is not supported for sinks", included);
    int columns[definition->columns.count + 1], count;
    TRY(find_key(sink, columns, &count, error));
    if (count > 0)
        TRY(encoder_create(definition, "json", columns, count, &sink->key, error));
    TRY(encoder_create(definition, "json", NULL, 0, &sink->value, error));
    if (sink->kind == CHANGES_DEBEZIUM && strcmp(encoder_name(sink->value), "json") != 0)
        return error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "FORMAT DEBEZIUM is supported with ENCODE JSON only");
    rd_kafka_conf_t *configuration;
    TRY(kafka_configure(definition, KAFKA_PRODUCER, &configuration, NULL, error));
    rd_kafka_conf_destroy(configuration);
    return OK;
}

static Status open_sink(const ConnectorDefinition *definition, KafkaSink **out, Error *error) {
    KafkaSink *sink = NEW(KafkaSink);
    sink->base.type = &kafka_sink_type;
    sink->arena = arena_create();
    sink->definition = connector_definition_copy(definition, sink->arena);
    Status status = open_parts(sink, error);
    if (status != OK)
        sink_close(&sink->base);
    else
        *out = sink;
    return status;
}

Status kafka_sink_open(const ConnectorDefinition *definition, SinkWriter **writer, Error *error) {
    KafkaSink *sink = NULL;
    TRY(open_sink(definition, &sink, error));
    *writer = &sink->base;
    return OK;
}

static Status count_partitions(
    const ConnectorDefinition *definition, const char *topic, int *count, Error *error) {
    KafkaConnection *connection;
    TRY(kafka_connection_open(definition, topic, &connection, error));
    Status status = kafka_connection_partitions(connection, topic, count, error);
    kafka_connection_close(connection, topic);
    return status;
}

/* Marker 0 exists before batch 1 can: from then on a marker that is missing means that it was lost, not that
   nothing was ever sent. */
static Status write_first_marker(KafkaSink *sink, Error *error) {
    KafkaOutcome outcome = kafka_producer_open(&sink->producer, error);
    if (outcome == KAFKA_DONE)
        outcome = kafka_producer_transact(&sink->producer, 0, NULL, 0, never, NULL, error);
    if (outcome == KAFKA_DONE || outcome == KAFKA_REFUSED)
        return outcome == KAFKA_DONE ? OK : error->status;
    Text trouble = {0};
    kafka_producer_status(&sink->producer, &trouble);
    error_set(error, STATUS_CONNECTION_FAILURE, "could not begin a Kafka transaction for sink \"%s\"",
        sink->definition->name);
    error_detail(error, "%s", text_string(&trouble));
    text_free(&trouble);
    return error->status;
}

Status kafka_sink_prepare(const ConnectorDefinition *definition, int *partition_count, Error *error) {
    KafkaSink *sink = NULL;
    TRY(open_sink(definition, &sink, error));
    Status status = count_partitions(sink->definition, sink->producer.topic, partition_count, error);
    if (status == OK && sink->is_exactly_once)
        status = write_first_marker(sink, error);
    sink_close(&sink->base);
    return status;
}
