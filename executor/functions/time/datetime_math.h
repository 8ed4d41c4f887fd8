/* Arithmetic of moments and intervals, a value at a time, as PostgreSQL's operators define it. Functions
   return false when the result is out of range. */
#ifndef LEAT_FUNCTIONS_DATETIME_MATH_H
#define LEAT_FUNCTIONS_DATETIME_MATH_H

#include "executor/types/time/interval.h"
#include "executor/types/time/timestamp.h"

/* Adds months (the day of month is cut to the month's length), then days, then time. With a zone, months and
   days are added to its local time. */
bool timestamp_add_interval(
    int64_t timestamp, const Interval *interval, int sign, const Timezone *zone, int64_t *out);
/* Days and microseconds between two finite moments. */
bool timestamp_subtract(int64_t a, int64_t b, Interval *out);
/* Years, months and days between two local moments, as a calendar shows them. */
void timestamp_age(int64_t a, int64_t b, Interval *out);

bool interval_add(const Interval *a, const Interval *b, Interval *out);
bool interval_subtract(const Interval *a, const Interval *b, Interval *out);
bool interval_negate(const Interval *a, Interval *out);
/* Fractions of months become days, fractions of days become time. */
bool interval_multiply(const Interval *a, double factor, Interval *out);
bool interval_divide(const Interval *a, double divisor, Interval *out);
/* 24 hours become a day; 30 days a month; both, with one sign for all fields. */
bool interval_justify_hours(const Interval *a, Interval *out);
bool interval_justify_days(const Interval *a, Interval *out);
bool interval_justify(const Interval *a, Interval *out);

/* Cuts to the unit; false when the unit cannot be cut to. */
bool civil_truncate(Civil *civil, Unit unit);

#endif
