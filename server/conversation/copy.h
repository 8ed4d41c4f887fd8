/* COPY's data: rows as text, CSV or binary, and back. */
#ifndef LEAT_CONVERSATION_COPY_H
#define LEAT_CONVERSATION_COPY_H

#include "server/session/execution.h"

typedef struct CopyWriter CopyWriter;

/* How the protocol wraps a line, or a row of the binary form, that is added between the two calls. */
typedef struct CopyFrame {
    size_t (*begin)(Text *out);
    void (*end)(Text *out, size_t start); /* start: what begin gave */
} CopyFrame;

/* The format and the columns are borrowed from the Prepared; the frame too. */
CopyWriter *copy_writer_create(
    const Prepared *prepared, const TypeSettings *settings, const CopyFrame *frame);
void copy_writer_destroy(CopyWriter *writer); /* NULL is fine */
/* What comes before the first row: CSV's header line, binary's signature. */
void copy_writer_begin(CopyWriter *writer, Text *out);
/* Takes over a batch; the one before must be used up. */
void copy_writer_take(CopyWriter *writer, Batch *batch);
bool copy_writer_is_empty(const CopyWriter *writer);
/* Adds rows until none is left (true) or `out` has reached length_max. */
bool copy_writer_add(CopyWriter *writer, Text *out, size_t length_max);
void copy_writer_end(CopyWriter *writer, Text *out);

typedef struct CopyReader CopyReader;

CopyReader *copy_reader_create(const Prepared *prepared, const TypeSettings *settings);
void copy_reader_destroy(CopyReader *reader); /* NULL is fine */
/* Adds bytes, which may begin and end anywhere in a row. */
void copy_reader_add(CopyReader *reader, const char *bytes, size_t length);
/* The next batch of whole rows; NULL when there is less than a full batch, or, with is_end, nothing at all.
 */
Status copy_reader_next(CopyReader *reader, bool is_end, Batch **batch, Error *error);

#endif
