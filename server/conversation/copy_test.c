/* COPY's layouts: what PostgreSQL 15 writes and reads for the same values. */
#include "server/conversation/copy.h"

#include <check.h>
#include <string.h>

#include "executor/base/text.h"
#include "server/conversation/protocol.h"
#include "server/network/wire.h"

static const ResultColumn columns[] = {{.name = "i", .type = {.id = TYPE_INT8, .modifier = -1}},
    {.name = "t", .type = {.id = TYPE_TEXT, .modifier = -1}}};

static Prepared prepared_for(CopyKind kind, bool has_header) {
    return (Prepared){
        .column_count = 2,
        .columns = columns,
        .copy =
            {
                .kind = kind,
                .delimiter = kind == COPY_CSV ? ',' : '\t',
                .quote = '"',
                .escape = '"',
                .has_header = has_header,
                .null_text = kind == COPY_CSV ? "" : "\\N",
                .relation_name = "v",
            },
    };
}

static const char *const values[] = {
    "a", "", NULL, "\\N", "a,b", "q\"q", "l\nm", "c\rd", "back\\slash", "\b\f\v\t\x01", "\\.", " \xc3\xa9 "};
enum { VALUE_COUNT = sizeof values / sizeof *values };

static Batch *values_batch(void) {
    Batch *batch = batch_builder((Type[]){columns[0].type, columns[1].type}, 2, VALUE_COUNT);
    for (int i = 0; i < VALUE_COUNT; i++) {
        ((int64_t *)batch->columns[0]->values)[i] = i + 1;
        if (values[i] == NULL)
            column_set_null(batch->columns[1], i);
        else
            column_set_bytes(batch->columns[1], i, values[i], (uint32_t)strlen(values[i]));
    }
    batch->row_count = batch->selected_count = VALUE_COUNT;
    return batch;
}

/* All CopyData joined. */
static void write_values(CopyKind kind, bool has_header, Text *data) {
    Prepared prepared = prepared_for(kind, has_header);
    CopyWriter *writer = copy_writer_create(&prepared, &type_settings_default, &pgwire_protocol.copy_frame);
    Text out = {0};
    copy_writer_begin(writer, &out);
    copy_writer_take(writer, values_batch());
    ck_assert(copy_writer_add(writer, &out, SIZE_MAX));
    copy_writer_end(writer, &out);
    copy_writer_destroy(writer);
    WireReader reader = {.cursor = out.bytes, .end = out.bytes + out.length};
    while (reader.cursor < reader.end) {
        ck_assert_int_eq(wire_read_byte(&reader), 'd');
        size_t length = (size_t)wire_read_int32(&reader) - 4;
        text_add(data, wire_read_bytes(&reader, length), length);
    }
    text_free(&out);
}

START_TEST(text_is_written_as_postgresql_does) {
    Text data = {0};
    write_values(COPY_TEXT, false, &data);
    ck_assert_str_eq(text_string(&data),
        "1\ta\n2\t\n3\t\\N\n4\t\\\\N\n5\ta,"
        "b\n6\tq\"q\n7\tl\\nm\n8\tc\\rd\n9\tback\\\\slash\n10\t\\b\\f\\v\\t\x01\n11\t\\\\.\n"
        "12\t \xc3\xa9 \n");
    text_free(&data);
}
END_TEST

START_TEST(csv_is_written_as_postgresql_does) {
    Text data = {0};
    write_values(COPY_CSV, true, &data);
    ck_assert_str_eq(text_string(&data), "i,t\n1,a\n2,\"\"\n3,\n4,\\N\n5,\"a,b\"\n6,\"q\"\"q\"\n7,"
                                         "\"l\nm\"\n8,\"c\rd\"\n9,back\\slash\n10,\b\f\v\t\x01\n11,\\.\n"
                                         "12, \xc3\xa9 \n");
    text_free(&data);
}
END_TEST

/* Reads data that arrives in pieces of `size` bytes; the rows as text. */
static Status read_rows(
    CopyKind kind, bool has_header, const char *data, size_t length, size_t size, Text *rows, Error *error) {
    Prepared prepared = prepared_for(kind, has_header);
    CopyReader *reader = copy_reader_create(&prepared, &type_settings_default);
    Status status = OK;
    for (size_t at = 0; status == OK && at <= length; at += size) {
        bool is_end = at + size > length;
        copy_reader_add(reader, data + at, is_end ? length - at : size);
        Batch *batch = NULL;
        do {
            status = copy_reader_next(reader, is_end, &batch, error);
            if (batch != NULL)
                batch_add_text(batch, rows);
            batch_release(batch);
        } while (status == OK && batch != NULL);
    }
    copy_reader_destroy(reader);
    return status;
}

static void check_round_trip(CopyKind kind, bool has_header) {
    Text data = {0}, expected = {0};
    write_values(kind, has_header, &data);
    Batch *batch = values_batch();
    batch_add_text(batch, &expected);
    batch_release(batch);
    for (size_t size = 1; size < 60; size += 7) {
        Text rows = {0};
        Error error = {0};
        ck_assert_int_eq(read_rows(kind, has_header, data.bytes, data.length, size, &rows, &error), OK);
        ck_assert_str_eq(text_string(&rows), text_string(&expected));
        text_free(&rows);
    }
    text_free(&data);
    text_free(&expected);
}

START_TEST(what_was_written_is_read_again) {
    check_round_trip(COPY_TEXT, false);
    check_round_trip(COPY_TEXT, true);
    check_round_trip(COPY_CSV, false);
    check_round_trip(COPY_CSV, true);
    check_round_trip(COPY_BINARY, false);
}
END_TEST

static void check_read(CopyKind kind, const char *data, const char *expected) {
    for (size_t size = 1; size < 40; size += 3) {
        Text rows = {0};
        Error error = {0};
        ck_assert_int_eq(read_rows(kind, false, data, strlen(data), size, &rows, &error), OK);
        Batch *batch = batch_from_text(expected);
        Text wanted = {0};
        batch_add_text(batch, &wanted);
        batch_release(batch);
        ck_assert_str_eq(text_string(&rows), text_string(&wanted));
        text_free(&rows);
        text_free(&wanted);
    }
}

START_TEST(escapes_and_quotes_are_read) {
    check_read(COPY_TEXT, "1\t\\x41\\101\\q|\n2\ta\\\tb\n\\.\n9\tignored\n",
        "int8 text\n+1 1 AAq|\n+1 2 \"a\tb\"\n");
    check_read(COPY_CSV, "4,x\"y\"z\r\n5,\n7, \"sp\"\n8,last",
        "int8 text\n+1 4 xyz\n+1 5 NULL\n+1 7 \" sp\"\n+1 8 last\n");
}
END_TEST

START_TEST(bad_data_is_refused) {
    static const struct {
        CopyKind kind;
        const char *data;
        Status status;
        const char *message;
    } cases[] = {
        {COPY_TEXT, "1\n", STATUS_BAD_COPY_FILE_FORMAT, "missing data for column \"t\""},
        {COPY_TEXT, "1\ta\tb\n", STATUS_BAD_COPY_FILE_FORMAT, "extra data after last expected column"},
        {COPY_TEXT, "x\ta\n", STATUS_INVALID_TEXT_REPRESENTATION,
            "invalid input syntax for type bigint: \"x\""},
        {COPY_TEXT, "1\t\xff\n", STATUS_CHARACTER_NOT_IN_REPERTOIRE,
            "invalid byte sequence for encoding \"UTF8\": 0xff"},
        {COPY_CSV, "1,\"a", STATUS_BAD_COPY_FILE_FORMAT, "unterminated CSV quoted field"},
        {COPY_BINARY, "PGCOPX\n\377\r\n....", STATUS_BAD_COPY_FILE_FORMAT,
            "COPY file signature not recognized"},
        {COPY_BINARY, "", STATUS_BAD_COPY_FILE_FORMAT, "COPY file signature not recognized"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Text rows = {0};
        Error error = {0};
        ck_assert_int_eq(
            read_rows(cases[i].kind, false, cases[i].data, strlen(cases[i].data), 100, &rows, &error),
            cases[i].status);
        ck_assert_str_eq(error.message, cases[i].message);
        ck_assert_ptr_nonnull(strstr(error.detail, "COPY v, line "));
        error_clear(&error);
        text_free(&rows);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("copy");
    TCase *tests = tcase_create("layouts");
    tcase_add_test(tests, text_is_written_as_postgresql_does);
    tcase_add_test(tests, csv_is_written_as_postgresql_does);
    tcase_add_test(tests, what_was_written_is_read_again);
    tcase_add_test(tests, escapes_and_quotes_are_read);
    tcase_add_test(tests, bad_data_is_refused);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
