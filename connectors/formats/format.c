/* Format: the choice of a format, its options, and what all formats share. */
#include "connectors/formats/changes.h"

#include <string.h>

#include "executor/base/memory.h"

enum { PAYLOAD_MAX = 64 * 1024 };

#define FORMAT(name) extern const FormatType name##_format;
#include "connectors/formats/formats.def"
#undef FORMAT

static const FormatType *const formats[] = {
#define FORMAT(name) &name##_format,
#include "connectors/formats/formats.def"
#undef FORMAT
    NULL,
};

static const FormatType *format_by_name(const char *name, size_t length) {
    for (int i = 0; formats[i] != NULL; i++)
        if (strlen(formats[i]->name) == length && strncmp(formats[i]->name, name, length) == 0)
            return formats[i];
    return NULL;
}

bool format_exists(const char *name, size_t length) {
    return format_by_name(name, length) != NULL;
}

static Status refuse_format(const char *name, Error *error) {
    Text known = {0};
    for (int i = 0; formats[i] != NULL; i++)
        text_printf(&known, "%s%s", i > 0 ? ", " : "", formats[i]->name);
    error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "format \"%s\" is not supported", name);
    Status status = error_hint(error, "Formats are: %s.", text_string(&known));
    text_free(&known);
    return status;
}

static const ConnectorOption *find_option(const FormatType *type, const char *name) {
    for (const ConnectorOption *option = type->options; option->name != NULL; option++)
        if (strcmp(option->name, name) == 0)
            return option;
    return NULL;
}

static const char *given(const ConnectorDefinition *definition, const char *name) {
    for (int i = 0; i < definition->option_count; i++)
        if (strcmp(definition->option_names[i], name) == 0)
            return definition->option_values[i];
    return NULL;
}

const char *format_option(const FormatType *type, const ConnectorDefinition *definition, const char *name) {
    for (int i = 0; i < definition->encode_option_count; i++)
        if (strcmp(definition->encode_option_names[i], name) == 0)
            return definition->encode_option_values[i];
    char *long_name = memory_printf("%s.%s", type->name, name);
    const char *value = given(definition, long_name);
    memory_free(long_name);
    return value != NULL ? value : find_option(type, name)->default_text;
}

static bool is_word_of(const ConnectorOption *option, const char *value) {
    for (int i = 0; option->words[i] != NULL; i++)
        if (strcmp(option->words[i], value) == 0)
            return true;
    return false;
}

static Status check_option(const FormatType *type, const char *name, const char *value, Error *error) {
    const ConnectorOption *option = find_option(type, name);
    if (option == NULL) {
        Text known = {0};
        for (option = type->options; option->name != NULL; option++)
            text_printf(&known, "%s%s", known.length > 0 ? ", " : "", option->name);
        error_set(
            error, STATUS_INVALID_PARAMETER_VALUE, "format \"%s\" has no option \"%s\"", type->name, name);
        if (known.length > 0)
            error_hint(error, "Its options are: %s.", known.bytes);
        text_free(&known);
        return STATUS_INVALID_PARAMETER_VALUE;
    }
    if (option->type == OPTION_TEXT || is_word_of(option, value))
        return OK;
    error_set(error, STATUS_INVALID_PARAMETER_VALUE, "invalid value for option \"%s\": \"%s\"", name, value);
    return error_hint(error, "%s.", option->meaning);
}

bool format_accepts(
    const ConnectorDefinition *definition, const char *name, const char *value, Error *error) {
    if (strcmp(name, "format") == 0 || strcmp(name, "value.format") == 0)
        return true;
    const char *dot = strchr(name, '.');
    const FormatType *type = dot == NULL ? NULL : format_by_name(name, (size_t)(dot - name));
    return type != NULL && find_option(type, dot + 1) != NULL;
}

static Status choose(
    const ConnectorDefinition *definition, const char *default_encode, const FormatType **out, Error *error) {
    const char *name = definition->encode;
    if (name == NULL)
        name = given(definition, "format");
    if (name == NULL)
        name = given(definition, "value.format");
    if (name == NULL)
        name = default_encode;
    if (strcmp(name, "bytes") == 0) /* another word for it */
        name = "raw";
    const FormatType *type = format_by_name(name, strlen(name));
    if (type == NULL)
        return refuse_format(name, error);
    for (int i = 0; i < definition->encode_option_count; i++)
        TRY(check_option(
            type, definition->encode_option_names[i], definition->encode_option_values[i], error));
    for (int i = 0; i < definition->option_count; i++) {
        const char *dot = strchr(definition->option_names[i], '.');
        const FormatType *other = dot == NULL ? NULL
                                              : format_by_name(definition->option_names[i],
                                                    (size_t)(dot - definition->option_names[i]));
        if (other != NULL && other != type)
            return error_set(error, STATUS_INVALID_PARAMETER_VALUE,
                "option \"%s\" does not go with format \"%s\"", definition->option_names[i], type->name);
        if (other != NULL)
            TRY(check_option(type, dot + 1, definition->option_values[i], error));
    }
    *out = type;
    return OK;
}

static void fields_open(
    FormatFields *fields, const ConnectorDefinition *definition, const int *columns, int count) {
    int all = columns == NULL ? definition->columns.count : count;
    fields->columns = NEW_ARRAY(int, all + 1);
    fields->types = NEW_ARRAY(Type, all + 1);
    fields->names = NEW_ARRAY(char *, all + 1);
    for (int i = 0; i < all; i++) {
        int column = columns == NULL ? i : columns[i];
        if (columns == NULL && definition->metadata != NULL && definition->metadata[column] != NULL)
            continue;
        fields->columns[fields->count] = column;
        fields->types[fields->count] = definition->columns.types[column];
        fields->names[fields->count++] = memory_strdup(definition->columns.names[column]);
    }
}

static void fields_close(FormatFields *fields) {
    for (int i = 0; i < fields->count; i++)
        memory_free(fields->names[i]);
    memory_free(fields->columns);
    memory_free(fields->types);
    memory_free(fields->names);
}

Status decoder_create_for(const ConnectorDefinition *definition, const char *default_encode,
    const int *columns, int count, Decoder **out, Error *error) {
    const FormatType *type;
    TRY(choose(definition, default_encode, &type, error));
    Decoder *decoder = memory_allocate_zero(type->decoder_size);
    decoder->type = type;
    decoder->scratch = arena_create();
    fields_open(&decoder->fields, definition, columns, count);
    Status status = type->open_decoder(decoder, definition, error);
    if (status != OK)
        decoder_destroy(decoder);
    else
        *out = decoder;
    return status;
}

Status decoder_create(
    const ConnectorDefinition *definition, const char *default_encode, Decoder **out, Error *error) {
    ChangesKind kind = changes_kind(definition->format);
    if (kind == CHANGES_UNKNOWN)
        return changes_refuse(definition->format, "sources", error);
    TRY(decoder_create_for(definition, default_encode, NULL, 0, out, error));
    if (kind == CHANGES_NONE)
        return OK;
    Status status = changes_create(definition, kind, *out, &(*out)->changes, error);
    if (status != OK)
        decoder_destroy(*out);
    return status;
}

void decoder_destroy(Decoder *decoder) {
    if (decoder == NULL)
        return;
    changes_destroy(decoder->changes);
    if (decoder->type->close_decoder != NULL)
        decoder->type->close_decoder(decoder);
    fields_close(&decoder->fields);
    arena_destroy(decoder->scratch);
    memory_free(decoder);
}

void source_rows_fail(SourceRows *rows, const FormatRecord *record, Error *error) {
    SourceError failure = {
        .offset = record->offset,
        .timestamp = record->timestamp,
        .status = error->status,
        .message = error->detail == NULL ? arena_strdup(rows->arena, error->message)
                                         : arena_printf(rows->arena, "%s: %s", error->message, error->detail),
        .row = rows->batch == NULL ? 0 : rows->batch->row_count,
    };
    failure.payload_length = (uint32_t)(record->length < PAYLOAD_MAX ? record->length : PAYLOAD_MAX);
    if (record->bytes != NULL)
        failure.payload = arena_copy(rows->arena, record->bytes, failure.payload_length);
    ARENA_APPEND(rows->arena, rows->errors, rows->error_count, failure);
    error_clear(error);
}

/* A row as it was before a record tried to fill it. */
void decoder_clear_row(const Decoder *decoder, Batch *builder, int row) {
    const FormatFields *fields = &decoder->fields;
    for (int i = 0; i < fields->count; i++) {
        Column *column = builder->columns[fields->columns[i]];
        size_t width = layout_width((Layout)column->layout);
        memset((char *)column->values + (size_t)row * width, 0, width);
        if (column->nulls != NULL)
            column->nulls[row >> 6] &= ~((uint64_t)1 << (row & 63));
    }
}

void decoder_set_null(const Decoder *decoder, Batch *builder, int row) {
    for (int i = 0; i < decoder->fields.count; i++)
        column_set_null(builder->columns[decoder->fields.columns[i]], row);
}

/* *diff 0: the record says nothing. */
static Status decode_record(
    Decoder *decoder, const FormatRecord *record, Batch *builder, int row, int64_t *diff, Error *error) {
    *diff = 1;
    if (decoder->changes != NULL)
        return changes_decode(decoder->changes, record, builder, row, diff, error);
    if (record->bytes != NULL)
        return decoder->type->decode(decoder, record, builder, row, error);
    decoder_set_null(decoder, builder, row);
    return OK;
}

int decoder_run(Decoder *decoder, const FormatRecord *records, int count, Batch *builder, int *sources,
    SourceRows *rows) {
    int first = builder->row_count;
    if (decoder->changes != NULL)
        batch_need_diffs(builder, first + count);
    for (int i = 0; i < count; i++) {
        Error error = {0};
        int row = builder->row_count;
        int64_t diff;
        arena_reset(decoder->scratch);
        Status status = decode_record(decoder, &records[i], builder, row, &diff, &error);
        if (status != OK || diff == 0)
            decoder_clear_row(decoder, builder, row);
        if (status != OK) {
            source_rows_fail(rows, &records[i], &error);
            rows->errors[rows->error_count - 1].row = row;
        }
        if (status != OK || diff == 0)
            continue;
        if (decoder->changes != NULL)
            builder->diffs[row] = diff;
        if (sources != NULL)
            sources[row - first] = i;
        builder->row_count++;
    }
    builder->selected_count = builder->row_count;
    return builder->row_count - first;
}

bool decoder_has_heading(const Decoder *decoder) {
    return decoder->type->has_heading != NULL && decoder->type->has_heading(decoder);
}

bool decoder_skips_blank(const Decoder *decoder) {
    return decoder->type->is_blank_skipped;
}

size_t decoder_split(
    const Decoder *decoder, const char *bytes, size_t length, bool is_end, size_t *record_length) {
    return decoder->type->split(decoder, bytes, length, is_end, record_length);
}

size_t format_split_line(
    const Decoder *decoder, const char *bytes, size_t length, bool is_end, size_t *record_length) {
    const char *end = memchr(bytes, '\n', length);
    if (end == NULL && !is_end)
        return 0;
    size_t line = end == NULL ? length : (size_t)(end - bytes);
    *record_length = line > 0 && bytes[line - 1] == '\r' ? line - 1 : line;
    return end == NULL ? length : line + 1;
}

Status encoder_create(const ConnectorDefinition *definition, const char *default_encode, const int *columns,
    int column_count, Encoder **out, Error *error) {
    const FormatType *type;
    TRY(choose(definition, default_encode, &type, error));
    Encoder *encoder = memory_allocate_zero(type->encoder_size);
    encoder->type = type;
    fields_open(&encoder->fields, definition, columns, column_count);
    Status status = type->open_encoder(encoder, definition, error);
    if (status != OK)
        encoder_destroy(encoder);
    else
        *out = encoder;
    return status;
}

void encoder_destroy(Encoder *encoder) {
    if (encoder == NULL)
        return;
    if (encoder->type->close_encoder != NULL)
        encoder->type->close_encoder(encoder);
    fields_close(&encoder->fields);
    memory_free(encoder);
}

const char *encoder_name(const Encoder *encoder) {
    return encoder->type->name;
}

void encoder_row(const Encoder *encoder, const Batch *batch, int row, Text *out) {
    encoder->type->encode(encoder, batch, row, out);
}

void encoder_heading(const Encoder *encoder, Text *out) {
    if (encoder->type->encode_heading != NULL)
        encoder->type->encode_heading(encoder, out);
}
