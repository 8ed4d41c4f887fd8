/* Set functions: how they are found, and the families of generate_series and string_to_table. */
#include "executor/functions/set.h"

#include <assert.h>
#include <string.h>

#include "executor/functions/datetime_math.h"

/* generate_series over integers. */
typedef struct IntegerSeries {
    int64_t next, stop, step;
    bool is_over;
} IntegerSeries;

static int64_t integer_argument(const Value *value) {
    return type_layout(value->type) == LAYOUT_INT4 ? value->datum.int4 : value->datum.int8;
}

static Status zero_step(Error *error) {
    return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "step size cannot equal zero");
}

static Status integer_series_start(SetContext *context, Error *error) {
    IntegerSeries *series = context->state;
    series->next = integer_argument(&context->arguments[0]);
    series->stop = integer_argument(&context->arguments[1]);
    series->step = context->argument_count == 3 ? integer_argument(&context->arguments[2]) : 1;
    return series->step == 0 ? zero_step(error) : OK;
}

static Status integer_series_next(SetContext *context, Column *const *columns, int at, int room, int *added, Error *error) {
    IntegerSeries *series = context->state;
    int count = 0;
    for (; count < room && !series->is_over; count++) {
        if (series->step > 0 ? series->next > series->stop : series->next < series->stop)
            break;
        if (columns[0]->layout == LAYOUT_INT4)
            ((int32_t *)columns[0]->values)[at + count] = (int32_t)series->next;
        else
            ((int64_t *)columns[0]->values)[at + count] = series->next;
        series->is_over = __builtin_add_overflow(series->next, series->step, &series->next);
    }
    *added = count;
    return OK;
}

/* generate_series over numeric. */
typedef struct NumericSeries {
    Numeric next, stop, step;
} NumericSeries;

static Status check_number(const Numeric *number, const char *name, Error *error) {
    int tag = numeric_tag(number);
    if (tag == NUMERIC_NAN)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "%s cannot be NaN", name);
    if (tag == NUMERIC_PLUS_INFINITY || tag == NUMERIC_MINUS_INFINITY)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "%s cannot be infinity", name);
    return OK;
}

static Status numeric_series_start(SetContext *context, Error *error) {
    NumericSeries *series = context->state;
    series->next = context->arguments[0].datum.numeric;
    series->stop = context->arguments[1].datum.numeric;
    series->step = context->argument_count == 3 ? context->arguments[2].datum.numeric : numeric_from_int8(1);
    TRY(check_number(&series->next, "start value", error));
    TRY(check_number(&series->stop, "stop value", error));
    TRY(check_number(&series->step, "step size", error));
    return numeric_sign(&series->step) == 0 ? zero_step(error) : OK;
}

static Status numeric_series_next(SetContext *context, Column *const *columns, int at, int room, int *added, Error *error) {
    NumericSeries *series = context->state;
    bool is_rising = numeric_sign(&series->step) > 0;
    for (*added = 0; *added < room; ++*added) {
        int order = numeric_compare(&series->next, &series->stop);
        if (is_rising ? order > 0 : order < 0)
            break;
        column_set_datum(columns[0], at + *added, &series->next);
        TRY(numeric_add(&series->next, &series->step, context->arena, &series->next, error));
    }
    return OK;
}

/* generate_series over timestamp and timestamptz. */
typedef struct TimeSeries {
    int64_t next, stop;
    Interval step;
    bool is_rising;
    const Timezone *zone; /* timestamptz: days and months are those of local time */
} TimeSeries;

static Status time_series_start(SetContext *context, Error *error) {
    TimeSeries *series = context->state;
    series->next = context->arguments[0].datum.int8;
    series->stop = context->arguments[1].datum.int8;
    series->step = context->arguments[2].datum.interval;
    series->zone = context->arguments[0].type.id == TYPE_TIMESTAMPTZ ? timezone_session(context->settings->time_zone) : NULL;
    __int128 span = interval_span(&series->step);
    series->is_rising = span > 0;
    return span == 0 ? zero_step(error) : OK;
}

static Status time_series_next(SetContext *context, Column *const *columns, int at, int room, int *added, Error *error) {
    TimeSeries *series = context->state;
    int64_t *values = (int64_t *)columns[0]->values + at;
    for (*added = 0; *added < room; ++*added) {
        if (series->is_rising ? series->next > series->stop : series->next < series->stop)
            break;
        values[*added] = series->next;
        if (!timestamp_add_interval(series->next, &series->step, 1, series->zone, &series->next))
            return error_set(error, STATUS_DATETIME_FIELD_OVERFLOW, "timestamp out of range");
    }
    return OK;
}

/* string_to_table(text, delimiter [, what stands for NULL]). */
typedef struct StringParts {
    const char *cursor, *end;
    bool is_over;
} StringParts;

static Status string_parts_start(SetContext *context, Error *error) {
    StringParts *parts = context->state;
    const Value *text = &context->arguments[0];
    parts->is_over = text->is_null || text->datum.view.length == 0;
    if (!parts->is_over) {
        parts->cursor = view_bytes(&text->datum.view);
        parts->end = parts->cursor + text->datum.view.length;
    }
    return OK;
}

/* Where the next part ends; *skip: bytes of the delimiter behind it. */
static const char *part_end(const StringParts *parts, const Value *delimiter, size_t *skip) {
    *skip = 0;
    if (delimiter->is_null) {
        const char *end = parts->cursor + 1;
        while (end < parts->end && (*end & 0xc0) == 0x80)
            end++;
        return end;
    }
    if (delimiter->datum.view.length == 0)
        return parts->end;
    const char *found = memmem(parts->cursor, (size_t)(parts->end - parts->cursor), view_bytes(&delimiter->datum.view), delimiter->datum.view.length);
    *skip = found == NULL ? 0 : delimiter->datum.view.length;
    return found == NULL ? parts->end : found;
}

static Status string_parts_next(SetContext *context, Column *const *columns, int at, int room, int *added, Error *error) {
    StringParts *parts = context->state;
    const Value *null = context->argument_count == 3 && !context->arguments[2].is_null ? &context->arguments[2] : NULL;
    for (*added = 0; *added < room && !parts->is_over; ++*added) {
        size_t skip;
        const char *end = part_end(parts, &context->arguments[1], &skip);
        View part = view_of(parts->cursor, (uint32_t)(end - parts->cursor));
        if (null != NULL && view_is_identical(&part, &null->datum.view))
            column_set_null(columns[0], at + *added);
        else
            column_set_bytes(columns[0], at + *added, parts->cursor, part.length);
        /* A delimiter at the very end leaves one more, empty part. */
        parts->is_over = end == parts->end && skip == 0;
        parts->cursor = end + skip;
    }
    return OK;
}

static const SetFunction functions[] = {
#define SET_FUNCTION(signature, ...) {signature, __VA_ARGS__},
#include "executor/functions/set_functions.def"
#undef SET_FUNCTION
};

const FunctionRow set_functions[] = {
#define SET_FUNCTION(signature, ...) {signature, NULL},
#include "executor/functions/set_functions.def"
#undef SET_FUNCTION
    {0},
};

static bool type_fits(Type formal, Type actual) {
    if (formal.id == TYPE_ANYARRAY)
        return actual.is_array;
    if (formal.id == TYPE_ANYELEMENT || formal.id == TYPE_ANY)
        return true;
    return type_is_same(formal, actual);
}

const SetFunction *set_function_find(const char *name, const Type *argument_types, int argument_count) {
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        const Function *function = function_by_signature(functions[i].signature);
        assert(function != NULL);
        if (strcmp(name, function->signature) != 0 && strcmp(name, function->name) != 0)
            continue;
        bool fits = function->argument_count == argument_count;
        for (int a = 0; fits && a < argument_count; a++)
            fits = type_fits(function->arguments[a], argument_types[a]);
        if (fits)
            return &functions[i];
    }
    return NULL;
}

int set_function_columns(const SetFunction *set, const Type *argument_types, int argument_count, Arena *arena, const char **names, Type *types) {
    const Function *function = function_by_signature(set->signature);
    if (set->columns == NULL || strchr(set->columns, ' ') == NULL) {
        names[0] = set->columns == NULL ? function->name : set->columns;
        types[0] = function->result;
        if (function->result.id == TYPE_ANYELEMENT && argument_count > 0 && argument_types[0].is_array)
            types[0] = type_of((TypeId)argument_types[0].id);
        return 1;
    }
    int count = 0;
    char *cursor = arena_strdup(arena, set->columns), *column;
    while ((column = strsep(&cursor, ",")) != NULL) {
        column += strspn(column, " ");
        char *type = strchr(column, ' ');
        *type++ = 0;
        names[count] = column;
        types[count++] = type_of(type_by_name(type));
    }
    return count;
}
