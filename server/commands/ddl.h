/* DDL: what statements that create or drop objects share. */
#ifndef LEAT_COMMANDS_DDL_H
#define LEAT_COMMANDS_DDL_H

#include "server/commands/command.h"

/* Reserves a name for a new object; with IF NOT EXISTS a taken one is a notice and *is_done. */
Status ddl_reserve(SimpleExecution *execution, const char *schema, const char *name, bool if_not_exists, bool *is_done, Error *error);
/* The session's settings that a job runs with for ever. */
void ddl_freeze_settings(Object *object, Session *session);
/* connector, options, format and encoding of a WITH list; 22023 for an unknown connector. */
Status ddl_set_connector(Object *object, const SyntaxOptions *options, const SyntaxFormat *format, Error *error);
/* Stores the plan in the object: spec, dependencies, columns (visible ones named by `names` if given), key, watermarks. */
Status ddl_set_plan(Object *object, const Plan *plan, const char *const *names, int name_count, Error *error);
/* Builds the object beside the running jobs, then adds it to the catalog. `execution` awaits it; cancelling it drops the build. The reference is taken over. */
Status ddl_build(SimpleExecution *execution, Object *object, Error *error);

#endif
