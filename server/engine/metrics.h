/* The server's figures, and whether it is well. Any thread. */
#ifndef LEAT_ENGINE_METRICS_H
#define LEAT_ENGINE_METRICS_H

#include "server/engine/session_state.h"

void engine_add_metrics(void *context, Text *out);
/* False while the store refuses commits. */
bool engine_is_healthy(void *context);

#endif
