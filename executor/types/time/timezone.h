/* Timezone: rules of local time, from the system's zone database, POSIX strings or fixed offsets. */
#ifndef LEAT_TYPES_TIMEZONE_H
#define LEAT_TYPES_TIMEZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Immutable, alive until the process ends; any thread. */
typedef struct Timezone Timezone;

/* By zone name (any case) or POSIX string, as AT TIME ZONE takes them; NULL when there is none. */
const Timezone *timezone_find(const char *name, size_t length);
/* As the setting TimeZone takes it: besides those, a number of hours east of UTC ("+02", "5.5"). */
const Timezone *timezone_of_setting(const char *setting);
/* UTC, never NULL. */
const Timezone *timezone_utc(void);
/* The zone of a setting that has been checked before; UTC when it has not. */
const Timezone *timezone_session(const char *setting);

/* The name in the zone database's own spelling. */
const char *timezone_name(const Timezone *zone);
/* True when every moment has the same offset; *offset is then that one. */
bool timezone_is_fixed(const Timezone *zone, int32_t *offset);

/* Seconds east of UTC at a finite moment (microseconds since 2000-01-01 UTC); *is_dst and *abbreviation may
   be NULL. */
int32_t timezone_offset_at(const Timezone *zone, int64_t timestamp, bool *is_dst, const char **abbreviation);
/* Seconds east of UTC of a local time (microseconds since 2000-01-01 local). A time that a change skips is
   read with the offset before it; one that occurs twice, with the offset after it. */
int32_t timezone_offset_of_local(const Timezone *zone, int64_t local);

/* An abbreviation ("cet", lower case). Fixed ones give their offset; for the others, whose meaning changed
   over time, *zone is set and timezone_offset_of_abbreviation tells. False when unknown. */
bool timezone_abbreviation(
    const char *name, size_t length, int32_t *offset, bool *is_dst, const Timezone **zone);
/* What the abbreviation meant in the zone at that local time. */
int32_t timezone_offset_of_abbreviation(
    const Timezone *zone, const char *name, size_t length, int64_t local, bool *is_dst);

#endif
