/* The first messages of a connection, and the limits of all of them; then random damage. */
#include "server/connection/server.h"

#include <check.h>
#include <sys/socket.h>
#include <unistd.h>
#include <string.h>
#include <stdlib.h>

#include "server/test/scripted_engine.h"
#include "server/test/wire_client.h"

static ScriptedEngine state;
static Engine engine;
static PgServer *server;

static void set_up(void) {
    state = (ScriptedEngine){0};
    engine = scripted_engine(&state);
    Error error = {0};
    const PgServerOptions options = {.address = "127.0.0.1",
        .io_thread_count = 1,
        .query_thread_count = 1,
        .connection_count_max = 3,
        .query_size_max = 100000,
        .engine = &engine};
    ck_assert_int_eq(pg_server_start(&options, &server, &error), OK);
}

static void tear_down(void) {
    pg_server_stop(server);
    ck_assert_int_eq(atomic_load(&state.open_executions), 0);
    ck_assert_int_eq(atomic_load(&state.open_sessions), 0);
}

/* Sends the bytes on a new connection and returns the words of the answer up to ReadyForQuery or the end. */
static const char *converse(WireClient *client, Text *out) {
    *client = (WireClient){.fd = wire_connect(pg_server_port(server))};
    client_send(client, out);
    return client_read(client, 'Z', 1);
}

static void put_startup_of(Text *out, uint32_t version, const char *const *pairs) {
    Text body = {0};
    put_int32(&body, (int32_t)version);
    for (; *pairs != NULL; pairs++)
        put_string(&body, *pairs);
    text_add_char(&body, 0);
    put_int32(out, (int32_t)body.length + 4);
    text_add(out, body.bytes, body.length);
    text_free(&body);
}

#define ANSWER_OF(version, answer, ...)                                           \
    do {                                                                          \
        Text out_ = {0};                                                          \
        WireClient client_;                                                       \
        put_startup_of(&out_, version, (const char *const[]){__VA_ARGS__, NULL}); \
        const char *words_ = converse(&client_, &out_);                           \
        ck_assert_msg(strstr(words_, answer) != NULL, "%s: %s", answer, words_);  \
        client_close(&client_);                                                   \
    } while (0)

START_TEST(startup_tells_the_parameters) {
    ANSWER_OF(196608,
        "R S:application_name=t S:client_encoding=UTF8 S:DateStyle=ISO, DMY "
        "S:default_transaction_read_only=off S:in_hot_standby=off "
        "S:integer_datetimes=on "
        "S:IntervalStyle=postgres S:is_superuser=on S:server_encoding=UTF8 S:server_version=15.8 "
        "S:session_authorization=app "
        "S:standard_conforming_strings=on "
        "S:TimeZone=UTC K Z:I",
        "user", "app", "database", "leat", "application_name", "t", "DateStyle", "ISO, DMY");
    ANSWER_OF(196608, "S:TimeZone=Europe/Vienna", "user", "app", "database", "leat", "options",
        "-c timezone=Europe/Vienna --extra-float-digits=2");
    ANSWER_OF(196608, "Z:I", "user", "app");
    ANSWER_OF(196608, "Z:I", "user", "app", "database", "app");
}
END_TEST

START_TEST(startup_refuses) {
    ANSWER_OF(196608, "E:3D000 eof", "user", "app", "database", "nowhere");
    ANSWER_OF(196608, "E:28000 eof", "database", "leat");
    ANSWER_OF(196608, "E:42704 eof", "user", "app", "database", "leat", "nonsense", "1");
    ANSWER_OF(196608, "E:22023 eof", "user", "app", "database", "leat", "client_encoding", "martian");
    ANSWER_OF(196608, "E:42601 eof", "user", "app", "database", "leat", "options", "-x");
    ANSWER_OF(196608, "E:0A000 eof", "user", "app", "database", "leat", "replication", "true");
    ANSWER_OF(131072, "E:0A000 eof", "user", "app", "database", "leat");
    ANSWER_OF(4 << 16, "E:0A000 eof", "user", "app", "database", "leat");
}
END_TEST

START_TEST(newer_minor_versions_are_negotiated) {
    ANSWER_OF((3 << 16) | 9999, "v:196608 R S:", "user", "app", "database", "leat", "_pq_.grease", "x");
    ANSWER_OF(196608, "v:196608 R S:", "user", "app", "database", "leat", "_pq_.grease", "x");
    ANSWER_OF((3 << 16) | 2, "v:196608 R S:", "user", "app", "database", "leat");
}
END_TEST

/* Sends raw bytes and returns all that comes back until the end. */
static size_t raw(const char *bytes, size_t length, char *answer, size_t size) {
    int fd = wire_connect(pg_server_port(server));
    wire_send(fd, bytes, length);
    shutdown(fd, SHUT_WR);
    size_t received = 0;
    for (ssize_t count; received < size && (count = recv(fd, answer + received, size - received, 0)) > 0;)
        received += (size_t)count;
    close(fd);
    return received;
}

START_TEST(encryption_is_declined) {
    static const char ssl_then_gss[] = "\0\0\0\x08\x04\xd2\x16\x2f";
    char answer[512];
    ck_assert_uint_eq(raw(ssl_then_gss, 8, answer, sizeof answer), 1);
    ck_assert_int_eq(answer[0], 'N');
    ck_assert_uint_eq(raw("\0\0\0\x08\x04\xd2\x16\x30", 8, answer, sizeof answer), 1);
    ck_assert_int_eq(answer[0], 'N');
    /* Bytes behind the request were not encrypted: PostgreSQL refuses them too. */
    size_t length = raw("\0\0\0\x08\x04\xd2\x16\x2fxxxx", 12, answer, sizeof answer);
    ck_assert_uint_gt(length, 10);
    ck_assert_int_eq(answer[1], 'E');
    Text out = {0};
    WireClient client = {.fd = wire_connect(pg_server_port(server))};
    wire_send(client.fd, ssl_then_gss, 8);
    ck_assert_int_eq(recv(client.fd, answer, 1, 0), 1);
    put_startup(&out, "leat");
    client_send(&client, &out);
    ck_assert_ptr_nonnull(strstr(client_read(&client, 'Z', 1), "K Z:I"));
    client_close(&client);
}
END_TEST

START_TEST(other_protocols_are_sent_away) {
    char answer[512];
    static const char get[] = "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n";
    size_t length = raw(get, sizeof get - 1, answer, sizeof answer);
    ck_assert_uint_gt(length, 20);
    ck_assert_mem_eq(answer, "HTTP/1.1 404", 12);
    const char *body = memmem(answer, length, "\r\n\r\n", 4);
    const char *declared = memmem(answer, length, "Content-Length: ", 16);
    ck_assert_int_eq(answer + length - (body + 4), atoi(declared + 16));
    static const char *const lengths[] = {
        "\0\0\0\x04", "\0\0\0\0", "\0\0\x27\x11\0\3\0\0", "\x16\3\1\2\0\1\0\1", "\xff\xff\xff\xff\0\3\0\0"};
    static const size_t sizes[] = {4, 4, 8, 8, 8};
    for (int i = 0; i < 5; i++) {
        length = raw(lengths[i], sizes[i], answer, sizeof answer);
        ck_assert_uint_gt(length, 10);
        ck_assert_int_eq(answer[0], 'E');
    }
}
END_TEST

START_TEST(there_is_a_last_client) {
    WireClient clients[3], more = {0};
    for (int i = 0; i < 3; i++)
        client_open(&clients[i], pg_server_port(server));
    Text out = {0};
    put_startup(&out, "leat");
    ck_assert_str_eq(converse(&more, &out), "E:53300 eof");
    client_close(&more);
    client_close(&clients[0]);
    for (int i = 0; i < 200 && pg_server_connection_count(server) == 3; i++)
        usleep(10000);
    put_startup(&out, "leat");
    ck_assert_ptr_nonnull(strstr(converse(&more, &out), "Z:I"));
    client_close(&more);
    client_close(&clients[1]);
    client_close(&clients[2]);
}
END_TEST

START_TEST(message_lengths_are_bounded) {
    static const struct {
        char type;
        uint32_t length;
    } bad[] = {{'Q', 3}, {'Q', 0}, {'Q', 0x80000000}, {'Q', 0x7fffffff}, {'S', 10001}, {'E', 0x3fffffff},
        {'!', 4}, {'p', 8}, {0, 4}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        WireClient client;
        client_open(&client, pg_server_port(server));
        Text out = {0};
        text_add_char(&out, bad[i].type);
        put_int32(&out, (int32_t)bad[i].length);
        client_send(&client, &out);
        ck_assert_str_eq(client_read(&client, 'Z', 1), "E:08P01 eof");
        client_close(&client);
    }
}
END_TEST

START_TEST(long_statements_are_refused_and_skipped) {
    WireClient client;
    client_open(&client, pg_server_port(server));
    Text out = {0};
    char *long_text = memory_allocate_zero(5000001);
    memset(long_text, ' ', 5000000);
    put_query(&out, long_text);
    put_query(&out, "select generate(1)");
    put_parse(&out, "", long_text);
    put_query(&out, "select generate(2)");
    put_message(&out, 'S', "", 0);
    client_send(&client, &out);
    ck_assert_str_eq(client_read(&client, 'Z', 3), "E:54000 Z:I T:a D:0 C:SELECT 1 Z:I E:54000 Z:I");
    /* Long, but not too long: parsed in the query pool. */
    memcpy(long_text, "select generate(3)", 18);
    long_text[90000] = 0;
    ck_assert_str_eq(client_query(&client, long_text), "T:a D:0 D:1 D:2 C:SELECT 3 Z:I");
    memory_free(long_text);
    client_close(&client);
}
END_TEST

/* Damage: valid conversations with bytes changed, cut, repeated or made up. */

static uint64_t seed = 42;

static uint32_t random_below(uint32_t bound) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % bound;
}

static void put_conversation(Text *out, bool has_startup) {
    static const char *const none[1];
    static const char *const one[] = {"12"};
    if (has_startup)
        put_startup(out, "leat");
    put_query(out, "begin; select generate(3); commit");
    put_parse(out, "s", "select echo($1)");
    put_target(out, 'D', 'S', "s");
    put_bind(out, "p", "s", 1, one, 1);
    put_target(out, 'D', 'P', "p");
    put_execute(out, "p", 1);
    put_target(out, 'C', 'P', "p");
    put_target(out, 'C', 'S', "s");
    put_message(out, 'S', "", 0);
    put_parse(out, "", "insert into t values (1)");
    put_bind(out, "", "", 0, none, 0);
    put_execute(out, "", 0);
    put_message(out, 'S', "", 0);
    put_query(out, "copy t from stdin");
    put_message(out, 'd', "1\ta\n2\tb\n", 8);
    put_message(out, 'c', "", 0);
    put_query(out, "copy t from stdin (format binary)");
    put_message(out, 'd', "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0\0\2\0\0\0\1", 25);
    put_message(out, 'f', "", 1);
    put_query(out, "declare c cursor with hold for select copies(3); fetch 2 from c; set timezone to 'UTC'; "
                   "close c; show all");
    put_message(out, 'X', "", 0);
}

static void damage(Text *bytes) {
    uint32_t count = 1 + random_below(6);
    for (uint32_t i = 0; i < count && bytes->length > 0; i++) {
        uint32_t at = random_below((uint32_t)bytes->length);
        switch (random_below(5)) {
        case 0:
            bytes->bytes[at] = (char)random_below(256);
            break;
        case 1:
            bytes->bytes[at] = (char)(bytes->bytes[at] ^ (1 << random_below(8)));
            break;
        case 2:
            bytes->length = at;
            break;
        case 3: {
            uint32_t size = 1 + random_below(40);
            size = size < bytes->length - at ? size : (uint32_t)bytes->length - at;
            memmove(bytes->bytes + at, bytes->bytes + at + size, bytes->length - at - size);
            bytes->length -= size;
            break;
        }
        case 4: {
            char copy[40];
            uint32_t size =
                sizeof copy < bytes->length - at ? (uint32_t)sizeof copy : (uint32_t)bytes->length - at;
            memcpy(copy, bytes->bytes + at, size);
            text_add(bytes, copy, size);
            break;
        }
        }
    }
}

/* Reads whatever comes, until the server closes or has nothing more to say. */
static void drain(int fd) {
    struct timeval timeout = {.tv_usec = 200000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    char buffer[65536];
    while (recv(fd, buffer, sizeof buffer, 0) > 0)
        ;
}

START_TEST(damaged_conversations_do_no_harm) {
    for (int i = 0; i < 1000; i++) {
        Text bytes = {0};
        bool has_startup = random_below(4) == 0;
        if (random_below(20) == 0)
            for (uint32_t n = random_below(300); n > 0; n--)
                text_add_char(&bytes, (char)random_below(256));
        put_conversation(&bytes, has_startup);
        damage(&bytes);
        int fd = wire_connect(pg_server_port(server));
        if (!has_startup) {
            Text startup = {0};
            put_startup(&startup, "leat");
            wire_send(fd, startup.bytes, startup.length);
            text_free(&startup);
        }
        wire_send(fd, bytes.bytes, bytes.length);
        text_free(&bytes);
        shutdown(fd, SHUT_WR);
        drain(fd);
        close(fd);
    }
    for (int i = 0; i < 500 && pg_server_connection_count(server) > 0; i++)
        usleep(10000);
    ck_assert_int_eq(pg_server_connection_count(server), 0);
    WireClient client;
    client_open(&client, pg_server_port(server));
    ck_assert_str_eq(client_query(&client, "select generate(1)"), "T:a D:0 C:SELECT 1 Z:I");
    client_close(&client);
}
END_TEST

START_TEST(only_loopback_is_listened_on) {
    const char *const refused[] = {"0.0.0.0", "::", "10.0.0.1", "example.com", ""};
    for (int i = 0; i < 5; i++) {
        PgServer *other;
        Error error = {0};
        const PgServerOptions options = {.address = refused[i], .engine = &engine};
        ck_assert_int_eq(pg_server_start(&options, &other, &error), STATUS_INVALID_PARAMETER_VALUE);
        ck_assert_ptr_nonnull(strstr(error.message, i < 3 ? "without authentication" : "invalid address"));
        error_clear(&error);
    }
    PgServer *other;
    Error error = {0};
    const PgServerOptions options = {
        .address = "127.0.0.1", .port = pg_server_port(server), .engine = &engine};
    ck_assert_int_eq(pg_server_start(&options, &other, &error), STATUS_SYSTEM_ERROR);
    error_clear(&error);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("pgwire startup and limits");
    TCase *tests = tcase_create("startup");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 300);
    const TTest *const all[] = {
        startup_tells_the_parameters,
        startup_refuses,
        newer_minor_versions_are_negotiated,
        encryption_is_declined,
        other_protocols_are_sent_away,
        there_is_a_last_client,
        message_lengths_are_bounded,
        long_statements_are_refused_and_skipped,
        damaged_conversations_do_no_harm,
        only_loopback_is_listened_on,
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
