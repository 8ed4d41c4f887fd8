/* RandomRounds: rounds of random sizes from one row up, and exchanges that hold a few rows, so that tests
   meet every order of things. */
#ifndef LEAT_ENGINE_TEST_RANDOM_ROUNDS_H
#define LEAT_ENGINE_TEST_RANDOM_ROUNDS_H

#include "executor/engine/options.h"

typedef struct RandomRounds {
    uint64_t seed, state;
} RandomRounds;

/* Its argument is a RandomRounds, of which both fields begin as the seed. */
extern const RoundPolicy random_rounds;

#endif
