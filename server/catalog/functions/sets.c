/* Sets about the language and the system: pg_get_keywords, pg_timezone_names, and an array's elements with
   their numbers. */
#include <dirent.h>
#include <string.h>

#include "executor/types/array.h"
#include "executor/types/time/timezone.h"
#include "server/catalog/functions/library.h"

static const struct {
    const char *word;
    char category;
    bool is_label;
} words[] = {
#define KEYWORD(word, category, is_label) {word, category, is_label},
#include "server/catalog/functions/keywords.def"
#undef KEYWORD
};

static void set_text(Column *column, int row, const char *text) {
    column_set_bytes(column, row, text, (uint32_t)strlen(text));
}

static const char *category_text(char category) {
    switch (category) {
    case 'C':
        return "unreserved (cannot be function or type name)";
    case 'T':
        return "reserved (can be function or type name)";
    case 'R':
        return "reserved";
    default:
        return "unreserved";
    }
}

static Status keywords_start(SetContext *context, Error *error) {
    context->state = ARENA_NEW(context->arena, size_t);
    return OK;
}

static Status keywords_next(
    SetContext *context, Column *const *columns, int at, int room, int *added, Error *error) {
    size_t *next = context->state;
    for (*added = 0; *added < room && *next < sizeof words / sizeof *words; ++*added, ++*next) {
        int row = at + *added;
        set_text(columns[0], row, words[*next].word);
        column_set_bytes(columns[1], row, &words[*next].category, 1);
        ((uint8_t *)columns[2]->values)[row] = words[*next].is_label;
        set_text(columns[3], row, category_text(words[*next].category));
        set_text(columns[4], row, words[*next].is_label ? "can be bare label" : "requires AS");
    }
    return OK;
}

typedef struct Zones {
    const char **names;
    int count;
    int next;
} Zones;

static void collect_zones(Arena *arena, const char *prefix, Zones *zones) {
    DIR *directory = opendir(arena_printf(arena, "/usr/share/zoneinfo/%s", prefix));
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        const char *name = arena_printf(arena, "%s%s", prefix, entry->d_name);
        if (entry->d_name[0] == '.')
            continue;
        if (entry->d_type == DT_DIR)
            collect_zones(arena, arena_printf(arena, "%s/", name), zones);
        else if (timezone_find(name, strlen(name)) != NULL)
            ARENA_APPEND(arena, zones->names, zones->count, name);
    }
    if (directory != NULL)
        closedir(directory);
}

static Status zones_start(SetContext *context, Error *error) {
    Zones *zones = context->state = ARENA_NEW(context->arena, Zones);
    collect_zones(context->arena, "", zones);
    return OK;
}

static Status zones_next(
    SetContext *context, Column *const *columns, int at, int room, int *added, Error *error) {
    Zones *zones = context->state;
    for (*added = 0; *added < room && zones->next < zones->count; ++*added) {
        int row = at + *added;
        const char *name = zones->names[zones->next++], *abbreviation;
        bool is_dst;
        int32_t offset = timezone_offset_at(
            timezone_find(name, strlen(name)), context->settings->now, &is_dst, &abbreviation);
        set_text(columns[0], row, name);
        set_text(columns[1], row, abbreviation);
        ((Interval *)columns[2]->values)[row] = (Interval){.microseconds = offset * INT64_C(1000000)};
        ((uint8_t *)columns[3]->values)[row] = is_dst;
    }
    return OK;
}

typedef struct Numbered {
    Array array;
    int next;
} Numbered;

static Status numbered_start(SetContext *context, Error *error) {
    Numbered *numbered = context->state = ARENA_NEW(context->arena, Numbered);
    array_open(context->arguments[0].type, &context->arguments[0].datum.view, &numbered->array);
    return OK;
}

/* The element, and its number from 1 on whatever the array's lower bound is. */
static Status numbered_next(
    SetContext *context, Column *const *columns, int at, int room, int *added, Error *error) {
    Numbered *numbered = context->state;
    for (*added = 0; *added < room && numbered->next < numbered->array.count; ++*added) {
        Datum element;
        if (array_get(&numbered->array, numbered->next++, &element))
            column_set_datum(columns[0], at + *added, &element);
        else
            column_set_null(columns[0], at + *added);
        ((int32_t *)columns[1]->values)[at + *added] = numbered->next;
    }
    return OK;
}

const SetFunction catalog_sets[] = {
    {"pg_get_keywords() -> setof record",
        "word text, catcode char, barelabel bool, catdesc text, baredesc text", true, keywords_start,
        keywords_next},
    {"pg_timezone_names() -> setof record", "name text, abbrev text, utc_offset interval, is_dst bool", true,
        zones_start, zones_next},
    {"_pg_expandarray(int2[]) -> setof record", "x int2, n int4", true, numbered_start, numbered_next},
    {"_pg_expandarray(int4[]) -> setof record", "x int4, n int4", true, numbered_start, numbered_next},
    {"_pg_expandarray(oid[]) -> setof record", "x oid, n int4", true, numbered_start, numbered_next},
    {0},
};
