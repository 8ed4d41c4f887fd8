/* Interval: conditions that keep two time columns within a constant distance of each other. */
#include "planner/logical/interval.h"

#include <string.h>

/* Constant distance of an expression from a column: x, x + interval, x - interval (no months; no days beside
   a time zone). */
static bool column_distance(const Expression *expression, int *column, int64_t *distance) {
    *distance = 0;
    if (expression->kind == EXPRESSION_COLUMN) {
        *column = expression->column;
        return true;
    }
    if (expression->kind != EXPRESSION_CALL || expression->argument_count != 2)
        return false;
    bool is_minus = strcmp(expression->function->name, "-") == 0;
    const Expression *base = expression->arguments[0], *step = expression->arguments[1];
    if ((!is_minus && strcmp(expression->function->name, "+") != 0) || step->kind != EXPRESSION_CONSTANT ||
        step->type.id != TYPE_INTERVAL || step->value.is_null)
        return false;
    const Interval *interval = &step->value.datum.interval;
    if (interval->months != 0 || (interval->days != 0 && base->type.id == TYPE_TIMESTAMPTZ) ||
        !column_distance(base, column, distance))
        return false;
    int64_t microseconds = interval->days * INT64_C(86400000000) + interval->microseconds;
    *distance += is_minus ? -microseconds : microseconds;
    return true;
}

static bool is_named(const Expression *call, const char *a, const char *b) {
    return strcmp(call->function->name, a) == 0 || strcmp(call->function->name, b) == 0;
}

int time_orders(const Expression *conjunct, TimeOrder orders[2]) {
    if (conjunct->kind != EXPRESSION_CALL || conjunct->argument_count != 2)
        return 0;
    bool is_less = is_named(conjunct, "<", "<="), is_greater = is_named(conjunct, ">", ">="),
         is_equal = is_named(conjunct, "=", "=");
    int columns[2];
    int64_t distances[2];
    if (!is_less && !is_greater && !is_equal)
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
