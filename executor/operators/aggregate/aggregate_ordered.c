/* Aggregate, values in order: min and max over updating input, string_agg, array_agg, percentiles, and
   DISTINCT over values of several images. */
#include "executor/base/memory.h"
#include "executor/operators/aggregate/aggregate_state.h"

static int ordered_key_count(const AggregateOperator *aggregate) {
    return aggregate->is_global ? 0 : aggregate->key_count;
}

Status ordered_open(AggregateOperator *aggregate, Member *member, int number, const Type *projected_types,
    const int *order_columns, Error *error) {
    const AggregateSpec *spec = member->spec;
    int key_count = ordered_key_count(aggregate), count = 0;
    int column_max = key_count + spec->argument_count + spec->order_count;
    Type types[column_max + 1];
    int keys[key_count + 1];
    SortKey sort[spec->order_count + 1];
    member->ordered_columns = NEW_ARRAY(int, column_max + 1);
    for (int i = 0; i < key_count; i++, count++) {
        member->ordered_columns[count] = aggregate->keys[i];
        keys[i] = i;
    }
    for (int i = 0; i < spec->argument_count; i++)
        member->ordered_columns[count++] = member->arguments[i];
    for (int i = 0; i < spec->order_count; i++) {
        sort[i] = spec->order[i];
        sort[i].column = count;
        member->ordered_columns[count++] = order_columns[i];
    }
    for (int i = 0; i < count; i++)
        types[i] = projected_types[member->ordered_columns[i]];
    member->ordered_column_count = count;
    member->ordered = NEW(Partitions);
    return partitions_open(member->ordered, aggregate->base.context->state,
        &(RowTableSpec){number, count, types, key_count, keys, 0}, sort, spec->order_count, error);
}

void ordered_close(Member *member) {
    if (member->ordered == NULL)
        return;
    partitions_close(member->ordered);
    memory_free(member->ordered);
    memory_free(member->ordered_columns);
}

/* array_agg and its kin keep NULLs; all others never see one. */
static bool aggregate_takes_nulls(const Aggregate *aggregate) {
    return (aggregate_function(aggregate)->flags & FUNCTION_NOT_STRICT) != 0;
}

Status ordered_apply(AggregateOperator *aggregate, Member *member, Batch *batch, Error *error) {
    uint16_t rows[BATCH_ROWS_MAX];
    int count = 0;
    const Column *argument = batch->columns[member->arguments[0]];
    bool takes_nulls = aggregate_takes_nulls(member->aggregate);
    for (int i = 0; i < batch->row_count; i++)
        if (member_counts(member, batch, i) && (takes_nulls || !column_is_null(argument, i)))
            rows[count++] = (uint16_t)i;
    if (count == 0)
        return OK;
    Batch *projected = batch_project(batch, member->ordered_columns, member->ordered_column_count);
    Batch *selected =
        count == batch->row_count ? batch_retain(projected) : batch_select(projected, rows, count);
    Batch *dense = batch_dense(selected);
    Status status = partitions_apply(member->ordered, dense, error);
    batch_release(dense);
    batch_release(selected);
    batch_release(projected);
    return status;
}

/* The walk that AGGREGATE_VALUES sees. */
typedef struct ValuesWalk {
    AggregateValues base;
    const Member *member;
    const Partition *partition;
    SlotCursor cursor;
    int cell; /* the first argument's */
    int offset;
    Type type;
    const void *last; /* for DISTINCT */
} ValuesWalk;

static bool walk_next(AggregateValues *values, const void **element, int64_t *count) {
    ValuesWalk *walk = (ValuesWalk *)values;
    const RowTable *rows = &walk->member->ordered->rows;
    bool is_distinct = walk->member->spec->is_distinct;
    for (Slot slot; (slot = slot_list_next(&walk->partition->list, &walk->cursor)) != SLOT_NONE;) {
        int64_t copies = *row_table_count(rows, slot);
        if (copies <= 0)
            continue;
        *element = state_table_is_null(rows->table, slot, walk->cell)
                       ? NULL
                       : slot_cell(state_table_slot(rows->table, slot), walk->offset);
        *count = is_distinct ? 1 : copies;
        if (is_distinct && walk->last != NULL && *element != NULL &&
            datum_compare(walk->type, walk->last, *element) == 0)
            continue;
        walk->last = *element;
        return true;
    }
    return false;
}

static ValuesWalk walk_begin(const Member *member, const Partition *partition) {
    const RowTable *rows = &member->ordered->rows;
    int cell =
        rows->column_cells[member->ordered_column_count - member->spec->order_count - member->argument_count];
    return (ValuesWalk){{walk_next}, member, partition, {0}, cell, state_table_cell_offset(rows->table, cell),
        rows->types[cell], NULL};
}

static Slot first_present(const Member *member, const Partition *partition) {
    SlotCursor cursor = {0};
    for (Slot slot; (slot = slot_list_next(&partition->list, &cursor)) != SLOT_NONE;)
        if (*row_table_count(&member->ordered->rows, slot) > 0)
            return slot;
    return SLOT_NONE;
}

/* The least image of the greatest value. */
static Slot last_present(const Member *member, const Partition *partition, const ValuesWalk *walk) {
    const RowTable *rows = &member->ordered->rows;
    Slot last = SLOT_NONE;
    for (int c = partition->list.chunk_count - 1; c >= 0; c--)
        for (int i = partition->list.chunks[c]->count - 1; i >= 0; i--) {
            Slot slot = partition->list.chunks[c]->slots[i];
            if (*row_table_count(rows, slot) <= 0)
                continue;
            if (last != SLOT_NONE &&
                datum_compare(walk->type, state_table_slot(rows->table, slot) + walk->offset,
                    state_table_slot(rows->table, last) + walk->offset) != 0)
                return last;
            last = slot;
            if (!type_has_images(walk->type))
                return last;
        }
    return last;
}

/* Further arguments are one value for a group, or the call has no meaning here. */
static bool has_constant_arguments(const Member *member, const Partition *partition, Slot first) {
    const RowTable *rows = &member->ordered->rows;
    SlotCursor cursor = {0};
    int first_column = member->ordered_column_count - member->spec->order_count - member->argument_count;
    for (Slot slot; (slot = slot_list_next(&partition->list, &cursor)) != SLOT_NONE;)
        for (int i = 1; i < member->argument_count; i++) {
            int cell = rows->column_cells[first_column + i],
                offset = state_table_cell_offset(rows->table, cell);
            if (*row_table_count(rows, slot) > 0 && (state_table_is_null(rows->table, slot, cell) !=
                                                            state_table_is_null(rows->table, first, cell) ||
                                                        !datum_is_identical(type_layout(rows->types[cell]),
                                                            state_table_slot(rows->table, slot) + offset,
                                                            state_table_slot(rows->table, first) + offset)))
                return false;
        }
    return true;
}

static void result_of_values(
    Member *member, const Partition *partition, ValuesWalk *walk, Column *result, int row) {
    const RowTable *rows = &member->ordered->rows;
    Column *arguments[4] = {0};
    Slot first = first_present(member, partition);
    if (first != SLOT_NONE && member->argument_count > 1 &&
        !has_constant_arguments(member, partition, first)) {
        row_errors_add(member->context.errors, row, STATUS_FEATURE_NOT_SUPPORTED,
            "further arguments of %s that differ between the rows of a group are not supported",
            aggregate_function(member->aggregate)->name);
        return;
    }
    int first_column = member->ordered_column_count - member->spec->order_count - member->argument_count;
    for (int i = 0; i < member->argument_count; i++)
        arguments[i] = first == SLOT_NONE
                           ? column_of_nulls(member->context.argument_types[i], 1)
                           : state_table_gather(rows->table, rows->column_cells[first_column + i], &first, 1);
    member->aggregate->result_of_values(
        &member->context, &walk->base, (const Column *const *)arguments, result, row);
    for (int i = 0; i < member->argument_count; i++)
        column_release(arguments[i]);
}

/* A fold over distinct values, done from nothing. */
static Status result_of_fold(
    AggregateOperator *aggregate, Member *member, ValuesWalk *walk, Column *result, int row, Error *error) {
    member->cell_count =
        aggregate_cell_types(member->aggregate, member->context.argument_types, member->cells);
    int size = 0;
    for (int i = 0; i < member->cell_count; i++)
        size += cell_width(member->cells[i]);
    char *state = arena_allocate(aggregate->scratch, (size_t)size + 16);
    const void *element;
    int64_t copies;
    Status status = OK;
    RowErrors *errors = member->context.errors;
    while (status == OK && walk->base.next(&walk->base, &element, &copies)) {
        Column *argument = column_create(member->context.argument_types[0], 1);
        column_set_datum(argument, 0, element);
        const Column *arguments[4] = {argument};
        status = member_update(member, 1, &state, arguments, NULL, error);
        column_release(argument);
    }
    member->context.errors = errors;
    if (status == OK) {
        Column *one = column_create(member->context.result_type, 1);
        RowErrors failed = {.arena = aggregate->scratch};
        member->context.errors = &failed;
        member->aggregate->result(&member->context, 1, &state, one);
        if (failed.count > 0)
            row_errors_add(errors, row, failed.rows[0].status, "%s", failed.rows[0].message);
        else if (column_is_null(one, 0))
            column_set_null(result, row);
        else
            column_set_datum(result, row, column_at(one, 0));
        member->context.errors = errors;
        row_errors_free(&failed);
        column_release(one);
    }
    char *scratch = member->scratch;
    member->scratch = state;
    member_clear_scratch(aggregate, member);
    member->scratch = scratch;
    member->cell_count = 0;
    return status;
}

Status ordered_result(
    AggregateOperator *aggregate, Member *member, const Batch *keys, Column *result, Error *error) {
    int columns[keys->column_count + 1];
    for (int i = 0; i < keys->column_count; i++)
        columns[i] = i;
    TRY(partitions_locate_keys(member->ordered, keys, columns, error));
    const RowTable *rows = &member->ordered->rows;
    for (int i = 0; i < keys->row_count; i++) {
        const Partition *partition = member->ordered->found[i];
        ValuesWalk walk = walk_begin(member, partition);
        if (member->aggregate->kind == AGGREGATE_FIRST || member->aggregate->kind == AGGREGATE_LAST) {
            Slot slot = member->aggregate->kind == AGGREGATE_FIRST ? first_present(member, partition)
                                                                   : last_present(member, partition, &walk);
            if (slot == SLOT_NONE)
                column_set_null(result, i);
            else
                column_set_datum(result, i, slot_cell(state_table_slot(rows->table, slot), walk.offset));
        } else if (member->aggregate->kind == AGGREGATE_VALUES) {
            result_of_values(member, partition, &walk, result, i);
        } else {
            TRY(result_of_fold(aggregate, member, &walk, result, i, error));
        }
    }
    return OK;
}

Status ordered_free_groups(Member *member, const Batch *keys, Error *error) {
    Partitions *ordered = member->ordered;
    int columns[keys->column_count + 1];
    for (int i = 0; i < keys->column_count; i++)
        columns[i] = i;
    TRY(partitions_locate_keys(ordered, keys, columns, error));
    for (int i = 0; i < keys->row_count; i++) {
        Partition *partition = ordered->found[i];
        SlotCursor cursor = {0};
        for (Slot slot; (slot = slot_list_next(&partition->list, &cursor)) != SLOT_NONE;)
            state_table_delete(ordered->rows.table, slot);
        slot_list_free(&partition->list);
        partitions_touch(ordered, partition); /* empty now: the settling that follows lets it go */
    }
    return partitions_settle(ordered, error);
}
