/* Buffer: reference-counted bytes that batches share across operators and threads. */
#ifndef LEAT_BASE_BUFFER_H
#define LEAT_BASE_BUFFER_H

#include <stdatomic.h>
#include <stddef.h>

typedef struct Buffer {
    atomic_int reference_count;
    size_t capacity;
    size_t length; /* bytes handed out by buffer_take; owner's use until the buffer is shared */
    char bytes[];
} Buffer;

/* One reference, length 0. */
Buffer *buffer_create(size_t capacity);
Buffer *buffer_retain(Buffer *buffer);
void buffer_release(Buffer *buffer); /* NULL is fine */

/* `size` bytes of the free tail, or NULL when it is too short. */
static inline char *buffer_take(Buffer *buffer, size_t size) {
    if (buffer == NULL || buffer->capacity - buffer->length < size)
        return NULL;
    char *bytes = buffer->bytes + buffer->length;
    buffer->length += size;
    return bytes;
}

#endif
