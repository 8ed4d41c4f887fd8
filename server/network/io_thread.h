/* IoThread: an event loop on a thread of its own, and mail that other threads send it. */
#ifndef LEAT_NETWORK_IO_THREAD_H
#define LEAT_NETWORK_IO_THREAD_H

#include <stdbool.h>

#include "executor/base/error.h"

struct event_base;
typedef struct IoThread IoThread;

/* One letter, embedded in its sender; in the box at most once, however often it is posted. */
typedef struct IoMail {
    void (*handle)(void *context); /* on the I/O thread */
    void *context;
    struct IoMail *previous; /* the rest is the box's */
    struct IoMail *next;
    bool is_posted;
} IoMail;

Status io_thread_start(const char *name, IoThread **out, Error *error);
struct event_base *io_thread_base(IoThread *thread);
/* Whether this is it; for assertions. */
bool io_thread_is_current(const IoThread *thread);
/* From any thread. */
void io_thread_post(IoThread *thread, IoMail *mail);
/* On the thread itself: takes the letter back, so that it may be freed. */
void io_thread_withdraw(IoThread *thread, IoMail *mail);
/* Ends the loop after the mail at hand, joins and frees. Events of the base must be gone. */
void io_thread_stop(IoThread *thread);

#endif
