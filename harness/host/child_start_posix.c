#include "host/child_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/failure.h"
#include "host/host.h"

enum { STANDARD_FILES = 3 };

/* What a failed start reports through a pipe that a successful exec closes. */
enum start_step { STEP_GROUP, STEP_FILES, STEP_CPUS, STEP_EXEC };
struct start_failure {
    enum start_step step;
    int error;
};

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
    int errors[2];
    int failure[2];
};

static void files_close(struct start_files *files)
{
    child_fd_close(&files->input[0]);
    child_fd_close(&files->input[1]);
    child_fd_close(&files->output[0]);
    child_fd_close(&files->output[1]);
    child_fd_close(&files->errors[0]);
    child_fd_close(&files->errors[1]);
    child_fd_close(&files->failure[0]);
    child_fd_close(&files->failure[1]);
}

static bool files_open(struct start_files *files)
{
    *files = (struct start_files){{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
    /* Only these ends: O_NONBLOCK belongs to one end of a pipe, and the child's must block. */
    return pipe_open(files->input) && pipe_open(files->output) && pipe_open(files->errors) &&
           pipe_open(files->failure) && fd_set_nonblocking(files->input[1]) &&
           fd_set_nonblocking(files->output[0]) && fd_set_nonblocking(files->errors[0]);
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
                                 const struct start_files *files, bool is_program, pid_t parent)
{
    int failure = files->failure[1];
    /* Our own servers end when their standard input ends. Another program may never read it. */
    if (is_program) {
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent)
            _exit(127);
    }
    if (setpgid(0, 0) != 0)
        start_fail(failure, STEP_GROUP, errno);
    int output = is_program ? files->errors[1] : files->output[1];
    if (dup2(files->input[0], STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
        dup2(files->errors[1], STDERR_FILENO) < 0)
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

/* One that is still to be started; NULL with errno. */
static struct child *child_make(struct start_files *files)
{
    struct child *child = calloc(1, sizeof *child);
    int error = child == NULL ? -ENOMEM : child_errors_begin(child, files->errors[0]);
    if (error == 0) {
        files->errors[0] = -1;
        return child;
    }
    free(child);
    errno = -error;
    return NULL;
}

static struct child *start(const char *const *arguments, const char *cpus, bool is_program,
                           struct failure *failure)
{
    if (!child_may_start(arguments, cpus, failure))
        return NULL;
    /* So that host has made its first-time preparations before fork. */
    (void)host_cpu_count();

    struct start_files files;
    struct start_failure failed = {.step = STEP_FILES};
    pid_t pid = -1, parent = getpid();
    bool opened = files_open(&files);
    struct child *child = opened ? child_make(&files) : NULL;
    if (child != NULL)
        pid = fork();
    failed.error = errno;
    if (pid == 0)
        start_exec(arguments, cpus, &files, is_program, parent);
    child_fd_close(&files.failure[1]);
    bool started = pid > 0 && start_wait(files.failure[0], &failed);
    if (started) {
        child->pid = pid;
        child->is_program = is_program;
        child->input = files.input[1];
        child->output = files.output[0];
        files.input[1] = files.output[0] = -1;
    } else {
        if (pid > 0)
            while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                continue;
        start_explain(arguments[0], cpus, &failed, failure);
        if (child != NULL)
            child_errors_end(child);
        free(child);
        child = NULL;
    }
    files_close(&files);
    return child;
}

struct child *child_start(const char *const *arguments, const char *cpus, struct failure *failure)
{
    return start(arguments, cpus, false, failure);
}

struct child *child_start_program(const char *const *arguments, const char *cpus,
                                  struct failure *failure)
{
    return start(arguments, cpus, true, failure);
}
