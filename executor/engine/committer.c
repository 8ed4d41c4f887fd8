/* Committer: cuts between steps, one synced write at a time, then publication, then answers: in this order.

   One atomic write holds all that changed since the last: operator state, view and table rows, positions and
   watermarks of sources, P, staged sink output, catalog facts, the epoch's number. Recovery is: open, read
   the epoch, seek the sources. After a failed write nothing steps any more, and readers go on, until
   everything was made again from the store (recovery.c). */
#include "executor/engine/committer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "executor/base/fault.h"
#include "executor/base/memory.h"

/* A commit starts when the last has ended and this many times its duration has passed. */
enum { PACE = 10, ROW_ID_BLOCK = 1 << 20, SPARE_MAX = 64 << 20, SPARE_SECONDS = 5 };

static int duration_bucket(int64_t microseconds) {
    if (microseconds < 8)
        return microseconds < 0 ? 0 : (int)microseconds;
    int octave = 63 - __builtin_clzll((unsigned long long)microseconds);
    return octave * 8 + (int)(microseconds >> (octave - 3) & 7);
}

/* The duration that this share of the commits did not exceed, rounded up to its bucket's end. */
static int64_t duration_of_share(const Committer *committer, double share) {
    int64_t seen = 0;
    for (int i = 0; i < DURATION_BUCKETS; i++) {
        seen += committer->durations[i];
        if (seen == 0 || (double)seen < share * (double)committer->commits)
            continue;
        int64_t end = i < 8 ? i : (((int64_t)(i % 8) + 9) << (i / 8 - 3)) - 1;
        return end < committer->duration_max ? end : committer->duration_max;
    }
    return 0;
}

static void waiters_finish(Waiters *waiters, const Error *error) {
    for (int i = 0; i < waiters->count; i++)
        waiters->items[i].done(waiters->items[i].argument, error);
    waiters->count = 0;
}

/* What became of a commit, for the figures. */
typedef struct Outcome {
    int64_t duration, bytes, rows, cpu;
} Outcome;

static void free_spare(Committer *committer) {
    for (int w = 0; w < committer->coordinator->spec.worker_count; w++)
        text_free(&committer->spare[w]);
}

/* A worker's next cut will be about as large. Its memory is kept: getting it anew from the system page by
   page cost more than writing to it. */
static void free_cuts(Committer *committer) {
    for (int i = 0; i < committer->cut_count; i++) {
        Text *bytes = &committer->cuts[i]->bytes;
        if (i < committer->coordinator->spec.worker_count && bytes->capacity <= SPARE_MAX) {
            text_reset(bytes);
            committer->spare[i] = *bytes;
            *bytes = (Text){0};
        }
        cut_free(committer->cuts[i]);
        memory_free(committer->cuts[i]);
    }
    memory_free(committer->cuts);
    committer->cut_count = 0;
}

static Status write_commit(Committer *committer, Outcome *outcome) {
    Coordinator *coordinator = committer->coordinator;
    int64_t begin = monotonic_now(), cpu = thread_cpu();
    for (int i = 0; i < committer->cut_count; i++) {
        outcome->bytes += (int64_t)committer->cuts[i]->bytes.length;
        outcome->rows += committer->cuts[i]->rows;
    }
    if (MUTANT("answer-before-the-write"))
        waiters_finish(&committer->waiters, NULL);
    FAILPOINT("commit.before-write");
    Status status = OK;
    if (coordinator->spec.store != NULL)
        status = store_commit(coordinator->spec.store, committer->cuts,
            committer->cut_count - (MUTANT("cut-without-facts") && committer->cut_count > 1),
            &committer->error);
    FAILPOINT("commit.after-write");
    if (status == OK) {
        epochs_publish(coordinator->epochs, committer->published);
        FAILPOINT("commit.after-publish");
        waiters_finish(&committer->waiters, NULL);
    } else {
        published_destroy(committer->published);
        waiters_finish(&committer->waiters, &committer->error);
    }
    free_cuts(committer);
    outcome->duration = monotonic_now() - begin;
    outcome->cpu = thread_cpu() - cpu;
    return status;
}

static bool has_spare(const Committer *committer) {
    for (int w = 0; w < committer->coordinator->spec.worker_count; w++)
        if (committer->spare[w].bytes != NULL)
            return true;
    return false;
}

/* One wait. What is spare goes when nothing has come for a while. */
static void wait_for_commit(Committer *committer) {
    if (!has_spare(committer)) {
        pthread_cond_wait(&committer->changed, &committer->lock);
        return;
    }
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += SPARE_SECONDS;
    if (pthread_cond_timedwait(&committer->changed, &committer->lock, &until) == ETIMEDOUT)
        free_spare(committer);
}

static void *committer_main(void *argument) {
    Committer *committer = argument;
    pthread_mutex_lock(&committer->lock);
    for (;;) {
        while (!committer->is_busy && !committer->is_stopping)
            wait_for_commit(committer);
        if (!committer->is_busy)
            break;
        pthread_mutex_unlock(&committer->lock);
        Outcome outcome = {0};
        Status status = write_commit(committer, &outcome);
        pthread_mutex_lock(&committer->lock);
        committer->ended_at = monotonic_now();
        committer->duration = outcome.duration;
        committer->duration_max =
            outcome.duration > committer->duration_max ? outcome.duration : committer->duration_max;
        committer->durations[duration_bucket(outcome.duration)]++;
        committer->bytes_written += outcome.bytes;
        committer->rows_written += outcome.rows;
        committer->cpu_nanoseconds += outcome.cpu;
        committer->commits++;
        committer->is_failed = status != OK;
        committer->is_busy = false;
        pthread_cond_signal(&committer->changed);
        Coordinator *coordinator = committer->coordinator;
        pthread_mutex_lock(&coordinator->lock);
        coordinator->is_woken = true;
        pthread_cond_signal(&coordinator->arrived);
        pthread_mutex_unlock(&coordinator->lock);
    }
    pthread_mutex_unlock(&committer->lock);
    return NULL;
}

/* Facts. */

static void fact_key(Text *key, const char *kind, uint32_t object_id) {
    text_printf(key, "%s/%08x", kind, object_id);
}

static void put_fact(Cut *cut, const Text *key, const Text *value) {
    cut_put(cut, FAMILY_FACTS, text_string(key), key->length, text_string(value), value->length);
}

static void cut_source(const Job *job, Cut *cut) {
    Text key = {0}, value = {0};
    fact_key(&key, "source", job->definition.object_id);
    text_add_u64(&value, (uint64_t)job->source.watermark);
    text_add_u32(&value, (uint32_t)job->source.partition_count);
    for (int p = 0; p < job->source.partition_count; p++) {
        text_add_u64(
            &value, (uint64_t)(job->source.partitions[p].offset + (MUTANT("offset-one-ahead") ? 1 : 0)));
        text_add_u64(&value, (uint64_t)job->source.partitions[p].watermark);
        text_add_u8(&value, job->source.partitions[p].is_finished);
    }
    for (int p = 0; p < job->source.partition_count; p++)
        text_add_u64(&value, (uint64_t)job->source.partitions[p].first_watermark);
    put_fact(cut, &key, &value);
    text_free(&key);
    text_free(&value);
}

static void cut_table(const Job *job, Cut *cut) {
    if (job->watermark == NULL)
        return;
    Text key = {0}, value = {0};
    fact_key(&key, "table", job->definition.object_id);
    text_add_u64(&value, (uint64_t)job->watermark_value);
    put_fact(cut, &key, &value);
    text_free(&key);
    text_free(&value);
}

void delivery_key(uint32_t object_id, uint64_t number, int part, Text *key) {
    text_printf(key, "stage/%08x/%016llx/%04x", object_id, (unsigned long long)number, (unsigned)part);
}

/* Numbers what the workers have staged as the sink's next batch, and forgets what is known to be delivered.
 */
static void cut_sink(Job *job, Cut *cut) {
    int workers = job->coordinator->spec.worker_count;
    bool is_any = false;
    Text key = {0}, value = {0};
    /* Resumed behind what stands outside: new batches are numbered after it. */
    uint64_t delivered = job->delivery == NULL ? job->delivered : delivery_confirmed(job->delivery);
    if (job->delivery != NULL && delivered >= job->staged)
        job->staged_bytes = delivery_bytes(job->delivery);
    job->staged = job->staged > delivered ? job->staged : delivered;
    for (int w = 0; w < workers; w++) {
        Text *staged = &job->output.staged[w];
        if (staged->length == 0)
            continue;
        text_reset(&key);
        if (job->output.writer->type->is_discarding) {
            text_printf(&key, "discard/%08x/%04x", job->definition.object_id, (unsigned)w);
            cut_put(cut, FAMILY_FACTS, key.bytes, key.length, staged->bytes, staged->length);
            continue;
        }
        if (!is_any)
            job->staged++;
        is_any = true;
        delivery_key(job->definition.object_id, job->staged, w, &key);
        cut_put(cut, FAMILY_LOG, key.bytes, key.length, staged->bytes, staged->length);
        job->staged_bytes += (int64_t)staged->length;
        text_reset(staged);
    }
    for (uint64_t number = job->delivered + 1; number <= delivered; number++)
        for (int part = 0; part < job->part_count; part++) {
            text_reset(&key);
            delivery_key(job->definition.object_id, number, part, &key);
            cut_delete(cut, FAMILY_LOG, key.bytes, key.length);
        }
    if (is_any || delivered != job->delivered) {
        job->delivered = delivered;
        text_reset(&key);
        fact_key(&key, "sink", job->definition.object_id);
        text_add_u64(&value, job->staged);
        text_add_u64(&value, job->delivered);
        text_add_u32(&value, (uint32_t)job->part_count);
        text_add_u64(&value, (uint64_t)job_waiting_bytes(job));
        put_fact(cut, &key, &value);
    }
    text_free(&key);
    text_free(&value);
}

static void cut_epoch(Coordinator *coordinator, Cut *cut) {
    Text key = {0}, value = {0};
    text_add_string(&key, "epoch");
    text_add_u64(&value, coordinator->open_epoch);
    text_add_u64(&value, coordinator->open_epoch - 1);
    text_add_u64(&value, (uint64_t)coordinator->time);
    text_add_u64(&value, (uint64_t)coordinator->row_id_limit);
    put_fact(cut, &key, &value);
    text_free(&key);
    text_free(&value);
}

static Status restore_sum(void *argument, const char *key, size_t key_length, const char *value,
    size_t value_length, Error *error) {
    Job *job = argument;
    Coordinator *coordinator = job->coordinator;
    char digits[5] = {0};
    memcpy(digits, key + key_length - 4, 4);
    int worker = (int)strtol(digits, NULL, 16);
    bool is_ours = worker < coordinator->spec.worker_count;
    job->output.writer->type->fold(&job->output.staged[is_ours ? worker : 0], value, value_length);
    if (!is_ours)
        cut_delete(&coordinator->staged, FAMILY_FACTS, key, key_length);
    return OK;
}

/* The stored sums of a discarding sink. Those of workers that are no more go to the first, in the same commit
   that forgets them. */
static Status restore_sums(Job *job, Error *error) {
    Text prefix = {0};
    fact_key(&prefix, "discard", job->definition.object_id);
    text_add_char(&prefix, '/');
    Status status = store_scan(
        job->coordinator->spec.store, FAMILY_FACTS, prefix.bytes, prefix.length, restore_sum, job, error);
    text_free(&prefix);
    return status;
}

void coordinator_pause_key(uint32_t object_id, Text *key) {
    fact_key(key, "paused", object_id);
}

void commit_forget_pause(const Job *job, Cut *cut) {
    Text key = {0};
    coordinator_pause_key(job->definition.object_id, &key);
    cut_delete(cut, FAMILY_FACTS, key.bytes, key.length);
    text_free(&key);
}

Status commit_read_pause(const Job *job, char **savepoint, size_t *length, Error *error) {
    Text key = {0};
    coordinator_pause_key(job->definition.object_id, &key);
    Status status = store_get(
        job->coordinator->spec.store, FAMILY_FACTS, key.bytes, key.length, savepoint, length, error);
    text_free(&key);
    return status;
}

/* Everything durable of a sink, forgotten with the next cut. */
void commit_forget_sink(const Job *job, Cut *cut) {
    static const struct {
        const char *kind;
        Family family;
    } kinds[] = {{"stage", FAMILY_LOG}, {"discard", FAMILY_FACTS}};
    Text from = {0}, to = {0};
    for (int i = 0; i < 2; i++) {
        text_reset(&from);
        text_reset(&to);
        text_printf(&from, "%s/%08x/", kinds[i].kind, job->definition.object_id);
        text_printf(&to, "%s/%08x0", kinds[i].kind, job->definition.object_id); /* '0' comes after '/' */
        cut_delete_range(cut, kinds[i].family, from.bytes, from.length, to.bytes, to.length);
    }
    text_reset(&from);
    fact_key(&from, "sink", job->definition.object_id);
    cut_delete(cut, FAMILY_FACTS, from.bytes, from.length);
    commit_forget_pause(job, cut);
    text_free(&from);
    text_free(&to);
}

Status commit_restore_job(Job *job, Error *error) {
    static const char *const kinds[] = {
        [JOB_TABLE] = "table", [JOB_SOURCE] = "source", [JOB_VIEW] = "view", [JOB_SINK] = "sink"};
    Text key = {0};
    char *value;
    size_t length;
    if (job->definition.kind == JOB_SINK && job->output.writer->type->is_discarding)
        return restore_sums(job, error);
    fact_key(&key, kinds[job->definition.kind], job->definition.object_id);
    Status status =
        store_get(job->coordinator->spec.store, FAMILY_FACTS, key.bytes, key.length, &value, &length, error);
    text_free(&key);
    if (status != OK || value == NULL)
        return status;
    TextReader reader = {value, value + length, 0};
    switch (job->definition.kind) {
    case JOB_TABLE:
        job->watermark_value = (int64_t)text_read_u64(&reader);
        if (MUTANT("watermark-not-restored"))
            job->watermark_value = WATERMARK_NONE;
        break;
    case JOB_SOURCE:
        job->source.watermark = (int64_t)text_read_u64(&reader);
        source_state_grow(&job->source, (int)text_read_u32(&reader), WATERMARK_NONE);
        for (int p = 0; p < job->source.partition_count && !reader.is_bad; p++) {
            SourcePartition *at = &job->source.partitions[p];
            at->offset = (int64_t)text_read_u64(&reader);
            at->watermark = (int64_t)text_read_u64(&reader);
            at->is_finished = text_read_u8(&reader);
        }
        for (int p = 0; p < job->source.partition_count && reader.cursor < reader.end; p++)
            job->source.partitions[p].first_watermark = (int64_t)text_read_u64(&reader);
        break;
    case JOB_SINK: {
        job->staged = text_read_u64(&reader);
        job->delivered = text_read_u64(&reader);
        int parts = (int)text_read_u32(&reader);
        job->part_count = parts > job->part_count ? parts : job->part_count;
        job->staged_bytes = reader.cursor < reader.end ? (int64_t)text_read_u64(&reader) : 0;
        break;
    }
    case JOB_VIEW:
        break;
    }
    memory_free(value);
    return reader.is_bad ? error_set(error, STATUS_DATA_CORRUPTED, "stored position of object %u is damaged",
                               job->definition.object_id)
                         : OK;
}

static void publish_offsets(const Job *job, PublishedObject *object) {
    object->partition_count = job->source.partition_count;
    object->offsets = NEW_ARRAY(int64_t, job->source.partition_count + 1);
    object->first_watermarks = NEW_ARRAY(int64_t, job->source.partition_count + 1);
    for (int p = 0; p < job->source.partition_count; p++) {
        object->offsets[p] = job->source.partitions[p].offset;
        object->first_watermarks[p] = job->source.partitions[p].first_watermark;
    }
}

/* The least over the workers' roots. */
static void publish_watermarks(const Job *job, PublishedObject *object) {
    object->column_count = job->definition.spec->output.count;
    object->watermarks = NEW_ARRAY(int64_t, object->column_count + 1);
    for (int c = 0; c < object->column_count; c++) {
        object->watermarks[c] = WATERMARK_END;
        for (int w = 0; w < job->coordinator->spec.worker_count; w++) {
            int64_t own = node_operator(job->roots[w])->watermarks[c];
            object->watermarks[c] = own < object->watermarks[c] ? own : object->watermarks[c];
        }
    }
}

static PublishedObject *make_object(const Job *job) {
    PublishedObject *object = published_object_create(job->definition.object_id);
    publish_watermarks(job, object);
    if (job->definition.kind == JOB_SOURCE)
        publish_offsets(job, object);
    return object;
}

/* Those that moved get a new object; when none did, the last set serves again. */
static PublishedSet *make_set(Coordinator *coordinator) {
    const JobList *jobs = &coordinator->published;
    PublishedSet *set = published_set_create(jobs->count);
    for (int i = 0; i < jobs->count; i++) {
        Job *job = jobs->jobs[i];
        bool is_unread = job->definition.kind == JOB_SOURCE && job->reader_count == 0;
        if (job->published == NULL && !is_unread)
            job->published = make_object(job);
        if (job->published != NULL && !is_unread)
            published_set_add(set, job->published);
    }
    return set;
}

static Published *make_published(Coordinator *coordinator) {
    if (coordinator->published_set == NULL)
        coordinator->published_set = make_set(coordinator);
    return published_create(coordinator->open_epoch, coordinator->time, coordinator->published_set);
}

/* Everything that changed since the last cut, into the committer's hands. */
static Status cut_everything(Coordinator *coordinator, Committer *committer, Error *error) {
    int workers = coordinator->spec.worker_count;
    committer->cut_count = workers + 1;
    committer->cuts = NEW_ARRAY(Cut *, workers + 1);
    for (int i = 0; i <= workers; i++)
        committer->cuts[i] = NEW(Cut);
    pthread_mutex_lock(&committer->lock);
    for (int w = 0; w < workers; w++) {
        committer->cuts[w]->bytes = committer->spare[w];
        committer->spare[w] = (Text){0};
    }
    pthread_mutex_unlock(&committer->lock);
    Error errors[workers];
    memset(errors, 0, sizeof errors);
    FAILPOINT("cut.begin");
    int64_t spent = flow_cut(coordinator->flow, coordinator->open_epoch, committer->cuts, errors);
    /* What failed jobs have cut is dropped by the facts, which come last. */
    TRY(jobs_fail(coordinator, errors, error));
    int64_t begin = thread_cpu();
    Cut *facts = committer->cuts[workers];
    *facts = coordinator->staged;
    coordinator->staged = (Cut){0};
    for (int i = 0; i < coordinator->changed.count; i++) {
        Job *job = coordinator->changed.jobs[i];
        job->is_changed = false;
        if (job->published != NULL || job->definition.kind == JOB_SOURCE) {
            published_object_release(job->published);
            job->published = NULL;
            published_set_release(coordinator->published_set);
            coordinator->published_set = NULL;
        }
        switch (job->definition.kind) {
        case JOB_TABLE:
            for (int w = 0; w < workers; w++)
                TRY(relation_cut(job->relation, w, coordinator->open_epoch, facts, error));
            cut_table(job, facts);
            break;
        case JOB_SOURCE:
            if (!job->is_suspended)
                cut_source(job, facts);
            break;
        case JOB_SINK: /* below: deliveries move without steps */
        case JOB_VIEW:
            break;
        }
    }
    coordinator->changed.count = 0;
    for (int i = 0; i < coordinator->sinks.count; i++)
        cut_sink(coordinator->sinks.jobs[i], facts);
    for (int w = 0; w < workers; w++) {
        TRY(relation_cut(
            event_store_relation(coordinator->errors), w, coordinator->open_epoch, facts, error));
        TRY(relation_cut(event_store_relation(coordinator->late), w, coordinator->open_epoch, facts, error));
    }
    for (int i = 0; coordinator->has_scattered && i < coordinator->job_count; i++)
        for (int w = 0; w < workers && coordinator->jobs[i]->relation != NULL &&
                        relation_wants_cut(coordinator->jobs[i]->relation);
             w++)
            TRY(relation_cut(coordinator->jobs[i]->relation, w, coordinator->open_epoch, facts, error));
    coordinator->has_scattered = false;
    builds_cut(coordinator, committer->cuts, facts);
    cut_epoch(coordinator, facts);
    pthread_mutex_lock(&committer->lock);
    committer->cpu_nanoseconds += spent + thread_cpu() - begin;
    pthread_mutex_unlock(&committer->lock);
    FAILPOINT("cut.end");
    return OK;
}

/* Row versions that readers of `epoch` need, and those of the newest published epoch do not. */
static size_t held_since(void *argument, uint64_t epoch) {
    const Coordinator *coordinator = argument;
    size_t bytes = 0;
    for (int i = 0; i < coordinator->trimmed.count; i++)
        bytes +=
            relation_ended_bytes(coordinator->trimmed.jobs[i]->relation, epoch, coordinator->open_epoch - 1);
    return bytes;
}

static void trim_relations(Coordinator *coordinator) {
    epochs_break_holds(coordinator->epochs, held_since, coordinator);
    epochs_expire(coordinator->epochs, coordinator->spec.version_bytes_max, held_since, coordinator);
    uint64_t oldest = epochs_oldest_kept(coordinator->epochs);
    JobList *trimmed = &coordinator->trimmed;
    int kept = 0;
    for (int i = 0; i < trimmed->count; i++) {
        Job *job = trimmed->jobs[i];
        for (int w = 0; w < coordinator->spec.worker_count; w++)
            relation_trim(job->relation, w, oldest);
        job->is_trimmed = relation_ended_rows(job->relation) > 0;
        if (job->is_trimmed)
            trimmed->jobs[kept++] = job;
    }
    trimmed->count = kept;
    for (int w = 0; w < coordinator->spec.worker_count; w++) {
        relation_trim(event_store_relation(coordinator->errors), w, oldest);
        relation_trim(event_store_relation(coordinator->late), w, oldest);
    }
}

static void evict_relation(Coordinator *coordinator, Relation *relation, uint64_t oldest) {
    for (int w = 0; w < coordinator->spec.worker_count; w++)
        relation_evict(relation, w, oldest, coordinator->open_epoch, budget_excess(coordinator->spec.budget));
    coordinator->has_scattered |= relation_wants_cut(relation);
}

/* Lets go of rows while more is in memory than may be: what was cut so far is committed. The next commit then
   has more to let go of. */
static void evict_relations(Coordinator *coordinator) {
    if (coordinator->spec.store == NULL || budget_excess(coordinator->spec.budget) == 0)
        return;
    uint64_t oldest = epochs_oldest(coordinator->epochs);
    for (int i = 0; i < coordinator->job_count && budget_excess(coordinator->spec.budget) > 0; i++)
        if (coordinator->jobs[i]->relation != NULL && !coordinator->jobs[i]->is_suspended)
            evict_relation(coordinator, coordinator->jobs[i]->relation, oldest);
    for (const Build *build = coordinator->builds; build != NULL; build = build_next(build))
        if (build_job(build)->relation != NULL && !build_job(build)->definition.is_transient)
            evict_relation(coordinator, build_job(build)->relation, oldest);
    evict_relation(coordinator, event_store_relation(coordinator->errors), oldest);
    evict_relation(coordinator, event_store_relation(coordinator->late), oldest);
}

void commit_take_failure(Coordinator *coordinator, const Error *error) {
    if (coordinator->failure.status == OK)
        error_copy(&coordinator->failure, error);
    coordinator->is_commit_failed = true;
    waiters_finish(&coordinator->waiting, &coordinator->failure);
}

static bool is_dirty(Coordinator *coordinator) {
    if (coordinator->is_dirty || coordinator->has_scattered || coordinator->staged.count > 0 ||
        builds_want_cut(coordinator))
        return true;
    for (int i = 0; i < coordinator->sinks.count; i++) {
        Job *job = coordinator->sinks.jobs[i];
        if (job->delivery != NULL && delivery_confirmed(job->delivery) != job->delivered)
            return true;
    }
    return false;
}

/* When the next commit may start, given that something is dirty. */
static int64_t due_at(Coordinator *coordinator, const Committer *committer) {
    if (coordinator->waiting.count > 0 || builds_want_cut(coordinator) ||
        flow_dirty_bytes(coordinator->flow) > coordinator->spec.dirty_bytes_max ||
        budget_excess(coordinator->spec.budget) > 0)
        return 0;
    int64_t paced = committer->ended_at + PACE * committer->duration;
    int64_t latest = coordinator->cut_at + coordinator->spec.freshness_max;
    return paced < latest ? paced : latest;
}

void commit_maybe(Coordinator *coordinator) {
    Committer *committer = coordinator->committer;
    pthread_mutex_lock(&committer->lock);
    bool is_busy = committer->is_busy, is_failed = committer->is_failed;
    int64_t commits = committer->commits;
    pthread_mutex_unlock(&committer->lock);
    if (is_busy)
        return;
    if (is_failed) {
        commit_take_failure(coordinator, &committer->error);
        return;
    }
    if (commits != committer->evicted_after) {
        committer->evicted_after = commits;
        evict_relations(coordinator);
    }
    if (!is_dirty(coordinator)) {
        waiters_finish(&coordinator->waiting, NULL);
        return;
    }
    if (due_at(coordinator, committer) > monotonic_now())
        return;
    Error error = {0};
    trim_relations(coordinator);
    if (cut_everything(coordinator, committer, &error) != OK) {
        free_cuts(committer);
        commit_take_failure(coordinator, &error);
        error_clear(&error);
        return;
    }
    committer->published = make_published(coordinator);
    Waiters empty = committer->waiters;
    committer->waiters = coordinator->waiting;
    coordinator->waiting = empty;
    coordinator->is_dirty = false;
    coordinator->cut_at = monotonic_now();
    coordinator->open_epoch++;
    coordinator->environment.epoch = coordinator->open_epoch;
    pthread_mutex_lock(&committer->lock);
    committer->is_busy = true;
    pthread_cond_signal(&committer->changed);
    pthread_mutex_unlock(&committer->lock);
}

bool commit_is_busy(const Coordinator *coordinator) {
    Committer *committer = coordinator->committer;
    pthread_mutex_lock(&committer->lock);
    bool is_busy = committer->is_busy;
    pthread_mutex_unlock(&committer->lock);
    return is_busy;
}

int64_t commit_deadline(Coordinator *coordinator) {
    if (commit_is_busy(coordinator) || (!is_dirty(coordinator) && coordinator->waiting.count == 0))
        return INT64_MAX;
    return due_at(coordinator, coordinator->committer);
}

/* Starts after the last committed epoch, if there is one. */
static Status read_epoch(Coordinator *coordinator, Error *error) {
    char *value = NULL;
    size_t length;
    coordinator->open_epoch = 1;
    if (coordinator->spec.store != NULL)
        TRY(store_get(coordinator->spec.store, FAMILY_FACTS, "epoch", 5, &value, &length, error));
    if (value == NULL)
        return OK;
    TextReader reader = {value, value + length, 0};
    coordinator->open_epoch = text_read_u64(&reader) + 1;
    text_read_u64(&reader);
    coordinator->time = (int64_t)text_read_u64(&reader);
    coordinator->row_id_limit = (long long)text_read_u64(&reader);
    coordinator->next_row_id = coordinator->row_id_limit;
    memory_free(value);
    return reader.is_bad ? error_set(error, STATUS_DATA_CORRUPTED, "the stored epoch is damaged") : OK;
}

void committer_publish(Coordinator *coordinator, uint64_t epoch) {
    published_set_release(coordinator->published_set);
    coordinator->published_set = make_set(coordinator);
    epochs_publish(
        coordinator->epochs, published_create(epoch, coordinator->time, coordinator->published_set));
}

Status committer_restart(Coordinator *coordinator, Error *error) {
    Committer *committer = coordinator->committer;
    long long next = atomic_load(&coordinator->next_row_id);
    TRY(read_epoch(coordinator, error));
    /* Transactions that go on have ids that no commit knows of. */
    if (next > atomic_load(&coordinator->next_row_id))
        atomic_store(&coordinator->next_row_id, next);
    atomic_store(&coordinator->row_id_limit, atomic_load(&coordinator->next_row_id) + ROW_ID_BLOCK);
    TRY(builds_drop_unfinished(coordinator, error));
    pthread_mutex_lock(&committer->lock);
    committer->is_failed = false;
    error_clear(&committer->error);
    pthread_mutex_unlock(&committer->lock);
    return OK;
}

Status committer_start(Coordinator *coordinator, Error *error) {
    coordinator->next_row_id = 1;
    TRY(read_epoch(coordinator, error));
    TRY(builds_drop_unfinished(coordinator, error));
    coordinator->row_id_limit += ROW_ID_BLOCK;
    coordinator->is_dirty = true; /* the raised limit is durable before any id beyond the old one is */
    Committer *committer = NEW(Committer);
    committer->coordinator = coordinator;
    committer->spare = NEW_ARRAY(Text, coordinator->spec.worker_count);
    pthread_mutex_init(&committer->lock, NULL);
    pthread_cond_init(&committer->changed, NULL);
    coordinator->committer = committer;
    pthread_create(&committer->thread, NULL, committer_main, committer);
    return OK;
}

void committer_stop(Coordinator *coordinator) {
    Committer *committer = coordinator->committer;
    if (committer == NULL)
        return;
    pthread_mutex_lock(&committer->lock);
    committer->is_stopping = true;
    pthread_cond_signal(&committer->changed);
    pthread_mutex_unlock(&committer->lock);
    pthread_join(committer->thread, NULL);
    pthread_mutex_destroy(&committer->lock);
    pthread_cond_destroy(&committer->changed);
    free_spare(committer);
    memory_free(committer->spare);
    memory_free(committer->waiters.items);
    error_clear(&committer->error);
    memory_free(committer);
    coordinator->committer = NULL;
}

int64_t coordinator_next_row_id(Coordinator *coordinator, int count) {
    int64_t first = atomic_fetch_add(&coordinator->next_row_id, count);
    /* Ids are written with rows of the same commit at the earliest, and every commit stores the limit: it
       only has to stay ahead. */
    long long limit = atomic_load(&coordinator->row_id_limit);
    while (first + count + ROW_ID_BLOCK / 2 > limit &&
           !atomic_compare_exchange_weak(&coordinator->row_id_limit, &limit, first + count + ROW_ID_BLOCK))
        ;
    return first;
}

void coordinator_commit_status(Coordinator *coordinator, CommitStatus *status) {
    Committer *committer = coordinator->committer;
    pthread_mutex_lock(&committer->lock);
    *status = (CommitStatus){
        .epoch = epochs_published(coordinator->epochs),
        .is_failed = committer->is_failed,
        .commits = committer->commits,
        .steps = atomic_load(&coordinator->steps),
        .wide_steps = atomic_load(&coordinator->wide_steps),
        .bytes_written = committer->bytes_written,
        .last_microseconds = committer->duration,
        .p50_microseconds = duration_of_share(committer, 0.5),
        .p95_microseconds = duration_of_share(committer, 0.95),
        .max_microseconds = committer->duration_max,
        .rows_written = committer->rows_written,
        .cpu_microseconds = committer->cpu_nanoseconds / 1000,
    };
    pthread_mutex_unlock(&committer->lock);
    pthread_mutex_lock(&coordinator->lock);
    for (const Submission *held = coordinator->submissions; held != NULL && coordinator->holds > 0;
         held = held->next)
        status->held_write_sets++;
    pthread_mutex_unlock(&coordinator->lock);
}
