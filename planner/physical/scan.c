/* Scan: stored relations and sources; system relations have an operator of their own. */
#include "executor/operators/leaf/scan.h"

#include <string.h>

#include "executor/operators/leaf/index_scan.h"
#include "executor/operators/leaf/system_scan.h"
#include "executor/operators/upsert.h"
#include "planner/physical/physical.h"

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

static int column_at_position(const LogicalNode *node, int position) {
    for (int i = 0; i < node->column_count; i++)
        if (node->scan.positions[i] == position)
            return node->columns[i];
    return -1;
}

/* A source of changes: they become rows by the newest of each key. */
static Status build_upsert(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    const CatalogRelation *relation = node->scan.relation;
    int *key = ARENA_ARRAY(physical->arena, int, relation->key_count);
    for (int k = 0; k < relation->key_count; k++)
        key[k] = column_at_position(node, relation->key[k]);
    TRY(physical_hash(physical, out, key, relation->key_count));
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
    return OK;
}

Status physical_scan(Physical *physical, LogicalNode *node, PhysicalNode *out) {
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
    return parameters->is_source && relation->key_count > 0 && !node->scan.is_raw
               ? build_upsert(physical, node, out)
               : OK;
}
