/* Aggregate: how one SQL aggregate folds signed rows into cells of a group's slot, and reads its result. */
#ifndef LEAT_FUNCTIONS_AGGREGATE_H
#define LEAT_FUNCTIONS_AGGREGATE_H

#include "executor/functions/function.h"

enum { AGGREGATE_CELLS_MAX = 8 };

/* What an aggregate's functions may use besides their cells. */
typedef struct AggregateContext {
    const TypeSettings *settings;
    Arena *scratch;
    Type argument_types[4];
    Type result_type;
    RowErrors *errors; /* row = index into states */
    /* Replaces the bytes of a VIEW or NUMERIC cell by a copy that lives as long as the slot; frees the ones
       it had. */
    void (*store)(void *owner, Layout layout, void *cell, const void *element);
    void *owner;
} AggregateContext;

/* A group's argument values in ascending order, each with its count (> 0); NULLs only for a
   FUNCTION_NOT_STRICT aggregate, last, as a NULL element. */
typedef struct AggregateValues {
    bool (*next)(struct AggregateValues *values, const void **element, int64_t *count);
} AggregateValues;

typedef enum AggregateKind {
    AGGREGATE_FOLD,  /* update with diffs of any sign is exact: count, sum, avg, bool_and by counting, … */
    AGGREGATE_FIRST, /* the least value: min. Over append-only input by update on cells, over updating input
                        from the group's ordered values */
    AGGREGATE_LAST,  /* the greatest value: max, likewise */
    AGGREGATE_VALUES /* needs all values in order: string_agg, array_agg, mode, percentile */
} AggregateKind;

/* How a call says in which order the aggregate sees the values. */
typedef enum AggregateOrder {
    AGGREGATE_ANY_ORDER, /* by an ORDER BY of its own, or none */
    AGGREGATE_WITHIN_GROUP,
    AGGREGATE_MAYBE_WITHIN_GROUP,
    AGGREGATE_BY_LEAST_SECOND, /* by its second argument, which is only for that: min_by */
    AGGREGATE_BY_GREATEST_SECOND
} AggregateOrder;

typedef struct Aggregate {
    const char *signature; /* "sum(int8) -> numeric"; "count() -> int8"; the identity that plans store */
    AggregateKind kind;
    /* Types of the cells in the slot, zero bytes = empty group: "int8", "int8 numeric", "$1" is the first
       argument's type. Cells of 16-byte layouts take 16 bytes, all others 8; they follow each other, 8-byte
       aligned. A cell's heap bytes are set by context->store only. */
    const char *cells;
    /* Folds row i of the arguments, diffs[i] times (NULL: once each), into states[i] (the group's first
       cell). NULL arguments are skipped here. Several rows may share a state. NULL for AGGREGATE_VALUES.
       FIRST and LAST get positive diffs only. */
    void (*update)(AggregateContext *context, int count, char *const *states, const Column *const *arguments,
        const int64_t *diffs);
    /* Adds the cells at `from` to those at `into`: second phase. */
    void (*merge)(AggregateContext *context, int count, char *const *into, const char *const *from);
    /* Result of each state; NULLs by column_set_null. */
    void (*result)(AggregateContext *context, int count, char *const *states, Column *result);
    /* AGGREGATE_VALUES: sets result row from the values in order; further (constant) arguments, e.g. the
       delimiter, by `arguments` at their row 0. */
    void (*result_of_values)(AggregateContext *context, AggregateValues *values,
        const Column *const *arguments, Column *result, int row);
    int flags; /* of its Function row: FUNCTION_NOT_STRICT, FUNCTION_STABLE */
    AggregateOrder order;
    bool is_count; /* 0 over no rows, and never NULL; others give NULL over no rows */
    /* A function that packs the two arguments of a row into one value; the aggregate over those has the name
       with a $ before it. NULL: none. */
    const char *packing;
    bool takes_constant; /* as its second argument, unpacked */
} Aggregate;

/* An aggregate's file ends with `const Aggregate <name>_aggregates[] = {…, {0}};` and has a line
   AGGREGATES(<name>) in families.def. */

/* The aggregate for the argument types after implicit casts are found the way functions are: each is also a
   Function row of the registry with kernel NULL, so that overload resolution is one. NULL when the signature
   is no aggregate. */
const Aggregate *aggregate_by_signature(const char *signature);
/* The parsed signature (name, argument and result types, flags). */
const Function *aggregate_function(const Aggregate *aggregate);
/* Cell types for given argument types; returns their count. */
int aggregate_cell_types(
    const Aggregate *aggregate, const Type *argument_types, Type cells[AGGREGATE_CELLS_MAX]);
/* Bytes of one cell in a slot: 8 or 16. */
static inline int cell_width(Type type) {
    Layout layout = type_layout(type);
    return layout == LAYOUT_VIEW || layout == LAYOUT_NUMERIC || layout == LAYOUT_INTERVAL ? 16 : 8;
}

#endif
