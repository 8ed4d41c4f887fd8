/* leat: the one binary. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef LEAT_MIMALLOC
#include <mimalloc.h>
#endif

#include "executor/base/log.h"
#include "executor/engine/test/random_rounds.h"
#include "executor/state/store.h"
#include "server/catalog/checkpoint.h"
#include "server/catalog/role.h"
#include "server/commands/command.h"
#include "server/engine/object_build.h"
#include "server/options.h"
#include "server/connection/server.h"

#define LEAT_VERSION "0.1.0"

/* The program */

static void print_help(FILE *out) {
    fprintf(out, "leat " LEAT_VERSION ": a streaming SQL server\n\nusage: leat serve [option …]\n       leat "
                 "restore --from SAVEPOINT --data DIR\n       leat repair --data DIR [--accept-loss]\n   "
                 "    leat --version | --help\n\noptions of serve:\n");
    serve_options_print(out);
}

static int fail(Error *error) {
    fprintf(stderr, "leat: %s\n", error->message);
    if (error->detail != NULL)
        fprintf(stderr, "leat: %s\n", error->detail);
    if (error->hint != NULL)
        fprintf(stderr, "leat: %s\n", error->hint);
    error_clear(error);
    return 1;
}

#ifdef LEAT_TESTING
/* Test builds take rounds of random sizes when LEAT_ROUNDS_SEED says so. */
static void randomise_rounds(InstanceOptions *options, RandomRounds *rounds) {
    const char *seed = getenv("LEAT_ROUNDS_SEED");
    if (seed == NULL)
        return;
    rounds->seed = rounds->state = strtoull(seed, NULL, 10);
    options->rounds = &random_rounds;
    options->rounds_argument = rounds;
}
#endif

static Authentication authentication_of(const ServeOptions *options) {
    return strcmp(options->auth, "scram") == 0  ? AUTHENTICATION_SCRAM
           : strcmp(options->auth, "open") == 0 ? AUTHENTICATION_OPEN
                                                : AUTHENTICATION_TRUST;
}

static void warn_of_passwords(const Instance *instance) {
    CatalogSnapshot *snapshot = catalog_snapshot(instance->catalog);
    if (instance->options.authentication == AUTHENTICATION_SCRAM && !roles_have_password(snapshot))
        log_warning("no role has a password yet, so nobody can connect: set one without --auth scram first");
    catalog_snapshot_release(snapshot);
}

static Status load_tls(const ServeOptions *options, TlsContext **out, Error *error) {
    *out = NULL;
    return options->tls_certificate == NULL
               ? OK
               : tls_context_create(options->tls_certificate, options->tls_key, out, error);
}

/* SIGHUP: certificates run out while servers run on. */
static void reload_tls(const ServeOptions *options, PgServer *server) {
    TlsContext *tls;
    Error error = {0};
    if (load_tls(options, &tls, &error) != OK) {
        log_error("the certificate is still the old one: %s", error.message);
    } else if (tls != NULL) {
        pg_server_set_tls(server, tls);
        log_info("the certificate was read again");
    }
    error_clear(&error);
    tls_context_release(tls);
}

/* Commits and memtables come and go by the megabyte, some times a second. To give their pages back at once
   (the allocator's default) makes the kernel clear them again: a third of the CPU of queries that write much
   state. Where memory is short it is as it was. The environment (MIMALLOC_…) overrides it. */
static void keep_freed_memory(int64_t memory_limit) {
#ifdef LEAT_MIMALLOC
    enum { KEPT_MS = 10000, PLENTY = 1 << 30 };
    if (memory_limit < PLENTY)
        return;
    mi_option_set_default(mi_option_decommit_delay, KEPT_MS);
    mi_option_set_default(mi_option_segment_decommit_delay, KEPT_MS);
#endif
}

/* A new data folder from a savepoint's. */
static int restore(int count, char **arguments) {
    const char *from = NULL, *data = NULL;
    for (int i = 0; i + 1 < count; i += 2) {
        const char **place = strcmp(arguments[i], "--from") == 0   ? &from
                             : strcmp(arguments[i], "--data") == 0 ? &data
                                                                   : NULL;
        if (place == NULL || *place != NULL)
            from = data = NULL;
        else
            *place = arguments[i + 1];
    }
    if (count != 4 || from == NULL || data == NULL) {
        fprintf(stderr, "usage: leat restore --from SAVEPOINT --data DIR\n\nMakes the data folder DIR from a "
                        "savepoint's folder. Its sinks are "
                        "paused until ALTER SINK says how each goes on.\n");
        return 1;
    }
    Error error = {0};
    uint64_t epoch;
    int paused;
    if (checkpoint_restore(from, data, &epoch, &paused, &error) != OK)
        return fail(&error);
    printf("leat: \"%s\" holds epoch %llu of \"%s\"\n", data, (unsigned long long)epoch, from);
    if (paused > 0)
        printf("leat: %d sink%s paused: leat_catalog.jobs says how to let each go on\n", paused,
            paused == 1 ? " is" : "s are");
    return 0;
}

/* Tells what a folder has lost of what was acknowledged, and gives it up when it is told to. */
static int repair(int count, char **arguments) {
    bool accepts = count == 3 && strcmp(arguments[2], "--accept-loss") == 0;
    if ((count != 2 && !accepts) || strcmp(arguments[0], "--data") != 0) {
        fprintf(stderr,
            "usage: leat repair --data DIR [--accept-loss]\n\nTells whether commits that were "
            "acknowledged are missing from the data folder DIR. With --accept-loss\nthe server starts "
            "with what is left. Nobody may have the folder open.\n");
        return 1;
    }
    Error error = {0};
    const char *data = arguments[1];
    uint64_t readable, acknowledged;
    if (store_examine(data, &readable, &acknowledged, &error) != OK)
        return fail(&error);
    if (readable >= acknowledged) {
        printf("leat: nothing that was acknowledged is missing from \"%s\"\n", data);
        return 0;
    }
    printf("leat: \"%s\" can be read up to change %llu; %llu more were acknowledged\n", data,
        (unsigned long long)readable, (unsigned long long)(acknowledged - readable));
    if (!accepts)
        return 1;
    if (store_accept_loss(data, &error) != OK)
        return fail(&error);
    printf("leat: they are given up: the server starts with what is left\n");
    return 0;
}

static int serve(const ServeOptions *options) {
    LogLevel level = LOG_LEVEL_INFO;
    log_level_of(options->log_level, &level);
    log_set_level(level);
    keep_freed_memory(options->memory_limit);
    /* Blocked before any thread starts, so that only sigwait below sees them. */
    sigset_t stop_signals;
    sigemptyset(&stop_signals);
    sigaddset(&stop_signals, SIGTERM);
    sigaddset(&stop_signals, SIGINT);
    sigaddset(&stop_signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &stop_signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    Error error = {0};
    TlsContext *tls;
    if (load_tls(options, &tls, &error) != OK)
        return fail(&error);
    Instance *instance;
    InstanceOptions instance_options = {
        .data_directory = options->data,
        .files_directory = options->files_dir,
        .authentication = authentication_of(options),
        .worker_count = (int)options->workers,
        .memory_limit = (size_t)options->memory_limit,
        .memory_max = (size_t)options->memory_max,
        .sink_stage_max = options->sink_stage_max,
        .resume_builds = object_builds_resume,
    };
#ifdef LEAT_TESTING
    RandomRounds rounds;
    randomise_rounds(&instance_options, &rounds);
#endif
    if (instance_start(&instance_options, &instance, &error) != OK) {
        tls_context_release(tls);
        return fail(&error);
    }
    Engine engine = leat_engine;
    engine.context = instance;
    PgServer *server;
    const PgServerOptions server_options = {
        .address = options->listen,
        .is_authenticated = instance_options.authentication == AUTHENTICATION_SCRAM,
        .tls = tls,
        .is_tls_required = strcmp(options->tls, "required") == 0,
        .port = (int)options->port,
        .io_thread_count = (int)options->io_threads,
        .query_thread_count = (int)options->query_threads,
        .connection_count_max = (int)options->connections_max,
        .engine = &engine,
    };
    Status status = pg_server_start(&server_options, &server, &error);
    tls_context_release(tls);
    if (status != OK) {
        instance_stop(instance);
        return fail(&error);
    }
    log_info("leat " LEAT_VERSION " serves \"%s\"", options->data);
    warn_of_passwords(instance);
    printf("leat: listening on %s:%d\n",
        strcmp(options->listen, "localhost") == 0 ? "127.0.0.1" : options->listen, pg_server_port(server));
    fflush(stdout);
    int received;
    while (sigwait(&stop_signals, &received) == 0 && received == SIGHUP)
        reload_tls(options, server);
    log_info("stopping");
    pg_server_stop(server);
    instance_stop(instance);
    log_info("stopped");
    return 0;
}

int main(int argc, char **argv) {
    if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
        printf("leat " LEAT_VERSION "\n");
        return 0;
    }
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 ||
                         (argc >= 3 && strcmp(argv[1], "serve") == 0 && strcmp(argv[2], "--help") == 0))) {
        print_help(stdout);
        return 0;
    }
    if (argc >= 2 && strcmp(argv[1], "restore") == 0)
        return restore(argc - 2, argv + 2);
    if (argc >= 2 && strcmp(argv[1], "repair") == 0)
        return repair(argc - 2, argv + 2);
    if (argc < 2 || strcmp(argv[1], "serve") != 0) {
        print_help(stderr);
        return 1;
    }
    ServeOptions options;
    Error error = {0};
    if (serve_options_parse(argc - 2, argv + 2, &options, &error) != OK)
        return fail(&error);
    return serve(&options);
}
