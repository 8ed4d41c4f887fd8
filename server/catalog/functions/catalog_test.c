/* Catalog functions over made-up session facts, and records. */
#include <check.h>
#include <string.h>

#include "executor/functions/test/recorded.h"
#include "server/catalog/functions/library.h"
#include "server/catalog/functions/session_facts.h"
#include "server/catalog/privilege.h"

extern const FunctionRow record_functions[];

static const Recorded calls[] = {
    {"format_type(oid, int4) -> text", "text", -1, "numeric(10,2)", {"oid=1700", "int4=655366"}},
    {"format_type(oid, int4) -> text", "text", -1, "character", {"oid=1042", "int4"}},
    {"format_type(oid, int4) -> text", "text", -1, "bpchar", {"oid=1042", "int4=-1"}},
    {"format_type(oid, int4) -> text", "text", -1, "-", {"oid=0", "int4"}},
    {"format_type(oid, int4) -> text", "text", -1, "???", {"oid=4711", "int4"}},
    {"format_type(oid, int4) -> text", "text", -1, "NULL", {"oid", "int4=1"}},
    {"pg_encoding_to_char(int4) -> name", "name", -1, "UTF8", {"int4=6"}},
    {"pg_size_pretty(int8) -> text", "text", -1, "10239 bytes", {"int8=10239"}},
    {"pg_size_pretty(int8) -> text", "text", -1, "10 kB", {"int8=10240"}},
    {"pg_size_pretty(int8) -> text", "text", -1, "-118 MB", {"int8=-123456789"}},
    {"pg_size_pretty(int8) -> text", "text", -1, "8192 PB", {"int8=9223372036854775807"}},
    {"cast(int2vector) -> int2[]", "int2[]", -1, "[0:1]={3,-1}", {"int2vector=3 -1"}},
    {"cast(oidvector) -> oid[]", "oid[]", -1, "{}", {"oidvector="}},
    {"array_subscript(name, int4) -> char", "char", -1, "b", {"name=abc", "int4=1"}},
    {"array_subscript(name, int4) -> char", "char", -1, "", {"name=abc", "int4=3"}},
    {"current_user() -> name", "name", -1, "0A000: functions about the session are not supported here", {0}},
};

static const char *setting(void *owner, const char *name) {
    return strcmp(name, "search_path") == 0 ? "\"$user\", public, nowhere"
           : strcmp(name, "color") == 0     ? owner
                                            : NULL;
}

static Status set(void *owner, const char *name, const char *text, bool is_local, Error *error) {
    if (strcmp(name, "color") != 0)
        return error_set(error, STATUS_UNDEFINED_OBJECT, "unrecognized configuration parameter \"%s\"", name);
    strcpy(owner, text);
    return OK;
}

static bool schema_exists(void *owner, const char *name) {
    return strcmp(name, "public") == 0 || strcmp(name, "me") == 0;
}

static Visibility visibility(void *owner, uint32_t relation) {
    return relation == 1 ? VISIBILITY_VISIBLE : relation == 2 ? VISIBILITY_QUALIFIED : VISIBILITY_NONE;
}

static bool define(void *owner, const DefinitionRequest *request, Text *out) {
    text_printf(out, "%d %u %d %d", (int)request->kind, request->oid, request->column, request->is_pretty);
    return request->oid != 3;
}

static const char *user(void *owner, bool is_session) {
    return is_session ? "session" : "me";
}

static const char *temporary_schema(void *owner, uint32_t *oid) {
    return NULL;
}

/* SELECT with grant option and INSERT on 2; 3 is nothing. */
static Status privileges(void *owner, const PrivilegeQuestion *question, uint32_t *held, uint32_t *grantable,
    bool *exists, Error *error) {
    if (question->has_role && question->role != NULL && strcmp(question->role, "nobody") == 0)
        return error_set(error, STATUS_UNDEFINED_OBJECT, "role \"nobody\" does not exist");
    *exists = question->oid != 3;
    *held = PRIVILEGE_SELECT | PRIVILEGE_INSERT;
    *grantable = PRIVILEGE_SELECT;
    return OK;
}

static Arena *arena;
static char color[32];
static SessionFacts facts;

/* The call's result over one row as text, or its error. */
static const char *call(const char *signature, const char *const *texts) {
    const Function *function = function_by_signature(signature);
    ck_assert_msg(function != NULL, "%s", signature);
    Column *columns[8], *result = column_create(function->result, 1);
    for (int i = 0; i < function->argument_count; i++) {
        Value value = {.type = function->arguments[i]};
        ck_assert_int_eq(datum_parse(value.type, texts[i], strlen(texts[i]), &type_settings_default, arena,
                             &value.datum, NULL),
            OK);
        columns[i] = column_constant(&value);
    }
    RowErrors errors = {.arena = arena};
    KernelContext context = {.settings = &type_settings_default,
        .scratch = arena,
        .errors = &errors,
        .result_type = function->result,
        .session = &(SessionContext){.facts = &facts}};
    function->kernel(&context, 1, (const Column *const *)columns, function->argument_count, result);
    Text text = {0};
    if (errors.count > 0)
        text_printf(&text, "%s: %s", status_sqlstate(errors.rows[0].status), errors.rows[0].message);
    else if (column_is_null(result, 0))
        text_add_string(&text, "NULL");
    else
        datum_format(function->result, column_at(result, 0), &type_settings_default, &text);
    const char *copy = arena_strdup(arena, text_string(&text));
    text_free(&text);
    row_errors_free(&errors);
    for (int i = 0; i < function->argument_count; i++)
        column_release(columns[i]);
    column_release(result);
    return copy;
}
#define CALL(signature, ...) call(signature, (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static void setup(void) {
    arena = arena_create();
    strcpy(color, "red");
    facts = (SessionFacts){
        .owner = color,
        .user = user,
        .privileges = privileges,
        .temporary_schema = temporary_schema,
        .database = "base",
        .process_id = 7,
        .setting = setting,
        .set = set,
        .schema_exists = schema_exists,
        .visibility = visibility,
        .define = define,
    };
}

static void teardown(void) {
    arena_destroy(arena);
}

START_TEST(recorded_answers) {
    recorded_check(calls, sizeof calls / sizeof *calls, &type_settings_default);
}
END_TEST

START_TEST(nulls) {
    recorded_check_nulls(catalog_functions, &type_settings_default);
    recorded_check_nulls(privilege_functions, &type_settings_default);
    recorded_check_nulls(record_functions, &type_settings_default);
}
END_TEST

START_TEST(sessions) {
    ck_assert_str_eq(CALL("current_user() -> name"), "me");
    ck_assert_str_eq(CALL("current_database() -> name"), "base");
    ck_assert_str_eq(CALL("pg_backend_pid() -> int4"), "7");
    ck_assert_str_eq(CALL("current_schema() -> name"), "me");
    ck_assert_str_eq(CALL("current_schemas(bool) -> name[]", "t"), "{pg_catalog,me,public}");
    ck_assert_str_eq(CALL("current_schemas(bool) -> name[]", "f"), "{me,public}");
    ck_assert_str_eq(CALL("current_setting(text) -> text", "color"), "red");
    ck_assert_str_eq(CALL("current_setting(text) -> text", "size"),
        "42704: unrecognized configuration parameter \"size\"");
    ck_assert_str_eq(CALL("current_setting(text, bool) -> text", "size", "t"), "NULL");
    ck_assert_str_eq(CALL("set_config(text, text, bool) -> text", "color", "blue", "f"), "blue");
    ck_assert_str_eq(CALL("set_config(text, text, bool) -> text", "size", "1", "f"),
        "42704: unrecognized configuration parameter \"size\"");
}
END_TEST

START_TEST(objects) {
    ck_assert_str_eq(CALL("pg_table_is_visible(oid) -> bool", "1"), "t");
    ck_assert_str_eq(CALL("pg_table_is_visible(oid) -> bool", "2"), "f");
    ck_assert_str_eq(CALL("pg_table_is_visible(oid) -> bool", "3"), "NULL");
    ck_assert_str_eq(CALL("pg_get_indexdef(oid, int4, bool) -> text", "5", "2", "t"), "1 5 2 1");
    ck_assert_str_eq(CALL("pg_get_viewdef(oid) -> text", "3"), "NULL");
    ck_assert_str_eq(
        CALL("has_table_privilege(oid, text) -> bool", "2", "select, INSERT with grant option"), "t");
    ck_assert_str_eq(CALL("has_table_privilege(oid, text) -> bool", "2", "Insert With Grant Option"), "f");
    ck_assert_str_eq(CALL("has_table_privilege(oid, text) -> bool", "2", "delete , update"), "f");
    ck_assert_str_eq(CALL("has_table_privilege(name, oid, text) -> bool", "joe", "2", "delete, select"), "t");
    ck_assert_str_eq(CALL("has_table_privilege(name, oid, text) -> bool", "nobody", "2", "select"),
        "42704: role \"nobody\" does not exist");
    ck_assert_str_eq(CALL("session_user() -> name"), "session");
    ck_assert_str_eq(CALL("has_table_privilege(oid, text) -> bool", "3", "select"), "NULL");
    ck_assert_str_eq(CALL("has_table_privilege(oid, text) -> bool", "2", "look"),
        "22023: unrecognized privilege type: \"look\"");
}
END_TEST

static Suite *suite(void) {
    Suite *suite = suite_create("catalog");
    TCase *tests = tcase_create("catalog");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, recorded_answers);
    tcase_add_test(tests, nulls);
    tcase_add_test(tests, sessions);
    tcase_add_test(tests, objects);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void) {
    functions_add(&catalog_library);
    functions_start();
    SRunner *runner = srunner_create(suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
