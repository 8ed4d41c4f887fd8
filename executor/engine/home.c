/* Home: how operators of jobs reach relations and sinks. */
#include "executor/engine/home.h"

#include "executor/engine/job_sink.h"

static Relation *find_relation(Environment *environment, uint32_t object_id) {
    const Home *home = environment->owner;
    return jobs_open_relation(home->jobs, object_id);
}

static SinkOutput *find_sink(Environment *environment, uint32_t object_id) {
    const Home *home = environment->owner;
    Job *job = jobs_find_any(home->jobs, object_id);
    return job == NULL ? NULL : sink_output(job);
}

static Status no_private_source(
    Environment *environment, uint32_t object_id, SourceScan **scan, Error *error) {
    return error_set(error, STATUS_INTERNAL_ERROR, "a continuous job reads a source through its port");
}

static Status no_system_rows(Environment *environment, const char *relation, BatchList *rows, Error *error) {
    return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
        "a continuous query cannot read the system relation \"%s\"", relation);
}

void home_furnish(Home *home) {
    home->environment = (Environment){
        .owner = home,
        .relation = find_relation,
        .sink = find_sink,
        .open_source = no_private_source,
        .system_rows = no_system_rows,
    };
}

Flow *home_create_flow(const Home *home) {
    GraphEvents events[home->spec->worker_count];
    for (int w = 0; w < home->spec->worker_count; w++)
        events[w] = events_of(home->events, w);
    return flow_create(&(FlowSpec){
        .workers = home->workers,
        .worker_count = home->spec->worker_count,
        .store = home->spec->store,
        .budget = home->spec->budget,
        .events = events,
    });
}
