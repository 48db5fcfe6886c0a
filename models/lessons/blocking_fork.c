/*
 * blocking_fork: blocking, but with a process for each connection.
 *
 * Changed  The parent accepts and forks a child, which has its own copy of all memory and of the
 *          connection's socket, serves the client and ends. A thread of the parent waits for the
 *          children's ends and closes its own copies: the client then gets the connection's end.
 * Gain     A child that crashes or is killed ends its own session, and the others go on. What a
 *          session writes to memory no other one sees. Servers did this before there were threads.
 * Harm     A fork copies the tables of all memory and of all descriptors, an idle client costs a
 *          process, and what sessions share has to lie in memory made for that: here the counters.
 * Shows    server_cpu_us_per_msg and connects_per_s: bench --suite designs.
 *
 * Documentation: fork(2), waitid(2), setpgid(2), kill(2); Stevens, Fenner and Rudoff, "UNIX Network
 * Programming", volume 1, 30.5.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child_process.h"
#include "crew.h"
#include "model.h"

/* In memory that the parent shares with its children, since both write to it. */
struct child {
    struct worker worker; /* its counters */
    struct process process;
    struct connection *connection;
    int error; /* why its session ended early, or 0 */
};

struct forking {
    struct server *server;
    struct child *children; /* as many as the server has room for */
    char *buffer;           /* each child writes to its own copy of it */
    struct process keeper;
    pid_t group; /* of all children: so nobody else's are waited for */
    thread_mutex mutex;
    thread_handle reaper;
};

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

/*
 * It takes no lock, since a thread that is not in this process may have had it at the fork, and ends by
 * _exit, since exit would write what the parent's streams had in their buffers.
 */
static _Noreturn void child_main(const struct forking *forking, struct child *child, pid_t parent)
{
    struct connection *connection = child->connection;
    session_init(&connection->session, forking->buffer, forking->server->options.buffer_bytes);
    (void)setpgid(0, forking->group); /* the parent does it too: whoever comes first */
    int error = process_settle(parent, &connection->socket);
    if (error == 0)
        error = serve_connection(&child->worker, connection);
    child->error = error;
    _exit(0);
}

/* There is one. pid 0: a place that is free. */
static struct child *child_find(const struct forking *forking, pid_t pid)
{
    struct child *child = forking->children;
    while (child->process.id != pid)
        child++;
    return child;
}

static void child_start(struct worker *acceptor, struct forking *forking,
                        struct connection *connection)
{
    struct server *server = forking->server;
    pid_t pid, parent = getpid();

    /* The reaper looks for the child under this lock, so its id is stored under it too. */
    thread_mutex_lock(&forking->mutex);
    if (forking->keeper.id == 0) { /* and the group with it: the server is about to stop */
        thread_mutex_unlock(&forking->mutex);
        server_release(acceptor, connection, -EOWNERDEAD);
        return;
    }
    struct child *child = child_find(forking, 0);
    *child = (struct child){.connection = connection, .error = -EOWNERDEAD /* if it is killed */};
    worker_begin(&child->worker, server);
    int error = observe_call(acceptor, connection, "fork()", (pid = fork()) >= 0);
    if (pid == 0)
        child_main(forking, child, parent);
    if (error == 0) {
        (void)setpgid(pid, forking->group);
        process_begin(&child->process, pid);
    } else {
        worker_end(&child->worker);
    }
    thread_mutex_unlock(&forking->mutex);

    if (error != 0) {
        char limit[THREAD_LIMIT_TEXT];
        server_lacks(server, "fork", error, thread_limit_text(limit, sizeof limit));
        server_release(acceptor, connection, error);
    }
}

static void child_ended(struct worker *worker, struct forking *forking, pid_t pid)
{
    thread_mutex_lock(&forking->mutex);
    struct child *child = child_find(forking, pid);
    struct connection *connection = child->connection;
    int error = child->error;
    worker_end(&child->worker);
    process_end(&child->process);
    thread_mutex_unlock(&forking->mutex);
    server_release(worker, connection, error);
}

/* Until no child is left: the keeper is there until the stop. */
static void reaper_main(void *argument)
{
    struct forking *forking = argument;
    struct server *server = forking->server;
    struct worker worker = {.index = 0};
    siginfo_t ended;
    int count;
    worker_begin(&worker, server);
    do {
        count = observe_wait(
            &worker, "waitid(until a child ends)", NULL, 0, 0,
            waitid(P_PGID, (id_t)forking->group, &ended, WEXITED | WNOWAIT) == 0 ? 1 : -1);
        if (count == 1 && ended.si_pid != forking->group) {
            child_ended(&worker, forking, ended.si_pid);
        } else if (count == 1) {
            thread_mutex_lock(&forking->mutex);
            process_end(&forking->keeper);
            thread_mutex_unlock(&forking->mutex);
            if (!server_stopping(server))
                server_fail(server, "the first child process", -EOWNERDEAD);
        }
    } while (count == 1 || net_error_kind(count) == NET_ERROR_INTERRUPTED);
    worker_end(&worker);
}

/* The first child serves nobody: the group lasts as long as there is a process in it. */
static int keeper_start(struct worker *acceptor, struct forking *forking)
{
    pid_t pid, parent = getpid();
    int error = server_require(acceptor, "fork()", (pid = fork()) >= 0);
    if (pid == 0) {
        (void)setpgid(0, 0);
        if (process_settle(parent, NULL) == 0)
            pause(); /* until it is killed: all other signals that it gets are blocked or end it */
        _exit(0);
    }
    if (error == 0) {
        (void)setpgid(pid, pid);
        forking->group = pid;
        process_begin(&forking->keeper, pid);
    }
    return error;
}

static void accept_until_stopped(struct worker *worker, struct forking *forking)
{
    struct server *server = worker->server;
    while (!server_stopping(server)) {
        net_socket socket;
        int error = observe_accept(worker, socket = accept(server->listener, NULL, NULL));
        if (error != 0) {
            if (server_accept_failed(worker, error) < 0)
                return;
            continue;
        }
        struct connection *connection = server_admit(worker, socket);
        if (connection != NULL)
            child_start(worker, forking, connection);
    }
}

static int serve(struct server *server)
{
    struct forking forking = {.server = server, .mutex = THREAD_MUTEX_INIT};
    struct worker acceptor = {.index = 0};
    const size_t bytes = server->capacity * sizeof *forking.children;
    worker_begin(&acceptor, server);
    int error = server_require(
        &acceptor, "mmap()",
        (forking.children = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) != MAP_FAILED);
    if (error != 0)
        goto end;
    forking.buffer = malloc(server->options.buffer_bytes);
    if (forking.buffer == NULL) {
        server_fail(server, "malloc", -NET_NO_MEMORY);
        goto unmap;
    }
    error = keeper_start(&acceptor, &forking);
    if (error != 0)
        goto unmap;
    error = thread_start(&forking.reaper, reaper_main, &forking, THREAD_STACK_BYTES);
    if (error == 0)
        accept_until_stopped(&acceptor, &forking);
    else
        server_fail_thread(server, "starting a thread", error);

    observe_call(&acceptor, NULL, "kill(SIGKILL)", kill(-forking.group, SIGKILL) == 0);
    if (error == 0)
        thread_join(forking.reaper);
    else
        process_end(&forking.keeper);
unmap:
    free(forking.buffer);
    munmap(forking.children, bytes);
end:
    worker_end(&acceptor);
    return server->failure;
}

const struct io_model model_blocking_fork = {
    .calls_wait = true,
    .accepts_wait = true,
    .threads_apply = false,
    .connections_per_thread = 1,
    .buffers_own = true,
    .thread_stack_bytes = THREAD_STACK_BYTES,
    .unavailable = process_unavailable,
    .serve = serve,
};
