/* Statistics: one batch of rows, a row from each of as many equal stretches of the relation's chunks, is read
   when a plan first asks; from it come the columns' figures, and the planner evaluates predicates over it.
   Bounded in chunks, rows and values, so that it takes a few milliseconds at most. */
#include "server/catalog/statistics.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "executor/base/clock.h"
#include "executor/base/memory.h"
#include "executor/base/random.h"
#include "planner/cost/distinct.h"

enum {
    CHUNKS_MAX = 128,
    ROWS_MAX = BATCH_ROWS_MAX,
    ROWS_MIN = 512,
    VALUES_MAX = 100000, /* rows times columns */
    TOP_VALUES_MAX = 64,
    TABLE_SLOTS = 256
};
#define CHANGE_MAX      0.2
#define AGE_MAX_US      60000000
#define RATE_AGE_MIN_US 1000000

struct Statistics {
    Coordinator *coordinator;
    pthread_mutex_t lock;
    ObjectStatistics *slots[TABLE_SLOTS];
};

Statistics *statistics_create(Coordinator *coordinator) {
    Statistics *statistics = NEW(Statistics);
    statistics->coordinator = coordinator;
    pthread_mutex_init(&statistics->lock, NULL);
    return statistics;
}

void object_statistics_release(ObjectStatistics *object) {
    if (object == NULL || atomic_fetch_sub(&object->reference_count, 1) != 1)
        return;
    batch_release(object->sample);
    arena_destroy(object->arena);
    memory_free(object);
}

/* Takes the object's out of the table; under the lock. */
static void take_out(Statistics *statistics, uint32_t object_id) {
    for (ObjectStatistics **at = &statistics->slots[object_id % TABLE_SLOTS]; *at != NULL; at = &(*at)->next)
        if ((*at)->object_id == object_id) {
            ObjectStatistics *found = *at;
            *at = found->next;
            object_statistics_release(found);
            return;
        }
}

void statistics_forget(Statistics *statistics, uint32_t object_id) {
    pthread_mutex_lock(&statistics->lock);
    take_out(statistics, object_id);
    pthread_mutex_unlock(&statistics->lock);
}

void statistics_destroy(Statistics *statistics) {
    if (statistics == NULL)
        return;
    for (int i = 0; i < TABLE_SLOTS; i++)
        while (statistics->slots[i] != NULL)
            take_out(statistics, statistics->slots[i]->object_id);
    pthread_mutex_destroy(&statistics->lock);
    memory_free(statistics);
}

/* Sampling */

/* One row of each stretch of `stretch` rows, at a random place in it: rows that repeat with a period are not
   met in step. The same relation gives the same sample: plans are repeatable. */
typedef struct Picker {
    double stretch;
    double position; /* of the next row, counted over all batches */
    int64_t stretches, seen;
    Random random;
} Picker;

static void move_picker(Picker *picker) {
    picker->position =
        ((double)picker->stretches++ + random_fraction(random_next(&picker->random))) * picker->stretch;
}

static void pick_rows(Picker *picker, Batch *batch, Batch *sample, int capacity) {
    uint16_t rows[BATCH_ROWS_MAX];
    int count = 0;
    while (picker->position < (double)(picker->seen + batch->selected_count) &&
           sample->row_count + count < capacity) {
        rows[count++] = (uint16_t)batch_row(batch, (int)((int64_t)picker->position - picker->seen));
        move_picker(picker);
    }
    picker->seen += batch->selected_count;
    if (count == 0)
        return;
    Batch *picked = batch_select(batch, rows, count);
    batch_append(sample, picked, 0, capacity);
    batch_release(picked);
}

static int sample_capacity(int column_count) {
    int capacity = VALUES_MAX / (column_count > 0 ? column_count : 1);
    return capacity > ROWS_MAX ? ROWS_MAX : capacity < ROWS_MIN ? ROWS_MIN : capacity;
}

static double copies_in(const Batch *sample) {
    double copies = 0;
    for (int row = 0; row < sample->row_count; row++)
        copies += (double)batch_diff(sample, row);
    return copies;
}

/* Rows of the relation at the newest epoch; *is_whole: all of them. NULL when they could not be read. */
static Batch *read_sample(Statistics *statistics, Relation *relation, bool *is_whole) {
    const RelationSpec *spec = relation_spec(relation);
    Epochs *epochs = coordinator_epochs(statistics->coordinator);
    const Published *published = epochs_pin(epochs);
    RelationScan *scan = relation_sample_open(relation, published->epoch, CHUNKS_MAX);
    BatchList batches = {0};
    Batch *batch = NULL;
    Error error = {0};
    int64_t total = 0;
    Status status;
    while ((status = relation_scan_next(scan, &batch, &error)) == OK && batch != NULL) {
        total += batch->selected_count;
        batch_list_add(&batches, batch);
    }
    error_clear(&error);
    int capacity = sample_capacity(spec->column_count);
    Batch *sample = batch_builder(spec->types, spec->column_count, capacity);
    Picker picker = {
        .stretch = total <= capacity ? 1 : (double)total / capacity, .random = {spec->object_id}};
    move_picker(&picker);
    for (int i = 0; i < batches.count; i++)
        pick_rows(&picker, batches.batches[i], sample, capacity);
    *is_whole = sample->row_count == total &&
                copies_in(sample) >= (double)relation_row_count(relation) * (1 - CHANGE_MAX);
    batch_list_clear(&batches);
    relation_scan_close(scan);
    epochs_unpin(epochs, published);
    if (status == OK)
        return sample;
    batch_release(sample);
    return NULL;
}

/* Figures of a column */

static bool number_of(Type type, const void *element, double *number) {
    if (type.is_array)
        return false;
    switch (type.id) {
    case TYPE_INT2:
        *number = *(const int16_t *)element;
        return true;
    case TYPE_INT4:
    case TYPE_DATE:
        *number = *(const int32_t *)element;
        return true;
    case TYPE_INT8:
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        *number = (double)*(const int64_t *)element;
        return true;
    case TYPE_FLOAT4:
        *number = *(const float *)element;
        return true;
    case TYPE_FLOAT8:
        *number = *(const double *)element;
        return true;
    case TYPE_NUMERIC:
        *number = numeric_to_float8(element);
        return true;
    default:
        return false;
    }
}

/* Shares, width and range; marks the NULLs. */
static void measure(const Batch *sample, int number, bool *is_null, ColumnStatistics *statistics) {
    const Column *column = sample->columns[number];
    double total = 0, nulls = 0, bytes = 0;
    bool has_bytes = column->layout == LAYOUT_VIEW;
    for (int row = 0; row < sample->row_count; row++) {
        double copies = (double)batch_diff(sample, row), value;
        total += copies;
        is_null[row] = column_is_null(column, row);
        if (is_null[row]) {
            nulls += copies;
            continue;
        }
        bytes += has_bytes ? copies * column_view(column, row)->length : 0;
        if (!number_of(column->type, column_at(column, row), &value) || isnan(value))
            continue;
        statistics->min = statistics->has_range ? fmin(statistics->min, value) : value;
        statistics->max = statistics->has_range ? fmax(statistics->max, value) : value;
        statistics->has_range = true;
    }
    statistics->null_share = total > 0 ? nulls / total : 0;
    statistics->width = !has_bytes      ? (double)layout_width((Layout)column->layout)
                        : total > nulls ? bytes / (total - nulls)
                                        : 0;
}

static void keep_top_values(const Batch *sample, int number, const SampleValues *values, double null_share,
    bool is_whole, Arena *arena, ColumnStatistics *statistics) {
    /* Few values, none of them met only once, are all that there are. */
    bool are_all = values->count > 0 && values->count <= TOP_VALUES_MAX &&
                   (is_whole || values->items[values->count - 1].count > 1);
    int count = are_all ? values->count : values_frequent(values, TOP_VALUES_MAX);
    Value *top_values = ARENA_ARRAY(arena, Value, count + 1);
    double *shares = ARENA_ARRAY(arena, double, count + 1);
    for (int i = 0; i < count; i++) {
        Value value = column_value(sample->columns[number], values->items[i].row);
        top_values[i] = value_copy(&value, arena);
        shares[i] = (double)values->items[i].count / (double)values->rows * (1 - null_share);
    }
    statistics->top_count = count;
    statistics->top_values = top_values;
    statistics->top_shares = shares;
}

static ColumnStatistics *describe_columns(
    const Batch *sample, double row_count, bool is_whole, Arena *arena) {
    ColumnStatistics *columns = ARENA_ARRAY(arena, ColumnStatistics, sample->column_count + 1);
    bool *is_null = NEW_ARRAY(bool, sample->row_count + 1);
    for (int i = 0; i < sample->column_count; i++) {
        measure(sample, i, is_null, &columns[i]);
        SampleValues values = values_count(sample, &i, 1, is_null);
        columns[i].distinct_count =
            values_distinct(&values, is_whole ? 0 : row_count * (1 - columns[i].null_share));
        keep_top_values(sample, i, &values, columns[i].null_share, is_whole, arena, &columns[i]);
        values_free(&values);
    }
    memory_free(is_null);
    return columns;
}

static ObjectStatistics *create_object(uint32_t object_id, double row_count) {
    ObjectStatistics *object = NEW(ObjectStatistics);
    atomic_init(&object->reference_count, 1);
    object->object_id = object_id;
    object->arena = arena_create();
    object->row_count = row_count;
    object->time_us = clock_monotonic();
    return object;
}

static ObjectStatistics *sample_object(Statistics *statistics, uint32_t object_id, Relation *relation) {
    ObjectStatistics *object = create_object(object_id, (double)relation_row_count(relation));
    object->sample = read_sample(statistics, relation, &object->is_whole);
    if (object->sample != NULL)
        object->columns =
            describe_columns(object->sample, object->row_count, object->is_whole, object->arena);
    return object;
}

/* The table */

/* A reference, or NULL. */
static ObjectStatistics *find(Statistics *statistics, uint32_t object_id) {
    pthread_mutex_lock(&statistics->lock);
    ObjectStatistics *object = statistics->slots[object_id % TABLE_SLOTS];
    while (object != NULL && object->object_id != object_id)
        object = object->next;
    if (object != NULL)
        atomic_fetch_add(&object->reference_count, 1);
    pthread_mutex_unlock(&statistics->lock);
    return object;
}

static void put(Statistics *statistics, ObjectStatistics *object) {
    pthread_mutex_lock(&statistics->lock);
    take_out(statistics, object->object_id);
    atomic_fetch_add(&object->reference_count, 1);
    object->next = statistics->slots[object->object_id % TABLE_SLOTS];
    statistics->slots[object->object_id % TABLE_SLOTS] = object;
    pthread_mutex_unlock(&statistics->lock);
}

static ObjectStatistics *statistics_of_rows(
    Statistics *statistics, uint32_t object_id, Relation *relation, double *row_count) {
    *row_count = (double)relation_row_count(relation);
    ObjectStatistics *object = find(statistics, object_id);
    bool is_fresh =
        object != NULL &&
        (object->sample == NULL || object->sample->column_count == relation_spec(relation)->column_count) &&
        fabs(*row_count - object->row_count) <= CHANGE_MAX * object->row_count &&
        clock_monotonic() - object->time_us < AGE_MAX_US;
    if (is_fresh)
        return object;
    object_statistics_release(object);
    object = sample_object(statistics, object_id, relation);
    put(statistics, object);
    return object;
}

/* How many records lie between a source's start and its published positions; false when no job reads it. */
static bool read_positions(Statistics *statistics, const Object *object, double *records) {
    enum { RECORD_BYTES = 100 };
    Epochs *epochs = coordinator_epochs(statistics->coordinator);
    const Published *published = epochs_pin(epochs);
    const PublishedObject *source = published_object(published, object->relation.id);
    const ConnectorType *connector = object->connector == NULL ? NULL : connector_by_name(object->connector);
    int count = source == NULL                                      ? 0
                : source->partition_count < object->partition_count ? source->partition_count
                                                                    : object->partition_count;
    *records = 0;
    for (int i = 0; i < count; i++)
        *records += (double)(source->offsets[i] - object->start_offsets[i]);
    if (connector != NULL && connector->has_byte_offsets)
        *records /= RECORD_BYTES;
    epochs_unpin(epochs, published);
    return count > 0;
}

/* What the source was told to give; 0: nothing. */
static double wanted_rate(const Object *object) {
    const ConnectorType *connector = object->connector == NULL ? NULL : connector_by_name(object->connector);
    for (int i = 0; connector != NULL && connector->rate_option != NULL && i < object->option_count; i++)
        if (strcmp(object->option_names[i], connector->rate_option) == 0)
            return strtod(object->option_values[i], NULL);
    return 0;
}

/* A source's rate between two looks at its published positions, at least a second apart. */
static ObjectStatistics *statistics_of_source(
    Statistics *statistics, const Object *source, double *row_count, double *read_count) {
    bool is_read = read_positions(statistics, source, read_count);
    ObjectStatistics *last = find(statistics, source->relation.id);
    int64_t age_us = last == NULL ? 0 : clock_monotonic() - last->time_us;
    if (last == NULL || (is_read && age_us >= RATE_AGE_MIN_US)) {
        double rate = last == NULL ? 0 : (*read_count - last->read_count) * 1e6 / (double)age_us;
        ObjectStatistics *object = create_object(source->relation.id, rate > 0       ? rate
                                                                      : last == NULL ? wanted_rate(source)
                                                                                     : last->row_count);
        object->read_count = *read_count;
        put(statistics, object);
        object_statistics_release(last);
        last = object;
    }
    *row_count = last->row_count;
    return last;
}

ObjectStatistics *statistics_of(
    Statistics *statistics, const Object *object, double *row_count, double *read_count) {
    RelationKind kind = object->relation.kind;
    *row_count = *read_count = 0;
    if (kind == RELATION_SOURCE)
        return statistics_of_source(statistics, object, row_count, read_count);
    if (kind != RELATION_TABLE && kind != RELATION_MATERIALIZED_VIEW)
        return NULL;
    Relation *relation = NULL;
    Error error = {0};
    if (coordinator_relation(statistics->coordinator, object->relation.id, &relation, &error) != OK)
        error_clear(&error); /* a suspended job is the query's error, not the estimate's */
    if (relation == NULL)
        return NULL;
    ObjectStatistics *found = statistics_of_rows(statistics, object->relation.id, relation, row_count);
    relation_release(relation);
    return found;
}
