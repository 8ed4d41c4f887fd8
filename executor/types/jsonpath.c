/* JSON path parser: a lexer and a descent by precedence. Comparisons and logic are predicates, everything
   else is an expression; where one is wanted the other is a syntax error, as in PostgreSQL's grammar. */
#include "executor/types/jsonpath.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "executor/types/json.h"
#include "executor/types/key.h"
#include "executor/types/operations.h"

const char *path_operator(PathKind kind) {
    static const char *const operators[] = {[PATH_ADD] = "+",
        [PATH_SUBTRACT] = "-",
        [PATH_MULTIPLY] = "*",
        [PATH_DIVIDE] = "/",
        [PATH_MODULO] = "%",
        [PATH_PLUS] = "+",
        [PATH_MINUS] = "-",
        [PATH_AND] = "&&",
        [PATH_OR] = "||",
        [PATH_EQUAL] = "==",
        [PATH_NOT_EQUAL] = "!=",
        [PATH_LESS] = "<",
        [PATH_LESS_EQUAL] = "<=",
        [PATH_GREATER] = ">",
        [PATH_GREATER_EQUAL] = ">=",
        [PATH_STARTS_WITH] = "starts with"};
    return operators[kind];
}

const char *path_method(PathMethod method) {
    static const char *const methods[] = {"type", "size", "abs", "floor", "ceiling", "double"};
    return methods[method];
}

typedef enum Token {
    TOKEN_END,
    TOKEN_WORD,
    TOKEN_STRING,
    TOKEN_VARIABLE,
    TOKEN_NUMBER,
    TOKEN_MARK,
    TOKEN_BAD
} Token;

typedef struct PathParser {
    const char *at, *end;
    Arena *arena;
    Error *error;
    Token token;
    char mark[3];      /* of a MARK */
    const char *start; /* of the token in the input */
    const char *text;  /* of a word, string, variable or number */
    size_t length;
    int filter_depth, subscript_depth, depth;
} PathParser;

enum { PATH_DEPTH_MAX = 1000 };

/* ---- tokens ---- */

static bool is_word_end(char c) {
    return c == 0 || strchr("?%$.[]{}()|&!=<>@#,*:-+/\"\\ \t\n\r\f", c) != NULL;
}

static void skip_blanks(PathParser *p) {
    for (;;) {
        while (p->at < p->end && is_space(*p->at))
            p->at++;
        if (p->end - p->at < 2 || p->at[0] != '/' || p->at[1] != '*')
            return;
        const char *stop = p->at + 2;
        while (stop < p->end && !(stop[0] == '*' && stop + 1 < p->end && stop[1] == '/'))
            stop++;
        p->at = stop < p->end ? stop + 2 : p->end;
    }
}

static const char *string_end(const char *at, const char *end) {
    for (at++; at < end && *at != '"'; at++)
        at += *at == '\\';
    return at < end ? at + 1 : NULL;
}

/* A quoted string, whose escapes are JSON's. */
static Status read_string(PathParser *p) {
    const char *stop = string_end(p->at, p->end);
    Text text = {0};
    if (stop == NULL) {
        p->at = p->end;
        p->token = TOKEN_BAD;
        return OK;
    }
    Status status = json_check(p->at, (size_t)(stop - p->at), true, &text, p->error);
    if (status == OK) {
        const char *canonical = text_string(&text);
        Text unquoted = {0};
        json_add_unquoted(&unquoted, canonical, canonical + text.length);
        p->text = arena_copy(p->arena, text_string(&unquoted), unquoted.length);
        p->length = unquoted.length;
        text_free(&unquoted);
    }
    text_free(&text);
    p->at = stop;
    return status;
}

static void read_number(PathParser *p) {
    const char *at = p->at;
    while (at < p->end && *at >= '0' && *at <= '9')
        at++;
    if (at < p->end && *at == '.' && !(at + 1 < p->end && at[1] == '*'))
        for (at++; at < p->end && *at >= '0' && *at <= '9';)
            at++;
    if (at < p->end && (*at | 32) == 'e') {
        const char *exponent = at + 1;
        exponent += exponent < p->end && (*exponent == '+' || *exponent == '-');
        if (exponent < p->end && *exponent >= '0' && *exponent <= '9')
            for (at = exponent; at < p->end && *at >= '0' && *at <= '9';)
                at++;
    }
    p->token = TOKEN_NUMBER;
    p->text = p->at;
    p->length = (size_t)(at - p->at);
    p->at = at;
    if (at < p->end && !is_word_end(*at))
        p->token = TOKEN_BAD;
}

static void read_word(PathParser *p) {
    p->text = p->at;
    while (p->at < p->end && !is_word_end(*p->at))
        p->at++;
    p->length = (size_t)(p->at - p->text);
}

static void read_mark(PathParser *p) {
    static const char *const pairs[] = {"&&", "||", "==", "!=", "<>", "<=", ">=", "**"};
    p->token = TOKEN_MARK;
    p->mark[0] = *p->at++;
    p->mark[1] = p->mark[2] = 0;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs && p->at < p->end; i++)
        if (pairs[i][0] == p->mark[0] && pairs[i][1] == *p->at) {
            p->mark[1] = *p->at++;
            return;
        }
}

static Status advance(PathParser *p) {
    skip_blanks(p);
    p->start = p->at;
    if (p->at >= p->end) {
        p->token = TOKEN_END;
        return OK;
    }
    char c = *p->at, after = p->at + 1 < p->end ? p->at[1] : 0;
    if (c == '"') {
        p->token = TOKEN_STRING;
        return read_string(p);
    }
    if (c == '$' && after == '"') {
        p->at++;
        p->token = TOKEN_VARIABLE;
        return read_string(p);
    }
    if (c == '$' && !is_word_end(after)) {
        p->at++;
        p->token = TOKEN_VARIABLE;
        read_word(p);
    } else if ((c >= '0' && c <= '9') || (c == '.' && after >= '0' && after <= '9')) {
        read_number(p);
    } else if (is_word_end(c)) {
        read_mark(p);
    } else {
        p->token = TOKEN_WORD;
        read_word(p);
    }
    return OK;
}

static Status unexpected(const PathParser *p) {
    skip_blanks((PathParser *)p);
    if (p->token == TOKEN_END || (p->token == TOKEN_WORD && p->at >= p->end))
        return error_set(p->error, STATUS_SYNTAX_ERROR, "syntax error at end of jsonpath input");
    return error_set(p->error, STATUS_SYNTAX_ERROR, "syntax error at or near \"%.*s\" of jsonpath input",
        (int)(p->at - p->start), p->start);
}

static bool is_mark(const PathParser *p, const char *mark) {
    return p->token == TOKEN_MARK && strcmp(p->mark, mark) == 0;
}

/* Keywords are written in any letters, but true, false and null. */
static bool is_word(const PathParser *p, const char *word) {
    size_t length = strlen(word);
    if (p->token != TOKEN_WORD || p->length != length)
        return false;
    bool is_exact = strcmp(word, "true") == 0 || strcmp(word, "false") == 0 || strcmp(word, "null") == 0;
    return is_exact ? memcmp(p->text, word, length) == 0 : strncasecmp(p->text, word, length) == 0;
}

static Status expect(PathParser *p, const char *mark) {
    return is_mark(p, mark) ? advance(p) : unexpected(p);
}

/* ---- nodes ---- */

static PathNode *make_node(PathParser *p, PathKind kind, PathNode *left, PathNode *right) {
    PathNode *node = ARENA_NEW(p->arena, PathNode);
    *node = (PathNode){.kind = kind, .left = left, .right = right};
    return node;
}

static PathNode *make_text(PathParser *p, PathKind kind) {
    PathNode *node = make_node(p, kind, NULL, NULL);
    node->text = arena_copy(p->arena, p->text, p->length);
    node->length = p->length;
    return node;
}

bool path_is_predicate(const PathNode *node) {
    return node->kind >= PATH_AND && node->next == NULL;
}

static void append(PathNode *node, PathNode *accessor) {
    while (node->next != NULL)
        node = node->next;
    node->next = accessor;
}

static Status parse_logic(PathParser *p, PathNode **out);

static Status parse_expression(PathParser *p, PathNode **out);

/* ---- accessors ---- */

static Status parse_level(PathParser *p, int64_t *level) {
    if (is_word(p, "last")) {
        *level = PATH_LEVEL_LAST;
        return advance(p);
    }
    if (p->token != TOKEN_NUMBER || strspn(p->text, "0123456789") < p->length)
        return unexpected(p);
    *level = strtol(p->text, NULL, 10);
    return advance(p);
}

static Status parse_levels(PathParser *p, PathNode *node) {
    node->last = PATH_LEVEL_LAST;
    if (!is_mark(p, "{"))
        return OK;
    TRY(advance(p));
    TRY(parse_level(p, &node->first));
    node->last = node->first;
    if (is_word(p, "to")) {
        TRY(advance(p));
        TRY(parse_level(p, &node->last));
    }
    return expect(p, "}");
}

static Status parse_method(PathParser *p, const char *name, size_t length, PathNode **out) {
    static const char *const unsupported[] = {"keyvalue", "datetime"};
    *out = NULL;
    for (int m = PATH_TYPE; m <= PATH_DOUBLE; m++)
        if (strlen(path_method((PathMethod)m)) == length &&
            strncasecmp(path_method((PathMethod)m), name, length) == 0) {
            *out = make_node(p, PATH_METHOD, NULL, NULL);
            (*out)->method = (PathMethod)m;
            TRY(advance(p));
            return expect(p, ")");
        }
    for (int i = 0; i < 2; i++)
        if (strlen(unsupported[i]) == length && strncasecmp(unsupported[i], name, length) == 0)
            return error_set(p->error, STATUS_FEATURE_NOT_SUPPORTED,
                "jsonpath item method .%s() is not supported", unsupported[i]);
    return unexpected(p);
}

/* After the point. */
static Status parse_member(PathParser *p, PathNode **out) {
    if (is_mark(p, "*")) {
        *out = make_node(p, PATH_ANY_KEY, NULL, NULL);
        return advance(p);
    }
    if (is_mark(p, "**")) {
        *out = make_node(p, PATH_DESCENDANTS, NULL, NULL);
        TRY(advance(p));
        return parse_levels(p, *out);
    }
    if (p->token != TOKEN_WORD && p->token != TOKEN_STRING && p->token != TOKEN_VARIABLE)
        return unexpected(p);
    bool is_name = p->token == TOKEN_WORD;
    *out = make_text(p, PATH_KEY);
    TRY(advance(p));
    return is_name && is_mark(p, "(") ? parse_method(p, (*out)->text, (*out)->length, out) : OK;
}

static Status parse_elements(PathParser *p, PathNode **out) {
    if (is_mark(p, "*")) {
        *out = make_node(p, PATH_ANY_ELEMENT, NULL, NULL);
        TRY(advance(p));
        return expect(p, "]");
    }
    *out = make_node(p, PATH_ELEMENTS, NULL, NULL);
    p->subscript_depth++;
    for (;;) {
        PathRange range = {0};
        TRY(parse_expression(p, &range.from));
        if (is_word(p, "to")) {
            TRY(advance(p));
            TRY(parse_expression(p, &range.to));
        }
        ARENA_APPEND(p->arena, (*out)->ranges, (*out)->range_count, range);
        if (!is_mark(p, ","))
            break;
        TRY(advance(p));
    }
    p->subscript_depth--;
    return expect(p, "]");
}

static Status parse_filter(PathParser *p, PathNode **out) {
    TRY(expect(p, "("));
    p->filter_depth++;
    *out = make_node(p, PATH_FILTER, NULL, NULL);
    TRY(parse_logic(p, &(*out)->left));
    p->filter_depth--;
    return path_is_predicate((*out)->left) ? expect(p, ")") : unexpected(p);
}

static bool begins_accessor(const PathParser *p) {
    return is_mark(p, ".") || is_mark(p, "[") || is_mark(p, "?");
}

static Status parse_accessors(PathParser *p, PathNode *node) {
    while (begins_accessor(p)) {
        char mark = p->mark[0];
        PathNode *accessor = NULL;
        TRY(advance(p));
        TRY(mark == '.'   ? parse_member(p, &accessor)
            : mark == '[' ? parse_elements(p, &accessor)
                          : parse_filter(p, &accessor));
        append(node, accessor);
    }
    return OK;
}

/* ---- expressions ---- */

static Status parse_word(PathParser *p, PathNode **out) {
    static const struct {
        const char *word;
        PathKind kind;
    } words[] = {{"null", PATH_NULL}, {"true", PATH_TRUE}, {"false", PATH_FALSE}, {"last", PATH_LAST}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is_word(p, words[i].word)) {
            if (words[i].kind == PATH_LAST && p->subscript_depth == 0)
                return error_set(p->error, STATUS_SYNTAX_ERROR, "LAST is allowed only in array subscripts");
            *out = make_node(p, words[i].kind, NULL, NULL);
            return advance(p);
        }
    return unexpected(p);
}

static Status parse_value(PathParser *p, PathNode **out) {
    if (p->token == TOKEN_WORD)
        return parse_word(p, out);
    if (is_mark(p, "$") || is_mark(p, "@")) {
        if (p->mark[0] == '@' && p->filter_depth == 0)
            return error_set(p->error, STATUS_SYNTAX_ERROR, "@ is not allowed in root expressions");
        *out = make_node(p, p->mark[0] == '$' ? PATH_ROOT : PATH_CURRENT, NULL, NULL);
        return advance(p);
    }
    if (p->token != TOKEN_STRING && p->token != TOKEN_VARIABLE && p->token != TOKEN_NUMBER)
        return unexpected(p);
    if (p->token != TOKEN_NUMBER) {
        *out = make_text(p, p->token == TOKEN_STRING ? PATH_STRING : PATH_VARIABLE);
        return advance(p);
    }
    Numeric number;
    Text digits = {0};
    TRY(numeric_parse(p->text, p->length, p->arena, &number, p->error));
    numeric_format(&number, &digits);
    *out = make_node(p, PATH_NUMBER, NULL, NULL);
    (*out)->text = arena_copy(p->arena, text_string(&digits), digits.length);
    (*out)->length = digits.length;
    text_free(&digits);
    return advance(p);
}

/* (expression), (predicate) [is unknown]; with accessors behind it a predicate is a value. */
static Status parse_parenthesis(PathParser *p, PathNode **out) {
    TRY(advance(p));
    TRY(parse_logic(p, out));
    TRY(expect(p, ")"));
    if (!is_word(p, "is") || !path_is_predicate(*out))
        return OK;
    TRY(advance(p));
    if (!is_word(p, "unknown"))
        return unexpected(p);
    *out = make_node(p, PATH_IS_UNKNOWN, *out, NULL);
    return advance(p);
}

static Status parse_unary(PathParser *p, PathNode **out) {
    if (is_mark(p, "+") || is_mark(p, "-")) {
        PathKind kind = p->mark[0] == '+' ? PATH_PLUS : PATH_MINUS;
        TRY(advance(p));
        TRY(parse_unary(p, out));
        if (path_is_predicate(*out))
            return unexpected(p);
        if ((*out)->kind != PATH_NUMBER || (*out)->next != NULL) {
            *out = make_node(p, kind, *out, NULL);
        } else if (kind == PATH_MINUS) {
            bool is_negative = *(*out)->text == '-';
            (*out)->text = is_negative ? (*out)->text + 1 : arena_printf(p->arena, "-%s", (*out)->text);
            (*out)->length = strlen((*out)->text);
        }
        return OK;
    }
    TRY(is_mark(p, "(") ? parse_parenthesis(p, out) : parse_value(p, out));
    return parse_accessors(p, *out);
}

static Status parse_arithmetic(PathParser *p, bool is_product, PathNode **out) {
    static const struct {
        const char *mark;
        PathKind kind;
    } operators[] = {
        {"+", PATH_ADD}, {"-", PATH_SUBTRACT}, {"*", PATH_MULTIPLY}, {"/", PATH_DIVIDE}, {"%", PATH_MODULO}};
    TRY(is_product ? parse_unary(p, out) : parse_arithmetic(p, true, out));
    for (int i = is_product ? 2 : 0; i < (is_product ? 5 : 2);) {
        if (!is_mark(p, operators[i].mark) || path_is_predicate(*out)) {
            i++;
            continue;
        }
        PathNode *right;
        TRY(advance(p));
        TRY(is_product ? parse_unary(p, &right) : parse_arithmetic(p, true, &right));
        if (path_is_predicate(right))
            return unexpected(p);
        *out = make_node(p, operators[i].kind, *out, right);
        i = is_product ? 2 : 0;
    }
    return OK;
}

static Status parse_expression(PathParser *p, PathNode **out) {
    TRY(parse_arithmetic(p, false, out));
    return path_is_predicate(*out) ? unexpected(p) : OK;
}

/* ---- predicates ---- */

/* Flags once each, in PostgreSQL's order. */
static const char *in_order(PathParser *p) {
    char flags[6] = {0};
    size_t count = 0;
    for (const char *flag = "ismxq"; *flag != 0; flag++)
        if (strchr(p->text, *flag) != NULL)
            flags[count++] = *flag;
    return arena_strdup(p->arena, flags);
}

static Status parse_like(PathParser *p, PathNode *left, PathNode **out) {
    if (p->token != TOKEN_STRING)
        return unexpected(p);
    *out = make_text(p, PATH_LIKE_REGEX);
    (*out)->left = left;
    (*out)->flags = "";
    TRY(advance(p));
    if (!is_word(p, "flag"))
        return OK;
    TRY(advance(p));
    if (p->token != TOKEN_STRING)
        return unexpected(p);
    (*out)->flags = in_order(p);
    size_t known = strspn(p->text, "ismxq");
    if (known < p->length) {
        error_set(p->error, STATUS_SYNTAX_ERROR, "invalid input syntax for type jsonpath");
        return p->error == NULL
                   ? STATUS_SYNTAX_ERROR
                   : error_detail(p->error, "Unrecognized flag character \"%.1s\" in LIKE_REGEX predicate.",
                         p->text + known);
    }
    if (strchr(p->text, 'x') != NULL && strchr(p->text, 'q') == NULL)
        return error_set(p->error, STATUS_FEATURE_NOT_SUPPORTED,
            "XQuery \"x\" flag (expanded regular expressions) is not implemented");
    return advance(p);
}

static Status parse_starts_with(PathParser *p, PathNode *left, PathNode **out) {
    if (!is_word(p, "with"))
        return unexpected(p);
    TRY(advance(p));
    if (p->token != TOKEN_STRING && p->token != TOKEN_VARIABLE)
        return unexpected(p);
    *out = make_node(
        p, PATH_STARTS_WITH, left, make_text(p, p->token == TOKEN_STRING ? PATH_STRING : PATH_VARIABLE));
    return advance(p);
}

static Status parse_exists(PathParser *p, PathNode **out) {
    PathNode *argument;
    TRY(advance(p));
    TRY(expect(p, "("));
    TRY(parse_expression(p, &argument));
    *out = make_node(p, PATH_EXISTS, argument, NULL);
    return expect(p, ")");
}

static Status parse_not(PathParser *p, PathNode **out) {
    PathNode *argument;
    TRY(advance(p));
    if (is_mark(p, "("))
        TRY(parse_parenthesis(p, &argument));
    else if (is_word(p, "exists"))
        TRY(parse_exists(p, &argument));
    else
        return unexpected(p);
    if (!path_is_predicate(argument))
        return unexpected(p);
    *out = make_node(p, PATH_NOT, argument, NULL);
    return OK;
}

static Status parse_comparison(PathParser *p, PathNode **out) {
    if (is_mark(p, "!"))
        return parse_not(p, out);
    if (is_word(p, "exists"))
        return parse_exists(p, out);
    TRY(parse_arithmetic(p, false, out));
    if (path_is_predicate(*out))
        return OK;
    if (is_word(p, "starts") || is_word(p, "like_regex")) {
        bool is_like = is_word(p, "like_regex");
        TRY(advance(p));
        return is_like ? parse_like(p, *out, out) : parse_starts_with(p, *out, out);
    }
    for (PathKind kind = PATH_EQUAL; kind <= PATH_GREATER_EQUAL; kind++) {
        if (!is_mark(p, path_operator(kind)) && !(kind == PATH_NOT_EQUAL && is_mark(p, "<>")))
            continue;
        PathNode *right;
        TRY(advance(p));
        TRY(parse_expression(p, &right));
        *out = make_node(p, kind, *out, right);
        break;
    }
    return OK;
}

static Status parse_and(PathParser *p, PathNode **out) {
    TRY(parse_comparison(p, out));
    while (is_mark(p, "&&") && path_is_predicate(*out)) {
        PathNode *right;
        TRY(advance(p));
        TRY(parse_comparison(p, &right));
        if (!path_is_predicate(right))
            return unexpected(p);
        *out = make_node(p, PATH_AND, *out, right);
    }
    return OK;
}

static Status parse_logic(PathParser *p, PathNode **out) {
    if (++p->depth > PATH_DEPTH_MAX)
        return error_set(p->error, STATUS_STATEMENT_TOO_COMPLEX, "jsonpath is nested too deeply");
    TRY(parse_and(p, out));
    while (is_mark(p, "||") && path_is_predicate(*out)) {
        PathNode *right;
        TRY(advance(p));
        TRY(parse_and(p, &right));
        if (!path_is_predicate(right))
            return unexpected(p);
        *out = make_node(p, PATH_OR, *out, right);
    }
    p->depth--;
    return OK;
}

Status jsonpath_parse(const char *text, size_t length, Arena *arena, JsonPath *out, Error *error) {
    char *copy = arena_copy(arena, text, length);
    PathParser p = {.at = copy, .end = copy + length, .arena = arena, .error = error};
    *out = (JsonPath){0};
    TRY(advance(&p));
    if (p.token == TOKEN_END)
        return type_syntax_error(type_of(TYPE_JSONPATH), text, length, error);
    out->is_strict = is_word(&p, "strict");
    if (out->is_strict || is_word(&p, "lax"))
        TRY(advance(&p));
    TRY(parse_logic(&p, &out->root));
    return p.token == TOKEN_END ? OK : unexpected(&p);
}
