/* Producer: one sink's connection to Kafka. It is thrown away after every failure: what a transaction came to
   is then read from its marker, never assumed. */
#ifndef LEAT_KAFKA_PRODUCER_H
#define LEAT_KAFKA_PRODUCER_H

#include <pthread.h>

#include "connectors/kafka/configuration.h"
#include "connectors/kafka/staged.h"

/* What a call came to. */
typedef enum KafkaOutcome {
    KAFKA_DONE,
    KAFKA_FAILED, /* may pass: throw the producer away, make another */
    KAFKA_FENCED, /* likewise, but someone else uses this sink's name */
    KAFKA_REFUSED /* will not pass; error is set */
} KafkaOutcome;

typedef struct KafkaProducer {
    const ConnectorDefinition *definition;
    const char *topic;
    char *name; /* transactional.id and marker group: the server's uuid and the sink's id */
    bool is_exactly_once;
    rd_kafka_t *client; /* NULL: not open */
    pthread_mutex_t lock;
    char *trouble;    /* what the library last complained of, or what failed; until something succeeds */
    int failed_count; /* records that the broker did not take since the batch began; delivery thread */
} KafkaProducer;

enum { KAFKA_MARKER_NONE = -1 };

void kafka_producer_init(
    KafkaProducer *producer, const ConnectorDefinition *definition, bool is_exactly_once);
void kafka_producer_free(KafkaProducer *producer);
/* Makes the client; exactly-once: fences every earlier one of this name and ends its transaction. May take
   seconds. */
KafkaOutcome kafka_producer_open(KafkaProducer *producer, Error *error);
/* abort: tries to end an open transaction first, so that readers need not wait for its timeout. */
void kafka_producer_close(KafkaProducer *producer, bool abort);
/* The number in the sink's group, or KAFKA_MARKER_NONE. Only after the client was made: no earlier
   transaction can still end then. */
KafkaOutcome kafka_producer_read_marker(KafkaProducer *producer, int64_t *marker);
/* The greatest batch number in the headers of the topic's newest records, or KAFKA_MARKER_NONE. */
KafkaOutcome kafka_producer_search_tail(KafkaProducer *producer, int partition_count, int64_t *marker);
/* Makes the records of one batch visible at once, with the marker. */
KafkaOutcome kafka_producer_transact(KafkaProducer *producer, uint64_t number, const KafkaRecord *records,
    int count, bool (*is_stopping)(void *), void *argument, Error *error);
/* At least once: sends the records and waits until all are acknowledged. */
KafkaOutcome kafka_producer_send(KafkaProducer *producer, uint64_t number, const KafkaRecord *records,
    int count, bool (*is_stopping)(void *), void *argument, Error *error);
/* DROP SINK: ends an open transaction and deletes the group that holds the marker. 08006 when no broker
   answers within seconds. */
Status kafka_producer_forget(KafkaProducer *producer, Error *error);
/* Any thread. */
void kafka_producer_status(KafkaProducer *producer, Text *out);

#endif
