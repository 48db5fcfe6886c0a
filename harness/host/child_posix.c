#include "host/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/failure.h"
#include "clock.h"
#include "host/host.h"

enum {
    LINE_BYTES = 64 * 1024, /* the longest line that can be read, whatever the caller's buffer */
    ERROR_TAIL_BYTES = 4096,
    ERROR_LINE_BYTES = 512,
    SLICE_MS = 100,   /* between two questions to `cancelled` */
    END_SLICE_MS = 5, /* between two looks for an end: no descriptor announces it everywhere */
    TERM_MS = 2000,   /* between SIGTERM and SIGKILL */
    KILL_MS = 5000,   /* a process in an uninterruptible wait must not hang the harness for good */
    NS_PER_MS = 1000000,
    STANDARD_FILES = 3
};

struct child {
    pid_t pid;
    int input;  /* the harness's end of its standard input; -1: closed */
    int output; /* of its standard output; non-blocking */
    /*
     * What it writes to standard error: a file in memory, since a pipe would block a talkative
     * server once it is full, and nobody calls here while the load is measured. Whenever somebody
     * calls, all but the tail is given back.
     */
    int errors;
    bool ended;
    int status; /* when ended */
    bool stopped;
    bool was_stopped; /* since child_was_stopped was asked */
    int stop_signal;  /* when stopped */
    size_t count;
    char buffer[LINE_BYTES]; /* count bytes of output not yet returned */
    char error_line[ERROR_LINE_BYTES];
};

/* What a failed start reports through a pipe that a successful exec closes. */
enum start_step { STEP_GROUP, STEP_FILES, STEP_CPUS, STEP_EXEC };
struct start_failure {
    enum start_step step;
    int error;
};

static void fd_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/*
 * Moves a descriptor away from 0..2, where it lands in a harness that was started with those
 * closed: the dup2 calls after fork would overwrite it, or leave it close-on-exec.
 */
static int fd_above_standard(int fd)
{
    if (fd < 0 || fd >= STANDARD_FILES)
        return fd;
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, STANDARD_FILES);
    int error = errno;
    close(fd);
    errno = error;
    return moved;
}

static bool pipe_open(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0) {
        ends[0] = ends[1] = -1;
        return false;
    }
    ends[0] = fd_above_standard(ends[0]);
    ends[1] = fd_above_standard(ends[1]);
    return ends[0] >= 0 && ends[1] >= 0;
}

static bool fd_set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

struct start_files {
    int input[2];
    int output[2];
    int failure[2];
    int errors;
};

static void files_close(struct start_files *files)
{
    fd_close(&files->input[0]);
    fd_close(&files->input[1]);
    fd_close(&files->output[0]);
    fd_close(&files->output[1]);
    fd_close(&files->failure[0]);
    fd_close(&files->failure[1]);
    fd_close(&files->errors);
}

static bool files_open(struct start_files *files)
{
    *files = (struct start_files){{-1, -1}, {-1, -1}, {-1, -1}, -1};
    if (!pipe_open(files->input) || !pipe_open(files->output) || !pipe_open(files->failure))
        return false;
    files->errors = fd_above_standard(memfd_create("child-stderr", MFD_CLOEXEC));
    /* Only these ends: O_NONBLOCK belongs to one end of a pipe, and the child's must block. */
    return files->errors >= 0 && fd_set_nonblocking(files->input[1]) &&
           fd_set_nonblocking(files->output[0]);
}

static _Noreturn void start_fail(int fd, enum start_step step, int error)
{
    struct start_failure failure = {.step = step, .error = error};
    ssize_t written;
    do
        written = write(fd, &failure, sizeof failure);
    while (written < 0 && errno == EINTR);
    _exit(127);
}

/*
 * Between fork and exec, so nothing here may take a lock. The group comes first: until then a
 * Ctrl-C would reach this copy of the harness.
 */
static _Noreturn void start_exec(const char *const *arguments, const char *cpus,
                                 const struct start_files *files)
{
    int failure = files->failure[1];
    if (setpgid(0, 0) != 0)
        start_fail(failure, STEP_GROUP, errno);
    if (dup2(files->input[0], STDIN_FILENO) < 0 || dup2(files->output[1], STDOUT_FILENO) < 0 ||
        dup2(files->errors, STDERR_FILENO) < 0)
        start_fail(failure, STEP_FILES, errno);
    /* Without a list too: the starting thread may be pinned to the client's processor. */
    int error = host_pin_self(cpus);
    if (error != 0)
        start_fail(failure, STEP_CPUS, -error);

    /* exec keeps ignored and blocked signals; the harness blocks those that it waits for. */
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    /* execvp takes no const for historical reasons; it changes nothing. */
    union {
        const char *const *read_only;
        char *const *expected;
    } words = {.read_only = arguments};
    execvp(arguments[0], words.expected);
    start_fail(failure, STEP_EXEC, errno);
}

/* Waits until exec has succeeded; else fills failure and returns false. */
static bool start_wait(int fd, struct start_failure *failure)
{
    ssize_t length;
    do
        length = read(fd, failure, sizeof *failure);
    while (length < 0 && errno == EINTR);
    return length != (ssize_t)sizeof *failure;
}

static void start_explain(const char *program, const char *cpus, const struct start_failure *start,
                          struct failure *failure)
{
    const char *cause = strerror(start->error);
    if (start->step == STEP_CPUS && cpus != NULL)
        failure_set(failure, "cannot start \"%s\" on the processors %s: %s", program, cpus, cause);
    else
        failure_set(failure, "cannot start \"%s\": %s", program, cause);
}

struct child *child_start(const char *const *arguments, const char *cpus, struct failure *failure)
{
    if (arguments[0] == NULL) {
        failure_set(failure, "cannot start a program without a name");
        return NULL;
    }
    /* Not least so that host has made its first-time preparations before fork. */
    if (cpus != NULL && host_cpus_count(cpus) == 0) {
        failure_set(failure, "cannot start \"%s\" on the processors %s: %s", arguments[0], cpus,
                    "not a list of processors that this process may use");
        return NULL;
    }
    (void)host_cpu_count();

    struct start_files files;
    struct start_failure start = {.step = STEP_FILES};
    pid_t pid = -1;
    bool opened = files_open(&files);
    struct child *child = opened ? calloc(1, sizeof *child) : NULL;
    if (child != NULL)
        pid = fork();
    start.error = errno;
    if (pid == 0)
        start_exec(arguments, cpus, &files);
    fd_close(&files.failure[1]);
    if (pid > 0 && start_wait(files.failure[0], &start)) {
        child->pid = pid;
        child->input = files.input[1];
        child->output = files.output[0];
        child->errors = files.errors;
        files.input[1] = files.output[0] = files.errors = -1;
        files_close(&files);
        return child;
    }
    if (pid > 0)
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    start_explain(arguments[0], cpus, &start, failure);
    files_close(&files);
    free(child);
    return NULL;
}

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

/* Gives back all but the tail of what it wrote to standard error. Returns how much it wrote. */
static off_t errors_trim(struct child *child)
{
    struct stat about;
    if (fstat(child->errors, &about) != 0)
        return 0;
    if (about.st_size > LINE_BYTES)
        (void)fallocate(child->errors, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                        about.st_size - LINE_BYTES);
    return about.st_size;
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

/*
 * The first line of the buffer; false while it is not complete. A line that does not fit, or a
 * byte 0, which would hide the rest, is CHILD_FAILED, and so is every later call.
 */
static bool line_take(struct child *child, char *line, size_t size, enum child_read *result)
{
    const char *end = memchr(child->buffer, '\n', child->count);
    size_t length = end == NULL ? child->count : (size_t)(end - child->buffer);
    size_t used = length + 1;
    if (end != NULL && length > 0 && child->buffer[length - 1] == '\r')
        length--;
    *result = CHILD_FAILED;
    if (memchr(child->buffer, '\0', length) != NULL)
        return true;
    if (end == NULL) {
        /* One more than fits may still be the CR of its line end. */
        return child->count > size || child->count == sizeof child->buffer;
    }
    if (length >= size)
        return true;
    memcpy(line, child->buffer, length);
    line[length] = '\0';
    child->count -= used;
    memmove(child->buffer, child->buffer + used, child->count);
    *result = CHILD_LINE;
    return true;
}

/* Until the deadline, at most most_ms, rounded up. */
static int slice_ms(uint64_t deadline, int most_ms)
{
    uint64_t now = clock_now_ns();
    uint64_t left = now >= deadline ? 0 : (deadline - now + NS_PER_MS - 1) / NS_PER_MS;
    return left < (uint64_t)most_ms ? (int)left : most_ms;
}

enum child_read child_read_line(struct child *child, char *line, size_t size, unsigned timeout_ms,
                                bool (*cancelled)(void *context), void *context)
{
    uint64_t deadline = clock_now_ns() + (uint64_t)timeout_ms * NS_PER_MS;
    errors_trim(child);
    for (;;) {
        enum child_read result;
        if (line_take(child, line, size, &result))
            return result;
        /*
         * Asked before reading, so that nothing it wrote is missed. The end of the pipe is not
         * enough: a process that it left behind (Wine's services) may hold the other end.
         */
        bool ended = child_ended(child, NULL);
        ssize_t length =
            read(child->output, child->buffer + child->count, sizeof child->buffer - child->count);
        if (length > 0) {
            child->count += (size_t)length;
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
        if (cancelled != NULL && cancelled(context))
            return CHILD_CANCELLED;
        struct pollfd output = {.fd = child->output, .events = POLLIN};
        int wait_ms = slice_ms(deadline, SLICE_MS);
        if (wait_ms == 0)
            return CHILD_TIMEOUT;
        poll(&output, 1, wait_ms);
    }
}

const char *child_error_line(struct child *child)
{
    char tail[ERROR_TAIL_BYTES];
    off_t size = errors_trim(child);
    off_t from = size > ERROR_TAIL_BYTES ? size - ERROR_TAIL_BYTES : 0;
    ssize_t length = pread(child->errors, tail, sizeof tail, from);
    const char *end = tail + (length > 0 ? length : 0);
    while (end > tail && (unsigned char)end[-1] <= ' ')
        end--;
    const char *begin = end;
    while (begin > tail && begin[-1] != '\n')
        begin--;
    size_t used = (size_t)(end - begin);
    if (used >= sizeof child->error_line)
        used = sizeof child->error_line - 1;
    /* A message goes to a terminal and into a CSV: no control characters. */
    for (size_t i = 0; i < used; i++)
        child->error_line[i] = (unsigned char)begin[i] < ' ' || begin[i] == 127 ? ' ' : begin[i];
    child->error_line[used] = '\0';
    return child->error_line;
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
    uint64_t deadline = clock_now_ns() + (uint64_t)timeout_ms * NS_PER_MS;
    while (!child_ended(child, NULL)) {
        while (child->output >= 0) {
            ssize_t length = read(child->output, child->buffer, sizeof child->buffer);
            if (length < 0 && errno == EINTR)
                continue;
            if (length == 0 || (length < 0 && errno != EAGAIN))
                fd_close(&child->output);
            if (length <= 0 || clock_now_ns() >= deadline)
                break;
        }
        int wait_ms = slice_ms(deadline, END_SLICE_MS);
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
 * stopped process takes no other signal. Reaps the child.
 */
static void group_kill(struct child *child)
{
    uint64_t deadline = clock_now_ns() + (uint64_t)TERM_MS * NS_PER_MS;
    kill(-child->pid, SIGTERM);
    kill(-child->pid, SIGCONT);
    if (!end_wait(child, TERM_MS)) {
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
}

int child_end(struct child *child, unsigned grace_ms, bool *killed)
{
    fd_close(&child->input);
    bool ended = end_wait(child, grace_ms);
    if (killed != NULL)
        *killed = !ended;
    if (ended)
        child_reap(child);
    else
        group_kill(child);
    int status = child->status;
    fd_close(&child->output);
    fd_close(&child->errors);
    free(child);
    return status;
}
