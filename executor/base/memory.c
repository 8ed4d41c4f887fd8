/* The one place that calls malloc. */
#include "executor/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executor/base/log.h"

static void *check(void *block, size_t size) {
    if (block == NULL && size != 0) {
        log_error("out of memory (%zu bytes)", size);
        abort();
    }
    return block;
}

void *memory_allocate(size_t size) {
    return check(malloc(size), size);
}

void *memory_allocate_zero(size_t size) {
    return check(calloc(1, size), size);
}

void *memory_resize(void *block, size_t size) {
    return check(realloc(block, size), size);
}

void memory_free(void *block) {
    free(block);
}

char *memory_copy_text(const char *text, size_t length) {
    char *copy = memory_allocate(length + 1);
    if (length)
        memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}

char *memory_strdup(const char *text) {
    return text == NULL ? NULL : memory_copy_text(text, strlen(text));
}

char *memory_vprintf(const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = memory_allocate((size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    return text;
}

char *memory_printf(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = memory_vprintf(format, arguments);
    va_end(arguments);
    return text;
}

void memory_grow(void *array_pointer, int *capacity, int needed, size_t element_size) {
    if (needed <= *capacity)
        return;
    int wanted = *capacity < 8 ? 8 : *capacity * 2;
    if (wanted < needed)
        wanted = needed;
    void *array;
    memcpy(&array, array_pointer, sizeof array);
    array = memory_resize(array, (size_t)wanted * element_size);
    memcpy(array_pointer, &array, sizeof array);
    *capacity = wanted;
}
