/* SourceScan for ad-hoc queries: a pass of one's own over a source's records. */
#ifndef LEAT_DATAFLOW_SOURCE_SCAN_H
#define LEAT_DATAFLOW_SOURCE_SCAN_H

#include "executor/dataflow/source_state.h"

/* How far jobs had read a source; by partition, borrowed. */
typedef struct SourcePosition {
    int partition_count;
    const int64_t *offsets, *first_watermarks;
} SourcePosition;

/* A pass over a source's records from its start, as far as `end`; NULL: to its present end. What the spec
   points to must outlive the scan; the reader is taken over, also on failure. */
Status source_scan_open(const SourceStateSpec *spec, SourceReader *reader, const SourcePosition *end,
    const TypeSettings *settings, SourceScan **scan, Error *error);

#endif
