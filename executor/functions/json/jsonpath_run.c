/* Running JSON paths. A path is a chain of accessors: each is applied to one item, and the rest of the chain
   to each item that comes of it. In lax mode arrays are unwrapped where one of their elements is wanted, and
   what is not there is left out; in strict mode both are errors. Inside a predicate an error is the third
   truth value. */
#include "executor/functions/json/jsonpath_run.h"

#include <math.h>
#include <stdlib.h>

#include "executor/functions/regex/regex_engine.h"

typedef struct Runner {
    const PathRun *run;
    Arena *arena;
    Error *error;
    bool is_lax;
    bool skips_missing; /* structural errors count as nothing found */
    Slice current;      /* @ */
    int64_t size;       /* of the innermost subscripted array */
} Runner;

typedef enum Truth { FALSE, TRUE, UNKNOWN } Truth;

/* The whole chain from this node on; what was found before a failure stays in items. */
static Status apply(Runner *r, const PathNode *node, Slice item, bool unwraps, PathItems *items);
static Truth judge(Runner *r, const PathNode *node, Slice item);

static Slice slice_text(Runner *r, const char *text, size_t length) {
    const char *copy = arena_copy(r->arena, text, length);
    return (Slice){copy, copy + length};
}

static Slice slice_word(const char *word) {
    return (Slice){word, word + strlen(word)};
}

static Slice slice_numeric(Runner *r, const Numeric *number) {
    Text text = {0};
    numeric_format(number, &text);
    Slice slice = slice_text(r, text_string(&text), text.length);
    text_free(&text);
    return slice;
}

static Slice slice_string(Runner *r, const char *bytes, size_t length) {
    Text text = {0};
    json_add_quoted(&text, bytes, length);
    Slice slice = slice_text(r, text_string(&text), text.length);
    text_free(&text);
    return slice;
}

static Status go_on(Runner *r, const PathNode *node, Slice item, bool unwraps, PathItems *items) {
    if (node->next != NULL)
        return apply(r, node->next, item, unwraps, items);
    ARENA_APPEND(r->arena, items->items, items->count, item);
    return OK;
}

static Status structural(Runner *r, Status status, const char *message) {
    return r->skips_missing ? OK : error_set(r->error, status, "%s", message);
}

/* Each element in the item's place, once. */
static Status unwrap(Runner *r, const PathNode *node, Slice array, PathItems *items) {
    for (JsonIterator it = json_iterate(array.at, array.end); json_next(&it);)
        TRY(apply(r, node, (Slice){it.value, it.value_end}, false, items));
    return OK;
}

static bool is_array(Slice item) {
    return json_kind(item.at) == JSON_ARRAY;
}

/* The results of an operand, arrays unwrapped in lax mode when asked for. */
static Status collect(Runner *r, const PathNode *node, Slice item, bool unwraps, PathItems *items) {
    PathItems found = {0};
    TRY(apply(r, node, item, r->is_lax, &found));
    for (int i = 0; i < found.count; i++) {
        if (!unwraps || !r->is_lax || !is_array(found.items[i])) {
            ARENA_APPEND(r->arena, items->items, items->count, found.items[i]);
            continue;
        }
        for (JsonIterator it = json_iterate(found.items[i].at, found.items[i].end); json_next(&it);)
            ARENA_APPEND(r->arena, items->items, items->count, ((Slice){it.value, it.value_end}));
    }
    return OK;
}

static bool read_numeric(Runner *r, Slice item, Numeric *number) {
    return json_kind(item.at) == JSON_NUMBER &&
           numeric_parse(item.at, (size_t)(item.end - item.at), r->arena, number, NULL) == OK;
}

/* ---- accessors ---- */

static Status apply_key(Runner *r, const PathNode *node, Slice item, bool unwraps, PathItems *items) {
    Slice found;
    if (json_kind(item.at) == JSON_OBJECT) {
        if (json_find(item.at, item.end, true, node->text, node->length, &found.at, &found.end))
            return go_on(r, node, found, r->is_lax, items);
        return r->skips_missing ? OK
                                : error_set(r->error, STATUS_SQL_JSON_MEMBER_NOT_FOUND,
                                      "JSON object does not contain key \"%s\"", node->text);
    }
    if (unwraps && is_array(item))
        return unwrap(r, node, item, items);
    return structural(
        r, STATUS_SQL_JSON_MEMBER_NOT_FOUND, "jsonpath member accessor can only be applied to an object");
}

static Status apply_any_key(Runner *r, const PathNode *node, Slice item, bool unwraps, PathItems *items) {
    if (unwraps && is_array(item))
        return unwrap(r, node, item, items);
    if (json_kind(item.at) != JSON_OBJECT)
        return structural(r, STATUS_SQL_JSON_OBJECT_NOT_FOUND,
            "jsonpath wildcard member accessor can only be applied to an object");
    for (JsonIterator it = json_iterate(item.at, item.end); json_next(&it);)
        TRY(go_on(r, node, (Slice){it.value, it.value_end}, r->is_lax, items));
    return OK;
}

static Status apply_any_element(Runner *r, const PathNode *node, Slice item, PathItems *items) {
    if (!is_array(item))
        return r->is_lax ? go_on(r, node, item, true, items)
                         : structural(r, STATUS_SQL_JSON_ARRAY_NOT_FOUND,
                               "jsonpath wildcard array accessor can only be applied to an array");
    for (JsonIterator it = json_iterate(item.at, item.end); json_next(&it);)
        TRY(go_on(r, node, (Slice){it.value, it.value_end}, r->is_lax, items));
    return OK;
}

static Status read_subscript(Runner *r, const PathNode *node, Slice item, int64_t *subscript) {
    PathItems found = {0};
    Numeric number, whole;
    TRY(apply(r, node, item, r->is_lax, &found));
    if (found.count != 1 || !read_numeric(r, found.items[0], &number))
        return error_set(r->error, STATUS_INVALID_SQL_JSON_SUBSCRIPT,
            "jsonpath array subscript is not a single numeric value");
    if (numeric_truncate(&number, 0, r->arena, &whole, NULL) != OK ||
        numeric_to_integer(&whole, INT32_MIN, INT32_MAX, "integer", subscript, NULL) != OK)
        return error_set(
            r->error, STATUS_INVALID_SQL_JSON_SUBSCRIPT, "jsonpath array subscript is out of integer range");
    return OK;
}

static Status apply_range(
    Runner *r, const PathNode *node, const PathRange *range, Slice item, PathItems *items) {
    int64_t from, to;
    TRY(read_subscript(r, range->from, item, &from));
    to = from;
    if (range->to != NULL)
        TRY(read_subscript(r, range->to, item, &to));
    if (!r->skips_missing && (from < 0 || from > to || to >= r->size))
        return error_set(
            r->error, STATUS_INVALID_SQL_JSON_SUBSCRIPT, "jsonpath array subscript is out of bounds");
    from = from < 0 ? 0 : from;
    to = to >= r->size ? r->size - 1 : to;
    for (int64_t i = from; i <= to; i++) {
        Slice found = item;
        if (!is_array(item) || json_element(item.at, item.end, i, &found.at, &found.end))
            TRY(go_on(r, node, found, r->is_lax, items));
    }
    return OK;
}

static Status apply_elements(Runner *r, const PathNode *node, Slice item, PathItems *items) {
    if (!is_array(item) && !r->is_lax)
        return structural(
            r, STATUS_SQL_JSON_ARRAY_NOT_FOUND, "jsonpath array accessor can only be applied to an array");
    int64_t outer = r->size, size = is_array(item) ? json_count(item.at, item.end) : 1;
    Status status = OK;
    for (int i = 0; i < node->range_count && status == OK; i++) {
        r->size = size;
        status = apply_range(r, node, &node->ranges[i], item, items);
    }
    r->size = outer;
    return status;
}

static Status apply_descendants(
    Runner *r, const PathNode *node, Slice item, int64_t level, PathItems *items) {
    bool is_container = json_kind(item.at) >= JSON_ARRAY, wants_leaves = node->first == PATH_LEVEL_LAST;
    bool is_deep_enough = wants_leaves ? !is_container : level >= node->first;
    if (is_deep_enough && level <= node->last) {
        bool skipped = r->skips_missing;
        r->skips_missing = true;
        Status status = go_on(r, node, item, r->is_lax, items);
        r->skips_missing = skipped;
        TRY(status);
    }
    if (!is_container || level >= node->last)
        return OK;
    for (JsonIterator it = json_iterate(item.at, item.end); json_next(&it);)
        TRY(apply_descendants(r, node, (Slice){it.value, it.value_end}, level + 1, items));
    return OK;
}

static Status apply_filter(Runner *r, const PathNode *node, Slice item, bool unwraps, PathItems *items) {
    if (unwraps && is_array(item))
        return unwrap(r, node, item, items);
    Slice outer = r->current;
    r->current = item;
    Truth truth = judge(r, node->left, item);
    r->current = outer;
    return truth == TRUE ? go_on(r, node, item, r->is_lax, items) : OK;
}

/* ---- methods ---- */

static Status bad_method(Runner *r, const PathNode *node, Status status, const char *what) {
    return error_set(r->error, status, "jsonpath item method .%s() can only be applied to %s",
        path_method(node->method), what);
}

static Status apply_double(Runner *r, const PathNode *node, Slice item, PathItems *items) {
    JsonKind kind = json_kind(item.at);
    if (kind == JSON_NUMBER)
        return go_on(r, node, item, r->is_lax, items);
    if (kind != JSON_STRING)
        return bad_method(r, node, STATUS_NON_NUMERIC_SQL_JSON_ITEM, "a string or numeric value");
    Text text = {0};
    Datum number, numeric;
    Type type = type_of(TYPE_FLOAT8);
    json_add_unquoted(&text, item.at, item.end);
    Status status =
        datum_parse(type, text_string(&text), text.length, &type_settings_default, r->arena, &number, NULL);
    text_reset(&text);
    if (status != OK || !isfinite(number.float8)) {
        text_free(&text);
        return error_set(r->error, STATUS_NON_NUMERIC_SQL_JSON_ITEM,
            "string argument of jsonpath item method .double() is not a valid representation of a double "
            "precision number");
    }
    text_printf(&text, "%.15g", number.float8);
    status = numeric_parse(text_string(&text), text.length, r->arena, &numeric.numeric, r->error);
    text_free(&text);
    TRY(status);
    return go_on(r, node, slice_numeric(r, &numeric.numeric), r->is_lax, items);
}

static Status apply_number_method(Runner *r, const PathNode *node, Slice item, PathItems *items) {
    Numeric number, out;
    if (!read_numeric(r, item, &number))
        return bad_method(r, node, STATUS_NON_NUMERIC_SQL_JSON_ITEM, "a numeric value");
    if (node->method == PATH_ABS)
        out = numeric_abs(&number, r->arena);
    else
        TRY((node->method == PATH_FLOOR ? numeric_floor : numeric_ceil)(&number, r->arena, &out, r->error));
    return go_on(r, node, slice_numeric(r, &out), r->is_lax, items);
}

static Status apply_method(Runner *r, const PathNode *node, Slice item, bool unwraps, PathItems *items) {
    static const char *const names[] = {
        "\"null\"", "\"string\"", "\"number\"", "\"boolean\"", "\"array\"", "\"object\""};
    switch (node->method) {
    case PATH_TYPE:
        return go_on(r, node, slice_word(names[json_kind(item.at)]), r->is_lax, items);
    case PATH_SIZE: {
        if (!is_array(item) && !r->is_lax)
            return r->skips_missing ? OK : bad_method(r, node, STATUS_SQL_JSON_ARRAY_NOT_FOUND, "an array");
        Numeric size = numeric_from_int8(is_array(item) ? json_count(item.at, item.end) : 1);
        return go_on(r, node, slice_numeric(r, &size), r->is_lax, items);
    }
    case PATH_ABS:
    case PATH_FLOOR:
    case PATH_CEILING:
        return unwraps && is_array(item) ? unwrap(r, node, item, items)
                                         : apply_number_method(r, node, item, items);
    case PATH_DOUBLE:
        return unwraps && is_array(item) ? unwrap(r, node, item, items) : apply_double(r, node, item, items);
    }
    return OK;
}

/* ---- arithmetic ---- */

static Status read_operand(Runner *r, const PathNode *node, bool is_left, Slice item, Numeric *number) {
    PathItems found = {0};
    TRY(collect(r, is_left ? node->left : node->right, item, true, &found));
    if (found.count == 1 && read_numeric(r, found.items[0], number))
        return OK;
    return error_set(r->error, STATUS_SINGLETON_SQL_JSON_ITEM_REQUIRED,
        "%s operand of jsonpath operator %s is not a single numeric value", is_left ? "left" : "right",
        path_operator(node->kind));
}

static Status apply_arithmetic(Runner *r, const PathNode *node, Slice item, PathItems *items) {
    Numeric a, b, out;
    TRY(read_operand(r, node, true, item, &a));
    TRY(read_operand(r, node, false, item, &b));
    Status status = node->kind == PATH_ADD        ? numeric_add(&a, &b, r->arena, &out, r->error)
                    : node->kind == PATH_SUBTRACT ? numeric_subtract(&a, &b, r->arena, &out, r->error)
                    : node->kind == PATH_MULTIPLY ? numeric_multiply(&a, &b, r->arena, &out, r->error)
                    : node->kind == PATH_DIVIDE   ? numeric_divide(&a, &b, r->arena, &out, r->error)
                                                  : numeric_modulo(&a, &b, r->arena, &out, r->error);
    TRY(status);
    return go_on(r, node, slice_numeric(r, &out), r->is_lax, items);
}

static Status apply_sign(Runner *r, const PathNode *node, Slice item, PathItems *items) {
    PathItems found = {0};
    TRY(collect(r, node->left, item, true, &found));
    for (int i = 0; i < found.count; i++) {
        Numeric number;
        if (!read_numeric(r, found.items[i], &number))
            return error_set(r->error, STATUS_SQL_JSON_NUMBER_NOT_FOUND,
                "operand of unary jsonpath operator %s is not a numeric value", path_operator(node->kind));
        if (node->kind == PATH_MINUS)
            number = numeric_negate(&number, r->arena);
        TRY(go_on(r, node, slice_numeric(r, &number), r->is_lax, items));
    }
    return OK;
}

/* ---- predicates ---- */

static Truth compare_strings(PathKind kind, Slice a, Slice b) {
    Text x = {0}, y = {0};
    json_add_unquoted(&x, a.at, a.end);
    json_add_unquoted(&y, b.at, b.end);
    View p = view_of(text_string(&x), (uint32_t)x.length), q = view_of(text_string(&y), (uint32_t)y.length);
    int order = view_compare(&p, &q);
    text_free(&x);
    text_free(&y);
    return kind == PATH_EQUAL        ? order == 0
           : kind == PATH_NOT_EQUAL  ? order != 0
           : kind == PATH_LESS       ? order < 0
           : kind == PATH_LESS_EQUAL ? order <= 0
           : kind == PATH_GREATER    ? order > 0
                                     : order >= 0;
}

static Truth compare_items(PathKind kind, Slice a, Slice b) {
    JsonKind of_a = json_kind(a.at), of_b = json_kind(b.at);
    if (of_a != of_b)
        return of_a == JSON_NULL || of_b == JSON_NULL ? (kind == PATH_NOT_EQUAL ? TRUE : FALSE) : UNKNOWN;
    if (of_a >= JSON_ARRAY)
        return UNKNOWN;
    if (of_a == JSON_STRING)
        return compare_strings(kind, a, b);
    int order = json_compare(a.at, a.end, b.at, b.end);
    switch (kind) {
    case PATH_EQUAL:
        return order == 0;
    case PATH_NOT_EQUAL:
        return order != 0;
    case PATH_LESS:
        return order < 0;
    case PATH_LESS_EQUAL:
        return order <= 0;
    case PATH_GREATER:
        return order > 0;
    default:
        return order >= 0;
    }
}

static Truth starts_with(Slice a, Slice b) {
    if (json_kind(a.at) != JSON_STRING || json_kind(b.at) != JSON_STRING)
        return UNKNOWN;
    size_t length = (size_t)(b.end - b.at) -
                    1; /* both in jsonb's form: equal texts are equal bytes; without the closing quote */
    return (size_t)(a.end - a.at) > length && memcmp(a.at, b.at, length) == 0;
}

static Truth like_regex(Runner *r, const PathNode *node, Slice item) {
    if (json_kind(item.at) != JSON_STRING)
        return UNKNOWN;
    RegexOptions options = {.ignores_case = strchr(node->flags, 'i') != NULL,
        .is_literal = strchr(node->flags, 'q') != NULL,
        .stops_at_newline = strchr(node->flags, 's') == NULL,
        .anchors_at_newline = strchr(node->flags, 'm') != NULL};
    Regex *regex;
    if (regex_compile(node->text, node->length, &options, &regex, r->error) != OK)
        return UNKNOWN;
    Text text = {0};
    json_add_unquoted(&text, item.at, item.end);
    bool matches = regex_test(regex, text_string(&text), text.length);
    text_free(&text);
    regex_free(regex);
    return matches;
}

/* Whether any pair holds; in strict mode all are looked at, and one that cannot be compared makes it unknown.
 */
static Truth judge_pairs(Runner *r, const PathNode *node, Slice item) {
    PathItems left = {0}, right = {0};
    bool is_comparison = node->kind >= PATH_EQUAL && node->kind <= PATH_GREATER_EQUAL, is_unknown = false,
         holds = false;
    if (collect(r, node->left, item, true, &left) != OK)
        return UNKNOWN;
    if (node->right != NULL && collect(r, node->right, item, is_comparison, &right) != OK)
        return UNKNOWN;
    for (int i = 0; i < left.count; i++)
        for (int k = 0; k < (node->right == NULL ? 1 : right.count); k++) {
            Truth truth = is_comparison ? compare_items(node->kind, left.items[i], right.items[k])
                          : node->kind == PATH_STARTS_WITH ? starts_with(left.items[i], right.items[k])
                                                           : like_regex(r, node, left.items[i]);
            if (truth == UNKNOWN && !r->is_lax)
                return UNKNOWN;
            if (truth == TRUE && r->is_lax)
                return TRUE;
            is_unknown |= truth == UNKNOWN;
            holds |= truth == TRUE;
        }
    return holds ? TRUE : is_unknown ? UNKNOWN : FALSE;
}

static Truth judge_quietly(Runner *r, const PathNode *node, Slice item) {
    Truth a, b;
    PathItems found = {0};
    switch (node->kind) {
    case PATH_AND:
        a = judge(r, node->left, item);
        if (a == FALSE)
            return FALSE;
        b = judge(r, node->right, item);
        return b == TRUE ? a : b;
    case PATH_OR:
        a = judge(r, node->left, item);
        if (a == TRUE)
            return TRUE;
        b = judge(r, node->right, item);
        return b == FALSE ? a : b;
    case PATH_NOT:
        a = judge(r, node->left, item);
        return a == UNKNOWN ? UNKNOWN : a == TRUE ? FALSE : TRUE;
    case PATH_IS_UNKNOWN:
        return judge(r, node->left, item) == UNKNOWN;
    case PATH_EXISTS: {
        Status status = apply(r, node->left, item, r->is_lax, &found);
        if (r->is_lax && found.count > 0)
            return TRUE;
        return status != OK ? UNKNOWN : found.count > 0;
    }
    default:
        return judge_pairs(r, node, item);
    }
}

/* Errors inside are nobody's. */
static Truth judge(Runner *r, const PathNode *node, Slice item) {
    Error *outer = r->error;
    r->error = NULL;
    Truth truth = judge_quietly(r, node, item);
    r->error = outer;
    return truth;
}

/* ---- values ---- */

static Status apply_variable(Runner *r, const PathNode *node, PathItems *items) {
    Slice found, variables = r->run->variables;
    if (variables.at == NULL ||
        !json_find(variables.at, variables.end, true, node->text, node->length, &found.at, &found.end))
        return error_set(
            r->error, STATUS_UNDEFINED_OBJECT, "could not find jsonpath variable \"%s\"", node->text);
    return go_on(r, node, found, r->is_lax, items);
}

static Status apply_value(Runner *r, const PathNode *node, PathItems *items) {
    Slice value;
    Numeric last;
    switch (node->kind) {
    case PATH_ROOT:
        value = r->run->value;
        break;
    case PATH_CURRENT:
        value = r->current;
        break;
    case PATH_LAST:
        last = numeric_from_int8(r->size - 1);
        value = slice_numeric(r, &last);
        break;
    case PATH_STRING:
        value = slice_string(r, node->text, node->length);
        break;
    case PATH_NUMBER:
        value = (Slice){node->text, node->text + node->length};
        break;
    case PATH_VARIABLE:
        return apply_variable(r, node, items);
    default:
        value = slice_word(node->kind == PATH_TRUE ? "true" : node->kind == PATH_FALSE ? "false" : "null");
    }
    return go_on(r, node, value, r->is_lax, items);
}

static Status apply(Runner *r, const PathNode *node, Slice item, bool unwraps, PathItems *items) {
    if (node->kind >= PATH_AND) {
        static const char *const words[] = {"false", "true", "null"};
        return go_on(r, node, slice_word(words[judge(r, node, item)]), r->is_lax, items);
    }
    switch (node->kind) {
    case PATH_KEY:
        return apply_key(r, node, item, unwraps, items);
    case PATH_ANY_KEY:
        return apply_any_key(r, node, item, unwraps, items);
    case PATH_ANY_ELEMENT:
        return apply_any_element(r, node, item, items);
    case PATH_ELEMENTS:
        return apply_elements(r, node, item, items);
    case PATH_DESCENDANTS:
        return apply_descendants(r, node, item, 0, items);
    case PATH_FILTER:
        return apply_filter(r, node, item, unwraps, items);
    case PATH_METHOD:
        return apply_method(r, node, item, unwraps, items);
    case PATH_ADD:
    case PATH_SUBTRACT:
    case PATH_MULTIPLY:
    case PATH_DIVIDE:
    case PATH_MODULO:
        return apply_arithmetic(r, node, item, items);
    case PATH_PLUS:
    case PATH_MINUS:
        return apply_sign(r, node, item, items);
    default:
        return apply_value(r, node, items);
    }
}

Status jsonpath_run(const PathRun *run, PathItems *items, Error *error) {
    bool is_lax = !run->path->is_strict;
    Runner r = {.run = run,
        .arena = run->arena,
        .error = error,
        .is_lax = is_lax,
        .skips_missing = is_lax,
        .current = run->value};
    Status status = apply(&r, run->path->root, run->value, is_lax, items);
    /* One is enough, whatever would have failed behind it. */
    return is_lax && run->finds_one && items->count > 0 ? OK : status;
}
