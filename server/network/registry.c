/* Registry: a list under a lock; some hundred connections, looked at when one comes, goes or cancels. */
#include "server/network/registry.h"

#include "executor/base/random.h"

void registry_init(Registry *registry, int client_count_max) {
    *registry = (Registry){.client_count_max = client_count_max};
    pthread_mutex_init(&registry->lock, NULL);
    pthread_cond_init(&registry->is_empty, NULL);
}

void registry_destroy(Registry *registry) {
    pthread_cond_destroy(&registry->is_empty);
    pthread_mutex_destroy(&registry->lock);
}

static bool has_process_id(const Registry *registry, int process_id) {
    for (const RegistryEntry *entry = registry->first; entry != NULL; entry = entry->next)
        if (entry->is_client && entry->process_id == process_id)
            return true;
    return false;
}

bool registry_add(Registry *registry, RegistryEntry *entry, void *connection) {
    pthread_mutex_lock(&registry->lock);
    bool has_room = registry->count < registry->client_count_max + REGISTRY_GUESTS_MAX;
    if (has_room) {
        *entry = (RegistryEntry){.next = registry->first, .connection = connection};
        if (entry->next != NULL)
            entry->next->previous = entry;
        registry->first = entry;
        registry->count++;
    }
    pthread_mutex_unlock(&registry->lock);
    return has_room;
}

bool registry_admit(Registry *registry, RegistryEntry *entry) {
    uint32_t key;
    /* Guessing a key is what keeps others from cancelling: it must be as random as the system can make it. */
    if (random_secure(&key, sizeof key, NULL) != OK)
        return false;
    pthread_mutex_lock(&registry->lock);
    bool has_room = registry->client_count < registry->client_count_max;
    if (has_room) {
        do
            registry->last_process_id = registry->last_process_id % INT32_MAX + 1;
        while (has_process_id(registry, registry->last_process_id));
        entry->process_id = registry->last_process_id;
        entry->cancel_key = key;
        entry->is_client = true;
        registry->client_count++;
    }
    pthread_mutex_unlock(&registry->lock);
    return has_room;
}

void registry_remove(Registry *registry, RegistryEntry *entry) {
    pthread_mutex_lock(&registry->lock);
    *(entry->previous != NULL ? &entry->previous->next : &registry->first) = entry->next;
    if (entry->next != NULL)
        entry->next->previous = entry->previous;
    registry->client_count -= entry->is_client;
    if (--registry->count == 0)
        pthread_cond_broadcast(&registry->is_empty);
    pthread_mutex_unlock(&registry->lock);
}

void registry_wait_empty(Registry *registry) {
    pthread_mutex_lock(&registry->lock);
    while (registry->count > 0)
        pthread_cond_wait(&registry->is_empty, &registry->lock);
    pthread_mutex_unlock(&registry->lock);
}

bool registry_cancel(
    Registry *registry, int process_id, const uint32_t *cancel_key, void (*visit)(void *connection)) {
    pthread_mutex_lock(&registry->lock);
    RegistryEntry *entry = registry->first;
    while (entry != NULL && !(entry->is_client && entry->process_id == process_id))
        entry = entry->next;
    bool is_right = entry != NULL && (cancel_key == NULL || entry->cancel_key == *cancel_key);
    if (is_right)
        visit(entry->connection);
    pthread_mutex_unlock(&registry->lock);
    return is_right;
}

void registry_visit(Registry *registry, void (*visit)(void *connection)) {
    pthread_mutex_lock(&registry->lock);
    for (RegistryEntry *entry = registry->first; entry != NULL; entry = entry->next)
        visit(entry->connection);
    pthread_mutex_unlock(&registry->lock);
}

int registry_count(Registry *registry) {
    pthread_mutex_lock(&registry->lock);
    int count = registry->client_count;
    pthread_mutex_unlock(&registry->lock);
    return count;
}
