/* Positions in the user's text. */
#include "planner/parse/syntax.h"

int syntax_character(const char *sql, int position) {
    if (position < 0)
        return 0;
    int character = 1;
    for (int i = 0; i < position && sql[i] != 0; i++)
        character += ((unsigned char)sql[i + 1] & 0xC0) != 0x80;
    return character;
}
