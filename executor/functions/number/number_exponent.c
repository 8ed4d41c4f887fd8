/* Numbers in scientific notation: floats and int4 by printf, as PostgreSQL does; numerics rounded in decimal.
 */
#include "executor/functions/number/number_exponent.h"

#include <math.h>
#include <string.h>

static void add_hashes(Text *out, int pre, int post) {
    for (int i = 0; i < pre + post + 6; i++)
        text_add_char(out, i == 0 ? ' ' : i == pre + 1 ? '.' : '#');
}

static void add_float(Text *out, double value, int pre, int post) {
    if (!isfinite(value)) {
        add_hashes(out, pre, post);
        return;
    }
    text_printf(out, signbit(value) ? "%.*e" : " %.*e", post, value);
}

/* The significand is rounded as it stands: 9.999 to one place is 10.0. */
static void add_numeric(Text *out, const Numeric *value, int pre, int post, Arena *arena) {
    if (numeric_tag(value) > NUMERIC_LARGE) {
        add_hashes(out, pre, post);
        return;
    }
    Text text = {0}, significand = {0};
    numeric_format(value, &text);
    const char *digits = text_string(&text) + (*text_string(&text) == '-');
    const char *first = digits + strspn(digits, "0.");
    int point = (int)strcspn(digits, "."),
        exponent = *first == 0 ? 0 : point - (int)(first - digits) - (first - digits < point);
    for (const char *c = first; *c != 0; c++) {
        if (*c != '.')
            text_add_char(&significand, *c);
        if (significand.length == 1 && *c != '.')
            text_add_char(&significand, '.');
    }
    text_add_char(&significand, '0'); /* a zero's only digit, or one that changes nothing */
    Numeric rounded;
    text_add_char(out, *text_string(&text) == '-' ? '-' : ' ');
    if (numeric_parse(text_string(&significand), significand.length, arena, &rounded, NULL) == OK &&
        numeric_round(&rounded, post, arena, &rounded, NULL) == OK)
        numeric_format(&rounded, out);
    text_printf(out, "e%c%02d", exponent < 0 ? '-' : '+', exponent < 0 ? -exponent : exponent);
    text_free(&text);
    text_free(&significand);
}

void number_add_exponent(Text *out, const Column *column, int row, int pre, int post, Arena *arena) {
    const void *element = column_at(column, row);
    Numeric value;
    switch (column->type.id) {
    case TYPE_FLOAT4:
        add_float(out, *(const float *)element, pre, post);
        return;
    case TYPE_FLOAT8:
        add_float(out, *(const double *)element, pre, post);
        return;
    case TYPE_INT4:
        add_float(out, *(const int32_t *)element, pre, post);
        return;
    case TYPE_INT8:
        value = numeric_from_int8(*(const int64_t *)element);
        break;
    default:
        value = *(const Numeric *)element;
        break;
    }
    add_numeric(out, &value, pre, post, arena);
}
