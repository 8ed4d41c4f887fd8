/* ExpiryQueue: a sorted array of buckets. Times mostly grow, so that an insertion is at or near the end and
   expiry at the front. */
#include "executor/operators/rows/expiry_queue.h"

#include <assert.h>

#include "executor/base/memory.h"
#include "executor/operators/rows/row_table.h"

/* The first bucket whose time is not below `time`. */
static int bucket_find(const ExpiryQueue *queue, int64_t time) {
    int low = queue->head, high = queue->count;
    if (low < high && queue->buckets[high - 1].time < time)
        return high;
    while (low < high) {
        int middle = (low + high) / 2;
        if (queue->buckets[middle].time < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void close_gap(ExpiryQueue *queue) {
    if (queue->head == 0 || queue->count < queue->capacity)
        return;
    memmove(queue->buckets, queue->buckets + queue->head,
        (size_t)(queue->count - queue->head) * sizeof *queue->buckets);
    queue->count -= queue->head;
    queue->head = 0;
}

void expiry_queue_add(ExpiryQueue *queue, int64_t time, Slot slot) {
    close_gap(queue);
    int at = bucket_find(queue, time);
    if (at == queue->count || queue->buckets[at].time != time) {
        GROW(queue->buckets, queue->capacity, queue->count + 1);
        memmove(queue->buckets + at + 1, queue->buckets + at,
            (size_t)(queue->count - at) * sizeof *queue->buckets);
        queue->buckets[at] = (ExpiryBucket){.time = time};
        queue->count++;
    }
    if (slot >= queue->place_capacity) {
        size_t capacity = queue->place_capacity < 64 ? 64 : queue->place_capacity;
        while (capacity <= slot)
            capacity *= 2;
        queue->places = memory_resize(queue->places, capacity * sizeof *queue->places);
        queue->place_capacity = capacity;
    }
    ExpiryBucket *bucket = &queue->buckets[at];
    GROW(bucket->slots, bucket->capacity, bucket->count + 1);
    queue->places[slot] = (uint32_t)bucket->count;
    bucket->slots[bucket->count++] = slot;
}

void expiry_queue_remove(ExpiryQueue *queue, int64_t time, Slot slot) {
    int at = bucket_find(queue, time);
    assert(at < queue->count && queue->buckets[at].time == time);
    ExpiryBucket *bucket = &queue->buckets[at];
    uint32_t place = queue->places[slot];
    assert(place < (uint32_t)bucket->count && bucket->slots[place] == slot);
    Slot last = bucket->slots[--bucket->count];
    bucket->slots[place] = last;
    queue->places[last] = place;
    if (bucket->count > 0)
        return;
    memory_free(bucket->slots);
    memmove(queue->buckets + at, queue->buckets + at + 1,
        (size_t)(queue->count - at - 1) * sizeof *queue->buckets);
    queue->count--;
}

bool expiry_queue_take(ExpiryQueue *queue, int64_t watermark, ExpiryBucket *bucket) {
    if (queue->head == queue->count || !watermark_has_passed(watermark, queue->buckets[queue->head].time))
        return false;
    *bucket = queue->buckets[queue->head++];
    return true;
}

static void drop_buckets(ExpiryQueue *queue) {
    for (int i = queue->head; i < queue->count; i++)
        memory_free(queue->buckets[i].slots);
    queue->head = queue->count = 0;
}

void expiry_queue_refresh(ExpiryQueue *queue, StateTable *table,
    bool (*time_of)(void *argument, Slot slot, int64_t *time), void *argument) {
    if (queue->is_built && queue->evictions == state_table_evictions(table))
        return;
    drop_buckets(queue);
    Slot slots[256];
    uint64_t cursor = 0;
    int64_t time;
    for (int count; (count = state_table_scan(table, &cursor, slots, 256)) > 0;)
        for (int i = 0; i < count; i++)
            if (time_of(argument, slots[i], &time))
                expiry_queue_add(queue, time, slots[i]);
    queue->evictions = state_table_evictions(table);
    queue->is_built = true;
}

void expiry_queue_free(ExpiryQueue *queue) {
    drop_buckets(queue);
    memory_free(queue->buckets);
    memory_free(queue->places);
    *queue = (ExpiryQueue){0};
}
