/* LISTEN, UNLISTEN, NOTIFY and pg_notify(): what a transaction says takes effect when it has committed.
   Whoever listens has a queue of his own; all queues and channels are under the lock of the list of sessions.
 */
#include <stdatomic.h>
#include <string.h>

#include "executor/base/memory.h"
#include "server/commands/notify.h"

enum { CHANNEL_MAX = 63, PAYLOAD_MAX = 7999 };

typedef enum NotifyKind { NOTIFY_LISTEN, NOTIFY_UNLISTEN, NOTIFY_UNLISTEN_ALL, NOTIFY_SEND } NotifyKind;

/* One of the open transaction. */
typedef struct NotifyAction {
    NotifyKind kind;
    char *channel, *payload;
} NotifyAction;

struct Notices {
    NotifyAction *actions;
    int action_count, action_capacity;
    char **channels; /* listened to */
    int channel_count, channel_capacity;
    Notification *queue;
    int queue_count, queue_capacity;
    atomic_int waiting; /* how many stand in the queue: asked without the lock */
};

static Notices *notices_of(SessionState *state) {
    if (state->notices == NULL)
        state->notices = NEW(Notices);
    return state->notices;
}

static bool is_same(const NotifyAction *a, NotifyKind kind, const char *channel, const char *payload) {
    return a->kind == kind && strcmp(a->channel, channel) == 0 && strcmp(a->payload, payload) == 0;
}

static void add_action(SessionState *state, NotifyKind kind, const char *channel, const char *payload) {
    Notices *notices = notices_of(state);
    for (int i = 0; i < notices->action_count && kind == NOTIFY_SEND; i++)
        if (is_same(&notices->actions[i], kind, channel, payload))
            return; /* said twice in one transaction is said once */
    GROW(notices->actions, notices->action_capacity, notices->action_count + 1);
    notices->actions[notices->action_count++] =
        (NotifyAction){kind, memory_strdup(channel), memory_strdup(payload)};
}

static Status send(SessionState *state, const char *channel, const char *payload, Error *error) {
    if (*channel == 0)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "channel name cannot be empty");
    if (strlen(channel) > CHANNEL_MAX)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "channel name too long");
    if (strlen(payload) > PAYLOAD_MAX)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "payload string too long");
    add_action(state, NOTIFY_SEND, channel, payload);
    return OK;
}

Status notify_run(SimpleExecution *execution, Error *error) {
    const SyntaxStatement *syntax = execution->analysis->syntax;
    SessionState *state = session_state(execution->session);
    const SyntaxWord *words = syntax->other->words;
    const char *channel = words[1].text;
    if (strcmp(syntax->tag, "NOTIFY") == 0)
        return send(state, channel, syntax->other->word_count > 3 ? words[3].text : "", error);
    bool is_all = words[1].kind == SYNTAX_WORD_OTHER;
    add_action(state,
        strcmp(syntax->tag, "LISTEN") == 0 ? NOTIFY_LISTEN
        : is_all                           ? NOTIFY_UNLISTEN_ALL
                                           : NOTIFY_UNLISTEN,
        channel, "");
    return OK;
}

/* Under the lock. */

static int find_channel(const Notices *notices, const char *channel) {
    for (int i = 0; i < notices->channel_count; i++)
        if (strcmp(notices->channels[i], channel) == 0)
            return i;
    return -1;
}

static void listen(Notices *notices, const char *channel) {
    if (find_channel(notices, channel) >= 0)
        return;
    GROW(notices->channels, notices->channel_capacity, notices->channel_count + 1);
    notices->channels[notices->channel_count++] = memory_strdup(channel);
}

static void unlisten(Notices *notices, int channel) {
    memory_free(notices->channels[channel]);
    notices->channels[channel] = notices->channels[--notices->channel_count];
}

static void apply_own(Notices *notices, const NotifyAction *action) {
    int channel = find_channel(notices, action->channel);
    if (action->kind == NOTIFY_LISTEN)
        listen(notices, action->channel);
    else if (action->kind == NOTIFY_UNLISTEN && channel >= 0)
        unlisten(notices, channel);
    while (action->kind == NOTIFY_UNLISTEN_ALL && notices->channel_count > 0)
        unlisten(notices, 0);
}

static void deliver(const SessionLink *link, int process_id, const NotifyAction *action) {
    Notices *notices = session_state(link->session)->notices;
    if (notices == NULL || find_channel(notices, action->channel) < 0)
        return;
    GROW(notices->queue, notices->queue_capacity, notices->queue_count + 1);
    notices->queue[notices->queue_count++] =
        (Notification){process_id, memory_strdup(action->channel), memory_strdup(action->payload)};
    atomic_store(&notices->waiting, notices->queue_count);
    session_wake(link->session);
}

void notify_commit(Session *session) {
    SessionState *state = session_state(session);
    Notices *notices = state->notices;
    if (notices == NULL || notices->action_count == 0)
        return;
    SessionList *list = &state->instance->sessions;
    pthread_mutex_lock(&list->lock);
    for (int i = 0; i < notices->action_count; i++) {
        const NotifyAction *action = &notices->actions[i];
        if (action->kind != NOTIFY_SEND)
            apply_own(notices, action);
        for (const SessionLink *link = list->first; link != NULL && action->kind == NOTIFY_SEND;
             link = link->next)
            deliver(link, session_process_id(session), action);
    }
    pthread_mutex_unlock(&list->lock);
    notify_forget(state);
}

void notify_unlisten(Session *session) {
    if (session_state(session)->notices == NULL)
        return;
    add_action(session_state(session), NOTIFY_UNLISTEN_ALL, "*", "");
    notify_commit(session);
}

void notify_forget(SessionState *state) {
    Notices *notices = state->notices;
    for (int i = 0; notices != NULL && i < notices->action_count; i++) {
        memory_free(notices->actions[i].channel);
        memory_free(notices->actions[i].payload);
    }
    if (notices != NULL)
        notices->action_count = 0;
}

bool notify_take(void *context, Session *session, Notification *notification) {
    SessionState *state = session_state(session);
    Notices *notices = state == NULL ? NULL : state->notices;
    if (notices == NULL || atomic_load(&notices->waiting) == 0)
        return false;
    pthread_mutex_lock(&state->instance->sessions.lock);
    *notification = notices->queue[0];
    memmove(notices->queue, notices->queue + 1, sizeof *notices->queue * (size_t)--notices->queue_count);
    atomic_store(&notices->waiting, notices->queue_count);
    pthread_mutex_unlock(&state->instance->sessions.lock);
    return true;
}

/* Nobody finds the session any more. */
void notify_close(SessionState *state) {
    Notices *notices = state->notices;
    if (notices == NULL)
        return;
    notify_forget(state);
    for (int i = 0; i < notices->channel_count; i++)
        memory_free(notices->channels[i]);
    for (int i = 0; i < notices->queue_count; i++) {
        memory_free(notices->queue[i].channel);
        memory_free(notices->queue[i].payload);
    }
    memory_free(notices->actions);
    memory_free(notices->channels);
    memory_free(notices->queue);
    memory_free(notices);
}

static Status ask_notify(void *owner, const char *channel, const char *payload, Error *error) {
    return send(session_state(((SystemFacts *)owner)->session), channel, payload, error);
}

void notify_facts(SessionFacts *facts) {
    facts->notify = ask_notify;
}
