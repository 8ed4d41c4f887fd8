/* Tls: what encrypts a connection, as a transformation of bytes by OpenSSL: whoever calls owns the socket. */
#ifndef LEAT_AUTH_TLS_H
#define LEAT_AUTH_TLS_H

#include <stdbool.h>

#include "executor/base/error.h"
#include "executor/base/text.h"

/* The server's certificate and key; reference counted, for any thread. */
typedef struct TlsContext TlsContext;
/* From PEM files: a chain, its key. 22023 with the file and what OpenSSL says of it; a key that others can
   read is refused. */
Status tls_context_create(const char *certificate_path, const char *key_path, TlsContext **out, Error *error);
TlsContext *tls_context_retain(TlsContext *context);
void tls_context_release(TlsContext *context); /* NULL is fine */

/* The hash of the certificate that SCRAM binds itself to (RFC 5929, tls-server-end-point); NULL: its
   signature has no hash of its own. */
enum { TLS_BINDING_MAX = 64 };
const char *tls_context_binding(const TlsContext *context, size_t *length);

/* The server's side of one connection; keeps a reference to the context. */
typedef struct TlsStream TlsStream;
TlsStream *tls_stream_create(TlsContext *context);
void tls_stream_destroy(TlsStream *stream); /* NULL is fine */
/* Takes bytes off the wire: adds what they say to `plain` and what is to be answered to `wire`. *is_end: the
   client has said goodbye. 08P01 when it breaks the protocol; the answer then holds the alert, and nothing
   more can be received. */
Status tls_receive(
    TlsStream *stream, const char *bytes, size_t length, Text *plain, Text *wire, bool *is_end, Error *error);
/* Adds the bytes, encrypted, to `wire`; they are dropped while the handshake is not over. */
void tls_send(TlsStream *stream, const char *bytes, size_t length, Text *wire);
/* Adds the goodbye. */
void tls_end(TlsStream *stream, Text *wire);
bool tls_is_established(const TlsStream *stream);
const char *tls_version(const TlsStream *stream); /* "TLSv1.3" */
const char *tls_cipher(const TlsStream *stream);
int tls_cipher_bits(const TlsStream *stream);
TlsContext *tls_stream_context(const TlsStream *stream);

#endif
