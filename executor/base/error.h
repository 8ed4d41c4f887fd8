/* Status and Error: how every fallible function reports what went wrong. */
#ifndef LEAT_BASE_ERROR_H
#define LEAT_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

/* Whoever gets one looks at it: the compiler refuses what does not. */
typedef enum [[nodiscard]] Status{
#define ERROR(name, sqlstate) STATUS_##name,
#include "executor/base/errors.def"
#undef ERROR
    STATUS_COUNT} Status;

#define OK STATUS_SUCCESSFUL_COMPLETION

/* What the error is about, for programs: fields of the protocol's ErrorResponse. */
typedef enum ErrorName {
    ERROR_SCHEMA,
    ERROR_TABLE,
    ERROR_COLUMN,
    ERROR_CONSTRAINT,
    ERROR_ROUTINE,
    ERROR_NAME_COUNT
} ErrorName;

/* One Error per request. Zero bytes are a valid, empty Error. Owns its texts (freed by error_clear). */
typedef struct Error {
    Status status;
    char *message;
    char *detail;
    char *hint;
    char *names[ERROR_NAME_COUNT];
    int position; /* 1-based character in the user's statement; 0 = none */
} Error;

/* Passes a failure up. */
#define TRY(call)             \
    do {                      \
        Status try_ = (call); \
        if (try_ != OK)       \
            return try_;      \
    } while (0)

/* Replaces what *error holds by status and the formatted message; returns status, so `return error_set(…)`. A
   NULL error is allowed. These return a number, no Status: describing an error is no failure to be looked at.
 */
unsigned error_set(Error *error, Status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
unsigned error_set_va(Error *error, Status status, const char *format, va_list arguments);
/* Add to the error last set; return its status. */
unsigned error_detail(Error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
unsigned error_hint(Error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
unsigned error_name(Error *error, ErrorName kind, const char *name);
unsigned error_at(Error *error, int position);
void error_move(Error *to, Error *from);
void error_copy(Error *to, const Error *from);
void error_clear(Error *error);

/* Five characters, e.g. "22012". */
const char *status_sqlstate(Status status);
/* The status of a five-character SQLSTATE; INTERNAL_ERROR when unknown. */
Status status_from_sqlstate(const char *sqlstate);

#endif
