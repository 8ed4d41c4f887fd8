/* url functions, and those that other systems have and PostgreSQL 15 has not; the answers are by hand,
   checksums and digests those of known tools. */
#include "executor/functions/test/recorded.h"

/* clang-format off */
static const Recorded calls[] = {
    {"url_encode(text) -> text", "text", -1, "a+b%2F%C3%BC%26-_.*", {"text=a b/ü&-_.*"}},
    {"url_decode(text) -> text", "text", -1, "a b/ü", {"text=a+b%2F%c3%BC"}},
    {"url_decode(text) -> text", "text", -1, "NULL", {"text=%c3"}},
    {"url_decode(text) -> text", "text", -1, "NULL", {"text=%4"}},
    {"url_decode(text) -> text", "text", -1, "NULL", {"text=%00"}},
    {"parse_url(text, text) -> text", "text", -1, "[::1]", {"text=http://u:p@[::1]:80/p", "text=HOST"}},
    {"parse_url(text, text) -> text", "text", -1, "u:p@h:80", {"text=http://u:p@h:80?q", "text=authority"}},
    {"parse_url(text, text) -> text", "text", -1, "u:p", {"text=http://u:p@h:80?q", "text=USERINFO"}},
    {"parse_url(text, text) -> text", "text", -1, "NULL", {"text=no address", "text=HOST"}},
    {"parse_url(text, text) -> text", "text", -1, "NULL", {"text=http://h", "text=nothing"}},
    {"parse_url(text, text, text) -> text", "text", -1, "2", {"text=http://h/p?a=1&b=2#c", "text=QUERY", "text=b"}},
    {"parse_url(text, text, text) -> text", "text", -1, "NULL", {"text=http://h/p", "text=QUERY", "text=b"}},
    {"java_template(text) -> text", "text", -1, "YYYY-MM-DD\"T\"HH24:MI:SS.FF3", {"text=yyyy-MM-dd'T'HH:mm:ss.SSS"}},
    {"java_template(text) -> text", "text", -1, "22023: unknown field \"bb\" in date pattern", {"text=yyyy bb"}},
    {"timestampdiff(text, timestamp, timestamp) -> int8", "int8", -1, "-1", {"text=month", "timestamp=2020-03-01", "timestamp=2020-01-15"}},
    {"timestampdiff(text, timestamp, timestamp) -> int8", "int8", -1, "22023: unit \"eon\" not recognized", {"text=eon", "timestamp=2020-03-01", "timestamp=2020-01-15"}},
    {"bin(int8) -> text", "text", -1, "0", {"int8=0"}},
    {"hex(int8) -> text", "text", -1, "FFFFFFFFFFFFFFFF", {"int8=-1"}},
    {"crc32(text) -> int8", "int8", -1, "3421780262", {"text=123456789"}},
    {"crc32c(text) -> int8", "int8", -1, "3808858755", {"text=123456789"}},
    {"is_json(text) -> bool", "bool", -1, "f", {"text= "}},
    {"is_json(text, text) -> bool", "bool", -1, "t", {"text= [1]", "text=array"}},
    {"is_json(text, text) -> bool", "bool", -1, "f", {"text=\"[\"", "text=array"}},
};
/* clang-format on */

RECORDED_MAIN(url, "UTC")
