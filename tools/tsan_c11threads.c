// C11's threads over pthread, linked into ThreadSanitizer builds alone: glibc's own, which librdkafka uses,
// the sanitizer does not see, and crashes.

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

#pragma GCC visibility push(default) // librdkafka finds these in the executable before glibc's

typedef struct {
    thrd_start_t run;
    void *argument;
} Start;

static void *start(void *argument) {
    Start own = *(Start *)argument;
    free(argument);
    return (void *)(intptr_t)own.run(own.argument);
}

static int result(int code) {
    return code == 0           ? thrd_success
           : code == ETIMEDOUT ? thrd_timedout
           : code == ENOMEM    ? thrd_nomem
                               : thrd_error;
}

int thrd_create(thrd_t *thread, thrd_start_t run, void *argument) {
    Start *own = malloc(sizeof *own);
    if (own == NULL)
        return thrd_nomem;
    *own = (Start){run, argument};
    int code = pthread_create(thread, NULL, start, own);
    if (code != 0)
        free(own);
    return result(code);
}

int thrd_join(thrd_t thread, int *value) {
    void *returned;
    int code = pthread_join(thread, &returned);
    if (code == 0 && value != NULL)
        *value = (int)(intptr_t)returned;
    return result(code);
}

thrd_t thrd_current(void) {
    return pthread_self();
}

void call_once(once_flag *flag, void (*run)(void)) {
    pthread_once((pthread_once_t *)flag, run);
}

int mtx_init(mtx_t *mutex, int type) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    if (type & mtx_recursive)
        pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    int code = pthread_mutex_init((pthread_mutex_t *)mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return result(code);
}

void mtx_destroy(mtx_t *mutex) {
    pthread_mutex_destroy((pthread_mutex_t *)mutex);
}

int mtx_lock(mtx_t *mutex) {
    return result(pthread_mutex_lock((pthread_mutex_t *)mutex));
}

int mtx_unlock(mtx_t *mutex) {
    return result(pthread_mutex_unlock((pthread_mutex_t *)mutex));
}

int cnd_init(cnd_t *condition) {
    return result(pthread_cond_init((pthread_cond_t *)condition, NULL));
}

void cnd_destroy(cnd_t *condition) {
    pthread_cond_destroy((pthread_cond_t *)condition);
}

int cnd_signal(cnd_t *condition) {
    return result(pthread_cond_signal((pthread_cond_t *)condition));
}

int cnd_broadcast(cnd_t *condition) {
    return result(pthread_cond_broadcast((pthread_cond_t *)condition));
}

int cnd_wait(cnd_t *condition, mtx_t *mutex) {
    return result(pthread_cond_wait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex));
}

int cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *until) {
    return result(pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, until));
}
