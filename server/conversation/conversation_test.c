/* Conversations without a socket, in a protocol of the test's own: what they say, and what they need. */
#include "server/conversation/conversation.h"

#include <check.h>
#include <unistd.h>

#include "server/conversation/protocol.h"
#include "server/conversation/script_run.h"
#include "server/test/scripted_engine.h"

static ScriptedEngine state;
static Engine engine;
static Conversation conversation;
static Text said;
static const char *next_text; /* to be run next; NULL: nothing more comes */
static int turns_in_pool, pauses_for_room;
static atomic_bool is_woken;

/* Plain: a line a row, a tag or an error; a point ends what a text answers. */

static bool claims(unsigned char first) {
    return first == '>';
}

static Need read_text(Conversation *self) {
    const char *text = next_text;
    next_text = NULL;
    if (text == NULL)
        return NEED_INPUT;
    session_begin_statement(self->session);
    return script_run_begin(self, text);
}

static void add_columns(Conversation *self, const Prepared *prepared, const int16_t *formats) {
    for (int i = 0; i < prepared->column_count; i++)
        text_printf(&self->output, "%s\n", prepared->columns[i].name);
}

static void add_row(RowWriter *writer, int row, Text *out) {
    for (int i = 0; i < writer->column_count; i++)
        row_column_add(&writer->columns[i], row, out);
    text_add_char(out, '\n');
}

static void add_tag(Conversation *self, const char *tag) {
    text_printf(&self->output, "%s\n", tag);
}

static void add_empty(Conversation *self) {
    text_add_string(&self->output, "nothing\n");
}

static void add_error(Conversation *self, const Error *error, bool is_fatal) {
    text_printf(&self->output, "%s %s\n", is_fatal ? "fatal" : "error", status_sqlstate(error->status));
}

static void add_notice(Conversation *self, Severity severity, const Error *notice) {
    text_printf(&self->output, "%s\n", severity_name(severity));
}

static void add_end(Conversation *self) {
    text_add_string(&self->output, ".\n");
}

static const Protocol plain_protocol = {
    .name = "plain text",
    .claims = claims,
    .read = read_text,
    .row_description = add_columns,
    .add_row = add_row,
    .complete = add_tag,
    .empty = add_empty,
    .error = add_error,
    .notice = add_notice,
    .recover = add_end,
    .ready = add_end,
};

static void wake(void *context) {
    atomic_store((atomic_bool *)context, true);
}

static void set_up(void) {
    Error error = {0};
    state = (ScriptedEngine){0};
    engine = scripted_engine(&state);
    conversation = (Conversation){.protocol = &plain_protocol};
    turns_in_pool = pauses_for_room = 0;
    conversation_take(&conversation, false);
    const SessionOptions options = {.engine = &engine,
        .user = "leat",
        .database = "leat",
        .process_id = 1,
        .wake = wake,
        .wake_context = &is_woken};
    ck_assert_int_eq(session_open(&options, &conversation.session, &error), OK);
}

static void tear_down(void) {
    conversation_release(&conversation);
    conversation_let_go(&conversation);
    text_free(&said);
    ck_assert_int_eq(atomic_load(&state.open_executions), 0);
    ck_assert_int_eq(atomic_load(&state.open_sessions), 0);
}

static Need run_in_pool(void) {
    turns_in_pool++;
    conversation_let_go(&conversation);
    conversation_take(&conversation, true);
    Need need = conversation_run(&conversation);
    conversation_let_go(&conversation);
    conversation_take(&conversation, false);
    return need;
}

/* What the text is answered, until more is wanted or all is over. */
static const char *ask(const char *text) {
    Need need = NEED_NOTHING;
    text_reset(&said);
    next_text = text;
    while (need != NEED_INPUT && need != NEED_CLOSE) {
        while (need == NEED_WAKE && !atomic_exchange(&is_woken, false))
            usleep(1000);
        need = need == NEED_POOL ? run_in_pool() : conversation_run(&conversation);
        ck_assert_uint_lt(conversation.output.length, OUTPUT_CHUNK + 1000);
        pauses_for_room += need == NEED_ROOM && conversation.output.length >= OUTPUT_CHUNK;
        text_add(&said, text_string(&conversation.output), conversation.output.length);
        text_reset(&conversation.output);
    }
    return text_string(&said);
}

START_TEST(a_third_protocol_needs_neither_of_the_two) {
    ck_assert_str_eq(ask("select generate(2)"), "a\n0\n1\nSELECT 2\n.\n");
    ck_assert_str_eq(ask("select generate(1); select generate(0)"), "a\n0\nSELECT 1\na\nSELECT 0\n.\n");
    ck_assert_str_eq(ask(""), "nothing\n.\n");
    ck_assert_str_eq(ask("insert into t values (1)"), "INSERT 0 1\n.\n");
}
END_TEST

START_TEST(an_error_ends_the_script) {
    ck_assert_str_eq(ask("select fail(1); select generate(1)"), "a\n0\nerror 22012\n.\n");
    ck_assert_str_eq(ask("select generate(1)"), "a\n0\nSELECT 1\n.\n");
}
END_TEST

START_TEST(what_a_protocol_cannot_bring_is_refused) {
    ck_assert_str_eq(ask("copy t from stdin"), "error 0A000\n.\n");
    ck_assert_str_eq(ask("select generate(1)"), "a\n0\nSELECT 1\n.\n");
}
END_TEST

START_TEST(long_statements_run_in_the_pool_by_chunks) {
    ask("select generate(100000)");
    ck_assert_int_gt(turns_in_pool, 0);
    ck_assert_int_gt(pauses_for_room, 1);
    ck_assert_ptr_nonnull(strstr(text_string(&said), "\n99999\nSELECT 100000\n.\n"));
    ck_assert(conversation_is_mine(&conversation) && !conversation.is_on_pool);
}
END_TEST

START_TEST(a_shutdown_is_the_last_word) {
    session_cancel(conversation.session, CANCEL_SHUTDOWN);
    ck_assert_str_eq(ask(NULL), "fatal 57P01\n");
    ck_assert_str_eq(ask("select generate(1)"), "");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("conversation");
    TCase *tests = tcase_create("conversation");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_third_protocol_needs_neither_of_the_two);
    tcase_add_test(tests, an_error_ends_the_script);
    tcase_add_test(tests, what_a_protocol_cannot_bring_is_refused);
    tcase_add_test(tests, long_statements_run_in_the_pool_by_chunks);
    tcase_add_test(tests, a_shutdown_is_the_last_word);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
