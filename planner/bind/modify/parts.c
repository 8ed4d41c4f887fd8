/* Parts of a statement that have plans of their own: modifying statements in WITH, and subqueries over rows
   that are known only while a statement runs. Both read rows that they are given as those of a system
   relation. */
#include "planner/bind/modify/dml.h"

Planning *part_begin(Binder *binder) {
    Planning *outer = binder->plan;
    binder->plan = ARENA_NEW(binder->arena, Planning);
    *binder->plan = (Planning){.context = outer->context, .arena = outer->arena, .mode = outer->mode};
    return outer;
}

void root_of(Binder *binder, LogicalNode *node, BoundRoot *root) {
    *root = (BoundRoot){.node = node,
        .count = node->column_count,
        .columns = node->columns,
        .names = ARENA_ARRAY(binder->arena, const char *, node->column_count + 1)};
    for (int i = 0; i < node->column_count; i++)
        root->names[i] = binder->plan->columns[node->columns[i]].name;
}

static void add_other(Binder *binder, Planning *outer, const BoundRoot *root, Plan *out) {
    PlanningPart part = {.plan = binder->plan, .root = ARENA_NEW(binder->arena, BoundRoot), .out = out};
    *part.root = *root;
    ARENA_APPEND(binder->arena, outer->others, outer->other_count, part);
}

void part_end(Binder *binder, Planning *outer, LogicalNode *node, Plan **out) {
    if (node != NULL) {
        BoundRoot root;
        root_of(binder, node, &root);
        *out = ARENA_NEW(binder->arena, Plan);
        add_other(binder, outer, &root, *out);
    }
    binder->plan = outer;
}

const CatalogRelation *given_relation(Binder *binder, const CatalogRelation *columns, const char *name) {
    CatalogRelation *relation = ARENA_NEW(binder->arena, CatalogRelation);
    *relation = (CatalogRelation){.kind = RELATION_SYSTEM,
        .schema = "$with",
        .name = name,
        .column_count = columns->column_count,
        .columns = columns->columns,
        .key_count = -1,
        .watermark_column = -1};
    return relation;
}

static const CatalogRelation *returned_relation(Binder *binder, const DmlPlan *dml, const char *name) {
    const Schema *schema = &dml->returning_schema;
    CatalogColumn *columns = ARENA_ARRAY(binder->arena, CatalogColumn, schema->count + 1);
    for (int i = 0; i < schema->count; i++)
        columns[i] = (CatalogColumn){.name = schema->names[i], .type = schema->types[i]};
    return given_relation(
        binder, &(CatalogRelation){.column_count = schema->count, .columns = columns}, name);
}

Status bind_modifying(Binder *binder, Ctes *ctes) {
    const SyntaxCte *cte = ctes->cte;
    if (ctes->scope->outer != NULL || binder->view_depth > 0 || binder->is_part ||
        binder->plan->mode == PLAN_CONTINUOUS)
        return bind_error(binder, cte->position, STATUS_FEATURE_NOT_SUPPORTED,
            "WITH clause containing a data-modifying statement must be at the top level");
    Planning *outer = part_begin(binder);
    Binder own = {.plan = binder->plan,
        .context = binder->context,
        .arena = binder->arena,
        .error = binder->error,
        .sql = binder->sql,
        .ctes = ctes->outer,
        .is_part = true};
    DmlPlan *dml = ARENA_NEW(binder->arena, DmlPlan);
    BoundRoot root;
    *dml = (DmlPlan){0};
    TRY(bind_dml_statement(&own, cte->statement, dml, &root));
    add_other(binder, outer, &root, &dml->plan);
    const char *name = arena_printf(binder->arena, "%d", outer->part_count);
    ModifyingPart part = {arena_printf(binder->arena, "$with.%s", name), dml};
    ARENA_APPEND(binder->arena, outer->parts, outer->part_count, part);
    if (dml->returning_count > 0)
        ctes->given = returned_relation(binder, dml, name);
    binder->plan = outer;
    return OK;
}
