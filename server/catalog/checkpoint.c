/* Checkpoints of the store beside it; see checkpoint.h. Whatever is made is made under a name
   that ends in ".new", synced, and renamed. */
#include "server/catalog/checkpoint.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/connector.h"
#include "executor/base/clock.h"
#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/engine/commit/facts.h"
#include "server/catalog/catalog_store.h"
#include "server/session/session.h"

enum { NAME_MAX_LENGTH = 63 };
static const char *const label_name = "SAVEPOINT";

static Status io_error(const char *what, const char *path, Error *error) {
    Status status = errno == ENOSPC || errno == EDQUOT ? STATUS_DISK_FULL : STATUS_IO_ERROR;
    return error_set(error, status, "could not %s \"%s\": %s", what, path, strerror(errno));
}

/* A name becomes a folder's. */
static Status check_name(const char *name, Error *error) {
    bool is_good = *name != 0 && strlen(name) <= NAME_MAX_LENGTH;
    for (const char *c = name; *c != 0; c++)
        is_good &= isalnum((unsigned char)*c) || *c == '_' || *c == '-';
    return is_good ? OK
                   : error_set(error, STATUS_INVALID_NAME,
                         "a savepoint's name consists of letters, digits, _ and -, not \"%s\"", name);
}

static char *folder_of(const char *data_directory, const char *name) {
    return memory_printf("%s/savepoints/%s", data_directory, name);
}

static Status sync_path(const char *path, Error *error) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    Status status = file >= 0 && fsync(file) == 0 ? OK : io_error("sync", path, error);
    if (file >= 0)
        close(file);
    return status;
}

/* Every name in the folder but . and .. */
static Status each_name(const char *folder,
    Status (*visit)(void *argument, const char *folder, const char *name, Error *error), void *argument,
    Error *error) {
    DIR *directory = opendir(folder);
    if (directory == NULL)
        return io_error("read", folder, error);
    Status status = OK;
    for (struct dirent *entry; status == OK && (entry = readdir(directory)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = visit(argument, folder, entry->d_name, error);
    closedir(directory);
    return status;
}

static Status remove_one(void *argument, const char *folder, const char *name, Error *error) {
    char *path = memory_printf("%s/%s", folder, name);
    Status status = unlink(path) == 0 ? OK : io_error("delete", path, error);
    memory_free(path);
    return status;
}

/* Its files, then itself: a checkpoint has no folders in it. */
static Status remove_folder(const char *folder, Error *error) {
    TRY(each_name(folder, remove_one, NULL, error));
    return rmdir(folder) == 0 ? OK : io_error("delete", folder, error);
}

static bool exists(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0;
}

static Status rename_folder(const char *from, const char *to, const char *parent, Error *error) {
    if (rename(from, to) != 0)
        return io_error("rename", from, error);
    return sync_path(parent, error);
}

/* Which epoch a checkpoint holds: what it is asked itself, as commits went on meanwhile. */
static Status read_epoch(const char *folder, uint64_t *epoch, Error *error) {
    Store *store;
    char *value;
    size_t length;
    TRY(store_open_to_read(folder, &store, error));
    Status status = store_get(store, FAMILY_FACTS, "epoch", 5, &value, &length, error);
    if (status == OK) {
        TextReader reader = {value, value + length, 0};
        *epoch = value == NULL ? 0 : text_read_u64(&reader);
        memory_free(value);
    }
    store_close(store);
    return status;
}

static Status write_label(const char *folder, uint64_t epoch, Error *error) {
    char *path = memory_printf("%s/%s", folder, label_name);
    FILE *file = fopen(path, "wx");
    bool is_written = file != NULL && fprintf(file, "epoch %llu created %lld\n", (unsigned long long)epoch,
                                          (long long)clock_wall()) > 0;
    is_written = is_written && fflush(file) == 0 && fsync(fileno(file)) == 0;
    Status status = is_written ? OK : io_error("write", path, error);
    if (file != NULL)
        fclose(file);
    memory_free(path);
    return status == OK ? sync_path(folder, error) : status;
}

static Status read_label(const char *folder, CheckpointStatus *checkpoint, Error *error) {
    char *path = memory_printf("%s/%s", folder, label_name);
    FILE *file = fopen(path, "r");
    unsigned long long epoch = 0;
    long long created = 0;
    Status status = file == NULL ? io_error("open", path, error) : OK;
    if (status == OK && fscanf(file, "epoch %llu created %lld", &epoch, &created) != 2)
        status = error_set(error, STATUS_DATA_CORRUPTED, "\"%s\" is damaged", path);
    if (file != NULL)
        fclose(file);
    memory_free(path);
    checkpoint->epoch = epoch;
    checkpoint->created = created;
    return status;
}

static Status make(Store *store, const char *parent, const char *fresh, const char *folder, Error *error) {
    uint64_t epoch;
    if (mkdir(parent, 0700) != 0 && errno != EEXIST)
        return io_error("create", parent, error);
    if (exists(folder))
        return error_set(
            error, STATUS_DUPLICATE_OBJECT, "savepoint \"%s\" already exists", strrchr(folder, '/') + 1);
    if (exists(fresh)) /* a crash left it */
        TRY(remove_folder(fresh, error));
    TRY(store_checkpoint(store, fresh, error));
    FAILPOINT("savepoint.checkpoint");
    TRY(read_epoch(fresh, &epoch, error));
    TRY(write_label(fresh, epoch, error));
    FAILPOINT("savepoint.label");
    return rename_folder(fresh, folder, parent, error);
}

Status checkpoint_create(const char *data_directory, Store *store, const char *name, Error *error) {
    TRY(check_name(name, error));
    char *parent = folder_of(data_directory, ""), *folder = folder_of(data_directory, name),
         *fresh = memory_printf("%s.new", folder);
    Status status = make(store, parent, fresh, folder, error);
    memory_free(parent);
    memory_free(folder);
    memory_free(fresh);
    return status;
}

bool checkpoint_exists(const char *data_directory, const char *name) {
    Error error = {0};
    char *folder = folder_of(data_directory, name);
    bool is_there = check_name(name, &error) == OK && exists(folder);
    memory_free(folder);
    error_clear(&error);
    return is_there;
}

Status checkpoint_drop(const char *data_directory, const char *name, Error *error) {
    if (!checkpoint_exists(data_directory, name))
        return error_set(error, STATUS_UNDEFINED_OBJECT, "savepoint \"%s\" does not exist", name);
    /* Under the other name it is half made, and no checkpoint. */
    char *parent = folder_of(data_directory, ""), *folder = folder_of(data_directory, name),
         *fresh = memory_printf("%s.new", folder);
    Status status = exists(fresh) ? remove_folder(fresh, error) : OK;
    if (status == OK)
        status = rename_folder(folder, fresh, parent, error);
    FAILPOINT("savepoint.drop");
    if (status == OK)
        status = remove_folder(fresh, error);
    memory_free(parent);
    memory_free(folder);
    memory_free(fresh);
    return status;
}

typedef struct List {
    CheckpointStatus *items;
    int count, capacity;
} List;

static Status add_size(void *argument, const char *folder, const char *name, Error *error) {
    struct stat status;
    char *path = memory_printf("%s/%s", folder, name);
    if (stat(path, &status) == 0)
        *(int64_t *)argument += status.st_size;
    memory_free(path);
    return OK;
}

static Status list_one(void *argument, const char *parent, const char *name, Error *error) {
    List *list = argument;
    if (strchr(name, '.') != NULL)
        return OK;
    CheckpointStatus checkpoint = {0};
    char *folder = memory_printf("%s/%s", parent, name);
    Status status = read_label(folder, &checkpoint, error);
    if (status == OK)
        status = each_name(folder, add_size, &checkpoint.bytes, error);
    bool is_gone = status != OK && !exists(folder); /* dropped meanwhile */
    memory_free(folder);
    if (is_gone) {
        error_clear(error);
        return OK;
    }
    TRY(status);
    checkpoint.name = memory_strdup(name);
    GROW(list->items, list->capacity, list->count + 1);
    list->items[list->count++] = checkpoint;
    return OK;
}

static int by_name(const void *left, const void *right) {
    return strcmp(((const CheckpointStatus *)left)->name, ((const CheckpointStatus *)right)->name);
}

Status checkpoint_list(const char *data_directory, CheckpointStatus **checkpoints, int *count, Error *error) {
    List list = {0};
    char *parent = folder_of(data_directory, "");
    Status status = exists(parent) ? each_name(parent, list_one, &list, error) : OK;
    memory_free(parent);
    if (list.count > 0)
        qsort(list.items, (size_t)list.count, sizeof *list.items, by_name);
    *checkpoints = list.items;
    *count = list.count;
    return status;
}

void checkpoint_list_free(CheckpointStatus *checkpoints, int count) {
    for (int i = 0; i < count; i++)
        memory_free(checkpoints[i].name);
    memory_free(checkpoints);
}

/* Restoring */

static Status copy_bytes(const char *from, const char *to, Error *error) {
    enum { CHUNK = 1 << 20 };
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    char *bytes = memory_allocate(CHUNK);
    Status status = in < 0 ? io_error("open", from, error) : out < 0 ? io_error("create", to, error) : OK;
    for (ssize_t length; status == OK && (length = read(in, bytes, CHUNK)) != 0;) {
        if (length < 0)
            status = io_error("read", from, error);
        for (ssize_t at = 0, written; status == OK && at < length; at += written)
            if ((written = write(out, bytes + at, (size_t)(length - at))) < 0)
                status = io_error("write", to, error);
    }
    if (status == OK && fsync(out) != 0)
        status = io_error("sync", to, error);
    memory_free(bytes);
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return status;
}

/* Tables and blobs never change: a link does, where the file system can. All else is written on. */
static Status take_file(void *argument, const char *folder, const char *name, Error *error) {
    if (strcmp(name, label_name) == 0)
        return OK;
    char *from = memory_printf("%s/%s", folder, name),
         *to = memory_printf("%s/%s", (const char *)argument, name);
    size_t length = strlen(name);
    bool is_final = length > 4 && (strcmp(name + length - 4, ".sst") == 0 ||
                                      (length > 5 && strcmp(name + length - 5, ".blob") == 0));
    Status status = is_final && link(from, to) == 0 ? OK : copy_bytes(from, to, error);
    memory_free(from);
    memory_free(to);
    return status;
}

/* What the server was called outside, it is no longer: the one that made the savepoint may still be at work.
 */
static Status rename_server(Store *store, const char *checkpoint, int *paused_sinks, Error *error) {
    CatalogStore *catalog = catalog_store_create();
    Cut cut = {0};
    *paused_sinks = 0;
    Status status = catalog_store_load(catalog, store, error);
    CatalogSnapshot *snapshot = catalog_snapshot(catalog);
    for (int i = 0; i < snapshot->count && status == OK; i++) {
        const Object *object = snapshot->objects[i];
        const ConnectorType *type =
            object->relation.kind == RELATION_SINK ? connector_by_name(object->connector) : NULL;
        if (type == NULL || type->discards)
            continue;
        Text value = {0};
        text_add_string(&value, checkpoint);
        fact_put(&cut, FACT_PAUSED, object->relation.id, &value);
        text_free(&value);
        ++*paused_sinks;
    }
    cut_delete(&cut, FAMILY_FACTS, "uuid", 4);
    catalog_snapshot_release(snapshot);
    catalog_store_destroy(catalog);
    if (status == OK)
        status = store_commit(store, (Cut *[]){&cut}, 1, error);
    cut_free(&cut);
    return status;
}

static Status fill(const char *checkpoint, const char *fresh, int *paused_sinks, Error *error) {
    if (mkdir(fresh, 0700) != 0)
        return io_error("create", fresh, error);
    TRY(each_name(checkpoint, take_file, (void *)fresh, error));
    Store *store;
    TRY(store_open(fresh, &store, error));
    Status status = store_condition(store);
    if (status != OK)
        error_set(error, status, "the disk is full");
    else
        status = rename_server(store, checkpoint, paused_sinks, error);
    store_close(store);
    return status == OK ? sync_path(fresh, error) : status;
}

static char *without_slashes(const char *path) {
    char *copy = memory_strdup(path);
    for (size_t length = strlen(copy); length > 1 && copy[length - 1] == '/';)
        copy[--length] = 0;
    return copy;
}

static Status restore(const char *checkpoint, const char *data, const char *fresh, uint64_t *epoch,
    int *paused_sinks, Error *error) {
    CheckpointStatus status = {0};
    TRY(read_label(checkpoint, &status, error));
    *epoch = status.epoch;
    if (exists(data) && rmdir(data) != 0)
        return error_set(error, STATUS_DUPLICATE_FILE, "\"%s\" is there already, and not empty", data);
    if (exists(fresh))
        return error_set(error, STATUS_DUPLICATE_FILE,
            "\"%s\" is there: another restore is at work, or one that did not end can be deleted", fresh);
    Status outcome = fill(checkpoint, fresh, paused_sinks, error);
    FAILPOINT("savepoint.restored");
    if (outcome == OK && rename(fresh, data) != 0)
        outcome = io_error("rename", fresh, error);
    if (outcome != OK && exists(fresh)) {
        Error unused = {0};
        if (remove_folder(fresh, &unused) != OK)
            error_clear(&unused); /* what is left says so next time */
    }
    return outcome;
}

Status checkpoint_restore(
    const char *checkpoint, const char *data_directory, uint64_t *epoch, int *paused_sinks, Error *error) {
    char *from = without_slashes(checkpoint), *data = without_slashes(data_directory),
         *fresh = memory_printf("%s.new", data);
    Status status = restore(from, data, fresh, epoch, paused_sinks, error);
    memory_free(from);
    memory_free(data);
    memory_free(fresh);
    return status;
}
