/*
 * accept_ex: AcceptEx, the accept that is posted and completes later, as WSARecv does. Several are
 * kept posted; each needs a socket beforehand, the one of the connection to come.
 *
 * A posted operation belongs to the system, and its completion to the one thread that it is told.
 */
#ifndef IOMODELS_ACCEPT_EX_WIN32_H
#define IOMODELS_ACCEPT_EX_WIN32_H

#include "crew.h"
#include "server.h"

#include <mswsock.h>

enum {
    ACCEPT_EX_POSTED = 16,
    ACCEPT_EX_ADDRESS = sizeof(struct sockaddr_storage) + 16 /* bytes, as AcceptEx prescribes */
};

struct accept_operation {
    WSAOVERLAPPED overlapped;
    net_socket socket; /* NET_SOCKET_NONE: not posted */
    char addresses[2 * ACCEPT_EX_ADDRESS];
};

/* Of one listener; shared by all threads. */
struct accept_ex {
    LPFN_ACCEPTEX function;
    struct accept_operation operations[ACCEPT_EX_POSTED];
};

/* Finds the function (WSAIoctl), posts nothing yet. 0, or a negative error after server_fail. */
int accept_ex_open(struct accept_ex *accept_ex, struct server *server);
/* Posts the operations. */
void accept_ex_start(struct worker *worker, struct accept_ex *accept_ex);
/*
 * The completion of `overlapped` was told: posts the operation anew, unless the server stops. True:
 * *socket is accepted, the caller's, and has the listener's properties (SO_UPDATE_ACCEPT_CONTEXT).
 */
bool accept_ex_completed(struct worker *worker, struct accept_ex *accept_ex,
                         WSAOVERLAPPED *overlapped, net_socket *socket);
/* Whether any is posted: for the stop, when CancelIoEx has completed them all. */
bool accept_ex_posted(const struct accept_ex *accept_ex);

#endif
