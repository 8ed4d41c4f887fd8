/* FileSink: appends records to a file, each exactly once.

   A file beside the server's data, the mark, says how long the file was when a batch had been delivered.
   Delivery is: append, sync, then replace the mark by an atomic rename. After a crash the mark is behind the
   file, or level with it: the file is cut back to the mark, and the next batch appended anew. */
#include "connectors/file/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/file/place.h"
#include "connectors/formats/format.h"
#include "executor/base/clock.h"
#include "executor/base/fault.h"
#include "executor/base/memory.h"

enum { RETRY_MICROSECONDS = 50000, RETRIES_IN_PAUSE = 20, FILE_UNTOUCHED = -1, MARK_MAX = 8192 };

typedef struct Mark {
    uint64_t number; /* batches delivered */
    int64_t length;  /* of the file then; FILE_UNTOUCHED: nothing has been written yet */
} Mark;

typedef struct FileWriter {
    SinkWriter base;
    Place place;
    Encoder *encoder;
    char *mark_path, *mark_folder;
    Mark mark;
    int fd; /* −1: not open yet; locked against other sinks while open */
    pthread_mutex_t lock;
    Text trouble;
} FileWriter;

static Status io_error(const char *what, const char *path, Error *error) {
    return error_set(error, errno == ENOSPC ? STATUS_DISK_FULL : STATUS_IO_ERROR,
        "could not %s file \"%s\": %s", what, path, strerror(errno));
}

static Status open_file(FileWriter *writer, Error *error) {
    if (writer->fd >= 0)
        return OK;
    int fd, parent;
    TRY(place_open_file(&writer->place, O_RDWR | O_CREAT | O_APPEND, &fd, error));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return error_set(
            error, STATUS_OBJECT_IN_USE, "file \"%s\" is being written by another sink", writer->place.path);
    }
    Status status = place_open_parent(&writer->place, &parent, error);
    if (status == OK) {
        status = fsync(parent) == 0 ? OK : io_error("sync the folder of", writer->place.path, error);
        close(parent);
    }
    if (status != OK)
        close(fd);
    else
        writer->fd = fd;
    return status;
}

static Status write_all(int fd, const char *bytes, size_t length, const char *path, Error *error) {
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return io_error("write", path, error);
        bytes += written;
        length -= (size_t)written;
    }
    return OK;
}

/* Names in it are durable. */
static Status sync_folder(const char *path, Error *error) {
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    Status status = folder >= 0 && fsync(folder) == 0 ? OK : io_error("sync", path, error);
    if (folder >= 0)
        close(folder);
    return status;
}

/* Replaces the mark, durably. */
static Status store_mark(FileWriter *writer, Mark mark, Error *error) {
    char *fresh = memory_printf("%s.new", writer->mark_path);
    Text text = {0};
    text_printf(
        &text, "%llu %lld %s\n", (unsigned long long)mark.number, (long long)mark.length, writer->place.path);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    Status status =
        fd < 0 ? io_error("create", fresh, error) : write_all(fd, text.bytes, text.length, fresh, error);
    if (status == OK && fsync(fd) != 0)
        status = io_error("sync", fresh, error);
    if (fd >= 0)
        close(fd);
    if (status == OK && rename(fresh, writer->mark_path) != 0)
        status = io_error("rename", fresh, error);
    if (status == OK)
        status = sync_folder(writer->mark_folder, error);
    if (status == OK)
        writer->mark = mark;
    text_free(&text);
    memory_free(fresh);
    return status;
}

/* Its own name must be durable, too: without its mark a sink would begin again. */
static Status make_mark_folder(const FileWriter *writer, Error *error) {
    if (mkdir(writer->mark_folder, 0700) != 0)
        return errno == EEXIST ? OK : io_error("create", writer->mark_folder, error);
    char *parent = memory_printf("%s/..", writer->mark_folder);
    Status status = sync_folder(parent, error);
    memory_free(parent);
    return status;
}

/* *is_there false when there is no mark, or that of a sink into another file (its CREATE failed). */
static Status load_mark(FileWriter *writer, bool *is_there, Error *error) {
    char text[MARK_MAX + 1];
    int fd = open(writer->mark_path, O_RDONLY | O_CLOEXEC);
    *is_there = false;
    if (fd < 0)
        return errno == ENOENT ? OK : io_error("open", writer->mark_path, error);
    ssize_t length = read(fd, text, MARK_MAX);
    close(fd);
    unsigned long long number;
    long long file_length;
    int path_at = 0;
    if (length > 0)
        text[length - 1] = 0;
    if (length <= 0 || sscanf(text, "%llu %lld %n", &number, &file_length, &path_at) != 2 || path_at == 0)
        return error_set(error, STATUS_DATA_CORRUPTED, "\"%s\" is damaged", writer->mark_path);
    *is_there = strcmp(text + path_at, writer->place.path) == 0;
    if (*is_there)
        writer->mark = (Mark){number, file_length};
    return OK;
}

static Status file_encode(SinkWriter *base, const Batch *batch, Text *staged, Error *error) {
    const FileWriter *writer = (const FileWriter *)base;
    for (int row = 0; row < batch->row_count; row++) {
        size_t start = staged->length;
        int64_t copies = batch_diff(batch, row);
        if (copies <= 0)
            return error_set(error, STATUS_INTERNAL_ERROR, "a file sink was given a withdrawn row");
        encoder_row(writer->encoder, batch, row, staged);
        text_add_char(staged, '\n');
        size_t length = staged->length - start;
        for (; copies > 1; copies--) {
            text_reserve(staged, length);
            text_add(staged, staged->bytes + start, length);
        }
    }
    return OK;
}

/* Brings the file to where the mark says it was. */
static Status cut_back(FileWriter *writer, Error *error) {
    struct stat status;
    if (fstat(writer->fd, &status) != 0)
        return io_error("examine", writer->place.path, error);
    if (writer->mark.length == FILE_UNTOUCHED)
        return store_mark(writer, (Mark){writer->mark.number, status.st_size}, error);
    if (status.st_size < writer->mark.length)
        return error_set(error, STATUS_DATA_CORRUPTED,
            "file \"%s\" has %lld bytes, but %lld had been delivered", writer->place.path,
            (long long)status.st_size, (long long)writer->mark.length);
    if (status.st_size > writer->mark.length && ftruncate(writer->fd, writer->mark.length) != 0)
        return io_error("cut", writer->place.path, error);
    return OK;
}

static Status append(FileWriter *writer, uint64_t number, const char *staged, size_t length, Error *error) {
    TRY(open_file(writer, error));
    TRY(cut_back(writer, error));
    Text heading = {0};
    if (writer->mark.length == 0)
        encoder_heading(writer->encoder, &heading);
    Status status = write_all(writer->fd, text_string(&heading), heading.length, writer->place.path, error);
    FAILPOINT("file.heading");
    if (status == OK)
        status = write_all(writer->fd, staged, length, writer->place.path, error);
    FAILPOINT("file.appended");
    if (status == OK && fsync(writer->fd) != 0)
        status = io_error("sync", writer->place.path, error);
    FAILPOINT("file.synced");
    if (status == OK)
        status = store_mark(
            writer, (Mark){number, writer->mark.length + (int64_t)(heading.length + length)}, error);
    text_free(&heading);
    return status;
}

static void tell(FileWriter *writer, const char *trouble) {
    pthread_mutex_lock(&writer->lock);
    text_reset(&writer->trouble);
    text_add_string(&writer->trouble, trouble);
    pthread_mutex_unlock(&writer->lock);
}

/* A full disk or a missing folder may pass: the batch waits. A file that somebody has cut does not. */
static Status file_deliver(SinkWriter *base, uint64_t number, const char *staged, size_t length,
    bool (*is_stopping)(void *), void *argument, Error *error) {
    FileWriter *writer = (FileWriter *)base;
    while (append(writer, number, staged, length, error) != OK) {
        tell(writer, error->message);
        if (error->status == STATUS_DATA_CORRUPTED)
            return error->status;
        for (int i = 0; i < RETRIES_IN_PAUSE; i++) {
            if (is_stopping(argument))
                return error->status;
            clock_sleep(RETRY_MICROSECONDS);
        }
        error_clear(error);
    }
    tell(writer, "");
    return OK;
}

static Status file_last_delivered(
    SinkWriter *base, uint64_t confirmed, uint64_t staged, uint64_t *number, Error *error) {
    FileWriter *writer = (FileWriter *)base;
    if (writer->mark.number < confirmed || writer->mark.number > staged)
        return error_set(error, STATUS_DATA_CORRUPTED,
            "the sink's mark tells of batch %llu, the server of batches %llu to %llu",
            (unsigned long long)writer->mark.number, (unsigned long long)confirmed,
            (unsigned long long)staged);
    *number = writer->mark.number;
    return OK;
}

/* What was delivered is taken from the server; new batches stand behind whatever the file holds now. */
static Status file_resume(SinkWriter *base, uint64_t skip_to, uint64_t *number, bool (*is_stopping)(void *),
    void *argument, Error *error) {
    FileWriter *writer = (FileWriter *)base;
    *number = skip_to > 0 ? skip_to - 1 : *number;
    TRY(make_mark_folder(writer, error));
    return store_mark(writer, (Mark){*number, FILE_UNTOUCHED}, error);
}

static Status file_drop(SinkWriter *base, Error *error) {
    FileWriter *writer = (FileWriter *)base;
    return unlink(writer->mark_path) == 0 || errno == ENOENT ? OK
                                                             : io_error("delete", writer->mark_path, error);
}

static void file_status(SinkWriter *base, Text *out) {
    FileWriter *writer = (FileWriter *)base;
    pthread_mutex_lock(&writer->lock);
    text_add(out, text_string(&writer->trouble), writer->trouble.length);
    pthread_mutex_unlock(&writer->lock);
}

static void file_close(SinkWriter *base) {
    FileWriter *writer = (FileWriter *)base;
    if (writer->fd >= 0)
        close(writer->fd);
    encoder_destroy(writer->encoder);
    place_close(&writer->place);
    memory_free(writer->mark_path);
    memory_free(writer->mark_folder);
    text_free(&writer->trouble);
    pthread_mutex_destroy(&writer->lock);
    memory_free(writer);
}

static const SinkType sink_type = {
    .encode = file_encode,
    .deliver = file_deliver,
    .last_delivered = file_last_delivered,
    .resume = file_resume,
    .drop = file_drop,
    .status = file_status,
    .close = file_close,
};

static Status open_writer(const ConnectorDefinition *definition, FileWriter **out, Error *error) {
    if (definition->format != NULL && strcmp(definition->format, "plain") != 0)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "a file sink does not support FORMAT %s",
            definition->format);
    Encoder *encoder;
    TRY(encoder_create(definition, "json", NULL, 0, &encoder, error));
    FileWriter *writer = NEW(FileWriter);
    writer->base.type = &sink_type;
    writer->encoder = encoder;
    writer->fd = -1;
    pthread_mutex_init(&writer->lock, NULL);
    place_open(&writer->place, definition->files_directory, connector_text(definition, "path"));
    writer->mark_folder = memory_printf("%s/sinks", definition->data_directory);
    writer->mark_path = memory_printf("%s/%08x", writer->mark_folder, definition->object_id);
    writer->mark = (Mark){0, FILE_UNTOUCHED};
    *out = writer;
    return OK;
}

Status file_open_sink(const ConnectorDefinition *definition, SinkWriter **out, Error *error) {
    FileWriter *writer;
    bool is_there;
    TRY(open_writer(definition, &writer, error));
    Status status = load_mark(writer, &is_there, error);
    if (status != OK) {
        file_close(&writer->base);
        return status;
    }
    Error later = {0};
    if (is_there && open_file(writer, &later) != OK)
        error_clear(&later); /* the first delivery says so, and waits */
    *out = &writer->base;
    return OK;
}

/* A new sink must be able to write. */
Status file_prepare_sink(const ConnectorDefinition *definition, int *partition_count, Error *error) {
    FileWriter *writer;
    TRY(open_writer(definition, &writer, error));
    *partition_count = 0;
    Status status = make_mark_folder(writer, error);
    if (status == OK)
        status = open_file(writer, error);
    if (status == OK)
        status = store_mark(writer, (Mark){0, FILE_UNTOUCHED}, error);
    file_close(&writer->base);
    return status;
}
