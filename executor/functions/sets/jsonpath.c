/* jsonb_path_query: a row for each item that a path finds. */
#include "executor/functions/json/jsonpath_run.h"
#include "executor/functions/set.h"

typedef struct Found {
    PathItems items;
    int next;
} Found;

static Status find(SetContext *context, PathItems *items, Error *error) {
    JsonPath path;
    const View *source = &context->arguments[1].datum.view;
    TRY(jsonpath_parse(view_bytes(source), source->length, context->arena, &path, error));
    PathRun run = {
        .path = &path, .value = slice_of(&context->arguments[0].datum.view), .arena = context->arena};
    if (context->argument_count > 2) {
        run.variables = slice_of(&context->arguments[2].datum.view);
        if (json_kind(run.variables.at) != JSON_OBJECT)
            return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "\"vars\" argument is not an object");
    }
    return jsonpath_run(&run, items, error);
}

static Status path_items_start(SetContext *context, Error *error) {
    Found *found = context->state = ARENA_NEW(context->arena, Found);
    bool is_silent = context->argument_count > 3 && context->arguments[3].datum.boolean;
    Status status = find(context, &found->items, error);
    if (status == OK || !is_silent)
        return status;
    error_clear(error);
    found->items.count = 0;
    return OK;
}

static Status path_items_next(
    SetContext *context, Column *const *columns, int at, int room, int *added, Error *error) {
    Found *found = context->state;
    for (*added = 0; *added < room && found->next < found->items.count; ++*added) {
        Slice item = found->items.items[found->next++];
        column_set_bytes(columns[0], at + *added, item.at, (uint32_t)(item.end - item.at));
    }
    return OK;
}

const SetFunction jsonpath_sets[] = {
    {"jsonb_path_query(jsonb, jsonpath) -> setof jsonb", NULL, true, path_items_start, path_items_next},
    {"jsonb_path_query(jsonb, jsonpath, jsonb) -> setof jsonb", NULL, true, path_items_start,
        path_items_next},
    {"jsonb_path_query(jsonb, jsonpath, jsonb, bool) -> setof jsonb", NULL, true, path_items_start,
        path_items_next},
    {0},
};
