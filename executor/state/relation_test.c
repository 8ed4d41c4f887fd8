/* Relations against a plain model: random histories with pinned epochs, trims, cuts, evictions and restarts;
   and one writer with many readers. */
#include "executor/state/relation_index.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executor/base/hash.h"
#include "executor/base/memory.h"

enum { IDS = 3000, PINS_MAX = 5, PARTS_MAX = 3 };

/* Keyed: version by id (0: no row). Without a key: copies by id. */
typedef struct Snapshot {
    uint64_t epoch;
    int value[IDS];
} Snapshot;

typedef struct World {
    char folder[64];
    Store *store;
    Relation *relation;
    bool is_keyed;
    int part_count;
    uint64_t epoch; /* open */
    Snapshot now;
    Snapshot pinned[PINS_MAX];
    int pinned_count;
    Snapshot committed;
    MemoryBudget budget;
    uint64_t random;
} World;

static uint64_t next_random(World *world) {
    world->random = world->random * 6364136223846793005u + 1442695040888963407u;
    return world->random >> 33;
}

static const int key[] = {1};

/* The row of an id (and version): text, id, version. */
static void add_row(Batch *batch, int id, int version, int64_t diff) {
    int row = batch->row_count++;
    batch->selected_count = batch->row_count;
    int64_t number = id;
    int32_t small = version;
    char text[100];
    int length = snprintf(text, sizeof text, version % 3 == 0 ? "%d" : "text of version %d", version);
    if (version % 7 == 0)
        column_set_null(batch->columns[0], row);
    else
        column_set_bytes(batch->columns[0], row, text, (uint32_t)length);
    column_set_datum(batch->columns[1], row, &number);
    column_set_datum(batch->columns[2], row, &small);
    batch_need_diffs(batch, batch->columns[0]->capacity);
    batch->diffs[row] = diff;
}

static Batch *new_rows(int capacity) {
    Type types[] = {type_of(TYPE_TEXT), type_of(TYPE_INT8), type_of(TYPE_INT4)};
    return batch_builder(types, 3, capacity);
}

static int part_of(const World *world, const Batch *batch, int row) {
    uint16_t rows[] = {(uint16_t)row};
    Batch *selected = batch_select((Batch *)(uintptr_t)batch, rows, 1), *one = batch_dense(selected);
    uint64_t hash;
    if (world->is_keyed)
        batch_hash_keys(one, key, 1, &hash);
    else
        batch_hash_keys(one, (int[]){0, 1, 2}, 3, &hash);
    batch_release(selected);
    batch_release(one);
    return shard_part(hash_shard(hash), world->part_count);
}

static void open_relation(World *world, int part_count) {
    static const Type types[] = {{.id = TYPE_TEXT, .modifier = -1}, {.id = TYPE_INT8, .modifier = -1},
        {.id = TYPE_INT4, .modifier = -1}};
    world->part_count = part_count;
    RelationSpec spec = {.object_id = 9,
        .column_count = 3,
        .types = types,
        .key_count = world->is_keyed,
        .key = key,
        .part_count = part_count,
        .store = world->store,
        .budget = &world->budget};
    world->relation = relation_create(&spec);
    Error error = {0};
    ck_assert_msg(relation_load(world->relation, world->epoch - 1, &error) == OK, "%s", error.message);
    RelationIndexSpec none = {.id = 76, .name = "none", .count = 1, .columns = (int[]){1}};
    RelationIndexSpec index = {.id = 77, .name = "index", .count = 2, .columns = (int[]){2, 0}};
    ck_assert_int_eq(relation_add_index(world->relation, &none, &error), OK);
    ck_assert_int_eq(relation_add_index(world->relation, &index, &error), OK);
    relation_drop_index(world->relation, 76);
}

/* Adds the signed rows of a scan to counts (keyed: by version; a row must be the one that the version says).
 */
static void add_scan(const World *world, RelationScan *scan, int64_t *values, int64_t *rows) {
    Error error = {0};
    for (Batch *batch;;) {
        ck_assert_int_eq(relation_scan_next(scan, &batch, &error), OK);
        if (batch == NULL)
            break;
        for (int i = 0; i < batch->selected_count; i++) {
            int row = batch_row(batch, i);
            int64_t id = column_int8(batch->columns[1], row), diff = batch_diff(batch, row);
            int32_t version = ((const int32_t *)batch->columns[2]->values)[row];
            Batch *expected = new_rows(1);
            add_row(expected, (int)id, version, 1);
            ck_assert(batch_rows_identical(batch, row, expected, 0, (int[]){0, 1, 2}, 3));
            batch_release(expected);
            values[id] += world->is_keyed ? diff * version : diff;
            rows[id] += diff;
        }
        batch_release(batch);
    }
    relation_scan_close(scan);
}

static void check_scan(const World *world, const Snapshot *snapshot) {
    int64_t *values = NEW_ARRAY(int64_t, IDS), *rows = NEW_ARRAY(int64_t, IDS);
    add_scan(world, relation_scan_open(world->relation, snapshot->epoch, NULL, 0), values, rows);
    for (int id = 0; id < IDS; id++) {
        ck_assert_int_eq(values[id], snapshot->value[id]);
        if (world->is_keyed)
            ck_assert_int_eq(rows[id], snapshot->value[id] > 0);
    }
    memory_free(values);
    memory_free(rows);
}

static void check_changes(const World *world, const Snapshot *from, const Snapshot *to) {
    int64_t *values = NEW_ARRAY(int64_t, IDS), *rows = NEW_ARRAY(int64_t, IDS);
    add_scan(world, relation_changes_open(world->relation, from->epoch, to->epoch, NULL, 0), values, rows);
    for (int id = 0; id < IDS; id++)
        ck_assert_int_eq(values[id], to->value[id] - from->value[id]);
    memory_free(values);
    memory_free(rows);
}

static void check_lookups(World *world, const Snapshot *snapshot) {
    for (int i = 0; i < 20; i++) {
        int id = (int)(next_random(world) % IDS);
        Batch *row = new_rows(1), *found;
        add_row(row, id, world->is_keyed ? snapshot->value[id] : 1, 1);
        Value values[3];
        for (int column = 0; column < 3; column++)
            values[column] = column_value(row->columns[column], 0);
        Error error = {0};
        ck_assert_int_eq(relation_lookup(world->relation, snapshot->epoch,
                             world->is_keyed ? &values[1] : values, &found, &error),
            OK);
        ck_assert_int_eq(found != NULL, snapshot->value[id] > 0);
        if (found != NULL) {
            ck_assert(batch_rows_identical(found, 0, row, 0, (int[]){0, 1, 2}, 3));
            if (!world->is_keyed)
                ck_assert_int_eq(batch_diff(found, 0), snapshot->value[id]);
        }
        batch_release(found);
        batch_release(row);
    }
}

/* An index on (version, text), with NULL texts: finds what a scan of the model says. */
static void check_index(World *world, const Snapshot *snapshot) {
    for (int i = 0; i < 10; i++) {
        int id = (int)(next_random(world) % IDS), expected = 0,
            version = world->is_keyed ? snapshot->value[id] : 1;
        Batch *row = new_rows(1);
        add_row(row, id, version, 1);
        Value values[] = {column_value(row->columns[2], 0), column_value(row->columns[0], 0)};
        for (int other = 0; other < IDS && version % 7 != 0; other++)
            expected +=
                world->is_keyed ? version > 0 && snapshot->value[other] == version : snapshot->value[other];
        BatchList found = {0};
        bool is_known;
        int64_t count = 0;
        if (version > 0 && version % 7 != 0)
            ck_assert_int_eq(relation_index_find(world->relation, 77, snapshot->epoch, values, INT64_MAX,
                                 &found, &is_known, NULL),
                OK);
        for (int b = 0; b < found.count; b++)
            for (int r = 0; r < found.batches[b]->row_count; r++)
                count += batch_diff(found.batches[b], r);
        ck_assert_int_eq(count, expected);
        batch_list_clear(&found);
        batch_release(row);
    }
}

/* Changes by key that lead to the new version: what comes before the last one counts only as what it repeats
   or does not meet. */
static void add_upserts(World *world, Batch *rows, int id, int old, int new, UpsertCounts *counts) {
    int shown = old;
    for (int i = (int)(next_random(world) % 4); i >= 0; i--) {
        int next = i == 0 ? new : (int)(next_random(world) % 3) * (old + 1);
        add_row(rows, id, next != 0 ? next : 1000, next != 0 ? 1 : -1);
        counts->unmatched += next == 0 && shown == 0;
        counts->repeated += next != 0 && next == shown;
        shown = next;
    }
}

/* One call a part: changes of random ids, in random order, with rows that cancel out. */
static void run_apply(World *world) {
    bool is_upsert = world->is_keyed && next_random(world) % 2 == 0;
    UpsertCounts wanted = {0}, counts = {0};
    Batch *changes[PARTS_MAX];
    for (int part = 0; part < world->part_count; part++)
        changes[part] = new_rows(4000);
    uint64_t one_in = 1 + next_random(world) % 200;
    int64_t expected = 0;
    int used = 0;
    for (int id = 0; id < IDS && used < 1000; id++) {
        if (next_random(world) % (one_in + 4) != 0)
            continue;
        used++;
        int old = world->now.value[id], new = world->is_keyed ? (next_random(world) % 3 == 0 ? 0 : old + 1)
                                                              : (int)(next_random(world) % 4);
        int kinds = (int)(next_random(world) % 4);
        Batch *rows = new_rows(4);
        if (is_upsert) {
            add_upserts(world, rows, id, old, new, &wanted);
            expected += (new != 0) - (old != 0);
        } else if (world->is_keyed) {
            if (kinds == 0)
                add_row(rows, id, 1000000, 1);
            if (new != 0)
                add_row(rows, id, new, 1);
            if (old != 0)
                add_row(rows, id, old, -1);
            if (kinds == 0)
                add_row(rows, id, 1000000, -1);
            expected += (new != 0) - (old != 0);
        } else {
            add_row(rows, id, 1, new + 5);
            add_row(rows, id, 1, -old - 5);
            expected += new - old;
        }
        for (int row = 0; row < rows->row_count; row++)
            batch_append_row(changes[part_of(world, rows, row)], rows, row, rows->diffs[row]);
        batch_release(rows);
        world->now.value[id] = new;
    }
    int64_t before = relation_row_count(world->relation), net_rows = 0;
    for (int part = 0; part < world->part_count; part++) {
        Error error = {0};
        BatchList net = {0};
        Status status =
            is_upsert ? relation_upsert(
                            world->relation, part, &changes[part], 1, world->epoch, &net, &counts, &error)
                      : relation_apply(world->relation, part, &changes[part], 1, world->epoch, &net, &error);
        ck_assert_msg(status == OK, "%s", error.message);
        for (int i = 0; i < net.count; i++)
            for (int row = 0; row < net.batches[i]->row_count; row++)
                net_rows += batch_diff(net.batches[i], row);
        batch_list_clear(&net);
        batch_release(changes[part]);
    }
    ck_assert_int_eq(counts.repeated, wanted.repeated);
    ck_assert_int_eq(counts.unmatched, wanted.unmatched);
    ck_assert_int_eq(net_rows, expected);
    ck_assert_int_eq(relation_row_count(world->relation) - before, expected);
}

static void unpin(World *world, int which) {
    world->pinned[which] = world->pinned[--world->pinned_count];
}

static uint64_t oldest_pinned(const World *world) {
    uint64_t oldest = world->now.epoch;
    for (int i = 0; i < world->pinned_count; i++)
        if (world->pinned[i].epoch < oldest)
            oldest = world->pinned[i].epoch;
    return oldest;
}

/* Publishes the open epoch, sometimes pins it, sometimes lets others go, trims. */
static void end_epoch(World *world) {
    world->now.epoch = world->epoch++;
    if (world->pinned_count > 0 && next_random(world) % 3 == 0)
        unpin(world, (int)(next_random(world) % (uint64_t)world->pinned_count));
    if (world->pinned_count < PINS_MAX && next_random(world) % 2 == 0)
        world->pinned[world->pinned_count++] = world->now;
    uint64_t oldest = oldest_pinned(world);
    for (int part = 0; part < world->part_count; part++)
        relation_trim(world->relation, part, oldest);
}

static void check_everything(World *world) {
    check_scan(world, &world->now);
    check_lookups(world, &world->now);
    check_index(world, &world->now);
    for (int i = 0; i < world->pinned_count; i++) {
        check_scan(world, &world->pinned[i]);
        check_lookups(world, &world->pinned[i]);
        check_index(world, &world->pinned[i]);
        for (int j = 0; j < world->pinned_count; j++)
            if (world->pinned[i].epoch <= world->pinned[j].epoch)
                check_changes(world, &world->pinned[i], &world->pinned[j]);
        check_changes(world, &world->pinned[i], &world->now);
    }
}

static void commit(World *world, bool is_made) {
    Cut cuts[PARTS_MAX] = {0}, *pointers[PARTS_MAX];
    for (int part = 0; part < world->part_count; part++) {
        Error error = {0};
        ck_assert_int_eq(relation_cut(world->relation, part, world->now.epoch, &cuts[part], &error), OK);
        ck_assert(!relation_is_dirty(world->relation, part));
        pointers[part] = &cuts[part];
    }
    Error error = {0};
    if (is_made) {
        ck_assert_int_eq(store_commit(world->store, pointers, world->part_count, &error), OK);
        world->committed = world->now;
        uint64_t oldest = oldest_pinned(world);
        size_t wanted = world->budget.limit == 0 ? SIZE_MAX : next_random(world) % 200000;
        for (int part = 0; part < world->part_count && world->budget.limit != SIZE_MAX; part++)
            relation_evict(world->relation, part, oldest, world->epoch, wanted);
    }
    for (int part = 0; part < world->part_count; part++)
        cut_free(&cuts[part]);
}

static void restart(World *world) {
    relation_release(world->relation);
    ck_assert_uint_eq(atomic_load(&world->budget.used), 0);
    uint64_t last = world->now.epoch;
    world->now = world->committed;
    world->now.epoch = last;
    world->pinned_count = 0;
    open_relation(world, 1 + (int)(next_random(world) % PARTS_MAX));
    check_everything(world);
}

static void run_history(bool is_keyed, bool is_durable, size_t limit, uint64_t seed, int epochs) {
    World *world = NEW(World);
    world->budget.limit = limit;
    world->random = seed;
    world->is_keyed = is_keyed;
    world->epoch = 1;
    snprintf(world->folder, sizeof world->folder, "/tmp/leat_relation_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(world->folder));
    Error error = {0};
    if (is_durable)
        ck_assert_int_eq(store_open(world->folder, &world->store, &error), OK);
    open_relation(world, is_durable ? 1 : 2);
    for (int epoch = 0; epoch < epochs; epoch++) {
        for (uint64_t applies = 1 + next_random(world) % 3; applies > 0; applies--)
            run_apply(world);
        end_epoch(world);
        if (next_random(world) % 8 == 0)
            check_everything(world);
        uint64_t choice = next_random(world) % 24;
        if (is_durable && choice < 12)
            commit(world, true);
        if (is_durable && choice == 23) {
            commit(world, false);
            restart(world);
        }
    }
    check_everything(world);
    if (is_durable) {
        commit(world, true);
        restart(world);
    }
    relation_release(world->relation);
    store_close(world->store);
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", world->folder);
    ck_assert_int_eq(system(command), 0);
    memory_free(world);
}

START_TEST(keyed_in_memory) {
    run_history(true, false, SIZE_MAX, 1, 300);
}
END_TEST

START_TEST(counted_in_memory) {
    run_history(false, false, SIZE_MAX, 2, 300);
}
END_TEST

START_TEST(keyed_durable) {
    run_history(true, true, SIZE_MAX, 3, 300);
}
END_TEST

START_TEST(counted_durable) {
    run_history(false, true, SIZE_MAX, 4, 300);
}
END_TEST

START_TEST(keyed_evicted) {
    run_history(true, true, 0, 5, 100);
    run_history(true, true, 2 << 20, 6, 100);
}
END_TEST

START_TEST(counted_evicted) {
    run_history(false, true, 0, 7, 100);
    run_history(false, true, 2 << 20, 8, 100);
}
END_TEST

START_TEST(wrong_changes_are_refused) {
    World *world = NEW(World);
    world->budget.limit = SIZE_MAX;
    world->is_keyed = true;
    world->epoch = 1;
    open_relation(world, 1);
    Batch *batch = new_rows(4);
    add_row(batch, 1, 1, -1);
    Error error = {0};
    ck_assert_int_eq(relation_apply(world->relation, 0, &batch, 1, 1, NULL, &error), STATUS_INTERNAL_ERROR);
    ck_assert_ptr_nonnull(strstr(error.message, "\"text of version 1\" 1 1"));
    batch->diffs[0] = 1;
    ck_assert_int_eq(relation_apply(world->relation, 0, &batch, 1, 1, NULL, &error), OK);
    ck_assert_int_eq(relation_apply(world->relation, 0, &batch, 1, 1, NULL, &error), STATUS_INTERNAL_ERROR);
    add_row(batch, 1, 2, 1);
    batch->diffs[0] = 0;
    ck_assert_int_eq(relation_apply(world->relation, 0, &batch, 1, 1, NULL, &error), STATUS_INTERNAL_ERROR);
    ck_assert_int_eq(relation_row_count(world->relation), 1);
    error_clear(&error);
    batch_release(batch);
    relation_release(world->relation);
    memory_free(world);
}
END_TEST

/* One writer moves amounts between accounts, so that the sum is the same at every epoch; readers pin what is
   published. */

enum { ACCOUNTS = 5000, READERS = 3, EPOCHS = 200 };

typedef struct Bank {
    Relation *relation;
    pthread_mutex_t lock; /* published and pins */
    uint64_t published;
    uint64_t pins[READERS]; /* 0: none */
    uint64_t oldest;        /* the writer's: when it last looked */
    atomic_bool is_over;
    atomic_int failures;
} Bank;

typedef struct Reader {
    Bank *bank;
    int number;
    pthread_t thread;
} Reader;

static uint64_t pin(Bank *bank, int reader) {
    pthread_mutex_lock(&bank->lock);
    uint64_t epoch = bank->pins[reader] = bank->published;
    pthread_mutex_unlock(&bank->lock);
    return epoch;
}

static void unpin_reader(Bank *bank, int reader) {
    pthread_mutex_lock(&bank->lock);
    bank->pins[reader] = 0;
    pthread_mutex_unlock(&bank->lock);
}

static bool is_sum_right(Bank *bank, uint64_t epoch) {
    RelationScan *scan = relation_scan_open(bank->relation, epoch, (int[]){1, 2}, 2);
    int64_t sum = 0, rows = 0;
    Batch *batch;
    while (relation_scan_next(scan, &batch, NULL) == OK && batch != NULL) {
        for (int i = 0; i < batch->selected_count; i++, rows++)
            sum += column_int8(batch->columns[0], batch_row(batch, i));
        Batch *dense = batch_dense(batch);
        for (int i = 0; i < dense->row_count; i++) {
            const View *note = column_view(dense->columns[1], i);
            char text[40];
            int length = snprintf(
                text, sizeof text, "the balance is %lld", (long long)column_int8(dense->columns[0], i));
            if (!column_is_null(dense->columns[1], i) &&
                (note->length != (uint32_t)length || memcmp(view_bytes(note), text, note->length) != 0))
                rows = -1;
        }
        batch_release(batch);
        batch_release(dense);
    }
    relation_scan_close(scan);
    return sum == ACCOUNTS * 100 && rows == ACCOUNTS;
}

static bool is_lookup_right(Bank *bank, uint64_t epoch, int64_t account) {
    Value value = {.type = type_of(TYPE_INT8), .datum.int8 = account};
    Batch *found;
    bool is_right = relation_lookup(bank->relation, epoch, &value, &found, NULL) == OK && found != NULL &&
                    column_int8(found->columns[0], 0) == account;
    batch_release(found);
    return is_right;
}

static bool are_changes_right(Bank *bank, uint64_t from, uint64_t to) {
    RelationScan *scan = relation_changes_open(bank->relation, from, to, NULL, 0);
    int64_t sum = 0;
    Batch *batch;
    while (relation_scan_next(scan, &batch, NULL) == OK && batch != NULL) {
        for (int i = 0; i < batch->selected_count; i++)
            sum +=
                column_int8(batch->columns[1], batch_row(batch, i)) * batch_diff(batch, batch_row(batch, i));
        batch_release(batch);
    }
    relation_scan_close(scan);
    return sum == 0;
}

static void *read_bank(void *argument) {
    Reader *reader = argument;
    Bank *bank = reader->bank;
    for (int64_t round = 0; !atomic_load(&bank->is_over); round++) {
        uint64_t epoch = pin(bank, reader->number);
        bool is_right = is_sum_right(bank, epoch) && is_lookup_right(bank, epoch, round * 97 % ACCOUNTS);
        pthread_mutex_lock(&bank->lock);
        uint64_t later = bank->published;
        pthread_mutex_unlock(&bank->lock);
        is_right = is_right && are_changes_right(bank, epoch, later);
        unpin_reader(bank, reader->number);
        atomic_fetch_add(&bank->failures, !is_right);
    }
    return NULL;
}

static void add_account(Batch *parts[2], int64_t account, int64_t balance, int64_t diff) {
    char text[40];
    int length = snprintf(text, sizeof text, "the balance is %lld", (long long)balance);
    Batch *one = batch_builder((Type[]){type_of(TYPE_INT8), type_of(TYPE_INT8), type_of(TYPE_TEXT)}, 3, 1);
    column_set_datum(one->columns[0], 0, &account);
    column_set_datum(one->columns[1], 0, &balance);
    if (balance % 5 == 0)
        column_set_null(one->columns[2], 0);
    else
        column_set_bytes(one->columns[2], 0, text, (uint32_t)length);
    one->row_count = one->selected_count = 1;
    uint64_t hash;
    batch_hash_keys(one, (int[]){0}, 1, &hash);
    batch_append_row(parts[shard_part(hash_shard(hash), 2)], one, 0, diff);
    batch_release(one);
}

static void apply_parts(Bank *bank, Batch *parts[2], uint64_t epoch) {
    for (int part = 0; part < 2; part++) {
        Error error = {0};
        if (relation_apply(bank->relation, part, &parts[part], 1, epoch, NULL, &error) != OK)
            atomic_fetch_add(&bank->failures, 1);
        error_clear(&error);
        batch_release(parts[part]);
    }
}

static void publish(Bank *bank, uint64_t epoch) {
    pthread_mutex_lock(&bank->lock);
    uint64_t oldest = bank->published = epoch;
    for (int i = 0; i < READERS; i++)
        if (bank->pins[i] != 0 && bank->pins[i] < oldest)
            oldest = bank->pins[i];
    pthread_mutex_unlock(&bank->lock);
    bank->oldest = oldest;
    for (int part = 0; part < 2; part++)
        relation_trim(bank->relation, part, oldest);
}

static void new_parts(Batch *parts[2]) {
    for (int part = 0; part < 2; part++)
        parts[part] = batch_builder(
            (Type[]){type_of(TYPE_INT8), type_of(TYPE_INT8), type_of(TYPE_TEXT)}, 3, BATCH_ROWS_MAX);
}

/* Writes what the epoch changed, and lets go of everything. */
static void evict_bank(Bank *bank, Store *store, uint64_t epoch) {
    Cut cuts[2] = {0};
    Error error = {0};
    bool is_right = true;
    for (int part = 0; part < 2; part++)
        is_right = is_right && relation_cut(bank->relation, part, epoch, &cuts[part], &error) == OK;
    is_right = is_right && store_commit(store, (Cut *[]){&cuts[0], &cuts[1]}, 2, &error) == OK;
    for (int part = 0; part < 2; part++) {
        relation_evict(bank->relation, part, bank->oldest, epoch + 1, SIZE_MAX);
        cut_free(&cuts[part]);
    }
    atomic_fetch_add(&bank->failures, !is_right);
    error_clear(&error);
}

static void run_bank(Store *store) {
    static const Type types[] = {{.id = TYPE_INT8, .modifier = -1}, {.id = TYPE_INT8, .modifier = -1},
        {.id = TYPE_TEXT, .modifier = -1}};
    MemoryBudget budget = {.limit = store == NULL ? SIZE_MAX : 0};
    RelationSpec spec = {.object_id = 1,
        .column_count = 3,
        .types = types,
        .key_count = 1,
        .key = (int[]){0},
        .part_count = 2,
        .store = store,
        .budget = &budget};
    Bank bank = {.relation = relation_create(&spec), .lock = PTHREAD_MUTEX_INITIALIZER};
    int64_t *balances = NEW_ARRAY(int64_t, ACCOUNTS);
    Batch *parts[2];
    new_parts(parts);
    for (int i = 0; i < ACCOUNTS; i++) {
        balances[i] = 100;
        add_account(parts, i, 100, 1);
    }
    apply_parts(&bank, parts, 1);
    publish(&bank, 1);
    Reader readers[READERS];
    for (int i = 0; i < READERS; i++) {
        readers[i] = (Reader){.bank = &bank, .number = i};
        pthread_create(&readers[i].thread, NULL, read_bank, &readers[i]);
    }
    uint64_t random = 5;
    for (uint64_t epoch = 2; epoch < EPOCHS; epoch++) {
        new_parts(parts);
        int start = (int)((random = random * 6364136223846793005u + 1) >> 33) % ACCOUNTS,
            step = 1 + (int)(epoch % 7);
        for (int i = 0; i < 400; i += 2) {
            int from = (start + i * step) % ACCOUNTS, to = (start + (i + 1) * step) % ACCOUNTS;
            add_account(parts, from, balances[from], -1);
            add_account(parts, to, balances[to], -1);
            add_account(parts, from, balances[from] -= (int64_t)epoch, 1);
            add_account(parts, to, balances[to] += (int64_t)epoch, 1);
        }
        apply_parts(&bank, parts, epoch);
        publish(&bank, epoch);
        if (store != NULL)
            evict_bank(&bank, store, epoch);
    }
    atomic_store(&bank.is_over, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i].thread, NULL);
    ck_assert_int_eq(atomic_load(&bank.failures), 0);
    ck_assert(is_sum_right(&bank, EPOCHS - 1));
    relation_release(bank.relation);
    memory_free(balances);
}

START_TEST(one_writer_many_readers) {
    run_bank(NULL);
}
END_TEST

START_TEST(one_evicting_writer_many_readers) {
    char folder[] = "/tmp/leat_relation_XXXXXX", command[100];
    Store *store;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(store_open(folder, &store, NULL), OK);
    run_bank(store);
    store_close(store);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

int main(void) {
    TCase *cases = tcase_create("relation");
    tcase_set_timeout(cases, 300);
    tcase_add_test(cases, wrong_changes_are_refused);
    tcase_add_test(cases, keyed_in_memory);
    tcase_add_test(cases, counted_in_memory);
    tcase_add_test(cases, keyed_durable);
    tcase_add_test(cases, counted_durable);
    tcase_add_test(cases, keyed_evicted);
    tcase_add_test(cases, counted_evicted);
    tcase_set_tags(cases, "one_thread");
    TCase *threads = tcase_create("threads");
    tcase_set_timeout(threads, 300);
    tcase_add_test(threads, one_writer_many_readers);
    tcase_add_test(threads, one_evicting_writer_many_readers);
    Suite *suite = suite_create("relation");
    suite_add_tcase(suite, cases);
    suite_add_tcase(suite, threads);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
