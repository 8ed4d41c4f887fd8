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

static int century_of(int year) {
    if (year > 0)
        return (year - 1) / 100 + 1;
    return year / 100 - 1;
}

/* As people count: 1 BC comes before 1 AD. */
static int shown_year(int year) {
    return year <= 0 ? -(year - 1) : year;
}

/* Upper, title or lower, as the field itself is written: MONTH, Month, month. */
static LetterCase case_of(const Node *node) {
    const char *text = template_keyword_text(node->keyword);
    return islower((unsigned char)text[0])   ? CASE_LOWER
           : islower((unsigned char)text[1]) ? CASE_TITLE
                                             : CASE_UPPER;
}

/* One of two names, with dots as the field has: AM, a.m. */
static void add_either(Text *out, const Node *node, bool is_second, const char *const names[2]) {
    const char *text = template_keyword_text(node->keyword);
    for (const char *at = names[is_second]; *at != 0; at++) {
        add_name(out, at, 1, case_of(node), 0);
        if (text[1] == '.')
            text_add_char(out, '.');
    }
}

static void add_zone_hours(Text *out, const Moment *m, const Node *node) {
    int hours = abs(m->offset) / 3600;
    text_printf(out, "%c%0*d", m->offset < 0 ? '-' : '+',
        node->keyword == KEY_OF && node->is_filled_off ? 0 : 2, hours);
    if (node->keyword == KEY_OF && m->offset % 3600 != 0)
        text_printf(out, ":%02d", abs(m->offset) % 3600 / 60);
}

static void add_roman(Text *out, const Moment *m, const Node *node) {
    const Civil *c = &m->civil;
    if (c->month == 0 && c->year == 0)
        return;
    int month = c->month == 0 ? (c->year >= 0 ? 11 : 0) : c->month < 0 ? 12 + c->month : c->month - 1;
    const char *name = roman_months[month];
    add_name(out, name, strlen(name), case_of(node), node->is_filled_off ? 0 : 4);
}

/* A number with the digits it has at least. */
typedef struct Shown {
    int64_t value;
    int width;      /* 0: nothing is shown */
    bool is_signed; /* the width counts a sign, too; else it comes on top */
    bool is_filled; /* FM changes nothing */
} Shown;

/* Fields of a time; width 0 for others. */
static Shown time_number(const Moment *m, Keyword keyword) {
    static const int scales[] = {100000, 10000, 1000, 100, 10, 1};
    const Civil *c = &m->civil;
    int digits = (int)keyword - (int)KEY_FF1;
    switch (keyword) {
    case KEY_HH:
    case KEY_HH12:
        return (Shown){m->hours % 12 == 0 ? 12 : m->hours % 12, m->hours < 0 ? 3 : 2, .is_signed = true};
    case KEY_HH24:
        return (Shown){m->hours, 2};
    case KEY_MI:
        return (Shown){c->minute, 2};
    case KEY_SS:
        return (Shown){c->second, 2};
    case KEY_FF1:
    case KEY_FF2:
    case KEY_FF3:
    case KEY_FF4:
    case KEY_FF5:
    case KEY_FF6:
        return (Shown){c->microsecond / scales[digits], digits + 1, true, true};
    case KEY_MS:
        return (Shown){c->microsecond / 1000, 3, true, true};
    case KEY_US:
        return (Shown){c->microsecond, 6, true, true};
    case KEY_SSSS:
    case KEY_SSSSS:
        return (Shown){m->hours * 3600 + c->minute * 60 + c->second, 1};
    default:
        return (Shown){0};
    }
}

static int day_of_year(const Moment *m) {
    return m->is_interval ? 0 : (int)(m->days - civil_to_days(m->civil.year, 1, 1)) + 1;
}

/* Fields of a date that intervals have, too. */
static Shown date_number(const Moment *m, Keyword keyword) {
    const Civil *c = &m->civil;
    int year = m->is_interval ? c->year : shown_year(c->year);
    int century = m->is_interval ? c->year / 100 : century_of(c->year);
    switch (keyword) {
    case KEY_CC:
        return (Shown){century, century <= 99 && century >= -99 ? 2 : 1};
    case KEY_YYYY:
        return (Shown){year, 4};
    case KEY_YYY:
        return (Shown){year % 1000, 3};
    case KEY_YY:
        return (Shown){year % 100, 2};
    case KEY_Y:
        return (Shown){year % 10, 1};
    case KEY_Q:
        return (Shown){(c->month - 1) / 3 + 1, c->month != 0};
    case KEY_MM:
        return (Shown){c->month, 2};
    case KEY_DD:
        return (Shown){c->day, 2, .is_signed = true};
    case KEY_DDD:
        return (Shown){m->is_interval ? (int64_t)c->year * 360 + c->month * 30 + c->day : day_of_year(m), 3,
            .is_signed = true};
    case KEY_W:
        return (Shown){(c->day - 1) / 7 + 1, 1};
    case KEY_WW:
        return (Shown){(day_of_year(m) - 1) / 7 + 1, 2};
    case KEY_J:
        return (Shown){m->days + EPOCH_JULIAN_DAY, 1};
    default:
        return (Shown){0};
    }
}

/* Those of moments alone: weekdays, and the weeks of ISO 8601 with the years they make. */
static Shown week_number(const Moment *m, Keyword keyword) {
    int weekday = day_of_week(m->days), year, week = iso_week(m->days, &year), shown = shown_year(year);
    switch (keyword) {
    case KEY_D:
    case KEY_d:
        return (Shown){weekday + 1, 1};
    case KEY_ID:
        return (Shown){weekday == 0 ? 7 : weekday, 1};
    case KEY_IW:
        return (Shown){week, 2};
    case KEY_IDDD:
        return (Shown){m->days - iso_week_start(year, 1) + 1, 3};
    case KEY_IYYY:
        return (Shown){shown, 4};
    case KEY_IYY:
        return (Shown){shown % 1000, 3};
    case KEY_IY:
        return (Shown){shown % 100, 2};
    case KEY_I:
        return (Shown){shown % 10, 1};
    default:
        return (Shown){0};
    }
}

/* False when intervals have no such number. */
static bool add_number(Text *out, const Moment *m, const Node *node) {
    int year = m->is_interval ? m->civil.year : shown_year(m->civil.year);
    Shown shown = time_number(m, node->keyword);
    if (shown.width == 0)
        shown = date_number(m, node->keyword);
    bool is_week = node->keyword == KEY_D || node->keyword == KEY_d ||
                   (node->keyword >= KEY_IDDD && node->keyword <= KEY_I);
    if (m->is_interval && (is_week || node->keyword == KEY_TZM))
        return false;
    if (is_week)
        shown = week_number(m, node->keyword);
    Node plain = {.suffix = node->suffix};
    if (node->keyword == KEY_Y_YYY)
        text_printf(out, "%d,%03d", year / 1000, year % 1000);
    else if (node->keyword == KEY_TZM)
        text_printf(out, "%02d", abs(m->offset) % 3600 / 60);
    else if (shown.width > 0)
        add_signed(out, shown.is_filled ? &plain : node, shown.value,
            shown.width + (!shown.is_signed && shown.value < 0));
    return true;
}

/* One field; false when intervals have none such. */
static bool add_field(Text *out, const Node *node, const Moment *m) {
    static const char *const halves[2] = {"AM", "PM"}, *const eras[2] = {"AD", "BC"};
    Subject subject = template_subject(node->keyword);
    bool is_month = subject == SUBJECT_MONTH || subject == SUBJECT_SHORT_MONTH;
    bool is_of_both = subject == SUBJECT_HALF || subject == SUBJECT_ROMAN || subject == SUBJECT_NOTHING ||
                      subject == SUBJECT_NUMBER;
    if (m->is_interval && !is_of_both)
        return false;
    const char *name = is_month ? month_names[m->civil.month - 1] : day_names[day_of_week(m->days)];
    switch (subject) {
    case SUBJECT_NUMBER:
        return add_number(out, m, node);
    case SUBJECT_NOTHING:
        break;
    case SUBJECT_ERA:
        add_either(out, node, m->civil.year <= 0, eras);
        break;
    case SUBJECT_HALF:
        add_either(out, node, m->hours % 24 >= 12, halves);
        break;
    case SUBJECT_MONTH:
    case SUBJECT_DAY:
        add_name(out, name, strlen(name), case_of(node), node->is_filled_off ? 0 : 9);
        break;
    case SUBJECT_SHORT_MONTH:
    case SUBJECT_SHORT_DAY:
        add_name(out, name, 3, case_of(node), 0);
        break;
    case SUBJECT_ROMAN:
        add_roman(out, m, node);
        break;
    case SUBJECT_ZONE:
        if (m->has_zone)
            add_name(out, m->abbreviation, strlen(m->abbreviation), case_of(node), 0);
        break;
    case SUBJECT_ZONE_HOURS:
    case SUBJECT_OFFSET:
        add_zone_hours(out, m, node);
        break;
    }
    return true;
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
