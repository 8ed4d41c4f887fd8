/* Privilege: what a role may be allowed to do with an object; the bits, words and letters of PostgreSQL. */
#ifndef LEAT_FUNCTIONS_PRIVILEGE_H
#define LEAT_FUNCTIONS_PRIVILEGE_H

#include <stdint.h>

#include "executor/base/text.h"

typedef enum Privilege {
    PRIVILEGE_INSERT = 1 << 0,
    PRIVILEGE_SELECT = 1 << 1,
    PRIVILEGE_UPDATE = 1 << 2,
    PRIVILEGE_DELETE = 1 << 3,
    PRIVILEGE_TRUNCATE = 1 << 4,
    PRIVILEGE_REFERENCES = 1 << 5,
    PRIVILEGE_TRIGGER = 1 << 6,
    PRIVILEGE_EXECUTE = 1 << 7,
    PRIVILEGE_USAGE = 1 << 8,
    PRIVILEGE_CREATE = 1 << 9,
    PRIVILEGE_TEMPORARY = 1 << 10,
    PRIVILEGE_CONNECT = 1 << 11,
    PRIVILEGES_OF_RELATION = (1 << 7) - 1,
    PRIVILEGES_OF_SEQUENCE = PRIVILEGE_SELECT | PRIVILEGE_UPDATE | PRIVILEGE_USAGE,
    PRIVILEGES_OF_SCHEMA = PRIVILEGE_USAGE | PRIVILEGE_CREATE
} Privilege;

/* By its word in any case; 0: none is called so. */
uint32_t privilege_by_word(const char *word);
/* "SELECT", of one bit. */
const char *privilege_word(uint32_t privilege);
/* "ar*w": the letters of aclitem, a star behind those that may be granted on. */
void privileges_add_letters(uint32_t privileges, uint32_t options, Text *out);

#endif
