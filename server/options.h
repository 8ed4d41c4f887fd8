/* Options: the command line of `leat serve`, from one table. */
#ifndef LEAT_SERVER_OPTIONS_H
#define LEAT_SERVER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "executor/base/error.h"

typedef struct ServeOptions {
    const char *data;
    const char *listen;
    const char *files_dir;
    const char *tls_certificate, *tls_key;
    const char *auth; /* "trust", "scram", "open" */
    const char *tls;  /* "allowed", "required" */
    const char *log_level;
    int64_t port;
    int64_t workers;
    int64_t io_threads;
    int64_t query_threads;
    int64_t connections_max;
    int64_t memory_limit;
    int64_t memory_max;
    int64_t sink_stage_max;
} ServeOptions;

/* Fills options with the defaults, then with what the arguments say; texts are borrowed. 22023 with what is
   wrong. */
Status serve_options_parse(int count, char *const *arguments, ServeOptions *options, Error *error);
/* One line an option. */
void serve_options_print(FILE *out);

#endif
