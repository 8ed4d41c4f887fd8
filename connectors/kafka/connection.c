/* Connection: clients of the library, shared by all who read with the same settings, each with a helper
   thread for what has to wait for a broker. */
#include "connectors/kafka/connection.h"

#include <string.h>

#include "executor/base/clock.h"
#include "executor/base/log.h"
#include "executor/base/memory.h"
#include "executor/base/wait.h"

enum { PROBE_MICROSECONDS = 1000000 };

typedef struct TopicUse {
    struct TopicUse *next;
    char *topic;
} TopicUse;

typedef struct KafkaConnections {
    pthread_mutex_t lock;
    pthread_cond_t closed;
    KafkaConnection *first;
    int closing_count;
} KafkaConnections;

struct KafkaConnection {
    KafkaConnection *next; /* this and the next three: under the server's lock */
    KafkaConnections *connections;
    TopicUse *topics;
    char *identity;
    char *brokers;
    rd_kafka_t *client;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    KafkaTask *tasks, *running;
    bool is_stopping;
    char *trouble; /* what the library last complained of, until a broker answers again */
};

void *kafka_connections_create(void) {
    KafkaConnections *connections = NEW(KafkaConnections);
    pthread_mutex_init(&connections->lock, NULL);
    pthread_cond_init(&connections->closed, NULL);
    return connections;
}

void kafka_connections_destroy(void *argument) {
    KafkaConnections *connections = argument;
    pthread_mutex_lock(&connections->lock);
    while (connections->closing_count > 0)
        pthread_cond_wait(&connections->closed, &connections->lock);
    pthread_mutex_unlock(&connections->lock);
    pthread_mutex_destroy(&connections->lock);
    pthread_cond_destroy(&connections->closed);
    memory_free(connections);
}

typedef struct Closing {
    KafkaConnections *connections;
    void (*close)(void *argument);
    void *argument;
} Closing;

static void *close_main(void *argument) {
    Closing closing = *(Closing *)argument;
    memory_free(argument);
    closing.close(closing.argument);
    pthread_mutex_lock(&closing.connections->lock);
    closing.connections->closing_count--;
    pthread_cond_signal(&closing.connections->closed);
    pthread_mutex_unlock(&closing.connections->lock);
    return NULL;
}

void kafka_close_aside(KafkaConnection *connection, void (*close)(void *argument), void *argument) {
    KafkaConnections *connections = connection->connections;
    Closing *closing = NEW(Closing);
    pthread_t thread;
    *closing = (Closing){connections, close, argument};
    pthread_mutex_lock(&connections->lock);
    connections->closing_count++;
    pthread_mutex_unlock(&connections->lock);
    pthread_create(&thread, NULL, close_main, closing);
    pthread_detach(thread);
}

/* The library's own threads. */
static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text) {
    KafkaConnection *connection = rd_kafka_opaque(client);
    enum { WARNING = 4 };
    if (connection == NULL || level > WARNING)
        return;
    const char *message = strstr(text, "]: ");
    message = message == NULL ? text : message + 3;
    pthread_mutex_lock(&connection->lock);
    bool is_known = connection->trouble != NULL && strcmp(connection->trouble, message) == 0;
    log_write(
        is_known ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING, "Kafka at %s: %s", connection->brokers, message);
    memory_free(connection->trouble);
    connection->trouble = memory_strdup(message);
    pthread_cond_broadcast(&connection->changed);
    pthread_mutex_unlock(&connection->lock);
}

/* Asks any broker for anything: trouble ends when one answers. */
static void probe(KafkaConnection *connection) {
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t reason = rd_kafka_metadata(connection->client, 0, NULL, &metadata, 1000);
    if (reason != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    rd_kafka_metadata_destroy(metadata);
    log_info("Kafka at %s answers again", connection->brokers);
    pthread_mutex_lock(&connection->lock);
    memory_free(connection->trouble);
    connection->trouble = NULL;
    pthread_mutex_unlock(&connection->lock);
}

/* With the lock held: the first task that is due, taken out; else NULL and when one will be. */
static KafkaTask *take_due(KafkaConnection *connection, int64_t now, int64_t *next) {
    *next = WAIT_FOREVER;
    for (KafkaTask **at = &connection->tasks; *at != NULL; at = &(*at)->next) {
        KafkaTask *task = *at;
        if (task->due <= now) {
            *at = task->next;
            task->is_queued = false;
            return task;
        }
        *next = task->due < *next ? task->due : *next;
    }
    return NULL;
}

/* Runs tasks as they are due; while there is trouble, probes every second. */
static void *helper_main(void *argument) {
    KafkaConnection *connection = argument;
    int64_t probe_at = WAIT_FOREVER, next;
    pthread_mutex_lock(&connection->lock);
    while (!connection->is_stopping) {
        int64_t now = clock_monotonic();
        KafkaTask *task = take_due(connection, now, &next);
        probe_at = connection->trouble == NULL ? WAIT_FOREVER
                   : probe_at == WAIT_FOREVER  ? now + PROBE_MICROSECONDS
                                               : probe_at;
        if (task != NULL) {
            connection->running = task;
            pthread_mutex_unlock(&connection->lock);
            task->run(task);
            pthread_mutex_lock(&connection->lock);
            connection->running = NULL;
            pthread_cond_broadcast(&connection->changed);
        } else if (now >= probe_at) {
            pthread_mutex_unlock(&connection->lock);
            probe(connection);
            pthread_mutex_lock(&connection->lock);
            probe_at = clock_monotonic() + PROBE_MICROSECONDS;
        } else {
            condition_wait(&connection->changed, &connection->lock, probe_at < next ? probe_at : next);
        }
    }
    pthread_mutex_unlock(&connection->lock);
    return NULL;
}

void kafka_connection_do_later(KafkaConnection *connection, KafkaTask *task, int64_t microseconds) {
    int64_t due = microseconds == 0 ? 0 : clock_monotonic() + microseconds;
    pthread_mutex_lock(&connection->lock);
    task->due = task->is_queued && task->due < due ? task->due : due;
    if (!task->is_queued) {
        task->is_queued = true;
        task->next = NULL;
        KafkaTask **at = &connection->tasks;
        while (*at != NULL)
            at = &(*at)->next;
        *at = task;
    }
    pthread_cond_broadcast(&connection->changed);
    pthread_mutex_unlock(&connection->lock);
}

void kafka_connection_do(KafkaConnection *connection, KafkaTask *task) {
    kafka_connection_do_later(connection, task, 0);
}

void kafka_connection_forget(KafkaConnection *connection, KafkaTask *task) {
    pthread_mutex_lock(&connection->lock);
    while (connection->running == task)
        pthread_cond_wait(&connection->changed, &connection->lock);
    for (KafkaTask **at = &connection->tasks; *at != NULL; at = &(*at)->next)
        if (*at == task) {
            *at = task->next;
            break;
        }
    task->is_queued = false;
    pthread_mutex_unlock(&connection->lock);
}

static void connection_free(KafkaConnection *connection) {
    pthread_mutex_destroy(&connection->lock);
    pthread_cond_destroy(&connection->changed);
    memory_free(connection->identity);
    memory_free(connection->brokers);
    memory_free(connection->trouble);
    memory_free(connection);
}

static Status connection_create(const ConnectorDefinition *definition, rd_kafka_conf_t *configuration,
    KafkaConnection **out, Error *error) {
    char message[256];
    KafkaConnection *connection = NEW(KafkaConnection);
    pthread_mutex_init(&connection->lock, NULL);
    condition_init(&connection->changed);
    connection->brokers = memory_strdup(kafka_brokers(definition));
    rd_kafka_conf_set_opaque(configuration, connection);
    rd_kafka_conf_set_log_cb(configuration, on_log);
    connection->client = rd_kafka_new(RD_KAFKA_CONSUMER, configuration, message, sizeof message);
    if (connection->client == NULL) {
        rd_kafka_conf_destroy(configuration);
        connection_free(connection);
        return error_set(
            error, STATUS_INVALID_PARAMETER_VALUE, "could not set up a Kafka client: %s", message);
    }
    pthread_create(&connection->thread, NULL, helper_main, connection);
    *out = connection;
    return OK;
}

static void connection_destroy(KafkaConnection *connection) {
    pthread_mutex_lock(&connection->lock);
    connection->is_stopping = true;
    pthread_cond_broadcast(&connection->changed);
    pthread_mutex_unlock(&connection->lock);
    pthread_join(connection->thread, NULL);
    rd_kafka_destroy(connection->client);
    connection_free(connection);
}

static bool is_reading(const KafkaConnection *connection, const char *topic) {
    for (const TopicUse *use = connection->topics; use != NULL; use = use->next)
        if (strcmp(use->topic, topic) == 0)
            return true;
    return false;
}

static void use_topic(KafkaConnection *connection, const char *topic) {
    TopicUse *use = NEW(TopicUse);
    use->topic = memory_strdup(topic);
    use->next = connection->topics;
    connection->topics = use;
}

static KafkaConnection *find_shared(KafkaConnections *connections, const char *identity, const char *topic) {
    for (KafkaConnection *connection = connections->first; connection != NULL; connection = connection->next)
        if (strcmp(connection->identity, identity) == 0 && !is_reading(connection, topic))
            return connection;
    return NULL;
}

Status kafka_connection_open(
    const ConnectorDefinition *definition, const char *topic, KafkaConnection **out, Error *error) {
    KafkaConnections *connections = connector_share(definition);
    rd_kafka_conf_t *configuration;
    Text identity = {0};
    TRY(kafka_configure(definition, KAFKA_CONSUMER, &configuration, &identity, error));
    Status status = OK;
    pthread_mutex_lock(&connections->lock);
    KafkaConnection *connection = find_shared(connections, text_string(&identity), topic);
    if (connection != NULL)
        rd_kafka_conf_destroy(configuration);
    else
        status = connection_create(definition, configuration, &connection, error);
    if (status == OK && connection->connections == NULL) {
        connection->connections = connections;
        connection->identity = memory_strdup(text_string(&identity));
        connection->next = connections->first;
        connections->first = connection;
    }
    if (status == OK)
        use_topic(connection, topic);
    pthread_mutex_unlock(&connections->lock);
    text_free(&identity);
    *out = connection;
    return status;
}

void kafka_connection_close(KafkaConnection *connection, const char *topic) {
    KafkaConnections *connections = connection->connections;
    pthread_mutex_lock(&connections->lock);
    for (TopicUse **at = &connection->topics; *at != NULL; at = &(*at)->next)
        if (strcmp((*at)->topic, topic) == 0) {
            TopicUse *use = *at;
            *at = use->next;
            memory_free(use->topic);
            memory_free(use);
            break;
        }
    bool is_unused = connection->topics == NULL;
    for (KafkaConnection **at = &connections->first; is_unused; at = &(*at)->next)
        if (*at == connection) {
            *at = connection->next;
            break;
        }
    pthread_mutex_unlock(&connections->lock);
    if (is_unused)
        connection_destroy(connection);
}

rd_kafka_t *kafka_connection_client(KafkaConnection *connection) {
    return connection->client;
}

Status kafka_connection_error(
    KafkaConnection *connection, const char *action, rd_kafka_resp_err_t reason, Error *error) {
    Status status =
        reason == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || reason == RD_KAFKA_RESP_ERR__AUTHENTICATION
            ? STATUS_INSUFFICIENT_PRIVILEGE
            : STATUS_CONNECTION_FAILURE;
    error_set(error, status, "could not %s of Kafka at %s: %s", action, connection->brokers,
        rd_kafka_err2str(reason));
    pthread_mutex_lock(&connection->lock);
    if (connection->trouble != NULL)
        error_detail(error, "%s", connection->trouble);
    pthread_mutex_unlock(&connection->lock);
    return status;
}

static Status count_partitions(KafkaConnection *connection, const char *topic,
    const struct rd_kafka_metadata *metadata, int *count, Error *error) {
    rd_kafka_resp_err_t reason =
        metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    if (reason == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || reason == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
        return error_set(error, STATUS_UNDEFINED_OBJECT, "topic \"%s\" does not exist in Kafka at %s", topic,
            connection->brokers);
    if (reason == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION)
        return error_set(
            error, STATUS_INVALID_PARAMETER_VALUE, "\"%s\" is not a name of a Kafka topic", topic);
    if (reason != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_connection_error(connection, "read the metadata", reason, error);
    *count = metadata->topics[0].partition_cnt;
    return OK;
}

Status kafka_connection_partitions(KafkaConnection *connection, const char *topic, int *count, Error *error) {
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(connection->client, topic, NULL);
    if (handle == NULL)
        return error_set(
            error, STATUS_INVALID_PARAMETER_VALUE, "\"%s\" is not a name of a Kafka topic", topic);
    rd_kafka_resp_err_t reason =
        rd_kafka_metadata(connection->client, 0, handle, &metadata, KAFKA_TIMEOUT_MS);
    Status status;
    if (reason != RD_KAFKA_RESP_ERR_NO_ERROR) {
        status = kafka_connection_error(connection, "read the metadata", reason, error);
    } else {
        status = count_partitions(connection, topic, metadata, count, error);
        rd_kafka_metadata_destroy(metadata);
    }
    rd_kafka_topic_destroy(handle);
    return status;
}

void kafka_connection_status(KafkaConnection *connection, Text *out) {
    pthread_mutex_lock(&connection->lock);
    if (connection->trouble != NULL)
        text_printf(
            out, "%sKafka at %s: %s", out->length > 0 ? "; " : "", connection->brokers, connection->trouble);
    pthread_mutex_unlock(&connection->lock);
}
