/* Metadata: key, topic, partition, offset, timestamp, payload and headers of a record as columns. */
#include "connectors/kafka/metadata.h"

#include <string.h>

#include "executor/base/clock.h"
#include "executor/base/memory.h"
#include "executor/types/character.h"
#include "executor/types/json.h"

typedef struct MetadataKind {
    const char *name;
    TypeId types[5]; /* what may hold it, ended by TYPE_UNKNOWN */
    Status (*check)(const rd_kafka_message_t *message, Type type, Error *error);
    void (*fill)(const rd_kafka_message_t *message, Column *column, int row);
} MetadataKind;

static int64_t time_of(int64_t milliseconds) {
    return (milliseconds - EPOCH_SECONDS * 1000) * 1000;
}

int64_t kafka_message_time(const rd_kafka_message_t *message) {
    rd_kafka_timestamp_type_t kind;
    int64_t milliseconds = rd_kafka_message_timestamp(message, &kind);
    return kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? INT64_MIN : time_of(milliseconds);
}

typedef struct MetadataColumn {
    const MetadataKind *kind;
    int column;
    Type type;
    char *header; /* its name; NULL: another kind */
} MetadataColumn;

struct KafkaMetadata {
    int count;
    MetadataColumn *columns;
};

static Status check_text(const char *what, const void *bytes, size_t length, Type type, Error *error) {
    size_t bad;
    if (type.id == TYPE_BYTEA || bytes == NULL)
        return OK;
    if (!utf8_is_valid(bytes, length, &bad))
        return error_set(error, STATUS_CHARACTER_NOT_IN_REPERTOIRE,
            "the record's %s is not valid UTF-8 at byte %zu", what, bad);
    if (memchr(bytes, 0, length) != NULL)
        return error_set(
            error, STATUS_CHARACTER_NOT_IN_REPERTOIRE, "the record's %s holds a NUL character", what);
    return OK;
}

static void set_bytes(Column *column, int row, const void *bytes, size_t length) {
    if (bytes == NULL)
        column_set_null(column, row);
    else
        column_set_bytes(column, row, bytes, (uint32_t)length);
}

static Status check_key(const rd_kafka_message_t *message, Type type, Error *error) {
    return check_text("key", message->key, message->key_len, type, error);
}

static void fill_key(const rd_kafka_message_t *message, Column *column, int row) {
    set_bytes(column, row, message->key, message->key_len);
}

static Status check_payload(const rd_kafka_message_t *message, Type type, Error *error) {
    return check_text("value", message->payload, message->len, type, error);
}

static void fill_payload(const rd_kafka_message_t *message, Column *column, int row) {
    set_bytes(column, row, message->payload, message->len);
}

static void fill_topic(const rd_kafka_message_t *message, Column *column, int row) {
    const char *topic = rd_kafka_topic_name(message->rkt);
    set_bytes(column, row, topic, strlen(topic));
}

static void set_integer(Column *column, int row, int64_t value) {
    if (column->layout == LAYOUT_INT4)
        ((int32_t *)column->values)[row] = (int32_t)value;
    else
        ((int64_t *)column->values)[row] = value;
}

static void fill_partition(const rd_kafka_message_t *message, Column *column, int row) {
    set_integer(column, row, message->partition);
}

static void fill_offset(const rd_kafka_message_t *message, Column *column, int row) {
    set_integer(column, row, message->offset);
}

static void fill_timestamp(const rd_kafka_message_t *message, Column *column, int row) {
    rd_kafka_timestamp_type_t kind;
    int64_t milliseconds = rd_kafka_message_timestamp(message, &kind);
    if (kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE)
        column_set_null(column, row);
    else
        set_integer(column, row, column->type.id == TYPE_INT8 ? milliseconds : time_of(milliseconds));
}

static Status check_headers(const rd_kafka_message_t *message, Type type, Error *error) {
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t length;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return OK;
    for (size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &length) == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        TRY(check_text("header name", name, strlen(name), type, error));
        TRY(check_text("header", value, length, type, error));
    }
    return OK;
}

/* Each header once, the last of a name, as text; {} when there are none. */
static void fill_headers(const rd_kafka_message_t *message, Column *column, int row) {
    Text text = {0};
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t length;
    text_add_char(&text, '{');
    if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
        for (size_t i = 0;
             rd_kafka_header_get_all(headers, i, &name, &value, &length) == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
            text_add_string(&text, i > 0 ? ", " : "");
            json_add_quoted(&text, name, strlen(name));
            text_add_string(&text, ": ");
            if (value == NULL)
                text_add_string(&text, "null");
            else
                json_add_quoted(&text, value, length);
        }
    text_add_char(&text, '}');
    Arena *arena = arena_create();
    Error error = {0};
    Datum datum;
    if (datum_parse(column->type, text_string(&text), text.length, &type_settings_default, arena, &datum,
            &error) == OK)
        column_set_datum(column, row, &datum);
    else
        column_set_null(column, row);
    error_clear(&error);
    arena_destroy(arena);
    text_free(&text);
}

/* The last header of the name. */
static bool find_header(
    const rd_kafka_message_t *message, const char *name, const void **value, size_t *length) {
    rd_kafka_headers_t *headers;
    return rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR &&
           rd_kafka_header_get_last(headers, name, value, length) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static Status check_header(const rd_kafka_message_t *message, const MetadataColumn *column, Error *error) {
    const void *value;
    size_t length;
    return find_header(message, column->header, &value, &length)
               ? check_text("header", value, length, column->type, error)
               : OK;
}

static void fill_header(
    const rd_kafka_message_t *message, const MetadataColumn *from, Column *column, int row) {
    const void *value;
    size_t length;
    if (find_header(message, from->header, &value, &length))
        set_bytes(column, row, value, length);
    else
        column_set_null(column, row);
}

#define HEADER "header:"
static const MetadataKind header_kind = {"header", {TYPE_TEXT, TYPE_VARCHAR, TYPE_BYTEA}, NULL, NULL};

static const MetadataKind kinds[] = {
    {"key", {TYPE_TEXT, TYPE_VARCHAR, TYPE_BYTEA}, check_key, fill_key},
    {"payload", {TYPE_TEXT, TYPE_VARCHAR, TYPE_BYTEA}, check_payload, fill_payload},
    {"topic", {TYPE_TEXT, TYPE_VARCHAR}, NULL, fill_topic},
    {"partition", {TYPE_INT4, TYPE_INT8}, NULL, fill_partition},
    {"offset", {TYPE_INT8}, NULL, fill_offset},
    {"timestamp", {TYPE_TIMESTAMPTZ, TYPE_TIMESTAMP, TYPE_INT8}, NULL, fill_timestamp},
    {"headers", {TYPE_JSONB}, check_headers, fill_headers},
    {0},
};

static const MetadataKind *find_kind(const char *name) {
    if (strncmp(name, HEADER, sizeof HEADER - 1) == 0)
        return &header_kind;
    for (const MetadataKind *kind = kinds; kind->name != NULL; kind++)
        if (strcmp(kind->name, name) == 0)
            return kind;
    return NULL;
}

static bool may_hold(const MetadataKind *kind, Type type) {
    for (int i = 0; i < 5 && kind->types[i] != 0; i++)
        if (!type.is_array && type.id == kind->types[i])
            return true;
    return false;
}

Status kafka_metadata_create(const ConnectorDefinition *definition, KafkaMetadata **out, Error *error) {
    KafkaMetadata *metadata = NEW(KafkaMetadata);
    metadata->columns = NEW_ARRAY(MetadataColumn, definition->columns.count + 1);
    Status status = OK;
    for (int i = 0; i < definition->columns.count && status == OK; i++) {
        if (definition->metadata == NULL || definition->metadata[i] == NULL)
            continue;
        Type type = definition->columns.types[i];
        const MetadataKind *kind = find_kind(definition->metadata[i]);
        if (kind == NULL) {
            status = error_set(error, STATUS_INVALID_PARAMETER_VALUE, "Kafka records have no metadata \"%s\"",
                definition->metadata[i]);
            error_hint(error,
                "They have: key, payload, topic, partition, offset, timestamp, headers, header:<name>.");
        } else if (!may_hold(kind, type)) {
            status = error_set(error, STATUS_DATATYPE_MISMATCH,
                "column \"%s\" of metadata \"%s\" must be of type %s, not %s", definition->columns.names[i],
                kind->name, type_sql_name(kind->types[0]), type_sql_name(type.id));
        } else {
            const char *header = kind == &header_kind ? definition->metadata[i] + sizeof HEADER - 1 : NULL;
            metadata->columns[metadata->count++] =
                (MetadataColumn){kind, i, type, header == NULL ? NULL : memory_strdup(header)};
        }
    }
    if (status != OK)
        kafka_metadata_destroy(metadata);
    else
        *out = metadata;
    return status;
}

void kafka_metadata_destroy(KafkaMetadata *metadata) {
    if (metadata == NULL)
        return;
    for (int i = 0; i < metadata->count; i++)
        memory_free(metadata->columns[i].header);
    memory_free(metadata->columns);
    memory_free(metadata);
}

Status kafka_metadata_check(const KafkaMetadata *metadata, const rd_kafka_message_t *message, Error *error) {
    for (int i = 0; i < metadata->count; i++)
        if (metadata->columns[i].header != NULL)
            TRY(check_header(message, &metadata->columns[i], error));
        else if (metadata->columns[i].kind->check != NULL)
            TRY(metadata->columns[i].kind->check(message, metadata->columns[i].type, error));
    return OK;
}

void kafka_metadata_fill(
    const KafkaMetadata *metadata, const rd_kafka_message_t *message, Batch *builder, int row) {
    for (int i = 0; i < metadata->count; i++) {
        const MetadataColumn *from = &metadata->columns[i];
        if (from->header != NULL)
            fill_header(message, from, builder->columns[from->column], row);
        else
            from->kind->fill(message, builder->columns[from->column], row);
    }
}
