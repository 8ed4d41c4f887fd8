/* Build: syntax trees of what nobody wrote as SQL. */
#include "planner/parse/build.h"

#include "planner/parse/deparse.h"

SyntaxStatement *syntax_statement(Arena *arena, SyntaxStatementKind kind, const char *tag) {
    SyntaxStatement *statement = ARENA_NEW(arena, SyntaxStatement);
    statement->kind = kind;
    statement->tag = tag;
    return statement;
}

SyntaxName syntax_name(Arena *arena, const char *schema, const char *name, int position) {
    SyntaxName built = {.parts = ARENA_ARRAY(arena, const char *, 2), .position = position};
    if (schema != NULL)
        built.parts[built.part_count++] = schema;
    built.parts[built.part_count++] = name;
    return built;
}

SyntaxType *syntax_type(Arena *arena, const char *name) {
    SyntaxType *type = ARENA_NEW(arena, SyntaxType);
    *type = (SyntaxType){.name = syntax_name(arena, "pg_catalog", name, -1), .position = -1};
    return type;
}

static SyntaxExpression *expression_at(Arena *arena, SyntaxExpressionKind kind, int position) {
    SyntaxExpression *expression = ARENA_NEW(arena, SyntaxExpression);
    expression->kind = kind;
    expression->position = position;
    return expression;
}

SyntaxExpression *syntax_column(Arena *arena, const char *table, const char *name, int position) {
    SyntaxExpression *column = expression_at(arena, SYNTAX_COLUMN, position);
    column->column.name = syntax_name(arena, table, name, position);
    return column;
}

SyntaxExpression *syntax_string(Arena *arena, const char *text, int position) {
    SyntaxExpression *constant = expression_at(arena, SYNTAX_CONSTANT, position);
    constant->constant.kind = SYNTAX_CONSTANT_STRING;
    constant->constant.text = text;
    return constant;
}

SyntaxExpression *syntax_integer(Arena *arena, int64_t value) {
    SyntaxExpression *constant = expression_at(arena, SYNTAX_CONSTANT, -1);
    constant->constant.kind = SYNTAX_CONSTANT_INTEGER;
    constant->constant.integer = value;
    return constant;
}

SyntaxExpression *syntax_cast(Arena *arena, SyntaxExpression *argument, const char *type) {
    SyntaxExpression *cast = expression_at(arena, SYNTAX_CAST, argument->position);
    cast->cast.argument = argument;
    cast->cast.type = syntax_type(arena, type);
    return cast;
}

/* A constant of that type, which takes a name of at most so many parts: those before are the database's. */
static SyntaxExpression *name_constant(Arena *arena, const SyntaxName *name, int part_max, const char *type) {
    int skipped = name->part_count > part_max ? name->part_count - part_max : 0;
    SyntaxName last = {.parts = name->parts + skipped, .part_count = name->part_count - skipped};
    Text text = {0};
    deparse_name(&last, &text);
    const char *copy = arena_copy(arena, text_string(&text), text.length);
    text_free(&text);
    return syntax_cast(arena, syntax_string(arena, copy, name->position), type);
}

SyntaxExpression *syntax_relation_oid(Arena *arena, const SyntaxName *name) {
    return name_constant(arena, name, 2, "regclass");
}

SyntaxExpression *syntax_schema_oid(Arena *arena, const SyntaxName *name) {
    return name_constant(arena, name, 1, "regnamespace");
}

SyntaxExpression *syntax_call(Arena *arena, const char *name, SyntaxExpression *argument) {
    SyntaxExpression *call = expression_at(arena, SYNTAX_FUNCTION, -1);
    call->function.name = syntax_name(arena, "pg_catalog", name, -1);
    call->function.arguments = ARENA_NEW(arena, SyntaxArgument);
    call->function.arguments[0].expression = argument;
    call->function.argument_count = 1;
    return call;
}

SyntaxExpression *syntax_operator(Arena *arena, SyntaxOperatorKind kind, const char *name,
    SyntaxExpression *left, SyntaxExpression *right) {
    SyntaxExpression *expression = expression_at(arena, SYNTAX_OPERATOR, right->position);
    expression->operation = (SyntaxOperator){
        .kind = kind, .name = syntax_name(arena, NULL, name, -1), .left = left, .right = right};
    return expression;
}

SyntaxExpression *syntax_test(Arena *arena, SyntaxTestKind kind, SyntaxExpression *argument) {
    SyntaxExpression *test = expression_at(arena, SYNTAX_TEST, argument->position);
    test->test.kind = kind;
    test->test.argument = argument;
    return test;
}

static SyntaxExpression *boolean(
    Arena *arena, SyntaxBooleanKind kind, SyntaxExpression *first, SyntaxExpression *second) {
    SyntaxExpression *expression = expression_at(arena, SYNTAX_BOOLEAN, -1);
    expression->boolean.kind = kind;
    expression->boolean.count = second == NULL ? 1 : 2;
    expression->boolean.arguments = ARENA_ARRAY(arena, SyntaxExpression *, 2);
    expression->boolean.arguments[0] = first;
    expression->boolean.arguments[1] = second;
    return expression;
}

SyntaxExpression *syntax_not(Arena *arena, SyntaxExpression *argument) {
    return boolean(arena, SYNTAX_NOT, argument, NULL);
}

SyntaxExpression *syntax_coalesce(Arena *arena, SyntaxExpression *first, SyntaxExpression *second) {
    SyntaxExpression *expression = expression_at(arena, SYNTAX_COALESCE, -1);
    expression->list.count = 2;
    expression->list.items = ARENA_ARRAY(arena, SyntaxExpression *, 2);
    expression->list.items[0] = first;
    expression->list.items[1] = second;
    return expression;
}

static SyntaxTable *relation(Arena *arena, const SyntaxName *name) {
    SyntaxTable *table = ARENA_NEW(arena, SyntaxTable);
    table->kind = SYNTAX_TABLE_RELATION;
    table->position = name->position;
    table->relation.name = *name;
    return table;
}

SyntaxSelect *syntax_select(Arena *arena, const SyntaxName *from) {
    SyntaxSelect *select = ARENA_NEW(arena, SyntaxSelect);
    select->kind = SYNTAX_SELECT;
    select->position = from->position;
    if (from->part_count > 0)
        ARENA_APPEND(arena, select->from, select->from_count, relation(arena, from));
    return select;
}

void syntax_add_target(Arena *arena, SyntaxSelect *select, SyntaxExpression *expression) {
    SyntaxTarget target = {.expression = expression, .position = expression->position};
    ARENA_APPEND(arena, select->targets, select->target_count, target);
}

void syntax_add_star(Arena *arena, SyntaxSelect *select) {
    SyntaxExpression *star = expression_at(arena, SYNTAX_COLUMN, -1);
    star->column.is_star = true;
    star->column.name.position = -1;
    syntax_add_target(arena, select, star);
}

void syntax_add_condition(Arena *arena, SyntaxSelect *select, SyntaxExpression *condition) {
    select->where = select->where == NULL ? condition : boolean(arena, SYNTAX_AND, select->where, condition);
}

void syntax_add_option(Arena *arena, SyntaxOptions *options, const char *name, const char *value) {
    SyntaxOption option = {
        .name = name, .value = value, .is_string = true, .position = -1, .value_position = -1};
    ARENA_APPEND(arena, options->items, options->count, option);
}

SyntaxInsert *syntax_insert(Arena *arena, const SyntaxName *into, SyntaxSelect *query) {
    SyntaxInsert *insert = ARENA_NEW(arena, SyntaxInsert);
    insert->table = relation(arena, into);
    insert->query = query;
    insert->conflict_position = -1;
    return insert;
}
