/* Metrics: the server's figures in Prometheus' text format. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "executor/base/clock.h"
#include "executor/base/memory.h"
#include "server/engine/metrics.h"

static void add_kind(Text *out, const char *name, const char *type, const char *help) {
    text_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_number(Text *out, const char *name, const char *type, const char *help, double value) {
    add_kind(out, name, type, help);
    text_printf(out, "%s %.15g\n", name, value);
}

/* Backslash, quote and line feed are escaped. */
static void add_label(Text *out, const char *name, const char *value) {
    text_printf(out, "%s=\"", name);
    for (const char *c = value; *c != 0; c++)
        text_add_string(out, *c == '\\'   ? "\\\\"
                             : *c == '"'  ? "\\\""
                             : *c == '\n' ? "\\n"
                                          : (const char[]){*c, 0});
    text_add_char(out, '"');
}

static const char *kind_of(const JobStatus *job) {
    static const char *const names[] = {[JOB_TABLE] = "table",
        [JOB_SOURCE] = "source",
        [JOB_VIEW] = "materialized_view",
        [JOB_SINK] = "sink"};
    return names[job->is_stored ? JOB_TABLE : job->kind];
}

static const char *state_of(const JobStatus *job) {
    return job->is_failed      ? "failed"
           : job->is_suspended ? "suspended"
           : job->is_stopped   ? "stopped"
           : job->is_building  ? "building"
                               : "running";
}

/* The objects' own, one metric after the other: a metric's samples stand together. */
typedef enum JobMetric {
    METRIC_ROWS,
    METRIC_ERRORS,
    METRIC_LATE,
    METRIC_DISCARDED,
    METRIC_STATE,
    METRIC_WATERMARK,
    METRIC_LAG,
    METRIC_STAGED,
    METRIC_DELIVERED,
    METRIC_BACKLOG,
    METRIC_COUNT
} JobMetric;

static const struct {
    const char *name, *type, *help;
} job_metrics[METRIC_COUNT] = {
    [METRIC_ROWS] = {"leat_object_rows", "gauge",
        "Rows read by a source, held by a table or view, taken by a sink."},
    [METRIC_ERRORS] = {"leat_object_errors", "gauge", "Bad records and rows whose expression failed."},
    [METRIC_LATE] = {"leat_object_late_rows", "gauge", "Rows that came too late for their window."},
    [METRIC_DISCARDED] = {"leat_object_rows_discarded", "counter",
        "Failed and late rows that are not kept any more."},
    [METRIC_STATE] = {"leat_object_state_bytes", "gauge", "Bytes of state."},
    [METRIC_WATERMARK] = {"leat_object_watermark_seconds", "gauge", "The watermark, as seconds since 1970."},
    [METRIC_LAG] = {"leat_object_watermark_lag_seconds", "gauge",
        "How far the watermark is behind the clock."},
    [METRIC_STAGED] = {"leat_sink_staged_batches", "counter", "Batches of output that were committed."},
    [METRIC_DELIVERED] = {"leat_sink_delivered_batches", "counter", "Batches of output that were delivered."},
    [METRIC_BACKLOG] = {"leat_sink_backlog_batches", "gauge", "Batches of output that wait to be delivered."},
};

static double seconds_of(int64_t time) {
    return (double)time / 1e6 + (double)EPOCH_SECONDS;
}

/* False: the object has no such figure. */
static bool job_figure(const JobStatus *job, JobMetric metric, double now, double *value) {
    bool has_watermark = job->watermark != WATERMARK_NONE && job->watermark != WATERMARK_END;
    switch (metric) {
    case METRIC_ROWS:
        *value = (double)job->rows;
        return true;
    case METRIC_ERRORS:
        *value = (double)job->errors;
        return true;
    case METRIC_LATE:
        *value = (double)job->late_rows;
        return true;
    case METRIC_DISCARDED:
        *value = (double)job->rows_discarded;
        return true;
    case METRIC_STATE:
        *value = (double)job->state_bytes;
        return true;
    case METRIC_WATERMARK:
        *value = has_watermark ? seconds_of(job->watermark) : 0;
        return has_watermark;
    case METRIC_LAG:
        *value = has_watermark ? now - seconds_of(job->watermark) : 0;
        return has_watermark;
    case METRIC_STAGED:
        *value = (double)job->staged;
        return job->kind == JOB_SINK;
    case METRIC_DELIVERED:
        *value = (double)job->delivered;
        return job->kind == JOB_SINK;
    case METRIC_BACKLOG:
        *value = (double)(job->staged - job->delivered);
        return job->kind == JOB_SINK;
    case METRIC_COUNT:
        break;
    }
    return false;
}

/* Names may be the same in two schemas. */
static const char *schema_of(const CatalogSnapshot *snapshot, const JobStatus *job) {
    const Object *object = catalog_find_id(snapshot, job->object_id);
    return object == NULL ? "" : object->relation.schema;
}

static void add_job_labels(Text *out, const CatalogSnapshot *snapshot, const JobStatus *job) {
    text_add_char(out, '{');
    add_label(out, "schema", schema_of(snapshot, job));
    text_add_char(out, ',');
    add_label(out, "name", job->name);
    text_printf(out, ",kind=\"%s\"", kind_of(job));
}

static void add_jobs(Text *out, const CatalogSnapshot *snapshot, const JobStatus *jobs, int count) {
    double now = seconds_of(clock_wall()), value;
    for (int m = 0; m < METRIC_COUNT; m++) {
        add_kind(out, job_metrics[m].name, job_metrics[m].type, job_metrics[m].help);
        for (int i = 0; i < count; i++) {
            if (!job_figure(&jobs[i], (JobMetric)m, now, &value))
                continue;
            text_add_string(out, job_metrics[m].name);
            add_job_labels(out, snapshot, &jobs[i]);
            text_printf(out, "} %.15g\n", value);
        }
    }
    add_kind(out, "leat_object_state", "gauge", "1 for the state that the object is in.");
    for (int i = 0; i < count; i++) {
        text_add_string(out, "leat_object_state");
        add_job_labels(out, snapshot, &jobs[i]);
        text_printf(out, ",state=\"%s\"} 1\n", state_of(&jobs[i]));
    }
}

static void add_partitions(Text *out, const CatalogSnapshot *snapshot, const JobStatus *jobs, int count) {
    add_kind(out, "leat_source_next_offset", "gauge", "The next record to read, by partition.");
    for (int i = 0; i < count; i++)
        for (int p = 0; p < jobs[i].partition_count; p++) {
            text_add_string(out, "leat_source_next_offset");
            add_job_labels(out, snapshot, &jobs[i]);
            text_printf(out, ",partition=\"%d\"} %lld\n", p, (long long)jobs[i].partitions[p].offset);
        }
    add_kind(out, "leat_source_lag_rows", "gauge",
        "Rows that wait to be read, by partition, where that is known.");
    for (int i = 0; i < count; i++)
        for (int p = 0; jobs[i].lags != NULL && p < jobs[i].partition_count; p++) {
            if (jobs[i].lags[p] < 0)
                continue;
            text_add_string(out, "leat_source_lag_rows");
            add_job_labels(out, snapshot, &jobs[i]);
            text_printf(out, ",partition=\"%d\"} %lld\n", p, (long long)jobs[i].lags[p]);
        }
    add_kind(out, "leat_source_partition_idle", "gauge",
        "Whether the partition has been silent for so long that the watermark does not wait for it.");
    for (int i = 0; i < count; i++)
        for (int p = 0; p < jobs[i].partition_count; p++) {
            text_add_string(out, "leat_source_partition_idle");
            add_job_labels(out, snapshot, &jobs[i]);
            text_printf(out, ",partition=\"%d\"} %d\n", p, jobs[i].partitions[p].is_idle);
        }
}

static double resident_bytes(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

void engine_add_metrics(void *context, Text *out) {
    Instance *instance = context;
    CommitStatus commits;
    JobStatus *jobs;
    int count;
    coordinator_commit_status(instance->coordinator, &commits);
    coordinator_status(instance->coordinator, &jobs, &count);
    CatalogSnapshot *snapshot = catalog_snapshot(instance->catalog);
    add_number(out, "leat_up", "gauge", "Whether the server steps and commits.", engine_is_healthy(instance));
    add_number(out, "leat_epoch", "gauge", "The published epoch.", (double)commits.epoch);
    add_number(out, "leat_commits_total", "counter", "Commits since the start.", (double)commits.commits);
    add_number(out, "leat_steps_total", "counter", "Steps since the start.", (double)commits.steps);
    add_number(out, "leat_commit_bytes_total", "counter", "Bytes that commits have written.",
        (double)commits.bytes_written);
    add_number(out, "leat_commit_rows_total", "counter",
        "Rows of state, tables and views that commits have written.", (double)commits.rows_written);
    add_number(out, "leat_commit_cpu_seconds_total", "counter", "CPU time of making and writing commits.",
        (double)commits.cpu_microseconds / 1e6);
    add_number(out, "leat_commit_seconds_last", "gauge", "Duration of the last commit.",
        (double)commits.last_microseconds / 1e6);
    add_kind(out, "leat_commit_seconds", "gauge", "Durations of the commits since the start.");
    text_printf(out,
        "leat_commit_seconds{quantile=\"0.5\"} %g\nleat_commit_seconds{quantile=\"0.95\"} "
        "%g\nleat_commit_seconds{quantile=\"1\"} %g\n",
        (double)commits.p50_microseconds / 1e6, (double)commits.p95_microseconds / 1e6,
        (double)commits.max_microseconds / 1e6);
    add_jobs(out, snapshot, jobs, count);
    add_partitions(out, snapshot, jobs, count);
    add_number(out, "leat_memory_state_bytes", "gauge", "Memory that state takes, of the limit.",
        (double)atomic_load(&instance->budget.used));
    add_number(out, "leat_memory_limit_bytes", "gauge", "--memory-limit.", (double)instance->budget.limit);
    add_number(out, "process_resident_memory_bytes", "gauge", "Memory of the process.", resident_bytes());
    add_number(out, "process_cpu_seconds_total", "counter", "CPU time of the process.",
        (double)clock_process_ns() / 1e9);
    add_number(out, "process_start_time_seconds", "gauge", "When the server started, in seconds since 1970.",
        seconds_of(instance->start_time));
    catalog_snapshot_release(snapshot);
    job_status_free(jobs, count);
}

bool engine_is_healthy(void *context) {
    const Instance *instance = context;
    CommitStatus commits;
    coordinator_commit_status(instance->coordinator, &commits);
    return !commits.is_failed;
}
