/* SettingRule: PostgreSQL's spellings of each type. */
#include "server/session/setting_rule.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "executor/base/memory.h"
#include "executor/base/text.h"
#include "executor/types/time/timezone.h"

typedef struct UnitName {
    const char *name;
    SettingUnit unit;
    double factor; /* how many base units it is */
} UnitName;

/* The largest first: SHOW takes the first that divides. */
static const UnitName unit_names[] = {
    {"d", SETTING_UNIT_MS, 86400000},
    {"h", SETTING_UNIT_MS, 3600000},
    {"min", SETTING_UNIT_MS, 60000},
    {"s", SETTING_UNIT_MS, 1000},
    {"ms", SETTING_UNIT_MS, 1},
    {"us", SETTING_UNIT_MS, 0.001},
    {"TB", SETTING_UNIT_KB, 1 << 30},
    {"GB", SETTING_UNIT_KB, 1 << 20},
    {"MB", SETTING_UNIT_KB, 1 << 10},
    {"kB", SETTING_UNIT_KB, 1},
    {"B", SETTING_UNIT_KB, 1.0 / 1024},
};
enum { UNIT_NAME_COUNT = sizeof unit_names / sizeof *unit_names };

const char *setting_unit_name(SettingUnit unit) {
    switch (unit) {
    case SETTING_UNIT_NONE:
        return NULL;
    case SETTING_UNIT_MS:
        return "ms";
    case SETTING_UNIT_KB:
        return "kB";
    }
    return NULL;
}

const char *setting_type_name(SettingType type) {
    switch (type) {
    case SETTING_TYPE_BOOL:
        return "bool";
    case SETTING_TYPE_INTEGER:
        return "integer";
    case SETTING_TYPE_ENUM:
        return "enum";
    case SETTING_TYPE_STRING:
    case SETTING_TYPE_ENCODING:
    case SETTING_TYPE_DATE_STYLE:
    case SETTING_TYPE_TIME_ZONE:
    case SETTING_TYPE_LIST:
        return "string";
    }
    return NULL;
}

static unsigned invalid_value(const SettingRule *rule, const char *text, Error *error) {
    return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "invalid value for parameter \"%s\": \"%s\"",
        rule->name, text);
}

bool setting_parse_bool(const char *text, bool *value) {
    static const struct {
        const char *word;
        size_t shortest;
        bool value;
    } words[] = {{"true", 1, true}, {"false", 1, false}, {"yes", 1, true}, {"no", 1, false}, {"on", 2, true},
        {"off", 2, false}, {"1", 1, true}, {"0", 1, false}};
    size_t length = strlen(text);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (length >= words[i].shortest && length <= strlen(words[i].word) &&
            strncasecmp(text, words[i].word, length) == 0) {
            *value = words[i].value;
            return true;
        }
    return false;
}

static Status canonical_bool(const SettingRule *rule, const char *text, char **out, Error *error) {
    bool value;
    if (!setting_parse_bool(text, &value))
        return error_set(
            error, STATUS_INVALID_PARAMETER_VALUE, "parameter \"%s\" requires a Boolean value", rule->name);
    *out = memory_strdup(value ? "on" : "off");
    return OK;
}

static double unit_factor(SettingUnit unit, const char *name) {
    if (*name == 0)
        return 1;
    for (int i = 0; i < UNIT_NAME_COUNT; i++)
        if (unit_names[i].unit == unit && strcmp(unit_names[i].name, name) == 0)
            return unit_names[i].factor;
    return 0;
}

/* *is_unit_bad: there is a number, but what follows is no unit of it. */
static bool parse_integer(SettingUnit unit, const char *text, double *value, bool *is_unit_bad) {
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    *is_unit_bad = false;
    if (end == text || errno == ERANGE || *value != *value)
        return false;
    *is_unit_bad = true;
    while (isspace((unsigned char)*end))
        end++;
    char name[8] = "";
    size_t length = strcspn(end, " \t\n");
    if (length >= sizeof name || end[length + strspn(end + length, " \t\n")] != 0)
        return false;
    memcpy(name, end, length);
    double factor = unit_factor(unit, name);
    *value = __builtin_rint(*value * factor);
    *is_unit_bad = factor == 0;
    return factor != 0;
}

int64_t setting_integer(SettingUnit unit, const char *canonical) {
    double value = 0;
    bool is_unit_bad;
    return parse_integer(unit, canonical, &value, &is_unit_bad) ? (int64_t)value : 0;
}

static char *format_integer(SettingUnit unit, int64_t value) {
    for (int i = 0; i < UNIT_NAME_COUNT && value != 0; i++)
        if (unit_names[i].unit == unit && unit_names[i].factor >= 1 &&
            value % (int64_t)unit_names[i].factor == 0)
            return memory_printf(
                "%lld%s", (long long)(value / (int64_t)unit_names[i].factor), unit_names[i].name);
    return memory_printf("%lld", (long long)value);
}

static Status canonical_integer(const SettingRule *rule, const char *text, char **out, Error *error) {
    double value;
    bool is_unit_bad;
    if (!parse_integer(rule->unit, text, &value, &is_unit_bad)) {
        Status status = invalid_value(rule, text, error);
        if (error != NULL && is_unit_bad && rule->unit == SETTING_UNIT_MS)
            error_hint(error,
                "Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\".");
        if (error != NULL && is_unit_bad && rule->unit == SETTING_UNIT_KB)
            error_hint(
                error, "Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\".");
        return status;
    }
    if (value < (double)rule->min || value > (double)rule->max) {
        const char *unit = setting_unit_name(rule->unit);
        const char *blank = unit == NULL ? "" : " ";
        unit = unit == NULL ? "" : unit;
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE,
            "%.0f%s%s is outside the valid range for parameter \"%s\" (%lld .. %lld)", value, blank, unit,
            rule->name, (long long)rule->min, (long long)rule->max);
    }
    *out = format_integer(rule->unit, (int64_t)value);
    return OK;
}

static Status canonical_enum(const SettingRule *rule, const char *text, char **out, Error *error) {
    size_t length = strlen(text);
    Text hint = {0};
    for (const char *word = rule->words; *word != 0;) {
        size_t word_length = strcspn(word, "|");
        bool is_on_or_off = (word_length == 2 && strncmp(word, "on", 2) == 0) ||
                            (word_length == 3 && strncmp(word, "off", 3) == 0);
        bool value;
        bool is_same = word_length == length && strncasecmp(word, text, length) == 0;
        /* A setting that was once Boolean takes every spelling of it. */
        if (is_same || (is_on_or_off && setting_parse_bool(text, &value) && value == (word[1] == 'n'))) {
            text_free(&hint);
            *out = memory_copy_text(word, word_length);
            return OK;
        }
        text_printf(&hint, "%s%.*s", hint.length == 0 ? "" : ", ", (int)word_length, word);
        word += word_length + (word[word_length] == '|');
    }
    Status status = invalid_value(rule, text, error);
    if (error != NULL)
        error_hint(error, "Available values: %s.", text_string(&hint));
    text_free(&hint);
    return status;
}

static Status canonical_encoding(const SettingRule *rule, const char *text, char **out, Error *error) {
    char plain[32];
    size_t length = 0;
    for (const char *c = text; *c != 0; c++)
        if (isalnum((unsigned char)*c) && length < sizeof plain - 1)
            plain[length++] = (char)tolower((unsigned char)*c);
    plain[length] = 0;
    if (strcmp(plain, "utf8") == 0 || strcmp(plain, "unicode") == 0) {
        *out = memory_strdup("UTF8");
        return OK;
    }
    static const char *const others[] = {"sqlascii", "latin1", "latin2", "latin9", "win1250", "win1251",
        "win1252", "eucjp", "euckr", "euccn", "sjis", "big5", "gbk", "gb18030", "koi8r", "iso88595"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(plain, others[i]) == 0)
            return error_set(
                error, STATUS_FEATURE_NOT_SUPPORTED, "conversion between %s and UTF8 is not supported", text);
    return invalid_value(rule, text, error);
}

/* "ISO, MDY": a style, an order of day and month, or both, in any order; what isn't given stays. */
static Status canonical_date_style(
    const SettingRule *rule, const char *text, const char *current, char **out, Error *error) {
    static const struct {
        const char *word;
        const char *style, *order;
    } words[] = {{"iso", "ISO", NULL}, {"sql", "SQL", NULL}, {"postgres", "Postgres", NULL},
        {"german", "German", NULL}, {"ymd", NULL, "YMD"}, {"dmy", NULL, "DMY"}, {"euro", NULL, "DMY"},
        {"european", NULL, "DMY"}, {"mdy", NULL, "MDY"}, {"us", NULL, "MDY"}, {"noneuro", NULL, "MDY"},
        {"noneuropean", NULL, "MDY"}, {"default", "ISO", "MDY"}};
    const char *style = NULL, *order = NULL;
    for (const char *at = text; *at != 0;) {
        at += strspn(at, " ,\t");
        size_t length = strcspn(at, " ,\t");
        if (length == 0)
            break;
        size_t i = 0, count = sizeof words / sizeof *words;
        while (i < count && !(strlen(words[i].word) == length && strncasecmp(words[i].word, at, length) == 0))
            i++;
        if (i == count) {
            Status status = invalid_value(rule, text, error);
            return error == NULL ? status
                                 : error_detail(error, "Unrecognized key word: \"%.*s\".", (int)length, at);
        }
        if ((words[i].style != NULL && style != NULL && style != words[i].style) ||
            (words[i].order != NULL && order != NULL && order != words[i].order)) {
            invalid_value(rule, text, error);
            return error == NULL ? STATUS_INVALID_PARAMETER_VALUE
                                 : error_detail(error, "Conflicting \"datestyle\" specifications.");
        }
        style = words[i].style != NULL ? words[i].style : style;
        order = words[i].order != NULL ? words[i].order : order;
        at += length;
    }
    const char *comma = strchr(current, ',');
    if (order == NULL)
        order = style != NULL && strcmp(style, "German") == 0 ? "DMY" : comma + 2;
    *out = style != NULL ? memory_printf("%s, %s", style, order)
                         : memory_printf("%.*s, %s", (int)(comma - current), current, order);
    return OK;
}

static Status canonical_time_zone(const SettingRule *rule, const char *text, char **out, Error *error) {
    const Timezone *zone = timezone_of_setting(text);
    if (zone == NULL)
        return invalid_value(rule, text, error);
    *out = memory_strdup(timezone_name(zone));
    return OK;
}

Status setting_canonical(
    const SettingRule *rule, const char *text, const char *current, char **out, Error *error) {
    switch (rule->type) {
    case SETTING_TYPE_BOOL:
        return canonical_bool(rule, text, out, error);
    case SETTING_TYPE_INTEGER:
        return canonical_integer(rule, text, out, error);
    case SETTING_TYPE_ENUM:
        return canonical_enum(rule, text, out, error);
    case SETTING_TYPE_ENCODING:
        return canonical_encoding(rule, text, out, error);
    case SETTING_TYPE_DATE_STYLE:
        return canonical_date_style(rule, text, current, out, error);
    case SETTING_TYPE_TIME_ZONE:
        return canonical_time_zone(rule, text, out, error);
    case SETTING_TYPE_STRING:
    case SETTING_TYPE_LIST:
        *out = memory_strdup(text);
        return OK;
    }
    return error_set(error, STATUS_INTERNAL_ERROR, "unknown type of setting \"%s\"", rule->name);
}
