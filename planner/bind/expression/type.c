/* Types as the binder sees them: their texts, which can be compared, and which becomes which, where, as
   PostgreSQL's parse_coerce.c decides; the casts themselves are functions of the registry. */
#include "planner/bind/binder.h"

const char *type_text(Arena *arena, Type type) {
    Text text = {0};
    type.modifier = -1;
    type_add_name(type, &text);
    const char *copy = arena_strdup(arena, text_string(&text));
    text_free(&text);
    return copy;
}

bool is_record(Type type) {
    return type.id == TYPE_RECORD && !type.is_array && type.definition != NULL;
}

bool is_anonymous(Type type) {
    return type.definition->name == NULL;
}

Status check_definition(Binder *binder, const TypeDefinition *definition, int position) {
    if (definition->nested_count <= NESTED_FIELDS_MAX)
        return OK;
    return bind_error(binder, position, STATUS_TOO_MANY_COLUMNS,
        "a row can have at most %d fields, those of nested rows included", NESTED_FIELDS_MAX);
}

bool type_has_equality(Type type) {
    if (type.id != TYPE_RECORD || type.definition == NULL)
        return type.id != TYPE_JSON && type.id != TYPE_JSONPATH;
    for (int i = 0; i < type.definition->count; i++)
        if (!type_has_equality(type.definition->types[i]))
            return false;
    return true;
}

Status check_equality(Binder *binder, Type type, int position) {
    if (type_has_equality(type))
        return OK;
    return bind_error(binder, position, STATUS_UNDEFINED_FUNCTION,
        "could not identify an equality operator for type %s", type_text(binder->arena, type));
}

/* Takes the type as it is. */
bool takes_as_it_is(Type declared, Type given) {
    return declared.id == TYPE_ANY || declared.id == TYPE_ANYELEMENT || declared.id == TYPE_ANYARRAY ||
           (type_is_generic(declared) && type_takes(declared, given));
}

/* Strings of the same bytes: no work at run time, but a function of the registry relabels. */
static bool cast_allows(const Function *cast, CoercionContext context) {
    if (cast->flags & FUNCTION_CAST_IMPLICIT)
        return true;
    if (cast->flags & FUNCTION_CAST_ASSIGNMENT)
        return context >= COERCE_ASSIGNMENT;
    return context == COERCE_EXPLICIT;
}

static bool can_coerce_record(Type from, Type to, CoercionContext context) {
    if (is_anonymous(from))
        return true;
    return is_anonymous(to) && context != COERCE_IMPLICIT;
}

bool can_coerce(Type from, Type to, CoercionContext context) {
    if (type_is_same(from, to) || from.id == TYPE_UNKNOWN)
        return true;
    if (takes_as_it_is(to, from))
        return to.id != TYPE_ANYARRAY || from.is_array;
    if (is_record(from) && is_record(to))
        return can_coerce_record(from, to, context);
    const Function *cast = function_cast(from, to);
    if (cast == NULL)
        return false;
    if (from.is_array && to.is_array && is_record(type_element(from)) && is_record(type_element(to)))
        return can_coerce_record(type_element(from), type_element(to), context);
    if (from.is_array && to.is_array)
        return can_coerce(type_element(from), type_element(to), context);
    return cast_allows(cast, context);
}

static Type common_field(Binder *binder, Type a, Type b) {
    if (type_is_same(a, b)) {
        a.modifier = a.modifier == b.modifier ? a.modifier : -1;
        return a;
    }
    if (is_record(a) && is_record(b))
        return common_record(binder, a, b);
    Type common = can_coerce(a, b, COERCE_IMPLICIT)   ? b
                  : can_coerce(b, a, COERCE_IMPLICIT) ? a
                                                      : type_of(TYPE_TEXT);
    common.modifier = -1;
    return common;
}

Type common_record(Binder *binder, Type a, Type b) {
    if (!is_record(a) || !is_record(b) || type_is_same(a, b) || !is_anonymous(a) || !is_anonymous(b) ||
        a.definition->count != b.definition->count)
        return a;
    TypeDefinition common = *a.definition;
    Type *types = ARENA_ARRAY(binder->arena, Type, common.count + 1);
    for (int i = 0; i < common.count; i++)
        types[i] = common_field(binder, a.definition->types[i], b.definition->types[i]);
    common.types = types;
    return type_of_definition(type_define(&common));
}
