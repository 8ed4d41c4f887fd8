/* Window: TUMBLE, HOP, CUMULATE. The n-th window of every row of a batch makes one output batch, which shares
   the input's columns.

   The windows of a row all hold its time, so what they have in common, the slice [latest start, earliest
   end), is never empty; and since the starts of a HOP and the ends of a CUMULATE only go up with the other
   bound, a window holds the slice exactly if it is one of them: late windows are the earliest, leaving them
   out moves the slice's end. Windows that hold a slice: those of its start, up to the one that ends where the
   slice does. */
#include "executor/operators/window/window.h"

#include <string.h>

#include "executor/base/clock.h"
#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/operators/operator.h"
#include "executor/operators/rows/queue.h"
#include "executor/operators/window/window_time.h"

typedef struct Window {
    Operator base;
    BatchQueue queue;
    Batch *current;     /* the batch whose windows are being made */
    int next;           /* which window of its rows comes next */
    int64_t open_until; /* processing time: the clock at which the last window that has rows is closed for
                           certain */
} Window;

/* Windows are aligned to 1970-01-01 00:00, as in other streaming systems: it matters for sizes that do not
   divide a day. */
#define ORIGIN (-EPOCH_DAYS * DAY_MICROSECONDS)

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

static Status window_open(Operator *instance, Error *error) {
    const WindowParameters *parameters = instance->spec->parameters;
    ((Window *)instance)->open_until = INT64_MIN;
    bool has_slide = parameters->kind != WINDOW_TUMBLE;
    if (parameters->size <= 0 ||
        (has_slide && (parameters->slide <= 0 || parameters->size / parameters->slide > 1000000)))
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE,
            "window size and slide must be positive, and at most a million windows may hold one row");
    return OK;
}

/* Which windows have rows is not stored: those that stood open at the last commit may. */
static void window_note_open(Window *window) {
    window->open_until =
        window->base.context->settings->now + ((const WindowParameters *)window->base.spec->parameters)->size;
}

static Status window_on_load(Operator *instance, Error *error) {
    window_note_open((Window *)instance);
    return OK;
}

/* The end of the first open window. How far the column lies from the clock (another zone, hours added) shows
   in its watermark. */
static int64_t window_deadline(const Operator *instance) {
    const WindowParameters *parameters = instance->spec->parameters;
    int64_t now = instance->context->settings->now,
            watermark = instance->input_watermarks[0][parameters->time_column];
    if (!parameters->follows_clock || ((const Window *)instance)->open_until <= now)
        return INT64_MAX;
    int64_t time =
        watermark == WATERMARK_NONE
            ? now
            : watermark * window_time_unit(instance,
                              parameters->time_column); /* NONE: nothing was sealed since the start */
    return now + first_open_window(parameters, time).end - time;
}

static Status window_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    if (batch->selected_count > 0)
        window_note_open((Window *)instance);
    queue_push(&((Window *)instance)->queue, batch_retain(batch));
    return OK;
}

/* Windows that end at this time or before are late for the row; WATERMARK_NONE: none is. */
static int64_t row_arrival(const Window *window, const Batch *batch, int row) {
    int column = ((const WindowParameters *)window->base.spec->parameters)->arrival_column;
    if (column < 0 || column_is_null(batch->columns[column], row) || MUTANT("late-rows-counted"))
        return WATERMARK_NONE;
    return column_int8(batch->columns[column], row) + (MUTANT("late-by-a-second") ? 1000000 : 0);
}

static void report_late(Window *window, const Batch *batch, int row, Bounds bounds, int64_t arrival) {
    OperatorContext *context = window->base.context;
    context->row_late(context, &window->base, batch, row, bounds.start, bounds.end, arrival);
}

/* False: all windows of the row are late. */
static bool find_slice(Window *window, const Batch *batch, int row, int64_t time, Bounds *slice) {
    const WindowParameters *parameters = window->base.spec->parameters;
    int64_t arrival = row_arrival(window, batch, row);
    *slice = (Bounds){window_bounds(parameters, time, 0).start, first_open_window(parameters, time).end};
    if (slice->end > arrival)
        return true;
    bool is_found = false;
    for (int n = 0, count = window_count(parameters); n < count; n++) {
        Bounds bounds = window_bounds(parameters, time, n);
        if (bounds.start == bounds.end)
            break;
        if (bounds.end <= arrival) {
            report_late(window, batch, row, bounds, arrival);
            continue;
        }
        slice->end = bounds.end;
        is_found = true;
    }
    return is_found;
}

/* The n-th window of a row, or its slice; false when it has none. */
static bool find_bounds(Window *window, const Batch *batch, int row, int64_t time, int n, Bounds *bounds) {
    const WindowParameters *parameters = window->base.spec->parameters;
    if (parameters->part == WINDOW_SLICE)
        return find_slice(window, batch, row, time, bounds);
    *bounds = window_bounds(parameters, time, n);
    if (parameters->part == WINDOW_EXPAND)
        return bounds->end >= column_int8(batch->columns[parameters->end_column], row);
    if (bounds->start == bounds->end)
        return false;
    int64_t arrival = row_arrival(window, batch, row);
    if (bounds->end > arrival)
        return true;
    report_late(window, batch, row, *bounds, arrival);
    return false;
}

/* Fills in the bounds of each row; rows: those that have them. */
static int fill_bounds(
    Window *window, const Batch *batch, int n, int64_t *starts, int64_t *ends, uint16_t *rows) {
    const WindowParameters *parameters = window->base.spec->parameters;
    const Column *times = batch->columns[parameters->time_column];
    const int64_t unit = window_time_unit(&window->base, parameters->time_column);
    bool is_checked = parameters->part == WINDOW_EXPAND;
    int count = 0;
    for (int i = 0; i < batch->selected_count; i++) {
        int row = batch_row(batch, i);
        int64_t time = window_time(times, row, unit);
        if (!is_checked && !window_time_is_usable(times, row, unit))
            continue;
        Bounds bounds;
        if (!find_bounds(window, batch, row, time, n, &bounds))
            continue;
        starts[row] = bounds.start;
        ends[row] = bounds.end;
        rows[count++] = (uint16_t)row;
    }
    return count;
}

/* Where the output has the bounds; the other columns are the input's. */
static void bound_columns(const OperatorSpec *spec, int *start, int *end) {
    const WindowParameters *parameters = spec->parameters;
    bool is_replaced = parameters->part == WINDOW_EXPAND;
    *start = is_replaced ? parameters->time_column : spec->output.count - 2;
    *end = is_replaced ? parameters->end_column : spec->output.count - 1;
}

static Batch *make_window(Window *window, Batch *batch, int n) {
    const Schema *output = &window->base.spec->output;
    int start, end;
    bound_columns(window->base.spec, &start, &end);
    Column **columns = NEW_ARRAY(Column *, output->count);
    for (int i = 0; i < output->count; i++)
        columns[i] = i == start || i == end ? column_create(output->types[i], batch->row_count)
                                            : column_retain(batch->columns[i]);
    uint16_t rows[BATCH_ROWS_MAX];
    int count = fill_bounds(window, batch, n, columns[start]->values, columns[end]->values, rows);
    Batch *all = batch_create(batch->row_count, output->count, columns), *made = NULL;
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

static Status window_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    Window *window = (Window *)instance;
    *batch = NULL;
    if (window->current == NULL) {
        window->current = queue_pop(&window->queue);
        window->next = 0;
        if (window->current == NULL) {
            *progress = operator_is_sealed(instance) ? PROGRESS_DONE : PROGRESS_IDLE;
            return OK;
        }
        if (((const WindowParameters *)instance->spec->parameters)->part != WINDOW_EXPAND)
            window_time_report(instance, window->current,
                ((const WindowParameters *)instance->spec->parameters)
                    ->time_column); /* each window skips them */
    }
    const WindowParameters *parameters = instance->spec->parameters;
    *progress = PROGRESS_MORE;
    *batch = make_window(window, window->current, window->next++);
    if (parameters->part == WINDOW_SLICE || window->next == window_count(parameters)) {
        batch_release(window->current);
        window->current = NULL;
    }
    return OK;
}

/* A slice ends where a window does that is still open, and starts where one does: the same is promised of
   slices and of windows. */
static Bounds promised_bounds(const Operator *instance) {
    const OperatorSpec *spec = instance->spec;
    const WindowParameters *parameters = spec->parameters;
    int64_t watermark = instance->input_watermarks[0][parameters->time_column],
            unit = window_time_unit(instance, parameters->time_column);
    if (parameters->part == WINDOW_EXPAND) {
        Bounds bounds = {watermark, instance->input_watermarks[0][parameters->end_column]};
        if (parameters->kind == WINDOW_HOP && bounds.end != WATERMARK_NONE && bounds.end != WATERMARK_END)
            bounds.start = bounds.end - parameters->size;
        return bounds;
    }
    if (watermark == WATERMARK_NONE || watermark == WATERMARK_END)
        return (Bounds){watermark, watermark};
    bool is_in_range = watermark >= -EVENT_TIME_MAX / unit && watermark <= EVENT_TIME_MAX / unit;
    return is_in_range ? first_open_window(parameters, watermark * unit)
                       : (Bounds){WATERMARK_NONE, WATERMARK_NONE};
}

static void window_derive_watermarks(Operator *instance) {
    const OperatorSpec *spec = instance->spec;
    int start, end;
    bound_columns(spec, &start, &end);
    Bounds bounds = promised_bounds(instance);
    for (int i = 0; i < spec->output.count; i++) {
        int64_t watermark = i == start ? bounds.start
                            : i == end ? bounds.end
                                       : instance->input_watermarks[0][i];
        instance->watermarks[i] = spec_has_watermark(spec, i) ? watermark : WATERMARK_NONE;
    }
}

static void window_clear(Operator *instance) {
    Window *window = (Window *)instance;
    queue_clear(&window->queue);
    batch_release(window->current);
    window->current = NULL;
}

static const char *window_label(const void *parameters) {
    static const char *const labels[][3] = {
        [WINDOW_WHOLE] = {"Window TUMBLE", "Window HOP", "Window CUMULATE"},
        [WINDOW_SLICE] = {"Window TUMBLE (slices)", "Window HOP (slices)", "Window CUMULATE (slices)"},
        [WINDOW_EXPAND] = {"Window TUMBLE (of slices)", "Window HOP (of slices)",
            "Window CUMULATE (of slices)"},
    };
    const WindowParameters *window = parameters;
    return labels[window->part][window->kind];
}

static const char *const kind_names[] = {"TUMBLE", "HOP", "CUMULATE", NULL};

static const char *const part_names[] = {"whole", "slice", "expand", NULL};

static const Field window_fields[] = {
    {.kind = FIELD_ENUM, .offset = offsetof(WindowParameters, kind), .enum_names = kind_names},
    {.kind = FIELD_ENUM, .offset = offsetof(WindowParameters, part), .enum_names = part_names},
    FIELD(COLUMN, WindowParameters, time_column, "time"),
    FIELD(COLUMN, WindowParameters, end_column, NULL),
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
    .version = 3,
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
