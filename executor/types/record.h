/* Record: a row as one value; its fields' types stand in the type's definition.

   Its bytes: the fields' null bits in whole bytes, then the fields that are not NULL, one after the other:
   those of fixed width as they lie in a column, views and numerics as uint32 length and bytes (a numeric's
   are its 16 and its heap). Part of the disk format. */
#ifndef LEAT_TYPES_RECORD_H
#define LEAT_TYPES_RECORD_H

#include "executor/types/definition.h"

/* Walks the fields of a value. */
typedef struct RecordReader {
    const TypeDefinition *definition;
    const char *nulls; /* bits */
    const char *at;
    int field; /* the next one */
} RecordReader;
void record_open(Type type, const View *record, RecordReader *reader);
/* The next field; views and numerics point into the record's bytes. False for NULL. */
bool record_next(RecordReader *reader, Datum *out);

/* Appends one record to a text: begin, then each field in order; NULL element: SQL NULL. */
typedef struct RecordBuilder {
    Text *out;
    size_t start;
    int field;
} RecordBuilder;
RecordBuilder record_begin(int field_count, Text *out);
void record_add(RecordBuilder *builder, Type type, const void *element);

#endif
