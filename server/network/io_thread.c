/* IoThread: libevent's loop, woken by an eventfd when mail is posted into an empty box. */
#include "server/network/io_thread.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "executor/base/memory.h"
#include "server/network/thread.h"

struct IoThread {
    struct event_base *base;
    struct event *mail_event;
    int mail_fd;
    pthread_mutex_t lock;
    IoMail *first;
    IoMail *last;
    IoMail stop;
    Thread *thread;
    pthread_t self; /* set by itself */
};

static void unlink_mail(IoThread *thread, IoMail *mail) {
    *(mail->previous != NULL ? &mail->previous->next : &thread->first) = mail->next;
    *(mail->next != NULL ? &mail->next->previous : &thread->last) = mail->previous;
    mail->previous = mail->next = NULL;
    mail->is_posted = false;
}

static IoMail *take_mail(IoThread *thread) {
    pthread_mutex_lock(&thread->lock);
    IoMail *mail = thread->first;
    if (mail != NULL)
        unlink_mail(thread, mail);
    pthread_mutex_unlock(&thread->lock);
    return mail;
}

static void on_mail(evutil_socket_t fd, short what, void *context) {
    (void)what;
    IoThread *thread = context;
    uint64_t count;
    if (read(fd, &count, sizeof count) < 0 && errno != EAGAIN)
        return;
    for (IoMail *mail; (mail = take_mail(thread)) != NULL;)
        mail->handle(mail->context);
}

static void run_loop(void *argument) {
    IoThread *thread = argument;
    thread->self = pthread_self();
    event_base_loop(thread->base, EVLOOP_NO_EXIT_ON_EMPTY);
}

static void on_stop(void *context) {
    event_base_loopexit(((IoThread *)context)->base, NULL);
}

static void free_thread(IoThread *thread) {
    if (thread->mail_event != NULL)
        event_free(thread->mail_event);
    if (thread->base != NULL)
        event_base_free(thread->base);
    if (thread->mail_fd >= 0)
        close(thread->mail_fd);
    pthread_mutex_destroy(&thread->lock);
    memory_free(thread);
}

Status io_thread_start(const char *name, IoThread **out, Error *error) {
    IoThread *thread = NEW(IoThread);
    thread->stop = (IoMail){.handle = on_stop, .context = thread};
    pthread_mutex_init(&thread->lock, NULL);
    struct event_config *config = event_config_new();
    /* Everything of a base happens on its own thread; others only write the eventfd. */
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    thread->base = event_base_new_with_config(config);
    event_config_free(config);
    thread->mail_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    Status status = OK;
    if (thread->base == NULL || thread->mail_fd < 0)
        status = error_set(error, STATUS_SYSTEM_ERROR, "could not create an event loop: %m");
    if (status == OK) {
        thread->mail_event = event_new(thread->base, thread->mail_fd, EV_READ | EV_PERSIST, on_mail, thread);
        event_add(thread->mail_event, NULL);
        status = thread_start(name, run_loop, thread, &thread->thread, error);
    }
    if (status != OK)
        free_thread(thread);
    else
        *out = thread;
    return status;
}

struct event_base *io_thread_base(IoThread *thread) {
    return thread->base;
}

bool io_thread_is_current(const IoThread *thread) {
    return pthread_equal(thread->self, pthread_self());
}

void io_thread_post(IoThread *thread, IoMail *mail) {
    pthread_mutex_lock(&thread->lock);
    bool was_empty = thread->first == NULL;
    if (!mail->is_posted) {
        mail->is_posted = true;
        mail->previous = thread->last;
        mail->next = NULL;
        *(thread->last != NULL ? &thread->last->next : &thread->first) = mail;
        thread->last = mail;
    }
    pthread_mutex_unlock(&thread->lock);
    if (was_empty) {
        uint64_t one = 1;
        /* The counter can't overflow: one is added per empty box. */
        ssize_t written = write(thread->mail_fd, &one, sizeof one);
        (void)written;
    }
}

void io_thread_withdraw(IoThread *thread, IoMail *mail) {
    pthread_mutex_lock(&thread->lock);
    if (mail->is_posted)
        unlink_mail(thread, mail);
    pthread_mutex_unlock(&thread->lock);
}

void io_thread_stop(IoThread *thread) {
    io_thread_post(thread, &thread->stop);
    thread_join(thread->thread);
    free_thread(thread);
}
