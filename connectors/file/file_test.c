/* File: reading from any offset, following, staying beneath the folder, and appending exactly once. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/connector.h"
#include "executor/base/memory.h"

static Arena *arena;
static char folder[64], data[64];

static void setup(void) {
    arena = arena_create();
    strcpy(folder, "/tmp/leat_files_XXXXXX");
    strcpy(data, "/tmp/leat_data_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_ptr_nonnull(mkdtemp(data));
}

static void teardown(void) {
    ck_assert_int_eq(system(arena_printf(arena, "rm -rf %s %s", folder, data)), 0);
    arena_destroy(arena);
}

static const char *path_of(const char *name) {
    return arena_printf(arena, "%s/%s", folder, name);
}

static void write_file(const char *name, const char *text, const char *mode) {
    FILE *file = fopen(path_of(name), mode);
    fputs(text, file);
    fclose(file);
}

static const char *file_text(const char *name) {
    FILE *file = fopen(path_of(name), "r");
    ck_assert_ptr_nonnull(file);
    char text[4096];
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    return arena_strdup(arena, text);
}

typedef struct Given {
    const char *path, *follow, *encode, *header;
} Given;

static ConnectorDefinition define(const Given *given) {
    const char **names = ARENA_ARRAY(arena, const char *, 4), **values = ARENA_ARRAY(arena, const char *, 4),
               **columns = ARENA_ARRAY(arena, const char *, 2);
    Type *types = ARENA_ARRAY(arena, Type, 2);
    columns[0] = "a";
    columns[1] = "b";
    types[0] = type_of(TYPE_INT8);
    types[1] = type_of(TYPE_TEXT);
    int count = 0;
    const char *all[3][2] = {{"path", given->path}, {"follow", given->follow}, {"csv.header", given->header}};
    for (int i = 0; i < 3; i++)
        if (all[i][1] != NULL) {
            names[count] = all[i][0];
            values[count++] = all[i][1];
        }
    return (ConnectorDefinition){.object_id = 77,
        .name = "f",
        .connector = "file",
        .option_count = count,
        .option_names = names,
        .option_values = values,
        .encode = given->encode,
        .columns = {2, columns, types},
        .files_directory = folder,
        .data_directory = data};
}

static SourceReader *open_reader(const Given *given) {
    ConnectorDefinition definition = define(given);
    SourceReader *reader;
    Error error = {0};
    int64_t offset;
    ck_assert_int_eq(connector_validate(&definition, false, &error), OK);
    ck_assert_int_eq(connector_by_name("file")->open_source(&definition, &reader, &error), OK);
    ck_assert_msg(reader->type->start_offset(reader, 0, &offset, &error) == OK, "%s", error.message);
    ck_assert_int_eq(offset, 0);
    return reader;
}

static void add_rows(const SourceRows *rows, Text *out) {
    for (int i = 0; i < rows->error_count; i++)
        text_printf(out, "!%lld %s\n", (long long)rows->errors[i].offset, rows->errors[i].message);
    if (rows->batch == NULL)
        return;
    Text text = {0};
    batch_add_text(rows->batch, &text);
    text_add_string(out, strchr(text.bytes, '\n') + 1);
    text_free(&text);
    batch_release(rows->batch);
}

/* Everything, with a fresh start at each read. */
static const char *read_all(const Given *given, int row_max) {
    SourceReader *reader = open_reader(given);
    Text out = {0};
    Error error = {0};
    int64_t offset = 0;
    for (bool is_finished = false; !is_finished;) {
        SourceRows rows = {.arena = arena};
        ck_assert_int_eq(reader->type->assign(reader, 0, offset, INT64_MAX, &error), OK);
        ck_assert(reader->type->is_ready(reader, 0));
        ck_assert_int_eq(reader->type->read(reader, 0, row_max, &rows, &error), OK);
        add_rows(&rows, &out);
        offset = rows.next_offset;
        is_finished = rows.is_finished;
    }
    const char *text = arena_strdup(arena, text_string(&out));
    text_free(&out);
    reader->type->close(reader);
    return text;
}

START_TEST(bounded_files) {
    write_file("j", "{\"a\":1,\"b\":\"x\"}\r\n\n{\"a\":\n{\"b\":\"no end\",\"a\":3}", "w");
    const char *expected = "+1 1 x\n!18 invalid input syntax for type json: The input string ended "
                           "unexpectedly.\n+1 3 \"no end\"\n";
    ck_assert_str_eq(read_all(&(Given){"j"}, 1), expected);
    ck_assert_str_eq(read_all(&(Given){path_of("j")}, 1), expected);
    write_file("c", "a,b\n1,\"two\nlines\"\n2,\n", "w");
    for (int row_max = 1; row_max < 4; row_max++)
        ck_assert_str_eq(
            read_all(&(Given){"c", NULL, "csv", "true"}, row_max), "+1 1 \"two\nlines\"\n+1 2 NULL\n");
    write_file("empty", "", "w");
    ck_assert_str_eq(read_all(&(Given){"empty"}, 1), "");
}
END_TEST

START_TEST(long_records) {
    Text line = {0};
    text_add_string(&line, "{\"a\":5,\"b\":\"");
    for (int i = 0; i < 3000000; i++)
        text_add_char(&line, 'x');
    text_add_string(&line, "\"}\n{\"a\":6}\n");
    write_file("long", line.bytes, "w");
    const char *rows = read_all(&(Given){"long"}, 100);
    ck_assert_int_eq(strlen(rows), 3000000 + strlen("+1 5 \n+1 6 NULL\n"));
    text_free(&line);
}
END_TEST

START_TEST(an_end_offset_stops) {
    write_file("j", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n", "w");
    SourceReader *reader = open_reader(&(Given){"j"});
    Error error = {0};
    SourceRows rows = {.arena = arena};
    Text out = {0};
    ck_assert_int_eq(reader->type->assign(reader, 0, 8, 16, &error), OK);
    ck_assert_int_eq(reader->type->read(reader, 0, 100, &rows, &error), OK);
    add_rows(&rows, &out);
    ck_assert_str_eq(text_string(&out), "+1 2 NULL\n");
    ck_assert_int_eq(rows.next_offset, 16);
    ck_assert(rows.is_at_end && !rows.is_finished && !reader->type->is_ready(reader, 0));
    text_free(&out);
    reader->type->close(reader);
}
END_TEST

static atomic_int wakes;
static void on_wake(void *argument) {
    atomic_fetch_add(&wakes, 1);
}

START_TEST(following) {
    write_file("j", "{\"a\":1}\n{\"a\"", "w");
    SourceReader *reader = open_reader(&(Given){"j", "true"});
    reader->wake = on_wake;
    Error error = {0};
    SourceRows rows = {.arena = arena};
    Text out = {0};
    ck_assert_int_eq(reader->type->assign(reader, 0, 0, INT64_MAX, &error), OK);
    ck_assert_int_eq(reader->type->read(reader, 0, 100, &rows, &error), OK);
    add_rows(&rows, &out);
    rows = (SourceRows){.arena = arena};
    ck_assert_int_eq(reader->type->read(reader, 0, 100, &rows, &error), OK);
    ck_assert_ptr_null(rows.batch);
    ck_assert(!rows.is_finished && rows.is_at_end && !reader->type->is_ready(reader, 0));
    atomic_store(&wakes, 0);
    write_file("j", ":2}\n", "a");
    for (int i = 0; i < 200 && atomic_load(&wakes) == 0; i++)
        usleep(10000);
    ck_assert_int_gt(atomic_load(&wakes), 0);
    ck_assert(reader->type->is_ready(reader, 0));
    rows = (SourceRows){.arena = arena};
    ck_assert_int_eq(reader->type->read(reader, 0, 100, &rows, &error), OK);
    add_rows(&rows, &out);
    ck_assert_str_eq(text_string(&out), "+1 1 NULL\n+1 2 NULL\n");
    ck_assert_int_eq(truncate(path_of("j"), 3), 0);
    rows = (SourceRows){.arena = arena};
    ck_assert(reader->type->is_ready(reader, 0));
    ck_assert_int_eq(reader->type->read(reader, 0, 100, &rows, &error), OK);
    ck_assert(rows.next_offset == 16 && rows.batch == NULL && !reader->type->is_ready(reader, 0));
    text_reset(&out);
    reader->type->status(reader, &out);
    ck_assert_str_eq(text_string(&out), "file \"j\" was cut to 3 bytes, but 16 have been read");
    text_free(&out);
    reader->type->close(reader);
}
END_TEST

static Status try_path(const char *path, const char *files_directory) {
    ConnectorDefinition definition = define(&(Given){path});
    definition.files_directory = files_directory;
    SourceReader *reader;
    Error error = {0};
    int64_t offset;
    ck_assert_int_eq(connector_by_name("file")->open_source(&definition, &reader, &error), OK);
    Status status = reader->type->start_offset(reader, 0, &offset, &error);
    reader->type->close(reader);
    Error sink_error = {0};
    int partitions;
    if (connector_by_name("file")->prepare_sink(&definition, &partitions, &sink_error) != OK)
        ck_assert(status != OK);
    error_clear(&error);
    error_clear(&sink_error);
    return status;
}

START_TEST(nothing_outside_the_folder) {
    write_file("inside", "", "w");
    ck_assert_int_eq(symlink("/etc/passwd", path_of("link")), 0);
    ck_assert_int_eq(symlink("/etc", path_of("folder")), 0);
    ck_assert_int_eq(symlink("inside", path_of("good")), 0);
    ck_assert_int_eq(mkfifo(path_of("pipe"), 0600), 0);
    ck_assert_int_eq(try_path("inside", folder), OK);
    ck_assert_int_eq(try_path("good", folder), OK);
    ck_assert_int_eq(try_path("/etc/passwd", folder), STATUS_INSUFFICIENT_PRIVILEGE);
    ck_assert_int_eq(try_path("../../etc/passwd", folder), STATUS_INSUFFICIENT_PRIVILEGE);
    ck_assert_int_eq(try_path("link", folder), STATUS_INSUFFICIENT_PRIVILEGE);
    ck_assert_int_eq(try_path("folder/passwd", folder), STATUS_INSUFFICIENT_PRIVILEGE);
    ck_assert_int_eq(
        try_path(arena_printf(arena, "%s/../../etc/passwd", folder), folder), STATUS_INSUFFICIENT_PRIVILEGE);
    ck_assert_int_eq(try_path("pipe", folder), STATUS_WRONG_OBJECT_TYPE);
    ck_assert_int_eq(try_path("none/none", folder), STATUS_UNDEFINED_FILE);
    ck_assert_int_eq(try_path("inside", NULL), STATUS_INSUFFICIENT_PRIVILEGE);
}
END_TEST

static SinkWriter *open_writer(const Given *given) {
    ConnectorDefinition definition = define(given);
    SinkWriter *writer;
    Error error = {0};
    ck_assert_int_eq(connector_validate(&definition, true, &error), OK);
    ck_assert_msg(
        connector_by_name("file")->open_sink(&definition, &writer, &error) == OK, "%s", error.message);
    return writer;
}

static SinkWriter *create_writer(const Given *given) {
    ConnectorDefinition definition = define(given);
    Error error = {0};
    int partitions;
    ck_assert_msg(
        connector_by_name("file")->prepare_sink(&definition, &partitions, &error) == OK, "%s", error.message);
    return open_writer(given);
}

static bool is_stopping(void *argument) {
    return true;
}

static Status deliver(SinkWriter *writer, uint64_t number, const char *batch_text, Error *error) {
    Batch *batch = batch_from_text(batch_text);
    Text staged = {0};
    Status status = writer->type->encode(writer, batch, &staged, error);
    if (status == OK)
        status = writer->type->deliver(
            writer, number, text_string(&staged), staged.length, is_stopping, NULL, error);
    text_free(&staged);
    batch_release(batch);
    return status;
}

START_TEST(each_row_once) {
    Error error = {0};
    uint64_t number;
    Given given = {"out", NULL, "csv", "true"};
    SinkWriter *writer = create_writer(&given);
    ck_assert_int_eq(deliver(writer, 1, "int8 text\n+1 1 x\n+2 2 \"y z\"\n", &error), OK);
    ck_assert_str_eq(file_text("out"), "a,b\n1,x\n2,y z\n2,y z\n");
    writer->type->close(writer);
    /* A crash in the midst of batch 2. */
    write_file("out", "9,half a rec", "a");
    writer = open_writer(&given);
    ck_assert_int_eq(writer->type->last_delivered(writer, 0, 2, &number, &error), OK);
    ck_assert_int_eq(number, 1);
    ck_assert_int_eq(deliver(writer, 2, "int8 text\n+1 3 NULL\n", &error), OK);
    ck_assert_str_eq(file_text("out"), "a,b\n1,x\n2,y z\n2,y z\n3,\n");
    ck_assert_int_eq(writer->type->last_delivered(writer, 0, 1, &number, &error), STATUS_DATA_CORRUPTED);
    writer->type->close(writer);
    ck_assert_int_eq(truncate(path_of("out"), 5), 0);
    writer = open_writer(&given);
    ck_assert_int_eq(deliver(writer, 3, "int8 text\n+1 3 NULL\n", &error), STATUS_DATA_CORRUPTED);
    /* Somebody says to go on behind what is there. */
    ck_assert_int_eq(writer->type->resume(writer, 4, &number, is_stopping, NULL, &error), OK);
    ck_assert_int_eq(number, 3);
    ck_assert_int_eq(deliver(writer, 4, "int8 text\n+1 4 NULL\n", &error), OK);
    ck_assert_str_eq(file_text("out"), "a,b\n14,\n");
    ck_assert_int_eq(writer->type->last_delivered(writer, 3, 4, &number, &error), OK);
    ck_assert_int_eq(writer->type->drop(writer, &error), OK);
    writer->type->close(writer);
    error_clear(&error);
}
END_TEST

/* What stood in the file before the sink stays, also when its first batch was cut short. */
START_TEST(the_first_batch) {
    Error error = {0};
    write_file("out", "before\n", "w");
    Given given = {"out"};
    SinkWriter *writer = create_writer(&given);
    write_file("out", "and after CREATE\n", "a");
    ck_assert_int_eq(deliver(writer, 1, "int8 text\n+1 1 x\n", &error), OK);
    ck_assert_str_eq(file_text("out"), "before\nand after CREATE\n{\"a\":1,\"b\":\"x\"}\n");
    ConnectorDefinition other = define(&given);
    other.object_id = 78;
    int partitions;
    ck_assert_int_eq(
        connector_by_name("file")->prepare_sink(&other, &partitions, &error), STATUS_OBJECT_IN_USE);
    ck_assert_int_eq(deliver(writer, 2, "int8 text\n-1 1 x\n", &error), STATUS_INTERNAL_ERROR);
    writer->type->close(writer);
    error_clear(&error);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("file");
    TCase *tests = tcase_create("file");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, bounded_files);
    tcase_add_test(tests, long_records);
    tcase_add_test(tests, an_end_offset_stops);
    tcase_add_test(tests, following);
    tcase_add_test(tests, nothing_outside_the_folder);
    tcase_add_test(tests, each_row_once);
    tcase_add_test(tests, the_first_batch);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
