/*
 * thread: threads with a stated stack, a mutex and a condition, on both systems.
 */
#ifndef IOMODELS_THREAD_H
#define IOMODELS_THREAD_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The one platform block. THREAD_STACK_BYTES are for a thread's stack, where the caller has no
 * reason for more. On Windows FormatMessage and the DLLs that other programs load into this one run
 * on it too, and what is reserved costs address space only ("Thread Stack Size", Microsoft).
 */
#ifdef _WIN32
#include <windows.h>
#include <winsock2.h>
typedef HANDLE thread_handle;
typedef SRWLOCK thread_mutex;
typedef CONDITION_VARIABLE thread_condition;
#define THREAD_MUTEX_INIT     SRWLOCK_INIT
#define THREAD_CONDITION_INIT CONDITION_VARIABLE_INIT
#define THREAD_STACK_BYTES    ((size_t)256 * 1024)
#else
#include <pthread.h>
typedef pthread_t thread_handle;
typedef pthread_mutex_t thread_mutex;
typedef pthread_cond_t thread_condition;
/* A child process that serves counts as a thread: 1 when it begins, -1 when it has ended. */
void thread_count_change(int by);
#define THREAD_MUTEX_INIT     PTHREAD_MUTEX_INITIALIZER
#define THREAD_CONDITION_INIT PTHREAD_COND_INITIALIZER
#define THREAD_STACK_BYTES    ((size_t)64 * 1024)
#endif

/*
 * Starts main(argument) on a stack of stack_bytes (0: the system's default). On Windows the bytes
 * are reserved, not committed (STACK_SIZE_PARAM_IS_A_RESERVATION). Every started thread must be
 * joined. Returns 0 or a negative error (as net_last_error).
 */
int thread_start(thread_handle *thread, void (*main)(void *argument), void *argument,
                 size_t stack_bytes);
#define THREAD_LIMIT_TEXT 320
/* After a thread_start that failed: what may be the limit, and what raises it. Returns text. */
const char *thread_limit_text(char *text, size_t size);
void thread_join(thread_handle thread);
/*
 * Starts a thread that lives as long as the process. Nobody joins it, since nothing ends its wait
 * (for a signal, for standard input). thread_count does not count it. 0 or a negative error.
 */
int thread_start_detached(void (*main)(void *argument), void *argument);

/* How many threads run now: the main one and those of thread_start. And the most so far. */
unsigned thread_count(void);
unsigned thread_count_peak(void);
/* A number that names the calling thread in a trace: the system's thread id. */
unsigned long thread_id(void);

void thread_mutex_lock(thread_mutex *mutex);
void thread_mutex_unlock(thread_mutex *mutex);
void thread_condition_wait(thread_condition *condition, thread_mutex *mutex);
/* False when timeout_ms passed without a wake-up. */
bool thread_condition_wait_ms(thread_condition *condition, thread_mutex *mutex,
                              unsigned timeout_ms);
void thread_condition_wake_one(thread_condition *condition);
void thread_condition_wake_all(thread_condition *condition);

#endif
