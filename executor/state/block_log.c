/* BlockLog: keys, block format, reading, rewriting.

   Keys (big endian): object, operator, table, then 0 and a shard range: a counter; 1 and a block's tail and a
   shard range: a release; 2, epoch, worker, number: a block. A block is a checksum (XXH3-64 of all that
   follows), format, kind, least and greatest shard, rows, the table's description, and batches, each followed
   by its rows' shards.

   A rewrite replaces whole prefixes of the log: once every live row was written after its start, no older
   block says anything that still holds, deletions included. So nobody needs to know which block a row lies
   in. A block that also holds rows of other shards than the instance's (written under another number of
   workers) is released for the own ones, and deleted by whoever finds that all of it is released. */
#include "executor/state/block_log.h"

#include <assert.h>
#include <string.h>

#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "executor/batch/codec.h"

enum { BLOCK_SIZE_MAX = 1 << 20, BATCH_SIZE = 128 * 1024, BLOCK_FORMAT = 1, REWRITE_SLACK = 64 * 1024 };
enum { KEY_COUNTER, KEY_RELEASE, KEY_BLOCK };
enum {
    PREFIX_LENGTH = 8,
    TABLE_LENGTH = 11,
    BLOCK_KEY_LENGTH = TABLE_LENGTH + 16,
    RELEASE_KEY_LENGTH = BLOCK_KEY_LENGTH + 8,
    COUNTER_KEY_LENGTH = TABLE_LENGTH + 8
};

void key_add_u16(Text *key, uint16_t value) {
    text_add_u16(key, __builtin_bswap16(value));
}

void key_add_u32(Text *key, uint32_t value) {
    text_add_u32(key, __builtin_bswap32(value));
}

void key_add_u64(Text *key, uint64_t value) {
    text_add_u64(key, __builtin_bswap64(value));
}

static uint32_t key_u32(const char *key) {
    uint32_t value;
    memcpy(&value, key, sizeof value);
    return __builtin_bswap32(value);
}

static uint64_t key_u64(const char *key) {
    return (uint64_t)key_u32(key) << 32 | key_u32(key + 4);
}

void shard_order(const uint16_t *shards, int count, uint32_t *order) {
    enum { SHIFT = 12, STRETCHES = 1 << (16 - SHIFT) };
    int starts[STRETCHES + 1] = {0};
    for (int i = 0; i < count; i++)
        starts[(shards[i] >> SHIFT) + 1]++;
    for (int i = 0; i < STRETCHES; i++)
        starts[i + 1] += starts[i];
    for (int i = 0; i < count; i++)
        order[starts[shards[i] >> SHIFT]++] = (uint32_t)i;
}

void block_log_init(BlockLog *log, uint32_t object_id, uint32_t operator_id, uint16_t table, uint32_t worker,
    uint32_t shard_begin, uint32_t shard_end) {
    *log = (BlockLog){.object_id = object_id,
        .operator_id = operator_id,
        .table = table,
        .worker = worker,
        .shard_begin = shard_begin,
        .shard_end = shard_end};
}

void block_log_free(BlockLog *log) {
    text_free(&log->description);
    text_free(&log->open);
    memory_free(log->blocks);
    memory_free(log->releases);
    memory_free(log->foreign_counters);
}

static void add_table_key(const BlockLog *log, uint8_t kind, Text *key) {
    key_add_u32(key, log->object_id);
    key_add_u32(key, log->operator_id);
    key_add_u16(key, log->table);
    text_add_u8(key, kind);
}

static void add_block_key(
    const BlockLog *log, uint8_t kind, uint64_t epoch, uint32_t worker, uint32_t number, Text *key) {
    add_table_key(log, kind, key);
    key_add_u64(key, epoch);
    key_add_u32(key, worker);
    key_add_u32(key, number);
}

static bool is_own(const BlockLog *log, const LogBlock *block) {
    return block->shard_min >= log->shard_begin && block->shard_max < log->shard_end;
}

static size_t own_size(const BlockLog *log, const LogBlock *block) {
    return is_own(log, block) ? block->size : block->size / 2;
}

static void add_block(BlockLog *log, LogBlock block) {
    GROW(log->blocks, log->block_capacity, log->block_count + 1);
    log->blocks[log->block_count++] = block;
    log->size += own_size(log, &block);
}

static void add_release(BlockLog *log, LogRelease release) {
    GROW(log->releases, log->release_capacity, log->release_count + 1);
    log->releases[log->release_count++] = release;
}

/* Writing. */

/* Whoever reads the log takes a later epoch's rows for the newer ones, and a block's number for its own. */
void block_log_begin(BlockLog *log, uint64_t epoch, Cut *cut) {
    assert(log->cut == NULL && log->open_rows == 0);
    assert(epoch >= log->epoch);
    if (epoch != log->epoch)
        log->next_number = 0;
    log->epoch = epoch;
    log->cut = cut;
}

void block_log_close(BlockLog *log) {
    if (log->open_rows == 0)
        return;
    assert(log->cut != NULL);
    Text head = {0}, key = {0};
    text_add_u64(&head, 0);
    text_add_u32(&head, BLOCK_FORMAT);
    text_add_u8(&head, (uint8_t)log->open_kind);
    text_add_u16(&head, (uint16_t)log->open_shard_min);
    text_add_u16(&head, (uint16_t)log->open_shard_max);
    text_add_u32(&head, log->open_rows);
    text_add_bytes(&head, text_string(&log->description), (uint32_t)log->description.length);
    size_t length = head.length + log->open.length;
    assert(length <= UINT32_MAX && log->next_number < UINT32_MAX);
    assert(log->open_shard_min >= log->shard_begin && log->open_shard_max < log->shard_end);
    add_block_key(log, KEY_BLOCK, log->epoch, log->worker, log->next_number, &key);
    char *block = cut_put_room(log->cut, FAMILY_LOG, key.bytes, key.length, length);
    memcpy(block, head.bytes, head.length);
    memcpy(block + head.length, log->open.bytes, log->open.length);
    uint64_t checksum = hash_bytes_64(block + sizeof checksum, length - sizeof checksum);
    memcpy(block, &checksum, sizeof checksum);
    log->cut->rows += log->open_rows;
    add_block(log, (LogBlock){.epoch = log->epoch,
                       .worker = log->worker,
                       .number = log->next_number++,
                       .shard_min = log->open_shard_min,
                       .shard_max = log->open_shard_max,
                       .size = (uint32_t)length,
                       .last = log->open_last});
    if (log->open_kind == BLOCK_UPSERTS) {
        log->upsert_rows += log->open_rows;
        log->upsert_bytes += length;
    }
    text_reset(&log->open);
    log->open_rows = 0;
    text_free(&head);
    text_free(&key);
}

void block_log_add(BlockLog *log, BlockKind kind, const Batch *batch, const uint16_t *shards, int64_t last) {
    if (batch->row_count == 0)
        return;
    if (kind != log->open_kind)
        block_log_close(log);
    log->open_kind = kind;
    size_t before = log->open.length;
    batch_encode(batch, &log->open);
    text_add(&log->open, (const char *)shards, (size_t)batch->row_count * sizeof *shards);
    if (log->open.length > BLOCK_SIZE_MAX - 256 - log->description.length && log->open_rows > 0) {
        Text last = {0};
        text_add(&last, log->open.bytes + before, log->open.length - before);
        log->open.length = before;
        block_log_close(log);
        text_free(&log->open);
        log->open = last;
    }
    if (log->open_rows == 0 || last > log->open_last)
        log->open_last = last;
    for (int i = 0; i < batch->row_count; i++) {
        if (log->open_rows == 0 || shards[i] < log->open_shard_min)
            log->open_shard_min = shards[i];
        if (log->open_rows == 0 || shards[i] > log->open_shard_max)
            log->open_shard_max = shards[i];
        log->open_rows++;
    }
}

BlockPlace block_log_place(const BlockLog *log, int row_count) {
    assert((uint32_t)row_count <= log->open_rows);
    return (BlockPlace){log->epoch, log->worker, log->next_number, log->open_rows - (uint32_t)row_count};
}

size_t block_log_open_size(const BlockLog *log) {
    return log->open.length;
}

void block_log_end(BlockLog *log) {
    block_log_close(log);
    text_free(&log->open);
    log->cut = NULL;
}

int block_log_batch_rows(size_t row_size) {
    size_t rows = BATCH_SIZE / (row_size + 1);
    return rows > BATCH_ROWS_MAX ? BATCH_ROWS_MAX : rows < 1 ? 1 : (int)rows;
}

/* Rewriting. */

bool block_log_wants_rewrite(const BlockLog *log, int64_t live_rows) {
    if (log->rewriting > 0 || log->block_count == 0)
        return false;
    size_t mean = log->upsert_rows > 0 ? (size_t)(log->upsert_bytes / log->upsert_rows) : 0;
    return log->size > 2 * mean * (size_t)live_rows + REWRITE_SLACK;
}

void block_log_rewrite_begin(BlockLog *log) {
    assert(log->rewriting == 0 && log->cut == NULL);
    log->rewriting = log->block_count;
}

static bool is_release_of(const LogRelease *release, const LogBlock *block) {
    return release->epoch == block->epoch && release->worker == block->worker &&
           release->number == block->number;
}

/* Whether own shards and releases together cover the block. Advances over [min, max] while anything covers
   the next shard. */
static bool is_all_released(const BlockLog *log, const LogBlock *block) {
    uint32_t next = block->shard_min;
    for (bool has_moved = true; has_moved && next <= block->shard_max;) {
        has_moved = false;
        if (next >= log->shard_begin && next < log->shard_end) {
            next = log->shard_end;
            has_moved = true;
        }
        for (int i = 0; i < log->release_count; i++) {
            const LogRelease *release = &log->releases[i];
            if (is_release_of(release, block) && next >= release->shard_begin && next < release->shard_end) {
                next = release->shard_end;
                has_moved = true;
            }
        }
    }
    return next > block->shard_max;
}

static void delete_releases(const BlockLog *log, const LogBlock *block, Cut *cut) {
    for (int i = 0; i < log->release_count; i++) {
        const LogRelease *release = &log->releases[i];
        if (!is_release_of(release, block))
            continue;
        Text key = {0};
        add_block_key(log, KEY_RELEASE, block->epoch, block->worker, block->number, &key);
        key_add_u32(&key, release->shard_begin);
        key_add_u32(&key, release->shard_end);
        cut_delete(cut, FAMILY_LOG, key.bytes, key.length);
        text_free(&key);
    }
}

static void drop_block(BlockLog *log, const LogBlock *block, Cut *cut) {
    Text key = {0};
    if (is_all_released(log, block)) {
        add_block_key(log, KEY_BLOCK, block->epoch, block->worker, block->number, &key);
        cut_delete(cut, FAMILY_LOG, key.bytes, key.length);
        delete_releases(log, block, cut);
    } else {
        add_block_key(log, KEY_RELEASE, block->epoch, block->worker, block->number, &key);
        key_add_u32(&key, log->shard_begin);
        key_add_u32(&key, log->shard_end);
        cut_put(cut, FAMILY_LOG, key.bytes, key.length, "", 0);
    }
    text_free(&key);
}

/* Blocks go for good: only those of before the rewrite, once nothing of the cut is still to be written. */
void block_log_rewrite_end(BlockLog *log, Cut *cut) {
    assert(log->rewriting <= log->block_count && log->open_rows == 0);
    for (int i = 0; i < log->rewriting; i++) {
        drop_block(log, &log->blocks[i], cut);
        log->size -= own_size(log, &log->blocks[i]);
    }
    log->block_count -= log->rewriting;
    memmove(log->blocks, log->blocks + log->rewriting, (size_t)log->block_count * sizeof *log->blocks);
    log->rewriting = 0;
}

void block_log_pass(BlockLog *log, int64_t watermark, Cut *cut) {
    int kept = log->rewriting;
    for (int i = kept; i < log->block_count; i++) {
        LogBlock block = log->blocks[i];
        if (block.last < watermark) {
            drop_block(log, &block, cut);
            log->size -= own_size(log, &block);
        } else {
            log->blocks[kept++] = block;
        }
    }
    log->block_count = kept;
}

static void add_counter_key(const BlockLog *log, uint32_t begin, uint32_t end, Text *key) {
    add_table_key(log, KEY_COUNTER, key);
    key_add_u32(key, begin);
    key_add_u32(key, end);
}

void block_log_put_counter(BlockLog *log, int64_t value, Cut *cut) {
    Text key = {0};
    for (int i = 0; i < log->foreign_count; i++) {
        text_reset(&key);
        add_counter_key(log, log->foreign_counters[i][0], log->foreign_counters[i][1], &key);
        cut_delete(cut, FAMILY_LOG, key.bytes, key.length);
    }
    log->foreign_count = 0;
    text_reset(&key);
    add_counter_key(log, log->shard_begin, log->shard_end, &key);
    cut_put(cut, FAMILY_LOG, key.bytes, key.length, (const char *)&value, sizeof value);
    text_free(&key);
}

/* Reading. */

typedef struct LogReading {
    const LogVisitor *visitor;
    BlockLog *log; /* of the table being read */
    bool has_counter;
    LogRelease *releases; /* of the block being read */
    int release_count;
    int release_capacity;
} LogReading;

static Status damaged(Error *error) {
    return error_set(error, STATUS_DATA_CORRUPTED, "a block of stored state is damaged");
}

/* The block is nobody's any more in the instance's part. */
static bool is_released_here(const BlockLog *log, const LogBlock *block) {
    for (int i = 0; i < log->release_count; i++)
        if (is_release_of(&log->releases[i], block) && log->releases[i].shard_begin <= log->shard_begin &&
            log->releases[i].shard_end >= log->shard_end)
            return true;
    return false;
}

/* Gathers the releases of one block, so that its rows are not compared with those of all others. */
static void find_releases(LogReading *reading, const LogBlock *block) {
    reading->release_count = 0;
    for (int i = 0; i < reading->log->release_count; i++) {
        if (!is_release_of(&reading->log->releases[i], block))
            continue;
        GROW(reading->releases, reading->release_capacity, reading->release_count + 1);
        reading->releases[reading->release_count++] = reading->log->releases[i];
    }
}

static bool is_row_live(const LogReading *reading, uint32_t shard) {
    if (shard < reading->log->shard_begin || shard >= reading->log->shard_end)
        return false;
    for (int i = 0; i < reading->release_count; i++)
        if (shard >= reading->releases[i].shard_begin && shard < reading->releases[i].shard_end)
            return false;
    return true;
}

static Status read_batch(const LogReading *reading, TextReader description, BlockKind kind,
    TextReader *reader, uint32_t *rows, Error *error) {
    Batch *batch;
    TRY(batch_decode(reader, &batch, error));
    const char *shards = text_read_raw(reader, (size_t)batch->row_count * sizeof(uint16_t));
    if (shards == NULL) {
        batch_release(batch);
        return damaged(error);
    }
    reading->log->reading.row = *rows;
    *rows += (uint32_t)batch->row_count;
    uint16_t own[BATCH_ROWS_MAX];
    int count = 0;
    for (int i = 0; i < batch->row_count; i++) {
        uint16_t shard;
        memcpy(&shard, shards + (size_t)i * sizeof shard, sizeof shard);
        if (is_row_live(reading, shard))
            own[count++] = (uint16_t)i;
    }
    reading->log->is_reading_all = count == batch->row_count;
    if (count < batch->row_count) {
        Batch *selected = batch_select(batch, own, count), *dense = batch_dense(selected);
        batch_release(selected);
        batch_release(batch);
        batch = dense;
    }
    if (kind == BLOCK_UPSERTS)
        reading->log->upsert_rows += (uint64_t)count;
    Status status = count == 0 ? OK
                               : reading->visitor->rows(
                                     reading->visitor->owner, reading->log, description, kind, batch, error);
    batch_release(batch);
    return status;
}

typedef struct BlockHead {
    uint32_t kind;
    uint32_t shard_min;
    uint32_t shard_max;
    uint32_t row_count;
    TextReader description;
} BlockHead;

/* Checks a block and reads up to its first batch. */
static Status read_head(TextReader *reader, BlockHead *head, Error *error) {
    uint64_t checksum = text_read_u64(reader);
    if (reader->is_bad || hash_bytes_64(reader->cursor, (size_t)(reader->end - reader->cursor)) != checksum)
        return damaged(error);
    uint32_t format = text_read_u32(reader), length;
    head->kind = text_read_u8(reader);
    head->shard_min = text_read_u16(reader);
    head->shard_max = text_read_u16(reader);
    head->row_count = text_read_u32(reader);
    const char *description = text_read_bytes(reader, &length);
    head->description = (TextReader){description, description + length, 0};
    if (reader->is_bad || head->kind > BLOCK_UPSERTS || head->shard_max < head->shard_min)
        return damaged(error);
    if (format != BLOCK_FORMAT)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
            "stored state has block format %u, which this version cannot read", format);
    return OK;
}

static Status read_block(
    LogReading *reading, LogBlock block, const char *value, size_t length, Error *error) {
    TextReader reader = {value, value + length, 0};
    BlockHead head;
    TRY(read_head(&reader, &head, error));
    block.shard_min = head.shard_min;
    block.shard_max = head.shard_max;
    block.size = (uint32_t)length;
    block.last = INT64_MAX;
    uint32_t rows = 0;
    BlockLog *log = reading->log;
    if (block.shard_max < log->shard_begin || block.shard_min >= log->shard_end)
        return OK;
    /* Who owns a wholly released block's first shard deletes it. */
    if (is_released_here(log, &block)) {
        if (is_all_released(log, &block) && block.shard_min >= log->shard_begin)
            add_block(log, block);
        return OK;
    }
    add_block(log, block);
    find_releases(reading, &block);
    if (head.kind == BLOCK_UPSERTS)
        log->upsert_bytes += own_size(log, &block);
    log->reading = (BlockPlace){block.epoch, block.worker, block.number, 0};
    while (reader.cursor < reader.end)
        TRY(read_batch(reading, head.description, (BlockKind)head.kind, &reader, &rows, error));
    return rows == head.row_count ? OK : damaged(error);
}

static Status fetch_rows(
    TextReader *reader, int first, int count, BlockRows rows, void *argument, Error *error) {
    for (int at = 0; at < first + count;) {
        Batch *batch;
        TRY(batch_decode(reader, &batch, error));
        int end = at + batch->row_count;
        if (text_read_raw(reader, (size_t)batch->row_count * sizeof(uint16_t)) == NULL) {
            batch_release(batch);
            return damaged(error);
        }
        int from = first > at ? first : at, to = first + count < end ? first + count : end;
        if (from < to)
            rows(argument, batch, from - at, to - from);
        batch_release(batch);
        at = end;
    }
    return OK;
}

Status block_log_fetch(const BlockLog *log, Store *store, const BlockPlace *place, int count, BlockRows rows,
    void *argument, bool *is_found, Error *error) {
    Text key = {0};
    char *value;
    size_t length;
    add_block_key(log, KEY_BLOCK, place->epoch, place->worker, place->number, &key);
    Status status = store_get(store, FAMILY_LOG, key.bytes, key.length, &value, &length, error);
    text_free(&key);
    *is_found = value != NULL;
    if (status != OK || value == NULL)
        return status;
    TextReader reader = {value, value + length, 0};
    BlockHead head;
    status = read_head(&reader, &head, error);
    if (status == OK)
        status = fetch_rows(&reader, (int)place->row, count, rows, argument, error);
    memory_free(value);
    return status;
}

static Status read_counter(
    LogReading *reading, const char *key, const char *value, size_t length, Error *error) {
    BlockLog *log = reading->log;
    uint32_t begin = key_u32(key), end = key_u32(key + 4);
    int64_t number;
    if (length != sizeof number)
        return damaged(error);
    memcpy(&number, value, sizeof number);
    if (begin == log->shard_begin && end == log->shard_end) {
        reading->has_counter = true;
        if (reading->visitor->counter != NULL)
            reading->visitor->counter(reading->visitor->owner, log, number);
    } else if (begin < log->shard_end && end > log->shard_begin) {
        GROW(log->foreign_counters, log->foreign_capacity, log->foreign_count + 1);
        log->foreign_counters[log->foreign_count][0] = begin;
        log->foreign_counters[log->foreign_count++][1] = end;
    }
    return OK;
}

static void end_table(LogReading *reading) {
    if (reading->log != NULL && !reading->has_counter && reading->log->foreign_count > 0 &&
        reading->visitor->counter != NULL)
        reading->visitor->counter(reading->visitor->owner, reading->log, -1);
    reading->log = NULL;
    reading->has_counter = false;
}

static Status read_entry(void *argument, const char *key, size_t key_length, const char *value,
    size_t value_length, Error *error) {
    LogReading *reading = argument;
    if (key_length < TABLE_LENGTH)
        return damaged(error);
    uint16_t table = (uint16_t)(key_u32(key + PREFIX_LENGTH) >> 16);
    uint8_t kind = (uint8_t)key[PREFIX_LENGTH + 2];
    if (reading->log == NULL || reading->log->table != table) {
        end_table(reading);
        reading->log = reading->visitor->log(reading->visitor->owner, table);
    }
    const char *tail = key + TABLE_LENGTH;
    if (kind == KEY_COUNTER && key_length == COUNTER_KEY_LENGTH)
        return read_counter(reading, tail, value, value_length, error);
    if (kind == KEY_RELEASE && key_length == RELEASE_KEY_LENGTH) {
        add_release(reading->log, (LogRelease){key_u64(tail), key_u32(tail + 8), key_u32(tail + 12),
                                      key_u32(tail + 16), key_u32(tail + 20)});
        return OK;
    }
    if (kind != KEY_BLOCK || key_length != BLOCK_KEY_LENGTH)
        return damaged(error);
    LogBlock block = {.epoch = key_u64(tail), .worker = key_u32(tail + 8), .number = key_u32(tail + 12)};
    BlockLog *log = reading->log;
    if (block.worker == log->worker && block.epoch >= log->epoch) {
        log->epoch = block.epoch;
        log->next_number = block.number + 1;
    }
    return read_block(reading, block, value, value_length, error);
}

Status block_log_read(
    Store *store, uint32_t object_id, uint32_t operator_id, const LogVisitor *visitor, Error *error) {
    LogReading reading = {.visitor = visitor};
    Text prefix = {0};
    key_add_u32(&prefix, object_id);
    key_add_u32(&prefix, operator_id);
    Status status = store_scan(store, FAMILY_LOG, prefix.bytes, prefix.length, read_entry, &reading, error);
    text_free(&prefix);
    memory_free(reading.releases);
    if (status == OK)
        end_table(&reading);
    return status;
}
