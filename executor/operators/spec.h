/* OperatorSpec: the physical plan, made by the planner, stored in the catalog, executed verbatim. */
#ifndef LEAT_OPERATORS_SPEC_H
#define LEAT_OPERATORS_SPEC_H

#include "executor/expressions/expression.h"
#include "executor/functions/aggregate.h"

typedef struct Schema {
    int count;
    const char **names;
    Type *types;
} Schema;

typedef struct OperatorType OperatorType;
typedef struct OperatorSpec OperatorSpec;

struct OperatorSpec {
    const OperatorType *type;
    uint32_t id;      /* number in the plan, preorder from 1: names its state */
    void *parameters; /* the struct that type->fields describes */
    int input_count;
    OperatorSpec **inputs;
    Schema output;
    bool is_updating;    /* the output may hold retractions; else append-only */
    bool *has_watermark; /* by output column: proven to carry a watermark */
    int key_count; /* proven unique key of the output (0 with is_single_row: at most one row); -1 = none */
    int *key;
    double row_estimate;   /* rows per second for streams, rows for stored data */
    double cost_estimate;  /* of the subtree */
    double width_estimate; /* bytes of a row; 0: by its types (it is not stored) */
};

typedef struct AggregateSpec {
    const Aggregate *aggregate;
    int argument_count;
    int *arguments; /* input columns */
    int filter;     /* boolean input column, or -1 */
    bool is_distinct;
    int order_count; /* ORDER BY inside the call: only for AGGREGATE_VALUES */
    SortKey *order;
    Type result_type;
} AggregateSpec;

/* Parameter structs are described by fields, from which storing, loading and EXPLAIN derive. A list field is
   a pointer whose count is the int member named by count_offset. */
typedef enum FieldKind {
    FIELD_END,
    FIELD_BOOL,        /* bool */
    FIELD_INT,         /* int */
    FIELD_INT8,        /* int64_t */
    FIELD_DURATION,    /* int64_t, microseconds */
    FIELD_TEXT,        /* const char *, may be NULL */
    FIELD_ENUM,        /* int with names */
    FIELD_TYPE,        /* Type */
    FIELD_COLUMN,      /* int, an input column or -1 */
    FIELD_COLUMNS,     /* int * */
    FIELD_EXPRESSION,  /* Expression *, may be NULL */
    FIELD_EXPRESSIONS, /* Expression ** */
    FIELD_SORT_KEYS,   /* SortKey * */
    FIELD_AGGREGATES,  /* AggregateSpec * */
    FIELD_SCHEMA,      /* Schema */
    FIELD_TEXTS        /* const char ** */
} FieldKind;

/* Field.input: columns of all inputs, one after the other; no input's columns (a stored object's columns,
   plain numbers). */
enum { INPUT_ALL = -1, INPUT_NONE = -2 };

/* In EXPLAIN an enumeration stands in parentheses, all else as "label: value"; what has no value (false, 0,
   -1, NULL, an empty list) is left out. */
typedef struct Field {
    const char *name; /* as EXPLAIN prints it; NULL: not shown */
    FieldKind kind;
    size_t offset;
    size_t count_offset;
    const char *const *enum_names; /* FIELD_ENUM, ends with NULL */
    int input;                     /* whose columns it means: an input's number, INPUT_ALL or INPUT_NONE */
} Field;

#define FIELD(kind, struct_type, member, label) FIELD_OF(0, kind, struct_type, member, label)
#define FIELD_OF(input_, kind_, struct_type, member, label) \
    { .name = (label), .kind = FIELD_##kind_, .offset = offsetof(struct_type, member), .input = (input_) }
#define FIELD_LIST(kind, struct_type, member, count, label) \
    FIELD_LIST_OF(0, kind, struct_type, member, count, label)
#define FIELD_LIST_OF(input_, kind_, struct_type, member, count, label)                  \
    {                                                                                    \
        .name = (label), .kind = FIELD_##kind_, .offset = offsetof(struct_type, member), \
        .count_offset = offsetof(struct_type, count), .input = (input_)                  \
    }
#define FIELD_NAMED(struct_type, member, names) \
    { .name = "", .kind = FIELD_ENUM, .offset = offsetof(struct_type, member), .enum_names = (names) }
#define FIELDS_END \
    { .kind = FIELD_END }

static inline bool spec_has_watermark(const OperatorSpec *spec, int column) {
    return spec->has_watermark != NULL && spec->has_watermark[column];
}

/* A spec without inputs set; parameters zeroed with room for the type's struct. */
OperatorSpec *spec_create(Arena *arena, const OperatorType *type, int input_count);
/* Numbers the tree in preorder from 1. */
void spec_number(OperatorSpec *root);
/* Stored form; spec_decode gives DATA_CORRUPTED, or 0A000 naming an operator or function that this binary
   does not have. */
void spec_encode(const OperatorSpec *root, Text *out);
/* Whether both compute the same of the same inputs: type, parameters, output types. The inputs themselves are
   not compared. */
bool spec_does_same(const OperatorSpec *a, const OperatorSpec *b);
Status spec_decode(const char *bytes, size_t length, Arena *arena, OperatorSpec **root, Error *error);
/* One operator's EXPLAIN line without children: "HashJoin (left) keys: a = b". */
void spec_add_text(const OperatorSpec *spec, Text *out);

#endif
