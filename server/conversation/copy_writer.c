/* CopyWriter: COPY TO STDOUT in PostgreSQL's text, CSV and binary layouts, one frame a row. */
#include <string.h>

#include "executor/base/memory.h"
#include "server/conversation/copy.h"
#include "server/network/wire.h"

struct CopyWriter {
    const Prepared *prepared;
    const CopyFormat *format;
    const TypeSettings *settings;
    const CopyFrame *frame;
    Text value; /* one value, before escaping */
    Batch *batch;
    int at;
    int64_t copies_done; /* of the row at `at` */
    bool has_signature;
};

CopyWriter *copy_writer_create(
    const Prepared *prepared, const TypeSettings *settings, const CopyFrame *frame) {
    CopyWriter *writer = NEW(CopyWriter);
    *writer =
        (CopyWriter){.prepared = prepared, .format = &prepared->copy, .settings = settings, .frame = frame};
    return writer;
}

void copy_writer_destroy(CopyWriter *writer) {
    if (writer == NULL)
        return;
    batch_release(writer->batch);
    text_free(&writer->value);
    memory_free(writer);
}

static void add_text_escaped(const CopyFormat *format, const char *bytes, size_t length, Text *out) {
    static const char letters[] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't', ['\v'] = 'v'};
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        char letter = c < sizeof letters ? letters[c] : 0;
        bool is_special = letter != 0 || c == '\\' || c == (unsigned char)format->delimiter;
        if (is_special)
            text_add_char(out, '\\');
        text_add_char(out, letter != 0 ? letter : (char)c);
    }
}

static bool needs_quotes(const CopyWriter *writer, const char *bytes, size_t length) {
    const CopyFormat *format = writer->format;
    if (length == strlen(format->null_text) && memcmp(bytes, format->null_text, length) == 0)
        return true;
    /* Alone on its line this would end the data. */
    if (writer->prepared->column_count == 1 && length == 2 && memcmp(bytes, "\\.", 2) == 0)
        return true;
    for (size_t i = 0; i < length; i++)
        if (bytes[i] == format->delimiter || bytes[i] == format->quote || bytes[i] == '\n' ||
            bytes[i] == '\r')
            return true;
    return false;
}

static void add_csv_value(const CopyWriter *writer, const char *bytes, size_t length, Text *out) {
    const CopyFormat *format = writer->format;
    if (!needs_quotes(writer, bytes, length)) {
        text_add(out, bytes, length);
        return;
    }
    text_add_char(out, format->quote);
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == format->quote || bytes[i] == format->escape)
            text_add_char(out, format->escape);
        text_add_char(out, bytes[i]);
    }
    text_add_char(out, format->quote);
}

static void add_plain_value(CopyWriter *writer, const Column *column, int row, Text *out) {
    if (column_is_null(column, row)) {
        text_add_string(out, writer->format->null_text);
        return;
    }
    text_reset(&writer->value);
    datum_format(column->type, column_at(column, row), writer->settings, &writer->value);
    if (writer->format->kind == COPY_CSV)
        add_csv_value(writer, text_string(&writer->value), writer->value.length, out);
    else
        add_text_escaped(writer->format, text_string(&writer->value), writer->value.length, out);
}

static void add_binary_value(const CopyWriter *writer, const Column *column, int row, Text *out) {
    if (column_is_null(column, row)) {
        wire_add_int32(out, -1);
        return;
    }
    size_t start = out->length;
    wire_add_int32(out, 0);
    datum_send(column->type, column_at(column, row), writer->settings, out);
    wire_set_length(out, start);
}

/* The head of the binary form: in one message with the first row, as clients of PostgreSQL expect. */
static void add_signature(CopyWriter *writer, Text *out) {
    static const char signature[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
    if (!writer->has_signature)
        text_add(out, signature, 19);
    writer->has_signature = true;
}

static void add_row(CopyWriter *writer, int row, Text *out) {
    size_t start = writer->frame->begin(out);
    bool is_binary = writer->format->kind == COPY_BINARY;
    if (is_binary)
        add_signature(writer, out);
    if (is_binary)
        wire_add_int16(out, writer->batch->column_count);
    for (int i = 0; i < writer->batch->column_count; i++) {
        if (i > 0 && !is_binary)
            text_add_char(out, writer->format->delimiter);
        if (is_binary)
            add_binary_value(writer, writer->batch->columns[i], row, out);
        else
            add_plain_value(writer, writer->batch->columns[i], row, out);
    }
    if (!is_binary)
        text_add_char(out, '\n');
    writer->frame->end(out, start);
}

void copy_writer_begin(CopyWriter *writer, Text *out) {
    if (writer->format->kind == COPY_BINARY || !writer->format->has_header)
        return;
    size_t start = writer->frame->begin(out);
    for (int i = 0; i < writer->prepared->column_count; i++) {
        const char *name = writer->prepared->columns[i].name;
        if (i > 0)
            text_add_char(out, writer->format->delimiter);
        if (writer->format->kind == COPY_CSV)
            add_csv_value(writer, name, strlen(name), out);
        else
            add_text_escaped(writer->format, name, strlen(name), out);
    }
    text_add_char(out, '\n');
    writer->frame->end(out, start);
}

void copy_writer_take(CopyWriter *writer, Batch *batch) {
    writer->batch = batch;
    writer->at = 0;
    writer->copies_done = 0;
}

bool copy_writer_add(CopyWriter *writer, Text *out, size_t length_max) {
    if (writer->batch == NULL)
        return true;
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
    batch_release(writer->batch);
    writer->batch = NULL;
    return true;
}

void copy_writer_end(CopyWriter *writer, Text *out) {
    if (writer->format->kind != COPY_BINARY)
        return;
    size_t start = writer->frame->begin(out);
    add_signature(writer, out);
    wire_add_int16(out, -1);
    writer->frame->end(out, start);
}
