/* Spelling: what users of other systems write in WITH (…), where it means the same as something of ours. What
   is not known here stays as it is, and is refused by name if it isn't ours either. */
#include <string.h>

#include "connectors/formats/format.h"

typedef struct Pair {
    const char *theirs, *ours;
} Pair;

/* A row that ends with a point stands for all names that begin so. */
static const Pair names[] = {
    {"value.debezium-json.", "json."},
    {"debezium-json.", "json."},
    {"csv.field-delimiter", "csv.delimiter"},
    {"csv.quote-character", "csv.quote"},
    {"csv.null-literal", "csv.null"},
    {"value.format", "format"},
};

/* "value.<format>.<option>" is "<format>.<option>" */
static bool is_format_of_value(const char *name) {
    if (strncmp(name, "value.", strlen("value.")) != 0)
        return false;
    const char *format = name + strlen("value."), *dot = strchr(format, '.');
    return dot != NULL && format_exists(format, (size_t)(dot - format));
}

static const char *respell_name(Arena *arena, const char *name) {
    if (is_format_of_value(name))
        name += strlen("value.");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i].theirs);
        if (names[i].theirs[length - 1] == '.' ? strncmp(name, names[i].theirs, length) == 0
                                               : strcmp(name, names[i].theirs) == 0)
            name = arena_printf(arena, "%s%s", names[i].ours, name + length);
    }
    return name;
}

static Status say(const char **clause, const char *word, const char *option, const char *value,
    const char *keyword, Error *error) {
    if (word == NULL)
        return OK;
    if (*clause != NULL && strcmp(*clause, word) != 0)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "option \"%s\" = '%s' contradicts %s %s",
            option, value, keyword, *clause);
    *clause = word;
    return OK;
}

/* 'format' = '…' says FORMAT … ENCODE …; the option goes when the clauses say it. */
static Status respell_format(ConnectorSpelling *spelling, const char *value, bool *is_said, Error *error) {
    bool is_debezium = strcmp(value, "debezium-json") == 0;
    *is_said = is_debezium || format_exists(value, strlen(value));
    if (!*is_said)
        return OK;
    TRY(say(&spelling->format, is_debezium ? "debezium" : NULL, "format", value, "FORMAT", error));
    return say(&spelling->encode, is_debezium ? "json" : value, "format", value, "ENCODE", error);
}

Status connector_respell(ConnectorSpelling *spelling, Arena *arena, Error *error) {
    if (strcmp(spelling->connector, "upsert-kafka") == 0) {
        spelling->connector = "kafka";
        TRY(say(&spelling->format, "upsert", "connector", "upsert-kafka", "FORMAT", error));
    }
    if (strcmp(spelling->connector, "filesystem") == 0)
        spelling->connector = "file";
    int count = 0;
    for (int i = 0; i < spelling->option_count; i++) {
        const char *name = respell_name(arena, spelling->option_names[i]),
                   *value = spelling->option_values[i];
        bool is_said = false;
        if (strcmp(name, "format") == 0)
            TRY(respell_format(spelling, value, &is_said, error));
        if (is_said)
            continue;
        spelling->option_names[count] = name;
        spelling->option_values[count++] = value;
    }
    spelling->option_count = count;
    return OK;
}
