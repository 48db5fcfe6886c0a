#include "host/child_posix.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include "clock.h"

enum {
    ERRORS_CHUNK_BYTES = 16 * 1024,
    ERRORS_CHUNKS_MOST = 16,
    SLICE_MS = 100,   /* between two questions to `cancelled` */
    END_SLICE_MS = 5, /* between two looks for an end: no descriptor announces it everywhere */
    TERM_MS = 2000,   /* between SIGTERM and SIGKILL */
    KILL_MS = 5000,   /* a process in an uninterruptible wait must not hang the harness for good */
};

unsigned long child_pid(const struct child *child)
{
    return (unsigned long)child->pid;
}

/*
 * write without SIGPIPE. A socket pair with MSG_NOSIGNAL would spare this, but a target is any
 * command, and programs expect a file or a pipe there; ignoring the signal for the whole process
 * is not this module's to decide.
 */
static ssize_t write_unsignalled(int fd, const char *text, size_t length)
{
    sigset_t broken, before, pending;
    struct timespec at_once = {0};
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    sigemptyset(&pending);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &broken, &before);
    ssize_t written = write(fd, text, length);
    int error = errno;
    if (written < 0 && error == EPIPE && sigismember(&pending, SIGPIPE) == 0)
        while (sigtimedwait(&broken, NULL, &at_once) < 0 && errno == EINTR)
            continue;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return written;
}

bool child_write(struct child *child, const char *text)
{
    size_t length = strlen(text);
    if (child->input < 0)
        return false;
    while (length > 0) {
        ssize_t written = write_unsignalled(child->input, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        text += written;
        length -= (size_t)written;
    }
    return true;
}

/* Takes what there is, at most a few full pipes. False: no more will come. */
static bool errors_collect(struct child *child)
{
    char bytes[ERRORS_CHUNK_BYTES];
    ssize_t length = 1;
    thread_mutex_lock(&child->kept.lock);
    for (unsigned i = 0; i < ERRORS_CHUNKS_MOST && length > 0; i++) {
        do
            length = read(child->errors, bytes, sizeof bytes);
        while (length < 0 && errno == EINTR);
        if (length > 0)
            child_errors_add(&child->kept.errors, bytes, (size_t)length);
    }
    bool goes_on = length > 0 || (length < 0 && errno == EAGAIN);
    thread_mutex_unlock(&child->kept.lock);
    return goes_on;
}

static void errors_read(void *argument)
{
    struct child *child = argument;
    struct pollfd files[2] = {{.fd = child->errors, .events = POLLIN},
                              {.fd = child->errors_stop, .events = POLLIN}};
    bool goes_on = true;
    while (goes_on) {
        int ready = poll(files, 2, -1);
        if (ready > 0)
            goes_on = files[1].revents == 0 && errors_collect(child);
        else
            goes_on = errno == EINTR;
    }
}

int child_errors_begin(struct child *child, int errors)
{
    child->errors = errors;
    child->kept.lock = (thread_mutex)THREAD_MUTEX_INIT;
    child->errors_stop = eventfd(0, EFD_CLOEXEC);
    if (child->errors_stop < 0)
        return -errno;
    int error = thread_start(&child->errors_thread, errors_read, child, THREAD_STACK_BYTES);
    if (error != 0)
        child_fd_close(&child->errors_stop);
    return error;
}

void child_errors_end(struct child *child)
{
    uint64_t one = 1;
    while (write(child->errors_stop, &one, sizeof one) < 0 && errno == EINTR)
        continue;
    thread_join(child->errors_thread);
    child_fd_close(&child->errors_stop);
    child_fd_close(&child->errors);
}

bool child_ended(struct child *child, int *status)
{
    if (!child->ended) {
        siginfo_t end = {0};
        /* Not reaped: the number names the group as well, and so cannot be given away before. */
        int found = waitid(P_PID, (id_t)child->pid, &end, WEXITED | WNOHANG | WNOWAIT);
        if (found == 0 && end.si_pid == child->pid) {
            child->ended = true;
            child->status = end.si_code == CLD_EXITED ? end.si_status : 128 + end.si_status;
        }
    }
    if (child->ended && status != NULL)
        *status = child->status;
    return child->ended;
}

/* A process that is stopped, or goes on, is reported to its parent once. */
static bool is_stopped(struct child *child)
{
    siginfo_t change = {0};
    while (waitid(P_PID, (id_t)child->pid, &change, WSTOPPED | WCONTINUED | WNOHANG) == 0 &&
           change.si_pid == child->pid) {
        child->was_stopped = true;
        child->stopped = change.si_code == CLD_STOPPED;
        child->stop_signal = change.si_status;
        change.si_pid = 0;
    }
    return child->stopped;
}

bool child_was_stopped(struct child *child)
{
    (void)is_stopped(child);
    bool was = child->was_stopped;
    child->was_stopped = child->stopped;
    return was;
}

/* It runs in a process group of its own, which is never the terminal's. */
bool child_waits_for_terminal(const struct child *child)
{
    return child->stopped && (child->stop_signal == SIGTTIN || child->stop_signal == SIGTTOU);
}

enum child_read child_read_line(struct child *child, char *line, size_t size, uint64_t deadline_ns,
                                bool (*cancelled)(void *context), void *context)
{
    for (;;) {
        enum child_read result = child_read_stops(deadline_ns, cancelled, context);
        if (result != CHILD_LINE || child_output_take(&child->lines, line, size, &result))
            return result;
        /*
         * Asked before reading, so that nothing it wrote is missed. The end of the pipe is not
         * enough: a process that it left behind (Wine's services) may hold the other end.
         */
        bool ended = child_ended(child, NULL);
        ssize_t length = read(child->output, child->lines.buffer + child->lines.count,
                              sizeof child->lines.buffer - child->lines.count);
        if (length > 0) {
            child->lines.count += (size_t)length;
            continue;
        }
        /* A line without its end was cut off: its last number may be only half of one. */
        if (length == 0)
            return CHILD_EOF;
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN)
            return CHILD_FAILED;
        if (ended)
            return CHILD_EOF;
        if (is_stopped(child))
            return CHILD_STOPPED;
        struct pollfd output = {.fd = child->output, .events = POLLIN};
        poll(&output, 1, child_slice_ms(deadline_ns, SLICE_MS));
    }
}

const char *child_error_line(struct child *child)
{
    (void)errors_collect(child);
    return child_kept_line(&child->kept);
}

bool child_floods_errors(struct child *child)
{
    return child_kept_is_cut(&child->kept);
}

static void child_reap(const struct child *child)
{
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

/*
 * Waits for its end; meanwhile throws its output away, since it could not end while that blocks. One
 * that is stopped would not end.
 */
static bool end_wait(struct child *child, unsigned timeout_ms)
{
    uint64_t deadline = child_deadline_ns(timeout_ms);
    while (!child_ended(child, NULL)) {
        while (child->output >= 0) {
            ssize_t length = read(child->output, child->lines.buffer, sizeof child->lines.buffer);
            if (length < 0 && errno == EINTR)
                continue;
            if (length == 0 || (length < 0 && errno != EAGAIN))
                child_fd_close(&child->output);
            if (length <= 0 || clock_now_ns() >= deadline)
                break;
        }
        int wait_ms = child_slice_ms(deadline, END_SLICE_MS);
        if (wait_ms == 0 || is_stopped(child))
            return child_ended(child, NULL);
        struct pollfd output = {.fd = child->output, .events = POLLIN}; /* -1 is passed over */
        poll(&output, 1, wait_ms);
    }
    return true;
}

/* False while a process of the group is left, its leader's zombie included. */
static bool group_gone(pid_t group)
{
    return kill(-group, 0) != 0 && errno == ESRCH;
}

/*
 * SIGTERM first: a Wine process ended by SIGKILL tells its wineserver nothing. SIGCONT, since a
 * stopped process takes no other signal. Reaps the child. True: SIGTERM has ended it within grace_ms.
 */
static bool group_end(struct child *child, unsigned grace_ms)
{
    uint64_t deadline = child_deadline_ns(TERM_MS);
    kill(-child->pid, SIGTERM);
    kill(-child->pid, SIGCONT);
    bool ended = end_wait(child, grace_ms);
    if (!ended) {
        kill(-child->pid, SIGKILL);
        if (!end_wait(child, KILL_MS))
            child->status = 128 + SIGKILL;
    }
    if (child->ended)
        child_reap(child);
    /* A wrapper ends at once; the server behind it, if it hangs, would disturb every later run. */
    while (!group_gone(child->pid) && clock_now_ns() < deadline)
        clock_sleep_ms(END_SLICE_MS);
    if (!group_gone(child->pid))
        kill(-child->pid, SIGKILL);
    return ended;
}

int child_end(struct child *child, unsigned grace_ms, bool *killed)
{
    child_fd_close(&child->input);
    bool ended = child->is_program ? group_end(child, grace_ms) : end_wait(child, grace_ms);
    if (killed != NULL)
        *killed = !ended;
    if (ended && !child->is_program)
        child_reap(child);
    else if (!ended && !child->is_program)
        (void)group_end(child, TERM_MS);
    int status = child->status;
    child_errors_end(child);
    child_fd_close(&child->output);
    free(child);
    return status;
}
