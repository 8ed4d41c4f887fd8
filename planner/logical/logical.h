/* Logical: the relational tree between binding and operators.

   Columns are numbered once for the whole plan: an EXPRESSION_COLUMN of a logical tree holds a plan column,
   not a position, whoever produced it. So an operator can be moved without renumbering, and a correlated
   reference is simply a column that the subtree does not produce (logical_free_columns). A subtree that is
   wanted twice is copied with new columns (logical_copy). */
#ifndef LEAT_LOGICAL_LOGICAL_H
#define LEAT_LOGICAL_LOGICAL_H

#include "executor/operators/aggregate/aggregate.h"
#include "executor/operators/join/join.h"
#include "executor/operators/over/over.h"
#include "executor/operators/set_operation.h"
#include "executor/operators/window/window.h"
#include "planner/logical/column_set.h"
#include "planner/logical/planning.h"

typedef struct LogicalNode LogicalNode;
typedef struct LogicalType LogicalType; /* planner/nodes/node.h */
typedef struct Proofs Proofs;           /* planner/logical/proofs.h */
typedef struct Estimates Estimates;     /* planner/logical/estimates.h */

#define NODE(name) extern const LogicalType name##_node;
#include "planner/nodes/nodes.def"
#undef NODE

/* Columns, also those of calls, are plan columns. */
struct LogicalNode {
    const LogicalType *type;
    int input_count;
    LogicalNode **inputs;
    int column_count;
    int *columns;  /* what it puts out, in order */
    int own_count; /* how many of the last of them it computes itself (WINDOW, OVER, TOP_N, TABLE_FUNCTION,
                      AGGREGATE) */
    Proofs *proofs[2];    /* by PlanMode; derived on demand, NULL: not yet */
    Estimates *estimates; /* likewise */
    union {
        struct {
            const CatalogRelation *relation;
            const char *alias;
            int *positions; /* the relation's column, by output column */
            int key_count;  /* lookup by the whole key */
            Expression **key;
            const CatalogIndex *index; /* lookup in an index, NULL: none; one constant a column of it */
            int index_key_count;
            Expression **index_key;
            bool is_raw; /* a source's changes by key as they come, each a version: not what they make of the
                            rows */
        } scan;
        struct {
            int row_count;
            Expression **expressions; /* row by row */
        } values;
        struct {
            Expression *predicate;
        } filter;
        struct {
            Expression **expressions; /* by output column; a COLUMN of the same number passes it on */
        } project;
        struct {
            JoinType type;
            Expression *condition; /* NULL: none */
            bool is_null_aware;
            bool is_lookup; /* FOR SYSTEM_TIME AS OF processing time: left rows meet what is there when they
                               come */
        } join;             /* output: left's columns, then right's (semi, anti: left's) */
        struct {
            int key_count;
            int *keys;
            int call_count;
            AggregateSpec *calls;
            bool emit_on_close;
        } aggregate; /* output: keys under their own numbers, then the calls' results */
        struct {
            int kind; /* WindowKind */
            int time_column;
            int64_t size, slide, offset;
            int arrival;    /* −1: none */
            bool is_sliced; /* each row once, with its slice: made by planner/physical/slices.c */
        } window;           /* output: input's columns, window_start, window_end */
        struct {
            int partition_count;
            int *partition;
            int key_count;
            SortKey *keys;
            int call_count;
            OverCall *calls;
            int frame_mode, start, end;
            int64_t start_offset, end_offset;
            int bound_count; /* 2: RANGE between columns: what the sort key is compared with at the frame's
                                start and end */
            int *bounds;
            int exclude; /* FrameExclude */
        } over;          /* output: input's columns, then the calls' results */
        struct {
            int partition_count;
            int *partition;
            int key_count;
            SortKey *keys;
            int64_t limit, offset;
            bool with_rank, with_ties_rank;
        } top_n; /* output: input's columns, then the rank if it has one */
        struct {
            int key_count;
            SortKey *keys;
            Expression *limit, *offset;
            bool with_ties;
        } sort;
        struct {
            int **input_columns; /* by input: the columns that become the output's */
            int kind;            /* SET_OPERATION: SetOperationKind */
            bool is_all;
        } set; /* UNION_ALL, SET_OPERATION and RECURSION, whose kind is its number */
        struct {
            int number; /* of the recursion whose rows it has */
        } working_table;
        struct {
            int key_count;
            int *keys;
        } single_row;
        struct {
            const char *function;
            int argument_count;
            Expression **arguments;
            bool with_ordinality;
            bool is_outer;
        } table_function; /* output: input's columns, if it has an input, then the function's */
        struct {
            int end_column;
        } window_close;
        struct {
            int time_column, arrival;
        } late;
        struct {
            int partition_count;
            int *partition;
            int time_column;
            int64_t gap;
        } session; /* output: input's columns, window_start, window_end */
        struct {
            JoinType type;         /* INNER, LEFT */
            Expression *condition; /* what the keys do not say; NULL: nothing */
            int left_time;
            int key_count; /* 0: the rule `versions` is still to find them, and the versions of the right side
                            */
            int *left_keys, *right_keys;
            int version_count;
            SortKey *versions; /* a key's, the newest first */
            bool are_changes;  /* the right side's: deletions end what a key had */
        } temporal_join;       /* FOR SYSTEM_TIME AS OF event time. Output: left's columns, then right's */
    };
};

/* What EXPRESSION_SUBQUERY, EXPRESSION_AGGREGATE and EXPRESSION_WINDOW point to while a query is bound. */
typedef enum SubqueryKind {
    SUBQUERY_SCALAR,
    SUBQUERY_EXISTS,
    SUBQUERY_ANY,
    SUBQUERY_ALL,
    SUBQUERY_ARRAY
} SubqueryKind;

typedef struct LogicalSubquery {
    SubqueryKind kind;
    LogicalNode *plan;
    int column_count; /* its visible columns */
    int *columns;
    const char *name;       /* of the first */
    Expression *comparison; /* ANY, ALL: the test, over columns of the outer query and of the plan */
    bool is_equality;       /* ANY, ALL: one column, compared with = */
    int order_count;        /* ARRAY */
    SortKey *order;
} LogicalSubquery;

/* The columns of a call come when its expressions are those of an input; till then an order's are indexes
   into `order`. */
typedef struct AggregateCall {
    const void *scope;  /* of the query whose rows it is over */
    AggregateSpec spec; /* aggregate NULL: GROUPING(arguments) */
    Expression **arguments;
    Expression *filter;
    Expression **order;
    int position;
} AggregateCall;

typedef struct WindowCall {
    OverCall spec;
    Expression **arguments;
    Expression *filter;
    int partition_count;
    Expression **partition;
    int order_count;
    Expression **order;
    SortKey *sort_keys; /* columns are indexes into order */
    int frame_mode, start, end;
    int64_t start_offset, end_offset;
    int bound_count; /* 0 or 2 */
    Expression **bounds;
    int exclude;
    int position;
} WindowCall;

LogicalNode *logical_create(
    Planning *plan, const LogicalType *type, int input_count, LogicalNode *const *inputs);
LogicalNode *logical_filter(
    Planning *plan, LogicalNode *input, Expression *predicate); /* NULL predicate: the input itself */
/* Output columns get new numbers, except expressions that are plain columns, which are passed on. */
LogicalNode *logical_project(
    Planning *plan, LogicalNode *input, int count, Expression *const *expressions, const char *const *names);
/* The input with further computed columns behind its own; a plain column is not added again. columns[i] tells
   where expression i is found. */
LogicalNode *logical_extend(
    Planning *plan, LogicalNode *input, int count, Expression *const *expressions, int *columns);
/* Only the listed columns, or the input itself when these are its columns. */
LogicalNode *logical_pick(Planning *plan, LogicalNode *input, const int *columns, int count);
LogicalNode *logical_join(
    Planning *plan, JoinType type, LogicalNode *left, LogicalNode *right, Expression *condition);
/* calls' results get new columns, behind the keys. */
LogicalNode *logical_aggregate(
    Planning *plan, LogicalNode *input, const int *keys, int key_count, AggregateSpec *calls, int call_count);
LogicalNode *logical_distinct(Planning *plan, LogicalNode *input);
/* Sets the output columns anew after the inputs or payload of a node changed in place, keeping the numbers of
   what it computes. */
void logical_refresh(Planning *plan, LogicalNode *node);
/* No row, these columns. */
LogicalNode *logical_empty(Planning *plan, const int *columns, int count);

/* The columns that it computes itself: the last own_count. */
const int *logical_own(const LogicalNode *node);
bool logical_has_column(const LogicalNode *node, int column);
/* Makes the column the node's last; returns it. */
int logical_append_column(Planning *plan, LogicalNode *node, int column);
/* A copy of the list with one more. */
int *columns_with(Planning *plan, const int *columns, int count, int added);
/* Forgets what was derived of the node itself. */
void logical_forget_own(LogicalNode *node);
ColumnSet logical_columns(Planning *plan, const LogicalNode *node);
/* Columns used anywhere in the subtree that it does not produce itself. */
ColumnSet logical_free_columns(Planning *plan, const LogicalNode *node);
/* Calls visit with each place of the node itself (not of its inputs) that holds an expression, or a plan
   column that it reads. */
typedef struct LogicalVisitor {
    void (*expression)(Expression **expression, void *argument);
    void (*column)(int *column, void *argument);
    void *argument;
} LogicalVisitor;
void logical_visit(LogicalNode *node, const LogicalVisitor *visitor);
/* Deep copy with new columns; map[c] is column c's new number, −1 for those not produced inside (map has
   plan->column_count entries at the call). */
LogicalNode *logical_copy(Planning *plan, const LogicalNode *node, int **map);
/* Replaces column references in the whole subtree's expressions, payload and output lists: map as above,
   entries −1 stay. */
void logical_substitute(Planning *plan, LogicalNode *node, const int *map, int map_count);

#endif
