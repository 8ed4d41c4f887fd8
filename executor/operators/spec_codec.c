/* The stored form of a plan. Parameters follow the fields of their operator's type; its version guards them.
 */
#include <string.h>

#include "executor/operators/operator.h"
#include "executor/types/definition.h"

/* Deeper than any plan; only corrupted bytes get there. */
enum { DEPTH_MAX = 2000 };

#define CORRUPTED(error) error_set((error), STATUS_DATA_CORRUPTED, "stored plan is damaged")

static void add_string(const char *string, Text *out) {
    text_add_u8(out, string != NULL);
    if (string != NULL)
        text_add_bytes(out, string, (uint32_t)strlen(string));
}

static void add_type(Type type, Text *out) {
    text_add_u8(out, type.id);
    text_add_u8(out, type.is_array);
    text_add_u32(out, (uint32_t)type.modifier);
    type_add_definition(type, out);
}

static void add_schema(const Schema *schema, Text *out) {
    text_add_u32(out, (uint32_t)schema->count);
    for (int i = 0; i < schema->count; i++) {
        add_string(schema->names == NULL ? NULL : schema->names[i], out);
        add_type(schema->types[i], out);
    }
}

static void add_ints(const int *list, int count, Text *out) {
    text_add_u32(out, (uint32_t)count);
    for (int i = 0; i < count; i++)
        text_add_u32(out, (uint32_t)list[i]);
}

static void add_sort_keys(const SortKey *keys, int count, Text *out) {
    text_add_u32(out, (uint32_t)count);
    for (int i = 0; i < count; i++) {
        text_add_u32(out, (uint32_t)keys[i].column);
        text_add_u8(out, (uint8_t)(keys[i].is_descending | keys[i].is_nulls_first << 1));
    }
}

static void add_aggregates(const AggregateSpec *calls, int count, Text *out) {
    text_add_u32(out, (uint32_t)count);
    for (int i = 0; i < count; i++) {
        add_string(calls[i].aggregate->signature, out);
        add_ints(calls[i].arguments, calls[i].argument_count, out);
        text_add_u32(out, (uint32_t)calls[i].filter);
        text_add_u8(out, calls[i].is_distinct);
        add_sort_keys(calls[i].order, calls[i].order_count, out);
        add_type(calls[i].result_type, out);
    }
}

static void add_expressions(Expression *const *list, int count, Text *out) {
    text_add_u32(out, (uint32_t)count);
    for (int i = 0; i < count; i++)
        expression_encode(list[i], out);
}

static void add_strings(const char *const *list, int count, Text *out) {
    text_add_u32(out, (uint32_t)count);
    for (int i = 0; i < count; i++)
        add_string(list[i], out);
}

static void add_optional(const Expression *expression, Text *out) {
    text_add_u8(out, expression != NULL);
    if (expression != NULL)
        expression_encode(expression, out);
}

#define MEMBER(type) (*(type const *)(parameters + field->offset))
#define COUNT        (*(const int *)(parameters + field->count_offset))

static void add_field(const Field *field, const char *parameters, Text *out) {
    switch (field->kind) {
    case FIELD_END:
        break;
    case FIELD_BOOL:
        text_add_u8(out, MEMBER(bool));
        break;
    case FIELD_INT:
    case FIELD_ENUM:
    case FIELD_COLUMN:
        text_add_u32(out, (uint32_t)MEMBER(int));
        break;
    case FIELD_INT8:
    case FIELD_DURATION:
        text_add_u64(out, (uint64_t)MEMBER(int64_t));
        break;
    case FIELD_TEXT:
        add_string(MEMBER(char *), out);
        break;
    case FIELD_TYPE:
        add_type(MEMBER(Type), out);
        break;
    case FIELD_COLUMNS:
        add_ints(MEMBER(int *), COUNT, out);
        break;
    case FIELD_EXPRESSION:
        add_optional(MEMBER(Expression *), out);
        break;
    case FIELD_EXPRESSIONS:
        add_expressions(MEMBER(Expression **), COUNT, out);
        break;
    case FIELD_SORT_KEYS:
        add_sort_keys(MEMBER(SortKey *), COUNT, out);
        break;
    case FIELD_AGGREGATES:
        add_aggregates(MEMBER(AggregateSpec *), COUNT, out);
        break;
    case FIELD_SCHEMA:
        add_schema(&MEMBER(Schema), out);
        break;
    case FIELD_TEXTS:
        add_strings((const char *const *)MEMBER(char **), COUNT, out);
        break;
    }
}

static uint64_t double_bits(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void add_parameters(const OperatorSpec *spec, Text *out) {
    for (const Field *field = spec->type->fields; field != NULL && field->kind != FIELD_END; field++)
        add_field(field, spec->parameters, out);
}

void spec_encode(const OperatorSpec *spec, Text *out) {
    add_string(spec->type->name, out);
    text_add_u16(out, spec->type->version);
    text_add_u32(out, spec->id);
    add_schema(&spec->output, out);
    text_add_u8(out, spec->is_updating);
    for (int i = 0; i < spec->output.count; i++)
        text_add_u8(out, spec->has_watermark != NULL && spec->has_watermark[i]);
    text_add_u32(out, (uint32_t)spec->key_count);
    for (int i = 0; i < spec->key_count; i++)
        text_add_u32(out, (uint32_t)spec->key[i]);
    text_add_u64(out, double_bits(spec->row_estimate));
    text_add_u64(out, double_bits(spec->cost_estimate));
    text_add_u32(out, (uint32_t)spec->input_count);
    for (int i = 0; i < spec->input_count; i++)
        spec_encode(spec->inputs[i], out);
    add_parameters(spec, out);
}

bool spec_does_same(const OperatorSpec *a, const OperatorSpec *b) {
    if (a->type != b->type || a->input_count != b->input_count || a->output.count != b->output.count)
        return false;
    for (int i = 0; i < a->output.count; i++)
        if (!type_is_same(a->output.types[i], b->output.types[i]) ||
            spec_has_watermark(a, i) != spec_has_watermark(b, i))
            return false;
    Text a_bytes = {0}, b_bytes = {0};
    add_parameters(a, &a_bytes);
    add_parameters(b, &b_bytes);
    bool is_same = a_bytes.length == b_bytes.length &&
                   (a_bytes.length == 0 || memcmp(a_bytes.bytes, b_bytes.bytes, a_bytes.length) == 0);
    text_free(&a_bytes);
    text_free(&b_bytes);
    return is_same;
}

typedef struct Decoder {
    TextReader reader;
    Arena *arena;
    Error *error;
} Decoder;

/* A count of things that take at least one byte each. */
static Status read_count(Decoder *decoder, int *count) {
    uint32_t value = text_read_u32(&decoder->reader);
    if (decoder->reader.is_bad || value > (size_t)(decoder->reader.end - decoder->reader.cursor))
        return CORRUPTED(decoder->error);
    *count = (int)value;
    return OK;
}

static Status read_string(Decoder *decoder, const char **string) {
    *string = NULL;
    if (text_read_u8(&decoder->reader)) {
        uint32_t length;
        const char *bytes = text_read_bytes(&decoder->reader, &length);
        if (!decoder->reader.is_bad)
            *string = arena_copy(decoder->arena, length ? bytes : "", length);
    }
    return decoder->reader.is_bad ? CORRUPTED(decoder->error) : OK;
}

static Status read_type(Decoder *decoder, Type *type) {
    type->id = text_read_u8(&decoder->reader);
    type->is_array = text_read_u8(&decoder->reader) != 0;
    type->modifier = (int32_t)text_read_u32(&decoder->reader);
    if (type->id < TYPE_COUNT)
        type_read_definition(&decoder->reader, type);
    return decoder->reader.is_bad || type->id >= TYPE_COUNT ? CORRUPTED(decoder->error) : OK;
}

static Status read_schema(Decoder *decoder, Schema *schema) {
    TRY(read_count(decoder, &schema->count));
    schema->names = ARENA_ARRAY(decoder->arena, const char *, schema->count + 1);
    schema->types = ARENA_ARRAY(decoder->arena, Type, schema->count + 1);
    for (int i = 0; i < schema->count; i++) {
        TRY(read_string(decoder, &schema->names[i]));
        TRY(read_type(decoder, &schema->types[i]));
    }
    return OK;
}

static Status read_ints(Decoder *decoder, int **list, int *count) {
    TRY(read_count(decoder, count));
    *list = ARENA_ARRAY(decoder->arena, int, *count + 1);
    for (int i = 0; i < *count; i++)
        (*list)[i] = (int)text_read_u32(&decoder->reader);
    return decoder->reader.is_bad ? CORRUPTED(decoder->error) : OK;
}

static Status read_sort_keys(Decoder *decoder, SortKey **keys, int *count) {
    TRY(read_count(decoder, count));
    *keys = ARENA_ARRAY(decoder->arena, SortKey, *count + 1);
    for (int i = 0; i < *count; i++) {
        (*keys)[i].column = (int)text_read_u32(&decoder->reader);
        uint8_t bits = text_read_u8(&decoder->reader);
        (*keys)[i].is_descending = bits & 1;
        (*keys)[i].is_nulls_first = bits >> 1 & 1;
    }
    return decoder->reader.is_bad ? CORRUPTED(decoder->error) : OK;
}

static Status read_aggregate(Decoder *decoder, AggregateSpec *call) {
    const char *signature;
    TRY(read_string(decoder, &signature));
    if (signature == NULL)
        return CORRUPTED(decoder->error);
    call->aggregate = aggregate_by_signature(signature);
    if (call->aggregate == NULL)
        return error_set(
            decoder->error, STATUS_FEATURE_NOT_SUPPORTED, "this server has no aggregate %s", signature);
    TRY(read_ints(decoder, &call->arguments, &call->argument_count));
    call->filter = (int)text_read_u32(&decoder->reader);
    call->is_distinct = text_read_u8(&decoder->reader) != 0;
    TRY(read_sort_keys(decoder, &call->order, &call->order_count));
    return read_type(decoder, &call->result_type);
}

/* Counts the columns that a field may name; −1: any. */
static int column_limit(const OperatorSpec *spec, const Field *field) {
    if (field->input == INPUT_NONE || spec->input_count == 0)
        return -1;
    int count = 0;
    for (int i = 0; i < spec->input_count; i++)
        if (field->input == INPUT_ALL || field->input == i)
            count += spec->inputs[i]->output.count;
    return count;
}

static bool column_is_in(int column, int limit) {
    return limit < 0 || (column >= -1 && column < limit);
}

static bool expression_is_in(const Expression *expression, int limit) {
    if (expression->kind == EXPRESSION_COLUMN && !column_is_in(expression->column, limit))
        return false;
    for (int i = 0; i < expression->argument_count; i++)
        if (!expression_is_in(expression->arguments[i], limit))
            return false;
    return true;
}

static Status read_expression(Decoder *decoder, int limit, Expression **expression) {
    TRY(expression_decode(&decoder->reader, decoder->arena, expression, decoder->error));
    return expression_is_in(*expression, limit) ? OK : CORRUPTED(decoder->error);
}

static Status read_enum(Decoder *decoder, const Field *field, int *member) {
    *member = (int)text_read_u32(&decoder->reader);
    int count = 0;
    while (field->enum_names[count] != NULL)
        count++;
    return *member < 0 || *member >= count ? CORRUPTED(decoder->error) : OK;
}

static Status read_columns(Decoder *decoder, int limit, int **list, int *count) {
    TRY(read_ints(decoder, list, count));
    for (int i = 0; i < *count; i++)
        if (!column_is_in((*list)[i], limit))
            return CORRUPTED(decoder->error);
    return OK;
}

static Status read_expressions(Decoder *decoder, int limit, Expression ***list, int *count) {
    TRY(read_count(decoder, count));
    *list = ARENA_ARRAY(decoder->arena, Expression *, *count + 1);
    for (int i = 0; i < *count; i++)
        TRY(read_expression(decoder, limit, &(*list)[i]));
    return OK;
}

static Status read_aggregates(Decoder *decoder, int limit, AggregateSpec **list, int *count) {
    TRY(read_count(decoder, count));
    *list = ARENA_ARRAY(decoder->arena, AggregateSpec, *count + 1);
    for (int i = 0; i < *count; i++) {
        AggregateSpec *call = &(*list)[i];
        TRY(read_aggregate(decoder, call));
        bool is_in = column_is_in(call->filter, limit);
        for (int a = 0; a < call->argument_count; a++)
            is_in &= column_is_in(call->arguments[a], limit);
        for (int k = 0; k < call->order_count; k++)
            is_in &= column_is_in(call->order[k].column, limit);
        if (!is_in)
            return CORRUPTED(decoder->error);
    }
    return OK;
}

static Status read_field(Decoder *decoder, const OperatorSpec *spec, const Field *field) {
    char *member = (char *)spec->parameters + field->offset;
    int *count = (int *)((char *)spec->parameters + field->count_offset), limit = column_limit(spec, field);
    switch (field->kind) {
    case FIELD_END:
        break;
    case FIELD_BOOL:
        *(bool *)member = text_read_u8(&decoder->reader) != 0;
        break;
    case FIELD_INT:
        *(int *)member = (int)text_read_u32(&decoder->reader);
        break;
    case FIELD_INT8:
    case FIELD_DURATION:
        *(int64_t *)member = (int64_t)text_read_u64(&decoder->reader);
        break;
    case FIELD_TEXT:
        return read_string(decoder, (const char **)member);
    case FIELD_ENUM:
        return read_enum(decoder, field, (int *)member);
    case FIELD_TYPE:
        return read_type(decoder, (Type *)member);
    case FIELD_COLUMN:
        *(int *)member = (int)text_read_u32(&decoder->reader);
        if (!column_is_in(*(int *)member, limit))
            return CORRUPTED(decoder->error);
        break;
    case FIELD_COLUMNS:
        return read_columns(decoder, limit, (int **)member, count);
    case FIELD_EXPRESSION:
        if (text_read_u8(&decoder->reader))
            return read_expression(decoder, limit, (Expression **)member);
        break;
    case FIELD_EXPRESSIONS:
        return read_expressions(decoder, limit, (Expression ***)member, count);
    case FIELD_SORT_KEYS:
        TRY(read_sort_keys(decoder, (SortKey **)member, count));
        for (int i = 0; i < *count; i++)
            if (!column_is_in((*(SortKey **)member)[i].column, limit))
                return CORRUPTED(decoder->error);
        break;
    case FIELD_AGGREGATES:
        return read_aggregates(decoder, limit, (AggregateSpec **)member, count);
    case FIELD_SCHEMA:
        return read_schema(decoder, (Schema *)member);
    case FIELD_TEXTS:
        TRY(read_count(decoder, count));
        *(const char ***)member = ARENA_ARRAY(decoder->arena, const char *, *count + 1);
        for (int i = 0; i < *count; i++)
            TRY(read_string(decoder, &(*(const char ***)member)[i]));
        break;
    }
    return OK;
}

static double bits_double(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Output schema and the properties proven of it. */
static Status read_output(Decoder *decoder, OperatorSpec *spec) {
    TextReader *reader = &decoder->reader;
    TRY(read_schema(decoder, &spec->output));
    spec->is_updating = text_read_u8(reader) != 0;
    spec->has_watermark = ARENA_ARRAY(decoder->arena, bool, spec->output.count + 1);
    for (int i = 0; i < spec->output.count; i++)
        spec->has_watermark[i] = text_read_u8(reader) != 0;
    spec->key_count = (int)text_read_u32(reader);
    if (spec->key_count < -1 || spec->key_count > spec->output.count)
        return CORRUPTED(decoder->error);
    spec->key = ARENA_ARRAY(decoder->arena, int, spec->key_count + 1);
    for (int i = 0; i < spec->key_count; i++) {
        spec->key[i] = (int)text_read_u32(reader);
        if (spec->key[i] < 0 || spec->key[i] >= spec->output.count)
            return CORRUPTED(decoder->error);
    }
    spec->row_estimate = bits_double(text_read_u64(reader));
    spec->cost_estimate = bits_double(text_read_u64(reader));
    return reader->is_bad ? CORRUPTED(decoder->error) : OK;
}

static Status read_spec(Decoder *decoder, int depth, OperatorSpec **out) {
    const char *name;
    TRY(read_string(decoder, &name));
    if (name == NULL || depth > DEPTH_MAX)
        return CORRUPTED(decoder->error);
    const OperatorType *type = operator_type_by_name(name);
    if (type == NULL)
        return error_set(
            decoder->error, STATUS_FEATURE_NOT_SUPPORTED, "this server has no operator \"%s\"", name);
    uint16_t version = text_read_u16(&decoder->reader);
    if (version != type->version)
        return error_set(decoder->error, STATUS_FEATURE_NOT_SUPPORTED,
            "stored plan has version %d of operator \"%s\", this server has version %d", version, name,
            type->version);
    OperatorSpec *spec = spec_create(decoder->arena, type, 0);
    spec->id = text_read_u32(&decoder->reader);
    TRY(read_output(decoder, spec));
    TRY(read_count(decoder, &spec->input_count));
    spec->inputs = ARENA_ARRAY(decoder->arena, OperatorSpec *, spec->input_count + 1);
    for (int i = 0; i < spec->input_count; i++)
        TRY(read_spec(decoder, depth + 1, &spec->inputs[i]));
    for (const Field *field = type->fields; field != NULL && field->kind != FIELD_END; field++)
        TRY(read_field(decoder, spec, field));
    *out = spec;
    return decoder->reader.is_bad ? CORRUPTED(decoder->error) : OK;
}

Status spec_decode(const char *bytes, size_t length, Arena *arena, OperatorSpec **root, Error *error) {
    Decoder decoder = {.reader = {.cursor = bytes, .end = bytes + length}, .arena = arena, .error = error};
    TRY(read_spec(&decoder, 0, root));
    return decoder.reader.cursor == decoder.reader.end ? OK : CORRUPTED(error);
}
