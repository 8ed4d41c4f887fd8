/* System views: relations of other systems' catalogs as queries, expanded by the binder like any view. */
#include <pthread.h>
#include <string.h>

#include "server/catalog/system/system_catalog.h"

static const struct {
    uint32_t id;
    const char *schema, *name;
    const char *columns;
    const char *query;
} views[] = {
#define SYSTEM_VIEW(id, schema, name, columns, query) {id, schema, name, columns, query},
#include "server/catalog/system/system_views.def"
#undef SYSTEM_VIEW
};

enum { VIEWS = sizeof views / sizeof *views };

/* Made once; live as long as the process. */
static CatalogRelation described[VIEWS];
static pthread_once_t described_once = PTHREAD_ONCE_INIT;

static CatalogColumn *describe_columns(Arena *arena, const char *names, int *count) {
    CatalogColumn *columns = NULL;
    *count = 0;
    for (const char *at = names; *at != 0; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        CatalogColumn column = {.name = arena_copy(arena, at, length), .type = type_of(TYPE_TEXT)};
        ARENA_APPEND(arena, columns, *count, column);
        at += length;
    }
    return columns;
}

static void describe_all(void) {
    static Arena *arena;
    arena = arena_create();
    for (int i = 0; i < VIEWS; i++) {
        described[i] = (CatalogRelation){.id = views[i].id,
            .kind = RELATION_VIEW,
            .schema = views[i].schema,
            .name = views[i].name,
            .key_count = -1,
            .watermark_column = -1,
            .definition = definition_of_text(arena, views[i].query, strlen(views[i].query))};
        described[i].columns = describe_columns(arena, views[i].columns, &described[i].column_count);
    }
}

const CatalogRelation *system_view_by_name(const char *schema, const char *name) {
    pthread_once(&described_once, describe_all);
    for (int i = 0; i < VIEWS; i++)
        if (strcmp(views[i].name, name) == 0 && (schema == NULL || strcmp(views[i].schema, schema) == 0))
            return &described[i];
    return NULL;
}

const CatalogRelation *system_view_by_id(uint32_t id) {
    pthread_once(&described_once, describe_all);
    for (int i = 0; i < VIEWS; i++)
        if (views[i].id == id)
            return &described[i];
    return NULL;
}
