/* Foreign calls: functions of other streaming systems that PostgreSQL has under another name or as an
   expression. They are looked for only where nothing of PostgreSQL's, nor of the user's, fits, so that no
   call of theirs changes its meaning. */
#include <string.h>

#include "planner/bind/binder.h"
#include "planner/parse/build.h"

static const struct {
    const char *name;
    int argument_count;
    const char *expression;
} calls[] = {
#define CALL(name, count, expression) {name, count, expression},
#define RENAMED(name, count, other, rest)
#define UNIT(name, count, place)
#include "planner/bind/expression/foreign_calls.def"
#undef CALL
#undef RENAMED
#undef UNIT
};

static const struct {
    const char *name;
    int argument_count;
    const char *other, *rest;
} renamed[] = {
#define CALL(name, count, expression)
#define RENAMED(name, count, other, rest) {name, count, other, rest},
#define UNIT(name, count, place)
#include "planner/bind/expression/foreign_calls.def"
#undef CALL
#undef RENAMED
#undef UNIT
};

static const struct {
    const char *name;
    int argument_count;
    int place;
} units[] = {
#define CALL(name, count, expression)
#define RENAMED(name, count, other, rest)
#define UNIT(name, count, place) {name, count, place},
#include "planner/bind/expression/foreign_calls.def"
#undef CALL
#undef RENAMED
#undef UNIT
};

/* A copy of the call with room for one more argument. */
static SyntaxExpression *copy_call(Binder *binder, const SyntaxExpression *syntax) {
    SyntaxExpression *copy = ARENA_NEW(binder->arena, SyntaxExpression);
    *copy = *syntax;
    copy->function.arguments =
        ARENA_ARRAY(binder->arena, SyntaxArgument, syntax->function.argument_count + 1);
    for (int i = 0; i < syntax->function.argument_count; i++)
        copy->function.arguments[i] = syntax->function.arguments[i];
    return copy;
}

static const SyntaxExpression *name_unit(Binder *binder, const SyntaxExpression *syntax, int place) {
    const SyntaxExpression *unit = syntax->function.arguments[place].expression;
    if (unit->kind != SYNTAX_COLUMN || unit->column.is_star || unit->column.name.part_count != 1)
        return syntax;
    SyntaxExpression *copy = copy_call(binder, syntax);
    copy->function.arguments[place].expression =
        syntax_string(binder->arena, unit->column.name.parts[0], unit->position);
    return copy;
}

static Status rename_call(
    Binder *binder, const SyntaxExpression **syntax, const char *other, const char *rest) {
    SyntaxExpression *copy = copy_call(binder, *syntax);
    SyntaxFunction *function = &copy->function;
    function->name.parts = ARENA_ARRAY(binder->arena, const char *, 1);
    function->name.parts[0] = other;
    if (rest != NULL) {
        function->arguments[function->argument_count].name = NULL;
        TRY(parse_expression(rest, strlen(rest), binder->arena,
            &function->arguments[function->argument_count++].expression, binder->error));
    }
    function->is_within_group = false; /* LISTAGG(x, ',') WITHIN GROUP (ORDER BY y) */
    *syntax = copy;
    return OK;
}

/* to_timestamp('2020-01-01 00:00:00'): the literal is a date and no number, which PostgreSQL's function of
   seconds would refuse. */
static const SyntaxExpression *type_time(Binder *binder, const SyntaxExpression *syntax) {
    const SyntaxExpression *literal = syntax->function.arguments[0].expression;
    if (literal->kind != SYNTAX_CONSTANT || literal->constant.kind != SYNTAX_CONSTANT_STRING)
        return syntax;
    size_t digits = strspn(literal->constant.text, "0123456789");
    if (digits == 0 || literal->constant.text[digits] != '-')
        return syntax;
    SyntaxExpression *copy = copy_call(binder, syntax);
    copy->function.arguments[0].expression = syntax_cast(binder->arena, (SyntaxExpression *)literal, "text");
    return copy;
}

Status foreign_rewrite(Binder *binder, const SyntaxExpression **syntax, bool has_builtin) {
    const SyntaxFunction *function = &(*syntax)->function;
    const char *name = function->name.parts[function->name.part_count - 1];
    if (function->name.part_count != 1)
        return OK;
    if (function->argument_count == 1 && strcmp(name, "to_timestamp") == 0)
        *syntax = type_time(binder, *syntax);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (units[i].argument_count == function->argument_count && strcmp(units[i].name, name) == 0)
            *syntax = name_unit(binder, *syntax, units[i].place);
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed && !has_builtin; i++)
        if (renamed[i].argument_count == function->argument_count && strcmp(renamed[i].name, name) == 0)
            return rename_call(binder, syntax, renamed[i].other, renamed[i].rest);
    return OK;
}

/* The expression, with the arguments bound already in the place of its parameters. */
static Status bind_expansion(
    Binder *binder, const char *expression, Expression *const *arguments, int count, Expression **out) {
    SyntaxExpression *body;
    ScopeItem item = {.column_count = count};
    item.columns = ARENA_ARRAY(binder->arena, ScopeColumn, count + 1);
    for (int i = 0; i < count; i++)
        item.columns[i] = (ScopeColumn){.expression = arguments[i]};
    const char *sql = binder->sql;
    const ScopeItem *parameters = binder->parameters;
    TRY(parse_expression(expression, strlen(expression), binder->arena, &body, binder->error));
    binder->sql = NULL;
    binder->parameters = &item;
    Status status = bind_expression(binder, body, out);
    binder->sql = sql;
    binder->parameters = parameters;
    return status;
}

Status bind_foreign_call(Binder *binder, const Call *call, Expression **out) {
    *out = NULL;
    for (size_t i = 0; i < sizeof calls / sizeof *calls && call->syntax->function.name.part_count == 1; i++) {
        if (calls[i].argument_count != call->count || strcmp(calls[i].name, call->name) != 0)
            continue;
        TRY(check_plain_call(binder, call->syntax, call->name));
        TRY(bind_expansion(binder, calls[i].expression, call->arguments, call->count, out));
        (*out)->position = call->position;
        return OK;
    }
    return OK;
}
