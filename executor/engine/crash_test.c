/* Crashes: a process of hand-made graphs that is killed at every place of a step, cut, write and publication,
   again and again over the same folder, until its history is through. After each start every view is what the
   rows that were committed make it. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "executor/engine/test/flow_bed.h"

enum { STEPS = 70, IN_FLIGHT = 4, KILLS_MAX = 400 };
static const char *const points[] = {"step.before-seal", "step.end", "cut.begin", "cut.end",
    "commit.before-write", "commit.after-write", "commit.after-publish", "build.link"};
enum { POINT_COUNT = sizeof points / sizeof *points };

/* One life: goes on where the store stands. */
static int live(const char *directory, uint64_t seed, int life) {
    static const int worker_counts[] = {1, 2, 4};
    BedOptions options = {.workers = worker_counts[(seed + (uint64_t)life) % 3],
        .seed = seed,
        .is_durable = true,
        .is_memory_zero = seed % 2 == 0};
    int step;
    FlowBed *bed = bed_recover(&options, directory, &step);
    bed_check(bed);
    for (; step < STEPS; step++) {
        bed_step(bed, step);
        if (step % 7 == 3)
            bed_build(bed, (BedView)(step / 7 % BED_VIEWS));
        if (step % IN_FLIGHT == IN_FLIGHT - 1)
            bed_acknowledge(bed, step + 1);
        if (step % 10 == 9)
            bed_check(bed);
    }
    bed_check(bed);
    int failures = bed_failures(bed);
    Error error = {0};
    bed_last_failure(bed, &error);
    if (failures > 0)
        fprintf(stderr, "life %d of seed %llu: %d failures, the last: %s\n", life, (unsigned long long)seed,
            failures, error.message);
    error_clear(&error);
    bed_destroy(bed);
    return failures;
}

/* The test itself once more, as a process that may die. */
static int spawn(const char *directory, uint64_t seed, int life, const char *point) {
    char seed_text[24], life_text[24];
    snprintf(seed_text, sizeof seed_text, "%llu", (unsigned long long)seed);
    snprintf(life_text, sizeof life_text, "%d", life);
    pid_t child = fork();
    if (child == 0) {
        setenv("LEAT_FAILPOINT", point, 1);
        execl("/proc/self/exe", "crash_test", directory, seed_text, life_text, (char *)NULL);
        _exit(127);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

static void run_lives(uint64_t seed) {
    char directory[] = "/tmp/flow-crash-XXXXXX", command[64], point[64];
    ck_assert_ptr_nonnull(mkdtemp(directory));
    uint64_t random = seed;
    int kills = 0;
    for (int life = 0;; life++) {
        snprintf(point, sizeof point, "%s:%d", points[(seed + (uint64_t)life) % POINT_COUNT],
            1 + (int)history_random(&random, 5));
        int status = spawn(directory, seed, life, point);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
            break;
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
            ck_abort_msg("life %d of seed %llu, to be killed at %s, ended with status %x; its folder is %s",
                life, (unsigned long long)seed, point, (unsigned)status, directory);
        ck_assert_int_lt(++kills, KILLS_MAX);
    }
    ck_assert_int_ge(kills, 8);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(killed_everywhere) {
    const char *chosen = getenv("FLOW_SEED");
    if (chosen != NULL)
        run_lives(strtoull(chosen, NULL, 10));
    for (uint64_t seed = 1; seed <= 4 && chosen == NULL; seed++)
        run_lives(seed);
}
END_TEST

int main(int count, char **arguments) {
    if (count == 4)
        return live(arguments[1], strtoull(arguments[2], NULL, 10), atoi(arguments[3]));
    Suite *suite = suite_create("crashes");
    TCase *tests = tcase_create("kills");
    tcase_set_timeout(tests, 240);
    tcase_add_test(tests, killed_everywhere);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
