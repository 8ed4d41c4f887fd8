/* ADD COLUMN without a look at the rows: those that are there have the default as it is now, which stands in
   the catalog; those that come are stored with it.

   Positions of the other columns stay, and by positions plans read: running views and sinks need not know. */
#include "executor/base/memory.h"
#include "executor/expressions/expression.h"
#include "planner/logical/predicate.h"
#include "server/commands/alter_table.h"

/* What the rows that are there have; *is_known false: each has its own. */
static Status find_missing(
    Alteration *alteration, const Object *object, CatalogColumn *column, bool *is_known, Error *error) {
    Session *session = alteration->execution->session;
    Arena *arena = alteration->arena;
    Value value = value_null(column->type);
    *is_known = true;
    if (column->default_value != NULL) {
        PlannerContext planner;
        Expression *expression;
        CatalogRelation none = {.name = object->relation.name};
        analysis_context(alteration->execution->analysis, session, NULL, &planner);
        TRY(plan_expression(&planner, column->default_value, &none, column->type, &expression, error));
        *is_known = expression_is_constant(expression);
        if (!*is_known)
            return OK;
        TRY(expression_evaluate_constant(expression, session_type_settings(session),
            &session_state(session)->session_context, arena, &value, error));
        value.type = column->type;
    }
    *is_known = !value.is_null || !column->is_not_null;
    Text bytes = {0};
    expression_encode(expression_constant(arena, &value), &bytes);
    column->missing = arena_copy(object->arena, bytes.bytes, bytes.length);
    column->missing_length = (uint32_t)bytes.length;
    text_free(&bytes);
    return OK;
}

bool alter_may_widen(const SyntaxAlter *syntax) {
    for (int i = 0; i < syntax->step_count; i++) {
        const SyntaxColumn *column = syntax->steps[i].column;
        if (syntax->steps[i].kind != SYNTAX_ALTER_ADD_COLUMN || column->is_unique || column->is_primary_key ||
            column->check_count > 0 || column->computed != NULL || column->identity != 0)
            return false;
    }
    return true;
}

Status alter_widen(
    Alteration *alteration, Object *object, CatalogColumn *column, bool *is_done, Error *error) {
    CatalogRelation *relation = &object->relation;
    *is_done = false;
    if (!alteration->may_widen)
        return OK;
    TRY(find_missing(alteration, object, column, is_done, error));
    if (!*is_done) {
        column->missing = NULL;
        column->missing_length = 0;
        if (!alteration->is_widened)
            return OK;
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
            "column \"%s\" cannot be added together with those before it", column->name);
    }
    alteration->is_widened = true;
    CatalogColumn *columns = ARENA_ARRAY(object->arena, CatalogColumn, relation->column_count + 1);
    for (int i = 0; i < relation->column_count; i++)
        columns[i] = relation->columns[i];
    columns[relation->column_count++] = *column;
    relation->columns = columns;
    return ddl_replace(alteration->execution->session, object, NULL, error);
}
