/* Wire: fields in network byte order, as PostgreSQL's messages and the binary form of COPY have them. */
#ifndef LEAT_NETWORK_WIRE_H
#define LEAT_NETWORK_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "executor/base/error.h"
#include "executor/base/text.h"

void wire_add_int16(Text *out, int value);
void wire_add_int32(Text *out, int32_t value);
void wire_add_string(Text *out, const char *string); /* with its NUL */
/* Puts the number of bytes added since over the int32 at `start`, which it does not count. */
void wire_set_length(Text *out, size_t start);

/* Reading. is_bad is set, and zeros come back, once anything reaches beyond the end; is_bad_string if that
   was a string. */
typedef struct WireReader {
    const char *cursor;
    const char *end;
    bool is_bad;
    bool is_bad_string;
} WireReader;

int wire_read_byte(WireReader *reader);
int wire_read_int16(WireReader *reader);
int32_t wire_read_int32(WireReader *reader);
const char *wire_read_string(WireReader *reader);               /* "" when it has no end */
const char *wire_read_bytes(WireReader *reader, size_t length); /* NULL when too short */
/* All read, nothing left, nothing bad; else 08P01. */
Status wire_read_end(const WireReader *reader, Error *error);

#endif
