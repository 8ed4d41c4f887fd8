/* Aggregate, opening: which columns are looked at, what each member keeps, and the tables for it. */
#include <stdlib.h>

#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "executor/operators/aggregate/aggregate_state.h"

static const Schema *input_schema(const AggregateOperator *aggregate) {
    return &aggregate->base.spec->inputs[0]->output;
}

/* The place of an input column in the projected batch. */
static int use_column(AggregateOperator *aggregate, int column) {
    for (int i = 0; i < aggregate->used_count; i++)
        if (aggregate->used[i] == column)
            return i;
    aggregate->used[aggregate->used_count] = column;
    return aggregate->used_count++;
}

static Type used_type(const AggregateOperator *aggregate, int used) {
    return input_schema(aggregate)->types[aggregate->used[used]];
}

static bool member_is_distinct(const AggregateSpec *spec) {
    return spec->is_distinct &&
           (spec->aggregate->kind == AGGREGATE_FOLD || spec->aggregate->kind == AGGREGATE_VALUES);
}

bool member_needs_order(
    const AggregateParameters *parameters, const AggregateSpec *spec, Type argument_type) {
    switch (spec->aggregate->kind) {
    case AGGREGATE_VALUES:
        return true;
    case AGGREGATE_FIRST:
    case AGGREGATE_LAST:
        return parameters->is_input_updating;
    case AGGREGATE_FOLD:
        /* Which image of a value was there first must not show. */
        return spec->is_distinct && spec->argument_count > 0 && type_has_images(argument_type) &&
               strcmp(aggregate_function(spec->aggregate)->name, "count") != 0;
    }
    return false;
}

static void member_layout(AggregateOperator *aggregate, Member *member) {
    member->cell_count =
        aggregate_cell_types(member->aggregate, member->context.argument_types, member->cells);
    member->first_cell = aggregate->cell_count;
    for (int i = 0; i < member->cell_count; i++) {
        aggregate->cells[aggregate->cell_count++] = member->cells[i];
        member->state_size += cell_width(member->cells[i]);
    }
}

/* Arguments of the second phase are cells; what the calls were about is known from their types alone. */
static void member_open_final(AggregateOperator *aggregate, Member *member, int *column) {
    const Function *function = aggregate_function(member->aggregate);
    for (int i = 0; i < function->argument_count && i < 4; i++)
        member->context.argument_types[i] = function->arguments[i];
    int count = aggregate_cell_types(member->aggregate, member->context.argument_types, member->cells);
    for (int i = 0; i < count; i++) {
        Type cell = input_schema(aggregate)->types[aggregate->used[*column + i]];
        Type declared = member->context.argument_types[0];
        if (declared.id == TYPE_ANYELEMENT || declared.id == TYPE_ANYARRAY || declared.id == TYPE_ANY)
            if (type_is_same(member->cells[i], declared))
                member->context.argument_types[0] = cell;
    }
    *column += count;
    member_layout(aggregate, member);
}

static void member_open_arguments(AggregateOperator *aggregate, Member *member) {
    const AggregateSpec *spec = member->spec;
    member->argument_count = spec->argument_count;
    for (int i = 0; i < spec->argument_count; i++) {
        member->arguments[i] = use_column(aggregate, spec->arguments[i]);
        member->context.argument_types[i] = used_type(aggregate, member->arguments[i]);
    }
    if (spec->filter >= 0)
        member->filter = use_column(aggregate, spec->filter);
    for (int i = 0; i < spec->order_count; i++)
        use_column(aggregate, spec->order[i].column);
}

static bool member_is_ordered(const AggregateOperator *aggregate, const Member *member) {
    return aggregate->parameters->phase != AGGREGATE_FINAL &&
           member_needs_order(aggregate->parameters, member->spec, member->context.argument_types[0]);
}

static Status member_open(AggregateOperator *aggregate, Member *member, const AggregateSpec *spec,
    int *final_column, Error *error) {
    const AggregateParameters *parameters = aggregate->parameters;
    if (spec->argument_count > 4)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
            "aggregates with more than four arguments are not supported");
    *member = (Member){.spec = spec, .aggregate = spec->aggregate, .filter = -1};
    member->context = (AggregateContext){.settings = aggregate->base.context->settings,
        .scratch = aggregate->scratch,
        .result_type = spec->result_type};
    if (parameters->phase == AGGREGATE_FINAL) {
        member_open_final(aggregate, member, final_column);
        return OK;
    }
    member_open_arguments(aggregate, member);
    bool is_ordered = member_is_ordered(aggregate, member);
    member->is_distinct = member_is_distinct(spec) && !is_ordered;
    if (parameters->phase == AGGREGATE_PARTIAL && (is_ordered || member->is_distinct))
        return error_set(
            error, STATUS_INTERNAL_ERROR, "%s cannot be computed in two phases", spec->aggregate->signature);
    if (!is_ordered)
        member_layout(aggregate, member);
    return OK;
}

static bool lies_by_some(const AggregateParameters *parameters) {
    return parameters->shard_key_count > 0 && parameters->shard_key_count < parameters->key_count;
}

static void open_groups(AggregateOperator *aggregate, StateSpace *space) {
    const AggregateParameters *parameters = aggregate->parameters;
    aggregate->groups = state_table_open(
        space, &(StateTableSpec){.number = TABLE_GROUPS,
                   .relation = parameters->phase == AGGREGATE_PARTIAL ? KEY_IDENTICAL : KEY_EQUAL,
                   .key_count = aggregate->key_count,
                   .cell_count = aggregate->cell_count,
                   .cells = aggregate->cells,
                   .shard_key_count = parameters->phase == AGGREGATE_PARTIAL ? 0
                                      : lies_by_some(parameters)             ? parameters->shard_key_count
                                                                             : parameters->key_count});
    if (parameters->expiry_key >= 0 && !parameters->emit_on_close)
        state_table_expire_by(aggregate->groups, parameters->expiry_key);
    aggregate->count_offset = state_table_cell_offset(aggregate->groups, aggregate->count_cell);
    for (int i = 0; i < aggregate->member_count; i++) {
        Member *member = &aggregate->members[i];
        if (member->cell_count > 0)
            member->offset = state_table_cell_offset(aggregate->groups, member->first_cell);
        member->context.store = state_table_store;
        member->context.owner = aggregate->groups;
    }
}

static Status open_images(AggregateOperator *aggregate, Error *error) {
    bool has_images = false;
    Type types[aggregate->key_count];
    int columns[aggregate->key_count];
    for (int i = 0; i < aggregate->key_count; i++) {
        types[i] = aggregate->cells[i];
        columns[i] = i;
        has_images |= type_has_images(types[i]);
    }
    if (!has_images || aggregate->parameters->phase == AGGREGATE_PARTIAL)
        return OK;
    aggregate->images = NEW(RowTable);
    TRY(row_table_open(aggregate->images, aggregate->base.context->state,
        &(RowTableSpec){TABLE_IMAGES, aggregate->key_count, types, aggregate->key_count, columns, 0}, error));
    aggregate->image_order =
        slot_order_create(aggregate->images->table, NULL, 0, 0, aggregate->key_count, types);
    return OK;
}

static Status open_ordered(AggregateOperator *aggregate, Error *error) {
    Type types[aggregate->used_count + 1];
    for (int i = 0; i < aggregate->used_count; i++)
        types[i] = used_type(aggregate, i);
    for (int i = 0; i < aggregate->member_count; i++) {
        Member *member = &aggregate->members[i];
        if (!member_is_ordered(aggregate, member))
            continue;
        int order[member->spec->order_count + 1];
        for (int k = 0; k < member->spec->order_count; k++)
            order[k] = use_column(aggregate, member->spec->order[k].column);
        TRY(ordered_open(aggregate, member, TABLE_ORDERED + i, types, order, error));
    }
    return OK;
}

static void open_scratch(AggregateOperator *aggregate) {
    aggregate->hashes = NEW_ARRAY(uint64_t, BATCH_ROWS_MAX);
    aggregate->slots = NEW_ARRAY(Slot, BATCH_ROWS_MAX);
    aggregate->is_new = NEW_ARRAY(uint8_t, BATCH_ROWS_MAX);
    aggregate->bases = NEW_ARRAY(char *, BATCH_ROWS_MAX);
    aggregate->states = NEW_ARRAY(char *, BATCH_ROWS_MAX);
    aggregate->diffs = NEW_ARRAY(int64_t, BATCH_ROWS_MAX);
    for (int i = 0; i < aggregate->member_count; i++)
        aggregate->members[i].scratch = memory_allocate_zero((size_t)aggregate->members[i].state_size + 16);
    if (aggregate->is_global) {
        Value zero = {.type = type_of(TYPE_INT8)};
        Column *key = column_create(zero.type, 1);
        aggregate->global_key = batch_create(1, 1, &key);
    }
}

static Status open_members(AggregateOperator *aggregate, Error *error) {
    const AggregateParameters *parameters = aggregate->parameters;
    int final_column = parameters->key_count + 1;
    aggregate->member_count = parameters->aggregate_count;
    aggregate->members = NEW_ARRAY(Member, parameters->aggregate_count + 1);
    if (parameters->phase == AGGREGATE_FINAL)
        for (int i = 0; i < input_schema(aggregate)->count; i++)
            use_column(aggregate, i);
    for (int i = 0; i < aggregate->member_count; i++)
        TRY(member_open(aggregate, &aggregate->members[i], &parameters->aggregates[i], &final_column, error));
    return OK;
}

Status aggregate_open_tables(AggregateOperator *aggregate, Error *error) {
    const AggregateParameters *parameters = aggregate->parameters;
    const OperatorContext *context = aggregate->base.context;
    int cell_max = parameters->key_count + 2 + parameters->aggregate_count * AGGREGATE_CELLS_MAX;
    aggregate->scratch = arena_create();
    aggregate->messages = arena_create();
    aggregate->used = NEW_ARRAY(int, input_schema(aggregate)->count + 1);
    aggregate->keys = NEW_ARRAY(int, parameters->key_count + 1);
    aggregate->cells = NEW_ARRAY(Type, cell_max);
    aggregate->is_global = parameters->key_count == 0;
    aggregate->is_home = context->worker_count <= 1 || shard_worker(hash_object_shard(context->object_id),
                                                           context->worker_count) == context->worker;
    aggregate->key_count = aggregate->is_global ? 1 : parameters->key_count;
    aggregate->keeps_old =
        !context->is_one_shot && parameters->phase != AGGREGATE_PARTIAL && !parameters->emit_on_close;
    aggregate->global_slot = SLOT_NONE;
    for (int i = 0; i < parameters->key_count; i++) {
        aggregate->keys[i] = use_column(aggregate, parameters->keys[i]);
        aggregate->cells[aggregate->cell_count++] = used_type(aggregate, aggregate->keys[i]);
    }
    if (aggregate->is_global)
        aggregate->cells[aggregate->cell_count++] = type_of(TYPE_INT8);
    aggregate->count_cell = aggregate->cell_count;
    aggregate->cells[aggregate->cell_count++] = type_of(TYPE_INT8);
    TRY(open_members(aggregate, error));
    if (parameters->phase == AGGREGATE_PARTIAL)
        aggregate->local = state_space_create(&(StateSpaceSpec){.shard_end = 65536, .is_one_shot = true});
    open_groups(aggregate, aggregate->local != NULL ? aggregate->local : context->state);
    TRY(open_images(aggregate, error));
    TRY(open_ordered(aggregate, error));
    distinct_open_all(aggregate);
    open_scratch(aggregate);
    if (!lies_by_some(parameters))
        return OK;
    aggregate->shard_hashes = NEW_ARRAY(uint64_t, BATCH_ROWS_MAX);
    if (aggregate->images != NULL || aggregate->distinct_count > 0 || aggregate->local != NULL)
        return error_set(
            error, STATUS_INTERNAL_ERROR, "an aggregate that keeps values must lie by all its keys");
    return OK;
}

void aggregate_close_tables(AggregateOperator *aggregate) {
    for (int i = 0; i < aggregate->member_count; i++) {
        ordered_close(&aggregate->members[i]);
        memory_free(aggregate->members[i].scratch);
    }
    for (int i = 0; i < aggregate->distinct_count; i++)
        distinct_close(aggregate->distinct[i]);
    if (aggregate->images != NULL)
        row_table_close(aggregate->images);
    slot_order_destroy(aggregate->image_order);
    memory_free(aggregate->images);
    memory_free(aggregate->distinct);
    memory_free(aggregate->members);
    memory_free(aggregate->used);
    memory_free(aggregate->keys);
    memory_free(aggregate->cells);
    memory_free(aggregate->hashes);
    memory_free(aggregate->shard_hashes);
    memory_free(aggregate->slots);
    memory_free(aggregate->is_new);
    memory_free(aggregate->bases);
    memory_free(aggregate->states);
    memory_free(aggregate->diffs);
    batch_release(aggregate->global_key);
    touched_free(&aggregate->touched);
    expiry_queue_free(&aggregate->expiry);
    queue_clear(&aggregate->output);
    arena_destroy(aggregate->scratch);
    arena_destroy(aggregate->messages);
    state_space_destroy(aggregate->local);
}
