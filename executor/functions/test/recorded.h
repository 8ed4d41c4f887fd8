/* Recorded calls: what PostgreSQL 15 answered, for the tests of function families. */
#ifndef LEAT_FUNCTIONS_RECORDED_H
#define LEAT_FUNCTIONS_RECORDED_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "executor/functions/function.h"

/* One call. Arguments are "type=text" each, "type" alone for NULL; expected is the result's text, "NULL", or
   "SQLSTATE: message". */
typedef struct Recorded {
    const char *signature;
    const char *result;
    int modifier;
    const char *expected;
    const char *arguments[10];
} Recorded;

static inline Type recorded_type(const char *name, size_t length) {
    char copy[64];
    bool is_array = length > 2 && name[length - 1] == ']';
    length -= is_array ? 2 : 0;
    memcpy(copy, name, length);
    copy[length] = 0;
    TypeId id = type_by_name(copy);
    return is_array ? type_array_of(id) : type_of(id);
}

/* Calls over three equal rows, or over one constant row; the last row's result. */
static inline void recorded_run(
    const Recorded *call, const TypeSettings *settings, bool is_constant, Arena *arena, Text *out) {
    const Function *function = function_by_signature(call->signature);
    ck_assert_msg(function != NULL, "no function %s", call->signature);
    Column *columns[10];
    int count = 0, rows = is_constant ? 1 : 3;
    bool has_null = false;
    Error error = {0};
    for (; count < 10 && call->arguments[count] != NULL; count++) {
        const char *text = call->arguments[count], *mark = strchr(text, '=');
        Value value = {.type = recorded_type(text, mark == NULL ? strlen(text) : (size_t)(mark - text)),
            .is_null = mark == NULL};
        if (mark != NULL)
            ck_assert_msg(datum_parse(value.type, mark + 1, strlen(mark + 1), settings, arena, &value.datum,
                              &error) == OK,
                "%s: %s", text, error.message);
        columns[count] = is_constant ? column_constant(&value) : column_create(value.type, rows);
        for (int i = 0; !is_constant && i < rows; i++)
            column_set_value(columns[count], i, &value);
        has_null = has_null || value.is_null;
    }
    Type type = recorded_type(call->result, strlen(call->result));
    type.modifier = call->modifier;
    Column *result = column_create(type, rows);
    RowErrors errors = {.arena = arena};
    void *cache = NULL;
    void (*cache_free)(void *) = NULL;
    KernelContext context = {.settings = settings,
        .scratch = arena,
        .errors = &errors,
        .cache = &cache,
        .cache_free = &cache_free,
        .result_type = type};
    if (has_null && !(function->flags & FUNCTION_NOT_STRICT))
        column_set_null(result, rows - 1);
    else
        function->kernel(&context, rows, (const Column *const *)columns, count, result);
    if (errors.count > 0)
        text_printf(out, "%s: %s", status_sqlstate(errors.rows[0].status), errors.rows[0].message);
    else if (column_is_null(result, rows - 1))
        text_add_string(out, "NULL");
    else
        datum_format(type, column_at(result, rows - 1), settings, out);
    if (cache != NULL)
        cache_free(cache);
    for (int i = 0; i < count; i++)
        column_release(columns[i]);
    column_release(result);
    row_errors_free(&errors);
    error_clear(&error);
}

static inline void recorded_check(const Recorded *calls, int count, const TypeSettings *settings) {
    Arena *arena = arena_create();
    Text out = {0};
    for (int i = 0; i < count; i++)
        for (int is_constant = 0; is_constant < 2; is_constant++) {
            text_reset(&out);
            recorded_run(&calls[i], settings, is_constant, arena, &out);
            ck_assert_msg(strcmp(text_string(&out), calls[i].expected) == 0, "%d: %s(%s, %s) = %s, not %s", i,
                calls[i].signature, calls[i].arguments[0] == NULL ? "" : calls[i].arguments[0],
                calls[i].arguments[0] == NULL || calls[i].arguments[1] == NULL ? "" : calls[i].arguments[1],
                text_string(&out), calls[i].expected);
            arena_reset(arena);
        }
    text_free(&out);
    arena_destroy(arena);
}

/* Runs every function of a family over rows that are all NULL: zero bytes must do no harm, and no row may
   fail. */
static inline void recorded_check_nulls(const FunctionRow *rows, const TypeSettings *settings) {
    Arena *arena = arena_create();
    for (; rows->signature != NULL; rows++) {
        const Function *function = function_by_signature(rows->signature);
        if ((function->flags & FUNCTION_NOT_STRICT) || function->argument_count == 0)
            continue;
        Column *columns[10];
        uint64_t nulls = 7;
        for (int i = 0; i < function->argument_count; i++) {
            Type type = function->arguments[i];
            type = type.id == TYPE_ANYELEMENT || type.id == TYPE_ANY ? type_of(TYPE_TEXT)
                   : type.id == TYPE_ANYARRAY                        ? type_array_of(TYPE_TEXT)
                                                                     : type;
            columns[i] = column_create(type, 3);
            for (int row = 0; row < 3; row++)
                column_set_null(columns[i], row);
        }
        Type type = function->result.id == TYPE_ANYELEMENT ? type_of(TYPE_TEXT)
                    : function->result.id == TYPE_ANYARRAY ? type_array_of(TYPE_TEXT)
                                                           : function->result;
        Column *result = column_create(type, 3);
        column_need_nulls(result);
        RowErrors errors = {.arena = arena};
        void *cache = NULL;
        void (*cache_free)(void *) = NULL;
        KernelContext context = {.settings = settings,
            .scratch = arena,
            .nulls = &nulls,
            .errors = &errors,
            .cache = &cache,
            .cache_free = &cache_free,
            .result_type = type};
        function->kernel(&context, 3, (const Column *const *)columns, function->argument_count, result);
        ck_assert_msg(errors.count == 0, "%s failed for NULL: %s", rows->signature,
            errors.count == 0 ? "" : errors.rows[0].message);
        if (cache != NULL)
            cache_free(cache);
        for (int i = 0; i < function->argument_count; i++)
            column_release(columns[i]);
        column_release(result);
        row_errors_free(&errors);
    }
    arena_destroy(arena);
}

/* A test program of one family: main for `calls` and `<family>_functions`. */
#define RECORDED_MAIN(family, zone)                                            \
    extern const FunctionRow family##_functions[];                             \
    START_TEST(test_recorded) {                                                \
        TypeSettings settings = type_settings_default;                         \
        settings.time_zone = zone;                                             \
        recorded_check(calls, (int)(sizeof calls / sizeof *calls), &settings); \
    }                                                                          \
    END_TEST                                                                   \
    START_TEST(test_nulls) {                                                   \
        recorded_check_nulls(family##_functions, &type_settings_default);      \
    }                                                                          \
    END_TEST                                                                   \
    int main(void) {                                                           \
        functions_start();                                                     \
        Suite *suite = suite_create(#family);                                  \
        TCase *tests = tcase_create(#family);                                  \
        tcase_add_test(tests, test_recorded);                                  \
        tcase_add_test(tests, test_nulls);                                     \
        suite_add_tcase(suite, tests);                                         \
        SRunner *runner = srunner_create(suite);                               \
        srunner_run_all(runner, CK_ENV);                                       \
        int failed = srunner_ntests_failed(runner);                            \
        srunner_free(runner);                                                  \
        return failed != 0;                                                    \
    }

#endif
