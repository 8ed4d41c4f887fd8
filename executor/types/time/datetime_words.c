/* Datetime words: months, weekdays, zones and reserved words of dates, and the units of time. */
#include <ctype.h>
#include <string.h>

#include "executor/types/time/datetime_text.h"

typedef struct Word {
    char name[12];
    uint8_t kind;
    uint8_t value;
} Word;

static const Word words[] = {
    {"+infinity", WORD_RESERVED, RESERVED_INFINITY},
    {"-infinity", WORD_RESERVED, RESERVED_MINUS_INFINITY},
    {"ad", WORD_ERA, 0},
    {"allballs", WORD_RESERVED, RESERVED_ZULU},
    {"am", WORD_AM_PM, 0},
    {"apr", WORD_MONTH, 4},
    {"april", WORD_MONTH, 4},
    {"at", WORD_IGNORE, 0},
    {"aug", WORD_MONTH, 8},
    {"august", WORD_MONTH, 8},
    {"bc", WORD_ERA, 1},
    {"d", WORD_UNIT, UNIT_DAY},
    {"dec", WORD_MONTH, 12},
    {"december", WORD_MONTH, 12},
    {"dow", WORD_UNIT, UNIT_DOW},
    {"doy", WORD_UNIT, UNIT_DOY},
    {"dst", WORD_DST, 0},
    {"epoch", WORD_RESERVED, RESERVED_EPOCH},
    {"feb", WORD_MONTH, 2},
    {"february", WORD_MONTH, 2},
    {"fri", WORD_WEEKDAY, 5},
    {"friday", WORD_WEEKDAY, 5},
    {"h", WORD_UNIT, UNIT_HOUR},
    {"infinity", WORD_RESERVED, RESERVED_INFINITY},
    {"isodow", WORD_UNIT, UNIT_ISODOW},
    {"isoyear", WORD_UNIT, UNIT_ISOYEAR},
    {"j", WORD_UNIT, UNIT_JULIAN},
    {"jan", WORD_MONTH, 1},
    {"january", WORD_MONTH, 1},
    {"jd", WORD_UNIT, UNIT_JULIAN},
    {"jul", WORD_MONTH, 7},
    {"julian", WORD_UNIT, UNIT_JULIAN},
    {"july", WORD_MONTH, 7},
    {"jun", WORD_MONTH, 6},
    {"june", WORD_MONTH, 6},
    {"m", WORD_UNIT, UNIT_MONTH},
    {"mar", WORD_MONTH, 3},
    {"march", WORD_MONTH, 3},
    {"may", WORD_MONTH, 5},
    {"mm", WORD_UNIT, UNIT_MINUTE},
    {"mon", WORD_WEEKDAY, 1},
    {"monday", WORD_WEEKDAY, 1},
    {"nov", WORD_MONTH, 11},
    {"november", WORD_MONTH, 11},
    {"now", WORD_RESERVED, RESERVED_NOW},
    {"oct", WORD_MONTH, 10},
    {"october", WORD_MONTH, 10},
    {"on", WORD_IGNORE, 0},
    {"pm", WORD_AM_PM, 1},
    {"s", WORD_UNIT, UNIT_SECOND},
    {"sat", WORD_WEEKDAY, 6},
    {"saturday", WORD_WEEKDAY, 6},
    {"sep", WORD_MONTH, 9},
    {"sept", WORD_MONTH, 9},
    {"september", WORD_MONTH, 9},
    {"sun", WORD_WEEKDAY, 0},
    {"sunday", WORD_WEEKDAY, 0},
    {"t", WORD_ISO_TIME, 0},
    {"thu", WORD_WEEKDAY, 4},
    {"thur", WORD_WEEKDAY, 4},
    {"thurs", WORD_WEEKDAY, 4},
    {"thursday", WORD_WEEKDAY, 4},
    {"today", WORD_RESERVED, RESERVED_TODAY},
    {"tomorrow", WORD_RESERVED, RESERVED_TOMORROW},
    {"tue", WORD_WEEKDAY, 2},
    {"tues", WORD_WEEKDAY, 2},
    {"tuesday", WORD_WEEKDAY, 2},
    {"wed", WORD_WEEKDAY, 3},
    {"wednesday", WORD_WEEKDAY, 3},
    {"weds", WORD_WEEKDAY, 3},
    {"y", WORD_UNIT, UNIT_YEAR},
    {"yesterday", WORD_RESERVED, RESERVED_YESTERDAY},
};

WordKind datetime_word(const char *word, int *value) {
    int low = 0, high = (int)(sizeof words / sizeof *words);
    while (low < high) {
        int middle = (low + high) / 2, order = strncmp(words[middle].name, word, sizeof words->name);
        if (order == 0) {
            *value = words[middle].value;
            return (WordKind)words[middle].kind;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return WORD_UNKNOWN;
}

static const Word units[] = {
    {"c", 0, UNIT_CENTURY},
    {"cent", 0, UNIT_CENTURY},
    {"centuries", 0, UNIT_CENTURY},
    {"century", 0, UNIT_CENTURY},
    {"d", 0, UNIT_DAY},
    {"day", 0, UNIT_DAY},
    {"days", 0, UNIT_DAY},
    {"dec", 0, UNIT_DECADE},
    {"decade", 0, UNIT_DECADE},
    {"decades", 0, UNIT_DECADE},
    {"decs", 0, UNIT_DECADE},
    {"dow", 1, UNIT_DOW},
    {"doy", 1, UNIT_DOY},
    {"epoch", 1, UNIT_EPOCH},
    {"h", 0, UNIT_HOUR},
    {"hour", 0, UNIT_HOUR},
    {"hours", 0, UNIT_HOUR},
    {"hr", 0, UNIT_HOUR},
    {"hrs", 0, UNIT_HOUR},
    {"isodow", 1, UNIT_ISODOW},
    {"isoyear", 1, UNIT_ISOYEAR},
    {"j", 1, UNIT_JULIAN},
    {"jd", 1, UNIT_JULIAN},
    {"julian", 1, UNIT_JULIAN},
    {"m", 0, UNIT_MINUTE},
    {"microsecon", 0, UNIT_MICROSECOND},
    {"mil", 0, UNIT_MILLENNIUM},
    {"millennia", 0, UNIT_MILLENNIUM},
    {"millennium", 0, UNIT_MILLENNIUM},
    {"millisecon", 0, UNIT_MILLISECOND},
    {"mils", 0, UNIT_MILLENNIUM},
    {"min", 0, UNIT_MINUTE},
    {"mins", 0, UNIT_MINUTE},
    {"minute", 0, UNIT_MINUTE},
    {"minutes", 0, UNIT_MINUTE},
    {"mon", 0, UNIT_MONTH},
    {"mons", 0, UNIT_MONTH},
    {"month", 0, UNIT_MONTH},
    {"months", 0, UNIT_MONTH},
    {"ms", 0, UNIT_MILLISECOND},
    {"msec", 0, UNIT_MILLISECOND},
    {"msecs", 0, UNIT_MILLISECOND},
    {"mseconds", 0, UNIT_MILLISECOND},
    {"qtr", 0, UNIT_QUARTER},
    {"quarter", 0, UNIT_QUARTER},
    {"s", 0, UNIT_SECOND},
    {"sec", 0, UNIT_SECOND},
    {"second", 0, UNIT_SECOND},
    {"seconds", 0, UNIT_SECOND},
    {"secs", 0, UNIT_SECOND},
    {"timezone", 0, UNIT_TIMEZONE},
    {"timezone_h", 0, UNIT_TIMEZONE_HOUR},
    {"timezone_m", 0, UNIT_TIMEZONE_MINUTE},
    {"us", 0, UNIT_MICROSECOND},
    {"usec", 0, UNIT_MICROSECOND},
    {"usecond", 0, UNIT_MICROSECOND},
    {"useconds", 0, UNIT_MICROSECOND},
    {"usecs", 0, UNIT_MICROSECOND},
    {"w", 0, UNIT_WEEK},
    {"week", 0, UNIT_WEEK},
    {"weeks", 0, UNIT_WEEK},
    {"y", 0, UNIT_YEAR},
    {"year", 0, UNIT_YEAR},
    {"years", 0, UNIT_YEAR},
    {"yr", 0, UNIT_YEAR},
    {"yrs", 0, UNIT_YEAR},
};

Unit unit_by_name(const char *name, size_t length) {
    enum { SIGNIFICANT = 10 }; /* as in PostgreSQL, what follows does not count: "microsecondly" is a unit */
    char key[SIGNIFICANT + 1] = {0};
    for (size_t i = 0; i < length && i < SIGNIFICANT; i++)
        key[i] = (char)tolower((unsigned char)name[i]);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(units[i].name, key) == 0)
            return (Unit)units[i].value;
    return UNIT_NONE;
}
