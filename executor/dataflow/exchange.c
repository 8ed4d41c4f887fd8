/* Exchange: every worker's instance splits its input by key into the hub's queues and emits what the others
   sent to it.

   A worker's seal stands behind its last batch; a consumer is sealed when all producers are. Batches for the
   own worker take the same way: the order of rows on an edge means nothing, so one path is enough. With one
   worker nothing is hashed or copied. What goes to a worker is gathered until a batch is full, or the input
   sealed: batches do not become smaller by being split, and the work of each is paid once.

   Budget: while the rows that wait for any receiver are at the limit, the exchange does not split its input:
   it is blocked, and its worker runs only this node and those behind it in topological order, until the
   receiver has taken half. Nobody waits for ever: let m be the most downstream exchange at which any worker
   is blocked. The receiver that it waits for is blocked nowhere behind m, so it may run its own instance of
   m, and was signalled when the rows came; it takes them, and gives them to nodes behind m, which accept
   always. So as long as any worker is blocked some worker can run, and the rows of a round are finite. The
   limit is overrun by a batch a producer at most. */
#include "executor/dataflow/exchange.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "executor/base/fault.h"
#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "executor/operators/exchange.h"
#include "executor/operators/rows/queue.h"

typedef struct Inbox {
    pthread_mutex_t lock;
    BatchQueue batches;
    int row_count;
    int sealed_count;
    int64_t *watermarks; /* minimum over the producers that sealed */
    bool *waiting;       /* by producer: to be woken when there is room */
} Inbox;

struct ExchangeHub {
    ExchangeSpec spec;
    Inbox inboxes[];
};

ExchangeHub *exchange_hub_create(const ExchangeSpec *spec) {
    ExchangeHub *hub = memory_allocate_zero(sizeof *hub + sizeof(Inbox) * (size_t)spec->worker_count);
    hub->spec = *spec;
    for (int i = 0; i < spec->worker_count; i++) {
        pthread_mutex_init(&hub->inboxes[i].lock, NULL);
        hub->inboxes[i].waiting = NEW_ARRAY(bool, spec->worker_count);
    }
    return hub;
}

void exchange_hub_reset(ExchangeHub *hub) {
    for (int i = 0; i < hub->spec.worker_count; i++) {
        Inbox *inbox = &hub->inboxes[i];
        queue_clear(&inbox->batches);
        inbox->row_count = inbox->sealed_count = 0;
        memset(inbox->waiting, 0, sizeof(bool) * (size_t)hub->spec.worker_count);
        memory_free(inbox->watermarks);
        inbox->watermarks = NULL;
    }
}

void exchange_hub_destroy(ExchangeHub *hub) {
    if (hub == NULL)
        return;
    exchange_hub_reset(hub);
    for (int i = 0; i < hub->spec.worker_count; i++) {
        memory_free(hub->inboxes[i].waiting);
        pthread_mutex_destroy(&hub->inboxes[i].lock);
    }
    memory_free(hub);
}

static void wake(const ExchangeHub *hub, int from, int to, bool is_urgent) {
    if (from != to && hub->spec.wake != NULL)
        hub->spec.wake(hub->spec.argument, from, to, is_urgent);
}

bool exchange_hub_has_room(ExchangeHub *hub, int from) {
    for (int to = 0; to < hub->spec.worker_count; to++) {
        Inbox *inbox = &hub->inboxes[to];
        pthread_mutex_lock(&inbox->lock);
        bool is_full = inbox->row_count >= hub->spec.rows_max;
        inbox->waiting[from] = is_full;
        pthread_mutex_unlock(&inbox->lock);
        if (is_full)
            return false;
    }
    return true;
}

void exchange_hub_send(ExchangeHub *hub, int from, int to, Batch *batch) {
    Inbox *inbox = &hub->inboxes[to];
    int enough = hub->spec.rows_max / 4;
    pthread_mutex_lock(&inbox->lock);
    assert(inbox->sealed_count < hub->spec.worker_count); /* nothing comes behind the last seal */
    queue_push(&inbox->batches, batch);
    bool was_little = inbox->row_count < enough;
    inbox->row_count += batch->row_count;
    bool is_urgent = was_little && inbox->row_count >= enough;
    pthread_mutex_unlock(&inbox->lock);
    wake(hub, from, to, is_urgent);
}

void exchange_hub_seal(ExchangeHub *hub, int from, const int64_t *watermarks, int count) {
    for (int to = 0; to < hub->spec.worker_count; to++) {
        Inbox *inbox = &hub->inboxes[to];
        pthread_mutex_lock(&inbox->lock);
        assert(inbox->sealed_count < hub->spec.worker_count);
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
        wake(hub, from, to, false);
    }
}

Batch *exchange_hub_take(ExchangeHub *hub, int to, bool *is_sealed, int64_t *watermarks, int count) {
    Inbox *inbox = &hub->inboxes[to];
    int workers = hub->spec.worker_count;
    bool woken[workers];
    memset(woken, 0, sizeof woken);
    *is_sealed = false;
    pthread_mutex_lock(&inbox->lock);
    Batch *batch = queue_pop(&inbox->batches);
    if (batch != NULL) {
        inbox->row_count -= batch->row_count;
        assert(inbox->row_count >= 0);
        if (inbox->row_count <= hub->spec.rows_max / 2) {
            memcpy(woken, inbox->waiting, sizeof woken);
            memset(inbox->waiting, 0, sizeof woken);
        }
    } else if (inbox->sealed_count == workers) {
        *is_sealed = true;
        assert(inbox->row_count == 0);
        memcpy(watermarks, inbox->watermarks, sizeof(int64_t) * (size_t)count);
        inbox->sealed_count = 0;
    }
    pthread_mutex_unlock(&inbox->lock);
    for (int from = 0; from < workers; from++)
        if (woken[from])
            wake(hub, to, from, true);
    return batch;
}

typedef struct ExchangeOperator {
    Operator base;
    ExchangeHub *hub; /* NULL: one worker, batches pass through */
    BatchQueue queue; /* received by on_batch, not yet split */
    Batch **open;     /* HASH: by receiver, what is not full yet; or NULL */
    bool is_seal_sent, is_blocked;
} ExchangeOperator;

void exchange_use_hub(Operator *instance, ExchangeHub *hub) {
    ((ExchangeOperator *)instance)->hub = instance->context->worker_count > 1 ? hub : NULL;
}

bool exchange_is_blocked(const Operator *instance) {
    return ((const ExchangeOperator *)instance)->is_blocked;
}

static Status exchange_open(Operator *instance, Error *error) {
    ((ExchangeOperator *)instance)->open = NEW_ARRAY(Batch *, instance->context->worker_count);
    return OK;
}

static Status exchange_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    ExchangeOperator *self = (ExchangeOperator *)instance;
    queue_push(&self->queue, batch_retain(batch));
    return OK;
}

static void send_open(ExchangeOperator *self, int to) {
    if (self->open[to] == NULL)
        return;
    exchange_hub_send(self->hub, self->base.context->worker, to, self->open[to]);
    self->open[to] = NULL;
}

static Batch *open_batch(const Batch *like, const ExchangeParameters *parameters) {
    Column *columns[like->column_count + 1];
    for (int i = 0; i < like->column_count; i++)
        columns[i] = column_create_raw(like->columns[i]->type, BATCH_ROWS_MAX);
    Batch *batch = batch_create(0, like->column_count, columns);
    batch_need_hashes(batch, parameters->keys, parameters->key_count, BATCH_ROWS_MAX);
    return batch;
}

/* Adds the numbered rows of `batch` to what goes to a receiver; hashes by row number. */
static void add_rows(ExchangeOperator *self, int to, const Batch *batch, const uint64_t *hashes,
    const uint16_t *rows, int count) {
    while (count > 0) {
        if (self->open[to] == NULL)
            self->open[to] = open_batch(batch, self->base.spec->parameters);
        Batch *open = self->open[to];
        int room = BATCH_ROWS_MAX - open->row_count, taken = count < room ? count : room;
        uint64_t *known =
            open->hashes.values == NULL ? NULL : (uint64_t *)open->hashes.values->values + open->row_count;
        for (int i = 0; known != NULL && i < taken; i++)
            known[i] = hashes[rows[i]];
        batch_share(open, batch, rows, taken);
        rows += taken;
        count -= taken;
        if (open->row_count == BATCH_ROWS_MAX)
            send_open(self, to);
    }
}

/* Hashes of the selected rows, by row number. */
static void hash_selected(const ExchangeParameters *parameters, Batch *batch, uint64_t *hashes) {
    int places[parameters->key_count + 1];
    for (int i = 0; i < parameters->key_count; i++)
        places[i] = i;
    Batch *keys = batch_project(batch, parameters->keys, parameters->key_count);
    Batch *dense = batch_dense(keys);
    batch_hash_keys(dense, places, parameters->key_count, hashes);
    /* Row numbers ascend: from the last, none is overwritten that is still wanted. */
    for (int i = batch->selected_count - 1; batch->selection != NULL && i >= 0; i--)
        hashes[batch->selection[i]] = hashes[i];
    batch_release(dense);
    batch_release(keys);
}

static void send_hashed(ExchangeOperator *self, Batch *batch) {
    int workers = self->base.context->worker_count;
    uint64_t hashes[BATCH_ROWS_MAX];
    uint16_t rows[workers][BATCH_ROWS_MAX];
    int counts[workers];
    memset(counts, 0, sizeof counts);
    hash_selected(self->base.spec->parameters, batch, hashes);
    for (int i = 0; i < batch->selected_count; i++) {
        int row = batch_row(batch, i);
        int to = MUTANT("exchange-by-turns") ? i % workers : shard_worker(hash_shard(hashes[row]), workers);
        rows[to][counts[to]++] = (uint16_t)row;
    }
    for (int to = 0; to < workers; to++) {
        if (counts[to] > 1 && MUTANT("exchange-loses-a-row"))
            counts[to]--;
        add_rows(self, to, batch, hashes, rows[to], counts[to]);
    }
}

static void send_whole(ExchangeOperator *self, Batch *batch, int first, int end) {
    Batch *dense = batch_dense(batch);
    for (int to = first; to < end; to++)
        exchange_hub_send(self->hub, self->base.context->worker, to, batch_retain(dense));
    batch_release(dense);
}

static void split(ExchangeOperator *self, Batch *batch) {
    int workers = self->base.context->worker_count;
    switch ((ExchangeMode)((const ExchangeParameters *)self->base.spec->parameters)->mode) {
    case EXCHANGE_HASH:
        send_hashed(self, batch);
        break;
    case EXCHANGE_SINGLE: {
        int to = shard_worker(hash_object_shard(self->base.context->object_id), workers);
        send_whole(self, batch, to, to + 1);
        break;
    }
    case EXCHANGE_BROADCAST:
        send_whole(self, batch, 0, workers);
        break;
    }
}

/* Splits what was given, as far as the receivers have room; then the seal goes behind it. */
static void send_queue(ExchangeOperator *self) {
    int worker = self->base.context->worker;
    while (self->queue.count > 0) {
        self->is_blocked = !exchange_hub_has_room(self->hub, worker);
        if (self->is_blocked)
            return;
        Batch *batch = queue_pop(&self->queue);
        split(self, batch);
        batch_release(batch);
    }
    self->is_blocked = false;
    if (!operator_is_sealed(&self->base) || self->is_seal_sent)
        return;
    for (int to = 0; to < self->base.context->worker_count; to++)
        send_open(self, to);
    self->is_seal_sent = true;
    exchange_hub_seal(self->hub, worker, self->base.input_watermarks[0], self->base.spec->output.count);
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

static Status exchange_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    ExchangeOperator *self = (ExchangeOperator *)instance;
    if (self->hub == NULL)
        return produce_through(self, batch, progress);
    send_queue(self);
    bool is_sealed;
    *batch = exchange_hub_take(
        self->hub, instance->context->worker, &is_sealed, instance->watermarks, instance->spec->output.count);
    if (is_sealed)
        self->is_seal_sent = false;
    *progress = is_sealed ? PROGRESS_DONE : *batch != NULL ? PROGRESS_MORE : PROGRESS_IDLE;
    return OK;
}

static void exchange_close(Operator *instance) {
    ExchangeOperator *self = (ExchangeOperator *)instance;
    queue_clear(&self->queue);
    for (int to = 0; self->open != NULL && to < instance->context->worker_count; to++)
        batch_release(self->open[to]);
    memory_free(self->open);
}

static const char *const mode_names[] = {"hash", "single", "broadcast", NULL};

static const Field fields[] = {
    {.name = "mode",
        .kind = FIELD_ENUM,
        .offset = offsetof(ExchangeParameters, mode),
        .enum_names = mode_names},
    FIELD_LIST(COLUMNS, ExchangeParameters, keys, key_count, "keys"),
    {0},
};

const OperatorType exchange_operator = {
    .name = "Exchange",
    .version = 1,
    .fields = fields,
    .parameters_size = sizeof(ExchangeParameters),
    .size = sizeof(ExchangeOperator),
    .open = exchange_open,
    .on_batch = exchange_on_batch,
    .produce = exchange_produce,
    .close = exchange_close,
};
