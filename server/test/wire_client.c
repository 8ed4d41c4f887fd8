/* The client: sockets, messages to send, and words of those that come. */
#include "server/test/wire_client.h"

#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int wire_connect(int port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval timeout = {.tv_sec = 20};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

void wire_send(int fd, const void *bytes, size_t length) {
    for (size_t sent = 0; sent < length;) {
        ssize_t count = send(fd, (const char *)bytes + sent, length - sent, MSG_NOSIGNAL);
        if (count <= 0)
            return;
        sent += (size_t)count;
    }
}

void put_int32(Text *out, int32_t value) {
    uint32_t network = htobe32((uint32_t)value);
    text_add(out, (const char *)&network, 4);
}

void put_int16(Text *out, int value) {
    uint16_t network = htobe16((uint16_t)value);
    text_add(out, (const char *)&network, 2);
}

void put_string(Text *out, const char *string) {
    text_add(out, string, strlen(string) + 1);
}

void put_message(Text *out, char type, const char *body, size_t length) {
    text_add_char(out, type);
    put_int32(out, (int32_t)length + 4);
    text_add(out, body, length);
}

void put_query(Text *out, const char *sql) {
    put_message(out, 'Q', sql, strlen(sql) + 1);
}

void put_parse(Text *out, const char *name, const char *sql) {
    Text body = {0};
    put_string(&body, name);
    put_string(&body, sql);
    put_int16(&body, 0);
    put_message(out, 'P', body.bytes, body.length);
    text_free(&body);
}

void put_bind(Text *out, const char *portal, const char *statement, int count, const char *const *parameters,
    int result_format) {
    Text body = {0};
    put_string(&body, portal);
    put_string(&body, statement);
    put_int16(&body, 0);
    put_int16(&body, count);
    for (int i = 0; i < count; i++) {
        put_int32(&body, parameters[i] == NULL ? -1 : (int32_t)strlen(parameters[i]));
        if (parameters[i] != NULL)
            text_add_string(&body, parameters[i]);
    }
    put_int16(&body, 1);
    put_int16(&body, result_format);
    put_message(out, 'B', body.bytes, body.length);
    text_free(&body);
}

void put_execute(Text *out, const char *portal, int row_max) {
    Text body = {0};
    put_string(&body, portal);
    put_int32(&body, row_max);
    put_message(out, 'E', body.bytes, body.length);
    text_free(&body);
}

void put_target(Text *out, char type, char kind, const char *name) {
    Text body = {0};
    text_add_char(&body, kind);
    put_string(&body, name);
    put_message(out, type, body.bytes, body.length);
    text_free(&body);
}

void put_startup(Text *out, const char *database) {
    Text body = {0};
    put_int32(&body, 196608);
    put_string(&body, "user");
    put_string(&body, "app");
    put_string(&body, "database");
    put_string(&body, database);
    text_add_char(&body, 0);
    put_int32(out, (int32_t)body.length + 4);
    text_add(out, body.bytes, body.length);
    text_free(&body);
}

int32_t get_int32(const char *bytes) {
    uint32_t network;
    memcpy(&network, bytes, 4);
    return (int32_t)be32toh(network);
}

static int get_int16(const char *bytes) {
    uint16_t network;
    memcpy(&network, bytes, 2);
    return (int16_t)be16toh(network);
}

int client_fill(WireClient *client, size_t needed) {
    while (client->received.length - client->at < needed) {
        char *to = text_reserve(&client->received, 65536);
        ssize_t count = recv(client->fd, to, 65536, 0);
        if (count <= 0)
            return 0;
        client->received.length += (size_t)count;
    }
    return 1;
}

static void word_of_row(Text *words, const char *body) {
    int count = get_int16(body);
    body += 2;
    text_add_char(words, ':');
    for (int i = 0; i < count; i++) {
        int32_t length = get_int32(body);
        body += 4;
        text_add_string(words, i > 0 ? "|" : "");
        if (length < 0)
            text_add_string(words, "NULL");
        else if (length > 64)
            text_printf(words, "%d bytes", length);
        else
            text_add(words, body, (size_t)length);
        body += length < 0 ? 0 : length;
    }
}

static void word_of_columns(Text *words, const char *body) {
    int count = get_int16(body);
    body += 2;
    for (int i = 0; i < count; i++) {
        text_printf(words, "%c%s", i == 0 ? ':' : ',', body);
        body += strlen(body) + 1 + 18;
    }
}

/* The C field of an error, the M field of a notice. */
static void word_of_report(Text *words, const char *body, char wanted) {
    for (; *body != 0; body += strlen(body) + 1)
        if (*body == wanted)
            text_printf(words, ":%s", body + 1);
}

static void add_word(WireClient *client, char type, const char *body, size_t length) {
    Text *words = &client->words;
    text_printf(words, "%s%c", words->length > 0 ? " " : "", type);
    switch (type) {
    case 'Z':
    case 'C':
        text_printf(words, ":%.*s", type == 'Z' ? 1 : (int)length, body);
        break;
    case 'D':
        word_of_row(words, body);
        break;
    case 'T':
        word_of_columns(words, body);
        break;
    case 'E':
        word_of_report(words, body, 'C');
        break;
    case 'N':
        word_of_report(words, body, 'M');
        break;
    case 'S':
        text_printf(words, ":%s=%s", body, body + strlen(body) + 1);
        break;
    case 'd':
        text_printf(words, ":%.*s", (int)length - (length > 0 && body[length - 1] == '\n'), body);
        break;
    case 'v':
        text_printf(words, ":%d", get_int32(body));
        break;
    case 'K':
        client->process_id = get_int32(body);
        client->key = get_int32(body + 4);
        break;
    }
}

const char *client_read(WireClient *client, char type, int count) {
    text_reset(&client->words);
    while (count > 0) {
        if (!client_fill(client, 5)) {
            text_add_string(&client->words, client->words.length > 0 ? " eof" : "eof");
            break;
        }
        size_t length = (size_t)get_int32(client->received.bytes + client->at + 1);
        if (!client_fill(client, length + 1))
            break;
        const char *message = client->received.bytes + client->at;
        add_word(client, *message, message + 5, length - 4);
        count -= *message == type;
        client->at += length + 1;
        if (client->at == client->received.length) {
            client->at = 0;
            text_reset(&client->received);
        }
    }
    return text_string(&client->words);
}

const char *client_query(WireClient *client, const char *sql) {
    Text out = {0};
    put_query(&out, sql);
    wire_send(client->fd, out.bytes, out.length);
    text_free(&out);
    return client_read(client, 'Z', 1);
}

void client_send(WireClient *client, Text *out) {
    wire_send(client->fd, out->bytes, out->length);
    text_free(out);
}

void client_open(WireClient *client, int port) {
    *client = (WireClient){.fd = wire_connect(port)};
    Text out = {0};
    put_startup(&out, "leat");
    client_send(client, &out);
    client_read(client, 'Z', 1);
}

void client_close(WireClient *client) {
    close(client->fd);
    text_free(&client->received);
    text_free(&client->words);
}
