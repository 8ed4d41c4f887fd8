/* Sample: an expression over plan columns becomes one over the columns of a batch taken from the samples, and
   is run as a query would run it. What was found is kept for the plan: proofs are derived many times. */
#include "planner/cost/sample.h"

#include <string.h>

#include "executor/base/memory.h"
#include "planner/cost/distinct.h"
#include "planner/logical/predicate.h"

enum { RELATIONS_MAX = 2, PAIRS_MAX = BATCH_ROWS_MAX, MATCHES_MIN = 8 };

/* What was found for an expression; groups have several keys. */
struct SampleResult {
    struct SampleResult *next;
    Expression *predicate; /* NULL: none */
    int key_count;
    Expression **keys;
    SampleShare share;
    double groups;
    bool is_known;
};

const LogicalNode *sample_scan(const LogicalNode *node, int column, int *position) {
    if (node->type == &scan_node) {
        for (int i = 0; i < node->column_count; i++)
            if (node->columns[i] == column) {
                *position = node->scan.positions[i];
                return node;
            }
        return NULL;
    }
    if (node->type == &aggregate_node || node->type == &single_row_node || node->type == &top_n_node)
        return NULL;
    const LogicalNode *found = NULL;
    for (int i = 0; i < node->input_count && found == NULL; i++)
        found = sample_scan(node->inputs[i], column, position);
    return found;
}

static void note_kind(Expression *node, void *argument) {
    bool *is_evaluable = argument;
    switch (node->kind) {
    case EXPRESSION_PARAMETER:
    case EXPRESSION_OUTER:
    case EXPRESSION_SUBQUERY:
    case EXPRESSION_AGGREGATE:
    case EXPRESSION_WINDOW:
        *is_evaluable = false;
        break;
    default:
        break;
    }
}

static bool is_evaluable(const Expression *expression) {
    bool is_evaluable = true;
    expression_walk((Expression *)(uintptr_t)expression, note_kind, &is_evaluable);
    return is_evaluable && !(expression_flags(expression) & (FUNCTION_VOLATILE | FUNCTION_CATALOG));
}

/* The columns that expressions read, with where their values come from. */
typedef struct Reading {
    Planning *plan;
    ColumnSet used;
    int column_count;
    int *columns, *positions, *relations; /* relations: index into scans */
    int scan_count;
    const LogicalNode *scans[RELATIONS_MAX];
} Reading;

static bool add_column(Reading *reading, const LogicalNode *input, int column) {
    int position, relation = 0;
    const LogicalNode *scan = sample_scan(input, column, &position);
    if (scan == NULL || scan->scan.relation->sample == NULL || scan->scan.relation->sample->row_count == 0)
        return false;
    while (relation < reading->scan_count && reading->scans[relation] != scan)
        relation++;
    if (relation == RELATIONS_MAX)
        return false;
    reading->scans[relation] = scan;
    reading->scan_count += relation == reading->scan_count;
    reading->columns[reading->column_count] = column;
    reading->positions[reading->column_count] = position;
    reading->relations[reading->column_count++] = relation;
    return true;
}

/* Adds the expression's columns; false when it cannot be evaluated over samples. */
static bool read_columns(Reading *reading, const LogicalNode *input, const Expression *expression) {
    ColumnSet used = {0};
    if (!is_evaluable(expression))
        return false;
    expression_add_columns(reading->plan, expression, &used);
    for (int column = set_next(&used, -1); column >= 0; column = set_next(&used, column)) {
        if (set_has(&reading->used, column))
            continue;
        reading->columns = memory_resize(reading->columns, sizeof(int) * (size_t)(reading->column_count + 1));
        reading->positions =
            memory_resize(reading->positions, sizeof(int) * (size_t)(reading->column_count + 1));
        reading->relations =
            memory_resize(reading->relations, sizeof(int) * (size_t)(reading->column_count + 1));
        if (!add_column(reading, input, column))
            return false;
        set_add(reading->plan->arena, &reading->used, column);
    }
    return true;
}

static void reading_free(Reading *reading) {
    memory_free(reading->columns);
    memory_free(reading->positions);
    memory_free(reading->relations);
}

/* Which row of a relation's sample stands in row `row` of the batch: of pairs, the second relation's are
   spread by a step without regard to the first's. */
static void place_rows(const Reading *reading, int relation, int row_count, uint16_t *rows) {
    unsigned count = (unsigned)reading->scans[relation]->scan.relation->sample->row_count;
    for (int row = 0; row < row_count; row++)
        rows[row] =
            (uint16_t)(relation == 0 ? (unsigned)row % count : ((unsigned)row * 2654435761u >> 7) % count);
}

/* The read columns side by side. */
static Batch *make_batch(const Reading *reading) {
    Batch *first = reading->scans[0]->scan.relation->sample;
    if (reading->scan_count == 1) {
        Batch *batch = batch_project(first, reading->positions, reading->column_count);
        return batch;
    }
    Column **columns = NEW_ARRAY(Column *, reading->column_count + 1);
    uint16_t rows[PAIRS_MAX];
    for (int i = 0; i < reading->column_count; i++) {
        place_rows(reading, reading->relations[i], PAIRS_MAX, rows);
        columns[i] = column_gather(
            reading->scans[reading->relations[i]]->scan.relation->sample->columns[reading->positions[i]],
            rows, PAIRS_MAX);
    }
    Batch *batch = batch_create(PAIRS_MAX, reading->column_count, columns);
    memory_free(columns);
    return batch;
}

static Expression *place_columns(const Reading *reading, const Expression *expression) {
    Arena *arena = reading->plan->arena;
    Expression **to = ARENA_ARRAY(arena, Expression *, reading->column_count + 1);
    for (int i = 0; i < reading->column_count; i++)
        to[i] = expression_column(arena, i, reading->plan->columns[reading->columns[i]].type);
    return expression_replace_columns(arena, expression, reading->columns, to, reading->column_count);
}

/* Marks the rows for which the predicate is not true; false when it fails as a whole. */
static bool mark_others(const Reading *reading, Batch *batch, const Expression *predicate, bool *skips) {
    const PlannerContext *context = reading->plan->context;
    Evaluator *evaluator =
        evaluator_create(place_columns(reading, predicate), context->settings, context->session);
    RowErrors errors = {.arena = reading->plan->arena};
    Error error = {0};
    uint16_t rows[BATCH_ROWS_MAX];
    int count = 0;
    Status status = evaluator_filter(evaluator, batch, &errors, rows, &count, &error);
    memset(skips, true, sizeof *skips * (size_t)batch->row_count);
    for (int i = 0; i < count; i++)
        skips[rows[i]] = false;
    for (int i = 0; i < errors.count; i++)
        skips[errors.rows[i].row] = true;
    row_errors_free(&errors);
    error_clear(&error);
    evaluator_destroy(evaluator);
    return status == OK;
}

/* What was found before */

static struct SampleResult *find_result(
    const Planning *plan, const Expression *predicate, int key_count, Expression *const *keys) {
    for (struct SampleResult *result = plan->sample_results; result != NULL; result = result->next) {
        bool is_same = result->key_count == key_count && (result->predicate == NULL) == (predicate == NULL) &&
                       (predicate == NULL || expression_is_equal(result->predicate, predicate));
        for (int i = 0; i < key_count && is_same; i++)
            is_same = expression_is_equal(result->keys[i], keys[i]);
        if (is_same)
            return result;
    }
    return NULL;
}

static struct SampleResult *keep_result(
    Planning *plan, const Expression *predicate, int key_count, Expression **keys) {
    struct SampleResult *result = ARENA_NEW(plan->arena, struct SampleResult);
    result->predicate = (Expression *)(uintptr_t)predicate;
    result->key_count = key_count;
    result->keys = keys;
    result->next = plan->sample_results;
    plan->sample_results = result;
    return result;
}

/* Selectivity */

static bool measure_share(
    Planning *plan, const LogicalNode *input, const Expression *predicate, SampleShare *share) {
    Reading reading = {.plan = plan};
    bool is_known = read_columns(&reading, input, predicate) && reading.scan_count > 0;
    if (is_known) {
        Batch *batch = make_batch(&reading);
        bool *skips = NEW_ARRAY(bool, batch->row_count + 1);
        is_known = mark_others(&reading, batch, predicate, skips);
        *share = (SampleShare){
            .is_whole = reading.scan_count == 1 && reading.scans[0]->scan.relation->is_sample_whole};
        for (int row = 0; row < batch->row_count; row++) {
            share->rows += (double)batch_diff(batch, row);
            share->matches += skips[row] ? 0 : (double)batch_diff(batch, row);
        }
        memory_free(skips);
        batch_release(batch);
    }
    reading_free(&reading);
    return is_known && share->rows > 0;
}

bool sample_selectivity(
    Planning *plan, const LogicalNode *input, const Expression *predicate, SampleShare *share) {
    struct SampleResult *result = find_result(plan, predicate, 0, NULL);
    if (result == NULL) {
        result = keep_result(plan, predicate, 0, NULL);
        result->is_known = measure_share(plan, input, predicate, &result->share);
    }
    *share = result->share;
    return result->is_known;
}

/* Groups */

/* Keys and the conjunction of filters, as they read where the walk stands. */
typedef struct Grouping {
    Planning *plan;
    int key_count;
    Expression **keys;
    Expression *predicate;
} Grouping;

static void pass_project(Grouping *grouping, const LogicalNode *node) {
    Arena *arena = grouping->plan->arena;
    int *from = ARENA_ARRAY(arena, int, node->column_count + 1), count = 0;
    Expression **to = ARENA_ARRAY(arena, Expression *, node->column_count + 1);
    for (int i = 0; i < node->column_count; i++) {
        const Expression *expression = node->project.expressions[i];
        if (expression->kind == EXPRESSION_COLUMN && expression->column == node->columns[i])
            continue;
        from[count] = node->columns[i];
        to[count++] = node->project.expressions[i];
    }
    if (count == 0)
        return;
    for (int i = 0; i < grouping->key_count; i++)
        grouping->keys[i] = expression_replace_columns(arena, grouping->keys[i], from, to, count);
    if (grouping->predicate != NULL)
        grouping->predicate = expression_replace_columns(arena, grouping->predicate, from, to, count);
}

/* The join's side that has all keys; what the filters above say of the other side is left out. */
static LogicalNode *pass_join(Grouping *grouping, const LogicalNode *node) {
    for (int side = 0; side < node->input_count; side++) {
        ColumnSet columns = logical_columns(grouping->plan, node->inputs[side]);
        bool has_all = true;
        for (int i = 0; i < grouping->key_count; i++)
            has_all &= expression_uses_only(grouping->plan, grouping->keys[i], &columns);
        if (!has_all)
            continue;
        Conjuncts conjuncts = predicate_split(grouping->plan->arena, grouping->predicate), kept = {0};
        for (int i = 0; i < conjuncts.count; i++)
            if (expression_uses_only(grouping->plan, conjuncts.items[i], &columns))
                ARENA_APPEND(grouping->plan->arena, kept.items, kept.count, conjuncts.items[i]);
        grouping->predicate = predicate_join(grouping->plan->arena, &kept);
        return node->inputs[side];
    }
    return NULL;
}

/* Walks down to the one scan that the keys come from. */
static const LogicalNode *find_base(Grouping *grouping, const LogicalNode *node) {
    while (node != NULL && node->type != &scan_node) {
        const LogicalType *type = node->type;
        if (type == &join_node) {
            node = pass_join(grouping, node);
            continue;
        }
        if (type == &filter_node)
            grouping->predicate =
                predicate_and(grouping->plan->arena, grouping->predicate, node->filter.predicate);
        else if (type == &project_node)
            pass_project(grouping, node);
        else if ((type != &sort_node || node->sort.limit != NULL) && type != &over_node &&
                 type != &window_node && type != &late_node && type != &session_node)
            return NULL;
        node = node->inputs[0];
    }
    return node;
}

/* Leaves out what cannot be evaluated. */
static Expression *evaluable_part(const Grouping *grouping, Reading *reading, const LogicalNode *scan) {
    Conjuncts conjuncts = predicate_split(grouping->plan->arena, grouping->predicate), kept = {0};
    for (int i = 0; i < conjuncts.count; i++)
        if (read_columns(reading, scan, conjuncts.items[i]))
            ARENA_APPEND(grouping->plan->arena, kept.items, kept.count, conjuncts.items[i]);
    return predicate_join(grouping->plan->arena, &kept);
}

static Batch *evaluate_keys(const Grouping *grouping, const Reading *reading, Batch *batch, bool *skips) {
    const PlannerContext *context = grouping->plan->context;
    Column **columns = NEW_ARRAY(Column *, grouping->key_count + 1);
    bool is_well = true;
    for (int i = 0; i < grouping->key_count && is_well; i++) {
        Evaluator *evaluator =
            evaluator_create(place_columns(reading, grouping->keys[i]), context->settings, context->session);
        RowErrors errors = {.arena = grouping->plan->arena};
        Error error = {0};
        is_well = evaluator_run(evaluator, batch, &errors, &columns[i], &error) == OK;
        for (int e = 0; e < errors.count; e++)
            skips[errors.rows[e].row] = true;
        row_errors_free(&errors);
        error_clear(&error);
        evaluator_destroy(evaluator);
    }
    Batch *keys = NULL;
    if (is_well) {
        Batch *made = batch_create(batch->row_count, grouping->key_count, columns);
        keys = batch_dense(made);
        batch_release(made);
        if (batch->diffs != NULL) {
            batch_need_diffs(keys, batch->row_count);
            memcpy(keys->diffs, batch->diffs, sizeof *keys->diffs * (size_t)batch->row_count);
        }
    }
    for (int i = 0; i < grouping->key_count && !is_well; i++)
        column_release(columns[i]);
    memory_free(columns);
    return keys;
}

/* Groups among the base's rows that pass the filters, and how many rows these are. */
static bool count_groups(
    const Grouping *grouping, const LogicalNode *scan, double *groups, double *population) {
    const CatalogRelation *relation = scan->scan.relation;
    Reading reading = {.plan = grouping->plan};
    bool is_known = relation->sample != NULL && relation->sample->row_count > 0;
    for (int i = 0; i < grouping->key_count && is_known; i++)
        is_known = read_columns(&reading, scan, grouping->keys[i]);
    Expression *predicate = is_known ? evaluable_part(grouping, &reading, scan) : NULL;
    Batch *batch = is_known && reading.column_count > 0 ? make_batch(&reading) : NULL, *keys = NULL;
    if (batch != NULL) {
        bool *skips = NEW_ARRAY(bool, batch->row_count + 1);
        if (predicate == NULL || mark_others(&reading, batch, predicate, skips))
            keys = evaluate_keys(grouping, &reading, batch, skips);
        if (keys != NULL) {
            int *positions = NEW_ARRAY(int, grouping->key_count + 1);
            double rows = 0;
            for (int i = 0; i < grouping->key_count; i++)
                positions[i] = i;
            for (int row = 0; row < batch->row_count; row++)
                rows += (double)batch_diff(batch, row);
            SampleValues values = values_count(keys, positions, grouping->key_count, skips);
            is_known = values.rows >= MATCHES_MIN || relation->is_sample_whole;
            *population = relation->row_count * (double)values.rows / (rows > 0 ? rows : 1);
            *groups = values_distinct(&values, relation->is_sample_whole ? 0 : *population);
            values_free(&values);
            memory_free(positions);
            batch_release(keys);
        }
        memory_free(skips);
        batch_release(batch);
    }
    reading_free(&reading);
    return is_known && keys != NULL;
}

bool sample_groups(Planning *plan, const LogicalNode *node, const int *columns, int count, double *groups) {
    Grouping grouping = {
        .plan = plan, .key_count = count, .keys = ARENA_ARRAY(plan->arena, Expression *, count + 1)};
    for (int i = 0; i < count; i++)
        grouping.keys[i] = plan_column(plan, columns[i]);
    const LogicalNode *scan = find_base(&grouping, node);
    if (scan == NULL || count == 0)
        return false;
    struct SampleResult *result = find_result(plan, grouping.predicate, count, grouping.keys);
    if (result == NULL) {
        result = keep_result(plan, grouping.predicate, count, grouping.keys);
        result->is_known = count_groups(&grouping, scan, &result->groups, &result->share.rows);
    }
    if (!result->is_known)
        return false;
    *groups = distinct_after_picking(result->groups, result->share.rows, logical_rows(plan, node));
    return true;
}
