/* SourceScan: one private pass over a source's records, for ad-hoc queries. It stamps the same arrival
   watermarks as the running source, so a view equals its query also with late rows. Waits on the calling
   thread when records are on their way. */
#include <string.h>

#include "executor/base/clock.h"
#include "executor/base/memory.h"
#include "executor/base/wait.h"
#include "executor/dataflow/source_scan.h"

enum { WAIT_MAX = 50000 }; /* microseconds, then it looks by itself */

typedef struct PrivateScan {
    SourceScan base;
    SourceState state;
    SourceEvaluators *evaluators;
    int64_t *ends; /* by partition; INT64_MAX: its present end */
    bool *is_done;
    int next;
    Wait wait; /* rung by the reader */
} PrivateScan;

static void ignore_failure(
    void *argument, int worker, const SourceState *source, int partition, const SourceError *failure) {
    /* Recorded once already, by the running source. */
}

static void on_wake(void *argument) {
    wait_wake(&((PrivateScan *)argument)->wait);
}

static bool is_partition_done(PrivateScan *scan, int partition) {
    const SourcePartition *at = &scan->state.partitions[partition];
    if (at->is_finished || at->offset >= scan->ends[partition] ||
        (scan->ends[partition] == INT64_MAX && at->is_at_end))
        scan->is_done[partition] = true;
    return scan->is_done[partition];
}

static void wait_for_records(PrivateScan *scan) {
    wait_lock(&scan->wait);
    (void)wait_until_woken(&scan->wait, clock_monotonic() + WAIT_MAX);
    wait_unlock(&scan->wait);
}

static Status scan_next(SourceScan *base, Batch **batch, bool *is_end, Error *error) {
    PrivateScan *scan = (PrivateScan *)base;
    *batch = NULL;
    *is_end = true;
    for (int tried = 0; tried < scan->state.partition_count; tried++) {
        int partition = scan->next++ % scan->state.partition_count;
        if (is_partition_done(scan, partition))
            continue;
        *is_end = false;
        TRY(source_partition_read(
            &scan->state, scan->evaluators, 0, partition, BATCH_ROWS_MAX, batch, error));
        if (*batch != NULL)
            return OK;
    }
    if (!*is_end)
        wait_for_records(scan);
    return OK;
}

static void scan_want(SourceScan *base, const int *columns, int count) {
    PrivateScan *scan = (PrivateScan *)base;
    bool wanted[scan->state.spec->output.count + 1];
    memset(wanted, 0, sizeof wanted);
    for (int i = 0; i < count; i++)
        wanted[columns[i]] = true;
    source_want(&scan->state, wanted);
}

static void scan_close(SourceScan *base) {
    PrivateScan *scan = (PrivateScan *)base;
    source_evaluators_destroy(scan->evaluators);
    source_state_close(&scan->state);
    memory_free(scan->ends);
    memory_free(scan->is_done);
    wait_destroy(&scan->wait);
    memory_free(scan);
}

/* Partitions that came after the source's CREATE. */
static Status grow(PrivateScan *scan, const SourcePosition *position, Error *error) {
    SourceReader *reader = scan->state.reader;
    int count = 0;
    if (position != NULL)
        for (int p = scan->state.partition_count; p < position->partition_count; p++)
            source_state_grow(&scan->state, p + 1, position->first_watermarks[p]);
    else if (reader->type->known_partitions != NULL)
        TRY(reader->type->partition_count(reader, &count, error));
    source_state_grow(&scan->state, count, WATERMARK_NONE);
    scan->ends = NEW_ARRAY(int64_t, scan->state.partition_count + 1);
    scan->is_done = NEW_ARRAY(bool, scan->state.partition_count + 1);
    return OK;
}

static Status assign_all(PrivateScan *scan, const SourcePosition *position, Error *error) {
    TRY(grow(scan, position, error));
    for (int p = 0; p < scan->state.partition_count; p++) {
        scan->ends[p] = position == NULL                ? INT64_MAX
                        : p < position->partition_count ? position->offsets[p]
                                                        : 0;
        TRY(scan->state.reader->type->assign(
            scan->state.reader, p, scan->state.partitions[p].offset, scan->ends[p], error));
    }
    return OK;
}

Status source_scan_open(const SourceStateSpec *spec, SourceReader *reader, const SourcePosition *position,
    const TypeSettings *settings, SourceScan **out, Error *error) {
    PrivateScan *scan = NEW(PrivateScan);
    scan->base = (SourceScan){scan_want, scan_next, scan_close};
    wait_init(&scan->wait);
    reader->wake = on_wake;
    reader->wake_argument = scan;
    source_state_open(&scan->state, spec, reader);
    scan->state.record_failed = ignore_failure;
    scan->evaluators = source_evaluators_create(scan->state.spec, settings);
    Status status = assign_all(scan, position, error);
    if (status != OK)
        scan_close(&scan->base);
    else
        *out = &scan->base;
    return status;
}
