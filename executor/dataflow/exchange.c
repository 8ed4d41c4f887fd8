/* Exchange: every worker's instance splits its input by key into the hub's queues and emits what the others sent to it.

   A worker's seal stands behind its last batch; a consumer is sealed when all producers are. Batches for the own worker take the same way: the order of
   rows on an edge means nothing, so one path is enough. With one worker nothing is hashed or copied. */
#include "executor/dataflow/exchange.h"

#include <pthread.h>
#include <string.h>

#include "executor/base/fault.h"
#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "executor/operators/exchange.h"
#include "executor/operators/queue.h"

typedef struct Inbox {
    pthread_mutex_t lock;
    Batch **batches;
    int head, count, capacity; /* taken from head */
    int sealed_count;
    int64_t *watermarks; /* minimum over the producers that sealed */
} Inbox;

struct ExchangeHub {
    int worker_count;
    void (*wake)(void *argument, int worker);
    void *argument;
    Inbox inboxes[];
};

ExchangeHub *exchange_hub_create(int worker_count, void (*wake)(void *argument, int worker), void *argument) {
    ExchangeHub *hub = memory_allocate_zero(sizeof *hub + sizeof(Inbox) * (size_t)worker_count);
    hub->worker_count = worker_count;
    hub->wake = wake;
    hub->argument = argument;
    for (int i = 0; i < worker_count; i++)
        pthread_mutex_init(&hub->inboxes[i].lock, NULL);
    return hub;
}

void exchange_hub_reset(ExchangeHub *hub) {
    for (int i = 0; i < hub->worker_count; i++) {
        Inbox *inbox = &hub->inboxes[i];
        for (int b = inbox->head; b < inbox->count; b++)
            batch_release(inbox->batches[b]);
        inbox->head = inbox->count = inbox->sealed_count = 0;
        memory_free(inbox->watermarks);
        inbox->watermarks = NULL;
    }
}

void exchange_hub_destroy(ExchangeHub *hub) {
    if (hub == NULL)
        return;
    exchange_hub_reset(hub);
    for (int i = 0; i < hub->worker_count; i++) {
        memory_free(hub->inboxes[i].batches);
        pthread_mutex_destroy(&hub->inboxes[i].lock);
    }
    memory_free(hub);
}

void exchange_hub_send(ExchangeHub *hub, int from, int to, Batch *batch) {
    Inbox *inbox = &hub->inboxes[to];
    pthread_mutex_lock(&inbox->lock);
    if (inbox->head == inbox->count)
        inbox->head = inbox->count = 0;
    GROW(inbox->batches, inbox->capacity, inbox->count + 1);
    inbox->batches[inbox->count++] = batch;
    pthread_mutex_unlock(&inbox->lock);
    if (from != to && hub->wake != NULL)
        hub->wake(hub->argument, to);
}

void exchange_hub_seal(ExchangeHub *hub, int from, const int64_t *watermarks, int count) {
    for (int to = 0; to < hub->worker_count; to++) {
        Inbox *inbox = &hub->inboxes[to];
        pthread_mutex_lock(&inbox->lock);
        if (inbox->watermarks == NULL) {
            inbox->watermarks = memory_allocate(sizeof(int64_t) * (size_t)(count + 1));
            memcpy(inbox->watermarks, watermarks, sizeof(int64_t) * (size_t)count);
        } else {
            for (int i = 0; i < count; i++)
                if (watermarks[i] < inbox->watermarks[i] || inbox->sealed_count == 0)
                    inbox->watermarks[i] = watermarks[i];
        }
        inbox->sealed_count++;
        pthread_mutex_unlock(&inbox->lock);
        if (from != to && hub->wake != NULL)
            hub->wake(hub->argument, to);
    }
}

Batch *exchange_hub_take(ExchangeHub *hub, int to, bool *is_sealed, int64_t *watermarks, int count) {
    Inbox *inbox = &hub->inboxes[to];
    Batch *batch = NULL;
    *is_sealed = false;
    pthread_mutex_lock(&inbox->lock);
    if (inbox->head < inbox->count) {
        batch = inbox->batches[inbox->head++];
    } else if (inbox->sealed_count == hub->worker_count) {
        *is_sealed = true;
        memcpy(watermarks, inbox->watermarks, sizeof(int64_t) * (size_t)count);
        inbox->sealed_count = 0;
    }
    pthread_mutex_unlock(&inbox->lock);
    return batch;
}

typedef struct ExchangeOperator {
    Operator base;
    ExchangeHub *hub; /* NULL: one worker, batches pass through */
    BatchQueue queue; /* received by on_batch, not yet split */
    bool is_seal_sent;
} ExchangeOperator;

void exchange_use_hub(Operator *operator, ExchangeHub * hub) {
    ((ExchangeOperator *)operator)->hub = operator->context->worker_count> 1 ? hub : NULL;
}

static Status exchange_on_batch(Operator *operator, int input, Batch *batch, Error *error) {
    ExchangeOperator *self = (ExchangeOperator *)operator;
    queue_push(&self->queue, batch_retain(batch));
    return OK;
}

static void send_hashed(ExchangeOperator *self, Batch *dense) {
    const ExchangeParameters *parameters = self->base.spec->parameters;
    int workers = self->base.context->worker_count, from = self->base.context->worker;
    uint64_t hashes[BATCH_ROWS_MAX];
    uint16_t rows[workers][BATCH_ROWS_MAX];
    int counts[workers];
    memset(counts, 0, sizeof counts);
    batch_hash_keys(dense, parameters->keys, parameters->key_count, hashes);
    for (int i = 0; i < dense->row_count; i++) {
        int to = MUTANT("exchange-by-turns") ? i % workers : shard_worker(hash_shard(hashes[i]), workers);
        rows[to][counts[to]++] = (uint16_t)i;
    }
    for (int to = 0; to < workers; to++) {
        if (counts[to] > 1 && MUTANT("exchange-loses-a-row"))
            counts[to]--;
        if (counts[to] == 0)
            continue;
        Batch *part = batch_select(dense, rows[to], counts[to]);
        Batch *compact = batch_dense(part);
        batch_release(part);
        exchange_hub_send(self->hub, from, to, compact);
    }
}

static void split_queue(ExchangeOperator *self) {
    const ExchangeParameters *parameters = self->base.spec->parameters;
    int workers = self->base.context->worker_count, from = self->base.context->worker;
    for (Batch *batch; (batch = queue_pop(&self->queue)) != NULL;) {
        Batch *dense = batch_dense(batch);
        batch_release(batch);
        switch ((ExchangeMode)parameters->mode) {
        case EXCHANGE_HASH:
            send_hashed(self, dense);
            break;
        case EXCHANGE_SINGLE:
            exchange_hub_send(self->hub, from, shard_worker(hash_object_shard(self->base.context->object_id), workers), batch_retain(dense));
            break;
        case EXCHANGE_BROADCAST:
            for (int to = 0; to < workers; to++)
                exchange_hub_send(self->hub, from, to, batch_retain(dense));
            break;
        }
        batch_release(dense);
    }
}

static Status produce_through(ExchangeOperator *self, Batch **batch, Progress *progress) {
    if ((*batch = queue_pop(&self->queue)) != NULL) {
        *progress = PROGRESS_MORE;
        return OK;
    }
    int columns = self->base.spec->output.count;
    if (operator_is_sealed(&self->base)) {
        memcpy(self->base.watermarks, self->base.input_watermarks[0], sizeof(int64_t) * (size_t)columns);
        *progress = PROGRESS_DONE;
    } else {
        *progress = PROGRESS_IDLE;
    }
    return OK;
}

static Status exchange_produce(Operator *operator, Batch ** batch, Progress *progress, Error *error) {
    ExchangeOperator *self = (ExchangeOperator *)operator;
    if (self->hub == NULL)
        return produce_through(self, batch, progress);
    split_queue(self);
    if (operator_is_sealed(operator) && !self->is_seal_sent) {
        self->is_seal_sent = true;
        exchange_hub_seal(self->hub, operator->context->worker, operator->input_watermarks[0], operator->spec->output.count);
    }
    bool is_sealed;
    *batch = exchange_hub_take(self->hub, operator->context->worker, &is_sealed, operator->watermarks, operator->spec->output.count);
    if (is_sealed)
        self->is_seal_sent = false;
    *progress = is_sealed ? PROGRESS_DONE : *batch != NULL ? PROGRESS_MORE : PROGRESS_IDLE;
    return OK;
}

static void exchange_close(Operator *operator) {
    queue_clear(&((ExchangeOperator *)operator)->queue);
}

static const char *const mode_names[] = {"hash", "single", "broadcast", NULL};

static const Field fields[] = {
    {.name = "mode", .kind = FIELD_ENUM, .offset = offsetof(ExchangeParameters, mode), .enum_names = mode_names},
    FIELD_LIST(COLUMNS, ExchangeParameters, keys, key_count, "keys"),
    {0},
};

const OperatorType exchange_operator = {
    .name = "Exchange",
    .version = 1,
    .fields = fields,
    .parameters_size = sizeof(ExchangeParameters),
    .size = sizeof(ExchangeOperator),
    .open = NULL,
    .on_batch = exchange_on_batch,
    .produce = exchange_produce,
    .close = exchange_close,
};
