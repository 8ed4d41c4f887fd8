/* Epochs: what is published, who reads which of it. A reader pins one published state and sees every view at
   its epoch. Any thread. */
#ifndef LEAT_ENGINE_EPOCHS_H
#define LEAT_ENGINE_EPOCHS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a source, table or view with watermarks stood at an epoch. Immutable; shared by the states in which
   it stood there. */
typedef struct PublishedObject {
    atomic_int reference_count;
    uint32_t object_id;
    int partition_count; /* sources that jobs read, else 0 */
    int64_t *offsets;    /* the next record to read, by partition */
    int64_t *first_watermarks;
    int column_count;
    int64_t *watermarks; /* by column, after that epoch's last step */
} PublishedObject;

/* All that stand somewhere, shared by the states between which none moved. Sorted by nothing. */
typedef struct PublishedSet {
    atomic_int reference_count;
    int count;
    PublishedObject *objects[];
} PublishedSet;

/* One published state; immutable. */
typedef struct Published {
    uint64_t epoch;
    int64_t time; /* P of the epoch's last step: microseconds since 2000-01-01 UTC */
    struct PublishedSet *set;
    int pin_count;   /* under the lock of Epochs; the newest holds one for itself */
    bool is_expired; /* its readers cost too much: what they need is not kept any more, and they get an error
                      */
    struct Published *newer;
} Published;

typedef struct Epochs Epochs;

/* The first published state is empty, at `epoch`. */
Epochs *epochs_create(uint64_t epoch);
void epochs_destroy(Epochs *epochs);
/* Takes over `published` (made by published_create). Wakes the listeners. */
void epochs_publish(Epochs *epochs, Published *published);
/* The set (NULL: empty) is retained. */
Published *published_create(uint64_t epoch, int64_t time, PublishedSet *set);
PublishedSet *published_set_create(int capacity);
void published_set_add(PublishedSet *set, PublishedObject *object); /* retains it */
void published_set_release(PublishedSet *set);                      /* NULL is fine */
PublishedObject *published_object_create(uint32_t object_id);
void published_object_release(PublishedObject *object); /* NULL is fine */
void published_destroy(Published *published);           /* one that was never published */
/* The newest, pinned. */
const Published *epochs_pin(Epochs *epochs);
/* One more pin of a state that the caller has pinned. */
const Published *epochs_pin_again(Epochs *epochs, const Published *published);
void epochs_unpin(Epochs *epochs, const Published *published); /* NULL is fine */
/* The one that came after a pinned state, pinned; NULL while it is the newest. */
const Published *epochs_pin_next(Epochs *epochs, const Published *published);
uint64_t epochs_published(Epochs *epochs);
/* The oldest epoch that anyone has pinned; that of them whose readers are still served. */
uint64_t epochs_oldest(Epochs *epochs);
uint64_t epochs_oldest_kept(Epochs *epochs);
/* Lets pinned states expire, the oldest first, for which more than `retention` bytes are kept; see
   epochs_break_holds. */
void epochs_expire(
    Epochs *epochs, size_t retention, size_t (*held_since)(void *argument, uint64_t epoch), void *argument);
const PublishedObject *published_object(const Published *published, uint32_t object_id);

/* A pin that may be taken away: where a reader that may be slow goes on from. */
typedef struct EpochHold EpochHold;
/* Takes over the pin. retention: bytes of row versions that may be kept for it. */
EpochHold *epochs_hold(Epochs *epochs, const Published *pinned, size_t retention);
/* Its state, pinned once more by the caller; NULL when it was taken away. */
const Published *epochs_hold_pin(EpochHold *hold);
/* Goes on to a newer state, whose pin is taken over. */
void epochs_hold_move(EpochHold *hold, const Published *pinned);
void epochs_hold_release(EpochHold *hold); /* NULL is fine */
/* Takes away the holds for which more is kept than they may have; held_since(argument, epoch): bytes kept for
   readers of that epoch. Any was: true. */
bool epochs_break_holds(Epochs *epochs, size_t (*held_since)(void *argument, uint64_t epoch), void *argument);

/* wake(argument) after every publication, from the committing thread, until removed: must be quick. */
typedef struct EpochListener EpochListener;
EpochListener *epochs_listen(Epochs *epochs, void (*wake)(void *argument), void *argument);
void epochs_unlisten(Epochs *epochs, EpochListener *listener);

#endif
