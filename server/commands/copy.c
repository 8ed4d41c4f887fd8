/* COPY: a query, a table or a subscription to the client, rows from the client into a table. */
#include <stdio.h>
#include <string.h>

#include "executor/base/memory.h"
#include "planner/parse/build.h"
#include "server/commands/dml.h"
#include "server/commands/subscription.h"
#include "server/commands/role.h"

/* COPY … FROM. COPY … TO runs another statement, and the connection lays out its rows. */
typedef struct CopyPlan {
    const CatalogRelation *relation;
    int *columns; /* numbers of the columns that come */
    int column_count;
} CopyPlan;

static Status option_char(const Analysis *analysis, const SyntaxOption *option, char *out, Error *error) {
    if (option->value == NULL || strlen(option->value) != 1) {
        error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "COPY %s must be a single one-byte character", option->name);
        return analysis_error_at(analysis, option->position, error);
    }
    *out = option->value[0];
    return OK;
}

static bool is_option(const SyntaxOption *option, const char *name) {
    return strcasecmp(option->name, name) == 0;
}

/* What PostgreSQL knows and we don't, and what nobody knows. */
static Status refuse_option(const Analysis *analysis, const SyntaxOption *option, Error *error) {
    static const char *const known[] = {"force_quote", "force_not_null", "force_null", "encoding"};
    if (is_option(option, "format"))
        error_set(error, STATUS_INVALID_PARAMETER_VALUE, "COPY format \"%s\" not recognized",
            option->value == NULL ? "" : option->value);
    else
        error_set(error, STATUS_SYNTAX_ERROR, "option \"%s\" not recognized", option->name);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (is_option(option, known[i]))
            error_set(
                error, STATUS_FEATURE_NOT_SUPPORTED, "COPY option \"%s\" is not supported", option->name);
    return analysis_error_at(analysis, option->position, error);
}

static Status read_options(Analysis *analysis, const SyntaxCopy *copy, CopyFormat *format, Error *error) {
    *format = (CopyFormat){.direction = copy->is_from ? COPY_IN : COPY_OUT, .kind = COPY_TEXT};
    bool has_delimiter = false;
    for (int i = 0; i < copy->options.count; i++) {
        const SyntaxOption *option = &copy->options.items[i];
        const char *value = option->value == NULL ? "" : option->value;
        if (is_option(option, "csv") || (is_option(option, "format") && strcasecmp(value, "csv") == 0))
            format->kind = COPY_CSV;
        else if (is_option(option, "binary") ||
                 (is_option(option, "format") && strcasecmp(value, "binary") == 0))
            format->kind = COPY_BINARY;
        else if (is_option(option, "format") && strcasecmp(value, "text") == 0)
            format->kind = COPY_TEXT;
        else if (is_option(option, "header"))
            format->has_header =
                strcasecmp(value, "false") != 0 && strcasecmp(value, "off") != 0 && strcmp(value, "0") != 0;
        else if (is_option(option, "delimiter") || is_option(option, "delimiters")) {
            TRY(option_char(analysis, option, &format->delimiter, error));
            has_delimiter = true;
        } else if (is_option(option, "quote"))
            TRY(option_char(analysis, option, &format->quote, error));
        else if (is_option(option, "escape"))
            TRY(option_char(analysis, option, &format->escape, error));
        else if (is_option(option, "null"))
            format->null_text = option->value;
        else if (is_option(option, "freeze"))
            session_notice(analysis->session, SEVERITY_NOTICE, OK, "COPY option \"%s\" has no effect here",
                option->name);
        else if (!is_option(option, "encoding") || strcasecmp(value, "utf8") != 0)
            return refuse_option(analysis, option, error);
    }
    if (!has_delimiter)
        format->delimiter = format->kind == COPY_CSV ? ',' : '\t';
    if (format->quote == 0)
        format->quote = '"';
    if (format->escape == 0)
        format->escape = format->quote;
    if (format->null_text == NULL)
        format->null_text = format->kind == COPY_CSV ? "" : "\\N";
    return OK;
}

static int find_column(const CatalogRelation *relation, const char *name) {
    for (int i = 0; i < relation->column_count; i++)
        if (!relation->columns[i].is_hidden && strcmp(relation->columns[i].name, name) == 0)
            return i;
    return -1;
}

static Status check_column(const CatalogRelation *relation, const char *name, int *column, Error *error) {
    *column = find_column(relation, name);
    if (*column < 0)
        return error_set(error, STATUS_UNDEFINED_COLUMN, "column \"%s\" of relation \"%s\" does not exist",
            name, relation->name);
    if (relation->kind != RELATION_TABLE || relation->columns[*column].computed == NULL)
        return OK;
    error_set(error, STATUS_INVALID_COLUMN_REFERENCE, "column \"%s\" is a generated column", name);
    return error_detail(error, "Generated columns cannot be used in COPY.");
}

static Status choose_columns(Analysis *analysis, const SyntaxCopy *copy, CopyPlan *plan, Error *error) {
    const CatalogRelation *relation = plan->relation;
    plan->columns = ARENA_ARRAY(analysis->arena, int, relation->column_count + copy->column_count + 1);
    for (int i = 0; i < copy->column_count; i++) {
        int column;
        TRY(check_column(relation, copy->columns[i], &column, error));
        plan->columns[plan->column_count++] = column;
    }
    for (int i = 0; copy->column_count == 0 && i < relation->column_count; i++)
        if (!relation->columns[i].is_hidden && relation->columns[i].computed == NULL)
            plan->columns[plan->column_count++] = i;
    const char *names[plan->column_count + 1];
    Type types[plan->column_count + 1];
    for (int i = 0; i < plan->column_count; i++) {
        names[i] = relation->columns[plan->columns[i]].name;
        types[i] = relation->columns[plan->columns[i]].type;
    }
    Schema schema = {plan->column_count, names, types};
    analysis_set_columns(analysis, &schema, NULL, plan->column_count);
    analysis->prepared.returns_rows = false;
    return OK;
}

static Status prepare_from(Analysis *analysis, Error *error) {
    const SyntaxCopy *copy = analysis->syntax->copy;
    CopyPlan *plan = ARENA_NEW(analysis->arena, CopyPlan);
    Object *object;
    TRY(analysis_find(analysis, &copy->table, &object, error));
    if (object->relation.kind != RELATION_TABLE)
        return error_set(error, STATUS_WRONG_OBJECT_TYPE, "cannot copy to %s \"%s\"",
            relation_kind_name(object->relation.kind), object->relation.name);
    if (object->relation.has_connector)
        return error_set(error, STATUS_WRONG_OBJECT_TYPE,
            "cannot copy to table \"%s\": its rows come from its connector", object->relation.name);
    TRY(analysis_check_may(analysis, object, PRIVILEGE_INSERT, error));
    if (copy->where != NULL)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "COPY FROM … WHERE is not supported");
    plan->relation = &object->relation;
    analysis->plan = plan;
    return choose_columns(analysis, copy, plan, error);
}

/* COPY t TO is COPY (SELECT … FROM t) TO: the columns named, or all that COPY FROM fills; a view's, all. */
static Status inner_syntax(Analysis *analysis, const SyntaxStatement **inner, Error *error) {
    const SyntaxCopy *copy = analysis->syntax->copy;
    Arena *arena = analysis->arena;
    *inner = copy->statement;
    if (copy->statement != NULL)
        return OK;
    Object *object;
    TRY(analysis_find(analysis, &copy->table, &object, error));
    const CatalogRelation *relation = &object->relation;
    SyntaxStatement *built = syntax_statement(arena, SYNTAX_STATEMENT_SELECT, "SELECT");
    SyntaxSelect *select = built->select = syntax_select(arena, &copy->table);
    for (int i = 0, column; i < copy->column_count; i++) {
        TRY(check_column(relation, copy->columns[i], &column, error));
        syntax_add_target(arena, select, syntax_column(arena, NULL, copy->columns[i], -1));
    }
    bool is_table = relation->kind == RELATION_TABLE;
    for (int i = 0; i < relation->column_count && copy->column_count == 0 && is_table; i++)
        if (!relation->columns[i].is_hidden && relation->columns[i].computed == NULL)
            syntax_add_target(arena, select, syntax_column(arena, NULL, relation->columns[i].name, -1));
    if (copy->column_count == 0 && !is_table)
        syntax_add_star(arena, select);
    *inner = built;
    return OK;
}

static Status prepare_to(Analysis *analysis, Error *error) {
    const SyntaxStatement *syntax;
    TRY(inner_syntax(analysis, &syntax, error));
    TRY(leat_engine.prepare(
        analysis->instance, analysis->session, analysis->script, syntax, NULL, 0, &analysis->inner, error));
    Prepared *inner = analysis->inner;
    if (syntax->kind != SYNTAX_STATEMENT_SELECT)
        inner->tag = "COPY";
    if (!inner->returns_rows)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "COPY query must have a RETURNING clause");
    analysis->prepared.column_count = inner->column_count;
    analysis->prepared.columns = inner->columns;
    analysis->prepared.is_endless = inner->is_endless;
    analysis->prepared.is_read_only = inner->is_read_only;
    return OK;
}

static Status copy_prepare(Analysis *analysis, Error *error) {
    const SyntaxCopy *copy = analysis->syntax->copy;
    if (copy->is_program || copy->file != NULL)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
            "COPY to or from a file on the server is not supported; use STDIN or STDOUT");
    TRY(read_options(analysis, copy, &analysis->prepared.copy, error));
    analysis->prepared.copy.relation_name =
        copy->table.part_count > 0 ? copy->table.parts[copy->table.part_count - 1] : "query";
    return copy->is_from ? prepare_from(analysis, error) : prepare_to(analysis, error);
}

/* COPY FROM: rows come in by copy_rows, columns that were not named get their defaults. */
typedef struct CopyIn {
    Execution base;
    Analysis *analysis;
    Session *session;
    Arena *arena;
    Evaluator **defaults; /* by the table's columns; those of computed ones are over the others */
    int default_count;
    int64_t count;
    bool is_complete;
} CopyIn;

static Status copy_in_step(
    Execution *execution, int row_max, Batch **batch, ExecutionState *state, Error *error) {
    CopyIn *self = (CopyIn *)execution;
    *state = self->is_complete ? EXECUTION_DONE : EXECUTION_WAIT;
    snprintf(execution->tag, sizeof execution->tag, "COPY %lld", (long long)self->count);
    return OK;
}

/* One column of the table: as it was given, by its default, or (`plain` given) computed from the others. */
static Status fill_column(CopyIn *self, Batch *given, Batch *plain, int column, Column **out, Error *error) {
    const CopyPlan *plan = self->analysis->plan;
    const CatalogColumn *target = &plan->relation->columns[column];
    for (int c = 0; c < plan->column_count; c++)
        if (plan->columns[c] == column) {
            *out = column_retain(given->columns[c]);
            return OK;
        }
    bool is_computed = target->computed != NULL;
    if (plain != NULL && !is_computed) {
        *out = column_retain(plain->columns[column]);
        return OK;
    }
    if (self->defaults[column] != NULL && (plain != NULL || !is_computed))
        return evaluator_run(self->defaults[column], is_computed ? plain : given, NULL, out, error);
    Value null = value_null(target->type);
    *out = column_constant(&null);
    return OK;
}

/* All columns up to the last visible one; with `plain` the computed ones too. */
static Status fill_columns(CopyIn *self, Batch *given, Batch *plain, Batch **out, Error *error) {
    const CatalogRelation *relation = ((const CopyPlan *)self->analysis->plan)->relation;
    Column *columns[relation->column_count + 1];
    int count = relation->column_count;
    while (count > 0 && relation->columns[count - 1].is_hidden)
        count--;
    for (int i = 0; i < count; i++) {
        Status status = fill_column(self, given, plain, i, &columns[i], error);
        if (status == OK)
            continue;
        while (i > 0)
            column_release(columns[--i]);
        return status;
    }
    *out = batch_create(given->row_count, count, columns);
    return OK;
}

static Status copy_in_rows(Execution *execution, Batch *batch, Error *error) {
    CopyIn *self = (CopyIn *)execution;
    if (batch == NULL) {
        self->is_complete = true;
        return OK;
    }
    const CatalogRelation *relation = ((const CopyPlan *)self->analysis->plan)->relation;
    Batch *dense = batch_dense(batch), *plain = NULL, *all = NULL;
    Status status = fill_columns(self, dense, NULL, &plain, error);
    if (status == OK)
        status = fill_columns(self, dense, plain, &all, error);
    if (status == OK) {
        Batch *rows = batch_dense(all);
        self->count += rows->row_count;
        status = dml_insert_batch(self->analysis, self->session, relation, rows, error);
        batch_release(rows);
    }
    batch_release(all);
    batch_release(plain);
    batch_release(dense);
    return status;
}

static void copy_in_close(Execution *execution) {
    CopyIn *self = (CopyIn *)execution;
    for (int i = 0; i < self->default_count; i++)
        evaluator_destroy(self->defaults[i]);
    arena_destroy(self->arena);
    prepared_release(&self->analysis->prepared);
    memory_free(self);
}

static const ExecutionType copy_in_type = {
    .step = copy_in_step, .copy_rows = copy_in_rows, .close = copy_in_close};

static Status plan_defaults(CopyIn *self, Error *error) {
    const CopyPlan *plan = self->analysis->plan;
    PlannerContext planner;
    analysis_context(self->analysis, self->session, NULL, &planner);
    planner.arena = self->arena;
    planner.sql = NULL;
    self->defaults = ARENA_ARRAY(self->arena, Evaluator *, plan->relation->column_count + 1);
    self->default_count = plan->relation->column_count;
    CatalogRelation none = *plan->relation;
    none.column_count = 0;
    for (int i = 0; i < plan->relation->column_count; i++) {
        const CatalogColumn *column = &plan->relation->columns[i];
        bool is_computed = column->computed != NULL;
        const CatalogDefinition *text = is_computed ? column->computed : column->default_value;
        Expression *expression;
        if (text == NULL)
            continue;
        TRY(plan_expression(
            &planner, text, is_computed ? plan->relation : &none, column->type, &expression, error));
        self->defaults[i] = evaluator_create(
            expression, session_type_settings(self->session), &session_state(self->session)->session_context);
    }
    return OK;
}

static Status copy_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    if (analysis->inner != NULL)
        return leat_engine.execute(analysis->instance, session, analysis->inner, parameters, out, error);
    CopyIn *self = NEW(CopyIn);
    self->base.type = &copy_in_type;
    self->analysis = analysis;
    self->session = session;
    self->arena = arena_create();
    prepared_retain(&analysis->prepared);
    Status status = plan_defaults(self, error);
    if (status != OK)
        copy_in_close(&self->base);
    else
        *out = &self->base;
    return status;
}

const Command copy_command = {.prepare = copy_prepare, .execute = copy_execute};
