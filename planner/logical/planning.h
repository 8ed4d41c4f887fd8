/* Planning: what one statement's planning works on, from binding to operators: the columns of the whole plan,
   and what is found on the way. */
#ifndef LEAT_LOGICAL_PLANNING_H
#define LEAT_LOGICAL_PLANNING_H

#include "planner/planner.h"

/* A name is only for people: headings, EXPLAIN. */
typedef struct PlanColumn {
    const char *name;
    Type type;
    ColumnOrigin origin;
    int arrival; /* a time's: the column with its rows' arrival watermarks, once one was asked for; −1: not
                    yet */
} PlanColumn;

/* One statement's planning. */
typedef struct Planning {
    PlannerContext *context;
    Arena *arena;
    PlanMode mode;
    PlanColumn *columns;
    int column_count;
    int recursion_count;
    int copied_count; /* nodes of domains, so far */
    uint32_t *depends;
    int depend_count;
    struct SampleResult *sample_results; /* planner/cost/sample.c */
    struct PlanningPart *others;         /* roots planned beside this one: planner/bind/modify/parts.c */
    int other_count;
    ModifyingPart *parts;
    int part_count;
} Planning;

typedef struct PlanningPart {
    Planning *plan;
    struct BoundRoot *root;
    Plan *out;
} PlanningPart;

int plan_column_add(Planning *plan, const char *name, Type type);
/* An expression for a plan column. */
Expression *plan_column(Planning *plan, int column);
void plan_add_dependency(Planning *plan, uint32_t object_id);

#endif
