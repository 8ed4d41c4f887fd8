/* Function: a kernel under a SQL signature; the registry that the binder looks up. Operators are functions
   named by their symbol, casts are "cast". */
#ifndef LEAT_FUNCTIONS_FUNCTION_H
#define LEAT_FUNCTIONS_FUNCTION_H

#include "executor/batch/column.h"

/* What a statement brings along from its session. */
typedef struct SessionContext {
    /* What $1, $2, … stand for, in the types it was planned with; NULL: it has none, or is being planned. */
    const Value *parameters;
    const void *facts; /* for the functions that the host has added */
} SessionContext;

/* One evaluation over one batch. */
typedef struct KernelContext {
    const TypeSettings *settings;
    Arena *scratch;        /* reset after the batch */
    const uint64_t *nulls; /* strict kernels: the result's null bits (union of the arguments'), NULL = none; a
                              failure under a set bit is ignored */
    struct RowErrors *errors;
    void **cache; /* one pointer a call site, NULL at first, kept between batches (a compiled regex, a parsed
                     format); freed by cache_free */
    void (**cache_free)(void *cache);
    Type result_type;              /* with modifier */
    const SessionContext *session; /* NULL inside views */
} KernelContext;

/* Rows of one batch whose expression failed; the first failure of a row counts. */
typedef struct RowError {
    int row;
    Status status;
    const char *message; /* in the arena of the RowErrors */
} RowError;
typedef struct RowErrors {
    Arena *arena;
    RowError *rows;
    int count;
    int capacity;
} RowErrors;

void row_errors_add(RowErrors *errors, int row, Status status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void row_errors_free(RowErrors *errors);

/* Marks a row as failed; its result is then ignored. Nothing happens for a row that is NULL anyway. */
#define KERNEL_FAIL(context, row, status, ...)                                             \
    do {                                                                                   \
        if ((context)->nulls == NULL || !((context)->nulls[(row) >> 6] >> ((row)&63) & 1)) \
            row_errors_add((context)->errors, (row), (status), __VA_ARGS__);               \
    } while (0)

/* Fills result->values[0 … row_count). Arguments may be constant columns (index through KERNEL_AT or
   column_at). Strict functions find null bits already made and zero bytes under null arguments, and must
   tolerate those; they may set further nulls (column_set_null). Non-strict ones set result->nulls themselves.
   Heap bytes of the result come from column_store(result, n) or are the argument's own after
   column_keep_buffers_of(result, argument). All arguments constant: the caller passes row_count 1. */
typedef void (*Kernel)(KernelContext *context, int row_count, const Column *const *arguments,
    int argument_count, Column *result);

enum {
    FUNCTION_NOT_STRICT = 1,        /* called with NULL arguments */
    FUNCTION_STABLE = 2,            /* depends on settings or now */
    FUNCTION_VOLATILE = 4,          /* random(), clock_timestamp() */
    FUNCTION_MONOTONE = 8,          /* never decreasing in its first argument while the others are constant: a
                                       watermark passes through */
    FUNCTION_CAST_IMPLICIT = 16,    /* cast used everywhere */
    FUNCTION_CAST_ASSIGNMENT = 32,  /* cast used on assignment and explicitly; neither bit: explicitly only */
    FUNCTION_CATALOG = 64,          /* asks the session or the catalog: not in views */
    FUNCTION_MONOTONE_SECOND = 128, /* as FUNCTION_MONOTONE, in the second argument: date_trunc('hour', t) */
    FUNCTION_MONOTONE_SHORT = 256, /* with a monotone bit: only while the interval argument has no months and,
                                      beside a timestamptz, no days */
    FUNCTION_CLOCK = 512,          /* the transaction's time; in a continuous query the step's */
    FUNCTION_WAITS = 1024,         /* may wait for a time or a commit: pg_sleep, nextval */
};

/* What a function says that planning must know, whatever its name; of most nothing. */
typedef enum FunctionMeaning {
    MEANING_NONE,
    MEANING_EQUAL,
    MEANING_NOT_EQUAL,
    MEANING_LESS,
    MEANING_LESS_OR_EQUAL,
    MEANING_GREATER,
    MEANING_GREATER_OR_EQUAL,
    MEANING_SAME, /* equal, also of types without an operator for it */
    MEANING_PLUS,
    MEANING_MINUS,
    MEANING_REMAINDER,
    MEANING_LIKE, /* a text fits a pattern: LIKE, ~ */
    MEANING_UNLIKE,
    MEANING_AT_ZONE,         /* a moment's local time in a zone, and the moment of a local time */
    MEANING_PROCESSING_TIME, /* proctime() */
    MEANING_OVERLAPS,        /* of two periods */
    MEANING_RECORD,          /* a record of its arguments */
    MEANING_POPULATE_RECORD, /* rows of the type of its first argument, out of JSON */
    MEANING_SERIES,          /* a set: from, to, step */
    MEANING_ELEMENTS,        /* a set: those of an array */
    MEANING_COUNT
} FunctionMeaning;

/* "substr(text, int4) -> text"; types by pg name, "int4[]" an array, "anyelement"/"anyarray" polymorphic,
   "any..." at the end variadic, "text..." a variadic of texts; "+(int4, int4) -> int4"; unary "-(int4) ->
   int4"; "cast(int4) -> int8"; SQL set-returning: "setof int4". */
typedef struct FunctionRow {
    const char *signature;
    Kernel kernel;
    int flags;
    FunctionMeaning meaning;
} FunctionRow;

/* A family file ends with `const FunctionRow <family>_functions[] = {…, {0}};` and has a line
   FAMILY(<family>) in families.def. */

typedef struct Function {
    const char *name;
    const char *signature; /* the identity that plans store */
    Kernel kernel;
    int flags;
    Type result;
    bool is_set;      /* setof */
    bool is_variadic; /* the last argument type repeats, zero or more times */
    int argument_count;
    Type arguments[8];
    FunctionMeaning meaning;
} Function;

/* Every function of that name (exact, lower case), an array in the registry; *count 0 when there is none.
   Thread-safe after functions_start. */
const Function *const *functions_named(const char *name, int *count);
/* Every function of that meaning, likewise. */
const Function *const *functions_meaning(FunctionMeaning meaning, int *count);
/* The one of exactly these two argument types; NULL when there is none. */
const Function *function_meaning(FunctionMeaning meaning, Type first, Type second);
/* By stored signature; NULL when this binary has none such. */
const Function *function_by_signature(const char *signature);
/* The cast from one type to the other, whatever context it is allowed in; NULL when there is none. */
const Function *function_cast(Type from, Type to);
/* All functions, for pg_proc. */
const Function *const *functions_all(int *count);
/* Functions of one owner; NULL ends each list. */
typedef struct FunctionLibrary {
    const FunctionRow *const *families;
    const struct SetFunction *const *sets;
} FunctionLibrary;
/* Adds the host's to the executor's own: one library, before functions_start and every look-up. */
void functions_add(const FunctionLibrary *library);
/* Builds the registry; idempotent; call once before threads start. */
void functions_start(void);

#endif
