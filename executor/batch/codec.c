/* Codec: batches as bytes.

   u16 rows, u16 columns, u8 whether there are diffs; a column: u8 type, u8 is array, u32 modifier, u8 whether
   there are NULLs, their words, values. Values lie as in memory. Views are u32 lengths, then all bytes. A
   large numeric lies with a zero pointer; its bytes follow the values. What must be zero (under a NULL,
   behind the last row's null bit) is checked, so that an image in memory is always one that batch_encode
   could have read. */
#include "executor/batch/codec.h"

#include <assert.h>
#include <string.h>

#include "executor/base/memory.h"
#include "executor/types/definition.h"

static size_t null_bytes(int row_count) {
    return ((size_t)row_count + 63) / 64 * sizeof(uint64_t);
}

static bool any_null(const Column *column, int row_count) {
    uint64_t any = 0;
    for (size_t i = 0; column->nulls != NULL && i < null_bytes(row_count) / sizeof any; i++)
        any |= column->nulls[i];
    return any != 0;
}

static void encode_views(const Column *column, int row_count, Text *out) {
    const View *views = column->values;
    char *to = text_reserve(out, (size_t)row_count * sizeof(uint32_t));
    size_t total = 0;
    for (int i = 0; i < row_count; i++) {
        memcpy(to + (size_t)i * sizeof(uint32_t), &views[i].length, sizeof(uint32_t));
        total += views[i].length;
    }
    out->length += (size_t)row_count * sizeof(uint32_t);
    to = text_reserve(out, total);
    for (int i = 0; i < row_count; i++) {
        memcpy(to, view_bytes(&views[i]), views[i].length);
        to += views[i].length;
    }
    out->length += total;
}

static void encode_numerics(const Column *column, int row_count, Text *out) {
    const Numeric *numerics = column->values;
    for (int i = 0; i < row_count; i++) {
        Numeric flat = numerics[i];
        if (numeric_tag(&flat) == NUMERIC_LARGE)
            flat.low = 0;
        text_add(out, (const char *)&flat, sizeof flat);
    }
    for (int i = 0; i < row_count; i++) {
        uint32_t length;
        const char *heap = datum_heap(LAYOUT_NUMERIC, &numerics[i], &length);
        if (heap != NULL)
            text_add(out, heap, length);
    }
}

static void encode_nulls(const Column *column, int row_count, Text *out) {
    size_t start = out->length;
    text_add(out, (const char *)column->nulls, null_bytes(row_count));
    /* A builder may have more bits than the batch has rows. */
    if (row_count & 63) {
        char *last = out->bytes + start + null_bytes(row_count) - sizeof(uint64_t);
        uint64_t word;
        memcpy(&word, last, sizeof word);
        word &= ((uint64_t)1 << (row_count & 63)) - 1;
        memcpy(last, &word, sizeof word);
    }
}

static void encode_column(const Column *column, int row_count, Text *out) {
    bool has_nulls = any_null(column, row_count);
    text_add_u8(out, column->type.id);
    text_add_u8(out, column->type.is_array);
    text_add_u32(out, (uint32_t)column->type.modifier);
    type_add_definition(column->type, out);
    text_add_u8(out, has_nulls);
    if (has_nulls)
        encode_nulls(column, row_count, out);
    if (column->layout == LAYOUT_VIEW)
        encode_views(column, row_count, out);
    else if (column->layout == LAYOUT_NUMERIC)
        encode_numerics(column, row_count, out);
    else
        text_add(out, column->values, (size_t)row_count * layout_width((Layout)column->layout));
}

void batch_encode(const Batch *batch, Text *out) {
    assert(batch->selection == NULL);
    text_add_u16(out, (uint16_t)batch->row_count);
    text_add_u16(out, (uint16_t)batch->column_count);
    text_add_u8(out, batch->diffs != NULL);
    for (int i = 0; i < batch->column_count; i++) {
        assert(!batch->columns[i]->is_constant);
        encode_column(batch->columns[i], batch->row_count, out);
    }
    if (batch->diffs != NULL)
        text_add(out, (const char *)batch->diffs, (size_t)batch->row_count * sizeof *batch->diffs);
}

static bool decode_views(TextReader *reader, Column *column, int row_count) {
    const char *lengths = text_read_raw(reader, (size_t)row_count * sizeof(uint32_t));
    if (lengths == NULL)
        return false;
    View *views = column->values;
    for (int i = 0; i < row_count; i++) {
        uint32_t length;
        memcpy(&length, lengths + (size_t)i * sizeof length, sizeof length);
        const char *bytes = text_read_raw(reader, length);
        if (bytes == NULL)
            return false;
        if (length > VIEW_INLINE_MAX) {
            char *copy = column_store(column, length);
            memcpy(copy, bytes, length);
            bytes = copy;
        }
        views[i] = view_of(bytes, length);
    }
    return true;
}

static bool decode_numerics(TextReader *reader, Column *column, int row_count) {
    const char *bytes = text_read_raw(reader, (size_t)row_count * sizeof(Numeric));
    if (bytes == NULL)
        return false;
    Numeric *numerics = column->values;
    memcpy(numerics, bytes, (size_t)row_count * sizeof(Numeric));
    for (int i = 0; i < row_count; i++) {
        int tag = numeric_tag(&numerics[i]);
        if (tag > NUMERIC_MINUS_INFINITY || (tag == NUMERIC_LARGE && numerics[i].low != 0))
            goto bad;
        if (tag != NUMERIC_LARGE)
            continue;
        const char *heap = text_read_raw(reader, (uint32_t)numerics[i].high);
        if (heap == NULL)
            goto bad;
        char *copy = column_store(column, (uint32_t)numerics[i].high);
        memcpy(copy, heap, (uint32_t)numerics[i].high);
        datum_rebase(LAYOUT_NUMERIC, &numerics[i], copy);
    }
    return true;
bad:
    memset(numerics, 0, (size_t)row_count * sizeof(Numeric));
    return false;
}

static bool decode_nulls(TextReader *reader, Column *column, int row_count) {
    const char *bytes = text_read_raw(reader, null_bytes(row_count));
    if (bytes == NULL || row_count == 0)
        return false;
    column_need_nulls(column);
    memcpy(column->nulls, bytes, null_bytes(row_count));
    return (row_count & 63) == 0 || column->nulls[row_count >> 6] >> (row_count & 63) == 0;
}

/* Zero bytes stand under every NULL, and a boolean is 0 or 1. */
static bool is_column_sound(const Column *column, int row_count) {
    static const char zeros[16];
    size_t width = layout_width((Layout)column->layout);
    for (int i = 0; column->nulls != NULL && i < row_count; i++)
        if (column_is_null(column, i) && memcmp(column_at(column, i), zeros, width) != 0)
            return false;
    for (int i = 0; column->layout == LAYOUT_BOOL && i < row_count; i++)
        if (((const uint8_t *)column->values)[i] > 1)
            return false;
    return true;
}

static bool decode_column(TextReader *reader, int row_count, Column **out) {
    uint8_t id = text_read_u8(reader), is_array = text_read_u8(reader);
    Type type = {.id = id, .is_array = is_array, .modifier = (int32_t)text_read_u32(reader)};
    if (id < TYPE_COUNT)
        type_read_definition(reader, &type);
    uint8_t has_nulls = text_read_u8(reader);
    if (reader->is_bad || id >= TYPE_COUNT || is_array > 1 || has_nulls > 1)
        return false;
    Column *column = *out = column_create(type, row_count);
    if (has_nulls && !decode_nulls(reader, column, row_count))
        return false;
    if (column->layout == LAYOUT_VIEW) {
        if (!decode_views(reader, column, row_count))
            return false;
    } else if (column->layout == LAYOUT_NUMERIC) {
        if (!decode_numerics(reader, column, row_count))
            return false;
    } else {
        size_t size = (size_t)row_count * layout_width((Layout)column->layout);
        const char *bytes = text_read_raw(reader, size);
        if (bytes == NULL)
            return false;
        memcpy(column->values, bytes, size);
    }
    return is_column_sound(column, row_count);
}

static bool decode_columns(TextReader *reader, Batch *batch) {
    for (int i = 0; i < batch->column_count; i++)
        if (!decode_column(reader, batch->row_count, &batch->columns[i]))
            return false;
    return true;
}

static bool decode_diffs(TextReader *reader, Batch *batch) {
    const char *bytes = text_read_raw(reader, (size_t)batch->row_count * sizeof *batch->diffs);
    if (bytes == NULL)
        return false;
    batch_need_diffs(batch, batch->row_count);
    memcpy(batch->diffs, bytes, (size_t)batch->row_count * sizeof *batch->diffs);
    return true;
}

Status batch_decode(TextReader *reader, Batch **out, Error *error) {
    int row_count = text_read_u16(reader), column_count = text_read_u16(reader);
    uint8_t has_diffs = text_read_u8(reader);
    *out = NULL;
    /* A column takes at least seven bytes: a damaged count cannot ask for more than the input justifies. */
    if (reader->is_bad || row_count > BATCH_ROWS_MAX || has_diffs > 1 ||
        (size_t)column_count * 7 > (size_t)(reader->end - reader->cursor))
        return error_set(error, STATUS_DATA_CORRUPTED, "encoded batch has an invalid header");
    Column **none = memory_allocate_zero((size_t)(column_count + 1) * sizeof *none);
    Batch *batch = batch_create(row_count, column_count, none);
    memory_free(none);
    if (!decode_columns(reader, batch) || (has_diffs && !decode_diffs(reader, batch))) {
        batch_release(batch);
        return error_set(error, STATUS_DATA_CORRUPTED, "encoded batch is damaged");
    }
    *out = batch;
    return OK;
}
