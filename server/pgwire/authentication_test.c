/* Who a client says it is: passwords right and wrong, malformed answers, TLS on a socket, clients that stop
   halfway. */
#include <check.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <string.h>

#include "executor/base/clock.h"
#include "server/auth/scram.h"
#include "server/test/test_certificate.h"
#include "server/test/scripted_engine.h"
#include "server/connection/server.h"
#include "server/test/wire_client.h"

static ScriptedEngine state;
static Engine engine;
static PgServer *server;
static TestCertificate files;
static TlsContext *tls;
static Text verifier;

/* "app" has the password secret, "open" is trusted, nobody else is there. */
static Status login(
    void *context, const char *user, bool is_loopback, bool *needs_password, Text *out, Error *error) {
    ck_assert(is_loopback);
    *needs_password = strcmp(user, "open") != 0;
    if (strcmp(user, "app") == 0)
        text_add_string(out, text_string(&verifier));
    return OK;
}

static void start(bool is_tls_required, int startup_ms_max) {
    Error error = {0};
    const PgServerOptions options = {.address = "127.0.0.1",
        .io_thread_count = 1,
        .query_thread_count = 1,
        .connection_count_max = 3,
        .tls = tls,
        .is_tls_required = is_tls_required,
        .startup_ms_max = startup_ms_max,
        .engine = &engine};
    ck_assert_int_eq(pg_server_start(&options, &server, &error), OK);
}

static void set_up(void) {
    Error error = {0};
    state = (ScriptedEngine){0};
    engine = scripted_engine(&state);
    engine.login = login;
    test_certificate_make(&files);
    ck_assert_int_eq(tls_context_create(files.certificate, files.key, &tls, &error), OK);
    text_reset(&verifier);
    ck_assert_int_eq(scram_make_verifier("secret", &verifier, &error), OK);
}

static void tear_down(void) {
    pg_server_stop(server);
    ck_assert_int_eq(atomic_load(&state.open_sessions), 0);
    tls_context_release(tls);
    test_certificate_remove(&files);
    text_free(&verifier);
}

static void put_startup_as(Text *out, const char *user) {
    Text body = {0};
    put_int32(&body, 196608);
    put_string(&body, "user");
    put_string(&body, user);
    text_add_char(&body, 0);
    put_int32(out, (int32_t)body.length + 4);
    text_add(out, body.bytes, body.length);
    text_free(&body);
}

static void put_choice(Text *out, const char *mechanism, const char *first, int32_t length) {
    Text body = {0};
    put_string(&body, mechanism);
    put_int32(&body, length);
    text_add_string(&body, first);
    put_message(out, 'p', body.bytes, body.length);
    text_free(&body);
}

/* Up to the SASL offer. */
static void client_begin(WireClient *client, const char *user) {
    *client = (WireClient){.fd = wire_connect(pg_server_port(server))};
    Text out = {0};
    put_startup_as(&out, user);
    client_send(client, &out);
}

/* Waits for the server's first message and returns it, a text. */
static const char *server_first(WireClient *client, Text *message) {
    ck_assert(client_fill(client, 9));
    size_t length = (size_t)get_int32(client->received.bytes + client->at + 1) - 8;
    ck_assert(client_fill(client, 9 + length));
    ck_assert_int_eq(get_int32(client->received.bytes + client->at + 5), 11);
    text_add(message, client->received.bytes + client->at + 9, length);
    client->at += length + 9;
    return text_string(message);
}

static void hmac(const unsigned char *key, const void *message, size_t length, unsigned char *out) {
    unsigned size = 32;
    HMAC(EVP_sha256(), key, 32, message, length, out, &size);
}

/* The whole exchange; the words that the server ends with. */
static const char *log_in(WireClient *client, const char *user, const char *password) {
    static const char first_bare[] = "n=,r=abcdefghij";
    Text out = {0}, first = {0}, said = {0}, final = {0};
    client_begin(client, user);
    client_read(client, 'R', 1);
    Text first_message = {0};
    text_printf(&first_message, "n,,%s", first_bare);
    put_choice(&out, "SCRAM-SHA-256", text_string(&first_message), (int32_t)first_message.length);
    client_send(client, &out);
    const char *nonce = server_first(client, &first) + 2;
    size_t nonce_length = strcspn(nonce, ",");
    const char *salt = nonce + nonce_length + 3;
    unsigned char salt_bytes[64], salted[32], key[32], stored[32], signature[32], proof[64];
    int salt_length = EVP_DecodeBlock(salt_bytes, (const unsigned char *)salt, (int)strcspn(salt, ",")) - 2;
    PKCS5_PBKDF2_HMAC(
        password, (int)strlen(password), salt_bytes, salt_length, 4096, EVP_sha256(), 32, salted);
    text_printf(&final, "c=biws,r=%.*s", (int)nonce_length, nonce);
    text_printf(&said, "%s,%s,%s", first_bare, text_string(&first), text_string(&final));
    hmac(salted, "Client Key", 10, key);
    SHA256(key, 32, stored);
    hmac(stored, said.bytes, said.length, signature);
    for (int i = 0; i < 32; i++)
        key[i] ^= signature[i];
    EVP_EncodeBlock(proof, key, 32);
    text_printf(&final, ",p=%s", (const char *)proof);
    put_message(&out, 'p', final.bytes, final.length);
    client_send(client, &out);
    text_free(&first_message);
    text_free(&first);
    text_free(&said);
    text_free(&final);
    return client_read(client, 'Z', 1);
}

START_TEST(passwords_are_asked_for) {
    WireClient client;
    start(false, 0);
    client_begin(&client, "open");
    ck_assert_ptr_nonnull(strstr(client_read(&client, 'Z', 1), "K Z:I"));
    client_close(&client);
    const char *words = log_in(&client, "app", "secret");
    ck_assert_msg(strncmp(words, "R R S:", 6) == 0 && strstr(words, "K Z:I") != NULL, "%s", words);
    ck_assert_str_eq(client_query(&client, "select generate(1)"), "T:a D:0 C:SELECT 1 Z:I");
    client_close(&client);
    ck_assert_str_eq(log_in(&client, "app", "Secret"), "E:28P01 eof");
    client_close(&client);
    ck_assert_str_eq(log_in(&client, "nobody", "secret"), "E:28P01 eof");
    client_close(&client);
}
END_TEST

START_TEST(malformed_answers_end_the_connection) {
    static const struct {
        const char *mechanism, *first;
        int32_t length; /* that is declared */
    } wrong[] = {{"SCRAM-SHA-256", "", 0}, {"SCRAM-SHA-256", "n,,n=,r=abc", 10},
        {"SCRAM-SHA-256", "n,,n=,r=abc", -1}, {"SCRAM-SHA-256", "n,,n=,r=abc", 0x7fffffff},
        {"SCRAM-SHA-256", "nonsense", 8}, {"SCRAM-SHA-256-PLUS", "n,,n=,r=abc", 11}, {"PLAIN", "secret", 6},
        {"", "n,,n=,r=abc", 11}};
    start(false, 0);
    WireClient client;
    Text out = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        client_begin(&client, "app");
        ck_assert_str_eq(client_read(&client, 'R', 1), "R");
        put_choice(&out, wrong[i].mechanism, wrong[i].first, wrong[i].length);
        client_send(&client, &out);
        const char *words = client_read(&client, 'Z', 1);
        ck_assert_msg(strcmp(words, "E:08P01 eof") == 0, "case %zu: %s", i, words);
        client_close(&client);
    }
    /* A query instead of a proof, a message without an end, one that is too long. */
    static const struct {
        const char *bytes;
        size_t length;
    } raw[] = {{"Q\0\0\0\x0bselect 1", 13}, {"p\0\0\0\x03", 5}, {"p\x7f\xff\xff\xff", 5},
        {"p\0\0\x40\x01", 5}, {"p\0\0\0\4", 5}, {"p\0\0\0\x05x", 6}};
    for (size_t i = 0; i < sizeof raw / sizeof *raw; i++) {
        client_begin(&client, "app");
        client_read(&client, 'R', 1);
        wire_send(client.fd, raw[i].bytes, raw[i].length);
        ck_assert_str_eq(client_read(&client, 'Z', 1), "E:08P01 eof");
        client_close(&client);
    }
    ck_assert_int_eq(atomic_load(&state.open_sessions), 0);
}
END_TEST

/* TLS */

static SSL *tls_open(WireClient *client, bool is_direct) {
    static SSL_CTX *context;
    if (context == NULL)
        context = SSL_CTX_new(TLS_client_method());
    char answer = 0;
    *client = (WireClient){.fd = wire_connect(pg_server_port(server))};
    if (!is_direct) {
        wire_send(client->fd, "\0\0\0\x08\x04\xd2\x16\x2f", 8);
        ck_assert_int_eq(recv(client->fd, &answer, 1, 0), 1);
        ck_assert_int_eq(answer, 'S');
    }
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, client->fd);
    ck_assert_int_eq(SSL_connect(ssl), 1);
    return ssl;
}

/* Reads until the bytes end with those of ReadyForQuery, or the connection ends. */
static void tls_read(SSL *ssl, Text *out) {
    while (out->length < 6 || memcmp(out->bytes + out->length - 6, "Z\0\0\0\5I", 6) != 0) {
        char *to = text_reserve(out, 16384);
        int count = SSL_read(ssl, to, 16384);
        if (count <= 0)
            return;
        out->length += (size_t)count;
    }
}

static void tls_close(SSL *ssl, WireClient *client) {
    SSL_free(ssl);
    client_close(client);
}

START_TEST(sessions_run_over_tls) {
    start(true, 0);
    for (int is_direct = 0; is_direct < 2; is_direct++) {
        WireClient client;
        SSL *ssl = tls_open(&client, is_direct);
        Text out = {0}, in = {0};
        put_startup_as(&out, "open");
        SSL_write(ssl, out.bytes, (int)out.length);
        tls_read(ssl, &in);
        ck_assert_uint_gt(in.length, 50);
        text_reset(&out);
        text_reset(&in);
        put_query(&out, "select wide(1000000)");
        SSL_write(ssl, out.bytes, (int)out.length);
        tls_read(ssl, &in);
        ck_assert_uint_gt(in.length, 1000000);
        SSL_shutdown(ssl);
        text_free(&out);
        text_free(&in);
        tls_close(ssl, &client);
    }
    /* The offer over TLS names the bound mechanism first. */
    WireClient client;
    SSL *ssl = tls_open(&client, false);
    Text out = {0};
    char offer[128];
    put_startup_as(&out, "app");
    SSL_write(ssl, out.bytes, (int)out.length);
    int count = SSL_read(ssl, offer, sizeof offer);
    ck_assert_int_eq(count, 1 + 4 + 4 + 19 + 14 + 1);
    ck_assert_mem_eq(offer + 9, "SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0", 34);
    text_free(&out);
    tls_close(ssl, &client);
}
END_TEST

START_TEST(plain_clients_are_refused_where_tls_is_required) {
    WireClient client;
    start(true, 0);
    client_begin(&client, "open");
    ck_assert_str_eq(client_read(&client, 'Z', 1), "E:28000 eof");
    client_close(&client);
    /* Bytes between the request and the handshake: PostgreSQL's CVE-2021-23214. */
    char answer[512];
    client = (WireClient){.fd = wire_connect(pg_server_port(server))};
    wire_send(client.fd, "\0\0\0\x08\x04\xd2\x16\x2fxxxx", 12);
    ssize_t count = recv(client.fd, answer, sizeof answer, MSG_WAITALL);
    ck_assert_int_gt(count, 10);
    ck_assert_mem_eq(answer, "SE", 2);
    client_close(&client);
}
END_TEST

START_TEST(cancels_come_over_tls) {
    WireClient client, other;
    start(false, 0);
    client_begin(&client, "open");
    client_read(&client, 'Z', 1);
    Text out = {0};
    put_query(&out, "select hang()");
    client_send(&client, &out);
    usleep(50000);
    SSL *ssl = tls_open(&other, true);
    put_int32(&out, 16);
    put_int32(&out, 80877102);
    put_int32(&out, client.process_id);
    put_int32(&out, client.key);
    SSL_write(ssl, out.bytes, (int)out.length);
    text_free(&out);
    ck_assert_ptr_nonnull(strstr(client_read(&client, 'Z', 1), "E:57014 Z:I"));
    tls_close(ssl, &other);
    client_close(&client);
}
END_TEST

/* Until the server hangs up; milliseconds. */
static int64_t wait_for_end(int fd) {
    int64_t from = clock_monotonic();
    char byte;
    while (recv(fd, &byte, 1, 0) > 0)
        ;
    return (clock_monotonic() - from) / 1000;
}

START_TEST(who_stops_halfway_is_sent_away) {
    static const struct {
        const char *bytes;
        size_t length;
    } beginnings[] = {{"\0\0\0\x08\x04\xd2\x16\x2f", 8}, {"\0\0\0", 3}, {"\x16\x03\x01\x02\0\x01\0\x01", 8}};
    start(false, 300);
    for (int i = 0; i < 4; i++) {
        WireClient client = {.fd = -1};
        if (i < 3) {
            client.fd = wire_connect(pg_server_port(server));
            wire_send(client.fd, beginnings[i].bytes, beginnings[i].length);
        } else {
            client_begin(&client, "app"); /* and no proof */
        }
        ck_assert_int_lt(wait_for_end(client.fd), 5000);
        client_close(&client);
    }
    /* More of them than there is room for clients. */
    int fds[110];
    for (int i = 0; i < 110; i++) {
        fds[i] = wire_connect(pg_server_port(server));
        wire_send(fds[i], "\x16\x03\x01", 3);
    }
    for (int i = 0; i < 110; i++) {
        ck_assert_int_lt(wait_for_end(fds[i]), 10000);
        close(fds[i]);
    }
    WireClient client;
    client_begin(&client, "open");
    ck_assert_ptr_nonnull(strstr(client_read(&client, 'Z', 1), "Z:I"));
    client_close(&client);
}
END_TEST

START_TEST(certificates_are_changed_while_it_runs) {
    WireClient client, later;
    TestCertificate other;
    TlsContext *renewed;
    Error error = {0};
    start(false, 0);
    SSL *before = tls_open(&client, false);
    test_certificate_make(&other);
    ck_assert_int_eq(tls_context_create(other.certificate, other.key, &renewed, &error), OK);
    pg_server_set_tls(server, renewed);
    tls_context_release(renewed);
    SSL *after = tls_open(&later, false);
    X509 *one = SSL_get1_peer_certificate(before), *two = SSL_get1_peer_certificate(after);
    ck_assert_int_ne(X509_cmp(one, two), 0);
    X509_free(one);
    X509_free(two);
    Text out = {0};
    put_startup_as(&out, "open");
    ck_assert_int_eq(SSL_write(before, out.bytes, (int)out.length), (int)out.length);
    text_reset(&out);
    tls_read(before, &out);
    ck_assert_uint_gt(out.length, 50);
    text_free(&out);
    tls_close(before, &client);
    tls_close(after, &later);
    test_certificate_remove(&other);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("authentication");
    TCase *tests = tcase_create("authentication");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, passwords_are_asked_for);
    tcase_add_test(tests, malformed_answers_end_the_connection);
    tcase_add_test(tests, sessions_run_over_tls);
    tcase_add_test(tests, plain_clients_are_refused_where_tls_is_required);
    tcase_add_test(tests, cancels_come_over_tls);
    tcase_add_test(tests, who_stops_halfway_is_sent_away);
    tcase_add_test(tests, certificates_are_changed_while_it_runs);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
