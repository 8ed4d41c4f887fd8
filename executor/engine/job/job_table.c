/* A table: what transactions changed enters its relation at once, and its leaves with the next step. */
#include "executor/engine/job/job_table.h"

#include <assert.h>
#include <string.h>

#include "executor/base/fault.h"
#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "executor/engine/job/job_type.h"

typedef struct TableJob {
    Job base;
    BatchList *queue;        /* accepted changes, by worker */
    uint64_t written_at;     /* the last epoch in which rows were accepted */
    uint64_t defined_at;     /* see table_redefine */
    Evaluator *watermark;    /* NULL: it has none */
    int64_t watermark_value; /* running */
    int64_t rows_fed;        /* into steps, since the start */
} TableJob;

bool job_is_table(const Job *job) {
    return job->type == &table_job;
}

static TableJob *table_of(Job *job) {
    assert(job_is_table(job));
    return (TableJob *)job;
}

static const TableJob *table_view(const Job *job) {
    assert(job_is_table(job));
    return (const TableJob *)job;
}

static void table_open(Job *job) {
    TableJob *table = table_of(job);
    table->queue = NEW_ARRAY(BatchList, job->home->spec->worker_count);
    table->watermark_value = WATERMARK_NONE;
    if (job->definition.table.watermark != NULL)
        table->watermark = evaluator_create(job->definition.table.watermark, &job->settings, NULL);
}

static void table_close(Job *job) {
    TableJob *table = table_of(job);
    for (int w = 0; w < job->home->spec->worker_count; w++)
        batch_list_clear(&table->queue[w]);
    memory_free(table->queue);
    evaluator_destroy(table->watermark);
}

static void table_restore(Job *job, TextReader *fact) {
    TableJob *table = table_of(job);
    table->watermark_value = (int64_t)text_read_u64(fact);
    if (MUTANT("watermark-not-restored"))
        table->watermark_value = WATERMARK_NONE;
}

/* What reads it has to hear of a restored watermark. */
static Status table_start(Job *job, Error *error) {
    if (table_of(job)->watermark_value > job->sealed_watermark)
        jobs_enlist(job->home->jobs, LIST_QUEUED, job);
    return OK;
}

static bool table_takes_part(Job *job, int64_t now) {
    return true; /* only those are asked that are queued */
}

static Status table_feed(Job *job, int64_t *rows, Error *error) {
    TableJob *table = table_of(job);
    for (int w = 0; w < job->home->spec->worker_count; w++) {
        BatchList *queue = &table->queue[w];
        for (int b = 0; b < queue->count; b++) {
            *rows += queue->batches[b]->selected_count;
            table->rows_fed += queue->batches[b]->selected_count;
            TRY(graph_feed(
                flow_graph(job->home->flow, w), job->leaves[w], batch_retain(queue->batches[b]), error));
        }
        batch_list_clear(queue);
    }
    return OK;
}

static int64_t table_fix_watermark(Job *job, int64_t now, int *column) {
    *column = job->definition.table.watermark_column;
    return table_of(job)->watermark_value;
}

static int64_t table_rows_taken(const Job *job) {
    return table_view(job)->rows_fed;
}

static Status table_cut(Job *job, Cut *facts, Error *error) {
    const TableJob *table = table_of(job);
    for (int w = 0; w < job->home->spec->worker_count; w++)
        TRY(relation_cut(job->relation, w, open_epoch_number(job->home->open), facts, error));
    if (table->watermark == NULL)
        return OK;
    Text value = {0};
    text_add_u64(&value, (uint64_t)table->watermark_value);
    fact_put(facts, FACT_TABLE, job_id(job), &value);
    text_free(&value);
    return OK;
}

static void table_describe(Job *job, JobStatus *status) {
    status->watermark = table_of(job)->watermark_value;
    job_describe_future(job, status->watermark, &status->trouble);
}

uint64_t table_defined_at(const Job *job) {
    return table_view(job)->defined_at;
}

void table_redefine(Job *job, uint64_t version) {
    assert(version >= table_of(job)->defined_at);
    table_of(job)->defined_at = version;
}

uint64_t table_written_at(const Job *job) {
    return table_view(job)->written_at;
}

void table_widen(Job *job, const JobDefinition *definition) {
    TableJob *table = table_of(job);
    assert(definition->stored.relation.column_count >= job->definition.stored.relation.column_count);
    relation_widen(job->relation, &definition->stored.relation);
    for (int w = 0; w < job->home->spec->worker_count; w++) {
        node_widen(job->roots[w], definition->spec);
        for (int i = 0; i < table->queue[w].count; i++)
            table->queue[w].batches[i] = relation_pad(job->relation, table->queue[w].batches[i]);
    }
    jobs_redefine(job->home->jobs, job, definition);
}

/* One batch with the column filled in. */
static Batch *with_arrival(const Batch *batch, int column, int64_t watermark) {
    Column *columns[batch->column_count];
    for (int c = 0; c < batch->column_count; c++)
        columns[c] = column_retain(batch->columns[c]);
    Column *arrival = column_create(columns[column]->type, batch->row_count);
    column_release(columns[column]);
    for (int i = 0; i < batch->row_count; i++)
        ((int64_t *)arrival->values)[i] = watermark;
    columns[column] = arrival;
    return batch_create(batch->row_count, batch->column_count, columns);
}

Status table_stamp_arrival(Job *job, BatchList *added, int64_t *watermark, Error *error) {
    TableJob *table = table_of(job);
    *watermark = table->watermark_value;
    if (table->watermark == NULL)
        return OK;
    job_set_time(job);
    for (int b = 0; b < added->count; b++) {
        Batch *batch = added->batches[b];
        Column *marks;
        TRY(evaluator_run(table->watermark, batch, NULL, &marks, error));
        for (int i = 0; i < batch->row_count; i++)
            *watermark = watermark_after(*watermark, marks, i);
        column_release(marks);
        added->batches[b] = with_arrival(batch, job->definition.table.arrival_column,
            MUTANT("arrival-after-transaction") ? *watermark : table->watermark_value);
        batch_release(batch);
    }
    return OK;
}

/* Adds each row, with its sign, to the list of the worker that owns its key. */
static void split_rows(const Job *job, const BatchList *list, int64_t diff, BatchList *by_worker) {
    const RelationSpec *spec = relation_spec(job->relation);
    int workers = job->home->spec->worker_count;
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

Status table_apply(Job *job, const TableChange *change, int64_t watermark, Error *error) {
    TableJob *table = table_of(job);
    int workers = job->home->spec->worker_count;
    uint64_t epoch = open_epoch_number(job->home->open);
    BatchList by_worker[workers];
    memset(by_worker, 0, sizeof by_worker);
    if (!MUTANT("update-keeps-old-row"))
        split_rows(job, &change->removed, -1, by_worker);
    split_rows(job, &change->added, 1, by_worker);
    Status status = OK;
    for (int w = 0; w < workers; w++) {
        if (by_worker[w].count > 0 && status == OK)
            status = relation_apply(
                job->relation, w, by_worker[w].batches, by_worker[w].count, epoch, &table->queue[w], error);
        batch_list_clear(&by_worker[w]);
    }
    assert(table->written_at <= epoch && table->watermark_value <= watermark);
    table->written_at = epoch;
    if (status == OK)
        table->watermark_value = watermark;
    jobs_enlist(job->home->jobs, LIST_QUEUED, job);
    job_changed(job);
    return status;
}

const JobType table_job = {
    .size = sizeof(TableJob),
    .traits = {.is_vital = true},
    .has_rows = true,
    .has_leaves = true,
    .list = LIST_COUNT,
    .fact = FACT_TABLE,
    .open = table_open,
    .close = table_close,
    .restore = table_restore,
    .start = table_start,
    .takes_part = table_takes_part,
    .feed = table_feed,
    .fix_watermark = table_fix_watermark,
    .rows_taken = table_rows_taken,
    .cut = table_cut,
    .describe = table_describe,
};
