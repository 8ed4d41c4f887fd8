/* Http: what else the port answers: the console, metrics, health, and statements whose results come as
   server-sent events. */
#ifndef LEAT_HTTP_HTTP_H
#define LEAT_HTTP_HTTP_H

#include "server/connection/connection.h"

typedef struct HttpExchange HttpExchange;

/* The connection's phase while its request comes and is answered. */
RunResult http_run(Connection *connection);
/* What the conversation has written becomes what the client is sent. */
void http_take_output(Connection *connection);
/* All is said: to be closed once it is sent. */
bool http_is_over(const Connection *connection);
void http_release(Connection *connection);

#endif
