/* System catalog: pg_catalog, information_schema and leat_catalog as relations, whose rows are made from a
   snapshot when they are read. */
#ifndef LEAT_CATALOG_SYSTEM_CATALOG_H
#define LEAT_CATALOG_SYSTEM_CATALOG_H

#include "executor/state/relation.h"
#include "planner/bind/catalog.h"
#include "server/catalog/catalog_store.h"
#include "server/catalog/functions/session_facts.h"

/* What the rows are made from. */
typedef struct SystemFacts {
    CatalogSnapshot *snapshot;
    struct Coordinator *coordinator; /* for status relations */
    struct Session *session;         /* for pg_settings, cursors, prepared statements */
    struct SessionList *sessions;    /* all of them, for pg_stat_activity */
    struct Sequences *sequences;     /* their values */
    const char *data_directory;
} SystemFacts;

/* schema NULL: pg_catalog. NULL when there is none. Static. */
const CatalogRelation *system_relation_by_name(const char *schema, const char *name);
const CatalogRelation *system_relation_by_id(uint32_t id);
/* system_views.c: those of other systems, which come last: schema NULL: of any. NULL when there is none.
   Static. */
const CatalogRelation *system_view_by_name(const char *schema, const char *name);
const CatalogRelation *system_view_by_id(uint32_t id);
bool system_schema_exists(const char *schema);
/* Rows with all columns of the relation ("pg_catalog.pg_class"). */
Status system_relation_rows(const SystemFacts *facts, const char *relation, BatchList *rows, Error *error);
/* Name lookups of the reg* types; the facts are borrowed. */
/* A role's name, the guest's included; NULL: none. */
const char *system_role_name(const SystemFacts *facts, uint32_t oid);
uint32_t system_role_oid(const SystemFacts *facts, const char *name); /* 0: none */
TypeNames system_type_names(SystemFacts *facts);
/* What functions ask about the session and the catalog; the facts are borrowed. */
SessionFacts system_session_facts(SystemFacts *facts, int64_t server_start);

struct JobStatus;
void job_status_free(struct JobStatus *jobs, int count); /* what coordinator_status gave */

#endif
