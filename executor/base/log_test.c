/* Tests of the log: what lines look like, that one event is one line, and which levels are left out. */
#include "executor/base/log.h"

#include <check.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char written[16384];

static void ask_nothing(void) {
    log_error("one: %d", 1);
    log_warning("two: %s", "zwei");
    log_info("three");
    log_debug("four");
}

static void break_lines(void) {
    log_warning("\"%s\"", "x\n2000-01-01 ERROR:  forged\r\t\033[1m\177\xc3\xa4");
}

static void be_long(void) {
    char text[10000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    log_info("%s", text);
    log_info("next");
}

/* What `act` writes to the standard error. */
static const char *run(LogLevel level, void (*act)(void)) {
    FILE *file = tmpfile();
    int kept = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    log_set_level(level);
    act();
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    written[fread(written, 1, sizeof written - 1, file)] = 0;
    fclose(file);
    return written;
}

static int lines_of(const char *text) {
    int lines = 0;
    for (; *text != 0; text++)
        lines += *text == '\n';
    return lines;
}

START_TEST(test_lines_have_time_process_and_level) {
    regex_t form;
    char pattern[400];
    const char *head =
        "20[0-9]{2}-[01][0-9]-[0-3][0-9] [0-2][0-9](:[0-5][0-9]){2}\\.[0-9]{3} UTC \\[[0-9]+\\]";
    snprintf(pattern, sizeof pattern,
        "^%s ERROR:  one: 1\n%s WARNING:  two: zwei\n%s INFO:  three\n%s DEBUG:  four\n$", head, head, head,
        head);
    ck_assert_int_eq(regcomp(&form, pattern, REG_EXTENDED | REG_NOSUB), 0);
    const char *text = run(LOG_LEVEL_DEBUG, ask_nothing);
    ck_assert_msg(regexec(&form, text, 0, NULL, 0) == 0, "%s", text);
    regfree(&form);
}
END_TEST

START_TEST(test_less_important_lines_are_left_out) {
    for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++)
        ck_assert_int_eq(lines_of(run((LogLevel)level, ask_nothing)), level + 1);
}
END_TEST

START_TEST(test_an_event_is_one_line) {
    const char *text = run(LOG_LEVEL_INFO, break_lines);
    ck_assert_int_eq(lines_of(text), 1);
    ck_assert_ptr_nonnull(strstr(text, "WARNING:  \"x 2000-01-01 ERROR:  forged   [1m \xc3\xa4\"\n"));
}
END_TEST

START_TEST(test_long_lines_are_cut) {
    const char *text = run(LOG_LEVEL_INFO, be_long);
    ck_assert_int_eq(lines_of(text), 2);
    ck_assert_uint_gt(strcspn(text, "\n"), 4000);
    ck_assert_uint_lt(strcspn(text, "\n"), 4097);
    ck_assert_ptr_nonnull(strstr(text, "INFO:  next\n"));
}
END_TEST

START_TEST(test_levels_have_names) {
    static const char *const names[] = {"error", "warning", "info", "debug"};
    LogLevel level;
    for (int i = 0; i < 4; i++) {
        ck_assert(log_level_of(names[i], &level));
        ck_assert_int_eq(level, i);
    }
    ck_assert(!log_level_of("INFO", &level));
    ck_assert(!log_level_of("", &level));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("log");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_lines_have_time_process_and_level);
    tcase_add_test(all, test_less_important_lines_are_left_out);
    tcase_add_test(all, test_an_event_is_one_line);
    tcase_add_test(all, test_long_lines_are_cut);
    tcase_add_test(all, test_levels_have_names);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
