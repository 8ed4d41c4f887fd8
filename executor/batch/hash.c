/* Hashes of rows: the bytes of the row's key are written beside each other and hashed once, so that the
   result is that of the key's encoding.

   Shards, and with them the place of everything on disk, follow from the hash of canonical keys. The types
   met most have their encoding written out here (hash_test checks each against datum_add_key); the others,
   and numerics that are not plain integers, go through datum_add_key. */
#include "executor/base/hash.h"

#include <string.h>

#include "executor/base/memory.h"
#include "executor/batch/batch.h"
#include "executor/types/key.h"

/* How a column's values become key bytes. */
typedef enum KeyForm {
    FORM_BYTE, /* the byte itself */
    FORM_INT2, /* tagged integer */
    FORM_INT4,
    FORM_INT8,
    FORM_FLOAT4, /* eight bytes of the widened, normalised double */
    FORM_FLOAT8,
    FORM_NUMERIC, /* tagged integer, or whatever the type says */
    FORM_BYTES,   /* length and bytes */
    FORM_FOUR,    /* as it lies in the column */
    FORM_EIGHT,
    FORM_FIXED, /* the same for any width */
    FORM_TYPE,  /* by datum_add_key */
    FORM_LARGE  /* identical bytes of a numeric: as it lies, or tag and bytes */
} KeyForm;

static KeyForm equal_form(Type type) {
    if (type.is_array)
        return FORM_TYPE;
    switch (type.id) {
    case TYPE_BOOL:
        return FORM_BYTE;
    case TYPE_INT2:
        return FORM_INT2;
    case TYPE_INT4:
        return FORM_INT4;
    case TYPE_INT8:
        return FORM_INT8;
    case TYPE_FLOAT4:
        return FORM_FLOAT4;
    case TYPE_FLOAT8:
        return FORM_FLOAT8;
    case TYPE_NUMERIC:
        return FORM_NUMERIC;
    case TYPE_TEXT:
    case TYPE_VARCHAR:
    case TYPE_NAME:
    case TYPE_BYTEA:
        return FORM_BYTES;
    case TYPE_DATE:
        return FORM_FOUR;
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        return FORM_EIGHT;
    default:
        return FORM_TYPE;
    }
}

static KeyForm identical_form(Type type) {
    switch (type_layout(type)) {
    case LAYOUT_VIEW:
        return FORM_BYTES;
    case LAYOUT_NUMERIC:
        return FORM_LARGE;
    case LAYOUT_BOOL:
    case LAYOUT_INT2:
    case LAYOUT_INT4:
    case LAYOUT_INT8:
    case LAYOUT_FLOAT4:
    case LAYOUT_FLOAT8:
    case LAYOUT_INTERVAL:
        return FORM_FIXED;
    }
    return FORM_FIXED;
}

static inline char *room(Text *key, size_t size) {
    if (__builtin_expect(key->length + size + 1 > key->capacity, 0))
        text_reserve(key, size);
    return key->bytes + key->length;
}

static inline void put_integer(Text *key, int64_t value) {
    key_write_integer(room(key, KEY_INTEGER_BYTES), value);
    key->length += KEY_INTEGER_BYTES;
}

static inline void put_raw(Text *key, const void *bytes, size_t size) {
    memcpy(room(key, size), bytes, size);
    key->length += size;
}

static inline void put_bytes(Text *key, const View *view) {
    char *to = room(key, sizeof view->length + view->length);
    memcpy(to, &view->length, sizeof view->length);
    memcpy(to + sizeof view->length, view_bytes(view), view->length);
    key->length += sizeof view->length + view->length;
}

static inline void put_numeric(Text *key, Type type, const Numeric *numeric) {
    /* Tag 0 and scale 0, and a mantissa that is the sign extension of its low word. */
    if (numeric->high >> 48 == 0 && (int64_t)(numeric->high << 16) >> 16 == (int64_t)numeric->low >> 63)
        put_integer(key, (int64_t)numeric->low);
    else
        datum_add_key(type, numeric, key);
}

/* The word with tag and length first: no encoding is another's beginning. */
static inline void put_large(Text *key, const Numeric *numeric) {
    uint32_t length;
    const char *heap = datum_heap(LAYOUT_NUMERIC, numeric, &length);
    put_raw(key, &numeric->high, sizeof numeric->high);
    if (heap == NULL)
        put_raw(key, &numeric->low, sizeof numeric->low);
    else
        put_raw(key, heap, length);
}

static inline void put_element(Text *key, const Column *column, KeyForm form, int row) {
    if (column->is_constant)
        row = 0;
    bool is_null = column->nulls != NULL && (column->nulls[row >> 6] >> (row & 63) & 1);
    *room(key, 1) = !is_null;
    key->length++;
    if (is_null)
        return;
    const void *values = column->values;
    switch (form) {
    case FORM_BYTE:
        put_raw(key, (const uint8_t *)values + row, 1);
        break;
    case FORM_INT2:
        put_integer(key, ((const int16_t *)values)[row]);
        break;
    case FORM_INT4:
        put_integer(key, ((const int32_t *)values)[row]);
        break;
    case FORM_INT8:
        put_integer(key, ((const int64_t *)values)[row]);
        break;
    case FORM_FLOAT4:
        key_add_float8(key, ((const float *)values)[row]);
        break;
    case FORM_FLOAT8:
        key_add_float8(key, ((const double *)values)[row]);
        break;
    case FORM_NUMERIC:
        put_numeric(key, column->type, (const Numeric *)values + row);
        break;
    case FORM_BYTES:
        put_bytes(key, (const View *)values + row);
        break;
    case FORM_FOUR:
        put_raw(key, (const uint32_t *)values + row, sizeof(uint32_t));
        break;
    case FORM_EIGHT:
        put_raw(key, (const uint64_t *)values + row, sizeof(uint64_t));
        break;
    case FORM_FIXED:
        put_raw(key, column_at(column, row), layout_width((Layout)column->layout));
        break;
    case FORM_TYPE:
        datum_add_key(column->type, column_at(column, row), key);
        break;
    case FORM_LARGE:
        put_large(key, (const Numeric *)values + row);
        break;
    }
}

/* One integer column without NULLs: the length is known to the compiler. */
#define HASH_INTEGERS(name, T)                                                         \
    static void name(const T *restrict values, int count, uint64_t *restrict hashes) { \
        char key[1 + KEY_INTEGER_BYTES] = {1};                                         \
        for (int i = 0; i < count; i++) {                                              \
            key_write_integer(key + 1, values[i]);                                     \
            hashes[i] = hash_bytes_64(key, sizeof key);                                \
        }                                                                              \
    }
HASH_INTEGERS(hash_int2, int16_t)
HASH_INTEGERS(hash_int4, int32_t)
HASH_INTEGERS(hash_int8, int64_t)

static bool hash_integers(const Column *column, KeyForm form, int count, uint64_t *hashes) {
    if (column->nulls != NULL || column->is_constant || form < FORM_INT2 || form > FORM_INT8)
        return false;
    if (form == FORM_INT2)
        hash_int2(column->values, count, hashes);
    else if (form == FORM_INT4)
        hash_int4(column->values, count, hashes);
    else
        hash_int8(column->values, count, hashes);
    return true;
}

static int fixed_width(const Column *column, KeyForm form) {
    switch (form) {
    case FORM_BYTE:
        return 1;
    case FORM_INT2:
    case FORM_INT4:
    case FORM_INT8:
        return KEY_INTEGER_BYTES;
    case FORM_FOUR:
        return 4;
    case FORM_EIGHT:
        return 8;
    case FORM_FIXED:
        return layout_width((Layout)column->layout);
    default:
        return 0;
    }
}

/* Bytes of a row's key when all rows have the same number of them, else 0. */
static int key_width(const Batch *batch, const int *columns, int count, const KeyForm *forms) {
    int width = 0;
    for (int i = 0; i < count; i++) {
        const Column *column = batch->columns[columns[i]];
        int part = column->nulls == NULL ? fixed_width(column, forms[i]) : 0;
        if (part == 0)
            return 0;
        width += 1 + part;
    }
    return width;
}

#define WRITE_COLUMN(T, WRITE)                                                     \
    for (int i = 0; i < row_count; i++, to += width) {                             \
        T value = ((const T *)column->values)[column->is_constant ? 0 : from + i]; \
        to[0] = 1;                                                                 \
        WRITE;                                                                     \
    }

/* Writes a column's part of the keys of some rows, `width` bytes apart. */
static void write_column(
    const Column *column, KeyForm form, int from, int row_count, char *to, size_t width) {
    switch (form) {
    case FORM_INT2:
        WRITE_COLUMN(int16_t, key_write_integer(to + 1, value))
        break;
    case FORM_INT4:
        WRITE_COLUMN(int32_t, key_write_integer(to + 1, value))
        break;
    case FORM_INT8:
        WRITE_COLUMN(int64_t, key_write_integer(to + 1, value))
        break;
    case FORM_FOUR:
        WRITE_COLUMN(uint32_t, memcpy(to + 1, &value, sizeof value))
        break;
    case FORM_EIGHT:
        WRITE_COLUMN(uint64_t, memcpy(to + 1, &value, sizeof value))
        break;
    default: {
        size_t size = form == FORM_BYTE ? 1 : layout_width((Layout)column->layout);
        if (size == sizeof(uint64_t)) {
            WRITE_COLUMN(uint64_t, memcpy(to + 1, &value, sizeof value))
            break;
        }
        for (int i = 0; i < row_count; i++, to += width) {
            to[0] = 1;
            memcpy(to + 1, (const char *)column->values + size * (size_t)(column->is_constant ? 0 : from + i),
                size);
        }
        break;
    }
    }
}

/* Keys of one width are written a column at a time, some rows at once. */
static void hash_fixed(
    const Batch *batch, const int *columns, int count, const KeyForm *forms, int width, uint64_t *hashes) {
    enum { ROWS = 128, SIZE = 16384 };
    char keys[SIZE];
    int rows = width * ROWS <= SIZE ? ROWS : SIZE / width;
    for (int from = 0; from < batch->row_count; from += rows) {
        int row_count = batch->row_count - from < rows ? batch->row_count - from : rows, at = 0;
        for (int i = 0; i < count; i++) {
            const Column *column = batch->columns[columns[i]];
            write_column(column, forms[i], from, row_count, keys + at, (size_t)width);
            at += 1 + fixed_width(column, forms[i]);
        }
        for (int i = 0; i < row_count; i++)
            hashes[from + i] = hash_bytes_64(keys + (size_t)i * (size_t)width, (size_t)width);
    }
}

static void hash_varied(
    const Batch *batch, const int *columns, int count, const KeyForm *forms, uint64_t *hashes) {
    Text key = {0};
    text_reserve(&key, 256);
    for (int row = 0; row < batch->row_count; row++) {
        key.length = 0;
        for (int i = 0; i < count; i++)
            put_element(&key, batch->columns[columns[i]], forms[i], row);
        hashes[row] = hash_bytes_64(key.bytes, key.length);
    }
    text_free(&key);
}

static void hash_rows(
    const Batch *batch, const int *columns, int count, KeyForm (*form_of)(Type type), uint64_t *hashes) {
    KeyForm few[8], *forms = count <= 8 ? few : memory_allocate((size_t)count * sizeof *forms);
    for (int i = 0; i < count; i++)
        forms[i] = form_of(batch->columns[columns[i]]->type);
    if (count != 1 || !hash_integers(batch->columns[columns[0]], forms[0], batch->row_count, hashes)) {
        int width = key_width(batch, columns, count, forms);
        if (width > 0 && width <= 256)
            hash_fixed(batch, columns, count, forms, width, hashes);
        else
            hash_varied(batch, columns, count, forms, hashes);
    }
    if (forms != few)
        memory_free(forms);
}

void batch_hash_keys(const Batch *batch, const int *columns, int count, uint64_t *hashes) {
    const KeyHashes *known = &batch->hashes;
    if (known->values != NULL && known->count == count &&
        memcmp(known->columns, columns, sizeof *columns * (size_t)count) == 0) {
        memcpy(hashes, known->values->values, sizeof *hashes * (size_t)batch->row_count);
        return;
    }
    hash_rows(batch, columns, count, equal_form, hashes);
}

void batch_hash_identical(const Batch *batch, const int *columns, int count, uint64_t *hashes) {
    hash_rows(batch, columns, count, identical_form, hashes);
}

void batch_add_key(const Batch *batch, const int *columns, int count, int row, Text *out) {
    text_reserve(out, 1);
    for (int i = 0; i < count; i++) {
        const Column *column = batch->columns[columns[i]];
        put_element(out, column, equal_form(column->type), row);
    }
    out->bytes[out->length] = 0;
}

uint64_t batch_hash_key(const Batch *batch, const int *columns, int count, int row, Text *scratch) {
    scratch->length = 0;
    batch_add_key(batch, columns, count, row, scratch);
    return hash_bytes_64(scratch->bytes, scratch->length);
}

void batch_add_identical(const Batch *batch, const int *columns, int count, int row, Text *out) {
    text_reserve(out, 1);
    for (int i = 0; i < count; i++) {
        const Column *column = batch->columns[columns[i]];
        put_element(out, column, identical_form(column->type), row);
    }
    out->bytes[out->length] = 0;
}
