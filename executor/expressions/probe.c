/* A hash set with open addressing, at most half full. By hand, not a ProbeTable: its places are the values
   themselves, so that a row costs one comparison and no second look elsewhere. */
#include "executor/expressions/probe.h"

#include <string.h>

#include "executor/base/hash.h"
#include "executor/base/memory.h"

enum { WORTH_IT = 8 };

struct Probe {
    Layout layout;
    bool has_null;
    uint64_t mask;
    uint8_t *used;
    int64_t *integers; /* or: */
    View *views;
    char *bytes; /* of long views */
};

static uint64_t hash_integer(int64_t value) {
    uint64_t hash = (uint64_t)value * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

static uint64_t hash_view(const View *view) {
    return hash_bytes_64(view_bytes(view), view->length);
}

static bool is_bytewise(Type type) {
    if (type.is_array)
        return false;
    switch (type_layout(type)) {
    case LAYOUT_INT2:
    case LAYOUT_INT4:
    case LAYOUT_INT8:
        return true;
    case LAYOUT_VIEW:
        return type.id == TYPE_TEXT || type.id == TYPE_VARCHAR || type.id == TYPE_NAME ||
               type.id == TYPE_BYTEA || type.id == TYPE_UUID;
    default:
        return false;
    }
}

static int64_t integer_at(Layout layout, const void *element) {
    switch (layout) {
    case LAYOUT_INT2:
        return *(const int16_t *)element;
    case LAYOUT_INT4:
        return *(const int32_t *)element;
    default:
        return *(const int64_t *)element;
    }
}

static void insert_integer(Probe *probe, int64_t value) {
    uint64_t slot = hash_integer(value) & probe->mask;
    while (probe->used[slot] && probe->integers[slot] != value)
        slot = (slot + 1) & probe->mask;
    probe->used[slot] = 1;
    probe->integers[slot] = value;
}

static void insert_view(Probe *probe, const View *view) {
    uint64_t slot = hash_view(view) & probe->mask;
    while (probe->used[slot] && !view_is_identical(&probe->views[slot], view))
        slot = (slot + 1) & probe->mask;
    probe->used[slot] = 1;
    probe->views[slot] = *view;
}

static void fill(Probe *probe, const Array *array) {
    size_t heap = 0, at = 0;
    Datum element;
    for (int i = 0; i < array->count; i++)
        if (probe->layout == LAYOUT_VIEW && array_get(array, i, &element))
            heap += element.view.length;
    probe->bytes = memory_allocate(heap + 1);
    for (int i = 0; i < array->count; i++) {
        if (!array_get(array, i, &element)) {
            probe->has_null = true;
        } else if (probe->layout == LAYOUT_VIEW) {
            uint32_t length = element.view.length;
            memcpy(probe->bytes + at, view_bytes(&element.view), length);
            View own = view_of(probe->bytes + at, length);
            insert_view(probe, &own);
            at += length;
        } else {
            insert_integer(probe, integer_at(probe->layout, &element));
        }
    }
}

Probe *probe_create(const Array *array, Type scalar) {
    if (array->count < WORTH_IT || !is_bytewise(scalar) || type_layout(scalar) != array->layout)
        return NULL;
    Probe *probe = NEW(Probe);
    uint64_t slots = 16;
    while (slots < (uint64_t)array->count * 2)
        slots *= 2;
    probe->layout = array->layout;
    probe->mask = slots - 1;
    probe->used = NEW_ARRAY(uint8_t, slots);
    if (probe->layout == LAYOUT_VIEW)
        probe->views = NEW_ARRAY(View, slots);
    else
        probe->integers = NEW_ARRAY(int64_t, slots);
    fill(probe, array);
    return probe;
}

void probe_destroy(Probe *probe) {
    if (probe == NULL)
        return;
    memory_free(probe->used);
    memory_free(probe->integers);
    memory_free(probe->views);
    memory_free(probe->bytes);
    memory_free(probe);
}

static bool has_integer(const Probe *probe, int64_t value) {
    uint64_t slot = hash_integer(value) & probe->mask;
    while (probe->used[slot] && probe->integers[slot] != value)
        slot = (slot + 1) & probe->mask;
    return probe->used[slot];
}

static bool has_view(const Probe *probe, const View *view) {
    uint64_t slot = hash_view(view) & probe->mask;
    while (probe->used[slot] && !view_is_identical(&probe->views[slot], view))
        slot = (slot + 1) & probe->mask;
    return probe->used[slot];
}

void probe_find(const Probe *probe, const Column *column, int count, uint8_t *found) {
    size_t width = layout_width(probe->layout);
    const char *element = column->values;
    for (int i = 0; i < count; i++, element += width)
        found[i] = probe->layout == LAYOUT_VIEW ? has_view(probe, (const View *)element)
                                                : has_integer(probe, integer_at(probe->layout, element));
}

bool probe_has_null(const Probe *probe) {
    return probe->has_null;
}
