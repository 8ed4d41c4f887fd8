/* Script: a text and its syntax trees, shared by the statements made of it. Immutable once parsed; counted
   without a lock, so all who hold one serve the same session. */
#ifndef LEAT_SESSION_SCRIPT_H
#define LEAT_SESSION_SCRIPT_H

#include "executor/base/arena.h"
#include "executor/base/error.h"
#include "planner/parse/syntax_statement.h"

typedef struct Script {
    int reference_count;
    Arena *arena;
    const char *text;
    SyntaxStatement **statements;
    int count;
} Script;

Status script_parse(const char *text, size_t length, Script **out, Error *error);
static inline Script *script_retain(Script *script) {
    script->reference_count++;
    return script;
}
void script_release(Script *script); /* NULL is fine */

#endif
