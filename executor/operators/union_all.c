/* UnionAll: passes batches on as they come. */
#include "executor/operators/union_all.h"

#include "executor/base/fault.h"
#include "executor/operators/operator.h"
#include "executor/operators/rows/queue.h"

typedef struct UnionAll {
    Operator base;
    BatchQueue queue;
} UnionAll;

static Status union_all_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    if (MUTANT("union-last-input-lost") && input == instance->spec->input_count - 1 && batch->diffs != NULL)
        return OK;
    queue_push(&((UnionAll *)instance)->queue, batch_retain(batch));
    return OK;
}

static Status union_all_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    *batch = queue_pop(&((UnionAll *)instance)->queue);
    *progress = *batch != NULL ? PROGRESS_MORE : operator_is_sealed(instance) ? PROGRESS_DONE : PROGRESS_IDLE;
    return OK;
}

static void union_all_derive_watermarks(Operator *instance) {
    const OperatorSpec *spec = instance->spec;
    for (int c = 0; c < spec->output.count; c++) {
        int64_t least = spec_has_watermark(spec, c) ? WATERMARK_END : WATERMARK_NONE;
        for (int i = 0; i < spec->input_count; i++)
            if (instance->input_watermarks[i][c] < least)
                least = instance->input_watermarks[i][c];
        instance->watermarks[c] = least;
    }
}

static void union_all_clear(Operator *instance) {
    queue_clear(&((UnionAll *)instance)->queue);
}

const OperatorType union_all_operator = {
    .name = "UnionAll",
    .version = 1,
    .size = sizeof(UnionAll),
    .on_batch = union_all_on_batch,
    .produce = union_all_produce,
    .derive_watermarks = union_all_derive_watermarks,
    .reset = union_all_clear,
    .close = union_all_clear,
};
