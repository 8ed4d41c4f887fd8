/* The SQLSTATE of what libpg_query raises. */
#include "planner/dialect/library_status.h"

#include <string.h>

/* All of its messages that are no syntax errors, as PostgreSQL's gram.y, scan.l and parser.c have them. */
static const struct {
    const char *words;
    Status status;
} others[] = {{"stack depth limit exceeded", STATUS_STATEMENT_TOO_COMPLEX},
    {"frame start", STATUS_WINDOWING_ERROR}, /* also "frame starting" */
    {"frame end cannot", STATUS_WINDOWING_ERROR},
    {"invalid byte sequence", STATUS_CHARACTER_NOT_IN_REPERTOIRE},
    {"precision for type float", STATUS_INVALID_PARAMETER_VALUE},
    {"constraints cannot be marked", STATUS_FEATURE_NOT_SUPPORTED},
    {"not yet implemented", STATUS_FEATURE_NOT_SUPPORTED},
    {"CONSTRAINT TRIGGER is not supported", STATUS_FEATURE_NOT_SUPPORTED},
    {"WITH CHECK OPTION not supported", STATUS_FEATURE_NOT_SUPPORTED}};

Status library_status(const char *message, bool is_scanner) {
    if (is_scanner && strcmp(message, "invalid Unicode escape") == 0)
        return STATUS_INVALID_ESCAPE_SEQUENCE;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strstr(message, others[i].words) != NULL)
            return others[i].status;
    return STATUS_SYNTAX_ERROR;
}
