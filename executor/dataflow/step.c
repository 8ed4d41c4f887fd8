/* Step: one evaluation of the graph over the input taken for it.

   Rounds: each worker takes at most a round's rows from its partitions, and all run their operators until
   none has anything to do. When no more is at hand, or the step has gone on long enough, the step watermark
   of each source is fixed, and only then are the leaves sealed: W is a promise about all rows that were
   taken. Then the graphs run to their end. A step of few rows is run by the coordinator alone, over all
   workers' graphs in turn: the same loop, without waking anybody. */
#include <string.h>

#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/dataflow/job.h"

enum { RUN_BUDGET = 256, CLOCK_SLEEP_MAX = 60000000, MEMORY_PAUSE = 20000 };

typedef struct Phase {
    Coordinator *coordinator;
    Graph **graphs;
    bool *is_done; /* by worker: every active node is done */
    atomic_bool is_failed;
    atomic_bool is_over; /* memory_max */
    bool may_be_over;
    Error *errors; /* by worker */
} Phase;

static void phase_fail(Phase *phase) {
    phase->is_failed = true;
    for (int w = 0; w < phase->coordinator->spec.worker_count; w++)
        workers_signal(phase->coordinator->workers, w);
}

/* Runs one graph until it waits or is done. */
static void run_until_waiting(Phase *phase, int worker) {
    RunState state = RUN_MORE;
    Graph *graph = phase->graphs[worker];
    int64_t look_at = monotonic_now() + MEMORY_PAUSE;
    graph_poll(graph);
    while (state == RUN_MORE && !phase->is_failed) {
        Status status = graph_run(graph, RUN_BUDGET, NULL, &state, &phase->errors[worker]);
        if (status == OK && state == RUN_MORE && !phase->may_be_over && monotonic_now() >= look_at) {
            look_at = monotonic_now() + MEMORY_PAUSE;
            phase->is_over |= memory_is_over(phase->coordinator, graph);
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
    Workers *workers = phase->coordinator->workers;
    unsigned signals;
    do {
        signals = workers_signal_count(workers, worker);
        run_until_waiting(phase, worker);
    } while (!phase->is_failed && workers_rest(workers, worker, signals));
}

/* The same on one thread: in turn, as long as one has signalled to another. */
static void run_inline(Phase *phase) {
    Workers *workers = phase->coordinator->workers;
    int count = phase->coordinator->spec.worker_count;
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

static bool are_done(const Phase *phase) {
    for (int w = 0; w < phase->coordinator->spec.worker_count; w++)
        if (!phase->is_done[w])
            return false;
    return true;
}

static Status suspend_unfinished(Phase *phase, Error *error) {
    Coordinator *coordinator = phase->coordinator;
    Error cause = {0};
    uint32_t id = 0;
    for (int w = 0; w < coordinator->spec.worker_count && id == 0; w++)
        id = graph_unfinished_object(phase->graphs[w]);
    error_set(&cause, STATUS_INTERNAL_ERROR, "a step has come to a standstill before its end");
    Status status = job_fail(coordinator, id, &cause, error);
    error_clear(&cause);
    return status;
}

Status step_run_graphs(Coordinator *coordinator, Graph **graphs, bool to_end, bool is_small, Error *error) {
    int count = coordinator->spec.worker_count;
    bool may_be_over = false;
    for (;;) {
        bool is_done[count];
        Error errors[count];
        memset(errors, 0, sizeof errors);
        Phase phase = {.coordinator = coordinator,
            .graphs = graphs,
            .is_done = is_done,
            .may_be_over = may_be_over,
            .errors = errors};
        if (is_small || count == 1)
            run_inline(&phase);
        else
            workers_run(coordinator->workers, run_worker, &phase);
        if (phase.is_over)
            TRY(memory_relieve(coordinator, graphs, &may_be_over, error));
        if (phase.is_failed)
            TRY(jobs_fail(coordinator, graphs, errors, error));
        else if (to_end && !are_done(&phase))
            TRY(suspend_unfinished(&phase, error));
        else
            return OK;
    }
}

void step_take_time(Coordinator *coordinator) {
    int64_t now = coordinator->spec.clock(coordinator->spec.clock_argument);
    if (now > coordinator->time)
        coordinator->time = now;
}

static bool source_takes_part(Job *job) {
    if (job->definition.kind != JOB_SOURCE || !job_is_read(job))
        return false;
    if (source_advance_watermark(&job->source, monotonic_now()) > job->sealed_watermark)
        return true;
    return source_is_ready(&job->source);
}

static void take_part(Coordinator *coordinator, Job *job) {
    job_list_add(&coordinator->stepping, job);
    for (int w = 0; w < coordinator->spec.worker_count; w++)
        graph_activate(coordinator->graphs[w], job->leaves[w]);
}

/* Marks what has input or a watermark that moved; returns whether anything has. */
static bool activate(Coordinator *coordinator, bool with_sources) {
    for (int w = 0; w < coordinator->spec.worker_count; w++)
        graph_begin_step(coordinator->graphs[w]);
    coordinator->stepping.count = 0;
    for (int i = 0; i < coordinator->queued.count; i++) {
        Job *job = coordinator->queued.jobs[i];
        job->is_queued = false;
        if (!job->is_suspended)
            take_part(coordinator, job);
    }
    coordinator->queued.count = 0;
    if (with_sources)
        sources_align(coordinator);
    for (int i = 0; i < coordinator->sources.count && with_sources; i++)
        if (source_takes_part(coordinator->sources.jobs[i]))
            take_part(coordinator, coordinator->sources.jobs[i]);
    bool is_due = graphs_activate_due(coordinator->graphs, coordinator->spec.worker_count, coordinator->time);
    return coordinator->stepping.count > 0 || is_due;
}

static Status feed_tables(Coordinator *coordinator, int64_t *rows, Error *error) {
    for (int i = 0; i < coordinator->stepping.count; i++) {
        Job *job = coordinator->stepping.jobs[i];
        for (int w = 0; w < coordinator->spec.worker_count && job->definition.kind == JOB_TABLE; w++) {
            BatchList *queue = &job->queue[w];
            for (int b = 0; b < queue->count; b++) {
                *rows += queue->batches[b]->selected_count;
                job->rows_fed += queue->batches[b]->selected_count;
                TRY(graph_feed(
                    coordinator->graphs[w], job->leaves[w], batch_retain(queue->batches[b]), error));
            }
            batch_list_clear(queue);
        }
    }
    return OK;
}

static int round_size(Coordinator *coordinator, bool is_first) {
    if (coordinator->spec.random_seed != 0) {
        coordinator->random = coordinator->random * 6364136223846793005ULL + 1442695040888963407ULL;
        int exponent = (int)(coordinator->random >> 60);
        return 1 + (int)((coordinator->random >> 33) % (1ULL << exponent));
    }
    return is_first ? coordinator->spec.inline_rows : coordinator->spec.round_rows;
}

/* Lets every source that takes part read a round's rows; false when none has any. */
static bool grant_round(Coordinator *coordinator, int rows) {
    bool is_any = false;
    sources_align(coordinator);
    for (int i = 0; i < coordinator->stepping.count; i++) {
        Job *job = coordinator->stepping.jobs[i];
        if (job->definition.kind != JOB_SOURCE || job->is_suspended || !source_is_ready(&job->source))
            continue;
        is_any = true;
        for (int w = 0; w < coordinator->spec.worker_count; w++) {
            stream_source_grant(node_operator(job->leaves[w]), rows);
            graph_wake(coordinator->graphs[w], job->leaves[w]);
        }
    }
    return is_any;
}

static Status take_rounds(Coordinator *coordinator, bool *is_small, Error *error) {
    int64_t begin = monotonic_now();
    for (int round = 0; grant_round(coordinator, round_size(coordinator, round == 0)); round++) {
        if (round > 0 && coordinator->spec.random_seed == 0)
            *is_small = false;
        TRY(step_run_graphs(coordinator, coordinator->graphs, false, *is_small, error));
        if (monotonic_now() - begin >= coordinator->spec.step_time_max ||
            (coordinator->spec.random_seed != 0 && round_size(coordinator, false) % 3 != 0))
            break;
    }
    return OK;
}

/* The tables and sources that this step took rows of. */
static int count_inputs(Coordinator *coordinator) {
    int count = 0;
    for (int i = 0; i < coordinator->stepping.count; i++) {
        Job *job = coordinator->stepping.jobs[i];
        int64_t rows = job->definition.kind == JOB_SOURCE ? job->source.rows_read : job->rows_fed;
        count += rows != job->rows_stepped;
        job->rows_stepped = rows;
    }
    return count;
}

/* Fixes W and seals the leaves. */
static Status seal_leaves(Coordinator *coordinator, Error *error) {
    for (int i = 0; i < coordinator->stepping.count; i++) {
        Job *job = coordinator->stepping.jobs[i];
        bool is_source = job->definition.kind == JOB_SOURCE;
        if (job->is_suspended)
            continue;
        int64_t watermark =
            is_source ? source_advance_watermark(&job->source, monotonic_now()) : job->watermark_value;
        if (MUTANT("watermark-high") && watermark != WATERMARK_NONE && watermark != WATERMARK_END)
            watermark++;
        job->sealed_watermark = watermark;
        const OperatorSpec *spec = node_operator(job->leaves[0])->spec;
        int column = is_source ? ((const StreamSourceParameters *)spec->parameters)->watermark_column
                               : job->definition.watermark_column;
        int64_t watermarks[spec->output.count + 1];
        for (int c = 0; c < spec->output.count; c++)
            watermarks[c] = c == column ? watermark : WATERMARK_NONE;
        for (int w = 0; w < coordinator->spec.worker_count; w++)
            TRY(graph_seal(coordinator->graphs[w], job->leaves[w], watermarks, error));
    }
    return OK;
}

/* A sink has too much to deliver. To stand still because nobody reads is not to be idle. */
static void rest_sources(Coordinator *coordinator) {
    for (int i = 0; i < coordinator->sources.count; i++) {
        SourceState *source = &coordinator->sources.jobs[i]->source;
        for (int p = 0; p < source->partition_count; p++)
            source->partitions[p].at_end_since = 0;
    }
}

Status step_run(Coordinator *coordinator, bool *did_step, Error *error) {
    step_take_time(coordinator);
    sources_grow(coordinator);
    bool is_full = jobs_full_sink(coordinator) != NULL;
    if (is_full)
        rest_sources(coordinator);
    *did_step = activate(coordinator, !is_full && monotonic_now() >= coordinator->hold_sources_until);
    if (!*did_step)
        return OK;
    coordinator->environment.epoch = coordinator->open_epoch;
    int64_t rows = 0;
    TRY(feed_tables(coordinator, &rows, error));
    bool is_small = rows < coordinator->spec.inline_rows;
    TRY(step_run_graphs(coordinator, coordinator->graphs, false, is_small, error));
    TRY(take_rounds(coordinator, &is_small, error));
    FAILPOINT("step.before-seal");
    TRY(seal_leaves(coordinator, error));
    TRY(step_run_graphs(coordinator, coordinator->graphs, true, is_small, error));
    for (int w = 0; w < coordinator->spec.worker_count; w++)
        graph_end_step(coordinator->graphs[w]);
    coordinator->steps++;
    coordinator->wide_steps += count_inputs(coordinator) > 1;
    coordinator->is_dirty = true;
    FAILPOINT("step.end");
    return events_apply(coordinator, error);
}

/* The earliest deadline of an operator, as monotonic time. The clock may be set while we sleep, so that long
   sleeps are broken. */
static int64_t clock_deadline(Coordinator *coordinator) {
    int64_t due = INT64_MAX;
    for (int w = 0; w < coordinator->spec.worker_count; w++) {
        int64_t own = graph_deadline(coordinator->graphs[w]);
        due = own < due ? own : due;
    }
    if (due == INT64_MAX)
        return due;
    int64_t now = coordinator->spec.clock(coordinator->spec.clock_argument), left = due > now ? due - now : 0;
    return monotonic_now() + (left < CLOCK_SLEEP_MAX ? left : CLOCK_SLEEP_MAX);
}

int64_t step_deadline(Coordinator *coordinator) {
    int64_t deadline = clock_deadline(coordinator), now = monotonic_now();
    for (int i = 0; i < coordinator->sources.count; i++) {
        const Job *job = coordinator->sources.jobs[i];
        if (!job_is_read(job))
            continue;
        int64_t own = source_deadline(&job->source);
        deadline = own < deadline ? own : deadline;
        own = source_patience_end(&job->source, now);
        deadline = own < deadline ? own : deadline;
    }
    if (coordinator->hold_sources_until > now && coordinator->hold_sources_until < deadline)
        deadline = coordinator->hold_sources_until;
    return deadline;
}
