/* JSON: an object a record, fields by name. Missing fields are NULL, unknown ones are read and left; values are what PostgreSQL's to_json prints. */
#include <string.h>

#include "connectors/formats/format_type.h"
#include "connectors/formats/json_scan.h"
#include "executor/base/memory.h"
#include "executor/functions/json_build.h"
#include "executor/types/array.h"
#include "executor/types/integer.h"

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

bool json_scan_is_valid(const char *bytes, size_t length) {
    return json_check(bytes, length, false, NULL, NULL) == OK;
}

static bool is_json(Type type) {
    return !type.is_array && (type.id == TYPE_JSON || type.id == TYPE_JSONB);
}

static bool is_on(const ConnectorDefinition *definition, const char *option) {
    return strcmp(format_option(&json_format, definition, option), "true") == 0;
}

static Status json_open_decoder(Decoder *base, const ConnectorDefinition *definition, Error *error) {
    JsonDecoder *decoder = (JsonDecoder *)base;
    bool *is_raw = NEW_ARRAY(bool, base->fields.count + 1);
    for (int i = 0; i < base->fields.count; i++)
        is_raw[i] = is_json(base->fields.types[i]);
    decoder->scanner = json_scanner_create((const char *const *)base->fields.names, is_raw, base->fields.count);
    decoder->tokens = NEW_ARRAY(JsonToken, base->fields.count + 1);
    memory_free(is_raw);
    decoder->is_lenient = is_on(definition, "ignore-parse-errors");
    decoder->needs_every = is_on(definition, "fail-on-missing-field");
    if (decoder->is_lenient && decoder->needs_every)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "json.fail-on-missing-field and json.ignore-parse-errors cannot both be true");
    return OK;
}

static void json_close_decoder(Decoder *base) {
    JsonDecoder *decoder = (JsonDecoder *)base;
    json_scanner_destroy(decoder->scanner);
    memory_free(decoder->tokens);
    text_free(&decoder->text);
}

static const char *token_name(const JsonToken *token) {
    switch (token->kind) {
    case JSON_TOKEN_MISSING:
    case JSON_TOKEN_NULL:
        return "null";
    case JSON_TOKEN_TRUE:
    case JSON_TOKEN_FALSE:
        return "boolean";
    case JSON_TOKEN_INTEGER:
    case JSON_TOKEN_NUMBER:
        return "number";
    case JSON_TOKEN_STRING:
        return "string";
    case JSON_TOKEN_RAW:
        return *token->bytes == '{' ? "object" : "array";
    }
    return "value";
}

static Status refuse_kind(Type type, const JsonToken *token, Error *error) {
    Text name = {0};
    type_add_name(type, &name);
    error_set(error, STATUS_INVALID_TEXT_REPRESENTATION, "a JSON %s cannot be read as %s", token_name(token), text_string(&name));
    text_free(&name);
    return STATUS_INVALID_TEXT_REPRESENTATION;
}

static bool is_character(Type type) {
    return !type.is_array && (type.id == TYPE_TEXT || type.id == TYPE_VARCHAR || type.id == TYPE_BPCHAR);
}

static Status set_string(Column *column, int row, const JsonToken *token, Arena *scratch, Error *error) {
    if (memchr(token->bytes, 0, token->length) != NULL) {
        error_set(error, STATUS_UNTRANSLATABLE_CHARACTER, "unsupported Unicode escape sequence");
        return error_detail(error, "\\u0000 cannot be converted to text.");
    }
    return format_set_text(column, row, token->bytes, token->length, scratch, error);
}

static Status set_number(Column *column, int row, const JsonToken *token, Arena *scratch, Error *error) {
    Type type = column->type;
    if (is_character(type))
        return format_set_text(column, row, token->bytes, token->length, scratch, error);
    switch (type.is_array ? TYPE_COUNT : type.id) {
    case TYPE_INT8:
        if (token->kind == JSON_TOKEN_INTEGER) {
            column_set_datum(column, row, &token->integer);
            return OK;
        }
        break;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        return token->kind == JSON_TOKEN_INTEGER ? format_set_epoch(column, row, token->integer, error) : refuse_kind(type, token, error);
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_FLOAT4:
    case TYPE_FLOAT8:
    case TYPE_NUMERIC:
    case TYPE_OID:
        break;
    default:
        return refuse_kind(type, token, error);
    }
    return format_set_text(column, row, token->bytes, token->length, scratch, error);
}

static Status read_array(Type type, const char *at, const char *end, ArrayBuilder *builder, Arena *scratch, Error *error);

/* One scalar inside an array, as it would be in a column. */
static Status add_element(Type element, const JsonIterator *at, ArrayBuilder *builder, Arena *scratch, Error *error) {
    JsonToken token = {.kind = JSON_TOKEN_RAW, .bytes = at->value, .length = (size_t)(at->value_end - at->value)};
    Text unquoted = {0};
    Status status = OK;
    Column *column = column_create(element, 1);
    switch (json_kind(at->value)) {
    case JSON_NULL:
        array_builder_add(builder, NULL);
        column_release(column);
        return OK;
    case JSON_STRING:
        json_add_unquoted(&unquoted, at->value, at->value_end);
        token = (JsonToken){.kind = JSON_TOKEN_STRING, .bytes = text_string(&unquoted), .length = unquoted.length};
        status = set_string(column, 0, &token, scratch, error);
        break;
    case JSON_NUMBER:
        token.kind =
            integer_parse(token.bytes, token.length, INT64_MIN, INT64_MAX, &token.integer) == INTEGER_OK ? JSON_TOKEN_INTEGER : JSON_TOKEN_NUMBER;
        status = set_number(column, 0, &token, scratch, error);
        break;
    case JSON_BOOL:
        token.kind = *at->value == 't' ? JSON_TOKEN_TRUE : JSON_TOKEN_FALSE;
        if (element.id == TYPE_BOOL || is_character(element))
            status = format_set_text(column, 0, token.bytes, token.length, scratch, error);
        else
            status = refuse_kind(element, &token, error);
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        status = refuse_kind(element, &token, error);
        break;
    }
    if (status == OK)
        array_builder_add(builder, column_at(column, 0));
    text_free(&unquoted);
    column_release(column);
    return status;
}

static Status add_json_element(Type element, const JsonIterator *at, ArrayBuilder *builder, Error *error) {
    Text value = {0};
    if (json_kind(at->value) == JSON_NULL) {
        array_builder_add(builder, NULL);
        return OK;
    }
    Status status =
        json_check(at->value, (size_t)(at->value_end - at->value), element.id == TYPE_JSONB, element.id == TYPE_JSONB ? &value : NULL, error);
    if (status == OK && element.id == TYPE_JSON)
        array_builder_add_string(builder, at->value, (size_t)(at->value_end - at->value));
    else if (status == OK)
        array_builder_add_string(builder, text_string(&value), value.length);
    text_free(&value);
    return status;
}

/* One dimension: what is nested deeper is refused as an element. */
static Status read_array(Type type, const char *at, const char *end, ArrayBuilder *builder, Arena *scratch, Error *error) {
    Type element = {.id = type.id, .modifier = type.modifier};
    builder->element = element;
    JsonIterator iterator = json_iterate(at, end);
    while (json_next(&iterator))
        if (is_json(element))
            TRY(add_json_element(element, &iterator, builder, error));
        else
            TRY(add_element(element, &iterator, builder, scratch, error));
    return OK;
}

static Status set_array(Column *column, int row, const JsonToken *token, Arena *scratch, Error *error) {
    ArrayBuilder builder = {0};
    Text bytes = {0};
    Status status = read_array(column->type, token->bytes, token->bytes + token->length, &builder, scratch, error);
    if (status == OK) {
        array_builder_finish(&builder, &bytes);
        column_set_bytes(column, row, text_string(&bytes), (uint32_t)bytes.length);
    }
    array_builder_free(&builder);
    text_free(&bytes);
    return status;
}

/* Nested values, and any value of a json column. */
static Status set_raw(JsonDecoder *decoder, Column *column, int row, const JsonToken *token, Error *error) {
    bool is_jsonb = is_json(column->type) && column->type.id == TYPE_JSONB;
    text_reset(&decoder->text);
    TRY(json_check(token->bytes, token->length, is_jsonb, is_jsonb ? &decoder->text : NULL, error));
    if (is_jsonb)
        column_set_bytes(column, row, text_string(&decoder->text), (uint32_t)decoder->text.length);
    else if (is_json(column->type))
        column_set_bytes(column, row, token->bytes, (uint32_t)token->length);
    else if (is_character(column->type))
        return format_set_text(column, row, token->bytes, token->length, decoder->base.scratch, error);
    else if (column->type.is_array && *token->bytes == '[')
        return set_array(column, row, token, decoder->base.scratch, error);
    else
        return refuse_kind(column->type, token, error);
    return OK;
}

static Status set_token(JsonDecoder *decoder, Column *column, int row, const JsonToken *token, Error *error) {
    Type type = column->type;
    switch (token->kind) {
    case JSON_TOKEN_MISSING:
        if (decoder->needs_every)
            return error_set(error, STATUS_NOT_NULL_VIOLATION, "the record does not have it");
        /* fallthrough */
    case JSON_TOKEN_NULL:
        column_set_null(column, row);
        return OK;
    case JSON_TOKEN_TRUE:
    case JSON_TOKEN_FALSE:
        if (type.is_array || (type.id != TYPE_BOOL && !is_character(type)))
            return refuse_kind(type, token, error);
        return format_set_text(column, row, token->bytes, token->length, decoder->base.scratch, error);
    case JSON_TOKEN_INTEGER:
    case JSON_TOKEN_NUMBER:
        return set_number(column, row, token, decoder->base.scratch, error);
    case JSON_TOKEN_STRING:
        return set_string(column, row, token, decoder->base.scratch, error);
    case JSON_TOKEN_RAW:
        return set_raw(decoder, column, row, token, error);
    }
    return OK;
}

/* json_check words it as PostgreSQL does; what only the scanner refuses is said in its words. */
static Status refuse_record(const FormatRecord *record, const char *reason, bool is_malformed, Error *error) {
    TRY(format_check_utf8(record->bytes, record->length, error));
    if (!is_malformed)
        return error_set(error, STATUS_INVALID_TEXT_REPRESENTATION, "the record is not a JSON object");
    TRY(json_check(record->bytes, record->length, true, NULL, error));
    return error_set(error, STATUS_INVALID_TEXT_REPRESENTATION, "invalid input syntax for type json: %s", reason);
}

static Status json_decode(Decoder *base, const FormatRecord *record, Batch *builder, int row, Error *error) {
    JsonDecoder *decoder = (JsonDecoder *)base;
    const FormatFields *fields = &base->fields;
    bool is_malformed;
    const char *reason = json_scan(decoder->scanner, record->bytes, record->length, decoder->tokens, &is_malformed);
    if (reason != NULL)
        return refuse_record(record, reason, is_malformed, error);
    for (int i = 0; i < fields->count; i++) {
        Status status = set_token(decoder, builder->columns[fields->columns[i]], row, &decoder->tokens[i], error);
        if (status != OK && decoder->is_lenient) {
            error_clear(error);
            column_set_null(builder->columns[fields->columns[i]], row);
        } else if (status != OK) {
            Error cause = {0};
            error_move(&cause, error);
            error_set(error, status, "field \"%s\": %s", fields->names[i], cause.message);
            if (cause.detail != NULL)
                error_detail(error, "%s", cause.detail);
            error_clear(&cause);
            return status;
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
        return error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "json.timestamp-format.standard = '%s' is not supported for sinks: they write ISO-8601", standard);
    if (is_on(definition, "schema-include"))
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "json.schema-include is not supported for sinks");
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
    {"ignore-parse-errors", OPTION_ENUM, "false", "whether a field that cannot be read is NULL, instead of its record being an error: true or false",
        truths},
    {"fail-on-missing-field", OPTION_ENUM, "false", "whether a record that lacks a field is an error, instead of the field being NULL: true or false",
        truths},
    {"schema-include", OPTION_ENUM, "false", "Debezium's envelopes within schema and payload: read in either case, never written: true or false",
        truths},
    {"timestamp-format.standard", OPTION_ENUM, NULL, "SQL or ISO-8601: both are read, ISO-8601 is written", standards},
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
