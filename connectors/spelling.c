/* Spelling: what users of other systems write in WITH (…), where it means the same as something of ours. What
   is not known here stays as it is, and is refused by name if it isn't ours either. */
#include <string.h>

#include "connectors/connector.h"

typedef struct Pair {
    const char *theirs, *ours;
} Pair;

/* A row that ends with a point stands for all names that begin so. */
static const Pair names[] = {
    {"value.json.", "json."},
    {"value.csv.", "csv."},
    {"value.debezium-json.", "debezium-json."},
    {"debezium-json.", "json."},
    {"csv.field-delimiter", "csv.delimiter"},
    {"csv.quote-character", "csv.quote"},
    {"csv.null-literal", "csv.null"},
    {"value.format", "format"},
};

/* 'format' = '…': the clause FORMAT … ENCODE … that says the same. */
static const struct {
    const char *name, *format, *encode;
} formats[] = {
    {"json", NULL, "json"},
    {"csv", NULL, "csv"},
    {"raw", NULL, "raw"},
    {"debezium-json", "debezium", "json"},
};

static const char *respell_name(Arena *arena, const char *name) {
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

/* Takes the option out when a clause says it. */
static Status respell_format(ConnectorSpelling *spelling, const char *value, bool *is_said, Error *error) {
    *is_said = false;
    for (size_t i = 0; i < sizeof formats / sizeof *formats && !*is_said; i++) {
        if (strcmp(formats[i].name, value) != 0)
            continue;
        *is_said = true;
        TRY(say(&spelling->format, formats[i].format, "format", value, "FORMAT", error));
        TRY(say(&spelling->encode, formats[i].encode, "format", value, "ENCODE", error));
    }
    return OK;
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
