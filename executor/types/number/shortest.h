/* Shortest decimal digits of a float: the one thing that C's library lacks and C++'s has (std::to_chars). */
#ifndef LEAT_TYPES_SHORTEST_H
#define LEAT_TYPES_SHORTEST_H

#ifdef __cplusplus
extern "C" {
#endif

/* "d.ddde-xx" of a positive finite value into out[32], NUL-terminated. */
void shortest_double(double value, char *out);
void shortest_float(float value, char *out);

#ifdef __cplusplus
}
#endif

#endif
