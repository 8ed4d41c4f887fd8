/* FormatValue: single values between text and columns, for all formats. Apart from format.h, whose includes
   know other words of dates. */
#ifndef LEAT_FORMATS_FORMAT_VALUE_H
#define LEAT_FORMATS_FORMAT_VALUE_H

#include "executor/batch/column.h"

/* Sets the row to the value that the text (valid UTF-8) means in the column's type. */
Status format_set_text(
    Column *column, int row, const char *text, size_t length, Arena *scratch, Error *error);
/* The same as a value; bytes of strings stay the text's. */
Status format_read_text(Type type, const char *text, size_t length, Arena *scratch, Datum *out, Error *error);
/* A timestamp out of milliseconds since 1970. */
Status format_read_epoch(Type type, int64_t milliseconds, Datum *out, Error *error);
/* Sets a row of a timestamp column to milliseconds since 1970. */
Status format_set_epoch(Column *column, int row, int64_t milliseconds, Error *error);
/* Adds "2020-01-02T03:04:05.5" without quotes. */
void format_add_timestamp(Text *out, int64_t timestamp);
/* 22021 unless the bytes are UTF-8 without NUL. */
Status format_check_utf8(const char *bytes, size_t length, Error *error);

#endif
