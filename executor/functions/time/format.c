/* to_char() of moments and intervals. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "executor/functions/time/datetime_math.h"
#include "executor/functions/time/format_template.h"

static const char *const roman_months[] = {
    "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"};

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

static void add_digits(Text *out, int64_t value, int width) {
    char digits[24];
    int at = (int)sizeof digits, end = at - (value < 0 ? width - 1 : width);
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do
        digits[--at] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    while (at > end)
        digits[--at] = '0';
    if (value < 0)
        digits[--at] = '-';
    text_add(out, digits + at, sizeof digits - (size_t)at);
}

/* width counts a sign too. */
static void add_signed(Text *out, const Node *node, int64_t value, int width) {
    add_digits(out, value, node->is_filled_off ? 0 : width);
    if (node->suffix != 0) {
        int64_t size = value < 0 ? -value : value;
        int last = (int)(size % 10);
        const char *suffix = size % 100 / 10 == 1 ? "th"
                             : last == 1          ? "st"
                             : last == 2          ? "nd"
                             : last == 3          ? "rd"
                                                  : "th";
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
    text_printf(out, "%c%0*d", m->offset < 0 ? '-' : '+',
        node->keyword == KEY_OF && node->is_filled_off ? 0 : 2, hours);
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
        add_signed(
            out, node, m->is_interval ? (int64_t)c->year * 360 + c->month * 30 + c->day : day_of_year, 3);
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
        add_name(out, name, strlen(name), node->keyword == KEY_rm ? CASE_LOWER : CASE_UPPER,
            node->is_filled_off ? 0 : 4);
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
            add_name(out, m->abbreviation, strlen(m->abbreviation),
                node->keyword == KEY_tz ? CASE_LOWER : CASE_UPPER, 0);
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

/* Times of one stretch of so many microseconds have one text. */
static int64_t shown_unit(const Template *template) {
    int64_t unit = USECS_PER_DAY;
    for (int i = 0; i < template->count; i++) {
        if (template->nodes[i].kind != NODE_FIELD)
            continue;
        switch (template->nodes[i].keyword) {
        case KEY_MS:
        case KEY_US:
        case KEY_FF1:
        case KEY_FF2:
        case KEY_FF3:
        case KEY_FF4:
        case KEY_FF5:
        case KEY_FF6:
            return 1;
        case KEY_SS:
        case KEY_SSSS:
        case KEY_SSSSS:
            unit = USECS_PER_SECOND;
            break;
        case KEY_MI:
            unit = unit < USECS_PER_MINUTE ? unit : USECS_PER_MINUTE;
            break;
        case KEY_HH:
        case KEY_HH12:
        case KEY_HH24:
        case KEY_AM:
        case KEY_PM:
        case KEY_am:
        case KEY_pm:
        case KEY_AM_DOTS:
        case KEY_PM_DOTS:
        case KEY_am_dots:
        case KEY_pm_dots:
            unit = unit < USECS_PER_HOUR ? unit : USECS_PER_HOUR;
            break;
        default:
            break;
        }
    }
    return unit;
}

/* Neighbouring rows mostly show the same day or minute: the text of such a row is that of the row before it.
 */
static void timestamps_to_char(KERNEL_PARAMETERS) {
    const Column *times = arguments[0];
    const View *source = argument_view(arguments, 1, 0);
    const Template *template = source->length == 0 ? NULL : template_of(context, source);
    int64_t unit = template == NULL ? 0 : shown_unit(template), shown = 0;
    Text out = {0};
    View *views = result->values;
    int last = -1;
    for (int i = 0; i < row_count; i++) {
        Moment moment;
        if (row_is_null(context, i))
            continue;
        if (template == NULL || !timestamp_is_finite(column_int8(times, i))) {
            column_set_null(result, i);
            continue;
        }
        int64_t stretch = floor_divide(column_int8(times, i), unit);
        if (last >= 0 && stretch == shown) {
            views[i] = views[last];
            continue;
        }
        moment_of(times, i, NULL, &moment);
        add_formatted(&out, template, &moment);
        result_take_text(result, i, &out);
        shown = stretch;
        last = i;
    }
    text_free(&out);
}

static void to_char(KERNEL_PARAMETERS) {
    if (arguments[0]->type.id == TYPE_TIMESTAMP && arguments[1]->is_constant) {
        timestamps_to_char(context, row_count, arguments, argument_count, result);
        return;
    }
    Text out = {0};
    const Timezone *zone =
        arguments[0]->type.id == TYPE_TIMESTAMPTZ ? timezone_session(context->settings->time_zone) : NULL;
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
            KERNEL_FAIL(context, i, STATUS_INVALID_DATETIME_FORMAT,
                "invalid format specification for an interval value");
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

const FunctionRow format_functions[] = {
    {"to_char(timestamp, text) -> text", to_char},
    {"to_char(timestamptz, text) -> text", to_char, FUNCTION_STABLE},
    {"to_char(interval, text) -> text", to_char},
    {0},
};
