/* Http: what else the port answers, as a Protocol: the console, metrics, health, and statements whose results
   come as server-sent events. One request a connection. */
#ifndef LEAT_HTTP_HTTP_H
#define LEAT_HTTP_HTTP_H

#include "server/conversation/protocol.h"
#include "server/http/request.h"

/* Between reading and being admitted the request is routed in the query pool: a password costs milliseconds
   to check, and the figures wait for the end of a step. */
typedef enum HttpStage { HTTP_READING, HTTP_ADMITTED, HTTP_STREAMING } HttpStage;

typedef struct HttpExchange {
    HttpStage stage;
    const char *user; /* admitted, to run the body's statements */
    Arena *arena;
    HttpRequest request;
} HttpExchange;

static inline HttpExchange *http_exchange(const Conversation *conversation) {
    return conversation->protocol_state;
}

/* Adds the status line and headers, all but what the body is. */
void http_add_head(Text *out, int status, const char *type, const char *more);
/* Answers, which ends the conversation. more: further headers, each with its line end. */
Need http_answer(
    Conversation *conversation, int status, const char *type, const char *more, const Text *body);
Need http_say(Conversation *conversation, int status, const char *more, const char *text);

/* route.c: the activity that decides who may have what, and answers; NEED_ROOM when it is admitted to run a
   statement. */
Need http_route(Conversation *conversation);
Need http_answer_health(Conversation *conversation);

#endif
