/* For tests: a catalog in memory, and a statement's plan or error as text. */
#ifndef LEAT_PLANNER_TESTING_H
#define LEAT_PLANNER_TESTING_H

#include <check.h>
#include <string.h>

#include "planner/parse/parse.h"
#include "planner/planner.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))
#define COLUMN(column_name, type_id)                                         \
    {                                                                        \
        .name = column_name, .type = {.id = TYPE_##type_id, .modifier = -1 } \
    }
#define KEY_COLUMN(column_name, type_id) \
    { .name = column_name, .type = {.id = TYPE_##type_id, .modifier = -1}, .is_not_null = true }
#define TIME_COLUMN(column_name, type_id) \
    { .name = column_name, .type = {.id = TYPE_##type_id, .modifier = -1}, .has_watermark = true }
#define HIDDEN_COLUMN(column_name, type_id)                                                     \
    {                                                                                           \
        .name = column_name, .type = {.id = TYPE_##type_id, .modifier = -1}, .is_hidden = true, \
        .is_not_null = true                                                                     \
    }

static const CatalogColumn t_columns[] = {KEY_COLUMN("a", INT4), COLUMN("b", INT4), COLUMN("c", TEXT)};
static const CatalogColumn u_columns[] = {KEY_COLUMN("a", INT4), COLUMN("d", INT8), COLUMN("e", NUMERIC)};
static const CatalogColumn r_columns[] = {
    COLUMN("x", INT4), COLUMN("y", TEXT), COLUMN("z", TIMESTAMP), HIDDEN_COLUMN("$row_id", INT8)};
static const CatalogColumn bid_columns[] = {COLUMN("auction", INT8), COLUMN("bidder", INT8),
    COLUMN("price", INT8), COLUMN("channel", TEXT), TIME_COLUMN("ts", TIMESTAMP),
    HIDDEN_COLUMN("$arrival", TIMESTAMP)};
static const CatalogColumn person_columns[] = {COLUMN("id", INT8), COLUMN("name", TEXT),
    TIME_COLUMN("ts", TIMESTAMP), HIDDEN_COLUMN("$arrival", TIMESTAMP)};
static const CatalogColumn dml_columns[] = {
    KEY_COLUMN("id", INT4),
    {.name = "name",
        .type = {.id = TYPE_VARCHAR, .modifier = 9},
        .default_value = &(const CatalogDefinition){.text = "'anon'"}},
    {.name = "amount", .type = {.id = TYPE_NUMERIC, .modifier = (10 << 16 | 2) + 4}},
    {.name = "twice",
        .type = {.id = TYPE_NUMERIC, .modifier = -1},
        .computed = &(const CatalogDefinition){.text = "amount * 2"}},
};
static const CatalogColumn class_columns[] = {
    COLUMN("oid", OID), COLUMN("relname", NAME), COLUMN("relnamespace", OID)};
static const CatalogColumn view_columns[] = {COLUMN("a", INT4), COLUMN("total", INT8)};
static const int first_column[] = {0}, row_id[] = {3};

static const CatalogRelation test_relations[] = {
    {.id = 1,
        .kind = RELATION_TABLE,
        .schema = "public",
        .name = "t",
        .column_count = 3,
        .columns = t_columns,
        .key_count = 1,
        .key = first_column,
        .watermark_column = -1},
    {.id = 2,
        .kind = RELATION_TABLE,
        .schema = "public",
        .name = "u",
        .column_count = 3,
        .columns = u_columns,
        .key_count = 1,
        .key = first_column,
        .watermark_column = -1},
    {.id = 3,
        .kind = RELATION_TABLE,
        .schema = "public",
        .name = "r",
        .column_count = 4,
        .columns = r_columns,
        .key_count = 1,
        .key = row_id,
        .watermark_column = -1},
    {.id = 4,
        .kind = RELATION_SOURCE,
        .schema = "public",
        .name = "bid",
        .column_count = 6,
        .columns = bid_columns,
        .key_count = -1,
        .is_append_only = true,
        .watermark_column = 4},
    {.id = 5,
        .kind = RELATION_SOURCE,
        .schema = "public",
        .name = "person",
        .column_count = 4,
        .columns = person_columns,
        .key_count = -1,
        .is_append_only = true,
        .watermark_column = 2},
    {.id = 6,
        .kind = RELATION_TABLE,
        .schema = "public",
        .name = "orders",
        .column_count = 4,
        .columns = dml_columns,
        .key_count = 1,
        .key = first_column,
        .watermark_column = -1},
    {.id = 7,
        .kind = RELATION_VIEW,
        .schema = "public",
        .name = "v",
        .column_count = 2,
        .columns = view_columns,
        .key_count = -1,
        .watermark_column = -1,
        .definition = &(const CatalogDefinition){.text = "SELECT a, count(*) AS total FROM t GROUP BY a"}},
    {.id = 8,
        .kind = RELATION_SYSTEM,
        .schema = "pg_catalog",
        .name = "pg_class",
        .column_count = 3,
        .columns = class_columns,
        .key_count = -1,
        .watermark_column = -1},
    {.id = 9,
        .kind = RELATION_MATERIALIZED_VIEW,
        .schema = "public",
        .name = "mv",
        .column_count = 2,
        .columns = view_columns,
        .key_count = 1,
        .key = first_column,
        .watermark_column = -1},
};

static inline const CatalogRelation *test_relation_by_name(
    Catalog *catalog, const char *schema, const char *name, Arena *arena) {
    for (int i = 0; i < COUNT(test_relations); i++)
        if (strcmp(test_relations[i].name, name) == 0 &&
            (schema == NULL || strcmp(schema, test_relations[i].schema) == 0))
            return &test_relations[i];
    return NULL;
}

static inline const CatalogRelation *test_relation_by_id(Catalog *catalog, uint32_t id, Arena *arena) {
    for (int i = 0; i < COUNT(test_relations); i++)
        if (test_relations[i].id == id)
            return &test_relations[i];
    return NULL;
}

static inline bool test_schema_exists(Catalog *catalog, const char *schema) {
    return strcmp(schema, "public") == 0 || strcmp(schema, "pg_catalog") == 0;
}

static Catalog test_catalog = {.relation_by_name = test_relation_by_name,
    .relation_by_id = test_relation_by_id,
    .schema_exists = test_schema_exists};

static inline void test_notice(void *argument, Status status, const char *message, const char *hint) {
    text_printf(argument, "NOTICE: %s\n", message);
}

static inline void add_error(const Error *error, Text *out) {
    text_printf(out, "%s at %d: %s", status_sqlstate(error->status), error->position, error->message);
    if (error->hint != NULL)
        text_printf(out, " HINT: %s", error->hint);
}

/* EXPLAIN without costs, or "SQLSTATE at position: message". */
static inline const char *plan_text(const char *sql, PlanMode mode, Arena *arena) {
    Error error = {0};
    SyntaxStatement **statements;
    int count;
    Text out = {0};
    PlannerContext context = {.arena = arena,
        .catalog = &test_catalog,
        .settings = &type_settings_default,
        .sql = sql,
        .notice = test_notice,
        .notice_argument = &out};
    Plan plan;
    DmlPlan dml;
    Status status = parse_statements(sql, strlen(sql), arena, &statements, &count, &error);
    if (status == OK && statements[0]->kind == SYNTAX_STATEMENT_SELECT)
        status = plan_query(&context, statements[0]->select, mode, &plan, &error);
    else if (status == OK) {
        status = plan_dml(&context, statements[0], &dml, &error);
        plan = dml.plan;
    }
    if (status == OK)
        plan_explain(&plan, false, false, NULL, NULL, &out);
    else
        add_error(&error, &out);
    const char *text = arena_strdup(arena, text_string(&out));
    text_free(&out);
    error_clear(&error);
    return text;
}

#endif
