/* Graph: the operator instances of one worker, their edges, and the loop that moves batches and seals through
   them.

   A graph is not bound to a thread: whoever runs it has it alone. The same loop serves continuous steps on
   workers, small steps run inline by the coordinator, and one-shot queries. Nodes stand in topological order;
   the loop always serves the most downstream node that has work, so that little stands between operators. */
#ifndef LEAT_DATAFLOW_GRAPH_H
#define LEAT_DATAFLOW_GRAPH_H

#include "executor/operators/environment.h"
#include "executor/operators/operator.h"

typedef struct Graph Graph;
typedef struct Node Node;

typedef struct GraphSpec {
    int worker;
    int worker_count;
    bool is_one_shot;
    Store *store; /* NULL: state is not durable */
    MemoryBudget *budget;
} GraphSpec;

/* How a plan becomes nodes. */
typedef struct JobSpec {
    uint32_t object_id;            /* names its state */
    const TypeSettings *settings;  /* outlives the job; now is set by the group before each step */
    const SessionContext *session; /* one-shot only */
    Environment *environment;
    bool is_transient; /* its state is not durable */
    bool is_restored;  /* load state from the store */
    /* The node whose output a continuous Scan of object_id reads, NULL: the leaf is fed by graph_feed alone.
     */
    Node *(*port)(void *argument, uint32_t object_id);
    void *port_argument;
    void (*on_active)(
        void *argument); /* coordinator's thread: a node takes part in the step that begins; may be NULL */
    void *on_active_argument;
    struct ExchangeHub *(*hub)(void *argument,
        const OperatorSpec *spec); /* the hub of an exchange, shared by the workers' instances */
    void *hub_argument;
} JobSpec;

typedef enum RunState {
    RUN_OUTPUT,  /* a batch of the root stands in *output: one-shot only */
    RUN_MORE,    /* the budget of calls is used up: look for cancellation, call again */
    RUN_WAITING, /* nothing to do until another worker sends, or a leaf is fed */
    RUN_DONE     /* every active node is done with the step */
} RunState;

/* Records a failed row, or a late one, to be applied to the errors and late relations at the step's end. */
typedef struct GraphEvents {
    void *argument;
    void (*row_failed)(void *argument, uint32_t object_id, const Operator *from, const Batch *batch, int row,
        Status status, const char *message);
    void (*row_late)(void *argument, uint32_t object_id, const Operator *from, const Batch *batch, int row,
        int64_t window_start, int64_t window_end, int64_t arrival);
} GraphEvents;

Graph *graph_create(const GraphSpec *spec, const GraphEvents *events);
void graph_destroy(Graph *graph);

/* Adds the nodes of a plan; the root node comes back. The spec outlives them. */
Status graph_add(Graph *graph, const JobSpec *job, const OperatorSpec *spec, Node **root, Error *error);
/* Removes all nodes of an object (no other node may read from them). */
void graph_remove(Graph *graph, uint32_t object_id);
/* Moves all nodes of `from` (same worker) behind those of `to`, and connects leaves that wait for a port. */
void graph_adopt(Graph *to, Graph *from, const JobSpec *job);

Operator *node_operator(const Node *node);
/* Between two steps: a table's leaf gives more columns, behind the others. */
void node_widen(Node *leaf, const OperatorSpec *spec);
/* Calls visit for every node of the object (0: of all), upstream first. */
void graph_visit(Graph *graph, uint32_t object_id, void (*visit)(void *argument, Node *node), void *argument);
/* The node that was added last for the object: its root. NULL when there is none. */
Node *graph_root_of(Graph *graph, uint32_t object_id);
/* Lets every active exchange look into its inbox in the next run. */
void graph_poll(Graph *graph);
/* After graph_run or graph_cut has failed: an object with a node that did, or 0. There may be several: their
   nodes have lost something, and must be removed before anything runs. */
uint32_t graph_failed_object(const Graph *graph);
/* The object of the most upstream node that is not done with the step, or 0. */
uint32_t graph_unfinished_object(const Graph *graph);
/* The job's leaf that scans an object, by order; NULL at the end. */
Node *graph_leaf(Graph *graph, uint32_t object_id, int n);

/* Adds to `columns` those of the object that any leaf scans. */
void graph_columns_read(const Graph *graph, uint32_t object_id, bool *columns);

/* A step. First mark what takes part: the node and all that lies downstream; then feed and run; then seal
   what has no upstream; run until DONE. */
void graph_begin_step(Graph *graph);
void graph_activate(Graph *graph, Node *node);
void graph_activate_all(Graph *graph);
/* When a node is to take part in a step although nothing comes: INT64_MAX: none. */
int64_t graph_deadline(const Graph *graph);
/* Marks, on every worker, the nodes whose deadline is not after `time` with the clocks upstream of them;
   returns whether there are any. */
bool graphs_activate_due(Graph *const *graphs, int count, int64_t time);
/* The leaves that are fed, and (with_own) those that produce by themselves, as in a job's first step. */
void graph_activate_leaves(Graph *graph, bool with_own);
/* Watermarks of the columns that a Scan keeps, of those of the object it reads. */
void scan_project_watermarks(const OperatorSpec *scan, const int64_t *watermarks, int64_t *projected);
/* Gives a batch to a leaf (its reference passes over), or its seal. */
Status graph_feed(Graph *graph, Node *leaf, Batch *batch, Error *error);
Status graph_seal(Graph *graph, Node *leaf, const int64_t *watermarks, Error *error);
/* Lets a leaf produce: sources with a quota, one-shot leaves. */
void graph_wake(Graph *graph, Node *node);
/* At most `budget` calls of produce. output is for one-shot graphs (NULL otherwise). */
Status graph_run(Graph *graph, int budget, Batch **output, RunState *state, Error *error);
/* After all workers are done: unpins and evicts state. */
void graph_end_step(Graph *graph);

/* Between steps: everything that changed since the last cut; of failed nodes not all, of the others all. */
Status graph_cut(Graph *graph, uint64_t epoch, Cut *cut, Error *error);
size_t graph_dirty_bytes(const Graph *graph);
size_t node_state_bytes(const Node *node);
size_t node_pinned_bytes(const Node *node); /* of them: what cannot be evicted before a commit */
/* Tells the budget what the nodes of the step hold by now; the end of a step does, too. */
void graph_account(Graph *graph);
/* All that the graph's operators hold. */
size_t graph_bytes(const Graph *graph);

/* Exchange between the workers' graphs of a group. */
typedef struct ExchangeHub ExchangeHub;

typedef struct ExchangeSpec {
    int worker_count;
    int rows_max; /* a producer yields while this many rows wait for a receiver */
    /* `from` sent something, or made room, for `to`; not `is_urgent`: what waits may become more before `to`
       looks. */
    void (*wake)(void *argument, int from, int to, bool is_urgent);
    void *argument;
} ExchangeSpec;

ExchangeHub *exchange_hub_create(const ExchangeSpec *spec);
void exchange_hub_destroy(ExchangeHub *hub);
/* For the exchange operator alone. */
/* Whether every receiver has room; else `from` is woken as soon as the one that has not does. */
bool exchange_hub_has_room(ExchangeHub *hub, int from);
void exchange_hub_send(ExchangeHub *hub, int from, int to, Batch *batch);
void exchange_hub_seal(ExchangeHub *hub, int from, const int64_t *watermarks, int count);
/* Takes the next batch for `to`, or NULL; *is_sealed once all producers have sealed and nothing is left. */
Batch *exchange_hub_take(ExchangeHub *hub, int to, bool *is_sealed, int64_t *watermarks, int count);
void exchange_hub_reset(ExchangeHub *hub);

#endif
