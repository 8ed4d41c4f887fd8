/* TypeDefinition: the fields of a row type, or the labels of an enum. Equal definitions are one pointer that
   lives as long as the process, so that a Type stays a plain value: whoever stores one stores the definition
   with it. */
#ifndef LEAT_TYPES_DEFINITION_H
#define LEAT_TYPES_DEFINITION_H

#include "executor/types/type.h"

enum {
    FIELDS_MAX = 1664,        /* of a row */
    NESTED_FIELDS_MAX = 65536 /* of a row and the rows in it */
};

typedef struct TypeDefinition {
    uint32_t oid; /* of a named type; that of its array is one more; 0: anonymous */
    const char
        *name; /* as messages and casts show it, quoted and qualified where it must be; NULL: anonymous */
    int count;
    const char *const *names; /* of the fields, or the labels in their order */
    const Type *types;        /* of the fields; NULL: an enum */
    int nested_count;         /* fields, those of nested rows included: found by type_define */
} TypeDefinition;

/* The definition that equals this one. Thread-safe. */
const TypeDefinition *type_define(const TypeDefinition *definition);
/* The row or enum type of a definition that was interned. */
static inline Type type_of_definition(const TypeDefinition *definition) {
    return (Type){
        .id = definition->types == NULL ? TYPE_ENUM : TYPE_RECORD, .modifier = -1, .definition = definition};
}
/* The number of a field or label of that name; −1: none. */
int definition_find(const TypeDefinition *definition, const char *name, size_t length);

/* The stored form of what a Type says beside its id, array bit and modifier: nothing for most types. */
void type_add_definition(Type type, Text *out);
void type_read_definition(TextReader *reader, Type *type);

#endif
