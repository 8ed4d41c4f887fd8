/* Proofs: deriving them once, and what the nodes share. */
#include "planner/logical/proofs.h"

#include "planner/nodes/node.h"

const Proofs *logical_proofs_as(Planning *plan, PlanMode mode, const LogicalNode *node) {
    LogicalNode *known = (LogicalNode *)(uintptr_t)node;
    if (known->proofs[mode] == NULL) {
        Proofs *proofs = ARENA_NEW(plan->arena, Proofs);
        node->type->prove(plan, mode, node, proofs);
        known->proofs[mode] = proofs;
    }
    return known->proofs[mode];
}

const Proofs *logical_proofs(Planning *plan, const LogicalNode *node) {
    return logical_proofs_as(plan, plan->mode, node);
}

void logical_forget(LogicalNode *node) {
    logical_forget_own(node);
    for (int i = 0; i < node->input_count; i++)
        logical_forget(node->inputs[i]);
}

bool proofs_are_single_row(const Proofs *proofs) {
    for (int i = 0; i < proofs->key_count; i++)
        if (proofs->keys[i].count == 0)
            return true;
    return false;
}

bool proofs_are_unique(const Proofs *proofs, const ColumnSet *columns) {
    for (int i = 0; i < proofs->key_count; i++)
        if (set_has_list(columns, proofs->keys[i].columns, proofs->keys[i].count))
            return true;
    return false;
}

bool proofs_are_final_below(const Proofs *proofs, int column) {
    return proofs->is_append_only || set_has(&proofs->window_bounds, column);
}

bool proofs_are_complete_below(const Proofs *proofs, int column) {
    return set_has(&proofs->watermarks, column) &&
           (set_has(&proofs->window_bounds, column) ||
               (proofs->is_append_only && set_has(&proofs->clocks, column)));
}

void proofs_add_key(Planning *plan, Proofs *proofs, const int *columns, int count) {
    enum { KEYS_MAX = 8 };
    Key key = {.columns = ARENA_ARRAY(plan->arena, int, count + 1)};
    ColumnSet set = {0};
    for (int i = 0; i < count; i++)
        if (!set_has(&proofs->constants, columns[i]) && !set_has(&set, columns[i])) {
            key.columns[key.count++] = columns[i];
            set_add(plan->arena, &set, columns[i]);
        }
    if (proofs->key_count < KEYS_MAX && !proofs_are_unique(proofs, &set))
        ARENA_APPEND(plan->arena, proofs->keys, proofs->key_count, key);
}

void proofs_add_keys(Planning *plan, Proofs *proofs, const Proofs *from) {
    for (int i = 0; i < from->key_count; i++)
        proofs_add_key(plan, proofs, from->keys[i].columns, from->keys[i].count);
}

void proofs_pass_on(Planning *plan, Proofs *proofs, const Proofs *input) {
    *proofs = *input;
    proofs->keys = NULL;
    proofs->key_count = 0;
    proofs->constants = set_copy(plan->arena, &input->constants);
    proofs->not_null = set_copy(plan->arena, &input->not_null);
    proofs->watermarks = set_copy(plan->arena, &input->watermarks);
    proofs->window_bounds = set_copy(plan->arena, &input->window_bounds);
    proofs->clocks = set_copy(plan->arena, &input->clocks);
}

void proofs_keep_columns(Planning *plan, ColumnSet *set, const int *columns, int count) {
    ColumnSet kept = {0};
    for (int i = 0; i < count; i++)
        if (set_has(set, columns[i]))
            set_add(plan->arena, &kept, columns[i]);
    *set = kept;
}

void proofs_keep_watermarks(Planning *plan, Proofs *proofs, const int *columns, int count) {
    proofs_keep_columns(plan, &proofs->window_bounds, columns, count);
    proofs_keep_columns(plan, &proofs->clocks, columns, count);
    proofs->watermarks = set_copy(plan->arena, &proofs->window_bounds);
    set_add_all(plan->arena, &proofs->watermarks, &proofs->clocks);
}
