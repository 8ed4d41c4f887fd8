/* RowWriter: what is the same for every value of a column is found out once a batch; a row then only walks
   the columns. */
#include "server/conversation/rows.h"

#include <endian.h>
#include <string.h>

#include "executor/base/memory.h"
#include "server/pgwire/message.h"

typedef struct RowColumn RowColumn;
typedef void (*AddValue)(const RowColumn *column, const void *element, Text *out);

struct RowColumn {
    const char *values;
    size_t stride; /* 0 for a constant */
    const uint64_t *nulls;
    int null_stride;
    Type type;
    const TypeSettings *settings;
    AddValue add;
};

struct RowWriter {
    Batch *batch;
    int at;
    int64_t copies_done; /* of the row at `at` */
    int column_count;
    RowColumn columns[];
};

static void add_formatted(const RowColumn *column, const void *element, Text *out) {
    datum_format(column->type, element, column->settings, out);
}

static void add_binary(const RowColumn *column, const void *element, Text *out) {
    datum_send(column->type, element, column->settings, out);
}

/* Text is itself in both forms. */
static void add_view(const RowColumn *column, const void *element, Text *out) {
    (void)column;
    const View *view = element;
    text_add(out, view_bytes(view), view->length);
}

static AddValue choose_add(Type type, bool is_binary) {
    if (!type.is_array && (type.id == TYPE_TEXT || type.id == TYPE_VARCHAR || type.id == TYPE_JSON))
        return add_view;
    return is_binary ? add_binary : add_formatted;
}

RowWriter *row_writer_create(Batch *batch, const int16_t *formats, const TypeSettings *settings) {
    RowWriter *writer =
        memory_allocate_zero(sizeof(RowWriter) + sizeof(RowColumn) * (size_t)batch->column_count);
    writer->batch = batch;
    writer->column_count = batch->column_count;
    for (int i = 0; i < batch->column_count; i++) {
        const Column *column = batch->columns[i];
        writer->columns[i] = (RowColumn){
            .values = column->values,
            .stride = column->is_constant ? 0 : layout_width((Layout)column->layout),
            .nulls = column->nulls,
            .null_stride = column->is_constant ? 0 : 1,
            .type = column->type,
            .settings = settings,
            .add = choose_add(column->type, formats != NULL && formats[i] == 1),
        };
    }
    return writer;
}

void row_writer_destroy(RowWriter *writer) {
    if (writer == NULL)
        return;
    batch_release(writer->batch);
    memory_free(writer);
}

static void add_row(const RowWriter *writer, int row, Text *out) {
    size_t start = message_begin(out, 'D');
    wire_add_int16(out, writer->column_count);
    for (int i = 0; i < writer->column_count; i++) {
        const RowColumn *column = &writer->columns[i];
        int null_row = row * column->null_stride;
        if (column->nulls != NULL && (column->nulls[null_row >> 6] >> (null_row & 63) & 1)) {
            wire_add_int32(out, -1);
            continue;
        }
        size_t value_start = out->length;
        wire_add_int32(out, 0);
        column->add(column, column->values + (size_t)row * column->stride, out);
        uint32_t length = htobe32((uint32_t)(out->length - value_start - 4));
        memcpy(out->bytes + value_start, &length, sizeof length);
    }
    message_end(out, start);
}

bool row_writer_add(RowWriter *writer, Text *out, size_t length_max) {
    for (; writer->at < writer->batch->selected_count; writer->at++) {
        int row = batch_row(writer->batch, writer->at);
        int64_t copies = batch_diff(writer->batch, row);
        for (; writer->copies_done < copies; writer->copies_done++) {
            if (out->length >= length_max)
                return false;
            add_row(writer, row, out);
        }
        writer->copies_done = 0;
    }
    return true;
}
