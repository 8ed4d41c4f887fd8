/* FormatValue: text into columns, the common types without a detour. */
#include "connectors/formats/format_value.h"

#include <string.h>

#include "executor/base/clock.h"
#include "executor/types/character.h"
#include "executor/types/number/integer.h"
#include "executor/types/time/timestamp.h"

Status format_check_utf8(const char *bytes, size_t length, Error *error) {
    size_t bad;
    if (utf8_is_valid(bytes, length, &bad))
        return OK;
    return error_set(error, STATUS_CHARACTER_NOT_IN_REPERTOIRE,
        "invalid byte sequence for encoding \"UTF8\": 0x%02x", (unsigned char)bytes[bad]);
}

static bool is_any_text(Type type) {
    return !type.is_array && (type.id == TYPE_TEXT || (type.id == TYPE_VARCHAR && type.modifier < 0));
}

Status format_read_text(
    Type type, const char *text, size_t length, Arena *scratch, Datum *out, Error *error) {
    if (is_any_text(type)) {
        out->view = view_of(text, (uint32_t)length);
        return OK;
    }
    if (!type.is_array && type.id == TYPE_INT8 &&
        integer_parse(text, length, INT64_MIN, INT64_MAX, &out->int8) == INTEGER_OK)
        return OK;
    if (!type.is_array && type.id == TYPE_TIMESTAMP)
        return timestamp_read(text, length, type.modifier, &type_settings_default, &out->int8, error);
    return datum_parse(type, text, length, &type_settings_default, scratch, out, error);
}

Status format_set_text(
    Column *column, int row, const char *text, size_t length, Arena *scratch, Error *error) {
    if (is_any_text(column->type)) {
        column_set_bytes(column, row, text, (uint32_t)length);
        return OK;
    }
    Datum datum;
    TRY(format_read_text(column->type, text, length, scratch, &datum, error));
    column_set_datum(column, row, &datum);
    return OK;
}

Status format_read_epoch(Type type, int64_t milliseconds, Datum *out, Error *error) {
    int64_t microseconds;
    if (__builtin_mul_overflow(milliseconds, 1000, &microseconds) ||
        __builtin_sub_overflow(microseconds, EPOCH_SECONDS * USECS_PER_SECOND, &microseconds) ||
        !timestamp_in_range(microseconds))
        return error_set(error, STATUS_DATETIME_FIELD_OVERFLOW, "timestamp out of range: %lld milliseconds",
            (long long)milliseconds);
    out->int8 = timestamp_round(microseconds, type.modifier);
    return OK;
}

Status format_set_epoch(Column *column, int row, int64_t milliseconds, Error *error) {
    Datum datum = {0};
    TRY(format_read_epoch(column->type, milliseconds, &datum, error));
    column_set_datum(column, row, &datum);
    return OK;
}

void format_add_timestamp(Text *out, int64_t timestamp) {
    char text[TIMESTAMP_TEXT_MAX];
    size_t length = timestamp_write(timestamp, &type_settings_default, text);
    char *blank = memchr(text, ' ', length);
    if (blank != NULL)
        *blank = 'T';
    text_add(out, text, length);
}
