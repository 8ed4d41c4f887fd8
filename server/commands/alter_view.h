/* ALTER MATERIALIZED VIEW … RESUME: a suspended view is built again, and what was suspended with it. */
#ifndef LEAT_COMMANDS_ALTER_VIEW_H
#define LEAT_COMMANDS_ALTER_VIEW_H

#include "server/commands/command.h"
#include "server/commands/ddl.h"

Status alter_view_resume(SimpleExecution *execution, Error *error);

#endif
