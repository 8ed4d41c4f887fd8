/* (start, end) OVERLAPS (start, end) of dates and times: intervals without their ends, NULL where a missing
   end would decide. */
#include "executor/functions/text/string_kernel.h"

typedef struct Period {
    int64_t start, end;
    bool has_start, has_end;
} Period;

static Period period_of(const Column *start, const Column *end, int row) {
    Period period = {.has_start = !column_is_null(start, row), .has_end = !column_is_null(end, row)};
    period.start = period.has_start ? *(const int64_t *)column_at(start, row) : 0;
    period.end = period.has_end ? *(const int64_t *)column_at(end, row) : 0;
    bool is_reversed = (period.has_start && period.has_end && period.start > period.end) ||
                       (!period.has_start && period.has_end);
    return is_reversed ? (Period){period.end, period.start, period.has_end, period.has_start} : period;
}

/* 1, 0, or -1 for NULL. */
static int periods_overlap(Period a, Period b) {
    if (!a.has_start || !b.has_start)
        return -1;
    if (a.start == b.start)
        return a.has_end && b.has_end ? 1 : -1;
    Period first = a.start < b.start ? a : b, second = a.start < b.start ? b : a;
    if (!first.has_end)
        return -1;
    if (second.start < first.end)
        return 1;
    return second.has_end ? 0 : -1;
}

static void overlaps(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        int answer = periods_overlap(
            period_of(arguments[0], arguments[1], i), period_of(arguments[2], arguments[3], i));
        if (answer < 0)
            column_set_null(result, i);
        else
            ((uint8_t *)result->values)[i] = (uint8_t)answer;
    }
}

const FunctionRow overlaps_functions[] = {
    {"overlaps(timestamp, timestamp, timestamp, timestamp) -> bool", overlaps, FUNCTION_NOT_STRICT,
        MEANING_OVERLAPS},
    {"overlaps(timestamptz, timestamptz, timestamptz, timestamptz) -> bool", overlaps, FUNCTION_NOT_STRICT,
        MEANING_OVERLAPS},
    {"overlaps(time, time, time, time) -> bool", overlaps, FUNCTION_NOT_STRICT, MEANING_OVERLAPS},
    {0},
};
