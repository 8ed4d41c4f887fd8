/* Store: RocksDB behind three column families; the only file that knows it.

   Commits are joined from the workers' bytes, so a Cut is written in RocksDB's own write-batch format: 8
   bytes sequence, 4 bytes count (both filled when cuts are joined), then a tag, the family's number, and
   length-prefixed key and value for each change. Every commit is synced: an unsynced one that is lost in the
   middle of the WAL while a later one survives would leave state and offsets that never belonged together.

   RocksDB takes the first bad record of its log for the log's end, as it must after a torn write. So a
   flipped bit or a missing file would drop commits that were answered, without a word. After each commit its
   sequence number is therefore put down in a file beside the database, unsynced: never ahead of what is
   durable, and after a kill never behind it. A folder that opens with less has lost commits, and is refused.
 */
#include "executor/state/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <rocksdb/c.h>
#include <stdatomic.h>
#include <string.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "executor/base/hash.h"
#include "executor/base/memory.h"

struct Store {
    char *directory;
    pthread_rwlock_t lock; /* written by who opens the database anew */
    rocksdb_t *database;
    rocksdb_column_family_handle_t *families[FAMILY_COUNT];
    rocksdb_options_t *options[FAMILY_COUNT];
    rocksdb_writeoptions_t *write_options;
    rocksdb_readoptions_t *read_options;
    atomic_int failure; /* Status of the first failed commit: final */
    int acknowledged;   /* the file of that name, −1: not open */
};

static const char *const family_names[FAMILY_COUNT] = {"default", "log", "cold"};

enum {
    TAG_DELETE = 0x4,
    TAG_PUT = 0x5,
    TAG_DELETE_RANGE = 0xe,
    WRITE_BATCH_HEADER = 12,
    WAL_RECOVERY_POINT_IN_TIME = 2,
    LOG_LEVEL_FATAL = 4
};

static Status store_error(Error *error, char *message) {
    Status status = STATUS_IO_ERROR;
    if (strstr(message, "No space left on device") != NULL || strstr(message, "Disk quota exceeded") != NULL)
        status = STATUS_DISK_FULL;
    else if (strstr(message, "lock hold by") != NULL ||
             strstr(message, "LOCK: Resource temporarily unavailable") != NULL)
        status = STATUS_OBJECT_IN_USE;
    else if (strncmp(message, "Corruption", 10) == 0)
        status = STATUS_DATA_CORRUPTED;
    error_set(error, status, "store: %s", message);
    rocksdb_free(message);
    return status;
}

static size_t share_of(size_t memory, size_t share, size_t least, size_t most) {
    size_t size = memory / share;
    return size < least ? least : size > most ? most : size;
}

static rocksdb_options_t *common_options(size_t memory) {
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_options_set_create_if_missing(options, 1);
    rocksdb_options_set_create_missing_column_families(options, 1);
    /* A commit of tens of megabytes must not wait for a flush: several memtables may queue, bounded together.
     */
    rocksdb_options_set_write_buffer_size(options, share_of(memory, 32, (size_t)2 << 20, (size_t)64 << 20));
    rocksdb_options_set_max_write_buffer_number(options, 8);
    rocksdb_options_set_db_write_buffer_size(
        options, share_of(memory, 8, (size_t)8 << 20, (size_t)256 << 20));
    /* Families that are written seldom would otherwise keep the whole WAL alive. */
    rocksdb_options_set_max_total_wal_size(options, (uint64_t)512 << 20);
    rocksdb_options_set_max_background_jobs(options, 2);
    /* A commit torn by power loss was never acknowledged and is dropped; everything before it is whole. */
    rocksdb_options_set_wal_recovery_mode(options, WAL_RECOVERY_POINT_IN_TIME);
    /* Idle means no wake-ups. */
    rocksdb_options_set_stats_dump_period_sec(options, 0);
    rocksdb_options_set_stats_persist_period_sec(options, 0);
    /* Its own log is a file of the same disk, and Debian's build asserts that writing there never failed
       before. What fails we say ourselves. */
    rocksdb_options_set_info_log_level(options, LOG_LEVEL_FATAL);
    rocksdb_options_set_keep_log_file_num(options, 2);
    rocksdb_options_set_max_open_files(options, 512);
    rocksdb_options_set_compression(options, rocksdb_no_compression);
    return options;
}

static rocksdb_options_t *family_options(Family family, size_t memory) {
    rocksdb_options_t *options = common_options(memory);
    rocksdb_block_based_table_options_t *table = rocksdb_block_based_options_create();
    switch (family) {
    case FAMILY_FACTS:
        break;
    case FAMILY_LOG:
        /* Blocks of up to 1 MB beside the tree: compaction moves keys only, and a file goes when its last
           block is deleted. */
        rocksdb_options_set_enable_blob_files(options, 1);
        rocksdb_options_set_min_blob_size(options, 4096);
        rocksdb_options_set_blob_file_size(options, (uint64_t)64 << 20);
        /* What lives long (a quiet shard) must not hold files full of dead blocks. */
        rocksdb_options_set_enable_blob_gc(options, 1);
        rocksdb_options_set_blob_gc_age_cutoff(options, 0.25);
        rocksdb_options_set_blob_gc_force_threshold(options, 0.75);
        break;
    case FAMILY_COLD: {
        /* Many of the keys asked for were never evicted: the filter answers those from memory. */
        rocksdb_block_based_options_set_filter_policy(table, rocksdb_filterpolicy_create_bloom_full(10));
        rocksdb_cache_t *cache =
            rocksdb_cache_create_lru(share_of(memory, 16, (size_t)1 << 20, (size_t)64 << 20));
        rocksdb_block_based_options_set_block_cache(table, cache);
        rocksdb_cache_destroy(cache);
        rocksdb_block_based_options_set_format_version(table, 5);
        break;
    }
    case FAMILY_COUNT:
        break;
    }
    rocksdb_options_set_block_based_table_factory(options, table);
    rocksdb_block_based_options_destroy(table);
    return options;
}

#ifdef LEAT_TESTING
/* Tests let commits fail while the file that LEAT_STORE_FAULT names is there: before the write as on a full
   disk (it is empty), or after it as when the sync fails. */
static bool has_fault(bool is_after) {
    const char *path = getenv("LEAT_STORE_FAULT");
    struct stat file;
    return path != NULL && stat(path, &file) == 0 && (file.st_size > 0) == is_after;
}
#else
#define has_fault(is_after) false
#endif

static Status disk_full(Error *error) {
    return error_set(error, STATUS_DISK_FULL, "store: No space left on device");
}

/* Opening writes a few small files, and leaves them half-made on a full disk: asks first. */
static Status probe_space(const Store *store, Error *error) {
    enum { PROBE_SIZE = 1 << 20 };
    Text path = {0};
    text_printf(&path, "%s/probe", store->directory);
    char *bytes = memory_allocate_zero(PROBE_SIZE);
    int file = open(text_string(&path), O_CREAT | O_WRONLY | O_TRUNC, 0600);
    bool is_written = file >= 0 && write(file, bytes, PROBE_SIZE) == PROBE_SIZE && fsync(file) == 0;
    int reason = errno;
    if (file >= 0)
        close(file);
    unlink(text_string(&path));
    memory_free(bytes);
    text_free(&path);
    if (has_fault(false))
        return disk_full(error);
    if (is_written)
        return OK;
    return file < 0 && reason != ENOSPC && reason != EDQUOT
               ? error_set(error, STATUS_IO_ERROR, "store: %s", strerror(reason))
               : disk_full(error);
}

static void close_database(Store *store) {
    if (store->database == NULL)
        return;
    /* Handles before the database: Debian's build asserts it. */
    for (int i = 0; i < FAMILY_COUNT; i++)
        rocksdb_column_family_handle_destroy(store->families[i]);
    rocksdb_close(store->database);
    store->database = NULL;
}

/* What was acknowledged: the number and a checksum, since a power cut may leave half of either. */
typedef struct Acknowledged {
    uint64_t sequence, checksum;
} Acknowledged;

static uint64_t acknowledged_checksum(uint64_t sequence) {
    return hash_bytes_64((const char *)&sequence, sizeof sequence);
}

static int open_acknowledged(const char *directory, int flags) {
    Text path = {0};
    text_printf(&path, "%s/acknowledged", directory);
    int file = open(text_string(&path), flags | O_CLOEXEC, 0600);
    text_free(&path);
    return file;
}

/* 0 when nothing, or nothing whole, is there. */
static uint64_t read_acknowledged(int file) {
    Acknowledged found;
    bool is_whole = file >= 0 && pread(file, &found, sizeof found, 0) == sizeof found &&
                    found.checksum == acknowledged_checksum(found.sequence);
    return is_whole ? found.sequence : 0;
}

/* Failing to write it costs a check, not a commit. */
static void write_acknowledged(Store *store) {
    Acknowledged now = {.sequence = rocksdb_get_latest_sequence_number(store->database)};
    now.checksum = acknowledged_checksum(now.sequence);
    if (store->acknowledged < 0)
        store->acknowledged = open_acknowledged(store->directory, O_CREAT | O_RDWR);
    if (store->acknowledged >= 0 && pwrite(store->acknowledged, &now, sizeof now, 0) != sizeof now) {
        close(store->acknowledged);
        store->acknowledged = -1;
    }
}

static Status check_acknowledged(Store *store, Error *error) {
    uint64_t sequence = rocksdb_get_latest_sequence_number(store->database);
    uint64_t acknowledged = read_acknowledged(store->acknowledged);
    if (sequence >= acknowledged)
        return OK;
    error_set(error, STATUS_DATA_CORRUPTED,
        "store: \"%s\" has lost commits that were acknowledged: its log can be read up to change %llu of "
        "%llu",
        store->directory, (unsigned long long)sequence, (unsigned long long)acknowledged);
    return error_hint(error,
        "Its log is damaged, or files are missing. Put them back, or give the lost changes "
        "up with: leat repair --data DIR --accept-loss");
}

static Status open_database(Store *store, Error *error) {
    char *message = NULL;
    if (has_fault(false))
        return disk_full(error);
    store->database =
        rocksdb_open_column_families(store->options[FAMILY_FACTS], store->directory, FAMILY_COUNT,
            family_names, (const rocksdb_options_t *const *)store->options, store->families, &message);
    if (message != NULL)
        return store_error(error, message);
    Status status = check_acknowledged(store, error);
    if (status != OK)
        close_database(store);
    return status;
}

static bool open_for_reading(Store *store) {
    char *message = NULL;
    store->database = rocksdb_open_for_read_only_column_families(store->options[FAMILY_FACTS],
        store->directory, FAMILY_COUNT, family_names, (const rocksdb_options_t *const *)store->options,
        store->families, 0, &message);
    rocksdb_free(message);
    return store->database != NULL;
}

Status store_reopen(Store *store, Error *error) {
    TRY(probe_space(store, error));
    pthread_rwlock_wrlock(&store->lock);
    close_database(store);
    Status status = open_database(store, error);
    if (status == OK)
        atomic_store(&store->failure, OK);
    else
        open_for_reading(store);
    pthread_rwlock_unlock(&store->lock);
    return status;
}

Status store_condition(const Store *store) {
    return (Status)atomic_load(&((Store *)store)->failure);
}

Status store_open(const char *directory, Store **out, Error *error) {
    return store_open_within(directory, SIZE_MAX, out, error);
}

static Store *create_store(const char *directory, size_t memory) {
    Store *store = NEW(Store);
    pthread_rwlock_init(&store->lock, NULL);
    store->directory = memory_strdup(directory);
    for (int i = 0; i < FAMILY_COUNT; i++)
        store->options[i] = family_options((Family)i, memory);
    store->write_options = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(store->write_options, 1);
    store->read_options = rocksdb_readoptions_create();
    store->acknowledged = open_acknowledged(directory, O_RDWR);
    return store;
}

Status store_open_within(const char *directory, size_t memory, Store **out, Error *error) {
    *out = NULL;
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return error_set(error, errno == ENOSPC ? STATUS_DISK_FULL : STATUS_IO_ERROR,
            "could not create directory \"%s\": %s", directory, strerror(errno));
    Store *store = create_store(directory, memory);
    Status status = open_database(store, error);
    if (status == STATUS_DISK_FULL && open_for_reading(store)) {
        atomic_store(&store->failure, (int)status);
        error_clear(error);
        status = check_acknowledged(store, error);
    }
    if (status != OK) {
        store_close(store);
        return status;
    }
    /* Cuts name families by number. */
    for (int i = 0; i < FAMILY_COUNT; i++)
        if (rocksdb_column_family_handle_get_id(store->families[i]) != (uint32_t)i) {
            store_close(store);
            return error_set(
                error, STATUS_DATA_CORRUPTED, "\"%s\" is not a data directory of this server", directory);
        }
    *out = store;
    return OK;
}

Status store_open_to_read(const char *directory, Store **out, Error *error) {
    Store *store = create_store(directory, SIZE_MAX);
    if (!open_for_reading(store)) {
        store_close(store);
        return error_set(error, STATUS_IO_ERROR, "store: \"%s\" cannot be opened", directory);
    }
    atomic_store(&store->failure, STATUS_IO_ERROR);
    *out = store;
    return OK;
}

Status store_examine(const char *directory, uint64_t *readable, uint64_t *acknowledged, Error *error) {
    Store *store;
    int file = open_acknowledged(directory, O_RDONLY);
    *acknowledged =
        read_acknowledged(file); /* before the log is read: a server that runs goes on meanwhile */
    if (file >= 0)
        close(file);
    TRY(store_open_to_read(directory, &store, error));
    *readable = rocksdb_get_latest_sequence_number(store->database);
    store_close(store);
    return OK;
}

Status store_accept_loss(const char *directory, Error *error) {
    int file = open_acknowledged(directory, O_RDWR);
    if (file < 0)
        return OK;
    bool is_done = ftruncate(file, 0) == 0 && fsync(file) == 0;
    int reason = errno;
    close(file);
    return is_done ? OK : error_set(error, STATUS_IO_ERROR, "store: %s", strerror(reason));
}

void store_close(Store *store) {
    if (store == NULL)
        return;
    close_database(store);
    if (store->acknowledged >= 0)
        close(store->acknowledged);
    pthread_rwlock_destroy(&store->lock);
    for (int i = 0; i < FAMILY_COUNT; i++)
        rocksdb_options_destroy(store->options[i]);
    rocksdb_writeoptions_destroy(store->write_options);
    rocksdb_readoptions_destroy(store->read_options);
    memory_free(store->directory);
    memory_free(store);
}

const char *store_directory(const Store *store) {
    return store->directory;
}

static void add_varint(Text *out, uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        text_add_char(out, (char)(value | 0x80));
    text_add_char(out, (char)value);
}

static void add_slice(Text *out, const char *bytes, size_t length) {
    add_varint(out, length);
    text_add(out, bytes, length);
}

/* The bytes begin with room for the header of the write that the first cut of a commit becomes. */
static void add_change(Cut *cut, char tag, Family family, const char *key, size_t key_length) {
    if (cut->bytes.length == 0)
        text_add(&cut->bytes, (const char[WRITE_BATCH_HEADER]){0}, WRITE_BATCH_HEADER);
    text_add_char(&cut->bytes, tag);
    add_varint(&cut->bytes, (uint64_t)family);
    add_slice(&cut->bytes, key, key_length);
    cut->count++;
}

void cut_put(
    Cut *cut, Family family, const char *key, size_t key_length, const char *value, size_t value_length) {
    assert(value_length < UINT32_MAX);
    add_change(cut, TAG_PUT, family, key, key_length);
    add_slice(&cut->bytes, value, value_length);
}

char *cut_put_room(Cut *cut, Family family, const char *key, size_t key_length, size_t value_length) {
    assert(value_length < UINT32_MAX);
    add_change(cut, TAG_PUT, family, key, key_length);
    add_varint(&cut->bytes, value_length);
    char *value = text_reserve(&cut->bytes, value_length);
    value[value_length] = 0;
    cut->bytes.length += value_length;
    return value;
}

void cut_delete(Cut *cut, Family family, const char *key, size_t key_length) {
    add_change(cut, TAG_DELETE, family, key, key_length);
}

void cut_delete_range(
    Cut *cut, Family family, const char *from, size_t from_length, const char *to, size_t to_length) {
    add_change(cut, TAG_DELETE_RANGE, family, from, from_length);
    add_slice(&cut->bytes, to, to_length);
}

void cut_reset(Cut *cut) {
    text_reset(&cut->bytes);
    cut->count = 0;
    cut->rows = 0;
}

void cut_free(Cut *cut) {
    text_free(&cut->bytes);
    cut->count = 0;
}

static void cut_append(Cut *cut, const Cut *more) {
    assert((more->count == 0) == (more->bytes.length == 0));
    if (more->count == 0)
        return;
    int skipped = cut->bytes.length == 0 ? 0 : WRITE_BATCH_HEADER;
    text_add(&cut->bytes, more->bytes.bytes + skipped, more->bytes.length - (size_t)skipped);
    cut->count += more->count;
}

Status store_commit(Store *store, Cut *const *cuts, int count, Error *error) {
    Status failure = (Status)atomic_load(&store->failure);
    if (failure != OK)
        return error_set(error, failure, "store: an earlier commit failed; the store must be reopened");
    if (count == 0)
        return OK;
    Cut *all = cuts[0];
    for (int i = 1; i < count; i++)
        cut_append(all, cuts[i]);
    if (all->count == 0)
        return OK;
    assert(all->bytes.length > WRITE_BATCH_HEADER);
    memcpy(all->bytes.bytes + WRITE_BATCH_HEADER - sizeof all->count, &all->count, sizeof all->count);
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create_from(all->bytes.bytes, all->bytes.length);
    char *message = NULL;
    Status status = OK;
    if (has_fault(false))
        status = disk_full(error);
    else
        rocksdb_write(store->database, store->write_options, batch, &message);
    rocksdb_writebatch_destroy(batch);
    if (message != NULL)
        status = store_error(error, message);
    else if (status == OK && has_fault(true))
        status = error_set(error, STATUS_IO_ERROR, "store: Input/output error");
    if (status == OK) {
        write_acknowledged(store);
        return OK;
    }
    if (status != STATUS_DISK_FULL) {
        status = STATUS_IO_ERROR;
        if (error != NULL)
            error->status = status;
    }
    atomic_store(&store->failure, (int)status);
    return status;
}

#ifdef LEAT_TESTING
void store_break(Store *store) {
    atomic_store(&store->failure, STATUS_DISK_FULL);
}
#endif

/* The caller lets the lock go. */
static Status begin_reading(Store *store, Error *error) {
    pthread_rwlock_rdlock(&store->lock);
    if (store->database != NULL)
        return OK;
    pthread_rwlock_unlock(&store->lock);
    return error_set(error, STATUS_IO_ERROR, "store: it could not be opened again");
}

Status store_get(Store *store, Family family, const char *key, size_t key_length, char **value,
    size_t *value_length, Error *error) {
    char *message = NULL;
    *value = NULL;
    TRY(begin_reading(store, error));
    *value = rocksdb_get_cf(store->database, store->read_options, store->families[family], key, key_length,
        value_length, &message);
    pthread_rwlock_unlock(&store->lock);
    return message != NULL ? store_error(error, message) : OK;
}

/* Copies what was found and lets the database's memory go; the first error wins. */
static Status take_values(int count, rocksdb_pinnableslice_t **found, char **errors, char **values,
    size_t *value_lengths, Error *error) {
    Status status = OK;
    for (int i = 0; i < count; i++) {
        values[i] = NULL;
        value_lengths[i] = 0;
        if (errors[i] != NULL) {
            if (status == OK)
                status = store_error(error, errors[i]);
            else
                rocksdb_free(errors[i]);
        }
        if (found[i] == NULL)
            continue;
        const char *bytes = rocksdb_pinnableslice_value(found[i], &value_lengths[i]);
        values[i] = memory_copy_text(bytes, value_lengths[i]);
        rocksdb_pinnableslice_destroy(found[i]);
    }
    for (int i = 0; status != OK && i < count; i++) {
        memory_free(values[i]);
        values[i] = NULL;
    }
    return status;
}

Status store_get_many(Store *store, Family family, int count, const char *const *keys,
    const size_t *key_lengths, char **values, size_t *value_lengths, Error *error) {
    if (count == 0)
        return OK;
    TRY(begin_reading(store, error));
    rocksdb_pinnableslice_t **found = NEW_ARRAY(rocksdb_pinnableslice_t *, count);
    char **errors = NEW_ARRAY(char *, count);
    rocksdb_batched_multi_get_cf(store->database, store->read_options, store->families[family], (size_t)count,
        keys, key_lengths, found, errors, 0);
    Status status = take_values(count, found, errors, values, value_lengths, error);
    pthread_rwlock_unlock(&store->lock);
    memory_free(found);
    memory_free(errors);
    return status;
}

Status store_scan(Store *store, Family family, const char *prefix, size_t prefix_length,
    Status (*visit)(void *argument, const char *key, size_t key_length, const char *value,
        size_t value_length, Error *error),
    void *argument, Error *error) {
    TRY(begin_reading(store, error));
    rocksdb_iterator_t *iterator =
        rocksdb_create_iterator_cf(store->database, store->read_options, store->families[family]);
    Status status = OK;
    for (rocksdb_iter_seek(iterator, prefix, prefix_length); status == OK && rocksdb_iter_valid(iterator);
         rocksdb_iter_next(iterator)) {
        size_t key_length, value_length;
        const char *key = rocksdb_iter_key(iterator, &key_length);
        if (key_length < prefix_length || memcmp(key, prefix, prefix_length) != 0)
            break;
        const char *value = rocksdb_iter_value(iterator, &value_length);
        status = visit(argument, key, key_length, value, value_length, error);
    }
    char *message = NULL;
    rocksdb_iter_get_error(iterator, &message);
    rocksdb_iter_destroy(iterator);
    pthread_rwlock_unlock(&store->lock);
    if (message == NULL)
        return status;
    if (status == OK)
        return store_error(error, message);
    rocksdb_free(message);
    return status;
}

Status store_checkpoint(Store *store, const char *directory, Error *error) {
    char *message = NULL;
    TRY(begin_reading(store, error));
    rocksdb_checkpoint_t *checkpoint = rocksdb_checkpoint_object_create(store->database, &message);
    if (message == NULL) {
        rocksdb_checkpoint_create(checkpoint, directory, 0, &message);
        rocksdb_checkpoint_object_destroy(checkpoint);
    }
    pthread_rwlock_unlock(&store->lock);
    return message != NULL ? store_error(error, message) : OK;
}
