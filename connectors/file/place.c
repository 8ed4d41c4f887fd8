/* Place: openat2 with RESOLVE_BENEATH: the kernel itself refuses every way out. */
#include "connectors/file/place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "executor/base/memory.h"

void place_open(Place *place, const char *folder, const char *path) {
    place->folder = memory_strdup(folder);
    place->path = memory_strdup(path);
}

void place_close(Place *place) {
    memory_free(place->folder);
    memory_free(place->path);
}

/* An absolute path is good when it begins with the folder. */
static const char *relative(const Place *place) {
    size_t length = strlen(place->folder);
    while (length > 1 && place->folder[length - 1] == '/')
        length--;
    if (strncmp(place->path, place->folder, length) != 0 || place->path[length] != '/')
        return place->path;
    const char *rest = place->path + length;
    return rest + strspn(rest, "/");
}

static Status refuse(const Place *place, int code, Error *error) {
    if (code == EXDEV || code == ELOOP) {
        error_set(error, STATUS_INSUFFICIENT_PRIVILEGE, "file \"%s\" lies outside the folder for files",
            place->path);
        return error_hint(error, "Name it relative to \"%s\", the server's --files-dir.", place->folder);
    }
    return error_set(error,
        code == ENOENT || code == ENOTDIR ? STATUS_UNDEFINED_FILE
        : code == EACCES                  ? STATUS_INSUFFICIENT_PRIVILEGE
                                          : STATUS_IO_ERROR,
        "could not open file \"%s\": %s", place->path, strerror(code));
}

static Status open_beneath(const Place *place, const char *path, int flags, int *fd, Error *error) {
    if (place->folder == NULL) {
        error_set(error, STATUS_INSUFFICIENT_PRIVILEGE, "the server may not read or write files");
        return error_hint(error, "Start it with --files-dir DIR.");
    }
    int folder = open(place->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return error_set(
            error, STATUS_IO_ERROR, "could not open folder \"%s\": %s", place->folder, strerror(errno));
    struct open_how how = {.flags = (unsigned)flags | O_CLOEXEC,
        .mode = flags & O_CREAT ? 0644 : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    *fd = (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
    int code = errno;
    close(folder);
    return *fd < 0 ? refuse(place, code, error) : OK;
}

Status place_open_file(const Place *place, int flags, int *fd, Error *error) {
    struct stat status;
    TRY(open_beneath(place, place->folder == NULL ? place->path : relative(place),
        flags | O_NONBLOCK | O_NOCTTY, fd, error));
    if (fstat(*fd, &status) == 0 && S_ISREG(status.st_mode))
        return OK;
    close(*fd);
    return error_set(error, STATUS_WRONG_OBJECT_TYPE, "\"%s\" is not a regular file", place->path);
}

Status place_open_parent(const Place *place, int *fd, Error *error) {
    char *path = memory_strdup(place->folder == NULL ? place->path : relative(place));
    char *slash = strrchr(path, '/');
    if (slash != NULL)
        *slash = 0;
    Status status = open_beneath(place, slash == NULL ? "." : path, O_RDONLY | O_DIRECTORY, fd, error);
    memory_free(path);
    return status;
}
