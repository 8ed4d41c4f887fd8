/* Raw: the record's bytes are the value of the one column: bytea, text or json. */
#include "connectors/formats/format_type.h"

static bool is_bytes(Type type) {
    return !type.is_array && type.id == TYPE_BYTEA;
}

static Status check_fields(const FormatFields *fields, Error *error) {
    if (fields->count == 1 && type_layout(fields->types[0]) == LAYOUT_VIEW && !fields->types[0].is_array)
        return OK;
    return error_set(error, STATUS_INVALID_TABLE_DEFINITION,
        "format \"raw\" needs exactly one column, of type bytea, text or jsonb");
}

static Status raw_open_decoder(Decoder *decoder, const ConnectorDefinition *definition, Error *error) {
    return check_fields(&decoder->fields, error);
}

static Status raw_decode(
    Decoder *decoder, const FormatRecord *record, Batch *builder, int row, Error *error) {
    Column *column = builder->columns[decoder->fields.columns[0]];
    if (is_bytes(column->type)) {
        column_set_bytes(column, row, record->bytes, (uint32_t)record->length);
        return OK;
    }
    TRY(format_check_utf8(record->bytes, record->length, error));
    return format_set_text(column, row, record->bytes, record->length, decoder->scratch, error);
}

static Status raw_open_encoder(Encoder *encoder, const ConnectorDefinition *definition, Error *error) {
    return check_fields(&encoder->fields, error);
}

static void raw_encode(const Encoder *encoder, const Batch *batch, int row, Text *out) {
    const Column *column = batch->columns[encoder->fields.columns[0]];
    if (column_is_null(column, row))
        return;
    if (is_bytes(column->type))
        text_add(out, view_bytes(column_view(column, row)), column_view(column, row)->length);
    else
        datum_format(column->type, column_at(column, row), &type_settings_default, out);
}

static const ConnectorOption options[] = {{0}};

const FormatType raw_format = {
    .name = "raw",
    .options = options,
    .decoder_size = sizeof(Decoder),
    .encoder_size = sizeof(Encoder),
    .open_decoder = raw_open_decoder,
    .decode = raw_decode,
    .split = format_split_line,
    .open_encoder = raw_open_encoder,
    .encode = raw_encode,
};
