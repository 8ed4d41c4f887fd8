/* The text of a definition: what stands between the marks as it is, at the marks the names of now. */
#include "server/catalog/definition_text.h"

#include <string.h>

#include "planner/dialect/token.h"
#include "planner/parse/deparse.h"
#include "server/catalog/system/system_catalog.h"

typedef struct DefinitionText {
    const Naming *naming;
    const CatalogDefinition *definition;
    const CatalogRelation **relations; /* by reference; NULL: it is gone, and what is written stays */
    bool *is_wrapped;                  /* by reference: read through a subquery */
    const TokenList *list;
    Arena *arena;
    Text *out;
} DefinitionText;

static const CatalogRelation *find(const DefinitionText *self, uint32_t id, const CatalogRelation *own) {
    const Object *object = id == 0 ? NULL : catalog_find_id(self->naming->snapshot, id);
    if (id == 0)
        return own;
    return object != NULL ? &object->relation : system_relation_by_id(id);
}

/* What a text knows of a relation's column. */
static const char *known_name(const CatalogReference *reference, int column) {
    return column < reference->column_count ? reference->columns[column].name : NULL;
}

static bool is_used(const CatalogReference *reference, int column) {
    return column < reference->column_count && reference->columns[column].is_used;
}

static bool has_changed(const CatalogReference *reference, const CatalogRelation *relation, int column) {
    const char *known = known_name(reference, column);
    return known == NULL || strcmp(known, relation->columns[column].name) != 0;
}

static bool says(const DefinitionText *self, const char *name) {
    for (int i = 0; i < self->list->count; i++)
        if ((self->list->tokens[i].kind == TOKEN_WORD || self->list->tokens[i].kind == TOKEN_QUOTED) &&
            strcmp(token_identifier(self->list, i, self->arena), name) == 0)
            return true;
    return false;
}

static bool has_column(const CatalogRelation *relation, const char *name) {
    for (int i = 0; relation != NULL && i < relation->column_count; i++)
        if (!relation->columns[i].is_hidden && strcmp(relation->columns[i].name, name) == 0)
            return true;
    return false;
}

/* The column's name of now would be taken for something else, or stand where none is written. */
static bool misleads(const DefinitionText *self, int reference, int column) {
    const CatalogReference *meant = &self->definition->references[reference];
    const char *name = self->relations[reference]->columns[column].name;
    if (is_used(meant, column) ? meant->is_implicit : meant->is_whole)
        return true;
    bool is_taken = says(self, name);
    for (int i = 0; i < self->definition->reference_count && is_used(meant, column) && !is_taken; i++)
        is_taken = i != reference && has_column(self->relations[i], name);
    return is_taken;
}

static bool wants_wrapping(const DefinitionText *self, int reference) {
    const CatalogRelation *relation = self->relations[reference];
    const CatalogReference *meant = &self->definition->references[reference];
    if (relation == NULL || meant->id == 0 || meant->is_constant || meant->is_function)
        return false;
    for (int i = 0; i < relation->column_count; i++)
        if (!relation->columns[i].is_hidden && has_changed(meant, relation, i) &&
            misleads(self, reference, i))
            return true;
    return false;
}

static void add_object(const DefinitionText *self, const CatalogRelation *relation) {
    const char *name = relation->kind == RELATION_FUNCTION ? relation->function.name : relation->name;
    naming_add(self->naming, relation->schema, name, self->out);
}

static void add_wrapped(const DefinitionText *self, int reference) {
    const CatalogRelation *relation = self->relations[reference];
    const CatalogReference *meant = &self->definition->references[reference];
    const char *separator = " ";
    text_add_string(self->out, "(SELECT");
    for (int i = 0; i < relation->column_count; i++) {
        if (!is_used(meant, i))
            continue;
        text_add_string(self->out, separator);
        deparse_identifier(relation->columns[i].name, self->out);
        if (has_changed(meant, relation, i)) {
            text_add_string(self->out, " AS ");
            deparse_identifier(known_name(meant, i), self->out);
        }
        separator = ", ";
    }
    text_add_string(self->out, " FROM ");
    add_object(self, relation);
    text_add_char(self->out, ')');
}

/* Columns are qualified by the name that the relation had. */
static void add_alias(const DefinitionText *self, const CatalogMark *mark) {
    const char *name = self->definition->references[mark->reference].name;
    if (!self->is_wrapped[mark->reference] && strcmp(self->relations[mark->reference]->name, name) == 0)
        return;
    text_add_string(self->out, " AS ");
    deparse_identifier(name, self->out);
}

static void add_from(const DefinitionText *self, const CatalogMark *mark) {
    if (self->is_wrapped[mark->reference])
        add_wrapped(self, mark->reference);
    else
        add_object(self, self->relations[mark->reference]);
    if (mark->kind == MARK_FROM || mark->kind == MARK_TABLE)
        add_alias(self, mark);
}

static void add_constant(const DefinitionText *self, const CatalogMark *mark) {
    Text name = {0};
    DefinitionText inner = *self;
    const char *behind = self->definition->text + mark->end;
    behind += strspn(behind, " \t\r\n");
    inner.out = &name;
    add_object(&inner, self->relations[mark->reference]);
    deparse_string(text_string(&name), self->out);
    text_free(&name);
    if (*behind == ')' || *behind == ',')
        text_add_string(self->out, "::regclass");
}

static void add_column(const DefinitionText *self, const CatalogMark *mark) {
    const CatalogReference *meant = &self->definition->references[mark->reference];
    const CatalogRelation *relation = self->relations[mark->reference];
    const char *name = relation->columns[mark->column].name, *known = known_name(meant, mark->column);
    deparse_identifier(name, self->out);
    if (mark->kind != MARK_RESULT || meant->id == 0 || strcmp(name, known) == 0)
        return;
    text_add_string(self->out, " AS ");
    deparse_identifier(known, self->out);
}

/* Items of FROM that have got an alias know of no schema. */
static void add_schema(const DefinitionText *self, const CatalogMark *mark) {
    const CatalogRelation *relation = self->relations[mark->reference];
    if (self->is_wrapped[mark->reference] ||
        strcmp(relation->name, self->definition->references[mark->reference].name) != 0)
        return;
    deparse_identifier(relation->schema, self->out);
    text_add_char(self->out, '.');
}

/* False: what is written stays. */
static bool add_mark(const DefinitionText *self, const CatalogMark *mark) {
    if (self->relations[mark->reference] == NULL)
        return false;
    switch (mark->kind) {
    case MARK_OBJECT:
        if (self->definition->references[mark->reference].id == 0)
            deparse_identifier(self->relations[mark->reference]->name, self->out);
        else
            add_object(self, self->relations[mark->reference]);
        return true;
    case MARK_TABLE:
        text_add_string(self->out, "SELECT * FROM ");
        add_from(self, mark);
        return true;
    case MARK_FROM:
    case MARK_FROM_ALIASED:
    case MARK_INPUT:
        add_from(self, mark);
        return true;
    case MARK_COLUMN:
    case MARK_RESULT:
        if (self->is_wrapped[mark->reference] || mark->column < 0)
            return false;
        add_column(self, mark);
        return true;
    case MARK_ALIAS:
        add_alias(self, mark);
        return true;
    case MARK_SCHEMA:
        add_schema(self, mark);
        return true;
    case MARK_CONSTANT:
        add_constant(self, mark);
        return true;
    }
    return false;
}

void definition_add(
    const Naming *naming, const CatalogRelation *own, const CatalogDefinition *definition, Text *out) {
    Arena *arena = arena_create();
    TokenList list = {0};
    Error error = {0};
    bool is_read = tokens_scan(definition->text, strlen(definition->text), arena, &list, &error) == OK;
    DefinitionText self = {.naming = naming,
        .definition = definition,
        .relations = ARENA_ARRAY(arena, const CatalogRelation *, definition->reference_count + 1),
        .is_wrapped = ARENA_ARRAY(arena, bool, definition->reference_count + 1),
        .list = &list,
        .arena = arena,
        .out = out};
    for (int i = 0; i < definition->reference_count; i++)
        self.relations[i] = find(&self, definition->references[i].id, own);
    for (int i = 0; i < definition->reference_count; i++)
        self.is_wrapped[i] = wants_wrapping(&self, i);
    int at = 0;
    for (int i = 0; i < definition->mark_count && is_read; i++) {
        const CatalogMark *mark = &definition->marks[i];
        text_add(out, definition->text + at, (size_t)(mark->start - at));
        if (!add_mark(&self, mark))
            text_add(out, definition->text + mark->start, (size_t)(mark->end - mark->start));
        at = mark->end;
    }
    text_add_string(out, definition->text + at);
    error_clear(&error);
    arena_destroy(arena);
}
