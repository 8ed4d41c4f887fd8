/* The web console: one page, built into the binary from console.html. */
#ifndef LEAT_HTTP_CONSOLE_H
#define LEAT_HTTP_CONSOLE_H

#include <stddef.h>

extern const char console_page[];
extern const size_t console_page_length;

#endif
