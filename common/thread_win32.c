#include "thread.h"

#include <errno.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>

static volatile LONG running = 1;
static volatile LONG peak = 1;

struct start {
    void (*main)(void *argument);
    void *argument;
};

static unsigned __stdcall thread_main(void *argument)
{
    struct start start = *(struct start *)argument;
    free(argument);
    start.main(start.argument);
    InterlockedDecrement(&running);
    return 0;
}

int thread_start(thread_handle *thread, void (*main)(void *argument), void *argument,
                 size_t stack_bytes)
{
    struct start *start = malloc(sizeof *start);
    if (start == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY); /* for net_last_error */
        return -ERROR_NOT_ENOUGH_MEMORY;
    }
    *start = (struct start){.main = main, .argument = argument};

    LONG now = InterlockedIncrement(&running);
    /* _beginthreadex, not CreateThread: the C runtime prepares itself for the thread. */
    uintptr_t handle =
        _beginthreadex(NULL, (unsigned)stack_bytes, thread_main, start,
                       stack_bytes == 0 ? 0 : STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (handle == 0) {
        DWORD error = GetLastError() != 0 ? GetLastError() : ERROR_NOT_ENOUGH_MEMORY;
        InterlockedDecrement(&running);
        free(start);
        SetLastError(error);
        return -(int)error;
    }
    *thread = (HANDLE)handle;
    LONG seen = peak;
    while (now > seen) {
        LONG found = InterlockedCompareExchange(&peak, now, seen);
        if (found == seen)
            break;
        seen = found;
    }
    return 0;
}

const char *thread_limit_text(char *text, size_t size)
{
    snprintf(text, size,
             "the limit is memory, or under Wine descriptors and threads: `ulimit -n`, `ulimit "
             "-u`");
    return text;
}

static unsigned __stdcall detached_main(void *argument)
{
    struct start start = *(struct start *)argument;
    free(argument);
    start.main(start.argument);
    return 0;
}

int thread_start_detached(void (*main)(void *argument), void *argument)
{
    struct start *start = malloc(sizeof *start);
    if (start == NULL)
        return -ERROR_NOT_ENOUGH_MEMORY;
    *start = (struct start){.main = main, .argument = argument};
    uintptr_t handle = _beginthreadex(NULL, 0, detached_main, start, 0, NULL);
    if (handle == 0) {
        free(start);
        return -ERROR_NOT_ENOUGH_MEMORY;
    }
    CloseHandle((HANDLE)handle);
    return 0;
}

void thread_join(thread_handle thread)
{
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

unsigned thread_count(void)
{
    return (unsigned)running;
}

unsigned thread_count_peak(void)
{
    return (unsigned)peak;
}

unsigned long thread_id(void)
{
    return GetCurrentThreadId();
}

void thread_mutex_lock(thread_mutex *mutex)
{
    AcquireSRWLockExclusive(mutex);
}

void thread_mutex_unlock(thread_mutex *mutex)
{
    ReleaseSRWLockExclusive(mutex);
}

void thread_condition_wait(thread_condition *condition, thread_mutex *mutex)
{
    SleepConditionVariableSRW(condition, mutex, INFINITE, 0);
}

bool thread_condition_wait_ms(thread_condition *condition, thread_mutex *mutex, unsigned timeout_ms)
{
    return SleepConditionVariableSRW(condition, mutex, timeout_ms, 0) != 0;
}

void thread_condition_wake_one(thread_condition *condition)
{
    WakeConditionVariable(condition);
}

void thread_condition_wake_all(thread_condition *condition)
{
    WakeAllConditionVariable(condition);
}
