/* Mailbox: mail is added under one lock and taken whole. */
#include "executor/engine/mailbox.h"

#include <assert.h>

#include "executor/base/memory.h"
#include "executor/base/wait.h"

typedef struct Call {
    struct Call *next;
    CoordinatorFunction function;
    void *argument;
    Status status;
    Error error;
    bool is_done;
} Call;

struct Mailbox {
    Wait wait; /* its lock guards everything here; rung with every mail */
    pthread_cond_t called;
    Call *calls, **calls_tail;
    Submission *submissions, **submissions_tail;
    Waiters arriving; /* wait for the next commit */
    bool is_open, is_stopping;
    int holds;
};

Mailbox *mailbox_create(void) {
    Mailbox *mailbox = NEW(Mailbox);
    wait_init(&mailbox->wait);
    condition_init(&mailbox->called);
    mailbox->calls_tail = &mailbox->calls;
    mailbox->submissions_tail = &mailbox->submissions;
    return mailbox;
}

void mailbox_destroy(Mailbox *mailbox) {
    assert(mailbox->calls == NULL && mailbox->submissions == NULL);
    waiters_free(&mailbox->arriving);
    wait_destroy(&mailbox->wait);
    pthread_cond_destroy(&mailbox->called);
    memory_free(mailbox);
}

void mailbox_wake(void *mailbox) {
    wait_wake(&((Mailbox *)mailbox)->wait);
}

static void refuse(Error *error) {
    error_set(error, STATUS_ADMIN_SHUTDOWN, "terminating connection due to administrator command");
}

Status mailbox_call(Mailbox *mailbox, CoordinatorFunction function, void *argument, Error *error) {
    Call call = {.function = function, .argument = argument};
    wait_lock(&mailbox->wait);
    if (mailbox->is_stopping) {
        wait_unlock(&mailbox->wait);
        refuse(error);
        return STATUS_ADMIN_SHUTDOWN;
    }
    *mailbox->calls_tail = &call;
    mailbox->calls_tail = &call.next;
    wait_wake_locked(&mailbox->wait);
    while (!call.is_done)
        condition_wait(&mailbox->called, &mailbox->wait.lock, WAIT_FOREVER);
    wait_unlock(&mailbox->wait);
    if (call.status != OK && error != NULL)
        error_move(error, &call.error);
    error_clear(&call.error);
    return call.status;
}

void mailbox_hold(Mailbox *mailbox) {
    wait_lock(&mailbox->wait);
    mailbox->holds++;
    wait_unlock(&mailbox->wait);
}

void mailbox_release(Mailbox *mailbox) {
    wait_lock(&mailbox->wait);
    if (mailbox->holds > 0)
        mailbox->holds--;
    wait_wake_locked(&mailbox->wait);
    wait_unlock(&mailbox->wait);
}

/* With the lock held, which it gives back: tells the completion when nothing is taken any more. */
static bool unlock_or_refuse(Mailbox *mailbox, bool is_stopping, Completion completion) {
    if (!is_stopping)
        wait_wake_locked(&mailbox->wait);
    wait_unlock(&mailbox->wait);
    if (!is_stopping)
        return true;
    Error error = {0};
    refuse(&error);
    completion.done(completion.argument, &error);
    error_clear(&error);
    return false;
}

void mailbox_wait_commit(Mailbox *mailbox, Completion completion) {
    wait_lock(&mailbox->wait);
    if (!mailbox->is_stopping)
        waiters_add(&mailbox->arriving, completion);
    unlock_or_refuse(mailbox, mailbox->is_stopping, completion);
}

void mailbox_submit(Mailbox *mailbox, Submission *submission) {
    assert(submission->next == NULL);
    Completion done = submission->done;
    wait_lock(&mailbox->wait);
    if (!mailbox->is_stopping) {
        *mailbox->submissions_tail = submission;
        mailbox->submissions_tail = &submission->next;
    }
    if (!unlock_or_refuse(mailbox, mailbox->is_stopping, done))
        submission_free(submission);
}

int64_t mailbox_held_count(Mailbox *mailbox) {
    int64_t count = 0;
    wait_lock(&mailbox->wait);
    for (const Submission *held = mailbox->submissions; held != NULL && mailbox->holds > 0; held = held->next)
        count++;
    wait_unlock(&mailbox->wait);
    return count;
}

void mailbox_open(Mailbox *mailbox) {
    wait_lock(&mailbox->wait);
    mailbox->is_open = true;
    wait_wake_locked(&mailbox->wait);
    wait_unlock(&mailbox->wait);
}

void mailbox_stop(Mailbox *mailbox) {
    wait_lock(&mailbox->wait);
    mailbox->is_stopping = true;
    wait_wake_locked(&mailbox->wait);
    wait_unlock(&mailbox->wait);
}

static bool has_mail(const Mailbox *mailbox) {
    return mailbox->calls != NULL ||
           (mailbox->holds == 0 && (mailbox->submissions != NULL || mailbox->arriving.count > 0));
}

MailboxState mailbox_look(Mailbox *mailbox) {
    wait_lock(&mailbox->wait);
    MailboxState state = {mailbox->wait.is_woken || has_mail(mailbox), mailbox->is_open, mailbox->holds > 0};
    wait_unlock(&mailbox->wait);
    return state;
}

bool mailbox_take(Mailbox *mailbox, int64_t deadline, Mail *mail) {
    wait_lock(&mailbox->wait);
    if (!mailbox->is_stopping && !has_mail(mailbox))
        (void)wait_until_woken(&mailbox->wait, deadline);
    mailbox->wait.is_woken = false; /* what rang is taken, or about to be looked at */
    *mail = (Mail){.is_open = mailbox->is_open, .is_held = mailbox->holds > 0};
    bool goes_on = !mailbox->is_stopping;
    if (goes_on) {
        mail->calls = mailbox->calls;
        mailbox->calls = NULL;
        mailbox->calls_tail = &mailbox->calls;
    }
    if (goes_on && !mail->is_held) {
        mail->submissions = mailbox->submissions;
        mailbox->submissions = NULL;
        mailbox->submissions_tail = &mailbox->submissions;
        mail->waiters = mailbox->arriving;
        mailbox->arriving = (Waiters){0};
    }
    wait_unlock(&mailbox->wait);
    return goes_on;
}

static void answer(Mailbox *mailbox, Call *call, Status status, Error *error) {
    wait_lock(&mailbox->wait);
    assert(!call->is_done);
    call->status = status;
    error_move(&call->error, error);
    call->is_done = true; /* from here on it may be gone */
    pthread_cond_broadcast(&mailbox->called);
    wait_unlock(&mailbox->wait);
}

void mailbox_run_calls(Mailbox *mailbox, Call *call, Coordinator *coordinator) {
    for (Call *next; call != NULL; call = next) {
        next = call->next;
        Error error = {0};
        Status status = call->function(coordinator, call->argument, &error);
        answer(mailbox, call, status, &error);
    }
}

void mailbox_refuse(Mailbox *mailbox, const Error *error) {
    assert(mailbox->is_stopping);
    for (Call *call = mailbox->calls, *next; call != NULL; call = next) {
        next = call->next;
        Error own = {0};
        error_copy(&own, error);
        answer(mailbox, call, error->status, &own);
    }
    mailbox->calls = NULL;
    for (Submission *submission = mailbox->submissions, *next; submission != NULL; submission = next) {
        next = submission->next;
        submission->done.done(submission->done.argument, error);
        submission_free(submission);
    }
    mailbox->submissions = NULL;
    waiters_finish(&mailbox->arriving, error);
}
