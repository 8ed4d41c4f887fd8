/* The one place that calls malloc. Allocation cannot fail: it ends the process with a message. */
#ifndef LEAT_BASE_MEMORY_H
#define LEAT_BASE_MEMORY_H

#include <stdarg.h>
#include <stddef.h>

void *memory_allocate(size_t size);                      /* bytes undefined */
void *memory_allocate_zero(size_t size);                 /* bytes zero */
void *memory_resize(void *block, size_t size);           /* as realloc */
void memory_free(void *block);                           /* NULL is fine */
char *memory_strdup(const char *text);                   /* NULL gives NULL */
char *memory_copy_text(const char *text, size_t length); /* length bytes and a NUL */
char *memory_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *memory_vprintf(const char *format, va_list arguments);

/* Grows *array (elements of element_size) so that it holds at least `needed`; doubles *capacity. */
void memory_grow(void *array_pointer, int *capacity, int needed, size_t element_size);

#define NEW(type)                     ((type *)memory_allocate_zero(sizeof(type)))
#define NEW_ARRAY(type, count)        ((type *)memory_allocate_zero(sizeof(type) * (size_t)(count)))
#define GROW(array, capacity, needed) memory_grow(&(array), &(capacity), (needed), sizeof *(array))

#endif
