/* Aggregates over frames: rows are folded in at the frame's end and out at its start; extremes, which cannot
   be folded out, by a queue of rows each of which beats all after it. */
#include <stdlib.h>

#include "executor/base/memory.h"
#include "executor/operators/over/over_run.h"

void over_aggregate_open(
    OverCallState *call, const TypeSettings *settings, Arena *scratch, StateTable *table) {
    call->function = &over_aggregate_function;
    call->context.settings = settings;
    call->context.scratch = scratch;
    call->context.result_type = call->result_type;
    call->context.store = state_table_store;
    call->context.owner = table;
    if (call->aggregate->kind == AGGREGATE_VALUES)
        return;
    call->cell_count = aggregate_cell_types(call->aggregate, call->context.argument_types, call->cells);
    for (int i = 0; i < call->cell_count; i++)
        call->state_size += cell_width(call->cells[i]);
    call->state = memory_allocate_zero((size_t)call->state_size + 16);
}

static void clear_state(OverCallState *call) {
    static const char zero[16];
    char *cell = call->state;
    for (int i = 0; i < call->cell_count; i++) {
        if (type_has_heap(call->cells[i]))
            state_table_store(call->context.owner, type_layout(call->cells[i]), cell, zero);
        cell += cell_width(call->cells[i]);
    }
    memset(call->state, 0, (size_t)call->state_size);
}

static bool row_counts(const OverRun *run, const OverCallState *call, int row) {
    if (call->filter < 0)
        return true;
    const uint8_t *filter = over_run_value(run, row, call->filter);
    return filter != NULL && *filter;
}

static void copy_result(Column *result, int to, const Column *from, int row) {
    if (column_is_null(from, row))
        column_set_null(result, to);
    else
        column_set_datum(result, to, column_at(from, row));
}

static void report_errors(OverRun *run, RowErrors *errors) {
    if (errors->count > 0)
        over_run_fail(run, errors->rows[0].status, errors->rows[0].message);
    row_errors_free(errors);
}

/* Columns that show one row's arguments where they lie. */
static void fold_row(OverRun *run, OverCallState *call, int row, int64_t diff) {
    Column columns[4];
    const Column *arguments[4];
    if (!row_counts(run, call, row))
        return;
    for (int i = 0; i < call->argument_count; i++) {
        const void *element = over_run_value(run, row, call->arguments[i]);
        if (element == NULL)
            return;
        Type type = over_run_type(run, call->arguments[i]);
        columns[i] = (Column){
            .type = type, .layout = (uint8_t)type_layout(type), .capacity = 1, .values = (void *)element};
        arguments[i] = &columns[i];
    }
    RowErrors errors = {.arena = call->context.scratch};
    call->context.errors = &errors;
    call->aggregate->update(&call->context, 1, &call->state, arguments, &diff);
    report_errors(run, &errors);
}

static void emit_state(OverRun *run, OverCallState *call, Column *result, int row) {
    RowErrors errors = {.arena = call->context.scratch};
    Column *one = column_create(call->result_type, 1);
    call->context.errors = &errors;
    call->aggregate->result(&call->context, 1, &call->state, one);
    copy_result(result, row, one, 0);
    column_release(one);
    report_errors(run, &errors);
}

static bool has_frame_of_row_before(const OverRun *run, int row) {
    return row > 0 && run->parameters->exclude == EXCLUDE_NONE &&
           run->frame_starts[row] == run->frame_starts[row - 1] &&
           run->frame_ends[row] == run->frame_ends[row - 1];
}

/* The rows of the frame that EXCLUDE leaves out, away or back. */
static void fold_excluded(OverRun *run, OverCallState *call, int row, int64_t diff) {
    OverPart parts[3];
    int count = over_run_parts(run, row, parts), at = run->frame_starts[row];
    for (int p = 0; p <= count; p++) {
        int until = p < count ? parts[p].from : run->frame_ends[row];
        for (; at < until; at++)
            fold_row(run, call, at, diff);
        at = p < count ? parts[p].to : at;
    }
}

static void compute_fold(OverRun *run, OverCallState *call, Column *result) {
    int start = 0, end = 0;
    for (int i = 0; i < run->count && run->failure == OK; i++) {
        if (has_frame_of_row_before(run, i)) {
            copy_result(result, i, result, i - 1);
            continue;
        }
        for (; end < run->frame_ends[i]; end++)
            fold_row(run, call, end, 1);
        for (; start < run->frame_starts[i]; start++)
            fold_row(run, call, start, -1);
        if (run->parameters->exclude == EXCLUDE_NONE) {
            emit_state(run, call, result, i);
            continue;
        }
        fold_excluded(run, call, i, -1);
        emit_state(run, call, result, i);
        fold_excluded(run, call, i, 1);
    }
    clear_state(call);
}

/* Whether row a is shown before row b as the extreme: by value, then the lesser image. */
static int compare_rows(const OverRun *run, const OverCallState *call, int a, int b) {
    Type type = over_run_type(run, call->arguments[0]);
    const void *x = over_run_value(run, a, call->arguments[0]),
               *y = over_run_value(run, b, call->arguments[0]);
    int order = datum_compare(type, x, y);
    if (order != 0)
        return call->aggregate->kind == AGGREGATE_LAST ? -order : order;
    return image_compare(type_layout(type), x, y);
}

static void compute_extreme_of_parts(OverRun *run, OverCallState *call, Column *result) {
    for (int i = 0; i < run->count; i++) {
        OverPart parts[3];
        int count = over_run_parts(run, i, parts), best = -1;
        for (int p = 0; p < count; p++)
            for (int row = parts[p].from; row < parts[p].to; row++)
                if (row_counts(run, call, row) && over_run_value(run, row, call->arguments[0]) != NULL &&
                    (best < 0 || compare_rows(run, call, row, best) < 0))
                    best = row;
        if (best < 0)
            column_set_null(result, i);
        else
            column_set_datum(result, i, over_run_value(run, best, call->arguments[0]));
    }
}

static void compute_extreme(OverRun *run, OverCallState *call, Column *result) {
    if (run->parameters->exclude != EXCLUDE_NONE) {
        compute_extreme_of_parts(run, call, result);
        return;
    }
    int *queue = memory_allocate(sizeof(int) * (size_t)run->count);
    int head = 0, tail = 0, end = 0;
    for (int i = 0; i < run->count; i++) {
        for (; end < run->frame_ends[i]; end++) {
            if (!row_counts(run, call, end) || over_run_value(run, end, call->arguments[0]) == NULL)
                continue;
            while (tail > head && compare_rows(run, call, queue[tail - 1], end) >= 0)
                tail--;
            queue[tail++] = end;
        }
        while (head < tail && queue[head] < run->frame_starts[i])
            head++;
        if (head == tail)
            column_set_null(result, i);
        else
            column_set_datum(result, i, over_run_value(run, queue[head], call->arguments[0]));
    }
    memory_free(queue);
}

/* The values of one frame, in window order; without ORDER BY in their own. */
typedef struct FrameValues {
    AggregateValues base;
    const OverRun *run;
    const OverCallState *call;
    int *rows;
    int count;
    int next;
} FrameValues;

static bool frame_next(AggregateValues *values, const void **element, int64_t *count) {
    FrameValues *frame = (FrameValues *)values;
    if (frame->next == frame->count)
        return false;
    *element = over_run_value(frame->run, frame->rows[frame->next++], frame->call->arguments[0]);
    *count = 1;
    return true;
}

static int compare_frame_rows(const void *a, const void *b, void *argument) {
    const FrameValues *frame = argument;
    const OverRun *run = frame->run;
    int column = frame->call->arguments[0];
    Type type = over_run_type(run, column);
    const void *x = over_run_value(run, *(const int *)a, column),
               *y = over_run_value(run, *(const int *)b, column);
    if (x == NULL || y == NULL)
        return (x == NULL) - (y == NULL);
    int order = datum_compare(type, x, y);
    return order != 0 ? order : image_compare(type_layout(type), x, y);
}

static void collect_frame(FrameValues *frame, int row) {
    const OverRun *run = frame->run;
    bool takes_nulls = (aggregate_function(frame->call->aggregate)->flags & FUNCTION_NOT_STRICT) != 0;
    frame->count = frame->next = 0;
    OverPart parts[3];
    int part_count = over_run_parts(run, row, parts);
    for (int p = 0; p < part_count; p++)
        for (int i = parts[p].from; i < parts[p].to; i++)
            if (row_counts(run, frame->call, i) &&
                (takes_nulls || over_run_value(run, i, frame->call->arguments[0]) != NULL))
                frame->rows[frame->count++] = i;
    if (run->parameters->key_count == 0)
        qsort_r(frame->rows, (size_t)frame->count, sizeof(int), compare_frame_rows, frame);
}

static Column *column_of_row(const OverRun *run, int row, int column) {
    Column *one = column_create(over_run_type(run, column), 1);
    const void *element = over_run_value(run, row, column);
    if (element == NULL)
        column_set_null(one, 0);
    else
        column_set_datum(one, 0, element);
    return one;
}

static void compute_values(OverRun *run, OverCallState *call, Column *result) {
    FrameValues frame = {
        {frame_next}, run, call, memory_allocate(sizeof(int) * (size_t)(run->count + 1)), 0, 0};
    for (int i = 0; i < run->count && run->failure == OK; i++) {
        if (has_frame_of_row_before(run, i)) {
            copy_result(result, i, result, i - 1);
            continue;
        }
        RowErrors errors = {.arena = call->context.scratch};
        Column *arguments[4] = {0};
        call->context.errors = &errors;
        collect_frame(&frame, i);
        for (int a = 0; a < call->argument_count; a++)
            arguments[a] = column_of_row(run, frame.count > 0 ? frame.rows[0] : i, call->arguments[a]);
        call->aggregate->result_of_values(
            &call->context, &frame.base, (const Column *const *)arguments, result, i);
        for (int a = 0; a < call->argument_count; a++)
            column_release(arguments[a]);
        report_errors(run, &errors);
    }
    memory_free(frame.rows);
}

static void compute(OverRun *run, OverCallState *call, Column *result) {
    switch (call->aggregate->kind) {
    case AGGREGATE_FOLD:
        compute_fold(run, call, result);
        break;
    case AGGREGATE_FIRST:
    case AGGREGATE_LAST:
        compute_extreme(run, call, result);
        break;
    case AGGREGATE_VALUES:
        compute_values(run, call, result);
        break;
    }
}

const OverFunction over_aggregate_function = {.name = "aggregate", .compute = compute};
