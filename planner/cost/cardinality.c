/* Cardinality: a predicate over stored rows is tried on the relations' samples; what no sample row or too few
   can tell is estimated as textbooks do: independence of conjuncts, values as frequent as each other but for
   the known top values, containment of join keys. */
#include "planner/cost/cardinality.h"

#include <math.h>
#include <string.h>

#include "executor/types/array.h"
#include "planner/cost/distinct.h"
#include "planner/cost/sample.h"
#include "planner/logical/predicate.h"

#define DEFAULT_TABLE_ROWS    1000.0
#define DEFAULT_SOURCE_RATE   100000.0
#define DEFAULT_SYSTEM_ROWS   100.0
#define DEFAULT_EQUALITY      0.005
#define DEFAULT_RANGE         (1.0 / 3)
#define DEFAULT_LIKE          0.05
#define DEFAULT_OTHER         0.5
#define DEFAULT_FUNCTION_ROWS 1000.0
#define DEFAULT_ARRAY_LENGTH  10.0
#define DISTINCT_SHARE        0.1
#define MATCHES_ENOUGH        10 /* matching sample rows that say more than any formula */

double cardinality_of_scan(const Planning *plan, const CatalogRelation *relation) {
    if (relation->read_count > 0 && plan->mode == PLAN_ONE_SHOT)
        return relation->read_count;
    if (relation->row_count > 0)
        return relation->row_count;
    if (relation->kind == RELATION_SOURCE)
        return DEFAULT_SOURCE_RATE;
    if (relation->kind == RELATION_SYSTEM)
        return DEFAULT_SYSTEM_ROWS;
    /* An empty table is likely to be filled while a continuous query runs. */
    return relation->statistics != NULL && plan->mode == PLAN_ONE_SHOT ? 1 : DEFAULT_TABLE_ROWS;
}

double cardinality_of_column(const CatalogRelation *relation, int column, double rows) {
    if (relation->key_count == 1 && relation->key[0] == column)
        return rows;
    if (relation->statistics != NULL && relation->statistics[column].distinct_count > 0)
        return fmin(relation->statistics[column].distinct_count, rows);
    if (relation->columns[column].type.id == TYPE_BOOL)
        return fmin(2, rows);
    return fmin(rows, fmax(10, rows * DISTINCT_SHARE));
}

static const ColumnStatistics *column_statistics(const LogicalNode *node, int column) {
    int position;
    const LogicalNode *scan = sample_scan(node, column, &position);
    return scan == NULL || scan->scan.relation->statistics == NULL
               ? NULL
               : &scan->scan.relation->statistics[position];
}

double cardinality_span(const LogicalNode *node, int column) {
    const ColumnStatistics *statistics = column_statistics(node, column);
    return statistics != NULL && statistics->has_range ? statistics->max - statistics->min : 0;
}

double cardinality_width(const Planning *plan, const LogicalNode *node, int column) {
    const ColumnStatistics *statistics = column_statistics(node, column);
    if (statistics != NULL && statistics->width > 0)
        return statistics->width;
    int length = type_length(plan->columns[column].type);
    return length > 0 ? length : 32;
}

/* Selectivity by formula */

static double number_of(const Value *value, bool *is_number) {
    *is_number = !value->is_null && !value->type.is_array;
    switch (value->type.id) {
    case TYPE_INT2:
        return value->datum.int2;
    case TYPE_INT4:
    case TYPE_DATE:
        return value->datum.int4;
    case TYPE_INT8:
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        return (double)value->datum.int8;
    case TYPE_FLOAT4:
        return value->datum.float4;
    case TYPE_FLOAT8:
        return value->datum.float8;
    case TYPE_NUMERIC:
        return *is_number ? numeric_to_float8(&value->datum.numeric) : 0;
    default:
        *is_number = false;
        return 0;
    }
}

static double null_share_of(const LogicalNode *input, int column) {
    const ColumnStatistics *statistics = column_statistics(input, column);
    return statistics == NULL ? 0 : statistics->null_share;
}

/* A top value's own share; else an equal part of what the top values leave. */
static double equality_selectivity(Planning *plan, const LogicalNode *input, int column, const Value *value) {
    const ColumnStatistics *statistics = column_statistics(input, column);
    double distinct = logical_distinct_count(plan, input, column);
    if (value->is_null)
        return 0;
    if (statistics == NULL || statistics->top_count == 0)
        return 1 / distinct;
    double rest = 1 - statistics->null_share;
    for (int i = 0; i < statistics->top_count; i++) {
        if (type_is_same(statistics->top_values[i].type, value->type) &&
            datum_compare(value->type, &statistics->top_values[i].datum, &value->datum) == 0)
            return statistics->top_shares[i];
        rest -= statistics->top_shares[i];
    }
    return fmax(0, rest) / fmax(1, distinct - statistics->top_count);
}

static double range_selectivity(const LogicalNode *input, int column, const Value *value, bool is_less) {
    bool is_number;
    double number = number_of(value, &is_number);
    const ColumnStatistics *statistics = column_statistics(input, column);
    if (!is_number || statistics == NULL || !statistics->has_range)
        return DEFAULT_RANGE;
    double share = statistics->max > statistics->min
                       ? (number - statistics->min) / (statistics->max - statistics->min)
                       : 0.5;
    share = fmax(0.0001, fmin(share, 1));
    return is_less ? share : fmax(0.0001, 1 - share);
}

static double call_selectivity(Planning *plan, const LogicalNode *input, const Expression *call) {
    if (call->argument_count != 2)
        return DEFAULT_OTHER;
    const Expression *column = call->arguments[0], *constant = call->arguments[1];
    bool is_swapped = column->kind == EXPRESSION_CONSTANT;
    if (is_swapped) {
        column = call->arguments[1];
        constant = call->arguments[0];
    }
    bool is_column = column->kind == EXPRESSION_COLUMN,
         is_simple = is_column && constant->kind == EXPRESSION_CONSTANT;
    double equality = is_simple   ? equality_selectivity(plan, input, column->column, &constant->value)
                      : is_column ? 1 / logical_distinct_count(plan, input, column->column)
                                  : DEFAULT_EQUALITY;
    bool is_less = false;
    switch (call->function->meaning) {
    case MEANING_EQUAL:
        return equality;
    case MEANING_NOT_EQUAL:
        return 1 - equality;
    case MEANING_LESS:
    case MEANING_LESS_OR_EQUAL:
        is_less = true;
        [[fallthrough]];
    case MEANING_GREATER:
    case MEANING_GREATER_OR_EQUAL:
        return is_simple ? range_selectivity(input, column->column, &constant->value, is_less != is_swapped)
                         : DEFAULT_RANGE;
    case MEANING_LIKE:
        return DEFAULT_LIKE;
    case MEANING_UNLIKE:
        return 1 - DEFAULT_LIKE;
    default:
        return DEFAULT_OTHER;
    }
}

static double array_length(const Expression *array) {
    if (array->kind == EXPRESSION_ARRAY)
        return array->argument_count;
    if (array->kind != EXPRESSION_CONSTANT || array->value.is_null || !array->value.type.is_array)
        return DEFAULT_ARRAY_LENGTH;
    Array opened;
    array_open(array->value.type, &array->value.datum.view, &opened);
    return opened.count;
}

static double and_selectivity(Planning *plan, const LogicalNode *input, const Expression *predicate) {
    double share = 1;
    for (int i = 0; i < predicate->argument_count; i++)
        share *= selectivity_of(plan, input, predicate->arguments[i]);
    return share;
}

static double formula(Planning *plan, const LogicalNode *input, const Expression *predicate) {
    double share = 0;
    switch (predicate->kind) {
    case EXPRESSION_CONSTANT:
        return predicate_is_constant(predicate, true) ? 1 : 0;
    case EXPRESSION_AND:
        return and_selectivity(plan, input, predicate);
    case EXPRESSION_OR:
        for (int i = 0; i < predicate->argument_count; i++) {
            double one = selectivity_of(plan, input, predicate->arguments[i]);
            share = share + one - share * one;
        }
        return share;
    case EXPRESSION_NOT:
    case EXPRESSION_IS_NOT_TRUE:
    case EXPRESSION_IS_FALSE:
        return 1 - selectivity_of(plan, input, predicate->arguments[0]);
    case EXPRESSION_IS_TRUE:
    case EXPRESSION_IS_NOT_FALSE:
        return selectivity_of(plan, input, predicate->arguments[0]);
    case EXPRESSION_IS_NULL:
        return predicate->arguments[0]->kind == EXPRESSION_COLUMN
                   ? fmax(0.001, null_share_of(input, predicate->arguments[0]->column))
                   : 0.01;
    case EXPRESSION_IS_NOT_NULL:
        return predicate->arguments[0]->kind == EXPRESSION_COLUMN
                   ? 1 - null_share_of(input, predicate->arguments[0]->column)
                   : 0.99;
    case EXPRESSION_ANY:
        share = predicate->arguments[0]->kind == EXPRESSION_COLUMN
                    ? 1 / logical_distinct_count(plan, input, predicate->arguments[0]->column)
                    : DEFAULT_EQUALITY;
        return fmin(1, array_length(predicate->arguments[1]) * share);
    case EXPRESSION_CALL:
        return call_selectivity(plan, input, predicate);
    default:
        return DEFAULT_OTHER;
    }
}

/* Equality of a column whose values are all different with a constant: nothing to look up in a sample. */
static bool is_unique_equality(Planning *plan, const LogicalNode *input, const Expression *predicate) {
    if (!expression_means(predicate, MEANING_EQUAL))
        return false;
    const Proofs *proofs = logical_proofs(plan, input);
    for (int side = 0; side < 2; side++) {
        ColumnSet column = {0};
        if (predicate->arguments[side]->kind != EXPRESSION_COLUMN ||
            predicate->arguments[1 - side]->kind == EXPRESSION_COLUMN)
            continue;
        set_add(plan->arena, &column, predicate->arguments[side]->column);
        if (proofs_are_unique(proofs, &column))
            return true;
    }
    return false;
}

double selectivity_of(Planning *plan, const LogicalNode *input, const Expression *predicate) {
    SampleShare sample;
    if (predicate->kind == EXPRESSION_CONSTANT || is_unique_equality(plan, input, predicate) ||
        !sample_selectivity(plan, input, predicate, &sample))
        return formula(plan, input, predicate);
    if (sample.is_whole || sample.matches >= MATCHES_ENOUGH)
        return sample.matches / sample.rows;
    /* Few matches say only how many there are at most: with 95 % confidence three more. */
    double most = (sample.matches + 3) / sample.rows,
           least = sample.matches > 1 ? sample.matches / 4 / sample.rows : 0;
    return fmax(least, fmin(most, formula(plan, input, predicate)));
}

double cardinality_after_filter(
    Planning *plan, const LogicalNode *input, const Expression *predicate, int column) {
    double distinct = logical_distinct_count(plan, input, column);
    Conjuncts conjuncts = predicate_split(plan->arena, (Expression *)(uintptr_t)predicate);
    for (int i = 0; i < conjuncts.count; i++) {
        const Expression *conjunct = conjuncts.items[i];
        ColumnSet used = {0};
        expression_add_columns(plan, conjunct, &used);
        if (!set_has(&used, column) || set_count(&used) != 1)
            continue;
        bool is_equality = expression_means(conjunct, MEANING_EQUAL);
        bool is_list = conjunct->kind == EXPRESSION_ANY && conjunct->arguments[0]->kind == EXPRESSION_COLUMN;
        if (is_equality)
            distinct = 1;
        else if (is_list)
            distinct = fmin(distinct, array_length(conjunct->arguments[1]));
        else
            distinct = fmax(1, distinct * selectivity_of(plan, input, conjunct));
    }
    return distinct;
}

/* Joins */

/* The share of pairs that are equal: pairs of top values are known, the rest meets by containment. */
static double equality_of_columns(
    Planning *plan, const LogicalNode *left, int left_column, const LogicalNode *right, int right_column) {
    double left_distinct = logical_distinct_count(plan, left, left_column),
           right_distinct = logical_distinct_count(plan, right, right_column);
    const ColumnStatistics *l = column_statistics(left, left_column),
                           *r = column_statistics(right, right_column);
    double left_rest = l == NULL ? 1 : 1 - l->null_share, right_rest = r == NULL ? 1 : 1 - r->null_share,
           met = 0;
    int matches = 0;
    bool are_comparable = l != NULL && r != NULL && l->top_count > 0 && r->top_count > 0 &&
                          type_is_same(l->top_values[0].type, r->top_values[0].type);
    /* After a filter the known shares are those of other rows. */
    if (!are_comparable || left_distinct < l->top_count || right_distinct < r->top_count)
        return left_rest * right_rest / fmax(left_distinct, right_distinct);
    for (int i = 0; i < l->top_count; i++)
        for (int j = 0; j < r->top_count; j++)
            if (datum_compare(l->top_values[i].type, &l->top_values[i].datum, &r->top_values[j].datum) == 0) {
                met += l->top_shares[i] * r->top_shares[j];
                left_rest -= l->top_shares[i];
                right_rest -= r->top_shares[j];
                matches++;
            }
    return met +
           fmax(0, left_rest) * fmax(0, right_rest) / fmax(1, fmax(left_distinct, right_distinct) - matches);
}

typedef struct JoinEstimate {
    double share;      /* of pairs */
    double left_match; /* of left rows, by their keys: at least one partner */
    double right_match;
} JoinEstimate;

static double key_distinct(Planning *plan, const LogicalNode *node, const Expression *key) {
    return key->kind == EXPRESSION_COLUMN ? logical_distinct_count(plan, node, key->column)
                                          : cardinality_of_expression(plan, node, key);
}

static JoinEstimate estimate_pairs(
    Planning *plan, const LogicalNode *left, const LogicalNode *right, Expression *condition) {
    const Estimates *l = logical_estimates(plan, left), *r = logical_estimates(plan, right);
    ColumnSet left_columns = logical_columns(plan, left), right_columns = logical_columns(plan, right);
    Conjuncts conjuncts = predicate_split(plan->arena, condition);
    double left_distinct = 1, right_distinct = 1, shares = 1, residual = 1, nulls = 1;
    int keys = 0;
    LogicalNode *both =
        logical_join(plan, JOIN_INNER, (LogicalNode *)(uintptr_t)left, (LogicalNode *)(uintptr_t)right, NULL);
    for (int i = 0; i < conjuncts.count; i++) {
        Expression *a, *b;
        bool is_null_safe;
        if (!predicate_is_equality(
                plan, conjuncts.items[i], &left_columns, &right_columns, &a, &b, &is_null_safe)) {
            residual *= selectivity_of(plan, both, conjuncts.items[i]);
            continue;
        }
        double left_one = key_distinct(plan, left, a), right_one = key_distinct(plan, right, b);
        left_distinct *= left_one;
        right_distinct *= right_one;
        bool are_columns = a->kind == EXPRESSION_COLUMN && b->kind == EXPRESSION_COLUMN;
        shares *= are_columns ? equality_of_columns(plan, left, a->column, right, b->column)
                              : 1 / fmax(left_one, right_one);
        if (are_columns && !is_null_safe)
            nulls *= 1 - null_share_of(left, a->column);
        keys++;
    }
    left_distinct = fmin(left_distinct, fmax(1, l->rows));
    right_distinct = fmin(right_distinct, fmax(1, r->rows));
    JoinEstimate estimate = {.share = shares * residual, .left_match = 1, .right_match = 1};
    /* Keys of several columns cannot have more combinations than there are rows. */
    if (keys > 1)
        estimate.share = fmax(shares, 1 / fmax(left_distinct, right_distinct)) * residual;
    if (keys > 0) {
        estimate.left_match = nulls * fmin(1, right_distinct / left_distinct) *
                              fmin(1, residual * fmax(1, r->rows / right_distinct));
        estimate.right_match =
            fmin(1, left_distinct / right_distinct) * fmin(1, residual * fmax(1, l->rows / left_distinct));
    } else {
        estimate.left_match = fmin(1, residual * r->rows);
        estimate.right_match = fmin(1, residual * l->rows);
    }
    return estimate;
}

double cardinality_of_join(
    Planning *plan, const LogicalNode *left, const LogicalNode *right, JoinType type, Expression *condition) {
    double l = fmax(1, logical_rows(plan, left)), r = fmax(1, logical_rows(plan, right));
    JoinEstimate estimate = estimate_pairs(plan, left, right, condition);
    double rows = l * r * estimate.share;
    switch (type) {
    case JOIN_SEMI:
        return fmax(1, fmin(l, l * estimate.left_match));
    case JOIN_ANTI:
        return fmax(1, l * fmax(0.01, 1 - estimate.left_match));
    case JOIN_LEFT:
        return fmax(rows + l * (1 - estimate.left_match), l);
    case JOIN_RIGHT:
        return fmax(rows + r * (1 - estimate.right_match), r);
    case JOIN_FULL:
        return fmax(rows + l * (1 - estimate.left_match) + r * (1 - estimate.right_match), fmax(l, r));
    case JOIN_INNER:
        break;
    }
    return fmax(1, rows);
}

/* Groups */

double cardinality_of_expression(Planning *plan, const LogicalNode *input, const Expression *expression) {
    ColumnSet used = {0};
    double combinations = 1, rows = fmax(1, logical_rows(plan, input));
    expression_add_columns(plan, expression, &used);
    for (int column = set_next(&used, -1); column >= 0; column = set_next(&used, column))
        combinations *= logical_distinct_count(plan, input, column);
    if (expression->type.id == TYPE_BOOL && !expression->type.is_array)
        combinations = fmin(2, combinations);
    if (expression_means(expression, MEANING_REMAINDER) &&
        expression->arguments[1]->kind == EXPRESSION_CONSTANT) {
        bool is_number;
        double modulus = fabs(number_of(&expression->arguments[1]->value, &is_number));
        combinations = is_number && modulus >= 1 ? fmin(combinations, modulus) : combinations;
    }
    return fmin(combinations, rows);
}

/* The columns that come from the same scan as column `first`, itself included. */
static int same_scan(
    const LogicalNode *input, const int *columns, int count, int first, bool *is_done, int *out) {
    int position, found = 0;
    const LogicalNode *scan = sample_scan(input, columns[first], &position);
    for (int i = first; i < count; i++)
        if (!is_done[i] &&
            (i == first || (scan != NULL && sample_scan(input, columns[i], &position) == scan))) {
            is_done[i] = true;
            out[found++] = columns[i];
        }
    return found;
}

double cardinality_of_groups(Planning *plan, const LogicalNode *input, const int *columns, int count) {
    double rows = fmax(1, logical_rows(plan, input)), groups = 1;
    if (sample_groups(plan, input, columns, count, &groups))
        return fmax(1, fmin(groups, rows));
    bool *is_done = ARENA_ARRAY(plan->arena, bool, count + 1);
    int *part = ARENA_ARRAY(plan->arena, int, count + 1);
    groups = 1;
    for (int i = 0; i < count; i++) {
        if (is_done[i])
            continue;
        int part_count = same_scan(input, columns, count, i, is_done, part);
        double combinations;
        if (part_count == count || !sample_groups(plan, input, part, part_count, &combinations)) {
            combinations = 1;
            for (int p = 0; p < part_count; p++)
                combinations *= logical_distinct_count(plan, input, part[p]);
        }
        groups *= fmax(1, combinations);
    }
    return fmax(1, fmin(groups, rows));
}

double cardinality_of_set_operation(Planning *plan, const LogicalNode *node) {
    double rows[2];
    for (int side = 0; side < 2; side++)
        rows[side] = node->set.is_all ? logical_rows(plan, node->inputs[side])
                                      : cardinality_of_groups(plan, node->inputs[side],
                                            node->set.input_columns[side], node->column_count);
    double common = fmin(rows[0], rows[1]);
    return fmax(1, node->set.kind == SET_INTERSECT ? common : rows[0] - DEFAULT_OTHER * common);
}

/* Functions in FROM */

double cardinality_of_function(const char *function, Expression *const *arguments, int count) {
    double numbers[3] = {0, 0, 1};
    bool is_number = count >= 2 && count <= 3;
    const Function *known = function_by_signature(function); /* NULL: several */
    FunctionMeaning meaning = known == NULL ? MEANING_NONE : known->meaning;
    if (meaning == MEANING_ELEMENTS)
        return array_length(arguments[0]);
    for (int i = 0; i < count && is_number; i++) {
        is_number = arguments[i]->kind == EXPRESSION_CONSTANT;
        if (is_number && arguments[i]->value.type.id == TYPE_INTERVAL && i == 2) {
            const Interval *step = &arguments[i]->value.datum.interval;
            numbers[i] = (double)step->microseconds + 864e8 * step->days + 2592e9 * step->months;
        } else if (is_number) {
            numbers[i] = number_of(&arguments[i]->value, &is_number);
        }
    }
    bool is_series = meaning == MEANING_SERIES && is_number && numbers[2] != 0;
    return is_series ? fmax(1, floor((numbers[1] - numbers[0]) / numbers[2]) + 1) : DEFAULT_FUNCTION_ROWS;
}
