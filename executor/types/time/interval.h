/* Interval: months, days and microseconds, kept apart as PostgreSQL does. */
#ifndef LEAT_TYPES_INTERVAL_H
#define LEAT_TYPES_INTERVAL_H

#include "executor/types/time/calendar.h"
#include "executor/types/type.h"

enum { INTERVAL_TEXT_MAX = 192, DAYS_PER_MONTH = 30, MONTHS_PER_YEAR = 12 };

/* The fields in the upper half of an interval's modifier; the lower half is the precision, 0xffff for all six
   digits. */
enum {
    INTERVAL_MONTH = 1 << 1,
    INTERVAL_YEAR = 1 << 2,
    INTERVAL_DAY = 1 << 3,
    INTERVAL_HOUR = 1 << 10,
    INTERVAL_MINUTE = 1 << 11,
    INTERVAL_SECOND = 1 << 12,
    INTERVAL_ALL_FIELDS = 0x7fff,
    INTERVAL_ALL_DIGITS = 0xffff
};

/* What the order goes by: a month counts 30 days, a day 24 hours. */
static inline __int128 interval_span(const Interval *interval) {
    return (__int128)interval->microseconds +
           ((__int128)interval->months * DAYS_PER_MONTH + interval->days) * USECS_PER_DAY;
}

Status interval_read(const char *text, size_t length, int32_t modifier, const TypeSettings *settings,
    Interval *out, Error *error);
/* Writes the text without a NUL, at most INTERVAL_TEXT_MAX bytes; returns how many. */
size_t interval_write(const Interval *interval, const TypeSettings *settings, char *out);
/* Drops the fields and digits that the modifier excludes. */
Status interval_apply_modifier(Interval *interval, int32_t modifier, Error *error);

#endif
