/* Format template: the templates of to_char(), to_timestamp() and to_date(), such as 'YYYY-MM-DD HH24:MI:SS',
   cut into fields. */
#ifndef LEAT_FUNCTIONS_FORMAT_TEMPLATE_H
#define LEAT_FUNCTIONS_FORMAT_TEMPLATE_H

#include "executor/functions/text/string_kernel.h"

typedef enum Keyword {
    KEY_NONE,
#define KEYWORD(name, text, letters, subject) KEY_##name,
#include "executor/functions/time/format_keywords.def"
#undef KEYWORD
    KEY_COUNT
} Keyword;

/* What a field is about. All but numbers end where letters do, so that digits before them need no width. */
typedef enum Subject {
    SUBJECT_NUMBER,
    SUBJECT_NOTHING,
    SUBJECT_ERA,  /* AD or BC */
    SUBJECT_HALF, /* AM or PM */
    SUBJECT_MONTH,
    SUBJECT_SHORT_MONTH,
    SUBJECT_DAY,
    SUBJECT_SHORT_DAY,
    SUBJECT_ROMAN, /* month */
    SUBJECT_ZONE,
    SUBJECT_ZONE_HOURS,
    SUBJECT_OFFSET /* hours and minutes from UTC */
} Subject;

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
Subject template_subject(Keyword keyword);

extern const char *const month_names[12], *const day_names[7];

#endif
