/* Log: one write of the system a line, so that threads' lines do not mix. The level is the process's own and
   set once, at its start. */
#include "executor/base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "executor/base/clock.h"

enum { LINE_MAX_BYTES = 4096 };

static const struct {
    const char *name, *label;
} levels[] = {
    [LOG_LEVEL_ERROR] = {"error", "ERROR"},
    [LOG_LEVEL_WARNING] = {"warning", "WARNING"},
    [LOG_LEVEL_INFO] = {"info", "INFO"},
    [LOG_LEVEL_DEBUG] = {"debug", "DEBUG"},
};
enum { LEVEL_COUNT = sizeof levels / sizeof *levels };

static atomic_int most = LOG_LEVEL_DEBUG;

bool log_level_of(const char *name, LogLevel *level) {
    for (int i = 0; i < LEVEL_COUNT; i++)
        if (strcmp(levels[i].name, name) == 0) {
            *level = (LogLevel)i;
            return true;
        }
    return false;
}

void log_set_level(LogLevel level) {
    atomic_store(&most, level);
}

/* As in PostgreSQL's: 2000-01-01 12:00:00.123 UTC [17] WARNING:  …; returns its length. */
static int add_head(LogLevel level, char *line) {
    int64_t milliseconds = clock_wall() / 1000 + EPOCH_SECONDS * 1000;
    time_t seconds = (time_t)(milliseconds / 1000);
    struct tm date;
    gmtime_r(&seconds, &date);
    int length = (int)strftime(line, LINE_MAX_BYTES, "%Y-%m-%d %H:%M:%S", &date);
    return length + snprintf(line + length, LINE_MAX_BYTES - (size_t)length,
                        ".%03d UTC [%d] %s:  ", (int)(milliseconds % 1000), (int)getpid(),
                        levels[level].label);
}

void log_write(LogLevel level, const char *format, ...) {
    if ((int)level > atomic_load_explicit(&most, memory_order_relaxed))
        return;
    char line[LINE_MAX_BYTES];
    int head = add_head(level, line), room = LINE_MAX_BYTES - head;
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(line + head, (size_t)room, format, arguments);
    va_end(arguments);
    int length = head + (wanted < room ? wanted : room - 1);
    for (int i = head; i < length; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 127)
            line[i] = ' ';
    line[length++] = '\n';
    if (write(STDERR_FILENO, line, (size_t)length) < 0)
        return; /* nobody is left to be told */
}
