/* Protocol: how one kind of client is spoken to: one const record each for pgwire and HTTP, chosen by a
   connection's first byte. The conversation calls it; what it reads it takes from the connection's socket,
   what it says it writes to the conversation's output. */
#ifndef LEAT_CONVERSATION_PROTOCOL_H
#define LEAT_CONVERSATION_PROTOCOL_H

#include "server/conversation/conversation.h"
#include "server/conversation/copy.h"
#include "server/conversation/rows.h"

typedef struct Protocol {
    const char *name;
    /* Whether a connection that begins with this byte speaks it. */
    bool (*claims)(unsigned char first);
    /* On the I/O thread, while nothing goes on: takes what has come and begins what it asks for; NEED_INPUT
       when that is not whole yet. */
    Need (*read)(Conversation *conversation);
    /* At the conversation's end: frees the protocol's own state. */
    void (*close)(Conversation *conversation);

    /* The rest writes, on the thread that runs the conversation. NULL functions have nothing to say. */

    bool is_text_only; /* binary formats are never meant */
    /* Before the rows of a statement: the Prepared's columns. */
    void (*row_description)(Conversation *conversation, const Prepared *prepared, const int16_t *formats);
    AddRow add_row;
    /* COPY TO STDOUT: before, each line, after. */
    void (*copy_out_begin)(Conversation *conversation, const Prepared *prepared);
    CopyFrame copy_frame;
    void (*copy_out_end)(Conversation *conversation);
    /* COPY FROM STDIN: asks for data and makes taking it the activity, which ends by portal_run. NULL: 0A000.
     */
    void (*copy_in_begin)(Conversation *conversation, const Prepared *prepared);
    /* A statement is through: "SELECT 2". */
    void (*complete)(Conversation *conversation, const char *tag);
    void (*empty)(Conversation *conversation); /* the text had no statement */
    void (*error)(Conversation *conversation, const Error *error, bool is_fatal);
    void (*notice)(Conversation *conversation, Severity severity, const Error *notice);
    /* After an error, when the transaction knows of it: what is left of the request is passed over. */
    void (*recover)(Conversation *conversation);
    /* A request is answered. */
    void (*ready)(Conversation *conversation);
} Protocol;

#define PROTOCOL(name) extern const Protocol name##_protocol;
#include "server/conversation/protocols.def"
#undef PROTOCOL

#endif
