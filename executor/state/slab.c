/* Slab: chunks carved into pieces of few sizes; a freed piece is the next one of its size. The caller
   remembers sizes, so pieces have no headers. */
#include "executor/state/slab.h"

#include <string.h>

#include "executor/base/memory.h"

enum { CHUNK_FIRST = 1024, CHUNK_MAX = 64 * 1024 };

static size_t rounded(size_t size) {
    return (size + SLAB_STEP - 1) / SLAB_STEP * SLAB_STEP;
}

static void add_chunk(Slab *slab, size_t needed) {
    size_t size = CHUNK_FIRST;
    for (int i = 0; i < slab->chunk_count && size < CHUNK_MAX; i++)
        size *= 2;
    if (size < needed)
        size = needed;
    GROW(slab->chunks, slab->chunk_capacity, slab->chunk_count + 1);
    slab->cursor = slab->chunks[slab->chunk_count++] = memory_allocate(size);
    slab->end = slab->cursor + size;
}

void *slab_allocate(Slab *slab, size_t size) {
    if (size > SLAB_SIZE_MAX) {
        slab->used += size;
        return memory_allocate(size);
    }
    size = rounded(size > 0 ? size : 1);
    slab->used += size;
    void **list = &slab->free[size / SLAB_STEP - 1];
    if (*list != NULL) {
        void *bytes = *list;
        memcpy(list, bytes, sizeof *list);
        return bytes;
    }
    if ((size_t)(slab->end - slab->cursor) < size)
        add_chunk(slab, size);
    void *bytes = slab->cursor;
    slab->cursor += size;
    return bytes;
}

void slab_free(Slab *slab, void *bytes, size_t size) {
    if (size > SLAB_SIZE_MAX) {
        slab->used -= size;
        memory_free(bytes);
        return;
    }
    size = rounded(size > 0 ? size : 1);
    slab->used -= size;
    void **list = &slab->free[size / SLAB_STEP - 1];
    memcpy(bytes, list, sizeof *list);
    *list = bytes;
}

void slab_destroy(Slab *slab) {
    for (int i = 0; i < slab->chunk_count; i++)
        memory_free(slab->chunks[i]);
    memory_free(slab->chunks);
    memset(slab, 0, sizeof *slab);
}
