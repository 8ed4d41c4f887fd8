/* Scram: SCRAM-SHA-256 of RFC 5802 and 7677 as PostgreSQL speaks it: verifiers of passwords, and the server's
   side of an exchange. */
#ifndef LEAT_AUTH_SCRAM_H
#define LEAT_AUTH_SCRAM_H

#include <stdbool.h>

#include "executor/base/error.h"
#include "executor/base/text.h"

enum { SCRAM_KEY_SIZE = 32, SCRAM_SALT_SIZE = 16, SCRAM_SALT_MAX = 1024, SCRAM_ITERATIONS = 4096 };

/* What the server knows of a password: enough to check it, not enough to log in elsewhere with it. */
typedef struct ScramVerifier {
    int iterations;
    size_t salt_length;
    unsigned char salt[SCRAM_SALT_MAX];
    unsigned char stored_key[SCRAM_KEY_SIZE];
    unsigned char server_key[SCRAM_KEY_SIZE];
} ScramVerifier;

/* Adds the verifier of a password, with a salt of its own, as PostgreSQL writes it:
   SCRAM-SHA-256$4096:salt$stored key:server key. */
Status scram_make_verifier(const char *password, Text *out, Error *error);
/* False when the text is none. */
bool scram_parse_verifier(const char *text, ScramVerifier *out);
/* Whether the password is the verifier's. */
bool scram_password_matches(const char *password, const ScramVerifier *verifier);

typedef struct ScramOptions {
    const char *user;
    const char *verifier; /* NULL: nobody's; the exchange goes on all the same, and fails at its end */
    const char *secret; /* SCRAM_KEY_SIZE bytes of the server's: makes up the salt of those who are not there,
                           the same one each time */
    const char *binding; /* of the TLS connection; NULL: there is none to bind to */
    size_t binding_length;
    bool is_bound_possible; /* SCRAM-SHA-256-PLUS was offered */
} ScramOptions;

typedef struct ScramExchange ScramExchange;
/* The client chose a mechanism: "SCRAM-SHA-256" or "SCRAM-SHA-256-PLUS"; 08P01 for another one. */
Status scram_begin(const ScramOptions *options, const char *mechanism, ScramExchange **out, Error *error);
/* Takes the client's next message and adds the answer, also when it is the last (*is_over). 08P01 malformed,
   28P01 the wrong password. */
Status scram_step(
    ScramExchange *exchange, const char *message, size_t length, Text *answer, bool *is_over, Error *error);
void scram_destroy(ScramExchange *exchange); /* NULL is fine */

#endif
