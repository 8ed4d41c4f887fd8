/* Tls: OpenSSL between two memory buffers, so that neither side of a handshake ever waits inside it. */
#include "server/auth/tls.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "executor/base/memory.h"

enum { READ_PIECE = 16 << 10 };

struct TlsContext {
    atomic_int reference_count;
    SSL_CTX *ssl;
    unsigned char binding[EVP_MAX_MD_SIZE];
    unsigned binding_length;
};

struct TlsStream {
    TlsContext *context;
    SSL *ssl;
    BIO *in, *out; /* the SSL's */
};

static Status ssl_error(Error *error, Status status, const char *what) {
    unsigned long code = ERR_get_error();
    char text[256] = "no reason given";
    if (code != 0)
        ERR_error_string_n(code, text, sizeof text);
    ERR_clear_error();
    return error_set(error, status, "%s: %s", what, text);
}

/* Which protocol the connection is for: a client that asks for others than these is not refused, it may have
   none to choose. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_length,
    const unsigned char *offered, unsigned length, void *argument) {
    (void)ssl, (void)argument;
    static const unsigned char known[] = "\x0apostgresql\x08http/1.1";
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, out_length, known, sizeof known - 1, offered, length) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* The rule of PostgreSQL: the server's own user only, or root's group. */
static Status check_key_file(const char *path, Error *error) {
    struct stat file;
    if (stat(path, &file) != 0)
        return error_set(
            error, STATUS_INVALID_PARAMETER_VALUE, "could not access private key file \"%s\": %m", path);
    if (!S_ISREG(file.st_mode))
        return error_set(
            error, STATUS_INVALID_PARAMETER_VALUE, "private key file \"%s\" is not a regular file", path);
    if (file.st_uid != geteuid() && file.st_uid != 0)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE,
            "private key file \"%s\" must be owned by the server's user or root", path);
    if ((file.st_mode &
            (file.st_uid == 0 && geteuid() != 0 ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO)) == 0)
        return OK;
    error_set(
        error, STATUS_INVALID_PARAMETER_VALUE, "private key file \"%s\" has group or world access", path);
    return error_detail(error, "File must have permissions u=rw (0600) or less if owned by the server's "
                               "user, or u=rw,g=r (0640) or less if owned by root.");
}

static void make_binding(TlsContext *context) {
    X509 *certificate = SSL_CTX_get0_certificate(context->ssl);
    int digest_id = NID_undef;
    if (!X509_get_signature_info(certificate, &digest_id, NULL, NULL, NULL) || digest_id == NID_undef)
        return;
    if (digest_id == NID_md5 || digest_id == NID_sha1)
        digest_id = NID_sha256;
    const EVP_MD *digest = EVP_get_digestbynid(digest_id);
    if (digest == NULL || !X509_digest(certificate, digest, context->binding, &context->binding_length))
        context->binding_length = 0;
    ERR_clear_error();
}

static Status load_files(
    TlsContext *context, const char *certificate_path, const char *key_path, Error *error) {
    Text what = {0};
    Status status = check_key_file(key_path, error);
    text_printf(&what, "could not load server certificate file \"%s\"", certificate_path);
    if (status == OK && SSL_CTX_use_certificate_chain_file(context->ssl, certificate_path) != 1)
        status = ssl_error(error, STATUS_INVALID_PARAMETER_VALUE, text_string(&what));
    text_reset(&what);
    text_printf(&what, "could not load private key file \"%s\"", key_path);
    if (status == OK && SSL_CTX_use_PrivateKey_file(context->ssl, key_path, SSL_FILETYPE_PEM) != 1)
        status = ssl_error(error, STATUS_INVALID_PARAMETER_VALUE, text_string(&what));
    if (status == OK && SSL_CTX_check_private_key(context->ssl) != 1)
        status = ssl_error(error, STATUS_INVALID_PARAMETER_VALUE, "check of private key failed");
    text_free(&what);
    return status;
}

/* A key with a passphrase is refused: there is nobody to ask. */
static int no_passphrase(char *buffer, int size, int is_writing, void *argument) {
    (void)buffer, (void)size, (void)is_writing, (void)argument;
    return -1;
}

Status tls_context_create(
    const char *certificate_path, const char *key_path, TlsContext **out, Error *error) {
    TlsContext *context = NEW(TlsContext);
    atomic_init(&context->reference_count, 1);
    context->ssl = SSL_CTX_new(TLS_server_method());
    if (context->ssl == NULL) {
        memory_free(context);
        return ssl_error(error, STATUS_SYSTEM_ERROR, "could not create SSL context");
    }
    SSL_CTX_set_min_proto_version(context->ssl, TLS1_2_VERSION);
    /* As PostgreSQL has it: no renegotiation that a client could ask for again and again, no tickets, no
       sessions, no compression. */
    SSL_CTX_set_options(context->ssl,
        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(context->ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context->ssl, 0);
    SSL_CTX_set_mode(context->ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_default_passwd_cb(context->ssl, no_passphrase);
    SSL_CTX_set_alpn_select_cb(context->ssl, choose_protocol, NULL);
    Status status = load_files(context, certificate_path, key_path, error);
    if (status != OK) {
        tls_context_release(context);
        return status;
    }
    make_binding(context);
    *out = context;
    return OK;
}

TlsContext *tls_context_retain(TlsContext *context) {
    atomic_fetch_add(&context->reference_count, 1);
    return context;
}

void tls_context_release(TlsContext *context) {
    if (context == NULL || atomic_fetch_sub(&context->reference_count, 1) != 1)
        return;
    SSL_CTX_free(context->ssl);
    memory_free(context);
}

const char *tls_context_binding(const TlsContext *context, size_t *length) {
    *length = context->binding_length;
    return context->binding_length == 0 ? NULL : (const char *)context->binding;
}

TlsStream *tls_stream_create(TlsContext *context) {
    TlsStream *stream = NEW(TlsStream);
    stream->context = tls_context_retain(context);
    stream->ssl = SSL_new(context->ssl);
    stream->in = BIO_new(BIO_s_mem());
    stream->out = BIO_new(BIO_s_mem());
    SSL_set_bio(stream->ssl, stream->in, stream->out);
    SSL_set_accept_state(stream->ssl);
    return stream;
}

void tls_stream_destroy(TlsStream *stream) {
    if (stream == NULL)
        return;
    SSL_free(stream->ssl);
    tls_context_release(stream->context);
    memory_free(stream);
}

static void take_wire(TlsStream *stream, Text *wire) {
    char *bytes;
    long length = BIO_get_mem_data(stream->out, &bytes);
    if (length > 0)
        text_add(wire, bytes, (size_t)length);
    (void)BIO_reset(stream->out);
}

Status tls_receive(TlsStream *stream, const char *bytes, size_t length, Text *plain, Text *wire, bool *is_end,
    Error *error) {
    ERR_clear_error();
    BIO_write(stream->in, bytes, (int)length);
    int count;
    do {
        char *to = text_reserve(plain, READ_PIECE);
        count = SSL_read(stream->ssl, to, READ_PIECE);
        plain->length += count > 0 ? (size_t)count : 0;
    } while (count > 0);
    int reason = SSL_get_error(stream->ssl, count);
    take_wire(stream, wire);
    *is_end = reason == SSL_ERROR_ZERO_RETURN;
    return reason == SSL_ERROR_WANT_READ || *is_end
               ? OK
               : ssl_error(error, STATUS_PROTOCOL_VIOLATION, "could not accept SSL connection");
}

void tls_send(TlsStream *stream, const char *bytes, size_t length, Text *wire) {
    ERR_clear_error();
    for (size_t sent = 0; sent < length && tls_is_established(stream);) {
        size_t left = length - sent;
        int count = SSL_write(stream->ssl, bytes + sent, left > INT_MAX ? INT_MAX : (int)left);
        if (count <= 0)
            break; /* after an alert: nobody reads any more */
        sent += (size_t)count;
    }
    take_wire(stream, wire);
    ERR_clear_error();
}

void tls_end(TlsStream *stream, Text *wire) {
    if (!tls_is_established(stream))
        return;
    SSL_shutdown(stream->ssl);
    take_wire(stream, wire);
    ERR_clear_error();
}

bool tls_is_established(const TlsStream *stream) {
    return SSL_is_init_finished(stream->ssl);
}

const char *tls_version(const TlsStream *stream) {
    return SSL_get_version(stream->ssl);
}

const char *tls_cipher(const TlsStream *stream) {
    return SSL_get_cipher_name(stream->ssl);
}

int tls_cipher_bits(const TlsStream *stream) {
    return SSL_get_cipher_bits(stream->ssl, NULL);
}

TlsContext *tls_stream_context(const TlsStream *stream) {
    return stream->context;
}
