/* Over against direct evaluation of each frame over random histories. */
#include "executor/operators/over/over.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "executor/operators/test/history.h"
#include "executor/operators/test/testing.h"

/* Partition, order, value. */
static const char *const INPUT[] = {"int8 int8 int8"};
static OverParameters parameters;

static void random_row(int input, uint64_t *random, char *row) {
    char order[24], value[24];
    snprintf(order, sizeof order, "%u", history_random(random, 8));
    snprintf(value, sizeof value, "%d", (int)history_random(random, 7) - 3);
    sprintf(row, "%u %s %s", history_random(random, 3), history_random(random, 7) == 0 ? "NULL" : order,
        history_random(random, 7) == 0 ? "NULL" : value);
}

static int compare_column(const char *a, const char *b, int column) {
    int64_t x = row_integer(a, column), y = row_integer(b, column);
    if (x == INT64_MIN || y == INT64_MIN)
        return (x == INT64_MIN) - (y == INT64_MIN);
    return (x > y) - (x < y);
}

static int compare_sort(const char *a, const char *b) {
    if (parameters.key_count == 0)
        return 0;
    int64_t x = row_integer(a, 1), y = row_integer(b, 1);
    int order = compare_column(a, b, 1);
    if ((x == INT64_MIN) != (y == INT64_MIN))
        return parameters.keys[0].is_nulls_first ? -order : order;
    return parameters.keys[0].is_descending ? -order : order;
}

static int compare_rows(const void *a, const void *b) {
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    int order = parameters.partition_count > 0 ? compare_column(x, y, 0) : 0;
    if (order == 0)
        order = compare_sort(x, y);
    for (int column = 0; column < 2 && order == 0; column++)
        order = compare_column(x, y, column);
    return order != 0 ? order : compare_column(x, y, 2);
}

/* Peer group numbers of rows [0, count). */
static void number_groups(char **rows, int count, int *groups) {
    for (int i = 0; i < count; i++)
        groups[i] = i == 0 ? 0 : groups[i - 1] + (compare_sort(rows[i - 1], rows[i]) != 0);
}

/* Whether row j lies on the right side of one bound of row i's frame. */
static bool is_within(char **rows, const int *groups, int i, int j, int bound, int64_t offset, bool is_end) {
    int64_t distance = bound == BOUND_PRECEDING   ? -offset
                       : bound == BOUND_FOLLOWING ? offset
                                                  : 0,
            position, limit;
    if (bound == BOUND_UNBOUNDED_PRECEDING || bound == BOUND_UNBOUNDED_FOLLOWING)
        return true;
    if (parameters.frame_mode == FRAME_ROWS) {
        position = j;
        limit = i + distance;
    } else if (parameters.frame_mode == FRAME_GROUPS || bound == BOUND_CURRENT_ROW) {
        position = groups[j];
        limit = groups[i] + distance;
    } else {
        int64_t x = row_integer(rows[i], 1), y = row_integer(rows[j], 1);
        if (x == INT64_MIN || y == INT64_MIN) {
            position = groups[j];
            limit = groups[i];
        } else {
            position = parameters.keys[0].is_descending ? -y : y;
            limit = (parameters.keys[0].is_descending ? -x : x) + distance;
        }
    }
    return is_end ? position <= limit : position >= limit;
}

static bool is_in_frame(char **rows, const int *groups, int i, int j) {
    return is_within(rows, groups, i, j, parameters.start, parameters.start_offset, false) &&
           is_within(rows, groups, i, j, parameters.end, parameters.end_offset, true);
}

static void add_number(char *text, int64_t number) {
    sprintf(text + strlen(text), number == INT64_MIN ? " NULL" : " %lld", (long long)number);
}

/* row_number, rank, dense_rank, ntile(order of value), lag, lead, first, last, count, sum, min, max */
static void expect_partition(char **rows, int count, RowBag *out) {
    int *groups = malloc(sizeof(int) * (size_t)(count + 1));
    number_groups(rows, count, groups);
    for (int i = 0; i < count; i++) {
        char text[512];
        int64_t rank = 0, first = INT64_MIN, last = INT64_MIN, sum = 0, values = 0, frame = 0,
                min = INT64_MIN, max = INT64_MIN;
        while (groups[rank] != groups[i])
            rank++;
        for (int j = 0; j < count; j++) {
            int64_t value = row_integer(rows[j], 2);
            if (!is_in_frame(rows, groups, i, j))
                continue;
            first = frame++ == 0 ? value : first;
            last = value;
            if (value == INT64_MIN)
                continue;
            sum += value;
            min = values == 0 || value < min ? value : min;
            max = values == 0 || value > max ? value : max;
            values++;
        }
        sprintf(text, "%s %d %lld %d", rows[i], i + 1, (long long)rank + 1, groups[i] + 1);
        add_number(text, i > 0 ? row_integer(rows[i - 1], 2) : INT64_MIN);
        add_number(text, i + 1 < count ? row_integer(rows[i + 1], 2) : INT64_MIN);
        add_number(text, first);
        add_number(text, last);
        add_number(text, frame);
        add_number(text, values > 0 ? sum : INT64_MIN);
        add_number(text, min);
        add_number(text, max);
        bag_add(out, text, 1);
    }
    free(groups);
}

static void expect(const RowBag *inputs, RowBag *out) {
    int count = 0;
    for (int i = 0; i < inputs->count; i++)
        count += (int)inputs->counts[i];
    char **rows = malloc(sizeof *rows * (size_t)(count + 1));
    count = 0;
    for (int i = 0; i < inputs->count; i++)
        for (int64_t copy = 0; copy < inputs->counts[i]; copy++)
            rows[count++] = inputs->rows[i];
    qsort(rows, (size_t)count, sizeof *rows, compare_rows);
    for (int from = 0, end; from < count; from = end) {
        for (end = from; end < count && (parameters.partition_count == 0 ||
                                            row_integer(rows[end], 0) == row_integer(rows[from], 0));
             end++)
            ;
        expect_partition(rows + from, end - from, out);
    }
    free(rows);
}

static SortKey ascending[1] = {{.column = 1}},
               descending[1] = {{.column = 1, .is_descending = true, .is_nulls_first = true}};

static void set_frame(bool is_partitioned, SortKey *keys, int mode, int start, int64_t start_offset, int end,
    int64_t end_offset) {
    static const char *functions[] = {"row_number", "rank", "dense_rank", "lag", "lead", "first_value",
        "last_value", "count() -> int8", "sum(int8) -> numeric", "min(int8) -> int8", "max(int8) -> int8"};
    static int partition[1] = {0}, arguments[] = {2, 2, 2, 2, 2, 2, 2},
               counts[] = {0, 0, 0, 1, 1, 1, 1, 0, 1, 1, 1},
               filters[] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
    parameters = (OverParameters){.partition_count = is_partitioned,
        .partition = partition,
        .key_count = keys != NULL,
        .keys = keys,
        .call_count = 11,
        .functions = functions,
        .argument_total = 7,
        .arguments = arguments,
        .argument_count_count = 11,
        .argument_counts = counts,
        .filter_count = 11,
        .filters = filters,
        .frame_mode = mode,
        .start = start,
        .start_offset = start_offset,
        .end = end,
        .end_offset = end_offset};
}

static void run(int seeds) {
    History history = {.type = &over_operator,
        .parameters = &parameters,
        .input_count = 1,
        .input_types = INPUT,
        .output_types = "int8 int8 int8 int8 int8 int8 int8 int8 int8 int8 int8 numeric int8 int8",
        .random_row = random_row,
        .expect = expect,
        .step_count = 8,
        .rows_per_step = 25,
        .diff_max = 2};
    for (int seed = 1; seed <= seeds; seed++) {
        history.is_one_shot = false;
        history_run(&history, (uint64_t)seed);
        history.is_one_shot = true;
        history_run(&history, (uint64_t)seed);
    }
}

START_TEST(default_frames) {
    set_frame(true, ascending, FRAME_RANGE, BOUND_UNBOUNDED_PRECEDING, 0, BOUND_CURRENT_ROW, 0);
    run(3);
    set_frame(true, descending, FRAME_RANGE, BOUND_UNBOUNDED_PRECEDING, 0, BOUND_CURRENT_ROW, 0);
    run(2);
    set_frame(false, NULL, FRAME_RANGE, BOUND_UNBOUNDED_PRECEDING, 0, BOUND_CURRENT_ROW, 0);
    run(2);
}
END_TEST

START_TEST(sliding_frames) {
    static const int bounds[][4] = {{BOUND_PRECEDING, 2, BOUND_CURRENT_ROW, 0},
        {BOUND_PRECEDING, 1, BOUND_FOLLOWING, 1}, {BOUND_FOLLOWING, 1, BOUND_FOLLOWING, 2},
        {BOUND_PRECEDING, 3, BOUND_PRECEDING, 1}, {BOUND_CURRENT_ROW, 0, BOUND_UNBOUNDED_FOLLOWING, 0},
        {BOUND_UNBOUNDED_PRECEDING, 0, BOUND_FOLLOWING, 1}, {BOUND_PRECEDING, 1, BOUND_PRECEDING, 2}};
    for (int mode = FRAME_RANGE; mode <= FRAME_GROUPS; mode++)
        for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
            set_frame(i != 3, i % 2 ? descending : ascending, mode, bounds[i][0], bounds[i][1], bounds[i][2],
                bounds[i][3]);
            run(1);
        }
}
END_TEST

START_TEST(buckets_and_distances) {
    OverParameters calls = {.key_count = 1,
        .keys = (SortKey[]){{.column = 0}},
        .call_count = 6,
        .functions = (const char *[]){"ntile", "percent_rank", "cume_dist", "lag", "nth_value",
            "string_agg(text, text) -> text"},
        .argument_total = 8,
        .arguments = (int[]){1, 2, 1, 0, 2, 1, 2, 3},
        .argument_count_count = 6,
        .argument_counts = (int[]){1, 0, 0, 3, 2, 2},
        .frame_mode = FRAME_RANGE,
        .start = BOUND_UNBOUNDED_PRECEDING,
        .end = BOUND_CURRENT_ROW};
    /* order, two, letter, comma; lag(letter, 2, …) has a text default. */
    calls.arguments = (int[]){1, 2, 1, 4, 2, 1, 2, 3};
    StateSpace *space =
        state_space_create(&(StateSpaceSpec){.object_id = 1, .operator_id = 1, .shard_end = 65536});
    const char *output = "int8 int4 text text text int4 float8 float8 text text text";
    Testbed *bed = testbed_create(&over_operator, &calls, 1, (const char *[]){"int8 int4 text text text"},
        output, &(TestbedOptions){.state = space});
    testbed_feed(bed, 0,
        "int8 int4 text text text\n+1 1 2 a , x\n+1 2 2 b , x\n+1 2 2 c , x\n+1 3 2 d , x\n+1 4 2 e , x\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8 int4 text text text int4 float8 float8 text text text\n"
                                           "+1 1 2 a , x 1 0 0.2 x NULL a\n"
                                           "+1 2 2 b , x 1 0.25 0.6 x b a,b,c\n"
                                           "+1 2 2 c , x 1 0.25 0.6 a b a,b,c\n"
                                           "+1 3 2 d , x 2 0.75 0.8 b b a,b,c,d\n"
                                           "+1 4 2 e , x 2 1 1 c b a,b,c,d,e\n");
    testbed_destroy(bed);
    state_space_destroy(space);
}
END_TEST

START_TEST(failures_come_and_go) {
    OverParameters calls = {.key_count = 1,
        .keys = (SortKey[]){{.column = 0}},
        .call_count = 1,
        .functions = (const char *[]){"ntile"},
        .argument_total = 1,
        .arguments = (int[]){1},
        .argument_count_count = 1,
        .argument_counts = (int[]){1},
        .end = BOUND_CURRENT_ROW};
    StateSpace *space =
        state_space_create(&(StateSpaceSpec){.object_id = 1, .operator_id = 1, .shard_end = 65536});
    Testbed *bed = testbed_create(&over_operator, &calls, 1, (const char *[]){"int8 int4"}, "int8 int4 int4",
        &(TestbedOptions){.state = space, .is_updating = true});
    testbed_feed(bed, 0, "int8 int4\n+1 2 1\n+1 1 0\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8 int4 int4\n");
    ck_assert_ptr_nonnull(
        strstr(testbed_failures(bed), "22014 argument of ntile must be greater than zero: +1"));
    testbed_next_step(bed);
    testbed_feed(bed, 0, "int8 int4\n-1 1 0\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8 int4 int4\n+1 2 1 1\n");
    ck_assert_ptr_nonnull(
        strstr(testbed_failures(bed), "22014 argument of ntile must be greater than zero: -1"));
    testbed_destroy(bed);
    state_space_destroy(space);
}
END_TEST

static Suite *suite(void) {
    Suite *suite = suite_create("over");
    TCase *cases = tcase_create("over");
    tcase_set_timeout(cases, 300);
    tcase_add_test(cases, default_frames);
    tcase_add_test(cases, sliding_frames);
    tcase_add_test(cases, buckets_and_distances);
    tcase_add_test(cases, failures_come_and_go);
    suite_add_tcase(suite, cases);
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
