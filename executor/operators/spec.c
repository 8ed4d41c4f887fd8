/* Operator specs: made, numbered, and printed for EXPLAIN. */
#include <string.h>

#include "executor/base/memory.h"
#include "executor/operators/operator.h"

OperatorSpec *spec_create(Arena *arena, const OperatorType *type, int input_count) {
    OperatorSpec *spec = ARENA_NEW(arena, OperatorSpec);
    spec->type = type;
    spec->parameters = arena_allocate(arena, type->parameters_size);
    spec->input_count = input_count;
    spec->inputs = input_count == 0 ? NULL : ARENA_ARRAY(arena, OperatorSpec *, input_count);
    spec->key_count = -1;
    return spec;
}

static void number(OperatorSpec *spec, uint32_t *next) {
    spec->id = (*next)++;
    for (int i = 0; i < spec->input_count; i++)
        number(spec->inputs[i], next);
}

void spec_number(OperatorSpec *root) {
    uint32_t next = 1;
    number(root, &next);
}

/* The names that a field's columns go by; the caller frees the array. */
static const char **field_names(const OperatorSpec *spec, const Field *field, int *count) {
    int first = field->input == INPUT_ALL ? 0 : field->input,
        last = field->input == INPUT_ALL ? spec->input_count - 1 : field->input;
    *count = 0;
    if (first < 0 || last >= spec->input_count)
        return NULL;
    for (int i = first; i <= last; i++)
        *count += spec->inputs[i]->output.count;
    const char **names = NEW_ARRAY(const char *, *count + 1);
    int at = 0;
    for (int i = first; i <= last; i++)
        for (int c = 0; c < spec->inputs[i]->output.count; c++)
            names[at++] = spec->inputs[i]->output.names == NULL ? NULL : spec->inputs[i]->output.names[c];
    return names;
}

typedef struct Names {
    const char **names;
    int count;
} Names;

static void add_column(const Names *names, int column, Text *out) {
    if (column >= 0 && column < names->count && names->names[column] != NULL)
        text_add_string(out, names->names[column]);
    else
        text_printf(out, "$%d", column);
}

static void add_sort_keys(const Names *names, const SortKey *keys, int count, Text *out) {
    for (int i = 0; i < count; i++) {
        text_add_string(out, i == 0 ? "" : ", ");
        add_column(names, keys[i].column, out);
        text_add_string(out, keys[i].is_descending ? " DESC" : "");
        if (keys[i].is_nulls_first != keys[i].is_descending)
            text_add_string(out, keys[i].is_nulls_first ? " NULLS FIRST" : " NULLS LAST");
    }
}

static void add_aggregate(const Names *names, const AggregateSpec *call, Text *out) {
    const char *signature = call->aggregate->signature;
    text_add(out, signature, strcspn(signature, "("));
    text_add_string(out, call->is_distinct ? "(DISTINCT " : "(");
    for (int i = 0; i < call->argument_count; i++) {
        text_add_string(out, i == 0 ? "" : ", ");
        add_column(names, call->arguments[i], out);
    }
    if (call->argument_count == 0)
        text_add_char(out, '*');
    if (call->order_count > 0) {
        text_add_string(out, " ORDER BY ");
        add_sort_keys(names, call->order, call->order_count, out);
    }
    text_add_char(out, ')');
    if (call->filter >= 0) {
        text_add_string(out, " FILTER (WHERE ");
        add_column(names, call->filter, out);
        text_add_char(out, ')');
    }
}

static void add_schema(const Schema *schema, Text *out) {
    for (int i = 0; i < schema->count; i++) {
        text_printf(out, "%s%s ", i == 0 ? "(" : ", ", schema->names[i]);
        type_add_name(schema->types[i], out);
    }
    text_add_char(out, ')');
}

static void add_duration(int64_t microseconds, Text *out) {
    Interval interval = {.microseconds = microseconds};
    datum_format(type_of(TYPE_INTERVAL), &interval, &type_settings_default, out);
}

static int list_count(const Field *field, const char *parameters) {
    int count;
    memcpy(&count, parameters + field->count_offset, sizeof count);
    return count;
}

static void add_list(const Field *field, const Names *names, const char *parameters, Text *out) {
    void *list = *(void *const *)(parameters + field->offset);
    int count = list_count(field, parameters);
    if (field->kind == FIELD_SORT_KEYS) {
        add_sort_keys(names, list, count, out);
        return;
    }
    for (int i = 0; i < count; i++) {
        text_add_string(out, i == 0 ? "" : ", ");
        if (field->kind == FIELD_COLUMNS)
            add_column(names, ((int *)list)[i], out);
        else if (field->kind == FIELD_EXPRESSIONS)
            expression_add_text(((Expression **)list)[i], names->names, out);
        else if (field->kind == FIELD_AGGREGATES)
            add_aggregate(names, &((AggregateSpec *)list)[i], out);
        else
            text_add_string(out, ((const char **)list)[i]);
    }
}

/* Whether the field has a value that is worth showing. */
static bool field_is_set(const Field *field, const char *parameters) {
    const char *member = parameters + field->offset;
    switch (field->kind) {
    case FIELD_BOOL:
        return *(const bool *)member;
    case FIELD_INT:
        return *(const int *)member != 0 && *(const int *)member != -1;
    case FIELD_INT8:
    case FIELD_DURATION:
        return *(const int64_t *)member != 0 && *(const int64_t *)member != -1;
    case FIELD_TEXT:
    case FIELD_EXPRESSION:
        return *(const void *const *)member != NULL;
    case FIELD_COLUMN:
        return *(const int *)member >= 0;
    case FIELD_ENUM:
    case FIELD_TYPE:
        return true;
    case FIELD_SCHEMA:
        return ((const Schema *)member)->count > 0;
    case FIELD_COLUMNS:
    case FIELD_EXPRESSIONS:
    case FIELD_SORT_KEYS:
    case FIELD_AGGREGATES:
    case FIELD_TEXTS:
        return list_count(field, parameters) > 0;
    case FIELD_END:
        break;
    }
    return false;
}

static void add_field_value(const Field *field, const Names *names, const char *parameters, Text *out) {
    const char *member = parameters + field->offset;
    switch (field->kind) {
    case FIELD_BOOL:
        text_add_string(out, "yes");
        break;
    case FIELD_INT:
        text_printf(out, "%d", *(const int *)member);
        break;
    case FIELD_INT8:
        text_printf(out, "%lld", (long long)*(const int64_t *)member);
        break;
    case FIELD_DURATION:
        add_duration(*(const int64_t *)member, out);
        break;
    case FIELD_TEXT:
        text_add_string(out, *(const char *const *)member);
        break;
    case FIELD_ENUM:
        text_add_string(out, field->enum_names[*(const int *)member]);
        break;
    case FIELD_TYPE:
        type_add_name(*(const Type *)member, out);
        break;
    case FIELD_COLUMN:
        add_column(names, *(const int *)member, out);
        break;
    case FIELD_EXPRESSION:
        expression_add_text(*(Expression *const *)member, names->names, out);
        break;
    case FIELD_SCHEMA:
        add_schema((const Schema *)member, out);
        break;
    case FIELD_COLUMNS:
    case FIELD_EXPRESSIONS:
    case FIELD_SORT_KEYS:
    case FIELD_AGGREGATES:
    case FIELD_TEXTS:
        add_list(field, names, parameters, out);
        break;
    case FIELD_END:
        break;
    }
}

void spec_add_text(const OperatorSpec *spec, Text *out) {
    const OperatorType *type = spec->type;
    text_add_string(out, type->label == NULL ? type->name : type->label(spec->parameters));
    for (const Field *field = type->fields; field != NULL && field->kind != FIELD_END; field++) {
        if (field->name == NULL || !field_is_set(field, spec->parameters))
            continue;
        Names names;
        names.names = field_names(spec, field, &names.count);
        if (field->kind == FIELD_ENUM)
            text_add_string(out, " (");
        else if (field->name[0] == 0)
            text_add_char(out, ' ');
        else if (field->kind == FIELD_BOOL)
            text_printf(out, " %s", field->name);
        else
            text_printf(out, " %s: ", field->name);
        if (field->kind != FIELD_BOOL)
            add_field_value(field, &names, spec->parameters, out);
        if (field->kind == FIELD_ENUM)
            text_add_char(out, ')');
        memory_free(names.names);
    }
}
