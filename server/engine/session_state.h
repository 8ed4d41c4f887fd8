/* SessionState: what the engine keeps of a session. */
#ifndef LEAT_ENGINE_SESSION_STATE_H
#define LEAT_ENGINE_SESSION_STATE_H

#include "server/catalog/system/system_catalog.h"
#include "server/engine/instance.h"
#include "server/engine/write_set.h"
#include "server/session/session.h"

typedef struct SessionState {
    Instance *instance;
    const Published *pinned; /* of a REPEATABLE READ transaction, from its first query on */
    WriteSet *writes;        /* of the open transaction; NULL: none */
    Prepared *retry; /* the transaction's one DML statement, which may be evaluated again; NULL: none */
    Value *retry_parameters; /* in retry_arena */
    Arena *retry_arena;
    bool is_retriable;
    SessionLink link;
    SystemFacts system; /* over the newest catalog when names were last asked for */
    TypeNames names;
    SessionFacts facts;
    SessionContext session_context; /* for statements without parameters */
    struct CatalogChange
        *changes; /* what the open transaction has defined and dropped: see catalog_changes.h */
    int change_count, change_capacity;
    uint64_t change_serial;
    CatalogSnapshot *catalog; /* the newest with the changes over it, as last made; NULL: none */
    uint64_t catalog_base;
    struct {
        uint32_t id;
        int64_t value;
    } * seen; /* of sequences: what currval gives */
    int seen_count, seen_capacity;
    uint32_t last_sequence;  /* lastval's */
    bool has_temporary;      /* objects, or had them */
    struct Notices *notices; /* notify.c; NULL: none yet */
    int held;                /* holds on the coordinator by this session */
} SessionState;
static inline SessionState *session_state(const Session *session) {
    return session_engine_state(session);
}

#endif
