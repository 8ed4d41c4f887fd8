/* OverRun: rows, peers and frames of one partition. Frames only ever move forward from row to row, so that
   each bound is one pass. */
#include "executor/operators/over/over_run.h"

#include "executor/base/memory.h"

static void grow_rows(OverRun *run, int needed) {
    if (needed <= run->row_capacity)
        return;
    int capacity = run->row_capacity < 64 ? 64 : run->row_capacity;
    while (capacity < needed)
        capacity *= 2;
    int **arrays[] = {&run->peer_starts, &run->peer_ends, &run->groups, &run->group_starts,
        &run->frame_starts, &run->frame_ends};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        *arrays[i] = memory_resize(*arrays[i], sizeof(int) * (size_t)(capacity + 1));
    run->row_capacity = capacity;
}

static void find_peers(OverRun *run) {
    run->group_count = 0;
    for (int i = 0; i < run->count; i++) {
        bool is_first =
            i == 0 || slot_order_compare_sort(run->partitions->order, run->slots[i - 1], run->slots[i]) != 0;
        if (is_first)
            run->group_starts[run->group_count++] = i;
        run->groups[i] = run->group_count - 1;
    }
    run->group_starts[run->group_count] = run->count;
    for (int i = 0; i < run->count; i++) {
        run->peer_starts[i] = run->group_starts[run->groups[i]];
        run->peer_ends[i] = run->group_starts[run->groups[i] + 1];
    }
}

static int clip(int64_t row, int count) {
    return row < 0 ? 0 : row > count ? count : (int)row;
}

/* Rows away from row i; forward is positive. end: one row more. */
static int rows_bound(const OverRun *run, int row, int bound, int64_t offset, bool is_end) {
    int64_t distance = bound == BOUND_PRECEDING ? -offset : bound == BOUND_FOLLOWING ? offset : 0;
    if (distance > run->count)
        distance = run->count + 1;
    return clip(row + distance + is_end, run->count);
}

static int groups_bound(const OverRun *run, int row, int bound, int64_t offset, bool is_end) {
    int64_t distance = bound == BOUND_PRECEDING ? -offset : bound == BOUND_FOLLOWING ? offset : 0;
    if (distance > run->count)
        distance = run->count + 1;
    return run->group_starts[clip(run->groups[row] + distance + is_end, run->group_count)];
}

/* The one sort key on a scale where ascending means later; days of a date as microseconds, as the offset is
   then an interval. */
static bool range_key(const OverRun *run, int row, __int128 *key) {
    const SortKey *sort = &run->parameters->keys[0];
    const void *element = over_run_value(run, row, sort->column);
    if (element == NULL)
        return false;
    Type type = over_run_type(run, sort->column);
    *key = cell_integer(type, element);
    if (type.id == TYPE_DATE)
        *key *= 86400000000;
    if (sort->is_descending)
        *key = -*key;
    return true;
}

/* Whether row `at` lies before (is_end: not behind) what its sort key is compared with for `row`. */
static bool is_within_bound(const OverRun *run, int row, int at, bool is_end) {
    const SortKey *sort = &run->parameters->keys[0];
    const void *key = over_run_value(run, at, sort->column),
               *bound = over_run_value(run, row, run->parameters->bounds[is_end]);
    if (key == NULL)
        return sort->is_nulls_first;
    int order = datum_compare(over_run_type(run, sort->column), key, bound);
    order = sort->is_descending ? -order : order;
    return is_end ? order <= 0 : order < 0;
}

static int column_bound(const OverRun *run, int row, int bound, bool is_end, int at) {
    bool has_key = over_run_value(run, row, run->parameters->keys[0].column) != NULL;
    if (bound == BOUND_CURRENT_ROW || !has_key ||
        over_run_value(run, row, run->parameters->bounds[is_end]) == NULL)
        return is_end ? run->peer_ends[row] : run->peer_starts[row];
    while (at < run->count && is_within_bound(run, row, at, is_end))
        at++;
    return at;
}

/* Moves on from `at` (the bound of the row before) to this row's. */
static int range_bound(const OverRun *run, int row, int bound, int64_t offset, bool is_end, int at) {
    __int128 key, other;
    if (run->parameters->bound_count > 0)
        return column_bound(run, row, bound, is_end, at);
    if (bound == BOUND_CURRENT_ROW || !range_key(run, row, &key))
        return is_end ? run->peer_ends[row] : run->peer_starts[row];
    key += bound == BOUND_PRECEDING ? -(__int128)offset : (__int128)offset;
    bool nulls_first = run->parameters->keys[0].is_nulls_first;
    for (; at < run->count; at++) {
        bool has_key = range_key(run, at, &other);
        if (!has_key && !nulls_first)
            break;
        if (has_key && (is_end ? other > key : other >= key))
            break;
    }
    return at;
}

static int frame_bound(const OverRun *run, int row, int bound, int64_t offset, bool is_end, int at) {
    if (bound == BOUND_UNBOUNDED_PRECEDING)
        return 0;
    if (bound == BOUND_UNBOUNDED_FOLLOWING)
        return run->count;
    switch ((FrameMode)run->parameters->frame_mode) {
    case FRAME_ROWS:
        return rows_bound(run, row, bound, offset, is_end);
    case FRAME_GROUPS:
        return groups_bound(run, row, bound, offset, is_end);
    case FRAME_RANGE:
        return range_bound(run, row, bound, offset, is_end, at);
    }
    return 0;
}

static void find_frames(OverRun *run) {
    const OverParameters *parameters = run->parameters;
    for (int i = 0; i < run->count; i++) {
        int start_before = i == 0 ? 0 : run->frame_starts[i - 1],
            end_before = i == 0 ? 0 : run->frame_ends[i - 1];
        int start = frame_bound(run, i, parameters->start, parameters->start_offset, false, start_before);
        int end = frame_bound(run, i, parameters->end, parameters->end_offset, true, end_before);
        run->frame_starts[i] = start;
        run->frame_ends[i] = end < start ? start : end;
    }
}

static int add_part(OverPart *parts, int count, int from, int to) {
    if (from < to)
        parts[count++] = (OverPart){from, to};
    return count;
}

int over_run_parts(const OverRun *run, int row, OverPart parts[3]) {
    int start = run->frame_starts[row], end = run->frame_ends[row], exclude = run->parameters->exclude;
    if (exclude == EXCLUDE_NONE)
        return add_part(parts, 0, start, end);
    int from = exclude == EXCLUDE_CURRENT_ROW ? row : run->peer_starts[row],
        to = exclude == EXCLUDE_CURRENT_ROW ? row + 1 : run->peer_ends[row];
    int count = add_part(parts, 0, start, from < end ? from : end);
    if (exclude == EXCLUDE_TIES && row >= start && row < end)
        count = add_part(parts, count, row, row + 1);
    return add_part(parts, count, to > start ? to : start, end);
}

void over_run_begin(OverRun *run, const Partition *partition, bool is_old) {
    const RowTable *rows = &run->partitions->rows;
    SlotCursor cursor = {0};
    run->count = 0;
    for (Slot slot; (slot = slot_list_next(&partition->list, &cursor)) != SLOT_NONE;) {
        int64_t copies = *row_table_count(rows, slot);
        if (is_old)
            copies = touched_old(&rows->touched, slot, copies);
        GROW(run->slots, run->slot_capacity, run->count + (int)copies);
        for (int64_t i = 0; i < copies; i++)
            run->slots[run->count++] = slot;
    }
    grow_rows(run, run->count + 1);
    run->failure = OK;
    find_peers(run);
    find_frames(run);
}

void over_run_compute(OverRun *run, OverCallState *calls, int call_count) {
    run->call_count = call_count;
    if (run->results == NULL)
        run->results = NEW_ARRAY(Column *, call_count + 1);
    for (int i = 0; i < call_count; i++) {
        run->results[i] = column_create(calls[i].result_type, run->count > 0 ? run->count : 1);
        if (run->count > 0)
            calls[i].function->compute(run, &calls[i], run->results[i]);
    }
}

void over_run_end(OverRun *run) {
    for (int i = 0; run->results != NULL && i < run->call_count; i++) {
        column_release(run->results[i]);
        run->results[i] = NULL;
    }
    memory_free(run->message);
    run->message = NULL;
}

void over_run_free(OverRun *run) {
    over_run_end(run);
    memory_free(run->slots);
    memory_free(run->peer_starts);
    memory_free(run->peer_ends);
    memory_free(run->groups);
    memory_free(run->group_starts);
    memory_free(run->frame_starts);
    memory_free(run->frame_ends);
    memory_free(run->results);
    *run = (OverRun){0};
}

void over_run_fail(OverRun *run, Status status, const char *message) {
    if (run->failure != OK)
        return;
    run->failure = status;
    run->message = memory_strdup(message);
}

const void *over_run_value(const OverRun *run, int row, int column) {
    const RowTable *rows = &run->partitions->rows;
    int cell = rows->column_cells[column];
    if (state_table_is_null(rows->table, run->slots[row], cell))
        return NULL;
    return slot_cell(
        state_table_slot(rows->table, run->slots[row]), state_table_cell_offset(rows->table, cell));
}

Type over_run_type(const OverRun *run, int column) {
    const RowTable *rows = &run->partitions->rows;
    return rows->types[rows->column_cells[column]];
}
