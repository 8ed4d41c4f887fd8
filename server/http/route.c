/* Routing: who asks, whether he may, and what is not a statement. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "executor/base/random.h"
#include "server/auth/scram.h"
#include "server/connection/connection.h"
#include "server/http/console.h"
#include "server/http/http.h"

/* A verifier that was made elsewhere may ask for more work than a thread of sockets should do. */
enum { NONCE_SIZE = 16, ITERATIONS_MAX = 20 * SCRAM_ITERATIONS };

/* Who asks */

typedef struct Caller {
    const char *user;
    bool is_proved; /* by a password */
} Caller;

/* Without a name it is leat, as long as leat needs no password from there. */
static bool find_caller(Conversation *conversation, Caller *caller, Error *error) {
    HttpExchange *http = http_exchange(conversation);
    const Engine *engine = conversation->connection->host->options.engine;
    const char *password = NULL;
    bool needs_password = false;
    Text verifier = {0};
    ScramVerifier parsed;
    *caller = (Caller){.user = "leat"};
    if (http->request.authorization != NULL &&
        !http_read_basic(&http->request, http->arena, &caller->user, &password))
        return false;
    if (engine->login != NULL && engine->login(engine->context, caller->user,
                                     socket_peer_is_loopback(&conversation->connection->socket),
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
static bool is_transport_safe(const Conversation *conversation) {
    if (conversation->connection->socket.tls != NULL)
        return true;
    return !conversation->connection->host->options.is_tls_required &&
           socket_peer_is_loopback(&conversation->connection->socket);
}

/* A web page can make a browser of this machine send requests here: it must not be able to do anything by
   that, nor, by a name of its own that leads here (DNS rebinding), to read anything. A page of another site
   knows no password, so that whoever proved one is served under any name. */
static Need refuse(Conversation *conversation, const Caller *caller, bool is_page, bool *is_refused) {
    const HttpRequest *request = &http_exchange(conversation)->request;
    *is_refused = true;
    if (!caller->is_proved && !http_host_is_local(request->host))
        return http_say(conversation, 403, "",
            "Without a password this server answers under the names localhost, 127.0.0.1 and [::1] only.\n");
    if (!is_page && !http_is_same_site(request, conversation->connection->socket.tls != NULL))
        return http_say(conversation, 403, "", "Requests of other sites are refused.\n");
    *is_refused = false;
    return NEED_NOTHING;
}

/* Resources */

Need http_answer_health(Conversation *conversation) {
    const Engine *engine = conversation->connection->host->options.engine;
    const char *method = http_exchange(conversation)->request.method;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return http_say(conversation, 405, "Allow: GET, HEAD\r\n", "");
    bool is_well = engine->is_healthy == NULL || engine->is_healthy(engine->context);
    return http_say(conversation, is_well ? 200 : 503, "",
        is_well ? "ok\n" : "the store refuses writes: nothing steps\n");
}

static Need answer_metrics(Conversation *conversation) {
    const Engine *engine = conversation->connection->host->options.engine;
    Text text = {0};
    if (engine->add_metrics != NULL)
        engine->add_metrics(engine->context, &text);
    text_printf(&text,
        "# HELP leat_connections Clients with a session.\n# TYPE leat_connections gauge\nleat_connections "
        "%d\n",
        registry_count(&conversation->connection->host->registry));
    Need need = http_answer(conversation, 200, "text/plain; version=0.0.4; charset=utf-8", "", &text);
    text_free(&text);
    return need;
}

/* The page's own script and style carry a word that no one else can know. */
static Need answer_console(Conversation *conversation) {
    unsigned char random[NONCE_SIZE];
    char nonce[2 * NONCE_SIZE + 1], policy[512];
    if (random_secure(random, sizeof random, NULL) != OK)
        return http_say(conversation, 503, "", "no random numbers\n");
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
    Need need = http_answer(conversation, 200, "text/html; charset=utf-8", policy, &page);
    text_free(&page);
    return need;
}

static bool is_type(const char *type, const char *expected) {
    size_t length = strlen(expected);
    return type != NULL && strncasecmp(type, expected, length) == 0 &&
           (type[length] == 0 || type[length] == ';' || type[length] == ' ');
}

Need http_route(Conversation *conversation) {
    if (!conversation->is_on_pool)
        return NEED_POOL;
    const HttpRequest *request = &http_exchange(conversation)->request;
    bool is_get = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
    bool is_page = strcmp(request->path, "/") == 0, is_metrics = strcmp(request->path, "/metrics") == 0;
    bool is_query = strcmp(request->path, "/query") == 0, is_refused;
    if (!is_transport_safe(conversation))
        return http_say(conversation, 403, "", "This needs TLS: use https.\n");
    Caller caller;
    Error error = {0};
    bool is_known = find_caller(conversation, &caller, &error);
    error_clear(&error);
    if (!is_known)
        return http_say(conversation, 401, "WWW-Authenticate: Basic realm=\"Leat\", charset=\"UTF-8\"\r\n",
            "A role and its password are needed.\n");
    Need result = refuse(conversation, &caller, is_page, &is_refused);
    if (is_refused)
        return result;
    if (!is_page && !is_metrics && !is_query)
        return http_say(conversation, 404, "", "There are /, /query, /metrics and /healthz.\n");
    if (is_query ? strcmp(request->method, "POST") != 0 : !is_get)
        return http_say(conversation, 405, is_query ? "Allow: POST\r\n" : "Allow: GET, HEAD\r\n", "");
    if (is_page || is_metrics)
        return is_page ? answer_console(conversation) : answer_metrics(conversation);
    /* A type that no form can send: a page of another site would have to ask first, and is not answered. */
    if (!is_type(request->content_type, "application/sql"))
        return http_say(conversation, 415, "", "Send a statement with Content-Type: application/sql.\n");
    http_exchange(conversation)->stage = HTTP_ADMITTED;
    http_exchange(conversation)->user = caller.user;
    conversation->activity = NULL;
    return NEED_NOTHING;
}
