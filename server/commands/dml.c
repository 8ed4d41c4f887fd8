/* INSERT, UPDATE, DELETE: a query over a snapshot gives the rows; they go to the transaction's write set, checked against the table's constraints. */
#include "server/commands/dml.h"

#include <stdio.h>
#include <string.h>

#include "executor/base/memory.h"
#include "executor/dataflow/query.h"

enum { SHORT_TEXT = 4096 }; /* bytes of a statement whose VALUES are few */

/* Everything a statement needs while its rows come in. */
typedef struct Dml {
    Statement *statement;
    Session *session;
    SessionFacts facts; /* with the statement's parameters */
    const DmlPlan *plan;
    WriteSet *writes;
    Relation *relation;
    uint64_t epoch;
    const int *key;
    int key_count;
    Evaluator **checks, **returning;
    int row_id_column, arrival_column;
    int64_t count;
    BatchList *returned;
    bool may_conflict;        /* a new row may meet one that is there */
    WriteSet *touched;        /* ON CONFLICT DO UPDATE: rows that this statement has written */
    BatchList removed, added; /* UPDATE: applied at the end, all removals first */
    BatchList results;        /* UPDATE with RETURNING: of the same rows */
} Dml;

static int hidden_column(const CatalogRelation *table, const char *name) {
    for (int i = 0; i < table->column_count; i++)
        if (table->columns[i].is_hidden && strcmp(table->columns[i].name, name) == 0)
            return i;
    return -1;
}

/* Up to the last visible column: a column that was added later stands behind hidden ones, which new rows hold as NULL until they are filled. */
static int visible_count(const CatalogRelation *table) {
    int count = table->column_count;
    while (count > 0 && table->columns[count - 1].is_hidden)
        count--;
    return count;
}

static Status open_checks(Dml *dml, Arena *arena, Error *error) {
    const CatalogRelation *table = dml->plan->table;
    PlannerContext context;
    if (table->check_count > 0)
        statement_context(dml->statement, dml->session, NULL, &context);
    context.arena = arena;
    context.sql = NULL;
    dml->checks = NEW_ARRAY(Evaluator *, table->check_count + 1);
    for (int i = 0; i < table->check_count; i++) {
        Expression *check;
        TRY(plan_expression(&context, table->check_texts[i], table, type_of(TYPE_BOOL), &check, error));
        dml->checks[i] = evaluator_create(check, session_type_settings(dml->session), &dml->facts);
    }
    dml->returning = NEW_ARRAY(Evaluator *, dml->plan->returning_count + 1);
    for (int i = 0; i < dml->plan->returning_count && dml->statement->syntax->kind == SYNTAX_STATEMENT_INSERT; i++)
        dml->returning[i] = evaluator_create(dml->plan->returning[i], session_type_settings(dml->session), &dml->facts);
    return OK;
}

static void dml_close(Dml *dml) {
    for (int i = 0; dml->checks != NULL && i < dml->plan->table->check_count; i++)
        evaluator_destroy(dml->checks[i]);
    for (int i = 0; dml->returning != NULL && i < dml->plan->returning_count; i++)
        evaluator_destroy(dml->returning[i]);
    memory_free(dml->checks);
    memory_free(dml->returning);
    write_set_destroy(dml->touched);
    batch_list_clear(&dml->removed);
    batch_list_clear(&dml->added);
    batch_list_clear(&dml->results);
    if (dml->relation != NULL)
        relation_release(dml->relation);
}

static void failing_row(const Dml *dml, const Batch *batch, int row, Text *out) {
    int visible = visible_count(dml->plan->table);
    for (int c = 0; c < visible; c++) {
        if (c > 0)
            text_add_string(out, ", ");
        if (column_is_null(batch->columns[c], row))
            text_add_string(out, "null");
        else
            datum_format(batch->columns[c]->type, column_at(batch->columns[c], row), session_type_settings(dml->session), out);
    }
}

/* Adds the failing row to an error just set. */
static Status with_row(const Dml *dml, const Batch *batch, int row, Error *error) {
    Text text = {0};
    failing_row(dml, batch, row, &text);
    error_detail(error, "Failing row contains (%s).", text_string(&text));
    text_free(&text);
    error_name(error, ERROR_SCHEMA, dml->plan->table->schema);
    return error_name(error, ERROR_TABLE, dml->plan->table->name);
}

static Status check_not_null(const Dml *dml, const Batch *batch, Error *error) {
    const CatalogRelation *table = dml->plan->table;
    for (int c = 0; c < table->column_count; c++) {
        bool is_key = false;
        for (int k = 0; k < table->key_count; k++)
            is_key |= table->key[k] == c;
        if (table->columns[c].is_hidden || (!table->columns[c].is_not_null && !is_key) || batch->columns[c]->nulls == NULL)
            continue;
        for (int row = 0; row < batch->row_count; row++)
            if (column_is_null(batch->columns[c], row)) {
                error_set(error, STATUS_NOT_NULL_VIOLATION, "null value in column \"%s\" of relation \"%s\" violates not-null constraint",
                    table->columns[c].name, table->name);
                error_name(error, ERROR_COLUMN, table->columns[c].name);
                return with_row(dml, batch, row, error);
            }
    }
    return OK;
}

static Status check_constraints(const Dml *dml, Batch *batch, Error *error) {
    const CatalogRelation *table = dml->plan->table;
    TRY(check_not_null(dml, batch, error));
    for (int i = 0; i < table->check_count; i++) {
        Column *result;
        TRY(evaluator_run(dml->checks[i], batch, NULL, &result, error));
        int failed = -1;
        for (int row = 0; row < batch->row_count && failed < 0; row++)
            if (!column_is_null(result, row) && !*(const uint8_t *)column_at(result, row))
                failed = row;
        column_release(result);
        if (failed >= 0) {
            error_set(
                error, STATUS_CHECK_VIOLATION, "new row for relation \"%s\" violates check constraint \"%s\"", table->name, table->check_names[i]);
            error_name(error, ERROR_CONSTRAINT, table->check_names[i]);
            return with_row(dml, batch, failed, error);
        }
    }
    return OK;
}

/* New rows (visible columns) with the hidden ones behind; `old` (UPDATE): its row ids stay. */
static Batch *with_hidden(const Dml *dml, const Batch *rows, const Batch *old) {
    const CatalogRelation *table = dml->plan->table;
    Column *columns[table->column_count + 1];
    for (int c = 0; c < table->column_count; c++) {
        if (!table->columns[c].is_hidden) {
            columns[c] = column_retain(rows->columns[c]);
            continue;
        }
        if (old != NULL) {
            columns[c] = column_retain(old->columns[c]);
            continue;
        }
        columns[c] = column_create(table->columns[c].type, rows->row_count);
        if (c != dml->row_id_column)
            continue;
        int64_t first = coordinator_next_row_id(dml->statement->instance->coordinator, rows->row_count);
        for (int row = 0; row < rows->row_count; row++)
            ((int64_t *)columns[c]->values)[row] = first + row;
    }
    return batch_create(rows->row_count, table->column_count, columns);
}

/* INSERT's. */
static Status return_rows(Dml *dml, Batch *rows, Error *error) {
    if (dml->returned == NULL || dml->plan->returning_count == 0 || rows->row_count == 0)
        return OK;
    Column *columns[dml->plan->returning_count];
    for (int i = 0; i < dml->plan->returning_count; i++) {
        Status status = evaluator_run(dml->returning[i], rows, NULL, &columns[i], error);
        if (status != OK) {
            while (i > 0)
                column_release(columns[--i]);
            return status;
        }
    }
    batch_list_add(dml->returned, batch_create(rows->row_count, dml->plan->returning_count, columns));
    return OK;
}

/* Of an index (its number), or (PRIMARY) of the key. */
enum { PRIMARY = -1, NO_CONFLICT = -2 };

static const int *unique_columns(const Dml *dml, int index, int *count) {
    *count = index == PRIMARY ? dml->key_count : dml->plan->table->indexes[index].key_count;
    return index == PRIMARY ? dml->key : dml->plan->table->indexes[index].key;
}

static Status duplicate_key(const Dml *dml, int index, const Batch *batch, int row, Error *error) {
    const CatalogRelation *table = dml->plan->table;
    Text names = {0}, values = {0};
    int count;
    const int *key = unique_columns(dml, index, &count);
    for (int k = 0; k < count; k++) {
        const Column *column = batch->columns[key[k]];
        text_printf(&names, "%s%s", k > 0 ? ", " : "", table->columns[key[k]].name);
        text_add_string(&values, k > 0 ? ", " : "");
        datum_format(column->type, column_at(column, row), session_type_settings(dml->session), &values);
    }
    const char *name = index == PRIMARY ? table->key_name : table->indexes[index].name;
    error_set(error, STATUS_UNIQUE_VIOLATION, "duplicate key value violates unique constraint \"%s\"", name);
    error_name(error, ERROR_SCHEMA, table->schema);
    error_name(error, ERROR_TABLE, table->name);
    error_name(error, ERROR_CONSTRAINT, name);
    error_detail(error, "Key (%s)=(%s) already exists.", text_string(&names), text_string(&values));
    text_free(&names);
    text_free(&values);
    return STATUS_UNIQUE_VIOLATION;
}

static bool is_enforced(const CatalogIndex *index, const Batch *batch, int row) {
    for (int k = 0; k < index->key_count; k++)
        if (column_is_null(batch->columns[index->key[k]], row))
            return false;
    return index->is_unique;
}

/* The stored row under a unique key, or NULL. */
static Status find_stored(const Dml *dml, int index, const Value *key, Batch **stored, Error *error) {
    if (index == PRIMARY)
        return relation_lookup(dml->relation, dml->epoch, key, stored, error);
    BatchList found = {0};
    bool is_known;
    Status status = relation_index_find(dml->relation, dml->plan->table->indexes[index].id, dml->epoch, key, 1, &found, &is_known, error);
    *stored = status == OK && found.count > 0 ? batch_retain(found.batches[0]) : NULL;
    batch_list_clear(&found);
    return status;
}

/* The row that stands under the key now, for this transaction: a dense batch's row, or *found NULL. The batch is the caller's. */
static Status current_row(const Dml *dml, int index, Batch *batch, int row, Batch **found, int *found_row, Error *error) {
    const Batch *own;
    int count;
    const int *columns = unique_columns(dml, index, &count);
    uint32_t id = index == PRIMARY ? dml->plan->table->id : write_set_index_id(dml->plan->table->indexes[index].id);
    int known = write_set_find(dml->writes, id, columns, count, batch, row, &own, found_row);
    *found = NULL;
    if (known > 0)
        *found = batch_retain((Batch *)own);
    if (known != 0)
        return OK;
    Value key[count + 1];
    for (int k = 0; k < count; k++)
        key[k] = column_value(batch->columns[columns[k]], row);
    Batch *stored;
    TRY(find_stored(dml, index, key, &stored, error));
    if (stored != NULL) {
        *found = batch_dense(stored);
        batch_release(stored);
        *found_row = 0;
    }
    return OK;
}

/* The first unique key, `preferred` before all, under which the row meets another: *index, or NO_CONFLICT. */
static Status find_conflict(const Dml *dml, int preferred, Batch *batch, int row, int *index, Batch **found, int *found_row, Error *error) {
    const CatalogRelation *table = dml->plan->table;
    *found = NULL;
    for (int turn = NO_CONFLICT; turn < table->index_count; turn++) {
        *index = turn == NO_CONFLICT ? preferred : turn;
        if (*index == NO_CONFLICT || (*index == PRIMARY && dml->row_id_column >= 0) ||
            (*index >= 0 && !is_enforced(&table->indexes[*index], batch, row)))
            continue;
        TRY(current_row(dml, *index, batch, row, found, found_row, error));
        if (*found != NULL)
            return OK;
    }
    *index = NO_CONFLICT;
    return OK;
}

static void remove_row(Dml *dml, Batch *batch, int row) {
    const CatalogRelation *table = dml->plan->table;
    write_set_remove(dml->writes, table->id, dml->key, dml->key_count, batch, row);
    for (int i = 0; i < table->index_count; i++)
        if (is_enforced(&table->indexes[i], batch, row))
            write_set_remove(dml->writes, write_set_index_id(table->indexes[i].id), table->indexes[i].key, table->indexes[i].key_count, batch, row);
}

/* What it might meet has been looked for. */
static void add_row(Dml *dml, Batch *batch, int row) {
    const CatalogRelation *table = dml->plan->table;
    write_set_add(dml->writes, table->id, dml->key, dml->key_count, batch, row);
    for (int i = 0; i < table->index_count; i++)
        if (is_enforced(&table->indexes[i], batch, row))
            write_set_add(dml->writes, write_set_index_id(table->indexes[i].id), table->indexes[i].key, table->indexes[i].key_count, batch, row);
}

static Status add_unique_row(Dml *dml, Batch *batch, int row, Error *error) {
    Batch *existing = NULL;
    int existing_row, index = NO_CONFLICT;
    if (dml->may_conflict)
        TRY(find_conflict(dml, NO_CONFLICT, batch, row, &index, &existing, &existing_row, error));
    batch_release(existing);
    if (index != NO_CONFLICT)
        return duplicate_key(dml, index, batch, row, error);
    add_row(dml, batch, row);
    return OK;
}

static Batch *one_row(Batch *batch, int row) {
    uint16_t rows[1] = {(uint16_t)row};
    Batch *selected = batch_select(batch, rows, 1);
    Batch *dense = batch_dense(selected);
    batch_release(selected);
    return dense;
}

/* ON CONFLICT DO UPDATE: the statement has written this row, and may not write it again. */
static void touch(Dml *dml, Batch *batch, int row) {
    if (dml->touched == NULL)
        dml->touched = write_set_create();
    write_set_add(dml->touched, dml->plan->table->id, dml->key, dml->key_count, batch, row);
}

static Status check_untouched(const Dml *dml, const Batch *existing, int row, Error *error) {
    const Batch *found;
    int found_row;
    if (write_set_find(dml->touched, dml->plan->table->id, dml->key, dml->key_count, existing, row, &found, &found_row) == 0)
        return OK;
    error_set(error, STATUS_CARDINALITY_VIOLATION, "ON CONFLICT DO UPDATE command cannot affect row a second time");
    return error_hint(error, "Ensure that no rows proposed for insertion within the same command have duplicate constrained values.");
}

/* ON CONFLICT DO UPDATE of one row. */
static Status update_conflict(Dml *dml, Batch *existing, int existing_row, Batch *batch, int row, Error *error) {
    TRY(check_untouched(dml, existing, existing_row, error));
    const DmlPlan *plan = dml->plan;
    int visible = visible_count(plan->table);
    Batch *old = one_row(existing, existing_row), *excluded = one_row(batch, row);
    Column *columns[2 * visible + 1];
    for (int c = 0; c < visible; c++) {
        columns[c] = column_retain(old->columns[c]);
        columns[visible + c] = column_retain(excluded->columns[c]);
    }
    Batch *both = batch_create(1, 2 * visible, columns);
    bool is_wanted = true;
    Status status = OK;
    if (plan->conflict_where != NULL) {
        Evaluator *where = evaluator_create(plan->conflict_where, session_type_settings(dml->session), &dml->facts);
        uint16_t rows[BATCH_ROWS_MAX];
        int count;
        status = evaluator_filter(where, both, NULL, rows, &count, error);
        is_wanted = status == OK && count == 1;
        evaluator_destroy(where);
    }
    if (status == OK && is_wanted) {
        Column *set[visible + 1];
        int made = 0;
        for (; made < visible && status == OK; made++) {
            Evaluator *evaluator = evaluator_create(plan->conflict_set[made], session_type_settings(dml->session), &dml->facts);
            status = evaluator_run(evaluator, both, NULL, &set[made], error);
            evaluator_destroy(evaluator);
        }
        if (status == OK) {
            Batch *plain = batch_create(1, visible, set);
            Batch *dense = batch_dense(plain);
            Batch *new = with_hidden(dml, dense, old);
            status = check_constraints(dml, new, error);
            if (status == OK) {
                remove_row(dml, old, 0);
                status = add_unique_row(dml, new, 0, error);
                touch(dml, new, 0);
                dml->count++;
                if (status == OK)
                    status = return_rows(dml, new, error);
            }
            batch_release(new);
            batch_release(dense);
            batch_release(plain);
        }
    }
    batch_release(both);
    batch_release(old);
    batch_release(excluded);
    return status;
}

/* Adds the rows, one by one where a key may be taken. */
static Status add_rows(Dml *dml, Batch *batch, Error *error) {
    const DmlPlan *plan = dml->plan;
    bool has_conflict_clause = plan->is_on_conflict_nothing || plan->is_on_conflict_update;
    uint16_t kept[BATCH_ROWS_MAX];
    int kept_count = 0;
    for (int row = 0; row < batch->row_count; row++) {
        Batch *existing = NULL;
        int existing_row = 0, index = NO_CONFLICT;
        if (dml->may_conflict)
            TRY(find_conflict(dml, plan->conflict_index, batch, row, &index, &existing, &existing_row, error));
        if (existing != NULL) {
            Status status = OK;
            if (!has_conflict_clause || (plan->conflict_index != NO_CONFLICT && plan->conflict_index != index))
                status = duplicate_key(dml, index, batch, row, error);
            else if (plan->is_on_conflict_update)
                status = update_conflict(dml, existing, existing_row, batch, row, error);
            batch_release(existing);
            TRY(status);
            continue;
        }
        add_row(dml, batch, row);
        if (plan->is_on_conflict_update)
            touch(dml, batch, row);
        kept[kept_count++] = (uint16_t)row;
    }
    dml->count += kept_count;
    Batch *selected = batch_select(batch, kept, kept_count);
    Batch *dense = batch_dense(selected);
    Status status = return_rows(dml, dense, error);
    batch_release(selected);
    batch_release(dense);
    return status;
}

static Status take_inserted(Dml *dml, Batch *rows, Error *error) {
    Batch *full = with_hidden(dml, rows, NULL);
    Status status = check_constraints(dml, full, error);
    if (status == OK)
        status = add_rows(dml, full, error);
    batch_release(full);
    return status;
}

/* What RETURNING shows stands behind the rows' own columns. */
static Batch *returned_columns(const Dml *dml, Batch *rows) {
    int count = dml->plan->returning_count, numbers[count + 1];
    for (int c = 0; c < count; c++)
        numbers[c] = rows->column_count - count + c;
    return batch_project(rows, numbers, count);
}

static Batch *table_columns(const Dml *dml, Batch *rows, int from) {
    int count = dml->plan->table->column_count, numbers[count + 1];
    for (int c = 0; c < count; c++)
        numbers[c] = from + c;
    return batch_project(rows, numbers, count);
}

static void take_deleted(Dml *dml, Batch *rows) {
    Batch *old = table_columns(dml, rows, 0);
    for (int row = 0; row < old->row_count; row++)
        remove_row(dml, old, row);
    dml->count += old->row_count;
    batch_release(old);
    if (dml->returned != NULL && dml->plan->returning_count > 0)
        batch_list_add(dml->returned, returned_columns(dml, rows));
}

/* Old rows, then new ones: kept until all are known, so that keys may be exchanged. */
static Status take_updated(Dml *dml, Batch *rows, Error *error) {
    Batch *old = table_columns(dml, rows, 0);
    Batch *new = table_columns(dml, rows, dml->plan->table->column_count);
    Batch *full = with_hidden(dml, new, old);
    batch_release(new);
    batch_list_add(&dml->removed, old);
    batch_list_add(&dml->added, full);
    if (dml->returned != NULL && dml->plan->returning_count > 0)
        batch_list_add(&dml->results, returned_columns(dml, rows));
    return check_constraints(dml, full, error);
}

static void keep_rows(Batch **batch, const uint16_t *rows, int count) {
    Batch *selected = batch_select(*batch, rows, count);
    batch_release(*batch);
    *batch = batch_dense(selected);
    batch_release(selected);
}

/* A row that a join finds twice is updated once, as PostgreSQL does: by the first. */
static Status apply_updates(Dml *dml, Error *error) {
    uint32_t table = dml->plan->table->id;
    for (int b = 0; b < dml->removed.count; b++) {
        Batch *old = dml->removed.batches[b];
        uint16_t rows[BATCH_ROWS_MAX];
        int count = 0;
        for (int row = 0; row < old->row_count; row++) {
            const Batch *own;
            int own_row;
            if (write_set_find(dml->writes, table, dml->key, dml->key_count, old, row, &own, &own_row) < 0)
                continue;
            remove_row(dml, old, row);
            rows[count++] = (uint16_t)row;
        }
        keep_rows(&dml->added.batches[b], rows, count);
        dml->count += count;
        if (dml->results.count > 0) {
            keep_rows(&dml->results.batches[b], rows, count);
            batch_list_add(dml->returned, batch_retain(dml->results.batches[b]));
        }
    }
    for (int b = 0; b < dml->added.count; b++) {
        Batch *new = dml->added.batches[b];
        for (int row = 0; row < new->row_count; row++)
            TRY(add_unique_row(dml, new, row, error));
    }
    return OK;
}

static Status take_rows(Dml *dml, Batch *batch, Error *error) {
    Batch *dense = batch_dense(batch);
    Status status = OK;
    switch (dml->statement->syntax->kind) {
    case SYNTAX_STATEMENT_DELETE:
        take_deleted(dml, dense);
        break;
    case SYNTAX_STATEMENT_UPDATE:
        status = take_updated(dml, dense, error);
        break;
    default:
        status = take_inserted(dml, dense, error);
        break;
    }
    batch_release(dense);
    return status;
}

/* Repeats rows whose count is above one: a plan's output is a multiset. */
static Status take_counted(Dml *dml, Batch *batch, Error *error) {
    int64_t most = 1;
    for (int i = 0; i < batch->selected_count; i++) {
        int64_t diff = batch_diff(batch, batch_row(batch, i));
        most = diff > most ? diff : most;
    }
    Status status = take_rows(dml, batch, error);
    for (int64_t copy = 2; copy <= most && status == OK; copy++) {
        uint16_t rows[BATCH_ROWS_MAX];
        int count = 0;
        for (int i = 0; i < batch->selected_count; i++)
            if (batch_diff(batch, batch_row(batch, i)) >= copy)
                rows[count++] = (uint16_t)batch_row(batch, i);
        Batch *again = batch_select(batch, rows, count);
        status = take_rows(dml, again, error);
        batch_release(again);
    }
    return status;
}

static Status run_plan(Dml *dml, QueryContext *context, const Execution *execution, Error *error) {
    QuerySpec spec = {
        .root = dml->plan->plan.root,
        .settings = query_context_settings(context),
        .session = &dml->facts,
        .environment = query_context_environment(context),
    };
    Query *query;
    TRY(query_open(&spec, &query, error));
    Status status = OK;
    for (bool is_done = false; !is_done && status == OK;) {
        Batch *batch = NULL;
        if (execution != NULL && execution_is_cancelled(execution))
            status = execution_cancelled(execution, error);
        if (status == OK)
            status = query_next(query, &batch, &is_done, error);
        if (status == OK && batch != NULL)
            status = take_counted(dml, batch, error);
        batch_release(batch);
    }
    query_close(query);
    return status;
}

static Status dml_begin(Statement *statement, Session *session, const Value *parameters, const CatalogRelation *table, Dml *dml, Error *error) {
    SessionState *state = session_state(session);
    if (state->writes == NULL)
        state->writes = write_set_create();
    dml->statement = statement;
    dml->session = session;
    dml->facts = state->facts;
    dml->facts.parameters = parameters;
    dml->writes = state->writes;
    dml->row_id_column = hidden_column(table, "$row_id");
    dml->arrival_column = hidden_column(table, "$arrival");
    dml->key = dml->row_id_column >= 0 ? &dml->row_id_column : table->key;
    dml->key_count = dml->row_id_column >= 0 ? 1 : table->key_count;
    dml->may_conflict = dml->row_id_column < 0 || table->index_count > 0;
    if (!write_set_has_width(state->writes, table->id, table->column_count))
        return error_set(error, STATUS_SERIALIZATION_FAILURE, "could not serialize access due to concurrent update");
    write_set_note_definition(state->writes, table->id, dml->key, dml->key_count, catalog_snapshot_base(statement->snapshot));
    TRY(coordinator_relation(statement->instance->coordinator, table->id, &dml->relation, error));
    return dml->relation != NULL ? OK : error_set(error, STATUS_UNDEFINED_TABLE, "relation \"%s\" does not exist", table->name);
}

/* The plan of the analysis, unless the parameters' values may lead to a better one. */
static Status make_plan(Statement *statement, Session *session, const Value *parameters, Arena *arena, DmlPlan *plan, Error *error) {
    const DmlPlan *prepared = statement->plan;
    if (statement->parameter_count == 0 || prepared->plan.is_read_bounded) {
        *plan = *prepared;
        return OK;
    }
    PlannerContext planner;
    statement_context(statement, session, parameters, &planner);
    planner.arena = arena;
    return plan_dml(&planner, statement->syntax, plan, error);
}

Status dml_evaluate(Statement *statement, Session *session, const Value *parameters, const Execution *execution, int64_t *row_count,
    BatchList *returning, Error *error) {
    Arena *arena = arena_create();
    DmlPlan plan = {0};
    Dml dml = {.plan = &plan, .returned = returning};
    QueryContext *context = NULL;
    Status status = make_plan(statement, session, parameters, arena, &plan, error);
    if (status == OK)
        status = dml_begin(statement, session, parameters, plan.table, &dml, error);
    if (status == OK)
        status = open_checks(&dml, arena, error);
    if (status == OK) {
        context = query_context_create(statement, session);
        dml.epoch = query_context_environment(context)->epoch;
        status = run_plan(&dml, context, execution, error);
    }
    if (status == OK && statement->syntax->kind == SYNTAX_STATEMENT_UPDATE)
        status = apply_updates(&dml, error);
    *row_count = dml.count;
    if (plan.table != NULL)
        dml_close(&dml);
    query_context_destroy(context);
    arena_destroy(arena);
    return status;
}

Status dml_insert_batch(Statement *statement, Session *session, const CatalogRelation *table, Batch *rows, Error *error) {
    Arena *arena = arena_create();
    DmlPlan plan = {.table = table, .conflict_index = NO_CONFLICT};
    Dml dml = {.plan = &plan};
    Status status = dml_begin(statement, session, NULL, table, &dml, error);
    if (status == OK)
        status = open_checks(&dml, arena, error);
    if (status == OK) {
        dml.epoch = epochs_published(coordinator_epochs(statement->instance->coordinator));
        status = take_inserted(&dml, rows, error);
    }
    dml_close(&dml);
    arena_destroy(arena);
    return status;
}

static Status remove_batch(Dml *dml, Batch *batch, int64_t sign) {
    Batch *dense = batch_dense(batch);
    for (int row = 0; row < dense->row_count; row++)
        if (batch_diff(dense, row) * sign > 0)
            remove_row(dml, dense, row);
    batch_release(dense);
    return OK;
}

Status dml_delete_all(Statement *statement, Session *session, const CatalogRelation *table, Error *error) {
    DmlPlan plan = {.table = table};
    Dml dml = {.plan = &plan};
    TRY(dml_begin(statement, session, NULL, table, &dml, error));
    QueryContext *context = query_context_create(statement, session);
    RelationScan *scan = relation_scan_open(dml.relation, query_context_environment(context)->epoch, NULL, 0);
    BatchList own = {0};
    write_set_rows(dml.writes, table->id, &own);
    Status status = OK;
    for (Batch *batch; status == OK && (status = relation_scan_next(scan, &batch, error)) == OK && batch != NULL; batch_release(batch))
        status = remove_batch(&dml, batch, 1);
    /* Rows that the transaction added itself; stored ones that it had replaced or removed stay removed. */
    for (int i = 0; i < own.count && status == OK; i++)
        status = remove_batch(&dml, own.batches[i], 1);
    batch_list_clear(&own);
    relation_scan_close(scan);
    query_context_destroy(context);
    dml_close(&dml);
    return status;
}

/* The commands. */

static Status dml_prepare(Statement *statement, Error *error) {
    PlannerContext context;
    DmlPlan *plan = ARENA_NEW(statement->arena, DmlPlan);
    statement_context(statement, statement->session, NULL, &context);
    TRY(plan_dml(&context, statement->syntax, plan, error));
    statement->plan = plan;
    statement->prepared.is_bounded = plan->plan.is_read_bounded && statement->syntax->length <= SHORT_TEXT;
    statement_keep_parameters(statement, &context);
    if (plan->returning_count > 0)
        statement_set_columns(statement, &plan->returning_schema, NULL, plan->returning_count);
    return OK;
}

/* Alone in its transaction, it may be evaluated again when a row that it read has changed meanwhile. */
static void remember_for_retry(Statement *statement, Session *session, const Value *parameters) {
    SessionState *state = session_state(session);
    state->is_retriable = write_set_is_empty(state->writes) && !session_is_in_block(session) && !statement->prepared.returns_rows;
    if (!state->is_retriable)
        return;
    Arena *arena = state->retry_arena = arena_create();
    state->retry = arena_copy(arena, statement->sql + statement->syntax->start, (size_t)statement->syntax->length);
    state->retry_count = statement->parameter_count;
    state->retry_types = ARENA_ARRAY(arena, Type, statement->parameter_count + 1);
    state->retry_parameters = ARENA_ARRAY(arena, Value, statement->parameter_count + 1);
    for (int i = 0; i < statement->parameter_count; i++) {
        state->retry_types[i] = statement->parameter_types[i];
        state->retry_parameters[i] = value_copy(&parameters[i], arena);
    }
}

void dml_tag(const Statement *statement, int64_t row_count, Execution *execution) {
    bool is_insert = strcmp(statement->prepared.tag, "INSERT") == 0; /* COPY (INSERT …) has COPY's */
    snprintf(execution->tag, sizeof execution->tag, is_insert ? "%s 0 %lld" : "%s %lld", statement->prepared.tag, (long long)row_count);
}

static Status dml_run(SimpleExecution *execution, Error *error) {
    Statement *statement = execution->statement;
    SessionState *state = session_state(execution->session);
    if (state->retry != NULL)
        state->is_retriable = false;
    else
        remember_for_retry(statement, execution->session, execution->parameters);
    int64_t count;
    TRY(dml_evaluate(statement, execution->session, execution->parameters, &execution->base, &count, &execution->rows, error));
    dml_tag(statement, count, &execution->base);
    return OK;
}

static Status dml_execute(Statement *statement, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(statement, session, parameters, dml_run);
    return OK;
}

const Command insert_command = {.kind = SYNTAX_STATEMENT_INSERT, .prepare = dml_prepare, .execute = dml_execute};
const Command update_command = {.kind = SYNTAX_STATEMENT_UPDATE, .prepare = dml_prepare, .execute = dml_execute};
const Command delete_command = {.kind = SYNTAX_STATEMENT_DELETE, .prepare = dml_prepare, .execute = dml_execute};
