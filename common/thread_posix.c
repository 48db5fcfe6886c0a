#include "thread.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cgroup.h"

static atomic_uint running = 1;
static atomic_uint peak = 1;

struct start {
    void (*main)(void *argument);
    void *argument;
};

static void *thread_main(void *argument)
{
    struct start start = *(struct start *)argument;
    free(argument);
    start.main(start.argument);
    atomic_fetch_sub(&running, 1);
    return NULL;
}

static void peak_raise(unsigned now)
{
    unsigned seen = atomic_load(&peak);
    while (now > seen && !atomic_compare_exchange_weak(&peak, &seen, now))
        continue;
}

int thread_start(thread_handle *thread, void (*main)(void *argument), void *argument,
                 size_t stack_bytes)
{
    pthread_attr_t attributes;
    struct start *start = malloc(sizeof *start);
    if (start == NULL)
        return -ENOMEM;
    *start = (struct start){.main = main, .argument = argument};

    int error = pthread_attr_init(&attributes);
    if (error != 0) {
        free(start);
        return -error;
    }
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    stack_bytes = 0; /* a sanitizer's frames are larger than the code's */
#endif
    if (stack_bytes != 0 && stack_bytes < (size_t)PTHREAD_STACK_MIN)
        stack_bytes = (size_t)PTHREAD_STACK_MIN;
    if (stack_bytes != 0)
        error = pthread_attr_setstacksize(&attributes, stack_bytes);

    unsigned now = atomic_fetch_add(&running, 1) + 1;
    if (error == 0)
        error = pthread_create(thread, &attributes, thread_main, start);
    pthread_attr_destroy(&attributes);
    if (error != 0) {
        atomic_fetch_sub(&running, 1);
        free(start);
        errno = error; /* for net_last_error */
        return -error;
    }
    peak_raise(now);
    return 0;
}

void thread_count_change(int by)
{
    peak_raise(atomic_fetch_add(&running, (unsigned)by) + (unsigned)by);
}

/* pthread_create reports each of these limits as EAGAIN. */
const char *thread_limit_text(char *text, size_t size)
{
    struct cgroup_limits limits;
    cgroup_limits_read(&limits, "");
    if (limits.tasks != 0 && limits.tasks_now >= limits.tasks)
        snprintf(text, size,
                 "the limit is %s, %" PRIu64 " processes and threads: systemd's TasksMax=, a "
                 "container's --pids-limit",
                 limits.tasks_path, limits.tasks);
    else
        snprintf(text, size,
                 "the limits are `ulimit -u` and `sysctl kernel.threads-max kernel.pid_max "
                 "vm.max_map_count`, the last at two for each thread");
    return text;
}

static void *detached_main(void *argument)
{
    struct start start = *(struct start *)argument;
    free(argument);
    start.main(start.argument);
    return NULL;
}

int thread_start_detached(void (*main)(void *argument), void *argument)
{
    pthread_t thread;
    struct start *start = malloc(sizeof *start);
    if (start == NULL)
        return -ENOMEM;
    *start = (struct start){.main = main, .argument = argument};
    int error = pthread_create(&thread, NULL, detached_main, start);
    if (error != 0) {
        free(start);
        return -error;
    }
    pthread_detach(thread);
    return 0;
}

void thread_join(thread_handle thread)
{
    pthread_join(thread, NULL);
}

unsigned thread_count(void)
{
    return atomic_load(&running);
}

unsigned thread_count_peak(void)
{
    return atomic_load(&peak);
}

unsigned long thread_id(void)
{
    return (unsigned long)syscall(SYS_gettid);
}

void thread_mutex_lock(thread_mutex *mutex)
{
    pthread_mutex_lock(mutex);
}

void thread_mutex_unlock(thread_mutex *mutex)
{
    pthread_mutex_unlock(mutex);
}

void thread_condition_wait(thread_condition *condition, thread_mutex *mutex)
{
    pthread_cond_wait(condition, mutex);
}

bool thread_condition_wait_ms(thread_condition *condition, thread_mutex *mutex, unsigned timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(timeout_ms / 1000);
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    return pthread_cond_timedwait(condition, mutex, &until) == 0;
}

void thread_condition_wake_one(thread_condition *condition)
{
    pthread_cond_signal(condition);
}

void thread_condition_wake_all(thread_condition *condition)
{
    pthread_cond_broadcast(condition);
}
