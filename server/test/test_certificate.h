/* A self-signed certificate for tests: made in a folder of its own under /tmp. */
#ifndef LEAT_AUTH_TEST_CERTIFICATE_H
#define LEAT_AUTH_TEST_CERTIFICATE_H

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct TestCertificate {
    char folder[32], certificate[64], key[64];
} TestCertificate;

static void test_certificate_make(TestCertificate *made) {
    snprintf(made->folder, sizeof made->folder, "/tmp/leat_tls_XXXXXX");
    if (mkdtemp(made->folder) == NULL)
        abort();
    snprintf(made->certificate, sizeof made->certificate, "%s/server.crt", made->folder);
    snprintf(made->key, sizeof made->key, "%s/server.key", made->folder);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    X509_set_pubkey(certificate, key);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_sign(certificate, key, EVP_sha256());
    FILE *file = fopen(made->certificate, "w");
    PEM_write_X509(file, certificate);
    fclose(file);
    file = fopen(made->key, "w");
    PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    chmod(made->key, 0600);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void test_certificate_remove(const TestCertificate *made) {
    unlink(made->certificate);
    unlink(made->key);
    rmdir(made->folder);
}

#endif
