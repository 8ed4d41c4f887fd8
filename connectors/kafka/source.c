/* Kafka source: each partition has a queue of its own in the client, which its worker empties a batch at a
   time.

   A partition is never paused and never sought: to read elsewhere its queue is given back and a new one
   begun. Offsets must rise; what the client gives below the expected one is a fault that starts the partition
   anew. librdkafka 2.0.2 looks only once a second at a partition whose queue was full: when one has run low,
   the connection's helper asks for the partition's bounds, which wakes the client's thread. */
#include "connectors/kafka/source.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/formats/format.h"
#include "connectors/kafka/connection.h"
#include "connectors/kafka/metadata.h"
#include "executor/base/memory.h"

/* A queue that held this many records is one that may have been full. */
enum { LOW_WATER_MIN = 2000 };

typedef struct KafkaSource KafkaSource;

/* What the helper found out about a partition whose position the broker does not have. */
typedef enum Recovery { RECOVERY_NONE, RECOVERY_ASKED, RECOVERY_RESTART, RECOVERY_BEYOND_END } Recovery;

typedef struct KafkaPartition {
    KafkaSource *source;
    int number;
    rd_kafka_queue_t *queue; /* NULL: not reading */
    int64_t expected;        /* the next offset */
    int64_t end;
    atomic_bool is_ready;
    bool is_at_end;
    int longest;       /* the queue's length at its longest since the helper was last asked */
    int message_count; /* taken from the queue into messages */
    int used_count;    /* of these, looked at; the others are beyond `end`, or more than was asked for */
    rd_kafka_message_t *messages[BATCH_ROWS_MAX];
    FormatRecord records[BATCH_ROWS_MAX];
    int message_of[BATCH_ROWS_MAX]; /* by record */
    int sources[BATCH_ROWS_MAX];
    Decoder *decoder;
    KafkaTask wake_client, recover;
    _Atomic int64_t asked_offset; /* what the broker does not have */
    _Atomic int64_t first_offset; /* what it has instead */
    atomic_int recovery;
    _Atomic int64_t records_lost;
    _Atomic int64_t known_end; /* as the helper last found it; −1: not yet */
} KafkaPartition;

struct KafkaSource {
    SourceReader base;
    KafkaConnection *connection;
    KafkaMetadata *metadata;
    rd_kafka_topic_t *topic;
    const char *topic_name;
    const char *startup_mode, *startup_offsets;
    int64_t startup_timestamp;
    ConnectorDefinition *definition; /* for decoders; in arena */
    Arena *arena;
    pthread_mutex_t lock; /* partitions' array: grows as partitions are first assigned */
    KafkaPartition **partitions;
    int partition_count;
    int64_t *ends; /* by partition: where it ended when its start was asked for; the client itself learns it
                      with the first fetch only */
    int end_count;
    pthread_mutex_t wake_lock;
    KafkaTask discover;
    int64_t discovery_interval; /* microseconds; 0: never */
    bool is_discovering;
    atomic_int known_count;
};

static KafkaPartition *find_partition(KafkaSource *source, int number) {
    pthread_mutex_lock(&source->lock);
    KafkaPartition *partition = number < source->partition_count ? source->partitions[number] : NULL;
    pthread_mutex_unlock(&source->lock);
    return partition;
}

static void wake_owner(KafkaSource *source) {
    pthread_mutex_lock(&source->wake_lock);
    if (source->base.wake != NULL)
        source->base.wake(source->base.wake_argument);
    pthread_mutex_unlock(&source->wake_lock);
}

static void wake(KafkaPartition *partition) {
    atomic_store(&partition->is_ready, true);
    wake_owner(partition->source);
}

/* The client's thread: the queue was empty and is no more. */
static void on_arrival(rd_kafka_t *client, void *argument) {
    wake(argument);
}

/* Helper thread. */
static void run_wake_client(KafkaTask *task) {
    KafkaPartition *partition = (KafkaPartition *)((char *)task - offsetof(KafkaPartition, wake_client));
    int64_t low, high;
    KafkaSource *source = partition->source;
    if (rd_kafka_query_watermark_offsets(kafka_connection_client(source->connection), source->topic_name,
            partition->number, &low, &high, 1000) == RD_KAFKA_RESP_ERR_NO_ERROR)
        atomic_store(&partition->known_end, high);
}

/* Helper thread: how many partitions there are now. */
static void run_discover(KafkaTask *task) {
    KafkaSource *source = (KafkaSource *)((char *)task - offsetof(KafkaSource, discover));
    Error error = {0};
    int count;
    if (kafka_connection_partitions(source->connection, source->topic_name, &count, &error) == OK &&
        count > atomic_load(&source->known_count)) {
        atomic_store(&source->known_count, count);
        wake_owner(source);
    }
    error_clear(&error); /* trouble with the broker is in the status already */
    kafka_connection_do_later(source->connection, &source->discover, source->discovery_interval);
}

static int source_known_partitions(SourceReader *reader) {
    KafkaSource *source = (KafkaSource *)reader;
    if (!source->is_discovering && source->discovery_interval > 0) {
        source->is_discovering = true;
        kafka_connection_do(source->connection, &source->discover);
    }
    return atomic_load(&source->known_count);
}

/* Helper thread: the broker does not have the expected offset. Older records may have been deleted; then
   reading goes on with the first that is left. */
static void run_recover(KafkaTask *task) {
    KafkaPartition *partition = (KafkaPartition *)((char *)task - offsetof(KafkaPartition, recover));
    KafkaSource *source = partition->source;
    int64_t low, high, wanted = atomic_load(&partition->asked_offset);
    rd_kafka_resp_err_t reason = rd_kafka_query_watermark_offsets(kafka_connection_client(source->connection),
        source->topic_name, partition->number, &low, &high, KAFKA_TIMEOUT_MS);
    if (reason != RD_KAFKA_RESP_ERR_NO_ERROR)
        atomic_store(&partition->recovery, RECOVERY_RESTART); /* asked again where it failed */
    else if (wanted > high)
        atomic_store(&partition->recovery, RECOVERY_BEYOND_END);
    else {
        atomic_store(&partition->first_offset, wanted < low ? low : wanted);
        atomic_store(&partition->recovery, RECOVERY_RESTART);
    }
    wake(partition);
}

/* Gives back the messages that were looked at; what is left stands at the front again. */
static void release_used(KafkaPartition *partition) {
    for (int i = 0; i < partition->used_count; i++)
        rd_kafka_message_destroy(partition->messages[i]);
    partition->message_count -= partition->used_count;
    memmove(partition->messages, partition->messages + partition->used_count,
        sizeof *partition->messages * (size_t)partition->message_count);
    partition->used_count = 0;
}

static void partition_stop(KafkaPartition *partition) {
    partition->used_count = partition->message_count;
    release_used(partition);
    if (partition->queue == NULL)
        return;
    rd_kafka_queue_cb_event_enable(partition->queue, NULL, NULL);
    rd_kafka_consume_stop(partition->source->topic, partition->number);
    rd_kafka_queue_destroy(partition->queue);
    partition->queue = NULL;
    atomic_store(&partition->is_ready, false);
}

static Status partition_start(KafkaPartition *partition, Error *error) {
    KafkaSource *source = partition->source;
    partition->queue = rd_kafka_queue_new(kafka_connection_client(source->connection));
    partition->is_at_end = false;
    partition->longest = 0;
    rd_kafka_queue_cb_event_enable(partition->queue, on_arrival, partition);
    if (rd_kafka_consume_start_queue(
            source->topic, partition->number, partition->expected, partition->queue) == 0)
        return OK;
    rd_kafka_resp_err_t reason = rd_kafka_last_error();
    rd_kafka_queue_destroy(partition->queue);
    partition->queue = NULL;
    return error_set(error, STATUS_SYSTEM_ERROR, "could not read partition %d of topic \"%s\": %s",
        partition->number, source->topic_name, rd_kafka_err2str(reason));
}

static void partition_destroy(KafkaPartition *partition) {
    if (partition == NULL)
        return;
    partition_stop(partition);
    kafka_connection_forget(partition->source->connection, &partition->wake_client);
    kafka_connection_forget(partition->source->connection, &partition->recover);
    decoder_destroy(partition->decoder);
    memory_free(partition);
}

static Status partition_create(KafkaSource *source, int number, KafkaPartition **out, Error *error) {
    KafkaPartition *partition = NEW(KafkaPartition);
    partition->source = source;
    partition->number = number;
    partition->wake_client.run = run_wake_client;
    partition->recover.run = run_recover;
    atomic_store(&partition->known_end, -1);
    Status status = decoder_create(source->definition, "json", &partition->decoder, error);
    if (status != OK) {
        memory_free(partition);
        return status;
    }
    pthread_mutex_lock(&source->lock);
    if (number >= source->partition_count) {
        source->partitions =
            memory_resize(source->partitions, sizeof *source->partitions * (size_t)(number + 1));
        memset(source->partitions + source->partition_count, 0,
            sizeof *source->partitions * (size_t)(number + 1 - source->partition_count));
        source->partition_count = number + 1;
    }
    source->partitions[number] = partition;
    pthread_mutex_unlock(&source->lock);
    *out = partition;
    return OK;
}

static Status source_assign(SourceReader *reader, int number, int64_t offset, int64_t end, Error *error) {
    KafkaSource *source = (KafkaSource *)reader;
    KafkaPartition *partition = find_partition(source, number);
    if (partition == NULL)
        TRY(partition_create(source, number, &partition, error));
    partition->end = end;
    if (partition->queue != NULL && partition->expected == offset) {
        atomic_store(&partition->is_ready, true); /* what was held may now be wanted */
        return OK;
    }
    partition_stop(partition);
    partition->expected = offset;
    return partition_start(partition, error);
}

/* A message that is no record: the end of the partition, or an error. */
static void take_event(KafkaPartition *partition, const rd_kafka_message_t *message) {
    switch (message->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        partition->is_at_end = true;
        partition->expected = message->offset > partition->expected ? message->offset : partition->expected;
        break;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        atomic_store(&partition->asked_offset, partition->expected);
        atomic_store(&partition->first_offset, partition->expected);
        atomic_store(&partition->recovery, RECOVERY_ASKED);
        kafka_connection_do(partition->source->connection, &partition->recover);
        break;
    default: /* a lost or changing broker: the client tries again by itself, and its log is in the status */
        break;
    }
}

/* Sorts at most row_max messages into records to decode; returns how many. Stops at the first one that is not
   to be read yet, or not the expected one. */
static int collect(KafkaPartition *partition, int row_max, SourceRows *rows, bool *is_broken) {
    int record_count = 0;
    for (; partition->used_count < partition->message_count && partition->used_count < row_max;
         partition->used_count++) {
        const rd_kafka_message_t *message = partition->messages[partition->used_count];
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            take_event(partition, message);
            continue;
        }
        if (message->offset < partition->expected) {
            *is_broken = true;
            break;
        }
        if (message->offset >= partition->end) {
            /* Between here and there stand only markers of transactions, or what compaction took. */
            partition->expected = partition->end;
            break;
        }
        partition->is_at_end = false;
        partition->expected = message->offset + 1;
        FormatRecord record = {message->payload, message->len, message->offset, kafka_message_time(message),
            message->key, message->key_len};
        Error error = {0};
        if (kafka_metadata_check(partition->source->metadata, message, &error) != OK) {
            source_rows_fail(rows, &record, &error);
            continue;
        }
        partition->message_of[record_count] = partition->used_count;
        partition->records[record_count++] = record;
    }
    return record_count;
}

static void decode(KafkaPartition *partition, int count, SourceRows *rows) {
    KafkaSource *source = partition->source;
    Batch *batch = batch_builder(source->definition->columns.types, source->definition->columns.count, count);
    int row_count =
        decoder_run(partition->decoder, partition->records, count, batch, partition->sources, rows);
    for (int row = 0; row < row_count; row++)
        kafka_metadata_fill(source->metadata,
            partition->messages[partition->message_of[partition->sources[row]]], batch, row);
    if (row_count > 0)
        rows->batch = batch;
    else
        batch_release(batch);
}

/* A queue that was long and now runs low: its fetcher may be asleep. */
static void keep_fetching(KafkaPartition *partition) {
    int length = (int)rd_kafka_queue_length(partition->queue);
    if (length > partition->longest)
        partition->longest = length;
    if (partition->longest < LOW_WATER_MIN || length > partition->longest / 5 || partition->is_at_end)
        return;
    partition->longest = length;
    kafka_connection_do(partition->source->connection, &partition->wake_client);
}

/* Messages at hand: those left over, else from the queue. */
static void take_messages(KafkaPartition *partition, int row_max) {
    if (partition->message_count > 0)
        return;
    ssize_t count = rd_kafka_consume_batch_queue(partition->queue, 0, partition->messages, (size_t)row_max);
    partition->message_count = count < 0 ? 0 : (int)count;
}

/* Follows the helper's answer; is_stuck: there is nothing to read until someone decides. */
static Status recover(KafkaPartition *partition, bool *is_stuck, Error *error) {
    *is_stuck = true;
    if (atomic_load(&partition->recovery) != RECOVERY_RESTART)
        return OK;
    *is_stuck = false;
    int64_t first = atomic_load(&partition->first_offset);
    if (first > partition->expected)
        atomic_fetch_add(&partition->records_lost, first - partition->expected);
    partition->expected = first > partition->expected ? first : partition->expected;
    atomic_store(&partition->recovery, RECOVERY_NONE);
    partition_stop(partition);
    return partition_start(partition, error);
}

static Status source_read(SourceReader *reader, int number, int row_max, SourceRows *rows, Error *error) {
    KafkaPartition *partition = find_partition((KafkaSource *)reader, number);
    if (partition == NULL || partition->queue == NULL)
        return OK;
    atomic_store(&partition->is_ready, false);
    bool is_broken = false, is_stuck = false;
    if (atomic_load(&partition->recovery) != RECOVERY_NONE) {
        TRY(recover(partition, &is_stuck, error));
        rows->next_offset = partition->expected;
        if (is_stuck)
            return OK;
    }
    row_max = row_max < BATCH_ROWS_MAX ? row_max : BATCH_ROWS_MAX;
    take_messages(partition, row_max);
    int record_count = collect(partition, row_max, rows, &is_broken);
    if (record_count > 0)
        decode(partition, record_count, rows);
    release_used(partition);
    if (is_broken) {
        partition_stop(partition);
        TRY(partition_start(partition, error));
    } else {
        keep_fetching(partition);
        bool is_held = partition->message_count > 0 && partition->expected >= partition->end;
        if (!is_held && (partition->message_count > 0 || rd_kafka_queue_length(partition->queue) > 0))
            atomic_store(&partition->is_ready, true);
    }
    rows->next_offset = partition->expected < partition->end ? partition->expected : partition->end;
    rows->is_at_end = partition->is_at_end;
    return OK;
}

static bool source_is_ready(SourceReader *reader, int number) {
    const KafkaPartition *partition = find_partition((KafkaSource *)reader, number);
    return partition != NULL && atomic_load(&partition->is_ready);
}

static int64_t source_lag(SourceReader *reader, int number) {
    KafkaSource *source = (KafkaSource *)reader;
    KafkaPartition *partition = find_partition(source, number);
    int64_t low, high, asked = number < source->end_count ? source->ends[number] : -1;
    if (partition == NULL)
        return -1;
    rd_kafka_t *client = kafka_connection_client(source->connection);
    /* What the last fetch told; before the first, what the start was resolved with, or what the helper has
       found out. */
    if (rd_kafka_get_watermark_offsets(client, source->topic_name, number, &low, &high) !=
        RD_KAFKA_RESP_ERR_NO_ERROR)
        high = -1;
    int64_t known = atomic_load(&partition->known_end);
    asked = known > asked ? known : asked;
    high = high > asked ? high : asked;
    if (high < 0)
        kafka_connection_do(source->connection, &partition->wake_client);
    return high < 0 ? -1 : high > partition->expected ? high - partition->expected : 0;
}

static void source_status(SourceReader *reader, Text *out) {
    KafkaSource *source = (KafkaSource *)reader;
    kafka_connection_status(source->connection, out);
    pthread_mutex_lock(&source->lock);
    for (int i = 0; i < source->partition_count; i++) {
        KafkaPartition *partition = source->partitions[i];
        if (partition == NULL)
            continue;
        int64_t lost = atomic_load(&partition->records_lost);
        if (lost > 0)
            text_printf(out, "%s%lld records of partition %d were deleted by Kafka before they were read",
                out->length > 0 ? "; " : "", (long long)lost, i);
        if (atomic_load(&partition->recovery) == RECOVERY_BEYOND_END)
            text_printf(out,
                "%spartition %d ends before offset %lld, which is the next to read: the topic was made anew",
                out->length > 0 ? "; " : "", i, (long long)atomic_load(&partition->asked_offset));
    }
    pthread_mutex_unlock(&source->lock);
}

static Status source_partition_count(SourceReader *reader, int *count, Error *error) {
    KafkaSource *source = (KafkaSource *)reader;
    return kafka_connection_partitions(source->connection, source->topic_name, count, error);
}

/* 'partition:0,offset:42;partition:1,offset:300' */
static Status specific_offset(KafkaSource *source, int wanted, int64_t *offset, Error *error) {
    for (const char *at = source->startup_offsets; at != NULL && *at != 0;) {
        int partition, length = 0;
        long long value;
        if (sscanf(at, " partition : %d , offset : %lld %n", &partition, &value, &length) != 2 ||
            length == 0 || (at[length] != 0 && at[length] != ';') || value < 0) {
            error_set(error, STATUS_INVALID_PARAMETER_VALUE,
                "invalid value for option \"scan.startup.specific-offsets\": \"%s\"",
                source->startup_offsets);
            return error_hint(error, "Write 'partition:0,offset:42;partition:1,offset:300'.");
        }
        if (partition == wanted) {
            *offset = value;
            return OK;
        }
        at += length + (at[length] == ';');
    }
    return error_set(error, STATUS_INVALID_PARAMETER_VALUE,
        "option \"scan.startup.specific-offsets\" names no offset for partition %d of topic \"%s\"", wanted,
        source->topic_name);
}

static Status offset_of_time(
    KafkaSource *source, int partition, int64_t high, int64_t *offset, Error *error) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *item = rd_kafka_topic_partition_list_add(list, source->topic_name, partition);
    item->offset = source->startup_timestamp;
    rd_kafka_resp_err_t reason =
        rd_kafka_offsets_for_times(kafka_connection_client(source->connection), list, KAFKA_TIMEOUT_MS);
    reason = reason != RD_KAFKA_RESP_ERR_NO_ERROR ? reason : item->err;
    *offset = item->offset < 0 ? high : item->offset; /* no record is that late */
    rd_kafka_topic_partition_list_destroy(list);
    return reason == RD_KAFKA_RESP_ERR_NO_ERROR
               ? OK
               : kafka_connection_error(source->connection, "find the offset of a time", reason, error);
}

static void note_end(KafkaSource *source, int partition, int64_t end) {
    if (partition >= source->end_count) {
        source->ends = memory_resize(source->ends, sizeof *source->ends * (size_t)(partition + 1));
        for (; source->end_count <= partition; source->end_count++)
            source->ends[source->end_count] = -1;
    }
    source->ends[partition] = end;
}

static Status source_start_offset(SourceReader *reader, int partition, int64_t *offset, Error *error) {
    KafkaSource *source = (KafkaSource *)reader;
    int64_t low, high;
    rd_kafka_resp_err_t reason = rd_kafka_query_watermark_offsets(kafka_connection_client(source->connection),
        source->topic_name, partition, &low, &high, KAFKA_TIMEOUT_MS);
    if (reason != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_connection_error(source->connection, "read the offsets", reason, error);
    note_end(source, partition, high);
    if (strcmp(source->startup_mode, "specific-offsets") == 0)
        return specific_offset(source, partition, offset, error);
    if (strcmp(source->startup_mode, "timestamp") == 0)
        return offset_of_time(source, partition, high, offset, error);
    *offset = strncmp(source->startup_mode, "latest", 6) == 0 ? high : low;
    return OK;
}

static void source_free(void *argument) {
    KafkaSource *source = argument;
    if (source->connection != NULL)
        kafka_connection_forget(source->connection, &source->discover);
    for (int i = 0; i < source->partition_count; i++)
        partition_destroy(source->partitions[i]);
    if (source->topic != NULL)
        rd_kafka_topic_destroy(source->topic);
    if (source->connection != NULL)
        kafka_connection_close(source->connection, source->topic_name);
    kafka_metadata_destroy(source->metadata);
    pthread_mutex_destroy(&source->lock);
    pthread_mutex_destroy(&source->wake_lock);
    memory_free(source->partitions);
    memory_free(source->ends);
    arena_destroy(source->arena);
    memory_free(source);
}

/* The client's and the helper's threads may be waiting for a broker. */
static void source_close(SourceReader *reader) {
    KafkaSource *source = (KafkaSource *)reader;
    pthread_mutex_lock(&source->wake_lock);
    reader->wake = NULL;
    pthread_mutex_unlock(&source->wake_lock);
    if (source->connection != NULL)
        kafka_close_aside(source->connection, source_free, source);
    else
        source_free(source);
}

static const SourceType kafka_source_type = {
    .known_partitions = source_known_partitions,
    .partition_count = source_partition_count,
    .start_offset = source_start_offset,
    .assign = source_assign,
    .read = source_read,
    .is_ready = source_is_ready,
    .lag = source_lag,
    .status = source_status,
    .close = source_close,
};

static Status read_startup(KafkaSource *source, Error *error) {
    const ConnectorDefinition *definition = source->definition;
    const char *time = connector_text(definition, "scan.startup.timestamp-millis");
    time = time != NULL ? time : connector_text(definition, "scan.startup.timestamp.millis");
    source->startup_mode = connector_text(definition, "scan.startup.mode");
    source->startup_offsets = connector_text(definition, "scan.startup.specific-offsets");
    /* As in other systems the time alone is enough. */
    if (time != NULL)
        source->startup_mode = "timestamp";
    if (strcmp(source->startup_mode, "timestamp") == 0 && time == NULL)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE,
            "scan.startup.mode = 'timestamp' needs option \"scan.startup.timestamp-millis\"");
    if (strcmp(source->startup_mode, "specific-offsets") == 0 && source->startup_offsets == NULL)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE,
            "scan.startup.mode = 'specific-offsets' needs option \"scan.startup.specific-offsets\"");
    source->startup_timestamp = time == NULL ? 0 : strtoll(time, NULL, 10);
    return OK;
}

static Status open_parts(KafkaSource *source, Error *error) {
    const ConnectorDefinition *definition = source->definition;
    Decoder *decoder;
    TRY(read_startup(source, error));
    source->discovery_interval = connector_int(definition, "scan.topic-partition-discovery.interval");
    TRY(kafka_metadata_create(definition, &source->metadata, error));
    TRY(decoder_create(definition, "json", &decoder, error));
    decoder_destroy(decoder);
    TRY(kafka_connection_open(definition, source->topic_name, &source->connection, error));
    source->topic = rd_kafka_topic_new(kafka_connection_client(source->connection), source->topic_name, NULL);
    return source->topic != NULL ? OK
                                 : error_set(error, STATUS_INVALID_PARAMETER_VALUE,
                                       "\"%s\" is not a name of a Kafka topic", source->topic_name);
}

Status kafka_source_open(const ConnectorDefinition *definition, SourceReader **reader, Error *error) {
    KafkaSource *source = NEW(KafkaSource);
    source->base.type = &kafka_source_type;
    source->arena = arena_create();
    pthread_mutex_init(&source->lock, NULL);
    pthread_mutex_init(&source->wake_lock, NULL);
    source->discover.run = run_discover;
    source->definition = connector_definition_copy(definition, source->arena);
    source->topic_name = connector_text(source->definition, "topic");
    Status status = open_parts(source, error);
    if (status != OK)
        source_close(&source->base);
    else
        *reader = &source->base;
    return status;
}
