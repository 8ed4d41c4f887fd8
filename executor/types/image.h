/* Image: how a value looks. Equal values of some types look different: 1.0 and 1.00, -0 and 0, '1 day' and
   '24 hours'. Where one must be shown for all, it is the least. */
#ifndef LEAT_TYPES_IMAGE_H
#define LEAT_TYPES_IMAGE_H

#include "executor/types/type.h"

/* Types in which equal values may look different: numeric, floats, character(n), interval, jsonb, arrays. */
bool type_has_images(Type type);
/* Of two equal elements: < 0 when a is the lesser image; 0 when they are identical. */
int image_compare(Layout layout, const void *a, const void *b);

#endif
