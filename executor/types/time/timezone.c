/* Timezone: reads TZif files and POSIX rules, and finds offsets by binary search.
   The rule after a file's last transition is unrolled over one 400-year cycle of the calendar when the zone
   is loaded, so that a lookup is one search, whatever the year. Zones are kept for good in a table whose
   chains only grow at the front: readers take no lock. */
#include "executor/types/time/timezone.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "executor/base/memory.h"
#include "executor/types/time/calendar.h"

#define ZONE_DIRECTORY "/usr/share/zoneinfo"

enum { NAME_MAX_LENGTH = 255, TABLE_SIZE = 1024, ABBREVIATION_BYTES = 512, ZONES_MAX = 4096 };
#define CYCLE_SECONDS (INT64_C(146097) * 86400)

typedef struct LocalType {
    int32_t offset;
    bool is_dst;
    uint16_t abbreviation; /* index into abbreviations */
} LocalType;

struct Timezone {
    char *name;
    int64_t *times; /* seconds since 1970 UTC at which types[i] begins */
    uint8_t *types;
    int count;
    int capacity;
    int cycle_from;  /* first transition of the cycle that repeats for ever; count when there is none */
    bool is_endless; /* the cycle repeats backwards too: a zone that is only a rule */
    LocalType local_types[256];
    int type_count;
    int first_type; /* before the first transition */
    char abbreviations[ABBREVIATION_BYTES];
    int abbreviation_length;
};

typedef struct Entry {
    const struct Entry *next;
    const Timezone *zone; /* NULL: looked for and not there */
    char name[];
} Entry;

/* ---- POSIX rules: "CET-1CEST,M3.5.0,M10.5.0/3" ---- */

typedef struct RuleDate {
    char kind; /* 'J' 1 … 365 without leap day, 'D' 0 … 365, 'M' month.week.day */
    int day;
    int week;
    int month;
    int seconds;
} RuleDate;

typedef struct Rule {
    char standard[32];
    char daylight[32]; /* empty: no daylight saving time */
    int standard_offset;
    int daylight_offset;
    RuleDate start;
    RuleDate end;
} Rule;

static const char *read_name(const char *at, char *name) {
    int length = 0;
    if (*at == '<') {
        for (at++; *at != '>'; at++) {
            if (*at == 0 || length == 31)
                return NULL;
            name[length++] = *at;
        }
        at++;
    } else {
        for (; *at != 0 && !isdigit((unsigned char)*at) && *at != ',' && *at != '-' && *at != '+'; at++) {
            if (length == 31)
                return NULL;
            name[length++] = *at;
        }
    }
    name[length] = 0;
    return at;
}

static const char *read_number(const char *at, int *number, int min, int max) {
    if (!isdigit((unsigned char)*at))
        return NULL;
    int value = 0;
    for (; isdigit((unsigned char)*at); at++) {
        value = value * 10 + (*at - '0');
        if (value > max)
            return NULL;
    }
    *number = value;
    return value < min ? NULL : at;
}

/* [+-]h[:m[:s]], hours up to a week as newer files use them. */
static const char *read_seconds(const char *at, int *seconds) {
    int sign = 1, hours = 0, minutes = 0, rest = 0;
    if (*at == '-' || *at == '+')
        sign = *at++ == '-' ? -1 : 1;
    if ((at = read_number(at, &hours, 0, 167)) == NULL)
        return NULL;
    if (*at == ':') {
        if ((at = read_number(at + 1, &minutes, 0, 59)) == NULL)
            return NULL;
        if (*at == ':' && (at = read_number(at + 1, &rest, 0, 60)) == NULL)
            return NULL;
    }
    *seconds = sign * (hours * 3600 + minutes * 60 + rest);
    return at;
}

static const char *read_rule_date(const char *at, RuleDate *date) {
    date->seconds = 7200;
    if (*at == 'J') {
        date->kind = 'J';
        at = read_number(at + 1, &date->day, 1, 365);
    } else if (*at == 'M') {
        date->kind = 'M';
        if ((at = read_number(at + 1, &date->month, 1, 12)) == NULL || *at++ != '.')
            return NULL;
        if ((at = read_number(at, &date->week, 1, 5)) == NULL || *at++ != '.')
            return NULL;
        at = read_number(at, &date->day, 0, 6);
    } else {
        date->kind = 'D';
        at = read_number(at, &date->day, 0, 365);
    }
    if (at != NULL && *at == '/')
        at = read_seconds(at + 1, &date->seconds);
    return at;
}

static bool rule_parse(const char *at, Rule *rule) {
    memset(rule, 0, sizeof *rule);
    int seconds;
    if ((at = read_name(at, rule->standard)) == NULL || (at = read_seconds(at, &seconds)) == NULL)
        return false;
    rule->standard_offset = -seconds;
    if (*at == 0)
        return true;
    if ((at = read_name(at, rule->daylight)) == NULL || rule->daylight[0] == 0)
        return false;
    rule->daylight_offset = rule->standard_offset + 3600;
    if (*at != 0 && *at != ',' && *at != ';') {
        if ((at = read_seconds(at, &seconds)) == NULL)
            return false;
        rule->daylight_offset = -seconds;
    }
    if (*at == 0)
        at = ",M3.2.0,M11.1.0";
    if ((*at != ',' && *at != ';') || (at = read_rule_date(at + 1, &rule->start)) == NULL || *at != ',')
        return false;
    return (at = read_rule_date(at + 1, &rule->end)) != NULL && *at == 0;
}

/* Seconds since 1970 of the local clock. */
static int64_t rule_date_in(const RuleDate *date, int year) {
    int64_t days;
    if (date->kind == 'J') {
        days = civil_to_days(year, 1, 1) + date->day - 1 + (year_is_leap(year) && date->day >= 60);
    } else if (date->kind == 'D') {
        days = civil_to_days(year, 1, 1) + date->day;
    } else {
        int64_t first = civil_to_days(year, date->month, 1);
        int day = (date->day - day_of_week(first) + 7) % 7 + (date->week - 1) * 7;
        if (day >= month_length(year, date->month))
            day -= 7;
        days = first + day;
    }
    return (days + EPOCH_DAYS) * SECONDS_PER_DAY + date->seconds;
}

/* ---- building a zone ---- */

static int add_abbreviation(Timezone *zone, const char *name) {
    for (int i = 0; i < zone->abbreviation_length; i += (int)strlen(zone->abbreviations + i) + 1)
        if (strcmp(zone->abbreviations + i, name) == 0)
            return i;
    int at = zone->abbreviation_length, length = (int)strlen(name) + 1;
    if (at + length > ABBREVIATION_BYTES)
        return 0;
    memcpy(zone->abbreviations + at, name, (size_t)length);
    zone->abbreviation_length += length;
    return at;
}

static int add_type(Timezone *zone, int32_t offset, bool is_dst, const char *name) {
    LocalType type = {offset, is_dst, (uint16_t)add_abbreviation(zone, name)};
    for (int i = 0; i < zone->type_count; i++)
        if (zone->local_types[i].offset == offset && zone->local_types[i].is_dst == is_dst &&
            zone->local_types[i].abbreviation == type.abbreviation)
            return i;
    if (zone->type_count == 256)
        return 255;
    zone->local_types[zone->type_count] = type;
    return zone->type_count++;
}

static void add_transition(Timezone *zone, int64_t time, int type) {
    if (zone->count == zone->capacity) {
        zone->capacity = zone->capacity == 0 ? 64 : zone->capacity * 2;
        zone->times = memory_resize(zone->times, (size_t)zone->capacity * sizeof *zone->times);
        zone->types = memory_resize(zone->types, (size_t)zone->capacity);
    }
    zone->times[zone->count] = time;
    zone->types[zone->count++] = (uint8_t)type;
}

static int year_of_seconds(int64_t seconds) {
    int year, month, day;
    civil_from_days(floor_divide(seconds, SECONDS_PER_DAY) - EPOCH_DAYS, &year, &month, &day);
    return year;
}

/* Unrolls the rule over the years after the last transition: up to a full cycle, which then repeats. */
static void add_rule(Timezone *zone, const Rule *rule, int from_year) {
    int standard = add_type(zone, rule->standard_offset, false, rule->standard);
    if (rule->daylight[0] == 0) {
        if (zone->count == 0)
            zone->first_type = standard;
        else if (zone->types[zone->count - 1] != standard)
            add_transition(zone, zone->times[zone->count - 1] + 1, standard);
        zone->cycle_from = zone->count;
        return;
    }
    int daylight = add_type(zone, rule->daylight_offset, true, rule->daylight);
    if (zone->count == 0)
        zone->first_type = standard;
    int64_t last = zone->count == 0 ? INT64_MIN : zone->times[zone->count - 1];
    int first_whole_year = from_year + 1;
    zone->cycle_from = -1;
    for (int year = from_year; year < first_whole_year + 401; year++) {
        int64_t start = rule_date_in(&rule->start, year) - rule->standard_offset;
        int64_t end = rule_date_in(&rule->end, year) - rule->daylight_offset;
        int64_t times[2] = {start < end ? start : end, start < end ? end : start};
        int types[2] = {start < end ? daylight : standard, start < end ? standard : daylight};
        for (int i = 0; i < 2; i++) {
            if (times[i] <= last || (year == first_whole_year + 400 && i > 0))
                continue;
            if (year == first_whole_year && zone->cycle_from < 0)
                zone->cycle_from = zone->count;
            add_transition(zone, times[i], types[i]);
        }
    }
    if (zone->cycle_from < 0)
        zone->cycle_from = zone->count;
}

static Timezone *zone_create(const char *name) {
    Timezone *zone = NEW(Timezone);
    zone->name = memory_strdup(name);
    return zone;
}

static void zone_free(Timezone *zone) {
    memory_free(zone->name);
    memory_free(zone->times);
    memory_free(zone->types);
    memory_free(zone);
}

static int64_t big_endian(const unsigned char *bytes, int size) {
    uint64_t value = bytes[0] & 128 ? UINT64_MAX : 0;
    for (int i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return (int64_t)value;
}

typedef struct FileCounts {
    int64_t utc, standard, leap, time, type, character;
} FileCounts;

static FileCounts read_counts(const unsigned char *header) {
    return (FileCounts){big_endian(header + 20, 4), big_endian(header + 24, 4), big_endian(header + 28, 4),
        big_endian(header + 32, 4), big_endian(header + 36, 4), big_endian(header + 40, 4)};
}

static size_t block_size(const FileCounts *c, int time_size) {
    return (size_t)(c->time * time_size + c->time + c->type * 6 + c->character + c->leap * (time_size + 4) +
                    c->standard + c->utc);
}

/* RFC 8536, version 2 and later: the second block has 64-bit times, and the rule for later times follows it.
 */
static bool zone_read(Timezone *zone, const unsigned char *bytes, size_t size) {
    if (size < 44 || memcmp(bytes, "TZif", 4) != 0 || bytes[4] < '2')
        return false;
    FileCounts counts = read_counts(bytes);
    size_t skip = 44 + block_size(&counts, 4);
    if (size < skip + 44 || memcmp(bytes + skip, "TZif", 4) != 0)
        return false;
    counts = read_counts(bytes + skip);
    const unsigned char *times = bytes + skip + 44, *end = bytes + size;
    if (counts.type < 1 || counts.type > 256 || (size_t)(end - times) < block_size(&counts, 8))
        return false;
    const unsigned char *indices = times + counts.time * 8, *types = indices + counts.time,
                        *names = types + counts.type * 6;
    int map[256];
    for (int i = 0; i < counts.type; i++) {
        const unsigned char *type = types + i * 6;
        if (type[5] >= counts.character ||
            memchr(names + type[5], 0, (size_t)(counts.character - type[5])) == NULL)
            return false;
        map[i] = add_type(zone, (int32_t)big_endian(type, 4), type[4] != 0, (const char *)names + type[5]);
    }
    zone->first_type = map[0];
    for (int64_t i = 0; i < counts.time; i++) {
        if (indices[i] >= counts.type)
            return false;
        add_transition(zone, big_endian(times + i * 8, 8), map[indices[i]]);
    }
    zone->cycle_from = zone->count;
    const unsigned char *tail = times + block_size(&counts, 8);
    char text[256];
    size_t length = tail < end && *tail == '\n' ? (size_t)(end - tail - 1) : 0;
    if (length == 0 || length > sizeof text)
        return true;
    memcpy(text, tail + 1, length - 1);
    text[length - 1] = 0;
    Rule rule;
    if (text[0] != 0 && rule_parse(text, &rule))
        add_rule(zone, &rule, zone->count == 0 ? 1900 : year_of_seconds(zone->times[zone->count - 1]));
    return true;
}

/* Replaces each part of the path by the directory entry that equals it but for case. */
static bool find_path(const char *name, char *path, size_t size) {
    size_t length = (size_t)snprintf(path, size, "%s", ZONE_DIRECTORY);
    while (*name != 0) {
        size_t part = strcspn(name, "/");
        if (part == 0 || name[0] == '.' || length + part + 2 > size)
            return false;
        DIR *directory = opendir(path);
        if (directory == NULL)
            return false;
        bool found = false;
        for (struct dirent *entry; !found && (entry = readdir(directory)) != NULL;) {
            if (strlen(entry->d_name) != part || strncasecmp(entry->d_name, name, part) != 0)
                continue;
            length += (size_t)snprintf(path + length, size - length, "/%s", entry->d_name);
            found = true;
        }
        closedir(directory);
        if (!found)
            return false;
        name += part;
        if (*name == '/')
            name++;
    }
    return true;
}

static Timezone *zone_load(const char *name) {
    char path[PATH_MAX];
    if (!find_path(name, path, sizeof path))
        return NULL;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    enum { FILE_MAX = 1 << 17 };
    unsigned char *bytes = memory_allocate(FILE_MAX);
    size_t size = fread(bytes, 1, FILE_MAX, file);
    fclose(file);
    Timezone *zone = zone_create(path + sizeof ZONE_DIRECTORY);
    if (!zone_read(zone, bytes, size)) {
        zone_free(zone);
        zone = NULL;
    }
    memory_free(bytes);
    return zone;
}

static Timezone *zone_from_rule(const char *text) {
    Rule rule;
    if (!rule_parse(text, &rule))
        return NULL;
    Timezone *zone = zone_create(text);
    for (char *c = zone->name; *c != 0; c++)
        *c = (char)toupper((unsigned char)*c);
    for (char *c = rule.standard; *c != 0; c++)
        *c = (char)toupper((unsigned char)*c);
    for (char *c = rule.daylight; *c != 0; c++)
        *c = (char)toupper((unsigned char)*c);
    add_rule(zone, &rule, 1900);
    zone->is_endless = zone->count > 0;
    return zone;
}

/* ---- table of zones ---- */

static _Atomic(const Entry *) table[TABLE_SIZE];
static atomic_int table_count;

static uint32_t hash_name(const char *name, size_t length) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (uint32_t)tolower((unsigned char)name[i])) * 16777619u;
    return hash % TABLE_SIZE;
}

static const Entry *find_entry(const Entry *entry, const char *name, size_t length) {
    for (; entry != NULL; entry = entry->next)
        if (strncasecmp(entry->name, name, length) == 0 && entry->name[length] == 0)
            return entry;
    return NULL;
}

const Timezone *timezone_find(const char *name, size_t length) {
    if (length == 0 || length > NAME_MAX_LENGTH || memchr(name, 0, length) != NULL)
        return NULL;
    _Atomic(const Entry *) *slot = &table[hash_name(name, length)];
    const Entry *head = atomic_load_explicit(slot, memory_order_acquire);
    const Entry *found = find_entry(head, name, length);
    if (found != NULL)
        return found->zone;
    Entry *entry = memory_allocate_zero(sizeof *entry + length + 1);
    memcpy(entry->name, name, length);
    Timezone *zone = zone_load(entry->name);
    if (zone == NULL)
        zone = zone_from_rule(entry->name);
    /* Unknown names are not kept: they would let a client fill the table. */
    if (zone == NULL || atomic_fetch_add(&table_count, 1) >= ZONES_MAX) {
        if (zone != NULL)
            zone_free(zone);
        memory_free(entry);
        return NULL;
    }
    entry->zone = zone;
    for (;;) {
        entry->next = head;
        if (atomic_compare_exchange_weak_explicit(
                slot, &head, entry, memory_order_acq_rel, memory_order_acquire))
            return zone;
        found = find_entry(head, name, length);
        if (found != NULL) {
            zone_free(zone);
            memory_free(entry);
            return found->zone;
        }
    }
}

const Timezone *timezone_of_setting(const char *setting) {
    char *end;
    double hours = strtod(setting, &end);
    if (end == setting || *end != 0)
        return timezone_find(setting, strlen(setting));
    if (!(hours > -168 && hours < 168))
        return NULL;
    int seconds = (int)(hours * 3600), size = abs(seconds);
    char name[32], text[96];
    int length = snprintf(name, sizeof name, "%c%02d", seconds < 0 ? '-' : '+', size / 3600);
    if (size % 3600 != 0)
        length += snprintf(name + length, sizeof name - (size_t)length, ":%02d", size / 60 % 60);
    if (size % 60 != 0)
        snprintf(name + length, sizeof name - (size_t)length, ":%02d", size % 60);
    snprintf(text, sizeof text, "<%s>%c%s", name, seconds < 0 ? '+' : '-', name + 1);
    return timezone_find(text, strlen(text));
}

const Timezone *timezone_utc(void) {
    static const Timezone utc = {
        .name = "UTC", .type_count = 1, .abbreviations = "UTC", .abbreviation_length = 4};
    return &utc;
}

const Timezone *timezone_session(const char *setting) {
    if (setting == NULL || strcasecmp(setting, "UTC") == 0)
        return timezone_utc();
    const Timezone *zone = timezone_of_setting(setting);
    return zone == NULL ? timezone_utc() : zone;
}

const char *timezone_name(const Timezone *zone) {
    return zone->name;
}

bool timezone_is_fixed(const Timezone *zone, int32_t *offset) {
    *offset = zone->local_types[zone->first_type].offset;
    return zone->count == 0;
}

/* ---- lookup ---- */

/* The number of transitions at or before the time. */
static int count_before(const Timezone *zone, int64_t seconds) {
    int low = 0, high = zone->count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (zone->times[middle] <= seconds)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Moves a time beyond the unrolled cycle back into it; *shift is by how much. */
static int64_t into_cycle(const Timezone *zone, int64_t seconds, int64_t *shift) {
    *shift = 0;
    if (zone->cycle_from < zone->count && seconds >= zone->times[zone->cycle_from] + CYCLE_SECONDS)
        *shift = (seconds - zone->times[zone->cycle_from]) / CYCLE_SECONDS * CYCLE_SECONDS;
    else if (zone->is_endless && seconds < zone->times[0] + SECONDS_PER_DAY)
        *shift = floor_divide(seconds - zone->times[zone->cycle_from], CYCLE_SECONDS) * CYCLE_SECONDS;
    return seconds - *shift;
}

static const LocalType *type_after(const Timezone *zone, int transitions) {
    return &zone->local_types[transitions == 0 ? zone->first_type : zone->types[transitions - 1]];
}

static const LocalType *type_at(const Timezone *zone, int64_t seconds) {
    int64_t shift;
    return type_after(zone, count_before(zone, into_cycle(zone, seconds, &shift)));
}

int32_t timezone_offset_at(const Timezone *zone, int64_t timestamp, bool *is_dst, const char **abbreviation) {
    const LocalType *type = zone->count == 0
                                ? &zone->local_types[zone->first_type]
                                : type_at(zone, floor_divide(timestamp, USECS_PER_SECOND) + EPOCH_SECONDS);
    if (is_dst != NULL)
        *is_dst = type->is_dst;
    if (abbreviation != NULL)
        *abbreviation = zone->abbreviations + type->abbreviation;
    return type->offset;
}

int32_t timezone_offset_of_local(const Timezone *zone, int64_t local) {
    if (zone->count == 0)
        return zone->local_types[zone->first_type].offset;
    int64_t seconds = floor_divide(local, USECS_PER_SECOND) + EPOCH_SECONDS, shift;
    int64_t day_before = into_cycle(zone, seconds - SECONDS_PER_DAY, &shift);
    int next = count_before(zone, day_before);
    int32_t before = type_after(zone, next)->offset;
    if (next == zone->count)
        return before;
    int32_t after = type_after(zone, next + 1)->offset;
    int64_t boundary = zone->times[next] + shift;
    if (seconds - before < boundary && seconds - after < boundary)
        return before;
    if (seconds - before >= boundary && seconds - after >= boundary)
        return after;
    return before < after ? before : after;
}

/* ---- abbreviations ---- */

typedef struct Abbreviation {
    const char *name;
    int32_t offset;
    bool is_dst;
    const char *zone;
} Abbreviation;

static const Abbreviation abbreviations[] = {
#define ABBREVIATION(name, offset, is_dst, zone) {name, offset, is_dst, zone},
#include "executor/types/time/timezone_abbreviations.def"
#undef ABBREVIATION
};

bool timezone_abbreviation(
    const char *name, size_t length, int32_t *offset, bool *is_dst, const Timezone **zone) {
    int low = 0, high = (int)(sizeof abbreviations / sizeof *abbreviations);
    *zone = NULL;
    while (low < high) {
        int middle = (low + high) / 2;
        const Abbreviation *a = &abbreviations[middle];
        int order = strncmp(a->name, name, length);
        if (order == 0)
            order = a->name[length] != 0;
        if (order == 0) {
            *offset = a->offset;
            *is_dst = a->is_dst;
            if (a->zone != NULL)
                *zone = timezone_find(a->zone, strlen(a->zone));
            return a->zone == NULL || *zone != NULL;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

int32_t timezone_offset_of_abbreviation(
    const Timezone *zone, const char *name, size_t length, int64_t local, bool *is_dst) {
    int32_t guess = timezone_offset_of_local(zone, local);
    int64_t seconds = floor_divide(local, USECS_PER_SECOND) + EPOCH_SECONDS - guess, shift;
    int at = count_before(zone, into_cycle(zone, seconds, &shift));
    for (int pass = 0; pass < 2; pass++)
        for (int i = at + pass; pass == 0 ? i >= 0 : i <= zone->count; i += pass == 0 ? -1 : 1) {
            const LocalType *type = type_after(zone, i);
            const char *found = zone->abbreviations + type->abbreviation;
            if (strncasecmp(found, name, length) == 0 && found[length] == 0) {
                *is_dst = type->is_dst;
                return type->offset;
            }
        }
    bool dst;
    timezone_offset_at(zone, (seconds - EPOCH_SECONDS) * USECS_PER_SECOND, &dst, NULL);
    *is_dst = dst;
    return guess;
}
