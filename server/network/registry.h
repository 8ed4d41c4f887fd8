/* Registry: all connections, which of them are clients, and the keys by which clients cancel each other's
   statements. */
#ifndef LEAT_NETWORK_REGISTRY_H
#define LEAT_NETWORK_REGISTRY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct RegistryEntry {
    struct RegistryEntry *previous;
    struct RegistryEntry *next;
    void *connection;
    int process_id;
    uint32_t cancel_key;
    bool is_client; /* admitted */
} RegistryEntry;

typedef struct Registry {
    pthread_mutex_t lock;
    pthread_cond_t is_empty;
    RegistryEntry *first;
    int count; /* those without a session included */
    int client_count;
    int client_count_max;
    int last_process_id;
} Registry;

/* How many more sockets than clients there may be: those that are starting, and those that only cancel. */
enum { REGISTRY_GUESTS_MAX = 100 };

void registry_init(Registry *registry, int client_count_max);
void registry_destroy(Registry *registry);
/* False when there are too many. */
bool registry_add(Registry *registry, RegistryEntry *entry, void *connection);
/* Makes it a client, with a process id and a random key; false when client_count_max are there. */
bool registry_admit(Registry *registry, RegistryEntry *entry);
void registry_remove(Registry *registry, RegistryEntry *entry);
void registry_wait_empty(Registry *registry);
/* Calls visit, with the registry locked, for the client with this id and key (NULL: any), if there is one. */
bool registry_cancel(
    Registry *registry, int process_id, const uint32_t *cancel_key, void (*visit)(void *connection));
void registry_visit(Registry *registry, void (*visit)(void *connection));
int registry_count(Registry *registry);

#endif
