/* FlowBed: hand-made specs, a source in memory, and the naive answers. */
#include "executor/dataflow/flow_bed.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "executor/base/memory.h"
#include "executor/operators/aggregate.h"
#include "executor/operators/exchange.h"
#include "executor/operators/filter.h"
#include "executor/operators/join.h"
#include "executor/operators/materialize.h"
#include "executor/operators/scan.h"
#include "executor/operators/table.h"
#include "executor/operators/top_n.h"
#include "executor/operators/window.h"

enum { RECORDS_MAX = 100000, IDS = 40, GROUPS = 6 };
#define SECOND 1000000LL

typedef struct Row {
    bool is_there;
    int64_t g, v;
} Row;

typedef struct Record {
    int64_t k, v, ts;
} Record;

typedef struct BedReader {
    SourceReader base;
    struct FlowBed *bed;
    int64_t offsets[BED_PARTITIONS], ends[BED_PARTITIONS];
} BedReader;

struct FlowBed {
    BedOptions options;
    Coordinator *coordinator;
    Store *store;
    MemoryBudget budget;
    char directory[64];
    Arena *arena;
    uint64_t random;
    Row tables[2][IDS];
    Record *records[BED_PARTITIONS];
    int record_counts[BED_PARTITIONS]; /* under the lock */
    int64_t clock;
    bool is_source_broken;
    BedReader *live; /* woken when records come */
    int64_t start_offsets[BED_PARTITIONS];
    JobDefinition definitions[3 + BED_VIEWS];
    bool is_running[BED_VIEWS], is_asked[BED_VIEWS];
    int next_id;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int open_count, failure_count;
    Error failure;
};

uint32_t bed_random(FlowBed *bed, uint32_t below) {
    return history_random(&bed->random, below);
}

static void must(Status status, const Error *error, const char *what) {
    if (status == OK)
        return;
    fprintf(stderr, "flow bed: %s: %s %s (%s)\n", what, status_sqlstate(status), error->message, error->detail == NULL ? "" : error->detail);
    abort();
}

uint32_t bed_view_id(BedView view) {
    return VIEW_FIRST + (uint32_t)view;
}

/* The source in memory. */

static int count_of(FlowBed *bed, int partition) {
    pthread_mutex_lock(&bed->lock);
    int count = bed->record_counts[partition];
    pthread_mutex_unlock(&bed->lock);
    return count;
}

static Status reader_assign(SourceReader *base, int partition, int64_t offset, int64_t end, Error *error) {
    BedReader *reader = (BedReader *)base;
    reader->offsets[partition] = offset;
    reader->ends[partition] = end;
    return OK;
}

static bool reader_is_ready(SourceReader *base, int partition) {
    BedReader *reader = (BedReader *)base;
    int64_t end = count_of(reader->bed, partition);
    end = end < reader->ends[partition] ? end : reader->ends[partition];
    return reader->offsets[partition] < end;
}

static Status reader_read(SourceReader *base, int partition, int row_max, SourceRows *rows, Error *error) {
    BedReader *reader = (BedReader *)base;
    FlowBed *bed = reader->bed;
    pthread_mutex_lock(&bed->lock);
    bool is_broken = bed->is_source_broken;
    pthread_mutex_unlock(&bed->lock);
    if (is_broken)
        return error_set(error, STATUS_INTERNAL_ERROR, "planted fault");
    int64_t end = count_of(bed, partition), offset = reader->offsets[partition];
    end = end < reader->ends[partition] ? end : reader->ends[partition];
    int count = end - offset < row_max ? (int)(end - offset) : row_max;
    if (count > 0) {
        Type types[3] = {type_of(TYPE_INT8), type_of(TYPE_INT8), type_of(TYPE_TIMESTAMP)};
        rows->batch = batch_builder(types, 3, count);
        for (int i = 0; i < count; i++) {
            const Record *record = &bed->records[partition][offset + i];
            ((int64_t *)rows->batch->columns[0]->values)[i] = record->k;
            ((int64_t *)rows->batch->columns[1]->values)[i] = record->v;
            ((int64_t *)rows->batch->columns[2]->values)[i] = record->ts;
        }
        rows->batch->row_count = rows->batch->selected_count = count;
    }
    reader->offsets[partition] = offset + count;
    rows->next_offset = offset + count;
    rows->is_at_end = reader->offsets[partition] >= count_of(bed, partition);
    return OK;
}

static int64_t reader_lag(SourceReader *base, int partition) {
    BedReader *reader = (BedReader *)base;
    return count_of(reader->bed, partition) - reader->offsets[partition];
}

static void reader_close(SourceReader *base) {
    BedReader *reader = (BedReader *)base;
    if (reader->bed->live == reader)
        reader->bed->live = NULL;
    memory_free(reader);
}

static const SourceType reader_type = {
    .assign = reader_assign, .read = reader_read, .is_ready = reader_is_ready, .lag = reader_lag, .close = reader_close};

static Status open_reader(void *argument, SourceReader **out, Error *error) {
    BedReader *reader = NEW(BedReader);
    reader->base.type = &reader_type;
    reader->bed = argument;
    *out = &reader->base;
    return OK;
}

/* Specs. */

static void set_output(FlowBed *bed, OperatorSpec *spec, int count, const TypeId *types) {
    spec->output = (Schema){count, ARENA_ARRAY(bed->arena, const char *, count + 1), ARENA_ARRAY(bed->arena, Type, count + 1)};
    spec->has_watermark = ARENA_ARRAY(bed->arena, bool, count + 1);
    spec->key_count = -1;
    spec->is_updating = true;
    for (int i = 0; i < count; i++) {
        spec->output.names[i] = arena_printf(bed->arena, "c%d", i);
        spec->output.types[i] = type_of(types[i]);
    }
}

static const TypeId three_int8[] = {TYPE_INT8, TYPE_INT8, TYPE_INT8, TYPE_INT8, TYPE_INT8, TYPE_INT8};

static int *columns_of(FlowBed *bed, int count, const int *columns) {
    int *copy = ARENA_ARRAY(bed->arena, int, count + 1);
    memcpy(copy, columns, sizeof(int) * (size_t)count);
    return copy;
}
#define COLUMNS(...) columns_of(bed, (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), (int[]){__VA_ARGS__})

static OperatorSpec *scan_of(FlowBed *bed, uint32_t object_id, int count, const TypeId *types) {
    OperatorSpec *spec = spec_create(bed->arena, &scan_operator, 0);
    ScanParameters *parameters = spec->parameters;
    *parameters = (ScanParameters){.name = "input", .object_id = (int)object_id, .is_source = object_id == SOURCE_S, .column_count = count};
    parameters->columns = ARENA_ARRAY(bed->arena, int, count + 1);
    for (int i = 0; i < count; i++)
        parameters->columns[i] = i;
    set_output(bed, spec, count, types);
    return spec;
}

static OperatorSpec *over(FlowBed *bed, const OperatorType *type, OperatorSpec *input) {
    OperatorSpec *spec = spec_create(bed->arena, type, 1);
    spec->inputs[0] = input;
    spec->output = input->output;
    spec->has_watermark = input->has_watermark;
    spec->is_updating = input->is_updating;
    spec->key_count = -1;
    return spec;
}

static OperatorSpec *exchange(FlowBed *bed, OperatorSpec *input, int count, int *keys) {
    OperatorSpec *spec = over(bed, &exchange_operator, input);
    *(ExchangeParameters *)spec->parameters = (ExchangeParameters){.mode = EXCHANGE_HASH, .key_count = count, .keys = keys};
    return spec;
}

static OperatorSpec *materialize(FlowBed *bed, OperatorSpec *input, BedView view, int count, int *keys) {
    OperatorSpec *spec = over(bed, &materialize_operator, exchange(bed, input, count, keys));
    ((MaterializeParameters *)spec->parameters)->object_id = (int)bed_view_id(view);
    spec->key_count = count;
    spec->key = keys;
    spec_number(spec);
    return spec;
}

static OperatorSpec *scan_table(FlowBed *bed, uint32_t id) {
    return scan_of(bed, id, 3, three_int8);
}

static OperatorSpec *filter_v(FlowBed *bed, OperatorSpec *input) {
    OperatorSpec *spec = over(bed, &filter_operator, input);
    Value two = {.type = type_of(TYPE_INT8), .datum.int8 = 2};
    Expression *arguments[2] = {expression_column(bed->arena, 1, type_of(TYPE_INT8)), expression_constant(bed->arena, &two)};
    arguments[0]->column = 2;
    ((FilterParameters *)spec->parameters)->predicate =
        expression_call(bed->arena, function_by_signature(">(int8, int8) -> bool"), type_of(TYPE_BOOL), 2, arguments);
    return spec;
}

static OperatorSpec *aggregate(FlowBed *bed, OperatorSpec *input, int key_count, int *keys, int value, const TypeId *types, int type_count) {
    OperatorSpec *spec = over(bed, &aggregate_operator, input);
    AggregateParameters *parameters = spec->parameters;
    AggregateSpec *calls = ARENA_ARRAY(bed->arena, AggregateSpec, 2);
    calls[0] = (AggregateSpec){.aggregate = aggregate_by_signature("count() -> int8"), .filter = -1, .result_type = type_of(TYPE_INT8)};
    calls[1] = (AggregateSpec){.aggregate = aggregate_by_signature("sum(int8) -> numeric"),
        .argument_count = 1,
        .arguments = COLUMNS(value),
        .filter = -1,
        .result_type = type_of(TYPE_NUMERIC)};
    *parameters = (AggregateParameters){.phase = AGGREGATE_COMPLETE,
        .key_count = key_count,
        .keys = keys,
        .aggregate_count = 2,
        .aggregates = calls,
        .is_input_updating = true,
        .expiry_key = -1};
    set_output(bed, spec, type_count, types);
    return spec;
}

static OperatorSpec *join(FlowBed *bed, JoinType type, OperatorSpec *left, OperatorSpec *right, int right_key, const TypeId *types, int count) {
    OperatorSpec *spec = spec_create(bed->arena, &join_operator, 2);
    spec->inputs[0] = exchange(bed, left, 1, COLUMNS(1));
    spec->inputs[1] = exchange(bed, right, 1, COLUMNS(right_key));
    *(JoinParameters *)spec->parameters = (JoinParameters){.type = (int)type,
        .key_count = 1,
        .left_keys = COLUMNS(1),
        .right_key_count = 1,
        .right_keys = COLUMNS(right_key),
        .left_expiry_column = -1,
        .left_expiry_watermark = -1,
        .right_expiry_column = -1,
        .right_expiry_watermark = -1};
    set_output(bed, spec, count, types);
    return spec;
}

static const TypeId sum_types[] = {TYPE_INT8, TYPE_INT8, TYPE_NUMERIC};
static const TypeId left_types[] = {TYPE_INT8, TYPE_INT8, TYPE_INT8, TYPE_INT8, TYPE_INT8, TYPE_NUMERIC};
static const TypeId source_types[] = {TYPE_INT8, TYPE_INT8, TYPE_TIMESTAMP, TYPE_INT8};
static const TypeId tumble_types[] = {TYPE_INT8, TYPE_TIMESTAMP, TYPE_INT8, TYPE_NUMERIC};
static const TypeId window_types[] = {TYPE_INT8, TYPE_INT8, TYPE_TIMESTAMP, TYPE_INT8, TYPE_TIMESTAMP, TYPE_TIMESTAMP};

static OperatorSpec *scan_source(FlowBed *bed) {
    OperatorSpec *spec = scan_of(bed, SOURCE_S, 4, source_types);
    spec->has_watermark[2] = true;
    spec->is_updating = false;
    return spec;
}

static OperatorSpec *top_spec(FlowBed *bed) {
    OperatorSpec *spec = over(bed, &top_n_operator, exchange(bed, scan_table(bed, TABLE_T), 1, COLUMNS(1)));
    SortKey *keys = ARENA_ARRAY(bed->arena, SortKey, 2);
    keys[0] = (SortKey){.column = 2, .is_descending = true};
    keys[1] = (SortKey){.column = 0};
    *(TopNParameters *)spec->parameters = (TopNParameters){.partition_count = 1, .partition = COLUMNS(1), .key_count = 2, .keys = keys, .limit = 2};
    return spec;
}

static OperatorSpec *tumble_spec(FlowBed *bed) {
    OperatorSpec *window = over(bed, &window_operator, scan_source(bed));
    *(WindowParameters *)window->parameters =
        (WindowParameters){.kind = WINDOW_TUMBLE, .time_column = 2, .size = 10 * SECOND, .slide = 10 * SECOND, .arrival_column = 3};
    set_output(bed, window, 6, window_types);
    window->has_watermark[4] = window->has_watermark[5] = true;
    window->is_updating = false;
    OperatorSpec *spec = aggregate(bed, exchange(bed, window, 2, COLUMNS(0, 4)), 2, COLUMNS(0, 4), 1, tumble_types, 4);
    ((AggregateParameters *)spec->parameters)->expiry_key = 1;
    spec->has_watermark[1] = true;
    return spec;
}

static OperatorSpec *view_spec(FlowBed *bed, BedView view) {
    switch (view) {
    case VIEW_SUM:
        return materialize(bed, aggregate(bed, exchange(bed, filter_v(bed, scan_table(bed, TABLE_T)), 1, COLUMNS(1)), 1, COLUMNS(1), 2, sum_types, 3),
            view, 1, COLUMNS(0));
    case VIEW_SELF:
        return materialize(bed, join(bed, JOIN_INNER, scan_table(bed, TABLE_T), scan_table(bed, TABLE_T), 1, three_int8, 6), view, 2, COLUMNS(0, 3));
    case VIEW_LEFT:
        return materialize(bed, join(bed, JOIN_LEFT, scan_table(bed, TABLE_T), scan_of(bed, bed_view_id(VIEW_SUM), 3, sum_types), 0, left_types, 6),
            view, 1, COLUMNS(0));
    case VIEW_TOP:
        return materialize(bed, top_spec(bed), view, 1, COLUMNS(0));
    case VIEW_INNER:
        return materialize(bed, join(bed, JOIN_INNER, scan_table(bed, TABLE_T), scan_table(bed, TABLE_U), 1, three_int8, 6), view, 2, COLUMNS(0, 3));
    case VIEW_TUMBLE:
        return materialize(bed, tumble_spec(bed), view, 2, COLUMNS(0, 1));
    case VIEW_COUNT:
        return materialize(bed, aggregate(bed, exchange(bed, scan_source(bed), 1, COLUMNS(0)), 1, COLUMNS(0), 1, sum_types, 3), view, 1, COLUMNS(0));
    }
    abort();
}

static JobDefinition *definition_of(FlowBed *bed, uint32_t object_id) {
    return &bed->definitions[object_id - TABLE_T];
}

static void define(FlowBed *bed, uint32_t object_id, JobKind kind, const char *name, const OperatorSpec *spec) {
    *definition_of(bed, object_id) = (JobDefinition){
        .object_id = object_id,
        .kind = kind,
        .name = name,
        .spec = spec,
        .settings = type_settings_default,
        .relation = {.column_count = spec->output.count, .types = spec->output.types, .key_count = spec->key_count, .key = spec->key},
        .start_offsets = bed->start_offsets,
        .partition_count = kind == JOB_SOURCE ? BED_PARTITIONS : 0,
        .idle_timeout = INT64_MAX,
        .open_reader = open_reader,
        .open_argument = bed,
        .watermark_column = -1,
        .arrival_column = -1,
    };
}

static void define_table(FlowBed *bed, uint32_t id, const char *name) {
    OperatorSpec *spec = spec_create(bed->arena, &table_operator, 0);
    ((TableParameters *)spec->parameters)->object_id = (int)id;
    set_output(bed, spec, 3, three_int8);
    spec->key_count = 1;
    spec->key = COLUMNS(0);
    spec_number(spec);
    define(bed, id, JOB_TABLE, name, spec);
}

static void define_source(FlowBed *bed) {
    OperatorSpec *spec = spec_create(bed->arena, &stream_source_operator, 0);
    StreamSourceParameters *parameters = spec->parameters;
    set_output(bed, spec, 4, source_types);
    *parameters = (StreamSourceParameters){
        .object_id = SOURCE_S, .physical = {3, spec->output.names, spec->output.types}, .expression_count = 3, .watermark_column = 2};
    parameters->expressions = ARENA_ARRAY(bed->arena, Expression *, 3);
    for (int i = 0; i < 3; i++)
        parameters->expressions[i] = expression_column(bed->arena, i, spec->output.types[i]);
    Value delay = {.type = type_of(TYPE_INTERVAL), .datum.interval = {.microseconds = 5 * SECOND}};
    Expression *arguments[2] = {expression_column(bed->arena, 2, type_of(TYPE_TIMESTAMP)), expression_constant(bed->arena, &delay)};
    const Function *minus = function_by_signature("-(timestamp, interval) -> timestamp");
    if (minus == NULL)
        abort();
    parameters->watermark = expression_call(bed->arena, minus, type_of(TYPE_TIMESTAMP), 2, arguments);
    spec->has_watermark[2] = true;
    spec->is_updating = false;
    spec_number(spec);
    define(bed, SOURCE_S, JOB_SOURCE, "s", spec);
}

static void define_all(FlowBed *bed) {
    static const char *const names[] = {"v_sum", "v_self", "v_left", "v_top", "v_inner", "v_tumble", "v_count"};
    static const uint32_t inputs[][2] = {
        {TABLE_T}, {TABLE_T}, {TABLE_T, VIEW_FIRST + VIEW_SUM}, {TABLE_T}, {TABLE_T, TABLE_U}, {SOURCE_S}, {SOURCE_S}};
    define_table(bed, TABLE_T, "t");
    define_table(bed, TABLE_U, "u");
    define_source(bed);
    for (int v = 0; v < BED_VIEWS; v++) {
        uint32_t id = bed_view_id((BedView)v);
        define(bed, id, JOB_VIEW, names[v], view_spec(bed, (BedView)v));
        definition_of(bed, id)->dependencies = inputs[v];
        definition_of(bed, id)->dependency_count = inputs[v][1] != 0 ? 2 : 1;
    }
}

/* The coordinator. */

static Status add_object(Coordinator *coordinator, void *argument, Error *error) {
    return coordinator_add(coordinator, argument, false, error);
}

static JobDefinition *with_reader(FlowBed *bed, JobDefinition *definition) {
    if (definition->kind != JOB_SOURCE)
        return definition;
    Error error = {0};
    must(open_reader(bed, &definition->reader, &error), &error, "open reader");
    bed->live = (BedReader *)definition->reader;
    return definition;
}

static void start(FlowBed *bed, int workers) {
    Error error = {0};
    CoordinatorSpec spec = {
        .store = bed->store,
        .worker_count = workers,
        .budget = &bed->budget,
        .random_seed = bed->options.seed * 2 + 1,
        .inline_rows = bed_random(bed, 2) ? 1 : 2000,
        .freshness_max = 20000,
    };
    bed->budget = (MemoryBudget){.limit = bed->options.is_memory_zero ? 0 : SIZE_MAX};
    must(coordinator_start(&spec, &bed->coordinator, &error), &error, "start");
}

FlowBed *bed_create(const BedOptions *options) {
    functions_start();
    FlowBed *bed = NEW(FlowBed);
    Error error = {0};
    bed->options = *options;
    bed->random = options->seed * 0x9e3779b97f4a7c15ULL + 1;
    bed->arena = arena_create();
    bed->clock = 100 * SECOND;
    bed->next_id = IDS;
    pthread_mutex_init(&bed->lock, NULL);
    pthread_cond_init(&bed->changed, NULL);
    for (int p = 0; p < BED_PARTITIONS; p++)
        bed->records[p] = NEW_ARRAY(Record, RECORDS_MAX);
    define_all(bed);
    if (options->is_durable) {
        strcpy(bed->directory, "/tmp/flow-bed-XXXXXX");
        if (mkdtemp(bed->directory) == NULL)
            abort();
        must(store_open(bed->directory, &bed->store, &error), &error, "open store");
    }
    start(bed, options->workers);
    must(coordinator_open(bed->coordinator, &error), &error, "open");
    for (uint32_t id = TABLE_T; id <= SOURCE_S; id++)
        must(coordinator_call(bed->coordinator, add_object, with_reader(bed, definition_of(bed, id)), &error), &error, "add");
    return bed;
}

void bed_restart(FlowBed *bed, int workers) {
    bed_settle(bed);
    bed_restart_now(bed, workers);
}

void bed_restart_now(FlowBed *bed, int workers) {
    Error error = {0};
    coordinator_stop(bed->coordinator);
    store_close(bed->store);
    bed->store = NULL;
    if (bed->options.is_durable)
        must(store_open(bed->directory, &bed->store, &error), &error, "reopen store");
    start(bed, workers);
    for (uint32_t id = TABLE_T; id <= SOURCE_S; id++)
        must(coordinator_add(bed->coordinator, with_reader(bed, definition_of(bed, id)), true, &error), &error, "restore");
    for (int v = 0; v < BED_VIEWS; v++)
        if (bed->is_running[v])
            must(coordinator_add(bed->coordinator, definition_of(bed, bed_view_id((BedView)v)), true, &error), &error, "restore view");
    must(coordinator_open(bed->coordinator, &error), &error, "open");
}

void bed_destroy(FlowBed *bed) {
    coordinator_stop(bed->coordinator);
    store_close(bed->store);
    if (bed->directory[0] != 0) {
        char command[128];
        snprintf(command, sizeof command, "rm -rf %s", bed->directory);
        if (system(command) != 0)
            abort();
    }
    for (int p = 0; p < BED_PARTITIONS; p++)
        memory_free(bed->records[p]);
    error_clear(&bed->failure);
    arena_destroy(bed->arena);
    memory_free(bed);
}

Coordinator *bed_coordinator(FlowBed *bed) {
    return bed->coordinator;
}

/* Completions. */

static void on_done(void *argument, const Error *error) {
    FlowBed *bed = argument;
    pthread_mutex_lock(&bed->lock);
    bed->open_count--;
    if (error != NULL) {
        bed->failure_count++;
        error_copy(&bed->failure, error);
    }
    pthread_cond_broadcast(&bed->changed);
    pthread_mutex_unlock(&bed->lock);
}

static Completion completion(FlowBed *bed) {
    pthread_mutex_lock(&bed->lock);
    bed->open_count++;
    pthread_mutex_unlock(&bed->lock);
    return (Completion){on_done, bed};
}

void bed_wait(FlowBed *bed) {
    pthread_mutex_lock(&bed->lock);
    while (bed->open_count > 0)
        pthread_cond_wait(&bed->changed, &bed->lock);
    pthread_mutex_unlock(&bed->lock);
}

int bed_failures(FlowBed *bed) {
    pthread_mutex_lock(&bed->lock);
    int count = bed->failure_count;
    bed->failure_count = 0;
    pthread_mutex_unlock(&bed->lock);
    return count;
}

void bed_last_failure(FlowBed *bed, Error *error) {
    pthread_mutex_lock(&bed->lock);
    error_copy(error, &bed->failure);
    pthread_mutex_unlock(&bed->lock);
}

/* Input. */

static void add_row(BatchList *list, int64_t id, const Row *row) {
    char text[96];
    snprintf(text, sizeof text, "int8 int8 int8\n+1 %lld %lld %lld\n", (long long)id, (long long)row->g, (long long)row->v);
    batch_list_add(list, batch_from_text(text));
}

void bed_write(FlowBed *bed) {
    TableChange *changes = NEW_ARRAY(TableChange, 3);
    int first = bed_random(bed, 3) == 0, last = bed_random(bed, 3) == 0 ? 1 : first;
    int count = 0;
    for (int t = first; t <= last; t++) {
        TableChange *change = &changes[count++];
        change->object_id = TABLE_T + (uint32_t)t;
        bool is_touched[IDS] = {0};
        for (int n = 1 + (int)bed_random(bed, 12); n > 0; n--) {
            uint32_t id = bed_random(bed, IDS);
            Row *row = &bed->tables[t][id];
            if (is_touched[id])
                continue;
            is_touched[id] = true;
            if (row->is_there)
                add_row(&change->removed, id, row);
            row->is_there = bed_random(bed, 3) != 0;
            row->g = bed_random(bed, GROUPS);
            row->v = bed_random(bed, 8);
            if (row->is_there)
                add_row(&change->added, id, row);
        }
    }
    coordinator_submit(bed->coordinator, changes, count, completion(bed));
}

Status bed_insert(FlowBed *bed, int64_t id, int64_t g, int64_t v, Error *error) {
    TableChange *changes = NEW_ARRAY(TableChange, 2);
    changes[0].object_id = TABLE_T;
    Row row = {true, g, v};
    add_row(&changes[0].added, id, &row);
    coordinator_submit(bed->coordinator, changes, 1, completion(bed));
    bed_wait(bed);
    if (bed_failures(bed) == 0)
        return OK;
    bed_last_failure(bed, error);
    return error->status;
}

void bed_feed(FlowBed *bed, int records) {
    for (int i = 0; i < records; i++) {
        int p = (int)bed_random(bed, BED_PARTITIONS);
        bed->clock += bed_random(bed, 1200000);
        pthread_mutex_lock(&bed->lock);
        if (bed->record_counts[p] < RECORDS_MAX)
            bed->records[p][bed->record_counts[p]++] =
                (Record){bed_random(bed, 4), bed_random(bed, 10), bed->clock - (int64_t)bed_random(bed, 20) * SECOND};
        pthread_mutex_unlock(&bed->lock);
    }
    if (bed->live != NULL)
        bed->live->base.wake(bed->live->base.wake_argument);
}

void bed_fill_disk(FlowBed *bed) {
    store_break(bed->store);
}

void bed_break_source(FlowBed *bed, bool is_broken) {
    pthread_mutex_lock(&bed->lock);
    bed->is_source_broken = is_broken;
    pthread_mutex_unlock(&bed->lock);
}

static bool is_broken(FlowBed *bed) {
    pthread_mutex_lock(&bed->lock);
    bool is_broken = bed->is_source_broken;
    pthread_mutex_unlock(&bed->lock);
    return is_broken;
}

typedef struct BuildArgument {
    FlowBed *bed;
    BedView view;
} BuildArgument;

static Status begin_build(Coordinator *coordinator, void *argument, Error *error) {
    BuildArgument *build = argument;
    Completion done = completion(build->bed);
    Status status = coordinator_build(coordinator, definition_of(build->bed, bed_view_id(build->view)), NULL, done, error);
    if (status != OK)
        done.done(done.argument, NULL);
    return status;
}

Status bed_build_nowait(FlowBed *bed, BedView view) {
    BuildArgument argument = {bed, view};
    Error error = {0};
    Status status = coordinator_call(bed->coordinator, begin_build, &argument, &error);
    error_clear(&error);
    return status;
}

void bed_build(FlowBed *bed, BedView view) {
    if (bed->is_asked[view])
        return;
    if (view == VIEW_LEFT && !bed->is_running[VIEW_SUM]) {
        bed_build(bed, VIEW_SUM);
        bed_wait(bed);
        bed->is_running[VIEW_SUM] = true;
    }
    BuildArgument argument = {bed, view};
    Error error = {0};
    must(coordinator_call(bed->coordinator, begin_build, &argument, &error), &error, "build");
    bed->is_asked[view] = true;
}

typedef struct DropArgument {
    uint32_t object_id;
} DropArgument;

static Status drop_object(Coordinator *coordinator, void *argument, Error *error) {
    const DropArgument *drop = argument;
    TRY(coordinator_may_remove(coordinator, &drop->object_id, 1, error));
    return coordinator_remove(coordinator, drop->object_id, error);
}

Status bed_drop(FlowBed *bed, uint32_t object_id, Error *error) {
    DropArgument argument = {object_id};
    Status status = coordinator_call(bed->coordinator, drop_object, &argument, error);
    if (status == OK && object_id >= VIEW_FIRST)
        bed->is_asked[object_id - VIEW_FIRST] = bed->is_running[object_id - VIEW_FIRST] = false;
    return status;
}

static bool is_source_read(const FlowBed *bed) {
    return bed->is_running[VIEW_TUMBLE] || bed->is_running[VIEW_COUNT];
}

static bool has_read_all(FlowBed *bed) {
    Epochs *epochs = coordinator_epochs(bed->coordinator);
    const Published *published = epochs_pin(epochs);
    const PublishedObject *object = published_object(published, SOURCE_S);
    bool is_all = object != NULL && object->partition_count == BED_PARTITIONS;
    for (int p = 0; is_all && p < BED_PARTITIONS; p++)
        is_all = object->offsets[p] == bed->record_counts[p];
    epochs_unpin(epochs, published);
    return is_all;
}

void bed_settle(FlowBed *bed) {
    bed_wait(bed);
    for (int v = 0; v < BED_VIEWS; v++)
        bed->is_running[v] = bed->is_asked[v];
    do {
        coordinator_wait_commit(bed->coordinator, completion(bed));
        bed_wait(bed);
    } while (!is_broken(bed) && is_source_read(bed) && !has_read_all(bed) && usleep(1000) == 0);
}

/* The naive answers. */

static void answer_sum(FlowBed *bed, RowBag *out) {
    for (int g = 0; g < GROUPS; g++) {
        long long count = 0, sum = 0;
        for (int i = 0; i < IDS; i++) {
            const Row *row = &bed->tables[0][i];
            if (row->is_there && row->g == g && row->v > 2) {
                count++;
                sum += row->v;
            }
        }
        char text[96];
        snprintf(text, sizeof text, "%d %lld %lld", g, count, sum);
        if (count > 0)
            bag_add(out, text, 1);
    }
}

static void answer_join(FlowBed *bed, int right, RowBag *out) {
    for (int i = 0; i < IDS; i++)
        for (int j = 0; j < IDS; j++) {
            const Row *a = &bed->tables[0][i], *b = &bed->tables[right][j];
            char text[160];
            snprintf(text, sizeof text, "%d %lld %lld %d %lld %lld", i, (long long)a->g, (long long)a->v, j, (long long)b->g, (long long)b->v);
            if (a->is_there && b->is_there && a->g == b->g)
                bag_add(out, text, 1);
        }
}

static void answer_left(FlowBed *bed, RowBag *out) {
    RowBag sums = {0};
    answer_sum(bed, &sums);
    for (int i = 0; i < IDS; i++) {
        const Row *row = &bed->tables[0][i];
        char text[224];
        const char *match = "NULL NULL NULL";
        for (int s = 0; s < sums.count; s++)
            if (row_integer(sums.rows[s], 0) == row->g)
                match = sums.rows[s];
        snprintf(text, sizeof text, "%d %lld %lld %s", i, (long long)row->g, (long long)row->v, match);
        if (row->is_there)
            bag_add(out, text, 1);
    }
    bag_clear(&sums);
}

static void answer_top(FlowBed *bed, RowBag *out) {
    for (int i = 0; i < IDS; i++) {
        const Row *row = &bed->tables[0][i];
        int before = 0;
        for (int j = 0; j < IDS; j++) {
            const Row *other = &bed->tables[0][j];
            before += other->is_there && other->g == row->g && (other->v > row->v || (other->v == row->v && j < i));
        }
        char text[96];
        snprintf(text, sizeof text, "%d %lld %lld", i, (long long)row->g, (long long)row->v);
        if (row->is_there && before < 2)
            bag_add(out, text, 1);
    }
}

typedef struct Group {
    int64_t k, window;
    long long count, sum;
} Group;

static void answer_source(FlowBed *bed, bool is_windowed, RowBag *out) {
    Group *groups = NEW_ARRAY(Group, 1000000);
    int count = 0;
    for (int p = 0; p < BED_PARTITIONS; p++) {
        int64_t arrival = INT64_MIN;
        for (int i = 0; i < bed->record_counts[p]; i++) {
            const Record *record = &bed->records[p][i];
            int64_t window = is_windowed ? record->ts / (10 * SECOND) * (10 * SECOND) : 0;
            bool is_late = is_windowed && window + 10 * SECOND <= arrival;
            arrival = record->ts - 5 * SECOND > arrival ? record->ts - 5 * SECOND : arrival;
            int g = count;
            for (int j = 0; j < count; j++)
                if (groups[j].k == record->k && groups[j].window == window)
                    g = j;
            if (is_late)
                continue;
            if (g == count)
                groups[count++] = (Group){record->k, window, 0, 0};
            groups[g].count++;
            groups[g].sum += record->v;
        }
    }
    for (int i = 0; i < count; i++) {
        char text[160], window[64] = "";
        if (is_windowed) {
            Text time = {0};
            Datum datum = {.int8 = groups[i].window};
            datum_format(type_of(TYPE_TIMESTAMP), &datum, &type_settings_default, &time);
            snprintf(window, sizeof window, "\"%s\" ", text_string(&time));
            text_free(&time);
        }
        snprintf(text, sizeof text, "%lld %s%lld %lld", (long long)groups[i].k, window, groups[i].count, groups[i].sum);
        bag_add(out, text, 1);
    }
    memory_free(groups);
}

static void answer(FlowBed *bed, BedView view, RowBag *out) {
    switch (view) {
    case VIEW_SUM:
        answer_sum(bed, out);
        break;
    case VIEW_SELF:
        answer_join(bed, 0, out);
        break;
    case VIEW_LEFT:
        answer_left(bed, out);
        break;
    case VIEW_TOP:
        answer_top(bed, out);
        break;
    case VIEW_INNER:
        answer_join(bed, 1, out);
        break;
    case VIEW_TUMBLE:
        answer_source(bed, true, out);
        break;
    case VIEW_COUNT:
        answer_source(bed, false, out);
        break;
    }
}

static void add_batch(const Batch *batch, RowBag *out) {
    Text text = {0};
    batch_add_text(batch, &text);
    char *line = strchr(text_string(&text), '\n');
    for (char *next; line != NULL && line[1] != 0; line = next) {
        line++;
        next = strchr(line, '\n');
        if (next != NULL)
            *next = 0;
        char *values = strchr(line, ' ');
        bag_add(out, values == NULL ? "" : values + 1, atoll(line));
    }
    text_free(&text);
}

static void compare(const char *name, const RowBag *wanted, const RowBag *found) {
    bool is_wrong = false;
    for (int i = 0; i < wanted->count; i++)
        if (wanted->counts[i] != bag_count(found, wanted->rows[i])) {
            fprintf(stderr, "%s lacks: %s\n", name, wanted->rows[i]);
            is_wrong = true;
        }
    for (int i = 0; i < found->count; i++)
        if (found->counts[i] != bag_count(wanted, found->rows[i])) {
            fprintf(stderr, "%s has: %s (%lld)\n", name, found->rows[i], (long long)found->counts[i]);
            is_wrong = true;
        }
    if (is_wrong)
        abort();
}

static void read_relation(FlowBed *bed, uint32_t object_id, RowBag *out) {
    Error error = {0};
    Relation *relation;
    Epochs *epochs = coordinator_epochs(bed->coordinator);
    must(coordinator_relation(bed->coordinator, object_id, &relation, &error), &error, "read");
    const Published *published = epochs_pin(epochs);
    RelationScan *scan = relation_scan_open(relation, published->epoch, NULL, 0);
    Batch *batch;
    while (relation_scan_next(scan, &batch, &error) == OK && batch != NULL) {
        add_batch(batch, out);
        batch_release(batch);
    }
    relation_scan_close(scan);
    epochs_unpin(epochs, published);
    relation_release(relation);
}

void bed_check(FlowBed *bed) {
    bed_settle(bed);
    bed_check_now(bed);
}

void bed_check_now(FlowBed *bed) {
    for (int v = 0; v < BED_VIEWS; v++) {
        if (!bed->is_running[v])
            continue;
        RowBag wanted = {0}, found = {0};
        answer(bed, (BedView)v, &wanted);
        read_relation(bed, bed_view_id((BedView)v), &found);
        compare(definition_of(bed, bed_view_id((BedView)v))->name, &wanted, &found);
        bag_clear(&wanted);
        bag_clear(&found);
    }
}
