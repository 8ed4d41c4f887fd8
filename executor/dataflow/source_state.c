/* SourceState: how far a source has been read, and may be: its partitions, its watermark, who is idle, when a
   reader that failed is tried again, and drift.

   Drift: sources that meet in a job keep together in event time.
   Rows wait in joins and windows until every input's watermark has passed them. Were each source read as fast
   as it comes, the rows of a rarer one, or of one that is replayed from nearer by, would run hours ahead and
   all of them would wait there. So no partition is read whose watermark is more than the source's drift_max
   ahead of the slowest partition of its group that is behind: that has records now, or has them on their way.
   Who stands at its end holds nobody up, nor does one whose records have not come for a while: a lost broker
   stops its own source. (Flink calls this watermark alignment.) */
#include "executor/dataflow/source_state.h"

#include <assert.h>
#include <string.h>

#include "executor/base/memory.h"

static const OperatorSpec *leaf_of(const OperatorSpec *spec) {
    while (spec->input_count > 0)
        spec = spec->inputs[0];
    return spec;
}

void source_state_open(SourceState *state, const SourceStateSpec *spec, SourceReader *reader) {
    assert(state->reader == NULL && reader != NULL);
    state->object_id = spec->object_id;
    state->spec = leaf_of(spec->plan);
    state->reader = reader;
    state->partition_count = spec->partition_count;
    state->partitions = NEW_ARRAY(SourcePartition, spec->partition_count + 1);
    state->watermark = WATERMARK_NONE;
    state->idle_timeout = spec->idle_timeout;
    state->drift_max = spec->drift_max;
    state->reach = INT64_MAX;
    for (int p = 0; p < state->partition_count; p++)
        state->partitions[p] = (SourcePartition){.offset = spec->start_offsets[p],
            .end = INT64_MAX,
            .watermark = WATERMARK_NONE,
            .first_watermark = WATERMARK_NONE};
}

void source_state_grow(SourceState *state, int count, int64_t watermark) {
    if (count <= state->partition_count)
        return;
    state->partitions = memory_resize(state->partitions, sizeof *state->partitions * (size_t)count);
    for (int p = state->partition_count; p < count; p++)
        state->partitions[p] =
            (SourcePartition){.end = INT64_MAX, .watermark = watermark, .first_watermark = watermark};
    state->partition_count = count;
}

void source_state_want(SourceState *state, const Graph *graph) {
    bool columns[state->spec->output.count + 1];
    memset(columns, 0, sizeof columns);
    graph_columns_read(graph, state->object_id, columns);
    source_want(state, columns);
}

void source_state_close(SourceState *state) {
    if (state->reader != NULL)
        state->reader->type->close(state->reader);
    memory_free(state->partitions);
    error_clear(&state->trouble);
    memset(state, 0, sizeof *state);
}

bool source_is_ready(const SourceState *source) {
    for (int p = 0; p < source->partition_count && !source->is_stopped; p++)
        if (source_may_read(source, p))
            return true;
    return false;
}

int64_t source_advance_watermark(SourceState *source, int64_t now) {
    int64_t least = WATERMARK_END, greatest = WATERMARK_NONE;
    bool is_any_active = false;
    for (int p = 0; p < source->partition_count; p++) {
        SourcePartition *at = &source->partitions[p];
        if (!at->is_at_end || at->is_finished || source->is_stopped)
            at->at_end_since = 0;
        else if (at->at_end_since == 0)
            at->at_end_since = now;
        if (at->at_end_since != 0 && source->idle_timeout != INT64_MAX &&
            now - at->at_end_since >= source->idle_timeout)
            at->is_idle = true;
        greatest = at->watermark > greatest ? at->watermark : greatest;
        if (!at->is_idle) {
            is_any_active = true;
            least = at->watermark < least ? at->watermark : least;
        }
    }
    int64_t candidate = is_any_active ? least : greatest;
    if (candidate > source->watermark)
        source->watermark = candidate;
    return source->watermark;
}

int64_t source_deadline(const SourceState *source) {
    int64_t deadline = source->is_stopped ? source->retry_at : INT64_MAX;
    for (int p = 0; p < source->partition_count && source->idle_timeout != INT64_MAX; p++) {
        const SourcePartition *at = &source->partitions[p];
        if (at->at_end_since != 0 && !at->is_idle && at->at_end_since + source->idle_timeout < deadline)
            deadline = at->at_end_since + source->idle_timeout;
    }
    return deadline;
}

static Status assign_again(SourceState *source, Error *error) {
    for (int p = 0; p < source->partition_count; p++)
        if (!source->partitions[p].is_finished)
            TRY(source->reader->type->assign(
                source->reader, p, source->partitions[p].offset, INT64_MAX, error));
    return OK;
}

void source_retry(SourceState *source, int64_t now) {
    enum { PAUSE_MIN = 1000000, PAUSE_MAX = 60000000 };
    if (!source->is_stopped || now < source->retry_at)
        return;
    if (source->retry_at == 0) {
        bool is_new = source->retry_pause == 0 || source->rows_read > source->retry_rows;
        source->retry_pause = is_new                                ? PAUSE_MIN
                              : source->retry_pause < PAUSE_MAX / 2 ? source->retry_pause * 2
                                                                    : PAUSE_MAX;
        source->retry_rows = source->rows_read;
        source->retry_at = now + source->retry_pause;
        return;
    }
    Error error = {0};
    source->retry_at = 0;
    source->is_stopped = false;
    error_clear(&source->trouble);
    if (assign_again(source, &error) != OK)
        source_stop(source, &error);
}

enum { PATIENCE = 1000000 };

static bool has_event_time(const SourceState *source) {
    return ((const StreamSourceParameters *)source->spec->parameters)->watermark != NULL;
}

static bool is_behind(const SourceState *source, int partition, int64_t now) {
    SourcePartition *at = &source->partitions[partition];
    bool is_ready = !source->is_stopped && source->reader->type->is_ready(source->reader, partition);
    bool is_waiting = !is_ready && !at->is_at_end && !at->is_finished;
    at->waiting_since = !is_waiting ? 0 : at->waiting_since != 0 ? at->waiting_since : now;
    if (at->is_finished || at->offset >= at->end)
        return false;
    return is_ready || (is_waiting && now - at->waiting_since < PATIENCE);
}

int64_t source_slowest(const SourceState *source, int64_t now) {
    int64_t slowest = WATERMARK_END;
    for (int p = 0; p < source->partition_count && has_event_time(source); p++) {
        const SourcePartition *at = &source->partitions[p];
        if (!is_behind(source, p, now))
            continue;
        int64_t own = at->is_idle && source->watermark > at->watermark ? source->watermark : at->watermark;
        slowest = own < slowest ? own : slowest;
    }
    return slowest;
}

void source_limit(SourceState *source, int64_t slowest) {
    bool is_held = has_event_time(source) && source->drift_max != INT64_MAX && slowest != WATERMARK_END;
    if (!is_held || __builtin_add_overflow(slowest, source->drift_max, &source->reach))
        source->reach = INT64_MAX;
    else if (slowest == WATERMARK_NONE)
        source->reach = WATERMARK_NONE;
    for (int p = 0; p < source->partition_count && source->reach != INT64_MAX; p++)
        if (source->partitions[p].watermark > source->reach &&
            source->reader->type->is_ready(source->reader, p)) {
            source->partitions[p].is_at_end = false; /* to be held up is not to be idle */
            source->partitions[p].at_end_since = 0;
        }
}

int64_t source_patience_end(const SourceState *source, int64_t now) {
    int64_t end = INT64_MAX;
    for (int p = 0; p < source->partition_count && source->reach != INT64_MAX; p++) {
        int64_t since = source->partitions[p].waiting_since;
        if (since != 0 && since + PATIENCE > now && since + PATIENCE < end)
            end = since + PATIENCE;
    }
    return end;
}
