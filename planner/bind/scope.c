/* Scope: column names to expressions, innermost query first, as PostgreSQL's parse_relation.c finds them. */
#include <string.h>

#include "planner/bind/binder.h"

void scope_add(Binder *binder, ScopeItem *item) {
    ARENA_APPEND(binder->arena, binder->scope->items, binder->scope->item_count, item);
}

ScopeItem *scope_item_of(
    Binder *binder, const char *alias, const LogicalNode *node, const char *const *names, int count) {
    ScopeItem *item = ARENA_NEW(binder->arena, ScopeItem);
    *item = (ScopeItem){.alias = alias,
        .column_count = count,
        .is_relation_visible = true,
        .are_columns_visible = true,
        .is_lateral_ok = true};
    item->columns = ARENA_ARRAY(binder->arena, ScopeColumn, count + 1);
    for (int i = 0; i < count; i++)
        item->columns[i] = (ScopeColumn){names[i], plan_column(binder->plan, node->columns[i])};
    return item;
}

static bool item_is_named(const ScopeItem *item, const char *schema, const char *name) {
    if (!item->is_relation_visible || item->alias == NULL || strcmp(item->alias, name) != 0)
        return false;
    return schema == NULL || (item->schema != NULL && strcmp(item->schema, schema) == 0);
}

static Expression *reference(Binder *binder, const ScopeColumn *column, int position) {
    Expression *expression = expression_rewrite(binder->arena, column->expression, NULL, NULL);
    expression->position = position;
    return expression;
}

/* Whether a lateral-only item may be used here; sets the error when not. */
static Status check_lateral(Binder *binder, const Scope *scope, const ScopeItem *item, int position) {
    if (!item->is_lateral_only || (scope->is_lateral_active && item->is_lateral_ok))
        return OK;
    bind_error(binder, position, STATUS_UNDEFINED_TABLE,
        "invalid reference to FROM-clause entry for table \"%s\"", item->alias);
    if (!item->is_lateral_ok && scope->is_lateral_active)
        return error_detail(
            binder->error, "The combining JOIN type must be INNER or LEFT for a LATERAL reference.");
    return error_hint(binder->error,
        "There is an entry for table \"%s\", but it cannot be referenced from this part of the query.",
        item->alias);
}

static Status ambiguous(Binder *binder, const char *name, int position) {
    return bind_error(
        binder, position, STATUS_AMBIGUOUS_COLUMN, "column reference \"%s\" is ambiguous", name);
}

static Status find_in_item(
    Binder *binder, const ScopeItem *item, const char *name, int position, const ScopeColumn **found) {
    for (int i = 0; i < item->column_count; i++)
        if (strcmp(item->columns[i].name, name) == 0) {
            if (*found != NULL)
                return ambiguous(binder, name, position);
            *found = &item->columns[i];
        }
    return OK;
}

static Status find_unqualified(Binder *binder, const char *name, int position, const ScopeColumn **found) {
    for (const Scope *scope = binder->scope; scope != NULL && *found == NULL; scope = scope->outer)
        for (int i = 0; i < scope->item_count; i++) {
            const ScopeItem *item = scope->items[i];
            if (!item->are_columns_visible || (item->is_lateral_only && !scope->is_lateral_active))
                continue;
            const ScopeColumn *before = *found;
            TRY(find_in_item(binder, item, name, position, found));
            if (*found != before)
                TRY(check_lateral(binder, scope, item, position));
        }
    return OK;
}

static Status find_item(
    Binder *binder, const char *schema, const char *table, int position, const ScopeItem **found) {
    for (const Scope *scope = binder->scope; scope != NULL && *found == NULL; scope = scope->outer)
        for (int i = 0; i < scope->item_count; i++) {
            if (!item_is_named(scope->items[i], schema, table))
                continue;
            if (scope->items[i]->is_lateral_only && !scope->is_lateral_active)
                continue;
            if (*found != NULL)
                return bind_error(
                    binder, position, STATUS_AMBIGUOUS_ALIAS, "table reference \"%s\" is ambiguous", table);
            TRY(check_lateral(binder, scope, scope->items[i], position));
            *found = scope->items[i];
        }
    return OK;
}

static Status missing_table(Binder *binder, const char *table, int position) {
    for (const Scope *scope = binder->scope; scope != NULL; scope = scope->outer)
        for (int i = -scope->beside_count; i < scope->item_count; i++) {
            const ScopeItem *item = scope->items[i];
            if (item->relation != NULL && strcmp(item->relation->name, table) == 0 && item->alias != NULL &&
                strcmp(item->alias, table) != 0) {
                bind_error(binder, position, STATUS_UNDEFINED_TABLE,
                    "invalid reference to FROM-clause entry for table \"%s\"", table);
                return error_hint(
                    binder->error, "Perhaps you meant to reference the table alias \"%s\".", item->alias);
            }
            if (item->alias != NULL && strcmp(item->alias, table) == 0) {
                bind_error(binder, position, STATUS_UNDEFINED_TABLE,
                    "invalid reference to FROM-clause entry for table \"%s\"", table);
                return error_hint(binder->error,
                    "There is an entry for table \"%s\", but it cannot be referenced from this part of the "
                    "query.",
                    table);
            }
        }
    return bind_error(
        binder, position, STATUS_UNDEFINED_TABLE, "missing FROM-clause entry for table \"%s\"", table);
}

/* PostgreSQL's spelling hint: one column within a third of the name's length away. */
static int edit_distance(const char *a, const char *b, int limit) {
    int rows[2][65], n = (int)strlen(b);
    if (n > 64 || strlen(a) > 64)
        return limit + 1;
    for (int j = 0; j <= n; j++)
        rows[0][j] = j;
    for (int i = 1; a[i - 1] != 0; i++) {
        int *now = rows[i & 1], *before = rows[(i - 1) & 1];
        now[0] = i;
        for (int j = 1; j <= n; j++) {
            int change = before[j - 1] + (a[i - 1] != b[j - 1]),
                least = before[j] < now[j - 1] ? before[j] + 1 : now[j - 1] + 1;
            now[j] = change < least ? change : least;
        }
    }
    return rows[strlen(a) & 1][n];
}

/* The closest name among what is visible; *is_hidden when it can only be seen qualified. Two equally close
   ones: no hint. */
static const ScopeColumn *closest_column(
    const Binder *binder, const char *table, const char *name, const ScopeItem **owner) {
    int best = (int)strlen(name) / 2 + 1, limit = 3;
    const ScopeColumn *found = NULL;
    for (const Scope *scope = binder->scope; scope != NULL; scope = scope->outer)
        for (int i = 0; i < scope->item_count; i++) {
            const ScopeItem *item = scope->items[i];
            if (!item->is_relation_visible || item->alias == NULL ||
                (table != NULL && strcmp(item->alias, table) != 0))
                continue;
            for (int c = 0; c < item->column_count; c++) {
                int distance = edit_distance(item->columns[c].name, name, limit);
                if (item->columns[c].is_hidden || distance > limit || distance > best ||
                    (distance == best && found == NULL && distance > (int)strlen(name) / 2))
                    continue;
                if (distance == best && found != NULL) {
                    found = NULL;
                    best--;
                    continue;
                }
                best = distance;
                found = &item->columns[c];
                *owner = item;
            }
        }
    return found;
}

static Status missing_column(Binder *binder, const char *table, const char *name, int position) {
    if (table != NULL)
        bind_error(binder, position, STATUS_UNDEFINED_COLUMN, "column %s.%s does not exist", table, name);
    else
        bind_error(binder, position, STATUS_UNDEFINED_COLUMN, "column \"%s\" does not exist", name);
    const ScopeItem *owner = NULL;
    const ScopeColumn *closest = closest_column(binder, table, name, &owner);
    if (closest != NULL)
        error_hint(binder->error, "Perhaps you meant to reference the column \"%s.%s\".", owner->alias,
            closest->name);
    return STATUS_UNDEFINED_COLUMN;
}

/* column.field, table.column.field, as Flink has them: where PostgreSQL knows no such table. *out stays NULL
   when it is none. */
static Status resolve_path(Binder *binder, const SyntaxName *name, int position, Expression **out) {
    const ScopeColumn *found = NULL;
    const ScopeItem *item = NULL;
    int next = 1;
    TRY(find_unqualified(binder, name->parts[0], position, &found));
    if (found == NULL && name->part_count > 2) {
        TRY(find_item(binder, NULL, name->parts[0], position, &item));
        if (item != NULL)
            TRY(find_in_item(binder, item, name->parts[1], position, &found));
        next = 2;
    }
    if (found == NULL || !is_record(found->expression->type))
        return OK;
    note_column_name(binder, found, position, next);
    Expression *field = reference(binder, found, position);
    for (; next < name->part_count; next++) {
        if (!is_record(field->type))
            return OK;
        TRY(bind_field(binder, name->parts[next], field, position, &field));
    }
    *out = field;
    return OK;
}

Status scope_resolve(Binder *binder, const SyntaxExpression *column, Expression **out) {
    if (binder->scope->clause == CLAUSE_DEFAULT)
        return bind_error(binder, column->position, STATUS_FEATURE_NOT_SUPPORTED,
            "cannot use column reference in DEFAULT expression");
    const SyntaxName *name = &column->column.name;
    int position = column->position;
    const ScopeColumn *found = NULL;
    const char *last = name->parts[name->part_count - 1];
    if (name->part_count == 1) {
        TRY(find_unqualified(binder, last, position, &found));
        if (found == NULL) {
            const ScopeItem *item = NULL;
            TRY(find_item(binder, NULL, last, position, &item));
            /* A function in FROM: its one column is the row. */
            if (item == NULL)
                return missing_column(binder, NULL, last, position);
            note_item_name(binder, item, position);
            if (!item->is_function || item->column_count != 1)
                return bind_whole_row(binder, item, position, out);
            found = &item->columns[0];
        }
    } else {
        const char *table = name->parts[name->part_count - 2],
                   *schema = name->part_count > 2 ? name->parts[name->part_count - 3] : NULL;
        const ScopeItem *item = NULL;
        TRY(find_item(binder, schema, table, position, &item));
        *out = NULL;
        if (item == NULL)
            TRY(resolve_path(binder, name, position, out));
        if (item == NULL)
            return *out != NULL ? OK : missing_table(binder, table, position);
        TRY(find_in_item(binder, item, last, position, &found));
        if (found == NULL)
            return missing_column(binder, table, last, position);
    }
    note_column_name(binder, found, position, name->part_count);
    *out = reference(binder, found, position);
    return OK;
}

Expression *scope_find(Binder *binder, const char *table, const char *column) {
    for (const Scope *scope = binder->scope; scope != NULL; scope = scope->outer)
        for (int i = 0; i < scope->item_count; i++) {
            const ScopeItem *item = scope->items[i];
            if (table != NULL ? !item_is_named(item, NULL, table) : !item->are_columns_visible)
                continue;
            for (int c = 0; c < item->column_count; c++)
                if (strcmp(item->columns[c].name, column) == 0)
                    return reference(binder, &item->columns[c], -1);
        }
    return NULL;
}

static void expand_item(Binder *binder, const ScopeItem *item, int position, Expression ***expressions,
    const char ***names, int *count) {
    for (int i = 0; i < item->column_count; i++) {
        if (item->columns[i].is_hidden)
            continue;
        note_implicit(binder, &item->columns[i], true);
        int name_count = *count;
        ARENA_APPEND(binder->arena, *names, name_count, item->columns[i].name);
        ARENA_APPEND(binder->arena, *expressions, *count, reference(binder, &item->columns[i], position));
    }
}

Status scope_whole_row(Binder *binder, const SyntaxExpression *star, Expression **out) {
    const SyntaxName *name = &star->column.name;
    const char *table = name->parts[name->part_count - 1];
    const ScopeItem *item = NULL;
    TRY(find_item(binder, name->part_count > 1 ? name->parts[name->part_count - 2] : NULL, table,
        star->position, &item));
    if (item == NULL)
        return missing_table(binder, table, star->position);
    note_item_name(binder, item, name->part_count == 1 ? star->position : -1);
    return bind_whole_row(binder, item, star->position, out);
}

static Status expand_whole_star(Binder *binder, const SyntaxExpression *star, Expression ***expressions,
    const char ***names, int *count) {
    const SyntaxName *name = &star->column.name;
    if (name->part_count > 0) {
        const ScopeItem *item = NULL;
        const char *table = name->parts[name->part_count - 1];
        TRY(find_item(binder, name->part_count > 1 ? name->parts[name->part_count - 2] : NULL, table,
            star->position, &item));
        if (item == NULL)
            return missing_table(binder, table, star->position);
        note_item_name(binder, item, name->part_count == 1 ? star->position : -1);
        expand_item(binder, item, star->position, expressions, names, count);
        return OK;
    }
    bool has_item = false;
    for (int i = 0; i < binder->scope->item_count; i++)
        if (binder->scope->items[i]->are_columns_visible && !binder->scope->items[i]->is_lateral_only) {
            expand_item(binder, binder->scope->items[i], star->position, expressions, names, count);
            has_item = true;
        }
    return has_item ? OK
                    : bind_error(binder, star->position, STATUS_SYNTAX_ERROR,
                          "SELECT * with no tables specified is not valid");
}

/* Takes out one column of EXCEPT, which must be among them. */
static Status leave_out(Binder *binder, const SyntaxExpression *star, const SyntaxExpression *column,
    Expression **expressions, const char **names, int *count) {
    Expression *left_out;
    int kept = 0, parts = star->column.name.part_count;
    if (column->kind != SYNTAX_COLUMN || column->column.is_star)
        return bind_error(binder, column->position, STATUS_SYNTAX_ERROR, "EXCEPT takes names of columns");
    SyntaxExpression qualified = *column;
    if (column->column.name.part_count == 1 && parts > 0) { /* t.* EXCEPT (a): t.a */
        qualified.column.name.parts = ARENA_ARRAY(binder->arena, const char *, parts + 1);
        memcpy(qualified.column.name.parts, star->column.name.parts, sizeof(char *) * (size_t)parts);
        qualified.column.name.parts[parts] = column->column.name.parts[0];
        qualified.column.name.part_count = parts + 1;
        qualified.position = -1; /* its parts do not stand together */
    }
    TRY(scope_resolve(binder, &qualified, &left_out));
    for (int i = 0; i < *count; i++)
        if (!expression_is_equal(expressions[i], left_out)) {
            expressions[kept] = expressions[i];
            names[kept++] = names[i];
        }
    if (kept == *count)
        return bind_error(binder, column->position, STATUS_INVALID_COLUMN_REFERENCE,
            "EXCEPT names a column that the star does not have");
    *count = kept;
    return OK;
}

Status scope_expand_star(Binder *binder, const SyntaxExpression *star, Expression ***expressions,
    const char ***names, int *count) {
    const SyntaxExpression *except = star->column.except;
    int first = *count, added;
    TRY(expand_whole_star(binder, star, expressions, names, count));
    bool is_list = except != NULL && except->kind == SYNTAX_ROW && !except->list.is_explicit;
    added = *count - first;
    for (int i = 0; except != NULL && i < (is_list ? except->list.count : 1); i++)
        TRY(leave_out(binder, star, is_list ? except->list.items[i] : except, *expressions + first,
            *names + first, &added));
    *count = first + added;
    return OK;
}

Status scope_check_alias(
    Binder *binder, ScopeItem *const *items, int count, const ScopeItem *item, int position) {
    for (int i = 0; i < count && item->alias != NULL; i++) {
        const ScopeItem *other = items[i];
        if (!other->is_relation_visible || !item->is_relation_visible || other->alias == NULL ||
            strcmp(other->alias, item->alias) != 0)
            continue;
        bool both_relations =
            other->schema != NULL && item->schema != NULL && strcmp(other->schema, item->schema) != 0;
        if (!both_relations)
            return bind_error(binder, -1, STATUS_DUPLICATE_ALIAS,
                "table name \"%s\" specified more than once", item->alias);
    }
    return OK;
}
