/* RowWriter: what is the same for every value of a column is found out once a batch; a row then only walks
   the columns. */
#include "server/conversation/rows.h"

#include "executor/base/memory.h"

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

RowWriter *row_writer_create(
    Batch *batch, const int16_t *formats, const TypeSettings *settings, AddRow add_row) {
    RowWriter *writer =
        memory_allocate_zero(sizeof(RowWriter) + sizeof(RowColumn) * (size_t)batch->column_count);
    writer->add_row = add_row;
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
    text_free(&writer->value);
    memory_free(writer);
}

bool row_writer_add(RowWriter *writer, Text *out, size_t length_max) {
    for (; writer->at < writer->batch->selected_count; writer->at++) {
        int row = batch_row(writer->batch, writer->at);
        int64_t copies = batch_diff(writer->batch, row);
        for (; writer->copies_done < copies; writer->copies_done++) {
            if (out->length >= length_max)
                return false;
            writer->add_row(writer, row, out);
        }
        writer->copies_done = 0;
    }
    return true;
}
