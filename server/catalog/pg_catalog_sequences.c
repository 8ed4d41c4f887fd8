/* pg_catalog: sequences. */
#include "server/catalog/class_entries.h"
#include "server/catalog/system_rows.h"

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
    "seqrelid oid!, seqtypid oid!, seqstart int8!, seqincrement int8!, seqmax int8!, seqmin int8!, seqcache int8!, "
    "seqcycle bool!",
    give_sequence};
