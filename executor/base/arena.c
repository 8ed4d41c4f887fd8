/* Arena: chunks of doubling size, bump allocation. */
#include "executor/base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "executor/base/memory.h"

enum { FIRST_CHUNK = 4096, CHUNK_MAX = 1 << 20 };

typedef struct Chunk {
    struct Chunk *next;
    size_t size;
} Chunk;

struct Arena {
    Chunk *chunks; /* newest first */
    char *cursor;
    char *end;
    size_t total;
};

static void add_chunk(Arena *arena, size_t at_least) {
    size_t size = arena->chunks == NULL ? FIRST_CHUNK : arena->chunks->size * 2;
    if (size > CHUNK_MAX)
        size = CHUNK_MAX;
    if (size < at_least)
        size = at_least;
    Chunk *chunk = memory_allocate(sizeof(Chunk) + size);
    *chunk = (Chunk){arena->chunks, size};
    arena->chunks = chunk;
    arena->cursor = (char *)(chunk + 1);
    arena->end = arena->cursor + size;
    arena->total += size;
}

Arena *arena_create(void) {
    return NEW(Arena);
}

void arena_reset(Arena *arena) {
    while (arena->chunks != NULL && arena->chunks->next != NULL) {
        Chunk *next = arena->chunks->next;
        arena->total -= arena->chunks->size;
        memory_free(arena->chunks);
        arena->chunks = next;
    }
    if (arena->chunks != NULL) {
        arena->cursor = (char *)(arena->chunks + 1);
        arena->end = arena->cursor + arena->chunks->size;
    }
}

void arena_destroy(Arena *arena) {
    if (arena == NULL)
        return;
    arena_reset(arena);
    memory_free(arena->chunks);
    memory_free(arena);
}

void *arena_allocate(Arena *arena, size_t size) {
    size = (size + 15) & ~(size_t)15;
    if (arena->cursor == NULL || size > (size_t)(arena->end - arena->cursor))
        add_chunk(arena, size);
    void *block = arena->cursor;
    arena->cursor += size;
    return memset(block, 0, size);
}

char *arena_copy(Arena *arena, const char *text, size_t length) {
    char *copy = arena_allocate(arena, length + 1);
    if (length)
        memcpy(copy, text, length);
    return copy;
}

char *arena_strdup(Arena *arena, const char *text) {
    return text == NULL ? NULL : arena_copy(arena, text, strlen(text));
}

char *arena_vprintf(Arena *arena, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = arena_allocate(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    return text;
}

char *arena_printf(Arena *arena, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = arena_vprintf(arena, format, arguments);
    va_end(arguments);
    return text;
}

size_t arena_size(const Arena *arena) {
    return arena->total;
}

void *arena_append(Arena *arena, void *array, int count, size_t element_size) {
    if (count == 0)
        return arena_allocate(arena, 4 * element_size);
    if (count < 4 || (count & (count - 1)) != 0)
        return array;
    void *grown = arena_allocate(arena, 2 * (size_t)count * element_size);
    return memcpy(grown, array, (size_t)count * element_size);
}
