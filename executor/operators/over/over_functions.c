/* The window functions that are no aggregates. */
#include <string.h>

#include "executor/operators/over/over_run.h"

static void set_value(Column *result, int row, const void *element) {
    if (element == NULL)
        column_set_null(result, row);
    else
        column_set_datum(result, row, element);
}

static void row_number(OverRun *run, OverCallState *call, Column *result) {
    for (int i = 0; i < run->count; i++)
        ((int64_t *)result->values)[i] = i + 1;
}

static void rank(OverRun *run, OverCallState *call, Column *result) {
    for (int i = 0; i < run->count; i++)
        ((int64_t *)result->values)[i] = run->peer_starts[i] + 1;
}

static void dense_rank(OverRun *run, OverCallState *call, Column *result) {
    for (int i = 0; i < run->count; i++)
        ((int64_t *)result->values)[i] = run->groups[i] + 1;
}

static void percent_rank(OverRun *run, OverCallState *call, Column *result) {
    for (int i = 0; i < run->count; i++)
        ((double *)result->values)[i] =
            run->count < 2 ? 0 : (double)run->peer_starts[i] / (double)(run->count - 1);
}

static void cume_dist(OverRun *run, OverCallState *call, Column *result) {
    for (int i = 0; i < run->count; i++)
        ((double *)result->values)[i] = (double)run->peer_ends[i] / (double)run->count;
}

/* As PostgreSQL, the number of buckets is that of the partition's first row. */
static void ntile(OverRun *run, OverCallState *call, Column *result) {
    const void *argument = over_run_value(run, 0, call->arguments[0]);
    int64_t buckets = argument == NULL ? 0 : cell_integer(over_run_type(run, call->arguments[0]), argument);
    if (argument != NULL && buckets <= 0) {
        over_run_fail(
            run, STATUS_INVALID_ARGUMENT_FOR_NTILE_FUNCTION, "argument of ntile must be greater than zero");
        return;
    }
    for (int i = 0; i < run->count; i++) {
        if (argument == NULL) {
            column_set_null(result, i);
            continue;
        }
        /* The first `longer` buckets have one row more. */
        int64_t size = run->count / buckets, longer = run->count % buckets, border = longer * (size + 1);
        ((int32_t *)result->values)[i] =
            (int32_t)(i < border ? i / (size + 1) + 1 : longer + (i - border) / size + 1);
    }
}

/* lag and lead: the row at a distance, wherever the frame lies. */
static void at_distance(OverRun *run, OverCallState *call, Column *result, int sign) {
    for (int i = 0; i < run->count; i++) {
        int64_t distance = 1;
        if (call->argument_count > 1) {
            const void *argument = over_run_value(run, i, call->arguments[1]);
            if (argument == NULL) {
                column_set_null(result, i);
                continue;
            }
            distance = cell_integer(over_run_type(run, call->arguments[1]), argument);
        }
        int64_t row = i + sign * distance;
        if (row >= 0 && row < run->count)
            set_value(result, i, over_run_value(run, (int)row, call->arguments[0]));
        else
            set_value(
                result, i, call->argument_count > 2 ? over_run_value(run, i, call->arguments[2]) : NULL);
    }
}

static void lag(OverRun *run, OverCallState *call, Column *result) {
    at_distance(run, call, result, -1);
}

static void lead(OverRun *run, OverCallState *call, Column *result) {
    at_distance(run, call, result, 1);
}

/* The n-th row of the frame, from 0; negative: from its end. */
static void set_from_frame(OverRun *run, OverCallState *call, Column *result, int row, int64_t n) {
    OverPart parts[3];
    int count = over_run_parts(run, row, parts);
    int64_t total = 0, from = -1;
    for (int p = 0; p < count; p++)
        total += parts[p].to - parts[p].from;
    n = n < 0 ? total + n : n;
    for (int p = 0; p < count && from < 0 && n >= 0; n -= parts[p].to - parts[p].from, p++)
        if (n < parts[p].to - parts[p].from)
            from = parts[p].from + n;
    set_value(result, row, from >= 0 ? over_run_value(run, (int)from, call->arguments[0]) : NULL);
}

static void first_value(OverRun *run, OverCallState *call, Column *result) {
    for (int i = 0; i < run->count; i++)
        set_from_frame(run, call, result, i, 0);
}

static void last_value(OverRun *run, OverCallState *call, Column *result) {
    for (int i = 0; i < run->count; i++)
        set_from_frame(run, call, result, i, -1);
}

static void nth_value(OverRun *run, OverCallState *call, Column *result) {
    for (int i = 0; i < run->count; i++) {
        const void *argument = over_run_value(run, i, call->arguments[1]);
        int64_t n = argument == NULL ? 0 : cell_integer(over_run_type(run, call->arguments[1]), argument);
        if (argument == NULL) {
            column_set_null(result, i);
        } else if (n <= 0) {
            over_run_fail(run, STATUS_INVALID_ARGUMENT_FOR_NTH_VALUE_FUNCTION,
                "argument of nth_value must be greater than zero");
            return;
        } else {
            set_from_frame(run, call, result, i, n - 1);
        }
    }
}

static const OverFunction functions[] = {
    {"row_number", row_number, NUMBERS_ROWS},
    {"rank", rank, NUMBERS_RANKS},
    {"dense_rank", dense_rank},
    {"percent_rank", percent_rank},
    {"cume_dist", cume_dist},
    {"ntile", ntile},
    {"lag", lag},
    {"lead", lead},
    {"first_value", first_value},
    {"last_value", last_value},
    {"nth_value", nth_value},
};

const OverFunction *over_function_by_name(const char *name) {
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcmp(functions[i].name, name) == 0)
            return &functions[i];
    return NULL;
}
