/* Sequences: each has a lock, which nobody holds while he waits for a commit: who only reads never waits for
   one. Whoever sets a stretch aside says so, and who wants a value meanwhile waits for him.

   No value is given before a commit says how far values have gone: a crash passes over what was set aside,
   and never gives a value twice. A stretch grows while values are asked for quickly, so that few of them
   wait. */
#include "server/engine/sequences.h"

#include <pthread.h>

#include "executor/base/clock.h"
#include "executor/base/memory.h"
#include "executor/base/wait.h"
#include "server/engine/await.h"
#include "server/session/client.h"
#include "server/session/session.h"

enum { STRETCH_MIN = 32, STRETCH_MAX = 65536, STRETCH_US_MIN = 200000 };

typedef struct Sequence {
    Wait wait;          /* its lock is that of all that follows but the id */
    bool is_committing; /* somebody waits for a commit of it */
    uint32_t id;
    int64_t last;
    bool is_called;
    int64_t remaining; /* values behind last that a commit has set aside */
    int64_t stretch;
    int64_t begun_at;    /* the stretch, by the monotonic clock */
    uint32_t generation; /* of the definition that the values were given by */
} Sequence;

struct Sequences {
    pthread_mutex_t lock; /* of the list */
    Store *store;
    Coordinator *coordinator;
    Sequence **items;
    int count, capacity;
};

Sequences *sequences_create(Store *store, Coordinator *coordinator) {
    Sequences *sequences = NEW(Sequences);
    pthread_mutex_init(&sequences->lock, NULL);
    sequences->store = store;
    sequences->coordinator = coordinator;
    return sequences;
}

void sequences_destroy(Sequences *sequences) {
    if (sequences == NULL)
        return;
    pthread_mutex_destroy(&sequences->lock);
    for (int i = 0; i < sequences->count; i++) {
        wait_destroy(&sequences->items[i]->wait);
        memory_free(sequences->items[i]);
    }
    memory_free(sequences->items);
    memory_free(sequences);
}

static void fact_key(uint32_t id, Text *key) {
    text_printf(key, "sequence/%08x", id);
}

/* A newer definition makes void what was set aside by the one before, and may say where to begin anew. */
static void follow(Sequence *sequence, const SequenceSpec *spec) {
    if (spec->generation <= sequence->generation)
        return;
    if (spec->restarted > sequence->generation) {
        sequence->last = spec->restart;
        sequence->is_called = false;
    }
    sequence->remaining = 0;
    sequence->generation = spec->generation;
}

static Status restore(Sequences *sequences, Sequence *sequence, Error *error) {
    Text key = {0};
    char *value;
    size_t length;
    fact_key(sequence->id, &key);
    Status status = store_get(sequences->store, FAMILY_FACTS, key.bytes, key.length, &value, &length, error);
    text_free(&key);
    if (status != OK || value == NULL)
        return status;
    TextReader reader = {value, value + length, 0};
    sequence->last = (int64_t)text_read_u64(&reader);
    sequence->is_called = text_read_u8(&reader);
    sequence->generation = text_read_u32(&reader);
    memory_free(value);
    return OK;
}

/* Under the list's lock. A new one stands before its start; a stored one where its stretch ended. */
static Status find(Sequences *sequences, const Object *object, Sequence **out, Error *error) {
    for (int i = 0; i < sequences->count; i++)
        if ((*out = sequences->items[i])->id == object->relation.id)
            return OK;
    Sequence found = {.id = object->relation.id, .last = object->sequence.start, .stretch = STRETCH_MIN};
    TRY(restore(sequences, &found, error));
    Sequence *sequence = *out = NEW(Sequence);
    *sequence = found;
    wait_init(&sequence->wait);
    GROW(sequences->items, sequences->capacity, sequences->count + 1);
    sequences->items[sequences->count++] = sequence;
    return OK;
}

/* Its lock held, and as the newest definition says. */
static Status lock(Sequences *sequences, const Object *object, Sequence **out, Error *error) {
    pthread_mutex_lock(&sequences->lock);
    Status status = find(sequences, object, out, error);
    pthread_mutex_unlock(&sequences->lock);
    TRY(status);
    wait_lock(&(*out)->wait);
    if (!(*out)->is_committing)
        follow(*out, &object->sequence);
    return OK;
}

/* Who wants to change what. */
typedef struct Asking {
    Sequences *sequences;
    const Session *session;
    const Object *object;
} Asking;

/* The same, when nobody else waits for a commit of it. */
static Status lock_to_change(const Asking *asking, Sequence **out, Error *error) {
    TRY(lock(asking->sequences, asking->object, out, error));
    while ((*out)->is_committing && !session_is_cancelled(asking->session))
        wait_for_change(&(*out)->wait, clock_monotonic() + CANCEL_SEEN_US);
    if ((*out)->is_committing) {
        wait_unlock(&(*out)->wait);
        return cancel_error(session_cancel_reason(asking->session), error);
    }
    follow(*out, &asking->object->sequence);
    return OK;
}

typedef struct Fact {
    uint32_t id;
    int64_t last;
    bool is_called;
    uint32_t generation;
} Fact;

static Status stage(Coordinator *coordinator, void *argument, Error *error) {
    const Fact *fact = argument;
    Text key = {0}, value = {0};
    TRY(coordinator_may_change(coordinator, error));
    fact_key(fact->id, &key);
    text_add_u64(&value, (uint64_t)fact->last);
    text_add_u8(&value, fact->is_called);
    text_add_u32(&value, fact->generation);
    cut_put(coordinator_stage(coordinator), FAMILY_FACTS, key.bytes, key.length, value.bytes, value.length);
    text_free(&key);
    text_free(&value);
    return OK;
}

/* Returns when the fact is durable, or the session's statement is cancelled: then it may become so yet. */
static Status commit_fact(Sequences *sequences, const Session *session, Fact fact, Error *error) {
    TRY(coordinator_call(sequences->coordinator, stage, &fact, error));
    Await *await = await_create(NULL);
    coordinator_wait_commit(sequences->coordinator, await_completion(await));
    Status status = await_block(await, session, error);
    await_detach(await);
    return status;
}

/* Says durably how far the sequence has gone. Its lock is given back meanwhile. */
static Status commit(const Asking *asking, Sequence *sequence, int64_t last, bool is_called, Error *error) {
    sequence->is_committing = true;
    wait_unlock(&sequence->wait);
    Status status = commit_fact(asking->sequences, asking->session,
        (Fact){sequence->id, last, is_called, sequence->generation}, error);
    wait_lock(&sequence->wait);
    sequence->is_committing = false;
    wait_wake_locked(&sequence->wait);
    return status;
}

/* The value behind `last`; *is_wrapped: it began anew. */
static Status step(
    const Object *object, const Sequence *sequence, int64_t *next, bool *is_wrapped, Error *error) {
    const SequenceSpec *spec = &object->sequence;
    bool is_up = spec->increment > 0;
    *is_wrapped = false;
    *next = sequence->last;
    if (!sequence->is_called)
        return OK;
    bool is_over = __builtin_add_overflow(sequence->last, spec->increment, next) ||
                   (is_up ? *next > spec->maximum : *next < spec->minimum);
    if (!is_over)
        return OK;
    if (!spec->is_cycle)
        return error_set(error, STATUS_SEQUENCE_GENERATOR_LIMIT_EXCEEDED,
            "nextval: reached %s value of sequence \"%s\" (%lld)", is_up ? "maximum" : "minimum",
            object->relation.name, (long long)(is_up ? spec->maximum : spec->minimum));
    *next = is_up ? spec->minimum : spec->maximum;
    *is_wrapped = true;
    return OK;
}

/* How many values may follow this one before the end, at most `wanted`. */
static int64_t room_behind(const SequenceSpec *spec, int64_t value, int64_t wanted) {
    __int128 room = spec->increment > 0 ? ((__int128)spec->maximum - value) / spec->increment
                                        : ((__int128)value - spec->minimum) / -(__int128)spec->increment;
    return room < wanted ? (int64_t)room : wanted;
}

/* Twice as many values as last time if those were used up quickly, else few. */
static void choose_stretch(Sequence *sequence) {
    int64_t now = clock_monotonic();
    bool is_quick = sequence->begun_at != 0 && now - sequence->begun_at < STRETCH_US_MIN;
    if (!is_quick)
        sequence->stretch = STRETCH_MIN;
    else if (sequence->stretch < STRETCH_MAX)
        sequence->stretch *= 2;
    sequence->begun_at = now;
}

static Status give(const Asking *asking, Sequence *sequence, int64_t *value, Error *error) {
    const Object *object = asking->object;
    bool is_wrapped;
    TRY(step(object, sequence, value, &is_wrapped, error));
    if (sequence->remaining > 0 && !is_wrapped) {
        sequence->remaining--;
    } else {
        choose_stretch(sequence);
        int64_t room = room_behind(&object->sequence, *value, sequence->stretch);
        int64_t last = *value + room * object->sequence.increment;
        TRY(commit(asking, sequence, last, true, error));
        sequence->remaining = room;
    }
    sequence->last = *value;
    sequence->is_called = true;
    return OK;
}

Status sequence_next(
    Sequences *sequences, const Session *session, const Object *object, int64_t *value, Error *error) {
    Asking asking = {sequences, session, object};
    Sequence *sequence;
    TRY(lock_to_change(&asking, &sequence, error));
    Status status = give(&asking, sequence, value, error);
    wait_unlock(&sequence->wait);
    return status;
}

Status sequence_set(
    Sequences *sequences, const Session *session, const Object *object, SequenceValue set, Error *error) {
    int64_t value = set.value;
    const SequenceSpec *spec = &object->sequence;
    if (value < spec->minimum || value > spec->maximum)
        return error_set(error, STATUS_NUMERIC_VALUE_OUT_OF_RANGE,
            "setval: value %lld is out of bounds for sequence \"%s\" (%lld..%lld)", (long long)value,
            object->relation.name, (long long)spec->minimum, (long long)spec->maximum);
    Asking asking = {sequences, session, object};
    Sequence *sequence;
    TRY(lock_to_change(&asking, &sequence, error));
    Status status = commit(&asking, sequence, value, set.is_called, error);
    if (status == OK) {
        sequence->last = value;
        sequence->is_called = set.is_called;
        sequence->remaining = 0;
    }
    wait_unlock(&sequence->wait);
    return status;
}

Status sequence_read(Sequences *sequences, const Object *object, int64_t *last, bool *is_called,
    int64_t *set_aside, Error *error) {
    Sequence *sequence;
    TRY(lock(sequences, object, &sequence, error));
    *last = sequence->last;
    *is_called = sequence->is_called;
    *set_aside = sequence->remaining;
    wait_unlock(&sequence->wait);
    return OK;
}

void sequence_forget(Sequences *sequences, uint32_t id) {
    Text key = {0};
    fact_key(id, &key);
    cut_delete(coordinator_stage(sequences->coordinator), FAMILY_FACTS, key.bytes, key.length);
    text_free(&key);
}
