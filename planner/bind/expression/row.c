/* ROW(…), and the stars that stand for several columns. */
#include "planner/bind/binder.h"

/* (record).* */
static Status expand_record(
    Binder *binder, const SyntaxExpression *star, Expression ***items, const char ***names, int *count) {
    SyntaxExpression base = *star;
    Expression *record;
    base.indirection.count--;
    TRY(bind_expression(binder, base.indirection.count == 0 ? base.indirection.argument : &base, &record));
    if (!is_record(record->type))
        return bind_error(binder, star->position, STATUS_WRONG_OBJECT_TYPE, "type %s is not composite",
            type_text(binder->arena, record->type));
    Expression **fields = record_fields(binder, record);
    for (int i = 0; i < record->type.definition->count; i++) {
        int name_count = *count;
        ARENA_APPEND(binder->arena, *names, name_count, record->type.definition->names[i]);
        ARENA_APPEND(binder->arena, *items, *count, fields[i]);
    }
    return OK;
}

Status expand_star(
    Binder *binder, const SyntaxExpression *star, Expression ***items, const char ***names, int *count) {
    return star->kind == SYNTAX_COLUMN ? scope_expand_star(binder, star, items, names, count)
                                       : expand_record(binder, star, items, names, count);
}

/* Items of ROW(…), those of a.* one by one. */
Status bind_row_items(Binder *binder, const SyntaxExpression *row, Expression ***items, int *count) {
    *items = NULL;
    *count = 0;
    const char **names = NULL;
    for (int i = 0; i < row->list.count; i++) {
        const SyntaxExpression *syntax = row->list.items[i];
        if (is_star(syntax)) {
            TRY(expand_star(binder, syntax, items, &names, count));
            continue;
        }
        Expression *item;
        TRY(bind_expression(binder, syntax, &item));
        int name_count = *count;
        ARENA_APPEND(binder->arena, names, name_count, NULL);
        ARENA_APPEND(binder->arena, *items, *count, item);
    }
    return OK;
}

Status bind_row(Binder *binder, const SyntaxExpression *syntax, Expression **out) {
    Expression **items;
    int count;
    TRY(bind_row_items(binder, syntax, &items, &count));
    const char **names = ARENA_ARRAY(binder->arena, const char *, count + 1);
    for (int i = 0; i < count; i++)
        names[i] = arena_printf(binder->arena, "f%d", i + 1);
    return make_record(binder, items, names, count, syntax->position, out);
}
