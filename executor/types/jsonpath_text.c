/* JSON path text: how PostgreSQL prints a path, and the type whose values are such texts. */
#include <string.h>

#include "executor/types/json.h"
#include "executor/types/jsonpath.h"
#include "executor/types/key.h"
#include "executor/types/operations.h"

static int priority_of(PathKind kind) {
    switch (kind) {
    case PATH_OR:
        return 0;
    case PATH_AND:
        return 1;
    case PATH_EQUAL:
    case PATH_NOT_EQUAL:
    case PATH_LESS:
    case PATH_LESS_EQUAL:
    case PATH_GREATER:
    case PATH_GREATER_EQUAL:
    case PATH_STARTS_WITH:
        return 2;
    case PATH_ADD:
    case PATH_SUBTRACT:
        return 3;
    case PATH_MULTIPLY:
    case PATH_DIVIDE:
    case PATH_MODULO:
        return 4;
    case PATH_PLUS:
    case PATH_MINUS:
        return 5;
    default:
        return 6;
    }
}

static void print(const PathNode *node, bool in_chain, bool with_brackets, Text *out);

static void print_operand(const PathNode *node, const PathNode *operand, Text *out) {
    print(operand, false, priority_of(operand->kind) <= priority_of(node->kind), out);
}

static void print_level(int64_t level, Text *out) {
    if (level == PATH_LEVEL_LAST)
        text_add_string(out, "last");
    else
        text_printf(out, "%lld", (long long)level);
}

static void print_descendants(const PathNode *node, Text *out) {
    text_add_string(out, "**");
    if (node->first == 0 && node->last == PATH_LEVEL_LAST)
        return;
    text_add_char(out, '{');
    print_level(node->first, out);
    if (node->first != node->last) {
        text_add_string(out, " to ");
        print_level(node->last, out);
    }
    text_add_char(out, '}');
}

static void print_elements(const PathNode *node, Text *out) {
    text_add_char(out, '[');
    for (int i = 0; i < node->range_count; i++) {
        text_add_string(out, i > 0 ? "," : "");
        print(node->ranges[i].from, false, false, out);
        if (node->ranges[i].to != NULL) {
            text_add_string(out, " to ");
            print(node->ranges[i].to, false, false, out);
        }
    }
    text_add_char(out, ']');
}

/* prefix(argument)suffix */
static void print_call(const char *prefix, const PathNode *argument, const char *suffix, Text *out) {
    text_add_string(out, prefix);
    print(argument, false, false, out);
    text_add_string(out, suffix);
}

static void print_operation(const PathNode *node, bool with_brackets, Text *out) {
    bool is_bracketed = with_brackets || node->next != NULL;
    text_add_string(out, is_bracketed ? "(" : "");
    if (node->right != NULL) {
        print_operand(node, node->left, out);
        text_printf(out, " %s ", path_operator(node->kind));
        print_operand(node, node->right, out);
    } else if (node->kind == PATH_LIKE_REGEX) {
        print_operand(node, node->left, out);
        text_add_string(out, " like_regex ");
        json_add_quoted(out, node->text, node->length);
        if (*node->flags != 0)
            text_printf(out, " flag \"%s\"", node->flags);
    } else {
        text_add_string(out, path_operator(node->kind));
        print_operand(node, node->left, out);
    }
    text_add_string(out, is_bracketed ? ")" : "");
}

static void print_node(const PathNode *node, bool in_chain, bool with_brackets, Text *out) {
    switch (node->kind) {
    case PATH_NULL:
        text_add_string(out, "null");
        return;
    case PATH_TRUE:
        text_add_string(out, "true");
        return;
    case PATH_FALSE:
        text_add_string(out, "false");
        return;
    case PATH_STRING:
        json_add_quoted(out, node->text, node->length);
        return;
    case PATH_NUMBER:
        text_printf(out, node->next != NULL ? "(%s)" : "%s", node->text);
        return;
    case PATH_ROOT:
        text_add_char(out, '$');
        return;
    case PATH_CURRENT:
        text_add_char(out, '@');
        return;
    case PATH_LAST:
        text_add_string(out, "last");
        return;
    case PATH_VARIABLE:
    case PATH_KEY:
        text_add_string(out, node->kind == PATH_VARIABLE ? "$" : in_chain ? "." : "");
        json_add_quoted(out, node->text, node->length);
        return;
    case PATH_ANY_KEY:
        text_add_string(out, in_chain ? ".*" : "*");
        return;
    case PATH_ANY_ELEMENT:
        text_add_string(out, "[*]");
        return;
    case PATH_ELEMENTS:
        print_elements(node, out);
        return;
    case PATH_DESCENDANTS:
        text_add_string(out, in_chain ? "." : "");
        print_descendants(node, out);
        return;
    case PATH_FILTER:
        print_call("?(", node->left, ")", out);
        return;
    case PATH_METHOD:
        text_printf(out, ".%s()", path_method(node->method));
        return;
    case PATH_NOT:
        print_call("!(", node->left, ")", out);
        return;
    case PATH_IS_UNKNOWN:
        print_call("(", node->left, ") is unknown", out);
        return;
    case PATH_EXISTS:
        print_call("exists (", node->left, ")", out);
        return;
    case PATH_ADD:
    case PATH_SUBTRACT:
    case PATH_MULTIPLY:
    case PATH_DIVIDE:
    case PATH_MODULO:
    case PATH_PLUS:
    case PATH_MINUS:
    case PATH_AND:
    case PATH_OR:
    case PATH_EQUAL:
    case PATH_NOT_EQUAL:
    case PATH_LESS:
    case PATH_LESS_EQUAL:
    case PATH_GREATER:
    case PATH_GREATER_EQUAL:
    case PATH_STARTS_WITH:
    case PATH_LIKE_REGEX:
        print_operation(node, with_brackets, out);
    }
}

static void print(const PathNode *node, bool in_chain, bool with_brackets, Text *out) {
    print_node(node, in_chain, with_brackets, out);
    if (node->next != NULL)
        print(node->next, true, true, out);
}

void jsonpath_format(const JsonPath *path, Text *out) {
    text_add_string(out, path->is_strict ? "strict " : "");
    print(path->root, false, true, out);
}

static Status parse(Type type, const char *text, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    JsonPath path;
    TRY(jsonpath_parse(text, length, arena, &path, error));
    Text canonical = {0};
    jsonpath_format(&path, &canonical);
    out->view =
        view_of(arena_copy(arena, text_string(&canonical), canonical.length), (uint32_t)canonical.length);
    text_free(&canonical);
    return OK;
}

static void format(Type type, const void *element, const TypeSettings *settings, Text *out) {
    text_add(out, view_bytes(element), ((const View *)element)->length);
}

static Status receive(Type type, const char *bytes, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    if (length == 0)
        return type_binary_error(error);
    if (bytes[0] != 1)
        return error_set(error, STATUS_INTERNAL_ERROR, "unsupported jsonpath version number: %d", bytes[0]);
    return parse(type, bytes + 1, length - 1, settings, arena, out, error);
}

static void send(Type type, const void *element, const TypeSettings *settings, Text *out) {
    text_add_u8(out, 1);
    format(type, element, settings, out);
}

static int compare(Type type, const void *a, const void *b) {
    return view_compare(a, b);
}

static void add_key(Type type, const void *element, Text *out) {
    key_add_bytes(out, view_bytes(element), ((const View *)element)->length);
}

const TypeOperations jsonpath_operations = {parse, format, receive, send, compare, add_key};
