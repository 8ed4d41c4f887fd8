/* Sequences as relations: their definitions and values. */
#include <string.h>

#include "server/catalog/system/class_entries.h"
#include "server/catalog/system/system_rows.h"
#include "server/engine/sequences.h"
#include "server/session/session.h"

static Status give_sequence(SystemRows *rows, Error *error) {
    for (int i = 0; i < rows->facts->snapshot->count; i++) {
        const Object *object = rows->facts->snapshot->objects[i];
        const SequenceSpec *spec = &object->sequence;
        if (object->relation.kind != RELATION_SEQUENCE)
            continue;
        row_int(rows, object->relation.id);
        row_int(rows, type_oid(spec->type));
        row_int(rows, spec->start);
        row_int(rows, spec->increment);
        row_int(rows, spec->maximum);
        row_int(rows, spec->minimum);
        row_int(rows, spec->cache);
        row_bool(rows, spec->is_cycle);
    }
    return OK;
}

const SystemRelation pg_sequence_relation = {2224, "pg_catalog", "pg_sequence",
    "seqrelid oid!, seqtypid oid!, seqstart int8!, seqincrement int8!, seqmax int8!, seqmin int8!, seqcache "
    "int8!, "
    "seqcycle bool!",
    give_sequence};

static Status give_sequences(SystemRows *rows, Error *error) {
    for (int i = 0; i < rows->facts->snapshot->count; i++) {
        const Object *object = rows->facts->snapshot->objects[i];
        const SequenceSpec *spec = &object->sequence;
        int64_t last, set_aside;
        bool is_called;
        if (object->relation.kind != RELATION_SEQUENCE)
            continue;
        TRY(sequence_read(rows->facts->sequences, object, &last, &is_called, &set_aside, error));
        row_text(rows, object->relation.schema);
        row_text(rows, object->relation.name);
        row_text(rows, ROLE_OWNER_NAME);
        row_int(rows, type_oid(spec->type));
        row_int(rows, spec->start);
        row_int(rows, spec->minimum);
        row_int(rows, spec->maximum);
        row_int(rows, spec->increment);
        row_bool(rows, spec->is_cycle);
        row_int(rows, spec->cache);
        if (is_called)
            row_int(rows, last);
        else
            row_null(rows);
    }
    return OK;
}

const SystemRelation pg_sequences_relation = {12048, "pg_catalog", "pg_sequences",
    "schemaname name, sequencename name, sequenceowner name, data_type regtype, start_value int8, min_value "
    "int8, "
    "max_value int8, increment_by int8, cycle bool, cache_size int8, last_value int8",
    give_sequences};

/* Those of identity columns are left out, as in PostgreSQL. */
static Status give_schema_sequences(SystemRows *rows, Error *error) {
    for (int i = 0; i < rows->facts->snapshot->count; i++) {
        const Object *object = rows->facts->snapshot->objects[i];
        const SequenceSpec *spec = &object->sequence;
        if (object->relation.kind != RELATION_SEQUENCE || sequence_is_internal(rows->facts->snapshot, object))
            continue;
        Text type = {0};
        type_add_name(spec->type, &type);
        row_text(rows, session_database(rows->facts->session));
        row_text(rows, object->relation.schema);
        row_text(rows, object->relation.name);
        row_text(rows, text_string(&type));
        text_free(&type);
        row_int(rows, type_length(spec->type) * 8);
        row_fields(rows, "2|0");
        row_number_text(rows, spec->start);
        row_number_text(rows, spec->minimum);
        row_number_text(rows, spec->maximum);
        row_number_text(rows, spec->increment);
        row_text(rows, spec->is_cycle ? "YES" : "NO");
    }
    return OK;
}

const SystemRelation information_schema_sequences_relation = {13386, "information_schema", "sequences",
    "sequence_catalog name, sequence_schema name, sequence_name name, data_type varchar, numeric_precision "
    "int4, "
    "numeric_precision_radix int4, numeric_scale int4, start_value varchar, minimum_value varchar, "
    "maximum_value varchar, "
    "increment varchar, cycle_option varchar",
    give_schema_sequences};

Status sequence_rows(const SystemFacts *facts, const char *relation, BatchList *batches, Error *error) {
    for (int i = 0; i < facts->snapshot->count; i++) {
        const Object *object = facts->snapshot->objects[i];
        const CatalogRelation *sequence = &object->relation;
        size_t length = strlen(sequence->schema);
        if (sequence->kind != RELATION_SEQUENCE || strncmp(relation, sequence->schema, length) != 0 ||
            relation[length] != '.' || strcmp(relation + length + 1, sequence->name) != 0)
            continue;
        int64_t last, set_aside;
        bool is_called;
        TRY(sequence_read(facts->sequences, object, &last, &is_called, &set_aside, error));
        const Type types[] = {type_of(TYPE_INT8), type_of(TYPE_INT8), type_of(TYPE_BOOL), type_of(TYPE_OID)};
        SystemRows rows = {.facts = facts,
            .relation_id = sequence->id,
            .column_count = 4,
            .types = types,
            .batches = batches};
        row_int(&rows, last);
        row_int(&rows, set_aside);
        row_bool(&rows, is_called);
        return OK;
    }
    return error_set(error, STATUS_UNDEFINED_TABLE, "relation \"%s\" does not exist", relation);
}
