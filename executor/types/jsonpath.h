/* JSON path: the SQL/JSON path language as a tree. A jsonpath value is the text that PostgreSQL prints for
   it; whoever runs one parses it again. */
#ifndef LEAT_TYPES_JSONPATH_H
#define LEAT_TYPES_JSONPATH_H

#include "executor/types/type.h"

typedef enum PathKind {
    /* Values */
    PATH_NULL,
    PATH_STRING,
    PATH_NUMBER,
    PATH_TRUE,
    PATH_FALSE,
    PATH_ROOT,
    PATH_VARIABLE,
    PATH_CURRENT,
    PATH_LAST,
    /* Accessors */
    PATH_KEY,
    PATH_ANY_KEY,
    PATH_ANY_ELEMENT,
    PATH_ELEMENTS,
    PATH_DESCENDANTS,
    PATH_FILTER,
    PATH_METHOD,
    /* Arithmetic */
    PATH_ADD,
    PATH_SUBTRACT,
    PATH_MULTIPLY,
    PATH_DIVIDE,
    PATH_MODULO,
    PATH_PLUS,
    PATH_MINUS,
    /* Predicates */
    PATH_AND,
    PATH_OR,
    PATH_NOT,
    PATH_IS_UNKNOWN,
    PATH_EXISTS,
    PATH_EQUAL,
    PATH_NOT_EQUAL,
    PATH_LESS,
    PATH_LESS_EQUAL,
    PATH_GREATER,
    PATH_GREATER_EQUAL,
    PATH_STARTS_WITH,
    PATH_LIKE_REGEX
} PathKind;

typedef enum PathMethod { PATH_TYPE, PATH_SIZE, PATH_ABS, PATH_FLOOR, PATH_CEILING, PATH_DOUBLE } PathMethod;

typedef struct PathNode PathNode;
typedef struct PathRange {
    PathNode *from, *to; /* to NULL: the one element */
} PathRange;

struct PathNode {
    PathKind kind;
    PathMethod method;
    PathNode *next;         /* the accessor after this one */
    PathNode *left, *right; /* operands; a filter's predicate is left */
    const char
        *text; /* string, number, key, name of a variable, pattern; the last with its flags behind it */
    size_t length;
    const char *flags;
    PathRange *ranges; /* ELEMENTS */
    int range_count;
    int64_t first, last; /* levels of DESCENDANTS; PATH_LEVEL_LAST: the deepest */
};

enum { PATH_LEVEL_LAST = UINT32_MAX >> 1 };

typedef struct JsonPath {
    PathNode *root;
    bool is_strict;
} JsonPath;

bool path_is_predicate(const PathNode *node);
/* "+", "==", … as errors and texts say it. */
const char *path_operator(PathKind kind);
const char *path_method(PathMethod method);

/* In the arena; 42601 "syntax error at or near …". */
Status jsonpath_parse(const char *text, size_t length, Arena *arena, JsonPath *out, Error *error);
void jsonpath_format(const JsonPath *path, Text *out);

#endif
