/* Query: a one-shot graph, driven from its root. */
#include "executor/dataflow/query.h"

#include <stddef.h>

#include "executor/base/memory.h"

enum { CALLS = 64 };

struct Query {
    Graph *graph;
    TypeSettings settings;
    Environment environment;
    QueryEnvironment own; /* of the environment */
    const SessionContext *session;
    bool skip_failed_rows;
    size_t memory_max;
    Error failure;
};

static void on_row_failed(void *argument, uint32_t object_id, const Operator *from, const Batch *batch,
    int row, Status status, const char *message) {
    Query *query = argument;
    if (!query->skip_failed_rows && query->failure.status == OK)
        error_set(&query->failure, status, "%s", message);
}

/* A recursive term, over the working table that the environment has at the moment. */
static Status evaluate(Environment *environment, const OperatorSpec *plan, BatchList *rows, Error *error) {
    const Query *outer = (const Query *)((const char *)environment - offsetof(Query, environment));
    QuerySpec spec = {
        plan, &outer->settings, outer->session, environment, outer->memory_max, outer->skip_failed_rows};
    Query *query;
    TRY(query_open(&spec, &query, error));
    Status status = OK;
    for (bool is_done = false; !is_done && status == OK;) {
        Batch *batch;
        status = query_next(query, &batch, &is_done, error);
        if (batch != NULL)
            batch_list_add(rows, batch);
    }
    query_close(query);
    return status;
}

Status query_open(const QuerySpec *spec, Query **out, Error *error) {
    Query *query = NEW(Query);
    query->settings = *spec->settings;
    query->environment = *spec->environment;
    query->own = *spec->environment->query;
    query->own.evaluate = evaluate;
    query->environment.query = &query->own;
    query->session = spec->session;
    query->skip_failed_rows = spec->skip_failed_rows;
    query->memory_max = spec->memory_max;
    GraphSpec graph = {.worker_count = 1, .is_one_shot = true};
    GraphEvents events = {.argument = query, .row_failed = on_row_failed};
    query->graph = graph_create(&graph, &events);
    JobSpec job = {
        .settings = &query->settings, .session = spec->session, .environment = &query->environment};
    Node *root;
    Status status = graph_add(query->graph, &job, spec->root, &root, error);
    if (status != OK) {
        query_close(query);
        return status;
    }
    graph_begin_step(query->graph);
    graph_activate_all(query->graph);
    *out = query;
    return OK;
}

Status query_next(Query *query, Batch **batch, bool *is_done, Error *error) {
    RunState state;
    *batch = NULL;
    *is_done = false;
    TRY(graph_run(query->graph, CALLS, batch, &state, error));
    if (query->failure.status != OK) {
        batch_release(*batch);
        *batch = NULL;
        Status status = query->failure.status;
        error_move(error, &query->failure);
        return status;
    }
    if (state == RUN_WAITING)
        return error_set(error, STATUS_INTERNAL_ERROR, "a one-shot query waits for nothing");
    *is_done = state == RUN_DONE;
    if (query->memory_max == 0 || *is_done || graph_bytes(query->graph) <= query->memory_max)
        return OK;
    batch_release(*batch);
    *batch = NULL;
    error_set(error, STATUS_OUT_OF_MEMORY, "out of memory");
    error_detail(
        error, "The query's operators hold more than query_memory (%zu kB).", query->memory_max / 1024);
    return error_hint(
        error, "SET query_memory to a larger value, or keep the result as a materialized view.");
}

void query_close(Query *query) {
    if (query == NULL)
        return;
    graph_destroy(query->graph);
    error_clear(&query->failure);
    memory_free(query);
}

typedef struct Wanted {
    const OperatorSpec *spec;
    const Operator *found;
} Wanted;

static void match(void *argument, Node *node) {
    Wanted *wanted = argument;
    if (node_operator(node)->spec == wanted->spec)
        wanted->found = node_operator(node);
}

const Operator *query_operator(Query *query, const OperatorSpec *spec) {
    Wanted wanted = {spec, NULL};
    graph_visit(query->graph, 0, match, &wanted);
    return wanted.found;
}
