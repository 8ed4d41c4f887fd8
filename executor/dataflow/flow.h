/* Flow: the graphs of all workers as one, and the runs that let them work until they rest.

   A flow belongs to one thread, which steps it; its workers touch it only inside flow_run and flow_cut. */
#ifndef LEAT_DATAFLOW_FLOW_H
#define LEAT_DATAFLOW_FLOW_H

#include "executor/dataflow/graph.h"
#include "executor/dataflow/workers.h"

typedef struct Flow Flow;

typedef struct FlowSpec {
    Workers *workers; /* borrowed; may serve several flows, one at a time */
    int worker_count;
    Store *store; /* NULL: state is not durable */
    MemoryBudget *budget;
    const GraphEvents *events; /* by worker */
} FlowSpec;

Flow *flow_create(const FlowSpec *spec);
void flow_destroy(Flow *flow); /* NULL is fine */
int flow_worker_count(const Flow *flow);
Graph *flow_graph(const Flow *flow, int worker);

/* The same for every worker: see graph.h. Nodes are by worker. */
void flow_begin_step(Flow *flow);
void flow_activate(Flow *flow, Node *const *nodes);
bool flow_activate_due(Flow *flow, int64_t time);
void flow_end_step(Flow *flow);
void flow_remove(Flow *flow, uint32_t object_id);
void flow_visit(
    const Flow *flow, uint32_t object_id, void (*visit)(void *argument, Node *node), void *argument);
/* Moves all nodes of `from` behind those of `to`; the job's port_argument is filled in. */
void flow_adopt(Flow *to, Flow *from, const JobSpec *job);
size_t flow_dirty_bytes(const Flow *flow);
/* When an operator is to take part although nothing comes; INT64_MAX: never. */
int64_t flow_deadline(const Flow *flow);

typedef struct FlowRun {
    bool to_end;       /* until every active node is done, else until each waits for more input */
    bool is_inline;    /* on the calling thread, over all graphs in turn: nobody is woken */
    size_t memory_max; /* ends early once the budget counts more; 0: never */
    Error *errors;     /* by worker, empty */
} FlowRun;

/* How a run ended; nothing is set when it did as it was asked to. */
typedef struct FlowEnd {
    bool is_failed;      /* nodes have: see errors and graph_failed_object; or it was ended early */
    bool is_over;        /* memory_max */
    uint32_t unfinished; /* to_end: an object that did not come to its end, though nothing has failed */
} FlowEnd;

FlowEnd flow_run(Flow *flow, const FlowRun *run);

/* Cuts every graph into its worker's cut: see graph_cut for those that fail. Returns the processor time that
   other threads spent on it, in nanoseconds. */
int64_t flow_cut(Flow *flow, uint64_t epoch, Cut *const *cuts, Error *errors);

#endif
