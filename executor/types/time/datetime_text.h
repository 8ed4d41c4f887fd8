/* Datetime text: what PostgreSQL reads as a date, a time of day or a moment, and how it prints them. */
#ifndef LEAT_TYPES_DATETIME_TEXT_H
#define LEAT_TYPES_DATETIME_TEXT_H

#include "executor/types/time/calendar.h"
#include "executor/types/time/timezone.h"
#include "executor/types/type.h"

typedef enum DateOrder { DATE_ORDER_YMD, DATE_ORDER_DMY, DATE_ORDER_MDY } DateOrder;
typedef enum DateStyle { DATE_STYLE_ISO, DATE_STYLE_SQL, DATE_STYLE_POSTGRES, DATE_STYLE_GERMAN } DateStyle;

DateStyle date_style_of(const TypeSettings *settings);
DateOrder date_order_of(const TypeSettings *settings);

typedef enum DatetimeKind {
    DATETIME_DATE,
    DATETIME_TIME_ONLY,
    DATETIME_EPOCH,
    DATETIME_INFINITY,
    DATETIME_MINUS_INFINITY
} DatetimeKind;

/* What a text said. */
typedef struct DatetimeText {
    DatetimeKind kind;
    Civil civil;
    bool has_date;
    bool has_zone;
    int32_t offset; /* seconds east of UTC: the text's zone, else the session's at that local time */
} DatetimeText;

/* Why a text is refused. */
typedef enum DatetimeFault {
    DATETIME_FINE,
    DATETIME_BAD_FORMAT,
    DATETIME_FIELD_OVERFLOW,
    DATETIME_ORDER_OVERFLOW,
    DATETIME_ZONE_OVERFLOW,
    DATETIME_INTERVAL_OVERFLOW,
    DATETIME_UNKNOWN_ZONE
} DatetimeFault;

/* Decodes text; for time of day (is_time) a date may be missing. On DATETIME_UNKNOWN_ZONE, error is already
   set. */
DatetimeFault datetime_decode(const char *text, size_t length, bool is_time, const TypeSettings *settings,
    DatetimeText *out, Error *error);
/* Sets PostgreSQL's error for the fault. */
Status datetime_fail(
    DatetimeFault fault, const char *text, size_t length, const char *type_name, Error *error);

/* One field of a text, cut as dates, times and intervals share it; texts lower-cased. */
typedef enum FieldKind {
    FIELD_NUMBER,
    FIELD_STRING,
    FIELD_DATE,
    FIELD_TIME,
    FIELD_ZONE,
    FIELD_SPECIAL
} FieldKind;
enum { DATETIME_FIELDS_MAX = 25, DATETIME_TEXT_MAX = 128 };
typedef struct DatetimeFields {
    int count;
    FieldKind kinds[DATETIME_FIELDS_MAX];
    char *texts[DATETIME_FIELDS_MAX];
    char bytes[DATETIME_TEXT_MAX + 2 * DATETIME_FIELDS_MAX];
} DatetimeFields;
DatetimeFault datetime_split(const char *text, size_t length, DatetimeFields *fields);

/* Words of dates; the value's meaning depends on the kind. */
typedef enum WordKind {
    WORD_UNKNOWN,
    WORD_IGNORE,
    WORD_MONTH,
    WORD_WEEKDAY,
    WORD_RESERVED,
    WORD_AM_PM,
    WORD_ERA,
    WORD_UNIT,
    WORD_ISO_TIME,
    WORD_DST
} WordKind;
enum {
    RESERVED_NOW,
    RESERVED_TODAY,
    RESERVED_TOMORROW,
    RESERVED_YESTERDAY,
    RESERVED_EPOCH,
    RESERVED_INFINITY,
    RESERVED_MINUS_INFINITY,
    RESERVED_ZULU
};
/* Units of time, as words of dates, intervals and of extract(). */
typedef enum Unit {
    UNIT_NONE,
    UNIT_MICROSECOND,
    UNIT_MILLISECOND,
    UNIT_SECOND,
    UNIT_MINUTE,
    UNIT_HOUR,
    UNIT_DAY,
    UNIT_WEEK,
    UNIT_MONTH,
    UNIT_QUARTER,
    UNIT_YEAR,
    UNIT_DECADE,
    UNIT_CENTURY,
    UNIT_MILLENNIUM,
    UNIT_DOW,
    UNIT_ISODOW,
    UNIT_DOY,
    UNIT_ISOYEAR,
    UNIT_EPOCH,
    UNIT_JULIAN,
    UNIT_TIMEZONE,
    UNIT_TIMEZONE_HOUR,
    UNIT_TIMEZONE_MINUTE
} Unit;
WordKind datetime_word(const char *word, int *value);
/* Units of intervals and of extract() and date_trunc(), lower case, plural and short forms too. */
Unit unit_by_name(const char *name, size_t length);

/* ".5" -> microseconds, rounded; false when anything but digits follows. */
bool datetime_fraction(const char *text, int *microseconds);

/* Texts; at most 64 bytes are written, the end is returned. */
char *datetime_add_date(char *to, const Civil *civil, DateStyle style, DateOrder order);
char *datetime_add_time(char *to, const Civil *civil);
/* zone_offset NULL: without zone. */
char *datetime_add_timestamp(char *to, const Civil *civil, const int32_t *zone_offset,
    const char *zone_abbreviation, DateStyle style, DateOrder order);

#endif
