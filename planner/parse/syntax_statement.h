/* Syntax of statements: one struct a kind (statements.def), hung from SyntaxStatement. Positions and
 * lifetimes as in syntax.h.
 */
#ifndef LEAT_PARSE_SYNTAX_STATEMENT_H
#define LEAT_PARSE_SYNTAX_STATEMENT_H

#include "planner/parse/syntax.h"

typedef enum SyntaxStatementKind {
#define STATEMENT(kind, member, type) SYNTAX_STATEMENT_##kind,
#include "planner/parse/statements.def"
#undef STATEMENT
    SYNTAX_STATEMENT_KIND_COUNT
} SyntaxStatementKind;

/* A token of a statement kept generically. Unquoted identifiers are folded to lower case; strings are
   unescaped. */
typedef enum SyntaxWordKind {
    SYNTAX_WORD_IDENTIFIER,
    SYNTAX_WORD_QUOTED,
    SYNTAX_WORD_STRING,
    SYNTAX_WORD_NUMBER,
    SYNTAX_WORD_OTHER
} SyntaxWordKind;
typedef struct SyntaxWord {
    SyntaxWordKind kind;
    const char *text;
    int position;
} SyntaxWord;

/* key = value of a WITH list, an EXPLAIN option, a COPY option. Names of several parts are joined by dots. */
typedef struct SyntaxOption {
    const char *name;  /* as quoted, else folded to lower case */
    const char *value; /* NULL: none given; a number or word as written, a string unescaped, a list joined by
                          commas */
    bool is_string;
    int position;
    int value_position;
} SyntaxOption;

typedef struct SyntaxOptions {
    SyntaxOption *items;
    int count;
} SyntaxOptions;

/* FORMAT f (…) ENCODE e (…) [KEY ENCODE k (…)]; words are folded to lower case. */
typedef struct SyntaxFormat {
    const char *format; /* plain, upsert, debezium …; NULL: no such clause */
    SyntaxOptions format_options;
    const char *encode; /* json, csv, avro …, or NULL */
    SyntaxOptions encode_options;
    const char *key_encode; /* or NULL */
    SyntaxOptions key_encode_options;
    int position;
    int encode_position;
} SyntaxFormat;

/* INCLUDE what ['argument'] [type] [AS alias]. */
typedef struct SyntaxInclude {
    const char *what;     /* key, timestamp, partition, offset, header, payload … */
    const char *argument; /* the header's name, or NULL */
    SyntaxType *type;     /* or NULL */
    const char *alias;    /* or NULL */
    int position;
} SyntaxInclude;

typedef struct SyntaxCheck {
    const char *name; /* CONSTRAINT name, or NULL */
    SyntaxExpression *expression;
    int start, length; /* the expression's bytes in the user's text */
} SyntaxCheck;

typedef struct SyntaxColumn {
    const char *name;
    int position;
    SyntaxType *type; /* NULL: computed, c AS e */
    bool is_not_null;
    bool is_null; /* NULL was said */
    bool is_primary_key;
    bool is_unique;
    const char *key_name, *unique_name; /* CONSTRAINT name, or NULL */
    char identity;                      /* GENERATED 'a'LWAYS or BY 'd'EFAULT AS IDENTITY; 0 */
    SyntaxOptions identity_options;
    bool is_enforced;         /* the primary key: not NOT ENFORCED */
    bool is_metadata;         /* METADATA [FROM 'key'] [VIRTUAL] */
    const char *metadata_key; /* NULL: the column's name */
    SyntaxExpression *default_value;
    int default_start, default_length;
    SyntaxExpression *computed; /* c [type] AS e, and c type GENERATED ALWAYS AS (e) STORED */
    int computed_start, computed_length;
    SyntaxCheck *checks;
    int check_count;
    const char *collation; /* or NULL */
    const char *comment;   /* COMMENT '…', or NULL */
} SyntaxColumn;

typedef enum SyntaxConstraintKind {
    SYNTAX_CONSTRAINT_PRIMARY_KEY,
    SYNTAX_CONSTRAINT_UNIQUE,
    SYNTAX_CONSTRAINT_CHECK
} SyntaxConstraintKind;
typedef struct SyntaxConstraint {
    SyntaxConstraintKind kind;
    const char *name; /* or NULL */
    const char **columns;
    int column_count;
    bool is_enforced;
    SyntaxCheck check;
    int position;
} SyntaxConstraint;

typedef struct SyntaxWatermark {
    const char *column;
    int position;
    SyntaxExpression *expression;
    int start, length;
} SyntaxWatermark;

/* LIKE t: all of its columns. */
typedef struct SyntaxLike {
    SyntaxName name;
    int before; /* how many of the table's own columns stand before it */
    bool with_defaults, with_generated, with_constraints, with_indexes, with_identity, with_comments;
} SyntaxLike;

typedef struct SyntaxCreateTable {
    bool is_source;
    bool if_not_exists;
    bool is_temporary;
    char on_commit; /* 'p'reserve rows, 'd'elete rows, d'r'op; 0: not said */
    SyntaxName name;
    SyntaxColumn *columns;
    int column_count;
    bool
        has_star; /* CREATE SOURCE s (*, extra AS …): the rest of the columns come from the format's schema */
    SyntaxConstraint *constraints;
    int constraint_count;
    SyntaxLike *likes;
    int like_count;
    SyntaxWatermark *watermark; /* or NULL */
    bool is_append_only;
    SyntaxInclude *includes;
    int include_count;
    SyntaxOptions options;
    SyntaxFormat format;
    const char *comment;       /* COMMENT '…', or NULL */
    SyntaxName partitioned_by; /* PARTITIONED BY (a, b): the columns */
} SyntaxCreateTable;

typedef enum SyntaxViewKind { SYNTAX_VIEW, SYNTAX_MATERIALIZED_VIEW, SYNTAX_TABLE_AS } SyntaxViewKind;

typedef struct SyntaxCreateView {
    SyntaxViewKind kind;
    bool or_replace;
    bool if_not_exists;
    bool is_temporary;
    char on_commit;       /* as of a table */
    bool is_without_data; /* WITH NO DATA */
    SyntaxName name;
    const char **columns;
    int column_count;
    SyntaxOptions options;
    SyntaxFormat format;           /* CREATE TABLE … WITH (connector) FORMAT … AS SELECT */
    SyntaxSelect *query;           /* emit is here */
    SyntaxStatement *execute;      /* CREATE TABLE AS EXECUTE, else NULL */
    int query_start, query_length; /* the user's text of the query, EMIT clause included */
} SyntaxCreateView;

typedef struct SyntaxCreateSink {
    bool if_not_exists;
    SyntaxName name;
    SyntaxName from;     /* part_count 0: AS query */
    SyntaxSelect *query; /* or NULL */
    int query_start, query_length;
    SyntaxOptions options;
    SyntaxFormat format;
} SyntaxCreateSink;

typedef struct SyntaxCreateIndex {
    const char *name; /* NULL: to be made up */
    bool if_not_exists;
    bool is_unique;
    SyntaxName table;
    const char *method;  /* btree unless USING said otherwise */
    SyntaxSort *columns; /* expressions; a plain column is SYNTAX_COLUMN */
    int column_count;
    const char **included;
    int included_count;
    SyntaxExpression *where;
} SyntaxCreateIndex;

typedef struct SyntaxCreateSequence {
    bool if_not_exists;
    bool is_temporary;
    SyntaxName name;
    SyntaxOptions options; /* as, increment, minvalue, maxvalue, start, cache, cycle, owned_by …; NO MINVALUE
                              has no value */
} SyntaxCreateSequence;

typedef enum SyntaxRoleKind {
    SYNTAX_ROLE_NAMED,
    SYNTAX_ROLE_CURRENT,
    SYNTAX_ROLE_SESSION,
    SYNTAX_ROLE_PUBLIC
} SyntaxRoleKind;
typedef struct SyntaxRoleName {
    SyntaxRoleKind kind;
    const char *name; /* of a named one */
} SyntaxRoleName;

typedef struct SyntaxCreateSchema {
    const char *name;
    bool if_not_exists;
    SyntaxRoleName *owner; /* AUTHORIZATION, or NULL */
} SyntaxCreateSchema;

typedef enum SyntaxRoleAction { SYNTAX_ROLE_CREATE, SYNTAX_ROLE_ALTER, SYNTAX_ROLE_DROP } SyntaxRoleAction;
typedef struct SyntaxRole {
    SyntaxRoleAction action;
    bool is_user; /* CREATE USER: may log in unless it says otherwise */
    bool if_exists;
    SyntaxRoleName *names;
    int count;
    SyntaxRoleName *in; /* CREATE ROLE … IN ROLE: it becomes a member of these */
    int in_count;
    SyntaxRoleName *members; /* ROLE: these become its members, those of ADMIN, from first_admin on, with the
                                right to make others */
    int member_count, first_admin;
    SyntaxOptions options; /* superuser, createrole, createdb, inherit, canlogin, isreplication, bypassrls: 1
                              or 0; password (NULL: none), connectionlimit, validUntil, rename; others by
                              libpg_query's names */
} SyntaxRole;

/* GRANT and REVOKE on objects. */
typedef struct SyntaxGrant {
    bool is_grant;
    bool has_option;  /* WITH GRANT OPTION, GRANT OPTION FOR */
    bool has_columns; /* (a, b) behind a privilege */
    bool is_all_in;   /* ON ALL TABLES IN SCHEMA: the names are schemas */
    bool is_cascade;
    const char *kind; /* "TABLE", "SEQUENCE", "SCHEMA", "FUNCTION", "DATABASE" …; what is named TABLE may be
                         any relation */
    const char **privileges; /* lower case; none: ALL */
    int privilege_count;
    SyntaxName *names;
    int count;
    SyntaxRoleName *grantees;
    int grantee_count;
    SyntaxRoleName
        *roles; /* GRANT role TO role: nothing else is said but the grantees and has_option (ADMIN) */
    int role_count;
} SyntaxGrant;

typedef struct SyntaxParameter {
    const char *name; /* NULL: none */
    SyntaxType *type;
    bool is_result;           /* OUT, or a column of RETURNS TABLE */
    const char *default_text; /* NULL: none */
} SyntaxParameter;

typedef struct SyntaxCreateFunction {
    bool or_replace;
    SyntaxName name;
    SyntaxParameter *parameters;
    int parameter_count;
    SyntaxType *result;   /* NULL: what the parameters say */
    const char *language; /* NULL: not said */
    const char *body;     /* of RETURN expression: SELECT expression */
    char volatility;      /* 'i', 's', 'v' */
    bool is_strict;
} SyntaxCreateFunction;

/* CREATE TYPE: a row's fields, or an enum's labels. */
typedef struct SyntaxCreateType {
    SyntaxName name;
    bool is_enum;
    SyntaxColumnType *fields; /* a label has a name only */
    int count;
} SyntaxCreateType;

/* A function's arguments as DROP FUNCTION names them. */
typedef struct SyntaxSignature {
    bool is_unspecified; /* f alone */
    SyntaxType **types;
    int count;
} SyntaxSignature;

typedef struct SyntaxDrop {
    const char *kind; /* "TABLE", "SOURCE", "SINK", "VIEW", "MATERIALIZED VIEW", "INDEX", "SCHEMA" … */
    bool if_exists;
    bool is_cascade;
    bool is_concurrent;
    bool restarts_identity; /* TRUNCATE */
    SyntaxName *names;
    int count;
    SyntaxSignature *signatures; /* FUNCTION: by name */
} SyntaxDrop;

/* A copy of the server's state; SAVEPOINT without CREATE is of a transaction. */
typedef struct SyntaxSavepoint {
    const char *name;
    bool is_drop, is_conditional; /* IF [NOT] EXISTS */
} SyntaxSavepoint;

typedef struct SyntaxComment {
    const char *kind; /* as in DROP; also "FOREIGN TABLE", "DATABASE", "COLUMN", "CONSTRAINT" */
    SyntaxName name;
    const char *part;           /* the column's or constraint's name, or NULL */
    SyntaxSignature *signature; /* of a function, or NULL */
    const char *text;           /* NULL: none from now on */
} SyntaxComment;

/* LOCK TABLE. */
typedef struct SyntaxLock {
    SyntaxName *names;
    int count;
    int mode; /* PostgreSQL's numbers: 1 ACCESS SHARE … 5 SHARE … 8 ACCESS EXCLUSIVE */
} SyntaxLock;

typedef enum SyntaxAlterKind {
    SYNTAX_ALTER_ADD_COLUMN,      /* column; is_missing_ok: IF NOT EXISTS */
    SYNTAX_ALTER_DROP_COLUMN,     /* name */
    SYNTAX_ALTER_DEFAULT,         /* name; start, length of the new one, length 0: DROP DEFAULT */
    SYNTAX_ALTER_SET_NOT_NULL,    /* name */
    SYNTAX_ALTER_DROP_NOT_NULL,   /* name */
    SYNTAX_ALTER_TYPE,            /* name, type; start, length of USING's expression, length 0: none */
    SYNTAX_ALTER_ADD_CONSTRAINT,  /* constraint */
    SYNTAX_ALTER_DROP_CONSTRAINT, /* name */
    SYNTAX_ALTER_RENAME,          /* new_name */
    SYNTAX_ALTER_RENAME_COLUMN,   /* name, new_name */
    SYNTAX_ALTER_RENAME_CONSTRAINT,
    SYNTAX_ALTER_OWNER,
    SYNTAX_ALTER_SET_SCHEMA,   /* new_name */
    SYNTAX_ALTER_SEQUENCE,     /* options */
    SYNTAX_ALTER_ADD_IDENTITY, /* name, identity, options */
    SYNTAX_ALTER_SET_IDENTITY, /* name, identity (0: as it was), options */
    SYNTAX_ALTER_DROP_IDENTITY /* name */
} SyntaxAlterKind;

typedef struct SyntaxAlterAction {
    SyntaxAlterKind kind;
    const char *name, *new_name;
    SyntaxColumn *column;
    SyntaxConstraint *constraint;
    SyntaxType *type;
    SyntaxExpression *expression; /* whose text start and length are */
    SyntaxOptions options;
    char identity; /* as of a column */
    int start, length;
    bool is_missing_ok, is_cascade;
    SyntaxRoleName owner; /* SYNTAX_ALTER_OWNER */
} SyntaxAlterAction;

typedef struct SyntaxAlter {
    const char *kind; /* as in DROP; also "SYSTEM", "DATABASE", "ROLE" … */
    bool if_exists;
    SyntaxName name;
    SyntaxAlterAction *steps; /* of TABLE, VIEW, MATERIALIZED VIEW, INDEX, SEQUENCE; others have only words */
    int step_count;
    bool is_knob;        /* SET of what only tunes another system */
    SyntaxWord *actions; /* the tokens after the name */
    int action_count;
} SyntaxAlter;

typedef struct SyntaxAssignment {
    const char *column;
    SyntaxStep *steps; /* SET a[1] = …, a.b = … */
    int step_count;
    SyntaxExpression *value; /* NULL in an INSERT's column list */
    int position;
} SyntaxAssignment;

typedef enum SyntaxConflictAction {
    SYNTAX_CONFLICT_NONE,
    SYNTAX_CONFLICT_NOTHING,
    SYNTAX_CONFLICT_UPDATE
} SyntaxConflictAction;
typedef enum SyntaxOverriding {
    SYNTAX_OVERRIDING_NONE,
    SYNTAX_OVERRIDING_USER,
    SYNTAX_OVERRIDING_SYSTEM
} SyntaxOverriding;

typedef struct SyntaxInsert {
    SyntaxWith *with;
    SyntaxTable *table;        /* a relation, its alias if any */
    SyntaxAssignment *columns; /* none: all */
    int column_count;
    SyntaxOverriding overriding;
    SyntaxSelect *query; /* NULL: DEFAULT VALUES */
    int query_start, query_length;
    SyntaxConflictAction conflict;
    SyntaxExpression **conflict_keys; /* ON CONFLICT (a, b) */
    int conflict_key_count;
    const char *conflict_constraint;
    SyntaxExpression *conflict_key_where;
    SyntaxAssignment *conflict_set;
    int conflict_set_count;
    SyntaxExpression *conflict_where;
    int conflict_position;
    SyntaxTarget *returning;
    int returning_count;
} SyntaxInsert;

typedef struct SyntaxUpdate {
    SyntaxWith *with;
    SyntaxTable *table;
    SyntaxAssignment *assignments;
    int assignment_count;
    SyntaxTable **from;
    int from_count;
    SyntaxExpression *where;
    const char *current_of; /* WHERE CURRENT OF cursor */
    SyntaxTarget *returning;
    int returning_count;
} SyntaxUpdate;

typedef struct SyntaxDelete {
    SyntaxWith *with;
    SyntaxTable *table;
    SyntaxTable **from; /* USING */
    int from_count;
    SyntaxExpression *where;
    const char *current_of;
    SyntaxTarget *returning;
    int returning_count;
} SyntaxDelete;

typedef enum SyntaxMergeAction {
    SYNTAX_MERGE_NOTHING,
    SYNTAX_MERGE_UPDATE,
    SYNTAX_MERGE_DELETE,
    SYNTAX_MERGE_INSERT
} SyntaxMergeAction;

/* WHEN [NOT] MATCHED [AND condition] THEN … */
typedef struct SyntaxMergeWhen {
    bool is_matched;
    SyntaxMergeAction action;
    SyntaxExpression *condition;   /* or NULL */
    SyntaxAssignment *assignments; /* UPDATE: SET; INSERT: the columns, none: all */
    int assignment_count;
    SyntaxRow values; /* INSERT; count 0: DEFAULT VALUES */
    SyntaxOverriding overriding;
} SyntaxMergeWhen;

typedef struct SyntaxMerge {
    SyntaxWith *with;
    SyntaxTable *table, *source;
    SyntaxExpression *condition;
    SyntaxMergeWhen *whens;
    int when_count;
} SyntaxMerge;

typedef struct SyntaxExplain {
    SyntaxOptions options; /* analyze, verbose, costs, format …; EXPLAIN ANALYZE VERBOSE too */
    SyntaxStatement *statement;
} SyntaxExplain;

typedef struct SyntaxShow {
    const char **words; /* lower case unless quoted: ("server_version"), ("materialized", "views"), ("create",
                           "view"), ("time", "zone") */
    int word_count;
    SyntaxName name; /* of SHOW CREATE VIEW v; part_count 0: none. Lists of objects are parsed as queries over
                        the catalogs */
} SyntaxShow;

typedef enum SyntaxSetScope { SYNTAX_SET_SESSION, SYNTAX_SET_LOCAL } SyntaxSetScope;

/* SET and RESET. SET TRANSACTION and SET SESSION CHARACTERISTICS are transaction statements. */
typedef struct SyntaxSet {
    SyntaxSetScope scope;
    const char *name;   /* NULL: RESET ALL. SET TIME ZONE is timezone, SET NAMES client_encoding, SET SCHEMA
                           search_path, SET ROLE role */
    bool is_reset;      /* RESET name, SET name TO DEFAULT */
    bool is_reset_word; /* RESET was written: the tag is RESET */
    SyntaxExpression **values; /* constants, or casts of them to interval */
    int value_count;
    int position;
} SyntaxSet;

typedef enum SyntaxTransactionKind {
    SYNTAX_TRANSACTION_BEGIN,
    SYNTAX_TRANSACTION_COMMIT,
    SYNTAX_TRANSACTION_ROLLBACK,
    SYNTAX_TRANSACTION_SAVEPOINT,
    SYNTAX_TRANSACTION_RELEASE,
    SYNTAX_TRANSACTION_ROLLBACK_TO,
    SYNTAX_TRANSACTION_SET,        /* SET TRANSACTION */
    SYNTAX_TRANSACTION_SET_SESSION /* SET SESSION CHARACTERISTICS AS TRANSACTION */
} SyntaxTransactionKind;

typedef struct SyntaxTransaction {
    SyntaxTransactionKind kind;
    const char *isolation; /* "read committed", "serializable" …, or NULL */
    int read_only;         /* 1, 0; -1 not said */
    int deferrable;        /* likewise */
    bool is_chain;         /* AND CHAIN */
    const char *savepoint;
} SyntaxTransaction;

typedef struct SyntaxSubscribe {
    SyntaxName name;     /* part_count 0: a query */
    SyntaxSelect *query; /* or NULL */
    int query_start, query_length;
    SyntaxOptions options; /* snapshot, progress … */
} SyntaxSubscribe;

typedef struct SyntaxDeclare {
    const char *name;
    SyntaxSelect *query;        /* or NULL and … */
    SyntaxSubscribe *subscribe; /* … this */
    int query_start, query_length;
    bool is_binary, is_scroll, is_no_scroll, is_hold;
} SyntaxDeclare;

typedef enum SyntaxFetchDirection {
    SYNTAX_FETCH_FORWARD,
    SYNTAX_FETCH_BACKWARD,
    SYNTAX_FETCH_ABSOLUTE,
    SYNTAX_FETCH_RELATIVE
} SyntaxFetchDirection;

typedef struct SyntaxFetch {
    bool is_move;
    const char *cursor;
    SyntaxFetchDirection direction;
    int64_t count;         /* INT64_MAX: ALL */
    SyntaxOptions options; /* FETCH … WITH (timeout = '1s') */
} SyntaxFetch;

typedef struct SyntaxPrepare {
    const char *name;
    SyntaxType **types;
    int type_count;
    SyntaxStatement *statement;
} SyntaxPrepare;

typedef struct SyntaxExecute {
    const char *name;
    SyntaxExpression **arguments;
    int argument_count;
} SyntaxExecute;

typedef struct SyntaxCopy {
    bool is_from;
    bool is_program;
    SyntaxName table; /* part_count 0: a query or subscription */
    const char **columns;
    int column_count;
    SyntaxStatement *statement; /* COPY (query) TO; also INSERT … RETURNING, SUBSCRIBE */
    const char *file;           /* NULL: STDIN, STDOUT */
    SyntaxOptions options;      /* the old spellings too: csv, header, delimiter … */
    SyntaxExpression *where;
} SyntaxCopy;

/* A statement kept as its tokens. */
typedef struct SyntaxOther {
    SyntaxWord *words;
    int word_count;
} SyntaxOther;

struct SyntaxStatement {
    SyntaxStatementKind kind;
    const char *tag; /* "SELECT", "CREATE MATERIALIZED VIEW", "BEGIN" … : the command tag without counts */
    int start, length; /* the statement's bytes in the user's text, without surrounding blanks, comments and
                          semicolons */
    const char **notices; /* of clauses without effect, to be told when it is executed */
    int notice_count;
    union {
#define STATEMENT(kind, member, type) type member;
#include "planner/parse/statements.def"
#undef STATEMENT
    };
};

#endif
