/* Temporal: what is done to the clock on one side is undone on the other, until the clock stands alone:

       ts > (now() at time zone 'utc') - x   →   ts + x > now() at time zone 'utc'   →   (ts + x) at time zone
   'utc' > now()

   Months, and days in a zone with summer time, are undone as ts + x, which may differ by that hour, or those
   days at a month's end, from what now() - x gives. */
#include "planner/logical/temporal.h"

typedef struct Comparison {
    Arena *arena;
    Expression *time; /* the row's side */
    const Expression *clock;
    bool is_greater, is_equal; /* time > clock, time >= clock; else <, <= */
    bool is_failed;
} Comparison;

bool is_temporal(PlanMode mode, const Expression *expression) {
    return mode == PLAN_CONTINUOUS && expression_flags(expression) & FUNCTION_CLOCK;
}

static bool has_clock(const Expression *expression) {
    return expression_flags(expression) & FUNCTION_CLOCK;
}

static Expression *call(
    Comparison *comparison, FunctionMeaning meaning, Expression *first, Expression *second) {
    const Function *function = function_meaning(meaning, first->type, second->type);
    Expression *arguments[] = {first, second};
    comparison->is_failed |= function == NULL;
    return comparison->is_failed
               ? first
               : expression_call(comparison->arena, function, function->result, 2, arguments);
}

/* The time in the type that the clock's side has. */
static void become(Comparison *comparison, Type type) {
    Type own = comparison->time->type;
    if (own.id == type.id)
        return;
    const Function *cast = function_cast(own, type);
    comparison->is_failed |= cast == NULL;
    if (cast != NULL)
        comparison->time =
            expression_call(comparison->arena, cast, type_of((TypeId)type.id), 1, &comparison->time);
}

static void shift(Comparison *comparison, bool is_forward, Expression *interval) {
    become(comparison, comparison->clock->type);
    comparison->time =
        call(comparison, is_forward ? MEANING_PLUS : MEANING_MINUS, comparison->time, interval);
}

/* now() - ts < x: now() < ts + x; ts - now() < x: now() > ts - x. */
static void undo_difference(Comparison *comparison, bool is_clock_first) {
    Expression *const *arguments = comparison->clock->arguments;
    Expression *interval = comparison->time;
    comparison->time = arguments[is_clock_first];
    comparison->clock = arguments[!is_clock_first];
    if (!is_clock_first)
        comparison->is_greater = !comparison->is_greater;
    shift(comparison, is_clock_first, interval);
}

/* Takes one function off the clock's side; false when it cannot be undone. */
static bool undo(Comparison *comparison) {
    const Expression *clock = comparison->clock;
    if (clock->kind != EXPRESSION_CALL || clock->argument_count < 1 || clock->argument_count > 2)
        return false;
    Expression *const *arguments = clock->arguments;
    int place = has_clock(arguments[0]) ? 0 : 1;
    if (clock->argument_count == 2 && has_clock(arguments[1 - place]))
        return false;
    bool is_plus = expression_means(clock, MEANING_PLUS), is_minus = expression_means(clock, MEANING_MINUS);
    if (is_minus && clock->type.id == TYPE_INTERVAL && arguments[0]->type.id == arguments[1]->type.id &&
        arguments[0]->type.id != TYPE_INTERVAL) {
        undo_difference(comparison, place == 0);
        return true;
    }
    if ((is_plus || (is_minus && place == 0)) && arguments[place]->type.id == clock->type.id &&
        arguments[1 - place]->type.id == TYPE_INTERVAL &&
        (clock->type.id == TYPE_TIMESTAMP || clock->type.id == TYPE_TIMESTAMPTZ))
        shift(comparison, is_minus, arguments[1 - place]);
    else if (expression_means(clock, MEANING_AT_ZONE) && clock->type.id == TYPE_TIMESTAMP) {
        become(comparison, clock->type);
        comparison->time = call(comparison, MEANING_AT_ZONE, arguments[0], comparison->time);
    } else if (clock->function == function_cast(type_of(TYPE_TIMESTAMPTZ), type_of(TYPE_TIMESTAMP)) ||
               clock->function == function_cast(type_of(TYPE_TIMESTAMP), type_of(TYPE_TIMESTAMPTZ))) {
        become(comparison, clock->type);
        become(comparison, arguments[0]->type);
    } else
        return false;
    comparison->clock = arguments[place];
    return true;
}

bool temporal_solve(Planning *plan, const Expression *conjunct, TemporalBound *bound) {
    if (conjunct->kind != EXPRESSION_CALL)
        return false;
    FunctionMeaning meaning = conjunct->function->meaning;
    bool is_greater = meaning == MEANING_GREATER || meaning == MEANING_GREATER_OR_EQUAL,
         is_exclusive = meaning == MEANING_GREATER || meaning == MEANING_LESS;
    if ((!is_greater && !is_exclusive && meaning != MEANING_LESS_OR_EQUAL) ||
        has_clock(conjunct->arguments[0]) == has_clock(conjunct->arguments[1]))
        return false;
    int place = has_clock(conjunct->arguments[0]) ? 0 : 1;
    Comparison comparison = {.arena = plan->arena,
        .time = conjunct->arguments[1 - place],
        .clock = conjunct->arguments[place],
        .is_greater = is_greater == (place == 1),
        .is_equal = !is_exclusive};
    while (!expression_is_clock(comparison.clock) && !comparison.is_failed)
        if (!undo(&comparison))
            return false;
    if (comparison.is_failed || comparison.clock->argument_count > 0)
        return false;
    become(&comparison, type_of(TYPE_TIMESTAMPTZ));
    if (comparison.is_greater ==
        comparison.is_equal) { /* holds at the time itself, or only behind it: one microsecond more */
        Value one = {.type = type_of(TYPE_INTERVAL), .datum.interval.microseconds = 1};
        comparison.clock = comparison.time;
        shift(&comparison, true, expression_constant(plan->arena, &one));
    }
    *bound = (TemporalBound){comparison.time, comparison.is_greater};
    return !comparison.is_failed;
}
