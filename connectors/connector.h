/* Connector: where sources come from and sinks go to. A connector is one record in connectors.def; its option
   table is the allow-list from which validation and docs derive: an option that is not in it, or has a wrong
   value, is an error that names it. Nothing passes to a client library unseen. */
#ifndef LEAT_CONNECTORS_CONNECTOR_H
#define LEAT_CONNECTORS_CONNECTOR_H

#include "executor/operators/sink.h"
#include "executor/operators/leaf/source.h"

/* FORMAT: what a record says about the row with its key. */
typedef enum ChangesKind {
    CHANGES_NONE,     /* PLAIN: nothing, each record is a row */
    CHANGES_UPSERT,   /* the value is the key's row; no value: the row is gone */
    CHANGES_DEBEZIUM, /* an envelope with op, before and after, bare or within schema and payload */
    CHANGES_UNKNOWN   /* another word */
} ChangesKind;
ChangesKind changes_kind(const char *format); /* NULL is PLAIN */
static inline bool changes_are_by_key(ChangesKind kind) {
    return kind == CHANGES_UPSERT || kind == CHANGES_DEBEZIUM;
}
/* 0A000: the FORMAT is not supported for "sources" or "sinks". */
Status changes_refuse(const char *format, const char *objects, Error *error);

typedef enum OptionType {
    OPTION_TEXT,
    OPTION_INT,
    OPTION_FLOAT,
    OPTION_BOOL,
    OPTION_DURATION,
    OPTION_ENUM
} OptionType;

typedef struct ConnectorOption {
    const char *name; /* "topic", "properties.bootstrap.server" */
    OptionType type;
    const char *default_text; /* NULL: none */
    const char *meaning;      /* one line, for docs and hints */
    const char *const *words; /* OPTION_ENUM */
    int64_t minimum, maximum; /* OPTION_INT and OPTION_FLOAT, both 0: any */
    bool is_required;
    bool is_secret; /* shown as *** */
    bool is_source_only, is_sink_only;
    const char *const *others; /* names that other systems' users know it by; ends with NULL; NULL: none */
} ConnectorOption;

/* What a CREATE statement said. Borrowed by open_*: they copy what they keep. */
typedef struct ConnectorDefinition {
    uint32_t object_id;
    const char *name; /* the object's, for messages */
    const char *connector;
    int option_count;
    const char *const *option_names;
    const char *const *option_values;
    const char *format; /* see changes_kind; NULL: the connector's default */
    const char *encode; /* "json", "csv", …; NULL likewise */
    int encode_option_count;
    const char *const *encode_option_names;
    const char *const *encode_option_values;
    Schema columns;              /* source: what the reader fills; sink: what it is given */
    const char *const *metadata; /* source, by column: NULL = a field of the record; "key", "partition",
                                    "offset", "timestamp", "payload", "topic", "headers", "header:<name>" */
    int key_count; /* sink: the proven or declared key; source of changes (FORMAT UPSERT, DEBEZIUM): the key
                      that they are by; −1: none */
    const int *key;
    bool is_append_only;         /* sink: no negative diffs will come */
    const char *files_directory; /* where the file connector may read and write; NULL: nowhere */
    const char *data_directory;  /* the server's, for what a sink must remember */
    const char *server_uuid;     /* names transactions and groups */
    struct ConnectorShares *shares;
    int partition_count; /* sink: what prepare_sink said at CREATE SINK */
} ConnectorDefinition;

typedef struct ConnectorType {
    const char *name;
    const ConnectorOption *options; /* ends with a zero row */
    /* Columns of a source that declares none (a generator's own); NULL: columns must be declared.
       Arena-allocated. */
    Status (*default_columns)(const ConnectorDefinition *definition, Arena *arena, Schema *columns,
        const char **watermark_column, Error *error);
    /* NULL: no source, or no sink. Opening contacts nobody: a server starts also while the other side is
       away. At CREATE, SourceType.partition_count is asked next, which makes a missing topic or a refused
       broker an error of the statement. */
    Status (*open_source)(const ConnectorDefinition *definition, SourceReader **reader, Error *error);
    Status (*open_sink)(const ConnectorDefinition *definition, SinkWriter **writer, Error *error);
    /* At CREATE SINK only, on the statement's thread: checks that the other side answers, readies it for
       batch 1, and says how many partitions the sink will always have. NULL: nothing to do. */
    Status (*prepare_sink)(const ConnectorDefinition *definition, int *partition_count, Error *error);
    bool is_bounded;         /* its sources end */
    bool discards;           /* its sinks deliver nothing */
    const char *rate_option; /* says how many rows a second a source gives; NULL: none does */
    bool carries_changes;    /* its records have keys, and those of one key an order: sources may be FORMAT
                                UPSERT or DEBEZIUM */
    bool has_byte_offsets;   /* a record's offset is the byte where it begins, else its number */
    /* Options whose names are made of others' ("fields.id.kind", "csv.header"); NULL: none. False: no such
       option. Sets error when the value is wrong. */
    bool (*accepts)(const ConnectorDefinition *definition, const char *name, const char *value, Error *error);
    /* What all objects of this connector in one server share (connections); NULL: nothing. */
    void *(*create_share)(void);
    void (*destroy_share)(void *share);
} ConnectorType;

/* What the connectors of one server share, by connector. */
typedef struct ConnectorShares ConnectorShares;
ConnectorShares *connector_shares_create(void);
void connector_shares_destroy(
    ConnectorShares *shares); /* after all readers and writers are closed; NULL is fine */
/* The share of the definition's own connector. */
void *connector_share(const ConnectorDefinition *definition);

const ConnectorType *connector_by_name(const char *name); /* NULL when there is none */
const ConnectorType *const *connectors_all(void);         /* ends with NULL */
/* 22023: there is no connector of that name; the hint lists those that are. */
Status connector_refuse(const char *name, Error *error);
/* What a statement said, its words replaced in place by ours where they mean the same (connector =
   'upsert-kafka', 'format' = 'debezium-json'). 22023 where an option contradicts a clause. */
typedef struct ConnectorSpelling {
    const char *connector, *format, *encode;
    int option_count;
    const char **option_names, **option_values;
} ConnectorSpelling;
Status connector_respell(ConnectorSpelling *spelling, Arena *arena, Error *error);
/* The connector's own name for an option that other systems call otherwise; else the name as it is. */
const char *connector_option_name(const ConnectorType *type, const char *name);
/* Checks every option of the definition against the connector's table and format: 42601/22023 naming the
   option, hint with the nearest name. */
Status connector_validate(const ConnectorDefinition *definition, bool is_sink, Error *error);
/* A definition of its own in the arena, for readers and writers that need it after they were opened. */
ConnectorDefinition *connector_definition_copy(const ConnectorDefinition *definition, Arena *arena);
/* Typed reading of a validated option, default applied. */
const char *connector_text(const ConnectorDefinition *definition, const char *name);
int64_t connector_int(
    const ConnectorDefinition *definition, const char *name); /* durations in microseconds */
double connector_float(const ConnectorDefinition *definition, const char *name);
bool connector_bool(const ConnectorDefinition *definition, const char *name);

#endif
