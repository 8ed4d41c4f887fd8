/* Rows as values: ROW(…), whole-row references, their fields, casts and comparisons. Which fields a row has
   stands in its type. */
#include <string.h>

#include "planner/bind/binder.h"

static Expression *make_row(Binder *binder, Type type, Expression *const *fields, int position) {
    Expression *call = expression_call(binder->arena, function_by_signature("$record(any...) -> record"),
        type, type.definition->count, fields);
    call->position = position;
    return call;
}

/* What is untyped stays so as an argument, so that a cast of the row can give it a type, and is text as a
   field. */
static bool is_open(const Expression *field) {
    return field->type.id == TYPE_UNKNOWN &&
           (field->kind == EXPRESSION_CONSTANT || field->kind == EXPRESSION_PARAMETER);
}

static Type row_type(Expression *const *fields, const char *const *names, int count, Arena *arena) {
    Type *types = ARENA_ARRAY(arena, Type, count + 1);
    for (int i = 0; i < count; i++)
        types[i] = is_open(fields[i]) ? type_of(TYPE_TEXT) : fields[i]->type;
    return type_of_definition(type_define(&(TypeDefinition){.count = count, .names = names, .types = types}));
}

Status make_record(Binder *binder, Expression **fields, const char *const *names, int count, int position,
    Expression **out) {
    if (count > FIELDS_MAX)
        return bind_error(binder, position, STATUS_TOO_MANY_COLUMNS,
            "ROW expressions can have at most %d entries", FIELDS_MAX);
    for (int i = 0; i < count; i++)
        if (!is_open(fields[i]))
            TRY(coerce_unknown(binder, fields[i], &fields[i]));
    Type type = row_type(fields, names, count, binder->arena);
    *out = make_row(binder, type, fields, position);
    return check_definition(binder, type.definition, position);
}

/* A row that an outer join pads is NULL as a whole. */
static Expression *unless_padded(Binder *binder, Expression *record) {
    Value null = value_null(record->type);
    Expression *arguments[] = {NULL, expression_constant(binder->arena, &null), record};
    for (int i = 0; i < record->argument_count; i++)
        arguments[0] = predicate_and(binder->arena, arguments[0],
            make_boolean(binder, EXPRESSION_IS_NULL, record->arguments[i], NULL));
    Expression *padded = expression_of(binder->arena, EXPRESSION_CASE, record->type, 3, arguments);
    padded->position = record->position;
    return padded;
}

Status bind_whole_row(Binder *binder, const ScopeItem *item, int position, Expression **out) {
    Expression **fields = ARENA_ARRAY(binder->arena, Expression *, item->column_count + 1);
    const char **names = ARENA_ARRAY(binder->arena, const char *, item->column_count + 1);
    int count = 0;
    for (int i = 0; i < item->column_count; i++)
        if (!item->columns[i].is_hidden) {
            note_implicit(binder, &item->columns[i], true);
            names[count] = item->columns[i].name;
            fields[count] = expression_rewrite(binder->arena, item->columns[i].expression, NULL, NULL);
            fields[count++]->position = position;
        }
    TRY(make_record(binder, fields, names, count, position, out));
    bool is_table = item->relation != NULL && item->relation->kind != RELATION_SYSTEM && !item->is_renamed;
    const TypeDefinition *row = is_table ? relation_row(item->relation, binder->arena) : item->row;
    if (row != NULL && row->count == count)
        (*out)->type = type_of_definition(row);
    if (item->is_nullable && count > 0)
        *out = unless_padded(binder, *out);
    return OK;
}

/* The call that makes the record, where the expression shows it. */
static const Expression *record_maker(Binder *binder, Expression *record) {
    Expression *inner =
        record->kind == EXPRESSION_CASE ? record->arguments[record->argument_count - 1] : record;
    if (!expression_means(inner, MEANING_RECORD))
        return NULL;
    return inner == record || expression_is_equal(unless_padded(binder, inner), record) ? inner : NULL;
}

Expression *record_field(Binder *binder, Expression *record, int field) {
    const Expression *maker = record_maker(binder, record);
    if (maker != NULL && maker->arguments[field]->kind == EXPRESSION_CONSTANT &&
        is_open(maker->arguments[field])) {
        Value text = maker->arguments[field]->value;
        text.type = type_of(TYPE_TEXT);
        return expression_constant(binder->arena, &text);
    }
    if (maker != NULL)
        return maker->arguments[field];
    Value number = {.type = type_of(TYPE_INT4), .datum.int4 = field + 1};
    Expression *arguments[2] = {record, expression_constant(binder->arena, &number)};
    Expression *call =
        expression_call(binder->arena, function_by_signature("$record_field(record, int4) -> any"),
            record->type.definition->types[field], 2, arguments);
    call->position = record->position;
    return call;
}

Expression **record_fields(Binder *binder, Expression *record) {
    int count = record->type.definition->count;
    Expression **fields = ARENA_ARRAY(binder->arena, Expression *, count + 1);
    for (int i = 0; i < count; i++)
        fields[i] = record_field(binder, record, i);
    return fields;
}

Status bind_field(Binder *binder, const char *field, Expression *record, int position, Expression **out) {
    int number = definition_find(record->type.definition, field, strlen(field));
    if (number < 0 && is_anonymous(record->type))
        return bind_error(binder, position, STATUS_UNDEFINED_COLUMN,
            "could not identify column \"%s\" in record data type", field);
    if (number < 0)
        return bind_error(binder, position, STATUS_UNDEFINED_COLUMN,
            "column \"%s\" not found in data type %s", field, type_text(binder->arena, record->type));
    *out = record_field(binder, record, number);
    return OK;
}

Status test_record(Binder *binder, Expression *record, bool is_null, Expression **out) {
    Expression **fields = record_fields(binder, record);
    *out = NULL;
    for (int i = 0; i < record->type.definition->count; i++)
        *out = predicate_and(binder->arena, *out,
            make_boolean(binder, is_null ? EXPRESSION_IS_NULL : EXPRESSION_IS_NOT_NULL, fields[i], NULL));
    if (*out == NULL)
        *out = predicate_true(binder->arena);
    return OK;
}

/* Comparison */

/* Records compare when their fields' types do, one by one: an operator of records knows no casts. */
static Status check_comparable(Binder *binder, const char *name, Type a, Type b, int position) {
    const TypeDefinition *left = a.definition, *right = b.definition;
    if (left->count != right->count)
        return bind_error(binder, position, STATUS_DATATYPE_MISMATCH,
            "cannot compare record types with different numbers of columns");
    for (int i = 0; i < left->count; i++) {
        Type x = left->types[i], y = right->types[i];
        bool are_rows =
            is_record(x) && is_record(y) && (type_is_same(x, y) || (is_anonymous(x) && is_anonymous(y)));
        if (!are_rows && !type_is_same(x, y))
            return bind_error(binder, position, STATUS_DATATYPE_MISMATCH,
                "cannot compare dissimilar column types %s and %s at record column %d",
                type_text(binder->arena, x), type_text(binder->arena, y), i + 1);
        if (are_rows)
            TRY(check_comparable(binder, name, x, y, position));
        else if (!type_has_equality(x))
            return bind_error(binder, position, STATUS_UNDEFINED_FUNCTION,
                "could not identify %s for type %s",
                strcmp(name, "=") == 0 || strcmp(name, "<>") == 0 ? "an equality operator"
                                                                  : "a comparison function",
                type_text(binder->arena, x));
    }
    return OK;
}

Status prepare_records(Binder *binder, const char *name, Expression *operands[2], int position) {
    for (int i = 0; i < 2; i++)
        if (operands[i]->type.id == TYPE_UNKNOWN)
            return coerce(binder, operands[i], operands[1 - i]->type, COERCE_IMPLICIT, &operands[i]);
    if (!is_record(operands[0]->type) || !is_record(operands[1]->type))
        return OK;
    return check_comparable(binder, name, operands[0]->type, operands[1]->type, position);
}

/* Coercion */

static unsigned cannot_cast(Binder *binder, const Expression *record, Type to) {
    return bind_error(binder, record->position, STATUS_CANNOT_COERCE, "cannot cast type %s to %s",
        type_text(binder->arena, record->type), type_text(binder->arena, to));
}

Status coerce_record(Binder *binder, Expression *record, Type to, CoercionContext context, Expression **out) {
    const TypeDefinition *from = record->type.definition;
    if (from->count != to.definition->count) {
        cannot_cast(binder, record, to);
        return error_detail(binder->error, from->count < to.definition->count
                                               ? "Input has too few columns."
                                               : "Input has too many columns.");
    }
    const Expression *maker = record_maker(binder, record);
    Expression **fields = record_fields(binder, record);
    for (int i = 0; maker != NULL && i < from->count; i++)
        fields[i] = maker->arguments[i];
    if (context == COERCE_IMPLICIT && is_anonymous(to) && is_anonymous(record->type))
        context = COERCE_EXPLICIT; /* to the common type, which may be text */
    for (int i = 0; i < from->count; i++) {
        Type type = to.definition->types[i];
        if (!can_coerce(fields[i]->type, type, context)) {
            cannot_cast(binder, record, to);
            return error_detail(binder->error, "Cannot cast type %s to %s in column %d.",
                type_text(binder->arena, fields[i]->type), type_text(binder->arena, type), i + 1);
        }
        TRY(coerce(binder, fields[i], type, context, &fields[i]));
    }
    *out = make_row(binder, to, fields, record->position);
    if (maker == record)
        return OK;
    Value null = value_null(to);
    Expression *choice[] = {make_boolean(binder, EXPRESSION_IS_NULL, record, NULL),
        expression_constant(binder->arena, &null), *out};
    *out = expression_of(binder->arena, EXPRESSION_CASE, to, 3, choice);
    (*out)->position = record->position;
    return OK;
}
