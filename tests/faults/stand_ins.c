/* The stand-ins for the system's functions. Each calls it, unless it is the one that is to fail. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/stand_in.h"
#include "faults.h"
#include "net.h"

const struct fault_description fault_calls[FAULT_CALLS] = {
    [FAULT_ACCEPT] = {.name = "accept",
                      .errors = {EMFILE, ENFILE, ENOMEM, ECONNABORTED, EPERM, EINTR, EPROTO}},
    [FAULT_ACCEPT4] = {.name = "accept4",
                       .errors = {EMFILE, ENFILE, ENOMEM, ECONNABORTED, EPERM, EINTR, EPROTO}},
    [FAULT_BIND] = {.name = "bind", .errors = {EADDRINUSE, EACCES}},
    [FAULT_CALLOC] = {.name = "calloc", .errors = {ENOMEM}},
    [FAULT_CLOSE] = {.name = "close", .errors = {EINTR, EIO}, .done = true},
    [FAULT_CLOSE_RANGE] = {.name = "close_range", .errors = {EMFILE, ENOMEM}},
    [FAULT_CONNECT] = {.name = "connect", .errors = {EADDRNOTAVAIL, ENETUNREACH, EPERM}},
    [FAULT_EPOLL_CREATE] = {.name = "epoll_create1", .errors = {EMFILE, ENOMEM}},
    [FAULT_EPOLL_CTL] = {.name = "epoll_ctl", .errors = {ENOMEM, ENOSPC}},
    [FAULT_EPOLL_WAIT] = {.name = "epoll_wait", .errors = {EINTR, EINVAL}},
    [FAULT_EVENTFD] = {.name = "eventfd", .errors = {EMFILE, ENOMEM}},
    [FAULT_EVENTFD_WRITE] = {.name = "eventfd_write", .errors = {EAGAIN}, .done = true},
    [FAULT_FCNTL] = {.name = "fcntl", .errors = {EPERM, EINVAL}},
    [FAULT_FORK] = {.name = "fork", .errors = {EAGAIN, ENOMEM}},
    [FAULT_GETSOCKNAME] = {.name = "getsockname", .errors = {ENOBUFS}},
    [FAULT_KILL] = {.name = "kill", .errors = {ESRCH}, .done = true},
    [FAULT_LISTEN] = {.name = "listen", .errors = {EADDRINUSE}},
    [FAULT_MALLOC] = {.name = "malloc", .errors = {ENOMEM}},
    [FAULT_MMAP] = {.name = "mmap", .errors = {ENOMEM, EAGAIN}},
    [FAULT_MUNMAP] = {.name = "munmap", .errors = {EINVAL}, .done = true},
    [FAULT_OPERATION_ACCEPT] = {.name = "IORING_OP_ACCEPT",
                                .errors = {EMFILE, ENOMEM, ECONNABORTED, EPERM, EINTR}},
    [FAULT_OPERATION_OTHER] = {.name = "other operation", .errors = {ENOMEM, EINTR}},
    [FAULT_OPERATION_RECV] = {.name = "IORING_OP_RECV",
                              .errors = {EINTR, ECONNRESET, ETIMEDOUT, ENOMEM}},
    [FAULT_OPERATION_SEND] = {.name = "IORING_OP_SEND",
                              .errors = {EINTR, EPIPE, ECONNRESET, ENOMEM, FAULT_SHORT}},
    [FAULT_POLL] = {.name = "poll", .errors = {EINTR, ENOMEM}},
    [FAULT_PRCTL] = {.name = "prctl", .errors = {EINVAL}},
    [FAULT_PTHREAD_CREATE] = {.name = "pthread_create", .errors = {EAGAIN}},
    [FAULT_PTHREAD_KILL] = {.name = "pthread_kill", .errors = {EAGAIN}, .done = true},
    [FAULT_REALLOC] = {.name = "realloc", .errors = {ENOMEM}},
    [FAULT_RECV] = {.name = "recv",
                    .errors = {EAGAIN, EINTR, ECONNRESET, ETIMEDOUT, ENOMEM, FAULT_SHORT}},
    [FAULT_RECVMSG] = {.name = "recvmsg", .errors = {EINTR, ENOMEM, ECONNRESET}},
    [FAULT_SELECT] = {.name = "select", .errors = {EINTR, ENOMEM}},
    [FAULT_SEND] = {.name = "send",
                    .errors = {EAGAIN, EINTR, ECONNRESET, EPIPE, ENOBUFS, FAULT_SHORT}},
    [FAULT_SENDMSG] = {.name = "sendmsg", .errors = {EINTR, ENOBUFS, EPIPE, ETOOMANYREFS}},
    [FAULT_SETSOCKOPT] = {.name = "setsockopt", .errors = {EINVAL, ENOPROTOOPT}},
    [FAULT_SHUTDOWN] = {.name = "shutdown", .errors = {ENOTCONN}, .done = true},
    [FAULT_SIGTIMEDWAIT] = {.name = "sigtimedwait", .errors = {EINTR, EINVAL}},
    [FAULT_SIGWAITINFO] = {.name = "sigwaitinfo", .errors = {EINTR, EINVAL}},
    [FAULT_SOCKET] = {.name = "socket", .errors = {EMFILE, ENFILE, ENOBUFS}},
    [FAULT_SOCKETPAIR] = {.name = "socketpair", .errors = {EMFILE, ENFILE}},
    [FAULT_WAITID] = {.name = "waitid", .errors = {EINTR}},
    [FAULT_WAKE_SEND] = {.name = "send to wake", .errors = {ENOBUFS, ENOMEM}},
    [FAULT_URING_ENTER] = {.name = "io_uring_enter", .errors = {EINTR, EAGAIN, EBUSY, EBADR}},
    [FAULT_URING_REGISTER] = {.name = "io_uring_register", .errors = {ENOMEM, EINVAL}},
    [FAULT_URING_SETUP] = {.name = "io_uring_setup", .errors = {EMFILE, ENOMEM, EPERM}},
};

void *REAL(mmap64)(void *address, size_t size, int protection, int flags, int descriptor,
                   off_t offset);

static _Thread_local bool counts; /* the calls of this thread */
static enum fault_call planned_call;
static unsigned planned_number;
static int planned_error;
static atomic_int mappings; /* that were made and not undone */
/* In memory that the server's child processes share. */
static struct counted {
    atomic_uint made[FAULT_CALLS];
    atomic_bool happened;
} * counted;

void fault_plan(enum fault_call call, unsigned number, int error)
{
    planned_call = call;
    planned_number = number;
    planned_error = error;
    counted = REAL(mmap64)(NULL, sizeof *counted, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counted == MAP_FAILED)
        abort();
}

bool fault_happened(void)
{
    return atomic_load(&counted->happened);
}

unsigned fault_calls_made(enum fault_call call)
{
    return atomic_load(&counted->made[call]);
}

int fault_mappings(void)
{
    return mappings;
}

void fault_calls_begin(void)
{
    counts = true;
}

void fault_calls_end(void)
{
    counts = false;
}

/* Whether this call is the one; with errno, unless it is to be short. */
static bool is_it(enum fault_call call)
{
    if (!counts || atomic_fetch_add(&counted->made[call], 1) + 1 != planned_number ||
        call != planned_call)
        return false;
    atomic_store(&counted->happened, true);
    if (planned_error != FAULT_SHORT)
        errno = planned_error;
    return true;
}

/* Of a call that fails before it has done anything: its value then, else what it returns. */
#define FAILS_OR(call, failed, result) (is_it(call) ? (failed) : (result))
/* Of one that has done all of it. */
#define DOES_AND_FAILS(call, failed, result) (((void)(result)), is_it(call) ? (failed) : 0)

STAND_IN(int, accept, (int listener, struct sockaddr *address, socklen_t *length))
{
    return FAILS_OR(FAULT_ACCEPT, -1, REAL(accept)(listener, address, length));
}

STAND_IN(int, accept4, (int listener, struct sockaddr *address, socklen_t *length, int flags))
{
    return FAILS_OR(FAULT_ACCEPT4, -1, REAL(accept4)(listener, address, length, flags));
}

STAND_IN(int, bind, (int socket, const struct sockaddr *address, socklen_t length))
{
    return FAILS_OR(FAULT_BIND, -1, REAL(bind)(socket, address, length));
}

STAND_IN(void *, calloc, (size_t count, size_t size))
{
    return FAILS_OR(FAULT_CALLOC, NULL, REAL(calloc)(count, size));
}

STAND_IN(int, close, (int descriptor))
{
    return DOES_AND_FAILS(FAULT_CLOSE, -1, REAL(close)(descriptor));
}

STAND_IN(int, connect, (int socket, const struct sockaddr *address, socklen_t length))
{
    return FAILS_OR(FAULT_CONNECT, -1, REAL(connect)(socket, address, length));
}

STAND_IN(int, epoll_create1, (int flags))
{
    return FAILS_OR(FAULT_EPOLL_CREATE, -1, REAL(epoll_create1)(flags));
}

STAND_IN(int, epoll_ctl, (int set, int operation, int descriptor, struct epoll_event *event))
{
    return FAILS_OR(FAULT_EPOLL_CTL, -1, REAL(epoll_ctl)(set, operation, descriptor, event));
}

STAND_IN(int, epoll_wait, (int set, struct epoll_event *events, int most, int timeout_ms))
{
    return FAILS_OR(FAULT_EPOLL_WAIT, -1, REAL(epoll_wait)(set, events, most, timeout_ms));
}

STAND_IN(int, eventfd, (unsigned value, int flags))
{
    return FAILS_OR(FAULT_EVENTFD, -1, REAL(eventfd)(value, flags));
}

STAND_IN(int, eventfd_write, (int descriptor, eventfd_t value))
{
    return DOES_AND_FAILS(FAULT_EVENTFD_WRITE, -1, REAL(eventfd_write)(descriptor, value));
}

/* The name that fcntl has where files may be large. Its third argument is an int or a pointer. */
STAND_IN(int, fcntl64, (int descriptor, int command, ...))
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return FAILS_OR(FAULT_FCNTL, -1, REAL(fcntl64)(descriptor, command, argument));
}

STAND_IN(pid_t, fork, (void))
{
    return FAILS_OR(FAULT_FORK, -1, REAL(fork)());
}

STAND_IN(int, getsockname, (int socket, struct sockaddr *address, socklen_t *length))
{
    return FAILS_OR(FAULT_GETSOCKNAME, -1, REAL(getsockname)(socket, address, length));
}

STAND_IN(int, setsockopt, (int socket, int level, int name, const void *value, socklen_t length))
{
    return FAILS_OR(FAULT_SETSOCKOPT, -1, REAL(setsockopt)(socket, level, name, value, length));
}

STAND_IN(int, kill, (pid_t process, int signal))
{
    return DOES_AND_FAILS(FAULT_KILL, -1, REAL(kill)(process, signal));
}

/* Accepted sockets have the listener's send buffer: a small one, so that a send soon would block. */
STAND_IN(int, listen, (int socket, int backlog))
{
    int bytes = 8192;
    REAL(setsockopt)(socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    return FAILS_OR(FAULT_LISTEN, -1, REAL(listen)(socket, backlog));
}

STAND_IN(void *, malloc, (size_t size))
{
    return FAILS_OR(FAULT_MALLOC, NULL, REAL(malloc)(size));
}

STAND_IN(void *, mmap64,
         (void *address, size_t size, int protection, int flags, int descriptor, off_t offset))
{
    void *mapped = FAILS_OR(FAULT_MMAP, MAP_FAILED,
                            REAL(mmap64)(address, size, protection, flags, descriptor, offset));
    mappings += mapped != MAP_FAILED;
    return mapped;
}

STAND_IN(int, munmap, (void *address, size_t size))
{
    mappings--;
    return DOES_AND_FAILS(FAULT_MUNMAP, -1, REAL(munmap)(address, size));
}

STAND_IN(int, poll, (struct pollfd * entries, nfds_t count, int timeout_ms))
{
    return FAILS_OR(FAULT_POLL, -1, REAL(poll)(entries, count, timeout_ms));
}

STAND_IN(int, prctl, (int option, ...))
{
    va_list arguments;
    va_start(arguments, option);
    unsigned long argument = va_arg(arguments, unsigned long);
    va_end(arguments);
    return FAILS_OR(FAULT_PRCTL, -1, REAL(prctl)(option, argument));
}

STAND_IN(int, pthread_kill, (pthread_t thread, int signal))
{
    return DOES_AND_FAILS(FAULT_PTHREAD_KILL, planned_error, REAL(pthread_kill)(thread, signal));
}

STAND_IN(void *, realloc, (void *memory, size_t size))
{
    return FAILS_OR(FAULT_REALLOC, NULL, REAL(realloc)(memory, size));
}

STAND_IN(ssize_t, recv, (int socket, void *at, size_t size, int flags))
{
    bool it = is_it(FAULT_RECV);
    if (it && planned_error != FAULT_SHORT)
        return -1;
    return REAL(recv)(socket, at, it && size > 1 ? 1 : size, flags);
}

STAND_IN(ssize_t, recvmsg, (int socket, struct msghdr *message, int flags))
{
    return FAILS_OR(FAULT_RECVMSG, -1, REAL(recvmsg)(socket, message, flags));
}

STAND_IN(int, select,
         (int nfds, fd_set *reading, fd_set *writing, fd_set *except, struct timeval *timeout))
{
    return FAILS_OR(FAULT_SELECT, -1, REAL(select)(nfds, reading, writing, except, timeout));
}

/* Whether it is one of the pair by which threads wake each other. */
static bool wakes(int socket)
{
    int domain = 0;
    socklen_t length = sizeof domain;
    return getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_UNIX;
}

STAND_IN(ssize_t, send, (int socket, const void *at, size_t size, int flags))
{
    bool it = is_it(wakes(socket) ? FAULT_WAKE_SEND : FAULT_SEND);
    if (it && planned_error != FAULT_SHORT)
        return -1;
    return REAL(send)(socket, at, it && size > 1 ? 1 : size, flags);
}

STAND_IN(ssize_t, sendmsg, (int socket, const struct msghdr *message, int flags))
{
    return FAILS_OR(FAULT_SENDMSG, -1, REAL(sendmsg)(socket, message, flags));
}

STAND_IN(int, shutdown, (int socket, int how))
{
    return DOES_AND_FAILS(FAULT_SHUTDOWN, -1, REAL(shutdown)(socket, how));
}

STAND_IN(int, sigtimedwait,
         (const sigset_t *signals, siginfo_t *info, const struct timespec *timeout))
{
    return FAILS_OR(FAULT_SIGTIMEDWAIT, -1, REAL(sigtimedwait)(signals, info, timeout));
}

STAND_IN(int, sigwaitinfo, (const sigset_t *signals, siginfo_t *info))
{
    return FAILS_OR(FAULT_SIGWAITINFO, -1, REAL(sigwaitinfo)(signals, info));
}

STAND_IN(int, socket, (int family, int type, int protocol))
{
    return FAILS_OR(FAULT_SOCKET, -1, REAL(socket)(family, type, protocol));
}

STAND_IN(int, socketpair, (int family, int type, int protocol, int pair[2]))
{
    return FAILS_OR(FAULT_SOCKETPAIR, -1, REAL(socketpair)(family, type, protocol, pair));
}

STAND_IN(int, waitid, (idtype_t kind, id_t id, siginfo_t *info, int options))
{
    return FAILS_OR(FAULT_WAITID, -1, REAL(waitid)(kind, id, info, options));
}

/* ---- threads ---- */

struct start {
    void *(*main)(void *argument);
    void *argument;
};

/* Every thread that is started here is a server's. */
static void *thread_main(void *argument)
{
    struct start start = *(struct start *)argument;
    free(argument);
    counts = true;
    return start.main(start.argument);
}

STAND_IN(int, pthread_create,
         (pthread_t * thread, const pthread_attr_t *attributes, void *(*main)(void *argument),
          void *argument))
{
    if (is_it(FAULT_PTHREAD_CREATE))
        return planned_error;
    struct start *start = REAL(malloc)(sizeof *start);
    if (start == NULL)
        abort();
    *start = (struct start){.main = main, .argument = argument};
    int error = REAL(pthread_create)(thread, attributes, thread_main, start);
    if (error != 0)
        free(start);
    return error;
}

/* ---- syscall ---- */

STAND_IN(long, syscall, (long number, ...))
{
    long arguments[6] = {0};
    /* To take one that was not given reads what happens to lie there. */
    unsigned count = number == SYS_io_uring_enter ? 6 : number == SYS_io_uring_register ? 4 : 2;
    va_list given;
    va_start(given, number);
    for (unsigned i = 0; i < count; i++)
        arguments[i] = va_arg(given, long);
    va_end(given);
    if ((number == SYS_close_range && is_it(FAULT_CLOSE_RANGE)) ||
        (number == SYS_io_uring_enter && is_it(FAULT_URING_ENTER)) ||
        (number == SYS_io_uring_register && is_it(FAULT_URING_REGISTER)) ||
        (number == SYS_io_uring_setup && is_it(FAULT_URING_SETUP)))
        return -1;
    return REAL(syscall)(number, arguments[0], arguments[1], arguments[2], arguments[3],
                         arguments[4], arguments[5]);
}

#if IOMODELS_IO_URING
#include "parts/uring.h"

static enum fault_call operation_call(unsigned opcode)
{
    switch (opcode) {
    case IORING_OP_ACCEPT:
        return FAULT_OPERATION_ACCEPT;
    case IORING_OP_RECV:
    case IORING_OP_READ_FIXED:
        return FAULT_OPERATION_RECV;
    case IORING_OP_SEND:
        return FAULT_OPERATION_SEND;
    default:
        return FAULT_OPERATION_OTHER;
    }
}

/* An operation that is to fail is one on no descriptor, which the kernel completes with EBADF. */
STAND_IN(unsigned, uring_hand_in, (struct uring * ring))
{
    for (unsigned i = ring->handed_in; i != ring->submitted; i++) {
        struct io_uring_sqe *next = &ring->submissions[i & (ring->submissions_size - 1)];
        if (!is_it(operation_call(next->opcode)))
            continue;
        if (planned_error != FAULT_SHORT) {
            next->fd = -1;
        } else {
            next->len = 1;
            next->msg_flags &= ~(unsigned)MSG_WAITALL;
        }
    }
    return REAL(uring_hand_in)(ring);
}

STAND_IN(bool, uring_completion, (struct uring * ring, struct io_uring_cqe *completion))
{
    bool taken = REAL(uring_completion)(ring, completion);
    if (taken && completion->res == -EBADF && fault_happened())
        completion->res = -planned_error;
    return taken;
}
#endif
