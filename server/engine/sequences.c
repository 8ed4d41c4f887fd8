/* Sequences: one lock, held while a stretch is set aside: the coordinator never waits for it. */
#include "server/engine/sequences.h"

#include <pthread.h>

#include "executor/base/memory.h"

enum { STRETCH_MIN = 32, STRETCH_MAX = 4096 };

typedef struct Sequence {
    uint32_t id;
    int64_t last;
    bool is_called;
    int64_t remaining; /* values behind last that are set aside */
    int64_t stretch;
    uint32_t generation; /* of the definition that the values were given by */
} Sequence;

struct Sequences {
    pthread_mutex_t lock;
    Store *store;
    Coordinator *coordinator;
    Sequence *items;
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

/* Under the lock. A new one stands before its start; a stored one where its stretch ended. */
static Status find(Sequences *sequences, const Object *object, Sequence **out, Error *error) {
    for (int i = 0; i < sequences->count; i++)
        if (sequences->items[i].id == object->relation.id) {
            *out = &sequences->items[i];
            follow(*out, &object->sequence);
            return OK;
        }
    Sequence sequence = {.id = object->relation.id, .last = object->sequence.start, .stretch = STRETCH_MIN};
    Text key = {0};
    char *value;
    size_t length;
    fact_key(sequence.id, &key);
    Status status = store_get(sequences->store, FAMILY_FACTS, key.bytes, key.length, &value, &length, error);
    text_free(&key);
    TRY(status);
    if (value != NULL) {
        TextReader reader = {value, value + length, 0};
        sequence.last = (int64_t)text_read_u64(&reader);
        sequence.is_called = text_read_u8(&reader);
        sequence.generation = text_read_u32(&reader);
        memory_free(value);
    }
    GROW(sequences->items, sequences->capacity, sequences->count + 1);
    follow(&sequence, &object->sequence);
    sequences->items[sequences->count] = sequence;
    *out = &sequences->items[sequences->count++];
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

static Status give(Sequences *sequences, const Object *object, int64_t *value, Error *error) {
    Sequence *sequence;
    bool is_wrapped;
    TRY(find(sequences, object, &sequence, error));
    TRY(step(object, sequence, value, &is_wrapped, error));
    if (sequence->remaining > 0 && !is_wrapped) {
        sequence->remaining--;
    } else {
        int64_t room = room_behind(&object->sequence, *value, sequence->stretch);
        Fact fact = {sequence->id, *value + room * object->sequence.increment, true, sequence->generation};
        TRY(coordinator_call(sequences->coordinator, stage, &fact, error));
        sequence->remaining = room;
        sequence->stretch = sequence->stretch < STRETCH_MAX ? sequence->stretch * 2 : STRETCH_MAX;
    }
    sequence->last = *value;
    sequence->is_called = true;
    return OK;
}

Status sequence_next(Sequences *sequences, const Object *object, int64_t *value, Error *error) {
    pthread_mutex_lock(&sequences->lock);
    Status status = give(sequences, object, value, error);
    pthread_mutex_unlock(&sequences->lock);
    return status;
}

static Status put(Sequences *sequences, const Object *object, int64_t value, bool is_called, Error *error) {
    Sequence *sequence;
    TRY(find(sequences, object, &sequence, error));
    Fact fact = {object->relation.id, value, is_called, sequence->generation};
    TRY(coordinator_call(sequences->coordinator, stage, &fact, error));
    sequence->last = value;
    sequence->is_called = is_called;
    sequence->remaining = 0;
    return OK;
}

Status sequence_set(Sequences *sequences, const Object *object, int64_t value, bool is_called, Error *error) {
    const SequenceSpec *spec = &object->sequence;
    if (value < spec->minimum || value > spec->maximum)
        return error_set(error, STATUS_NUMERIC_VALUE_OUT_OF_RANGE,
            "setval: value %lld is out of bounds for sequence \"%s\" (%lld..%lld)", (long long)value,
            object->relation.name, (long long)spec->minimum, (long long)spec->maximum);
    pthread_mutex_lock(&sequences->lock);
    Status status = put(sequences, object, value, is_called, error);
    pthread_mutex_unlock(&sequences->lock);
    return status;
}

Status sequence_read(Sequences *sequences, const Object *object, int64_t *last, bool *is_called,
    int64_t *set_aside, Error *error) {
    Sequence *sequence;
    pthread_mutex_lock(&sequences->lock);
    Status status = find(sequences, object, &sequence, error);
    if (status == OK) {
        *last = sequence->last;
        *is_called = sequence->is_called;
        *set_aside = sequence->remaining;
    }
    pthread_mutex_unlock(&sequences->lock);
    return status;
}

void sequence_forget(Sequences *sequences, uint32_t id) {
    Text key = {0};
    fact_key(id, &key);
    cut_delete(coordinator_stage(sequences->coordinator), FAMILY_FACTS, key.bytes, key.length);
    text_free(&key);
}
