/* Testbed: runs one operator without a graph. For unit tests: link it by naming testing.c in the folder's
   meson.build (done).

   Example (an operator with one input):

       Testbed *bed = testbed_create(&type##_operator, &parameters, 1, (const char *[]){"int8 text"}, "int8
   text", NULL); testbed_feed(bed, 0, "int8 text\n+1 10 a\n-1 20 b\n"); testbed_seal(bed, 0, NULL);
       ck_assert_str_eq(testbed_collect(bed), "int8 text\n+1 10 a\n");   // the rows of this step, sorted,
   consolidated: net counts testbed_next_step(bed); … testbed_destroy(bed);

   Types are named as in batch_from_text. Watermark columns of the output: testbed_spec(bed)->has_watermark[c]
   = true before the first feed. An operator with state gets a StateSpace of its own by TestbedOptions.state.
 */
#ifndef LEAT_OPERATORS_TESTING_H
#define LEAT_OPERATORS_TESTING_H

#include "executor/operators/environment.h"
#include "executor/operators/operator.h"

typedef struct Testbed Testbed;

typedef struct TestbedOptions {
    bool is_one_shot;
    bool is_updating;             /* of the inputs */
    StateSpace *state;            /* borrowed */
    Environment *environment;     /* borrowed */
    const TypeSettings *settings; /* NULL: the default ones */
} TestbedOptions;

/* Parameters are borrowed. The operator is opened at the first call that needs it; what open, on_batch or
   produce refuse ends the test, unless testbed_try is used. Column names are c0, c1, … */
Testbed *testbed_create(const OperatorType *type, void *parameters, int input_count,
    const char *const *input_types, const char *output_types, const TestbedOptions *options);
void testbed_destroy(Testbed *bed);
OperatorSpec *testbed_spec(Testbed *bed);
Operator *testbed_operator(Testbed *bed);

/* A batch in text form. feed_selected: only every second row (0, 2, …) is selected; constant columns stay as
   they are. */
void testbed_feed(Testbed *bed, int input, const char *text);
void testbed_feed_selected(Testbed *bed, int input, const char *text);
void testbed_feed_batch(Testbed *bed, int input, Batch *batch); /* borrowed */
/* Seals an input; watermarks: one an input column, NULL: none. */
void testbed_seal(Testbed *bed, int input, const int64_t *watermarks);
/* Produces until IDLE or DONE and gives what came since the last collect: net counts of identical rows in the
   order of their texts, zero left out. Valid until the next call. */
const char *testbed_collect(Testbed *bed);
/* The same rows in the order they came, unconsolidated. */
const char *testbed_collect_in_order(Testbed *bed);
/* Whether the last produce said DONE; how many batches came in the last collect. */
bool testbed_is_done(const Testbed *bed);
int testbed_batch_count(const Testbed *bed);
/* Watermark of an output column after DONE. */
int64_t testbed_watermark(const Testbed *bed, int column);
/* Begins the next step: no input is sealed. */
void testbed_next_step(Testbed *bed);
/* Opens and runs to IDLE or DONE, giving the failure instead of ending the test. */
Status testbed_try(Testbed *bed, Error *error);

/* "22012 division by zero: +1 10 0\n" a failed row; "late [start, end) arrival: +1 10\n" a late one; since
   the last call. */
const char *testbed_failures(Testbed *bed);

#endif
