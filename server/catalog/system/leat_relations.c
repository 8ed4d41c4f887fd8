/* leat_catalog: how the running jobs are, what failed, what came late. */
#include <string.h>

#include "executor/base/memory.h"
#include "executor/engine/coordinator.h"
#include "server/catalog/system/class_entries.h"
#include "server/catalog/system/create_statement.h"
#include "server/catalog/checkpoint.h"
#include "server/catalog/system/system_rows.h"

static const char *kind_name(const JobStatus *job) {
    static const char *const names[] = {[JOB_TABLE] = "table",
        [JOB_SOURCE] = "source",
        [JOB_VIEW] = "materialized view",
        [JOB_SINK] = "sink"};
    return names[job->is_stored ? JOB_TABLE : job->kind];
}

static void row_time(SystemRows *rows, int64_t time) {
    if (time == WATERMARK_NONE || time == WATERMARK_END)
        row_null(rows);
    else
        row_int(rows, time);
}

void job_status_free(JobStatus *jobs, int count) {
    for (int i = 0; i < count; i++) {
        text_free(&jobs[i].trouble);
        for (int s = 0; s < jobs[i].sum_count; s++)
            memory_free((char *)jobs[i].sums[s].column);
        memory_free(jobs[i].sums);
        memory_free(jobs[i].partitions);
        memory_free(jobs[i].lags);
        memory_free((char *)jobs[i].name);
    }
    memory_free(jobs);
}

static Status give_jobs(SystemRows *rows, Error *error) {
    JobStatus *jobs;
    int count;
    coordinator_status(rows->facts->coordinator, &jobs, &count);
    for (int i = 0; i < count; i++) {
        const JobStatus *job = &jobs[i];
        row_int(rows, job->object_id);
        row_text(rows, job->name);
        row_text(rows, kind_name(job));
        row_text(rows, job->is_failed      ? "failed"
                       : job->is_suspended ? "suspended"
                       : job->is_stopped   ? "stopped"
                       : job->is_building  ? "building"
                                           : "running");
        row_text(rows, job->trouble.length > 0 ? text_string(&job->trouble) : NULL);
        row_int(rows, job->rows);
        row_int(rows, job->errors);
        row_int(rows, job->late_rows);
        row_int(rows, job->rows_discarded);
        row_int(rows, job->repeated_changes);
        row_int(rows, job->unmatched_changes);
        row_int(rows, (int64_t)job->state_bytes);
        row_time(rows, job->watermark);
        row_int(rows, (int64_t)job->staged);
        row_int(rows, (int64_t)job->delivered);
    }
    job_status_free(jobs, count);
    return OK;
}

const SystemRelation leat_jobs_relation = {9001, "leat_catalog", "jobs",
    "id int8, name text, kind text, state text, trouble text, rows int8, errors int8, late_rows int8, "
    "rows_discarded int8, repeated_changes int8, "
    "unmatched_changes int8, state_bytes int8, "
    "watermark timestamp, "
    "staged_batches int8, delivered_batches int8",
    give_jobs};

static const char *object_kind(RelationKind kind) {
    static const char *const kinds[] = {[RELATION_TABLE] = "table",
        [RELATION_SOURCE] = "source",
        [RELATION_VIEW] = "view",
        [RELATION_MATERIALIZED_VIEW] = "materialized view",
        [RELATION_SINK] = "sink"};
    return kind <= RELATION_SINK ? kinds[kind] : NULL;
}

static Status give_objects(SystemRows *rows, Error *error) {
    (void)error;
    const CatalogSnapshot *snapshot = rows->facts->snapshot;
    for (int i = 0; i < snapshot->count; i++) {
        const Object *object = snapshot->objects[i];
        const char *kind = object_kind(object->relation.kind);
        if (kind == NULL || object->is_transient)
            continue;
        Text sql = {0};
        create_statement(&rows->naming, object, &sql);
        row_int(rows, object->relation.id);
        row_text(rows, object->relation.schema);
        row_text(rows, object->relation.name);
        row_text(rows, kind);
        row_text(rows, object->connector);
        row_text(rows, object->format);
        row_text(rows, object->encode);
        row_bool(rows, object->relation.kind == RELATION_SINK ? object->is_sink_append_only
                                                              : object->relation.is_append_only);
        row_text(rows, text_string(&sql));
        text_free(&sql);
    }
    return OK;
}

const SystemRelation leat_objects_relation = {9009, "leat_catalog", "objects",
    "id int8!, schema_name text!, name text!, kind text!, connector text, format text, encode text, "
    "is_append_only bool!, definition text",
    give_objects};

static Status give_partitions(SystemRows *rows, Error *error) {
    JobStatus *jobs;
    int count;
    coordinator_status(rows->facts->coordinator, &jobs, &count);
    for (int i = 0; i < count; i++)
        for (int p = 0; p < jobs[i].partition_count; p++) {
            const SourcePartition *partition = &jobs[i].partitions[p];
            row_text(rows, jobs[i].name);
            row_int(rows, p);
            row_int(rows, partition->offset);
            row_time(rows, partition->watermark);
            row_bool(rows, partition->is_idle);
            row_bool(rows, partition->is_finished);
        }
    job_status_free(jobs, count);
    return OK;
}

const SystemRelation leat_partitions_relation = {9002, "leat_catalog", "source_partitions",
    "source text, partition int4, next_offset int8, watermark timestamp, is_idle bool, is_finished bool",
    give_partitions};

static Status give_sums(SystemRows *rows, Error *error) {
    JobStatus *jobs;
    int count;
    coordinator_status(rows->facts->coordinator, &jobs, &count);
    for (int i = 0; i < count; i++)
        for (int s = 0; s < jobs[i].sum_count; s++) {
            row_text(rows, jobs[i].name);
            row_text(rows, jobs[i].sums[s].column);
            row_int(rows, jobs[i].sums[s].count);
            row_int(rows, (int64_t)jobs[i].sums[s].checksum);
        }
    job_status_free(jobs, count);
    return OK;
}

/* column_name NULL: the rows. */
const SystemRelation leat_sums_relation = {
    9006, "leat_catalog", "sink_sums", "sink text, column_name text, count int8, checksum int8", give_sums};

static Status give_commits(SystemRows *rows, Error *error) {
    CommitStatus status;
    coordinator_commit_status(rows->facts->coordinator, &status);
    row_int(rows, (int64_t)status.epoch);
    row_int(rows, status.commits);
    row_int(rows, status.steps);
    row_int(rows, status.wide_steps);
    row_int(rows, status.held_write_sets);
    row_int(rows, status.bytes_written);
    row_int(rows, status.last_microseconds);
    row_int(rows, status.p50_microseconds);
    row_int(rows, status.p95_microseconds);
    row_int(rows, status.max_microseconds);
    row_int(rows, status.rows_written);
    row_int(rows, status.cpu_microseconds);
    return OK;
}

const SystemRelation leat_commits_relation = {9003, "leat_catalog", "commits",
    "epoch int8, commits int8, steps int8, wide_steps int8, held_write_sets int8, bytes_written int8, "
    "last_microseconds int8, p50_microseconds int8, "
    "p95_microseconds int8, max_microseconds int8, rows_written int8, cpu_microseconds int8",
    give_commits};

/* Rows of a relation that the coordinator keeps, its first column an object id that becomes a name. */
static Status give_events(SystemRows *rows, uint32_t object_id, Error *error) {
    Relation *relation;
    Epochs *epochs = coordinator_epochs(rows->facts->coordinator);
    TRY(coordinator_relation(rows->facts->coordinator, object_id, &relation, error));
    const Published *published = epochs_pin(epochs);
    RelationScan *scan = relation_scan_open(relation, published->epoch, NULL, 0);
    Status status;
    Batch *batch;
    while ((status = relation_scan_next(scan, &batch, error)) == OK && batch != NULL) {
        for (int i = 0; i < batch->selected_count; i++) {
            int row = batch_row(batch, i);
            const Object *object =
                catalog_find_id(rows->facts->snapshot, (uint32_t)column_int8(batch->columns[0], row));
            row_text(rows, object == NULL ? NULL : object->relation.name);
            for (int c = 1; c < batch->column_count; c++) {
                Text text = {0};
                if (!column_is_null(batch->columns[c], row))
                    datum_format(batch->columns[c]->type, column_at(batch->columns[c], row),
                        &type_settings_default, &text);
                if (column_is_null(batch->columns[c], row))
                    row_null(rows);
                else
                    row_parse(rows, text_string(&text));
                text_free(&text);
            }
            row_int(rows, batch_diff(batch, row));
        }
        batch_release(batch);
    }
    relation_scan_close(scan);
    epochs_unpin(epochs, published);
    relation_release(relation);
    return status;
}

static Status give_errors(SystemRows *rows, Error *error) {
    return give_events(rows, OBJECT_ERRORS, error);
}

const SystemRelation leat_errors_relation = {9004, "leat_catalog", "errors",
    "object text, operator text, partition int4, record_offset int8, sqlstate text, message text, input "
    "text, count int8",
    give_errors};

static Status give_late_rows(SystemRows *rows, Error *error) {
    return give_events(rows, OBJECT_LATE, error);
}

const SystemRelation leat_late_rows_relation = {9005, "leat_catalog", "late_rows",
    "object text, operator text, window_start timestamp, window_end timestamp, arrival timestamp, input "
    "text, count int8",
    give_late_rows};

/* The allow-lists of all connectors, as their validation reads them. */
static Status give_connector_options(SystemRows *rows, Error *error) {
    static const char *const types[] = {[OPTION_TEXT] = "text",
        [OPTION_INT] = "integer",
        [OPTION_FLOAT] = "number",
        [OPTION_BOOL] = "boolean",
        [OPTION_DURATION] = "duration",
        [OPTION_ENUM] = "word"};
    for (const ConnectorType *const *type = connectors_all(); *type != NULL; type++)
        for (const ConnectorOption *option = (*type)->options; option->name != NULL; option++) {
            Text words = {0};
            for (int i = 0; option->words != NULL && option->words[i] != NULL; i++)
                text_printf(&words, "%s%s", i > 0 ? ", " : "", option->words[i]);
            row_text(rows, (*type)->name);
            row_text(rows, option->name);
            row_text(rows, words.length > 0 ? text_string(&words) : types[option->type]);
            row_text(rows, option->default_text);
            row_text(rows, option->is_source_only ? "source" : option->is_sink_only ? "sink" : "both");
            row_bool(rows, option->is_required);
            row_text(rows, option->meaning);
            text_free(&words);
        }
    return OK;
}

const SystemRelation leat_connector_options_relation = {9007, "leat_catalog", "connector_options",
    "connector text!, option text!, value text!, default_value text, side text!, is_required bool!, meaning "
    "text!",
    give_connector_options};

static Status give_savepoints(SystemRows *rows, Error *error) {
    CheckpointStatus *savepoints;
    int count;
    Status status = checkpoint_list(rows->facts->data_directory, &savepoints, &count, error);
    for (int i = 0; i < count && status == OK; i++) {
        row_text(rows, savepoints[i].name);
        row_int(rows, (int64_t)savepoints[i].epoch);
        row_int(rows, savepoints[i].created);
        row_int(rows, savepoints[i].bytes);
    }
    checkpoint_list_free(savepoints, count);
    return status;
}

const SystemRelation leat_savepoints_relation = {9008, "leat_catalog", "savepoints",
    "name text!, epoch int8!, created_at timestamptz!, bytes int8!", give_savepoints};
