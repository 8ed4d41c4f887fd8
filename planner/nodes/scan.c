/* Scan: stored relations and sources; system relations have an operator of their own. */
#include <string.h>

#include "executor/operators/leaf/index_scan.h"
#include "executor/operators/leaf/scan.h"
#include "executor/operators/leaf/system_scan.h"
#include "executor/operators/upsert.h"
#include "planner/cost/cardinality.h"
#include "planner/nodes/node.h"

static bool is_key_column(const CatalogRelation *relation, int position) {
    for (int k = 0; k < relation->key_count; k++)
        if (relation->key[k] == position)
            return true;
    return false;
}

static void prove_column(Planning *plan, const LogicalNode *node, int place, Proofs *proofs) {
    const CatalogRelation *relation = node->scan.relation;
    int position = node->scan.positions[place], own = node->columns[place];
    const CatalogColumn *column = &relation->columns[position];
    if (column->is_not_null || is_key_column(relation, position))
        set_add(plan->arena, &proofs->not_null, own);
    if (column->has_watermark)
        set_add(plan->arena, &proofs->watermarks, own);
    if (column->has_watermark && column->is_window_bound && !node->scan.is_raw)
        set_add(plan->arena, &proofs->window_bounds, own);
    if (column->has_watermark && column->is_clock)
        set_add(plan->arena, &proofs->clocks, own);
    if (column->is_hidden && strcmp(column->name, "$row_id") == 0)
        proofs_add_key(plan, proofs, &own, 1);
}

static int column_at_position(const LogicalNode *node, int position) {
    for (int i = 0; i < node->column_count; i++)
        if (node->scan.positions[i] == position)
            return node->columns[i];
    return -1;
}

static void prove(Planning *plan, PlanMode mode, const LogicalNode *node, Proofs *proofs) {
    const CatalogRelation *relation = node->scan.relation;
    bool is_raw = node->scan.is_raw;
    proofs->is_append_only = mode == PLAN_ONE_SHOT || relation->is_append_only || is_raw;
    proofs->is_stream = relation->is_append_only || is_raw;
    for (int i = 0; i < node->column_count; i++)
        prove_column(plan, node, i, proofs);
    if (node->scan.key_count > 0)
        proofs_add_key(plan, proofs, NULL, 0);
    if (relation->kind == RELATION_SYSTEM || relation->key_count < 0 || is_raw)
        return;
    int *key = ARENA_ARRAY(plan->arena, int, relation->key_count + 1);
    for (int i = 0; i < relation->key_count; i++) {
        key[i] = column_at_position(node, relation->key[i]);
        if (key[i] < 0)
            return;
    }
    proofs_add_key(plan, proofs, key, relation->key_count);
}

static void estimate(Planning *plan, const LogicalNode *node, Estimates *estimates) {
    if (node->scan.key_count > 0) {
        estimates_of_rows(plan, node, 1, estimates);
        return;
    }
    const CatalogRelation *relation = node->scan.relation;
    estimates->rows = cardinality_of_scan(plan, relation);
    estimates->distinct = ARENA_ARRAY(plan->arena, double, node->column_count + 1);
    for (int i = 0; i < node->column_count; i++)
        estimates->distinct[i] = cardinality_of_column(relation, node->scan.positions[i], estimates->rows);
}

/* Changes by key are made rows behind the scan, by the key; late ones are told by their times. */
static bool is_of_changes(const CatalogRelation *relation, int position) {
    if (relation->kind != RELATION_SOURCE || relation->key_count <= 0)
        return false;
    return is_key_column(relation, position) ||
           (relation->watermark_column >= 0 &&
               (position == relation->watermark_column || relation->columns[position].is_hidden));
}

static LogicalNode *narrow(Planning *plan, LogicalNode *node, const ColumnSet *wanted) {
    int kept = 0, narrowest = 0;
    for (int i = 0; i < node->column_count; i++) {
        if (set_has(wanted, node->columns[i]) ||
            is_of_changes(node->scan.relation, node->scan.positions[i])) {
            node->columns[kept] = node->columns[i];
            node->scan.positions[kept++] = node->scan.positions[i];
        } else if (kept == 0 && !type_has_heap(node->scan.relation->columns[node->scan.positions[i]].type))
            narrowest = i;
    }
    /* Rows without any column still count; one column carries them. */
    if (kept == 0 && node->column_count > 0) {
        node->columns[0] = node->columns[narrowest];
        node->scan.positions[0] = node->scan.positions[narrowest];
        kept = 1;
    }
    node->column_count = kept;
    logical_refresh(plan, node);
    return node;
}

/* The relation's column with the arrival watermarks of another; −1: none. */
static int stored_arrival(const CatalogRelation *relation, int position) {
    if (relation->columns[position].arrival > 0)
        return relation->columns[position].arrival;
    for (int i = 0; i < relation->column_count && position == relation->watermark_column; i++)
        if (relation->columns[i].is_hidden && strcmp(relation->columns[i].name, "$arrival") == 0)
            return i;
    return -1;
}

static int carry_arrival(Planning *plan, PlanMode mode, LogicalNode *node, int time) {
    int stored = -1;
    for (int i = 0; i < node->column_count; i++)
        if (node->columns[i] == time)
            stored = stored_arrival(node->scan.relation, node->scan.positions[i]);
    if (stored < 0)
        return -1;
    for (int i = 0; i < node->column_count; i++)
        if (node->scan.positions[i] == stored)
            return node->columns[i];
    const CatalogColumn *column = &node->scan.relation->columns[stored];
    node->scan.positions = columns_with(plan, node->scan.positions, node->column_count, stored);
    return logical_append_column(plan, node, plan_column_add(plan, column->name, column->type));
}

static Status build_system_scan(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    physical_create(physical, node, &system_scan_operator, 0, NULL, out);
    SystemScanParameters *parameters = out->spec->parameters;
    parameters->relation =
        arena_printf(physical->arena, "%s.%s", node->scan.relation->schema, node->scan.relation->name);
    parameters->column_count = node->column_count;
    parameters->columns = node->scan.positions;
    return OK;
}

/* A stored relation's rows lie by the hash of its key, or of the whole row. */
static void find_distribution(Physical *physical, const LogicalNode *node, PhysicalNode *out) {
    const CatalogRelation *relation = node->scan.relation;
    out->distribution = (Distribution){0};
    if (relation->kind != RELATION_MATERIALIZED_VIEW || relation->key_count <= 0)
        return;
    int *columns = ARENA_ARRAY(physical->arena, int, relation->key_count);
    for (int k = 0; k < relation->key_count; k++) {
        columns[k] = -1;
        for (int i = 0; i < node->column_count; i++)
            if (node->scan.positions[i] == relation->key[k])
                columns[k] = node->columns[i];
        if (columns[k] < 0)
            return;
    }
    out->distribution =
        (Distribution){.kind = DISTRIBUTION_HASH, .count = relation->key_count, .columns = columns};
}

static Status build_index_scan(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    const CatalogIndex *index = node->scan.index;
    physical_create(physical, node, &index_scan_operator, 0, NULL, out);
    IndexScanParameters *parameters = out->spec->parameters;
    parameters->name = index->name;
    parameters->relation = node->scan.relation->name;
    parameters->object_id = (int)node->scan.relation->id;
    parameters->index_id = (int)index->id;
    parameters->column_count = node->column_count;
    parameters->columns = node->scan.positions;
    parameters->indexed_count = parameters->key_count = index->key_count;
    parameters->indexed = (int *)index->key;
    parameters->key = node->scan.index_key;
    return OK;
}

/* A source of changes: they become rows by the newest of each key. */
static void build_upsert(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    const CatalogRelation *relation = node->scan.relation;
    int *key = ARENA_ARRAY(physical->arena, int, relation->key_count);
    for (int k = 0; k < relation->key_count; k++)
        key[k] = column_at_position(node, relation->key[k]);
    physical_hash(physical, out, key, relation->key_count);
    PhysicalNode input = *out;
    physical_wrap(physical, &input, &upsert_operator, out);
    UpsertParameters *parameters = out->spec->parameters;
    parameters->key_count = relation->key_count;
    parameters->keys = physical_positions(physical, &input, key, relation->key_count);
    parameters->tells_late = relation->watermark_column >= 0;
    if (parameters->tells_late) {
        parameters->time_column =
            physical_position(&input, column_at_position(node, relation->watermark_column));
        parameters->arrival_column =
            physical_position(&input, column_at_position(node, relation->column_count - 1)); /* "$arrival" */
    }
    physical_add_cost(out, 15);
}

static Status build(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    const CatalogRelation *relation = node->scan.relation;
    if (relation->kind == RELATION_SYSTEM || relation->kind == RELATION_SEQUENCE)
        return build_system_scan(physical, node, out);
    if (node->scan.index != NULL)
        return build_index_scan(physical, node, out);
    physical_create(physical, node, &scan_operator, 0, NULL, out);
    ScanParameters *parameters = out->spec->parameters;
    parameters->name = node->scan.alias == NULL || strcmp(node->scan.alias, relation->name) == 0
                           ? relation->name
                           : arena_printf(physical->arena, "%s %s", relation->name, node->scan.alias);
    parameters->object_id = (int)relation->id;
    parameters->is_source = relation->kind == RELATION_SOURCE;
    parameters->column_count = node->column_count;
    parameters->columns = node->scan.positions;
    parameters->key_count = node->scan.key_count;
    parameters->key = node->scan.key;
    find_distribution(physical, node, out);
    if (parameters->is_source && relation->key_count > 0 && !node->scan.is_raw)
        build_upsert(physical, node, out);
    return OK;
}

static const LogicalField fields[] = {
    NODE_LIST(NUMBERS, scan.positions, column_count),
    NODE_LIST(EXPRESSIONS, scan.key, scan.key_count),
    NODE_LIST(EXPRESSIONS, scan.index_key, scan.index_key_count),
    {NODE_END},
};

const LogicalType scan_node = {
    .fields = fields,
    .prove = prove,
    .estimate = estimate,
    .narrow = narrow,
    .push = node_keep,
    .carry_arrival = carry_arrival,
    .build = build,
};
