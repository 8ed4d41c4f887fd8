/* Pgwire: PostgreSQL's protocol 3 as a Protocol; what its files share. */
#ifndef LEAT_PGWIRE_PGWIRE_H
#define LEAT_PGWIRE_PGWIRE_H

#include "server/auth/scram.h"
#include "server/conversation/protocol.h"
#include "server/pgwire/message.h"

enum {
    STARTUP_SIZE_MAX = 10000, /* PostgreSQL's MAX_STARTUP_PACKET_LENGTH */
    STARTUP_OPTIONS_MAX = STARTUP_SIZE_MAX / 2,
    SMALL_MESSAGE_MAX = 10000,     /* of messages that hold a name at most */
    LARGE_MESSAGE_MAX = 0x3fffffff /* of all others */
};

typedef enum PgWirePhase { PGWIRE_STARTUP, PGWIRE_AUTHENTICATION, PGWIRE_READY } PgWirePhase;

/* What the protocol remembers of a conversation. */
typedef struct PgWire {
    PgWirePhase phase;
    bool has_asked_ssl, has_asked_gss;
    Text startup;         /* the packet, while the client proves who it is */
    ScramExchange *scram; /* NULL: it has not chosen a mechanism yet */
    Text verifier;        /* of its password; empty: nothing is right */
    bool is_extended;     /* what goes on belongs to Execute or the like, not to Query or Sync */
    bool skips_to_sync;   /* after an error in one of those */
    Text kept_message;    /* a copy of a big message, to parse in the pool */
    char kept_type;
} PgWire;

static inline PgWire *pgwire(const Conversation *conversation) {
    return conversation->protocol_state;
}

typedef struct Message {
    char type;
    const char *body;
    size_t length;
} Message;

static inline WireReader message_reader(const Message *message) {
    return (WireReader){.cursor = message->body, .end = message->body + message->length};
}

/* startup.c: the connection's first packets. */
Need pgwire_startup(Conversation *conversation);
/* authentication.c: begins to ask for a password, or goes on with what the client answers. */
Need pgwire_authentication_begin(Conversation *conversation);
Need pgwire_authentication(Conversation *conversation);

/* session_start.c */
/* Reads the startup packet: its user (borrowed from it), and the options _pq_.… that nobody knows, in an
   array of STARTUP_OPTIONS_MAX. */
Status pgwire_read_startup(const Conversation *conversation, const char **user, const char **unknown,
    int *unknown_count, Error *error);
/* The client has proved who it is: opens the session. */
Need pgwire_session_start(Conversation *conversation);
/* Says what settings have become, where clients are told. */
void pgwire_add_parameter_status(Conversation *conversation);

/* extended.c */
Need pgwire_parse(Conversation *conversation, const Message *message);
Need pgwire_bind(Conversation *conversation, const Message *message);
Need pgwire_describe(Conversation *conversation, const Message *message);
Need pgwire_execute(Conversation *conversation, const Message *message);
Need pgwire_close_named(Conversation *conversation, const Message *message);
Need pgwire_sync(Conversation *conversation, const Message *message);

/* copy_in.c: what comes during COPY FROM STDIN; at its end the portal runs on. */
Need pgwire_copy_in(Conversation *conversation, const Message *message);

#endif
