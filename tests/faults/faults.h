/*
 * faults: lets one system call of a server fail, by the linker's --wrap. Only calls of a server's
 * threads and child processes count, and those that the test makes between fault_calls_begin and
 * fault_calls_end.
 */
#ifndef IOMODELS_FAULTS_H
#define IOMODELS_FAULTS_H

#include <stdbool.h>

/* What models/ and common/ call while they serve; fault_calls[] has the name and the faults of each. */
enum fault_call {
    FAULT_ACCEPT,
    FAULT_ACCEPT4,
    FAULT_BIND,
    FAULT_CALLOC,
    FAULT_CLOSE,
    FAULT_CLOSE_RANGE,
    FAULT_CONNECT,
    FAULT_EPOLL_CREATE,
    FAULT_EPOLL_CTL,
    FAULT_EPOLL_WAIT,
    FAULT_EVENTFD,
    FAULT_EVENTFD_WRITE,
    FAULT_FCNTL,
    FAULT_FORK,
    FAULT_GETSOCKNAME,
    FAULT_KILL,
    FAULT_LISTEN,
    FAULT_MALLOC,
    FAULT_MMAP,
    FAULT_MUNMAP,
    FAULT_OPERATION_ACCEPT,
    FAULT_OPERATION_OTHER, /* a poll, a read, a cancel */
    FAULT_OPERATION_RECV,
    FAULT_OPERATION_SEND,
    FAULT_POLL,
    FAULT_PRCTL,
    FAULT_PTHREAD_CREATE,
    FAULT_PTHREAD_KILL,
    FAULT_REALLOC,
    FAULT_RECV,
    FAULT_RECVMSG,
    FAULT_SELECT,
    FAULT_SEND,
    FAULT_SENDMSG,
    FAULT_SETSOCKOPT,
    FAULT_SHUTDOWN,
    FAULT_SIGTIMEDWAIT,
    FAULT_SIGWAITINFO,
    FAULT_SOCKET,
    FAULT_SOCKETPAIR,
    FAULT_URING_ENTER,
    FAULT_URING_REGISTER,
    FAULT_URING_SETUP,
    FAULT_WAITID,
    FAULT_WAKE_SEND, /* of one thread or process to another */
    FAULT_CALLS
};

enum { FAULT_ERRORS_MOST = 8, FAULT_SHORT = -1 };

struct fault_description {
    const char *name;
    /*
     * The errors that it may have, by the call's man page; 0 ends the list. FAULT_SHORT: it moves one
     * byte and no more.
     */
    int errors[FAULT_ERRORS_MOST];
    /* It does what it is to do and fails all the same: what its errors mean leaves nothing undone. */
    bool done;
};
extern const struct fault_description fault_calls[FAULT_CALLS];

/* The numberth call from now on, from 1, fails with that error. 0: none does. */
void fault_plan(enum fault_call call, unsigned number, int error);
bool fault_happened(void);
/* How many calls were made since. */
unsigned fault_calls_made(enum fault_call call);
/* mmaps without their munmap, of any thread; negative: there were more munmaps. */
int fault_mappings(void);

/* On the test's own thread. */
void fault_calls_begin(void);
void fault_calls_end(void);

#endif
