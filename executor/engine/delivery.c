/* Delivery: one thread a sink carries staged batches outside, in order, after the commits that hold them. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/engine/job.h"

enum { REFRESH_SOON_SECONDS = 60, REFRESH_SECONDS = 24 * 3600 };

struct Delivery {
    Job *job;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_stopping, is_woken, is_resuming;
    uint64_t skip_to;           /* while resuming; 0: what the outside says */
    uint64_t confirmed, staged; /* staged: at start */
    int64_t bytes;              /* of what was delivered since */
    EpochListener *listener;
    Error trouble;
    struct timespec refresh_at; /* delivery thread */
};

static void on_publish(void *argument) {
    delivery_wake(argument);
}

static bool is_stopping(void *argument) {
    Delivery *delivery = argument;
    pthread_mutex_lock(&delivery->lock);
    bool stopping = delivery->is_stopping;
    pthread_mutex_unlock(&delivery->lock);
    return stopping;
}

static Status read_part(
    Delivery *delivery, uint64_t number, int part, char **value, size_t *length, Error *error) {
    const Job *job = delivery->job;
    Text key = {0};
    delivery_key(job->definition.object_id, number, part, &key);
    Status status =
        store_get(job->coordinator->spec.store, FAMILY_LOG, key.bytes, key.length, value, length, error);
    text_free(&key);
    return status;
}

/* Every worker's part of the batch, joined; *is_there false when it has not been committed yet. */
static Status read_batch(Delivery *delivery, uint64_t number, Text *bytes, bool *is_there, Error *error) {
    *is_there = false;
    for (int part = 0; part < delivery->job->part_count; part++) {
        char *value;
        size_t length;
        TRY(read_part(delivery, number, part, &value, &length, error));
        if (value == NULL)
            continue;
        /* The commit may have ended since part 0 was asked for; from now on all parts are there. */
        if (!*is_there && part > 0) {
            *is_there = true;
            part = -1;
        } else {
            *is_there = true;
            text_add(bytes, value, length);
        }
        memory_free(value);
    }
    return OK;
}

static Status deliver_next(Delivery *delivery, bool *did, Error *error) {
    SinkWriter *writer = delivery->job->output.writer;
    Text bytes = {0};
    uint64_t number = delivery->confirmed + 1;
    Status status = read_batch(delivery, number, &bytes, did, error);
    if (status == OK && *did) {
        FAILPOINT("deliver.before");
        status = writer->type->deliver(
            writer, number, text_string(&bytes), bytes.length, is_stopping, delivery, error);
        FAILPOINT("deliver.after");
    }
    size_t length = bytes.length;
    text_free(&bytes);
    if (status == OK && *did) {
        pthread_mutex_lock(&delivery->lock);
        delivery->confirmed = number;
        delivery->bytes += (int64_t)length;
        pthread_mutex_unlock(&delivery->lock);
        Coordinator *coordinator = delivery->job->coordinator;
        pthread_mutex_lock(&coordinator->lock);
        coordinator->is_woken = true;
        pthread_cond_signal(&coordinator->arrived);
        pthread_mutex_unlock(&coordinator->lock);
    }
    return status;
}

/* After a stop: does nothing until an operator decides how to go on, then does that. False: the thread is to
   end. With the lock held. */
static bool wait_for_decision(Delivery *delivery, Error *error) {
    error_move(&delivery->trouble, error);
    while (!delivery->is_resuming && !delivery->is_stopping)
        pthread_cond_wait(&delivery->changed, &delivery->lock);
    if (delivery->is_stopping)
        return false;
    delivery->is_resuming = false;
    return true;
}

static Status resume(Delivery *delivery, Error *error) {
    SinkWriter *writer = delivery->job->output.writer;
    uint64_t number = delivery->confirmed;
    TRY(writer->type->resume(writer, delivery->skip_to, &number, is_stopping, delivery, error));
    pthread_mutex_lock(&delivery->lock);
    delivery->confirmed = number;
    pthread_mutex_unlock(&delivery->lock);
    return OK;
}

/* With the lock held: waits for the next commit, or until it is time to refresh; false then. */
static bool wait_for_batch(Delivery *delivery) {
    bool has_refresh = delivery->job->output.writer->type->refresh != NULL;
    while (!delivery->is_woken && !delivery->is_stopping) {
        if (!has_refresh)
            pthread_cond_wait(&delivery->changed, &delivery->lock);
        else if (pthread_cond_timedwait(&delivery->changed, &delivery->lock, &delivery->refresh_at) ==
                 ETIMEDOUT)
            return false;
    }
    return true;
}

static void refresh_in(Delivery *delivery, int seconds) {
    clock_gettime(CLOCK_REALTIME, &delivery->refresh_at);
    delivery->refresh_at.tv_sec += seconds;
}

/* Batches in order, until one fails or the thread is to end. */
static Status deliver_all(Delivery *delivery, Error *error) {
    for (;;) {
        pthread_mutex_lock(&delivery->lock);
        bool stopping = delivery->is_stopping;
        delivery->is_woken = false;
        pthread_mutex_unlock(&delivery->lock);
        if (stopping)
            return OK;
        bool did = false;
        TRY(deliver_next(delivery, &did, error));
        pthread_mutex_lock(&delivery->lock);
        bool is_due = !did && !wait_for_batch(delivery);
        pthread_mutex_unlock(&delivery->lock);
        SinkWriter *writer = delivery->job->output.writer;
        if (is_due)
            refresh_in(delivery, writer->type->refresh(writer) ? REFRESH_SECONDS : REFRESH_SOON_SECONDS);
    }
}

static void *delivery_main(void *argument) {
    Delivery *delivery = argument;
    SinkWriter *writer = delivery->job->output.writer;
    Error error = {0};
    uint64_t confirmed = delivery->confirmed;
    refresh_in(delivery, REFRESH_SOON_SECONDS);
    Status status = STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE;
    if (delivery->trouble.status == OK)
        status = writer->type->last_delivered(writer, confirmed, delivery->staged, &confirmed, &error);
    else
        error_copy(&error, &delivery->trouble); /* paused */
    pthread_mutex_lock(&delivery->lock);
    delivery->confirmed = confirmed;
    pthread_mutex_unlock(&delivery->lock);
    for (;;) {
        if (status == OK)
            status = deliver_all(delivery, &error);
        pthread_mutex_lock(&delivery->lock);
        bool is_going_on = !delivery->is_stopping && wait_for_decision(delivery, &error);
        pthread_mutex_unlock(&delivery->lock);
        if (!is_going_on)
            break;
        status = resume(delivery, &error);
        pthread_mutex_lock(&delivery->lock);
        if (status == OK)
            error_clear(&delivery->trouble);
        pthread_mutex_unlock(&delivery->lock);
    }
    error_clear(&error);
    return NULL;
}

Status delivery_resume(Delivery *delivery, uint64_t skip_to, Error *error) {
    const Job *job = delivery->job;
    Status status = OK;
    pthread_mutex_lock(&delivery->lock);
    if (delivery->trouble.status == OK)
        status = error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "sink \"%s\" is not stopped",
            job->definition.name);
    else if (job->output.writer->type->resume == NULL)
        status = error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "sink \"%s\" cannot be resumed", job->definition.name);
    else if (skip_to != 0 && skip_to <= delivery->confirmed)
        status = error_set(error, STATUS_INVALID_PARAMETER_VALUE,
            "sink \"%s\" has delivered its batches up to %llu", job->definition.name,
            (unsigned long long)delivery->confirmed);
    else {
        delivery->skip_to = skip_to;
        delivery->is_resuming = true;
        pthread_cond_signal(&delivery->changed);
    }
    pthread_mutex_unlock(&delivery->lock);
    return status;
}

/* What the outside holds is another server's, or was: nothing is delivered before somebody says how to go on.
 */
static Status pause_restored(Delivery *delivery, Error *error) {
    char *savepoint;
    size_t length;
    TRY(commit_read_pause(delivery->job, &savepoint, &length, error));
    if (savepoint != NULL) {
        const char *name = delivery->job->definition.name;
        unsigned long long next = (unsigned long long)delivery->confirmed + 1;
        error_set(&delivery->trouble, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "sink \"%s\" is paused: this server was restored from \"%.*s\"; ALTER SINK %s SKIP TO %llu "
            "delivers what came since, ALTER SINK %s "
            "RESUME FROM SNAPSHOT "
            "everything",
            name, (int)length, savepoint, name, next, name);
    }
    memory_free(savepoint);
    return OK;
}

Status delivery_start(Job *job, Error *error) {
    if (job->output.writer->type->is_discarding || job->coordinator->spec.store == NULL)
        return OK;
    Delivery *delivery = NEW(Delivery);
    delivery->job = job;
    delivery->confirmed = job->delivered;
    delivery->staged = job->staged;
    pthread_mutex_init(&delivery->lock, NULL);
    pthread_cond_init(&delivery->changed, NULL);
    job->delivery = delivery;
    Status status = pause_restored(delivery, error);
    delivery->listener = epochs_listen(job->coordinator->epochs, on_publish, delivery);
    pthread_create(&delivery->thread, NULL, delivery_main, delivery);
    return status;
}

void delivery_wake(Delivery *delivery) {
    pthread_mutex_lock(&delivery->lock);
    delivery->is_woken = true;
    pthread_cond_signal(&delivery->changed);
    pthread_mutex_unlock(&delivery->lock);
}

uint64_t delivery_confirmed(Delivery *delivery) {
    pthread_mutex_lock(&delivery->lock);
    uint64_t confirmed = delivery->confirmed;
    pthread_mutex_unlock(&delivery->lock);
    return confirmed;
}

int64_t delivery_bytes(Delivery *delivery) {
    pthread_mutex_lock(&delivery->lock);
    int64_t bytes = delivery->bytes;
    pthread_mutex_unlock(&delivery->lock);
    return bytes;
}

void delivery_trouble(Delivery *delivery, Text *out) {
    pthread_mutex_lock(&delivery->lock);
    if (delivery->trouble.status != OK)
        text_add_string(out, delivery->trouble.message);
    pthread_mutex_unlock(&delivery->lock);
}

void delivery_ask_to_stop(Delivery *delivery) {
    pthread_mutex_lock(&delivery->lock);
    delivery->is_stopping = true;
    pthread_cond_signal(&delivery->changed);
    pthread_mutex_unlock(&delivery->lock);
}

void delivery_stop(Delivery *delivery) {
    if (delivery == NULL)
        return;
    epochs_unlisten(delivery->job->coordinator->epochs, delivery->listener);
    delivery_ask_to_stop(delivery);
    pthread_join(delivery->thread, NULL);
    pthread_mutex_destroy(&delivery->lock);
    pthread_cond_destroy(&delivery->changed);
    error_clear(&delivery->trouble);
    memory_free(delivery);
}
