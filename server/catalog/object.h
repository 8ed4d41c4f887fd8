/* Object: one catalog entry, immutable and reference counted; how it is stored. */
#ifndef LEAT_CATALOG_OBJECT_H
#define LEAT_CATALOG_OBJECT_H

#include <stdatomic.h>

#include "connectors/connector.h"
#include "executor/state/relation_index.h"
#include "planner/bind/definition.h"

/* Of sources, unless their options say otherwise; microseconds. */
enum { IDLE_TIMEOUT_DEFAULT = 10000000, DRIFT_MAX_DEFAULT = 60000000 };

/* What becomes of a temporary table's rows, or of itself, when a transaction commits. */
typedef enum OnCommit { ON_COMMIT_PRESERVE, ON_COMMIT_DELETE, ON_COMMIT_DROP } OnCommit;

typedef struct SequenceSpec {
    Type type;
    int64_t start, increment, minimum, maximum, cache;
    bool is_cycle;
    uint32_t owner_id; /* the table whose column goes with it; 0: none */
    const char *owner_column;
    uint32_t
        generation; /* how often ALTER SEQUENCE has changed what values follow: what was set aside is void */
    uint32_t restarted; /* the generation that began anew, at `restart`; 0: none did */
    int64_t restart;
} SequenceSpec;

/* COMMENT ON an object or a part of it; parts by name. A database's stands in the object of the schema
   public, which is made for it. */
typedef enum CommentPart {
    COMMENT_OBJECT,
    COMMENT_COLUMN,
    COMMENT_CONSTRAINT,
    COMMENT_INDEX,
    COMMENT_DATABASE
} CommentPart;
typedef struct ObjectComment {
    CommentPart part;
    const char *name; /* "": of the object */
    const char *text;
} ObjectComment;

/* A role's membership in another one. */
typedef struct Membership {
    uint32_t role, grantor;
    bool is_admin; /* may make others members */
} Membership;

/* A role's attributes. */
typedef struct RoleSpec {
    bool is_superuser, inherits, can_create_roles, can_create_databases, can_log_in, can_replicate,
        bypasses_row_security;
    int connection_limit; /* −1: none */
    int64_t valid_until;  /* of its password; INT64_MAX: for ever */
    const char *verifier; /* of its password (see scram.h); NULL: it has none */
    int membership_count;
    Membership *memberships; /* also in roles that have gone: their ids are never given again */
} RoleSpec;

/* What one role has granted to another: Privilege bits. */
typedef struct AclEntry {
    uint32_t grantee; /* 0: everyone */
    uint32_t grantor;
    uint32_t privileges, options; /* options: may be granted on */
} AclEntry;

/* Everything in its own arena, which goes with the last reference. */
typedef struct Object {
    atomic_int reference_count;
    Arena *arena;
    CatalogRelation relation; /* id, kind, names, columns, key, …: what the planner sees */
    /* A connector's part: sources, sinks. */
    const char *connector; /* NULL: none */
    int option_count;
    const char **option_names;
    const char **option_values;
    const char *format, *encode;
    int encode_option_count;
    const char **encode_option_names;
    const char **encode_option_values;
    const char **metadata; /* by physical column, NULL: a field of the record */
    int partition_count;
    int64_t *start_offsets;
    int64_t idle_timeout; /* microseconds, INT64_MAX: never */
    int64_t drift_max;    /* the same */
    /* The operators of the object's job, encoded (executor/operators/spec.h): executed verbatim after a
       restart. NULL: it has no job, or is a table without a connector, whose leaf follows from its columns.
     */
    const char *spec;
    uint32_t spec_length;
    const char *watermark; /* of such a table: the expression of its WATERMARK, encoded; or NULL */
    uint32_t watermark_length;
    int dependency_count;
    uint32_t *dependencies; /* object ids it reads */
    SequenceSpec sequence;  /* SEQUENCE */
    RoleSpec role;          /* ROLE */
    uint32_t owner_id;      /* a role; 0 only until it enters the catalog */
    bool has_acl;           /* privileges were granted or revoked: the owner's too stand in the list */
    int acl_count;
    AclEntry *acl;
    int comment_count;
    ObjectComment *comments;
    bool is_sink_append_only;
    OnCommit on_commit;
    bool is_transient;  /* of a subscription: not stored */
    bool is_background; /* nobody waits for its build */
    /* Settings frozen at creation. */
    const char *time_zone, *date_style, *interval_style;
    int extra_float_digits;
} Object;

/* The columns that SELECT gives of a sequence. */
void object_set_sequence(Object *object, const SequenceSpec *sequence);
/* Empty, one reference; fill it before it is shared. */
Object *object_create(uint32_t id, RelationKind kind, const char *schema, const char *name);
Object *object_retain(Object *object);
void object_release(Object *object); /* NULL is fine */
/* A deep copy to change: through the stored form. */
Object *object_copy(const Object *object);
void object_encode(const Object *object, Text *out);
Status object_decode(const char *bytes, size_t length, Object **object, Error *error);
/* Of an object not shared yet; text NULL: none any more. */
void object_set_comment(Object *object, CommentPart part, const char *name, const char *text);
/* A part has another name, or is gone (NULL), and its comment with it. */
void object_rename_comment(Object *object, CommentPart part, const char *name, const char *new_name);
/* "table", "materialized view", … as in PostgreSQL's messages. */
const char *relation_kind_name(RelationKind kind);
/* Tables, sources, materialized views, sinks. */
bool object_has_job(const Object *object);
RelationIndexSpec object_index_spec(const CatalogIndex *index); /* names borrowed */
/* The settings a job of the object runs with. */
TypeSettings object_settings(const Object *object);

/* Whether one of its definitions names the other object. */
bool object_names(const Object *object, uint32_t id);
/* Puts others in the place of its definitions, NULL where there is none; of an object not shared yet. */
typedef const CatalogDefinition *(*DefinitionMap)(
    Arena *arena, const CatalogDefinition *definition, void *argument);
void object_map_definitions(Object *object, DefinitionMap map, void *argument);

/* What the options of a table without connector say to the planner. */
void object_read_options(Object *object);

#endif
