/* Scram: two messages of the client, two of the server; keys by OpenSSL's PBKDF2 and HMAC.

   A client that asks for a role which is not there, or has no password, is led to the same end as one with a
   wrong password, by the same steps. */
#include "server/auth/scram.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "executor/base/memory.h"
#include "executor/base/random.h"

enum { NONCE_SIZE = 18, PROOF_TEXT_SIZE = 44 };
#define PREFIX "SCRAM-SHA-256$"

/* Keys */

static void hmac(const unsigned char *key, const void *message, size_t length, unsigned char *out) {
    unsigned size = SCRAM_KEY_SIZE;
    HMAC(EVP_sha256(), key, SCRAM_KEY_SIZE, message, length, out, &size);
}

static void add_base64(Text *out, const void *bytes, size_t length) {
    char *to = text_reserve(out, 4 * ((length + 2) / 3) + 1);
    out->length += (size_t)EVP_EncodeBlock((unsigned char *)to, bytes, (int)length);
}

/* How many bytes, −1: it is not base64 or has no room. EVP_DecodeBlock counts padding as zeros and trims
   blanks. */
static int read_base64(const char *text, size_t length, unsigned char *out, size_t room) {
    unsigned char decoded[4 * SCRAM_SALT_MAX];
    if (length == 0 || length % 4 != 0 || length / 4 * 3 > sizeof decoded ||
        memchr(text, ' ', length) != NULL || memchr(text, '\n', length) != NULL)
        return -1;
    int count = EVP_DecodeBlock(decoded, (const unsigned char *)text, (int)length);
    count -= text[length - 1] == '=';
    count -= text[length - 1] == '=' && text[length - 2] == '=';
    if (count < 0 || (size_t)count > room)
        return -1;
    memcpy(out, decoded, (size_t)count);
    return count;
}

static void derive_keys(const char *password, ScramVerifier *verifier) {
    unsigned char salted[SCRAM_KEY_SIZE], client_key[SCRAM_KEY_SIZE];
    PKCS5_PBKDF2_HMAC(password, (int)strlen(password), verifier->salt, (int)verifier->salt_length,
        verifier->iterations, EVP_sha256(), sizeof salted, salted);
    hmac(salted, "Client Key", 10, client_key);
    SHA256(client_key, sizeof client_key, verifier->stored_key);
    hmac(salted, "Server Key", 10, verifier->server_key);
    OPENSSL_cleanse(salted, sizeof salted);
    OPENSSL_cleanse(client_key, sizeof client_key);
}

/* Verifiers */

Status scram_make_verifier(const char *password, Text *out, Error *error) {
    ScramVerifier verifier = {.iterations = SCRAM_ITERATIONS, .salt_length = SCRAM_SALT_SIZE};
    TRY(random_secure(verifier.salt, SCRAM_SALT_SIZE, error));
    derive_keys(password, &verifier);
    text_printf(out, PREFIX "%d:", verifier.iterations);
    add_base64(out, verifier.salt, verifier.salt_length);
    text_add_char(out, '$');
    add_base64(out, verifier.stored_key, SCRAM_KEY_SIZE);
    text_add_char(out, ':');
    add_base64(out, verifier.server_key, SCRAM_KEY_SIZE);
    return OK;
}

bool scram_parse_verifier(const char *text, ScramVerifier *out) {
    if (strncmp(text, PREFIX, strlen(PREFIX)) != 0)
        return false;
    char *end;
    long iterations = strtol(text + strlen(PREFIX), &end, 10);
    const char *dollar = strchr(end, '$');
    const char *colon = dollar == NULL ? NULL : strchr(dollar, ':');
    if (*end != ':' || iterations <= 0 || iterations > INT_MAX || colon == NULL)
        return false;
    int salt_length = read_base64(end + 1, (size_t)(dollar - end - 1), out->salt, SCRAM_SALT_MAX);
    out->iterations = (int)iterations;
    out->salt_length = (size_t)salt_length;
    return salt_length > 0 &&
           read_base64(dollar + 1, (size_t)(colon - dollar - 1), out->stored_key, SCRAM_KEY_SIZE) ==
               SCRAM_KEY_SIZE &&
           read_base64(colon + 1, strlen(colon + 1), out->server_key, SCRAM_KEY_SIZE) == SCRAM_KEY_SIZE;
}

bool scram_password_matches(const char *password, const ScramVerifier *verifier) {
    ScramVerifier derived = *verifier;
    derive_keys(password, &derived);
    return CRYPTO_memcmp(derived.stored_key, verifier->stored_key, SCRAM_KEY_SIZE) == 0;
}

/* The exchange */

typedef enum ScramState { SCRAM_FIRST, SCRAM_FINAL, SCRAM_OVER } ScramState;

struct ScramExchange {
    ScramState state;
    ScramVerifier verifier;
    bool is_doomed; /* there is no such verifier */
    bool is_bound;
    bool is_bound_possible;
    char *user;
    Text binding;
    Text gs2_header;   /* "n,,", "y,,", "p=tls-server-end-point,," */
    Text client_first; /* without that header */
    Text server_first;
    Text nonce; /* the client's, then ours */
};

/* Of those who are not there: looks like any other, and is the same each time. */
static void make_up_verifier(const ScramOptions *options, ScramVerifier *verifier) {
    unsigned char salt[SCRAM_KEY_SIZE];
    hmac((const unsigned char *)options->secret, options->user, strlen(options->user), salt);
    *verifier = (ScramVerifier){.iterations = SCRAM_ITERATIONS, .salt_length = SCRAM_SALT_SIZE};
    memcpy(verifier->salt, salt, SCRAM_SALT_SIZE);
}

Status scram_begin(const ScramOptions *options, const char *mechanism, ScramExchange **out, Error *error) {
    bool is_bound = options->is_bound_possible && strcmp(mechanism, "SCRAM-SHA-256-PLUS") == 0;
    if (!is_bound && strcmp(mechanism, "SCRAM-SHA-256") != 0)
        return error_set(
            error, STATUS_PROTOCOL_VIOLATION, "client selected an invalid SASL authentication mechanism");
    ScramExchange *exchange = NEW(ScramExchange);
    exchange->is_bound = is_bound;
    exchange->is_bound_possible = options->is_bound_possible;
    exchange->user = memory_strdup(options->user);
    text_add(&exchange->binding, options->binding, options->binding == NULL ? 0 : options->binding_length);
    exchange->is_doomed =
        options->verifier == NULL || !scram_parse_verifier(options->verifier, &exchange->verifier);
    if (exchange->is_doomed)
        make_up_verifier(options, &exchange->verifier);
    *out = exchange;
    return OK;
}

void scram_destroy(ScramExchange *exchange) {
    if (exchange == NULL)
        return;
    text_free(&exchange->binding);
    text_free(&exchange->gs2_header);
    text_free(&exchange->client_first);
    text_free(&exchange->server_first);
    text_free(&exchange->nonce);
    memory_free(exchange->user);
    OPENSSL_cleanse(exchange, sizeof *exchange);
    memory_free(exchange);
}

static Status malformed(Error *error, const char *detail) {
    error_set(error, STATUS_PROTOCOL_VIOLATION, "malformed SCRAM message");
    return error_detail(error, "%s", detail);
}

/* The value of "x=value" at *at, up to the next comma or the end, which *at then stands behind; NULL when
   another attribute stands there. */
static const char *read_attribute(const char **at, const char *end, char name, size_t *length) {
    if (end - *at < 2 || (*at)[0] != name || (*at)[1] != '=')
        return NULL;
    const char *value = *at + 2;
    const char *comma = memchr(value, ',', (size_t)(end - value));
    *length = (size_t)((comma == NULL ? end : comma) - value);
    *at = comma == NULL ? end : comma + 1;
    return value;
}

/* "n,", "y," or "p=tls-server-end-point,", then the identity to act for, which must be empty. */
static Status read_gs2_header(ScramExchange *exchange, const char **at, const char *end, Error *error) {
    static const char bound[] = "p=tls-server-end-point,,";
    const char *start = *at;
    bool is_named = end - *at >= (ptrdiff_t)strlen(bound) && memcmp(*at, bound, strlen(bound)) == 0;
    if (**at == 'p' && !exchange->is_bound)
        return malformed(error, "The client selected SCRAM-SHA-256 without channel binding, but the SCRAM "
                                "message includes channel binding data.");
    if (**at == 'p' && !is_named)
        return malformed(error, "Unsupported SCRAM channel-binding type, or an authorization identity.");
    if (exchange->is_bound && **at != 'p')
        return malformed(error, "The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not "
                                "include channel binding data.");
    if (**at == 'y' && exchange->is_bound_possible) {
        /* Someone between has taken the offer out. */
        error_set(
            error, STATUS_INVALID_AUTHORIZATION_SPECIFICATION, "SCRAM channel binding negotiation error");
        return error_detail(error, "The client supports SCRAM channel binding but thinks the server does "
                                   "not.  However, this server does support channel binding.");
    }
    if (!is_named && (end - *at < 3 || (**at != 'n' && **at != 'y') || (*at)[1] != ',' || (*at)[2] != ','))
        return malformed(error, "Unexpected channel-binding flag, or an authorization identity.");
    *at += is_named ? strlen(bound) : 3;
    text_add(&exchange->gs2_header, start, (size_t)(*at - start));
    return OK;
}

static bool is_printable(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (text[i] < 0x21 || text[i] > 0x7e)
            return false;
    return length > 0;
}

/* gs2 header, n=user (the startup message's counts), r=nonce [,extensions]. */
static Status take_first(
    ScramExchange *exchange, const char *message, size_t length, Text *answer, Error *error) {
    const char *at = message, *end = message + length;
    size_t nonce_length, user_length;
    TRY(read_gs2_header(exchange, &at, end, error));
    text_add(&exchange->client_first, at, (size_t)(end - at));
    if (at < end && *at == 'm')
        return error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "client requires an unsupported SCRAM extension");
    if (read_attribute(&at, end, 'n', &user_length) == NULL)
        return malformed(error, "Expected attribute \"n\".");
    const char *nonce = read_attribute(&at, end, 'r', &nonce_length);
    if (nonce == NULL)
        return malformed(error, "Expected attribute \"r\".");
    if (!is_printable(nonce, nonce_length))
        return malformed(error, "Non-printable characters in SCRAM nonce.");
    unsigned char ours[NONCE_SIZE];
    TRY(random_secure(ours, sizeof ours, error));
    text_add(&exchange->nonce, nonce, nonce_length);
    add_base64(&exchange->nonce, ours, sizeof ours);
    text_printf(&exchange->server_first, "r=%s,s=", text_string(&exchange->nonce));
    add_base64(&exchange->server_first, exchange->verifier.salt, exchange->verifier.salt_length);
    text_printf(&exchange->server_first, ",i=%d", exchange->verifier.iterations);
    text_add(answer, exchange->server_first.bytes, exchange->server_first.length);
    return OK;
}

/* c= must be the header of the first message, and what the connection is bound to. */
static bool is_binding_right(const ScramExchange *exchange, const char *value, size_t length) {
    Text expected = {0}, encoded = {0};
    text_add(&expected, exchange->gs2_header.bytes, exchange->gs2_header.length);
    if (exchange->is_bound)
        text_add(&expected, exchange->binding.bytes, exchange->binding.length);
    add_base64(&encoded, expected.bytes, expected.length);
    bool is_right = encoded.length == length && memcmp(encoded.bytes, value, length) == 0;
    text_free(&expected);
    text_free(&encoded);
    return is_right;
}

/* The proof is the client key, veiled by a signature of all that was said; its hash is the stored key. */
static bool is_proof_right(const ScramExchange *exchange, const Text *said, const unsigned char *proof) {
    unsigned char signature[SCRAM_KEY_SIZE], client_key[SCRAM_KEY_SIZE], stored_key[SCRAM_KEY_SIZE];
    hmac(exchange->verifier.stored_key, said->bytes, said->length, signature);
    for (int i = 0; i < SCRAM_KEY_SIZE; i++)
        client_key[i] = proof[i] ^ signature[i];
    SHA256(client_key, sizeof client_key, stored_key);
    return (CRYPTO_memcmp(stored_key, exchange->verifier.stored_key, SCRAM_KEY_SIZE) == 0) &
           !exchange->is_doomed;
}

/* c=binding, r=nonce [,extensions], p=proof. */
static Status take_final(
    ScramExchange *exchange, const char *message, size_t length, Text *answer, Error *error) {
    const char *at = message, *end = message + length;
    size_t binding_length, nonce_length;
    const char *binding = read_attribute(&at, end, 'c', &binding_length);
    if (binding == NULL)
        return malformed(error, "Expected attribute \"c\".");
    const char *nonce = read_attribute(&at, end, 'r', &nonce_length);
    if (nonce == NULL)
        return malformed(error, "Expected attribute \"r\".");
    unsigned char proof[SCRAM_KEY_SIZE];
    const char *proof_at = end - PROOF_TEXT_SIZE - 2;
    if (proof_at < at || memcmp(proof_at, "p=", 2) != 0 || proof_at[-1] != ',' ||
        read_base64(proof_at + 2, PROOF_TEXT_SIZE, proof, sizeof proof) != SCRAM_KEY_SIZE)
        return malformed(error, "Malformed proof in client-final-message.");
    if (!is_binding_right(exchange, binding, binding_length)) {
        error_set(error, STATUS_INVALID_AUTHORIZATION_SPECIFICATION, "SCRAM channel binding check failed");
        return STATUS_INVALID_AUTHORIZATION_SPECIFICATION;
    }
    if (nonce_length != exchange->nonce.length || memcmp(nonce, exchange->nonce.bytes, nonce_length) != 0)
        return malformed(error, "Nonce does not match.");
    Text said = {0};
    text_printf(&said, "%s,%s,", text_string(&exchange->client_first), text_string(&exchange->server_first));
    text_add(&said, message, (size_t)(proof_at - 1 - message));
    bool is_right = is_proof_right(exchange, &said, proof);
    unsigned char signature[SCRAM_KEY_SIZE];
    hmac(exchange->verifier.server_key, said.bytes, said.length, signature);
    text_free(&said);
    if (!is_right)
        return error_set(
            error, STATUS_INVALID_PASSWORD, "password authentication failed for user \"%s\"", exchange->user);
    text_add_string(answer, "v=");
    add_base64(answer, signature, sizeof signature);
    return OK;
}

Status scram_step(
    ScramExchange *exchange, const char *message, size_t length, Text *answer, bool *is_over, Error *error) {
    *is_over = false;
    if (length == 0)
        return malformed(error, "The message is empty.");
    if (memchr(message, 0, length) != NULL)
        return malformed(error, "Message length does not match input length.");
    switch (exchange->state) {
    case SCRAM_FIRST:
        exchange->state = SCRAM_FINAL;
        return take_first(exchange, message, length, answer, error);
    case SCRAM_FINAL:
        exchange->state = SCRAM_OVER;
        *is_over = true;
        return take_final(exchange, message, length, answer, error);
    case SCRAM_OVER:
        break;
    }
    return malformed(error, "The exchange is over.");
}
