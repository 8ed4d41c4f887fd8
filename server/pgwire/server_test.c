/* The server over real sockets, with a scripted engine. */
#include "server/connection/server.h"

#include <check.h>
#include <sys/socket.h>
#include <unistd.h>
#include <string.h>
#include <stdio.h>

#include "executor/base/clock.h"
#include "server/test/scripted_engine.h"
#include "server/test/wire_client.h"

static ScriptedEngine state;
static Engine engine;
static PgServer *server;
static WireClient client;

static void set_up(void) {
    state = (ScriptedEngine){0};
    engine = scripted_engine(&state);
    Error error = {0};
    const PgServerOptions options = {.address = "127.0.0.1",
        .io_thread_count = 2,
        .query_thread_count = 2,
        .connection_count_max = 5,
        .query_size_max = 1 << 20,
        .engine = &engine};
    ck_assert_int_eq(pg_server_start(&options, &server, &error), OK);
    client_open(&client, pg_server_port(server));
}

static void tear_down(void) {
    client_close(&client);
    pg_server_stop(server);
    ck_assert_int_eq(atomic_load(&state.open_executions), 0);
    ck_assert_int_eq(atomic_load(&state.open_sessions), 0);
}

static double now_s(void) {
    return (double)clock_monotonic() / 1e6;
}

/* Waits until *counter is `value`, for what the server does on its own. */
static void await(atomic_int *counter, int value) {
    for (int i = 0; i < 2000 && atomic_load(counter) != value; i++)
        usleep(5000);
    ck_assert_int_eq(atomic_load(counter), value);
}

#define ASK(sql, answer) ck_assert_str_eq(client_query(&client, sql), answer)

/* Simple query */

START_TEST(simple_query_gives_rows_and_tags) {
    ASK("select generate(3)", "T:a D:0 D:1 D:2 C:SELECT 3 Z:I");
    ASK("", "I Z:I");
    ASK("-- nothing", "I Z:I");
    ASK("select generate(1);; select generate(2)", "T:a D:0 C:SELECT 1 T:a D:0 D:1 C:SELECT 2 Z:I");
    ASK("selec 1", "E:42601 Z:I");
    ASK("select bad", "E:42703 Z:I");
    ASK("select generate(1); select fail(0); select generate(2)", "T:a D:0 C:SELECT 1 T:a E:22012 Z:I");
    ASK("select fail(2)", "T:a D:0 D:1 E:22012 Z:I");
    ASK("select notice()", "T:a N:look D:0 C:SELECT 1 Z:I");
    ASK("select echo($1)", "E:42P02 Z:I");
}
END_TEST

START_TEST(a_row_with_diff_n_is_sent_n_times) {
    ASK("select copies(3)", "T:a D:0 D:0 D:0 D:1 C:SELECT 4 Z:I");
    ASK("select copies(0)", "T:a D:1 C:SELECT 1 Z:I");
    ASK("select copies(-1)", "T:a E:XX000 Z:I");
}
END_TEST

START_TEST(waiting_statements_are_woken) {
    ASK("select wait(20)", "T:a D:0 C:SELECT 1 Z:I");
    ASK("select wait(20); select wait(0)", "T:a D:0 C:SELECT 1 T:a D:0 C:SELECT 1 Z:I");
}
END_TEST

/* Transactions */

START_TEST(statements_outside_a_block_commit_together) {
    ASK("insert into t values (1)", "C:INSERT 0 1 Z:I");
    ASK("insert into t values (1); insert into t values (2)", "C:INSERT 0 1 C:INSERT 0 1 Z:I");
    ck_assert_int_eq(atomic_load(&state.committed), 2);
    ASK("insert into bad values (1)", "E:40001 Z:I");
    ASK("insert into t values (1); select fail(0)", "C:INSERT 0 1 T:a E:22012 Z:I");
    ck_assert_int_eq(atomic_load(&state.committed), 3);
    ck_assert_int_eq(atomic_load(&state.rolled_back), 1);
}
END_TEST

START_TEST(blocks_follow_postgresql) {
    ASK("begin", "C:BEGIN Z:T");
    ASK("begin", "N:there is already a transaction in progress C:BEGIN Z:T");
    ASK("select bad", "E:42703 Z:E");
    ASK("select generate(1)", "E:25P02 Z:E");
    ASK("savepoint a", "E:25P02 Z:E");
    ASK("", "I Z:E");
    ASK("commit", "C:ROLLBACK Z:I");
    ASK("commit", "N:there is no transaction in progress C:COMMIT Z:I");
    ASK("rollback", "N:there is no transaction in progress C:ROLLBACK Z:I");
    ASK("begin; insert into t values (1); commit; select generate(1)",
        "C:BEGIN C:INSERT 0 1 C:COMMIT T:a D:0 C:SELECT 1 Z:I");
    ASK("insert into t values (1); begin; select fail(0)", "C:INSERT 0 1 C:BEGIN T:a E:22012 Z:E");
    ASK("rollback", "C:ROLLBACK Z:I");
    ASK("begin; select fail(0)", "C:BEGIN T:a E:22012 Z:E");
    ASK("rollback and chain", "C:ROLLBACK Z:T");
    ASK("commit and chain", "C:COMMIT Z:T");
    ASK("insert into bad values (1)", "C:INSERT 0 1 Z:T");
    ASK("commit", "E:40001 Z:I");
    ASK("savepoint a", "E:25P01 Z:I");
}
END_TEST

START_TEST(ddl_of_its_own_is_refused_in_a_block) {
    ASK("create materialized view v as select 1", "C:CREATE MATERIALIZED VIEW Z:I");
    ASK("begin; create materialized view v as select 1", "C:BEGIN E:25001 Z:E");
    ASK("rollback", "C:ROLLBACK Z:I");
    ASK("create table t (a int); create materialized view v as select 1",
        "C:CREATE TABLE C:CREATE MATERIALIZED VIEW Z:I");
}
END_TEST

START_TEST(read_only_transactions_refuse_writes) {
    ASK("begin read only", "C:BEGIN Z:T");
    ASK("select generate(1)", "T:a D:0 C:SELECT 1 Z:T");
    ASK("insert into t values (1)", "E:25006 Z:E");
    ASK("rollback", "C:ROLLBACK Z:I");
    ASK("insert into t values (1)", "C:INSERT 0 1 Z:I");
    ASK("begin isolation level serializable; show transaction_isolation",
        "C:BEGIN T:transaction_isolation D:serializable C:SHOW Z:T");
    ASK("select generate(1); set transaction isolation level read committed",
        "T:a D:0 C:SELECT 1 E:25001 Z:E");
    ASK("rollback; show transaction isolation level",
        "C:ROLLBACK T:transaction_isolation D:read committed C:SHOW Z:I");
}
END_TEST

START_TEST(savepoints_are_gone_back_to) {
    ASK("begin; insert into t values (1); savepoint a; insert into bad values (2)",
        "C:BEGIN C:INSERT 0 1 C:SAVEPOINT C:INSERT 0 1 Z:T");
    ASK("select fail(0)", "T:a E:22012 Z:E");
    ASK("release a", "E:25P02 Z:E");
    ASK("rollback to b", "E:3B001 Z:E");
    ASK("rollback to a", "C:ROLLBACK Z:T");
    ASK("commit", "C:COMMIT Z:I");
    ck_assert_int_eq(atomic_load(&state.rolled_back), 0);
    ASK("begin; declare c cursor for select generate(2); savepoint a; declare d cursor for select "
        "generate(2); set application_name to x",
        "C:BEGIN C:DECLARE CURSOR C:SAVEPOINT C:DECLARE CURSOR C:SET S:application_name=x Z:T");
    ASK("selec", "E:42601 S:application_name= Z:E");
    ASK("rollback to a; fetch c; fetch d", "C:ROLLBACK T:a D:0 C:FETCH 1 E:34000 Z:E");
    ASK("rollback to a; savepoint b; savepoint a; release b; rollback to a; release a",
        "C:ROLLBACK C:SAVEPOINT C:SAVEPOINT C:RELEASE C:ROLLBACK C:RELEASE Z:T");
    ASK("release a", "E:3B001 Z:E");
    ASK("commit", "C:ROLLBACK Z:I");
}
END_TEST

/* Settings */

START_TEST(settings_follow_transactions) {
    ASK("set application_name to 'x'", "C:SET S:application_name=x Z:I");
    ASK("begin; set application_name to y; rollback", "C:BEGIN C:SET C:ROLLBACK Z:I");
    ASK("show application_name", "T:application_name D:x C:SHOW Z:I");
    ASK("begin; set local statement_timeout = '2min'; show statement_timeout",
        "C:BEGIN C:SET T:statement_timeout D:2min C:SHOW Z:T");
    ASK("commit; show statement_timeout", "C:COMMIT T:statement_timeout D:0 C:SHOW Z:I");
    ASK("set application_name = z; select fail(0)", "C:SET T:a E:22012 Z:I");
    ASK("show application_name", "T:application_name D:x C:SHOW Z:I");
    ASK("set local application_name = q", "N:SET LOCAL can only be used in transaction blocks C:SET Z:I");
    ASK("set nonsense = 1", "E:42704 Z:I");
    ASK("set streaming_parallelism = 4", "N:setting \"streaming_parallelism\" has no effect here C:SET Z:I");
    ASK("set server_version = 16", "E:55P02 Z:I");
    ASK("set statement_timeout = 'soon'", "E:22023 Z:I");
    ASK("set search_path to a, \"B c\"; show search_path", "C:SET T:search_path D:a, \"B c\" C:SHOW Z:I");
    ASK("set datestyle to german; show datestyle",
        "C:SET T:DateStyle D:German, DMY C:SHOW S:DateStyle=German, DMY Z:I");
    ASK("set time zone 'Europe/Vienna'", "C:SET S:TimeZone=Europe/Vienna Z:I");
    ASK("set timezone to 'Nowhere/Here'", "E:22023 Z:I");
    ASK("reset all; show search_path", "C:RESET T:search_path D:\"$user\", public C:SHOW S:application_name= "
                                       "S:DateStyle=ISO, MDY S:TimeZone=UTC Z:I");
}
END_TEST

/* Prepared statements and cursors in SQL */

START_TEST(sql_prepared_statements) {
    ASK("prepare q (text) as select echo($1)", "C:PREPARE Z:I");
    ASK("prepare q as select echo($1)", "E:42P05 Z:I");
    ASK("execute q", "E:42601 Z:I");
    ASK("execute nothing(1)", "E:26000 Z:I");
    ASK("prepare g as select generate(2)", "C:PREPARE Z:I");
    ASK("execute g", "T:a D:0 D:1 C:SELECT 2 Z:I");
    ASK("deallocate g; execute g", "C:DEALLOCATE E:26000 Z:I");
    ASK("discard all; execute q", "E:25001 Z:I");
    ASK("discard all", "C:DISCARD ALL Z:I");
    ASK("execute q", "E:26000 Z:I");
    ASK("close all; reset all", "C:CLOSE CURSOR ALL C:RESET Z:I");
}
END_TEST

START_TEST(sql_cursors) {
    ASK("declare c cursor for select generate(5)", "E:25P01 Z:I");
    ASK("begin; declare c cursor for select generate(5); fetch 2 from c; fetch c; move 1 in c; fetch all "
        "from c; fetch c",
        "C:BEGIN C:DECLARE CURSOR T:a D:0 D:1 C:FETCH 2 T:a D:2 C:FETCH 1 C:MOVE 1 T:a D:4 C:FETCH 1 T:a "
        "C:FETCH 0 Z:T");
    ASK("fetch backward 1 from c", "E:55000 Z:E");
    ASK("rollback; fetch c", "C:ROLLBACK E:34000 Z:I");
    ASK("declare h cursor with hold for select generate(2500)", "C:DECLARE CURSOR Z:I");
    ASK("fetch 1 from h", "T:a D:0 C:FETCH 1 Z:I");
    ASK("move 2498 in h", "C:MOVE 2498 Z:I");
    ASK("fetch all from h; close h", "T:a D:2499 C:FETCH 1 C:CLOSE CURSOR Z:I");
    ASK("close h", "E:34000 Z:I");
    ASK("begin; declare f cursor for select forever(); move 4000 in f; fetch 2 from f; commit",
        "C:BEGIN C:DECLARE CURSOR C:MOVE 4000 T:a D:4000 D:4001 C:FETCH 2 C:COMMIT Z:I");
    ASK("begin; declare w cursor for select wait(10); fetch all from w; commit",
        "C:BEGIN C:DECLARE CURSOR T:a D:0 C:FETCH 1 C:COMMIT Z:I");
    ASK("begin; declare t cursor for select hang(); fetch 5 from t with (timeout = '50ms'); commit",
        "C:BEGIN C:DECLARE CURSOR T:a C:FETCH 0 C:COMMIT Z:I");
    ASK("begin; declare d cursor for select copies(3); fetch 2 from d; fetch 3 from d; commit",
        "C:BEGIN C:DECLARE CURSOR T:a D:0 D:0 C:FETCH 2 T:a D:0 D:1 C:FETCH 2 C:COMMIT Z:I");
}
END_TEST

/* Extended query */

static const char *no_parameters[1];

/* Parse and Bind of the unnamed statement and portal. */
static void put_unnamed(Text *out, const char *sql) {
    put_parse(out, "", sql);
    put_bind(out, "", "", 0, no_parameters, 0);
}

static const char *sync_and_read(Text *out, int sync_count) {
    for (int i = 0; i < sync_count; i++)
        put_message(out, 'S', "", 0);
    client_send(&client, out);
    return client_read(&client, 'Z', sync_count);
}

START_TEST(portals_are_suspended) {
    Text out = {0};
    put_query(&out, "begin");
    put_unnamed(&out, "select generate(2)");
    for (int i = 0; i < 4; i++)
        put_execute(&out, "", 1);
    put_message(&out, 'S', "", 0);
    client_send(&client, &out);
    ck_assert_str_eq(client_read(&client, 'Z', 2), "C:BEGIN Z:T 1 2 D:0 s D:1 s C:SELECT 0 C:SELECT 0 Z:T");
    ASK("commit", "C:COMMIT Z:I");
    put_unnamed(&out, "select generate(2)");
    put_execute(&out, "", 2);
    put_execute(&out, "", 2);
    ck_assert_str_eq(sync_and_read(&out, 1), "1 2 D:0 D:1 s C:SELECT 0 Z:I");
    put_unnamed(&out, "select copies(5)");
    put_execute(&out, "", 2);
    put_execute(&out, "", 2);
    put_execute(&out, "", 0);
    ck_assert_str_eq(sync_and_read(&out, 1), "1 2 D:0 D:0 s D:0 D:0 s D:0 D:1 C:SELECT 2 Z:I");
    put_unnamed(&out, "select forever()");
    put_execute(&out, "", 1);
    put_execute(&out, "", 2);
    ck_assert_str_eq(sync_and_read(&out, 1), "1 2 D:0 s D:1 D:2 s Z:I");
}
END_TEST

START_TEST(portals_live_as_long_as_their_transaction) {
    Text out = {0};
    put_query(&out, "begin");
    put_parse(&out, "n", "select generate(3)");
    put_bind(&out, "p", "n", 0, no_parameters, 0);
    put_execute(&out, "p", 1);
    put_message(&out, 'S', "", 0);
    put_execute(&out, "p", 1);
    put_message(&out, 'S', "", 0);
    put_query(&out, "commit");
    put_execute(&out, "p", 1);
    put_message(&out, 'S', "", 0);
    client_send(&client, &out);
    ck_assert_str_eq(
        client_read(&client, 'Z', 5), "C:BEGIN Z:T 1 2 D:0 s Z:T D:1 s Z:T C:COMMIT Z:I E:34000 Z:I");
    put_bind(&out, "p", "n", 0, no_parameters, 0);
    put_bind(&out, "p", "n", 0, no_parameters, 0);
    ck_assert_str_eq(sync_and_read(&out, 1), "2 E:42P03 Z:I");
    put_parse(&out, "n", "select generate(3)");
    ck_assert_str_eq(sync_and_read(&out, 1), "E:42P05 Z:I");
    put_target(&out, 'C', 'S', "n");
    put_target(&out, 'C', 'S', "never was");
    put_bind(&out, "", "n", 0, no_parameters, 0);
    ck_assert_str_eq(sync_and_read(&out, 1), "3 3 E:26000 Z:I");
}
END_TEST

START_TEST(describe_tells_parameters_and_columns) {
    Text out = {0};
    put_parse(&out, "", "select echo($1, $2)");
    put_target(&out, 'D', 'S', "");
    const char *parameters[] = {"x", NULL};
    put_bind(&out, "", "", 2, parameters, 0);
    put_target(&out, 'D', 'P', "");
    put_execute(&out, "", 0);
    ck_assert_str_eq(sync_and_read(&out, 1), "1 t T:a,b 2 T:a,b D:x|NULL C:SELECT 1 Z:I");
    put_unnamed(&out, "insert into t values (1)");
    put_target(&out, 'D', 'P', "");
    put_execute(&out, "", 0);
    put_execute(&out, "", 0);
    ck_assert_str_eq(sync_and_read(&out, 1), "1 2 n C:INSERT 0 1 E:55000 Z:I");
    put_target(&out, 'D', 'P', "nothing");
    ck_assert_str_eq(sync_and_read(&out, 1), "E:34000 Z:I");
    put_target(&out, 'D', 'X', "");
    ck_assert_str_eq(sync_and_read(&out, 1), "E:08P01 Z:I");
    put_unnamed(&out, "");
    put_target(&out, 'D', 'P', "");
    put_execute(&out, "", 0);
    ck_assert_str_eq(sync_and_read(&out, 1), "1 2 n I Z:I");
}
END_TEST

START_TEST(errors_skip_to_sync) {
    Text out = {0};
    put_unnamed(&out, "select fail(1)");
    put_execute(&out, "", 0);
    put_unnamed(&out, "select generate(1)");
    put_execute(&out, "", 0);
    put_query(&out, "select generate(1)");
    put_message(&out, 'S', "", 0);
    put_unnamed(&out, "select generate(1)");
    put_execute(&out, "", 0);
    ck_assert_str_eq(sync_and_read(&out, 1), "1 2 D:0 E:22012 Z:I");
    ck_assert_str_eq(client_read(&client, 'Z', 1), "1 2 D:0 C:SELECT 1 Z:I");
    put_parse(&out, "", "select generate(1); select generate(2)");
    ck_assert_str_eq(sync_and_read(&out, 1), "E:42601 Z:I");
    put_parse(&out, "", "select echo($1)");
    put_bind(&out, "", "", 0, no_parameters, 0);
    ck_assert_str_eq(sync_and_read(&out, 1), "1 E:08P01 Z:I");
    put_message(&out, 'F', "", 0);
    client_send(&client, &out);
    ck_assert_str_eq(client_read(&client, 'Z', 1), "E:0A000 Z:I");
}
END_TEST

START_TEST(pipelines_commit_at_sync) {
    Text out = {0};
    for (int i = 0; i < 50; i++) {
        put_unnamed(&out, "insert into t values (1)");
        put_execute(&out, "", 0);
    }
    put_message(&out, 'S', "", 0);
    put_unnamed(&out, "insert into bad values (1)");
    put_execute(&out, "", 0);
    put_message(&out, 'S', "", 0);
    put_unnamed(&out, "insert into t values (1)");
    put_execute(&out, "", 0);
    client_send(&client, &out);
    put_unnamed(&out, "select fail(0)");
    put_execute(&out, "", 0);
    put_message(&out, 'S', "", 0);
    client_send(&client, &out);
    client_read(&client, 'Z', 1);
    ck_assert_str_eq(client_read(&client, 'Z', 1), "1 2 E:40001 Z:I");
    ck_assert_str_eq(client_read(&client, 'Z', 1), "1 2 C:INSERT 0 1 1 2 E:22012 Z:I");
    ck_assert_int_eq(atomic_load(&state.committed), 2);
    ck_assert_int_eq(atomic_load(&state.rolled_back), 1);
}
END_TEST

START_TEST(binary_values_go_both_ways) {
    Text out = {0}, body = {0};
    put_string(&body, "");
    put_string(&body, "select echo($1)");
    put_int16(&body, 1);
    put_int32(&body, 20);
    put_message(&out, 'P', body.bytes, body.length);
    text_reset(&body);
    put_string(&body, "");
    put_string(&body, "");
    put_int16(&body, 1);
    put_int16(&body, 1);
    put_int16(&body, 1);
    put_int32(&body, 8);
    text_add(&body, "\0\0\0\0\0\0\1\2", 8);
    put_int16(&body, 1);
    put_int16(&body, 0);
    put_message(&out, 'B', body.bytes, body.length);
    put_execute(&out, "", 0);
    ck_assert_str_eq(sync_and_read(&out, 1), "1 2 D:258 C:SELECT 1 Z:I");
    const char *number[] = {"16706"};
    put_parse(&out, "", "select generate(1)");
    text_reset(&body);
    put_string(&body, "n");
    put_string(&body, "select echo($1)");
    put_int16(&body, 1);
    put_int32(&body, 23);
    put_message(&out, 'P', body.bytes, body.length);
    put_bind(&out, "", "n", 1, number, 1);
    put_execute(&out, "", 0);
    put_message(&out, 'S', "", 0);
    client_send(&client, &out);
    client_read(&client, '2', 1);
    client_fill(&client, 15);
    ck_assert_mem_eq(client.received.bytes + client.at, "D\0\0\0\x0e\0\1\0\0\0\4\0\0AB", 15);
    client_read(&client, 'Z', 1);
    text_free(&body);
}
END_TEST

/* Long statements, slow clients */

START_TEST(long_results_arrive_whole) {
    Text out = {0};
    put_query(&out, "select generate(200000)");
    client_send(&client, &out);
    client_read(&client, 'D', 200000);
    ck_assert_str_eq(client_read(&client, 'Z', 1), "C:SELECT 200000 Z:I");
    ASK("select wide(3000000)", "T:a D:3000000 bytes C:SELECT 1 Z:I");
}
END_TEST

static long resident_kb(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    int count = fscanf(file, "%*d %ld", &pages);
    fclose(file);
    return count == 1 ? pages * 4 : 0;
}

START_TEST(a_slow_reader_costs_no_memory_and_no_thread) {
    /* More than there are pool threads; none of them reads. */
    WireClient slow[4];
    Text out = {0};
    for (int i = 0; i < 4; i++) {
        client_open(&slow[i], pg_server_port(server));
        put_query(&out, "select forever()");
        client_send(&slow[i], &out);
    }
    usleep(300000);
    long before = resident_kb();
    client_query(&client, "select generate(1000)");
    usleep(500000);
    ck_assert_int_lt(resident_kb() - before, 16 << 10);
    for (int i = 0; i < 4; i++) {
        const char *some = client_read(&slow[i], 'D', 3);
        ck_assert_str_eq(some, "T:a D:0 D:1 D:2");
        client_close(&slow[i]);
    }
    await(&state.open_sessions, 1);
}
END_TEST

START_TEST(a_client_that_pipelines_without_reading_is_stopped) {
    Text out = {0};
    for (int i = 0; i < 2000; i++)
        put_query(&out, "show all");
    long before = resident_kb();
    for (int i = 0; i < 100; i++) {
        ssize_t sent = send(client.fd, out.bytes, out.length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < (ssize_t)out.length)
            usleep(10000);
    }
    ck_assert_int_lt(resident_kb() - before, 16 << 10);
    text_free(&out);
}
END_TEST

/* Cancelling */

static void cancel(const WireClient *of, int32_t key_change) {
    int fd = wire_connect(pg_server_port(server));
    Text out = {0};
    put_int32(&out, 16);
    put_int32(&out, 80877102);
    put_int32(&out, of->process_id);
    put_int32(&out, of->key + key_change);
    wire_send(fd, out.bytes, out.length);
    char byte;
    ck_assert_int_eq(recv(fd, &byte, 1, 0), 0);
    text_free(&out);
    close(fd);
}

START_TEST(cancel_requests_end_statements) {
    const char *const statements[] = {
        "select hang()", "select spin()", "begin; declare c cursor for select hang(); fetch c"};
    for (int i = 0; i < 3; i++) {
        Text out = {0};
        put_query(&out, statements[i]);
        client_send(&client, &out);
        usleep(50000);
        cancel(&client, 1);
        usleep(50000);
        cancel(&client, 0);
        const char *answer = client_read(&client, 'Z', 1);
        ck_assert_msg(strstr(answer, "E:57014") != NULL, "%s", answer);
    }
    ASK("rollback", "C:ROLLBACK Z:I");
    cancel(&client, 0);
    usleep(20000);
    ASK("select generate(1)", "T:a D:0 C:SELECT 1 Z:I");
}
END_TEST

START_TEST(statement_timeout_ends_statements) {
    ASK("set statement_timeout = 100", "C:SET Z:I");
    double before = now_s();
    ASK("select hang()", "T:a E:57014 Z:I");
    ASK("select spin()", "T:a E:57014 Z:I");
    ck_assert(now_s() - before < 5);
    ASK("select wait(10)", "T:a D:0 C:SELECT 1 Z:I");
    Text out = {0};
    put_unnamed(&out, "select hang()");
    put_execute(&out, "", 0);
    ck_assert_str_eq(sync_and_read(&out, 1), "1 2 E:57014 Z:I");
}
END_TEST

START_TEST(the_timeout_is_each_statement_s_own) {
    ASK("set statement_timeout = 400", "C:SET Z:I");
    Text out = {0};
    for (int i = 0; i < 4; i++) {
        put_unnamed(&out, "select wait(150)");
        put_execute(&out, "", 0);
    }
    ck_assert_str_eq(sync_and_read(&out, 1),
        "1 2 D:0 C:SELECT 1 1 2 D:0 C:SELECT 1 1 2 D:0 C:SELECT 1 1 2 D:0 C:SELECT 1 Z:I");
}
END_TEST

START_TEST(others_may_cancel_and_terminate) {
    ck_assert(!pg_server_cancel(server, 999999, false));
    Text out = {0};
    put_query(&out, "select hang()");
    client_send(&client, &out);
    usleep(50000);
    ck_assert(pg_server_cancel(server, client.process_id, false));
    ck_assert_str_eq(client_read(&client, 'Z', 1), "T:a E:57014 Z:I");
    ck_assert(pg_server_cancel(server, client.process_id, true));
    ck_assert_str_eq(client_read(&client, 'Z', 1), "E:57P01 eof");
}
END_TEST

START_TEST(idle_transactions_time_out) {
    ASK("set idle_in_transaction_session_timeout = 100; begin", "C:SET C:BEGIN Z:T");
    ck_assert_str_eq(client_read(&client, 'Z', 1), "E:25P03 eof");
}
END_TEST

START_TEST(a_client_that_goes_ends_its_statement) {
    const char *const statements[] = {
        "select hang()", "select spin()", "select forever()", "copy t from stdin"};
    for (int i = 0; i < 4; i++) {
        WireClient gone;
        client_open(&gone, pg_server_port(server));
        Text out = {0};
        put_query(&out, statements[i]);
        client_send(&gone, &out);
        usleep(30000);
        client_close(&gone);
        await(&state.open_sessions, 1);
        await(&state.open_executions, 0);
    }
}
END_TEST

START_TEST(stopping_tells_clients) {
    WireClient busy;
    client_open(&busy, pg_server_port(server));
    Text out = {0};
    put_query(&out, "select hang()");
    client_send(&busy, &out);
    int half_open = wire_connect(pg_server_port(server));
    usleep(50000);
    pg_server_stop(server);
    server = NULL;
    ck_assert_str_eq(client_read(&client, 'Z', 1), "E:57P01 eof");
    ck_assert_str_eq(client_read(&busy, 'Z', 1), "T:a E:57P01 eof");
    client_close(&busy);
    close(half_open);
}
END_TEST

/* COPY */

START_TEST(copy_out_and_in) {
    ASK("copy t to stdout", "H d:1\ta d:2\t\\N d:3\tx,y\\tz c C:COPY 3 Z:I");
    ASK("copy t to stdout (format csv, header)", "H d:a,b d:1,a d:2, d:3,\"x,y\tz\" c C:COPY 3 Z:I");
    Text out = {0};
    put_query(&out, "copy t from stdin");
    put_message(&out, 'd', "1\ta\\nb\n2\t\\", 10);
    put_message(&out, 'd', "N\n3\tlast", 8);
    put_message(&out, 'c', "", 0);
    client_send(&client, &out);
    ck_assert_str_eq(client_read(&client, 'Z', 1), "G C:COPY 3 Z:I");
    ck_assert_int_eq(atomic_load(&state.rows_copied), 3);
    put_query(&out, "copy t from stdin (format csv, header)");
    put_message(&out, 'd', "a,b\n1,\"x\ny\"\n2,\"\"\"\"\n", 19);
    put_message(&out, 'c', "", 0);
    client_send(&client, &out);
    ck_assert_str_eq(client_read(&client, 'Z', 1), "G C:COPY 2 Z:I");
    const char *const bad[] = {"x\ta\n", "1\n", "1\ta\tb\n"};
    const char *const answers[] = {"G E:22P02 Z:I", "G E:22P04 Z:I", "G E:22P04 Z:I"};
    for (int i = 0; i < 3; i++) {
        put_query(&out, "copy t from stdin");
        put_message(&out, 'd', bad[i], strlen(bad[i]));
        put_message(&out, 'd', bad[i], strlen(bad[i]));
        put_message(&out, 'c', "", 0);
        client_send(&client, &out);
        ck_assert_str_eq(client_read(&client, 'Z', 1), answers[i]);
    }
    put_query(&out, "copy t from stdin");
    put_message(&out, 'f', "no more", 8);
    client_send(&client, &out);
    ck_assert_str_eq(client_read(&client, 'Z', 1), "G E:57014 Z:I");
    ASK("select generate(1)", "T:a D:0 C:SELECT 1 Z:I");
}
END_TEST

START_TEST(copy_binary_goes_round) {
    Text out = {0};
    put_query(&out, "copy t to stdout (format binary)");
    client_send(&client, &out);
    client_fill(&client, 5 + 5 + 19);
    Text data = {0};
    /* Header, three rows, trailer: what came out goes in again. */
    for (int i = 0; i < 6; i++) {
        client_fill(&client, 5);
        size_t length = (size_t)get_int32(client.received.bytes + client.at + 1);
        client_fill(&client, length + 1);
        if (client.received.bytes[client.at] == 'd')
            text_add(&data, client.received.bytes + client.at + 5, length - 4);
        client.at += length + 1;
    }
    client_read(&client, 'Z', 1);
    put_query(&out, "copy t from stdin (format binary)");
    for (size_t i = 0; i < data.length; i++)
        put_message(&out, 'd', data.bytes + i, 1);
    put_message(&out, 'c', "", 0);
    client_send(&client, &out);
    ck_assert_str_eq(client_read(&client, 'Z', 1), "G C:COPY 3 Z:I");
    text_free(&data);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("pgwire server");
    TCase *tests = tcase_create("conversations");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 120);
    const TTest *const all[] = {
        simple_query_gives_rows_and_tags,
        a_row_with_diff_n_is_sent_n_times,
        waiting_statements_are_woken,
        statements_outside_a_block_commit_together,
        blocks_follow_postgresql,
        ddl_of_its_own_is_refused_in_a_block,
        read_only_transactions_refuse_writes,
        savepoints_are_gone_back_to,
        settings_follow_transactions,
        sql_prepared_statements,
        sql_cursors,
        portals_are_suspended,
        portals_live_as_long_as_their_transaction,
        describe_tells_parameters_and_columns,
        errors_skip_to_sync,
        pipelines_commit_at_sync,
        binary_values_go_both_ways,
        long_results_arrive_whole,
        a_slow_reader_costs_no_memory_and_no_thread,
        a_client_that_pipelines_without_reading_is_stopped,
        cancel_requests_end_statements,
        statement_timeout_ends_statements,
        the_timeout_is_each_statement_s_own,
        others_may_cancel_and_terminate,
        idle_transactions_time_out,
        a_client_that_goes_ends_its_statement,
        stopping_tells_clients,
        copy_out_and_in,
        copy_binary_goes_round,
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        tcase_add_test(tests, all[i]);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
