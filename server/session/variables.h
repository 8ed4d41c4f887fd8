/* Variables: what a session has set, with PostgreSQL's rules of SET, SET LOCAL, RESET and rollback.

   Three words, one meaning each: a setting is a row of settings.def (its rule is a SettingRule), a variable
   is the value that a session has for it, an option is what a WITH clause or the server's command line gives.
 */
#ifndef LEAT_SESSION_VARIABLES_H
#define LEAT_SESSION_VARIABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "executor/base/error.h"

typedef enum VariableId {
#define SETTING(name, ...) VARIABLE_##name,
#include "server/session/settings.def"
#undef SETTING
    VARIABLE_COUNT
} VariableId;

typedef struct Variables Variables;

typedef enum VariableScope {
    VARIABLE_SESSION, /* SET: undone if the transaction is rolled back */
    VARIABLE_LOCAL,   /* SET LOCAL: undone at the transaction's end */
    VARIABLE_START,   /* from the connection's first message: what RESET goes back to; may set what is fixed
                         later */
    VARIABLE_SERVER   /* from the server itself: fixed ones too */
} VariableScope;

Variables *variables_create(void);
void variables_destroy(Variables *variables); /* NULL is fine */

/* The text as SHOW prints it; valid until the variable is set again. By name in any case; NULL when there is
   none. */
const char *variables_text(const Variables *variables, VariableId id);
const char *variables_find(const Variables *variables, const char *name);
/* The name as it is listed ("timezone" gives "TimeZone"); NULL when there is none. */
const char *variables_listed_name(const Variables *variables, const char *name);
bool variables_bool(const Variables *variables, VariableId id);
int64_t variables_integer(Variables *variables, VariableId id); /* in the setting's unit */

/* 42704 no such setting, 22023 bad value, 55P02 not to be changed. A name with a dot is made on first use.
 *is_foreign: another system's setting, accepted without effect (may be NULL, then 42704). */
Status variables_set(Variables *variables, const char *name, const char *text, VariableScope scope,
    bool *is_foreign, Error *error);
/* Sets what one of these variables has already been, for the transaction: cannot be refused. */
void variables_restore(Variables *variables, const char *name, const char *text);
Status variables_reset(Variables *variables, const char *name, VariableScope scope, Error *error);
void variables_reset_all(Variables *variables);

void variables_commit(Variables *variables);
void variables_rollback(Variables *variables);

/* All values as they are, for a savepoint. */
typedef struct VariablesMark VariablesMark;
VariablesMark *variables_mark(const Variables *variables);
void variables_go_back(Variables *variables, const VariablesMark *mark);
void variables_mark_destroy(VariablesMark *mark); /* NULL is fine */

/* A variable that clients are told about and whose value they don't know yet; false when there is none. */
bool variables_take_reported(Variables *variables, const char **name, const char **text);
/* Grows with every change. */
uint64_t variables_version(const Variables *variables);

typedef struct VariableView {
    const char *name;
    const char *text;
    const char *unit; /* "ms", "kB", or NULL */
    const char *description;
    const char *type;    /* "bool", "integer", "string", "enum" */
    const char *context; /* "user" or "internal" */
    const char *default_text;
    const char *enum_words; /* "a|b|c", or NULL */
} VariableView;
/* The index-th, alphabetically, the custom ones last; false past the end. */
bool variables_view(const Variables *variables, int index, VariableView *view);

#endif
