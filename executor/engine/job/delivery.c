/* Delivery: its thread waits for a publication, delivers what it finds, and after an error for a decision. */
#include "executor/engine/job/delivery.h"

#include <assert.h>

#include "executor/base/clock.h"
#include "executor/base/fault.h"
#include "executor/base/log.h"
#include "executor/base/memory.h"
#include "executor/base/wait.h"
#include "executor/engine/commit/facts.h"

#define REFRESH_SOON (INT64_C(60) * 1000000)
#define REFRESH      (INT64_C(24) * 3600 * 1000000)

struct Delivery {
    DeliverySpec spec; /* without `paused` */
    pthread_t thread;
    EpochListener *listener;
    int64_t refresh_at; /* monotonic; the delivery's thread */
    Wait wait;          /* its lock guards what follows; rung by publications */
    bool is_stopping, is_resuming;
    uint64_t skip_to; /* while resuming; 0: what the outside says */
    uint64_t confirmed;
    int64_t bytes; /* of what was delivered since the start */
    Error trouble;
};

static void on_publish(void *argument) {
    wait_wake(&((Delivery *)argument)->wait);
}

static bool is_stopping(void *argument) {
    Delivery *delivery = argument;
    wait_lock(&delivery->wait);
    bool stopping = delivery->is_stopping;
    wait_unlock(&delivery->wait);
    return stopping;
}

static void confirm(Delivery *delivery, uint64_t number, size_t length) {
    wait_lock(&delivery->wait);
    delivery->confirmed = number;
    delivery->bytes += (int64_t)length;
    wait_unlock(&delivery->wait);
}

/* Adds one worker's part, if there is one. */
static Status read_part(
    const Delivery *delivery, uint64_t number, int part, Text *bytes, bool *is_there, Error *error) {
    Text key = {0};
    char *value;
    size_t length;
    stage_key(delivery->spec.object_id, number, part, &key);
    Status status =
        store_get(delivery->spec.store, FAMILY_LOG, key.bytes, key.length, &value, &length, error);
    text_free(&key);
    TRY(status);
    *is_there = value != NULL;
    if (value != NULL)
        text_add(bytes, value, length);
    memory_free(value);
    return OK;
}

/* Every worker's part of the batch, joined; *is_there false when it has not been committed yet. */
static Status read_batch(
    const Delivery *delivery, uint64_t number, Text *bytes, bool *is_there, Error *error) {
    int first = 0;
    *is_there = false;
    for (; first < delivery->spec.part_count && !*is_there; first++)
        TRY(read_part(delivery, number, first, bytes, is_there, error));
    if (!*is_there)
        return OK;
    /* Its commit may have ended since the first parts were asked for: all are there from now on. */
    if (first > 1) {
        text_reset(bytes);
        first = 0;
    }
    for (int part = first; part < delivery->spec.part_count; part++) {
        bool is_any;
        TRY(read_part(delivery, number, part, bytes, &is_any, error));
    }
    return OK;
}

static Status deliver_next(Delivery *delivery, bool *did, Error *error) {
    SinkWriter *writer = delivery->spec.writer;
    Text bytes = {0};
    uint64_t number = delivery_confirmed(delivery) + 1;
    Status status = read_batch(delivery, number, &bytes, did, error);
    if (status == OK && *did) {
        FAILPOINT("deliver.before");
        status = writer->type->deliver(
            writer, number, text_string(&bytes), bytes.length, is_stopping, delivery, error);
        FAILPOINT("deliver.after");
    }
    if (status == OK && *did) {
        confirm(delivery, number, bytes.length);
        delivery->spec.wake(delivery->spec.wake_argument);
    }
    text_free(&bytes);
    return status;
}

/* After an error: does nothing until somebody decides how to go on. False: the thread is to end. With the
   lock held. */
static bool wait_for_decision(Delivery *delivery, Error *error) {
    log_error("sink %u stops: %s", delivery->spec.object_id, error->message);
    error_move(&delivery->trouble, error);
    while (!delivery->is_resuming && !delivery->is_stopping)
        wait_for_change(&delivery->wait, WAIT_FOREVER);
    if (delivery->is_stopping)
        return false;
    delivery->is_resuming = false;
    return true;
}

static Status resume(Delivery *delivery, Error *error) {
    SinkWriter *writer = delivery->spec.writer;
    uint64_t number = delivery_confirmed(delivery);
    TRY(writer->type->resume(writer, delivery->skip_to, &number, is_stopping, delivery, error));
    wait_lock(&delivery->wait);
    delivery->confirmed = number;
    error_clear(&delivery->trouble);
    wait_unlock(&delivery->wait);
    return OK;
}

static void refresh(Delivery *delivery) {
    SinkWriter *writer = delivery->spec.writer;
    delivery->refresh_at = clock_monotonic() + (writer->type->refresh(writer) ? REFRESH : REFRESH_SOON);
}

/* Batches in order, until one fails or the thread is to end. */
static Status deliver_all(Delivery *delivery, Error *error) {
    int64_t deadline = WAIT_FOREVER;
    for (;;) {
        bool did = false;
        if (is_stopping(delivery))
            return OK;
        TRY(deliver_next(delivery, &did, error));
        if (did)
            continue;
        if (delivery->spec.writer->type->refresh != NULL)
            deadline = delivery->refresh_at;
        wait_lock(&delivery->wait);
        bool is_due = !delivery->is_stopping && !wait_until_woken(&delivery->wait, deadline);
        wait_unlock(&delivery->wait);
        if (is_due)
            refresh(delivery);
    }
}

/* What the outside holds by now. */
static Status ask_outside(Delivery *delivery, Error *error) {
    SinkWriter *writer = delivery->spec.writer;
    uint64_t number = delivery->spec.delivered;
    TRY(writer->type->last_delivered(
        writer, delivery->spec.delivered, delivery->spec.staged, &number, error));
    confirm(delivery, number, 0);
    return OK;
}

static void *delivery_main(void *argument) {
    Delivery *delivery = argument;
    Error error = {0};
    bool is_paused = delivery->trouble.status != OK;
    Status status = STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE;
    if (is_paused)
        error_copy(&error, &delivery->trouble);
    else
        status = ask_outside(delivery, &error);
    for (;;) {
        if (status == OK)
            status = deliver_all(delivery, &error);
        wait_lock(&delivery->wait);
        bool goes_on = !delivery->is_stopping && wait_for_decision(delivery, &error);
        wait_unlock(&delivery->wait);
        if (!goes_on)
            break;
        status = resume(delivery, &error);
    }
    error_clear(&error);
    return NULL;
}

Delivery *delivery_start(const DeliverySpec *spec) {
    assert(spec->delivered <= spec->staged && spec->part_count > 0);
    Delivery *delivery = NEW(Delivery);
    delivery->spec = *spec;
    delivery->spec.paused = NULL;
    delivery->confirmed = spec->delivered;
    delivery->refresh_at = clock_monotonic() + REFRESH_SOON;
    if (spec->paused != NULL)
        error_copy(&delivery->trouble, spec->paused);
    wait_init(&delivery->wait);
    delivery->listener = epochs_listen(spec->epochs, on_publish, delivery);
    pthread_create(&delivery->thread, NULL, delivery_main, delivery);
    return delivery;
}

Status delivery_resume(Delivery *delivery, uint64_t skip_to, const char *name, Error *error) {
    unsigned status = OK;
    wait_lock(&delivery->wait);
    if (delivery->trouble.status == OK)
        status =
            error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "sink \"%s\" is not stopped", name);
    else if (delivery->spec.writer->type->resume == NULL)
        status = error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "sink \"%s\" cannot be resumed", name);
    else if (skip_to != 0 && skip_to <= delivery->confirmed)
        status = error_set(error, STATUS_INVALID_PARAMETER_VALUE,
            "sink \"%s\" has delivered its batches up to %llu", name,
            (unsigned long long)delivery->confirmed);
    else {
        delivery->skip_to = skip_to;
        delivery->is_resuming = true;
        wait_wake_locked(&delivery->wait);
    }
    wait_unlock(&delivery->wait);
    return status;
}

uint64_t delivery_confirmed(Delivery *delivery) {
    wait_lock(&delivery->wait);
    uint64_t confirmed = delivery->confirmed;
    wait_unlock(&delivery->wait);
    return confirmed;
}

int64_t delivery_bytes(Delivery *delivery) {
    wait_lock(&delivery->wait);
    int64_t bytes = delivery->bytes;
    wait_unlock(&delivery->wait);
    return bytes;
}

void delivery_trouble(Delivery *delivery, Text *out) {
    wait_lock(&delivery->wait);
    if (delivery->trouble.status != OK)
        text_add_string(out, delivery->trouble.message);
    wait_unlock(&delivery->wait);
}

void delivery_ask_to_stop(Delivery *delivery) {
    wait_lock(&delivery->wait);
    delivery->is_stopping = true;
    wait_wake_locked(&delivery->wait);
    wait_unlock(&delivery->wait);
}

void delivery_stop(Delivery *delivery) {
    if (delivery == NULL)
        return;
    epochs_unlisten(delivery->spec.epochs, delivery->listener);
    delivery_ask_to_stop(delivery);
    pthread_join(delivery->thread, NULL);
    wait_destroy(&delivery->wait);
    error_clear(&delivery->trouble);
    memory_free(delivery);
}
