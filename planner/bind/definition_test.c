/* Definitions: what is noted of a text's names, and that they mean the same when columns have others. */
#include "planner/bind/definition.h"

#include <stdlib.h>

#include "planner/test/testing.h"

static const char *const letters[] = {[MARK_OBJECT] = "O",
    [MARK_FROM] = "F",
    [MARK_FROM_ALIASED] = "f",
    [MARK_TABLE] = "T",
    [MARK_INPUT] = "I",
    [MARK_ALIAS] = "A",
    [MARK_COLUMN] = "c",
    [MARK_RESULT] = "r",
    [MARK_SCHEMA] = "S",
    [MARK_CONSTANT] = "K"};

/* The text with its marks as {letter relation.column text}; behind | the relations with what is used of them,
 * for those that are read as a whole, ~ for columns that are used without their names. */
static const char *show(const CatalogDefinition *definition, Arena *arena) {
    Text out = {0};
    int at = 0;
    for (int i = 0; i < definition->mark_count; i++) {
        const CatalogMark *mark = &definition->marks[i];
        text_add(&out, definition->text + at, (size_t)(mark->start - at));
        text_printf(&out, "{%s%d", letters[mark->kind], mark->reference);
        if (mark->column >= 0)
            text_printf(&out, ".%d", mark->column);
        text_printf(&out, " %.*s}", mark->end - mark->start, definition->text + mark->start);
        at = mark->end;
    }
    text_printf(&out, "%s |", definition->text + at);
    for (int i = 0; i < definition->reference_count; i++) {
        const CatalogReference *reference = &definition->references[i];
        text_printf(&out, " %s%u%s", reference->name, reference->id,
            reference->is_whole      ? "*"
            : reference->is_implicit ? "~"
                                     : "");
        for (int c = 0; c < reference->column_count; c++)
            if (reference->columns[c].is_used)
                text_printf(&out, ",%d", c);
    }
    const char *text = arena_strdup(arena, text_string(&out));
    text_free(&out);
    return text;
}

static const struct {
    const char *text, *shown;
} queries[] = {
    {"SELECT a, t.b AS x FROM t WHERE c <> 'b'",
        "SELECT {r0.0 a}, t.{c0.1 b} AS x FROM {F0 t} WHERE {c0.2 c} <> 'b' | t1,0,1,2"},
    {"SELECT * FROM public.t", "SELECT * FROM {F0 public.t} | t1*,0,1,2"},
    {"TABLE t", "{T0 TABLE t} | t1*,0,1,2"},
    {"SELECT public.t.a FROM public.t", "SELECT {S0 public.}t.{r0.0 a} FROM {F0 public.t} | t1,0"},
    {"SELECT \"a\", d FROM t JOIN u USING (a)",
        "SELECT \"a\", {r1.1 d} FROM {F0 t} JOIN {F1 u} USING (a) | t1~,0 u2~,0,1"},
    {"SELECT p, b FROM t AS o (p)", "SELECT p, {r0.1 b} FROM {f0 t} AS o (p) | t1~,0,1"},
    {"SELECT b::text FROM t", "SELECT {c0.1 b}::text FROM {F0 t} | t1~,1"},
    {"SELECT b AS a FROM t ORDER BY a", "SELECT {c0.1 b} AS a FROM {F0 t} ORDER BY a | t1,1"},
    {"WITH t AS (SELECT 1 AS a) SELECT a FROM t", "WITH t AS (SELECT 1 AS a) SELECT a FROM t |"},
    {"SELECT x.a FROM (SELECT a FROM t) x", "SELECT x.a FROM (SELECT {r0.0 a} FROM {F0 t}) x | t1,0"},
};

START_TEST(names_of_queries_are_noted) {
    Arena *arena = arena_create();
    const char *sql = queries[_i].text;
    PlannerContext context = {
        .arena = arena, .catalog = &test_catalog, .settings = &type_settings_default, .sql = sql};
    SyntaxStatement **statements;
    DefinitionNotes notes = {0};
    const CatalogDefinition *definition;
    Error error = {0};
    Plan plan;
    int count;
    ck_assert_int_eq(parse_statements(sql, strlen(sql), arena, &statements, &count, &error), OK);
    context.notes = &notes;
    ck_assert_int_eq(plan_query(&context, statements[0]->select, PLAN_ONE_SHOT, &plan, &error), OK);
    ck_assert_int_eq(definition_finish(&notes, sql, arena, &definition, &error), OK);
    ck_assert_str_eq(show(definition, arena), queries[_i].shown);
    arena_destroy(arena);
}
END_TEST

/* t (a, b, c) becomes t (b, a, c): names that were exchanged. */
START_TEST(columns_keep_their_meaning) {
    static const CatalogColumn exchanged[] = {COLUMN("b", INT4), COLUMN("a", INT4), COLUMN("c", TEXT)};
    Arena *arena = arena_create();
    PlannerContext context = {.arena = arena, .catalog = &test_catalog, .settings = &type_settings_default};
    const CatalogDefinition *definition = definition_of_text(arena, "t.a + 1 > b", 11);
    CatalogRelation table = test_relations[0];
    Expression *expression;
    Error error = {0};
    Text text = {0};
    ck_assert_int_eq(
        plan_definition(&context, &definition, &table, type_of(TYPE_BOOL), &expression, &error), OK);
    ck_assert_str_eq(show(definition, arena), "{c0.0 t.a} + 1 > {c0.1 b} | t0,0,1");
    table.columns = exchanged;
    table.name = "other";
    ck_assert_int_eq(
        plan_expression(&context, definition, &table, type_of(TYPE_BOOL), &expression, &error), OK);
    expression_add_text(expression, NULL, &text);
    ck_assert_str_eq(text_string(&text), "(($0 + 1) > $1)");
    ck_assert(definition_uses(definition, 0, 1));
    ck_assert(!definition_uses(definition, 0, 2));
    ck_assert(!definition_names(definition, 1));
    definition = definition_renumber(arena, definition, 0, (const int[]){1, 0, 2}, 3);
    ck_assert_str_eq(show(definition, arena), "{c0.1 t.a} + 1 > {c0.0 b} | t0,0,1");
    text_free(&text);
    arena_destroy(arena);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("definition");
    TCase *cases = tcase_create("definition");
    tcase_add_loop_test(cases, names_of_queries_are_noted, 0, COUNT(queries));
    tcase_add_test(cases, columns_keep_their_meaning);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
