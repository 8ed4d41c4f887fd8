/* Comparison of rows: equality of keys, identity, order. */
#include <string.h>

#include "executor/batch/batch.h"

/* Values of different types are equal when their canonical keys are. */
static bool mixed_equal(const Column *a, int a_row, const Column *b, int b_row) {
    Text a_key = {0}, b_key = {0};
    datum_add_key(a->type, column_at(a, a_row), &a_key);
    datum_add_key(b->type, column_at(b, b_row), &b_key);
    bool is_equal =
        a_key.length == b_key.length && memcmp(text_string(&a_key), text_string(&b_key), a_key.length) == 0;
    text_free(&a_key);
    text_free(&b_key);
    return is_equal;
}

static bool elements_equal(const Column *a, int a_row, const Column *b, int b_row) {
    if (!type_is_same(a->type, b->type))
        return mixed_equal(a, a_row, b, b_row);
    const void *x = column_at(a, a_row), *y = column_at(b, b_row);
    if (!a->type.is_array) {
        switch (a->type.id) {
        case TYPE_INT8:
        case TYPE_TIMESTAMP:
        case TYPE_TIMESTAMPTZ:
            return *(const int64_t *)x == *(const int64_t *)y;
        case TYPE_INT4:
        case TYPE_DATE:
            return *(const int32_t *)x == *(const int32_t *)y;
        case TYPE_TEXT:
        case TYPE_VARCHAR:
            return view_is_identical(x, y);
        default:
            break;
        }
    }
    return datum_compare(a->type, x, y) == 0;
}

bool batch_keys_equal(const Batch *a, const int *a_columns, int a_row, const Batch *b, const int *b_columns,
    int b_row, int count) {
    for (int i = 0; i < count; i++) {
        const Column *x = a->columns[a_columns[i]], *y = b->columns[b_columns[i]];
        bool x_null = column_is_null(x, a_row), y_null = column_is_null(y, b_row);
        if (x_null != y_null || (!x_null && !elements_equal(x, a_row, y, b_row)))
            return false;
    }
    return true;
}

bool batch_rows_identical(
    const Batch *a, int a_row, const Batch *b, int b_row, const int *columns, int count) {
    for (int i = 0; i < count; i++) {
        const Column *x = a->columns[columns[i]], *y = b->columns[columns[i]];
        bool x_null = column_is_null(x, a_row), y_null = column_is_null(y, b_row);
        if (x_null != y_null ||
            (!x_null && !datum_is_identical((Layout)x->layout, column_at(x, a_row), column_at(y, b_row))))
            return false;
    }
    return true;
}

static int compare_elements(const Column *a, int a_row, const Column *b, int b_row) {
    const void *x = column_at(a, a_row), *y = column_at(b, b_row);
    if (a->type.id == TYPE_INT8 && !a->type.is_array) {
        int64_t left = *(const int64_t *)x, right = *(const int64_t *)y;
        return (left > right) - (left < right);
    }
    return datum_compare(a->type, x, y);
}

int batch_compare_rows(const Batch *a, int a_row, const Batch *b, int b_row, const SortKey *keys, int count) {
    for (int i = 0; i < count; i++) {
        const Column *x = a->columns[keys[i].column], *y = b->columns[keys[i].column];
        bool x_null = column_is_null(x, a_row), y_null = column_is_null(y, b_row);
        if (x_null || y_null) {
            if (x_null != y_null)
                return x_null == keys[i].is_nulls_first ? -1 : 1;
            continue;
        }
        int order = compare_elements(x, a_row, y, b_row);
        if (order != 0)
            return keys[i].is_descending ? -order : order;
    }
    return 0;
}
