/* Batch as text: the form that tests and logs use. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executor/base/memory.h"
#include "executor/batch/batch.h"

/* One word or quoted value; *is_quoted tells "NULL" from NULL. Advances *cursor; false at the line's end. */
static bool next_word(const char **cursor, Text *word, bool *is_quoted) {
    const char *p = *cursor;
    while (*p == ' ')
        p++;
    text_reset(word);
    *is_quoted = *p == '"';
    if (*p == '\0' || *p == '\n') {
        *cursor = p;
        return false;
    }
    if (*is_quoted) {
        for (p++; *p != '\0' && (*p != '"' || p[1] == '"'); p++) {
            p += *p == '"';
            text_add_char(word, *p);
        }
        p += *p == '"';
    } else {
        for (; *p != '\0' && *p != ' ' && *p != '\n'; p++)
            text_add_char(word, *p);
    }
    *cursor = p;
    return true;
}

static void fail(const char *what, const Error *error) {
    fprintf(stderr, "batch_from_text: %s%s%s\n", what, error != NULL ? ": " : "",
        error != NULL ? error->message : "");
    abort();
}

static Type type_from_word(const char *word) {
    size_t length = strlen(word);
    bool is_array = length > 2 && strcmp(word + length - 2, "[]") == 0;
    char *name = memory_copy_text(word, is_array ? length - 2 : length);
    TypeId id = type_by_name(name);
    if (id == TYPE_UNKNOWN)
        fail(word, NULL);
    memory_free(name);
    return is_array ? type_array_of(id) : type_of(id);
}

static void parse_value(Column *column, int row, const Text *word, bool is_quoted) {
    if (!is_quoted && strcmp(text_string(word), "NULL") == 0) {
        column_set_null(column, row);
        return;
    }
    Arena *arena = arena_create();
    Error error = {0};
    Datum datum;
    memset(&datum, 0, sizeof datum);
    if (datum_parse(column->type, text_string(word), word->length, &type_settings_default, arena, &datum,
            &error) != OK)
        fail(text_string(word), &error);
    column_set_datum(column, row, &datum);
    arena_destroy(arena);
}

Batch *batch_from_text(const char *text) {
    Type types[64];
    int column_count = 0;
    bool is_quoted;
    Text word = {0};
    while (next_word(&text, &word, &is_quoted)) {
        assert(column_count < 64);
        types[column_count++] = type_from_word(text_string(&word));
    }
    int capacity = 0;
    for (const char *p = text; *p != '\0'; p++)
        capacity += *p == '\n';
    Batch *batch = batch_builder(types, column_count, capacity);
    while (*text == '\n') {
        text++;
        if (!next_word(&text, &word, &is_quoted))
            continue;
        int row = batch->row_count;
        int64_t diff = strtoll(text_string(&word), NULL, 10);
        if (diff != 1)
            batch_need_diffs(batch, capacity);
        if (batch->diffs != NULL)
            batch->diffs[row] = diff;
        for (int i = 0; i < column_count; i++) {
            if (!next_word(&text, &word, &is_quoted))
                fail("too few values in a row", NULL);
            parse_value(batch->columns[i], row, &word, is_quoted);
        }
        if (next_word(&text, &word, &is_quoted))
            fail("too many values in a row", NULL);
        batch->row_count = batch->selected_count = row + 1;
    }
    text_free(&word);
    return batch;
}

static void add_word(const char *word, Text *out) {
    if (*word != '\0' && strpbrk(word, " \n\"") == NULL && strcmp(word, "NULL") != 0) {
        text_add_string(out, word);
        return;
    }
    text_add_char(out, '"');
    for (; *word != '\0'; word++) {
        if (*word == '"')
            text_add_char(out, '"');
        text_add_char(out, *word);
    }
    text_add_char(out, '"');
}

void batch_add_text(const Batch *batch, Text *out) {
    for (int i = 0; i < batch->column_count; i++) {
        Type type = batch->columns[i]->type;
        text_printf(
            out, "%s%s%s", i > 0 ? " " : "", type_pg_name((TypeId)type.id), type.is_array ? "[]" : "");
    }
    text_add_char(out, '\n');
    Text word = {0};
    for (int selected = 0; selected < batch->selected_count; selected++) {
        int row = batch_row(batch, selected);
        text_printf(out, "%+lld", (long long)batch_diff(batch, row));
        for (int i = 0; i < batch->column_count; i++) {
            const Column *column = batch->columns[i];
            text_add_char(out, ' ');
            if (column_is_null(column, row)) {
                text_add_string(out, "NULL");
                continue;
            }
            text_reset(&word);
            datum_format(column->type, column_at(column, row), &type_settings_default, &word);
            add_word(text_string(&word), out);
        }
        text_add_char(out, '\n');
    }
    text_free(&word);
}
