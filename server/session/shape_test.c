/* Shapes: what is read of a text, and what is left to the parser. */
#include "server/session/shape.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "executor/base/memory.h"

/* The key with ? for an int4, ! for an int8, % for a string; then the literals. "-": not read. */
static char *read_text(const char *text) {
    Shape shape;
    if (!shape_read(text, strlen(text), &shape))
        return memory_strdup("-");
    Text out = {0};
    for (int i = 0; i < shape.key_length; i++)
        text_add_char(
            &out, shape.key[i] >= ' ' || shape.key[i] == '\n' ? shape.key[i] : " ?!%"[(int)shape.key[i]]);
    for (int i = 0; i < shape.literal_count; i++) {
        const Literal *literal = &shape.literals[i];
        if (literal->type.id == TYPE_UNKNOWN)
            text_printf(&out, " %d:'%.*s'", literal->position, literal->length, literal->text);
        else
            text_printf(&out, " %d:%lld", literal->position, (long long)literal->number);
    }
    char *result = memory_strdup(text_string(&out));
    text_free(&out);
    return result;
}

static const struct {
    const char *text, *shape;
} shapes[] = {
    {"SELECT a FROM t1 WHERE id = 12", "SELECT a FROM t1 WHERE id = ? 28:12"},
    {"select a from t1 where id=12 ;\n", "select a from t1 where id=? 26:12"},
    {"SELECT a_2 FROM t WHERE id = -7 AND 3 - 2 = -x",
        "SELECT a_2 FROM t WHERE id = ? AND ? - ? = -x 29:-7 36:3 40:2"},
    {"SELECT 2147483647, 2147483648", "SELECT ?, ! 7:2147483647 19:2147483648"},
    {"SELECT \"a 1\" FROM t WHERE n = 'it'", "SELECT \"a 1\" FROM t WHERE n = % 30:'it'"},
    {"SELECT a FROM t WHERE n = ''", "SELECT a FROM t WHERE n = % 26:''"},
    {"SELECT 99999999999999999999", "-"},
    {"SELECT 1.5", "-"},
    {"SELECT .5", "-"},
    {"SELECT 1e5", "-"},
    {"SELECT 0x1F", "-"},
    {"SELECT a FROM t WHERE n = 'it''s'", "-"},
    {"SELECT a FROM t WHERE n = E'x'", "-"},
    {"SELECT a FROM t WHERE d = date '2024-01-01'", "-"},
    {"SELECT a FROM t WHERE n = 'x", "-"},
    {"SELECT a FROM t WHERE n = \"x", "-"},
    {"SELECT a FROM t WHERE n = $12 AND x=$1", "SELECT a FROM t WHERE n = $12 AND x=$1"},
    {"SELECT a FROM t WHERE n = $x", "-"},
    {"SELECT a FROM t WHERE n = $$x$$", "-"},
    {"SELECT a FROM t -- x", "-"},
    {"SELECT a FROM t /* x */", "-"},
    {"SELECT 1; SELECT 2", "-"},
    {"SELECT 'é'", "-"},
    {"SELECT \001", "-"},
    {"SELECT 1,2,3,4,5,6,7,8,9", "-"},
    {"INSERT INTO t VALUES ($1)", "INSERT INTO t VALUES ($1)"},
    {"CREATE TABLE t (a int)", "-"},
    {"", "-"},
    {";", "-"},
    {"SELECT", "SELECT"},
};

START_TEST(texts_have_shapes) {
    char *shape = read_text(shapes[_i].text);
    ck_assert_str_eq(shape, shapes[_i].shape);
    memory_free(shape);
}
END_TEST

START_TEST(long_texts_have_none) {
    char text[SHAPE_LENGTH_MAX + 8];
    Shape shape;
    memset(text, ' ', sizeof text);
    memcpy(text, "SELECT", 6);
    text[SHAPE_LENGTH_MAX - 2] = 'x';
    ck_assert(shape_read(text, SHAPE_LENGTH_MAX - 1, &shape));
    text[SHAPE_LENGTH_MAX - 1] = 'x';
    ck_assert(!shape_read(text, SHAPE_LENGTH_MAX, &shape));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("shape");
    TCase *cases = tcase_create("shape");
    tcase_add_loop_test(cases, texts_have_shapes, 0, sizeof shapes / sizeof *shapes);
    tcase_add_test(cases, long_texts_have_none);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
