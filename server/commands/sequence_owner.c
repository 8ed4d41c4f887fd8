/* Sequences and columns: which column owns a sequence, and which defaults ask it. A default is kept as its text, so that names in it follow by rewriting. */
#include <ctype.h>
#include <string.h>

#include "executor/base/memory.h"
#include "planner/parse/deparse.h"
#include "server/commands/sequence.h"

void sequence_own(Object *sequence, uint32_t table_id, const char *column) {
    sequence->sequence.owner_id = table_id;
    sequence->sequence.owner_column = arena_strdup(sequence->arena, column);
    sequence->dependency_count = table_id != 0;
    sequence->dependencies = ARENA_ARRAY(sequence->arena, uint32_t, 1);
    sequence->dependencies[0] = table_id;
}

static Status check_owner(const CatalogSnapshot *snapshot, const Object *sequence, const Object *table, const char *column, Error *error) {
    const CatalogRelation *relation = &table->relation;
    if (relation->kind != RELATION_TABLE && relation->kind != RELATION_SOURCE && relation->kind != RELATION_VIEW) {
        error_set(error, STATUS_WRONG_OBJECT_TYPE, "sequence cannot be owned by relation \"%s\"", relation->name);
        return error_detail(error, "This operation is not supported for %ss.", relation_kind_name(relation->kind));
    }
    if (strcmp(relation->schema, sequence->relation.schema) != 0)
        return error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "sequence must be in same schema as table it is linked to");
    for (int i = 0; i < relation->column_count; i++)
        if (!relation->columns[i].is_hidden && strcmp(relation->columns[i].name, column) == 0)
            return OK;
    return error_set(error, STATUS_UNDEFINED_COLUMN, "column \"%s\" of relation \"%s\" does not exist", column, relation->name);
}

Status sequence_set_owner(Session *session, const SearchPath *path, Object *sequence, const char *owner, Error *error) {
    char *name = arena_strdup(sequence->arena, owner), *column = strrchr(name, ','), *table = NULL;
    if (column == NULL && strcmp(name, "none") != 0) {
        error_set(error, STATUS_SYNTAX_ERROR, "invalid OWNED BY option");
        return error_hint(error, "Specify OWNED BY table.column or OWNED BY NONE.");
    }
    CatalogSnapshot *snapshot = session_catalog(session_state(session));
    Status status = OK;
    const Object *found = NULL;
    if (column != NULL) {
        *column++ = 0;
        table = strrchr(name, ',');
        const char *schema = table == NULL ? NULL : (*table = 0, name);
        table = table == NULL ? name : table + 1;
        found = search_path_find(path, snapshot, schema, table);
        status = found == NULL ? error_set(error, STATUS_UNDEFINED_TABLE, "relation \"%s\" does not exist", table)
                               : check_owner(snapshot, sequence, found, column, error);
    }
    if (status == OK && sequence_is_internal(snapshot, sequence)) {
        status = error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "cannot change ownership of identity sequence");
        error_detail(error, "Sequence \"%s\" is linked to table \"%s\".", sequence->relation.name,
            catalog_find_id(snapshot, sequence->sequence.owner_id)->relation.name);
    }
    if (status == OK)
        sequence_own(sequence, found == NULL ? 0 : found->relation.id, column);
    catalog_snapshot_release(snapshot);
    return status;
}

const char *sequence_literal(Arena *arena, const char *schema, const char *name) {
    Text text = {0};
    if (strcmp(schema, "public") != 0) {
        deparse_identifier(schema, &text);
        text_add_char(&text, '.');
    }
    deparse_identifier(name, &text);
    const char *literal = arena_strdup(arena, text_string(&text));
    text_free(&text);
    return literal;
}

/* The name in nextval('…'), the next from *at on: its bytes and its parts, folded and unquoted; schema "": none. False when there is no more. */
typedef struct Asked {
    const char *start, *end;
    char schema[256], name[256];
} Asked;

static const char *read_part(const char *at, const char *end, char *part, size_t size) {
    bool is_quoted = at < end && *at == '"';
    size_t length = 0;
    for (at += is_quoted; at < end && (is_quoted ? *at != '"' || at[1] == '"' : *at != '.'); at++) {
        at += is_quoted && *at == '"';
        if (length + 1 < size)
            part[length++] = is_quoted ? *at : (char)tolower((unsigned char)*at);
    }
    part[length] = 0;
    return at + (is_quoted && at < end);
}

static bool next_asked(const char **at, Asked *asked) {
    for (const char *c = *at; (c = strcasestr(c, "nextval")) != NULL;) {
        c += strlen("nextval");
        c += strspn(c, " \t\n\"");
        if (*c != '(')
            continue;
        c += 1 + strspn(c + 1, " \t\n");
        if (*c != '\'')
            continue;
        asked->start = c + 1;
        asked->end = asked->start + strcspn(asked->start, "'");
        const char *dot = read_part(asked->start, asked->end, asked->name, sizeof asked->name);
        asked->schema[0] = 0;
        if (dot < asked->end && *dot == '.') {
            memcpy(asked->schema, asked->name, sizeof asked->schema);
            read_part(dot + 1, asked->end, asked->name, sizeof asked->name);
        }
        *at = asked->end;
        return true;
    }
    return false;
}

static bool is_it(const Asked *asked, const CatalogRelation *sequence) {
    return strcmp(asked->name, sequence->name) == 0 && strcmp(asked->schema[0] == 0 ? "public" : asked->schema, sequence->schema) == 0;
}

bool sequence_is_asked(const CatalogColumn *column, const CatalogRelation *sequence) {
    Asked asked;
    for (const char *at = column->default_text; at != NULL && next_asked(&at, &asked);)
        if (is_it(&asked, sequence))
            return true;
    return false;
}

static const char *replace(Arena *arena, const char *text, const Asked *asked, const char *literal) {
    return arena_printf(arena, "%.*s%s%s", (int)(asked->start - text), text, literal, asked->end);
}

static const char *rename_in(Arena *arena, const char *text, const CatalogRelation *from, const CatalogRelation *to) {
    Asked asked;
    for (const char *at = text; next_asked(&at, &asked);)
        if (is_it(&asked, from)) {
            size_t behind = strlen(asked.end);
            text = replace(arena, text, &asked, sequence_literal(arena, to->schema, to->name));
            at = text + strlen(text) - behind;
        }
    return text;
}

Status sequence_renamed(Session *session, const CatalogRelation *from, const CatalogRelation *to, Error *error) {
    CatalogSnapshot *snapshot = session_catalog(session_state(session));
    Status status = OK;
    for (int i = 0; i < snapshot->count && status == OK; i++) {
        const CatalogRelation *table = &snapshot->objects[i]->relation;
        bool is_asked = false;
        for (int c = 0; c < table->column_count; c++)
            is_asked |= sequence_is_asked(&table->columns[c], from);
        if (!is_asked)
            continue;
        Object *object = object_copy(snapshot->objects[i]);
        for (int c = 0; c < table->column_count; c++) {
            CatalogColumn *column = (CatalogColumn *)&object->relation.columns[c];
            if (sequence_is_asked(column, from))
                column->default_text = rename_in(object->arena, column->default_text, from, to);
        }
        status = ddl_replace(session, object, NULL, error);
        object_release(object);
    }
    catalog_snapshot_release(snapshot);
    return status;
}

const char *sequence_qualify(Arena *arena, const char *text, const SearchPath *path, const CatalogSnapshot *snapshot) {
    Asked asked;
    for (const char *at = text; next_asked(&at, &asked);) {
        const Object *object = asked.schema[0] != 0 ? NULL : search_path_find(path, snapshot, NULL, asked.name);
        const char *literal = object != NULL && object->relation.kind == RELATION_SEQUENCE
                                  ? sequence_literal(arena, object->relation.schema, object->relation.name)
                                  : arena_copy(arena, asked.start, (size_t)(asked.end - asked.start));
        const char *cast = asked.end + strspn(asked.end, "' \t\n");
        size_t behind = strlen(asked.end);
        if (*cast == ')')
            literal = arena_printf(arena, "%s'::regclass", literal);
        asked.end += *cast == ')' && *asked.end == '\'';
        text = replace(arena, text, &asked, literal);
        at = text + strlen(text) - (*cast == ')' ? behind - 1 : behind);
    }
    return text;
}
