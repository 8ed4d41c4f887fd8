/* The two engines behind one interface.

   libtcl keeps compiled patterns in a cache of each thread and counts references without locks. So a pattern
   is compiled anew when another thread comes to use it, and compiling and releasing are under one lock;
   matching is not. Characters beyond the basic plane have no place in libtcl's 16 bits: they are matched as
   one private character each. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "executor/functions/regex/regex_engine.h"

#include <pcre2.h>
#include <pthread.h>
#include <string.h>
#include <tcl.h>

#include "executor/base/memory.h"
#include "executor/functions/regex/regex_gate.h"
#include "executor/functions/text/string_kernel.h"

struct Regex {
    RegexOptions options;
    RegexAgreement agreement;
    char *pattern; /* as libtcl reads it */
    size_t pattern_length;
    Tcl_Obj *object;
    Tcl_RegExp compiled;
    pthread_t thread; /* that compiled it */
    int group_count;
    bool looks_back;  /* has \m, \y and such, which look at the character before */
    bool is_absolute; /* has \A: matches at the text's start only */
    pcre2_code *code;
    pcre2_match_data *data;
    /* The last text as libtcl's characters, with the byte each begins at. */
    Tcl_UniChar *characters;
    int *offsets;
    int character_capacity, offset_capacity;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start(void) {
    Tcl_FindExecutable(NULL);
}

Status regex_options(const char *flags, size_t length, RegexOptions *options, Error *error) {
    *options = (RegexOptions){0};
    for (size_t i = 0; i < length; i++) {
        switch (flags[i]) {
        case 'g':
            options->is_global = true;
            break;
        case 'i':
            options->ignores_case = true;
            break;
        case 'c':
            options->ignores_case = false;
            break;
        case 'x':
            options->is_expanded = true;
            break;
        case 't':
            options->is_expanded = false;
            break;
        case 'n':
        case 'm':
            options->stops_at_newline = options->anchors_at_newline = true;
            break;
        case 'p':
            options->stops_at_newline = true;
            options->anchors_at_newline = false;
            break;
        case 'w':
            options->stops_at_newline = false;
            options->anchors_at_newline = true;
            break;
        case 's':
            options->stops_at_newline = options->anchors_at_newline = false;
            break;
        case 'q':
            options->is_literal = true;
            break;
        case 'e':
            break;
        case 'b':
            return error_set(
                error, STATUS_FEATURE_NOT_SUPPORTED, "basic regular expressions are not supported");
        default:
            return error_set(error, STATUS_INVALID_PARAMETER_VALUE,
                "invalid regular expression option: \"%.*s\"", utf8_step(flags[i]), flags + i);
        }
    }
    return OK;
}

static int tcl_flags(const RegexOptions *o) {
    return (o->is_literal ? TCL_REG_QUOTE : TCL_REG_ADVANCED) | (o->ignores_case ? TCL_REG_NOCASE : 0) |
           (o->is_expanded ? TCL_REG_EXPANDED : 0) | (o->stops_at_newline ? TCL_REG_NLSTOP : 0) |
           (o->anchors_at_newline ? TCL_REG_NLANCH : 0);
}

/* The next character as libtcl sees it. */
static Tcl_UniChar next_character(const char **at) {
    const unsigned char *c = (const unsigned char *)*at;
    if (c[0] < 0x80) {
        *at += 1;
        return c[0];
    }
    if (c[0] < 0xe0) {
        *at += 2;
        return (Tcl_UniChar)((c[0] & 0x1f) << 6 | (c[1] & 0x3f));
    }
    if (c[0] < 0xf0) {
        *at += 3;
        return (Tcl_UniChar)((c[0] & 0x0f) << 12 | (c[1] & 0x3f) << 6 | (c[2] & 0x3f));
    }
    *at += 4;
    uint32_t code = (uint32_t)(c[0] & 0x07) << 18 | (uint32_t)(c[1] & 0x3f) << 12 |
                    (uint32_t)(c[2] & 0x3f) << 6 | (c[3] & 0x3f);
    return (Tcl_UniChar)(0xe000 + code % 6400);
}

static void add_character(Text *out, Tcl_UniChar c) {
    char bytes[TCL_UTF_MAX + 1];
    text_add(out, bytes, (size_t)Tcl_UniCharToUtf(c, bytes));
}

static void compile_error(Regex *regex, Error *error) {
    Tcl_Interp *interpreter = Tcl_CreateInterp();
    Tcl_Obj *pattern = Tcl_NewStringObj(regex->pattern, (int)regex->pattern_length);
    Tcl_IncrRefCount(pattern);
    const char *message = "invalid pattern";
    if (Tcl_GetRegExpFromObj(interpreter, pattern, tcl_flags(&regex->options)) == NULL)
        message = Tcl_GetStringResult(interpreter);
    const char *reason = strstr(message, ": ");
    error_set(error, STATUS_INVALID_REGULAR_EXPRESSION, "invalid regular expression: %s",
        reason == NULL ? message : reason + 2);
    Tcl_DecrRefCount(pattern);
    Tcl_DeleteInterp(interpreter);
}

/* Compiles for the calling thread. */
static Status compile_tcl(Regex *regex, Error *error) {
    pthread_once(&once, start);
    pthread_mutex_lock(&lock);
    if (regex->object != NULL)
        Tcl_DecrRefCount(regex->object);
    regex->object = Tcl_NewStringObj(regex->pattern, (int)regex->pattern_length);
    Tcl_IncrRefCount(regex->object);
    regex->thread = pthread_self();
    regex->compiled = Tcl_GetRegExpFromObj(NULL, regex->object, tcl_flags(&regex->options));
    Status status = OK;
    if (regex->compiled == NULL) {
        status = STATUS_INVALID_REGULAR_EXPRESSION;
        compile_error(regex, error);
    } else {
        Tcl_RegExpInfo info;
        Tcl_RegExpGetInfo(regex->compiled, &info);
        regex->group_count = info.nsubs;
    }
    pthread_mutex_unlock(&lock);
    return status;
}

/* Compiles with PCRE2 where the gate lets it; without success libtcl runs. */
static void compile_pcre(Regex *regex, const char *pattern, size_t length) {
    const RegexOptions *o = &regex->options;
    bool is_ascii = true;
    for (size_t i = 0; i < length; i++)
        is_ascii = is_ascii && (unsigned char)pattern[i] < 128;
    if (o->is_expanded || o->is_literal || o->stops_at_newline || o->anchors_at_newline ||
        (o->ignores_case && !is_ascii))
        return;
    regex->agreement = regex_gate(pattern, length);
    if (regex->agreement == REGEX_DIFFER)
        return;
    if (o->ignores_case)
        regex->agreement = REGEX_SAME_TRUTH; /* the gate compares characters as they are */
    uint32_t flags = PCRE2_UTF | PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | PCRE2_NO_UTF_CHECK |
                     (o->ignores_case ? PCRE2_CASELESS : 0);
    int code;
    PCRE2_SIZE at;
    regex->code = pcre2_compile((PCRE2_SPTR)pattern, length, flags, &code, &at, NULL);
    if (regex->code == NULL || pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE) != 0) {
        regex->agreement = REGEX_DIFFER;
        return;
    }
    regex->data = pcre2_match_data_create_from_pattern(regex->code, NULL);
}

Status regex_compile(
    const char *pattern, size_t length, const RegexOptions *options, Regex **out, Error *error) {
    Regex *regex = NEW(Regex);
    regex->options = *options;
    Text ascii = {0}, narrow = {0};
    if (options->is_literal)
        text_add(&ascii, pattern, length);
    else
        regex_add_ascii_classes(pattern, length, &ascii);
    for (const char *at = text_string(&ascii), *end = at + ascii.length; at < end;)
        add_character(&narrow, next_character(&at));
    regex->pattern = memory_copy_text(text_string(&narrow), narrow.length);
    regex->pattern_length = narrow.length;
    for (size_t i = 0; i + 1 < length && !options->is_literal; i++) {
        if (pattern[i] != '\\')
            continue;
        i++;
        regex->is_absolute = regex->is_absolute || pattern[i] == 'A';
        regex->looks_back = regex->looks_back || strchr("mMyY<>", pattern[i]) != NULL;
    }
    Status status = compile_tcl(regex, error);
    if (status == OK && regex->group_count >= REGEX_GROUPS_MAX)
        status = error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
            "regular expressions of more than %d groups are not supported", REGEX_GROUPS_MAX - 1);
    if (status == OK) {
        compile_pcre(regex, pattern, length);
        *out = regex;
    } else {
        regex_free(regex);
    }
    text_free(&ascii);
    text_free(&narrow);
    return status;
}

void regex_free(Regex *regex) {
    if (regex == NULL)
        return;
    pthread_mutex_lock(&lock);
    if (regex->object != NULL)
        Tcl_DecrRefCount(regex->object);
    pthread_mutex_unlock(&lock);
    pcre2_match_data_free(regex->data);
    pcre2_code_free(regex->code);
    memory_free(regex->characters);
    memory_free(regex->offsets);
    memory_free(regex->pattern);
    memory_free(regex);
}

int regex_group_count(const Regex *regex) {
    return regex->group_count;
}

/* Converts the text; returns its number of characters and the number of the one at byte `start`. */
static int convert(Regex *regex, const char *text, size_t length, size_t start_byte, int *start_character) {
    int count = 0;
    GROW(regex->characters, regex->character_capacity, (int)length + 1);
    GROW(regex->offsets, regex->offset_capacity, (int)length + 1);
    *start_character = 0;
    for (const char *at = text, *end = text + length; at < end; count++) {
        regex->offsets[count] = (int)(at - text);
        if ((size_t)(at - text) < start_byte)
            *start_character = count + 1;
        regex->characters[count] = next_character(&at);
    }
    regex->offsets[count] = (int)length;
    return count;
}

/* Runs libtcl from character `first` on; to it, the text begins there. */
static bool run_tcl(Regex *regex, Tcl_Obj *object, int first, RegexMatch *match) {
    if (Tcl_RegExpExecObj(NULL, regex->compiled, object, first, regex->group_count + 1,
            first > 0 ? TCL_REG_NOTBOL : 0) != 1)
        return false;
    if (match == NULL)
        return true;
    Tcl_RegExpInfo info;
    Tcl_RegExpGetInfo(regex->compiled, &info);
    for (int i = 0; i <= regex->group_count; i++) {
        bool has = i <= info.nsubs && info.matches[i].start >= 0;
        match->from[i] = has ? regex->offsets[info.matches[i].start + first] : -1;
        match->to[i] = has ? regex->offsets[info.matches[i].end + first] : -1;
    }
    return true;
}

static bool find_tcl(Regex *regex, const char *text, size_t length, size_t from, RegexMatch *match) {
    if (!pthread_equal(regex->thread, pthread_self()) && compile_tcl(regex, NULL) != OK)
        return false;
    int first, count = convert(regex, text, length, from, &first);
    Tcl_Obj *object = Tcl_NewUnicodeObj(regex->characters, count);
    Tcl_IncrRefCount(object);
    bool found = false;
    if (first == 0 || !regex->is_absolute) {
        /* With the character before in sight; unless a match begins at that one. */
        int earlier = first > 0 && regex->looks_back ? first - 1 : first;
        found = run_tcl(regex, object, earlier, match);
        if (found && match != NULL && earlier < first && match->from[0] < regex->offsets[first])
            found = run_tcl(regex, object, first, match);
    }
    Tcl_DecrRefCount(object);
    return found;
}

bool regex_test(Regex *regex, const char *text, size_t length) {
    if (regex->code != NULL) {
        int result = pcre2_jit_match(regex->code, (PCRE2_SPTR)text, length, 0, 0, regex->data, NULL);
        if (result >= 0 || result == PCRE2_ERROR_NOMATCH)
            return result >= 0;
    }
    return find_tcl(regex, text, length, 0, NULL);
}

bool regex_find(Regex *regex, const char *text, size_t length, size_t from, RegexMatch *match) {
    if (regex->agreement == REGEX_SAME_MATCH && regex->code != NULL) {
        int result = pcre2_jit_match(regex->code, (PCRE2_SPTR)text, length, from, 0, regex->data, NULL);
        if (result == PCRE2_ERROR_NOMATCH)
            return false;
        if (result > 0) {
            const PCRE2_SIZE *ranges = pcre2_get_ovector_pointer(regex->data);
            for (int i = 0; i <= regex->group_count; i++) {
                bool has = i < result && ranges[2 * i] != PCRE2_UNSET;
                match->from[i] = has ? (int)ranges[2 * i] : -1;
                match->to[i] = has ? (int)ranges[2 * i + 1] : -1;
            }
            return true;
        }
    }
    return find_tcl(regex, text, length, from, match);
}
