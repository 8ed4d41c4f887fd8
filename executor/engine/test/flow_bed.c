/* FlowBed: a coordinator with a source in memory, driven and compared by tests. */
#include "executor/engine/test/flow_bed.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "executor/base/memory.h"
#include "executor/engine/test/flow_model.h"
#include "executor/engine/test/flow_specs.h"
#include "executor/engine/test/random_rounds.h"

enum { RECORDS_MAX = 100000, WAIT_SECONDS_MAX = 30, MARK_ID = 100000 };
#define SECOND 1000000LL

typedef struct BedReader {
    SourceReader base;
    struct FlowBed *bed;
    int64_t offsets[BED_PARTITIONS], ends[BED_PARTITIONS];
    bool is_stored; /* reads for STORED_S */
} BedReader;

struct FlowBed {
    BedOptions options;
    Coordinator *coordinator;
    Store *store;
    MemoryBudget budget;
    RandomRounds rounds;
    char directory[128];
    bool keeps_directory;
    Arena *arena;
    uint64_t random;
    FlowModel model; /* its record counts under the lock */
    int64_t clock;
    bool is_source_broken;
    BedReader *live[2]; /* woken when records come: of SOURCE_S, STORED_S */
    int64_t start_offsets[BED_PARTITIONS];
    int fed_steps;
    JobDefinition definitions[VIEW_FIRST - TABLE_T + BED_VIEWS];
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
    fprintf(stderr, "flow bed: %s: %s %s (%s)\n", what, status_sqlstate(status), error->message,
        error->detail == NULL ? "" : error->detail);
    abort();
}

uint32_t bed_view_id(BedView view) {
    return VIEW_FIRST + (uint32_t)view;
}

/* The source in memory. */

static int count_of(FlowBed *bed, int partition) {
    pthread_mutex_lock(&bed->lock);
    int count = bed->model.record_counts[partition];
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
            const Record *record = &bed->model.records[partition][offset + i];
            ((int64_t *)rows->batch->columns[0]->values)[i] =
                reader->is_stored ? flow_stored_key(record, partition) : record->k;
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
    if (reader->bed->live[reader->is_stored] == reader)
        reader->bed->live[reader->is_stored] = NULL;
    memory_free(reader);
}

static const SourceType reader_type = {.assign = reader_assign,
    .read = reader_read,
    .is_ready = reader_is_ready,
    .lag = reader_lag,
    .close = reader_close};

static Status open_reader(void *argument, SourceReader **out, Error *error) {
    BedReader *reader = NEW(BedReader);
    reader->base.type = &reader_type;
    reader->bed = argument;
    *out = &reader->base;
    return OK;
}

/* Objects. */

static JobDefinition *definition_of(FlowBed *bed, uint32_t object_id) {
    return &bed->definitions[object_id - TABLE_T];
}

static void define(
    FlowBed *bed, uint32_t object_id, JobKind kind, const char *name, const OperatorSpec *spec) {
    *definition_of(bed, object_id) = (JobDefinition){
        .object_id = object_id,
        .kind = kind,
        .name = name,
        .spec = spec,
        .settings = type_settings_default,
        .stored = {.relation = {.column_count = spec->output.count,
                       .types = spec->output.types,
                       .key_count = spec->key_count,
                       .key = spec->key}},
        .table = {.key_name = "key", .watermark_column = -1, .arrival_column = -1},
        .source = {.start_offsets = bed->start_offsets,
            .partition_count = kind == JOB_SOURCE ? BED_PARTITIONS : 0,
            .idle_timeout = INT64_MAX,
            .drift_max = INT64_MAX,
            .open_reader = open_reader,
            .open_argument = bed},
    };
}

static void define_all(FlowBed *bed) {
    static const char *const names[] = {
        "v_sum", "v_self", "v_left", "v_top", "v_inner", "v_tumble", "v_final", "v_count"};
    static const uint32_t inputs[][2] = {{TABLE_T}, {TABLE_T}, {TABLE_T, VIEW_FIRST + VIEW_SUM}, {TABLE_T},
        {TABLE_T, TABLE_U}, {SOURCE_S}, {SOURCE_S}, {SOURCE_S}};
    define(bed, TABLE_T, JOB_TABLE, "t", flow_table_spec(bed->arena, TABLE_T));
    define(bed, TABLE_U, JOB_TABLE, "u", flow_table_spec(bed->arena, TABLE_U));
    define(bed, SOURCE_S, JOB_SOURCE, "s", flow_source_spec(bed->arena));
    define(bed, STORED_S, JOB_SOURCE, "stored", flow_stored_spec(bed->arena));
    for (int v = 0; v < BED_VIEWS; v++) {
        uint32_t id = bed_view_id((BedView)v);
        define(bed, id, JOB_VIEW, names[v], flow_view_spec(bed->arena, (BedView)v));
        definition_of(bed, id)->dependencies = inputs[v];
        definition_of(bed, id)->dependency_count = inputs[v][1] != 0 ? 2 : 1;
    }
}

/* The coordinator. */

static Status add_object(Coordinator *coordinator, void *argument, Error *error) {
    TRY(coordinator_add(coordinator, argument, false, error));
    coordinator_start_reading(coordinator, ((const JobDefinition *)argument)->object_id);
    return OK;
}

static JobDefinition *with_reader(FlowBed *bed, JobDefinition *definition) {
    if (definition->kind != JOB_SOURCE)
        return definition;
    Error error = {0};
    must(open_reader(bed, &definition->source.reader, &error), &error, "open reader");
    BedReader *reader = (BedReader *)definition->source.reader;
    reader->is_stored = definition->object_id == STORED_S;
    bed->live[reader->is_stored] = reader;
    return definition;
}

static void start(FlowBed *bed, int workers) {
    Error error = {0};
    CoordinatorSpec spec = {
        .store = bed->store,
        .worker_count = workers,
        .budget = &bed->budget,
        .rounds = &random_rounds,
        .rounds_argument = &bed->rounds,
        .inline_rows = bed_random(bed, 2) ? 1 : 2000,
        .freshness_max = 20000,
    };
    bed->rounds.seed = bed->rounds.state = bed->options.seed * 2 + 1;
    bed->budget = (MemoryBudget){.limit = bed->options.is_memory_zero ? 0 : SIZE_MAX};
    must(coordinator_start(&spec, &bed->coordinator, &error), &error, "start");
}

static FlowBed *create(const BedOptions *options) {
    functions_start();
    FlowBed *bed = NEW(FlowBed);
    bed->options = *options;
    bed->random = options->seed * 0x9e3779b97f4a7c15ULL + 1;
    bed->arena = arena_create();
    bed->clock = 100 * SECOND;
    bed->next_id = FLOW_IDS;
    pthread_mutex_init(&bed->lock, NULL);
    pthread_cond_init(&bed->changed, NULL);
    for (int p = 0; p < BED_PARTITIONS; p++)
        bed->model.records[p] = NEW_ARRAY(Record, RECORDS_MAX);
    define_all(bed);
    return bed;
}

FlowBed *bed_create(const BedOptions *options) {
    FlowBed *bed = create(options);
    Error error = {0};
    if (options->is_durable) {
        strcpy(bed->directory, "/tmp/flow-bed-XXXXXX");
        if (mkdtemp(bed->directory) == NULL)
            abort();
        must(store_open(bed->directory, &bed->store, &error), &error, "open store");
    }
    start(bed, options->workers);
    must(coordinator_open(bed->coordinator, &error), &error, "open");
    for (uint32_t id = TABLE_T; id < VIEW_FIRST; id++)
        must(coordinator_call(bed->coordinator, add_object, with_reader(bed, definition_of(bed, id)), &error),
            &error, "add");
    return bed;
}

/* Opens what the store holds: a bed that was stopped, or killed, or never was. */
static void reopen(FlowBed *bed, int workers) {
    Error error = {0};
    if (bed->options.is_durable)
        must(store_open(bed->directory, &bed->store, &error), &error, "reopen store");
    start(bed, workers);
    for (uint32_t id = TABLE_T; id < VIEW_FIRST; id++)
        must(coordinator_add(bed->coordinator, with_reader(bed, definition_of(bed, id)), true, &error),
            &error, "restore");
    for (int v = 0; v < BED_VIEWS; v++)
        if (bed->is_running[v])
            must(coordinator_add(bed->coordinator, definition_of(bed, bed_view_id((BedView)v)), true, &error),
                &error, "restore view");
    must(coordinator_open(bed->coordinator, &error), &error, "open");
}

void bed_restart(FlowBed *bed, int workers) {
    bed_settle(bed);
    bed_restart_now(bed, workers);
}

void bed_restart_now(FlowBed *bed, int workers) {
    coordinator_stop(bed->coordinator);
    store_close(bed->store);
    bed->store = NULL;
    reopen(bed, workers);
}

void bed_destroy(FlowBed *bed) {
    coordinator_stop(bed->coordinator);
    store_close(bed->store);
    if (bed->directory[0] != 0 && !bed->keeps_directory) {
        char command[160];
        snprintf(command, sizeof command, "rm -rf %s", bed->directory);
        if (system(command) != 0)
            abort();
    }
    for (int p = 0; p < BED_PARTITIONS; p++)
        memory_free(bed->model.records[p]);
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
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_SECONDS_MAX;
    pthread_mutex_lock(&bed->lock);
    while (bed->open_count > 0)
        if (pthread_cond_timedwait(&bed->changed, &bed->lock, &until) == ETIMEDOUT) {
            fprintf(stderr, "flow bed: %d answers have not come\n", bed->open_count);
            abort();
        }
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
    snprintf(text, sizeof text, "int8 int8 int8\n+1 %lld %lld %lld\n", (long long)id, (long long)row->g,
        (long long)row->v);
    batch_list_add(list, batch_from_text(text));
}

/* A random write set, which the model has taken over already. */
static TableChange *plan_write(FlowBed *bed, int *change_count) {
    TableChange *changes = NEW_ARRAY(TableChange, 3);
    int first = bed_random(bed, 3) == 0, last = bed_random(bed, 3) == 0 ? 1 : first;
    int count = 0;
    for (int t = first; t <= last; t++) {
        TableChange *change = &changes[count++];
        change->object_id = TABLE_T + (uint32_t)t;
        bool is_touched[FLOW_IDS] = {0};
        for (int n = 1 + (int)bed_random(bed, 12); n > 0; n--) {
            uint32_t id = bed_random(bed, FLOW_IDS);
            Row *row = &bed->model.tables[t][id];
            if (is_touched[id])
                continue;
            is_touched[id] = true;
            if (row->is_there)
                add_row(&change->removed, id, row);
            row->is_there = bed_random(bed, 3) != 0;
            row->g = bed_random(bed, FLOW_GROUPS);
            row->v = bed_random(bed, 8);
            if (row->is_there)
                add_row(&change->added, id, row);
        }
    }
    *change_count = count;
    return changes;
}

void bed_write(FlowBed *bed) {
    int count;
    TableChange *changes = plan_write(bed, &count);
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
        int64_t ts = bed->clock - (int64_t)bed_random(bed, 20) * SECOND;
        if (bed_random(bed, 3) == 0) /* the watermark just before a window's end */
            ts = ts / (10 * SECOND) * 10 * SECOND + 5 * SECOND - 1;
        pthread_mutex_lock(&bed->lock);
        if (bed->model.record_counts[p] < RECORDS_MAX)
            bed->model.records[p][bed->model.record_counts[p]++] =
                (Record){bed_random(bed, 4), bed_random(bed, 10), ts};
        pthread_mutex_unlock(&bed->lock);
    }
    for (int i = 0; i < 2; i++)
        if (bed->live[i] != NULL)
            bed->live[i]->base.wake(bed->live[i]->base.wake_argument);
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

typedef struct Building {
    FlowBed *bed;
    BedView view;
} Building;

static void view_key(BedView view, char key[16]) {
    snprintf(key, 16, "bed/%02d", (int)view);
}

/* What the server's catalog does: the view's own commit says that it exists. */
static Status remember_view(void *argument, Error *error) {
    const Building *building = argument;
    char key[16];
    view_key(building->view, key);
    cut_put(coordinator_stage(building->bed->coordinator), FAMILY_FACTS, key, strlen(key), "", 0);
    return OK;
}

static void on_built(void *argument, const Error *error) {
    on_done(((Building *)argument)->bed, error);
    memory_free(argument);
}

static Status begin_build(Coordinator *coordinator, void *argument, Error *error) {
    Building *building = NEW(Building);
    *building = *(Building *)argument;
    Completion done = {on_built, building};
    completion(building->bed);
    Status status = coordinator_build(
        coordinator, definition_of(building->bed, bed_view_id(building->view)), remember_view, done, error);
    if (status != OK)
        on_built(building, NULL);
    return status;
}

Status bed_build_nowait(FlowBed *bed, BedView view) {
    Building argument = {bed, view};
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
    Building argument = {bed, view};
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

/* A view that failed, or whose build did, never settles. */
static bool is_any_lost(FlowBed *bed) {
    Error error = {0};
    bool is_any = false;
    for (int v = 0; v < BED_VIEWS; v++) {
        Relation *relation = NULL;
        if (!bed->is_running[v])
            continue;
        if (coordinator_relation(bed->coordinator, bed_view_id((BedView)v), &relation, &error) == OK &&
            relation == NULL)
            error_copy(&error, &bed->failure);
        if (relation == NULL) {
            fprintf(stderr, "flow bed: view %d: %s %s (%s)\n", v, status_sqlstate(error.status),
                error.message == NULL ? "is not there" : error.message,
                error.detail == NULL ? "" : error.detail);
            is_any = true;
        }
        relation_release(relation);
        error_clear(&error);
    }
    return is_any;
}

static bool is_source_read(const FlowBed *bed) {
    return bed->is_running[VIEW_TUMBLE] || bed->is_running[VIEW_FINAL] || bed->is_running[VIEW_COUNT];
}

static bool has_read_all(FlowBed *bed, uint32_t source) {
    Epochs *epochs = coordinator_epochs(bed->coordinator);
    const Published *published = epochs_pin(epochs);
    const PublishedObject *object = published_object(published, source);
    bool is_all = object != NULL && object->partition_count == BED_PARTITIONS;
    for (int p = 0; is_all && p < BED_PARTITIONS; p++) {
        if (object->offsets[p] > bed->model.record_counts[p]) {
            fprintf(stderr, "flow bed: offset %lld of %d records\n", (long long)object->offsets[p],
                bed->model.record_counts[p]);
            abort();
        }
        is_all = object->offsets[p] == bed->model.record_counts[p];
    }
    epochs_unpin(epochs, published);
    return is_all;
}

void bed_settle(FlowBed *bed) {
    bed_wait(bed);
    for (int v = 0; v < BED_VIEWS; v++)
        bed->is_running[v] = bed->is_asked[v];
    time_t begin = time(NULL);
    do {
        int failures = bed->failure_count;
        coordinator_wait_commit(bed->coordinator, completion(bed));
        bed_wait(bed);
        if (bed->failure_count > failures)
            must(bed->failure.status, &bed->failure, "commit");
        if (!is_broken(bed) && is_any_lost(bed))
            abort();
        if (time(NULL) - begin > WAIT_SECONDS_MAX) {
            fprintf(stderr, "flow bed: the source's records are not read\n");
            abort();
        }
    } while (!is_broken(bed) &&
             ((is_source_read(bed) && !has_read_all(bed, SOURCE_S)) || !has_read_all(bed, STORED_S)) &&
             usleep(1000) == 0);
}

/* Comparison. */

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

static void read_published(FlowBed *bed, uint32_t object_id, const Published *published, RowBag *out) {
    Error error = {0};
    Relation *relation;
    must(coordinator_relation(bed->coordinator, object_id, &relation, &error), &error, "read");
    RelationScan *scan = relation_scan_open(relation, published->epoch, NULL, 0);
    Batch *batch;
    while (relation_scan_next(scan, &batch, &error) == OK && batch != NULL) {
        add_batch(batch, out);
        batch_release(batch);
    }
    relation_scan_close(scan);
    relation_release(relation);
}

static void read_relation(FlowBed *bed, uint32_t object_id, RowBag *out) {
    Epochs *epochs = coordinator_epochs(bed->coordinator);
    const Published *published = epochs_pin(epochs);
    read_published(bed, object_id, published, out);
    epochs_unpin(epochs, published);
}

/* What is stored goes with the offsets of the same epoch, whether it has been read to the end or not. */
static void check_stored(FlowBed *bed) {
    Epochs *epochs = coordinator_epochs(bed->coordinator);
    const Published *published = epochs_pin(epochs);
    const PublishedObject *object = published_object(published, STORED_S);
    RowBag wanted = {0}, found = {0};
    if (object != NULL) {
        flow_answer_stored(&bed->model, object->offsets, &wanted);
        read_published(bed, STORED_S, published, &found);
        compare("stored", &wanted, &found);
    }
    bag_clear(&wanted);
    bag_clear(&found);
    epochs_unpin(epochs, published);
}

void bed_check(FlowBed *bed) {
    bed_settle(bed);
    bed_check_now(bed);
}

void bed_check_now(FlowBed *bed) {
    check_stored(bed);
    for (int v = 0; v < BED_VIEWS; v++) {
        if (!bed->is_running[v])
            continue;
        RowBag wanted = {0}, found = {0};
        flow_answer(&bed->model, (BedView)v, &wanted);
        read_relation(bed, bed_view_id((BedView)v), &found);
        compare(definition_of(bed, bed_view_id((BedView)v))->name, &wanted, &found);
        bag_clear(&wanted);
        bag_clear(&found);
    }
}

/* Steps that can be repeated. Each draws from a seed of its own, so that the model can be made anew up to any
   of them. A row of u that joins nothing holds how many write sets have been committed. */

static void seed_step(FlowBed *bed, int step, int purpose) {
    bed->random = bed->options.seed * 0x9e3779b97f4a7c15ULL + (uint64_t)step * 0xbf58476d1ce4e5b9ULL +
                  (uint64_t)purpose * 0x94d049bb133111ebULL + 1;
}

/* Numbers that outlive the process, in a file beside the store: it is replaced whole. */
static void keep_number(FlowBed *bed, const char *name, int number) {
    char path[160], next[168];
    snprintf(path, sizeof path, "%s/bed-%s", bed->directory, name); /* the store has files of its own */
    snprintf(next, sizeof next, "%s.next", path);
    FILE *file = fopen(next, "w");
    if (file == NULL || fprintf(file, "%d\n", number) < 0 || fclose(file) != 0 || rename(next, path) != 0)
        abort();
}

static int kept_number(FlowBed *bed, const char *name) {
    char path[160];
    int number = 0;
    snprintf(path, sizeof path, "%s/bed-%s", bed->directory, name); /* the store has files of its own */
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%d", &number) != 1)
        number = 0;
    fclose(file);
    return number;
}

static void feed_step(FlowBed *bed, int step) {
    if (bed->keeps_directory && bed->fed_steps <= step)
        keep_number(bed, "fed", step + 1);
    for (; bed->fed_steps <= step; bed->fed_steps++) {
        seed_step(bed, bed->fed_steps, 0);
        bed_feed(bed, (int)bed_random(bed, bed_random(bed, 8) == 0 ? 200 : 12));
    }
}

void bed_step(FlowBed *bed, int step) {
    feed_step(bed, step);
    seed_step(bed, step, 1);
    int count;
    TableChange *changes = plan_write(bed, &count);
    TableChange *marks = &changes[count - 1];
    if (marks->object_id != TABLE_U)
        marks = &changes[count++];
    marks->object_id = TABLE_U;
    Row row = {true, -1, step};
    if (step > 0)
        add_row(&marks->removed, MARK_ID, &row);
    row.v = step + 1;
    add_row(&marks->added, MARK_ID, &row);
    coordinator_submit(bed->coordinator, changes, count, completion(bed));
}

/* How many steps' write sets the store holds. */
static int steps_done(FlowBed *bed) {
    RowBag rows = {0};
    read_relation(bed, TABLE_U, &rows);
    int64_t done = 0;
    for (int i = 0; i < rows.count; i++)
        if (row_integer(rows.rows[i], 0) == MARK_ID)
            done = row_integer(rows.rows[i], 2);
    bag_clear(&rows);
    return (int)done;
}

static void forget_changes(TableChange *changes, int count) {
    for (int i = 0; i < count; i++) {
        batch_list_clear(&changes[i].removed);
        batch_list_clear(&changes[i].added);
    }
    memory_free(changes);
}

void bed_acknowledge(FlowBed *bed, int steps) {
    bed_wait(bed);
    keep_number(bed, "acknowledged-steps", steps);
}

FlowBed *bed_recover(const BedOptions *options, const char *directory, int *step) {
    FlowBed *bed = create(options);
    Error error = {0};
    bed->keeps_directory = true;
    snprintf(bed->directory, sizeof bed->directory, "%s", directory);
    must(store_open(directory, &bed->store, &error), &error, "open store");
    for (int v = 0; v < BED_VIEWS; v++) {
        char key[16], *value = NULL;
        size_t length;
        view_key((BedView)v, key);
        must(store_get(bed->store, FAMILY_FACTS, key, strlen(key), &value, &length, &error), &error, "facts");
        bed->is_running[v] = bed->is_asked[v] = value != NULL;
        memory_free(value);
    }
    store_close(bed->store);
    feed_step(bed, kept_number(bed, "fed") - 1);
    reopen(bed, options->workers);
    *step = steps_done(bed);
    if (*step < kept_number(bed, "acknowledged-steps")) {
        fprintf(stderr, "flow bed: %d steps are there, %d were acknowledged\n", *step,
            kept_number(bed, "acknowledged-steps"));
        abort();
    }
    for (int done = 0; done < *step; done++) {
        seed_step(bed, done, 1);
        int count;
        TableChange *changes = plan_write(bed, &count);
        forget_changes(changes, count);
    }
    seed_step(bed, *step, 2);
    return bed;
}
