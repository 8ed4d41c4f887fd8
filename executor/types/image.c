/* Images: which looks one value can have, and their order. */
#include "executor/types/image.h"

#include <string.h>

bool type_has_images(Type type) {
    if (type.is_array)
        return true;
    switch (type.id) {
    case TYPE_NUMERIC:
    case TYPE_FLOAT4:
    case TYPE_FLOAT8:
    case TYPE_BPCHAR:
    case TYPE_INTERVAL:
    case TYPE_JSONB:
        return true;
    default:
        return false;
    }
}

static int bytes_compare(const char *a, uint32_t a_length, const char *b, uint32_t b_length) {
    uint32_t shorter = a_length < b_length ? a_length : b_length;
    int order = shorter == 0 ? 0 : memcmp(a, b, shorter);
    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

/* The display scale decides before the digits: 1.0 comes before 1.00. */
static int numeric_image_compare(const Numeric *a, const Numeric *b) {
    if (a->high != b->high && (numeric_tag(a) == NUMERIC_SMALL || numeric_tag(b) == NUMERIC_SMALL)) {
        uint64_t a_kind = a->high >> 48, b_kind = b->high >> 48;
        if (a_kind != b_kind)
            return a_kind < b_kind ? -1 : 1;
        return a->high < b->high ? -1 : 1;
    }
    uint32_t a_length, b_length;
    const char *a_heap = datum_heap(LAYOUT_NUMERIC, a, &a_length),
               *b_heap = datum_heap(LAYOUT_NUMERIC, b, &b_length);
    if (a_heap != NULL && b_heap != NULL)
        return bytes_compare(a_heap, a_length, b_heap, b_length);
    return (a->low > b->low) - (a->low < b->low);
}

int image_compare(Layout layout, const void *a, const void *b) {
    switch (layout) {
    case LAYOUT_VIEW:
        return view_compare(a, b);
    case LAYOUT_NUMERIC:
        return numeric_image_compare(a, b);
    case LAYOUT_INTERVAL: {
        const Interval *x = a, *y = b;
        if (x->months != y->months)
            return x->months < y->months ? -1 : 1;
        if (x->days != y->days)
            return x->days < y->days ? -1 : 1;
        return (x->microseconds > y->microseconds) - (x->microseconds < y->microseconds);
    }
    case LAYOUT_FLOAT4: {
        uint32_t x, y;
        memcpy(&x, a, sizeof x);
        memcpy(&y, b, sizeof y);
        return (x > y) - (x < y);
    }
    case LAYOUT_FLOAT8: {
        uint64_t x, y;
        memcpy(&x, a, sizeof x);
        memcpy(&y, b, sizeof y);
        return (x > y) - (x < y);
    }
    case LAYOUT_BOOL:
    case LAYOUT_INT2:
    case LAYOUT_INT4:
    case LAYOUT_INT8:
        return 0; /* equal values of these are identical */
    }
    return 0;
}
