/* Columns that a relation gets while it is there: rows that it has are given one constant, and none is
   written anew.

   A chunk shares its columns with the batch that takes its place, so that whoever has borrowed from it goes
   on; rows in the log stay as narrow as they were written, and are made as wide as the others when they are
   read back. */
#include "executor/base/memory.h"
#include "executor/state/relation_internal.h"

/* An array that a reader may have just taken from the relation. */
static void retire(Relation *relation, void *array) {
    if (array == NULL)
        return;
    GROW(relation->retired, relation->retired_capacity, relation->retired_count + 1);
    relation->retired[relation->retired_count++] = array;
}

void relation_set_columns(Relation *relation, const RelationSpec *spec) {
    Type *types = NEW_ARRAY(Type, spec->column_count + 1);
    int *all_columns = NEW_ARRAY(int, spec->column_count + 1);
    Column **missing = spec->missing == NULL ? NULL : NEW_ARRAY(Column *, spec->column_count + 1);
    for (int i = 0; i < spec->column_count; i++) {
        types[i] = spec->types[i];
        all_columns[i] = i;
        if (missing != NULL)
            missing[i] = relation->missing != NULL && i < relation->spec.column_count
                             ? column_retain(relation->missing[i])
                             : column_constant(&spec->missing[i]);
    }
    for (int i = 0; relation->missing != NULL && i < relation->spec.column_count; i++)
        column_release(relation->missing[i]);
    if (relation->all_columns != NULL) {
        retire(relation, (void *)relation->spec.types);
        retire(relation, relation->all_columns);
        retire(relation, relation->missing);
    }
    relation->spec.types = types;
    relation->all_columns = all_columns;
    relation->missing = missing;
    relation->spec.missing = NULL;
    atomic_thread_fence(memory_order_release);
    relation->spec.column_count = spec->column_count;
}

void relation_free_columns(Relation *relation) {
    for (int i = 0; relation->missing != NULL && i < relation->spec.column_count; i++)
        column_release(relation->missing[i]);
    for (int i = 0; i < relation->retired_count; i++)
        memory_free(relation->retired[i]);
    memory_free(relation->retired);
    memory_free(relation->missing);
    memory_free(relation->all_columns);
    memory_free((void *)relation->spec.types);
}

void part_describe(const Relation *relation, RelationPart *part) {
    const RelationSpec *spec = &relation->spec;
    text_reset(&part->log.description);
    text_add_u8(&part->log.description, spec->key_count > 0);
    for (int i = 0; i < spec->column_count; i++) {
        text_add_u8(&part->log.description, spec->types[i].id);
        text_add_u8(&part->log.description, spec->types[i].is_array);
    }
}

Batch *relation_pad(const Relation *relation, Batch *batch) {
    int count = relation->spec.column_count - batch->column_count;
    if (count <= 0)
        return batch;
    Batch *wide = batch_widen(batch, relation->missing + batch->column_count, count);
    batch_release(batch);
    return wide;
}

void relation_widen(Relation *relation, const RelationSpec *spec) {
    for (int i = 0; i < relation->spec.part_count; i++)
        pthread_rwlock_wrlock(&relation->parts[i].lock);
    for (int i = 0; i < relation->spec.part_count; i++)
        part_close_tail(&relation->parts[i]);
    relation_set_columns(relation, spec);
    for (int i = 0; i < relation->spec.part_count; i++) {
        RelationPart *part = &relation->parts[i];
        part_describe(relation, part);
        for (int c = 0; c < part->chunk_count; c++)
            if (part->chunks[c] != NULL && part->chunks[c]->rows != NULL)
                part->chunks[c]->rows = relation_pad(relation, part->chunks[c]->rows);
    }
    for (int i = 0; i < relation->spec.part_count; i++)
        pthread_rwlock_unlock(&relation->parts[i].lock);
    relation_forget_cache(relation);
}
