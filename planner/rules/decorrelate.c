/* Decorrelation: a join whose right side refers to columns of its left becomes an ordinary join.

   First the cheap way: correlated predicates are pulled up through filters, projections and inner joins into
   the join's condition; equalities also through aggregates and their like, whose keys they then join: SELECT
   … FROM t WHERE x > (SELECT avg(y) FROM u WHERE u.a = t.a)   →   t LEFT JOIN (SELECT a, avg(y) FROM u GROUP
   BY a) ON u.a = t.a Otherwise the general way (Neumann and Kemper, Unnesting Arbitrary Queries, 2015): the
   right side is evaluated for the set of distinct values of the columns it refers to, its domain, which is
   pushed down to where they are used; then joined by IS NOT DISTINCT FROM. Inner queries come first; what
   they refer to further out stays free. */
#include <string.h>

#include "planner/nodes/node.h"
#include "planner/rules/rules.h"

typedef struct Decorrelation {
    RuleContext *context;
    Planning *plan;
    ColumnSet outer; /* the left side's columns that the right side uses */
    Conjuncts pulled;
    bool is_failed;
    const LogicalNode *left;
    int count; /* the outer columns as a list, once there is a domain */
    int *outer_list;
    int working; /* 1 + the number of the recursion whose term a domain is pushed into; 0: none */
} Decorrelation;

static LogicalNode *shallow_copy(Planning *plan, const LogicalNode *node) {
    LogicalNode *copy = logical_create(plan, node->type, node->input_count, node->inputs);
    LogicalNode **inputs = copy->inputs;
    *copy = *node;
    copy->inputs = inputs;
    logical_forget_own(copy);
    return copy;
}

static bool uses_outer(const Decorrelation *d, const LogicalNode *node) {
    ColumnSet free = logical_free_columns(d->plan, node);
    return set_intersects(&free, &d->outer);
}

static bool expression_uses_outer(const Decorrelation *d, const Expression *expression) {
    ColumnSet used = {0};
    expression_add_columns(d->plan, expression, &used);
    return set_intersects(&used, &d->outer);
}

static int *append_columns(
    Planning *plan, const int *columns, int count, const int *added, int added_count, int *total) {
    int *all = ARENA_ARRAY(plan->arena, int, count + added_count + 1);
    *total = 0;
    for (int i = 0; i < count + added_count; i++) {
        int column = i < count ? columns[i] : added[i - count];
        bool is_known = false;
        for (int j = 0; j < *total && i >= count; j++)
            is_known |= all[j] == column;
        if (!is_known)
            all[(*total)++] = column;
    }
    return all;
}

/* Domains */

static void list_outer(Decorrelation *d, const LogicalNode *left) {
    d->left = left;
    d->count = 0;
    d->outer_list = ARENA_ARRAY(d->plan->arena, int, set_count(&d->outer) + 1);
    for (int column = set_next(&d->outer, -1); column >= 0; column = set_next(&d->outer, column))
        d->outer_list[d->count++] = column;
}

typedef struct Domain {
    LogicalNode *node;
    int *columns; /* stand for d->outer_list, one by one */
} Domain;

static int count_nodes(const LogicalNode *node) {
    int count = 1;
    for (int i = 0; i < node->input_count; i++)
        count += count_nodes(node->inputs[i]);
    return count;
}

/* Exactly one row, whatever is there. */
static bool is_one_row(const LogicalNode *node) {
    while (node->type == &project_node)
        node = node->inputs[0];
    return node->type == &aggregate_node && node->aggregate.key_count == 0;
}

/* What the join says about its left rows is not asked: how often each comes out does not matter, and it is
   cheaper to have too many than to copy a large right side. */
static bool is_superfluous(const Decorrelation *d, const LogicalNode *join, const ColumnSet *needed) {
    enum { LARGE = 12 };
    const LogicalNode *right = join->inputs[1];
    ColumnSet columns = logical_columns(d->plan, right);
    bool is_plain = join->join.condition == NULL || predicate_is_constant(join->join.condition, true);
    switch (join->join.type) {
    case JOIN_LEFT:
        return !set_intersects(&columns, needed);
    case JOIN_INNER:
        return !set_intersects(&columns, needed) &&
               ((is_plain && is_one_row(right)) || count_nodes(right) > LARGE);
    case JOIN_SEMI:
    case JOIN_ANTI:
        return count_nodes(right) > LARGE;
    default:
        return false;
    }
}

/* A node whose rows hold, of the needed columns, at least the distinct values that the given one's hold.
   Without it each subquery of a list would be evaluated over copies of all before it: the plan would double
   with each. */
static LogicalNode *domain_source(Decorrelation *d, LogicalNode *node, const ColumnSet *needed) {
    Planning *plan = d->plan;
    ColumnSet below = *needed;
    if (node->type == &join_node && is_superfluous(d, node, needed))
        return domain_source(d, node->inputs[0], needed);
    if (node->type == &filter_node || node->type == &join_node) {
        below = set_copy(plan->arena, needed);
        Expression *condition = node->type == &filter_node ? node->filter.predicate : node->join.condition;
        if (condition != NULL)
            expression_add_columns(plan, condition, &below);
        LogicalNode *copy = shallow_copy(plan, node);
        for (int i = 0; i < copy->input_count; i++)
            copy->inputs[i] = domain_source(d, node->inputs[i], &below);
        logical_refresh(plan, copy);
        return copy;
    }
    if (node->type != &project_node)
        return node;
    Expression **expressions = ARENA_ARRAY(plan->arena, Expression *, node->column_count + 1);
    int *columns = ARENA_ARRAY(plan->arena, int, node->column_count + 1), count = 0;
    below = (ColumnSet){0};
    for (int i = 0; i < node->column_count; i++)
        if (set_has(needed, node->columns[i])) {
            expression_add_columns(plan, node->project.expressions[i], &below);
            columns[count] = node->columns[i];
            expressions[count++] = node->project.expressions[i];
        }
    LogicalNode *project =
        logical_project(plan, domain_source(d, node->inputs[0], &below), count, expressions, NULL);
    memcpy(project->columns, columns, sizeof *columns * (size_t)count);
    return project;
}

/* Distinct values of the outer columns, from a copy of the left side of its own. */
static Domain make_domain(Decorrelation *d) {
    int *map;
    LogicalNode *copy = logical_copy(d->plan, domain_source(d, (LogicalNode *)d->left, &d->outer), &map);
    d->plan->copied_count += count_nodes(copy);
    Domain domain = {.columns = ARENA_ARRAY(d->plan->arena, int, d->count + 1)};
    for (int i = 0; i < d->count; i++)
        domain.columns[i] = map[d->outer_list[i]];
    domain.node = logical_distinct(d->plan, logical_pick(d->plan, copy, domain.columns, d->count));
    return domain;
}

typedef struct DomainMap {
    const Decorrelation *d;
    const Domain *domain;
} DomainMap;

static Expression *to_domain(const Expression *node, void *argument) {
    const DomainMap *map = argument;
    if (node->kind == EXPRESSION_COLUMN)
        for (int i = 0; i < map->d->count; i++)
            if (map->d->outer_list[i] == node->column)
                return plan_column(map->d->plan, map->domain->columns[i]);
    return NULL;
}

static void expression_to_domain(Expression **expression, void *argument) {
    DomainMap *map = argument;
    *expression = expression_rewrite(map->d->plan->arena, *expression, to_domain, map);
}

static void column_to_domain(int *column, void *argument) {
    const DomainMap *map = argument;
    for (int i = 0; i < map->d->count; i++)
        if (map->d->outer_list[i] == *column)
            *column = map->domain->columns[i];
}

static Expression *domains_match(Decorrelation *d, const int *a, const int *b) {
    Conjuncts conjuncts = {0};
    for (int i = 0; i < d->count; i++) {
        const Function *equal = function_equality(d->plan->columns[a[i]].type);
        if (equal == NULL) /* json: whether it is the same value is all that is asked here */
            equal = function_by_signature("$same(anyelement, anyelement) -> bool");
        ARENA_APPEND(d->plan->arena, conjuncts.items, conjuncts.count,
            predicate_not_distinct(
                d->plan->arena, equal, plan_column(d->plan, a[i]), plan_column(d->plan, b[i])));
    }
    return predicate_join(d->plan->arena, &conjuncts);
}

/* The cheap way */

/* The columns of `input` that the predicates pulled since `from` use. What they use of queries further out
   stays free. */
static ColumnSet pulled_columns(const Decorrelation *d, const LogicalNode *input, int from) {
    ColumnSet used = {0}, columns = {0};
    for (int i = from; i < d->pulled.count; i++)
        expression_add_columns(d->plan, d->pulled.items[i], &used);
    for (int i = 0; i < input->column_count; i++)
        if (set_has(&used, input->columns[i]))
            set_add(d->plan->arena, &columns, input->columns[i]);
    return columns;
}

static LogicalNode *pull(Decorrelation *d, LogicalNode *node, bool equality_only);

/* A column of the node = an expression of outer columns. */
static bool is_outer_equality(
    const Decorrelation *d, const LogicalNode *node, const Expression *conjunct, int *inner) {
    ColumnSet own = logical_columns(d->plan, node);
    if (!expression_means(conjunct, MEANING_EQUAL))
        return false;
    for (int side = 0; side < 2; side++) {
        const Expression *a = conjunct->arguments[side], *b = conjunct->arguments[1 - side];
        ColumnSet used = {0};
        expression_add_columns(d->plan, b, &used);
        if (a->kind == EXPRESSION_COLUMN && set_has(&own, a->column) && !set_is_empty(&used) &&
            set_is_subset(&used, &d->outer)) {
            *inner = a->column;
            return true;
        }
    }
    return false;
}

/* A condition of the outer row alone leaves all rows or none: it may go up through what has groups. */
static bool is_outer_only(const Decorrelation *d, const LogicalNode *node, const Expression *conjunct) {
    ColumnSet used = {0}, own = logical_columns(d->plan, node);
    expression_add_columns(d->plan, conjunct, &used);
    return !set_intersects(&used, &own);
}

static LogicalNode *pull_filter(Decorrelation *d, LogicalNode *node, bool equality_only) {
    LogicalNode *input = pull(d, node->inputs[0], equality_only);
    Conjuncts conjuncts = predicate_split(d->plan->arena, node->filter.predicate), kept = {0};
    for (int i = 0; i < conjuncts.count && !d->is_failed; i++) {
        int inner;
        if (!expression_uses_outer(d, conjuncts.items[i])) {
            ARENA_APPEND(d->plan->arena, kept.items, kept.count, conjuncts.items[i]);
            continue;
        }
        if (equality_only && !is_outer_equality(d, node, conjuncts.items[i], &inner) &&
            !is_outer_only(d, node, conjuncts.items[i]))
            d->is_failed = true;
        ARENA_APPEND(d->plan->arena, d->pulled.items, d->pulled.count, conjuncts.items[i]);
    }
    return d->is_failed ? NULL : logical_filter(d->plan, input, predicate_join(d->plan->arena, &kept));
}

static LogicalNode *pull_project(Decorrelation *d, LogicalNode *node, bool equality_only) {
    int from = d->pulled.count;
    for (int i = 0; i < node->column_count; i++)
        d->is_failed |= expression_uses_outer(d, node->project.expressions[i]);
    LogicalNode *input = d->is_failed ? NULL : pull(d, node->inputs[0], equality_only);
    if (d->is_failed)
        return NULL;
    ColumnSet needed = pulled_columns(d, input, from), known = logical_columns(d->plan, node);
    set_remove_all(&needed, &known);
    int extra = set_count(&needed), count = node->column_count;
    LogicalNode *copy = shallow_copy(d->plan, node);
    copy->inputs[0] = input;
    copy->columns = ARENA_ARRAY(d->plan->arena, int, count + extra + 1);
    copy->project.expressions = ARENA_ARRAY(d->plan->arena, Expression *, count + extra + 1);
    memcpy(copy->columns, node->columns, sizeof *copy->columns * (size_t)count);
    memcpy(copy->project.expressions, node->project.expressions,
        sizeof *copy->project.expressions * (size_t)count);
    for (int column = set_next(&needed, -1); column >= 0; column = set_next(&needed, column)) {
        copy->columns[copy->column_count] = column;
        copy->project.expressions[copy->column_count++] = plan_column(d->plan, column);
    }
    return copy;
}

static LogicalNode *pull_join(Decorrelation *d, LogicalNode *node, bool equality_only) {
    bool is_inner = node->join.type == JOIN_INNER, keeps_left = is_inner || node->join.type == JOIN_LEFT ||
                                                                node->join.type == JOIN_SEMI ||
                                                                node->join.type == JOIN_ANTI;
    LogicalNode *copy = shallow_copy(d->plan, node);
    if (uses_outer(d, node->inputs[1]) && !is_inner)
        d->is_failed = true;
    else if (is_inner)
        copy->inputs[1] = pull(d, node->inputs[1], equality_only);
    if (uses_outer(d, node->inputs[0]) && !keeps_left)
        d->is_failed = true;
    else if (keeps_left && !d->is_failed)
        copy->inputs[0] = pull(d, node->inputs[0], equality_only);
    Conjuncts conjuncts = predicate_split(d->plan->arena, node->join.condition), kept = {0};
    for (int i = 0; i < conjuncts.count && !d->is_failed; i++) {
        int inner;
        if (!expression_uses_outer(d, conjuncts.items[i])) {
            ARENA_APPEND(d->plan->arena, kept.items, kept.count, conjuncts.items[i]);
            continue;
        }
        if (!is_inner || (equality_only && !is_outer_equality(d, node, conjuncts.items[i], &inner)))
            d->is_failed = true;
        ARENA_APPEND(d->plan->arena, d->pulled.items, d->pulled.count, conjuncts.items[i]);
    }
    if (d->is_failed)
        return NULL;
    copy->join.condition = predicate_join(d->plan->arena, &kept);
    logical_refresh(d->plan, copy);
    return copy;
}

/* More than one row is an error only for values that the left side has. */
static LogicalNode *keep_asked(Decorrelation *d, LogicalNode *input, int from) {
    list_outer(d, d->left);
    Domain domain = make_domain(d);
    DomainMap map = {d, &domain};
    Conjuncts conditions = {0};
    for (int i = from; i < d->pulled.count; i++)
        ARENA_APPEND(d->plan->arena, conditions.items, conditions.count,
            expression_rewrite(d->plan->arena, d->pulled.items[i], to_domain, &map));
    return logical_join(d->plan, JOIN_SEMI, input, domain.node, predicate_join(d->plan->arena, &conditions));
}

static void extend_partition(Planning *plan, LogicalNode *node, const int *columns, int count) {
    int **list = node_columns(node, &node->type->partition),
        *list_count = node_count(node, &node->type->partition);
    *list = append_columns(plan, *list, *list_count, columns, count, list_count);
    logical_refresh(plan, node);
}

/* Aggregates, TopN, OVER, SingleRow: the inner sides of the equalities become keys. */
static LogicalNode *pull_keyed(Decorrelation *d, LogicalNode *node) {
    int from = d->pulled.count;
    LogicalNode *input = pull(d, node->inputs[0], true);
    if (d->is_failed)
        return NULL;
    LogicalNode *copy = shallow_copy(d->plan, node);
    copy->inputs[0] = node->type == &single_row_node ? keep_asked(d, input, from) : input;
    int *keys = ARENA_ARRAY(d->plan->arena, int, d->pulled.count + 1), count = 0;
    for (int i = from; i < d->pulled.count; i++)
        if (is_outer_equality(d, input, d->pulled.items[i], &keys[count]))
            count++;
    extend_partition(d->plan, copy, keys, count);
    return copy;
}

static bool constant_count(const Expression *expression, int64_t none, int64_t *count) {
    *count = none;
    if (expression == NULL)
        return true;
    if (expression->kind != EXPRESSION_CONSTANT)
        return false;
    if (!expression->value.is_null)
        *count = expression->value.datum.int8;
    return true;
}

/* A limit for each row of the outer query is a TopN a partition. NULL when its count isn't known. */
static LogicalNode *sort_as_top_n(Planning *plan, const LogicalNode *node) {
    if (node->sort.limit == NULL && node->sort.offset == NULL)
        return node->inputs[0];
    LogicalNode *top = logical_create(plan, &top_n_node, 1, node->inputs);
    if (node->sort.with_ties || !constant_count(node->sort.limit, -1, &top->top_n.limit) ||
        !constant_count(node->sort.offset, 0, &top->top_n.offset))
        return NULL;
    top->top_n.keys = node->sort.keys;
    top->top_n.key_count = node->sort.key_count;
    logical_refresh(plan, top);
    return top;
}

static LogicalNode *pull(Decorrelation *d, LogicalNode *node, bool equality_only) {
    if (d->is_failed || !uses_outer(d, node))
        return node;
    const LogicalType *type = node->type;
    if (type == &filter_node)
        return pull_filter(d, node, equality_only);
    if (type == &project_node)
        return pull_project(d, node, equality_only);
    if (type == &join_node)
        return pull_join(d, node, equality_only);
    if (type->partition.kind != NODE_END) {
        d->is_failed |= type == &aggregate_node && node->aggregate.key_count == 0;
        return d->is_failed ? NULL : pull_keyed(d, node);
    }
    if (type == &sort_node) {
        LogicalNode *top = sort_as_top_n(d->plan, node);
        d->is_failed |= top == NULL;
        return d->is_failed ? NULL : pull(d, top, equality_only);
    }
    d->is_failed |= type != &window_node;
    if (d->is_failed)
        return NULL;
    LogicalNode *copy = shallow_copy(d->plan, node);
    copy->inputs[0] = pull(d, node->inputs[0], equality_only);
    if (!d->is_failed)
        logical_refresh(d->plan, copy);
    return copy;
}

/* The grouped aggregate over a join that pads where there was no row: counts are 0 there. Results get new
   numbers in the aggregate, and their own again in the projection that is put on `joined` by restore_counts.
 */
static void rename_counts(Planning *plan, LogicalNode *aggregate, int *before, int *after, int *count) {
    *count = 0;
    int *columns = append_columns(plan, aggregate->columns, aggregate->column_count, NULL, 0, &(int){0});
    for (int i = 0; i < aggregate->aggregate.call_count; i++) {
        if (!aggregate->aggregate.calls[i].aggregate->is_count)
            continue;
        int *column = &columns[aggregate->aggregate.key_count + i];
        before[*count] = *column;
        after[*count] = *column =
            plan_column_add(plan, plan->columns[*column].name, plan->columns[*column].type);
        (*count)++;
    }
    aggregate->columns = columns;
}

static LogicalNode *restore_counts(
    Planning *plan, LogicalNode *joined, const int *before, const int *after, int count) {
    if (count == 0)
        return joined;
    LogicalNode *project = logical_pick(plan, joined, joined->columns, joined->column_count);
    Expression **expressions = ARENA_ARRAY(plan->arena, Expression *, joined->column_count + 1);
    for (int i = 0; i < joined->column_count; i++)
        expressions[i] = plan_column(plan, joined->columns[i]);
    project = logical_project(plan, joined, joined->column_count, expressions, NULL);
    for (int i = 0; i < joined->column_count; i++)
        for (int c = 0; c < count; c++)
            if (joined->columns[i] == after[c]) {
                Value zero = {.type = plan->columns[after[c]].type};
                Expression *arguments[] = {
                    plan_column(plan, after[c]), expression_constant(plan->arena, &zero)};
                project->project.expressions[i] =
                    expression_of(plan->arena, EXPRESSION_COALESCE, zero.type, 2, arguments);
                project->columns[i] = before[c];
            }
    return project;
}

/* The general way */

static LogicalNode *push(Decorrelation *d, LogicalNode *node, const Domain *domain);

static bool has_working_table(const Decorrelation *d, const LogicalNode *node) {
    bool has = node->type == &working_table_node && node->working_table.number + 1 == d->working;
    for (int i = 0; i < node->input_count; i++)
        has |= has_working_table(d, node->inputs[i]);
    return has;
}

/* Whether its rows depend on the value of the domain. */
static bool uses_domain(const Decorrelation *d, const LogicalNode *node) {
    return uses_outer(d, node) || (d->working > 0 && has_working_table(d, node));
}

static LogicalNode *push_join(Decorrelation *d, LogicalNode *node, const Domain *domain) {
    bool left_uses = uses_domain(d, node->inputs[0]), right_uses = uses_domain(d, node->inputs[1]);
    JoinType type = node->join.type;
    bool only_right = right_uses && !left_uses && (type == JOIN_INNER || type == JOIN_RIGHT) &&
                      !expression_uses_outer(d, node->join.condition);
    bool only_left = !right_uses && type != JOIN_RIGHT && type != JOIN_FULL;
    if (type == JOIN_INNER && !left_uses && !right_uses)
        only_left = true;
    LogicalNode *copy = shallow_copy(d->plan, node);
    if (only_left || only_right) {
        int side = only_left ? 0 : 1;
        copy->inputs[side] = push(d, node->inputs[side], domain);
        DomainMap map = {d, domain};
        if (copy->join.condition != NULL)
            expression_to_domain(&copy->join.condition, &map);
        logical_refresh(d->plan, copy);
        return copy;
    }
    /* Both sides for each value of the domain. In a full join the value is that of the side which is there.
     */
    Domain other = make_domain(d);
    int side = type == JOIN_INNER && d->working > 0 && has_working_table(d, node->inputs[1]) ? 1 : 0;
    copy->inputs[side] = push(d, node->inputs[side], domain);
    copy->inputs[1 - side] = push(d, node->inputs[1 - side], &other);
    DomainMap map = {d, type == JOIN_RIGHT ? &other : domain};
    if (copy->join.condition != NULL)
        expression_to_domain(&copy->join.condition, &map);
    copy->join.condition =
        predicate_and(d->plan->arena, copy->join.condition, domains_match(d, domain->columns, other.columns));
    logical_refresh(d->plan, copy);
    if (type != JOIN_RIGHT && type != JOIN_FULL)
        return copy;
    /* The domain's columns go up under the numbers of `domain`. */
    Expression **expressions = ARENA_ARRAY(d->plan->arena, Expression *, copy->column_count + 1);
    for (int i = 0; i < copy->column_count; i++) {
        expressions[i] = plan_column(d->plan, copy->columns[i]);
        for (int c = 0; c < d->count; c++)
            if (copy->columns[i] == domain->columns[c]) {
                Expression *both[] = {
                    plan_column(d->plan, domain->columns[c]), plan_column(d->plan, other.columns[c])};
                expressions[i] = expression_of(d->plan->arena, EXPRESSION_COALESCE, both[0]->type, 2, both);
            }
    }
    LogicalNode *project = logical_project(d->plan, copy, copy->column_count, expressions, NULL);
    memcpy(project->columns, copy->columns, sizeof *copy->columns * (size_t)copy->column_count);
    return project;
}

/* A global aggregate has a row for each value of the domain, also where there is no input. */
static LogicalNode *push_aggregate(Decorrelation *d, LogicalNode *node, const Domain *domain) {
    LogicalNode *copy = shallow_copy(d->plan, node);
    bool is_global = node->aggregate.key_count == 0;
    d->is_failed |= is_global && domain->node == NULL;
    Domain inner = is_global ? make_domain(d) : *domain;
    copy->inputs[0] = push(d, node->inputs[0], &inner);
    copy->aggregate.keys = append_columns(d->plan, node->aggregate.keys, node->aggregate.key_count,
        inner.columns, d->count, &copy->aggregate.key_count);
    logical_refresh(d->plan, copy);
    if (!is_global)
        return copy;
    int *before = ARENA_ARRAY(d->plan->arena, int, copy->own_count + 1),
        *after = ARENA_ARRAY(d->plan->arena, int, copy->own_count + 1), count;
    rename_counts(d->plan, copy, before, after, &count);
    LogicalNode *joined = logical_join(
        d->plan, JOIN_LEFT, domain->node, copy, domains_match(d, domain->columns, inner.columns));
    return restore_counts(d->plan, joined, before, after, count);
}

/* In a recursion's term the value of the domain is that of the row of the working table. */
static Domain enter_recursion(Decorrelation *d, const LogicalNode *node) {
    d->is_failed |= d->working > 0;
    d->working = node->set.kind + 1;
    Domain domain = {.columns = ARENA_ARRAY(d->plan->arena, int, d->count + 1)};
    for (int i = 0; i < d->count; i++)
        domain.columns[i] = plan_column_add(d->plan, NULL, d->plan->columns[d->outer_list[i]].type);
    return domain;
}

static LogicalNode *push_set(Decorrelation *d, LogicalNode *node, const Domain *domain) {
    LogicalNode *copy = shallow_copy(d->plan, node);
    copy->set.input_columns = ARENA_ARRAY(d->plan->arena, int *, node->input_count);
    for (int i = 0; i < node->input_count; i++) {
        Domain own = i == 0 ? *domain : make_domain(d);
        if (node->type == &recursion_node && i == 1)
            own = enter_recursion(d, node);
        copy->inputs[i] = push(d, node->inputs[i], &own);
        copy->set.input_columns[i] = ARENA_ARRAY(d->plan->arena, int, node->column_count + d->count + 1);
        memcpy(
            copy->set.input_columns[i], node->set.input_columns[i], sizeof(int) * (size_t)node->column_count);
        memcpy(copy->set.input_columns[i] + node->column_count, own.columns, sizeof(int) * (size_t)d->count);
    }
    if (node->type == &recursion_node)
        d->working = 0;
    /* The output's domain columns: new numbers, passed on under those of `domain` by a projection. */
    copy->columns = ARENA_ARRAY(d->plan->arena, int, node->column_count + d->count + 1);
    memcpy(copy->columns, node->columns, sizeof(int) * (size_t)node->column_count);
    Expression **expressions = ARENA_ARRAY(d->plan->arena, Expression *, node->column_count + d->count + 1);
    for (int i = 0; i < d->count; i++)
        copy->columns[node->column_count + i] =
            plan_column_add(d->plan, NULL, d->plan->columns[domain->columns[i]].type);
    copy->column_count = node->column_count + d->count;
    for (int i = 0; i < copy->column_count; i++)
        expressions[i] = plan_column(d->plan, copy->columns[i]);
    LogicalNode *project = logical_project(d->plan, copy, copy->column_count, expressions, NULL);
    memcpy(project->columns + node->column_count, domain->columns, sizeof(int) * (size_t)d->count);
    return project;
}

static LogicalNode *push_project(Decorrelation *d, LogicalNode *node, const Domain *domain) {
    LogicalNode *copy = shallow_copy(d->plan, node);
    int count = node->column_count;
    copy->inputs[0] = push(d, node->inputs[0], domain);
    copy->columns =
        append_columns(d->plan, node->columns, count, domain->columns, d->count, &copy->column_count);
    copy->project.expressions = ARENA_ARRAY(d->plan->arena, Expression *, copy->column_count + 1);
    DomainMap map = {d, domain};
    for (int i = 0; i < copy->column_count; i++)
        copy->project.expressions[i] =
            i < count ? expression_rewrite(d->plan->arena, node->project.expressions[i], to_domain, &map)
                      : plan_column(d->plan, copy->columns[i]);
    return copy;
}

static LogicalNode *push_keyed(Decorrelation *d, LogicalNode *node, const Domain *domain) {
    LogicalNode *copy = shallow_copy(d->plan, node);
    copy->inputs[0] = push(d, node->inputs[0], domain);
    extend_partition(d->plan, copy, domain->columns, d->count);
    return copy;
}

static LogicalNode *push_working_table(Decorrelation *d, LogicalNode *node, const Domain *domain) {
    LogicalNode *copy = shallow_copy(d->plan, node);
    copy->columns = append_columns(
        d->plan, node->columns, node->column_count, domain->columns, d->count, &copy->column_count);
    return copy;
}

static LogicalNode *push_sort(Decorrelation *d, LogicalNode *node, const Domain *domain) {
    LogicalNode *top = sort_as_top_n(d->plan, node);
    d->is_failed |= top == NULL;
    return d->is_failed ? node : push(d, top, domain);
}

/* A function without an input gets the domain as its input. */
static void push_function(Decorrelation *d, LogicalNode *copy, const Domain *domain) {
    if (copy->input_count == 0) {
        copy->inputs = ARENA_ARRAY(d->plan->arena, LogicalNode *, 1);
        copy->inputs[0] = domain->node;
        copy->input_count = 1;
    } else
        copy->inputs[0] = push(d, copy->inputs[0], domain);
    Expression *const *arguments = copy->table_function.arguments;
    int count = copy->table_function.argument_count;
    copy->table_function.arguments = ARENA_ARRAY(d->plan->arena, Expression *, count + 1);
    memcpy(copy->table_function.arguments, arguments, sizeof *arguments * (size_t)count);
}

/* The node for each value of the domain, whose columns come out too. */
static LogicalNode *push(Decorrelation *d, LogicalNode *node, const Domain *domain) {
    d->is_failed |= domain->node == NULL && !uses_domain(d, node);
    if (d->is_failed)
        return node;
    if (!uses_domain(d, node) && node->type != &table_function_node)
        return logical_join(d->plan, JOIN_INNER, domain->node, node, NULL);
    const LogicalType *type = node->type;
    if (type == &project_node)
        return push_project(d, node, domain);
    if (type == &join_node)
        return push_join(d, node, domain);
    if (type == &aggregate_node)
        return push_aggregate(d, node, domain);
    if (type->partition.kind != NODE_END)
        return push_keyed(d, node, domain);
    if (type == &union_all_node || type == &set_operation_node || type == &recursion_node)
        return push_set(d, node, domain);
    if (type == &working_table_node)
        return push_working_table(d, node, domain);
    if (type == &sort_node)
        return push_sort(d, node, domain);
    LogicalNode *copy = shallow_copy(d->plan, node);
    if (type == &table_function_node)
        push_function(d, copy, domain);
    else if (node->input_count > 0)
        copy->inputs[0] = push(d, node->inputs[0], domain);
    else {
        d->is_failed = true;
        return node;
    }
    DomainMap map = {d, domain};
    logical_visit(copy, &(LogicalVisitor){expression_to_domain, column_to_domain, &map});
    logical_refresh(d->plan, copy);
    return copy;
}

static Status general(Decorrelation *d, LogicalNode *node, LogicalNode **out) {
    list_outer(d, node->inputs[0]);
    Domain domain = make_domain(d);
    LogicalNode *right = push(d, node->inputs[1], &domain);
    if (d->is_failed)
        return error_set(
            d->context->error, STATUS_FEATURE_NOT_SUPPORTED, "this correlated subquery is not supported");
    LogicalNode *joined = logical_join(d->plan, node->join.type, node->inputs[0], right,
        predicate_and(d->plan->arena, node->join.condition, domains_match(d, d->outer_list, domain.columns)));
    *out = logical_pick(d->plan, joined, node->columns, node->column_count);
    return OK;
}

static Status decorrelate_join(RuleContext *context, LogicalNode *node, LogicalNode **out);

/* f(t.x) in FROM: the function takes the left side as its input. */
static bool lateral_function(Planning *plan, LogicalNode *node, LogicalNode **out) {
    LogicalNode *right = node->inputs[1];
    bool is_left = node->join.type == JOIN_LEFT;
    if (right->type != &table_function_node || right->input_count != 0 ||
        (node->join.type != JOIN_INNER && !is_left))
        return false;
    if (is_left && node->join.condition != NULL && !predicate_is_constant(node->join.condition, true))
        return false;
    LogicalNode *copy = shallow_copy(plan, right);
    copy->inputs = ARENA_ARRAY(plan->arena, LogicalNode *, 1);
    copy->inputs[0] = node->inputs[0];
    copy->input_count = 1;
    copy->table_function.is_outer = is_left;
    logical_refresh(plan, copy);
    *out = logical_filter(plan, copy, is_left ? NULL : node->join.condition);
    return true;
}

static bool is_global_aggregate(const LogicalNode *node) {
    return node->type == &aggregate_node && node->aggregate.key_count == 0;
}

/* One row of the right side for each of the left: what is projected from it can be computed above the join.
 */
static bool lift_projection(RuleContext *context, LogicalNode *node, LogicalNode **out, Status *status) {
    Planning *plan = context->plan;
    LogicalNode *right = node->inputs[1], *below = right;
    if (right->type != &project_node || (node->join.type != JOIN_INNER && node->join.type != JOIN_LEFT))
        return false;
    while (below->type == &project_node)
        below = below->inputs[0];
    bool is_lateral_function = below->type == &table_function_node && node->join.type == JOIN_INNER;
    bool is_one_row =
        is_global_aggregate(below) ||
        (below->type == &values_node && below->values.row_count == 1 && below->column_count == 0);
    if ((!is_one_row && !is_lateral_function) ||
        (node->join.type == JOIN_LEFT && node->join.condition != NULL &&
            !predicate_is_constant(node->join.condition, true)))
        return false;
    LogicalNode *joined = logical_join(plan, JOIN_INNER, node->inputs[0], right->inputs[0], NULL);
    *status = decorrelate_join(context, joined, &joined);
    int left_count = node->inputs[0]->column_count, count = left_count + right->column_count;
    Expression **expressions = ARENA_ARRAY(plan->arena, Expression *, count + 1);
    for (int i = 0; i < count; i++)
        expressions[i] = i < left_count ? plan_column(plan, node->inputs[0]->columns[i])
                                        : right->project.expressions[i - left_count];
    LogicalNode *project = logical_project(plan, joined, count, expressions, NULL);
    for (int i = 0; i < right->column_count; i++)
        project->columns[left_count + i] = right->columns[i];
    *out = logical_filter(plan, project, node->join.type == JOIN_INNER ? node->join.condition : NULL);
    return true;
}

/* Rows of the left side that have no group get the aggregate over nothing. */
static bool join_global_aggregate(
    RuleContext *context, Decorrelation *d, LogicalNode *node, LogicalNode **out) {
    Planning *plan = context->plan;
    LogicalNode *right = node->inputs[1];
    bool has_condition = node->join.condition != NULL && !predicate_is_constant(node->join.condition, true);
    if (!is_global_aggregate(right) ||
        (node->join.type != JOIN_INNER && (node->join.type != JOIN_LEFT || has_condition)))
        return false;
    LogicalNode *aggregate = pull_keyed(d, right);
    if (d->is_failed) {
        /* For each value of the domain; the join's padding makes what a left join with the domain would. */
        *d = (Decorrelation){.context = context, .plan = plan, .outer = d->outer, .left = node->inputs[0]};
        list_outer(d, node->inputs[0]);
        Domain domain = make_domain(d);
        aggregate = shallow_copy(plan, right);
        aggregate->inputs[0] = push(d, right->inputs[0], &domain);
        if (d->is_failed)
            return false;
        aggregate->aggregate.keys =
            append_columns(plan, NULL, 0, domain.columns, d->count, &aggregate->aggregate.key_count);
        logical_refresh(plan, aggregate);
        predicate_split_into(plan->arena, domains_match(d, d->outer_list, domain.columns), &d->pulled);
    }
    int *before = ARENA_ARRAY(plan->arena, int, aggregate->own_count + 1),
        *after = ARENA_ARRAY(plan->arena, int, aggregate->own_count + 1), count;
    rename_counts(plan, aggregate, before, after, &count);
    LogicalNode *joined =
        logical_join(plan, JOIN_LEFT, node->inputs[0], aggregate, predicate_join(plan->arena, &d->pulled));
    joined = restore_counts(plan, joined, before, after, count);
    joined = logical_filter(plan, joined, has_condition ? node->join.condition : NULL);
    *out = logical_pick(plan, joined, node->columns, node->column_count);
    return true;
}

static Status decorrelate_join(RuleContext *context, LogicalNode *node, LogicalNode **out) {
    Planning *plan = context->plan;
    ColumnSet free = logical_free_columns(plan, node->inputs[1]),
              left = logical_columns(plan, node->inputs[0]), outer = {0};
    enum { COPIED_MAX = 2000 }; /* copies of copies */
    if (plan->copied_count > COPIED_MAX)
        return error_set(context->error, STATUS_STATEMENT_TOO_COMPLEX,
            "the statement's subqueries are nested too deeply in each other");
    *out = node;
    for (int column = set_next(&free, -1); column >= 0; column = set_next(&free, column))
        if (set_has(&left, column))
            set_add(plan->arena, &outer, column);
    if (set_is_empty(&outer))
        return OK;
    Status status = OK;
    if (lateral_function(plan, node, out) || lift_projection(context, node, out, &status))
        return status;
    Decorrelation d = {.context = context, .plan = plan, .outer = outer, .left = node->inputs[0]};
    if (join_global_aggregate(context, &d, node, out))
        return OK;
    d = (Decorrelation){.context = context, .plan = plan, .outer = outer, .left = node->inputs[0]};
    LogicalNode *right = pull(&d, node->inputs[1], false);
    if (d.is_failed || uses_outer(&d, right)) {
        d = (Decorrelation){.context = context, .plan = plan, .outer = outer, .left = node->inputs[0]};
        return general(&d, node, out);
    }
    LogicalNode *joined = logical_join(plan, node->join.type, node->inputs[0], right,
        predicate_and(plan->arena, node->join.condition, predicate_join(plan->arena, &d.pulled)));
    joined->join.is_null_aware = node->join.is_null_aware;
    *out = logical_pick(plan, joined, node->columns, node->column_count);
    return OK;
}

static Status decorrelate(RuleContext *context, LogicalNode **node) {
    for (int i = 0; i < (*node)->input_count; i++)
        TRY(decorrelate(context, &(*node)->inputs[i]));
    logical_refresh(context->plan, *node);
    return (*node)->type == &join_node ? decorrelate_join(context, *node, node) : OK;
}

const Rule decorrelate_rule = {decorrelate};
