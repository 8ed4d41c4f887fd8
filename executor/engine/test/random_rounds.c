/* RandomRounds: one linear congruential generator, asked by the coordinator's thread alone. */
#include "executor/engine/test/random_rounds.h"

static int rows(void *argument) {
    RandomRounds *rounds = argument;
    rounds->state = rounds->state * 6364136223846793005ULL + 1442695040888963407ULL;
    int exponent = (int)(rounds->state >> 60);
    return 1 + (int)((rounds->state >> 33) % (1ULL << exponent));
}

static bool is_last(void *argument) {
    return rows(argument) % 3 != 0;
}

static int exchange_rows(void *argument, int hub) {
    return 1 + (int)((((const RandomRounds *)argument)->seed + (uint64_t)hub) * 7 % 32);
}

const RoundPolicy random_rounds = {rows, is_last, exchange_rows};
