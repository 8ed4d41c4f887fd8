/* boolean functions: NOT, and counts of NULLs; AND and OR are expression nodes, because they don't evaluate
   what they don't need. */
#include "executor/functions/kernel.h"

static inline uint8_t not(uint8_t a) {
    return !a;
}
KERNEL_1(boolean_not, uint8_t, uint8_t, not )

static void count_nulls(
    const Column *const *arguments, int argument_count, int row_count, bool of_nulls, Column *result) {
    for (int i = 0; i < row_count; i++) {
        int32_t count = 0;
        for (int a = 0; a < argument_count; a++)
            count += column_is_null(arguments[a], i) == of_nulls;
        ((int32_t *)result->values)[i] = count;
    }
}
static void num_nulls(KernelContext *context, int row_count, const Column *const *arguments,
    int argument_count, Column *result) {
    count_nulls(arguments, argument_count, row_count, true, result);
}
static void num_nonnulls(KernelContext *context, int row_count, const Column *const *arguments,
    int argument_count, Column *result) {
    count_nulls(arguments, argument_count, row_count, false, result);
}

const FunctionRow boolean_functions[] = {
    {"not(bool) -> bool", boolean_not},
    {"num_nulls(any...) -> int4", num_nulls, FUNCTION_NOT_STRICT},
    {"num_nonnulls(any...) -> int4", num_nonnulls, FUNCTION_NOT_STRICT},
    {0},
};
