/* Blackhole: a sink that looks at every value and keeps, for each column, how many there were and the sum of
   their hashes.

   Both are weighted with the rows' signs, so that they tell the sink's content, not its changelog: equal for
   any order, batching and number of workers. */
#include <string.h>

#include "connectors/connector.h"
#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "executor/batch/batch.h"

/* What stands in a worker's staged bytes: one record for the rows, then one a column. */
typedef struct Sum {
    int64_t count;
    uint64_t checksum;
} Sum;

typedef struct BlackholeWriter {
    SinkWriter base;
    int column_count;
    char **names;
} BlackholeWriter;

static inline uint64_t hash_word(uint64_t word) {
    word = (word ^ word >> 32) * 0x9e3779b97f4a7c15u;
    word = (word ^ word >> 29) * 0xbf58476d1ce4e5b9u;
    return word ^ word >> 32;
}

static inline uint64_t hash_view(const View *view) {
    return hash_bytes_64(view_bytes(view), view->length);
}

static inline uint64_t hash_wide(const uint64_t words[2]) {
    return hash_word(words[0] ^ hash_word(words[1]));
}

static inline uint64_t hash_numeric(const Numeric *numeric) {
    uint32_t length;
    const char *heap = datum_heap(LAYOUT_NUMERIC, numeric, &length);
    return heap != NULL ? hash_bytes_64(heap, length)
                        : hash_wide((const uint64_t[2]){numeric->low, numeric->high});
}

#define HASH_BYTE(at)   hash_word(*(const uint8_t *)(at))
#define HASH_INT2(at)   hash_word((uint64_t)(int64_t) * (const int16_t *)(at))
#define HASH_INT4(at)   hash_word((uint64_t)(int64_t) * (const int32_t *)(at))
#define HASH_INT8(at)   hash_word(*(const uint64_t *)(at))
#define HASH_FLOAT4(at) hash_word(*(const uint32_t *)(at))
#define HASH_WIDE(at)   hash_wide((const uint64_t *)(at))

#define SUM_ROWS(type, hash)                                                           \
    do {                                                                               \
        const type *values = column->values;                                           \
        if (is_plain) {                                                                \
            for (int i = 0; i < row_count; i++)                                        \
                checksum += hash(&values[i]);                                          \
            count = row_count;                                                         \
            break;                                                                     \
        }                                                                              \
        for (int i = 0; i < batch->selected_count; i++) {                              \
            int row = batch_row(batch, i);                                             \
            if (column_is_null(column, row))                                           \
                continue;                                                              \
            int64_t diff = batch_diff(batch, row);                                     \
            checksum += (uint64_t)diff * hash(&values[column->is_constant ? 0 : row]); \
            count += diff;                                                             \
        }                                                                              \
    } while (0)

static void add_column(Sum *sum, const Batch *batch, const Column *column) {
    const int row_count = batch->row_count;
    const bool is_plain =
        batch->selection == NULL && batch->diffs == NULL && column->nulls == NULL && !column->is_constant;
    uint64_t checksum = 0;
    int64_t count = 0;
    switch ((Layout)column->layout) {
    case LAYOUT_BOOL:
        SUM_ROWS(uint8_t, HASH_BYTE);
        break;
    case LAYOUT_INT2:
        SUM_ROWS(int16_t, HASH_INT2);
        break;
    case LAYOUT_INT4:
        SUM_ROWS(int32_t, HASH_INT4);
        break;
    case LAYOUT_INT8:
    case LAYOUT_FLOAT8:
        SUM_ROWS(uint64_t, HASH_INT8);
        break;
    case LAYOUT_FLOAT4:
        SUM_ROWS(uint32_t, HASH_FLOAT4);
        break;
    case LAYOUT_NUMERIC:
        SUM_ROWS(Numeric, hash_numeric);
        break;
    case LAYOUT_INTERVAL:
        SUM_ROWS(Interval, HASH_WIDE);
        break;
    case LAYOUT_VIEW:
        SUM_ROWS(View, hash_view);
        break;
    }
    sum->count += count;
    sum->checksum += checksum;
}

static Sum *sums_of(Text *staged, int column_count) {
    size_t length = sizeof(Sum) * (size_t)(column_count + 1);
    if (staged->length == 0) {
        memset(text_reserve(staged, length), 0, length);
        staged->length = length;
    }
    return (Sum *)(void *)staged->bytes;
}

static Status blackhole_encode(SinkWriter *base, const Batch *batch, Text *staged, Error *error) {
    const BlackholeWriter *writer = (const BlackholeWriter *)base;
    Sum *sums = sums_of(staged, writer->column_count);
    if (batch->diffs == NULL)
        sums[0].count += batch->selected_count;
    else
        for (int i = 0; i < batch->selected_count; i++)
            sums[0].count += batch->diffs[batch_row(batch, i)];
    for (int i = 0; i < writer->column_count; i++)
        add_column(&sums[i + 1], batch, batch->columns[i]);
    return OK;
}

static void blackhole_fold(Text *into, const char *stored, size_t length) {
    size_t count = length / sizeof(Sum);
    if (count == 0)
        return;
    Sum *sums = sums_of(into, (int)count - 1);
    for (size_t i = 0; i < count && i < into->length / sizeof(Sum); i++) {
        Sum sum;
        memcpy(&sum, stored + i * sizeof sum, sizeof sum);
        sums[i].count += sum.count;
        sums[i].checksum += sum.checksum;
    }
}

static bool blackhole_sum(
    const SinkWriter *base, const char *stored, size_t length, int index, SinkSum *out) {
    const BlackholeWriter *writer = (const BlackholeWriter *)base;
    if (index > writer->column_count)
        return false;
    Sum sum = {0};
    if ((size_t)(index + 1) * sizeof sum <= length)
        memcpy(&sum, stored + (size_t)index * sizeof sum, sizeof sum);
    *out = (SinkSum){index == 0 ? NULL : writer->names[index - 1], sum.count, sum.checksum};
    return true;
}

static void blackhole_close(SinkWriter *base) {
    BlackholeWriter *writer = (BlackholeWriter *)base;
    for (int i = 0; i < writer->column_count; i++)
        memory_free(writer->names[i]);
    memory_free(writer->names);
    memory_free(writer);
}

static const SinkType sink_type = {
    .encode = blackhole_encode,
    .close = blackhole_close,
    .is_discarding = true,
    .fold = blackhole_fold,
    .sum = blackhole_sum,
};

static Status blackhole_open_sink(const ConnectorDefinition *definition, SinkWriter **out, Error *error) {
    BlackholeWriter *writer = NEW(BlackholeWriter);
    writer->base.type = &sink_type;
    writer->column_count = definition->columns.count;
    writer->names = NEW_ARRAY(char *, writer->column_count + 1);
    for (int i = 0; i < writer->column_count; i++)
        writer->names[i] = memory_strdup(definition->columns.names[i]);
    *out = &writer->base;
    return OK;
}

static const ConnectorOption options[] = {{0}};

const ConnectorType blackhole_connector = {
    .name = "blackhole",
    .discards = true,
    .options = options,
    .open_sink = blackhole_open_sink,
};
