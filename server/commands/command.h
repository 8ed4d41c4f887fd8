/* Command: how one kind of statement is analysed and run. One const record a file, listed in commands.def. */
#ifndef LEAT_COMMANDS_COMMAND_H
#define LEAT_COMMANDS_COMMAND_H

#include "server/engine/engine.h"
#include "server/engine/query_context.h"
#include "server/engine/session_state.h"
#include "server/engine/simple_execution.h"

typedef struct Command Command;

struct Command {
    bool is_forbidden_in_block; /* 25001 in a transaction block */
    bool is_read_only;
    bool is_definition; /* its changes wait for the transaction's commit: see ddl.h */
    /* Sets what prepared says of results and parameters. NULL: none of either. */
    Status (*prepare)(Analysis *analysis, Error *error);
    Status (*execute)(
        Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error);
};

#define COMMAND(file, name, kind) extern const Command name##_command;
#include "server/commands/commands.def"
#undef COMMAND

#endif
