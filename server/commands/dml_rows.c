/* Rows of modifying statements: constraints, unique keys, ON CONFLICT, RETURNING. */
#include "server/commands/dml_rows.h"

#include <string.h>

#include "executor/base/memory.h"
#include "executor/dataflow/query.h"

int dml_hidden_column(const CatalogRelation *table, const char *name) {
    for (int i = 0; i < table->column_count; i++)
        if (table->columns[i].is_hidden && strcmp(table->columns[i].name, name) == 0)
            return i;
    return -1;
}

/* Up to the last visible column: a column that was added later stands behind hidden ones, which new rows hold
   as NULL until they are filled. */
static int visible_count(const CatalogRelation *table) {
    int count = table->column_count;
    while (count > 0 && table->columns[count - 1].is_hidden)
        count--;
    return count;
}

Status dml_open(Dml *dml, Arena *arena, Error *error) {
    const CatalogRelation *table = dml->plan->table;
    PlannerContext context;
    if (table->check_count > 0)
        analysis_context(dml->analysis, dml->session, NULL, &context);
    context.arena = arena;
    context.sql = NULL;
    dml->checks = NEW_ARRAY(Evaluator *, table->check_count + 1);
    for (int i = 0; i < table->check_count; i++) {
        Expression *check;
        TRY(plan_expression(&context, table->checks[i], table, type_of(TYPE_BOOL), &check, error));
        dml->checks[i] = evaluator_create(check, session_type_settings(dml->session), &dml->facts);
    }
    dml->returning = NEW_ARRAY(Evaluator *, dml->plan->returning_count + 1);
    for (int i = 0; i < dml->plan->returning_count && dml->plan->kind == SYNTAX_STATEMENT_INSERT &&
                    dml->plan->returning_plan == NULL;
         i++)
        dml->returning[i] =
            evaluator_create(dml->plan->returning[i], session_type_settings(dml->session), &dml->facts);
    return OK;
}

void dml_close(Dml *dml) {
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
    batch_list_clear(&dml->inserted);
    batch_list_clear(&dml->merged);
    if (dml->relation != NULL)
        relation_release(dml->relation);
}

/* What a row breaks: of a table that is being filled with the rows it had before, PostgreSQL speaks of the
   change that does not suit them. */
static void set_violation(
    const Dml *dml, Status status, const char *message, const char *filling, const char *name, Error *error) {
    const CatalogRelation *table = dml->plan->table;
    error_set(error, status, dml->analysis->fills_table ? filling : message, name, table->name);
    error_name(error, ERROR_SCHEMA, table->schema);
    error_name(error, ERROR_TABLE, table->name);
    error_name(error, status == STATUS_NOT_NULL_VIOLATION ? ERROR_COLUMN : ERROR_CONSTRAINT, name);
}

static void failing_row(const Dml *dml, const Batch *batch, int row, Text *out) {
    int visible = visible_count(dml->plan->table);
    for (int c = 0; c < visible; c++) {
        if (c > 0)
            text_add_string(out, ", ");
        if (column_is_null(batch->columns[c], row))
            text_add_string(out, "null");
        else
            datum_format(batch->columns[c]->type, column_at(batch->columns[c], row),
                session_type_settings(dml->session), out);
    }
}

/* Adds the failing row to an error just set. */
static Status with_row(const Dml *dml, const Batch *batch, int row, Error *error) {
    Text text = {0};
    failing_row(dml, batch, row, &text);
    if (!dml->analysis->fills_table)
        error_detail(error, "Failing row contains (%s).", text_string(&text));
    text_free(&text);
    return error->status;
}

static Status check_not_null(const Dml *dml, const Batch *batch, Error *error) {
    const CatalogRelation *table = dml->plan->table;
    for (int c = 0; c < table->column_count; c++) {
        bool is_key = false;
        for (int k = 0; k < table->key_count; k++)
            is_key |= table->key[k] == c;
        if (table->columns[c].is_hidden || (!table->columns[c].is_not_null && !is_key) ||
            batch->columns[c]->nulls == NULL)
            continue;
        for (int row = 0; row < batch->row_count; row++)
            if (column_is_null(batch->columns[c], row)) {
                set_violation(dml, STATUS_NOT_NULL_VIOLATION,
                    "null value in column \"%s\" of relation \"%s\" violates not-null constraint",
                    "column \"%s\" of relation \"%s\" contains null values", table->columns[c].name, error);
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
            set_violation(dml, STATUS_CHECK_VIOLATION,
                "new row for relation \"%2$s\" violates check constraint \"%1$s\"",
                "check constraint \"%s\" of relation \"%s\" is violated by some row", table->check_names[i],
                error);
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
        int64_t first = coordinator_next_row_id(dml->analysis->instance->coordinator, rows->row_count);
        for (int row = 0; row < rows->row_count; row++)
            ((int64_t *)columns[c]->values)[row] = first + row;
    }
    return batch_create(rows->row_count, table->column_count, columns);
}

/* INSERT's. */
static Status return_rows(Dml *dml, Batch *rows, Error *error) {
    if (dml->returned == NULL || dml->plan->returning_count == 0 || rows->row_count == 0)
        return OK;
    if (dml->plan->returning_plan != NULL) {
        batch_list_add(&dml->inserted, batch_retain(rows));
        return OK;
    }
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
    set_violation(dml, STATUS_UNIQUE_VIOLATION, "duplicate key value violates unique constraint \"%s\"",
        "could not create unique index \"%s\"", name, error);
    error_detail(error,
        dml->analysis->fills_table ? "Key (%s)=(%s) is duplicated." : "Key (%s)=(%s) already exists.",
        text_string(&names), text_string(&values));
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
    Status status = relation_index_find(
        dml->relation, dml->plan->table->indexes[index].id, dml->epoch, key, 1, &found, &is_known, error);
    *stored = status == OK && found.count > 0 ? batch_retain(found.batches[0]) : NULL;
    batch_list_clear(&found);
    return status;
}

/* The row that stands under the key now, for this transaction: a dense batch's row, or *found NULL. The batch
   is the caller's. */
static Status current_row(
    const Dml *dml, int index, Batch *batch, int row, Batch **found, int *found_row, Error *error) {
    const Batch *own;
    int count;
    const int *columns = unique_columns(dml, index, &count);
    uint32_t id =
        index == PRIMARY ? dml->plan->table->id : write_set_index_id(dml->plan->table->indexes[index].id);
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
static Status find_conflict(const Dml *dml, int preferred, Batch *batch, int row, int *index, Batch **found,
    int *found_row, Error *error) {
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

void dml_remove_row(Dml *dml, Batch *batch, int row) {
    const CatalogRelation *table = dml->plan->table;
    write_set_remove(dml->writes, table->id, dml->key, dml->key_count, batch, row);
    for (int i = 0; i < table->index_count; i++)
        if (is_enforced(&table->indexes[i], batch, row))
            write_set_remove(dml->writes, write_set_index_id(table->indexes[i].id), table->indexes[i].key,
                table->indexes[i].key_count, batch, row);
}

/* What it might meet has been looked for. */
static void add_row(Dml *dml, Batch *batch, int row) {
    const CatalogRelation *table = dml->plan->table;
    write_set_add(dml->writes, table->id, dml->key, dml->key_count, batch, row);
    for (int i = 0; i < table->index_count; i++)
        if (is_enforced(&table->indexes[i], batch, row))
            write_set_add(dml->writes, write_set_index_id(table->indexes[i].id), table->indexes[i].key,
                table->indexes[i].key_count, batch, row);
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
    if (write_set_find(dml->touched, dml->plan->table->id, dml->key, dml->key_count, existing, row, &found,
            &found_row) == 0)
        return OK;
    error_set(
        error, STATUS_CARDINALITY_VIOLATION, "ON CONFLICT DO UPDATE command cannot affect row a second time");
    return error_hint(error, "Ensure that no rows proposed for insertion within the same command have "
                             "duplicate constrained values.");
}

Status dml_collect(void *argument, Batch *batch, Error *error) {
    batch_list_add(argument, batch_dense(batch));
    return OK;
}

/* The new values by a plan over the two rows: one row, or none. */
static Status plan_conflict(Dml *dml, Batch *old, Batch *excluded, Batch **set, Error *error) {
    BatchList existing = {0}, proposed = {0}, found = {0};
    batch_list_add(&existing, batch_retain(old));
    batch_list_add(&proposed, batch_retain(excluded));
    query_context_give(dml->context, "$with.existing", &existing);
    query_context_give(dml->context, "$with.excluded", &proposed);
    Status status = query_context_run(
        dml->context, dml->plan->conflict_plan->root, &dml->facts, NULL, dml_collect, &found, error);
    for (int i = 0; i < found.count && status == OK && *set == NULL; i++)
        if (found.batches[i]->row_count > 0)
            *set = batch_retain(found.batches[i]);
    batch_list_clear(&found);
    return status;
}

/* The new values of the visible columns; *set stays NULL when the condition does not hold. */
static Status evaluate_conflict(Dml *dml, Batch *old, Batch *excluded, Batch **set, Error *error) {
    const DmlPlan *plan = dml->plan;
    const TypeSettings *settings = session_type_settings(dml->session);
    int visible = visible_count(plan->table), made = 0, count = 1;
    Column *columns[2 * visible + 1], *values[visible + 1];
    for (int c = 0; c < visible; c++) {
        columns[c] = column_retain(old->columns[c]);
        columns[visible + c] = column_retain(excluded->columns[c]);
    }
    Batch *both = batch_create(1, 2 * visible, columns);
    Status status = OK;
    if (plan->conflict_where != NULL) {
        Evaluator *where = evaluator_create(plan->conflict_where, settings, &dml->facts);
        uint16_t rows[BATCH_ROWS_MAX];
        status = evaluator_filter(where, both, NULL, rows, &count, error);
        evaluator_destroy(where);
    }
    while (made < visible && status == OK && count == 1) {
        Evaluator *evaluator = evaluator_create(plan->conflict_set[made], settings, &dml->facts);
        status = evaluator_run(evaluator, both, NULL, &values[made], error);
        made += status == OK;
        evaluator_destroy(evaluator);
    }
    while (status != OK && made > 0)
        column_release(values[--made]);
    if (status == OK && count == 1) {
        Batch *plain = batch_create(1, visible, values);
        *set = batch_dense(plain);
        batch_release(plain);
    }
    batch_release(both);
    return status;
}

static Status replace_row(Dml *dml, Batch *old, Batch *set, Error *error) {
    Batch *new = with_hidden(dml, set, old);
    Status status = check_constraints(dml, new, error);
    if (status == OK) {
        dml_remove_row(dml, old, 0);
        status = add_unique_row(dml, new, 0, error);
        touch(dml, new, 0);
        dml->count++;
    }
    if (status == OK)
        status = return_rows(dml, new, error);
    batch_release(new);
    return status;
}

/* ON CONFLICT DO UPDATE of one row. */
static Status update_conflict(
    Dml *dml, Batch *existing, int existing_row, Batch *batch, int row, Error *error) {
    TRY(check_untouched(dml, existing, existing_row, error));
    Batch *old = one_row(existing, existing_row), *excluded = one_row(batch, row), *set = NULL;
    Status status = dml->plan->conflict_plan != NULL ? plan_conflict(dml, old, excluded, &set, error)
                                                     : evaluate_conflict(dml, old, excluded, &set, error);
    if (status == OK && set != NULL)
        status = replace_row(dml, old, set, error);
    batch_release(set);
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
            TRY(find_conflict(
                dml, plan->conflict_index, batch, row, &index, &existing, &existing_row, error));
        if (existing != NULL) {
            Status status = OK;
            if (!has_conflict_clause ||
                (plan->conflict_index != NO_CONFLICT && plan->conflict_index != index))
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

Status dml_take_inserted(Dml *dml, Batch *rows, Error *error) {
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

void dml_take_deleted(Dml *dml, Batch *rows) {
    Batch *old = table_columns(dml, rows, 0);
    for (int row = 0; row < old->row_count; row++)
        dml_remove_row(dml, old, row);
    dml->count += old->row_count;
    batch_release(old);
    if (dml->returned != NULL && dml->plan->returning_count > 0)
        batch_list_add(dml->returned, returned_columns(dml, rows));
}

/* Old rows, then new ones: kept until all are known, so that keys may be exchanged. */
Status dml_take_updated(Dml *dml, Batch *rows, Error *error) {
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
Status dml_apply_updates(Dml *dml, Error *error) {
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
            dml_remove_row(dml, old, row);
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

/* MERGE */

/* A target row that meets several rows of the source may be changed by one. */
static Status touch_once(Dml *dml, Batch *rows, Error *error) {
    Batch *old = table_columns(dml, rows, 0);
    Status status = OK;
    for (int row = 0; row < old->row_count && status == OK; row++) {
        const Batch *found;
        int found_row;
        if (dml->touched != NULL && write_set_find(dml->touched, dml->plan->table->id, dml->key,
                                        dml->key_count, old, row, &found, &found_row) != 0) {
            status = error_set(
                error, STATUS_CARDINALITY_VIOLATION, "MERGE command cannot affect row a second time");
            error_hint(error, "Ensure that not more than one source row matches any one target row.");
        } else {
            touch(dml, old, row);
        }
    }
    batch_release(old);
    return status;
}

static Status take_action(Dml *dml, SyntaxMergeAction action, Batch *rows, Error *error) {
    int total = dml->plan->table->column_count;
    if (action == SYNTAX_MERGE_INSERT) {
        batch_list_add(&dml->merged, table_columns(dml, rows, total));
        return OK;
    }
    TRY(touch_once(dml, rows, error));
    if (action == SYNTAX_MERGE_UPDATE)
        return dml_take_updated(dml, rows, error);
    dml_take_deleted(dml, rows);
    return OK;
}

Status dml_take_merged(Dml *dml, Batch *rows, Error *error) {
    int total = dml->plan->table->column_count, numbers[2 * total + 1];
    for (int c = 0; c < 2 * total; c++)
        numbers[c] = c + 1;
    Status status = OK;
    for (int action = 0; action < dml->plan->action_count && status == OK; action++) {
        uint16_t chosen[BATCH_ROWS_MAX];
        int count = 0;
        for (int row = 0; row < rows->row_count; row++)
            if (*(const int32_t *)column_at(rows->columns[0], row) == action)
                chosen[count++] = (uint16_t)row;
        if (count == 0)
            continue;
        Batch *selected = batch_select(rows, chosen, count), *dense = batch_dense(selected),
              *both = batch_project(dense, numbers, 2 * total);
        status = take_action(dml, dml->plan->actions[action], both, error);
        batch_release(both);
        batch_release(dense);
        batch_release(selected);
    }
    return status;
}

Status dml_apply_merged(Dml *dml, Error *error) {
    TRY(dml_apply_updates(dml, error));
    for (int i = 0; i < dml->merged.count; i++)
        TRY(dml_take_inserted(dml, dml->merged.batches[i], error));
    return OK;
}
