/* Epochs: what is published, who reads which of it. A reader pins one published state and sees every view at its epoch. Any thread. */
#ifndef LEAT_DATAFLOW_EPOCHS_H
#define LEAT_DATAFLOW_EPOCHS_H

#include <stdbool.h>
#include <stdint.h>

/* Where a source, table or view with watermarks stood at an epoch. */
typedef struct PublishedObject {
    uint32_t object_id;
    int partition_count; /* sources that jobs read, else 0 */
    int64_t *offsets;    /* the next record to read, by partition */
    int column_count;
    int64_t *watermarks; /* by column, after that epoch's last step */
} PublishedObject;

/* One published state; immutable. */
typedef struct Published {
    uint64_t epoch;
    int64_t time; /* P of the epoch's last step: microseconds since 2000-01-01 UTC */
    int object_count;
    PublishedObject *objects;
    int pin_count; /* under the lock of Epochs; the newest holds one for itself */
    struct Published *newer;
} Published;

typedef struct Epochs Epochs;

/* The first published state is empty, at `epoch`. */
Epochs *epochs_create(uint64_t epoch);
void epochs_destroy(Epochs *epochs);
/* Takes over `published` (made by published_create). Wakes the listeners. */
void epochs_publish(Epochs *epochs, Published *published);
Published *published_create(uint64_t epoch, int64_t time, int object_capacity);
void published_destroy(Published *published); /* one that was never published */
/* The newest, pinned. */
const Published *epochs_pin(Epochs *epochs);
/* One more pin of a state that the caller has pinned. */
const Published *epochs_pin_again(Epochs *epochs, const Published *published);
void epochs_unpin(Epochs *epochs, const Published *published); /* NULL is fine */
/* The one that came after a pinned state, pinned; NULL while it is the newest. */
const Published *epochs_pin_next(Epochs *epochs, const Published *published);
uint64_t epochs_published(Epochs *epochs);
/* The oldest epoch that anyone may still read. */
uint64_t epochs_oldest(Epochs *epochs);
const PublishedObject *published_object(const Published *published, uint32_t object_id);

/* wake(argument) after every publication, from the committing thread, until removed: must be quick. */
typedef struct EpochListener EpochListener;
EpochListener *epochs_listen(Epochs *epochs, void (*wake)(void *argument), void *argument);
void epochs_unlisten(Epochs *epochs, EpochListener *listener);

#endif
