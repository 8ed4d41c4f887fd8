/* Datetime print: dates, times of day and moments as PostgreSQL prints them in each style. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executor/types/time/datetime_text.h"

static inline char *add_two(char *to, int value) {
    to[0] = (char)('0' + value / 10);
    to[1] = (char)('0' + value % 10);
    return to + 2;
}

static char *add_year(char *to, int year) {
    if (year >= 0 && year <= 9999) {
        to = add_two(to, year / 100);
        return add_two(to, year % 100);
    }
    return to + sprintf(to, "%d", year);
}

static char *add_literal(char *to, const char *text) {
    size_t length = strlen(text);
    memcpy(to, text, length);
    return to + length;
}

static inline int shown_year(const Civil *civil) {
    return civil->year > 0 ? civil->year : -(civil->year - 1);
}

static char *add_ordered(char *to, const Civil *civil, char mark, bool day_first) {
    to = add_two(to, day_first ? civil->day : civil->month);
    *to++ = mark;
    to = add_two(to, day_first ? civil->month : civil->day);
    *to++ = mark;
    return add_year(to, shown_year(civil));
}

static char *add_date_digits(char *to, const Civil *civil, DateStyle style, DateOrder order) {
    switch (style) {
    case DATE_STYLE_SQL:
        return add_ordered(to, civil, '/', order == DATE_ORDER_DMY);
    case DATE_STYLE_GERMAN:
        return add_ordered(to, civil, '.', true);
    case DATE_STYLE_POSTGRES:
        return add_ordered(to, civil, '-', order == DATE_ORDER_DMY);
    case DATE_STYLE_ISO:
        break;
    }
    to = add_year(to, shown_year(civil));
    *to++ = '-';
    to = add_two(to, civil->month);
    *to++ = '-';
    return add_two(to, civil->day);
}

char *datetime_add_date(char *to, const Civil *civil, DateStyle style, DateOrder order) {
    to = add_date_digits(to, civil, style, order);
    return civil->year > 0 ? to : add_literal(to, " BC");
}

char *datetime_add_time(char *to, const Civil *civil) {
    to = add_two(to, civil->hour);
    *to++ = ':';
    to = add_two(to, civil->minute);
    *to++ = ':';
    to = add_two(to, civil->second);
    if (civil->microsecond != 0) {
        *to++ = '.';
        to = add_two(to, civil->microsecond / 10000);
        to = add_two(to, civil->microsecond / 100 % 100);
        to = add_two(to, civil->microsecond % 100);
        while (to[-1] == '0')
            to--;
    }
    return to;
}

static char *add_offset(char *to, int32_t offset) {
    int size = abs(offset);
    *to++ = offset < 0 ? '-' : '+';
    to = add_two(to, size / 3600);
    if (size % 3600 != 0) {
        *to++ = ':';
        to = add_two(to, size / 60 % 60);
        if (size % 60 != 0) {
            *to++ = ':';
            to = add_two(to, size % 60);
        }
    }
    return to;
}

char *datetime_add_timestamp(char *to, const Civil *civil, const int32_t *zone_offset,
    const char *zone_abbreviation, DateStyle style, DateOrder order) {
    static const char months[][4] = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    static const char weekdays[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    bool has_name = zone_abbreviation != NULL && zone_abbreviation[0] != 0 && strlen(zone_abbreviation) <= 10;
    if (style == DATE_STYLE_POSTGRES) {
        to = add_literal(to, weekdays[day_of_week(civil_to_days(civil->year, civil->month, civil->day))]);
        *to++ = ' ';
        bool day_first = order == DATE_ORDER_DMY;
        for (int i = 0; i < 2; i++) {
            to = (i == 0) == day_first ? add_two(to, civil->day) : add_literal(to, months[civil->month - 1]);
            *to++ = ' ';
        }
        to = datetime_add_time(to, civil);
        *to++ = ' ';
        to = add_year(to, shown_year(civil));
    } else {
        to = add_date_digits(to, civil, style, order);
        *to++ = ' ';
        to = datetime_add_time(to, civil);
    }
    if (zone_offset != NULL) {
        if (style == DATE_STYLE_ISO) {
            to = add_offset(to, *zone_offset);
        } else if (has_name) {
            *to++ = ' ';
            to = add_literal(to, zone_abbreviation);
        } else {
            if (style == DATE_STYLE_POSTGRES)
                *to++ = ' ';
            to = add_offset(to, *zone_offset);
        }
    }
    return civil->year > 0 ? to : add_literal(to, " BC");
}
