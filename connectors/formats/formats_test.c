/* Formats: malformed JSON and CSV, values of every type, rows to bytes. */
#include "connectors/formats/format.h"

#include <check.h>
#include <string.h>

#include "executor/base/memory.h"
#include "executor/types/definition.h"

static Arena *arena;

static void setup(void) {
    arena = arena_create();
}

static void teardown(void) {
    arena_destroy(arena);
}

typedef struct Columns {
    int count;
    const char *names[16];
    Type types[16];
} Columns;

static ConnectorDefinition define(Columns *columns, const char *encode) {
    return (ConnectorDefinition){.object_id = 7,
        .name = "s",
        .connector = "file",
        .encode = encode,
        .columns = {columns->count, columns->names, columns->types}};
}

/* Decodes one record; the row's text form, or "!SQLSTATE message". */
static const char *decode(const ConnectorDefinition *definition, const char *bytes, size_t length) {
    Decoder *decoder;
    Error error = {0};
    if (decoder_create(definition, "json", &decoder, &error) != OK) {
        const char *text = arena_printf(arena, "!%s %s", status_sqlstate(error.status), error.message);
        error_clear(&error);
        return text;
    }
    Batch *builder = batch_builder(definition->columns.types, definition->columns.count, 4);
    SourceRows rows = {.arena = arena};
    FormatRecord record = {bytes, length, 5, INT64_MIN};
    int source = -1;
    int added = decoder_run(decoder, &record, 1, builder, &source, &rows);
    ck_assert_int_eq(added + rows.error_count, 1);
    const char *result;
    if (added == 1) {
        Text out = {0};
        batch_add_text(builder, &out);
        ck_assert_int_eq(source, 0);
        const char *line = strchr(text_string(&out), '\n') + 1;
        result = arena_printf(arena, "%.*s", (int)strcspn(line, "\n"), line);
        text_free(&out);
    } else {
        ck_assert_int_eq(rows.errors[0].offset, 5);
        ck_assert_int_eq(rows.errors[0].payload_length, length < 65536 ? length : 65536);
        result =
            arena_printf(arena, "!%s %s", status_sqlstate(rows.errors[0].status), rows.errors[0].message);
    }
    batch_release(builder);
    decoder_destroy(decoder);
    return result;
}

static const char *decode_text(const ConnectorDefinition *definition, const char *text) {
    return decode(definition, text, strlen(text));
}

START_TEST(json_records) {
    Columns columns = {3, {"a", "b", "n"}, {type_of(TYPE_INT8), type_of(TYPE_TEXT), type_of(TYPE_NUMERIC)}};
    ConnectorDefinition definition = define(&columns, "json");
    static const char *const cases[][2] = {
        {"{\"a\":1,\"b\":\"x\",\"n\":1.10}", "+1 1 x 1.10"},
        {"{\"n\":2e3,\"a\":-5,\"b\":\"y\"}", "+1 -5 y 2000"},
        {" {\"a\" : 1 } \n", "+1 1 NULL NULL"},
        {"{}", "+1 NULL NULL NULL"},
        {"{\"a\":null,\"b\":null}", "+1 NULL NULL NULL"},
        {"{\"a\":1,\"a\":2}", "+1 2 NULL NULL"},
        {"{\"a\":1,\"a\":null}", "+1 NULL NULL NULL"},
        {"{\"\\u0061\":7}", "+1 7 NULL NULL"},
        {"{\"a\":\"12\",\"n\":\"1.50\"}", "+1 12 NULL 1.50"},
        {"{\"n\":1e400}", NULL},
        {"{\"b\":\"\\u00e9\\ud83d\\ude00\"}", "+1 NULL é😀 NULL"},
        {"{\"b\":5}", "+1 NULL 5 NULL"},
        {"{\"b\":true}", "+1 NULL true NULL"},
        {"{\"b\":{\"c\":[1,2]}}", "+1 NULL \"{\"\"c\"\":[1,2]}\" NULL"},
        {"{\"z\":{\"a\":[1,{\"y\":2}]},\"a\":3}", "+1 3 NULL NULL"},
        {"{\"a\":9223372036854775807}", "+1 9223372036854775807 NULL NULL"},
        {"{\"a\":-9223372036854775808}", "+1 -9223372036854775808 NULL NULL"},
        {"{\"a\":9223372036854775808}",
            "!22003 field \"a\": value \"9223372036854775808\" is out of range for type bigint"},
        {"{\"a\":1.5}", "!22P02 field \"a\": invalid input syntax for type bigint: \"1.5\""},
        {"{\"a\":\"x\"}", "!22P02 field \"a\": invalid input syntax for type bigint: \"x\""},
        {"{\"a\":true}", "!22P02 field \"a\": a JSON boolean cannot be read as bigint"},
        {"{\"a\":[1]}", "!22P02 field \"a\": a JSON array cannot be read as bigint"},
        {"{\"b\":\"\\u0000\"}",
            "!22P05 field \"b\": unsupported Unicode escape sequence: \\u0000 cannot be converted to text."},
        {"[1]", "!22P02 the record is not a JSON object"},
        {"5", "!22P02 the record is not a JSON object"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (cases[i][1] != NULL)
            ck_assert_str_eq(decode_text(&definition, cases[i][0]), cases[i][1]);
    ck_assert_int_eq(strlen(decode_text(&definition, "{\"n\":1e400}")), strlen("+1 NULL NULL ") + 401);
}
END_TEST

START_TEST(json_malformed) {
    Columns columns = {2, {"a", "b"}, {type_of(TYPE_INT8), type_of(TYPE_TEXT)}};
    ConnectorDefinition definition = define(&columns, "json");
    static const char *const cases[] = {
        "",
        "{",
        "}",
        "{\"a\":1",
        "{\"a\":1,}",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{\"a\":1}{\"a\":9}",
        "{\"a\":1} x",
        "{\"a\":1}]",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":-}",
        "{\"a\":1e}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":0x1}",
        "{\"a\":1,\"junk\":tru,\"b\":\"2\"}",
        "{\"x\":[1,{\"y\":}]}",
        "{\"x\":[1,2}",
        "{\"x\":nul}",
        "{\"x\":\"\\q\"}",
        "{\"b\":\"\\q\"}",
        "{\"b\":\"a\nb\"}",
        "{\"b\":\"\\ud800\"}",
        "{\"b\":\"\\udc00x\"}",
        "{\"x\\q\":1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1,,\"b\":2}",
        "{\"x\":1 2}",
        "{'a':1}",
        "{\"a\":NaN}",
        "{\"x\":truex}",
        "nul",
        "\"abc",
        "{\"x\":{\"y\":1]}",
        "{\"x\":\"\\u12\"}",
        "{\"x\":{\"y\" 1}}",
        "{\"x\":[1 2]}",
        "{\"x\":[,]}",
        "{\"x\":[1,]}",
        "{,}",
        "{\"a\":1}/**/",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *result = decode_text(&definition, cases[i]);
        ck_assert_msg(strncmp(result, "!22", 3) == 0, "%s: %s", cases[i], result);
    }
    ck_assert_str_eq(decode(&definition, "{\"b\":\"\xff\"}", 9),
        "!22021 invalid byte sequence for encoding \"UTF8\": 0xff");
    ck_assert_str_eq(decode(&definition, "{\"a\":1}\0", 8) + 0, decode(&definition, "{\"a\":1}\0", 8));
    ck_assert_msg(decode(&definition, "{\"a\":1}\0", 8)[0] == '!', "a NUL behind the object");
}
END_TEST

START_TEST(json_types) {
    Columns columns = {9, {"ts", "tz", "d", "f", "bo", "j", "i2", "arr", "u"},
        {type_of(TYPE_TIMESTAMP), type_of(TYPE_TIMESTAMPTZ), type_of(TYPE_DATE), type_of(TYPE_FLOAT8),
            type_of(TYPE_BOOL), type_of(TYPE_JSONB), type_of(TYPE_INT2), type_array_of(TYPE_INT4),
            type_of(TYPE_UUID)}};
    ConnectorDefinition definition = define(&columns, "json");
    ck_assert_str_eq(
        decode_text(&definition,
            "{\"ts\":\"2020-01-02T03:04:05.678Z\",\"tz\":\"2020-01-02T03:04:05+02:00\",\"d\":\"2020-02-29\","
            "\"f\":1.5e3,\"bo\":false,"
            "\"j\":{\"b\":1,\"a\":[1.50, "
            "null]},\"i2\":-7,\"arr\":[1,null,3],\"u\":\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"}"),
        "+1 \"2020-01-02 03:04:05.678\" \"2020-01-02 01:04:05+00\" 2020-02-29 1500 f \"{\"\"a\"\": [1.50, "
        "null], \"\"b\"\": 1}\" -7 {1,NULL,3} "
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
    ck_assert_str_eq(decode_text(&definition, "{\"ts\":1577934245678,\"tz\":0,\"j\":\"s\"}"),
        "+1 \"2020-01-02 03:04:05.678\" \"1970-01-01 00:00:00+00\" NULL NULL NULL \"\"\"s\"\"\" NULL NULL "
        "NULL");
    ck_assert_str_eq(decode_text(&definition, "{\"ts\":9223372036854775807}"),
        "!22008 field \"ts\": timestamp out of range: 9223372036854775807 milliseconds");
    ck_assert_str_eq(decode_text(&definition, "{\"ts\":1.5}"),
        "!22P02 field \"ts\": a JSON number cannot be read as timestamp without time zone");
    ck_assert_str_eq(
        decode_text(&definition, "{\"d\":5}"), "!22P02 field \"d\": a JSON number cannot be read as date");
    ck_assert_str_eq(decode_text(&definition, "{\"i2\":70000}"),
        "!22003 field \"i2\": value \"70000\" is out of range for type smallint");
    ck_assert_str_eq(decode_text(&definition, "{\"arr\":[[1]]}"),
        "!22P02 field \"arr\": a JSON array cannot be read as integer");
    ck_assert_str_eq(
        decode_text(&definition, "{\"j\":null}"), "+1 NULL NULL NULL NULL NULL NULL NULL NULL NULL");
    ck_assert_str_eq(decode_text(&definition, "{\"j\":\"\\u0000\"}"),
        "!22P05 field \"j\": unsupported Unicode escape sequence: \\u0000 cannot be converted to text.");
}
END_TEST

START_TEST(json_rows) {
    const char *inner_names[] = {"k", "l"}, *names[] = {"x", "y", "in"}, *labels[] = {"red", "green"};
    Type inner_types[] = {type_of(TYPE_TEXT), type_array_of(TYPE_INT4)};
    Type inner = type_of_definition(
        type_define(&(TypeDefinition){.count = 2, .names = inner_names, .types = inner_types}));
    Type types[] = {type_of(TYPE_INT4), type_of(TYPE_NUMERIC), inner};
    Type row = type_of_definition(type_define(
        &(TypeDefinition){.oid = 1, .name = "point", .count = 3, .names = names, .types = types}));
    Type color = type_of_definition(
        type_define(&(TypeDefinition){.oid = 3, .name = "color", .count = 2, .names = labels}));
    Columns columns = {4, {"a", "p", "ps", "c"}, {type_of(TYPE_INT8), row, type_array(inner), color}};
    ConnectorDefinition definition = define(&columns, "json");
    static const char *const cases[][2] = {
        {"{\"a\":1,\"p\":{\"x\":2,\"y\":\"2.50\",\"in\":{\"k\":\"a\\\"b\",\"l\":[1,null]}},\"ps\":[{\"k\":"
         "\"z\"},null],\"c\":\"green\"}",
            "+1 1 \"(2,2.50,\"\"(\"\"\"\"a\"\"\"\"\"\"\"\"b\"\"\"\",\"\"\"\"{1,NULL}\"\"\"\")\"\")\" "
            "\"{\"\"(z,)\"\",NULL}\" green"},
        {"{\"p\":{},\"a\":2}", "+1 2 (,,) NULL NULL"},
        {"{\"p\":{\"z\":{\"x\":[1]},\"in\":{\"l\":[],\"k\":null},\"x\":1,\"x\":3}}",
            "+1 NULL \"(3,,\"\"(,{})\"\")\" NULL NULL"},
        {"{\"p\":{\"x\":1},\"p\":{\"y\":2}}", "+1 NULL (,2,) NULL NULL"},
        {"{\"p\":\"(4,5,)\"}", "+1 NULL (4,5,) NULL NULL"},
        {"{\"p\":null,\"ps\":null,\"c\":null}", "+1 NULL NULL NULL NULL"},
        {"{\"p\":{\"x\":\"no\"}}",
            "!22P02 field \"p\": field \"x\": invalid input syntax for type integer: \"no\""},
        {"{\"p\":[1]}", "!22P02 field \"p\": a JSON array cannot be read as point"},
        {"{\"ps\":[{\"l\":[\"y\"]}]}",
            "!22P02 field \"ps\": field \"l\": invalid input syntax for type integer: \"y\""},
        {"{\"c\":\"blue\"}", "!22P02 field \"c\": invalid input value for enum color: \"blue\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(decode_text(&definition, cases[i][0]), cases[i][1]);
    ck_assert_int_eq(strncmp(decode_text(&definition, "{\"p\":{\"x\":1,\"z\":[1,}}"), "!22P02", 6), 0);
    ck_assert_int_eq(strncmp(decode_text(&definition, "{\"p\":{\"x\":tru}}"), "!22P02", 6), 0);
}
END_TEST

START_TEST(json_large) {
    Columns columns = {2, {"a", "b"}, {type_of(TYPE_INT8), type_of(TYPE_TEXT)}};
    ConnectorDefinition definition = define(&columns, "json");
    Text record = {0};
    text_add_string(&record, "{\"a\":1,\"b\":\"");
    for (int i = 0; i < 3000000; i++)
        text_add_char(&record, (char)('a' + i % 26));
    text_add_string(&record, "\"}");
    ck_assert_int_eq(strlen(decode(&definition, record.bytes, record.length)), 3000005);
    text_free(&record);
    for (int i = 0; i < 100000; i++)
        text_add_string(&record, "{\"a\":");
    ck_assert_str_eq(arena_printf(arena, "%.6s", decode(&definition, record.bytes, record.length)), "!54001");
    text_free(&record);
    text_add_string(&record, "{\"z\":");
    for (int i = 0; i < 100000; i++)
        text_add_char(&record, '[');
    for (int i = 0; i < 100000; i++)
        text_add_char(&record, ']');
    text_add_char(&record, '}');
    ck_assert_str_eq(arena_printf(arena, "%.6s", decode(&definition, record.bytes, record.length)), "!54001");
    text_free(&record);
}
END_TEST

/* A run keeps good rows and errors apart, and leaves nothing of a failed record behind. */
START_TEST(runs) {
    Columns columns = {2, {"a", "b"}, {type_of(TYPE_INT8), type_of(TYPE_TEXT)}};
    ConnectorDefinition definition = define(&columns, "json");
    static const char *const texts[] = {"{\"a\":1,\"b\":\"one\"}", "{\"a\":null,\"b\":5,\"b\":[}",
        "{\"b\":null,\"a\":\"x\"}", "{\"a\":2,\"b\":\"two\"}", NULL, "{\"a\":3}"};
    FormatRecord records[6];
    for (int i = 0; i < 6; i++)
        records[i] = (FormatRecord){texts[i], texts[i] == NULL ? 0 : strlen(texts[i]), 100 + i, 7};
    Decoder *decoder;
    Error error = {0};
    ck_assert_int_eq(decoder_create(&definition, "json", &decoder, &error), OK);
    Batch *builder = batch_builder(columns.types, columns.count, 8);
    SourceRows rows = {.arena = arena};
    int sources[6];
    ck_assert_int_eq(decoder_run(decoder, records, 6, builder, sources, &rows), 4);
    Text out = {0};
    batch_add_text(builder, &out);
    ck_assert_str_eq(text_string(&out), "int8 text\n+1 1 one\n+1 2 two\n+1 NULL NULL\n+1 3 NULL\n");
    ck_assert_int_eq(sources[1], 3);
    ck_assert_int_eq(sources[3], 5);
    ck_assert_int_eq(rows.error_count, 2);
    ck_assert_int_eq(rows.errors[1].offset, 102);
    ck_assert_int_eq(rows.errors[1].row, 1);
    text_free(&out);
    batch_release(builder);
    decoder_destroy(decoder);
}
END_TEST

START_TEST(csv_records) {
    Columns columns = {3, {"a", "b", "c"}, {type_of(TYPE_INT8), type_of(TYPE_TEXT), type_of(TYPE_TEXT)}};
    ConnectorDefinition definition = define(&columns, "csv");
    static const char *const cases[][2] = {
        {"1,x,y", "+1 1 x y"},
        {"1,,\"\"", "+1 1 NULL \"\""},
        {"1,\"a,b\",\"c\"\"d\"", "+1 1 a,b \"c\"\"d\""},
        {"1,a b,x\"y\"z", "+1 1 \"a b\" xyz"},
        {"1,x", "!22P04 missing data for column \"c\""},
        {"1,x,y,z", "!22P04 extra data after last expected column"},
        {"q,x,y", "!22P02 field \"a\": invalid input syntax for type bigint: \"q\""},
        {"1,\"x,y", "!22P04 unterminated CSV quoted field"},
        {"", "!22P04 missing data for column \"b\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(decode_text(&definition, cases[i][0]), cases[i][1]);
    ck_assert_str_eq(
        decode(&definition, "1,\xc3,y", 5), "!22021 invalid byte sequence for encoding \"UTF8\": 0xc3");
}
END_TEST

START_TEST(options) {
    Columns columns = {2, {"a", "b"}, {type_of(TYPE_INT8), type_of(TYPE_TEXT)}};
    ConnectorDefinition definition = define(&columns, "csv");
    const char *names[] = {"delimiter", "null"}, *values[] = {";", "\\N"};
    definition.encode_option_count = 2;
    definition.encode_option_names = names;
    definition.encode_option_values = values;
    ck_assert_str_eq(decode_text(&definition, "1;\\N"), "+1 1 NULL");
    names[0] = "delimeter";
    ck_assert_str_eq(decode_text(&definition, "1;x"), "!22023 format \"csv\" has no option \"delimeter\"");
    names[0] = "delimiter";
    values[0] = "ab";
    ck_assert_str_eq(
        decode_text(&definition, "1;x"), "!22023 CSV delimiter must be a single one-byte character");
    names[0] = "header";
    ck_assert_str_eq(decode_text(&definition, "1;x"), "!22023 invalid value for option \"header\": \"ab\"");
    definition.encode_option_count = 0;
    definition.encode = "avro";
    ck_assert_str_eq(decode_text(&definition, "1"), "!0A000 format \"avro\" is not supported");
    definition.encode = "raw";
    ck_assert_str_eq(decode_text(&definition, "1"),
        "!42P16 format \"raw\" needs exactly one column, of type bytea, text or jsonb");
    definition.encode = NULL;
    definition.format = "canal";
    ck_assert_str_eq(decode_text(&definition, "{}"), "!0A000 FORMAT canal is not supported for sources");
    definition.format = NULL;
    const char *plain_names[] = {"format", "csv.delimiter"}, *plain_values[] = {"csv", "\\t"};
    definition.option_count = 2;
    definition.option_names = plain_names;
    definition.option_values = plain_values;
    ck_assert_str_eq(decode_text(&definition, "1\tx"), "+1 1 x");
    ck_assert(format_accepts(&definition, "csv.delimiter", ";", NULL));
    ck_assert(!format_accepts(&definition, "csv.nothing", ";", NULL));
}
END_TEST

/* What a record of changes comes to: the row with its diff, "nothing", or the error. */
static const char *change(const ConnectorDefinition *definition, const char *key, const char *value) {
    Decoder *decoder;
    Error error = {0};
    ck_assert_int_eq(decoder_create(definition, "json", &decoder, &error), OK);
    Batch *builder = batch_builder(definition->columns.types, definition->columns.count, 4);
    SourceRows rows = {.arena = arena};
    FormatRecord record = {
        value, value == NULL ? 0 : strlen(value), 5, INT64_MIN, key, key == NULL ? 0 : strlen(key)};
    const char *result = "nothing";
    if (decoder_run(decoder, &record, 1, builder, NULL, &rows) == 1) {
        Text out = {0};
        batch_add_text(builder, &out);
        const char *line = strchr(text_string(&out), '\n') + 1;
        result = arena_printf(arena, "%.*s", (int)strcspn(line, "\n"), line);
        text_free(&out);
    } else if (rows.error_count > 0)
        result =
            arena_printf(arena, "!%s %s", status_sqlstate(rows.errors[0].status), rows.errors[0].message);
    batch_release(builder);
    decoder_destroy(decoder);
    return result;
}

START_TEST(changes_by_key) {
    Columns columns = {2, {"id", "name"}, {type_of(TYPE_INT4), type_of(TYPE_TEXT)}};
    ConnectorDefinition definition = define(&columns, NULL);
    definition.format = "upsert";
    definition.key_count = 1;
    definition.key = (int[]){0};
    ck_assert_str_eq(change(&definition, NULL, "{\"id\": 1, \"name\": \"a\"}"), "+1 1 a");
    ck_assert_str_eq(change(&definition, "{\"id\": 2}", "{\"name\": \"a\"}"), "+1 2 a");
    ck_assert_str_eq(change(&definition, "{\"id\": 2}", NULL), "-1 2 NULL");
    ck_assert_str_eq(change(&definition, "3", NULL), "-1 3 NULL");
    ck_assert_str_eq(change(&definition, " {\"schema\": {}, \"payload\": {\"id\": 4}}", NULL), "-1 4 NULL");
    ck_assert_str_eq(change(&definition, "{\"schema\": {}, \"payload\": 4}", NULL), "-1 4 NULL");
    ck_assert_str_eq(
        change(&definition, "{\"other\": 4}", NULL), "!23502 null value in column \"id\" of the primary key");
    ck_assert_str_eq(
        change(&definition, NULL, NULL), "!23502 null value in column \"id\" of the primary key");
    ck_assert_str_eq(change(&definition, "x", NULL), "!22P02 invalid input syntax for type integer: \"x\"");
    definition.format = "debezium";
    ck_assert_str_eq(change(&definition, NULL,
                         "{\"op\": \"c\", \"before\": null, \"after\": {\"id\": 1, \"name\": \"a\"}}"),
        "+1 1 a");
    ck_assert_str_eq(change(&definition, NULL,
                         "{\"schema\": {\"op\": 1}, \"payload\": {\"after\": {\"id\": 1, \"name\": \"b\"}, "
                         "\"op\": \"u\"}}"),
        "+1 1 b");
    ck_assert_str_eq(change(&definition, NULL,
                         "{\"op\": \"d\", \"before\": {\"id\": 1, \"name\": \"z\"}, \"after\": null}"),
        "-1 1 NULL");
    ck_assert_str_eq(change(&definition, "{\"id\": 9}", "{\"op\": \"d\", \"before\": null, \"after\": null}"),
        "-1 9 NULL");
    ck_assert_str_eq(change(&definition, "{\"id\": 9}", NULL), "nothing");
    ck_assert_str_eq(change(&definition, "{\"id\": 9}", "{\"schema\": null, \"payload\": null}"), "nothing");
    ck_assert_str_eq(change(&definition, NULL, "{\"op\": \"t\"}"),
        "!0A000 Debezium's operation \"t\" is not supported: Supported are c, u, d and r.");
    ck_assert_str_eq(change(&definition, NULL, "{\"id\": 1}"),
        "!22P02 the record is not a Debezium envelope: It has no \"op\".");
    ck_assert_str_eq(change(&definition, NULL, "{\"op\": \"u\", \"after\": null}"),
        "!22P02 the record is not a Debezium envelope: It has no row in \"after\".");
}
END_TEST

static const char *encode(const ConnectorDefinition *definition, const char *batch_text) {
    Batch *batch = batch_from_text(batch_text);
    Encoder *encoder;
    Error error = {0};
    Text out = {0};
    ck_assert_int_eq(encoder_create(definition, "json", NULL, 0, &encoder, &error), OK);
    for (int i = 0; i < batch->row_count; i++) {
        encoder_row(encoder, batch, i, &out);
        text_add_char(&out, '\n');
    }
    encoder_destroy(encoder);
    batch_release(batch);
    const char *text = arena_strdup(arena, text_string(&out));
    text_free(&out);
    return text;
}

START_TEST(encoding) {
    Columns columns = {
        3, {"a", "b \"q\"", "t"}, {type_of(TYPE_INT8), type_of(TYPE_TEXT), type_of(TYPE_TIMESTAMP)}};
    ConnectorDefinition definition = define(&columns, "json");
    const char *batch =
        "int8 text timestamp\n+1 1 \"x,\"\"y\" \"2020-01-02 03:04:05.5\"\n+1 NULL \"\" NULL\n";
    ck_assert_str_eq(encode(&definition, batch),
        "{\"a\":1,\"b \\\"q\\\"\":\"x,\\\"y\",\"t\":\"2020-01-02T03:04:05.5\"}\n{\"a\":null,\"b "
        "\\\"q\\\"\":\"\",\"t\":null}\n");
    definition.encode = "csv";
    ck_assert_str_eq(encode(&definition, batch), "1,\"x,\"\"y\",2020-01-02 03:04:05.5\n,\"\",\n");
}
END_TEST

/* Hints and other systems' spellings know the lists, whatever stands in them. */
START_TEST(lists) {
    Arena *arena = arena_create();
    Error error = {0};
    ck_assert_int_eq(connector_refuse("kafak", &error), STATUS_INVALID_PARAMETER_VALUE);
    for (const ConnectorType *const *type = connectors_all(); *type != NULL; type++)
        ck_assert_ptr_nonnull(strstr(error.hint, (*type)->name));
    error_clear(&error);

    Columns columns = {1, {"a"}, {type_of(TYPE_TEXT)}};
    ConnectorDefinition definition = define(&columns, "avro");
    Decoder *decoder;
    ck_assert_int_eq(decoder_create(&definition, "json", &decoder, &error), STATUS_FEATURE_NOT_SUPPORTED);
    ck_assert_ptr_nonnull(strstr(error.hint, "Formats are: json, "));
    error_clear(&error);

    const char *names[] = {"format", "value.csv.field-delimiter", "value.debezium-json.x", "value.avro.x"};
    const char *values[] = {"csv", ";", "1", "2"};
    ConnectorSpelling spelling = {"kafka", NULL, NULL, 4, names, values};
    ck_assert_int_eq(connector_respell(&spelling, arena, &error), OK);
    ck_assert_str_eq(spelling.encode, "csv");
    ck_assert_ptr_null(spelling.format);
    ck_assert_int_eq(spelling.option_count, 3);
    ck_assert_str_eq(names[0], "csv.delimiter");
    ck_assert_str_eq(names[1], "json.x");
    ck_assert_str_eq(names[2], "value.avro.x");
    arena_destroy(arena);
}
END_TEST

START_TEST(splitting) {
    Columns columns = {1, {"a"}, {type_of(TYPE_TEXT)}};
    ConnectorDefinition definition = define(&columns, "csv");
    Decoder *decoder;
    Error error = {0};
    size_t length = 0;
    ck_assert_int_eq(decoder_create(&definition, "json", &decoder, &error), OK);
    ck_assert_int_eq(decoder_split(decoder, "\"a\nb\"\r\nc", 8, false, &length), 7);
    ck_assert_int_eq(length, 5);
    ck_assert_int_eq(decoder_split(decoder, "c", 1, false, &length), 0);
    ck_assert_int_eq(decoder_split(decoder, "c", 1, true, &length), 1);
    decoder_destroy(decoder);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("format");
    TCase *tests = tcase_create("format");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, json_records);
    tcase_add_test(tests, changes_by_key);
    tcase_add_test(tests, json_malformed);
    tcase_add_test(tests, json_types);
    tcase_add_test(tests, json_rows);
    tcase_add_test(tests, json_large);
    tcase_add_test(tests, runs);
    tcase_add_test(tests, csv_records);
    tcase_add_test(tests, options);
    tcase_add_test(tests, encoding);
    tcase_add_test(tests, lists);
    tcase_add_test(tests, splitting);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
