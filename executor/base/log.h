/* Log: what the server tells those who run it: one line an event to the standard error, with the time (UTC),
   the process and the level. Passwords, keys
   and statements are never logged. Any thread. */
#ifndef LEAT_BASE_LOG_H
#define LEAT_BASE_LOG_H

#include <stdbool.h>

/* ERROR: something is lost or stands still. WARNING: somebody should look. INFO: what an operator would tell
   another. DEBUG: what helps to find a fault. */
typedef enum LogLevel { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG } LogLevel;

/* "error", "warning", "info", "debug"; false when it is none of them. */
bool log_level_of(const char *name, LogLevel *level);
/* From now on, for the whole process, what is less important is left out. At first: DEBUG. */
void log_set_level(LogLevel level);
/* Control characters become blanks, so that an event is one line; what is longer than some kilobytes is cut.
   Allocates nothing. */
void log_write(LogLevel level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
