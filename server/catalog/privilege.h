/* The words and letters that PostgreSQL has for privileges. */
#ifndef LEAT_CATALOG_PRIVILEGE_H
#define LEAT_CATALOG_PRIVILEGE_H

#include "executor/base/text.h"
#include "planner/bind/catalog.h"

/* By its word in any case; 0: none is called so. */
uint32_t privilege_by_word(const char *word);
/* "SELECT", of one bit. */
const char *privilege_word(uint32_t privilege);
/* "ar*w": the letters of aclitem, a star behind those that may be granted on. */
void privileges_add_letters(uint32_t privileges, uint32_t options, Text *out);

#endif
