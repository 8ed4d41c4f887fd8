/* SessionList: all sessions of a server, for pg_stat_activity. Any thread. */
#ifndef LEAT_SESSION_SESSION_LIST_H
#define LEAT_SESSION_SESSION_LIST_H

#include <pthread.h>

#include "server/session/session.h"

typedef struct SessionLink {
    struct SessionLink *previous, *next;
    const Session *session;
    int64_t start_time; /* microseconds since 2000-01-01 UTC */
} SessionLink;

typedef struct SessionList {
    pthread_mutex_t lock;
    SessionLink *first;
} SessionList;

void session_list_init(SessionList *list);
void session_list_destroy(SessionList *list);
void session_list_add(SessionList *list, SessionLink *link);
void session_list_remove(SessionList *list, SessionLink *link);
/* Calls visit, with the list locked, for every session: what does not change in its life may be read. */
void session_list_visit(
    SessionList *list, void (*visit)(void *argument, const SessionLink *link), void *argument);

#endif
