/* Timestamp: moments, dates and times of day: text, rounding, zones. */
#ifndef LEAT_TYPES_TIMESTAMP_H
#define LEAT_TYPES_TIMESTAMP_H

#include "executor/types/time/calendar.h"
#include "executor/types/time/datetime_text.h"
#include "executor/types/time/timezone.h"
#include "executor/types/type.h"

enum { TIMESTAMP_TEXT_MAX = 64 };

/* Rounds to the modifier's decimal places of a second, half away from zero; -1 leaves all six. */
int64_t timestamp_round(int64_t timestamp, int32_t modifier);

/* Reads "2020-01-02[ T]03:04:05[.678][Z|+hh[:mm]]" alone, or a date alone; false for every other text, which
   datetime_decode may still know. */
bool datetime_read_iso(const char *text, size_t length, Civil *civil, bool *has_zone, int32_t *offset);

/* Write the text without a NUL, at most TIMESTAMP_TEXT_MAX bytes; return how many. */
size_t date_write(int32_t date, const TypeSettings *settings, char *out);
size_t time_write(int64_t time, char *out);
size_t timestamp_write(int64_t timestamp, const TypeSettings *settings, char *out);
size_t timestamptz_write(int64_t timestamp, const Timezone *zone, const TypeSettings *settings, char *out);

/* Read as the input functions do, rounded to the modifier. */
Status date_read(const char *text, size_t length, const TypeSettings *settings, int32_t *out, Error *error);
Status time_read(const char *text, size_t length, int32_t modifier, const TypeSettings *settings,
    int64_t *out, Error *error);
Status timestamp_read(const char *text, size_t length, int32_t modifier, const TypeSettings *settings,
    int64_t *out, Error *error);
Status timestamptz_read(const char *text, size_t length, int32_t modifier, const TypeSettings *settings,
    int64_t *out, Error *error);

/* UTC <-> local time of the zone; infinities stay. False when the result is out of range. */
static inline bool timestamp_to_local(const Timezone *zone, int64_t timestamp, int64_t *local) {
    *local = timestamp;
    if (timestamp_is_finite(timestamp)) {
        *local += timezone_offset_at(zone, timestamp, NULL, NULL) * USECS_PER_SECOND;
        return timestamp_in_range(*local);
    }
    return true;
}
static inline bool timestamp_from_local(const Timezone *zone, int64_t local, int64_t *timestamp) {
    *timestamp = local;
    if (timestamp_is_finite(local)) {
        *timestamp -= timezone_offset_of_local(zone, local) * USECS_PER_SECOND;
        return timestamp_in_range(*timestamp);
    }
    return true;
}
/* False when the date is beyond the timestamps. */
static inline bool timestamp_from_date(int32_t date, int64_t *timestamp) {
    if (date == DATE_MINUS_INFINITY)
        *timestamp = TIMESTAMP_MINUS_INFINITY;
    else if (date == DATE_PLUS_INFINITY)
        *timestamp = TIMESTAMP_PLUS_INFINITY;
    else if (date >= TIMESTAMP_END_DAY)
        return false;
    else
        *timestamp = date * USECS_PER_DAY;
    return true;
}
static inline int32_t timestamp_to_date(int64_t timestamp) {
    if (timestamp == TIMESTAMP_MINUS_INFINITY)
        return DATE_MINUS_INFINITY;
    if (timestamp == TIMESTAMP_PLUS_INFINITY)
        return DATE_PLUS_INFINITY;
    return (int32_t)floor_divide(timestamp, USECS_PER_DAY);
}

#endif
