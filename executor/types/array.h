/* Array: many elements of one type in a view's bytes, position independent; the elements' type stands in the
   column.

   Empty array: no bytes. Otherwise int32 dimensions (1 … 6), int32 flags (bit 0: has nulls), then per
   dimension int32 length and int32 lower bound, then the null bits (when there are) in whole bytes, then the
   elements: fixed-width ones side by side (zero bytes under a NULL); views and numerics as uint32 end
   offsets, counted from the first byte after them, and the bytes (a numeric's are its 16 and its heap). */
#ifndef LEAT_TYPES_ARRAY_H
#define LEAT_TYPES_ARRAY_H

#include "executor/types/type.h"

enum { ARRAY_DIMENSIONS_MAX = 6 };

typedef struct Array {
    Type element;
    int dimensions; /* 0: empty */
    int count;
    int32_t lengths[ARRAY_DIMENSIONS_MAX];
    int32_t lowers[ARRAY_DIMENSIONS_MAX];
    const char *nulls; /* bits, or NULL */
    const char *values;
    Layout layout;
} Array;

/* Opens a view of an array column of that type. The bytes stay the view's. */
void array_open(Type type, const View *view, Array *array);
/* The index-th element in storage order, from 0; views and numerics point into the array's bytes. False for
   NULL. */
bool array_get(const Array *array, int index, Datum *out);

/* Collects elements in order, then writes the array. Zero bytes with the element type set are ready. */
typedef struct ArrayBuilder {
    Type element;
    int count;
    bool has_nulls;
    Text nulls;  /* a byte an element */
    Text values; /* fixed-width elements, or heap bytes */
    Text ends;   /* uint32 each, of the latter */
} ArrayBuilder;
void array_builder_add(ArrayBuilder *builder, const void *element); /* NULL element: SQL NULL */
void array_builder_add_string(ArrayBuilder *builder, const char *bytes, size_t length);
/* Adds the array's bytes to out and empties the builder; one dimension from 1, or those given. */
void array_builder_finish(ArrayBuilder *builder, Text *out);
void array_builder_finish_shaped(
    ArrayBuilder *builder, int dimensions, const int32_t *lengths, const int32_t *lowers, Text *out);
/* The first dimension whose subscripts, or the one behind them, are no int32; −1: all are. */
int array_bounds_check(int dimensions, const int32_t *lengths, const int32_t *lowers);
void array_builder_free(ArrayBuilder *builder);

#endif
