/* Record: a row as one value. Its bytes are its text, (1,"a b"); then, behind a zero byte, the types of its fields, which the binary form needs:
   two bytes each, TypeId and whether it is an array; behind those of a record uint32 length and its own fields' types. */
#ifndef LEAT_TYPES_RECORD_H
#define LEAT_TYPES_RECORD_H

#include "executor/types/type.h"

/* Adds one field, quoted where the text would not show it as it is. */
void record_add_field(const char *bytes, size_t length, Text *out);
/* Reads the field at *at and leaves *at behind its comma; false for a NULL one. */
bool record_take_field(const char **at, const char *end, Text *out);
/* The length of the text alone. */
size_t record_text_length(const View *record);
/* Adds a field's type to what stands behind the text; `element` is its value or NULL. */
void record_add_type(Type type, const void *element, Text *out);

#endif
