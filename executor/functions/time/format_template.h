/* Format template: the templates of to_char(), to_timestamp() and to_date(), such as 'YYYY-MM-DD HH24:MI:SS',
   cut into fields. */
#ifndef LEAT_FUNCTIONS_FORMAT_TEMPLATE_H
#define LEAT_FUNCTIONS_FORMAT_TEMPLATE_H

#include "executor/functions/text/string_kernel.h"

/* KEYWORD(name, text, how its letters may be written): ANY upper or lower case, EXACT as it stands. Longer
   ones before their beginnings. */
/* clang-format off */
#define KEYWORDS(KEYWORD) \
    KEYWORD(AD_DOTS, "A.D.", EXACT) KEYWORD(AM_DOTS, "A.M.", EXACT) KEYWORD(AD, "AD", EXACT) KEYWORD(AM, "AM", EXACT) \
    KEYWORD(BC_DOTS, "B.C.", EXACT) KEYWORD(BC, "BC", EXACT) KEYWORD(CC, "CC", ANY) KEYWORD(DAY, "DAY", EXACT) KEYWORD(DDD, "DDD", ANY) \
    KEYWORD(DD, "DD", ANY) KEYWORD(DY, "DY", EXACT) KEYWORD(Day, "Day", EXACT) KEYWORD(Dy, "Dy", EXACT) KEYWORD(D, "D", EXACT) \
    KEYWORD(FF1, "FF1", ANY) KEYWORD(FF2, "FF2", ANY) KEYWORD(FF3, "FF3", ANY) KEYWORD(FF4, "FF4", ANY) KEYWORD(FF5, "FF5", ANY) \
    KEYWORD(FF6, "FF6", ANY) KEYWORD(FX, "FX", ANY) KEYWORD(HH24, "HH24", ANY) KEYWORD(HH12, "HH12", ANY) KEYWORD(HH, "HH", ANY) \
    KEYWORD(IDDD, "IDDD", ANY) KEYWORD(ID, "ID", ANY) KEYWORD(IW, "IW", ANY) KEYWORD(IYYY, "IYYY", ANY) KEYWORD(IYY, "IYY", ANY) \
    KEYWORD(IY, "IY", ANY) KEYWORD(I, "I", ANY) KEYWORD(J, "J", ANY) KEYWORD(MI, "MI", ANY) KEYWORD(MM, "MM", ANY) \
    KEYWORD(MONTH, "MONTH", EXACT) KEYWORD(MON, "MON", EXACT) KEYWORD(MS, "MS", ANY) KEYWORD(Month, "Month", EXACT) \
    KEYWORD(Mon, "Mon", EXACT) KEYWORD(OF, "OF", ANY) KEYWORD(PM_DOTS, "P.M.", EXACT) KEYWORD(PM, "PM", EXACT) KEYWORD(Q, "Q", ANY) \
    KEYWORD(RM, "RM", EXACT) KEYWORD(SSSSS, "SSSSS", ANY) KEYWORD(SSSS, "SSSS", ANY) KEYWORD(SS, "SS", ANY) KEYWORD(TZH, "TZH", ANY) \
    KEYWORD(TZM, "TZM", ANY) KEYWORD(TZ, "TZ", EXACT) KEYWORD(US, "US", ANY) KEYWORD(WW, "WW", ANY) KEYWORD(W, "W", ANY) \
    KEYWORD(Y_YYY, "Y,YYY", ANY) KEYWORD(YYYY, "YYYY", ANY) KEYWORD(YYY, "YYY", ANY) KEYWORD(YY, "YY", ANY) KEYWORD(Y, "Y", ANY) \
    KEYWORD(ad_dots, "a.d.", EXACT) KEYWORD(am_dots, "a.m.", EXACT) KEYWORD(ad, "ad", EXACT) KEYWORD(am, "am", EXACT) \
    KEYWORD(bc_dots, "b.c.", EXACT) KEYWORD(bc, "bc", EXACT) KEYWORD(day, "day", EXACT) KEYWORD(dy, "dy", EXACT) KEYWORD(d, "d", EXACT) \
    KEYWORD(month, "month", EXACT) KEYWORD(mon, "mon", EXACT) KEYWORD(pm_dots, "p.m.", EXACT) KEYWORD(pm, "pm", EXACT) \
    KEYWORD(rm, "rm", EXACT) KEYWORD(tz, "tz", EXACT)
/* clang-format on */

typedef enum Keyword {
    KEY_NONE,
#define KEYWORD(name, text, letters) KEY_##name,
    KEYWORDS(KEYWORD)
#undef KEYWORD
} Keyword;

typedef enum NodeKind { NODE_FIELD, NODE_CHARACTER, NODE_SEPARATOR, NODE_SPACE } NodeKind;

typedef struct Node {
    NodeKind kind;
    Keyword keyword;
    bool is_filled_off; /* FM: no padding */
    char suffix;        /* 't' or 'T': th, TH */
    char bytes[4];
    uint8_t length;
} Node;

/* A call site's template. */
typedef struct Template {
    Text source;
    Node *nodes;
    int count, capacity;
    bool is_fixed; /* FX */
} Template;

/* The call site's template for the source, cut anew only when the source changed. */
const Template *template_of(KernelContext *context, const View *source);
/* The same for what is read. A pattern with MM and mm, which name one field in PostgreSQL's, is one of
   Java's: months and minutes. */
const Template *template_of_input(KernelContext *context, const View *source);
/* Adds the template that a pattern of Java's dates ('yyyy-MM-dd''T''HH:mm:ss') means; false at a field that
   there is none for. */
bool template_add_java(const View *source, Text *out, int *bad, int *bad_length);
/* The field as templates write it. */
const char *template_keyword_text(Keyword keyword);

extern const char *const month_names[12], *const day_names[7];

#endif
