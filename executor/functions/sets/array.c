/* Sets made of arrays: unnest, generate_subscripts, pg_options_to_table. */
#include "executor/functions/set.h"

#include <string.h>

#include "executor/types/array.h"

typedef struct Elements {
    Array array;
    int next;
} Elements;

static Status elements_start(SetContext *context, Error *error) {
    Elements *elements = context->state = ARENA_NEW(context->arena, Elements);
    array_open(context->arguments[0].type, &context->arguments[0].datum.view, &elements->array);
    return OK;
}

static Status elements_next(
    SetContext *context, Column *const *columns, int at, int room, int *added, Error *error) {
    Elements *elements = context->state;
    for (*added = 0; *added < room && elements->next < elements->array.count; ++*added) {
        Datum element;
        if (array_get(&elements->array, elements->next++, &element))
            column_set_datum(columns[0], at + *added, &element);
        else
            column_set_null(columns[0], at + *added);
    }
    return OK;
}

typedef struct Subscripts {
    int64_t next, last;
    int step;
} Subscripts;

/* A dimension that the array does not have gives no rows. */
static Status subscripts_start(SetContext *context, Error *error) {
    Subscripts *subscripts = context->state = ARENA_NEW(context->arena, Subscripts);
    Array array;
    array_open(context->arguments[0].type, &context->arguments[0].datum.view, &array);
    int dimension = context->arguments[1].datum.int4;
    *subscripts = (Subscripts){0, -1, 1};
    if (dimension < 1 || dimension > array.dimensions)
        return OK;
    int64_t lower = array.lowers[dimension - 1], upper = lower + array.lengths[dimension - 1] - 1;
    *subscripts = (Subscripts){lower, upper, 1};
    if (context->argument_count == 3 && context->arguments[2].datum.boolean)
        *subscripts = (Subscripts){upper, lower, -1};
    return OK;
}

static Status subscripts_next(
    SetContext *context, Column *const *columns, int at, int room, int *added, Error *error) {
    Subscripts *subscripts = context->state;
    int32_t *values = (int32_t *)columns[0]->values + at;
    for (*added = 0; *added < room && (subscripts->last - subscripts->next) * subscripts->step >= 0;
         ++*added) {
        values[*added] = (int32_t)subscripts->next;
        subscripts->next += subscripts->step;
    }
    return OK;
}

static Status options_start(SetContext *context, Error *error) {
    return elements_start(context, error);
}

/* "name=value"; without a value it is NULL. */
static Status options_next(
    SetContext *context, Column *const *columns, int at, int room, int *added, Error *error) {
    Elements *elements = context->state;
    *added = 0;
    while (*added < room && elements->next < elements->array.count) {
        Datum option;
        if (!array_get(&elements->array, elements->next++, &option))
            continue;
        const char *bytes = view_bytes(&option.view), *end = bytes + option.view.length;
        const char *equals = memchr(bytes, '=', option.view.length);
        column_set_bytes(columns[0], at + *added, bytes, (uint32_t)((equals == NULL ? end : equals) - bytes));
        if (equals == NULL)
            column_set_null(columns[1], at + *added);
        else
            column_set_bytes(columns[1], at + *added, equals + 1, (uint32_t)(end - equals - 1));
        ++*added;
    }
    return OK;
}

const SetFunction array_sets[] = {
    {"unnest(anyarray) -> setof anyelement", NULL, true, elements_start, elements_next, MEANING_ELEMENTS},
    {"generate_subscripts(anyarray, int4) -> setof int4", NULL, true, subscripts_start, subscripts_next},
    {"generate_subscripts(anyarray, int4, bool) -> setof int4", NULL, true, subscripts_start,
        subscripts_next},
    {"pg_options_to_table(text[]) -> setof record", "option_name text, option_value text", true,
        options_start, options_next},
    {0},
};
