/* Buffer: reference-counted bytes. */
#include "executor/base/buffer.h"

#include "executor/base/memory.h"

Buffer *buffer_create(size_t capacity) {
    Buffer *buffer = memory_allocate(sizeof(Buffer) + capacity);
    atomic_init(&buffer->reference_count, 1);
    buffer->capacity = capacity;
    buffer->length = 0;
    return buffer;
}

Buffer *buffer_retain(Buffer *buffer) {
    atomic_fetch_add_explicit(&buffer->reference_count, 1, memory_order_relaxed);
    return buffer;
}

void buffer_release(Buffer *buffer) {
    if (buffer != NULL && atomic_fetch_sub_explicit(&buffer->reference_count, 1, memory_order_acq_rel) == 1)
        memory_free(buffer);
}
