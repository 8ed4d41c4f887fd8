/* jsonb_path_exists, _match, _query_array, _query_first, and the operators @? and @@. A constant path is
   parsed once a call site. */
#include "executor/base/memory.h"
#include "executor/functions/json/jsonpath_run.h"

/* A call site's path. */
typedef struct CachedPath {
    Arena *arena;
    Text source;
    JsonPath path;
} CachedPath;

static void path_free(void *cache) {
    CachedPath *cached = cache;
    arena_destroy(cached->arena);
    text_free(&cached->source);
    memory_free(cached);
}

static Status path_of(KernelContext *context, const View *source, const JsonPath **path, Error *error) {
    CachedPath *cached = *context->cache;
    if (cached == NULL) {
        cached = *context->cache = NEW(CachedPath);
        cached->arena = arena_create();
        *context->cache_free = path_free;
    } else if (cached->source.length == source->length &&
               memcmp(text_string(&cached->source), view_bytes(source), source->length) == 0) {
        *path = &cached->path;
        return OK;
    }
    arena_reset(cached->arena);
    text_reset(&cached->source);
    TRY(jsonpath_parse(view_bytes(source), source->length, cached->arena, &cached->path, error));
    text_add(&cached->source, view_bytes(source), source->length);
    *path = &cached->path;
    return OK;
}

/* What the path finds in a row; a silent call has none when it fails. */
static Status run_row(KernelContext *context, const Column *const *arguments, int argument_count, int row,
    bool finds_one, PathItems *items, Error *error) {
    PathRun run = {.value = slice_of(argument_view(arguments, 0, row)),
        .arena = context->scratch,
        .finds_one = finds_one};
    TRY(path_of(context, argument_view(arguments, 1, row), &run.path, error));
    if (argument_count > 2) {
        run.variables = slice_of(argument_view(arguments, 2, row));
        if (json_kind(run.variables.at) != JSON_OBJECT) {
            error_set(error, STATUS_INVALID_PARAMETER_VALUE, "\"vars\" argument is not an object");
            return error_detail(
                error, "Jsonpath parameters should be encoded as key-value pairs of \"vars\" object.");
        }
    }
    return jsonpath_run(&run, items, error);
}

typedef enum Question { PATH_ASK_EXISTS, PATH_ASK_MATCH, PATH_ASK_ARRAY, PATH_ASK_FIRST } Question;

static void set_array(Column *result, int row, const PathItems *items) {
    Text out = {0};
    text_add_char(&out, '[');
    for (int i = 0; i < items->count; i++) {
        text_add_string(&out, i > 0 ? ", " : "");
        add_slice(&out, items->items[i]);
    }
    text_add_char(&out, ']');
    result_take_text(result, row, &out);
    text_free(&out);
}

static Status answer(Question question, const PathItems *items, Column *result, int row, Error *error) {
    switch (question) {
    case PATH_ASK_EXISTS:
        ((uint8_t *)result->values)[row] = items->count > 0;
        return OK;
    case PATH_ASK_MATCH:
        if (items->count == 1 && json_kind(items->items[0].at) == JSON_BOOL)
            ((uint8_t *)result->values)[row] = *items->items[0].at == 't';
        else if (items->count == 1 && json_kind(items->items[0].at) == JSON_NULL)
            column_set_null(result, row);
        else
            return error_set(
                error, STATUS_SINGLETON_SQL_JSON_ITEM_REQUIRED, "single boolean result is expected");
        return OK;
    case PATH_ASK_ARRAY:
        set_array(result, row, items);
        return OK;
    case PATH_ASK_FIRST:
        if (items->count == 0)
            column_set_null(result, row);
        else
            column_set_bytes(
                result, row, items->items[0].at, (uint32_t)(items->items[0].end - items->items[0].at));
    }
    return OK;
}

static void ask_rows(KERNEL_PARAMETERS, Question question, bool is_silent) {
    Error error = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        PathItems items = {0};
        Status status =
            run_row(context, arguments, argument_count, i, question == PATH_ASK_EXISTS, &items, &error);
        if (status == OK)
            status = answer(question, &items, result, i, &error);
        if (status != OK && (is_silent || (argument_count > 3 && KERNEL_AT(uint8_t, arguments[3], i))))
            column_set_null(result, i);
        else if (status != OK)
            KERNEL_FAIL(context, i, status, "%s", error.message);
    }
    error_clear(&error);
}

#define ASK(name, question, is_silent)                                                            \
    static void name(KERNEL_PARAMETERS) {                                                         \
        ask_rows(context, row_count, arguments, argument_count, result, (question), (is_silent)); \
    }
ASK(exists, PATH_ASK_EXISTS, false)
ASK(match, PATH_ASK_MATCH, false)
ASK(query_array, PATH_ASK_ARRAY, false)
ASK(query_first, PATH_ASK_FIRST, false)
ASK(exists_silent, PATH_ASK_EXISTS, true)
ASK(match_silent, PATH_ASK_MATCH, true)

#define FORMS(name, type, kernel)                                                                      \
    {name "(jsonb, jsonpath) -> " type, kernel}, {name "(jsonb, jsonpath, jsonb) -> " type, kernel}, { \
        name "(jsonb, jsonpath, jsonb, bool) -> " type, kernel                                         \
    }

const FunctionRow jsonpath_functions[] = {
    FORMS("jsonb_path_exists", "bool", exists),
    FORMS("jsonb_path_match", "bool", match),
    FORMS("jsonb_path_query_array", "jsonb", query_array),
    FORMS("jsonb_path_query_first", "jsonb", query_first),
    {"@?(jsonb, jsonpath) -> bool", exists_silent},
    {"@@(jsonb, jsonpath) -> bool", match_silent},
    {0},
};
