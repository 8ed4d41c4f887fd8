/* The registry: rows of all function families, aggregates and set functions, parsed once and sorted by name.
 */
#include "executor/functions/function.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "executor/base/log.h"
#include "executor/base/memory.h"
#include "executor/functions/aggregate.h"
#include "executor/functions/set.h"

#define FAMILY(folder, name) extern const FunctionRow name##_functions[];
#define AGGREGATES(name)     extern const Aggregate name##_aggregates[];
#define SETS(name)           extern const SetFunction name##_sets[];
#include "executor/functions/families.def"

static const FunctionRow *const families[] = {
#define FAMILY(folder, name) name##_functions,
#include "executor/functions/families.def"
    NULL,
};

static const Aggregate *const aggregates[] = {
#define AGGREGATES(name) name##_aggregates,
#include "executor/functions/families.def"
};

static const SetFunction *const sets[] = {
#define SETS(name) name##_sets,
#include "executor/functions/families.def"
    NULL,
};

static const FunctionLibrary own = {families, sets};

typedef struct Entry {
    Function function;
    const Aggregate *aggregate; /* NULL: it is none */
    const SetFunction *set;     /* likewise */
} Entry;

/* Written by functions_add, then by build_registry under pthread_once. */
static struct {
    pthread_once_t once;
    Arena *arena;
    const Function **by_name; /* within a name, in the order of the families */
    const Function **by_signature;
    const Function **by_meaning;     /* within a meaning as in by_name */
    int meanings[MEANING_COUNT + 1]; /* where each begins */
    int count;
    const Function *casts[TYPE_COUNT][TYPE_COUNT];
    const FunctionLibrary *added; /* NULL: none is */
} registry = {.once = PTHREAD_ONCE_INIT};

/* "int4", "int4[]": from text to end. */
static Type parse_type(const char *text, const char *end, const char *signature) {
    bool is_array = end - text > 2 && end[-1] == ']';
    char name[64];
    size_t length = (size_t)(end - text) - (is_array ? 2 : 0);
    assert(length < sizeof name);
    memcpy(name, text, length);
    name[length] = 0;
    TypeId id = type_by_name(name);
    if (id == TYPE_UNKNOWN && strcmp(name, "unknown") != 0) {
        log_error("function %s names the unknown type %s", signature, name);
        abort();
    }
    return is_array ? type_array_of(id) : type_of(id);
}

static void parse_arguments(Function *function, const char *cursor, const char *end) {
    while (cursor < end) {
        const char *stop = memchr(cursor, ',', (size_t)(end - cursor));
        if (stop == NULL)
            stop = end;
        const char *name_end = stop;
        if (name_end - cursor > 3 && memcmp(name_end - 3, "...", 3) == 0) {
            function->is_variadic = true;
            name_end -= 3;
        }
        assert(function->argument_count < (int)(sizeof function->arguments / sizeof *function->arguments));
        function->arguments[function->argument_count++] = parse_type(cursor, name_end, function->signature);
        cursor = stop + 1;
        while (cursor < end && *cursor == ' ')
            cursor++;
    }
}

static Entry *add_row(const FunctionRow *row) {
    Entry *entry = ARENA_NEW(registry.arena, Entry);
    Function *function = &entry->function;
    const char *open = strchr(row->signature, '('), *close = strrchr(row->signature, ')');
    assert(open != NULL && close != NULL && strncmp(close, ") -> ", 5) == 0);
    function->name = arena_copy(registry.arena, row->signature, (size_t)(open - row->signature));
    function->signature = row->signature;
    function->kernel = row->kernel;
    function->flags = row->flags;
    function->meaning = row->meaning;
    parse_arguments(function, open + 1, close);
    const char *result = close + 5;
    if (strncmp(result, "setof ", 6) == 0) {
        function->is_set = true;
        result += 6;
    }
    function->result = parse_type(result, result + strlen(result), row->signature);
    ARENA_APPEND(registry.arena, registry.by_name, registry.count, function);
    return entry;
}

static int order_by_name(const void *a, const void *b) {
    const Function *x = *(const Function *const *)a, *y = *(const Function *const *)b;
    return strcmp(x->name, y->name);
}

static int order_by_signature(const void *a, const void *b) {
    const Function *x = *(const Function *const *)a, *y = *(const Function *const *)b;
    return strcmp(x->signature, y->signature);
}

static void index_casts(void) {
    for (int i = 0; i < registry.count; i++) {
        const Function *function = registry.by_name[i];
        if (strcmp(function->name, "cast") == 0 && !function->arguments[0].is_array &&
            !function->result.is_array)
            registry.casts[function->arguments[0].id][function->result.id] = function;
    }
}

static void index_meanings(void) {
    registry.by_meaning = ARENA_ARRAY(registry.arena, const Function *, registry.count);
    int at = 0;
    for (int meaning = 0; meaning < MEANING_COUNT; meaning++) {
        registry.meanings[meaning] = at;
        for (int i = 0; i < registry.count; i++)
            if ((int)registry.by_name[i]->meaning == meaning)
                registry.by_meaning[at++] = registry.by_name[i];
    }
    registry.meanings[MEANING_COUNT] = at;
}

static void add_library(const FunctionLibrary *library) {
    for (const FunctionRow *const *family = library->families; *family != NULL; family++)
        for (const FunctionRow *row = *family; row->signature != NULL; row++)
            add_row(row);
    for (const SetFunction *const *list = library->sets; *list != NULL; list++)
        for (const SetFunction *set = *list; set->signature != NULL; set++)
            add_row(&(FunctionRow){set->signature, .meaning = set->meaning})->set = set;
}

static void build_registry(void) {
    registry.arena = arena_create();
    add_library(&own);
    if (registry.added != NULL)
        add_library(registry.added);
    for (size_t f = 0; f < sizeof aggregates / sizeof *aggregates; f++)
        for (const Aggregate *aggregate = aggregates[f]; aggregate->signature != NULL; aggregate++)
            add_row(&(FunctionRow){aggregate->signature, .flags = aggregate->flags})->aggregate = aggregate;
    size_t size = sizeof *registry.by_name * (size_t)registry.count;
    registry.by_signature = arena_allocate(registry.arena, size);
    memcpy(registry.by_signature, registry.by_name, size);
    /* glibc's qsort is a merge sort: stable. */
    qsort(registry.by_name, (size_t)registry.count, sizeof *registry.by_name, order_by_name);
    qsort(registry.by_signature, (size_t)registry.count, sizeof *registry.by_signature, order_by_signature);
    for (int i = 1; i < registry.count; i++)
        assert(strcmp(registry.by_signature[i - 1]->signature, registry.by_signature[i]->signature) != 0);
    index_casts();
    index_meanings();
}

void functions_add(const FunctionLibrary *library) {
    assert(registry.count == 0 || registry.added == library);
    registry.added = library;
}

void functions_start(void) {
    pthread_once(&registry.once, build_registry);
}

const Function *const *functions_named(const char *name, int *count) {
    functions_start();
    int low = 0, high = registry.count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (strcmp(registry.by_name[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    int end = low;
    while (end < registry.count && strcmp(registry.by_name[end]->name, name) == 0)
        end++;
    *count = end - low;
    return registry.by_name + low;
}

const Function *const *functions_meaning(FunctionMeaning meaning, int *count) {
    functions_start();
    *count = registry.meanings[meaning + 1] - registry.meanings[meaning];
    return registry.by_meaning + registry.meanings[meaning];
}

const Function *function_meaning(FunctionMeaning meaning, Type first, Type second) {
    int count;
    const Function *const *functions = functions_meaning(meaning, &count);
    for (int i = 0; i < count; i++)
        if (functions[i]->argument_count == 2 && type_is_same(functions[i]->arguments[0], first) &&
            type_is_same(functions[i]->arguments[1], second))
            return functions[i];
    return NULL;
}

const Function *function_by_signature(const char *signature) {
    functions_start();
    Function key = {.signature = signature};
    const Function *pointer = &key;
    const Function **found = bsearch(&pointer, registry.by_signature, (size_t)registry.count,
        sizeof *registry.by_signature, order_by_signature);
    return found == NULL ? NULL : *found;
}

const Aggregate *aggregate_by_signature(const char *signature) {
    const Function *function = function_by_signature(signature);
    return function == NULL ? NULL : ((const Entry *)function)->aggregate;
}

const SetFunction *set_function_of(const Function *function) {
    return ((const Entry *)function)->set;
}

const Function *aggregate_function(const Aggregate *aggregate) {
    return function_by_signature(aggregate->signature);
}

int aggregate_cell_types(
    const Aggregate *aggregate, const Type *argument_types, Type cells[AGGREGATE_CELLS_MAX]) {
    int count = 0;
    for (const char *cursor = aggregate->cells; *cursor != 0;) {
        assert(count < AGGREGATE_CELLS_MAX);
        size_t length = strcspn(cursor, " ");
        cells[count++] = cursor[0] == '$' ? argument_types[cursor[1] - '1']
                                          : parse_type(cursor, cursor + length, aggregate->signature);
        cursor += length + strspn(cursor + length, " ");
    }
    return count;
}

const Function *function_cast(Type from, Type to) {
    functions_start();
    if (!from.is_array && !to.is_array)
        return registry.casts[from.id][to.id];
    int count;
    const Function *const *casts = functions_named("cast", &count);
    const Function *polymorphic = NULL;
    for (int i = 0; i < count; i++) {
        Type argument = casts[i]->arguments[0], result = casts[i]->result;
        if (type_takes(argument, from) && type_takes(result, to))
            return casts[i];
        bool fits_argument = argument.id == TYPE_ANYARRAY ? from.is_array : type_takes(argument, from);
        bool fits_result = result.id == TYPE_ANYARRAY ? to.is_array : type_takes(result, to);
        if (fits_argument && fits_result)
            polymorphic = casts[i];
    }
    return polymorphic;
}

const Function *const *functions_all(int *count) {
    functions_start();
    *count = registry.count;
    return registry.by_name;
}

void row_errors_add(RowErrors *errors, int row, Status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    GROW(errors->rows, errors->capacity, errors->count + 1);
    errors->rows[errors->count++] = (RowError){row, status, arena_vprintf(errors->arena, format, arguments)};
    va_end(arguments);
}

void row_errors_free(RowErrors *errors) {
    memory_free(errors->rows);
    *errors = (RowErrors){.arena = errors->arena};
}
