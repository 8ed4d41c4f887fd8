/* Http: one request a connection. A statement runs as a simple query of a session of its own, on the
   machinery of PostgreSQL's protocol, and its messages are translated on their way out: so it is cancelled
   when the client goes, waits when the client is slow, and may run as long as a subscription does. */
#include "server/http/http.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "executor/base/memory.h"
#include "executor/base/random.h"
#include "server/auth/scram.h"
#include "server/http/console.h"
#include "server/http/events.h"
#include "server/http/request.h"
#include "server/connection/server_internal.h"

/* A verifier that was made elsewhere may ask for more work than a thread of sockets should do. */
enum { NONCE_SIZE = 16, ITERATIONS_MAX = 20 * SCRAM_ITERATIONS };

/* A request is routed in the query pool: a password costs milliseconds to check, and the figures wait for the
   end of a step. Sessions are opened where sockets are. */
typedef enum Stage { STAGE_READING, STAGE_ROUTING, STAGE_ADMITTED } Stage;

struct HttpExchange {
    Stage stage;
    const char *user; /* admitted, to run the body's statements */
    Arena *arena;
    HttpRequest request;
    bool is_streaming; /* a statement runs: messages are to be translated */
    bool is_over;
    Text head; /* to be sent before the first event */
};

/* Answers */

static const char *reason(int status) {
    static const struct {
        int status;
        const char *text;
    } reasons[] = {{200, "OK"}, {400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"},
        {404, "Not Found"}, {405, "Method Not Allowed"}, {413, "Content Too Large"},
        {415, "Unsupported Media Type"}, {431, "Request Header Fields Too Large"}, {501, "Not Implemented"},
        {503, "Service Unavailable"}, {505, "HTTP Version Not Supported"}};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "Error";
}

static void add_head(Text *out, int status, const char *type, const char *more) {
    text_printf(out,
        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nConnection: close\r\nCache-Control: "
        "no-store\r\nX-Content-Type-Options: nosniff\r\n"
        "Referrer-Policy: no-referrer\r\nX-Frame-Options: DENY\r\nCross-Origin-Resource-Policy: "
        "same-origin\r\n%s",
        status, reason(status), type, more);
}

static RunResult answer(
    Connection *connection, int status, const char *type, const char *more, const char *body, size_t length) {
    add_head(&connection->output, status, type, more);
    text_printf(&connection->output, "Content-Length: %zu\r\n\r\n", length);
    const char *method = connection->http->request.method;
    if (method == NULL || strcmp(method, "HEAD") != 0)
        text_add(&connection->output, body, length);
    connection->phase = PHASE_CLOSED;
    return RUN_CLOSE;
}

static RunResult say(Connection *connection, int status, const char *more, const char *text) {
    return answer(connection, status, "text/plain; charset=utf-8", more, text, strlen(text));
}

/* Who asks */

typedef struct Caller {
    const char *user;
    bool is_proved; /* by a password */
} Caller;

/* Without a name it is leat, as long as leat needs no password from there. */
static bool find_caller(Connection *connection, Caller *caller, Error *error) {
    HttpExchange *http = connection->http;
    const Engine *engine = connection->server->options.engine;
    const char *password = NULL;
    bool needs_password = false;
    Text verifier = {0};
    ScramVerifier parsed;
    *caller = (Caller){.user = "leat"};
    if (http->request.authorization != NULL &&
        !http_read_basic(&http->request, http->arena, &caller->user, &password))
        return false;
    if (engine->login != NULL &&
        engine->login(engine->context, caller->user, pg_server_peer_is_loopback(connection->fd),
            &needs_password, &verifier, error) != OK)
        return false;
    /* The hash is computed for those who are not there too: how long it takes tells nothing. */
    bool is_there =
        scram_parse_verifier(text_string(&verifier), &parsed) && parsed.iterations <= ITERATIONS_MAX;
    if (!is_there)
        parsed = (ScramVerifier){.iterations = SCRAM_ITERATIONS, .salt_length = SCRAM_SALT_SIZE};
    if (needs_password)
        caller->is_proved = password != NULL && scram_password_matches(password, &parsed) && is_there;
    text_free(&verifier);
    return !needs_password || caller->is_proved;
}

/* Passwords don't go over the network in the clear. */
static bool is_transport_safe(const Connection *connection) {
    if (connection->tls != NULL)
        return true;
    return !connection->server->options.is_tls_required && pg_server_peer_is_loopback(connection->fd);
}

/* A web page can make a browser of this machine send requests here: it must not be able to do anything by
   that, nor, by a name of its own that leads here (DNS rebinding), to read anything. A page of another site
   knows no password, so that whoever proved one is served under any name. */
static RunResult refuse(Connection *connection, const Caller *caller, bool is_page, bool *is_refused) {
    const HttpRequest *request = &connection->http->request;
    *is_refused = true;
    if (!caller->is_proved && !http_host_is_local(request->host))
        return say(connection, 403, "",
            "Without a password this server answers under the names localhost, 127.0.0.1 and [::1] only.\n");
    if (!is_page && !http_is_same_site(request, connection->tls != NULL))
        return say(connection, 403, "", "Requests of other sites are refused.\n");
    *is_refused = false;
    return RUN_AGAIN;
}

/* Resources */

static RunResult answer_health(Connection *connection) {
    const Engine *engine = connection->server->options.engine;
    const char *method = connection->http->request.method;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return say(connection, 405, "Allow: GET, HEAD\r\n", "");
    bool is_well = engine->is_healthy == NULL || engine->is_healthy(engine->context);
    return say(
        connection, is_well ? 200 : 503, "", is_well ? "ok\n" : "the store refuses writes: nothing steps\n");
}

static RunResult answer_metrics(Connection *connection) {
    const Engine *engine = connection->server->options.engine;
    Text text = {0};
    if (engine->add_metrics != NULL)
        engine->add_metrics(engine->context, &text);
    text_printf(&text,
        "# HELP leat_connections Clients with a session.\n# TYPE leat_connections gauge\nleat_connections "
        "%d\n",
        pg_server_connection_count(connection->server));
    RunResult result = answer(
        connection, 200, "text/plain; version=0.0.4; charset=utf-8", "", text_string(&text), text.length);
    text_free(&text);
    return result;
}

/* The page's own script and style carry a word that no one else can know. */
static RunResult answer_console(Connection *connection) {
    unsigned char random[NONCE_SIZE];
    char nonce[2 * NONCE_SIZE + 1], policy[512];
    if (random_secure(random, sizeof random, NULL) != OK)
        return say(connection, 503, "", "no random numbers\n");
    for (int i = 0; i < NONCE_SIZE; i++)
        snprintf(nonce + 2 * i, 3, "%02x", random[i]);
    snprintf(policy, sizeof policy,
        "Content-Security-Policy: default-src 'none'; script-src 'nonce-%s'; style-src 'nonce-%s'; "
        "connect-src 'self'; img-src data:; base-uri "
        "'none'; "
        "form-action 'none'; frame-ancestors 'none'\r\n",
        nonce, nonce);
    Text page = {0};
    const char *at = console_page, *end = at + console_page_length;
    for (const char *mark; (mark = memmem(at, (size_t)(end - at), "@NONCE@", 7)) != NULL; at = mark + 7) {
        text_add(&page, at, (size_t)(mark - at));
        text_add_string(&page, nonce);
    }
    text_add(&page, at, (size_t)(end - at));
    RunResult result = answer(connection, 200, "text/html; charset=utf-8", policy, page.bytes, page.length);
    text_free(&page);
    return result;
}

/* The statement goes the way of a Query message. What the client sends behind its request is not read any
   more. */
static RunResult begin_query(Connection *connection) {
    HttpExchange *http = connection->http;
    const HttpRequest *request = &http->request;
    Error error = {0};
    if (memchr(request->body, 0, request->body_length) != NULL)
        return say(connection, 400, "", "A statement has no zero bytes.\n");
    if (startup_open_session(connection, http->user, &error) != OK) {
        Text text = {0};
        text_printf(&text, "%s: %s\n", status_sqlstate(error.status), error.message);
        error_clear(&error);
        RunResult result = say(connection, 403, "", text_string(&text));
        text_free(&text);
        return result;
    }
    uint32_t length = htobe32((uint32_t)request->body_length + 5);
    text_reset(&connection->input);
    connection->input_at = 0;
    text_add_char(&connection->input, 'Q');
    text_add(&connection->input, (const char *)&length, sizeof length);
    text_add(&connection->input, request->body, request->body_length + 1);
    connection->discard = 0;
    connection->ignores_input = true;
    connection->phase = PHASE_READY;
    http->is_streaming = true;
    add_head(&http->head, 200, "text/event-stream; charset=utf-8", "X-Accel-Buffering: no\r\n\r\n");
    return RUN_AGAIN;
}

static bool is_type(const char *type, const char *expected) {
    size_t length = strlen(expected);
    return type != NULL && strncasecmp(type, expected, length) == 0 &&
           (type[length] == 0 || type[length] == ';' || type[length] == ' ');
}

static RunResult route(Connection *connection) {
    const HttpRequest *request = &connection->http->request;
    bool is_get = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
    bool is_page = strcmp(request->path, "/") == 0, is_metrics = strcmp(request->path, "/metrics") == 0;
    bool is_query = strcmp(request->path, "/query") == 0, is_refused;
    if (!is_transport_safe(connection))
        return say(connection, 403, "", "This needs TLS: use https.\n");
    Caller caller;
    Error error = {0};
    bool is_known = find_caller(connection, &caller, &error);
    error_clear(&error);
    if (!is_known)
        return say(connection, 401, "WWW-Authenticate: Basic realm=\"Leat\", charset=\"UTF-8\"\r\n",
            "A role and its password are needed.\n");
    RunResult result = refuse(connection, &caller, is_page, &is_refused);
    if (is_refused)
        return result;
    if (!is_page && !is_metrics && !is_query)
        return say(connection, 404, "", "There are /, /query, /metrics and /healthz.\n");
    if (is_query ? strcmp(request->method, "POST") != 0 : !is_get)
        return say(connection, 405, is_query ? "Allow: POST\r\n" : "Allow: GET, HEAD\r\n", "");
    if (is_page || is_metrics)
        return is_page ? answer_console(connection) : answer_metrics(connection);
    /* A type that no form can send: a page of another site would have to ask first, and is not answered. */
    if (!is_type(request->content_type, "application/sql"))
        return say(connection, 415, "", "Send a statement with Content-Type: application/sql.\n");
    connection->http->stage = STAGE_ADMITTED;
    connection->http->user = caller.user;
    return RUN_OUTPUT;
}

static RunResult read_request(Connection *connection) {
    HttpExchange *http = connection->http;
    arena_reset(http->arena);
    switch (http_parse(connection->input.bytes + connection->input_at,
        connection->input.length - connection->input_at, http->arena, &http->request)) {
    case HTTP_MORE:
        return RUN_INPUT;
    case HTTP_BAD:
        http->request.method = NULL;
        return say(connection, http->request.status, "", "This is no request that is understood here.\n");
    case HTTP_READY:
        break;
    }
    if (strcmp(http->request.path, "/healthz") == 0) /* answers also while the pool is busy */
        return answer_health(connection);
    http->stage = STAGE_ROUTING;
    return RUN_POOL;
}

RunResult http_run(Connection *connection) {
    if (connection->http == NULL) {
        connection->http = NEW(HttpExchange);
        connection->http->arena = arena_create();
    }
    HttpExchange *http = connection->http;
    switch (http->stage) {
    case STAGE_READING:
        return read_request(connection);
    case STAGE_ROUTING:
        return connection->is_on_pool ? route(connection) : RUN_POOL;
    case STAGE_ADMITTED:
        break;
    }
    return connection->is_on_pool ? RUN_OUTPUT : begin_query(connection);
}

void http_take_output(Connection *connection) {
    HttpExchange *http = connection->http;
    if (!http->is_streaming || connection->output.length == 0)
        return;
    Text events = http->head;
    http->head = (Text){0};
    events_add(&connection->output, &events, &http->is_over);
    text_free(&connection->output);
    connection->output = events;
}

bool http_is_over(const Connection *connection) {
    return connection->http->is_over;
}

void http_release(Connection *connection) {
    if (connection->http == NULL)
        return;
    text_free(&connection->http->head);
    arena_destroy(connection->http->arena);
    memory_free(connection->http);
    connection->http = NULL;
}
