/* HashJoin: both sides keep their rows (whole row -> count; each for itself where none is ever taken back)
   chained by key; a batch probes the other side's rows and is then added to its own.

   A lookup probes with the left rows when the right ones of the step are complete, and keeps none of them.
   Pairs are linear and leave as they come. Padding, semi and anti rows depend on a match count a row, kept in
   its slot; what was touched in the step is compared with what it was before when all inputs are sealed. NOT
   IN is an anti join whose condition is "no key is certainly different". One-shot, once an input is complete,
   rows of the other are not kept. */
#include "executor/operators/join/join.h"

#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/operators/join/join_state.h"

static bool side_is_preserved(int type, int side) {
    switch ((JoinType)type) {
    case JOIN_INNER:
        return false;
    case JOIN_LEFT:
    case JOIN_SEMI:
    case JOIN_ANTI:
        return side == 0;
    case JOIN_RIGHT:
        return side == 1;
    case JOIN_FULL:
        return true;
    }
    return false;
}

static Status open_side(Join *join, int s, Error *error) {
    const JoinParameters *parameters = join->parameters;
    JoinSide *side = &join->sides[s];
    side->schema = &join->base.spec->inputs[s]->output;
    side->keys = s == 0 ? parameters->left_keys : parameters->right_keys;
    side->is_preserved = side_is_preserved(parameters->type, s);
    side->expiry_column = s == 0 ? parameters->left_expiry_column : parameters->right_expiry_column;
    side->expiry_watermark = s == 0 ? parameters->left_expiry_watermark : parameters->right_expiry_watermark;
    side->expiry_delay = s == 0 ? parameters->left_expiry_delay : parameters->right_expiry_delay;
    if (side->expiry_watermark < 0 ||
        join->base.context->is_one_shot) /* there a row may come long after it can still meet others */
        side->expiry_column = -1;
    TRY(row_table_open(&side->rows, join->base.context->state,
        &(RowTableSpec){.number = s,
            .column_count = side->schema->count,
            .types = side->schema->types,
            .key_count = parameters->key_count,
            .keys = side->keys,
            .value_count = side->is_preserved,
            .forgets_old = !side->is_preserved,
            .is_bag = parameters->key_count > 0 && !join->base.spec->inputs[s]->is_updating,
            .is_single = parameters->is_null_aware},
        error));
    if (side->expiry_column >= 0)
        state_table_expire_by(side->rows.table, side->rows.column_cells[side->expiry_column]);
    return OK;
}

static Status join_open(Operator *instance, Error *error) {
    Join *join = (Join *)instance;
    const JoinParameters *parameters = join->parameters = instance->spec->parameters;
    join->emits_pairs = parameters->type != JOIN_SEMI && parameters->type != JOIN_ANTI;
    join->checks_keys = parameters->is_null_aware && parameters->key_count > 1;
    join->is_keyed = parameters->key_count > 0 && !join->checks_keys;
    if (parameters->is_null_aware && parameters->type != JOIN_ANTI)
        return error_set(error, STATUS_INTERNAL_ERROR, "only an anti join can be null-aware");
    join_probe_open(join);
    join->messages = arena_create();
    join->padding = NEW(SlotOutput);
    TRY(open_side(join, 0, error));
    TRY(open_side(join, 1, error));
    if (parameters->residual != NULL)
        join->residual =
            evaluator_create(parameters->residual, instance->context->settings, instance->context->session);
    return OK;
}

static bool row_time(void *argument, Slot slot, int64_t *time) {
    JoinSide *side = argument;
    int cell = side->rows.column_cells[side->expiry_column];
    if (state_table_is_null(side->rows.table, slot, cell))
        return false;
    *time = cell_integer(side->rows.types[cell],
        state_table_slot(side->rows.table, slot) + state_table_cell_offset(side->rows.table, cell));
    return true;
}

static void refresh_expiry(Join *join) {
    for (int s = 0; s < 2; s++)
        if (join->sides[s].expiry_column >= 0)
            expiry_queue_refresh(
                &join->sides[s].expiry, join->sides[s].rows.table, row_time, &join->sides[s]);
}

static void add_pending(Join *join, Batch *dense, int input, bool is_streaming) {
    GROW(join->pending, join->pending_capacity, join->pending_count + 1);
    join->pending[join->pending_count++] = (PendingBatch){dense, input, is_streaming};
}

/* An input that takes no part in the step counts as sealed from its beginning. */
static bool right_is_complete(const Join *join) {
    return join->is_sealed[1] || join->base.sealed_count > join->is_sealed[0] + join->is_sealed[1];
}

static Status join_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    Join *join = (Join *)instance;
    if (batch->selected_count == 0)
        return OK;
    refresh_expiry(join);
    if (join->pending_head == join->pending_count)
        join->pending_head = join->pending_count = 0;
    if (MUTANT("join-right-retractions-lost") && input == 1 && batch->diffs != NULL)
        return OK;
    if (join->parameters->is_lookup && input == 0 && !right_is_complete(join)) {
        queue_push(&join->held, batch_dense(batch));
        return OK;
    }
    bool is_streaming = join->parameters->is_lookup
                            ? input == 0
                            : instance->context->is_one_shot && join->is_sealed[1 - input];
    add_pending(join, batch_dense(batch), input, is_streaming);
    if (MUTANT("join-new-on-both-sides") && join->parameters->type == JOIN_INNER) {
        PendingBatch *last = &join->pending[join->pending_count - 1];
        last->is_streaming = true;
        TRY(row_table_load(&join->sides[input].rows, last->batch, error));
        row_table_apply(&join->sides[input].rows, last->batch);
    }
    return OK;
}

static Status join_on_seal(Operator *instance, int input, const int64_t *watermarks, Error *error) {
    Join *join = (Join *)instance;
    join->is_sealed[input] = true;
    for (Batch *batch; input == 1 && (batch = queue_pop(&join->held)) != NULL;)
        add_pending(join, batch, 0, true);
    return OK;
}

/* How often a row of a preserved side stands in the output by itself. */
static int64_t own_copies(const Join *join, int64_t count, int64_t matches) {
    return (join->parameters->type == JOIN_SEMI) == (matches > 0) ? count : 0;
}

static Status check_side(const JoinSide *side, Error *error) {
    TRY(row_table_check(&side->rows, error));
    for (int i = 0; side->is_preserved && i < side->rows.touched.count; i++)
        if (*row_table_value(&side->rows, side->rows.touched.slots[i]) < 0)
            return error_set(error, STATUS_INTERNAL_ERROR, "a row has fewer than no matches");
    return OK;
}

static void begin_padding(Join *join, int s) {
    const JoinSide *side = &join->sides[s], *other = &join->sides[1 - s];
    int padding = join->emits_pairs ? other->schema->count : 0;
    SlotOutput *output = join->padding;
    output->table = side->rows.table;
    output->queue = &join->output;
    output->cells = side->rows.column_cells;
    output->cell_count = side->schema->count;
    output->null_before = s == 0 ? 0 : padding;
    output->null_after = s == 0 ? padding : 0;
    output->types = join->base.spec->output.types;
}

/* The change of up to BATCH_ROWS_MAX touched rows of a preserved side. */
static void emit_own_rows(Join *join, int s) {
    JoinSide *side = &join->sides[s];
    const TouchedSlots *touched = &side->rows.touched;
    begin_padding(join, s);
    int end = touched->count - join->final_place > BATCH_ROWS_MAX ? join->final_place + BATCH_ROWS_MAX
                                                                  : touched->count;
    for (; join->final_place < end; join->final_place++) {
        Slot slot = touched->slots[join->final_place];
        int64_t old = own_copies(join, touched->old[join->final_place], side->old_matches[join->final_place]);
        if (MUTANT("join-padding-stays"))
            old = 0;
        int64_t now =
            own_copies(join, *row_table_count(&side->rows, slot), *row_table_value(&side->rows, slot));
        slot_output_add(join->padding, slot, now - old, 0);
    }
    slot_output_flush(join->padding);
}

static Status settle_side(Join *join, int s, Error *error) {
    JoinSide *side = &join->sides[s];
    int64_t time;
    const TouchedSlots *touched = &side->rows.touched;
    for (int i = 0; side->expiry_column >= 0 && i < touched->count; i++)
        if (*row_table_count(&side->rows, touched->slots[i]) == 0 && row_time(side, touched->slots[i], &time))
            expiry_queue_remove(&side->expiry, time, touched->slots[i]);
    TRY(row_table_settle(&side->rows, error));
    if (side->expiry_column < 0)
        return OK;
    int64_t watermark = join->base.input_watermarks[1 - s][side->expiry_watermark];
    if (watermark != WATERMARK_END && watermark != WATERMARK_NONE &&
        __builtin_sub_overflow(watermark, side->expiry_delay, &watermark))
        watermark = WATERMARK_NONE;
    /* A row that may still be taken back stays until its own watermark has passed it too. */
    int64_t own = join->base.input_watermarks[s][side->expiry_column];
    if (join->base.spec->inputs[s]->is_updating && own < watermark)
        watermark = own;
    ExpiryBucket bucket;
    refresh_expiry(join);
    while (expiry_queue_take(&side->expiry, watermark, &bucket)) {
        state_table_expire(side->rows.table, bucket.slots, bucket.count);
        memory_free(bucket.slots);
    }
    state_table_pass(side->rows.table, watermark);
    return OK;
}

static Status finalise_more(Join *join, Error *error) {
    if (!join->is_checked) {
        join->is_checked = true;
        join->final_side = join->final_place = 0;
        TRY(check_side(&join->sides[0], error));
        return check_side(&join->sides[1], error);
    }
    if (join->final_side < 2) {
        JoinSide *side = &join->sides[join->final_side];
        if (side->is_preserved && join->final_place < side->rows.touched.count) {
            emit_own_rows(join, join->final_side);
            return OK;
        }
        join->final_side++;
        join->final_place = 0;
        return OK;
    }
    TRY(settle_side(join, 0, error));
    TRY(settle_side(join, 1, error));
    join->is_checked = false;
    join->is_sealed[0] = join->is_sealed[1] = false;
    join->is_finished = true;
    return OK;
}

static Status join_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    Join *join = (Join *)instance;
    *progress = PROGRESS_MORE;
    while ((*batch = queue_pop(&join->output)) == NULL) {
        if (join->is_finished) {
            join->is_finished = false;
            *progress = PROGRESS_DONE;
            return OK;
        }
        if (join->probe.batch != NULL) {
            TRY(join_probe_step(join, error));
            if (join->output.count == 0)
                return OK; /* the driver may want to stop here */
        } else if (MUTANT("join-new-on-both-sides") && join->pending_head < join->pending_count &&
                   !operator_is_sealed(instance)) {
            *progress = PROGRESS_IDLE;
            return OK;
        } else if (join->pending_head < join->pending_count) {
            TRY(join_probe_begin(join, join->pending[join->pending_head++], error));
        } else if (operator_is_sealed(instance)) {
            TRY(finalise_more(join, error));
        } else {
            *progress = PROGRESS_IDLE;
            return OK;
        }
    }
    return OK;
}

/* A row that can't meet any later one of the other side, and comes no more itself, is in no pair that comes
   or goes. */
static void derive_expiry(Join *join, int s, int column, int other, int64_t delay) {
    int output = s == 0 ? column : join->sides[0].schema->count + column;
    if (column < 0 || other < 0 || (s == 1 && !join->emits_pairs) ||
        !spec_has_watermark(join->base.spec, output))
        return;
    int64_t own = join->base.input_watermarks[s][column], reach = join->base.input_watermarks[1 - s][other];
    if (reach != WATERMARK_NONE && reach != WATERMARK_END && __builtin_sub_overflow(reach, delay, &reach))
        reach = WATERMARK_NONE;
    int64_t both = own < reach ? own : reach;
    if (both > join->base.watermarks[output])
        join->base.watermarks[output] = both;
}

/* A pair changes only by a row of its left or of its right, and both have its key; so does a padded row. Of
   other columns nothing is known: an old row of one side comes again with each new one of the other. */
static void join_derive_watermarks(Operator *instance) {
    Join *join = (Join *)instance;
    const JoinParameters *parameters = join->parameters;
    for (int i = 0; i < instance->spec->output.count; i++)
        instance->watermarks[i] = WATERMARK_NONE;
    for (int i = 0; i < join->sides[0].schema->count && parameters->is_lookup; i++)
        if (spec_has_watermark(instance->spec, i))
            instance->watermarks[i] = instance->input_watermarks[0][i];
    if (parameters->is_null_aware || parameters->is_lookup)
        return;
    for (int i = 0; i < parameters->key_count; i++) {
        int64_t left = instance->input_watermarks[0][parameters->left_keys[i]],
                right = instance->input_watermarks[1][parameters->right_keys[i]];
        int64_t both = left < right ? left : right;
        int outputs[2] = {parameters->left_keys[i], join->sides[0].schema->count + parameters->right_keys[i]};
        for (int s = 0; s < (join->emits_pairs ? 2 : 1); s++)
            if (both > instance->watermarks[outputs[s]])
                instance->watermarks[outputs[s]] = both;
    }
    derive_expiry(join, 0, parameters->left_expiry_column, parameters->left_expiry_watermark,
        parameters->left_expiry_delay);
    derive_expiry(join, 1, parameters->right_expiry_column, parameters->right_expiry_watermark,
        parameters->right_expiry_delay);
}

static void clear_pending(Join *join) {
    while (join->pending_head < join->pending_count)
        batch_release(join->pending[join->pending_head++].batch);
    batch_release(join->probe.batch);
    join->probe.batch = NULL;
    queue_clear(&join->output);
    queue_clear(&join->held);
}

static void join_reset(Operator *instance) {
    Join *join = (Join *)instance;
    clear_pending(join);
    for (int s = 0; s < 2; s++) {
        row_table_reset(&join->sides[s].rows);
        expiry_queue_free(&join->sides[s].expiry);
        join->is_sealed[s] = false;
    }
    join->is_checked = join->is_finished = false;
}

static void join_close(Operator *instance) {
    Join *join = (Join *)instance;
    clear_pending(join);
    memory_free(join->pending);
    join_probe_close(join);
    for (int s = 0; s < 2; s++) {
        row_table_close(&join->sides[s].rows);
        expiry_queue_free(&join->sides[s].expiry);
        memory_free(join->sides[s].old_matches);
    }
    evaluator_destroy(join->residual);
    arena_destroy(join->messages);
    memory_free(join->padding);
}

static const char *const type_names[] = {"inner", "left", "right", "full", "semi", "anti", NULL};

static const Field join_fields[] = {
    FIELD_NAMED(JoinParameters, type, type_names),
    FIELD_LIST_OF(0, COLUMNS, JoinParameters, left_keys, key_count, "keys"),
    FIELD_LIST_OF(1, COLUMNS, JoinParameters, right_keys, right_key_count, "equal to"),
    FIELD(BOOL, JoinParameters, is_null_aware, "null-aware"),
    FIELD(BOOL, JoinParameters, is_null_safe, "null-safe"),
    FIELD(BOOL, JoinParameters, is_lookup, "as of processing time"),
    FIELD_OF(INPUT_ALL, EXPRESSION, JoinParameters, residual, "condition"),
    FIELD_OF(0, COLUMN, JoinParameters, left_expiry_column, "left rows go by"),
    FIELD_OF(1, COLUMN, JoinParameters, left_expiry_watermark, NULL),
    FIELD(INT8, JoinParameters, left_expiry_delay, NULL),
    FIELD_OF(1, COLUMN, JoinParameters, right_expiry_column, "right rows go by"),
    FIELD_OF(0, COLUMN, JoinParameters, right_expiry_watermark, NULL),
    FIELD(INT8, JoinParameters, right_expiry_delay, NULL),
    FIELDS_END,
};

const OperatorType join_operator = {
    .name = "HashJoin",
    .version = 3,
    .fields = join_fields,
    .parameters_size = sizeof(JoinParameters),
    .reads_first = 1 << 1,
    .size = sizeof(Join),
    .open = join_open,
    .on_batch = join_on_batch,
    .on_seal = join_on_seal,
    .produce = join_produce,
    .derive_watermarks = join_derive_watermarks,
    .reset = join_reset,
    .close = join_close,
};
