/* to_char() of numbers: templates such as 'FM999G990D00'. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "executor/functions/string_kernel.h"

/* What the template says as a whole, found before the first character is written. */
typedef struct Picture {
    int pre;        /* digit places before the point */
    int post;       /* and after it */
    int zero_start; /* the first place, from 1, that shows a leading zero; 0: none */
    int zero_end;
    bool has_point, is_filled_off, has_sign, sign_is_last, has_bracket, has_minus, has_plus;
    const char *unsupported;
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
    TOKEN_UNSUPPORTED
} Token;

static const struct {
    const char *text;
    Token token;
} tokens[] = {
    {"EEEE", TOKEN_UNSUPPORTED},
    {"FM", TOKEN_FM},
    {"MI", TOKEN_MI},
    {"PL", TOKEN_PL},
    {"PR", TOKEN_PR},
    {"RN", TOKEN_UNSUPPORTED},
    {"SG", TOKEN_SG},
    {"TH", TOKEN_TH},
    {"V", TOKEN_UNSUPPORTED},
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
        switch (next_token(&at, end, &is_quoted, &text, &length)) {
        case TOKEN_9:
            if (p.has_point)
                p.post++;
            else
                p.pre++;
            break;
        case TOKEN_0:
            if (!p.has_point && p.zero_start == 0)
                p.zero_start = p.pre + 1;
            if (p.has_point)
                p.post++;
            else
                p.pre++;
            p.zero_end = p.pre + p.post;
            break;
        case TOKEN_POINT:
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
        case TOKEN_UNSUPPORTED:
            p.unsupported = text;
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
    if (w->is_sign_written || !reaches_digits || (starts_at_point(w) && !(w->last != NULL && *w->last == '.')))
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
    case TOKEN_UNSUPPORTED:
        return;
    }
}

/* digits: the value without its sign, rounded to the template's places. */
static void write_number(Text *out, const Picture *picture, const View *template, const char *digits, bool is_negative) {
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
    Writer w = {.picture = *picture, .out = out, .number = digits, .at = digits, .is_negative = is_negative, .blanks = picture->pre - pre};
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
            const char *suffix = is_teen ? "TH" : last == '1' ? "ST" : last == '2' ? "ND" : last == '3' ? "RD" : "TH";
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
    int pre = snprintf(NULL, 0, "%.0f", fabs(value));
    if (pre >= digits_max)
        post = 0;
    else if (pre + post > digits_max)
        post = digits_max - pre;
    text_printf(out, "%.*f", post, value);
}

/* The value rounded to `post` decimal places; false for NaN and infinities. */
static bool add_digits(Text *out, const Column *column, int row, int post, Arena *arena) {
    const void *element = column_at(column, row);
    Numeric value;
    switch (column->type.id) {
    case TYPE_FLOAT4:
        add_float(out, *(const float *)element, FLT_DIG, post);
        return isfinite(*(const float *)element);
    case TYPE_FLOAT8:
        add_float(out, *(const double *)element, DBL_DIG, post);
        return isfinite(*(const double *)element);
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
    if (numeric_tag(&value) > NUMERIC_LARGE || numeric_round(&value, post, arena, &value, NULL) != OK)
        return false;
    numeric_format(&value, out);
    return true;
}

static void to_char(KERNEL_PARAMETERS) {
    Text out = {0}, digits = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *template = argument_view(arguments, 1, i);
        Picture picture = read_picture(view_bytes(template), view_bytes(template) + template->length);
        if (picture.unsupported != NULL) {
            KERNEL_FAIL(context, i, STATUS_FEATURE_NOT_SUPPORTED, "to_char() of a number with EEEE, RN or V is not supported");
            continue;
        }
        text_reset(&digits);
        if (!add_digits(&digits, arguments[0], i, picture.post, context->scratch)) {
            KERNEL_FAIL(context, i, STATUS_FEATURE_NOT_SUPPORTED, "to_char() of NaN or infinity is not supported");
            continue;
        }
        bool is_negative = *text_string(&digits) == '-';
        write_number(&out, &picture, template, text_string(&digits) + is_negative, is_negative);
        result_take_text(result, i, &out);
    }
    text_free(&out);
    text_free(&digits);
}

const FunctionRow number_format_functions[] = {
    {"to_char(int4, text) -> text", to_char},
    {"to_char(int8, text) -> text", to_char},
    {"to_char(float4, text) -> text", to_char},
    {"to_char(float8, text) -> text", to_char},
    {"to_char(numeric, text) -> text", to_char},
    {0},
};
