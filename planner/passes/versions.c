/* Versions: what FOR SYSTEM_TIME AS OF an event time joins: the versions of each key on the right, by which
   time they follow each other, and by what key.

   A source with a WATERMARK and a PRIMARY KEY gives versions as it is: its rows, or its changes by key. Of
       SELECT … FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM rates) WHERE n =
   1 the rows below the row number are the versions, of which it shows the newest. Projections may stand
   above; what leaves out versions behind them may not, since then an older one would seem valid. */
#include "planner/logical/late.h"
#include "planner/passes/passes.h"

typedef struct Versions {
    int key_count;
    const int *keys;
    int order_count;
    SortKey *order; /* the newest first */
    Type time_type;
    bool are_changes;
} Versions;

static int column_of(const LogicalNode *scan, int position) {
    for (int i = 0; i < scan->column_count; i++)
        if (scan->scan.positions[i] == position)
            return scan->columns[i];
    return -1;
}

static bool versions_of_scan(Planning *plan, LogicalNode *scan, Versions *versions) {
    const CatalogRelation *relation = scan->scan.relation;
    bool is_declared = relation->declared_count > 0;
    const int *key = is_declared ? relation->declared : relation->key;
    int count = is_declared ? relation->declared_count : relation->key_count;
    bool are_changes = relation->kind == RELATION_SOURCE && !relation->is_append_only;
    if ((!relation->is_append_only && !are_changes) || relation->watermark_column < 0 || count <= 0)
        return false;
    int *columns = ARENA_ARRAY(plan->arena, int, count);
    SortKey *order = ARENA_NEW(plan->arena, SortKey);
    *order = (SortKey){
        .column = column_of(scan, relation->watermark_column), .is_descending = true, .is_nulls_first = true};
    for (int i = 0; i < count; i++)
        columns[i] = column_of(scan, key[i]);
    *versions = (Versions){count, columns, 1, order, plan->columns[order->column].type, are_changes};
    scan->scan.is_raw = are_changes;
    logical_forget_own(scan);
    return true;
}

/* The rows that the TopN chooses from take its place. */
static bool versions_of_top_n(Planning *plan, LogicalNode **place, Versions *versions) {
    LogicalNode *top = *place, *input = top->inputs[0];
    const Proofs *proofs = logical_proofs_as(plan, PLAN_CONTINUOUS, input);
    if (top->top_n.limit != 1 || top->top_n.offset != 0 || top->top_n.with_ties_rank ||
        top->top_n.partition_count == 0 || top->top_n.key_count == 0 || !top->top_n.keys[0].is_descending ||
        !proofs->is_append_only || !set_has(&proofs->watermarks, top->top_n.keys[0].column))
        return false;
    *versions = (Versions){top->top_n.partition_count, top->top_n.partition, top->top_n.key_count,
        top->top_n.keys, plan->columns[top->top_n.keys[0].column].type, false};
    *place = input;
    if (!top->top_n.with_rank)
        return true;
    *place = logical_create(plan, &project_node, 1, &input);
    (*place)->columns = top->columns;
    (*place)->column_count = top->column_count;
    (*place)->project.expressions = ARENA_ARRAY(plan->arena, Expression *, top->column_count + 1);
    for (int i = 0; i < top->column_count - 1; i++)
        (*place)->project.expressions[i] = plan_column(plan, top->columns[i]);
    Value first = {.type = plan->columns[top->columns[top->column_count - 1]].type, .datum.int8 = 1};
    (*place)->project.expressions[top->column_count - 1] = expression_constant(plan->arena, &first);
    return true;
}

static bool has_column(const LogicalNode *node, int column) {
    for (int i = 0; i < node->column_count; i++)
        if (node->columns[i] == column)
            return true;
    return false;
}

/* A projection passes on what the versions are told apart by. */
static void pass_on(Planning *plan, LogicalNode *project, const Versions *versions) {
    int count = project->column_count,
        *columns = ARENA_ARRAY(plan->arena, int, count + versions->key_count + versions->order_count);
    Expression **expressions =
        ARENA_ARRAY(plan->arena, Expression *, count + versions->key_count + versions->order_count);
    for (int i = 0; i < count; i++) {
        columns[i] = project->columns[i];
        expressions[i] = project->project.expressions[i];
    }
    project->columns = columns;
    project->project.expressions = expressions;
    for (int i = 0; i < versions->key_count + versions->order_count; i++) {
        int column =
            i < versions->key_count ? versions->keys[i] : versions->order[i - versions->key_count].column;
        if (has_column(project, column))
            continue;
        columns[project->column_count] = column;
        expressions[project->column_count++] = plan_column(plan, column);
    }
    logical_forget_own(project);
}

static bool find_versions(Planning *plan, LogicalNode **place, Versions *versions) {
    LogicalNode *node = *place;
    if (node->type == &scan_node)
        return versions_of_scan(plan, node, versions);
    if (node->type == &top_n_node)
        return versions_of_top_n(plan, place, versions);
    if (node->type != &project_node || !find_versions(plan, &node->inputs[0], versions))
        return false;
    pass_on(plan, node, versions);
    return true;
}

static int place_of(const Versions *versions, const Expression *expression) {
    for (int k = 0; k < versions->key_count && expression->kind == EXPRESSION_COLUMN; k++)
        if (versions->keys[k] == expression->column)
            return k;
    return -1;
}

/* Takes the equalities with the versions' key out of the condition; both sides become columns of one type. */
static Status find_keys(RuleContext *context, LogicalNode *join, const Versions *versions) {
    Planning *plan = context->plan;
    ColumnSet left = logical_columns(plan, join->inputs[0]), right = logical_columns(plan, join->inputs[1]);
    Conjuncts conjuncts = predicate_split(context->arena, join->temporal_join.condition), kept = {0};
    int *keys[] = {ARENA_ARRAY(context->arena, int, versions->key_count),
        ARENA_ARRAY(context->arena, int, versions->key_count)};
    bool *is_found = ARENA_ARRAY(context->arena, bool, versions->key_count);
    for (int i = 0; i < conjuncts.count; i++) {
        Expression *sides[2];
        bool is_null_safe;
        int key = -1;
        if (predicate_is_equality(
                plan, conjuncts.items[i], &left, &right, &sides[0], &sides[1], &is_null_safe) &&
            !is_null_safe)
            key = place_of(versions, sides[1]);
        if (key < 0 || is_found[key] ||
            (!type_is_same(sides[0]->type, sides[1]->type) &&
                predicate_unify(context->arena, sides) == NULL)) {
            ARENA_APPEND(context->arena, kept.items, kept.count, conjuncts.items[i]);
            continue;
        }
        is_found[key] = true;
        for (int s = 0; s < 2; s++)
            join->inputs[s] = logical_extend(plan, join->inputs[s], 1, &sides[s], &keys[s][key]);
    }
    for (int k = 0; k < versions->key_count; k++)
        if (!is_found[k]) {
            error_set(context->error, STATUS_FEATURE_NOT_SUPPORTED,
                "FOR SYSTEM_TIME AS OF an event time needs an equality with \"%s\" of the right side",
                plan->columns[versions->keys[k]].name);
            return error_hint(context->error, "Versions are joined by their whole key.");
        }
    join->temporal_join.condition = predicate_join(context->arena, &kept);
    join->temporal_join.key_count = versions->key_count;
    join->temporal_join.left_keys = keys[0];
    join->temporal_join.right_keys = keys[1];
    return OK;
}

static Status refuse(RuleContext *context, const char *what) {
    error_set(
        context->error, STATUS_FEATURE_NOT_SUPPORTED, "FOR SYSTEM_TIME AS OF an event time needs %s", what);
    return error_hint(context->error, "Versions are the rows of a source with a WATERMARK and a PRIMARY KEY, "
                                      "or of a view of append-only rows that keeps "
                                      "ROW_NUMBER() OVER (PARTITION BY key ORDER BY event_time DESC) = 1.");
}

static Status resolve(RuleContext *context, LogicalNode **place) {
    Planning *plan = context->plan;
    LogicalNode *join = *place;
    int *columns = join->columns, count = join->column_count;
    Versions versions;
    TRY(top_n_rule.apply(context, &join->inputs[1]));
    if (!logical_proofs_as(plan, PLAN_CONTINUOUS, join->inputs[0])->is_append_only)
        return refuse(context, "append-only rows on the left");
    if (!find_versions(plan, &join->inputs[1], &versions))
        return refuse(context, "versions on the right");
    Type type = plan->columns[join->temporal_join.left_time].type;
    if ((type.id != TYPE_TIMESTAMP && type.id != TYPE_TIMESTAMPTZ) || type.id != versions.time_type.id)
        return refuse(context, "times of one type, timestamp or timestamp with time zone, on both sides");
    TRY(find_keys(context, join, &versions));
    join->temporal_join.versions = versions.order;
    join->temporal_join.version_count = versions.order_count;
    join->temporal_join.are_changes = versions.are_changes;
    logical_refresh(plan, join);
    *place = logical_pick(plan, join, columns, count);
    return OK;
}

static Status visit(RuleContext *context, LogicalNode **place) {
    LogicalNode *node = *place;
    for (int i = 0; i < node->input_count; i++)
        TRY(visit(context, &node->inputs[i]));
    logical_refresh(context->plan, node);
    return node->type == &temporal_join_node ? resolve(context, place) : OK;
}

/* Decided as for a view, whatever the plan is for. */
static Status apply(RuleContext *context, LogicalNode **root) {
    return visit(context, root);
}

const Pass versions_pass = {apply};
