/* Random: numbers that can be repeated from a seed, and bytes that nobody can guess. */
#ifndef LEAT_BASE_RANDOM_H
#define LEAT_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "executor/base/error.h"

/* SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014; constants of Vigna's
   splitmix64.c): a counter that grows by RANDOM_STEP, and a mix of its bits. Any seed will do. */
typedef struct Random {
    uint64_t state;
} Random;

#define RANDOM_STEP UINT64_C(0x9e3779b97f4a7c15)

/* One to one: every bit of the result depends on every bit of z. The nth number of a seed is that of
   seed + n * RANDOM_STEP. */
static inline uint64_t random_mix(uint64_t z) {
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* All 64 bits are even. */
static inline uint64_t random_next(Random *random) {
    return random_mix(random->state += RANDOM_STEP);
}

/* 64 bits as a number in [0, 1), a multiple of 2^−53. */
static inline double random_fraction(uint64_t bits) {
    return (double)(bits >> 11) * 0x1p-53;
}

/* Fills with bytes of the system's generator, fit for keys, salts and nonces. Any thread. */
Status random_secure(void *bytes, size_t size, Error *error);
/* Marks 16 such bytes as a UUID of version 4 (RFC 9562). */
void random_mark_uuid(unsigned char bytes[16]);

#endif
