/* Batch as bytes: what state blocks, staged output and spilled runs are made of. Part of the disk format. */
#ifndef LEAT_BATCH_CODEC_H
#define LEAT_BATCH_CODEC_H

#include "executor/batch/batch.h"

/* Adds a dense batch: row count, per column type, nulls, values (fixed-width as they lie, views as lengths
   and bytes), diffs if any. */
void batch_encode(const Batch *batch, Text *out);
/* Reads one; DATA_CORRUPTED for anything that batch_encode cannot have written. The result owns copies of all
   bytes. */
Status batch_decode(TextReader *reader, Batch **out, Error *error);

#endif
