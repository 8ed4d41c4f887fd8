/* Arena: memory with one lifetime. Nothing in it is freed singly; not for use by two threads at once. */
#ifndef LEAT_BASE_ARENA_H
#define LEAT_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

typedef struct Arena Arena;

Arena *arena_create(void);
void arena_destroy(Arena *arena); /* NULL is fine */
/* Frees everything allocated since creation but keeps the first chunk. */
void arena_reset(Arena *arena);
/* Zeroed, 16-byte aligned. */
void *arena_allocate(Arena *arena, size_t size);
char *arena_copy(Arena *arena, const char *text, size_t length); /* adds a NUL */
char *arena_strdup(Arena *arena, const char *text);              /* NULL gives NULL */
char *arena_printf(Arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(Arena *arena, const char *format, va_list arguments);
/* Bytes taken from the system. */
size_t arena_size(const Arena *arena);

#define ARENA_NEW(arena, type)          ((type *)arena_allocate((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_allocate((arena), sizeof(type) * (size_t)(count)))

/* Appends to an arena array that starts NULL with count 0: capacity is the next power of two of count. */
void *arena_append(Arena *arena, void *array, int count, size_t element_size);
#define ARENA_APPEND(arena, array, count, element)                          \
    do {                                                                    \
        (array) = arena_append((arena), (array), (count), sizeof *(array)); \
        (array)[(count)++] = (element);                                     \
    } while (0)

#endif
