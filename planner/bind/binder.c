/* What every file of the binder uses: its record and its errors. */
#include "planner/bind/binder.h"

Binder binder_of(Planning *plan, Error *error) {
    return (Binder){.plan = plan,
        .context = plan->context,
        .arena = plan->arena,
        .error = error,
        .sql = plan->context->sql};
}

unsigned bind_error(Binder *binder, int position, Status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    error_set_va(binder->error, status, format, arguments);
    va_end(arguments);
    if (binder->error != NULL && binder->sql != NULL && position >= 0)
        error_at(binder->error, syntax_character(binder->sql, position));
    return status;
}
