#include <stdio.h>
#include <string.h>

#include "model.h"
#include "names.h"

/* The only list of the models, in order of presentation. */

extern const struct io_model model_blocking;
extern const struct io_model model_nonblocking;
extern const struct io_model model_select;
extern const struct io_model model_poll;
extern const struct io_model model_wsapoll;
extern const struct io_model model_wsaasyncselect;
extern const struct io_model model_wsaeventselect;
extern const struct io_model model_overlapped_event;
extern const struct io_model model_overlapped_routine;
extern const struct io_model model_iocp;
extern const struct io_model model_afd_poll;
extern const struct io_model model_epoll;
extern const struct io_model model_sigio;
extern const struct io_model model_io_uring;
extern const struct io_model model_blocking_single;
extern const struct io_model model_blocking_prethreaded;
extern const struct io_model model_blocking_fork;
extern const struct io_model model_blocking_prefork;
extern const struct io_model model_select_macros;
extern const struct io_model model_wsaeventselect_lowest_index;
extern const struct io_model model_wsaeventselect_auto_reset;
extern const struct io_model model_iocp_inline;
extern const struct io_model model_iocp_unbounded_inline;
extern const struct io_model model_iocp_zero_byte;
extern const struct io_model model_iocp_pool;
extern const struct io_model model_epoll_edge;
extern const struct io_model model_epoll_exclusive;
extern const struct io_model model_epoll_reuseport;
extern const struct io_model model_epoll_oneshot;
extern const struct io_model model_epoll_pool;
extern const struct io_model model_io_uring_multishot;
extern const struct io_model model_io_uring_sqpoll;
extern const struct io_model model_io_uring_send_zc;
extern const struct io_model model_io_uring_registered;

/* The one platform block: a model of the other system is a row without its file. */
#ifdef _WIN32
#define ON_WINDOWS(model)  MODEL_WINDOWS, &(model)
#define ON_LINUX(model)    MODEL_LINUX, NULL
#define ON_IO_URING(model) MODEL_LINUX, NULL
#define HERE               MODEL_WINDOWS
#else
#define ON_WINDOWS(model) MODEL_WINDOWS, NULL
#define ON_LINUX(model)   MODEL_LINUX, &(model)
#define HERE              MODEL_LINUX
#if IOMODELS_IO_URING
#define ON_IO_URING(model) MODEL_LINUX, &(model)
#else
#define ON_IO_URING(model) MODEL_LINUX, NULL
#endif
#endif
#define ON_BOTH(model) MODEL_EVERYWHERE, &(model)

const struct model_entry model_registry[] = {
    {"blocking", "a thread for each connection, waiting inside recv and send",
     ON_BOTH(model_blocking), NULL, MODEL_BLOCKS, 1, ""},
    {"nonblocking", "each call on each socket is tried again and again; nothing is waited for",
     ON_BOTH(model_nonblocking), NULL, MODEL_REFUSAL, 0, "accept, sched_yield or SwitchToThread"},
    {"select", "the sets of all sockets go to the kernel with every wait", ON_BOTH(model_select),
     NULL, MODEL_READINESS, 0, ""},
    {"poll", "an array of all sockets goes to the kernel with every wait", ON_LINUX(model_poll),
     NULL, MODEL_READINESS, 0, ""},
    {"wsapoll", "Winsock's poll: an array of all sockets with every wait",
     ON_WINDOWS(model_wsapoll), NULL, MODEL_READINESS, 0, ""},
    {"wsaasyncselect", "a window message for each change; the message loop is the event loop",
     ON_WINDOWS(model_wsaasyncselect), NULL, MODEL_READINESS, 2500, ""},
    {"wsaeventselect", "an event object for each socket; a thread for every 63 sessions",
     ON_WINDOWS(model_wsaeventselect), NULL, MODEL_READINESS, 63, "WSAEnumNetworkEvents"},
    {"overlapped_event", "operations that signal an event each; a thread for every 63 sessions",
     ON_WINDOWS(model_overlapped_event), NULL, MODEL_COMPLETION, 63,
     "WSAGetOverlappedResult, WSARecv"},
    {"overlapped_routine", "operations that call back while their thread waits alertably",
     ON_WINDOWS(model_overlapped_routine), NULL, MODEL_COMPLETION, 0, "WSARecv"},
    {"iocp", "operations whose completions all threads take from one port", ON_WINDOWS(model_iocp),
     NULL, MODEL_COMPLETION, 0, "WSAGetOverlappedResult, WSARecv"},
    {"afd_poll", "polls of the driver below Winsock, whose answers come out of a completion port",
     ON_WINDOWS(model_afd_poll), NULL, MODEL_READINESS, 0, "NtDeviceIoControlFile"},
    {"epoll", "the kernel keeps the set and hands out the ready", ON_LINUX(model_epoll), NULL,
     MODEL_READINESS, 0, "epoll_ctl"},
    {"sigio", "a real-time signal for each change, taken out of the thread's queue of signals",
     ON_LINUX(model_sigio), NULL, MODEL_READINESS, 0, ""},
    {"io_uring", "operations in, completions out, by queues shared with the kernel",
     ON_IO_URING(model_io_uring), NULL, MODEL_COMPLETION, 0, ""},

    {"blocking_single", "one thread and one client at a time: the others wait until it leaves",
     ON_BOTH(model_blocking_single), "blocking", MODEL_BLOCKS, 0, ""},
    {"blocking_prethreaded",
     "a fixed number of threads, made beforehand: each accepts, and serves a client until it "
     "leaves",
     ON_BOTH(model_blocking_prethreaded), "blocking", MODEL_BLOCKS, 1, ""},
    {"blocking_fork", "a process for each connection, forked when it is accepted",
     ON_LINUX(model_blocking_fork), "blocking", MODEL_BLOCKS, 1, ""},
    {"blocking_prefork",
     "a fixed number of processes, made beforehand, to which the parent hands what it accepts",
     ON_LINUX(model_blocking_prefork), "blocking", MODEL_BLOCKS, 1, ""},
    {"select_macros", "sets built and tested by FD_SET and FD_ISSET, which search: O(n * n)",
     ON_WINDOWS(model_select_macros), "select", MODEL_READINESS, 16383, ""},
    {"wsaeventselect_lowest_index", "always the lowest signalled event: the last ones starve",
     ON_WINDOWS(model_wsaeventselect_lowest_index), "wsaeventselect", MODEL_READINESS, 63,
     "WSAEnumNetworkEvents"},
    {"wsaeventselect_auto_reset", "auto-reset events and no WSAEnumNetworkEvents: a call saved",
     ON_WINDOWS(model_wsaeventselect_auto_reset), "wsaeventselect", MODEL_READINESS, 63, ""},
    {"iocp_inline", "what is complete at once is dealt with at once, up to 4 times in a row",
     ON_WINDOWS(model_iocp_inline), "iocp", MODEL_COMPLETION, 0, "WSARecv, WSAGetOverlappedResult"},
    {"iocp_unbounded_inline", "what is complete at once is dealt with at once, without a bound",
     ON_WINDOWS(model_iocp_unbounded_inline), "iocp", MODEL_COMPLETION, 0,
     "WSARecv, WSAGetOverlappedResult"},
    {"iocp_zero_byte", "receives are posted for zero bytes: an idle session has no buffer",
     ON_WINDOWS(model_iocp_zero_byte), "iocp", MODEL_COMPLETION, 0,
     "WSAGetOverlappedResult, WSARecv"},
    {"iocp_pool",
     "one thread takes completions and sends, a pool of threads does the work in between",
     ON_WINDOWS(model_iocp_pool), "iocp", MODEL_COMPLETION, 0,
     "WSAGetOverlappedResult, WSARecv, PostQueuedCompletionStatus"},
    {"epoll_edge", "edge-triggered: a change is reported once, so read until nothing is left",
     ON_LINUX(model_epoll_edge), "epoll", MODEL_READINESS, 0, ""},
    {"epoll_exclusive",
     "each thread accepts from the one listener, which wakes one of those that wait",
     ON_LINUX(model_epoll_exclusive), "epoll", MODEL_READINESS, 0, "epoll_ctl"},
    {"epoll_reuseport", "each thread has a listener of its own at the same port: SO_REUSEPORT",
     ON_LINUX(model_epoll_reuseport), "epoll", MODEL_READINESS, 0, "epoll_ctl"},
    {"epoll_oneshot", "one set for all threads: whichever is free takes the next connection",
     ON_LINUX(model_epoll_oneshot), "epoll", MODEL_READINESS, 0, "epoll_ctl"},
    {"epoll_pool", "one thread receives and sends, a pool of threads does the work in between",
     ON_LINUX(model_epoll_pool), "epoll", MODEL_READINESS, 0, "epoll_ctl, eventfd_write and _read"},
    {"io_uring_multishot", "one receive for good, into buffers of the ring: what a rule costs",
     ON_IO_URING(model_io_uring_multishot), "io_uring", MODEL_COMPLETION, 0, ""},
    {"io_uring_sqpoll", "a kernel thread takes the operations: no call hands them in",
     ON_IO_URING(model_io_uring_sqpoll), "io_uring", MODEL_COMPLETION, 0, ""},
    {"io_uring_send_zc", "sends that leave the bytes where they are, and complete twice",
     ON_IO_URING(model_io_uring_send_zc), "io_uring", MODEL_COMPLETION, 0, ""},
    {"io_uring_registered",
     "sockets and buffers in tables of the ring: no look-up for each operation",
     ON_IO_URING(model_io_uring_registered), "io_uring", MODEL_COMPLETION, 0, ""},
    {NULL, NULL, 0, NULL, NULL, MODEL_BLOCKS, 0, NULL},
};

size_t model_place(const char *name)
{
    size_t place = 0;
    while (model_registry[place].name != NULL && strcmp(model_registry[place].name, name) != 0)
        place++;
    return place;
}

const struct model_entry *model_find(const char *name)
{
    for (const struct model_entry *entry = model_registry; entry->name != NULL; entry++)
        if (name_equals(entry->name, name))
            return entry;
    return NULL;
}

const char *model_unavailable(const struct model_entry *entry, char *text, size_t size)
{
    if (entry->model != NULL)
        return entry->model->unavailable == NULL ? NULL : entry->model->unavailable();
    if ((entry->platforms & HERE) != 0)
        return "left out of this build: the kernel's headers are older than Linux 6.0";
    snprintf(text, size, "runs on %s only", model_platforms_text(entry));
    return text;
}

const char *model_platforms_text(const struct model_entry *entry)
{
    switch (entry->platforms) {
    case MODEL_LINUX:
        return "Linux";
    case MODEL_WINDOWS:
        return "Windows";
    default:
        return "Linux, Windows";
    }
}

const char *model_notification_text(const struct model_entry *entry)
{
    switch (entry->notification) {
    case MODEL_REFUSAL:
        return "refusal";
    case MODEL_READINESS:
        return "readiness";
    case MODEL_COMPLETION:
        return "completion";
    case MODEL_BLOCKS:
        break;
    }
    return "none";
}

struct server_needs model_needs(const struct io_model *model)
{
    return (struct server_needs){
        .connection_bytes = model->connection_bytes,
        .threads = model->threads_by_default,
        .connections_per_thread = model->threads_apply ? model->connections_per_thread : 0,
        .thread_stack_bytes = model->thread_stack_bytes,
        .calls_wait = model->calls_wait,
        .accepts_wait = model->accepts_wait,
        .buffers_own = model->buffers_own,
    };
}
