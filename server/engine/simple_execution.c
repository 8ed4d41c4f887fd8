/* SimpleExecution: run, await, finish, rows. */
#include "server/engine/simple_execution.h"

#include <stdio.h>
#include <string.h>

#include "executor/base/memory.h"

/* Takes the awaited outcome: OK and not done while it is open. */
static Status take_outcome(SimpleExecution *self, bool *is_open, Error *error) {
    Error outcome = {0};
    *is_open = !await_is_done(self->await, &outcome);
    if (*is_open)
        return OK;
    await_detach(self->await);
    self->await = NULL;
    Status status = outcome.status;
    if (self->finish != NULL)
        status = self->finish(self, status == OK ? NULL : &outcome, error);
    else if (status != OK)
        error_move(error, &outcome);
    error_clear(&outcome);
    return status;
}

static Status simple_step(
    Execution *execution, int row_max, Batch **batch, ExecutionState *state, Error *error) {
    SimpleExecution *self = (SimpleExecution *)execution;
    if (!self->has_run) {
        self->has_run = true;
        TRY(self->run(self, error));
    }
    while (self->await != NULL) {
        if (execution_is_cancelled(execution)) {
            if (self->cancel != NULL)
                self->cancel(self);
            return execution_cancelled(execution, error);
        }
        bool is_open;
        TRY(take_outcome(self, &is_open, error));
        if (is_open) {
            *state = EXECUTION_WAIT;
            return OK;
        }
    }
    if (self->row < self->rows.count) {
        *batch = batch_retain(self->rows.batches[self->row++]);
        *state = EXECUTION_ROWS;
        return OK;
    }
    *state = EXECUTION_DONE;
    return OK;
}

static void simple_close(Execution *execution) {
    SimpleExecution *self = (SimpleExecution *)execution;
    if (self->await != NULL && self->cancel != NULL)
        self->cancel(self);
    await_detach(self->await);
    batch_list_clear(&self->rows);
    if (self->finish_free != NULL)
        self->finish_free(self->finish_state);
    prepared_release(&self->analysis->prepared);
    memory_free(self);
}

static const ExecutionType simple_type = {.step = simple_step, .close = simple_close};

Execution *simple_execution(Analysis *analysis, Session *session, const Value *parameters,
    Status (*run)(SimpleExecution *execution, Error *error)) {
    SimpleExecution *self = NEW(SimpleExecution);
    self->base.type = &simple_type;
    prepared_retain(&analysis->prepared);
    self->analysis = analysis;
    self->session = session;
    self->parameters = parameters;
    self->run = run;
    return &self->base;
}

void simple_add_row(SimpleExecution *self, int count, const char *const *texts) {
    BatchList *rows = &self->rows;
    if (rows->count == 0 || rows->batches[rows->count - 1]->row_count == BATCH_ROWS_MAX) {
        Type types[count + 1];
        for (int i = 0; i < count; i++)
            types[i] = type_of(TYPE_TEXT);
        batch_list_add(rows, batch_builder(types, count, BATCH_ROWS_MAX));
    }
    Batch *batch = rows->batches[rows->count - 1];
    for (int i = 0; i < count; i++) {
        if (texts[i] == NULL)
            column_set_null(batch->columns[i], batch->row_count);
        else
            column_set_bytes(batch->columns[i], batch->row_count, texts[i], (uint32_t)strlen(texts[i]));
    }
    batch->row_count++;
    batch->selected_count = batch->row_count;
}

void simple_tag(SimpleExecution *self, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(self->base.tag, sizeof self->base.tag, format, arguments);
    va_end(arguments);
}
