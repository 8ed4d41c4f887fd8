/* Analysis: one analysed statement of a session: what the engine keeps behind a Prepared, and what the
   commands ask of it. */
#ifndef LEAT_ENGINE_ANALYSIS_H
#define LEAT_ENGINE_ANALYSIS_H

#include "planner/planner.h"
#include "server/catalog/role.h"
#include "server/catalog/search_path.h"
#include "server/engine/instance.h"
#include "server/session/session.h"

/* Everything lies in its arena. */
typedef struct Analysis {
    Prepared prepared;
    const struct Command *command;
    Instance *instance;
    Session *session;
    Arena *arena;
    Script *script;
    const SyntaxStatement *syntax; /* the script's, or made for it: then no position is the user's */
    const char *sql;               /* the script's text */
    CatalogSnapshot *snapshot;
    const char *search_path; /* the setting, as it was */
    const char *role_name;   /* whom the session acted as */
    struct Role *role;
    CatalogView view;
    int parameter_count;
    Type *parameter_types;
    void *plan;       /* the command's own */
    bool fills_table; /* an INSERT of the rows that a table had before it was changed */
    Prepared *inner; /* another statement that this one runs (COPY (SELECT …)), released with it; or NULL */
} Analysis;

/* What the planner needs; parameters may be NULL (analysing). Types found are written back by
   analysis_keep_parameters. */
void analysis_context(Analysis *analysis, Session *session, const Value *parameters, PlannerContext *context);
void analysis_keep_parameters(Analysis *analysis, const PlannerContext *context);
/* Result columns of a schema's first `count` columns. */
/* origins by column; NULL: none is a relation's own. */
void analysis_set_columns(Analysis *analysis, const Schema *schema, const ColumnOrigin *origins, int count);
/* The same for fixed text columns, as of SHOW. */
void analysis_set_text_columns(Analysis *analysis, int count, const char *const *names);

/* The text of a part of the user's statement. */
const char *analysis_text(const Analysis *analysis, int start, int length);
/* The object that a name means: 42P01 at its position when there is none, 3F000 for an unknown schema. */
Status analysis_find(const Analysis *analysis, const SyntaxName *name, Object **object, Error *error);
/* The schema of a new object and its name: 3F000 when there is no such schema, or none in the search path. */
Status analysis_new_name(
    const Analysis *analysis, const SyntaxName *name, const char **schema, const char **out, Error *error);
Status analysis_error_at(
    const Analysis *analysis, int position, Error *error); /* error_at of a byte position */

/* Whom the statement's session acts as. */
Role analysis_role(const Analysis *analysis);
/* 42704 when there is none; PUBLIC has the id ROLE_PUBLIC. */
Status analysis_find_role(const Analysis *analysis, const SyntaxRoleName *name, Role *role, Error *error);
/* 42501 unless the statement's role owns the object. */
Status analysis_check_owner(const Analysis *analysis, const Object *object, Error *error);
/* 42501 unless it has the privileges. */
Status analysis_check_may(const Analysis *analysis, const Object *object, uint32_t privileges, Error *error);

#endif
