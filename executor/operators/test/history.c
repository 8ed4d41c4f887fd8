/* History: see history.h. */
#include "executor/operators/test/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "executor/base/memory.h"
#include "executor/operators/test/testing.h"

void bag_add(RowBag *bag, const char *row, int64_t count) {
    for (int i = 0; i < bag->count; i++)
        if (strcmp(bag->rows[i], row) == 0) {
            bag->counts[i] += count;
            return;
        }
    GROW(bag->rows, bag->capacity, bag->count + 1);
    GROW(bag->counts, bag->count_capacity, bag->count + 1);
    bag->rows[bag->count] = memory_strdup(row);
    bag->counts[bag->count++] = count;
}

int64_t bag_count(const RowBag *bag, const char *row) {
    for (int i = 0; i < bag->count; i++)
        if (strcmp(bag->rows[i], row) == 0)
            return bag->counts[i];
    return 0;
}

void bag_clear(RowBag *bag) {
    for (int i = 0; i < bag->count; i++)
        memory_free(bag->rows[i]);
    memory_free(bag->rows);
    memory_free(bag->counts);
    *bag = (RowBag){0};
}

uint32_t history_random(uint64_t *random, uint32_t below) {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return (uint32_t)((*random * 0x2545F4914F6CDD1Du) >> 33) % below;
}

const char *row_value(const char *row, int index, char *value) {
    while (index > 0)
        index -= *row++ == ' ';
    size_t length = strcspn(row, " \n");
    memcpy(value, row, length);
    value[length] = 0;
    return value;
}

int64_t row_integer(const char *row, int index) {
    char value[256];
    row_value(row, index, value);
    return strcmp(value, "NULL") == 0 ? INT64_MIN : strtoll(value, NULL, 10);
}

/* "int8 text\n+1 10 a\n": adds the rows. */
static void bag_add_text_rows(RowBag *bag, const char *text) {
    for (const char *line = strchr(text, '\n'); line != NULL && line[1] != 0; line = strchr(line + 1, '\n')) {
        char row[4096];
        char *end;
        int64_t count = strtoll(line + 1, &end, 10);
        end += *end == ' ';
        size_t length = strcspn(end, "\n");
        memcpy(row, end, length);
        row[length] = 0;
        bag_add(bag, row, count);
    }
}

typedef enum Storage { STORAGE_NONE, STORAGE_CUTS, STORAGE_EVICTION } Storage;

typedef struct Change {
    int input;
    int64_t diff;
    char row[256];
} Change;

typedef struct Run {
    const History *history;
    uint64_t seed, random;
    Storage storage;
    char directory[64];
    Store *store;
    MemoryBudget budget;
    StateSpace *space;
    Testbed *bed;
    RowBag inputs[2];
    RowBag output;
    Change *changes;
    int change_count, change_capacity;
    int64_t watermarks[2][64];
    int step;
} Run;

static void must(Status status, Error *error) {
    if (status == OK)
        return;
    fprintf(stderr, "history: %s %s\n", status_sqlstate(status), error->message);
    abort();
}

static void start(Run *run) {
    const History *history = run->history;
    Error error = {0};
    run->space = state_space_create(&(StateSpaceSpec){.object_id = 7,
        .operator_id = 1,
        .shard_end = 65536,
        .is_one_shot = history->is_one_shot,
        .store = run->store,
        .budget = run->storage == STORAGE_EVICTION ? &run->budget : NULL});
    if (run->store != NULL)
        must(state_space_load(run->space, &error), &error);
    run->bed = testbed_create(history->type, history->parameters, history->input_count, history->input_types,
        history->output_types,
        &(TestbedOptions){.is_one_shot = history->is_one_shot,
            .is_updating = !history->is_append_only,
            .state = run->space,
            .settings = history->settings});
    for (int input = 0; input < history->input_count && run->step > 0; input++)
        memcpy(testbed_operator(run->bed)->input_watermarks[input], run->watermarks[input],
            sizeof(int64_t) * (size_t)testbed_spec(run->bed)->inputs[input]->output.count);
}

static void stop(Run *run) {
    testbed_destroy(run->bed);
    state_space_destroy(run->space);
}

static void add_change(Run *run, int input, const char *row, int64_t diff) {
    GROW(run->changes, run->change_capacity, run->change_count + 1);
    Change *change = &run->changes[run->change_count++];
    change->input = input;
    change->diff = diff;
    snprintf(change->row, sizeof change->row, "%s", row);
}

static bool is_allowed(const Run *run, int input, const char *row) {
    return run->history->is_allowed == NULL || run->history->is_allowed(run->step, input, row);
}

/* Random changes whose net keeps every count at or above zero; in the middle they may be anything. */
static void draw_changes(Run *run) {
    const History *history = run->history;
    uint32_t diff_max = history->diff_max > 0 ? (uint32_t)history->diff_max : 3;
    run->change_count = 0;
    for (int i = 0; i < history->rows_per_step; i++) {
        char row[256];
        int input = (int)history_random(&run->random, (uint32_t)history->input_count);
        history->random_row(input, &run->random, row);
        if (!is_allowed(run, input, row))
            continue;
        int64_t diff = (int64_t)history_random(&run->random, diff_max) + 1;
        if (!history->is_append_only && history_random(&run->random, 5) < 2)
            diff = -diff;
        add_change(run, input, row, diff);
        bag_add(&run->inputs[input], row, diff);
    }
    for (int input = 0; input < history->input_count && !history->is_append_only; input++) {
        bool empties = history_random(&run->random, 12) == 0;
        RowBag *bag = &run->inputs[input];
        for (int i = 0; i < bag->count; i++) {
            if (bag->counts[i] >= 0 && !(empties && bag->counts[i] > 0))
                continue;
            if (!is_allowed(run, input, bag->rows[i]))
                continue;
            add_change(run, input, bag->rows[i], -bag->counts[i]);
            bag->counts[i] = 0;
        }
    }
    for (int i = run->change_count - 1; i > 0; i--) {
        int j = (int)history_random(&run->random, (uint32_t)i + 1);
        Change change = run->changes[i];
        run->changes[i] = run->changes[j];
        run->changes[j] = change;
    }
}

static void collect(Run *run) {
    const char *text = testbed_collect(run->bed);
    if (getenv("HISTORY_TRACE"))
        fprintf(stderr, "step %d storage %d out %s", run->step, run->storage, text);
    bag_add_text_rows(&run->output, text);
}

/* Feeds changes of one input (−1: of all, batches of mixed inputs in turn). */
static void feed(Run *run, int only) {
    for (int i = 0; i < run->change_count;) {
        if (only >= 0 && run->changes[i].input != only) {
            i++;
            continue;
        }
        int input = run->changes[i].input,
            room = 1 + (int)history_random(&run->random, history_random(&run->random, 4) == 0 ? 60 : 6);
        Text text = {0};
        text_printf(&text, "%s\n", run->history->input_types[input]);
        bool is_selected = history_random(&run->random, 4) == 0;
        for (; i < run->change_count && room > 0 && (run->changes[i].input == input || only >= 0); i++) {
            if (run->changes[i].input != input)
                continue;
            text_printf(&text, "%+lld %s\n", (long long)run->changes[i].diff, run->changes[i].row);
            if (is_selected) /* the testbed leaves out every second row */
                text_printf(&text, "+1 %s\n", run->changes[i].row);
            room--;
        }
        if (getenv("HISTORY_TRACE"))
            fprintf(stderr, "step %d storage %d in %d%s %s", run->step, run->storage, input,
                is_selected ? " (every second row)" : "", text_string(&text));
        (is_selected ? testbed_feed_selected : testbed_feed)(run->bed, input, text_string(&text));
        text_free(&text);
        if (history_random(&run->random, 3) == 0)
            collect(run);
    }
}

static void seal(Run *run, int input) {
    const History *history = run->history;
    if (history->watermarks != NULL)
        history->watermarks(run->step, input, run->watermarks[input]);
    testbed_seal(run->bed, input, history->watermarks != NULL ? run->watermarks[input] : NULL);
}

static void fail(const Run *run, const char *what, const char *row, int64_t expected, int64_t found) {
    fprintf(stderr, "%s: seed %llu storage %d step %d: %s: row \"%s\" expected %lld found %lld\n",
        run->history->type->name, (unsigned long long)run->seed, (int)run->storage, run->step, what, row,
        (long long)expected, (long long)found);
    for (int input = 0; input < run->history->input_count; input++)
        for (int i = 0; i < run->inputs[input].count; i++)
            if (run->inputs[input].counts[i] != 0)
                fprintf(stderr, "  input %d: %+lld %s\n", input, (long long)run->inputs[input].counts[i],
                    run->inputs[input].rows[i]);
    abort();
}

static void compare(Run *run) {
    RowBag expected = {0};
    if (run->history->check != NULL) {
        run->history->check(run->step, run->inputs, &run->output);
        return;
    }
    run->history->expect(run->inputs, &expected);
    for (int i = 0; i < expected.count; i++)
        if (bag_count(&run->output, expected.rows[i]) != expected.counts[i])
            fail(run, "wrong", expected.rows[i], expected.counts[i],
                bag_count(&run->output, expected.rows[i]));
    for (int i = 0; i < run->output.count; i++)
        if (bag_count(&expected, run->output.rows[i]) != run->output.counts[i])
            fail(run, "too much", run->output.rows[i], bag_count(&expected, run->output.rows[i]),
                run->output.counts[i]);
    bag_clear(&expected);
}

static void step(Run *run) {
    const History *history = run->history;
    if (history->begin != NULL)
        history->begin(run->step);
    state_space_begin_step(run->space);
    testbed_next_step(run->bed);
    draw_changes(run);
    if (history->is_sealed_early) {
        for (int input = history->input_count - 1; input >= 0; input--) {
            feed(run, input);
            seal(run, input);
        }
    } else {
        feed(run, -1);
        for (int input = 0; input < history->input_count; input++)
            seal(run, input);
    }
    collect(run);
    if (!testbed_is_done(run->bed))
        fail(run, "not done", "", 0, 0);
    state_space_end_step(run->space);
    compare(run);
}

/* What came before a reset leaves no trace, whether or not its step was finished. */
static void step_and_reset(Run *run) {
    state_space_begin_step(run->space);
    draw_changes(run);
    feed(run, -1);
    if (history_random(&run->random, 2) == 0) {
        for (int input = 0; input < run->history->input_count; input++)
            testbed_seal(run->bed, input, NULL);
        testbed_collect(run->bed);
    }
    run->history->type->reset(testbed_operator(run->bed));
    testbed_next_step(run->bed);
    testbed_collect(run->bed);
    for (int input = 0; input < run->history->input_count; input++)
        bag_clear(&run->inputs[input]);
    bag_clear(&run->output);
    state_space_end_step(run->space);
}

static void cut(Run *run) {
    Cut changes = {0};
    Cut *cuts[1] = {&changes};
    Error error = {0};
    state_space_cut(run->space, (uint64_t)run->step + 1, &changes);
    must(store_commit(run->store, cuts, 1, &error), &error);
    cut_free(&changes);
}

static void run_with(const History *history, uint64_t seed, Storage storage) {
    Run run = {
        .history = history, .seed = seed, .random = seed * 0x9E3779B97F4A7C15u + 1, .storage = storage};
    Error error = {0};
    for (int input = 0; input < 2; input++)
        for (int i = 0; i < 64; i++)
            run.watermarks[input][i] = WATERMARK_NONE;
    if (storage != STORAGE_NONE) {
        /* Memory where there is some: a test of state, not of the disk. */
        snprintf(run.directory, sizeof run.directory, "%s/leat_history.XXXXXX",
            access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        if (mkdtemp(run.directory) == NULL)
            abort();
        must(store_open(run.directory, &run.store, &error), &error);
    }
    start(&run);
    if (seed % 2 == 1 && history->type->reset != NULL && history->is_allowed == NULL)
        step_and_reset(&run);
    for (run.step = 0; run.step < (history->is_one_shot ? 1 : history->step_count); run.step++) {
        step(&run);
        if (run.store == NULL || history_random(&run.random, 3) == 0)
            continue;
        cut(&run);
        if (getenv("HISTORY_TRACE"))
            fprintf(stderr, "cut after step %d\n", run.step);
        if (history_random(&run.random, 3) == 0) {
            stop(&run);
            if (getenv("HISTORY_TRACE"))
                fprintf(stderr, "reload after step %d\n", run.step);
            run.step++;
            start(&run);
            run.step--;
        }
    }
    stop(&run);
    for (int input = 0; input < 2; input++)
        bag_clear(&run.inputs[input]);
    bag_clear(&run.output);
    memory_free(run.changes);
    if (run.store != NULL) {
        char command[128];
        store_close(run.store);
        snprintf(command, sizeof command, "rm -rf %s", run.directory);
        if (system(command) != 0)
            abort();
    }
}

void history_run(const History *history, uint64_t seed) {
    run_with(history, seed, STORAGE_NONE);
    if (history->is_one_shot)
        return;
    run_with(history, seed, STORAGE_CUTS);
    run_with(history, seed, STORAGE_EVICTION);
}
