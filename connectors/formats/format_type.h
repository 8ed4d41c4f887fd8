/* FormatType: what one format must do. Decoders and encoders of a format begin with the common part. */
#ifndef LEAT_FORMATS_FORMAT_TYPE_H
#define LEAT_FORMATS_FORMAT_TYPE_H

#include "connectors/formats/format.h"
#include "connectors/formats/format_value.h"

/* The columns that the format carries: all but those with metadata, or those that were listed. */
typedef struct FormatFields {
    int count;
    int *columns; /* numbers in the definition and in its batches */
    Type *types;
    char **names;
} FormatFields;

typedef struct FormatType FormatType;
typedef struct Changes Changes;

struct Decoder {
    const FormatType *type;
    FormatFields fields;
    Arena *scratch;   /* emptied before every record */
    Changes *changes; /* how records change rows; NULL: each is one */
};

struct Encoder {
    const FormatType *type;
    FormatFields fields;
};

struct FormatType {
    const char *name;
    const ConnectorOption *options; /* ends with a zero row */
    size_t decoder_size, encoder_size;
    Status (*open_decoder)(Decoder *decoder, const ConnectorDefinition *definition, Error *error);
    /* Fills the fields of one row; the record has bytes. A row that failed is cleared by the caller. */
    Status (*decode)(Decoder *decoder, const FormatRecord *record, Batch *builder, int row, Error *error);
    void (*close_decoder)(Decoder *decoder); /* NULL: nothing of its own */
    bool (*has_heading)(const Decoder *decoder);
    bool is_blank_skipped;
    size_t (*split)(
        const Decoder *decoder, const char *bytes, size_t length, bool is_end, size_t *record_length);
    Status (*open_encoder)(Encoder *encoder, const ConnectorDefinition *definition, Error *error);
    void (*encode)(const Encoder *encoder, const Batch *batch, int row, Text *out);
    void (*encode_heading)(const Encoder *encoder, Text *out);
    void (*close_encoder)(Encoder *encoder);
};

/* A decoder of the listed columns alone, for plain records. */
Status decoder_create_for(const ConnectorDefinition *definition, const char *default_encode,
    const int *columns, int count, Decoder **decoder, Error *error);
void decoder_clear_row(const Decoder *decoder, Batch *builder, int row);
void decoder_set_null(const Decoder *decoder, Batch *builder, int row);
/* The option's text: of ENCODE <name> (…), else of WITH ('<name>.<option>' = …), else its default. */
const char *format_option(const FormatType *type, const ConnectorDefinition *definition, const char *name);
/* Ends at a line feed; a carriage return before it does not count. */
size_t format_split_line(
    const Decoder *decoder, const char *bytes, size_t length, bool is_end, size_t *record_length);

#endif
