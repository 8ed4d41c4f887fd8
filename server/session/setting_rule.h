/* SettingRule: what texts a setting of each type accepts, and how SHOW prints them. */
#ifndef LEAT_SESSION_SETTING_RULE_H
#define LEAT_SESSION_SETTING_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "executor/base/error.h"

typedef enum SettingType {
    SETTING_TYPE_BOOL,
    SETTING_TYPE_INTEGER,
    SETTING_TYPE_STRING,
    SETTING_TYPE_ENUM,
    SETTING_TYPE_ENCODING,
    SETTING_TYPE_DATE_STYLE,
    SETTING_TYPE_TIME_ZONE,
    SETTING_TYPE_LIST
} SettingType;

typedef enum SettingUnit { SETTING_UNIT_NONE, SETTING_UNIT_MS, SETTING_UNIT_KB } SettingUnit;

typedef struct SettingRule {
    const char *name;
    SettingType type;
    SettingUnit unit;
    int64_t min, max;
    const char *words; /* ENUM: "a|b|c" */
} SettingRule;

/* Checks `text` and gives its form for SHOW (the caller frees it): "TRUE" is on, "60000" ms is 1min.
   `current` is what it changes. */
Status setting_canonical(
    const SettingRule *rule, const char *text, const char *current, char **out, Error *error);
/* The number that a canonical text stands for, in its unit. */
int64_t setting_integer(SettingUnit unit, const char *canonical);
bool setting_parse_bool(const char *text, bool *value);
const char *setting_unit_name(SettingUnit unit); /* NULL: none */
const char *setting_type_name(SettingType type);

#endif
