/* Flow: a run ends when no graph has anything to do, on its workers' threads or, for little work, on the
   caller's alone: the same loop, without waking anybody. */
#include "executor/dataflow/flow.h"

#include <assert.h>
#include <stdatomic.h>

#include "executor/base/clock.h"
#include "executor/base/memory.h"

enum { RUN_BUDGET = 256, MEMORY_PAUSE = 20000, WIDE_CUT_BYTES = 1 << 20 };

struct Flow {
    Workers *workers;
    MemoryBudget *budget;
    int count;
    Graph **graphs; /* by worker */
};

Flow *flow_create(const FlowSpec *spec) {
    assert(spec->worker_count > 0);
    Flow *flow = NEW(Flow);
    *flow = (Flow){spec->workers, spec->budget, spec->worker_count, NEW_ARRAY(Graph *, spec->worker_count)};
    for (int w = 0; w < flow->count; w++) {
        GraphSpec graph = {
            .worker = w, .worker_count = flow->count, .store = spec->store, .budget = spec->budget};
        flow->graphs[w] = graph_create(&graph, &spec->events[w]);
    }
    return flow;
}

void flow_destroy(Flow *flow) {
    if (flow == NULL)
        return;
    for (int w = 0; w < flow->count; w++)
        graph_destroy(flow->graphs[w]);
    memory_free(flow->graphs);
    memory_free(flow);
}

int flow_worker_count(const Flow *flow) {
    return flow->count;
}

Graph *flow_graph(const Flow *flow, int worker) {
    assert(worker >= 0 && worker < flow->count);
    return flow->graphs[worker];
}

void flow_begin_step(Flow *flow) {
    for (int w = 0; w < flow->count; w++)
        graph_begin_step(flow->graphs[w]);
}

void flow_activate(Flow *flow, Node *const *nodes) {
    for (int w = 0; w < flow->count; w++)
        graph_activate(flow->graphs[w], nodes[w]);
}

bool flow_activate_due(Flow *flow, int64_t time) {
    return graphs_activate_due(flow->graphs, flow->count, time);
}

void flow_end_step(Flow *flow) {
    for (int w = 0; w < flow->count; w++)
        graph_end_step(flow->graphs[w]);
}

void flow_remove(Flow *flow, uint32_t object_id) {
    for (int w = 0; w < flow->count; w++)
        graph_remove(flow->graphs[w], object_id);
}

void flow_visit(
    const Flow *flow, uint32_t object_id, void (*visit)(void *argument, Node *node), void *argument) {
    for (int w = 0; w < flow->count; w++)
        graph_visit(flow->graphs[w], object_id, visit, argument);
}

void flow_adopt(Flow *to, Flow *from, const JobSpec *job) {
    assert(to->count == from->count);
    for (int w = 0; w < to->count; w++) {
        JobSpec spec = *job;
        spec.port_argument = to->graphs[w];
        graph_adopt(to->graphs[w], from->graphs[w], &spec);
    }
}

size_t flow_dirty_bytes(const Flow *flow) {
    size_t bytes = 0;
    for (int w = 0; w < flow->count; w++)
        bytes += graph_dirty_bytes(flow->graphs[w]);
    return bytes;
}

int64_t flow_deadline(const Flow *flow) {
    int64_t due = INT64_MAX;
    for (int w = 0; w < flow->count; w++) {
        int64_t own = graph_deadline(flow->graphs[w]);
        due = own < due ? own : due;
    }
    return due;
}

typedef struct Phase {
    Flow *flow;
    const FlowRun *run;
    bool *is_done; /* by worker: every active node is done */
    atomic_bool is_failed;
    atomic_bool is_over;
} Phase;

static void phase_fail(Phase *phase) {
    phase->is_failed = true;
    for (int w = 0; w < phase->flow->count; w++)
        workers_signal(phase->flow->workers, w);
}

static bool memory_is_over(const Phase *phase, Graph *graph) {
    MemoryBudget *budget = phase->flow->budget;
    if (phase->run->memory_max == 0 || budget == NULL)
        return false;
    graph_account(graph);
    return atomic_load_explicit(&budget->used, memory_order_relaxed) > phase->run->memory_max;
}

/* Runs one graph until it waits or is done. */
static void run_until_waiting(Phase *phase, int worker) {
    RunState state = RUN_MORE;
    Graph *graph = phase->flow->graphs[worker];
    int64_t look_at = clock_monotonic() + MEMORY_PAUSE;
    graph_poll(graph);
    while (state == RUN_MORE && !phase->is_failed) {
        Status status = graph_run(graph, RUN_BUDGET, NULL, &state, &phase->run->errors[worker]);
        if (status == OK && state == RUN_MORE && clock_monotonic() >= look_at) {
            look_at = clock_monotonic() + MEMORY_PAUSE;
            phase->is_over |= memory_is_over(phase, graph);
        }
        if (status != OK || phase->is_over) {
            phase_fail(phase);
            return;
        }
    }
    phase->is_done[worker] = state == RUN_DONE;
}

static void run_worker(void *argument, int worker) {
    Phase *phase = argument;
    Workers *workers = phase->flow->workers;
    unsigned signals;
    do {
        signals = workers_signal_count(workers, worker);
        run_until_waiting(phase, worker);
    } while (!phase->is_failed && workers_rest(workers, worker, signals));
}

/* The same on one thread: in turn, as long as one has signalled to another. */
static void run_inline(Phase *phase) {
    Workers *workers = phase->flow->workers;
    int count = phase->flow->count;
    unsigned seen[count];
    for (int w = 0; w < count; w++)
        seen[w] = workers_signal_count(workers, w) - 1;
    for (bool is_any = true; is_any;) {
        is_any = false;
        for (int w = 0; w < count && !phase->is_failed; w++) {
            unsigned signals = workers_signal_count(workers, w);
            if (signals == seen[w])
                continue;
            is_any = true;
            seen[w] = signals;
            run_until_waiting(phase, w);
            workers_settle(workers, w);
        }
    }
}

static uint32_t unfinished_object(const Phase *phase) {
    uint32_t id = 0;
    bool are_done = true;
    for (int w = 0; w < phase->flow->count; w++)
        are_done &= phase->is_done[w];
    for (int w = 0; w < phase->flow->count && !are_done && id == 0; w++)
        id = graph_unfinished_object(phase->flow->graphs[w]);
    assert(are_done || id != 0);
    return id;
}

FlowEnd flow_run(Flow *flow, const FlowRun *run) {
    bool is_done[flow->count];
    Phase phase = {.flow = flow, .run = run, .is_done = is_done};
    if (run->is_inline || flow->count == 1)
        run_inline(&phase);
    else
        workers_run(flow->workers, run_worker, &phase);
    FlowEnd end = {.is_failed = phase.is_failed, .is_over = phase.is_over};
    if (run->to_end && !end.is_failed)
        end.unfinished = unfinished_object(&phase);
    return end;
}

typedef struct CutArgument {
    Flow *flow;
    uint64_t epoch;
    Cut *const *cuts;
    Error *errors;
    int64_t *cpu; /* nanoseconds of each worker */
} CutArgument;

static void cut_worker(void *argument, int worker) {
    CutArgument *cut = argument;
    int64_t begin = clock_thread_ns();
    /* What failed stands in the worker's error and on its node; whoever cuts looks there. */
    (void)graph_cut(cut->flow->graphs[worker], cut->epoch, cut->cuts[worker], &cut->errors[worker]);
    cut->cpu[worker] = clock_thread_ns() - begin;
}

int64_t flow_cut(Flow *flow, uint64_t epoch, Cut *const *cuts, Error *errors) {
    int64_t cpu[flow->count], spent = 0;
    CutArgument argument = {flow, epoch, cuts, errors, cpu};
    if (flow->count == 1 || flow_dirty_bytes(flow) <= WIDE_CUT_BYTES) {
        for (int w = 0; w < flow->count; w++)
            cut_worker(&argument, w);
        return 0;
    }
    workers_run(flow->workers, cut_worker, &argument);
    for (int w = 1; w < flow->count; w++) /* the first is the caller */
        spent += cpu[w];
    return spent;
}
