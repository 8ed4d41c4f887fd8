/* Variables: an array of values beside the table of settings. A value changed in a transaction keeps what to
   go back to and what to go on with. */
#include "server/session/variables.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "executor/base/memory.h"
#include "executor/base/text.h"
#include "server/session/setting_rule.h"

enum { REPORT = 1, FIXED = 2 };

typedef struct Setting {
    const char *name;
    SettingType type;
    const char *default_text;
    SettingUnit unit;
    int64_t min, max;
    const char *words;
    int flags;
    const char *description;
} Setting;

#define SETTING_BOOL(...)       SETTING_NUMERIC(SETTING_TYPE_BOOL, __VA_ARGS__)
#define SETTING_INTEGER(...)    SETTING_NUMERIC(SETTING_TYPE_INTEGER, __VA_ARGS__)
#define SETTING_STRING(...)     SETTING_NUMERIC(SETTING_TYPE_STRING, __VA_ARGS__)
#define SETTING_ENCODING(...)   SETTING_NUMERIC(SETTING_TYPE_ENCODING, __VA_ARGS__)
#define SETTING_DATE_STYLE(...) SETTING_NUMERIC(SETTING_TYPE_DATE_STYLE, __VA_ARGS__)
#define SETTING_TIME_ZONE(...)  SETTING_NUMERIC(SETTING_TYPE_TIME_ZONE, __VA_ARGS__)
#define SETTING_LIST(...)       SETTING_NUMERIC(SETTING_TYPE_LIST, __VA_ARGS__)
#define SETTING_NUMERIC(type_, text_, unit_, min_, max_, flags_, description_)                    \
    .type = type_, .default_text = text_, .unit = SETTING_UNIT_##unit_, .min = min_, .max = max_, \
    .flags = flags_, .description = description_
#define SETTING_ENUM(text_, unit_, words_, max_, flags_, description_)                               \
    .type = SETTING_TYPE_ENUM, .default_text = text_, .unit = SETTING_UNIT_##unit_, .words = words_, \
    .flags = flags_, .description = description_

static const Setting settings[VARIABLE_COUNT] = {
#define SETTING(name_, type_, ...) [VARIABLE_##name_] = {.name = #name_, SETTING_##type_(__VA_ARGS__)},
#include "server/session/settings.def"
#undef SETTING
};

static const char *const foreign_settings[] = {
#define FOREIGN_SETTING(name) name,
#include "server/session/foreign_settings.def"
#undef FOREIGN_SETTING
};

/* What a name with a dot is. */
static const Setting custom_setting = {
    .type = SETTING_TYPE_STRING, .default_text = "", .description = "A setting of the client's own."};

typedef struct Variable {
    const Setting *setting;
    char *custom_name;
    char *text;
    char *reset_text;
    char *rollback_text; /* before the transaction; NULL: not changed in it */
    char *commit_text;   /* after it */
    char *told_text;     /* what the client knows */
    int64_t number;      /* of an INTEGER setting */
    uint64_t number_version;
} Variable;

struct Variables {
    Variable *items; /* VARIABLE_COUNT, then the custom ones */
    int count;
    int capacity;
    uint64_t version;
    uint64_t told_version; /* at which the client knew everything */
    bool is_changed;       /* something was set in this transaction */
};

static void text_replace(char **text, char *by) {
    memory_free(*text);
    *text = by;
}

static const char *variable_name(const Variable *variable) {
    return variable->custom_name != NULL ? variable->custom_name : variable->setting->name;
}

static Variable *find(const Variables *variables, const char *name) {
    for (int i = 0; i < variables->count; i++)
        if (strcasecmp(variable_name(&variables->items[i]), name) == 0)
            return &variables->items[i];
    return NULL;
}

static Variable *add(Variables *variables, const Setting *setting, const char *custom_name) {
    GROW(variables->items, variables->capacity, variables->count + 1);
    Variable *variable = &variables->items[variables->count++];
    *variable = (Variable){
        .setting = setting,
        .custom_name = memory_strdup(custom_name),
        .text = memory_strdup(setting->default_text),
        .reset_text = memory_strdup(setting->default_text),
    };
    return variable;
}

Variables *variables_create(void) {
    Variables *variables = NEW(Variables);
    variables->version = 1;
    for (int i = 0; i < VARIABLE_COUNT; i++)
        add(variables, &settings[i], NULL);
    return variables;
}

void variables_destroy(Variables *variables) {
    if (variables == NULL)
        return;
    for (int i = 0; i < variables->count; i++) {
        Variable *variable = &variables->items[i];
        memory_free(variable->custom_name);
        memory_free(variable->text);
        memory_free(variable->reset_text);
        memory_free(variable->rollback_text);
        memory_free(variable->commit_text);
        memory_free(variable->told_text);
    }
    memory_free(variables->items);
    memory_free(variables);
}

const char *variables_text(const Variables *variables, VariableId id) {
    return variables->items[id].text;
}

const char *variables_find(const Variables *variables, const char *name) {
    const Variable *variable = find(variables, name);
    return variable == NULL ? NULL : variable->text;
}

const char *variables_listed_name(const Variables *variables, const char *name) {
    const Variable *variable = find(variables, name);
    return variable == NULL ? NULL : variable_name(variable);
}

bool variables_bool(const Variables *variables, VariableId id) {
    return strcmp(variables->items[id].text, "on") == 0;
}

int64_t variables_integer(Variables *variables, VariableId id) {
    Variable *variable = &variables->items[id];
    if (variable->number_version != variables->version) {
        variable->number = setting_integer(settings[id].unit, variable->text);
        variable->number_version = variables->version;
    }
    return variable->number;
}

static bool is_foreign_setting(const char *name) {
    if (strncasecmp(name, "rw_", 3) == 0 || strncasecmp(name, "streaming_", 10) == 0)
        return true;
    for (size_t i = 0; i < sizeof foreign_settings / sizeof *foreign_settings; i++)
        if (strcasecmp(foreign_settings[i], name) == 0)
            return true;
    return false;
}

static Status find_or_make(
    Variables *variables, const char *name, Variable **out, bool *is_foreign, Error *error) {
    bool is_known = is_foreign != NULL && is_foreign_setting(name);
    if (is_known)
        *is_foreign = true;
    *out = find(variables, name);
    if (*out != NULL)
        return OK;
    if (is_known) { /* it is kept, so that SHOW gives back what was SET */
        *out = add(variables, &custom_setting, name);
        return OK;
    }
    const char *dot = strchr(name, '.');
    if (dot != NULL && dot != name && dot[1] != 0) {
        *out = add(variables, &custom_setting, name);
        return OK;
    }
    return error_set(error, STATUS_UNDEFINED_OBJECT, "unrecognized configuration parameter \"%s\"", name);
}

/* Takes `text` over. */
static void assign(Variables *variables, Variable *variable, char *text, VariableScope scope) {
    variables->version++;
    if (scope == VARIABLE_START || scope == VARIABLE_SERVER) {
        text_replace(&variable->reset_text, memory_strdup(text));
        text_replace(&variable->text, text);
        return;
    }
    variables->is_changed = true;
    if (variable->rollback_text == NULL) {
        variable->rollback_text = memory_strdup(variable->text);
        text_replace(&variable->commit_text, memory_strdup(variable->text));
    }
    if (scope == VARIABLE_SESSION)
        text_replace(&variable->commit_text, memory_strdup(text));
    text_replace(&variable->text, text);
}

static Status check_may_change(const Variable *variable, VariableScope scope, Error *error) {
    if ((variable->setting->flags & FIXED) && scope != VARIABLE_SERVER)
        return error_set(error, STATUS_CANT_CHANGE_RUNTIME_PARAM, "parameter \"%s\" cannot be changed",
            variable_name(variable));
    return OK;
}

Status variables_set(Variables *variables, const char *name, const char *text, VariableScope scope,
    bool *is_foreign, Error *error) {
    if (is_foreign != NULL)
        *is_foreign = false;
    Variable *variable;
    TRY(find_or_make(variables, name, &variable, is_foreign, error));
    TRY(check_may_change(variable, scope, error));
    const Setting *setting = variable->setting;
    SettingRule rule = {
        variable_name(variable), setting->type, setting->unit, setting->min, setting->max, setting->words};
    char *canonical;
    TRY(setting_canonical(&rule, text, variable->text, &canonical, error));
    assign(variables, variable, canonical, scope);
    return OK;
}

void variables_restore(Variables *variables, const char *name, const char *text) {
    Status status = variables_set(variables, name, text, VARIABLE_LOCAL, NULL, NULL);
    assert(status == OK);
}

Status variables_reset(Variables *variables, const char *name, VariableScope scope, Error *error) {
    bool is_foreign = false;
    Variable *variable;
    TRY(find_or_make(variables, name, &variable, &is_foreign, error));
    TRY(check_may_change(variable, scope, error));
    assign(variables, variable, memory_strdup(variable->reset_text), scope);
    return OK;
}

void variables_reset_all(Variables *variables) {
    for (int i = 0; i < variables->count; i++) {
        Variable *variable = &variables->items[i];
        bool is_kept = i == VARIABLE_transaction_isolation || i == VARIABLE_transaction_read_only ||
                       i == VARIABLE_transaction_deferrable || i == VARIABLE_role ||
                       i == VARIABLE_session_authorization;
        if (!(variable->setting->flags & FIXED) && !is_kept &&
            strcmp(variable->text, variable->reset_text) != 0)
            assign(variables, variable, memory_strdup(variable->reset_text), VARIABLE_SESSION);
    }
}

static void end_transaction(Variables *variables, bool is_commit) {
    if (!variables->is_changed)
        return;
    variables->is_changed = false;
    for (int i = 0; i < variables->count; i++) {
        Variable *variable = &variables->items[i];
        if (variable->rollback_text == NULL)
            continue;
        char **kept = is_commit ? &variable->commit_text : &variable->rollback_text;
        text_replace(&variable->text, *kept);
        *kept = NULL;
        text_replace(&variable->rollback_text, NULL);
        text_replace(&variable->commit_text, NULL);
        variables->version++;
    }
}

void variables_commit(Variables *variables) {
    end_transaction(variables, true);
}

void variables_rollback(Variables *variables) {
    end_transaction(variables, false);
}

struct VariablesMark {
    int count;
    struct {
        char *text, *rollback_text, *commit_text;
    } items[];
};

VariablesMark *variables_mark(const Variables *variables) {
    VariablesMark *mark = memory_allocate_zero(sizeof *mark + sizeof *mark->items * (size_t)variables->count);
    mark->count = variables->count;
    for (int i = 0; i < mark->count; i++) {
        mark->items[i].text = memory_strdup(variables->items[i].text);
        mark->items[i].rollback_text = memory_strdup(variables->items[i].rollback_text);
        mark->items[i].commit_text = memory_strdup(variables->items[i].commit_text);
    }
    return mark;
}

void variables_go_back(Variables *variables, const VariablesMark *mark) {
    variables->version++;
    variables->is_changed = true;
    for (int i = 0; i < variables->count; i++) {
        Variable *variable = &variables->items[i];
        /* One that is newer than the mark goes back to what it is when nobody has set it. */
        bool is_marked = i < mark->count;
        text_replace(&variable->text, memory_strdup(is_marked ? mark->items[i].text : variable->reset_text));
        text_replace(
            &variable->rollback_text, is_marked ? memory_strdup(mark->items[i].rollback_text) : NULL);
        text_replace(&variable->commit_text, is_marked ? memory_strdup(mark->items[i].commit_text) : NULL);
    }
}

void variables_mark_destroy(VariablesMark *mark) {
    if (mark == NULL)
        return;
    for (int i = 0; i < mark->count; i++) {
        memory_free(mark->items[i].text);
        memory_free(mark->items[i].rollback_text);
        memory_free(mark->items[i].commit_text);
    }
    memory_free(mark);
}

bool variables_take_reported(Variables *variables, const char **name, const char **text) {
    if (variables->told_version == variables->version)
        return false;
    for (int i = 0; i < VARIABLE_COUNT; i++) {
        Variable *variable = &variables->items[i];
        if (!(variable->setting->flags & REPORT) ||
            (variable->told_text != NULL && strcmp(variable->told_text, variable->text) == 0))
            continue;
        text_replace(&variable->told_text, memory_strdup(variable->text));
        *name = variable->setting->name;
        *text = variable->text;
        return true;
    }
    variables->told_version = variables->version;
    return false;
}

uint64_t variables_version(const Variables *variables) {
    return variables->version;
}

bool variables_view(const Variables *variables, int index, VariableView *view) {
    if (index < 0 || index >= variables->count)
        return false;
    const Variable *variable = &variables->items[index];
    *view = (VariableView){
        .name = variable_name(variable),
        .text = variable->text,
        .unit = setting_unit_name(variable->setting->unit),
        .description = variable->setting->description,
        .type = setting_type_name(variable->setting->type),
        .context = variable->setting->flags & FIXED ? "internal" : "user",
        .default_text = variable->setting->default_text,
        .enum_words = variable->setting->words,
    };
    return true;
}
