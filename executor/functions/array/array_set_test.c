/* array functions over collections of values; PostgreSQL 15 has none of them, so the answers are by hand. */
#include "executor/functions/test/recorded.h"

/* clang-format off */
static const Recorded calls[] = {
    {"array_distinct(anyarray) -> anyarray", "int4[]", -1, "{3,1,NULL}", {"int4[]={3,1,NULL,3,NULL,1}"}},
    {"array_distinct(anyarray) -> anyarray", "numeric[]", -1, "{1.0,2}", {"numeric[]={1.0,1.00,2}"}},
    {"array_distinct(anyarray) -> anyarray", "text[]", -1, "{}", {"text[]={}"}},
    {"array_distinct(anyarray) -> anyarray", "text[]", -1, "NULL", {"text[]"}},
    {"array_sort(anyarray) -> anyarray", "text[]", -1, "{a,b,c,NULL}", {"text[]={c,NULL,a,b}"}},
    {"array_sort(anyarray, bool) -> anyarray", "text[]", -1, "{NULL,c,b,a}", {"text[]={c,NULL,a,b}", "bool=t"}},
    {"array_sort(anyarray, bool, bool) -> anyarray", "int4[]", -1, "{NULL,NULL,1,2}", {"int4[]={2,NULL,1,NULL}", "bool=f", "bool=t"}},
    {"array_sort(anyarray, bool, bool) -> anyarray", "int4[]", -1, "{2,1,NULL}", {"int4[]={2,NULL,1}", "bool=t", "bool=f"}},
    {"array_reverse(anyarray) -> anyarray", "int4[]", -1, "{3,NULL,1}", {"int4[]={1,NULL,3}"}},
    {"array_flatten(anyarray) -> anyarray", "int4[]", -1, "{1,2,3,4}", {"int4[]={{1,2},{3,4}}"}},
    {"array_union(anyarray, anyarray) -> anyarray", "int4[]", -1, "{2,1,NULL,3}", {"int4[]={2,1,2,NULL}", "int4[]={NULL,3,1}"}},
    {"array_intersect(anyarray, anyarray) -> anyarray", "int4[]", -1, "{2,NULL}", {"int4[]={2,1,2,NULL}", "int4[]={NULL,2}"}},
    {"array_except(anyarray, anyarray) -> anyarray", "int4[]", -1, "{1}", {"int4[]={2,1,1,NULL}", "int4[]={NULL,2}"}},
    {"array_except(anyarray, anyarray) -> anyarray", "int4[]", -1, "{}", {"int4[]={}", "int4[]={1}"}},
    {"array_max(anyarray) -> anyelement", "text", -1, "long enough to be on the heap", {"text[]={a,NULL,\"long enough to be on the heap\"}"}},
    {"array_min(anyarray) -> anyelement", "float8", -1, "-1", {"float8[]={NaN,-1,2}"}},
    {"array_min(anyarray) -> anyelement", "int4", -1, "NULL", {"int4[]={NULL}"}},
    {"array_contains(anyarray, anyelement) -> bool", "bool", -1, "t", {"numeric[]={1.0,NULL}", "numeric=1.00"}},
    {"array_contains(anyarray, anyelement) -> bool", "bool", -1, "f", {"int4[]={1,NULL}", "int4=2"}},
    {"element(anyarray) -> anyelement", "int4", -1, "7", {"int4[]={7}"}},
    {"element(anyarray) -> anyelement", "int4", -1, "NULL", {"int4[]={}"}},
    {"element(anyarray) -> anyelement", "int4", -1, "21000: array has more than one element", {"int4[]={1,2}"}},
    {"array_sum(int4[]) -> int8", "int8", -1, "4294967294", {"int4[]={2147483647,NULL,2147483647}"}},
    {"array_sum(int8[]) -> numeric", "numeric", -1, "18446744073709551614", {"int8[]={9223372036854775807,9223372036854775807}"}},
    {"array_sum(numeric[]) -> numeric", "numeric", -1, "1000000000000000000000000000000000000000001.5", {"numeric[]={1.5,1e42}"}},
    {"array_sum(float8[]) -> float8", "float8", -1, "NULL", {"float8[]={NULL}"}},
};
/* clang-format on */

RECORDED_MAIN(array_set, "UTC")
