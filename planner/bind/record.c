/* Rows as values: ROW(…), whole-row references, their fields, comparisons and JSON. A record's value is its text; which fields it has is known
   while planning only, by a number that stands in its type's modifier. */
#include <string.h>

#include "executor/functions/set.h"
#include "planner/bind/binder.h"

enum { SHAPE_FIRST = 1 << 16, FIELDS_MAX = 1664 }; /* numbers below are those of set functions */

static bool shape_is(const RecordShape *shape, const char *const *names, Expression *const *fields, int count) {
    if (shape->count != count)
        return false;
    for (int i = 0; i < count; i++)
        if (strcmp(shape->names[i], names[i]) != 0 || !type_is_same(shape->types[i], fields[i]->type) ||
            shape->types[i].modifier != fields[i]->type.modifier)
            return false;
    return true;
}

static int shape_number(LogicalPlan *plan, const char *const *names, Expression *const *fields, int count) {
    for (int i = 0; i < plan->shape_count; i++)
        if (shape_is(&plan->shapes[i], names, fields, count))
            return SHAPE_FIRST + i;
    RecordShape shape = {count, ARENA_ARRAY(plan->arena, const char *, count + 1), ARENA_ARRAY(plan->arena, Type, count + 1)};
    for (int i = 0; i < count; i++) {
        shape.names[i] = names[i];
        shape.types[i] = fields[i]->type;
    }
    ARENA_APPEND(plan->arena, plan->shapes, plan->shape_count, shape);
    return SHAPE_FIRST + plan->shape_count - 1;
}

bool is_record(Type type) {
    return type.id == TYPE_RECORD && !type.is_array;
}

/* A call of a variadic function of any types, however many there are. */
static Expression *call_any(Binder *binder, const char *signature, Type type, int count, Expression *const *arguments, int position) {
    Expression *call = expression_call(binder->arena, function_by_signature(signature), type, count, arguments);
    call->position = position;
    return call;
}

Status make_record(Binder *binder, Expression **fields, const char *const *names, int count, int position, Expression **out, Error *error) {
    if (count > FIELDS_MAX)
        return bind_error(binder, position, STATUS_TOO_MANY_COLUMNS, error, "ROW expressions can have at most %d entries", FIELDS_MAX);
    for (int i = 0; i < count; i++)
        TRY(coerce_unknown(binder, fields[i], &fields[i], error));
    Type type = type_of(TYPE_RECORD);
    type.modifier = shape_number(binder->plan, names, fields, count);
    *out = call_any(binder, "$record(any...) -> record", type, count, fields, position);
    return OK;
}

/* (record).* */
static Status expand_record(Binder *binder, const SyntaxExpression *star, Expression ***items, const char ***names, int *count, Error *error) {
    SyntaxExpression base = *star;
    Expression *record, **fields;
    const char *const *field_names;
    int field_count;
    base.indirection.count--;
    TRY(bind_expression(binder, base.indirection.count == 0 ? base.indirection.argument : &base, &record, error));
    if (!is_record(record->type))
        return bind_error(
            binder, star->position, STATUS_WRONG_OBJECT_TYPE, error, "type %s is not composite", type_text(binder->arena, record->type));
    TRY(record_fields(binder, record, &fields, &field_names, &field_count, error));
    for (int i = 0; i < field_count; i++) {
        int name_count = *count;
        ARENA_APPEND(binder->arena, *names, name_count, field_names[i]);
        ARENA_APPEND(binder->arena, *items, *count, fields[i]);
    }
    return OK;
}

bool is_star(const SyntaxExpression *syntax) {
    bool has_steps = syntax->kind == SYNTAX_INDIRECTION && syntax->indirection.count > 0;
    return (syntax->kind == SYNTAX_COLUMN && syntax->column.is_star) ||
           (has_steps && syntax->indirection.steps[syntax->indirection.count - 1].is_star);
}

Status expand_star(Binder *binder, const SyntaxExpression *star, Expression ***items, const char ***names, int *count, Error *error) {
    return star->kind == SYNTAX_COLUMN ? scope_expand_star(binder, star, items, names, count, error)
                                       : expand_record(binder, star, items, names, count, error);
}

/* Items of ROW(…), those of a.* one by one. */
Status bind_row_items(Binder *binder, const SyntaxExpression *row, Expression ***items, int *count, Error *error) {
    *items = NULL;
    *count = 0;
    const char **names = NULL;
    for (int i = 0; i < row->list.count; i++) {
        const SyntaxExpression *syntax = row->list.items[i];
        if (is_star(syntax)) {
            TRY(expand_star(binder, syntax, items, &names, count, error));
            continue;
        }
        Expression *item;
        TRY(bind_expression(binder, syntax, &item, error));
        int name_count = *count;
        ARENA_APPEND(binder->arena, names, name_count, NULL);
        ARENA_APPEND(binder->arena, *items, *count, item);
    }
    return OK;
}

Status bind_row(Binder *binder, const SyntaxExpression *syntax, Expression **out, Error *error) {
    Expression **items;
    int count;
    TRY(bind_row_items(binder, syntax, &items, &count, error));
    const char **names = ARENA_ARRAY(binder->arena, const char *, count + 1);
    for (int i = 0; i < count; i++)
        names[i] = arena_printf(binder->arena, "f%d", i + 1);
    return make_record(binder, items, names, count, syntax->position, out, error);
}

/* A row that an outer join pads is NULL as a whole. */
static Expression *unless_padded(Binder *binder, Expression *record) {
    Value null = value_null(record->type);
    Expression *arguments[] = {NULL, expression_constant(binder->arena, &null), record};
    for (int i = 0; i < record->argument_count; i++)
        arguments[0] = predicate_and(binder->arena, arguments[0], make_boolean(binder, EXPRESSION_IS_NULL, record->arguments[i], NULL));
    Expression *padded = expression_of(binder->arena, EXPRESSION_CASE, record->type, 3, arguments);
    padded->position = record->position;
    return padded;
}

Status bind_whole_row(Binder *binder, const ScopeItem *item, int position, Expression **out, Error *error) {
    Expression **fields = ARENA_ARRAY(binder->arena, Expression *, item->column_count + 1);
    const char **names = ARENA_ARRAY(binder->arena, const char *, item->column_count + 1);
    int count = 0;
    for (int i = 0; i < item->column_count; i++)
        if (!item->columns[i].is_hidden) {
            names[count] = item->columns[i].name;
            fields[count] = expression_rewrite(binder->arena, item->columns[i].expression, NULL, NULL);
            fields[count++]->position = position;
        }
    TRY(make_record(binder, fields, names, count, position, out, error));
    if (item->is_nullable && count > 0)
        *out = unless_padded(binder, *out);
    return OK;
}

static bool record_shape(Binder *binder, Type type, RecordShape *shape) {
    if (!is_record(type) || type.modifier < 0)
        return false;
    if (type.modifier >= SHAPE_FIRST) {
        *shape = binder->plan->shapes[type.modifier - SHAPE_FIRST];
        return true;
    }
    *shape = (RecordShape){0, ARENA_ARRAY(binder->arena, const char *, 8), ARENA_ARRAY(binder->arena, Type, 8)};
    shape->count = set_function_columns(set_function_of_shape(type.modifier), NULL, 0, binder->arena, shape->names, shape->types);
    return true;
}

/* The call that makes the record, where the expression shows it. */
static const Expression *record_maker(Binder *binder, Expression *record) {
    Expression *inner = record->kind == EXPRESSION_CASE ? record->arguments[record->argument_count - 1] : record;
    if (inner->kind != EXPRESSION_CALL || strcmp(inner->function->name, "$record") != 0)
        return NULL;
    return inner == record || expression_is_equal(unless_padded(binder, inner), record) ? inner : NULL;
}

Status record_field(Binder *binder, Expression *record, int field, Expression **out, Error *error) {
    const Expression *maker = record_maker(binder, record);
    RecordShape shape;
    if (!record_shape(binder, record->type, &shape))
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "fields of a record of unknown columns are not supported");
    if (maker != NULL) {
        *out = maker->arguments[field];
        return OK;
    }
    Value number = {.type = type_of(TYPE_INT4), .datum.int4 = field + 1};
    Expression *arguments[2] = {record, expression_constant(binder->arena, &number)};
    TRY(bind_named_call(binder, "$record_field", arguments, 2, record->position, out, error));
    return is_record(shape.types[field]) || type_is_same(shape.types[field], type_of(TYPE_TEXT))
               ? OK
               : coerce(binder, *out, shape.types[field], COERCE_EXPLICIT, out, error);
}

Status record_fields(Binder *binder, Expression *record, Expression ***fields, const char *const **names, int *count, Error *error) {
    RecordShape shape;
    if (!record_shape(binder, record->type, &shape))
        return bind_error(binder, record->position, STATUS_FEATURE_NOT_SUPPORTED, error, "record type has not been registered");
    *fields = ARENA_ARRAY(binder->arena, Expression *, shape.count + 1);
    *names = shape.names;
    *count = shape.count;
    for (int i = 0; i < shape.count; i++)
        TRY(record_field(binder, record, i, &(*fields)[i], error));
    return OK;
}

Status bind_field(Binder *binder, const char *field, Expression *record, int position, Expression **out, Error *error) {
    RecordShape shape = {0};
    record_shape(binder, record->type, &shape);
    for (int i = 0; i < shape.count; i++)
        if (strcmp(shape.names[i], field) == 0)
            return record_field(binder, record, i, out, error);
    return bind_error(binder, position, STATUS_UNDEFINED_COLUMN, error, "could not identify column \"%s\" in record data type", field);
}

Status test_record(Binder *binder, Expression *record, bool is_null, Expression **out, Error *error) {
    Expression **fields;
    const char *const *names;
    int count;
    *out = NULL;
    TRY(record_fields(binder, record, &fields, &names, &count, error));
    for (int i = 0; i < count; i++)
        *out = predicate_and(binder->arena, *out, make_boolean(binder, is_null ? EXPRESSION_IS_NULL : EXPRESSION_IS_NOT_NULL, fields[i], NULL));
    if (*out == NULL)
        *out = predicate_true(binder->arena);
    return OK;
}

/* a < b where NULL is the greatest value and equal to itself, as records compare. */
static Status is_below(Binder *binder, Expression *a, Expression *b, int position, Expression **out, Error *error) {
    TRY(bind_operator(binder, "<", a, b, position, out, error));
    Expression *last = make_boolean(
        binder, EXPRESSION_AND, make_boolean(binder, EXPRESSION_IS_NOT_NULL, a, NULL), make_boolean(binder, EXPRESSION_IS_NULL, b, NULL));
    *out = make_boolean(binder, EXPRESSION_IS_TRUE, make_boolean(binder, EXPRESSION_OR, *out, last), NULL);
    return OK;
}

static Status same_fields(Binder *binder, Expression *const *a, Expression *const *b, int count, int position, Expression **out, Error *error) {
    *out = NULL;
    for (int i = 0; i < count; i++) {
        Expression *one;
        TRY(bind_not_distinct(binder, a[i], b[i], position, &one, error));
        *out = predicate_and(binder->arena, *out, one);
    }
    *out = *out == NULL ? predicate_true(binder->arena) : *out;
    return OK;
}

/* Field by field: the first that differs decides. */
static Status fields_below(
    Binder *binder, Expression *const *a, Expression *const *b, int count, bool or_equal, int position, Expression **out, Error *error) {
    *out = NULL;
    if (or_equal || count == 0)
        TRY(same_fields(binder, a, b, count, position, out, error));
    if (count == 0)
        *out = or_equal ? *out : predicate_not(binder->arena, *out);
    for (int i = count - 1; i >= 0; i--) {
        Expression *below, *same;
        TRY(is_below(binder, a[i], b[i], position, &below, error));
        TRY(same_fields(binder, a, b, i, position, &same, error));
        below = i == 0 ? below : make_boolean(binder, EXPRESSION_AND, same, below);
        *out = *out == NULL ? below : make_boolean(binder, EXPRESSION_OR, below, *out);
    }
    return OK;
}

static Status compare_fields(
    Binder *binder, const char *name, Expression *const *a, Expression *const *b, int count, int position, Expression **out, Error *error) {
    bool is_greater = name[0] == '>', or_equal = name[1] == '=';
    if (strcmp(name, "=") == 0 || strcmp(name, "<>") == 0) {
        TRY(same_fields(binder, a, b, count, position, out, error));
        *out = name[0] == '=' ? *out : predicate_not(binder->arena, *out);
        return OK;
    }
    return fields_below(binder, is_greater ? b : a, is_greater ? a : b, count, or_equal, position, out, error);
}

Status compare_records(Binder *binder, const char *name, Expression *left, Expression *right, int position, Expression **out, Error *error) {
    Expression **a, **b, *compared;
    const char *const *names;
    int a_count, b_count;
    TRY(record_fields(binder, left, &a, &names, &a_count, error));
    TRY(record_fields(binder, right, &b, &names, &b_count, error));
    if (a_count != b_count)
        return bind_error(binder, position, STATUS_DATATYPE_MISMATCH, error, "cannot compare record types with different numbers of columns");
    TRY(compare_fields(binder, name, a, b, a_count, position, &compared, error));
    *out = compared;
    if (record_maker(binder, left) == left && record_maker(binder, right) == right)
        return OK;
    /* A record that is NULL itself. */
    Value null = value_null(type_of(TYPE_BOOL));
    Expression *arguments[] = {make_boolean(binder, EXPRESSION_OR, make_boolean(binder, EXPRESSION_IS_NULL, left, NULL),
                                   make_boolean(binder, EXPRESSION_IS_NULL, right, NULL)),
        expression_constant(binder->arena, &null), compared};
    *out = expression_of(binder->arena, EXPRESSION_CASE, type_of(TYPE_BOOL), 3, arguments);
    (*out)->position = position;
    return OK;
}

/* {"name": value, …} of the fields as a record's text, which JSON functions take as it is; NULL for a NULL record. */
Status record_to_json(Binder *binder, Expression *record, Expression **out, Error *error) {
    Expression **fields, **arguments;
    const char *const *names;
    int count;
    TRY(record_fields(binder, record, &fields, &names, &count, error));
    arguments = ARENA_ARRAY(binder->arena, Expression *, 2 * count + 1);
    for (int i = 0; i < count; i++) {
        Value name = {.type = type_of(TYPE_TEXT), .datum.view = view_of(names[i], (uint32_t)strlen(names[i]))};
        arguments[2 * i] = expression_constant(binder->arena, &name);
        arguments[2 * i + 1] = fields[i];
        if (is_record(fields[i]->type))
            TRY(record_to_json(binder, fields[i], &arguments[2 * i + 1], error));
    }
    *out = call_any(binder, "$record_json(any...) -> record", type_of(TYPE_RECORD), 2 * count, arguments, record->position);
    if (record_maker(binder, record) == record)
        return OK;
    Value null = value_null(type_of(TYPE_RECORD));
    Expression *choice[] = {make_boolean(binder, EXPRESSION_IS_NULL, record, NULL), expression_constant(binder->arena, &null), *out};
    *out = expression_of(binder->arena, EXPRESSION_CASE, type_of(TYPE_RECORD), 3, choice);
    (*out)->position = record->position;
    return OK;
}

bool takes_json(const char *function) {
    static const char *const names[] = {"to_json", "to_jsonb", "row_to_json", "json_agg", "jsonb_agg", "json_build_array", "jsonb_build_array",
        "json_build_object", "jsonb_build_object", "json_object_agg", "jsonb_object_agg"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], function) == 0)
            return true;
    return false;
}
