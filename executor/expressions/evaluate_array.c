/* ANY, ALL and ARRAY. */
#include "executor/expressions/evaluator.h"

Column *node_evaluate_quantified(Evaluator *evaluator, Node *node, Frame *frame) {
    return node_fail(evaluator, node, frame, STATUS_FEATURE_NOT_SUPPORTED, "ANY and ALL over arrays are not supported");
}

Column *node_evaluate_array(Evaluator *evaluator, Node *node, Frame *frame) {
    return node_fail(evaluator, node, frame, STATUS_FEATURE_NOT_SUPPORTED, "array constructors are not supported");
}

void probe_destroy(struct Probe *probe) {
}
