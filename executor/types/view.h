/* View: a 16-byte reference to a string of bytes, the element of text, bytea, json and array columns. */
#ifndef LEAT_TYPES_VIEW_H
#define LEAT_TYPES_VIEW_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { VIEW_INLINE_MAX = 12 };

/* Up to 12 bytes stand inside, zero padded, so that short ones are identical iff their two words are.
   Longer ones: the first four bytes and a pointer. Zero bytes are the empty string. */
typedef struct View {
    uint32_t length;
    char prefix[4];
    union {
        char rest[8];
        const char *pointer;
    };
} View;

static inline const char *view_bytes(const View *view) {
    return view->length <= VIEW_INLINE_MAX ? (const char *)view + offsetof(View, prefix) : view->pointer;
}

/* Refers to bytes, which must outlive the view when longer than VIEW_INLINE_MAX. */
static inline View view_of(const char *bytes, uint32_t length) {
    View view = {.length = length};
    if (length <= VIEW_INLINE_MAX) {
        if (length)
            memcpy((char *)&view + offsetof(View, prefix), bytes, length);
    } else {
        memcpy(view.prefix, bytes, 4);
        view.pointer = bytes;
    }
    return view;
}

static inline int view_is_identical(const View *a, const View *b) {
    uint64_t a0, b0;
    memcpy(&a0, a, 8);
    memcpy(&b0, b, 8);
    if (a0 != b0)
        return 0;
    if (a->length <= VIEW_INLINE_MAX)
        return memcmp(a->rest, b->rest, 8) == 0;
    return memcmp(a->pointer, b->pointer, a->length) == 0;
}

/* Byte order, the shorter first when one is the other's beginning: collation "C". */
static inline int view_compare(const View *a, const View *b) {
    uint32_t shorter = a->length < b->length ? a->length : b->length;
    int order = memcmp(view_bytes(a), view_bytes(b), shorter);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

#endif
