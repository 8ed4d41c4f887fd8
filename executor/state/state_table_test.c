/* State tables against a plain model: random histories with cuts, commits that never happen, restarts with
   other shards, and eviction of everything. */
#include "executor/state/state_table.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "executor/state/state_space.h"

enum { IDS = 900, GROUPS = 37, WORKERS_MAX = 3, TABLES = 3 };

/* Version of each id; 0: absent. */
typedef struct Model {
    int version[IDS];
} Model;

typedef struct World {
    char folder[64];
    Store *store;
    MemoryBudget budget;
    int worker_count;
    StateSpace *spaces[WORKERS_MAX];
    StateTable *tables[WORKERS_MAX][TABLES];
    StateIndex *indexes[WORKERS_MAX];
    uint64_t epoch;
    Model now, cut, committed;
    Cut cuts[WORKERS_MAX];
    bool is_committing;
    uint64_t random;
} World;

static uint64_t next_random(World *world) {
    world->random = world->random * 6364136223846793005u + 1442695040888963407u;
    return world->random >> 33;
}

/* Table 0: key (int8, text). Table 1: key (group, id), indexed by group, sharded by group. Table 2: as 0, but
   identical. Values: version, payload. */
static const int key_counts[TABLES] = {2, 2, 2};
static const int shard_key_counts[TABLES] = {2, 1, 1};

static void payload_of(int id, int version, char out[2000]) {
    int length = (id * 7 + version * 13) % 97 == 0 ? 1500 : (id + version) % 30;
    memset(out, 'a' + (id + version) % 26, (size_t)length);
    out[length] = 0;
}

static Batch *rows_of(int table, const int *ids, int count) {
    Type types[2] = {type_of(TYPE_INT8), type_of(table == 1 ? TYPE_INT8 : TYPE_TEXT)};
    Batch *batch = batch_builder(types, 2, count > 0 ? count : 1);
    for (int i = 0; i < count; i++) {
        int64_t id = ids[i], group = id % GROUPS;
        column_set_datum(batch->columns[0], i, table == 1 ? &group : &id);
        if (table == 1) {
            column_set_datum(batch->columns[1], i, &id);
            continue;
        }
        char name[40];
        int length = snprintf(name, sizeof name, id % 2 ? "n%d" : "a rather long name %d", (int)id);
        column_set_bytes(batch->columns[1], i, name, (uint32_t)length);
        if (id == 5)
            column_set_null(batch->columns[1], i);
    }
    batch->row_count = batch->selected_count = count;
    return batch;
}

static const int columns[] = {0, 1};

static int worker_of(const World *world, int table, int id) {
    Batch *batch = rows_of(table, &id, 1);
    uint64_t hash;
    batch_hash_keys(batch, columns, shard_key_counts[table], &hash);
    batch_release(batch);
    return (int)((uint64_t)hash_shard(hash) * (uint64_t)world->worker_count >> 16);
}

static void open_spaces(World *world, int worker_count) {
    world->worker_count = worker_count;
    Error error = {0};
    for (int worker = 0; worker < worker_count; worker++) {
        uint32_t begin =
            (uint32_t)((65536 * (uint32_t)worker + (uint32_t)worker_count - 1) / (uint32_t)worker_count);
        uint32_t end = (uint32_t)((65536 * (uint32_t)(worker + 1) + (uint32_t)worker_count - 1) /
                                  (uint32_t)worker_count);
        StateSpaceSpec spec = {.object_id = 7,
            .operator_id = 3,
            .worker = (uint32_t)worker,
            .shard_begin = begin,
            .shard_end = end,
            .store = world->store,
            .budget = &world->budget};
        world->spaces[worker] = state_space_create(&spec);
        ck_assert_msg(state_space_load(world->spaces[worker], &error) == OK, "%s", error.message);
        for (int table = 0; table < TABLES; table++) {
            Type cells[4] = {type_of(TYPE_INT8), type_of(table == 1 ? TYPE_INT8 : TYPE_TEXT),
                type_of(TYPE_INT4), type_of(TYPE_TEXT)};
            StateTableSpec table_spec = {.number = table,
                .relation = table == 2 ? KEY_IDENTICAL : KEY_EQUAL,
                .key_count = key_counts[table],
                .cell_count = 4,
                .cells = cells,
                .shard_key_count = shard_key_counts[table]};
            world->tables[worker][table] = state_table_open(world->spaces[worker], &table_spec);
        }
        world->indexes[worker] = state_table_index(world->tables[worker][1], (int[]){0}, 1);
    }
}

static void close_spaces(World *world) {
    for (int worker = 0; worker < world->worker_count; worker++)
        state_space_destroy(world->spaces[worker]);
    ck_assert_uint_eq(atomic_load(&world->budget.used), 0);
}

static void upsert(StateTable *table, Slot slot, int id, int version) {
    char payload[2000];
    payload_of(id, version, payload);
    int32_t number = version;
    state_table_set_cell(table, slot, 2, &number);
    View view = view_of(payload, (uint32_t)strlen(payload));
    if (version % 5 == 0)
        state_table_set_null(table, slot, 3, true);
    else
        state_table_set_cell(table, slot, 3, &view);
    state_table_touch(table, slot);
}

static void assert_row(StateTable *table, Slot slot, int id, int version) {
    char payload[2000];
    payload_of(id, version, payload);
    char *bytes = state_table_slot(table, slot);
    int32_t number;
    memcpy(&number, bytes + state_table_cell_offset(table, 2), sizeof number);
    ck_assert_int_eq(number, version);
    ck_assert_int_eq(state_table_is_null(table, slot, 3), version % 5 == 0);
    if (version % 5 != 0) {
        const View *view = slot_cell(bytes, state_table_cell_offset(table, 3));
        ck_assert_uint_eq(view->length, strlen(payload));
        ck_assert_int_eq(memcmp(view_bytes(view), payload, view->length), 0);
    }
}

/* One batch of ids on one table of one worker: upsert, delete or check. */
static void run_batch(World *world, int worker, int table_number, const int *ids, int count, int action) {
    StateTable *table = world->tables[worker][table_number];
    Batch *batch = rows_of(table_number, ids, count);
    uint64_t hashes[IDS];
    Slot slots[IDS];
    uint8_t is_new[IDS];
    Error error = {0};
    state_table_hash(table, batch, columns, hashes);
    ck_assert_msg(state_table_load(table, batch, columns, hashes, &error) == OK, "%s", error.message);
    if (action == 0)
        state_table_insert(table, batch, columns, hashes, slots, is_new);
    else
        state_table_find(table, batch, columns, hashes, slots);
    for (int i = 0; i < count; i++) {
        int version = world->now.version[ids[i]];
        if (action == 0) {
            ck_assert_int_eq(is_new[i], version == 0);
            upsert(table, slots[i], ids[i], version + 1);
            continue;
        }
        ck_assert_int_eq(slots[i] != SLOT_NONE, version > 0);
        if (version > 0)
            assert_row(table, slots[i], ids[i], version);
        if (version > 0 && action == 1)
            state_table_delete(table, slots[i]);
    }
    batch_release(batch);
}

static void run_action(World *world, const int *ids, int count, int action) {
    for (int table = 0; table < TABLES; table++) {
        int lists[WORKERS_MAX][IDS], counts[WORKERS_MAX] = {0};
        for (int i = 0; i < count; i++) {
            int worker = worker_of(world, table, ids[i]);
            lists[worker][counts[worker]++] = ids[i];
        }
        for (int worker = 0; worker < world->worker_count; worker++)
            run_batch(world, worker, table, lists[worker], counts[worker], action);
    }
    for (int i = 0; i < count; i++) {
        if (action == 0)
            world->now.version[ids[i]]++;
        if (action == 1)
            world->now.version[ids[i]] = 0;
    }
}

static void check_groups(World *world) {
    int64_t found = 0, expected = 0;
    for (int id = 0; id < IDS; id++)
        expected += world->now.version[id] > 0;
    for (int worker = 0; worker < world->worker_count; worker++) {
        int groups[GROUPS];
        for (int i = 0; i < GROUPS; i++)
            groups[i] = i;
        Batch *batch = rows_of(1, groups, GROUPS);
        uint64_t hashes[GROUPS];
        Slot slots[GROUPS];
        Error error = {0};
        StateTable *table = world->tables[worker][1];
        state_index_hash(world->indexes[worker], batch, columns, hashes);
        ck_assert_int_eq(state_index_load(world->indexes[worker], batch, columns, hashes, &error), OK);
        state_index_find(world->indexes[worker], batch, columns, hashes, slots);
        for (int i = 0; i < GROUPS; i++)
            for (Slot slot = slots[i]; slot != SLOT_NONE;
                 slot = state_index_next(world->indexes[worker], slot)) {
                int64_t key[2];
                memcpy(key, state_table_slot(table, slot) + state_table_cell_offset(table, 0), sizeof key);
                ck_assert_int_eq(key[0], i);
                ck_assert_int_eq(key[1] % GROUPS, i);
                assert_row(table, slot, (int)key[1], world->now.version[key[1]]);
                found++;
            }
        batch_release(batch);
    }
    ck_assert_int_eq(found, expected);
}

static void check_all(World *world) {
    int ids[IDS];
    int64_t expected = 0;
    for (int id = 0; id < IDS; id++) {
        ids[id] = id;
        expected += world->now.version[id] > 0;
    }
    for (int table = 0; table < TABLES; table++) {
        int64_t count = 0;
        for (int worker = 0; worker < world->worker_count; worker++)
            count += state_table_count(world->tables[worker][table]);
        ck_assert_int_eq(count, expected);
    }
    check_groups(world);
    run_action(world, ids, IDS, 2);
    for (int table = 0; table < TABLES; table++) {
        int64_t scanned = 0;
        for (int worker = 0; worker < world->worker_count; worker++) {
            uint64_t cursor = 0;
            Slot slots[100];
            for (int count;
                 (count = state_table_scan(world->tables[worker][table], &cursor, slots, 100)) > 0;)
                scanned += count;
        }
        ck_assert_int_eq(scanned, expected);
    }
}

static void run_step(World *world) {
    for (int worker = 0; worker < world->worker_count; worker++)
        state_space_begin_step(world->spaces[worker]);
    int actions = 1 + (int)(next_random(world) % 3);
    for (int action = 0; action < actions; action++) {
        int ids[IDS], count = 0;
        uint64_t density = 1 + next_random(world) % 60;
        for (int id = 0; id < IDS; id++)
            if (next_random(world) % 60 < density)
                ids[count++] = id;
        run_action(world, ids, count, (int)(next_random(world) % 3));
    }
    if (next_random(world) % 8 == 0)
        check_all(world);
    for (int worker = 0; worker < world->worker_count; worker++)
        state_space_end_step(world->spaces[worker]);
}

static void finish_commit(World *world) {
    if (!world->is_committing)
        return;
    Cut *cuts[WORKERS_MAX];
    for (int i = 0; i < world->worker_count; i++)
        cuts[i] = &world->cuts[i];
    Error error = {0};
    ck_assert_msg(store_commit(world->store, cuts, world->worker_count, &error) == OK, "%s", error.message);
    for (int i = 0; i < world->worker_count; i++)
        cut_reset(&world->cuts[i]);
    world->committed = world->cut;
    world->is_committing = false;
}

static void begin_commit(World *world) {
    finish_commit(world);
    world->epoch++;
    for (int i = 0; i < world->worker_count; i++) {
        state_space_cut(world->spaces[i], world->epoch, &world->cuts[i]);
        ck_assert(!state_space_is_dirty(world->spaces[i]));
    }
    world->cut = world->now;
    world->is_committing = true;
}

static void restart(World *world, int worker_count) {
    close_spaces(world);
    store_close(world->store);
    for (int i = 0; i < WORKERS_MAX; i++)
        cut_reset(&world->cuts[i]);
    world->is_committing = false;
    world->now = world->committed;
    Error error = {0};
    ck_assert_int_eq(store_open(world->folder, &world->store, &error), OK);
    open_spaces(world, worker_count);
    check_all(world);
}

static void run_history(size_t limit, uint64_t seed, int steps) {
    World *world = NEW(World);
    snprintf(world->folder, sizeof world->folder, "/tmp/leat_state_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(world->folder));
    Error error = {0};
    ck_assert_int_eq(store_open(world->folder, &world->store, &error), OK);
    world->budget.limit = limit;
    world->random = seed;
    open_spaces(world, 1);
    for (int step = 0; step < steps; step++) {
        run_step(world);
        uint64_t choice = next_random(world) % 20;
        if (choice < 8)
            begin_commit(world);
        if (choice % 2 == 0)
            finish_commit(world);
        if (choice == 19)
            restart(world, 1 + (int)(next_random(world) % WORKERS_MAX));
    }
    begin_commit(world);
    finish_commit(world);
    restart(world, 2);
    close_spaces(world);
    store_close(world->store);
    for (int i = 0; i < WORKERS_MAX; i++)
        cut_free(&world->cuts[i]);
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", world->folder);
    ck_assert_int_eq(system(command), 0);
    memory_free(world);
}

START_TEST(history_in_memory) {
    run_history(SIZE_MAX, 1, 300);
}
END_TEST

START_TEST(history_evicting_everything) {
    run_history(0, 2, 300);
}
END_TEST

START_TEST(history_evicting_some) {
    run_history(150000, 3, 300);
}
END_TEST

static size_t count_blocks;
static Status count_block(void *argument, const char *key, size_t key_length, const char *value,
    size_t value_length, Error *error) {
    (void)argument, (void)key, (void)key_length, (void)value, (void)error;
    count_blocks += value_length;
    return OK;
}

START_TEST(log_stays_near_live_size) {
    char folder[] = "/tmp/leat_state_XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    Store *store;
    Error error = {0};
    ck_assert_int_eq(store_open(folder, &store, &error), OK);
    StateSpaceSpec spec = {.object_id = 1, .shard_end = 65536, .store = store};
    StateSpace *space = state_space_create(&spec);
    Type cells[] = {type_of(TYPE_INT8), type_of(TYPE_INT8)};
    StateTableSpec table_spec = {.key_count = 1, .cell_count = 2, .cells = cells, .shard_key_count = 1};
    StateTable *table = state_table_open(space, &table_spec);
    Batch *batch = batch_builder(cells, 1, 4096);
    batch->row_count = batch->selected_count = 4096;
    uint64_t hashes[4096];
    Slot slots[4096];
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < 4096; i++)
            ((int64_t *)batch->columns[0]->values)[i] = (i * 7 + round * 1000) % 20000;
        state_table_hash(table, batch, columns, hashes);
        state_table_insert(table, batch, columns, hashes, slots, NULL);
        for (int i = 0; i < 4096; i++)
            state_table_touch(table, slots[i]);
        Cut cut = {0}, *cuts[] = {&cut};
        state_space_cut(space, (uint64_t)round + 1, &cut);
        ck_assert_int_eq(store_commit(store, cuts, 1, &error), OK);
        cut_free(&cut);
    }
    count_blocks = 0;
    ck_assert_int_eq(store_scan(store, FAMILY_LOG, "", 0, count_block, NULL, &error), OK);
    ck_assert_uint_lt(count_blocks, (size_t)20000 * 18 * 4);
    Cut cut = {0}, *cuts[] = {&cut};
    state_drop_object(1, &cut);
    ck_assert_int_eq(store_commit(store, cuts, 1, &error), OK);
    count_blocks = 0;
    ck_assert_int_eq(store_scan(store, FAMILY_LOG, "", 0, count_block, NULL, &error), OK);
    ck_assert_uint_eq(count_blocks, 0);
    cut_free(&cut);
    batch_release(batch);
    state_space_destroy(space);
    store_close(store);
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

/* A block as stored, for damaging it. */
typedef struct StoredBlock {
    Text key;
    Text value;
} StoredBlock;

static Status take_block(void *argument, const char *key, size_t key_length, const char *value,
    size_t value_length, Error *error) {
    (void)error;
    StoredBlock *block = argument;
    text_add(&block->key, key, key_length);
    text_add(&block->value, value, value_length);
    return OK;
}

START_TEST(damaged_blocks_are_found) {
    char folder[] = "/tmp/leat_state_XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    Store *store;
    Error error = {0};
    ck_assert_int_eq(store_open(folder, &store, &error), OK);
    StateSpaceSpec spec = {.object_id = 1, .shard_end = 65536, .store = store};
    StateSpace *space = state_space_create(&spec);
    Type cells[] = {type_of(TYPE_TEXT), type_of(TYPE_INT8)};
    StateTableSpec table_spec = {.key_count = 1, .cell_count = 2, .cells = cells, .shard_key_count = 1};
    StateTable *table = state_table_open(space, &table_spec);
    Batch *batch = batch_from_text("text\n+1 a\n+1 \"a rather long key\"\n+1 NULL\n");
    uint64_t hashes[3];
    Slot slots[3];
    state_table_hash(table, batch, columns, hashes);
    state_table_insert(table, batch, columns, hashes, slots, NULL);
    Cut cut = {0}, *cuts[] = {&cut};
    state_space_cut(space, 1, &cut);
    state_space_destroy(space);
    ck_assert_int_eq(store_commit(store, cuts, 1, &error), OK);
    StoredBlock block = {0};
    ck_assert_int_eq(store_scan(store, FAMILY_LOG, "", 0, take_block, &block, &error), OK);
    for (size_t at = 0; at < block.value.length; at++) {
        block.value.bytes[at] ^= 0x10;
        cut_reset(&cut);
        cut_put(&cut, FAMILY_LOG, block.key.bytes, block.key.length, block.value.bytes, block.value.length);
        ck_assert_int_eq(store_commit(store, cuts, 1, &error), OK);
        space = state_space_create(&spec);
        ck_assert_int_eq(state_space_load(space, &error), STATUS_DATA_CORRUPTED);
        state_space_destroy(space);
        block.value.bytes[at] ^= 0x10;
    }
    error_clear(&error);
    text_free(&block.key);
    text_free(&block.value);
    cut_free(&cut);
    batch_release(batch);
    store_close(store);
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

/* More than eight cells, of which the key is one plain number: null bits stand before the cells. */
START_TEST(wide_table) {
    StateSpaceSpec spec = {.object_id = 1, .shard_end = 65536, .is_one_shot = true};
    StateSpace *space = state_space_create(&spec);
    Type cells[12];
    for (int i = 0; i < 12; i++)
        cells[i] = type_of(i % 2 ? TYPE_TEXT : TYPE_INT8);
    StateTableSpec table_spec = {.key_count = 1, .cell_count = 12, .cells = cells, .shard_key_count = 1};
    StateTable *table = state_table_open(space, &table_spec);
    Batch *batch = batch_from_text("int8\n+1 7\n+1 8\n+1 7\n");
    Batch *with_null = batch_from_text("int8\n+1 7\n+1 NULL\n+1 0\n");
    uint64_t hashes[3];
    Slot slots[3];
    state_table_hash(table, batch, columns, hashes);
    state_table_insert(table, batch, columns, hashes, slots, NULL);
    for (int i = 1; i < 12; i++)
        state_table_set_null(table, slots[0], i, true);
    ck_assert_uint_eq(slots[0], slots[2]);
    state_table_hash(table, with_null, columns, hashes);
    state_table_find(table, with_null, columns, hashes, slots);
    ck_assert(slots[0] != SLOT_NONE && slots[1] == SLOT_NONE && slots[2] == SLOT_NONE);
    ck_assert(!state_table_is_null(table, slots[0], 0) && state_table_is_null(table, slots[0], 11));
    state_table_insert(table, with_null, columns, hashes, slots, NULL);
    ck_assert_int_eq(state_table_count(table), 4);
    state_table_delete(table, slots[0]);
    ck_assert_int_eq(state_table_count(table), 3);
    batch_release(batch);
    batch_release(with_null);
    state_space_destroy(space);
}
END_TEST

/* Equal keys of several images, NULL keys, duplicates in a batch; without a store. */
START_TEST(one_shot_table) {
    StateSpaceSpec spec = {.object_id = 1, .shard_end = 65536, .is_one_shot = true};
    StateSpace *space = state_space_create(&spec);
    Type cells[] = {type_of(TYPE_FLOAT8), type_of(TYPE_INT8)};
    StateTableSpec table_spec = {.key_count = 1, .cell_count = 2, .cells = cells, .shard_key_count = 1};
    StateTable *table = state_table_open(space, &table_spec);
    table_spec.number = 1;
    table_spec.relation = KEY_IDENTICAL;
    StateTable *identical = state_table_open(space, &table_spec);
    Batch *batch = batch_from_text("float8\n+1 0\n+1 -0\n+1 NULL\n+1 1.5\n+1 NULL\n+1 NaN\n");
    uint64_t hashes[6];
    Slot slots[6];
    uint8_t is_new[6];
    state_table_hash(table, batch, columns, hashes);
    state_table_insert(table, batch, columns, hashes, slots, is_new);
    ck_assert_int_eq(state_table_count(table), 4);
    ck_assert_uint_eq(slots[0], slots[1]);
    ck_assert_uint_eq(slots[2], slots[4]);
    ck_assert_uint_eq(is_new[0], 1);
    ck_assert_uint_eq(is_new[1], 0);
    state_table_hash(identical, batch, columns, hashes);
    state_table_insert(identical, batch, columns, hashes, slots, is_new);
    ck_assert_int_eq(state_table_count(identical), 5);
    Column *keys = state_table_gather(identical, 0, slots, 6);
    Column *values = state_table_gather(identical, 1, slots, 6);
    ck_assert(column_is_null(keys, 2) && !column_is_null(values, 2));
    ck_assert_int_eq(column_int8(values, 3), 0);
    column_release(keys);
    column_release(values);
    ck_assert(!state_space_is_dirty(space));
    batch_release(batch);
    state_space_destroy(space);
}
END_TEST

/* Rows (key, time, row number) of a side that only grows: added in order of time, freed by a watermark behind
   it. */
typedef struct Expiring {
    StateSpace *space;
    StateTable *table;
    Slot slots[4096];
    int64_t ids[4096];
    int count;
} Expiring;

static int64_t time_of_id(int64_t id) {
    return id / 100 * 10;
}

static void open_expiring(Expiring *expiring, Store *store) {
    StateSpaceSpec spec = {.object_id = 7, .operator_id = 3, .shard_end = 65536, .store = store};
    static const Type cells[4] = {{.id = TYPE_INT8, .modifier = -1}, {.id = TYPE_TIMESTAMP, .modifier = -1},
        {.id = TYPE_INT8, .modifier = -1}, {.id = TYPE_INT8, .modifier = -1}};
    Error error = {0};
    expiring->space = state_space_create(&spec);
    ck_assert_msg(state_space_load(expiring->space, &error) == OK, "%s", error.message);
    expiring->table = state_table_open(expiring->space, &(StateTableSpec){.relation = KEY_IDENTICAL,
                                                            .key_count = 3,
                                                            .cell_count = 4,
                                                            .cells = cells,
                                                            .shard_key_count = 1});
    state_table_index(expiring->table, (int[]){0}, 1);
    state_table_expire_by(expiring->table, 1);
}

static void add_expiring(Expiring *expiring, int64_t from, int count) {
    Type types[3] = {type_of(TYPE_INT8), type_of(TYPE_TIMESTAMP), type_of(TYPE_INT8)};
    Batch *batch = batch_builder(types, 3, count);
    uint64_t hashes[4096], key_hashes[4096];
    for (int i = 0; i < count; i++) {
        int64_t id = from + i, key = id % 50, time = time_of_id(id);
        column_set_datum(batch->columns[0], i, &key);
        column_set_datum(batch->columns[1], i, &time);
        column_set_datum(batch->columns[2], i, &id);
        expiring->ids[expiring->count + i] = id;
    }
    batch->row_count = batch->selected_count = count;
    static const int all[] = {0, 1, 2};
    batch_hash_keys(batch, all, 1, key_hashes);
    state_table_hash_keyed(expiring->table, batch, all, key_hashes, hashes);
    state_table_insert_keyed(
        expiring->table, batch, all, hashes, key_hashes, expiring->slots + expiring->count, NULL);
    expiring->count += count;
    batch_release(batch);
}

static void pass_expiring(Expiring *expiring, int64_t watermark) {
    Slot gone[4096];
    int count = 0, kept = 0;
    for (int i = 0; i < expiring->count; i++) {
        if (time_of_id(expiring->ids[i]) < watermark) {
            gone[count++] = expiring->slots[i];
            continue;
        }
        expiring->ids[kept] = expiring->ids[i];
        expiring->slots[kept++] = expiring->slots[i];
    }
    expiring->count = kept;
    state_table_expire(expiring->table, gone, count);
    state_table_pass(expiring->table, watermark);
}

static size_t cut_expiring(Expiring *expiring, Store *store, uint64_t epoch) {
    Cut cut = {0}, *cuts[] = {&cut};
    Error error = {0};
    state_space_cut(expiring->space, epoch, &cut);
    size_t size = cut.bytes.length;
    ck_assert_int_eq(store_commit(store, cuts, 1, &error), OK);
    cut_free(&cut);
    return size;
}

/* After every restart all rows that the watermark has not passed are there, whatever others are there again;
   blocks go with their rows. */
START_TEST(expired_rows_cost_nothing) {
    char folder[] = "/tmp/leat_expire_XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    Error error = {0};
    Store *store;
    ck_assert_msg(store_open(folder, &store, &error) == OK, "%s", error.message);
    Expiring *expiring = NEW(Expiring);
    open_expiring(expiring, store);
    size_t last = 0;
    for (int64_t step = 0; step < 40; step++) {
        add_expiring(expiring, step * 150, 150);
        pass_expiring(expiring, time_of_id(step * 150) - 60);
        last = cut_expiring(expiring, store, (uint64_t)step + 1);
        if (step % 7 != 6)
            continue;
        state_space_destroy(expiring->space);
        open_expiring(expiring, store);
        Slot slots[4096];
        uint64_t cursor = 0;
        int found = state_table_scan(expiring->table, &cursor, slots, 4096), live = 0;
        for (int i = 0; i < found; i++) {
            memcpy(&expiring->ids[i],
                state_table_slot(expiring->table, slots[i]) + state_table_cell_offset(expiring->table, 2),
                sizeof(int64_t));
            live += time_of_id(expiring->ids[i]) >= time_of_id(step * 150) - 60;
            expiring->slots[i] = slots[i];
        }
        int64_t first = (time_of_id(step * 150) - 60) * 10;
        ck_assert_int_eq(live, (step + 1) * 150 - (first > 0 ? first : 0));
        ck_assert_int_lt(found, live + 3000); /* what a log may be longer than what lives */
        expiring->count = found;
    }
    /* Rows that come and go between two cuts leave no trace; nor do those that are freed. */
    add_expiring(expiring, 6000, 150);
    pass_expiring(expiring, INT64_MAX);
    ck_assert_int_eq(state_table_count(expiring->table), 0);
    size_t size = cut_expiring(expiring, store, 41);
    ck_assert_uint_lt(size, last / 2);
    cut_expiring(expiring, store, 42);
    count_blocks = 0;
    ck_assert_int_eq(store_scan(store, FAMILY_LOG, "", 0, count_block, NULL, &error), OK);
    ck_assert_uint_lt(count_blocks, 70000);
    state_space_destroy(expiring->space);
    memory_free(expiring);
    store_close(store);
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

int main(void) {
    TCase *cases = tcase_create("state_table");
    tcase_set_timeout(cases, 300);
    tcase_add_test(cases, one_shot_table);
    tcase_add_test(cases, wide_table);
    tcase_add_test(cases, expired_rows_cost_nothing);
    tcase_add_test(cases, damaged_blocks_are_found);
    tcase_add_test(cases, history_in_memory);
    tcase_add_test(cases, history_evicting_everything);
    tcase_add_test(cases, history_evicting_some);
    tcase_add_test(cases, log_stays_near_live_size);
    Suite *suite = suite_create("state_table");
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
