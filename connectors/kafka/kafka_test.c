/* Kafka without a broker: which options pass, and what a staged batch leaves of its records. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "connectors/kafka/configuration.h"
#include "connectors/kafka/staged.h"
#include "executor/base/memory.h"

static const char *validate(
    bool is_sink, int count, const char *const *names, const char *const *values, char *out, size_t size) {
    ConnectorDefinition definition = {.name = "s",
        .connector = "kafka",
        .option_count = count,
        .option_names = names,
        .option_values = values};
    Error error = {0};
    Status status = connector_validate(&definition, is_sink, &error);
    rd_kafka_conf_t *configuration;
    if (status == OK)
        status = kafka_configure(
            &definition, is_sink ? KAFKA_PRODUCER : KAFKA_CONSUMER, &configuration, NULL, &error);
    if (status == OK)
        rd_kafka_conf_destroy(configuration);
    snprintf(out, size, "%s %s", status_sqlstate(status), error.message == NULL ? "" : error.message);
    error_clear(&error);
    return out;
}

/* The option beside those that are needed. */
static const char *with(bool is_sink, const char *name, const char *value, char *out, size_t size) {
    return validate(is_sink, 3, (const char *[]){"topic", "properties.bootstrap.server", name},
        (const char *[]){"t", "127.0.0.1:1", value}, out, size);
}

static void check_option(bool is_sink, const char *name, const char *value, const char *expected) {
    char out[1024];
    ck_assert_str_eq(with(is_sink, name, value, out, sizeof out), expected);
}

START_TEST(listed_options_pass) {
    check_option(false, "properties.group.id", "g", "00000 ");
    check_option(false, "properties.fetch.min.bytes", "10", "00000 ");
    check_option(false, "properties.security.protocol", "SASL_SSL", "00000 ");
    check_option(false, "properties.sasl.mechanism", "SCRAM-SHA-512", "00000 ");
    check_option(true, "properties.compression.type", "zstd", "00000 ");
    check_option(true, "sink.delivery-guarantee", "at-least-once", "00000 ");
}
END_TEST

START_TEST(wrong_values_are_named) {
    check_option(false, "properties.fetch.min.bytes", "many",
        "22023 invalid value for option \"properties.fetch.min.bytes\"");
    check_option(
        false, "scan.startup.mode", "soon", "22023 invalid value for option \"scan.startup.mode\": \"soon\"");
    check_option(false, "delivery", "exactly-once", "22023 option \"delivery\" is for sinks only");
    check_option(true, "properties.fetch.min.bytes", "1",
        "22023 option \"properties.fetch.min.bytes\" is for sources only");
}
END_TEST

/* Settings by which a statement would run code, or read files, of this host. */
START_TEST(dangerous_settings_are_refused) {
    static const char *const names[] = {
        "plugin.library.paths",
        "sasl.kerberos.kinit.cmd",
        "sasl.kerberos.keytab",
        "ssl.ca.location",
        "ssl.certificate.location",
        "ssl.key.location",
        "ssl.keystore.location",
        "ssl.crl.location",
        "ssl.engine.location",
        "ssl.providers",
        "debug",
        "log_level",
        "interceptors",
        "enable.sasl.oauthbearer.unsecure.jwt",
        "sasl.oauthbearer.config",
        "sasl.oauthbearer.token.endpoint.url",
        "transactional.id",
        "enable.auto.commit",
        "group.instance.id",
        "opaque",
        "default_topic_conf",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[128], out[1024], expected[256];
        snprintf(name, sizeof name, "properties.%s", names[i]);
        snprintf(expected, sizeof expected, "22023 connector \"kafka\" has no option \"%s\"", name);
        ck_assert_str_eq(with(false, name, "touch /tmp/leat-kafka-test-trap", out, sizeof out), expected);
        ck_assert_str_eq(with(true, name, "touch /tmp/leat-kafka-test-trap", out, sizeof out), expected);
    }
    check_option(false, "properties.sasl.mechanism", "GSSAPI",
        "22023 invalid value for option \"properties.sasl.mechanism\": \"GSSAPI\"");
    check_option(false, "properties.sasl.mechanisms", "GSSAPI",
        "22023 invalid value for option \"properties.sasl.mechanisms\": \"GSSAPI\"");
    ck_assert_int_ne(access("/tmp/leat-kafka-test-trap", F_OK), 0);
}
END_TEST

/* Reads a batch of the form "k=v" (a value), "k-" (a tombstone) and "k-v" (what was there before); gives what
   is left in the same form. */
static void check_staged(ChangesKind kind, const char *const *records, const char *expected) {
    Text staged = {0}, out = {0};
    for (int i = 0; records[i] != NULL; i++) {
        const char *end = strpbrk(records[i], "=-");
        KafkaRecord record = {.partition = i,
            .timestamp = 1700000000000 + i,
            .key = records[i],
            .key_length = (uint32_t)(end - records[i])};
        if (*end == '=') {
            record.value = end + 1;
            record.value_length = (uint32_t)strlen(end + 1);
        } else if (end[1] != 0) {
            record.before = end + 1;
            record.before_length = (uint32_t)strlen(end + 1);
        }
        kafka_record_add(&record, &staged);
    }
    KafkaRecords left;
    Error error = {0};
    ck_assert_int_eq(kafka_records_read(text_string(&staged), staged.length, kind, &left, &error), OK);
    for (int i = 0; i < left.count; i++) {
        const KafkaRecord *record = &left.records[i];
        ck_assert_int_eq(record->timestamp, 1700000000000 + record->partition);
        text_printf(&out, "%s%.*s%s%.*s", i > 0 ? " " : "", (int)record->key_length, record->key,
            record->value == NULL ? "-" : "=", (int)record->value_length,
            record->value == NULL ? "" : record->value);
    }
    ck_assert_str_eq(text_string(&out), expected);
    kafka_records_free(&left);
    text_free(&out);
    text_free(&staged);
}

START_TEST(an_upsert_leaves_one_record_a_key) {
    check_staged(CHANGES_UPSERT, (const char *[]){"a-", "a=1", NULL}, "a=1");
    check_staged(
        CHANGES_UPSERT, (const char *[]){"a=1", "b-", "a-", "c=", "d-", "d=2", NULL}, "a=1 b- c= d=2");
    check_staged(CHANGES_UPSERT, (const char *[]){"a-", "b-", NULL}, "a- b-");
    check_staged(CHANGES_NONE, (const char *[]){"a=1", "a=1", NULL}, "a=1 a=1");
    check_staged(CHANGES_UPSERT, (const char *[]){NULL}, "");
}
END_TEST

START_TEST(changes_become_envelopes) {
    check_staged(CHANGES_DEBEZIUM, (const char *[]){"a-1", "b=2", "c-3", "a=4", NULL},
        "b={\"before\":null,\"after\":2,\"op\":\"c\"} c={\"before\":3,\"after\":null,\"op\":\"d\"} "
        "a={\"before\":1,\"after\":4,\"op\":\"u\"}");
    check_staged(CHANGES_DEBEZIUM, (const char *[]){NULL}, "");
}
END_TEST

START_TEST(many_keys_find_theirs) {
    enum { KEYS = 5000 };
    Text staged = {0};
    char key[32];
    for (int i = 0; i < 2 * KEYS; i++) {
        bool is_value = i >= KEYS && i % 3 == 0;
        int length = snprintf(key, sizeof key, "key %d", i % KEYS);
        if (i >= KEYS && !is_value)
            continue;
        KafkaRecord record = {
            .key = key, .key_length = (uint32_t)length, .value = is_value ? "v" : NULL, .value_length = 1};
        kafka_record_add(&record, &staged);
    }
    KafkaRecords left;
    Error error = {0};
    ck_assert_int_eq(kafka_records_read(staged.bytes, staged.length, CHANGES_UPSERT, &left, &error), OK);
    ck_assert_int_eq(left.count, KEYS);
    kafka_records_free(&left);
    text_free(&staged);
}
END_TEST

START_TEST(damaged_batches_are_errors) {
    Text staged = {0};
    KafkaRecord record = {.key = "key", .key_length = 3, .value = "value", .value_length = 5};
    kafka_record_add(&record, &staged);
    for (size_t length = 1; length < staged.length; length++) {
        KafkaRecords left;
        Error error = {0};
        ck_assert_int_eq(
            kafka_records_read(staged.bytes, length, CHANGES_NONE, &left, &error), STATUS_DATA_CORRUPTED);
        error_clear(&error);
    }
    text_free(&staged);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("kafka");
    TCase *test = tcase_create("kafka");
    tcase_add_test(test, listed_options_pass);
    tcase_add_test(test, wrong_values_are_named);
    tcase_add_test(test, dangerous_settings_are_refused);
    tcase_add_test(test, an_upsert_leaves_one_record_a_key);
    tcase_add_test(test, changes_become_envelopes);
    tcase_add_test(test, many_keys_find_theirs);
    tcase_add_test(test, damaged_batches_are_errors);
    suite_add_tcase(suite, test);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
