/*
 * blocking_prefork: blocking, but with a fixed number of processes, which are made beforehand.
 *
 * Changed  The parent accepts, hands the descriptor to a child that is free (SCM_RIGHTS), and waits in
 *          poll for what its children say: that a session has ended. Each of the --threads children
 *          serves one client after the other. In the book's other such design each child calls accept
 *          itself; here the parent knows who is served, and counts it.
 * Gain     No process is started and ended for a client. What a client does to a child, nobody else
 *          notices but for one child fewer: one that dies is not replaced.
 * Harm     As many clients are served at once as there are children; others are connected, by the
 *          system, and wait. Two messages between processes for each client, and a process for each
 *          child, whether it is used or not.
 * Shows    server_cpu_us_per_msg and connects_per_s: bench --suite designs.
 *
 * Documentation: fork(2), unix(7), cmsg(3), poll(2); Stevens, Fenner and Rudoff, "UNIX Network
 * Programming", volume 1, 15.7 and 30.9.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "child_process.h"
#include "crew.h"
#include "model.h"

enum { ENTRY_STOP, ENTRY_LISTENER, ENTRY_CHILDREN }; /* of the set */

/* In memory that the parent shares with its children, for the counters. */
struct child {
    struct worker worker;
    struct process process;
    struct connection *connection; /* that it serves; NULL: it is free */
};

struct prefork {
    struct server *server;
    struct worker worker;   /* the parent's own */
    struct child *children; /* server->threads */
    struct pollfd *set; /* of a child: the parent's end of a pair of sockets, -1 once it is lost */
    char *buffer;       /* each child has its own copy */
    unsigned alive, idle; /* children */
    struct net_wake wake; /* at the stop */
    thread_handle stop_watcher;
};

/* The parent's message: the connection's socket and its number. */
struct hand_over {
    struct msghdr message;
    struct iovec content;
    union {
        struct cmsghdr head; /* aligns the bytes */
        char bytes[CMSG_SPACE(sizeof(net_socket))];
    } control;
};

static void hand_over_prepare(struct hand_over *hand_over, uint32_t *id)
{
    memset(hand_over, 0, sizeof *hand_over);
    hand_over->content = (struct iovec){.iov_base = id, .iov_len = sizeof *id};
    hand_over->message = (struct msghdr){.msg_iov = &hand_over->content,
                                         .msg_iovlen = 1,
                                         .msg_control = hand_over->control.bytes,
                                         .msg_controllen = sizeof hand_over->control.bytes};
}

static int serve_connection(struct worker *worker, struct connection *connection)
{
    struct session *session = &connection->session;
    for (;;) {
        int64_t count;
        struct session_span span;
        switch (session_wants(session)) {
        case SESSION_RECV:
            span = session_recv_span(session);
            count = observe_recv(worker, connection, span.size,
                                 recv(connection->socket, span.at, (net_length)span.size, 0));
            if (count >= 0)
                session_received(session, (size_t)server_work(worker, connection, count));
            break;
        case SESSION_SEND:
            span = session_send_span(session);
            count = observe_send(
                worker, connection, span.size,
                send(connection->socket, span.at, (net_length)span.size, NET_SEND_FLAGS));
            if (count >= 0)
                session_sent(session, (size_t)count);
            break;
        default:
            return 0;
        }
        if (count < 0 && net_error_kind((int)count) != NET_ERROR_INTERRUPTED)
            return (int)count;
    }
}

/* ---- the child: it takes no lock, since a thread of the parent may have had it at the fork ---- */

/* False: the parent can't be heard. The socket is none where this process had no room for it. */
static bool connection_take(struct worker *worker, net_socket channel,
                            struct connection *connection)
{
    struct hand_over hand_over;
    ssize_t bytes; /* 0: nobody has the other end any more */
    int ready;
    do {
        hand_over_prepare(&hand_over, &connection->id);
        ready = observe_wait(
            worker, "recvmsg(until a connection)", NULL, 0, 0,
            (bytes = recvmsg(channel, &hand_over.message, MSG_CMSG_CLOEXEC)) >= 0 ? 1 : -1);
    } while (ready < 0 && net_error_kind(ready) == NET_ERROR_INTERRUPTED);
    const struct cmsghdr *head = CMSG_FIRSTHDR(&hand_over.message);
    connection->socket = NET_SOCKET_NONE;
    if (bytes > 0 && head != NULL)
        memcpy(&connection->socket, CMSG_DATA(head), sizeof connection->socket);
    return bytes > 0;
}

static void child_main(struct prefork *prefork, struct worker *worker, net_socket channel)
{
    struct connection own;
    bool reported = true;
    while (reported) {
        memset(&own, 0, sizeof own);
        session_init(&own.session, prefork->buffer, prefork->server->options.buffer_bytes);
        if (!connection_take(worker, channel, &own))
            break;
        int error = -EMFILE;
        if (own.socket != NET_SOCKET_NONE) {
            error = serve_connection(worker, &own);
            observe_call(worker, &own, "close()", close(own.socket) == 0);
        }
        reported =
            observe_call(worker, &own, "send(how it ended)",
                         send(channel, &error, sizeof error, MSG_NOSIGNAL) == sizeof error) == 0;
    }
}

/* ---- the parent ---- */

static int child_start(struct prefork *prefork, unsigned index)
{
    struct child *child = &prefork->children[index];
    struct server *server = prefork->server;
    net_socket pair[2];
    pid_t pid, parent = getpid();
    int error = server_require(&prefork->worker, "socketpair()",
                               socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
    if (error != 0)
        return error;
    worker_begin(&child->worker, server);
    error = observe_call(&prefork->worker, NULL, "fork()", (pid = fork()) >= 0);
    if (pid == 0) {
        if (process_settle(parent, &pair[1]) == 0)
            child_main(prefork, &child->worker, pair[1]);
        _exit(0); /* exit would write what the parent's streams had in their buffers */
    }
    close(pair[1]); /* so that the child's end is its own: then its death can be read */
    if (error != 0) {
        close(pair[0]);
        worker_end(&child->worker);
        return server_fail_thread(server, "fork", error);
    }
    process_begin(&child->process, pid);
    prefork->set[ENTRY_CHILDREN + index] = (struct pollfd){.fd = pair[0], .events = POLLIN};
    prefork->alive++;
    prefork->idle++;
    return 0;
}

/* It has died, or is to. */
static void child_end(struct prefork *prefork, unsigned index)
{
    struct child *child = &prefork->children[index];
    struct pollfd *entry = &prefork->set[ENTRY_CHILDREN + index];
    kill(child->process.id, SIGKILL);
    process_end(&child->process);
    worker_end(&child->worker);
    close(entry->fd);
    entry->fd = -1;
    prefork->alive--;
    if (child->connection != NULL)
        server_release(&prefork->worker, child->connection, -EOWNERDEAD);
    else
        prefork->idle--;
}

static void child_ready(struct prefork *prefork, unsigned index)
{
    struct child *child = &prefork->children[index];
    int ending;
    ssize_t count;
    int error = observe_call(
        &prefork->worker, child->connection, "recv(how it ended)",
        (count = recv(prefork->set[ENTRY_CHILDREN + index].fd, &ending, sizeof ending, 0)) >= 0);
    if (error != 0 && (net_error_kind(error) == NET_ERROR_INTERRUPTED ||
                       net_error_kind(error) == NET_ERROR_WOULD_BLOCK))
        return; /* it is reported again */
    if (error == 0 && count == sizeof ending && child->connection != NULL) {
        server_release(&prefork->worker, child->connection, ending);
        child->connection = NULL;
        prefork->idle++;
        return;
    }
    child_end(prefork, index);
    if (prefork->alive == 0)
        server_fail(prefork->server, "the last child process", -EOWNERDEAD);
}

/* One of the children is idle. */
static void connection_hand_over(struct prefork *prefork, struct connection *connection)
{
    struct hand_over hand_over;
    unsigned i = 0;
    while (prefork->set[ENTRY_CHILDREN + i].fd < 0 || prefork->children[i].connection != NULL)
        i++;
    hand_over_prepare(&hand_over, &connection->id);
    struct cmsghdr *head = CMSG_FIRSTHDR(&hand_over.message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof connection->socket);
    memcpy(CMSG_DATA(head), &connection->socket, sizeof connection->socket);
    int error = observe_call(
        &prefork->worker, connection, "sendmsg(the connection)",
        sendmsg(prefork->set[ENTRY_CHILDREN + i].fd, &hand_over.message, MSG_NOSIGNAL) > 0);
    if (error != 0) {
        server_release(&prefork->worker, connection, error);
        return;
    }
    prefork->children[i].connection = connection;
    prefork->idle--;
}

static void listener_ready(struct prefork *prefork)
{
    net_socket socket;
    struct connection *connection;
    int error =
        observe_accept(&prefork->worker, socket = accept(prefork->server->listener, NULL, NULL));
    if (error != 0)
        server_accept_failed(&prefork->worker, error);
    else if ((connection = server_admit(&prefork->worker, socket)) != NULL)
        connection_hand_over(prefork, connection);
}

static void serve_until_stopped(struct prefork *prefork)
{
    struct server *server = prefork->server;
    const unsigned count = ENTRY_CHILDREN + server->threads;
    prefork->set[ENTRY_STOP] = (struct pollfd){.fd = prefork->wake.wait_on, .events = POLLIN};
    while (!server_stopping(server)) {
        /* While no child is idle, clients wait in the listener's queue: poll leaves out what is negative. */
        prefork->set[ENTRY_LISTENER] =
            (struct pollfd){.fd = prefork->idle > 0 ? server->listener : -1, .events = POLLIN};
        int ready = observe_wait(&prefork->worker, "poll", "socket", count,
                                 count * sizeof *prefork->set, poll(prefork->set, count, -1));
        if (ready < 0 && net_error_kind(ready) != NET_ERROR_INTERRUPTED)
            server_fail(server, "poll", ready);
        for (unsigned i = 0; ready > 0 && i < server->threads; i++)
            if (prefork->set[ENTRY_CHILDREN + i].revents != 0)
                child_ready(prefork, i);
        if (ready > 0 && prefork->set[ENTRY_LISTENER].revents != 0 && prefork->idle > 0)
            listener_ready(prefork);
    }
}

static void stop_watcher_main(void *argument)
{
    struct prefork *prefork = argument;
    server_wait_stopping(prefork->server);
    net_wake_send(&prefork->wake);
}

/* Before the first client comes, so no child has a copy of another one's connection. */
static int children_start(struct prefork *prefork)
{
    struct server *server = prefork->server;
    const size_t bytes = server->threads * sizeof *prefork->children;
    int error =
        server_require(&prefork->worker, "mmap()",
                       (prefork->children = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0)) != MAP_FAILED);
    for (unsigned i = 0; i < server->threads; i++)
        prefork->set[ENTRY_CHILDREN + i].fd = -1;
    for (unsigned i = 0; error == 0 && i < server->threads; i++)
        error = child_start(prefork, i);
    return error;
}

static void children_end(struct prefork *prefork)
{
    const struct server *server = prefork->server;
    if (prefork->children == MAP_FAILED)
        return;
    for (unsigned i = 0; i < server->threads; i++)
        if (prefork->set[ENTRY_CHILDREN + i].fd >= 0)
            child_end(prefork, i);
    munmap(prefork->children, server->threads * sizeof *prefork->children);
}

static int serve(struct server *server)
{
    struct prefork prefork = {.server = server, .children = MAP_FAILED};
    worker_begin(&prefork.worker, server);
    prefork.buffer = malloc(server->options.buffer_bytes);
    prefork.set = calloc(ENTRY_CHILDREN + server->threads, sizeof *prefork.set);
    int error = 0;
    if (prefork.buffer == NULL || prefork.set == NULL) {
        server_fail(server, "malloc", -NET_NO_MEMORY);
        goto free;
    }
    error = children_start(&prefork);
    if (error != 0)
        goto end;
    error = server_require(&prefork.worker, NET_NONBLOCKING_CALL,
                           net_set_nonblocking(server->listener, true) == 0);
    if (error != 0)
        goto end;
    error = net_wake_open(&prefork.wake);
    if (error != 0) {
        server_fail(server, "socketpair", error);
        goto end;
    }
    error = thread_start(&prefork.stop_watcher, stop_watcher_main, &prefork, THREAD_STACK_BYTES);
    if (error != 0) {
        server_fail_thread(server, "starting a thread", error);
    } else {
        serve_until_stopped(&prefork);
        thread_join(prefork.stop_watcher);
    }
    net_wake_close(&prefork.wake);
end:
    children_end(&prefork);
free:
    free(prefork.set);
    free(prefork.buffer);
    worker_end(&prefork.worker);
    return server->failure;
}

const struct io_model model_blocking_prefork = {
    .calls_wait = true,
    .threads_apply = true,
    .connections_per_thread = 1,
    .clients_at_once = 1,
    .buffers_own = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .unavailable = process_unavailable,
    .serve = serve,
};
