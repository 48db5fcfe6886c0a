#include "arrivals.h"

int arrivals_open(struct arrivals *arrivals, struct worker *worker)
{
    struct server *server = worker->server;
    if (worker->index == 0) {
        arrivals->socket = server->listener;
        return server_require(worker, NET_NONBLOCKING_CALL,
                              net_set_nonblocking(server->listener, true) == 0);
    }
    int error = net_wake_open(&arrivals->wake);
    if (error != 0)
        return server_fail(server, "opening what wakes a worker", error);
    arrivals->socket = arrivals->wake.wait_on;
    arrivals->has_wake = true;
    return 0;
}

void arrivals_wake(struct arrivals *arrivals, struct worker *by)
{
    observe_call(by, NULL, "send(to wake a thread)", (net_wake_send(&arrivals->wake), true));
}

void arrivals_clear(struct arrivals *arrivals, struct worker *worker)
{
    observe_call(worker, NULL, "recv(what woke the thread)",
                 (net_wake_clear(&arrivals->wake), true));
}

void arrivals_close(struct arrivals *arrivals)
{
    if (arrivals->has_wake)
        net_wake_close(&arrivals->wake);
}
