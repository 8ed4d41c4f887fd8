/* Trigonometry in degrees: exact where the angle or the ratio is a round one, by scaling each function to its
   value at such a point. */
#include <float.h>
#include <math.h>

#include "executor/functions/kernel.h"

static const double RADIANS = M_PI / 180;

static double sine_to_30(double x) {
    volatile double at_30 = sin(30 * RADIANS);
    return sin(x * RADIANS) / at_30 / 2;
}
static double cosine_to_60(double x) {
    volatile double below_1 = 1 - cos(60 * RADIANS), below = 1 - cos(x * RADIANS);
    return 1 - below / below_1 / 2;
}
/* In the first quadrant. */
static double sine_of(double x) {
    return x <= 30 ? sine_to_30(x) : cosine_to_60(90 - x);
}
static double cosine_of(double x) {
    return x <= 60 ? cosine_to_60(x) : sine_to_30(90 - x);
}
static double arcsine_of(double x) {
    volatile double at_half = asin(0.5), of_half = acos(0.5);
    return x <= 0.5 ? asin(x) / at_half * 30 : 90 - acos(x) / of_half * 60;
}
static double arccosine_of(double x) {
    volatile double at_half = asin(0.5), of_half = acos(0.5);
    return x <= 0.5 ? 90 - asin(x) / at_half * 30 : acos(x) / of_half * 60;
}

/* The angle moved to the first quadrant; the sign that its sine, its cosine has by that. */
static double to_quadrant(double x, double *sine_sign, double *cosine_sign) {
    *sine_sign = *cosine_sign = 1;
    x = fmod(x, 360);
    if (x < 0) {
        x = -x;
        *sine_sign = -1;
    }
    if (x > 180) {
        x = 360 - x;
        *sine_sign = -*sine_sign;
    }
    if (x > 90) {
        x = 180 - x;
        *cosine_sign = -1;
    }
    return x;
}

static double sine(double x) {
    double s, c, angle = to_quadrant(x, &s, &c);
    return s * sine_of(angle);
}
static double cosine(double x) {
    double s, c, angle = to_quadrant(x, &s, &c);
    return c * cosine_of(angle);
}
static double tangent(double x) {
    volatile double at_45 = sine_of(45) / cosine_of(45);
    double s, c, angle = to_quadrant(x, &s, &c), result = s * c * (sine_of(angle) / cosine_of(angle) / at_45);
    return result == 0 ? 0 : result;
}
static double cotangent(double x) {
    volatile double at_45 = cosine_of(45) / sine_of(45);
    double s, c, angle = to_quadrant(x, &s, &c), result = s * c * (cosine_of(angle) / sine_of(angle) / at_45);
    return result == 0 ? 0 : result;
}
static double arcsine(double x) {
    return x >= 0 ? arcsine_of(x) : -arcsine_of(-x);
}
static double arccosine(double x) {
    return x >= 0 ? arccosine_of(x) : 90 + arcsine_of(-x);
}
static double arctangent(double x) {
    volatile double at_1 = atan(1);
    return atan(x) / at_1 * 45;
}

/* Values beyond ±limit are no arguments, and infinities none of periodic functions. */
static void degree_rows(KernelContext *context, int row_count, const Column *argument, double limit,
    double (*function)(double), Column *result) {
    for (int i = 0; i < row_count; i++) {
        double x = KERNEL_AT(double, argument, i);
        if (fabs(x) > limit)
            KERNEL_FAIL(context, i, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "input is out of range");
        ((double *)result->values)[i] = isnan(x) ? x : function(x);
    }
}

#define DEGREES(name, function, limit)                                                      \
    static void name(KernelContext *context, int row_count, const Column *const *arguments, \
        int argument_count, Column *result) {                                               \
        (void)argument_count;                                                               \
        degree_rows(context, row_count, arguments[0], (limit), (function), result);         \
    }
DEGREES(sind_rows, sine, DBL_MAX)
DEGREES(cosd_rows, cosine, DBL_MAX)
DEGREES(tand_rows, tangent, DBL_MAX)
DEGREES(cotd_rows, cotangent, DBL_MAX)
DEGREES(asind_rows, arcsine, 1)
DEGREES(acosd_rows, arccosine, 1)
DEGREES(atand_rows, arctangent, INFINITY)

static void atan2d_rows(KernelContext *context, int row_count, const Column *const *arguments,
    int argument_count, Column *result) {
    volatile double at_1 = atan(1);
    for (int i = 0; i < row_count; i++)
        ((double *)result->values)[i] =
            atan2(KERNEL_AT(double, arguments[0], i), KERNEL_AT(double, arguments[1], i)) / at_1 * 45;
}

const FunctionRow degrees_functions[] = {
    {"sind(float8) -> float8", sind_rows},
    {"cosd(float8) -> float8", cosd_rows},
    {"tand(float8) -> float8", tand_rows},
    {"cotd(float8) -> float8", cotd_rows},
    {"asind(float8) -> float8", asind_rows},
    {"acosd(float8) -> float8", acosd_rows},
    {"atand(float8) -> float8", atand_rows},
    {"atan2d(float8, float8) -> float8", atan2d_rows},
    {0},
};
