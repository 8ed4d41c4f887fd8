/* Shortest decimal digits through std::to_chars. */
#include "executor/types/number/shortest.h"

#include <charconv>

extern "C" void shortest_double(double value, char *out) {
    *std::to_chars(out, out + 31, value, std::chars_format::scientific).ptr = 0;
}

extern "C" void shortest_float(float value, char *out) {
    *std::to_chars(out, out + 31, value, std::chars_format::scientific).ptr = 0;
}
