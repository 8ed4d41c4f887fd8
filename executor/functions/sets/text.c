/* string_to_table: the parts of a text between delimiters. */
#include "executor/functions/set.h"

#include <string.h>

/* string_to_table(text, delimiter [, what stands for NULL]). */
typedef struct StringParts {
    const char *cursor, *end;
    bool is_over;
} StringParts;

static Status string_parts_start(SetContext *context, Error *error) {
    StringParts *parts = context->state = ARENA_NEW(context->arena, StringParts);
    const Value *text = &context->arguments[0];
    parts->is_over = text->is_null || text->datum.view.length == 0;
    if (!parts->is_over) {
        parts->cursor = view_bytes(&text->datum.view);
        parts->end = parts->cursor + text->datum.view.length;
    }
    return OK;
}

/* Where the next part ends; *skip: bytes of the delimiter behind it. */
static const char *part_end(const StringParts *parts, const Value *delimiter, size_t *skip) {
    *skip = 0;
    if (delimiter->is_null) {
        const char *end = parts->cursor + 1;
        while (end < parts->end && (*end & 0xc0) == 0x80)
            end++;
        return end;
    }
    if (delimiter->datum.view.length == 0)
        return parts->end;
    const char *found = memmem(parts->cursor, (size_t)(parts->end - parts->cursor),
        view_bytes(&delimiter->datum.view), delimiter->datum.view.length);
    *skip = found == NULL ? 0 : delimiter->datum.view.length;
    return found == NULL ? parts->end : found;
}

static Status string_parts_next(
    SetContext *context, Column *const *columns, int at, int room, int *added, Error *error) {
    StringParts *parts = context->state;
    const Value *null =
        context->argument_count == 3 && !context->arguments[2].is_null ? &context->arguments[2] : NULL;
    for (*added = 0; *added < room && !parts->is_over; ++*added) {
        size_t skip;
        const char *end = part_end(parts, &context->arguments[1], &skip);
        View part = view_of(parts->cursor, (uint32_t)(end - parts->cursor));
        if (null != NULL && view_is_identical(&part, &null->datum.view))
            column_set_null(columns[0], at + *added);
        else
            column_set_bytes(columns[0], at + *added, parts->cursor, part.length);
        /* A delimiter at the very end leaves one more, empty part. */
        parts->is_over = end == parts->end && skip == 0;
        parts->cursor = end + skip;
    }
    return OK;
}

const SetFunction text_sets[] = {
    {"string_to_table(text, text) -> setof text", NULL, false, string_parts_start, string_parts_next},
    {"string_to_table(text, text, text) -> setof text", NULL, false, string_parts_start, string_parts_next},
    {0},
};
