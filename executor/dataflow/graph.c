/* Graph: nodes in topological order and the loop over those that have work. */
#include "executor/dataflow/graph.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include "executor/base/fault.h"
#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "executor/dataflow/exchange.h"
#include "executor/operators/exchange.h"
#include "executor/operators/leaf/scan.h"

typedef struct Edge {
    Node *to;
    int input;
} Edge;

struct Node {
    Operator *instance;
    OperatorContext context;
    StateSpace *space;
    Graph *graph;
    uint32_t object_id;
    int index;
    Edge *consumers;
    int consumer_count;
    int consumer_capacity;
    size_t held;    /* of its operator's held_bytes, what the budget knows */
    uint32_t reads; /* object whose port feeds this leaf, 0: none */
    void (*on_active)(void *argument);
    void *on_active_argument;
    int64_t deadline; /* by the clock: when it takes part in a step although nothing came; INT64_MAX: not */
    bool is_clock;
    bool is_active;
    bool is_done;
    bool is_touched;
    bool is_failed;
    bool is_blocked; /* an exchange over the budget of a receiver */
};

/* Nodes in no order. */
typedef struct NodeList {
    Node **nodes;
    int count;
    int capacity;
} NodeList;

struct Graph {
    GraphSpec spec;
    GraphEvents events;
    Node **nodes;
    int count;
    int capacity;
    uint64_t *work;   /* bit set: the node may produce */
    int work_top;     /* no word above it has a bit */
    NodeList active;  /* of the running or last step */
    NodeList touched; /* active since the last cut, or not cut clean: what idles costs nothing */
    NodeList timed;   /* clocks, and what has deadlines: the same places in every worker's graph */
    int64_t deadline; /* the least of theirs */
    int floor;        /* nodes before it rest: what they make would pile up in front of a blocked exchange */
    int done_count;
    Node *root; /* one-shot: whose batches are the output */
};

static int64_t nanoseconds_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void list_add(NodeList *list, Node *node) {
    GROW(list->nodes, list->capacity, list->count + 1);
    list->nodes[list->count++] = node;
}

static void list_remove_object(NodeList *list, uint32_t object_id) {
    int kept = 0;
    for (int i = 0; i < list->count; i++)
        if (list->nodes[i]->object_id != object_id)
            list->nodes[kept++] = list->nodes[i];
    list->count = kept;
}

static void touch(Graph *graph, Node *node) {
    if (node->is_touched)
        return;
    node->is_touched = true;
    list_add(&graph->touched, node);
}

static void mark_work(Graph *graph, const Node *node) {
    if (node->index >> 6 > graph->work_top)
        graph->work_top = node->index >> 6;
    graph->work[node->index >> 6] |= 1ULL << (node->index & 63);
}

static void clear_work(Graph *graph, const Node *node) {
    graph->work[node->index >> 6] &= ~(1ULL << (node->index & 63));
}

/* The most downstream node with work, or NULL. */
static Node *last_with_work(Graph *graph) {
    for (; graph->count > 0; graph->work_top--) {
        uint64_t word = graph->work[graph->work_top];
        if (word != 0)
            return graph->nodes[graph->work_top * 64 + 63 - __builtin_clzll(word)];
        if (graph->work_top == 0)
            break;
    }
    return NULL;
}

static void set_floor(Graph *graph) {
    graph->floor = 0;
    for (int i = 0; i < graph->active.count; i++)
        if (graph->active.nodes[i]->is_blocked && graph->active.nodes[i]->index > graph->floor)
            graph->floor = graph->active.nodes[i]->index;
}

Graph *graph_create(const GraphSpec *spec, const GraphEvents *events) {
    Graph *graph = NEW(Graph);
    graph->spec = *spec;
    graph->deadline = INT64_MAX;
    if (events != NULL)
        graph->events = *events;
    return graph;
}

static void account_held(Node *node, size_t now) {
    MemoryBudget *budget = node->graph->spec.budget;
    if (budget != NULL && now != node->held)
        atomic_fetch_add(&budget->used, now - node->held);
    node->held = now;
}

static void node_destroy(Node *node) {
    Operator *instance = node->instance;
    if (instance->type->close != NULL)
        instance->type->close(instance);
    for (int i = 0; i < instance->input_count; i++)
        memory_free(instance->input_watermarks[i]);
    memory_free(instance->input_watermarks);
    memory_free(instance->watermarks);
    memory_free(instance);
    state_space_destroy(node->space);
    account_held(node, 0);
    memory_free(node->consumers);
    memory_free(node);
}

void graph_destroy(Graph *graph) {
    if (graph == NULL)
        return;
    for (int i = graph->count - 1; i >= 0; i--)
        node_destroy(graph->nodes[i]);
    memory_free(graph->nodes);
    memory_free(graph->active.nodes);
    memory_free(graph->touched.nodes);
    memory_free(graph->timed.nodes);
    memory_free(graph->work);
    memory_free(graph);
}

static void on_row_failed(OperatorContext *context, const Operator *from, const Batch *batch, int row,
    Status status, const char *message) {
    const Node *node = context->owner;
    const GraphEvents *events = &node->graph->events;
    if (events->row_failed != NULL)
        events->row_failed(events->argument, node->object_id, from, batch, row, status, message);
}

static void on_row_late(OperatorContext *context, const Operator *from, const Batch *batch, int row,
    int64_t start, int64_t end, int64_t arrival) {
    const Node *node = context->owner;
    const GraphEvents *events = &node->graph->events;
    if (events->row_late != NULL)
        events->row_late(events->argument, node->object_id, from, batch, row, start, end, arrival);
}

static void note_deadline(Graph *graph, const Node *node) {
    graph->deadline = node->deadline < graph->deadline ? node->deadline : graph->deadline;
}

static void find_deadline(Graph *graph) {
    graph->deadline = INT64_MAX;
    for (int i = 0; i < graph->timed.count; i++)
        note_deadline(graph, graph->timed.nodes[i]);
}

static void append_node(Graph *graph, Node *node) {
    int words_before = (graph->capacity + 63) / 64;
    GROW(graph->nodes, graph->capacity, graph->count + 1);
    int words = (graph->capacity + 63) / 64;
    if (words > words_before) {
        graph->work = memory_resize(graph->work, (size_t)words * sizeof(uint64_t));
        memset(graph->work + words_before, 0, (size_t)(words - words_before) * sizeof(uint64_t));
    }
    node->index = graph->count;
    node->graph = graph;
    graph->nodes[graph->count++] = node;
    touch(graph, node);
    if (!graph->spec.is_one_shot && (node->is_clock || node->instance->type->deadline != NULL))
        list_add(&graph->timed, node);
    note_deadline(graph, node);
}

static void connect(Node *from, Node *to, int input) {
    GROW(from->consumers, from->consumer_capacity, from->consumer_count + 1);
    from->consumers[from->consumer_count++] = (Edge){to, input};
}

static bool is_fed_leaf(const Graph *graph, const OperatorSpec *spec) {
    return !graph->spec.is_one_shot && spec->input_count == 0 &&
           (spec->type->on_batch != NULL || spec->type->on_seal != NULL);
}

static int64_t *watermark_array(int count) {
    int64_t *watermarks = memory_allocate(sizeof(int64_t) * (size_t)(count + 1));
    for (int i = 0; i <= count; i++)
        watermarks[i] = WATERMARK_NONE;
    return watermarks;
}

static void allocate_watermarks(Operator *instance, const OperatorSpec *spec) {
    instance->watermarks = watermark_array(spec->output.count);
    instance->input_watermarks = NEW_ARRAY(int64_t *, instance->input_count + 1);
    for (int i = 0; i < instance->input_count; i++) {
        const OperatorSpec *input = spec->input_count > 0 ? spec->inputs[i] : spec;
        instance->input_watermarks[i] = watermark_array(input->output.count);
    }
}

static void grow_watermarks(int64_t **watermarks, int before, int count) {
    *watermarks = memory_resize(*watermarks, sizeof(int64_t) * (size_t)(count + 1));
    for (int i = before; i <= count; i++)
        (*watermarks)[i] = WATERMARK_NONE;
}

void node_widen(Node *leaf, const OperatorSpec *spec) {
    Operator *instance = leaf->instance;
    int before = instance->spec->output.count;
    grow_watermarks(&instance->watermarks, before, spec->output.count);
    for (int i = 0; i < instance->input_count; i++)
        grow_watermarks(&instance->input_watermarks[i], before, spec->output.count);
    instance->spec = spec;
}

static Node *create_node(Graph *graph, const JobSpec *job, const OperatorSpec *spec) {
    Node *node = NEW(Node);
    node->object_id = job->object_id;
    node->graph = graph;
    StateSpaceSpec space = {
        .object_id = job->object_id,
        .operator_id = spec->id,
        .worker = (uint32_t)graph->spec.worker,
        .shard_begin = worker_first_shard(graph->spec.worker, graph->spec.worker_count),
        .shard_end = worker_first_shard(graph->spec.worker + 1, graph->spec.worker_count),
        .is_one_shot = graph->spec.is_one_shot,
        .store = graph->spec.is_one_shot || job->is_transient ? NULL : graph->spec.store,
        .budget = graph->spec.budget,
    };
    node->space = state_space_create(&space);
    node->context = (OperatorContext){
        .object_id = job->object_id,
        .settings = job->settings,
        .session = job->session,
        .state = node->space,
        .is_one_shot = graph->spec.is_one_shot,
        .is_restored = job->is_restored,
        .environment = job->environment,
        .worker = graph->spec.worker,
        .worker_count = graph->spec.worker_count,
        .row_failed = on_row_failed,
        .row_late = on_row_late,
        .owner = node,
    };
    Operator *instance = memory_allocate_zero(spec->type->size);
    instance->type = spec->type;
    instance->spec = spec;
    instance->context = &node->context;
    instance->input_count = is_fed_leaf(graph, spec) ? 1 : spec->input_count;
    instance->sealed_count = instance->input_count;
    node->on_active = job->on_active;
    node->on_active_argument = job->on_active_argument;
    allocate_watermarks(instance, spec);
    node->instance = instance;
    node->deadline = INT64_MAX;
    node->is_clock = spec->type->is_clock != NULL && spec->type->is_clock(instance);
    return node;
}

static Status open_node(Node *node, const JobSpec *job, Error *error) {
    Operator *instance = node->instance;
    if (job->is_restored)
        TRY(state_space_load(node->space, error));
    if (instance->type == &exchange_operator)
        exchange_use_hub(instance, job->hub == NULL ? NULL : job->hub(job->hub_argument, instance->spec));
    if (instance->type->open != NULL)
        TRY(instance->type->open(instance, error));
    if (job->is_restored && instance->type->on_load != NULL)
        TRY(instance->type->on_load(instance, error));
    if (job->is_restored && instance->type->deadline != NULL)
        node->deadline = instance->type->deadline(instance);
    note_deadline(node->graph, node);
    return OK;
}

static void connect_port(Node *leaf, const JobSpec *job) {
    Node *port = job->port == NULL ? NULL : job->port(job->port_argument, leaf->reads);
    if (port != NULL)
        connect(port, leaf, 0);
}

static bool is_fed_by(const Node *node, int input, const Node *from) {
    for (int i = 0; i < from->consumer_count; i++)
        if (from->consumers[i].to == node && from->consumers[i].input == input)
            return true;
    return false;
}

/* A node of the job that computes the same of the same inputs: parts of a plan that are equal run once. Not
   in one-shot queries, whose leaves may be volatile and whose driver pulls one root. */
static Node *find_equal(
    const Graph *graph, const JobSpec *job, const OperatorSpec *spec, Node *const *inputs) {
    for (int n = graph->count - 1;
         n >= 0 && !graph->spec.is_one_shot && graph->nodes[n]->object_id == job->object_id; n--) {
        Node *node = graph->nodes[n];
        bool is_same = spec_does_same(node->instance->spec, spec);
        for (int i = 0; i < spec->input_count && is_same; i++)
            is_same = is_fed_by(node, i, inputs[i]);
        if (is_same)
            return node;
    }
    return NULL;
}

Status graph_add(Graph *graph, const JobSpec *job, const OperatorSpec *spec, Node **root, Error *error) {
    Node *inputs[spec->input_count + 1];
    for (int i = 0; i < spec->input_count; i++)
        TRY(graph_add(graph, job, spec->inputs[i], &inputs[i], error));
    *root = find_equal(graph, job, spec, inputs);
    if (*root != NULL)
        return OK;
    Node *node = create_node(graph, job, spec);
    append_node(graph, node);
    for (int i = 0; i < spec->input_count; i++)
        connect(inputs[i], node, i);
    if (spec->type == &scan_operator && !graph->spec.is_one_shot) {
        node->reads = (uint32_t)((const ScanParameters *)spec->parameters)->object_id;
        connect_port(node, job);
    }
    graph->root = node;
    *root = node;
    return open_node(node, job, error);
}

static void reindex(Graph *graph) {
    graph->work_top = 0;
    memset(graph->work, 0, (size_t)((graph->capacity + 63) / 64) * sizeof(uint64_t));
    for (int i = 0; i < graph->count; i++)
        graph->nodes[i]->index = i;
}

static void disconnect_object(Node *node, uint32_t object_id) {
    int kept = 0;
    for (int i = 0; i < node->consumer_count; i++)
        if (node->consumers[i].to->object_id != object_id)
            node->consumers[kept++] = node->consumers[i];
    node->consumer_count = kept;
}

void graph_remove(Graph *graph, uint32_t object_id) {
    for (int i = 0; i < graph->count; i++)
        disconnect_object(graph->nodes[i], object_id);
    list_remove_object(&graph->active, object_id);
    list_remove_object(&graph->touched, object_id);
    list_remove_object(&graph->timed, object_id);
    find_deadline(graph);
    int kept = 0;
    for (int i = 0; i < graph->count; i++) {
        Node *node = graph->nodes[i];
        assert(node->object_id == object_id || node->reads != object_id);
        if (node->object_id == object_id)
            node_destroy(node);
        else
            graph->nodes[kept++] = node;
    }
    graph->count = kept;
    if (graph->capacity > 0)
        reindex(graph);
    graph->done_count = 0;
    for (int i = 0; i < graph->active.count; i++) {
        Node *node = graph->active.nodes[i];
        graph->done_count += node->is_done;
        if (!node->is_done)
            mark_work(graph, node);
    }
    set_floor(graph);
}

void graph_adopt(Graph *to, Graph *from, const JobSpec *job) {
    graph_begin_step(from);
    for (int i = 0; i < from->count; i++) {
        Node *node = from->nodes[i];
        node->is_touched = false;
        append_node(to, node);
        node->context.environment = job->environment;
        if (node->reads != 0)
            connect_port(node, job);
    }
    from->count = from->touched.count = from->timed.count = 0;
    reindex(to);
}

Operator *node_operator(const Node *node) {
    return node->instance;
}

void graph_visit(
    Graph *graph, uint32_t object_id, void (*visit)(void *argument, Node *node), void *argument) {
    for (int i = 0; i < graph->count; i++)
        if (object_id == 0 || graph->nodes[i]->object_id == object_id)
            visit(argument, graph->nodes[i]);
}

Node *graph_root_of(Graph *graph, uint32_t object_id) {
    for (int i = graph->count - 1; i >= 0; i--)
        if (graph->nodes[i]->object_id == object_id)
            return graph->nodes[i];
    return NULL;
}

void graph_poll(Graph *graph) {
    for (int i = 0; i < graph->active.count; i++) {
        const Node *node = graph->active.nodes[i];
        if (!node->is_done && node->instance->type == &exchange_operator)
            mark_work(graph, node);
    }
}

uint32_t graph_failed_object(const Graph *graph) {
    const NodeList *lists[] = {&graph->active, &graph->touched};
    for (int l = 0; l < 2; l++)
        for (int i = 0; i < lists[l]->count; i++)
            if (lists[l]->nodes[i]->is_failed)
                return lists[l]->nodes[i]->object_id;
    return 0;
}

uint32_t graph_unfinished_object(const Graph *graph) {
    const Node *first = NULL;
    for (int i = 0; i < graph->active.count; i++) {
        const Node *node = graph->active.nodes[i];
        if (!node->is_done && (first == NULL || node->index < first->index))
            first = node;
    }
    return first == NULL ? 0 : first->object_id;
}

Node *graph_leaf(Graph *graph, uint32_t object_id, int n) {
    for (int i = 0; i < graph->count; i++)
        if (graph->nodes[i]->reads == object_id && object_id != 0 && n-- == 0)
            return graph->nodes[i];
    return NULL;
}

void graph_columns_read(const Graph *graph, uint32_t object_id, bool *columns) {
    for (int i = 0; i < graph->count; i++) {
        if (graph->nodes[i]->reads != object_id)
            continue;
        const ScanParameters *parameters = graph->nodes[i]->instance->spec->parameters;
        for (int c = 0; c < parameters->column_count; c++)
            columns[parameters->columns[c]] = true;
    }
}

void graph_begin_step(Graph *graph) {
    for (int i = 0; i < graph->active.count; i++) {
        Node *node = graph->active.nodes[i];
        node->is_active = node->is_done = node->is_blocked = node->is_failed = false;
        node->instance->sealed_count = node->instance->input_count;
    }
    graph->active.count = graph->done_count = graph->floor = 0;
}

void graph_activate(Graph *graph, Node *node) {
    if (node->is_active)
        return;
    node->is_active = true;
    list_add(&graph->active, node);
    touch(graph, node);
    if (node->on_active != NULL)
        node->on_active(node->on_active_argument);
    state_space_begin_step(node->space);
    /* A leaf's own seal comes from the driver; an inner node waits for those of its inputs that take part. */
    if (node->instance->input_count == 1 && node->instance->spec->input_count == 0)
        node->instance->sealed_count = 0;
    for (int i = 0; i < node->consumer_count; i++) {
        Node *to = node->consumers[i].to;
        bool is_implicit = to->instance->spec->input_count == 0;
        graph_activate(graph, to);
        if (is_implicit)
            to->instance->sealed_count = 0;
        else
            to->instance->sealed_count--;
    }
}

int64_t graph_deadline(const Graph *graph) {
    return graph->deadline;
}

static bool reaches(const Node *from, const Node *to) {
    bool is_found = from == to;
    for (int i = 0; i < from->consumer_count && !is_found && from->index < to->index; i++)
        is_found = reaches(from->consumers[i].to, to);
    return is_found;
}

/* The clocks upstream bring it the time. */
static void activate_due(Graph *graph, Node *node) {
    for (int i = 0; i < graph->timed.count; i++) {
        Node *clock = graph->timed.nodes[i];
        if (clock != node && (!clock->is_clock || !reaches(clock, node)))
            continue;
        graph_activate(graph, clock);
        mark_work(graph, clock);
    }
}

bool graphs_activate_due(Graph *const *graphs, int count, int64_t time) {
    bool is_any = false;
    for (int w = 0; w < count; w++)
        is_any |= graphs[w]->deadline <= time;
    for (int i = 0; is_any && i < graphs[0]->timed.count; i++) {
        bool is_due = false;
        for (int w = 0; w < count; w++)
            is_due |= graphs[w]->timed.nodes[i]->deadline <= time;
        for (int w = 0; w < count && is_due; w++)
            activate_due(graphs[w], graphs[w]->timed.nodes[i]);
    }
    return is_any;
}

void graph_activate_leaves(Graph *graph, bool with_own) {
    for (int i = 0; i < graph->count; i++) {
        Node *node = graph->nodes[i];
        bool is_own = node->instance->input_count == 0;
        if (node->instance->spec->input_count > 0 || (is_own && !with_own))
            continue;
        graph_activate(graph, node);
        if (is_own)
            mark_work(graph, node);
    }
}

void graph_activate_all(Graph *graph) {
    graph_activate_leaves(graph, true);
}

static Status give_batch(Graph *graph, Node *node, int input, Batch *batch, Error *error) {
    assert(node->is_active && !node->is_done);
    node->instance->rows_in += batch->selected_count;
    mark_work(graph, node);
    Status status = node->instance->type->on_batch(node->instance, input, batch, error);
    node->is_failed |= status != OK;
    return status;
}

static Status give_seal(Graph *graph, Node *node, int input, const int64_t *watermarks, Error *error) {
    Operator *instance = node->instance;
    if (MUTANT("finalise-out-of-order") && instance->sealed_count == instance->input_count)
        return OK;
    assert(node->is_active && instance->sealed_count < instance->input_count);
    const OperatorSpec *spec = instance->spec;
    int columns = spec->input_count > 0 ? spec->inputs[input]->output.count : spec->output.count;
    int64_t *kept = instance->input_watermarks[input];
    for (int i = 0; watermarks != NULL && i < columns; i++)
        if (watermarks[i] > kept[i])
            kept[i] = watermarks[i];
    instance->sealed_count =
        MUTANT("finalise-out-of-order") ? instance->input_count : instance->sealed_count + 1;
    mark_work(graph, node);
    Status status =
        instance->type->on_seal == NULL ? OK : instance->type->on_seal(instance, input, kept, error);
    node->is_failed |= status != OK;
    return status;
}

Status graph_feed(Graph *graph, Node *leaf, Batch *batch, Error *error) {
    Status status = give_batch(graph, leaf, 0, batch, error);
    batch_release(batch);
    return status;
}

Status graph_seal(Graph *graph, Node *leaf, const int64_t *watermarks, Error *error) {
    return give_seal(graph, leaf, 0, watermarks, error);
}

void graph_wake(Graph *graph, Node *node) {
    if (node->is_active && !node->is_done)
        mark_work(graph, node);
}

void scan_project_watermarks(const OperatorSpec *scan, const int64_t *watermarks, int64_t *projected) {
    const ScanParameters *parameters = scan->parameters;
    for (int i = 0; i < parameters->column_count; i++)
        projected[i] = watermarks[parameters->columns[i]];
}

/* A Scan that reads a port narrows its columns, so the port's watermarks are given by the columns it keeps.
 */
static const int64_t *watermarks_for(const Node *from, const Node *to, int64_t *projected) {
    const OperatorSpec *spec = to->instance->spec;
    if (spec->input_count > 0 || to->reads == 0)
        return from->instance->watermarks;
    scan_project_watermarks(spec, from->instance->watermarks, projected);
    return projected;
}

static bool is_wanted(const Node *node) {
    for (int i = 0; i < node->consumer_count; i++)
        if (!node->consumers[i].to->is_done)
            return true;
    return node->consumer_count == 0;
}

/* A limit may end before its inputs have: what only it would have read need not run. One-shot only. */
static void stop_unwanted(Graph *graph, const Node *ended) {
    for (int i = ended->index - 1; i >= 0; i--) {
        Node *node = graph->nodes[i];
        if (!node->is_active || node->is_done || is_wanted(node))
            continue;
        node->is_done = true;
        graph->done_count++;
        clear_work(graph, node);
    }
}

/* The first of several failures counts: the others must not keep anybody from what is theirs. */
static void keep_first(Status *status, Error *error, Status other, Error *other_error) {
    if (other == OK)
        return;
    if (*status == OK)
        error_move(error, other_error);
    *status = *status == OK ? other : *status;
    error_clear(other_error);
}

static Status finish_node(Graph *graph, Node *node, Error *error) {
    Operator *instance = node->instance;
    bool is_early = !operator_is_sealed(instance);
    assert(!is_early || graph->spec.is_one_shot);
    if (instance->type->derive_watermarks != NULL)
        instance->type->derive_watermarks(instance);
    node->is_done = true;
    graph->done_count++;
    clear_work(graph, node);
    if (is_early)
        stop_unwanted(graph, node);
    Status status = OK;
    for (int i = 0; i < node->consumer_count; i++) {
        Node *to = node->consumers[i].to;
        if (to->is_done)
            continue;
        int64_t projected[to->instance->spec->output.count + 1];
        Error own = {0};
        keep_first(&status, error,
            give_seal(graph, to, node->consumers[i].input, watermarks_for(node, to, projected), &own), &own);
    }
    return status;
}

static Status give_output(Graph *graph, Node *node, Batch *batch, Batch **output, Error *error) {
    node->instance->rows_out += batch->selected_count;
    if (graph->spec.is_one_shot && node == graph->root) {
        *output = batch;
        return OK;
    }
    Status status = OK;
    for (int i = 0; i < node->consumer_count; i++) {
        Error own = {0};
        if (!node->consumers[i].to->is_done)
            keep_first(&status, error,
                give_batch(graph, node->consumers[i].to, node->consumers[i].input, batch, &own), &own);
    }
    batch_release(batch);
    return status;
}

static Status produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    if (OPERATOR_FAULT("stall", instance->type->name))
        return OK;
    if (OPERATOR_FAULT("fail", instance->type->name))
        return error_set(error, STATUS_INTERNAL_ERROR, "planted fault");
    return instance->type->produce(instance, batch, progress, error);
}

Status graph_run(Graph *graph, int budget, Batch **output, RunState *state, Error *error) {
    Batch *result = NULL;
    while (budget-- > 0) {
        Node *node = last_with_work(graph);
        if (node == NULL || node->index < graph->floor) {
            *state = graph->done_count == graph->active.count ? RUN_DONE : RUN_WAITING;
            return OK;
        }
        Operator *instance = node->instance;
        if (node->is_done) {
            clear_work(graph, node);
            continue;
        }
        Batch *batch = NULL;
        Progress progress = PROGRESS_IDLE;
        int64_t begin = nanoseconds_now();
        Status status = produce(instance, &batch, &progress, error);
        instance->nanoseconds += nanoseconds_now() - begin;
        if (status != OK) {
            batch_release(batch);
            node->is_failed = true;
            return status;
        }
        if (progress == PROGRESS_IDLE)
            clear_work(graph, node);
        if (instance->type == &exchange_operator && exchange_is_blocked(instance) != node->is_blocked) {
            node->is_blocked = !node->is_blocked;
            set_floor(graph);
        }
        if (batch != NULL)
            status = give_output(graph, node, batch, &result, error);
        if (progress == PROGRESS_DONE) {
            if (graph->spec.is_one_shot && node == graph->root) {
                /* A limit may end the query before its inputs have: nothing else need run. */
                node->is_done = true;
                graph->done_count = graph->active.count;
                memset(graph->work, 0, (size_t)((graph->capacity + 63) / 64) * sizeof(uint64_t));
            } else {
                Error own = {0};
                keep_first(&status, error, finish_node(graph, node, &own), &own);
            }
        }
        if (status != OK)
            return status;
        if (result != NULL) {
            *output = result;
            *state = RUN_OUTPUT;
            return OK;
        }
    }
    *state = RUN_MORE;
    return OK;
}

void graph_end_step(Graph *graph) {
    bool is_any = false;
    assert(graph->done_count == graph->active.count); /* what has not come to its end has lost rows */
    for (int i = 0; i < graph->active.count; i++) {
        Node *node = graph->active.nodes[i];
        state_space_end_step(node->space);
        if (node->instance->type->held_bytes != NULL)
            account_held(node, node->instance->type->held_bytes(node->instance));
        if (node->instance->type->deadline == NULL)
            continue;
        node->deadline = node->instance->type->deadline(node->instance);
        is_any = true;
    }
    if (is_any)
        find_deadline(graph);
}

static Status cut_operator(Operator *instance, uint64_t epoch, Cut *cut, Error *error) {
    if (OPERATOR_FAULT("cut", instance->type->name))
        return error_set(error, STATUS_INTERNAL_ERROR, "planted fault");
    return instance->type->cut(instance, epoch, cut, error);
}

Status graph_cut(Graph *graph, uint64_t epoch, Cut *cut, Error *error) {
    int kept = 0;
    Status status = OK;
    assert(graph->done_count == graph->active.count); /* no half of a step becomes durable */
    for (int i = 0; i < graph->touched.count; i++) {
        Node *node = graph->touched.nodes[i];
        bool was_dirty = state_space_is_dirty(node->space);
        state_space_cut(node->space, epoch, cut);
        Error own = {0};
        if (node->instance->type->cut != NULL)
            node->is_failed = cut_operator(node->instance, epoch, cut, &own) != OK;
        keep_first(&status, error, own.status, &own);
        /* What it wrote is kept in memory until the cut after this one. */
        node->is_touched = was_dirty || node->is_failed;
        if (node->is_touched)
            graph->touched.nodes[kept++] = node;
    }
    graph->touched.count = kept;
    return status;
}

size_t graph_dirty_bytes(const Graph *graph) {
    size_t bytes = 0;
    for (int i = 0; i < graph->touched.count; i++)
        bytes += state_space_dirty_bytes(graph->touched.nodes[i]->space);
    return bytes;
}

size_t node_state_bytes(const Node *node) {
    const Operator *instance = node->instance;
    return state_space_bytes(node->space) +
           (instance->type->held_bytes == NULL ? 0 : instance->type->held_bytes(instance));
}

size_t node_pinned_bytes(const Node *node) {
    const Operator *instance = node->instance;
    return state_space_dirty_bytes(node->space) +
           (instance->type->held_bytes == NULL ? 0 : instance->type->held_bytes(instance));
}

void graph_account(Graph *graph) {
    for (int i = 0; i < graph->active.count; i++) {
        Node *node = graph->active.nodes[i];
        state_space_account(node->space);
        if (node->instance->type->held_bytes != NULL)
            account_held(node, node->instance->type->held_bytes(node->instance));
    }
}

size_t graph_bytes(const Graph *graph) {
    size_t bytes = 0;
    for (int i = 0; i < graph->count; i++)
        bytes += node_state_bytes(graph->nodes[i]);
    return bytes;
}
