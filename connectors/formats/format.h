/* Format: between the bytes of a record and a row. One const FormatType a format, listed in formats.def; its
   option table is the allow-list of ENCODE <name> (option = value). What a connector carries records in, is
   the connector's; what stands in a record, is decided here. */
#ifndef LEAT_FORMATS_FORMAT_H
#define LEAT_FORMATS_FORMAT_H

#include "connectors/connector.h"

/* One record as it came. Bytes need no padding and no NUL. */
typedef struct FormatRecord {
    const char
        *bytes; /* NULL: the record has no value at all (a tombstone); its row holds NULL in every field */
    size_t length;
    int64_t offset;    /* for errors */
    int64_t timestamp; /* likewise; INT64_MIN: none */
    const char *key;   /* of changes; NULL: none */
    size_t key_length;
} FormatRecord;

/* Reads records of one source. It has scratch memory: one thread at a time; one a partition. */
typedef struct Decoder Decoder;
/* Writes rows of one sink. Does not change after creation: any thread. */
typedef struct Encoder Encoder;

/* The format is the definition's ENCODE, else its option "format", else default_encode. Errors name a wrong
   option, an unknown FORMAT, or a column whose type the format cannot carry. Columns with metadata are left
   to the connector. With FORMAT UPSERT or DEBEZIUM a row with diff −1 deletes by the definition's key. */
Status decoder_create(
    const ConnectorDefinition *definition, const char *default_encode, Decoder **decoder, Error *error);
void decoder_destroy(Decoder *decoder); /* NULL is fine */
/* Decodes a run of records: appends their rows to the builder (batch_builder over all of definition->columns,
   with room for `count` more rows) and counts them in its row_count and selected_count. A record that fails
   is no row but an error in rows->errors (allocated in rows->arena). sources, when not NULL, receives the
   record's index of each appended row: sources[0] belongs to the first. Metadata columns of the rows are
   zero, not NULL: the caller fills them. Returns how many rows were appended. */
int decoder_run(
    Decoder *decoder, const FormatRecord *records, int count, Batch *builder, int *sources, SourceRows *rows);
/* Text formats with a heading: whether the first line of a file is one, not a record. */
bool decoder_has_heading(const Decoder *decoder);
/* Whether lines without any byte are no records. */
bool decoder_skips_blank(const Decoder *decoder);
/* Where the record that begins at `bytes` ends, its line end included; 0 when the end has not come yet.
   is_end: no more will come, so that a last line needs no line end. *record_length: without the line end. */
size_t decoder_split(
    const Decoder *decoder, const char *bytes, size_t length, bool is_end, size_t *record_length);

/* Encodes the listed columns of the definition in this order (NULL: all). The same choice of format. */
Status encoder_create(const ConnectorDefinition *definition, const char *default_encode, const int *columns,
    int column_count, Encoder **encoder, Error *error);
void encoder_destroy(Encoder *encoder);           /* NULL is fine */
const char *encoder_name(const Encoder *encoder); /* the format's */
/* Adds the row's bytes, without a line end. */
void encoder_row(const Encoder *encoder, const Batch *batch, int row, Text *out);
/* Adds the heading and its line end, when the format was asked for one. */
void encoder_heading(const Encoder *encoder, Text *out);

/* Whether there is a format of that name. */
bool format_exists(const char *name, size_t length);
/* For ConnectorType.accepts of connectors that carry records: true for "format" and "value.format", and for
   "<format>.<option>" as in 'csv.field-delimiter'. */
bool format_accepts(const ConnectorDefinition *definition, const char *name, const char *value, Error *error);

/* Adds one error to rows; the message is taken from `error`, which is cleared. */
void source_rows_fail(SourceRows *rows, const FormatRecord *record, Error *error);

#endif
