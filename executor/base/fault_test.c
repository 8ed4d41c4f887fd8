/* Tests of faults: they happen where they are asked for, and nowhere else. Each runs in a process of its own:
   what was chosen is remembered. */
#include "executor/base/fault.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child returns; 1000 and the signal that killed it. */
static int in_child(int (*run)(const char *value), const char *name, const char *value) {
    pid_t child = fork();
    if (child == 0) {
        unsetenv("LEAT_FAILPOINT");
        unsetenv("LEAT_MUTANT");
        unsetenv("LEAT_OPERATOR_FAULT");
        if (value != NULL)
            setenv(name, value, 1);
        _exit(run(value));
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

#ifdef LEAT_TESTING
enum { KILLED = 1000 + SIGKILL };
#else
enum { KILLED = 0 };
#endif

/* As variables: suites look for the names in the sources, and want each to be met. */
static const char here[] = "commit.before-write", elsewhere[] = "other", one[] = "this-one",
                  one_too[] = "this-one-too";

static int pass_once(const char *value) {
    FAILPOINT(here);
    return 0;
}

static int pass_twice(const char *value) {
    FAILPOINT(here);
    FAILPOINT(elsewhere);
    FAILPOINT(here);
    return 0;
}

START_TEST(test_failpoints_kill_at_their_passage) {
    ck_assert_int_eq(in_child(pass_once, "LEAT_FAILPOINT", NULL), 0);
    ck_assert_int_eq(in_child(pass_once, "LEAT_FAILPOINT", "other"), 0);
    ck_assert_int_eq(in_child(pass_once, "LEAT_FAILPOINT", "commit.before-write-all"), 0);
    ck_assert_int_eq(in_child(pass_once, "LEAT_FAILPOINT", "commit.before"), 0);
    ck_assert_int_eq(in_child(pass_once, "LEAT_FAILPOINT", "commit.before-write"), KILLED);
    ck_assert_int_eq(in_child(pass_once, "LEAT_FAILPOINT", "commit.before-write:2"), 0);
    ck_assert_int_eq(in_child(pass_twice, "LEAT_FAILPOINT", "commit.before-write:2"), KILLED);
    ck_assert_int_eq(in_child(pass_twice, "LEAT_FAILPOINT", "commit.before-write:3"), 0);
}
END_TEST

static int count_mutants(const char *value) {
    int count = 0;
    for (int i = 0; i < 3; i++)
        count += (MUTANT(one) ? 1 : 0) + (MUTANT(one_too) ? 10 : 0);
    return count;
}

START_TEST(test_mutants_are_chosen_by_name) {
#ifdef LEAT_TESTING
    enum { EACH_TIME = 3 };
#else
    enum { EACH_TIME = 0 };
#endif
    ck_assert_int_eq(in_child(count_mutants, "LEAT_MUTANT", NULL), 0);
    ck_assert_int_eq(in_child(count_mutants, "LEAT_MUTANT", "another"), 0);
    ck_assert_int_eq(in_child(count_mutants, "LEAT_MUTANT", "this-one"), EACH_TIME);
    ck_assert_int_eq(in_child(count_mutants, "LEAT_MUTANT", "this-one-too"), 10 * EACH_TIME);
}
END_TEST

/* The file may come, change and go while the process runs. */
static int follow_file(const char *path) {
    int seen = path != NULL && OPERATOR_FAULT("fail", "HashJoin") ? 1 : 0; /* no file yet */
    FILE *file = path == NULL ? NULL : fopen(path, "w");
    if (file != NULL) {
        fputs("fail HashJoin", file);
        fclose(file);
    }
    seen |= OPERATOR_FAULT("fail", "HashJoin") ? 2 : 0;
    seen |= OPERATOR_FAULT("stall", "HashJoin") ? 4 : 0;
    seen |= OPERATOR_FAULT("fail", "Sort") ? 8 : 0;
    if (path != NULL)
        unlink(path);
    seen |= OPERATOR_FAULT("fail", "HashJoin") ? 16 : 0;
    return seen;
}

START_TEST(test_operators_err_while_the_file_says_so) {
    char path[64];
    snprintf(path, sizeof path, "/tmp/leat-fault-test-%d", (int)getpid());
    ck_assert_int_eq(in_child(follow_file, "LEAT_OPERATOR_FAULT", NULL), 0);
    ck_assert_int_eq(in_child(follow_file, "LEAT_OPERATOR_FAULT", path), KILLED != 0 ? 2 : 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("fault");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_failpoints_kill_at_their_passage);
    tcase_add_test(all, test_mutants_are_chosen_by_name);
    tcase_add_test(all, test_operators_err_while_the_file_says_so);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
