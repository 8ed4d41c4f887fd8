/* Definition: see definition.h. The first half notes meanings and finds them again, the second is for those
   who keep definitions. */
#include "planner/bind/definition.h"

#include <stdlib.h>
#include <string.h>

#include "planner/bind/binder.h"
#include "planner/dialect/token.h"

/* Noting. A mark's end is the number of its name's tokens until the text is finished. */

static DefinitionNotes *notes_of(const Binder *binder) {
    return binder->definition == NULL ? binder->context->notes : NULL;
}

static bool is_same_text(const char *a, const char *b) {
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static const char *schema_of(const SyntaxName *name) {
    return name->part_count > 1 ? name->parts[name->part_count - 2] : NULL;
}

static const char *last_of(const SyntaxName *name) {
    return name->parts[name->part_count - 1];
}

static int note_reference(Binder *binder, const CatalogReference *reference) {
    CatalogDefinition *definition = &notes_of(binder)->definition;
    for (int i = 0; i < definition->reference_count; i++) {
        const CatalogReference *other = &definition->references[i];
        if (other->id == reference->id && is_same_text(other->schema, reference->schema) &&
            strcmp(other->name, reference->name) == 0 && other->is_constant == reference->is_constant)
            return i;
    }
    ARENA_APPEND(binder->arena, definition->references, definition->reference_count, *reference);
    return definition->reference_count - 1;
}

static void note_mark(Binder *binder, CatalogMark mark) {
    CatalogDefinition *definition = &notes_of(binder)->definition;
    for (int i = 0; i < definition->mark_count; i++)
        if (definition->marks[i].start == mark.start) {
            definition->marks[i] = mark;
            return;
        }
    ARENA_APPEND(binder->arena, definition->marks, definition->mark_count, mark);
}

int note_name(
    Binder *binder, const SyntaxName *name, int position, MarkKind kind, const CatalogRelation *object) {
    if (notes_of(binder) == NULL)
        return 0;
    CatalogReference reference = {.schema = arena_strdup(binder->arena, schema_of(name)),
        .name = arena_strdup(
            binder->arena, object->kind == RELATION_FUNCTION ? object->function.name : last_of(name)),
        .id = object->id,
        .is_function = object->kind == RELATION_FUNCTION,
        .column_count = object->column_count,
        .columns = ARENA_ARRAY(binder->arena, KnownColumn, object->column_count + 1)};
    for (int i = 0; i < object->column_count; i++)
        reference.columns[i].name = arena_strdup(binder->arena, object->columns[i].name);
    int number = note_reference(binder, &reference);
    if (position >= 0)
        note_mark(binder, (CatalogMark){kind, position, name->part_count, number, -1});
    return number + 1;
}

int note_own(Binder *binder, const CatalogRelation *relation) {
    const char *parts[] = {relation->name};
    CatalogRelation own = *relation;
    own.id = 0;
    return note_name(
        binder, &(SyntaxName){.parts = parts, .part_count = 1, .position = -1}, -1, MARK_OBJECT, &own);
}

void note_item(ScopeItem *item, int reference) {
    item->reference = reference;
    for (int i = 0; i < item->column_count && reference > 0; i++) {
        item->columns[i].reference = reference;
        item->columns[i].number = i;
        item->columns[i].is_own_name = true;
    }
}

void note_item_name(Binder *binder, const ScopeItem *item, int position) {
    if (notes_of(binder) == NULL || item->reference == 0 || position < 0)
        return;
    const CatalogReference *reference = &notes_of(binder)->definition.references[item->reference - 1];
    if (reference->id == 0 && strcmp(item->alias, reference->name) == 0)
        note_mark(binder, (CatalogMark){MARK_OBJECT, position, 1, item->reference - 1, -1});
}

static CatalogReference *note_use(Binder *binder, const ScopeColumn *column) {
    if (notes_of(binder) == NULL || column->reference == 0)
        return NULL;
    CatalogReference *reference = &notes_of(binder)->definition.references[column->reference - 1];
    reference->columns[column->number].is_used = true;
    return reference;
}

void note_implicit(Binder *binder, const ScopeColumn *column, bool is_whole) {
    CatalogReference *reference = note_use(binder, column);
    if (reference == NULL)
        return;
    reference->is_implicit = true;
    reference->is_whole |= is_whole;
}

void note_column_name(Binder *binder, const ScopeColumn *column, int position, int part_count) {
    if (note_use(binder, column) != NULL && column->is_own_name && position >= 0)
        note_mark(
            binder, (CatalogMark){MARK_COLUMN, position, part_count, column->reference - 1, column->number});
}

/* What a window function reads has no alias; it may have one itself. */
void note_window_input(Binder *binder, const SyntaxTable *window) {
    DefinitionNotes *notes = notes_of(binder);
    const SyntaxTable *input = window->window.input;
    if (notes == NULL || input->kind != SYNTAX_TABLE_RELATION)
        return;
    int name = input->relation.name.position, position = name < 0 ? input->position : name;
    for (int i = 0; i < notes->definition.mark_count; i++)
        if (notes->definition.marks[i].start == position && notes->definition.marks[i].kind == MARK_FROM)
            notes->definition.marks[i].kind = window->alias == NULL ? MARK_INPUT : MARK_FROM_ALIASED;
}

/* A result without a name of its own that is called like the column it is made of. */
void note_result(Binder *binder, const SyntaxTarget *target) {
    DefinitionNotes *notes = notes_of(binder);
    const SyntaxExpression *inner = target->expression;
    if (notes == NULL || target->name != NULL)
        return;
    while (inner->kind == SYNTAX_CAST || inner->kind == SYNTAX_INDIRECTION || inner->kind == SYNTAX_COLLATE)
        inner = inner->kind == SYNTAX_CAST          ? inner->cast.argument
                : inner->kind == SYNTAX_INDIRECTION ? inner->indirection.argument
                                                    : inner->collate.argument;
    for (int i = 0; i < notes->definition.mark_count && inner->kind == SYNTAX_COLUMN; i++) {
        CatalogMark *mark = &notes->definition.marks[i];
        if (mark->kind != MARK_COLUMN || mark->start != inner->position)
            continue;
        if (inner == target->expression && mark->end == inner->column.name.part_count)
            mark->kind = MARK_RESULT;
        else
            notes->definition.references[mark->reference].is_implicit = true;
    }
}

void note_constant(Binder *binder, const char *text, uint32_t id, int position) {
    if (notes_of(binder) == NULL || position < 0)
        return;
    CatalogReference reference = {.name = arena_strdup(binder->arena, text), .id = id, .is_constant = true};
    note_mark(binder, (CatalogMark){MARK_CONSTANT, position, 1, note_reference(binder, &reference), -1});
}

/* Finding again. */

static bool is_named(const CatalogReference *reference, const char *schema, const char *name) {
    return !reference->is_constant && is_same_text(reference->schema, schema) &&
           strcmp(reference->name, name) == 0;
}

static bool is_in_view(const Binder *binder) {
    const CatalogRelation *view = binder->context->catalog->view;
    return view != NULL && view->kind == RELATION_VIEW;
}

static const CatalogReference *known(const Binder *binder, const SyntaxName *name) {
    for (int i = 0; binder->definition != NULL && i < binder->definition->reference_count; i++) {
        const CatalogReference *reference = &binder->definition->references[i];
        if (!reference->is_function && is_named(reference, schema_of(name), last_of(name)))
            return reference;
    }
    return NULL;
}

const CatalogRelation *known_relation(Binder *binder, const SyntaxName *name) {
    Catalog *catalog = binder->context->catalog;
    const CatalogReference *reference = known(binder, name);
    return reference != NULL
               ? catalog->relation_by_id(catalog, reference->id, binder->arena)
               : catalog->relation_by_name(catalog, schema_of(name), last_of(name), binder->arena);
}

const CatalogRelation **known_functions(Binder *binder, const SyntaxName *name, int *count) {
    Catalog *catalog = binder->context->catalog;
    const CatalogRelation **functions = NULL;
    *count = 0;
    if (catalog->functions_by_name == NULL)
        return NULL;
    if (!is_in_view(binder))
        return catalog->functions_by_name(catalog, schema_of(name), last_of(name), binder->arena, count);
    for (int i = 0; i < binder->definition->reference_count; i++) {
        const CatalogReference *reference = &binder->definition->references[i];
        if (!reference->is_function || !is_named(reference, schema_of(name), last_of(name)))
            continue;
        const CatalogRelation *function = catalog->relation_by_id(catalog, reference->id, binder->arena);
        if (function != NULL)
            ARENA_APPEND(binder->arena, functions, *count, function);
    }
    return functions;
}

/* The columns are called as the text calls them; it cannot see others. */
static void know_columns(const CatalogReference *reference, ScopeItem *item) {
    for (int i = 0; i < item->column_count; i++) {
        const KnownColumn *column =
            reference != NULL && i < reference->column_count ? &reference->columns[i] : NULL;
        bool is_seen = column != NULL && column->name != NULL && column->is_used;
        item->is_renamed |= is_seen && strcmp(item->columns[i].name, column->name) != 0;
        item->columns[i].name = is_seen ? column->name : "";
        item->columns[i].is_hidden |= !is_seen;
    }
}

const char *know_item(Binder *binder, const SyntaxName *name, ScopeItem *item) {
    const CatalogReference *reference = known(binder, name);
    if (reference != NULL)
        know_columns(reference, item);
    return reference == NULL ? NULL : reference->schema;
}

void know_own(Binder *binder, ScopeItem *item) {
    const CatalogDefinition *definition = binder->definition;
    for (int i = 0; definition != NULL && i < definition->reference_count; i++)
        if (definition->references[i].id == 0) {
            know_columns(&definition->references[i], item);
            item->alias = definition->references[i].name;
        }
}

bool known_constant(const Binder *binder, const char *text, uint32_t *id) {
    for (int i = 0; binder->definition != NULL && i < binder->definition->reference_count; i++) {
        const CatalogReference *reference = &binder->definition->references[i];
        if (!reference->is_constant || strcmp(reference->name, text) != 0)
            continue;
        *id = reference->id;
        return true;
    }
    return false;
}

/* Keeping. */

const CatalogDefinition *definition_of_text(Arena *arena, const char *text, size_t length) {
    CatalogDefinition *definition = ARENA_NEW(arena, CatalogDefinition);
    definition->text = arena_copy(arena, text, length);
    return definition;
}

static int compare_marks(const void *a, const void *b) {
    return ((const CatalogMark *)a)->start - ((const CatalogMark *)b)->start;
}

/* The token that begins at the byte, from *token on. */
static bool find_token(const TokenList *list, int start, int *token) {
    while (*token < list->count && list->tokens[*token].start < start)
        ++*token;
    return *token < list->count && list->tokens[*token].start == start;
}

/* Ends the mark where its name ends. False: the name does not stand there. */
static bool place_mark(const CatalogDefinition *definition, const TokenList *list, int token, Arena *scratch,
    CatalogMark *mark) {
    int last = token + 2 * (mark->end - 1);
    const CatalogReference *reference = &definition->references[mark->reference];
    if (last >= list->count)
        return false;
    const Token *end = &list->tokens[last];
    mark->end = end->end;
    if (mark->kind == MARK_CONSTANT)
        return end->kind == TOKEN_STRING;
    const char *name = mark->column >= 0 ? reference->columns[mark->column].name : reference->name;
    return (end->kind == TOKEN_WORD || end->kind == TOKEN_QUOTED) &&
           strcmp(token_identifier(list, last, scratch), name) == 0;
}

/* Behind the parentheses around the token, those of TABLE(…) included. */
static int alias_place(TokenList *list, int token) {
    int open = token, place = 0;
    tokens_match(list);
    for (bool is_found = false; open >= 0 && !is_found; open--) {
        bool is_around = token_is_symbol(list, open, '(') && list->tokens[open].match > token;
        if (is_around && place != 0 && !(open > 0 && token_is(list, open - 1, "table")))
            break;
        if (is_around) {
            is_found = place != 0;
            place = list->tokens[list->tokens[open].match].end;
        }
    }
    return place;
}

/* Before a column that is not of the own relation its table's name stays, which says which item of FROM. */
static void add_marks(CatalogDefinition *definition, TokenList *list, int token, CatalogMark mark) {
    int place = mark.kind == MARK_INPUT ? alias_place(list, token) : 0;
    if (place > 0)
        definition->marks[definition->mark_count++] =
            (CatalogMark){MARK_ALIAS, place, place, mark.reference, -1};
    if (mark.column >= 0 && definition->references[mark.reference].id != 0) {
        int last = token;
        while (list->tokens[last].end < mark.end)
            last += 2;
        if (last - token >= 4)
            definition->marks[definition->mark_count++] =
                (CatalogMark){MARK_SCHEMA, mark.start, list->tokens[last - 2].start, mark.reference, -1};
        mark.start = list->tokens[last].start;
    }
    if (mark.kind == MARK_FROM && token > 0 && token_is(list, token - 1, "table")) {
        mark.kind = MARK_TABLE;
        mark.start = list->tokens[token - 1].start;
    }
    definition->marks[definition->mark_count++] = mark;
}

Status definition_finish(DefinitionNotes *notes, const char *text, Arena *arena,
    const CatalogDefinition **definition, Error *error) {
    const CatalogDefinition *noted = &notes->definition;
    CatalogDefinition *made = ARENA_NEW(arena, CatalogDefinition);
    TokenList list = {0};
    Arena *scratch = arena_create();
    *made = *noted;
    made->text = text;
    made->marks = ARENA_ARRAY(arena, CatalogMark, 2 * noted->mark_count + 1);
    made->mark_count = 0;
    if (noted->mark_count > 0)
        qsort(noted->marks, (size_t)noted->mark_count, sizeof *noted->marks, compare_marks);
    Status status = tokens_scan(text, strlen(text), scratch, &list, error);
    for (int i = 0, token = 0; i < noted->mark_count && status == OK; i++) {
        CatalogMark mark = noted->marks[i];
        mark.start -= notes->start;
        if (find_token(&list, mark.start, &token) && place_mark(made, &list, token, scratch, &mark))
            add_marks(made, &list, token, mark);
    }
    if (made->mark_count > 0)
        qsort(made->marks, (size_t)made->mark_count, sizeof *made->marks, compare_marks);
    *definition = made;
    arena_destroy(scratch);
    return status;
}

bool definition_names(const CatalogDefinition *definition, uint32_t object_id) {
    for (int i = 0; definition != NULL && i < definition->reference_count; i++)
        if (definition->references[i].id == object_id)
            return true;
    return false;
}

bool definition_uses(const CatalogDefinition *definition, uint32_t object_id, int column) {
    for (int i = 0; definition != NULL && i < definition->reference_count; i++) {
        const CatalogReference *reference = &definition->references[i];
        if (reference->id == object_id && column < reference->column_count &&
            reference->columns[column].is_used)
            return true;
    }
    return false;
}

static CatalogDefinition *copy_shallow(Arena *arena, const CatalogDefinition *definition) {
    CatalogDefinition *copy = ARENA_NEW(arena, CatalogDefinition);
    *copy = *definition;
    copy->references = ARENA_ARRAY(arena, CatalogReference, copy->reference_count + 1);
    copy->marks = ARENA_ARRAY(arena, CatalogMark, copy->mark_count + 1);
    for (int i = 0; i < copy->reference_count; i++)
        copy->references[i] = definition->references[i];
    for (int i = 0; i < copy->mark_count; i++)
        copy->marks[i] = definition->marks[i];
    return copy;
}

const CatalogDefinition *definition_renumber(
    Arena *arena, const CatalogDefinition *definition, uint32_t object_id, const int *map, int count) {
    if (!definition_names(definition, object_id))
        return definition;
    CatalogDefinition *copy = copy_shallow(arena, definition);
    for (int i = 0; i < copy->reference_count; i++) {
        CatalogReference *reference = &copy->references[i];
        if (reference->id != object_id || reference->column_count == 0)
            continue;
        KnownColumn *columns = ARENA_ARRAY(arena, KnownColumn, count + 1);
        for (int c = 0; c < reference->column_count; c++)
            if (map[c] >= 0)
                columns[map[c]] = reference->columns[c];
        for (int m = 0; m < copy->mark_count; m++)
            if (copy->marks[m].reference == i && copy->marks[m].column >= 0)
                copy->marks[m].column = map[copy->marks[m].column];
        reference->columns = columns;
        reference->column_count = count;
    }
    return copy;
}

const CatalogDefinition *definition_replace(
    Arena *arena, const CatalogDefinition *definition, uint32_t from, uint32_t to) {
    if (!definition_names(definition, from))
        return definition;
    CatalogDefinition *copy = copy_shallow(arena, definition);
    for (int i = 0; i < copy->reference_count; i++)
        if (copy->references[i].id == from)
            copy->references[i].id = to;
    return copy;
}
