/* What the open transaction does to the catalog: seen by itself at once, by others once its commit has
   published it. */
#ifndef LEAT_ENGINE_CATALOG_CHANGES_H
#define LEAT_ENGINE_CATALOG_CHANGES_H

#include "server/engine/session_state.h"

/* The catalog as the session sees it: the newest, with what the open transaction has changed. A reference. */
CatalogSnapshot *session_catalog(SessionState *state);

/* A name for a new object or index: 42P07 when it is taken. Kept until the
   transaction ends. */
Status ddl_reserve_name(Session *session, const char *schema, const char *name, Error *error);
/* A new object (retained); tables and sources (their reader taken over) begin to run. */
Status ddl_add(Session *session, Object *object, SourceReader *reader, Error *error);
/* The object's new entry (retained), with an index that it did not have (NULL: none), which is filled now. */
Status ddl_replace(Session *session, Object *object, const CatalogIndex *new_index, Error *error);
void ddl_remove(Session *session, uint32_t id);
/* The statement looks at the table's rows from now on: its commit answers 40001 when others have changed them
   meanwhile. */
void ddl_guard_rows(Session *session, uint32_t id);
/* Takes back all changes but the first `count`. */
void ddl_go_back(SessionState *state, int count);
/* Publishes them together with the write set; on error nothing of either has happened, and the changes are
   still to be taken back. */
Status ddl_publish(Session *session, Error *error);

#endif
