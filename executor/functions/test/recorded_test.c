/* Functions against PostgreSQL 15's recorded answers, alone and amid other rows. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "executor/functions/function.h"

typedef struct Recorded {
    const char *signature;
    int modifier;
    const char *arguments; /* separated by | */
    const char *answer;
} Recorded;

static const Recorded recorded[] = {
#define RECORDED(signature, modifier, arguments, answer) {signature, modifier, arguments, answer},
#include "executor/functions/test/recorded.def"
#undef RECORDED
};

enum { ROWS = 5, FILLED = 3 };

/* Runs the function over ROWS rows of which row FILLED has the arguments and the others are NULL, or over one
   row of constants. */
static void run(const Recorded *record, bool is_constant, Text *answer) {
    const Function *function = function_by_signature(record->signature);
    ck_assert_msg(function != NULL, "%s", record->signature);
    Arena *arena = arena_create();
    Column *arguments[8] = {0};
    const char *cursor = record->arguments;
    Error error = {0};
    int row = is_constant ? 0 : FILLED, row_count = is_constant ? 1 : ROWS;
    uint64_t nulls = is_constant ? 0 : ~((uint64_t)1 << FILLED);
    Status status = OK;
    for (int a = 0; a < function->argument_count && status == OK; a++) {
        size_t length = strcspn(cursor, "|");
        Value value = {.type = function->arguments[a]};
        status = datum_parse(value.type, cursor, length, &type_settings_default, arena, &value.datum, &error);
        cursor += length + (cursor[length] == '|');
        arguments[a] = is_constant ? column_constant(&value) : column_create(value.type, ROWS);
        if (is_constant)
            continue;
        for (int i = 0; i < ROWS; i++)
            column_set_null(arguments[a], i);
        arguments[a]->nulls[0] = nulls;
        column_set_datum(arguments[a], row, &value.datum);
    }
    Type type = function->result;
    type.modifier = record->modifier;
    Column *result = column_create(type, ROWS);
    void *cache = NULL;
    void (*cache_free)(void *) = NULL;
    RowErrors errors = {.arena = arena};
    KernelContext context = {.settings = &type_settings_default,
        .scratch = arena,
        .nulls = is_constant ? NULL : &nulls,
        .errors = &errors,
        .cache = &cache,
        .cache_free = &cache_free,
        .result_type = type};
    if (status == OK)
        function->kernel(
            &context, row_count, (const Column *const *)arguments, function->argument_count, result);
    if (status != OK)
        text_printf(answer, "%s %s", status_sqlstate(status), error.message);
    else if (errors.count > 0)
        text_printf(answer, "%s %s", status_sqlstate(errors.rows[0].status), errors.rows[0].message);
    else if (column_is_null(result, row))
        text_add_string(answer, "NULL");
    else
        datum_format(type, column_at(result, row), &type_settings_default, answer);
    error_clear(&error);
    row_errors_free(&errors);
    for (int a = 0; a < function->argument_count; a++)
        column_release(arguments[a]);
    column_release(result);
    arena_destroy(arena);
}

START_TEST(answers) {
    for (size_t i = 0; i < sizeof recorded / sizeof *recorded; i++) {
        for (int is_constant = 0; is_constant < 2; is_constant++) {
            Text answer = {0};
            run(&recorded[i], is_constant, &answer);
            ck_assert_msg(strcmp(text_string(&answer), recorded[i].answer) == 0, "%s of %s: %s, not %s",
                recorded[i].signature, recorded[i].arguments, recorded[i].answer, text_string(&answer));
            text_free(&answer);
        }
    }
}
END_TEST

START_TEST(registry) {
    int count;
    functions_named("no such function", &count);
    ck_assert_int_eq(count, 0);
    const Function *const *named = functions_named("round", &count);
    ck_assert_int_eq(count, 3);
    for (int i = 0; i < count; i++)
        ck_assert_ptr_eq(function_by_signature(named[i]->signature), named[i]);
    const Function *cast = function_cast(type_of(TYPE_INT4), type_of(TYPE_INT8));
    ck_assert_ptr_nonnull(cast);
    ck_assert_int_eq(cast->flags & FUNCTION_CAST_IMPLICIT, FUNCTION_CAST_IMPLICIT);
    ck_assert_ptr_nonnull(function_cast(type_array_of(TYPE_INT4), type_of(TYPE_TEXT)));
    ck_assert_ptr_null(function_cast(type_of(TYPE_BOOL), type_of(TYPE_FLOAT8)));
    const Function *greatest = functions_named("greatest", &count)[0];
    ck_assert(greatest->is_variadic && greatest->argument_count == 1 &&
              greatest->arguments[0].id == TYPE_ANYELEMENT);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("recorded");
    TCase *cases = tcase_create("recorded");
    tcase_add_test(cases, answers);
    tcase_add_test(cases, registry);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
