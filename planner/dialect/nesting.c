/* Nesting: an upper bound of a parse tree's depth, from tokens alone.
 *
 * libpg_query overflows the stack inside its protobuf code on deep trees, so the bound must hold before it is
 * called. A level is what an open (, [ or CASE holds. Inside a level operators deepen the tree until the next
 * comma, AND or clause (PostgreSQL flattens AND and OR); joins do until the next comma or set operation; set
 * operations until the level ends. The depth is the sum over the open levels. */
#include "planner/dialect/nesting.h"

#include <string.h>

#include "executor/base/memory.h"

typedef struct Level {
    int operators, joins, set_operations;
    bool is_case;
} Level;

typedef struct Nesting {
    const TokenList *list;
    Level *levels;
    int count, capacity;
    int depth; /* of the enclosing levels, without the innermost */
} Nesting;

static bool is_any(const TokenList *list, int index, const char *const *words) {
    for (; *words != NULL; words++)
        if (token_is(list, index, *words))
            return true;
    return false;
}

static int level_depth(const Level *level) {
    return 1 + level->operators + level->joins + level->set_operations;
}

static void level_push(Nesting *nesting, bool is_case) {
    nesting->depth += level_depth(&nesting->levels[nesting->count - 1]);
    GROW(nesting->levels, nesting->capacity, nesting->count + 1);
    nesting->levels[nesting->count++] = (Level){.is_case = is_case};
}

static void level_pop(Nesting *nesting) {
    if (nesting->count == 1)
        return;
    nesting->count--;
    nesting->depth -= level_depth(&nesting->levels[nesting->count - 1]);
}

static void nesting_word(Nesting *nesting, int index) {
    const TokenList *list = nesting->list;
    Level *level = &nesting->levels[nesting->count - 1];
    if (token_is(list, index, "case"))
        level_push(nesting, true);
    else if (token_is(list, index, "end")) {
        if (level->is_case)
            level_pop(nesting);
    } else if (token_is(list, index, "join"))
        level->joins++;
    else if (is_any(list, index, (const char *const[]){"union", "intersect", "except", NULL})) {
        level->set_operations++;
        level->joins = level->operators = 0;
    } else if (is_any(list, index,
                   (const char *const[]){
                       "and", "or", "when", "then", "else", "select", "from", "where", "having", "on", NULL}))
        level->operators = 0;
    else if (is_any(list, index,
                 (const char *const[]){"not", "collate", "at", "is", "in", "like", "ilike", "similar",
                     "between", "isnull", "notnull", "operator", NULL}))
        level->operators++;
}

static void nesting_symbol(Nesting *nesting, char symbol) {
    Level *level = &nesting->levels[nesting->count - 1];
    switch (symbol) {
    case '(':
    case '[':
        level_push(nesting, false);
        break;
    case ')':
    case ']':
        while (nesting->levels[nesting->count - 1].is_case)
            level_pop(nesting);
        level_pop(nesting);
        break;
    case ';':
        nesting->count = 1;
        nesting->depth = 0;
        nesting->levels[0] = (Level){0};
        break;
    case ',':
        level->operators = level->joins = 0;
        break;
    case '.':
        break;
    default:
        level->operators++;
    }
}

Status nesting_check(const TokenList *list, int bound, Error *error) {
    Nesting nesting = {.list = list};
    GROW(nesting.levels, nesting.capacity, 1);
    nesting.levels[0] = (Level){0};
    nesting.count = 1;
    Status status = OK;
    for (int i = 0; i < list->count && status == OK; i++) {
        const Token *token = &list->tokens[i];
        if (token->kind == TOKEN_WORD)
            nesting_word(&nesting, i);
        else if (token->kind == TOKEN_SYMBOL)
            nesting_symbol(&nesting, token->symbol);
        else if (token->kind == TOKEN_OPERATOR)
            nesting.levels[nesting.count - 1].operators++;
        if (nesting.depth + level_depth(&nesting.levels[nesting.count - 1]) > bound) {
            error_set(error, STATUS_STATEMENT_TOO_COMPLEX, "stack depth limit exceeded");
            status = error_hint(error, "Increase the configuration parameter \"max_stack_depth\" (currently "
                                       "2048kB), after ensuring the platform's "
                                       "stack depth limit is adequate.");
        }
    }
    memory_free(nesting.levels);
    return status;
}
