/* ALTER SINK: how a stopped sink goes on. */
#ifndef LEAT_COMMANDS_ALTER_SINK_H
#define LEAT_COMMANDS_ALTER_SINK_H

#include "server/commands/command.h"
#include "server/commands/ddl.h"

Status alter_sink_run(SimpleExecution *execution, Error *error);

#endif
