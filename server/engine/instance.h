/* Instance: one running server behind its sessions: store, coordinator, catalog, and the jobs that the
   catalog's objects are. */
#ifndef LEAT_ENGINE_INSTANCE_H
#define LEAT_ENGINE_INSTANCE_H

#include "connectors/connector.h"
#include "executor/engine/coordinator.h"
#include "server/catalog/catalog_store.h"
#include "server/engine/sequences.h"
#include "server/session/session_list.h"

typedef enum Authentication {
    AUTHENTICATION_TRUST, /* this machine's clients need a password only where their role has one */
    AUTHENTICATION_SCRAM, /* everyone needs one */
    AUTHENTICATION_OPEN   /* this machine's clients need none, to set those that were lost */
} Authentication;

typedef struct Instance Instance;

typedef struct InstanceOptions {
    const char *data_directory;
    const char *files_directory; /* NULL: the file connector may go nowhere */
    int worker_count;
    size_t memory_limit;    /* bytes; SIZE_MAX: none */
    size_t memory_max;      /* bytes; 0: none; see CoordinatorSpec */
    int64_t sink_stage_max; /* bytes; 0: the default */
    Authentication authentication;
    const RoundPolicy *rounds; /* see CoordinatorSpec */
    void *rounds_argument;
    /* Goes on with what is built in the background: after the start and after a recovery. Coordinator's
     * thread. */
    Status (*resume_builds)(Instance *instance, Error *error);
} InstanceOptions;

struct Instance {
    InstanceOptions options;
    Store *store;
    MemoryBudget budget;
    Coordinator *coordinator;
    CatalogStore *catalog;
    ConnectorShares *shares;
    Statistics *statistics;
    Sequences *sequences;
    char uuid[37];
    SessionList sessions;
    int64_t start_time;      /* microseconds since 2000-01-01 UTC */
    struct RunningJob *jobs; /* coordinator's thread */
};

/* Opens the data folder, restores every object and begins to step. 55006: another server has it. */
Status instance_start(const InstanceOptions *options, Instance **instance, Error *error);
void instance_stop(Instance *instance); /* NULL is fine */

/* Makes an object run, new and empty: tables, sources (their reader given, taken over), sinks and views
   without anything to read. Coordinator's thread. */
Status instance_run(Instance *instance, Object *object, SourceReader *reader, Error *error);
/* Begins to build a view or sink (see coordinator_build). Coordinator's thread. */
Status instance_build(Instance *instance, Object *object, Status (*linked)(void *argument, Error *error),
    Completion done, Error *error);
/* A build that failed, or was removed: forgets its definition. Coordinator's thread. */
void instance_forget(Instance *instance, uint32_t object_id);
/* The object was built again: forgets the definition that it had before. Coordinator's thread. */
void instance_forget_older(Instance *instance, uint32_t object_id);
/* The object's entry has changed in what its job does not depend on: its name, constraints, indexes.
   Coordinator's thread. */
void instance_replace(Instance *instance, Object *object);
/* Stops the object's job and drops its state. Coordinator's thread. */
Status instance_remove(Instance *instance, uint32_t object_id, Error *error);

/* The connector's view of an object; arrays in the arena. */
void instance_connector_definition(
    const Instance *instance, const Object *object, Arena *arena, ConnectorDefinition *definition);

#endif
