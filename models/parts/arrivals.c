#include "arrivals.h"

int arrivals_open(struct arrivals *arrivals, struct worker *worker)
{
    struct server *server = worker->server;
    if (worker->index == 0) {
        arrivals->socket = server->listener;
        int error = net_set_nonblocking(server->listener, true);
        return error == 0 ? 0 : server_fail(server, "making the listener non-blocking", error);
    }
    int error = net_wake_open(&arrivals->wake);
    if (error != 0)
        return server_fail(server, "opening what wakes a worker", error);
    arrivals->socket = arrivals->wake.wait_on;
    arrivals->has_wake = true;
    return 0;
}

void arrivals_close(struct arrivals *arrivals)
{
    if (arrivals->has_wake)
        net_wake_close(&arrivals->wake);
}
