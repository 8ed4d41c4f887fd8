/* SCRAM verifiers against PostgreSQL's, and exchanges with a client of the test's own: right, wrong, bound,
   damaged. */
#include "server/auth/scram.h"

#include <check.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <string.h>

static const char secret[SCRAM_KEY_SIZE] = "of the server";

START_TEST(verifiers_are_postgresqls) {
    /* Made by PostgreSQL 15: CREATE ROLE r PASSWORD 'pencil'. */
    static const char made[] =
        "SCRAM-SHA-256$4096:/A+nZjOk/QL3Se3jLWWViQ==$733x2iICMRB/"
        "P1yeBBL5DX6xTdR2MBJzzZugPjuf1RM=:+EULcNzGRSGySMhqqJ7giPb5UNHowrAvuGJ8W7lP8Ik=";
    Text text = {0};
    Error error = {0};
    ScramVerifier verifier;
    ck_assert(scram_parse_verifier(made, &verifier));
    ck_assert(scram_password_matches("pencil", &verifier));
    ck_assert(!scram_password_matches("pencils", &verifier));
    ck_assert_int_eq(scram_make_verifier("pencil", &text, &error), OK);
    ck_assert(scram_parse_verifier(text_string(&text), &verifier));
    ck_assert(scram_password_matches("pencil", &verifier));
    ck_assert(!scram_password_matches("Pencil", &verifier));
    ck_assert(!scram_password_matches("", &verifier));
    text_free(&text);
    static const char *const bad[] = {"", "pencil", "SCRAM-SHA-256", "SCRAM-SHA-256$",
        "SCRAM-SHA-256$4096:aaaa", "SCRAM-SHA-256$0:aaaa$aaaa:aaaa", "SCRAM-SHA-256$-1:aaaa$aaaa:aaaa",
        "SCRAM-SHA-256$4096:$:", "SCRAM-SHA-256$4096:aaaa$aaaa:aaaa",
        "SCRAM-SHA-256$4096:====$====:====", "md5aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!scram_parse_verifier(bad[i], &verifier), "%s", bad[i]);
}
END_TEST

/* The client's side, for one exchange; `spoil` says what goes wrong. */

static void add_base64(Text *out, const void *bytes, size_t length) {
    char *to = text_reserve(out, 4 * ((length + 2) / 3) + 1);
    out->length += (size_t)EVP_EncodeBlock((unsigned char *)to, bytes, (int)length);
}

static void hmac(const unsigned char *key, const void *message, size_t length, unsigned char *out) {
    unsigned size = 32;
    HMAC(EVP_sha256(), key, 32, message, length, out, &size);
}

typedef struct Client {
    const char *password;
    const char *header;  /* "n,,", … */
    const char *binding; /* what it believes */
    size_t binding_length;
    Text server_signature; /* what it expects */
} Client;

static void client_final(Client *client, const char *first_bare, const Text *server_first, Text *out) {
    const char *nonce = text_string(server_first) + 2;
    size_t nonce_length = strcspn(nonce, ",");
    const char *salt = nonce + nonce_length + 3;
    unsigned char salt_bytes[64], salted[32], client_key[32], stored_key[32], signature[32], server_key[32];
    int salt_length = EVP_DecodeBlock(salt_bytes, (const unsigned char *)salt, (int)strcspn(salt, ",")) -
                      2; /* 16 bytes: two of padding */
    PKCS5_PBKDF2_HMAC(client->password, (int)strlen(client->password), salt_bytes, salt_length, 4096,
        EVP_sha256(), 32, salted);
    Text bound = {0}, said = {0};
    text_add_string(&bound, client->header);
    if (client->header[0] == 'p')
        text_add(&bound, client->binding, client->binding_length);
    text_add_string(out, "c=");
    add_base64(out, bound.bytes, bound.length);
    text_printf(out, ",r=%.*s", (int)nonce_length, nonce);
    text_printf(&said, "%s,%s,%s", first_bare, text_string(server_first), text_string(out));
    hmac(salted, "Client Key", 10, client_key);
    SHA256(client_key, 32, stored_key);
    hmac(stored_key, said.bytes, said.length, signature);
    for (int i = 0; i < 32; i++)
        client_key[i] ^= signature[i];
    text_add_string(out, ",p=");
    add_base64(out, client_key, 32);
    hmac(salted, "Server Key", 10, server_key);
    hmac(server_key, said.bytes, said.length, signature);
    text_reset(&client->server_signature);
    text_add_string(&client->server_signature, "v=");
    add_base64(&client->server_signature, signature, 32);
    text_free(&bound);
    text_free(&said);
}

/* The status of the whole exchange. */
static Status exchange(const ScramOptions *options, const char *mechanism, Client *client, Error *error) {
    ScramExchange *server;
    Text first = {0}, answer = {0}, final = {0};
    bool is_over;
    Status status = scram_begin(options, mechanism, &server, error);
    if (status != OK)
        return status;
    text_printf(&first, "%sn=,r=rOprNGfwEbeRWgbNEkqO", client->header);
    status = scram_step(server, first.bytes, first.length, &answer, &is_over, error);
    if (status == OK) {
        ck_assert(!is_over);
        client_final(client, text_string(&first) + strlen(client->header), &answer, &final);
        text_reset(&answer);
        status = scram_step(server, final.bytes, final.length, &answer, &is_over, error);
        ck_assert(is_over);
    }
    if (status == OK)
        ck_assert_str_eq(text_string(&answer), text_string(&client->server_signature));
    text_free(&first);
    text_free(&answer);
    text_free(&final);
    text_free(&client->server_signature);
    scram_destroy(server);
    return status;
}

START_TEST(exchanges_end_as_they_should) {
    Text verifier = {0};
    Error error = {0};
    ck_assert_int_eq(scram_make_verifier("pencil", &verifier, &error), OK);
    const ScramOptions plain = {.user = "u", .verifier = text_string(&verifier), .secret = secret};
    ScramOptions bound = plain, nobody = plain, broken = plain;
    bound.binding = "the certificate", bound.binding_length = 15, bound.is_bound_possible = true;
    nobody.verifier = NULL;
    broken.verifier = "pencil";
    static const char p[] = "p=tls-server-end-point,,";
    const struct {
        const ScramOptions *options;
        const char *mechanism, *password, *header, *binding;
        Status status;
    } cases[] = {
        {&plain, "SCRAM-SHA-256", "pencil", "n,,", "", OK},
        {&plain, "SCRAM-SHA-256", "pencil", "y,,", "", OK},
        {&plain, "SCRAM-SHA-256", "Pencil", "n,,", "", STATUS_INVALID_PASSWORD},
        {&nobody, "SCRAM-SHA-256", "pencil", "n,,", "", STATUS_INVALID_PASSWORD},
        {&broken, "SCRAM-SHA-256", "pencil", "n,,", "", STATUS_INVALID_PASSWORD},
        {&plain, "SCRAM-SHA-256-PLUS", "pencil", p, "", STATUS_PROTOCOL_VIOLATION},
        {&plain, "PLAIN", "pencil", "n,,", "", STATUS_PROTOCOL_VIOLATION},
        {&plain, "SCRAM-SHA-256", "pencil", p, "", STATUS_PROTOCOL_VIOLATION},
        {&bound, "SCRAM-SHA-256", "pencil", "n,,", "", OK},
        {&bound, "SCRAM-SHA-256", "pencil", "y,,", "", STATUS_INVALID_AUTHORIZATION_SPECIFICATION},
        {&bound, "SCRAM-SHA-256-PLUS", "pencil", p, "the certificate", OK},
        {&bound, "SCRAM-SHA-256-PLUS", "pencil", p, "another certificate",
            STATUS_INVALID_AUTHORIZATION_SPECIFICATION},
        {&bound, "SCRAM-SHA-256-PLUS", "pencil", "p=tls-unique,,", "the certificate",
            STATUS_PROTOCOL_VIOLATION},
        {&bound, "SCRAM-SHA-256-PLUS", "pencil", "n,,", "the certificate", STATUS_PROTOCOL_VIOLATION},
        {&bound, "SCRAM-SHA-256-PLUS", "wrong", p, "the certificate", STATUS_INVALID_PASSWORD},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Client client = {.password = cases[i].password,
            .header = cases[i].header,
            .binding = cases[i].binding,
            .binding_length = strlen(cases[i].binding)};
        Status status = exchange(cases[i].options, cases[i].mechanism, &client, &error);
        ck_assert_msg(status == cases[i].status, "case %zu: %s", i, error.message);
        error_clear(&error);
    }
    text_free(&verifier);
}
END_TEST

START_TEST(malformed_messages_are_refused) {
    static const char *const first[] = {"", "n", "n,", "n,,", "n,,n=", "n,,n=,", "n,,n=,r",
        "n,,n=,r=", "n,,n=,r=\x01", "n,,r=abc", "x,,n=,r=abc", "n,a=me,n=,r=abc", "p=,,n=,r=abc",
        "n,,m=x,n=,r=abc", ",,,,", "p", "y"};
    static const char *const final[] = {"", "c=biws", "c=biws,r=", "c=biws,r=abc",
        "c=biws,r=abc,p=", "c=biws,r=abc,p=AAAA", "r=abc,c=biws,p=AAAA", "p=AAAA",
        "c=biws,r=abc,p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "c=,r=abc,p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="};
    const ScramOptions options = {.user = "u", .secret = secret};
    for (size_t i = 0; i < sizeof first / sizeof *first + sizeof final / sizeof *final; i++) {
        size_t firsts = sizeof first / sizeof *first;
        ScramExchange *server;
        Error error = {0};
        Text answer = {0};
        bool is_over;
        ck_assert_int_eq(scram_begin(&options, "SCRAM-SHA-256", &server, &error), OK);
        const char *message = i < firsts ? first[i] : "n,,n=,r=abc";
        Status status = scram_step(server, message, strlen(message), &answer, &is_over, &error);
        if (i >= firsts) {
            ck_assert_int_eq(status, OK);
            status =
                scram_step(server, final[i - firsts], strlen(final[i - firsts]), &answer, &is_over, &error);
        }
        ck_assert_msg(status != OK && status != STATUS_INVALID_PASSWORD, "case %zu", i);
        error_clear(&error);
        text_free(&answer);
        scram_destroy(server);
    }
}
END_TEST

START_TEST(who_is_not_there_looks_the_same) {
    const ScramOptions options = {.user = "nobody", .secret = secret};
    Text answers[2] = {0};
    for (int i = 0; i < 2; i++) {
        ScramExchange *server;
        Error error = {0};
        bool is_over;
        ck_assert_int_eq(scram_begin(&options, "SCRAM-SHA-256", &server, &error), OK);
        ck_assert_int_eq(scram_step(server, "n,,n=,r=abc", 11, &answers[i], &is_over, &error), OK);
        scram_destroy(server);
    }
    ck_assert_str_ne(text_string(&answers[0]), text_string(&answers[1]));
    ck_assert_str_eq(strstr(text_string(&answers[0]), ",s="), strstr(text_string(&answers[1]), ",s="));
    ck_assert_ptr_nonnull(strstr(text_string(&answers[0]), ",i=4096"));
    text_free(&answers[0]);
    text_free(&answers[1]);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("SCRAM");
    TCase *tests = tcase_create("SCRAM");
    tcase_add_test(tests, verifiers_are_postgresqls);
    tcase_add_test(tests, exchanges_end_as_they_should);
    tcase_add_test(tests, malformed_messages_are_refused);
    tcase_add_test(tests, who_is_not_there_looks_the_same);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
