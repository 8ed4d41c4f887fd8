/* Entrances of the binder: whole queries, stored expressions, type names. */
#include "planner/bind/binder.h"

Status bind_root(Planning *plan, const SyntaxSelect *select, BoundRoot *root, Error *error) {
    Binder binder = binder_of(plan, error);
    BoundQuery query;
    TRY(bind_query(&binder, select, (QueryRequest){.is_top = true}, &query));
    *root = (BoundRoot){query.node, query.count, query.columns, query.names};
    return OK;
}

Status bind_type_name(Planning *plan, const SyntaxType *name, Type *type, Error *error) {
    Binder binder = binder_of(plan, error);
    return bind_type(&binder, name, type);
}

LogicalNode *bind_scan(Planning *plan, const CatalogRelation *relation, Error *error) {
    Binder binder = binder_of(plan, error);
    Scope scope = {0};
    ScopeItem *item;
    binder.scope = &scope;
    return read_relation(&binder, relation, relation->name, true, &item);
}
