/* Fault: failpoints and planted faults of test builds. */
#include "executor/base/fault.h"

#ifdef LEAT_TESTING

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void fault_point(const char *name) {
    static atomic_int passages;
    const char *wanted = getenv("LEAT_FAILPOINT");
    size_t length = strlen(name);
    if (wanted == NULL || strncmp(wanted, name, length) != 0 ||
        (wanted[length] != 0 && wanted[length] != ':'))
        return;
    int count = wanted[length] == ':' ? atoi(wanted + length + 1) : 1;
    if (atomic_fetch_add(&passages, 1) + 1 >= count)
        kill(getpid(), SIGKILL);
}

bool fault_mutant(const char *name) {
    /* Asked for every row here and there: without a choice it must cost next to nothing. */
    enum { UNKNOWN, NONE, SOME };
    static atomic_int state;
    int now = atomic_load_explicit(&state, memory_order_relaxed);
    if (now == NONE)
        return false;
    const char *chosen = getenv("LEAT_MUTANT");
    atomic_store_explicit(&state, chosen == NULL ? NONE : SOME, memory_order_relaxed);
    return chosen != NULL && strcmp(chosen, name) == 0;
}

bool fault_in_operator(const char *kind, const char *type) {
    enum { UNKNOWN, NONE, SOME };
    static atomic_int state;
    if (atomic_load_explicit(&state, memory_order_relaxed) == NONE)
        return false;
    const char *path = getenv("LEAT_OPERATOR_FAULT");
    atomic_store_explicit(&state, path == NULL ? NONE : SOME, memory_order_relaxed);
    FILE *file = path == NULL ? NULL : fopen(path, "r");
    if (file == NULL)
        return false;
    char wanted_kind[16] = "", wanted_type[32] = "";
    int count = fscanf(file, "%15s %31s", wanted_kind, wanted_type);
    fclose(file);
    return count == 2 && strcmp(wanted_kind, kind) == 0 && strcmp(wanted_type, type) == 0;
}

#endif
