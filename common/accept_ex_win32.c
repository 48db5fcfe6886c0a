#include "accept_ex_win32.h"

int accept_ex_open(struct accept_ex *accept_ex, struct server *server)
{
    GUID id = WSAID_ACCEPTEX;
    DWORD bytes;
    for (unsigned i = 0; i < ACCEPT_EX_POSTED; i++)
        accept_ex->operations[i].socket = NET_SOCKET_NONE;
    if (WSAIoctl(server->listener, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id,
                 &accept_ex->function, sizeof accept_ex->function, &bytes, NULL, NULL) != 0)
        return server_fail(server, "WSAIoctl", net_last_error());
    /* For server_accept_failed; an AcceptEx stays pending all the same. */
    int error = net_set_nonblocking(server->listener, true);
    return error == 0 ? 0 : server_fail(server, "set non-blocking", error);
}

/* 0, or a negative error, and then it is not posted. */
static int operation_post(struct worker *worker, struct accept_ex *accept_ex,
                          struct accept_operation *own)
{
    struct server *server = worker->server;
    DWORD bytes;
    net_socket socket = WSASocketW(server->address.storage.ss_family, SOCK_STREAM, IPPROTO_TCP,
                                   NULL, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    int error = observe_call(worker, NULL, "WSASocket()", socket != NET_SOCKET_NONE, NULL);
    if (error != 0)
        return error;
    own->socket = socket;
    /* Where it succeeds it is another thread's before the call returns. */
    error = observe_call(worker, NULL, "AcceptEx()",
                         accept_ex->function(server->listener, socket, own->addresses, 0,
                                             ACCEPT_EX_ADDRESS, ACCEPT_EX_ADDRESS, &bytes,
                                             &own->overlapped) != 0 ||
                             WSAGetLastError() == WSA_IO_PENDING,
                         "posted");
    if (error != 0) {
        own->socket = NET_SOCKET_NONE;
        net_close(socket);
    }
    return error;
}

/* After it failed with `error`, or did not (0). */
static void operation_post_again(struct worker *worker, struct accept_ex *accept_ex,
                                 struct accept_operation *own, int error)
{
    while (error != 0 && server_accept_failed(worker, error) >= 0 &&
           !server_stopping(worker->server))
        error = operation_post(worker, accept_ex, own);
}

void accept_ex_start(struct worker *worker, struct accept_ex *accept_ex)
{
    for (unsigned i = 0; i < ACCEPT_EX_POSTED; i++) {
        struct accept_operation *own = &accept_ex->operations[i];
        operation_post_again(worker, accept_ex, own, operation_post(worker, accept_ex, own));
    }
}

/* 0, or a negative error. */
static int operation_result(struct worker *worker, struct accept_operation *own)
{
    DWORD bytes, flags;
    return observe_call(worker, NULL, "WSAGetOverlappedResult(AcceptEx)",
                        WSAGetOverlappedResult(worker->server->listener, &own->overlapped, &bytes,
                                               FALSE, &flags) != 0,
                        NULL);
}

/* Its error is the connection's, whatever it is: the listener has accepted. */
static int context_update(struct worker *worker, net_socket socket)
{
    net_socket listener = worker->server->listener;
    return observe_call(worker, NULL, "setsockopt(SO_UPDATE_ACCEPT_CONTEXT)",
                        setsockopt(socket, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT,
                                   (const char *)&listener, sizeof listener) == 0,
                        NULL);
}

bool accept_ex_completed(struct worker *worker, struct accept_ex *accept_ex,
                         WSAOVERLAPPED *overlapped, net_socket *socket)
{
    struct accept_operation *own =
        CONTAINING_RECORD(overlapped, struct accept_operation, overlapped);
    char limit[NET_LIMIT_TEXT];
    *socket = own->socket;
    own->socket = NET_SOCKET_NONE;
    if (server_stopping(worker->server)) {
        net_close(*socket);
        return false;
    }
    int error = operation_result(worker, own);
    if (error != 0 || context_update(worker, *socket) != 0) {
        net_close(*socket);
        operation_post_again(worker, accept_ex, own,
                             error != 0 ? error : operation_post(worker, accept_ex, own));
        return false;
    }
    error = operation_post(worker, accept_ex, own);
    if (error == 0)
        return true;
    /* No socket is left for the next connection, so this one is given up for it. */
    server_lacks(worker->server, "AcceptEx", error, net_limit_text(error, limit, sizeof limit));
    server_refuse(worker, *socket);
    operation_post_again(worker, accept_ex, own, operation_post(worker, accept_ex, own));
    return false;
}

bool accept_ex_posted(const struct accept_ex *accept_ex)
{
    for (unsigned i = 0; i < ACCEPT_EX_POSTED; i++)
        if (accept_ex->operations[i].socket != NET_SOCKET_NONE)
            return true;
    return false;
}
