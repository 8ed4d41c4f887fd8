/* Hashing: XXH3-64, seed 0, inlined. The hash of a canonical key decides its shard, so it is part of the disk format. */
#ifndef LEAT_BASE_HASH_H
#define LEAT_BASE_HASH_H

#include <stdint.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

static inline uint64_t hash_bytes_64(const void *bytes, size_t length) {
    return XXH3_64bits(bytes, length);
}

/* A key's shard: 0 … 65535. */
static inline uint32_t hash_shard(uint64_t hash) {
    return (uint32_t)(hash >> 48);
}

#endif
