/* Thread: pthreads on stacks of our own mapping; memory that no statement touched is never reserved. */
#include "server/network/thread.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "executor/base/memory.h"

enum { STACK_SIZE = 64 << 20, GUARD_SIZE = 64 << 10 };

struct Thread {
    pthread_t handle;
    void *stack;
    void (*run)(void *argument);
    void *argument;
    char name[16];
};

static void *thread_main(void *argument) {
    Thread *thread = argument;
    pthread_setname_np(pthread_self(), thread->name);
    thread->run(thread->argument);
    return NULL;
}

static int create_on_stack(Thread *thread) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, (char *)thread->stack + GUARD_SIZE, STACK_SIZE);
    /* Signals are the main thread's. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&thread->handle, &attributes, thread_main, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return failure;
}

Status thread_start(
    const char *name, void (*run)(void *argument), void *argument, Thread **out, Error *error) {
    void *stack = mmap(NULL, STACK_SIZE + GUARD_SIZE, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED)
        return error_set(error, STATUS_OUT_OF_MEMORY, "could not map the stack of thread \"%s\": %m", name);
    mprotect(stack, GUARD_SIZE, PROT_NONE);
    Thread *thread = NEW(Thread);
    *thread = (Thread){.stack = stack, .run = run, .argument = argument};
    strncpy(thread->name, name, sizeof thread->name - 1);
    int failure = create_on_stack(thread);
    if (failure != 0) {
        munmap(stack, STACK_SIZE + GUARD_SIZE);
        memory_free(thread);
        return error_set(
            error, STATUS_SYSTEM_ERROR, "could not start thread \"%s\": %s", name, strerror(failure));
    }
    *out = thread;
    return OK;
}

void thread_join(Thread *thread) {
    if (thread == NULL)
        return;
    pthread_join(thread->handle, NULL);
    munmap(thread->stack, STACK_SIZE + GUARD_SIZE);
    memory_free(thread);
}
