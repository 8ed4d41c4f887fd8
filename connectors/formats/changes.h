/* Changes: records that say what became of the row with a key: FORMAT UPSERT and FORMAT DEBEZIUM. */
#ifndef LEAT_FORMATS_CHANGES_H
#define LEAT_FORMATS_CHANGES_H

#include "connectors/formats/format_type.h"

/* How the definition's records change rows by its key; rows are read by `values` (borrowed). */
Status changes_create(const ConnectorDefinition *definition, ChangesKind kind, Decoder *values,
    Changes **changes, Error *error);
void changes_destroy(Changes *changes); /* NULL is fine */
/* Fills the row; *diff: 1 it is the key's row now, −1 the key has none any more (only the key's columns are
   set then), 0 the record says nothing. The key is the row's own, else the record's, else (Debezium's
   deletions) the one in the image before. */
Status changes_decode(
    Changes *changes, const FormatRecord *record, Batch *builder, int row, int64_t *diff, Error *error);

#endif
