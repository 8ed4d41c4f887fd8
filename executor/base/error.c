/* Status and Error. */
#include "executor/base/error.h"

#include <string.h>

#include "executor/base/memory.h"

static const char *const sqlstates[] = {
#define ERROR(name, sqlstate) [STATUS_##name] = sqlstate,
#include "executor/base/errors.def"
#undef ERROR
};

unsigned error_set_va(Error *error, Status status, const char *format, va_list arguments) {
    if (error == NULL)
        return status;
    char *message = memory_vprintf(format, arguments);
    error_clear(error);
    error->status = status;
    error->message = message;
    return status;
}

unsigned error_set(Error *error, Status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    error_set_va(error, status, format, arguments);
    va_end(arguments);
    return status;
}

unsigned error_detail(Error *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    memory_free(error->detail);
    error->detail = memory_vprintf(format, arguments);
    va_end(arguments);
    return error->status;
}

unsigned error_hint(Error *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    memory_free(error->hint);
    error->hint = memory_vprintf(format, arguments);
    va_end(arguments);
    return error->status;
}

unsigned error_name(Error *error, ErrorName kind, const char *name) {
    memory_free(error->names[kind]);
    error->names[kind] = memory_strdup(name);
    return error->status;
}

unsigned error_at(Error *error, int position) {
    if (error->position == 0)
        error->position = position;
    return error->status;
}

void error_move(Error *to, Error *from) {
    error_clear(to);
    *to = *from;
    memset(from, 0, sizeof *from);
}

void error_copy(Error *to, const Error *from) {
    Error copy = {
        .status = from->status,
        .message = memory_strdup(from->message),
        .detail = memory_strdup(from->detail),
        .hint = memory_strdup(from->hint),
        .position = from->position,
    };
    for (int i = 0; i < ERROR_NAME_COUNT; i++)
        copy.names[i] = memory_strdup(from->names[i]);
    error_clear(to);
    *to = copy;
}

void error_clear(Error *error) {
    memory_free(error->message);
    memory_free(error->detail);
    memory_free(error->hint);
    for (int i = 0; i < ERROR_NAME_COUNT; i++)
        memory_free(error->names[i]);
    memset(error, 0, sizeof *error);
}

const char *status_sqlstate(Status status) {
    return sqlstates[status];
}

Status status_from_sqlstate(const char *sqlstate) {
    for (int i = 0; i < STATUS_COUNT; i++)
        if (strncmp(sqlstates[i], sqlstate, 5) == 0)
            return (Status)i;
    return STATUS_INTERNAL_ERROR;
}
