/* Connection: one client of the library for everything that reads with the same settings. */
#ifndef LEAT_KAFKA_CONNECTION_H
#define LEAT_KAFKA_CONNECTION_H

#include <pthread.h>

#include "connectors/kafka/configuration.h"

enum { KAFKA_TIMEOUT_MS = 4000 };

typedef struct KafkaConnection KafkaConnection;

/* Work for a connection's helper thread: what may wait for a broker. Embedded in what it works on. */
typedef struct KafkaTask KafkaTask;
struct KafkaTask {
    KafkaTask *next;
    bool is_queued;
    int64_t due; /* monotonic microseconds */
    void (*run)(KafkaTask *task);
};

/* The connections of one server. */
void *kafka_connections_create(void);
void kafka_connections_destroy(void *connections);

/* A connection with the definition's settings on which nobody reads the topic: a client has one position a
   partition. Contacts no broker. */
Status kafka_connection_open(
    const ConnectorDefinition *definition, const char *topic, KafkaConnection **connection, Error *error);
void kafka_connection_close(KafkaConnection *connection, const char *topic);
rd_kafka_t *kafka_connection_client(KafkaConnection *connection);
/* How many partitions the topic has; 08006 when no broker answers within seconds, 42704 when there is no such
   topic. */
Status kafka_connection_partitions(KafkaConnection *connection, const char *topic, int *count, Error *error);
/* An error about the broker: the action, the library's reason, and as detail what it last logged. */
Status kafka_connection_error(
    KafkaConnection *connection, const char *action, rd_kafka_resp_err_t reason, Error *error);
/* The connection's present trouble, or nothing. Any thread. */
void kafka_connection_status(KafkaConnection *connection, Text *out);

/* Runs the task soon; once if it waits already. Any thread. */
void kafka_connection_do(KafkaConnection *connection, KafkaTask *task);
/* The same no sooner than this. */
void kafka_connection_do_later(KafkaConnection *connection, KafkaTask *task, int64_t microseconds);
/* After it the task neither waits nor runs; it must not ask to be run again meanwhile. */
void kafka_connection_forget(KafkaConnection *connection, KafkaTask *task);

/* Calls close on a thread of its own: it may have to wait for a broker that has gone. The connections of the
   server outlive it. */
void kafka_close_aside(KafkaConnection *connection, void (*close)(void *argument), void *argument);

#endif
