/* Exchange placement: before each operator that keeps state by key, unless the rows are there already. */
#include "executor/operators/exchange.h"

#include <string.h>

#include "planner/physical/physical.h"

bool distribution_is_hash(const Distribution *distribution, const int *columns, int count) {
    if (distribution->kind != DISTRIBUTION_HASH || distribution->count != count)
        return false;
    bool is_found = memcmp(distribution->columns, columns, sizeof *columns * (size_t)count) == 0;
    for (int i = 0; i < distribution->same_count; i++)
        is_found |= memcmp(distribution->same[i], columns, sizeof *columns * (size_t)count) == 0;
    return is_found;
}

static int *translate_columns(Physical *physical, const int *columns, int count,
    int (*translate)(const void *argument, int column), const void *argument) {
    int *translated = ARENA_ARRAY(physical->arena, int, count + 1);
    for (int i = 0; i < count; i++)
        if ((translated[i] = translate(argument, columns[i])) < 0)
            return NULL;
    return translated;
}

void distribution_translate(Physical *physical, Distribution *distribution,
    int (*translate)(const void *argument, int column), const void *argument) {
    Distribution found = {.kind = DISTRIBUTION_HASH, .count = distribution->count};
    if (distribution->kind != DISTRIBUTION_HASH)
        return;
    found.columns = translate_columns(physical, distribution->columns, found.count, translate, argument);
    for (int i = 0; i < distribution->same_count; i++) {
        int *columns = translate_columns(physical, distribution->same[i], found.count, translate, argument);
        if (columns != NULL && found.columns == NULL)
            found.columns = columns;
        else if (columns != NULL)
            ARENA_APPEND(physical->arena, found.same, found.same_count, columns);
    }
    *distribution = found.columns == NULL ? (Distribution){0} : found;
}

static int same_column(const void *node, int column) {
    return physical_position(node, column) < 0 ? -1 : column;
}

void distribution_restrict(Physical *physical, PhysicalNode *node) {
    distribution_translate(physical, &node->distribution, same_column, node);
}

static void exchange(
    Physical *physical, PhysicalNode *node, ExchangeMode mode, const int *columns, int count) {
    PhysicalNode input = *node;
    physical_wrap(physical, &input, &exchange_operator, node);
    node->spec->cost_estimate += cost_of_exchange(physical_size(&input));
    ExchangeParameters *parameters = node->spec->parameters;
    parameters->mode = mode;
    parameters->key_count = count;
    parameters->keys = physical_positions(physical, &input, columns, count);
}

void physical_hash(Physical *physical, PhysicalNode *node, const int *columns, int count) {
    if (physical->plan->mode == PLAN_ONE_SHOT)
        return;
    exchange(physical, node, EXCHANGE_HASH, columns, count);
    node->distribution = (Distribution){
        .kind = DISTRIBUTION_HASH, .count = count, .columns = ARENA_ARRAY(physical->arena, int, count + 1)};
    memcpy(node->distribution.columns, columns, sizeof *columns * (size_t)count);
}

void physical_hash_rows(Physical *physical, PhysicalNode *node, int count) {
    const OperatorSpec *spec = node->spec;
    if (node->distribution.kind == DISTRIBUTION_HASH && node->distribution.count > 0)
        return;
    int key_count = spec->key_count > 0 ? spec->key_count : count;
    int *columns = ARENA_ARRAY(physical->arena, int, key_count + 1);
    for (int i = 0; i < key_count; i++)
        columns[i] = node->columns[spec->key_count > 0 ? spec->key[i] : i];
    physical_hash(physical, node, columns, key_count);
}

void physical_single(Physical *physical, PhysicalNode *node) {
    if (physical->plan->mode == PLAN_ONE_SHOT || node->distribution.kind == DISTRIBUTION_SINGLE)
        return;
    exchange(physical, node, EXCHANGE_SINGLE, NULL, 0);
    node->distribution = (Distribution){.kind = DISTRIBUTION_SINGLE};
}
