#include <stdio.h>
#include <string.h>

#include "model.h"
#include "names.h"

/* The only list of the models, in order of presentation. */

extern const struct io_model model_blocking;
extern const struct io_model model_select;
extern const struct io_model model_poll;
extern const struct io_model model_wsapoll;
extern const struct io_model model_wsaasyncselect;
extern const struct io_model model_wsaeventselect;
extern const struct io_model model_overlapped_event;
extern const struct io_model model_overlapped_routine;
extern const struct io_model model_iocp;
extern const struct io_model model_epoll;
extern const struct io_model model_io_uring;
extern const struct io_model model_blocking_single;
extern const struct io_model model_select_macros;
extern const struct io_model model_wsaeventselect_lowest_index;
extern const struct io_model model_wsaeventselect_auto_reset;
extern const struct io_model model_iocp_inline;
extern const struct io_model model_iocp_unbounded_inline;
extern const struct io_model model_iocp_zero_byte;
extern const struct io_model model_epoll_edge;
extern const struct io_model model_io_uring_multishot;

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
    {"epoll", "the kernel keeps the set and hands out the ready", ON_LINUX(model_epoll), NULL,
     MODEL_READINESS, 0, "epoll_ctl"},
    {"io_uring", "operations in, completions out, by queues shared with the kernel",
     ON_IO_URING(model_io_uring), NULL, MODEL_COMPLETION, 0, ""},

    {"blocking_single", "one thread and one client at a time: the others wait until it leaves",
     ON_BOTH(model_blocking_single), "blocking", MODEL_BLOCKS, 0, ""},
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
    {"epoll_edge", "edge-triggered: a change is reported once, so read until nothing is left",
     ON_LINUX(model_epoll_edge), "epoll", MODEL_READINESS, 0, ""},
    {"io_uring_multishot", "one receive for good, into buffers of the ring: what a rule costs",
     ON_IO_URING(model_io_uring_multishot), "io_uring", MODEL_COMPLETION, 0, ""},
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
        .connections_per_thread = model->threads_apply ? model->connections_per_thread : 0,
        .thread_stack_bytes = model->thread_stack_bytes,
        .calls_wait = model->calls_wait,
    };
}
