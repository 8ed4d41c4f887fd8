/* FlowModel: what the tables and the source of a FlowBed hold, and what its views must therefore be. */
#ifndef LEAT_ENGINE_FLOW_MODEL_H
#define LEAT_ENGINE_FLOW_MODEL_H

#include "executor/engine/test/flow_bed.h"

enum { FLOW_IDS = 40, FLOW_GROUPS = 6 };

typedef struct Row {
    bool is_there;
    int64_t g, v;
} Row;

typedef struct Record {
    int64_t k, v, ts;
} Record;

typedef struct FlowModel {
    Row tables[2][FLOW_IDS]; /* by id */
    Record *records[BED_PARTITIONS];
    int record_counts[BED_PARTITIONS];
} FlowModel;

/* The view's rows, by brute force. */
void flow_answer(const FlowModel *model, BedView view, RowBag *out);
/* What is stored by key of the records before these offsets. */
void flow_answer_stored(const FlowModel *model, const int64_t *offsets, RowBag *out);
/* The key that a record is stored by. */
static inline int64_t flow_stored_key(const Record *record, int partition) {
    return record->k * BED_PARTITIONS + partition;
}

#endif
