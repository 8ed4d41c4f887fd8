/* TypeOperations: what one type can do with an element; type.c finds the record through types.def. Private to
   executor/types. */
#ifndef LEAT_TYPES_OPERATIONS_H
#define LEAT_TYPES_OPERATIONS_H

#include "executor/types/type.h"

/* The contracts are those of datum_parse … datum_add_key in type.h. */
typedef struct TypeOperations {
    Status (*parse)(Type type, const char *text, size_t length, const TypeSettings *settings, Arena *arena,
        Datum *out, Error *error);
    void (*format)(Type type, const void *element, const TypeSettings *settings, Text *out);
    Status (*receive)(Type type, const char *bytes, size_t length, const TypeSettings *settings, Arena *arena,
        Datum *out, Error *error);
    void (*send)(Type type, const void *element, const TypeSettings *settings, Text *out);
    int (*compare)(Type type, const void *a, const void *b);
    void (*add_key)(Type type, const void *element, Text *out);
} TypeOperations;

#define TYPE(                                                                                        \
    id, sql_name, pg_name, oid, array_oid, layout, length, category, is_preferred, operations, file) \
    extern const TypeOperations operations##_operations;
#include "executor/types/types.def"
#undef TYPE
extern const TypeOperations array_operations;

/* The type's record: array_operations for an array. */
const TypeOperations *type_operations(Type type);

/* `invalid input syntax for type integer: "x"`, 22P02. */
Status type_syntax_error(Type type, const char *text, size_t length, Error *error);
/* `value "99999" is out of range for type smallint`, 22003. */
Status type_range_error(Type type, const char *text, size_t length, Error *error);
/* `incorrect binary data format`, 22P03: a binary parameter of the wrong length. */
Status type_binary_error(Error *error);
/* `insufficient data left in message`, 08P01: one that is too short. */
Status type_binary_short(Error *error);

/* Big-endian integers of the wire protocol. */
void wire_add_u16(Text *out, uint16_t value);
void wire_add_u32(Text *out, uint32_t value);
void wire_add_u64(Text *out, uint64_t value);
uint16_t wire_u16(const char *bytes);
uint32_t wire_u32(const char *bytes);
uint64_t wire_u64(const char *bytes);

static inline bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

#endif
