/* Datagen: rows made up column by column, as the options "fields.<column>.…" say. Row n depends on n and the
   seeds alone; its offset is n. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/connector.h"
#include "connectors/pace.h"
#include "executor/base/memory.h"
#include "executor/base/random.h"

enum { LENGTH_DEFAULT = 100, LENGTH_MAX = 1 << 20, SCALE_DEFAULT = 2, SCALE_MAX = 18 };

/* Values are whole numbers in a unit of the type: 1, a day, a microsecond, 10^−scale; floats are doubles. */
typedef struct DataField {
    Type type;
    bool is_sequence, has_end;
    int64_t low, high, step; /* random: low … high; sequence: low, low + step, … up to high */
    double float_low, float_high, float_step;
    int scale;
    int length;
    uint64_t seed;
} DataField;

typedef struct DatagenReader {
    SourceReader base;
    int field_count;
    DataField *fields;
    int64_t rows; /* INT64_MAX: endless */
    _Atomic int64_t next, end;
    Pace *pace;
} DatagenReader;

static const char *const keys[] = {"kind", "start", "end", "step", "min", "max", "length", "seed", NULL};

static const char *field_option(const ConnectorDefinition *definition, const char *column, const char *key) {
    size_t length = strlen(column);
    for (int i = 0; i < definition->option_count; i++) {
        const char *name = definition->option_names[i];
        if (strncmp(name, "fields.", 7) == 0 && strncmp(name + 7, column, length) == 0 &&
            name[7 + length] == '.' && strcmp(name + 8 + length, key) == 0)
            return definition->option_values[i];
    }
    return NULL;
}

static Status refuse(
    const char *column, const char *key, const char *value, const char *wanted, Error *error) {
    error_set(error, STATUS_INVALID_PARAMETER_VALUE, "invalid value for option \"fields.%s.%s\": \"%s\"",
        column, key, value);
    return error_hint(error, "%s is wanted.", wanted);
}

static Status read_whole(const char *column, const char *key, const char *text, int64_t *out, Error *error) {
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return *text == 0 || *end != 0 || errno != 0 ? refuse(column, key, text, "A whole number", error) : OK;
}

/* One value of the field's type, in its unit; a step of a moment is an interval. */
static Status read_unit(const DataField *field, const char *column, const char *key, const char *text,
    int64_t *out, Error *error) {
    TypeId id = (TypeId)field->type.id;
    bool is_moment = id == TYPE_TIMESTAMP || id == TYPE_TIMESTAMPTZ;
    bool is_step = strcmp(key, "step") == 0, is_interval = is_moment && is_step;
    Type type = type_of(TYPE_INT8);
    if (is_interval)
        type = type_of(TYPE_INTERVAL);
    else if (id == TYPE_NUMERIC)
        type = is_step ? type_of(TYPE_NUMERIC) : field->type;
    else if (is_moment || id == TYPE_INT2 || id == TYPE_INT4 || (id == TYPE_DATE && !is_step))
        type = type_of(id);
    Arena *arena = arena_create();
    Datum datum;
    Status status = datum_parse(type, text, strlen(text), &type_settings_default, arena, &datum, error);
    if (status == OK && type.id == TYPE_NUMERIC) {
        Numeric scaled, power = numeric_from_int8(1);
        for (int i = 0; i < field->scale; i++) {
            Numeric ten = numeric_from_int8(10);
            numeric_multiply_small(&power, &ten, &power);
        }
        status = numeric_multiply(&datum.numeric, &power, arena, &scaled, error);
        if (status == OK)
            status = numeric_to_integer(&scaled, INT64_MIN, INT64_MAX, "bigint", out, error);
    } else if (status == OK && is_interval) {
        *out = datum.interval.microseconds +
               (datum.interval.days + 30 * (int64_t)datum.interval.months) * 86400000000LL;
    } else if (status == OK) {
        *out = type_layout(type) == LAYOUT_INT2   ? datum.int2
               : type_layout(type) == LAYOUT_INT4 ? datum.int4
                                                  : datum.int8;
    }
    arena_destroy(arena);
    if (status == OK)
        return OK;
    error_clear(error);
    return refuse(column, key, text, is_interval ? "An interval" : "A value of the column's type", error);
}

static bool is_float(Type type) {
    return type.id == TYPE_FLOAT4 || type.id == TYPE_FLOAT8;
}

static Status read_bound(const DataField *field, const ConnectorDefinition *definition, const char *column,
    const char *key, int64_t *whole, double *real, Error *error) {
    const char *text = field_option(definition, column, key);
    if (text == NULL)
        return OK;
    if (!is_float(field->type))
        return read_unit(field, column, key, text, whole, error);
    char *end;
    *real = strtod(text, &end);
    return *text == 0 || *end != 0 ? refuse(column, key, text, "A number", error) : OK;
}

/* What a field is without options. */
static Status set_defaults(DataField *field, Error *error) {
    const int64_t second = 1000000;
    *field = (DataField){
        .type = field->type, .step = 1, .float_step = 1, .float_high = 1, .length = LENGTH_DEFAULT};
    switch (field->type.is_array ? TYPE_COUNT : field->type.id) {
    case TYPE_BOOL:
        field->high = 1;
        return OK;
    case TYPE_INT2:
        field->low = INT16_MIN;
        field->high = INT16_MAX;
        return OK;
    case TYPE_INT4:
        field->low = INT32_MIN;
        field->high = INT32_MAX;
        return OK;
    case TYPE_INT8:
        field->low = INT64_MIN;
        field->high = INT64_MAX;
        return OK;
    case TYPE_FLOAT4:
    case TYPE_FLOAT8:
    case TYPE_TEXT:
        return OK;
    case TYPE_VARCHAR:
        if (field->type.modifier >= 4 && field->type.modifier - 4 < LENGTH_DEFAULT)
            field->length = field->type.modifier - 4;
        return OK;
    case TYPE_NUMERIC:
        field->scale =
            field->type.modifier < 0 ? SCALE_DEFAULT : numeric_modifier_scale(field->type.modifier);
        field->scale = field->scale < 0 ? 0 : field->scale > SCALE_MAX ? SCALE_MAX : field->scale;
        field->high = 1;
        for (int i = 0; i < field->scale; i++)
            field->high *= 10;
        field->step = field->high;
        /* numeric(2,2) ends below 1. */
        field->high -=
            field->type.modifier >= 0 && numeric_modifier_precision(field->type.modifier) <= field->scale;
        return OK;
    case TYPE_DATE:
        field->low = 7305; /* 2020 */
        field->high = 7305 + 365;
        return OK;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        field->low = 7305 * 86400 * second;
        field->high = (7305 + 366) * 86400 * second - 1;
        field->step = second;
        return OK;
    default:
        break;
    }
    Text name = {0};
    type_add_name(field->type, &name);
    error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "connector \"datagen\" cannot make values of type %s",
        text_string(&name));
    text_free(&name);
    return STATUS_FEATURE_NOT_SUPPORTED;
}

/* Without an end a sequence of whole numbers ends with its type. */
static void set_end(DataField *field) {
    bool is_up = field->step > 0;
    field->has_end = true;
    if (field->type.id == TYPE_INT2)
        field->high = is_up ? INT16_MAX : INT16_MIN;
    else if (field->type.id == TYPE_INT4)
        field->high = is_up ? INT32_MAX : INT32_MIN;
    else if (field->type.id == TYPE_INT8 || field->type.id == TYPE_TEXT || field->type.id == TYPE_VARCHAR)
        field->high = is_up ? INT64_MAX : INT64_MIN;
    else
        field->has_end = false;
}

static Status read_bounds(
    DataField *field, const ConnectorDefinition *definition, const char *column, Error *error) {
    const char *const *wrong = field->is_sequence ? (const char *const[]){"min", "max", "length", NULL}
                                                  : (const char *const[]){"start", "end", "step", NULL};
    for (int i = 0; wrong[i] != NULL; i++)
        if (field_option(definition, column, wrong[i]) != NULL)
            return error_set(error, STATUS_INVALID_PARAMETER_VALUE,
                "option \"fields.%s.%s\" does not go with kind \"%s\"", column, wrong[i],
                field->is_sequence ? "sequence" : "random");
    if (field->is_sequence) {
        bool is_day = field->type.id == TYPE_DATE || field->type.id == TYPE_TIMESTAMP ||
                      field->type.id == TYPE_TIMESTAMPTZ;
        field->low = is_day ? field->low : 0;
        field->has_end = field_option(definition, column, "end") != NULL;
        TRY(read_bound(field, definition, column, "start", &field->low, &field->float_low, error));
        TRY(read_bound(field, definition, column, "end", &field->high, &field->float_high, error));
        TRY(read_bound(field, definition, column, "step", &field->step, &field->float_step, error));
        if (is_float(field->type) ? field->float_step == 0 : field->step == 0)
            return refuse(column, "step", field_option(definition, column, "step"), "Anything but 0", error);
        if (!field->has_end)
            set_end(field);
        return OK;
    }
    TRY(read_bound(field, definition, column, "min", &field->low, &field->float_low, error));
    TRY(read_bound(field, definition, column, "max", &field->high, &field->float_high, error));
    if (is_float(field->type) ? field->float_low > field->float_high : field->low > field->high)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE,
            "option \"fields.%s.min\" is greater than its max", column);
    return OK;
}

static Status read_field(DataField *field, const ConnectorDefinition *definition, int index, Error *error) {
    const char *column = definition->columns.names[index];
    const char *kind = field_option(definition, column, "kind"),
               *length = field_option(definition, column, "length"),
               *seed = field_option(definition, column, "seed");
    int64_t number;
    field->type = definition->columns.types[index];
    TRY(set_defaults(field, error));
    field->seed = (uint64_t)index * 0xd1342543de82ef95u;
    if (kind != NULL && strcmp(kind, "sequence") != 0 && strcmp(kind, "random") != 0)
        return refuse(column, "kind", kind, "sequence or random", error);
    field->is_sequence = kind != NULL && strcmp(kind, "sequence") == 0;
    if (field->is_sequence && field->type.id == TYPE_BOOL)
        return refuse(column, "kind", kind, "For a boolean, random", error);
    if (length != NULL) {
        TRY(read_whole(column, "length", length, &number, error));
        if (number < 0 || number > LENGTH_MAX)
            return refuse(column, "length", length, "A length up to 1048576", error);
        field->length = (int)number;
    }
    if (seed != NULL) {
        TRY(read_whole(column, "seed", seed, &number, error));
        field->seed = (uint64_t)number * 0xaef17502108ef2d9u;
    }
    return read_bounds(field, definition, column, error);
}

static bool datagen_accepts(
    const ConnectorDefinition *definition, const char *name, const char *value, Error *error) {
    for (int c = 0; strncmp(name, "fields.", 7) == 0 && c < definition->columns.count; c++) {
        size_t length = strlen(definition->columns.names[c]);
        if (strncmp(name + 7, definition->columns.names[c], length) != 0 || name[7 + length] != '.')
            continue;
        for (int k = 0; keys[k] != NULL; k++)
            if (strcmp(name + 8 + length, keys[k]) == 0)
                return true;
    }
    return false;
}

static inline uint64_t word_of(const DataField *field, int64_t row, int word) {
    return random_mix(
        field->seed + (uint64_t)row * RANDOM_STEP + (uint64_t)word * UINT64_C(0xc2b2ae3d27d4eb4f));
}

static inline int64_t whole_at(const DataField *field, int64_t row) {
    if (field->is_sequence)
        return (int64_t)((uint64_t)field->low + (uint64_t)row * (uint64_t)field->step);
    uint64_t span = (uint64_t)field->high - (uint64_t)field->low;
    uint64_t word = word_of(field, row, 0);
    uint64_t within = span == UINT64_MAX ? word : (uint64_t)((unsigned __int128)word * (span + 1) >> 64);
    return (int64_t)((uint64_t)field->low + within);
}

static inline double real_at(const DataField *field, int64_t row) {
    if (field->is_sequence)
        return field->float_low + (double)row * field->float_step;
    return field->float_low +
           (field->float_high - field->float_low) * random_fraction(word_of(field, row, 0));
}

static void set_text(const DataField *field, int64_t row, Column *column, int at) {
    if (field->is_sequence) {
        char digits[24];
        column_set_bytes(column, at, digits,
            (uint32_t)snprintf(digits, sizeof digits, "%lld", (long long)whole_at(field, row)));
        return;
    }
    char inline_bytes[VIEW_INLINE_MAX];
    char *bytes =
        field->length <= VIEW_INLINE_MAX ? inline_bytes : column_store(column, (size_t)field->length);
    for (int i = 0; i < field->length; i += 8) {
        uint64_t word = word_of(field, row, i / 8);
        for (int c = i; c < i + 8 && c < field->length; c++, word >>= 8)
            bytes[c] = (char)('a' + ((word & 255) * 26 >> 8));
    }
    ((View *)column->values)[at] = view_of(bytes, (uint32_t)field->length);
}

static void set_value(const DataField *field, int64_t row, Column *column, int at) {
    switch ((Layout)column->layout) {
    case LAYOUT_BOOL:
        ((uint8_t *)column->values)[at] = (uint8_t)whole_at(field, row);
        break;
    case LAYOUT_INT2:
        ((int16_t *)column->values)[at] = (int16_t)whole_at(field, row);
        break;
    case LAYOUT_INT4:
        ((int32_t *)column->values)[at] = (int32_t)whole_at(field, row);
        break;
    case LAYOUT_INT8:
        ((int64_t *)column->values)[at] = whole_at(field, row);
        break;
    case LAYOUT_FLOAT4:
        ((float *)column->values)[at] = (float)real_at(field, row);
        break;
    case LAYOUT_FLOAT8:
        ((double *)column->values)[at] = real_at(field, row);
        break;
    case LAYOUT_NUMERIC:
        numeric_make_small(whole_at(field, row), field->scale, (Numeric *)column->values + at);
        break;
    case LAYOUT_INTERVAL:
        break;
    case LAYOUT_VIEW:
        set_text(field, row, column, at);
        break;
    }
}

static int64_t limit_of(DatagenReader *reader) {
    int64_t end = atomic_load(&reader->end);
    int64_t limit = end < reader->rows ? end : reader->rows;
    int64_t due = end == INT64_MAX ? pace_due(reader->pace) : INT64_MAX;
    return due < limit ? due : limit;
}

static Status datagen_read(SourceReader *base, int partition, int row_max, SourceRows *rows, Error *error) {
    DatagenReader *reader = (DatagenReader *)base;
    int64_t next = atomic_load(&reader->next), limit = limit_of(reader);
    int count = next >= limit ? 0 : limit - next < row_max ? (int)(limit - next) : row_max;
    count = count < BATCH_ROWS_MAX ? count : BATCH_ROWS_MAX;
    if (count > 0) {
        Column *columns[reader->field_count + 1];
        for (int c = 0; c < reader->field_count; c++) {
            columns[c] = column_create(reader->fields[c].type, count);
            for (int i = 0; i < count; i++)
                set_value(&reader->fields[c], next + i, columns[c], i);
        }
        rows->batch = batch_create(count, reader->field_count, columns);
    }
    next += count;
    atomic_store(&reader->next, next);
    rows->next_offset = next;
    rows->is_finished = next >= reader->rows;
    rows->is_at_end = next >= limit;
    return OK;
}

static Status datagen_partition_count(SourceReader *base, int *count, Error *error) {
    *count = 1;
    return OK;
}

static Status datagen_start_offset(SourceReader *base, int partition, int64_t *offset, Error *error) {
    *offset = 0;
    return OK;
}

static Status datagen_assign(
    SourceReader *base, int partition, int64_t offset, int64_t end_offset, Error *error) {
    DatagenReader *reader = (DatagenReader *)base;
    atomic_store(&reader->next, offset);
    atomic_store(&reader->end, end_offset);
    if (end_offset == INT64_MAX)
        pace_start(reader->pace, offset);
    return OK;
}

static bool datagen_is_ready(SourceReader *base, int partition) {
    DatagenReader *reader = (DatagenReader *)base;
    int64_t next = atomic_load(&reader->next);
    return next < limit_of(reader) || next >= reader->rows;
}

static void datagen_close(SourceReader *base) {
    DatagenReader *reader = (DatagenReader *)base;
    pace_destroy(reader->pace);
    memory_free(reader->fields);
    memory_free(reader);
}

static const SourceType source_type = {
    .partition_count = datagen_partition_count,
    .start_offset = datagen_start_offset,
    .assign = datagen_assign,
    .read = datagen_read,
    .is_ready = datagen_is_ready,
    .close = datagen_close,
};

/* A sequence with an end ends the source. */
static int64_t rows_of(const DataField *field) {
    if (!field->is_sequence || !field->has_end)
        return INT64_MAX;
    if (is_float(field->type)) {
        double count = (field->float_high - field->float_low) / field->float_step;
        return count < 0 ? 0 : count > 9e18 ? INT64_MAX : (int64_t)count + 1;
    }
    __int128 way = (__int128)field->high - field->low, count = way / field->step;
    bool is_backwards = (way < 0) != (field->step < 0) && way != 0;
    return is_backwards ? 0 : count >= INT64_MAX ? INT64_MAX : (int64_t)count + 1;
}

static Status open_fields(DatagenReader *reader, const ConnectorDefinition *definition, Error *error) {
    reader->field_count = definition->columns.count;
    reader->fields = NEW_ARRAY(DataField, reader->field_count + 1);
    for (int i = 0; i < reader->field_count; i++) {
        if (definition->metadata != NULL && definition->metadata[i] != NULL)
            return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
                "connector \"datagen\" has no metadata column \"%s\"", definition->metadata[i]);
        TRY(read_field(&reader->fields[i], definition, i, error));
        int64_t rows = rows_of(&reader->fields[i]);
        reader->rows = rows < reader->rows ? rows : reader->rows;
    }
    return OK;
}

static Status datagen_open_source(const ConnectorDefinition *definition, SourceReader **out, Error *error) {
    DatagenReader *reader = NEW(DatagenReader);
    reader->base.type = &source_type;
    int64_t rows = connector_int(definition, "rows");
    reader->rows = rows == 0 ? INT64_MAX : rows;
    reader->pace = pace_create(connector_float(definition, "rows_per_second"), &reader->base);
    Status status = open_fields(reader, definition, error);
    if (status != OK)
        datagen_close(&reader->base);
    else
        *out = &reader->base;
    return status;
}

static const ConnectorOption options[] = {
    {"rows", OPTION_INT, "0", "how many rows there are; 0: endless, unless a sequence ends",
        .maximum = INT64_MAX, .others = (const char *const[]){"number-of-rows", NULL}},
    {"rows_per_second", OPTION_FLOAT, "0", "rows a second of wall time; 0: as fast as possible",
        .maximum = 1000000000000,
        .others = (const char *const[]){"rows-per-second", "datagen.rows.per.second", NULL}},
    {0},
};

const ConnectorType datagen_connector = {
    .name = "datagen",
    .rate_option = "rows_per_second",
    .options = options,
    .open_source = datagen_open_source,
    .accepts = datagen_accepts,
};
