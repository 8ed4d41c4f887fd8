/* The server's figures, and whether it is well. Any thread. */
#ifndef LEAT_COMMANDS_METRICS_H
#define LEAT_COMMANDS_METRICS_H

#include "server/commands/command.h"

void engine_add_metrics(void *context, Text *out);
/* False while the store refuses commits. */
bool engine_is_healthy(void *context);

#endif
