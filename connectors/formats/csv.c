/* CSV: fields by position, quoted as PostgreSQL's COPY … CSV does: a quote inside quotes is doubled, an
   unquoted NULL text is NULL. */
#include <string.h>

#include "connectors/formats/format_type.h"
#include "executor/base/memory.h"

typedef struct CsvStyle {
    char delimiter, quote;
    bool has_heading;
    char *null_text; /* "" unless given */
} CsvStyle;

typedef struct CsvDecoder {
    Decoder base;
    CsvStyle style;
    Text field;
} CsvDecoder;

typedef struct CsvEncoder {
    Encoder base;
    CsvStyle style;
} CsvEncoder;

extern const FormatType csv_format;

static Status read_char(const ConnectorDefinition *definition, const char *option, char *out, Error *error) {
    const char *text = format_option(&csv_format, definition, option);
    if (strcmp(text, "\\t") == 0)
        text = "\t";
    if (strlen(text) != 1 || *text == '\n' || *text == '\r')
        return error_set(
            error, STATUS_INVALID_PARAMETER_VALUE, "CSV %s must be a single one-byte character", option);
    *out = *text;
    return OK;
}

static Status read_style(const ConnectorDefinition *definition, CsvStyle *style, Error *error) {
    TRY(read_char(definition, "delimiter", &style->delimiter, error));
    TRY(read_char(definition, "quote", &style->quote, error));
    if (style->delimiter == style->quote)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "CSV delimiter and quote must be different");
    style->has_heading = strcmp(format_option(&csv_format, definition, "header"), "true") == 0;
    style->null_text = memory_strdup(format_option(&csv_format, definition, "null"));
    return OK;
}

static Status csv_open_decoder(Decoder *base, const ConnectorDefinition *definition, Error *error) {
    return read_style(definition, &((CsvDecoder *)base)->style, error);
}

static void csv_close_decoder(Decoder *base) {
    CsvDecoder *decoder = (CsvDecoder *)base;
    text_free(&decoder->field);
    memory_free(decoder->style.null_text);
}

static bool csv_has_heading(const Decoder *base) {
    return ((const CsvDecoder *)base)->style.has_heading;
}

/* A line feed inside quotes belongs to the record. */
static size_t csv_split(
    const Decoder *base, const char *bytes, size_t length, bool is_end, size_t *record_length) {
    char quote = ((const CsvDecoder *)base)->style.quote;
    bool is_inside = false;
    size_t line = 0;
    for (; line < length && (is_inside || bytes[line] != '\n'); line++)
        is_inside ^= bytes[line] == quote;
    if (line == length && !is_end)
        return 0;
    *record_length = line > 0 && bytes[line - 1] == '\r' ? line - 1 : line;
    return line == length ? length : line + 1;
}

/* One field as it was read. */
typedef struct CsvField {
    const char *bytes; /* in the record, or, when quotes had to be resolved, in decoder->field */
    size_t length;
    bool was_quoted;
} CsvField;

static const char *read_quoted(CsvDecoder *decoder, const char *at, const char *end, CsvField *field) {
    const CsvStyle *style = &decoder->style;
    bool is_inside = false;
    text_reset(&decoder->field);
    for (; at < end && (is_inside || *at != style->delimiter); at++) {
        if (*at != style->quote)
            text_add_char(&decoder->field, *at);
        else if (is_inside && at + 1 < end && at[1] == style->quote)
            text_add_char(&decoder->field, *++at);
        else
            is_inside = !is_inside;
    }
    *field = (CsvField){text_string(&decoder->field), decoder->field.length, true};
    return is_inside ? NULL : at;
}

/* Returns the field's end, NULL when a quote stays open. */
static const char *read_field(CsvDecoder *decoder, const char *at, const char *end, CsvField *field) {
    const char *delimiter = memchr(at, decoder->style.delimiter, (size_t)(end - at));
    const char *stop = delimiter == NULL ? end : delimiter;
    if (memchr(at, decoder->style.quote, (size_t)(stop - at)) != NULL)
        return read_quoted(decoder, at, end, field);
    *field = (CsvField){at, (size_t)(stop - at), false};
    return stop;
}

static Status set_field(
    CsvDecoder *decoder, Column *column, int row, int number, const CsvField *field, Error *error) {
    const char *null_text = decoder->style.null_text;
    if (!field->was_quoted && strlen(null_text) == field->length &&
        memcmp(null_text, field->bytes, field->length) == 0) {
        column_set_null(column, row);
        return OK;
    }
    Status status = format_set_text(column, row, field->bytes, field->length, decoder->base.scratch, error);
    if (status == OK)
        return OK;
    Error cause = {0};
    error_move(&cause, error);
    error_set(error, status, "field \"%s\": %s", decoder->base.fields.names[number], cause.message);
    error_clear(&cause);
    return status;
}

static Status csv_decode(Decoder *base, const FormatRecord *record, Batch *builder, int row, Error *error) {
    CsvDecoder *decoder = (CsvDecoder *)base;
    const FormatFields *fields = &base->fields;
    const char *at = record->bytes, *end = record->bytes + record->length;
    TRY(format_check_utf8(record->bytes, record->length, error));
    for (int i = 0; i < fields->count; i++) {
        CsvField field;
        if (at > end)
            return error_set(
                error, STATUS_BAD_COPY_FILE_FORMAT, "missing data for column \"%s\"", fields->names[i]);
        at = read_field(decoder, at, end, &field);
        if (at == NULL)
            return error_set(error, STATUS_BAD_COPY_FILE_FORMAT, "unterminated CSV quoted field");
        TRY(set_field(decoder, builder->columns[fields->columns[i]], row, i, &field, error));
        at++;
    }
    return at <= end ? error_set(error, STATUS_BAD_COPY_FILE_FORMAT, "extra data after last expected column")
                     : OK;
}

static Status csv_open_encoder(Encoder *base, const ConnectorDefinition *definition, Error *error) {
    return read_style(definition, &((CsvEncoder *)base)->style, error);
}

static void csv_close_encoder(Encoder *base) {
    memory_free(((CsvEncoder *)base)->style.null_text);
}

static void add_quoted(const CsvStyle *style, const char *bytes, size_t length, bool is_alone, Text *out) {
    bool is_special = (length == strlen(style->null_text) && memcmp(bytes, style->null_text, length) == 0) ||
                      (is_alone && length == 2 && memcmp(bytes, "\\.", 2) == 0);
    const char special[4] = {style->delimiter, style->quote, '\n', '\r'};
    for (int i = 0; i < 4 && !is_special; i++)
        is_special = memchr(bytes, special[i], length) != NULL;
    if (!is_special) {
        text_add(out, bytes, length);
        return;
    }
    text_add_char(out, style->quote);
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == style->quote)
            text_add_char(out, style->quote);
        text_add_char(out, bytes[i]);
    }
    text_add_char(out, style->quote);
}

static void csv_encode(const Encoder *base, const Batch *batch, int row, Text *out) {
    const CsvStyle *style = &((const CsvEncoder *)base)->style;
    const FormatFields *fields = &base->fields;
    Text value = {0};
    for (int i = 0; i < fields->count; i++) {
        const Column *column = batch->columns[fields->columns[i]];
        if (i > 0)
            text_add_char(out, style->delimiter);
        if (column_is_null(column, row)) {
            text_add_string(out, style->null_text);
            continue;
        }
        text_reset(&value);
        datum_format(column->type, column_at(column, row), &type_settings_default, &value);
        add_quoted(style, text_string(&value), value.length, fields->count == 1, out);
    }
    text_free(&value);
}

static void csv_encode_heading(const Encoder *base, Text *out) {
    const CsvStyle *style = &((const CsvEncoder *)base)->style;
    if (!style->has_heading)
        return;
    for (int i = 0; i < base->fields.count; i++) {
        if (i > 0)
            text_add_char(out, style->delimiter);
        add_quoted(style, base->fields.names[i], strlen(base->fields.names[i]), false, out);
    }
    text_add_char(out, '\n');
}

static const char *const truths[] = {"true", "false", NULL};

static const ConnectorOption options[] = {
    {"delimiter", OPTION_TEXT, ",", "the character between fields; \\t is a tab"},
    {"quote", OPTION_TEXT, "\"", "the character around fields"},
    {"null", OPTION_TEXT, "", "the unquoted text that is NULL"},
    {"header", OPTION_ENUM, "false", "whether the first line holds names: true or false", truths},
    {0},
};

const FormatType csv_format = {
    .name = "csv",
    .options = options,
    .decoder_size = sizeof(CsvDecoder),
    .encoder_size = sizeof(CsvEncoder),
    .open_decoder = csv_open_decoder,
    .decode = csv_decode,
    .close_decoder = csv_close_decoder,
    .has_heading = csv_has_heading,
    .split = csv_split,
    .open_encoder = csv_open_encoder,
    .encode = csv_encode,
    .encode_heading = csv_encode_heading,
    .close_encoder = csv_close_encoder,
};
