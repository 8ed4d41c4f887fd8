/* FileSource: the records of one file, in order. A record's offset is the byte where it begins.

   The file is opened when it is first needed, so that a server starts also when a file is gone; CREATE asks
   for the start offset and thus sees the error. */
#include "connectors/file/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/file/place.h"
#include "connectors/formats/format.h"
#include "executor/base/memory.h"

enum { CHUNK = 1 << 20, RECORD_MAX = 256 << 20 };

typedef struct FileReader {
    SourceReader base;
    Place place;
    Decoder *decoder;
    bool is_following;
    Schema columns;
    pthread_mutex_t lock; /* what is_ready, of any thread, shares with read: fd, trouble */
    int fd;               /* −1: not open yet */
    Text trouble;
    _Atomic int64_t next, end;
    _Atomic int64_t stuck_at; /* file size at which no whole record stood at `next`; −1: none */
    char *bytes;              /* of the file, from bytes_at */
    size_t length, capacity;
    int64_t bytes_at;
    bool is_watching;
    pthread_t watcher;
    int watch_fd, stop_fd;
} FileReader;

static int64_t file_size(const FileReader *reader) {
    struct stat status;
    return fstat(reader->fd, &status) == 0 ? status.st_size : -1;
}

static void tell(FileReader *reader, const char *trouble) {
    pthread_mutex_lock(&reader->lock);
    text_reset(&reader->trouble);
    text_add_string(&reader->trouble, trouble);
    pthread_mutex_unlock(&reader->lock);
}

static bool open_file(FileReader *reader, Error *error) {
    pthread_mutex_lock(&reader->lock);
    bool is_open = reader->fd >= 0;
    if (!is_open) {
        is_open = place_open_file(&reader->place, O_RDONLY, &reader->fd, error) == OK;
        text_reset(&reader->trouble);
        if (!is_open) {
            reader->fd = -1;
            text_add_string(&reader->trouble, error->message);
        }
    }
    pthread_mutex_unlock(&reader->lock);
    return is_open;
}

/* Follows a file: sleeps until it changes. */
static void *watch_main(void *argument) {
    FileReader *reader = argument;
    for (;;) {
        struct pollfd fds[2] = {{reader->watch_fd, POLLIN, 0}, {reader->stop_fd, POLLIN, 0}};
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return NULL;
        if (fds[1].revents != 0)
            return NULL;
        char events[4096];
        if (fds[0].revents != 0 && read(reader->watch_fd, events, sizeof events) > 0 &&
            reader->base.wake != NULL)
            reader->base.wake(reader->base.wake_argument);
    }
}

static void start_watching(FileReader *reader) {
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", reader->fd);
    reader->watch_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    reader->stop_fd = eventfd(0, EFD_CLOEXEC);
    inotify_add_watch(reader->watch_fd, name, IN_MODIFY);
    reader->is_watching = pthread_create(&reader->watcher, NULL, watch_main, reader) == 0;
}

static void stop_watching(FileReader *reader) {
    if (!reader->is_watching)
        return;
    uint64_t one = 1;
    while (write(reader->stop_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
    pthread_join(reader->watcher, NULL);
    close(reader->watch_fd);
    close(reader->stop_fd);
}

static Status file_partition_count(SourceReader *base, int *count, Error *error) {
    *count = 1;
    return OK;
}

static Status file_start_offset(SourceReader *base, int partition, int64_t *offset, Error *error) {
    FileReader *reader = (FileReader *)base;
    *offset = 0;
    return open_file(reader, error) ? OK : error->status;
}

static Status file_assign(
    SourceReader *base, int partition, int64_t offset, int64_t end_offset, Error *error) {
    FileReader *reader = (FileReader *)base;
    atomic_store(&reader->next, offset);
    atomic_store(&reader->end, end_offset);
    atomic_store(&reader->stuck_at, -1);
    reader->length = 0;
    Error unavailable = {0};
    if (open_file(reader, &unavailable) && reader->is_following && end_offset == INT64_MAX &&
        !reader->is_watching)
        start_watching(reader);
    error_clear(&unavailable);
    return OK;
}

static bool file_is_ready(SourceReader *base, int partition) {
    FileReader *reader = (FileReader *)base;
    Error unavailable = {0};
    bool is_open = open_file(reader, &unavailable);
    error_clear(&unavailable);
    if (!is_open)
        return false;
    int64_t size = file_size(reader), next = atomic_load(&reader->next);
    if (next >= atomic_load(&reader->end))
        return false;
    return reader->is_following ? size != next && size != atomic_load(&reader->stuck_at) : true;
}

/* Has at least `needed` bytes from `at` on in the buffer, or all up to `limit`. */
static Status fill_buffer(FileReader *reader, int64_t at, size_t needed, int64_t limit, Error *error) {
    size_t keep = 0;
    if (reader->length > 0 && at >= reader->bytes_at && at <= reader->bytes_at + (int64_t)reader->length) {
        keep = (size_t)(reader->bytes_at + (int64_t)reader->length - at);
        memmove(reader->bytes, reader->bytes + reader->length - keep, keep);
    }
    reader->bytes_at = at;
    reader->length = keep;
    needed = needed < (size_t)(limit - at) ? needed : (size_t)(limit - at);
    if (reader->capacity < needed) {
        reader->bytes = memory_resize(reader->bytes, needed);
        reader->capacity = needed;
    }
    while (reader->length < needed) {
        ssize_t got = pread(reader->fd, reader->bytes + reader->length, needed - reader->length,
            at + (int64_t)reader->length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(error, STATUS_IO_ERROR, "could not read file \"%s\": %s", reader->place.path,
                strerror(errno));
        if (got == 0)
            break;
        reader->length += (size_t)got;
    }
    return OK;
}

/* Cuts the buffer into records; *at becomes the offset behind the last. */
static int split_records(
    FileReader *reader, int64_t *at, int64_t limit, bool is_end, FormatRecord *records, int max) {
    int count = 0;
    bool has_heading = decoder_has_heading(reader->decoder);
    while (count < max && *at < limit) {
        size_t from = (size_t)(*at - reader->bytes_at), record_length = 0;
        bool is_all = is_end && reader->bytes_at + (int64_t)reader->length == limit;
        size_t taken = from >= reader->length ? 0
                                              : decoder_split(reader->decoder, reader->bytes + from,
                                                    reader->length - from, is_all, &record_length);
        if (taken == 0)
            break;
        bool is_skipped =
            (*at == 0 && has_heading) || (record_length == 0 && decoder_skips_blank(reader->decoder));
        if (!is_skipped)
            records[count++] = (FormatRecord){reader->bytes + from, record_length, *at, INT64_MIN};
        *at += (int64_t)taken;
    }
    return count;
}

/* Reads on until there is a record, or nothing more can come. */
static Status next_records(FileReader *reader, int64_t *at, int64_t limit, bool is_end, FormatRecord *records,
    int max, int *count, Error *error) {
    size_t needed = CHUNK;
    *count = 0;
    while (*count == 0 && *at < limit) {
        int64_t before = *at;
        TRY(fill_buffer(reader, *at, needed, limit, error));
        *count = split_records(reader, at, limit, is_end, records, max);
        if (*count > 0 || *at > before) {
            needed = CHUNK;
            continue;
        }
        if (reader->length < needed || (int64_t)reader->length >= limit - *at)
            break;
        if (needed >= RECORD_MAX)
            return error_set(error, STATUS_PROGRAM_LIMIT_EXCEEDED,
                "a record in file \"%s\" at byte %lld is longer than 256 MB", reader->place.path,
                (long long)*at);
        needed *= 2;
    }
    return OK;
}

/* A file that is followed may be on its way back: a sink cuts off what it had not finished, and writes the
   same again. */
static Status refuse_cut(FileReader *reader, int64_t size, int64_t at, SourceRows *rows, Error *error) {
    error_set(error, STATUS_IO_ERROR, "file \"%s\" was cut to %lld bytes, but %lld have been read",
        reader->place.path, (long long)size, (long long)at);
    if (!reader->is_following)
        return error->status;
    tell(reader, error->message);
    error_clear(error);
    atomic_store(&reader->stuck_at, size);
    rows->is_at_end = true;
    return OK;
}

static Status file_read(SourceReader *base, int partition, int row_max, SourceRows *rows, Error *error) {
    FileReader *reader = (FileReader *)base;
    int64_t at = atomic_load(&reader->next), end = atomic_load(&reader->end);
    rows->next_offset = at;
    if (!open_file(reader, error))
        return error->status;
    int64_t size = file_size(reader), limit = end < size ? end : size;
    if (size < at)
        return refuse_cut(reader, size, at, rows, error);
    FormatRecord *records = NEW_ARRAY(FormatRecord, row_max);
    int count;
    Status status = next_records(
        reader, &at, limit, !reader->is_following || end <= size, records, row_max, &count, error);
    if (status == OK && count > 0) {
        rows->batch = batch_builder(reader->columns.types, reader->columns.count, count);
        if (decoder_run(reader->decoder, records, count, rows->batch, NULL, rows) == 0) {
            batch_release(rows->batch);
            rows->batch = NULL;
        }
    }
    memory_free(records);
    TRY(status);
    if (reader->is_following)
        tell(reader, "");
    rows->is_at_end = at >= limit || (count == 0 && reader->is_following);
    rows->is_finished = !reader->is_following && end == INT64_MAX && at >= size;
    atomic_store(&reader->stuck_at, count == 0 && at < size ? size : -1);
    atomic_store(&reader->next, at);
    rows->next_offset = at;
    return OK;
}

static void file_status(SourceReader *base, Text *out) {
    FileReader *reader = (FileReader *)base;
    pthread_mutex_lock(&reader->lock);
    text_add(out, text_string(&reader->trouble), reader->trouble.length);
    pthread_mutex_unlock(&reader->lock);
}

static void file_close(SourceReader *base) {
    FileReader *reader = (FileReader *)base;
    stop_watching(reader);
    if (reader->fd >= 0)
        close(reader->fd);
    for (int i = 0; i < reader->columns.count; i++)
        memory_free((char *)reader->columns.names[i]);
    memory_free(reader->columns.names);
    memory_free(reader->columns.types);
    memory_free(reader->bytes);
    decoder_destroy(reader->decoder);
    place_close(&reader->place);
    text_free(&reader->trouble);
    pthread_mutex_destroy(&reader->lock);
    memory_free(reader);
}

static const SourceType source_type = {
    .partition_count = file_partition_count,
    .start_offset = file_start_offset,
    .assign = file_assign,
    .read = file_read,
    .is_ready = file_is_ready,
    .status = file_status,
    .close = file_close,
};

Status file_open_source(const ConnectorDefinition *definition, SourceReader **out, Error *error) {
    for (int i = 0; i < definition->columns.count; i++)
        if (definition->metadata != NULL && definition->metadata[i] != NULL)
            return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
                "connector \"file\" has no metadata column \"%s\"", definition->metadata[i]);
    Decoder *decoder;
    TRY(decoder_create(definition, "json", &decoder, error));
    FileReader *reader = NEW(FileReader);
    reader->base.type = &source_type;
    reader->decoder = decoder;
    reader->fd = -1;
    reader->is_following = connector_bool(definition, "follow");
    pthread_mutex_init(&reader->lock, NULL);
    place_open(&reader->place, definition->files_directory, connector_text(definition, "path"));
    reader->columns =
        (Schema){definition->columns.count, NEW_ARRAY(const char *, definition->columns.count + 1),
            NEW_ARRAY(Type, definition->columns.count + 1)};
    for (int i = 0; i < definition->columns.count; i++) {
        reader->columns.names[i] = memory_strdup(definition->columns.names[i]);
        reader->columns.types[i] = definition->columns.types[i];
    }
    *out = &reader->base;
    return OK;
}
