/* Probe: a hash set over the elements of a constant array, for = ANY and <> ALL. Private to
   executor/expressions. */
#ifndef LEAT_EXPRESSIONS_PROBE_H
#define LEAT_EXPRESSIONS_PROBE_H

#include "executor/batch/column.h"
#include "executor/types/array.h"

typedef struct Probe Probe;

/* NULL when the array is too short to be worth it, or when equality of the type is not that of the bytes. */
Probe *probe_create(const Array *array, Type scalar);
void probe_destroy(Probe *probe); /* NULL is fine */
/* found[i] = whether element i of the column, NULL or not, is in the set. */
void probe_find(const Probe *probe, const Column *column, int count, uint8_t *found);
bool probe_has_null(const Probe *probe);

#endif
