/* Changes: what a record says about the row of its key. The image before a change is never looked at but for
   a key that stands nowhere else. */
#include "connectors/formats/changes.h"

#include <string.h>

#include "connectors/formats/json_scan.h"
#include "executor/base/memory.h"
#include "executor/types/json.h"

typedef enum EnvelopeField {
    ENVELOPE_PAYLOAD,
    ENVELOPE_OP,
    ENVELOPE_BEFORE,
    ENVELOPE_AFTER,
    ENVELOPE_FIELDS
} EnvelopeField;

struct Changes {
    ChangesKind kind;
    Decoder *values;       /* all fields */
    Decoder *keys;         /* the key's fields; NULL: the key is made of metadata alone */
    bool is_by_record_key; /* the record's own key, as it is, is part of it */
    JsonScanner *envelope, *inner, *key_envelope;
    int key_count;
    int *key; /* columns */
    char **names;
};

static JsonScanner *scanner_of(int count, const char *const *names) {
    bool is_raw[ENVELOPE_FIELDS] = {true, false, true, true};
    return json_scanner_create(names, is_raw, count);
}

static Status open_keys(Changes *changes, const ConnectorDefinition *definition, Error *error) {
    int *fields = NEW_ARRAY(int, definition->key_count + 1), count = 0;
    changes->key = NEW_ARRAY(int, definition->key_count + 1);
    changes->names = NEW_ARRAY(char *, definition->key_count + 1);
    for (int k = 0; k < definition->key_count; k++) {
        int column = changes->key[k] = definition->key[k];
        const char *metadata = definition->metadata == NULL ? NULL : definition->metadata[column];
        changes->names[changes->key_count++] = memory_strdup(definition->columns.names[column]);
        if (metadata == NULL)
            fields[count++] = column;
        else if (strcmp(metadata, "key") == 0)
            changes->is_by_record_key = true;
    }
    Status status =
        count == 0 ? OK : decoder_create_for(definition, "json", fields, count, &changes->keys, error);
    memory_free(fields);
    return status;
}

Status changes_create(
    const ConnectorDefinition *definition, ChangesKind kind, Decoder *values, Changes **out, Error *error) {
    static const char *const names[] = {"payload", "op", "before", "after"};
    if (strcmp(values->type->name, "json") != 0)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "FORMAT %s is supported with ENCODE JSON only",
            kind == CHANGES_UPSERT ? "UPSERT" : "DEBEZIUM");
    Changes *changes = NEW(Changes);
    changes->kind = kind;
    changes->values = values;
    changes->envelope = scanner_of(ENVELOPE_FIELDS, names);
    changes->inner = scanner_of(ENVELOPE_FIELDS, names);
    changes->key_envelope = scanner_of(1, names);
    Status status = open_keys(changes, definition, error);
    if (status != OK)
        changes_destroy(changes);
    else
        *out = changes;
    return status;
}

void changes_destroy(Changes *changes) {
    if (changes == NULL)
        return;
    decoder_destroy(changes->keys);
    json_scanner_destroy(changes->envelope);
    json_scanner_destroy(changes->inner);
    json_scanner_destroy(changes->key_envelope);
    for (int k = 0; k < changes->key_count; k++)
        memory_free(changes->names[k]);
    memory_free(changes->names);
    memory_free(changes->key);
    memory_free(changes);
}

static bool is_key_null(const Changes *changes, const Batch *builder, int row) {
    const FormatFields *fields = &changes->keys->fields;
    for (int i = 0; i < fields->count; i++)
        if (column_is_null(builder->columns[fields->columns[i]], row))
            return true;
    return false;
}

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

static FormatRecord part_of(const FormatRecord *record, const char *bytes, size_t length) {
    FormatRecord part = *record;
    part.bytes = bytes;
    part.length = length;
    return part;
}

/* A key that is no object stands for a key of one column: a JSON value, or else the text as it is. */
static Status read_scalar_key(
    Changes *changes, const FormatRecord *key, Batch *builder, int row, Error *error) {
    const FormatFields *fields = &changes->keys->fields;
    if (fields->count > 1)
        return error_set(error, STATUS_INVALID_TEXT_REPRESENTATION,
            "the record's key is no JSON object, but the primary key has %d columns", fields->count);
    TRY(format_check_utf8(key->bytes, key->length, error));
    if (!json_scan_is_valid(key->bytes, key->length))
        return format_set_text(builder->columns[fields->columns[0]], row, key->bytes, key->length,
            changes->keys->scratch, error);
    Text object = {0};
    text_add_char(&object, '{');
    json_add_quoted(&object, fields->names[0], strlen(fields->names[0]));
    text_add_char(&object, ':');
    text_add(&object, key->bytes, key->length);
    text_add_char(&object, '}');
    FormatRecord record = part_of(key, object.bytes, object.length);
    Status status = changes->keys->type->decode(changes->keys, &record, builder, row, error);
    text_free(&object);
    return status;
}

/* The key's fields from the record's key; one within schema and payload counts as what stands in it. */
static Status read_key(Changes *changes, const FormatRecord *record, Batch *builder, int row, Error *error) {
    FormatRecord key = part_of(record, record->key, record->key_length);
    JsonToken payload;
    bool is_malformed;
    arena_reset(changes->keys->scratch);
    decoder_clear_row(changes->keys, builder, row);
    while (key.length > 0 && is_blank(*key.bytes)) {
        key.bytes++;
        key.length--;
    }
    bool is_object = key.length > 0 && *key.bytes == '{';
    bool is_enveloped =
        is_object &&
        json_scan(changes->key_envelope, key.bytes, key.length, &payload, &is_malformed) == NULL &&
        payload.kind == JSON_TOKEN_RAW;
    if (is_enveloped) {
        key = part_of(record, payload.bytes, payload.length);
        is_object = *key.bytes == '{';
    }
    return is_object ? changes->keys->type->decode(changes->keys, &key, builder, row, error)
                     : read_scalar_key(changes, &key, builder, row, error);
}

/* After the row's own columns: completes the key. before: Debezium's image of a deleted row, for its key. */
static Status complete_key(Changes *changes, const FormatRecord *record, const JsonToken *before,
    Batch *builder, int row, Error *error) {
    if (changes->is_by_record_key && record->key == NULL)
        return error_set(error, STATUS_NOT_NULL_VIOLATION, "the record has no key");
    if (changes->keys == NULL || !is_key_null(changes, builder, row))
        return OK;
    if (record->key != NULL)
        TRY(read_key(changes, record, builder, row, error));
    if (is_key_null(changes, builder, row) && before != NULL && before->kind == JSON_TOKEN_RAW) {
        FormatRecord image = part_of(record, before->bytes, before->length);
        decoder_clear_row(changes->keys, builder, row);
        TRY(changes->keys->type->decode(changes->keys, &image, builder, row, error));
    }
    for (int k = 0; k < changes->key_count; k++)
        if (column_is_null(builder->columns[changes->key[k]], row))
            return error_set(error, STATUS_NOT_NULL_VIOLATION,
                "null value in column \"%s\" of the primary key", changes->names[k]);
    return OK;
}

static Status decode_deletion(Changes *changes, const FormatRecord *record, const JsonToken *before,
    Batch *builder, int row, int64_t *diff, Error *error) {
    *diff = -1;
    decoder_set_null(changes->values, builder, row);
    return complete_key(changes, record, before, builder, row, error);
}

static Status decode_row(Changes *changes, const FormatRecord *record, const FormatRecord *value,
    Batch *builder, int row, Error *error) {
    TRY(changes->values->type->decode(changes->values, value, builder, row, error));
    return complete_key(changes, record, NULL, builder, row, error);
}

static Status refuse(Error *error, const char *reason) {
    error_set(error, STATUS_INVALID_TEXT_REPRESENTATION, "the record is not a Debezium envelope");
    return error_detail(error, "%s", reason);
}

/* The envelope's fields, whether it stands within schema and payload or not. *is_empty: it is one around
   nothing, a tombstone. */
static Status open_envelope(
    Changes *changes, const FormatRecord *record, JsonToken *fields, bool *is_empty, Error *error) {
    bool is_malformed;
    const char *reason = json_scan(changes->envelope, record->bytes, record->length, fields, &is_malformed);
    *is_empty = false;
    if (reason != NULL)
        return refuse(error, reason);
    if (fields[ENVELOPE_OP].kind != JSON_TOKEN_MISSING)
        return OK;
    *is_empty = fields[ENVELOPE_PAYLOAD].kind == JSON_TOKEN_NULL;
    if (*is_empty || fields[ENVELOPE_PAYLOAD].kind != JSON_TOKEN_RAW)
        return *is_empty ? OK : refuse(error, "It has no \"op\".");
    JsonToken payload = fields[ENVELOPE_PAYLOAD];
    reason = json_scan(changes->inner, payload.bytes, payload.length, fields, &is_malformed);
    return reason != NULL                                   ? refuse(error, reason)
           : fields[ENVELOPE_OP].kind == JSON_TOKEN_MISSING ? refuse(error, "Its payload has no \"op\".")
                                                            : OK;
}

static Status decode_envelope(
    Changes *changes, const FormatRecord *record, Batch *builder, int row, int64_t *diff, Error *error) {
    JsonToken fields[ENVELOPE_FIELDS];
    bool is_empty;
    TRY(open_envelope(changes, record, fields, &is_empty, error));
    const JsonToken *op = &fields[ENVELOPE_OP], *after = &fields[ENVELOPE_AFTER];
    if (is_empty) {
        *diff = 0;
        return OK;
    }
    if (op->kind != JSON_TOKEN_STRING || op->length != 1 || strchr("cudr", *op->bytes) == NULL) {
        error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "Debezium's operation \"%.*s\" is not supported",
            (int)op->length, op->bytes);
        return error_detail(error, "Supported are c, u, d and r.");
    }
    if (*op->bytes == 'd')
        return decode_deletion(changes, record, &fields[ENVELOPE_BEFORE], builder, row, diff, error);
    if (after->kind != JSON_TOKEN_RAW || *after->bytes != '{')
        return refuse(error, "It has no row in \"after\".");
    FormatRecord value = part_of(record, after->bytes, after->length);
    return decode_row(changes, record, &value, builder, row, error);
}

Status changes_decode(
    Changes *changes, const FormatRecord *record, Batch *builder, int row, int64_t *diff, Error *error) {
    *diff = 1;
    if (record->bytes == NULL && changes->kind == CHANGES_UPSERT)
        return decode_deletion(changes, record, NULL, builder, row, diff, error);
    if (record->bytes == NULL) { /* follows each of Debezium's deletions, for the topic's compaction */
        *diff = 0;
        return OK;
    }
    return changes->kind == CHANGES_UPSERT ? decode_row(changes, record, record, builder, row, error)
                                           : decode_envelope(changes, record, builder, row, diff, error);
}
