/* Connector: the list of connectors, and the validation of their options. */
#include "connectors/connector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "executor/base/memory.h"

#define CONNECTOR(name, ...) extern const ConnectorType name##_connector;
#include "connectors/connectors.def"
#undef CONNECTOR

static const ConnectorType *const connectors[] = {
#define CONNECTOR(name, ...) &name##_connector,
#include "connectors/connectors.def"
#undef CONNECTOR
    NULL,
};

const ConnectorType *connector_by_name(const char *name) {
    for (int i = 0; connectors[i] != NULL; i++)
        if (strcmp(connectors[i]->name, name) == 0)
            return connectors[i];
    return NULL;
}

const ConnectorType *const *connectors_all(void) {
    return connectors;
}

ChangesKind changes_kind(const char *format) {
    static const char *const words[] = {
        [CHANGES_NONE] = "plain", [CHANGES_UPSERT] = "upsert", [CHANGES_DEBEZIUM] = "debezium"};
    ChangesKind kind = CHANGES_NONE;
    while (format != NULL && kind < CHANGES_UNKNOWN && strcmp(words[kind], format) != 0)
        kind++;
    return kind;
}

Status changes_refuse(const char *format, const char *objects, Error *error) {
    error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "FORMAT %s is not supported for %s", format, objects);
    return error_hint(error, "Supported are: PLAIN, UPSERT, DEBEZIUM.");
}

Status connector_refuse(const char *name, Error *error) {
    Text known = {0};
    for (int i = 0; connectors[i] != NULL; i++)
        text_printf(&known, "%s%s", i > 0 ? ", " : "", connectors[i]->name);
    error_set(error, STATUS_INVALID_PARAMETER_VALUE, "connector \"%s\" does not exist", name);
    Status status = error_hint(error, "Connectors are: %s.", text_string(&known));
    text_free(&known);
    return status;
}

struct ConnectorShares {
    void *of[sizeof connectors / sizeof *connectors];
};

ConnectorShares *connector_shares_create(void) {
    ConnectorShares *shares = NEW(ConnectorShares);
    for (int i = 0; connectors[i] != NULL; i++)
        if (connectors[i]->create_share != NULL)
            shares->of[i] = connectors[i]->create_share();
    return shares;
}

void connector_shares_destroy(ConnectorShares *shares) {
    for (int i = 0; shares != NULL && connectors[i] != NULL; i++)
        if (connectors[i]->destroy_share != NULL)
            connectors[i]->destroy_share(shares->of[i]);
    memory_free(shares);
}

void *connector_share(const ConnectorDefinition *definition) {
    for (int i = 0; connectors[i] != NULL; i++)
        if (strcmp(connectors[i]->name, definition->connector) == 0)
            return definition->shares->of[i];
    return NULL;
}

static const ConnectorOption *find_option(const ConnectorType *type, const char *name) {
    for (const ConnectorOption *option = type->options; option->name != NULL; option++)
        if (strcmp(option->name, name) == 0)
            return option;
    return NULL;
}

const char *connector_option_name(const ConnectorType *type, const char *name) {
    for (const ConnectorOption *option = type->options; option->name != NULL; option++)
        for (int i = 0; option->others != NULL && option->others[i] != NULL; i++)
            if (strcmp(option->others[i], name) == 0)
                return option->name;
    return name;
}

/* Levenshtein distance of short names. */
static int distance(const char *a, const char *b) {
    int row[64];
    int n = (int)strlen(b);
    if (n > 62)
        return 99;
    for (int j = 0; j <= n; j++)
        row[j] = j;
    for (int i = 1; a[i - 1] != 0; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            int cost = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            int step = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = cost < step ? cost : step;
        }
    }
    return row[n];
}

static Status refuse_unknown(const ConnectorType *type, const char *name, Error *error) {
    const ConnectorOption *nearest = NULL;
    int least = (int)strlen(name) / 2 + 1;
    for (const ConnectorOption *option = type->options; option->name != NULL; option++) {
        int far = distance(name, option->name);
        if (far < least) {
            least = far;
            nearest = option;
        }
    }
    error_set(
        error, STATUS_INVALID_PARAMETER_VALUE, "connector \"%s\" has no option \"%s\"", type->name, name);
    return nearest == NULL
               ? error->status
               : error_hint(error, "Perhaps you meant \"%s\": %s.", nearest->name, nearest->meaning);
}

static Status refuse_value(
    const ConnectorOption *option, const char *value, const char *wanted, Error *error) {
    error_set(error, STATUS_INVALID_PARAMETER_VALUE, "invalid value for option \"%s\": \"%s\"", option->name,
        value);
    return error_hint(error, "%s: %s.", wanted, option->meaning);
}

static bool parse_duration(const char *text, int64_t *microseconds) {
    Arena *arena = arena_create();
    Datum interval;
    Error error = {0};
    bool is_good = datum_parse(type_of(TYPE_INTERVAL), text, strlen(text), &type_settings_default, arena,
                       &interval, &error) == OK;
    if (is_good)
        *microseconds = interval.interval.microseconds +
                        (interval.interval.days + 30 * (int64_t)interval.interval.months) * 86400000000LL;
    error_clear(&error);
    arena_destroy(arena);
    return is_good;
}

static bool parse_bool(const char *text, bool *value) {
    *value = strcasecmp(text, "true") == 0 || strcasecmp(text, "on") == 0 || strcmp(text, "1") == 0 ||
             strcasecmp(text, "yes") == 0;
    return *value || strcasecmp(text, "false") == 0 || strcasecmp(text, "off") == 0 ||
           strcmp(text, "0") == 0 || strcasecmp(text, "no") == 0;
}

static Status check_word(const ConnectorOption *option, const char *value, Error *error) {
    Text words = {0};
    for (int i = 0; option->words[i] != NULL; i++) {
        if (strcmp(option->words[i], value) == 0) {
            text_free(&words);
            return OK;
        }
        text_printf(&words, "%s%s", i > 0 ? ", " : "one of ", option->words[i]);
    }
    Status status = refuse_value(option, value, text_string(&words), error);
    text_free(&words);
    return status;
}

static Status check_float(const ConnectorOption *option, const char *value, Error *error) {
    char *end;
    double number = strtod(value, &end);
    bool has_range = option->minimum != 0 || option->maximum != 0;
    if (*value == 0 || *end != 0 ||
        (has_range && !(number >= (double)option->minimum && number <= (double)option->maximum)))
        return refuse_value(option, value, has_range ? "a number in range" : "a number", error);
    return OK;
}

static Status check_value(const ConnectorOption *option, const char *value, Error *error) {
    char *end;
    int64_t duration;
    bool truth;
    errno = 0;
    switch (option->type) {
    case OPTION_TEXT:
        return OK;
    case OPTION_INT: {
        long long number = strtoll(value, &end, 10);
        bool has_range = option->minimum != 0 || option->maximum != 0;
        if (*value == 0 || *end != 0 || errno != 0 ||
            (has_range && (number < option->minimum || number > option->maximum)))
            return refuse_value(
                option, value, has_range ? "a whole number in range" : "a whole number", error);
        return OK;
    }
    case OPTION_FLOAT:
        return check_float(option, value, error);
    case OPTION_BOOL:
        return parse_bool(value, &truth) ? OK : refuse_value(option, value, "true or false", error);
    case OPTION_DURATION:
        return parse_duration(value, &duration)
                   ? OK
                   : refuse_value(option, value, "a duration such as '5 seconds'", error);
    case OPTION_ENUM:
        return check_word(option, value, error);
    }
    return OK;
}

static const char *given(const ConnectorDefinition *definition, const char *name) {
    for (int i = 0; i < definition->option_count; i++)
        if (strcmp(definition->option_names[i], name) == 0)
            return definition->option_values[i];
    return NULL;
}

Status connector_validate(const ConnectorDefinition *definition, bool is_sink, Error *error) {
    const ConnectorType *type = connector_by_name(definition->connector);
    if (is_sink ? type->open_sink == NULL : type->open_source == NULL)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "connector \"%s\" has no %s", type->name,
            is_sink ? "sink" : "source");
    for (int i = 0; i < definition->option_count; i++) {
        const ConnectorOption *option = find_option(type, definition->option_names[i]);
        Error refusal = {0};
        if (option == NULL && type->accepts != NULL &&
            type->accepts(definition, definition->option_names[i], definition->option_values[i], &refusal)) {
            if (refusal.status == OK)
                continue;
            error_move(error, &refusal);
            return error->status;
        }
        if (option == NULL)
            return refuse_unknown(type, definition->option_names[i], error);
        if (is_sink ? option->is_source_only : option->is_sink_only)
            return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "option \"%s\" is for %s only",
                option->name, is_sink ? "sources" : "sinks");
        TRY(check_value(option, definition->option_values[i], error));
    }
    for (const ConnectorOption *option = type->options; option->name != NULL; option++)
        if (option->is_required && !(is_sink ? option->is_source_only : option->is_sink_only) &&
            given(definition, option->name) == NULL) {
            error_set(error, STATUS_INVALID_PARAMETER_VALUE, "connector \"%s\" needs option \"%s\"",
                type->name, option->name);
            return error_hint(error, "%s.", option->meaning);
        }
    return OK;
}

const char *connector_text(const ConnectorDefinition *definition, const char *name) {
    const char *value = given(definition, name);
    if (value != NULL)
        return value;
    const ConnectorOption *option = find_option(connector_by_name(definition->connector), name);
    return option == NULL ? NULL : option->default_text;
}

int64_t connector_int(const ConnectorDefinition *definition, const char *name) {
    const ConnectorOption *option = find_option(connector_by_name(definition->connector), name);
    const char *value = connector_text(definition, name);
    int64_t duration = 0;
    if (value == NULL)
        return 0;
    if (option != NULL && option->type == OPTION_DURATION) {
        parse_duration(value, &duration);
        return duration;
    }
    return strtoll(value, NULL, 10);
}

double connector_float(const ConnectorDefinition *definition, const char *name) {
    const char *value = connector_text(definition, name);
    return value == NULL ? 0 : strtod(value, NULL);
}

bool connector_bool(const ConnectorDefinition *definition, const char *name) {
    bool value = false;
    const char *text = connector_text(definition, name);
    return text != NULL && parse_bool(text, &value) && value;
}

static const char *const *copy_texts(Arena *arena, const char *const *texts, int count) {
    if (texts == NULL)
        return NULL;
    const char **copy = ARENA_ARRAY(arena, const char *, count + 1);
    for (int i = 0; i < count; i++)
        copy[i] = arena_strdup(arena, texts[i]);
    return copy;
}

ConnectorDefinition *connector_definition_copy(const ConnectorDefinition *from, Arena *arena) {
    ConnectorDefinition *to = ARENA_NEW(arena, ConnectorDefinition);
    int column_count = from->columns.count;
    *to = *from;
    to->name = arena_strdup(arena, from->name);
    to->connector = arena_strdup(arena, from->connector);
    to->option_names = copy_texts(arena, from->option_names, from->option_count);
    to->option_values = copy_texts(arena, from->option_values, from->option_count);
    to->format = arena_strdup(arena, from->format);
    to->encode = arena_strdup(arena, from->encode);
    to->encode_option_names = copy_texts(arena, from->encode_option_names, from->encode_option_count);
    to->encode_option_values = copy_texts(arena, from->encode_option_values, from->encode_option_count);
    to->columns.names = (const char **)copy_texts(arena, from->columns.names, column_count);
    to->columns.types = ARENA_ARRAY(arena, Type, column_count + 1);
    memcpy(to->columns.types, from->columns.types, sizeof(Type) * (size_t)column_count);
    to->metadata = copy_texts(arena, from->metadata, column_count);
    if (from->key_count > 0) {
        int *key = ARENA_ARRAY(arena, int, from->key_count);
        memcpy(key, from->key, sizeof *key * (size_t)from->key_count);
        to->key = key;
    }
    to->files_directory = arena_strdup(arena, from->files_directory);
    to->data_directory = arena_strdup(arena, from->data_directory);
    to->server_uuid = arena_strdup(arena, from->server_uuid);
    return to;
}
