/* Aggregate, folding: whole batches into cells. A row that a filter leaves out is folded into a scratch state
   instead of being branched around. */
#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/operators/aggregate/aggregate_state.h"

Status member_update(Member *member, int count, char *const *states, const Column *const *arguments,
    const int64_t *diffs, Error *error) {
    RowErrors errors = {.arena = member->context.scratch};
    member->context.errors = &errors;
    member->aggregate->update(&member->context, count, states, arguments, diffs);
    Status status = OK;
    if (errors.count > 0)
        status = error_set(error, errors.rows[0].status, "%s", errors.rows[0].message);
    row_errors_free(&errors);
    return status;
}

void member_clear_scratch(AggregateOperator *aggregate, Member *member) {
    static const char zero[16];
    char *cell = member->scratch;
    for (int i = 0; i < member->cell_count; i++) {
        if (type_has_heap(member->cells[i]))
            state_table_store(aggregate->groups, type_layout(member->cells[i]), cell, zero);
        cell += cell_width(member->cells[i]);
    }
    memset(member->scratch, 0, (size_t)member->state_size);
}

static bool point_states(AggregateOperator *aggregate, const Member *member, const Batch *batch) {
    int count = batch->row_count;
    char **states = aggregate->states, **bases = aggregate->bases;
    size_t offset = (size_t)member->offset;
    if (member->filter < 0 || MUTANT("aggregate-filter-ignored")) {
        for (int i = 0; i < count; i++)
            states[i] = bases[i] + offset;
        return false;
    }
    const uint8_t *filter = batch->columns[member->filter]->values;
    char *scratch = member->scratch;
    for (int i = 0; i < count; i++)
        states[i] = filter[i] ? bases[i] + offset : scratch;
    return true;
}

Status member_fold(AggregateOperator *aggregate, Member *member, const Batch *batch, Error *error) {
    const Column *arguments[4];
    for (int i = 0; i < member->argument_count; i++)
        arguments[i] = batch->columns[member->arguments[i]];
    bool only_grows = member->aggregate->kind != AGGREGATE_FOLD;
    for (int i = 0; only_grows && batch->diffs != NULL && i < batch->row_count; i++)
        if (batch->diffs[i] < 0)
            return error_set(
                error, STATUS_INTERNAL_ERROR, "a row was taken away from an input that only grows");
    bool is_filtered = point_states(aggregate, member, batch);
    const int64_t *diffs = MUTANT("aggregate-only-adds") ? NULL : batch->diffs;
    TRY(member_update(member, batch->row_count, aggregate->states, arguments, diffs, error));
    if (is_filtered)
        member_clear_scratch(aggregate, member);
    return OK;
}

/* One row's cells beside each other, as they lie in a slot. */
static void assemble_states(const Member *member, const Batch *batch, int first_column, char *bytes) {
    int offset = 0;
    for (int c = 0; c < member->cell_count; c++) {
        const Column *column = batch->columns[first_column + c];
        size_t width = layout_width((Layout)column->layout);
        for (int i = 0; i < batch->row_count; i++)
            memcpy(bytes + (size_t)i * (size_t)member->state_size + offset,
                (const char *)column->values + (size_t)i * width, width);
        offset += cell_width(member->cells[c]);
    }
}

Status member_merge(
    AggregateOperator *aggregate, Member *member, const Batch *batch, int first_column, Error *error) {
    if (member->cell_count == 0)
        return OK;
    int count = batch->row_count;
    char *bytes = arena_allocate(aggregate->scratch, (size_t)count * (size_t)member->state_size + 16);
    const char **from = (const char **)arena_allocate(aggregate->scratch, sizeof(char *) * (size_t)count + 1);
    assemble_states(member, batch, first_column, bytes);
    RowErrors errors = {.arena = aggregate->scratch};
    member->context.errors = &errors;
    int64_t copies_max = 1;
    for (int i = 0; i < count; i++)
        copies_max = batch_diff(batch, i) > copies_max ? batch_diff(batch, i) : copies_max;
    for (int64_t copy = 0; copy < copies_max; copy++) {
        int rows = 0;
        for (int i = 0; i < count; i++)
            if (copy < batch_diff(batch, i)) {
                aggregate->states[rows] = aggregate->bases[i] + member->offset;
                from[rows++] = bytes + (size_t)i * (size_t)member->state_size;
            }
        member->aggregate->merge(&member->context, rows, aggregate->states, from);
    }
    Status status =
        errors.count == 0 ? OK : error_set(error, errors.rows[0].status, "%s", errors.rows[0].message);
    row_errors_free(&errors);
    return status;
}
