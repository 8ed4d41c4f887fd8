/* CreateStatement: which values of options are shown. */
#include "server/catalog/system/create_statement.h"

#include <check.h>
#include <stdlib.h>

static const char *statement_of(const Object *object, Text *text) {
    CatalogStore *store = catalog_store_create();
    CatalogSnapshot *snapshot = catalog_snapshot(store);
    Naming naming = {.snapshot = snapshot, .path = {.count = 1, .schemas = {"public"}}};
    create_statement(&naming, object, text);
    catalog_snapshot_release(snapshot);
    catalog_store_destroy(store);
    return text_string(text);
}

/* Secret is what the connector's table says is secret, whatever the value looks like. */
START_TEST(secrets) {
    const char *names[] = {"topic", "properties.sasl.username", "properties.sasl.password",
        "properties.ssl.key.pem", "properties.ssl.key.password"};
    const char *values[] = {"a", "it's-me", "it's-secret", "a", ""};
    CatalogColumn column = {.name = "a", .type = {.id = TYPE_INT4, .modifier = -1}};
    Object *object = object_create(100, RELATION_SOURCE, "public", "k2");
    Text text = {0};
    object->relation.columns = &column;
    object->relation.column_count = 1;
    object->connector = "kafka";
    object->option_count = 5;
    object->option_names = names;
    object->option_values = values;
    object->idle_timeout = IDLE_TIMEOUT_DEFAULT;
    object->format = "plain";
    object->encode = "json";
    ck_assert_str_eq(statement_of(object, &text),
        "CREATE SOURCE k2 (a integer) WITH (connector = 'kafka', topic = 'a', properties.sasl.username = "
        "'it''s-me', properties.sasl.password = '***', properties.ssl.key.pem = '***', "
        "properties.ssl.key.password = '***', source_drift_max = 'off') FORMAT PLAIN ENCODE JSON");
    object_release(object);
    text_free(&text);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("create_statement");
    TCase *cases = tcase_create("create_statement");
    tcase_add_test(cases, secrets);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
