/* Cost: nanoseconds a row as measured on the operators, rounded: what counts is which of two plans costs
   less. A lookup costs more the larger the table it goes to, since it leaves the caches. */
#include "planner/cost/cost.h"

#include <math.h>

#include "planner/cost/distinct.h"

#define MICROSECONDS    1e-3
#define LOOKUP_NS       12.0
#define MISS_NS         80.0 /* more, in a table far larger than the caches */
#define CACHED_BYTES    1e6
#define UNCACHED_BYTES  256e6
#define INSERT_NS       25.0 /* beside the lookup */
#define OUTPUT_NS       5.0
#define FOLD_NS         8.0
#define EXCHANGE_NS     30.0 /* hash, scatter, another core's cache */
#define BYTE_NS         0.05 /* of a row that is copied */
#define COMPARE_NS      4.0
#define STATE_ROW_BYTES 40.0    /* hash index, links */
#define STATE_BYTE_NS   0.02    /* memory, and the commit that writes it */
#define STEP_ROWS       65536.0 /* folded together at most before they are sent */

double cost_of_rows(double rows, double weight) {
    return rows * weight * MICROSECONDS;
}

static double state_bytes(CostRows kept) {
    return kept.rows * (kept.width + STATE_ROW_BYTES);
}

static double lookup_ns(double bytes) {
    double misses = log(fmax(bytes, CACHED_BYTES) / CACHED_BYTES) / log(UNCACHED_BYTES / CACHED_BYTES);
    return LOOKUP_NS + MISS_NS * fmin(1, misses);
}

static double insert_ns(CostRows kept) {
    return lookup_ns(state_bytes(kept)) + INSERT_NS + kept.width * BYTE_NS;
}

double cost_of_join(PlanMode mode, CostRows left, CostRows right, double rows_out) {
    double ns = right.rows * insert_ns(right) + left.rows * lookup_ns(state_bytes(right)) +
                rows_out * OUTPUT_NS,
           bytes = state_bytes(right);
    if (mode == PLAN_CONTINUOUS) {
        ns += left.rows * insert_ns(left) + right.rows * lookup_ns(state_bytes(left));
        bytes += state_bytes(left);
    }
    return (ns + bytes * STATE_BYTE_NS) * MICROSECONDS;
}

double cost_of_aggregate(CostRows input, CostRows groups) {
    double bytes = state_bytes(groups);
    return (input.rows * (lookup_ns(bytes) + FOLD_NS) + groups.rows * (INSERT_NS + OUTPUT_NS) +
               bytes * STATE_BYTE_NS) *
           MICROSECONDS;
}

double cost_of_exchange(CostRows input) {
    return input.rows * (EXCHANGE_NS + input.width * BYTE_NS) * MICROSECONDS;
}

double cost_of_sort(CostRows input, double limit) {
    double kept = limit >= 0 ? fmin(limit, input.rows) : input.rows;
    return (input.rows * COMPARE_NS * log2(fmax(2, kept)) + kept * input.width * BYTE_NS) * MICROSECONDS;
}

static double exchanged(PlanMode mode, CostRows rows, CostRows groups) {
    return cost_of_aggregate(rows, groups) + (mode == PLAN_CONTINUOUS ? cost_of_exchange(rows) : 0);
}

bool cost_prefers_two_phases(
    PlanMode mode, CostRows input, CostRows partial, CostRows groups, double copies) {
    double together = fmin(STEP_ROWS, fmax(1, input.rows)),
           sent = distinct_after_picking(partial.rows, input.rows, together);
    CostRows folded = {input.rows * sent / together * copies, partial.width},
             all = {input.rows * copies, input.width}, small = {sent, partial.width};
    double first = input.rows * (lookup_ns(state_bytes(small)) + FOLD_NS) * MICROSECONDS;
    return first + exchanged(mode, folded, groups) < exchanged(mode, all, groups);
}
