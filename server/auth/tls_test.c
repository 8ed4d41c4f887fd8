/* TLS streams against OpenSSL's client in memory: whole, in pieces, damaged; files that are no certificate.
 */
#include "server/auth/tls.h"

#include <check.h>
#include <string.h>

#include "executor/base/memory.h"
#include "server/test/test_certificate.h"

static TestCertificate files;
static TlsContext *context;
static SSL_CTX *client_context;

static void set_up(void) {
    test_certificate_make(&files);
    Error error = {0};
    ck_assert_int_eq(tls_context_create(files.certificate, files.key, &context, &error), OK);
    client_context = SSL_CTX_new(TLS_client_method());
}

static void tear_down(void) {
    SSL_CTX_free(client_context);
    tls_context_release(context);
    test_certificate_remove(&files);
}

typedef struct Pair {
    SSL *client;
    BIO *in, *out;
    TlsStream *stream;
    Text plain, wire;
    bool is_end;
    size_t piece; /* bytes handed over at a time */
} Pair;

static void pair_open(Pair *pair, size_t piece) {
    *pair = (Pair){.piece = piece,
        .client = SSL_new(client_context),
        .in = BIO_new(BIO_s_mem()),
        .out = BIO_new(BIO_s_mem())};
    SSL_set_bio(pair->client, pair->in, pair->out);
    SSL_set_connect_state(pair->client);
    pair->stream = tls_stream_create(context);
}

static void pair_close(Pair *pair) {
    SSL_free(pair->client);
    tls_stream_destroy(pair->stream);
    text_free(&pair->plain);
    text_free(&pair->wire);
}

/* Hands what each side has written to the other. */
static Status pair_exchange(Pair *pair, Error *error) {
    Status status = OK;
    char bytes[16384];
    for (int count; status == OK && (count = BIO_read(pair->out, bytes, (int)pair->piece)) > 0;)
        status =
            tls_receive(pair->stream, bytes, (size_t)count, &pair->plain, &pair->wire, &pair->is_end, error);
    BIO_write(pair->in, pair->wire.bytes, (int)pair->wire.length);
    text_reset(&pair->wire);
    return status;
}

static void pair_shake_hands(Pair *pair) {
    Error error = {0};
    for (int i = 0; i < 10 && !(tls_is_established(pair->stream) && SSL_is_init_finished(pair->client));
         i++) {
        SSL_do_handshake(pair->client);
        ck_assert_int_eq(pair_exchange(pair, &error), OK);
    }
    ck_assert(tls_is_established(pair->stream));
}

START_TEST(bytes_go_both_ways) {
    static const size_t pieces[] = {1, 7, 1000, 16384};
    for (int i = 0; i < 4; i++) {
        Pair pair;
        Error error = {0};
        char back[400000];
        size_t received = 0;
        pair_open(&pair, pieces[i]);
        tls_send(pair.stream, "early", 5, &pair.wire); /* there is nobody yet to read it */
        pair_shake_hands(&pair);
        char *many = memory_allocate_zero(300000);
        for (int b = 0; b < 300000; b++)
            many[b] = (char)(b * 7);
        SSL_write(pair.client, many, 300000);
        ck_assert_int_eq(pair_exchange(&pair, &error), OK);
        ck_assert_uint_eq(pair.plain.length, 300000);
        ck_assert_mem_eq(pair.plain.bytes, many, 300000);
        tls_send(pair.stream, many, 300000, &pair.wire);
        tls_end(pair.stream, &pair.wire);
        ck_assert_int_eq(pair_exchange(&pair, &error), OK);
        for (int count; (count = SSL_read(pair.client, back + received, sizeof back - received)) > 0;)
            received += (size_t)count;
        ck_assert_uint_eq(received, 300000);
        ck_assert_mem_eq(back, many, 300000);
        ck_assert(SSL_get_shutdown(pair.client) & SSL_RECEIVED_SHUTDOWN);
        ck_assert(!pair.is_end);
        SSL_shutdown(pair.client);
        ck_assert_int_eq(pair_exchange(&pair, &error), OK);
        ck_assert(pair.is_end);
        ck_assert_str_eq(tls_version(pair.stream), "TLSv1.3");
        memory_free(many);
        pair_close(&pair);
    }
}
END_TEST

START_TEST(protocols_are_chosen) {
    static const struct {
        const char *offer;
        const char *chosen;
    } cases[] = {{"\x0apostgresql", "postgresql"}, {"\x02h2\x08http/1.1", "http/1.1"}, {"\x02h2", ""}};
    for (int i = 0; i < 3; i++) {
        Pair pair;
        pair_open(&pair, 16384);
        SSL_set_alpn_protos(
            pair.client, (const unsigned char *)cases[i].offer, (unsigned)strlen(cases[i].offer));
        pair_shake_hands(&pair);
        const unsigned char *chosen;
        unsigned length;
        SSL_get0_alpn_selected(pair.client, &chosen, &length);
        ck_assert_uint_eq(length, strlen(cases[i].chosen));
        ck_assert(length == 0 || memcmp(chosen, cases[i].chosen, length) == 0);
        pair_close(&pair);
    }
}
END_TEST

START_TEST(old_versions_are_refused) {
    Pair pair;
    Error error = {0};
    pair_open(&pair, 16384);
    SSL_set_security_level(pair.client, 0);
    SSL_set_min_proto_version(pair.client, TLS1_VERSION);
    SSL_set_max_proto_version(pair.client, TLS1_1_VERSION);
    SSL_do_handshake(pair.client);
    ck_assert_int_eq(pair_exchange(&pair, &error), STATUS_PROTOCOL_VIOLATION);
    ck_assert_int_le(SSL_do_handshake(pair.client), 0);
    error_clear(&error);
    pair_close(&pair);
}
END_TEST

static uint64_t seed = 7;

static uint32_t random_below(uint32_t bound) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % bound;
}

START_TEST(damaged_bytes_do_no_harm) {
    for (int i = 0; i < 600; i++) {
        Pair pair;
        Error error = {0};
        pair_open(&pair, 16384);
        if (i % 2 == 0)
            pair_shake_hands(&pair);
        SSL_do_handshake(pair.client);
        if (i % 2 == 0)
            SSL_write(pair.client, "select 1", 8);
        char bytes[16384];
        int count = BIO_read(pair.out, bytes, sizeof bytes);
        ck_assert_int_gt(count, 0);
        for (uint32_t n = 1 + random_below(5); n > 0; n--)
            bytes[random_below((uint32_t)count)] ^= (char)(1 << random_below(8));
        int kept = random_below(3) == 0 ? (int)random_below((uint32_t)count) : count;
        Status status =
            tls_receive(pair.stream, bytes, (size_t)kept, &pair.plain, &pair.wire, &pair.is_end, &error);
        /* Encrypted bytes that were changed are never taken for the client's. */
        ck_assert(i % 2 != 0 || pair.plain.length == 0);
        if (status != OK && i % 2 == 0)
            tls_send(pair.stream, "more", 4, &pair.wire);
        error_clear(&error);
        pair_close(&pair);
    }
    for (int i = 0; i < 200; i++) {
        Pair pair;
        Error error = {0};
        char bytes[200];
        pair_open(&pair, 16384);
        for (size_t b = 0; b < sizeof bytes; b++)
            bytes[b] = (char)random_below(256);
        bytes[0] = 0x16;
        if (tls_receive(pair.stream, bytes, sizeof bytes, &pair.plain, &pair.wire, &pair.is_end, &error) !=
            OK)
            tls_end(pair.stream, &pair.wire);
        ck_assert(!tls_is_established(pair.stream));
        error_clear(&error);
        pair_close(&pair);
    }
}
END_TEST

static void refuse(const char *certificate, const char *key, const char *reason) {
    TlsContext *other;
    Error error = {0};
    ck_assert_int_eq(tls_context_create(certificate, key, &other, &error), STATUS_INVALID_PARAMETER_VALUE);
    ck_assert_msg(strstr(error.message, reason) != NULL, "%s: %s", reason, error.message);
    error_clear(&error);
}

START_TEST(wrong_files_are_refused) {
    TestCertificate other;
    test_certificate_make(&other);
    refuse("/nowhere", files.key, "could not load server certificate file");
    refuse(files.certificate, "/nowhere", "could not access private key file");
    refuse(files.certificate, files.folder, "is not a regular file");
    refuse(files.key, files.key, "could not load server certificate file");
    refuse(files.certificate, other.key, "could not load private key file");
    chmod(files.key, 0644);
    refuse(files.certificate, files.key, "has group or world access");
    test_certificate_remove(&other);
}
END_TEST

START_TEST(the_binding_is_the_certificates_hash) {
    size_t length;
    unsigned char expected[EVP_MAX_MD_SIZE];
    unsigned expected_length;
    FILE *file = fopen(files.certificate, "r");
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    X509_digest(certificate, EVP_sha256(), expected, &expected_length);
    const char *binding = tls_context_binding(context, &length);
    ck_assert_uint_eq(length, expected_length);
    ck_assert_mem_eq(binding, expected, length);
    X509_free(certificate);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("TLS");
    TCase *tests = tcase_create("TLS");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, bytes_go_both_ways);
    tcase_add_test(tests, protocols_are_chosen);
    tcase_add_test(tests, old_versions_are_refused);
    tcase_add_test(tests, damaged_bytes_do_no_harm);
    tcase_add_test(tests, wrong_files_are_refused);
    tcase_add_test(tests, the_binding_is_the_certificates_hash);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
