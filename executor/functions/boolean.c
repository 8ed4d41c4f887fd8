/* boolean functions: NOT; AND and OR are expression nodes, because they don't evaluate what they don't need. */
#include "executor/functions/kernel.h"

static inline uint8_t not(uint8_t a) {
    return !a;
}
KERNEL_1(boolean_not, uint8_t, uint8_t, not )

const FunctionRow boolean_functions[] = {
    {"not(bool) -> bool", boolean_not},
    {0},
};
