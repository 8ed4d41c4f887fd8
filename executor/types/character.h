/* Character strings: UTF-8, and the length limits of varchar and char. */
#ifndef LEAT_TYPES_CHARACTER_H
#define LEAT_TYPES_CHARACTER_H

#include "executor/types/type.h"

/* Whether the bytes are UTF-8 without NUL; *bad is the first offending offset otherwise. */
bool utf8_is_valid(const char *bytes, size_t length, size_t *bad);
/* Bytes of the first `characters` characters, or length when there are fewer. */
size_t utf8_prefix(const char *bytes, size_t length, size_t characters);
size_t utf8_count(const char *bytes, size_t length);
/* Fits a string into varchar(n) or char(n). An explicit cast cuts; otherwise only blanks may be cut, else
   22001. char(n) is padded with blanks. The result is the argument's own bytes, or new ones in the arena. */
Status character_apply_modifier(Type type, bool is_explicit, View in, Arena *arena, View *out, Error *error);
/* Length without trailing blanks. */
uint32_t bpchar_true_length(const View *view);

#endif
