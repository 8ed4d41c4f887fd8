/* FlowModel: what the views of a FlowBed are, computed row by row. */
#include "executor/engine/test/flow_model.h"

#include <stdio.h>

#include "executor/base/memory.h"

#define SECOND 1000000LL

static void answer_sum(const FlowModel *model, RowBag *out) {
    for (int g = 0; g < FLOW_GROUPS; g++) {
        long long count = 0, sum = 0;
        for (int i = 0; i < FLOW_IDS; i++) {
            const Row *row = &model->tables[0][i];
            if (row->is_there && row->g == g && row->v > 2) {
                count++;
                sum += row->v;
            }
        }
        char text[96];
        snprintf(text, sizeof text, "%d %lld %lld", g, count, sum);
        if (count > 0)
            bag_add(out, text, 1);
    }
}

static void answer_join(const FlowModel *model, int right, RowBag *out) {
    for (int i = 0; i < FLOW_IDS; i++)
        for (int j = 0; j < FLOW_IDS; j++) {
            const Row *a = &model->tables[0][i], *b = &model->tables[right][j];
            char text[160];
            snprintf(text, sizeof text, "%d %lld %lld %d %lld %lld", i, (long long)a->g, (long long)a->v, j,
                (long long)b->g, (long long)b->v);
            if (a->is_there && b->is_there && a->g == b->g)
                bag_add(out, text, 1);
        }
}

static void answer_left(const FlowModel *model, RowBag *out) {
    RowBag sums = {0};
    answer_sum(model, &sums);
    for (int i = 0; i < FLOW_IDS; i++) {
        const Row *row = &model->tables[0][i];
        char text[224];
        const char *match = "NULL NULL NULL";
        for (int s = 0; s < sums.count; s++)
            if (row_integer(sums.rows[s], 0) == row->g)
                match = sums.rows[s];
        snprintf(text, sizeof text, "%d %lld %lld %s", i, (long long)row->g, (long long)row->v, match);
        if (row->is_there)
            bag_add(out, text, 1);
    }
    bag_clear(&sums);
}

static void answer_top(const FlowModel *model, RowBag *out) {
    for (int i = 0; i < FLOW_IDS; i++) {
        const Row *row = &model->tables[0][i];
        int before = 0;
        for (int j = 0; j < FLOW_IDS; j++) {
            const Row *other = &model->tables[0][j];
            before +=
                other->is_there && other->g == row->g && (other->v > row->v || (other->v == row->v && j < i));
        }
        char text[96];
        snprintf(text, sizeof text, "%d %lld %lld", i, (long long)row->g, (long long)row->v);
        if (row->is_there && before < 2)
            bag_add(out, text, 1);
    }
}

typedef struct Group {
    int64_t k, window;
    long long count, sum;
} Group;

/* The least of what the partitions promise; nothing before each has had a record. */
static int64_t source_watermark(const FlowModel *model) {
    int64_t least = INT64_MAX;
    for (int p = 0; p < BED_PARTITIONS; p++) {
        int64_t greatest = INT64_MIN;
        for (int i = 0; i < model->record_counts[p]; i++)
            greatest = model->records[p][i].ts > greatest ? model->records[p][i].ts : greatest;
        int64_t promise = greatest == INT64_MIN ? INT64_MIN : greatest - 5 * SECOND;
        least = promise < least ? promise : least;
    }
    return least;
}

static void add_time(int64_t time, Text *out) {
    Datum datum = {.int8 = time};
    text_add_char(out, '"');
    datum_format(type_of(TYPE_TIMESTAMP), &datum, &type_settings_default, out);
    text_add_char(out, '"');
}

static void answer_source(const FlowModel *model, bool is_windowed, bool is_final, RowBag *out) {
    Group *groups = NEW_ARRAY(Group, 1000000);
    int count = 0;
    for (int p = 0; p < BED_PARTITIONS; p++) {
        int64_t arrival = INT64_MIN;
        for (int i = 0; i < model->record_counts[p]; i++) {
            const Record *record = &model->records[p][i];
            int64_t window = is_windowed ? record->ts / (10 * SECOND) * (10 * SECOND) : 0;
            bool is_late = is_windowed && window + 10 * SECOND <= arrival;
            arrival = record->ts - 5 * SECOND > arrival ? record->ts - 5 * SECOND : arrival;
            int g = count;
            for (int j = 0; j < count; j++)
                if (groups[j].k == record->k && groups[j].window == window)
                    g = j;
            if (is_late)
                continue;
            if (g == count)
                groups[count++] = (Group){record->k, window, 0, 0};
            groups[g].count++;
            groups[g].sum += record->v;
        }
    }
    int64_t watermark = source_watermark(model);
    for (int i = 0; i < count; i++) {
        if (is_final && groups[i].window + 10 * SECOND > watermark)
            continue;
        Text row = {0};
        text_printf(&row, "%lld ", (long long)groups[i].k);
        if (is_windowed)
            add_time(groups[i].window, &row);
        text_printf(&row, "%s%lld %lld", is_windowed ? " " : "", groups[i].count, groups[i].sum);
        bag_add(out, text_string(&row), 1);
        text_free(&row);
    }
    memory_free(groups);
}

void flow_answer_stored(const FlowModel *model, const int64_t *offsets, RowBag *out) {
    for (int p = 0; p < BED_PARTITIONS; p++)
        for (int i = 0; i < offsets[p]; i++) {
            const Record *record = &model->records[p][i];
            bool is_newest = true;
            for (int later = i + 1; later < offsets[p]; later++)
                is_newest &= model->records[p][later].k != record->k;
            if (!is_newest)
                continue;
            Text row = {0};
            text_printf(&row, "%lld %lld ", (long long)flow_stored_key(record, p), (long long)record->v);
            add_time(record->ts, &row);
            bag_add(out, text_string(&row), 1);
            text_free(&row);
        }
}

void flow_answer(const FlowModel *model, BedView view, RowBag *out) {
    switch (view) {
    case VIEW_SUM:
        answer_sum(model, out);
        break;
    case VIEW_SELF:
        answer_join(model, 0, out);
        break;
    case VIEW_LEFT:
        answer_left(model, out);
        break;
    case VIEW_TOP:
        answer_top(model, out);
        break;
    case VIEW_INNER:
        answer_join(model, 1, out);
        break;
    case VIEW_TUMBLE:
        answer_source(model, true, false, out);
        break;
    case VIEW_FINAL:
        answer_source(model, true, true, out);
        break;
    case VIEW_COUNT:
        answer_source(model, false, false, out);
        break;
    }
}
