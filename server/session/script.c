/* Script: a text and its syntax trees. */
#include "server/session/script.h"

#include "executor/base/memory.h"
#include "planner/parse/parse.h"

Status script_parse(const char *text, size_t length, Script **out, Error *error) {
    Script *script = NEW(Script);
    script->reference_count = 1;
    script->arena = arena_create();
    script->text = arena_copy(script->arena, text, length);
    Status status =
        parse_statements(script->text, length, script->arena, &script->statements, &script->count, error);
    if (status != OK)
        script_release(script);
    else
        *out = script;
    return status;
}

void script_release(Script *script) {
    if (script == NULL || --script->reference_count > 0)
        return;
    arena_destroy(script->arena);
    memory_free(script);
}
