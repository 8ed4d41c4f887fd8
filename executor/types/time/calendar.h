/* Calendar: the proleptic Gregorian calendar and the scales of dates and timestamps. */
#ifndef LEAT_TYPES_CALENDAR_H
#define LEAT_TYPES_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "executor/base/clock.h"

#define USECS_PER_SECOND INT64_C(1000000)
#define USECS_PER_MINUTE INT64_C(60000000)
#define USECS_PER_HOUR   INT64_C(3600000000)
#define USECS_PER_DAY    INT64_C(86400000000)
#define SECONDS_PER_DAY  INT64_C(86400)

/* The Julian day of 2000-01-01. */
enum { EPOCH_JULIAN_DAY = 2451545 };

#define DATE_MINUS_INFINITY      INT32_MIN
#define DATE_PLUS_INFINITY       INT32_MAX
#define TIMESTAMP_MINUS_INFINITY INT64_MIN
#define TIMESTAMP_PLUS_INFINITY  INT64_MAX

/* 4714-11-24 BC is the first day of both; the ends are exclusive: 5874898-01-01 and 294277-01-01. */
#define DATE_FIRST        (-EPOCH_JULIAN_DAY)
#define DATE_END          (2147483494 - EPOCH_JULIAN_DAY)
#define TIMESTAMP_END_DAY (109203528 - EPOCH_JULIAN_DAY)
#define TIMESTAMP_FIRST   (DATE_FIRST * USECS_PER_DAY)
#define TIMESTAMP_END     (TIMESTAMP_END_DAY * USECS_PER_DAY)

static inline bool timestamp_is_finite(int64_t timestamp) {
    return timestamp != TIMESTAMP_MINUS_INFINITY && timestamp != TIMESTAMP_PLUS_INFINITY;
}
static inline bool timestamp_in_range(int64_t timestamp) {
    return timestamp >= TIMESTAMP_FIRST && timestamp < TIMESTAMP_END;
}
static inline bool date_is_finite(int32_t date) {
    return date != DATE_MINUS_INFINITY && date != DATE_PLUS_INFINITY;
}

/* A moment taken apart. Year 0 is 1 BC. */
typedef struct Civil {
    int year;
    int month;
    int day;
    int hour;
    int minute;
    int second;
    int microsecond;
} Civil;

static inline int64_t floor_divide(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}
static inline int64_t floor_modulo(int64_t a, int64_t b) {
    int64_t r = a % b;
    return r < 0 ? r + b : r;
}

static inline bool year_is_leap(int64_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}
static inline int month_length(int64_t year, int month) {
    static const uint8_t lengths[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return lengths[month] + (month == 2 && year_is_leap(year));
}

/* Days since 2000-01-01 of a date; month 1 … 12, day unchecked. Years begin in March, so that the leap day
   comes last. */
static inline int64_t civil_to_days(int64_t year, int month, int64_t day) {
    year -= month <= 2;
    int64_t era = floor_divide(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468 - EPOCH_DAYS;
}

static inline void civil_from_days(int64_t days, int *year, int *month, int *day) {
    days += 719468 + EPOCH_DAYS;
    int64_t era = floor_divide(days, 146097);
    uint32_t day_of_era = (uint32_t)(days - era * 146097);
    uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t shifted = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int)((int64_t)year_of_era + era * 400 + (*month <= 2));
}

/* 0 = Sunday. */
static inline int day_of_week(int64_t days) {
    return (int)floor_modulo(days + 6, 7);
}

static inline void civil_set_time(Civil *civil, int64_t microseconds_of_day) {
    civil->hour = (int)(microseconds_of_day / USECS_PER_HOUR);
    microseconds_of_day -= civil->hour * USECS_PER_HOUR;
    civil->minute = (int)(microseconds_of_day / USECS_PER_MINUTE);
    microseconds_of_day -= civil->minute * USECS_PER_MINUTE;
    civil->second = (int)(microseconds_of_day / USECS_PER_SECOND);
    civil->microsecond = (int)(microseconds_of_day - civil->second * USECS_PER_SECOND);
}

/* A finite timestamp without zone. */
static inline void civil_from_timestamp(int64_t timestamp, Civil *civil) {
    int64_t days = floor_divide(timestamp, USECS_PER_DAY);
    civil_from_days(days, &civil->year, &civil->month, &civil->day);
    civil_set_time(civil, timestamp - days * USECS_PER_DAY);
}

static inline int64_t civil_time_of_day(const Civil *civil) {
    return ((civil->hour * INT64_C(60) + civil->minute) * 60 + civil->second) * USECS_PER_SECOND +
           civil->microsecond;
}

/* False when out of the range of timestamps. */
static inline bool civil_to_timestamp(const Civil *civil, int64_t *timestamp) {
    int64_t days = civil_to_days(civil->year, civil->month, civil->day);
    if (days < DATE_FIRST || days > TIMESTAMP_END_DAY)
        return false;
    *timestamp = days * USECS_PER_DAY + civil_time_of_day(civil);
    return timestamp_in_range(*timestamp);
}

/* ISO 8601 week 1 … 53 and the year it belongs to. */
static inline int iso_week(int64_t days, int *iso_year) {
    int64_t thursday = days - floor_modulo(days + 5, 7) + 3;
    int month, day;
    civil_from_days(thursday, iso_year, &month, &day);
    return (int)((thursday - civil_to_days(*iso_year, 1, 1)) / 7 + 1);
}
/* The Monday on which that week begins. */
static inline int64_t iso_week_start(int64_t iso_year, int week) {
    int64_t fourth = civil_to_days(iso_year, 1, 4);
    return fourth - floor_modulo(fourth + 5, 7) + (int64_t)(week - 1) * 7;
}

#endif
