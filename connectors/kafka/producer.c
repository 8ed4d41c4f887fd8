/* Producer: transactions that carry a batch and its number together.

   The library cannot take up a transaction again after a crash, so none is ever relied on: a batch is either
   visible together with its number in the group of the sink (the marker), or neither is there. Making a new
   client of the same name ends whatever an earlier one left open; only then the marker is read. */
#include "connectors/kafka/producer.h"

#include <stdlib.h>
#include <string.h>

#include "executor/base/fault.h"
#include "executor/base/memory.h"

enum { STEP_MS = 3000, ABORT_MS = 2000, TAIL_RECORDS = 1000 };

#define NUMBER_HEADER "leat-seq"

static void set_trouble(KafkaProducer *producer, const char *text) {
    pthread_mutex_lock(&producer->lock);
    memory_free(producer->trouble);
    producer->trouble = memory_strdup(text);
    pthread_mutex_unlock(&producer->lock);
}

/* The library's own threads. */
static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text) {
    KafkaProducer *producer = rd_kafka_opaque(client);
    enum { WARNING = 4 };
    if (producer == NULL || level > WARNING)
        return;
    const char *message = strstr(text, "]: ");
    set_trouble(producer, message == NULL ? text : message + 3);
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *argument) {
    KafkaProducer *producer = argument;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    producer->failed_count++;
    set_trouble(producer, rd_kafka_err2str(message->err));
}

void kafka_producer_init(
    KafkaProducer *producer, const ConnectorDefinition *definition, bool is_exactly_once) {
    producer->definition = definition;
    producer->topic = connector_text(definition, "topic");
    producer->name = memory_printf("leat-%s-%u", definition->server_uuid, definition->object_id);
    producer->is_exactly_once = is_exactly_once;
    pthread_mutex_init(&producer->lock, NULL);
}

void kafka_producer_free(KafkaProducer *producer) {
    kafka_producer_close(producer, false);
    pthread_mutex_destroy(&producer->lock);
    memory_free(producer->name);
    memory_free(producer->trouble);
}

void kafka_producer_close(KafkaProducer *producer, bool abort) {
    if (producer->client == NULL)
        return;
    if (abort && producer->is_exactly_once) {
        rd_kafka_error_t *failure = rd_kafka_abort_transaction(producer->client, ABORT_MS);
        if (failure != NULL)
            rd_kafka_error_destroy(
                failure); /* the next producer of this name, or the broker's timeout, ends it */
    }
    rd_kafka_purge(producer->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_destroy(producer->client);
    producer->client = NULL;
}

/* What a failed call of the transaction means; takes over the failure. */
static KafkaOutcome judge(KafkaProducer *producer, rd_kafka_error_t *failure) {
    rd_kafka_resp_err_t code = rd_kafka_error_code(failure);
    bool is_fenced = code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
                     code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
    set_trouble(producer, rd_kafka_error_string(failure));
    rd_kafka_error_destroy(failure);
    return is_fenced ? KAFKA_FENCED : KAFKA_FAILED;
}

KafkaOutcome kafka_producer_open(KafkaProducer *producer, Error *error) {
    rd_kafka_conf_t *configuration;
    char message[256];
    if (kafka_configure(producer->definition, KAFKA_PRODUCER, &configuration, NULL, error) != OK)
        return KAFKA_REFUSED;
    kafka_configure_set(configuration, "enable.idempotence", "true");
    if (producer->is_exactly_once)
        kafka_configure_set(configuration, "transactional.id", producer->name);
    rd_kafka_conf_set_opaque(configuration, producer);
    rd_kafka_conf_set_log_cb(configuration, on_log);
    rd_kafka_conf_set_dr_msg_cb(configuration, on_delivery);
    producer->client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, message, sizeof message);
    if (producer->client == NULL) {
        rd_kafka_conf_destroy(configuration);
        error_set(error, STATUS_INVALID_PARAMETER_VALUE, "could not set up a Kafka client: %s", message);
        return KAFKA_REFUSED;
    }
    rd_kafka_error_t *failure =
        producer->is_exactly_once ? rd_kafka_init_transactions(producer->client, STEP_MS) : NULL;
    if (failure == NULL)
        return KAFKA_DONE;
    KafkaOutcome outcome = judge(producer, failure);
    kafka_producer_close(producer, false);
    return outcome;
}

/* A reader with the sink's settings; group NULL: none. */
static rd_kafka_t *make_reader(KafkaProducer *producer, const char *group) {
    rd_kafka_conf_t *configuration;
    char message[256];
    Error error = {0};
    if (kafka_configure(producer->definition, KAFKA_CONSUMER, &configuration, NULL, &error) != OK) {
        set_trouble(producer, error.message);
        error_clear(&error);
        return NULL;
    }
    /* Committed only: neither records nor markers of a transaction that may still be undone. */
    kafka_configure_set(configuration, "isolation.level", "read_committed");
    if (group != NULL)
        kafka_configure_set(configuration, "group.id", group);
    rd_kafka_conf_set_opaque(configuration, producer);
    rd_kafka_conf_set_log_cb(configuration, on_log);
    rd_kafka_t *reader = rd_kafka_new(RD_KAFKA_CONSUMER, configuration, message, sizeof message);
    if (reader == NULL) {
        rd_kafka_conf_destroy(configuration);
        set_trouble(producer, message);
    }
    return reader;
}

KafkaOutcome kafka_producer_read_marker(KafkaProducer *producer, int64_t *marker) {
    rd_kafka_t *reader = make_reader(producer, producer->name);
    if (reader == NULL)
        return KAFKA_FAILED;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *item = rd_kafka_topic_partition_list_add(list, producer->topic, 0);
    rd_kafka_resp_err_t reason = rd_kafka_committed(reader, list, STEP_MS);
    reason = reason != RD_KAFKA_RESP_ERR_NO_ERROR ? reason : item->err;
    *marker = item->offset >= 0 ? item->offset : KAFKA_MARKER_NONE;
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(reader);
    if (reason == RD_KAFKA_RESP_ERR_NO_ERROR)
        return KAFKA_DONE;
    set_trouble(producer, rd_kafka_err2str(reason));
    return KAFKA_FAILED;
}

/* The batch number in the record's header, when this sink wrote it. */
static int64_t number_of(const KafkaProducer *producer, const rd_kafka_message_t *message) {
    rd_kafka_headers_t *headers;
    const void *value;
    size_t length, name_length = strlen(producer->name);
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return KAFKA_MARKER_NONE;
    if (rd_kafka_header_get_last(headers, NUMBER_HEADER, &value, &length) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        value == NULL)
        return KAFKA_MARKER_NONE;
    if (length <= name_length + 1 || memcmp(value, producer->name, name_length) != 0)
        return KAFKA_MARKER_NONE;
    char *text = memory_copy_text((const char *)value + name_length + 1, length - name_length - 1);
    int64_t number = strtoll(text, NULL, 10);
    memory_free(text);
    return number;
}

/* Reads a partition from an offset to its end. */
static KafkaOutcome search_partition(
    KafkaProducer *producer, rd_kafka_t *reader, rd_kafka_topic_t *topic, int partition, int64_t *greatest) {
    int64_t low, high;
    rd_kafka_resp_err_t reason =
        rd_kafka_query_watermark_offsets(reader, producer->topic, partition, &low, &high, STEP_MS);
    if (reason != RD_KAFKA_RESP_ERR_NO_ERROR) {
        set_trouble(producer, rd_kafka_err2str(reason));
        return KAFKA_FAILED;
    }
    rd_kafka_consume_start(topic, partition, high - low > TAIL_RECORDS ? high - TAIL_RECORDS : low);
    bool is_end = false;
    KafkaOutcome outcome = KAFKA_DONE;
    while (!is_end && outcome == KAFKA_DONE) {
        rd_kafka_message_t *message = rd_kafka_consume(topic, partition, STEP_MS);
        if (message == NULL || (message->err != RD_KAFKA_RESP_ERR_NO_ERROR &&
                                   message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)) {
            set_trouble(producer, message == NULL ? "the topic's newest records could not be read in time"
                                                  : rd_kafka_err2str(message->err));
            outcome = KAFKA_FAILED;
        } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            is_end = true;
        } else {
            int64_t number = number_of(producer, message);
            *greatest = number > *greatest ? number : *greatest;
        }
        if (message != NULL)
            rd_kafka_message_destroy(message);
    }
    rd_kafka_consume_stop(topic, partition);
    return outcome;
}

KafkaOutcome kafka_producer_search_tail(KafkaProducer *producer, int partition_count, int64_t *marker) {
    *marker = KAFKA_MARKER_NONE;
    rd_kafka_t *reader = make_reader(producer, NULL);
    if (reader == NULL)
        return KAFKA_FAILED;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(reader, producer->topic, NULL);
    KafkaOutcome outcome = KAFKA_DONE;
    for (int p = 0; p < partition_count && outcome == KAFKA_DONE; p++)
        outcome = search_partition(producer, reader, topic, p, marker);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(reader);
    return outcome;
}

/* Hands one record to the library; waits while its queue is full. */
static KafkaOutcome produce(KafkaProducer *producer, const char *number, const KafkaRecord *record,
    bool (*is_stopping)(void *), void *argument, Error *error) {
    rd_kafka_resp_err_t reason;
    for (;;) {
        reason = rd_kafka_producev(producer->client, RD_KAFKA_V_TOPIC(producer->topic),
            RD_KAFKA_V_PARTITION(record->partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
            RD_KAFKA_V_KEY((void *)record->key, record->key_length),
            RD_KAFKA_V_VALUE((void *)record->value, record->value_length),
            RD_KAFKA_V_TIMESTAMP(record->timestamp), RD_KAFKA_V_HEADER(NUMBER_HEADER, number, -1),
            RD_KAFKA_V_END);
        if (reason != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            break;
        rd_kafka_poll(producer->client, 100);
        if (is_stopping(argument))
            return KAFKA_FAILED;
    }
    if (reason == RD_KAFKA_RESP_ERR_NO_ERROR)
        return KAFKA_DONE;
    if (reason != RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
        set_trouble(producer, rd_kafka_err2str(reason));
        return KAFKA_FAILED;
    }
    error_set(error, STATUS_PROGRAM_LIMIT_EXCEEDED,
        "a record of %u bytes is larger than Kafka's client may send",
        record->key_length + record->value_length);
    error_hint(error, "Raise properties.message.max.bytes and the topic's max.message.bytes.");
    return KAFKA_REFUSED;
}

static KafkaOutcome produce_all(KafkaProducer *producer, uint64_t number, const KafkaRecord *records,
    int count, bool (*is_stopping)(void *), void *argument, Error *error) {
    KafkaOutcome outcome = KAFKA_DONE;
    char *header = memory_printf("%s:%llu", producer->name, (unsigned long long)number);
    producer->failed_count = 0;
    for (int i = 0; i < count && outcome == KAFKA_DONE; i++) {
        outcome = produce(producer, header, &records[i], is_stopping, argument, error);
        if ((i & 1023) == 1023) {
            rd_kafka_poll(producer->client, 0);
            if (is_stopping(argument))
                outcome = KAFKA_FAILED;
        }
    }
    memory_free(header);
    return outcome;
}

static KafkaOutcome wait_for_acknowledgements(
    KafkaProducer *producer, bool (*is_stopping)(void *), void *argument) {
    while (rd_kafka_flush(producer->client, 200) == RD_KAFKA_RESP_ERR__TIMED_OUT)
        if (producer->failed_count > 0 || is_stopping(argument))
            return KAFKA_FAILED;
    return producer->failed_count > 0 ? KAFKA_FAILED : KAFKA_DONE;
}

static rd_kafka_error_t *send_marker(KafkaProducer *producer, uint64_t number) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, producer->topic, 0)->offset = (int64_t)number;
    rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata_new(producer->name);
    rd_kafka_error_t *failure = rd_kafka_send_offsets_to_transaction(producer->client, list, group, STEP_MS);
    rd_kafka_consumer_group_metadata_destroy(group);
    rd_kafka_topic_partition_list_destroy(list);
    return failure;
}

static void end_trouble(KafkaProducer *producer) {
    pthread_mutex_lock(&producer->lock);
    memory_free(producer->trouble);
    producer->trouble = NULL;
    pthread_mutex_unlock(&producer->lock);
}

KafkaOutcome kafka_producer_transact(KafkaProducer *producer, uint64_t number, const KafkaRecord *records,
    int count, bool (*is_stopping)(void *), void *argument, Error *error) {
    rd_kafka_error_t *failure = rd_kafka_begin_transaction(producer->client);
    if (failure != NULL)
        return judge(producer, failure);
    KafkaOutcome outcome = produce_all(producer, number, records, count, is_stopping, argument, error);
    outcome = outcome == KAFKA_DONE ? wait_for_acknowledgements(producer, is_stopping, argument) : outcome;
    if (outcome != KAFKA_DONE)
        return outcome;
    FAILPOINT("kafka.acknowledged");
    failure = send_marker(producer, number);
    FAILPOINT("kafka.marked");
    if (failure == NULL)
        failure = rd_kafka_commit_transaction(producer->client, STEP_MS);
    FAILPOINT("kafka.committed");
    if (failure != NULL)
        return judge(producer, failure);
    end_trouble(producer);
    return KAFKA_DONE;
}

KafkaOutcome kafka_producer_send(KafkaProducer *producer, uint64_t number, const KafkaRecord *records,
    int count, bool (*is_stopping)(void *), void *argument, Error *error) {
    KafkaOutcome outcome = produce_all(producer, number, records, count, is_stopping, argument, error);
    outcome = outcome == KAFKA_DONE ? wait_for_acknowledgements(producer, is_stopping, argument) : outcome;
    if (outcome == KAFKA_DONE)
        end_trouble(producer);
    return outcome;
}

static rd_kafka_resp_err_t delete_group(rd_kafka_t *client, const char *name) {
    rd_kafka_DeleteGroup_t *group = rd_kafka_DeleteGroup_new(name);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_DELETEGROUPS);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_AdminOptions_set_request_timeout(options, ABORT_MS, NULL, 0);
    rd_kafka_DeleteGroups(client, &group, 1, options, queue);
    rd_kafka_event_t *answer = rd_kafka_queue_poll(queue, ABORT_MS + 500);
    rd_kafka_resp_err_t reason = answer == NULL ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(answer);
    if (reason == RD_KAFKA_RESP_ERR_NO_ERROR) {
        size_t count;
        const rd_kafka_group_result_t **results =
            rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(answer), &count);
        const rd_kafka_error_t *failure = count > 0 ? rd_kafka_group_result_error(results[0]) : NULL;
        reason = failure == NULL ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_error_code(failure);
    }
    if (answer != NULL)
        rd_kafka_event_destroy(answer);
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_DeleteGroup_destroy(group);
    return reason;
}

Status kafka_producer_forget(KafkaProducer *producer, Error *error) {
    kafka_producer_close(producer, true);
    if (!producer->is_exactly_once)
        return OK;
    pthread_mutex_lock(&producer->lock);
    bool is_away = producer->trouble != NULL;
    pthread_mutex_unlock(&producer->lock);
    /* The server waits for this: not where it is known to be in vain. */
    rd_kafka_t *client = is_away ? NULL : make_reader(producer, NULL);
    rd_kafka_resp_err_t reason =
        client == NULL ? RD_KAFKA_RESP_ERR__TRANSPORT : delete_group(client, producer->name);
    if (client != NULL)
        rd_kafka_destroy(client);
    if (reason == RD_KAFKA_RESP_ERR_NO_ERROR || reason == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND)
        return OK;
    error_set(error, STATUS_CONNECTION_FAILURE,
        "Kafka's group \"%s\" of sink \"%s\" could not be deleted: %s", producer->name,
        producer->definition->name, rd_kafka_err2str(reason));
    return error_hint(error, "Kafka forgets it by itself after offsets.retention.minutes.");
}

void kafka_producer_status(KafkaProducer *producer, Text *out) {
    pthread_mutex_lock(&producer->lock);
    if (producer->trouble != NULL)
        text_printf(out, "%sKafka at %s: %s", out->length > 0 ? "; " : "",
            kafka_brokers(producer->definition), producer->trouble);
    pthread_mutex_unlock(&producer->lock);
}
