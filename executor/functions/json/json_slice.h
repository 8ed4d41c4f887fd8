/* A JSON value inside some text, as the families of json functions hand it about. */
#ifndef LEAT_FUNCTIONS_JSON_SLICE_H
#define LEAT_FUNCTIONS_JSON_SLICE_H

#include "executor/functions/text/string_kernel.h"
#include "executor/types/json.h"

typedef struct Slice {
    const char *at;
    const char *end;
} Slice;

static inline Slice slice_of(const View *view) {
    const char *at = view_bytes(view), *end = at + view->length;
    return (Slice){json_skip_space(at, end), end};
}
static inline bool is_jsonb(const Column *column) {
    return column->type.id == TYPE_JSONB;
}
static inline void add_slice(Text *out, Slice value) {
    text_add(out, value.at, (size_t)(value.end - value.at));
}

#endif
