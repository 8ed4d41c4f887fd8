/* Aggregate against naive recomputation over random histories, and its corners one by one. */
#include "executor/operators/aggregate/aggregate.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "executor/operators/test/history.h"
#include "executor/operators/test/testing.h"

static AggregateSpec call(const char *signature, int argument, int filter, bool is_distinct, TypeId result) {
    static int columns[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    const Aggregate *aggregate = aggregate_by_signature(signature);
    ck_assert_ptr_nonnull(aggregate);
    return (AggregateSpec){.aggregate = aggregate,
        .argument_count = argument < 0 ? 0 : 1,
        .arguments = argument < 0 ? NULL : &columns[argument],
        .filter = filter,
        .is_distinct = is_distinct,
        .result_type = type_of(result)};
}

/* Input: key int8, value int8, flag bool, name text. */
static const char *const INPUT[] = {"int8 int8 bool text"};

static void random_row(int input, uint64_t *random, char *row) {
    char key[24], value[24];
    snprintf(key, sizeof key, "%u", history_random(random, 6));
    snprintf(value, sizeof value, "%d", (int)history_random(random, 9) - 4);
    sprintf(row, "%s %s %s %c", history_random(random, 8) == 0 ? "NULL" : key,
        history_random(random, 6) == 0 ? "NULL" : value,
        history_random(random, 5) == 0 ? "NULL"
        : history_random(random, 2)    ? "t"
                                       : "f",
        'a' + (char)history_random(random, 4));
}

typedef struct Naive {
    int64_t count, value_count, flag_count, sum, flag_sum, min, max, distinct, flag_distinct;
} Naive;

/* One group: rows whose key text is `key`; NULL: all rows. */
static Naive naive_group(const RowBag *bag, const char *key) {
    Naive n = {.min = INT64_MAX, .max = INT64_MIN};
    bool seen[16] = {0}, flag_seen[16] = {0};
    for (int i = 0; i < bag->count; i++) {
        char text[32], flag[32];
        if (bag->counts[i] == 0 || (key != NULL && strcmp(row_value(bag->rows[i], 0, text), key) != 0))
            continue;
        int64_t value = row_integer(bag->rows[i], 1), count = bag->counts[i];
        bool is_flagged = strcmp(row_value(bag->rows[i], 2, flag), "t") == 0;
        n.count += count;
        n.flag_count += is_flagged ? count : 0;
        if (value == INT64_MIN)
            continue;
        n.value_count += count;
        n.sum += value * count;
        n.flag_sum += is_flagged ? value * count : 0;
        n.min = value < n.min ? value : n.min;
        n.max = value > n.max ? value : n.max;
        n.distinct += !seen[value + 4];
        seen[value + 4] = true;
        n.flag_distinct += is_flagged && !flag_seen[value + 4];
        flag_seen[value + 4] |= is_flagged;
    }
    return n;
}

static void add_group(const char *key, Naive n, RowBag *out) {
    char row[256], sum[32] = "NULL", min[32] = "NULL", max[32] = "NULL";
    if (n.value_count > 0) {
        sprintf(sum, "%lld", (long long)n.sum);
        sprintf(min, "%lld", (long long)n.min);
        sprintf(max, "%lld", (long long)n.max);
    }
    sprintf(row, "%s%s%lld %lld %s %s %s %lld %lld", key, *key ? " " : "", (long long)n.count,
        (long long)n.flag_count, sum, min, max, (long long)n.distinct, (long long)n.flag_distinct);
    bag_add(out, row, 1);
}

static void expect_groups(const RowBag *inputs, RowBag *out) {
    for (int i = 0; i < inputs->count; i++) {
        char key[32], other[32];
        bool is_first = inputs->counts[i] != 0;
        row_value(inputs->rows[i], 0, key);
        for (int j = 0; j < i && is_first; j++)
            is_first = inputs->counts[j] == 0 || strcmp(row_value(inputs->rows[j], 0, other), key) != 0;
        if (is_first)
            add_group(key, naive_group(inputs, key), out);
    }
}

static void expect_global(const RowBag *inputs, RowBag *out) {
    add_group("", naive_group(inputs, NULL), out);
}

static AggregateSpec *all_calls(void) {
    static AggregateSpec calls[7];
    calls[0] = call("count() -> int8", -1, -1, false, TYPE_INT8);
    calls[1] = call("count() -> int8", -1, 2, false, TYPE_INT8);
    calls[2] = call("sum(int8) -> numeric", 1, -1, false, TYPE_NUMERIC);
    calls[3] = call("min(int8) -> int8", 1, -1, false, TYPE_INT8);
    calls[4] = call("max(int8) -> int8", 1, -1, false, TYPE_INT8);
    calls[5] = call("count(any) -> int8", 1, -1, true, TYPE_INT8);
    calls[6] = call("count(any) -> int8", 1, 2, true, TYPE_INT8);
    return calls;
}

static void run_histories(History history, AggregateParameters parameters, int seeds) {
    history.type = &aggregate_operator;
    history.parameters = &parameters;
    history.input_count = 1;
    history.input_types = history.input_types != NULL ? history.input_types : INPUT;
    history.random_row = history.random_row != NULL ? history.random_row : random_row;
    history.step_count = 25;
    history.rows_per_step = 30;
    for (int seed = 1; seed <= seeds; seed++) {
        history_run(&history, (uint64_t)seed);
        history.rows_per_step = 1 + seed * 7 % 60;
    }
}

static const char GROUPED[] = "int8 int8 int8 numeric int8 int8 int8 int8";
static const char GLOBAL[] = "int8 int8 numeric int8 int8 int8 int8";

START_TEST(grouped_updating) {
    run_histories((History){.output_types = GROUPED, .expect = expect_groups},
        (AggregateParameters){.key_count = 1,
            .keys = (int[]){0},
            .aggregate_count = 7,
            .aggregates = all_calls(),
            .is_input_updating = true,
            .expiry_key = -1},
        6);
}
END_TEST

START_TEST(grouped_append_only) {
    run_histories((History){.output_types = GROUPED, .expect = expect_groups, .is_append_only = true},
        (AggregateParameters){.key_count = 1,
            .keys = (int[]){0},
            .aggregate_count = 7,
            .aggregates = all_calls(),
            .expiry_key = -1},
        4);
}
END_TEST

START_TEST(global_updating) {
    run_histories((History){.output_types = GLOBAL, .expect = expect_global},
        (AggregateParameters){
            .aggregate_count = 7, .aggregates = all_calls(), .is_input_updating = true, .expiry_key = -1},
        6);
}
END_TEST

/* DISTINCT of key and name. */
static void expect_distinct(const RowBag *inputs, RowBag *out) {
    for (int i = 0; i < inputs->count; i++) {
        char key[32], name[32], row[80];
        sprintf(row, "%s %s", row_value(inputs->rows[i], 0, key), row_value(inputs->rows[i], 3, name));
        if (inputs->counts[i] != 0 && bag_count(out, row) == 0)
            bag_add(out, row, 1);
    }
}

START_TEST(distinct_rows) {
    AggregateParameters parameters = {
        .key_count = 2, .keys = (int[]){0, 3}, .is_input_updating = true, .expiry_key = -1};
    run_histories((History){.output_types = "int8 text", .expect = expect_distinct}, parameters, 3);
    run_histories((History){.output_types = "int8 text", .expect = expect_distinct, .is_one_shot = true},
        parameters, 3);
    parameters.shard_key_count = 1;
    run_histories((History){.output_types = "int8 text", .expect = expect_distinct}, parameters, 3);
}
END_TEST

START_TEST(negative_count) {
    AggregateParameters parameters = {
        .key_count = 1, .keys = (int[]){0}, .is_input_updating = true, .expiry_key = -1};
    StateSpace *space =
        state_space_create(&(StateSpaceSpec){.object_id = 1, .operator_id = 1, .shard_end = 65536});
    Testbed *bed = testbed_create(&aggregate_operator, &parameters, 1, (const char *[]){"int8"}, "int8",
        &(TestbedOptions){.state = space, .is_updating = true});
    testbed_feed(bed, 0, "int8\n-1 1\n");
    testbed_seal(bed, 0, NULL);
    Error error = {0};
    ck_assert_int_eq(testbed_try(bed, &error), STATUS_INTERNAL_ERROR);
    error_clear(&error);
    testbed_destroy(bed);
    state_space_destroy(space);
}
END_TEST

START_TEST(one_shot) {
    run_histories((History){.output_types = GROUPED, .expect = expect_groups, .is_one_shot = true},
        (AggregateParameters){.key_count = 1,
            .keys = (int[]){0},
            .aggregate_count = 7,
            .aggregates = all_calls(),
            .is_input_updating = true,
            .expiry_key = -1},
        10);
    run_histories((History){.output_types = GLOBAL, .expect = expect_global, .is_one_shot = true},
        (AggregateParameters){
            .aggregate_count = 7, .aggregates = all_calls(), .is_input_updating = true, .expiry_key = -1},
        10);
}
END_TEST

/* Keys and values of one value with several looks: 1, 1.0, 1.00. */
static void random_numeric_row(int input, uint64_t *random, char *row) {
    static const char *const scales[] = {"", ".0", ".00"};
    sprintf(row, "%u%s %u%s", history_random(random, 2), scales[history_random(random, 3)],
        history_random(random, 3), scales[history_random(random, 3)]);
}

/* The least image of column 0 or 1 among rows with the key; for column 1 only those equal to `value`. */
static const char *least_image(const RowBag *bag, int64_t key, int column, int64_t value, char *image) {
    char text[64];
    *image = 0;
    for (int i = 0; i < bag->count; i++) {
        if (bag->counts[i] == 0 || row_integer(bag->rows[i], 0) != key ||
            (column == 1 && row_integer(bag->rows[i], 1) != value))
            continue;
        row_value(bag->rows[i], column, text);
        if (*image == 0 || strlen(text) < strlen(image))
            strcpy(image, text);
    }
    return image;
}

/* key, count(*), min, max, count(distinct), sum(distinct), sum: a sum has the most digits that any of its
   values has */
static void expect_images(const RowBag *inputs, RowBag *out) {
    for (int key = 0; key < 2; key++) {
        char row[256], image[64], min_image[64], max_image[64];
        int64_t count = 0, min = 9, max = -1, distinct = 0, sum = 0, scale = 0, total = 0, total_scale = 0;
        for (int i = 0; i < inputs->count; i++) {
            if (inputs->counts[i] == 0 || row_integer(inputs->rows[i], 0) != key)
                continue;
            int64_t value = row_integer(inputs->rows[i], 1);
            int64_t digits = (int64_t)strlen(row_value(inputs->rows[i], 1, image)) - 2;
            count += inputs->counts[i];
            total += value * inputs->counts[i];
            total_scale = digits > total_scale ? digits : total_scale;
            min = value < min ? value : min;
            max = value > max ? value : max;
        }
        for (int value = 0; value < 3; value++) {
            if (*least_image(inputs, key, 1, value, image) == 0)
                continue;
            distinct++;
            sum += value;
            int64_t digits = strchr(image, '.') == NULL ? 0 : (int64_t)strlen(strchr(image, '.') + 1);
            scale = digits > scale ? digits : scale;
        }
        if (count == 0)
            continue;
        least_image(inputs, key, 0, 0, image);
        static const char *const zeros[] = {"", ".0", ".00"};
        sprintf(row, "%s %lld %s %s %lld %lld%s %lld%s", image, (long long)count,
            least_image(inputs, key, 1, min, min_image), least_image(inputs, key, 1, max, max_image),
            (long long)distinct, (long long)sum, zeros[scale], (long long)total, zeros[total_scale]);
        bag_add(out, row, 1);
    }
}

START_TEST(images) {
    AggregateSpec calls[6] = {call("count() -> int8", -1, -1, false, TYPE_INT8),
        call("min(numeric) -> numeric", 1, -1, false, TYPE_NUMERIC),
        call("max(numeric) -> numeric", 1, -1, false, TYPE_NUMERIC),
        call("count(any) -> int8", 1, -1, true, TYPE_INT8),
        call("sum(numeric) -> numeric", 1, -1, true, TYPE_NUMERIC),
        call("sum(numeric) -> numeric", 1, -1, false, TYPE_NUMERIC)};
    static const char *const input[] = {"numeric numeric"};
    AggregateParameters parameters = {.key_count = 1,
        .keys = (int[]){0},
        .aggregate_count = 6,
        .aggregates = calls,
        .is_input_updating = true,
        .expiry_key = -1};
    History history = {.input_types = input,
        .output_types = "numeric int8 numeric numeric int8 numeric numeric",
        .random_row = random_numeric_row,
        .expect = expect_images};
    run_histories(history, parameters, 3);
    parameters.is_input_updating = false;
    history.is_append_only = true;
    run_histories(history, parameters, 2);
}
END_TEST

/* Window end (key), value. A step's rows lie at or above its watermark. */
static void random_window_row(int input, uint64_t *random, char *row) {
    sprintf(row, "%u %u", history_random(random, 30) * 4, history_random(random, 4));
}

static bool is_open(int step, int input, const char *row) {
    int64_t end = row_integer(row, 0);
    return end >= step * 3 && end < step * 3 + 16;
}

static void window_watermarks(int step, int input, int64_t *watermarks) {
    watermarks[0] = (step + 1) * 3;
}

static void expect_windows(const RowBag *inputs, RowBag *out) {
    for (int end = 0; end < 200; end += 4) {
        int64_t count = 0, max = -1, distinct = 0;
        bool seen[4] = {0};
        for (int i = 0; i < inputs->count; i++)
            if (row_integer(inputs->rows[i], 0) == end && inputs->counts[i] != 0) {
                int64_t value = row_integer(inputs->rows[i], 1);
                count += inputs->counts[i];
                max = value > max ? value : max;
                distinct += !seen[value];
                seen[value] = true;
            }
        char row[128];
        sprintf(row, "%d %lld %lld %lld", end, (long long)count, (long long)max, (long long)distinct);
        if (count > 0)
            bag_add(out, row, 1);
    }
}

/* EMIT ON WINDOW CLOSE: exactly the closed ones. */
static void check_closed(int step, const RowBag *inputs, const RowBag *out) {
    RowBag expected = {0};
    int shown = 0;
    expect_windows(inputs, &expected);
    for (int i = 0; i < expected.count; i++) {
        bool is_closed = row_integer(expected.rows[i], 0) < (step + 1) * 3;
        ck_assert_int_eq(bag_count(out, expected.rows[i]), is_closed);
        shown += is_closed;
    }
    for (int i = 0; i < out->count; i++)
        shown -= (int)out->counts[i];
    ck_assert_int_eq(shown, 0);
    bag_clear(&expected);
}

START_TEST(windows) {
    static const char *const input[] = {"int8 int8"};
    AggregateSpec calls[3] = {call("count() -> int8", -1, -1, false, TYPE_INT8),
        call("max(int8) -> int8", 1, -1, false, TYPE_INT8),
        call("count(any) -> int8", 1, -1, true, TYPE_INT8)};
    AggregateParameters parameters = {.key_count = 1,
        .keys = (int[]){0},
        .aggregate_count = 3,
        .aggregates = calls,
        .is_input_updating = true};
    History history = {.type = &aggregate_operator,
        .input_count = 1,
        .input_types = input,
        .output_types = "int8 int8 int8 int8",
        .random_row = random_window_row,
        .expect = expect_windows,
        .watermarks = window_watermarks,
        .is_allowed = is_open,
        .step_count = 25,
        .rows_per_step = 60,
        .parameters = &parameters};
    for (int seed = 1; seed <= 4; seed++) {
        history.is_append_only = seed % 2;
        parameters.is_input_updating = !history.is_append_only;
        parameters.emit_on_close = false;
        history.check = NULL;
        history_run(&history, (uint64_t)seed);
        parameters.emit_on_close = true;
        history.check = check_closed;
        history_run(&history, (uint64_t)seed);
    }
}
END_TEST

START_TEST(closed_groups_are_freed) {
    AggregateSpec calls[2] = {call("max(int8) -> int8", 1, -1, false, TYPE_INT8),
        call("count(any) -> int8", 1, -1, true, TYPE_INT8)};
    AggregateParameters parameters = {.key_count = 1,
        .keys = (int[]){0},
        .aggregate_count = 2,
        .aggregates = calls,
        .is_input_updating = true};
    StateSpace *space =
        state_space_create(&(StateSpaceSpec){.object_id = 1, .operator_id = 1, .shard_end = 65536});
    Testbed *bed = testbed_create(&aggregate_operator, &parameters, 1, (const char *[]){"int8 int8"},
        "int8 int8 int8", &(TestbedOptions){.state = space, .is_updating = true});
    testbed_feed(bed, 0, "int8 int8\n+1 10 1\n+1 10 2\n+1 20 3\n+1 NULL 4\n");
    testbed_seal(bed, 0, (int64_t[]){20, WATERMARK_NONE});
    ck_assert_str_eq(testbed_collect(bed), "int8 int8 int8\n+1 10 2 2\n+1 20 3 1\n+1 NULL 4 1\n");
    ck_assert_int_eq(testbed_watermark(bed, 0), 20);
    ck_assert_int_eq(state_space_rows(space), 6);
    testbed_next_step(bed);
    testbed_feed(bed, 0, "int8 int8\n+1 20 5\n");
    testbed_seal(bed, 0, (int64_t[]){21, WATERMARK_NONE});
    ck_assert_str_eq(testbed_collect(bed), "int8 int8 int8\n-1 20 3 1\n+1 20 5 2\n");
    ck_assert_int_eq(state_space_rows(space), 3);
    testbed_destroy(bed);
    state_space_destroy(space);
}
END_TEST

/* Two phases are the same as one. */
typedef struct TwoPhases {
    Testbed *partial, *final;
    StateSpace *space;
} TwoPhases;

static void feed_through(TwoPhases *two, const char *header) {
    const char *rows = testbed_collect(two->partial);
    Text text = {0};
    text_printf(&text, "%s\n%s", header, strchr(rows, '\n') + 1);
    testbed_feed(two->final, 0, text_string(&text));
    text_free(&text);
}

static void run_two_phases(int key_count, const char *partial_types, const char *output) {
    AggregateSpec calls[4] = {call("count() -> int8", -1, -1, false, TYPE_INT8),
        call("count() -> int8", -1, 2, false, TYPE_INT8), call("count(any) -> int8", 1, -1, false, TYPE_INT8),
        call("max(int8) -> int8", 1, -1, false, TYPE_INT8)};
    AggregateParameters first = {.phase = AGGREGATE_PARTIAL,
                            .key_count = key_count,
                            .keys = (int[]){0},
                            .aggregate_count = 4,
                            .aggregates = calls,
                            .expiry_key = -1},
                        second = first;
    second.phase = AGGREGATE_FINAL;
    TwoPhases two = {
        .space = state_space_create(&(StateSpaceSpec){.object_id = 1, .operator_id = 1, .shard_end = 65536})};
    two.partial = testbed_create(&aggregate_operator, &first, 1, INPUT, partial_types, NULL);
    two.final = testbed_create(&aggregate_operator, &second, 1, (const char *[]){partial_types}, output,
        &(TestbedOptions){.state = two.space});
    RowBag input = {0}, total = {0};
    uint64_t random = 99;
    for (int step = 0; step < 10; step++) {
        testbed_next_step(two.partial);
        testbed_next_step(two.final);
        for (int batch = 0; batch < 3; batch++) {
            Text text = {0};
            text_printf(&text, "%s\n", INPUT[0]);
            for (int i = 0; i < 10; i++) {
                char row[256];
                random_row(0, &random, row);
                text_printf(&text, "+2 %s\n", row);
                bag_add(&input, row, 2);
            }
            testbed_feed(two.partial, 0, text_string(&text));
            text_free(&text);
        }
        testbed_seal(two.partial, 0, NULL);
        feed_through(&two, partial_types);
        testbed_seal(two.final, 0, NULL);
        const char *out = testbed_collect(two.final);
        for (const char *line = strchr(out, '\n'); line[1] != 0; line = strchr(line + 1, '\n')) {
            char row[256];
            char *end;
            int64_t count = strtoll(line + 1, &end, 10);
            size_t length = strcspn(end + 1, "\n");
            memcpy(row, end + 1, length);
            row[length] = 0;
            bag_add(&total, row, count);
        }
        for (int key = -1; key < 6; key++) {
            char text[32], row[256];
            sprintf(text, key < 0 ? "NULL" : "%d", key);
            if (key_count == 0 && key >= 0)
                break;
            Naive n = naive_group(&input, key_count == 0 ? NULL : text);
            sprintf(row, "%s%s%lld %lld %lld ", key_count == 0 ? "" : text, key_count == 0 ? "" : " ",
                (long long)n.count, (long long)n.flag_count, (long long)n.value_count);
            sprintf(row + strlen(row), n.value_count == 0 ? "NULL" : "%lld", (long long)n.max);
            if (n.count > 0)
                ck_assert_int_eq(bag_count(&total, row), 1);
        }
    }
    bag_clear(&input);
    bag_clear(&total);
    testbed_destroy(two.partial);
    testbed_destroy(two.final);
    state_space_destroy(two.space);
}

START_TEST(two_phases) {
    run_two_phases(1, "int8 int8 int8 int8 int8 int8 int8", "int8 int8 int8 int8 int8");
    run_two_phases(0, "int8 int8 int8 int8 int8 int8", "int8 int8 int8 int8");
}
END_TEST

START_TEST(values_in_order) {
    AggregateSpec calls[2] = {call("string_agg(text, text) -> text", 1, -1, false, TYPE_TEXT),
        call("string_agg(text, text) -> text", 1, -1, true, TYPE_TEXT)};
    calls[0].argument_count = calls[1].argument_count = 2;
    calls[0].order_count = 1;
    calls[0].order = (SortKey[]){{.column = 3, .is_descending = true}};
    AggregateParameters parameters = {.key_count = 1,
        .keys = (int[]){0},
        .aggregate_count = 2,
        .aggregates = calls,
        .is_input_updating = true,
        .expiry_key = -1};
    StateSpace *space =
        state_space_create(&(StateSpaceSpec){.object_id = 1, .operator_id = 1, .shard_end = 65536});
    Testbed *bed =
        testbed_create(&aggregate_operator, &parameters, 1, (const char *[]){"int8 text text int8"},
            "int8 text text", &(TestbedOptions){.state = space, .is_updating = true});
    testbed_feed(bed, 0, "int8 text text int8\n+1 1 b , 5\n+2 1 a , 3\n+1 1 NULL , 9\n+1 2 NULL , 9\n");
    testbed_feed(bed, 0, "int8 text text int8\n+1 1 c , 7\n+1 1 a , 8\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8 text text\n+1 1 a,c,b,a,a a,b,c\n+1 2 NULL NULL\n");
    testbed_next_step(bed);
    testbed_feed(bed, 0, "int8 text text int8\n-1 1 c , 7\n+1 2 x , 1\n-1 2 NULL , 9\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed),
        "int8 text text\n+1 1 a,b,a,a a,b\n-1 1 a,c,b,a,a a,b,c\n-1 2 NULL NULL\n+1 2 x x\n");
    testbed_destroy(bed);
    state_space_destroy(space);
}
END_TEST

START_TEST(failing_group_is_absent) {
    AggregateSpec calls[1] = {call("sum(float8) -> float8", 1, -1, false, TYPE_FLOAT8)};
    AggregateParameters parameters = {.key_count = 1,
        .keys = (int[]){0},
        .aggregate_count = 1,
        .aggregates = calls,
        .is_input_updating = true,
        .expiry_key = -1};
    StateSpace *space =
        state_space_create(&(StateSpaceSpec){.object_id = 1, .operator_id = 1, .shard_end = 65536});
    Testbed *bed = testbed_create(&aggregate_operator, &parameters, 1, (const char *[]){"int8 float8"},
        "int8 float8", &(TestbedOptions){.state = space, .is_updating = true});
    testbed_feed(bed, 0, "int8 float8\n+1 1 7\n+1 2 7\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8 float8\n+1 1 7\n+1 2 7\n");
    testbed_next_step(bed);
    testbed_feed(bed, 0, "int8 float8\n+2 1 1e308\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8 float8\n-1 1 7\n");
    ck_assert_str_eq(testbed_failures(bed), "22003 value out of range: overflow: +1 1\n");
    testbed_next_step(bed);
    testbed_feed(bed, 0, "int8 float8\n+1 1 1\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8 float8\n");
    ck_assert_str_eq(testbed_failures(bed), "");
    testbed_next_step(bed);
    testbed_feed(bed, 0, "int8 float8\n-2 1 1e308\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8 float8\n+1 1 8\n");
    ck_assert_str_eq(testbed_failures(bed), "22003 value out of range: overflow: -1 1\n");
    testbed_destroy(bed);
    state_space_destroy(space);
}
END_TEST

static Suite *suite(void) {
    Suite *suite = suite_create("aggregate");
    TCase *histories = tcase_create("histories");
    tcase_set_timeout(histories, 300);
    tcase_add_test(histories, grouped_updating);
    tcase_add_test(histories, grouped_append_only);
    tcase_add_test(histories, global_updating);
    tcase_add_test(histories, one_shot);
    tcase_add_test(histories, distinct_rows);
    tcase_add_test(histories, negative_count);
    tcase_add_test(histories, images);
    tcase_add_test(histories, windows);
    tcase_add_test(histories, closed_groups_are_freed);
    tcase_add_test(histories, two_phases);
    tcase_add_test(histories, values_in_order);
    tcase_add_test(histories, failing_group_is_absent);
    suite_add_tcase(suite, histories);
    return suite;
}

int main(void) {
    functions_start();
    SRunner *runner = srunner_create(suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
