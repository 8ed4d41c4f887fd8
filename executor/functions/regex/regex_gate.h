/* The gate between the two regular expression engines: what a pattern proves about them. */
#ifndef LEAT_FUNCTIONS_REGEX_GATE_H
#define LEAT_FUNCTIONS_REGEX_GATE_H

#include <stdbool.h>
#include <stddef.h>

#include "executor/base/text.h"

typedef enum RegexAgreement {
    REGEX_DIFFER,     /* only the defining engine may run */
    REGEX_SAME_TRUTH, /* both find a match in the same texts */
    REGEX_SAME_MATCH, /* and the same one, groups included */
} RegexAgreement;

RegexAgreement regex_gate(const char *pattern, size_t length);
/* Adds the pattern with \d, \w, \s and the named classes spelled out in ASCII, as collation "C" defines them.
 */
void regex_add_ascii_classes(const char *pattern, size_t length, Text *out);

#endif
