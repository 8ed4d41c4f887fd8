/* to_char() of numbers and to_number(): templates such as 'FM999G990D00'. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "executor/functions/text/string_kernel.h"
#include "executor/functions/number/number_exponent.h"
#include "executor/types/number/numeric.h"

/* What the template says as a whole, found before the first character is written. */
typedef struct Picture {
    int pre;        /* digit places before the point */
    int post;       /* and after it */
    int zero_start; /* the first place, from 1, that shows a leading zero; 0: none */
    int zero_end;
    bool has_point, is_filled_off, has_sign, sign_is_last, has_bracket, has_minus, has_plus;
    bool has_v, has_roman, has_exponent;
    int shift;         /* places behind V: powers of ten */
    const char *fault; /* NULL: the template is fine */
} Picture;

typedef enum Token {
    TOKEN_LITERAL,
    TOKEN_9,
    TOKEN_0,
    TOKEN_POINT,
    TOKEN_COMMA,
    TOKEN_SIGN,
    TOKEN_MI,
    TOKEN_PL,
    TOKEN_SG,
    TOKEN_PR,
    TOKEN_FM,
    TOKEN_TH,
    TOKEN_CURRENCY,
    TOKEN_V,
    TOKEN_ROMAN,
    TOKEN_EXPONENT
} Token;

static const struct {
    const char *text;
    Token token;
} tokens[] = {
    {"EEEE", TOKEN_EXPONENT},
    {"FM", TOKEN_FM},
    {"MI", TOKEN_MI},
    {"PL", TOKEN_PL},
    {"PR", TOKEN_PR},
    {"RN", TOKEN_ROMAN},
    {"SG", TOKEN_SG},
    {"TH", TOKEN_TH},
    {"V", TOKEN_V},
    {"S", TOKEN_SIGN},
    {"D", TOKEN_POINT},
    {".", TOKEN_POINT},
    {"G", TOKEN_COMMA},
    {",", TOKEN_COMMA},
    {"L", TOKEN_CURRENCY},
    {"9", TOKEN_9},
    {"0", TOKEN_0},
};

/* The token at the cursor, which moves past it; a literal is *length bytes at *text. */
static Token next_token(const char **at, const char *end, bool *is_quoted, const char **text, int *length) {
    if (**at == '"') {
        *is_quoted = !*is_quoted;
        ++*at;
        *length = 0;
        return TOKEN_LITERAL;
    }
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens && !*is_quoted; i++) {
        size_t size = strlen(tokens[i].text);
        if ((size_t)(end - *at) >= size && strncasecmp(*at, tokens[i].text, size) == 0) {
            *text = *at;
            *length = (int)size;
            *at += size;
            return tokens[i].token;
        }
    }
    if (**at == '\\' && end - *at > 1)
        ++*at;
    *text = *at;
    *length = utf8_step(**at);
    *at += *length;
    return TOKEN_LITERAL;
}

static Picture read_picture(const char *at, const char *end) {
    Picture p = {0};
    bool is_quoted = false;
    const char *text = at;
    int length;
    while (at < end) {
        Token token = next_token(&at, end, &is_quoted, &text, &length);
        if (p.has_exponent && token != TOKEN_LITERAL)
            p.fault = p.fault != NULL           ? p.fault
                      : token == TOKEN_EXPONENT ? "cannot use \"EEEE\" twice"
                                                : "\"EEEE\" must be the last pattern used";
        switch (token) {
        case TOKEN_9:
            if (p.has_point)
                p.post++;
            else
                p.pre++;
            p.shift += p.has_v;
            break;
        case TOKEN_0:
            if (!p.has_point && p.zero_start == 0)
                p.zero_start = p.pre + 1;
            if (p.has_point)
                p.post++;
            else
                p.pre++;
            p.zero_end = p.pre + p.post;
            p.shift += p.has_v;
            break;
        case TOKEN_POINT:
            p.fault = p.has_point ? "multiple decimal points"
                      : p.has_v   ? "cannot use \"V\" and decimal point together"
                                  : p.fault;
            p.has_point = true;
            break;
        case TOKEN_SIGN:
            p.has_sign = true;
            p.sign_is_last = p.pre + p.post > 0;
            break;
        case TOKEN_MI:
            p.has_minus = true;
            break;
        case TOKEN_PL:
            p.has_plus = true;
            break;
        case TOKEN_SG:
            p.has_minus = p.has_plus = true;
            break;
        case TOKEN_PR:
            p.has_bracket = true;
            break;
        case TOKEN_FM:
            p.is_filled_off = true;
            break;
        case TOKEN_V:
            p.fault = p.has_point ? "cannot use \"V\" and decimal point together" : p.fault;
            p.has_v = true;
            break;
        case TOKEN_ROMAN:
            p.has_roman = true;
            break;
        case TOKEN_EXPONENT:
            if (p.fault == NULL && (p.has_sign || p.has_minus || p.has_plus || p.has_bracket ||
                                       p.is_filled_off || p.has_roman || p.has_v))
                p.fault = "\"EEEE\" is incompatible with other formats";
            p.has_exponent = true;
            break;
        case TOKEN_LITERAL:
        case TOKEN_COMMA:
        case TOKEN_TH:
        case TOKEN_CURRENCY:
            break;
        }
    }
    return p;
}

/* The number being written, digit by digit. */
typedef struct Writer {
    Picture picture;
    Text *out;
    const char *number, *at; /* digits and point, and how far they are written */
    const char *last;        /* with FM: the last digit that must show; NULL shows all */
    bool is_negative, is_sign_written, is_inside;
    int place, blanks;
} Writer;

static bool starts_at_point(const Writer *w) {
    return w->picture.zero_start == 0 && w->at == w->number && *w->number == '0' && w->picture.post > 0;
}

static void write_sign(Writer *w) {
    const Picture *p = &w->picture;
    bool reaches_digits = w->place >= w->blanks || (p->zero_start > 0 && p->zero_start - 1 <= w->place);
    if (w->is_sign_written || !reaches_digits ||
        (starts_at_point(w) && !(w->last != NULL && *w->last == '.')))
        return;
    if (p->has_sign) {
        if (!p->sign_is_last)
            text_add_char(w->out, w->is_negative ? '-' : '+');
    } else if (p->has_bracket) {
        text_add_char(w->out, w->is_negative ? '<' : ' ');
    } else if (w->is_negative) {
        text_add_char(w->out, '-');
    } else if (!p->is_filled_off) {
        text_add_char(w->out, ' ');
    }
    w->is_sign_written = true;
}

static void write_place(Writer *w, Token token) {
    const Picture *p = &w->picture;
    bool has_zero = p->zero_start > 0;
    w->is_inside = false;
    write_sign(w);
    if (w->place < w->blanks && (!has_zero || p->zero_start - 1 > w->place)) {
        if (!p->is_filled_off)
            text_add_char(w->out, ' ');
    } else if (has_zero && w->place < w->blanks) {
        text_add_char(w->out, '0');
        w->is_inside = true;
    } else {
        if (*w->at == '.') {
            if (w->last == NULL || *w->last != '.' || p->is_filled_off)
                text_add_char(w->out, '.');
        } else if (w->last != NULL && w->at > w->last && token != TOKEN_0) {
            /* a zero that FM drops */
        } else if (starts_at_point(w)) {
            if (!p->is_filled_off)
                text_add_char(w->out, ' ');
            else if (w->last != NULL && *w->last == '.')
                text_add_char(w->out, '0');
        } else if (*w->at != 0) {
            text_add_char(w->out, *w->at);
            w->is_inside = true;
        }
        if (*w->at != 0)
            w->at++;
    }
    w->place++;
}

static void write_end(Writer *w) {
    const Picture *p = &w->picture;
    if (p->has_bracket && w->is_sign_written)
        text_add_char(w->out, w->is_negative ? '>' : ' ');
    else if (p->has_sign && p->sign_is_last)
        text_add_char(w->out, w->is_negative ? '-' : '+');
}

static void write_token(Writer *w, Token token, const char *text, int length) {
    const Picture *p = &w->picture;
    switch (token) {
    case TOKEN_9:
    case TOKEN_0:
    case TOKEN_POINT:
        write_place(w, token);
        if (w->place == p->pre + p->post + p->has_point)
            write_end(w);
        return;
    case TOKEN_COMMA:
        if (w->is_inside)
            text_add_char(w->out, ',');
        else if (!p->is_filled_off)
            text_add_char(w->out, ' ');
        return;
    case TOKEN_MI:
        if (w->is_negative)
            text_add_char(w->out, '-');
        else if (!p->is_filled_off)
            text_add_char(w->out, ' ');
        return;
    case TOKEN_PL:
        if (!w->is_negative)
            text_add_char(w->out, '+');
        else if (!p->is_filled_off)
            text_add_char(w->out, ' ');
        return;
    case TOKEN_SG:
        text_add_char(w->out, w->is_negative ? '-' : '+');
        return;
    case TOKEN_CURRENCY:
        text_add_char(w->out, ' ');
        return;
    case TOKEN_LITERAL:
        text_add(w->out, text, (size_t)length);
        return;
    case TOKEN_SIGN:
    case TOKEN_PR:
    case TOKEN_FM:
    case TOKEN_TH:
    case TOKEN_V:
    case TOKEN_ROMAN:
    case TOKEN_EXPONENT:
        return;
    }
}

/* digits: the value without its sign, rounded to the template's places. */
static void write_number(
    Text *out, const Picture *picture, const View *template, const char *digits, bool is_negative) {
    Text hashes = {0};
    int pre = (int)strcspn(digits, ".");
    if (pre > picture->pre) {
        for (int i = 0; i < picture->pre + picture->post; i++) {
            if (i == picture->pre)
                text_add_char(&hashes, '.');
            text_add_char(&hashes, '#');
        }
        if (picture->post == 0)
            text_add_char(&hashes, '.');
        digits = text_string(&hashes);
        pre = picture->pre;
    }
    Writer w = {.picture = *picture,
        .out = out,
        .number = digits,
        .at = digits,
        .is_negative = is_negative,
        .blanks = picture->pre - pre};
    if (picture->is_filled_off && picture->has_point) {
        const char *point = strchr(digits, '.');
        if (point != NULL) {
            w.last = digits + strlen(digits) - 1;
            while (w.last > point && *w.last == '0')
                w.last--;
            int shown = picture->zero_end - w.blanks; /* digits that a 0 keeps */
            const char *kept = digits + shown;        /* the point stands in between */
            if (picture->zero_end > picture->pre && kept > w.last)
                w.last = kept;
        }
    }
    if (picture->has_minus || picture->has_plus)
        w.is_sign_written = !(picture->has_plus && !picture->has_minus);
    else if (!is_negative) {
        if (picture->has_bracket && picture->is_filled_off)
            w.picture.has_bracket = false;
        w.is_sign_written = picture->is_filled_off && !picture->has_sign;
    }
    const char *at = view_bytes(template), *end = at + template->length, *text = at;
    bool is_quoted = false;
    while (at < end) {
        int length;
        Token token = next_token(&at, end, &is_quoted, &text, &length);
        if (token == TOKEN_TH && !is_negative && !picture->has_point && *digits != '#') {
            int size = (int)strlen(digits), last = size > 0 ? digits[size - 1] : '0';
            bool is_teen = size > 1 && digits[size - 2] == '1';
            const char *suffix = is_teen       ? "TH"
                                 : last == '1' ? "ST"
                                 : last == '2' ? "ND"
                                 : last == '3' ? "RD"
                                               : "TH";
            text_add_char(out, *text == 't' ? (char)(suffix[0] | 32) : suffix[0]);
            text_add_char(out, *text == 't' ? (char)(suffix[1] | 32) : suffix[1]);
            continue;
        }
        write_token(&w, token, text, length);
    }
    text_free(&hashes);
}

/* A float's digits, as many as it has. */
static void add_float(Text *out, double value, int digits_max, int post) {
    if (!isfinite(value)) {
        text_add_string(out, isnan(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity");
        return;
    }
    int pre = snprintf(NULL, 0, "%.0f", fabs(value));
    if (pre >= digits_max)
        post = 0;
    else if (pre + post > digits_max)
        post = digits_max - pre;
    text_printf(out, "%.*f", post, value);
}

/* The value rounded to `post` decimal places. */
static void add_digits(Text *out, const Column *column, int row, int post, Arena *arena) {
    const void *element = column_at(column, row);
    Numeric value;
    switch (column->type.id) {
    case TYPE_FLOAT4:
        add_float(out, *(const float *)element, FLT_DIG, post);
        return;
    case TYPE_FLOAT8:
        add_float(out, *(const double *)element, DBL_DIG, post);
        return;
    case TYPE_INT4:
        value = numeric_from_int8(*(const int32_t *)element);
        break;
    case TYPE_INT8:
        value = numeric_from_int8(*(const int64_t *)element);
        break;
    default:
        value = *(const Numeric *)element;
        break;
    }
    if (numeric_tag(&value) <= NUMERIC_LARGE && numeric_round(&value, post, arena, &value, NULL) != OK)
        value = numeric_from_int8(0);
    numeric_format(&value, out);
}

/* The value times ten to the power of shift, as a column of one row. */
static Column *shifted(const Column *column, int row, int shift, Arena *arena) {
    Datum value = {0};
    bool is_float = column->type.id == TYPE_FLOAT4 || column->type.id == TYPE_FLOAT8;
    if (is_float) {
        const void *element = column_at(column, row);
        value.float8 = (column->type.id == TYPE_FLOAT4 ? *(const float *)element : *(const double *)element) *
                       pow(10, shift);
    } else {
        Numeric number, ten = numeric_from_int8(10), power = numeric_from_int8(1);
        number = column->type.id == TYPE_INT4   ? numeric_from_int8(*(const int32_t *)column_at(column, row))
                 : column->type.id == TYPE_INT8 ? numeric_from_int8(*(const int64_t *)column_at(column, row))
                                                : *(const Numeric *)column_at(column, row);
        for (int i = 0; i < shift; i++)
            if (numeric_multiply(&power, &ten, arena, &power, NULL) != OK)
                break;
        if (numeric_multiply(&number, &power, arena, &value.numeric, NULL) != OK)
            value.numeric = number;
    }
    Column *one = column_create(type_of(is_float ? TYPE_FLOAT8 : TYPE_NUMERIC), 1);
    column_set_datum(one, 0, &value);
    return one;
}

/* 1 to 3999; digits: a whole number. */
static void add_roman(Text *out, const View *template, const char *digits, bool is_filled_off) {
    static const char *const romans[] = {
        "M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"};
    static const int values[] = {1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1};
    enum { WIDTH = 15 };
    Text roman = {0};
    long number = strlen(digits) > 4 ? 0 : strtol(digits, NULL, 10);
    if (number < 1 || number > 3999)
        text_add_string(&roman, "###############");
    else
        for (int i = 0; i < 13; i++)
            for (; number >= values[i]; number -= values[i])
                text_add_string(&roman, romans[i]);
    const char *at = view_bytes(template), *end = at + template->length, *text = at;
    bool is_quoted = false;
    while (at < end) {
        int length;
        Token token = next_token(&at, end, &is_quoted, &text, &length);
        if (token == TOKEN_LITERAL)
            text_add(out, text, (size_t)length);
        if (token != TOKEN_ROMAN)
            continue;
        for (size_t i = roman.length; i < WIDTH && !is_filled_off; i++)
            text_add_char(out, ' ');
        for (size_t i = 0; i < roman.length; i++)
            text_add_char(
                out, *text == 'r' && roman.bytes[i] != '#' ? (char)(roman.bytes[i] | 32) : roman.bytes[i]);
    }
    text_free(&roman);
}

static void to_char(KERNEL_PARAMETERS) {
    Text out = {0}, digits = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *template = argument_view(arguments, 1, i);
        Picture picture = read_picture(view_bytes(template), view_bytes(template) + template->length);
        if (picture.fault != NULL) {
            KERNEL_FAIL(context, i, STATUS_SYNTAX_ERROR, "%s", picture.fault);
            continue;
        }
        if (picture.has_exponent) {
            number_add_exponent(&out, arguments[0], i, picture.pre, picture.post, context->scratch);
            result_take_text(result, i, &out);
            continue;
        }
        Column *value = picture.shift > 0 ? shifted(arguments[0], i, picture.shift, context->scratch) : NULL;
        text_reset(&digits);
        add_digits(&digits, value == NULL ? arguments[0] : value, value == NULL ? i : 0, picture.post,
            context->scratch);
        column_release(value);
        bool is_negative = *text_string(&digits) == '-';
        if (picture.has_roman)
            add_roman(&out, template, text_string(&digits), picture.is_filled_off);
        else
            write_number(&out, &picture, template, text_string(&digits) + is_negative, is_negative);
        result_take_text(result, i, &out);
    }
    text_free(&out);
    text_free(&digits);
}

/* ---- to_number ---- */

/* A text being read by a template, place by place. */
typedef struct Reader {
    const Picture *picture;
    const char *at, *end;
    Text *number; /* sign or blank, digits, point */
    int pre, post;
    bool has_point;
} Reader;

static void take_sign(Reader *r, bool may_be_bracket) {
    if (r->at >= r->end)
        return;
    if (*r->at == '-' || *r->at == '+' || (may_be_bracket && *r->at == '<'))
        r->number->bytes[0] = *r->at++ == '+' ? '+' : '-';
}

/* A sign behind the last digit: of S right after it, else wherever a digit was to come. */
static void take_last_sign(Reader *r, bool took_digit) {
    if (r->number->bytes[0] != ' ' || r->pre + r->post == 0)
        return;
    const char *next = r->at + 1;
    bool is_anchored = r->picture->has_sign && took_digit && next < r->end && (*next < '0' || *next > '9');
    if (is_anchored && (*next == '-' || *next == '+')) {
        r->number->bytes[0] = *next;
        r->at = next;
    } else if (!is_anchored && !took_digit && !r->picture->has_sign && (*r->at == '-' || *r->at == '+')) {
        r->number->bytes[0] = *r->at;
    }
}

/* 9, 0 or D: a digit or the point of the text, with a sign around. The cursor stays at what was read. */
static void read_place(Reader *r) {
    bool took_digit = false;
    if (*r->at == ' ')
        r->at++;
    if (r->at < r->end && r->number->bytes[0] == ' ' && r->pre + r->post == 0)
        take_sign(r, r->picture->has_bracket);
    if (r->at >= r->end)
        return;
    if (*r->at >= '0' && *r->at <= '9') {
        if (r->has_point && r->post == r->picture->post)
            return;
        text_add_char(r->number, *r->at);
        took_digit = true;
        if (r->has_point)
            r->post++;
        else
            r->pre++;
    } else if (r->picture->has_point && !r->has_point && *r->at == '.') {
        text_add_char(r->number, '.');
        r->has_point = took_digit = true;
    }
    if (r->at < r->end)
        take_last_sign(r, took_digit);
}

/* Skips characters that are no part of a number. */
static void skip_other(Reader *r, int count) {
    for (; count > 0 && r->at < r->end && strchr("0123456789.,+-", *r->at) == NULL; count--)
        r->at += utf8_step(*r->at);
}

static void read_number(Reader *r, const View *template) {
    const char *at = view_bytes(template), *end = at + template->length, *text = at;
    bool is_quoted = false;
    while (at < end && r->at < r->end) {
        int length;
        switch (next_token(&at, end, &is_quoted, &text, &length)) {
        case TOKEN_9:
        case TOKEN_0:
        case TOKEN_POINT:
            read_place(r);
            r->at++;
            break;
        case TOKEN_COMMA:
            r->at += *r->at == ',';
            break;
        case TOKEN_MI:
        case TOKEN_PL:
        case TOKEN_SG:
            if (*r->at == '-' || *r->at == '+')
                take_sign(r, false);
            else
                skip_other(r, 1);
            break;
        case TOKEN_CURRENCY:
            skip_other(r, 1);
            break;
        case TOKEN_TH:
            skip_other(r, 2);
            break;
        case TOKEN_LITERAL:
            if (length > 0)
                skip_other(r, 1);
            break;
        case TOKEN_SIGN:
        case TOKEN_PR:
        case TOKEN_FM:
        case TOKEN_V:
        case TOKEN_ROMAN:
        case TOKEN_EXPONENT:
            break;
        }
    }
    if (r->number->bytes[r->number->length - 1] == '.')
        r->number->length--;
}

/* The number that was read, in as many places as template and text have; behind V its powers of ten are taken
   away. */
static Status finish_number(const Reader *r, Arena *arena, Numeric *out, Error *error) {
    Numeric ten = numeric_from_int8(10), shift = numeric_from_int8(-r->picture->shift), power;
    TRY(numeric_parse(text_string(r->number), r->number->length, arena, out, error));
    TRY(numeric_apply_modifier(out, numeric_modifier(r->picture->pre + r->post, r->post), arena, out, error));
    if (r->picture->shift == 0)
        return OK;
    TRY(numeric_power(&ten, &shift, arena, &power, error));
    return numeric_multiply(out, &power, arena, out, error);
}

static void to_number(KERNEL_PARAMETERS) {
    Text number = {0};
    Error error = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *view = argument_view(arguments, 0, i), *template = argument_view(arguments, 1, i);
        if (template->length == 0) {
            column_set_null(result, i);
            continue;
        }
        Picture picture = read_picture(view_bytes(template), view_bytes(template) + template->length);
        if (picture.has_roman || picture.has_exponent || picture.fault != NULL) {
            KERNEL_FAIL(context, i,
                picture.fault == NULL ? STATUS_FEATURE_NOT_SUPPORTED : STATUS_SYNTAX_ERROR, "%s",
                picture.fault != NULL  ? picture.fault
                : picture.has_exponent ? "\"EEEE\" not supported for input"
                                       : "\"RN\" not supported for input");
            continue;
        }
        text_reset(&number);
        text_add_char(&number, ' ');
        Reader r = {.picture = &picture,
            .at = view_bytes(view),
            .end = view_bytes(view) + view->length,
            .number = &number};
        read_number(&r, template);
        Numeric value;
        Status status = finish_number(&r, context->scratch, &value, &error);
        if (status != OK) {
            KERNEL_FAIL(context, i, status, "%s", error.message);
            error_clear(&error);
        } else {
            column_set_datum(result, i, &value);
        }
    }
    text_free(&number);
}

const FunctionRow number_format_functions[] = {
    {"to_char(int4, text) -> text", to_char},
    {"to_char(int8, text) -> text", to_char},
    {"to_char(float4, text) -> text", to_char},
    {"to_char(float8, text) -> text", to_char},
    {"to_char(numeric, text) -> text", to_char},
    {"to_number(text, text) -> numeric", to_number},
    {0},
};
