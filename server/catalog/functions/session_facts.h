/* SessionFacts: what catalog functions ask about the session that runs them and about the catalog. */
#ifndef LEAT_CATALOG_SESSION_FACTS_H
#define LEAT_CATALOG_SESSION_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "executor/base/text.h"
#include "executor/functions/function.h"

/* What has a text that the catalog can give by its oid. */
typedef enum DefinitionKind {
    DEFINITION_VIEW,       /* its query */
    DEFINITION_INDEX,      /* CREATE INDEX …, or one column of it */
    DEFINITION_CONSTRAINT, /* PRIMARY KEY (…), CHECK (…) */
    DEFINITION_FUNCTION,   /* CREATE FUNCTION … */
    DEFINITION_FUNCTION_ARGUMENTS,
    DEFINITION_FUNCTION_IDENTITY, /* its arguments without defaults */
    DEFINITION_FUNCTION_RESULT,
    DEFINITION_COMMENT, /* of a column, or the whole */
} DefinitionKind;

typedef struct DefinitionRequest {
    DefinitionKind kind;
    uint32_t oid;
    int column;          /* of an index or a comment, from 1; 0: the whole */
    const char *catalog; /* of a comment: the one that the oid is of; NULL: any */
    bool is_pretty;
} DefinitionRequest;

typedef enum Visibility { VISIBILITY_NONE, VISIBILITY_QUALIFIED, VISIBILITY_VISIBLE } Visibility;

typedef enum SequenceAction {
    SEQUENCE_NEXT,
    SEQUENCE_CURRENT,
    SEQUENCE_LAST,
    SEQUENCE_SET,
    SEQUENCE_SET_UNCALLED
} SequenceAction;

/* What has_…_privilege asks. */
typedef enum PrivilegeSubject {
    PRIVILEGES_ON_RELATION,
    PRIVILEGES_ON_SCHEMA,
    PRIVILEGES_ON_ROLE,
    PRIVILEGES_ON_OTHERS
} PrivilegeSubject;
typedef struct PrivilegeQuestion {
    PrivilegeSubject subject;
    bool has_role;    /* else the one that the session acts as */
    const char *role; /* NULL: by its oid */
    uint32_t role_oid;
    const char *name; /* NULL: by its oid */
    uint32_t oid;
} PrivilegeQuestion;

typedef struct SessionFacts {
    void *owner;
    const char *(*user)(void *owner, bool is_session); /* whom it acts as, or may go back to */
    const char *database;
    int process_id;
    int64_t server_start;                                  /* microseconds since 2000-01-01 UTC */
    const char *(*setting)(void *owner, const char *name); /* as SHOW prints it; NULL: no such setting */
    Status (*set)(void *owner, const char *name, const char *text, bool is_local, Error *error);
    int64_t (*transaction_id)(void *owner);
    bool (*is_cancelled)(void *owner);                   /* the running statement */
    const char *(*role_name)(void *owner, uint32_t oid); /* NULL: no such role */
    bool (*schema_exists)(void *owner, const char *name);
    /* The session's temporary schema and its oid, or NULL: it has none (yet). */
    const char *(*temporary_schema)(void *owner, uint32_t *oid);
    bool (*is_temporary_schema)(void *owner, uint32_t oid); /* anybody's */
    /* What the role may do with the object, and allow others to do (Privilege bits); *exists:
       there is such a one. 42704, 42P01, 3F000 for names. */
    Status (*privileges)(void *owner, const PrivilegeQuestion *question, uint32_t *held, uint32_t *grantable,
        bool *exists, Error *error);
    /* Whether there is such a relation, and whether its bare name finds it. */
    Visibility (*visibility)(void *owner, uint32_t relation);
    /* Adds the text; false when there is no such thing. */
    bool (*define)(void *owner, const DefinitionRequest *definition, Text *out);
    /* Bytes that a relation keeps, of the whole database for 0; −1: no such relation. */
    int64_t (*size)(void *owner, uint32_t relation);
    /* What nextval, currval, lastval and setval do; *value: setval's in, the result out. NULL: there are
       none. */
    Status (*sequence)(void *owner, SequenceAction action, uint32_t relation, int64_t *value, Error *error);
    /* What pg_notify() does: sent with the commit. */
    Status (*notify)(void *owner, const char *channel, const char *payload, Error *error);
    /* The sequence of a column, qualified (nothing added: none). 42P01, 42703 for what there is not. */
    Status (*serial_sequence)(void *owner, const char *table, const char *column, Text *out, Error *error);
} SessionFacts;

/* NULL where there is no session. */
static inline const SessionFacts *session_facts(const KernelContext *context) {
    return context->session == NULL ? NULL : context->session->facts;
}

#endif
