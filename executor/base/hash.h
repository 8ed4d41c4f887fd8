/* Hashing: XXH3-64, seed 0, inlined. The hash of a canonical key decides its shard, so it is part of the disk
   format. */
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

/* The shard of a job's state without keys: unpartitioned operators live there. */
static inline uint32_t hash_object_shard(uint32_t object_id) {
    return hash_shard(hash_bytes_64(&object_id, sizeof object_id));
}
/* The worker that owns a shard. */
static inline int shard_worker(uint32_t shard, int worker_count) {
    return (int)((uint64_t)shard * (uint64_t)worker_count >> 16);
}
/* The first shard of a worker; of worker_count itself: 65536. */
static inline uint32_t worker_first_shard(int worker, int worker_count) {
    return (uint32_t)(((uint64_t)worker * 65536 + (uint64_t)worker_count - 1) / (uint64_t)worker_count);
}

#endif
