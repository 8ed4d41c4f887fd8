/* Acceptance: rows that a transaction removes must be there exactly so, and what it adds must be unique; then
   all of its tables take theirs. */
#include "executor/engine/acceptance.h"

#include <assert.h>
#include <string.h>

#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/engine/job/job_table.h"

/* The row of that key at the open epoch, or NULL. */
static Status find_row(const Job *job, const Batch *batch, int row, Batch **found, Error *error) {
    const RelationSpec *spec = relation_spec(job_relation(job));
    Value key[spec->key_count];
    for (int i = 0; i < spec->key_count; i++)
        key[i] = column_value(batch->columns[spec->key[i]], row);
    return relation_lookup(job_relation(job), open_epoch_number(job_home(job)->open), key, found, error);
}

/* Rows [0, columns) of both identical; "$arrival" is the server's own and not compared on added rows, but
   here both are stored ones. */
static bool is_same_row(const Batch *a, int a_row, const Batch *b, int b_row) {
    int columns[a->column_count];
    for (int i = 0; i < a->column_count; i++)
        columns[i] = i;
    return batch_rows_identical(a, a_row, b, b_row, columns, a->column_count);
}

static Status check_removed(const Job *job, const BatchList *removed, Error *error) {
    for (int b = 0; b < removed->count; b++)
        for (int i = 0; i < removed->batches[b]->selected_count; i++) {
            int row = batch_row(removed->batches[b], i);
            Batch *found;
            TRY(find_row(job, removed->batches[b], row, &found, error));
            bool is_same =
                found != NULL && (is_same_row(removed->batches[b], row, found, batch_row(found, 0)) ||
                                     MUTANT("changed-rows-unnoticed"));
            batch_release(found);
            if (!is_same)
                return error_set(error, STATUS_SERIALIZATION_FAILURE,
                    "could not serialize access due to concurrent update");
        }
    return OK;
}

/* What must be unique: the table's key, or a unique index's columns. */
typedef struct Unique {
    const Job *job;
    const RelationIndexSpec *index; /* NULL: the key */
    const int *columns;
    int count;
} Unique;

/* Open addressing over the rows' key hashes: which keys this write set removes or adds. */
typedef struct KeySet {
    uint64_t *hashes;
    const Batch **batches;
    int *rows;
    size_t mask;
} KeySet;

static void key_set_create(KeySet *set, int64_t count) {
    size_t size = 16;
    while (size < (size_t)count * 2)
        size *= 2;
    *set =
        (KeySet){NEW_ARRAY(uint64_t, size), NEW_ARRAY(const Batch *, size), NEW_ARRAY(int, size), size - 1};
}

static void key_set_free(KeySet *set) {
    memory_free(set->hashes);
    memory_free(set->batches);
    memory_free(set->rows);
}

/* True when an equal key was there; else adds it when `add`. */
static bool key_set_probe(
    KeySet *set, const Unique *unique, const Batch *batch, int row, uint64_t hash, bool add) {
    for (size_t at = hash & set->mask;; at = (at + 1) & set->mask) {
        if (set->batches[at] == NULL) {
            if (add) {
                set->hashes[at] = hash;
                set->batches[at] = batch;
                set->rows[at] = row;
            }
            return false;
        }
        if (set->hashes[at] == hash && batch_keys_equal(set->batches[at], unique->columns, set->rows[at],
                                           batch, unique->columns, row, unique->count))
            return true;
    }
}

static Status refuse_duplicate(const Unique *unique, const Batch *batch, int row, bool is_new, Error *error) {
    const Job *job = unique->job;
    Text names = {0}, values = {0};
    for (int i = 0; i < unique->count; i++) {
        const Column *column = batch->columns[unique->columns[i]];
        text_printf(
            &names, "%s%s", i > 0 ? ", " : "", job_definition(job)->spec->output.names[unique->columns[i]]);
        if (i > 0)
            text_add_string(&values, ", ");
        datum_format(column->type, column_at(column, row), &type_settings_default, &values);
    }
    const char *name = unique->index != NULL ? unique->index->name : job_definition(job)->table.key_name;
    error_set(error, STATUS_UNIQUE_VIOLATION,
        is_new ? "could not create unique index \"%s\""
               : "duplicate key value violates unique constraint \"%s\"",
        name);
    error_name(error, ERROR_TABLE, job_definition(job)->name);
    error_name(error, ERROR_CONSTRAINT, name);
    error_detail(error, is_new ? "Key (%s)=(%s) is duplicated." : "Key (%s)=(%s) already exists.",
        text_string(&names), text_string(&values));
    text_free(&names);
    text_free(&values);
    return STATUS_UNIQUE_VIOLATION;
}

/* Walks a list's dense batches with their key hashes. */
typedef Status (*RowVisit)(const Unique *unique, KeySet *removed, KeySet *added, const Batch *batch, int row,
    uint64_t hash, Error *error);

static bool has_null(const Unique *unique, const Batch *batch, int row) {
    for (int i = 0; i < unique->count; i++)
        if (column_is_null(batch->columns[unique->columns[i]], row))
            return true;
    return false;
}

static Status visit_keys(const Unique *unique, const BatchList *list, RowVisit visit, KeySet *removed,
    KeySet *added, Error *error) {
    uint64_t hashes[BATCH_ROWS_MAX];
    for (int b = 0; b < list->count; b++) {
        const Batch *batch = list->batches[b];
        batch_hash_keys(batch, unique->columns, unique->count, hashes);
        for (int row = 0; row < batch->row_count; row++)
            if (unique->index == NULL || !has_null(unique, batch, row))
                TRY(visit(unique, removed, added, batch, row, hashes[row], error));
    }
    return OK;
}

static Status note_removed(const Unique *unique, KeySet *removed, KeySet *added, const Batch *batch, int row,
    uint64_t hash, Error *error) {
    key_set_probe(removed, unique, batch, row, hash, true);
    return OK;
}

/* Rows of that unique key at the open epoch, at most row_max. */
static Status find_unique(
    const Unique *unique, const Batch *batch, int row, int64_t row_max, int64_t *count, Error *error) {
    Value key[unique->count];
    for (int i = 0; i < unique->count; i++)
        key[i] = column_value(batch->columns[unique->columns[i]], row);
    BatchList found = {0};
    bool is_known;
    Status status = relation_index_find(job_relation(unique->job), unique->index->id,
        open_epoch_number(job_home(unique->job)->open), key, row_max, &found, &is_known, error);
    *count = batch_list_rows(&found);
    batch_list_clear(&found);
    return status;
}

static Status check_added_row(const Unique *unique, KeySet *removed, KeySet *added, const Batch *batch,
    int row, uint64_t hash, Error *error) {
    if (key_set_probe(added, unique, batch, row, hash, true))
        return refuse_duplicate(unique, batch, row, false, error);
    if (key_set_probe(removed, unique, batch, row, hash, false))
        return OK;
    if (unique->index != NULL) {
        int64_t count;
        TRY(find_unique(unique, batch, row, 1, &count, error));
        return count > 0 ? refuse_duplicate(unique, batch, row, false, error) : OK;
    }
    Batch *found;
    TRY(find_row(unique->job, batch, row, &found, error));
    bool is_taken = found != NULL && !MUTANT("unique-unchecked");
    batch_release(found);
    return is_taken ? refuse_duplicate(unique, batch, row, false, error) : OK;
}

static Status check_unique(const Unique *unique, const TableChange *change, Error *error) {
    KeySet removed, added;
    key_set_create(&removed, batch_list_rows(&change->removed));
    key_set_create(&added, batch_list_rows(&change->added));
    Status status = visit_keys(unique, &change->removed, note_removed, &removed, &added, error);
    if (status == OK)
        status = visit_keys(unique, &change->added, check_added_row, &removed, &added, error);
    key_set_free(&removed);
    key_set_free(&added);
    return status;
}

/* Rows made before a column was added. */
static bool has_width(const BatchList *list, int column_count) {
    for (int b = 0; b < list->count; b++)
        if (list->batches[b]->column_count != column_count)
            return false;
    return true;
}

static Status check_change(const Job *job, const TableChange *change, Error *error) {
    const RelationSpec *spec = relation_spec(job_relation(job));
    int count;
    if (change->defined_at < table_defined_at(job) || !has_width(&change->removed, spec->column_count) ||
        !has_width(&change->added, spec->column_count))
        return error_set(
            error, STATUS_SERIALIZATION_FAILURE, "could not serialize access due to concurrent update");
    const RelationIndexSpec *indexes = relation_indexes(job_relation(job), &count);
    TRY(check_removed(job, &change->removed, error));
    TRY(check_unique(&(Unique){job, NULL, spec->key, spec->key_count}, change, error));
    for (int i = 0; i < count; i++)
        if (indexes[i].is_unique)
            TRY(check_unique(
                &(Unique){job, &indexes[i], indexes[i].columns, indexes[i].count}, change, error));
    return OK;
}

/* A unique index over rows that were there before it. */
static Status check_all(const Unique *unique, Error *error) {
    const Job *job = unique->job;
    RelationScan *scan =
        relation_scan_open(job_relation(job), open_epoch_number(job_home(job)->open), NULL, 0);
    Batch *batch = NULL;
    Status status;
    while ((status = relation_scan_next(scan, &batch, error)) == OK && batch != NULL) {
        for (int i = 0; i < batch->selected_count && status == OK; i++) {
            int row = batch_row(batch, i);
            int64_t count = 0;
            if (!has_null(unique, batch, row))
                status = find_unique(unique, batch, row, 2, &count, error);
            if (status == OK && count > 1)
                status = refuse_duplicate(unique, batch, row, true, error);
        }
        batch_release(batch);
        if (status != OK)
            break;
    }
    relation_scan_close(scan);
    return status;
}

Status acceptance_check_unique_index(const Job *job, const RelationIndexSpec *index, Error *error) {
    return check_all(&(Unique){job, index, index->columns, index->count}, error);
}

static void make_dense(BatchList *list) {
    for (int i = 0; i < list->count; i++) {
        Batch *dense = batch_dense(list->batches[i]);
        batch_release(list->batches[i]);
        list->batches[i] = dense;
    }
}

Status acceptance_take(Home *home, TableChange *changes, int count, Error *error) {
    int64_t watermarks[count + 1];
    for (int i = 0; i < count; i++) {
        TableChange *change = &changes[i];
        Job *job = jobs_find(home->jobs, change->object_id);
        if (job == NULL || !job_is_table(job))
            return error_set(error, STATUS_UNDEFINED_TABLE, "the table was dropped meanwhile");
        make_dense(&change->removed);
        make_dense(&change->added);
        TRY(check_change(job, change, error));
        TRY(table_stamp_arrival(job, &change->added, &watermarks[i], error));
    }
    for (int i = 0; i < count; i++)
        TRY(table_apply(jobs_find(home->jobs, changes[i].object_id), &changes[i], watermarks[i], error));
    return OK;
}
