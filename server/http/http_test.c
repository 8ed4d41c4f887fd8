/* HTTP: the reader of requests, who may ask, and statements over a scripted engine. */
#include "server/http/request.h"

#include <check.h>
#include <sys/socket.h>
#include <unistd.h>
#include <string.h>
#include <stdlib.h>

#include "server/auth/scram.h"
#include "server/http/events.h"
#include "server/test/scripted_engine.h"
#include "server/connection/server.h"
#include "server/test/wire_client.h"

/* Requests */

static Arena *arena;

static HttpParse parse(const char *text, HttpRequest *request) {
    return http_parse(text, strlen(text), arena, request);
}

START_TEST(requests_are_read) {
    HttpRequest request;
    static const char whole[] =
        "POST /query?x=1 HTTP/1.1\r\nHost:  localhost:5328 \r\ncontent-TYPE: application/sql\r\nX-Other: "
        "1\r\nContent-Length: 8\r\n\r\nSELECT 1 and more";
    ck_assert_int_eq(parse(whole, &request), HTTP_READY);
    ck_assert_str_eq(request.method, "POST");
    ck_assert_str_eq(request.path, "/query");
    ck_assert_str_eq(request.host, "localhost:5328");
    ck_assert_str_eq(request.content_type, "application/sql");
    ck_assert_str_eq(request.body, "SELECT 1");
    for (size_t length = 0; length < strlen(whole) - 9; length++)
        ck_assert_int_eq(http_parse(whole, length, arena, &request), HTTP_MORE);
    ck_assert_int_eq(parse("GET / HTTP/1.0\r\n\r\n", &request), HTTP_READY);
    ck_assert_ptr_null(request.host);
    ck_assert_uint_eq(request.body_length, 0);
}
END_TEST

START_TEST(wrong_requests_are_refused) {
    static const struct {
        const char *text;
        int status;
    } cases[] = {{"GET\r\n\r\n", 400}, {"GET /\r\n\r\n", 400}, {"GET  / HTTP/1.1\r\n\r\n", 400},
        {"GET x HTTP/1.1\r\n\r\n", 400}, {"get / HTTP/1.1\r\n\r\n", 400}, {"GET / HTTP/2.0\r\n\r\n", 505},
        {"GET / FTP/1.1\r\n\r\n", 400}, {"GET / HTTP/1.1\r\nNoColon\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nA : b\r\n\r\n", 400}, {"GET / HTTP/1.1\r\n folded: b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n: b\r\n\r\n", 400}, {"GET / HTTP/1.1\r\nA: b\nHost: c\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400},
        {"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\nx", 400},
        {"POST / HTTP/1.1\r\nContent-Length: \r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n", 413},
        {"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 413},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 501}};
    HttpRequest request;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_msg(parse(cases[i].text, &request) == HTTP_BAD, "%s", cases[i].text);
        ck_assert_msg(request.status == cases[i].status, "%s: %d", cases[i].text, request.status);
    }
    char *endless = arena_allocate(arena, HTTP_HEAD_MAX + 100);
    memset(endless, 'a', HTTP_HEAD_MAX + 99);
    ck_assert_int_eq(http_parse(endless, HTTP_HEAD_MAX - 1, arena, &request), HTTP_MORE);
    ck_assert_int_eq(http_parse(endless, HTTP_HEAD_MAX + 99, arena, &request), HTTP_BAD);
    ck_assert_int_eq(request.status, 431);
    ck_assert_int_eq(http_parse("GET / HTTP/1.1\r\nA: \0b\r\n\r\n", 25, arena, &request), HTTP_BAD);
}
END_TEST

START_TEST(hosts_and_origins_are_told_apart) {
    static const char *const local[] = {
        "localhost", "LOCALHOST:5328", "127.0.0.1", "127.0.0.1:80", "127.1.2.3:1", "[::1]", "[::1]:5328"};
    static const char *const others[] = {"", "example.com", "localhost.example.com", "127.0.0.1.example.com",
        "127.0.0.1:80@example.com", "[::2]", "[::1", "10.0.0.1", "localhost:x", "notlocalhost", ":5328",
        "[::1]x"};
    for (size_t i = 0; i < sizeof local / sizeof *local; i++)
        ck_assert_msg(http_host_is_local(local[i]), "%s", local[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert_msg(!http_host_is_local(others[i]), "%s", others[i]);
    ck_assert(!http_host_is_local(NULL));
    HttpRequest request = {.host = "localhost:1"};
    ck_assert(http_is_same_site(&request, false));
    request.origin = "http://localhost:1";
    ck_assert(http_is_same_site(&request, false));
    ck_assert(!http_is_same_site(&request, true));
    static const char *const foreign[] = {"http://localhost:2", "http://localhost", "http://evil.com", "null",
        "", "http://localhost:1.evil.com"};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        request.origin = foreign[i];
        ck_assert_msg(!http_is_same_site(&request, false), "%s", foreign[i]);
    }
    request.origin = NULL;
    request.fetch_site = "cross-site";
    ck_assert(!http_is_same_site(&request, false));
    request.fetch_site = "same-site";
    ck_assert(!http_is_same_site(&request, false));
    request.fetch_site = "same-origin";
    ck_assert(http_is_same_site(&request, false));
}
END_TEST

START_TEST(basic_credentials_are_read) {
    const char *user, *password;
    HttpRequest request = {.authorization = "Basic YW5uOnNlY3JldDpz"};
    ck_assert(http_read_basic(&request, arena, &user, &password));
    ck_assert_str_eq(user, "ann");
    ck_assert_str_eq(password, "secret:s");
    request.authorization = "basic  YTo=";
    ck_assert(http_read_basic(&request, arena, &user, &password));
    ck_assert_str_eq(user, "a");
    ck_assert_str_eq(password, "");
    static const char *const wrong[] = {
        "", "Basic", "Basic ", "Basic YW5u", "Basic !!!!", "Bearer YTo=", "Basic YTo", "Basic YQA6AGIA"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        request.authorization = wrong[i];
        ck_assert_msg(!http_read_basic(&request, arena, &user, &password), "%s", wrong[i]);
    }
}
END_TEST

/* Statements */

static ScriptedEngine state;
static Engine engine;
static PgServer *server;
static Text verifier;

static Status login(
    void *context, const char *user, bool is_loopback, bool *needs_password, Text *out, Error *error) {
    *needs_password = strcmp(user, "leat") != 0;
    if (strcmp(user, "ann") == 0)
        text_add_string(out, text_string(&verifier));
    return OK;
}

static void set_up(void) {
    Error error = {0};
    arena = arena_create();
    state = (ScriptedEngine){0};
    engine = scripted_engine(&state);
    engine.login = login;
    text_reset(&verifier);
    ck_assert_int_eq(scram_make_verifier("secret", &verifier, &error), OK);
    const PgServerOptions options = {.address = "127.0.0.1",
        .io_thread_count = 1,
        .query_thread_count = 1,
        .connection_count_max = 3,
        .startup_ms_max = 500,
        .engine = &engine};
    ck_assert_int_eq(pg_server_start(&options, &server, &error), OK);
}

static void tear_down(void) {
    pg_server_stop(server);
    ck_assert_int_eq(atomic_load(&state.open_executions), 0);
    ck_assert_int_eq(atomic_load(&state.open_sessions), 0);
    text_free(&verifier);
    arena_destroy(arena);
}

/* The whole answer of one request, a text in the arena. */
static char *ask(const char *request, size_t length) {
    int fd = wire_connect(pg_server_port(server));
    Text answer = {0};
    wire_send(fd, request, length);
    for (ssize_t count;;) {
        char *to = text_reserve(&answer, 65536);
        if ((count = recv(fd, to, 65536, 0)) <= 0)
            break;
        answer.length += (size_t)count;
    }
    close(fd);
    char *copy = arena_copy(arena, answer.bytes, answer.length);
    text_free(&answer);
    return copy;
}

static char *ask_sql(const char *sql, const char *headers) {
    char *request = arena_printf(arena,
        "POST /query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sql\r\n%sContent-Length: "
        "%zu\r\n\r\n%s",
        headers, strlen(sql), sql);
    return ask(request, strlen(request));
}

static const char *body(char *answer) {
    char *end = strstr(answer, "\r\n\r\n");
    ck_assert_ptr_nonnull(end);
    return end + 4;
}

static int status(const char *answer) {
    ck_assert_int_eq(strncmp(answer, "HTTP/1.1 ", 9), 0);
    return atoi(answer + 9);
}

START_TEST(statements_answer_in_events) {
    ck_assert_str_eq(body(ask_sql("select generate(2)", "")),
        "event: columns\ndata: [{\"name\":\"a\",\"type\":20}]\n\ndata: [\"0\"]\n\ndata: "
        "[\"1\"]\n\nevent: complete\ndata: \"SELECT 2\"\n\nevent: end\ndata: {}\n\n");
    ck_assert_str_eq(body(ask_sql("", "")), "event: complete\ndata: \"\"\n\nevent: end\ndata: {}\n\n");
    ck_assert_ptr_nonnull(strstr(body(ask_sql("select notice()", "")), "event: notice\ndata: {"));
    ck_assert_ptr_nonnull(strstr(body(ask_sql("select fail(1)", "")), "\"code\":\"22012\""));
    ck_assert_ptr_nonnull(strstr(body(ask_sql("select wait(20)", "")), "event: end"));
    ck_assert_ptr_nonnull(strstr(body(ask_sql("copy t to stdout", "")), "event: copy\ndata: \""));
    ck_assert_str_eq(body(ask_sql("copy t from stdin", "")),
        "event: error\ndata: {\"severity\":\"ERROR\",\"code\":\"0A000\",\"message\":\"COPY FROM STDIN is not "
        "supported over HTTP\"}\n\nevent: end\ndata: {}\n\n");
    ck_assert_ptr_nonnull(strstr(body(ask_sql("insert into t values (1)", "")), "INSERT 0 1"));
    char *many = ask_sql("select generate(100000)", "");
    ck_assert_ptr_nonnull(strstr(many, "data: [\"99999\"]\n\nevent: complete"));
    /* What comes behind the request is no message. */
    static const char more[] = "POST /query HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                               "application/sql\r\nContent-Length: 16\r\n\r\nselect "
                               "wait(100)Q\0\0\0\x17select generate(3)";
    ck_assert_ptr_null(strstr(ask(more, sizeof more), "SELECT 3"));
}
END_TEST

START_TEST(who_goes_ends_the_statement) {
    static const char request[] = "POST /query HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                                  "application/sql\r\nContent-Length: 13\r\n\r\nselect hang()";
    int fd = wire_connect(pg_server_port(server));
    wire_send(fd, request, strlen(request));
    for (int i = 0; i < 500 && atomic_load(&state.open_executions) == 0; i++)
        usleep(10000);
    ck_assert_int_eq(atomic_load(&state.open_executions), 1);
    close(fd);
    for (int i = 0; i < 500 && atomic_load(&state.open_sessions) > 0; i++)
        usleep(10000);
    ck_assert_int_eq(atomic_load(&state.open_sessions), 0);
}
END_TEST

START_TEST(who_may_not_is_refused) {
    static const struct {
        const char *headers;
        int status;
    } cases[] = {{"", 200}, {"Authorization: Basic YW5uOnNlY3JldA==\r\n", 200},
        {"Authorization: Basic YW5uOndyb25n\r\n", 401}, {"Authorization: Basic Ym9iOnNlY3JldA==\r\n", 401},
        {"Authorization: Bearer x\r\n", 401}, {"Origin: http://localhost\r\n", 200},
        {"Origin: http://evil.com\r\n", 403}, {"Origin: null\r\n", 403},
        {"Sec-Fetch-Site: cross-site\r\n", 403},
        {"Authorization: Basic YW5uOnNlY3JldA==\r\nOrigin: http://evil.com\r\n", 403}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(status(ask_sql("select generate(1)", cases[i].headers)) == cases[i].status, "%s",
            cases[i].headers);
    static const struct {
        const char *request;
        int status;
    } others[] = {{"GET /healthz HTTP/1.1\r\nHost: evil.com\r\n\r\n", 200},
        {"GET / HTTP/1.1\r\nHost: evil.com\r\n\r\n", 403},
        {"GET /metrics HTTP/1.1\r\nHost: evil.com\r\n\r\n", 403}, {"GET /metrics HTTP/1.1\r\n\r\n", 403},
        {"GET /metrics HTTP/1.1\r\nHost: evil.com\r\nAuthorization: Basic YW5uOnNlY3JldA==\r\n\r\n", 200},
        {"GET / HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\n\r\n", 200},
        {"GET /metrics HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\n\r\n", 403},
        {"GET /query HTTP/1.1\r\nHost: localhost\r\n\r\n", 405},
        {"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405}, {"DELETE /healthz HTTP/1.1\r\n\r\n", 405},
        {"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n", 404},
        {"POST /query HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx",
            415},
        {"POST /query HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx", 415},
        {"GET / HTTP/3.0\r\n\r\n", 505}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert_msg(status(ask(others[i].request, strlen(others[i].request))) == others[i].status, "%s",
            others[i].request);
    char *page = ask("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 35);
    const char *nonce = strstr(page, "script-src 'nonce-") + 18;
    char *attribute = arena_printf(arena, "<script nonce=\"%.32s\">", nonce);
    ck_assert_ptr_nonnull(strstr(page, attribute));
    ck_assert_ptr_null(strstr(page, "@NONCE@"));
    ck_assert_str_eq(body(ask("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n", 36)), "");
}
END_TEST

START_TEST(who_never_ends_the_request_is_sent_away) {
    char byte;
    int fd = wire_connect(pg_server_port(server));
    wire_send(fd, "GET / HTTP/1.1\r\nHost: local", 27);
    ck_assert_int_eq(recv(fd, &byte, 1, 0), 0);
    close(fd);
}
END_TEST

static uint64_t seed = 3;

static uint32_t random_below(uint32_t bound) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % bound;
}

START_TEST(damaged_requests_do_no_harm) {
    static const char good[] =
        "POST /query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sql\r\nAuthorization: Basic "
        "YW5uOnNlY3JldA==\r\nContent-Length: 18\r\n\r\nselect generate(1)";
    for (int i = 0; i < 20000; i++) {
        char bytes[sizeof good];
        HttpRequest request;
        const char *user, *password;
        memcpy(bytes, good, sizeof good);
        for (uint32_t n = 1 + random_below(6); n > 0; n--)
            bytes[random_below(sizeof good)] = (char)random_below(256);
        arena_reset(arena);
        if (http_parse(bytes, random_below(sizeof good), arena, &request) == HTTP_READY)
            (void)!http_read_basic(&request, arena, &user, &password);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("http");
    TCase *tests = tcase_create("http");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, requests_are_read);
    tcase_add_test(tests, wrong_requests_are_refused);
    tcase_add_test(tests, hosts_and_origins_are_told_apart);
    tcase_add_test(tests, basic_credentials_are_read);
    tcase_add_test(tests, statements_answer_in_events);
    tcase_add_test(tests, who_goes_ends_the_statement);
    tcase_add_test(tests, who_may_not_is_refused);
    tcase_add_test(tests, who_never_ends_the_request_is_sent_away);
    tcase_add_test(tests, damaged_requests_do_no_harm);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
