/* CopyReader: COPY FROM STDIN's text, CSV or binary into batches. Records may arrive cut anywhere; a record
   is taken only when it is whole. */
#include <stdio.h>
#include <string.h>

#include "executor/base/memory.h"
#include "server/conversation/copy.h"
#include "server/network/wire.h"

enum { SIGNATURE_LENGTH = 11, RECORD_LENGTH_MAX = 1 << 30 };

typedef struct Field {
    size_t start; /* in `fields` */
    size_t length;
    bool is_null;
} Field;

struct CopyReader {
    const Prepared *prepared;
    const CopyFormat *format;
    const TypeSettings *settings;
    Arena *arena; /* heap bytes of one record's values */
    Text input;   /* from input_at on not yet taken */
    size_t input_at;
    size_t scanned; /* of them known to hold no end of record; and whether that scan stopped inside quotes */
    bool is_in_quotes;
    Text fields; /* one record's, unescaped */
    Field *field;
    int field_count;
    int64_t line;
    bool is_header_read;
    bool is_at_end; /* "\." or binary's trailer was read: the rest is passed over */
    Batch *batch;
};

CopyReader *copy_reader_create(const Prepared *prepared, const TypeSettings *settings) {
    CopyReader *reader = NEW(CopyReader);
    *reader = (CopyReader){
        .prepared = prepared,
        .format = &prepared->copy,
        .settings = settings,
        .arena = arena_create(),
        .field = NEW_ARRAY(Field, prepared->column_count + 1),
    };
    return reader;
}

void copy_reader_destroy(CopyReader *reader) {
    if (reader == NULL)
        return;
    arena_destroy(reader->arena);
    text_free(&reader->input);
    text_free(&reader->fields);
    batch_release(reader->batch);
    memory_free(reader->field);
    memory_free(reader);
}

void copy_reader_add(CopyReader *reader, const char *bytes, size_t length) {
    if (reader->input_at > 0) {
        reader->input.length -= reader->input_at;
        if (reader->input.length > 0)
            memmove(reader->input.bytes, reader->input.bytes + reader->input_at, reader->input.length);
        reader->input_at = 0;
    }
    text_add(&reader->input, bytes, length);
}

/* Where an error happened, as PostgreSQL's CONTEXT says it. */
static Status add_context(const CopyReader *reader, const char *column, Error *error) {
    if (error != NULL && error->detail == NULL)
        error_detail(error, column == NULL ? "COPY %s, line %lld" : "COPY %s, line %lld, column %s",
            reader->format->relation_name, (long long)reader->line, column);
    return error == NULL ? STATUS_BAD_COPY_FILE_FORMAT : error->status;
}

static Status bad_record(const CopyReader *reader, Error *error, const char *message) {
    error_set(error, STATUS_BAD_COPY_FILE_FORMAT, "%s", message);
    return add_context(reader, NULL, error);
}

/* Text and CSV: finds the end of the record that begins at input_at: its length without line end, and with
   it. */
static bool find_record(CopyReader *reader, bool is_end, size_t *length, size_t *taken) {
    const char *bytes = reader->input.bytes + reader->input_at;
    size_t present = reader->input.length - reader->input_at;
    const CopyFormat *format = reader->format;
    bool is_csv = format->kind == COPY_CSV;
    for (size_t i = reader->scanned; i < present; i++) {
        bool is_escape =
            is_csv ? reader->is_in_quotes && bytes[i] == format->escape && format->escape != format->quote
                   : bytes[i] == '\\';
        reader->scanned = i;
        if (is_escape && i + 1 == present && !is_end)
            return false; /* what it escapes is still to come */
        if (is_escape) {
            i++;
        } else if (is_csv && bytes[i] == format->quote) {
            reader->is_in_quotes = !reader->is_in_quotes;
        } else if (bytes[i] == '\n' && !reader->is_in_quotes) {
            *length = i > 0 && bytes[i - 1] == '\r' ? i - 1 : i;
            *taken = i + 1;
            return true;
        }
        reader->scanned = i + 1;
    }
    *length = *taken = present;
    return is_end && present > 0;
}

static void begin_field(CopyReader *reader) {
    reader->field[reader->field_count].start = reader->fields.length;
}

static void end_field(CopyReader *reader, bool is_null) {
    Field *field = &reader->field[reader->field_count++];
    field->length = reader->fields.length - field->start;
    field->is_null = is_null;
}

static bool is_null_text(const CopyReader *reader, const char *bytes, size_t length) {
    return length == strlen(reader->format->null_text) &&
           memcmp(bytes, reader->format->null_text, length) == 0;
}

/* The byte that a backslash and what follows stand for; moves *at past them. */
static char unescape(const char *bytes, size_t length, size_t *at) {
    char c = bytes[(*at)++];
    int value = 0, digits = 0;
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'v':
        return '\v';
    case 'x':
        for (; digits < 2 && *at < length && strchr("0123456789abcdefABCDEF", bytes[*at]) != NULL &&
               bytes[*at] != 0;
             digits++, (*at)++)
            value = value * 16 + (bytes[*at] <= '9' ? bytes[*at] - '0' : (bytes[*at] | 32) - 'a' + 10);
        return digits == 0 ? c : (char)value;
    }
    if (c < '0' || c > '7')
        return c;
    for (value = c - '0', digits = 1; digits < 3 && *at < length && bytes[*at] >= '0' && bytes[*at] <= '7';
         digits++, (*at)++)
        value = value * 8 + bytes[*at] - '0';
    return (char)value;
}

static Status split_text(CopyReader *reader, const char *bytes, size_t length, Error *error) {
    for (size_t at = 0;; at++) {
        if (reader->field_count == reader->prepared->column_count)
            return bad_record(reader, error, "extra data after last expected column");
        size_t from = at;
        begin_field(reader);
        while (at < length && bytes[at] != reader->format->delimiter) {
            char c = bytes[at++];
            text_add_char(&reader->fields, c == '\\' && at < length ? unescape(bytes, length, &at) : c);
        }
        end_field(reader, is_null_text(reader, bytes + from, at - from));
        if (at >= length)
            return OK;
    }
}

static Status split_csv(CopyReader *reader, const char *bytes, size_t length, Error *error) {
    const CopyFormat *format = reader->format;
    for (size_t at = 0;; at++) {
        if (reader->field_count == reader->prepared->column_count)
            return bad_record(reader, error, "extra data after last expected column");
        size_t from = at;
        bool is_quoted = false, is_in_quotes = false;
        begin_field(reader);
        for (; at < length && (is_in_quotes || bytes[at] != format->delimiter); at++) {
            bool is_escaped = is_in_quotes && bytes[at] == format->escape && at + 1 < length &&
                              (bytes[at + 1] == format->quote || bytes[at + 1] == format->escape);
            if (is_escaped)
                text_add_char(&reader->fields, bytes[++at]);
            else if (bytes[at] == format->quote)
                is_quoted = true, is_in_quotes = !is_in_quotes;
            else
                text_add_char(&reader->fields, bytes[at]);
        }
        if (is_in_quotes)
            return bad_record(reader, error, "unterminated CSV quoted field");
        end_field(reader, !is_quoted && is_null_text(reader, bytes + from, at - from));
        if (at >= length)
            return OK;
    }
}

/* A table without columns has empty lines. */
static Status split(CopyReader *reader, const char *bytes, size_t length, Error *error) {
    text_reset(&reader->fields);
    reader->field_count = 0;
    if (reader->prepared->column_count == 0)
        return length == 0 ? OK : bad_record(reader, error, "extra data after last expected column");
    TRY(reader->format->kind == COPY_CSV ? split_csv(reader, bytes, length, error)
                                         : split_text(reader, bytes, length, error));
    if (reader->field_count == reader->prepared->column_count)
        return OK;
    error_set(error, STATUS_BAD_COPY_FILE_FORMAT, "missing data for column \"%s\"",
        reader->prepared->columns[reader->field_count].name);
    return add_context(reader, NULL, error);
}

static Batch *batch_of(CopyReader *reader) {
    if (reader->batch != NULL)
        return reader->batch;
    Type types[reader->prepared->column_count + 1];
    for (int i = 0; i < reader->prepared->column_count; i++)
        types[i] = reader->prepared->columns[i].type;
    return reader->batch = batch_builder(types, reader->prepared->column_count, BATCH_ROWS_MAX);
}

static Status add_record(CopyReader *reader, bool is_binary, Error *error) {
    Batch *batch = batch_of(reader);
    for (int i = 0; i < reader->field_count; i++) {
        const Field *field = &reader->field[i];
        Column *column = batch->columns[i];
        if (field->is_null) {
            column_set_null(column, batch->row_count);
            continue;
        }
        const char *bytes = text_string(&reader->fields) + field->start;
        Datum datum;
        Status status = is_binary ? datum_receive(column->type, bytes, field->length, reader->settings,
                                        reader->arena, &datum, error)
                                  : datum_parse(column->type, bytes, field->length, reader->settings,
                                        reader->arena, &datum, error);
        if (status != OK)
            return add_context(reader, reader->prepared->columns[i].name, error);
        column_set_datum(column, batch->row_count, &datum);
    }
    batch->selected_count = ++batch->row_count;
    arena_reset(reader->arena);
    return OK;
}

/* Takes one record of text or CSV; *is_taken false: there is no whole one. */
static Status take_line(CopyReader *reader, bool is_end, bool *is_taken, Error *error) {
    size_t length, taken;
    *is_taken = find_record(reader, is_end, &length, &taken);
    if (!*is_taken)
        return OK;
    const char *bytes = reader->input.bytes + reader->input_at;
    reader->input_at += taken;
    reader->scanned = 0;
    reader->is_in_quotes = false;
    reader->line++;
    if (length == 2 && memcmp(bytes, "\\.", 2) == 0) {
        reader->is_at_end = true;
        return OK;
    }
    if (reader->format->has_header && !reader->is_header_read) {
        reader->is_header_read = true;
        return OK;
    }
    TRY(split(reader, bytes, length, error));
    return add_record(reader, false, error);
}

static Status take_binary_header(CopyReader *reader, bool is_end, bool *is_taken, Error *error) {
    WireReader wire = {
        .cursor = reader->input.bytes + reader->input_at, .end = reader->input.bytes + reader->input.length};
    const char *signature = wire_read_bytes(&wire, SIGNATURE_LENGTH);
    if (signature != NULL && memcmp(signature, "PGCOPY\n\377\r\n", SIGNATURE_LENGTH) != 0)
        return bad_record(reader, error, "COPY file signature not recognized");
    int32_t flags = wire_read_int32(&wire);
    int32_t extension = wire_read_int32(&wire);
    if (!wire.is_bad && ((flags & ~0xffff) != 0 || extension < 0))
        return bad_record(reader, error, "invalid COPY file header");
    wire_read_bytes(&wire, (size_t)(wire.is_bad ? 0 : extension));
    if (wire.is_bad && is_end)
        return bad_record(reader, error, "COPY file signature not recognized");
    *is_taken = !wire.is_bad;
    if (*is_taken) {
        reader->is_header_read = true;
        reader->input_at = (size_t)(wire.cursor - reader->input.bytes);
    }
    return OK;
}

static Status take_binary(CopyReader *reader, bool is_end, bool *is_taken, Error *error) {
    *is_taken = false;
    if (!reader->is_header_read)
        return take_binary_header(reader, is_end, is_taken, error);
    WireReader wire = {
        .cursor = reader->input.bytes + reader->input_at, .end = reader->input.bytes + reader->input.length};
    int count = wire_read_int16(&wire);
    if (!wire.is_bad && count == -1) {
        reader->is_at_end = *is_taken = true;
        return OK;
    }
    if (!wire.is_bad && count != reader->prepared->column_count)
        return bad_record(reader, error, "row field count does not match the number of columns");
    text_reset(&reader->fields);
    reader->field_count = 0;
    for (int i = 0; i < count && !wire.is_bad; i++) {
        int32_t length = wire_read_int32(&wire);
        if (length < -1)
            return bad_record(reader, error, "invalid field size");
        const char *bytes = length > 0 ? wire_read_bytes(&wire, (size_t)length) : NULL;
        begin_field(reader);
        if (bytes != NULL)
            text_add(&reader->fields, bytes, (size_t)length);
        end_field(reader, length == -1);
    }
    if (wire.is_bad)
        return is_end && reader->input_at < reader->input.length
                   ? bad_record(reader, error, "unexpected EOF in COPY data")
                   : OK;
    *is_taken = true;
    reader->input_at = (size_t)(wire.cursor - reader->input.bytes);
    reader->line++;
    return add_record(reader, true, error);
}

Status copy_reader_next(CopyReader *reader, bool is_end, Batch **batch, Error *error) {
    *batch = NULL;
    bool is_taken = true;
    while (is_taken && !reader->is_at_end &&
           (reader->batch == NULL || reader->batch->row_count < BATCH_ROWS_MAX)) {
        if (reader->format->kind == COPY_BINARY)
            TRY(take_binary(reader, is_end, &is_taken, error));
        else
            TRY(take_line(reader, is_end, &is_taken, error));
    }
    if (reader->is_at_end)
        reader->input_at = reader->input.length;
    if (reader->input.length - reader->input_at > RECORD_LENGTH_MAX)
        return bad_record(reader, error, "COPY record is too long");
    bool is_full = reader->batch != NULL && reader->batch->row_count == BATCH_ROWS_MAX;
    if (reader->batch != NULL && (is_full || is_end)) {
        *batch = reader->batch;
        reader->batch = NULL;
    }
    return OK;
}
