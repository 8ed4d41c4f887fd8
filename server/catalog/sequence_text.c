/* Which sequences a default's text asks. A default is kept as its text, so that names in it follow by
   rewriting. */
#include "server/catalog/sequence_text.h"

#include <ctype.h>
#include <string.h>

#include "planner/parse/deparse.h"
#include "server/catalog/search_path.h"

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

/* The name in nextval('…'), the next from *at on: its bytes and its parts, folded and unquoted; schema "":
   none. False when there is no more. */
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
    return strcmp(asked->name, sequence->name) == 0 &&
           strcmp(asked->schema[0] == 0 ? "public" : asked->schema, sequence->schema) == 0;
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

const char *sequence_rename_in(
    Arena *arena, const char *text, const CatalogRelation *from, const CatalogRelation *to) {
    Asked asked;
    for (const char *at = text; next_asked(&at, &asked);)
        if (is_it(&asked, from)) {
            size_t behind = strlen(asked.end);
            text = replace(arena, text, &asked, sequence_literal(arena, to->schema, to->name));
            at = text + strlen(text) - behind;
        }
    return text;
}

const char *sequence_qualify(
    Arena *arena, const char *text, const SearchPath *path, const CatalogSnapshot *snapshot) {
    Asked asked;
    for (const char *at = text; next_asked(&at, &asked);) {
        const Object *object =
            asked.schema[0] != 0 ? NULL : search_path_find(path, snapshot, NULL, asked.name);
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

const char *sequence_show(
    Arena *arena, const char *text, const SearchPath *path, const CatalogSnapshot *snapshot) {
    Asked asked;
    for (const char *at = text; next_asked(&at, &asked);) {
        const char *schema = asked.schema[0] == 0 ? "public" : asked.schema;
        const Object *object = catalog_find(snapshot, schema, asked.name);
        if (object == NULL || object->relation.kind != RELATION_SEQUENCE)
            continue;
        Text shown = {0};
        if (!search_path_shows(path, snapshot, schema, asked.name)) {
            deparse_identifier(schema, &shown);
            text_add_char(&shown, '.');
        }
        deparse_identifier(asked.name, &shown);
        size_t behind = strlen(asked.end);
        text = replace(arena, text, &asked, text_string(&shown));
        at = text + strlen(text) - behind;
        text_free(&shown);
    }
    return text;
}
