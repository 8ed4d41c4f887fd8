/* Window: TUMBLE, HOP, CUMULATE. The n-th window of every row of a batch makes one output batch, which shares the input's columns. */
#include "executor/operators/window.h"

#include <string.h>

#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/operators/operator.h"
#include "executor/operators/queue.h"

#define DAY_MICROSECONDS INT64_C(86400000000)
/* Times beyond are 'infinity' or so near to the ends of int64 that a window could overflow. */
#define TIME_BOUND (INT64_MAX / 4)

typedef struct Window {
    Operator base;
    BatchQueue queue;
    Batch *current;     /* the batch whose windows are being made */
    int next;           /* which window of its rows comes next */
    int64_t open_until; /* processing time: the clock at which the last window that has rows is closed for certain */
} Window;

/* Windows are aligned to 1970-01-01 00:00, as in other streaming systems: it matters for sizes that do not divide a day. */
#define ORIGIN (-INT64_C(10957) * DAY_MICROSECONDS)

static int64_t floor_to(int64_t time, int64_t unit, int64_t offset) {
    int64_t remainder = (time - offset - ORIGIN) % unit;
    return time - (remainder < 0 ? remainder + unit : remainder);
}

/* How many windows a time can be in at most. */
static int window_count(const WindowParameters *parameters) {
    switch ((WindowKind)parameters->kind) {
    case WINDOW_TUMBLE:
        return 1;
    case WINDOW_HOP:
    case WINDOW_CUMULATE:
        return (int)((parameters->size + parameters->slide - 1) / parameters->slide);
    }
    return 0;
}

typedef struct Bounds {
    int64_t start, end;
} Bounds;

/* The n-th window that time is in, the latest first; start == end when there are no more. */
static Bounds window_bounds(const WindowParameters *parameters, int64_t time, int n) {
    int64_t size = parameters->size, slide = parameters->slide;
    Bounds bounds;
    if (parameters->kind == WINDOW_HOP) {
        bounds.start = floor_to(time, slide, parameters->offset) - n * slide;
        bounds.end = bounds.start + size;
        if (bounds.end <= time)
            bounds.end = bounds.start;
        return bounds;
    }
    bounds.start = floor_to(time, size, parameters->offset);
    bounds.end = bounds.start + size;
    if (parameters->kind == WINDOW_CUMULATE) {
        int64_t last_step = (size + slide - 1) / slide - n;
        bounds.end = last_step * slide < size ? bounds.start + last_step * slide : bounds.end;
        if (bounds.end <= time)
            bounds.end = bounds.start;
    }
    return bounds;
}

/* The first window that ends after time, and the least start of such windows. */
static Bounds first_open_window(const WindowParameters *parameters, int64_t time) {
    int64_t size = parameters->size, slide = parameters->slide;
    Bounds bounds;
    if (parameters->kind == WINDOW_HOP) {
        bounds.start = floor_to(time - size, slide, parameters->offset) + slide;
        bounds.end = bounds.start + size;
        return bounds;
    }
    bounds.start = floor_to(time, size, parameters->offset);
    bounds.end = bounds.start + size;
    if (parameters->kind == WINDOW_CUMULATE) {
        int64_t end = bounds.start + ((time - bounds.start) / slide + 1) * slide;
        bounds.end = end < bounds.end ? end : bounds.end;
    }
    return bounds;
}

static int64_t time_unit(const OperatorSpec *spec) {
    const WindowParameters *parameters = spec->parameters;
    return spec->inputs[0]->output.types[parameters->time_column].id == TYPE_DATE ? DAY_MICROSECONDS : 1;
}

static int64_t row_time(const Column *column, int row, int64_t unit) {
    if (column->layout == LAYOUT_INT4)
        return *(const int32_t *)column_at(column, row) * unit;
    return column_int8(column, row);
}

static Status window_open(Operator *operator, Error * error) {
    const WindowParameters *parameters = operator->spec->parameters;
    bool has_slide = parameters->kind != WINDOW_TUMBLE;
    if (parameters->size <= 0 || (has_slide && (parameters->slide <= 0 || parameters->size / parameters->slide > 1000000)))
        return error_set(
            error, STATUS_INVALID_PARAMETER_VALUE, "window size and slide must be positive, and at most a million windows may hold one row");
    return OK;
}

/* Which windows have rows is not stored: those that stood open at the last commit may. */
static void window_note_open(Window *window) {
    window->open_until = window->base.context->settings->now + ((const WindowParameters *)window->base.spec->parameters)->size;
}

static Status window_on_load(Operator *operator, Error * error) {
    window_note_open((Window *)operator);
    return OK;
}

/* The end of the first open window. How far the column lies from the clock (another zone, hours added) shows in its watermark. */
static int64_t window_deadline(const Operator *operator) {
    const WindowParameters *parameters = operator->spec->parameters;
    int64_t now = operator->context->settings->now, watermark = operator->input_watermarks[0][parameters->time_column];
    if (!parameters->follows_clock || ((const Window *)operator)->open_until <= now)
        return INT64_MAX;
    int64_t time = watermark == WATERMARK_NONE ? now : watermark * time_unit(operator->spec); /* NONE: nothing was sealed since the start */
    return now + first_open_window(parameters, time).end - time;
}

static Status window_on_batch(Operator *operator, int input, Batch *batch, Error *error) {
    if (batch->selected_count > 0)
        window_note_open((Window *)operator);
    queue_push(&((Window *)operator)->queue, batch_retain(batch));
    return OK;
}

/* Rows without a usable time, once a batch: reported here, silently skipped by each window. */
static void report_times(Window *window, const Batch *batch) {
    const WindowParameters *parameters = window->base.spec->parameters;
    OperatorContext *context = window->base.context;
    const Column *times = batch->columns[parameters->time_column];
    int64_t unit = time_unit(window->base.spec);
    for (int i = 0; i < batch->selected_count; i++) {
        int row = batch_row(batch, i);
        if (column_is_null(times, row)) {
            context->row_failed(context, &window->base, batch, row, STATUS_NULL_VALUE_NOT_ALLOWED, "window time is null");
            continue;
        }
        int64_t time = row_time(times, row, unit);
        if (time < -TIME_BOUND || time > TIME_BOUND)
            context->row_failed(context, &window->base, batch, row, STATUS_DATETIME_FIELD_OVERFLOW, "window time is out of range");
    }
}

static bool is_late(Window *window, const Batch *batch, int row, Bounds bounds) {
    const WindowParameters *parameters = window->base.spec->parameters;
    OperatorContext *context = window->base.context;
    if (parameters->arrival_column < 0 || column_is_null(batch->columns[parameters->arrival_column], row))
        return false;
    int64_t arrival = column_int8(batch->columns[parameters->arrival_column], row) + (MUTANT("late-by-a-second") ? 1000000 : 0);
    if (bounds.end > arrival || MUTANT("late-rows-counted"))
        return false;
    context->row_late(context, &window->base, batch, row, bounds.start, bounds.end, arrival);
    return true;
}

/* Fills in the n-th window of each row; rows: those that have one. */
static int fill_bounds(Window *window, const Batch *batch, int n, int64_t *starts, int64_t *ends, uint16_t *rows) {
    const WindowParameters *parameters = window->base.spec->parameters;
    const Column *times = batch->columns[parameters->time_column];
    const int64_t unit = time_unit(window->base.spec);
    int count = 0;
    for (int i = 0; i < batch->selected_count; i++) {
        int row = batch_row(batch, i);
        int64_t time = row_time(times, row, unit);
        if (column_is_null(times, row) || time < -TIME_BOUND || time > TIME_BOUND)
            continue;
        Bounds bounds = window_bounds(parameters, time, n);
        if (bounds.start == bounds.end || is_late(window, batch, row, bounds))
            continue;
        starts[row] = bounds.start;
        ends[row] = bounds.end;
        rows[count++] = (uint16_t)row;
    }
    return count;
}

static Batch *make_window(Window *window, Batch *batch, int n) {
    const Schema *output = &window->base.spec->output;
    int input_count = batch->column_count;
    Column **columns = NEW_ARRAY(Column *, input_count + 2);
    for (int i = 0; i < input_count; i++)
        columns[i] = column_retain(batch->columns[i]);
    columns[input_count] = column_create(output->types[input_count], batch->row_count);
    columns[input_count + 1] = column_create(output->types[input_count + 1], batch->row_count);
    uint16_t rows[BATCH_ROWS_MAX];
    int count = fill_bounds(window, batch, n, columns[input_count]->values, columns[input_count + 1]->values, rows);
    Batch *all = batch_create(batch->row_count, input_count + 2, columns), *made = NULL;
    memory_free(columns);
    if (batch->diffs != NULL) {
        batch_need_diffs(all, batch->row_count);
        memcpy(all->diffs, batch->diffs, (size_t)batch->row_count * sizeof *batch->diffs);
    }
    if (count == batch->row_count)
        return all;
    if (count > 0)
        made = batch_select(all, rows, count);
    batch_release(all);
    return made;
}

static Status window_produce(Operator *operator, Batch ** batch, Progress *progress, Error *error) {
    Window *window = (Window *)operator;
    *batch = NULL;
    if (window->current == NULL) {
        window->current = queue_pop(&window->queue);
        window->next = 0;
        if (window->current == NULL) {
            *progress = operator_is_sealed(operator) ? PROGRESS_DONE : PROGRESS_IDLE;
            return OK;
        }
        report_times(window, window->current);
    }
    *progress = PROGRESS_MORE;
    *batch = make_window(window, window->current, window->next++);
    if (window->next == window_count(operator->spec->parameters)) {
        batch_release(window->current);
        window->current = NULL;
    }
    return OK;
}

static void window_derive_watermarks(Operator *operator) {
    const OperatorSpec *spec = operator->spec;
    const WindowParameters *parameters = spec->parameters;
    int input_count = spec->inputs[0]->output.count;
    for (int i = 0; i < input_count; i++)
        operator->watermarks[i] = spec_has_watermark(spec, i) ? operator->input_watermarks[0][i] : WATERMARK_NONE;
    int64_t watermark = operator->input_watermarks[0][parameters->time_column], unit = time_unit(spec);
    Bounds bounds = {watermark, watermark};
    if (watermark != WATERMARK_NONE && watermark != WATERMARK_END) {
        bool is_in_range = watermark >= -TIME_BOUND / unit && watermark <= TIME_BOUND / unit;
        bounds = is_in_range ? first_open_window(parameters, watermark * unit) : (Bounds){WATERMARK_NONE, WATERMARK_NONE};
    }
    operator->watermarks[input_count] = spec_has_watermark(spec, input_count) ? bounds.start : WATERMARK_NONE;
    operator->watermarks[input_count + 1] = spec_has_watermark(spec, input_count + 1) ? bounds.end : WATERMARK_NONE;
}

static void window_clear(Operator *operator) {
    Window *window = (Window *)operator;
    queue_clear(&window->queue);
    batch_release(window->current);
    window->current = NULL;
}

static const char *window_label(const void *parameters) {
    static const char *const labels[] = {"Window TUMBLE", "Window HOP", "Window CUMULATE"};
    return labels[((const WindowParameters *)parameters)->kind];
}

static const char *const kind_names[] = {"TUMBLE", "HOP", "CUMULATE", NULL};

static const Field window_fields[] = {
    {.kind = FIELD_ENUM, .offset = offsetof(WindowParameters, kind), .enum_names = kind_names},
    FIELD(COLUMN, WindowParameters, time_column, "time"),
    FIELD(DURATION, WindowParameters, size, "size"),
    FIELD(DURATION, WindowParameters, slide, "slide"),
    FIELD(DURATION, WindowParameters, offset, "offset"),
    FIELD(BOOL, WindowParameters, follows_clock, "processing time"),
    FIELD(COLUMN, WindowParameters, arrival_column, NULL),
    FIELDS_END,
};

const OperatorType window_operator = {
    .name = "Window",
    .label = window_label,
    .version = 2,
    .fields = window_fields,
    .parameters_size = sizeof(WindowParameters),
    .size = sizeof(Window),
    .open = window_open,
    .on_batch = window_on_batch,
    .produce = window_produce,
    .derive_watermarks = window_derive_watermarks,
    .deadline = window_deadline,
    .on_load = window_on_load,
    .reset = window_clear,
    .close = window_clear,
};
