/* leat: the one binary. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "server/options.h"
#include "server/pgwire/server.h"

#define LEAT_VERSION "0.1.0"

/* An engine without statements. */

static Status no_statements(Error *error) {
    return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "this statement is not supported yet");
}

static Status engine_session_open(void *context, Session *session, Error *error) {
    (void)context, (void)session, (void)error;
    return OK;
}

static void engine_session_close(void *context, Session *session) {
    (void)context, (void)session;
}

static Status engine_prepare(void *context, Session *session, const SyntaxStatement *statement, const char *sql, const Type *types, int type_count,
    Prepared **out, Error *error) {
    (void)context, (void)session, (void)sql, (void)types, (void)type_count, (void)out;
    return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "%s is not supported", statement->tag);
}

static bool engine_is_current(void *context, Session *session, const Prepared *prepared) {
    (void)context, (void)session, (void)prepared;
    return true;
}

static Status engine_execute(void *context, Session *session, Prepared *prepared, const Value *parameters, Execution **out, Error *error) {
    (void)context, (void)session, (void)prepared, (void)parameters, (void)out;
    return no_statements(error);
}

static Status engine_transaction_begin(void *context, Session *session, Error *error) {
    (void)context, (void)session, (void)error;
    return OK;
}

static Status engine_transaction_commit(void *context, Session *session, Execution **out, Error *error) {
    (void)context, (void)session, (void)error;
    *out = NULL;
    return OK;
}

static void engine_transaction_rollback(void *context, Session *session) {
    (void)context, (void)session;
}

static const Engine engine = {
    .session_open = engine_session_open,
    .session_close = engine_session_close,
    .prepare = engine_prepare,
    .is_current = engine_is_current,
    .execute = engine_execute,
    .transaction_begin = engine_transaction_begin,
    .transaction_commit = engine_transaction_commit,
    .transaction_rollback = engine_transaction_rollback,
};

/* The program */

static void print_help(FILE *out) {
    fprintf(
        out, "leat " LEAT_VERSION ": a streaming SQL server\n\nusage: leat serve [option …]\n       leat --version | --help\n\noptions of serve:\n");
    serve_options_print(out);
}

static int fail(Error *error) {
    fprintf(stderr, "leat: %s\n", error->message);
    error_clear(error);
    return 1;
}

static int serve(const ServeOptions *options) {
    /* Blocked before any thread starts, so that only sigwait below sees them. */
    sigset_t stop_signals;
    sigemptyset(&stop_signals);
    sigaddset(&stop_signals, SIGTERM);
    sigaddset(&stop_signals, SIGINT);
    sigprocmask(SIG_BLOCK, &stop_signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    Error error = {0};
    PgServer *server;
    const PgServerOptions server_options = {
        .address = options->listen,
        .port = (int)options->port,
        .io_thread_count = (int)options->io_threads,
        .query_thread_count = (int)options->query_threads,
        .connection_count_max = (int)options->connections_max,
        .engine = &engine,
    };
    if (pg_server_start(&server_options, &server, &error) != OK)
        return fail(&error);
    printf("leat: listening on %s:%d\n", strcmp(options->listen, "localhost") == 0 ? "127.0.0.1" : options->listen, pg_server_port(server));
    fflush(stdout);
    int received;
    sigwait(&stop_signals, &received);
    pg_server_stop(server);
    return 0;
}

int main(int argc, char **argv) {
    if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
        printf("leat " LEAT_VERSION "\n");
        return 0;
    }
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || (argc >= 3 && strcmp(argv[1], "serve") == 0 && strcmp(argv[2], "--help") == 0))) {
        print_help(stdout);
        return 0;
    }
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
