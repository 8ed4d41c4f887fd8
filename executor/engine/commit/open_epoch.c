/* OpenEpoch: the fact of the last commit says where the next one begins. */
#include "executor/engine/commit/open_epoch.h"

#include <assert.h>
#include <stdatomic.h>

#include "executor/base/memory.h"
#include "executor/engine/commit/facts.h"

enum { ROW_ID_BLOCK = 1 << 20 };

struct OpenEpoch {
    OpenEpochSpec spec;
    uint64_t number;
    int64_t time;
    Cut staged;
    Waiters waiting;
    bool is_touched;
    atomic_llong next_row_id, row_id_limit;
};

OpenEpoch *open_epoch_create(const OpenEpochSpec *spec) {
    OpenEpoch *open = NEW(OpenEpoch);
    open->spec = *spec;
    open->next_row_id = 1;
    return open;
}

void open_epoch_destroy(OpenEpoch *open) {
    if (open == NULL)
        return;
    cut_free(&open->staged);
    waiters_free(&open->waiting);
    memory_free(open);
}

static void begin(OpenEpoch *open, uint64_t number) {
    assert(number > 0);
    *open->spec.shown = open->number = number;
}

static Status read_epoch(OpenEpoch *open, long long *row_id_limit, Error *error) {
    char *value = NULL;
    size_t length;
    if (open->spec.store != NULL)
        TRY(fact_get(open->spec.store, FACT_EPOCH, 0, &value, &length, error));
    begin(open, 1);
    if (value == NULL)
        return OK;
    TextReader reader = {value, value + length, 0};
    uint64_t committed = text_read_u64(&reader);
    text_read_u64(&reader);
    open->time = (int64_t)text_read_u64(&reader);
    *row_id_limit = (long long)text_read_u64(&reader);
    memory_free(value);
    if (reader.is_bad)
        return error_set(error, STATUS_DATA_CORRUPTED, "the stored epoch is damaged");
    begin(open, committed + 1);
    return OK;
}

Status open_epoch_load(OpenEpoch *open, Error *error) {
    long long next = 0;
    TRY(read_epoch(open, &next, error));
    /* Transactions that go on after a failed commit have ids that no commit knows of. */
    if (next > atomic_load(&open->next_row_id))
        atomic_store(&open->next_row_id, next);
    atomic_store(&open->row_id_limit, atomic_load(&open->next_row_id) + ROW_ID_BLOCK);
    open->is_touched = true; /* the raised limit is durable before any id beyond the old one is */
    return OK;
}

uint64_t open_epoch_number(const OpenEpoch *open) {
    return open->number;
}

int64_t open_epoch_time(const OpenEpoch *open) {
    return open->time;
}

int64_t open_epoch_clock(const OpenEpoch *open) {
    return open->spec.clock(open->spec.clock_argument);
}

void open_epoch_take_time(OpenEpoch *open) {
    int64_t now = open_epoch_clock(open);
    if (now > open->time)
        open->time = now;
}

Cut *open_epoch_stage(OpenEpoch *open) {
    return &open->staged;
}

void open_epoch_touch(OpenEpoch *open) {
    open->is_touched = true;
}

bool open_epoch_is_touched(const OpenEpoch *open) {
    return open->is_touched || open->staged.count > 0;
}

void open_epoch_wait(OpenEpoch *open, Completion completion) {
    waiters_add(&open->waiting, completion);
}

void open_epoch_wait_all(OpenEpoch *open, Waiters *waiters) {
    waiters_move(&open->waiting, waiters);
    waiters_free(waiters);
}

bool open_epoch_is_awaited(const OpenEpoch *open) {
    return open->waiting.count > 0;
}

void open_epoch_close(OpenEpoch *open, Cut *facts, Waiters *waiters) {
    assert(facts->count == 0 && waiters->count == 0); /* one commit at a time */
    long long given = atomic_load(&open->next_row_id), limit = atomic_load(&open->row_id_limit);
    assert(limit >= given);
    Text value = {0};
    text_add_u64(&value, open->number);
    text_add_u64(&value, open->number - 1);
    text_add_u64(&value, (uint64_t)open->time);
    text_add_u64(&value, (uint64_t)limit);
    fact_put(&open->staged, FACT_EPOCH, 0, &value);
    text_free(&value);
    *facts = open->staged;
    open->staged = (Cut){0};
    Waiters empty = *waiters;
    *waiters = open->waiting;
    open->waiting = empty;
    open->is_touched = false;
    begin(open, open->number + 1);
}

void open_epoch_answer(OpenEpoch *open, const Error *error) {
    waiters_finish(&open->waiting, error);
}

void open_epoch_drop(OpenEpoch *open) {
    cut_free(&open->staged);
    open->staged = (Cut){0};
}

int64_t open_epoch_next_row_id(OpenEpoch *open, int count) {
    assert(count >= 0);
    int64_t first = atomic_fetch_add(&open->next_row_id, count);
    /* Ids are written with rows of the same commit at the earliest, and every commit stores the limit: it
       only has to stay ahead. */
    long long limit = atomic_load(&open->row_id_limit);
    while (first + count + ROW_ID_BLOCK / 2 > limit &&
           !atomic_compare_exchange_weak(&open->row_id_limit, &limit, first + count + ROW_ID_BLOCK))
        ;
    return first;
}
