/* Aggregate, DISTINCT: (group, value) -> how many rows have it, one count for each filter. A value is folded
   into the group when its count becomes positive, and taken out when it becomes 0; over updating input that
   is judged at finalisation only. */
#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/operators/aggregate/aggregate_state.h"

struct DistinctSet {
    int argument_count;
    const int *arguments;
    int member_count;
    Member **members; /* each with a count of its own */
    int key_count;    /* of groups */
    int *columns;     /* keys, then arguments */
    StateTable *table;
    StateIndex *index; /* by group, when groups expire */
    int count_offset;  /* the members' counts follow each other */
    TouchedSlots touched;
    Slot *groups; /* by place: the group's slot */
    int group_capacity;
    int64_t *olds; /* by place × member: count before the step */
    int old_capacity;
    uint64_t *hashes;
    Slot *slots;
    char **bytes; /* of the slots */
};

static int64_t *set_counts(const DistinctSet *set, Slot slot) {
    return slot_cell(state_table_slot(set->table, slot), set->count_offset);
}

static DistinctSet *set_for(AggregateOperator *aggregate, const Member *member) {
    for (int i = 0; i < aggregate->distinct_count; i++) {
        DistinctSet *set = aggregate->distinct[i];
        if (set->argument_count == member->argument_count &&
            memcmp(set->arguments, member->arguments, sizeof(int) * (size_t)member->argument_count) == 0)
            return set;
    }
    DistinctSet *set = NEW(DistinctSet);
    set->argument_count = member->argument_count;
    set->arguments = member->arguments;
    set->members = NEW_ARRAY(Member *, aggregate->member_count);
    aggregate->distinct[aggregate->distinct_count++] = set;
    return set;
}

static void set_open(AggregateOperator *aggregate, DistinctSet *set, int number) {
    set->key_count = aggregate->is_global ? 0 : aggregate->key_count;
    int value_count = set->key_count + set->argument_count;
    Type cells[value_count + set->member_count];
    set->columns = NEW_ARRAY(int, value_count + 1);
    set->hashes = NEW_ARRAY(uint64_t, BATCH_ROWS_MAX);
    set->slots = NEW_ARRAY(Slot, BATCH_ROWS_MAX);
    set->bytes = NEW_ARRAY(char *, BATCH_ROWS_MAX);
    for (int i = 0; i < value_count; i++) {
        set->columns[i] = i < set->key_count ? aggregate->keys[i] : set->arguments[i - set->key_count];
        cells[i] = i < set->key_count ? aggregate->cells[i]
                                      : set->members[0]->context.argument_types[i - set->key_count];
    }
    for (int i = 0; i < set->member_count; i++)
        cells[value_count + i] = type_of(TYPE_INT8);
    set->table =
        state_table_open(aggregate->base.context->state, &(StateTableSpec){.number = number,
                                                             .relation = KEY_EQUAL,
                                                             .key_count = value_count,
                                                             .cell_count = value_count + set->member_count,
                                                             .cells = cells,
                                                             .shard_key_count = set->key_count});
    set->count_offset = state_table_cell_offset(set->table, value_count);
    if (aggregate->parameters->expiry_key >= 0) {
        int leading[set->key_count];
        for (int i = 0; i < set->key_count; i++)
            leading[i] = i;
        set->index = state_table_index(set->table, leading, set->key_count);
    }
}

void distinct_open_all(AggregateOperator *aggregate) {
    aggregate->distinct = NEW_ARRAY(DistinctSet *, aggregate->member_count + 1);
    for (int i = 0; i < aggregate->member_count; i++)
        if (aggregate->members[i].is_distinct) {
            DistinctSet *set = set_for(aggregate, &aggregate->members[i]);
            set->members[set->member_count++] = &aggregate->members[i];
        }
    for (int i = 0; i < aggregate->distinct_count; i++)
        set_open(aggregate, aggregate->distinct[i], TABLE_DISTINCT + i);
}

void distinct_close(DistinctSet *set) {
    touched_free(&set->touched);
    memory_free(set->members);
    memory_free(set->columns);
    memory_free(set->groups);
    memory_free(set->olds);
    memory_free(set->hashes);
    memory_free(set->slots);
    memory_free(set->bytes);
    memory_free(set);
}

void distinct_reset(DistinctSet *set) {
    touched_clear(&set->touched);
    state_table_delete_all(set->table);
}

/* The groups were hashed when they were found: only the values are left to do. */
static Status set_insert(AggregateOperator *aggregate, DistinctSet *set, const Batch *batch, Error *error) {
    const uint64_t *group_hashes = set->key_count > 0 ? aggregate->hashes : NULL;
    state_table_hash_keyed(set->table, batch, set->columns, group_hashes, set->hashes);
    if (set->index != NULL)
        TRY(state_index_load(set->index, batch, set->columns, group_hashes, error));
    else
        TRY(state_table_load(set->table, batch, set->columns, set->hashes, error));
    state_table_insert_keyed(set->table, batch, set->columns, set->hashes, group_hashes, set->slots, NULL);
    state_table_slots(set->table, set->slots, batch->row_count, set->bytes);
    return OK;
}

/* Nothing is ever taken away: a value counts from its first row on, at once. */
static Status apply_append_only(
    AggregateOperator *aggregate, DistinctSet *set, const Batch *batch, Error *error) {
    const Column *arguments[4];
    for (int i = 0; batch->diffs != NULL && i < batch->row_count; i++)
        if (batch->diffs[i] < 0)
            return error_set(
                error, STATUS_INTERNAL_ERROR, "a row was taken away from an input that only grows");
    for (int i = 0; i < set->argument_count; i++)
        arguments[i] = batch->columns[set->arguments[i]];
    for (int m = 0; m < set->member_count; m++) {
        Member *member = set->members[m];
        int first_count = 0;
        for (int i = 0; i < batch->row_count; i++) {
            int64_t *count = (int64_t *)slot_cell(set->bytes[i], set->count_offset) + m;
            bool counts = member_counts(member, batch, i), is_first = counts && *count == 0;
            *count += counts ? batch_diff(batch, i) : 0;
            aggregate->states[i] = is_first ? aggregate->bases[i] + member->offset : member->scratch;
            first_count += is_first;
        }
        if (first_count == 0)
            continue;
        TRY(member_update(member, batch->row_count, aggregate->states, arguments, NULL, error));
        member_clear_scratch(aggregate, member);
    }
    state_table_touch_many(set->table, set->slots, batch->row_count);
    return OK;
}

static void set_touch(DistinctSet *set, Slot slot, Slot group) {
    if (!touched_add(&set->touched, slot, 0))
        return;
    int place = set->touched.count - 1;
    GROW(set->groups, set->group_capacity, place + 1);
    GROW(set->olds, set->old_capacity, (place + 1) * set->member_count);
    set->groups[place] = group;
    memcpy(set->olds + (size_t)place * (size_t)set->member_count, set_counts(set, slot),
        sizeof(int64_t) * (size_t)set->member_count);
    state_table_touch(set->table, slot);
}

Status distinct_apply(AggregateOperator *aggregate, DistinctSet *set, const Batch *batch, Error *error) {
    TRY(set_insert(aggregate, set, batch, error));
    if (!aggregate->parameters->is_input_updating)
        return apply_append_only(aggregate, set, batch, error);
    for (int i = 0; i < batch->row_count; i++) {
        set_touch(set, set->slots[i], aggregate->slots[i]);
        int64_t *counts = set_counts(set, set->slots[i]);
        for (int m = 0; m < set->member_count; m++)
            counts[m] += member_counts(set->members[m], batch, i) ? batch_diff(batch, i) : 0;
    }
    return OK;
}

static Status settle_member(AggregateOperator *aggregate, DistinctSet *set, int m, int from, int count,
    const Column *const *arguments, Error *error) {
    Member *member = set->members[m];
    bool is_changed = false;
    for (int i = 0; i < count; i++) {
        int64_t old = set->olds[(size_t)(from + i) * (size_t)set->member_count + (size_t)m],
                now = set_counts(set, set->touched.slots[from + i])[m];
        if (now < 0)
            return error_set(error, STATUS_INTERNAL_ERROR,
                "a value was taken away from an aggregate that it was never given");
        aggregate->diffs[i] = MUTANT("distinct-counts-copies") ? now - old : (now > 0) - (old > 0);
        is_changed |= aggregate->diffs[i] != 0;
        aggregate->states[i] =
            aggregate->diffs[i] == 0
                ? member->scratch
                : state_table_slot(aggregate->groups, set->groups[from + i]) + member->offset;
    }
    if (!is_changed)
        return OK;
    TRY(member_update(member, count, aggregate->states, arguments, aggregate->diffs, error));
    member_clear_scratch(aggregate, member);
    return OK;
}

static void drop_unused(DistinctSet *set, Slot slot) {
    int64_t *counts = set_counts(set, slot);
    for (int m = 0; m < set->member_count; m++)
        if (counts[m] != 0)
            return;
    state_table_delete(set->table, slot);
}

Status distinct_settle(AggregateOperator *aggregate, DistinctSet *set, Error *error) {
    for (int from = 0; from < set->touched.count; from += BATCH_ROWS_MAX) {
        int count = set->touched.count - from < BATCH_ROWS_MAX ? set->touched.count - from : BATCH_ROWS_MAX;
        Column *arguments[4];
        for (int i = 0; i < set->argument_count; i++)
            arguments[i] =
                state_table_gather(set->table, set->key_count + i, set->touched.slots + from, count);
        Status status = OK;
        for (int m = 0; m < set->member_count && status == OK; m++)
            status = settle_member(aggregate, set, m, from, count, (const Column *const *)arguments, error);
        for (int i = 0; i < set->argument_count; i++)
            column_release(arguments[i]);
        TRY(status);
    }
    for (int i = 0; i < set->touched.count; i++)
        drop_unused(set, set->touched.slots[i]);
    touched_clear(&set->touched);
    return OK;
}

Status distinct_free_groups(DistinctSet *set, const Batch *keys, Error *error) {
    int columns[set->key_count];
    for (int i = 0; i < set->key_count; i++)
        columns[i] = i;
    state_index_hash(set->index, keys, columns, set->hashes);
    TRY(state_index_load(set->index, keys, columns, set->hashes, error));
    state_index_find(set->index, keys, columns, set->hashes, set->slots);
    for (int i = 0; i < keys->row_count; i++)
        for (Slot slot = set->slots[i]; slot != SLOT_NONE;) {
            Slot next = state_index_next(set->index, slot);
            state_table_delete(set->table, slot);
            slot = next;
        }
    return OK;
}
