/* ANY, ALL and ARRAY. ANY is an OR, ALL an AND over the elements: the k-th elements of all rows that are
   still open make one column, and one call. */
#include <string.h>

#include "executor/expressions/evaluator.h"
#include "executor/expressions/probe.h"

static Value element_value(const Array *array, int index) {
    Value value = value_null(array->element);
    value.is_null = !array_get(array, index, &value.datum);
    return value;
}

/* The same elements for every row. */
static void fold_constant(
    Evaluator *evaluator, Node *node, Frame *frame, Column *scalar, const Array *array, Junction *junction) {
    uint16_t *rows = scratch_rows(evaluator);
    for (int k = 0; k < array->count && junction_open_count(junction) > 0; k++) {
        Value value = element_value(array, k);
        Column *sides[2] = {scalar, column_constant(&value)};
        Column *column = node_apply(evaluator, node, type_of(TYPE_BOOL), sides, 2, frame);
        if (column->is_constant)
            junction_fold(junction, column, rows, junction_open_rows(junction, rows), true);
        else
            junction_fold_whole(junction, column);
        column_release(column);
        column_release(sides[1]);
    }
}

/* Of the open rows those whose array has a k-th element. */
static int rows_with_element(const Junction *junction, const Array *arrays, int k, uint16_t *rows) {
    int open = junction_open_rows(junction, rows), count = 0;
    for (int i = 0; i < open; i++) {
        rows[count] = rows[i];
        count += arrays[rows[i]].count > k;
    }
    return count;
}

static Column *gather_elements(const Array *arrays, Type type, int k, const uint16_t *rows, int count) {
    Column *column = column_create(type, count);
    size_t width = layout_width((Layout)column->layout);
    for (int i = 0; i < count; i++) {
        Datum element;
        if (array_get(&arrays[rows[i]], k, &element))
            memcpy((char *)column->values + (size_t)i * width, &element, width);
        else
            column_set_null(column, i);
    }
    return column;
}

static void fold_element(Evaluator *evaluator, Node *node, Frame *frame, Column *scalar, Column *elements,
    const uint16_t *rows, int count, Junction *junction) {
    uint16_t *positions = scratch_rows(evaluator);
    for (int i = 0; i < count; i++)
        positions[i] = frame->positions == NULL ? rows[i] : frame->positions[rows[i]];
    Frame some = {.batch = frame->batch, .positions = positions, .count = count};
    Column *sides[2] = {
        scalar->is_constant ? column_retain(scalar) : column_gather(scalar, rows, count), elements};
    Column *column = node_apply(evaluator, node, type_of(TYPE_BOOL), sides, 2, &some);
    junction_fold(junction, column, rows, count, false);
    column_release(column);
    column_release(sides[0]);
}

/* Each row its own array. Rows whose array is NULL have no elements here; they become NULL at the end. */
static void fold_rows(Evaluator *evaluator, Node *node, Frame *frame, Column *scalar, const Column *column,
    Junction *junction) {
    Array *arrays = ARENA_ARRAY(evaluator->scratch, Array, frame->count);
    uint16_t *rows = scratch_rows(evaluator);
    Type type = node->arguments[1]->expression->type;
    for (int i = 0; i < frame->count; i++)
        if (!column_is_null(column, i))
            array_open(type, column_view(column, i), &arrays[i]);
    type.is_array = false;
    for (int k = 0, count; (count = rows_with_element(junction, arrays, k, rows)) > 0; k++) {
        Column *elements = gather_elements(arrays, type, k, rows, count);
        fold_element(evaluator, node, frame, scalar, elements, rows, count, junction);
        column_release(elements);
    }
    for (int i = 0; i < frame->count; i++)
        if (column_is_null(column, i)) {
            bit_set(junction->nulls, i);
            junction->values[i] = 0;
        }
}

/* = ANY or <> ALL of a long constant array. */
static Column *evaluate_probe(Node *node, const Column *scalar, int count) {
    bool is_any = node->expression->kind == EXPRESSION_ANY;
    count = scalar->is_constant ? 1 : count;
    Column *result = column_create(type_of(TYPE_BOOL), count);
    result->is_constant = scalar->is_constant;
    uint8_t *values = result->values;
    probe_find(node->probe, scalar, count, values);
    for (int i = 0; i < count; i++) {
        bool is_found = values[i];
        if (column_is_null(scalar, i) || (!is_found && probe_has_null(node->probe)))
            column_set_null(result, i);
        else
            values[i] = is_found == is_any;
    }
    return result;
}

static bool can_probe(const Node *node) {
    const char *name = node->expression->function->name;
    return node->arguments[1]->constant != NULL &&
           strcmp(name, node->expression->kind == EXPRESSION_ANY ? "=" : "<>") == 0;
}

static Column *fold_elements(Evaluator *evaluator, Node *node, Frame *frame, Column *scalar,
    const Column *arrays, const Array *constant) {
    Column *result = column_create(type_of(TYPE_BOOL), frame->count);
    Junction junction = {.is_and = node->expression->kind == EXPRESSION_ALL,
        .has_nulls = true,
        .count = frame->count,
        .values = result->values};
    memset(junction.values, junction.is_and, (size_t)frame->count);
    if (constant != NULL)
        fold_constant(evaluator, node, frame, scalar, constant, &junction);
    else
        fold_rows(evaluator, node, frame, scalar, arrays, &junction);
    junction_finish(&junction, result);
    return result;
}

Column *node_evaluate_quantified(Evaluator *evaluator, Node *node, Frame *frame) {
    Column *scalar = node_evaluate(evaluator, node->arguments[0], frame),
           *arrays = node_evaluate(evaluator, node->arguments[1], frame), *result;
    if (arrays->is_constant && column_is_null(arrays, 0)) {
        Value null = value_null(type_of(TYPE_BOOL));
        result = column_constant(&null);
    } else {
        Array array = {0};
        if (arrays->is_constant)
            array_open(node->arguments[1]->expression->type, column_view(arrays, 0), &array);
        if (node->probe == NULL && can_probe(node))
            node->probe = probe_create(&array, node->arguments[0]->expression->type);
        result = node->probe != NULL ? evaluate_probe(node, scalar, frame->count)
                                     : fold_elements(evaluator, node, frame, scalar, arrays,
                                           arrays->is_constant ? &array : NULL);
    }
    column_release(scalar);
    column_release(arrays);
    return result;
}

static void add_element(ArrayBuilder *builder, const Column *column, int row) {
    array_builder_add(builder, column_is_null(column, row) ? NULL : column_at(column, row));
}

static bool shape_is_same(const Array *a, const Array *b) {
    size_t size = (size_t)a->dimensions * sizeof *a->lengths;
    return a->dimensions == b->dimensions && memcmp(a->lengths, b->lengths, size) == 0 &&
           memcmp(a->lowers, b->lowers, size) == 0;
}

/* ARRAY[a, b, …] of arrays: one dimension more. False when their shapes differ. */
static bool add_subarrays(
    ArrayBuilder *builder, Type type, Column *const *columns, int column_count, int row, Text *out) {
    Array first, array;
    int filled = 0;
    for (int c = 0; c < column_count; c++) {
        memset(&array, 0, sizeof array);
        if (!column_is_null(columns[c], row))
            array_open(type, column_view(columns[c], row), &array);
        if (c == 0)
            first = array;
        filled += array.dimensions > 0;
        if (!shape_is_same(&first, &array) || array.dimensions == ARRAY_DIMENSIONS_MAX)
            return false;
        for (int i = 0; i < array.count; i++) {
            Datum element;
            array_builder_add(builder, array_get(&array, i, &element) ? &element : NULL);
        }
    }
    if (filled == 0)
        return true;
    int32_t lengths[ARRAY_DIMENSIONS_MAX] = {column_count}, lowers[ARRAY_DIMENSIONS_MAX] = {1};
    memcpy(lengths + 1, first.lengths, (size_t)first.dimensions * sizeof *lengths);
    memcpy(lowers + 1, first.lowers, (size_t)first.dimensions * sizeof *lowers);
    array_builder_finish_shaped(builder, first.dimensions + 1, lengths, lowers, out);
    return true;
}

/* Builds one row; false when its sub-arrays do not fit each other. */
static bool build_row(const Node *node, Column *const *columns, int row, ArrayBuilder *builder, Text *bytes) {
    int count = node->expression->argument_count;
    text_reset(bytes);
    if (count > 0 && columns[0]->type.is_array)
        return add_subarrays(builder, node->expression->type, columns, count, row, bytes);
    for (int c = 0; c < count; c++)
        add_element(builder, columns[c], row);
    array_builder_finish(builder, bytes);
    return true;
}

Column *node_evaluate_array(Evaluator *evaluator, Node *node, Frame *frame) {
    int argument_count = node->expression->argument_count;
    Column **columns = ARENA_ARRAY(evaluator->scratch, Column *, argument_count + 1);
    bool is_constant = true;
    for (int c = 0; c < argument_count; c++) {
        columns[c] = node_evaluate(evaluator, node->arguments[c], frame);
        is_constant &= columns[c]->is_constant;
    }
    int count = is_constant ? 1 : frame->count;
    Column *result = column_create(node->expression->type, count);
    result->is_constant = is_constant;
    ArrayBuilder builder = {.element = node->expression->type};
    builder.element.is_array = false;
    Text bytes = {0};
    RowErrors local = {.arena = evaluator->scratch};
    for (int row = 0; row < count; row++) {
        if (build_row(node, columns, row, &builder, &bytes)) {
            column_set_bytes(result, row, bytes.bytes, (uint32_t)bytes.length);
            continue;
        }
        array_builder_free(&builder);
        builder = (ArrayBuilder){.element = builder.element};
        row_errors_add(&local, row, STATUS_ARRAY_SUBSCRIPT_ERROR,
            "multidimensional arrays must have array expressions with matching dimensions");
    }
    node_take_failures(evaluator, frame, &local, result);
    row_errors_free(&local);
    array_builder_free(&builder);
    text_free(&bytes);
    for (int c = 0; c < argument_count; c++)
        column_release(columns[c]);
    return result;
}
