/* DDL: what statements that create or drop objects share. */
#ifndef LEAT_COMMANDS_DDL_H
#define LEAT_COMMANDS_DDL_H

#include "server/commands/command.h"
#include "server/engine/catalog_changes.h"
#include "server/engine/object_build.h"

/* analysis_new_name for what may be temporary: said so, or by its schema; *is_temporary: it is. */
Status ddl_new_name(SimpleExecution *execution, const SyntaxName *name, bool *is_temporary,
    const char **schema, const char **out, Error *error);
/* ON COMMIT, as the syntax says it; of an object not shared yet. */
Status ddl_set_on_commit(Object *object, char on_commit, Error *error);
/* temporary.c: an object that reads temporary ones is temporary too (a plain view), or refused. */
Status ddl_follow_temporary(SimpleExecution *execution, Object *object, Error *error);
/* What ON COMMIT says of the session's temporary tables, before its transaction commits. */
void temporary_commit(Session *session);
/* Drops the session's temporary objects within its transaction. */
void temporary_drop(Session *session);
/* The same with IF NOT EXISTS: true when the name is taken, which is a notice then. */
bool ddl_skips(
    Session *session, const char *schema, const char *name, bool if_not_exists, Status *status, Error *error);
/* Indexes (create_index.c). Chooses (NULL) and reserves the index's name, for an object not shared yet. */
Status ddl_name_index(
    Session *session, const Object *object, const char *name, CatalogIndex *index, Error *error);
/* The same for the primary key. */
Status ddl_name_key(Session *session, Object *object, const char *name, Error *error);
/* Gives the index an id and adds it to an object not shared yet. */
Status ddl_append_index(Instance *instance, Object *object, CatalogIndex *index, Error *error);
/* Rows that the transaction itself has written enter a new unique index's part of its write set. */
Status ddl_index_own_rows(
    SimpleExecution *execution, const Object *object, const CatalogIndex *index, Error *error);
Status ddl_rename_index(Session *session, Object *object, int index, const char *name,
    Error *error);                                          /* of a copy not shared yet; −1: the key's */
Object *ddl_without_index(const Object *object, int index); /* a copy */
/* What uses a column of the table: with CASCADE it is dropped (but for computed columns, which are the
   caller's to drop), else 2BP01 says what there is. */
Status ddl_drop_column_users(
    SimpleExecution *execution, const Object *object, int column, bool is_cascade, Error *error);
Status ddl_drop_index(Session *session, const SearchPath *path, const CatalogSnapshot *snapshot,
    const char *schema, const char *name, bool if_exists, Error *error);
/* Runs within this statement an INSERT made for it, which fills a new table, over the catalog as it is now.
 */
Status ddl_evaluate(
    SimpleExecution *execution, const SyntaxStatement *syntax, int64_t *row_count, Error *error);
Status ddl_create_table_as(SimpleExecution *execution, Error *error);
/* serial and its kin are types of columns only; UNKNOWN: none of them. */
TypeId ddl_serial_type(const SyntaxType *type);
/* The function that DROP and the like name (create_function.c); with IF EXISTS a missing one is NULL and a
   notice. */
Status function_resolve(SimpleExecution *execution, const SyntaxName *name, const SyntaxSignature *signature,
    bool if_exists, Object **object, Error *error);
/* f(integer, text) */
const char *function_signature(Arena *arena, const char *name, const Type *types, int count);
/* Whether the word (TABLE, SOURCE, …) may be said of the object. */
bool ddl_kind_matches(const char *word, const Object *object);
/* "Use DROP TABLE to remove a table." */
Status ddl_hint_drop(const Object *object, Error *error);
/* OWNER TO (grant.c), of a copy not shared yet. */
Status ddl_change_owner(SimpleExecution *execution, Object *object, const SyntaxRoleName *name, Error *error);
Status ddl_alter_schema(SimpleExecution *execution, Error *error);
/* 42501 unless a superuser asks: connectors go elsewhere with the server's own rights. */
Status ddl_check_connector(const Analysis *analysis, const Object *object, Error *error);
/* Reserves a name for a view or sink that is built outside any transaction; with IF NOT EXISTS a taken one is
   a notice and *is_done. */
Status ddl_reserve(SimpleExecution *execution, const char *schema, const char *name, bool if_not_exists,
    bool *is_done, Error *error);
/* The session's settings that a job runs with for ever. */
void ddl_freeze_settings(Object *object, Session *session);
/* connector, options, format and encoding of a WITH list; 22023 for an unknown connector. */
Status ddl_set_connector(
    Object *object, const SyntaxOptions *options, const SyntaxFormat *format, Error *error);
/* What an object is defined by: a query, and where its text stands in the statement's. */
typedef struct DefiningQuery {
    const SyntaxSelect *select;
    int start, length;
    PlanMode mode;
} DefiningQuery;
/* Plans it in the planner's arena, the object's, and sets the object's definition; it may have no parameters.
 */
Status ddl_define_query(
    PlannerContext *planner, Object *object, const DefiningQuery *query, Plan *plan, Error *error);
/* The same for CREATE VIEW and MATERIALIZED VIEW, with the planner made ready. */
Status ddl_plan_query(Analysis *analysis, Session *session, Object *object, PlanMode mode,
    PlannerContext *planner, Plan *plan, Error *error);
/* What the object's job runs, encoded. */
void ddl_set_spec(Object *object, const OperatorSpec *spec);
/* The name of a check that has none, as PostgreSQL makes it: after the table, and the column when the check
   is about one; numbered when that is taken. */
const char *ddl_name_check(const Object *object, const CatalogDefinition *check);
/* Stores the plan in the object: spec, dependencies, columns (visible ones named by `names` if given), key,
   watermarks. */
Status ddl_set_plan(Object *object, const Plan *plan, const char *const *names, int name_count, Error *error);
/* Builds the object beside the running jobs, then adds it to the catalog. `execution` awaits it; cancelling
   it drops the build. The reference is taken over. */
Status ddl_build(SimpleExecution *execution, Object *object, Error *error);
/* The same; the object takes the place and name of another one, which goes in the same commit. */
Status ddl_build_instead(SimpleExecution *execution, Object *object, uint32_t replaced, Error *error);
/* Builds a suspended view again; see ddl_build. */
Status ddl_rebuild(SimpleExecution *execution, const Object *object, Error *error);

#endif
