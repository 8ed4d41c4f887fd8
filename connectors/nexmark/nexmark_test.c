/* Nexmark: events never change, parts fit together, and what an event says agrees with the others. */
#include <check.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "connectors/connector.h"
#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "executor/batch/batch.h"

static Arena *arena;

static void setup(void) {
    arena = arena_create();
}
static void teardown(void) {
    arena_destroy(arena);
}

typedef struct Options {
    const char *table, *events, *splits, *seed;
} Options;

static SourceReader *open_reader(const Options *options) {
    const char **names = ARENA_ARRAY(arena, const char *, 4), **values = ARENA_ARRAY(arena, const char *, 4);
    const char *all[4][2] = {{"table", options->table}, {"events", options->events},
        {"splits", options->splits}, {"seed", options->seed}};
    int count = 0;
    for (int i = 0; i < 4; i++)
        if (all[i][1] != NULL) {
            names[count] = all[i][0];
            values[count++] = all[i][1];
        }
    ConnectorDefinition definition = {
        .connector = "nexmark", .option_count = count, .option_names = names, .option_values = values};
    const ConnectorType *type = connector_by_name("nexmark");
    const char *watermark = NULL;
    Error error = {0};
    ck_assert_int_eq(connector_validate(&definition, false, &error), OK);
    ck_assert_int_eq(type->default_columns(&definition, arena, &definition.columns, &watermark, &error), OK);
    ck_assert_str_eq(watermark, "date_time");
    SourceReader *reader;
    ck_assert_int_eq(type->open_source(&definition, &reader, &error), OK);
    return reader;
}

/* Rows as text from an offset on; restarts after each read when `row_max` is below a batch. */
static void read_rows(
    SourceReader *reader, int partition, int64_t offset, int row_max, Text *out, int64_t *count) {
    Error error = {0};
    bool is_finished = false;
    *count = 0;
    while (!is_finished) {
        SourceRows rows = {.arena = arena};
        ck_assert_int_eq(reader->type->assign(reader, partition, offset, INT64_MAX, &error), OK);
        ck_assert(reader->type->is_ready(reader, partition));
        ck_assert_int_eq(reader->type->read(reader, partition, row_max, &rows, &error), OK);
        if (rows.batch != NULL) {
            ck_assert_int_le(rows.batch->row_count, row_max);
            Text text = {0};
            batch_add_text(rows.batch, &text);
            text_add_string(out, strchr(text.bytes, '\n') + 1);
            text_free(&text);
            *count += rows.batch->row_count;
        }
        batch_release(rows.batch);
        ck_assert_int_ge(rows.next_offset, offset);
        offset = rows.next_offset;
        is_finished = rows.is_finished;
    }
}

/* The sum over the hashes of lines: equal for any order. */
static uint64_t line_sum(const Text *text) {
    uint64_t sum = 0;
    for (const char *at = text_string(text); *at != 0; at = strchr(at, '\n') + 1)
        sum += hash_bytes_64(at, strcspn(at, "\n"));
    return sum;
}

static uint64_t table_sum(const char *table, const char *splits, int row_max, int64_t *count) {
    SourceReader *reader = open_reader(&(Options){table, "20010", splits, NULL});
    int partitions;
    Error error = {0};
    uint64_t sum = 0;
    *count = 0;
    ck_assert_int_eq(reader->type->partition_count(reader, &partitions, &error), OK);
    for (int p = 0; p < partitions; p++) {
        Text rows = {0};
        int64_t part;
        read_rows(reader, p, 0, row_max, &rows, &part);
        sum += line_sum(&rows);
        *count += part;
        text_free(&rows);
    }
    reader->type->close(reader);
    return sum;
}

START_TEST(parts_fit_together) {
    static const char *const tables[] = {"person", "auction", "bid"};
    static const int64_t counts[] = {401, 1203, 18406};
    for (int t = 0; t < 3; t++) {
        int64_t whole_count, count;
        uint64_t whole = table_sum(tables[t], "1", 4096, &whole_count);
        ck_assert_int_eq(whole_count, counts[t]);
        static const char *const splits[] = {"1", "2", "7", "1000"};
        for (int s = 0; s < 4; s++) {
            ck_assert_uint_eq(table_sum(tables[t], splits[s], s == 0 ? 13 : 1000, &count), whole);
            ck_assert_int_eq(count, whole_count);
        }
    }
}
END_TEST

/* Part of what users may rely on: the same events in every version. */
START_TEST(events_are_stable) {
    static const char *const tables[] = {"person", "auction", "bid"};
    static const char *const first[] = {
        "+1 20999 \"Peter Shultz\" dtrlrwc@nshzo.com \"9032 4505 1463 3891\" Boise WA \"2015-07-15 "
        "00:00:09.999\" "
        "kdgnzjwoxlrtsivtslaeromyovhbnhkjockgywfspifrqgnukuqmaawysdftpnucegkmqlrfklyafvnfgkfxzvqbsmjajqdqfufz"
        "phyqxwfrpvupzjryc",
        "+1 60997 xwxhhousbzdcabelvhsp "
        "ihpzbumjvnfmgvjurywacimiwdvkprcrbpyyjbkqoizlctekudsvsrwibstdusbuqbrmzybtckgdbjsmmzrdxtmtyvohnofhqobm"
        " 12302502 "
        "12944337 \"2015-07-15 00:00:09.999\" \"2015-07-15 00:00:10.002\" 20900 10 "
        "qhlwbokpnubjthlrgauuvkdwznezohvdudqafudfnqzwsibdlevcpavpxfrkbfuxnrwbptajganrizhgvqagjdcsthruwjghvuli"
        "barvpwzwhncapcuggixmhpojgykqwlsxxjmkqczz"
        "jivslmalkhffdnurbtrnrwlsquyjbtobovvxfwtjylhmainpgvmwavnjvcbnkydhonddnlfsiyxyitkakkflubhkdhewdmlzyqyb"
        "uekmoncvvnkckehluhhgokdncogipbewsfzyxidj"
        "eknifjqzohoitifxcawaggaypagnnlpkkgvlrizq",
        "+1 60902 20901 22019 channel-9672 "
        "https://www.nexmark.com/gggxi/iulyj/ewzlq/item.htm?query=1&channel_id=9672 \"2015-07-15 "
        "00:00:09.999\" "
        "bcbicrjljuxvslpeswiqizgszvkqllcjqkwiakqyxqyggfbsbjtqodlqamnjxrkymzhseoz",
    };
    for (int t = 0; t < 3; t++) {
        SourceReader *reader = open_reader(&(Options){tables[t], "1000007", NULL, "42"});
        Text rows = {0};
        int64_t count;
        read_rows(reader, 0, 999950, 4096, &rows, &count);
        ck_assert_str_eq(
            arena_printf(arena, "%.*s", (int)strcspn(text_string(&rows), "\n"), text_string(&rows)),
            first[t]);
        text_free(&rows);
        reader->type->close(reader);
    }
}
END_TEST

START_TEST(references_hold) {
    SourceReader *reader = open_reader(&(Options){"bid", "100000", NULL, NULL});
    Error error = {0};
    int64_t offset = 0, hot_bids = 0, hot_bidders = 0, bids = 0, price_sum = 0;
    bool is_finished = false;
    while (!is_finished) {
        SourceRows rows = {.arena = arena};
        ck_assert_int_eq(reader->type->assign(reader, 0, offset, INT64_MAX, &error), OK);
        ck_assert_int_eq(reader->type->read(reader, 0, 4096, &rows, &error), OK);
        for (int i = 0; rows.batch != NULL && i < rows.batch->row_count; i++, bids++) {
            int64_t event = bids / 46 * 50 + 4 + bids % 46, price = column_int8(rows.batch->columns[2], i);
            int64_t auction = column_int8(rows.batch->columns[0], i) - 1000,
                    bidder = column_int8(rows.batch->columns[1], i) - 1000;
            ck_assert(
                auction >= 0 && auction <= event / 50 * 3 + 2 && auction > event / 50 * 3 + 2 - 100 - 100);
            ck_assert(bidder >= 0 && bidder <= event / 50);
            ck_assert(price >= 100 && price < 100000000);
            ck_assert_int_eq(column_int8(rows.batch->columns[5], i), 490233600000000LL + event / 100 * 1000);
            hot_bids += auction == (event / 50 * 3 + 2) / 100 * 100;
            hot_bidders += bidder == event / 50 / 100 * 100 + (event / 50 % 100 > 0);
            price_sum += price;
        }
        batch_release(rows.batch);
        offset = rows.next_offset;
        is_finished = rows.is_finished;
    }
    ck_assert_int_eq(bids, 92000);
    ck_assert(hot_bids > bids * 49 / 100 && hot_bids < bids * 52 / 100);
    ck_assert(hot_bidders > bids * 74 / 100 && hot_bidders < bids * 77 / 100);
    /* The mean of 100 · 10^(6u) is 100 · (10^6 − 1) / (6 ln 10): 7.2 million. */
    ck_assert(price_sum / bids > 7000000 && price_sum / bids < 7500000);
    reader->type->close(reader);
}
END_TEST

START_TEST(makes_what_is_wanted) {
    SourceReader *all = open_reader(&(Options){"bid", "2000", NULL, NULL}),
                 *some = open_reader(&(Options){"bid", "2000", NULL, NULL});
    Error error = {0};
    const bool wanted[] = {false, false, true, false, true, false, false};
    some->type->want(some, wanted);
    SourceRows rows[2] = {{.arena = arena}, {.arena = arena}};
    for (int r = 0; r < 2; r++) {
        SourceReader *reader = r == 0 ? all : some;
        ck_assert_int_eq(reader->type->assign(reader, 0, 0, INT64_MAX, &error), OK);
        ck_assert_int_eq(reader->type->read(reader, 0, 4096, &rows[r], &error), OK);
        reader->type->close(reader);
    }
    ck_assert_int_eq(rows[0].batch->row_count, rows[1].batch->row_count);
    for (int c = 0; c < rows[0].batch->column_count; c++)
        for (int i = 0; i < rows[0].batch->row_count; i++) {
            ck_assert_int_eq(column_is_null(rows[1].batch->columns[c], i), !wanted[c]);
            ck_assert(!wanted[c] || batch_rows_identical(rows[0].batch, i, rows[1].batch, i, (int[]){c}, 1));
        }
    batch_release(rows[0].batch);
    batch_release(rows[1].batch);
}
END_TEST

static atomic_int wakes;
static void on_wake(void *argument) {
    atomic_fetch_add(&wakes, 1);
}

START_TEST(paced) {
    const char *names[] = {"table", "rate"}, *values[] = {"bid", "5000"};
    ConnectorDefinition definition = {
        .connector = "nexmark", .option_count = 2, .option_names = names, .option_values = values};
    const ConnectorType *type = connector_by_name("nexmark");
    const char *watermark;
    Error error = {0};
    SourceReader *reader;
    SourceRows rows = {.arena = arena};
    ck_assert_int_eq(type->default_columns(&definition, arena, &definition.columns, &watermark, &error), OK);
    ck_assert_int_eq(type->open_source(&definition, &reader, &error), OK);
    reader->wake = on_wake;
    /* The past is not paced. */
    ck_assert_int_eq(reader->type->assign(reader, 0, 0, 1000000, &error), OK);
    ck_assert_int_eq(reader->type->read(reader, 0, 4096, &rows, &error), OK);
    ck_assert_int_eq(rows.batch->row_count, 4096);
    batch_release(rows.batch);
    ck_assert_int_eq(reader->type->assign(reader, 0, 0, INT64_MAX, &error), OK);
    for (int i = 0; i < 500 && atomic_load(&wakes) < 3; i++)
        usleep(10000);
    ck_assert_int_ge(atomic_load(&wakes), 3);
    ck_assert(reader->type->is_ready(reader, 0));
    rows = (SourceRows){.arena = arena};
    ck_assert_int_eq(reader->type->read(reader, 0, 4096, &rows, &error), OK);
    ck_assert(rows.batch != NULL && !rows.is_finished);
    ck_assert_int_ge(rows.next_offset, 50);
    batch_release(rows.batch);
    reader->type->close(reader);
    values[1] = "-1";
    ck_assert_int_eq(connector_validate(&definition, false, &error), STATUS_INVALID_PARAMETER_VALUE);
    error_clear(&error);
}
END_TEST

START_TEST(options) {
    Error error = {0};
    const char *names[] = {"table", "events"}, *values[] = {"bids", "5"};
    ConnectorDefinition definition = {
        .connector = "nexmark", .option_count = 2, .option_names = names, .option_values = values};
    Schema columns;
    const char *watermark;
    ck_assert_int_eq(
        connector_by_name("nexmark")->default_columns(&definition, arena, &columns, &watermark, &error),
        STATUS_INVALID_PARAMETER_VALUE);
    ck_assert_str_eq(error.message, "invalid value for option \"table\": \"bids\"");
    values[0] = "bid";
    values[1] = "-1";
    ck_assert_int_eq(connector_validate(&definition, false, &error), STATUS_INVALID_PARAMETER_VALUE);
    names[1] = "evnets";
    ck_assert_int_eq(connector_validate(&definition, false, &error), STATUS_INVALID_PARAMETER_VALUE);
    ck_assert_str_eq(error.message, "connector \"nexmark\" has no option \"evnets\"");
    definition.option_count = 1;
    Type text = type_of(TYPE_TEXT);
    const char *price[] = {"price"};
    definition.columns = (Schema){1, price, &text};
    SourceReader *reader;
    ck_assert_int_eq(
        connector_by_name("nexmark")->open_source(&definition, &reader, &error), STATUS_DATATYPE_MISMATCH);
    error_clear(&error);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("nexmark");
    TCase *tests = tcase_create("nexmark");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, parts_fit_together);
    tcase_add_test(tests, events_are_stable);
    tcase_add_test(tests, references_hold);
    tcase_add_test(tests, makes_what_is_wanted);
    tcase_add_test(tests, paced);
    tcase_add_test(tests, options);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
