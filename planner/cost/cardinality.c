/* Cardinality: textbook estimates: independence of conjuncts, containment of join keys. */
#include "planner/cost/cardinality.h"

#include <string.h>

#include "planner/logical/predicate.h"

#define DEFAULT_TABLE_ROWS  1000.0
#define DEFAULT_SOURCE_RATE 100000.0
#define DEFAULT_EQUALITY    0.005
#define DEFAULT_RANGE       (1.0 / 3)
#define DEFAULT_LIKE        0.05
#define DEFAULT_OTHER       0.5
#define DISTINCT_SHARE      0.1

static double at_least(double a, double b) {
    return a > b ? a : b;
}

static double at_most(double a, double b) {
    return a < b ? a : b;
}

double cardinality_of_scan(const CatalogRelation *relation) {
    if (relation->row_count > 0)
        return relation->row_count;
    return relation->kind == RELATION_SOURCE ? DEFAULT_SOURCE_RATE : DEFAULT_TABLE_ROWS;
}

double cardinality_of_column(const CatalogRelation *relation, int column, double rows) {
    if (relation->key_count == 1 && relation->key[0] == column)
        return rows;
    if (relation->statistics != NULL && relation->statistics[column].distinct_count > 0)
        return at_most(relation->statistics[column].distinct_count, rows);
    if (relation->columns[column].type.id == TYPE_BOOL)
        return at_most(2, rows);
    return at_most(rows, at_least(10, rows * DISTINCT_SHARE));
}

static const CatalogRelation *base_column(const LogicalNode *node, int column, int *position) {
    if (node->kind == LOGICAL_SCAN) {
        for (int i = 0; i < node->column_count; i++)
            if (node->columns[i] == column) {
                *position = node->scan.positions[i];
                return node->scan.relation;
            }
        return NULL;
    }
    const CatalogRelation *found = NULL;
    for (int i = 0; i < node->input_count && found == NULL; i++)
        found = base_column(node->inputs[i], column, position);
    return found;
}

static double number_of(const Value *value, bool *is_number) {
    *is_number = !value->is_null && !value->type.is_array;
    switch (value->type.id) {
    case TYPE_INT2:
        return value->datum.int2;
    case TYPE_INT4:
    case TYPE_DATE:
        return value->datum.int4;
    case TYPE_INT8:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        return (double)value->datum.int8;
    case TYPE_FLOAT8:
        return value->datum.float8;
    default:
        *is_number = false;
        return 0;
    }
}

static double equality_selectivity(LogicalPlan *plan, const LogicalNode *input, int column, const Value *value) {
    int position;
    const CatalogRelation *relation = base_column(input, column, &position);
    if (relation != NULL && relation->statistics != NULL) {
        const ColumnStatistics *statistics = &relation->statistics[position];
        for (int i = 0; i < statistics->top_count; i++)
            if (type_is_same(statistics->top_values[i].type, value->type) &&
                datum_compare(value->type, &statistics->top_values[i].datum, &value->datum) == 0)
                return statistics->top_shares[i];
    }
    double distinct = properties_distinct(input, logical_properties(plan, (LogicalNode *)input), column);
    return distinct > 0 ? 1 / at_least(distinct, 1) : DEFAULT_EQUALITY;
}

static double range_selectivity(const LogicalNode *input, int column, const Value *value, bool is_less) {
    int position;
    bool is_number;
    double number = number_of(value, &is_number);
    const CatalogRelation *relation = base_column(input, column, &position);
    if (!is_number || relation == NULL || relation->statistics == NULL || !relation->statistics[position].has_range)
        return DEFAULT_RANGE;
    double min = relation->statistics[position].min, max = relation->statistics[position].max;
    double share = max > min ? (number - min) / (max - min) : 0.5;
    share = at_least(0.0001, at_most(share, 1));
    return is_less ? share : at_least(0.0001, 1 - share);
}

static double call_selectivity(LogicalPlan *plan, const LogicalNode *input, const Expression *call) {
    const char *name = call->function->name;
    if (call->argument_count != 2)
        return DEFAULT_OTHER;
    const Expression *column = call->arguments[0], *constant = call->arguments[1];
    bool is_swapped = column->kind == EXPRESSION_CONSTANT;
    if (is_swapped) {
        column = call->arguments[1];
        constant = call->arguments[0];
    }
    bool is_simple = column->kind == EXPRESSION_COLUMN && constant->kind == EXPRESSION_CONSTANT;
    if (strcmp(name, "=") == 0)
        return is_simple ? equality_selectivity(plan, input, column->column, &constant->value) : DEFAULT_EQUALITY;
    if (strcmp(name, "<>") == 0)
        return 1 - (is_simple ? equality_selectivity(plan, input, column->column, &constant->value) : DEFAULT_EQUALITY);
    if (name[0] == '<' || name[0] == '>')
        return is_simple ? range_selectivity(input, column->column, &constant->value, (name[0] == '<') != is_swapped) : DEFAULT_RANGE;
    return name[0] == '~' ? DEFAULT_LIKE : DEFAULT_OTHER;
}

double selectivity_of(LogicalPlan *plan, const LogicalNode *input, const Expression *predicate) {
    double share;
    switch (predicate->kind) {
    case EXPRESSION_CONSTANT:
        return predicate_is_constant(predicate, true) ? 1 : 0;
    case EXPRESSION_AND:
        share = 1;
        for (int i = 0; i < predicate->argument_count; i++)
            share *= selectivity_of(plan, input, predicate->arguments[i]);
        return share;
    case EXPRESSION_OR:
        share = 0;
        for (int i = 0; i < predicate->argument_count; i++) {
            double one = selectivity_of(plan, input, predicate->arguments[i]);
            share = share + one - share * one;
        }
        return share;
    case EXPRESSION_NOT:
        return 1 - selectivity_of(plan, input, predicate->arguments[0]);
    case EXPRESSION_IS_TRUE:
        return selectivity_of(plan, input, predicate->arguments[0]);
    case EXPRESSION_IS_NULL:
        return 0.01;
    case EXPRESSION_IS_NOT_NULL:
        return 0.99;
    case EXPRESSION_ANY: {
        const Expression *array = predicate->arguments[1];
        double count = array->kind == EXPRESSION_ARRAY ? array->argument_count : 10;
        double one = DEFAULT_EQUALITY;
        if (predicate->arguments[0]->kind == EXPRESSION_COLUMN)
            one = 1 / at_least(1, properties_distinct(input, logical_properties(plan, (LogicalNode *)input), predicate->arguments[0]->column));
        return at_most(1, count * one);
    }
    case EXPRESSION_CALL:
        return call_selectivity(plan, input, predicate);
    default:
        return DEFAULT_OTHER;
    }
}

double cardinality_of_join(LogicalPlan *plan, const LogicalNode *left, const LogicalNode *right, JoinType type, Expression *condition) {
    const Properties *l = logical_properties(plan, (LogicalNode *)left), *r = logical_properties(plan, (LogicalNode *)right);
    ColumnSet left_columns = logical_columns(plan, left), right_columns = logical_columns(plan, right);
    Conjuncts conjuncts = predicate_split(plan->arena, condition);
    double rows = at_least(1, l->rows) * at_least(1, r->rows);
    for (int i = 0; i < conjuncts.count; i++) {
        Expression *a, *b;
        bool is_null_safe;
        if (!predicate_is_equality(plan, conjuncts.items[i], &left_columns, &right_columns, &a, &b, &is_null_safe)) {
            rows *= conjuncts.items[i]->kind == EXPRESSION_CALL && conjuncts.items[i]->function->name[0] != '=' ? DEFAULT_RANGE : DEFAULT_OTHER;
            continue;
        }
        double left_distinct = a->kind == EXPRESSION_COLUMN ? properties_distinct(left, l, a->column) : l->rows * DISTINCT_SHARE;
        double right_distinct = b->kind == EXPRESSION_COLUMN ? properties_distinct(right, r, b->column) : r->rows * DISTINCT_SHARE;
        rows /= at_least(1, at_least(left_distinct, right_distinct));
    }
    if (type == JOIN_SEMI)
        return at_most(l->rows, at_least(1, rows));
    if (type == JOIN_ANTI)
        return at_least(1, l->rows * 0.5);
    if (type == JOIN_LEFT || type == JOIN_FULL)
        rows = at_least(rows, l->rows);
    if (type == JOIN_RIGHT || type == JOIN_FULL)
        rows = at_least(rows, r->rows);
    return at_least(1, rows);
}

double cardinality_of_groups(LogicalPlan *plan, LogicalNode *input, const int *columns, int count) {
    const Properties *properties = logical_properties(plan, input);
    double groups = 1;
    for (int i = 0; i < count; i++)
        groups *= at_least(1, properties_distinct(input, properties, columns[i]));
    return at_least(1, at_most(groups, properties->rows));
}
