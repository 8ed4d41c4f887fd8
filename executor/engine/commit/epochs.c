/* Epochs: a list of published states, oldest first, each kept while it is pinned. */
#include "executor/engine/commit/epochs.h"

#include <assert.h>
#include <pthread.h>

#include "executor/base/memory.h"

struct EpochListener {
    EpochListener *next;
    void (*wake)(void *argument);
    void *argument;
};

struct EpochHold {
    EpochHold *next;
    Epochs *epochs;
    const Published *published; /* NULL: taken away */
    size_t retention;
};

struct Epochs {
    pthread_mutex_t lock;
    EpochHold *holds;
    Published *oldest;
    Published *newest;
    EpochListener *listeners;
};

PublishedObject *published_object_create(uint32_t object_id) {
    PublishedObject *object = NEW(PublishedObject);
    atomic_init(&object->reference_count, 1);
    object->object_id = object_id;
    return object;
}

void published_object_release(PublishedObject *object) {
    if (object == NULL || atomic_fetch_sub(&object->reference_count, 1) != 1)
        return;
    memory_free(object->offsets);
    memory_free(object->first_watermarks);
    memory_free(object->watermarks);
    memory_free(object);
}

PublishedSet *published_set_create(int capacity) {
    PublishedSet *set = memory_allocate_zero(sizeof *set + sizeof(PublishedObject *) * (size_t)capacity);
    atomic_init(&set->reference_count, 1);
    return set;
}

void published_set_add(PublishedSet *set, PublishedObject *object) {
    atomic_fetch_add(&object->reference_count, 1);
    set->objects[set->count++] = object;
}

void published_set_release(PublishedSet *set) {
    if (set == NULL || atomic_fetch_sub(&set->reference_count, 1) != 1)
        return;
    for (int i = 0; i < set->count; i++)
        published_object_release(set->objects[i]);
    memory_free(set);
}

Published *published_create(uint64_t epoch, int64_t time, PublishedSet *set) {
    Published *published = NEW(Published);
    published->epoch = epoch;
    published->time = time;
    published->set = set;
    if (set != NULL)
        atomic_fetch_add(&set->reference_count, 1);
    published->pin_count = 1;
    return published;
}

void published_destroy(Published *published) {
    published_set_release(published->set);
    memory_free(published);
}

Epochs *epochs_create(uint64_t epoch) {
    Epochs *epochs = NEW(Epochs);
    pthread_mutex_init(&epochs->lock, NULL);
    epochs->oldest = epochs->newest = published_create(epoch, 0, NULL);
    return epochs;
}

void epochs_destroy(Epochs *epochs) {
    if (epochs == NULL)
        return;
    while (epochs->oldest != NULL) {
        Published *next = epochs->oldest->newer;
        published_destroy(epochs->oldest);
        epochs->oldest = next;
    }
    while (epochs->listeners != NULL) {
        EpochListener *next = epochs->listeners->next;
        memory_free(epochs->listeners);
        epochs->listeners = next;
    }
    pthread_mutex_destroy(&epochs->lock);
    memory_free(epochs);
}

/* Drops unpinned states from the old end: one in the middle that is not pinned any more waits for the older
   ones. */
static void drop_unpinned(Epochs *epochs) {
    while (epochs->oldest != epochs->newest && epochs->oldest->pin_count == 0) {
        Published *next = epochs->oldest->newer;
        published_destroy(epochs->oldest);
        epochs->oldest = next;
    }
}

void epochs_publish(Epochs *epochs, Published *published) {
    pthread_mutex_lock(&epochs->lock);
    assert(published->epoch >= epochs->newest->epoch && published->newer == NULL);
    assert(epochs->newest->pin_count > 0);
    epochs->newest->pin_count--;
    epochs->newest->newer = published;
    epochs->newest = published;
    drop_unpinned(epochs);
    for (EpochListener *listener = epochs->listeners; listener != NULL; listener = listener->next)
        listener->wake(listener->argument);
    pthread_mutex_unlock(&epochs->lock);
}

const Published *epochs_pin(Epochs *epochs) {
    pthread_mutex_lock(&epochs->lock);
    Published *published = epochs->newest;
    published->pin_count++;
    pthread_mutex_unlock(&epochs->lock);
    return published;
}

const Published *epochs_pin_again(Epochs *epochs, const Published *published) {
    pthread_mutex_lock(&epochs->lock);
    assert(published->pin_count > 0);
    ((Published *)published)->pin_count++;
    pthread_mutex_unlock(&epochs->lock);
    return published;
}

const Published *epochs_pin_next(Epochs *epochs, const Published *published) {
    pthread_mutex_lock(&epochs->lock);
    assert(published->pin_count > 0);
    Published *next = published->newer;
    if (next != NULL)
        next->pin_count++;
    pthread_mutex_unlock(&epochs->lock);
    return next;
}

void epochs_unpin(Epochs *epochs, const Published *published) {
    if (published == NULL)
        return;
    pthread_mutex_lock(&epochs->lock);
    assert(published->pin_count > 0);
    ((Published *)published)->pin_count--;
    drop_unpinned(epochs);
    pthread_mutex_unlock(&epochs->lock);
}

uint64_t epochs_published(Epochs *epochs) {
    pthread_mutex_lock(&epochs->lock);
    uint64_t epoch = epochs->newest->epoch;
    pthread_mutex_unlock(&epochs->lock);
    return epoch;
}

uint64_t epochs_oldest(Epochs *epochs) {
    pthread_mutex_lock(&epochs->lock);
    uint64_t epoch = epochs->oldest->epoch;
    pthread_mutex_unlock(&epochs->lock);
    return epoch;
}

uint64_t epochs_oldest_kept(Epochs *epochs) {
    pthread_mutex_lock(&epochs->lock);
    const Published *published = epochs->oldest;
    while (published != epochs->newest && (published->is_expired || published->pin_count == 0))
        published = published->newer;
    uint64_t epoch = published->epoch;
    pthread_mutex_unlock(&epochs->lock);
    return epoch;
}

void epochs_expire(
    Epochs *epochs, size_t retention, size_t (*held_since)(void *argument, uint64_t epoch), void *argument) {
    pthread_mutex_lock(&epochs->lock);
    for (Published *published = epochs->oldest; published != epochs->newest; published = published->newer) {
        if (published->is_expired || published->pin_count == 0)
            continue;
        if (held_since(argument, published->epoch) <= retention)
            break;
        published->is_expired = true;
    }
    pthread_mutex_unlock(&epochs->lock);
}

const PublishedObject *published_object(const Published *published, uint32_t object_id) {
    const PublishedSet *set = published->set;
    for (int i = 0; set != NULL && i < set->count; i++)
        if (set->objects[i]->object_id == object_id)
            return set->objects[i];
    return NULL;
}

EpochHold *epochs_hold(Epochs *epochs, const Published *pinned, size_t retention) {
    EpochHold *hold = NEW(EpochHold);
    *hold = (EpochHold){.epochs = epochs, .published = pinned, .retention = retention};
    pthread_mutex_lock(&epochs->lock);
    hold->next = epochs->holds;
    epochs->holds = hold;
    pthread_mutex_unlock(&epochs->lock);
    return hold;
}

const Published *epochs_hold_pin(EpochHold *hold) {
    pthread_mutex_lock(&hold->epochs->lock);
    const Published *published = hold->published;
    if (published != NULL)
        ((Published *)published)->pin_count++;
    pthread_mutex_unlock(&hold->epochs->lock);
    return published;
}

/* Under the lock. */
static void let_go(EpochHold *hold) {
    if (hold->published != NULL)
        ((Published *)hold->published)->pin_count--;
    hold->published = NULL;
    drop_unpinned(hold->epochs);
}

void epochs_hold_move(EpochHold *hold, const Published *pinned) {
    pthread_mutex_lock(&hold->epochs->lock);
    let_go(hold);
    hold->published = pinned;
    pthread_mutex_unlock(&hold->epochs->lock);
}

void epochs_hold_release(EpochHold *hold) {
    if (hold == NULL)
        return;
    Epochs *epochs = hold->epochs;
    pthread_mutex_lock(&epochs->lock);
    let_go(hold);
    EpochHold **at = &epochs->holds;
    while (*at != hold)
        at = &(*at)->next;
    *at = hold->next;
    pthread_mutex_unlock(&epochs->lock);
    memory_free(hold);
}

bool epochs_break_holds(
    Epochs *epochs, size_t (*held_since)(void *argument, uint64_t epoch), void *argument) {
    bool is_any = false;
    pthread_mutex_lock(&epochs->lock);
    for (EpochHold *hold = epochs->holds; hold != NULL; hold = hold->next)
        if (hold->published != NULL && hold->published != epochs->newest &&
            held_since(argument, hold->published->epoch) > hold->retention) {
            let_go(hold);
            is_any = true;
        }
    pthread_mutex_unlock(&epochs->lock);
    return is_any;
}

EpochListener *epochs_listen(Epochs *epochs, void (*wake)(void *argument), void *argument) {
    EpochListener *listener = NEW(EpochListener);
    listener->wake = wake;
    listener->argument = argument;
    pthread_mutex_lock(&epochs->lock);
    listener->next = epochs->listeners;
    epochs->listeners = listener;
    pthread_mutex_unlock(&epochs->lock);
    return listener;
}

void epochs_unlisten(Epochs *epochs, EpochListener *listener) {
    if (listener == NULL)
        return;
    pthread_mutex_lock(&epochs->lock);
    EpochListener **at = &epochs->listeners;
    while (*at != listener)
        at = &(*at)->next;
    *at = listener->next;
    pthread_mutex_unlock(&epochs->lock);
    memory_free(listener);
}
