/* Write sets: what transactions did to stored tables, validated against the newest state between steps,
   applied, and fed to the next step. */
#include <string.h>

#include "executor/base/fault.h"
#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "executor/engine/job.h"

void submission_free(Submission *submission) {
    for (int i = 0; i < submission->count; i++) {
        batch_list_clear(&submission->changes[i].removed);
        batch_list_clear(&submission->changes[i].added);
    }
    memory_free(submission->changes);
    memory_free(submission);
}

/* The row of that key at the open epoch, or NULL. */
static Status find_row(const Job *job, const Batch *batch, int row, Batch **found, Error *error) {
    const RelationSpec *spec = relation_spec(job->relation);
    Value key[spec->key_count];
    for (int i = 0; i < spec->key_count; i++)
        key[i] = column_value(batch->columns[spec->key[i]], row);
    return relation_lookup(job->relation, job->coordinator->open_epoch, key, found, error);
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

static int64_t list_rows(const BatchList *list) {
    int64_t rows = 0;
    for (int i = 0; i < list->count; i++)
        rows += list->batches[i]->selected_count;
    return rows;
}

static Status refuse_duplicate(const Unique *unique, const Batch *batch, int row, bool is_new, Error *error) {
    const Job *job = unique->job;
    Text names = {0}, values = {0};
    for (int i = 0; i < unique->count; i++) {
        const Column *column = batch->columns[unique->columns[i]];
        text_printf(
            &names, "%s%s", i > 0 ? ", " : "", job->definition.spec->output.names[unique->columns[i]]);
        if (i > 0)
            text_add_string(&values, ", ");
        datum_format(column->type, column_at(column, row), &type_settings_default, &values);
    }
    const char *name = unique->index != NULL ? unique->index->name : job->definition.key_name;
    error_set(error, STATUS_UNIQUE_VIOLATION,
        is_new ? "could not create unique index \"%s\""
               : "duplicate key value violates unique constraint \"%s\"",
        name);
    error_name(error, ERROR_TABLE, job->definition.name);
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
    Status status = relation_index_find(unique->job->relation, unique->index->id,
        unique->job->coordinator->open_epoch, key, row_max, &found, &is_known, error);
    *count = list_rows(&found);
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
    key_set_create(&removed, list_rows(&change->removed));
    key_set_create(&added, list_rows(&change->added));
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
    const RelationSpec *spec = relation_spec(job->relation);
    int count;
    if (change->defined_at < job->defined_at || !has_width(&change->removed, spec->column_count) ||
        !has_width(&change->added, spec->column_count))
        return error_set(
            error, STATUS_SERIALIZATION_FAILURE, "could not serialize access due to concurrent update");
    const RelationIndexSpec *indexes = relation_indexes(job->relation, &count);
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
    Job *job = (Job *)unique->job;
    RelationScan *scan = relation_scan_open(job->relation, job->coordinator->open_epoch, NULL, 0);
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

Status coordinator_add_index(
    Coordinator *coordinator, uint32_t object_id, const RelationIndexSpec *index, Error *error) {
    Job *job = job_find(coordinator, object_id);
    if (job != NULL && job->is_suspended) {
        error_set(
            error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "\"%s\" is suspended", job->definition.name);
        return error_detail(error, "%s", job->trouble.message);
    }
    if (job == NULL || job->relation == NULL)
        return error_set(error, STATUS_UNDEFINED_TABLE, "the relation was dropped meanwhile");
    TRY(relation_add_index(job->relation, index, error));
    Status status =
        index->is_unique ? check_all(&(Unique){job, index, index->columns, index->count}, error) : OK;
    if (status != OK)
        relation_drop_index(job->relation, index->id);
    return status;
}

void coordinator_drop_index(Coordinator *coordinator, uint32_t object_id, uint32_t index_id) {
    Job *job = job_find(coordinator, object_id);
    if (job != NULL && job->relation != NULL)
        relation_drop_index(job->relation, index_id);
}

/* Stamps "$arrival" with the table's watermark before the transaction, and returns what the watermark becomes
   after it. */
static Status stamp_arrival(Job *job, BatchList *added, int64_t *watermark, Error *error) {
    *watermark = job->watermark_value;
    job->settings.now = job->coordinator->time;
    for (int b = 0; b < added->count; b++) {
        Batch *batch = added->batches[b];
        Column *marks;
        TRY(evaluator_run(job->watermark, batch, NULL, &marks, error));
        for (int i = 0; i < batch->row_count; i++)
            *watermark = watermark_after(*watermark, marks, i);
        column_release(marks);
        Column *columns[batch->column_count];
        for (int c = 0; c < batch->column_count; c++)
            columns[c] = column_retain(batch->columns[c]);
        Column *arrival = column_create(columns[job->definition.arrival_column]->type, batch->row_count);
        column_release(columns[job->definition.arrival_column]);
        for (int i = 0; i < batch->row_count; i++)
            ((int64_t *)arrival->values)[i] =
                MUTANT("arrival-after-transaction") ? *watermark : job->watermark_value;
        columns[job->definition.arrival_column] = arrival;
        added->batches[b] = batch_create(batch->row_count, batch->column_count, columns);
        batch_release(batch);
    }
    return OK;
}

/* Adds each row, with its sign, to the list of the worker that owns its key. */
static void split_rows(const Job *job, const BatchList *list, int64_t diff, BatchList *by_worker) {
    const RelationSpec *spec = relation_spec(job->relation);
    int workers = job->coordinator->spec.worker_count;
    uint64_t hashes[BATCH_ROWS_MAX];
    uint16_t rows[BATCH_ROWS_MAX];
    for (int b = 0; b < list->count; b++) {
        Batch *batch = list->batches[b];
        batch_hash_keys(batch, spec->key, spec->key_count, hashes);
        for (int w = 0; w < workers; w++) {
            int count = 0;
            for (int row = 0; row < batch->row_count; row++)
                if (shard_worker(hash_shard(hashes[row]), workers) == w)
                    rows[count++] = (uint16_t)row;
            if (count == 0)
                continue;
            Batch *part = batch_select(batch, rows, count);
            batch_need_diffs(part, part->row_count);
            for (int row = 0; row < part->row_count; row++)
                part->diffs[row] = diff;
            batch_list_add(&by_worker[w], part);
        }
    }
}

static Status apply_change(Job *job, const TableChange *change, Error *error) {
    int workers = job->coordinator->spec.worker_count;
    BatchList by_worker[workers];
    memset(by_worker, 0, sizeof by_worker);
    if (!MUTANT("update-keeps-old-row"))
        split_rows(job, &change->removed, -1, by_worker);
    split_rows(job, &change->added, 1, by_worker);
    Status status = OK;
    for (int w = 0; w < workers; w++) {
        if (by_worker[w].count > 0 && status == OK)
            status = relation_apply(job->relation, w, by_worker[w].batches, by_worker[w].count,
                job->coordinator->open_epoch, &job->queue[w], error);
        batch_list_clear(&by_worker[w]);
    }
    job->written_at = job->coordinator->open_epoch;
    job_queue(job);
    job_changed(job);
    return status;
}

static void make_dense(BatchList *list) {
    for (int i = 0; i < list->count; i++) {
        Batch *dense = batch_dense(list->batches[i]);
        batch_release(list->batches[i]);
        list->batches[i] = dense;
    }
}

static Status take(Coordinator *coordinator, Submission *submission, Error *error) {
    int64_t watermarks[submission->count + 1];
    for (int i = 0; i < submission->count; i++) {
        TableChange *change = &submission->changes[i];
        Job *job = job_find(coordinator, change->object_id);
        if (job == NULL || job->definition.kind != JOB_TABLE)
            return error_set(error, STATUS_UNDEFINED_TABLE, "the table was dropped meanwhile");
        make_dense(&change->removed);
        make_dense(&change->added);
        TRY(check_change(job, change, error));
        if (job->watermark != NULL)
            TRY(stamp_arrival(job, &change->added, &watermarks[i], error));
    }
    for (int i = 0; i < submission->count; i++) {
        Job *job = job_find(coordinator, submission->changes[i].object_id);
        TRY(apply_change(job, &submission->changes[i], error));
        if (job->watermark != NULL)
            job->watermark_value = watermarks[i];
    }
    return OK;
}

void write_set_take(Coordinator *coordinator, Submission *submission) {
    Error error = {0};
    Status status = coordinator->failure.status != OK ? coordinator->failure.status
                                                      : take(coordinator, submission, &error);
    if (status != OK) {
        submission->done.done(
            submission->done.argument, coordinator->failure.status != OK ? &coordinator->failure : &error);
        error_clear(&error);
    } else {
        coordinator->is_dirty = true;
        GROW(coordinator->waiting.items, coordinator->waiting.capacity, coordinator->waiting.count + 1);
        coordinator->waiting.items[coordinator->waiting.count++] = submission->done;
    }
    submission_free(submission);
}

Status coordinator_take(Coordinator *coordinator, TableChange *changes, int count, Error *error) {
    Submission *submission = NEW(Submission);
    *submission = (Submission){.changes = changes, .count = count};
    Status status = coordinator_may_change(coordinator, error);
    if (status == OK)
        status = take(coordinator, submission, error);
    if (status == OK)
        coordinator->is_dirty = true;
    submission_free(submission);
    return status;
}
