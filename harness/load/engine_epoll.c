#include "load/engine.h"
#include "proc_linux.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS_AT_ONCE = 256,
    PORTS_BY_DEFAULT = 28232, /* of Linux' ip-sysctl documentation */
    NS_PER_MS = 1000000,
    NS_PER_S = 1000000000
};

/* What the engine keeps of a connection. Touched when the interest changes, not for each message.
 */
struct slot {
    bool connecting;
    bool receiving; /* neither the peer's end nor an error was reported */
    bool paused;
    bool cut_short; /* a send was, and `writable` is owed */
    uint32_t armed; /* what epoll waits for; 0: the socket is not in its set */
};

struct engine {
    struct engine_callbacks callbacks;
    void *context;
    int poll;
    int timer_slack_ns; /* to be restored; 0: it was left alone */
    bool has_pwait2;
    bool precise;
    int failure; /* of an epoll_ctl that could not be reported where it happened */
    struct slot *slots;
    uint8_t *buffer; /* shared: `received` has done with the bytes when it returns */
    size_t buffer_bytes;
    int next; /* events[next, count) wait for their callbacks; events[next] is in them */
    int count;
    struct epoll_event events[EVENTS_AT_ONCE];
};

/* epoll_pwait2, or ENOSYS from a C library that does not have it. */
static int pwait2(int poll, struct epoll_event *events, int count, const struct timespec *timeout)
{
#if defined(__GLIBC__) && defined(__GLIBC_MINOR__)
#if __GLIBC__ > 2 || (__GLIBC__ == 2 && __GLIBC_MINOR__ >= 35)
    return epoll_pwait2(poll, events, count, timeout, NULL);
#endif
#endif
    (void)poll;
    (void)events;
    (void)count;
    (void)timeout;
    errno = ENOSYS;
    return -1;
}

/*
 * The error of epoll_pwait2 where it can't be used, else 0: ENOSYS before Linux 5.11, and EPERM
 * from seccomp profiles that are older than the call.
 */
static int pwait2_refused(void)
{
    struct epoll_event event;
    struct timespec at_once = {0};
    return pwait2(-1, &event, 1, &at_once) < 0 && errno != EBADF ? net_last_error() : 0;
}

bool engine_waits_otherwise(char *text, size_t size)
{
    char cause[120];
    int error = pwait2_refused();
    if (error != 0)
        snprintf(text, size,
                 "epoll_pwait2: %s; the load generator waits by ppoll and epoll_wait instead, as "
                 "exactly, and needs more CPU time for it",
                 net_error_text(error, cause, sizeof cause));
    return error != 0;
}

static struct slot *slot_of(const struct engine_connection *connection)
{
    return connection->platform;
}

struct engine *engine_open(const struct engine_callbacks *callbacks, void *context,
                           unsigned max_connections, size_t receive_bytes, int *error)
{
    struct engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL) {
        *error = -ENOMEM;
        return NULL;
    }
    engine->callbacks = *callbacks;
    engine->context = context;
    engine->buffer_bytes = receive_bytes;
    engine->has_pwait2 = pwait2_refused() == 0;
    engine->slots = calloc(max_connections, sizeof *engine->slots);
    engine->buffer = malloc(receive_bytes);
    engine->poll = epoll_create1(EPOLL_CLOEXEC);
    if (engine->poll >= 0 && engine->slots != NULL && engine->buffer != NULL)
        return engine;
    *error = engine->poll < 0 ? net_last_error() : -ENOMEM;
    engine_free(engine);
    return NULL;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    /* Every thread and process that this thread starts inherits it: a server must not. */
    if (engine->timer_slack_ns > 0)
        prctl(PR_SET_TIMERSLACK, (unsigned long)engine->timer_slack_ns, 0UL, 0UL, 0UL);
    if (engine->poll >= 0)
        close(engine->poll);
    free(engine->buffer);
    free(engine->slots);
    free(engine);
}

void engine_wait_precisely(struct engine *engine)
{
    engine->precise = true;
    engine->timer_slack_ns = prctl(PR_GET_TIMERSLACK, 0UL, 0UL, 0UL, 0UL);
    if (engine->timer_slack_ns > 0)
        prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
}

/*
 * Half of what the system has: past that connects were measured to take several times as long,
 * since the kernel looks for a free one.
 */
unsigned engine_ports_per_source(void)
{
    uint64_t first, last, ports = PORTS_BY_DEFAULT;
    if (proc_port_range(&first, &last))
        ports = last - first + 1;
    return ports < 2 ? 1 : (unsigned)(ports / 2);
}

static uint32_t interest_of(const struct slot *slot)
{
    if (slot->connecting)
        return EPOLLOUT;
    uint32_t events = 0;
    if (slot->receiving && !slot->paused)
        events |= EPOLLIN;
    if (slot->cut_short)
        events |= EPOLLOUT;
    return events;
}

/*
 * A socket that waits for nothing leaves the set: epoll would go on reporting its hang-up. 0 or a
 * negative error.
 */
static int interest_update(struct engine *engine, struct engine_connection *connection)
{
    struct slot *slot = slot_of(connection);
    uint32_t wanted = interest_of(slot);
    if (wanted == slot->armed)
        return 0;
    int operation = EPOLL_CTL_MOD;
    if (slot->armed == 0)
        operation = EPOLL_CTL_ADD;
    else if (wanted == 0)
        operation = EPOLL_CTL_DEL;
    struct epoll_event event = {.events = wanted, .data.ptr = connection};
    if (epoll_ctl(engine->poll, operation, connection->socket, &event) != 0)
        return engine->failure = net_last_error();
    slot->armed = wanted;
    return 0;
}

static int connect_begin(net_socket socket, const struct net_address *to)
{
    if (connect(socket, (const struct sockaddr *)&to->storage, to->length) == 0)
        return 0;
    /* An interrupted connect goes on by itself, like one in progress (POSIX). */
    return errno == EINPROGRESS || errno == EINTR ? 0 : net_last_error();
}

int engine_connect(struct engine *engine, struct engine_connection *connection,
                   const struct net_address *to, const struct net_address *source, bool nodelay)
{
    int error = 0;
    connection->platform = &engine->slots[connection->id];
    *slot_of(connection) = (struct slot){.connecting = true, .receiving = true};
    connection->socket =
        socket(to->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (connection->socket == NET_SOCKET_NONE)
        return net_last_error();
    if (source != NULL)
        error = net_bind_source(connection->socket, source);
    if (error == 0)
        error = net_set_nodelay(connection->socket, nodelay);
    if (error == 0)
        error = connect_begin(connection->socket, to);
    /* Also one that has connected at once: it is writable, and so `connected` comes from a wait. */
    if (error == 0)
        error = interest_update(engine, connection);
    if (error != 0) {
        net_close(connection->socket);
        connection->socket = NET_SOCKET_NONE;
        return error;
    }
    connection->open = true;
    return 0;
}

int64_t engine_send(struct engine *engine, struct engine_connection *connection,
                    const uint8_t *data, size_t size)
{
    net_received sent;
    do
        sent = send(connection->socket, data, size, NET_SEND_FLAGS);
    while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        int error = net_last_error();
        if (net_error_kind(error) != NET_ERROR_WOULD_BLOCK)
            return error;
        sent = 0;
    }
    if ((size_t)sent < size) {
        slot_of(connection)->cut_short = true;
        interest_update(engine, connection);
    }
    return sent;
}

void engine_finish_sending(struct engine *engine, struct engine_connection *connection)
{
    (void)engine;
    net_finish_sending(connection->socket);
}

void engine_pause_receiving(struct engine *engine, struct engine_connection *connection, bool pause)
{
    slot_of(connection)->paused = pause;
    interest_update(engine, connection);
}

/* So that no event which the current batch still holds reaches what is gone. */
static void events_forget(struct engine *engine, const struct engine_connection *connection)
{
    for (int i = engine->next; i < engine->count; i++)
        if (engine->events[i].data.ptr == connection)
            engine->events[i].data.ptr = NULL;
}

void engine_close(struct engine *engine, struct engine_connection *connection, bool abortive)
{
    if (abortive)
        net_set_abortive_close(connection->socket);
    net_close(connection->socket); /* this also takes it out of the set */
    connection->socket = NET_SOCKET_NONE;
    connection->open = false;
    events_forget(engine, connection);
}

static int socket_error(net_socket socket)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        return net_last_error();
    return -error;
}

static void connect_end(struct engine *engine, struct engine_connection *connection)
{
    int error = socket_error(connection->socket);
    slot_of(connection)->connecting = false;
    if (error == 0)
        error = interest_update(engine, connection);
    engine->callbacks.connected(engine->context, connection, error);
}

static void receiving_end(struct engine *engine, struct engine_connection *connection, int error)
{
    slot_of(connection)->receiving = false;
    interest_update(engine, connection);
    engine->callbacks.received(engine->context, connection, NULL, error);
}

/*
 * One receive for each wake-up: level-triggered epoll tells again where it left something, so no
 * call is spent on finding that nothing is left.
 */
static void receive_once(struct engine *engine, struct engine_connection *connection)
{
    net_received count = recv(connection->socket, engine->buffer, engine->buffer_bytes, 0);
    if (count > 0) {
        engine->callbacks.received(engine->context, connection, engine->buffer, count);
        return;
    }
    int error = count < 0 ? net_last_error() : 0;
    enum net_error_kind kind = error != 0 ? net_error_kind(error) : NET_ERROR_OTHER;
    if (kind != NET_ERROR_WOULD_BLOCK && kind != NET_ERROR_INTERRUPTED)
        receiving_end(engine, connection, error);
}

static void send_again(struct engine *engine, struct engine_connection *connection,
                       const struct epoll_event *event)
{
    slot_of(connection)->cut_short = false;
    engine->callbacks.writable(engine->context, connection);
    /* Only now, so that a send which is cut short again costs no change of the interest. */
    if (event->data.ptr == connection)
        interest_update(engine, connection);
}

static void event_dispatch(struct engine *engine, const struct epoll_event *event)
{
    struct engine_connection *connection = event->data.ptr;
    if (connection == NULL)
        return;
    if (event->events == EPOLLIN) { /* nearly always */
        receive_once(engine, connection);
        return;
    }
    struct slot *slot = slot_of(connection);
    if (slot->connecting) {
        connect_end(engine, connection);
        return;
    }
    bool broken = (event->events & (EPOLLERR | EPOLLHUP)) != 0;
    if ((event->events & EPOLLIN) != 0 || (broken && slot->receiving && !slot->paused))
        receive_once(engine, connection);
    else if ((event->events & EPOLLERR) != 0 && slot->receiving)
        receiving_end(engine, connection, socket_error(connection->socket));
    if (event->data.ptr == connection && (broken || (event->events & EPOLLOUT) != 0) &&
        slot->cut_short)
        send_again(engine, connection, event);
}

/* Waits in milliseconds, rounded up; in nanoseconds where that matters, at a further call's cost. */
static int events_wait_otherwise(struct engine *engine, const struct timespec *timeout)
{
    struct pollfd set = {.fd = engine->poll, .events = POLLIN};
    if (engine->precise) {
        int ready = ppoll(&set, 1, timeout, NULL);
        return ready <= 0 ? ready : epoll_wait(engine->poll, engine->events, EVENTS_AT_ONCE, 0);
    }
    int64_t timeout_ms = (int64_t)timeout->tv_sec * (NS_PER_S / NS_PER_MS) +
                         (timeout->tv_nsec + NS_PER_MS - 1) / NS_PER_MS;
    return epoll_wait(engine->poll, engine->events, EVENTS_AT_ONCE,
                      timeout_ms < INT32_MAX ? (int)timeout_ms : INT32_MAX);
}

static int events_wait(struct engine *engine, uint64_t timeout_ns)
{
    struct timespec timeout = {.tv_sec = (time_t)(timeout_ns / NS_PER_S),
                               .tv_nsec = (long)(timeout_ns % NS_PER_S)};
    if (!engine->has_pwait2)
        return events_wait_otherwise(engine, &timeout);
    return pwait2(engine->poll, engine->events, EVENTS_AT_ONCE, &timeout);
}

int engine_run(struct engine *engine, uint64_t timeout_ns)
{
    int count = events_wait(engine, timeout_ns);
    if (count < 0) {
        int error = net_last_error();
        return net_error_kind(error) == NET_ERROR_INTERRUPTED ? 0 : error;
    }
    engine->count = count;
    for (engine->next = 0; engine->next < engine->count; engine->next++)
        event_dispatch(engine, &engine->events[engine->next]);
    engine->count = 0;
    return engine->failure;
}
