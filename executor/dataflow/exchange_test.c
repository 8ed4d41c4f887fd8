/* Exchange: the limit of what waits for a receiver, and that no worker waits for ever behind it. */
#include <check.h>
#include <stdlib.h>

#include "executor/base/memory.h"
#include "executor/dataflow/graph.h"
#include "executor/dataflow/workers.h"
#include "executor/operators/exchange.h"
#include "executor/operators/leaf/scan.h"

enum { OBJECT = 7, EXCHANGES = 3, WORKERS_MAX = 4 };

typedef struct Bed {
    Arena *arena;
    int worker_count;
    Workers *workers;
    Graph *graphs[WORKERS_MAX];
    Node *leaves[WORKERS_MAX], *roots[WORKERS_MAX];
    RunState states[WORKERS_MAX];
    const OperatorSpec *exchanges[EXCHANGES];
    ExchangeHub *hubs[EXCHANGES];
} Bed;

static void wake(void *argument, int from, int to, bool is_urgent) {
    Bed *bed = argument;
    if (is_urgent)
        workers_signal(bed->workers, to);
    else
        workers_owe(bed->workers, from, to);
}

static ExchangeHub *hub_of(void *argument, const OperatorSpec *spec) {
    Bed *bed = argument;
    for (int i = 0; i < EXCHANGES; i++)
        if (bed->exchanges[i] == spec)
            return bed->hubs[i];
    return NULL;
}

/* A scan of two integers, then exchanges by one and the other in turn. */
static OperatorSpec *make_plan(Bed *bed) {
    static Type types[2];
    static const char *names[] = {"a", "b"};
    types[0] = types[1] = type_of(TYPE_INT8);
    OperatorSpec *spec = spec_create(bed->arena, &scan_operator, 0);
    int *columns = ARENA_ARRAY(bed->arena, int, 2);
    columns[1] = 1;
    *(ScanParameters *)spec->parameters =
        (ScanParameters){.object_id = OBJECT, .column_count = 2, .columns = columns};
    spec->output = (Schema){2, names, types};
    spec->has_watermark = ARENA_ARRAY(bed->arena, bool, 3);
    for (int i = 0; i < EXCHANGES; i++) {
        OperatorSpec *exchange = spec_create(bed->arena, &exchange_operator, 1);
        *(ExchangeParameters *)exchange->parameters =
            (ExchangeParameters){.mode = EXCHANGE_HASH, .key_count = 1, .keys = &columns[i % 2]};
        exchange->inputs[0] = spec;
        exchange->output = spec->output;
        exchange->has_watermark = spec->has_watermark;
        bed->exchanges[i] = spec = exchange;
    }
    spec_number(spec);
    return spec;
}

static Bed *bed_create(int worker_count, int rows_max) {
    Bed *bed = NEW(Bed);
    Error error = {0};
    bed->arena = arena_create();
    bed->worker_count = worker_count;
    bed->workers = workers_create(worker_count);
    for (int i = 0; i < EXCHANGES; i++)
        bed->hubs[i] = exchange_hub_create(&(ExchangeSpec){worker_count, rows_max, wake, bed});
    OperatorSpec *plan = make_plan(bed);
    for (int w = 0; w < worker_count; w++) {
        JobSpec job = {.object_id = 1,
            .settings = &type_settings_default,
            .is_transient = true,
            .hub = hub_of,
            .hub_argument = bed};
        bed->graphs[w] = graph_create(&(GraphSpec){.worker = w, .worker_count = worker_count}, NULL);
        ck_assert_int_eq(graph_add(bed->graphs[w], &job, plan, &bed->roots[w], &error), OK);
        bed->leaves[w] = graph_leaf(bed->graphs[w], OBJECT, 0);
        graph_begin_step(bed->graphs[w]);
        graph_activate(bed->graphs[w], bed->leaves[w]);
    }
    return bed;
}

static void bed_destroy(Bed *bed) {
    for (int w = 0; w < bed->worker_count; w++)
        graph_destroy(bed->graphs[w]);
    for (int i = 0; i < EXCHANGES; i++)
        exchange_hub_destroy(bed->hubs[i]);
    workers_destroy(bed->workers);
    arena_destroy(bed->arena);
    memory_free(bed);
}

static Batch *make_rows(int from, int count) {
    Type types[] = {type_of(TYPE_INT8), type_of(TYPE_INT8)};
    Batch *batch = batch_builder(types, 2, count);
    for (int i = 0; i < count; i++) {
        ((int64_t *)batch->columns[0]->values)[i] = from + i;
        ((int64_t *)batch->columns[1]->values)[i] = (from + i) * 7919;
    }
    batch->row_count = batch->selected_count = count;
    return batch;
}

static void run_worker(void *argument, int worker) {
    Bed *bed = argument;
    Error error = {0};
    unsigned signals;
    do {
        signals = workers_signal_count(bed->workers, worker);
        graph_poll(bed->graphs[worker]);
        do
            ck_assert_int_eq(graph_run(bed->graphs[worker], 16, NULL, &bed->states[worker], &error), OK);
        while (bed->states[worker] == RUN_MORE);
    } while (workers_rest(bed->workers, worker, signals));
}

static void run_step(int worker_count, int rows_max, bool is_one_sided) {
    Bed *bed = bed_create(worker_count, rows_max);
    Error error = {0};
    int64_t fed = 0, came = 0;
    int64_t watermarks[] = {WATERMARK_NONE, WATERMARK_NONE};
    for (int b = 0; b < 60; b++) {
        int count = 1 + b * 37 % 1000;
        ck_assert_int_eq(
            graph_feed(bed->graphs[is_one_sided ? 0 : b % worker_count],
                bed->leaves[is_one_sided ? 0 : b % worker_count], make_rows((int)fed, count), &error),
            OK);
        fed += count;
        if (b % 20 == 10)
            workers_run(bed->workers, run_worker, bed);
    }
    for (int w = 0; w < worker_count; w++)
        ck_assert_int_eq(graph_seal(bed->graphs[w], bed->leaves[w], watermarks, &error), OK);
    workers_run(bed->workers, run_worker, bed);
    for (int w = 0; w < worker_count; w++) {
        ck_assert_int_eq(bed->states[w], RUN_DONE);
        came += node_operator(bed->roots[w])->rows_out;
    }
    ck_assert_int_eq(came, fed);
    bed_destroy(bed);
}

START_TEST(every_row_comes_through_any_limit) {
    static const int limits[] = {1, 50, 3000, 65536};
    for (int i = 0; i < 4; i++)
        for (int workers = 2; workers <= WORKERS_MAX; workers++) {
            run_step(workers, limits[i], false);
            run_step(workers, limits[i], true);
        }
}
END_TEST

static int woken[2];
static void count_wake(void *argument, int from, int to, bool is_urgent) {
    woken[to] += is_urgent;
}

START_TEST(a_producer_waits_for_room) {
    ExchangeHub *hub = exchange_hub_create(&(ExchangeSpec){2, 1000, count_wake, NULL});
    int64_t watermarks[2];
    bool is_sealed;
    for (int i = 0; i < 3; i++) {
        ck_assert(exchange_hub_has_room(hub, 0));
        exchange_hub_send(hub, 0, 1, make_rows(0, 400));
    }
    ck_assert_int_eq(woken[1], 1); /* at a quarter, once */
    ck_assert(!exchange_hub_has_room(hub, 0));
    ck_assert_int_eq(woken[0], 0);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(woken[0], 0);
        batch_release(exchange_hub_take(hub, 1, &is_sealed, watermarks, 2));
    }
    ck_assert_int_eq(woken[0], 1); /* at half */
    ck_assert(exchange_hub_has_room(hub, 0));
    batch_release(exchange_hub_take(hub, 1, &is_sealed, watermarks, 2));
    ck_assert_int_eq(woken[0], 1);
    ck_assert_ptr_null(exchange_hub_take(hub, 1, &is_sealed, watermarks, 2));
    ck_assert(!is_sealed);
    exchange_hub_destroy(hub);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("exchange");
    TCase *tests = tcase_create("exchange");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, every_row_comes_through_any_limit);
    tcase_add_test(tests, a_producer_waits_for_room);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
