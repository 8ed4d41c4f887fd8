/* SessionList: a locked chain of links, which their owners keep. */
#include "server/session/session_list.h"

void session_list_init(SessionList *list) {
    pthread_mutex_init(&list->lock, NULL);
    list->first = NULL;
}

void session_list_destroy(SessionList *list) {
    pthread_mutex_destroy(&list->lock);
}

void session_list_add(SessionList *list, SessionLink *link) {
    pthread_mutex_lock(&list->lock);
    link->previous = NULL;
    link->next = list->first;
    if (list->first != NULL)
        list->first->previous = link;
    list->first = link;
    pthread_mutex_unlock(&list->lock);
}

void session_list_remove(SessionList *list, SessionLink *link) {
    pthread_mutex_lock(&list->lock);
    if (link->previous != NULL)
        link->previous->next = link->next;
    else
        list->first = link->next;
    if (link->next != NULL)
        link->next->previous = link->previous;
    pthread_mutex_unlock(&list->lock);
}

void session_list_visit(
    SessionList *list, void (*visit)(void *argument, const SessionLink *link), void *argument) {
    pthread_mutex_lock(&list->lock);
    for (const SessionLink *link = list->first; link != NULL; link = link->next)
        visit(argument, link);
    pthread_mutex_unlock(&list->lock);
}
