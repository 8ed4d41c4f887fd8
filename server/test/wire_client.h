/* A PostgreSQL client for tests: sends messages byte for byte and writes down what comes back, a word a
   message: R K, S:name=text, Z:I, T:column,…, D:value|value, C:tag, E:sqlstate, N:text, d:data, and the
   letter alone for all others. */
#ifndef LEAT_TEST_WIRE_CLIENT_H
#define LEAT_TEST_WIRE_CLIENT_H

#include "executor/base/text.h"

typedef struct WireClient {
    int fd;
    Text received;
    size_t at;
    int32_t process_id;
    int32_t key;
    Text words;
} WireClient;

/* A connected socket. */
int wire_connect(int port);
/* Sends all bytes. */
void wire_send(int fd, const void *bytes, size_t length);
/* What messages are made of. */
void put_int32(Text *out, int32_t value);
void put_int16(Text *out, int value);
void put_string(Text *out, const char *string);
/* Add one message each. */
void put_message(Text *out, char type, const char *body, size_t length);
void put_query(Text *out, const char *sql);
void put_parse(Text *out, const char *name, const char *sql);
/* Text parameters; result_format for all columns. */
void put_bind(Text *out, const char *portal, const char *statement, int count, const char *const *parameters,
    int result_format);
void put_execute(Text *out, const char *portal, int row_max);
/* 'D' and 'C' with 'S' or 'P'. */
void put_target(Text *out, char type, char kind, const char *name);
void put_startup(Text *out, const char *database);
int32_t get_int32(const char *bytes);
/* Waits until so many bytes are there that were not read yet; 0 at the end of the connection. */
int client_fill(WireClient *client, size_t needed);
/* Reads up to and with the given number of messages of a type, or to the end of the connection (then a last
   word "eof"). */
const char *client_read(WireClient *client, char type, int count);
/* Sends a Query and reads to ReadyForQuery. */
const char *client_query(WireClient *client, const char *sql);
/* Sends and frees. */
void client_send(WireClient *client, Text *out);
/* Connects, starts up and reads to ReadyForQuery. */
void client_open(WireClient *client, int port);
void client_close(WireClient *client);

#endif
