/* The test bed: a driver for one operator, text in and text out. */
#include "executor/operators/test/testing.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executor/base/memory.h"

struct Testbed {
    Operator *instance;
    OperatorSpec *spec;
    OperatorContext context;
    Arena *arena;
    Text failures, shown_failures, out;
    const char *output_types;
    char **lines; /* "+1 a b" of each row that came */
    int64_t *diffs;
    int line_count, line_capacity, diff_capacity;
    int batch_count, last_batch_count;
    bool is_open, is_done;
};

static void add_row(const Batch *batch, int row, Text *out) {
    uint16_t only = (uint16_t)row;
    Batch *one = batch_select((Batch *)batch, &only, 1), *dense = batch_dense(one);
    Text text = {0};
    batch_add_text(dense, &text);
    const char *line = strchr(text_string(&text), '\n');
    text_add_string(out, line == NULL ? "" : line + 1);
    text_free(&text);
    batch_release(dense);
    batch_release(one);
}

static void row_failed(OperatorContext *context, const Operator *from, const Batch *batch, int row,
    Status status, const char *message) {
    Testbed *bed = context->owner;
    text_printf(&bed->failures, "%s %s: ", status_sqlstate(status), message);
    add_row(batch, row, &bed->failures);
}

static void row_late(OperatorContext *context, const Operator *from, const Batch *batch, int row,
    int64_t window_start, int64_t window_end, int64_t arrival) {
    Testbed *bed = context->owner;
    text_printf(&bed->failures, "late [%lld, %lld) %lld: ", (long long)window_start, (long long)window_end,
        (long long)arrival);
    add_row(batch, row, &bed->failures);
}

static Schema schema_of(Arena *arena, const char *types) {
    char *text = arena_printf(arena, "%s\n", types);
    Batch *empty = batch_from_text(text);
    Schema schema = {.count = empty->column_count};
    schema.names = ARENA_ARRAY(arena, const char *, schema.count + 1);
    schema.types = ARENA_ARRAY(arena, Type, schema.count + 1);
    for (int i = 0; i < schema.count; i++) {
        schema.names[i] = arena_printf(arena, "c%d", i);
        schema.types[i] = empty->columns[i]->type;
    }
    batch_release(empty);
    return schema;
}

Testbed *testbed_create(const OperatorType *type, void *parameters, int input_count,
    const char *const *input_types, const char *output_types, const TestbedOptions *options) {
    Testbed *bed = NEW(Testbed);
    bed->arena = arena_create();
    bed->spec = spec_create(bed->arena, type, input_count);
    bed->output_types = arena_strdup(bed->arena, output_types);
    bed->spec->parameters = parameters;
    bed->spec->id = 1;
    bed->spec->output = schema_of(bed->arena, output_types);
    bed->spec->has_watermark = ARENA_ARRAY(bed->arena, bool, bed->spec->output.count + 1);
    for (int i = 0; i < input_count; i++) {
        OperatorSpec *input = ARENA_NEW(bed->arena, OperatorSpec);
        input->output = schema_of(bed->arena, input_types[i]);
        input->has_watermark = ARENA_ARRAY(bed->arena, bool, input->output.count + 1);
        input->key_count = -1;
        input->is_updating = options != NULL && options->is_updating;
        bed->spec->inputs[i] = input;
    }
    bed->context = (OperatorContext){.settings = &type_settings_default,
        .worker_count = 1,
        .row_failed = row_failed,
        .row_late = row_late,
        .owner = bed};
    if (options != NULL) {
        bed->context.is_one_shot = options->is_one_shot;
        bed->context.state = options->state;
        bed->context.environment = options->environment;
        if (options->settings != NULL)
            bed->context.settings = options->settings;
    }
    Operator *instance = memory_allocate_zero(type->size);
    instance->type = type;
    instance->spec = bed->spec;
    instance->context = &bed->context;
    instance->input_count = input_count;
    bed->instance = instance;
    return bed;
}

static Status open_operator(Testbed *bed, Error *error) {
    if (bed->is_open)
        return OK;
    Operator *instance = bed->instance;
    bool has_implicit =
        bed->spec->input_count == 0 && !bed->context.is_one_shot && instance->type->on_batch != NULL;
    instance->input_count = has_implicit ? 1 : bed->spec->input_count;
    instance->input_watermarks = ARENA_ARRAY(bed->arena, int64_t *, instance->input_count + 1);
    instance->watermarks = ARENA_ARRAY(bed->arena, int64_t, bed->spec->output.count + 1);
    for (int i = 0; i < instance->input_count; i++) {
        /* The columns of an object behind a scan are not known here. */
        int count = has_implicit ? 64 : bed->spec->inputs[i]->output.count;
        instance->input_watermarks[i] = ARENA_ARRAY(bed->arena, int64_t, count + 1);
        for (int c = 0; c < count; c++)
            instance->input_watermarks[i][c] = WATERMARK_NONE;
    }
    for (int c = 0; c < bed->spec->output.count; c++)
        instance->watermarks[c] = WATERMARK_NONE;
    bed->is_open = true;
    return instance->type->open == NULL ? OK : instance->type->open(instance, error);
}

static void must(Status status, Error *error, const char *what) {
    if (status == OK)
        return;
    fprintf(stderr, "testbed: %s: %s %s\n", what, status_sqlstate(status), error->message);
    abort();
}

static void need_open(Testbed *bed) {
    Error error = {0};
    must(open_operator(bed, &error), &error, "open");
}

void testbed_destroy(Testbed *bed) {
    if (bed->is_open && bed->instance->type->close != NULL)
        bed->instance->type->close(bed->instance);
    for (int i = 0; i < bed->line_count; i++)
        memory_free(bed->lines[i]);
    memory_free(bed->lines);
    memory_free(bed->diffs);
    memory_free(bed->instance);
    text_free(&bed->failures);
    text_free(&bed->shown_failures);
    text_free(&bed->out);
    arena_destroy(bed->arena);
    memory_free(bed);
}

OperatorSpec *testbed_spec(Testbed *bed) {
    return bed->spec;
}

Operator *testbed_operator(Testbed *bed) {
    need_open(bed);
    return bed->instance;
}

void testbed_feed_batch(Testbed *bed, int input, Batch *batch) {
    need_open(bed);
    Error error = {0};
    must(bed->instance->type->on_batch(bed->instance, input, batch, &error), &error, "on_batch");
}

void testbed_feed(Testbed *bed, int input, const char *text) {
    Batch *batch = batch_from_text(text);
    testbed_feed_batch(bed, input, batch);
    batch_release(batch);
}

void testbed_feed_selected(Testbed *bed, int input, const char *text) {
    Batch *batch = batch_from_text(text);
    uint16_t rows[BATCH_ROWS_MAX];
    int count = 0;
    for (int i = 0; i < batch->row_count; i += 2)
        rows[count++] = (uint16_t)i;
    Batch *selected = batch_select(batch, rows, count);
    testbed_feed_batch(bed, input, selected);
    batch_release(selected);
    batch_release(batch);
}

void testbed_seal(Testbed *bed, int input, const int64_t *watermarks) {
    need_open(bed);
    Operator *instance = bed->instance;
    int count = input < bed->spec->input_count ? bed->spec->inputs[input]->output.count : 0;
    for (int c = 0; watermarks != NULL && c < count; c++)
        if (watermarks[c] > instance->input_watermarks[input][c])
            instance->input_watermarks[input][c] = watermarks[c];
    instance->sealed_count++;
    Error error = {0};
    if (instance->type->on_seal != NULL)
        must(instance->type->on_seal(instance, input, instance->input_watermarks[input], &error), &error,
            "on_seal");
}

static void take_batch(Testbed *bed, Batch *batch) {
    assert(batch->column_count == bed->spec->output.count && batch->row_count <= BATCH_ROWS_MAX);
    for (int c = 0; c < batch->column_count; c++)
        assert(batch->columns[c]->layout == type_layout(bed->spec->output.types[c]));
    for (int i = 0; i < batch->selected_count; i++) {
        int row = batch_row(batch, i);
        Text line = {0};
        add_row(batch, row, &line);
        const char *values = strchr(text_string(&line), ' ');
        GROW(bed->lines, bed->line_capacity, bed->line_count + 1);
        GROW(bed->diffs, bed->diff_capacity, bed->line_count + 1);
        bed->diffs[bed->line_count] = batch_diff(batch, row);
        bed->lines[bed->line_count++] = memory_strdup(values == NULL ? "\n" : values);
        text_free(&line);
    }
    bed->batch_count++;
    batch_release(batch);
}

Status testbed_try(Testbed *bed, Error *error) {
    TRY(open_operator(bed, error));
    Operator *instance = bed->instance;
    Progress progress = PROGRESS_MORE;
    while (progress == PROGRESS_MORE) {
        Batch *batch = NULL;
        TRY(instance->type->produce(instance, &batch, &progress, error));
        if (batch != NULL)
            take_batch(bed, batch);
    }
    bed->is_done = progress == PROGRESS_DONE;
    if (bed->is_done && instance->type->derive_watermarks != NULL)
        instance->type->derive_watermarks(instance);
    return OK;
}

static void add_line(Testbed *bed, int64_t diff, const char *values) {
    text_printf(&bed->out, "%+lld%s", (long long)diff, values);
}

static const char *finish_collect(Testbed *bed) {
    for (int i = 0; i < bed->line_count; i++)
        memory_free(bed->lines[i]);
    bed->line_count = 0;
    bed->last_batch_count = bed->batch_count;
    bed->batch_count = 0;
    return text_string(&bed->out);
}

static void run(Testbed *bed) {
    Error error = {0};
    must(testbed_try(bed, &error), &error, "produce");
    text_reset(&bed->out);
    text_printf(&bed->out, "%s\n", bed->output_types);
}

const char *testbed_collect_in_order(Testbed *bed) {
    run(bed);
    for (int i = 0; i < bed->line_count; i++)
        add_line(bed, bed->diffs[i], bed->lines[i]);
    return finish_collect(bed);
}

static int order_by_text(const void *a, const void *b, void *argument) {
    Testbed *bed = argument;
    return strcmp(bed->lines[*(const int *)a], bed->lines[*(const int *)b]);
}

const char *testbed_collect(Testbed *bed) {
    run(bed);
    int count = bed->line_count, *order = NEW_ARRAY(int, count + 1);
    for (int i = 0; i < count; i++)
        order[i] = i;
    qsort_r(order, (size_t)count, sizeof *order, order_by_text, bed);
    for (int i = 0, next; i < count; i = next) {
        int64_t net = 0;
        for (next = i; next < count && strcmp(bed->lines[order[i]], bed->lines[order[next]]) == 0; next++)
            net += bed->diffs[order[next]];
        if (net != 0)
            add_line(bed, net, bed->lines[order[i]]);
    }
    memory_free(order);
    return finish_collect(bed);
}

bool testbed_is_done(const Testbed *bed) {
    return bed->is_done;
}

int testbed_batch_count(const Testbed *bed) {
    return bed->last_batch_count;
}

int64_t testbed_watermark(const Testbed *bed, int column) {
    return bed->instance->watermarks[column];
}

void testbed_next_step(Testbed *bed) {
    bed->instance->sealed_count = 0;
    bed->is_done = false;
}

const char *testbed_failures(Testbed *bed) {
    text_reset(&bed->shown_failures);
    text_add(&bed->shown_failures, text_string(&bed->failures), bed->failures.length);
    text_reset(&bed->failures);
    return text_string(&bed->shown_failures);
}
