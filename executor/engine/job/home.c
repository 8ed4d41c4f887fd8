/* Home: how operators of jobs reach relations and sinks. */
#include "executor/engine/job/home.h"

#include "executor/engine/job/job_sink.h"

static Relation *find_relation(Environment *environment, uint32_t object_id) {
    const Home *home = environment->owner;
    return jobs_open_relation(home->jobs, object_id);
}

static SinkOutput *find_sink(Environment *environment, uint32_t object_id) {
    const Home *home = environment->owner;
    Job *job = jobs_find_any(home->jobs, object_id);
    return job == NULL ? NULL : sink_output(job);
}

void home_furnish(Home *home) {
    home->environment = (Environment){
        .owner = home,
        .relation = find_relation,
        .sink = find_sink,
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
