/* UnionAll: passes batches on as they come. */
#include "executor/operators/union_all.h"

#include "executor/base/fault.h"
#include "executor/operators/operator.h"
#include "executor/operators/queue.h"

typedef struct UnionAll {
    Operator base;
    BatchQueue queue;
} UnionAll;

static Status union_all_on_batch(Operator *operator, int input, Batch *batch, Error *error) {
    if (MUTANT("union-last-input-lost") && input == operator->spec->input_count - 1 && batch->diffs != NULL)
        return OK;
    queue_push(&((UnionAll *)operator)->queue, batch_retain(batch));
    return OK;
}

static Status union_all_produce(Operator *operator, Batch ** batch, Progress *progress, Error *error) {
    *batch = queue_pop(&((UnionAll *)operator)->queue);
    *progress = *batch != NULL ? PROGRESS_MORE : operator_is_sealed(operator) ? PROGRESS_DONE : PROGRESS_IDLE;
    return OK;
}

static void union_all_derive_watermarks(Operator *operator) {
    const OperatorSpec *spec = operator->spec;
    for (int c = 0; c < spec->output.count; c++) {
        int64_t least = spec_has_watermark(spec, c) ? WATERMARK_END : WATERMARK_NONE;
        for (int i = 0; i < spec->input_count; i++)
            if (operator->input_watermarks[i][c]<least)
                least = operator->input_watermarks[i][c];
        operator->watermarks[c] = least;
    }
}

static void union_all_clear(Operator *operator) {
    queue_clear(&((UnionAll *)operator)->queue);
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
