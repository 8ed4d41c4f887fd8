/* Socket: the bytes of one connection: what has come and is not taken yet, what is still to be sent, TLS
   between them and the wire. Who is slow is waited for, never buffered: only so much is read ahead, and who
   writes asks first whether there is room.

   Belongs to its I/O thread: everything but socket_open and socket_peer_is_loopback is called there. */
#ifndef LEAT_NETWORK_SOCKET_H
#define LEAT_NETWORK_SOCKET_H

#include "executor/base/text.h"
#include "server/auth/tls.h"
#include "server/network/io_thread.h"

enum {
    SOCKET_OUTPUT_LOW = 64 << 10, /* there is room once no more than this is left to send */
    SOCKET_INPUT_READ = 64 << 10  /* bytes of one read, and of input kept while nobody takes it */
};

struct event;

typedef struct Socket {
    IoThread *thread;
    int fd;
    struct event *read_event;
    struct event *write_event;
    void (*on_read)(void *owner);    /* bytes have come, or is_end_of_input, or is_broken */
    void (*on_written)(void *owner); /* some of what was to be sent is gone, or is_broken */
    void *owner;
    Text input; /* from input_at on not yet taken */
    size_t input_at;
    size_t discard;     /* bytes to come that nobody wants */
    bool ignores_input; /* nobody wants any of them */
    Text sending;       /* from sent on not yet written */
    size_t sent;
    TlsStream *tls; /* NULL: what is sent and received is plain */
    bool is_end_of_input;
    bool is_closing; /* as soon as all is sent */
    bool is_broken;  /* nothing can be sent any more */
} Socket;

/* Takes fd over; thread, owner and its two functions are set. */
void socket_open(Socket *socket, int fd);
/* Begins to have events; nothing is read before socket_watch. */
void socket_start(Socket *socket);
void socket_close(Socket *socket);
bool socket_peer_is_loopback(const Socket *socket);

/* Input. Bytes stay where they are until the next event. */
const char *socket_input(const Socket *socket, size_t *length);
void socket_take(Socket *socket, size_t count);
/* Takes that many bytes, those too that have not come yet. */
void socket_discard(Socket *socket, size_t count);
/* All bytes that are here, and all to come. */
void socket_ignore_input(Socket *socket);

/* Output. */
bool socket_has_room(const Socket *socket);
/* The text is taken, and empty afterwards. */
void socket_add(Socket *socket, Text *output);
/* Sends what the other side takes now. */
void socket_send(Socket *socket);
/* Nothing more will be added: to be closed when all is sent. */
void socket_end(Socket *socket);
bool socket_is_over(const Socket *socket);

/* What is added from now on is encrypted, and what has come already was. */
void socket_start_tls(Socket *socket, TlsContext *context);
/* Waits for what can come and go now: input, when somebody waits for it or there is not too much of it. */
void socket_watch(Socket *socket, bool is_input_wanted);

#endif
