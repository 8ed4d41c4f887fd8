/* Foreign clauses: what queries of other systems have and PostgreSQL's grammar has not: SELECT * EXCEPT (…),
   x IS JSON, QUALIFY, ASOF JOIN, FLOOR(t TO HOUR). They are taken out as dialect.h describes; QUALIFY leaves
   a HAVING behind, IS JSON an IS NULL. */
#include <string.h>

#include "planner/dialect/dialect.h"
#include "planner/dialect/dialect_internal.h"

/* Puts a word of at most the token's length in its place. */
static void replace_word(TokenList *list, int index, const char *word) {
    Token *token = &list->tokens[index];
    size_t length = strlen(word);
    tokens_blank(list, token->start, token->end);
    memcpy(list->text + token->start, word, length);
    token->end = token->start + (int)length;
}

/* * EXCEPT (a, b): not the set operation, whose parentheses hold a query. */
static void rewrite_except(Dialect *dialect, int index) {
    TokenList *list = &dialect->list;
    if (index == 0 || !token_is_symbol(list, index - 1, '*') || !token_is_symbol(list, index + 1, '(') ||
        !token_is_name(list, index + 2))
        return;
    int close = token_closing(list, index + 1, list->count), star = index - 1;
    bool is_qualified = token_is_symbol(list, star - 1, '.');
    if (close < 0 || (!is_qualified && token_ends_operand(list, star - 1)))
        return;
    while (star >= 2 && token_is_symbol(list, star - 1, '.'))
        star -= 2;
    DialectFragment fragment = dialect_copy(dialect, index + 2, close);
    fragment.key = list->tokens[star].start;
    fragment.clause = list->tokens[index].start;
    fragment_add(dialect, &dialect->excepts, fragment);
    while (index <= close)
        token_remove(list, index++);
}

/* x IS [NOT] JSON [VALUE | OBJECT | ARRAY | SCALAR]: IS becomes ISNULL or NOTNULL, the kind stands in the
   fragment. */
static void rewrite_is_json(Dialect *dialect, int index) {
    TokenList *list = &dialect->list;
    bool is_negated = token_is(list, index + 1, "not");
    int json = index + 1 + is_negated;
    if (!token_is(list, json, "json") || !token_ends_operand(list, index - 1))
        return;
    int kind =
        token_any_word(list, json + 1, (const char *const[]){"value", "object", "array", "scalar", NULL})
            ? json + 1
            : json;
    DialectFragment fragment = {.key = list->tokens[index].start,
        .clause = list->tokens[index].start,
        .start = list->tokens[json].start};
    fragment.text = kind == json ? "value" : token_identifier(list, kind, dialect->arena);
    fragment_add(dialect, &dialect->json_tests, fragment);
    for (int i = index + 1; i <= kind; i++)
        token_remove(list, i);
    const char *word = is_negated ? "NOTNULL" : "ISNULL";
    memcpy(list->text + list->tokens[index].start, word, strlen(word));
    list->tokens[index].end = list->tokens[index].start + (int)strlen(word);
}

/* A SELECT stands before it, at the same level of parentheses. */
static bool is_in_select(const TokenList *list, int index) {
    for (int depth = 0; index >= 0; index--) {
        if (token_is_symbol(list, index, '(') && depth-- == 0)
            return false;
        depth += token_is_symbol(list, index, ')');
        if (depth == 0 && token_is(list, index, "select"))
            return true;
    }
    return false;
}

/* FROM t QUALIFY …, unless qualify is the alias: then something of FROM follows. */
static bool is_qualify(const TokenList *list, int index) {
    const Token *next = &list->tokens[index + 1];
    if (index == 0 || index + 1 >= list->count || !token_ends_operand(list, index - 1) ||
        token_is(list, index - 1, "as"))
        return false;
    if (token_any_word(
            list, index + 1, (const char *const[]){"not", "case", "cast", "coalesce", "row_number", NULL}))
        return true;
    if (next->kind == TOKEN_WORD)
        return !next->is_reserved &&
               !token_any_word(list, index + 1,
                   (const char *const[]){"cross", "inner", "left", "right", "full", "natural", "emit", NULL});
    return next->kind == TOKEN_QUOTED || next->kind == TOKEN_NUMBER || next->kind == TOKEN_STRING;
}

static void rewrite_qualify(Dialect *dialect, int index) {
    static const char *const stops[] = {"order", "limit", "offset", "fetch", "union", "intersect", "except",
        "window", "for", "emit", "with", "into", NULL};
    TokenList *list = &dialect->list;
    if (!is_qualify(list, index) || !is_in_select(list, index - 1))
        return;
    int end = index + 1, depth = 0;
    for (; end < list->count; end++) {
        if (depth == 0 && (token_is_symbol(list, end, ')') || token_is_symbol(list, end, ';') ||
                              token_any_word(list, end, stops)))
            break;
        depth += token_is_symbol(list, end, '(') - token_is_symbol(list, end, ')');
    }
    DialectFragment fragment = {.key = list->tokens[index].start,
        .clause = list->tokens[index].start,
        .start = list->tokens[index].start};
    fragment.length = tokens_text_end(list, end) - fragment.start;
    fragment_add(dialect, &dialect->qualifies, fragment);
    replace_word(list, index, "HAVING");
}

/* a ASOF [LEFT | INNER] JOIN b: ASOF goes, the name of b is the key. An alias asof is one if something is
   taken of it. */
static void rewrite_asof(Dialect *dialect, int index) {
    TokenList *list = &dialect->list;
    int join = index + 1;
    while (token_any_word(list, join, (const char *const[]){"left", "inner", "outer", NULL}))
        join++;
    if (!token_is(list, join, "join") || !token_ends_operand(list, index - 1) ||
        !token_is_name(list, join + 1))
        return;
    for (int i = 0; i + 1 < list->count; i++)
        if (token_is(list, i, "asof") && token_is_symbol(list, i + 1, '.'))
            return;
    int start = list->tokens[index].start;
    fragment_add(dialect, &dialect->asof_joins,
        (DialectFragment){.key = list->tokens[join + 1].start, .clause = start, .start = start});
    token_remove(list, index);
}

/* JSON_VALUE(x, path RETURNING t [NULL ON EMPTY] [NULL ON ERROR]): t is set aside; NULL is what both give
   anyway. */
static void rewrite_json_call(Dialect *dialect, int index) {
    TokenList *list = &dialect->list;
    int close = token_closing(list, index + 1, list->count), end = close;
    if (!token_is_symbol(list, index + 1, '(') || close < 0)
        return;
    while (token_is(list, end - 3, "null") && token_is(list, end - 2, "on") &&
           token_any_word(list, end - 1, (const char *const[]){"empty", "error", NULL}))
        end -= 3;
    int returning = index + 2;
    for (int depth = 0; returning < end && !(depth == 0 && token_is(list, returning, "returning"));
         returning++)
        depth += token_is_symbol(list, returning, '(') - token_is_symbol(list, returning, ')');
    if (returning + 1 < end) {
        DialectFragment fragment = dialect_copy(dialect, returning + 1, end);
        fragment.key = list->tokens[index].start;
        fragment.clause = list->tokens[returning].start;
        fragment_add(dialect, &dialect->json_calls, fragment);
        end = returning;
    }
    while (end < close)
        token_remove(list, end++);
}

/* FLOOR(t TO HOUR): TO becomes a comma. */
static void rewrite_rounding(TokenList *list, int index) {
    int close = token_closing(list, index + 1, list->count);
    if (!token_is_symbol(list, index + 1, '(') || close < 0 || !token_is(list, close - 2, "to") ||
        list->tokens[close - 1].kind != TOKEN_WORD)
        return;
    replace_word(list, close - 2, ",");
    list->tokens[close - 2].kind = TOKEN_SYMBOL;
    list->tokens[close - 2].symbol = ',';
}

/* TRY_CAST(x AS t): a CAST whose place is noted. */
static void rewrite_try_cast(Dialect *dialect, int index) {
    Token *token = &dialect->list.tokens[index];
    int close = token_closing(&dialect->list, index + 1, dialect->list.count), as = index + 2;
    for (int depth = 0; as < close && !(depth == 0 && token_is(&dialect->list, as, "as")); as++)
        depth += token_is_symbol(&dialect->list, as, '(') - token_is_symbol(&dialect->list, as, ')');
    if (!token_is_symbol(&dialect->list, index + 1, '(') || as >= close) /* a function of that name */
        return;
    fragment_add(dialect, &dialect->try_casts,
        (DialectFragment){.key = token->start + 4, .clause = token->start, .start = token->start});
    tokens_blank(&dialect->list, token->start, token->start + 4);
    token->start += 4;
}

/* Materialize's hint OPTIONS (AGGREGATE INPUT GROUP SIZE = 1000): it tells sizes, nothing of the result. */
static void rewrite_hint(TokenList *list, int index) {
    int close = token_closing(list, index + 1, list->count);
    if (close < 0 || !token_is_symbol(list, index + 1, '('))
        return;
    bool is_hint = false;
    for (int i = index + 2; i + 1 < close; i++)
        is_hint |= token_is(list, i, "group") && token_is(list, i + 1, "size");
    while (is_hint && index <= close)
        token_remove(list, index++);
}

void rewrite_foreign(Dialect *dialect) {
    TokenList *list = &dialect->list;
    for (int i = 1; i < list->count; i++) {
        if (list->tokens[i].kind != TOKEN_WORD)
            continue;
        switch (list->text[list->tokens[i].start] | 0x20) {
        case 'a':
            if (token_is(list, i, "asof"))
                rewrite_asof(dialect, i);
            break;
        case 'c':
        case 'f':
            if (token_any_word(list, i, (const char *const[]){"floor", "ceil", "ceiling", NULL}))
                rewrite_rounding(list, i);
            break;
        case 'e':
            if (token_is(list, i, "except"))
                rewrite_except(dialect, i);
            break;
        case 'i':
            if (token_is(list, i, "is"))
                rewrite_is_json(dialect, i);
            break;
        case 'j':
            if (token_is(list, i, "json_value"))
                rewrite_json_call(dialect, i);
            break;
        case 'o':
            if (token_is(list, i, "options"))
                rewrite_hint(list, i);
            break;
        case 't':
            if (token_is(list, i, "try_cast"))
                rewrite_try_cast(dialect, i);
            break;
        case 'q':
            if (token_is(list, i, "qualify"))
                rewrite_qualify(dialect, i);
            break;
        default:
            break;
        }
    }
    tokens_compact(list);
}
