/* JSON: an object a record, fields by name. Missing fields are NULL, unknown ones are read and left; values
   are what PostgreSQL's to_json prints. */
#include <string.h>

#include "connectors/formats/format_type.h"
#include "connectors/formats/json_value.h"
#include "executor/base/memory.h"
#include "executor/functions/json/json_build.h"
#include "executor/types/number/integer.h"

typedef struct JsonDecoder {
    Decoder base;
    JsonScanner *scanner;
    JsonToken *tokens; /* by field */
    Text text;
    bool is_lenient;  /* a field that cannot be read is NULL */
    bool needs_every; /* a field that is missing is an error */
} JsonDecoder;

typedef struct JsonEncoder {
    Encoder base;
    Text *keys; /* by field: `{"a":` or `,"b":` */
} JsonEncoder;

extern const FormatType json_format;

static bool is_on(const ConnectorDefinition *definition, const char *option) {
    return strcmp(format_option(&json_format, definition, option), "true") == 0;
}

static Status json_open_decoder(Decoder *base, const ConnectorDefinition *definition, Error *error) {
    JsonDecoder *decoder = (JsonDecoder *)base;
    bool *is_raw = NEW_ARRAY(bool, base->fields.count + 1);
    for (int i = 0; i < base->fields.count; i++)
        is_raw[i] = type_is_json(base->fields.types[i]);
    decoder->scanner =
        json_scanner_create((const char *const *)base->fields.names, is_raw, base->fields.count);
    decoder->tokens = NEW_ARRAY(JsonToken, base->fields.count + 1);
    memory_free(is_raw);
    decoder->is_lenient = is_on(definition, "ignore-parse-errors");
    decoder->needs_every = is_on(definition, "fail-on-missing-field");
    if (decoder->is_lenient && decoder->needs_every)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE,
            "json.fail-on-missing-field and json.ignore-parse-errors cannot both be true");
    return OK;
}

static void json_close_decoder(Decoder *base) {
    JsonDecoder *decoder = (JsonDecoder *)base;
    json_scanner_destroy(decoder->scanner);
    memory_free(decoder->tokens);
    text_free(&decoder->text);
}

/* The commonest values go straight into the column. */
static Status set_token(JsonDecoder *decoder, Column *column, int row, const JsonToken *token, Error *error) {
    Type type = column->type;
    if (token->kind == JSON_TOKEN_INTEGER && type.id == TYPE_INT8 && !type.is_array) {
        column_set_datum(column, row, &token->integer);
        return OK;
    }
    if (token->kind == JSON_TOKEN_STRING && type.id == TYPE_TEXT && !type.is_array &&
        memchr(token->bytes, 0, token->length) == NULL) {
        column_set_bytes(column, row, token->bytes, (uint32_t)token->length);
        return OK;
    }
    if (token->kind == JSON_TOKEN_MISSING && decoder->needs_every)
        return error_set(error, STATUS_NOT_NULL_VIOLATION, "the record does not have it");
    if (token->kind == JSON_TOKEN_RAW && type.id == TYPE_JSONB && !type.is_array) {
        text_reset(&decoder->text);
        TRY(json_check(token->bytes, token->length, true, &decoder->text, error));
        column_set_bytes(column, row, text_string(&decoder->text), (uint32_t)decoder->text.length);
        return OK;
    }
    Datum datum;
    bool is_null;
    TRY(json_read_token(type, token, decoder->base.scratch, &datum, &is_null, error));
    if (is_null)
        column_set_null(column, row);
    else
        column_set_datum(column, row, &datum);
    return OK;
}

/* json_check words it as PostgreSQL does; what only the scanner refuses is said in its words. */
static Status refuse_record(const FormatRecord *record, const char *reason, bool is_malformed, Error *error) {
    TRY(format_check_utf8(record->bytes, record->length, error));
    if (!is_malformed)
        return error_set(error, STATUS_INVALID_TEXT_REPRESENTATION, "the record is not a JSON object");
    TRY(json_check(record->bytes, record->length, true, NULL, error));
    return error_set(
        error, STATUS_INVALID_TEXT_REPRESENTATION, "invalid input syntax for type json: %s", reason);
}

static Status json_decode(Decoder *base, const FormatRecord *record, Batch *builder, int row, Error *error) {
    JsonDecoder *decoder = (JsonDecoder *)base;
    const FormatFields *fields = &base->fields;
    bool is_malformed;
    const char *reason =
        json_scan(decoder->scanner, record->bytes, record->length, decoder->tokens, &is_malformed);
    if (reason != NULL)
        return refuse_record(record, reason, is_malformed, error);
    for (int i = 0; i < fields->count; i++) {
        Status status =
            set_token(decoder, builder->columns[fields->columns[i]], row, &decoder->tokens[i], error);
        if (status != OK && decoder->is_lenient) {
            error_clear(error);
            column_set_null(builder->columns[fields->columns[i]], row);
        } else if (status != OK) {
            return json_name_failure(fields->names[i], status, error);
        }
    }
    return OK;
}

static Status json_open_encoder(Encoder *base, const ConnectorDefinition *definition, Error *error) {
    JsonEncoder *encoder = (JsonEncoder *)base;
    const char *standard = format_option(&json_format, definition, "timestamp-format.standard");
    encoder->keys = NEW_ARRAY(Text, base->fields.count + 1);
    for (int i = 0; i < base->fields.count; i++) {
        text_add_char(&encoder->keys[i], i == 0 ? '{' : ',');
        json_add_quoted(&encoder->keys[i], base->fields.names[i], strlen(base->fields.names[i]));
        text_add_char(&encoder->keys[i], ':');
    }
    if (standard != NULL && strcmp(standard, "ISO-8601") != 0)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
            "json.timestamp-format.standard = '%s' is not supported for sinks: they write ISO-8601",
            standard);
    if (is_on(definition, "schema-include"))
        return error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "json.schema-include is not supported for sinks");
    return OK;
}

static void json_close_encoder(Encoder *base) {
    JsonEncoder *encoder = (JsonEncoder *)base;
    for (int i = 0; i < base->fields.count; i++)
        text_free(&encoder->keys[i]);
    memory_free(encoder->keys);
}

static void add_value(Type type, const void *element, Text *out) {
    char digits[INTEGER_TEXT_MAX];
    if (!type.is_array)
        switch (type.id) {
        case TYPE_INT8:
            text_add(out, digits, integer_write(*(const int64_t *)element, digits));
            return;
        case TYPE_TEXT:
        case TYPE_VARCHAR:
            json_add_quoted(out, view_bytes(element), ((const View *)element)->length);
            return;
        case TYPE_TIMESTAMP:
            text_add_char(out, '"');
            format_add_timestamp(out, *(const int64_t *)element);
            text_add_char(out, '"');
            return;
        default:
            break;
        }
    size_t start = out->length;
    /* Fails only when json becomes jsonb. */
    Status status = json_add_value(out, type, element, false, &type_settings_default);
    (void)status;
    /* A json value keeps its line ends, which stand between its tokens only; a record is one line. */
    for (size_t i = start; type.id == TYPE_JSON && i < out->length; i++)
        if (out->bytes[i] == '\n' || out->bytes[i] == '\r')
            out->bytes[i] = ' ';
}

static void json_encode(const Encoder *base, const Batch *batch, int row, Text *out) {
    const JsonEncoder *encoder = (const JsonEncoder *)base;
    const FormatFields *fields = &base->fields;
    for (int i = 0; i < fields->count; i++) {
        const Column *column = batch->columns[fields->columns[i]];
        text_add(out, encoder->keys[i].bytes, encoder->keys[i].length);
        if (column_is_null(column, row))
            text_add(out, "null", 4);
        else
            add_value(column->type, column_at(column, row), out);
    }
    text_add_string(out, fields->count == 0 ? "{}" : "}");
}

static const char *const truths[] = {"true", "false", NULL};
static const char *const standards[] = {"SQL", "ISO-8601", NULL};

static const ConnectorOption options[] = {
    {"ignore-parse-errors", OPTION_ENUM, "false",
        "whether a field that cannot be read is NULL, instead of its record being an error: true or false",
        truths},
    {"fail-on-missing-field", OPTION_ENUM, "false",
        "whether a record that lacks a field is an error, instead of the field being NULL: true or false",
        truths},
    {"schema-include", OPTION_ENUM, "false",
        "Debezium's envelopes within schema and payload: read in either case, never written: true or false",
        truths},
    {"timestamp-format.standard", OPTION_ENUM, NULL, "SQL or ISO-8601: both are read, ISO-8601 is written",
        standards},
    {0},
};

const FormatType json_format = {
    .name = "json",
    .options = options,
    .decoder_size = sizeof(JsonDecoder),
    .encoder_size = sizeof(JsonEncoder),
    .open_decoder = json_open_decoder,
    .decode = json_decode,
    .close_decoder = json_close_decoder,
    .is_blank_skipped = true,
    .split = format_split_line,
    .open_encoder = json_open_encoder,
    .encode = json_encode,
    .close_encoder = json_close_encoder,
};
