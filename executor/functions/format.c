/* to_char() of moments and intervals, to_timestamp() and to_date(): templates such as 'YYYY-MM-DD HH24:MI:SS'. A constant template is cut into
   its fields once a call site. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "executor/base/memory.h"
#include "executor/functions/datetime_math.h"
#include "executor/functions/string_kernel.h"

/* KEYWORD(name, text, how its letters may be written): ANY upper or lower case, EXACT as it stands. Longer ones before their beginnings. */
/* clang-format off */
#define KEYWORDS(KEYWORD) \
    KEYWORD(AD_DOTS, "A.D.", EXACT) KEYWORD(AM_DOTS, "A.M.", EXACT) KEYWORD(AD, "AD", EXACT) KEYWORD(AM, "AM", EXACT) \
    KEYWORD(BC_DOTS, "B.C.", EXACT) KEYWORD(BC, "BC", EXACT) KEYWORD(CC, "CC", ANY) KEYWORD(DAY, "DAY", EXACT) KEYWORD(DDD, "DDD", ANY) \
    KEYWORD(DD, "DD", ANY) KEYWORD(DY, "DY", EXACT) KEYWORD(Day, "Day", EXACT) KEYWORD(Dy, "Dy", EXACT) KEYWORD(D, "D", EXACT) \
    KEYWORD(FF1, "FF1", ANY) KEYWORD(FF2, "FF2", ANY) KEYWORD(FF3, "FF3", ANY) KEYWORD(FF4, "FF4", ANY) KEYWORD(FF5, "FF5", ANY) \
    KEYWORD(FF6, "FF6", ANY) KEYWORD(FX, "FX", ANY) KEYWORD(HH24, "HH24", ANY) KEYWORD(HH12, "HH12", ANY) KEYWORD(HH, "HH", ANY) \
    KEYWORD(IDDD, "IDDD", ANY) KEYWORD(ID, "ID", ANY) KEYWORD(IW, "IW", ANY) KEYWORD(IYYY, "IYYY", ANY) KEYWORD(IYY, "IYY", ANY) \
    KEYWORD(IY, "IY", ANY) KEYWORD(I, "I", ANY) KEYWORD(J, "J", ANY) KEYWORD(MI, "MI", ANY) KEYWORD(MM, "MM", ANY) \
    KEYWORD(MONTH, "MONTH", EXACT) KEYWORD(MON, "MON", EXACT) KEYWORD(MS, "MS", ANY) KEYWORD(Month, "Month", EXACT) \
    KEYWORD(Mon, "Mon", EXACT) KEYWORD(OF, "OF", ANY) KEYWORD(PM_DOTS, "P.M.", EXACT) KEYWORD(PM, "PM", EXACT) KEYWORD(Q, "Q", ANY) \
    KEYWORD(RM, "RM", EXACT) KEYWORD(SSSSS, "SSSSS", ANY) KEYWORD(SSSS, "SSSS", ANY) KEYWORD(SS, "SS", ANY) KEYWORD(TZH, "TZH", ANY) \
    KEYWORD(TZM, "TZM", ANY) KEYWORD(TZ, "TZ", EXACT) KEYWORD(US, "US", ANY) KEYWORD(WW, "WW", ANY) KEYWORD(W, "W", ANY) \
    KEYWORD(Y_YYY, "Y,YYY", ANY) KEYWORD(YYYY, "YYYY", ANY) KEYWORD(YYY, "YYY", ANY) KEYWORD(YY, "YY", ANY) KEYWORD(Y, "Y", ANY) \
    KEYWORD(ad_dots, "a.d.", EXACT) KEYWORD(am_dots, "a.m.", EXACT) KEYWORD(ad, "ad", EXACT) KEYWORD(am, "am", EXACT) \
    KEYWORD(bc_dots, "b.c.", EXACT) KEYWORD(bc, "bc", EXACT) KEYWORD(day, "day", EXACT) KEYWORD(dy, "dy", EXACT) KEYWORD(d, "d", EXACT) \
    KEYWORD(month, "month", EXACT) KEYWORD(mon, "mon", EXACT) KEYWORD(pm_dots, "p.m.", EXACT) KEYWORD(pm, "pm", EXACT) \
    KEYWORD(rm, "rm", EXACT) KEYWORD(tz, "tz", EXACT)
/* clang-format on */

typedef enum Keyword {
    KEY_NONE,
#define KEYWORD(name, text, letters) KEY_##name,
    KEYWORDS(KEYWORD)
#undef KEYWORD
} Keyword;

enum { EXACT, ANY };
static const struct {
    const char *text;
    int letters;
} keywords[] = {{"", EXACT},
#define KEYWORD(name, text, letters) {text, letters},
    KEYWORDS(KEYWORD)
#undef KEYWORD
};

typedef enum NodeKind { NODE_FIELD, NODE_CHARACTER, NODE_SEPARATOR, NODE_SPACE } NodeKind;

typedef struct Node {
    NodeKind kind;
    Keyword keyword;
    bool is_filled_off; /* FM: no padding */
    char suffix;        /* 't' or 'T': th, TH */
    char bytes[4];
    uint8_t length;
} Node;

/* A call site's template. */
typedef struct Template {
    Text source;
    Node *nodes;
    int count, capacity;
    bool is_fixed; /* FX */
} Template;

static void template_free(void *cache) {
    Template *template = cache;
    text_free(&template->source);
    memory_free(template->nodes);
    memory_free(template);
}

static Keyword keyword_at(const char *at, const char *end) {
    for (size_t k = 1; k < sizeof keywords / sizeof *keywords; k++) {
        size_t length = strlen(keywords[k].text);
        if ((size_t)(end - at) < length)
            continue;
        bool is_same = memcmp(at, keywords[k].text, length) == 0;
        if (!is_same && keywords[k].letters == ANY) {
            is_same = true;
            for (size_t i = 0; i < length && is_same; i++)
                is_same = at[i] == tolower((unsigned char)keywords[k].text[i]);
        }
        if (is_same)
            return (Keyword)k;
    }
    return KEY_NONE;
}

static void add_character(Template *t, const char *at, int length) {
    Node node = {.kind = NODE_CHARACTER, .length = (uint8_t)length};
    memcpy(node.bytes, at, (size_t)length);
    if (length == 1 && isspace((unsigned char)*at))
        node.kind = NODE_SPACE;
    else if (length == 1 && *at > 32 && *at < 127 && !isalnum((unsigned char)*at))
        node.kind = NODE_SEPARATOR;
    GROW(t->nodes, t->capacity, t->count + 1);
    t->nodes[t->count++] = node;
}

/* Text in quotes stands for itself. */
static const char *add_quoted(Template *t, const char *at, const char *end) {
    while (at < end && *at != '"') {
        if (*at == '\\' && at + 1 < end)
            at++;
        int step = utf8_step(*at);
        add_character(t, at, step);
        t->nodes[t->count - 1].kind = NODE_CHARACTER;
        at += step;
    }
    return at < end ? at + 1 : at;
}

static void template_parse(Template *t) {
    const char *at = text_string(&t->source), *end = at + t->source.length;
    t->count = 0;
    t->is_fixed = false;
    while (at < end) {
        bool is_off = false;
        const char *start = at;
        for (; end - at >= 2; at += 2) {
            if (memcmp(at, "FM", 2) == 0 || memcmp(at, "fm", 2) == 0)
                is_off = true;
            else if (memcmp(at, "TM", 2) != 0 && memcmp(at, "tm", 2) != 0)
                break;
        }
        Keyword keyword = keyword_at(at, end);
        if (keyword != KEY_NONE) {
            Node node = {.kind = NODE_FIELD, .keyword = keyword, .is_filled_off = is_off};
            at += strlen(keywords[keyword].text);
            if (keyword == KEY_FX)
                t->is_fixed = true;
            if (end - at >= 2 && (memcmp(at, "TH", 2) == 0 || memcmp(at, "th", 2) == 0)) {
                node.suffix = *at;
                at += 2;
            } else if (end - at >= 2 && memcmp(at, "SP", 2) == 0) {
                at += 2;
            }
            GROW(t->nodes, t->capacity, t->count + 1);
            t->nodes[t->count++] = node;
            continue;
        }
        if (at > start)
            continue; /* the prefix alone: nothing to show */
        if (*at == '"') {
            at = add_quoted(t, at + 1, end);
        } else {
            if (*at == '\\' && at + 1 < end && at[1] == '"')
                at++;
            int step = utf8_step(*at);
            add_character(t, at, step);
            at += step;
        }
    }
}

static const Template *template_of(KernelContext *context, const View *source) {
    Template *template = *context->cache;
    if (template == NULL) {
        template = *context->cache = NEW(Template);
        *context->cache_free = template_free;
    } else if (template->source.length == source->length && memcmp(text_string(&template->source), view_bytes(source), source->length) == 0) {
        return template;
    }
    text_reset(&template->source);
    text_add(&template->source, view_bytes(source), source->length);
    template_parse(template);
    return template;
}

/* ---- to_char ---- */

static const char *const month_names[] = {
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"};
static const char *const day_names[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
static const char *const roman_months[] = {"I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"};

/* What a row shows. */
typedef struct Moment {
    Civil civil;
    int64_t hours; /* of an interval they have no end */
    int64_t days;  /* since 2000-01-01 */
    bool is_interval;
    bool has_zone;
    int32_t offset;
    const char *abbreviation;
} Moment;

typedef enum LetterCase { CASE_TITLE, CASE_UPPER, CASE_LOWER } LetterCase;

static void add_name(Text *out, const char *name, size_t length, LetterCase letters, int width) {
    for (size_t i = 0; i < length; i++)
        text_add_char(out, (char)(letters == CASE_UPPER   ? toupper((unsigned char)name[i])
                                  : letters == CASE_LOWER ? tolower((unsigned char)name[i])
                                                          : name[i]));
    for (int i = (int)length; i < width; i++)
        text_add_char(out, ' ');
}

/* width counts a sign too. */
static void add_signed(Text *out, const Node *node, int64_t value, int width) {
    text_printf(out, "%0*lld", node->is_filled_off ? 0 : width, (long long)value);
    if (node->suffix != 0) {
        int64_t size = value < 0 ? -value : value;
        int last = (int)(size % 10);
        const char *suffix = size % 100 / 10 == 1 ? "th" : last == 1 ? "st" : last == 2 ? "nd" : last == 3 ? "rd" : "th";
        add_name(out, suffix, 2, node->suffix == 'T' ? CASE_UPPER : CASE_LOWER, 0);
    }
}

/* The sign comes on top of the width. */
static void add_number(Text *out, const Node *node, int64_t value, int width) {
    add_signed(out, node, value, value < 0 ? width + 1 : width);
}

static int century_of(int year) {
    if (year > 0)
        return (year - 1) / 100 + 1;
    return year / 100 - 1;
}

static void add_zone_hours(Text *out, const Moment *m, const Node *node) {
    int hours = abs(m->offset) / 3600;
    text_printf(out, "%c%0*d", m->offset < 0 ? '-' : '+', node->keyword == KEY_OF && node->is_filled_off ? 0 : 2, hours);
    if (node->keyword == KEY_OF && m->offset % 3600 != 0)
        text_printf(out, ":%02d", abs(m->offset) % 3600 / 60);
}

/* One field; false when intervals have none such. */
static bool add_field(Text *out, const Node *node, const Moment *m) {
    const Civil *c = &m->civil;
    int year = m->is_interval ? c->year : c->year <= 0 ? -(c->year - 1) : c->year;
    int pad = node->is_filled_off ? 0 : 9, iso_year = 0, week = 0, weekday = 0, day_of_year = 0;
    bool is_afternoon = m->hours % 24 >= 12;
    if (m->is_interval) {
        weekday = 0;
        day_of_year = 0;
    } else {
        week = iso_week(m->days, &iso_year);
        weekday = day_of_week(m->days);
        day_of_year = (int)(m->days - civil_to_days(c->year, 1, 1)) + 1;
    }
    int shown_iso_year = iso_year <= 0 ? -(iso_year - 1) : iso_year;
    switch (node->keyword) {
    case KEY_AM:
    case KEY_PM:
        text_add_string(out, is_afternoon ? "PM" : "AM");
        return true;
    case KEY_am:
    case KEY_pm:
        text_add_string(out, is_afternoon ? "pm" : "am");
        return true;
    case KEY_AM_DOTS:
    case KEY_PM_DOTS:
        text_add_string(out, is_afternoon ? "P.M." : "A.M.");
        return true;
    case KEY_am_dots:
    case KEY_pm_dots:
        text_add_string(out, is_afternoon ? "p.m." : "a.m.");
        return true;
    case KEY_HH:
    case KEY_HH12:
        add_signed(out, node, m->hours % 12 == 0 ? 12 : m->hours % 12, m->hours < 0 ? 3 : 2);
        return true;
    case KEY_HH24:
        add_number(out, node, m->hours, 2);
        return true;
    case KEY_MI:
        add_number(out, node, c->minute, 2);
        return true;
    case KEY_SS:
        add_number(out, node, c->second, 2);
        return true;
    case KEY_FF1:
    case KEY_FF2:
    case KEY_FF3:
    case KEY_FF4:
    case KEY_FF5:
    case KEY_FF6: {
        static const int scales[] = {100000, 10000, 1000, 100, 10, 1};
        int digits = (int)node->keyword - (int)KEY_FF1 + 1;
        Node plain = {.suffix = node->suffix};
        add_signed(out, &plain, c->microsecond / scales[digits - 1], digits);
        return true;
    }
    case KEY_MS: {
        Node plain = {.suffix = node->suffix};
        add_signed(out, &plain, c->microsecond / 1000, 3);
        return true;
    }
    case KEY_US: {
        Node plain = {.suffix = node->suffix};
        add_signed(out, &plain, c->microsecond, 6);
        return true;
    }
    case KEY_SSSS:
    case KEY_SSSSS:
        add_number(out, node, m->hours * 3600 + c->minute * 60 + c->second, 1);
        return true;
    case KEY_MM:
        add_number(out, node, c->month, 2);
        return true;
    case KEY_DD:
        add_signed(out, node, c->day, 2);
        return true;
    case KEY_DDD:
        add_signed(out, node, m->is_interval ? (int64_t)c->year * 360 + c->month * 30 + c->day : day_of_year, 3);
        return true;
    case KEY_Q:
        if (c->month != 0)
            add_number(out, node, (c->month - 1) / 3 + 1, 1);
        return true;
    case KEY_CC: {
        int century = m->is_interval ? c->year / 100 : century_of(c->year);
        add_number(out, node, century, century <= 99 && century >= -99 ? 2 : 1);
        return true;
    }
    case KEY_Y_YYY:
        text_printf(out, "%d,%03d", year / 1000, year % 1000);
        return true;
    case KEY_YYYY:
        add_number(out, node, year, 4);
        return true;
    case KEY_YYY:
        add_number(out, node, year % 1000, 3);
        return true;
    case KEY_YY:
        add_number(out, node, year % 100, 2);
        return true;
    case KEY_Y:
        add_number(out, node, year % 10, 1);
        return true;
    case KEY_RM:
    case KEY_rm: {
        if (c->month == 0 && c->year == 0)
            return true;
        int month = c->month == 0 ? (c->year >= 0 ? 11 : 0) : c->month < 0 ? -(c->month) - 1 : c->month - 1;
        if (c->month < 0)
            month = 12 + c->month;
        const char *name = roman_months[month];
        add_name(out, name, strlen(name), node->keyword == KEY_rm ? CASE_LOWER : CASE_UPPER, node->is_filled_off ? 0 : 4);
        return true;
    }
    case KEY_W:
        add_number(out, node, (c->day - 1) / 7 + 1, 1);
        return true;
    case KEY_J:
        add_number(out, node, m->days + EPOCH_JULIAN_DAY, 1);
        return true;
    case KEY_WW:
        add_number(out, node, (day_of_year - 1) / 7 + 1, 2);
        return true;
    case KEY_FX:
        return true;
    default:
        break;
    }
    if (m->is_interval)
        return false;
    const char *month = month_names[c->month - 1], *day = day_names[weekday];
    switch (node->keyword) {
    case KEY_AD:
    case KEY_BC:
        text_add_string(out, c->year <= 0 ? "BC" : "AD");
        return true;
    case KEY_ad:
    case KEY_bc:
        text_add_string(out, c->year <= 0 ? "bc" : "ad");
        return true;
    case KEY_AD_DOTS:
    case KEY_BC_DOTS:
        text_add_string(out, c->year <= 0 ? "B.C." : "A.D.");
        return true;
    case KEY_ad_dots:
    case KEY_bc_dots:
        text_add_string(out, c->year <= 0 ? "b.c." : "a.d.");
        return true;
    case KEY_MONTH:
        add_name(out, month, strlen(month), CASE_UPPER, pad);
        return true;
    case KEY_Month:
        add_name(out, month, strlen(month), CASE_TITLE, pad);
        return true;
    case KEY_month:
        add_name(out, month, strlen(month), CASE_LOWER, pad);
        return true;
    case KEY_MON:
        add_name(out, month, 3, CASE_UPPER, 0);
        return true;
    case KEY_Mon:
        add_name(out, month, 3, CASE_TITLE, 0);
        return true;
    case KEY_mon:
        add_name(out, month, 3, CASE_LOWER, 0);
        return true;
    case KEY_DAY:
        add_name(out, day, strlen(day), CASE_UPPER, pad);
        return true;
    case KEY_Day:
        add_name(out, day, strlen(day), CASE_TITLE, pad);
        return true;
    case KEY_day:
        add_name(out, day, strlen(day), CASE_LOWER, pad);
        return true;
    case KEY_DY:
        add_name(out, day, 3, CASE_UPPER, 0);
        return true;
    case KEY_Dy:
        add_name(out, day, 3, CASE_TITLE, 0);
        return true;
    case KEY_dy:
        add_name(out, day, 3, CASE_LOWER, 0);
        return true;
    case KEY_D:
    case KEY_d:
        add_number(out, node, weekday + 1, 1);
        return true;
    case KEY_ID:
        add_number(out, node, weekday == 0 ? 7 : weekday, 1);
        return true;
    case KEY_IW:
        add_number(out, node, week, 2);
        return true;
    case KEY_IDDD:
        add_number(out, node, m->days - iso_week_start(iso_year, 1) + 1, 3);
        return true;
    case KEY_IYYY:
        add_number(out, node, shown_iso_year, 4);
        return true;
    case KEY_IYY:
        add_number(out, node, shown_iso_year % 1000, 3);
        return true;
    case KEY_IY:
        add_number(out, node, shown_iso_year % 100, 2);
        return true;
    case KEY_I:
        add_number(out, node, shown_iso_year % 10, 1);
        return true;
    case KEY_TZ:
    case KEY_tz:
        if (m->has_zone)
            add_name(out, m->abbreviation, strlen(m->abbreviation), node->keyword == KEY_tz ? CASE_LOWER : CASE_UPPER, 0);
        return true;
    case KEY_TZH:
    case KEY_OF:
        add_zone_hours(out, m, node);
        return true;
    case KEY_TZM:
        text_printf(out, "%02d", abs(m->offset) % 3600 / 60);
        return true;
    default:
        return true;
    }
}

static bool add_formatted(Text *out, const Template *template, const Moment *moment) {
    for (int i = 0; i < template->count; i++) {
        const Node *node = &template->nodes[i];
        if (node->kind != NODE_FIELD)
            text_add(out, node->bytes, node->length);
        else if (!add_field(out, node, moment))
            return false;
    }
    return true;
}

static bool moment_of(const Column *column, int row, const Timezone *zone, Moment *m) {
    *m = (Moment){.abbreviation = ""};
    if (column->type.id == TYPE_INTERVAL) {
        const Interval *interval = column_at(column, row);
        int64_t time = interval->microseconds;
        m->is_interval = true;
        m->civil = (Civil){.year = interval->months / 12,
            .month = interval->months % 12,
            .day = interval->days,
            .minute = (int)(time / USECS_PER_MINUTE % 60),
            .second = (int)(time / USECS_PER_SECOND % 60),
            .microsecond = (int)(time % USECS_PER_SECOND)};
        m->hours = time / USECS_PER_HOUR;
        m->days = (int64_t)interval->months * DAYS_PER_MONTH + interval->days - EPOCH_JULIAN_DAY;
        return true;
    }
    int64_t timestamp = column_int8(column, row);
    if (!timestamp_is_finite(timestamp))
        return false;
    if (zone != NULL) {
        m->has_zone = true;
        m->offset = timezone_offset_at(zone, timestamp, NULL, &m->abbreviation);
        timestamp += m->offset * USECS_PER_SECOND;
    }
    civil_from_timestamp(timestamp, &m->civil);
    m->hours = m->civil.hour;
    m->days = floor_divide(timestamp, USECS_PER_DAY);
    return true;
}

static void to_char(KERNEL_PARAMETERS) {
    Text out = {0};
    const Timezone *zone = arguments[0]->type.id == TYPE_TIMESTAMPTZ ? timezone_session(context->settings->time_zone) : NULL;
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *source = argument_view(arguments, 1, i);
        Moment moment;
        if (source->length == 0 || !moment_of(arguments[0], i, zone, &moment)) {
            column_set_null(result, i);
            continue;
        }
        if (!add_formatted(&out, template_of(context, source), &moment))
            KERNEL_FAIL(context, i, STATUS_INVALID_DATETIME_FORMAT, "invalid format specification for an interval value");
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

/* ---- to_timestamp, to_date ---- */

/* Fields that a text gave; -1 (or 0 for the named) where it gave none. */
typedef struct Reading {
    int64_t values[KEY_tz + 1];
    bool has[KEY_tz + 1];
    int year_digits;
    bool is_bc;
    int half; /* 1 AM, 2 PM */
    bool has_zone;
    int zone_sign;
    Error *error;
} Reading;

static Status bad_value(Reading *r, const char *at, int length, const char *field, const char *detail) {
    error_set(r->error, STATUS_INVALID_DATETIME_FORMAT, "invalid value \"%.*s\" for \"%s\"", length, at, field);
    return error_detail(r->error, "%s", detail);
}

static bool is_separator_next(const Template *t, int index) {
    const Node *next = index + 1 < t->count ? &t->nodes[index + 1] : NULL;
    if (next == NULL || t->nodes[index].suffix != 0)
        return true;
    if (next->kind == NODE_FIELD) {
        switch (next->keyword) {
        case KEY_AD_DOTS:
        case KEY_AM_DOTS:
        case KEY_AD:
        case KEY_AM:
        case KEY_BC_DOTS:
        case KEY_BC:
        case KEY_DAY:
        case KEY_DY:
        case KEY_Day:
        case KEY_Dy:
        case KEY_FX:
        case KEY_MONTH:
        case KEY_MON:
        case KEY_Month:
        case KEY_Mon:
        case KEY_OF:
        case KEY_PM_DOTS:
        case KEY_PM:
        case KEY_RM:
        case KEY_TZ:
        case KEY_ad_dots:
        case KEY_am_dots:
        case KEY_ad:
        case KEY_am:
        case KEY_bc_dots:
        case KEY_bc:
        case KEY_day:
        case KEY_dy:
        case KEY_month:
        case KEY_mon:
        case KEY_pm_dots:
        case KEY_pm:
        case KEY_rm:
        case KEY_tz:
        case KEY_TZH:
            return true;
        default:
            return false;
        }
    }
    return !(next->length == 1 && isdigit((unsigned char)next->bytes[0]));
}

/* Reads at most `width` digits, or all when nothing else can follow. */
static Status read_number(Reading *r, const Template *t, int index, const char **at, int width, int64_t *value, int *used) {
    const Node *node = &t->nodes[index];
    const char *field = keywords[node->keyword].text, *start = *at;
    while (isspace((unsigned char)*start))
        start++;
    int available = 0, length = (int)strlen(start);
    const char *digits = start + (*start == '-' || *start == '+');
    while (isdigit((unsigned char)digits[available]))
        available++;
    bool is_free = node->is_filled_off || is_separator_next(t, index);
    if (!is_free) {
        if (length < width) {
            error_set(r->error, STATUS_INVALID_DATETIME_FORMAT, "source string too short for \"%s\" formatting field", field);
            return r->error->status;
        }
        int taken = (int)(digits - start) + available;
        if (taken > width)
            taken = width;
        available = taken - (int)(digits - start);
        if (available > 0 && taken < width) {
            error_set(r->error, STATUS_INVALID_DATETIME_FORMAT, "invalid value \"%.*s\" for \"%s\"", width, start, field);
            return error_detail(r->error, "Field requires %d characters, but only %d could be parsed.", width, taken);
        }
    }
    if (available <= 0)
        return bad_value(r, start, width < length ? width : length, field, "Value must be an integer.");
    char copy[24];
    if (available > 18)
        return error_set(r->error, STATUS_DATETIME_FIELD_OVERFLOW, "value for \"%s\" in source string is out of range", field);
    memcpy(copy, start, (size_t)(digits - start) + (size_t)available);
    copy[(digits - start) + available] = 0;
    *value = strtoll(copy, NULL, 10);
    *used = available;
    *at = digits + available;
    return *value == (int32_t)*value
               ? OK
               : error_set(r->error, STATUS_DATETIME_FIELD_OVERFLOW, "value for \"%s\" in source string is out of range", field);
}

/* Reads one of the names, whole or its first `cut` letters; its number. */
static Status read_name(Reading *r, const char *const *names, int count, int cut, const char *field, const char **at, int64_t *value) {
    for (int i = 0; i < count; i++) {
        size_t length = cut > 0 ? (size_t)cut : strlen(names[i]);
        if (strncasecmp(*at, names[i], length) == 0) {
            *at += length;
            *value = i;
            return OK;
        }
    }
    int length = 0;
    while ((*at)[length] != 0 && !isspace((unsigned char)(*at)[length]))
        length++;
    return bad_value(r, *at, length, field, "The given value did not match any of the allowed values for this field.");
}

static int width_of(Keyword keyword) {
    switch (keyword) {
    case KEY_HH24:
    case KEY_HH12:
        return 2;
    case KEY_SSSS:
    case KEY_SSSSS:
        return (int)strlen(keywords[keyword].text);
    case KEY_MS:
    case KEY_DDD:
    case KEY_IDDD:
    case KEY_YYY:
    case KEY_IYY:
        return 3;
    case KEY_US:
        return 6;
    default:
        return (int)strlen(keywords[keyword].text);
    }
}

static Status read_field(Reading *r, const Template *t, int index, const char **at) {
    static const char *const halves[] = {"am", "pm"}, *const halves_dots[] = {"a.m.", "p.m."}, *const eras[] = {"ad", "bc"},
                             *const eras_dots[] = {"a.d.", "b.c."};
    static const char *const romans[] = {"XII", "XI", "X", "IX", "VIII", "VII", "VI", "V", "IV", "III", "II", "I"};
    const Node *node = &t->nodes[index];
    Keyword keyword = node->keyword;
    const char *field = keywords[keyword].text;
    int64_t value = 0;
    int used = 0;
    switch (keyword) {
    case KEY_FX:
        return OK;
    case KEY_AM:
    case KEY_PM:
    case KEY_am:
    case KEY_pm:
        TRY(read_name(r, halves, 2, 0, field, at, &value));
        r->half = (int)value + 1;
        return OK;
    case KEY_AM_DOTS:
    case KEY_PM_DOTS:
    case KEY_am_dots:
    case KEY_pm_dots:
        TRY(read_name(r, halves_dots, 2, 0, field, at, &value));
        r->half = (int)value + 1;
        return OK;
    case KEY_AD:
    case KEY_BC:
    case KEY_ad:
    case KEY_bc:
        TRY(read_name(r, eras, 2, 0, field, at, &value));
        r->is_bc = value == 1;
        return OK;
    case KEY_AD_DOTS:
    case KEY_BC_DOTS:
    case KEY_ad_dots:
    case KEY_bc_dots:
        TRY(read_name(r, eras_dots, 2, 0, field, at, &value));
        r->is_bc = value == 1;
        return OK;
    case KEY_MONTH:
    case KEY_Month:
    case KEY_month:
    case KEY_MON:
    case KEY_Mon:
    case KEY_mon:
        TRY(read_name(r, month_names, 12, keyword == KEY_MON || keyword == KEY_Mon || keyword == KEY_mon ? 3 : 0, field, at, &value));
        keyword = KEY_MM;
        value++;
        break;
    case KEY_DAY:
    case KEY_Day:
    case KEY_day:
    case KEY_DY:
    case KEY_Dy:
    case KEY_dy:
        TRY(read_name(r, day_names, 7, keyword == KEY_DY || keyword == KEY_Dy || keyword == KEY_dy ? 3 : 0, field, at, &value));
        keyword = KEY_D;
        value++;
        break;
    case KEY_RM:
    case KEY_rm:
        TRY(read_name(r, romans, 12, 0, field, at, &value));
        keyword = KEY_MM;
        value = 12 - value;
        break;
    case KEY_TZ:
    case KEY_tz:
    case KEY_OF:
        return error_set(r->error, STATUS_FEATURE_NOT_SUPPORTED, "formatting field \"%s\" is only supported in to_char", field);
    case KEY_TZH:
        r->zone_sign = **at == '-' ? -1 : 1;
        if (**at == '+' || **at == '-' || **at == ' ')
            ++*at;
        TRY(read_number(r, t, index, at, 2, &value, &used));
        r->has_zone = true;
        break;
    case KEY_Y_YYY: {
        int thousands, rest, taken;
        if (sscanf(*at, "%d,%03d%n", &thousands, &rest, &taken) < 2)
            return error_set(r->error, STATUS_INVALID_DATETIME_FORMAT, "invalid input string for \"Y,YYY\"");
        *at += taken;
        value = (int64_t)thousands * 1000 + rest;
        r->year_digits = 4;
        keyword = KEY_YYYY;
        break;
    }
    default:
        TRY(read_number(
            r, t, index, at, keyword >= KEY_FF1 && keyword <= KEY_FF6 ? (int)keyword - (int)KEY_FF1 + 1 : width_of(keyword), &value, &used));
        break;
    }
    if (node->suffix != 0 && isalpha((unsigned char)**at) && isalpha((unsigned char)(*at)[1]))
        *at += 2;
    switch (keyword) {
    case KEY_MS:
    case KEY_US:
    case KEY_FF1:
    case KEY_FF2:
    case KEY_FF3:
    case KEY_FF4:
    case KEY_FF5:
    case KEY_FF6: {
        static const int scales[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
        value = (int64_t)((double)value * scales[used > 6 ? 6 : used]);
        keyword = KEY_US;
        break;
    }
    case KEY_YYYY:
    case KEY_YYY:
    case KEY_YY:
    case KEY_Y:
        r->year_digits = used > 0 ? used : 4;
        if (r->year_digits < 4 && used > 0 && keyword != KEY_YYYY)
            value += value < 70 ? 2000 : value < 100 ? 1900 : value < 520 ? 2000 : value < 1000 ? 1000 : 0;
        keyword = KEY_YYYY;
        break;
    case KEY_IYYY:
    case KEY_IYY:
    case KEY_IY:
    case KEY_I:
        if (used < 4 && keyword != KEY_IYYY)
            value += value < 70 ? 2000 : value < 100 ? 1900 : value < 520 ? 2000 : value < 1000 ? 1000 : 0;
        keyword = KEY_IYYY;
        break;
    case KEY_HH:
    case KEY_HH12:
        keyword = KEY_HH12;
        break;
    case KEY_d:
        keyword = KEY_D;
        break;
    case KEY_SSSS:
        keyword = KEY_SSSSS;
        break;
    default:
        break;
    }
    if (r->has[keyword] && r->values[keyword] != value) {
        error_set(r->error, STATUS_INVALID_DATETIME_FORMAT, "conflicting values for \"%s\" field in formatting string", field);
        return error_detail(r->error, "This value contradicts a previous setting for the same field type.");
    }
    r->has[keyword] = true;
    r->values[keyword] = value;
    return OK;
}

static bool is_mark(char c) {
    return c > 32 && c < 127 && !isalnum((unsigned char)c);
}

/* Blanks and separators of text and template need not agree: what one has more of is skipped. */
static Status read_text(Reading *r, const Template *t, const char *at) {
    int extra = 0;
    for (int i = 0; i < t->count && *at != 0; i++) {
        const Node *node = &t->nodes[i];
        if (!t->is_fixed && (node->kind == NODE_FIELD || i == 0))
            for (; isspace((unsigned char)*at); at++)
                extra++;
        if (node->kind == NODE_SPACE || node->kind == NODE_SEPARATOR) {
            if (t->is_fixed) {
                at += utf8_step(*at);
            } else {
                extra--;
                if (isspace((unsigned char)*at) || is_mark(*at)) {
                    at++;
                    extra++;
                }
            }
        } else if (node->kind == NODE_CHARACTER) {
            if (!t->is_fixed && extra > 0)
                extra--;
            else
                at += utf8_step(*at);
        } else {
            TRY(read_field(r, t, i, &at));
            if (!t->is_fixed)
                for (extra = 0; isspace((unsigned char)*at); at++)
                    extra++;
        }
    }
    return OK;
}

static Status out_of_range(Reading *r, const char *text) {
    return error_set(r->error, STATUS_DATETIME_FIELD_OVERFLOW, "date/time field value out of range: \"%s\"", text);
}

static Status assemble_date(Reading *r, const char *text, int64_t *days) {
    int64_t year = r->has[KEY_YYYY] ? r->values[KEY_YYYY] : 0, month = r->values[KEY_MM] != 0 ? r->values[KEY_MM] : 1,
            day = r->values[KEY_DD] != 0 ? r->values[KEY_DD] : 1;
    bool has_iso = r->has[KEY_IYYY] || r->has[KEY_IW] || r->has[KEY_IDDD] || r->has[KEY_ID];
    if (has_iso && (r->has[KEY_YYYY] || r->has[KEY_MM] || r->has[KEY_DD] || r->has[KEY_DDD] || r->has[KEY_WW])) {
        error_set(r->error, STATUS_INVALID_DATETIME_FORMAT, "invalid combination of date conventions");
        return error_hint(r->error, "Do not mix Gregorian and ISO week date conventions in a formatting template.");
    }
    if (r->has[KEY_YYYY] && r->has[KEY_CC] && r->year_digits <= 2)
        year = year % 100 + (r->values[KEY_CC] - 1) * 100;
    else if (!r->has[KEY_YYYY] && r->has[KEY_CC])
        year = (r->values[KEY_CC] - 1) * 100 + 1;
    if (r->is_bc && year > 0)
        year = 1 - year;
    else if (r->has[KEY_YYYY] && year < 0)
        year = year + 1;
    if (r->has[KEY_J]) {
        *days = r->values[KEY_J] - EPOCH_JULIAN_DAY;
        return OK;
    }
    if (has_iso && r->has[KEY_IYYY] && !r->has[KEY_IW] && !r->has[KEY_IDDD]) {
        year = r->is_bc ? 1 - r->values[KEY_IYYY] : r->values[KEY_IYYY] < 0 ? r->values[KEY_IYYY] + 1 : r->values[KEY_IYYY];
    } else if (has_iso && r->has[KEY_IYYY]) {
        int64_t iso_year = r->is_bc ? 1 - r->values[KEY_IYYY] : r->values[KEY_IYYY];
        *days = iso_week_start(iso_year, r->has[KEY_IW] ? (int)r->values[KEY_IW] : 1);
        if (r->has[KEY_IDDD])
            *days += r->values[KEY_IDDD] - 1;
        else if (r->has[KEY_ID])
            *days += r->values[KEY_ID] - 1;
        else if (r->has[KEY_D])
            *days += (r->values[KEY_D] + 5) % 7;
        return OK;
    }
    if (r->values[KEY_DDD] != 0 && !r->has[KEY_MM]) {
        if (r->values[KEY_DDD] < 1 || r->values[KEY_DDD] > 365 + year_is_leap(year))
            return out_of_range(r, text);
        *days = civil_to_days(year, 1, 1) + r->values[KEY_DDD] - 1;
        return OK;
    }
    if (r->has[KEY_WW]) {
        *days = civil_to_days(year, 1, 1) + (r->values[KEY_WW] - 1) * 7;
        return OK;
    }
    if (r->has[KEY_W] && !r->has[KEY_DD])
        day = (r->values[KEY_W] - 1) * 7 + 1;
    if (month < 1 || month > 12 || day < 1 || day > month_length(year, (int)month))
        return out_of_range(r, text);
    *days = civil_to_days(year, (int)month, day);
    return OK;
}

static Status assemble_time(Reading *r, const char *text, int64_t *time) {
    int64_t hour = r->has[KEY_HH24] ? r->values[KEY_HH24] : 0, minute = r->has[KEY_MI] ? r->values[KEY_MI] : 0,
            second = r->has[KEY_SS] ? r->values[KEY_SS] : 0;
    if (r->has[KEY_SSSSS]) {
        if (r->values[KEY_SSSSS] < 0 || r->values[KEY_SSSSS] >= 86400)
            return out_of_range(r, text);
        hour = r->values[KEY_SSSSS] / 3600, minute = r->values[KEY_SSSSS] / 60 % 60, second = r->values[KEY_SSSSS] % 60;
    }
    if (r->has[KEY_HH12]) {
        hour = r->values[KEY_HH12];
        if (hour < 1 || hour > 12) {
            error_set(r->error, STATUS_INVALID_DATETIME_FORMAT, "hour \"%d\" is invalid for the 12-hour clock", (int)hour);
            return error_hint(r->error, "Use the 24-hour clock, or give an hour between 1 and 12.");
        }
        if (r->half == 2 && hour < 12)
            hour += 12;
        else if (r->half == 1 && hour == 12)
            hour = 0;
    }
    if (hour < 0 || hour >= 24 || minute < 0 || minute >= 60 || second < 0 || second >= 60)
        return out_of_range(r, text);
    *time = ((hour * 60 + minute) * 60 + second) * USECS_PER_SECOND + (r->has[KEY_US] ? r->values[KEY_US] : 0);
    return OK;
}

static Status read_moment(const Template *t, const char *text, Reading *r, int64_t *days, int64_t *time) {
    TRY(read_text(r, t, text));
    TRY(assemble_date(r, text, days));
    return assemble_time(r, text, time);
}

static void from_char(KERNEL_PARAMETERS) {
    Error error = {0};
    Text text = {0};
    bool is_date = result->type.id == TYPE_DATE;
    const Timezone *zone = timezone_session(context->settings->time_zone);
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *view = argument_view(arguments, 0, i);
        Reading reading = {.error = &error};
        int64_t days = 0, time = 0;
        text_reset(&text);
        text_add(&text, view_bytes(view), view->length);
        Status status = read_moment(template_of(context, argument_view(arguments, 1, i)), text_string(&text), &reading, &days, &time);
        if (status != OK) {
            KERNEL_FAIL(context, i, status, "%s", error.message);
            continue;
        }
        if (is_date) {
            if (days < DATE_FIRST || days >= DATE_END)
                KERNEL_FAIL(context, i, STATUS_DATETIME_FIELD_OVERFLOW, "date out of range: \"%s\"", text_string(&text));
            ((int32_t *)result->values)[i] = (int32_t)days;
            continue;
        }
        if (days < DATE_FIRST || days > TIMESTAMP_END_DAY) {
            KERNEL_FAIL(context, i, STATUS_DATETIME_FIELD_OVERFLOW, "timestamp out of range");
            continue;
        }
        int64_t local = days * USECS_PER_DAY + time;
        int64_t offset = reading.has_zone
                             ? reading.zone_sign * (reading.values[KEY_TZH] * 3600 + (reading.has[KEY_TZM] ? reading.values[KEY_TZM] * 60 : 0))
                             : timezone_offset_of_local(zone, local);
        local -= offset * USECS_PER_SECOND;
        if (!timestamp_in_range(local))
            KERNEL_FAIL(context, i, STATUS_DATETIME_FIELD_OVERFLOW, "timestamp out of range");
        ((int64_t *)result->values)[i] = local;
    }
    error_clear(&error);
    text_free(&text);
}

const FunctionRow format_functions[] = {
    {"to_char(timestamp, text) -> text", to_char},
    {"to_char(timestamptz, text) -> text", to_char, FUNCTION_STABLE},
    {"to_char(interval, text) -> text", to_char},
    {"to_timestamp(text, text) -> timestamptz", from_char, FUNCTION_STABLE},
    {"to_date(text, text) -> date", from_char},
    {0},
};
