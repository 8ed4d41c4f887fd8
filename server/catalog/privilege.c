/* Privileges: their words and letters. */
#include "server/catalog/privilege.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *word;
    char letter; /* of aclitem */
} privileges[] = {{"INSERT", 'a'}, {"SELECT", 'r'}, {"UPDATE", 'w'}, {"DELETE", 'd'}, {"TRUNCATE", 'D'},
    {"REFERENCES", 'x'}, {"TRIGGER", 't'}, {"EXECUTE", 'X'}, {"USAGE", 'U'}, {"CREATE", 'C'},
    {"TEMPORARY", 'T'}, {"CONNECT", 'c'}};
enum { PRIVILEGE_COUNT = sizeof privileges / sizeof *privileges };

uint32_t privilege_by_word(const char *word) {
    for (int i = 0; i < PRIVILEGE_COUNT; i++)
        if (strcasecmp(privileges[i].word, word) == 0)
            return 1u << i;
    return strcasecmp(word, "TEMP") == 0 ? PRIVILEGE_TEMPORARY : 0;
}

const char *privilege_word(uint32_t privilege) {
    for (int i = 0; i < PRIVILEGE_COUNT; i++)
        if (privilege == 1u << i)
            return privileges[i].word;
    return "";
}

void privileges_add_letters(uint32_t held, uint32_t options, Text *out) {
    /* In PostgreSQL's order. */
    static const char order[] = "arwdDxtXUCTc";
    for (const char *letter = order; *letter != 0; letter++)
        for (int i = 0; i < PRIVILEGE_COUNT; i++)
            if (privileges[i].letter == *letter && (held >> i & 1) != 0) {
                text_add_char(out, *letter);
                text_add_string(out, (options >> i & 1) != 0 ? "*" : "");
            }
}
