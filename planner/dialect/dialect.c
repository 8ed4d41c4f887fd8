/* Dialect: see dialect.h. Each rewrite is a pass over the tokens; a token taken out becomes an END and is
   dropped after the pass. */
#include "planner/dialect/dialect.h"

#include <string.h>
#include <strings.h>

#include "planner/dialect/dialect_internal.h"

enum {
    TYPE_TOKENS_MAX = 10000
}; /* of one STRUCT<…>: unclosed ones must not cost a scan of the whole text each */

void token_remove(TokenList *list, int index) {
    tokens_blank(list, list->tokens[index].start, list->tokens[index].end);
    list->tokens[index].kind = TOKEN_END;
}

void tokens_compact(TokenList *list) {
    int kept = 0;
    for (int i = 0; i < list->count; i++)
        if (list->tokens[i].kind != TOKEN_END)
            list->tokens[kept++] = list->tokens[i];
    if (kept == list->count)
        return;
    list->tokens[kept] = list->tokens[list->count];
    list->count = kept;
    tokens_match(list);
}

bool token_any_word(const TokenList *list, int index, const char *const *words) {
    for (; *words != NULL; words++)
        if (token_is(list, index, *words))
            return true;
    return false;
}

DialectFragment dialect_copy(const Dialect *dialect, int first, int end) {
    const TokenList *list = &dialect->list;
    int start = list->tokens[first].start;
    int length = end > first ? tokens_text_end(list, end) - start : 0;
    return (DialectFragment){.key = start,
        .start = start,
        .length = length,
        .text = arena_copy(dialect->arena, list->text + start, (size_t)length)};
}

void dialect_blank(Dialect *dialect, int first, int end) {
    if (end > first)
        tokens_blank(&dialect->list, dialect->list.tokens[first].start, dialect->list.tokens[end - 1].end);
}

const DialectFragment *dialect_find(DialectFragments *fragments, int key) {
    int low = 0, high = fragments->count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (fragments->items[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == fragments->count || fragments->items[low].key != key)
        return NULL;
    fragments->items[low].is_found = true;
    return &fragments->items[low];
}

const DialectFragment *dialect_find_qualify(Dialect *dialect, int position) {
    for (int i = 0; i < dialect->qualifies.count; i++) {
        DialectFragment *fragment = &dialect->qualifies.items[i];
        if (position >= fragment->start && position < fragment->start + fragment->length &&
            !fragment->is_found) {
            fragment->is_found = true;
            return fragment;
        }
    }
    return NULL;
}

Status dialect_check_found(const Dialect *dialect, Error *error) {
    const DialectFragments *const all[] = {&dialect->as_of, &dialect->partitions, &dialect->types,
        &dialect->excepts, &dialect->json_tests, &dialect->qualifies, &dialect->asof_joins,
        &dialect->try_casts, &dialect->json_calls};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        for (int i = 0; i < all[k]->count; i++) {
            if (!all[k]->items[i].is_found)
                return syntax_error_at(&dialect->list, all[k]->items[i].clause, error);
        }
    return OK;
}

void fragment_add(Dialect *dialect, DialectFragments *fragments, DialectFragment fragment) {
    ARENA_APPEND(dialect->arena, fragments->items, fragments->count, fragment);
    for (int i = fragments->count - 1; i > 0 && fragments->items[i - 1].key > fragment.key; i--) {
        fragments->items[i] = fragments->items[i - 1];
        fragments->items[i - 1] = fragment;
    }
}

/* INTERVAL '1' MINUTES [TO SECONDS]: the plural's s becomes a blank. */
static void rewrite_interval(TokenList *list, int index) {
    static const char *const plurals[] = {"years", "months", "days", "hours", "minutes", "seconds", NULL};
    if (list->tokens[index + 1].kind != TOKEN_STRING)
        return;
    int unit = index + 2;
    for (;;) {
        if (token_any_word(list, unit, plurals)) {
            Token *token = &list->tokens[unit];
            list->text[--token->end] = ' ';
        }
        if (!token_is(list, unit + 1, "to"))
            return;
        unit += 2;
    }
}

/* The token behind the > that closes the < at `index`, or -1. */
static int angle_end(const TokenList *list, int index) {
    int depth = 0, end = list->count - index < TYPE_TOKENS_MAX ? list->count : index + TYPE_TOKENS_MAX;
    for (; index < end; index++) {
        const Token *token = &list->tokens[index];
        if (token->kind == TOKEN_OPERATOR) {
            for (int i = token->start; i < token->end; i++) {
                if (list->text[i] == '<')
                    depth++;
                else if (list->text[i] == '>')
                    depth--;
                else
                    return -1;
            }
        } else if (token->kind == TOKEN_SYMBOL) {
            if (strchr("<>(),.[]", token->symbol) == NULL)
                return -1;
            depth += token->symbol == '<' ? 1 : token->symbol == '>' ? -1 : 0;
        } else if (token->kind == TOKEN_PARAMETER || token->kind == TOKEN_BIT)
            return -1;
        if (depth < 0)
            return -1;
        if (depth == 0)
            return index + 1;
    }
    return -1;
}

/* ROW< and ARRAY< are never PostgreSQL's; map< and struct< may compare a column, unless they stand where a
   type must. */
static bool is_structured_type(const TokenList *list, int index) {
    if (!token_is_symbol(list, index + 1, '<') && !token_is_operator(list, index + 1, "<>"))
        return false;
    if (token_any_word(list, index, (const char *const[]){"array", "row", NULL}))
        return token_is_symbol(list, index + 1, '<');
    if (!token_any_word(list, index, (const char *const[]){"map", "struct", "multiset", NULL}))
        return false;
    if (index == 0 || token_is_operator(list, index - 1, "::") || token_is(list, index - 1, "as"))
        return true;
    return token_is_name(list, index - 1) &&
           !token_any_word(list, index - 1, (const char *const[]){"by", "between", NULL});
}

/* ROW(a int, …) as a type: in a cast, or behind the name of a column that is being defined. */
static bool is_row_type(const TokenList *list, int index) {
    if (!token_is(list, index, "row") || !token_is_symbol(list, index + 1, '(') ||
        !token_is_name(list, index + 2) || token_is_symbol(list, index + 3, ',') ||
        token_is_symbol(list, index + 3, ')'))
        return false;
    if (index == 0 || token_is_operator(list, index - 1, "::") || token_is(list, index - 1, "as"))
        return true;
    if (!token_is_name(list, index - 1) ||
        (!token_is_symbol(list, index - 2, '(') && !token_is_symbol(list, index - 2, ',')))
        return false;
    int first = index;
    while (first > 0 && index - first < TYPE_TOKENS_MAX && !token_is_symbol(list, first - 1, ';'))
        first--;
    return token_is(list, first, "create") || token_is(list, first, "alter");
}

static void rewrite_type(Dialect *dialect, int index) {
    TokenList *list = &dialect->list;
    int end = token_is_symbol(list, index + 1, '(') ? token_closing(list, index + 1, list->count) + 1
                                                    : angle_end(list, index + 1);
    if (end <= 0)
        return;
    Token *token = &list->tokens[index];
    int start = token->start, length = list->tokens[end - 1].end - start;
    DialectFragment fragment = {.key = start,
        .clause = start,
        .start = start,
        .length = length,
        .text = arena_copy(dialect->arena, list->sql + start, (size_t)length)};
    fragment_add(dialect, &dialect->types, fragment);
    tokens_blank(list, start, start + length);
    list->text[start] = 'x';
    token->end = start + 1;
    token->is_reserved = false;
    for (int i = index + 1; i < end; i++)
        list->tokens[i].kind = TOKEN_END;
}

static void rewrite_types_and_units(Dialect *dialect) {
    TokenList *list = &dialect->list;
    for (int i = 0; i < list->count; i++) {
        if (list->tokens[i].kind != TOKEN_WORD)
            continue;
        switch (list->text[list->tokens[i].start] | 0x20) {
        case 'i':
            if (token_is(list, i, "interval"))
                rewrite_interval(list, i);
            break;
        case 'a':
        case 'm':
        case 'r':
        case 's':
            if (is_structured_type(list, i) || is_row_type(list, i))
                rewrite_type(dialect, i);
            break;
        case 'w': /* a timestamp with local time zone is PostgreSQL's with time zone */
            if (token_is(list, i, "with") && token_is(list, i + 1, "local") && token_is(list, i + 2, "time"))
                token_remove(list, i + 1);
            break;
        case 'o': /* a reserved word can't name an argument: the parser looks for this one instead */
            if (token_is(list, i, "offset") && token_is_operator(list, i + 1, "=>"))
                list->text[list->tokens[i].start] = '_';
            break;
        default:
            break;
        }
    }
    tokens_compact(list);
}

static bool is_window_function(const TokenList *list, int index) {
    return token_any_word(list, index, (const char *const[]){"tumble", "hop", "cumulate", "session", NULL}) &&
           token_is_symbol(list, index + 1, '(');
}

/* TABLE(F(…)) in FROM loses TABLE and its parentheses; F(TABLE t …) and DATA => TABLE t lose TABLE. */
static void rewrite_table_words(TokenList *list) {
    for (int i = 1; i < list->count; i++) {
        if (!token_is(list, i, "table"))
            continue;
        bool is_in_from =
            token_is_symbol(list, i - 1, ',') ||
            token_any_word(list, i - 1, (const char *const[]){"from", "join", "lateral", "using", NULL});
        if (is_in_from && token_is_symbol(list, i + 1, '(') && token_is_symbol(list, i + 3, '(')) {
            int close = token_closing(list, i + 1, list->count);
            if (close < 0)
                continue;
            token_remove(list, close);
            token_remove(list, i + 1);
            token_remove(list, i++);
        } else if (token_is_operator(list, i - 1, "=>") ||
                   (token_is_symbol(list, i - 1, '(') && is_window_function(list, i - 2)))
            token_remove(list, i);
    }
    tokens_compact(list);
}

/* The token behind a name of several parts, or `index` when there is none. */
static int name_end(const TokenList *list, int index) {
    if (!token_is_name(list, index))
        return index;
    index++;
    while (token_is_symbol(list, index, '.') && index + 1 < list->count &&
           (list->tokens[index + 1].kind == TOKEN_WORD || list->tokens[index + 1].kind == TOKEN_QUOTED))
        index += 2;
    return index;
}

/* The token after `index`, past what is in parentheses. */
static int next_at_level(const TokenList *list, int index, int end) {
    int close = token_closing(list, index, end);
    return (close < 0 ? index : close) + 1;
}

/* The token behind the columns of PARTITION BY. In a list without parentheses a comma goes on only when
   DESCRIPTOR is still to come. */
static int partition_end(const TokenList *list, int index, int close) {
    if (token_is_symbol(list, index, '('))
        return token_closing(list, index, close) + 1;
    bool has_descriptor = false;
    for (int i = index; i < close; i = next_at_level(list, i, close))
        has_descriptor |= token_is(list, i, "descriptor");
    int end = name_end(list, index);
    while (has_descriptor && end > index && token_is_symbol(list, end, ',') &&
           !token_is(list, end + 1, "descriptor") && !token_is_operator(list, end + 2, "=>") &&
           name_end(list, end + 1) > end + 1)
        end = name_end(list, end + 1);
    return end;
}

static void rewrite_partition(Dialect *dialect, int function) {
    TokenList *list = &dialect->list;
    int close = token_closing(list, function + 1, list->count);
    for (int i = function + 2; i < close; i = next_at_level(list, i, close)) {
        if (!token_is(list, i, "partition") || !token_is(list, i + 1, "by"))
            continue;
        int end = partition_end(list, i + 2, close);
        if (end <= i + 2)
            return;
        DialectFragment fragment = dialect_copy(dialect, i + 2, end);
        fragment.key = list->tokens[function].start;
        fragment.clause = list->tokens[i].start;
        fragment_add(dialect, &dialect->partitions, fragment);
        while (i < end)
            token_remove(list, i++);
        return;
    }
}

static void rewrite_windows(Dialect *dialect) {
    TokenList *list = &dialect->list;
    for (int i = 0; i < list->count; i++)
        if (list->tokens[i].kind == TOKEN_WORD && is_window_function(list, i))
            rewrite_partition(dialect, i);
    tokens_compact(list);
}

/* Where the name of the table before FOR SYSTEM_TIME starts: `t`, `s.t`, `t a`, `t AS a`. -1 when no name is
   there. */
static int table_before(const TokenList *list, int index) {
    int i = index - 1;
    if (!token_is_name(list, i))
        return -1;
    while (token_is_symbol(list, i - 1, '.') && i >= 2)
        i -= 2;
    int before = token_is(list, i - 1, "as") ? i - 2 : i - 1;
    if (!token_is_name(list, before))
        return i;
    while (token_is_symbol(list, before - 1, '.') && before >= 2)
        before -= 2;
    return before;
}

/* The token behind the expression of FOR SYSTEM_TIME AS OF: at depth 0 a word that can't continue it, or a
   name after an operand. */
static int as_of_end(const TokenList *list, int index) {
    static const char *const stops[] = {"as", "on", "using", "join", "inner", "cross", "full", "natural",
        "where", "group", "having", "order", "window", "limit", "offset", "fetch", "union", "intersect",
        "except", "for", "emit", "with", "returning", "set", NULL};
    static const char *const units[] = {"year", "month", "day", "hour", "minute", "second", "at", "to", NULL};
    int depth = 0;
    for (int first = index; index < list->count; index++) {
        const Token *token = &list->tokens[index];
        if (token->kind == TOKEN_SYMBOL && strchr("([", token->symbol) != NULL)
            depth++;
        else if (token->kind == TOKEN_SYMBOL && strchr(")]", token->symbol) != NULL && depth-- == 0)
            return index;
        if (depth > 0 || index == first)
            continue;
        if (token->kind == TOKEN_SYMBOL && strchr(",;", token->symbol) != NULL)
            return index;
        if (token_any_word(list, index, stops))
            return index;
        bool is_after_operand = token_ends_operand(list, index - 1);
        if (is_after_operand && token_any_word(list, index, (const char *const[]){"left", "right", NULL}))
            return index;
        bool is_typed_literal = index + 1 < list->count && list->tokens[index].kind == TOKEN_STRING;
        bool is_after_at = token_any_word(list, index - 1,
            (const char *const[]){"at", "time", "zone", "to", "interval", "timestamp", "date", NULL});
        if (is_after_operand && !is_after_at && !is_typed_literal && token_is_name(list, index) &&
            !token_any_word(list, index, units))
            return index;
    }
    return index;
}

static Status rewrite_system_time(Dialect *dialect, Error *error) {
    TokenList *list = &dialect->list;
    for (int i = 1; i < list->count; i++) {
        if (!token_is(list, i, "for") || !token_is(list, i + 1, "system_time"))
            continue;
        if (!token_is(list, i + 2, "as"))
            return syntax_error_token(list, i + 2 > list->count ? list->count : i + 2, error);
        if (!token_is(list, i + 3, "of"))
            return syntax_error_token(list, i + 3 > list->count ? list->count : i + 3, error);
        int table = table_before(list, i), end = as_of_end(list, i + 4);
        if (table < 0)
            return syntax_error_token(list, i, error);
        if (end == i + 4)
            return syntax_error_token(list, end, error);
        DialectFragment fragment = dialect_copy(dialect, i + 4, end);
        fragment.key = list->tokens[table].start;
        fragment.clause = list->tokens[i].start;
        fragment_add(dialect, &dialect->as_of, fragment);
        for (; i < end; i++)
            token_remove(list, i);
    }
    tokens_compact(list);
    return OK;
}

Status dialect_open(Dialect *dialect, const char *sql, size_t length, Arena *arena, Error *error) {
    *dialect = (Dialect){.arena = arena};
    TRY(tokens_scan(sql, length, arena, &dialect->list, error));
    rewrite_types_and_units(dialect);
    rewrite_table_words(&dialect->list);
    rewrite_windows(dialect);
    rewrite_foreign(dialect);
    return rewrite_system_time(dialect, error);
}

SyntaxEmit dialect_cut_emit(Dialect *dialect, int first, int *end, int *position) {
    TokenList *list = &dialect->list;
    int i = *end - 4;
    if (i > first && token_is(list, i, "emit") && token_is(list, i + 1, "on") &&
        token_is(list, i + 2, "window") && token_is(list, i + 3, "close")) {
        dialect_blank(dialect, i, *end);
        *position = list->tokens[i].start;
        *end = i;
        return SYNTAX_EMIT_ON_WINDOW_CLOSE;
    }
    i = *end - 2;
    if (i > first && token_is(list, i, "emit") && token_is(list, i + 1, "changes") &&
        token_ends_operand(list, i - 1)) {
        dialect_blank(dialect, i, *end);
        *position = list->tokens[i].start;
        *end = i;
        return SYNTAX_EMIT_CHANGES;
    }
    return SYNTAX_EMIT_DEFAULT;
}
