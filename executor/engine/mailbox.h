/* Mailbox: the one queue by which other threads reach the coordinator's, and its bell. Any thread, unless it
   says otherwise. */
#ifndef LEAT_ENGINE_MAILBOX_H
#define LEAT_ENGINE_MAILBOX_H

#include "executor/engine/commit/completion.h"
#include "executor/engine/submission.h"

typedef struct Coordinator Coordinator;
typedef struct Mailbox Mailbox;

Mailbox *mailbox_create(void);
void mailbox_destroy(Mailbox *mailbox);

/* Lets the coordinator look for what there is to do. The argument is the mailbox: to be given to others as a
   callback. */
void mailbox_wake(void *mailbox);
/* Runs function on the coordinator's thread between two steps and waits for it. 57P01 once it stops. */
typedef Status (*CoordinatorFunction)(Coordinator *coordinator, void *argument, Error *error);
Status mailbox_call(Mailbox *mailbox, CoordinatorFunction function, void *argument, Error *error);
/* While held (counted), nobody takes submissions and completions. */
void mailbox_hold(Mailbox *mailbox);
void mailbox_release(Mailbox *mailbox);
/* Takes the submission over. */
void mailbox_submit(Mailbox *mailbox, Submission *submission);
void mailbox_wait_commit(Mailbox *mailbox, Completion completion);
int64_t mailbox_held_count(Mailbox *mailbox); /* submissions that wait because of a hold */
/* From now on the coordinator may step. */
void mailbox_open(Mailbox *mailbox);
/* The coordinator is to end; calls, submissions and completions are refused from now on. */
void mailbox_stop(Mailbox *mailbox);

/* The coordinator's thread. */

/* Whether there is mail, or the bell was rung; whether it may step, and is held. */
typedef struct MailboxState {
    bool has_news, is_open, is_held;
} MailboxState;
MailboxState mailbox_look(Mailbox *mailbox);

typedef struct Mail {
    struct Call *calls;
    Submission *submissions; /* in order, none while held */
    Waiters waiters;
    bool is_open, is_held;
} Mail;
/* Sleeps until there is news, or the deadline (monotonic microseconds), and takes what is there. False: it is
   to end. */
bool mailbox_take(Mailbox *mailbox, int64_t deadline, Mail *mail);
/* Runs the calls and answers their callers. */
void mailbox_run_calls(Mailbox *mailbox, struct Call *calls, Coordinator *coordinator);
/* After mailbox_stop and the thread's end: answers all that were left. */
void mailbox_refuse(Mailbox *mailbox, const Error *error);

#endif
