/* Options: parsing, --help and the docs all come from the table below. */
#include "server/options.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef enum OptionType { OPTION_TEXT, OPTION_WORD, OPTION_NUMBER, OPTION_BYTES } OptionType;

typedef struct Option {
    const char *name;
    OptionType type;
    size_t offset;
    const char *argument; /* for --help */
    const char *default_text;
    int64_t min, max;
    const char *description;
    const char *words; /* of an OPTION_WORD: "|allowed|required|" */
} Option;

#define PLACE(field) offsetof(ServeOptions, field)

static const Option options_table[] = {
    {"data", OPTION_TEXT, PLACE(data), "DIR", "leat-data", 0, 0, "folder that holds everything durable"},
    {"port", OPTION_NUMBER, PLACE(port), "N", "5328", 0, 65535, "port to listen on; 0 takes any free one"},
    {"listen", OPTION_TEXT, PLACE(listen), "ADDRESS", "localhost", 0, 0,
        "address to listen on; localhost: 127.0.0.1 and ::1, *: all; beyond the loopback only with --auth "
        "scram"},
    {"auth", OPTION_WORD, PLACE(auth), "MODE", "trust", 0, 0,
        "trust: who has no password connects from this machine without one; scram: everyone needs one; open: "
        "nobody does, from this machine",
        "|trust|scram|open|"},
    {"workers", OPTION_NUMBER, PLACE(workers), "N", "0", 0, 256,
        "threads that run dataflows; 0 = one a core"},
    {"io-threads", OPTION_NUMBER, PLACE(io_threads), "N", "0", 0, 64,
        "threads that serve connections; 0 = one a core"},
    {"query-threads", OPTION_NUMBER, PLACE(query_threads), "N", "0", 0, 256,
        "threads that run long ad-hoc queries; 0 = one a core, at least two"},
    {"max-connections", OPTION_NUMBER, PLACE(connections_max), "N", "200", 1, 10000, "clients at once"},
    {"memory-limit", OPTION_BYTES, PLACE(memory_limit), "BYTES", "0", 0, INT64_MAX,
        "memory for state before it moves to disk (k, M, G allowed); 0 = half of the machine's"},
    {"memory-max", OPTION_BYTES, PLACE(memory_max), "BYTES", "0", 0, INT64_MAX,
        "memory that one step may need before its largest job is suspended (k, M, G allowed); 0 = five "
        "eighths of the machine's"},
    {"sink-stage-max", OPTION_BYTES, PLACE(sink_stage_max), "BYTES", "1G", 1, INT64_MAX,
        "output of a sink that waits for the other side, before the sources stop (k, M, G allowed)"},
    {"tls-cert", OPTION_TEXT, PLACE(tls_certificate), "FILE", NULL, 0, 0,
        "certificate (PEM, with its chain) for connections by TLS"},
    {"tls-key", OPTION_TEXT, PLACE(tls_key), "FILE", NULL, 0, 0,
        "its private key (PEM, without a passphrase)"},
    {"tls", OPTION_WORD, PLACE(tls), "MODE", "allowed", 0, 0,
        "with a certificate: allowed, or required of every client", "|allowed|required|"},
    {"log-level", OPTION_WORD, PLACE(log_level), "LEVEL", "info", 0, 0,
        "the least important lines of the log on the standard error: error, warning, info, debug",
        "|error|warning|info|debug|"},
    {"files-dir", OPTION_TEXT, PLACE(files_dir), "DIR", NULL, 0, 0,
        "folder that the file connector may read and write; none without it"},
};
enum { OPTION_COUNT = sizeof options_table / sizeof *options_table };

static bool parse_number(const Option *option, const char *text, int64_t *out) {
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || errno != 0)
        return false;
    if (option->type == OPTION_BYTES && *end != 0) {
        const char *units = "kMGT", *unit = strchr(units, *end);
        if (unit == NULL || end[1] != 0)
            return false;
        int shift = 10 * (int)(unit - units + 1);
        if (value > INT64_MAX >> shift)
            return false;
        value <<= shift;
        end++;
    }
    *out = value;
    return *end == 0 && value >= option->min && value <= option->max;
}

static Status set_option(const Option *option, const char *text, ServeOptions *options, Error *error) {
    char *place = (char *)options + option->offset;
    char word[32];
    bool is_word = snprintf(word, sizeof word, "|%s|", text) < (int)sizeof word && option->words != NULL &&
                   strstr(option->words, word) != NULL;
    if (option->type == OPTION_TEXT || (option->type == OPTION_WORD && is_word)) {
        memcpy(place, &text, sizeof text);
        return OK;
    }
    if (option->type == OPTION_WORD)
        return error_set(
            error, STATUS_INVALID_PARAMETER_VALUE, "invalid value for --%s: \"%s\"", option->name, text);
    int64_t number;
    if (!parse_number(option, text, &number))
        return error_set(
            error, STATUS_INVALID_PARAMETER_VALUE, "invalid value for --%s: \"%s\"", option->name, text);
    memcpy(place, &number, sizeof number);
    return OK;
}

static const Option *find_option(const char *name, size_t length) {
    for (int i = 0; i < OPTION_COUNT; i++)
        if (strlen(options_table[i].name) == length && strncmp(options_table[i].name, name, length) == 0)
            return &options_table[i];
    return NULL;
}

/* The machine's, or what a container may use of it. */
static int64_t machine_memory(void) {
    static const char *const limits[] = {
        "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
    int64_t memory = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        long long limit;
        FILE *file = fopen(limits[i], "r");
        if (file == NULL)
            continue;
        if (fscanf(file, "%lld", &limit) == 1 && limit > 0 &&
            limit < memory) /* "max", or more than there is: none */
            memory = limit;
        fclose(file);
    }
    return memory;
}

static void set_defaults(ServeOptions *options) {
    memset(options, 0, sizeof *options);
    for (int i = 0; i < OPTION_COUNT; i++)
        if (options_table[i].default_text != NULL) {
            Status status = set_option(&options_table[i], options_table[i].default_text, options, NULL);
            assert(status == OK);
        }
    if (options->workers == 0)
        options->workers = sysconf(_SC_NPROCESSORS_ONLN);
    if (options->memory_limit == 0)
        options->memory_limit = machine_memory() / 2;
}

Status serve_options_parse(int count, char *const *arguments, ServeOptions *options, Error *error) {
    ServeOptions given;
    set_defaults(options);
    given = *options;
    for (int i = 0; i < count; i++) {
        const char *argument = arguments[i];
        const char *name = strncmp(argument, "--", 2) == 0 ? argument + 2 : "";
        const Option *option = find_option(name, strcspn(name, "="));
        if (option == NULL)
            return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "unknown option \"%s\"", argument);
        const char *equals = strchr(name, '=');
        if (equals == NULL && i + 1 == count)
            return error_set(
                error, STATUS_INVALID_PARAMETER_VALUE, "option --%s needs a value", option->name);
        TRY(set_option(option, equals != NULL ? equals + 1 : arguments[++i], &given, error));
    }
    given.workers = given.workers == 0 ? options->workers : given.workers;
    given.memory_limit = given.memory_limit == 0 ? options->memory_limit : given.memory_limit;
    if (given.memory_max == 0) {
        int64_t usual = machine_memory() / 8 * 5,
                least = given.memory_limit > INT64_MAX / 2 ? INT64_MAX : given.memory_limit / 4 * 5;
        given.memory_max = usual > least ? usual : least;
    }
    *options = given;
    if ((given.tls_certificate == NULL) != (given.tls_key == NULL))
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "--tls-cert and --tls-key go together");
    if (given.tls_certificate == NULL && strcmp(given.tls, "required") == 0)
        return error_set(
            error, STATUS_INVALID_PARAMETER_VALUE, "--tls required needs --tls-cert and --tls-key");
    return OK;
}

void serve_options_print(FILE *out) {
    for (int i = 0; i < OPTION_COUNT; i++) {
        const Option *option = &options_table[i];
        char left[48];
        snprintf(left, sizeof left, "--%s %s", option->name, option->argument);
        fprintf(out, "  %-26s %s", left, option->description);
        fprintf(out, option->default_text != NULL ? " (default %s)\n" : "\n", option->default_text);
    }
}
