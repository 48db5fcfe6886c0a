/*
 * A server whose delays are known: what a load generator reports can be held against them.
 *
 * --delays 1ms:700,5ms:270,20ms:28,50ms:2   of each 1,000 messages, so many are answered after so
 *     long, in an order that is shuffled but always the same: over whole cycles it is exact. They
 *     are numbered as they come, on whichever connection. Without it: at once.
 * --stall 100ms:1s   the whole server sleeps 100 ms each second.
 *
 * A message has 64 bytes. One is never answered too early, nor before those that came before it on
 * its connection.
 */
#include "peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>

enum {
    MESSAGE_BYTES = 64,
    CYCLE_MOST = 1000000,
    NS_PER_S = 1000000000,
    /* The last of a delay is awaited awake: to be woken takes up to so long. */
    AWAKE_NS = 100000
};

const char peer_model[] = "delays";

struct connection {
    struct session *session; /* NULL: closed, and kept for its answers in the heap */
    size_t taken; /* bytes of its buffer that belong to messages in the heap, or are due */
    size_t due;   /* bytes of its buffer that are to be sent now */
    size_t in_heap;
    uint64_t last_due_ns;
    uint32_t watched;
    struct connection *next; /* in unused */
};

struct answer {
    uint64_t due_ns;
    uint64_t number; /* of those that are due at the same time the first one goes first */
    struct connection *connection;
};

static int poller, timer;
static struct connection *unused; /* those that were done */
static uint64_t *cycle_ns;        /* the delay of each message of a cycle */
static size_t cycle_length;
static uint64_t stall_ns, stall_period_ns, next_stall_ns = UINT64_MAX;
static struct answer *heap;
static size_t heap_count, heap_room;
static uint64_t messages;

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static struct timespec timespec_of(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
}

/* ---- options ---- */

static void usage_fail(const char *option)
{
    fprintf(stderr,
            "%s: give TIME:WEIGHT[,TIME:WEIGHT...] with --delays, TIME:PERIOD with --stall, "
            "such as 1ms:800,5ms:200 and 100ms:1s\n",
            option);
    exit(2);
}

/* Reads "20ms" and goes on to what follows it. */
static bool time_read(const char **text, uint64_t *ns)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {{"us", 1000}, {"ms", 1000000}, {"s", NS_PER_S}};
    char *end;
    *ns = strtoull(*text, &end, 10);
    if (end == *text)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t length = strlen(units[i].name);
        if (strncmp(end, units[i].name, length) == 0) {
            *ns *= units[i].ns;
            *text = end + length;
            return true;
        }
    }
    return false;
}

static void cycle_shuffle(void)
{
    uint64_t state = 1;
    for (size_t left = cycle_length; left > 1; left--) {
        /* Knuth's constants of MMIX. */
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        size_t other = (size_t)((state >> 32) % left);
        uint64_t kept = cycle_ns[left - 1];
        cycle_ns[left - 1] = cycle_ns[other];
        cycle_ns[other] = kept;
    }
}

static void delays_read(const char *text)
{
    for (;;) {
        uint64_t ns;
        char *end;
        if (!time_read(&text, &ns) || *text++ != ':')
            usage_fail("--delays");
        size_t weight = strtoul(text, &end, 10);
        if (end == text || weight > CYCLE_MOST - cycle_length)
            usage_fail("--delays");
        cycle_ns = realloc(cycle_ns, (cycle_length + weight + 1) * sizeof *cycle_ns);
        if (!cycle_ns)
            peer_fail("allocation");
        for (size_t i = 0; i < weight; i++)
            cycle_ns[cycle_length++] = ns;
        text = end;
        if (*text == '\0')
            break;
        if (*text++ != ',')
            usage_fail("--delays");
    }
    cycle_shuffle();
}

static void stall_read(const char *text)
{
    if (!time_read(&text, &stall_ns) || *text++ != ':' || !time_read(&text, &stall_period_ns) ||
        *text != '\0' || stall_ns >= stall_period_ns)
        usage_fail("--stall");
    next_stall_ns = now_ns() + stall_period_ns;
}

/* ---- the heap of answers: the one that is due first is at 0 ---- */

static bool before(const struct answer *left, const struct answer *right)
{
    return left->due_ns != right->due_ns ? left->due_ns < right->due_ns
                                         : left->number < right->number;
}

static void heap_push(struct answer answer)
{
    if (heap_count == heap_room) {
        heap_room = heap_room ? 2 * heap_room : 1024;
        heap = realloc(heap, heap_room * sizeof *heap);
        if (!heap)
            peer_fail("allocation");
    }
    size_t at = heap_count++;
    for (; at > 0 && before(&answer, &heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = answer;
}

static struct answer heap_pop(void)
{
    struct answer first = heap[0], last = heap[--heap_count];
    size_t at = 0;
    for (size_t child = 1; child < heap_count; child = 2 * at + 1) {
        if (child + 1 < heap_count && before(&heap[child + 1], &heap[child]))
            child++;
        if (!before(&heap[child], &last))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return first;
}

/* ---- connections ---- */

static void watch(struct connection *connection)
{
    struct session *session = connection->session;
    bool room = session->end - session->begin < peer.buffer_bytes;
    uint32_t events = (room ? EPOLLIN : 0U) | (connection->due > 0 ? EPOLLOUT : 0U);
    if (events == connection->watched)
        return;
    struct epoll_event event = {.events = events, .data.ptr = connection};
    epoll_ctl(poller, EPOLL_CTL_MOD, session->socket, &event);
    connection->watched = events;
}

static struct connection *connection_make(struct session *session)
{
    struct connection *connection = unused;
    if (connection)
        unused = connection->next;
    else
        connection = peer_allocate(1, sizeof *connection);
    *connection = (struct connection){.session = session, .watched = EPOLLIN};
    return connection;
}

static void connection_reuse_if_done(struct connection *connection)
{
    if (connection->session || connection->in_heap > 0)
        return;
    connection->next = unused;
    unused = connection;
}

static void connection_close(struct connection *connection)
{
    session_close(connection->session);
    connection->session = NULL;
}

static void accept_all(socket_t listener)
{
    struct session *session;
    while ((session = session_accept(listener, true))) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection_make(session)};
        epoll_ctl(poller, EPOLL_CTL_ADD, session->socket, &event);
    }
}

/* Sends what is due. */
static void connection_send(struct connection *connection)
{
    struct session *session = connection->session;
    while (connection->due > 0) {
        ssize_t n =
            send(session->socket, session->buffer + session->begin, connection->due, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN) {
            connection_close(connection);
            return;
        }
        if (n < 0)
            break;
        session_drained(session, (size_t)n);
        connection->due -= (size_t)n;
        connection->taken -= (size_t)n;
    }
    watch(connection);
}

static void connection_receive(struct connection *connection)
{
    struct session *session = connection->session;
    if (session->begin > 0) {
        session->end -= session->begin;
        memmove(session->buffer, session->buffer + session->begin, session->end);
        session->begin = 0;
    }
    ssize_t n =
        recv(session->socket, session->buffer + session->end, peer.buffer_bytes - session->end, 0);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        connection_close(connection);
        return;
    }
    uint64_t now = now_ns();
    session_filled(session, (size_t)n);
    for (; session->end - session->begin - connection->taken >= MESSAGE_BYTES;
         connection->taken += MESSAGE_BYTES) {
        uint64_t due_ns = now + (cycle_length > 0 ? cycle_ns[messages % cycle_length] : 0);
        if (due_ns < connection->last_due_ns)
            due_ns = connection->last_due_ns;
        connection->last_due_ns = due_ns;
        connection->in_heap++;
        heap_push((struct answer){due_ns, messages++, connection});
    }
    watch(connection);
}

static void answers_send(void)
{
    while (heap_count > 0 && heap[0].due_ns <= now_ns()) {
        struct connection *connection = heap_pop().connection;
        connection->in_heap--;
        if (connection->session) {
            connection->due += MESSAGE_BYTES;
            connection_send(connection);
        }
        connection_reuse_if_done(connection);
    }
}

/* ---- time ---- */

static void stall_if_due(void)
{
    uint64_t now = now_ns();
    if (now < next_stall_ns)
        return;
    struct timespec end = timespec_of(now + stall_ns);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR)
        ;
    next_stall_ns = now + stall_period_ns;
}

/* How long epoll_wait may wait: 0 or -1, and then the timer ends it (which has no millisecond's
 * steps). */
static int wait_prepare(void)
{
    uint64_t next =
        heap_count > 0 && heap[0].due_ns < next_stall_ns ? heap[0].due_ns : next_stall_ns;
    static uint64_t armed_ns = UINT64_MAX;
    if (next == UINT64_MAX)
        return -1;
    if (next <= now_ns() + AWAKE_NS)
        return 0;
    if (next != armed_ns) {
        struct itimerspec at = {.it_value = timespec_of(next - AWAKE_NS)};
        if (timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL) != 0)
            peer_fail("timerfd_settime");
        armed_ns = next;
    }
    return -1;
}

static void advance(struct connection *connection, uint32_t events)
{
    if (events & EPOLLOUT)
        connection_send(connection);
    if (connection->session && (events & ~(uint32_t)EPOLLOUT))
        connection_receive(connection);
    connection_reuse_if_done(connection);
}

void peer_serve(socket_t listener)
{
    struct epoll_event ready[256];
    struct epoll_event listening = {.events = EPOLLIN, .data.ptr = &poller};
    struct epoll_event waking = {.events = EPOLLIN | EPOLLET, .data.ptr = &timer};
    if (peer.delays)
        delays_read(peer.delays);
    if (peer.stall)
        stall_read(peer.stall);
    poller = epoll_create1(EPOLL_CLOEXEC);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    socket_set_nonblocking(listener);
    if (poller < 0 || timer < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, listener, &listening) != 0 ||
        epoll_ctl(poller, EPOLL_CTL_ADD, timer, &waking) != 0)
        peer_fail("epoll");
    for (;;) {
        stall_if_due();
        answers_send();
        int count = epoll_wait(poller, ready, sizeof ready / sizeof ready[0], wait_prepare());
        for (int i = 0; i < count; i++) {
            if (ready[i].data.ptr == &poller)
                accept_all(listener);
            else if (ready[i].data.ptr != &timer)
                advance(ready[i].data.ptr, ready[i].events);
        }
    }
}
