/* Slab: heap bytes of slots, in free lists by size class. One owner, one thread. */
#ifndef LEAT_STATE_SLAB_H
#define LEAT_STATE_SLAB_H

#include <stddef.h>

enum { SLAB_STEP = 16, SLAB_SIZE_MAX = 1024, SLAB_CLASSES = SLAB_SIZE_MAX / SLAB_STEP };

/* Zeroed is empty. */
typedef struct Slab {
    void *free[SLAB_CLASSES];
    char **chunks;
    int chunk_count;
    int chunk_capacity;
    char *cursor; /* the free tail of the newest chunk */
    char *end;
    size_t used; /* bytes handed out, rounded to classes */
} Slab;

void *slab_allocate(Slab *slab, size_t size);
/* size: as asked for. */
void slab_free(Slab *slab, void *bytes, size_t size);
/* Frees all that was handed out; only for sizes within SLAB_SIZE_MAX: larger ones are freed one by one. */
void slab_destroy(Slab *slab);

#endif
