/* Type names: SyntaxType -> Type, with PostgreSQL's modifier encodings. */
#include <string.h>

#include "planner/bind/binder.h"

/* Modifiers are integer constants. */
static Status modifier_values(Binder *binder, const SyntaxType *name, int values[2]) {
    TypeId id = type_by_name(name->name.parts[name->name.part_count - 1]);
    if (name->modifier_count > 2)
        return bind_error(binder, name->position, STATUS_INVALID_PARAMETER_VALUE, "invalid %s type modifier",
            id == TYPE_NUMERIC ? "NUMERIC" : type_sql_name(id));
    for (int i = 0; i < name->modifier_count; i++) {
        const SyntaxExpression *modifier = name->modifiers[i];
        if (modifier->kind != SYNTAX_CONSTANT || modifier->constant.kind != SYNTAX_CONSTANT_INTEGER)
            return bind_error(binder, name->position, STATUS_SYNTAX_ERROR,
                "type modifiers must be simple constants or identifiers");
        values[i] = (int)modifier->constant.integer;
    }
    return OK;
}

static Status length_modifier(Binder *binder, const SyntaxType *name, Type *type, int length) {
    const char *short_name = type->id == TYPE_BPCHAR ? "char" : "varchar";
    if (length < 1)
        return bind_error(binder, name->position, STATUS_INVALID_PARAMETER_VALUE,
            "length for type %s must be at least 1", short_name);
    if (length > 10485760)
        return bind_error(binder, name->position, STATUS_INVALID_PARAMETER_VALUE,
            "length for type %s cannot exceed 10485760", short_name);
    type->modifier = length + 4;
    return OK;
}

static Status numeric_type_modifier(Binder *binder, const SyntaxType *name, Type *type, const int values[2]) {
    if (values[0] < 1 || values[0] > 1000)
        return bind_error(binder, name->position, STATUS_INVALID_PARAMETER_VALUE,
            "NUMERIC precision %d must be between 1 and 1000", values[0]);
    int scale = name->modifier_count > 1 ? values[1] : 0;
    if (scale < -1000 || scale > 1000)
        return bind_error(binder, name->position, STATUS_INVALID_PARAMETER_VALUE,
            "NUMERIC scale %d must be between -1000 and 1000", scale);
    type->modifier = numeric_modifier(values[0], scale);
    return OK;
}

static Status apply_modifiers(Binder *binder, const SyntaxType *name, Type *type) {
    int values[2] = {0, 0};
    TRY(modifier_values(binder, name, values));
    switch (type->id) {
    case TYPE_VARCHAR:
    case TYPE_BPCHAR:
        return length_modifier(binder, name, type, values[0]);
    case TYPE_BIT:
    case TYPE_VARBIT:
        if (values[0] < 1)
            return bind_error(binder, name->position, STATUS_INVALID_PARAMETER_VALUE,
                "length for type %s must be at least 1", type_pg_name((TypeId)type->id));
        if (values[0] > 83886080)
            return bind_error(binder, name->position, STATUS_INVALID_PARAMETER_VALUE,
                "length for type %s cannot exceed 83886080", type_pg_name((TypeId)type->id));
        type->modifier = values[0];
        return OK;
    case TYPE_NUMERIC:
        return numeric_type_modifier(binder, name, type, values);
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        if (values[0] < 0)
            return bind_error(binder, name->position, STATUS_INVALID_PARAMETER_VALUE,
                "%s(%d) precision must not be negative", type->id == TYPE_TIME ? "TIME" : "TIMESTAMP",
                values[0]);
        type->modifier = values[0] > 6 ? 6 : values[0];
        return OK;
    case TYPE_INTERVAL:
        type->modifier = (values[0] & 0x7fff) << 16 |
                         ((name->modifier_count > 1 ? values[1] > 6 ? 6 : values[1] : 0xffff) & 0xffff);
        return OK;
    default:
        return bind_error(binder, name->position, STATUS_SYNTAX_ERROR,
            "type modifier is not allowed for type \"%s\"", name->name.parts[name->name.part_count - 1]);
    }
}

/* A type that a user has made, or that of a relation's rows. */
static bool find_made_type(Binder *binder, const SyntaxName *name, int position, Type *type) {
    const CatalogRelation *relation = binder->context->catalog == NULL ? NULL : known_relation(binder, name);
    if (relation == NULL || relation->kind == RELATION_INDEX || relation->kind == RELATION_SEQUENCE ||
        relation->kind == RELATION_FUNCTION || relation->kind == RELATION_SCHEMA ||
        relation->kind == RELATION_SINK)
        return false;
    *type = type_of_definition(relation_row(relation, binder->arena));
    note_name(binder, name, position, MARK_OBJECT, relation);
    if (relation->kind != RELATION_SYSTEM)
        plan_add_dependency(binder->plan, relation->id);
    return true;
}

Status bind_type(Binder *binder, const SyntaxType *name, Type *type) {
    if (name->structured != NULL)
        return bind_structured_type(binder, name, type);
    if (name->is_set)
        return bind_error(
            binder, name->position, STATUS_FEATURE_NOT_SUPPORTED, "SETOF is not supported here");
    const char *last = name->name.parts[name->name.part_count - 1];
    bool is_array = name->array_dimensions > 0;
    TypeId id = type_by_name(last);
    if (id == TYPE_UNKNOWN && last[0] == '_' && type_by_name(last + 1) != TYPE_UNKNOWN) {
        id = type_by_name(last + 1);
        is_array = true;
    }
    bool is_known_schema =
        name->name.part_count == 1 || strcmp(name->name.parts[name->name.part_count - 2], "pg_catalog") == 0;
    if ((id == TYPE_UNKNOWN && strcmp(last, "unknown") != 0) || !is_known_schema) {
        bool is_made = find_made_type(binder, &name->name, name->position, type);
        SyntaxName element = name->name;
        element.parts = ARENA_ARRAY(binder->arena, const char *, element.part_count);
        for (int i = 0; i < element.part_count; i++)
            element.parts[i] = i + 1 < element.part_count ? name->name.parts[i] : last + 1;
        if (!is_made && last[0] == '_' && find_made_type(binder, &element, -1, type))
            is_made = is_array = true;
        if (is_made && name->modifier_count > 0)
            return bind_error(binder, name->position, STATUS_SYNTAX_ERROR,
                "type modifier is not allowed for type \"%s\"", last);
        type->is_array = is_array;
        if (is_made)
            return OK;
    }
    if ((id == TYPE_UNKNOWN && strcmp(last, "unknown") != 0) || !is_known_schema)
        return bind_error(binder, name->position, STATUS_UNDEFINED_OBJECT, "type \"%s\" does not exist",
            name_text(binder, &name->name));
    *type = type_of(id);
    if (name->modifier_count > 0)
        TRY(apply_modifiers(binder, name, type));
    type->is_array = is_array;
    return OK;
}
