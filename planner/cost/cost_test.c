/* Tests of the cost functions: which of two ways is the cheaper one. */
#include <check.h>

#include "planner/cost/cost.h"

START_TEST(the_smaller_side_is_built) {
    CostRows large = {1e6, 40}, small = {1e3, 40};
    ck_assert(
        cost_of_join(PLAN_ONE_SHOT, large, small, 1e6) < cost_of_join(PLAN_ONE_SHOT, small, large, 1e6));
    ck_assert_double_eq_tol(cost_of_join(PLAN_CONTINUOUS, large, small, 1e6),
        cost_of_join(PLAN_CONTINUOUS, small, large, 1e6), 1e-3);
    ck_assert(
        cost_of_join(PLAN_CONTINUOUS, large, small, 1e6) > cost_of_join(PLAN_ONE_SHOT, large, small, 1e6));
}
END_TEST

static bool prefers_two(PlanMode mode, double groups, double copies) {
    CostRows partial = {groups, 40}, all = {groups * copies, 40};
    return cost_prefers_two_phases(mode, (CostRows){1e6, 40}, partial, all, copies);
}

START_TEST(two_phases_pay_when_few_groups_are_sent) {
    ck_assert(prefers_two(PLAN_CONTINUOUS, 10, 1));
    ck_assert(prefers_two(PLAN_CONTINUOUS, 1e4, 1));
    ck_assert(!prefers_two(PLAN_CONTINUOUS, 1e6, 1));
    ck_assert(!prefers_two(PLAN_CONTINUOUS, 5e5, 1));
    ck_assert(!prefers_two(PLAN_ONE_SHOT, 10, 1));
}
END_TEST

START_TEST(slices_pay_unless_rows_have_groups_of_their_own) {
    ck_assert(prefers_two(PLAN_ONE_SHOT, 1e4, 5));
    ck_assert(prefers_two(PLAN_CONTINUOUS, 1e5, 5));
    ck_assert(prefers_two(PLAN_CONTINUOUS, 3e5, 10));
    ck_assert(!prefers_two(PLAN_CONTINUOUS, 1e6, 5));
    ck_assert(!prefers_two(PLAN_ONE_SHOT, 1e6, 5));
}
END_TEST

START_TEST(a_limit_makes_sorting_cheaper) {
    ck_assert(cost_of_sort((CostRows){1e6, 40}, 10) < cost_of_sort((CostRows){1e6, 40}, -1));
    ck_assert(cost_of_sort((CostRows){10, 40}, 1e6) <= cost_of_sort((CostRows){10, 40}, -1));
}
END_TEST

int main(void) {
    TCase *cases = tcase_create("cost");
    tcase_add_test(cases, the_smaller_side_is_built);
    tcase_add_test(cases, two_phases_pay_when_few_groups_are_sent);
    tcase_add_test(cases, slices_pay_unless_rows_have_groups_of_their_own);
    tcase_add_test(cases, a_limit_makes_sorting_cheaper);
    Suite *suite = suite_create("cost");
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
