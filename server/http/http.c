/* Http: a request is read and routed; a statement then runs as any other, and is said in events: so it is
   cancelled when the client goes, waits when the client is slow, and may run as long as a subscription does.
 */
#include "server/http/http.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "executor/base/memory.h"
#include "server/connection/connection.h"
#include "server/conversation/script_run.h"
#include "server/http/events.h"

static bool claims(unsigned char first) {
    return isalpha(first) != 0;
}

static Need read_request(Conversation *conversation) {
    HttpExchange *http = http_exchange(conversation);
    size_t present;
    const char *bytes = socket_input(&conversation->connection->socket, &present);
    arena_reset(http->arena);
    switch (http_parse(bytes, present, http->arena, &http->request)) {
    case HTTP_MORE:
        return NEED_INPUT;
    case HTTP_BAD:
        http->request.method = NULL;
        return http_say(
            conversation, http->request.status, "", "This is no request that is understood here.\n");
    case HTTP_READY:
        break;
    }
    if (strcmp(http->request.path, "/healthz") == 0) /* answers also while the pool is busy */
        return http_answer_health(conversation);
    conversation->activity = http_route;
    return NEED_NOTHING;
}

static Need run_body(Conversation *conversation) {
    const HttpRequest *request = &http_exchange(conversation)->request;
    if (request->body_length > BIG_STATEMENT && !conversation->is_on_pool)
        return NEED_POOL;
    conversation->activity = NULL;
    return script_run_begin(conversation, request->body);
}

/* What the client sends behind its request is not read any more. */
static Need begin_query(Conversation *conversation) {
    HttpExchange *http = http_exchange(conversation);
    Connection *connection = conversation->connection;
    Error error = {0};
    if (memchr(http->request.body, 0, http->request.body_length) != NULL)
        return http_say(conversation, 400, "", "A statement has no zero bytes.\n");
    if (connection_open_session(connection, http->user, &error) != OK) {
        Text text = {0};
        text_printf(&text, "%s: %s\n", status_sqlstate(error.status), error.message);
        error_clear(&error);
        Need need = http_say(conversation, 403, "", text_string(&text));
        text_free(&text);
        return need;
    }
    socket_ignore_input(&connection->socket);
    http->stage = HTTP_STREAMING;
    http_add_head(
        &conversation->output, 200, "text/event-stream; charset=utf-8", "X-Accel-Buffering: no\r\n\r\n");
    connection_begin_statement(connection);
    if (connection_check_size(connection, http->request.body_length, &error) != OK)
        return conversation_fail(conversation, &error);
    conversation->activity = run_body;
    return NEED_NOTHING;
}

static Need read_input(Conversation *conversation) {
    if (conversation->protocol_state == NULL) {
        HttpExchange *http = NEW(HttpExchange);
        http->arena = arena_create();
        conversation->protocol_state = http;
    }
    assert(http_exchange(conversation)->stage != HTTP_STREAMING);
    return http_exchange(conversation)->stage == HTTP_READING ? read_request(conversation)
                                                              : begin_query(conversation);
}

static void close_state(Conversation *conversation) {
    HttpExchange *http = http_exchange(conversation);
    if (http == NULL)
        return;
    arena_destroy(http->arena);
    memory_free(http);
    conversation->protocol_state = NULL;
}

/* The request is answered, whether well or not. */
static void end(Conversation *conversation) {
    events_add_end(&conversation->output);
    conversation_end(conversation);
}

const Protocol http_protocol = {
    .name = "HTTP",
    .claims = claims,
    .read = read_input,
    .close = close_state,
    .is_text_only = true,
    .row_description = events_add_columns,
    .add_row = events_add_row,
    .copy_frame = {events_begin_copy, events_end_copy},
    .complete = events_add_complete,
    .empty = events_add_empty,
    .error = events_add_error,
    .notice = events_add_notice,
    .recover = end,
    .ready = end,
};
