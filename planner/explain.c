/* EXPLAIN: the operator tree in PostgreSQL's layout. */
#include <math.h>

#include "executor/operators/operator.h"
#include "executor/operators/recursion.h"
#include "planner/plan.h"

typedef struct Explainer {
    bool with_costs, verbose;
    void (*actual)(void *argument, const OperatorSpec *spec, Text *out);
    void *argument;
    Text *out;
} Explainer;

/* Bytes of a row, as PostgreSQL's width. */
static int row_width(const OperatorSpec *spec) {
    int width = 0;
    for (int i = 0; i < spec->output.count; i++) {
        int length = type_length(spec->output.types[i]);
        width += length > 0 ? length : 32;
    }
    return spec->width_estimate > 0 ? (int)(spec->width_estimate + 0.5) : width;
}

/* What is spent before the first row: a join's right side, all below an operator that blocks. */
static double startup_cost(const OperatorSpec *spec) {
    double cost = 0;
    for (int i = 0; i < spec->input_count; i++)
        if (spec->type->reads_first & 1u << i)
            cost += spec->inputs[i]->cost_estimate;
        else if (i == 0)
            cost += startup_cost(spec->inputs[0]);
    return cost;
}

static void explain(const Explainer *explainer, const OperatorSpec *spec, int depth) {
    Text *out = explainer->out;
    if (depth > 0)
        text_printf(out, "%*s->  ", depth * 6 - 4, "");
    spec_add_text(spec, out);
    if (explainer->with_costs)
        text_printf(out, "  (cost=%.2f..%.2f rows=%.0f width=%d)", startup_cost(spec), spec->cost_estimate,
            fmax(1, spec->row_estimate), row_width(spec));
    if (explainer->actual != NULL)
        explainer->actual(explainer->argument, spec, out);
    text_add_char(out, '\n');
    if (explainer->verbose) {
        text_printf(out, "%*sOutput: ", depth * 6 + 2, "");
        for (int i = 0; i < spec->output.count; i++)
            text_printf(out, "%s%s", i ? ", " : "", spec->output.names[i]);
        text_add_char(out, '\n');
    }
    for (int i = 0; i < spec->input_count; i++)
        explain(explainer, spec->inputs[i], depth + 1);
    if (spec->type == &recursion_operator)
        explain(explainer, ((const RecursionParameters *)spec->parameters)->term, depth + 1);
}

void plan_explain(const Plan *plan, bool with_costs, bool verbose,
    void (*actual)(void *argument, const OperatorSpec *spec, Text *out), void *argument, Text *out) {
    Explainer explainer = {with_costs, verbose, actual, argument, out};
    explain(&explainer, plan->root, 0);
}

static void add_json_string(const char *text, Text *out) {
    text_add_char(out, '"');
    for (; *text != 0; text++) {
        if (*text == '"' || *text == '\\')
            text_printf(out, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            text_printf(out, "\\u%04x", *text);
        else
            text_add_char(out, *text);
    }
    text_add_char(out, '"');
}

static void explain_json(const OperatorSpec *spec, int depth, Text *out) {
    Text line = {0};
    spec_add_text(spec, &line);
    text_printf(out, "{\n%*s\"Node Type\": ", depth + 2, "");
    add_json_string(spec->type->name, out);
    text_printf(out, ",\n%*s\"Description\": ", depth + 2, "");
    add_json_string(text_string(&line), out);
    text_free(&line);
    text_printf(out,
        ",\n%*s\"Startup Cost\": %.2f,\n%*s\"Total Cost\": %.2f,\n%*s\"Plan Rows\": %.0f,\n%*s\"Plan "
        "Width\": %d",
        depth + 2, "", startup_cost(spec), depth + 2, "", spec->cost_estimate, depth + 2, "",
        fmax(1, spec->row_estimate), depth + 2, "", row_width(spec));
    if (spec->input_count > 0) {
        text_printf(out, ",\n%*s\"Plans\": [\n", depth + 2, "");
        for (int i = 0; i < spec->input_count; i++) {
            text_printf(out, "%s%*s", i ? ",\n" : "", depth + 4, "");
            explain_json(spec->inputs[i], depth + 4, out);
        }
        text_printf(out, "\n%*s]", depth + 2, "");
    }
    text_printf(out, "\n%*s}", depth, "");
}

void plan_explain_json(const Plan *plan, Text *out) {
    text_add_string(out, "[\n  {\n    \"Plan\": ");
    explain_json(plan->root, 4, out);
    text_add_string(out, "\n  }\n]");
}
