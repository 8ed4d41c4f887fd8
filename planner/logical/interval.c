/* Interval: conditions that keep two time columns within a constant distance of each other. */
#include "planner/logical/interval.h"

#include "planner/logical/predicate.h"

/* Constant distance of an expression from a column: x, x + interval, x - interval (no months; no days beside
   a time zone). */
static bool column_distance(const Expression *expression, int *column, int64_t *distance) {
    *distance = 0;
    if (expression->kind == EXPRESSION_COLUMN) {
        *column = expression->column;
        return true;
    }
    bool is_minus = expression_means(expression, MEANING_MINUS);
    if (!is_minus && !expression_means(expression, MEANING_PLUS))
        return false;
    const Expression *base = expression->arguments[0], *step = expression->arguments[1];
    if (step->kind != EXPRESSION_CONSTANT || step->type.id != TYPE_INTERVAL || step->value.is_null)
        return false;
    const Interval *interval = &step->value.datum.interval;
    if (interval->months != 0 || (interval->days != 0 && base->type.id == TYPE_TIMESTAMPTZ) ||
        !column_distance(base, column, distance))
        return false;
    int64_t microseconds = interval->days * INT64_C(86400000000) + interval->microseconds;
    *distance += is_minus ? -microseconds : microseconds;
    return true;
}

int time_orders(const Expression *conjunct, TimeOrder orders[2]) {
    if (conjunct->kind != EXPRESSION_CALL)
        return 0;
    FunctionMeaning meaning = conjunct->function->meaning;
    bool is_less = meaning == MEANING_LESS || meaning == MEANING_LESS_OR_EQUAL,
         is_greater = meaning == MEANING_GREATER || meaning == MEANING_GREATER_OR_EQUAL;
    int columns[2];
    int64_t distances[2];
    if (!is_less && !is_greater && meaning != MEANING_EQUAL)
        return 0;
    for (int i = 0; i < 2; i++)
        if (!column_distance(conjunct->arguments[i], &columns[i], &distances[i]))
            return 0;
    int count = 0;
    if (!is_greater)
        orders[count++] = (TimeOrder){columns[0], columns[1], distances[1] - distances[0]};
    if (!is_less)
        orders[count++] = (TimeOrder){columns[1], columns[0], distances[0] - distances[1]};
    return count;
}
