/* Exchange: moves rows to the worker that owns their key. With one worker it passes batches through. */
#ifndef LEAT_OPERATORS_EXCHANGE_H
#define LEAT_OPERATORS_EXCHANGE_H

#include "executor/operators/spec.h"

typedef enum ExchangeMode { EXCHANGE_HASH, EXCHANGE_SINGLE, EXCHANGE_BROADCAST } ExchangeMode;

typedef struct ExchangeParameters {
    int mode;      /* ExchangeMode; SINGLE: all rows to the owner of shard hash(object id) */
    int key_count; /* HASH: shard of the canonical hash of these columns */
    int *keys;
} ExchangeParameters;

#endif
