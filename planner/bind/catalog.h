/* Catalog: what the binder may ask about named objects. The server fills it; everything returned lives as
   long as the planning arena. */
#ifndef LEAT_PLANNER_BIND_CATALOG_H
#define LEAT_PLANNER_BIND_CATALOG_H

#include "executor/batch/batch.h"
#include "executor/operators/spec.h"

typedef enum RelationKind {
    RELATION_TABLE,             /* stored rows, changed by DML or brought by a connector */
    RELATION_SOURCE,            /* a stream with a connector; append-only, or changes by its key */
    RELATION_VIEW,              /* text, expanded by the binder */
    RELATION_MATERIALIZED_VIEW, /* stored rows kept by a job */
    RELATION_SINK,
    RELATION_INDEX,
    RELATION_SEQUENCE,
    RELATION_FUNCTION, /* a query with parameters, expanded by the binder; named by its signature: f(integer,
                          text) */
    RELATION_SYSTEM,   /* rows from Environment.system_rows */
    RELATION_SCHEMA,   /* only in the catalog: its own schema is "" */
    RELATION_ROLE,     /* likewise */
    RELATION_TYPE      /* of CREATE TYPE: its columns are the fields, or by their names an enum's labels */
} RelationKind;

/* How a relation's column was called when a text was made that names the relation. */
typedef struct KnownColumn {
    const char *name; /* NULL: it came later */
    bool is_used;     /* by the text, which knows of no other */
} KnownColumn;

/* What a name in a definition's text meant when it was made. */
typedef struct CatalogReference {
    const char *schema, *name; /* as written; schema NULL: unqualified. A constant's: its whole text */
    uint32_t id;               /* 0: the relation that the definition is a part of */
    bool is_function, is_constant;
    bool is_whole;    /* *, NATURAL, whole rows: further columns would change what the text means */
    bool is_implicit; /* USING, names of results: columns are used where their names don't stand, too */
    int column_count;
    KnownColumn *columns; /* by number */
} CatalogReference;

typedef enum MarkKind {
    MARK_OBJECT,       /* the name of a relation, function or type */
    MARK_FROM,         /* the same, in FROM: its last part is what columns are qualified by */
    MARK_FROM_ALIASED, /* the same with an alias */
    MARK_INPUT,        /* the same in TUMBLE(…) and its like without an alias, … */
    MARK_ALIAS,        /* … behind which one can stand */
    MARK_COLUMN,
    MARK_RESULT,   /* a column that gives a result its name */
    MARK_SCHEMA,   /* what stands before table.column, with the dot */
    MARK_CONSTANT, /* 'name' of type regclass */
    MARK_TABLE     /* the command TABLE name */
} MarkKind;

/* Where a reference's name stands in the text. */
typedef struct CatalogMark {
    MarkKind kind;
    int start, end;
    int reference, column;
} CatalogMark;

/* What an object is defined by: SQL text that never changes, and what its names mean. It is bound with the
   names that it was made with, whatever is called so now, and shown with those that there are now. */
typedef struct CatalogDefinition {
    const char *text;
    int reference_count;
    CatalogReference *references;
    int mark_count; /* in the order of the text */
    CatalogMark *marks;
    int result_count; /* of a query: how it names its results */
    const char **results;
} CatalogDefinition;

typedef struct CatalogColumn {
    const char *name;
    Type type;
    bool is_not_null;
    bool is_hidden; /* not part of *: "$row_id" (int8, a table without primary key), "$arrival" (arrival
                       watermark, of the time's type) */
    const CatalogDefinition *default_value; /* or NULL */
    const CatalogDefinition
        *computed; /* over the other columns (c AS expr), or NULL; stored like any column */
    bool is_clock; /* processing time: a computed column made anew by each reader, or a view's whose watermark
                      moves with the clock alone */
    bool is_window_bound; /* a view's: below its watermark no row comes any more */
    int arrival;   /* a view's time: which of its hidden columns has its rows' arrival watermarks; 0: none */
    char identity; /* 'a': GENERATED ALWAYS AS IDENTITY, 'd': BY DEFAULT; 0: none. default_value is its
                      sequence's nextval */
    bool has_watermark;  /* carries a watermark: the WATERMARK column of a source or table, or proven for a
                            view's column */
    const char *missing; /* an encoded constant: what rows have that were stored before the column was added;
                            NULL: it came with its table */
    uint32_t missing_length;
} CatalogColumn;

/* A secondary index of a stored relation. */
typedef struct CatalogIndex {
    uint32_t id; /* an object id */
    const char *name;
    bool is_unique;
    bool is_constraint; /* of a UNIQUE constraint of the same name */
    int key_count;
    const int *key; /* columns */
    int included_count;
    const int *included; /* INCLUDE (…): said, and of no consequence: an index finds whole rows */
} CatalogIndex;

/* What the planner knows of a column's values, from data as it arrived. Zero: nothing. */
typedef struct ColumnStatistics {
    double distinct_count;
    double null_share;
    double width; /* bytes */
    bool has_range;
    double min, max; /* on the number line of numbers, dates, timestamps */
    int top_count;   /* most frequent values with their share */
    const Value *top_values;
    const double *top_shares;
} ColumnStatistics;

/* A function in SQL: the relation's columns are its arguments, then its results; default_value is an
   argument's default. */
typedef struct CatalogFunction {
    const char *name;
    int argument_count;
    bool is_set;
    bool is_table;        /* its results are columns: RETURNS TABLE, OUT, SETOF a relation */
    const char *row_type; /* that relation */
    bool is_strict;
    char volatility; /* 'i', 's', 'v' */
} CatalogFunction;

typedef struct CatalogRelation {
    uint32_t id; /* object id; never reused */
    RelationKind kind;
    const char
        *schema; /* "public", "pg_catalog", "information_schema", "leat_catalog", or a schema object's name */
    const char *name;
    int column_count; /* hidden ones included: behind those that the relation was made with */
    const CatalogColumn *columns;
    int key_count; /* primary or proven key; −1: none */
    const int *key;
    const char *key_name; /* of a declared primary key: its constraint's and index's */
    int declared_count; /* RELATION_SOURCE of rows: the key that its user says they have, not proven: rows of
                           one key are versions; 0: none */
    const int *declared;
    int index_count;
    const CatalogIndex *indexes;
    bool is_append_only;
    const char *on_conflict; /* RELATION_TABLE: what INSERT does with a row whose key is there: "overwrite",
                                "ignore", "if_not_null"; NULL: it fails */
    bool has_connector;      /* RELATION_TABLE: its rows come from there, and by no DML */
    int watermark_column;    /* of a table or source with WATERMARK; −1: none */
    const CatalogDefinition *watermark;
    int check_count;
    const char *const *check_names;
    const CatalogDefinition *const *checks;
    const CatalogDefinition *definition; /* views of both kinds, sinks, functions: the query */
    CatalogFunction function;            /* RELATION_FUNCTION */
    bool is_enum;                        /* RELATION_TYPE */
    double row_count;                    /* stored data: rows; sources: rows per second */
    double read_count;                   /* sources: rows that jobs have read so far; 0: none do */
    const ColumnStatistics *statistics;  /* by column; NULL: none */
    Batch *sample;        /* rows from all over the stored data, counts as diffs, all columns; NULL: none */
    bool is_sample_whole; /* it holds every row */
} CatalogRelation;

/* pg_type's number of the type, or type of a row, that an object is; its array's is one more. Below what
   other derived numbers begin with. */
static inline uint32_t catalog_type_oid(uint32_t object_id) {
    return 0x10000000 + 2 * object_id;
}

/* What a role may be allowed to do with an object: PostgreSQL's bits. */
typedef enum Privilege {
    PRIVILEGE_INSERT = 1 << 0,
    PRIVILEGE_SELECT = 1 << 1,
    PRIVILEGE_UPDATE = 1 << 2,
    PRIVILEGE_DELETE = 1 << 3,
    PRIVILEGE_TRUNCATE = 1 << 4,
    PRIVILEGE_REFERENCES = 1 << 5,
    PRIVILEGE_TRIGGER = 1 << 6,
    PRIVILEGE_EXECUTE = 1 << 7,
    PRIVILEGE_USAGE = 1 << 8,
    PRIVILEGE_CREATE = 1 << 9,
    PRIVILEGE_TEMPORARY = 1 << 10,
    PRIVILEGE_CONNECT = 1 << 11,
    PRIVILEGES_OF_RELATION = (1 << 7) - 1,
    PRIVILEGES_OF_SEQUENCE = PRIVILEGE_SELECT | PRIVILEGE_UPDATE | PRIVILEGE_USAGE,
    PRIVILEGES_OF_SCHEMA = PRIVILEGE_USAGE | PRIVILEGE_CREATE
} Privilege;

typedef struct Catalog Catalog;
struct Catalog {
    void *owner;
    const CatalogRelation *view; /* whose text is being bound: the binder's word; NULL: the statement's own */
    /* schema NULL: along the search path (pg_catalog first). NULL when there is none. */
    const CatalogRelation *(*relation_by_name)(
        Catalog *catalog, const char *schema, const char *name, Arena *arena);
    const CatalogRelation *(*relation_by_id)(Catalog *catalog, uint32_t id, Arena *arena);
    bool (*schema_exists)(Catalog *catalog, const char *schema);
    /* Whether the statement may do this (Privilege bits) with a relation; in a view's text, whether the
       view's owner may. 42501. NULL: everyone may. */
    Status (*check_access)(
        Catalog *catalog, const CatalogRelation *relation, uint32_t privileges, Error *error);
    /* The functions of a name that users have made; the array is the arena's. */
    const CatalogRelation **(*functions_by_name)(
        Catalog *catalog, const char *schema, const char *name, Arena *arena, int *count);
    /* The relation with row_count, statistics and sample filled in, or as it is; may read a sample of its
       rows: some milliseconds, once. NULL: nothing is known. */
    const CatalogRelation *(*with_statistics)(
        Catalog *catalog, const CatalogRelation *relation, Arena *arena);
};

#endif
