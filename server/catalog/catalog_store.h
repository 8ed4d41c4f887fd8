/* CatalogStore: all objects, as immutable snapshots that statements hold; changed by DDL, durable with the
   commit that publishes it. */
#ifndef LEAT_CATALOG_CATALOG_STORE_H
#define LEAT_CATALOG_CATALOG_STORE_H

#include "executor/state/store.h"
#include "server/catalog/object.h"
#include "server/catalog/statistics.h"

typedef struct CatalogStore CatalogStore;

/* What the objects were at one version. */
typedef struct CatalogSnapshot {
    atomic_int reference_count;
    uint64_t version;
    int count;
    Object **objects; /* by id */
} CatalogSnapshot;

CatalogStore *catalog_store_create(void);
void catalog_store_destroy(CatalogStore *store);
/* Reads the objects of the last commit. */
Status catalog_store_load(CatalogStore *store, Store *durable, Error *error);

/* The same once more: what later changes were not committed is as if it had not been. */
Status catalog_store_reload(CatalogStore *store, Store *durable, Error *error);

CatalogSnapshot *catalog_snapshot(CatalogStore *store); /* a reference */
CatalogSnapshot *catalog_snapshot_retain(CatalogSnapshot *snapshot);
void catalog_snapshot_release(CatalogSnapshot *snapshot);
uint64_t catalog_version(CatalogStore *store);
/* The version of the newest catalog that a snapshot, or a transaction's changes, stand over. */
uint64_t catalog_snapshot_base(const CatalogSnapshot *snapshot);
uint64_t catalog_changed_version(uint64_t base, uint64_t serial); /* of a transaction's changes */
Object *catalog_find(
    const CatalogSnapshot *snapshot, const char *schema, const char *name); /* schema NULL: public */
/* The table or view with an index of that name (its number, −1: the primary key's), or NULL. */
Object *catalog_find_index(const CatalogSnapshot *snapshot, const char *schema, const char *name, int *index);
Object *catalog_find_id(const CatalogSnapshot *snapshot, uint32_t id);
/* The sequence that goes with a table's column, or NULL. */
Object *catalog_find_owned(const CatalogSnapshot *snapshot, uint32_t table_id, const char *column);
/* A copy of a snapshot to change, before it is shared: its references are its own. */
CatalogSnapshot *catalog_snapshot_copy(const CatalogSnapshot *snapshot, uint64_t version);
void catalog_snapshot_put(
    CatalogSnapshot *snapshot, Object *object); /* takes over the reference; replaces one of the same id */
void catalog_snapshot_take_out(CatalogSnapshot *snapshot, uint32_t id);
/* A sequence is that of an identity column. */
bool sequence_is_internal(const CatalogSnapshot *snapshot, const Object *sequence);
/* Ids of the objects that read object `id`, views that mention it included, or that stand in the schema; into
   ids (room for snapshot->count); their number. */
int catalog_dependents(const CatalogSnapshot *snapshot, uint32_t id, uint32_t *ids);

/* A new id, never given before. */
uint32_t catalog_next_id(CatalogStore *store);
/* Makes a change visible and adds its facts to the cut. On the coordinator's thread, so that changes come one
   after the other. */
void catalog_add(CatalogStore *store, Object *object,
    Cut *cut); /* takes over the reference; replaces one of the same id */
/* Its two halves, for an object that may be seen only once its first commit is published. */
void catalog_stage(CatalogStore *store, const Object *object, Cut *cut);
void catalog_show(CatalogStore *store, Object *object); /* takes over the reference */
void catalog_remove(CatalogStore *store, uint32_t id, Cut *cut);
/* Objects that are being built in the background: durable, and not in the catalog yet. */
void catalog_stage_build(CatalogStore *store, const Object *object, Cut *cut);
void catalog_forget_build(uint32_t id, Cut *cut);
Status catalog_builds(Store *durable,
    Status (*take)(void *argument, const char *key, size_t key_length, const char *value, size_t value_length,
        Error *error),
    void *argument, Error *error);
/* A name is being created: 42P07 when it is taken (unless is_free: its owner goes) or being created already.
 */
Status catalog_reserve(CatalogStore *store, const char *schema, const char *name, bool is_free, Error *error);
void catalog_unreserve(CatalogStore *store, const char *schema, const char *name);

bool catalog_schema_exists(const CatalogSnapshot *snapshot, const char *schema);

enum { SEARCH_PATH_MAX = 16, SCHEMA_NAME_SIZE = 64 };
typedef struct SearchPath {
    int count;
    char schemas[SEARCH_PATH_MAX][SCHEMA_NAME_SIZE];
    int target;                       /* where new objects go; count: nowhere */
    char temporary[SCHEMA_NAME_SIZE]; /* what pg_temp means, whether it is there or not */
} SearchPath;

/* The planner's view of a snapshot, with the statistics that its plans were made from. */
typedef struct CatalogView {
    Catalog catalog;
    CatalogSnapshot *snapshot; /* kept by the caller */
    SearchPath path;
    const struct Role *role; /* whose rights count; NULL: everything is allowed */
    Statistics *statistics;
    ObjectStatistics **held; /* what relations given out refer to */
    int held_count, held_capacity;
} CatalogView;
/* Fills the view, which stays where it is, with public as its path; `statistics` NULL: none. */
void catalog_for_planner(CatalogView *view, CatalogSnapshot *snapshot, Statistics *statistics);
/* Lets the statistics go that earlier plans were made from: before another plan is made. */
void catalog_view_renew(CatalogView *view);
void catalog_view_clear(CatalogView *view);

#endif
