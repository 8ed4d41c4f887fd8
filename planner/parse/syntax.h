/* Syntax: the tree of a query as the user wrote it: names, types, expressions, table references, SELECT.
 *
 * The shape is PostgreSQL's raw parse tree; our own clauses are nodes and fields of it. Nothing is resolved:
 * a name is its parts. All of it lives in the arena given to the parser. A position is a 0-based byte offset
 * into the user's text
 * (-1 = unknown); syntax_character turns it into what an Error carries. Lists are arrays with a count beside
 * them. */
#ifndef LEAT_PARSE_SYNTAX_H
#define LEAT_PARSE_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct SyntaxExpression SyntaxExpression;
typedef struct SyntaxTable SyntaxTable;
typedef struct SyntaxSelect SyntaxSelect;
typedef struct SyntaxStatement SyntaxStatement; /* planner/parse/syntax_statement.h */

/* The 1-based character that starts at byte `position` of `sql`, for error_at; 0 when position is negative.
 */
int syntax_character(const char *sql, int position);

/* A possibly qualified name; the last part is the object's own. */
typedef struct SyntaxName {
    const char **parts;
    int part_count;
    int position;
} SyntaxName;

/* A type name. What the grammar spells specially arrives as PostgreSQL's internal name behind pg_catalog:
 * int4, timestamptz, bpchar, interval … . Modifiers are constants; an interval's are (field mask, precision).
 */
typedef struct SyntaxType {
    SyntaxName name;
    SyntaxExpression **modifiers;
    int modifier_count;
    int array_dimensions; /* int[][] has 2 */
    bool is_set;          /* SETOF */
    const char
        *structured; /* the text of STRUCT<…>, ROW<…>, MAP<…>, ARRAY<…>; name is then that first word */
    int position;
} SyntaxType;

typedef enum SyntaxSortDirection {
    SYNTAX_SORT_DEFAULT,
    SYNTAX_SORT_ASCENDING,
    SYNTAX_SORT_DESCENDING,
    SYNTAX_SORT_USING
} SyntaxSortDirection;
typedef enum SyntaxNullsOrder {
    SYNTAX_NULLS_DEFAULT,
    SYNTAX_NULLS_FIRST,
    SYNTAX_NULLS_LAST
} SyntaxNullsOrder;

typedef struct SyntaxSort {
    SyntaxExpression *expression;
    SyntaxSortDirection direction;
    SyntaxNullsOrder nulls;
    const char *operator_name; /* of USING */
    int position;
} SyntaxSort;

/* Windows */

typedef enum SyntaxFrameMode { SYNTAX_FRAME_RANGE, SYNTAX_FRAME_ROWS, SYNTAX_FRAME_GROUPS } SyntaxFrameMode;
typedef enum SyntaxBound {
    SYNTAX_BOUND_UNBOUNDED_PRECEDING,
    SYNTAX_BOUND_PRECEDING,
    SYNTAX_BOUND_CURRENT_ROW,
    SYNTAX_BOUND_FOLLOWING,
    SYNTAX_BOUND_UNBOUNDED_FOLLOWING
} SyntaxBound;
typedef enum SyntaxExclude {
    SYNTAX_EXCLUDE_NONE,
    SYNTAX_EXCLUDE_CURRENT_ROW,
    SYNTAX_EXCLUDE_GROUP,
    SYNTAX_EXCLUDE_TIES
} SyntaxExclude;

typedef struct SyntaxWindow {
    const char *name;      /* in a WINDOW clause; also OVER name, which then has nothing else */
    const char *reference; /* OVER (name …): the window it extends */
    SyntaxExpression **partition_by;
    int partition_count;
    SyntaxSort *order_by;
    int order_count;
    bool has_frame; /* false: RANGE UNBOUNDED PRECEDING to CURRENT ROW, and the fields below say so */
    SyntaxFrameMode mode;
    SyntaxBound start, end;
    SyntaxExpression *start_offset, *end_offset; /* of PRECEDING and FOLLOWING */
    SyntaxExclude exclude;
    int position;
} SyntaxWindow;

/* Expressions */

typedef enum SyntaxExpressionKind {
    SYNTAX_COLUMN,
    SYNTAX_CONSTANT,
    SYNTAX_PARAMETER,
    SYNTAX_CAST,
    SYNTAX_OPERATOR,
    SYNTAX_FUNCTION,
    SYNTAX_BOOLEAN,
    SYNTAX_CASE,
    SYNTAX_COALESCE,
    SYNTAX_GREATEST,
    SYNTAX_LEAST,
    SYNTAX_TEST,
    SYNTAX_ARRAY,
    SYNTAX_ROW,
    SYNTAX_INDIRECTION,
    SYNTAX_SUBLINK,
    SYNTAX_SQL_VALUE,
    SYNTAX_COLLATE,
    SYNTAX_GROUPING,
    SYNTAX_DEFAULT,      /* DEFAULT in VALUES and SET */
    SYNTAX_MULTI_ASSIGN, /* one column of SET (a, b) = (SELECT …) */
    SYNTAX_EXPRESSION_KIND_COUNT
} SyntaxExpressionKind;

typedef enum SyntaxConstantKind {
    SYNTAX_CONSTANT_NULL,
    SYNTAX_CONSTANT_BOOLEAN,
    SYNTAX_CONSTANT_INTEGER, /* fits int4 */
    SYNTAX_CONSTANT_FLOAT,   /* text: any other number: 1.5, 1e3, 3000000000 */
    SYNTAX_CONSTANT_STRING,
    SYNTAX_CONSTANT_BIT /* text: b101 or x1F */
} SyntaxConstantKind;

typedef enum SyntaxOperatorKind {
    SYNTAX_OPERATOR_PLAIN, /* left is NULL for a prefix operator */
    SYNTAX_OPERATOR_ANY,   /* left op ANY (right), right an array */
    SYNTAX_OPERATOR_ALL,
    SYNTAX_OPERATOR_DISTINCT, /* IS DISTINCT FROM */
    SYNTAX_OPERATOR_NOT_DISTINCT,
    SYNTAX_OPERATOR_NULLIF,
    SYNTAX_OPERATOR_IN,      /* list; name is = for IN, <> for NOT IN */
    SYNTAX_OPERATOR_LIKE,    /* name ~~ or !~~; with ESCAPE right is like_escape(pattern, escape) */
    SYNTAX_OPERATOR_ILIKE,   /* name ~~* or !~~* */
    SYNTAX_OPERATOR_SIMILAR, /* name ~ or !~; right is similar_to_escape(pattern [, escape]) */
    SYNTAX_OPERATOR_BETWEEN, /* list of two */
    SYNTAX_OPERATOR_NOT_BETWEEN,
    SYNTAX_OPERATOR_BETWEEN_SYMMETRIC,
    SYNTAX_OPERATOR_NOT_BETWEEN_SYMMETRIC
} SyntaxOperatorKind;

typedef enum SyntaxBooleanKind { SYNTAX_AND, SYNTAX_OR, SYNTAX_NOT } SyntaxBooleanKind;
typedef enum SyntaxTestKind {
    SYNTAX_IS_NULL,
    SYNTAX_IS_NOT_NULL,
    SYNTAX_IS_TRUE,
    SYNTAX_IS_NOT_TRUE,
    SYNTAX_IS_FALSE,
    SYNTAX_IS_NOT_FALSE,
    SYNTAX_IS_UNKNOWN,
    SYNTAX_IS_NOT_UNKNOWN
} SyntaxTestKind;
typedef enum SyntaxSublinkKind {
    SYNTAX_SUBLINK_SCALAR,
    SYNTAX_SUBLINK_EXISTS,
    SYNTAX_SUBLINK_ANY, /* test op ANY (query); IN has no operator name; NOT IN is NOT around it */
    SYNTAX_SUBLINK_ALL,
    SYNTAX_SUBLINK_ARRAY
} SyntaxSublinkKind;
typedef enum SyntaxSqlValueKind {
    SYNTAX_CURRENT_DATE,
    SYNTAX_CURRENT_TIME,
    SYNTAX_CURRENT_TIMESTAMP,
    SYNTAX_LOCALTIME,
    SYNTAX_LOCALTIMESTAMP,
    SYNTAX_CURRENT_ROLE,
    SYNTAX_CURRENT_USER,
    SYNTAX_USER,
    SYNTAX_SESSION_USER,
    SYNTAX_CURRENT_CATALOG,
    SYNTAX_CURRENT_SCHEMA
} SyntaxSqlValueKind;

typedef struct SyntaxArgument {
    const char *name; /* of name => value */
    SyntaxExpression *expression;
} SyntaxArgument;

typedef struct SyntaxFunction {
    SyntaxName name;
    SyntaxArgument *arguments; /* in the order written; WITHIN GROUP's sort keys are in order_by */
    int argument_count;
    bool is_star; /* count(*) */
    bool is_distinct;
    bool is_variadic; /* the last argument */
    bool is_special;  /* PostgreSQL's own spelling: EXTRACT(… FROM …), x AT TIME ZONE z, POSITION(a IN b),
                         OVERLAPS … */
    bool is_within_group;
    SyntaxSort *order_by; /* inside the parentheses, or of WITHIN GROUP */
    int order_count;
    SyntaxExpression *filter;
    SyntaxWindow *over; /* NULL: no OVER */
} SyntaxFunction;

typedef struct SyntaxOperator {
    SyntaxOperatorKind kind;
    SyntaxName name; /* OPERATOR(schema.op) has two parts */
    SyntaxExpression *left, *right;
    SyntaxExpression **list;
    int list_count;
} SyntaxOperator;

typedef struct SyntaxWhen {
    SyntaxExpression *condition; /* a value to compare with the CASE's argument, if it has one */
    SyntaxExpression *result;
    int position;
} SyntaxWhen;

typedef struct SyntaxCase {
    SyntaxExpression *argument;
    SyntaxWhen *whens;
    int when_count;
    SyntaxExpression *otherwise; /* NULL: ELSE NULL */
} SyntaxCase;

/* One step of x[1], x[1:2], x.field, x.*. */
typedef struct SyntaxStep {
    const char *field; /* NULL: a subscript or star */
    bool is_star;
    bool is_slice;
    SyntaxExpression *lower; /* of a slice; NULL = open */
    SyntaxExpression *upper; /* of a slice, or the subscript */
} SyntaxStep;

typedef struct SyntaxSublink {
    SyntaxSublinkKind kind;
    SyntaxExpression *test;
    SyntaxName operator_name; /* part_count 0: IN */
    SyntaxSelect *query;
} SyntaxSublink;

struct SyntaxExpression {
    SyntaxExpressionKind kind;
    int position;
    union {
        struct { /* COLUMN: parts, then possibly * */
            SyntaxName name;
            bool is_star;             /* a.*: parts are (a); *: none */
            SyntaxExpression *except; /* * EXCEPT (a, b): one column, or a row of several; or NULL */
        } column;
        struct {
            SyntaxConstantKind kind;
            int64_t integer;  /* INTEGER; BOOLEAN as 0 or 1 */
            const char *text; /* FLOAT, STRING, BIT; INTEGER's digits as written are not kept */
        } constant;
        int parameter; /* $n */
        struct {
            SyntaxExpression *argument;
            SyntaxType *type;
            bool is_try; /* TRY_CAST: NULL where CAST fails */
        } cast;
        SyntaxOperator operation;
        SyntaxFunction function;
        struct { /* BOOLEAN: AND and OR have two or more */
            SyntaxBooleanKind kind;
            SyntaxExpression **arguments;
            int count;
        } boolean;
        SyntaxCase choice;
        struct { /* COALESCE GREATEST LEAST ARRAY ROW GROUPING */
            SyntaxExpression **items;
            int count;
            bool is_explicit; /* ROW(…) rather than (a, b) */
        } list;
        struct {
            SyntaxTestKind kind;
            SyntaxExpression *argument;
        } test;
        struct {
            SyntaxExpression *argument;
            SyntaxStep *steps;
            int count;
        } indirection;
        SyntaxSublink sublink;
        struct {
            SyntaxSqlValueKind kind;
            int precision; /* -1: none */
        } sql_value;
        struct {
            SyntaxExpression *argument;
            SyntaxName name;
        } collate;
        struct {
            SyntaxExpression *source; /* a sublink; the same node for each of its columns */
            int column;               /* 0-based */
            int column_count;
        } multi_assign;
    };
};

/* Table references */

typedef struct SyntaxAlias {
    const char *name;
    const char **columns;
    int column_count;
} SyntaxAlias;

typedef enum SyntaxTableKind {
    SYNTAX_TABLE_RELATION,
    SYNTAX_TABLE_SUBSELECT, /* VALUES too: the query's kind tells */
    SYNTAX_TABLE_FUNCTION,
    SYNTAX_TABLE_JOIN,
    SYNTAX_TABLE_WINDOW /* TUMBLE, HOP, CUMULATE, SESSION */
} SyntaxTableKind;

typedef enum SyntaxJoinKind {
    SYNTAX_JOIN_INNER,
    SYNTAX_JOIN_LEFT,
    SYNTAX_JOIN_RIGHT,
    SYNTAX_JOIN_FULL
} SyntaxJoinKind;

typedef struct SyntaxJoin {
    SyntaxJoinKind kind;
    bool is_natural;
    SyntaxTable *left, *right;
    const char **using_columns;
    int using_count;
    const char *using_alias;     /* JOIN … USING (a) AS x */
    SyntaxExpression *condition; /* neither condition, USING nor NATURAL: CROSS JOIN */
} SyntaxJoin;

/* A column definition list: f(…) AS t (a int, b text). */
typedef struct SyntaxColumnType {
    const char *name;
    SyntaxType *type;
} SyntaxColumnType;

typedef struct SyntaxTableFunction {
    SyntaxExpression **functions; /* SYNTAX_FUNCTION or SYNTAX_SQL_VALUE; more than one for ROWS FROM (…) */
    int function_count;
    bool has_ordinality;
    SyntaxColumnType *columns;
    int column_count;
} SyntaxTableFunction;

typedef enum SyntaxWindowKind { SYNTAX_TUMBLE, SYNTAX_HOP, SYNTAX_CUMULATE, SYNTAX_SESSION } SyntaxWindowKind;

/* Both TUMBLE(t, ts, size) and TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), size)), positional or named arguments.
 */
typedef struct SyntaxTableWindow {
    SyntaxWindowKind kind;
    SyntaxTable *input;              /* a relation or a subselect, without alias */
    SyntaxExpression *time;          /* a column */
    SyntaxExpression *size;          /* TUMBLE, HOP, CUMULATE: the (largest) window */
    SyntaxExpression *slide;         /* HOP's slide, CUMULATE's step */
    SyntaxExpression *gap;           /* SESSION */
    SyntaxExpression *offset;        /* or NULL */
    SyntaxExpression **partition_by; /* SESSION(TABLE t PARTITION BY a, …) */
    int partition_count;
} SyntaxTableWindow;

struct SyntaxTable {
    SyntaxTableKind kind;
    int position;
    SyntaxAlias *alias; /* or NULL; derived tables may lack one. Of a window function without alias: the
                           input's name */
    bool is_lateral;
    union {
        struct {
            SyntaxName name; /* [[catalog.]schema.]name */
            bool is_only;
            SyntaxExpression *as_of; /* FOR SYSTEM_TIME AS OF e, or NULL */
        } relation;
        SyntaxSelect *subselect;
        SyntaxTableFunction function;
        SyntaxJoin join;
        SyntaxTableWindow window;
    };
};

/* Queries */

typedef struct SyntaxTarget {
    SyntaxExpression *expression;
    const char *name; /* AS name, or NULL */
    int position;
} SyntaxTarget;

typedef enum SyntaxGroupKind {
    SYNTAX_GROUP_EXPRESSION,
    SYNTAX_GROUP_EMPTY,
    SYNTAX_GROUP_ROLLUP,
    SYNTAX_GROUP_CUBE,
    SYNTAX_GROUP_SETS
} SyntaxGroupKind;

/* An item of GROUP BY. (a, b) is an EXPRESSION whose expression is a ROW that is not explicit. */
typedef struct SyntaxGroup {
    SyntaxGroupKind kind;
    SyntaxExpression *expression;
    struct SyntaxGroup *items;
    int item_count;
    int position;
} SyntaxGroup;

typedef enum SyntaxMaterialized {
    SYNTAX_MATERIALIZED_DEFAULT,
    SYNTAX_MATERIALIZED_ALWAYS,
    SYNTAX_MATERIALIZED_NEVER
} SyntaxMaterialized;

typedef struct SyntaxCte {
    const char *name;
    const char **columns;
    int column_count;
    SyntaxMaterialized materialized;
    SyntaxSelect *query;        /* or NULL, and then … */
    SyntaxStatement *statement; /* … INSERT, UPDATE or DELETE with RETURNING */
    int position;
} SyntaxCte;

typedef struct SyntaxWith {
    bool is_recursive;
    SyntaxCte *ctes;
    int count;
} SyntaxWith;

typedef struct SyntaxRow {
    SyntaxExpression **items;
    int count;
} SyntaxRow;

typedef enum SyntaxSelectKind {
    SYNTAX_SELECT,
    SYNTAX_VALUES,
    SYNTAX_UNION,
    SYNTAX_INTERSECT,
    SYNTAX_EXCEPT
} SyntaxSelectKind;
typedef enum SyntaxEmit { SYNTAX_EMIT_DEFAULT, SYNTAX_EMIT_ON_WINDOW_CLOSE, SYNTAX_EMIT_CHANGES } SyntaxEmit;

struct SyntaxSelect {
    SyntaxSelectKind kind;
    int position;     /* of the first token known */
    SyntaxWith *with; /* or NULL */

    /* SELECT */
    bool is_distinct; /* DISTINCT, or DISTINCT ON with distinct_on */
    SyntaxExpression **distinct_on;
    int distinct_on_count;
    SyntaxTarget *targets; /* may be none */
    int target_count;
    SyntaxTable **from;
    int from_count;
    SyntaxExpression *where;
    SyntaxGroup *group_by;
    int group_count;
    bool is_group_distinct; /* GROUP BY DISTINCT */
    SyntaxExpression *having;
    SyntaxExpression *qualify; /* a condition over window functions, judged after them */
    SyntaxWindow *windows;     /* WINDOW w AS (…) */
    int window_count;

    /* VALUES */
    SyntaxRow *rows;
    int row_count;

    /* UNION, INTERSECT, EXCEPT */
    SyntaxSelect *left, *right;
    bool is_all;

    /* any */
    SyntaxSort *order_by;
    int order_count;
    SyntaxExpression *limit; /* NULL: none; LIMIT ALL is a NULL constant */
    SyntaxExpression *offset;
    bool is_limit_with_ties;
    bool has_row_locks; /* FOR UPDATE, FOR SHARE … */
    SyntaxEmit emit;    /* of the outermost query only */
};

#endif
