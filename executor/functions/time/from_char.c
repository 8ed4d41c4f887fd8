/* to_timestamp() and to_date(): moments read by a template. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "executor/functions/time/datetime_math.h"
#include "executor/functions/time/format_template.h"

/* Fields that a text gave; -1 (or 0 for the named) where it gave none. */
typedef struct Reading {
    int64_t values[KEY_COUNT];
    bool has[KEY_COUNT];
    int year_digits;
    bool is_bc;
    int half; /* 1 AM, 2 PM */
    bool has_zone;
    int zone_sign;
    Error *error;
} Reading;

static Status bad_value(Reading *r, const char *at, int length, const char *field, const char *detail) {
    error_set(
        r->error, STATUS_INVALID_DATETIME_FORMAT, "invalid value \"%.*s\" for \"%s\"", length, at, field);
    return error_detail(r->error, "%s", detail);
}

static bool is_separator_next(const Template *t, int index) {
    const Node *next = index + 1 < t->count ? &t->nodes[index + 1] : NULL;
    if (next == NULL || t->nodes[index].suffix != 0)
        return true;
    if (next->kind == NODE_FIELD)
        return template_subject(next->keyword) != SUBJECT_NUMBER;
    return !(next->length == 1 && isdigit((unsigned char)next->bytes[0]));
}

/* Reads at most `width` digits, or all when nothing else can follow. */
static Status read_number(
    Reading *r, const Template *t, int index, const char **at, int width, int64_t *value, int *used) {
    const Node *node = &t->nodes[index];
    const char *field = template_keyword_text(node->keyword), *start = *at;
    while (isspace((unsigned char)*start))
        start++;
    int available = 0, length = (int)strlen(start);
    const char *digits = start + (*start == '-' || *start == '+');
    while (isdigit((unsigned char)digits[available]))
        available++;
    bool is_free = node->is_filled_off || is_separator_next(t, index);
    if (!is_free) {
        if (length < width) {
            error_set(r->error, STATUS_INVALID_DATETIME_FORMAT,
                "source string too short for \"%s\" formatting field", field);
            return r->error->status;
        }
        int taken = (int)(digits - start) + available;
        if (taken > width)
            taken = width;
        available = taken - (int)(digits - start);
        if (available > 0 && taken < width) {
            error_set(r->error, STATUS_INVALID_DATETIME_FORMAT, "invalid value \"%.*s\" for \"%s\"", width,
                start, field);
            return error_detail(
                r->error, "Field requires %d characters, but only %d could be parsed.", width, taken);
        }
    }
    if (available <= 0)
        return bad_value(r, start, width < length ? width : length, field, "Value must be an integer.");
    char copy[24];
    if (available > 18)
        return error_set(r->error, STATUS_DATETIME_FIELD_OVERFLOW,
            "value for \"%s\" in source string is out of range", field);
    memcpy(copy, start, (size_t)(digits - start) + (size_t)available);
    copy[(digits - start) + available] = 0;
    *value = strtoll(copy, NULL, 10);
    *used = available;
    *at = digits + available;
    return *value == (int32_t)*value ? OK
                                     : error_set(r->error, STATUS_DATETIME_FIELD_OVERFLOW,
                                           "value for \"%s\" in source string is out of range", field);
}

/* Reads one of the names, whole or its first `cut` letters; its number. */
static Status read_name(Reading *r, const char *const *names, int count, int cut, const char *field,
    const char **at, int64_t *value) {
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
    return bad_value(
        r, *at, length, field, "The given value did not match any of the allowed values for this field.");
}

static int width_of(Keyword keyword) {
    switch (keyword) {
    case KEY_HH24:
    case KEY_HH12:
        return 2;
    case KEY_MS:
    case KEY_DDD:
    case KEY_IDDD:
        return 3;
    case KEY_US:
        return 6;
    default:
        return keyword >= KEY_FF1 && keyword <= KEY_FF6 ? (int)keyword - (int)KEY_FF1 + 1
                                                        : (int)strlen(template_keyword_text(keyword));
    }
}

/* One of two names, with dots when the field has them. */
static Status read_either(
    Reading *r, const char *const names[4], const char *field, const char **at, int *which) {
    int64_t value;
    TRY(read_name(r, names + (field[1] == '.' ? 2 : 0), 2, 0, field, at, &value));
    *which = (int)value;
    return OK;
}

static Status read_thousands(Reading *r, const char **at, int64_t *value) {
    int thousands, rest, taken;
    if (sscanf(*at, "%d,%03d%n", &thousands, &rest, &taken) < 2)
        return error_set(r->error, STATUS_INVALID_DATETIME_FORMAT, "invalid input string for \"Y,YYY\"");
    *at += taken;
    *value = (int64_t)thousands * 1000 + rest;
    return OK;
}

/* The field's value, and as what it counts: a month's name as its number. *used: digits read. */
static Status read_value(
    Reading *r, const Template *t, int index, const char **at, Keyword *keyword, int64_t *value, int *used) {
    static const char *const romans[] = {
        "XII", "XI", "X", "IX", "VIII", "VII", "VI", "V", "IV", "III", "II", "I"};
    const char *field = template_keyword_text(*keyword);
    Subject subject = template_subject(*keyword);
    int cut = subject == SUBJECT_SHORT_MONTH || subject == SUBJECT_SHORT_DAY ? 3 : 0;
    switch (subject) {
    case SUBJECT_MONTH:
    case SUBJECT_SHORT_MONTH:
        TRY(read_name(r, month_names, 12, cut, field, at, value));
        *keyword = KEY_MM;
        ++*value;
        return OK;
    case SUBJECT_DAY:
    case SUBJECT_SHORT_DAY:
        TRY(read_name(r, day_names, 7, cut, field, at, value));
        *keyword = KEY_D;
        ++*value;
        return OK;
    case SUBJECT_ROMAN:
        TRY(read_name(r, romans, 12, 0, field, at, value));
        *keyword = KEY_MM;
        *value = 12 - *value;
        return OK;
    case SUBJECT_ZONE_HOURS:
        r->zone_sign = **at == '-' ? -1 : 1;
        if (**at == '+' || **at == '-' || **at == ' ')
            ++*at;
        r->has_zone = true;
        return read_number(r, t, index, at, 2, value, used);
    case SUBJECT_ZONE:
    case SUBJECT_OFFSET:
        return error_set(r->error, STATUS_FEATURE_NOT_SUPPORTED,
            "formatting field \"%s\" is only supported in to_char", field);
    case SUBJECT_NUMBER:
    case SUBJECT_NOTHING:
    case SUBJECT_ERA:
    case SUBJECT_HALF:
        break;
    }
    return *keyword == KEY_Y_YYY ? read_thousands(r, at, value)
                                 : read_number(r, t, index, at, width_of(*keyword), value, used);
}

/* A year of few digits is the one nearest to 2020. */
static int64_t complete_year(int64_t year) {
    return year + (year < 70 ? 2000 : year < 100 ? 1900 : year < 520 ? 2000 : year < 1000 ? 1000 : 0);
}

/* Under which field a value is kept, and its unit there. */
static Keyword settle(Reading *r, Keyword keyword, int used, int64_t *value) {
    static const int scales[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    switch (keyword) {
    case KEY_MS:
    case KEY_US:
    case KEY_FF1:
    case KEY_FF2:
    case KEY_FF3:
    case KEY_FF4:
    case KEY_FF5:
    case KEY_FF6:
        *value = (int64_t)((double)*value * scales[used > 6 ? 6 : used]);
        return KEY_US;
    case KEY_Y_YYY:
    case KEY_YYYY:
    case KEY_YYY:
    case KEY_YY:
    case KEY_Y:
        r->year_digits = used > 0 ? used : 4;
        if (r->year_digits < 4 && keyword != KEY_YYYY)
            *value = complete_year(*value);
        return KEY_YYYY;
    case KEY_IYYY:
    case KEY_IYY:
    case KEY_IY:
    case KEY_I:
        if (used < 4 && keyword != KEY_IYYY)
            *value = complete_year(*value);
        return KEY_IYYY;
    case KEY_HH:
        return KEY_HH12;
    case KEY_d:
        return KEY_D;
    case KEY_SSSS:
        return KEY_SSSSS;
    default:
        return keyword;
    }
}

static Status read_field(Reading *r, const Template *t, int index, const char **at) {
    static const char *const halves[4] = {"am", "pm", "a.m.", "p.m."};
    static const char *const eras[4] = {"ad", "bc", "a.d.", "b.c."};
    const Node *node = &t->nodes[index];
    Keyword keyword = node->keyword;
    const char *field = template_keyword_text(keyword);
    int64_t value = 0;
    int used = 0, which;
    Subject subject = template_subject(keyword);
    if (subject == SUBJECT_NOTHING)
        return OK;
    if (subject == SUBJECT_HALF || subject == SUBJECT_ERA) {
        TRY(read_either(r, subject == SUBJECT_HALF ? halves : eras, field, at, &which));
        if (subject == SUBJECT_HALF)
            r->half = which + 1;
        else
            r->is_bc = which == 1;
        return OK;
    }
    TRY(read_value(r, t, index, at, &keyword, &value, &used));
    if (node->suffix != 0 && isalpha((unsigned char)**at) && isalpha((unsigned char)(*at)[1]))
        *at += 2;
    keyword = settle(r, keyword, used, &value);
    if (r->has[keyword] && r->values[keyword] != value) {
        error_set(r->error, STATUS_INVALID_DATETIME_FORMAT,
            "conflicting values for \"%s\" field in formatting string", field);
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
    return error_set(
        r->error, STATUS_DATETIME_FIELD_OVERFLOW, "date/time field value out of range: \"%s\"", text);
}

static Status assemble_date(Reading *r, const char *text, int64_t *days) {
    int64_t year = r->has[KEY_YYYY] ? r->values[KEY_YYYY] : 0,
            month = r->values[KEY_MM] != 0 ? r->values[KEY_MM] : 1,
            day = r->values[KEY_DD] != 0 ? r->values[KEY_DD] : 1;
    bool has_iso = r->has[KEY_IYYY] || r->has[KEY_IW] || r->has[KEY_IDDD] || r->has[KEY_ID];
    if (has_iso &&
        (r->has[KEY_YYYY] || r->has[KEY_MM] || r->has[KEY_DD] || r->has[KEY_DDD] || r->has[KEY_WW])) {
        error_set(r->error, STATUS_INVALID_DATETIME_FORMAT, "invalid combination of date conventions");
        return error_hint(
            r->error, "Do not mix Gregorian and ISO week date conventions in a formatting template.");
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
        year = r->is_bc                  ? 1 - r->values[KEY_IYYY]
               : r->values[KEY_IYYY] < 0 ? r->values[KEY_IYYY] + 1
                                         : r->values[KEY_IYYY];
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
    int64_t hour = r->has[KEY_HH24] ? r->values[KEY_HH24] : 0,
            minute = r->has[KEY_MI] ? r->values[KEY_MI] : 0, second = r->has[KEY_SS] ? r->values[KEY_SS] : 0;
    if (r->has[KEY_SSSSS]) {
        if (r->values[KEY_SSSSS] < 0 || r->values[KEY_SSSSS] >= 86400)
            return out_of_range(r, text);
        hour = r->values[KEY_SSSSS] / 3600, minute = r->values[KEY_SSSSS] / 60 % 60,
        second = r->values[KEY_SSSSS] % 60;
    }
    if (r->has[KEY_HH12]) {
        hour = r->values[KEY_HH12];
        if (hour < 1 || hour > 12) {
            error_set(r->error, STATUS_INVALID_DATETIME_FORMAT,
                "hour \"%d\" is invalid for the 12-hour clock", (int)hour);
            return error_hint(r->error, "Use the 24-hour clock, or give an hour between 1 and 12.");
        }
        if (r->half == 2 && hour < 12)
            hour += 12;
        else if (r->half == 1 && hour == 12)
            hour = 0;
    }
    if (hour < 0 || hour >= 24 || minute < 0 || minute >= 60 || second < 0 || second >= 60)
        return out_of_range(r, text);
    *time =
        ((hour * 60 + minute) * 60 + second) * USECS_PER_SECOND + (r->has[KEY_US] ? r->values[KEY_US] : 0);
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
        Status status = read_moment(template_of_input(context, argument_view(arguments, 1, i)),
            text_string(&text), &reading, &days, &time);
        if (status != OK) {
            KERNEL_FAIL(context, i, status, "%s", error.message);
            continue;
        }
        if (is_date) {
            if (days < DATE_FIRST || days >= DATE_END)
                KERNEL_FAIL(context, i, STATUS_DATETIME_FIELD_OVERFLOW, "date out of range: \"%s\"",
                    text_string(&text));
            ((int32_t *)result->values)[i] = (int32_t)days;
            continue;
        }
        if (days < DATE_FIRST || days > TIMESTAMP_END_DAY) {
            KERNEL_FAIL(context, i, STATUS_DATETIME_FIELD_OVERFLOW, "timestamp out of range");
            continue;
        }
        int64_t local = days * USECS_PER_DAY + time;
        int64_t offset = reading.has_zone ? reading.zone_sign *
                                                (reading.values[KEY_TZH] * 3600 +
                                                    (reading.has[KEY_TZM] ? reading.values[KEY_TZM] * 60 : 0))
                                          : timezone_offset_of_local(zone, local);
        local -= offset * USECS_PER_SECOND;
        if (!timestamp_in_range(local))
            KERNEL_FAIL(context, i, STATUS_DATETIME_FIELD_OVERFLOW, "timestamp out of range");
        ((int64_t *)result->values)[i] = local;
    }
    error_clear(&error);
    text_free(&text);
}

const FunctionRow from_char_functions[] = {
    {"to_timestamp(text, text) -> timestamptz", from_char, FUNCTION_STABLE},
    {"to_date(text, text) -> date", from_char},
    {0},
};
