/* STRUCT<a int, …>, ROW<…>, ROW(…), ARRAY<…>: types spelt out, which have no name. */
#include <string.h>

#include "planner/bind/binder.h"

/* The text of STRUCT<…>, ROW<…>, ROW(…), ARRAY<…>: what stands between the outer brackets, and where the text
   goes on behind them. */
typedef struct Structure {
    const char *at, *end;
    char close;
} Structure;

/* The item up to the next comma at this level, without blanks around it; false at the end. */
static bool structure_next(Structure *structure, const char **item, size_t *length) {
    int depth = 0;
    char quote = 0;
    const char *start = structure->at + strspn(structure->at, " \t\r\n"), *c = start;
    if (start >= structure->end)
        return false;
    for (; c < structure->end && (quote != 0 || depth > 0 || *c != ','); c++) {
        if (quote != 0)
            quote = *c == quote ? 0 : quote;
        else if (strchr("\"'`", *c) != NULL)
            quote = *c;
        else
            depth += (strchr("<([", *c) != NULL) - (strchr(">)]", *c) != NULL);
    }
    structure->at = c < structure->end ? c + 1 : c;
    while (c > start && strchr(" \t\r\n", c[-1]) != NULL)
        c--;
    *item = start;
    *length = (size_t)(c - start);
    return true;
}

/* A field's name, folded unless it is quoted; where its type begins. */
static const char *field_name(Arena *arena, const char *item, size_t length, const char **type) {
    char quote = length > 0 && (*item == '"' || *item == '`') ? *item : 0;
    const char *c = item + (quote != 0), *end = item + length;
    Text name = {0};
    for (; c < end &&
           (quote != 0 ? *c != quote || (c + 1 < end && c[1] == quote) : strchr(" \t\r\n:", *c) == NULL);
         c++) {
        text_add_char(&name, quote == 0 && *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c);
        c += quote != 0 && *c == quote;
    }
    c += quote != 0 && c < end;
    c += strspn(c, " \t\r\n");
    *type = c < end && *c == ':' ? c + 1 : c;
    const char *copy = arena_strdup(arena, text_string(&name));
    text_free(&name);
    return copy;
}

static Status bind_type_text(Binder *binder, const char *text, size_t length, int position, Type *type) {
    SyntaxType *syntax;
    TRY(parse_type(text, length, binder->arena, &syntax, binder->error));
    syntax->position = position;
    return bind_type(binder, syntax, type);
}

static Status bind_fields(Binder *binder, const SyntaxType *name, Structure *structure, Type *type) {
    const char **names = NULL, *item, *rest;
    Type *types = NULL;
    int count = 0;
    for (size_t length; structure_next(structure, &item, &length);) {
        int name_count = count;
        const char *field = field_name(binder->arena, item, length, &rest);
        Type field_type;
        if (field[0] == 0 || rest >= item + length)
            return bind_error(binder, name->position, STATUS_SYNTAX_ERROR,
                "a field of %s lacks its name or its type", name->structured);
        for (int i = 0; i < count; i++)
            if (strcmp(names[i], field) == 0)
                return bind_error(binder, name->position, STATUS_DUPLICATE_COLUMN,
                    "field \"%s\" specified more than once", field);
        TRY(bind_type_text(binder, rest, (size_t)(item + length - rest), name->position, &field_type));
        ARENA_APPEND(binder->arena, names, name_count, field);
        ARENA_APPEND(binder->arena, types, count, field_type);
    }
    if (count == 0 || count > FIELDS_MAX)
        return bind_error(
            binder, name->position, STATUS_SYNTAX_ERROR, "a row type has 1 to %d fields", FIELDS_MAX);
    *type =
        type_of_definition(type_define(&(TypeDefinition){.count = count, .names = names, .types = types}));
    return check_definition(binder, type->definition, name->position);
}

Status bind_structured_type(Binder *binder, const SyntaxType *name, Type *type) {
    const char *word = name->name.parts[name->name.part_count - 1], *text = name->structured, *item;
    size_t length, open = strcspn(text, "<(");
    Structure structure = {.at = text + open + 1, .end = text + strlen(text) - 1};
    if (++binder->depth > 100)
        return bind_error(
            binder, name->position, STATUS_STATEMENT_TOO_COMPLEX, "type %s is nested too deeply", word);
    if (strcmp(word, "array") == 0) {
        structure_next(&structure, &item, &length);
        TRY(bind_type_text(binder, item, length, name->position, type));
        type->is_array = true;
    } else if (strcmp(word, "struct") == 0 || strcmp(word, "row") == 0) {
        TRY(bind_fields(binder, name, &structure, type));
    } else {
        return bind_error(binder, name->position, STATUS_FEATURE_NOT_SUPPORTED, "type %s is not supported",
            name->structured);
    }
    binder->depth--;
    type->is_array |= name->array_dimensions > 0;
    return OK;
}
